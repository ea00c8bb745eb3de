//! Containers and workbooks built by hand, byte by byte, and read by calamine.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xls, XlsOptions};

use super::*;

const SCHOOL: &str = "\u{5b66}\u{6821}";
const SCHOOL_GBK: [u8; 4] = [0xD1, 0xA7, 0xD0, 0xA3];
const GENERAL: u16 = 0;
const PERCENT: u16 = 1;
const CUSTOM_PERCENT: u16 = 2;
const QUOTED_PERCENT: u16 = 3;

/// An entry of a container: its name, its kind (1 storage, 2 stream), the entry it lies in (0 the root), its bytes.
type Part<'a> = (&'a str, u8, usize, Vec<u8>);

/// A container with sectors of 512 bytes: the table, the directory, then the streams. Short streams lie in a mini stream.
fn ole(parts: &[Part]) -> Vec<u8> {
    let mut table = vec![FAT_SECTOR];
    let mut data = Vec::new();
    let directory = (parts.len() + 1).div_ceil(4);
    let mut chain = |table: &mut Vec<u32>, bytes: &[u8]| {
        let first = table.len() as u32;
        let n = bytes.len().div_ceil(SMALL);
        for i in 1..=n as u32 {
            table.push(if i < n as u32 {
                first + i
            } else {
                END_OF_CHAIN
            });
        }
        data.extend_from_slice(bytes);
        data.resize(data.len().next_multiple_of(SMALL), 0);
        if n == 0 { END_OF_CHAIN } else { first }
    };
    let directory_start = chain(&mut table, &vec![0; directory * SMALL]);
    let (mut mini, mut mini_table) = (Vec::new(), Vec::new());
    let mut starts = Vec::new();
    for (_, _, _, bytes) in parts {
        if bytes.len() as u64 >= MINI_CUTOFF {
            starts.push(chain(&mut table, bytes));
            continue;
        }
        starts.push(mini_table.len() as u32);
        let n = bytes.len().div_ceil(MINI);
        for i in 1..=n {
            let next = (mini_table.len() + 1) as u32;
            mini_table.push(if i < n { next } else { END_OF_CHAIN });
        }
        mini.extend_from_slice(bytes);
        mini.resize(mini_table.len() * MINI, 0);
    }
    let mini_start = chain(&mut table, &mini);
    let mini_bytes: Vec<u8> = mini_table.iter().flat_map(|n| n.to_le_bytes()).collect();
    let mini_table_start = chain(&mut table, &mini_bytes);
    // Children hang on each other's right.
    let child = |of: usize| parts.iter().position(|p| p.2 == of);
    let sibling = |i: usize| (i + 1..parts.len()).find(|j| parts[*j].2 == parts[i].2);
    let id = |i: Option<usize>| i.map_or(NONE, |i| i as u32 + 1);
    let mut entries = directory_entry("Root Entry", 5, id(child(0)), mini.len() as u64).to_vec();
    entries[116..120].copy_from_slice(&mini_start.to_le_bytes());
    for (i, (name, kind, _, bytes)) in parts.iter().enumerate() {
        let mut entry = directory_entry(name, *kind, id(child(i + 1)), bytes.len() as u64);
        entry[72..76].copy_from_slice(&id(sibling(i)).to_le_bytes());
        entry[116..120].copy_from_slice(&starts[i].to_le_bytes());
        entries.extend_from_slice(&entry);
    }
    data[..entries.len()].copy_from_slice(&entries);
    assert!(table.len() <= SMALL / 4, "one sector for the table");
    table.resize(SMALL / 4, NONE);
    let mut out = vec![0; SMALL];
    out[..8].copy_from_slice(&SIGNATURE);
    out[26..34].copy_from_slice(&[3, 0, 0xFE, 0xFF, 9, 0, 6, 0]);
    let mut put = |at: usize, n: u32| out[at..at + 4].copy_from_slice(&n.to_le_bytes());
    put(44, 1);
    put(48, directory_start);
    put(56, 4096);
    put(60, mini_table_start);
    put(64, u32::from(mini_table_start != END_OF_CHAIN));
    put(68, END_OF_CHAIN);
    (0..HEADER_FAT).for_each(|i| put(76 + 4 * i, if i == 0 { 0 } else { NONE }));
    out.extend(table.iter().flat_map(|n| n.to_le_bytes()));
    out.extend(data);
    out
}

/// A container with a workbook alone.
fn file(workbook: Vec<u8>) -> Vec<u8> {
    ole(&[("Workbook", STREAM, 0, workbook)])
}

fn rec(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut out = kind.to_le_bytes().to_vec();
    out.extend((data.len() as u16).to_le_bytes());
    out.extend(data);
    out
}

/// Row, column, style, then more.
fn cell(row: u16, col: u16, xf: u16, more: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = [row, col, xf]
        .iter()
        .flat_map(|n| n.to_le_bytes())
        .collect();
    out.extend(more);
    out
}

fn number(row: u16, col: u16, xf: u16, n: f64) -> Vec<u8> {
    rec(0x0203, &cell(row, col, xf, &n.to_le_bytes()))
}

fn formula(row: u16, col: u16, value: [u8; 8], flags: u16, chain: u32) -> Vec<u8> {
    let mut more = value.to_vec();
    more.extend(flags.to_le_bytes());
    more.extend(chain.to_le_bytes());
    // A token that no reader knows.
    more.extend([1, 0, 0xFF]);
    rec(0x0006, &cell(row, col, GENERAL, &more))
}

/// A BIFF8 text in two bytes a character, without its length.
fn wide(text: &str) -> Vec<u8> {
    let mut out = vec![1];
    out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    out
}

/// A BIFF8 text with its length.
fn text(text: &str) -> Vec<u8> {
    let mut out = (text.encode_utf16().count() as u16).to_le_bytes().to_vec();
    out.extend(wide(text));
    out
}

fn sst(texts: &[&str]) -> Vec<u8> {
    let mut data = [texts.len() as u32; 2].map(u32::to_le_bytes).concat();
    texts.iter().for_each(|t| data.extend(text(t)));
    rec(0x00FC, &data)
}

fn shared(row: u16, col: u16, i: u32) -> Vec<u8> {
    rec(0x00FD, &cell(row, col, GENERAL, &i.to_le_bytes()))
}

/// A workbook: what stands in its globals besides styles and sheets, and its sheets as name, kind and records.
fn book(biff8: bool, globals: &[Vec<u8>], sheets: &[(&[u8], u8, Vec<u8>)]) -> Vec<u8> {
    let version: u16 = if biff8 { 0x0600 } else { 0x0500 };
    let bof = |kind: u16| {
        let mut data = [version, kind, 0x2CC2, 0x07CD]
            .map(u16::to_le_bytes)
            .concat();
        data.extend([1, 0, 0, 0, 6, 0, 0, 0]);
        rec(0x0809, &data)
    };
    let mut out = bof(5);
    globals.iter().for_each(|g| out.extend(g));
    for (id, code) in [(164_u16, "0.0%_)"), (165, "0\"%\"\\%")] {
        let mut data = id.to_le_bytes().to_vec();
        data.push(code.len() as u8);
        if biff8 {
            data.extend([0, 0]);
        }
        data.extend(code.bytes());
        out.extend(rec(0x041E, &data));
    }
    for format in [0_u16, 10, 164, 165, 14] {
        let mut data = vec![0, 0];
        data.extend(format.to_le_bytes());
        data.resize(20, 0);
        out.extend(rec(0x00E0, &data));
    }
    let mut places = Vec::new();
    for (name, kind, _) in sheets {
        places.push(out.len() + 4);
        let mut data = vec![0, 0, 0, 0, 0, *kind];
        let count = if biff8 {
            (name.len() - 1) / 2
        } else {
            name.len()
        };
        data.push(count as u8);
        data.extend(*name);
        out.extend(rec(0x0085, &data));
    }
    out.extend(rec(0x000A, &[]));
    for ((_, kind, records), place) in sheets.iter().zip(places) {
        let at = (out.len() as u32).to_le_bytes();
        out[place..place + 4].copy_from_slice(&at);
        out.extend(bof([0x10, 0x40, 0x20][usize::from(*kind)]));
        out.extend(records);
        out.extend(rec(0x000A, &[]));
    }
    out
}

/// A BIFF8 workbook with one sheet.
fn one(globals: &[Vec<u8>], records: &[Vec<u8>]) -> Vec<u8> {
    book(true, globals, &[(&wide("S"), 0, records.concat())])
}

fn accepted(bytes: &[u8]) -> Checked {
    check(bytes, &Limits::default()).expect("accepted")
}

fn refused(bytes: &[u8]) -> Refusal {
    check(bytes, &Limits::default()).expect_err("refused")
}

fn why(bytes: &[u8]) -> String {
    match refused(bytes) {
        Refusal::Damaged(why) => why,
        other => panic!("{other:?}"),
    }
}

type Cells = BTreeMap<(u32, u32), Data>;

fn read_bytes(bytes: &[u8], codepage: Option<u16>) -> Result<Vec<(String, Cells)>, String> {
    let mut options = XlsOptions::default();
    options.force_codepage = codepage;
    let book = Xls::new_with_options(Cursor::new(bytes), options);
    let mut book = book.map_err(|e| e.to_string())?;
    let mut out = Vec::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).map_err(|e| e.to_string())?;
        let (top, left) = range.start().unwrap_or_default();
        let cells = range.used_cells();
        let cells = cells.map(|(r, c, v)| ((top + r as u32, left + c as u32), v.clone()));
        out.push((name, cells.collect()));
    }
    Ok(out)
}

fn read(checked: &Checked) -> Vec<(String, Cells)> {
    read_bytes(&checked.bytes, checked.force_codepage).expect("calamine reads it")
}

fn string(text: &str) -> Data {
    Data::String(text.to_string())
}

#[test]
fn tells_percent_hidden_merged_and_results() {
    let globals = [
        rec(0x0042, &1200_u16.to_le_bytes()),
        sst(&[SCHOOL, "b"]),
        rec(0x01AE, &[1, 0, 1, 4]),
    ];
    let merged = [2_u16, 0, 1, 0, 2, 9, 8, 3, 3]
        .map(u16::to_le_bytes)
        .concat();
    let mut rk = cell(4, 0, PERCENT, &[0, 0, 0xF0, 0x3F]);
    rk.extend([3, 0, 6, 0, 0, 0, 1, 0]);
    let mut row = vec![0; 16];
    row[0] = 7;
    row[12] = 0x20;
    let sheet = [
        rec(0x0200, &[0xFF; 14]),
        rec(0x007D, &[2, 0, 3, 0, 0, 8, 0, 0, 1, 0, 0, 0]),
        rec(0x0208, &row),
        shared(0, 0, 0),
        number(1, 0, PERCENT, 0.5),
        number(2, 1, CUSTOM_PERCENT, 0.25),
        number(3, 1, QUOTED_PERCENT, 3.0),
        rec(0x00BD, &rk),
        rec(0x0204, &cell(5, 0, GENERAL, &text("label"))),
        formula(6, 0, 7.5_f64.to_le_bytes(), 0, 0),
        formula(6, 1, [0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 0, 0),
        rec(0x0207, &text("result")),
        formula(6, 2, [2, 0, 0x2A, 0, 0, 0, 0xFF, 0xFF], 0, 0),
        formula(6, 3, [3, 0, 0, 0, 0, 0, 0xFF, 0xFF], 0, 0),
        formula(6, 4, [0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 0, 0),
        formula(6, 5, [2, 0, 0x99, 0, 0, 0, 0xFF, 0xFF], 0, 0),
        rec(0x0205, &cell(6, 6, GENERAL, &[1, 0])),
        // A chart in the sheet, with a number of its own.
        rec(0x0809, &[0, 6, 0x20, 0]),
        number(60_000, 0, GENERAL, 1.0),
        rec(0x000A, &[]),
        rec(0x00E5, &merged),
    ];
    let workbook = book(
        true,
        &globals,
        &[
            (&wide("chart"), 2, Vec::new()),
            (&wide(SCHOOL), 0, sheet.concat()),
            (&wide("macro"), 1, number(0, 0, GENERAL, 1.0)),
            (&wide("empty"), 0, Vec::new()),
        ],
    );
    let checked = accepted(&file(workbook));
    assert_eq!((checked.version, checked.codepage), (0x0600, Some(1200)));
    assert_eq!(checked.other_sheets, ["chart", "macro"]);
    assert!(checked.has_macros && !checked.has_external_links);
    let extras = &checked.sheets[0];
    assert_eq!(extras.name, SCHOOL);
    assert_eq!(extras.percent, [(1, 0), (2, 1), (4, 0)]);
    assert_eq!(extras.not_cached, [(6, 4)]);
    assert_eq!(extras.errors, [(6, 5, "#ERR99".to_string())]);
    assert_eq!(extras.hidden_rows, [7]);
    assert_eq!(extras.hidden_cols, [(2, 3)]);
    assert_eq!(extras.merges, [(0, 0, 1, 2), (8, 3, 9, 3)]);
    let sheets = read(&checked);
    assert_eq!(sheets.len(), 2);
    assert_eq!(
        (sheets[0].0.as_str(), sheets[1].0.as_str()),
        (SCHOOL, "empty")
    );
    let expected = [
        ((0, 0), string(SCHOOL)),
        ((1, 0), Data::Float(0.5)),
        ((2, 1), Data::Float(0.25)),
        ((3, 1), Data::Float(3.0)),
        ((4, 0), Data::Float(1.0)),
        ((4, 1), Data::Int(1)),
        ((5, 0), string("label")),
        ((6, 0), Data::Float(7.5)),
        ((6, 1), string("result")),
        ((6, 2), Data::Error(calamine::CellErrorType::NA)),
        ((6, 3), string("")),
        ((6, 6), Data::Bool(true)),
    ];
    assert_eq!(sheets[0].1, Cells::from(expected));
}

#[test]
fn cyclic_chains_are_refused() {
    let mut workbook = one(&[], &[number(0, 0, GENERAL, 1.0)]);
    workbook.resize(5000, 0);
    let good = file(workbook);
    // The table is sector 0, the directory sector 1, the workbook begins at sector 2.
    let next = |bytes: &mut [u8], id: usize, to: u32| {
        bytes[SMALL + 4 * id..][..4].copy_from_slice(&to.to_le_bytes());
    };
    let mut cyclic = good.clone();
    next(&mut cyclic, 3, 2);
    // More than the chain has is wanted.
    cyclic[2 * SMALL + 128 + 120..][..4].copy_from_slice(&900_000_u32.to_le_bytes());
    assert_eq!(why(&cyclic), "Workbook: cyclic chain");
    let mut directory = good.clone();
    next(&mut directory, 1, 1);
    assert_eq!(why(&directory), "directory: cyclic chain");
    let mut tree = good.clone();
    tree[2 * SMALL + 128 + 68..][..4].copy_from_slice(&1_u32.to_le_bytes());
    assert_eq!(why(&tree), "directory: cyclic tree");
    let mut outside = good.clone();
    outside[2 * SMALL + 128 + 68..][..4].copy_from_slice(&77_u32.to_le_bytes());
    assert_eq!(why(&outside), "directory: no entry 77 among 4");
    // A table whose first sector is only found through a list that is its own next part.
    let mut list = good.clone();
    list[76..80].copy_from_slice(&NONE.to_le_bytes());
    list[68..72].copy_from_slice(&3_u32.to_le_bytes());
    list[5 * SMALL - SMALL..5 * SMALL].fill(0xFF);
    list[5 * SMALL - 4..5 * SMALL].copy_from_slice(&3_u32.to_le_bytes());
    assert_eq!(why(&list), "sector table: cyclic chain");
}

#[test]
fn truncated_files_are_refused() {
    let texts: Vec<String> = (0..300).map(|i| format!("text {i}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let cells: Vec<Vec<u8>> = (0..300).map(|i| shared(i, 0, u32::from(i))).collect();
    let good = file(one(&[sst(&texts)], &cells));
    accepted(&good);
    for length in (0..good.len() - SMALL).step_by(100) {
        match refused(&good[..length]) {
            Refusal::Damaged(why) => assert!(!why.is_empty()),
            other => assert!(length < 8, "{length}: {other:?}"),
        }
    }
    assert!(why(&good[..5000]).starts_with("Workbook: "));
    // Cut off inside the container that is whole.
    let mut short = one(&[], &vec![number(0, 0, GENERAL, 1.0); 20]);
    short.truncate(600);
    assert_eq!(
        why(&file(short)),
        "sheet 1: cut off at byte 587, no end record"
    );
}

#[test]
fn locked_and_foreign_files_are_told_apart() {
    let locked = one(&[rec(0x002F, &[0; 6])], &[]);
    assert_eq!(refused(&file(locked)), Refusal::Password);
    let package = ole(&[
        ("EncryptionInfo", STREAM, 0, vec![0; 100]),
        ("EncryptedPackage", STREAM, 0, vec![0; 5000]),
    ]);
    assert_eq!(refused(&package), Refusal::Password);
    let letter = ole(&[
        ("WordDocument", STREAM, 0, vec![0; 5000]),
        ("ObjectPool", 1, 0, Vec::new()),
        ("Workbook", STREAM, 2, one(&[], &[])),
    ]);
    let names = "WordDocument, ObjectPool".to_string();
    assert_eq!(refused(&letter), Refusal::NotWorkbook(names));
    assert!(matches!(refused(b"PK\x03\x04"), Refusal::NotWorkbook(_)));
    assert!(matches!(refused(b""), Refusal::NotWorkbook(_)));
    let mut old = one(&[], &[]);
    old[4..6].copy_from_slice(&[0, 4]);
    assert!(matches!(refused(&file(old)), Refusal::NotWorkbook(_)));
    let macros = ole(&[
        ("_VBA_PROJECT_CUR", 1, 0, Vec::new()),
        ("WORKBOOK", STREAM, 0, one(&[], &[])),
    ]);
    assert!(accepted(&macros).has_macros);
}

#[test]
fn an_embedded_workbook_is_not_read_in_place_of_the_real_one() {
    let inner = one(&[], &[number(0, 0, GENERAL, 1.0)]);
    let outer = one(&[], &[number(0, 0, GENERAL, 2.0)]);
    let older = book(false, &[], &[(b"old", 0, Vec::new())]);
    let bytes = ole(&[
        ("MBD0001", 1, 0, Vec::new()),
        ("Workbook", STREAM, 1, inner),
        ("Book", STREAM, 0, older.clone()),
        ("Workbook", STREAM, 0, outer),
    ]);
    let wrong = read_bytes(&bytes, None).expect("calamine reads it");
    assert_eq!(wrong[0].1[&(0, 0)], Data::Float(1.0));
    let right = read(&accepted(&bytes));
    assert_eq!(right[0].1[&(0, 0)], Data::Float(2.0));
    let inner = one(&[], &[number(0, 0, GENERAL, 1.0)]);
    let bytes = ole(&[
        ("MBD0001", 1, 0, Vec::new()),
        ("Workbook", STREAM, 1, inner),
        ("Book", STREAM, 0, older),
    ]);
    assert_eq!(accepted(&bytes).sheets[0].name, "old");
}

#[test]
fn biff8_is_utf_16_whatever_code_page_it_names() {
    for page in [936_u16, 0, 1252] {
        let globals = [rec(0x0042, &page.to_le_bytes()), sst(&[SCHOOL])];
        let checked = accepted(&file(one(&globals, &[shared(0, 0, 0)])));
        assert_eq!(checked.codepage, Some(page));
        assert_eq!(
            (checked.force_codepage, checked.codepage_assumed),
            (Some(1200), false)
        );
        assert_eq!(read(&checked)[0].1[&(0, 0)], string(SCHOOL));
    }
}

#[test]
fn biff5_has_its_own_code_page_or_936() {
    let mut label = SCHOOL_GBK.to_vec();
    label.splice(0..0, [4, 0]);
    let records = [
        rec(0x0204, &cell(0, 0, GENERAL, &label)),
        number(1, 0, CUSTOM_PERCENT, 0.5),
        number(2, 0, QUOTED_PERCENT, 0.5),
        number(3, 0, 4, 45_000.0),
    ];
    let (_, had_errors) = encoding_rs::GBK.decode_without_bom_handling(&SCHOOL_GBK);
    assert!(!had_errors);
    for (page, force, assumed) in [
        (None, Some(936), true),
        (Some(0), Some(936), true),
        (Some(1200), Some(936), true),
        (Some(936), None, false),
    ] {
        let globals: Vec<_> = page
            .iter()
            .map(|p: &u16| rec(0x0042, &p.to_le_bytes()))
            .collect();
        let workbook = book(false, &globals, &[(&SCHOOL_GBK, 0, records.concat())]);
        let checked = accepted(&ole(&[("Book", STREAM, 0, workbook)]));
        assert_eq!((checked.version, checked.codepage), (0x0500, page));
        assert_eq!(
            (checked.force_codepage, checked.codepage_assumed),
            (force, assumed)
        );
        assert_eq!(checked.sheets[0].percent, [(1, 0)]);
        let sheets = read(&checked);
        assert_eq!(sheets[0].0, SCHOOL);
        assert_eq!(sheets[0].1[&(0, 0)], string(SCHOOL));
        assert!(matches!(sheets[0].1[&(3, 0)], Data::DateTime(_)));
    }
}

#[test]
fn texts_are_joined_where_records_cut_them() {
    // One text cut inside a pair of surrogates, one that changes its width, one with fonts cut across a record, one after.
    let mut first = [4_u32; 2].map(u32::to_le_bytes).concat();
    first.extend([3, 0, 1, b'a', 0, 0x40, 0xD8]);
    let second = [1, 0x00, 0xDC, 4, 0, 0, b'b', b'c'];
    let third = [1, 0x66, 0x5B, b'd', 0, 1, 0, 8, 1, 0, b'e', 9, 9];
    let fourth = [9, 9, 1, 0, 0, b'f'];
    let continued = |data: &[u8]| rec(0x003C, data);
    let globals = [
        rec(0x00FC, &first),
        continued(&second),
        continued(&third),
        continued(&fourth),
    ];
    let mut result = cell(40_000, 0, 0, &[])[..2].to_vec();
    result.extend([0; 1]);
    result.extend(vec![b'x'; 8000]);
    let mut rest = vec![0];
    rest.extend(vec![b'y'; 32_000]);
    let records = [
        (0..4).flat_map(|i| shared(0, i, u32::from(i))).collect(),
        formula(1, 0, [0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 0, 0),
        rec(0x0207, &result),
        continued(&rest),
    ];
    let cells = read(&accepted(&file(one(&globals, &records)))).remove(0).1;
    assert_eq!(cells[&(0, 0)], string("a\u{20000}"));
    assert_eq!(cells[&(0, 1)], string("bc\u{5b66}d"));
    assert_eq!(cells[&(0, 2)], string("e"));
    assert_eq!(cells[&(0, 3)], string("f"));
    let long = format!("{}{}", "x".repeat(8000), "y".repeat(32_000));
    assert_eq!(cells[&(1, 0)], string(&long));
}

#[test]
fn long_shared_texts_fill_several_records() {
    let mut stream = 3_u32.to_le_bytes().repeat(2);
    let long = "\u{20000}".repeat(32_767);
    for t in ["a", &long, "b"] {
        stream.extend(text(t));
    }
    // The long text begins at byte 16; only within it do further records say their width.
    let (first, rest) = stream.split_at(16 + 8000);
    let mut records = vec![rec(0x00FC, first)];
    let pieces = rest.chunks(8000);
    records.extend(pieces.map(|piece| rec(0x003C, &[&[1], piece].concat())));
    let cells = [shared(0, 0, 0), shared(0, 1, 1), shared(0, 2, 2)];
    let checked = accepted(&wrapped(one(&records, &cells)));
    let cells = read(&checked).remove(0).1;
    assert_eq!(cells[&(0, 0)], string("a"));
    assert_eq!(cells[&(0, 1)], string(&long));
    assert_eq!(cells[&(0, 2)], string("b"));
}

/// A container with large sectors, for streams that are too long for `ole`.
fn wrapped(stream: Vec<u8>) -> Vec<u8> {
    let mut out = vec![0; LARGE];
    out.extend(stream);
    wrap(&mut out).expect("fits");
    out
}

#[test]
fn records_that_calamine_does_not_survive_are_refused() {
    let globals = [rec(0x00FC, &[0; 8]), rec(0x003C, &[])];
    assert!(why(&file(one(&globals, &[]))).starts_with("empty CONTINUE record at byte "));
    let mut cut = sst(&["abc"]);
    let length = cut.len();
    cut.truncate(length - 2);
    cut[2..4].copy_from_slice(&((length - 6) as u16).to_le_bytes());
    assert_eq!(
        why(&file(one(&[cut], &[]))),
        "shared texts: cut off after 0 of 1"
    );
    assert_eq!(
        why(&file(one(&[], &[shared(2, 3, 9)]))),
        "sheet 1: row 3, column 4: text 9 of 0"
    );
    for (kind, data) in [
        (0x0203, &[0; 13][..]),
        (0x027E, &[0; 9]),
        (0x00BD, &[0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 3, 0]),
        (0x00E5, &[9, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (0x0006, &[0; 13]),
        (0x0204, &[0; 5]),
    ] {
        let why = why(&file(one(&[], &[rec(kind, data)])));
        assert!(why.starts_with(&format!("record {kind:#06x} at")), "{why}");
    }
    let far = why(&file(one(&[], &[number(0, 256, GENERAL, 1.0)])));
    assert_eq!(far, "a cell in row 1, column 257");
    let sheet = |name: &str| (wide(name), 0, Vec::new());
    let twice = [sheet("S"), sheet("S")];
    let twice: Vec<(&[u8], u8, Vec<u8>)> = twice
        .iter()
        .map(|(n, k, r)| (&n[..], *k, r.clone()))
        .collect();
    assert_eq!(
        why(&file(book(true, &[], &twice))),
        "sheet 2: a second one of its name"
    );
}

#[test]
fn what_is_too_large_is_refused() {
    let limits = Limits {
        box_cells: 1000,
        sheets: 2,
        merges: 1,
        text: 100,
    };
    let large = |workbook| match check(&file(workbook), &limits) {
        Err(Refusal::TooLarge(why)) => why,
        other => panic!("{other:?}"),
    };
    let far = [number(0, 0, GENERAL, 1.0), number(99, 10, GENERAL, 1.0)];
    assert!(large(one(&[], &far)).starts_with("1100 cells in the rectangles"));
    let many = vec![number(0, 0, GENERAL, 1.0); 1001];
    assert!(large(one(&[], &many)).starts_with("1001 cells"));
    let long = "a".repeat(60);
    let texts = [shared(0, 0, 0), shared(0, 1, 0)];
    assert!(large(one(&[sst(&[&long])], &texts)).starts_with("120 bytes of text"));
    let blocks = rec(0x00E5, &[vec![2, 0], vec![0; 16]].concat());
    assert!(large(one(&[], &[blocks])).starts_with("2 merged blocks"));
    let names = ["a", "b", "c"].map(wide);
    let sheets: Vec<(&[u8], u8, Vec<u8>)> = names.iter().map(|n| (&n[..], 0, Vec::new())).collect();
    assert!(large(book(true, &[], &sheets)).starts_with("3 sheets"));
}

#[test]
fn formulas_that_no_one_calculated_have_no_result() {
    let zero = [0; 8];
    let blank = [3, 0, 0, 0, 0, 0, 0xFF, 0xFF];
    // POI: a 0 to be calculated on opening, unless another such formula has a result.
    let mut records = vec![number(0, 0, GENERAL, 1.0), formula(0, 1, zero, 2, 0)];
    let checked = accepted(&file(one(&[], &records)));
    assert_eq!(checked.sheets[0].not_cached, [(0, 1)]);
    assert_eq!(read(&checked)[0].1.len(), 1);
    records.push(formula(0, 2, 5_f64.to_le_bytes(), 2, 0));
    let checked = accepted(&file(one(&[], &records)));
    assert!(checked.sheets[0].not_cached.is_empty());
    assert_eq!(read(&checked)[0].1[&(0, 1)], Data::Float(0.0));
    // jxl: a 4 with a mark.
    let jxl = formula(0, 0, 4_f64.to_le_bytes(), 2, 0xFCE0_0000);
    let checked = accepted(&file(one(&[], &[jxl])));
    assert_eq!(checked.sheets[0].not_cached, [(0, 0)]);
    assert!(read(&checked)[0].1.is_empty());
    // xlwt: an empty text; LibreOffice begins alike but has a record more, and means it.
    for (more, expected) in [(vec![], vec![(0, 0)]), (vec![rec(0x01C0, &[])], vec![])] {
        let mut workbook = one(&more, &[formula(0, 0, blank, 0, 0)]);
        workbook[8..16].copy_from_slice(&[0xBB, 0x0D, 0xCC, 0x07, 0, 0, 0, 0]);
        let checked = accepted(&file(workbook));
        assert_eq!(checked.sheets[0].not_cached, expected);
    }
}

#[test]
fn links_to_other_files_are_noted() {
    let path = rec(0x01AE, &[1, 0, 5, 0, 0, b'b', b'.', b'x', b'l', b's']);
    assert!(accepted(&file(one(&[path], &[]))).has_external_links);
    let add_in = rec(0x01AE, &[1, 0, 1, 0x3A]);
    assert!(!accepted(&file(one(&[add_in], &[]))).has_external_links);
}

/// Mutates a file at random places: neither `check` nor, on what it accepts, calamine may panic.
#[test]
fn mutated_files_do_no_harm() {
    let globals = [rec(0x0042, &[0xB0, 4]), sst(&["a", SCHOOL])];
    let records = [
        shared(0, 0, 0),
        shared(1, 1, 1),
        number(2, 0, PERCENT, 1.0),
        formula(3, 0, [0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 0, 0),
        rec(0x0207, &text("r")),
    ];
    let good = file(one(&globals, &records));
    let mut seed = 20_240_601_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    for _ in 0..3000 {
        let mut bytes = good.clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            bytes[at] = [0, 1, 0x7F, 0xFF, random(256) as u8][random(5)];
        }
        if random(4) == 0 {
            bytes.truncate(random(bytes.len()));
        }
        if let Ok(checked) = check(&bytes, &Limits::default()) {
            let read = read_bytes(&checked.bytes, checked.force_codepage);
            assert!(read.is_ok(), "{read:?}");
        }
    }
}
