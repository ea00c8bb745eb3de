//! Sheet 学校达标情况 of 排名总表: every unit with its indicators, verdict and shortfalls.

use super::Context;
use super::book::{Cell, Head, Sheet, Tone, met_tone};
use super::ranking_book::verdict_cell;
use crate::formula::lower::{at_least, at_most};
use crate::indicators::unit::{Met, UnitValue};
use crate::ingest::cell::text_of;
use crate::pipeline::model::Better;
use crate::text::{fixed, number, rounded};

pub(super) fn schools(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let r = context.results;
    let w = |key: &str| context.word(key);
    let standard: Vec<usize> = p.standard_indicators().map(|(i, _)| i).collect();
    let mut columns = vec![
        Head::new(w("head_county")),
        Head::new(w("head_stage")),
        Head::new(w("head_school_code")),
        Head::new(w("head_school")).wide(34),
        Head::new(w("head_school_type")),
        Head::new(w("head_students")),
    ];
    for i in &standard {
        let indicator = &p.indicators[*i];
        columns.push(Head::new(format!("{} {}", indicator.line, indicator.title)).wide(14));
    }
    columns.push(Head::new(w("head_met_count")).wide(8));
    columns.push(Head::new(w("head_verdict")).wide(10));
    columns.push(Head::new(w("head_shortfall")).wide(60));
    let mut s = context.sheet("sheet_schools", columns, 4);
    s.notes = vec![
        p.phrase(
            "note_schools",
            &[
                ("least", &p.school_rule.least_met.to_string()),
                (
                    "floor",
                    &number(rounded(p.school_rule.floor_ratio * 100.0, 6)),
                ),
            ],
        ),
        limits_line(context),
        w("note_schools_colours"),
    ];
    s.filter = true;
    let Some(table) = p.table("school") else {
        return s;
    };
    let mut verdicts = r.unit_verdicts.iter().peekable();
    for (u, unit) in r.units.list.iter().enumerate() {
        let row = &r.dataset.tables[table].rows[unit.school];
        let text = |name: &str| text_of(&p.tables[table], &row.values, name).unwrap_or_default();
        let code = text("school_type");
        let kind = p
            .school_type(&code)
            .map_or(code.clone(), |t| t.name.clone());
        let mut cells = vec![
            Cell::text(context.county(&row.county_code).0),
            Cell::text(&p.stages[unit.stage].title),
            Cell::text(text("school_code")),
            Cell::text(text("school_name")),
            Cell::text(kind),
            Cell::number(unit.students, 0),
        ];
        if !unit.counted {
            cells.extend(
                standard
                    .iter()
                    .map(|_| Cell::Text(String::new(), Tone::Pale)),
            );
            cells.push(Cell::Text(String::new(), Tone::Pale));
            cells.push(Cell::Text(w("not_counted"), Tone::Pale));
            cells.push(Cell::Text(unit.reason.clone(), Tone::Pale));
            s.rows.push(cells);
            continue;
        }
        let values = r.values_of(u);
        let mut shortfalls = Vec::new();
        for i in &standard {
            let indicator = &p.indicators[*i];
            match values.iter().find(|v| v.indicator() == *i) {
                Some(v) => {
                    cells.push(match v.value() {
                        Some(value) => Cell::Number(value, indicator.digits, met_tone(v.met)),
                        None => Cell::Text(w("missing"), Tone::Pale),
                    });
                    shortfalls.extend(shortfall(context, v));
                }
                None => cells.push(Cell::Empty),
            }
        }
        let verdict = verdicts.next_if(|v| v.unit == u);
        cells.push(verdict.map_or(Cell::Empty, |v| Cell::count(v.met_count)));
        cells.push(verdict_cell(context, verdict.map(|v| v.verdict)));
        cells.push(Cell::text(shortfalls.join(p.word("list_separator"))));
        s.rows.push(cells);
    }
    s
}

/// What one indicator of a unit lacks, in the numerator's unit.
fn shortfall(context: &Context<'_>, v: &UnitValue) -> Option<String> {
    let p = context.pipeline;
    let indicator = &p.indicators[v.indicator()];
    let key = match v.met? {
        Met::Floor => "shortfall_floor",
        Met::NotMet => "shortfall_not_met",
        Met::Incomplete => {
            return Some(p.phrase("shortfall_missing", &[("line", &indicator.line)]));
        }
        Met::Met => return printed_note(context, v),
    };
    let lacking = fixed(v.shortfall()?, 2);
    let text = p.phrase(
        key,
        &[
            ("line", &indicator.line),
            ("lacking", &lacking),
            ("resource", &indicator.resource),
        ],
    );
    Some(match printed_note(context, v) {
        Some(note) => format!("{text}{note}"),
        None => text,
    })
}

/// Where the printed digits would give another verdict than the unrounded value.
fn printed_note(context: &Context<'_>, v: &UnitValue) -> Option<String> {
    let p = context.pipeline;
    let indicator = &p.indicators[v.indicator()];
    let (value, limit) = (v.value()?, v.limit()?);
    let printed = rounded(value, indicator.digits);
    let good = match indicator.better {
        Better::Higher => at_least,
        Better::Lower => at_most,
    };
    (good(value, limit) != good(printed, limit)).then(|| {
        p.phrase(
            "shortfall_printed",
            &[("line", &indicator.line), ("value", &number(value))],
        )
    })
}

/// The limits of all standard indicators in one line.
fn limits_line(context: &Context<'_>) -> String {
    let p = context.pipeline;
    let lines: Vec<String> = p
        .standard_indicators()
        .map(|(_, indicator)| {
            let limits: Vec<String> = p
                .evaluated_stages()
                .filter_map(|s| {
                    let limit = indicator.limit(s, context.period)?;
                    Some(format!("{}{}", p.stages[s].title, number(limit.value)))
                })
                .collect();
            format!("{} {}", indicator.line, limits.join("/"))
        })
        .collect();
    format!(
        "{}{}",
        context.word("note_limits"),
        lines.join(p.word("list_separator"))
    )
}
