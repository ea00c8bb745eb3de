//! What texts of cells mean: entities, ends of lines, white space, the escapes of spreadsheet programs, runs of rich text.

use memchr::{memchr, memchr2};

use super::scan::{Cursor, Halt, Kind, Raw, Taken, is_blank};

/// White space at both ends of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Kept,
    Trimmed,
}

/// `_x000D_` and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    Kept,
    Read,
}

/// Room for what is not in the file as it is meant.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    decoded: String,
    unescaped: String,
    joined: String,
}

const ODD_TEXT: Halt = Halt::Odd("text");

/// A text without tags, as it is meant.
#[inline]
pub(super) fn text<'a>(
    raw: Raw<'a>,
    space: Space,
    escapes: Escapes,
    scratch: &'a mut Scratch,
) -> Taken<&'a str> {
    let mut text = std::str::from_utf8(raw.bytes).map_err(|_| Halt::Odd("encoding"))?;
    if raw.is_coded() {
        decode(text, &mut scratch.decoded)?;
        text = &scratch.decoded;
    }
    if space == Space::Trimmed {
        text = trimmed(text);
    }
    if escapes == Escapes::Read && raw.is_escaped() {
        text = unescape(text, &mut scratch.unescaped);
    }
    Ok(text)
}

#[inline]
fn trimmed(text: &str) -> &str {
    let is_blank_at = |byte: Option<&u8>| byte.is_some_and(|byte| is_blank(*byte));
    let bytes = text.as_bytes();
    if is_blank_at(bytes.first()) || is_blank_at(bytes.last()) {
        text.trim_matches([' ', '\t', '\r', '\n'])
    } else {
        text
    }
}

/// Reads entities and makes every end of a line the same.
fn decode(text: &str, out: &mut String) -> Taken<()> {
    out.clear();
    let mut rest = text;
    while let Some(at) = memchr2(b'&', b'\r', rest.as_bytes()) {
        let (before, from) = rest.split_at_checked(at).ok_or(ODD_TEXT)?;
        out.push_str(before);
        if let Some(after) = from.strip_prefix('\r') {
            out.push('\n');
            rest = after.strip_prefix('\n').unwrap_or(after);
        } else {
            let (name, after) = from
                .get(1..)
                .and_then(|from| from.split_once(';'))
                .ok_or(ODD_TEXT)?;
            out.push(entity(name).ok_or(Halt::Odd("entity"))?);
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(())
}

fn entity(name: &str) -> Option<char> {
    let number = match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.is_empty() || digits.len() > 7 || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).ok()?;
    char::from_u32(code).filter(|c| *c != '\0')
}

/// The length of `_x000D_`.
const ESCAPE: usize = 7;

/// Puts characters in place of their escapes; where there are none the text stays what it is.
fn unescape<'a>(text: &'a str, out: &'a mut String) -> &'a str {
    let Some((mut at, mut unit)) = escape_from(text, 0) else {
        return text;
    };
    out.clear();
    let mut copied = 0;
    loop {
        out.push_str(text.get(copied..at).unwrap_or_default());
        at += ESCAPE;
        let low = match unit {
            0xD800..=0xDBFF => escape_at(text, at).filter(|low| (0xDC00..=0xDFFF).contains(low)),
            _ => None,
        };
        let code = match low {
            Some(low) => {
                at += ESCAPE;
                0x10000 + ((u32::from(unit) - 0xD800) << 10) + (u32::from(low) - 0xDC00)
            }
            None => u32::from(unit),
        };
        out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        copied = at;
        match escape_from(text, at) {
            Some(next) => (at, unit) = next,
            None => break,
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

/// The first escape from a place on: where it stands, and the unit of UTF-16 that it means.
fn escape_from(text: &str, mut from: usize) -> Option<(usize, u16)> {
    while let Some(step) = memchr(b'_', text.as_bytes().get(from..)?) {
        let at = from + step;
        if let Some(unit) = escape_at(text, at) {
            return Some((at, unit));
        }
        from = at + 1;
    }
    None
}

fn escape_at(text: &str, at: usize) -> Option<u16> {
    let digits = match text.as_bytes().get(at..at.checked_add(ESCAPE)?)? {
        [b'_', b'x', digits @ .., b'_'] => digits,
        _ => return None,
    };
    let mut unit = 0u16;
    for digit in digits {
        let digit = char::from(*digit).to_digit(16)?;
        unit = (unit << 4) | u16::try_from(digit).ok()?;
    }
    Some(unit)
}

/// Looks whether a text that nobody needs is one.
pub(super) fn passed(raw: Raw<'_>, scratch: &mut Scratch) -> Taken<()> {
    text(raw, Space::Kept, Escapes::Kept, scratch).map(|_| ())
}

/// A text with or without runs, up to the end tag of what holds it; readings are left out.
#[inline]
pub(super) fn item<'a, 's: 'a>(
    cursor: &mut Cursor<'s>,
    closing: &[u8; 5],
    scratch: &'a mut Scratch,
) -> Taken<&'a str> {
    let start = *cursor;
    let space = if cursor.at_once(b"<t>") {
        Some(Space::Trimmed)
    } else if cursor.at_once(b"<t xml:space=\"preserve\">") {
        Some(Space::Kept)
    } else {
        None
    };
    if let Some(space) = space {
        let raw = cursor.text()?;
        if cursor.at_once(b"</t>") && cursor.at_once(closing) {
            return text(raw, space, Escapes::Read, scratch);
        }
    }
    *cursor = start;
    runs(cursor, closing, scratch)
}

/// Where in rich text a tag stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Item,
    Run,
    /// The look of a run.
    Look,
    Reading,
}

fn runs<'a>(
    cursor: &mut Cursor<'_>,
    closing: &[u8; 5],
    scratch: &'a mut Scratch,
) -> Taken<&'a str> {
    let mut joined = std::mem::take(&mut scratch.joined);
    joined.clear();
    let ended = join_runs(cursor, closing, scratch, &mut joined);
    scratch.joined = joined;
    ended?;
    Ok(&scratch.joined)
}

fn join_runs(
    cursor: &mut Cursor<'_>,
    closing: &[u8; 5],
    scratch: &mut Scratch,
    joined: &mut String,
) -> Taken<()> {
    let mut place = Place::Item;
    loop {
        cursor.blank()?;
        if place == Place::Item && cursor.literal(closing)? {
            return Ok(());
        }
        let tag = cursor.tag()?;
        place = match (place, tag.name, tag.kind) {
            (Place::Item | Place::Run | Place::Reading, b"t", Kind::Empty) => place,
            (Place::Item | Place::Run | Place::Reading, b"t", Kind::Open) => {
                let space = match tag.attribute(b"xml:space")? {
                    Some(b"preserve") => Space::Kept,
                    _ => Space::Trimmed,
                };
                let raw = cursor.text()?;
                cursor.expect(b"</t>")?;
                let text = text(raw, space, Escapes::Read, scratch)?;
                if place != Place::Reading {
                    joined.push_str(text);
                }
                place
            }
            (Place::Item, b"r", Kind::Open) => Place::Run,
            (Place::Run, b"r", Kind::Close) => Place::Item,
            (Place::Run, b"rPr", Kind::Open) => Place::Look,
            (Place::Look, b"rPr", Kind::Close) => Place::Run,
            (Place::Look, b"t" | b"r" | b"rPr" | b"rPh" | b"is" | b"si", _) => {
                return Err(Halt::Odd("rich text"));
            }
            // The look is told by empty elements.
            (Place::Look, name, Kind::Empty) if !name.contains(&b':') => Place::Look,
            (Place::Item, b"rPh", Kind::Open) => Place::Reading,
            (Place::Reading, b"rPh", Kind::Close) => Place::Item,
            (Place::Run, b"rPr", Kind::Empty) | (Place::Item, b"phoneticPr", Kind::Empty) => place,
            _ => return Err(Halt::Odd("rich text")),
        };
    }
}
