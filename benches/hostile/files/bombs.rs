//! Small files that unpack to gibibytes, that claim more than there is, or that mean more than they say.

use super::container::{Packed, bulk, zip};
use super::xlsx::{
    Book, MAIN, XML, around, good_rows, last_cell, number, shared, styles, worksheet,
};
use super::{Accepted, Any, BROKEN, DAMAGED, Expect, FOUR_GIB, LARGE, MIB, Rejected, Shelf};

/// A part just below the 128 MiB that are allowed.
const ALLOWED: u64 = 127 * MIB;

pub fn files(shelf: &mut Shelf) {
    sheets(shelf);
    strings(shelf);
    other_parts(shelf);
    entities(shelf);
}

/// A worksheet of `size` bytes: the good rows, then `before`, `unit` again and again, `after`.
fn filled(before: &str, unit: &str, size: u64, after: &str) -> Packed {
    let good = good_rows();
    let head = format!("{XML}<worksheet xmlns=\"{MAIN}\"><sheetData>{good}{before}");
    let tail = format!("{after}</worksheet>");
    bulk(head.as_bytes(), unit.as_bytes(), size, tail.as_bytes())
}

/// A row of so many equal cells.
fn row_of(cell: &str, count: usize) -> String {
    format!("<row>{}</row>", cell.repeat(count))
}

fn sheets(shelf: &mut Shelf) {
    let four = shelf.size(FOUR_GIB, 1 << 16);
    let allowed = shelf.size(ALLOWED, 1 << 16);
    let end = "</sheetData>";
    let text = "<c t=\"inlineStr\"><is><t>学校</t></is></c>";
    let merge = "<mergeCell ref=\"A8:B9\"/>";
    // What is opened here and never closed leaves its end to the reader.
    #[rustfmt::skip]
    let cases: [(&'static str, &'static str, Expect, Packed); 22] = [
        ("A1-四GiB数值.xlsx", "sheet of 4 GiB: a million rows of 273 numbers",
         LARGE, filled("", &row_of("<c><v>1</v></c>", 273), four, end)),
        ("A2-四GiB文本.xlsx", "sheet of 4 GiB: rows of texts", LARGE, filled("", &row_of(text, 90), four, end)),
        ("A4-四GiB注释.xlsx", "sheet with one comment of 4 GiB",
         LARGE, filled("<!--", "x", four, &format!("-->{end}"))),
        ("A4-一百MiB注释.xlsx", "sheet with one comment of 127 MiB: below the limit of a part",
         Any, filled("<!--", "x", allowed, &format!("-->{end}"))),
        ("A5-四GiB一格.xlsx", "one text of 4 GiB in one cell",
         LARGE, filled("<row r=\"5\"><c r=\"B5\" t=\"str\"><v>", "x", four, &format!("</v></c></row>{end}"))),
        ("A5-一百MiB一格.xlsx", "one text of 127 MiB in one cell",
         Any, filled("<row r=\"5\"><c r=\"B5\" t=\"str\"><v>", "x", allowed, &format!("</v></c></row>{end}"))),
        ("A5-一百MiB数.xlsx", "one number of 127 million digits",
         Any, filled("<row r=\"5\"><c r=\"D5\"><v>", "9", allowed, &format!("</v></c></row>{end}"))),
        ("A6-四GiB属性.xlsx", "one attribute of 4 GiB",
         LARGE, filled("<row r=\"5\" x=\"", "x", four, &format!("\"></row>{end}"))),
        ("A6-一百MiB地址.xlsx", "a cell address of 127 million letters",
         Any, filled("<row r=\"5\"><c r=\"", "A", allowed, &format!("5\"><v>1</v></c></row>{end}"))),
        ("A6-两千万个属性.xlsx", "an element with 26 million attributes of one name",
         Any, filled("<row r=\"5\"", " x=\"\"", allowed, &format!("></row>{end}"))),
        ("A7-四GiB空格子.xlsx", "sheet of 4 GiB of empty styled cells",
         LARGE, filled("", &row_of("<c s=\"1\"/>", 400), four, end)),
        ("A7-一百MiB空格子.xlsx", "13 million empty styled cells in 127 MiB",
         Any, filled("", &row_of("<c s=\"1\"/>", 400), allowed, end)),
        ("A7-一百MiB空行.xlsx", "22 million empty rows, most of them below the last one there can be",
         Any, filled("", "<row/>", allowed, end)),
        ("A8-一千七百万格.xlsx", "sheet of 256 MiB with 17 million numbers",
         LARGE, filled("", &row_of("<c><v>1</v></c>", 273), shelf.size(256 * MIB, 1 << 16), end)),
        ("A8-八百万格.xlsx", "8 million numbers in 127 MiB: more than the 5 million cells that are kept",
         LARGE, filled("", &row_of("<c><v>1</v></c>", 273), allowed, end)),
        ("D1-一亿层标签.xlsx", "100 million open tags in the sheet (300 MB)",
         BROKEN, filled("", "<a>", shelf.size(300_000_000, 1 << 16), end)),
        ("D1-四千万层标签.xlsx", "44 million open tags in the sheet (127 MiB)",
         Any, filled("", "<a>", allowed, end)),
        ("D2-单元格内四千万层.xlsx", "44 million open tags inside one cell",
         Any, filled("<row r=\"5\"><c r=\"A5\">", "<v>", allowed, end)),
        ("D3-四千万层富文本.xlsx", "44 million open tags inside one text",
         Any, filled("<row r=\"5\"><c r=\"A5\" t=\"inlineStr\"><is>", "<r>", allowed, end)),
        ("H1-六千万合并.xlsx", "64 million merged blocks (1.5 GB)",
         LARGE, filled(&format!("{end}<mergeCells>"), merge, shelf.size(64_000_000 * merge.len() as u64, 1 << 16), "</mergeCells>")),
        ("H1-五百万合并.xlsx", "5 million merged blocks in 127 MiB",
         LARGE, filled(&format!("{end}<mergeCells>"), merge, allowed, "</mergeCells>")),
        ("公式-四百万条.xlsx", "4 million formulas without results in 127 MiB",
         Any, filled("", &row_of("<c><f>SUM(A1:Z99)+A1</f></c>", 273), allowed, end)),
    ];
    for (file, what, expect, part) in cases {
        shelf.bomb(file, what, expect, Book::with(part).bytes());
    }
    // The only bomb that lies: readers that enforce the claim stop early, the others do not stop.
    let part = filled(
        "",
        &row_of("<c><v>1</v></c>", 273),
        shelf.size(1 << 30, 1 << 16),
        end,
    );
    let mut entries = Book::with(part).entries();
    for entry in &mut entries {
        if entry.name.ends_with(b"sheet1.xml") {
            entry.size = 1000;
        }
    }
    let refused = Rejected(&[
        "file-damaged",
        "file-too-large",
        "sheet-damaged",
        "form-unknown",
    ]);
    shelf.put(
        "A3-声称一千字节.xlsx",
        "sheet claims to unpack to 1,000 bytes and unpacks to 1 GiB",
        refused,
        zip(&entries),
    );
}

fn strings(shelf: &mut Shelf) {
    let four = shelf.size(FOUR_GIB, 1 << 16);
    let allowed = shelf.size(ALLOWED, 1 << 16);
    let (rows, good) = shared("count=\"15\" uniqueCount=\"24\"");
    let head = good.strip_suffix("</sst>").expect("ends so");
    let many = |unit: &str, size: u64| bulk(head.as_bytes(), unit.as_bytes(), size, b"</sst>");
    let one = |size: u64| {
        let open = format!("{head}<si><t>");
        bulk(open.as_bytes(), b"x", size, b"</t></si></sst>")
    };
    #[rustfmt::skip]
    let cases = [
        ("C1-四GiB共享文本.xlsx", "shared strings of 4 GiB, many short ones",
         LARGE, many("<si><t>a</t></si>", four)),
        ("C1-一百MiB共享文本.xlsx", "8 million shared strings in 127 MiB", Any, many("<si><t>a</t></si>", allowed)),
        ("C1-一百MiB空文本.xlsx", "26 million empty shared strings in 127 MiB", Any, many("<si/>", allowed)),
        ("C2-四GiB一条文本.xlsx", "one shared string of 4 GiB", LARGE, one(four)),
        ("C2-一百MiB一条文本.xlsx", "one shared string of 127 MiB that no cell shows", Any, one(allowed)),
    ];
    for (file, what, expect, part) in cases {
        let book = Book::of(&worksheet(&rows));
        shelf.bomb(
            file,
            what,
            expect,
            book.packed("xl/sharedStrings.xml", part).bytes(),
        );
    }
    let count = shelf.size(1_050_000, 1000);
    let long = format!("<si><t>{}</t></si></sst>", "长".repeat(32_767));
    let unit = row_of("<c t=\"s\"><v>24</v></c>", 10);
    let head = format!("{XML}<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}");
    let size = head.len() as u64 + count / 10 * unit.len() as u64;
    let sheet = bulk(
        head.as_bytes(),
        unit.as_bytes(),
        size,
        b"</sheetData></worksheet>",
    );
    shelf.bomb(
        "C3-一条文本引用百万次.xlsx",
        "one shared string of 32,767 characters in a million cells: 100 GB if each cell has its own",
        LARGE,
        Book::with(sheet)
            .part("xl/sharedStrings.xml", good.replace("</sst>", &long))
            .bytes(),
    );
}

/// Parts beside the sheets.
fn other_parts(shelf: &mut Shelf) {
    let four = shelf.size(FOUR_GIB, 1 << 16);
    let allowed = shelf.size(ALLOWED, 1 << 16);
    let sheet = styles("\u{1}");
    let (head, tail) = sheet.split_once('\u{1}').expect("in it");
    let style =
        |unit: &str, size: u64| bulk(head.as_bytes(), unit.as_bytes(), size, tail.as_bytes());
    let names = |size: u64| {
        let book = format!(
            "{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"http://schemas.openxmlformats.org/\
             officeDocument/2006/relationships\"><sheets><sheet name=\"学校汇总表\" sheetId=\"1\" \
             r:id=\"r1\"/></sheets><definedNames>"
        );
        bulk(
            book.as_bytes(),
            b"<definedName name=\"a\">1</definedName>",
            size,
            b"</definedNames></workbook>",
        )
    };
    let zeros = |size: u64| bulk(b"\x89PNG\r\n\x1a\n", b"\0", size, b"");
    #[rustfmt::skip]
    let cases = [
        ("S1-四GiB样式.xlsx", "styles of 4 GiB", LARGE, "xl/styles.xml", style("<xf numFmtId=\"14\"/>", four)),
        ("S1-一百MiB样式.xlsx", "7 million cell formats in 127 MiB",
         Any, "xl/styles.xml", style("<xf numFmtId=\"14\"/>", allowed)),
        ("S2-四GiB工作簿.xlsx", "workbook part of 4 GiB of defined names", LARGE, "xl/workbook.xml", names(four)),
        ("S2-一百MiB工作簿.xlsx", "3.7 million defined names in 127 MiB", Any, "xl/workbook.xml", names(allowed)),
        ("S3-四GiB图片.xlsx", "a picture of 4 GiB beside the good sheet",
         LARGE, "xl/media/image1.png", zeros(four)),
    ];
    for (file, what, expect, name, part) in cases {
        shelf.bomb(file, what, expect, Book::good().packed(name, part).bytes());
    }
    let parts = (0..5).fold(Book::good(), |book, i| {
        book.packed(&format!("xl/media/image{i}.bin"), zeros(allowed))
    });
    shelf.bomb(
        "S4-五个一百MiB部件.xlsx",
        "five parts of 127 MiB: each is allowed, together they are not",
        LARGE,
        parts.bytes(),
    );
    shelf.bomb(
        "大文件-一百MiB加一.xlsx",
        "a file of 100 MiB and one byte, all zeros",
        LARGE,
        vec![0; shelf.count((100 << 20) + 1, 4096)],
    );
}

/// Definitions by which `&a9;` means a thousand million laughs.
pub fn laughs() -> String {
    (1..10).fold("<!ENTITY a0 \"哈\">".to_string(), |out, i| {
        let inner = format!("&a{};", i - 1).repeat(10);
        format!("{out}<!ENTITY a{i} \"{inner}\">")
    })
}

/// Documents that define their own words.
fn entities(shelf: &mut Shelf) {
    let laughs = laughs();
    let square = format!("<!ENTITY a \"{}\">", "哈".repeat(20_000));
    let text = |t: &str| format!("<c r=\"F4\" t=\"str\"><v>{t}</v></c>");
    let number_of = |t: &str| number("F4", t);
    let behind = format!("<!--{}-->", " ".repeat(9000));
    #[rustfmt::skip]
    let cases = [
        ("F1-实体炸弹.xlsx", "billion laughs in the sheet", DAMAGED, "", format!("[{laughs}]"), text("&a9;")),
        ("F2-外部文件实体.xlsx", "an entity that is /etc/passwd",
         DAMAGED, "", "[<!ENTITY a SYSTEM \"file:///etc/passwd\">]".to_string(), text("&a;")),
        ("F3-数值里的实体.xlsx", "an entity inside a number; calamine reads the cell as empty",
         DAMAGED, "", "[<!ENTITY a \"19\">]".to_string(), number_of("&a;")),
        ("F4-网址实体.xlsx", "an entity from a web address",
         DAMAGED, "", "[<!ENTITY a SYSTEM \"http://127.0.0.1:9/a\">]".to_string(), text("&a;")),
        ("F5-参数实体.xlsx", "a parameter entity that loads definitions from outside",
         DAMAGED, "", "[<!ENTITY % a SYSTEM \"http://127.0.0.1:9/a.dtd\"> %a;]".to_string(), text("&b;")),
        ("F6-平方膨胀.xlsx", "one long entity 20,000 times",
         DAMAGED, "", format!("[{square}]"), text(&"&a;".repeat(20_000))),
        ("F7-未用的定义.xlsx", "a document type that nothing uses",
         DAMAGED, "", "[<!ENTITY a \"1\">]".to_string(), number_of("19")),
        ("F8-外部文档类型.xlsx", "a document type that lies at a web address",
         DAMAGED, "", "SYSTEM \"http://127.0.0.1:9/a.dtd\"".to_string(), number_of("19")),
        ("F9-注释后的定义.xlsx", "billion laughs behind a comment of 9,000 bytes",
         Any, behind.as_str(), format!("[{laughs}]"), text("&a9;")),
    ];
    for (file, what, expect, before, doctype, cell) in cases {
        let sheet = worksheet(&last_cell(&cell));
        let head = format!("{XML}{before}<!DOCTYPE worksheet {doctype}>");
        shelf.put(
            file,
            what,
            expect,
            Book::of(&sheet.replace(XML, &head)).bytes(),
        );
    }
    let (rows, strings) = shared("count=\"15\" uniqueCount=\"24\"");
    let head = format!("{XML}<!DOCTYPE sst [{laughs}]>");
    let strings = strings.replace(XML, &head).replace("柳溪镇", "&a9;");
    shelf.put(
        "F1-共享文本实体炸弹.xlsx",
        "billion laughs in the shared strings",
        DAMAGED,
        Book::of(&worksheet(&rows))
            .part("xl/sharedStrings.xml", strings)
            .bytes(),
    );
    let note = format!("{XML}<!DOCTYPE a [{laughs}]><a>&a9;</a>");
    shelf.put(
        "F1-无关部件实体炸弹.xlsx",
        "billion laughs in a part of properties that nobody needs",
        Any,
        Book::good().part("docProps/custom.xml", note).bytes(),
    );
    let sheet = around(
        "<dimension ref=\"A1:F4\"/>",
        &last_cell(&text("&nbsp;&copy;")),
        "",
    );
    shelf.put(
        "F3-未定义实体.xlsx",
        "entities of HTML in the last cell, which XML does not know",
        Accepted,
        Book::of(&sheet).bytes(),
    );
}
