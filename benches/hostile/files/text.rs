//! Text files: separated fields, web pages, XML of 2003; under their own names and under .xls.

use super::bombs::laughs;
use super::{Accepted, Any, DAMAGED, Expect, Hostile, LARGE, Rejected, Shelf, TABLE, TEXTS};

pub fn files(shelf: &mut Shelf) {
    separated(shelf);
    encodings(shelf);
    bent(shelf);
    long(shelf);
    pages(shelf);
    bent_pages(shelf);
    xml(shelf);
    others(shelf);
}

/// A text that is no table.
const NO_TABLE: Expect = Rejected(&["file-not-workbook", "form-unknown"]);

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

/// The good table with fields between `sign`, and one figure of its own to tell the files apart.
fn lines(sign: &str, figure: u32) -> String {
    let mut out = String::new();
    for fields in TABLE {
        out += &fields.join(sign);
        out += "\r\n";
    }
    out.replace(&format!("{sign}19\r\n"), &format!("{sign}{figure}\r\n"))
}

fn wide(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    let signs = format!("{mark}{text}");
    let bytes = |n: u16| {
        if big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    signs.encode_utf16().flat_map(bytes).collect()
}

type Case = (&'static str, &'static str, Expect, Vec<u8>);

fn put(shelf: &mut Shelf, cases: impl IntoIterator<Item = Case>) {
    shelf.files.extend(
        cases
            .into_iter()
            .map(|(name, what, expect, bytes)| Hostile {
                name,
                what,
                expect,
                bytes,
            }),
    );
}

fn separated(shelf: &mut Shelf) {
    let quoted = lines("\",\"", 30)
        .replace("\r\n", "\"\r\n\"")
        .trim_end_matches('"')
        .to_string();
    #[rustfmt::skip]
    let cases = [
        ("好表.csv", "commas, UTF-8", Accepted, lines(",", 20).into_bytes()),
        ("好表-GBK.csv", "commas, GBK, as Excel in China saves", Accepted, gbk(&lines(",", 21))),
        ("X1-其实是CSV.xls", "commas, GBK, named .xls", Accepted, gbk(&lines(",", 22))),
        ("X2-其实是制表符.xls", "tabs, GBK, named .xls, as many systems export", Accepted, gbk(&lines("\t", 23))),
        ("学校汇总表-其实是CSV.xlsx", "commas, UTF-8, named .xlsx", Accepted, lines(",", 24).into_bytes()),
        ("好表-分号.csv", "semicolons", Accepted, lines(";", 25).into_bytes()),
        ("好表-制表符.txt", "tabs, UTF-16 with its mark, Excel's Unicode text",
         Accepted, wide(&lines("\t", 26), false, true)),
        ("好表-全加引号.csv", "every field in quotes", Accepted, format!("\"{quoted}").into_bytes()),
        ("好表-sep行.csv", "a first line sep=, as Excel reads",
         Any, format!("sep=,\r\n{}", lines(",", 27)).into_bytes()),
        ("好表-全角逗号.csv", "full-width commas", Any, lines("，", 28).into_bytes()),
        ("好表-竖线.txt", "vertical bars", Any, lines("|", 29).into_bytes()),
        ("好表-旧苹果换行.csv", "lines that end with a carriage return alone",
         Any, lines(",", 31).replace("\r\n", "\r").into_bytes()),
    ];
    put(shelf, cases);
}

fn encodings(shelf: &mut Shelf) {
    let rare = lines(",", 40).replace("柳溪", "𠮷溪");
    let (rare, _, _) = encoding_rs::GB18030.encode(&rare);
    let (big5, _, _) =
        encoding_rs::BIG5.encode("學校標識碼,學校名稱,辦學類型\r\n2199000101,清河,小學\r\n");
    let mut bad = lines(",", 41).into_bytes();
    let at = bad.len() - 25;
    bad[at] = 0xFF;
    let mut late = lines(",", 42).into_bytes();
    late.extend(",\r\n".repeat(3000).bytes());
    late.extend(b"2199000104,\0\0\0\r\n");
    let mixed = [
        lines(",", 43).as_bytes(),
        &gbk("2199000104,清河,小学,1,1,1\r\n"),
    ]
    .concat();
    #[rustfmt::skip]
    let cases = [
        ("编码-带标记.csv", "UTF-8 with its mark", Accepted, format!("\u{feff}{}", lines(",", 44)).into_bytes()),
        ("编码-UTF16.csv", "UTF-16 with its mark", Accepted, wide(&lines(",", 45), false, true)),
        ("编码-UTF16大端.csv", "UTF-16, big end first, with its mark",
         Accepted, wide(&lines(",", 46), true, true)),
        ("编码-UTF16无标记.csv", "UTF-16 without its mark", Any, wide(&lines(",", 47), false, false)),
        ("编码-UTF16奇数.csv", "UTF-16 with its mark and half a sign at the end",
         Any, [wide(&lines(",", 48), false, true), vec![0x4E]].concat()),
        ("编码-GB18030.csv", "GB18030 with a sign of four bytes", Accepted, rare.into_owned()),
        ("编码-BIG5.csv", "traditional Chinese in Big5",
         Rejected(&["form-unknown", "file-not-workbook"]), big5.into_owned()),
        ("编码-坏字节.csv", "UTF-8 with one wrong byte: whatever is read must not be mojibake", Any, bad),
        ("编码-混合.csv", "UTF-8, and one line in GBK", Any, mixed),
        ("编码-零字节.csv", "commas with NUL bytes between the rows",
         Any, lines(",", 49).replace("\r\n", "\r\n\0\0").into_bytes()),
        ("编码-后面零字节.csv", "NUL bytes behind the first 4 KiB", Any, late),
        ("全是零.csv", "8,192 NUL bytes, as a full disk leaves them",
         Rejected(&["file-not-workbook"]), vec![0; 8192]),
    ];
    put(shelf, cases);
}

fn bent(shelf: &mut Shelf) {
    let good = |n| lines(",", n);
    #[rustfmt::skip]
    let cases = [
        ("引号未闭合.csv", "a quote behind the good rows that nobody closes",
         Accepted, format!("{}2199000104,\"清河,小学\r\n{}", good(60), "9,9,9,9,9,9\r\n".repeat(60)).into_bytes()),
        ("引号在表头.csv", "a quote in the header that nobody closes",
         Any, good(61).replacen("学校名称", "\"学校名称", 1).into_bytes()),
        ("引号在中间.csv", "quotes in the middle of a field",
         Accepted, good(62).replace("柳溪镇", "柳\"溪\"镇").into_bytes()),
        ("字段内换行.csv", "line breaks inside a field in quotes",
         Accepted, good(63).replace("柳溪镇中心小学", "\"柳溪镇\r\n中心小学\"").into_bytes()),
        ("行长不一.csv", "rows with fewer and more fields than the header",
         Accepted, format!("{}2199000104,清河\r\n2199000105,柳河,小学,1,1,1,1,1,1\r\n", good(64)).into_bytes()),
        ("公式字段.csv", "fields that are formulas for whoever opens the result",
         Accepted, good(65).replace("柳溪镇中心小学", "=cmd|' /C calc'!A0").into_bytes()),
        ("科学计数代码.csv", "a school's code as 2.199E+09, as Excel shows it",
         Any, good(66).replace("2199000103", "2.199E+09").into_bytes()),
        ("等号引号代码.csv", "school codes as =\"2199000101\", a trick to keep them texts",
         Any, good(67).replace("\r\n2199000", "\r\n=\"2199000").replace(",清河", "\",清河").into_bytes()),
    ];
    put(shelf, cases);
}

/// Text that is long in one way or another.
fn long(shelf: &mut Shelf) {
    let text = "长".repeat(shelf.count(10 << 20, 1 << 16) / 3);
    let wide = format!(
        "{}{}\r\n",
        lines(",", 70),
        ",".repeat(shelf.count(1_000_000, 17_000))
    );
    let filled = format!(
        "{}{}\r\n",
        lines(",", 71),
        "1,".repeat(shelf.count(1_000_000, 17_000))
    );
    let mut many = lines(",", 72);
    for i in 0..shelf.count(1_000_000, 1000) {
        many += &format!("{},清{i}小,小学,1,1,1\r\n", 2_100_000_000 + i);
    }
    let rows = ",\n".repeat(shelf.count(1_100_000, 1000));
    let cells = "1,2,3,4,5,6,7,8\n".repeat(shelf.count(700_000, 1000));
    let quotes = format!(
        "{}\"{}",
        lines(",", 73),
        "\"\"".repeat(shelf.count(5 << 20, 1 << 16))
    );
    let blank = " \n".repeat(shelf.count(4 << 20, 1 << 16));
    #[rustfmt::skip]
    let cases = [
        ("一行十MiB.csv", "one field of 10 MiB behind the good rows",
         Any, format!("{}2199000104,{text}\r\n", lines(",", 74)).into_bytes()),
        ("一行百万空列.csv", "a line of a million empty fields behind the good rows", Any, wide.into_bytes()),
        ("一行百万列.csv", "a line of a million numbers behind the good rows", LARGE, filled.into_bytes()),
        ("一百万所学校.csv", "a million schools of one county, each with much to find fault with",
         Any, many.into_bytes()),
        ("一百一十万空行.csv", "more blank rows than a sheet has, then the good table",
         Any, (rows + &lines(",", 75)).into_bytes()),
        ("五百六十万格.csv", "5.6 million numbers behind the good rows: more than the 5 million that are kept",
         LARGE, (lines(",", 76) + &cells).into_bytes()),
        ("五百万引号.csv", "10 million quotes in one field", Any, quotes.into_bytes()),
        ("只有空白.txt", "8 MiB of blanks and line breaks", NO_TABLE, blank.into_bytes()),
    ];
    for (name, what, expect, bytes) in cases {
        shelf.bomb(name, what, expect, bytes);
    }
}

/// The good table as a web page.
fn page(head: &str, cell: &str) -> String {
    let mut out = format!("<html><head>{head}</head><body><table border=1>");
    for (r, fields) in TABLE.iter().enumerate() {
        out += "<tr>";
        for (c, field) in fields.iter().enumerate() {
            let style = if r > 0 && c == 0 {
                " style='mso-number-format:\"\\@\"'"
            } else {
                ""
            };
            out += &format!("<{cell}{style}>{field}</{cell}>");
        }
        out += "</tr>\r\n";
    }
    out + "</table></body></html>"
}

fn pages(shelf: &mut Shelf) {
    let gb = "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\">";
    let utf = "<meta charset=\"utf-8\">";
    let office = format!(
        "{gb}<!--[if gte mso 9]><xml><x:ExcelWorkbook><x:ExcelWorksheets><x:ExcelWorksheet>\
         <x:Name>学校汇总表</x:Name></x:ExcelWorksheet></x:ExcelWorksheets></x:ExcelWorkbook>\
         </xml><![endif]-->"
    );
    let bare = page("", "td");
    let bare = &bare[bare.find("<table").expect("in it")..];
    let bare = &bare[..bare.find("</body").expect("in it")];
    let mail = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"b\"\r\n\r\n--b\r\n\
         Content-Location: file:///C:/x.htm\r\nContent-Type: text/html; charset=\"utf-8\"\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{}\r\n--b--\r\n",
        page(utf, "td")
    );
    #[rustfmt::skip]
    let cases = [
        ("X3-其实是网页.xls", "a web page in GB2312 named .xls, as many systems export",
         Accepted, gbk(&page(gb, "td"))),
        ("X3-其实是网页-UTF8.xls", "a web page in UTF-8 named .xls", Accepted, page(utf, "td").into_bytes()),
        ("X3-Office网页.xls", "a web page with Office's own elements, GB2312",
         Accepted, gbk(&page(&office, "td"))),
        ("X3-只有表格.xls", "a bare <table>, GBK, no declaration", Accepted, gbk(bare)),
        ("X3-大写标签.xls", "elements in capitals, header cells",
         Accepted, gbk(&page(gb, "TH").replace("<tr", "<TR").replace("<table", "<TABLE"))),
        ("学校汇总表-其实是网页.xlsx", "a web page named .xlsx",
         Accepted, gbk(&page(&format!("{gb}<title>表</title>"), "td"))),
        ("网页-声明不符.xls", "a web page that says utf-8 and is GBK", Any, gbk(&page(utf, "td"))),
        ("网页-UTF16.xls", "a web page in UTF-16 with its mark", Accepted, wide(&page("", "td"), false, true)),
        ("网页-单个文件.xls", "a web archive (MHTML), as Excel saves a single web page", Any, mail.into_bytes()),
        ("网页-登录页.xls", "the login page of a website that somebody saved as .xls",
         Rejected(&["form-unknown", "file-not-workbook"]), b"<!DOCTYPE html><html><body><form><input name=user></form></body></html>".to_vec()),
        ("网页-框架.xls", "a frameset whose table lies in another file, as Excel saves web pages",
         Rejected(&["form-unknown", "file-not-workbook", "file-damaged"]), b"<html><frameset><frame src=\"x.files/sheet001.htm\"></frameset></html>".to_vec()),
    ];
    put(shelf, cases);
}

fn bent_pages(shelf: &mut Shelf) {
    let good = page("", "td");
    let with = |from: &str, to: &str| good.replacen(from, to, 1).into_bytes();
    let behind = |more: &str| {
        good.replace("</body>", &format!("{more}</body>"))
            .into_bytes()
    };
    let nested = shelf.count(100_000, 1000);
    let divs = shelf.count(1_000_000, 1000);
    let spans = "<table><tr><td rowspan=65534 colspan=1000>1</td></tr></table>";
    #[rustfmt::skip]
    let cases = [
        ("网页-十万层表格.xls", "100,000 tables, each in a cell of the one before, behind the good one",
         Any, behind(&"<table><tr><td>".repeat(nested))),
        ("网页-百万层元素.xls", "a million open elements behind the good table", Any, behind(&"<div>".repeat(divs))),
        ("网页-跨十亿行.xls", "rowspan=1000000000 in the last cell",
         Any, with("<td>19", "<td rowspan=1000000000>19")),
        ("网页-跨十亿列.xls", "colspan=1000000000 in the last cell",
         Any, with("<td>19", "<td colspan=1000000000>19")),
        ("网页-跨度连乘.xls", "a thousand cells that each span 65,534 rows and 1,000 columns",
         Any, behind(&spans.repeat(1000))),
        ("网页-负跨度.xls", "rowspan=-1 and colspan=0", Any, with("<td>19", "<td rowspan=-1 colspan=0>19")),
        ("网页-不闭合.xls", "neither cells nor rows are closed",
         Accepted, good.replace("</td>", "").replace("</tr>", "").into_bytes()),
        ("网页-写到一半.xls", "the page ends inside a tag of its last row",
         Any, good.as_bytes()[..good.find("柳溪镇").expect("in it") - 2].to_vec()),
        ("网页-注释未完.xls", "a comment behind the good table that nobody closes", Any, behind("<!-- ")),
        ("网页-脚本.xls", "scripts and styles round and in the table; none of it is text",
         Accepted, with("<td>柳溪镇", "<td><script>'<td>1</td>'</script><style>td{}</style>柳溪镇")),
        ("网页-实体.xls", "character references of all kinds",
         Accepted, with("柳溪镇", "&nbsp;柳&#28330;&#x9547;&amp;&unknown;&#0;&#x110000;&#99999999999;")),
        ("网页-远程图片.xls", "pictures, frames and a base address from the network, which nobody may fetch",
         Accepted, behind("<img src=http://127.0.0.1:9/a><iframe src=file:///etc/passwd></iframe>")),
        ("网页-长属性.xls", "an attribute of a million signs",
         Any, behind(&format!("<td x=\"{}\">", "x".repeat(shelf.count(1_000_000, 1000))))),
    ];
    put(shelf, cases);
}

/// The good table as XML of Excel 2003.
fn spreadsheet(head: &str, attributes: &str, last: &str) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\"?>{head}<?mso-application progid=\"Excel.Sheet\"?><Workbook \
         xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" \
         xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet \
         ss:Name=\"学校汇总表\"><Table>"
    );
    for (r, fields) in TABLE.iter().enumerate() {
        out += "<Row>";
        for (c, field) in fields.iter().enumerate() {
            let kind = if r > 0 && c >= TEXTS {
                "Number"
            } else {
                "String"
            };
            if (r, c) == (3, 5) {
                out += &format!("<Cell{attributes}><Data ss:Type=\"{kind}\">{last}</Data></Cell>");
            } else {
                out += &format!("<Cell><Data ss:Type=\"{kind}\">{field}</Data></Cell>");
            }
        }
        out += "</Row>";
    }
    out + "</Table></Worksheet></Workbook>"
}

fn xml(shelf: &mut Shelf) {
    let good = spreadsheet("", "", "80");
    let behind = |more: &str| {
        good.replace("</Table>", &format!("{more}</Table>"))
            .into_bytes()
    };
    let doctype = |inner: &str| format!("<!DOCTYPE Workbook [{inner}]>");
    let own = |n: &str| spreadsheet("", "", n);
    let deep = "<Cell>".repeat(shelf.count(1_000_000, 1000));
    let gb = own("81").replace("\"1.0\"", "\"1.0\" encoding=\"GB2312\"");
    #[rustfmt::skip]
    let cases = [
        ("X5-XML2003.xls", "the good table as XML of Excel 2003, named .xls",
         Accepted, good.clone().into_bytes()),
        ("XML2003.xml", "the same named .xml, in GB2312", Accepted, gbk(&gb)),
        ("学校汇总表-其实是XML.xlsx", "XML of Excel 2003 named .xlsx", Accepted, own("82").into_bytes()),
        ("XML-实体炸弹.xls", "billion laughs",
         DAMAGED, spreadsheet(&doctype(&laughs()), "", "&a9;").into_bytes()),
        ("XML-外部文件.xls", "an entity that is /etc/passwd",
         DAMAGED, spreadsheet(&doctype("<!ENTITY a SYSTEM \"file:///etc/passwd\">"), "", "&a;").into_bytes()),
        ("XML-网址实体.xls", "an entity from a web address",
         DAMAGED, spreadsheet(&doctype("<!ENTITY a SYSTEM \"http://127.0.0.1:9/\">"), "", "&a;").into_bytes()),
        ("XML-列号二十亿.xls", "the last cell says that it stands in column 2,000,000,000",
         Any, spreadsheet("", " ss:Index=\"2000000000\"", "83").into_bytes()),
        ("XML-列号为负.xls", "the last cell says that it stands in column -5",
         Any, spreadsheet("", " ss:Index=\"-5\"", "84").into_bytes()),
        ("XML-跨十亿.xls", "the last cell spans a thousand million rows and columns",
         Any, spreadsheet("", " ss:MergeAcross=\"1000000000\" ss:MergeDown=\"1000000000\"", "85").into_bytes()),
        ("XML-行号四十亿.xls", "a row 4,000,000,000 behind the good ones",
         Any, behind("<Row ss:Index=\"4000000000\"><Cell><Data ss:Type=\"Number\">1</Data></Cell></Row>")),
        ("XML-百万层.xls", "a million open elements behind the good rows", Any, behind(&format!("<Row>{deep}"))),
        ("XML-写到一半.xls", "the file ends inside the last school",
         Any, good.as_bytes()[..good.find("柳溪镇").expect("in it")].to_vec()),
        ("XML-扁平ODF.fods", "a flat OpenDocument file without a table",
         Rejected(&["file-not-workbook", "file-format-unsupported", "form-unknown"]), b"<?xml version=\"1.0\"?><office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\"/>".to_vec()),
        ("XML-别的.xml", "XML that is no workbook",
         Rejected(&["file-not-workbook", "file-format-unsupported", "form-unknown"]), b"<?xml version=\"1.0\"?><schools><school id=\"1\"/></schools>".to_vec()),
    ];
    put(shelf, cases);
}

fn others(shelf: &mut Shelf) {
    #[rustfmt::skip]
    let cases = [
        ("X8-空文件.xls", "0 bytes", Rejected(&["file-not-workbook"]), Vec::new()),
        ("一个字节.xlsx", "1 byte", NO_TABLE, b"P".to_vec()),
        ("说明.txt", "a letter", NO_TABLE, "我县报送材料共三份,请查收。\r\n联系人:王老师\r\n".into()),
        ("快捷方式.url", "a link to a website",
         NO_TABLE, b"[InternetShortcut]\r\nURL=http://127.0.0.1:9/\r\n".to_vec()),
        ("学校汇总表.json", "the table as JSON",
         NO_TABLE, "[{\"学校标识码\":\"2199000101\",\"学校名称\":\"清河县第一小学\"}]".into()),
        ("指针.xlsx", "a pointer of Git LFS in the place of the workbook",
         NO_TABLE, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9000\n".to_vec()),
    ];
    put(shelf, cases);
}
