//! Kinds of school with their codes, sizes and stages; the stages' limits; and where a school stands and what it is called.

use Kind::{Complete, Junior, Nine, Point, Primary, Special, Twelve};

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Primary,
    Point,
    Junior,
    Nine,
    Complete,
    Twelve,
    Special,
}

pub const KINDS: [Kind; 7] = [Primary, Point, Junior, Nine, Complete, Twelve, Special];

impl Kind {
    /// 办学类型's code and name, and the word that the one-school form offers for it.
    fn words(self) -> [&'static str; 3] {
        match self {
            Primary => ["211", "小学", "小学"],
            Point => ["218", "小学教学点", "小学"],
            Junior => ["311", "初级中学", "初中"],
            Nine => ["312", "九年一贯制学校", "九年一贯制"],
            Complete => ["341", "完全中学", "完全中学"],
            Twelve => ["345", "十二年一贯制学校", "十二年一贯制"],
            Special => ["511", "盲人学校", ""],
        }
    }

    pub fn code(self) -> &'static str {
        self.words()[0]
    }

    pub fn name(self) -> &'static str {
        self.words()[1]
    }

    pub fn list_name(self) -> &'static str {
        self.words()[2]
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

    /// The weights, and all pupils weighted: a pupil's share of a stock is the weight of its stage by that sum.
    pub fn weighted(self, pupils: [u32; 2], seniors: u32) -> ([f64; 3], f64) {
        let weights = self.weights();
        let numbers = [pupils[0], pupils[1], seniors];
        let parts = weights.iter().zip(numbers);
        let parts = parts.map(|(weight, number)| weight * f64::from(number));
        (weights, parts.sum())
    }

    pub fn has_stage(self, stage: usize) -> bool {
        match self {
            Primary | Point => stage == 0,
            Junior | Complete => stage == 1,
            Nine | Twelve | Special => true,
        }
    }

    /// Classes (in steps, from, to) and pupils a class (from, to).
    pub fn classes(self, stage: usize, level: usize, nth: u32) -> [u32; 5] {
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

pub const STAGES: [&str; 2] = ["小学", "初中"];
pub const SUFFIXES: [&str; 2] = ["primary", "junior"];
/// The seven indicators' limits, 小学 and 初中.
pub const LIMITS: [[f64; 7]; 2] = [
    [4.2, 1.0, 0.9, 4.5, 7.5, 2000.0, 2.3],
    [5.3, 1.0, 0.9, 5.8, 10.2, 2500.0, 2.4],
];
pub const CV_LIMITS: [f64; 2] = [0.50, 0.45];
/// basic-2012's limits for a pupil's books and computers.
pub const BOOKS: [f64; 2] = [15.0, 20.0];
pub const COMPUTERS: [f64; 2] = [0.06, 0.08];
/// A little more than basic-2012's limits.
pub const TEACHERS_A_PUPIL: [f64; 2] = [0.039, 0.051];
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

pub struct Place {
    pub name: String,
    pub town: &'static str,
    /// 0 town, 1 township, 2 village.
    pub level: usize,
    pub urban_rural: (&'static str, &'static str),
    pub private: bool,
}

impl Place {
    pub fn choose(county: &str, kind: Kind, nth: u32, count: u32) -> Place {
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

    pub fn is_rural(&self) -> bool {
        self.urban_rural.0.starts_with('2')
    }
}
