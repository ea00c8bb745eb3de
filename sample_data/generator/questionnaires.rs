//! 满意度问卷 as survey platforms export them, one row a respondent, that come to what the county's 表Ⅵ says.

use crate::Outcome;
use crate::counties::County;
use crate::numbers::Rng;
use crate::target::Target;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

const HEADERS: [&str; 15] = [
    "序号",
    "提交答卷时间",
    "所用时间",
    "来源",
    "来源详情",
    "来自IP",
    "1、您所在的县（市、区）",
    "2、您的身份",
    "3、孩子就读或您任职的学校",
    "4、学校规划布局与就近入学",
    "5、师资均衡配置",
    "6、规范办学行为",
    "7、素质教育与减负",
    "8、教育质量",
    "9、对本县义务教育的总体评价",
];
/// Parents, then the others.
const GROUPS: [&str; 7] = [
    "学生家长",
    "学生",
    "教师",
    "校长",
    "人大代表",
    "政协委员",
    "其他群众",
];
const COUNTY: usize = 6;
const IDENTITY: usize = 7;
const FIRST_ANSWER: usize = 9;

type Row = [String; 15];

/// The valid and satisfied of every group: three fifths are parents, the others come in equal parts, those of no group
/// left out.
fn parts(whole: u32, absent: &str) -> Vec<(&'static str, u32)> {
    let parents = whole * 3 / 5;
    let others: Vec<&str> = GROUPS[1..]
        .iter()
        .copied()
        .filter(|g| *g != absent)
        .collect();
    let (rest, count) = (whole - parents, others.len() as u32);
    let mut out = vec![(GROUPS[0], parents)];
    for (i, group) in (0..).zip(others) {
        out.push((group, rest / count + u32::from(i < rest % count)));
    }
    out
}

/// The questionnaires of a county: valid and satisfied as its 表Ⅵ has them, then those that are not valid, so that all
/// together are as many as were handed out.
fn rows(county: &County, absent: &str, rng: &mut Rng) -> Vec<Row> {
    let [issued, valid, satisfied] = county.about.told.survey.unwrap_or_default();
    let mut all: Vec<Row> = Vec::new();
    let content = parts(satisfied, absent);
    for ((group, n), (_, happy)) in parts(valid, absent).into_iter().zip(content) {
        for i in 0..n {
            all.push(respondent(county, group, i < happy, rng));
        }
    }
    // In the order in which they came in.
    for i in (1..all.len()).rev() {
        let j = rng.whole(0, i as u32) as usize;
        all.swap(i, j);
    }
    for (i, row) in (0u32..).zip(&mut all) {
        let minute = 19 * 60 + i * 7;
        let (day, rest) = (12 + minute / 1440, minute % 1440);
        row[1] = format!(
            "2024/11/{day} {:02}:{:02}:{:02}",
            rest / 60,
            rest % 60,
            rng.whole(0, 59)
        );
    }
    for i in 0..issued - valid {
        let mut row = all[(i * 11 + 3) as usize].clone();
        match i % 3 {
            // Sent twice.
            0 => {}
            1 => row[IDENTITY].clear(),
            _ => row[FIRST_ANSWER..].fill(String::new()),
        }
        if i % 3 != 0 {
            row[5] = address(rng);
        }
        all.push(row);
    }
    for (i, row) in (1..).zip(&mut all) {
        row[0] = i.to_string();
    }
    all
}

fn address(rng: &mut Rng) -> String {
    let mut part = || rng.whole(1, 254);
    format!("10.{}.{}.{}(某省-某市)", part(), part(), part())
}

fn respondent(county: &County, group: &str, satisfied: bool, rng: &mut Rng) -> Row {
    let mut row: Row = Default::default();
    let seconds = rng.whole(45, 290);
    row[2] = match seconds {
        0..=59 => format!("{seconds}秒"),
        _ => format!("{}分{:02}秒", seconds / 60, seconds % 60),
    };
    row[3] = "微信".to_owned();
    row[4] = "N/A".to_owned();
    row[5] = address(rng);
    row[COUNTY] = county.about.name.to_owned();
    row[IDENTITY] = group.to_owned();
    let at_school = ["学生家长", "学生", "教师", "校长"].contains(&group);
    if at_school {
        let n = county.schools.len() as u32;
        let school = &county.schools[rng.whole(0, n - 1) as usize];
        row[8] = school.place.name.clone();
    }
    for answer in &mut row[FIRST_ANSWER..14] {
        let as_whole = rng.whole(1, 100) <= 85;
        let word = match (satisfied == as_whole, rng.whole(1, 20)) {
            (_, 1) => "不了解",
            (true, 2..=9) => "非常满意",
            (true, _) => "满意",
            (false, 2..=12) => "基本满意",
            (false, 13..=18) => "不满意",
            (false, _) => "非常不满意",
        };
        *answer = word.to_owned();
    }
    let overall = match (satisfied, rng.whole(1, 10)) {
        (true, 1..=4) => "非常满意",
        (true, _) => "满意",
        (false, 1..=6) => "基本满意",
        (false, 7..=9) => "不满意",
        (false, _) => "不了解",
    };
    row[14] = overall.to_owned();
    row
}

fn workbook(rows: &[Row]) -> Outcome<Vec<u8>> {
    let created = ExcelDateTime::from_ymd(2024, 11, 20)?;
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let sheet = book.add_worksheet();
    sheet.set_name("Sheet1")?;
    for (c, header) in (0..).zip(HEADERS) {
        sheet.write_string(0, c, header)?;
    }
    for (r, row) in (1..).zip(rows) {
        for (c, text) in (0..).zip(row) {
            match text.parse::<f64>() {
                Ok(number) if c == 0 => sheet.write_number(r, c, number)?,
                _ if text.is_empty() => continue,
                _ => sheet.write_string(r, c, text)?,
            };
        }
    }
    Ok(book.save_to_buffer()?)
}

fn lines(rows: &[Row]) -> String {
    let mut out = HEADERS.join(",") + "\r\n";
    for row in rows {
        out.push_str(&row.join(","));
        out.push_str("\r\n");
    }
    out
}

const EXCLUDED: &str = "questionnaires sent twice, without an identity, without answers";

/// Fewer satisfied in the questionnaires of a county than its 表Ⅵ says.
pub const FEWER: (&str, u32) = ("990103", 2);

/// A workbook that agrees with 表Ⅵ.
pub fn chengxi(county: &County, target: &mut Target) -> Outcome<()> {
    let file = county.file("满意度问卷.xlsx");
    let rows = rows(county, "", &mut Rng(990_101));
    target.write_bytes(&file, &workbook(&rows)?)?;
    target.record([
        county.about.code,
        &file,
        "Sheet1",
        "-",
        EXCLUDED,
        "questionnaires-excluded",
    ]);
    Ok(())
}

/// Text in GB18030, with answers that no scale has, several identities, and two satisfied fewer than 表Ⅵ says.
pub fn dongping(county: &County, target: &mut Target) -> Outcome<()> {
    let name = "满意度问卷.csv";
    let file = county.file(name);
    let mut rows = rows(county, "", &mut Rng(990_103));
    let code = county.about.code;
    let sheet = "满意度问卷";
    for (row, cell) in [(4, "K6"), (40, "K42"), (44, "K46")] {
        rows[row][10] = "还可以".to_owned();
        let mistake = "还可以, which is no answer of the scale";
        target.record([code, &file, sheet, cell, mistake, "answers-unread"]);
    }
    let teacher = rows
        .iter_mut()
        .find(|r| r[IDENTITY] == "教师")
        .ok_or("no teacher")?;
    teacher[IDENTITY] = "教师┋学生家长".to_owned();
    let mistake = "a teacher who is a parent too: counted once, as a teacher";
    target.record([code, &file, sheet, "-", mistake, "none"]);
    let happy = |r: &&mut Row| r[IDENTITY] == "学生家长" && r[14] == "满意";
    for row in rows.iter_mut().filter(happy).take(FEWER.1 as usize) {
        row[14] = "基本满意".to_owned();
    }
    let mistake = "表6 has two satisfied more than the questionnaires";
    target.record([code, "-", "表6", "-", mistake, "survey-sources-differ"]);
    let text = lines(&rows);
    let (bytes, _, lost) = encoding_rs::GB18030.encode(&text);
    if lost {
        return Err("a text that GB18030 does not have".into());
    }
    target.write_bytes(&file, &bytes)?;
    target.record([code, &file, sheet, "-", EXCLUDED, "questionnaires-excluded"]);
    Ok(())
}

/// The respondents of two counties in one file, beside the counties' folders; nobody asked 人大代表 in the second.
pub fn of_two_counties(counties: [&County; 2], target: &mut Target) -> Outcome<()> {
    let file = "满意度问卷-乙市.csv";
    let mut all = rows(counties[0], "", &mut Rng(990_201));
    all.extend(rows(counties[1], "人大代表", &mut Rng(990_202)));
    for (i, row) in (1..).zip(&mut all) {
        row[0] = i.to_string();
    }
    let text = format!("\u{feff}{}", lines(&all));
    target.write_bytes(file, text.as_bytes())?;
    let sheet = "满意度问卷-乙市";
    for county in counties {
        let code = county.about.code;
        target.record([code, file, sheet, "-", EXCLUDED, "questionnaires-excluded"]);
    }
    let code = counties[0].about.code;
    let mistake = "571 valid of 600 that are needed";
    target.record([code, file, sheet, "-", mistake, "survey-sample-small"]);
    let code = counties[1].about.code;
    let mistake = "no 人大代表 among the respondents";
    target.record([code, file, sheet, "-", mistake, "survey-group-missing"]);
    Ok(())
}
