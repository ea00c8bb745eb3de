//! Records of an .xls workbook stream, read within bounds and written anew, and the texts in them. What a record means to
//! a workbook or a sheet does not belong here.

use super::{Refusal, damaged, too_large, u16_at};

/// Longest record.
pub(super) const MAX_RECORD: usize = 0xFFFF;
pub(super) const BOF: u16 = 0x0809;
pub(super) const EOF: u16 = 0x000A;
pub(super) const CONTINUE: u16 = 0x003C;

/// One record: its kind, its data, and where it begins.
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) data: &'a [u8],
    at: usize,
}

impl Record<'_> {
    /// The refusal of a record that does not hold what it must.
    pub(super) fn bad(&self) -> Refusal {
        let (kind, at) = (self.kind, self.at);
        damaged(format!("record {kind:#06x} at byte {at} is wrong"))
    }
}

/// Records up to the end of a part of the stream.
pub(super) struct Records<'a> {
    pub(super) part: &'a [u8],
    pub(super) at: usize,
    /// What the part is, for messages.
    pub(super) place: String,
}

impl<'a> Records<'a> {
    /// The next record. In a whole file the end of the part is never met, for an EOF record stands before it.
    pub(super) fn next(&mut self) -> Result<Record<'a>, Refusal> {
        let cut = || {
            let (place, at) = (&self.place, self.at);
            damaged(format!("{place}: cut off at byte {at}, no end record"))
        };
        let kind = u16_at(self.part, self.at).ok_or_else(cut)?;
        let length = u16_at(self.part, self.at.saturating_add(2)).ok_or_else(cut)?;
        let from = self.at.saturating_add(4);
        let to = from.saturating_add(usize::from(length));
        let data = self.part.get(from..to).ok_or_else(cut)?;
        let at = std::mem::replace(&mut self.at, to);
        Ok(Record { kind, data, at })
    }

    /// A record's data with that of the CONTINUE records after it. An empty one is refused: calamine panics at it.
    pub(super) fn continued(&mut self, record: &Record<'a>) -> Result<Pieces<'a>, Refusal> {
        let mut parts = Vec::new();
        while u16_at(self.part, self.at) == Some(CONTINUE) {
            let more = self.next()?;
            if more.data.is_empty() {
                return Err(damaged(format!(
                    "empty CONTINUE record at byte {}",
                    more.at
                )));
            }
            parts.push(more.data);
        }
        Ok(Pieces {
            rest: record.data,
            more: parts.into_iter(),
        })
    }
}

/// Data that runs on through CONTINUE records.
pub(super) struct Pieces<'a> {
    rest: &'a [u8],
    more: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> Pieces<'a> {
    /// Data in one piece.
    pub(super) fn one(data: &'a [u8]) -> Pieces<'a> {
        Pieces {
            rest: data,
            more: Vec::new().into_iter(),
        }
    }

    /// Goes on to the next piece if this one is used up; whether there is anything left.
    pub(super) fn is_open(&mut self) -> bool {
        while self.rest.is_empty() {
            match self.more.next() {
                Some(piece) => self.rest = piece,
                None => return false,
            }
        }
        true
    }

    /// The next byte.
    pub(super) fn byte(&mut self) -> Option<u8> {
        self.is_open();
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// A number of so many bytes, four at most.
    pub(super) fn number(&mut self, bytes: u32) -> Option<u32> {
        (0..bytes).try_fold(0, |n, i| Some(n | u32::from(self.byte()?) << (8 * i)))
    }

    /// As many bytes as there are, up to a count.
    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map_while(|_| self.byte()).collect()
    }

    fn skip(&mut self, mut count: u64) -> bool {
        while count > 0 {
            if !self.is_open() {
                return false;
            }
            let n = usize::try_from(count).unwrap_or(usize::MAX);
            let n = n.min(self.rest.len());
            self.rest = self.rest.get(n..).unwrap_or_default();
            count -= n as u64;
        }
        true
    }

    /// UTF-16 units of a text; each further piece says anew whether they have one byte or two. Whether all were there.
    pub(super) fn units(&mut self, count: usize, wide: bool, into: &mut Vec<u16>) -> bool {
        let (mut left, mut wide) = (count, wide);
        loop {
            let n = left.min(self.rest.len() / if wide { 2 } else { 1 });
            let size = if wide { 2 * n } else { n };
            let (here, later) = self.rest.split_at_checked(size).unwrap_or_default();
            if wide {
                let pairs = here.as_chunks::<2>().0.iter();
                into.extend(pairs.map(|c| u16::from_le_bytes(*c)));
            } else {
                into.extend(here.iter().map(|b| u16::from(*b)));
            }
            left -= n;
            if left == 0 {
                self.rest = later;
                return true;
            }
            // An odd byte before the end of a piece is no character.
            self.rest = &[];
            match self.byte() {
                Some(flags) => wide = flags & 1 != 0,
                None => return false,
            }
        }
    }

    /// One shared text, without its fonts and its phonetic guide; false if it breaks off.
    pub(super) fn shared_text(&mut self, units: &mut Vec<u16>) -> bool {
        let (Some(count), Some(flags)) = (self.number(2), self.byte()) else {
            return false;
        };
        let mut field = |flag, bytes| match flags & flag {
            0 => Some(0),
            _ => self.number(bytes),
        };
        let (Some(runs), Some(phonetic)) = (field(8, 2), field(4, 4)) else {
            return false;
        };
        self.units(count as usize, flags & 1 != 0, units)
            && self.skip(4 * u64::from(runs) + u64::from(phonetic))
    }
}

/// Bytes of a text in UTF-8.
pub(super) fn utf8_len(units: &[u16]) -> u64 {
    let bytes = units.iter().map(|u| match u {
        0..0x80 => 1,
        0x80..0x800 => 2,
        _ => 3,
    });
    bytes.sum()
}

/// Writes records behind what a buffer holds already.
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    base: usize,
    pub(super) biff8: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Writer<'a> {
        let base = out.len();
        Writer {
            out,
            base,
            biff8: true,
        }
    }

    /// Bytes written so far.
    pub(super) fn at(&self) -> usize {
        self.out.len() - self.base
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Overwrites bytes.
    pub(super) fn patch(&mut self, at: usize, bytes: &[u8]) {
        let old = self.out.iter_mut().skip(self.base.saturating_add(at));
        old.zip(bytes).for_each(|(to, from)| *to = *from);
    }

    /// Begins a record; gives the place of its data.
    pub(super) fn begin(&mut self, kind: u16) -> usize {
        self.bytes(&kind.to_le_bytes());
        self.bytes(&[0, 0]);
        self.at()
    }

    /// Ends the record whose data begins at a place.
    pub(super) fn end(&mut self, from: usize) -> Result<(), Refusal> {
        let length = self.at().saturating_sub(from);
        let short = u16::try_from(length);
        let short = short.map_err(|_| too_large(length, "bytes in one text", MAX_RECORD))?;
        self.patch(from.saturating_sub(2), &short.to_le_bytes());
        Ok(())
    }

    /// Writes a whole record.
    pub(super) fn put(&mut self, kind: u16, data: &[&[u8]]) -> Result<(), Refusal> {
        let from = self.begin(kind);
        data.iter().for_each(|part| self.bytes(part));
        self.end(from)
    }

    /// Writes units of a text in one byte each or two.
    fn units(&mut self, units: &[u16], wide: bool) {
        for unit in units {
            let [low, high] = unit.to_le_bytes();
            self.out.push(low);
            if wide {
                self.out.push(high);
            }
        }
    }

    /// Writes a BIFF8 text whose length has two bytes, or one.
    pub(super) fn text(&mut self, units: &[u16], short: bool) {
        let wide = units.iter().any(|u| *u > 0xFF);
        let count = (units.len() as u16).to_le_bytes();
        self.bytes(if short { &count[..1] } else { &count });
        self.out.push(u8::from(wide));
        self.units(units, wide);
    }

    /// Writes a shared text behind others in the record whose data begins at `from`, or in further records; gives the place
    /// of the last one's data. Records are as long as can be, for calamine takes each off the front of a list.
    pub(super) fn shared_text(&mut self, from: usize, units: &[u16]) -> Result<usize, Refusal> {
        let mut from = from;
        let wide = units.iter().any(|u| *u > 0xFF);
        let width = if wide { 2 } else { 1 };
        let left = |at: usize, from: usize| MAX_RECORD.saturating_sub(at - from);
        if left(self.at(), from) < 3 + width * units.len() {
            self.end(from)?;
            from = self.begin(CONTINUE);
        }
        self.bytes(&(units.len() as u16).to_le_bytes());
        self.out.push(u8::from(wide));
        let mut rest = units;
        loop {
            let room = left(self.at(), from) / width;
            // Surrogates of one character stay together.
            let last = room.saturating_sub(1);
            let splits = room < rest.len() && matches!(rest.get(last), Some(0xD800..0xDC00));
            let n = if splits { last } else { room };
            let (now, later) = rest.split_at_checked(n).unwrap_or((rest, &[]));
            self.units(now, wide);
            rest = later;
            if rest.is_empty() {
                return Ok(from);
            }
            self.end(from)?;
            from = self.begin(CONTINUE);
            self.out.push(u8::from(wide));
        }
    }

    /// Copies a text whose length has two bytes; gives its units if it is of BIFF8, and its bytes in UTF-8 at most.
    pub(super) fn copy_text(&mut self, data: &mut Pieces<'_>) -> (Vec<u16>, u64) {
        let count = data.number(2).unwrap_or(0) as usize;
        let mut units = Vec::new();
        if self.biff8 {
            let wide = data.byte().unwrap_or(0) & 1 != 0;
            data.units(count, wide, &mut units);
            self.text(&units, false);
            let length = utf8_len(&units);
            return (units, length);
        }
        let bytes = data.bytes(count);
        self.bytes(&(bytes.len() as u16).to_le_bytes());
        self.bytes(&bytes);
        (units, 3 * bytes.len() as u64)
    }
}
