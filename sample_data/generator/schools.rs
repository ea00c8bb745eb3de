//! Schools and their stages, drawn so that they stand to the limits as their county's profile says.

use crate::counties::Profile;
use crate::kinds::Kind::{Complete, Junior, Nine, Point, Primary, Special, Twelve};
use crate::kinds::{BOOKS, COMPUTERS, Kind, LIMITS, Place, TEACHERS_A_PUPIL};
use crate::numbers::{Rng, cents, up};

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
    /// With 中级及以上专业技术职务.
    pub senior_titles: u32,
    /// Pupils who live where the school takes its pupils from.
    pub nearby: u32,
}

impl Stage {
    fn draw(
        rng: &mut Rng,
        profile: &Profile,
        stage: usize,
        class_sizes: Vec<u32>,
        factors: &[f64; 7],
    ) -> Stage {
        let pupils: u32 = class_sizes.iter().sum();
        let students = f64::from(pupils);
        let needed = |line: usize| {
            up(factors[line] * LIMITS[stage][line] * students / 100.0, 1.0).max(1.0) as u32
        };
        let fewest = up(TEACHERS_A_PUPIL[stage] * students, 1.0) as u32;
        let above = needed(0).max(class_sizes.len() as u32);
        let master = up(f64::from(above) * rng.real(0.02, 0.1), 1.0) as u32 - 1;
        // 专科 is above the required degree in 小学 only.
        let (college, bachelor, teachers) = if stage == 0 {
            let college = above / rng.whole(4, 8);
            (college, above - master - college, above.max(fewest))
        } else {
            let college = rng.whole(0, 1).max(fewest.saturating_sub(above));
            (college, above - master, above + college)
        };
        let arts = needed(2);
        let pe = (2 * arts).div_ceil(5);
        let fine_art = (arts - pe) / 2;
        let untrained = if profile.crowding > 0 {
            rng.whole(0, 1)
        } else {
            0
        };
        Stage {
            class_sizes,
            teachers,
            degrees: [college, bachelor, master, 0],
            backbone: needed(1),
            subjects: [pe, arts - pe - fine_art, fine_art, 0],
            trained: teachers - untrained,
            senior_titles: (teachers * (60 + pupils % 9)).div_ceil(100),
            nearby: pupils - [0, pupils / profile.outside][stage],
        }
    }

    pub fn students(&self) -> u32 {
        self.class_sizes.iter().sum()
    }
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
    pub fn draw(
        rng: &mut Rng,
        profile: &Profile,
        kind: Kind,
        nth: u32,
        place: Place,
        serial: u32,
    ) -> School {
        let mut factors = factors(rng, profile, kind, &place);
        // The good county's first school meets the first limit to the pupil: 21 of 500.
        let exact = profile.weak == 0 && kind == Primary && nth == 0;
        if exact {
            factors = [1.0, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2];
        }
        let oversize = profile.oversize && kind == Primary && nth == 1;
        let stages = [0, 1].map(|stage| {
            let [step, from, to, small, large] = kind.classes(stage, place.level, nth);
            let classes = step * rng.whole(from, to);
            let mut class_sizes: Vec<u32> = (0..classes)
                .map(|_| rng.whole(small, large + profile.crowding))
                .collect();
            if exact {
                class_sizes = [[42; 8].as_slice(), &[41; 4]].concat();
            }
            while oversize
                && (class_sizes.iter().sum::<u32>() <= 2000 || !class_sizes.len().is_multiple_of(6))
            {
                class_sizes.push(class_sizes[class_sizes.len() - classes as usize]);
            }
            kind.has_stage(stage)
                .then(|| Stage::draw(rng, profile, stage, class_sizes, &factors))
        });
        let seniors = if matches!(kind, Complete | Twelve) {
            rng.whole(450, 1100)
        } else {
            0
        };
        let pupils = pupils(&stages);
        let total = pupils[0] + pupils[1];
        let (weights, weighted) = kind.weighted(pupils, seniors);
        let enough = |limits: [f64; 2]| {
            let per_pupil = (0..2)
                .filter(|&stage| pupils[stage] > 0)
                .map(|stage| limits[stage] / weights[stage]);
            weighted * per_pupil.fold(0.0, f64::max)
        };
        let stock = |line: usize| factors[line] * enough(LIMITS.map(|limits| limits[line]));
        let indoor_sports_area = if total + seniors > 700 {
            up(stock(4) * rng.real(0.04, 0.1), 10.0)
        } else {
            0.0
        };
        let built = rng.whole(1978, 2021);
        let classes = stages.iter().flatten().map(|stage| stage.class_sizes.len());
        let rooms_needed = classes.sum::<usize>().div_ceil(12) as u32;
        let rooms = match place.level {
            2 if profile.crowding > 0 && nth.is_multiple_of(3) => [0, 0, rooms_needed],
            _ if built <= 2016 && rng.one_in(2) => [0, rooms_needed, 0],
            _ => [rooms_needed, 0, 0],
        };
        let per_pupil = if kind == Special { 9000.0 } else { 1150.0 };
        // A school with fewer than 100 pupils gets what 100 would get.
        let raised = f64::from(total.max(100)) / f64::from(total);
        let funded = f64::from(total.max(100)) * per_pupil
            + f64::from(pupils[1]) * 200.0 * raised
            + f64::from(seniors) * 1500.0;
        let budget = up(funded * rng.real(1.02, 1.15) / 10_000.0, 100.0);
        let mut spent = up(budget * rng.real(0.97, 1.01), 100.0);
        if total < 100 {
            spent = spent.max(up(funded / 10_000.0, 100.0));
        }
        let entrants = pupils[1] / 3 + rng.whole(0, 3);
        let [came, went, lost] = [4, 3, entrants / 100].map(|most| rng.whole(0, most));
        let graduates = (entrants + came).saturating_sub(went + lost);
        let migrants = if kind == Special || rng.one_in(5) {
            0
        } else {
            up(f64::from(total) * rng.real(0.01, 0.09), 1.0) as u32
        };
        let training_budget = up(budget * rng.real(0.055, 0.08), 100.0);
        let training_spent = up(spent * rng.real(0.053, 0.075), 100.0);
        // Beyond the limits of basic-2012 by so much.
        let rich = 1.05 + f64::from(built % 30) / 100.0;
        School {
            kind,
            code: format!("{}99{serial:06}", &kind.code()[..2]),
            built: if oversize { 2013 } else { built },
            stages,
            seniors,
            migrants,
            teaching_area: cents(up(stock(3), 100.0) + indoor_sports_area),
            indoor_sports_area,
            sports_ground_area: cents(up(stock(4), 100.0) - indoor_sports_area),
            equipment: up(stock(5) / 10_000.0, 100.0),
            media_rooms: up(stock(6) / 100.0, 1.0) as u32,
            books: up(rich * enough(BOOKS), 1.0) as u32,
            computers: up(rich * enough(COMPUTERS), 1.0) as u32,
            rooms,
            funds: [budget, spent, training_budget, training_spent],
            retention: [graduates, entrants, came, went, 0],
            place,
        }
    }

    pub fn pupils(&self) -> [u32; 2] {
        pupils(&self.stages)
    }

    pub fn total(&self) -> u32 {
        self.pupils().iter().sum()
    }

    pub fn is_boarding(&self) -> bool {
        self.place.level == 1 && matches!(self.kind, Junior | Nine)
    }
}

fn pupils(stages: &[Option<Stage>; 2]) -> [u32; 2] {
    stages
        .each_ref()
        .map(|stage| stage.as_ref().map_or(0, Stage::students))
}

/// How many times its limit each of a school's seven indicators is to reach.
fn factors(rng: &mut Rng, profile: &Profile, kind: Kind, place: &Place) -> [f64; 7] {
    let mut factors = [0.0; 7].map(|_| rng.real(1.03, 1.4));
    if rng.one_in(profile.near) {
        factors[rng.whole(0, 6) as usize] = rng.real(0.87, 0.97);
    }
    if rng.one_in(profile.weak) && kind != Point {
        factors[rng.whole(1, 6) as usize] = rng.real(0.55, 0.8);
    }
    if place.is_rural() {
        factors[4] *= rng.real(1.0, profile.uneven);
        factors[5] *= rng.real(1.0, profile.uneven);
    }
    factors
}
