//! What an earlier year's run published: satisfaction rates and tables.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;
use sha2::{Digest, Sha256};

use super::published;
use super::run_json::RUN_JSON;
use crate::error::Error;
use crate::indicators::survey::change::{Previous, PreviousRate};
use crate::last_year::LastYear;
use crate::pipeline::Pipeline;
use crate::pipeline::load::hex;
use crate::report::data::table_file;

/// Reads what an earlier run published; `folder` is the run's folder, the link `current`, or the folder of the outputs that
/// has one. A table that the run did not publish is empty.
///
/// # Errors
/// [`Error::Usage`] when the folder is not that of a run, or of another pipeline, or not of an earlier year.
pub fn read(folder: &Path, pipeline: &Pipeline, period: i64) -> Result<LastYear, Error> {
    let current = folder.join("current");
    let inside = !folder.join(RUN_JSON).exists() && current.join(RUN_JSON).exists();
    let folder = if inside { &current } else { folder };
    let wrong = |why: String| Error::Usage(format!("--previous {}: {why}", folder.display()));
    let json = published::run_json(folder).map_err(|why| wrong(format!("{RUN_JSON}: {why}")))?;
    let own = json["pipeline"]["id"].as_str().unwrap_or("");
    if own != pipeline.id {
        return Err(wrong(format!(
            "a run of pipeline '{own}', not '{}'",
            pipeline.id
        )));
    }
    let year = json["period"]
        .as_i64()
        .ok_or_else(|| wrong(format!("{RUN_JSON} has no period")))?;
    if year >= period {
        return Err(wrong(format!(
            "a run of {year}, which is not before {period}"
        )));
    }
    let data = folder.join("data");
    let mut hash = Sha256::new();
    let mut frame = |name: &str| -> Result<DataFrame, Error> {
        let (frame, bytes) = published::frame(folder, name).map_err(&wrong)?;
        hash.update(&bytes);
        Ok(frame)
    };
    let survey = frame("survey")?;
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
    let path = data.join("survey.parquet");
    let counties = rates(&survey).map_err(|e| wrong(format!("{}: {e}", path.display())))?;
    Ok(LastYear {
        hash: hex(&hash.finalize()),
        period: year,
        surveys: Previous {
            period: year,
            counties,
        },
        tables,
        units,
    })
}

/// The lines that the evaluation used: only they have a verdict.
fn rates(frame: &DataFrame) -> PolarsResult<BTreeMap<String, PreviousRate>> {
    let text = |name: &str| frame.column(name).and_then(|c| c.str().cloned());
    let number = |name: &str| frame.column(name).and_then(|c| c.f64().cloned());
    let (county, source, variant) = (text("county_code")?, text("source")?, text("variant")?);
    let verdict = text("verdict")?;
    let (rate, respondents) = (number("rate")?, number("respondents")?);
    let mut out = BTreeMap::new();
    for i in 0..frame.height() {
        let (Some(code), Some(_), Some(rate)) = (county.get(i), verdict.get(i), rate.get(i)) else {
            continue;
        };
        out.insert(
            code.to_string(),
            PreviousRate {
                source: source.get(i).unwrap_or("").to_string(),
                variant: variant.get(i).unwrap_or("").to_string(),
                rate,
                respondents: respondents.get(i),
            },
        );
    }
    Ok(out)
}
