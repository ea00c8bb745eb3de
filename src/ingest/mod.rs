//! Submissions -> records with origins. One file after another, side by side; every file ends with a status and every cell
//! that was not taken as it stands with a note. Which submission counts is decided in `dataset`.

pub mod answers;
mod bind;
pub mod cell;
pub mod delimited;
pub mod grid;
pub mod header;
pub mod list;
pub mod preflight;
mod question_heads;
pub mod questionnaire;
mod row_kind;
pub mod rows;
pub mod statements;
pub mod statistics;
mod statistics_cells;
pub mod submission;
mod times;
pub mod workbook;

use std::collections::BTreeMap;
use std::ops::Range;

use answers::AnswerTable;
use cell::{Note, Read, Value};
use grid::{Cell, Grid};
use preflight::Content;
use submission::{CountyName, Submission, county_name};
use workbook::ReadError;

use crate::finding::{Draft, Place};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Entity, Layout, Means, SideSheet};
use crate::text::normal;

/// One entity as one sheet gives it.
#[derive(Debug, Clone)]
pub struct Record {
    /// The row that names it, from 0.
    pub row: u32,
    /// The only stage that the sheet is about.
    pub stage: Option<usize>,
    /// County as the row itself says.
    pub county_code: Option<String>,
    pub county_cell: Option<(u32, u32)>,
    pub county_name: Option<String>,
    /// Whether the row is counted as a school.
    pub counted: Option<Flag>,
    /// Whether the school was closed last year.
    pub revoked: Option<Flag>,
    /// By column of the table.
    pub values: Vec<Option<Value>>,
    /// Where each column's cell stands, filled or not; `None` where the sheet has no such column.
    pub cells: Vec<Option<(u32, u32)>>,
    /// By column what stood in the blank of a sentence: the cell holds more than that.
    pub pieces: BTreeMap<usize, String>,
    /// Another record of the same file is about the same entity, and stands for it.
    pub further: bool,
}

/// What a row says about itself with yes or no.
#[derive(Debug, Clone)]
pub struct Flag {
    pub at: (u32, u32),
    /// Missing where the cell is empty or says neither.
    pub value: Option<bool>,
    pub raw: String,
}

impl Record {
    fn new(row: u32, columns: usize, stage: Option<usize>) -> Record {
        Record {
            row,
            stage,
            county_code: None,
            county_cell: None,
            county_name: None,
            counted: None,
            revoked: None,
            values: vec![None; columns],
            cells: vec![None; columns],
            pieces: BTreeMap::new(),
            further: false,
        }
    }
}

/// A cell that was not taken as it stands.
#[derive(Debug, Clone)]
pub struct CellNote {
    pub record: usize,
    pub column: usize,
    pub at: (u32, u32),
    pub raw: String,
    pub note: Note,
    /// The cell is empty.
    pub blank: bool,
}

/// A 合计 row: which records it adds up, and its figures.
#[derive(Debug, Clone)]
pub struct TotalRow {
    pub row: u32,
    /// The records since the total row before.
    pub block: Range<usize>,
    pub cells: Vec<TotalCellRead>,
}

/// One figure of a total row: column, figure, cell, text as seen.
pub type TotalCellRead = (usize, f64, (u32, u32), String);

/// What one recognised sheet holds.
#[derive(Debug)]
pub struct SheetTable {
    pub sheet: String,
    pub form: usize,
    pub table: usize,
    pub stage: Option<usize>,
    pub records: Vec<Record>,
    pub totals: Vec<TotalRow>,
    pub notes: Vec<CellNote>,
    /// Findings about the sheet as a whole: rule and draft.
    pub drafts: Vec<(&'static str, Draft)>,
    /// Cells of a list that must be filled in.
    pub needed: Vec<(usize, (u32, u32))>,
    /// Cells whose figure is not the one that the cell shows: converted from another unit.
    pub shown: Vec<((u32, u32), String)>,
}

impl SheetTable {
    fn new(sheet: &str, form: usize, table: usize, stage: Option<usize>) -> SheetTable {
        SheetTable {
            sheet: sheet.to_string(),
            form,
            table,
            stage,
            records: Vec::new(),
            totals: Vec::new(),
            notes: Vec::new(),
            drafts: Vec::new(),
            needed: Vec::new(),
            shown: Vec::new(),
        }
    }

    fn say(&mut self, rule: &'static str, draft: Draft) {
        self.drafts.push((rule, draft));
    }

    /// Puts a read cell into a record and keeps what there is to say about it.
    fn take(
        &mut self,
        index: usize,
        column: usize,
        at: (u32, u32),
        raw: &str,
        read: Read,
        record: &mut Record,
    ) {
        if let Some(Value::Number(n)) = &read.value
            && raw.parse::<f64>() != Ok(*n)
        {
            self.shown.push((at, raw.to_string()));
        }
        record.values[column] = read.value;
        for note in read.notes {
            self.notes.push(CellNote {
                record: index,
                column,
                at,
                raw: raw.to_string(),
                note,
                blank: false,
            });
        }
    }
}

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Accepted,
    Replaced,
    Rejected,
}

impl Status {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Status::Accepted => "accepted",
            Status::Replaced => "replaced",
            Status::Rejected => "rejected",
        }
    }
}

/// One file as read.
#[derive(Debug)]
pub struct FileRead {
    pub submission: Submission,
    pub sha256: String,
    pub bytes: u64,
    /// The county that its name speaks of, for files outside county folders.
    pub named: Option<CountyName>,
    pub tables: Vec<SheetTable>,
    /// What its questionnaires came to.
    pub answers: Vec<AnswerTable>,
    /// Findings about the file or a sheet of it: rule and draft.
    pub drafts: Vec<(&'static str, Draft)>,
}

/// Reads one submission: bytes, sheets, forms, records. Bad files give findings, never errors, and a panic anywhere in the
/// reading is that file's end only.
pub fn read_file(pipeline: &Pipeline, submission: &Submission) -> FileRead {
    let mut file = named_file(pipeline, submission);
    let read = |file: &mut FileRead| fill(pipeline, file);
    guarded(&mut file, read);
    file
}

/// Runs a reading; should it panic, what it had read is thrown away and the file counts as damaged.
fn guarded(file: &mut FileRead, read: impl FnOnce(&mut FileRead)) {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(file)));
    if let Err(panic) = caught {
        file.tables.clear();
        file.answers.clear();
        file.drafts.clear();
        let reason = workbook::without_quotes(&crate::log::panic_text(&*panic));
        file.say("file-damaged", Draft::default().slot("reason", reason));
    }
}

/// A submission of which nothing has been read yet.
fn named_file(pipeline: &Pipeline, submission: &Submission) -> FileRead {
    let named = if submission.folder.is_none() {
        let name = submission.path.rsplit('/').next().unwrap_or("");
        county_name(name, pipeline.settings.county_digits)
    } else {
        None
    };
    FileRead {
        submission: submission.clone(),
        sha256: String::new(),
        bytes: 0,
        named,
        tables: Vec::new(),
        answers: Vec::new(),
        drafts: Vec::new(),
    }
}

fn fill(pipeline: &Pipeline, file: &mut FileRead) {
    let size = std::fs::metadata(&file.submission.absolute).map_or(0, |m| m.len());
    file.bytes = size;
    if size > preflight::MAX_FILE {
        let reason = format!("{} MiB", size >> 20);
        file.say("file-too-large", Draft::default().slot("reason", reason));
        return;
    }
    let bytes = match std::fs::read(&file.submission.absolute) {
        Ok(bytes) => bytes,
        Err(e) => {
            file.say(
                "file-damaged",
                Draft::default().slot("reason", e.to_string()),
            );
            return;
        }
    };
    file.bytes = bytes.len() as u64;
    file.sha256 = submission::sha256(&bytes);
    let name = file.submission.path.rsplit('/').next().unwrap_or("");
    let title = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    match workbook::read(pipeline, &bytes, title) {
        Ok(mut sheets) => {
            for sheet in &mut sheets {
                sheet.grid.file = title.to_string();
            }
            read_sheets(pipeline, file, sheets);
        }
        Err(error) => {
            let (rule, draft) = refused(pipeline, error);
            file.say(rule, draft);
        }
    }
}

impl FileRead {
    fn say(&mut self, rule: &'static str, mut draft: Draft) {
        draft.place.file = Some(self.submission.path.clone());
        self.drafts.push((rule, draft));
    }
}

fn refused(pipeline: &Pipeline, error: ReadError) -> (&'static str, Draft) {
    let found = |content: Content| pipeline.word(found_word(content)).to_string();
    match error {
        ReadError::NotWorkbook(content) => (
            "file-not-workbook",
            Draft::default().slot("found", found(content)),
        ),
        ReadError::Unsupported(content) => (
            "file-format-unsupported",
            Draft::default().slot("found", found(content)),
        ),
        ReadError::Password => ("file-password", Draft::default()),
        ReadError::TooLarge(reason) => ("file-too-large", Draft::default().slot("reason", reason)),
        ReadError::Damaged(reason) => ("file-damaged", Draft::default().slot("reason", reason)),
    }
}

/// The key of the word for a kind of content.
fn found_word(content: Content) -> &'static str {
    match content {
        Content::Xls => "found_xls",
        Content::Xlsb => "found_xlsb",
        Content::Ods => "found_ods",
        Content::Zip => "found_zip",
        Content::Html => "found_html",
        Content::Xml => "found_xml",
        Content::Pdf => "found_pdf",
        Content::Text => "found_text",
        Content::Empty => "found_empty",
        _ => "found_other",
    }
}

/// A sheet's best reading as a form.
enum Reading {
    Rows(usize, header::HeaderMatch),
    List(usize, list::ListMatch),
    Statements(usize, statements::StatementsMatch),
}

impl Reading {
    fn form(&self) -> usize {
        match self {
            Reading::Rows(f, _) | Reading::List(f, _) | Reading::Statements(f, _) => *f,
        }
    }
}

fn read_sheets(pipeline: &Pipeline, file: &mut FileRead, mut sheets: Vec<workbook::SheetRead>) {
    let read_together = statistics::read(pipeline, file, &sheets);
    let mut unknown: Vec<(String, String)> = Vec::new();
    let mut known_sheets = 0;
    for (index, sheet) in sheets.iter_mut().enumerate() {
        let answers = sheet.answers.take();
        let grid = &sheet.grid;
        let place = Place {
            file: None,
            sheet: Some(grid.name.clone()),
            cell: None,
        };
        if let Some((reason, last)) = &sheet.damaged {
            let after = last.map_or(String::new(), |(r, c)| crate::finding::a1(r, c));
            let draft = Draft {
                place: Place {
                    cell: last.map(|(r, c)| crate::finding::a1(r, c)),
                    ..place.clone()
                },
                ..Draft::default()
            };
            file.say(
                "sheet-damaged",
                draft.slot("reason", reason.clone()).slot("after", after),
            );
        }
        if grid.is_empty() {
            continue;
        }
        let draft = Draft {
            place: place.clone(),
            ..Draft::default()
        };
        if read_together.contains(&index) {
            known_sheets += 1;
            if grid.hidden {
                file.say("sheet-hidden", draft);
            }
            continue;
        }
        if let Some(mut answers) = answers {
            known_sheets += 1;
            if grid.hidden {
                file.say("sheet-hidden", draft);
            }
            for (_, draft) in &mut answers.drafts {
                draft.place.file = Some(file.submission.path.clone());
            }
            file.answers.push(answers);
            continue;
        }
        if let Some(side) = side_sheet(pipeline, grid) {
            known_sheets += 1;
            if side.computed && is_filled(grid) {
                file.say("sheet-computed", draft.slot("title", side.title.clone()));
            }
            continue;
        }
        match recognise(pipeline, grid) {
            Recognised::One(reading) => {
                if grid.hidden {
                    file.say("sheet-hidden", draft);
                }
                let mut table = match reading {
                    Reading::Rows(form, found) => rows::read(pipeline, form, grid, &found),
                    Reading::List(form, found) => list::read(pipeline, form, grid, &found),
                    Reading::Statements(form, found) => {
                        statements::read(pipeline, form, grid, &found)
                    }
                };
                // A blank sheet of the county's own says nothing; one of schools has lost them.
                let of_schools = pipeline.tables[table.table].entity == Entity::School;
                if table.records.is_empty() && of_schools {
                    let title = pipeline.forms[table.form].title.clone();
                    table.say(
                        "form-empty",
                        Draft {
                            place,
                            ..Draft::default()
                        }
                        .slot("form", title),
                    );
                }
                for (_, draft) in &mut table.drafts {
                    draft.place.file = Some(file.submission.path.clone());
                }
                file.tables.push(table);
            }
            Recognised::Several(forms) => {
                file.say(
                    "form-ambiguous",
                    draft.slot("forms", forms.join("\u{3001}")),
                );
            }
            Recognised::None(nearest) => unknown.push((grid.name.clone(), nearest)),
        }
    }
    if file.tables.is_empty()
        && file.answers.is_empty()
        && (known_sheets == 0 || !unknown.is_empty())
        && !file
            .drafts
            .iter()
            .any(|(rule, _)| *rule == "form-ambiguous")
    {
        let names: Vec<String> = sheets.iter().map(|s| s.grid.name.clone()).collect();
        let nearest: Vec<String> = unknown
            .iter()
            .map(|(_, n)| n.clone())
            .filter(|n| !n.is_empty())
            .take(2)
            .collect();
        file.say(
            "form-unknown",
            Draft::default()
                .slot("sheets", rows::listed(pipeline, &names))
                .slot("nearest", rows::listed(pipeline, &nearest)),
        );
        return;
    }
    for (name, nearest) in unknown {
        let draft = Draft {
            place: Place {
                file: None,
                sheet: Some(name),
                cell: None,
            },
            ..Draft::default()
        };
        let nearest: Vec<String> = Some(nearest)
            .filter(|n| !n.is_empty())
            .into_iter()
            .collect();
        file.say(
            "sheet-unknown",
            draft.slot("nearest", rows::listed(pipeline, &nearest)),
        );
    }
}

fn side_sheet<'a>(pipeline: &'a Pipeline, grid: &Grid) -> Option<&'a SideSheet> {
    pipeline.side_sheets.iter().find(|side| {
        grid.rows().iter().take(5).any(|(_, cells)| {
            side.headers.iter().all(|h| {
                cells
                    .iter()
                    .any(|(_, cell)| matches!(cell, Cell::Text(t) if normal(t) == *h))
            })
        })
    })
}

/// Whether anything but headers and running numbers stands in a sheet.
fn is_filled(grid: &Grid) -> bool {
    let mut cells = grid.rows().iter().flat_map(|(_, cells)| cells);
    cells.any(|(c, cell)| *c > 0 && matches!(cell, Cell::Number(_)))
}

enum Recognised {
    One(Reading),
    Several(Vec<String>),
    /// No form; what came nearest, in words.
    None(String),
}

/// The form of a sheet, by its headers alone.
fn recognise(pipeline: &Pipeline, grid: &Grid) -> Recognised {
    let mut fits: Vec<(usize, Reading)> = Vec::new();
    let mut nearest: Option<(usize, String)> = None;
    for (f, form) in pipeline.forms.iter().enumerate() {
        let excluded = grid.rows().iter().take(40).any(|(_, cells)| {
            cells.iter().any(
                |(_, cell)| matches!(cell, Cell::Text(t) if form.excludes.contains(&normal(t))),
            )
        });
        if excluded {
            continue;
        }
        let (found, has_needed, reading) = match form.layout {
            Layout::Rows => match header::best_match(pipeline, form, grid) {
                Some(m) => (
                    m.found(),
                    form.needs.iter().all(|n| !m.fields[*n].is_empty()),
                    Reading::Rows(f, m),
                ),
                None => continue,
            },
            Layout::List => match list::best_match(pipeline, form, grid) {
                Some(m) => (
                    m.found(),
                    form.needs.iter().all(|n| m.has(*n)),
                    Reading::List(f, m),
                ),
                None => continue,
            },
            Layout::Statements => match statements::best_match(form, grid) {
                Some(m) => (m.found(), true, Reading::Statements(f, m)),
                None => continue,
            },
            // Known while the sheet was read.
            Layout::Questionnaire | Layout::Statistics => continue,
        };
        if has_needed && found >= form.least {
            fits.push((found, reading));
        } else if nearest.as_ref().is_none_or(|(n, _)| found > *n) {
            nearest = Some((
                found,
                format!("{} ({found}/{})", form.title, form.entries()),
            ));
        }
    }
    fits.sort_by_key(|(found, _)| std::cmp::Reverse(*found));
    if let [first, second, ..] = &fits[..]
        && first.0 == second.0
    {
        let names = fits
            .iter()
            .filter(|(n, _)| *n == fits[0].0)
            .map(|(_, r)| pipeline.forms[r.form()].title.clone())
            .collect();
        return Recognised::Several(names);
    }
    match fits.into_iter().next() {
        Some((_, reading)) => Recognised::One(reading),
        None => Recognised::None(nearest.map_or(String::new(), |(_, n)| n)),
    }
}

/// The word for what a mark means.
pub fn means_word(means: Means) -> &'static str {
    match means {
        Means::NotApplicable => "means_not_applicable",
        Means::Zero => "means_zero",
        Means::Missing => "means_missing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_while_reading_is_the_end_of_that_file_only() {
        let mut file = FileRead {
            submission: Submission {
                path: "a.xlsx".to_string(),
                absolute: std::path::PathBuf::new(),
                folder: None,
                modified: 0,
            },
            sha256: String::new(),
            bytes: 0,
            named: None,
            tables: vec![SheetTable::new("x", 0, 0, None)],
            answers: Vec::new(),
            drafts: Vec::new(),
        };
        guarded(&mut file, |_| panic!("a fault at '13812345678'"));
        assert!(file.tables.is_empty());
        assert_eq!(file.drafts.len(), 1);
        let (rule, draft) = &file.drafts[0];
        assert_eq!(*rule, "file-damaged");
        assert_eq!(draft.slots, [("reason", "a fault at \u{2026}".to_string())]);
    }
}
