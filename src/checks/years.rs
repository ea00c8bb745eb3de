//! Which row of last year a row of this year is: the same county and school (and stage), by code, else by name. A row whose code
//! or name stands for several is nobody's.

use std::collections::{HashMap, HashSet};

use polars::prelude::*;

use super::{Given, numbers};
use crate::dataset::{SCHOOL_CODE, SCHOOL_NAME};
use crate::formula::Formula;
use crate::pipeline::model::Scope;
use crate::pipeline::valid::{COUNTY_CODE, STAGE};

/// Last year's rows of a scope.
pub(super) struct LastRows<'a> {
    pub frame: &'a DataFrame,
    /// By row of this year.
    pub rows: Vec<Option<usize>>,
    pub period: i64,
}

impl LastRows<'_> {
    /// A formula's values of last year, by row of last year.
    ///
    /// # Errors
    /// When polars refuses.
    pub fn values(&self, formula: &Formula) -> PolarsResult<Vec<Option<f64>>> {
        numbers(formula, &with_columns(self.frame, formula)?)
    }

    /// The same by row of this year.
    ///
    /// # Errors
    /// When polars refuses.
    pub fn beside(&self, formula: &Formula) -> PolarsResult<Vec<Option<f64>>> {
        let then = self.values(formula)?;
        let of = |at: &Option<usize>| at.and_then(|at| then[at]);
        Ok(self.rows.iter().map(of).collect())
    }
}

/// A frame with every column that a formula reads: missing where an earlier year does not have it.
fn with_columns(frame: &DataFrame, formula: &Formula) -> PolarsResult<DataFrame> {
    let mut out = frame.clone();
    for name in &formula.columns {
        if out.column(name).is_err() {
            let nothing = vec![None::<f64>; frame.height()];
            out.with_column(Column::new(name.as_str().into(), nothing))?;
        }
    }
    Ok(out)
}

type Key = (String, String, String);

/// Last year's rows beside this year's; `None` without an earlier year.
///
/// # Errors
/// When polars refuses.
pub(super) fn last_rows<'a>(given: &Given<'a>, scope: Scope) -> PolarsResult<Option<LastRows<'a>>> {
    let Some(last) = given.last_year else {
        return Ok(None);
    };
    let frame = match scope {
        Scope::Unit => &last.units,
        Scope::Table(t) => match last.tables.get(t) {
            Some(frame) => frame,
            None => return Ok(None),
        },
    };
    if frame.height() == 0 {
        return Ok(None);
    }
    let now = given.frame(scope);
    let mut rows = vec![None; now.height()];
    for name in [SCHOOL_CODE, SCHOOL_NAME] {
        let (now, then) = (keys(now, name)?, keys(frame, name)?);
        let (now_at, then_at) = (single(&now), single(&then));
        // Whom a code has found is nobody else by name.
        let taken: HashSet<usize> = rows.iter().copied().flatten().collect();
        for (row, key) in now.iter().enumerate() {
            let Some(key) = key.as_ref().filter(|_| rows[row].is_none()) else {
                continue;
            };
            let alone = now_at.get(key).copied().flatten().is_some();
            let found = then_at.get(key).copied().flatten();
            rows[row] = found.filter(|at| alone && !taken.contains(at));
        }
    }
    Ok(Some(LastRows {
        frame,
        rows,
        period: last.period,
    }))
}

/// The rows by key; `None` for a key of several.
fn single(keys: &[Option<Key>]) -> HashMap<&Key, Option<usize>> {
    let mut out: HashMap<&Key, Option<usize>> = HashMap::new();
    for (row, key) in keys.iter().enumerate() {
        if let Some(key) = key {
            out.entry(key)
                .and_modify(|at| *at = None)
                .or_insert(Some(row));
        }
    }
    out
}

/// County, name or code of the school, stage: what a table does not have is empty, what a row does not have makes it nobody.
fn keys(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<Key>>> {
    let texts = |name: &str| -> PolarsResult<Option<StringChunked>> {
        match frame.column(name) {
            Ok(column) => Ok(Some(column.cast(&DataType::String)?.str()?.clone())),
            Err(_) => Ok(None),
        }
    };
    let (county, entity, stage) = (texts(COUNTY_CODE)?, texts(name)?, texts(STAGE)?);
    let part = |column: &Option<StringChunked>, row: usize| match column {
        Some(column) => column.get(row).map(str::to_string),
        None => Some(String::new()),
    };
    let rows = 0..frame.height();
    Ok(rows
        .map(|row| Some((part(&county, row)?, part(&entity, row)?, part(&stage, row)?)))
        .collect())
}
