//! Tests of `ods` and `ods_plain`, beside calamine.

use std::io::Cursor;

use calamine::{Data, Ods, Reader};

use super::*;
use crate::ingest::formats::ods_plain::without_white_space;
use crate::ingest::formats::package::tests::packed;

const LIMITS: Limits = Limits {
    cells: 100_000,
    merges: 10,
    sheets: 3,
};
const MANIFEST: &[u8] = b"<manifest:manifest/>";

fn zip(content: &str) -> Vec<u8> {
    packed(&[
        ("mimetype", MIMETYPE.as_bytes()),
        ("META-INF/manifest.xml", MANIFEST),
        (CONTENT, content.as_bytes()),
    ])
}

/// A workbook of one sheet with these rows.
fn book(rows: &str) -> Vec<u8> {
    zip(&format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content><office:automatic-styles>\
         <style:style style:name=\"t\" style:family=\"table\"><style:table-properties table:display=\"false\"/>\
         <style:text-properties/></style:style></office:automatic-styles><office:body><office:spreadsheet>\
         <table:table table:name=\"表\" table:style-name=\"t\">{rows}</table:table></office:spreadsheet></office:body>\
         </office:document-content>"
    ))
}

fn row(cells: &str) -> Vec<u8> {
    book(&format!("<table:table-row>{cells}</table:table-row>"))
}

fn sheet(bytes: &[u8]) -> SheetExtras {
    check(bytes, &LIMITS).unwrap().sheets.remove(0)
}

/// All cells as calamine reads them, in debug form.
fn read(bytes: &[u8]) -> Vec<(u32, u32, String)> {
    let mut book: Ods<_> = Ods::new(Cursor::new(bytes.to_vec())).unwrap();
    let range = book.worksheet_range("表").unwrap();
    let (top, left) = range.start().unwrap_or_default();
    let cells = range.used_cells();
    cells
        .map(|(y, x, v): (usize, usize, &Data)| (y as u32 + top, x as u32 + left, format!("{v:?}")))
        .collect()
}

fn texts(bytes: &[u8]) -> Vec<String> {
    read(bytes).into_iter().map(|c| c.2).collect()
}

const TEXT: &str =
    "<table:table-cell office:value-type=\"string\"><text:p>一</text:p></table:table-cell>";
const ONE: &str = "<table:table-cell office:value-type=\"float\" office:value=\"1\"><text:p>1</text:p></table:table-cell>";
const REST: &str = "<table:table-cell table:number-columns-repeated=\"16380\"/>";

#[test]
fn what_calamine_does_not_tell() {
    // As LibreOffice 7.4 writes it.
    let rows = format!(
        "<table:table-column/><table:table-column-group><table:table-column table:visibility=\"collapse\" \
         table:number-columns-repeated=\"2\"/></table:table-column-group><table:table-column table:visibility=\"collapse\" \
         table:number-columns-repeated=\"16381\"/>\
         <table:table-header-rows><table:table-row>{TEXT}{TEXT}{REST}</table:table-row></table:table-header-rows>\
         <table:table-row table:visibility=\"filter\" table:number-rows-repeated=\"2\"><table:table-cell \
         table:number-columns-repeated=\"2\" office:value-type=\"percentage\" office:value=\"0.075\"/>{REST}</table:table-row>\
         <table:table-row table:visibility=\"collapse\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>\
         <table:table-row><table:table-cell table:formula=\"of:=1/0\" office:value-type=\"string\" office:string-value=\"\" \
         calcext:value-type=\"error\"><text:p>#DIV/0!</text:p></table:table-cell><table:table-cell table:formula=\"of:=&quot;&quot;\">\
         <text:p/></table:table-cell><table:table-cell table:formula=\"of:=1+1\"/><table:table-cell table:formula=\"of:=0/0\" \
         office:value-type=\"float\" office:value=\"0\"><text:p>#N/A</text:p></table:table-cell>\
         <table:table-cell office:value-type=\"string\"><text:p>#REF!</text:p></table:table-cell></table:table-row>\
         <table:table-row><table:table-cell table:number-columns-spanned=\"3\" table:number-rows-spanned=\"2\"/>\
         <table:covered-table-cell table:number-columns-repeated=\"2\"/></table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048570\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>"
    );
    let checked = check(&book(&rows), &LIMITS).unwrap();
    assert!(!checked.rewrite);
    let sheet = &checked.sheets[0];
    assert_eq!(sheet.name, "表");
    assert_eq!(sheet.hidden_cols, [(1, 16_383)]);
    assert_eq!(sheet.hidden_rows, [1, 2]);
    assert_eq!(sheet.percent, [(1, 0), (1, 1), (2, 0), (2, 1)]);
    let errors = [(4, 0, "#DIV/0!".to_string()), (4, 3, "#N/A".to_string())];
    assert_eq!(sheet.errors, errors);
    assert_eq!(sheet.not_cached, [(4, 2)]);
    assert_eq!(sheet.merges, [(5, 0, 6, 2)]);
    // The errors are a text and a number to calamine.
    let cells = read(&book(&rows));
    assert!(cells.contains(&(4, 0, "String(\"#DIV/0!\")".to_string())));
    assert!(cells.contains(&(4, 3, "Float(0.0)".to_string())));
}

#[test]
fn filters_are_found_by_the_sheets_name() {
    let with = |address: &str| {
        let content = format!(
            "<a><table:table table:name=\"x\"/><table:table table:name=\"it's\"/><table:database-ranges><table:database-range \
             table:target-range-address=\"{address}\"><table:filter><table:filter-condition/></table:filter>\
             </table:database-range></table:database-ranges></a>"
        );
        let sheets = check(&zip(&content), &LIMITS).unwrap().sheets;
        (sheets[0].filtered, sheets[1].filtered)
    };
    assert_eq!(with("x.A1:x.B2"), (true, false));
    assert_eq!(with("$'it''s'.A1:$'it''s'.B2"), (false, true));
    assert_eq!(with("?"), (false, false));
}

#[test]
fn what_makes_calamine_fail_is_written_anew() {
    for cells in [
        format!("\n  {ONE}\n  {TEXT}\n"),
        format!("{ONE}<!-- a comment -->{TEXT}"),
        format!("{ONE}<?x y?>{TEXT}"),
    ] {
        let bytes = row(&cells);
        assert!(Ods::new(Cursor::new(bytes.clone())).is_err());
        assert!(check(&bytes, &LIMITS).unwrap().rewrite, "{cells}");
        let plain = without_white_space(&bytes).unwrap();
        assert_eq!(texts(&plain), ["Float(1.0)", "String(\"一\")"]);
        let checked = check(&plain, &LIMITS).unwrap();
        assert_eq!(
            (checked.rewrite, &checked.sheets[0]),
            (false, &sheet(&bytes))
        );
        let book: Ods<_> = Ods::new(Cursor::new(plain)).unwrap();
        assert_eq!(
            book.sheets_metadata()[0].visible,
            calamine::SheetVisible::Hidden
        );
    }
    let bytes = zip(
        "<a><table:table table:name=\"表\"/><table:named-expressions> </table:named-expressions></a>",
    );
    assert!(check(&bytes, &LIMITS).unwrap().rewrite);
    // No mimetype, no manifest.
    let bytes = packed(&[(CONTENT, b"<office:document-content/>")]);
    assert!(check(&bytes, &LIMITS).unwrap().rewrite);
    assert!(Ods::<Cursor<Vec<u8>>>::new(Cursor::new(without_white_space(&bytes).unwrap())).is_ok());
}

#[test]
fn what_gets_into_the_text_of_a_cell_is_left_out() {
    let shape = "<draw:frame><draw:text-box><text:p>SHAPE</text:p></draw:text-box></draw:frame>";
    let cell = |inner: &str| {
        format!("<table:table-cell office:value-type=\"string\">{inner}</table:table-cell>")
    };
    for (inner, by_calamine, right) in [
        (format!("<text:p>一</text:p>{shape}"), "一\\nSHAPE", "一"),
        (
            format!("{shape}<text:p>a<text:s text:c=\"2\"/>&amp;&#98;</text:p>"),
            "SHAPE\\na  &b",
            "a  &b",
        ),
        ("\n<text:p>一</text:p>\n".into(), "\\n一\\n", "一"),
        ("<text:p><![CDATA[<一>]]></text:p>".into(), "", "<一>"),
        (
            "<text:p>一<text:note>2</text:note></text:p>".into(),
            "一2",
            "一",
        ),
    ] {
        let bytes = row(&cell(&inner));
        assert_eq!(texts(&bytes), [format!("String(\"{by_calamine}\")")]);
        assert!(check(&bytes, &LIMITS).unwrap().rewrite);
        let plain = without_white_space(&bytes).unwrap();
        assert_eq!(texts(&plain), [format!("String(\"{right}\")")]);
    }
    // A note on the cell does no harm; neither does a shape that belongs to the sheet.
    let bytes = row(&cell(
        "<office:annotation><text:p>批注</text:p></office:annotation><text:p>一</text:p>",
    ));
    assert!(!check(&bytes, &LIMITS).unwrap().rewrite);
    assert_eq!(texts(&bytes), ["String(\"一\")"]);
    let bytes = book(&format!(
        "<table:shapes>{shape}</table:shapes><table:table-row>{ONE}</table:table-row>"
    ));
    assert!(!check(&bytes, &LIMITS).unwrap().rewrite);
}

#[test]
fn text_without_a_type_is_read() {
    let bytes = row(&format!(
        "<table:table-cell table:number-columns-repeated=\"2\"><text:p>无</text:p></table:table-cell>{ONE}\
         <table:table-cell office:value-type=\"float\"><text:p>7</text:p></table:table-cell>"
    ));
    assert_eq!(read(&bytes), [(0, 2, "Float(1.0)".to_string())]);
    assert!(check(&bytes, &LIMITS).unwrap().rewrite);
    let plain = without_white_space(&bytes).unwrap();
    assert_eq!(
        texts(&plain),
        [
            "String(\"无\")",
            "String(\"无\")",
            "Float(1.0)",
            "String(\"7\")"
        ]
    );
}

#[test]
fn a_table_in_a_cell_does_not_end_the_sheet() {
    let inner = format!(
        "<table:table table:name=\"表\"><table:table-row>{TEXT}</table:table-row></table:table>"
    );
    let cell = format!(
        "<table:table-cell office:value-type=\"string\"><text:p>外</text:p>{inner}</table:table-cell>"
    );
    let bytes = book(&format!(
        "<table:table-row>{cell}</table:table-row><table:table-row>{ONE}</table:table-row>"
    ));
    assert_eq!(read(&bytes).len(), 1);
    assert!(check(&bytes, &LIMITS).unwrap().rewrite);
    assert_eq!(
        texts(&without_white_space(&bytes).unwrap()),
        ["String(\"外\")", "Float(1.0)"]
    );
}

fn why(bytes: &[u8]) -> String {
    match check(bytes, &LIMITS) {
        Err(Refusal::Damaged(why)) => why,
        Err(Refusal::TooLarge(why)) => format!("too large: {why}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_would_never_end_is_refused() {
    for content in [
        "",
        "<a><table:table table:name=\"表\"><table:table-row>",
        "<a><table:table table:name=\"表\"></a>",
        "<a><b></a></b>",
        "<a/><",
        "<a>&x;</a>",
    ] {
        let found = check(&zip(content), &LIMITS);
        let is_fine = matches!(found, Err(Refusal::Damaged(_)));
        assert!(is_fine, "{content}: {found:?}");
    }
    assert!(why(&zip("<!DOCTYPE a><a/>")).contains("DOCTYPE"));
    let gbk = "<?xml version=\"1.0\" encoding=\"GBK\"?><a/>";
    assert!(why(&zip(gbk)).contains("UTF-8"));
    assert!(
        why(&zip(&format!(
            "{}{}",
            "<a>".repeat(300),
            "</a>".repeat(300)
        )))
        .contains("deep")
    );
    assert!(why(&packed(&[("a", b"")])).contains("missing"));
    assert!(why(b"PK\x03\x04").len() > 3);
    let twice = "<a><table:table table:name=\"x\"/><table:table table:name=\"x\"/></a>";
    assert!(why(&zip(twice)).contains("twice"));
}

#[test]
fn what_would_take_all_memory_is_refused() {
    let repeated = |rows: &str, cols: &str, text: &str| {
        why(&book(&format!(
            "<table:table-row table:number-rows-repeated=\"{rows}\"><table:table-cell table:number-columns-repeated=\"{cols}\" \
             office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell></table:table-row>"
        )))
    };
    assert!(repeated("1048576", "94", "x").contains("too large"));
    assert!(repeated("10", "16384", "x").contains("too large"));
    assert!(repeated("10", "0", "x").contains("repetitions"));
    assert!(repeated("-1", "1", "x").contains("repetitions"));
    assert!(repeated("99999999999999999999", "1", "x").contains("repetitions"));
    assert!(repeated("1000", "100", &"x".repeat(2000)).contains("MiB of text"));
    assert!(repeated("1", "1", "<text:s text:c=\"2000000000\"/>").contains("spaces"));
    // One stray cell far from another; rows that begin far to the right.
    let far = "<table:table-row table:number-rows-repeated=\"1048570\"><table:table-cell/></table:table-row>";
    let stray = format!(
        "<table:table-row>{ONE}</table:table-row>{far}<table:table-row>{ONE}</table:table-row>"
    );
    assert!(why(&book(&stray)).contains("too large"));
    let right = format!("<table:table-row>{REST}{ONE}</table:table-row>");
    assert!(why(&book(&right.repeat(10))).contains("too large"));
    let below = format!("{far}{far}<table:table-row>{ONE}</table:table-row>");
    assert!(why(&book(&below)).contains("outside"));
    assert!(why(&row(&format!("{REST}{REST}{ONE}"))).contains("outside"));
    let sheets: String = ["a", "b", "c", "d"]
        .map(|name| format!("<table:table table:name=\"{name}\"/>"))
        .concat();
    assert!(why(&zip(&format!("<a>{sheets}</a>"))).contains("more than 3 sheets"));
    let merged = "<table:table-cell table:number-columns-spanned=\"2\" table:number-columns-repeated=\"11\"/>";
    assert!(why(&row(merged)).contains("merged"));
}

#[test]
fn encrypted_workbooks_are_told_from_damaged_ones() {
    let manifest = b"<m:manifest><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>";
    let bytes = packed(&[
        ("META-INF/manifest.xml", manifest),
        ("encrypted-package", b""),
    ]);
    assert_eq!(check(&bytes, &LIMITS), Err(Refusal::Password));
}
