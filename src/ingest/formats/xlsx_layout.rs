//! Streams the worksheets of an .xlsx workbook for the little that calamine does not tell: hidden rows and columns, active
//! filters. Cells are read elsewhere; the container has been checked before.

use std::collections::HashMap;
use std::io::Read;

use quick_xml::events::{BytesStart, Event};

use crate::ingest::formats::extras::{Limits, MAX_COLUMNS, MAX_ROWS, Refusal, SheetExtras};
use crate::ingest::formats::package::{Package, attribute, damaged, resolved, xml};

/// The layout of the named sheets, in the order of the names; a sheet that is not found has none. Of a damaged sheet it is
/// what comes before the damage: calamine says where that is.
pub fn layout(
    bytes: &[u8],
    sheet_names: &[String],
    limits: &Limits,
) -> Result<Vec<SheetExtras>, Refusal> {
    if sheet_names.len() > limits.sheets {
        return Err(Refusal::TooLarge(format!(
            "more than {} sheets",
            limits.sheets
        )));
    }
    let mut package = Package::open(bytes)?;
    let paths = worksheets(&mut package)?;
    let mut out = Vec::new();
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for name in sheet_names {
        let mut sheet = SheetExtras::named(name);
        if let Some(path) = paths.get(name) {
            if let Some(other) = seen.insert(path, name) {
                let why = format!("{path} is the part of two sheets, {other} and {name}");
                return Err(Refusal::Damaged(why));
            }
            read(&mut package, path, &mut sheet, limits)?;
        }
        out.push(sheet.sorted());
    }
    Ok(out)
}

/// Parts of the workbook's sheets by the sheets' names; of two sheets with one name, the first, as calamine has it.
pub(super) fn worksheets(package: &mut Package<'_>) -> Result<HashMap<String, String>, Refusal> {
    let workbook = package
        .relationships("_rels/.rels")?
        .into_values()
        .find(|(_, typ)| typ.ends_with("/officeDocument"))
        .map_or("xl/workbook.xml".to_string(), |(target, _)| {
            resolved("", &target)
        });
    let (folder, file) = workbook.rsplit_once('/').unwrap_or(("", &workbook));
    let targets = package.relationships(&format!("{folder}/_rels/{file}.rels"))?;
    let Some(part) = package.part(&workbook)? else {
        return Err(Refusal::Damaged(format!("{workbook} is missing")));
    };
    let mut out = HashMap::new();
    let mut xml = xml(part, true);
    let mut buf = Vec::new();
    loop {
        buf.clear();
        match xml.read_event_into(&mut buf).map_err(damaged(&workbook))? {
            Event::Start(e) if e.local_name().as_ref() == "sheet" => {
                let name = attribute(&e, "name")?.unwrap_or_default();
                let id = attribute(&e, "id")?.unwrap_or_default();
                if let Some((target, _)) = targets.get(&id) {
                    out.entry(name).or_insert_with(|| resolved(folder, target));
                }
            }
            Event::End(e) if e.local_name().as_ref() == "sheets" => break,
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(out)
}

fn read(
    package: &mut Package<'_>,
    path: &str,
    sheet: &mut SheetExtras,
    limits: &Limits,
) -> Result<(), Refusal> {
    let Some(part) = package.part(path)? else {
        return Ok(());
    };
    let mut look = Look::default();
    look.through(part);
    sheet.filtered = look.filters > 0;
    if look.merges > limits.merges {
        return Err(Refusal::TooLarge(format!(
            "{}: more than {} merged blocks",
            sheet.name, limits.merges
        )));
    }
    if look.hidden > 0
        && let Some(part) = package.part(path)?
    {
        hidden(part, sheet);
    }
    if !sheet.filtered {
        sheet.filtered = has_filtered_table(package, path)?;
    }
    Ok(())
}

/// Whether a table on the sheet has a condition set.
fn has_filtered_table(package: &mut Package<'_>, path: &str) -> Result<bool, Refusal> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let targets = package.relationships(&format!("{folder}/_rels/{file}.rels"))?;
    for (target, typ) in targets.into_values() {
        if typ.ends_with("/table")
            && let Some(part) = package.part(&resolved(folder, &target))?
        {
            let mut look = Look::default();
            look.through(part);
            if look.filters > 0 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// A first look at the bytes of a part: most sheets hide nothing, and are not read as XML at all.
#[derive(Default)]
struct Look {
    hidden: usize,
    filters: usize,
    merges: usize,
}

/// The longest that is looked for, with what follows `hidden`.
const OVERLAP: usize = 32;

impl Look {
    /// Looks until the end of what can be read.
    fn through(&mut self, mut part: impl Read) {
        let mut buf = vec![0; 1 << 16];
        let mut kept = 0;
        loop {
            let Some(space) = buf.get_mut(kept..) else {
                return;
            };
            let read = match part.read(space) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let end = kept + read;
            let from = end.saturating_sub(OVERLAP);
            self.chunk(buf.get(..end).unwrap_or_default(), from);
            buf.copy_within(from..end, 0);
            kept = end - from;
        }
        self.chunk(buf.get(..kept).unwrap_or_default(), kept);
    }

    /// Counts what begins before `to`.
    fn chunk(&mut self, bytes: &[u8], to: usize) {
        each(bytes, to, b"hidden", |rest| {
            let mut after = rest
                .iter()
                .skip_while(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'"' | b'\''));
            if !matches!(after.next(), Some(b'0' | b'f')) {
                self.hidden += 1;
            }
        });
        each(bytes, to, b"filterColumn", |_| self.filters += 1);
        each(bytes, to, b"mergeCell", |rest| {
            if rest.first().is_some_and(u8::is_ascii_whitespace) {
                self.merges += 1;
            }
        });
    }
}

/// Hands over what follows each place where the needle begins before `to`.
fn each<const N: usize>(bytes: &[u8], to: usize, needle: &[u8; N], mut found: impl FnMut(&[u8])) {
    // How far to go on when this byte stands under the needle's last one.
    let mut steps = [N; 256];
    for (i, byte) in needle.iter().enumerate().take(N - 1) {
        steps[usize::from(*byte)] = N - 1 - i;
    }
    let mut at = 0;
    while at < to {
        let Some(window) = bytes.get(at..at + N) else {
            return;
        };
        if window == needle {
            found(bytes.get(at + N..).unwrap_or_default());
        }
        at += steps[usize::from(window[N - 1])];
    }
}

/// Reads hidden rows and columns, as far as the part can be read.
fn hidden(part: impl Read, sheet: &mut SheetExtras) {
    let mut xml = xml(part, true);
    let mut buf = Vec::new();
    let mut next_row = 0u32;
    // The hidden row that is open and has no cell with a content yet.
    let mut open = None;
    let mut in_cell = false;
    loop {
        buf.clear();
        match xml.read_event_into(&mut buf) {
            Ok(Event::Start(e)) => match e.local_name().as_ref() {
                "row" => {
                    let (row, is_hidden) = row(&e, next_row);
                    next_row = row.saturating_add(1);
                    open = (is_hidden && row < MAX_ROWS).then_some(row);
                }
                "c" => in_cell = open.is_some(),
                "v" | "is" | "f" if in_cell => {
                    sheet.hidden_rows.extend(open.take());
                    in_cell = false;
                }
                "col" => columns(&e, sheet),
                _ => {}
            },
            Ok(Event::End(e)) => match e.local_name().as_ref() {
                "row" => (open, in_cell) = (None, false),
                "sheetData" => return,
                _ => {}
            },
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// A row's number from 0, and whether it is hidden; without a number it is the one after the row before.
fn row(e: &BytesStart<'_>, next: u32) -> (u32, bool) {
    let mut found = (next, false);
    for attribute in e.attributes().with_checks(false).flatten() {
        match attribute.key.as_ref() {
            "r" => {
                if let Some(row) = attribute.value.parse::<u32>().ok().filter(|r| *r > 0) {
                    found.0 = row - 1;
                }
            }
            "hidden" => found.1 = attribute.as_bool() == Some(true),
            _ => {}
        }
    }
    found
}

fn columns(e: &BytesStart<'_>, sheet: &mut SheetExtras) {
    let (mut first, mut last, mut is_hidden) = (0u32, 0u32, false);
    for attribute in e.attributes().with_checks(false).flatten() {
        match attribute.key.as_ref() {
            "min" => first = attribute.value.parse().unwrap_or(0),
            "max" => last = attribute.value.parse().unwrap_or(0),
            "hidden" => is_hidden = attribute.as_bool() == Some(true),
            _ => {}
        }
    }
    if is_hidden && first > 0 && last >= first && first <= MAX_COLUMNS {
        sheet.hide_columns(first - 1, last - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::formats::package::tests::packed;

    const LIMITS: Limits = Limits {
        cells: 100,
        merges: 3,
        sheets: 3,
    };
    const BOOK: &str = "<workbook><sheets><sheet name=\"表\" r:id=\"a\"/><sheet name=\"b\" r:id=\"b\"/>\
                        </sheets></workbook>";
    const RELS: &str = "<Relationships><Relationship Id=\"a\" Target=\"/xl/worksheets\\Sheet1.xml\"/>\
                        <Relationship Id=\"b\" Target=\"worksheets/sheet2.xml\"/></Relationships>";

    fn book(sheet: &str) -> Vec<u8> {
        let table = "<Relationships><Relationship Id=\"t\" Type=\"x/table\" Target=\"../tables/t.xml\"/></Relationships>";
        packed(&[
            ("xl/workbook.xml", BOOK.as_bytes()),
            ("xl/_rels/workbook.xml.rels", RELS.as_bytes()),
            ("xl\\worksheets\\sheet1.XML", sheet.as_bytes()),
            ("xl/worksheets/sheet2.xml", b"<worksheet/>"),
            ("xl/worksheets/_rels/sheet2.xml.rels", table.as_bytes()),
            (
                "xl/tables/t.xml",
                b"<table><autoFilter><filterColumn/></autoFilter></table>",
            ),
        ])
    }

    fn first(sheet: &str) -> SheetExtras {
        let names = ["表".to_string(), "b".to_string(), "c".to_string()];
        let mut found = layout(&book(sheet), &names, &LIMITS).unwrap();
        assert_eq!(found[2], SheetExtras::named("c"));
        assert!(found[1].filtered);
        found.remove(0)
    }

    #[test]
    fn hidden_rows_and_columns() {
        let sheet = first(
            "<x:worksheet><x:cols><x:col min=\"2\" max=\"3\" hidden=\"1\"/><col min='4' max='16384' hidden = 'true'/>\
             <col min=\"1\" max=\"1\" hidden=\"0\"/></x:cols><x:sheetData><x:row hidden=\"1\"><c><v>1</v></c></x:row>\
             <row hidden=\"0\"><c><v>1</v></c></row><row hidden=\"1\"><c s=\"1\"/></row>\
             <row r=\"9\" hidden=\"true\"><c><is><t>x</t></is></c><c><v>2</v></c></row><row hidden=\"1\"><c><f>A1</f></c></row>\
             <row r=\"1048577\" hidden=\"1\"><c><v>1</v></c></row><row r=\"0\"/></x:sheetData></x:worksheet>",
        );
        assert_eq!(sheet.hidden_cols, [(1, 16_383)]);
        assert_eq!(sheet.hidden_rows, [0, 8, 9]);
        assert!(!sheet.filtered);
    }

    #[test]
    fn damaged_sheets_give_what_comes_before() {
        let sheet =
            first("<a><row hidden=\"1\"><c><v/></c></row><row hidden=\"1\"><c><v/></c></row><");
        assert_eq!(sheet.hidden_rows, [0, 1]);
        assert_eq!(first(""), SheetExtras::named("表"));
    }

    #[test]
    fn filters_and_merges_are_found_across_chunks() {
        for pad in (1 << 16) - 40..(1 << 16) + 5 {
            let text = format!("{}<filterColumn/><mergeCell ref=\"\"/>", " ".repeat(pad));
            let mut look = Look::default();
            look.through(text.as_bytes());
            assert_eq!((look.filters, look.merges, look.hidden), (1, 1, 0), "{pad}");
            let mut look = Look::default();
            look.through(format!("{}hidden=\"1\"hidden=\"0\"", " ".repeat(pad)).as_bytes());
            assert_eq!(look.hidden, 1, "{pad}");
        }
        let merged = format!("<mergeCells>{}</mergeCells>", "<mergeCell />".repeat(4));
        let names = ["表".to_string()];
        let found = layout(&book(&merged), &names, &LIMITS);
        assert!(matches!(found, Err(Refusal::TooLarge(_))));
    }

    #[test]
    fn one_part_for_two_sheets_is_refused() {
        let names = ["表".to_string(), "表".to_string()];
        let found = layout(&book("<worksheet/>"), &names, &LIMITS);
        assert!(matches!(found, Err(Refusal::Damaged(_))));
        assert!(layout(b"PK", &names, &LIMITS).is_err());
        assert!(layout(&packed(&[]), &[], &LIMITS).is_err());
    }
}
