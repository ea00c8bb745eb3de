//! Bytes -> text, by the mark at the beginning, by what the file declares, and by what the bytes can be at all. Knows
//! nothing of tables.

use std::borrow::Cow;

use encoding_rs::{CoderResult, DecoderResult, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes at the beginning in which a declaration is looked for.
pub const HEAD: usize = 8 << 10;

/// An encoding by the name that a file gives it. The older Chinese names mean the newest, which holds them all.
pub fn by_label(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label)?;
    Some(if encoding == GBK { GB18030 } else { encoding })
}

/// The encoding of a file and the length of its mark. A mark decides; else what is declared, unless the bytes say
/// otherwise: text that is faultless UTF-8 with characters of three bytes is nothing else, and text that is no UTF-8 is
/// Chinese.
pub fn encoding_of(
    bytes: &[u8],
    declared: Option<&'static Encoding>,
) -> (&'static Encoding, usize) {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return (encoding, mark);
    }
    match bytes {
        [b'<', 0, ..] => return (UTF_16LE, 0),
        [0, b'<', ..] => return (UTF_16BE, 0),
        _ => {}
    }
    // Text that declares itself in single bytes is not of two.
    let declared = declared.filter(|e| *e != UTF_16LE && *e != UTF_16BE);
    let utf8 = is_utf8(bytes);
    let encoding = match declared {
        Some(other) if other != UTF_8 => {
            let certain = utf8 && bytes.iter().any(|b| *b >= 0xE0);
            if certain { UTF_8 } else { other }
        }
        // Two bytes for a character of neither Western nor Chinese writing: rather one of GBK.
        None if utf8 && is_short_gbk(bytes) => GB18030,
        _ if utf8 => UTF_8,
        Some(declared) if !fits(bytes, GB18030) => declared,
        _ => GB18030,
    };
    (encoding, 0)
}

/// Whether the bytes are UTF-8; they may break off within a character.
fn is_utf8(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none(),
    }
}

/// Whether text of a few characters is UTF-8 by chance only.
fn is_short_gbk(bytes: &[u8]) -> bool {
    let has = |low, high| bytes.iter().any(|b| (low..=high).contains(b));
    has(0xC4, 0xDF) && !has(0xE0, 0xFF)
}

fn fits(bytes: &[u8], encoding: &'static Encoding) -> bool {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut buffer = vec![0u8; 16 << 10];
    let mut rest = bytes;
    loop {
        let (result, read, _) =
            decoder.decode_to_utf8_without_replacement(rest, &mut buffer, false);
        rest = rest.get(read..).unwrap_or(&[]);
        match result {
            DecoderResult::InputEmpty => return true,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return false,
        }
    }
}

/// Gives the text piece by piece for as long as it is wanted; whether there were bytes that are no text. What breaks off
/// within a character at the end is left out.
pub fn each_piece(
    bytes: &[u8],
    encoding: &'static Encoding,
    mut wanted: impl FnMut(&str) -> bool,
) -> bool {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut buffer = String::with_capacity(64 << 10);
    let mut rest = bytes;
    let mut wrong = false;
    loop {
        buffer.clear();
        let (result, read, bad) = decoder.decode_to_string(rest, &mut buffer, false);
        wrong |= bad;
        rest = rest.get(read..).unwrap_or(&[]);
        if !wanted(&buffer) || result == CoderResult::InputEmpty {
            return wrong;
        }
    }
}

/// The whole text; whether there were bytes that are no text.
pub fn whole<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> (Cow<'a, str>, bool) {
    if encoding == UTF_8 {
        match std::str::from_utf8(bytes) {
            Ok(text) => return (Cow::Borrowed(text), false),
            Err(e) if e.error_len().is_none() => {
                let valid = bytes.get(..e.valid_up_to()).unwrap_or(&[]);
                if let Ok(text) = std::str::from_utf8(valid) {
                    return (Cow::Borrowed(text), false);
                }
            }
            Err(_) => {}
        }
    }
    let mut text = String::new();
    let wrong = each_piece(bytes, encoding, |piece| {
        text.push_str(piece);
        true
    });
    (Cow::Owned(text), wrong)
}

/// What stands behind `name=`, in quotes or without, in a piece of markup in lower case.
pub fn setting<'a>(markup: &'a str, name: &str) -> Option<&'a str> {
    let at = markup.find(name)?;
    let value = markup.get(at + name.len()..)?.trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let end = value.find(|c: char| c.is_ascii_whitespace() || "\"';>?/".contains(c));
    Some(&value[..end.unwrap_or(value.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_outweigh_what_is_declared() {
        let text = "\u{5b66}\u{6821}\u{4ee3}\u{7801}";
        let (gbk, _, _) = GB18030.encode(text);
        let gb = by_label(b"gb2312");
        let of = |bytes: &[u8], declared| encoding_of(bytes, declared).0;
        assert_eq!(gb, Some(GB18030));
        assert_eq!(of(&gbk, gb), GB18030);
        assert_eq!(of(&gbk, None), GB18030);
        assert_eq!(of(&gbk, Some(UTF_8)), GB18030);
        assert_eq!(of(text.as_bytes(), gb), UTF_8);
        assert_eq!(of(text.as_bytes(), None), UTF_8);
        assert_eq!(of(&text.as_bytes()[..5], None), UTF_8);
        assert_eq!(of(b"\xD1\xA7\xD0\xA3", None), GB18030);
        assert_eq!(of(b"a\xC2\xA0b", None), UTF_8);
        assert_eq!(of(b"<\0t\0", None), UTF_16LE);
        assert_eq!(of(b"\xFE\xFF\0<", gb), UTF_16BE);
        assert_eq!(of(b"\x80\xFF\xFF\x20", Some(UTF_8)), UTF_8);
    }

    #[test]
    fn a_cut_character_is_left_out() {
        let (gbk, _, _) = GB18030.encode("a\u{5b66}\u{6821}");
        let (text, wrong) = whole(&gbk[..4], GB18030);
        assert_eq!((text.as_ref(), wrong), ("a\u{5b66}", false));
        let (text, wrong) = whole("a\u{5b66}".as_bytes().get(..3).unwrap(), UTF_8);
        assert_eq!((text.as_ref(), wrong), ("a", false));
        assert!(whole(b"a\xFFb", GB18030).1);
    }

    #[test]
    fn settings_of_markup() {
        assert_eq!(setting("<meta charset = \"gbk\">", "charset"), Some("gbk"));
        let meta = "<meta content='text/html; charset=gb2312'>";
        assert_eq!(setting(meta, "charset"), Some("gb2312"));
        assert_eq!(setting("<?xml encoding='x'?>", "encoding"), Some("x"));
        assert_eq!(setting("<meta>", "charset"), None);
    }
}
