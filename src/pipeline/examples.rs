//! Runs the examples that stand beside every indicator and rule. An example that does not come out is a mistake of the
//! pipeline, shown at its place.

use std::ops::Range;

use polars::prelude::*;
use toml::Spanned;

use super::model::{Figure, Indicator, Must, SchoolCheck, Total, Unique};
use super::raw::{RawCheckExample, RawFigureExample, RawIndicatorExample, RawTotalExample};
use super::valid::Schema;
use crate::checks;
use crate::formula::Type;
use crate::indicators::check;
use crate::indicators::figure;
use crate::indicators::unit::{figures, ratio};

/// A row of an example as written.
pub type Given = super::raw::RawRow;
/// What is wrong, with its place if it is one value.
pub type Wrong = Vec<(Option<Range<usize>>, String)>;

/// The columns of an example as one text.
pub fn given_text(given: &Given) -> String {
    let pairs: Vec<String> = given
        .iter()
        .map(|(name, value)| format!("{name} = {}", value.get_ref()))
        .collect();
    pairs.join(", ")
}

/// What an example gives as a text.
pub fn gives_text(gives: Option<&Spanned<f64>>) -> String {
    gives.map_or("missing".to_string(), |g| g.get_ref().to_string())
}

/// Checks one example of an indicator.
pub fn indicator(
    indicator: &Indicator,
    example: &RawIndicatorExample,
    stages: &[String],
    schema: &Schema,
) -> Wrong {
    let stage = example.stage.get_ref();
    let numerator = stages
        .iter()
        .position(|s| s == stage)
        .and_then(|s| indicator.numerator[s].as_ref());
    let Some(numerator) = numerator else {
        return vec![(
            Some(example.stage.span()),
            format!("'{stage}' is not a stage of this indicator"),
        )];
    };
    let mut used: Vec<&str> = numerator.columns.iter().map(String::as_str).collect();
    used.extend(indicator.denominator.columns.iter().map(String::as_str));
    let (frame, mut wrong) = frame(&[&example.given], schema, &used);
    let Some(frame) = frame else { return wrong };
    let value = figures(indicator, numerator, &frame).map(|figures| {
        let (top, bottom) = figures.first().copied().unwrap_or((None, None));
        ratio(top, bottom, indicator.scale)
    });
    compare(value, example.gives.as_ref(), &mut wrong);
    wrong
}

fn compare(value: PolarsResult<Option<f64>>, gives: Option<&Spanned<f64>>, wrong: &mut Wrong) {
    let wanted = gives.map(|g| *g.get_ref());
    match (value, wanted) {
        (Err(e), _) => wrong.push((None, format!("the example cannot be computed: {e}"))),
        (Ok(None), None) => {}
        (Ok(Some(got)), Some(want)) if close(got, want) => {}
        (Ok(got), want) => {
            let word = |v: Option<f64>| v.map_or("missing".to_string(), |v| v.to_string());
            wrong.push((
                gives.map(Spanned::span),
                format!("the example gives {}, not {}", word(got), word(want)),
            ));
        }
    }
}

/// Checks one example of a criterion's figure.
pub fn figure(figure: &Figure, example: &RawFigureExample, schema: &Schema) -> Wrong {
    let used: Vec<&str> = figure.columns().map(String::as_str).collect();
    let (frame, mut wrong) = frame(&[&example.given], schema, &used);
    let Some(frame) = frame else { return wrong };
    let value = figure::figures(figure, &frame).map(|figures| {
        let (top, bottom) = figures.first().copied().unwrap_or((None, None));
        figure::value(figure, top, bottom)
    });
    compare(value, example.gives.as_ref(), &mut wrong);
    wrong
}

/// Checks one example of a criterion's check. The limits of all years are in force in an example that gives no period.
pub fn school_check(check: &SchoolCheck, example: &RawCheckExample, schema: &Schema) -> Wrong {
    let formulas = check::formulas(check);
    let used = formulas.iter().flat_map(|f| &f.columns);
    let used: Vec<&str> = used.map(String::as_str).collect();
    let (frame, mut wrong) = frame(&[&example.given], schema, &used);
    let Some(frame) = frame else { return wrong };
    let period = example
        .given
        .get("period")
        .and_then(|v| number(v.get_ref()))
        .map(|y| y as i64);
    let wanted = example.met.as_ref().map(|m| *m.get_ref());
    match check::rows(check, &frame, period) {
        Ok(rows) => {
            let met = rows.first().and_then(|r| r.as_ref()).and_then(|r| r.met);
            if met != wanted {
                let word = |m: Option<bool>| match m {
                    Some(true) => "met",
                    Some(false) => "not met",
                    None => "unknown",
                };
                wrong.push((
                    example.met.as_ref().map(Spanned::span),
                    format!("the example gives {}, not {}", word(met), word(wanted)),
                ));
            }
        }
        Err(e) => wrong.push((None, format!("the example cannot be computed: {e}"))),
    }
    wrong
}

/// Checks one example of a `[[must]]`.
pub fn must(rule: &Must, given: &Given, fires: bool, schema: &Schema) -> Wrong {
    let mut used: Vec<&str> = rule.must.columns.iter().map(String::as_str).collect();
    if let Some(when) = &rule.rows.when {
        used.extend(when.columns.iter().map(String::as_str));
    }
    let (frame, mut wrong) = frame(&[given], schema, &used);
    let Some(frame) = frame else { return wrong };
    match checks::must::broken(rule, &frame) {
        Ok(broken) => {
            let fired = !broken.is_empty();
            if fired != fires {
                wrong.push((None, verdict(&rule.text.id, fired)));
            }
        }
        Err(e) => wrong.push((None, format!("the example cannot be computed: {e}"))),
    }
    wrong
}

/// Checks one example of a `[[unique]]`.
pub fn unique(rule: &Unique, rows: &[Spanned<Given>], fires: bool, schema: &Schema) -> Wrong {
    let given: Vec<&Given> = rows.iter().map(Spanned::get_ref).collect();
    let used: Vec<&str> = rule.columns.iter().map(String::as_str).collect();
    let (frame, mut wrong) = frame(&given, schema, &used);
    let Some(frame) = frame else { return wrong };
    match checks::unique::groups(rule, &frame) {
        Ok(groups) => {
            if groups.is_empty() == fires {
                let at = rows.first().map(Spanned::span);
                wrong.push((at, verdict(&rule.text.id, !groups.is_empty())));
            }
        }
        Err(e) => wrong.push((None, format!("the example cannot be computed: {e}"))),
    }
    wrong
}

/// Checks one example of a `[[total]]`.
pub fn total(rule: &Total, example: &RawTotalExample, schema: &Schema) -> Wrong {
    let given: Vec<&Given> = example.rows.iter().map(Spanned::get_ref).collect();
    let (frame, mut wrong) = frame(&given, schema, &[]);
    let Some(frame) = frame else { return wrong };
    match checks::total::example_sum(&frame) {
        Ok(sum) => {
            let fired = sum.is_some_and(|s| {
                checks::total::differs(s, *example.stated.get_ref(), rule.tolerance)
            });
            if fired != *example.fires.get_ref() {
                wrong.push((Some(example.fires.span()), verdict(&rule.text.id, fired)));
            }
        }
        Err(e) => wrong.push((None, format!("the example cannot be computed: {e}"))),
    }
    wrong
}

/// What is wrong when a rule fires on an example or does not.
pub(super) fn verdict(id: &str, fired: bool) -> String {
    if fired {
        format!("rule '{id}' fires on this example, but should not")
    } else {
        format!("rule '{id}' does not fire on this example, but should")
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-300)
}

/// Example rows as a frame: the columns given and the columns used, missing where a row does not give them.
pub(super) fn frame(rows: &[&Given], schema: &Schema, used: &[&str]) -> (Option<DataFrame>, Wrong) {
    let mut wrong: Wrong = Vec::new();
    for (name, value) in rows.iter().flat_map(|r| r.iter()) {
        let fits = match schema.iter().find(|(n, _)| n == name).map(|(_, t)| *t) {
            None => {
                wrong.push((
                    Some(value.span()),
                    format!("the example names an unknown column '{name}'"),
                ));
                continue;
            }
            Some(Type::Number) => number(value.get_ref()).is_some(),
            Some(Type::Text) => value.get_ref().is_str(),
            Some(Type::Bool) => value.get_ref().is_bool(),
            Some(Type::Null) => false,
        };
        if !fits {
            wrong.push((
                Some(value.span()),
                format!("the value of '{name}' in the example is of the wrong type"),
            ));
        }
    }
    if !wrong.is_empty() {
        return (None, wrong);
    }
    let named = |n: &str| used.contains(&n) || rows.iter().any(|r| r.contains_key(n));
    let columns: Vec<Column> = schema
        .iter()
        .filter(|(n, _)| named(n))
        .map(|(name, kind)| {
            let cell = |r: &&Given| r.get(name).map(|v| v.get_ref().clone());
            let key: PlSmallStr = name.as_str().into();
            match kind {
                Type::Text => {
                    let values: Vec<Option<String>> = rows
                        .iter()
                        .map(|r| cell(r).and_then(|v| v.as_str().map(str::to_string)))
                        .collect();
                    Column::new(key, values)
                }
                Type::Bool => {
                    let values: Vec<Option<bool>> = rows
                        .iter()
                        .map(|r| cell(r).and_then(|v| v.as_bool()))
                        .collect();
                    Column::new(key, values)
                }
                _ => {
                    let values: Vec<Option<f64>> = rows
                        .iter()
                        .map(|r| cell(r).as_ref().and_then(number))
                        .collect();
                    Column::new(key, values)
                }
            }
        })
        .collect();
    match DataFrame::new(rows.len(), columns) {
        Ok(frame) => (Some(frame), wrong),
        Err(e) => (None, vec![(None, format!("the example is no table: {e}"))]),
    }
}

/// A number of an example.
pub(super) fn number(value: &toml::Value) -> Option<f64> {
    value
        .as_float()
        .or_else(|| value.as_integer().map(|i| i as f64))
}
