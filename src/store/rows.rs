//! An entry of the store as one Parquet file: a row for every cell with its place and value, and for everything else as JSON.
//! What the rows mean is not known here.

use std::io::Cursor;

use polars::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Stands for no number.
pub(super) const NONE: u32 = u32::MAX;

/// The rows of an entry, column by column.
#[derive(Default)]
pub(super) struct Rows {
    part: Vec<u32>,
    /// Column of the table.
    column: Vec<u32>,
    /// Place on the sheet, from 0.
    row: Vec<u32>,
    col: Vec<u32>,
    number: Vec<f64>,
    text: Vec<Option<String>>,
}

impl Rows {
    pub(super) fn push(
        &mut self,
        part: u32,
        column: u32,
        at: Option<(u32, u32)>,
        number: f64,
        text: Option<String>,
    ) {
        let (row, col) = at.unwrap_or((NONE, NONE));
        self.part.push(part);
        self.column.push(column);
        self.row.push(row);
        self.col.push(col);
        self.number.push(number);
        self.text.push(text);
    }

    pub(super) fn json<T: Serialize>(&mut self, part: u32, value: &T) -> Result<(), String> {
        let text = serde_json::to_string(value).map_err(|e| e.to_string())?;
        self.push(part, NONE, None, 0.0, Some(text));
        Ok(())
    }

    /// Gives the row before another column number.
    pub(super) fn column_of_last(&mut self, column: u32) {
        if let Some(last) = self.column.last_mut() {
            *last = column;
        }
    }

    pub(super) fn parquet(self) -> Result<Vec<u8>, String> {
        self.written().map_err(|e| e.to_string())
    }

    fn written(self) -> PolarsResult<Vec<u8>> {
        let mut frame = DataFrame::new_infer_height(vec![
            Column::new("part".into(), self.part),
            Column::new("column".into(), self.column),
            Column::new("row".into(), self.row),
            Column::new("col".into(), self.col),
            Column::new("number".into(), self.number),
            Column::new("text".into(), self.text),
        ])?;
        let mut bytes = Cursor::new(Vec::new());
        ParquetWriter::new(&mut bytes)
            .with_compression(ParquetCompression::Snappy)
            .set_parallel(false)
            .finish(&mut frame)?;
        Ok(bytes.into_inner())
    }
}

/// One row of an entry.
pub(super) struct Row<'a> {
    pub(super) part: u32,
    pub(super) column: u32,
    pub(super) at: Option<(u32, u32)>,
    pub(super) number: f64,
    /// Empty where it has none.
    pub(super) text: &'a str,
}

/// Gives the rows of an entry one by one; an error of `take` ends that.
pub(super) fn each(
    bytes: &[u8],
    mut take: impl FnMut(&Row<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut frame = ParquetReader::new(Cursor::new(bytes))
        .read_parallel(ParallelStrategy::None)
        .finish()
        .map_err(|e| e.to_string())?;
    frame.rechunk_mut();
    let wrong = |e: PolarsError| e.to_string();
    let numbers = |name: &str| frame.column(name).and_then(|c| c.u32()).map_err(wrong);
    let (parts, columns) = (numbers("part")?, numbers("column")?);
    let (rows, cols) = (numbers("row")?, numbers("col")?);
    let number = frame
        .column("number")
        .and_then(|c| c.f64())
        .map_err(wrong)?;
    let text = frame.column("text").and_then(|c| c.str()).map_err(wrong)?;
    let kinds = parts.into_no_null_iter().zip(columns.into_no_null_iter());
    let places = rows.into_no_null_iter().zip(cols.into_no_null_iter());
    let values = number.into_no_null_iter().zip(text.iter());
    for (((part, column), (row, col)), (number, text)) in kinds.zip(places).zip(values) {
        take(&Row {
            part,
            column,
            at: (row != NONE).then_some((row, col)),
            number,
            text: text.unwrap_or_default(),
        })?;
    }
    Ok(())
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}
