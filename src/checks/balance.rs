//! `[[balance]]`: last year, and what came, less what left, is this year. Last year's figure stands in the row itself, or comes
//! from last year's run; what is not given of what came or left is a missing figure, and the row is passed over.

use polars::prelude::*;

use super::total::differs;
use super::years::last_rows;
use super::{Broken, Given, applies, numbers, say};
use crate::error::Error;
use crate::finding::Finding;
use crate::formula::Formula;
use crate::pipeline::model::BalanceOfChanges;
use crate::text::number;

/// The rows out of balance, given last year's figures; slots `last`, `plus`, `minus`, `now`, `right`, `difference`.
///
/// # Errors
/// When polars refuses.
pub fn broken(
    rule: &BalanceOfChanges,
    frame: &DataFrame,
    last: &[Option<f64>],
) -> PolarsResult<Vec<Broken>> {
    let now = numbers(&rule.now, frame)?;
    let moved = |formula: Option<&Formula>| match formula {
        Some(formula) => numbers(formula, frame),
        None => Ok(vec![Some(0.0); frame.height()]),
    };
    let (plus, minus) = (moved(rule.plus.as_ref())?, moved(rule.minus.as_ref())?);
    let applies = applies(rule.rows.when.as_ref(), frame)?;
    let mut out = Vec::new();
    for row in (0..frame.height()).filter(|row| applies[*row]) {
        let (Some(last), Some(plus), Some(minus), Some(now)) =
            (last[row], plus[row], minus[row], now[row])
        else {
            continue;
        };
        let right = last + plus - minus;
        if !differs(right, now, rule.tolerance) || (rule.less_is_right && now < right) {
            continue;
        }
        out.push(Broken {
            row,
            slots: vec![
                ("last", number(last)),
                ("plus", number(plus)),
                ("minus", number(minus)),
                ("now", number(now)),
                ("right", number(right)),
                ("difference", number(now - right)),
            ],
            expected: None,
            estimated: false,
        });
    }
    Ok(out)
}

/// Runs every `[[balance]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for rule in &given.pipeline.rules.balances {
        let frame = given.frame(rule.rows.scope);
        if frame.height() == 0 {
            continue;
        }
        let last = if rule.from_last_year {
            let Some(years) = last_rows(given, rule.rows.scope)? else {
                continue;
            };
            years.beside(&rule.last)?
        } else {
            numbers(&rule.last, frame)?
        };
        let mut read = vec![&rule.now];
        read.extend(rule.plus.iter().chain(&rule.minus));
        if !rule.from_last_year {
            read.push(&rule.last);
        }
        let broken = broken(rule, frame, &last)?;
        say(given, &rule.text, &rule.rows, &read, broken, findings);
    }
    Ok(())
}
