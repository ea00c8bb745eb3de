//! Ranks, figures and verdicts that an earlier run published.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::published;
use crate::definitions::definitions;
use crate::indicators::Verdict;
use crate::indicators::survey::change::PreviousRate;
use crate::last_year::{EarlierPlace, Figures};
use crate::pipeline::Pipeline;

/// Reads them; what they were read from goes into the hash.
///
/// # Errors
/// Why a file cannot be read.
pub fn read(folder: &Path, pipeline: &Pipeline, hash: &mut Sha256) -> Result<Figures, String> {
    let json = published::run_json(folder)?;
    let definitions = defined(&json, pipeline);
    hash.update(format!("{definitions:?}").as_bytes());
    let mut frame = |name: &str| -> Result<(DataFrame, String), String> {
        let (frame, bytes) = published::frame(folder, name)?;
        hash.update(&bytes);
        Ok((frame, format!("data/{name}.parquet")))
    };
    fn taken<T>(
        (frame, path): (DataFrame, String),
        take: fn(&DataFrame) -> PolarsResult<T>,
    ) -> Result<T, String> {
        take(&frame).map_err(|e| format!("{path}: {e}"))
    }
    Ok(Figures {
        places: taken(frame("ranking")?, places)?,
        coefficients: taken(frame("balance")?, coefficients)?,
        verdicts: taken(frame("verdicts")?, verdicts)?,
        rates: taken(frame("survey")?, rates)?,
        definitions,
    })
}

/// How the run's figures were defined. A run of an older program does not say; of the same pipeline it is known.
fn defined(json: &Value, pipeline: &Pipeline) -> BTreeMap<String, String> {
    match json["definitions"].as_object() {
        Some(said) => said
            .iter()
            .filter_map(|(id, hash)| Some((id.clone(), hash.as_str()?.to_string())))
            .collect(),
        None if json["pipeline"]["sha256"] == pipeline.hash.as_str() => definitions(pipeline),
        None => BTreeMap::new(),
    }
}

fn text(frame: &DataFrame, name: &str) -> PolarsResult<StringChunked> {
    frame.column(name).and_then(|c| c.str().cloned())
}

fn number(frame: &DataFrame, name: &str) -> PolarsResult<Float64Chunked> {
    frame.column(name).and_then(|c| c.f64().cloned())
}

fn places(frame: &DataFrame) -> PolarsResult<BTreeMap<String, BTreeMap<String, EarlierPlace>>> {
    let (ranking, county) = (text(frame, "ranking")?, text(frame, "county_code")?);
    let whole = |name: &str| frame.column(name).and_then(|c| c.i64().cloned());
    let (rank, within) = (whole("rank")?, whole("prefecture_rank")?);
    let value = number(frame, "value")?;
    let size = |n: Option<i64>| n.and_then(|n| usize::try_from(n).ok());
    let mut out: BTreeMap<String, BTreeMap<String, EarlierPlace>> = BTreeMap::new();
    for i in 0..frame.height() {
        let (Some(ranking), Some(county)) = (ranking.get(i), county.get(i)) else {
            continue;
        };
        let place = EarlierPlace {
            rank: size(rank.get(i)),
            value: value.get(i),
            prefecture_rank: size(within.get(i)),
        };
        let places = out.entry(ranking.to_string()).or_default();
        places.insert(county.to_string(), place);
    }
    Ok(out)
}

type Coefficients = BTreeMap<String, BTreeMap<(String, String), f64>>;

fn coefficients(frame: &DataFrame) -> PolarsResult<Coefficients> {
    let (county, stage) = (text(frame, "county_code")?, text(frame, "stage")?);
    let (indicator, cv) = (text(frame, "indicator")?, number(frame, "cv")?);
    let mut out = Coefficients::new();
    for i in 0..frame.height() {
        let key = (county.get(i), stage.get(i), indicator.get(i));
        let ((Some(county), Some(stage), Some(indicator)), Some(cv)) = (key, cv.get(i)) else {
            continue;
        };
        let own = out.entry(county.to_string()).or_default();
        own.insert((stage.to_string(), indicator.to_string()), cv);
    }
    Ok(out)
}

fn verdicts(frame: &DataFrame) -> PolarsResult<BTreeMap<String, BTreeMap<String, Verdict>>> {
    let (county, part) = (text(frame, "county_code")?, text(frame, "part")?);
    let word = text(frame, "verdict")?;
    let all = [Verdict::Met, Verdict::NotMet, Verdict::Incomplete];
    let mut out: BTreeMap<String, BTreeMap<String, Verdict>> = BTreeMap::new();
    for i in 0..frame.height() {
        let verdict = all.into_iter().find(|v| Some(v.word()) == word.get(i));
        let (Some(county), Some(part), Some(verdict)) = (county.get(i), part.get(i), verdict)
        else {
            continue;
        };
        let own = out.entry(county.to_string()).or_default();
        own.insert(part.to_string(), verdict);
    }
    Ok(out)
}

/// The lines that the evaluation used: only they have a verdict.
fn rates(frame: &DataFrame) -> PolarsResult<BTreeMap<String, PreviousRate>> {
    let (county, source) = (text(frame, "county_code")?, text(frame, "source")?);
    let (variant, verdict) = (text(frame, "variant")?, text(frame, "verdict")?);
    let (rate, respondents) = (number(frame, "rate")?, number(frame, "respondents")?);
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
