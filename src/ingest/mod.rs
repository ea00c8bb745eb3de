//! Submissions -> records with origins. One file after another, side by side; every file ends with a status and every cell
//! that was not taken as it stands with a note. Which submission counts is decided in `dataset`.

pub mod answers;
mod bind;
pub mod cell;
pub mod delimited;
pub mod formats;
pub mod grid;
pub mod header;
pub mod list;
mod question_heads;
pub mod questionnaire;
pub mod record;
mod row_kind;
pub mod rows;
pub mod statements;
pub mod statistics;
mod statistics_cells;
pub mod submission;
mod times;
pub mod workbook;

use std::ops::Range;

use answers::AnswerTable;
use cell::{Note, Read, Value};
use formats::content::Content;
use formats::{Damage, ReadError, Remark};
use grid::{Cell, Grid};
use submission::{CountyName, Submission, county_name};

pub use record::{Flag, Record};

use crate::finding::{Draft, Place, cell_list, column_letters};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Entity, Layout, Limits, Means, SideSheet};
use crate::text::{NAMED_PLACES, normal, some_of};

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
    /// Where another table begins, below this one on the same sheet.
    pub rest: Option<u32>,
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
            rest: None,
            shown: Vec::new(),
        }
    }

    fn say(&mut self, rule: &'static str, draft: Draft) {
        self.drafts.push((rule, draft));
    }

    /// More records than a sheet may have: none is taken.
    fn too_many(&mut self, pipeline: &Pipeline) {
        let most = pipeline.limits.rows as u64;
        let reason = over(
            pipeline,
            formats::Limit::Rows,
            most,
            None,
            Some(&self.sheet),
        );
        self.records.clear();
        self.totals.clear();
        self.notes.clear();
        self.shown.clear();
        self.drafts.clear();
        let draft = Draft {
            place: Place {
                file: None,
                sheet: Some(self.sheet.clone()),
                cell: None,
            },
            ..Draft::default()
        };
        self.say("file-too-large", draft.slot("reason", reason));
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
    let word = pipeline.word(Damage::Reader.word());
    guarded(word, &mut file, read);
    file
}

/// Runs a reading; should it panic, what it had read is thrown away and the file counts as damaged.
fn guarded(word: &str, file: &mut FileRead, read: impl FnOnce(&mut FileRead)) {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(file)));
    if let Err(panic) = caught {
        file.tables.clear();
        file.answers.clear();
        file.drafts.clear();
        let text = formats::without_quotes(&crate::log::panic_text(&*panic));
        let reason = format!("{word} ({text})");
        file.say("file-damaged", Draft::default().slot("reason", reason));
    }
}

/// A submission of which nothing has been read yet.
fn named_file(pipeline: &Pipeline, submission: &Submission) -> FileRead {
    let named = if submission.folder.is_none() {
        county_name(submission.name(), pipeline.settings.county_digits)
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
    let limits = &pipeline.limits;
    let read = submission::bytes_of(&file.submission, limits).and_then(|bytes| {
        file.bytes = bytes.len() as u64;
        file.sha256 = submission::sha256(&bytes);
        let title = file.submission.title();
        let mut book = workbook::read(pipeline, &bytes, title).map_err(|error| match error {
            ReadError::NotWorkbook(Content::Zip) => {
                closed_archive(&bytes, file.submission.member.len(), limits)
            }
            other => other,
        })?;
        for sheet in &mut book.sheets {
            sheet.grid.file = title.to_string();
        }
        Ok(book)
    });
    match read {
        Ok(book) => {
            remarks(pipeline, file, &book);
            read_sheets(pipeline, file, book.sheets);
        }
        Err(error) => {
            let (rule, draft) = refused(pipeline, error);
            file.say(rule, draft);
        }
    }
}

/// Why an archive was not opened when the folder was listed.
fn closed_archive(bytes: &[u8], depth: usize, limits: &Limits) -> ReadError {
    match formats::container::members(std::io::Cursor::new(bytes), limits) {
        Err(error) => error,
        Ok(members) if !members.is_empty() && depth > 0 => {
            let most = limits.archive_depth as u64;
            ReadError::over(formats::Limit::ArchiveDepth, most, None, None)
        }
        Ok(_) => ReadError::NotWorkbook(Content::Zip),
    }
}

/// What there is to say about a file that was read.
fn remarks(pipeline: &Pipeline, file: &mut FileRead, book: &workbook::BookRead) {
    let name = file.submission.name();
    if !book.content.fits_name(name) {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let draft = Draft::default()
            .slot("ending", format!(".{ending}"))
            .slot("found", pipeline.word(book.content.word()).to_string());
        file.say("file-read-as", draft);
    }
    for remark in &book.remarks {
        let (rule, draft) = match remark {
            Remark::Macros => ("file-has-macros", Draft::default()),
            Remark::Links => ("file-has-links", Draft::default()),
            Remark::CodePage => ("file-code-page", Draft::default()),
            Remark::OtherSheets(names) => (
                "sheet-without-cells",
                Draft::default().slot("sheets", rows::listed(pipeline, names)),
            ),
        };
        file.say(rule, draft);
    }
}

impl FileRead {
    fn say(&mut self, rule: &'static str, mut draft: Draft) {
        draft.place.file = Some(self.submission.path.clone());
        self.drafts.push((rule, draft));
    }
}

fn refused(pipeline: &Pipeline, error: ReadError) -> (&'static str, Draft) {
    match error {
        ReadError::NotWorkbook(content) => (
            "file-not-workbook",
            Draft::default().slot("found", pipeline.word(content.word()).to_string()),
        ),
        ReadError::Password => ("file-password", Draft::default()),
        ReadError::TooLarge {
            limit,
            most,
            found,
            at,
        } => (
            "file-too-large",
            Draft::default().slot("reason", over(pipeline, limit, most, found, at.as_deref())),
        ),
        ReadError::TooMuch(what) => (
            "file-too-large",
            Draft::default().slot(
                "reason",
                format!("{} ({what})", pipeline.word("limit_content")),
            ),
        ),
        ReadError::Damaged(damage, reason) => (
            "file-damaged",
            Draft::default().slot("reason", broken(pipeline, damage, &reason)),
        ),
    }
}

/// A limit that was reached, in words.
pub fn over(
    pipeline: &Pipeline,
    limit: formats::Limit,
    most: u64,
    found: Option<u64>,
    at: Option<&str>,
) -> String {
    let what = pipeline.word(limit.word());
    let at = at.map_or(String::new(), |at| format!("{at}: "));
    match found {
        Some(found) => format!("{at}{what} {found} > {most}"),
        None => format!("{at}{what} > {most}"),
    }
}

/// A damage in words, with what the reader says of it.
fn broken(pipeline: &Pipeline, damage: Damage, reason: &str) -> String {
    let word = pipeline.word(damage.word());
    if reason.is_empty() {
        word.to_string()
    } else {
        format!("{word} ({reason})")
    }
}

/// A sheet's best reading as a form.
enum Reading {
    Rows(usize, header::HeaderMatch),
    List(usize, list::ListMatch),
    Statements(usize, statements::StatementsMatch),
}

/// Rows within which the last headers of one table stand, whatever form of rows they are taken for.
const SAME_HEAD: u32 = 3;

impl Reading {
    /// The row of the headers.
    fn start(&self) -> u32 {
        match self {
            Reading::Rows(_, m) => m.leaf_row,
            Reading::List(_, m) => m.header_row,
            Reading::Statements(..) => 0,
        }
    }

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
                file.say("sheet-hidden", draft.clone());
            }
            say_hidden_parts(pipeline, file, grid, draft);
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
                    file.say("sheet-hidden", draft.clone());
                }
                // What is hidden on a sheet of answers was hidden by this program.
                let answers = |r: &crate::pipeline::returned::Returned| r.form == reading.form();
                if !pipeline.returned.as_ref().is_some_and(answers) {
                    say_hidden_parts(pipeline, file, grid, draft);
                }
                read_tables(pipeline, file, grid, reading);
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

/// Hidden rows and columns are read like all others, and said.
fn say_hidden_parts(pipeline: &Pipeline, file: &mut FileRead, grid: &Grid, mut draft: Draft) {
    let (rows, columns) = grid.hidden_parts();
    let filled = |col: &u32| {
        let mut all = grid.rows().iter().flat_map(|(_, cells)| cells);
        all.any(|(c, _)| c == col)
    };
    let columns: Vec<String> = columns
        .iter()
        .filter(|(from, to)| (*from..=(*to).min(*from + 255)).any(|c| filled(&c)))
        .map(
            |(from, to)| match (column_letters(*from), column_letters(*to)) {
                (from, to) if from == to => from,
                (from, to) => format!("{from}-{to}"),
            },
        )
        .collect();
    if rows.is_empty() && columns.is_empty() {
        return;
    }
    let numbers: Vec<(u32, u32)> = rows.iter().map(|row| (*row, 0)).collect();
    // The cells of one column, as a list of row numbers.
    let list = cell_list(&numbers).replace('A', "").replace(':', "-");
    let list: Vec<String> = list
        .split(',')
        .filter(|t| !t.is_empty())
        .map(String::from)
        .collect();
    draft.place.cell = rows.first().map(|row| crate::finding::a1(*row, 0));
    let rows = if list.is_empty() {
        rows::listed(pipeline, &list)
    } else {
        some_of(&list, NAMED_PLACES)
    };
    file.say(
        "rows-hidden",
        draft
            .slot("rows", rows)
            .slot("columns", rows::listed(pipeline, &columns)),
    );
}

/// The table of a recognised sheet, and those below it.
fn read_tables(pipeline: &Pipeline, file: &mut FileRead, grid: &Grid, reading: Reading) {
    let mut table = match reading {
        Reading::Rows(form, found) => rows::read(pipeline, form, grid, &found),
        Reading::List(form, found) => read_list(pipeline, form, grid, found),
        Reading::Statements(form, found) => statements::read(pipeline, form, grid, &found),
    };
    let rest = table
        .rest
        .map(|row| (row, grid.part(row, formats::MAX_ROW)));
    let next = match &rest {
        Some((row, part)) => match recognise(pipeline, part) {
            Recognised::One(next) => Some((part, next)),
            _ => {
                // To read what follows under the first headers would be a guess.
                let draft = Draft {
                    place: rows::place(grid, Some(crate::finding::a1(*row, 0))),
                    ..Draft::default()
                };
                table.say("header-changes", draft.slot("row", (row + 1).to_string()));
                None
            }
        },
        None => None,
    };
    // A blank sheet of the county's own says nothing; one of schools has lost them.
    let of_schools = pipeline.tables[table.table].entity == Entity::School;
    let refused = table
        .drafts
        .iter()
        .any(|(rule, _)| *rule == "file-too-large");
    if table.records.is_empty() && of_schools && !refused {
        let title = pipeline.forms[table.form].title.clone();
        let draft = Draft {
            place: rows::place(grid, None),
            ..Draft::default()
        };
        table.say("form-empty", draft.slot("form", title));
    }
    for (_, draft) in &mut table.drafts {
        draft.place.file = Some(file.submission.path.clone());
    }
    file.tables.push(table);
    if let Some((part, next)) = next {
        read_tables(pipeline, file, part, next);
    }
}

/// A list, down to where another table begins.
fn read_list(pipeline: &Pipeline, form: usize, grid: &Grid, found: list::ListMatch) -> SheetTable {
    let below = grid
        .rows()
        .iter()
        .skip_while(|(r, _)| *r <= found.header_row);
    let header = below
        .filter(|(row, cells)| !found.covers(*row) && rows::like_header(cells))
        .take(20)
        .find(|(row, _)| is_form(pipeline, &grid.part(*row, row.saturating_add(40))));
    let Some((header, _)) = header else {
        return list::read(pipeline, form, grid, &found);
    };
    // A title belongs to what it stands above.
    let above = grid.rows().iter().rev().find(|(r, _)| r < header);
    let from = match above {
        Some((row, cells)) if cells.len() == 1 && !found.covers(*row) => *row,
        _ => *header,
    };
    let own = grid.part(0, from);
    let mut table = match list::best_match(pipeline, &pipeline.forms[form], &own) {
        Some(found) => list::read(pipeline, form, &own, &found),
        None => list::read(pipeline, form, grid, &found),
    };
    table.rest = Some(from);
    table
}

/// Whether the first rows of a part of a sheet make a form.
fn is_form(pipeline: &Pipeline, part: &Grid) -> bool {
    matches!(recognise(pipeline, part), Recognised::One(_))
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
        let excluded = |last: u32| {
            grid.rows().iter().take(40).any(|(r, cells)| {
                *r <= last
                    && cells.iter().any(|(_, cell)| {
                        matches!(cell, Cell::Text(t) if form.excludes.contains(&normal(t)))
                    })
            })
        };
        let (found, has_needed, reading) = match form.layout {
            Layout::Rows => match header::best_match(pipeline, form, grid) {
                // What stands far below the headers belongs to another table.
                Some(m) if !excluded(m.leaf_row + 3) => (
                    m.found(),
                    form.needs.iter().all(|n| !m.fields[*n].is_empty()),
                    Reading::Rows(f, m),
                ),
                Some(_) => continue,
                None => continue,
            },
            Layout::List | Layout::Statements if excluded(u32::MAX) => continue,
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
    // Of tables one below the other the first is meant; where it ends is for its reader to find.
    if let Some(first) = fits.iter().map(|(_, r)| r).min_by_key(|r| r.start()) {
        let (start, kind) = (first.start(), std::mem::discriminant(first));
        fits.retain(|(_, r)| {
            let same = std::mem::discriminant(r) == kind;
            r.start() <= start + if same { SAME_HEAD } else { 0 }
        });
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
                member: Vec::new(),
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
        guarded("broken", &mut file, |_| panic!("a fault at '13812345678'"));
        assert!(file.tables.is_empty());
        assert_eq!(file.drafts.len(), 1);
        let (rule, draft) = &file.drafts[0];
        assert_eq!(*rule, "file-damaged");
        assert_eq!(
            draft.slots,
            [("reason", "broken (a fault at \u{2026})".to_string())]
        );
    }
}
