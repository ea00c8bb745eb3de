//! A school and its stages, drawn so that they stand to the limits of 优质均衡 as their county's quality says. No figure
//! contradicts another: what is drawn here is to be read without an error.

use crate::kind::Kind::{self, Complete, Junior, Nine, Special, Twelve};
use crate::names::{Level, Place};
use crate::numbers::{Rng, cents, growth, up};
use crate::quality::Quality;

/// The limits of 优质均衡 for the seven indicators, 小学 and 初中; lines from 0.
const LIMITS: [[f64; 7]; 2] = [
    [4.2, 1.0, 0.9, 4.5, 7.5, 2000.0, 2.3],
    [5.3, 1.0, 0.9, 5.8, 10.2, 2500.0, 2.4],
];
/// Books and computers a pupil, as 基本均衡 asks for them.
const BOOKS: [f64; 2] = [15.0, 20.0];
const COMPUTERS: [f64; 2] = [0.06, 0.08];
/// Pupils that a class may have at most.
const LARGEST_CLASS: [u32; 2] = [45, 50];

/// One stage's pupils and teachers.
pub struct Stage {
    pub class_sizes: Vec<u32>,
    pub teachers: u32,
    /// 专科, 本科, 硕士, 博士.
    pub degrees: [u32; 4],
    pub backbone: u32,
    /// 体育, 音乐, 美术, 艺术.
    pub subjects: [u32; 4],
    pub trained: u32,
    pub senior_titles: u32,
    /// Pupils who live where the school takes its pupils from.
    pub nearby: u32,
}

impl Stage {
    pub fn pupils(&self) -> u32 {
        self.class_sizes.iter().sum()
    }

    /// How many classes have up to 25 pupils, 26-30, ..., 61-65, 66 and more.
    pub fn bands(&self) -> [u32; 10] {
        let mut bands = [0; 10];
        for size in &self.class_sizes {
            bands[(size.saturating_sub(21) / 5).min(9) as usize] += 1;
        }
        bands
    }

    fn draw(rng: &mut Rng, quality: &Quality, place: (Kind, Level), stage: usize) -> Option<Stage> {
        let (kind, level) = place;
        let class_sizes = class_sizes(rng, quality, kind.size(stage, level)?, stage);
        let pupils: u32 = class_sizes.iter().sum();
        let classes = class_sizes.len() as u32;
        let [few, many] = quality.pupils_a_teacher[stage];
        let ratio = if kind == Special {
            3.0
        } else {
            rng.real(few, many)
        };
        let teachers = up(f64::from(pupils) / ratio, 1.0) as u32;
        let teachers = teachers.max(classes + classes / 8);
        let above = f64::from(teachers) * rng.real(quality.above_degree, 1.0);
        let above = (above.round() as u32).clamp(1, teachers);
        let master = (f64::from(above) * rng.real(0.0, 0.08)) as u32;
        // 专科 is above the required degree in 小学 only.
        let college = match stage {
            0 => (f64::from(above - master) * rng.real(0.08, 0.25)) as u32,
            _ => teachers - above,
        };
        let bachelor = above - master - if stage == 0 { college } else { 0 };
        let mut enough = |line: usize| {
            let asked = LIMITS[stage][line] * f64::from(pupils) / 100.0;
            let own = up(asked * quality.factor(rng), 1.0) as u32;
            own.clamp(1, (teachers / 2).max(1))
        };
        let (backbone, arts) = (enough(1), enough(2));
        let pe = (2 * arts).div_ceil(5);
        let fine_art = (arts - pe) / 2;
        let untrained = u32::from(rng.percent(quality.slips));
        let outside = match stage {
            0 => 0.0,
            _ => rng.real(0.0, quality.outside),
        };
        Some(Stage {
            class_sizes,
            teachers,
            degrees: [college, bachelor, master, 0],
            backbone,
            subjects: [pe, arts - pe - fine_art, fine_art, 0],
            trained: teachers - untrained,
            senior_titles: teachers * rng.whole(45, 70) / 100,
            nearby: pupils - (f64::from(pupils) * outside) as u32,
        })
    }
}

/// Log-normal, in classes that are nearly even.
fn class_sizes(
    rng: &mut Rng,
    quality: &Quality,
    (median, spread, fewest, most): (f64, f64, u32, u32),
    stage: usize,
) -> Vec<u32> {
    let drawn = (median * growth(spread * rng.normal())).round() as u32;
    let pupils = if drawn > most {
        most - rng.whole(0, most / 10)
    } else if drawn < fewest {
        fewest + rng.whole(0, fewest / 4)
    } else {
        drawn
    };
    let crowded = rng.percent(quality.crowded);
    let largest = LARGEST_CLASS[stage] + if crowded { 4 } else { 0 };
    let usual = if median > 900.0 {
        largest - 1
    } else {
        largest - 6
    };
    let grades = if stage == 0 { 6 } else { 3 };
    let count = pupils.div_ceil(usual).max((pupils / 8).min(grades)).max(1);
    let mut sizes: Vec<u32> = (0..count)
        .map(|nth| pupils / count + u32::from(nth < pupils % count))
        .collect();
    for pair in sizes.chunks_exact_mut(2) {
        let room = largest.saturating_sub(pair[0]).min(pair[1] / 4);
        let shift = rng.whole(0, 3).min(room);
        pair[0] += shift;
        pair[1] -= shift;
    }
    sizes
}

pub struct School {
    pub kind: Kind,
    pub code: String,
    pub place: Place,
    pub built: u32,
    pub stages: [Option<Stage>; 2],
    pub seniors: u32,
    pub migrants: u32,
    pub teaching_area: f64,
    pub indoor_sports_area: f64,
    pub sports_ground_area: f64,
    /// 万元.
    pub equipment: f64,
    pub media_rooms: u32,
    pub books: u32,
    pub computers: u32,
    /// From the largest to the smallest: music and fine art have the same numbers.
    pub rooms: [u32; 3],
    /// 公用经费 and 教师培训经费, 预算 and 决算 each, 万元.
    pub funds: [f64; 4],
    /// 毕业, 三年前初一, 转入, 转出, 死亡.
    pub retention: [u32; 5],
}

impl School {
    pub fn draw(rng: &mut Rng, quality: &Quality, kind: Kind, place: Place, serial: u64) -> School {
        let stages = [0, 1].map(|stage| Stage::draw(rng, quality, (kind, place.level), stage));
        let seniors = match kind {
            Complete | Twelve => rng.whole(450, 1400),
            _ => 0,
        };
        let pupils = stages
            .each_ref()
            .map(|s| s.as_ref().map_or(0, Stage::pupils));
        let total = pupils[0] + pupils[1];
        let weights = kind.weights();
        let weighted = [pupils[0], pupils[1], seniors];
        let weighted: f64 = weights
            .iter()
            .zip(weighted)
            .map(|(w, n)| w * f64::from(n))
            .sum();
        let enough = |limits: [f64; 2]| {
            let of_stages = (0..2).filter(|&stage| pupils[stage] > 0);
            weighted
                * of_stages
                    .map(|s| limits[s] / weights[s])
                    .fold(0.0, f64::max)
        };
        let weak_line = quality.weak_line(rng);
        let mut stock = |line: usize| {
            let factor = match weak_line {
                Some((weak, factor)) if weak == line => factor,
                _ if matches!(line, 4 | 5) => {
                    quality.factor(rng) * quality.countryside(rng, place.is_rural())
                }
                _ => quality.factor(rng),
            };
            factor * enough(LIMITS.map(|limits| limits[line]))
        };
        let [teaching, sports, equipment, media] = [3, 4, 5, 6].map(&mut stock);
        let [books, computers] =
            [BOOKS, COMPUTERS].map(|limits| enough(limits) * quality.factor(rng));
        let indoor_sports_area = if total + seniors > 700 {
            up(sports * rng.real(0.04, 0.1), 10.0)
        } else {
            0.0
        };
        let built = rng.whole(1978, 2021);
        let rooms = rooms(rng, quality, &stages, built);
        let funds = funds(rng, quality, pupils, seniors, kind == Special);
        let entrants = pupils[1] / 3 + rng.whole(0, 3);
        let [came, went, lost] = [4, 3, entrants / 120].map(|most| rng.whole(0, most));
        let dropped = (f64::from(entrants) * rng.real(0.0, quality.dropout)) as u32;
        let graduates = (entrants + came).saturating_sub(went + lost + dropped);
        let migrants = match kind {
            Special => 0,
            _ => (f64::from(total) * rng.real(0.0, 0.09)) as u32,
        };
        School {
            kind,
            // The first two digits are the class of the 办学类型.
            code: format!("{}{serial:08}", &kind.code()[..2]),
            built,
            stages,
            seniors,
            migrants,
            teaching_area: cents(up(teaching, 100.0) + indoor_sports_area),
            indoor_sports_area,
            sports_ground_area: cents(up(sports, 100.0) - indoor_sports_area),
            equipment: up(equipment / 10_000.0, 100.0),
            media_rooms: (up(media / 100.0, 1.0) as u32).max(1),
            books: up(books, 1.0) as u32,
            computers: up(computers, 1.0) as u32,
            rooms,
            funds,
            retention: [graduates, entrants, came, went, 0],
            place,
        }
    }

    /// Of both stages.
    pub fn pupils(&self) -> u32 {
        self.stages.iter().flatten().map(Stage::pupils).sum()
    }

    pub fn is_boarding(&self) -> bool {
        self.place.level == Level::Township && matches!(self.kind, Junior | Nine)
    }
}

/// One of each for 12 classes, smaller ones in older schools; in some schools of some counties one is lacking.
fn rooms(rng: &mut Rng, quality: &Quality, stages: &[Option<Stage>; 2], built: u32) -> [u32; 3] {
    let classes = stages.iter().flatten().map(|stage| stage.class_sizes.len());
    let asked = classes.map(|count| count.div_ceil(12) as u32).sum::<u32>();
    let own = asked - u32::from(rng.percent(quality.slips));
    if built <= 2016 && rng.percent(50.0) {
        [0, own, 0]
    } else {
        [own, 0, 0]
    }
}

/// 公用经费 by the standards of 1150 and 1350 元 a pupil, 特教 9000; a school below 100 pupils gets what 100 would get.
fn funds(
    rng: &mut Rng,
    quality: &Quality,
    pupils: [u32; 2],
    seniors: u32,
    special: bool,
) -> [f64; 4] {
    let total = f64::from(pupils[0] + pupils[1]);
    let standards = if special {
        [9000.0, 9000.0]
    } else {
        [1150.0, 1350.0]
    };
    let raised = total.max(100.0) / total;
    let asked = f64::from(pupils[0]) * standards[0] + f64::from(pupils[1]) * standards[1];
    let asked = (asked * raised + f64::from(seniors) * 1500.0) / 10_000.0;
    let budget = up(asked * rng.real(1.03, 1.15), 100.0);
    let spent = up(budget * rng.real(0.98, 1.0), 100.0).max(up(asked, 100.0));
    let training = if rng.percent(quality.slips) {
        0.04
    } else {
        0.054
    };
    let of = |whole: f64, share: f64| up(whole * share, 100.0);
    let shares = [training * rng.real(1.0, 1.4), training * rng.real(1.0, 1.3)];
    [budget, spent, of(budget, shares[0]), of(spent, shares[1])]
}
