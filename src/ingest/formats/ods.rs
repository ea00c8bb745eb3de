//! Reads an .ods workbook to its very end beside calamine: what it does not tell of a sheet, and whether its reader would
//! loop for ever or take all memory. Values are not read here; the plain form of a workbook is written in `ods_plain`.

use std::collections::HashSet;

use quick_xml::events::{BytesStart, Event};

use crate::ingest::formats::extras::{Limits, MAX_COLUMNS, MAX_ROWS, Refusal, SheetExtras};
use crate::ingest::formats::ods_cells::{CONTENT, Cell, Place, broken, count, resolved};
use crate::ingest::formats::package::{Package, attribute, damaged, xml};

pub const MIMETYPE: &str = "application/vnd.oasis.opendocument.spreadsheet";

/// Text and formulas of all cells with their repetitions; calamine holds each up to three times.
const MAX_TEXT: u64 = 128 << 20;
/// The text of one cell.
const MAX_SPACES: u64 = 32_767;
const MAX_DEPTH: usize = 256;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The sheets in the workbook's order.
    pub sheets: Vec<SheetExtras>,
    /// calamine refuses the workbook, or reads it wrongly, unless it is first written anew by `ods_plain`.
    pub rewrite: bool,
}

/// Checks a workbook before calamine reads it.
pub fn check(bytes: &[u8], limits: &Limits) -> Result<Checked, Refusal> {
    let mut package = Package::open(bytes)?;
    let mut rewrite = !has_manifest(&mut package)?;
    rewrite |= !has_mimetype(&mut package)?;
    let Some(part) = package.part(CONTENT)? else {
        return Err(Refusal::Damaged(format!("{CONTENT} is missing")));
    };
    let mut scan = Scan::new(limits);
    let mut xml = xml(part, false);
    let mut places: Vec<Place> = Vec::new();
    let mut buf = Vec::new();
    loop {
        buf.clear();
        let place = places.last().copied();
        match xml.read_event_into(&mut buf).map_err(damaged(CONTENT))? {
            Event::Start(e) => {
                let next = Place::inside(place, e.name().as_ref());
                scan.rewrite |= next.1;
                places.push(scan.start(next.0, &e)?);
                if places.len() > MAX_DEPTH {
                    return Err(broken("nested too deep"));
                }
            }
            Event::End(_) => {
                scan.end(place)?;
                places.pop();
            }
            Event::Text(t) => scan.text(place, t.len(), &t),
            Event::GeneralRef(r) => {
                let mut utf8 = [0; 4];
                let text = resolved(&r)?.encode_utf8(&mut utf8);
                scan.text(place, text.len(), text);
            }
            Event::CData(t) => {
                scan.rewrite = true;
                scan.text(place, t.len(), &t);
            }
            Event::Comment(_) | Event::PI(_) => {
                scan.rewrite |= matches!(place, Some(Place::Row | Place::Names));
            }
            Event::Decl(d) => {
                let encoding = d.encoding().transpose().map_err(damaged(CONTENT))?;
                if encoding.is_some_and(|e| !e.eq_ignore_ascii_case("utf-8")) {
                    return Err(broken("not in UTF-8"));
                }
            }
            Event::DocType(_) => return Err(broken("DOCTYPE")),
            Event::Eof if places.is_empty() && scan.begun => break,
            Event::Eof => return Err(broken("cut off before its end")),
            _ => {}
        }
    }
    rewrite |= scan.rewrite;
    let sheets = scan.sheets.into_iter().map(SheetExtras::sorted).collect();
    Ok(Checked { sheets, rewrite })
}

/// Whether there is a manifest; refused where it says that parts are encrypted.
fn has_manifest(package: &mut Package<'_>) -> Result<bool, Refusal> {
    const MANIFEST: &str = "META-INF/manifest.xml";
    let Some(part) = package.part(MANIFEST)? else {
        return Ok(false);
    };
    let mut xml = xml(part, true);
    let mut buf = Vec::new();
    loop {
        buf.clear();
        match xml.read_event_into(&mut buf) {
            Ok(Event::Start(e)) if e.local_name().as_ref() == "encryption-data" => {
                return Err(Refusal::Password);
            }
            Ok(Event::Eof) => return Ok(true),
            // It is needed for nothing else, and written anew.
            Err(_) => return Ok(false),
            Ok(_) => {}
        }
    }
}

fn has_mimetype(package: &mut Package<'_>) -> Result<bool, Refusal> {
    let Some(mut part) = package.part("mimetype")? else {
        return Ok(false);
    };
    let mut head = [0; MIMETYPE.len()];
    let read = std::io::Read::read_exact(&mut part, &mut head);
    Ok(read.is_ok() && head == *MIMETYPE.as_bytes())
}

#[derive(Default)]
struct Row {
    repeats: u32,
    hidden: bool,
    column: u32,
    used: Option<(u32, u32)>,
    text: u64,
    /// Per kind: first column and number of columns.
    percent: Vec<(u32, u32)>,
    not_cached: Vec<(u32, u32)>,
    errors: Vec<(u32, u32, String)>,
    merges: Vec<(u32, u32, (u32, u32))>,
}

/// Reading goes on in this: the open sheet, row and cell, and what is left of the limits.
struct Scan<'l> {
    limits: &'l Limits,
    begun: bool,
    rewrite: bool,
    sheets: Vec<SheetExtras>,
    names: HashSet<String>,
    range: Option<usize>,
    rows: u32,
    columns: u32,
    row: Row,
    cell: Cell,
    area: Option<(u32, u32, u32, u32)>,
    areas: u64,
    stored: u64,
    text: u64,
}

impl<'l> Scan<'l> {
    fn new(limits: &'l Limits) -> Scan<'l> {
        Scan {
            limits,
            begun: false,
            rewrite: false,
            sheets: Vec::new(),
            names: HashSet::new(),
            range: None,
            rows: 0,
            columns: 0,
            row: Row::default(),
            cell: Cell::default(),
            area: None,
            areas: 0,
            stored: 0,
            text: 0,
        }
    }

    /// Takes an element in; the place may turn out to be another.
    fn start(&mut self, place: Place, e: &BytesStart<'_>) -> Result<Place, Refusal> {
        self.begun = true;
        match place {
            Place::Table => {
                let Some(name) = attribute(e, "table:name")? else {
                    return Ok(Place::Skipped);
                };
                if self.sheets.len() >= self.limits.sheets {
                    let why = format!("more than {} sheets", self.limits.sheets);
                    return Err(Refusal::TooLarge(why));
                }
                self.sheets.push(SheetExtras::named(&name));
                if !self.names.insert(name) {
                    return Err(broken("a sheet's name twice"));
                }
                (self.rows, self.columns, self.area) = (0, 0, None);
            }
            Place::Column => {
                let repeats = attribute(e, "table:number-columns-repeated")?;
                let repeats = repeats.as_deref().map_or(Ok(1), count)?;
                let next = self.columns.saturating_add(repeats);
                if is_hidden(e)? && self.columns < MAX_COLUMNS {
                    let first = self.columns;
                    self.sheet(|sheet| sheet.hide_columns(first, next - 1));
                }
                self.columns = next;
            }
            Place::Row => {
                let repeats = attribute(e, "table:number-rows-repeated")?;
                self.row = Row {
                    repeats: repeats.as_deref().map_or(Ok(1), count)?,
                    hidden: is_hidden(e)?,
                    ..Row::default()
                };
            }
            Place::Cell => self.cell = Cell::of(e)?,
            Place::Paragraph => self.cell.has_paragraph = true,
            Place::Space => {
                let spaces = match attribute(e, "text:c")? {
                    Some(n) => n.parse().unwrap_or(u64::MAX),
                    None => 1,
                };
                self.cell.text += spaces;
                if spaces > MAX_SPACES {
                    return Err(broken("too many spaces in a row"));
                }
            }
            Place::Outside => match e.name().as_ref() {
                "table:database-range" => {
                    let address = attribute(e, "table:target-range-address")?.unwrap_or_default();
                    let name = sheet_of(&address);
                    self.range = self.sheets.iter().position(|s| s.name == name);
                }
                "table:filter-condition" => {
                    if let Some(sheet) = self.range.and_then(|i| self.sheets.get_mut(i)) {
                        sheet.filtered = true;
                    }
                }
                _ => {}
            },
            Place::Names | Place::Group | Place::Skipped => {}
        }
        Ok(place)
    }

    fn text(&mut self, place: Option<Place>, len: usize, text: &str) {
        match place {
            Some(Place::Paragraph) => self.cell.show(len, text),
            // White space here makes calamine give up the workbook, or gets into the cell.
            Some(Place::Row | Place::Names | Place::Cell) => self.rewrite = true,
            _ => {}
        }
    }

    fn end(&mut self, place: Option<Place>) -> Result<(), Refusal> {
        match place {
            Some(Place::Cell) => self.end_cell(),
            Some(Place::Row) => self.end_row(),
            Some(Place::Table) => {
                self.areas = self.areas.saturating_add(size(self.area));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end_cell(&mut self) -> Result<(), Refusal> {
        let cell = std::mem::take(&mut self.cell);
        let row = &mut self.row;
        let first = row.column;
        row.column = first.saturating_add(cell.repeats);
        if cell.spans != (1, 1) && first < MAX_COLUMNS {
            row.merges.push((first, cell.repeats, cell.spans));
        }
        let is_untyped = cell.is_untyped_text();
        self.rewrite |= is_untyped;
        if !(cell.has_value || cell.is_string || cell.formula > 0 || is_untyped) {
            return Ok(());
        }
        if first >= MAX_COLUMNS {
            return Err(broken("a cell outside the sheet"));
        }
        let n = cell.repeats.min(MAX_COLUMNS - first);
        row.used = Some((row.used.map_or(first, |u| u.0), first + n - 1));
        row.text = row.text.saturating_add(cell.text * u64::from(n));
        if cell.is_percent && cell.has_value {
            row.percent.push((first, n));
        }
        // A formula whose result is the empty text has an empty paragraph.
        if !cell.has_value && !cell.is_string && !cell.has_paragraph {
            row.not_cached.push((first, n));
        }
        if let Some(error) = cell.error() {
            row.errors.push((first, n, error));
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Refusal> {
        let row = std::mem::take(&mut self.row);
        let top = self.rows;
        self.rows = top.saturating_add(row.repeats);
        let limits = self.limits;
        let too_large = |what: &str| Err(Refusal::TooLarge(format!("more than {what}")));
        let mut bottom = top;
        if let Some((left, right)) = row.used {
            if top >= MAX_ROWS {
                return Err(broken("a cell outside the sheet"));
            }
            bottom = self.rows.min(MAX_ROWS) - 1;
            self.area = Some(match self.area {
                Some((t, l, _, r)) => (t, l.min(left), bottom, r.max(right)),
                None => (top, left, bottom, right),
            });
            // Rows are stored from the first column on until the sheet's end, then once more as a rectangle.
            self.stored = self.stored.saturating_add(u64::from(right) + 1);
            let areas = self.areas.saturating_add(size(self.area));
            if areas.max(self.stored) > limits.cells {
                return too_large(&format!("{} cells", limits.cells));
            }
            let text = row.text.saturating_mul(u64::from(bottom - top) + 1);
            self.text = self.text.saturating_add(text);
            if self.text > MAX_TEXT {
                return too_large(&format!("{} MiB of text", MAX_TEXT >> 20));
            }
        } else if row.merges.is_empty() || row.repeats > 1 || top >= MAX_ROWS {
            return Ok(());
        }
        let Some(sheet) = self.sheets.last_mut() else {
            return Ok(());
        };
        for y in top..=bottom {
            if row.hidden && row.used.is_some() {
                sheet.hidden_rows.push(y);
            }
            let each = |(first, n): &(u32, u32)| (*first..first + n).map(move |x| (y, x));
            sheet.percent.extend(row.percent.iter().flat_map(each));
            sheet
                .not_cached
                .extend(row.not_cached.iter().flat_map(each));
            for (first, n, text) in &row.errors {
                let cells = (*first..first + n).map(|x| (y, x, text.clone()));
                sheet.errors.extend(cells);
            }
            for (first, n, (rows, cols)) in &row.merges {
                for x in *first..first.saturating_add(*n).min(MAX_COLUMNS) {
                    let corner = (y.saturating_add(rows - 1), x.saturating_add(cols - 1));
                    sheet.merge((y, corner.0), (x, corner.1), limits)?;
                }
            }
        }
        Ok(())
    }

    fn sheet(&mut self, change: impl FnOnce(&mut SheetExtras)) {
        if let Some(sheet) = self.sheets.last_mut() {
            change(sheet);
        }
    }
}

fn size(area: Option<(u32, u32, u32, u32)>) -> u64 {
    area.map_or(0, |(top, left, bottom, right)| {
        (u64::from(bottom - top) + 1) * (u64::from(right - left) + 1)
    })
}

fn is_hidden(e: &BytesStart<'_>) -> Result<bool, Refusal> {
    let value = attribute(e, "table:visibility")?;
    Ok(matches!(value.as_deref(), Some("collapse" | "filter")))
}

/// The sheet of a range's address: `$Sheet.A1:Sheet.B2`, `'a sheet''s'.A1`.
fn sheet_of(address: &str) -> String {
    let address = address.strip_prefix('$').unwrap_or(address);
    let Some(quoted) = address.strip_prefix('\'') else {
        let first = address.split(':').next().unwrap_or(address);
        return first
            .rsplit_once('.')
            .map_or("", |(name, _)| name)
            .to_string();
    };
    let mut out = String::new();
    let mut chars = quoted.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' && chars.next_if_eq(&'\'').is_none() {
            break;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
#[path = "ods_tests.rs"]
mod tests;
