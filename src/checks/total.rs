//! `[[total]]`: a sum over rows against a stated figure: the sheet's own 合计 row, or a figure of the county's list.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::{Subject, finding};
use crate::dataset::Dataset;
use crate::error::Error;
use crate::finding::{Draft, Finding};
use crate::formula::Formula;
use crate::formula::lower::evaluate;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Against, CountyTotal, Total};
use crate::text::number;

/// Whether a stated figure differs from a sum by more than the tolerance.
pub fn differs(sum: f64, stated: f64, tolerance: f64) -> bool {
    (sum - stated).abs() > tolerance + 1e-9 * (sum.abs() + stated.abs())
}

/// The sum of an example's rows: of the rule's formula, or of the first column for a total row.
///
/// # Errors
/// When polars refuses.
pub fn example_sum(rule: &Total, frame: &DataFrame) -> PolarsResult<Option<f64>> {
    match &rule.against {
        Against::TotalRow => {
            let Some(first) = frame.columns().first() else {
                return Ok(None);
            };
            let column = first.cast(&DataType::Float64)?;
            Ok(Some(column.f64()?.iter().flatten().sum()))
        }
        Against::County(total) => {
            let rows: Vec<Option<f64>> = filtered(&total.sum, total.filter.as_ref(), frame)?
                .into_iter()
                .flatten()
                .collect();
            Ok(rows.into_iter().sum())
        }
    }
}

/// For every row: outside the filter, or the formula's value.
fn filtered(
    sum: &Formula,
    filter: Option<&Formula>,
    frame: &DataFrame,
) -> PolarsResult<Vec<Option<Option<f64>>>> {
    let values = evaluate(sum, frame)?.cast(&DataType::Float64)?;
    let values = values.f64()?;
    let keep: Vec<bool> = match filter {
        Some(filter) => evaluate(filter, frame)?
            .bool()?
            .iter()
            .map(|k| k == Some(true))
            .collect(),
        None => vec![true; frame.height()],
    };
    Ok(values
        .iter()
        .zip(keep)
        .map(|(value, keep)| keep.then_some(value))
        .collect())
}

/// Runs every `[[total]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(
    pipeline: &Pipeline,
    dataset: &Dataset,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    for rule in &pipeline.totals {
        match &rule.against {
            Against::TotalRow => total_rows(pipeline, dataset, rule, findings),
            Against::County(total) => {
                let source = &dataset.tables[rule.table];
                if source.frame.height() == 0 {
                    continue;
                }
                let rows = filtered(&total.sum, total.filter.as_ref(), &source.frame)?;
                let mut sums: BTreeMap<&str, (Option<f64>, usize)> = BTreeMap::new();
                for (row, value) in source.rows.iter().zip(rows) {
                    let entry = sums.entry(&row.county_code).or_insert((Some(0.0), 0));
                    if let Some(value) = value {
                        entry.0 = entry.0.zip(value).map(|(a, b)| a + b);
                        entry.1 += 1;
                    }
                }
                against_county(pipeline, dataset, rule, &sums, total, findings);
            }
        }
    }
    Ok(())
}

fn total_rows(pipeline: &Pipeline, dataset: &Dataset, rule: &Total, findings: &mut Vec<Finding>) {
    for total in dataset.totals.iter().filter(|t| t.table == rule.table) {
        if !total
            .sums
            .iter()
            .all(|sum| differs(*sum, total.stated, rule.tolerance))
        {
            continue;
        }
        let title = pipeline.tables[total.table].columns[total.column]
            .title
            .clone();
        // In the unit of the sheet, as the clerk sees it.
        let shown = crate::text::trimmed(&total.raw);
        let factor = shown
            .parse::<f64>()
            .ok()
            .filter(|raw| *raw != 0.0 && total.stated != 0.0)
            .map_or(1.0, |raw| total.stated / raw);
        let sum = total.sums[0] / factor;
        let draft = Draft {
            county_code: Some(total.county_code.clone()),
            place: dataset.place(&[total.cell]),
            column: Some(title.clone()),
            value: Some(shown.clone()),
            expected: Some(number(sum)),
            expected_value: Some(total.sums[0]),
            ..Draft::default()
        };
        let message = rule.text.message.fill(|slot| match slot {
            "column" => title.clone(),
            "sum" => number(sum),
            "stated" => shown.clone(),
            "difference" => number(total.stated / factor - sum),
            _ => total.rows.to_string(),
        });
        findings.push(finding(&rule.text, draft, message));
    }
}

fn against_county(
    pipeline: &Pipeline,
    dataset: &Dataset,
    rule: &Total,
    sums: &BTreeMap<&str, (Option<f64>, usize)>,
    against: &CountyTotal,
    findings: &mut Vec<Finding>,
) {
    let (column, table) = (against.column, against.table);
    for (i, row) in dataset.tables[table].rows.iter().enumerate() {
        let stated = row.values[column].as_ref().and_then(|v| v.number());
        // A sum with a part missing is unknown, and one over no row says nothing: nothing to compare.
        let (Some(stated), Some((Some(sum), rows))) =
            (stated, sums.get(row.county_code.as_str()).copied())
        else {
            continue;
        };
        if rows == 0 || !differs(sum, stated, rule.tolerance) {
            continue;
        }
        let subject = Subject {
            pipeline,
            dataset,
            table,
            row: i,
            unit: None,
        };
        let name = pipeline.tables[table].columns[column].name.clone();
        let title = pipeline.tables[table].columns[column].title.clone();
        let mut draft = subject.draft(&[name]);
        draft.expected = Some(number(sum));
        draft.expected_value = Some(sum);
        let message = rule.text.message.fill(|slot| match slot {
            "column" => title.clone(),
            "sum" => number(sum),
            "stated" => number(stated),
            "difference" => number(stated - sum),
            _ => rows.to_string(),
        });
        findings.push(finding(&rule.text, draft, message));
    }
}
