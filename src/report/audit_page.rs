//! The audit sheet of a county: its schools with live formulas that recompute every mean, standard deviation and coefficient
//! of variation, beside the program's own, so that they can be checked in any spreadsheet.

use super::Context;
use super::book::{Cell, Look, Page, Tone, column};
use super::county_book::units_of;
use crate::finding::column_letters;
use crate::indicators::balance::Balance;
use crate::indicators::unit::UnitValue;
use crate::indicators::verdict::unit_name;
use crate::text::number;

/// Makes the page: a block for each stage.
pub(super) fn page(context: &Context<'_>, county: usize) -> Page {
    let p = context.pipeline;
    let mut page = Page {
        name: context.word("sheet_audit"),
        widths: vec![36, 10],
        frozen: (0, 2),
        ..Page::default()
    };
    page.widths
        .extend(p.indicators.iter().flat_map(|_| [12, 12]));
    let last = column(p.indicators.len() * 2 + 1);
    let title = Cell::text(context.word("sheet_audit_title"));
    page.merge((0, 0), (0, last.min(11)), title, Look::Title);
    let note = Cell::text(context.word("note_audit"));
    page.merge((1, 0), (1, last.min(11)), note, Look::Note);
    let mut row = 3;
    for stage in p.evaluated_stages() {
        row = block(context, county, stage, row, &mut page) + 2;
    }
    page
}

/// One stage's block from a row on; gives the row after it.
fn block(context: &Context<'_>, county: usize, stage: usize, top: u32, page: &mut Page) -> u32 {
    let p = context.pipeline;
    let r = context.results;
    let w = |key: &str| Cell::text(context.word(key));
    let units: Vec<usize> = units_of(context, county)
        .into_iter()
        .filter(|u| r.units.list[*u].stage == stage)
        .collect();
    if units.is_empty() {
        return top;
    }
    page.merge(
        (top, 0),
        (top + 1, 0),
        Cell::text(&p.stages[stage].title),
        Look::Head,
    );
    page.merge((top, 1), (top + 1, 1), w("head_students"), Look::Head);
    for (i, indicator) in p.indicators.iter().enumerate() {
        let c = column(2 + 2 * i);
        let title = format!("{} {}", indicator.line, indicator.title);
        page.merge((top, c), (top, c + 1), Cell::text(title.trim()), Look::Head);
        let resource = p.phrase("head_resource", &[("unit", &indicator.resource)]);
        page.put(top + 1, c, Cell::text(resource), Look::Head);
        page.put(top + 1, c + 1, w("head_value"), Look::Head);
    }
    let first = top + 2;
    for (n, unit) in units.iter().enumerate() {
        let row = first + u32::try_from(n).unwrap_or(0);
        let name = unit_name(p, &r.dataset, &r.units, *unit);
        page.put(row, 0, Cell::text(name), Look::Body);
        let students = Cell::number(r.units.list[*unit].students, 0);
        page.put(row, 1, students, Look::Body);
        for v in r.values_of(*unit) {
            let c = column(2 + 2 * v.indicator());
            page.put(row, c, Cell::number(v.numerator(), 4), Look::Body);
            page.put(row, c + 1, value_cell(context, v, row, c), Look::Body);
        }
    }
    let end = first + u32::try_from(units.len()).unwrap_or(0) - 1;
    let code = &r.dataset.counties[county].code;
    let balances: Vec<Option<&Balance>> = (0..p.indicators.len())
        .map(|i| r.balance(code, stage, i))
        .collect();
    sums(context, &units, (first, end), &balances, page);
    end + 8
}

fn value_cell(context: &Context<'_>, v: &UnitValue, row: u32, c: u16) -> Cell {
    let scale = context.pipeline.indicators[v.indicator()].scale;
    match v.value() {
        Some(value) => Cell::Formula {
            formula: format!(
                "={}{}*{}/$B{}",
                column_letters(u32::from(c)),
                row + 1,
                number(scale),
                row + 1
            ),
            value,
            digits: 4,
        },
        None => Cell::Text(context.word("missing"), Tone::Pale),
    }
}

/// The lines below a stage's schools: totals, mean, standard deviation, coefficient of variation, the program's own and the
/// difference.
fn sums(
    context: &Context<'_>,
    units: &[usize],
    (first, end): (u32, u32),
    balances: &[Option<&Balance>],
    page: &mut Page,
) {
    let p = context.pipeline;
    let labels = [
        "audit_total",
        "audit_mean",
        "audit_sd",
        "audit_cv",
        "audit_program_cv",
        "audit_difference",
    ];
    for (i, key) in labels.iter().enumerate() {
        let row = end + 1 + u32::try_from(i).unwrap_or(0);
        let label = Cell::Text(context.word(key), Tone::Strong);
        page.put(row, 0, label, Look::Body);
        page.put(row, 1, Cell::Empty, Look::Body);
    }
    let range = |c: u16, fixed: bool| {
        let l = column_letters(u32::from(c));
        if fixed {
            format!("${l}${}:${l}${}", first + 1, end + 1)
        } else {
            format!("{l}{}:{l}{}", first + 1, end + 1)
        }
    };
    let students: f64 = units
        .iter()
        .filter_map(|u| context.results.units.list[*u].students)
        .sum();
    let formula = |formula: String, value: f64, digits: usize| Cell::Formula {
        formula,
        value,
        digits,
    };
    let total = formula(format!("=SUM({})", range(1, false)), students, 0);
    page.put(end + 1, 1, total, Look::Body);
    for (i, balance) in balances.iter().enumerate() {
        let (c, scale) = (column(2 + 2 * i), p.indicators[i].scale);
        // Weights are the denominators: they must be the students that stand in column B.
        let by_students = units.iter().all(|u| {
            context.results.values_of(*u).iter().all(|v| {
                v.indicator() != i || v.denominator() == context.results.units.list[*u].students
            })
        });
        let spread = balance.and_then(|b| b.spread).filter(|_| by_students);
        let Some(spread) = spread else {
            let missing = Cell::Text(context.word("missing"), Tone::Pale);
            page.put(end + 4, c + 1, missing, Look::Body);
            continue;
        };
        let (n, x) = (
            column_letters(u32::from(c)),
            column_letters(u32::from(c) + 1),
        );
        let (p_range, x_range) = (range(1, true), range(c + 1, false));
        let resources = spread.mean * students / scale;
        let mut put =
            |offset: u32, col: u16, cell: Cell| page.put(end + offset, col, cell, Look::Body);
        put(
            1,
            c,
            formula(format!("=SUM({})", range(c, false)), resources, 4),
        );
        let mean = format!("={n}{}*{}/$B${}", end + 2, number(scale), end + 2);
        put(2, c + 1, formula(mean, spread.mean, 6));
        let sd = format!(
            "=SQRT(SUMPRODUCT({p_range},({x_range}-{x}{mean_row})^2)/SUM({p_range}))",
            mean_row = end + 3
        );
        put(3, c + 1, formula(sd, spread.sd, 6));
        let Some(cv) = spread.cv else { continue };
        put(
            4,
            c + 1,
            formula(format!("={x}{}/{x}{}", end + 4, end + 3), cv, 10),
        );
        put(5, c + 1, Cell::Number(cv, 10, Tone::Plain));
        let difference = format!("=ROUND({x}{}-{x}{},9)", end + 5, end + 6);
        put(6, c + 1, formula(difference, 0.0, 9));
    }
}
