//! `[[subset]]`: a part that is more than its whole. A row where one of them is missing is not broken.

use polars::prelude::*;

use super::range::short;
use super::{Broken, Given, applies, numbers, say};
use crate::error::Error;
use crate::finding::Finding;
use crate::formula::lower::at_most;
use crate::pipeline::model::Subset;

/// The rows whose part is more than the whole; slots `part`, `whole`, `excess`.
///
/// # Errors
/// When polars refuses.
pub fn broken(rule: &Subset, frame: &DataFrame) -> PolarsResult<Vec<Broken>> {
    let parts = numbers(&rule.part, frame)?;
    let wholes = numbers(&rule.whole, frame)?;
    let applies = applies(rule.rows.when.as_ref(), frame)?;
    let rows = parts.into_iter().zip(wholes).zip(applies).enumerate();
    Ok(rows
        .filter_map(|(row, ((part, whole), applies))| {
            let (part, whole) = (part?, whole?);
            (applies && !at_most(part, whole)).then(|| Broken {
                row,
                slots: vec![
                    ("part", short(part)),
                    ("whole", short(whole)),
                    ("excess", short(part - whole)),
                ],
                expected: None,
                estimated: false,
            })
        })
        .collect())
}

/// Runs every `[[subset]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for rule in &given.pipeline.rules.subsets {
        let frame = given.frame(rule.rows.scope);
        if frame.height() > 0 {
            let read = [&rule.part, &rule.whole];
            let broken = broken(rule, frame)?;
            say(given, &rule.text, &rule.rows, &read, broken, findings);
        }
    }
    Ok(())
}
