//! Tests of `xlsb`, and the workbooks that they build by hand: nothing here writes .xlsb.

use super::*;
use crate::ingest::formats::package::tests::packed;
use crate::ingest::formats::records::{put, wide};

pub const LIMITS: Limits = Limits {
    cells: 1000,
    merges: 10,
    sheets: 4,
};

pub type Raw = (u16, Vec<u8>);

/// A workbook to be made: sheets of records, which say for themselves where their rows begin.
#[derive(Default, Clone)]
pub struct Made {
    pub sheets: Vec<(String, Vec<Raw>)>,
    /// Folders of the sheets, "worksheets" where none is given.
    pub folder: Vec<&'static str>,
    /// Formulas of defined names.
    pub names: Vec<Vec<u8>>,
    pub strings: Vec<&'static str>,
    pub claimed: Option<u32>,
    pub before_data: Vec<Raw>,
    pub after_data: Vec<Raw>,
}

impl Made {
    pub fn of(sheets: &[(&str, &[Raw])]) -> Made {
        Made {
            sheets: sheets
                .iter()
                .map(|(name, records)| (name.to_string(), [&[row(0, false)], *records].concat()))
                .collect(),
            strings: vec!["一", "二"],
            ..Made::default()
        }
    }

    /// The parts by their names.
    pub fn parts(&self) -> Vec<(String, Vec<u8>)> {
        let mut book = Vec::new();
        let mut rels = String::from("<Relationships>");
        put(&mut book, 0x83, &[]).unwrap();
        put(&mut book, kind::WB_PROP, &[&[0; 12]]).unwrap();
        put(&mut book, 0x8F, &[]).unwrap();
        let mut out = Vec::new();
        for (i, (name, records)) in self.sheets.iter().enumerate() {
            let folder = self.folder.get(i).unwrap_or(&"worksheets");
            let pieces: [&[u8]; 3] = [&[0; 8], &wide(&format!("r{i}")), &wide(name)];
            put(&mut book, kind::BUNDLE_SH, &pieces).unwrap();
            let typ = folder.trim_end_matches('s');
            rels += &format!(
                "<Relationship Id=\"r{i}\" Type=\"http://x/{typ}\" Target=\"{folder}/sheet{i}.bin\"/>"
            );
            let mut part = Vec::new();
            put(&mut part, 0x81, &[]).unwrap();
            put(&mut part, kind::WS_DIM, &[&[0; 16]]).unwrap();
            let data = [
                &self.before_data[..],
                &[(kind::BEGIN_SHEET_DATA, vec![])],
                records,
                &[(kind::END_SHEET_DATA, vec![])],
                &self.after_data,
                &[(0x82, vec![])],
            ]
            .concat();
            for (kind, body) in data {
                put(&mut part, kind, &[&body]).unwrap();
            }
            out.push((format!("xl/{folder}/sheet{i}.bin"), part));
        }
        put(&mut book, kind::END_BUNDLE_SHS, &[]).unwrap();
        for formula in &self.names {
            let size = (formula.len() as u32).to_le_bytes();
            let pieces: [&[u8]; 4] = [&[0; 9], &wide("n"), &size, formula];
            put(&mut book, 0x27, &pieces).unwrap();
        }
        put(&mut book, kind::CALC_PROP, &[&[0; 26]]).unwrap();
        put(&mut book, 0x84, &[]).unwrap();
        let mut strings = Vec::new();
        let claimed = self
            .claimed
            .unwrap_or(self.strings.len() as u32)
            .to_le_bytes();
        put(&mut strings, kind::BEGIN_SST, &[&claimed, &claimed]).unwrap();
        for text in &self.strings {
            put(&mut strings, kind::SST_ITEM, &[&[0], &wide(text)]).unwrap();
        }
        put(&mut strings, 0xA0, &[]).unwrap();
        rels += "</Relationships>";
        out.push((WORKBOOK.to_string(), book));
        out.push((RELATIONSHIPS.to_string(), rels.into_bytes()));
        out.push((STRINGS.to_string(), strings));
        out.push((STYLES.to_string(), styles_part()));
        out
    }

    pub fn zip(&self) -> Vec<u8> {
        let parts = self.parts();
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(n, b)| (&n[..], &b[..])).collect();
        packed(&parts)
    }
}

/// Styles: 0 general, 1 built-in percent, 2 own percent, 3 a percent sign in quotes, 4 date.
fn styles_part() -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, 0x116, &[]).unwrap();
    put(&mut out, kind::BEGIN_FMTS, &[&2u32.to_le_bytes()]).unwrap();
    for (id, code) in [(164u16, "0.0%"), (165, "0\"%\"")] {
        put(&mut out, kind::FMT, &[&id.to_le_bytes(), &wide(code)]).unwrap();
    }
    put(&mut out, kind::END_FMTS, &[]).unwrap();
    put(&mut out, kind::BEGIN_CELL_XFS, &[&5u32.to_le_bytes()]).unwrap();
    for id in [0u16, 10, 164, 165, 14] {
        put(
            &mut out,
            kind::XF,
            &[
                &[0, 0],
                &id.to_le_bytes(),
                &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3F, 0],
            ],
        )
        .unwrap();
    }
    put(&mut out, kind::END_CELL_XFS, &[]).unwrap();
    out
}

pub fn row(row: u32, hidden: bool) -> Raw {
    let mut body = vec![0; 17];
    body[..4].copy_from_slice(&row.to_le_bytes());
    body[11] = if hidden { 0x10 } else { 0 };
    (kind::ROW_HDR, body)
}

fn raw(kind: u16, column: u32, style: u32, content: &[u8]) -> Raw {
    let head = [column.to_le_bytes(), style.to_le_bytes()].concat();
    (kind, [&head, content].concat())
}

pub fn cell(column: u32, value: f64) -> Raw {
    raw(kind::CELL_REAL, column, 0, &value.to_le_bytes())
}

pub fn styled(column: u32, style: u32, value: f64) -> Raw {
    raw(kind::CELL_REAL, column, style, &value.to_le_bytes())
}

pub fn isst(column: u32, string: u32) -> Raw {
    raw(kind::CELL_ISST, column, 0, &string.to_le_bytes())
}

pub fn error(kind: u16, column: u32, code: u8) -> Raw {
    raw(kind, column, 0, &[code, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0])
}

/// A workbook with a bit of everything.
pub fn sample() -> Made {
    let hidden = u16::to_le_bytes(1);
    let col = |first: u32, last: u32, flags: [u8; 2]| {
        let head = [first, last, 0, 0].map(u32::to_le_bytes).concat();
        (kind::COL_INFO, [&head, &flags[..]].concat())
    };
    let text = wide("字");
    let records = [
        isst(0, 0),
        raw(kind::CELL_BLANK, 1, 1, &[]),
        row(1, true),
        styled(0, 1, 0.075),
        styled(1, 2, 0.5),
        styled(2, 3, 5.0),
        styled(3, 4, 45000.0),
        raw(kind::CELL_RK, 4, 1, &[0x02, 0, 0, 0]),
        raw(
            kind::FMLA_STRING,
            5,
            0,
            &[&text[..], &[0, 0, 1, 0, 0, 0, 0x16]].concat(),
        ),
        row(2, false),
        error(kind::FMLA_ERROR, 0, 0x2A),
        error(kind::CELL_ERROR, 1, 0x07),
        isst(2, 1),
        (kind::SHORT_ISST, [[0; 4], 1u32.to_le_bytes()].concat()),
        (0x10, [&[2, 0, 0, 0][..], &7f64.to_le_bytes()].concat()),
        row(3, true),
        raw(kind::CELL_BLANK, 0, 0, &[]),
    ];
    let mut made = Made::of(&[("表一", &records)]);
    made.before_data = vec![
        (0x186, vec![]),
        col(2, 3, hidden),
        col(4, 4, hidden),
        col(5, 6, [0, 0]),
        (0x187, vec![]),
    ];
    let merge = [0u32, 1, 0, 3].map(u32::to_le_bytes).concat();
    made.after_data = vec![
        (0xB1, vec![1, 0, 0, 0]),
        (kind::MERGE_CELL, merge),
        (0xB2, vec![]),
        (kind::BEGIN_FILTER_COLUMN, vec![0; 6]),
    ];
    made
}

#[test]
fn what_calamine_does_not_tell() {
    let found = extras(&sample().zip(), &LIMITS).unwrap();
    assert_eq!(found.len(), 1);
    let sheet = &found[0];
    assert_eq!(sheet.name, "表一");
    assert_eq!(sheet.percent, [(1, 0), (1, 1), (1, 4), (2, 4)]);
    assert_eq!(sheet.errors, [(2, 0, "#N/A".to_string())]);
    assert_eq!(sheet.hidden_rows, [1]);
    assert_eq!(sheet.hidden_cols, [(2, 4)]);
    assert_eq!(sheet.merges, [(0, 0, 1, 3)]);
    assert!(sheet.filtered && sheet.not_cached.is_empty());
}

fn why(made: &Made) -> String {
    match extras(&made.zip(), &LIMITS) {
        Err(Refusal::Damaged(why)) => why,
        Err(Refusal::TooLarge(why)) => format!("too large: {why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_would_harm_calamine_is_refused() {
    let with = |cell: Raw| why(&Made::of(&[("a", &[cell])]));
    assert!(with(isst(0, 2)).contains("shared string"));
    assert!(with(cell(16_384, 1.0)).contains("column 16384"));
    assert!(with(row(1_048_576, false)).contains("row 1048576"));
    assert!(with((kind::CELL_REAL, vec![0; 15])).contains("too short"));
    assert!(with((kind::CELL_ST, vec![0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0])).contains("too short"));
    assert!(with((kind::CELL_RK, vec![])).contains("too short"));
    assert!(with((kind::ROW_HDR, vec![0; 4])).contains("too short"));
    let mut made = sample();
    made.claimed = Some(900);
    assert!(why(&made).contains("900 strings promised, 2 there"));
    made.claimed = Some(1 << 31);
    assert!(why(&made).contains("too large"));
    let many: Vec<Raw> = (0..1001).map(|i| cell(i, 1.0)).collect();
    assert!(why(&Made::of(&[("a", &many)])).contains("too large"));
    let sheets = [("a", &[][..]); 5];
    assert!(why(&Made::of(&sheets)).contains("too large: more than 4 sheets"));
    let mut made = sample();
    let merge = (kind::MERGE_CELL, vec![0; 16]);
    made.after_data = vec![merge; 11];
    assert!(why(&made).contains("too large: more than 10 merged"));
}

#[test]
fn parts_that_lie_are_refused() {
    let parts = sample().parts();
    let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut parts = parts.clone();
        for (part, bytes) in &mut parts {
            if part == name {
                change(bytes);
            }
        }
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(n, b)| (&n[..], &b[..])).collect();
        extras(&packed(&parts), &LIMITS)
    };
    // A sheet cut off, a sheet without a relationship, one part for two sheets, no workbook.
    let sheet = "xl/worksheets/sheet0.bin";
    assert!(matches!(
        changed(sheet, &|b| b.truncate(60)),
        Err(Refusal::Damaged(_))
    ));
    assert!(matches!(
        changed(RELATIONSHIPS, &Vec::clear),
        Err(Refusal::Damaged(_))
    ));
    assert!(matches!(
        changed(WORKBOOK, &Vec::clear),
        Err(Refusal::Damaged(_))
    ));
    let two = Made::of(&[("a", &[]), ("b", &[])]);
    let mut parts = two.parts();
    for (name, bytes) in &mut parts {
        if name == RELATIONSHIPS {
            *bytes = String::from_utf8(bytes.clone())
                .unwrap()
                .replace("sheet1", "sheet0")
                .into();
        }
    }
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(n, b)| (&n[..], &b[..])).collect();
    assert!(matches!(
        extras(&packed(&parts), &LIMITS),
        Err(Refusal::Damaged(_))
    ));
    assert!(matches!(extras(b"PK", &LIMITS), Err(Refusal::Damaged(_))));
}

#[test]
fn a_sheet_without_a_part_stays_empty() {
    let parts = Made::of(&[("a", &[])]).parts();
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .filter(|(n, _)| !n.contains("sheet0"))
        .map(|(n, b)| (&n[..], &b[..]))
        .collect();
    assert_eq!(
        extras(&packed(&parts), &LIMITS),
        Ok(vec![SheetExtras::named("a")])
    );
}

/// Writes the sample where other readers find it: `cargo test -- --ignored writes`.
#[test]
#[ignore = "writes files"]
fn writes_the_sample() {
    let mut made = sample();
    // The formulas =1 and ="a" for readers that want to see one.
    made.names.push(vec![0x1E, 1, 0]);
    let mut parts = made.parts();
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" \
        ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"bin\" \
        ContentType=\"application/vnd.ms-excel.sheet.binary.macroEnabled.main\"/><Override PartName=\"/xl/worksheets/sheet0.bin\" \
        ContentType=\"application/vnd.ms-excel.worksheet\"/><Override PartName=\"/xl/styles.bin\" \
        ContentType=\"application/vnd.ms-excel.styles\"/><Override PartName=\"/xl/sharedStrings.bin\" \
        ContentType=\"application/vnd.ms-excel.sharedStrings\"/></Types>";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"";
    let rels = format!(
        "<Relationships {package}><Relationship Id=\"r\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.bin\"/></Relationships>"
    );
    let book = format!(
        "<Relationships {package}><Relationship Id=\"r0\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet0.bin\"/>\
         <Relationship Id=\"s\" Type=\"{office}/styles\" Target=\"styles.bin\"/><Relationship Id=\"t\" \
         Type=\"{office}/sharedStrings\" Target=\"sharedStrings.bin\"/></Relationships>"
    );
    parts.retain(|(name, _)| name != RELATIONSHIPS);
    parts.push(("[Content_Types].xml".into(), types.into()));
    parts.push(("_rels/.rels".into(), rels.into()));
    parts.push((RELATIONSHIPS.into(), book.into()));
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(n, b)| (&n[..], &b[..])).collect();
    std::fs::write("samples/made.xlsb", packed(&parts)).unwrap();
}
