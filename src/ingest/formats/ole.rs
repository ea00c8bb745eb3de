//! Looks at an old Excel workbook (.xls, an OLE container) before calamine's reader does: refuses what is no workbook,
//! locked, damaged or too large, tells what that reader does not, and hands it a fresh container that holds the checked
//! workbook alone. Fresh, because that reader takes the first stream of a name in the whole file (so an embedded workbook
//! may be read in place of the real one) and follows chains, counts and offsets as a file claims them, up to an abort of
//! the process. The records inside the workbook stream are the business of `biff`; values of cells belong to neither.

mod biff;
mod records;
mod sheet;
#[cfg(test)]
mod tests;

use std::fmt::Display;

pub use crate::ingest::formats::extras::SheetExtras;
use crate::ingest::formats::records::{u16_at, u32_at};

/// What is read at most. calamine builds a dense rectangle for each sheet and clones each text where it is used.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest sum over the sheets of rows times columns of the rectangle round their cells; also the largest number of
    /// cells, and of shared texts.
    pub box_cells: u64,
    /// Largest number of sheets.
    pub sheets: usize,
    /// Largest number of merged blocks in the workbook.
    pub merges: usize,
    /// Largest sum of the bytes of the texts of all cells (a shared text counts wherever it is used).
    pub text: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            box_cells: 5_000_000,
            sheets: 512,
            merges: 200_000,
            text: 256 << 20,
        }
    }
}

/// Why a file must not be handed to the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Locked by a password.
    Password,
    /// More than the limits allow.
    TooLarge(String),
    /// Cut off, cyclic or otherwise against the format; the text names what is missing.
    Damaged(String),
    /// A container without a workbook in its root, or one older than Excel 5; the text names what is there instead.
    NotWorkbook(String),
}

/// A workbook that may be handed to the reader.
#[derive(Clone, PartialEq)]
pub struct Checked {
    /// 0x0600 = BIFF8, 0x0500 = BIFF5.
    pub version: u16,
    /// The code page that the file names.
    pub codepage: Option<u16>,
    /// What `XlsOptions.force_codepage` must be.
    pub force_codepage: Option<u16>,
    /// Whether code page 936 was assumed, since the file names none that can be used.
    pub codepage_assumed: bool,
    /// What calamine must be given in place of the file: its worksheets alone, without formulas, names and drawings.
    pub bytes: Vec<u8>,
    /// The worksheets, in the order of `sheets_metadata` of a reader of `bytes`.
    pub sheets: Vec<SheetExtras>,
    /// Names of sheets that are no worksheets (charts, macros, modules); not read.
    pub other_sheets: Vec<String>,
    /// Whether there is a VBA project or a macro sheet.
    pub has_macros: bool,
    /// Whether there are links to other files or programs.
    pub has_external_links: bool,
}

/// Checks a workbook and prepares it for calamine.
///
/// # Errors
///
/// A [`Refusal`] when the bytes hold no readable workbook within the limits.
pub fn check(bytes: &[u8], limits: &Limits) -> Result<Checked, Refusal> {
    let file = Container::open(bytes)?;
    let (top, root) = file.root()?;
    let has = |name: &str| root.iter().any(|e| e.name.eq_ignore_ascii_case(name));
    if has("EncryptedPackage") || has("EncryptionInfo") {
        return Err(Refusal::Password);
    }
    // A file for both Excel 5 and 97 has both streams: the newer one is the full one.
    let stream = |name: &str| {
        root.iter()
            .find(|e| e.kind == STREAM && e.name.eq_ignore_ascii_case(name))
    };
    let Some(entry) = stream("Workbook").or_else(|| stream("Book")) else {
        let names: Vec<&str> = root.iter().map(|e| e.name.as_str()).take(8).collect();
        return Err(Refusal::NotWorkbook(names.join(", ")));
    };
    let workbook = file.stream(entry, &top)?;
    let mut out = vec![0; LARGE];
    let book = biff::clean(&workbook, limits, &mut out)?;
    drop(workbook);
    wrap(&mut out)?;
    let (force_codepage, codepage_assumed) = book.force_codepage();
    Ok(Checked {
        version: if book.biff8 { biff::BIFF8 } else { biff::BIFF5 },
        codepage: book.codepage,
        force_codepage,
        codepage_assumed,
        bytes: out,
        sheets: book.sheets,
        other_sheets: book.other_sheets,
        has_macros: book.macros || has("_VBA_PROJECT_CUR") || has("VBA"),
        has_external_links: book.links,
    })
}

const SIGNATURE: [u8; 8] = *b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
const SMALL: usize = 512;
const LARGE: usize = 4096;
const MINI: usize = 64;
/// Shorter streams lie in the mini stream.
const MINI_CUTOFF: u64 = 4096;
/// Entries of the file allocation table in the header.
const HEADER_FAT: usize = 109;
const FAT_SECTOR: u32 = 0xFFFF_FFFD;
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
/// A free sector, and a directory entry that is not there.
const NONE: u32 = 0xFFFF_FFFF;
/// Ids from here on are no sectors.
const RESERVED: u32 = 0xFFFF_FFFA;
const STREAM: u8 = 2;

fn damaged(why: impl Into<String>) -> Refusal {
    Refusal::Damaged(why.into())
}

fn too_large(n: impl Display, what: &str, limit: impl Display) -> Refusal {
    Refusal::TooLarge(format!("{n} {what} (limit {limit})"))
}

/// An entry of the directory.
struct Entry {
    name: String,
    kind: u8,
    /// The two siblings in the tree, then the first child.
    links: [u32; 3],
    start: u32,
    size: u64,
}

impl Entry {
    fn read(raw: &[u8], large: bool) -> Option<Entry> {
        let name: Vec<u16> = raw
            .get(..64)?
            .as_chunks::<2>()
            .0
            .iter()
            .map(|c| u16::from_le_bytes(*c))
            .take_while(|c| *c != 0)
            .collect();
        let high = if large { u32_at(raw, 124)? } else { 0 };
        Some(Entry {
            name: String::from_utf16_lossy(&name),
            kind: *raw.get(66)?,
            links: [u32_at(raw, 68)?, u32_at(raw, 72)?, u32_at(raw, 76)?],
            start: u32_at(raw, 116)?,
            size: u64::from(u32_at(raw, 120)?) | u64::from(high) << 32,
        })
    }
}

/// A container: sectors, and the table that chains them.
struct Container<'a> {
    bytes: &'a [u8],
    /// Size of a sector; the first one is the header.
    size: usize,
    /// Number of sectors, of which the last may be short.
    count: usize,
    /// Sectors that hold the file allocation table, in order; no more than the file can need.
    table: Vec<u32>,
}

impl<'a> Container<'a> {
    fn open(bytes: &'a [u8]) -> Result<Container<'a>, Refusal> {
        if !bytes.starts_with(&SIGNATURE) {
            return Err(Refusal::NotWorkbook("no OLE container".into()));
        }
        let cut = || damaged("the file ends within its header");
        let size = match u16_at(bytes, 30).ok_or_else(cut)? {
            9 => SMALL,
            12 => LARGE,
            n => return Err(damaged(format!("sectors of 2^{n} bytes"))),
        };
        if u16_at(bytes, 32) != Some(6) {
            return Err(damaged("mini sectors are not of 64 bytes"));
        }
        let count = bytes.len().saturating_sub(size).div_ceil(size);
        if count == 0 {
            return Err(cut());
        }
        let mut file = Container {
            bytes,
            size,
            count,
            table: Vec::new(),
        };
        let needed = count.div_ceil(size / 4);
        let ids = |raw: &[u8]| -> Vec<u32> {
            let chunks = raw.as_chunks::<4>().0.iter();
            chunks.map(|c| u32::from_le_bytes(*c)).collect()
        };
        let header = bytes.get(76..76 + 4 * HEADER_FAT).ok_or_else(cut)?;
        let mut table: Vec<u32> = ids(header)
            .into_iter()
            .filter(|id| *id < RESERVED)
            .collect();
        let mut more = u32_at(bytes, 68).ok_or_else(cut)?;
        let mut steps = 0;
        while table.len() < needed && more < RESERVED {
            steps += 1;
            if steps > count {
                return Err(damaged("sector table: cyclic chain"));
            }
            let mut list = ids(file.sector(more, "sector table")?);
            more = if list.len() * 4 == size {
                list.pop()
            } else {
                None
            }
            .unwrap_or(END_OF_CHAIN);
            table.extend(list.into_iter().filter(|id| *id < RESERVED));
        }
        table.truncate(needed);
        file.table = table;
        Ok(file)
    }

    /// A sector, shorter than others if the file ends within it.
    fn sector(&self, id: u32, what: &str) -> Result<&'a [u8], Refusal> {
        let beyond = || {
            damaged(if id >= RESERVED {
                format!("{what}: the chain of sectors breaks off")
            } else {
                let (n, len) = (self.count, self.bytes.len());
                format!("{what}: sector {id} is missing, the file ends after {n} ({len} bytes)")
            })
        };
        let from = (id as usize)
            .checked_add(1)
            .and_then(|n| n.checked_mul(self.size))
            .ok_or_else(beyond)?;
        let rest = self.bytes.get(from..).filter(|r| !r.is_empty());
        let rest = rest.ok_or_else(beyond)?;
        Ok(rest.get(..self.size).unwrap_or(rest))
    }

    /// The sector after one in its chain.
    fn next(&self, id: u32, what: &str) -> Result<u32, Refusal> {
        let per = self.size / 4;
        let missing = || damaged(format!("{what}: the table of sectors has no entry {id}"));
        let holder = *self.table.get(id as usize / per).ok_or_else(missing)?;
        let raw = self.sector(holder, "sector table")?;
        u32_at(raw, id as usize % per * 4).ok_or_else(missing)
    }

    /// The bytes of a chain up to `want`; fewer if it ends before.
    fn chain(&self, start: u32, want: u64, what: &str) -> Result<Vec<u8>, Refusal> {
        let mut out = Vec::new();
        let mut id = start;
        let mut steps = 0;
        while id != END_OF_CHAIN && (out.len() as u64) < want {
            steps += 1;
            if steps > self.count {
                return Err(damaged(format!("{what}: cyclic chain")));
            }
            let sector = self.sector(id, what)?;
            out.extend_from_slice(sector);
            if out.len() as u64 >= want {
                break;
            }
            id = self.next(id, what)?;
            if sector.len() < self.size && id != END_OF_CHAIN {
                return Err(damaged(format!(
                    "{what}: the file ends after {} bytes of it",
                    out.len()
                )));
            }
        }
        out.truncate(usize::try_from(want).unwrap_or(usize::MAX));
        Ok(out)
    }

    /// The directory: the entry of the root first.
    fn directory(&self) -> Result<Vec<Entry>, Refusal> {
        let start = u32_at(self.bytes, 48).unwrap_or(END_OF_CHAIN);
        let raw = self.chain(start, u64::MAX, "directory")?;
        let entries = raw.as_chunks::<128>().0.iter();
        Ok(entries
            .filter_map(|e| Entry::read(e, self.size == LARGE))
            .collect())
    }

    /// The root, and what lies in it itself; what is embedded lies in storages below it. The tree is walked whole, since
    /// not every writer sorts it.
    fn root(&self) -> Result<(Entry, Vec<Entry>), Refusal> {
        let mut entries: Vec<Option<Entry>> = self.directory()?.into_iter().map(Some).collect();
        let count = entries.len();
        let root = entries.first_mut().and_then(Option::take);
        let root = root.ok_or_else(|| damaged("the directory is empty"))?;
        let mut open = vec![root.links[2]];
        let mut found = Vec::new();
        while let Some(id) = open.pop() {
            if id == NONE {
                continue;
            }
            let entry = entries
                .get_mut(id as usize)
                .ok_or_else(|| damaged(format!("directory: no entry {id} among {count}")))?
                .take()
                .ok_or_else(|| damaged("directory: cyclic tree"))?;
            open.extend_from_slice(&entry.links[..2]);
            found.push(entry);
        }
        Ok((root, found))
    }

    /// The bytes of a stream; the root holds short ones.
    fn stream(&self, entry: &Entry, root: &Entry) -> Result<Vec<u8>, Refusal> {
        let what = entry.name.as_str();
        if entry.size >= MINI_CUTOFF {
            return self.chain(entry.start, entry.size, what);
        }
        let start = u32_at(self.bytes, 60).unwrap_or(END_OF_CHAIN);
        let table = self.chain(start, u64::MAX, "mini sector table")?;
        let mini = self.chain(root.start, root.size, "mini stream")?;
        let mut out = Vec::new();
        let mut id = entry.start;
        // A cycle ends with the length, which is short.
        while id != END_OF_CHAIN && (out.len() as u64) < entry.size {
            let from = (id as usize).saturating_mul(MINI);
            let sector = mini
                .get(from..from.saturating_add(MINI).min(mini.len()))
                .filter(|s| !s.is_empty())
                .ok_or_else(|| damaged(format!("{what}: mini sector {id} is missing")))?;
            out.extend_from_slice(sector);
            id = u32_at(&table, (id as usize).saturating_mul(4)).unwrap_or(END_OF_CHAIN);
        }
        out.truncate(usize::try_from(entry.size).unwrap_or(usize::MAX));
        Ok(out)
    }
}

/// Makes a container of a stream that follows room for the header. Large sectors, so that the header has room for the
/// whole table.
fn wrap(out: &mut Vec<u8>) -> Result<(), Refusal> {
    let too_large = || Refusal::TooLarge(format!("a workbook of {} bytes", out.len()));
    let length = out.len().saturating_sub(LARGE).max(LARGE);
    let sectors = length.div_ceil(LARGE);
    let per = LARGE / 4;
    let tables = (sectors + 1).div_ceil(per - 1);
    if tables > HEADER_FAT {
        return Err(too_large());
    }
    let count = u32::try_from(sectors).map_err(|_| too_large())?;
    let table_count = u32::try_from(tables).map_err(|_| too_large())?;
    out.resize(LARGE + sectors * LARGE, 0);

    let chain = (1..count).chain([END_OF_CHAIN]);
    let chain = chain.chain((0..tables).map(|_| FAT_SECTOR));
    let chain = chain.chain([END_OF_CHAIN]).chain(std::iter::repeat(NONE));
    for id in chain.take(tables * per) {
        out.extend_from_slice(&id.to_le_bytes());
    }
    let root = directory_entry("Root Entry", 5, 1, 0);
    let workbook = directory_entry("Workbook", STREAM, NONE, length as u64);
    out.extend_from_slice(&root);
    out.extend_from_slice(&workbook);
    for _ in 2..LARGE / root.len() {
        out.extend_from_slice(&directory_entry("", 0, NONE, 0));
    }

    let mut header = Vec::with_capacity(LARGE);
    header.extend_from_slice(&SIGNATURE);
    header.extend_from_slice(&[0; 16]);
    for n in [0x3E_u16, 4, 0xFFFE, 12, 6, 0, 0, 0] {
        header.extend_from_slice(&n.to_le_bytes());
    }
    let directory = count + table_count;
    // Sectors of the directory and of the table, where the directory starts, a signature, the mini cutoff, then the
    // first sector and number of the mini table and of the further table, of which there are none.
    let fields = [1, table_count, directory, 0, LARGE as u32];
    let fields = fields.into_iter().chain([END_OF_CHAIN, 0, END_OF_CHAIN, 0]);
    let fields = fields.chain(count..directory);
    for n in fields.chain(std::iter::repeat(NONE)).take(9 + HEADER_FAT) {
        header.extend_from_slice(&n.to_le_bytes());
    }
    for (to, from) in out.iter_mut().zip(header) {
        *to = from;
    }
    Ok(())
}

/// An entry of a directory; its sectors start at 0, even if it has none, since calamine takes a root without a start for an
/// empty file.
fn directory_entry(name: &str, kind: u8, child: u32, size: u64) -> [u8; 128] {
    let mut raw = Vec::with_capacity(128);
    raw.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
    let used = if name.is_empty() { 0 } else { raw.len() + 2 };
    raw.resize(64, 0);
    raw.extend_from_slice(&(used as u16).to_le_bytes());
    raw.extend_from_slice(&[kind, 1]);
    for link in [NONE, NONE, child] {
        raw.extend_from_slice(&link.to_le_bytes());
    }
    raw.resize(120, 0);
    raw.extend_from_slice(&size.to_le_bytes());
    let mut entry = [0; 128];
    for (to, from) in entry.iter_mut().zip(raw) {
        *to = from;
    }
    entry
}
