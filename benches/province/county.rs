//! A county: its schools, and what it says of itself in its 区县填报表.

use std::collections::BTreeMap;

use crate::arguments::Plan;
use crate::kind::Kind;
use crate::names::{CountyName, Level, Place};
use crate::numbers::{Purpose, Rng, cents};
use crate::quality::Quality;
use crate::school::{School, Stage};

pub struct County {
    pub name: CountyName,
    pub schools: Vec<School>,
    /// The share of satisfied respondents.
    pub satisfied: f64,
    /// What its 区县填报表 says from 规定的小学生均公用经费标准 on, in the form's order.
    pub stated: [f64; 17],
    /// The first 一票否决 item is answered with 是.
    pub vetoed: bool,
}

impl County {
    /// The `nth` county, from 0. It depends on the plan's seed and schools, not on how many counties or respondents there are.
    pub fn draw(plan: &Plan, nth: usize) -> County {
        let rng = &mut Rng::of(plan.seed, nth, Purpose::Schools);
        let quality = Quality::draw(rng);
        let name = CountyName::of(nth);
        let schools = schools(rng, quality, &name.name, nth, plan.schools);
        let [least, most] = quality.satisfied;
        let satisfied = rng.real(least, most);
        let stated = stated(rng, quality, &schools);
        County {
            name,
            schools,
            satisfied,
            stated,
            vetoed: rng.percent(2.0),
        }
    }

    /// Pupils are about an eighth of the residents.
    pub fn residents(&self) -> u32 {
        let pupils: u32 = self.schools.iter().map(School::pupils).sum();
        (8 * pupils).next_multiple_of(100)
    }

    pub fn folder(&self) -> String {
        format!("{}-{}", self.name.code, self.name.name)
    }
}

fn schools(
    rng: &mut Rng,
    quality: &Quality,
    county: &str,
    nth: usize,
    count: usize,
) -> Vec<School> {
    let mut met: BTreeMap<(Kind, Level), usize> = BTreeMap::new();
    let one = |school: usize| {
        // Every county has one of these, and no more than one special school.
        let kind = match school {
            0 => Kind::Primary,
            1 => Kind::Junior,
            2 => Kind::Special,
            _ => Kind::draw(rng),
        };
        let level = kind.level(rng);
        let of_kind = met.entry((kind, level)).or_default();
        let private = matches!(kind, Kind::Primary | Kind::Nine) && rng.percent(4.0);
        let place = Place::of(county, kind, level, *of_kind, private);
        *of_kind += 1;
        // 标识码 are unique in the whole province: fewer than 10,000 schools a county.
        let serial = nth as u64 * 10_000 + school as u64;
        School::draw(rng, quality, kind, place, serial)
    };
    (0..count).map(one).collect()
}

/// Most follows from the schools. What is asked for is met, unless the county slips.
fn stated(rng: &mut Rng, quality: &Quality, schools: &[School]) -> [f64; 17] {
    let migrants = |private: bool| -> u32 {
        let own = schools.iter().filter(|s| s.place.private == private);
        own.map(|s| s.migrants).sum()
    };
    let special = || schools.iter().filter(|s| s.kind == Kind::Special);
    let special_students: u32 = special().map(School::pupils).sum();
    let special_funds: f64 = special().map(|s| s.funds[0] * 10_000.0).sum();
    let stages = schools.iter().flat_map(|s| s.stages.iter().flatten());
    let teachers: u32 = stages.map(|stage: &Stage| stage.teachers).sum();
    let graduates: u32 = schools.iter().map(|s| s.retention[0]).sum();
    let (public, purchased) = (migrants(false), migrants(true));
    let mut share = |good: [u32; 2], short: u32| match rng.percent(quality.slips) {
        true => short,
        false => rng.whole(good[0], good[1]),
    };
    let eligible = teachers * 2 / 5;
    let rotating = (eligible * share([11, 18], 9)).div_ceil(100);
    let backbone = (rotating * share([22, 30], 18)).div_ceil(100);
    let places = (graduates * 3 / 10).max(20);
    let allocated = (places * share([52, 70], 46)).div_ceil(100);
    let placed_of = share([88, 99], 80);
    let disabled = special_students + 60 + teachers % 17;
    let enrolled = disabled * share([96, 99], 92) / 100;
    let raised = if share([1, 1], 0) == 1 { 0.36 } else { -0.2 };
    let pay = cents(rng.real(8.5, 13.5));
    let migrant_eligible = ((public + purchased) * 100).div_ceil(placed_of);
    let count = f64::from;
    [
        1150.0,
        1350.0,
        special_funds.round(),
        count(special_students),
        cents(pay + raised),
        pay,
        count(eligible),
        count(rotating),
        count(backbone),
        count(places),
        count(allocated),
        count(allocated * 2 / 5),
        count(migrant_eligible),
        count(public),
        count(purchased),
        count(disabled),
        count(enrolled.max(special_students)),
    ]
}
