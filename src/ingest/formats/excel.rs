//! Workbooks of other formats than .xlsx -> cells, and what both have in common. Cells of the formats that stream are streamed
//! with their absolute positions; `worksheet_range` is used only where the library has read all before, and after the size of
//! the sheets was checked.

use std::io::Cursor;

use calamine::{
    Data, DataRef, Dimensions, Ods, Range, Reader, SheetType, SheetVisible, Xls, XlsError,
    XlsOptions, Xlsb, XlsbError, Xlsx,
};

use super::extras::{self, SheetExtras};
use super::{
    Damage, Deadline, Layout, Limit, MAX_COLUMN, MAX_ROW, ReadError, Remark, Seen, Sink, merged,
    ods, ods_plain, ole, remarks, without_quotes, xlsb, xlsb_plain,
};
use crate::ingest::grid::Merge;
use crate::pipeline::model::Limits;

pub(super) type Bytes<'a> = Cursor<&'a [u8]>;

/// The worksheets of a workbook with whether they are hidden; what else is called a sheet is said.
pub(super) fn worksheets(
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

/// A value as it passes by, without a copy; nothing for an empty cell.
pub(super) fn seen<'a>(value: &'a DataRef<'_>, is_1904: bool) -> Option<Seen<'a>> {
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
pub(super) fn outside(row: u32, col: u32) -> Option<String> {
    (row >= MAX_ROW || col >= MAX_COLUMN)
        .then(|| format!("cell outside the sheet: row {row}, column {col}"))
}

/// A second pass for number formats; only made when the workbook has a percent format at all.
pub(super) fn percent_cells(
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

pub(super) fn merges(
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

/// What the library does not give, to be put between what it gives, in the order of the sheet.
struct Lost<'a> {
    cells: Vec<(u32, u32, Seen<'a>)>,
    next: usize,
}

impl<'a> Lost<'a> {
    fn of(extras: &'a SheetExtras) -> Lost<'a> {
        let errors = extras.errors.iter();
        let mut cells: Vec<(u32, u32, Seen<'a>)> = errors
            .map(|(row, col, text)| (*row, *col, Seen::Error(text)))
            .collect();
        let formulas = extras.not_cached.iter();
        cells.extend(formulas.map(|(row, col)| (*row, *col, Seen::NotCached)));
        cells.sort_by_key(|(row, col, _)| (*row, *col));
        Lost { cells, next: 0 }
    }

    /// Gives all that stands before a cell; says whether the cell itself is one of them.
    fn before(&mut self, at: (u32, u32), sink: &mut dyn Sink) -> Result<bool, ReadError> {
        while let Some((row, col, seen)) = self.cells.get(self.next)
            && (*row, *col) <= at
        {
            sink.cell(*row, *col, *seen)?;
            self.next += 1;
            if (*row, *col) == at {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn rest(&mut self, sink: &mut dyn Sink) -> Result<(), ReadError> {
        self.before((u32::MAX, u32::MAX), sink).map(|_| ())
    }
}

/// The cells of a sheet that the library has read altogether.
fn range(
    range: &Range<Data>,
    is_1904: bool,
    mut lost: Lost<'_>,
    sink: &mut dyn Sink,
) -> Result<(), ReadError> {
    let (top, left) = range.start().unwrap_or((0, 0));
    for (row, col, value) in range.used_cells() {
        let at = |base: u32, by: usize| base.saturating_add(u32::try_from(by).unwrap_or(u32::MAX));
        let (row, col) = (at(top, row), at(left, col));
        if let Some(why) = outside(row, col) {
            sink.broken(&why);
            return Ok(());
        }
        if let Some(seen) = owned(value, is_1904)
            && !lost.before((row, col), sink)?
        {
            sink.cell(row, col, seen)?;
        }
    }
    lost.rest(sink)
}

/// What a supplement says of a sheet, as its layout.
fn layout_of(extras: &SheetExtras) -> Layout {
    Layout {
        merges: merged(&extras.merges),
        percent: extras.percent.clone(),
        hidden_rows: extras.hidden_rows.clone(),
        hidden_cols: extras.hidden_cols.clone(),
    }
}

pub(super) fn extras_limits(limits: &Limits) -> extras::Limits {
    extras::Limits {
        cells: limits.box_cells,
        merges: limits.merged_blocks,
        sheets: limits.sheets,
    }
}

/// What a package carries beside its cells.
pub(super) fn say_remarks(bytes: &[u8], sink: &mut dyn Sink) {
    let found = remarks::remarks(bytes);
    if found.has_macros {
        sink.remark(Remark::Macros);
    }
    if found.has_external_links || found.has_dde || found.has_connections {
        sink.remark(Remark::Links);
    }
}

/// The supplement of a sheet: by its place, if it has its name there, else by its name.
fn extras_of<'a>(all: &'a [SheetExtras], at: usize, name: &str) -> Option<&'a SheetExtras> {
    let own = all.get(at).filter(|e| e.name == name);
    own.or_else(|| all.iter().find(|e| e.name == name))
        .or_else(|| all.get(at))
}

/// An .xls workbook. The library is given a fresh container of the checked workbook alone.
///
/// # Errors
/// When the workbook cannot be read.
pub fn xls(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let most = ole::Limits {
        box_cells: limits.box_cells,
        sheets: limits.sheets,
        merges: limits.merged_blocks,
        text: limits.text as u64,
    };
    let checked = ole::check(bytes, &most)?;
    if checked.has_macros {
        sink.remark(Remark::Macros);
    }
    if checked.has_external_links {
        sink.remark(Remark::Links);
    }
    if checked.codepage_assumed {
        sink.remark(Remark::CodePage);
    }
    if !checked.other_sheets.is_empty() {
        sink.remark(Remark::OtherSheets(checked.other_sheets.clone()));
    }
    let mut options = XlsOptions::default();
    options.force_codepage = checked.force_codepage;
    let book = Xls::new_with_options(Cursor::new(&checked.bytes[..]), options);
    let mut book = book.map_err(|e| match e {
        XlsError::Password => ReadError::Password,
        other => ReadError::Damaged(Damage::Compound, without_quotes(&other.to_string())),
    })?;
    let is_1904 = book.has_1904_epoch();
    let nothing = SheetExtras::default();
    let sheets = worksheets(book.sheets_metadata(), limits, sink)?;
    for (at, (name, hidden)) in sheets.into_iter().enumerate() {
        let extras = checked.sheets.get(at).unwrap_or(&nothing);
        sink.sheet(&name, hidden)?;
        match book.worksheet_range(&name) {
            Ok(cells) => range(&cells, is_1904, Lost::of(extras), sink)?,
            Err(e) => sink.broken(&without_quotes(&e.to_string())),
        }
        sink.layout(layout_of(extras));
    }
    Ok(())
}

/// An .xlsb workbook, written anew in the one form that the library reads right.
///
/// # Errors
/// When the workbook cannot be read.
pub fn xlsb(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let most = extras_limits(limits);
    let all = xlsb::extras(bytes, &most)?;
    say_remarks(bytes, sink);
    let plain = xlsb_plain::rewritten(bytes, &most)?;
    let mut book = Xlsb::new(Cursor::new(&plain[..])).map_err(|e| match e {
        XlsbError::Password => ReadError::Password,
        other => ReadError::Damaged(Damage::Structure, without_quotes(&other.to_string())),
    })?;
    let is_1904 = book.has_1904_epoch();
    let mut deadline = Deadline::new(limits);
    let nothing = SheetExtras::default();
    let sheets = worksheets(book.sheets_metadata(), limits, sink)?;
    for (at, (name, hidden)) in sheets.into_iter().enumerate() {
        sink.sheet(&name, hidden)?;
        let extras = extras_of(&all, at, &name).unwrap_or(&nothing);
        let mut lost = Lost::of(extras);
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
                        if let Some(seen) = seen(cell.get_value(), is_1904)
                            && !lost.before((row, col), sink)?
                        {
                            sink.cell(row, col, seen)?;
                        }
                    }
                    Ok(None) => {
                        lost.rest(sink)?;
                        break;
                    }
                    Err(e) => {
                        sink.broken(&without_quotes(&e.to_string()));
                        break;
                    }
                }
            },
        }
        sink.layout(layout_of(extras));
    }
    Ok(())
}

/// An .ods workbook, written anew where the library would refuse it or read it wrongly.
///
/// # Errors
/// When the workbook cannot be read.
pub fn ods(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let checked = ods::check(bytes, &extras_limits(limits))?;
    say_remarks(bytes, sink);
    let plain;
    let given = if checked.rewrite {
        plain = ods_plain::without_white_space(bytes)?;
        &plain[..]
    } else {
        bytes
    };
    let mut book = Ods::new(Cursor::new(given)).map_err(|e| match e {
        calamine::OdsError::Password => ReadError::Password,
        other => ReadError::Damaged(Damage::Structure, without_quotes(&other.to_string())),
    })?;
    let nothing = SheetExtras::default();
    let sheets = worksheets(book.sheets_metadata(), limits, sink)?;
    for (at, (name, hidden)) in sheets.into_iter().enumerate() {
        sink.sheet(&name, hidden)?;
        let extras = extras_of(&checked.sheets, at, &name).unwrap_or(&nothing);
        match book.worksheet_range(&name) {
            Ok(cells) => range(&cells, false, Lost::of(extras), sink)?,
            Err(e) => sink.broken(&without_quotes(&e.to_string())),
        }
        sink.layout(layout_of(extras));
    }
    Ok(())
}
