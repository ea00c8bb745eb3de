//! What changed as a Parquet frame.

use polars::prelude::*;

use super::changes_words;
use super::data::{float, int, size, text};
use crate::changes::{Changes, Fate};
use crate::error::Error;
use crate::pipeline::Pipeline;

/// Most causes that a line names.
const NAMED_CAUSES: usize = 20;

/// One line.
#[derive(Default)]
struct Line {
    what: &'static str,
    county: Option<String>,
    school: Option<(String, String)>,
    stage: Option<String>,
    id: String,
    title: String,
    from: Option<String>,
    to: Option<String>,
    values: (Option<f64>, Option<f64>),
    ranks: (Option<i64>, Option<i64>),
    at: Option<String>,
    causes: Option<String>,
    further: Option<i64>,
}

/// All that differs from the run before: the pipeline, submissions, rows, cells, what holds verdicts, figures. Without a run
/// before it has no rows.
///
/// # Errors
/// When polars refuses.
pub fn frame(pipeline: &Pipeline, changes: Option<&Changes>) -> Result<DataFrame, Error> {
    let lines = changes.map_or_else(Vec::new, |c| lines(pipeline, c));
    let each = |f: fn(&Line) -> Option<String>| lines.iter().map(f).collect::<Vec<_>>();
    let floats = |f: fn(&Line) -> Option<f64>| lines.iter().map(f).collect::<Vec<_>>();
    let ints = |f: fn(&Line) -> Option<i64>| lines.iter().map(f).collect::<Vec<_>>();
    let columns = vec![
        text("what", each(|l| Some(l.what.to_string()))),
        text("county_code", each(|l| l.county.clone())),
        text(
            "school_code",
            each(|l| l.school.as_ref().map(|s| s.0.clone())),
        ),
        text(
            "school_name",
            each(|l| l.school.as_ref().map(|s| s.1.clone())),
        ),
        text("stage", each(|l| l.stage.clone())),
        text("id", each(|l| Some(l.id.clone()))),
        text("title", each(|l| Some(l.title.clone()))),
        text("from", each(|l| l.from.clone())),
        text("to", each(|l| l.to.clone())),
        float("value_from", floats(|l| l.values.0)),
        float("value_to", floats(|l| l.values.1)),
        int("rank_from", ints(|l| l.ranks.0)),
        int("rank_to", ints(|l| l.ranks.1)),
        text("at", each(|l| l.at.clone())),
        text("causes", each(|l| l.causes.clone())),
        int("further_causes", ints(|l| l.further)),
    ];
    Ok(DataFrame::new(lines.len(), columns)?)
}

fn lines(pipeline: &Pipeline, changes: &Changes) -> Vec<Line> {
    let mut out = Vec::new();
    for part in &changes.pipeline {
        let names = [&part.kind, &part.id, &part.key];
        let names: Vec<&str> = names
            .into_iter()
            .map(String::as_str)
            .filter(|n| !n.is_empty())
            .collect();
        out.push(Line {
            what: "pipeline",
            id: names.join(" "),
            from: part.from.clone(),
            to: part.to.clone(),
            ..Line::default()
        });
    }
    for own in &changes.submissions {
        let (from, to) = match &own.fate {
            Fate::Moved(from) => (Some(from.clone()), Some(own.path.clone())),
            Fate::Status(from, to) => (Some(from.clone()), Some(to.clone())),
            _ => (None, None),
        };
        out.push(Line {
            what: "submission",
            county: (!own.counties.is_empty()).then(|| own.counties.join(";")),
            id: own.fate.word().to_string(),
            from,
            to,
            at: Some(own.path.clone()),
            ..Line::default()
        });
    }
    for own in &changes.rows {
        let table = &pipeline.tables[own.table];
        out.push(Line {
            what: "row",
            county: Some(own.county.clone()),
            school: Some((own.key.clone(), own.name.clone().unwrap_or_default())),
            id: own.presence.word().to_string(),
            title: table.title.clone(),
            at: own.at.clone(),
            ..Line::default()
        });
    }
    for own in &changes.cells {
        let table = &pipeline.tables[own.table];
        let column = &table.columns[own.column];
        out.push(Line {
            what: "cell",
            county: Some(own.county.clone()),
            school: Some((own.key.clone(), own.name.clone().unwrap_or_default())),
            id: format!("{}.{}", table.name, column.name),
            title: column.title.clone(),
            from: own.from.clone(),
            to: own.to.clone(),
            at: own.at.clone().or(own.was_at.clone()),
            ..Line::default()
        });
    }
    for own in &changes.held {
        out.push(Line {
            what: "held",
            county: Some(own.county.clone()),
            id: own.rule.clone(),
            title: pipeline.rule(&own.rule).map_or("", |r| r.title).to_string(),
            to: Some(own.presence.word().to_string()),
            at: Some(own.at.clone()),
            ..Line::default()
        });
    }
    for own in &changes.figures {
        let causes = changes_words::causes(pipeline, changes, own, NAMED_CAUSES);
        let further = own.causes.len().saturating_sub(NAMED_CAUSES) + own.further;
        out.push(Line {
            what: own.what.word(),
            county: Some(own.county.clone()),
            school: own.school.clone(),
            stage: own.stage.clone(),
            id: own.id.clone(),
            title: own.title.clone(),
            from: own.before.verdict.clone(),
            to: own.after.verdict.clone(),
            values: (own.before.value, own.after.value),
            ranks: (own.before.rank, own.after.rank),
            at: None,
            causes: Some(causes.join("\n")),
            further: size(further),
        });
    }
    out
}
