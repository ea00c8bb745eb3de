//! The seven counties: what is chosen by hand about each, and their schools, which are drawn from it.

use crate::Outcome;
use crate::kinds::Kind::{Complete, Junior, Nine, Primary};
use crate::kinds::{KINDS, Kind, Place};
use crate::numbers::Rng;
use crate::schools::School;
use crate::sent;
use crate::target::Target;
use crate::told::{self, Told};

/// What is chosen by hand about a county; everything else is drawn.
pub struct About {
    pub code: &'static str,
    pub name: &'static str,
    pub layout: &'static str,
    pub purpose: &'static str,
    pub words: Words,
    /// How many 小学, 教学点, 初级中学, 九年一贯制, 完全中学, 十二年一贯制 and 特教学校.
    mix: [u32; 7],
    /// The schools that send a 学校填报表 of their own. It does not ask for 举办者, so they have no 随迁子女 to be told apart by it.
    pub alone: &'static [(Kind, usize)],
    profile: Profile,
    pub told: Told,
    pub send: fn(&County, &mut Target) -> Outcome<()>,
}

/// Whether codes or names are written into the columns that hold a choice.
#[derive(Clone, Copy, PartialEq)]
pub enum Words {
    Codes,
    Names,
}

/// How a county's schools stand to the limits.
pub struct Profile {
    /// Every how many schools one indicator lies between 85% and 100% of its limit (such a school still passes); 0 is never.
    pub near: u32,
    /// Every how many schools fail.
    pub weak: u32,
    /// How many times the limit a rural school's sports ground and equipment may reach.
    pub uneven: f64,
    /// How many pupils the largest classes hold beyond the usual.
    pub crowding: u32,
    /// Of so many pupils of a 初中 one lives where it does not take its pupils from.
    pub outside: u32,
    /// The second 小学 has more than 2000 pupils.
    pub oversize: bool,
}

const USUAL: Profile = Profile {
    near: 6,
    weak: 9,
    uneven: 1.5,
    crowding: 0,
    outside: 40,
    oversize: false,
};

pub const COUNTIES: [About; 7] = [
    About {
        code: "990101",
        name: "澄溪县",
        layout: "the form as it is, one sheet; choices as codes",
        purpose: "clean; meets everything that both evaluations ask, one school exactly (21 of 500 pupils is 4.2)",
        words: Words::Codes,
        mix: [16, 3, 6, 4, 1, 1, 1],
        alone: &[],
        profile: Profile {
            weak: 0,
            uneven: 1.0,
            ..USUAL
        },
        told: told::CHENGXI,
        send: sent::chengxi,
    },
    About {
        code: "990102",
        name: "云岭县",
        layout: "columns in another order, optional ones left out, 序号 in front, headers merged downwards; choices as names",
        purpose: "clean; fails honestly: schools below the limits, coefficients above them, crowded classes, one school too large, too few satisfied; exactly 85 points",
        words: Words::Names,
        mix: [20, 6, 7, 5, 1, 0, 1],
        alone: &[],
        profile: Profile {
            near: 5,
            weak: 3,
            uneven: 4.5,
            crowding: 4,
            outside: 15,
            oversize: true,
        },
        told: told::YUNLING,
        send: sent::yunling,
    },
    About {
        code: "990103",
        name: "东屏区",
        layout: "units in brackets in the header items, no unit row; choices as names",
        purpose: "numbers written as text in six ways, marks instead of values, one figure in 元, a column that nobody asked for; too few points",
        words: Words::Names,
        mix: [26, 1, 9, 5, 2, 1, 1],
        alone: &[],
        profile: USUAL,
        told: told::DONGPING,
        send: sent::dongping,
    },
    About {
        code: "990104",
        name: "桐湾县",
        layout: "two sheets 小学 and 初中 with headers that do not name the stage; equipment in 元; choices as codes; 国家申报表 in two files",
        purpose: "schools with two stages stand in both sheets; values that cannot be taken",
        words: Words::Codes,
        mix: [14, 4, 5, 4, 1, 0, 1],
        alone: &[],
        profile: USUAL,
        told: told::TONGWAN,
        send: sent::tongwan,
    },
    About {
        code: "990201",
        name: "望川县",
        layout: "学校汇总表, and seven schools as 学校填报表 in 学校/: five files with one school, one with a sheet for each of two",
        purpose: "schools that come one by one; a wrong 合计; files that are to be skipped",
        words: Words::Codes,
        mix: [15, 4, 5, 4, 1, 0, 1],
        alone: &[
            (Primary, 6),
            (Primary, 8),
            (Primary, 9),
            (Junior, 3),
            (Nine, 1),
            (Primary, 12),
            (Junior, 4),
        ],
        profile: USUAL,
        told: told::WANGCHUAN,
        send: sent::wangchuan,
    },
    About {
        code: "990202",
        name: "岚桥县",
        layout: "the form as it is, sent twice: the newer file replaces the older one; choices as codes",
        purpose: "figures that contradict each other; one veto item answered with 是",
        words: Words::Codes,
        mix: [18, 3, 6, 3, 1, 1, 1],
        alone: &[],
        profile: USUAL,
        told: told::LANQIAO,
        send: sent::lanqiao,
    },
    About {
        code: "990203",
        name: "柳堰县",
        layout: "the form without title rows and without 初中巩固率; choices as names",
        purpose: "codes and choices that do not exist, a missing column, another county's code",
        words: Words::Names,
        mix: [12, 3, 4, 2, 1, 0, 1],
        alone: &[],
        profile: USUAL,
        told: told::LIUYAN,
        send: sent::liuyan,
    },
];

pub struct County {
    pub about: &'static About,
    pub schools: Vec<School>,
}

impl County {
    pub fn draw(about: &'static About) -> Outcome<County> {
        let mut rng = Rng(about.code.parse()?);
        let county_number =
            about.code[2..4].parse::<u32>()? * 10 + about.code[4..].parse::<u32>()?;
        let mut schools: Vec<School> = Vec::new();
        for (kind, count) in KINDS.into_iter().zip(about.mix) {
            for nth in 0..count {
                let serial = county_number * 10_000 + schools.len() as u32 + 1;
                let place = Place::choose(about.name, kind, nth, count);
                let mut school = School::draw(&mut rng, &about.profile, kind, nth, place, serial);
                if about.alone.contains(&(kind, nth as usize)) {
                    school.migrants = 0;
                }
                schools.push(school);
            }
        }
        Ok(County { about, schools })
    }

    pub fn nth(&self, kind: Kind, nth: usize) -> Outcome<&School> {
        let mut of_kind = self.schools.iter().filter(|school| school.kind == kind);
        of_kind
            .nth(nth)
            .ok_or_else(|| format!("{}: no {} number {nth}", self.about.name, kind.name()).into())
    }

    /// The row's name on a sheet: `primary 3` becomes that school's code.
    pub fn row(&self, words: &str) -> Outcome<String> {
        let Some((kind, nth)) = words.split_once(' ') else {
            return Ok(words.to_owned());
        };
        let kind = match kind {
            "primary" => Primary,
            "junior" => Junior,
            "nine" => Nine,
            "complete" => Complete,
            _ => return Err(format!("no such row: {words}").into()),
        };
        Ok(self.nth(kind, nth.parse()?)?.code.clone())
    }

    /// Words about a document, with the county's name and the sign of its documents.
    pub fn signed(&self, words: &str) -> String {
        let name = self.about.name;
        let sign: String = name.chars().take(1).collect();
        words.replace("{county}", name).replace("{sign}", &sign)
    }

    pub fn file(&self, name: &str) -> String {
        format!("{}-{}/{name}", self.about.code, self.about.name)
    }
}
