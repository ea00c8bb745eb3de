//! Builds containers, workbooks and records byte by byte.

use super::super::*;

pub(super) const SCHOOL: &str = "\u{5b66}\u{6821}";
pub(super) const SCHOOL_GBK: [u8; 4] = [0xD1, 0xA7, 0xD0, 0xA3];
pub(super) const GENERAL: u16 = 0;
pub(super) const PERCENT: u16 = 1;
pub(super) const CUSTOM_PERCENT: u16 = 2;
pub(super) const QUOTED_PERCENT: u16 = 3;

/// An entry of a container: its name, its kind (1 storage, 2 stream), the entry it lies in (0 the root), its bytes.
pub(super) type Part<'a> = (&'a str, u8, usize, Vec<u8>);

/// A container with sectors of 512 bytes: the table, the directory, then the streams. Short streams lie in a mini stream.
pub(super) fn ole(parts: &[Part]) -> Vec<u8> {
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
pub(super) fn file(workbook: Vec<u8>) -> Vec<u8> {
    ole(&[("Workbook", STREAM, 0, workbook)])
}

pub(super) fn rec(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut out = kind.to_le_bytes().to_vec();
    out.extend((data.len() as u16).to_le_bytes());
    out.extend(data);
    out
}

/// Row, column, style, then more.
pub(super) fn cell(row: u16, col: u16, xf: u16, more: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = [row, col, xf]
        .iter()
        .flat_map(|n| n.to_le_bytes())
        .collect();
    out.extend(more);
    out
}

pub(super) fn number(row: u16, col: u16, xf: u16, n: f64) -> Vec<u8> {
    rec(0x0203, &cell(row, col, xf, &n.to_le_bytes()))
}

pub(super) fn formula(row: u16, col: u16, value: [u8; 8], flags: u16, chain: u32) -> Vec<u8> {
    let mut more = value.to_vec();
    more.extend(flags.to_le_bytes());
    more.extend(chain.to_le_bytes());
    // A token that no reader knows.
    more.extend([1, 0, 0xFF]);
    rec(0x0006, &cell(row, col, GENERAL, &more))
}

/// A BIFF8 text in two bytes a character, without its length.
pub(super) fn wide(text: &str) -> Vec<u8> {
    let mut out = vec![1];
    out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    out
}

/// A BIFF8 text with its length.
pub(super) fn text(text: &str) -> Vec<u8> {
    let mut out = (text.encode_utf16().count() as u16).to_le_bytes().to_vec();
    out.extend(wide(text));
    out
}

pub(super) fn sst(texts: &[&str]) -> Vec<u8> {
    let mut data = [texts.len() as u32; 2].map(u32::to_le_bytes).concat();
    texts.iter().for_each(|t| data.extend(text(t)));
    rec(0x00FC, &data)
}

pub(super) fn shared(row: u16, col: u16, i: u32) -> Vec<u8> {
    rec(0x00FD, &cell(row, col, GENERAL, &i.to_le_bytes()))
}

/// A workbook: what stands in its globals besides styles and sheets, and its sheets as name, kind and records.
pub(super) fn book(biff8: bool, globals: &[Vec<u8>], sheets: &[(&[u8], u8, Vec<u8>)]) -> Vec<u8> {
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
pub(super) fn one(globals: &[Vec<u8>], records: &[Vec<u8>]) -> Vec<u8> {
    book(true, globals, &[(&wide("S"), 0, records.concat())])
}

/// A container with large sectors, for streams that are too long for `ole`.
pub(super) fn wrapped(stream: Vec<u8>) -> Vec<u8> {
    let mut out = vec![0; LARGE];
    out.extend(stream);
    wrap(&mut out).expect("fits");
    out
}
