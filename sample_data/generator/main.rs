//! Writes `sample_data/quality-2017/`: what seven invented counties send, in different layouts, with mistakes planted on purpose.
//!
//! Run it with `cargo run --release --example make_sample_data`; another folder than `sample_data` may be given as the only argument.
//! The same bytes come out each time: own random numbers, a fixed creation time, no hash order. The folder's README, with the address of
//! every mistake, is written here as well, so that it cannot drift from the workbooks. Nothing here is shared with the program itself:
//! the indicators are computed a second time, to draw schools that meet the limits and to have something to hold the program against.

use rust_xlsxwriter::utility::row_col_to_cell;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook,
};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let root = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("sample_data"), PathBuf::from);
    let mut target = Target {
        folder: root.join("quality-2017"),
        mistakes: Vec::new(),
    };
    if target.folder.exists() {
        fs::remove_dir_all(&target.folder)?;
    }
    let counties = COUNTIES
        .iter()
        .map(County::draw)
        .collect::<Outcome<Vec<_>>>()?;
    for county in &counties {
        (county.about.send)(county, &mut target)?;
    }
    let mistake = "青屿县 stands in counties.csv and sends nothing";
    target.record("990204", ["-", "-"], "county-missing", mistake);
    fs::write(
        target.folder.join("README.md"),
        readme(&counties, &target.mistakes)?,
    )?;
    for county in &counties {
        println!(
            "{}-{}: {} schools",
            county.about.code,
            county.about.name,
            county.schools.len()
        );
    }
    Ok(())
}

// ---------------------------------------------------------------------------------------------------------------- counties

/// What is chosen by hand about a county; everything else is drawn.
struct About {
    code: &'static str,
    name: &'static str,
    layout: &'static str,
    purpose: &'static str,
    words: Words,
    /// How many 小学, 教学点, 初级中学, 九年一贯制, 完全中学, 十二年一贯制 and 特教学校.
    mix: [u32; 7],
    /// The schools that send a 学校填报表 of their own. It does not ask for 举办者, so they have no 随迁子女 to be told apart by it.
    alone: &'static [(Kind, usize)],
    profile: Profile,
    send: fn(&County, &mut Target) -> Outcome<()>,
}

/// Whether codes or names are written into the columns that hold a choice.
#[derive(Clone, Copy, PartialEq)]
enum Words {
    Codes,
    Names,
}

/// How a county's schools stand to the limits.
struct Profile {
    /// Every how many schools one indicator lies between 85% and 100% of its limit (such a school still passes); 0 is never.
    near: u32,
    /// Every how many schools fail.
    weak: u32,
    /// How many times the limit a rural school's sports ground and equipment may reach.
    uneven: f64,
    /// How many pupils the largest classes hold beyond the usual.
    crowding: u32,
}

const USUAL: Profile = Profile {
    near: 6,
    weak: 9,
    uneven: 1.5,
    crowding: 0,
};

const COUNTIES: [About; 7] = [
    About {
        code: "990101",
        name: "澄溪县",
        layout: "the form as it is, one sheet; choices as codes",
        purpose: "clean; every school and every coefficient meets the limits, one school exactly (21 of 500 pupils is 4.2)",
        words: Words::Codes,
        mix: [16, 3, 6, 4, 1, 1, 1],
        alone: &[],
        profile: Profile {
            near: 6,
            weak: 0,
            uneven: 1.0,
            crowding: 0,
        },
        send: send_chengxi,
    },
    About {
        code: "990102",
        name: "云岭县",
        layout: "columns in another order, optional ones left out, 序号 in front, headers merged downwards; choices as names",
        purpose: "clean; fails honestly: schools below the limits, coefficients above them, crowded classes",
        words: Words::Names,
        mix: [20, 6, 7, 5, 1, 0, 1],
        alone: &[],
        profile: Profile {
            near: 5,
            weak: 3,
            uneven: 4.5,
            crowding: 4,
        },
        send: send_yunling,
    },
    About {
        code: "990103",
        name: "东屏区",
        layout: "units in brackets in the header items, no unit row; choices as names",
        purpose: "numbers written as text in six ways, marks instead of values, one figure in 元, a column that nobody asked for",
        words: Words::Names,
        mix: [26, 1, 9, 5, 2, 1, 1],
        alone: &[],
        profile: USUAL,
        send: send_dongping,
    },
    About {
        code: "990104",
        name: "桐湾县",
        layout: "two sheets 小学 and 初中 with headers that do not name the stage; equipment in 元; choices as codes",
        purpose: "schools with two stages stand in both sheets; values that cannot be taken",
        words: Words::Codes,
        mix: [14, 4, 5, 4, 1, 0, 1],
        alone: &[],
        profile: USUAL,
        send: send_tongwan,
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
        send: send_wangchuan,
    },
    About {
        code: "990202",
        name: "岚桥县",
        layout: "the form as it is, sent twice: the newer file replaces the older one; choices as codes",
        purpose: "figures that contradict each other",
        words: Words::Codes,
        mix: [18, 3, 6, 3, 1, 1, 1],
        alone: &[],
        profile: USUAL,
        send: send_lanqiao,
    },
    About {
        code: "990203",
        name: "柳堰县",
        layout: "the form without title rows; choices as names",
        purpose: "codes and choices that do not exist, a missing column, another county's code",
        words: Words::Names,
        mix: [12, 3, 4, 2, 1, 0, 1],
        alone: &[],
        profile: USUAL,
        send: send_liuyan,
    },
];

const SUMMARY: &str = "学校汇总表.xlsx";

struct County {
    about: &'static About,
    schools: Vec<School>,
}

impl County {
    fn draw(about: &'static About) -> Outcome<County> {
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

    fn nth(&self, kind: Kind, nth: usize) -> Outcome<&School> {
        let mut of_kind = self.schools.iter().filter(|school| school.kind == kind);
        of_kind
            .nth(nth)
            .ok_or_else(|| format!("{}: no {} number {nth}", self.about.name, kind.name()).into())
    }

    /// The row's name on a sheet: `primary 3` becomes that school's code.
    fn row(&self, words: &str) -> Outcome<String> {
        let Some((kind, nth)) = words.split_once(' ') else {
            return Ok(words.to_owned());
        };
        let kind = match kind {
            "primary" => Primary,
            "junior" => Junior,
            "nine" => Nine,
            _ => return Err(format!("no such row: {words}").into()),
        };
        Ok(self.nth(kind, nth.parse()?)?.code.clone())
    }

    fn file(&self, name: &str) -> String {
        format!("{}-{}/{name}", self.about.code, self.about.name)
    }
}

// ---------------------------------------------------------------------------------------------------------------- schools

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Primary,
    Point,
    Junior,
    Nine,
    Complete,
    Twelve,
    Special,
}
use Kind::{Complete, Junior, Nine, Point, Primary, Special, Twelve};

const KINDS: [Kind; 7] = [Primary, Point, Junior, Nine, Complete, Twelve, Special];

impl Kind {
    fn code(self) -> &'static str {
        ["211", "218", "311", "312", "341", "345", "511"][self as usize]
    }

    fn name(self) -> &'static str {
        [
            "小学",
            "小学教学点",
            "初级中学",
            "九年一贯制学校",
            "完全中学",
            "十二年一贯制学校",
            "盲人学校",
        ][self as usize]
    }

    /// The word that the one-school form offers.
    fn list_name(self) -> &'static str {
        [
            "小学",
            "小学",
            "初中",
            "九年一贯制",
            "完全中学",
            "十二年一贯制",
            "",
        ][self as usize]
    }

    /// The first two digits of 学校标识码.
    fn prefix(self) -> &'static str {
        ["21", "21", "31", "31", "34", "34", "51"][self as usize]
    }

    /// The weight of a 小学, 初中 and 高中 pupil where a school's stocks are split between its stages.
    fn weights(self) -> [f64; 3] {
        match self {
            Nine => [1.0, 1.1, 0.0],
            Complete => [0.0, 1.0, 1.2],
            Twelve => [1.0, 1.1, 1.32],
            Primary | Point | Junior | Special => [1.0, 1.0, 0.0],
        }
    }

    fn has_stage(self, stage: usize) -> bool {
        match self {
            Primary | Point => stage == 0,
            Junior | Complete => stage == 1,
            Nine | Twelve | Special => true,
        }
    }

    /// Classes (in steps, from, to) and pupils a class (from, to).
    fn classes(self, stage: usize, level: usize, nth: u32) -> [u32; 5] {
        match (self, stage) {
            (Primary, _) => [[6, 3, 5, 36, 45], [6, 2, 3, 30, 42], [6, 1, 1, 16, 34]][level],
            (Point, _) if nth.is_multiple_of(2) => [1, 3, 3, 9, 15],
            (Point, _) => [1, 3, 3, 18, 30],
            (Junior, _) => [[3, 5, 8, 40, 49], [3, 3, 5, 36, 48], [3, 2, 3, 30, 44]][level],
            (Nine, 0) => [6, 1, 2, 28, 42],
            (Nine, _) => [3, 1, 3, 32, 45],
            (Complete, _) => [3, 4, 6, 42, 50],
            (Twelve, 0) => [6, 2, 3, 36, 44],
            (Twelve, _) => [3, 2, 4, 38, 48],
            (Special, _) => [3 - stage as u32, 1, 2, 7, 10],
        }
    }
}

const STAGES: [&str; 2] = ["小学", "初中"];
const SUFFIXES: [&str; 2] = ["primary", "junior"];
/// The seven indicators' limits, 小学 and 初中.
const LIMITS: [[f64; 7]; 2] = [
    [4.2, 1.0, 0.9, 4.5, 7.5, 2000.0, 2.3],
    [5.3, 1.0, 0.9, 5.8, 10.2, 2500.0, 2.4],
];
const CV_LIMITS: [f64; 2] = [0.50, 0.45];
const TOWNS: [&str; 8] = [
    "柳溪镇",
    "双石镇",
    "平沙镇",
    "白塘镇",
    "金谷镇",
    "枫林乡",
    "高坪乡",
    "后坝乡",
];
const VILLAGES: [&str; 24] = [
    "杏园", "竹湾", "桥头", "上坝", "荷塘", "茶坡", "石门", "梨坪", "水口", "松岗", "东庄", "西庄",
    "花墙", "月台", "古井", "新屋", "南沟", "北沟", "沙滩", "龙头", "梅岭", "麦田", "长堤", "渡口",
];

struct Place {
    name: String,
    town: &'static str,
    /// 0 town, 1 township, 2 village.
    level: usize,
    urban_rural: (&'static str, &'static str),
    private: bool,
}

impl Place {
    fn choose(county: &str, kind: Kind, nth: u32, count: u32) -> Place {
        let level = match kind {
            Primary if nth < count / 3 || nth == count - 1 => 0,
            Primary if nth < count / 3 + 6 => 1,
            Junior if nth < count.div_ceil(2) => 0,
            Junior | Nine => 1,
            Primary | Point => 2,
            Complete | Twelve | Special => 0,
        };
        let town = if level == 0 {
            "城中街道"
        } else {
            TOWNS[nth as usize % TOWNS.len()]
        };
        let village = VILLAGES[(nth as usize + 7 * kind as usize) % VILLAGES.len()];
        let number = ["一", "二", "三", "四", "五", "六", "七", "八"][nth as usize % 8];
        let private = nth == count - 1 && matches!(kind, Primary | Nine);
        let name = match (kind, level) {
            (Primary, _) if private => format!("{county}新蕾小学"),
            (Nine, _) if private => format!("{county}博文学校"),
            (Primary, 0) => format!("{county}第{number}小学"),
            (Primary, 1) => format!("{town}中心小学"),
            (Primary, _) => format!("{town}{village}小学"),
            (Point, _) => format!("{town}{village}教学点"),
            (Junior, 0) => format!("{county}第{number}初级中学"),
            (Junior, _) => format!("{town}初级中学"),
            (Nine, _) => format!("{town}{village}学校"),
            (Complete, _) => format!("{county}高级中学{}", ["", "城南分校"][nth as usize % 2]),
            (Twelve, _) => format!("{county}育英实验学校"),
            (Special, _) => format!("{county}启明学校"),
        };
        let district = county.ends_with('区');
        let urban_rural = match level {
            0 if district && nth % 3 == 2 => ("112", "城乡结合区"),
            0 if district => ("111", "主城区"),
            0 => ("121", "镇中心区"),
            1 if nth.is_multiple_of(2) => ("122", "镇乡结合区"),
            1 => ("210", "乡中心区"),
            _ => ("220", "村庄"),
        };
        Place {
            name,
            town,
            level,
            urban_rural,
            private,
        }
    }

    fn is_rural(&self) -> bool {
        self.urban_rural.0.starts_with('2')
    }
}

/// One stage's pupils and teachers.
struct Stage {
    class_sizes: Vec<u32>,
    teachers: u32,
    /// 专科, 本科, 硕士, 博士.
    degrees: [u32; 4],
    backbone: u32,
    /// 体育, 音乐, 美术, 艺术.
    subjects: [u32; 4],
    trained: u32,
}

impl Stage {
    fn draw(
        rng: &mut Rng,
        profile: &Profile,
        stage: usize,
        class_sizes: Vec<u32>,
        factors: &[f64; 7],
    ) -> Stage {
        let students = f64::from(class_sizes.iter().sum::<u32>());
        let needed = |line: usize| {
            up(factors[line] * LIMITS[stage][line] * students / 100.0, 1.0).max(1.0) as u32
        };
        let above = needed(0).max(class_sizes.len() as u32);
        let master = up(f64::from(above) * rng.real(0.02, 0.1), 1.0) as u32 - 1;
        // 专科 is above the required degree in 小学 only.
        let college = if stage == 0 {
            above / rng.whole(4, 8)
        } else {
            rng.whole(0, 1)
        };
        let bachelor = above - master - if stage == 0 { college } else { 0 };
        let teachers = if stage == 0 { above } else { above + college };
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
        }
    }

    fn students(&self) -> u32 {
        self.class_sizes.iter().sum()
    }

    /// How many classes have up to 25 pupils, 26-30, ..., 61-65, 66 and more.
    fn bands(&self) -> [u32; 10] {
        let mut bands = [0; 10];
        for size in &self.class_sizes {
            bands[(size.saturating_sub(21) / 5).min(9) as usize] += 1;
        }
        bands
    }
}

struct School {
    kind: Kind,
    code: String,
    place: Place,
    built: u32,
    stages: [Option<Stage>; 2],
    seniors: u32,
    migrants: u32,
    teaching_area: f64,
    indoor_sports_area: f64,
    sports_ground_area: f64,
    /// 万元.
    equipment: f64,
    media_rooms: u32,
    /// From the largest to the smallest: music and fine art have the same numbers.
    rooms: [u32; 3],
    /// 公用经费 and 教师培训经费, 预算 and 决算 each, 万元.
    funds: [f64; 4],
    /// 毕业, 三年前初一, 转入, 转出, 死亡.
    retention: [u32; 5],
}

impl School {
    fn draw(
        rng: &mut Rng,
        profile: &Profile,
        kind: Kind,
        nth: u32,
        place: Place,
        serial: u32,
    ) -> School {
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
        // The good county's first school meets the first limit to the pupil: 21 of 500.
        let exact = profile.weak == 0 && kind == Primary && nth == 0;
        if exact {
            factors = [1.0, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2];
        }
        let stages = [0, 1].map(|stage| {
            let [step, from, to, small, large] = kind.classes(stage, place.level, nth);
            let classes = step * rng.whole(from, to);
            let mut class_sizes: Vec<u32> = (0..classes)
                .map(|_| rng.whole(small, large + profile.crowding))
                .collect();
            if exact {
                class_sizes = [[42; 8].as_slice(), &[41; 4]].concat();
            }
            kind.has_stage(stage)
                .then(|| Stage::draw(rng, profile, stage, class_sizes, &factors))
        });
        let seniors = if matches!(kind, Complete | Twelve) {
            rng.whole(450, 1100)
        } else {
            0
        };
        let pupils = stages
            .each_ref()
            .map(|stage| stage.as_ref().map_or(0, Stage::students));
        let total = pupils[0] + pupils[1];
        let classes: u32 = stages
            .iter()
            .flatten()
            .map(|stage| stage.class_sizes.len() as u32)
            .sum();
        let weights = kind.weights();
        let weighted = weighted_pupils(weights, pupils, seniors);
        let stock = |line: usize| {
            let per_pupil = (0..2)
                .filter(|&stage| pupils[stage] > 0)
                .map(|stage| LIMITS[stage][line] / weights[stage]);
            factors[line] * weighted * per_pupil.fold(0.0, f64::max)
        };
        let indoor_sports_area = if total + seniors > 700 {
            up(stock(4) * rng.real(0.04, 0.1), 10.0)
        } else {
            0.0
        };
        let built = rng.whole(1978, 2021);
        let rooms_needed = classes.div_ceil(12);
        let rooms = match place.level {
            2 if profile.crowding > 0 && nth.is_multiple_of(3) => [0, 0, rooms_needed],
            _ if built <= 2016 && rng.one_in(2) => [0, rooms_needed, 0],
            _ => [rooms_needed, 0, 0],
        };
        let per_pupil = if kind == Special { 9000.0 } else { 1150.0 };
        let funded = f64::from(total.max(100)) * per_pupil
            + f64::from(pupils[1]) * 200.0
            + f64::from(seniors) * 1500.0;
        let budget = up(funded * rng.real(1.02, 1.15) / 10_000.0, 100.0);
        let spent = up(budget * rng.real(0.97, 1.01), 100.0);
        let entrants = pupils[1] / 3 + rng.whole(0, 3);
        let (came, went, lost) = (
            rng.whole(0, 4),
            rng.whole(0, 3),
            rng.whole(0, entrants / 100),
        );
        School {
            kind,
            code: format!("{}99{serial:06}", kind.prefix()),
            built,
            stages,
            seniors,
            migrants: if kind == Special || rng.one_in(5) {
                0
            } else {
                up(f64::from(total) * rng.real(0.01, 0.09), 1.0) as u32
            },
            teaching_area: cents(up(stock(3), 100.0) + indoor_sports_area),
            indoor_sports_area,
            sports_ground_area: cents(up(stock(4), 100.0) - indoor_sports_area),
            equipment: up(stock(5) / 10_000.0, 100.0),
            media_rooms: up(stock(6) / 100.0, 1.0) as u32,
            rooms,
            funds: [
                budget,
                spent,
                up(budget * rng.real(0.055, 0.08), 100.0),
                up(spent * rng.real(0.053, 0.075), 100.0),
            ],
            retention: [
                (entrants + came).saturating_sub(went + lost),
                entrants,
                came,
                went,
                0,
            ],
            place,
        }
    }

    fn pupils(&self) -> [u32; 2] {
        self.stages
            .each_ref()
            .map(|stage| stage.as_ref().map_or(0, Stage::students))
    }

    fn total(&self) -> u32 {
        self.pupils().iter().sum()
    }

    /// The seven indicators of one stage; none where the school does not count.
    fn indicators(&self, stage: usize) -> Option<[f64; 7]> {
        let figures = self.stages[stage].as_ref()?;
        if self.kind == Special || self.kind == Point && self.total() < 50 {
            return None;
        }
        let above: u32 = figures.degrees[if stage == 0 { 0 } else { 1 }..]
            .iter()
            .sum();
        let of_stage = [above, figures.backbone, figures.subjects.iter().sum()]
            .map(|people| f64::from(people) * 100.0 / f64::from(figures.students()));
        let weights = self.kind.weights();
        let of_school = [
            self.teaching_area - self.indoor_sports_area,
            self.sports_ground_area + self.indoor_sports_area,
            self.equipment * 10_000.0,
            f64::from(self.media_rooms) * 100.0,
        ]
        .map(|stock| {
            stock * weights[stage] / weighted_pupils(weights, self.pupils(), self.seniors)
        });
        let mut all = [0.0; 7];
        all[..3].copy_from_slice(&of_stage);
        all[3..].copy_from_slice(&of_school);
        Some(all)
    }

    /// Every figure that some form asks for, by the name of its column. A stage that the school does not have is left out.
    fn figures(&self, words: Words) -> BTreeMap<String, Cell> {
        let mut figures = BTreeMap::new();
        let mut put = |column: &str, cell: Cell| figures.insert(column.to_owned(), cell);
        let yes_no = |yes: bool| text(if yes { "是" } else { "否" });
        let choice = |code: &str, name: &str| text(if words == Words::Codes { code } else { name });
        let place = &self.place;
        put("school_code", text(&self.code));
        put("school_name", text(&place.name));
        put("school_type", choice(self.kind.code(), self.kind.name()));
        put("list_type", text(self.kind.list_name()));
        put(
            "sponsor",
            if place.private {
                choice("10", "民办")
            } else {
                choice("7", "县级教育部门")
            },
        );
        put(
            "urban_rural",
            choice(place.urban_rural.0, place.urban_rural.1),
        );
        put("township", text(place.town));
        put(
            "boarding",
            yes_no(place.level == 1 && matches!(self.kind, Junior | Nine)),
        );
        put("built_year", count(self.built));
        put("built_by_2010", yes_no(self.built <= 2010));
        put("built_by_2016", yes_no(self.built <= 2016));
        put("central_city", yes_no(false));
        let rural = place.is_rural();
        let largest = self
            .stages
            .iter()
            .flatten()
            .flat_map(|stage| &stage.class_sizes)
            .max();
        put(
            "small_rural_school",
            yes_no(rural && (50..100).contains(&self.total())),
        );
        put(
            "small_rural_classes",
            yes_no(rural && largest.is_some_and(|&size| size < 30)),
        );
        for (stage, suffix) in self.stages.iter().zip(SUFFIXES) {
            let Some(stage) = stage else { continue };
            for (column, figure) in stage_columns(suffix).into_iter().zip(stage.figures()) {
                put(&column, count(figure));
            }
            put(&format!("catchment_{suffix}"), count(stage.students()));
        }
        for (nth, column) in stage_columns("whole").into_iter().enumerate() {
            put(
                &column,
                count(
                    self.stages
                        .iter()
                        .flatten()
                        .map(|stage| stage.figures()[nth])
                        .sum(),
                ),
            );
        }
        if self.seniors > 0 {
            put("students_senior", count(self.seniors));
        }
        put("migrant_students", count(self.migrants));
        put("school_teaching_area", Cell::Number(self.teaching_area));
        put(
            "school_indoor_sports_area",
            Cell::Number(self.indoor_sports_area),
        );
        put(
            "school_gymnasium_area",
            Cell::Number(self.indoor_sports_area),
        );
        put(
            "school_sports_ground_area",
            Cell::Number(self.sports_ground_area),
        );
        put("school_equipment_value", Cell::Number(self.equipment));
        put("school_media_rooms", count(self.media_rooms));
        put("school_books", count(self.total() * 20 + self.built));
        put("school_computers", count(self.total() / 8 + 6));
        put("canteen_area", count(self.total() / 2 + 40));
        for (rooms, bands) in [
            ("music_rooms", ["ge96", "73_96", "54_73", "61_73"]),
            ("fine_art_rooms", ["ge90", "67_90", "54_67", "61_67"]),
        ] {
            put(rooms, count(self.rooms.iter().sum()));
            for (band, &number) in bands.iter().zip(self.rooms.iter().chain(&self.rooms[2..])) {
                put(&format!("{rooms}_{band}"), count(number));
            }
        }
        for (column, amount) in FUNDS.iter().zip(self.funds) {
            put(column, Cell::Number(amount));
        }
        if self.stages[1].is_some() {
            for (column, figure) in RETENTION.iter().zip(self.retention) {
                put(column, count(figure));
            }
        }
        figures
    }
}

impl Stage {
    /// In the order of `stage_columns`.
    fn figures(&self) -> Vec<u32> {
        let classes = [self.students(), self.class_sizes.len() as u32];
        let teachers = [
            self.teachers,
            self.degrees[0],
            self.degrees[1],
            self.degrees[2],
            self.degrees[3],
            self.backbone,
        ];
        [
            &classes[..],
            &self.bands(),
            &teachers,
            &self.subjects,
            &[self.teachers, self.trained],
        ]
        .concat()
    }
}

fn weighted_pupils(weights: [f64; 3], pupils: [u32; 2], seniors: u32) -> f64 {
    weights
        .iter()
        .zip([pupils[0], pupils[1], seniors])
        .map(|(weight, number)| weight * f64::from(number))
        .sum()
}

const BANDS: [(&str, &str); 10] = [
    ("le25", "25人以下"),
    ("26_30", "26-30人"),
    ("31_35", "31-35人"),
    ("36_40", "36-40人"),
    ("41_45", "41-45人"),
    ("46_50", "46-50人"),
    ("51_55", "51-55人"),
    ("56_60", "56-60人"),
    ("61_65", "61-65人"),
    ("ge66", "66人以上"),
];
const TEACHERS: [(&str, &str); 12] = [
    ("teachers", "专任教师数"),
    ("college", "其中:专科"),
    ("bachelor", "其中:本科"),
    ("master", "其中:硕士"),
    ("doctor", "其中:博士"),
    ("backbone", "县级及以上骨干教师"),
    ("pe", "体育教师"),
    ("music", "音乐教师"),
    ("fine_art", "美术教师"),
    ("arts", "艺术教师"),
    ("certified", "持有教师资格证"),
    ("trained", "近5年培训满360学时"),
];
const FUNDS: [&str; 4] = [
    "public_funds_budget",
    "public_funds_final",
    "training_funds_budget",
    "training_funds_final",
];
const RETENTION: [&str; 5] = [
    "graduates",
    "entrants_3y_ago",
    "transferred_in_3y",
    "transferred_out_3y",
    "died_3y",
];

fn stage_columns(suffix: &str) -> Vec<String> {
    let mut columns = vec![format!("students_{suffix}"), format!("classes_{suffix}")];
    columns.extend(
        BANDS
            .iter()
            .map(|(band, _)| format!("class_{band}_{suffix}")),
    );
    columns.extend(
        TEACHERS
            .iter()
            .map(|(column, _)| format!("{column}_{suffix}")),
    );
    columns
}

// ---------------------------------------------------------------------------------------------------------------- numbers

/// splitmix64.
struct Rng(u64);

impl Rng {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Both ends are possible.
    fn whole(&mut self, from: u32, to: u32) -> u32 {
        from + (self.bits() % u64::from(to - from + 1)) as u32
    }

    fn real(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * ((self.bits() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    fn one_in(&mut self, number: u32) -> bool {
        number > 0 && self.whole(1, number) == 1
    }
}

/// Rounded up to a whole number of `parts`-ths; what is whole but for a binary representation's error stays.
fn up(value: f64, parts: f64) -> f64 {
    (value * parts - 1e-9).ceil() / parts
}

fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

// ---------------------------------------------------------------------------------------------------------------- sheets

#[derive(Clone)]
enum Cell {
    Text(String),
    Number(f64),
    /// Text that stands for a number, if it does: the 合计 counts it.
    Written(String, Option<f64>),
    /// A number that cannot be taken: the 合计 of its column is left empty.
    Refused(f64),
    NotAvailable,
}

fn text(words: &str) -> Cell {
    Cell::Text(words.to_owned())
}

fn count(number: u32) -> Cell {
    Cell::Number(f64::from(number))
}

/// A table written as text: one row a line, up to five fields between `|`.
fn rows(table: &'static str) -> Vec<[&'static str; 5]> {
    let row = |line: &'static str| {
        let mut fields = line.split('|').map(str::trim);
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    };
    table.trim().lines().map(row).collect()
}

/// A column of a 学校汇总表.
#[derive(Clone)]
struct Column {
    name: String,
    group: String,
    item: String,
    unit: &'static str,
}

fn column(name: &str, group: &str, item: &str, unit: &'static str) -> Column {
    let (name, group, item) = (name.to_owned(), group.to_owned(), item.to_owned());
    Column {
        name,
        group,
        item,
        unit,
    }
}

/// Group, column, item and unit of what is not asked for by stage; classes and teachers come after 学生.
const COLUMNS: &str = "
基本信息 | school_code | 学校标识码 |
基本信息 | school_name | 学校名称 |
基本信息 | school_type | 办学类型 | 代码
基本信息 | sponsor | 举办者类型 | 代码
基本信息 | urban_rural | 城乡类型 | 代码
基本信息 | township | 所属乡镇 |
基本信息 | boarding | 是否寄宿制 | 是/否
基本信息 | built_year | 规划并建成年份 | 年
基本信息 | central_city | 是否大城市中心城区学校 | 是/否
学生 | students_primary | 小学在校生数 | 人
学生 | students_junior | 初中在校生数 | 人
学生 | students_senior | 高中在校生数 | 人
学生 | migrant_students | 随迁子女在校生数 | 人
校舍与场地 | school_teaching_area | 教学及辅助用房面积 | 平方米
校舍与场地 | school_indoor_sports_area | 其中:室内体育用房面积 | 平方米
校舍与场地 | school_sports_ground_area | 运动场地面积 | 平方米
装备 | school_equipment_value | 教学仪器设备资产值 | 万元
装备 | school_media_rooms | 网络多媒体教室 | 间
装备 | school_books | 图书 | 册
装备 | school_computers | 计算机 | 台
音乐美术教室 | music_rooms | 音乐教室总间数 | 间
音乐美术教室 | music_rooms_ge96 | 单间面积≥96㎡的音乐教室 | 间
音乐美术教室 | music_rooms_73_96 | 73㎡≤单间面积<96㎡的音乐教室 | 间
音乐美术教室 | music_rooms_54_73 | 54㎡≤单间面积<73㎡的音乐教室 | 间
音乐美术教室 | fine_art_rooms | 美术教室总间数 | 间
音乐美术教室 | fine_art_rooms_ge90 | 单间面积≥90㎡的美术教室 | 间
音乐美术教室 | fine_art_rooms_67_90 | 67㎡≤单间面积<90㎡的美术教室 | 间
音乐美术教室 | fine_art_rooms_54_67 | 54㎡≤单间面积<67㎡的美术教室 | 间
经费 | public_funds_budget | 上年度公用经费预算 | 万元
经费 | public_funds_final | 上年度公用经费决算 | 万元
经费 | training_funds_budget | 上年度教师培训经费预算 | 万元
经费 | training_funds_final | 上年度教师培训经费决算 | 万元
初中巩固率 | graduates | 本届毕业学生数 | 人
初中巩固率 | entrants_3y_ago | 三年前初一在校生数 | 人
初中巩固率 | transferred_in_3y | 三年转入 | 人
初中巩固率 | transferred_out_3y | 三年转出 | 人
初中巩固率 | died_3y | 三年死亡 | 人
其他 | remark | 备注 |
";

/// The columns of these groups, in this order.
fn groups(names: &[&str]) -> Vec<Column> {
    let all = rows(COLUMNS);
    let mut columns = Vec::new();
    for wanted in names {
        let of_group = all.iter().filter(|[group, ..]| group == wanted);
        columns
            .extend(of_group.map(|[group, name, item, unit, _]| column(name, group, item, unit)));
    }
    columns
}

/// `named` says the stage in every header, as the form does.
fn class_columns(stage: usize, group: &str, named: &str) -> Vec<Column> {
    let suffix = SUFFIXES[stage];
    let mut columns = vec![column(
        &format!("classes_{suffix}"),
        group,
        &format!("{named}班级数"),
        "个",
    )];
    for (band, words) in BANDS {
        let item = if named.is_empty() {
            words.to_owned()
        } else {
            format!("{named}{words}班级数")
        };
        columns.push(column(
            &format!("class_{band}_{suffix}"),
            group,
            &item,
            "个",
        ));
    }
    columns
}

fn teacher_columns(stage: usize, group: &str) -> Vec<Column> {
    let suffix = SUFFIXES[stage];
    TEACHERS
        .iter()
        .map(|(name, item)| column(&format!("{name}_{suffix}"), group, item, "人"))
        .collect()
}

/// The form's own columns in the form's own order.
fn form_columns() -> Vec<Column> {
    let mut columns = groups(&["基本信息", "学生"]);
    for (stage, word) in STAGES.iter().enumerate() {
        columns.extend(class_columns(stage, &format!("{word}班级"), word));
    }
    for (stage, word) in STAGES.iter().enumerate() {
        columns.extend(teacher_columns(stage, &format!("{word}专任教师")));
    }
    columns.extend(groups(&[
        "校舍与场地",
        "装备",
        "音乐美术教室",
        "经费",
        "初中巩固率",
        "其他",
    ]));
    columns
}

/// A sheet before it is written: cells by place, and where rows and columns stand.
#[derive(Default)]
struct Sheet {
    name: String,
    cells: BTreeMap<(u32, u16), Cell>,
    /// First row and column, last row and column.
    merges: Vec<(u32, u16, u32, u16)>,
    headers: u32,
    rows: BTreeMap<String, u32>,
    columns: BTreeMap<String, u16>,
}

/// Where a 学校汇总表 says its units.
#[derive(PartialEq)]
enum Units {
    Row,
    Brackets,
}

impl Sheet {
    fn named(name: &str) -> Sheet {
        Sheet {
            name: name.to_owned(),
            ..Sheet::default()
        }
    }

    fn address(&self, row: &str, column: &str) -> Outcome<(u32, u16)> {
        let row = self
            .rows
            .get(row)
            .ok_or_else(|| format!("{}: no row {row}", self.name))?;
        let column = self
            .columns
            .get(column)
            .ok_or_else(|| format!("{}: no column {column}", self.name))?;
        Ok((*row, *column))
    }

    fn figure(&self, row: &str, column: &str) -> Outcome<f64> {
        match self.cells.get(&self.address(row, column)?) {
            Some(Cell::Number(figure)) => Ok(*figure),
            _ => Err(format!("{}: no figure in {row} {column}", self.name).into()),
        }
    }

    fn put(&mut self, row: &str, column: &str, cell: Cell) -> Outcome<()> {
        let address = self.address(row, column)?;
        self.cells.insert(address, cell);
        Ok(())
    }

    fn header(&mut self, from: (u32, u16), to: (u32, u16), words: &str) {
        self.cells.insert(from, text(words));
        if from != to {
            self.merges.push((from.0, from.1, to.0, to.1));
        }
    }

    /// A 学校汇总表 without its last rows. `titles` are the rows above the header.
    fn summary(
        name: &str,
        titles: &[Vec<(u16, String)>],
        columns: &[Column],
        units: Units,
        words: Words,
        schools: &[&School],
    ) -> Sheet {
        let mut sheet = Sheet::named(name);
        let width = columns.len() as u16 - 1;
        for (row, cells) in (0..).zip(titles) {
            for (at, words) in cells {
                sheet.header((row, *at), (row, if row == 0 { width } else { *at }), words);
            }
        }
        let top = titles.len() as u32;
        let mut first = 0;
        for next in 1..=columns.len() {
            let group = &columns[first].group;
            if columns
                .get(next)
                .is_none_or(|column| column.group != *group)
            {
                if !group.is_empty() {
                    sheet.header((top, first as u16), (top, next as u16 - 1), group);
                }
                first = next;
            }
        }
        for (at, column) in (0..).zip(columns) {
            let item = match units {
                Units::Brackets if !matches!(column.unit, "" | "代码" | "是/否") => {
                    format!("{}（{}）", column.item, column.unit)
                }
                _ => column.item.clone(),
            };
            let from = if column.group.is_empty() {
                top
            } else {
                top + 1
            };
            sheet.header((from, at), (top + 1, at), &item);
            if units == Units::Row && !column.unit.is_empty() {
                sheet.cells.insert((top + 2, at), text(column.unit));
            }
            sheet.columns.insert(column.name.clone(), at);
        }
        sheet.rows.insert("header".to_owned(), top + 1);
        sheet.headers = top + if units == Units::Row { 3 } else { 2 };
        for ((row, serial), school) in (sheet.headers..).zip(1..).zip(schools) {
            sheet.rows.insert(school.code.clone(), row);
            let figures = school.figures(words);
            for (at, column) in (0..).zip(columns) {
                let cell = if column.name == "serial" {
                    Some(count(serial))
                } else {
                    figures.get(&column.name).cloned()
                };
                sheet.cells.extend(cell.map(|cell| ((row, at), cell)));
            }
        }
        sheet
    }

    /// 合计 and what stands below it. To be called when all mistakes are in: the sums are those of the figures as they stand.
    fn close(&mut self) {
        let last = self.headers + self.rows.len() as u32 - 1;
        self.rows.insert("total".to_owned(), last);
        for (column, at) in &self.columns {
            let cells: Vec<&Cell> = (self.headers..last)
                .filter_map(|row| self.cells.get(&(row, *at)))
                .collect();
            let sum = cells.iter().try_fold(0.0, |sum, cell| match cell {
                Cell::Number(number) | Cell::Written(_, Some(number)) => Some(sum + number),
                _ => None,
            });
            let sum = sum.filter(|_| {
                !cells.is_empty() && !matches!(column.as_str(), "serial" | "built_year")
            });
            self.cells
                .extend(sum.map(|sum| ((last, *at), Cell::Number(cents(sum)))));
        }
        self.cells.insert((last, 0), text("合计"));
        self.cells.insert(
            (last + 1, 0),
            text("填表说明:每所学校占一行,学校没有的学段不填;数据为学年初9月1日数。"),
        );
        for (at, words) in [
            (0, "单位负责人:"),
            (9, "统计负责人:"),
            (19, "填表人:"),
            (29, "填表日期:2024年9月30日"),
        ] {
            self.cells.insert((last + 2, at), text(words));
        }
    }

    /// A list of items with one value each.
    fn list(name: &str, items: &'static str, values: &BTreeMap<String, Cell>) -> Sheet {
        let mut sheet = Sheet::named(name);
        sheet.headers = 1;
        let header = [
            "序号",
            "类别",
            "填报项目",
            "单位",
            "填报值",
            "是否必填",
            "备注说明",
        ];
        sheet.line(0, &header);
        sheet.columns.insert("value".to_owned(), 4);
        for (row, [category, item, unit, key, note]) in (1..).zip(rows(items)) {
            let required = if note.starts_with('仅') {
                "否"
            } else {
                "是"
            };
            sheet.line(row, &["", category, item, unit, "", required, note]);
            sheet.cells.insert((row, 0), count(row));
            sheet.rows.insert(key.to_owned(), row);
            sheet
                .cells
                .extend(values.get(key).map(|value| ((row, 4), value.clone())));
        }
        sheet
    }

    fn line(&mut self, row: u32, line: &[&str]) {
        let filled = (0..).zip(line).filter(|(_, words)| !words.is_empty());
        self.cells
            .extend(filled.map(|(column, words)| ((row, column), text(words))));
    }
}

/// 类别, 填报项目, 单位, the value's key, 备注说明. What only some schools fill in is not 必填.
const COUNTY_ITEMS: &str = "
基本信息 | 区县名称 |  | name |
基本信息 | 区县代码 |  | code |
基本信息 | 填报年度 |  | year |
经费标准 | 规定的小学生均公用经费标准 | 元 | funding_primary |
经费标准 | 规定的初中生均公用经费标准 | 元 | funding_junior |
经费标准 | 特殊教育学校经费总额 | 元 | special_funds |
经费标准 | 特殊教育学校学生人数 | 人 | special_students |
工资收入 | 上年度义务教育学校教师年平均工资收入水平（不含民办学校） | 万元 | teacher_pay |
工资收入 | 当地公务员年平均工资收入 | 万元 | civil_servant_pay |
教师交流轮岗 | 符合交流条件教师总数 | 人 | rotation_eligible |
教师交流轮岗 | 实际交流轮岗教师数 | 人 | rotation_teachers |
教师交流轮岗 | 实际交流骨干教师数量 | 人 | rotation_backbone |
优质高中招生 | 优质高中招生计划总人数 | 人 | senior_quota_total |
优质高中招生 | 优质高中招生分配指标数 | 人 | senior_quota_allocated |
优质高中招生 | 向农村学校分配指标数 | 人 | senior_quota_rural |
随迁子女 | 符合条件的随迁子女总人数 | 人 | migrant_eligible |
随迁子女 | 在县域内公办学校就读的随迁子女人数 | 人 | migrant_public |
随迁子女 | 在政府购买服务的民办学校就读随迁子女人数 | 人 | migrant_purchased |
残疾儿童入学 | 适龄残疾儿童少年总数 | 人 | disabled_children |
残疾儿童入学 | 适龄残疾儿童少年入学总人数 | 人 | disabled_enrolled |
";

const SCHOOL_ITEMS: &str = "
基本信息 | 学校名称 |  | school_name |
基本信息 | 学校类型 | 小学/初中/九年一贯制/十二年一贯制/完全中学 | list_type |
基本信息 | 学校代码 |  | school_code |
基本信息 | 建校时间 | 年 | built_year |
基本信息 | 是否2010年及之前规划并建成 | 是/否 | built_by_2010 |
基本信息 | 是否2016年及之前规划并建成 | 是/否 | built_by_2016 |
基本信息 | 是否人口密度过高的大城市中心城区学校 | 是/否 | central_city |
基本信息 | 是否50人及以上但不足100人的乡村小规模学校和教学点 | 是/否 | small_rural_school |
基本信息 | 是否最大班额低于30人的农村小规模学校 | 是/否 | small_rural_classes |
学生信息 | 小学学生人数 | 人 | students_primary |
学生信息 | 初中学生人数 | 人 | students_junior |
学生信息 | 进城务工人员随迁子女在校生人数 | 人 | migrant_students |
学生信息 | 家庭住址在划片范围内的在校学生人数（小学） | 人 | catchment_primary |
学生信息 | 家庭住址在划片范围内的在校学生人数（初中） | 人 | catchment_junior |
班级信息 | 班级总数 | 个 | classes_whole |
班级信息 | 每班25人以下班级个数 | 个 | class_le25_whole |
班级信息 | 每班26-30人班级个数 | 个 | class_26_30_whole |
班级信息 | 每班31-35人班级个数 | 个 | class_31_35_whole |
班级信息 | 每班36-40人班级个数 | 个 | class_36_40_whole |
班级信息 | 每班41-45人班级个数 | 个 | class_41_45_whole |
班级信息 | 每班46-50人班级个数 | 个 | class_46_50_whole |
班级信息 | 每班51-55人班级个数 | 个 | class_51_55_whole |
班级信息 | 每班56-60人班级个数 | 个 | class_56_60_whole |
班级信息 | 每班61-65人班级个数 | 个 | class_61_65_whole |
班级信息 | 每班66人以上班级个数 | 个 | class_ge66_whole |
教师学历信息 | 专任教师总人数 | 人 | teachers_whole |
教师学历信息 | 专科学历教师人数（小学） | 人 | college_primary |
教师学历信息 | 本科学历教师人数（小学） | 人 | bachelor_primary |
教师学历信息 | 本科学历教师人数（初中） | 人 | bachelor_junior |
教师学历信息 | 硕士学历教师人数（小学） | 人 | master_primary |
教师学历信息 | 硕士学历教师人数（初中） | 人 | master_junior |
教师学历信息 | 博士研究生学历教师人数（小学） | 人 | doctor_primary |
教师学历信息 | 博士研究生学历教师人数（初中） | 人 | doctor_junior |
教师学历信息 | 县级及以上骨干教师数 | 人 | backbone_whole |
教师学历信息 | 持有教师资格证的专任教师人数 | 人 | certified_whole |
教师学历信息 | 近5年培训满360学时专任教师人数 | 人 | trained_whole |
体育艺术教师 | 体育专任教师人数 | 人 | pe_whole |
体育艺术教师 | 音乐专任教师人数 | 人 | music_whole |
体育艺术教师 | 美术专任教师人数 | 人 | fine_art_whole |
体育艺术教师 | 艺术专任教师人数 | 人 | arts_whole |
体育艺术教师 | 体育交流轮岗/兼职/走教教师人数 | 人 | pe_visiting | 仅50-100人乡村小规模学校填写
体育艺术教师 | 音乐交流轮岗/兼职/走教教师人数 | 人 | music_visiting | 仅50-100人乡村小规模学校填写
体育艺术教师 | 美术交流轮岗/兼职/走教教师人数 | 人 | fine_art_visiting | 仅50-100人乡村小规模学校填写
体育艺术教师 | 艺术交流轮岗/兼职/走教教师人数 | 人 | arts_visiting | 仅50-100人乡村小规模学校填写
教学用房面积 | 教学及辅助用房总面积 | 平方米 | school_teaching_area |
教学用房面积 | 室内体育用房面积 | 平方米 | school_indoor_sports_area |
体育场馆面积 | 学校体育馆面积 | 平方米 | school_gymnasium_area |
体育场馆面积 | 校内体育场面积 | 平方米 | school_sports_ground_area |
体育场馆面积 | 校外租赁场馆面积 | 平方米 | school_rented_sports_area | 仅人口密度过高的中心城区学校填写
体育场馆面积 | 校内其他体育场面积 | 平方米 | school_other_sports_area | 仅人口密度过高的中心城区学校填写
教学设备 | 教学仪器设备资产值（账面原值） | 万元 | school_equipment_value |
教学设备 | 网络多媒体教室间数 | 间 | school_media_rooms |
音乐美术教室 | 音乐教室总间数 | 间 | music_rooms |
音乐美术教室 | 单间面积≥96㎡的音乐教室间数 | 间 | music_rooms_ge96 |
音乐美术教室 | 73㎡≤单间面积＜96㎡的音乐教室间数 | 间 | music_rooms_73_96 |
音乐美术教室 | 61㎡≤单间面积＜73㎡的音乐教室间数 | 间 | music_rooms_61_73 |
音乐美术教室 | 美术教室总间数 | 间 | fine_art_rooms |
音乐美术教室 | 单间面积≥90㎡的美术教室间数 | 间 | fine_art_rooms_ge90 |
音乐美术教室 | 67㎡≤单间面积＜90㎡的美术教室间数 | 间 | fine_art_rooms_67_90 |
音乐美术教室 | 61㎡≤单间面积＜67㎡的美术教室间数 | 间 | fine_art_rooms_61_67 |
经费信息 | 上一年度公用经费预算总额 | 万元 | public_funds_budget |
经费信息 | 上一年度公用经费决算总额 | 万元 | public_funds_final |
经费信息 | 上一年度教师培训经费预算总额 | 万元 | training_funds_budget |
巩固率数据 | 本届毕业学生人数 | 人 | graduates | 初中填写
巩固率数据 | 毕业年级初一时在校学生数 | 人 | entrants_3y_ago | 初中填写
巩固率数据 | 毕业年级三年转入学生数 | 人 | transferred_in_3y | 初中填写
巩固率数据 | 毕业年级三年转出学生数 | 人 | transferred_out_3y | 初中填写
巩固率数据 | 毕业年级三年死亡学生数 | 人 | died_3y | 初中填写
";

// ---------------------------------------------------------------------------------------------------------------- what is sent

/// The folder that is written, and a README row for each mistake planted in it.
struct Target {
    folder: PathBuf,
    mistakes: Vec<[String; 6]>,
}

impl Target {
    /// A mistake that is not about one cell. `place`: file and sheet.
    fn record(&mut self, county: &str, place: [&str; 2], finding: &str, mistake: &str) {
        let row = [county, place[0], place[1], "-", mistake, finding];
        self.mistakes.push(row.map(str::to_owned));
    }

    /// Makes mistakes as a script says, one a line: row, column, change, finding, the mistake in words. The row is the nth school
    /// of a kind (`primary 0` is the first), `header`, `total`, or a list's item; the changes are those of `changed`.
    fn plant(
        &mut self,
        county: &County,
        file: &str,
        sheet: &mut Sheet,
        script: &'static str,
    ) -> Outcome<()> {
        for [row, column, change, finding, mistake] in rows(script) {
            let row = county.row(row)?;
            let address = sheet.address(&row, column)?;
            match changed(sheet, &row, column, change)? {
                Some(cell) => sheet.cells.insert(address, cell),
                None => sheet.cells.remove(&address),
            };
            let cell = row_col_to_cell(address.0, address.1);
            let row = [
                county.about.code,
                file,
                &sheet.name,
                &cell,
                mistake,
                finding,
            ];
            self.mistakes.push(row.map(str::to_owned));
        }
        Ok(())
    }

    fn write(&self, file: &str, sheets: &[Sheet]) -> Outcome<()> {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        let plain = Format::new();
        let header = Format::new()
            .set_bold()
            .set_border(FormatBorder::Thin)
            .set_text_wrap()
            .set_align(FormatAlign::Center)
            .set_align(FormatAlign::VerticalCenter);
        let created = ExcelDateTime::from_ymd(2024, 9, 30)?;
        let mut workbook = Workbook::new();
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        for sheet in sheets {
            let page = workbook.add_worksheet();
            page.set_name(&sheet.name)?;
            for &(row, column, last_row, last_column) in &sheet.merges {
                page.merge_range(row, column, last_row, last_column, "", &header)?;
            }
            for (&(row, column), cell) in &sheet.cells {
                let format = if row < sheet.headers { &header } else { &plain };
                match cell {
                    Cell::Text(words) | Cell::Written(words, _) => {
                        page.write_string_with_format(row, column, words, format)?
                    }
                    Cell::Number(number) | Cell::Refused(number) => {
                        page.write_number_with_format(row, column, *number, format)?
                    }
                    Cell::NotAvailable => {
                        page.write_formula(row, column, Formula::new("=NA()").set_result("#N/A"))?
                    }
                };
                let wide = column < 2 || sheet.columns.contains_key("value") && column < 5;
                if wide {
                    page.set_column_width(column, if column == 2 { 50 } else { 22 })?;
                }
            }
        }
        workbook.save(&path)?;
        Ok(())
    }

    /// A 区县填报表, with a script's mistakes.
    fn write_county_list(&mut self, county: &County, script: &'static str) -> Outcome<()> {
        let file = county.file("区县填报表.xlsx");
        let mut sheet = Sheet::list("区县填报数据", COUNTY_ITEMS, &county_values(county));
        self.plant(county, &file, &mut sheet, script)?;
        // The form comes with a sheet that explains the indicators and holds nothing to read.
        let mut aside = Sheet::named("指标计算说明");
        aside.headers = 1;
        aside.line(0, &["指标名称", "计算公式", "达标标准"]);
        aside.line(
            1,
            &[
                "残疾儿童少年入学率",
                "入学总人数÷适龄残疾儿童少年总数",
                "不低于95%",
            ],
        );
        self.write(&file, &[sheet, aside])
    }
}

/// What stands in a cell after a change; nothing empties it.
fn changed(sheet: &Sheet, row: &str, column: &str, change: &str) -> Outcome<Option<Cell>> {
    let (verb, rest) = change.split_once(' ').unwrap_or((change, ""));
    let value = || sheet.figure(row, column);
    let words = || value().map(|value| value.to_string());
    let written = |words: String| Ok(Some(Cell::Written(words, Some(value()?))));
    Ok(Some(match verb {
        "empty" => return Ok(None),
        "keep" => return Ok(sheet.cells.get(&sheet.address(row, column)?).cloned()),
        "as-text" => return written(words()?),
        "full-width" => return written(words()?.chars().map(full_width).collect()),
        "thousands" => {
            let value = value()?;
            return written(format!(
                "{},{:03}",
                (value / 1000.0).floor(),
                value % 1000.0
            ));
        }
        "chinese-stop" => return written(words()?.replace('.', "。")),
        "followed-by" => return written(words()? + rest),
        "spaced" => return written(format!("\u{a0}{} ", words()?)),
        "in-yuan" => Cell::Number((value()? * 10_000.0).round()),
        "plus" => Cell::Number(value()? + rest.parse::<f64>()?),
        "above" => {
            let (other, by) = rest.split_once(' ').ok_or("above COLUMN BY")?;
            Cell::Number(cents(sheet.figure(row, other)? + by.parse::<f64>()?))
        }
        "number" => Cell::Number(rest.parse()?),
        "refused" => Cell::Refused(rest.parse()?),
        "mark" => Cell::Written(rest.to_owned(), Some(0.0)),
        "words" => Cell::Written(rest.to_owned(), None),
        "not-available" => Cell::NotAvailable,
        _ => return Err(format!("no such change: {change}").into()),
    }))
}

fn full_width(digit: char) -> char {
    let wide = digit
        .to_digit(10)
        .and_then(|value| char::from_u32(0xFF10 + value));
    wide.unwrap_or(digit)
}

fn titles(county: &County, about: &str) -> Vec<Vec<(u16, String)>> {
    let name = county.about.name;
    let title = vec![(0, format!("{name}义务教育学校数据汇总表{about}"))];
    let sender = (0, format!("填报单位（章）:{name}教育局"));
    let period = [
        (9, "填报年度:2024".to_owned()),
        (19, "数据时点:9月1日".to_owned()),
    ];
    vec![title, [&[sender][..], &period].concat()]
}

/// All of the county's schools on one sheet below the form's title rows.
fn plain_summary(county: &County, columns: &[Column], units: Units) -> Sheet {
    let schools: Vec<&School> = county.schools.iter().collect();
    let titles = titles(county, "");
    Sheet::summary(
        "学校汇总表",
        &titles,
        columns,
        units,
        county.about.words,
        &schools,
    )
}

fn county_values(county: &County) -> BTreeMap<String, Cell> {
    let sum = |of: &dyn Fn(&School) -> u32| county.schools.iter().map(of).sum::<u32>();
    let when = |condition: bool, number: u32| if condition { number } else { 0 };
    let special = sum(&|school| when(school.kind == Special, school.total()));
    let is_special = |school: &&School| school.kind == Special;
    let special_funds: f64 = county
        .schools
        .iter()
        .filter(is_special)
        .map(|school| school.funds[0] * 10_000.0)
        .sum();
    let stages = county
        .schools
        .iter()
        .flat_map(|school| school.stages.iter().flatten());
    let teachers: u32 = stages.map(|stage| stage.teachers).sum();
    let graduates = sum(&|school| school.retention[0]);
    let public = sum(&|school| when(!school.place.private, school.migrants));
    let purchased = sum(&|school| when(school.place.private, school.migrants));
    let eligible = teachers * 2 / 5;
    let rotating = eligible * 3 / 20 + 1;
    let seniors = graduates * 3 / 10;
    let disabled = special + 60 + teachers % 17;
    let pay = 10.5 + f64::from(teachers % 90) / 100.0;
    let numbers = [
        ("year", 2024.0),
        ("funding_primary", 1150.0),
        ("funding_junior", 1350.0),
        ("special_funds", special_funds.round()),
        ("teacher_pay", cents(pay + 0.36)),
        ("civil_servant_pay", cents(pay)),
    ];
    let counts = [
        ("special_students", special),
        ("rotation_eligible", eligible),
        ("rotation_teachers", rotating),
        ("rotation_backbone", rotating / 4 + 1),
        ("senior_quota_total", seniors),
        ("senior_quota_allocated", seniors * 3 / 5),
        ("senior_quota_rural", seniors * 7 / 20),
        ("migrant_eligible", (public + purchased) * 21 / 20),
        ("migrant_public", public),
        ("migrant_purchased", purchased),
        ("disabled_children", disabled),
        ("disabled_enrolled", disabled - disabled / 40),
    ];
    let numbers = numbers
        .into_iter()
        .map(|(key, number)| (key, Cell::Number(number)));
    let counts = counts.into_iter().map(|(key, number)| (key, count(number)));
    let names = [
        ("name", text(county.about.name)),
        ("code", text(county.about.code)),
    ];
    let values = names.into_iter().chain(numbers).chain(counts);
    values.map(|(key, value)| (key.to_owned(), value)).collect()
}

fn send_chengxi(county: &County, target: &mut Target) -> Outcome<()> {
    for stage in 0..2 {
        let Balance {
            units,
            passing,
            cvs,
        } = balance(county, stage);
        if passing < units || cvs.iter().any(|cv| *cv > CV_LIMITS[stage]) {
            return Err(format!("澄溪县 must meet every limit in {}", STAGES[stage]).into());
        }
    }
    let mut sheet = plain_summary(county, &form_columns(), Units::Row);
    sheet.close();
    target.write(&county.file(SUMMARY), &[sheet])?;
    target.write_county_list(county, "")
}

fn send_yunling(county: &County, target: &mut Target) -> Outcome<()> {
    for stage in 0..2 {
        let Balance {
            units,
            passing,
            cvs,
        } = balance(county, stage);
        if passing == units || cvs.iter().all(|cv| *cv <= CV_LIMITS[stage]) {
            return Err(format!("云岭县 must miss limits in {}", STAGES[stage]).into());
        }
    }
    let mut columns = vec![column("serial", "", "序号", "")];
    columns.extend(groups(&["基本信息"]));
    columns.swap(1, 2);
    columns.iter_mut().for_each(|column| column.group.clear());
    columns.extend(groups(&["校舍与场地", "装备"]));
    for (stage, word) in STAGES.iter().enumerate().rev() {
        columns.extend(teacher_columns(stage, &format!("{word}专任教师")));
    }
    columns.extend(groups(&["学生", "初中巩固率", "音乐美术教室", "经费"]));
    for (stage, word) in STAGES.iter().enumerate() {
        columns.extend(class_columns(stage, &format!("{word}班级"), word));
    }
    let left_out = ["township", "school_books", "school_computers"];
    columns.retain(|column| !left_out.contains(&column.name.as_str()));
    let mut sheet = plain_summary(county, &columns, Units::Row);
    sheet.close();
    target.write(&county.file(SUMMARY), &[sheet])?;
    target.write_county_list(county, "")
}

const IN_DONGPING: &str = "
primary 1 | students_primary | as-text | value-converted | a number as text
primary 3 | teachers_primary | full-width | value-converted | full-width digits
primary 5 | school_books | thousands | value-converted | a thousands separator
primary 7 | school_teaching_area | chinese-stop | value-converted | 。 as the decimal point
junior 1 | teachers_junior | followed-by 名 | value-converted | 名 after the number
junior 2 | school_media_rooms | spaced | value-converted | a no-break space before the number, a space after it
primary 10 | school_equipment_value | in-yuan | equipment-unit-suspect | 元 in a column in 万元
primary 2 | students_senior | mark / | value-token | / in a cell that does not apply
primary 4 | students_junior | mark — | value-token | — in a cell that does not apply
junior 3 | school_computers | mark 无 | value-token | 无 in a count
header | canteen_area | keep | column-unused | a column 食堂面积 that the form does not have
";

fn send_dongping(county: &County, target: &mut Target) -> Outcome<()> {
    let mut columns = form_columns();
    let premises = columns
        .iter()
        .rposition(|column| column.group == "校舍与场地")
        .ok_or("校舍")?;
    columns.insert(
        premises + 1,
        column("canteen_area", "校舍与场地", "食堂面积", "平方米"),
    );
    let mut sheet = plain_summary(county, &columns, Units::Brackets);
    target.plant(county, &county.file(SUMMARY), &mut sheet, IN_DONGPING)?;
    sheet.close();
    target.write(&county.file(SUMMARY), &[sheet])?;
    target.write_county_list(county, "")
}

const IN_TONGWAN: [&str; 3] = [
    "
header | school_equipment_value | keep | unit-converted | the column is in 元
primary 6 | students_primary | words 约300 | value-unreadable | 约300 instead of a number
primary 9 | backbone_primary | empty | value-missing | empty, though the school has the stage
",
    "
header | school_equipment_value | keep | unit-converted | the column is in 元
junior 2 | students_junior | refused 45.5 | value-not-integer | 45.5 pupils
junior 3 | transferred_out_3y | refused -3 | value-negative | -3 pupils
",
    "
teacher_pay | value | number 120536 | pay-unit-suspect | 120536 in an item in 万元
",
];

fn send_tongwan(county: &County, target: &mut Target) -> Outcome<()> {
    let mut sheets = Vec::new();
    for (stage, word) in STAGES.iter().enumerate() {
        let mut columns = groups(&["基本信息"]);
        columns.push(column(
            &format!("students_{}", SUFFIXES[stage]),
            "学生",
            "在校生数",
            "人",
        ));
        columns.extend(
            groups(&["学生"])
                .into_iter()
                .skip(if stage == 0 { 3 } else { 2 }),
        );
        columns.extend(class_columns(stage, "班级", ""));
        columns.extend(teacher_columns(stage, "专任教师"));
        let stayed = if stage == 0 { "" } else { "初中巩固率" };
        columns.extend(groups(&[
            "校舍与场地",
            "装备",
            "音乐美术教室",
            "经费",
            stayed,
            "其他",
        ]));
        for column in columns
            .iter_mut()
            .filter(|column| column.name == "school_equipment_value")
        {
            column.item.push_str("（元）");
            column.unit = "元";
        }
        let has_stage = |school: &&School| school.stages[stage].is_some();
        let schools: Vec<&School> = county.schools.iter().filter(has_stage).collect();
        let titles = titles(county, &format!("（{word}）"));
        let words = county.about.words;
        let mut sheet = Sheet::summary(word, &titles, &columns, Units::Row, words, &schools);
        for school in schools {
            let yuan = Cell::Number((school.equipment * 10_000.0).round());
            sheet.put(&school.code, "school_equipment_value", yuan)?;
        }
        target.plant(county, &county.file(SUMMARY), &mut sheet, IN_TONGWAN[stage])?;
        sheet.close();
        sheets.push(sheet);
    }
    target.write(&county.file(SUMMARY), &sheets)?;
    target.write_county_list(county, IN_TONGWAN[2])
}

const IN_WANGCHUAN: [&str; 4] = [
    "
backbone_whole | value | keep | figures-by-stage-needed | 小学 and 初中 together, the indicator needs each stage
",
    "
primary 3 | school_sports_ground_area | not-available | value-error-cell | a formula that gives #N/A
",
    "
total | teachers_primary | plus 20 | total-row-differs | 合计 is 20 more than the schools have
",
    "
rotation_backbone | value | plus 60 | rotation-backbone-exceeds-rotation | 骨干交流 more than all 交流
",
];

fn send_wangchuan(county: &County, target: &mut Target) -> Outcome<()> {
    let words = county.about.words;
    let (mut alone, mut pair) = (Vec::new(), Vec::new());
    for (kind, nth) in county.about.alone {
        let school = county.nth(*kind, *nth)?;
        alone.push(school.code.as_str());
        if alone.len() > 5 {
            pair.push(Sheet::list(
                &school.place.name,
                SCHOOL_ITEMS,
                &school.figures(words),
            ));
            continue;
        }
        let file = county.file(&format!("学校/{}.xlsx", school.place.name));
        let mut sheet = Sheet::list("学校填报数据", SCHOOL_ITEMS, &school.figures(words));
        if school.kind == Nine {
            target.plant(county, &file, &mut sheet, IN_WANGCHUAN[0])?;
        }
        target.write(&file, &[sheet])?;
    }
    target.write(&county.file("学校/两校填报表.xlsx"), &pair)?;

    let file = county.file(SUMMARY);
    let together = |school: &&School| !alone.contains(&school.code.as_str());
    let others: Vec<&School> = county.schools.iter().filter(together).collect();
    let titles = titles(county, "");
    let mut sheet = Sheet::summary(
        "学校汇总表",
        &titles,
        &form_columns(),
        Units::Row,
        words,
        &others,
    );
    target.plant(county, &file, &mut sheet, IN_WANGCHUAN[1])?;
    sheet.close();
    target.plant(county, &file, &mut sheet, IN_WANGCHUAN[2])?;
    target.write(&file, &[sheet])?;
    fs::write(
        target.folder.join(county.file("~$学校汇总表.xlsx")),
        b"\x06wangchuan",
    )?;
    fs::write(
        target.folder.join(county.file("Thumbs.db")),
        b"\xd0\xcf\x11\xe0",
    )?;
    target.write_county_list(county, IN_WANGCHUAN[3])
}

const IN_LANQIAO: [&str; 2] = [
    "
primary 2 | backbone_primary | above teachers_primary 4 | backbone-exceeds-teachers | 4 more 骨干教师 than 专任教师
primary 4 | pe_primary | above teachers_primary 3 | subject-teachers-exceed-teachers | more 体育教师 than 专任教师
junior 1 | bachelor_junior | above teachers_junior 2 | degrees-exceed-teachers | more 本科 than 专任教师
primary 6 | certified_primary | above teachers_primary 5 | certified-exceed-teachers | 5 more 持证 than 专任教师
junior 2 | school_indoor_sports_area | above school_teaching_area 120.5 | indoor-sports-exceed-teaching-area | larger than 教学及辅助用房, of which it is a part
primary 8 | classes_primary | plus 2 | class-bands-differ-from-classes | 2 more classes than in the bands
primary 15 | students_primary | keep | students-without-teachers | pupils, but 0 专任教师
nine 0 | teachers_primary | keep | teachers-without-students-primary | 专任教师, but 0 pupils and 0 classes
",
    "
migrant_public | value | plus -11 | county-list-differs | 11 fewer than in the public schools of 学校汇总表
",
];

fn send_lanqiao(county: &County, target: &mut Target) -> Outcome<()> {
    let older = county.file("学校汇总表-2024-10-08.xlsx");
    let newer = county.file("学校汇总表-2024-11-03（更正）.xlsx");
    let mut sheet = plain_summary(county, &form_columns(), Units::Row);
    let corrected = &county.nth(Junior, 4)?.code;
    let earlier = cents(sheet.figure(corrected, "school_equipment_value")? / 2.0);
    sheet.put(corrected, "school_equipment_value", Cell::Number(earlier))?;
    sheet.close();
    target.write(&older, &[sheet])?;
    let mistake = "replaced by the file of 2024-11-03, which corrects a 教学仪器设备资产值";
    target.record(
        county.about.code,
        [&older, "-"],
        "submission-replaced",
        mistake,
    );

    let mut sheet = plain_summary(county, &form_columns(), Units::Row);
    let without_teachers = &county.nth(Primary, 15)?.code;
    for (column, _) in TEACHERS {
        sheet.put(without_teachers, &format!("{column}_primary"), count(0))?;
    }
    let without_pupils = &county.nth(Nine, 0)?.code;
    for column in stage_columns("primary").iter().take(2 + BANDS.len()) {
        sheet.put(without_pupils, column, count(0))?;
    }
    target.plant(county, &newer, &mut sheet, IN_LANQIAO[0])?;
    sheet.close();
    target.write(&newer, &[sheet])?;

    let notice = county.file("通知.xlsx");
    let mut sheet = Sheet::named("Sheet1");
    sheet.line(0, &["关于报送2024年度数据的通知"]);
    sheet.line(1, &["各学校:"]);
    sheet.line(2, &["请于9月30日前报送。"]);
    target.write(&notice, &[sheet])?;
    target.record(
        county.about.code,
        [&notice, "-"],
        "form-unknown",
        "a letter, no form",
    );
    target.write_county_list(county, IN_LANQIAO[1])
}

const IN_LIUYAN: [&str; 2] = [
    "
header | school_media_rooms | keep | column-unused | the same column, unknown under its name
primary 3 | school_type | words 中心校 | choice-unknown | 中心校 is no 办学类型
primary 5 | school_code | words 219923006 | school-code-malformed | 9 digits
primary 7 | school_code | words 2199230007 | school-code-duplicate | the code of the school in the row above
",
    "
code | value | words 990202 | county-differs | the code of 岚桥县 in the folder of 柳堰县
",
];

fn send_liuyan(county: &County, target: &mut Target) -> Outcome<()> {
    let file = county.file(SUMMARY);
    let mut columns = form_columns();
    for column in columns
        .iter_mut()
        .filter(|column| column.name == "school_media_rooms")
    {
        column.item = "多媒体设备间".to_owned();
    }
    let schools: Vec<&School> = county.schools.iter().collect();
    let words = county.about.words;
    let mut sheet = Sheet::summary("学校汇总表", &[], &columns, Units::Row, words, &schools);
    let mistake = "网络多媒体教室 is called 多媒体设备间";
    target.record(
        county.about.code,
        [&file, &sheet.name],
        "column-missing",
        mistake,
    );
    target.plant(county, &file, &mut sheet, IN_LIUYAN[0])?;
    sheet.close();
    target.write(&file, &[sheet])?;
    let broken = county.file("学校汇总表（备份）.xlsx");
    fs::write(
        target.folder.join(&broken),
        "学校汇总表 备份\n此文件不是工作簿。\n",
    )?;
    let mistake = "plain text under the name of a workbook";
    target.record(
        county.about.code,
        [&broken, "-"],
        "file-not-workbook",
        mistake,
    );
    target.write_county_list(county, IN_LIUYAN[1])
}

// ---------------------------------------------------------------------------------------------------------------- README

struct Balance {
    units: usize,
    passing: usize,
    cvs: [f64; 7],
}

/// How a county's true figures, without any planted mistake, stand to the limits: schools that pass, student-weighted coefficients.
fn balance(county: &County, stage: usize) -> Balance {
    let units: Vec<(f64, [f64; 7])> = county
        .schools
        .iter()
        .filter_map(|school| Some((f64::from(school.pupils()[stage]), school.indicators(stage)?)))
        .collect();
    let passes = |values: &[f64; 7]| {
        let parts = values
            .iter()
            .zip(LIMITS[stage])
            .map(|(value, limit)| value / limit + 1e-9);
        parts.clone().filter(|part| *part >= 1.0).count() >= 6
            && parts.into_iter().all(|part| part >= 0.85)
    };
    let pupils: f64 = units.iter().map(|(pupils, _)| pupils).sum();
    let mut cvs = [0.0; 7];
    for (line, cv) in cvs.iter_mut().enumerate() {
        let mean = units
            .iter()
            .map(|(pupils, values)| pupils * values[line])
            .sum::<f64>()
            / pupils;
        let spread = units
            .iter()
            .map(|(pupils, values)| pupils * (values[line] - mean).powi(2))
            .sum::<f64>()
            / pupils;
        *cv = spread.sqrt() / mean;
    }
    Balance {
        units: units.len(),
        passing: units.iter().filter(|(_, values)| passes(values)).count(),
        cvs,
    }
}

fn readme(counties: &[County], mistakes: &[[String; 6]]) -> Outcome<String> {
    let mut page = String::from(README_TOP);
    for County { about, schools } in counties {
        let About {
            code,
            name,
            layout,
            purpose,
            ..
        } = about;
        writeln!(
            page,
            "| {code} | {name} | {} | {layout} | {purpose} |",
            schools.len()
        )?;
    }
    page.push_str(
        "| 990204 | 青屿县 | 0 | sends nothing | a county that is missing |
",
    );
    page.push_str(README_CLEAN);
    for county in &counties[..2] {
        for (stage, word) in STAGES.iter().enumerate() {
            let Balance {
                units,
                passing,
                cvs,
            } = balance(county, stage);
            let cvs = cvs.map(|cv| format!("{cv:.4}")).join(" | ");
            writeln!(
                page,
                "| {} | {word} | {units} | {passing} | {cvs} |",
                county.about.code
            )?;
        }
    }
    page.push_str(README_MISTAKES);
    for mistake in mistakes {
        writeln!(page, "| {} |", mistake.join(" | "))?;
    }
    Ok(page)
}

const README_TOP: &str = "# Sample submissions for 优质均衡 (quality-2017), school year 2024

Written by `cargo run --release --example make_sample_data`; do not edit by hand. Counties, schools and figures are invented.
A folder is a county's submission: its schools (学校汇总表, 学校填报表) and its own figures (区县填报表).

## Counties

| county | name | schools | layout | purpose |
|---|---|---|---|---|
";

const README_CLEAN: &str = "
The two clean counties raise no finding of severity error. Their figures as the generator computes them, on its own: units
that count (no 特教学校, no 教学点 under 50 pupils), units that pass (6 of 7 limits, the rest at least 85%), and the student-weighted
coefficient of variation (差异系数) of each indicator; the limits are 0.50 (小学) and 0.45 (初中).

| county | stage | units | passing | L1 | L2 | L3 | L4 | L5 | L6 | L7 |
|---|---|---|---|---|---|---|---|---|---|---|
";

const README_MISTAKES: &str = "
`~$学校汇总表.xlsx` (a lock file) and `Thumbs.db` in 990201-望川县 hold nothing and are skipped.

## Mistakes put in on purpose

Each must raise the finding named in its row, at the cell given. A 合计 cell is empty where a figure of its column cannot be taken.

| county | file | sheet | cell | mistake | finding |
|---|---|---|---|---|---|
";
