//! The earlier run that a run's states are built upon: which one it is, and what it found.

use std::path::Path;

use polars::prelude::*;
use serde_json::Value;

use super::published;
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
            Err(why) => tracing::warn!(earlier = own, why, "findings of an earlier run not read"),
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
    let warn = |why: String| {
        tracing::warn!(earlier = name, why, "an earlier run cannot be built upon");
        None
    };
    let json = match published::run_json(&runs.join(name)) {
        Ok(json) => json,
        Err(why) => return warn(why),
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
    let (frame, _) = published::frame(folder, "findings")?;
    of_frame(&frame).map_err(|e| e.to_string())
}

fn of_frame(frame: &DataFrame) -> PolarsResult<Vec<Finding>> {
    let column = |name: &str| frame.column(name).and_then(|c| c.str().cloned());
    let (id, rule, severity) = (column("finding_id")?, column("rule")?, column("severity")?);
    let (county, code) = (column("county_code")?, column("school_code")?);
    let (school, file, sheet) = (column("school_name")?, column("file")?, column("sheet")?);
    let (cell, title, value) = (column("cell")?, column("column")?, column("value")?);
    let (expected, read, cause) = (column("expected")?, column("read")?, column("cause")?);
    let (message, remedy, state) = (column("message")?, column("remedy")?, column("state")?);
    let (reason, explanation) = (column("reason")?, column("explanation")?);
    let level = frame.column("level")?.i64()?.clone();
    let rows = 0..frame.height();
    Ok(rows
        .map(|i| {
            let text = |column: &StringChunked| column.get(i).map(str::to_string);
            let must = |column: &StringChunked| text(column).unwrap_or_default();
            let draft = Draft {
                county_code: text(&county),
                school_code: text(&code),
                school_name: text(&school),
                place: Place {
                    file: text(&file),
                    sheet: text(&sheet),
                    cell: text(&cell),
                },
                column: text(&title),
                value: text(&value),
                expected: text(&expected),
                read: text(&read),
                ..Draft::default()
            };
            let weight = severity_of(&must(&severity));
            let level = level.get(i).unwrap_or(0);
            let words = (must(&message), must(&remedy));
            let made = draft.finding(&must(&rule), weight, level, words.0, words.1);
            let said = text(&reason).zip(text(&explanation));
            Finding {
                id: must(&id),
                cause: text(&cause),
                state: state_of(&must(&state)),
                explanation: said.map(|(reason, text)| Explanation {
                    reason,
                    text,
                    value: made.value.clone(),
                }),
                ..made
            }
        })
        .collect())
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
