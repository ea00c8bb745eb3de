//! The earlier run that a run's states are built upon: which one it is, and what it found.

use std::path::Path;

use polars::prelude::*;
use serde_json::Value;

use super::published;
use crate::finding::{Draft, Explanation, Finding, Place, Severity, State};
use crate::followup::Base;
use crate::marks::mark;
use crate::store::frozen;
use crate::store::runs::{self, RUN_JSON, Run, Runs};

/// What the next run of an output folder is.
#[derive(Debug, Clone, Copy)]
pub struct Next<'a> {
    pub pipeline: &'a str,
    pub period: i64,
    /// Hash of what it is made from, but for its base.
    pub key: &'a str,
}

/// The base of the next run: what the last run of the same pipeline and period has published, or, if that was made from
/// the very same, what that run was built upon; `all` are the runs of the output folder. Runs of some counties are passed over. What cannot be read is said, and
/// another run is taken.
pub fn base(output: &Path, all: &Runs, next: Next<'_>) -> Option<Base> {
    let runs = output.join("runs");
    let last = last(output, all, next)?;
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

/// A run as a base, by its name.
///
/// # Errors
/// Why what it found cannot be read.
pub fn named_base(output: &Path, name: &str) -> Result<Base, String> {
    let findings = findings(&output.join("runs").join(name));
    let findings = findings.map_err(|why| format!("its base, run {name}: {why}"))?;
    let run = name.to_string();
    Ok(Base { run, findings })
}

/// The run that was frozen, which later ones are told against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// Its folder below `runs/`.
    pub run: String,
    /// The day on which it was frozen, where that is known.
    pub date: Option<String>,
}

/// The run that `frozen/<pipeline>-<period>.json` names. If the next run is made from the very same as that one, with the same
/// base, it is that one: then what that one was told against.
pub fn frozen(output: &Path, next: Next<'_>, base: Option<&str>) -> Option<Frozen> {
    let path = frozen::path(output, &frozen::name(next.pipeline, next.period));
    if !path.exists() {
        return None;
    }
    let warn = |why: String| {
        tracing::warn!(file = %path.display(), why, "the frozen run is not compared with");
        None
    };
    let said = match published::json(&path) {
        Ok(json) => frozen_in(&json["run"], &json["frozen"]),
        Err(why) => return warn(why),
    };
    let Some(own) = said else {
        return warn("it names no run".to_string());
    };
    let json = match published::run_json(&output.join("runs").join(&own.run)) {
        Ok(json) => json,
        Err(why) => return warn(format!("run {}: {why}", own.run)),
    };
    let same = json["inputs_key"].as_str() == Some(next.key) && json["base"].as_str() == base;
    match same {
        true => frozen_in(&json["frozen"], &json["frozen_on"]),
        false => Some(own),
    }
}

fn frozen_in(run: &Value, date: &Value) -> Option<Frozen> {
    let run = Path::new(run.as_str()?).file_name()?;
    Some(Frozen {
        run: run.to_string_lossy().into_owned(),
        // The time of day says nothing to a county.
        date: date
            .as_str()
            .and_then(|d| Some(d.split('T').next()?.to_string())),
    })
}

/// The runs that the next one can be built upon, the best first. None where the last one, made from the very same, had none.
fn candidates(runs: &Path, last: Run, next: Next<'_>) -> Vec<String> {
    let same = |run: &Run| run.inputs_key.as_deref() == Some(next.key);
    let whole = match (!last.is_whole() && !same(&last), &last.base) {
        (true, Some(whole)) => match head(runs, whole) {
            Some(whole) => whole,
            None => return vec![whole.clone()],
        },
        (true, None) => return Vec::new(),
        (false, _) => last,
    };
    match (same(&whole), whole.base.clone()) {
        (true, None) => Vec::new(),
        (true, Some(base)) if !whole.is_whole() => vec![base],
        // Should the base have been deleted, the run itself knows what there is.
        (true, Some(base)) => vec![base, whole.name],
        (false, _) => vec![whole.name],
    }
}

/// The last run of the pipeline and the period: what `current` points to, else the last that was made of all counties.
fn last(output: &Path, all: &Runs, next: Next<'_>) -> Option<Run> {
    let fits = |run: &Run| run.pipeline == next.pipeline && run.period == next.period;
    let current = runs::current(output)?;
    if let Some(run) = head(&output.join("runs"), &current).filter(fits) {
        return Some(run);
    }
    for (run, why) in all.unreadable.iter().filter(|(name, _)| *name != current) {
        tracing::warn!(run, why, "an earlier run cannot be built upon");
    }
    let is_last = |r: &&Run| fits(r) && r.is_whole() && r.inputs_key.is_some() && r.name != current;
    all.list.iter().rev().find(is_last).cloned()
}

/// What a run says of itself. Not a word of a run of an older program, which has no base and other ids.
fn head(runs: &Path, name: &str) -> Option<Run> {
    let why = match runs::read(&runs.join(name), name) {
        Ok(run) if run.inputs_key.is_some() => return Some(run),
        Ok(_) => format!("its {RUN_JSON} has no inputs_key"),
        Err(why) => why,
    };
    tracing::warn!(run = name, why, "an earlier run cannot be built upon");
    None
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
    // A run of an older program has marked nothing but values.
    let marks = column("mark").ok();
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
                mark: marks
                    .as_ref()
                    .map_or_else(|| mark(made.value.as_deref(), &[]), must),
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
