//! Sheet 与上年对比 of a county's workbook: its verdicts, coefficients of variation and places in the rankings, and those of last
//! year beside them.

use super::book::{Cell, Head, Sheet};
use super::ranking_book::{coefficients, rank_cell, subject_title, titles, verdict_cell};
use super::{Context, beside};
use crate::ranking::{Ranked, Subject};

/// What there is to say about last year's figures, the same for all counties.
pub(super) fn notes(context: &Context<'_>) -> Vec<String> {
    let lists: Vec<&Ranked> = context.results.rankings.iter().collect();
    let mut figures = titles(context, &lists);
    figures.extend(coefficients(context));
    beside::notes(context, &figures)
}

/// The sheet with these [`notes`]; none where there is no last year.
pub(super) fn sheet(context: &Context<'_>, county: usize, notes: &[String]) -> Option<Sheet> {
    let last = context.last_year?;
    let (p, r) = (context.pipeline, context.results);
    let w = |key: &str| context.word(key);
    let code = r.dataset.counties[county].code.as_str();
    let mut columns = vec![
        Head::new(w("head_part")).wide(34),
        Head::new(w("head_figure")).wide(44),
        Head::new(w("head_value")).wide(12),
        Head::new(w("head_rank")),
    ];
    columns.extend(beside::heads(context, "", &["head_value", "head_rank"]));
    columns.push(beside::change_head(context, "", last.period));
    let mut s = context.sheet("sheet_last_year", columns, 2);
    s.notes = notes.to_vec();
    s.filter = true;
    for v in r.verdicts_of(code) {
        let then = last.figures.verdict(code, v.part);
        s.rows.push(vec![
            Cell::text(p.part_title(v.part)),
            Cell::text(w("head_verdict")),
            verdict_cell(context, Some(v.verdict)),
            Cell::Empty,
            verdict_cell(context, then),
            Cell::Empty,
            Cell::Empty,
        ]);
    }
    for b in r.balances_of(code) {
        let indicator = &p.indicators[b.indicator];
        let digits = p.balance_limit(b.stage).map_or(3, |l| l.digits);
        let mut before =
            beside::coefficient(context, code, b.stage, &indicator.id, b.cv, digits).into_iter();
        s.rows.push(vec![
            Cell::text(format!("{} {}", p.stages[b.stage].title, w("head_cv"))),
            Cell::text(format!("{} {}", indicator.line, indicator.title)),
            Cell::number(b.cv, digits),
            Cell::Empty,
            before.next().unwrap_or_default(),
            Cell::Empty,
            before.next().unwrap_or_default(),
        ]);
    }
    for list in &r.rankings {
        let ranking = &p.rankings[list.ranking];
        let Some(place) = list.places.iter().find(|p| p.county_code == code) else {
            continue;
        };
        let then = last.figures.place(&list.id, code);
        let figure = match list.subject {
            Subject::Whole => Cell::Empty,
            _ => Cell::text(subject_title(context, list)),
        };
        let change = place.value.zip(then.value).map(|(now, then)| now - then);
        s.rows.push(vec![
            Cell::text(&ranking.title),
            figure,
            Cell::number(place.value, ranking.digits),
            rank_cell(context, place.rank),
            Cell::number(then.value, ranking.digits),
            then.rank.map(Cell::count).unwrap_or_default(),
            Cell::number(change, ranking.digits),
        ]);
    }
    Some(s)
}
