//! A criterion's condition on every school or unit: which rows meet it, which do not, of which it cannot be known.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::Verdict;
use super::facts::{Facts, Members, is_of_groups, row_list, rows_frame};
use super::figure::{Basis, Threshold, agreed, conditions, numbers, thresholds};
use super::missing::{school_column, school_columns};
use super::split::Units;
use crate::dataset::{Dataset, Row};
use crate::error::Error;
use crate::formula::Formula;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{BoundValue, SchoolCheck, Scope};

/// One row that the check is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckedRow {
    /// Index into the units or the table's rows.
    pub row: usize,
    pub value: Option<f64>,
    pub limit: Option<Threshold>,
    /// Unknown where the value is missing or the limits that may hold do not agree.
    pub met: Option<bool>,
    /// Whether it is known that the check is about it.
    pub applies: bool,
    /// What it counts in the total when not met.
    pub weight: Option<f64>,
}

/// A check in one county.
#[derive(Debug, Clone, Default)]
pub struct CheckResult {
    /// How many rows it is about.
    pub count: usize,
    /// Those that do not meet it, and those of which it cannot be known.
    pub rows: Vec<CheckedRow>,
    /// Of those that meet it the first that is nearest to failing, and how far that is.
    pub nearest: Option<(usize, f64)>,
    /// Total of what fails: schools, classes.
    pub failing: Option<f64>,
    pub basis: Option<Basis>,
    pub verdict: Option<Verdict>,
}

impl CheckResult {
    /// Counts a row in, where the check is about it.
    fn take(&mut self, check: &SchoolCheck, checked: Option<CheckedRow>) {
        let Some(checked) = checked else {
            return;
        };
        self.count += 1;
        if checked.met != Some(true) {
            self.rows.push(checked);
            return;
        }
        let (Some(limit), Some(value)) = (checked.limit, checked.value) else {
            return;
        };
        let slack = limit.slack(value, check.better);
        // A count that is at its limit of 0 says nothing about distance.
        let says = limit.value != 0.0 || slack > 0.0;
        let nearer = |(_, least): (usize, f64)| slack.total_cmp(&least).is_lt();
        if says && self.nearest.is_none_or(nearer) {
            self.nearest = Some((checked.row, slack));
        }
    }

    /// Rows of which it cannot be known.
    pub fn unknown(&self) -> impl Iterator<Item = &CheckedRow> {
        self.rows.iter().filter(|r| r.met.is_none())
    }

    /// Rows that do not meet it.
    pub fn broken(&self) -> impl Iterator<Item = &CheckedRow> {
        self.rows.iter().filter(|r| r.met == Some(false))
    }
}

/// All formulas of a check over its rows.
pub fn formulas(check: &SchoolCheck) -> Vec<&Formula> {
    let mut out = vec![&check.value];
    out.extend(&check.when);
    out.extend(&check.weight);
    for bound in &check.limits {
        out.extend(&bound.when);
        if let BoundValue::Formula(formula) = &bound.value {
            out.push(formula);
        }
    }
    out
}

/// The check on every row of a frame; `None` for rows that it is not about. Without a period limits of all years hold.
///
/// # Errors
/// When polars refuses.
pub fn rows(
    check: &SchoolCheck,
    frame: &DataFrame,
    period: Option<i64>,
) -> PolarsResult<Vec<Option<CheckedRow>>> {
    let when = conditions(check.when.as_ref(), frame)?;
    let values = numbers(&check.value, frame)?;
    let limits = thresholds(&check.limits, frame, period)?;
    let weights = match &check.weight {
        Some(formula) => numbers(formula, frame)?,
        None => vec![Some(1.0); frame.height()],
    };
    Ok((0..frame.height())
        .map(|row| {
            if when[row] == Some(false) {
                return None;
            }
            let met = match values[row].filter(|_| when[row] == Some(true)) {
                Some(value) => match agreed(&limits[row], value, check.better) {
                    Verdict::Met => Some(true),
                    Verdict::NotMet => Some(false),
                    Verdict::Incomplete => None,
                },
                None => None,
            };
            Some(CheckedRow {
                row,
                value: values[row],
                limit: limits[row].last().copied(),
                met,
                applies: when[row] == Some(true),
                weight: weights[row],
            })
        })
        .collect())
}

/// The check on every row of its scope, which `list` holds, as above. Of rows that two sheets give differently it cannot be known.
///
/// # Errors
/// When polars refuses.
pub fn all_rows(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    check: &SchoolCheck,
    list: &[&Row],
    period: i64,
) -> Result<Vec<Option<CheckedRow>>, Error> {
    let frame = rows_frame(pipeline, dataset, units, check.of, period, &formulas(check))?;
    let mut out = rows(check, &frame, Some(period))?;
    for (row, checked) in list.iter().zip(&mut out) {
        if let Some(checked) = checked.as_mut().filter(|_| row.conflict) {
            checked.met = None;
            checked.value = None;
        }
    }
    Ok(out)
}

/// The column of the school's or the group's table behind a column of a row.
pub fn row_column(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    of: Scope,
    row: usize,
    name: &str,
) -> Option<usize> {
    match of {
        Scope::Table(t) => pipeline.tables[t].position(name),
        Scope::Unit => {
            let table = pipeline.table("school")?;
            let unit = &units.list[row];
            let row = &dataset.tables[table].rows[unit.school];
            school_column(pipeline, table, row, unit.stage, name)
        }
    }
}

/// A check for every county.
///
/// # Errors
/// When polars refuses.
pub fn results(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    facts: &Facts,
    check: &SchoolCheck,
    members: &Members,
    period: i64,
) -> Result<Vec<CheckResult>, Error> {
    let list = row_list(pipeline, dataset, units, check.of);
    // The columns of the cells hang on the stage alone.
    let mut columns: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    let mut out: Vec<CheckResult> = vec![CheckResult::default(); dataset.counties.len()];
    // What is not known of a part of the schools is not known; groups are there or not.
    let coverage = &facts.coverage;
    let of_groups = is_of_groups(pipeline, check.of);
    let mut whole = vec![false; dataset.counties.len()];
    if !of_groups {
        for (county, whole) in whole.iter_mut().enumerate() {
            let open = check.of == Scope::Unit && coverage.open[county] > 0;
            *whole = coverage.whole[county] && !open;
        }
    }
    let mut carried = vec![false; dataset.counties.len()];
    let all = all_rows(pipeline, dataset, units, check, &list, period)?;
    for (row, checked) in all.into_iter().enumerate() {
        let stage = (check.of == Scope::Unit).then(|| units.list[row].stage);
        let columns = columns.entry(stage).or_insert_with(|| {
            let names = check.cells.iter();
            match (check.of, stage, pipeline.table("school")) {
                (Scope::Unit, Some(stage), Some(table)) => names
                    .flat_map(|name| school_columns(pipeline, table, stage, name))
                    .flatten()
                    .collect(),
                _ => names
                    .filter_map(|name| row_column(pipeline, dataset, units, check.of, row, name))
                    .collect(),
            }
        });
        let carries = columns.iter().any(|c| list[row].cells.at(*c).is_some());
        for county in members.of(row).iter().copied() {
            whole[county] |= of_groups;
            carried[county] |= carries;
            out[county].take(check, checked);
        }
    }
    let stated = match &check.failing {
        Some(formula) => numbers(formula, &facts.frame)?,
        None => vec![None; dataset.counties.len()],
    };
    for (county, result) in out.iter_mut().enumerate() {
        // The county's own count stands only where no sheet carries the figures.
        if let Some(failing) = stated[county].filter(|_| !carried[county]) {
            result.failing = Some(failing);
            result.basis = Some(Basis::Stated);
            result.verdict = Some(if failing > 0.0 {
                Verdict::NotMet
            } else {
                Verdict::Met
            });
            continue;
        }
        if !whole[county] || result.unknown().next().is_some() {
            result.verdict = Some(Verdict::Incomplete);
            continue;
        }
        // An empty sum of floats is −0.
        let failing: Option<f64> = result.broken().map(|r| r.weight).sum();
        result.failing = failing.map(|f| f + 0.0);
        result.basis = Some(Basis::Computed);
        result.verdict = Some(if result.broken().next().is_some() {
            Verdict::NotMet
        } else {
            Verdict::Met
        });
    }
    Ok(out)
}
