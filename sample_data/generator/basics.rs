//! 表Ⅰ of the 国家申报表: people and income, which are invented, and the county's schools added up.

use crate::counties::County;
use crate::kinds::Kind::{Complete, Junior, Nine, Point, Primary, Special, Twelve};
use crate::sheets::{Cell, Sheet, count};
use crate::totals::Totals;

/// Columns L1 to L24.
const COLUMNS: &str = "population rural_population townships villages gdp revenue farmer_income urban_income \
schools_primary schools_nine schools_junior schools_complete schools_twelve schools_special points points_50 \
classes_primary classes_junior students_primary students_junior \
staff_primary teachers_primary staff_junior teachers_junior";
/// The heads of rows 5 to 7: row, first and last column, words.
const HEADS: &[(u32, u16, u16, &str)] = &[
    (4, 0, 3, "自然情况"),
    (4, 4, 7, "经济情况"),
    (4, 8, 12, "普通中小学校数(所)"),
    (4, 13, 13, "特殊教育学校(所)"),
    (4, 14, 15, "小学教学点数(个)"),
    (4, 16, 17, "教学班数(个)"),
    (4, 18, 19, "在校学生数(人)"),
    (4, 20, 23, "教职工数(人)"),
    (5, 0, 0, "人口总数(万人)"),
    (5, 1, 1, "农业人口数(万人)"),
    (5, 2, 2, "乡镇数(个)"),
    (5, 3, 3, "行政村数(个)"),
    (5, 4, 4, "年人均国内生产总值(元)"),
    (5, 5, 5, "年人均地方财政收入(元)"),
    (5, 6, 6, "农民年人均纯收入(元)"),
    (5, 7, 7, "城镇居民年人均可支配收入(元)"),
    (5, 8, 8, "小学"),
    (5, 9, 9, "九年一贯制学校"),
    (5, 10, 10, "初中"),
    (5, 11, 11, "完全中学"),
    (5, 12, 12, "十二年一贯制学校"),
    (5, 14, 14, "计"),
    (5, 15, 15, "其中：50人及以上"),
    (5, 16, 16, "小学"),
    (5, 17, 17, "初中"),
    (5, 18, 18, "小学"),
    (5, 19, 19, "初中"),
    (5, 20, 21, "小学"),
    (5, 22, 23, "初中"),
    (6, 20, 20, "合计"),
    (6, 21, 21, "其中专任教师"),
    (6, 22, 22, "合计"),
    (6, 23, 23, "其中专任教师"),
];

impl Sheet {
    pub fn basics(county: &County, totals: &Totals) -> Sheet {
        let mut sheet = Sheet::named("表1");
        sheet.headers = 8;
        sheet.line(0, ["表 I  义务教育优质均衡发展县(市、区)基本情况"]);
        for &(row, first, last, words) in HEADS {
            sheet.header((row, first), (row, last), words);
        }
        let note =
            "注：“人口总数”和“农业人口数”按常住人口统计，数字保留两位小数。L5-L8列数字保留整数。";
        sheet.header((10, 0), (10, 23), note);
        sheet.rows.insert("county".to_owned(), 8);
        let figures = figures(county, totals);
        for ((column, name), figure) in (0..).zip(COLUMNS.split(' ')).zip(figures) {
            let line = format!("L{}", column + 1);
            sheet.spread(7, [(column, line.as_str())]);
            sheet.columns.insert(name.to_owned(), column);
            sheet.cells.insert((8, column), figure);
        }
        sheet
    }
}

/// In the order of `COLUMNS`.
fn figures(county: &County, totals: &Totals) -> Vec<Cell> {
    let people = county.about.told.people;
    let myriads = |people: u32| Cell::Number(f64::from(people / 100) / 100.0);
    let gdp = 41_000 + people % 9_700;
    let invented = [
        8 + people % 7,
        people / 1_900,
        gdp,
        gdp / 11,
        gdp * 2 / 5,
        gdp * 3 / 4,
    ];
    let kind = |wanted| {
        let schools = county.schools.iter().filter(|school| school.kind == wanted);
        schools.count() as u32
    };
    let points = totals.ordinary().filter(|(school, _)| school.kind == Point);
    let points_50 = points.filter(|(_, pupils)| *pupils >= 50).count() as u32;
    let both = |name: &str| [0, 1].map(|stage| totals.of_stage(stage, |unit| unit.figure(name)));
    let staff = |teachers: u32| [teachers + teachers / 12, teachers];
    let kinds = [Primary, Nine, Junior, Complete, Twelve, Special, Point].map(kind);
    let counts = [
        &invented[..],
        &kinds,
        &[points_50],
        &both("classes"),
        &both("students"),
        &both("teachers").map(staff).concat(),
    ];
    let counts = counts.concat().into_iter().map(count);
    [myriads(people), myriads(people / 100 * 57)]
        .into_iter()
        .chain(counts)
        .collect()
}
