//! Changes as JSON: complete, but for the causes of a figure beyond the first fifty.

use serde_json::{Value, json};

use super::{Cause, Changes, Fate, FigureChange, State};
use crate::pipeline::Pipeline;
use crate::pipeline::parts::PartChange;

/// All changes, or those of one county.
pub fn json(pipeline: &Pipeline, changes: &Changes, county: Option<&str>) -> Value {
    let asked = |code: &str| county.is_none_or(|c| c == code);
    let submissions = changes.submissions.iter().enumerate();
    let submissions =
        submissions.filter(|(_, s)| county.is_none() || s.counties.iter().any(|c| asked(c)));
    let cells = changes
        .cells
        .iter()
        .enumerate()
        .filter(|(_, c)| asked(&c.county));
    let rows = changes
        .rows
        .iter()
        .enumerate()
        .filter(|(_, r)| asked(&r.county));
    let held = changes
        .held
        .iter()
        .enumerate()
        .filter(|(_, h)| asked(&h.county));
    let figures = changes.figures.iter().filter(|f| asked(&f.county));
    let list = |values: Vec<Value>| Value::Array(values);
    json!({
        "before": changes.before,
        "after": changes.after,
        "empty": changes.is_empty(),
        "program": changes.program.as_ref().map(|(from, to)| json!({ "from": from, "to": to })),
        "only": changes.only,
        "pipeline": changes.pipeline.iter().map(part).collect::<Vec<_>>(),
        "submissions": list(submissions.map(|(i, _)| submission(changes, i)).collect()),
        "rows": list(rows.map(|(i, _)| row(pipeline, changes, i)).collect()),
        "cells": list(cells.map(|(i, _)| cell(pipeline, changes, i)).collect()),
        "held": list(held.map(|(i, _)| held_change(pipeline, changes, i)).collect()),
        "figures": list(figures.map(|f| figure(pipeline, changes, f)).collect()),
    })
}

fn part(change: &PartChange) -> Value {
    json!({
        "kind": change.kind,
        "id": change.id,
        "key": change.key,
        "from": change.from,
        "to": change.to,
        "words_only": change.is_of_words(),
    })
}

fn submission(changes: &Changes, at: usize) -> Value {
    let own = &changes.submissions[at];
    let (from, to) = match &own.fate {
        Fate::Moved(from) => (Some(from.as_str()), Some(own.path.as_str())),
        Fate::Status(from, to) => (Some(from.as_str()), Some(to.as_str())),
        _ => (None, None),
    };
    json!({
        "path": own.path,
        "county_codes": own.counties,
        "what": own.fate.word(),
        "from": from,
        "to": to,
        "status": own.status,
    })
}

fn row(pipeline: &Pipeline, changes: &Changes, at: usize) -> Value {
    let own = &changes.rows[at];
    json!({
        "county_code": own.county,
        "table": pipeline.tables[own.table].name,
        "key": own.key,
        "name": own.name,
        "what": own.presence.word(),
        "at": own.at,
    })
}

fn cell(pipeline: &Pipeline, changes: &Changes, at: usize) -> Value {
    let own = &changes.cells[at];
    let table = &pipeline.tables[own.table];
    json!({
        "county_code": own.county,
        "table": table.name,
        "key": own.key,
        "name": own.name,
        "column": table.columns[own.column].name,
        "title": table.columns[own.column].title,
        "from": own.from,
        "to": own.to,
        "at": own.at,
        "was_at": own.was_at,
        "submission": own.submission.map(|s| changes.submissions[s].path.as_str()),
    })
}

fn held_change(pipeline: &Pipeline, changes: &Changes, at: usize) -> Value {
    let own = &changes.held[at];
    json!({
        "county_code": own.county,
        "rule": own.rule,
        "title": pipeline.rule(&own.rule).map(|r| r.title),
        "what": own.presence.word(),
        "at": own.at,
    })
}

fn state(own: &State) -> Value {
    json!({ "value": own.value, "verdict": own.verdict, "rank": own.rank })
}

fn figure(pipeline: &Pipeline, changes: &Changes, own: &FigureChange) -> Value {
    let causes = own.causes.iter().map(|c| cause(pipeline, changes, c));
    json!({
        "what": own.what.word(),
        "county_code": own.county,
        "county": changes.county(&own.county),
        "school_code": own.school.as_ref().map(|s| s.0.as_str()),
        "school_name": own.school.as_ref().map(|s| s.1.as_str()),
        "stage": own.stage,
        "id": own.id,
        "title": own.title,
        "before": state(&own.before),
        "after": state(&own.after),
        "causes": causes.collect::<Vec<_>>(),
        "further_causes": own.further,
    })
}

fn cause(pipeline: &Pipeline, changes: &Changes, cause: &Cause) -> Value {
    match cause {
        Cause::Cell(at) => json!({ "cell": cell(pipeline, changes, *at) }),
        Cause::Row(at) => json!({ "row": row(pipeline, changes, *at) }),
        Cause::Part(at) => json!({ "pipeline": part(&changes.pipeline[*at]) }),
        Cause::Submission(at) => json!({ "submission": submission(changes, *at) }),
        Cause::Held(at) => json!({ "held": held_change(pipeline, changes, *at) }),
        Cause::Others(codes, count) => {
            json!({ "other_counties": { "county_codes": codes, "count": count } })
        }
        Cause::Program => json!({ "program": changes.program }),
        Cause::Unexplained => json!({ "unexplained": true }),
    }
}
