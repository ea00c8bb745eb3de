//! The 国家申报表 that each county sends, and the scripts of the mistakes in it; `Target::plant` says how a script is written.

use crate::Outcome;
use crate::answers::Stated;
use crate::counties::County;
use crate::sheets::{Sheet, count, text};
use crate::target::Target;
use crate::totals::Totals;

const APPLICATION: &str = "国家申报表.xlsx";

fn sheets(county: &County, totals: &Totals) -> Outcome<Vec<Sheet>> {
    let stated = Stated::of(county, totals)?;
    let mut sheets = vec![
        Sheet::basics(county, totals),
        Sheet::by_school(),
        Sheet::spread_of_schools(),
        Sheet::government(county, &stated)?,
        Sheet::quality(county, &stated)?,
    ];
    sheets.extend(county.about.told.survey.map(Sheet::survey));
    Ok(sheets)
}

/// A part of the evaluation that something planted leaves open: a finding about no cell.
fn leaves_open(target: &mut Target, county: &County, why: &str, finding: &str) {
    target.record([county.about.code, "-", "-", "-", why, finding]);
}

/// All sheets in one file.
fn whole(
    county: &County,
    target: &mut Target,
    totals: &Totals,
    script: &'static str,
) -> Outcome<()> {
    let sheets = sheets(county, totals)?;
    target.write_planted(county, &county.file(APPLICATION), sheets, script)
}

pub fn clean(county: &County, target: &mut Target) -> Outcome<()> {
    whole(county, target, &Totals::of(county), "")
}

const IN_DONGPING: &str = "
county | population | followed-by 万人 | value-converted | 万人 after the number
county | students_junior | plus 100 | stated-differs | 100 more pupils than the schools have
g09 | answer | blank trained full-width | none | full-width digits in a sentence
g11 | answer | blank rotation_share chinese-stop | value-converted | 。 as the decimal point, in the share of all
g11 | answer | blank rotation_backbone_share chinese-stop | value-converted | 。 as the decimal point, in the share of 骨干教师
g15 | answer | blank migrant_share words 99.9 | stated-differs | 99.9%, which does not follow from its numbers
q01 | answer | blank graduates underlined | none | ＿＿ left around the number
q01 | answer | blank retention_share apart | none | spaces between the digits
all | rate | followed-by % | value-converted | % after the number
";

pub fn dongping(county: &County, target: &mut Target) -> Outcome<()> {
    whole(county, target, &Totals::of(county), IN_DONGPING)
}

const IN_TONGWAN: [&str; 2] = [
    "
g04 | claim | words 基本达标 | choice-unknown | 基本达标 is neither 达标 nor 未达标
g12 | answer | blank in_service apart | none | spaces between the digits
",
    "
q02 | answer | blank disabled_share words 约95 | statement-unclear | 约95 in a blank
parent | rate | as-text | value-converted | a number as text
",
];

/// Two files: 表1 to 表4, and the rest.
pub fn tongwan(county: &County, target: &mut Target) -> Outcome<()> {
    let files = ["国家申报表（表1-表4）.xlsx", "国家申报表（表5-表6）.xlsx"];
    let files = files.map(|name| county.file(name));
    let mut first = sheets(county, &Totals::of(county))?;
    let second = first.split_off(4);
    for (row, school) in (3..).zip(&county.schools[..3]) {
        let students = count(school.total());
        let name = text(&school.place.name);
        first[1]
            .cells
            .extend([((row, 1), name), ((row, 3), students)]);
    }
    let mistake = "588 valid of 600 that are needed";
    let code = county.about.code;
    target.record([code, &files[1], "表6", "-", mistake, "survey-sample-small"]);
    let mistake = "filled in; the program computes it itself";
    let code = county.about.code;
    target.record([
        code,
        &files[0],
        &first[1].name,
        "-",
        mistake,
        "sheet-computed",
    ]);
    for ((file, sheets), script) in files.iter().zip([first, second]).zip(IN_TONGWAN) {
        target.write_planted(county, file, sheets, script)?;
    }
    let why = "政府保障程度: 约300 and 45.5 pupils are no sizes of schools";
    leaves_open(target, county, why, "criteria-incomplete");
    let why = "政府工作: no 县级政府工作自评表";
    leaves_open(target, county, why, "basic criteria-incomplete");
    Ok(())
}

const IN_WANGCHUAN: &str = "
g08 | claim | words 未达标 | claim-differs | 未达标, though teachers are paid more than 公务员
g14 | claim | words 达标 | claim-differs | 达标, with 48% of the places allocated
q05 | claim | keep | reference-absent | 达标 without a document
";

pub fn wangchuan(county: &County, target: &mut Target) -> Outcome<()> {
    whole(county, target, &Totals::of(county), IN_WANGCHUAN)?;
    let why = "教育质量: item 5 without a document";
    leaves_open(target, county, why, "criteria-incomplete");
    Ok(())
}

const IN_LANQIAO: &str = "
g03 | claim | keep | claim-differs | 达标, but a school with 2 more classes, as its row says, lacks rooms
g12 | answer | words 截至2024年9月，我县专任教师全部持证上岗，另聘代课教师14名 | statement-unread | a sentence of its own with numbers
parent-again | group | keep | groups-disagree | 家长 a second time
";

/// As the new 学校汇总表 adds up, which has mistakes of its own.
pub fn lanqiao(county: &County, target: &mut Target, totals: &Totals) -> Outcome<()> {
    let mut sheets = sheets(county, totals)?;
    let last = sheets.last_mut().ok_or("no sheet")?;
    last.respondents("parent-again", "其中：家长", [300, 291, 264]);
    target.write_planted(county, &county.file(APPLICATION), sheets, IN_LANQIAO)?;
    let why = "政府工作: 8 points of 7 do not count";
    leaves_open(target, county, why, "basic criteria-incomplete");
    Ok(())
}

const IN_LIUYAN: &str = "
q01 | answer | keep | figure-too-high | more 毕业班学生 than ever entered or came
q01 | answer | keep | app-graduates-exceed-cohort | the same
";

/// Without 表6: nobody was asked.
pub fn liuyan(county: &County, target: &mut Target) -> Outcome<()> {
    whole(county, target, &Totals::of(county), IN_LIUYAN)?;
    for (why, finding) in [
        (
            "政府保障程度: schools that cannot be told apart",
            "criteria-incomplete",
        ),
        (
            "教育质量: schools that cannot be told apart",
            "criteria-incomplete",
        ),
        ("社会认可度: no 表6", "criteria-incomplete"),
        ("公众满意度: no 表6", "basic criteria-incomplete"),
        (
            "政府工作: no 县级政府工作自评表",
            "basic criteria-incomplete",
        ),
    ] {
        leaves_open(target, county, why, finding);
    }
    Ok(())
}
