//! The runs of earlier periods that lie in the same output folder: which one stands for its period, and what it published.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::figures;
use crate::last_year::{LastYear, Year};
use crate::pipeline::Pipeline;
use crate::pipeline::load::hex;
use crate::store::runs::{Run, Runs};

/// The runs of all counties of earlier periods, by period, the best first: the frozen one, then the later before the
/// earlier.
pub fn candidates<'a>(runs: &'a Runs, pipeline: &str, before: i64) -> BTreeMap<i64, Vec<&'a Run>> {
    let mut out: BTreeMap<i64, Vec<&Run>> = BTreeMap::new();
    let latest_first = runs.list.iter().rev();
    let own = latest_first.filter(|r| r.pipeline == pipeline && r.period < before && r.is_whole());
    for run in own {
        out.entry(run.period).or_default().push(run);
    }
    for list in out.values_mut() {
        list.sort_by_key(|r| !r.frozen);
    }
    out
}

/// What the runs of earlier periods published, in the order of the periods. Of the period that this run is compared with
/// it is what it is compared with. What cannot be read is said, and the period is shown by another run, or not at all.
pub fn held(
    output: &Path,
    runs: &Runs,
    pipeline: &Pipeline,
    period: i64,
    last_year: Option<&LastYear>,
) -> Vec<Year> {
    let mut out: BTreeMap<i64, Year> = BTreeMap::new();
    for (year, list) in candidates(runs, &pipeline.id, period) {
        if last_year.is_some_and(|l| l.period == year) {
            continue;
        }
        for run in list {
            match read(output, run, pipeline) {
                Ok(held) => {
                    out.insert(year, held);
                    break;
                }
                Err(why) => {
                    tracing::warn!(run = run.name, why, "figures of an earlier year not read");
                }
            }
        }
    }
    if let Some(last_year) = last_year {
        out.insert(last_year.period, last_year.year());
    }
    out.into_values().collect()
}

/// What a run published about its counties.
///
/// # Errors
/// Why it cannot be read.
pub fn read(output: &Path, run: &Run, pipeline: &Pipeline) -> Result<Year, String> {
    let mut hash = Sha256::new();
    let folder = output.join("runs").join(&run.name);
    let figures = figures::read(&folder, pipeline, &mut hash)?;
    Ok(Year {
        period: run.period,
        run: run.name.clone(),
        hash: hex(&hash.finalize()),
        figures,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frozen_run_goes_before_the_latest_and_some_counties_are_no_year() {
        let run = |name: &str, period, frozen, only: &[&str]| Run {
            name: name.to_string(),
            pipeline: "p".to_string(),
            period,
            frozen,
            only: only.iter().map(|c| c.to_string()).collect(),
            ..Run::default()
        };
        let runs = Runs {
            list: vec![
                run("a", 2022, false, &[]),
                run("b", 2022, true, &[]),
                run("c", 2022, false, &[]),
                run("d", 2023, false, &[]),
                run("e", 2023, false, &[]),
                run("f", 2023, false, &["990001"]),
                run("g", 2024, false, &[]),
            ],
            ..Runs::default()
        };
        let found = candidates(&runs, "p", 2024);
        let names: Vec<Vec<&str>> = found
            .values()
            .map(|l| l.iter().map(|r| r.name.as_str()).collect())
            .collect();
        assert_eq!(names, [vec!["b", "c", "a"], vec!["e", "d"]]);
        assert!(candidates(&runs, "q", 2024).is_empty());
    }
}
