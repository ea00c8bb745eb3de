//! What an earlier year's run published: satisfaction rates, tables, ranks and figures.

use std::path::Path;

use polars::prelude::*;
use sha2::{Digest, Sha256};

use super::run_json::RUN_JSON;
use super::{figures, published, years};
use crate::error::Error;
use crate::indicators::survey::change::Previous;
use crate::last_year::LastYear;
use crate::pipeline::Pipeline;
use crate::pipeline::load::hex;
use crate::report::data::table_file;
use crate::store::runs::Runs;

/// Reads what an earlier run published; `folder` is the run's folder, the link `current`, or the folder of the outputs that
/// has one. A table that the run did not publish is empty.
///
/// # Errors
/// [`Error::Usage`] when the folder is not that of a run, or of another pipeline, or not of an earlier year.
pub fn read(folder: &Path, pipeline: &Pipeline, period: i64) -> Result<LastYear, Error> {
    let current = folder.join("current");
    let inside = !folder.join(RUN_JSON).exists() && current.join(RUN_JSON).exists();
    let folder = if inside { &current } else { folder };
    of_run(folder, pipeline, period)
        .map_err(|why| Error::Usage(format!("--previous {}: {why}", folder.display())))
}

/// The same of the run in an output folder that stands for the nearest earlier period; none where there is none that can
/// be read, which is said.
pub fn held(output: &Path, runs: &Runs, pipeline: &Pipeline, period: i64) -> Option<LastYear> {
    let candidates = years::candidates(runs, &pipeline.id, period);
    for run in candidates.into_values().rev().flatten() {
        let folder = output.join("runs").join(&run.name);
        match of_run(&folder, pipeline, period) {
            Ok(mut last_year) => {
                last_year.run.clone_from(&run.name);
                let (run, period) = (&run.name, last_year.period);
                tracing::info!(run, period, "compared with an earlier period");
                return Some(last_year);
            }
            Err(why) => tracing::warn!(run = run.name, why, "an earlier year's run not read"),
        }
    }
    None
}

fn of_run(folder: &Path, pipeline: &Pipeline, period: i64) -> Result<LastYear, String> {
    let json = published::run_json(folder).map_err(|why| format!("{RUN_JSON}: {why}"))?;
    let own = json["pipeline"]["id"].as_str().unwrap_or("");
    if own != pipeline.id {
        return Err(format!("a run of pipeline '{own}', not '{}'", pipeline.id));
    }
    let year = json["period"]
        .as_i64()
        .ok_or_else(|| format!("{RUN_JSON} has no period"))?;
    if year >= period {
        return Err(format!("a run of {year}, which is not before {period}"));
    }
    let data = folder.join("data");
    let mut hash = Sha256::new();
    let figures = figures::read(folder, pipeline, &mut hash)?;
    let mut frame = |name: &str| -> Result<DataFrame, String> {
        let (frame, bytes) = published::frame(folder, name)?;
        hash.update(&bytes);
        Ok(frame)
    };
    let units = frame("units")?;
    let mut tables = Vec::new();
    for table in &pipeline.tables {
        let name = table_file(&table.name);
        let there = data.join(format!("{name}.parquet")).exists();
        tables.push(if there {
            frame(&name)?
        } else {
            DataFrame::empty()
        });
    }
    Ok(LastYear {
        run: json["run"].as_str().unwrap_or("").to_string(),
        hash: hex(&hash.finalize()),
        period: year,
        surveys: Previous {
            period: year,
            counties: figures.rates.clone(),
        },
        tables,
        units,
        figures,
    })
}
