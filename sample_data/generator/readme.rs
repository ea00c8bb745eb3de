//! The written folder's README: the counties, what the clean ones must come to, and every planted mistake with its address.

use crate::Outcome;
use crate::balance::Balance;
use crate::counties::County;
use crate::kinds::STAGES;
use std::fmt::Write as _;

pub fn page(counties: &[County], mistakes: &[[String; 6]]) -> Outcome<String> {
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
    page.push_str(README_CLEAN);
    for county in &counties[..2] {
        for (stage, word) in STAGES.iter().enumerate() {
            let code = county.about.code;
            let balance = Balance::of(county, stage);
            let (units, passing) = (balance.units, balance.passing);
            let cvs = balance.cvs.map(|cv| format!("{cv:.4}")).join(" | ");
            writeln!(page, "| {code} | {word} | {units} | {passing} | {cvs} |")?;
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
