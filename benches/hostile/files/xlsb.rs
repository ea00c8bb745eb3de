//! Workbooks of the binary format: records in parts in a container.

use super::container::{Entry, Packed, bulk, packed, zip};
use super::xlsx::XML;
use super::{
    Accepted, Any, BROKEN, DAMAGED, Expect, FOUR_GIB, LARGE, NO_FORM, Rejected, Shelf, TABLE, TEXTS,
};

/// A number of 7 bits a byte.
fn packed_number(mut n: usize, out: &mut Vec<u8>) {
    while n > 0x7F {
        out.push(u8::try_from(n & 0x7F).expect("7 bits") | 0x80);
        n >>= 7;
    }
    out.push(u8::try_from(n).expect("7 bits"));
}

/// A record.
fn record(kind: usize, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    packed_number(kind, &mut out);
    packed_number(data.len(), &mut out);
    out.extend(data);
    out
}

fn long(n: usize) -> [u8; 4] {
    u32::try_from(n).expect("32 bits").to_le_bytes()
}

/// A text: length, signs of two bytes.
fn wide(text: &str) -> Vec<u8> {
    let signs: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&long(signs.len() / 2)[..], &signs].concat()
}

fn row(row: usize) -> Vec<u8> {
    record(0, &[&long(row)[..], &[0; 13]].concat())
}

fn cell(kind: usize, column: usize, value: &[u8]) -> Vec<u8> {
    record(kind, &[&long(column)[..], &[0; 4], value].concat())
}

fn real(column: usize, value: f64) -> Vec<u8> {
    cell(5, column, &value.to_le_bytes())
}

/// The good table, its texts by `text` (column, text, place in the table) and with other records for its last cell.
fn rows_by(text: impl Fn(usize, &str, usize) -> Vec<u8>, last: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (r, fields) in TABLE.iter().enumerate() {
        out.extend(row(r));
        for (c, field) in fields.iter().enumerate() {
            if (r, c) == (3, 5) {
                out.extend(last);
            } else if r > 0 && c >= TEXTS {
                out.extend(real(c, field.parse().expect("a number")));
            } else {
                out.extend(text(c, field, r * fields.len() + c));
            }
        }
    }
    out
}

/// The same with texts in the cells.
fn rows(last: &[u8]) -> Vec<u8> {
    rows_by(|column, text, _| cell(6, column, &wide(text)), last)
}

const SHEET_END: [u8; 6] = [0x92, 0x01, 0, 0x82, 0x01, 0];

fn sheet_begin(last_row: usize, last_column: usize) -> Vec<u8> {
    let size = [long(0), long(last_row), long(0), long(last_column)].concat();
    [record(0x81, &[]), record(0x94, &size), record(0x91, &[])].concat()
}

fn sheet(rows: &[u8]) -> Vec<u8> {
    [&sheet_begin(3, 5), rows, &SHEET_END[..]].concat()
}

/// A workbook with this sheet and further parts.
fn book(sheet: Packed, more: &[Entry]) -> Vec<u8> {
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let excel = "application/vnd.ms-excel.";
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{office}/{kind}\" Target=\"{target}\"/>")
    };
    let relations = |list: &str| {
        format!("{XML}<Relationships xmlns=\"{package}/relationships\">{list}</Relationships>")
    };
    let types = format!(
        "{XML}<Types xmlns=\"{package}/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default \
         Extension=\"bin\" ContentType=\"{excel}sheet.binary.macroEnabled.main\"/><Override \
         PartName=\"/xl/worksheets/sheet1.bin\" ContentType=\"{excel}worksheet\"/></Types>"
    );
    let bundle = [&[0; 4][..], &long(1), &wide("r1"), &wide("学校汇总表")].concat();
    let workbook = [
        record(0x83, &[]),
        record(0x8F, &[]),
        record(0x9C, &bundle),
        record(0x90, &[]),
        record(0x9D, &[0; 26]),
        record(0x84, &[]),
    ]
    .concat();
    let strings = relation("s", "sharedStrings", "sharedStrings.bin");
    let strings = if more.is_empty() { "" } else { &strings };
    let inner = relation("r1", "worksheet", "worksheets/sheet1.bin") + strings;
    let entries = [
        Entry::new("[Content_Types].xml", types.as_bytes()),
        Entry::new(
            "_rels/.rels",
            relations(&relation("w", "officeDocument", "xl/workbook.bin")).as_bytes(),
        ),
        Entry::new("xl/workbook.bin", &workbook),
        Entry::new("xl/_rels/workbook.bin.rels", relations(&inner).as_bytes()),
        Entry::of("xl/worksheets/sheet1.bin", sheet),
    ];
    zip(&[&entries, more].concat())
}

pub fn files(shelf: &mut Shelf) {
    let good = rows(&real(5, 19.0));
    let with = |last: &[u8]| book(packed(&sheet(&rows(last))), &[]);
    let and = |more: &[u8]| book(packed(&sheet(&[&good, more].concat())), &[]);
    // Result #DIV/0!, no flags, formula 1/0.
    let parts = [
        &[7, 0, 0][..],
        &long(7),
        &[0x1E, 1, 0, 0x1E, 0, 0, 6],
        &long(0),
    ];
    let error = cell(11, 5, &parts.concat());
    let whole = sheet(&good);
    let cut = |to: usize| book(packed(&whole[..to]), &[]);
    let claimed = [&sheet_begin(1_048_575, 16_383), &good[..], &SHEET_END].concat();
    let mut endless = good.clone();
    endless.extend([6, 0xFF, 0xFF, 0xFF, 0x7F, 1, 0]);
    let nothing = [
        sheet_begin(0, 0),
        row(0x7FFF_FFFF),
        real(0, 1.0),
        SHEET_END.to_vec(),
    ]
    .concat();
    let strings = |count: u32| {
        let texts = TABLE.iter().flatten();
        let items = texts.flat_map(|t| record(0x13, &[&[0][..], &wide(t)].concat()));
        let mut part = record(0x9F, &[count.to_le_bytes(), count.to_le_bytes()].concat());
        part.extend(items);
        part.extend(record(0xA0, &[]));
        let refer = |column: usize, _: &str, place: usize| cell(7, column, &long(place));
        let rows = rows_by(refer, &real(5, 19.0));
        let entry = Entry::new("xl/sharedStrings.bin", &part);
        book(packed(&sheet(&rows)), &[entry])
    };
    let refused = Rejected(&["file-damaged", "sheet-damaged", "form-unknown"]);
    #[rustfmt::skip]
    let cases: [(&'static str, &'static str, Expect, Vec<u8>); 19] = [
        ("好表.xlsb", "the good table in the binary format", Accepted, strings(24)),
        ("学校汇总表-其实是xlsb.xlsx", "a workbook of the binary format named .xlsx", Accepted, with(&real(5, 20.0))),
        ("公式得错误.xlsb", "a formula whose result is an error; calamine drops the cell", Accepted, with(&error)),
        ("错误值未知.xlsb", "an error value that does not exist", Accepted, with(&cell(3, 5, &[0x99]))),
        ("共享文本越界.xlsb", "a shared text that does not exist; calamine panics",
         Any, with(&cell(7, 5, &[0xFF; 4]))),
        ("文本在格内.xlsb", "the good table with its texts in the cells", Accepted, and(&[])),
        ("C4-声称四十亿条.xlsb", "4,294,967,295 shared texts, of which 24 are there", Any, strings(u32::MAX)),
        ("声称整张表.xlsb", "dimensions of the whole sheet", Accepted, book(packed(&claimed), &[])),
        ("列号四十亿.xlsb", "a number in column 4,294,967,295 behind the good table",
         DAMAGED, and(&[row(4), real(0xFFFF_FFFF, 1.0)].concat())),
        ("行号二十亿.xlsb", "a number in row 2,147,483,647 behind the good table",
         DAMAGED, and(&[row(0x7FFF_FFFF), real(0, 1.0)].concat())),
        ("只有远行.xlsb", "nothing but a number in row 2,147,483,647",
         Rejected(&["form-unknown", "sheet-damaged", "file-damaged"]), book(packed(&nothing), &[])),
        ("末格有数.xlsb", "a stray number in the last cell of the sheet",
         Accepted, and(&[row(1_048_575), real(16_383, 1.0)].concat())),
        ("文本声称四十亿字.xlsb", "a text that claims 4,294,967,295 signs and has one",
         Any, with(&cell(6, 5, &[0xFF, 0xFF, 0xFF, 0xFF, 0x10, 0x4E]))),
        ("数值太短.xlsb", "a number of 2 bytes", Any, with(&cell(5, 5, &[0, 0]))),
        ("记录声称二百五十六MiB.xlsb", "the last record claims 256 MiB and has 2 bytes",
         Any, book(packed(&[&sheet_begin(3, 5), &endless[..]].concat()), &[])),
        ("没有结尾.xlsb", "the sheet ends behind its last cell", Any, cut(whole.len() - SHEET_END.len())),
        ("写到一半.xlsb", "the sheet ends inside the last school", Any, cut(whole.len() - 40)),
        ("没有表体.xlsb", "the sheet ends before its rows", refused, cut(5)),
        ("没有格子.xlsb", "a sheet without cells", NO_FORM, book(packed(&sheet(&[])), &[])),
    ];
    for (file, what, expect, bytes) in cases {
        shelf.put(file, what, expect, bytes);
    }
    let whole = and(&row(9));
    let directory = whole.windows(4).position(|w| w == b"PK\x01\x02");
    let half = whole[..directory.expect("in it")].to_vec();
    shelf.put("截断.xlsb", "cut before the directory", BROKEN, half);
    let head = [sheet_begin(3, 5), good].concat();
    shelf.bomb(
        "A1-四GiB数值.xlsb",
        "sheet of 4 GiB of numbers in one row",
        LARGE,
        book(
            bulk(
                &head,
                &real(6, 1.0),
                shelf.size(FOUR_GIB, 1 << 16),
                &SHEET_END,
            ),
            &[],
        ),
    );
}
