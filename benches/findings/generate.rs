//! Invented counties without errors: this year and the year before. The parameters are invented too; only orders of magnitude
//! carry over. Where the study's description is silent the choice stands at the parameter.

use crate::random::Random;

/// What is judged of each school, the counts first.
pub const INDICATORS: usize = 7;
/// The first so many are counts: teachers with the degree, backbone teachers, arts and sports teachers, rooms.
pub const COUNTS: usize = 4;
pub const DEGREE: usize = 0;
pub const BACKBONE: usize = 1;
pub const ARTS: usize = 2;
pub const ROOMS: usize = 3;
/// Measures: area of teaching rooms and of sports grounds in square metres, equipment in units of 10,000 yuan.
pub const AREA: usize = 4;
pub const SPORTS: usize = 5;
pub const EQUIPMENT: usize = 6;

pub const NAMES: [&str; INDICATORS] = [
    "degree",
    "backbone",
    "arts",
    "rooms",
    "area",
    "sports",
    "equipment",
];

/// One school in one year.
#[derive(Clone)]
pub struct School {
    pub pupils: f64,
    pub teachers: f64,
    pub values: [f64; INDICATORS],
}

/// A county's schools in two years, in the same order.
pub struct County {
    pub now: Vec<School>,
    pub last: Vec<School>,
    /// Where a school really built, bought or extended since.
    pub jumped: Vec<[bool; INDICATORS]>,
}

/// Share of the schools of this kind, and their median pupils.
const KINDS: [(f64, f64); 3] = [(0.30, 1200.0), (0.30, 600.0), (0.40, 170.0)];
/// Of the logarithm of pupils within a kind. Silent; 0.6 lets the kinds overlap.
const SIZE_SPREAD: f64 = 0.6;
const PUPILS: (f64, f64) = (50.0, 4500.0);
/// Pupils a teacher, evenly within, and teachers every school has besides.
const PUPILS_A_TEACHER: (f64, f64) = (14.0, 19.0);
const BASE_TEACHERS: f64 = 3.0;
const DEGREE_SHARE: f64 = 0.82;
const BACKBONE_SHARE: (f64, f64) = (2.5, 15.0);
const ARTS_A_PUPIL: f64 = 0.011;
/// Silent: one room a class of at most 42, at least one; the spread about that is so many rooms, and a share of the classes.
const PUPILS_A_CLASS: f64 = 42.0;
const ROOMS_SPREAD: (f64, f64) = (0.4, 0.05);

/// A measure per pupil: its median in a school of 600 (silent: a little above the limit of the standard), its exponent of size,
/// the spread of its logarithm, and the steps in which it is written (silent).
struct Measure {
    at_600: f64,
    exponent: f64,
    spread: f64,
    step: f64,
}

const MEASURES: [Measure; 3] = [
    Measure {
        at_600: 5.2,
        exponent: -0.15,
        spread: 0.30,
        step: 1.0,
    },
    Measure {
        at_600: 8.5,
        exponent: -0.28,
        spread: 0.43,
        step: 1.0,
    },
    Measure {
        at_600: 0.23,
        exponent: -0.15,
        spread: 0.47,
        step: 0.01,
    },
];

/// Pupils change by about 5%.
const PUPILS_CHANGE: f64 = 0.05;
/// Silent: of each count this share goes and about as many come.
const TURNOVER: f64 = 0.035;
/// Silent: this share of the measures is written again as it was; of the others the change has this spread.
/// The scores of Hidiroglou and Berthelot hang on it: at 85% real jumps make up a fifth of what changed, set the scale, and hide.
const UNCHANGED: f64 = 0.60;
const MEASURE_CHANGE: f64 = 0.04;
/// Real building: 4% of the measures; silent: by a factor evenly within, so that 81% pass 1.3 and 57% pass 1.5.
const JUMPS: f64 = 0.04;
const JUMP: (f64, f64) = (1.15, 2.0);

/// A county of so many schools, its kinds of schools in random order.
pub fn county(random: &mut Random, schools: usize) -> County {
    let now: Vec<School> = (0..schools).map(|_| school(random)).collect();
    let before: Vec<_> = now.iter().map(|s| a_year_before(random, s)).collect();
    let (last, jumped) = before.into_iter().unzip();
    County { now, last, jumped }
}

fn pupils(random: &mut Random) -> f64 {
    let mut place = random.uniform();
    let mut median = KINDS[0].1;
    for (share, of_kind) in KINDS {
        median = of_kind;
        if place < share {
            break;
        }
        place -= share;
    }
    let pupils = median * (SIZE_SPREAD * random.normal()).exp();
    pupils.clamp(PUPILS.0, PUPILS.1).round()
}

fn school(random: &mut Random) -> School {
    let pupils = pupils(random);
    let each = random.between(PUPILS_A_TEACHER.0, PUPILS_A_TEACHER.1);
    let teachers = (pupils / each + BASE_TEACHERS).round();
    let mut values = [0.0; INDICATORS];
    values[DEGREE] = random.binomial(teachers, DEGREE_SHARE);
    let share = random.beta(BACKBONE_SHARE.0, BACKBONE_SHARE.1);
    values[BACKBONE] = random.binomial(teachers, share);
    values[ARTS] = random.poisson(ARTS_A_PUPIL * pupils);
    let classes = (pupils / PUPILS_A_CLASS).ceil();
    let rooms = classes + (ROOMS_SPREAD.0 + ROOMS_SPREAD.1 * classes) * random.normal();
    values[ROOMS] = rooms.round().max(1.0);
    for (value, measure) in values[AREA..].iter_mut().zip(&MEASURES) {
        let each = measure.at_600 * (pupils / 600.0).powf(measure.exponent);
        let raw = pupils * each * (measure.spread * random.normal()).exp();
        *value = in_steps(raw, measure.step);
    }
    School {
        pupils,
        teachers,
        values,
    }
}

fn in_steps(value: f64, step: f64) -> f64 {
    ((value / step).round() * step * 100.0).round() / 100.0
}

/// The value as the indicator is written.
pub fn as_written(indicator: usize, value: f64) -> f64 {
    match indicator.checked_sub(COUNTS) {
        None => value.round(),
        Some(measure) => in_steps(value, MEASURES[measure].step),
    }
}

fn a_year_before(random: &mut Random, now: &School) -> (School, [bool; INDICATORS]) {
    let mut last = now.clone();
    let mut jumped = [false; INDICATORS];
    last.pupils = (now.pupils / (1.0 + PUPILS_CHANGE * random.normal())).round();
    last.teachers = turned_over(random, now.teachers);
    for i in 0..COUNTS {
        last.values[i] = turned_over(random, now.values[i]);
    }
    for (i, jumped) in jumped.iter_mut().enumerate().skip(COUNTS) {
        *jumped = random.happens(JUMPS);
        let change = if *jumped {
            random.between(JUMP.0, JUMP.1)
        } else if random.happens(UNCHANGED) {
            1.0
        } else {
            1.0 + MEASURE_CHANGE * random.normal()
        };
        last.values[i] = as_written(i, now.values[i] / change);
    }
    (last, jumped)
}

fn turned_over(random: &mut Random, count: f64) -> f64 {
    let gone = random.binomial(count, TURNOVER);
    count - gone + random.poisson(TURNOVER * count)
}
