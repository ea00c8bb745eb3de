//! The counties over all periods that are held: the sheet and its frame. Both only where an earlier period is held.

use polars::prelude::*;

use super::Context;
use super::beside::{change_head, of_year, other_definition};
use super::book::{Cell, Head, Sheet};
use super::data::{float, int, text};
use super::ranking_book::verdict_cell;
use crate::definitions::definitions;
use crate::error::Error;
use crate::indicators::survey::change::variant;
use crate::pipeline::model::Part;
use crate::trend::{Measure, Point, measures};

/// Decimals of rates of satisfaction.
const RATE_DIGITS: usize = 2;

/// One row a county, the periods of each measure side by side.
pub(super) fn sheet(context: &Context<'_>) -> Option<Sheet> {
    let before = context.years.last()?;
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let measures = measures(p);
    let mut columns = vec![
        Head::new(w("head_county_code")),
        Head::new(w("head_county")),
        Head::new(w("head_prefecture")),
    ];
    for measure in &measures {
        let group = title(context, *measure);
        for year in context.years {
            columns.push(Head::under(&group, of_year(context, year.period, "")).wide(10));
        }
        columns.push(Head::under(&group, of_year(context, context.period, "")).wide(10));
        if has_change(*measure) {
            columns.push(change_head(context, &group, before.period));
        }
    }
    let mut s = context.sheet("sheet_years", columns, 3);
    s.notes = notes(context, &measures);
    s.filter = true;
    for (i, county) in context.results.dataset.counties.iter().enumerate() {
        let mut row = vec![
            Cell::text(&county.code),
            Cell::text(&county.name),
            Cell::text(&county.prefecture),
        ];
        for measure in &measures {
            let digits = digits(context, *measure);
            let cell = |point: Option<Point>| match point {
                Some(Point::Verdict(verdict)) => verdict_cell(context, Some(verdict)),
                other => Cell::number(other.and_then(Point::number), digits),
            };
            let then = context.years.iter();
            let then = then.map(|year| measure.then(p, &year.figures, &county.code));
            let now = measure.now(context.results, i);
            let mut points: Vec<Option<Point>> = then.collect();
            let number = |point: Option<Point>| point.and_then(Point::number);
            let last = points.last().copied().flatten();
            let change = number(now).zip(number(last)).map(|(now, then)| now - then);
            points.push(now);
            row.extend(points.into_iter().map(cell));
            if has_change(*measure) {
                row.push(Cell::number(change, digits));
            }
        }
        s.rows.push(row);
    }
    Some(s)
}

fn has_change(measure: Measure) -> bool {
    measure != Measure::Overall
}

fn title(context: &Context<'_>, measure: Measure) -> String {
    let p = context.pipeline;
    match measure {
        Measure::Overall => p.part_title(Part::Overall).to_string(),
        Measure::Rank(r) => p.phrase("head_main_rank", &[("ranking", &p.rankings[r].title)]),
        Measure::Value(r) => p.rankings[r].title.clone(),
        Measure::Satisfaction => context.word("head_survey_rate"),
    }
}

fn digits(context: &Context<'_>, measure: Measure) -> usize {
    match measure {
        Measure::Value(r) => context.pipeline.rankings[r].digits,
        Measure::Satisfaction => RATE_DIGITS,
        Measure::Overall | Measure::Rank(_) => 0,
    }
}

/// Which run each period is of, and what it made in another way.
fn notes(context: &Context<'_>, measures: &[Measure]) -> Vec<String> {
    let p = context.pipeline;
    let runs: Vec<String> = context
        .years
        .iter()
        .map(|year| {
            let period = year.period.to_string();
            let slots = [("period", period.as_str()), ("run", year.run.as_str())];
            p.phrase("note_years_run", &slots)
        })
        .collect();
    let runs = runs.join(p.word("list_separator"));
    let mut out = vec![p.phrase("note_years", &[("years", &runs)])];
    let now = definitions(p);
    for year in context.years {
        let others = measures.iter().filter(|m| match m {
            Measure::Satisfaction => rates_differ(context, &year.figures),
            m => m
                .ranking(p)
                .is_some_and(|id| !year.figures.is_same(id, &now)),
        });
        let titles: Vec<String> = others.map(|m| title(context, *m)).collect();
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        out.extend(other_definition(context, year.period, &titles));
    }
    out
}

/// Whether a county's rate was of another source, or made in another way.
fn rates_differ(context: &Context<'_>, figures: &crate::last_year::Figures) -> bool {
    let p = context.pipeline;
    let Some(survey) = &p.survey else {
        return false;
    };
    context.results.surveys.counties.iter().any(|own| {
        let county = &context.results.dataset.counties[own.county];
        let form = own.form.map_or("", |f| p.forms[f].id.as_str());
        figures.rates.get(&county.code).is_some_and(|then| {
            then.source != own.source.word() || then.variant != variant(survey, own.source, form)
        })
    })
}

/// The same as a frame: a line for each county, period and measure that there is.
///
/// # Errors
/// When polars refuses.
pub(super) fn frame(context: &Context<'_>) -> Result<Option<DataFrame>, Error> {
    if context.years.is_empty() {
        return Ok(None);
    }
    let p = context.pipeline;
    let mut lines: Vec<(&str, i64, String, Point, &str)> = Vec::new();
    for (i, county) in context.results.dataset.counties.iter().enumerate() {
        let code = county.code.as_str();
        let years = context.years.iter().map(Some).chain([None]);
        for year in years {
            let (period, run) = match year {
                Some(year) => (year.period, year.run.as_str()),
                None => (context.period, context.run_id),
            };
            for measure in measures(p) {
                let point = match year {
                    Some(year) => measure.then(p, &year.figures, code),
                    None => measure.now(context.results, i),
                };
                lines.extend(point.map(|point| (code, period, measure.id(p), point, run)));
            }
        }
    }
    lines.sort_by_key(|(code, period, ..)| (*code, *period));
    let verdict = |point: &Point| match point {
        Point::Verdict(verdict) => Some(verdict.word().to_string()),
        Point::Number(_) => None,
    };
    Ok(Some(DataFrame::new(
        lines.len(),
        vec![
            text("county_code", lines.iter().map(|l| Some(l.0.to_string()))),
            int("period", lines.iter().map(|l| Some(l.1))),
            text("measure", lines.iter().map(|l| Some(l.2.clone()))),
            float("value", lines.iter().map(|l| l.3.number())),
            text("verdict", lines.iter().map(|l| verdict(&l.3))),
            text("run", lines.iter().map(|l| Some(l.4.to_string()))),
        ],
    )?))
}
