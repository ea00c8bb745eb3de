//! Bytes of a workbook -> grids. The only file that names calamine. Cells are streamed with their absolute positions and
//! checked against the grid; `worksheet_range` is never used, for it builds a dense rectangle of whatever a file claims.

use std::io::Cursor;

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::grid::{Cell, Grid, Merge};
use super::preflight::{self, Content, Refusal};

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
}

const MAX_ROW: u32 = 1_048_576;
const MAX_COLUMN: u32 = 16_384;
const MAX_CELLS: usize = 5_000_000;
const MAX_TEXT: usize = 256 << 20;
const MAX_SHEETS: usize = 512;
const MAX_MERGES: usize = 200_000;

/// Reads every worksheet of a workbook. A panic of the library is caught by the caller, with all else of the file.
pub fn read(bytes: &[u8]) -> Result<Vec<SheetRead>, ReadError> {
    let content = preflight::content(bytes);
    match content {
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
    read_xlsx(bytes)
}

fn read_xlsx(bytes: &[u8]) -> Result<Vec<SheetRead>, ReadError> {
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
        out.push(read_sheet(&mut book, name, hidden, is_1904)?);
    }
    Ok(out)
}

fn read_sheet(
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: String,
    hidden: bool,
    is_1904: bool,
) -> Result<SheetRead, ReadError> {
    let mut cells: Vec<(u32, u32, Cell)> = Vec::new();
    let mut damaged: Option<(String, Option<(u32, u32)>)> = None;
    let mut percent_styles: Vec<bool> = Vec::new();
    match book.worksheet_cells_reader(&name) {
        Err(e) => damaged = Some((e.to_string(), None)),
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
            let mut text = 0usize;
            loop {
                let record = match reader.next_cell_with_formula_metadata() {
                    Ok(Some(record)) => record,
                    Ok(None) => break,
                    Err(e) => {
                        let last = cells.last().map(|(r, c, _)| (*r, *c));
                        damaged = Some((e.to_string(), last));
                        break;
                    }
                };
                let (row, col) = record.pos;
                if row >= MAX_ROW || col >= MAX_COLUMN {
                    let last = cells.last().map(|(r, c, _)| (*r, *c));
                    damaged = Some((
                        format!("cell outside the sheet: row {row}, column {col}"),
                        last,
                    ));
                    break;
                }
                let cell = match record.value {
                    DataRef::Empty if record.formula.is_some() => Cell::NotCached,
                    DataRef::Empty => continue,
                    DataRef::Int(n) => Cell::Number(n as f64),
                    DataRef::Float(n) if n.is_finite() => Cell::Number(n),
                    DataRef::Float(n) => Cell::Error(n.to_string()),
                    DataRef::String(s) => Cell::Text(s),
                    DataRef::SharedString(s) => Cell::Text(s.to_string()),
                    DataRef::Bool(b) => Cell::Bool(b),
                    DataRef::DateTime(d) => Cell::DateTime(d.as_f64(), is_1904),
                    DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => Cell::DateText(s),
                    DataRef::Error(e) => Cell::Error(e.to_string()),
                };
                if let Cell::Text(t) = &cell {
                    if t.chars()
                        .all(|c| c.is_whitespace() || crate::text::is_invisible(c))
                    {
                        continue;
                    }
                    text += t.len();
                }
                cells.push((row, col, cell));
                if cells.len() > MAX_CELLS || text > MAX_TEXT {
                    return Err(ReadError::TooLarge(format!(
                        "{name}: more than {MAX_CELLS} cells or {} MiB of text",
                        MAX_TEXT >> 20
                    )));
                }
            }
        }
    }
    let percent = if percent_styles.contains(&true) && damaged.is_none() {
        percent_cells(book, &name, &percent_styles)
    } else {
        Vec::new()
    };
    let merges = merges(book, &name)?;
    let grid = Grid::new(name, hidden, cells).with_layout(merges, percent);
    Ok(SheetRead { grid, damaged })
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
