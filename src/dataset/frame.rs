//! A table's rows as a polars frame.

use polars::prelude::*;
use rayon::prelude::*;

use super::{Dataset, Row};
use crate::error::Error;
use crate::ingest::cell::Value;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{self, Kind};
use crate::pipeline::valid::{COUNTY_CODE, COUNTY_NAME};

/// A table as a frame: county code and name, then the declared columns.
///
/// # Errors
/// When polars refuses.
pub fn frame(pipeline: &Pipeline, dataset: &Dataset, table: usize) -> Result<DataFrame, Error> {
    let rows = &dataset.tables[table].rows;
    let codes: Vec<&str> = rows.iter().map(|r| r.county_code.as_str()).collect();
    let names: Vec<&str> = codes.iter().map(|c| dataset.county_name(c)).collect();
    let mut columns = vec![
        Column::new(COUNTY_CODE.into(), codes),
        Column::new(COUNTY_NAME.into(), names),
    ];
    let made = |(c, column): (usize, &model::Column)| -> PolarsResult<Column> {
        let name: PlSmallStr = column.name.as_str().into();
        Ok(match column.kind {
            Kind::Text | Kind::Code(_) | Kind::Choice(_) => {
                Column::new(name, cells(rows, c, Value::text))
            }
            Kind::YesNo => Column::new(name, cells(rows, c, Value::yes)),
            Kind::Date => {
                let days = cells(rows, c, |v| match v {
                    Value::Date(d) => Some(*d),
                    _ => None,
                });
                Column::new(name, days).cast(&DataType::Date)?
            }
            Kind::Count | Kind::Year => {
                Column::new(name, cells(rows, c, |v| v.number().map(|n| n as i64)))
            }
            Kind::Number | Kind::Percent => Column::new(name, cells(rows, c, Value::number)),
        })
    };
    let declared = pipeline.tables[table].columns.par_iter().enumerate();
    columns.extend(declared.map(made).collect::<PolarsResult<Vec<_>>>()?);
    Ok(DataFrame::new(rows.len(), columns)?)
}

/// One column of all rows, missing where a row has no such value.
fn cells<'a, T>(rows: &'a [Row], c: usize, of: impl Fn(&'a Value) -> Option<T>) -> Vec<Option<T>> {
    rows.iter()
        .map(|r| r.values[c].as_ref().and_then(&of))
        .collect()
}
