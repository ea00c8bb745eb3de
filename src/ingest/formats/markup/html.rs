//! Bytes of an HTML page -> its one sheet: the encoding, and the tags fed to html5ever's tokenizer piece by piece, so that
//! no tree is built. The only files that name html5ever are this one, `page.rs` and `island.rs`.
//!
//! As a spreadsheet does it, all tables and all lines of text outside them stand one below the other on one sheet.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};

use super::decode;
use super::page::Page;
use super::{Limits, MarkupSheet, Refusal};

/// Most attributes of a tag. The tokenizer compares each with all before it.
const MOST_ATTRIBUTES: u32 = 512;

/// Reads an HTML page under a workbook's name. `title` names the sheet if the page does not.
///
/// # Errors
/// Why nothing of it could be read. A page that breaks off, or is larger than a sheet, is a damaged sheet, no error.
pub fn read_html(bytes: &[u8], title: &str, limits: &Limits) -> Result<Vec<MarkupSheet>, Refusal> {
    let head =
        String::from_utf8_lossy(bytes.get(..decode::HEAD).unwrap_or(bytes)).to_ascii_lowercase();
    if head.contains("<!entity") {
        return Err(Refusal::Entities);
    }
    if head.trim_start().starts_with("mime-version:") {
        let why = "a web archive (MIME): its sheets are encoded parts".to_string();
        return Err(Refusal::Damaged(why));
    }
    if limits.sheets == 0 {
        return Err(Refusal::TooLarge("more than 0 sheets".to_string()));
    }
    let (encoding, mark) = decode::encoding_of(bytes, declared(&head));
    let options = TokenizerOpts {
        discard_bom: false,
        ..TokenizerOpts::default()
    };
    let tokenizer = Tokenizer::new(Page::new(limits), options);
    let mut tags = Tags::default();
    let queue = BufferQueue::default();
    let bytes = bytes.get(mark..).unwrap_or(&[]);
    let wrong = decode::each_piece(bytes, encoding, |text| {
        let page = &tokenizer.sink;
        let mut rest = text;
        while !rest.is_empty() && !page.is_stopped() {
            let piece = tags.next(rest);
            if tags.attributes > MOST_ATTRIBUTES {
                let why = format!("a tag with more than {MOST_ATTRIBUTES} attributes");
                page.refuse(Refusal::TooLarge(why));
                break;
            }
            let before = page.markup();
            queue.push_back(StrTendril::from_slice(piece));
            // The page never blocks the tokenizer.
            let _ = tokenizer.feed(&queue);
            tags.fed(page.raw(), page.markup() > before);
            rest = rest.get(piece.len()..).unwrap_or("");
        }
        !page.is_stopped()
    });
    tokenizer.sink.break_off(tags.is_inside());
    tokenizer.end();
    let mut sheet = tokenizer.sink.finish(title)?;
    if wrong && sheet.damaged.is_none() {
        sheet.damaged = Some(format!("bytes that are no {} text", encoding.name()));
    }
    Ok(vec![sheet])
}

/// The encoding that a page's beginning, in lower case, declares.
fn declared(head: &str) -> Option<&'static encoding_rs::Encoding> {
    let tags = head
        .match_indices(['<'])
        .filter_map(|(at, _)| head.get(at..));
    let label = tags.filter_map(|tag| {
        let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
        if tag.starts_with("<meta") {
            decode::setting(tag, "charset")
        } else if tag.starts_with("<?xml") {
            decode::setting(tag, "encoding")
        } else {
            None
        }
    });
    label.filter_map(|l| decode::by_label(l.as_bytes())).next()
}

/// Where a tag begins and ends, so that its attributes can be counted before the tokenizer sees them. After every piece
/// the page says whether the tokenizer is where this believes it to be.
#[derive(Default)]
struct Tags {
    at: At,
    attributes: u32,
    ends_tag: bool,
    /// The element whose text is no markup, and how much of its name an end tag has.
    raw: &'static str,
    matched: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Text,
    /// Text of a script, style or the like.
    Raw,
    Less,
    RawLess,
    Slash,
    RawSlash,
    RawName,
    /// A comment or declaration.
    Other,
    Name,
    Gap,
    Attribute,
    /// Behind an attribute's name.
    After,
    Equals,
    Single,
    Double,
    Bare,
}

impl Tags {
    /// What is to be fed next: up to the end of a tag, or of what may be the end of a comment.
    fn next<'a>(&mut self, text: &'a str) -> &'a str {
        self.ends_tag = false;
        for (i, b) in text.bytes().enumerate() {
            self.step(b);
            if self.attributes > MOST_ATTRIBUTES {
                break;
            }
            if b == b'>' && matches!(self.at, At::Text | At::Raw | At::Other) {
                self.ends_tag = true;
                return text.get(..=i).unwrap_or(text);
            }
        }
        text
    }

    fn step(&mut self, b: u8) {
        let space = matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C');
        let wanted = self.raw.as_bytes().get(self.matched);
        self.at = match (self.at, b) {
            (At::Text | At::Less, b'<') => At::Less,
            (At::Less, b'/') => At::Slash,
            (At::Less | At::Slash, b) if b.is_ascii_alphabetic() => {
                self.attributes = 0;
                At::Name
            }
            (At::Less, b'!' | b'?') => At::Other,
            (At::Text | At::Less, _) | (At::Slash, b'>') => At::Text,
            (At::Slash | At::Other, _) => At::Other,
            (At::Raw | At::RawLess | At::RawSlash | At::RawName, b'<') => At::RawLess,
            (At::RawLess, b'/') => {
                self.attributes = 0;
                self.matched = 0;
                At::RawSlash
            }
            (At::RawSlash | At::RawName, b) if wanted == Some(&b.to_ascii_lowercase()) => {
                self.matched += 1;
                At::RawName
            }
            (At::RawName, b) if wanted.is_none() && (space || b == b'/') => At::Gap,
            (At::RawName, b'>') if wanted.is_none() => At::Text,
            (At::Raw | At::RawLess | At::RawSlash | At::RawName, _) => At::Raw,
            (At::Double, b'"') | (At::Single, b'\'') => At::Gap,
            (At::Double | At::Single, _) => self.at,
            (_, b'>') => At::Text,
            (At::Equals, b'"') => At::Double,
            (At::Equals, b'\'') => At::Single,
            (At::Equals, _) if space => At::Equals,
            (At::Equals, _) => At::Bare,
            (At::Bare, _) => {
                if space {
                    At::Gap
                } else {
                    At::Bare
                }
            }
            (At::Attribute | At::After, b'=') => At::Equals,
            (At::Attribute | At::After, _) if space => At::After,
            (At::Name | At::Gap | At::Attribute | At::After, b'/') => At::Gap,
            (At::Name | At::Gap, _) if space => At::Gap,
            (At::Name, _) => At::Name,
            (At::Attribute, _) => At::Attribute,
            (At::Gap | At::After, _) => {
                self.attributes += 1;
                At::Attribute
            }
        };
    }

    /// What the tokenizer made of the piece.
    fn fed(&mut self, raw: Option<&'static str>, markup: bool) {
        if self.ends_tag && (self.at != At::Other || markup) {
            self.at = raw.map_or(At::Text, |_| At::Raw);
            self.raw = raw.unwrap_or("");
        }
    }

    /// Whether the text ends within a tag or comment.
    fn is_inside(&self) -> bool {
        !matches!(self.at, At::Text | At::Raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever a page consists of, no tag with too many attributes gets to the tokenizer uncounted.
    #[test]
    fn tags_are_counted_as_the_tokenizer_sees_them() {
        let pieces = [
            "<",
            "<",
            ">",
            ">",
            "/",
            "</",
            "\"",
            "'",
            "=",
            " ",
            "a",
            "b=",
            "<a ",
            "<!--",
            "-->",
            "--",
            "!>",
            "<!",
            "<?",
            "<script",
            "</script",
            "<script>",
            "</script>",
            "<title>",
            "</title ",
            "</TITLE>",
            "<style x='>'>",
            "</style",
            "\0",
            "\r\n",
            "&quot;",
            "&#34",
            "<![CDATA[",
            "]]>",
            "<!DOCTYPE a \"",
            "<textarea/>",
            "<xmp>",
            "</xmp",
            "\u{5b66}",
            "-",
            "<br/>",
            "=\"",
            "='",
        ];
        let limits = Limits {
            cells: 1_000,
            text: 1 << 20,
            sheets: 1,
            depth: 8,
            merges: 10,
        };
        let mut random = 7u64;
        for _ in 0..20_000 {
            let tokenizer = Tokenizer::new(Page::new(&limits), TokenizerOpts::default());
            let queue = BufferQueue::default();
            let mut tags = Tags::default();
            let mut fed = String::new();
            for _ in 0..40 {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let text = pieces[(random >> 33) as usize % pieces.len()];
                let mut rest = text;
                while !rest.is_empty() {
                    let piece = tags.next(rest);
                    fed.push_str(piece);
                    let (before, was) = (tokenizer.sink.markup(), tags.at);
                    queue.push_back(StrTendril::from_slice(piece));
                    let _ = tokenizer.feed(&queue);
                    let markup = tokenizer.sink.markup() - before;
                    tags.fed(tokenizer.sink.raw(), markup > 0);
                    // A tag ends exactly where it was seen to end.
                    let ended = tags.ends_tag && tags.at != At::Other;
                    assert!(markup <= 1 && (markup == 0 || ended), "{fed:?} {was:?}");
                    rest = &rest[piece.len()..];
                }
            }
            tokenizer.end();
        }
    }
}
