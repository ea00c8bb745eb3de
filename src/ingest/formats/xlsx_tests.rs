//! The short way and the library give the same: on files, on made sheets, on damaged ones, whatever the size of a chunk.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::ingest::formats::package::Packer;
use crate::ingest::formats::package::tests::packed;

#[path = "xlsx_broken_tests.rs"]
mod broken;
#[path = "xlsx_regular_tests.rs"]
mod regular;
use regular::{odd_byte, odd_bytes};

/// What a sink was told.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    Sheet(String, bool),
    Cell(u32, u32, String),
    Broken(String),
    Layout(Layout),
    Remark(Remark),
}

#[derive(Default)]
struct Recorder {
    told: Vec<Told>,
    /// Of this sheet, by their numbers.
    texts: std::collections::BTreeMap<u32, String>,
    cells: u64,
    /// Of these, texts with a number.
    numbered: u64,
    wants_layout: bool,
    /// Refuses the cell after so many.
    most: Option<u64>,
}

impl Sink for Recorder {
    fn sheet(&mut self, name: &str, hidden: bool) -> Result<(), ReadError> {
        self.told.push(Told::Sheet(name.to_string(), hidden));
        self.texts.clear();
        Ok(())
    }

    fn text(&mut self, row: u32, col: u32, number: u32, text: &str) -> Result<(), ReadError> {
        let before = self.texts.entry(number).or_insert_with(|| text.to_string());
        assert_eq!(before, text, "one number for two texts");
        self.numbered += 1;
        self.cell(row, col, Seen::Text(text))
    }

    fn cell(&mut self, row: u32, col: u32, value: Seen<'_>) -> Result<(), ReadError> {
        if self.most == Some(self.cells) {
            return Err(ReadError::TooMuch("cells".to_string()));
        }
        self.cells += 1;
        // Numbers bit by bit.
        let value = match value {
            Seen::Number(n) => format!("number {:016x} {n}", n.to_bits()),
            Seen::Date(n, is_1904) => format!("date {:016x} {is_1904}", n.to_bits()),
            other => format!("{other:?}"),
        };
        self.told.push(Told::Cell(row, col, value));
        Ok(())
    }

    fn broken(&mut self, reason: &str) {
        self.told.push(Told::Broken(reason.to_string()));
    }

    fn wants_layout(&mut self) -> bool {
        self.wants_layout
    }

    fn layout(&mut self, layout: Layout) {
        self.told.push(Told::Layout(layout));
    }

    fn remark(&mut self, remark: Remark) {
        self.told.push(Told::Remark(remark));
    }
}

type Given = (Result<(), ReadError>, Vec<Told>);

fn given(
    wants_layout: bool,
    most: Option<u64>,
    read: impl Fn(&mut Recorder) -> Result<(), ReadError>,
) -> Given {
    let mut sink = Recorder {
        wants_layout,
        most,
        ..Recorder::default()
    };
    let result = read(&mut sink);
    // What a sink took before an error is void, all but for the order of its own.
    if result.is_err() && most.is_none() {
        sink.told.clear();
    }
    (result, sink.told)
}

/// Limits that nothing here reaches.
fn usual() -> Limits {
    Limits {
        file: 1 << 28,
        part: 1 << 30,
        unpacked: 1 << 30,
        parts: 10_000,
        archive_files: 9,
        archive_depth: 1,
        sheets: 300,
        cells: 20_000_000,
        box_cells: 5_000_000,
        text: 1 << 28,
        shared_texts: 5_000_000,
        merged_blocks: 200_000,
        rows: 200_000,
        depth: 64,
        seconds: 600,
        worker: 1 << 30,
    }
}

fn limits() -> Limits {
    Limits {
        merged_blocks: 50,
        ..usual()
    }
}

/// Through the library alone.
fn library(bytes: &[u8], limits: &Limits, wants_layout: bool, most: Option<u64>) -> Given {
    given(wants_layout, most, |sink| {
        read(bytes, None, limits, sink, |_, _| None)
    })
}

/// The short way as far as it leads, and the library.
fn short(
    bytes: &[u8],
    limits: &Limits,
    wants_layout: bool,
    most: Option<u64>,
    chunk: usize,
) -> Given {
    given(wants_layout, most, |sink| {
        read(bytes, Plain::open(bytes, chunk), limits, sink, |_, _| None)
    })
}

/// The same with every sheet unpacked ahead.
fn ahead(bytes: &[u8], limits: &Limits, wants_layout: bool, chunk: usize) -> Given {
    given(wants_layout, None, |sink| {
        let mut plain = Plain::open(bytes, chunk);
        if let Some(plain) = &mut plain {
            plain.ahead_from = 0;
        }
        read(bytes, plain, limits, sink, |_, _| None)
    })
}

fn assert_same(bytes: &[u8], limits: &Limits, chunks: &[usize], what: &dyn std::fmt::Debug) {
    for wants_layout in [true, false] {
        let expected = library(bytes, limits, wants_layout, None);
        for chunk in chunks {
            let found = short(bytes, limits, wants_layout, None, *chunk);
            if *chunk > 64 {
                assert_eq!(
                    ahead(bytes, limits, wants_layout, *chunk),
                    found,
                    "{what:?}"
                );
            }
            if found != expected {
                let place = found.1.iter().zip(&expected.1).position(|(a, b)| a != b);
                let place = place.unwrap_or(found.1.len().min(expected.1.len()));
                panic!(
                    "{what:?}, chunk {chunk}, layout {wants_layout}: {:?} instead of {:?}; {:?} instead of {:?}",
                    found.0,
                    expected.0,
                    found.1.get(place),
                    expected.1.get(place),
                );
            }
        }
    }
}

/// How far the short way leads through each sheet: nothing where all of it, else why not.
fn reasons(bytes: &[u8]) -> Vec<Option<&'static str>> {
    let limits = usual();
    let Some(mut plain) = Plain::open(bytes, fast::CHUNK) else {
        return vec![Some("not opened")];
    };
    let sheets = plain.skeleton.sheets_metadata().to_vec();
    let mut out = Vec::new();
    for sheet in sheets {
        let context = Context {
            styles: &plain.styles,
            texts: &plain.texts,
            is_1904: false,
        };
        let part = part_of(&mut plain.skeleton, &plain.parts, &sheet.name).map(str::to_string);
        let Some(Ok(Some(part))) = part.map(|p| plain.package.part(&p)) else {
            out.push(Some("no part"));
            continue;
        };
        let mut reader = fast::Sheet::new(part, context, fast::CHUNK);
        let mut deadline = Deadline::new(&limits);
        let mut sink = Recorder::default();
        out.push(match reader.cells(&mut deadline, &mut sink) {
            Ok(Outcome::NotUnderstood(_, why)) => Some(why),
            Ok(Outcome::Read) => match reader.beside_cells(&mut deadline, limits.merged_blocks) {
                Ok(Some(_)) => None,
                _ => Some("layout"),
            },
            Err(_) => Some("error"),
        });
    }
    out
}

const CHUNKS: [usize; 6] = [1, 2, 3, 7, 64, fast::CHUNK];

const ROOT: &str = "<Relationships><Relationship Id=\"r\" Type=\"x/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
const RELS: &str = "<Relationships><Relationship Id=\"a\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
const BOOK: &str = "<workbook><workbookPr date1904=\"1\"/><sheets><sheet name=\"s\" r:id=\"a\"/></sheets></workbook>";
const STYLES: &str = "<styleSheet><numFmts count=\"3\"><numFmt numFmtId=\"164\" formatCode=\"yyyy&quot;\u{5e74}&quot;m\"/>\
    <numFmt numFmtId=\"165\" formatCode=\"[h]:mm\"/><numFmt numFmtId=\"166\" formatCode=\"0.0%\"/></numFmts>\
    <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/><xf numFmtId=\"166\"/>\
    <xf numFmtId=\"9\"/></cellXfs></styleSheet>";
const TEXTS: &str = "<sst uniqueCount=\"4\"><si><t>one</t></si><si/><si><t xml:space=\"preserve\"> &lt;3_x000D_\r\n </t></si>\
    <si><r><rPr><b/></rPr><t>ri</t></r><r><t>ch</t></r><rPh sb=\"0\" eb=\"1\"><t>x</t></rPh><phoneticPr fontId=\"1\"/></si></sst>";

fn book(sheet: &[u8], texts: &[u8]) -> Vec<u8> {
    let parts: [(&str, &[u8]); 6] = [
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELS.as_bytes()),
        ("xl/styles.xml", STYLES.as_bytes()),
        ("xl/sharedStrings.xml", texts),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    let mut packer = Packer::new();
    for (name, bytes) in parts {
        let part = packer.stored(name).unwrap();
        std::io::Write::write_all(part, bytes).unwrap();
    }
    packer.finish().unwrap()
}

fn workbooks(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            workbooks(&path, out);
        } else if path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("xlsx") || e.eq_ignore_ascii_case("xlsm"))
        {
            out.push(path);
        }
    }
}

/// Every workbook of the project, and below the folders that `JUNHENG_CORPUS` names, `:` between them.
#[test]
fn all_files_are_read_the_same() {
    let own = ["sample_data", "tests"].map(|f| Path::new(env!("CARGO_MANIFEST_DIR")).join(f));
    let more = std::env::var("JUNHENG_CORPUS").unwrap_or_default();
    let more = more.split(':').filter(|f| !f.is_empty());
    let mut paths = Vec::new();
    for folder in own.into_iter().chain(more.map(PathBuf::from)) {
        workbooks(&folder, &mut paths);
    }
    paths.sort();
    let (mut sheets, mut cells, mut why) = (0usize, 0usize, std::collections::BTreeMap::new());
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        assert_same(&bytes, &usual(), &[fast::CHUNK, 1_000], path);
        let told = library(&bytes, &usual(), true, None).1;
        sheets += told.iter().filter(|t| matches!(t, Told::Sheet(..))).count();
        cells += told.iter().filter(|t| matches!(t, Told::Cell(..))).count();
        for reason in reasons(&bytes) {
            *why.entry(reason).or_insert(0usize) += 1;
        }
    }
    println!(
        "{} files, {sheets} sheets, {cells} cells the same; short way: {why:?}",
        paths.len()
    );
    // Nearly all of them are plain: else nothing would be compared.
    assert!(
        paths.len() >= 20 && cells > 10_000,
        "{} {cells}",
        paths.len()
    );
    assert!(why[&None] * 10 > sheets * 9, "{why:?}");
}

/// Sheets that the short way reads to the end.
const PLAIN: [&str; 14] = [
    "<worksheet><sheetData/></worksheet>",
    "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<worksheet xmlns=\"x\"><sheetPr codeName=\"\u{8868}\"><tabColor rgb=\"FF\"/></sheetPr>\
     <dimension ref=\"A1:B2\"/><sheetViews><sheetView/></sheetViews><cols><col min=\"1\" max=\"2\"/></cols><sheetData></sheetData></worksheet>",
    "<worksheet><sheetData><row r=\"1\" spans='1:3'><c r=\"A1\"><v>1</v></c><c r=\"C1\" s=\"1\"><v>45000.5</v></c></row>\
     <row/><row><c><v>-0</v></c><c s=\"5\"/><c s='4'><v>0.125</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row r=\"9\"><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"s\"><v>2</v></c><c t=\"s\"><v>3</v></c><c t=\"s\"/>\
     <c t=\"s\"><v/></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"b\"><v>1</v></c><c t=\"b\"><v>false</v></c><c t=\"e\"><v>#N/A</v></c><c t=\"d\"><v>2024-01-02</v></c>\
     <c t=\"n\"><v>1.5E-7</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"str\"><v>a&amp;b\r\n&#x20;_x0041_ _x00</v></c><c t=\"str\"><v></v></c><c t=\"str\"><v/></c><c t=\"str\"/></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t> a </t></is></c><c t=\"inlineStr\"><is><t xml:space=\"preserve\"> a </t></is></c>\
     <c t=\"inlineStr\"><is></is></c><c t=\"inlineStr\"><is><t/></is></c><c t=\"inlineStr\"></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"inlineStr\"><is><r><t>a</t></r> <r><rPr><sz val=\"1\"/></rPr><t xml:space='preserve'> b</t></r><rPh><t>c</t></rPh></is></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><f>A1&amp;\"\u{8868}\"</f></c><c><f>1+1</f><v>2</v></c><c t=\"str\"><f/><v>x</v></c>\
     <c><f t=\"shared\" si=\"0\" ref=\"C1:C9\">A1</f><v></v></c><c><f t=\"shared\" si=\"0\"/></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row hidden=\"1\"><c><v>1</v></c></row><row hidden=\"0\"><c><v>2</v></c></row></sheetData></worksheet>",
    "<worksheet><cols><col min=\"2\" max=\"3\" hidden=\"true\"/></cols><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData><sheetProtection/><autoFilter ref=\"A1\"><x>a &lt;</x></autoFilter>\
     <mergeCells count=\"2\"><mergeCell ref=\"A1:B2\"/> <mergeCell ref=\"C3\"/></mergeCells><broken></worksheet>",
    "<worksheet><sheetData/><extLst><x14:ext xmlns:x14=\"y\"><xm:f>A1</xm:f></x14:ext></extLst></worksheet>\n",
    "<worksheet><sheetData><row r=\"1048576\"><c r=\"XFD1048576\"><v>12345678901234567890.1234567890</v></c></row></sheetData><mergeCells/></worksheet>",
];

/// Sheets that it leaves to the library, most of them somewhere in the middle.
const ODD: [&str; 44] = [
    "",
    "<worksheet>",
    "<worksheet/>",
    "<chartsheet><sheetData/></chartsheet>",
    "<?xml version=\"1.0\" encoding=\"GBK\"?><worksheet><sheetData/></worksheet>",
    "<!DOCTYPE x><worksheet><sheetData/></worksheet>",
    "<!-- c --><worksheet><sheetData/></worksheet>",
    "<x:worksheet><x:sheetData><x:row r=\"2\"><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>",
    "<worksheet><dimension/><sheetData/></worksheet>",
    "<worksheet><dimension ref=\"A0\"/><sheetData/></worksheet>",
    "<worksheet><sheetData><row><c><v>1</v></c><!-- c --><c><v>2</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><v>1</v></c>text<c><v>2</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><v>1</v></c><c><v>+1</v></c><c><v>inf</v></c><c><v>nan</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><v> 1</v></c><c><v>1 </v></c><c><v>1.</v></c><c><v>.5</v></c><c><v>1e400</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><v>word</v></c><c t=\"n\"><v>word</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><v>1&#50;</v></c><c><v><![CDATA[12]]></v></c><c><v>1<!-- -->2</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"s\"><v>0 </v></c><c t=\"s\"><v>00</v></c><c t=\"s\"><v>9</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"b\"><v> TRUE </v></c><c t=\"b\"><v>2</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"e\"><v>#SPILL!</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"x\"><v>1</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"x\"/></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>a</t></is><v>1</v></c><c t=\"inlineStr\"><v>2</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"s\"><is><t>a</t></is></c><c><is><t>b</t></is></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><v>1</v><v>2</v></c><c><v>3</v><f>A1</f></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><v>1</v><extLst/></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"str\"><v>&nbsp;</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"str\"><v>a & b</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"str\"><v>&#0;</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c t=\"str\"><v>a<![CDATA[b]]></v></c><c t=\"inlineStr\"><is><t><![CDATA[b]]></t></is></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row r=\"2\"><c r=\"B2\"><v>1</v></c><c r=\"A2\"><v>2</v></c><c r=\"A3\"><v>3</v></c></row><row r=\"1\"><c><v>4</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row r=\"2\"><c r=\"b2\"><v>1</v></c><c r=\"B02\"><v>2</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row r=\"A2\"><c><v>1</v></c></row><row r=\"x!\"/></sheetData></worksheet>",
    "<worksheet><sheetData><row r=\"1048577\"><c><v>1</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c r=\"XFE1\"><v>1</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c r=A1><v>1</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c r=\"A1\" r=\"B1\"><v>1</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c s=\"x\"><v>1</v></c><c s=\"\"><v>1</v></c><c s=\"99\"><v>1</v></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c r = \"A1\" ><v >1</v ></c ></row ></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><f t=\"shared\">A1</f></c></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><v>1</v></row></sheetData></worksheet>",
    "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData><mergeCells><mergeCell ref=\"A1:B\"/></mergeCells></worksheet>",
    "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData><x:mergeCells><x:mergeCell ref=\"A1:B2\"/></x:mergeCells></worksheet>",
    "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet><mergeCells><mergeCell ref=\"A1:B2\"/></mergeCells>",
    "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData><a b=\">\"/><!-- --><mergeCells><mergeCell ref=\"A1:B2\"/></mergeCells></worksheet>",
];

#[test]
fn plain_sheets_are_read_without_the_library() {
    for sheet in PLAIN {
        let bytes = book(sheet.as_bytes(), TEXTS.as_bytes());
        assert_same(&bytes, &limits(), &CHUNKS, &sheet);
        assert_eq!(reasons(&bytes), [None], "{sheet}");
    }
}

#[test]
fn odd_sheets_are_left_to_the_library() {
    for sheet in ODD {
        let bytes = book(sheet.as_bytes(), TEXTS.as_bytes());
        assert_same(&bytes, &limits(), &CHUNKS, &sheet);
        if !sheet.contains("s=\"99\"") {
            assert!(reasons(&bytes)[0].is_some(), "{sheet}");
        }
    }
}

#[test]
fn odd_texts_are_left_to_the_library() {
    let sheet = "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c></row></sheetData></worksheet>";
    for texts in [
        "",
        "<sst/>",
        "<sst></sst>",
        "<sst><si>",
        "<x:sst><x:si><x:t>a</x:t></x:si></x:sst>",
        "<sst><si><t>a<b/>c</t></si></sst>",
        "<sst><si><t><![CDATA[a]]></t></si></sst>",
        "<sst><si><rPh><t>a</t></rPh></si></sst>",
        "<sst><si><t>a</t><r><t> b </t></r></si></sst>",
        "<sst><si><r><t>a</t><rPh><t>b</t></rPh></r></si></sst>",
        "<sst><si><t>&nbsp;</t></si></sst>",
        "<sst><si x=\"1\"><t>a</t></si></sst>",
        "<sst><!-- --><si><t>a</t></si></sst>",
        "<sst uniqueCount=x><si><t>a</t></si></sst>",
        "<sst><si><t>_xD83D__xDCF7__x005F_x000D__xD83D_a_xDC00__x00zz_</t></si></sst>",
    ] {
        assert_same(
            &book(sheet.as_bytes(), texts.as_bytes()),
            &limits(),
            &CHUNKS,
            &texts,
        );
    }
}

#[test]
fn odd_packages_are_left_to_the_library() {
    let sheet = b"<worksheet><sheetData><row><c s=\"1\"><v>1</v></c></row></sheetData></worksheet>";
    let parts: [(&str, &[u8]); 5] = [
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELS.as_bytes()),
        ("xl/styles.xml", STYLES.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    // Each part missing, empty, and under another name.
    for at in 0..parts.len() {
        let mut without = parts.to_vec();
        without.remove(at);
        assert_same(&packed(&without), &limits(), &CHUNKS, &("without", at));
        let mut empty = parts.to_vec();
        empty[at].1 = b"";
        assert_same(&packed(&empty), &limits(), &CHUNKS, &("empty", at));
        let upper = parts[at].0.to_uppercase().replace('/', "\\");
        let mut other = parts.to_vec();
        other[at].0 = &upper;
        assert_same(&packed(&other), &limits(), &CHUNKS, &("upper", at));
    }
    for target in [
        "/xl/workbook.xml",
        "xl/Workbook.xml",
        "xl/workbook2.xml",
        "workbook.xml",
        "XL/workbook.xml",
        "xl/../xl/workbook.xml",
    ] {
        let root = ROOT.replace("xl/workbook.xml", target);
        let mut other = parts.to_vec();
        other[0].1 = root.as_bytes();
        assert_same(&packed(&other), &limits(), &CHUNKS, &target);
    }
    for target in [
        "/xl/worksheets/sheet1.xml",
        "./worksheets/sheet1.xml",
        "Worksheets\\Sheet1.xml",
        "workbook.xml",
        "../xl/worksheets/sheet1.xml",
        "styles.xml",
    ] {
        let rels = RELS.replace("worksheets/sheet1.xml", target);
        let mut other = parts.to_vec();
        other[2].1 = rels.as_bytes();
        assert_same(&packed(&other), &limits(), &CHUNKS, &target);
    }
}

#[test]
fn formats_mean_what_the_library_takes_them_for() {
    let codes = [
        "yyyy/m/d",
        "h:mm",
        "[h]:mm",
        "[ss]",
        "0.0%",
        "0%;[Red]-0%",
        "General",
        "@",
        "0\"d\"",
        "\\d0",
        "_d0",
        "*d0",
        "AM/PM",
        "[Red]0",
        "[$-804]yyyy\"\u{5e74}\"",
        "#,##0",
        "m",
        "a",
        "0.00E+00",
        ";d",
        "[DBNum1]d",
        "\u{4e0a}\u{5348}",
        "0%\"%\"",
        "",
    ];
    let mut styles = String::from("<styleSheet><numFmts>");
    for (i, code) in codes.iter().enumerate() {
        let code = code.replace('"', "&quot;");
        styles.push_str(&format!(
            "<numFmt numFmtId=\"{}\" formatCode=\"{code}\"/>",
            164 + i
        ));
    }
    styles.push_str("</numFmts><cellXfs>");
    let ids: Vec<usize> = (0..60).chain(164..164 + codes.len()).collect();
    for id in &ids {
        styles.push_str(&format!("<xf numFmtId=\"{id}\"><alignment/></xf>"));
    }
    styles.push_str("<xf/><xf numFmtId=\"x\"/></cellXfs></styleSheet>");
    let mut sheet = String::from("<worksheet><sheetData><row>");
    for style in 0..ids.len() + 4 {
        sheet.push_str(&format!("<c s=\"{style}\"><v>{style}.5</v></c>"));
    }
    sheet.push_str("</row></sheetData></worksheet>");
    for book in [BOOK.to_string(), BOOK.replace("\"1\"", "\"0\"")] {
        let bytes = packed(&[
            ("_rels/.rels", ROOT.as_bytes()),
            ("xl/workbook.xml", book.as_bytes()),
            ("xl/_rels/workbook.xml.rels", RELS.as_bytes()),
            ("xl/styles.xml", styles.as_bytes()),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ]);
        assert_same(&bytes, &limits(), &CHUNKS, &"formats");
        assert_eq!(reasons(&bytes), [None]);
    }
}

#[test]
fn errors_of_the_sink_end_the_reading_at_once() {
    let cell = "<c><v>1</v></c>";
    let sheet = format!(
        "<worksheet><sheetData><row>{}<!-- -->{}</row></sheetData></worksheet>",
        cell.repeat(3),
        cell.repeat(3)
    );
    let bytes = book(sheet.as_bytes(), TEXTS.as_bytes());
    for most in 0..8 {
        let expected = library(&bytes, &limits(), true, Some(most));
        assert_eq!(short(&bytes, &limits(), true, Some(most), 8), expected);
    }
}

#[test]
fn large_pieces_are_left_to_the_library() {
    for (size, is_plain) in [(100_000, true), (3 << 20, false)] {
        let text = "\u{8868}".repeat(size / 3);
        let sheet = format!(
            "<worksheet><sheetData><row><c><v>1</v></c><c t=\"inlineStr\"><is><t>{text}</t></is></c></row></sheetData></worksheet>"
        );
        let bytes = book(sheet.as_bytes(), TEXTS.as_bytes());
        assert_same(&bytes, &limits(), &[fast::CHUNK, 100], &size);
        assert_eq!(reasons(&bytes)[0].is_none(), is_plain);
    }
}

#[test]
fn damaged_containers_are_left_to_the_library() {
    let cell = "<c t=\"inlineStr\"><is><t>some text</t></is></c>";
    let sheet = format!(
        "<worksheet><sheetData>{}</sheetData></worksheet>",
        format!("<row>{}</row>", cell.repeat(30)).repeat(300)
    );
    let whole = packed(&[
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELS.as_bytes()),
        ("xl/styles.xml", STYLES.as_bytes()),
        ("xl/sharedStrings.xml", TEXTS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ]);
    for at in (0..whole.len()).step_by(whole.len() / 400 + 1) {
        for mask in [1u8, 0x80, 0xFF] {
            let mut damaged = whole.clone();
            damaged[at] ^= mask;
            assert_same(&damaged, &limits(), &[fast::CHUNK, 100], &(at, mask));
        }
        assert_same(&whole[..at], &limits(), &[fast::CHUNK], &at);
    }
}

/// A text as it may stand in a file.
fn raw_text() -> impl Strategy<Value = String> + Clone {
    let piece = prop_oneof![
        8 => "[a-z0-9 ]{0,8}",
        3 => "[\u{4e00}-\u{4e20}]{1,5}",
        1 => prop::sample::select(vec![
            "&amp;", "&lt;", "&#65;", "&#x4e00;", "&quot;", "\r\n", "\r", "\n", "_x000D_", "_x0041_", "_", "_x00", "&#10;", "_xD83D__xDCF7_",
            "&#95;x0041_", ">", "\"", "\u{a0}", "\u{3000}", "]]>", "'",
        ]).prop_map(str::to_string),
        1 => prop::sample::select(vec!["&nbsp;", "&", "<b/>", "<![CDATA[x]]>", "<!-- c -->", "&#0;", "&#xD800;"]).prop_map(str::to_string),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn string_item() -> impl Strategy<Value = String> {
    let t = (raw_text(), 0..8u8).prop_map(|(text, kind)| match kind {
        0 => "<t/>".to_string(),
        1 | 2 => format!("<t xml:space=\"preserve\">{text}</t>"),
        3 => format!("<t xml:space='default' >{text}</t>"),
        _ => format!("<t>{text}</t>"),
    });
    let run = (t.clone(), 0..4u8).prop_map(|(t, kind)| match kind {
        0 => format!("<r>{t}</r>"),
        1 => format!("<r><rPr><b/><sz val=\"11\"/><rFont val=\"\u{5b8b}\u{4f53}\"/></rPr>{t}</r>"),
        2 => format!(" <r> <rPr/> {t}\n</r>"),
        _ => format!("<rPh sb=\"0\" eb=\"1\">{t}</rPh>"),
    });
    prop_oneof![
        5 => t.clone(),
        2 => prop::collection::vec(run.clone(), 0..4).prop_map(|r| r.concat()),
        1 => (t, run, 0..2u8).prop_map(|(t, r, k)| format!("{t}{r}{}", if k == 0 { "" } else { "<phoneticPr fontId=\"1\"/>" })),
    ]
}

fn number_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?[0-9]{1,4}",
        3 => "-?[0-9]{1,6}\\.[0-9]{1,17}",
        1 => "-?[0-9]{15,40}(\\.[0-9]{0,30})?",
        1 => "-?[0-9]\\.[0-9]{0,17}[eE][+-]?[0-9]{1,3}",
        2 => any::<f64>().prop_map(|n| n.to_string()),
        2 => any::<f64>().prop_map(|n| format!("{n:e}")),
        1 => (0..1_000_000u32, 0..9u32).prop_map(|(n, d)| (f64::from(n) / 10f64.powi(d as i32)).to_string()),
        1 => prop::sample::select(vec!["", " 1", "1 ", "+1", "inf", "nan", "1e400", "1e-400", ".5", "5.", "1,2", "word", "-", "00", "007", "1e", "0x1", "-0", "-0.0", "1E5"])
            .prop_map(str::to_string),
    ]
}

fn cell_xml() -> impl Strategy<Value = (u8, String, String)> {
    let style = prop_oneof![4 => Just(String::new()), 4 => (0..8u8).prop_map(|s| format!(" s=\"{s}\"")), 1 => Just(" s='2' cm=\"1\"".to_string())];
    let inner = prop_oneof![
        6 => (number_text(), prop::sample::select(vec!["", "", "", " t=\"n\""])).prop_map(|(n, t)| (t.to_string(), format!("<v>{n}</v>"))),
        4 => (0..6u8).prop_map(|n| (" t=\"s\"".to_string(), format!("<v>{n}</v>"))),
        4 => string_item().prop_map(|i| (" t=\"inlineStr\"".to_string(), format!("<is>{i}</is>"))),
        3 => raw_text().prop_map(|t| (" t=\"str\"".to_string(), format!("<v>{t}</v>"))),
        1 => raw_text().prop_map(|t| (" t=\"d\"".to_string(), format!("<v>{t}</v>"))),
        1 => prop::sample::select(vec!["0", "1", "true", "TRUE", "2", "", " 1 "]).prop_map(|b| (" t=\"b\"".to_string(), format!("<v>{b}</v>"))),
        1 => prop::sample::select(vec!["#N/A", "#DIV/0!", "#REF!", "#SPILL!", ""]).prop_map(|b| (" t=\"e\"".to_string(), format!("<v>{b}</v>"))),
        2 => Just((String::new(), String::new())),
        1 => prop::sample::select(vec!["<v/>", " ", "<v></v>", "<extLst/>", "<is/>", "<is><t>x</t></is>", "<v>1</v><v>2</v>", "<V>1</V>", "<v xml:space=\"preserve\">1</v>"])
            .prop_map(|s| (String::new(), s.to_string())),
    ];
    let formula = prop_oneof![
        8 => Just(String::new()),
        1 => raw_text().prop_map(|t| format!("<f>{t}</f>")),
        1 => prop::sample::select(vec!["<f/>", "<f t=\"shared\" si=\"0\"/>", "<f t=\"shared\" ref=\"A1:B2\" si=\"1\">A1</f>", "<f t=\"shared\"/>", "<f ca=\"1\">NOW()</f>", "<f t=\"array\" ref=\"A1\">B1</f>"])
            .prop_map(str::to_string),
    ];
    // How far from the cell before, and whether it has a name.
    (0..5u8, style, inner, formula, 0..6u8).prop_map(
        |(step, style, (kind, inner), formula, shape)| {
            let attributes = if shape == 0 {
                format!("{kind}{style}")
            } else {
                format!("{style}{kind}")
            };
            let body = format!("{formula}{inner}");
            let xml = if body.is_empty() && shape < 4 {
                format!("{attributes}/>")
            } else if shape == 5 {
                format!("{attributes} > {body}\n</c>")
            } else {
                format!("{attributes}>{body}</c>")
            };
            (step, xml, " ".repeat(usize::from(shape == 4)))
        },
    )
}

fn sheet_xml() -> impl Strategy<Value = String> {
    let row = (prop::collection::vec(cell_xml(), 0..6), 0..4u8, 0..12u8);
    let head = prop::sample::select(vec![
        "<worksheet><sheetData>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<worksheet xmlns=\"x\"><dimension ref=\"A1:F9\"/><sheetData>",
        "<worksheet><cols><col min=\"2\" max=\"3\" hidden=\"1\"/></cols><sheetData>",
        "<worksheet>\n<sheetViews><sheetView workbookViewId=\"0\"><pane/></sheetView></sheetViews>\n<sheetData>\n",
    ]);
    let tail = prop::sample::select(vec![
        "</sheetData></worksheet>",
        "</sheetData><mergeCells count=\"1\"><mergeCell ref=\"A1:B2\"/></mergeCells></worksheet>",
        "</sheetData><autoFilter ref=\"A1:B2\"><filterColumn colId=\"0\"/></autoFilter><mergeCells><mergeCell ref=\"A1:B2\"></mergeCell></mergeCells></worksheet>",
        "</sheetData><dataValidations><dataValidation><formula1>\"a&amp;b\"</formula1></dataValidation></dataValidations></worksheet>",
        "</sheetData>",
    ]);
    (head, prop::collection::vec(row, 0..5), tail).prop_map(|(head, rows, tail)| {
        let mut out = head.to_string();
        let mut number = 0u32;
        for (cells, step, shape) in rows {
            number += 1 + u32::from(step == 3) * 2;
            let hidden = if shape == 7 { " hidden=\"1\"" } else { "" };
            match shape {
                0 if step == 0 => out.push_str("<row>"),
                1 => out.push_str(&format!("<row spans=\"1:3\" r='{number}'{hidden}>")),
                _ => out.push_str(&format!("<row r=\"{number}\"{hidden} ht=\"13.5\">")),
            }
            let mut column = 0u32;
            for (step, xml, space) in cells {
                column += u32::from(step == 3);
                let letter = char::from(b'A' + u8::try_from(column).unwrap());
                // Some without a name: they follow the one before.
                if step == 4 {
                    out.push_str(&format!("{space}<c{xml}"));
                } else {
                    out.push_str(&format!("<c r=\"{letter}{number}\"{xml}{space}"));
                }
                column += 1;
            }
            out.push_str("</row>");
        }
        out + tail
    })
}

fn cases() -> u32 {
    std::env::var("JUNHENG_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn made_sheets_are_read_the_same(sheet in sheet_xml(), chunk in prop::sample::select(CHUNKS.to_vec())) {
        let bytes = book(sheet.as_bytes(), TEXTS.as_bytes());
        assert_same(&bytes, &limits(), &[chunk, fast::CHUNK], &sheet);
    }

    #[test]
    fn made_texts_are_read_the_same(items in prop::collection::vec(string_item(), 0..6), chunk in prop::sample::select(CHUNKS.to_vec())) {
        let texts: String = items.iter().map(|i| format!("<si>{i}</si>")).collect();
        let texts = format!("<?xml version=\"1.0\"?><sst count=\"3\">{texts}</sst>");
        let mut sheet = String::from("<worksheet><sheetData><row>");
        for i in 0..items.len() {
            sheet.push_str(&format!("<c t=\"s\"><v>{i}</v></c>"));
        }
        sheet.push_str("</row></sheetData></worksheet>");
        assert_same(&book(sheet.as_bytes(), texts.as_bytes()), &limits(), &[chunk, fast::CHUNK], &texts);
    }

    #[test]
    fn mutated_sheets_are_read_the_same(
        sheet in sheet_xml(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..6u8, any::<u8>(), any::<prop::sample::Index>()), 1..4),
        chunk in prop::sample::select(CHUNKS.to_vec()),
    ) {
        let mut bytes = sheet.into_bytes();
        for (at, kind, byte, other) in changes {
            if bytes.is_empty() {
                break;
            }
            let (at, other) = (at.index(bytes.len()), other.index(bytes.len()));
            match kind {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, byte),
                3 => bytes.insert(at, b"<>/\"'=&; rtsvc-!?]1A"[usize::from(byte) % 20]),
                4 => { let (from, to) = (at.min(other), at.max(other)); bytes.drain(from..to); }
                _ => { let (from, to) = (at.min(other), at.max(other)); let piece = bytes[from..to].to_vec(); bytes.splice(at..at, piece); }
            }
        }
        let book = book(&bytes, TEXTS.as_bytes());
        assert_same(&book, &limits(), &[chunk, fast::CHUNK], &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn mutated_texts_are_read_the_same(
        items in prop::collection::vec(string_item(), 1..4),
        changes in prop::collection::vec(odd_byte(), 1..3),
        chunk in prop::sample::select(CHUNKS.to_vec()),
    ) {
        let texts: String = items.iter().map(|i| format!("<si>{i}</si>")).collect();
        let mut texts = format!("<sst>{texts}</sst>").into_bytes();
        odd_bytes(&mut texts, changes, b"<>/\"'=&; rtsiPh!?]1A");
        let sheet = "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row></sheetData></worksheet>";
        assert_same(&book(sheet.as_bytes(), &texts), &limits(), &[chunk, fast::CHUNK], &String::from_utf8_lossy(&texts));
    }

    #[test]
    fn numbers_are_those_of_the_library(text in number_text()) {
        let sheet = format!("<worksheet><sheetData><row><c><v>{text}</v></c></row></sheetData></worksheet>");
        assert_same(&book(sheet.as_bytes(), TEXTS.as_bytes()), &limits(), &[fast::CHUNK], &text);
    }
}
