//! Zip containers made by hand: names, sizes and flags are whatever a case wants, and parts of gibibytes are packed by
//! repeating one packed piece, so that they cost neither time nor memory.

use std::cell::RefCell;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// Flag of an entry: its name is UTF-8.
const UTF8: u16 = 0x0800;
/// Flag of an entry: its sizes stand behind its data.
const DESCRIPTOR: u16 = 0x0008;
/// Bytes of a piece that is repeated; more than the 32 KiB that deflate looks back.
const PIECE: usize = 4 << 20;

/// A part's bytes as they stand in a container.
#[derive(Clone)]
pub struct Packed {
    data: Rc<[u8]>,
    method: u16,
    crc: u32,
    size: u64,
}

/// A part, packed if that makes it smaller.
pub fn packed(bytes: &[u8]) -> Packed {
    let small = squeezed(&[bytes]).0;
    if small.len() < bytes.len() {
        Packed {
            data: small.into(),
            method: 8,
            crc: crc(bytes),
            size: bytes.len() as u64,
        }
    } else {
        stored(bytes)
    }
}

/// A part as it is.
pub fn stored(bytes: &[u8]) -> Packed {
    Packed {
        data: bytes.into(),
        method: 0,
        crc: crc(bytes),
        size: bytes.len() as u64,
    }
}

/// `head`, then `unit` again and again until there are about `size` bytes, then `tail`.
pub fn bulk(head: &[u8], unit: &[u8], size: u64, tail: &[u8]) -> Packed {
    let piece = unit.repeat(PIECE.div_ceil(unit.len()));
    let inner = size.saturating_sub((head.len() + tail.len()) as u64);
    let piece_size = piece.len() as u64;
    let times = inner / piece_size;
    let left = usize::try_from(inner % piece_size).expect("less than a piece") / unit.len();
    let last = [&unit.repeat(left), tail].concat();
    if times < 3 {
        let middle = piece.repeat(usize::try_from(times).expect("less than 3"));
        return packed(&[head, &middle, &last].concat());
    }
    // The second piece sees the first behind it; so does every other one, so its packed bytes serve for all.
    let first = [head, &piece].concat();
    let (small, cuts) = squeezed(&[&first, &piece, &last]);
    let mut data = small[..cuts[0]].to_vec();
    for _ in 1..times {
        data.extend_from_slice(&small[cuts[0]..cuts[1]]);
    }
    data.extend_from_slice(&small[cuts[1]..]);
    let own = crc(&piece);
    let far = shift(piece_size);
    let mut sum = crc(&first);
    for _ in 1..times {
        sum = product(far, sum) ^ own;
    }
    Packed {
        data: data.into(),
        method: 8,
        crc: product(shift(last.len() as u64), sum) ^ crc(&last),
        size: first.len() as u64 + (times - 1) * piece_size + last.len() as u64,
    }
}

/// A buffer that stays in sight while a writer owns it.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Cursor<Vec<u8>>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.borrow_mut().seek(to)
    }
}

/// Pieces as one stream of deflate, and where each piece but the last ends in it.
fn squeezed(pieces: &[&[u8]]) -> (Vec<u8>, Vec<usize>) {
    let buffer = Shared::default();
    let mut writer = zip::ZipWriter::new(buffer.clone());
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9));
    writer.start_file("x", options).expect("a fresh container");
    let mut cuts = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        writer.write_all(piece).expect("memory");
        if i + 1 < pieces.len() {
            writer.flush().expect("memory");
            cuts.push(buffer.0.borrow().get_ref().len());
        }
    }
    writer.finish().expect("memory");
    let whole = buffer.0.borrow().get_ref().clone();
    let mut archive = zip::ZipArchive::new(Cursor::new(&whole)).expect("just written");
    let mut file = archive.by_index_raw(0).expect("the only entry");
    let start = usize::try_from(file.data_start().expect("an offset")).expect("in memory");
    let mut data = Vec::new();
    file.read_to_end(&mut data).expect("memory");
    (data, cuts.into_iter().map(|c| c - start).collect())
}

const POLYNOMIAL: u32 = 0xEDB8_8320;

/// CRC-32 as zip has it.
pub fn crc(bytes: &[u8]) -> u32 {
    let mut table = [0u32; 256];
    for (i, entry) in (0u32..).zip(table.iter_mut()) {
        *entry = (0..8).fold(i, |c, _| (c >> 1) ^ if c & 1 == 1 { POLYNOMIAL } else { 0 });
    }
    !bytes.iter().fold(!0, |c, b| {
        (c >> 8) ^ table[usize::from(c.to_le_bytes()[0] ^ b)]
    })
}

/// The product of two polynomials, modulo that of the CRC.
fn product(a: u32, b: u32) -> u32 {
    let (mut sum, mut shifted) = (0, b);
    for bit in (0..32).rev() {
        if a >> bit & 1 == 1 {
            sum ^= shifted;
        }
        shifted = (shifted >> 1) ^ if shifted & 1 == 1 { POLYNOMIAL } else { 0 };
    }
    sum
}

/// What a CRC is multiplied with when so many bytes follow.
fn shift(bytes: u64) -> u32 {
    let (mut out, mut power, mut bits) = (1 << 31, 1 << 30, bytes * 8);
    while bits > 0 {
        if bits & 1 == 1 {
            out = product(out, power);
        }
        power = product(power, power);
        bits >>= 1;
    }
    out
}

/// One entry of a container; everything that it says about itself can be a lie.
#[derive(Clone)]
pub struct Entry {
    pub name: Vec<u8>,
    pub part: Packed,
    pub flags: u16,
    pub method: u16,
    /// The unpacked size that it claims.
    pub size: u64,
    pub crc: u32,
    /// Kind and permissions as Unix has them.
    pub mode: u32,
}

impl Entry {
    /// An honest entry.
    pub fn new(name: &str, bytes: &[u8]) -> Entry {
        Entry::of(name, packed(bytes))
    }

    /// An honest entry of a part that is packed already.
    pub fn of(name: &str, part: Packed) -> Entry {
        Entry {
            name: name.as_bytes().to_vec(),
            flags: if name.is_ascii() { 0 } else { UTF8 },
            method: part.method,
            size: part.size,
            crc: part.crc,
            mode: 0o100_644,
            part,
        }
    }

    /// The same under a name of any bytes, without the flag for UTF-8.
    pub fn named(mut self, name: &[u8]) -> Entry {
        self.name = name.to_vec();
        self.flags &= !UTF8;
        self
    }

    /// The sizes behind the data, as programs write them that cannot go back.
    pub fn with_descriptor(mut self) -> Entry {
        self.flags |= DESCRIPTOR;
        self
    }

    /// Version, flags, method, time, date, CRC and sizes: the same in both headers.
    fn facts(&self, sizes: bool) -> Vec<u8> {
        let mut out = Vec::new();
        for n in [20, self.flags, self.method, 0, 0x21] {
            out.extend(n.to_le_bytes());
        }
        let packed = u32::try_from(self.part.data.len()).expect("below 4 GiB");
        let size = u32::try_from(self.size).expect("below 4 GiB");
        for n in [self.crc, packed, size] {
            out.extend((if sizes { n } else { 0 }).to_le_bytes());
        }
        out.extend(short(self.name.len()));
        out.extend([0, 0]);
        out
    }

    fn local(&self) -> Vec<u8> {
        let descriptor = self.flags & DESCRIPTOR != 0;
        let mut out = b"PK\x03\x04".to_vec();
        out.extend(self.facts(!descriptor));
        out.extend(&self.name);
        out.extend(&self.part.data[..]);
        if descriptor {
            out.extend(b"PK\x07\x08");
            out.extend(&self.facts(true)[10..22]);
        }
        out
    }

    fn central(&self, offset: usize) -> Vec<u8> {
        let mut out = b"PK\x01\x02\x14\x03".to_vec();
        out.extend(self.facts(true));
        out.extend([0; 6]);
        out.extend((self.mode << 16).to_le_bytes());
        out.extend(long(offset));
        out.extend(&self.name);
        out
    }
}

/// 16 bits; what is more is cut off.
fn short(n: usize) -> [u8; 2] {
    u16::try_from(n & 0xFFFF).expect("16 bits").to_le_bytes()
}

fn long(n: usize) -> [u8; 4] {
    u32::try_from(n).expect("below 4 GiB").to_le_bytes()
}

/// A container of these entries.
pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        directory.extend(entry.central(out.len()));
        out.extend(entry.local());
    }
    finish(out, &directory, entries.len())
}

/// A container whose entries all lie at the place of the first one.
pub fn overlapping(entries: &[Entry]) -> Vec<u8> {
    let directory: Vec<u8> = entries.iter().flat_map(|e| e.central(0)).collect();
    finish(entries[0].local(), &directory, entries.len())
}

fn finish(mut out: Vec<u8>, directory: &[u8], count: usize) -> Vec<u8> {
    let offset = out.len();
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(short(count));
    out.extend(short(count));
    out.extend(long(directory.len()));
    out.extend(long(offset));
    out.extend([0, 0]);
    out
}
