//! Reads the record streams of an .xlsb workbook beside calamine: what it does not tell of a sheet, and whether its reader
//! would come to harm. Values of cells are not read here; what calamine reads wrongly is put right in `xlsb_plain`.

use std::collections::HashMap;

use crate::ingest::formats::extras::{
    Limits, MAX_COLUMNS, MAX_ROWS, Refusal, SheetExtras, shows_percent,
};
use crate::ingest::formats::package::{Package, resolved};
use crate::ingest::formats::records::{Records, u16_at, u32_at, wide_at, wide_bytes};

pub const WORKBOOK: &str = "xl/workbook.bin";
pub const RELATIONSHIPS: &str = "xl/_rels/workbook.bin.rels";
pub const STYLES: &str = "xl/styles.bin";
pub const STRINGS: &str = "xl/sharedStrings.bin";

/// Records by their names in the format's description.
pub mod kind {
    pub const ROW_HDR: u16 = 0x0000;
    pub const CELL_BLANK: u16 = 0x0001;
    pub const CELL_RK: u16 = 0x0002;
    pub const CELL_ERROR: u16 = 0x0003;
    pub const CELL_BOOL: u16 = 0x0004;
    pub const CELL_REAL: u16 = 0x0005;
    pub const CELL_ST: u16 = 0x0006;
    pub const CELL_ISST: u16 = 0x0007;
    pub const FMLA_STRING: u16 = 0x0008;
    pub const FMLA_NUM: u16 = 0x0009;
    pub const FMLA_BOOL: u16 = 0x000A;
    pub const FMLA_ERROR: u16 = 0x000B;
    /// Cells without a column of their own: 0x0C..=0x12 are 0x01..=0x07 so shortened.
    pub const SHORT_BLANK: u16 = 0x000C;
    pub const SHORT_ISST: u16 = 0x0012;
    pub const SST_ITEM: u16 = 0x0013;
    pub const FRT_BEGIN: u16 = 0x0023;
    pub const FRT_END: u16 = 0x0024;
    pub const FMT: u16 = 0x002C;
    pub const XF: u16 = 0x002F;
    pub const COL_INFO: u16 = 0x003C;
    pub const CELL_R_STRING: u16 = 0x003E;
    pub const END_BUNDLE_SHS: u16 = 0x0090;
    pub const BEGIN_SHEET_DATA: u16 = 0x0091;
    pub const END_SHEET_DATA: u16 = 0x0092;
    pub const WS_DIM: u16 = 0x0094;
    pub const WB_PROP: u16 = 0x0099;
    pub const BUNDLE_SH: u16 = 0x009C;
    pub const CALC_PROP: u16 = 0x009D;
    pub const BEGIN_SST: u16 = 0x009F;
    pub const BEGIN_FILTER_COLUMN: u16 = 0x00A3;
    pub const MERGE_CELL: u16 = 0x00B0;
    pub const BEGIN_FMTS: u16 = 0x0267;
    pub const END_FMTS: u16 = 0x0268;
    pub const BEGIN_CELL_XFS: u16 = 0x0269;
    pub const END_CELL_XFS: u16 = 0x026A;
}

/// A worksheet as the workbook names it.
#[derive(Debug)]
pub struct Bundle {
    pub name: String,
    pub state: u32,
    /// Its part, whether or not there is one.
    pub path: String,
}

/// What the workbook part tells.
#[derive(Debug, Default)]
pub struct Book {
    /// The content of the record with the date system.
    pub properties: Vec<u8>,
    pub sheets: Vec<Bundle>,
}

/// What the styles part tells: number formats as they are stored, and those of the cells' styles.
#[derive(Debug, Default)]
pub struct Styles {
    pub formats: Vec<Vec<u8>>,
    pub cells: Vec<Vec<u8>>,
    percent: Vec<bool>,
}

const MAX_STYLES: usize = 1 << 18;

/// What calamine does not tell of the worksheets, in the workbook's order; or why it must not read the file at all.
pub fn extras(bytes: &[u8], limits: &Limits) -> Result<Vec<SheetExtras>, Refusal> {
    let mut package = Package::open(bytes)?;
    let book = book(&mut package, limits)?;
    let styles = styles(&mut package)?;
    let strings = strings(&mut package, limits)?;
    let mut left = limits.cells;
    let mut out = Vec::new();
    for bundle in &book.sheets {
        let mut sheet = SheetExtras::named(&bundle.name);
        if let Some(part) = package.part(&bundle.path)? {
            let records = Records::of(part, &bundle.path);
            scan(records, &styles, strings, &mut sheet, limits, &mut left)?;
        }
        out.push(sheet.sorted());
    }
    Ok(out)
}

/// The worksheets of the workbook. Chart, dialog and macro sheets are left out.
pub fn book(package: &mut Package<'_>, limits: &Limits) -> Result<Book, Refusal> {
    let targets = package.relationships(RELATIONSHIPS)?;
    let Some(part) = package.part(WORKBOOK)? else {
        return Err(Refusal::Damaged(format!("{WORKBOOK} is missing")));
    };
    let mut records = Records::of(part, WORKBOOK);
    let mut out = Book::default();
    let mut body = Vec::new();
    let mut paths = HashMap::new();
    let mut listed = 0usize;
    while let Some(kind) = records.next(&mut body)? {
        match kind {
            kind::WB_PROP => out.properties = body.clone(),
            kind::BUNDLE_SH => {
                listed += 1;
                if listed > limits.sheets {
                    return Err(Refusal::TooLarge(format!(
                        "more than {} sheets",
                        limits.sheets
                    )));
                }
                let state = records.must(u32_at(&body, 0), "sheet")?;
                if u32_at(&body, 8) == Some(u32::MAX) {
                    continue;
                }
                let (id, at) = records.must(wide_at(&body, 8), "sheet")?;
                let (name, _) = records.must(wide_at(&body, at), "sheet")?;
                let Some((target, typ)) = targets.get(&id) else {
                    return Err(records.broken("a sheet without a relationship"));
                };
                let path = resolved("xl", target);
                let is_worksheet = match typ.rsplit('/').next() {
                    Some("") | None => path.contains("/worksheets/"),
                    Some(typ) => typ.eq_ignore_ascii_case("worksheet"),
                };
                if !is_worksheet {
                    continue;
                }
                // Many sheets in one part would be read over and over.
                if let Some(other) = paths.insert(path.to_ascii_lowercase(), name.clone()) {
                    return Err(records.broken(&format!("one part for sheets {other} and {name}")));
                }
                out.sheets.push(Bundle { name, state, path });
            }
            kind::END_BUNDLE_SHS => return Ok(out),
            _ => {}
        }
    }
    Err(records.broken("no end of the list of sheets"))
}

/// The number formats of cells.
pub fn styles(package: &mut Package<'_>) -> Result<Styles, Refusal> {
    let mut out = Styles::default();
    let Some(part) = package.part(STYLES)? else {
        return Ok(out);
    };
    let mut records = Records::of(part, STYLES);
    let mut percent: HashMap<u16, bool> = HashMap::from([(9, true), (10, true)]);
    let (mut in_formats, mut in_cells) = (false, false);
    let mut body = Vec::new();
    while let Some(kind) = records.next(&mut body)? {
        match kind {
            kind::BEGIN_FMTS => in_formats = true,
            kind::END_FMTS => in_formats = false,
            kind::BEGIN_CELL_XFS => in_cells = true,
            kind::END_CELL_XFS => in_cells = false,
            kind::FMT if in_formats => {
                let id = records.must(u16_at(&body, 0), "number format")?;
                let (code, _) = records.must(wide_at(&body, 2), "number format")?;
                percent.insert(id, shows_percent(code.chars()));
                out.formats.push(body.clone());
            }
            kind::XF if in_cells => {
                let id = records.must(u16_at(&body, 2), "cell style")?;
                out.percent.push(percent.get(&id).copied().unwrap_or(false));
                out.cells.push(body.clone());
            }
            _ => {}
        }
        if out.formats.len().max(out.cells.len()) > MAX_STYLES {
            return Err(Refusal::TooLarge(format!(
                "{STYLES}: more than {MAX_STYLES} styles"
            )));
        }
    }
    Ok(out)
}

/// How many shared strings calamine will hold; each must be there, complete.
fn strings(package: &mut Package<'_>, limits: &Limits) -> Result<u32, Refusal> {
    let Some(part) = package.part(STRINGS)? else {
        return Ok(0);
    };
    let mut records = Records::of(part, STRINGS);
    let mut claimed = None;
    let mut found = 0u32;
    let mut skipping = false;
    let mut body = Vec::new();
    while let Some(kind) = records.next(&mut body)? {
        match kind {
            kind::FRT_BEGIN => skipping = true,
            kind::FRT_END => skipping = false,
            _ if skipping => {}
            kind::BEGIN_SST if claimed.is_none() => {
                claimed = Some(records.must(u32_at(&body, 4), "number of strings")?);
            }
            kind::SST_ITEM => {
                records.must(wide_bytes(&body, 1), "shared string")?;
                found = found.saturating_add(1);
            }
            _ => {}
        }
    }
    let claimed = claimed.unwrap_or(0);
    if u64::from(claimed) > limits.cells {
        return Err(Refusal::TooLarge(format!("{claimed} shared strings")));
    }
    if claimed > found {
        return Err(records.broken(&format!("{claimed} strings promised, {found} there")));
    }
    Ok(claimed)
}

/// How a cell stands in a record: its column, its style, the content after both.
pub struct Placed<'a> {
    pub column: u32,
    pub style: u32,
    /// The type that it would have in full.
    pub kind: u16,
    pub content: &'a [u8],
}

/// A cell record with its place, if it is one and whole; `column` is that after the cell before.
pub fn placed(kind: u16, body: &[u8], column: u32) -> Option<Placed<'_>> {
    let short = (kind::SHORT_BLANK..=kind::SHORT_ISST).contains(&kind);
    let at = if short { 0 } else { 4 };
    let column = if short { column } else { u32_at(body, 0)? };
    let style = u32_at(body, at)? & 0x00FF_FFFF;
    let mut content = body.get(at + 4..)?;
    let kind = match kind {
        _ if short => kind - (kind::SHORT_BLANK - kind::CELL_BLANK),
        kind::CELL_R_STRING => {
            content = content.get(1..)?;
            kind::CELL_ST
        }
        other => other,
    };
    let needed = match kind {
        kind::CELL_RK | kind::CELL_ISST => 4,
        kind::CELL_ERROR | kind::CELL_BOOL | kind::FMLA_BOOL | kind::FMLA_ERROR => 1,
        kind::CELL_REAL | kind::FMLA_NUM => 8,
        kind::CELL_ST | kind::FMLA_STRING => wide_bytes(content, 0)?.1,
        _ => 0,
    };
    Some(Placed {
        column,
        style,
        kind,
        content: content.get(..needed)?,
    })
}

/// Whether a record is a cell's.
pub fn is_cell(kind: u16) -> bool {
    (kind::CELL_BLANK..=kind::SHORT_ISST).contains(&kind) || kind == kind::CELL_R_STRING
}

fn scan<R: std::io::Read>(
    mut records: Records<R>,
    styles: &Styles,
    strings: u32,
    sheet: &mut SheetExtras,
    limits: &Limits,
    left: &mut u64,
) -> Result<(), Refusal> {
    let mut body = Vec::new();
    let (mut measured, mut in_data, mut ended) = (false, false, false);
    let (mut row, mut column, mut hidden) = (0u32, 0u32, false);
    while let Some(kind) = records.next(&mut body)? {
        match kind {
            kind::WS_DIM => {
                records.must(u32_at(&body, 12), "dimension")?;
                measured = true;
            }
            kind::BEGIN_SHEET_DATA => in_data = true,
            kind::END_SHEET_DATA => (in_data, ended) = (false, true),
            kind::COL_INFO => {
                let first = records.must(u32_at(&body, 0), "columns")?;
                let last = records.must(u32_at(&body, 4), "columns")?;
                if records.must(u16_at(&body, 16), "columns")? & 1 != 0 {
                    sheet.hide_columns(first, last);
                }
            }
            kind::MERGE_CELL => {
                let at = |at| records.must(u32_at(&body, at), "merged block");
                sheet.merge((at(0)?, at(4)?), (at(8)?, at(12)?), limits)?;
            }
            kind::BEGIN_FILTER_COLUMN => sheet.filtered = true,
            kind::ROW_HDR => {
                row = records.must(u32_at(&body, 0), "row")?;
                hidden = records.must(body.get(11), "row")? & 0x10 != 0;
                column = 0;
                if row >= MAX_ROWS {
                    return Err(records.broken(&format!("row {row}")));
                }
            }
            _ if is_cell(kind) => {
                let cell = records.must(placed(kind, &body, column), "cell")?;
                if !in_data || cell.column >= MAX_COLUMNS {
                    return Err(records.broken(&format!("cell outside: column {}", cell.column)));
                }
                column = cell.column + 1;
                if cell.kind == kind::CELL_BLANK {
                    continue;
                }
                *left = left.checked_sub(1).ok_or_else(|| {
                    Refusal::TooLarge(format!("more than {} cells", limits.cells))
                })?;
                let at = (row, cell.column);
                if styles.percent.get(cell.style as usize) == Some(&true) {
                    sheet.percent.push(at);
                }
                if hidden && sheet.hidden_rows.last() != Some(&row) {
                    sheet.hidden_rows.push(row);
                }
                let string = u32_at(cell.content, 0);
                if cell.kind == kind::CELL_ISST && string.is_none_or(|n| n >= strings) {
                    return Err(records.broken("a cell's shared string does not exist"));
                }
                if cell.kind == kind::FMLA_ERROR || is_unknown_error(&cell) {
                    let code = cell.content.first().copied().unwrap_or(0);
                    sheet.errors.push((at.0, at.1, error_text(code)));
                }
            }
            _ => {}
        }
    }
    if measured && ended {
        Ok(())
    } else {
        Err(records.broken("the sheet's data do not end"))
    }
}

/// An error at which calamine would give up the rest of the sheet.
fn is_unknown_error(cell: &Placed<'_>) -> bool {
    cell.kind == kind::CELL_ERROR
        && cell
            .content
            .first()
            .is_none_or(|c| known_error(*c).is_none())
}

/// The text of an error that calamine knows.
pub fn known_error(code: u8) -> Option<&'static str> {
    Some(match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        0x2B => "#GETTING_DATA",
        _ => return None,
    })
}

fn error_text(code: u8) -> String {
    match known_error(code) {
        Some(text) => text.to_string(),
        None => format!("#ERROR {code}"),
    }
}

#[cfg(test)]
#[path = "xlsb_tests.rs"]
pub mod tests;
