//! `run.json`: inputs, counts, findings, verdicts and outcome of a run. Only `timings` may differ between two equal runs.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::compute::Timings;
use super::history::Frozen;
use crate::clock;
use crate::definitions::definitions;
use crate::error::Error;
use crate::finding::{Severity, State};
use crate::indicators::Verdict;
use crate::ingest;
use crate::ingest::submission::Listing;
use crate::report::Context;

pub use crate::store::runs::RUN_JSON;

/// What a run was made from, beside what the context has.
pub struct Made<'a> {
    pub listing: &'a Listing,
    pub only: &'a [String],
    /// Hash of all that it was made from, but for its base.
    pub inputs_key: &'a str,
    /// Its place among the runs of the output folder.
    pub sequence: u64,
    /// The frozen run that it was told against.
    pub frozen: Option<&'a Frozen>,
}

/// What a run was made from and what came of it.
pub fn json(
    context: &Context<'_>,
    made: &Made<'_>,
    exit: u8,
    timings: &Timings,
    seconds: f64,
) -> Value {
    let r = context.results;
    let now = SystemTime::now();
    let began = now.checked_sub(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let inputs: Vec<Value> = r
        .files()
        .iter()
        .map(|f| {
            json!({
                "path": f.path,
                "sha256": f.sha256,
                "bytes": f.bytes,
                "forms": f.forms,
                "county_codes": f.county_codes,
                "status": f.status.word(),
                "done": if f.status == ingest::Status::Accepted { "read" } else { f.status.word() },
                "rows": f.rows,
                "replaced_by": f.replaced_by,
            })
        })
        .collect();
    let skipped: Vec<Value> = made
        .listing
        .skipped
        .iter()
        .map(|s| json!({ "path": s.path, "rule": s.rule }))
        .collect();
    let mut rules = serde_json::Map::new();
    let mut ids: Vec<&str> = r.findings.iter().map(|f| f.rule.as_str()).collect();
    ids.sort_unstable();
    for id in ids {
        let count = rules.entry(id).or_insert(json!(0));
        *count = json!(count.as_u64().unwrap_or(0) + 1);
    }
    let mut verdicts = serde_json::Map::new();
    for part in context.pipeline.all_parts() {
        let count = json!({
            "met": r.verdict_count(part, Verdict::Met),
            "not_met": r.verdict_count(part, Verdict::NotMet),
            "incomplete": r.verdict_count(part, Verdict::Incomplete),
        });
        verdicts.insert(part.word().to_string(), count);
    }
    let stages: serde_json::Map<String, Value> = timings
        .stages
        .iter()
        .map(|(stage, seconds)| ((*stage).to_string(), json!(round(*seconds))))
        .collect();
    json!({
        "run": context.run_id,
        "pipeline": { "id": context.pipeline.id, "sha256": context.pipeline.hash },
        "program": { "name": "junheng", "version": env!("CARGO_PKG_VERSION") },
        "period": context.period,
        "only": made.only,
        "inputs_key": made.inputs_key,
        "base": r.followed.base,
        "frozen": made.frozen.map(|f| f.run.as_str()),
        "frozen_on": made.frozen.and_then(|f| f.date.as_deref()),
        "due": context.due.as_ref().map(|d| json!({ "date": d.date, "passed": d.passed })),
        "previous": context
            .last_year
            .map(|l| json!({ "period": l.period, "run": l.run, "sha256": l.hash })),
        "years": context
            .years
            .iter()
            .map(|y| json!({ "period": y.period, "run": y.run, "sha256": y.hash }))
            .collect::<Vec<_>>(),
        "definitions": definitions(context.pipeline),
        "input": context.input_link,
        "inputs": inputs,
        "skipped": skipped,
        "counts": {
            "files": r.files().len(),
            "counties": r.dataset.counties.len(),
            "counties_received": r.dataset.counties.iter().filter(|c| c.received).count(),
            "schools": context.pipeline.table("school").map_or(0, |t| r.dataset.tables[t].rows.len()),
            "units": r.units.list.len(),
            "units_counted": r.unit_verdicts.len(),
            "values": r.values.len(),
            "criteria": r.criteria.len(),
        },
        "findings": {
            "error": r.count(Severity::Error),
            "query": r.count(Severity::Query),
            "info": r.count(Severity::Info),
            "by_rule": rules,
            "by_state": {
                "new": r.count_state(State::New),
                "open": r.count_state(State::Open),
                "fixed": r.followed.fixed_since,
                "explained": r.count_state(State::Explained),
                "recurred": r.count_state(State::Recurred),
            },
        },
        "verdicts": verdicts,
        "outcome": if exit == 0 { "clean" } else { "findings" },
        "exit_code": exit,
        "timings": {
            "sequence": made.sequence,
            "started": clock::time_of(began.unwrap_or(now)),
            "ended": clock::time_of(now),
            "seconds": round(seconds),
            "by_stage": stages,
        },
    })
}

fn round(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// The bytes of the file.
///
/// # Errors
/// [`Error::Internal`] when it cannot be written as JSON.
pub fn bytes(json: &Value) -> Result<Vec<u8>, Error> {
    let mut text =
        serde_json::to_vec_pretty(json).map_err(|e| Error::Internal(format!("run.json: {e}")))?;
    text.push(b'\n');
    Ok(text)
}

/// `run.json` without the only values that may differ between two equal runs.
pub fn without_timings(bytes: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(mut map)) => {
            map.remove("timings");
            serde_json::to_vec(&map).unwrap_or_default()
        }
        _ => bytes.to_vec(),
    }
}
