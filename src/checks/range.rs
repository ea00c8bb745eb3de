//! `[[range]]`: a figure between two bounds, either of which may be absent. A row without the figure is not broken.

use polars::prelude::*;

use super::{Broken, Given, applies, numbers, numbers_or_none, say};
use crate::error::Error;
use crate::finding::Finding;
use crate::formula::lower::{at_least, at_most};
use crate::pipeline::model::Range;
use crate::text::number;

/// The rows whose figure lies outside; slots `value`, `least`, `most`.
///
/// # Errors
/// When polars refuses.
pub fn broken(rule: &Range, frame: &DataFrame) -> PolarsResult<Vec<Broken>> {
    let values = numbers(&rule.value, frame)?;
    let least = numbers_or_none(rule.least.as_ref(), frame)?;
    let most = numbers_or_none(rule.most.as_ref(), frame)?;
    let applies = applies(rule.rows.when.as_ref(), frame)?;
    let mut out = Vec::new();
    for (row, value) in values.into_iter().enumerate() {
        let Some(value) = value.filter(|_| applies[row]) else {
            continue;
        };
        let low = least[row].is_some_and(|least| !at_least(value, least));
        let high = most[row].is_some_and(|most| !at_most(value, most));
        if low || high {
            let shown = |v: Option<f64>| v.map_or(String::new(), short);
            out.push(Broken {
                row,
                slots: vec![
                    ("value", short(value)),
                    ("least", shown(least[row])),
                    ("most", shown(most[row])),
                ],
                expected: None,
                estimated: false,
            });
        }
    }
    Ok(out)
}

/// A computed figure with four digits behind the point at most.
pub(super) fn short(value: f64) -> String {
    number((value * 1e4).round() / 1e4)
}

/// An estimate with about four digits that count.
pub(super) fn rough(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 1000.0 => 0,
        v if v >= 100.0 => 1,
        _ => 2,
    };
    number(crate::text::rounded(value, digits))
}

/// Runs every `[[range]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for rule in &given.pipeline.rules.ranges {
        let frame = given.frame(rule.rows.scope);
        if frame.height() > 0 {
            let mut read = vec![&rule.value];
            read.extend(rule.least.iter().chain(&rule.most));
            let broken = broken(rule, frame)?;
            say(given, &rule.text, &rule.rows, &read, broken, findings);
        }
    }
    Ok(())
}
