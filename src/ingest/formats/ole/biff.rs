//! The workbook stream as a whole: its code page, formats, shared texts and list of sheets. It is written anew with only
//! those records that calamine needs, each one checked. So that reader, which indexes, reserves and clones by what a record
//! claims, never meets a record of the file itself: names, drawings and macros are left out, and `sheet` puts results in
//! place of formulas. The container round the stream does not belong here.

use std::collections::BTreeMap;

use super::super::extras::shows_percent;
use super::records::{BOF, EOF, Pieces, Record, Records, Writer, utf8_len};
use super::sheet::Sheets;
use super::{Limits, Refusal, SheetExtras, damaged, too_large, u16_at, u32_at};

pub(super) const BIFF5: u16 = 0x0500;
pub(super) const BIFF8: u16 = 0x0600;
const FILEPASS: u16 = 0x002F;
const CODEPAGE: u16 = 0x0042;
const DATEMODE: u16 = 0x0022;
const FORMAT: u16 = 0x041E;
const XF: u16 = 0x00E0;
const BOUNDSHEET: u16 = 0x0085;
const SST: u16 = 0x00FC;
const SUPBOOK: u16 = 0x01AE;
const EXTERNSHEET: u16 = 0x0017;
const OBPROJ: u16 = 0x00D3;
const XL9FILE: u16 = 0x01C0;

/// Code pages of byte strings that calamine decodes: those of the crate `codepage` without UTF-16, and without those that
/// it knows by name only.
const KNOWN_PAGES: [u16; 47] = [
    65001, 1252, 1251, 936, 932, 949, 1250, 1256, 1254, 950, 874, 1255, 1253, 1257, 1258, 20932,
    28592, 28605, 28597, 20866, 54936, 28595, 38598, 28594, 28596, 50221, 21866, 28603, 28593, 866,
    28600, 28598, 10000, 10017, 28604, 28606, 951, 10007, 20936, 20949, 28591, 28599, 28601, 50220,
    50222, 51936, 51949,
];
/// Code pages whose characters have one byte.
const SINGLE_BYTE: std::ops::RangeInclusive<u16> = 1250..=1258;
/// The code page of simplified Chinese.
const GBK: u16 = 936;
const UTF_16: u16 = 1200;

/// What the stream told.
pub(super) struct Book {
    pub(super) biff8: bool,
    pub(super) codepage: Option<u16>,
    pub(super) sheets: Vec<SheetExtras>,
    pub(super) other_sheets: Vec<String>,
    pub(super) macros: bool,
    pub(super) links: bool,
}

impl Book {
    /// The code page that calamine must be told, and whether it was assumed. It takes the file's own for BIFF8 too, where
    /// texts are always UTF-16, and fails at one it does not know.
    pub(super) fn force_codepage(&self) -> (Option<u16>, bool) {
        let known = self.codepage.is_some_and(|p| KNOWN_PAGES.contains(&p));
        match (self.biff8, known) {
            (true, _) => (Some(UTF_16), false),
            (false, true) => (None, false),
            (false, false) => (Some(GBK), true),
        }
    }
}

/// Reads a workbook stream and adds the clean one to `out`.
pub(super) fn clean(stream: &[u8], limits: &Limits, out: &mut Vec<u8>) -> Result<Book, Refusal> {
    let mut globals = Globals {
        stream,
        limits,
        out: Writer::new(out),
        codepage: None,
        xlwt: false,
        formats: BTreeMap::new(),
        xfs: Vec::new(),
        strings: Vec::new(),
        bounds: Vec::new(),
        macros: false,
        links: false,
    };
    globals.read()?;
    globals.worksheets()
}

/// A sheet as BOUNDSHEET names it.
struct Bound {
    /// Its first record in the stream, if there is one.
    at: Option<usize>,
    name: String,
    worksheet: bool,
    /// Where its place is written in the clean stream.
    patch: usize,
}

struct Globals<'a> {
    stream: &'a [u8],
    limits: &'a Limits,
    out: Writer<'a>,
    codepage: Option<u16>,
    /// Perhaps written by the library xlwt: its beginning is that of LibreOffice, which has an XL9FILE record too.
    xlwt: bool,
    /// Whether a custom format shows percent.
    formats: BTreeMap<u16, bool>,
    /// The format of each style.
    xfs: Vec<u16>,
    /// Bytes of each shared text in UTF-8.
    strings: Vec<u64>,
    bounds: Vec<Bound>,
    macros: bool,
    links: bool,
}

impl<'a> Globals<'a> {
    fn read(&mut self) -> Result<(), Refusal> {
        let mut records = Records {
            part: self.stream,
            at: 0,
            place: "workbook".into(),
        };
        self.first(&records.next()?)?;
        loop {
            let record = records.next()?;
            let data = record.data;
            match record.kind {
                EOF => break,
                FILEPASS => return Err(Refusal::Password),
                CODEPAGE => {
                    let page = u16_at(data, 0).ok_or_else(|| record.bad())?;
                    self.codepage = Some(page);
                    if KNOWN_PAGES.contains(&page) {
                        self.out.put(CODEPAGE, &[&page.to_le_bytes()])?;
                    }
                }
                DATEMODE => {
                    let mode = data.get(..2).ok_or_else(|| record.bad())?;
                    self.out.put(DATEMODE, &[mode])?;
                }
                FORMAT => self.format(&record)?,
                XF => {
                    let format = u16_at(data, 2).ok_or_else(|| record.bad())?;
                    self.xfs.push(format);
                    self.out.put(XF, &[data])?;
                }
                BOUNDSHEET => self.bound(&record)?,
                SST => self.shared(&record, records.continued(&record)?)?,
                // A link to the workbook itself, to add-in functions or to nothing has no path.
                SUPBOOK => {
                    let path = u16_at(data, 2).unwrap_or(0);
                    let nothing = path == 1 && data.get(5) == Some(&b' ');
                    self.links |= !matches!(path, 0 | 0x0401 | 0x3A01) && !nothing;
                }
                EXTERNSHEET if !self.out.biff8 => {
                    let path = data.get(1) == Some(&1);
                    self.links |= path && data.get(2).is_some_and(|c| *c != b':');
                }
                OBPROJ => self.macros = true,
                XL9FILE => self.xlwt = false,
                _ => {}
            }
        }
        self.out.put(EOF, &[])
    }

    /// The record that a workbook begins with.
    fn first(&mut self, record: &Record<'_>) -> Result<(), Refusal> {
        let old = || Refusal::NotWorkbook("a workbook older than Excel 5".into());
        match record.kind {
            BOF => {}
            0x0009 | 0x0209 | 0x0409 => return Err(old()),
            _ => return Err(damaged("workbook: no BOF record at its start")),
        }
        let version = u16_at(record.data, 0).ok_or_else(|| record.bad())?;
        // Versions that there are not are taken as calamine takes them.
        self.out.biff8 = match version {
            2 | 7 | 0x0200 | 0x0300 | 0x0400 => return Err(old()),
            BIFF5 => false,
            0 => u16_at(record.data, 2) != Some(0x1000),
            _ => true,
        };
        let build = record.data.get(4..12);
        self.xlwt = build == Some(&[0xBB, 0x0D, 0xCC, 0x07, 0, 0, 0, 0]);
        put_bof(&mut self.out, 0x0005)
    }

    fn format(&mut self, record: &Record<'_>) -> Result<(), Refusal> {
        let id = u16_at(record.data, 0).ok_or_else(|| record.bad())?;
        let mut data = Pieces::one(record.data.get(2..).unwrap_or_default());
        let from = self.out.begin(FORMAT);
        self.out.bytes(&id.to_le_bytes());
        let percent = if self.out.biff8 {
            let (units, _) = self.out.copy_text(&mut data);
            let chars = units.into_iter().map(u32::from).map(char::from_u32);
            shows_percent(chars.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)))
        } else {
            // The length has one byte here, but calamine expects two.
            let length = data.byte().unwrap_or(0);
            let code = data.bytes(usize::from(length));
            self.out.bytes(&(code.len() as u16).to_le_bytes());
            self.out.bytes(&code);
            // The second byte of a character may look like an escape.
            let page = self.codepage.unwrap_or(GBK);
            let pairs = !SINGLE_BYTE.contains(&page);
            let mut second = false;
            shows_percent(code.into_iter().map(|b| {
                let first = pairs && !second && b > 0x80;
                let part = std::mem::replace(&mut second, first) || first;
                match part {
                    true => char::REPLACEMENT_CHARACTER,
                    false => char::from(b),
                }
            }))
        };
        self.formats.insert(id, percent);
        self.out.end(from)
    }

    fn bound(&mut self, record: &Record<'_>) -> Result<(), Refusal> {
        let bad = || record.bad();
        let at = u32_at(record.data, 0).ok_or_else(bad)? as usize;
        let (Some(state), Some(kind)) = (record.data.get(4), record.data.get(5)) else {
            return Err(bad());
        };
        let mut data = Pieces::one(record.data.get(6..).unwrap_or_default());
        let count = usize::from(data.byte().ok_or_else(bad)?);
        let mut units = Vec::new();
        let mut bytes = Vec::new();
        if self.out.biff8 {
            let wide = data.byte().ok_or_else(bad)? & 1 != 0;
            data.units(count, wide, &mut units);
            units.retain(|u| *u != 0);
        } else {
            bytes = data.bytes(count);
            bytes.retain(|b| *b != 0);
            let ascii = |b: &u8| if b.is_ascii() { u16::from(*b) } else { 0xFFFD };
            units.extend(bytes.iter().map(ascii));
        }
        let begins = u16_at(self.stream, at) == Some(BOF);
        // A chart or a macro sheet may say so at its beginning only.
        let of = u16_at(self.stream, at.saturating_add(6));
        let worksheet = *kind == 0 && !(begins && matches!(of, Some(0x0020 | 0x0040)));
        self.macros |= *kind == 1;
        let number = self.bounds.len() + 1;
        if number > self.limits.sheets {
            return Err(too_large(number, "sheets", self.limits.sheets));
        }
        let from = self.out.at() + 4;
        if worksheet {
            if !begins {
                let why = format!("sheet {number}: missing, none begins at byte {at}");
                return Err(damaged(why));
            }
            self.out.begin(BOUNDSHEET);
            // There are only three states: shown, hidden, hidden from the menu too.
            let state = if state & 3 == 3 { 1 } else { state & 3 };
            self.out.bytes(&[0, 0, 0, 0, state, 0]);
            if self.out.biff8 {
                self.out.text(&units, true);
            } else {
                self.out.bytes(&[bytes.len() as u8]);
                self.out.bytes(&bytes);
            }
            self.out.end(from)?;
        }
        self.bounds.push(Bound {
            at: begins.then_some(at),
            name: String::from_utf16_lossy(&units),
            worksheet,
            patch: from,
        });
        Ok(())
    }

    /// Writes the shared texts anew, in few records and without their fonts.
    fn shared(&mut self, record: &Record<'_>, mut data: Pieces<'_>) -> Result<(), Refusal> {
        data.number(4).ok_or_else(|| record.bad())?;
        let count = data.number(4).ok_or_else(|| record.bad())?;
        let most = self.limits.box_cells;
        let mut strings = Vec::new();
        let mut units = Vec::new();
        let first = self.out.begin(SST);
        let mut from = first;
        self.out.bytes(&[0; 8]);
        while data.is_open() {
            let read = strings.len() as u64;
            if read >= most {
                return Err(too_large(format!("over {most}"), "shared texts", most));
            }
            units.clear();
            if !data.shared_text(&mut units) {
                if read >= u64::from(count) {
                    // What follows the last text is none.
                    break;
                }
                let why = format!("shared texts: cut off after {read} of {count}");
                return Err(damaged(why));
            }
            from = self.out.shared_text(from, &units)?;
            strings.push(utf8_len(&units));
        }
        self.out.end(from)?;
        let count = (strings.len() as u32).to_le_bytes();
        self.out.patch(first, &count);
        self.out.patch(first + 4, &count);
        self.strings = strings;
        Ok(())
    }

    /// Reads the worksheets, each up to where the next sheet begins, so that no record is read twice.
    fn worksheets(mut self) -> Result<Book, Refusal> {
        let bounds = std::mem::take(&mut self.bounds);
        let mut starts: Vec<usize> = bounds.iter().filter_map(|b| b.at).collect();
        starts.sort_unstable();
        let percent = self.xfs.iter().map(|id| {
            let builtin = matches!(id, 9 | 10);
            self.formats.get(id).copied().unwrap_or(builtin)
        });
        let percent = percent.collect();
        let mut sheets = Sheets::new(self.limits, percent, self.strings, self.xlwt);
        let mut other_sheets = Vec::new();
        for (i, bound) in bounds.into_iter().enumerate() {
            let (true, Some(at)) = (bound.worksheet, bound.at) else {
                other_sheets.push(bound.name);
                continue;
            };
            let place = format!("sheet {}", i + 1);
            let before = starts.partition_point(|s| *s < at);
            let after = starts.partition_point(|s| *s <= at);
            if after - before > 1 {
                return Err(damaged(format!("{place}: the same as another sheet")));
            }
            // calamine finds sheets by name. One of BIFF5 that is not ASCII is not known here.
            if !bound.name.contains('\u{FFFD}') && sheets.has(&bound.name) {
                return Err(damaged(format!("{place}: a second one of its name")));
            }
            let end = starts.get(after).copied().unwrap_or(usize::MAX);
            let end = end.min(self.stream.len());
            let records = Records {
                part: self.stream.get(..end).unwrap_or_default(),
                at,
                place,
            };
            let offset = u32::try_from(self.out.at());
            let offset = offset.map_err(|_| too_large(self.out.at(), "bytes", u32::MAX))?;
            self.out.patch(bound.patch, &offset.to_le_bytes());
            put_bof(&mut self.out, 0x0010)?;
            sheets.read(records, bound.name, &mut self.out)?;
            self.out.put(EOF, &[])?;
        }
        let sheets = sheets.finish(&mut self.out);
        if sheets.is_empty() && other_sheets.is_empty() {
            return Err(damaged("workbook: no sheets"));
        }
        Ok(Book {
            biff8: self.out.biff8,
            codepage: self.codepage,
            sheets,
            other_sheets,
            macros: self.macros,
            links: self.links,
        })
    }
}

/// Begins a workbook or a sheet.
fn put_bof(out: &mut Writer<'_>, kind: u16) -> Result<(), Refusal> {
    let version = if out.biff8 { BIFF8 } else { BIFF5 };
    let rest = [0; 12];
    out.put(BOF, &[&version.to_le_bytes(), &kind.to_le_bytes(), &rest])
}
