//! Writes a whole province of submissions to measure on, or a nation of smaller counties: every county with its 学校汇总表, 区县填报表 and raw
//! questionnaires, and the list of counties.
//!
//! ```text
//! cargo run --release --example make_province -- /tmp/province
//! cargo run --release --example make_province -- /tmp/nation --counties 2850 --schools 60 --respondents 2000
//! cargo run --release --example make_province -- /tmp/province --correct 360003
//! junheng run --input /tmp/province/in --counties /tmp/province/counties.csv --output /tmp/province-out
//! ```
//!
//! What is written is clean: everything is to be accepted, and no figure contradicts another. Counties differ in how well they are provided
//! for, so that some meet the standards and others do not. There is no 国家申报表, so that what only it says (the attested items
//! of 政府保障程度 and 教育质量) stays incomplete. Every county has schools and respondents of its own; the same arguments give
//! the same bytes. Mistakes are planted in `sample_data/generator` and `benches/hostile`, not here.
//!
//! `names`, `kind`, `quality`, `school` and `county` draw; `summary`, `county_list` and `answers` write the three files.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use rayon::prelude::*;

#[path = "../answer_sheet.rs"]
mod answer_sheet;
mod answers;
mod arguments;
mod county;
mod county_list;
mod kind;
mod names;
mod numbers;
mod quality;
mod school;
mod summary;
mod workbook;

use arguments::{Plan, USAGE};
use county::County;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const SUMMARY: &str = "学校汇总表.xlsx";

fn main() -> ExitCode {
    let plan = match Plan::of(std::env::args().skip(1)) {
        Ok(plan) => plan,
        Err(mistake) => {
            eprintln!("make_province: {mistake}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match &plan.correct {
        Some(code) => correct(&plan, code),
        None => write(&plan),
    };
    match done {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("make_province: {fault}");
            ExitCode::FAILURE
        }
    }
}

/// Everything, a county at a time on each core.
fn write(plan: &Plan) -> Outcome<String> {
    let start = Instant::now();
    let folder = plan.out.join("in");
    if folder.exists() {
        return Err(format!(
            "{} is there already: name another folder, or remove it",
            folder.display()
        )
        .into());
    }
    fs::create_dir_all(&folder)?;
    let written = (0..plan.counties).into_par_iter().map(|nth| {
        let county = County::draw(plan, nth);
        let own = folder.join(county.folder());
        fs::create_dir(&own)?;
        fs::write(own.join(SUMMARY), summary::bytes(&county, plan.period)?)?;
        fs::write(
            own.join("区县填报表.xlsx"),
            county_list::bytes(&county, plan.period)?,
        )?;
        answers::write(&own.join("满意度问卷.xlsx"), plan, &county, nth)?;
        let name = &county.name;
        let fields = [&name.code, &name.name, &name.prefecture];
        let fields = fields.map(|field| field.as_str()).join(",");
        Ok((format!("{fields},{}\n", county.residents()), size(&own)?))
    });
    let written: Vec<(String, u64)> = written.collect::<Outcome<_>>()?;
    let lines: String = written.iter().map(|(line, _)| line.as_str()).collect();
    let list = format!("code,name,prefecture,resident_population\n{lines}");
    fs::write(plan.out.join("counties.csv"), list)?;
    let bytes: u64 = written.iter().map(|(_, bytes)| bytes).sum();
    Ok(format!(
        "{}: {} counties, {} files, {:.1} MB ({:.1} s)",
        plan.out.display(),
        plan.counties,
        3 * plan.counties,
        bytes as f64 / 1e6,
        start.elapsed().as_secs_f64(),
    ))
}

fn size(folder: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for file in fs::read_dir(folder)? {
        bytes += file?.metadata()?.len();
    }
    Ok(bytes)
}

/// One figure of one county changes. The file must be what these arguments write, before the change or after it: another's would
/// become a different county's without a word.
fn correct(plan: &Plan, code: &str) -> Outcome<String> {
    let nth = code
        .parse::<usize>()
        .ok()
        .and_then(|code| code.checked_sub(names::FIRST_CODE));
    let nth = nth.filter(|nth| *nth < names::MOST_COUNTIES);
    let nth = nth.ok_or_else(|| format!("--correct {code}: no code of this province"))?;
    let mut county = County::draw(plan, nth);
    let path = plan.out.join("in").join(county.folder()).join(SUMMARY);
    let sent = fs::read(&path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    let drawn = summary::bytes(&county, plan.period)?;
    county.schools[0].media_rooms += 1;
    let corrected = summary::bytes(&county, plan.period)?;
    let (bytes, told) = if sent == drawn {
        (
            corrected,
            "one 网络多媒体教室 more in the first school and in 合计",
        )
    } else if sent == corrected {
        (drawn, "as it was first written")
    } else {
        return Err(format!(
            "{}: not written with this --schools, --seed and --period",
            path.display()
        )
        .into());
    };
    fs::write(&path, bytes)?;
    Ok(format!("{}: {told}", path.display()))
}
