//! What HTML says about its elements as such: how their text ends, whether it is shown, what their attributes are worth.

use html5ever::tokenizer::Tag;
use html5ever::tokenizer::states::RawKind;

/// Elements whose text is no markup, and how it ends. One that is closed at once, as in XML, has none. Scripts are not
/// read by their own rules, for where they end depends on what they say.
pub fn raw_kind(tag: &Tag) -> Option<(&'static str, RawKind)> {
    const KINDS: [(&str, RawKind); 8] = [
        ("script", RawKind::Rawtext),
        ("style", RawKind::Rawtext),
        ("xmp", RawKind::Rawtext),
        ("iframe", RawKind::Rawtext),
        ("noembed", RawKind::Rawtext),
        ("noframes", RawKind::Rawtext),
        ("title", RawKind::Rcdata),
        ("textarea", RawKind::Rcdata),
    ];
    let kind = KINDS.into_iter().find(|(name, _)| **name == *tag.name);
    kind.filter(|_| !tag.self_closing)
}

/// The value of an attribute.
pub fn attr<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    let found = tag.attrs.iter().find(|a| &*a.name.local == name);
    found.map(|a| &*a.value)
}

/// A span or count: the digits at the beginning, 1 without any.
pub fn count(tag: &Tag, name: &str) -> u32 {
    let text = attr(tag, name).unwrap_or("1").trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit());
    match text[..end.unwrap_or(text.len())].parse() {
        Ok(n) => n,
        Err(_) if end == Some(0) || text.is_empty() => 1,
        // More digits than a number has.
        Err(_) => u32::MAX,
    }
}

/// Elements that stand on lines of their own.
pub fn is_block(name: &str) -> bool {
    const BLOCKS: &[&str] = &[
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "center",
        "form",
        "fieldset",
        "legend",
        "hr",
        "pre",
        "blockquote",
        "address",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "nav",
        "aside",
    ];
    BLOCKS.contains(&name)
}

/// Elements without content.
pub fn is_void(name: &str) -> bool {
    const VOID: &[&str] = &[
        "area", "base", "br", "embed", "hr", "img", "input", "link", "meta", "param", "source",
        "wbr",
    ];
    VOID.contains(&name)
}

/// Elements whose text is never shown.
pub fn is_never_shown(name: &str) -> bool {
    const NEVER: &[&str] = &[
        "script", "title", "select", "xmp", "iframe", "noembed", "noframes", "object", "datalist",
    ];
    NEVER.contains(&name)
}

/// Elements that make up the page and its tables.
pub fn is_structure(name: &str) -> bool {
    const STRUCTURE: &[&str] = &[
        "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th", "html",
        "head", "body",
    ];
    STRUCTURE.contains(&name)
}
