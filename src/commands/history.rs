//! The earlier run that a run's states are built upon: which one it is, and what it found.

use std::io::Cursor;
use std::path::Path;

use polars::prelude::*;
use serde_json::Value;

use super::run_json::RUN_JSON;
use crate::finding::{Draft, Explanation, Finding, Place, Severity, State};
use crate::followup::Base;

/// What `run.json` says of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    /// Its folder below `runs/`.
    name: String,
    pipeline: String,
    period: i64,
    /// It is about some counties only.
    partial: bool,
    /// Hash of what it was made from, but for its base.
    key: String,
    base: Option<String>,
}

/// What the next run of an output folder is.
#[derive(Debug, Clone, Copy)]
pub struct Next<'a> {
    pub pipeline: &'a str,
    pub period: i64,
    /// Hash of what it is made from, but for its base.
    pub key: &'a str,
}

/// The base of the next run: what the last run of the same pipeline and period has published, or, if that was made from
/// the very same, what that run was built upon. Runs of some counties are passed over. What cannot be read is said, and
/// another run is taken.
pub fn base(output: &Path, next: Next<'_>) -> Option<Base> {
    let runs = output.join("runs");
    let last = last(output, next)?;
    let mut names = candidates(&runs, last, next);
    let mut at = 0;
    while let Some(own) = names.get(at).cloned() {
        match findings(&runs.join(&own)) {
            Ok(findings) => return Some(Base { run: own, findings }),
            Err(why) => tracing::warn!(run = own, why, "findings of an earlier run not read"),
        }
        let further = head(&runs, &own).and_then(|run| run.base);
        names.extend(further.filter(|name| !names.contains(name)));
        at += 1;
    }
    None
}

/// The runs that the next one can be built upon, the best first. None where the last one, made from the very same, had none.
fn candidates(runs: &Path, last: Run, next: Next<'_>) -> Vec<String> {
    let whole = match (last.partial && last.key != next.key, &last.base) {
        (true, Some(whole)) => match head(runs, whole) {
            Some(whole) => whole,
            None => return vec![whole.clone()],
        },
        (true, None) => return Vec::new(),
        (false, _) => last,
    };
    match (whole.key == next.key, whole.base) {
        (true, None) => Vec::new(),
        (true, Some(base)) if whole.partial => vec![base],
        // Should the base have been deleted, the run itself knows what there is.
        (true, Some(base)) => vec![base, whole.name],
        (false, _) => vec![whole.name],
    }
}

/// The last run of the pipeline and the period: what `current` points to, else the one that no other is built upon.
fn last(output: &Path, next: Next<'_>) -> Option<Run> {
    let runs = output.join("runs");
    let fits = |run: &Run| run.pipeline == next.pipeline && run.period == next.period;
    let target = std::fs::read_link(output.join("current")).ok()?;
    let name = target.file_name()?.to_string_lossy().into_owned();
    if let Some(run) = head(&runs, &name).filter(fits) {
        return Some(run);
    }
    let entries = std::fs::read_dir(&runs).ok()?.flatten();
    let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|n| !n.starts_with('.')).collect();
    names.sort();
    let all: Vec<Run> = names
        .iter()
        .filter(|n| **n != name)
        .filter_map(|n| head(&runs, n))
        .filter(fits)
        .collect();
    let ends: Vec<&Run> = all
        .iter()
        .filter(|run| !run.partial && all.iter().all(|o| o.base.as_ref() != Some(&run.name)))
        .collect();
    // Of several the one that was made last.
    let made = |run: &Run| {
        std::fs::metadata(runs.join(&run.name))
            .and_then(|m| m.modified())
            .ok()
    };
    let newest = ends
        .into_iter()
        .max_by_key(|run| (made(run), run.name.clone()));
    newest.cloned()
}

/// What a run says of itself. Not a word of a run of an older program, which has no base and other ids.
fn head(runs: &Path, name: &str) -> Option<Run> {
    let path = runs.join(name).join(RUN_JSON);
    let warn = |why: String| {
        tracing::warn!(run = name, why, "an earlier run cannot be built upon");
        None
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) => return warn(e.to_string()),
    };
    let json: Value = match serde_json::from_slice(&bytes) {
        Ok(json) => json,
        Err(e) => return warn(e.to_string()),
    };
    let text = |value: &Value| value.as_str().map(str::to_string);
    let (pipeline, period) = (text(&json["pipeline"]["id"]), json["period"].as_i64());
    match (pipeline, period, text(&json["inputs_key"])) {
        (Some(pipeline), Some(period), Some(key)) => Some(Run {
            name: name.to_string(),
            pipeline,
            period,
            partial: json["only"].as_array().is_some_and(|only| !only.is_empty()),
            key,
            base: text(&json["base"]),
        }),
        _ => warn(format!("its {RUN_JSON} has no inputs_key")),
    }
}

/// The findings that a run has published.
fn findings(folder: &Path) -> Result<Vec<Finding>, String> {
    let path = folder.join("data").join("findings.parquet");
    let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let read = |bytes: &[u8]| ParquetReader::new(Cursor::new(bytes)).finish();
    let list = read(&bytes).and_then(|frame| of_frame(&frame));
    list.map_err(|e| format!("{}: {e}", path.display()))
}

fn of_frame(frame: &DataFrame) -> PolarsResult<Vec<Finding>> {
    let text = |name: &str| frame.column(name).and_then(|c| c.str().cloned());
    let names = [
        "finding_id",
        "rule",
        "severity",
        "county_code",
        "school_code",
        "school_name",
        "file",
        "sheet",
        "cell",
        "column",
        "value",
        "expected",
        "message",
        "remedy",
        "cause",
        "read",
        "state",
        "reason",
        "explanation",
    ];
    let columns: Vec<_> = names.iter().map(|n| text(n)).collect::<PolarsResult<_>>()?;
    let level = frame.column("level")?.i64()?.clone();
    let mut out = Vec::with_capacity(frame.height());
    for i in 0..frame.height() {
        let own: Vec<Option<String>> = columns
            .iter()
            .map(|c| c.get(i).map(str::to_string))
            .collect();
        let must = |at: usize| own[at].clone().unwrap_or_default();
        let severity = severity_of(&must(2));
        let draft = Draft {
            county_code: own[3].clone(),
            school_code: own[4].clone(),
            school_name: own[5].clone(),
            place: Place {
                file: own[6].clone(),
                sheet: own[7].clone(),
                cell: own[8].clone(),
            },
            column: own[9].clone(),
            value: own[10].clone(),
            expected: own[11].clone(),
            read: own[15].clone(),
            ..Draft::default()
        };
        let level = level.get(i).unwrap_or(0);
        let mut finding = draft.finding(&must(1), severity, level, must(12), must(13));
        finding.id = must(0);
        finding.cause = own[14].clone();
        finding.state = state_of(&must(16));
        if let (Some(reason), Some(text)) = (&own[17], &own[18]) {
            finding.explanation = Some(Explanation {
                reason: reason.clone(),
                text: text.clone(),
                value: finding.value.clone(),
            });
        }
        out.push(finding);
    }
    Ok(out)
}

fn severity_of(word: &str) -> Severity {
    let all = [Severity::Error, Severity::Query, Severity::Info];
    all.into_iter()
        .find(|s| s.word() == word)
        .unwrap_or(Severity::Info)
}

fn state_of(word: &str) -> State {
    let all = [
        State::New,
        State::Open,
        State::Fixed,
        State::Explained,
        State::Recurred,
    ];
    all.into_iter()
        .find(|s| s.word() == word)
        .unwrap_or_default()
}
