//! `[[unit_error]]`: a figure in another unit than the rest: a thousand times last year's, or ten times what units of its size
//! have.

use super::peers::groups;
use super::range::{rough, short};
use super::statistics::{UnitError as Misfit, size_residuals, unit_change, unit_misfit};
use super::years::last_rows;
use super::{Broken, Given, applies, numbers, say, side_by_side};
use crate::error::Error;
use crate::finding::Finding;
use crate::pipeline::model::UnitError;

/// Up to so many points a line goes through all pairs.
pub const ALL_PAIRS: usize = 1000;

/// Whether a figure is a power of ten away from last year's.
pub fn is_beside_last_year(rule: &UnitError, last: f64, now: f64) -> bool {
    unit_change(last, now, rule.decades).is_some()
}

/// Which figures are a power of ten away from what their size lets expect, with that figure.
pub fn misfits(rule: &UnitError, sizes: &[f64], values: &[f64]) -> Vec<Option<(f64, Misfit)>> {
    let residuals = size_residuals(sizes, values, ALL_PAIRS);
    let units = residuals.units.iter().zip(values);
    units
        .map(|(unit, value)| {
            let fitted = unit.as_ref()?.fitted;
            let misfit = unit_misfit(fitted, *value, rule.factor)?;
            (misfit.log10 > 0.0 || !rule.too_large_only).then_some((fitted, misfit))
        })
        .collect()
}

/// Runs every `[[unit_error]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    side_by_side(
        &given.pipeline.rules.unit_errors,
        findings,
        |rule, findings| {
            let frame = given.frame(rule.rows.scope);
            if frame.height() == 0 {
                return Ok(());
            }
            let values = numbers(&rule.value, frame)?;
            let sizes = numbers(&rule.size, frame)?;
            let applies = applies(rule.rows.when.as_ref(), frame)?;
            let last = match last_rows(given, rule.rows.scope)? {
                Some(years) => years.beside(&rule.value)?,
                None => vec![None; values.len()],
            };
            let mut broken: Vec<Broken> = Vec::new();
            for row in (0..values.len()).filter(|row| applies[*row]) {
                if let (Some(last), Some(now)) = (last[row], values[row])
                    && let Some(misfit) = unit_change(last, now, rule.decades)
                {
                    let source = given.pipeline.word("source_last_year");
                    broken.push(say_misfit(given, rule, row, (now, last), &misfit, source));
                }
            }
            // What last year vouches for is not held against its size.
            let known = |row: usize| last[row].is_some_and(|l| l > 0.0);
            for group in groups(given, rule.peers, &sizes, &values, &applies) {
                let source = given.pipeline.word(group.source);
                let misfits = misfits(rule, &group.sizes, &group.values);
                for (i, misfit) in misfits.into_iter().enumerate() {
                    let row = group.rows[i];
                    let Some((fitted, misfit)) = misfit.filter(|_| group.judged[i] && !known(row))
                    else {
                        continue;
                    };
                    let figures = (group.values[i], fitted);
                    broken.push(say_misfit(given, rule, row, figures, &misfit, source));
                }
            }
            broken.sort_by_key(|b| b.row);
            let read = [&rule.value, &rule.size];
            say(given, &rule.text, &rule.rows, &read, broken, findings);
            Ok(())
        },
    )
}

/// Slots `value`, `compared`, `times`, `power`, `source`; what would be right is the value brought back by the power of ten.
fn say_misfit(
    given: &Given<'_>,
    rule: &UnitError,
    row: usize,
    (value, compared): (f64, f64),
    misfit: &Misfit,
    source: &str,
) -> Broken {
    Broken {
        row,
        slots: vec![
            ("value", short(value)),
            ("compared", rough(compared)),
            ("times", rough(value / compared)),
            ("power", short(misfit.factor)),
            ("source", source.to_string()),
        ],
        expected: own_column(given, rule.rows.scope, row, &rule.rows.cells)
            .map(|own| own * misfit.suggestion / value),
        estimated: false,
    }
}

/// The value of the first cell's own column, whole school or not.
pub(super) fn own_column(
    given: &Given<'_>,
    scope: crate::pipeline::model::Scope,
    row: usize,
    cells: &[String],
) -> Option<f64> {
    let subject = given.subject(scope, row);
    let column = subject.column(cells.first()?)?;
    let row = &given.dataset.tables[subject.table].rows[subject.row];
    row.values[column].as_ref()?.number()
}
