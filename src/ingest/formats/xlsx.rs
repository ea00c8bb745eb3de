//! .xlsx and .xlsm workbooks -> cells: the short way where a workbook is plain, the library's where it is not. What the short
//! way cannot read it leaves to the library from that cell on, so both give the same.

use std::collections::HashSet;
use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Sheet, Xlsx, XlsxError};

use super::ahead;
use super::excel::{
    Bytes, extras_limits, merges, outside, percent_cells, say_remarks, seen, worksheets,
};
use super::extras::shows_percent;
use super::fast::{self, Context, Found, Outcome, Skeleton, Style, Texts};
use super::package::Package;
use super::{
    Damage, Deadline, Layout, ReadError, Remark, Seen, Sink, without_quotes, xlsx_checked,
    xlsx_layout,
};
use crate::pipeline::model::Limits;

/// An .xlsx or .xlsm workbook, streamed.
///
/// # Errors
/// When the workbook as a whole cannot be read; a sheet that cannot be read to its end is broken, no error.
pub fn xlsx(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let mut plain = Plain::open(bytes, fast::CHUNK);
    if let Some(plain) = &mut plain
        && ahead::is_core_idle()
    {
        plain.ahead_from = LARGE;
    }
    read(bytes, plain, limits, sink, xlsx_checked::doubt)
}

/// Parts that are at least so large are unpacked ahead.
const LARGE: u64 = 4 << 20;

/// A workbook with what could be opened of it without the library's reading all of it; `doubt` says why a sheet that the
/// library reads is not what it makes of it.
fn read(
    bytes: &[u8],
    mut plain: Option<Plain<'_>>,
    limits: &Limits,
    sink: &mut dyn Sink,
    doubt: fn(&[u8], &str) -> Option<String>,
) -> Result<(), ReadError> {
    let mut whole = Whole { bytes, book: None };
    let all: Vec<Sheet> = match &plain {
        Some(plain) => plain.skeleton.sheets_metadata().to_vec(),
        None => whole.book()?.sheets_metadata().to_vec(),
    };
    say_remarks(bytes, sink);
    // The library finds sheets by their names.
    let mut names = HashSet::new();
    if let Some(twice) = all.iter().find(|sheet| !names.insert(sheet.name.as_str())) {
        let why = format!("two sheets are named {}", twice.name);
        return Err(ReadError::Damaged(Damage::Structure, why));
    }
    let sheets = worksheets(&all, limits, sink)?;
    let mut deadline = Deadline::new(limits);
    for (name, hidden) in sheets {
        sink.sheet(&name, hidden)?;
        let mut given = 0;
        if let Some(plain) = &mut plain {
            match plain.sheet(&name, limits, &mut deadline, sink)? {
                Short::Whole(None) => continue,
                Short::Whole(Some(found)) => {
                    sink.layout(plain_layout(bytes, &name, found, limits));
                    continue;
                }
                Short::Cells => {
                    let styles: Vec<bool> = plain.styles.iter().map(|s| s.is_percent).collect();
                    if let Some(why) = doubt(bytes, &name) {
                        sink.broken(&without_quotes(&why));
                    }
                    layout(&mut whole, &name, &styles, limits, &mut deadline, sink)?;
                    continue;
                }
                Short::Part(cells) => given = cells,
            }
        }
        let mut rest = Rest {
            sink: &mut *sink,
            given,
        };
        let styles = cells(whole.book()?, &name, &mut deadline, &mut rest)?;
        if let Some(why) = doubt(bytes, &name) {
            sink.broken(&without_quotes(&why));
        }
        if sink.wants_layout() {
            layout(&mut whole, &name, &styles, limits, &mut deadline, sink)?;
        }
    }
    Ok(())
}

/// A workbook as the library reads it, from when it is asked first.
struct Whole<'b> {
    bytes: &'b [u8],
    book: Option<Xlsx<Bytes<'b>>>,
}

impl<'b> Whole<'b> {
    fn book(&mut self) -> Result<&mut Xlsx<Bytes<'b>>, ReadError> {
        let book = match self.book.take() {
            Some(book) => book,
            None => Xlsx::new(Cursor::new(self.bytes)).map_err(|e| match e {
                XlsxError::Password => ReadError::Password,
                other => ReadError::Damaged(Damage::Structure, without_quotes(&other.to_string())),
            })?,
        };
        Ok(self.book.insert(book))
    }
}

/// How far the short way led through a sheet.
enum Short {
    /// To the end, with what else it says where that was wanted.
    Whole(Option<Found>),
    /// To the end of the cells; what else it says is wanted and not known.
    Cells,
    /// Past so many cells.
    Part(u64),
}

/// A workbook of which the library has seen only the list of sheets and the styles.
struct Plain<'b> {
    package: Package<'b>,
    skeleton: Xlsx<Cursor<Vec<u8>>>,
    parts: Vec<String>,
    styles: Vec<Style>,
    texts: Texts,
    chunk: usize,
    /// Sheets that are at least so large are unpacked ahead by a thread of their own.
    ahead_from: u64,
}

impl<'b> Plain<'b> {
    /// Opens it; nothing where something is not plain or damaged.
    fn open(bytes: &'b [u8], chunk: usize) -> Option<Plain<'b>> {
        // Before this there may be what the library takes for another container.
        if !bytes.starts_with(b"PK\x03\x04") {
            return None;
        }
        let mut package = Package::open(bytes).ok()?;
        let Skeleton {
            bytes: skeleton,
            parts,
        } = Skeleton::of(&mut package)?;
        let skeleton = Xlsx::new(Cursor::new(skeleton)).ok()?;
        let styles = match fast::styles_of(&mut package)? {
            Some(part) => styles(&part)?,
            None => Vec::new(),
        };
        let texts = match package.part("xl/sharedStrings.xml").ok()? {
            Some(part) => Texts::read(part, chunk)?,
            None => Texts::default(),
        };
        Some(Plain {
            package,
            skeleton,
            parts,
            styles,
            texts,
            chunk,
            ahead_from: u64::MAX,
        })
    }

    fn sheet(
        &mut self,
        name: &str,
        limits: &Limits,
        deadline: &mut Deadline,
        sink: &mut dyn Sink,
    ) -> Result<Short, ReadError> {
        let context = Context {
            styles: &self.styles,
            texts: &self.texts,
            is_1904: self.skeleton.has_1904_epoch(),
        };
        let Some(path) = part_of(&mut self.skeleton, &self.parts, name) else {
            return Ok(Short::Part(0));
        };
        let (package, chunk) = (&mut self.package, self.chunk);
        let Some(mut source) = package.part(path).ok().flatten() else {
            return Ok(Short::Part(0));
        };
        if source.size() >= self.ahead_from {
            let short = ahead::with(source, chunk, |source| {
                let sheet = fast::Sheet::new(source, context, chunk);
                through(sheet, limits, deadline, sink)
            });
            if let Some(short) = short {
                return short;
            }
            // No thread is to be had.
            source = match package.part(path) {
                Ok(Some(source)) => source,
                _ => return Ok(Short::Part(0)),
            };
        }
        let sheet = fast::Sheet::new(source, context, chunk);
        through(sheet, limits, deadline, sink)
    }
}

/// Reads a sheet as far as it is plain.
fn through<R: Read>(
    mut sheet: fast::Sheet<'_, R>,
    limits: &Limits,
    deadline: &mut Deadline,
    sink: &mut dyn Sink,
) -> Result<Short, ReadError> {
    if let Outcome::NotUnderstood(given, _) = sheet.cells(deadline, sink)? {
        return Ok(Short::Part(given));
    }
    let short = match sink.wants_layout() {
        false => Short::Whole(None),
        true => {
            let found = sheet.beside_cells(deadline, limits.merged_blocks)?;
            found.map_or(Short::Cells, |found| Short::Whole(Some(found)))
        }
    };
    // Only at the end of a part it is known whether its bytes are those that were packed.
    if let Err(why) = sheet.drain() {
        sink.broken(&without_quotes(&why.to_string()));
    }
    Ok(short)
}

/// The part that the library takes for a sheet.
fn part_of<'p>(
    skeleton: &mut Xlsx<Cursor<Vec<u8>>>,
    parts: &'p [String],
    name: &str,
) -> Option<&'p str> {
    let mut reader = skeleton.worksheet_cells_reader(name).ok()?;
    let cell = reader.next_cell().ok()??;
    let DataRef::Float(number) = cell.get_value() else {
        return None;
    };
    let mut numbers = parts.iter().enumerate();
    let part = numbers.find(|(at, _)| *at as f64 == *number)?;
    Some(part.1)
}

/// What the library makes of each style; nothing where it makes nothing of them.
fn styles(part: &[u8]) -> Option<Vec<Style>> {
    let mut book = Xlsx::new(Cursor::new(fast::style_probe(part)?)).ok()?;
    let mut reader = book.worksheet_cells_reader("s").ok()?;
    let mut styles: Vec<Style> = reader
        .styles()
        .iter()
        .map(|style| Style {
            is_date: false,
            is_percent: is_percent(style),
        })
        .collect();
    for style in &mut styles {
        let cell = reader.next_cell().ok()??;
        style.is_date = match cell.get_value() {
            DataRef::DateTime(_) => true,
            DataRef::Float(_) => false,
            _ => return None,
        };
    }
    Some(styles)
}

fn is_percent(style: &calamine::Style) -> bool {
    let format = style.number_format.as_ref();
    format.is_some_and(|f| shows_percent(f.format_code.chars()))
}

/// The layout of a sheet that was read the short way.
fn plain_layout(bytes: &[u8], name: &str, found: Found, limits: &Limits) -> Layout {
    let mut layout = Layout {
        merges: found.merges,
        percent: found.percent,
        ..Layout::default()
    };
    if found.hides {
        put_hidden(bytes, name, limits, &mut layout);
    }
    layout
}

/// Gives the layout of a sheet that the library reads.
fn layout(
    whole: &mut Whole<'_>,
    name: &str,
    percent_styles: &[bool],
    limits: &Limits,
    deadline: &mut Deadline,
    sink: &mut dyn Sink,
) -> Result<(), ReadError> {
    let bytes = whole.bytes;
    let book = whole.book()?;
    let merged = book.merge_cells_by_sheet_name(name);
    if let Err(e) = &merged {
        // Headers that are merged would be read as others.
        sink.broken(&without_quotes(&e.to_string()));
    }
    let mut layout = Layout {
        merges: merges(merged.ok(), limits, name)?,
        ..Layout::default()
    };
    if percent_styles.contains(&true) {
        layout.percent = percent_cells(book, name, percent_styles, deadline)?;
    }
    put_hidden(bytes, name, limits, &mut layout);
    sink.layout(layout);
    Ok(())
}

fn put_hidden(bytes: &[u8], name: &str, limits: &Limits, layout: &mut Layout) {
    // Of a damaged sheet the reader has said where.
    if let Ok(found) = xlsx_layout::layout(bytes, &[name.to_string()], &extras_limits(limits))
        && let Some(extras) = found.into_iter().next()
    {
        layout.hidden_rows = extras.hidden_rows;
        layout.hidden_cols = extras.hidden_cols;
    }
}

/// The cells of one sheet as the library reads them; gives for each style whether it shows percent.
fn cells(
    book: &mut Xlsx<Bytes<'_>>,
    name: &str,
    deadline: &mut Deadline,
    sink: &mut dyn Sink,
) -> Result<Vec<bool>, ReadError> {
    let is_1904 = book.has_1904_epoch();
    let mut reader = match book.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        Err(e) => {
            sink.broken(&without_quotes(&e.to_string()));
            return Ok(Vec::new());
        }
    };
    let percent = reader.styles().iter().map(is_percent).collect();
    loop {
        // The sink minds only the time of the cells that it has not been given before.
        deadline.check()?;
        let record = match reader.next_cell_with_formula_metadata() {
            Ok(Some(record)) => record,
            Ok(None) => break,
            Err(e) => {
                sink.broken(&without_quotes(&e.to_string()));
                return Ok(Vec::new());
            }
        };
        let (row, col) = record.pos;
        if let Some(why) = outside(row, col) {
            sink.broken(&why);
            return Ok(Vec::new());
        }
        let seen = match seen(&record.value, is_1904) {
            Some(seen) => seen,
            // An empty cell with a formula is one without its result.
            None if record.formula.is_some() => Seen::NotCached,
            None => continue,
        };
        sink.cell(row, col, seen)?;
    }
    Ok(percent)
}

/// Takes what follows the cells that were given before.
struct Rest<'s> {
    sink: &'s mut dyn Sink,
    given: u64,
}

impl Sink for Rest<'_> {
    fn sheet(&mut self, name: &str, hidden: bool) -> Result<(), ReadError> {
        self.sink.sheet(name, hidden)
    }

    fn cell(&mut self, row: u32, col: u32, value: Seen<'_>) -> Result<(), ReadError> {
        if self.given > 0 {
            self.given -= 1;
            return Ok(());
        }
        self.sink.cell(row, col, value)
    }

    fn broken(&mut self, reason: &str) {
        self.sink.broken(reason);
    }

    fn wants_layout(&mut self) -> bool {
        self.sink.wants_layout()
    }

    fn layout(&mut self, layout: Layout) {
        self.sink.layout(layout);
    }

    fn remark(&mut self, remark: Remark) {
        self.sink.remark(remark);
    }
}

#[cfg(test)]
#[path = "xlsx_tests.rs"]
mod tests;
