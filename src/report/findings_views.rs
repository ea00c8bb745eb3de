//! The findings that could change most, by county and by school.

use std::collections::BTreeMap;

use super::Context;
use super::book::{Cell, Head, Sheet, Tone};
use super::findings_book::{county_name, named, row_of, seen, severity, title};
use crate::finding::Finding;
use crate::impact::ranks;
use crate::ingest::cell::text_of;
use crate::inspection::Flagged;

/// Of each county the errors and queries that could change most, of those that follow from no other.
pub(super) fn priority(context: &Context<'_>, all: &Sheet) -> Sheet {
    let w = |key: &str| context.word(key);
    let most = context.pipeline.summary.most;
    let mut s = named(
        context,
        "sheet_findings_first",
        vec![
            Head::new(w("head_county")).wide(12),
            Head::new(w("head_number")).wide(6),
            Head::new(w("head_severity")).wide(6),
            Head::new(w("head_rule")).wide(18),
            Head::new(w("head_school")).wide(16),
            Head::new(w("head_impact")).wide(44),
            Head::new(w("head_place")).wide(30),
            Head::new(w("head_column")).wide(16),
            Head::new(w("head_seen")).wide(12),
            Head::new(w("head_read")).wide(14),
            Head::new(w("head_expected")).wide(12),
            Head::new(w("head_message")).wide(44),
            Head::new(w("head_followers")).wide(8),
            Head::new(w("head_finding_id")).wide(16),
        ],
        2,
    );
    s.notes = vec![
        context
            .pipeline
            .phrase("note_findings_first", &[("most", &most.to_string())]),
        w("note_impact"),
    ];
    let findings = &context.results.findings;
    let mut ranked: Vec<(usize, usize)> = ranks(findings)
        .into_iter()
        .enumerate()
        .filter_map(|(i, rank)| Some((i, rank?)))
        .collect();
    ranked.sort_by(|a, b| {
        let county = |i: usize| &findings[i].county_code;
        (county(a.0), a.1).cmp(&(county(b.0), b.1))
    });
    let mut followers: BTreeMap<&str, usize> = BTreeMap::new();
    for cause in findings.iter().filter_map(|f| f.cause.as_deref()) {
        *followers.entry(cause).or_insert(0) += 1;
    }
    let same = |a: &(usize, usize), b: &(usize, usize)| {
        findings[a.0].county_code == findings[b.0].county_code
    };
    for county in ranked.chunk_by(same) {
        for (i, rank) in county.iter().take(most) {
            let count = followers.get(findings[*i].id.as_str());
            s.rows.push(line(context, *i, *rank, count.copied()));
        }
        if county.len() > most {
            let count = (county.len() - most).to_string();
            let first = county[0].0;
            let own = |f: &Finding| f.county_code == findings[first].county_code;
            let at = findings.iter().position(own).unwrap_or(first);
            let slots = [("count", count.as_str()), ("sheet", &all.name)];
            let mut cells = vec![Cell::Empty; s.columns.len()];
            cells[0] = Cell::text(county_name(context, &findings[first]));
            cells[3] = Cell::Link {
                text: context.pipeline.phrase("findings_more", &slots),
                target: row_of(all, at),
            };
            s.rows.push(cells);
        }
    }
    s
}

fn line(context: &Context<'_>, i: usize, rank: usize, followers: Option<usize>) -> Vec<Cell> {
    let findings = &context.results.findings;
    let f = &findings[i];
    let mut cells = vec![
        Cell::text(county_name(context, f)),
        Cell::count(rank),
        severity(context, f.severity),
        Cell::text(title(context, &f.rule)),
        Cell::text(f.school_name.clone().unwrap_or_default()),
        impact(f),
    ];
    cells.extend(seen(context, f));
    cells.extend([
        followers.map_or(Cell::Empty, Cell::count),
        Cell::text(&f.id),
    ]);
    cells
}

/// What a finding could change: in strong colours where a county's verdict hangs on it.
pub(super) fn impact(f: &Finding) -> Cell {
    let Some(impact) = &f.impact else {
        return Cell::Empty;
    };
    let tone = match (impact.county_flips, impact.school_flips) {
        (true, _) => Tone::Bad,
        (false, true) => Tone::Middle,
        (false, false) => Tone::Plain,
    };
    Cell::text(&impact.text).toned(tone)
}

/// Every school with something to answer, those whose findings could change most first.
pub(super) fn schools(context: &Context<'_>, flagged: &[Flagged], all: &Sheet) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut s = named(
        context,
        "sheet_findings_by_school",
        vec![
            Head::new(w("head_number")).wide(6),
            Head::new(w("head_county")).wide(14),
            Head::new(w("head_school")).wide(22),
            Head::new(w("head_school_code")).wide(14),
            Head::new(w("head_errors")).wide(8),
            Head::new(w("head_queries")).wide(8),
            Head::new(w("head_first_finding")).wide(24),
            Head::new(w("head_impact")).wide(50),
            Head::new(w("head_message")).wide(50),
        ],
        3,
    );
    s.notes = vec![w("note_findings_by_school"), w("note_impact")];
    for (i, own) in flagged.iter().enumerate() {
        let f = &context.results.findings[own.first];
        let mut cells = vec![Cell::count(i + 1)];
        cells.extend(school(context, own.school));
        cells.extend([
            Cell::count(own.errors).toned(if own.errors > 0 {
                Tone::Bad
            } else {
                Tone::Plain
            }),
            Cell::count(own.queries),
            Cell::Link {
                text: title(context, &f.rule),
                target: row_of(all, own.first),
            },
            impact(f),
            Cell::text(&f.message),
        ]);
        s.rows.push(cells);
    }
    s
}

/// County, name and code of a school.
pub(super) fn school(context: &Context<'_>, school: usize) -> [Cell; 3] {
    let Some(table) = context.pipeline.table("school") else {
        return [Cell::Empty, Cell::Empty, Cell::Empty];
    };
    let row = &context.results.dataset.tables[table].rows[school];
    let text = |name: &str| {
        let text = text_of(&context.pipeline.tables[table], &row.values, name);
        Cell::text(text.unwrap_or_default())
    };
    [
        Cell::text(context.county(&row.county_code).0),
        text("school_name"),
        text("school_code"),
    ]
}
