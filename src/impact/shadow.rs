//! Datasets that hold only what questions change: schools with another number in a cell, and counties with one. The
//! functions that compute the results run over them once for many questions.

use rayon::prelude::*;

use super::county::NewUnit;
use super::{Question, new_units};
use crate::dataset::{County, Dataset, Row, TableData, frame};
use crate::error::Error;
use crate::indicators::criterion::{self, CriterionResult};
use crate::indicators::facts;
use crate::indicators::run_of;
use crate::indicators::split::{self, Units};
use crate::indicators::unit::{self, UnitValue, UnitVerdict};
use crate::ingest::cell::Value;
use crate::pipeline::Pipeline;
use crate::results::Results;

/// Most rows of the school table that one dataset of counties holds.
const ROWS: usize = 4_000;

/// The units of schools with another number in a cell, by question.
#[derive(Default)]
pub(super) struct Schools {
    units: Units,
    values: Vec<UnitValue>,
    verdicts: Vec<UnitVerdict>,
}

impl Schools {
    /// The counted units that the school of a question would have.
    pub fn of(&self, question: usize) -> Vec<NewUnit<'_>> {
        new_units(&self.units, &self.verdicts, &self.values, question)
    }
}

/// An empty dataset with the sheets of another, so that places can be told.
fn empty(pipeline: &Pipeline, results: &Results, counties: Vec<County>) -> Dataset {
    let tables = pipeline.tables.iter();
    Dataset {
        counties,
        sheets: results.dataset.sheets.clone(),
        tables: tables.map(|_| TableData::default()).collect(),
        ..Dataset::default()
    }
}

/// The schools of questions about cells of the school table.
pub(super) fn schools(
    pipeline: &Pipeline,
    results: &Results,
    period: i64,
    questions: &[Question],
) -> Result<Schools, Error> {
    let Some(table) = pipeline.table("school").filter(|_| !questions.is_empty()) else {
        return Ok(Schools::default());
    };
    let mut dataset = empty(pipeline, results, results.dataset.counties.clone());
    let rows = questions.iter().map(|q| changed_row(results, *q));
    dataset.tables[table].rows = rows.collect();
    dataset.tables[table].frame = frame(pipeline, &dataset, table)?;
    let (units, _) = split::units(pipeline, &dataset)?;
    let values = unit::values(pipeline, &dataset, &units, period)?;
    let verdicts = unit::verdicts(pipeline, &units, &values);
    Ok(Schools {
        units,
        values,
        verdicts,
    })
}

/// The row of a question with its number in the cell.
fn changed_row(results: &Results, question: Question) -> Row {
    match question {
        Question::Cell(table, row, column, bits) => {
            let mut row = results.dataset.tables[table].rows[row].clone();
            row.values[column] = Some(Value::Number(f64::from_bits(bits)));
            row
        }
        Question::Without(row) => results.dataset.tables[0].rows[row].clone(),
    }
}

/// The criteria of the counties of questions about cells, by question: every question has a county of its own.
pub(super) fn counties(
    pipeline: &Pipeline,
    results: &Results,
    period: i64,
    questions: &[Question],
) -> Result<Vec<Vec<CriterionResult>>, Error> {
    let dataset = &results.dataset;
    let school = pipeline.table("school").unwrap_or(0);
    let mut batches: Vec<Vec<Question>> = Vec::new();
    let mut rows = 0;
    for question in questions {
        let code = county_code(results, *question);
        let own = rows_of(dataset, school, code).len();
        if batches.is_empty() || rows + own > ROWS {
            batches.push(Vec::new());
            rows = 0;
        }
        rows += own;
        if let Some(last) = batches.last_mut() {
            last.push(*question);
        }
    }
    let made: Result<Vec<Vec<Vec<CriterionResult>>>, Error> = batches
        .par_iter()
        .map(|batch| criteria(pipeline, results, period, batch))
        .collect();
    Ok(made?.into_iter().flatten().collect())
}

fn county_code(results: &Results, question: Question) -> &str {
    match question {
        Question::Cell(table, row, ..) => &results.dataset.tables[table].rows[row].county_code,
        Question::Without(_) => "",
    }
}

fn rows_of<'a>(dataset: &'a Dataset, table: usize, code: &str) -> &'a [Row] {
    run_of(&dataset.tables[table].rows, |r| {
        r.county_code.as_str().cmp(code)
    })
}

fn criteria(
    pipeline: &Pipeline,
    results: &Results,
    period: i64,
    batch: &[Question],
) -> Result<Vec<Vec<CriterionResult>>, Error> {
    // Codes that sort as the questions stand.
    let code = |i: usize| format!("{i:08}");
    let counties = batch.iter().enumerate().filter_map(|(i, q)| {
        let own = results.dataset.county(county_code(results, *q))?;
        Some(County {
            code: code(i),
            ..own.clone()
        })
    });
    let mut dataset = empty(pipeline, results, counties.collect());
    for (i, question) in batch.iter().enumerate() {
        let Question::Cell(changed, at, ..) = *question else {
            continue;
        };
        let own = county_code(results, *question);
        for table in 0..pipeline.tables.len() {
            let all = &results.dataset.tables[table].rows;
            let from = all.partition_point(|r| r.county_code.as_str() < own);
            let rows = rows_of(&results.dataset, table, own);
            for (r, row) in rows.iter().enumerate() {
                let mut row = if (table, from + r) == (changed, at) {
                    changed_row(results, *question)
                } else {
                    row.clone()
                };
                row.county_code = code(i);
                dataset.tables[table].rows.push(row);
            }
        }
    }
    for table in 0..pipeline.tables.len() {
        dataset.tables[table].frame = frame(pipeline, &dataset, table)?;
    }
    let (units, _) = split::units(pipeline, &dataset)?;
    let (facts, _) = facts::facts(pipeline, &dataset, &units, period)?;
    let (all, _) = criterion::results(&criterion::Given {
        pipeline,
        dataset: &dataset,
        units: &units,
        facts: &facts,
        period,
    })?;
    Ok((0..batch.len())
        .map(|i| criterion::of_county(pipeline, &all, i).to_vec())
        .collect())
}
