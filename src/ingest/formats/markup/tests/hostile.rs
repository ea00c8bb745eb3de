//! Files that are made to do harm, and files at random. Nothing panics, nothing takes long.

use std::time::{Duration, Instant};

use super::*;

/// Time that an optimized build takes with much to spare, and twenty times that without.
fn within(seconds: u64, work: impl FnOnce()) {
    let seconds = if cfg!(debug_assertions) {
        seconds * 20
    } else {
        seconds
    };
    let start = Instant::now();
    work();
    assert!(
        start.elapsed() < Duration::from_secs(seconds),
        "{:?}",
        start.elapsed()
    );
}

fn both(
    bytes: &[u8],
) -> (
    Result<Vec<MarkupSheet>, Refusal>,
    Result<Vec<MarkupSheet>, Refusal>,
) {
    (
        read_html(bytes, "title", &limits()),
        read_spreadsheet_xml(bytes, &limits()),
    )
}

#[test]
fn deep_nesting() {
    within(10, || {
        let many = 100_000;
        let (tables, _) = both("<table>".repeat(many).as_bytes());
        assert!(tables.unwrap()[0].damaged.is_some());
        let (nested, _) = both("<table><tr><td>a".repeat(many).as_bytes());
        assert!(matches!(nested, Err(Refusal::TooLarge(_))));
        let page = format!(
            "<table><tr><td>{}x{}</table>",
            "<b>".repeat(many),
            "</b>".repeat(many)
        );
        assert_eq!(shown(&html(&page)), "0 0:x");
        let hidden = format!(
            "<table><tr><td>{}x</table>",
            "<b style='display:none'>".repeat(many)
        );
        assert_eq!(shown(&html(&hidden)), "");
        let (_, deep) = both("<Workbook>".repeat(many).as_bytes());
        assert!(matches!(deep, Err(Refusal::TooLarge(_))));
        let rows = "<table><tr><td rowspan=2><table><tr><td colspan=3>a<td>b".repeat(30);
        let (laid, _) = both(rows.as_bytes());
        assert!(laid.unwrap()[0].damaged.is_some());
        let rows =
            "<table><tr><td rowspan=2>t<tr><td><tr><td><table><tr><td>a<td>b<tr><td>".repeat(30);
        let (laid, _) = both(rows.as_bytes());
        assert_eq!(laid.unwrap()[0].cells.len(), 90);
    });
}

#[test]
fn large_tokens() {
    within(20, || {
        let large = "x".repeat(3 << 20);
        let page = format!(
            "<table style='{large}' {large}><tr><td {large}='1' title=\"{large}\">1<!--{large}-->"
        );
        assert_eq!(shown(&html(&format!("{page}</table>"))), "0 0:1#");
        let page = format!("<{large}><table><tr><td>&{large};<td class='{large}'>2</table>");
        assert_eq!(html(&page).cells.len(), 2);
        let rules = format!(
            "<style>td.{large}{{display:none}}{}</style><table><td>1</table>",
            "{".repeat(1 << 20)
        );
        assert_eq!(shown(&html(&rules)), "0 0:1#");
        let book = format!(
            "<Workbook a='{large}'><Worksheet Name='{large}'><Table><Row><Cell><Data>{large}</Data></Cell></Row>"
        );
        let sheet = &xml(&format!("{book}</Table></Worksheet></Workbook>"))[0];
        assert_eq!((sheet.cells.len(), sheet.name.len()), (1, 255));
        let few = Limits {
            text: 1 << 20,
            ..limits()
        };
        let book = format!("{book}</Table></Worksheet></Workbook>");
        let read = read_spreadsheet_xml(book.as_bytes(), &few);
        assert!(matches!(read, Err(Refusal::TooLarge(_))));
    });
}

#[test]
fn many_attributes() {
    within(20, || {
        let many: String = (0..200_000).map(|i| format!(" a{i}")).collect();
        for page in [
            format!("<table{many}><tr><td>1"),
            format!("<script></script{many}><table>"),
            format!("<script><!--<script></x b=\"></script><table{many}"),
            format!("<!-- \0><a b=\"--><table{many}>"),
            format!("</td{many}"),
        ] {
            let (read, _) = both(page.as_bytes());
            assert!(matches!(read, Err(Refusal::TooLarge(_))), "{}", &page[..40]);
        }
        let island = format!("<!--<x:ExcelWorkbook{many}>--><table><tr><td>1</table>");
        assert_eq!(html(&island.repeat(3)).cells.len(), 3);
        let values = many.replace(" a", "=\"\" a");
        let book = format!("<Workbook a{values}=\"\"><Worksheet a{values}=\"\"/></Workbook>");
        assert_eq!(xml(&book).len(), 1);
    });
}

#[test]
fn many_of_all() {
    within(20, || {
        let few = Limits {
            cells: 10_000,
            merges: 20_000,
            ..limits()
        };
        let read = |page: &str| read_html(page.as_bytes(), "title", &few);
        let too_large = |page: &str| assert!(matches!(read(page), Err(Refusal::TooLarge(_))));
        let rows = "<tr>".repeat(1_100_000);
        assert!(
            html(&format!("<table>{rows}<td>1</table>"))
                .damaged
                .is_some()
        );
        let tall = format!("<table>{}<tr><td>1</table>", &rows[..2_400_000]);
        assert!(html(&tall.repeat(2)).damaged.is_some());
        let row = |cells: &str, count| html(&format!("<table><tr>{}</table>", cells.repeat(count)));
        assert!(row("<td>", 20_000).damaged.is_some());
        assert!(row("<td colspan=1000>", 20).damaged.is_some());
        let spans = "<td rowspan=65534>".repeat(16_383);
        too_large(&format!("<table><tr>{spans}{}", "<tr><td>".repeat(10_000)));
        assert!(read(&"<table><tr><td rowspan=2 colspan=1000>".repeat(60)).is_ok());
        too_large(&"<table><tr><td>1</table>".repeat(10_001));
        too_large(&format!("<table>{}", "<tr><td colspan=2>".repeat(20_001)));
        too_large(&"a<br>".repeat(10_001));
        too_large(&format!(
            "<table><tr><td>{}",
            "<table><tr><td>1<td>2</table>".repeat(10_000)
        ));
        let inner = "<table><tr><td><tr></table>".repeat(50_000);
        let sheets = read(&format!("<table><tr><td>{inner}</table>")).unwrap();
        assert!(sheets[0].cells.is_empty());
        let rows = "<Row Hidden='1' Span='1048575'/>";
        let sheet = format!("<Worksheet><Table>{rows}</Table></Worksheet>").repeat(60);
        assert!(
            xml(&format!("<Workbook>{sheet}</Workbook>"))[0]
                .hidden_rows
                .is_empty()
        );
        let styles: String = (0..70_001).map(|i| format!("<Style ID='{i}'/>")).collect();
        let book = format!("<Workbook><Styles>{styles}</Styles></Workbook>");
        assert!(matches!(both(book.as_bytes()).1, Err(Refusal::TooLarge(_))));
    });
}

#[test]
fn styles_that_build_on_each_other() {
    let book = "<Workbook><Styles><Style ID='a' Parent='b'/><Style ID='b' Parent='a'/></Styles>\
                <Worksheet><Table><Row><Cell StyleID='a'><Data Type='Number'>1</Data></Cell></Row></Table></Worksheet></Workbook>";
    assert_eq!(shown(&xml(book)[0]), "0 0:1#");
}

const PAGE: &str = "<html><head><meta charset=utf-8><!--[if gte mso 9]><xml><x:ExcelWorkbook><x:Name>a</x:Name>\
    </x:ExcelWorkbook></xml><![endif]--><style>.a{mso-number-format:\"\\@\"} tr.b{display:none}</style></head><body>标题\
    <table x:str><caption>c</caption><col span=2 style='display:none'><thead><tr><th rowspan=3 colspan=2>一<td>二</thead>\
    <tbody class=b><tr class=b><td class=a>007<td x:num=\"0.5\" style='mso-number-format:Percent'>50%<td><table><tr><td>1<td>2<tr>\
    <td>3</table><td>x<table><tr><td>y</table>z&nbsp;<br>&lt;</tbody></table><select><option selected>q</select><frame></body></html>";

const BOOK: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Workbook><ExcelWorkbook><Date1904/></ExcelWorkbook><Styles>\
    <Style ss:ID=\"a\"><NumberFormat ss:Format=\"0%\"/></Style></Styles><Worksheet ss:Name=\"一\"><Table ss:StyleID=\"a\">\
    <Column ss:Index=\"2\" ss:Span=\"3\" ss:Hidden=\"1\"/><Row ss:Index=\"2\" ss:Hidden=\"1\"><Cell ss:MergeAcross=\"1\" ss:MergeDown=\"2\">\
    <Data ss:Type=\"Number\">1.5</Data></Cell><Cell ss:Index=\"5\" ss:Formula=\"=A1\"/></Row><Row><Cell><ss:Data ss:Type=\"String\">\
    a&amp;<B>b</B><![CDATA[c]]></ss:Data></Cell></Row></Table><WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions>\
    </Worksheet></Workbook>";

/// 20,000 files: bytes changed, left out, doubled, moved; the same every time.
#[test]
fn files_at_random() {
    within(120, || {
        let mut state = 20_241_122u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below.max(1)
        };
        let tiny = Limits {
            cells: 10,
            text: 40,
            sheets: 1,
            depth: 3,
            merges: 2,
        };
        let signs = b"<>/=\"'&;! \0-[]{}:.\\x09a\xE5\xFF";
        for _ in 0..20_000 {
            let seed = if random(2) == 0 { PAGE } else { BOOK };
            let mut bytes = seed.as_bytes().to_vec();
            for _ in 0..=random(6) {
                let at = random(bytes.len());
                let end = (at + random(40)).min(bytes.len());
                match random(6) {
                    0 if !bytes.is_empty() => bytes[at] = signs[random(signs.len())],
                    1 => bytes.insert(at, signs[random(signs.len())]),
                    2 => drop(bytes.drain(at..end)),
                    3 => {
                        let piece = bytes[at..end].to_vec();
                        let to = random(bytes.len());
                        bytes.splice(to..to, piece);
                    }
                    4 => bytes.truncate(end),
                    _ if !bytes.is_empty() => bytes[at] = bytes[at].wrapping_add(random(256) as u8),
                    _ => {}
                }
            }
            let (page, book) = both(&bytes);
            for sheet in [page, book].into_iter().flatten().flatten() {
                let inside = |r: u32, c: u32| r < MAX_ROW && c < MAX_COLUMN;
                assert!(sheet.cells.iter().all(|(r, c, _)| inside(*r, *c)));
                assert!(sheet.cells.is_sorted_by_key(|(r, c, _)| (*r, *c)));
                let block = |m: &(u32, u32, u32, u32)| m.0 <= m.2 && m.1 <= m.3 && inside(m.2, m.3);
                assert!(sheet.merges.iter().all(block), "{:?}", sheet.merges);
            }
            let _ = read_html(&bytes, "title", &tiny);
            let _ = read_spreadsheet_xml(&bytes, &tiny);
        }
    });
}
