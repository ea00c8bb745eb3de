//! The command line, read by hand: no more than this program needs.

use std::path::PathBuf;

use crate::names::MOST_COUNTIES;

pub const USAGE: &str = "\
usage: make_province OUT [--counties N] [--schools N] [--respondents N] [--seed N] [--period YYYY]
       make_province OUT --correct CODE [--schools N] [--seed N] [--period YYYY]

OUT                folder for counties.csv and in/, which must not be there yet
--counties N       counties, 1 to 4096 (180)
--schools N        schools of each, 3 to 9999 (150)
--respondents N    questionnaires of each, 1 to 1000000 (75000); junheng refuses a sheet above 128 MiB, about 160000
--seed N           the same arguments give the same bytes (7)
--period YYYY      the year that is evaluated, 2000 to 2100 (2024)
--correct CODE     only changes this county's 学校汇总表.xlsx, which was written with the same --schools, --seed and --period: one
                   multimedia room more in its first school and in 合计. Done again, takes it back.";

pub struct Plan {
    pub out: PathBuf,
    pub counties: usize,
    pub schools: usize,
    pub respondents: u32,
    pub seed: u64,
    pub period: u16,
    /// The code of the county to correct.
    pub correct: Option<String>,
}

impl Plan {
    /// What the arguments after the program's name say, or what is wrong with them.
    pub fn of(arguments: impl IntoIterator<Item = String>) -> Result<Plan, String> {
        let mut plan = Plan {
            out: PathBuf::new(),
            counties: 180,
            schools: 150,
            respondents: 75_000,
            seed: 7,
            period: 2024,
            correct: None,
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            if !argument.starts_with("--") {
                if !plan.out.as_os_str().is_empty() {
                    return Err(format!("{argument}: one folder only"));
                }
                plan.out = argument.into();
                continue;
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{argument}: no value, or no such option"))?;
            let within = |least: u64, most: u64| match value.parse() {
                Ok(number) if (least..=most).contains(&number) => Ok(number),
                _ => Err(format!(
                    "{argument} {value}: not a number from {least} to {most}"
                )),
            };
            match argument.as_str() {
                "--counties" => plan.counties = within(1, MOST_COUNTIES as u64)? as usize,
                "--schools" => plan.schools = within(3, 9999)? as usize,
                "--respondents" => plan.respondents = within(1, 1_000_000)? as u32,
                "--seed" => plan.seed = within(0, u64::MAX)?,
                "--period" => plan.period = within(2000, 2100)? as u16,
                "--correct" => plan.correct = Some(value),
                _ => return Err(format!("{argument}: no such option")),
            }
        }
        if plan.out.as_os_str().is_empty() {
            return Err("no folder OUT".to_owned());
        }
        Ok(plan)
    }
}
