//! Bytes of a workbook -> grids. The only file that names calamine. Cells are streamed with their absolute positions and
//! checked against the grid; `worksheet_range` is never used, for it builds a dense rectangle of whatever a file claims.

use std::io::Cursor;

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::answers::AnswerTable;
use super::delimited;
use super::grid::{Cell, Grid, Merge};
use super::preflight::{self, Content, Refusal};
use super::questionnaire::{self, Collector, HEAD_ROWS, Seen};
use crate::pipeline::Pipeline;

/// Why a file gave no sheets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// The content is no workbook.
    NotWorkbook(Content),
    /// A workbook in a format that is not read.
    Unsupported(Content),
    Password,
    TooLarge(String),
    Damaged(String),
}

/// One sheet as far as it could be read.
#[derive(Debug)]
pub struct SheetRead {
    pub grid: Grid,
    /// Why reading stopped before the end, and the last cell that was read.
    pub damaged: Option<(String, Option<(u32, u32)>)>,
    /// What its rows came to, where they are questionnaires; the grid then holds the first rows only.
    pub answers: Option<AnswerTable>,
}

const MAX_ROW: u32 = 1_048_576;
const MAX_COLUMN: u32 = 16_384;
const MAX_CELLS: usize = 5_000_000;
const MAX_TEXT: usize = 256 << 20;
const MAX_SHEETS: usize = 512;
const MAX_MERGES: usize = 200_000;

/// Reads every worksheet of a workbook, or the one table of a text file, which is called `title`. A panic of the library is caught by the caller,
/// with all else of the file.
pub fn read(pipeline: &Pipeline, bytes: &[u8], title: &str) -> Result<Vec<SheetRead>, ReadError> {
    let content = preflight::content(bytes);
    match content {
        Content::Text => return read_text(pipeline, bytes, title),
        // A broken container is refused by the check below, with its reason.
        Content::Xlsx | Content::BrokenZip => {}
        Content::Encrypted => return Err(ReadError::Password),
        Content::Xls | Content::Xlsb | Content::Ods | Content::Zip => {
            return Err(ReadError::Unsupported(content));
        }
        _ => return Err(ReadError::NotWorkbook(content)),
    }
    preflight::check_xlsx(bytes).map_err(|refusal| match refusal {
        Refusal::TooLarge(why) => ReadError::TooLarge(why),
        Refusal::Damaged(why) => ReadError::Damaged(why),
    })?;
    read_xlsx(pipeline, bytes)
}

fn read_xlsx(pipeline: &Pipeline, bytes: &[u8]) -> Result<Vec<SheetRead>, ReadError> {
    let mut book: Xlsx<Cursor<&[u8]>> = Xlsx::new(Cursor::new(bytes)).map_err(|e| match e {
        XlsxError::Password => ReadError::Password,
        other => ReadError::Damaged(other.to_string()),
    })?;
    let sheets: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet)
        .map(|s| (s.name.clone(), s.visible != SheetVisible::Visible))
        .collect();
    if sheets.len() > MAX_SHEETS {
        return Err(ReadError::TooLarge(format!(
            "{} sheets (limit {MAX_SHEETS})",
            sheets.len()
        )));
    }
    let is_1904 = book.has_1904_epoch();
    let mut out = Vec::new();
    for (name, hidden) in sheets {
        out.push(read_sheet(pipeline, &mut book, name, hidden, is_1904)?);
    }
    Ok(out)
}

/// Collects the cells of a sheet until its first rows have shown whether it holds questionnaires; then counts those, or
/// collects on.
struct Cells<'p> {
    pipeline: &'p Pipeline,
    name: String,
    cells: Vec<(u32, u32, Cell)>,
    text: usize,
    last: Option<(u32, u32)>,
    looked: bool,
    /// Fields of a text file are texts until it is known that they are no questionnaires.
    as_text: bool,
    collector: Option<Collector<'p>>,
}

impl<'p> Cells<'p> {
    fn new(pipeline: &'p Pipeline, name: &str) -> Cells<'p> {
        Cells {
            pipeline,
            name: name.to_string(),
            cells: Vec::new(),
            text: 0,
            last: None,
            looked: false,
            as_text: false,
            collector: None,
        }
    }

    /// Puts a cell that is kept.
    fn put(&mut self, row: u32, col: u32, cell: Cell) -> Result<(), ReadError> {
        if row >= HEAD_ROWS && !self.looked {
            self.look();
        }
        self.last = Some((row, col));
        if let Some(collector) = &mut self.collector {
            collector.cell(row, col, seen(&cell));
            return Ok(());
        }
        let cell = match cell {
            Cell::Text(t) if is_blank(&t) => return Ok(()),
            Cell::Text(t) => {
                self.text += t.len();
                if self.as_text && self.looked {
                    delimited::cell(&t)
                } else {
                    Cell::Text(t)
                }
            }
            other => other,
        };
        self.cells.push((row, col, cell));
        if self.cells.len() > MAX_CELLS || self.text > MAX_TEXT {
            return Err(ReadError::TooLarge(format!(
                "{}: more than {MAX_CELLS} cells or {} MiB of text",
                self.name,
                MAX_TEXT >> 20
            )));
        }
        Ok(())
    }

    /// Looks at the first rows.
    fn look(&mut self) {
        self.looked = true;
        if self.pipeline.survey.is_some() {
            let head = Grid::new(self.name.clone(), false, self.cells.clone());
            self.collector = questionnaire::open(self.pipeline, &head);
        }
        if self.as_text && self.collector.is_none() {
            for (_, _, cell) in &mut self.cells {
                if let Cell::Text(t) = cell {
                    *cell = delimited::cell(t);
                }
            }
        }
        if let Some(collector) = &mut self.collector {
            for (row, col, cell) in &self.cells {
                if *row > collector.header_row() {
                    collector.cell(*row, *col, seen(cell));
                }
            }
        }
    }

    fn finish(mut self, hidden: bool) -> (Grid, Option<AnswerTable>) {
        if !self.looked {
            self.look();
        }
        let answers = self.collector.map(Collector::finish);
        (Grid::new(self.name, hidden, self.cells), answers)
    }
}

fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_whitespace() || crate::text::is_invisible(c))
}

fn seen(cell: &Cell) -> Seen<'_> {
    match cell {
        Cell::Text(t) | Cell::DateText(t) => Seen::Text(t),
        Cell::Number(n) => Seen::Number(*n),
        Cell::DateTime(serial, is_1904) => Seen::Date(*serial, *is_1904),
        Cell::Bool(_) | Cell::Error(_) | Cell::NotCached => Seen::Other,
    }
}

fn read_sheet(
    pipeline: &Pipeline,
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: String,
    hidden: bool,
    is_1904: bool,
) -> Result<SheetRead, ReadError> {
    let mut damaged: Option<(String, Option<(u32, u32)>)> = None;
    let mut percent_styles: Vec<bool> = Vec::new();
    let mut cells = Cells::new(pipeline, &name);
    match book.worksheet_cells_reader(&name) {
        Err(e) => damaged = Some((without_quotes(&e.to_string()), None)),
        Ok(mut reader) => {
            percent_styles = reader
                .styles()
                .iter()
                .map(|s| {
                    s.number_format
                        .as_ref()
                        .is_some_and(|f| f.format_code.contains('%'))
                })
                .collect();
            loop {
                let record = match reader.next_cell_with_formula_metadata() {
                    Ok(Some(record)) => record,
                    Ok(None) => break,
                    Err(e) => {
                        damaged = Some((without_quotes(&e.to_string()), cells.last));
                        break;
                    }
                };
                let (row, col) = record.pos;
                if let Some(why) = outside(row, col) {
                    damaged = Some((why, cells.last));
                    break;
                }
                let has_formula = record.formula.is_some();
                if matches!(record.value, DataRef::Empty) && !has_formula {
                    continue;
                }
                // Questionnaires pass by: nothing is kept of their cells.
                if let Some(collector) = &mut cells.collector {
                    collector.cell(row, col, passing(&record.value, is_1904));
                    cells.last = Some((row, col));
                } else {
                    cells.put(row, col, kept(record.value, is_1904))?;
                }
            }
        }
    }
    if !cells.looked {
        cells.look();
    }
    if damaged.is_some()
        && let Some(collector) = &mut cells.collector
    {
        // Of the row where it breaks off the rest is not known.
        collector.forget_row();
    }
    let (grid, answers) = cells.finish(hidden);
    if answers.is_some() {
        return Ok(SheetRead {
            grid,
            damaged,
            answers,
        });
    }
    let percent = if percent_styles.contains(&true) && damaged.is_none() {
        percent_cells(book, &name, &percent_styles)
    } else {
        Vec::new()
    };
    let merges = merges(book, &name)?;
    Ok(SheetRead {
        grid: grid.with_layout(merges, percent),
        damaged,
        answers,
    })
}

/// A cell's value as it is kept; an empty one that is asked about is that of a formula without its result.
fn kept(value: DataRef<'_>, is_1904: bool) -> Cell {
    match value {
        DataRef::Empty => Cell::NotCached,
        DataRef::Int(n) => Cell::Number(n as f64),
        DataRef::Float(n) if n.is_finite() => Cell::Number(n),
        DataRef::Float(n) => Cell::Error(n.to_string()),
        DataRef::String(s) => Cell::Text(s),
        DataRef::SharedString(s) => Cell::Text(s.to_string()),
        DataRef::Bool(b) => Cell::Bool(b),
        DataRef::DateTime(d) => Cell::DateTime(d.as_f64(), is_1904),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => Cell::DateText(s),
        DataRef::Error(e) => Cell::Error(e.to_string()),
    }
}

/// The same as it passes by, without a copy.
fn passing<'a>(value: &'a DataRef<'_>, is_1904: bool) -> Seen<'a> {
    match value {
        DataRef::Int(n) => Seen::Number(*n as f64),
        DataRef::Float(n) if n.is_finite() => Seen::Number(*n),
        DataRef::String(s) | DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => Seen::Text(s),
        DataRef::SharedString(s) => Seen::Text(s),
        DataRef::DateTime(d) => Seen::Date(d.as_f64(), is_1904),
        // A formula without its result is no blank.
        DataRef::Empty | DataRef::Float(_) | DataRef::Bool(_) | DataRef::Error(_) => Seen::Other,
    }
}

/// An error's text without what it quotes of the file: that may be what a respondent wrote.
pub fn without_quotes(text: &str) -> String {
    let text = text.split(": ").next().unwrap_or(text);
    let mut out = String::new();
    let mut rest = text;
    while let Some(from) = rest.find(['\'', '"', '`']) {
        out.push_str(&rest[..from]);
        let quote = rest[from..].chars().next().unwrap_or('"');
        out.push('\u{2026}');
        rest = match rest[from + 1..].find(quote) {
            Some(to) => &rest[from + 1 + to + 1..],
            None => "",
        };
    }
    out.push_str(rest);
    out
}

/// Why a cell cannot stand where it says.
fn outside(row: u32, col: u32) -> Option<String> {
    (row >= MAX_ROW || col >= MAX_COLUMN)
        .then(|| format!("cell outside the sheet: row {row}, column {col}"))
}

/// The one table of a text file.
fn read_text(pipeline: &Pipeline, bytes: &[u8], title: &str) -> Result<Vec<SheetRead>, ReadError> {
    let Some(text) = delimited::decoded(bytes) else {
        return Err(ReadError::NotWorkbook(Content::Text));
    };
    let mut cells = Cells::new(pipeline, title);
    cells.as_text = true;
    let mut failed = Ok(());
    let rows = delimited::each_row(&text, |row, fields| {
        for (col, field) in fields.enumerate() {
            let col = u32::try_from(col).unwrap_or(u32::MAX);
            if field.is_empty() || failed.is_err() {
                continue;
            }
            if col >= MAX_COLUMN {
                failed = Err(ReadError::TooLarge(format!(
                    "more than {MAX_COLUMN} columns"
                )));
                continue;
            }
            // Questionnaires are counted without a copy of their cells.
            match &mut cells.collector {
                Some(collector) => {
                    collector.cell(row, col, Seen::Text(field));
                    cells.last = Some((row, col));
                }
                None => failed = cells.put(row, col, Cell::Text(field.to_string())),
            }
        }
    });
    failed?;
    let last = cells.last;
    let (grid, answers) = cells.finish(false);
    // One column is a note, a letter, a list: no table.
    if answers.is_none() && !grid.rows().iter().any(|(_, cells)| cells.len() > 1) {
        return Err(ReadError::NotWorkbook(Content::Text));
    }
    Ok(vec![SheetRead {
        grid,
        damaged: rows.err().map(|e| (e, last)),
        answers,
    }])
}

/// A second pass for number formats; only made when the workbook has a percent format at all.
fn percent_cells(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, styles: &[bool]) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    if let Ok(mut reader) = book.worksheet_cells_reader(name) {
        while let Ok(Some((row, col, style))) = reader.next_style_id() {
            if styles.get(style) == Some(&true) {
                out.push((row, col));
            }
        }
    }
    out
}

fn merges(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Merge>, ReadError> {
    let Ok(list) = book.merge_cells_by_sheet_name(name) else {
        return Ok(Vec::new());
    };
    if list.len() > MAX_MERGES {
        return Err(ReadError::TooLarge(format!(
            "{name}: {} merged blocks (limit {MAX_MERGES})",
            list.len()
        )));
    }
    Ok(list
        .into_iter()
        .map(|d| Merge {
            top: d.start.0.min(d.end.0),
            left: d.start.1.min(d.end.1),
            bottom: d.start.0.max(d.end.0),
            right: d.start.1.max(d.end.1),
        })
        .collect())
}
