//! `[[must]]`: a condition that every row must hold, with an optional `when`. A row where the condition is unknown
//! (something is missing) is not broken.

use polars::prelude::*;

use super::{Broken, Given, applies, numbers_or_none, say};
use crate::error::Error;
use crate::finding::Finding;
use crate::formula::lower::evaluate;
use crate::pipeline::model::Must;

/// The rows that break the rule.
///
/// # Errors
/// When polars refuses.
pub fn broken(rule: &Must, frame: &DataFrame) -> PolarsResult<Vec<Broken>> {
    let must = evaluate(&rule.must, frame)?;
    let applies = applies(rule.rows.when.as_ref(), frame)?;
    let expected = numbers_or_none(rule.expected.as_ref(), frame)?;
    let rows = must.bool()?.iter().zip(applies).enumerate();
    Ok(rows
        .filter(|(_, (must, applies))| *must == Some(false) && *applies)
        .map(|(row, _)| Broken {
            row,
            expected: expected[row],
            ..Broken::default()
        })
        .collect())
}

/// Runs every `[[must]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for rule in &given.pipeline.rules.musts {
        let frame = given.frame(rule.rows.scope);
        if frame.height() > 0 {
            let broken = broken(rule, frame)?;
            say(
                given,
                &rule.text,
                &rule.rows,
                &[&rule.must],
                broken,
                findings,
            );
        }
    }
    Ok(())
}
