//! Workbooks of the new format, part by part, and what is odd about whole workbooks.

use super::container::{Entry, Packed, packed, zip};
use super::{Accepted, Any, DAMAGED, LARGE, NO_FORM, Rejected, Shelf, TABLE, TEXTS, UNREAD};

pub const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.";
pub const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
const SHEET1: &str = "xl/worksheets/sheet1.xml";

/// A workbook in the making.
pub struct Book {
    /// Attributes, folder and part of each sheet.
    sheets: Vec<(String, &'static str, Packed)>,
    head: String,
    /// Further parts, or others in the place of those that every workbook has.
    parts: Vec<(String, Packed)>,
}

impl Book {
    /// A workbook without a sheet.
    pub fn empty() -> Book {
        Book {
            sheets: Vec::new(),
            head: String::new(),
            parts: Vec::new(),
        }
    }

    /// A workbook of one sheet.
    pub fn of(xml: &str) -> Book {
        Book::with(packed(xml.as_bytes()))
    }

    /// The same with a part that is packed already.
    pub fn with(part: Packed) -> Book {
        let mut book = Book::empty();
        let attributes = "name=\"学校汇总表\"".to_string();
        book.sheets.push((attributes, "worksheets", part));
        book
    }

    /// The good workbook.
    pub fn good() -> Book {
        Book::of(&worksheet(&good_rows()))
    }

    /// One sheet more: its attributes in the workbook (`name="…"`), its folder, its text.
    pub fn sheet(mut self, attributes: &str, folder: &'static str, xml: &str) -> Book {
        let part = packed(xml.as_bytes());
        self.sheets.push((attributes.to_string(), folder, part));
        self
    }

    /// What stands before the list of sheets.
    pub fn head(mut self, xml: &str) -> Book {
        self.head.push_str(xml);
        self
    }

    /// One part more, or another one of that name.
    pub fn part(self, name: &str, bytes: impl AsRef<[u8]>) -> Book {
        self.packed(name, packed(bytes.as_ref()))
    }

    /// The same with a part that is packed already.
    pub fn packed(mut self, name: &str, part: Packed) -> Book {
        self.parts.push((name.to_string(), part));
        self
    }

    /// The entries of its container.
    pub fn entries(self) -> Vec<Entry> {
        let has = |name: &str| self.parts.iter().any(|(n, _)| n == name);
        let mut types = String::new();
        let mut sheets = String::new();
        let mut relations = String::new();
        let relate = |id: &str, kind: &str, target: &str| {
            format!("<Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>")
        };
        let declare = |part: &str, kind: &str| {
            format!("<Override PartName=\"/xl/{part}\" ContentType=\"{TYPE}{kind}+xml\"/>")
        };
        for (i, (attributes, folder, _)) in (1..).zip(&self.sheets) {
            let kind = folder.trim_end_matches('s');
            sheets += &format!("<sheet {attributes} sheetId=\"{i}\" r:id=\"r{i}\"/>");
            relations += &relate(&format!("r{i}"), kind, &format!("{folder}/sheet{i}.xml"));
            types += &declare(&format!("{folder}/sheet{i}.xml"), kind);
        }
        for (part, kind) in [("styles", "styles"), ("sharedStrings", "sharedStrings")] {
            if has(&format!("xl/{part}.xml")) {
                relations += &relate(part, kind, &format!("{part}.xml"));
                types += &declare(&format!("{part}.xml"), kind);
            }
        }
        let mut main = format!("{TYPE}sheet.main+xml");
        if has("xl/vbaProject.bin") {
            let kind = "http://schemas.microsoft.com/office/2006/relationships/vbaProject";
            relations +=
                &format!("<Relationship Id=\"v\" Type=\"{kind}\" Target=\"vbaProject.bin\"/>");
            main = "application/vnd.ms-excel.sheet.macroEnabled.main+xml".to_string();
        }
        let skeleton = [
            (
                "[Content_Types].xml",
                format!(
                    "{XML}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
                     ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                     <Default Extension=\"xml\" ContentType=\"application/xml\"/><Override \
                     PartName=\"/xl/workbook.xml\" ContentType=\"{main}\"/>{types}</Types>"
                ),
            ),
            (
                "_rels/.rels",
                format!(
                    "{XML}<Relationships xmlns=\"{PACKAGE}/relationships\">{}</Relationships>",
                    relate("w", "officeDocument", "xl/workbook.xml")
                ),
            ),
            (
                "xl/workbook.xml",
                format!(
                    "{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">{}<sheets>{sheets}\
                     </sheets></workbook>",
                    self.head
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!(
                    "{XML}<Relationships xmlns=\"{PACKAGE}/relationships\">{relations}\
                     </Relationships>"
                ),
            ),
        ];
        let mut entries: Vec<Entry> = skeleton
            .iter()
            .map(|(name, xml)| Entry::new(name, xml.as_bytes()))
            .collect();
        for (i, (_, folder, part)) in (1..).zip(&self.sheets) {
            entries.push(Entry::of(
                &format!("xl/{folder}/sheet{i}.xml"),
                part.clone(),
            ));
        }
        for (name, part) in &self.parts {
            let entry = Entry::of(name, part.clone());
            match entries.iter_mut().find(|e| e.name == name.as_bytes()) {
                Some(old) => *old = entry,
                None => entries.push(entry),
            }
        }
        entries
    }

    pub fn bytes(self) -> Vec<u8> {
        zip(&self.entries())
    }
}

/// A worksheet of these rows.
pub fn worksheet(rows: &str) -> String {
    around("", rows, "")
}

/// A worksheet with something before and behind its rows.
pub fn around(before: &str, rows: &str, after: &str) -> String {
    format!(
        "{XML}<worksheet xmlns=\"{MAIN}\">{before}<sheetData>{rows}</sheetData>{after}</worksheet>"
    )
}

/// A cell with a text of its own.
pub fn text(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

/// A cell with a number.
pub fn number(place: &str, value: &str) -> String {
    format!("<c r=\"{place}\"><v>{value}</v></c>")
}

/// The good table, each cell by `cell` (its address, its text, whether it is a number).
pub fn rows_by(cell: impl Fn(&str, &str, bool) -> String) -> String {
    let mut out = String::new();
    for (r, fields) in (1..).zip(&TABLE) {
        out += &format!("<row r=\"{r}\">");
        for (c, (letter, field)) in ('A'..).zip(fields).enumerate() {
            out += &cell(&format!("{letter}{r}"), field, r > 1 && c >= TEXTS);
        }
        out += "</row>";
    }
    out
}

/// The good table.
pub fn good_rows() -> String {
    rows_by(good_cell)
}

pub fn good_cell(place: &str, field: &str, is_number: bool) -> String {
    if is_number {
        number(place, field)
    } else {
        text(place, field)
    }
}

/// The good table with another cell in the place of F4, the last one.
pub fn last_cell(xml: &str) -> String {
    rows_by(|place, field, is_number| {
        if place == "F4" {
            xml.to_string()
        } else {
            good_cell(place, field, is_number)
        }
    })
}

/// The good table with its texts as references, and the table of the texts.
pub fn shared(attributes: &str) -> (String, String) {
    let texts: Vec<&str> = TABLE.iter().flatten().copied().collect();
    let rows = rows_by(|place, field, is_number| match is_number {
        true => number(place, field),
        false => {
            let i = texts.iter().position(|t| *t == field).expect("in it");
            format!("<c r=\"{place}\" t=\"s\"><v>{i}</v></c>")
        }
    });
    let items: String = texts
        .iter()
        .map(|t| format!("<si><t>{t}</t></si>"))
        .collect();
    let strings = format!("{XML}<sst xmlns=\"{MAIN}\" {attributes}>{items}</sst>");
    (rows, strings)
}

/// Styles with these formats of cells.
pub fn styles(formats: &str) -> String {
    format!(
        "{XML}<styleSheet xmlns=\"{MAIN}\"><fonts><font><sz val=\"11\"/></font></fonts><fills><fill>\
         <patternFill patternType=\"none\"/></fill></fills><borders><border><left/><right/><top/>\
         <bottom/><diagonal/></border></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs>{formats}\
         </cellXfs></styleSheet>"
    )
}

pub fn files(shelf: &mut Shelf) {
    sheets(shelf);
    encodings(shelf);
    packages(shelf);
    relations(shelf);
}

/// What is odd about the list of sheets.
fn sheets(shelf: &mut Shelf) {
    let good = worksheet(&good_rows());
    let named = |attributes: &str| Book::empty().sheet(attributes, "worksheets", &good).bytes();
    #[rustfmt::skip]
    let cases = [
        ("表名-引号.xlsx", "sheet name with quotes and an apostrophe", "name=\"县'&quot;表&quot;'!A1\""),
        ("表名-斜杠.xlsx", "sheet name with slashes and brackets, which Excel forbids",
         "name=\"../[学校]:*?/汇\\总\""),
        ("表名-表情.xlsx", "sheet name with emoji", "name=\"🏫👩🏽‍🏫学校汇总\""),
        ("表名-右到左.xlsx", "sheet name with a right-to-left override", "name=\"学校\u{202E}xslx.总汇\""),
        ("表名-公式.xlsx", "sheet name that begins like a formula",
         "name=\"=HYPERLINK(&quot;http://127.0.0.1:9/&quot;)\""),
        ("表名-空.xlsx", "sheet without a name", "name=\"\""),
        ("表名-网页.xlsx", "sheet name is markup with a script",
         "name=\"&lt;script&gt;alert(1)&lt;/script&gt;\""),
        ("表-很隐藏.xlsx", "the only sheet is very hidden", "name=\"学校汇总表\" state=\"veryHidden\""),
    ];
    for (file, what, attributes) in cases {
        shelf.put(file, what, Accepted, named(attributes));
    }
    shelf.put(
        "表-状态show.xlsx",
        "state=\"show\" as exceljs wrote it; calamine loses the workbook, ideally it is read",
        Any,
        named("name=\"学校汇总表\" state=\"show\""),
    );
    let long = format!("name=\"{}\"", "长".repeat(100_000));
    shelf.put(
        "表名-十万字.xlsx",
        "sheet name of 100,000 characters (Excel allows 31)",
        Any,
        named(&long),
    );
    shelf.put(
        "P1-六万张表.xlsx",
        "60,000 sheets that are all one part",
        LARGE,
        sheets_of_one(shelf.count(60_000, 600)),
    );
    let notes = worksheet("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>");
    let chart = format!("{XML}<chartsheet xmlns=\"{MAIN}\"><sheetViews/></chartsheet>");
    let macros = format!(
        "{XML}<xm:macrosheet xmlns=\"{MAIN}\" xmlns:xm=\"http://schemas.microsoft.com/office/excel/\
         2006/main\"><sheetData><row r=\"1\"><c r=\"A1\"><f>EXEC(\"calc.exe\")</f></c></row>\
         </sheetData></xm:macrosheet>"
    );
    shelf.put(
        "表-只有图表.xlsx",
        "a chart sheet and nothing else",
        NO_FORM,
        Book::empty()
            .sheet("name=\"图\"", "chartsheets", &chart)
            .bytes(),
    );
    shelf.put(
        "表-图表在前.xlsx",
        "a chart sheet before the good sheet",
        Accepted,
        Book::empty()
            .sheet("name=\"图\"", "chartsheets", &chart)
            .sheet("name=\"学校汇总表\"", "worksheets", &good)
            .bytes(),
    );
    shelf.put(
        "表-没有.xlsx",
        "a workbook without any sheet",
        UNREAD,
        Book::empty().bytes(),
    );
    shelf.put(
        "表-旧宏表.xlsm",
        "an Excel-4 macro sheet that runs a program, behind the good sheet; calamine refuses it",
        Any,
        Book::good()
            .sheet("name=\"宏\" state=\"veryHidden\"", "macrosheets", &macros)
            .bytes(),
    );
    shelf.put(
        "表-同名两张.xlsx",
        "two sheets of one name, the second without a form",
        Any,
        Book::good()
            .sheet("name=\"学校汇总表\"", "worksheets", &notes)
            .bytes(),
    );
}

/// A workbook whose sheets all lie in the first one's part.
fn sheets_of_one(count: usize) -> Vec<u8> {
    let list: String = (1..=count)
        .map(|i| format!("<sheet name=\"s{i}\" sheetId=\"{i}\" r:id=\"r1\"/>"))
        .collect();
    let xml = format!(
        "{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{list}</sheets></workbook>"
    );
    Book::good().part("xl/workbook.xml", xml).bytes()
}

/// Sheets in other encodings than UTF-8, and broken ones.
fn encodings(shelf: &mut Shelf) {
    let good = worksheet(&good_rows());
    let body = good.strip_prefix(XML).expect("begins so");
    let gbk = format!("<?xml version=\"1.0\" encoding=\"GBK\"?>{body}");
    let (gbk, _, _) = encoding_rs::GBK.encode(&gbk);
    let wide = format!("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?>{body}");
    let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (mojibake, _, _) = encoding_rs::GBK.encode(&good);
    let cut = |to: &str| good[..good.find(to).expect("in it")].to_string();
    let with = |bytes: &[u8]| Book::with(packed(bytes)).bytes();
    let mut bad_byte = good.clone().into_bytes();
    let at = good.find("柳溪镇").expect("in it");
    bad_byte[at] = 0xFF;
    #[rustfmt::skip]
    let cases = [
        ("R1-工作表GBK.xlsx", "sheet XML declared and encoded as GBK; calamine reads mojibake without an error",
         DAMAGED, with(&gbk)),
        ("R2-工作表UTF16.xlsx", "sheet XML in UTF-16; calamine gives an empty sheet", DAMAGED, with(&wide)),
        ("编码-声明不符.xlsx", "sheet XML declared as UTF-8, encoded as GBK", UNREAD, with(&mojibake)),
        ("编码-坏字节.xlsx", "one byte of a school's name is no UTF-8", Any, with(&bad_byte)),
        ("编码-字节序标记.xlsx", "sheet XML begins with a byte order mark",
         Accepted, with(format!("\u{feff}{good}").as_bytes())),
        ("编码-前有空行.xlsx", "blank lines before the XML declaration",
         Any, with(format!("\r\n\r\n{good}").as_bytes())),
        ("结构-写到一半.xlsx", "sheet XML ends inside a cell of the last school, the container is whole",
         Accepted, with(cut("<c r=\"C4\"").as_bytes())),
        ("结构-没有表体.xlsx", "sheet XML ends before its rows", UNREAD, with(cut("<sheetData>").as_bytes())),
        ("结构-空部件.xlsx", "sheet part of 0 bytes", UNREAD, with(b"")),
        ("结构-标签交错.xlsx", "end tags in the wrong order",
         Any, with(good.replace("</row></sheetData>", "</sheetData></row>").as_bytes())),
        ("结构-前缀.xlsx", "every element with a prefix, as the OpenXML SDK writes",
         Accepted, with(good.replace("</", "</x:").replace('<', "<x:").replace("<x:/x:", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x=").as_bytes())),
        ("结构-严格格式.xlsx", "Strict OOXML namespace",
         Accepted, with(good.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main").as_bytes())),
    ];
    for (file, what, expect, bytes) in cases {
        shelf.put(file, what, expect, bytes);
    }
}

/// What is odd about the container of a workbook.
fn packages(shelf: &mut Shelf) {
    let renamed = |change: &dyn Fn(&str) -> String| {
        let mut entries = Book::good().entries();
        for entry in &mut entries {
            let name = String::from_utf8(entry.name.clone()).expect("ours");
            entry.name = change(&name).into_bytes();
        }
        zip(&entries)
    };
    let changed = |change: &dyn Fn(&mut Entry)| {
        let mut entries = Book::good().entries();
        let sheet = entries.iter_mut().find(|e| e.name == SHEET1.as_bytes());
        change(sheet.expect("the sheet"));
        zip(&entries)
    };
    let with = |more: &[Entry]| zip(&[&Book::good().entries()[..], more].concat());
    let second = worksheet("<row r=\"1\"><c r=\"A1\"><v>9</v></c></row>");
    let streamed: Vec<Entry> = Book::good()
        .entries()
        .into_iter()
        .map(Entry::with_descriptor)
        .collect();
    let mut garbled = Book::good().bytes();
    let at = garbled.windows(24).position(|w| w == SHEET1.as_bytes());
    for byte in garbled
        .iter_mut()
        .skip(at.expect("the sheet") + 60)
        .take(40)
    {
        *byte ^= 0x5A;
    }
    #[rustfmt::skip]
    let cases = [
        ("包-反斜杠.xlsx", "part names with backslashes", Accepted, renamed(&|n| n.replace('/', "\\"))),
        ("包-大小写.xlsx", "part names in capitals", Accepted, renamed(&|n| n.replace("xl/w", "XL/W"))),
        ("包-流式写出.xlsx", "sizes behind the data, as streaming writers put them", Accepted, zip(&streamed)),
        ("包-重名.xlsx", "the sheet's part twice, with other figures in the second",
         DAMAGED, with(&[Entry::new(SHEET1, second.as_bytes())])),
        ("包-重名大小写.xlsx", "the sheet's part twice, the second time in capitals",
         DAMAGED, with(&[Entry::new("xl/worksheets/SHEET1.XML", second.as_bytes())])),
        ("包-校验和.xlsx", "wrong checksum of the sheet's part", Any, changed(&|e| e.crc ^= 1)),
        ("包-压缩坏.xlsx", "40 bytes in the middle of the packed sheet are garbled", UNREAD, garbled),
        ("包-压缩方法99.xlsx", "packing method of the sheet is AES (99)",
         Rejected(&["file-damaged", "file-password", "sheet-damaged", "form-unknown"]), changed(&|e| e.method = 99)),
        ("包-加密标志.xlsx", "the sheet's part is flagged as encrypted",
         Rejected(&["file-damaged", "file-password", "sheet-damaged", "form-unknown"]), changed(&|e| e.flags |= 1)),
        ("包-大小不符.xlsx", "the sheet's part claims to unpack to 4 GiB, and does not",
         LARGE, changed(&|e| e.size = super::FOUR_GIB)),
        ("包-上级目录.xlsx", "a part named ../../../../tmp/x; nothing may be written there",
         Any, with(&[Entry::new("../../../../tmp/junheng-hostile", b"x")])),
        ("文档-其实是Word.xlsx", "a Word document named .xlsx",
         Rejected(&["file-not-workbook", "file-format-unsupported", "form-unknown", "file-damaged"]), zip(&[Entry::new("[Content_Types].xml", b"<Types/>"), Entry::new("word/document.xml", b"<w:document/>")])),
        ("包-没有工作簿.xlsx", "the part xl/workbook.xml is missing",
         Rejected(&["file-damaged", "file-not-workbook", "form-unknown", "file-format-unsupported"]), renamed(&|n| n.replace("xl/workbook.xml", "xl/other.xml"))),
        ("包-只有清单.xlsx", "nothing but [Content_Types].xml",
         Rejected(&["file-damaged", "file-not-workbook", "file-format-unsupported", "form-unknown"]), zip(&[Entry::new("[Content_Types].xml", b"<Types/>")])),
        ("宏.xlsm", "macro-enabled, its VBA project is junk",
         Accepted, Book::good().part("xl/vbaProject.bin", [0xCC, 0x61, 0xFF, 0].repeat(64)).bytes()),
        ("保护-工作表密码.xlsx", "sheet and workbook protected by a password, which does not encrypt",
         Accepted, Book::of(&around("", &good_rows(), "<sheetProtection password=\"CC1A\" sheet=\"1\" objects=\"1\" scenarios=\"1\"/>")).head("<workbookProtection workbookPassword=\"CC1A\" lockStructure=\"1\"/>").bytes()),
    ];
    for (file, what, expect, bytes) in cases {
        shelf.put(file, what, expect, bytes);
    }
}

/// What is odd about the ways from part to part.
fn relations(shelf: &mut Shelf) {
    let to = |more: &str| {
        let list = format!(
            "{XML}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"r1\" \
             Type=\"{OFFICE}/worksheet\" {more}/></Relationships>"
        );
        Book::good()
            .part("xl/_rels/workbook.xml.rels", list)
            .bytes()
    };
    let outside = format!(
        "{XML}<externalLink xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><ddeLink ddeService=\"cmd\" \
         ddeTopic=\"/C calc\"><ddeItems><ddeItem name=\"A0\" advise=\"1\"/></ddeItems></ddeLink>\
         </externalLink>"
    );
    let (rows, strings) = shared("count=\"15\" uniqueCount=\"24\"");
    #[rustfmt::skip]
    let cases = [
        ("关系-绝对路径.xlsx", "the sheet's target is an absolute path",
         Accepted, to("Target=\"/xl/worksheets/sheet1.xml\"")),
        ("关系-上级目录.xlsx", "the sheet's target is ../../../../../../etc/passwd",
         UNREAD, to("Target=\"../../../../../../etc/passwd\"")),
        ("关系-外部文件.xlsx", "the sheet's target is a file outside",
         UNREAD, to("Target=\"file:///etc/passwd\" TargetMode=\"External\"")),
        ("关系-网址.xlsx", "the sheet's target is a web address",
         UNREAD, to("Target=\"http://127.0.0.1:9/sheet1.xml\" TargetMode=\"External\"")),
        ("关系-指向自己.xlsx", "the sheet's target is the workbook itself", UNREAD, to("Target=\"workbook.xml\"")),
        ("关系-没有.xlsx", "the sheet has no relationship",
         UNREAD, Book::good().part("xl/_rels/workbook.xml.rels", "<Relationships/>").bytes()),
        ("关系-共享文本改名.xlsx", "shared strings under another part name; calamine does not find them",
         Any, Book::of(&worksheet(&rows)).part("xl/texts/strings1.xml", &strings).bytes()),
        ("关系-DDE外部链接.xlsx", "a DDE link to cmd and a web query beside the good sheet",
         Accepted, Book::good().part("xl/externalLinks/externalLink1.xml", outside).part("xl/connections.xml", "<connections><connection id=\"1\"><webPr url=\"http://127.0.0.1:9/\"/></connection></connections>").bytes()),
    ];
    for (file, what, expect, bytes) in cases {
        shelf.put(file, what, expect, bytes);
    }
}
