//! What the written text of a cell is worth. A number only where no digit of it can be lost and nobody said that it is a
//! text; all else stays text, for whoever reads the cell knows more about it. Knows nothing of markup.

use crate::ingest::grid::Cell;

/// What a number format makes of a number, as far as it changes what the number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Plain,
    /// Kept as it is written.
    Text,
    Percent,
    Date,
}

/// Names of formats that are no dates although their letters would say so.
const NAMED: [&str; 12] = [
    "general",
    "general number",
    "currency",
    "euro currency",
    "fixed",
    "standard",
    "scientific",
    "yes/no",
    "true/false",
    "on/off",
    "none",
    "normal",
];

/// What a format code says.
pub fn format(code: &str) -> Format {
    let code = code.trim().to_ascii_lowercase();
    let code = code.as_str();
    if NAMED.contains(&code) {
        return Format::Plain;
    }
    if code.ends_with(" date") || code.ends_with(" time") {
        return Format::Date;
    }
    let bare = bare(code);
    let has = |c: char| bare.contains(c);
    if bare.trim() == "@" || code == "text" {
        Format::Text
    } else if code == "percent" || has('%') {
        Format::Percent
    } else if has('y') || has('h') || (has('m') && (has('d') || has('s'))) {
        Format::Date
    } else {
        Format::Plain
    }
}

/// A format code without what is only shown: quoted and escaped signs, colours, conditions, fill.
fn bare(code: &str) -> String {
    let mut out = String::new();
    let mut signs = code
        .replace("general", "")
        .chars()
        .collect::<Vec<_>>()
        .into_iter();
    while let Some(c) = signs.next() {
        match c {
            '"' => drop(signs.by_ref().find(|c| *c == '"')),
            '[' => drop(signs.by_ref().find(|c| *c == ']')),
            '\\' | '_' | '*' => drop(signs.next()),
            _ => out.push(c),
        }
    }
    out
}

/// Digits of a code that may be lost in a number: more than `most`, or zeros before them.
pub fn is_code(text: &str, most: usize) -> bool {
    let zeros = text.len() > 1 && text.starts_with('0');
    text.bytes().all(|b| b.is_ascii_digit()) && (zeros || text.len() > most)
}

/// A number that was declared to be one.
pub fn declared_number(text: &str) -> Option<f64> {
    let signs = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
    let number = text.bytes().all(signs).then(|| text.parse::<f64>().ok());
    number.flatten().filter(|n| n.is_finite()).map(|n| n + 0.0)
}

/// A number as a program writes it, of at most 11 digits, or 15 with a fraction. Some databases leave out the zero before
/// the point.
fn plain_number(text: &str) -> Option<f64> {
    let plain = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match plain.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (plain, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let fits = match fraction {
        Some(f) => digits(f) && !f.is_empty() && whole.len() + f.len() <= 15,
        None => (1..=11).contains(&whole.len()),
    };
    if fits { declared_number(text) } else { None }
}

/// What an HTML cell says about its value beside its text.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// `x:num`: it is a number; its value, where the text shows it otherwise.
    pub num: Option<String>,
    /// `x:str`, or its table's.
    pub string: bool,
    pub boolean: Option<String>,
    pub error: Option<String>,
    pub formula: bool,
    pub format: Format,
}

/// Most digits of a whole number in HTML: a spreadsheet shows longer ones otherwise, so that they are codes.
const HTML_DIGITS: usize = 11;

const ERRORS: [&str; 7] = [
    "#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!",
];

/// What an HTML cell holds, and whether it is a number shown as percent.
pub fn html_cell(shown: String, hints: &Hints, is_1904: bool) -> Option<(Cell, bool)> {
    let plain = |cell| Some((cell, false));
    let given = hints.num.as_deref().unwrap_or("").trim();
    if shown.is_empty() && given.is_empty() {
        return if hints.formula {
            plain(Cell::NotCached)
        } else {
            None
        };
    }
    if hints.string || hints.format == Format::Text {
        let text = if shown.is_empty() {
            given.to_string()
        } else {
            shown
        };
        return plain(Cell::Text(text));
    }
    if let Some(error) = &hints.error {
        let named = ERRORS.iter().find(|e| *e == error);
        return plain(Cell::Error(named.map_or(shown, |e| (*e).to_string())));
    }
    match hints
        .boolean
        .as_deref()
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        Some("true" | "1") => return plain(Cell::Bool(true)),
        Some("false" | "0") => return plain(Cell::Bool(false)),
        _ => {}
    }
    let percent = hints.format == Format::Percent;
    if hints.num.is_some() {
        let written = if given.is_empty() {
            shown.as_str()
        } else {
            given
        };
        if is_code(&shown, HTML_DIGITS) && !shown.is_empty() {
            return plain(Cell::Text(shown));
        }
        if is_code(written, HTML_DIGITS) {
            return plain(Cell::Text(written.to_string()));
        }
        match declared_number(written) {
            Some(n) if hints.format != Format::Date => return Some((Cell::Number(n), percent)),
            Some(n) if (0.0..2_958_466.0).contains(&n) => {
                return plain(Cell::DateTime(n, is_1904));
            }
            _ => return plain(Cell::Text(shown)),
        }
    }
    if let Some(n) = plain_number(&shown).filter(|_| hints.format != Format::Date) {
        return Some((Cell::Number(n), percent));
    }
    if ERRORS.contains(&shown.as_str()) {
        return plain(Cell::Error(shown));
    }
    plain(match shown.strip_prefix('=') {
        // The usual way to make a spreadsheet keep the zeros of a code.
        Some(rest) if quoted(rest).is_some() => {
            Cell::Text(quoted(rest).unwrap_or_default().to_string())
        }
        // A formula that a spreadsheet computes when it opens the file.
        Some(rest)
            if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "(+-$".contains(c)) =>
        {
            Cell::NotCached
        }
        _ => Cell::Text(shown),
    })
}

fn quoted(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('"')).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        for (code, wanted) in [
            ("@", Format::Text),
            ("Percent", Format::Percent),
            ("0.00%", Format::Percent),
            ("0.0\"%\"", Format::Plain),
            ("yyyy\"\u{5e74}\"m\"\u{6708}\"d\"\u{65e5}\"", Format::Date),
            ("Short Date", Format::Date),
            ("[h]:mm", Format::Plain),
            ("h:mm", Format::Date),
            ("General", Format::Plain),
            ("Currency", Format::Plain),
            ("#,##0.00_);[Red](#,##0.00)", Format::Plain),
            ("0\"\u{4eba}\"", Format::Plain),
            ("\"", Format::Plain),
        ] {
            assert_eq!(format(code), wanted, "{code}");
        }
    }

    fn of(shown: &str, hints: &Hints) -> Option<(Cell, bool)> {
        html_cell(shown.to_string(), hints, false)
    }

    fn text(t: &str) -> Option<(Cell, bool)> {
        Some((Cell::Text(t.to_string()), false))
    }

    #[test]
    fn numbers_only_where_nothing_is_lost() {
        let none = Hints::default();
        for (shown, n) in [
            ("12.50", 12.5),
            ("-3", -3.0),
            ("0", 0.0),
            (".5", 0.5),
            ("-0", 0.0),
        ] {
            assert_eq!(of(shown, &none), Some((Cell::Number(n), false)));
        }
        for shown in [
            "007",
            "123456789012",
            "330106199001011234",
            "1,234",
            "85.3%",
            "1e5",
            "+5",
            "5.",
            ".",
            "-",
            "inf",
            "NaN",
            "1.2.3",
            "TRUE",
            "0.1234567890123456",
            "=",
            "===",
            "=x",
        ] {
            let wanted = if shown == "=x" {
                Some((Cell::NotCached, false))
            } else {
                text(shown)
            };
            assert_eq!(of(shown, &none), wanted, "{shown}");
        }
        assert_eq!(of("", &none), None);
        assert_eq!(of("=\"007\"", &none), text("007"));
        assert_eq!(
            of("#N/A", &none),
            Some((Cell::Error("#N/A".to_string()), false))
        );
    }

    #[test]
    fn hints_decide() {
        let num = |value: &str, format| Hints {
            num: Some(value.to_string()),
            format,
            ..Hints::default()
        };
        let number = |n, percent| Some((Cell::Number(n), percent));
        assert_eq!(
            of("85.3%", &num("0.853", Format::Percent)),
            number(0.853, true)
        );
        assert_eq!(
            of("1,234", &num("1234", Format::Plain)),
            number(1234.0, false)
        );
        assert_eq!(of("12", &num("", Format::Plain)), number(12.0, false));
        assert_eq!(of("1,234", &num("", Format::Plain)), text("1,234"));
        assert_eq!(of("000007", &num("7", Format::Plain)), text("000007"));
        assert_eq!(
            of("1E+12", &num("1234567890123", Format::Plain)),
            text("1234567890123")
        );
        assert_eq!(of("12", &num("12", Format::Text)), text("12"));
        let date = Some((Cell::DateTime(45_000.0, false), false));
        assert_eq!(of("#####", &num("45000", Format::Date)), date);
        assert_eq!(of("x", &num("1e999", Format::Plain)), text("x"));
        let string = Hints {
            string: true,
            ..Hints::default()
        };
        assert_eq!(of("12", &string), text("12"));
        let formula = Hints {
            formula: true,
            ..Hints::default()
        };
        assert_eq!(of("", &formula), Some((Cell::NotCached, false)));
        assert_eq!(of("3", &formula), number(3.0, false));
    }
}
