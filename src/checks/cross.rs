//! `[[cross]]`: a figure that a county states in one table against the sum over its rows of another.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::total::differs;
use super::{Broken, Given, applies, numbers, side_by_side};
use crate::error::Error;
use crate::finding::Finding;
use crate::pipeline::model::{Cross, Scope};
use crate::text::number;

/// For every row: left out by the filter, or the value that is added, missing or not.
///
/// # Errors
/// When polars refuses.
fn filtered(rule: &Cross, frame: &DataFrame) -> PolarsResult<Vec<Option<Option<f64>>>> {
    let values = numbers(&rule.sum, frame)?;
    let keep = applies(rule.filter.as_ref(), frame)?;
    let rows = values.into_iter().zip(keep);
    Ok(rows.map(|(value, keep)| keep.then_some(value)).collect())
}

/// The sum of an example's rows.
///
/// # Errors
/// When polars refuses.
pub fn example_sum(rule: &Cross, frame: &DataFrame) -> PolarsResult<Option<f64>> {
    Ok(filtered(rule, frame)?.into_iter().flatten().sum())
}

/// Whether a stated figure is further from the sum than the rule lets it be.
pub fn apart(rule: &Cross, sum: f64, stated: f64) -> bool {
    differs(sum, stated, rule.tolerance.max(rule.ratio * sum.abs()))
}

/// Runs every `[[cross]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    side_by_side(&given.pipeline.rules.crosses, findings, |rule, findings| {
        let source = &given.dataset.tables[rule.table];
        if source.frame.height() == 0 {
            return Ok(());
        }
        let mut sums: BTreeMap<&str, (Option<f64>, usize)> = BTreeMap::new();
        for (row, value) in source.rows.iter().zip(filtered(rule, &source.frame)?) {
            let entry = sums.entry(&row.county_code).or_insert((Some(0.0), 0));
            if let Some(value) = value {
                entry.0 = entry.0.zip(value).map(|(a, b)| a + b);
                entry.1 += 1;
            }
        }
        compare(given, rule, &sums, findings);
        Ok(())
    })
}

fn compare(
    given: &Given<'_>,
    rule: &Cross,
    sums: &BTreeMap<&str, (Option<f64>, usize)>,
    findings: &mut Vec<Finding>,
) {
    let name = &given.pipeline.tables[rule.against].columns[rule.column].name;
    for (i, row) in given.dataset.tables[rule.against].rows.iter().enumerate() {
        let stated = row.values[rule.column].as_ref().and_then(|v| v.number());
        // A sum with a part missing is unknown, and one over no row says nothing: nothing to compare.
        let (Some(stated), Some((Some(sum), rows))) =
            (stated, sums.get(row.county_code.as_str()).copied())
        else {
            continue;
        };
        if rows == 0 || !apart(rule, sum, stated) {
            continue;
        }
        let subject = given.subject(Scope::Table(rule.against), i);
        let broken = Broken {
            row: i,
            slots: vec![
                ("column", subject.title(name).unwrap_or_default()),
                ("sum", number(sum)),
                ("stated", number(stated)),
                ("difference", number(stated - sum)),
                ("rows", rows.to_string()),
            ],
            expected: Some(sum),
            estimated: false,
        };
        findings.push(subject.finding(&rule.text, std::slice::from_ref(name), broken));
    }
}
