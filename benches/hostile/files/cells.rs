//! Odd cells, rows and layouts of an otherwise good sheet.

use super::xlsx::{
    Book, XML, around, good_cell, good_rows, last_cell, number, rows_by, shared, styles, text,
    worksheet,
};
use super::{Accepted, Any, BROKEN, Expect, NO_FORM, Shelf, TABLE, TRAP};

pub fn files(shelf: &mut Shelf) {
    places(shelf);
    values(shelf);
    references(shelf);
    formulas(shelf);
    texts(shelf);
    layouts(shelf);
    figures(shelf);
}

type Case = (&'static str, &'static str, Expect, String);

fn put_rows(shelf: &mut Shelf, cases: impl IntoIterator<Item = Case>) {
    for (file, what, expect, rows) in cases {
        shelf.put(file, what, expect, Book::of(&worksheet(&rows)).bytes());
    }
}

/// Where cells stand.
fn places(shelf: &mut Shelf) {
    let good = good_rows();
    let and = |row: &str, cells: &str| format!("{good}<row{row}>{cells}</row>");
    let at = |row: &str, place: &str| and(&format!(" r=\"{row}\""), &number(place, TRAP));
    let claimed = "<dimension ref=\"A1:XFD1048576\"/>";
    shelf.put(
        "B1-声称整张表.xlsx",
        "dimension A1:XFD1048576, four rows of cells",
        Accepted,
        Book::of(&around(claimed, &good, "")).bytes(),
    );
    let blank = and(" r=\"1048576\"", "<c r=\"XFD1048576\" s=\"1\"/>");
    shelf.put(
        "B10-末格有格式.xlsx",
        "a blank styled cell XFD1048576",
        Accepted,
        Book::of(&worksheet(&blank))
            .part("xl/styles.xml", styles("<xf/><xf numFmtId=\"10\"/>"))
            .bytes(),
    );
    let bare = |cells: &str| cells.to_string();
    #[rustfmt::skip]
    let cases = [
        ("B2-末格有数.xlsx", "a number in XFD1048576 below the good table",
         Accepted, at("1048576", "XFD1048576")),
        ("B3-只有首末两格.xlsx", "a cell A1 and a cell XFD1048576, nothing else",
         NO_FORM, bare(&format!("<row r=\"1\">{}</row><row r=\"1048576\">{}</row>", text("A1", "学校"), text("XFD1048576", "学校")))),
        ("B4-Z列末行.xlsx", "a stray number in Z1048576", Accepted, at("1048576", "Z1048576")),
        ("B5-AZ列末行.xlsx", "a stray number in AZ1048576", Accepted, at("1048576", "AZ1048576")),
        ("B6-第四十亿行.xlsx", "a cell in row 4,000,000,000 behind the good table",
         Accepted, at("4000000000", "A4000000000")),
        ("B7-ZZZZZZZ列.xlsx", "a cell in column ZZZZZZZ behind the good table", Accepted, at("5", "ZZZZZZZ5")),
        ("B8-行号回绕.xlsx", "row 4294967298, which 32 bits take for row 2: its 999999 must not become a school's",
         Accepted, at("4294967298", "D4294967298")),
        ("B9-第零行.xlsx", "a cell A0 in row 0 behind the good table", Accepted, at("0", "A0")),
        ("位置-行号超大.xlsx", "a row number of 30 digits behind the good table",
         Accepted, at(&"9".repeat(30), &format!("A{}", "9".repeat(30)))),
        ("位置-负行号.xlsx", "a row numbered -1 behind the good table", Accepted, at("-1", "A-1")),
        ("位置-没有地址.xlsx", "neither rows nor cells say where they stand", Accepted, strip_places(&good)),
        ("位置-行序颠倒.xlsx", "rows from the last to the first", Any, reversed(&good)),
        ("位置-地址重复.xlsx", "cell D2 twice, 500 and then 888888",
         Any, good.replace("<c r=\"E2\">", "<c r=\"D2\"><v>888888</v></c><c r=\"E2\">")),
        ("位置-行重复.xlsx", "row 2 twice, with other figures the second time",
         Any, and(" r=\"2\"", &number("D2", "888888"))),
        ("位置-行列不符.xlsx", "cells of row 4 say that they stand in row 3",
         Any, good.replace("4\" t=", "3\" t=").replace("4\"><v>", "3\"><v>")),
        ("位置-小写地址.xlsx", "cell addresses in small letters",
         Any, rows_by(|p, f, n| good_cell(&p.to_lowercase(), f, n))),
        ("位置-从D9开始.xlsx", "the table begins in D9", Accepted, moved()),
    ];
    put_rows(shelf, cases);
}

fn strip_places(rows: &str) -> String {
    let mut out = String::new();
    let mut rest = rows;
    while let Some(at) = rest.find(" r=\"") {
        out += &rest[..at];
        let tail = &rest[at + 4..];
        rest = &tail[tail.find('"').expect("closed") + 1..];
    }
    out + rest
}

fn reversed(rows: &str) -> String {
    let mut list: Vec<&str> = rows.split_inclusive("</row>").collect();
    list.reverse();
    list.concat()
}

/// The good table with its first cell in D9.
fn moved() -> String {
    let mut out = String::new();
    for (r, fields) in (9..).zip(&TABLE) {
        out += &format!("<row r=\"{r}\">");
        for (i, (letter, field)) in ('D'..).zip(fields).enumerate() {
            out += &good_cell(&format!("{letter}{r}"), field, r > 9 && i > 2);
        }
        out += "</row>";
    }
    out
}

/// Values that do not fit their types, all in the last cell of the table.
fn values(shelf: &mut Shelf) {
    #[rustfmt::skip]
    let cases = [
        ("值-SPILL.xlsx", "error value #SPILL!, newer than the seven",
         "<c r=\"F4\" t=\"e\"><v>#SPILL!</v></c>"),
        ("值-错误值乱写.xlsx", "error value that no program writes", "<c r=\"F4\" t=\"e\"><v>出错了</v></c>"),
        ("值-千分位.xlsx", "a number written 1,234", "<c r=\"F4\" t=\"n\"><v>1,234</v></c>"),
        ("值-全角数字.xlsx", "a number in full-width digits", "<c r=\"F4\" t=\"n\"><v>１９</v></c>"),
        ("值-NaN.xlsx", "a number NaN", "<c r=\"F4\"><v>NaN</v></c>"),
        ("值-无穷大.xlsx", "a number 1e999", "<c r=\"F4\"><v>1e999</v></c>"),
        ("值-负日期.xlsx", "-1e300 in a cell with a date format; converting it panics in chrono",
         "<c r=\"F4\" s=\"1\"><v>-1e300</v></c>"),
        ("值-远日期.xlsx", "serial number 1e15 in a cell with a date format",
         "<c r=\"F4\" s=\"1\"><v>1000000000000000</v></c>"),
        ("值-布尔2.xlsx", "a boolean 2", "<c r=\"F4\" t=\"b\"><v>2</v></c>"),
        ("值-未知类型.xlsx", "a cell of an unknown type", "<c r=\"F4\" t=\"zz\"><v>1</v></c>"),
        ("值-ISO日期.xlsx", "an ISO date (t=\"d\")", "<c r=\"F4\" t=\"d\"><v>2024-09-01T00:00:00Z</v></c>"),
        ("值-CDATA.xlsx", "a number inside CDATA", "<c r=\"F4\"><v><![CDATA[19]]></v></c>"),
        ("值-夹注释.xlsx", "a comment in the middle of a number: 1<!-- -->9",
         "<c r=\"F4\"><v>1<!-- -->9</v></c>"),
        ("值-字符引用.xlsx", "a digit as a character reference: 1&#57;", "<c r=\"F4\"><v>1&#57;</v></c>"),
        ("值-扩展列表.xlsx", "an extLst inside a cell",
         "<c r=\"F4\"><v>19</v><extLst><ext uri=\"{0}\"/></extLst></c>"),
        ("值-两个v.xlsx", "two values in one cell", "<c r=\"F4\"><v>19</v><v>888888</v></c>"),
        ("值-格式号越界.xlsx", "a format number far beyond the list", "<c r=\"F4\" s=\"4294967295\"><v>19</v></c>"),
        ("值-百万位数.xlsx", "a number of a million digits", ""),
    ];
    for (file, what, cell) in cases {
        let long = format!("<c r=\"F4\"><v>{}</v></c>", "9".repeat(1_000_000));
        let cell = if cell.is_empty() { &long } else { cell };
        let book = Book::of(&worksheet(&last_cell(cell)));
        let formats = "<xf/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/>";
        let bytes = book.part("xl/styles.xml", styles(formats)).bytes();
        shelf.put(file, what, Accepted, bytes);
    }
}

/// Shared strings and what refers to them.
fn references(shelf: &mut Shelf) {
    let (rows, strings) = shared("count=\"15\" uniqueCount=\"24\"");
    let book = |rows: &str, strings: &str| {
        Book::of(&worksheet(rows))
            .part("xl/sharedStrings.xml", strings)
            .bytes()
    };
    let refer = |value: &str| {
        let cell = format!("<c r=\"A5\" t=\"s\"><v>{value}</v></c>");
        book(&format!("{rows}<row r=\"5\">{cell}</row>"), &strings)
    };
    shelf.put(
        "共享文本-正常.xlsx",
        "the good table with shared strings",
        Accepted,
        book(&rows, &strings),
    );
    shelf.put(
        "共享文本-越界.xlsx",
        "index 4000000000 of 24 shared strings behind the good table",
        Accepted,
        refer("4000000000"),
    );
    shelf.put(
        "共享文本-负数.xlsx",
        "index -1 of shared strings behind the good table",
        Accepted,
        refer("-1"),
    );
    shelf.put(
        "共享文本-带空格.xlsx",
        "indexes with a blank behind them; calamine reads every one as the first string",
        Any,
        book(&rows.replace("</v></c>", " </v></c>"), &strings),
    );
    shelf.put(
        "共享文本-空项.xlsx",
        "empty shared strings between the others, which must not shift them",
        Accepted,
        book(
            &rows,
            &strings
                .replace("<si><t>500</t></si>", "<si/>")
                .replace("<si><t>360</t></si>", "<si><t/></si>"),
        ),
    );
    shelf.put(
        "共享文本-没有.xlsx",
        "cells refer to shared strings, but there is no such part",
        Any,
        Book::of(&worksheet(&rows)).bytes(),
    );
    let counted = |attributes: &str| strings.replace("count=\"15\" uniqueCount=\"24\"", attributes);
    let behind = format!("{XML}<!--{}-->", " ".repeat(9000));
    #[rustfmt::skip]
    let cases = [
        ("C4-声称四十亿条.xlsx", "uniqueCount=4000000000; calamine reserves memory for it and aborts",
         BROKEN, counted("count=\"15\" uniqueCount=\"4000000000\"")),
        ("C4-声称四十亿条-单引号.xlsx", "the same in single quotes", BROKEN, counted("uniqueCount='4000000000'")),
        ("C4-声称四十亿条-空格.xlsx", "the same with blanks round the equals sign",
         BROKEN, counted("uniqueCount = \"4000000000\"")),
        ("C4-声称四十亿条-注释后.xlsx", "the same behind a comment of 9,000 bytes",
         BROKEN, counted("uniqueCount=\"4000000000\"").replace(XML, &behind)),
        ("C4-声称四十亿条-属性后.xlsx", "the same behind an attribute of 9,000 bytes",
         BROKEN, counted(&format!("x=\"{}\" uniqueCount=\"4000000000\"", " ".repeat(9000)))),
        ("C4-声称1844亿亿条.xlsx", "uniqueCount=18446744073709551615",
         BROKEN, counted("uniqueCount=\"18446744073709551615\"")),
        ("C4-声称两千万条.xlsx", "uniqueCount=20000000 for 24 strings: 480 MB for nothing",
         Any, counted("uniqueCount=\"20000000\"")),
    ];
    for (file, what, expect, strings) in cases {
        shelf.put(file, what, expect, book(&rows, &strings));
    }
}

/// Formulas.
fn formulas(shelf: &mut Shelf) {
    let long = format!("<c r=\"F4\"><f>{}1</f><v>19</v></c>", "(1+".repeat(200_000));
    #[rustfmt::skip]
    let cases = [
        ("L1-共享公式四十亿.xlsx", "a shared formula numbered 4000000000",
         "<c r=\"F4\"><f t=\"shared\" si=\"4000000000\" ref=\"F4:F9\">D4/2</f><v>19</v></c>"),
        ("L2-共享公式最大.xlsx", "a shared formula numbered 18446744073709551615 that nobody defines",
         "<c r=\"F4\"><f t=\"shared\" si=\"18446744073709551615\"/><v>19</v></c>"),
        ("公式-没有结果.xlsx", "a formula without its result", "<c r=\"F4\"><f>SUM(F2:F3)</f></c>"),
        ("公式-空结果.xlsx", "a formula whose result is an empty text",
         "<c r=\"F4\" t=\"str\"><f>IF(1,\"\",0)</f><v></v></c>"),
        ("公式-DDE.xlsx", "a formula that starts a program by DDE",
         "<c r=\"F4\"><f>cmd|'/C calc.exe'!A0</f><v>19</v></c>"),
        ("公式-网络函数.xlsx", "a formula that fetches from the network",
         "<c r=\"F4\"><f>WEBSERVICE(\"http://127.0.0.1:9/\"&amp;A2)</f><v>19</v></c>"),
        ("公式-整列数组.xlsx", "an array formula over the whole sheet",
         "<c r=\"F4\"><f t=\"array\" ref=\"A1:XFD1048576\">1</f><v>19</v></c>"),
        ("公式-WPS图片.xlsx", "an in-cell picture of WPS (DISPIMG)",
         "<c r=\"F4\" t=\"str\"><f>_xlfn.DISPIMG(\"ID_0123\",1)</f><v>=DISPIMG(\"ID_0123\",1)</v></c>"),
        ("公式-二十万层括号.xlsx", "a formula with 200,000 open brackets", ""),
    ];
    for (file, what, cell) in cases {
        let cell = if cell.is_empty() { &long } else { cell };
        let bytes = Book::of(&worksheet(&last_cell(cell))).bytes();
        shelf.put(file, what, Accepted, bytes);
    }
}

/// Texts of cells; the odd one is the last school's name.
fn texts(shelf: &mut Shelf) {
    let named = |xml: &str| {
        let cell = format!("<c r=\"B4\" t=\"inlineStr\"><is>{xml}</is></c>");
        rows_by(|place, field, is_number| match place {
            "B4" => cell.clone(),
            _ => good_cell(place, field, is_number),
        })
    };
    let plain = |t: &str| named(&format!("<t xml:space=\"preserve\">{t}</t>"));
    #[rustfmt::skip]
    let cases = [
        ("文本-等号开头.xlsx", "a school named like a formula that opens a web page",
         Accepted, plain("=HYPERLINK(\"http://127.0.0.1:9/\",\"小学\")")),
        ("文本-加号开头.xlsx", "a name that begins with +", Accepted, plain("+1+cmd|' /C calc'!A0")),
        ("文本-减号开头.xlsx", "a name that begins with -", Accepted, plain("-2+3小学")),
        ("文本-艾特开头.xlsx", "a name that begins with @", Accepted, plain("@SUM(1,2)小学")),
        ("文本-网页脚本.xlsx", "a name with markup, a script and quotes",
         Accepted, plain("小学&lt;/td&gt;&lt;script&gt;alert('1\"')&lt;/script&gt;&amp;amp;")),
        ("文本-占位符.xlsx", "a name with format placeholders of many languages",
         Accepted, plain("{0}{school_name}%s%n$(id)`id`${x}{{7*7}}小学")),
        ("文本-控制字符.xlsx", "a name with control characters as _xHHHH_",
         Accepted, plain("柳溪_x000D_镇_x0000_小_x0007_学_x001B_[31m_x005F_x000D_")),
        ("文本-生控制字符.xlsx", "raw control characters, which XML forbids",
         Any, plain("柳溪\u{1}镇\u{8}小学\u{1b}[2J")),
        ("文本-空字符引用.xlsx", "character references to 0 and to half a pair, which XML forbids",
         Any, plain("柳溪&#0;镇&#xD800;小学")),
        ("文本-隐形字符.xlsx", "zero-width, non-breaking and ideographic blanks in a name",
         Accepted, plain("\u{feff}柳\u{200b}溪\u{a0}镇\u{3000}小学\u{2060}")),
        ("文本-右到左.xlsx", "a name with direction overrides", Accepted, plain("\u{202e}学小镇溪柳\u{202c}\u{2066}")),
        ("文本-表情.xlsx", "a name with emoji and characters beyond the basic plane",
         Accepted, plain("𠮷🏫小学👨‍👩‍👧‍👦")),
        ("文本-叠加符号.xlsx", "a name with 3,000 combining marks",
         Accepted, plain(&format!("小学{}", "\u{489}".repeat(3000)))),
        ("文本-换行.xlsx", "a name with 200 line breaks",
         Accepted, plain(&format!("柳溪镇{}小学", "\r\n".repeat(200)))),
        ("文本-满格.xlsx", "a name of 32,767 characters, the most that a cell holds",
         Accepted, plain(&"学".repeat(32_767))),
        ("文本-超满.xlsx", "a name of 100,000 characters, more than a cell holds",
         Accepted, plain(&"学".repeat(100_000))),
        ("文本-多种格式.xlsx", "a name of several runs",
         Accepted, named("<r><rPr><b/></rPr><t>柳溪镇</t></r><r><t xml:space=\"preserve\">中心 </t></r><r><t>小学</t></r>")),
        ("文本-拼音.xlsx", "a name with phonetic runs, which are not part of it",
         Accepted, named("<t>柳溪镇中心小学</t><rPh sb=\"0\" eb=\"2\"><t>liuxi</t></rPh><phoneticPr fontId=\"0\"/>")),
    ];
    put_rows(shelf, cases);
}

/// Layout: hidden things, merged things, dates.
fn layouts(shelf: &mut Shelf) {
    let good = good_rows();
    let merged = |list: &str| {
        let merges = format!("<mergeCells>{list}</mergeCells>");
        around("", &good, &merges)
    };
    let hidden_row = good.replace("<row r=\"3\">", "<row r=\"3\" hidden=\"1\">");
    let hidden_column = "<cols><col min=\"4\" max=\"4\" width=\"0\" hidden=\"1\"/></cols>";
    let filter = "<autoFilter ref=\"A1:F4\"><filterColumn colId=\"1\"><filters>\
                  <filter val=\"清河县第一小学\"/></filters></filterColumn></autoFilter>";
    let columns = "<col min=\"1\" max=\"16384\" width=\"9\"/>".repeat(100_000);
    #[rustfmt::skip]
    let cases = [
        ("版式-隐藏行.xlsx", "a hidden row", Accepted, worksheet(&hidden_row)),
        ("版式-隐藏列.xlsx", "a hidden column", Accepted, around(hidden_column, &good, "")),
        ("版式-筛选.xlsx", "an active filter that hides rows", Accepted, around("", &hidden_row, filter)),
        ("版式-整表合并.xlsx", "a merged block A1:XFD1048576 over the good table",
         Any, merged("<mergeCell ref=\"A1:XFD1048576\"/>")),
        ("版式-远处合并.xlsx", "a merged block G5:XFD1048576 beside the good table",
         Accepted, merged("<mergeCell ref=\"G5:XFD1048576\"/>")),
        ("版式-重叠合并.xlsx", "merged blocks that overlap, below the good table",
         Accepted, merged("<mergeCell ref=\"A6:C9\"/><mergeCell ref=\"B7:D12\"/><mergeCell ref=\"A6:C9\"/>")),
        ("版式-倒置合并.xlsx", "a merged block from its end to its start",
         Accepted, merged("<mergeCell ref=\"H9:G6\"/>")),
        ("版式-合并乱写.xlsx", "merged blocks that are no addresses",
         Any, merged("<mergeCell ref=\"\"/><mergeCell ref=\"A1:\"/><mergeCell ref=\"#REF!\"/><mergeCell/>")),
        ("版式-十万列定义.xlsx", "100,000 column definitions",
         Accepted, around(&format!("<cols>{columns}</cols>"), &good, "")),
    ];
    for (file, what, expect, sheet) in cases {
        shelf.put(file, what, expect, Book::of(&sheet).bytes());
    }
    let date = "<c r=\"F4\" s=\"1\"><v>44075</v></c>";
    let formats = "<xf/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/>";
    shelf.put(
        "日期-1904.xlsx",
        "dates count from 1904, and a head count has a date format",
        Accepted,
        Book::of(&worksheet(&last_cell(date)))
            .head("<workbookPr date1904=\"1\"/>")
            .part("xl/styles.xml", styles(formats))
            .bytes(),
    );
}

/// Figures as people write them.
fn figures(shelf: &mut Shelf) {
    let total = format!(
        "<row r=\"5\">{}{}</row>",
        text("A5", "合计"),
        number("D5", "1100")
    );
    let formats = "<xf/><xf numFmtId=\"10\" applyNumberFormat=\"1\"/>";
    let percent = "<c r=\"F4\" s=\"1\"><v>0.19</v></c>";
    shelf.put(
        "数字-百分比格式.xlsx",
        "a head count with a percent format",
        Accepted,
        Book::of(&worksheet(&last_cell(percent)))
            .part("xl/styles.xml", styles(formats))
            .bytes(),
    );
    #[rustfmt::skip]
    let cases = [
        ("数字-文本数字.xlsx", "every figure is a text", Accepted, rows_by(|place, field, _| text(place, field))),
        ("数字-全角文本.xlsx", "figures as full-width text with blanks and 人",
         Accepted, last_cell(&text("F4", "　１９ 人 "))),
        ("数字-代码为数值.xlsx", "school codes as numbers, one of 18 digits that lost its last ones",
         Accepted, rows_by(|place, field, is_number| match place { "A4" => number(place, "219900010300000000"), "A2" | "A3" => number(place, field), _ => good_cell(place, field, is_number), })),
        ("数字-浮点尾差.xlsx", "a head count of 19.000000000000004 and one of 0.30000000000000004",
         Accepted, last_cell(&number("F4", "19.000000000000004")).replace("<v>6</v>", "<v>0.30000000000000004</v>")),
        ("数字-合计行.xlsx", "a total row below the schools", Accepted, format!("{}{total}", good_rows())),
    ];
    put_rows(shelf, cases);
}
