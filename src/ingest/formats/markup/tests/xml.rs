//! XML Spreadsheets as spreadsheets and systems write them.

use encoding_rs::{GB18030, UTF_16LE};

use super::*;

const HEAD: &str = "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\
    <Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">";

fn table(rows: &str) -> String {
    format!("{HEAD}<Worksheet ss:Name=\"a\"><Table>{rows}</Table></Worksheet></Workbook>")
}

fn cell(inner: &str) -> Option<Cell> {
    let mut sheets = xml(&table(&format!("<Row>{inner}</Row>")));
    sheets.remove(0).cells.pop().map(|(_, _, cell)| cell)
}

#[test]
fn a_workbook() {
    let book = format!(
        "{HEAD}<ExcelWorkbook xmlns=\"urn:schemas-microsoft-com:office:excel\"><Date1904/></ExcelWorkbook>\
        <Styles><Style ss:ID=\"Default\"/><Style ss:ID=\"s1\"><NumberFormat ss:Format=\"0.0%\"/></Style>\
        <Style ss:ID=\"s2\" ss:Parent=\"s1\"><Font/></Style><Style ss:ID=\"s3\"><NumberFormat ss:Format=\"Short Date\"/></Style></Styles>\
        <Worksheet ss:Name=\"一&amp;二\"><Table><Column ss:Index=\"2\" ss:Span=\"1\" ss:Hidden=\"1\"/><Column ss:StyleID=\"s1\"/>\
        <Row><Cell ss:MergeAcross=\"2\" ss:MergeDown=\"1\"><Data ss:Type=\"String\">标题&#10;二</Data></Cell>\
        <Cell><Data ss:Type=\"Number\">0.5</Data></Cell></Row>\
        <Row ss:Hidden=\"1\"><Cell ss:Index=\"4\"><Data ss:Type=\"Number\">1</Data></Cell></Row>\
        <Row><Cell ss:Index=\"3\" ss:StyleID=\"s2\"><Data ss:Type=\"Number\">0.853</Data></Cell></Row>\
        <Row ss:Index=\"9\"><Cell ss:StyleID=\"s3\"><Data ss:Type=\"Number\">45000</Data></Cell>\
        <Cell><Comment><ss:Data ss:Type=\"String\">no</ss:Data></Comment></Cell></Row></Table></Worksheet>\
        <ss:Worksheet ss:Name=\"b\"><ss:Table/><x:WorksheetOptions xmlns:x=\"urn:schemas-microsoft-com:office:excel\">\
        <x:Visible>SheetVeryHidden</x:Visible></x:WorksheetOptions></ss:Worksheet></Workbook>"
    );
    let sheets = xml(&book);
    let first = &sheets[0];
    assert_eq!(
        first.cells,
        [
            (0, 0, text("标题\n二")),
            (0, 3, Cell::Number(0.5)),
            (1, 3, Cell::Number(1.0)),
            (2, 2, Cell::Number(0.853)),
            (8, 0, Cell::DateTime(45_000.0, true)),
        ]
    );
    assert_eq!((first.name.as_str(), first.hidden), ("一&二", false));
    assert_eq!(first.merges, [(0, 0, 1, 2)]);
    assert_eq!(first.percent, [(0, 3), (1, 3), (2, 2)]);
    assert_eq!(
        (first.hidden_rows.as_slice(), first.hidden_cols.as_slice()),
        (&[1][..], &[(1, 2)][..])
    );
    assert_eq!(
        (
            sheets[1].name.as_str(),
            sheets[1].hidden,
            sheets[1].cells.len()
        ),
        ("b", true, 0)
    );
    // Prefixes and encodings differ.
    let other = book
        .replace("ss:", "q:")
        .replace("<Row", "<q:Row")
        .replace("</Row", "</q:Row");
    assert_eq!(xml(&other), sheets);
    let gbk = book.replace("version=\"1.0\"", "version=\"1.0\" encoding='gb2312'");
    assert_eq!(
        read_spreadsheet_xml(&GB18030.encode(&gbk).0, &limits()).unwrap(),
        sheets
    );
    let wide: Vec<u8> = book.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_spreadsheet_xml(&wide, &limits()).unwrap(), sheets);
    assert_eq!(UTF_16LE.decode(&wide).0, book);
}

#[test]
fn values_by_type() {
    let data = |kind: &str, value: &str| {
        cell(&format!(
            "<Cell><Data ss:Type=\"{kind}\">{value}</Data></Cell>"
        ))
    };
    assert_eq!(data("Number", "1.5E3"), Some(Cell::Number(1500.0)));
    assert_eq!(
        data("Number", "330106199001011234"),
        Some(text("330106199001011234"))
    );
    assert_eq!(data("Number", "007"), Some(text("007")));
    assert_eq!(data("Number", "1,234"), Some(text("1,234")));
    assert_eq!(data("Number", "1e999"), Some(text("1e999")));
    assert_eq!(data("Boolean", "1"), Some(Cell::Bool(true)));
    assert_eq!(data("Error", "#N/A"), Some(Cell::Error("#N/A".to_string())));
    let date = "2024-09-01T00:00:00.000";
    assert_eq!(
        data("DateTime", date),
        Some(Cell::DateText(date.to_string()))
    );
    assert_eq!(data("String", "001"), Some(text("001")));
    assert_eq!(data("String", " "), None);
    assert_eq!(
        data(
            "String",
            "a<B>b<Font html:Size='9'> c</Font></B><![CDATA[<d>]]>&lt;&#x5b66;"
        ),
        Some(text("ab c<d><学"))
    );
    assert_eq!(cell("<Cell ss:Formula=\"=A1\"/>"), Some(Cell::NotCached));
    assert_eq!(
        cell("<Cell ss:Formula=\"=A1\"><Data ss:Type=\"Number\"></Data></Cell>"),
        Some(Cell::NotCached)
    );
    assert_eq!(
        cell("<Cell ss:Formula=\"=A1\"><Data ss:Type=\"String\"></Data></Cell>"),
        None
    );
    assert_eq!(
        cell("<Cell ss:Formula=\"=A1\"><Data ss:Type=\"Number\">2</Data></Cell>"),
        Some(Cell::Number(2.0))
    );
}

#[test]
fn covered_cells_that_are_left_out() {
    let cell = |t: &str| format!("<Cell{t}</Data></Cell>");
    let data = "><Data ss:Type=\"String\">";
    let rows = format!(
        "<Row>{}{}</Row><Row>{}</Row><Row>{}</Row>",
        cell(&format!(" ss:MergeDown=\"1\"{data}a")),
        cell(&format!(" ss:MergeAcross=\"1\"{data}b")),
        cell(&format!("{data}c")),
        cell(&format!("{data}d"))
    );
    assert_eq!(shown(&xml(&table(&rows))[0]), "0 0:a 1:b\n1 1:c\n2 0:d");
}

#[test]
fn a_cell_under_a_merged_block() {
    let data = "<Data ss:Type=\"String\">a</Data></Cell>";
    let rows = format!(
        "<Row><Cell ss:Index=\"2\" ss:MergeAcross=\"1\" ss:MergeDown=\"1\">{data}</Row><Row><Cell ss:Index=\"3\"/>\
         <Cell>{data}</Row><Row><Cell ss:Index=\"2\">{data}</Row>"
    );
    let sheet = &xml(&table(&rows))[0];
    assert_eq!(
        (shown(sheet).as_str(), &sheet.damaged),
        ("0 1:a\n1 3:a\n2 1:a", &None)
    );
    let rows = rows.replace("<Cell ss:Index=\"3\"/><Cell>", "<Cell ss:Index=\"3\">");
    let sheet = &xml(&table(&rows))[0];
    assert_eq!(
        (shown(sheet).as_str(), sheet.damaged.is_some()),
        ("0 1:a\n1 2:a\n2 1:a", true)
    );
    // What an error of a formula is called.
    let cell = cell("<Cell ss:Formula=\"=1/0\"><Data ss:Type=\"String\">#DIV/0!</Data></Cell>");
    assert_eq!(cell, Some(Cell::Error("#DIV/0!".to_string())));
}

#[test]
fn files_that_break_off() {
    let book = table(
        "<Row><Cell><Data ss:Type=\"String\">a</Data></Cell><Cell><Data ss:Type=\"Number\">12</Data></Cell></Row>\
         <Row><Cell><Data ss:Type=\"String\">学&amp;校</Data></Cell></Row>",
    );
    let whole = xml(&book);
    for cut in 0..book.len() {
        match read_spreadsheet_xml(&book.as_bytes()[..cut], &limits()) {
            Ok(sheets) => {
                assert!(sheets[0].damaged.is_some(), "{cut}");
                assert!(whole[0].cells.starts_with(&sheets[0].cells), "{cut}");
            }
            Err(refusal) => {
                assert!(
                    matches!(refusal, Refusal::Damaged(_) | Refusal::NotTable),
                    "{cut}"
                );
                assert!(cut < book.find("<Table").unwrap(), "{cut}");
            }
        }
    }
    let sheets = xml(&book.replace("</Row></Table>", "</Cell></Table>"));
    assert_eq!(
        (sheets[0].cells.len(), sheets[0].damaged.is_some()),
        (3, true)
    );
}

#[test]
fn outside_the_sheet() {
    let row = |index: &str, cell: &str| {
        format!(
            "<Row ss:Index=\"{index}\"><Cell ss:Index=\"{cell}\"><Data ss:Type=\"String\">a</Data></Cell></Row>"
        )
    };
    for (index, col, damaged) in [
        ("1048576", "16384", false),
        ("1048577", "1", true),
        ("1", "16385", true),
        ("4294967295", "4294967295", true),
        ("4294967296", "1", true),
        ("0", "1", true),
        ("x", "1", true),
    ] {
        let sheet = &xml(&table(&row(index, col)))[0];
        assert_eq!(
            (sheet.damaged.is_some(), sheet.cells.is_empty()),
            (damaged, damaged),
            "{index} {col}"
        );
    }
    let back = format!("{}{}", row("5", "1"), row("3", "1"));
    let sheet = &xml(&table(&back))[0];
    assert_eq!((sheet.cells.len(), sheet.damaged.is_some()), (1, true));
    // Empty rows and cells do no harm.
    let empty = "<Row ss:Index=\"1048576\"/><Row/><Row><Cell ss:Index=\"99999\"/></Row>";
    assert_eq!(xml(&table(empty))[0].damaged, None);
    let wide = "<Row><Cell ss:MergeAcross=\"4294967295\" ss:MergeDown=\"4294967295\"/></Row>";
    assert_eq!(
        xml(&table(wide))[0].merges,
        [(0, 0, MAX_ROW - 1, MAX_COLUMN - 1)]
    );
}

#[test]
fn refused() {
    let read = |book: &str| read_spreadsheet_xml(book.as_bytes(), &limits());
    assert_eq!(read("<!DOCTYPE a><Workbook/>"), Err(Refusal::Entities));
    assert_eq!(
        read("<?xml version='1.0'?><html><table/></html>"),
        Err(Refusal::NotTable)
    );
    assert_eq!(read("<gnm:Workbook/>"), Err(Refusal::NotTable));
    assert_eq!(read(""), Err(Refusal::NotTable));
    let entity = table("<Row/><Row><Cell><Data ss:Type=\"String\">&nbsp;</Data></Cell></Row>");
    assert!(matches!(read(&entity), Err(Refusal::Damaged(why)) if why.contains("a, row 2")));
    let entity = entity
        .replace("&nbsp;", "")
        .replace("\"String\"", "\"&x;\"");
    assert!(matches!(read(&entity), Err(Refusal::Damaged(why)) if why.contains("entity")));
    let unknown = "<?xml version='1.0' encoding='klingon'?><Workbook/>";
    assert!(matches!(read(unknown), Err(Refusal::Damaged(why)) if why.contains("encoding")));
    let few = Limits {
        cells: 1,
        sheets: 1,
        merges: 0,
        ..limits()
    };
    let over = |book: &str| {
        let read = read_spreadsheet_xml(book.as_bytes(), &few);
        assert!(matches!(read, Err(Refusal::TooLarge(_))), "{read:?}");
    };
    let one = "<Row><Cell><Data ss:Type=\"String\">a</Data></Cell></Row>";
    over(&table(&one.repeat(2)));
    over(&table("<Row><Cell ss:MergeDown=\"1\"/></Row>"));
    over(&table("").replace("</Workbook>", "<Worksheet/></Workbook>"));
}
