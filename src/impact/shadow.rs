//! Datasets that hold only what questions change: schools with another number in a cell, and counties with one. The
//! functions that compute the results run over them once for many questions.

use rayon::prelude::*;

use super::county::NewUnit;
use super::{Question, new_units};
use crate::dataset::{County, Dataset, Row, StandIn, TableData, frame};
use crate::error::Error;
use crate::indicators::criterion::{self, CriterionResult};
use crate::indicators::depends::read_by_rows;
use crate::indicators::facts;
use crate::indicators::run_of;
use crate::indicators::split::{self, Units};
use crate::indicators::unit::{self, UnitValue, UnitVerdict};
use crate::ingest::cell::Value;
use crate::pipeline::Pipeline;
use crate::results::Results;

/// Rows of the school table that one dataset of counties holds, and not many more.
const ROWS: usize = 3_000;

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
    let of_rows = read_by_rows(pipeline);
    // What formulas about schools read of their county makes other figures of all its schools: such a county is made anew.
    let (alone, shared): (Vec<usize>, Vec<usize>) = (0..questions.len()).partition(
        |q| matches!(questions[*q], Question::Cell(t, _, c, _) if of_rows.contains(&(t, c))),
    );
    let mut sorted = shared;
    sorted.sort_by_key(|q| (county_code(results, questions[*q]), *q));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut rows = ROWS;
    for own in sorted
        .chunk_by(|a, b| county_code(results, questions[*a]) == county_code(results, questions[*b]))
    {
        rows += rows_of(dataset, school, county_code(results, questions[own[0]])).len();
        if rows > ROWS || batches.is_empty() {
            batches.push(Vec::new());
            rows = 0;
        }
        if let Some(last) = batches.last_mut() {
            last.extend(own);
        }
    }
    batches.extend(alone.into_iter().map(|q| vec![q]));
    let made: Result<Vec<Judged>, Error> = batches
        .par_iter()
        .map(|batch| criteria(pipeline, results, period, questions, batch))
        .collect();
    let mut out = vec![Vec::new(); questions.len()];
    for (q, results) in made?.into_iter().flatten() {
        out[q] = results;
    }
    Ok(out)
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

/// By question the criteria of its county.
type Judged = Vec<(usize, Vec<CriterionResult>)>;

/// The criteria of some questions; those of one county stand together.
fn criteria(
    pipeline: &Pipeline,
    results: &Results,
    period: i64,
    questions: &[Question],
    batch: &[usize],
) -> Result<Judged, Error> {
    // Codes that sort behind the county's own, as the questions stand.
    let code = |i: usize| format!("{}#{i:08}", county_code(results, questions[batch[i]]));
    let mut dataset = empty(pipeline, results, Vec::new());
    for (i, q) in batch.iter().enumerate() {
        if let Some(own) = results.dataset.county(county_code(results, questions[*q])) {
            dataset.counties.push(County {
                code: code(i),
                ..own.clone()
            });
        }
        dataset.stand_ins.push(StandIn {
            county: i,
            of: county_code(results, questions[*q]).to_string(),
            replaced: None,
        });
    }
    let positions: Vec<usize> = (0..batch.len()).collect();
    let same = |a: &usize, b: &usize| {
        county_code(results, questions[batch[*a]]) == county_code(results, questions[batch[*b]])
    };
    for own in positions.chunk_by(same) {
        let county = county_code(results, questions[batch[own[0]]]);
        for (table, declared) in pipeline.tables.iter().enumerate() {
            let from = results.dataset.tables[table]
                .rows
                .partition_point(|r| r.county_code.as_str() < county);
            let rows = rows_of(&results.dataset, table, county);
            let asked: Vec<(usize, Question)> =
                own.iter().map(|i| (*i, questions[batch[*i]])).collect();
            if declared.is_of_counties() {
                // The county's own row, which formulas about its schools read, as its only question has it if there is one.
                own_rows(&mut dataset, results, (table, from), rows, &asked, &code);
            } else {
                shared_rows(&mut dataset, results, (table, from), rows, &asked);
            }
        }
    }
    for table in 0..pipeline.tables.len() {
        dataset.tables[table].frame = frame(pipeline, &dataset, table)?;
    }
    let (units, _) = split::units(pipeline, &dataset)?;
    let (facts, _) = facts::facts(pipeline, &dataset, &units, period)?;
    let all = criterion::judged(&criterion::Given {
        pipeline,
        dataset: &dataset,
        units: &units,
        facts: &facts,
        period,
    })?;
    Ok(batch
        .iter()
        .enumerate()
        .map(|(i, q)| (*q, criterion::of_county(pipeline, &all, i).to_vec()))
        .collect())
}

/// Rows of a table that has one a county: those of the county and of every question.
fn own_rows(
    dataset: &mut Dataset,
    results: &Results,
    (table, from): (usize, usize),
    rows: &[Row],
    asked: &[(usize, Question)],
    code: &impl Fn(usize) -> String,
) {
    let changed = |question: Question, r: usize, row: &Row| match question {
        Question::Cell(t, at, ..) if (t, at) == (table, from + r) => changed_row(results, question),
        _ => row.clone(),
    };
    let list = &mut dataset.tables[table].rows;
    for (r, row) in rows.iter().enumerate() {
        // With one question only the schools are that question's as well.
        list.push(match asked {
            [(_, question)] => changed(*question, r, row),
            _ => row.clone(),
        });
    }
    for (i, question) in asked {
        for (r, row) in rows.iter().enumerate() {
            let mut row = changed(*question, r, row);
            row.county_code = code(*i);
            list.push(row);
        }
    }
}

/// Rows of schools or groups: those of the county once, and behind each those that take its place in some question.
fn shared_rows(
    dataset: &mut Dataset,
    results: &Results,
    (table, from): (usize, usize),
    rows: &[Row],
    asked: &[(usize, Question)],
) {
    for (r, row) in rows.iter().enumerate() {
        let at = dataset.tables[table].rows.len();
        dataset.tables[table].rows.push(row.clone());
        for (i, question) in asked {
            let of_row =
                |q| matches!(q, Question::Cell(t, own, ..) if (t, own) == (table, from + r));
            if of_row(*question) {
                let by = dataset.tables[table].rows.len();
                dataset.stand_ins[*i].replaced = Some((table, at, by));
                dataset.tables[table]
                    .rows
                    .push(changed_row(results, *question));
            }
        }
    }
}
