//! Workbooks that are not what they seem.

use super::super::super::package::Packer;
use super::super::xlsx;
use super::{BOOK, RELS, ROOT, STYLES, TEXTS, Told, book, given, limits};

const PLAIN: &str = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>500</v></c></row></sheetData>\
    <mergeCells count=\"1\"><mergeCell ref=\"A1:B1\"/></mergeCells></worksheet>";

/// Whether something is said to be broken.
fn is_broken(bytes: &[u8]) -> bool {
    let (result, told) = given(true, None, |sink| xlsx(bytes, &limits(), sink));
    result.is_err() || told.iter().any(|t| matches!(t, Told::Broken(_)))
}

#[test]
fn a_part_whose_bytes_are_not_those_that_were_packed_is_broken() {
    let whole = book(PLAIN.as_bytes(), TEXTS.as_bytes());
    assert!(!is_broken(&whole));
    let changed = |from: &[u8], to: &[u8]| {
        let mut bytes = whole.clone();
        let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    assert!(is_broken(&changed(b"<v>500</v>", b"<v>900</v>")));
    assert!(is_broken(&changed(b"<t>one</t>", b"<t>two</t>")));
}

#[test]
fn a_sheet_without_its_merged_blocks_is_broken() {
    let bad = PLAIN.replace("A1:B1", "A:C");
    assert!(is_broken(&book(bad.as_bytes(), TEXTS.as_bytes())));
    let cut = PLAIN.split("<mergeCells").next().unwrap();
    assert!(is_broken(&book(cut.as_bytes(), TEXTS.as_bytes())));
}

#[test]
fn two_sheets_of_one_name_are_no_workbook() {
    let twice = BOOK.replace(
        "<sheet name=\"s\" r:id=\"a\"/>",
        "<sheet name=\"s\" r:id=\"a\"/><sheet name=\"s\" r:id=\"b\"/>",
    );
    let rels = RELS.replace(
        "</Relationships>",
        "<Relationship Id=\"b\" Type=\"x/worksheet\" Target=\"worksheets/sheet2.xml\"/></Relationships>",
    );
    let mut packer = Packer::new();
    for (name, text) in [
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", &twice),
        ("xl/_rels/workbook.xml.rels", &rels),
        ("xl/styles.xml", STYLES),
        ("xl/sharedStrings.xml", TEXTS),
        ("xl/worksheets/sheet1.xml", PLAIN),
        ("xl/worksheets/sheet2.xml", PLAIN),
    ] {
        let part = packer.stored(name).unwrap();
        std::io::Write::write_all(part, text.as_bytes()).unwrap();
    }
    assert!(is_broken(&packer.finish().unwrap()));
}
