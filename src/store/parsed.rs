//! What was read of a submission, as one Parquet file: a row for every cell with its place and value, for every record, total,
//! note and finding, so that a file whose bytes were read before is not read again. What an entry hangs on: the file's bytes,
//! its name (sheets without a name are called by it), everything of the pipeline that reading hangs on, and the program.
//! What respondents wrote where a school or a county should stand may be anything: what questionnaires came to is masked, so
//! that only who has the submission itself can read it.

use std::io::Cursor;

use polars::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::entries::{Key, Store};
use crate::finding::{Draft, NOTICES};
use crate::ingest::cell::Value;
use crate::ingest::seal::Seal;
use crate::ingest::{FileRead, Memory, Record, SheetTable};
use crate::pipeline::load::hex;

/// The kind of the entries.
const KIND: &str = "read";

/// What was read before, with the same declarations.
pub struct Parsed<'a> {
    pub store: &'a Store,
    /// Hash of everything of the pipeline that reading hangs on.
    pub reading: &'a str,
}

impl Parsed<'_> {
    /// The key of a file whose bytes have this seal.
    pub fn key(&self, seal: &Seal, name: &str) -> Key {
        let hash = seal.hash();
        let parts = [hash.as_bytes(), name.as_bytes(), self.reading.as_bytes()];
        Key::new(KIND, &parts)
    }
}

impl Memory for Parsed<'_> {
    fn is_blank(&self) -> bool {
        !self.store.has_any(KIND)
    }

    fn recall(&self, file: &mut FileRead, seal: &Seal) -> bool {
        let key = self.key(seal, file.submission.name());
        let Some(kept) = self.store.get(&key) else {
            return false;
        };
        match decoded(&kept, seal, file) {
            Ok(()) => true,
            Err(why) => {
                tracing::warn!(file = file.submission.path, why, "not taken from the store");
                file.sha256.clear();
                file.tables.clear();
                file.answers.clear();
                file.drafts.clear();
                false
            }
        }
    }

    fn keep(&self, file: &FileRead, seal: &Seal) {
        let key = self.key(seal, file.submission.name());
        match encoded(file, seal) {
            Ok(bytes) => self.store.put(&key, &bytes),
            Err(why) => tracing::warn!(file = file.submission.path, why, "not kept in the store"),
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| {
        char::from(c)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some((digit(*high)? << 4) | digit(*low)?),
            _ => None,
        })
        .collect()
}

/// What a row of an entry is.
mod part {
    pub const SHEET: u32 = 0;
    pub const RECORD: u32 = 1;
    pub const PLACE: u32 = 2;
    pub const NUMBER: u32 = 3;
    pub const TEXT: u32 = 4;
    pub const BOOL: u32 = 5;
    pub const DATE: u32 = 6;
    pub const TOTAL: u32 = 7;
    pub const NOTE: u32 = 8;
    pub const DRAFT: u32 = 9;
    pub const FILE_DRAFT: u32 = 10;
    pub const ANSWERS: u32 = 11;
    pub const ANSWERS_DRAFT: u32 = 12;
    /// SHA-256 of the submission; the first row.
    pub const HASH: u32 = 13;
}

/// Stands for no number.
const NONE: u32 = u32::MAX;

/// The rows of an entry, column by column.
#[derive(Default)]
struct Rows {
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
    fn push(
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

    fn json<T: Serialize>(&mut self, part: u32, value: &T) -> Result<(), String> {
        let text = serde_json::to_string(value).map_err(|e| e.to_string())?;
        self.push(part, NONE, None, 0.0, Some(text));
        Ok(())
    }

    fn drafts(&mut self, part: u32, drafts: &[(&'static str, Draft)]) -> Result<(), String> {
        for (rule, draft) in drafts {
            let slots = draft
                .slots
                .iter()
                .map(|(k, v)| ((*k).to_string(), v.clone()));
            let mut draft = draft.clone();
            // The path is that of the file whose bytes are found again.
            draft.place.file = draft.place.file.map(|_| String::new());
            let kept = KeptDraft {
                rule: (*rule).to_string(),
                slots: slots.collect(),
                draft,
            };
            self.json(part, &kept)?;
        }
        Ok(())
    }

    fn table(&mut self, table: &SheetTable) -> Result<(), String> {
        let head = SheetHead {
            sheet: table.sheet.clone(),
            form: table.form,
            table: table.table,
            stage: table.stage,
            needed: table.needed.clone(),
            rest: table.rest,
            shown: table.shown.clone(),
        };
        self.json(part::SHEET, &head)?;
        for record in &table.records {
            self.json(part::RECORD, record)?;
            let count = u32::try_from(record.values.len()).map_err(|e| e.to_string())?;
            // The number of columns stands with the record: those behind the last filled one are part of it.
            if let Some(last) = self.column.last_mut() {
                *last = count;
            }
            for ((column, value), at) in (0..).zip(&record.values).zip(&record.cells) {
                match value {
                    None if at.is_none() => {}
                    None => self.push(part::PLACE, column, *at, 0.0, None),
                    Some(Value::Number(n)) => self.push(part::NUMBER, column, *at, *n, None),
                    Some(Value::Text(t)) => {
                        self.push(part::TEXT, column, *at, 0.0, Some(t.clone()));
                    }
                    Some(Value::Bool(b)) => {
                        self.push(part::BOOL, column, *at, f64::from(u8::from(*b)), None);
                    }
                    Some(Value::Date(d)) => {
                        self.push(part::DATE, column, *at, f64::from(*d), None);
                    }
                }
            }
        }
        for total in &table.totals {
            self.json(part::TOTAL, total)?;
        }
        for note in &table.notes {
            self.json(part::NOTE, note)?;
        }
        self.drafts(part::DRAFT, &table.drafts)
    }

    fn parquet(self) -> PolarsResult<Vec<u8>> {
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

/// A sheet without its records.
#[derive(Serialize, Deserialize)]
struct SheetHead {
    sheet: String,
    form: usize,
    table: usize,
    stage: Option<usize>,
    needed: Vec<(usize, (u32, u32))>,
    rest: Option<u32>,
    shown: Vec<((u32, u32), String)>,
}

/// A finding before its texts are filled in.
#[derive(Serialize, Deserialize)]
struct KeptDraft {
    rule: String,
    slots: Vec<(String, String)>,
    draft: Draft,
}

impl KeptDraft {
    /// `None` when the program has no such notice, or no such slot of it.
    fn restored(self, path: &str) -> Option<(&'static str, Draft)> {
        let (rule, slots) = NOTICES.iter().find(|(rule, _)| *rule == self.rule)?;
        let mut draft = self.draft;
        draft.place.file = draft.place.file.map(|_| path.to_string());
        for (name, value) in self.slots {
            let name = slots.iter().find(|slot| **slot == name)?;
            draft.slots.push((name, value));
        }
        Some((rule, draft))
    }
}

fn encoded(file: &FileRead, seal: &Seal) -> Result<Vec<u8>, String> {
    let mut rows = Rows::default();
    rows.push(part::HASH, NONE, None, 0.0, Some(file.sha256.clone()));
    for table in &file.tables {
        rows.table(table)?;
    }
    for answers in &file.answers {
        let text = serde_json::to_string(answers).map_err(|e| e.to_string())?;
        let masked = hex(&seal.masked(text.as_bytes()));
        rows.push(part::ANSWERS, NONE, None, 0.0, Some(masked));
        rows.drafts(part::ANSWERS_DRAFT, &answers.drafts)?;
    }
    rows.drafts(part::FILE_DRAFT, &file.drafts)?;
    rows.parquet().map_err(|e| e.to_string())
}

fn decoded(bytes: &[u8], seal: &Seal, file: &mut FileRead) -> Result<(), String> {
    let mut frame = ParquetReader::new(Cursor::new(bytes))
        .read_parallel(ParallelStrategy::None)
        .finish()
        .map_err(|e| e.to_string())?;
    frame.rechunk_mut();
    let wrong = |e: PolarsError| e.to_string();
    let numbers = |name: &str| -> Result<Vec<u32>, String> {
        let column = frame.column(name).and_then(|c| c.u32()).map_err(wrong)?;
        Ok(column.into_no_null_iter().collect())
    };
    let (parts, columns) = (numbers("part")?, numbers("column")?);
    let (places, cols) = (numbers("row")?, numbers("col")?);
    let number = frame
        .column("number")
        .and_then(|c| c.f64())
        .map_err(wrong)?;
    let text = frame.column("text").and_then(|c| c.str()).map_err(wrong)?;
    let path = file.submission.path.clone();
    let lost = || "an entry that begins in the middle".to_string();
    let values = number.into_no_null_iter().zip(text.iter());
    let rows = parts
        .into_iter()
        .zip(columns)
        .zip(places.into_iter().zip(cols));
    for (((part, column), (row, col)), (number, text)) in rows.zip(values) {
        let json = text.unwrap_or_default();
        let draft = || -> Result<(&'static str, Draft), String> {
            let kept: KeptDraft = from_json(json)?;
            kept.restored(&path)
                .ok_or_else(|| "an unknown notice".to_string())
        };
        match part {
            part::SHEET => {
                let head: SheetHead = from_json(json)?;
                let mut table = SheetTable::new(&head.sheet, head.form, head.table, head.stage);
                table.needed = head.needed;
                table.rest = head.rest;
                table.shown = head.shown;
                file.tables.push(table);
                continue;
            }
            part::ANSWERS => {
                let masked = unhex(json).ok_or("masked text that is none")?;
                let text = String::from_utf8(seal.masked(&masked)).map_err(|e| e.to_string())?;
                file.answers.push(from_json(&text)?);
                continue;
            }
            part::HASH => {
                file.sha256 = json.to_string();
                continue;
            }
            part::FILE_DRAFT => {
                file.drafts.push(draft()?);
                continue;
            }
            part::ANSWERS_DRAFT => {
                let answers = file.answers.last_mut().ok_or_else(lost)?;
                answers.drafts.push(draft()?);
                continue;
            }
            _ => {}
        }
        let table = file.tables.last_mut().ok_or_else(lost)?;
        let value = match part {
            part::RECORD => {
                let mut record: Record = from_json(json)?;
                record.values = vec![None; column as usize];
                record.cells = vec![None; column as usize];
                table.records.push(record);
                continue;
            }
            part::TOTAL => {
                table.totals.push(from_json(json)?);
                continue;
            }
            part::NOTE => {
                table.notes.push(from_json(json)?);
                continue;
            }
            part::DRAFT => {
                table.drafts.push(draft()?);
                continue;
            }
            part::PLACE => None,
            part::NUMBER => Some(Value::Number(number)),
            part::TEXT => Some(Value::Text(json.to_string())),
            part::BOOL => Some(Value::Bool(number != 0.0)),
            part::DATE => Some(Value::Date(number as i32)),
            other => return Err(format!("a row of kind {other}")),
        };
        let record = table.records.last_mut().ok_or_else(lost)?;
        let place = record.values.get_mut(column as usize);
        *place.ok_or_else(|| format!("a value of column {column}"))? = value;
        record.cells[column as usize] = (row != NONE).then_some((row, col));
    }
    if file.sha256.is_empty() {
        return Err("an entry without its submission's hash".to_string());
    }
    Ok(())
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_or_nothing() {
        assert_eq!(unhex("00ff"), Some(vec![0, 255]));
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex("012"), None);
    }
}
