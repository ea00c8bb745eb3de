//! Sheets of the criteria: the matrix of counties and criteria, and every figure with its limit, basis and verdict.

use super::Context;
use super::book::{Cell, Head, Sheet, Tone, verdict_tone};
use super::ranking_book::verdict_cell;
use crate::indicators::Verdict;
use crate::indicators::criterion::CriterionResult;
use crate::indicators::parts::{printed_differs, requirement};
use crate::text::number;

/// Counties × criteria: the verdicts.
pub(super) fn matrix(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let mut columns = vec![
        Head::new(w("head_county_code")),
        Head::new(w("head_county")),
    ];
    for criterion in &p.criteria {
        let label = format!("{}.{}", criterion.number, criterion.title);
        columns.push(Head::under(p.part_title(criterion.part), label).wide(10));
    }
    let mut s = context.sheet("sheet_matrix", columns, 2);
    s.notes = vec![w("note_matrix")];
    s.filter = true;
    for (i, county) in context.results.dataset.counties.iter().enumerate() {
        let mut row = vec![Cell::text(&county.code), Cell::text(&county.name)];
        row.extend(context.criteria(i).iter().map(|r| match r.points {
            Some(points) => Cell::Number(points, 1, verdict_tone(r.verdict)),
            None => verdict_cell(context, Some(r.verdict)),
        }));
        s.rows.push(row);
    }
    s
}

/// Every figure and check of every criterion of every county.
pub(super) fn list(context: &Context<'_>) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut columns = vec![
        Head::new(w("head_county_code")),
        Head::new(w("head_county")),
    ];
    columns.extend(heads(context));
    let mut s = context.sheet("sheet_criteria", columns, 2);
    s.notes = vec![w("note_criteria")];
    s.filter = true;
    for (i, county) in context.results.dataset.counties.iter().enumerate() {
        for result in context.criteria(i) {
            for mut row in rows(context, result) {
                let mut cells = vec![Cell::text(&county.code), Cell::text(&county.name)];
                cells.append(&mut row);
                s.rows.push(cells);
            }
        }
    }
    s
}

/// The columns of [`rows`].
pub(super) fn heads(context: &Context<'_>) -> Vec<Head> {
    let w = |key: &str| context.word(key);
    vec![
        Head::new(w("head_part")).wide(14),
        Head::new(w("head_number")),
        Head::new(w("head_criterion")).wide(30),
        Head::new(w("head_figure")).wide(40),
        Head::new(w("head_numerator")),
        Head::new(w("head_denominator")),
        Head::new(w("head_value")),
        Head::new(w("head_unit")),
        Head::new(w("head_requirement")).wide(18),
        Head::new(w("head_stated")),
        Head::new(w("head_verdict")).wide(10),
        Head::new(w("head_from")).wide(12),
        Head::new(w("head_note")).wide(50),
    ]
}

/// One row for each figure and check of a criterion; one row for a criterion that has none.
pub(super) fn rows(context: &Context<'_>, result: &CriterionResult) -> Vec<Vec<Cell>> {
    let p = context.pipeline;
    let criterion = &p.criteria[result.criterion];
    let head = || {
        vec![
            Cell::text(p.part_title(criterion.part)),
            Cell::count(criterion.number),
            Cell::text(&criterion.title),
        ]
    };
    let basis = |b: Option<crate::indicators::figure::Basis>| {
        Cell::text(b.map_or(String::new(), |b| context.word(b.key())))
    };
    let mut out = Vec::new();
    for (f, r) in criterion.figures.iter().zip(&result.figures) {
        if !r.applies {
            continue;
        }
        let requirement = r
            .limit
            .map_or(String::new(), |l| requirement(p, f.better, l, &f.unit));
        let note = printed_differs(f, r).map_or(String::new(), |_| {
            p.phrase(
                "note_printed_flips",
                &[("value", &number(r.value.unwrap_or_default()))],
            )
        });
        let tone = r.verdict.map_or(Tone::Plain, |v| match v {
            Verdict::NotMet => Tone::Bad,
            _ => Tone::Plain,
        });
        let mut row = head();
        row.extend([
            Cell::text(&f.title),
            free_number(r.numerator),
            free_number(r.denominator),
            Cell::number(r.value, f.digits).toned(tone),
            Cell::text(&f.unit),
            Cell::text(requirement),
            free_number(r.stated),
            verdict_cell(context, r.verdict),
            basis(r.basis),
            Cell::text(note),
        ]);
        out.push(row);
    }
    for (k, r) in criterion.checks.iter().zip(&result.checks) {
        let unknown = r.unknown().count();
        let note = if unknown > 0 {
            p.phrase("note_missing_units", &[("count", &unknown.to_string())])
        } else {
            String::new()
        };
        let broken = r.broken().count();
        let mut row = head();
        row.extend([
            Cell::text(&k.title),
            Cell::count(broken),
            Cell::count(r.count),
            Cell::number(r.failing, 0).toned(if broken > 0 { Tone::Bad } else { Tone::Plain }),
            Cell::Empty,
            Cell::text(context.word("requirement_none_failing")),
            Cell::Empty,
            verdict_cell(context, r.verdict),
            basis(r.basis),
            Cell::text(note),
        ]);
        out.push(row);
    }
    let own_word = criterion.attested || criterion.score.is_some() || criterion.points.is_some();
    if out.is_empty() || own_word {
        let claim = result.claim.map_or(String::new(), |met| {
            context.word(if met { Verdict::Met } else { Verdict::NotMet }.key())
        });
        let mut row = head();
        let most = criterion.points.map(|p| format!("{p}"));
        let most = most.map_or(String::new(), |p| {
            context.pipeline.phrase("points", &[("points", &p)])
        });
        row.extend([
            Cell::text(&criterion.text),
            Cell::Empty,
            Cell::Empty,
            Cell::number(result.points, 1),
            Cell::Empty,
            Cell::text(most),
            Cell::text(claim),
            verdict_cell(context, Some(result.verdict)),
            basis(result.basis),
            Cell::text(result.reference.clone().unwrap_or_default()),
        ]);
        out.push(row);
    }
    out
}

/// A number with as many digits as it has, two at most.
fn free_number(value: Option<f64>) -> Cell {
    let digits = value.map_or(0, |v| if v.fract() == 0.0 { 0 } else { 2 });
    Cell::number(value, digits)
}

/// The tone of a criterion's figure in a ranking.
pub(super) fn figure_tone(context: &Context<'_>, county: usize, c: usize, f: usize) -> Tone {
    let result = context.criteria(county).get(c);
    match result.and_then(|r| r.figures[f].verdict) {
        Some(Verdict::NotMet) => Tone::Bad,
        _ => Tone::Plain,
    }
}
