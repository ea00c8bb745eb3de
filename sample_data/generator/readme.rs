//! The written folder's README: the counties, what must come out, and every planted mistake with its address.

use crate::Outcome;
use crate::answers::Stated;
use crate::balance::Balance;
use crate::counties::County;
use crate::kinds::STAGES;
use crate::target::{Row, Target};
use crate::told::Told;
use crate::totals::Totals;
use std::fmt::Write as _;

pub fn page(counties: &[County], target: &Target) -> Outcome<String> {
    let mut page = String::from(README_TOP);
    for County { about, schools } in counties {
        let (code, name, number) = (about.code, about.name, schools.len());
        let (layout, purpose) = (about.layout, about.purpose);
        writeln!(
            page,
            "| {code} | {name} | {number} | {layout} | {purpose} |"
        )?;
    }
    page.push_str("| 990204 | 青屿县 | 0 | sends nothing | a county that is missing |\n");
    page.push_str(README_SENT);
    page.push_str(README_CLEAN);
    let clean = &counties[..2];
    for county in clean {
        for (stage, word) in STAGES.iter().enumerate() {
            let code = county.about.code;
            let balance = Balance::of(county, stage);
            let (units, passing) = (balance.units, balance.passing);
            let cvs = balance.cvs.map(|cv| format!("{cv:.4}")).join(" | ");
            writeln!(page, "| {code} | {word} | {units} | {passing} | {cvs} |")?;
        }
    }
    page.push_str(README_ITEMS);
    for county in clean {
        items(&mut page, county)?;
    }
    page.push_str(README_VERDICTS);
    for county in counties {
        let Told { survey, .. } = county.about.told;
        let content = survey.map_or("-".to_owned(), |[_, valid, satisfied]| {
            let (other, fewer) = crate::questionnaires::FEWER;
            let satisfied = satisfied - if county.about.code == other { fewer } else { 0 };
            format!("{:.2}", f64::from(satisfied) * 100.0 / f64::from(valid))
        });
        let code = county.about.code;
        let wrong = |row: &Row| row[0] == code && row[5] == "score-out-of-range";
        let points = county.points();
        let points = points.filter(|_| !target.basic.iter().any(wrong));
        let points = points.map_or("-".to_owned(), |points| format!("{points:.1}"));
        writeln!(page, "| {code} | {content} | {points} |")?;
    }
    for (words, rows) in [
        (README_MISTAKES, &target.mistakes),
        (README_BASIC, &target.basic),
        (README_UNUSUAL, &target.unusual),
        (README_HARMLESS, &target.harmless),
    ] {
        page.push_str(words);
        for row in rows {
            writeln!(page, "| {} |", row.join(" | "))?;
        }
    }
    Ok(page)
}

/// The items of 表Ⅳ and 表Ⅴ that a county does not meet.
fn items(page: &mut String, county: &County) -> Outcome<()> {
    let stated = Stated::of(county, &Totals::of(county))?;
    for (part, letter) in [("government", 'g'), ("quality", 'q')] {
        let own = || stated.met.iter().filter(|(key, _)| key.starts_with(letter));
        let unmet = own().filter(|(_, met)| !**met);
        let unmet: Vec<&str> = unmet
            .map(|(key, _)| key[1..].trim_start_matches('0'))
            .collect();
        let unmet = if unmet.is_empty() {
            "-".to_owned()
        } else {
            unmet.join(" ")
        };
        let (code, items) = (county.about.code, own().count());
        writeln!(page, "| {code} | {part} | {items} | {unmet} |")?;
    }
    Ok(())
}

const README_TOP: &str = "# Sample submissions for 优质均衡 (quality-2017) and 基本均衡 (basic-2012), school year 2024

Written by `cargo run --release --example make_sample_data`; do not edit by hand. Counties, schools and figures are invented.
A folder is a county's submission:

| file | what it holds |
|---|---|
| 学校汇总表, 学校填报表 | its schools: one row each, or a sheet each |
| 区县填报表 | its own figures, and the seven veto items (一票否决), which it answers with 是 or 否 |
| 国家申报表 | the national application form: 表1 (basics), 表4 and 表5 (sentences with figures, documents, 达标 or 未达标), 表6 (satisfaction); 表2-2 and 表3 are blank, the program computes them |
| 满意度问卷 | raw questionnaires, one row a respondent, as a workbook, in GB18030 or in UTF-8; 满意度问卷-乙市.csv, beside the folders, is of two counties |
| 县级政府工作自评表 | the points that it gives itself for the 17 items of government work, which only basic-2012 asks for |

What a 国家申报表 says follows from the county's schools and its 区县填报表, except where a mistake is planted.

## Counties

| county | name | schools | layout | purpose |
|---|---|---|---|---|
";

const README_SENT: &str = "
What is left out on purpose:

| county | left out |
|---|---|
| 990101 | - |
| 990102 | 所属乡镇, 图书, 计算机, 中级及以上专业技术职务教师, 家庭住址在划片范围内 in 学校汇总表: basic-2012 stays incomplete, 就近划片入学 is judged by what 表4 says |
| 990103 | - |
| 990104 | 县级政府工作自评表: 政府工作 of basic-2012 stays incomplete |
| 990201 | 图书, 计算机 and the like of the seven schools that come one by one, whose form does not ask for them |
| 990202 | - |
| 990203 | 初中巩固率 in 学校汇总表: what 表5 says counts; 表6: 社会认可度 stays incomplete; 县级政府工作自评表 |
| 990204 | everything |
";

const README_CLEAN: &str = "
## What must come out

The two clean counties raise no finding of severity error in quality-2017, and 990101 no query: 990102 is only asked about a few figures,
which are right (below). 990101 meets every part of both evaluations. Their
figures as the generator computes them, on its own: units that count (no 特教学校, no 教学点 under 50 pupils), units that pass (6 of 7
limits, the rest at least 85%), and the student-weighted coefficient of variation (差异系数) of each indicator; the limits are 0.50 (小学)
and 0.45 (初中).

| county | stage | units | passing | L1 | L2 | L3 | L4 | L5 | L6 | L7 |
|---|---|---|---|---|---|---|---|---|---|---|
";

const README_ITEMS: &str = "
The items of 政府保障程度 (表4) and 教育质量 (表5) that they do not meet, by number; they say so themselves (未达标):

| county | part | items | not met |
|---|---|---|---|
";

const README_VERDICTS: &str = "
Satisfaction in percent, of which 85 are needed, and the points for government work (basic-2012), of which 85 are needed. 990202
answers 是 to 是否存在违规择校行为, so that its 一票否决 is not met, and gives itself 8 points of 7, so that its points cannot be added up.

| county | satisfied | points |
|---|---|---|
";

const README_MISTAKES: &str = "
`~$学校汇总表.xlsx` (a lock file) and `Thumbs.db` in 990201-望川县 hold nothing and are skipped.

## Mistakes put in on purpose

Each must raise the finding named in its row in quality-2017, at the cell given. A 合计 cell is empty where a figure of its column cannot
be taken.

| county | file | sheet | cell | mistake | finding |
|---|---|---|---|---|---|
";

const README_BASIC: &str = "
## Mistakes that basic-2012 finds beside them

What is wrong with files, sheets, cells and figures is found by basic-2012 as well, as far as it uses them. These it finds alone:

| county | file | sheet | cell | mistake | finding in basic-2012 |
|---|---|---|---|---|---|
";

const README_UNUSUAL: &str = "
## Figures that are right and unusual

They differ from those of schools of the same size so much that the county is asked about them (疑点): it explains them.

| county | file | sheet | cell | what is unusual | query |
|---|---|---|---|---|---|
";

const README_HARMLESS: &str = "
## Ways of writing that are no mistakes

Each is read as it is meant and raises no finding.

| county | file | sheet | cell | what is written | finding |
|---|---|---|---|---|---|
";
