//! One cell of a worksheet from its tag to its end: where it stands and what it holds.

use super::literal::Literal;
use super::number::{block, column, number, whole};
use super::scan::{Attributes, Cursor, Halt, Raw, Taken, once};
use super::text::{Escapes, Scratch, Space, item, passed, text};
use super::{Context, Style};
use crate::ingest::formats::{MAX_COLUMN, Seen};

/// Digits of the longest number of a row.
const ROW_DIGITS: usize = 7;

/// Where in a sheet the next cell is expected.
#[derive(Debug)]
pub(super) struct Place {
    /// From 0.
    pub(super) row: u32,
    /// No cell of the row may stand before this column.
    pub(super) column: u32,
    /// The row's number as it stands in the names of its cells.
    digits: [u8; ROW_DIGITS],
    length: usize,
    /// The same with the quote behind it.
    quoted: Literal<1>,
}

impl Place {
    /// Goes to the start of a row.
    pub(super) fn at_row(row: u32) -> Place {
        let mut digits = [0; ROW_DIGITS];
        let mut length = 0;
        let mut rest = row.saturating_add(1);
        while rest > 0 && length < ROW_DIGITS {
            digits.copy_within(0..ROW_DIGITS - 1, 1);
            digits[0] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            length += 1;
            rest /= 10;
        }
        let mut quoted = [b'"'; ROW_DIGITS + 1];
        quoted[..length].copy_from_slice(&digits[..length]);
        Place {
            row,
            column: 0,
            digits,
            length,
            quoted: Literal::of(&quoted[..=length]).expect("eight bytes at most"),
        }
    }

    /// What follows the row's number and a quote, where these stand.
    #[inline]
    pub(super) fn behind_row<'a>(&self, rest: &'a [u8]) -> Option<&'a [u8]> {
        self.quoted.behind(rest)
    }

    /// The column of a cell in this row by its name; nothing for a cell elsewhere.
    #[inline]
    fn column_of(&self, reference: &[u8]) -> Option<u32> {
        let (column, row) = column(reference)?;
        (row == self.digits.get(..self.length)?).then_some(column)
    }
}

/// A cell as it was read.
#[derive(Debug)]
pub(super) struct Cell<'a> {
    pub(super) column: u32,
    /// Nothing where it is empty.
    pub(super) seen: Option<Seen<'a>>,
    pub(super) is_percent: bool,
}

/// How a value is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Type {
    Number,
    Shared,
    Inline,
    Text,
    Bool,
    Error,
    DateText,
}

/// The tag of a cell.
pub(super) struct Start {
    pub(super) column: u32,
    /// By its number.
    pub(super) style: Option<u32>,
    pub(super) kind: Type,
    pub(super) is_empty: bool,
}

/// Takes a cell of which `<c` was passed.
#[inline]
pub(super) fn cell<'a, 's: 'a>(
    cursor: &mut Cursor<'s>,
    place: &Place,
    context: Context<'a>,
    scratch: &'a mut Scratch,
) -> Taken<Cell<'a>> {
    let start = match usual_start(cursor.rest(), place) {
        Some((start, rest)) => {
            *cursor = Cursor::new(rest);
            start
        }
        None => any_start(cursor, place)?,
    };
    let column = start.column;
    if column < place.column || column >= MAX_COLUMN {
        return Err(Halt::Odd("order of cells"));
    }
    let (style, is_percent) = match start.style {
        None => (Style::default(), false),
        Some(number) => {
            let at = usize::try_from(number).map_err(|_| Halt::Odd("style"))?;
            let style = context.styles.get(at).copied().unwrap_or_default();
            // The first style is that of cells without one.
            (style, style.is_percent && at > 0)
        }
    };
    let seen = if start.is_empty {
        None
    } else {
        content(cursor, start.kind, style, context, scratch)?
    };
    Ok(Cell {
        column,
        seen,
        is_percent,
    })
}

/// The tag as most programs write it: name, style, type. What is written otherwise is left to the other reader of tags.
#[inline]
pub(super) fn usual_start<'s>(rest: &'s [u8], place: &Place) -> Option<(Start, &'s [u8])> {
    let (column, rest) = column(rest.strip_prefix(b" r=\"")?)?;
    let mut rest = place.behind_row(rest)?;
    let mut style = None;
    if let Some(mut after) = rest.strip_prefix(b" s=\"") {
        let mut number = 0u32;
        let mut length = 0;
        while let Some((digit @ b'0'..=b'9', next)) = after.split_first() {
            // Others look into zeros before it.
            if length > 5 || (length == 1 && number == 0) {
                return None;
            }
            number = number * 10 + u32::from(digit - b'0');
            length += 1;
            after = next;
        }
        if length == 0 {
            return None;
        }
        style = Some(number);
        rest = after.strip_prefix(b"\"")?;
    }
    let mut kind = Type::Number;
    if let Some(after) = rest.strip_prefix(b" t=\"") {
        (kind, rest) = match after {
            [b's', b'"', after @ ..] => (Type::Shared, after),
            [
                b'i',
                b'n',
                b'l',
                b'i',
                b'n',
                b'e',
                b'S',
                b't',
                b'r',
                b'"',
                after @ ..,
            ] => (Type::Inline, after),
            [b's', b't', b'r', b'"', after @ ..] => (Type::Text, after),
            [b'n', b'"', after @ ..] => (Type::Number, after),
            _ => return None,
        };
    }
    let (is_empty, rest) = match rest {
        [b'>', rest @ ..] => (false, rest),
        [b'/', b'>', rest @ ..] => (true, rest),
        _ => return None,
    };
    let start = Start {
        column,
        style,
        kind,
        is_empty,
    };
    Some((start, rest))
}

/// The tag in any order of attributes.
fn any_start(cursor: &mut Cursor<'_>, place: &Place) -> Taken<Start> {
    let (attributes, is_empty) = cursor.attributes_left()?;
    let (mut reference, mut style, mut kind) = (None, None, None);
    for attribute in Attributes::new(attributes) {
        let (name, value) = attribute?;
        match name {
            b"r" => once(&mut reference, value)?,
            b"s" => once(&mut style, value)?,
            b"t" => once(&mut kind, value)?,
            _ if value.is_ascii() => {}
            _ => return Err(Halt::Odd("attribute")),
        }
    }
    let column = match reference {
        Some(reference) => place
            .column_of(reference)
            .ok_or(Halt::Odd("name of a cell"))?,
        None => place.column,
    };
    let style = match style {
        Some(style) => Some(whole(style).ok_or(Halt::Odd("style"))?),
        None => None,
    };
    let kind = match kind {
        None | Some(b"n") => Type::Number,
        Some(b"s") => Type::Shared,
        Some(b"inlineStr") => Type::Inline,
        Some(b"str") => Type::Text,
        Some(b"b") => Type::Bool,
        Some(b"e") => Type::Error,
        Some(b"d") => Type::DateText,
        Some(_) => return Err(Halt::Odd("type of a cell")),
    };
    Ok(Start {
        column,
        style,
        kind,
        is_empty,
    })
}

/// What stands between the tags of a cell, and its end.
#[inline]
fn content<'a, 's: 'a>(
    cursor: &mut Cursor<'s>,
    kind: Type,
    style: Style,
    context: Context<'a>,
    scratch: &'a mut Scratch,
) -> Taken<Option<Seen<'a>>> {
    cursor.blank()?;
    let mut has_formula = false;
    if cursor.literal(b"<f")? {
        formula(cursor, scratch)?;
        has_formula = true;
        cursor.blank()?;
    }
    let mut seen = None;
    if cursor.literal(b"<v>")? || cursor.literal(b"<v xml:space=\"preserve\">")? {
        let raw = cursor.text()?;
        if !cursor.at_once(b"</v></c>") {
            cursor.expect(b"</v>")?;
            end(cursor)?;
        }
        seen = value(raw, kind, style, context, scratch)?;
    } else if matches!(kind, Type::Inline) && !has_formula && cursor.literal(b"<is>")? {
        seen = Some(Seen::Text(item(cursor, b"</is>", scratch)?));
        end(cursor)?;
    } else if cursor.literal(b"<v/>")? {
        seen = value(Raw::EMPTY, kind, style, context, scratch)?;
        end(cursor)?;
    } else {
        end(cursor)?;
    }
    if seen.is_none() && has_formula {
        seen = Some(Seen::NotCached);
    }
    Ok(seen)
}

fn end(cursor: &mut Cursor<'_>) -> Taken<()> {
    if cursor.at_once(b"</c>") {
        return Ok(());
    }
    cursor.blank()?;
    cursor.expect(b"</c>")
}

#[inline]
fn value<'a>(
    raw: Raw<'a>,
    kind: Type,
    style: Style,
    context: Context<'a>,
    scratch: &'a mut Scratch,
) -> Taken<Option<Seen<'a>>> {
    Ok(Some(match kind {
        Type::Text => Seen::Text(text(raw, Space::Kept, Escapes::Read, scratch)?),
        Type::DateText => Seen::DateText(text(raw, Space::Kept, Escapes::Kept, scratch)?),
        Type::Inline => return Err(Halt::Odd("value beside a text")),
        _ if raw.bytes.is_empty() => return Ok(None),
        Type::Number => {
            let number = number(raw.bytes).ok_or(Halt::Odd("number"))?;
            if style.is_date {
                Seen::Date(number, context.is_1904)
            } else {
                Seen::Number(number)
            }
        }
        Type::Shared => {
            let text = whole(raw.bytes).and_then(|at| context.texts.get(at));
            Seen::Text(text.ok_or(Halt::Odd("number of a text"))?)
        }
        Type::Bool => match raw.bytes {
            b"0" | b"false" => Seen::Bool(false),
            b"1" | b"true" => Seen::Bool(true),
            _ => return Err(Halt::Odd("truth value")),
        },
        Type::Error => Seen::Error(match raw.bytes {
            b"#DIV/0!" => "#DIV/0!",
            b"#N/A" => "#N/A",
            b"#NAME?" => "#NAME?",
            b"#NULL!" => "#NULL!",
            b"#NUM!" => "#NUM!",
            b"#REF!" => "#REF!",
            b"#VALUE!" => "#VALUE!",
            _ => return Err(Halt::Odd("error value")),
        }),
    }))
}

/// Passes a formula of which `<f` was passed.
fn formula(cursor: &mut Cursor<'_>, scratch: &mut Scratch) -> Taken<()> {
    let odd = Halt::Odd("formula");
    let (attributes, is_empty) = cursor.attributes_left()?;
    let (mut kind, mut index, mut range) = (None, None, None);
    for attribute in Attributes::new(attributes) {
        let (name, value) = attribute?;
        match name {
            b"t" => once(&mut kind, value)?,
            b"si" => once(&mut index, value)?,
            b"ref" => once(&mut range, value)?,
            _ => {}
        }
        if !value.is_ascii() {
            return Err(odd);
        }
    }
    if kind == Some(b"shared")
        && (index.and_then(whole).is_none() || range.is_some_and(|r| block(r).is_none()))
    {
        return Err(odd);
    }
    if !is_empty {
        passed(cursor.text()?, scratch)?;
        cursor.expect(b"</f>")?;
    }
    Ok(())
}
