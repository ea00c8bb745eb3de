//! The causes of what changed, in the words of the pipeline.

use crate::changes::{Cause, Changes, Fate, FigureChange, Presence};
use crate::pipeline::Pipeline;
use crate::pipeline::parts::PartChange;

/// The causes of a figure, at most so many, and how many there are beside.
pub fn causes(
    pipeline: &Pipeline,
    changes: &Changes,
    figure: &FigureChange,
    most: usize,
) -> Vec<String> {
    let own = figure.causes.iter().take(most);
    let mut lines: Vec<String> = own.map(|c| cause(pipeline, changes, c)).collect();
    let more = figure.causes.len().saturating_sub(most) + figure.further;
    if more > 0 {
        lines.push(pipeline.phrase("because_more", &[("count", &more.to_string())]));
    }
    lines
}

fn cause(pipeline: &Pipeline, changes: &Changes, cause: &Cause) -> String {
    match cause {
        Cause::Cell(at) => cell(pipeline, changes, *at),
        Cause::Row(at) => row(pipeline, changes, *at),
        Cause::Part(at) => rule(pipeline, &changes.pipeline[*at]),
        Cause::Submission(at) => submission(pipeline, changes, *at),
        Cause::Held(at) => held(pipeline, changes, *at),
        Cause::Others(codes, count) => {
            let names: Vec<&str> = codes.iter().map(|c| changes.county(c)).collect();
            let names = crate::text::some_of(&names, names.len().min(*count));
            let names = match codes.len() < *count {
                true => format!("{names}\u{2026}"),
                false => names,
            };
            let slots = [("count", count.to_string()), ("counties", names)];
            phrase(pipeline, "because_others", &slots)
        }
        Cause::Program => {
            let (from, to) = changes.program.clone().unwrap_or_default();
            phrase(pipeline, "because_program", &[("from", from), ("to", to)])
        }
        Cause::Unexplained => pipeline.word("because_unexplained").to_string(),
    }
}

fn phrase(pipeline: &Pipeline, key: &str, slots: &[(&str, String)]) -> String {
    let slots: Vec<(&str, &str)> = slots.iter().map(|(k, v)| (*k, v.as_str())).collect();
    pipeline.phrase(key, &slots)
}

fn value(pipeline: &Pipeline, value: Option<&String>) -> String {
    value.map_or_else(|| pipeline.word("missing").to_string(), String::clone)
}

/// A cell: place, old and new value; where it stands in none, its school and column too.
pub fn cell(pipeline: &Pipeline, changes: &Changes, at: usize) -> String {
    let own = &changes.cells[at];
    let place = own.at.as_ref().or(own.was_at.as_ref()).cloned();
    let (from, to) = (
        value(pipeline, own.from.as_ref()),
        value(pipeline, own.to.as_ref()),
    );
    let exact = place.as_ref().is_some_and(|p| {
        let last = p.rsplit('!').next().unwrap_or("");
        !last.contains(':') && last.ends_with(|c: char| c.is_ascii_digit())
    });
    let mut slots = vec![
        ("place", place.unwrap_or_default()),
        ("from", from),
        ("to", to),
    ];
    if exact {
        return phrase(pipeline, "because_cell", &slots);
    }
    let column = &pipeline.tables[own.table].columns[own.column].title;
    slots.push(("school", own.name.clone().unwrap_or_default()));
    slots.push(("column", column.clone()));
    phrase(pipeline, "because_column", &slots)
}

fn row(pipeline: &Pipeline, changes: &Changes, at: usize) -> String {
    let own = &changes.rows[at];
    let key = match own.presence {
        Presence::New => "because_new",
        Presence::Gone => "because_gone",
    };
    let title = || format!("{} {}", pipeline.tables[own.table].title, own.key);
    let name = own.name.clone().unwrap_or_else(title);
    let slots = [
        ("name", name),
        ("place", own.at.clone().unwrap_or_default()),
    ];
    phrase(pipeline, key, &slots)
}

/// A rule, a limit or another part of the pipeline: block, key, old and new value.
pub fn rule(pipeline: &Pipeline, own: &PartChange) -> String {
    let title = match own.kind.as_str() {
        "indicator" => pipeline
            .indicator(&own.id)
            .map(|i| &pipeline.indicators[i].title),
        "criterion" => {
            let mut all = pipeline.criteria.iter();
            all.find(|c| c.id == own.id).map(|c| &c.title)
        }
        _ => None,
    };
    let names = [
        own.kind.as_str(),
        &own.id,
        title.map_or("", |t| t),
        &own.key,
    ];
    let names: Vec<&str> = names.into_iter().filter(|n| !n.is_empty()).collect();
    let slots = [
        ("rule", names.join(" ")),
        ("from", value(pipeline, own.from.as_ref())),
        ("to", value(pipeline, own.to.as_ref())),
    ];
    phrase(pipeline, "because_rule", &slots)
}

/// What became of a submission.
pub fn submission(pipeline: &Pipeline, changes: &Changes, at: usize) -> String {
    let own = &changes.submissions[at];
    let mut slots = vec![("file", own.path.clone())];
    let status = |word: &str| {
        let key = match word {
            "accepted" => "status_accepted",
            "replaced" => "status_replaced",
            "rejected" => "status_rejected",
            other => return other.to_string(),
        };
        pipeline.word(key).to_string()
    };
    let key = match &own.fate {
        Fate::New => "because_file_new",
        Fate::Gone => "because_file_gone",
        Fate::Replaced => "because_file_replaced",
        Fate::Moved(from) => {
            slots.push(("from", from.clone()));
            "because_file_moved"
        }
        Fate::Status(from, to) => {
            slots.push(("from", status(from)));
            slots.push(("to", status(to)));
            "because_file_status"
        }
    };
    phrase(pipeline, key, &slots)
}

fn held(pipeline: &Pipeline, changes: &Changes, at: usize) -> String {
    let own = &changes.held[at];
    let title = pipeline
        .rule(&own.rule)
        .map_or(own.rule.as_str(), |r| r.title);
    let key = match own.presence {
        Presence::New => "because_held_new",
        Presence::Gone => "because_held_gone",
    };
    let slots = [("rule", title.to_string()), ("place", own.at.clone())];
    phrase(pipeline, key, &slots)
}
