//! Record streams of .xlsb parts: types, checked lengths, numbers and texts in them. What a record means does not belong
//! here.

use std::io::{BufReader, Read, Write};

use crate::ingest::formats::extras::Refusal;
use crate::ingest::formats::package::{Part, damaged};

/// Reads records one by one; no length is taken that reaches over the part's end.
pub struct Records<R> {
    from: BufReader<R>,
    left: u64,
    path: String,
}

impl<'a, 'b> Records<Part<'a, 'b>> {
    pub fn of(part: Part<'a, 'b>, path: &str) -> Self {
        Records::new(part.size(), part, path)
    }
}

impl<R: Read> Records<R> {
    /// Reads a part of a known size.
    pub fn new(size: u64, from: R, path: &str) -> Self {
        Records {
            left: size,
            from: BufReader::with_capacity(1 << 16, from),
            path: path.to_string(),
        }
    }

    /// The type of the next record, its content in `body`; nothing at the part's end.
    pub fn next(&mut self, body: &mut Vec<u8>) -> Result<Option<u16>, Refusal> {
        body.clear();
        if self.left == 0 {
            // One more read, so that the container checks its sum.
            let more = self.from.read(&mut [0]).map_err(damaged(&self.path))?;
            return if more == 0 {
                Ok(None)
            } else {
                Err(self.broken("longer than declared"))
            };
        }
        let first = self.byte()?;
        let mut kind = u16::from(first & 0x7F);
        if first & 0x80 != 0 {
            kind |= u16::from(self.byte()? & 0x7F) << 7;
        }
        let mut size = 0u32;
        for i in 0..4 {
            let byte = self.byte()?;
            size |= u32::from(byte & 0x7F) << (7 * i);
            if byte & 0x80 == 0 {
                break;
            }
        }
        if u64::from(size) > self.left {
            return Err(self.broken("a record is longer than the rest of the part"));
        }
        self.left -= u64::from(size);
        let read = self.from.by_ref().take(u64::from(size)).read_to_end(body);
        if read.map_err(damaged(&self.path))? < size as usize {
            return Err(self.broken("shorter than declared"));
        }
        Ok(Some(kind))
    }

    /// A refusal that names the part.
    pub fn broken(&self, why: &str) -> Refusal {
        Refusal::Damaged(format!("{}: {why}", self.path))
    }

    /// A value that a record must hold.
    pub fn must<T>(&self, value: Option<T>, what: &str) -> Result<T, Refusal> {
        value.ok_or_else(|| self.broken(&format!("{what}: record too short")))
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
        let mut one = [0];
        if self.left == 0 {
            return Err(self.broken("a record is cut off"));
        }
        self.left -= 1;
        self.from
            .read_exact(&mut one)
            .map_err(damaged(&self.path))?;
        Ok(one[0])
    }
}

/// Two bytes, little-endian.
pub fn u16_at(body: &[u8], at: usize) -> Option<u16> {
    let bytes = body.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

/// Four bytes, little-endian.
pub fn u32_at(body: &[u8], at: usize) -> Option<u32> {
    let bytes = body.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// The bytes of a text with its length before it, and where it ends.
pub fn wide_bytes(body: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let from = at.checked_add(4)?;
    let size = usize::try_from(u32_at(body, at)?).ok()?.checked_mul(2)?;
    let to = from.checked_add(size)?;
    Some((body.get(from..to)?, to))
}

/// A text with its length before it, and where it ends.
pub fn wide_at(body: &[u8], at: usize) -> Option<(String, usize)> {
    let (bytes, end) = wide_bytes(body, at)?;
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|b| u16::from(b[0]) | (u16::from(b[1]) << 8))
        .collect();
    Some((String::from_utf16_lossy(&units), end))
}

/// A text as it stands in a record.
pub fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut out = (units.len() as u32).to_le_bytes().to_vec();
    out.extend(units.into_iter().flat_map(u16::to_le_bytes));
    out
}

/// Writes a record made of some pieces.
pub fn put(to: &mut impl Write, kind: u16, pieces: &[&[u8]]) -> std::io::Result<()> {
    let mut head = [0u8; 6];
    let mut used = 0;
    let mut push = |byte: u8| {
        if let Some(slot) = head.get_mut(used) {
            *slot = byte;
            used += 1;
        }
    };
    if kind < 0x80 {
        push(kind as u8);
    } else {
        push((kind & 0x7F) as u8 | 0x80);
        push((kind >> 7) as u8);
    }
    let mut size: usize = pieces.iter().map(|p| p.len()).sum();
    while size > 0x7F {
        push((size & 0x7F) as u8 | 0x80);
        size >>= 7;
    }
    push(size as u8);
    to.write_all(head.get(..used).unwrap_or_default())?;
    for piece in pieces {
        to.write_all(piece)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_were_put() {
        let mut bytes = Vec::new();
        put(&mut bytes, 7, &[b"ab", b"c"]).unwrap();
        put(&mut bytes, 0x1FF3, &[&[5; 300]]).unwrap();
        put(&mut bytes, 0x80, &[&[]]).unwrap();
        let mut records = Records::new(bytes.len() as u64, &bytes[..], "p");
        let mut body = Vec::new();
        assert_eq!(records.next(&mut body), Ok(Some(7)));
        assert_eq!(body, b"abc");
        assert_eq!(records.next(&mut body), Ok(Some(0x1FF3)));
        assert_eq!(body.len(), 300);
        assert_eq!(records.next(&mut body), Ok(Some(0x80)));
        assert_eq!(records.next(&mut body), Ok(None));
    }

    #[test]
    fn lengths_never_reach_over_the_end() {
        for bytes in [
            &[0x80][..],
            &[5],
            &[5, 0xFF, 0xFF, 0xFF, 0x7F, 1],
            &[5, 3, 1],
        ] {
            let mut records = Records::new(bytes.len() as u64, bytes, "p");
            let found = records.next(&mut Vec::new());
            assert!(matches!(found, Err(Refusal::Damaged(_))), "{bytes:?}");
        }
        // Declared longer or shorter than it is.
        assert!(
            Records::new(9, &[5u8, 3, 1][..], "p")
                .next(&mut Vec::new())
                .is_err()
        );
        let mut records = Records::new(2, &[5u8, 0, 1][..], "p");
        assert_eq!(records.next(&mut Vec::new()), Ok(Some(5)));
        assert!(records.next(&mut Vec::new()).is_err());
    }

    #[test]
    fn texts() {
        let bytes = wide("中a");
        assert_eq!(wide_at(&bytes, 0), Some(("中a".to_string(), 8)));
        assert_eq!(wide_at(&bytes[..7], 0), None);
        assert_eq!(wide_at(&[0xFF; 8], 0), None);
        assert_eq!(u16_at(&[1], usize::MAX), None);
    }
}
