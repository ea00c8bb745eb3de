//! What was read of a submission, as one Parquet file: a row for every cell with its place and value, for every record, total,
//! note and finding, so that a file whose bytes were read before is not read again. What an entry hangs on: the file's bytes,
//! its name (sheets without a name are called by it), everything of the pipeline that reading hangs on, and the program.
//! What respondents wrote where a school or a county should stand may be anything: what questionnaires came to is masked, so
//! that only who has the submission itself can read it.

use serde::{Deserialize, Serialize};

use super::entries::{Key, Store};
use super::rows::{NONE, Rows, each, from_json};
use super::sheets;
use crate::finding::{Draft, NOTICES};
use crate::ingest::cell::Value;
use crate::ingest::record::{Cells, Values};
use crate::ingest::seal::Seal;
use crate::ingest::workbook::BookRead;
use crate::ingest::{FileRead, Memory, Record, SheetTable};
use crate::pipeline::load::hex;

/// The kinds of the entries.
const READ: &str = "read";
const SHEETS: &str = "sheets";

/// What was read before, with the same declarations.
pub struct Parsed<'a> {
    pub store: &'a Store,
    /// What of the pipeline the reading hangs on.
    pub hangs_on: &'a HangsOn,
}

/// Everything of a pipeline that reading hangs on, as hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HangsOn {
    /// What is read of a submission.
    pub reading: String,
    /// What its sheets are, before any form but questionnaires is looked for.
    pub sheets: String,
}

/// How much of a submission is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Nothing,
    /// Its sheets: forms are looked for in them, the submission is not opened.
    Sheets,
    /// All that was read of it.
    All,
}

impl Parsed<'_> {
    /// How much is known of a file whose bytes have this seal.
    pub fn known(&self, seal: &Seal, name: &str) -> Known {
        let there = |kind| self.store.has(&self.key(kind, seal, name));
        match (there(READ), there(SHEETS)) {
            (true, _) => Known::All,
            (false, true) => Known::Sheets,
            (false, false) => Known::Nothing,
        }
    }

    fn key(&self, kind: &str, seal: &Seal, name: &str) -> Key {
        let hangs_on = match kind {
            SHEETS => &self.hangs_on.sheets,
            _ => &self.hangs_on.reading,
        };
        let hash = seal.hash();
        Key::new(
            kind,
            &[hash.as_bytes(), name.as_bytes(), hangs_on.as_bytes()],
        )
    }

    fn put(&self, kind: &str, file: &FileRead, seal: &Seal, entry: Result<Vec<u8>, String>) {
        let key = self.key(kind, seal, file.submission.name());
        match entry {
            Ok(bytes) => self.store.put(&key, &bytes),
            Err(why) => tracing::warn!(file = file.submission.path, why, "not kept in the store"),
        }
    }
}

impl Memory for Parsed<'_> {
    fn is_blank(&self) -> bool {
        ![READ, SHEETS].iter().any(|kind| self.store.has_any(kind))
    }

    fn recall(&self, file: &mut FileRead, seal: &Seal) -> bool {
        let key = self.key(READ, seal, file.submission.name());
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
        self.put(READ, file, seal, encoded(file, seal));
    }

    fn recall_sheets(&self, file: &mut FileRead, seal: &Seal) -> Option<BookRead> {
        let key = self.key(SHEETS, seal, file.submission.name());
        match sheets::decoded(&self.store.get(&key)?, seal) {
            Ok((sha256, book)) => {
                file.sha256 = sha256;
                Some(book)
            }
            Err(why) => {
                tracing::warn!(file = file.submission.path, why, "not taken from the store");
                None
            }
        }
    }

    fn keep_sheets(&self, file: &FileRead, book: &BookRead, seal: &Seal) {
        let entry = sheets::encoded(book, &file.sha256, seal);
        self.put(SHEETS, file, seal, entry);
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

impl Rows {
    pub(super) fn drafts(
        &mut self,
        part: u32,
        drafts: &[(&'static str, Draft)],
    ) -> Result<(), String> {
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
            self.column_of_last(count);
            for ((column, value), at) in (0..).zip(record.values.iter()).zip(record.cells.iter()) {
                match value {
                    None if at.is_none() => {}
                    None => self.push(part::PLACE, column, at, 0.0, None),
                    Some(Value::Number(n)) => self.push(part::NUMBER, column, at, *n, None),
                    Some(Value::Text(t)) => {
                        self.push(part::TEXT, column, at, 0.0, Some(t.to_string()));
                    }
                    Some(Value::Bool(b)) => {
                        self.push(part::BOOL, column, at, f64::from(u8::from(*b)), None);
                    }
                    Some(Value::Date(d)) => {
                        self.push(part::DATE, column, at, f64::from(*d), None);
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

/// A finding as it was kept, about a file of this path.
pub(super) fn draft(json: &str, path: &str) -> Result<(&'static str, Draft), String> {
    let kept: KeptDraft = from_json(json)?;
    let unknown = || "an unknown notice".to_string();
    kept.restored(path).ok_or_else(unknown)
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
    rows.parquet()
}

fn decoded(bytes: &[u8], seal: &Seal, file: &mut FileRead) -> Result<(), String> {
    let path = file.submission.path.clone();
    let lost = || "an entry that begins in the middle".to_string();
    each(bytes, |kept| {
        let json = kept.text;
        let draft = || draft(json, &path);
        match kept.part {
            part::SHEET => {
                let head: SheetHead = from_json(json)?;
                let mut table = SheetTable::new(&head.sheet, head.form, head.table, head.stage);
                table.needed = head.needed;
                table.rest = head.rest;
                table.shown = head.shown;
                file.tables.push(table);
                return Ok(());
            }
            part::ANSWERS => {
                let masked = unhex(json).ok_or("masked text that is none")?;
                let text = String::from_utf8(seal.masked(&masked)).map_err(|e| e.to_string())?;
                file.answers.push(from_json(&text)?);
                return Ok(());
            }
            part::HASH => {
                file.sha256 = json.to_string();
                return Ok(());
            }
            part::FILE_DRAFT => {
                file.drafts.push(draft()?);
                return Ok(());
            }
            part::ANSWERS_DRAFT => {
                let answers = file.answers.last_mut().ok_or_else(lost)?;
                answers.drafts.push(draft()?);
                return Ok(());
            }
            _ => {}
        }
        let table = file.tables.last_mut().ok_or_else(lost)?;
        let value = match kept.part {
            part::RECORD => {
                let mut record: Record = from_json(json)?;
                record.values = Values::none(kept.column as usize);
                record.cells = Cells::none(record.row, kept.column as usize);
                table.share_last();
                table.records.push(record);
                return Ok(());
            }
            part::TOTAL => {
                table.totals.push(from_json(json)?);
                return Ok(());
            }
            part::NOTE => {
                table.notes.push(from_json(json)?);
                return Ok(());
            }
            part::DRAFT => {
                table.drafts.push(draft()?);
                return Ok(());
            }
            part::PLACE => None,
            part::NUMBER => Some(Value::Number(kept.number)),
            part::TEXT => Some(Value::Text(json.to_string().into())),
            part::BOOL => Some(Value::Bool(kept.number != 0.0)),
            part::DATE => Some(Value::Date(kept.number as i32)),
            other => return Err(format!("a row of kind {other}")),
        };
        let record = table.records.last_mut().ok_or_else(lost)?;
        let place = record.values.get_mut(kept.column as usize);
        *place.ok_or_else(|| format!("a value of column {}", kept.column))? = value;
        record.cells.set(kept.column as usize, kept.at);
        Ok(())
    })?;
    file.tables.iter_mut().for_each(SheetTable::share_last);
    if file.sha256.is_empty() {
        return Err("an entry without its submission's hash".to_string());
    }
    Ok(())
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
