//! Rows that agree too much, and figures that crowd above a limit.

use crate::generate::{
    AREA, COUNTS, DEGREE, EQUIPMENT, INDICATORS, NAMES, ROOMS, SPORTS, School, as_written, county,
};
use crate::random::Random;
use crate::statistics::{Bunching, bunching};
use crate::tally::{beside, head, number, percent, row, short};
use crate::{Rules, Study};

/// Pupils, teachers and the indicators.
const NUMBERS: usize = INDICATORS + 2;

fn numbers(school: &School) -> [f64; NUMBERS] {
    std::array::from_fn(|i| match i {
        0 => school.pupils,
        1 => school.teachers,
        _ => school.values[i - 2],
    })
}

/// How many numbers two rows share: of all, and of the four large-valued ones.
fn shared(a: &[f64; NUMBERS], b: &[f64; NUMBERS]) -> (usize, usize) {
    let same: [bool; NUMBERS] = std::array::from_fn(|i| a[i] == b[i]);
    let large = [0, AREA + 2, SPORTS + 2, EQUIPMENT + 2];
    let all = same.iter().filter(|s| **s).count();
    (all, large.iter().filter(|&&i| same[i]).count())
}

/// The ways to call two rows copied, the fourth being the rule.
const WAYS: [&str; 6] = [
    ">=3 of 9",
    ">=5 of 9",
    ">=2 of 4 large",
    "**rule (e)**",
    ">=5 of 9 with a large one",
    ">=2 large, or >=5 with a large one",
];

fn copied(rules: &Rules, schools: usize, (all, large): (usize, usize)) -> [bool; WAYS.len()] {
    let small = schools <= rules.copied_small_county;
    let least = if small {
        rules.copied_of_all
    } else {
        rules.copied_of_all_above
    };
    let two_large = large >= rules.copied_of_large;
    let with_large = all >= rules.copied_of_all && large >= 1;
    [
        all >= 3,
        all >= 5,
        two_large,
        two_large || all >= least,
        with_large,
        two_large || with_large,
    ]
}

/// The row of a school that took half of its numbers from another.
fn half_copied(random: &mut Random, from: &[f64; NUMBERS], own: &[f64; NUMBERS]) -> [f64; NUMBERS] {
    std::array::from_fn(|i| if random.happens(0.5) { from[i] } else { own[i] })
}

/// Pairs of rows that agree, on clean figures; and how often a row is found that took half of its numbers from another.
pub fn rows(rules: &Rules, study: &Study, random: &mut Random) {
    const THEIRS: [(usize, [&str; WAYS.len()]); 4] = [
        (20, ["", "", ".0025", "", "", ""]),
        (60, ["6", ".04", ".01", "", "", ""]),
        (150, ["", ".23", ".03", "", "", ""]),
        (350, ["212", "1.2", ".1", "", "", ""]),
    ];
    let heading: Vec<String> = std::iter::once("n")
        .chain(WAYS)
        .map(str::to_owned)
        .collect();
    let title =
        "5.5 Copied rows: agreeing pairs a clean county [study]; found when half was copied";
    head(title, &heading);
    for (n, theirs) in THEIRS {
        let counties = study.counties(n);
        let (mut pairs, mut found) = ([0.0; WAYS.len()], [0.0; WAYS.len()]);
        for _ in 0..counties {
            let of_schools: Vec<_> = county(random, n).now.iter().map(numbers).collect();
            for (i, a) in of_schools.iter().enumerate() {
                for b in &of_schools[i + 1..] {
                    add(&mut pairs, copied(rules, n, shared(a, b)));
                }
            }
            let copy = half_copied(random, &of_schools[0], &of_schools[1]);
            add(&mut found, copied(rules, n, shared(&of_schools[0], &copy)));
        }
        let all = counties as f64;
        let cell = |w: usize| {
            let false_pairs = beside(short(pairs[w] / all), theirs[w]);
            format!("{false_pairs}; {}", percent(found[w] / all))
        };
        row(&std::iter::once(n.to_string())
            .chain((0..WAYS.len()).map(cell))
            .collect::<Vec<_>>());
    }
}

fn add(sums: &mut [f64; WAYS.len()], flags: [bool; WAYS.len()]) {
    for (sum, flag) in sums.iter_mut().zip(flags) {
        *sum += number(flag);
    }
}

/// Per pupil, for the limits of [`LIMITS`].
fn ratios(schools: &[School], indicator: usize) -> Vec<f64> {
    schools
        .iter()
        .map(|s| s.values[indicator] / s.pupils)
        .collect()
}

/// Half of the schools within 10% below the limit report just above it.
fn push_above(random: &mut Random, schools: &mut [School], indicator: usize, limit: f64) {
    for school in schools {
        let ratio = school.values[indicator] / school.pupils;
        if ratio < limit && ratio >= 0.9 * limit && random.happens(0.5) {
            let reported = limit * random.between(1.0, 1.02) * school.pupils;
            let written = as_written(indicator, reported);
            let step = if written / school.pupils < limit {
                1.0
            } else {
                0.0
            };
            school.values[indicator] = as_written(indicator, written + step);
        }
    }
}

/// The standard's limits per pupil: what the study bunches at.
const LIMITS: [(usize, f64); 5] = [
    (AREA, 4.5),
    (SPORTS, 7.5),
    (EQUIPMENT, 0.2),
    (ROOMS, 0.023),
    (DEGREE, 0.042),
];

/// Two ways to flag: chance alone at 1%, and the rule.
fn flagged(rules: &Rules, found: &Bunching) -> [f64; 2] {
    let rule = found.is_beyond(rules.bunching_p, rules.bunching_ratio);
    [number(found.p_value < 0.01), number(rule)]
}

/// How often crowding above the limit is reported: on clean figures, and when figures were pushed above it.
pub fn limits(rules: &Rules, study: &Study, random: &mut Random) {
    let heading = [
        "indicator",
        "n",
        "clean p < .01",
        "clean rule (f)",
        "pushed p < .01",
        "pushed rule (f)",
    ];
    head(
        "5.5 Crowding above a limit, flagged [study]",
        &heading.map(str::to_owned),
    );
    for n in [60, 150, 350, study.province] {
        let counties = study.counties(n);
        let mut clean = [[0.0; 2]; LIMITS.len()];
        let mut pushed = [[0.0; 2]; LIMITS.len()];
        for _ in 0..counties {
            let schools = county(random, n).now;
            for (l, &(indicator, limit)) in LIMITS.iter().enumerate() {
                let judge = |schools: &[School]| {
                    let found = bunching(&ratios(schools, indicator), limit, rules.bunching_width);
                    flagged(rules, &found)
                };
                let mut with = schools.clone();
                push_above(random, &mut with, indicator, limit);
                let (before, after) = (judge(&schools), judge(&with));
                for way in 0..2 {
                    clean[l][way] += before[way];
                    pushed[l][way] += after[way];
                }
            }
        }
        for (l, &(indicator, _)) in LIMITS.iter().enumerate() {
            let theirs = study_of_limits(indicator, n);
            let share = |sum: f64| percent(sum / counties as f64);
            row(&[
                NAMES[indicator].to_owned(),
                n.to_string(),
                beside(share(clean[l][0]), theirs[0]),
                share(clean[l][1]),
                if indicator < COUNTS {
                    "-".to_owned()
                } else {
                    beside(share(pushed[l][0]), theirs[1])
                },
                if indicator < COUNTS {
                    "-".to_owned()
                } else {
                    share(pushed[l][1])
                },
            ]);
        }
    }
}

fn study_of_limits(indicator: usize, n: usize) -> [&'static str; 2] {
    match (indicator, n) {
        (ROOMS, 60) => ["4.8%", ""],
        (ROOMS, 150) => ["14%", ""],
        (ROOMS, 350) => ["43%", ""],
        (ROOMS, _) => ["100%", ""],
        (DEGREE, 350) => ["3%", ""],
        (DEGREE, n) if n > 350 => ["45%", ""],
        (AREA, 60) => [".05-.8%", "14%"],
        (AREA, 150) => [".05-.8%", "61%"],
        (AREA, 350) => [".05-.8%", "97%"],
        (AREA, _) => ["", "100%"],
        (SPORTS | EQUIPMENT, n) if n <= 350 => [".05-.8%", ""],
        _ => ["", ""],
    }
}
