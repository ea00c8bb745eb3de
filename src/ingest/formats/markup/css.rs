//! The two things that the styles of a page say about its cells: number format and whether they are shown. Simple
//! selectors only (`td`, `.x`, `td.x`, `*`), as spreadsheets and exporting systems write them; of a longer selector its
//! last part counts. Colours, sizes and what they look like do not belong here.

use std::collections::HashMap;

use super::value::{Format, format};

/// What is said about an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    pub format: Option<Format>,
    pub hidden: Option<bool>,
}

impl Look {
    /// What another one says counts more.
    fn add(&mut self, other: Look) {
        self.format = other.format.or(self.format);
        self.hidden = other.hidden.or(self.hidden);
    }

    pub fn is_hidden(&self) -> bool {
        self.hidden == Some(true)
    }
}

/// Rules of the style sheets of a page.
#[derive(Debug, Default)]
pub struct Rules {
    list: HashMap<String, Look>,
}

/// Most rules that are kept; a spreadsheet knows 65,490 formats of cells.
const MOST_RULES: usize = 70_000;

impl Rules {
    /// Adds a style sheet.
    pub fn add(&mut self, sheet: &str) {
        let sheet = without_comments(sheet);
        let mut rest = sheet.as_str();
        while let Some(at) = find(rest, "{") {
            let selectors = &rest[..at];
            rest = &rest[at + 1..];
            let end = find(rest, "}").unwrap_or(rest.len());
            let look = declarations(&rest[..end]);
            rest = rest.get(end + 1..).unwrap_or("");
            if look == Look::default() || selectors.trim_start().starts_with('@') {
                continue;
            }
            for selector in selectors.split(',') {
                let last = selector.split_ascii_whitespace().next_back();
                let key = last.unwrap_or("").to_ascii_lowercase();
                if self.list.len() < MOST_RULES && !key.is_empty() {
                    self.list.entry(key).or_default().add(look);
                }
            }
        }
    }

    /// What is said about an element: by its name, its classes and its own style, the later the more.
    pub fn look(&self, name: &str, class: Option<&str>, style: Option<&str>) -> Look {
        let mut look = Look::default();
        if !self.list.is_empty() {
            self.rule(&mut look, "*");
            self.rule(&mut look, name);
            let classes = class.unwrap_or("").split_ascii_whitespace().take(16);
            for class in classes.filter(|c| c.len() < 256) {
                let key = format!("{name}.{}", class.to_ascii_lowercase());
                self.rule(&mut look, &key[name.len()..]);
                self.rule(&mut look, &key);
            }
        }
        if let Some(style) = style {
            look.add(declarations(style));
        }
        look
    }

    fn rule(&self, look: &mut Look, key: &str) {
        if let Some(rule) = self.list.get(key) {
            look.add(*rule);
        }
    }
}

fn without_comments(sheet: &str) -> String {
    let mut out = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(at) = rest.find("/*") {
        out.push_str(&rest[..at]);
        rest = match rest[at + 2..].find("*/") {
            Some(end) => &rest[at + 2 + end + 2..],
            None => "",
        };
    }
    out.push_str(rest);
    out.replace("<!--", " ").replace("-->", " ")
}

/// Where one of some ASCII signs first stands outside quotes and not escaped.
fn find(text: &str, signs: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, b) in text.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if b == b'\\' {
            escaped = true;
        } else if let Some(q) = quote {
            // A line ends a string that is not closed.
            if b == q || b == b'\n' {
                quote = None;
            }
        } else if b == b'"' || b == b'\'' {
            quote = Some(b);
        } else if signs.as_bytes().contains(&b) {
            return Some(at);
        }
    }
    None
}

/// What the declarations of a rule or of a `style` attribute say.
fn declarations(text: &str) -> Look {
    let mut look = Look::default();
    let mut rest = text;
    while !rest.is_empty() {
        let end = find(rest, ";").unwrap_or(rest.len());
        let one = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or("");
        let Some((name, value)) = one.split_once(':') else {
            continue;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "mso-number-format" | "vnd.ms-excel.numberformat" => {
                look.format = Some(format(&plain(value.trim())));
            }
            "display" => {
                let word = value.split('!').next().unwrap_or("").trim();
                look.hidden = Some(word.eq_ignore_ascii_case("none"));
            }
            _ => {}
        }
    }
    look
}

/// A value without its quotes and escapes. Spreadsheets write four hexadecimal digits, whatever follows.
fn plain(value: &str) -> String {
    let quoted = |q| value.strip_prefix(q).and_then(|v| v.strip_suffix(q));
    let value = quoted('"').or(quoted('\'')).unwrap_or(value);
    let mut out = String::new();
    let mut signs = value.chars().peekable();
    while let Some(c) = signs.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let mut code = 0;
        let mut digits = 0;
        while digits < 4
            && let Some(digit) = signs.peek().and_then(|c| c.to_digit(16))
        {
            code = code * 16 + digit;
            digits += 1;
            signs.next();
        }
        if digits > 0 {
            out.extend(char::from_u32(code));
        } else {
            out.extend(signs.next());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(format: Format) -> Look {
        Look {
            format: Some(format),
            hidden: None,
        }
    }

    #[test]
    fn rules_of_a_spreadsheet() {
        let mut rules = Rules::default();
        rules.add(
            "<!-- /* Font; { */\n@page {margin:1in; mso-header-data:\"a}b\";}\n\
             td {mso-number-format:General;}\n.xl65\n\t{mso-style-parent:style0;\n\tmso-number-format:\"\\@\";}\n\
             .xl66 {mso-number-format:\"0\\.00%\";} table tr.gone, td.gone {display : NONE !important}\n\
             .xl67{mso-number-format:\"yyyy\\0022\u{5e74}\\0022m\\0022\u{6708}\\0022d\\0022\u{65e5}\\0022\\;\\@\";}-->",
        );
        assert_eq!(rules.look("td", None, None), look(Format::Plain));
        assert_eq!(rules.look("td", Some("a xl65"), None), look(Format::Text));
        assert_eq!(rules.look("td", Some("XL66"), None), look(Format::Percent));
        assert_eq!(rules.look("td", Some("xl67"), None), look(Format::Date));
        assert!(rules.look("td", Some("gone"), None).is_hidden());
        assert!(rules.look("tr", Some("gone"), None).is_hidden());
        assert!(!rules.look("th", Some("gone"), None).is_hidden());
        let own = rules.look(
            "td",
            Some("xl66"),
            Some("color:red;vnd.ms-excel.numberformat:@"),
        );
        assert_eq!(own, look(Format::Text));
    }

    #[test]
    fn styles_as_people_write_them() {
        for style in [
            "mso-number-format:'\\@'",
            "mso-number-format:\\@;",
            "MSO-NUMBER-FORMAT : \"\\0040\" ",
            "vnd.ms-excel.numberformat:@",
            "background:url(a;b);mso-number-format:@",
        ] {
            assert_eq!(declarations(style), look(Format::Text), "{style}");
        }
        assert!(declarations(";;display:none").is_hidden());
        for style in [
            "",
            ":",
            "a",
            "mso-number-format",
            "\\",
            "'",
            "mso-number-format:\\",
        ] {
            assert!(!declarations(style).is_hidden());
        }
    }

    #[test]
    fn broken_sheets() {
        let mut rules = Rules::default();
        for sheet in [
            "{",
            "}",
            "a{b:c",
            "/*",
            "a{display:none}}b{",
            "{\\",
            "\u{5b66}{display:none",
        ] {
            rules.add(sheet);
        }
        assert!(rules.look("a", None, None).is_hidden());
    }
}
