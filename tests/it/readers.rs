//! What the reader survives: positions outside the sheet, huge rectangles, cut files, cells of every kind.

use crate::harness::*;
use junheng::ingest::formats::ReadError;
use junheng::ingest::grid::Cell;
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
    assert!(matches!(read(&strings), Err(ReadError::TooLarge { .. })));
    let entity = rewrite_part(&bytes, "xl/worksheets/sheet1.xml", |xml| {
        xml.replacen("?>", "?><!DOCTYPE a [<!ENTITY b \"c\">]>", 1)
    });
    assert!(matches!(read(&entity), Err(ReadError::Damaged(..))));
    let large = rewrite_part(&bytes, "docProps/app.xml", |_| "x".repeat((128 << 20) + 1));
    assert!(matches!(read(&large), Err(ReadError::TooLarge { .. })));
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
    use junheng::ingest::formats::content::{Content, of as content};
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

/// Reads one cell as a column of a type that no form has yet, or as a named column of the school table.
fn read_as(
    kind: junheng::pipeline::model::Kind,
    unit: Option<&str>,
    cell: Cell,
    percent: bool,
) -> String {
    use junheng::ingest::cell::{Note, read};
    let pipeline = pipeline();
    let named = |name: &str| {
        pipeline
            .units
            .list
            .iter()
            .position(|u| u.name == name)
            .unwrap()
    };
    let column = junheng::pipeline::model::Column {
        name: "x".to_string(),
        title: "x".to_string(),
        kind,
        unit: unit.map(named),
        stage: None,
    };
    let read = read(&pipeline, &column, unit.map(named), &cell, percent);
    let notes: Vec<String> = read
        .notes
        .iter()
        .map(|n| match n {
            Note::Converted { why, .. } => (*why).to_string(),
            other => format!("{other:?}"),
        })
        .collect();
    let value = read.value.map_or("-".to_string(), |v| v.shown());
    format!("{value} {}", notes.join(",")).trim().to_string()
}

#[test]
fn every_declared_type_is_read_or_refused() {
    use junheng::pipeline::model::Kind;
    let text = |t: &str| Cell::Text(t.to_string());
    let percent = |cell, shown| read_as(Kind::Percent, Some("%"), cell, shown);
    assert_eq!(percent(Cell::Number(0.853), true), "85.3 why_percent");
    assert_eq!(percent(Cell::Number(85.3), false), "85.3");
    assert_eq!(percent(text("85.3%"), false), "85.3 why_unit");
    assert_eq!(percent(text("八成"), false), "- Unreadable");

    let date = |cell| read_as(Kind::Date, None, cell, false);
    assert_eq!(date(Cell::DateTime(45_292.0, false)), "2024-01-01");
    assert_eq!(date(text("2024年9月1日")), "2024-09-01 why_text_date");
    assert_eq!(date(text("20240901")), "2024-09-01 why_text_date");
    assert_eq!(date(text("2024-02-30")), "- Unreadable");
    assert_eq!(date(Cell::DateTime(1e12, false)), "- Unreadable");

    let year = |cell| read_as(Kind::Year, None, cell, false);
    assert_eq!(year(Cell::Number(2005.0)), "2005");
    assert_eq!(year(Cell::DateTime(2005.0, false)), "2005 why_date_as_year");
    assert_eq!(year(text("2005.9")), "2005 why_date_as_year");
    assert_eq!(year(Cell::Number(20.0)), "- Unreadable");

    let yes = |cell| read_as(Kind::YesNo, None, cell, false);
    assert_eq!(yes(text("是")), "true");
    assert_eq!(yes(text("×")), "false");
    assert_eq!(yes(Cell::Bool(true)), "true");
    assert_eq!(yes(text("也许")), "- Unreadable");

    let code = |cell| read_as(Kind::Code(Some(6)), None, cell, false);
    assert_eq!(code(text("001234")), "001234");
    assert_eq!(
        code(Cell::Number(1234.0)),
        "001234 CodePadded { value: \"001234\" }"
    );
    assert_eq!(code(text("１２３４５６")), "123456 why_width");

    let kind = |cell| read_as(Kind::Choice("school_type".to_string()), None, cell, false);
    for written in [
        "312",
        "九年一贯制学校",
        "九年一贯制",
        "九年一贯制学校(312)",
        "312 九年一贯制学校",
    ] {
        assert_eq!(kind(text(written)), "312", "{written}");
    }
    assert_eq!(kind(Cell::Number(312.0)), "312");

    let money = |cell| read_as(Kind::Number, Some("元"), cell, false);
    assert_eq!(money(text("1.5万元")), "15000 why_unit");
    assert_eq!(money(text("2亿")), "200000000 why_unit");
    assert_eq!(money(text("3台")), "- Unreadable");
    assert_eq!(money(Cell::Number(0.1 + 0.2)), "0.3");
    assert_eq!(
        read_as(
            Kind::Count,
            Some("人"),
            Cell::Number(7.000000000000001),
            false
        ),
        "7 why_residue"
    );
}

/// The same small workbook as LibreOffice saved it in three formats (tests/round_trip): formulas with results, percent
/// formats, dates, merged headers, a hidden row, a hidden column and a hidden sheet.
#[test]
fn a_workbook_saved_in_another_format_gives_the_same_tables() {
    let saved = |ending: &str| {
        let path = root().join(format!("tests/round_trip/saved.{ending}"));
        read(&std::fs::read(path).unwrap()).unwrap()
    };
    let xlsx = saved("xlsx");
    assert_eq!(xlsx.len(), 2);
    let first = &xlsx[0].grid;
    assert_eq!(first.rows().len(), 8);
    assert_eq!(first.get(3, 0), Some(&Cell::Text("2199000101".into())));
    assert_eq!(first.get(6, 3), Some(&Cell::Number(860.0)));
    assert!(first.is_percent(3, 6) && !first.is_percent(3, 5));
    assert_eq!(first.header_text(2, 0).unwrap().0, "学校标识码");
    assert_eq!(first.hidden_parts(), (&[4][..], &[(5, 5)][..]));
    assert!(xlsx[1].grid.hidden);
    assert_eq!(xlsx[1].grid.get(4, 3), Some(&Cell::Error("#DIV/0!".into())));
    for ending in ["xls", "ods"] {
        let other = saved(ending);
        assert_eq!(other.len(), xlsx.len(), "{ending}");
        for (a, b) in xlsx.iter().zip(&other) {
            assert_eq!(a.grid.name, b.grid.name);
            assert_eq!(a.grid.hidden, b.grid.hidden, "{ending}");
            assert_eq!(a.grid.hidden_parts(), b.grid.hidden_parts(), "{ending}");
            assert_eq!(a.grid.rows().len(), b.grid.rows().len(), "{ending}");
            for (row, cells) in a.grid.rows() {
                for (col, cell) in cells {
                    let there = b.grid.get(*row, *col);
                    let same = match (cell, there) {
                        // A date of .ods comes as its text.
                        (Cell::DateTime(..), Some(Cell::DateText(t))) => {
                            t.starts_with(&cell.shown())
                        }
                        // A truth of .ods comes as a number where it was one before.
                        (Cell::Bool(a), Some(Cell::Number(n))) => f64::from(u8::from(*a)) == *n,
                        // LibreOffice writes 15 digits into one of them.
                        (Cell::Number(a), Some(Cell::Number(b))) => {
                            (a - b).abs() <= 1e-14 * a.abs()
                        }
                        _ => there == Some(cell),
                    };
                    assert!(same, "{ending} {row} {col}: {cell:?} {there:?}");
                    let percent = (a.grid.is_percent(*row, *col), b.grid.is_percent(*row, *col));
                    assert_eq!(percent.0, percent.1, "{ending} {row} {col}");
                }
                let header = |grid: &junheng::ingest::grid::Grid| {
                    (0..8)
                        .map(|c| grid.header_text(*row, c))
                        .collect::<Vec<_>>()
                };
                if *row < 3 {
                    assert_eq!(header(&a.grid), header(&b.grid), "{ending} {row}");
                }
            }
        }
    }
}
