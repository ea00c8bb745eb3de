//! What the reader survives: positions outside the sheet, huge rectangles, cut files, cells of every kind.

use crate::harness::*;
use junheng::ingest::grid::Cell;
use junheng::ingest::workbook::{ReadError, read};
use rust_xlsxwriter::{Format, Workbook};

fn book(fill: impl Fn(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

#[test]
fn cells_keep_their_absolute_positions_and_kinds() {
    let bytes = book(|s| {
        s.write_string(4, 2, "文字").unwrap();
        s.write_number(4, 5, 1.5).unwrap();
        s.write_boolean(9, 0, true).unwrap();
        s.write_number_with_format(9, 1, 0.853, &Format::new().set_num_format("0.0%"))
            .unwrap();
        s.merge_range(0, 0, 1, 3, "标题", &Format::new()).unwrap();
    });
    let sheets = read(&bytes).unwrap();
    let grid = &sheets[0].grid;
    assert_eq!(grid.get(4, 2), Some(&Cell::Text("文字".to_string())));
    assert_eq!(grid.get(4, 5), Some(&Cell::Number(1.5)));
    assert_eq!(grid.get(9, 0), Some(&Cell::Bool(true)));
    assert!(grid.is_percent(9, 1));
    assert!(!grid.is_percent(4, 5));
    assert_eq!(grid.header_text(1, 3).unwrap().0, "标题");
    assert_eq!(grid.get(0, 1), None);
}

#[test]
fn a_sheet_that_claims_everything_costs_nothing() {
    let bytes = book(|s| {
        s.write_number(0, 0, 1.0).unwrap();
        s.write_number(1_048_575, 16_383, 2.0).unwrap();
    });
    let sheets = read(&bytes).unwrap();
    assert_eq!(sheets[0].grid.rows().len(), 2);
}

#[test]
fn a_cell_outside_the_sheet_stops_the_reading_and_is_said() {
    let bytes = book(|s| {
        s.write_number(0, 0, 1.0).unwrap();
        s.write_number(1, 0, 2.0).unwrap();
    });
    let bad = rewrite_part(&bytes, "xl/worksheets/sheet1.xml", |xml| {
        xml.replace("r=\"2\"", "r=\"1048577\"")
            .replace("r=\"A2\"", "r=\"A1048577\"")
    });
    let sheets = read(&bad).unwrap();
    let (reason, last) = sheets[0].damaged.clone().unwrap();
    assert!(reason.contains("outside the sheet"), "{reason}");
    assert_eq!(last, Some((0, 0)));
}

#[test]
fn bombs_and_entities_are_refused_before_the_reader_sees_them() {
    let bytes = book(|s| {
        s.write_string(0, 0, "x").unwrap();
    });
    let strings = rewrite_part(&bytes, "xl/sharedStrings.xml", |xml| {
        xml.replace("uniqueCount=\"1\"", "uniqueCount=\"200000000\"")
    });
    assert!(matches!(read(&strings), Err(ReadError::TooLarge(_))));
    let entity = rewrite_part(&bytes, "xl/worksheets/sheet1.xml", |xml| {
        xml.replacen("?>", "?><!DOCTYPE a [<!ENTITY b \"c\">]>", 1)
    });
    assert!(matches!(read(&entity), Err(ReadError::Damaged(_))));
    let large = rewrite_part(&bytes, "docProps/app.xml", |_| "x".repeat((128 << 20) + 1));
    assert!(matches!(read(&large), Err(ReadError::TooLarge(_))));
}

#[test]
fn a_file_cut_anywhere_is_refused_or_read_but_never_fatal() {
    let bytes = book(|s| {
        for r in 0..50 {
            s.write_string(r, 0, format!("校{r}")).unwrap();
            s.write_number(r, 1, f64::from(r)).unwrap();
        }
    });
    for cut in (0..bytes.len()).step_by(97) {
        let _ = read(&bytes[..cut]);
        let mut flipped = bytes.clone();
        flipped[cut] ^= 0x55;
        let _ = read(&flipped);
    }
}

#[test]
fn what_a_file_is_is_told_by_its_content() {
    use junheng::ingest::preflight::{Content, content};
    assert_eq!(content(b""), Content::Empty);
    assert_eq!(content("学校,学生\n".as_bytes()), Content::Text);
    assert_eq!(content(b"<html><table>"), Content::Html);
    assert_eq!(content(b"<?xml version=\"1.0\"?><Workbook/>"), Content::Xml);
    assert_eq!(content(b"%PDF-1.7"), Content::Pdf);
    assert_eq!(
        content(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0]),
        Content::Xls
    );
    assert_eq!(content(&[1, 2, 3]), Content::Other);
    assert_eq!(content(&book(|_| {})), Content::Xlsx);
}
