//! One cell -> a value of the declared type, or the reason why not. Nothing is guessed: what is converted is noted, what
//! cannot be read is missing and noted.

use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::grid::Cell;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Column, Kind, Means, Table};
use crate::text::{fifteen_digits, normal, number, trimmed};

/// The text of a value. It takes no more room than a number, and a copy of it none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(Arc<String>);

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(Arc::new(text))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A value as it stands in a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// In the column's unit.
    Number(f64),
    Text(Text),
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(n) => Some(*n),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    /// Yes or no, if it is one.
    pub fn yes(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The value as text for comparing and showing.
    pub fn shown(&self) -> String {
        match self {
            Value::Number(n) => number(*n),
            Value::Text(t) => t.to_string(),
            Value::Bool(b) => b.to_string(),
            Value::Date(days) => {
                let (y, m, d) = civil(*days);
                format!("{y:04}-{m:02}-{d:02}")
            }
        }
    }
}

/// The text in a named column of a row of a table.
pub fn text_of(table: &Table, values: &[Option<Value>], name: &str) -> Option<String> {
    text_in(table, values, name).map(str::to_string)
}

/// The same, lent.
pub fn text_in<'v>(table: &Table, values: &'v [Option<Value>], name: &str) -> Option<&'v str> {
    values[table.position(name)?].as_ref()?.text()
}

/// The key of a word.
type Why = &'static str;

/// What there is to say about how a cell was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Note {
    /// Taken, but not as it stands. `why` is the key of a word.
    Converted {
        #[serde(deserialize_with = "why::known")]
        why: Why,
        value: String,
    },
    /// A mark that means something other than a value.
    Token(Means),
    Unreadable,
    ErrorCell,
    NotCached,
    NotInteger,
    Negative,
    ChoiceUnknown,
    CodePadded {
        value: String,
    },
    CodeDigitsLost,
    CodeMalformed {
        length: usize,
    },
    /// Another column says something else; with its value and place.
    ColumnsDisagree {
        other: String,
    },
    /// What other columns say already was taken off.
    PartsTakenOff,
    /// The form has its figure in that of another column (index).
    ContainedIn {
        column: usize,
    },
    /// It could not be: a part is missing, or they are more than the whole.
    PartsUnfit,
}

/// A cell as read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Read {
    pub value: Option<Value>,
    pub notes: Vec<Note>,
}

impl Read {
    fn of(value: Value) -> Read {
        Read {
            value: Some(value),
            notes: Vec::new(),
        }
    }

    fn not(note: Note) -> Read {
        Read {
            value: None,
            notes: vec![note],
        }
    }

    fn noted(mut self, why: &'static str) -> Read {
        if let Some(value) = &self.value {
            let value = value.shown();
            self.notes.push(Note::Converted { why, value });
        }
        self
    }
}

/// Keys of the words for conversions; each is checked to exist in the pipeline's words.
pub mod why {
    use serde::{Deserialize, Deserializer};

    pub const TEXT_NUMBER: &str = "why_text_number";
    pub const SPACES: &str = "why_spaces";
    pub const WIDTH: &str = "why_width";
    pub const THOUSANDS: &str = "why_thousands";
    pub const POINT: &str = "why_point";
    pub const UNIT: &str = "why_unit";
    pub const RESIDUE: &str = "why_residue";
    pub const DATE_AS_YEAR: &str = "why_date_as_year";
    pub const PERCENT: &str = "why_percent";
    pub const TEXT_DATE: &str = "why_text_date";

    const ALL: &[&str] = &[
        TEXT_NUMBER,
        SPACES,
        WIDTH,
        THOUSANDS,
        POINT,
        UNIT,
        RESIDUE,
        DATE_AS_YEAR,
        PERCENT,
        TEXT_DATE,
    ];

    /// One of these keys.
    pub(super) fn known<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
        let text = String::deserialize(from)?;
        let known = ALL.iter().find(|key| **key == text);
        known
            .copied()
            .ok_or_else(|| serde::de::Error::custom(format!("'{text}' is no conversion")))
    }
}

/// Reads a cell as a column's value.
///
/// `unit` is the unit (index) that the sheet gives the column's figures in; `percent` says whether the cell's number
/// format shows percent. The value is in the column's own unit.
pub fn read(
    pipeline: &Pipeline,
    column: &Column,
    unit: Option<usize>,
    cell: &Cell,
    percent: bool,
) -> Read {
    match cell {
        Cell::Error(_) => return Read::not(Note::ErrorCell),
        Cell::NotCached => return Read::not(Note::NotCached),
        _ => {}
    }
    if let Cell::Text(text) = cell
        && column.kind != Kind::YesNo
        && let Some(means) = pipeline.marks.tokens.get(&trimmed(text).to_lowercase())
    {
        let numeric = matches!(column.kind, Kind::Count | Kind::Number | Kind::Percent);
        let zero = *means == Means::Zero && numeric;
        return Read {
            value: zero.then_some(Value::Number(0.0)),
            notes: vec![Note::Token(*means)],
        };
    }
    match &column.kind {
        Kind::Text => text(cell),
        Kind::Code(length) => code(cell, *length),
        Kind::Choice(list) => choice(pipeline, list, cell),
        Kind::YesNo => yes_no(pipeline, cell),
        Kind::Year => year(cell),
        Kind::Date => date(cell),
        Kind::Count | Kind::Number | Kind::Percent => amount(pipeline, column, unit, cell, percent),
    }
}

fn text(cell: &Cell) -> Read {
    let shown = match cell {
        Cell::Text(t) => t
            .chars()
            .filter(|c| !crate::text::is_invisible(*c))
            .collect::<String>()
            .trim()
            .to_string(),
        other => other.shown(),
    };
    Read::of(Value::Text(shown.into()))
}

fn code(cell: &Cell, length: Option<usize>) -> Read {
    let mut notes = Vec::new();
    let mut digits = match cell {
        Cell::Number(n) => {
            let rounded = fifteen_digits(*n);
            if rounded < 0.0 || rounded.fract() != 0.0 {
                return Read::not(Note::Unreadable);
            }
            if rounded >= 1e15 {
                return Read::not(Note::CodeDigitsLost);
            }
            number(rounded)
        }
        Cell::Text(t) => {
            let plain = trimmed(t).trim_start_matches('\'').to_string();
            if plain != *t {
                let why = if t.trim().is_ascii() {
                    why::SPACES
                } else {
                    why::WIDTH
                };
                notes.push(Note::Converted {
                    why,
                    value: plain.clone(),
                });
            }
            plain
        }
        _ => return Read::not(Note::Unreadable),
    };
    if let Some(length) = length {
        if matches!(cell, Cell::Number(_)) && digits.len() < length {
            digits = format!("{digits:0>length$}");
            notes.push(Note::CodePadded {
                value: digits.clone(),
            });
        } else if digits.len() != length || !digits.bytes().all(|b| b.is_ascii_digit()) {
            notes.push(Note::CodeMalformed { length });
        }
    }
    Read {
        value: Some(Value::Text(digits.into())),
        notes,
    }
}

fn choice(pipeline: &Pipeline, list: &str, cell: &Cell) -> Read {
    let shown = trimmed(&cell.shown());
    let codes = &pipeline.code_lists[list];
    let key = normal(&shown);
    let hit = codes
        .iter()
        .find(|c| c.code == shown)
        .or_else(|| codes.iter().find(|c| c.texts.contains(&key)))
        .or_else(|| {
            // "211 小学", "小学(211)"
            codes.iter().find(|c| {
                c.texts.iter().any(|t| {
                    key.strip_prefix(c.code.as_str()) == Some(t)
                        || key.strip_suffix(c.code.as_str()) == Some(t)
                })
            })
        });
    match hit {
        Some(code) => Read::of(Value::Text(code.code.clone().into())),
        None => Read::not(Note::ChoiceUnknown),
    }
}

fn yes_no(pipeline: &Pipeline, cell: &Cell) -> Read {
    if let Cell::Bool(b) = cell {
        return Read::of(Value::Bool(*b));
    }
    let key = normal(&cell.shown());
    if pipeline.marks.yes.contains(&key) {
        Read::of(Value::Bool(true))
    } else if pipeline.marks.no.contains(&key) {
        Read::of(Value::Bool(false))
    } else if let Cell::Text(t) = cell
        && let Some(means) = pipeline.marks.tokens.get(&trimmed(t).to_lowercase())
    {
        Read::not(Note::Token(*means))
    } else {
        Read::not(Note::Unreadable)
    }
}

/// The first and the last year that a figure is taken for one.
pub const YEARS: (i32, i32) = (1800, 2200);

fn plausible_year(n: f64) -> bool {
    n.fract() == 0.0 && (f64::from(YEARS.0)..=f64::from(YEARS.1)).contains(&n)
}

fn year(cell: &Cell) -> Read {
    match cell {
        Cell::Number(n) if plausible_year(*n) => Read::of(Value::Number(*n)),
        // A plain year under a date format comes as a "date" of 1905.
        Cell::DateTime(serial, _) if plausible_year(*serial) => {
            Read::of(Value::Number(*serial)).noted(why::DATE_AS_YEAR)
        }
        Cell::DateTime(serial, is_1904) => match date_of(*serial, *is_1904) {
            Some((y, _, _)) => Read::of(Value::Number(f64::from(y))).noted(why::DATE_AS_YEAR),
            None => Read::not(Note::Unreadable),
        },
        Cell::Text(t) | Cell::DateText(t) => {
            let text = trimmed(t);
            let groups: Vec<&str> = text
                .split(|c: char| !c.is_ascii_digit())
                .filter(|g| !g.is_empty())
                .collect();
            match groups.first().and_then(|g| g.parse::<f64>().ok()) {
                Some(y)
                    if groups[0].len() == 4
                        && plausible_year(y)
                        && groups.len() <= 3
                        && !other_year(&groups[1..], y) =>
                {
                    let read = Read::of(Value::Number(y));
                    if text == groups[0] {
                        read
                    } else {
                        read.noted(why::DATE_AS_YEAR)
                    }
                }
                _ => Read::not(Note::Unreadable),
            }
        }
        _ => Read::not(Note::Unreadable),
    }
}

/// Whether one of these is another year than the one; the next one makes a school year of it.
fn other_year(groups: &[&str], year: f64) -> bool {
    let years = groups.iter().filter(|g| g.len() == 4);
    years
        .filter_map(|g| g.parse::<f64>().ok())
        .any(|other| plausible_year(other) && other != year && other != year + 1.0)
}

fn date(cell: &Cell) -> Read {
    match cell {
        Cell::DateTime(serial, is_1904) => match date_of(*serial, *is_1904) {
            Some((y, m, d)) => Read::of(Value::Date(days(y, m, d))),
            None => Read::not(Note::Unreadable),
        },
        Cell::Text(t) | Cell::DateText(t) => {
            let text = trimmed(t);
            let groups: Vec<i32> = text
                .split(|c: char| !c.is_ascii_digit())
                .filter(|g| !g.is_empty())
                .filter_map(|g| g.parse().ok())
                .collect();
            let parts = match groups[..] {
                [y, m, d, ..] => Some((y, m, d)),
                [ymd] if (18_000_101..=22_001_231).contains(&ymd) => {
                    Some((ymd / 10_000, ymd / 100 % 100, ymd % 100))
                }
                _ => None,
            };
            match parts {
                Some((y, m, d))
                    if (1800..=2200).contains(&y)
                        && civil(days(y, m.unsigned_abs(), d.unsigned_abs()))
                            == (y, m.unsigned_abs(), d.unsigned_abs()) =>
                {
                    Read::of(Value::Date(days(y, m.unsigned_abs(), d.unsigned_abs())))
                        .noted(why::TEXT_DATE)
                }
                _ => Read::not(Note::Unreadable),
            }
        }
        _ => Read::not(Note::Unreadable),
    }
}

fn amount(
    pipeline: &Pipeline,
    column: &Column,
    unit: Option<usize>,
    cell: &Cell,
    percent: bool,
) -> Read {
    let mut whys: Vec<&'static str> = Vec::new();
    let (figure, own_unit) = match cell {
        Cell::Number(n) => {
            if column.kind == Kind::Percent && percent {
                whys.push(why::PERCENT);
                (*n * 100.0, None)
            } else {
                (*n, None)
            }
        }
        Cell::Text(raw) => match written_number(pipeline, column, raw, &mut whys) {
            Some(read) => read,
            None => return Read::not(Note::Unreadable),
        },
        _ => return Read::not(Note::Unreadable),
    };
    let units = &pipeline.units.list;
    let factor = match (own_unit.or(unit), column.unit) {
        (Some(from), Some(to)) => units[from].factor / units[to].factor,
        _ => 1.0,
    };
    let exact = figure * factor;
    let value = fifteen_digits(exact);
    if value < 0.0 {
        return Read::not(Note::Negative);
    }
    if column.kind == Kind::Count {
        if value.fract() != 0.0 {
            return Read::not(Note::NotInteger);
        }
        if exact.fract() != 0.0 {
            whys.push(why::RESIDUE);
        }
    }
    let mut read = Read::of(Value::Number(value));
    // One word says it: the most telling way in which the cell differs from a plain number.
    if let Some(first) = whys.first() {
        read = read.noted(first);
    }
    read
}

/// A number as people write it into a text cell, and the unit that stands behind it.
fn written_number(
    pipeline: &Pipeline,
    column: &Column,
    raw: &str,
    whys: &mut Vec<&'static str>,
) -> Option<(f64, Option<usize>)> {
    if has_mark_at_figure(raw) {
        return None;
    }
    let text = trimmed(raw);
    let (figure, unit) = match plain_number(&text, whys) {
        Some(n) => (n, None),
        None => {
            let head: String = text
                .chars()
                .take_while(|c| c.is_ascii_digit() || "+-,.\u{3002}".contains(*c))
                .collect();
            let tail = normal(&text[head.len()..]);
            let unit = *pipeline.units.by_text.get(&tail)?;
            let wanted = column.unit.map(|u| &pipeline.units.list[u].dimension);
            if wanted != Some(&pipeline.units.list[unit].dimension) {
                return None;
            }
            let n = plain_number(&head, whys)?;
            whys.insert(0, why::UNIT);
            (n, Some(unit))
        }
    };
    if raw.trim() != raw || raw.chars().any(crate::text::is_invisible) {
        whys.push(why::SPACES);
    }
    if !raw.trim().is_ascii() && whys.is_empty() {
        whys.push(why::WIDTH);
    }
    whys.push(why::TEXT_NUMBER);
    Some((figure, unit))
}

/// Whether a raised, lowered, circled or other special figure stands beside a digit: `500①` is not 5001.
fn has_mark_at_figure(raw: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit() || ('\u{FF10}'..='\u{FF19}').contains(&c);
    let seen: Vec<char> = raw
        .chars()
        .filter(|c| !c.is_whitespace() && !crate::text::is_invisible(*c))
        .collect();
    let is_mark = |c: char| c.is_numeric() && !is_digit(c);
    seen.windows(2).any(|pair| {
        let (a, b) = (pair[0], pair[1]);
        (is_mark(a) && (is_digit(b) || is_mark(b))) || (is_digit(a) && is_mark(b))
    })
}

fn plain_number(text: &str, whys: &mut Vec<&'static str>) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once(['.', '\u{3002}']) {
        Some((w, f)) => (w, Some(f)),
        None => (unsigned, None),
    };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if fraction.is_some_and(|f| !digits(f)) {
        return None;
    }
    let grouped = whole.contains(',');
    if grouped {
        let mut groups = whole.split(',');
        let first = groups.next().unwrap_or("");
        if !digits(first) || first.len() > 3 || !groups.all(|g| g.len() == 3 && digits(g)) {
            return None;
        }
    } else if !digits(whole) {
        return None;
    }
    let plain = text.replace(',', "").replace('\u{3002}', ".");
    let value = plain.parse::<f64>().ok().filter(|n| n.is_finite())?;
    if grouped {
        whys.push(why::THOUSANDS);
    }
    if text.contains('\u{3002}') {
        whys.push(why::POINT);
    }
    Some(value)
}

/// Year, month and day of a serial number, for serials that Excel can show.
pub fn date_of(serial: f64, is_1904: bool) -> Option<(i32, u32, u32)> {
    if !(0.0..2_958_466.0).contains(&serial) {
        return None;
    }
    let whole = serial.floor() as i32;
    let days = if is_1904 {
        whole - 24_107
    } else if whole < 60 {
        // Excel counts a 29 February 1900 that never was.
        whole - 25_568
    } else {
        whole - 25_569
    };
    Some(civil(days))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
pub fn days(year: i32, month: u32, day: u32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let m = i32::try_from(month).unwrap_or(1);
    let doy =
        (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + i32::try_from(day).unwrap_or(1) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// The date of a number of days since 1970-01-01.
pub fn civil(days: i32) -> (i32, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i32::from(month <= 2);
    (year, month.unsigned_abs(), day.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A province has millions of values, most of them missing.
    #[test]
    fn a_value_or_none_takes_sixteen_bytes() {
        assert_eq!(size_of::<Option<Value>>(), 16);
    }

    #[test]
    fn dates_of_both_epochs() {
        assert_eq!(date_of(45_292.0, false), Some((2024, 1, 1)));
        assert_eq!(date_of(1.0, false), Some((1900, 1, 1)));
        assert_eq!(date_of(61.0, false), Some((1900, 3, 1)));
        assert_eq!(date_of(0.0, true), Some((1904, 1, 1)));
        assert_eq!(date_of(-1.0, false), None);
        assert_eq!(date_of(1e12, false), None);
        for n in [-1, 0, 59, 60, 11_016, 19_723] {
            let (y, m, d) = civil(n);
            assert_eq!(days(y, m, d), n);
        }
    }

    #[test]
    fn marks_beside_figures_are_no_figures() {
        for marked in [
            "500\u{2460}",
            "736\u{b2}",
            "\u{2460} 500",
            "5\u{2082}",
            "\u{2460}\u{2461}",
            "1\u{bd}",
        ] {
            assert!(has_mark_at_figure(marked), "{marked}");
        }
        for plain in [
            "500",
            "\u{ff15}\u{ff10}\u{ff10}",
            "500m\u{b2}",
            "500\u{33a1}",
            "-3.5",
        ] {
            assert!(!has_mark_at_figure(plain), "{plain}");
        }
    }

    #[test]
    fn two_years_in_a_cell_are_none() {
        let read = |t: &str| {
            year(&Cell::Text(t.to_string()))
                .value
                .and_then(|v| v.number())
        };
        assert_eq!(read("1958\u{5e74}"), Some(1958.0));
        assert_eq!(read("2024-2025\u{5b66}\u{5e74}"), Some(2024.0));
        assert_eq!(read("1958-09-01"), Some(1958.0));
        assert_eq!(read("1958\u{5e74}\u{5efa},2019\u{5e74}\u{8fc1}"), None);
    }

    #[test]
    fn numbers_as_people_write_them() {
        let parse = |t: &str| {
            let mut whys = Vec::new();
            (plain_number(t, &mut whys), whys)
        };
        assert_eq!(parse("1703").0, Some(1703.0));
        assert_eq!(parse("1,300"), (Some(1300.0), vec![why::THOUSANDS]));
        assert_eq!(parse("12,34,567").0, None);
        assert_eq!(parse("1300,").0, None);
        assert_eq!(parse("3215\u{3002}5"), (Some(3215.5), vec![why::POINT]));
        assert_eq!(parse("-3").0, Some(-3.0));
        for bad in [
            "",
            ".",
            "1.",
            "1.2.3",
            "1e5",
            "inf",
            "NaN",
            "0x1f",
            "1 300",
            "\u{7ea6}300",
        ] {
            assert_eq!(parse(bad).0, None, "{bad}");
        }
    }
}
