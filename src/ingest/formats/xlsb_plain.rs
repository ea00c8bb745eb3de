//! Writes an .xlsb workbook anew with only what calamine reads, in the one form in which it reads it right. Run after
//! `xlsb::extras` has accepted the file. What it avoids: defined names (their formulas are parsed at open, unchecked),
//! macro sheets and absolute paths (the whole workbook is refused), styles found by scanning single bytes, formulas with
//! an error as their result and cells in the short form (both dropped without a word).

use std::io::{Read, Write};

use crate::ingest::formats::extras::{Limits, Refusal};
use crate::ingest::formats::package::{Package, Packer, damaged};
use crate::ingest::formats::records::{Records, put, wide};
use crate::ingest::formats::xlsb::{self, RELATIONSHIPS, STRINGS, STYLES, WORKBOOK, kind};

/// The workbook anew: worksheets only, in the same order and with the same names as `xlsb::extras` gives them.
pub fn rewritten(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let mut package = Package::open(bytes)?;
    let book = xlsb::book(&mut package, limits)?;
    let styles = xlsb::styles(&mut package)?;
    let mut out = Packer::new();
    let to = out.part(WORKBOOK)?;
    let mut relationships = String::from("<Relationships>");
    if !book.properties.is_empty() {
        put(to, kind::WB_PROP, &[&book.properties]).map_err(damaged(WORKBOOK))?;
    }
    for (i, sheet) in book.sheets.iter().enumerate() {
        let id = format!("rId{i}");
        // A state that nobody knows is shown: what it says then cannot be missed.
        let state = if sheet.state > 2 { 0 } else { sheet.state };
        let head = [state.to_le_bytes(), (i as u32).to_le_bytes()].concat();
        let pieces: [&[u8]; 3] = [&head, &wide(&id), &wide(&sheet.name)];
        put(to, kind::BUNDLE_SH, &pieces).map_err(damaged(WORKBOOK))?;
        relationships.push_str(&format!(
            "<Relationship Id=\"{id}\" Target=\"worksheets/sheet{i}.bin\"/>"
        ));
    }
    put(to, kind::END_BUNDLE_SHS, &[]).map_err(damaged(WORKBOOK))?;
    put(to, kind::CALC_PROP, &[]).map_err(damaged(WORKBOOK))?;
    relationships.push_str("</Relationships>");
    out.part(RELATIONSHIPS)?
        .write_all(relationships.as_bytes())
        .map_err(damaged(RELATIONSHIPS))?;
    let to = out.part(STYLES)?;
    let lists = [
        (kind::BEGIN_FMTS, kind::FMT, &styles.formats, kind::END_FMTS),
        (
            kind::BEGIN_CELL_XFS,
            kind::XF,
            &styles.cells,
            kind::END_CELL_XFS,
        ),
    ];
    for (begin, each, list, end) in lists {
        put(to, begin, &[&(list.len() as u32).to_le_bytes()]).map_err(damaged(STYLES))?;
        for item in list {
            put(to, each, &[item]).map_err(damaged(STYLES))?;
        }
        put(to, end, &[]).map_err(damaged(STYLES))?;
    }
    if let Some(part) = package.part(STRINGS)? {
        let to = out.part(STRINGS)?;
        std::io::copy(&mut { part }, to).map_err(damaged(STRINGS))?;
    }
    for (i, sheet) in book.sheets.iter().enumerate() {
        if let Some(part) = package.part(&sheet.path)? {
            let to = out.part(&format!("xl/worksheets/sheet{i}.bin"))?;
            rewrite(Records::of(part, &sheet.path), to)?;
        }
    }
    out.finish()
}

/// Copies the rows and cells of a sheet.
fn rewrite<R: Read>(mut records: Records<R>, to: &mut impl Write) -> Result<(), Refusal> {
    let mut body = Vec::new();
    let mut column = 0;
    let failed = || damaged("sheet");
    while let Some(kind) = records.next(&mut body)? {
        match kind {
            kind::WS_DIM | kind::BEGIN_SHEET_DATA | kind::END_SHEET_DATA => {
                put(to, kind, &[&body]).map_err(failed())?;
            }
            kind::ROW_HDR => {
                column = 0;
                put(to, kind, &[&body]).map_err(failed())?;
            }
            _ if xlsb::is_cell(kind) => {
                let cell = records.must(xlsb::placed(kind, &body, column), "cell")?;
                column = cell.column.saturating_add(1);
                let mut content = cell.content;
                let kind = match cell.kind {
                    kind::CELL_BLANK => continue,
                    kind::FMLA_STRING => kind::CELL_ST,
                    kind::FMLA_NUM => kind::CELL_REAL,
                    kind::FMLA_BOOL => kind::CELL_BOOL,
                    kind::CELL_ERROR | kind::FMLA_ERROR => {
                        if content
                            .first()
                            .is_none_or(|c| xlsb::known_error(*c).is_none())
                        {
                            content = &[0x0F];
                        }
                        kind::CELL_ERROR
                    }
                    other => other,
                };
                let head = [cell.column.to_le_bytes(), cell.style.to_le_bytes()].concat();
                put(to, kind, &[&head, content]).map_err(failed())?;
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::formats::xlsb::tests::{LIMITS, Made, cell, error, isst, sample};
    use calamine::{Data, Reader, Xlsb};
    use std::io::Cursor;

    type Read = Vec<(String, Vec<(u32, u32, String)>)>;

    fn read(bytes: Vec<u8>) -> Read {
        let mut book: Xlsb<_> = Xlsb::new(Cursor::new(bytes)).unwrap();
        let mut out = Vec::new();
        for name in book.sheet_names() {
            let mut reader = book.worksheet_cells_reader(&name).unwrap();
            let mut cells = Vec::new();
            while let Some(cell) = reader.next_cell().unwrap() {
                let (row, col) = cell.get_position();
                let value = Data::from(cell.get_value().clone());
                cells.push((row, col, format!("{value:?}")));
            }
            out.push((name, cells));
        }
        out
    }

    #[test]
    fn calamine_then_reads_what_it_dropped() {
        let bytes = sample().zip();
        let before = read(bytes.clone());
        let after = read(rewritten(&bytes, &LIMITS).unwrap());
        assert_eq!(before.len(), after.len());
        let lost: Vec<_> = after[0]
            .1
            .iter()
            .filter(|c| !before[0].1.contains(c))
            .collect();
        assert_eq!(
            lost,
            [
                &(2, 0, "Error(NA)".to_string()),
                &(2, 3, "String(\"二\")".to_string()),
                &(2, 4, "Float(7.0)".to_string()),
            ]
        );
        assert!(before[0].1.iter().all(|c| after[0].1.contains(c)));
    }

    #[test]
    fn a_name_with_a_formula_that_calamine_cannot_parse_does_no_harm() {
        let mut made = sample();
        // Function number 485, one past the end of calamine's table.
        made.names.push(vec![0x41, 0xE5, 0x01]);
        let bytes = made.zip();
        let opened = std::panic::catch_unwind(|| Xlsb::new(Cursor::new(bytes.clone())).is_ok());
        assert_ne!(opened.ok(), Some(true));
        assert_eq!(read(rewritten(&bytes, &LIMITS).unwrap()).len(), 1);
    }

    #[test]
    fn an_unknown_error_does_not_end_the_sheet() {
        let cells = [error(kind::CELL_ERROR, 0, 0x2D), isst(1, 0)];
        let bytes = Made::of(&[("a", &cells)]).zip();
        let after = read(rewritten(&bytes, &LIMITS).unwrap());
        assert_eq!(after[0].1.len(), 2);
        assert_eq!(after[0].1[0].2, "Error(Value)");
    }

    #[test]
    fn macro_sheets_are_left_out() {
        let mut made = Made::of(&[("a", &[cell(0, 1.0)]), ("宏", &[cell(0, 2.0)])]);
        made.folder = vec!["worksheets", "macrosheets"];
        let bytes = made.zip();
        assert!(Xlsb::new(Cursor::new(bytes.clone())).is_err());
        let after = read(rewritten(&bytes, &LIMITS).unwrap());
        assert_eq!(
            after,
            [("a".to_string(), vec![(0, 0, "Float(1.0)".into())])]
        );
    }
}
