//! A table's rows as a polars frame.

use polars::prelude::*;

use super::{Dataset, Row};
use crate::error::Error;
use crate::ingest::cell::Value;
use crate::pipeline::Pipeline;
use crate::pipeline::model::Kind;
use crate::pipeline::valid::{COUNTY_CODE, COUNTY_NAME};

/// A table as a frame: county code and name, then the declared columns.
pub(super) fn frame(
    pipeline: &Pipeline,
    dataset: &Dataset,
    table: usize,
) -> Result<DataFrame, Error> {
    let rows = &dataset.tables[table].rows;
    let mut columns: Vec<Column> = Vec::new();
    let codes: Vec<&str> = rows.iter().map(|r| r.county_code.as_str()).collect();
    let names: Vec<&str> = codes.iter().map(|c| dataset.county_name(c)).collect();
    columns.push(Column::new(COUNTY_CODE.into(), codes));
    columns.push(Column::new(COUNTY_NAME.into(), names));
    for (c, column) in pipeline.tables[table].columns.iter().enumerate() {
        let name: PlSmallStr = column.name.as_str().into();
        let cell = |r: &Row| r.values[c].clone();
        let made = match column.kind {
            Kind::Text | Kind::Code(_) | Kind::Choice(_) => {
                let values: Vec<Option<String>> = rows
                    .iter()
                    .map(|r| cell(r).and_then(|v| v.text().map(str::to_string)))
                    .collect();
                Column::new(name, values)
            }
            Kind::YesNo => {
                let values: Vec<Option<bool>> = rows
                    .iter()
                    .map(|r| match cell(r) {
                        Some(Value::Bool(b)) => Some(b),
                        _ => None,
                    })
                    .collect();
                Column::new(name, values)
            }
            Kind::Date => {
                let values: Vec<Option<i32>> = rows
                    .iter()
                    .map(|r| match cell(r) {
                        Some(Value::Date(d)) => Some(d),
                        _ => None,
                    })
                    .collect();
                Column::new(name, values).cast(&DataType::Date)?
            }
            Kind::Count | Kind::Year => {
                let values: Vec<Option<i64>> = rows
                    .iter()
                    .map(|r| cell(r).and_then(|v| v.number()).map(|n| n as i64))
                    .collect();
                Column::new(name, values)
            }
            Kind::Number | Kind::Percent => {
                let values: Vec<Option<f64>> = rows
                    .iter()
                    .map(|r| cell(r).and_then(|v| v.number()))
                    .collect();
                Column::new(name, values)
            }
        };
        columns.push(made);
    }
    Ok(DataFrame::new(rows.len(), columns)?)
}
