//! Sheets whose rows are written alike, as programs write tables, with something else here and there: what is taken for
//! written as usual is what the library reads.

use super::*;

/// How the cells of a column are written, with the text that its values come from.
#[derive(Debug, Clone)]
struct Column {
    style: &'static str,
    kind: usize,
    texts: Vec<String>,
    numbers: Vec<String>,
}

impl Column {
    fn cell(&self, name: &str, which: usize) -> String {
        let style = self.style;
        let text = &self.texts[which % self.texts.len()];
        let number = &self.numbers[which % self.numbers.len()];
        match self.kind {
            0 => format!("<c r=\"{name}\"{style}><v>{number}</v></c>"),
            1 => format!("<c r=\"{name}\"{style} t=\"s\"><v>{}</v></c>", which % 5),
            2 => format!("<c r=\"{name}\"{style} t=\"str\"><v>{text}</v></c>"),
            3 => {
                format!(
                    "<c r=\"{name}\"{style} t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"
                )
            }
            _ => format!("<c r=\"{name}\"{style} t=\"inlineStr\"><is><t>{text}</t></is></c>"),
        }
    }
}

fn column() -> impl Strategy<Value = Column> {
    let style = prop::sample::select(vec!["", "", "", " s=\"0\"", " s=\"1\"", " s=\"4\""]);
    let text = prop_oneof![
        3 => prop::sample::select(vec!["", " ", "a", "\u{6ee1}\u{610f}", "\u{57fa}\u{672c}\u{6ee1}\u{610f}", "0123456", "01234567", "012345678"])
            .prop_map(str::to_string),
        1 => "[a-z\u{4e00}-\u{4e20}]{0,40}",
        1 => raw_text(),
    ];
    let texts = prop::collection::vec(text, 1..4);
    let numbers = prop::collection::vec(number_text(), 1..4);
    (style, 0..8usize, texts, numbers).prop_map(|(style, kind, texts, numbers)| Column {
        style,
        kind,
        texts,
        numbers,
    })
}

/// Rows of the same columns; where a number is zero, the cell or the row is another.
fn regular_sheet() -> impl Strategy<Value = String> {
    let columns = prop::collection::vec(column(), 1..5);
    let tag = prop::sample::select(vec![
        "",
        " spans=\"1:3\"",
        " ht=\"13.5\" customHeight=\"1\"",
    ]);
    let cell = (0..40usize, any::<usize>(), cell_xml());
    let row = (0..12u8, prop::collection::vec(cell, 4));
    let rows = prop::collection::vec(row, 2..14);
    (columns, tag, 0..3u32, rows).prop_map(|(columns, tag, start, rows)| {
        let mut out = String::from("<worksheet><sheetData>");
        let mut number = start * 95;
        for (other, cells) in rows {
            number += 1;
            match other {
                0 => number += 1,
                1 => number = number / 10 * 10 + 10,
                _ => {}
            }
            let more = if other == 2 { " hidden=\"1\"" } else { "" };
            out.push_str(&format!("<row r=\"{number}\"{tag}{more}>"));
            for (at, (column, (other, which, (_, xml, _)))) in columns.iter().zip(cells).enumerate()
            {
                let name = format!("{}{number}", char::from(b'A' + u8::try_from(at).unwrap()));
                match other {
                    0 => {}
                    1 => out.push_str(&format!("<c r=\"{name}\"{xml}")),
                    2 => out.push_str(&format!("<c r=\"{}\"{xml}", name.replace('1', "2"))),
                    3 => out.push_str(&format!(" {}\n", column.cell(&name, which))),
                    _ => out.push_str(&column.cell(&name, which)),
                }
            }
            out.push_str("</row>");
        }
        out + "</sheetData></worksheet>"
    })
}

/// A byte of a sheet that is another, is gone, or comes between, with where and which.
pub(super) type OddByte = (prop::sample::Index, u8, u8);

pub(super) fn odd_byte() -> impl Strategy<Value = OddByte> {
    (any::<prop::sample::Index>(), 0..3u8, any::<u8>())
}

/// Makes such changes; what comes between is one of the signs.
pub(super) fn odd_bytes(bytes: &mut Vec<u8>, changes: Vec<OddByte>, signs: &[u8; 20]) {
    for (at, kind, byte) in changes {
        let at = at.index(bytes.len());
        match kind {
            0 => bytes[at] = byte,
            1 => {
                bytes.remove(at);
            }
            _ => bytes.insert(at, signs[usize::from(byte) % signs.len()]),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn regular_sheets_are_read_the_same(sheet in regular_sheet(), chunk in prop::sample::select(CHUNKS.to_vec())) {
        let bytes = book(sheet.as_bytes(), TEXTS.as_bytes());
        assert_same(&bytes, &limits(), &[chunk, fast::CHUNK], &sheet);
    }

    #[test]
    fn regular_sheets_with_an_odd_byte_are_read_the_same(
        sheet in regular_sheet(),
        changes in prop::collection::vec(odd_byte(), 1..3),
        chunk in prop::sample::select(CHUNKS.to_vec()),
    ) {
        let mut bytes = sheet.into_bytes();
        odd_bytes(&mut bytes, changes, b"<>/\"'=&; rtsvc-!?]1A");
        let book = book(&bytes, TEXTS.as_bytes());
        assert_same(&book, &limits(), &[chunk, fast::CHUNK], &String::from_utf8_lossy(&bytes));
    }
}

/// A table as programs write it goes the usual way: the texts of its cells have numbers.
#[test]
fn texts_that_come_again_have_numbers() {
    let mut sheet = String::from("<worksheet><sheetData>");
    for row in 1..=2_000 {
        let text = ["\u{6ee1}\u{610f}", "\u{4e0d}\u{6ee1}\u{610f}"][row % 2];
        sheet.push_str(&format!(
            "<row r=\"{row}\"><c r=\"A{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>\
             <c r=\"B{row}\" t=\"s\"><v>{}</v></c><c r=\"C{row}\" t=\"inlineStr\"><is><t>no. {row}</t></is></c></row>",
            row % 4
        ));
    }
    sheet.push_str("</sheetData></worksheet>");
    let bytes = book(sheet.as_bytes(), TEXTS.as_bytes());
    assert_same(&bytes, &limits(), &CHUNKS, &"numbers");
    let mut sink = Recorder::default();
    let plain = Plain::open(&bytes, fast::CHUNK);
    super::super::read(&bytes, plain, &limits(), &mut sink, |_, _| None).unwrap();
    // All of two columns but their first cells; of the third what stands before it is given up, and all of what is left.
    assert!((3_990..4_300).contains(&sink.numbered), "{}", sink.numbered);
    assert_eq!(sink.cells, 6_000);
}
