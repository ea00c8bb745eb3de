//! 变化: what differs from the run before, a sheet of the rankings; and 变更通知, the same against a run that was frozen.

use std::collections::BTreeSet;

use super::book::{Book, Cell, Head, Sheet, Tone, met_tone, verdict_tone};
use super::{Context, changes_words};
use crate::changes::{Changes, FigureChange, Presence, State, What};
use crate::indicators::Verdict;
use crate::indicators::unit::Met;
use crate::pipeline::Pipeline;

/// Most rows of the sheet; with more, schools are left out.
const MOST_ROWS: usize = 5000;
/// Most causes that a row names.
const NAMED_CAUSES: usize = 5;
/// Most changed rules that a note names.
const NAMED_RULES: usize = 5;

/// What has changed since a run was frozen.
pub struct Notice<'a> {
    /// The frozen run.
    pub run: &'a str,
    /// The day on which it was frozen, where that is known.
    pub date: Option<&'a str>,
    pub changes: &'a Changes,
}

/// The sheet of the rankings.
pub fn sheet(context: &Context<'_>) -> Sheet {
    let mut s = context.sheet("sheet_changes", heads(context), 2);
    let Some(changes) = context.changes else {
        s.notes = vec![context.word("change_no_earlier")];
        return s;
    };
    let run = [("run", changes.before.as_str())];
    s.notes = vec![context.pipeline.phrase("change_compared", &run)];
    fill(context, changes, &mut s);
    s
}

/// The notice as a book of one sheet.
pub fn book(context: &Context<'_>, notice: &Notice<'_>) -> Book {
    let p = context.pipeline;
    let mut s = context.sheet("sheet_notice", heads(context), 2);
    s.notes = vec![match notice.date {
        Some(date) => p.phrase("notice_frozen_on", &[("date", date), ("run", notice.run)]),
        None => p.phrase("notice_frozen", &[("run", notice.run)]),
    }];
    fill(context, notice.changes, &mut s);
    Book {
        title: p.phrase(
            "book_notice",
            &[("title", &p.title), ("period", &context.period.to_string())],
        ),
        font: context.word("font"),
        pages: Vec::new(),
        sheets: vec![s],
    }
}

fn heads(context: &Context<'_>) -> Vec<Head> {
    let w = |key: &str| context.word(key);
    let mut out = vec![
        Head::new(w("head_county_code")),
        Head::new(w("head_county")),
        Head::new(w("head_changed")).wide(10),
        Head::new(w("head_school")),
        Head::new(w("head_stage")).wide(8),
        Head::new(w("head_changed_figure")).wide(40),
    ];
    for group in ["head_before", "head_after"] {
        for label in ["head_value", "head_verdict", "head_rank"] {
            out.push(Head::under(w(group), w(label)).wide(10));
        }
    }
    out.push(Head::new(w("head_because")).wide(70));
    out
}

/// Puts the counts into the notes and the changes into the rows.
fn fill(context: &Context<'_>, changes: &Changes, s: &mut Sheet) {
    s.notes.extend(notes(context.pipeline, changes));
    let mut list: Vec<&FigureChange> = changes.figures.iter().collect();
    let all = list.len();
    if all > MOST_ROWS {
        list.retain(|f| !f.what.is_of_unit());
    }
    list.sort_by_key(|f| (weight(f), f.what));
    list.truncate(MOST_ROWS);
    if list.len() < all {
        let left = (all - list.len()).to_string();
        let note = context
            .pipeline
            .phrase("change_left_out", &[("count", &left)]);
        s.notes.push(note);
    }
    if all == 0 {
        s.notes.push(context.word("change_nothing"));
    }
    s.filter = true;
    s.rows = list.into_iter().map(|f| row(context, changes, f)).collect();
}

/// What counts first: verdicts that are others, then ranks, then figures.
fn weight(f: &FigureChange) -> u8 {
    match f.what {
        What::Ranking => 1,
        What::UnitIndicator => 2,
        _ if f.is_flip() => 0,
        _ => 2,
    }
}

fn notes(p: &Pipeline, changes: &Changes) -> Vec<String> {
    let count = |n: usize| n.to_string();
    let mut out = Vec::new();
    if let Some(only) = &changes.only {
        out.push(p.phrase("change_only", &[("counties", &count(only.len()))]));
    }
    let rows = |presence| {
        changes
            .rows
            .iter()
            .filter(|r| r.presence == presence)
            .count()
    };
    let rules: Vec<_> = changes
        .pipeline
        .iter()
        .filter(|c| !c.is_of_words())
        .collect();
    out.push(p.phrase(
        "change_counts",
        &[
            ("files", &count(changes.submissions.len())),
            ("cells", &count(changes.cells.len())),
            ("new", &count(rows(Presence::New))),
            ("gone", &count(rows(Presence::Gone))),
            ("rules", &count(rules.len())),
        ],
    ));
    out.extend(
        rules
            .iter()
            .take(NAMED_RULES)
            .map(|c| changes_words::rule(p, c)),
    );
    let of = |fits: fn(&FigureChange) -> bool| changes.figures.iter().filter(|f| fits(f)).count();
    let verdicts = of(|f| f.what == What::Verdict);
    let ranks = of(|f| f.what == What::Ranking);
    let counties: BTreeSet<&str> = changes.figures.iter().map(|f| f.county.as_str()).collect();
    out.push(p.phrase(
        "change_results",
        &[
            ("verdicts", &count(verdicts)),
            ("ranks", &count(ranks)),
            ("others", &count(changes.figures.len() - verdicts - ranks)),
            ("counties", &count(counties.len())),
        ],
    ));
    out
}

fn row(context: &Context<'_>, changes: &Changes, f: &FigureChange) -> Vec<Cell> {
    let p = context.pipeline;
    let stage = p.stages.iter().find(|s| Some(&s.id) == f.stage.as_ref());
    let title = match f.what {
        What::Verdict => Cell::Text(f.title.clone(), Tone::Strong),
        _ => Cell::text(f.title.as_str()),
    };
    let school = f.school.as_ref().map(|(key, name)| match name.is_empty() {
        true => key.clone(),
        false => name.clone(),
    });
    let mut out = vec![
        Cell::text(f.county.as_str()),
        Cell::text(changes.county(&f.county)),
        Cell::text(p.word(f.what.key())),
        Cell::text(school.unwrap_or_default()),
        Cell::text(stage.map_or("", |s| s.title.as_str())),
        title,
    ];
    for state in [&f.before, &f.after] {
        out.push(Cell::number(state.value, f.digits));
        out.push(verdict(p, f.what, state));
        let rank = state.rank.and_then(|r| usize::try_from(r).ok());
        out.push(rank.map_or(Cell::Empty, Cell::count));
    }
    let because = changes_words::causes(p, changes, f, NAMED_CAUSES);
    out.push(Cell::text(because.join("\n")));
    out
}

/// The verdict of a state in the words of the pipeline.
fn verdict(p: &Pipeline, what: What, state: &State) -> Cell {
    let Some(word) = state.verdict.as_deref() else {
        return Cell::Empty;
    };
    if what == What::UnitIndicator {
        let all = [Met::Met, Met::Floor, Met::NotMet, Met::Incomplete];
        let own = all.into_iter().find(|m| m.word() == word);
        return own.map_or(Cell::text(word), |m| {
            Cell::Text(p.word(m.key()).to_string(), met_tone(Some(m)))
        });
    }
    let all = [Verdict::Met, Verdict::NotMet, Verdict::Incomplete];
    let own = all.into_iter().find(|v| v.word() == word);
    own.map_or(Cell::text(word), |v| {
        Cell::Text(p.word(v.key()).to_string(), verdict_tone(v))
    })
}
