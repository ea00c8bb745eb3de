//! Workbooks -> cells. The only file that names calamine. Cells of the formats that stream are streamed with their absolute
//! positions; `worksheet_range` is used only where the library has read all before, and after the size of the sheets was
//! checked.

use std::io::Cursor;

use calamine::{
    Data, DataRef, Dimensions, Ods, Range, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsb,
    XlsbError, Xlsx, XlsxError,
};

use super::{
    Damage, Deadline, Layout, Limit, MAX_COLUMN, MAX_ROW, ReadError, Remark, Seen, Sink,
    without_quotes,
};
use crate::ingest::grid::Merge;
use crate::pipeline::model::Limits;

type Bytes<'a> = Cursor<&'a [u8]>;

/// The worksheets of a workbook with whether they are hidden; what else is called a sheet is said.
fn worksheets(
    all: &[calamine::Sheet],
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<Vec<(String, bool)>, ReadError> {
    if all.len() > limits.sheets {
        let (most, found) = (limits.sheets as u64, Some(all.len() as u64));
        return Err(ReadError::over(Limit::Sheets, most, found, None));
    }
    let others = all.iter().filter(|s| s.typ != SheetType::WorkSheet);
    let others: Vec<String> = others.map(|s| s.name.clone()).collect();
    if !others.is_empty() {
        sink.remark(Remark::OtherSheets(others));
    }
    let sheets = all.iter().filter(|s| s.typ == SheetType::WorkSheet);
    Ok(sheets
        .map(|s| (s.name.clone(), s.visible != SheetVisible::Visible))
        .collect())
}

/// An .xlsx or .xlsm workbook, streamed.
///
/// # Errors
/// When the workbook as a whole cannot be read; a sheet that cannot be read to its end is broken, no error.
pub fn xlsx(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let mut book: Xlsx<Bytes<'_>> = Xlsx::new(Cursor::new(bytes)).map_err(|e| match e {
        XlsxError::Password => ReadError::Password,
        other => ReadError::Damaged(Damage::Structure, without_quotes(&other.to_string())),
    })?;
    let sheets = worksheets(book.sheets_metadata(), limits, sink)?;
    let is_1904 = book.has_1904_epoch();
    let mut deadline = Deadline::new(limits);
    for (name, hidden) in sheets {
        sink.sheet(&name, hidden)?;
        let percent_styles = xlsx_cells(&mut book, &name, is_1904, &mut deadline, sink)?;
        if sink.wants_layout() {
            let mut layout = Layout {
                merges: merges(book.merge_cells_by_sheet_name(&name).ok(), limits, &name)?,
                ..Layout::default()
            };
            if percent_styles.contains(&true) {
                layout.percent = percent_cells(&mut book, &name, &percent_styles, &mut deadline)?;
            }
            sink.layout(layout);
        }
    }
    Ok(())
}

/// The cells of one sheet; gives for each style whether it shows percent.
fn xlsx_cells(
    book: &mut Xlsx<Bytes<'_>>,
    name: &str,
    is_1904: bool,
    deadline: &mut Deadline,
    sink: &mut dyn Sink,
) -> Result<Vec<bool>, ReadError> {
    let mut reader = match book.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        Err(e) => {
            sink.broken(&without_quotes(&e.to_string()));
            return Ok(Vec::new());
        }
    };
    let percent = reader
        .styles()
        .iter()
        .map(|s| {
            let format = s.number_format.as_ref();
            format.is_some_and(|f| shows_percent(&f.format_code))
        })
        .collect();
    loop {
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

/// Whether a number format shows percent: a sign outside quotes.
fn shows_percent(code: &str) -> bool {
    let mut quoted = false;
    let mut escaped = false;
    code.chars().any(|c| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        escaped = c == '\\' && !quoted;
        quoted ^= c == '"';
        c == '%' && !quoted
    })
}

/// A value as it passes by, without a copy; nothing for an empty cell.
fn seen<'a>(value: &'a DataRef<'_>, is_1904: bool) -> Option<Seen<'a>> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::Int(n) => Seen::Number(*n as f64),
        DataRef::Float(n) => number(*n),
        DataRef::String(s) => Seen::Text(s),
        DataRef::SharedString(s) => Seen::Text(s),
        DataRef::Bool(b) => Seen::Bool(*b),
        DataRef::DateTime(d) => Seen::Date(d.as_f64(), is_1904),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => Seen::DateText(s),
        DataRef::Error(e) => Seen::Error(error_text(e)),
    })
}

/// The same of a value that was read before.
fn owned<'a>(value: &'a Data, is_1904: bool) -> Option<Seen<'a>> {
    Some(match value {
        Data::Empty => return None,
        Data::Int(n) => Seen::Number(*n as f64),
        Data::Float(n) => number(*n),
        Data::String(s) => Seen::Text(s),
        Data::Bool(b) => Seen::Bool(*b),
        Data::DateTime(d) => Seen::Date(d.as_f64(), is_1904),
        Data::DateTimeIso(s) | Data::DurationIso(s) => Seen::DateText(s),
        Data::Error(e) => Seen::Error(error_text(e)),
    })
}

/// A number, unless it is none.
fn number<'a>(n: f64) -> Seen<'a> {
    if n.is_finite() {
        Seen::Number(n)
    } else if n.is_nan() {
        Seen::Error("NaN")
    } else {
        Seen::Error("inf")
    }
}

fn error_text(error: &calamine::CellErrorType) -> &'static str {
    use calamine::CellErrorType as E;
    match error {
        E::Div0 => "#DIV/0!",
        E::NA => "#N/A",
        E::Name => "#NAME?",
        E::Null => "#NULL!",
        E::Num => "#NUM!",
        E::Ref => "#REF!",
        E::Value => "#VALUE!",
        E::GettingData => "#DATA!",
    }
}

/// Why a cell cannot stand where it says.
fn outside(row: u32, col: u32) -> Option<String> {
    (row >= MAX_ROW || col >= MAX_COLUMN)
        .then(|| format!("cell outside the sheet: row {row}, column {col}"))
}

/// A second pass for number formats; only made when the workbook has a percent format at all.
fn percent_cells(
    book: &mut Xlsx<Bytes<'_>>,
    name: &str,
    styles: &[bool],
    deadline: &mut Deadline,
) -> Result<Vec<(u32, u32)>, ReadError> {
    let mut out = Vec::new();
    if let Ok(mut reader) = book.worksheet_cells_reader(name) {
        while let Ok(Some((row, col, style))) = reader.next_style_id() {
            deadline.check()?;
            if styles.get(style) == Some(&true) {
                out.push((row, col));
            }
        }
    }
    Ok(out)
}

fn merges(
    list: Option<Vec<Dimensions>>,
    limits: &Limits,
    name: &str,
) -> Result<Vec<Merge>, ReadError> {
    let list = list.unwrap_or_default();
    if list.len() > limits.merged_blocks {
        let (most, found) = (limits.merged_blocks as u64, Some(list.len() as u64));
        return Err(ReadError::over(
            Limit::MergedBlocks,
            most,
            found,
            Some(name),
        ));
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

/// The cells of a sheet that the library has read altogether.
fn range(range: &Range<Data>, is_1904: bool, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let Some((top, left)) = range.start() else {
        return Ok(());
    };
    for (row, col, value) in range.used_cells() {
        let at = |base: u32, by: usize| base.saturating_add(u32::try_from(by).unwrap_or(u32::MAX));
        let (row, col) = (at(top, row), at(left, col));
        if let Some(why) = outside(row, col) {
            sink.broken(&why);
            return Ok(());
        }
        if let Some(seen) = owned(value, is_1904) {
            sink.cell(row, col, seen)?;
        }
    }
    Ok(())
}

/// An .xls workbook.
///
/// # Errors
/// When the workbook cannot be read.
pub fn xls(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let book: Result<Xls<Bytes<'_>>, XlsError> = Xls::new(Cursor::new(bytes));
    let mut book = book.map_err(|e| match e {
        XlsError::Password => ReadError::Password,
        other => ReadError::Damaged(Damage::Compound, without_quotes(&other.to_string())),
    })?;
    let is_1904 = book.has_1904_epoch();
    for (name, hidden) in worksheets(book.sheets_metadata(), limits, sink)? {
        sink.sheet(&name, hidden)?;
        match book.worksheet_range(&name) {
            Ok(cells) => range(&cells, is_1904, sink)?,
            Err(e) => sink.broken(&without_quotes(&e.to_string())),
        }
        let found = book.merge_cells_by_sheet_name(&name).ok();
        sink.layout(Layout {
            merges: merges(found, limits, &name)?,
            ..Layout::default()
        });
    }
    Ok(())
}

/// An .xlsb workbook.
///
/// # Errors
/// When the workbook cannot be read.
pub fn xlsb(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let book: Result<Xlsb<Bytes<'_>>, XlsbError> = Xlsb::new(Cursor::new(bytes));
    let mut book = book.map_err(|e| match e {
        XlsbError::Password => ReadError::Password,
        other => ReadError::Damaged(Damage::Structure, without_quotes(&other.to_string())),
    })?;
    let is_1904 = book.has_1904_epoch();
    let mut deadline = Deadline::new(limits);
    for (name, hidden) in worksheets(book.sheets_metadata(), limits, sink)? {
        sink.sheet(&name, hidden)?;
        match book.worksheet_cells_reader(&name) {
            Err(e) => sink.broken(&without_quotes(&e.to_string())),
            Ok(mut reader) => loop {
                deadline.check()?;
                match reader.next_cell() {
                    Ok(Some(cell)) => {
                        let (row, col) = cell.get_position();
                        if let Some(why) = outside(row, col) {
                            sink.broken(&why);
                            break;
                        }
                        if let Some(seen) = seen(cell.get_value(), is_1904) {
                            sink.cell(row, col, seen)?;
                        }
                    }
                    Ok(None) => break,
                    Err(e) => {
                        sink.broken(&without_quotes(&e.to_string()));
                        break;
                    }
                }
            },
        }
    }
    Ok(())
}

/// An .ods workbook.
///
/// # Errors
/// When the workbook cannot be read.
pub fn ods(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let book: Result<Ods<Bytes<'_>>, calamine::OdsError> = Ods::new(Cursor::new(bytes));
    let mut book = book.map_err(|e| match e {
        calamine::OdsError::Password => ReadError::Password,
        other => ReadError::Damaged(Damage::Structure, without_quotes(&other.to_string())),
    })?;
    for (name, hidden) in worksheets(book.sheets_metadata(), limits, sink)? {
        sink.sheet(&name, hidden)?;
        match book.worksheet_range(&name) {
            Ok(cells) => range(&cells, false, sink)?,
            Err(e) => sink.broken(&without_quotes(&e.to_string())),
        }
    }
    Ok(())
}
