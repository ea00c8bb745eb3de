//! Tags and attributes of XML in its plainest form: no prefixes where it matters, no comments, no `>` in attributes. What
//! elements mean does not belong here.

use std::hash::{Hash, Hasher};

use memchr::memchr;

/// Why a piece was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// It does not end in what has been read so far.
    More,
    /// It is not plain; what is odd about it.
    Odd(&'static str),
}

pub(super) type Taken<T> = Result<T, Halt>;

/// A place in what has been read. A copy of it is a place to come back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

impl<'a> Cursor<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Cursor<'a> {
        Cursor { rest }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Passes white space up to a tag.
    #[inline]
    pub(super) fn blank(&mut self) -> Taken<()> {
        while let Some((first, rest)) = self.rest.split_first() {
            match first {
                b'<' => return Ok(()),
                first if is_blank(*first) => self.rest = rest,
                _ => return Err(Halt::Odd("text between elements")),
            }
        }
        Err(Halt::More)
    }

    /// Passes a text if it stands here.
    #[inline]
    pub(super) fn literal<const N: usize>(&mut self, text: &[u8; N]) -> Taken<bool> {
        if let Some((first, rest)) = self.rest.split_first_chunk::<N>() {
            if first == text {
                self.rest = rest;
                return Ok(true);
            }
            Ok(false)
        } else if text.starts_with(self.rest) {
            Err(Halt::More)
        } else {
            Ok(false)
        }
    }

    /// Passes a text if it stands here whole.
    #[inline]
    pub(super) fn at_once<const N: usize>(&mut self, text: &[u8; N]) -> bool {
        match self.rest.split_first_chunk::<N>() {
            Some((first, rest)) if first == text => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Passes a text that must stand here.
    #[inline]
    pub(super) fn expect<const N: usize>(&mut self, text: &[u8; N]) -> Taken<()> {
        if self.literal(text)? {
            Ok(())
        } else {
            Err(Halt::Odd("unexpected element"))
        }
    }

    /// What stands before the next tag.
    #[inline]
    pub(super) fn text(&mut self) -> Taken<Raw<'a>> {
        let mut classes = 0;
        let mut passed = 0;
        let mut ahead = self.rest;
        // Eight bytes at a time.
        while let Some((eight, behind)) = ahead.split_first_chunk::<8>() {
            let word = u64::from_le_bytes(*eight);
            let tag = has(word, b'<');
            // The bits of what stands before the first tag.
            let before = (tag & tag.wrapping_neg()).wrapping_sub(1);
            if (has(word, b'&') | has(word, b'\r')) & before != 0 {
                classes |= CODED;
            }
            if has(word, b'_') & before != 0 {
                classes |= ESCAPED;
            }
            if tag != 0 {
                let at = passed + tag.trailing_zeros() as usize / 8;
                let (bytes, rest) = self.rest.split_at_checked(at).ok_or(Halt::More)?;
                let from = std::mem::replace(&mut self.rest, rest);
                return Ok(Raw {
                    bytes,
                    from,
                    classes,
                });
            }
            passed += 8;
            ahead = behind;
        }
        for (at, byte) in ahead.iter().enumerate() {
            let class = CLASSES[usize::from(*byte)];
            if class == TAG {
                let (bytes, rest) = self.rest.split_at_checked(passed + at).ok_or(Halt::More)?;
                let from = std::mem::replace(&mut self.rest, rest);
                return Ok(Raw {
                    bytes,
                    from,
                    classes,
                });
            }
            classes |= class;
        }
        Err(Halt::More)
    }

    /// What is left, and a way to go on from there.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The rest of a tag, without its `>`.
    #[inline]
    pub(super) fn tag_rest(&mut self) -> Taken<&'a [u8]> {
        let at = memchr(b'>', self.rest).ok_or(Halt::More)?;
        let (tag, rest) = self.rest.split_at_checked(at).ok_or(Halt::More)?;
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(tag)
    }

    /// The rest of a tag as attributes, and whether its element is empty.
    pub(super) fn attributes_left(&mut self) -> Taken<(&'a [u8], bool)> {
        let body = self.tag_rest()?;
        Ok(match body.split_last() {
            Some((b'/', attributes)) => (attributes, true),
            _ => (body, false),
        })
    }

    /// A whole tag with all its attributes looked at.
    pub(super) fn tag(&mut self) -> Taken<Tag<'a>> {
        self.expect(b"<")?;
        let body = self.tag_rest()?;
        if !body.is_ascii() && std::str::from_utf8(body).is_err() {
            return Err(Halt::Odd("encoding"));
        }
        let (kind, body) = if let Some(body) = body.strip_prefix(b"/") {
            (Kind::Close, body)
        } else if let Some(body) = body.strip_suffix(b"/") {
            (Kind::Empty, body)
        } else {
            (Kind::Open, body)
        };
        let length = body.iter().position(|b| !is_name(*b));
        let (name, attributes) = body.split_at(length.unwrap_or(body.len()));
        if !name.first().is_some_and(u8::is_ascii_alphabetic) {
            return Err(Halt::Odd("no element"));
        }
        if kind == Kind::Close && !attributes.is_empty() {
            return Err(Halt::Odd("end tag"));
        }
        for attribute in Attributes::new(attributes) {
            attribute?;
        }
        Ok(Tag {
            name,
            kind,
            attributes,
        })
    }

    /// What may stand before the first element: a mark of the encoding and a declaration that says no other.
    pub(super) fn declaration(&mut self) -> Taken<()> {
        self.literal(b"\xEF\xBB\xBF")?;
        if !self.literal(b"<?xml")? {
            return Ok(());
        }
        let odd = Halt::Odd("declaration");
        let body = self.tag_rest()?.strip_suffix(b"?").ok_or(odd)?;
        for attribute in Attributes::new(body) {
            let (name, value) = attribute?;
            let plain = match name {
                b"version" => value == b"1.0",
                b"encoding" => value.eq_ignore_ascii_case(b"utf-8"),
                b"standalone" => value == b"yes" || value == b"no",
                _ => false,
            };
            if !plain {
                return Err(odd);
            }
        }
        Ok(())
    }
}

/// A text as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    pub(super) bytes: &'a [u8],
    /// The same with what follows.
    from: &'a [u8],
    /// Of what kinds its bytes are.
    classes: u8,
}

impl Raw<'_> {
    pub(super) const EMPTY: Raw<'static> = Raw {
        bytes: b"",
        from: b"",
        classes: 0,
    };

    /// What tells it apart from other short texts; nothing for a long one, and close to the end of what is read.
    #[inline]
    pub(super) fn key(&self) -> Option<Key> {
        let length = self.bytes.len();
        let (here, _) = self.from.split_first_chunk::<{ Key::LONGEST }>()?;
        let (first, here) = here.split_first_chunk::<8>()?;
        let (second, here) = here.split_first_chunk::<8>()?;
        let (third, here) = here.split_first_chunk::<8>()?;
        let fourth = here.first_chunk::<8>()?;
        let word = |bytes: &[u8; 8], before: usize| {
            let own = length.saturating_sub(before).min(8);
            u64::from_le_bytes(*bytes) & LOWEST[own]
        };
        (length <= Key::LONGEST).then(|| Key {
            words: (
                word(first, 0),
                word(second, 8),
                word(third, 16),
                word(fourth, 24),
            ),
            length,
        })
    }

    /// Whether entities or ends of lines may stand in it.
    pub(super) fn is_coded(&self) -> bool {
        self.classes & CODED != 0
    }

    /// Whether the escapes of spreadsheet programs may stand in it.
    pub(super) fn is_escaped(&self) -> bool {
        self.classes & (CODED | ESCAPED) != 0
    }
}

/// So many bytes of eight, the first of them.
static LOWEST: [u64; 9] = {
    let mut masks = [u64::MAX; 9];
    let mut bytes = 0;
    while bytes < 8 {
        masks[bytes] = (1 << (8 * bytes)) - 1;
        bytes += 1;
    }
    masks
};

/// A short text as numbers, which are compared and hashed in less time than bytes.
#[derive(Debug, Clone, Copy, Eq)]
pub(super) struct Key {
    words: (u64, u64, u64, u64),
    length: usize,
}

impl Key {
    /// Bytes of the longest.
    const LONGEST: usize = 32;
}

impl PartialEq for Key {
    #[inline]
    fn eq(&self, other: &Key) -> bool {
        let (a, b) = (self.words, other.words);
        let differs = (a.0 ^ b.0) | (a.1 ^ b.1) | (a.2 ^ b.2) | (a.3 ^ b.3);
        differs == 0 && self.length == other.length
    }
}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Where the words end says the length, but for zeros at the end.
        let (a, b, c, d) = self.words;
        state.write_u64(a ^ c.rotate_left(29));
        state.write_u64(b ^ d.rotate_left(29));
    }
}

const TAG: u8 = 1;
const CODED: u8 = 2;
const ESCAPED: u8 = 4;

/// The kinds of bytes that texts are looked through for.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    classes[b'<' as usize] = TAG;
    classes[b'&' as usize] = CODED;
    classes[b'\r' as usize] = CODED;
    classes[b'_' as usize] = ESCAPED;
    classes
};

/// Bits where eight bytes are this one; the lowest is sure, so are all while none is.
#[inline]
fn has(word: u64, byte: u8) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let zero_where_equal = word ^ u64::from_le_bytes([byte; 8]);
    zero_where_equal.wrapping_sub(ONES) & !zero_where_equal & HIGHS
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    Empty,
}

/// A tag; its attributes are well formed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a [u8],
    pub(super) kind: Kind,
    attributes: &'a [u8],
}

impl<'a> Tag<'a> {
    /// The value of an attribute.
    ///
    /// # Errors
    /// When it is there twice.
    pub(super) fn attribute(&self, wanted: &[u8]) -> Taken<Option<&'a [u8]>> {
        let mut found = None;
        for attribute in Attributes::new(self.attributes) {
            let (name, value) = attribute?;
            if name == wanted {
                once(&mut found, value)?;
            }
        }
        Ok(found)
    }
}

/// Keeps the value of an attribute that may stand only once.
#[inline]
pub(super) fn once<'a>(slot: &mut Option<&'a [u8]>, value: &'a [u8]) -> Taken<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Halt::Odd("attribute twice")),
    }
}

/// The attributes of a tag: names and values as they are written.
pub(super) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Attributes<'a> {
        Attributes { rest }
    }

    #[inline]
    fn take(&mut self) -> Taken<Option<(&'a [u8], &'a [u8])>> {
        let odd = Halt::Odd("attribute");
        let mut rest = match self.rest.split_first() {
            None => return Ok(None),
            Some((first, rest)) if is_blank(*first) => rest,
            Some(_) => return Err(odd),
        };
        while let Some((first, after)) = rest.split_first()
            && is_blank(*first)
        {
            rest = after;
        }
        if rest.is_empty() {
            self.rest = rest;
            return Ok(None);
        }
        let length = rest.iter().position(|b| !is_name(*b)).ok_or(odd)?;
        let (name, after) = rest.split_at_checked(length).ok_or(odd)?;
        let (quote, value) = match after {
            [b'=', quote @ (b'"' | b'\''), value @ ..] => (*quote, value),
            _ => return Err(odd),
        };
        let length = value.iter().position(|b| *b == quote).ok_or(odd)?;
        let (value, after) = value.split_at_checked(length).ok_or(odd)?;
        if name.is_empty() {
            return Err(odd);
        }
        self.rest = after.get(1..).unwrap_or_default();
        Ok(Some((name, value)))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Taken<(&'a [u8], &'a [u8])>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.take().transpose()
    }
}
