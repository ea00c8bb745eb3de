//! Properties: any grid that is written as a workbook, as text or as XML of Excel 2003 is read back cell by cell, and
//! nothing that stands in cells makes the recogniser or the cell parser fail or lose a row.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rust_xlsxwriter::Workbook;

use crate::harness::*;
use crate::template::part;
use junheng::ingest::grid::{Cell, Grid};
use junheng::report::book::{self, Book, Head, Sheet, Tone};
use junheng::report::xlsx;

/// A cell as it is written.
#[derive(Debug, Clone)]
enum Written {
    Text(String),
    Number(f64),
    Bool(bool),
}

/// Texts that a spreadsheet can hold: no half characters, nothing that is blank alone, no blanks at the ends (a reader
/// trims them as Excel does).
fn text() -> impl Strategy<Value = String> {
    let plain = prop::string::string_regex(
        "[a-zA-Z0-9%=+@<>&\"',;|._\u{4e00}-\u{4eff}\u{1F600}-\u{1F640}-]{1,12}",
    );
    plain.expect("a pattern")
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<i32>().prop_map(f64::from),
        (-1e12..1e12f64),
        prop::num::f64::NORMAL,
        Just(0.1 + 0.2),
        Just(7.000000000000001),
    ]
}

fn cell() -> impl Strategy<Value = Written> {
    prop_oneof![
        3 => text().prop_map(Written::Text),
        3 => number().prop_map(Written::Number),
        1 => any::<bool>().prop_map(Written::Bool),
    ]
}

type Cells = Vec<((u32, u16), Written)>;

/// Cells at places that differ, now and then far apart.
fn cells() -> impl Strategy<Value = Cells> {
    let place = prop_oneof![
        8 => (0..40u32, 0..30u16),
        1 => (0..1_048_576u32, 0..16_384u16),
    ];
    prop::collection::btree_map(place, cell(), 1..60).prop_map(|map| map.into_iter().collect())
}

fn workbook(cells: &Cells) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for ((row, col), cell) in cells {
        match cell {
            Written::Text(t) => sheet.write_string(*row, *col, t),
            Written::Number(n) => sheet.write_number(*row, *col, *n),
            Written::Bool(b) => sheet.write_boolean(*row, *col, *b),
        }
        .expect("a cell");
    }
    book.save_to_buffer().expect("a workbook")
}

/// Whether a grid holds these cells and no others.
fn same(grid: &Grid, cells: &Cells) -> Result<(), TestCaseError> {
    let count: usize = grid.rows().iter().map(|(_, cells)| cells.len()).sum();
    prop_assert_eq!(count, cells.len());
    for ((row, col), cell) in cells {
        let read = grid.get(*row, u32::from(*col));
        let wanted = match cell {
            Written::Text(t) => Cell::Text(t.clone()),
            Written::Number(n) => Cell::Number(*n),
            Written::Bool(b) => Cell::Bool(*b),
        };
        prop_assert_eq!(read, Some(&wanted));
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The same cells as XML of Excel 2003.
fn spreadsheet_xml(cells: &Cells) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" \
         xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet ss:Name=\"x\"><Table>",
    );
    let mut row_open = None;
    for ((row, col), cell) in cells {
        if row_open != Some(*row) {
            if row_open.is_some() {
                out.push_str("</Row>");
            }
            out.push_str(&format!("<Row ss:Index=\"{}\">", row + 1));
            row_open = Some(*row);
        }
        let (kind, value) = match cell {
            Written::Text(t) => ("String", escaped(t)),
            // As Excel writes it: long numbers with an exponent, else they are codes.
            Written::Number(n) if n.abs() >= 1e11 => ("Number", format!("{n:E}")),
            Written::Number(n) => ("Number", n.to_string()),
            Written::Bool(b) => ("Boolean", u8::from(*b).to_string()),
        };
        out.push_str(&format!(
            "<Cell ss:Index=\"{}\"><Data ss:Type=\"{kind}\">{value}</Data></Cell>",
            col + 1
        ));
    }
    out.push_str("</Row></Table></Worksheet></Workbook>");
    out
}

/// A cell of a sheet of ours.
fn own_cell() -> impl Strategy<Value = book::Cell> {
    let tone = prop_oneof![Just(Tone::Plain), Just(Tone::Bad)];
    prop_oneof![
        2 => Just(book::Cell::Empty),
        2 => (text(), tone.clone()).prop_map(|(t, tone)| book::Cell::Text(t, tone)),
        2 => (-1_000..1_000i32, tone)
            .prop_map(|(n, tone)| book::Cell::Number(f64::from(n), 2, tone)),
        1 => text().prop_map(|text| book::Cell::Link { text, target: "https://a.example".to_string() }),
    ]
}

/// Headers that forms know, and words that they do not.
fn header() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("学校名称"),
        Just("学校标识码"),
        Just("办学类型"),
        Just("小学在校生数"),
        Just("初中在校生数"),
        Just("小学专任教师数"),
        Just("运动场地面积（平方米）"),
        Just("其中：专科"),
        Just("填报项目"),
        Just("填报值"),
        Just("合计"),
        Just("序号"),
        Just("单位:万元"),
        Just("您的身份"),
        Just("备注"),
        Just("一、小学"),
        Just("2"),
    ]
    .prop_map(String::from)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_workbook_is_read_back_cell_by_cell(cells in cells()) {
        let sheets = read(&workbook(&cells)).expect("a workbook");
        prop_assert_eq!(sheets.len(), 1);
        prop_assert!(sheets[0].damaged.is_none());
        same(&sheets[0].grid, &cells)?;
    }

    #[test]
    fn xml_of_excel_2003_is_read_back_cell_by_cell(cells in cells()) {
        let sheets = read(spreadsheet_xml(&cells).as_bytes()).expect("a workbook");
        prop_assert_eq!(sheets.len(), 1);
        prop_assert!(sheets[0].damaged.is_none(), "{:?}", sheets[0].damaged);
        same(&sheets[0].grid, &cells)?;
    }

    #[test]
    fn a_sheet_of_ours_is_read_back_cell_by_cell_and_each_cell_has_its_format(
        rows in prop::collection::vec(prop::collection::vec(own_cell(), 1..9), 1..20),
        groups in prop::collection::vec(prop_oneof![Just(String::new()), Just("组".to_string())], 9),
        is_large in any::<bool>(),
    ) {
        let count = if is_large { xlsx::LARGE_SHEET + 1 } else { rows.len() };
        let rows: Vec<Vec<book::Cell>> = rows.iter().cycle().take(count).cloned().collect();
        let grouped = groups.iter().any(|group| !group.is_empty());
        let sheet = Sheet {
            name: "x".to_string(),
            title: "T".to_string(),
            notes: vec!["N".to_string()],
            columns: groups.into_iter().map(|group| Head::under(group, "L")).collect(),
            rows: rows.clone(),
            ..Sheet::default()
        };
        let made = Book { font: "Calibri".to_string(), sheets: vec![sheet], ..Book::default() };
        let bytes = xlsx::write(made, 2025, &std::env::temp_dir()).expect("a workbook");
        let grid = &read(&bytes).expect("a workbook")[0].grid;
        let first = if grouped { 4 } else { 3 };
        let shown = |cell: &book::Cell| match cell {
            book::Cell::Text(t, _) | book::Cell::Link { text: t, .. } => Some(Cell::Text(t.clone())),
            book::Cell::Number(n, ..) => Some(Cell::Number(*n)),
            _ => None,
        };
        for (row, cells) in (first..).zip(&rows) {
            for (col, cell) in (0..).zip(cells) {
                prop_assert_eq!(grid.get(row, col).cloned(), shown(cell), "row {}, column {}", row, col);
            }
        }
        let count: usize = grid.rows().iter().filter(|(r, _)| *r >= first).map(|(_, cells)| cells.len()).sum();
        prop_assert_eq!(count, rows.iter().flatten().filter_map(shown).count());
        let xml = part(&bytes, "xl/worksheets/sheet1.xml");
        let (_, below) = xml.split_once(&format!("<row r=\"{}\"", first + 1)).expect("the first row");
        let cells = below.matches("<c r=").count();
        prop_assert_eq!(cells, rows.iter().map(Vec::len).sum::<usize>());
        prop_assert_eq!(below.matches("\" s=\"").count(), cells);
    }

    #[test]
    fn any_table_of_headers_and_cells_is_read_without_a_fault_and_to_the_same_end(
        head in prop::collection::vec(header(), 1..9),
        rows in prop::collection::vec(prop::collection::vec(prop_oneof![
            4 => text(), 2 => header(), 2 => (0..5_000u32).prop_map(|n| n.to_string()), 1 => Just(String::new()),
        ], 0..9), 0..12),
        title in prop::option::of(text()),
    ) {
        let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
        let mut lines: Vec<Vec<String>> = title.into_iter().map(|t| vec![t]).collect();
        lines.push(head);
        lines.extend(rows);
        let text: String = lines
            .iter()
            .map(|line| line.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n")
            .collect();
        let once = format!("{:?}", whole_file(text.as_bytes()));
        prop_assert!(!once.contains("file-damaged"), "{once}");
        prop_assert_eq!(&once, &format!("{:?}", whole_file(text.as_bytes())));
    }
}

#[test]
fn a_large_sheet_that_finds_no_room_names_the_folder() {
    let sheet = Sheet {
        name: "x".to_string(),
        columns: vec![Head::new("L")],
        rows: vec![vec![book::Cell::count(1)]; xlsx::LARGE_SHEET + 1],
        ..Sheet::default()
    };
    let made = Book {
        title: "B".to_string(),
        sheets: vec![sheet],
        ..Book::default()
    };
    let gone = fresh("no-scratch").join("gone");
    let error = xlsx::write(made, 2025, &gone).expect_err("no such folder");
    assert_eq!(error.exit_code(), 70);
    let said = format!(
        "workbook B cannot be written by way of {}: ",
        gone.display()
    );
    assert!(error.to_string().starts_with(&said), "{error}");
}

/// The numbers of the rows of a sheet, as they stand in it.
fn row_numbers(xml: &str) -> Vec<u32> {
    let tags = xml.split("<row r=\"").skip(1);
    tags.map(|tag| tag.split('"').next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn no_row_of_a_large_sheet_stands_twice_whatever_its_last_row_holds() {
    let long = "很长的说明".repeat(40);
    for last in ["short", &long] {
        let mut rows = vec![vec![book::Cell::count(1)]; xlsx::LARGE_SHEET];
        rows.push(vec![book::Cell::text(last)]);
        let sheet = Sheet {
            name: "x".to_string(),
            columns: vec![Head::new("L")],
            rows,
            filter: true,
            ..Sheet::default()
        };
        let made = Book {
            sheets: vec![sheet],
            ..Book::default()
        };
        let bytes = xlsx::write(made, 2025, &std::env::temp_dir()).expect("a workbook");
        let numbers = row_numbers(&part(&bytes, "xl/worksheets/sheet1.xml"));
        assert!(numbers.len() > xlsx::LARGE_SHEET);
        assert!(numbers.windows(2).all(|w| w[0] < w[1]), "{last}");
    }
}

#[test]
fn texts_are_cut_as_excel_counts_them_and_links_lead_to_files() {
    let rare = "\u{20bb7}".repeat(20_000);
    let target = "file://../../a%20b%231/表.xlsx#'甲'!B2".to_string();
    let sheet = Sheet {
        name: "x".to_string(),
        title: rare.clone(),
        notes: vec![rare.clone()],
        columns: vec![Head::new("L")],
        rows: vec![
            vec![book::Cell::text(rare)],
            vec![book::Cell::Link {
                text: "a".to_string(),
                target,
            }],
        ],
        ..Sheet::default()
    };
    let made = Book {
        sheets: vec![sheet],
        ..Book::default()
    };
    let bytes = xlsx::write(made, 2025, &std::env::temp_dir()).expect("a workbook");
    let links = part(&bytes, "xl/worksheets/_rels/sheet1.xml.rels");
    assert!(
        links.contains("Target=\"../../a%20b%231/表.xlsx\" TargetMode=\"External\""),
        "{links}"
    );
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("location=\"'甲'!B2\""), "{sheet}");
}
