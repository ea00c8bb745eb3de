//! 县级: the workbook of one county: the application form filled in, its schools, an audit sheet, criteria and reasons.

use super::book::{Book, Cell, Head, Page, Sheet, Tone, met_tone};
use super::ranking_book::{reason_heads, reason_row, verdict_cell};
use super::{Context, audit_page, criteria_sheet, form_pages, last_year_sheet, survey_sheets};
use crate::indicators::Verdict;
use crate::indicators::figure::Threshold;
use crate::indicators::flips::Flip;
use crate::indicators::parts::row_name;
use crate::indicators::verdict::unit_name;
use crate::pipeline::model::{Part, Role};
use crate::text::{fixed, number};

/// What the workbooks of all counties say about last year's figures.
pub fn last_year_notes(context: &Context<'_>) -> Vec<String> {
    last_year_sheet::notes(context)
}

/// Makes the workbook of a county, by its index, with the [`last_year_notes`].
pub fn book(context: &Context<'_>, county: usize, last_year_notes: &[String]) -> Book {
    let p = context.pipeline;
    let own = &context.results.dataset.counties[county];
    let mut pages: Vec<Page> = p
        .pages
        .iter()
        .map(|page| form_pages::page(context, county, page))
        .collect();
    let mut sheets = vec![schools(context, county)];
    if !p.criteria.is_empty() {
        sheets.push(criteria(context, county));
    }
    sheets.extend(survey_sheets::county(context, county));
    sheets.push(reasons(context, county));
    sheets.push(gaps(context, county));
    sheets.extend(last_year_sheet::sheet(context, county, last_year_notes));
    for sheet in &mut sheets {
        sheet.title = format!("{} {}", own.name, sheet.title);
    }
    pages.push(audit_page::page(context, county));
    Book {
        title: p.phrase(
            "book_county",
            &[
                ("county", &own.name),
                ("title", &p.title),
                ("period", &context.period.to_string()),
            ],
        ),
        font: context.word("font"),
        pages,
        sheets,
    }
}

/// The indices of a county's counted units, in order.
pub(super) fn units_of(context: &Context<'_>, county: usize) -> Vec<usize> {
    let r = context.results;
    let code = &r.dataset.counties[county].code;
    let own = r.unit_verdicts_of(context.pipeline, code).iter();
    own.map(|v| v.unit).collect()
}

/// Everything that stands between the county and its verdicts, nearest first.
fn gaps(context: &Context<'_>, county: usize) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let columns = vec![
        Head::new(w("head_number")),
        Head::new(w("head_part")).wide(16),
        Head::new(w("head_gap")),
        Head::new(w("head_what_lacks")).wide(110),
    ];
    let mut s = context.sheet("sheet_gaps", columns, 0);
    s.notes = vec![w("note_gaps")];
    s.filter = true;
    let code = &context.results.dataset.counties[county].code;
    let own = context.results.verdicts_of(code).iter();
    let mut all: Vec<(&Flip, Part)> = own
        .filter(|v| v.part != Part::Overall)
        .filter(|v| v.verdict != Verdict::Met)
        .flat_map(|v| v.flips.iter().map(|f| (f, v.part)))
        .collect();
    all.sort_by(|a, b| a.0.gap.total_cmp(&b.0.gap));
    for (i, (flip, part)) in all.into_iter().enumerate() {
        let shown = if flip.relative {
            Cell::text(format!("{}%", fixed(flip.gap * 100.0, 1)))
        } else {
            Cell::Empty
        };
        s.rows.push(vec![
            Cell::count(i + 1),
            Cell::text(p.part_title(part)),
            shown,
            Cell::text(&flip.text),
        ]);
    }
    s
}

/// Every unit and indicator with value, limit, margin and what is lacking; then what the schools lack for the criteria.
fn schools(context: &Context<'_>, county: usize) -> Sheet {
    let p = context.pipeline;
    let r = context.results;
    let w = |key: &str| context.word(key);
    let columns = vec![
        Head::new(w("head_stage")),
        Head::new(w("head_school")).wide(34),
        Head::new(w("head_indicator")).wide(44),
        Head::new(w("head_value")),
        Head::new(w("head_limit")),
        Head::new(w("head_floor")),
        Head::new(w("head_unit")),
        Head::new(w("head_verdict")).wide(10),
        Head::new(w("head_margin")).wide(10),
        Head::new(w("head_lacking")),
        Head::new(w("head_lacking_unit")),
    ];
    let mut s = context.sheet("sheet_school_details", columns, 2);
    s.notes = vec![w("note_school_details")];
    s.filter = true;
    let given = context.verdict_context();
    for unit in units_of(context, county) {
        let stage = &p.stages[r.units.list[unit].stage].title;
        let name = unit_name(p, &r.dataset, &r.units, unit);
        for v in r.values_of(unit) {
            let i = &p.indicators[v.indicator()];
            if i.role != Role::Standard {
                continue;
            }
            let slack = v.value().zip(v.limit());
            let slack = slack.map(|(value, limit)| Threshold::plain(limit).slack(value, i.better));
            let word = v.met.map_or(String::new(), |m| w(m.key()));
            s.rows.push(vec![
                Cell::text(stage),
                Cell::text(&name),
                Cell::text(format!("{} {}", i.line, i.title)),
                v.value()
                    .map_or(Cell::Text(w("missing"), Tone::Pale), |value| {
                        Cell::Number(value, i.digits, met_tone(v.met))
                    }),
                limit_cell(v.limit()),
                limit_cell(v.floor()),
                Cell::text(&i.unit),
                Cell::Text(word, met_tone(v.met)),
                Cell::text(slack.map_or(String::new(), |m| format!("{}%", fixed(m * 100.0, 1)))),
                Cell::number(v.shortfall().filter(|s| *s > 0.0), 2),
                Cell::text(&i.resource),
            ]);
        }
    }
    for result in context.criteria(county) {
        let criterion = &p.criteria[result.criterion];
        for (k, r) in criterion.checks.iter().zip(&result.checks) {
            for row in r.broken() {
                let (Some(value), Some(limit)) = (row.value, row.limit) else {
                    continue;
                };
                s.rows.push(vec![
                    Cell::Empty,
                    Cell::text(row_name(&given, k.of, row.row)),
                    Cell::text(format!(
                        "{}.{} {}",
                        criterion.number, criterion.title, k.title
                    )),
                    Cell::Number(value, k.digits, Tone::Bad),
                    limit_cell(Some(limit.value)),
                    Cell::Empty,
                    Cell::text(&k.unit),
                    verdict_cell(context, Some(Verdict::NotMet)),
                    Cell::text(if limit.value == 0.0 {
                        String::new()
                    } else {
                        format!("{}%", fixed(limit.slack(value, k.better) * 100.0, 1))
                    }),
                    Cell::number(Some((limit.value - value).abs()), k.digits),
                    Cell::text(&k.unit),
                ]);
            }
        }
    }
    s
}

/// A limit with the digits that it has.
fn limit_cell(limit: Option<f64>) -> Cell {
    let digits = limit.map_or(0, |l| {
        let shown = number(l);
        shown.split_once('.').map_or(0, |(_, d)| d.len().min(4))
    });
    Cell::number(limit, digits)
}

fn criteria(context: &Context<'_>, county: usize) -> Sheet {
    let mut s = context.sheet("sheet_criteria", criteria_sheet::heads(context), 0);
    s.notes = vec![context.word("note_criteria")];
    s.filter = true;
    for result in context.criteria(county) {
        s.rows.extend(criteria_sheet::rows(context, result));
    }
    s
}

fn reasons(context: &Context<'_>, county: usize) -> Sheet {
    let w = |key: &str| context.word(key);
    let columns = reason_heads(context).into();
    let mut s = context.sheet("sheet_reasons", columns, 1);
    s.notes = vec![w("note_margin"), w("note_flips")];
    let code = &context.results.dataset.counties[county].code;
    for v in context.results.verdicts_of(code) {
        s.rows.push(reason_row(context, v).into());
    }
    s
}
