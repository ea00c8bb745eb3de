//! What invented counties and schools are called, and where a school stands.

use crate::kind::Kind;

/// A county's name is one sign of each; no sign stands in both.
const FIRST: &str = "澄岚桐柳望青清白平枫松竹梅兰荷菱石金银玉永安宁康泰和顺吉祥福禄昌盛丰裕乐怀思仁义礼智信忠孝廉文武英华春秋朝晴晓明光辉灵秀奇云霞锦";
const SECOND: &str = "溪川河江湖海泉潭池沟港湾洲岛桥渡口津关堡寨城镇乡村庄园田原野坡岗岭峰山岩谷峡坪坝塘堰屏林森树花草叶根阳阴南北西东中上下左右前后畔";

/// So many counties can be told apart.
pub const MOST_COUNTIES: usize = 64 * 64;
/// The code of the first county.
pub const FIRST_CODE: usize = 360_001;
/// Counties in a prefecture, which has nothing but a name.
const PREFECTURE: usize = 12;

const TOWNS: [&str; 24] = [
    "柳溪镇",
    "双石镇",
    "平沙镇",
    "白塘镇",
    "金谷镇",
    "枫林乡",
    "高坪乡",
    "后坝乡",
    "大桥镇",
    "小河镇",
    "新市镇",
    "古城镇",
    "红岩镇",
    "绿水镇",
    "黄泥镇",
    "青山镇",
    "三合镇",
    "五里镇",
    "七星乡",
    "九龙乡",
    "长岭乡",
    "广福乡",
    "太和镇",
    "仁寿镇",
];
const VILLAGES: [&str; 64] = [
    "杏园", "竹湾", "桥头", "上坝", "荷塘", "茶坡", "石门", "梨坪", "水口", "松岗", "东庄", "西庄",
    "花墙", "月台", "古井", "新屋", "南沟", "北沟", "沙滩", "龙头", "梅岭", "麦田", "长堤", "渡口",
    "柏树", "樟木", "枣林", "桑园", "桃源", "李家", "王家", "张家", "陈家", "赵家", "周家", "吴家",
    "郑家", "孙家", "马场", "牛栏", "羊角", "鹿鸣", "凤凰", "麒麟", "仙鹤", "雁落", "鱼塘", "虾溪",
    "盐井", "铁炉", "铜鼓", "银杏", "玉泉", "珠江", "宝塔", "钟楼", "鼓山", "书院", "文昌", "武庙",
    "粮仓", "油坊", "窑上", "窑下",
];

pub struct CountyName {
    pub code: String,
    pub name: String,
    pub prefecture: String,
}

impl CountyName {
    /// The name of the `nth` county, from 0, below `MOST_COUNTIES`; its code is 360001 and on.
    pub fn of(nth: usize) -> CountyName {
        let sign = |signs: &str, at: usize| signs.chars().nth(at % 64).unwrap_or('县');
        let kind = if nth % 4 == 3 { '区' } else { '县' };
        let (first, second) = (sign(FIRST, nth), sign(SECOND, nth / 64 + 5 * nth));
        CountyName {
            code: format!("{}", FIRST_CODE + nth),
            name: format!("{first}{second}{kind}"),
            prefecture: format!("第{}市", nth / PREFECTURE + 1),
        }
    }
}

/// Where a school stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Town,
    Township,
    Village,
}

pub struct Place {
    pub name: String,
    pub township: &'static str,
    pub level: Level,
    pub urban_rural: &'static str,
    pub private: bool,
}

impl Place {
    /// The `nth` school, from 0, of its kind and level in a county.
    pub fn of(county: &str, kind: Kind, level: Level, nth: usize, private: bool) -> Place {
        let town = TOWNS[nth % TOWNS.len()];
        let round = nth / TOWNS.len();
        let village = VILLAGES[(round + 5 * (nth % TOWNS.len())) % VILLAGES.len()];
        // Once all villages have theirs.
        let again = match round / VILLAGES.len() {
            0 => String::new(),
            times => format!("第{}", times + 1),
        };
        let number = nth + 1;
        let name = match (kind, level) {
            (Kind::Primary, Level::Town) => format!("{county}第{number}小学"),
            (Kind::Primary, Level::Township) if round == 0 => format!("{town}中心小学"),
            (Kind::Primary, Level::Township) => format!("{town}第{}小学", round + 1),
            (Kind::Primary, Level::Village) => format!("{town}{village}{again}小学"),
            (Kind::Point, _) => format!("{town}{village}{again}教学点"),
            (Kind::Junior, Level::Town) => format!("{county}第{number}初级中学"),
            (Kind::Junior, _) if round == 0 => format!("{town}初级中学"),
            (Kind::Junior, _) => format!("{town}第{}初级中学", round + 1),
            (Kind::Nine, Level::Town) => format!("{county}第{number}实验学校"),
            (Kind::Nine, _) => format!("{town}{village}{again}学校"),
            (Kind::Complete, _) => format!("{county}第{number}中学"),
            (Kind::Twelve, _) => format!("{county}育英{number}校"),
            (Kind::Special, _) => format!("{county}启明{number}校"),
        };
        let district = county.ends_with('区');
        let urban_rural = match level {
            Level::Town if district && nth % 3 == 2 => "112",
            Level::Town if district => "111",
            Level::Town => "121",
            Level::Township if nth.is_multiple_of(2) => "122",
            Level::Township => "210",
            Level::Village => "220",
        };
        Place {
            name,
            township: if level == Level::Town {
                "城中街道"
            } else {
                town
            },
            level,
            urban_rural,
            private,
        }
    }

    pub fn is_rural(&self) -> bool {
        self.urban_rural.starts_with('2')
    }
}
