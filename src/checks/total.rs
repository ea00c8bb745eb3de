//! `[[total]]`: the sheet's own 合计 row against the rows that it adds up.

use polars::prelude::*;

use super::{Given, finding};
use crate::finding::{Draft, Finding};
use crate::pipeline::model::Total;
use crate::text::number;

/// Whether a stated figure differs from a sum by more than the tolerance.
pub fn differs(sum: f64, stated: f64, tolerance: f64) -> bool {
    (sum - stated).abs() > tolerance + 1e-9 * (sum.abs() + stated.abs())
}

/// The sum of an example's rows: of the first column.
///
/// # Errors
/// When polars refuses.
pub fn example_sum(frame: &DataFrame) -> PolarsResult<Option<f64>> {
    let Some(first) = frame.columns().first() else {
        return Ok(None);
    };
    let column = first.cast(&DataType::Float64)?;
    Ok(Some(column.f64()?.iter().flatten().sum()))
}

/// Runs every `[[total]]`.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) {
    for rule in &given.pipeline.rules.totals {
        total_rows(given, rule, findings);
    }
}

fn total_rows(given: &Given<'_>, rule: &Total, findings: &mut Vec<Finding>) {
    let dataset = given.dataset;
    for total in dataset.totals.iter().filter(|t| t.table == rule.table) {
        let apart = |sum: &f64| differs(*sum, total.stated, rule.tolerance);
        if !total.sums.iter().all(apart) {
            continue;
        }
        let column = &given.pipeline.tables[total.table].columns[total.column];
        // In the unit of the sheet, as the clerk sees it.
        let shown = crate::text::trimmed(&total.raw);
        let factor = crate::text::written_figure(&total.raw)
            .filter(|raw| *raw != 0.0 && total.stated != 0.0)
            .map_or(1.0, |raw| total.stated / raw);
        let sum = total.sums[0] / factor;
        let draft = Draft {
            county_code: Some(total.county_code.clone()),
            place: dataset.place(&[total.cell]),
            column: Some(column.title.clone()),
            value: Some(shown.clone()),
            expected: Some(number(sum)),
            expected_value: Some(total.sums[0]),
            ..Draft::default()
        };
        let message = rule.text.message.fill(|slot| match slot {
            "column" => column.title.clone(),
            "sum" => number(sum),
            "stated" => shown.clone(),
            "difference" => number(total.stated / factor - sum),
            _ => total.rows.to_string(),
        });
        findings.push(finding(&rule.text, draft, message));
    }
}
