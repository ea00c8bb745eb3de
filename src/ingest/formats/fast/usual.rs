//! Cells that are written like the one above them: what stands around their values is compared as a whole, not looked
//! through, and texts that come again and again are read once. Whatever differs is left to `cell.rs`, which takes all kinds.

use super::Context;
use super::cell::{Place, Start, Type, usual_start};
use super::literal::Literal;
use super::number::{number, whole};
use super::scan::{Cursor, Key, Raw};
use super::text::{Escapes, Scratch, Space, text};
use crate::fixed::HashMap;
use crate::ingest::formats::Seen;

/// Columns behind these are read cell by cell.
const COLUMNS: usize = 1_024;

/// Different texts that are kept.
const KEPT: usize = 20_000;

/// So many more texts of a column may be new than known before it is taken for one of different texts.
const TRUST: i16 = 200;

/// How values stand in their cells.
#[derive(Debug, Clone, Copy)]
enum Form {
    Number,
    Shared,
    Inline,
}

/// How the last cell of a column was written, all but its row and its value.
#[derive(Debug, Clone, Copy)]
struct Pattern {
    before_row: Literal<1>,
    behind_row: Literal<4>,
    form: Form,
}

/// What a cell written as usual holds.
#[derive(Debug)]
pub(super) enum Held<'a> {
    Value(Seen<'a>),
    /// A text by its number: the same number is the same text in all of the sheet.
    Text(u32, &'a str),
}

/// Numbers of shared texts are even, those of others odd: no number is that of two texts.
fn shared(number: u32) -> u32 {
    number << 1
}

fn in_cells(number: u32) -> u32 {
    number << 1 | 1
}

/// How cells of a sheet are usually written, and their texts.
#[derive(Debug, Default)]
pub(super) struct Usual {
    /// By column.
    patterns: Vec<Option<Pattern>>,
    /// By column, how far its texts come again.
    trust: Vec<i16>,
    /// By what stands in the cell, where that is short.
    numbers: HashMap<Key, u32>,
    texts: Vec<Box<str>>,
}

impl Usual {
    /// The next cell, with its tag, where it stands in the next column and is written like the last one there.
    #[inline]
    pub(super) fn cell<'a, 's: 'a>(
        &'a mut self,
        cursor: &mut Cursor<'s>,
        place: &Place,
        context: Context<'a>,
        scratch: &'a mut Scratch,
    ) -> Option<Held<'a>> {
        let column = place.column as usize;
        let pattern = self.patterns.get(column)?.as_ref()?;
        let rest = pattern.before_row.behind(cursor.rest())?;
        let rest = place.behind_row(rest)?;
        let mut inside = Cursor::new(pattern.behind_row.behind(rest)?);
        let raw = inside.text().ok()?;
        let form = pattern.form;
        let is_closed = match form {
            Form::Inline => inside.at_once(b"</t></is></c>"),
            Form::Number | Form::Shared => inside.at_once(b"</v></c>"),
        };
        if !is_closed {
            return None;
        }
        let held = match form {
            Form::Number => Held::Value(Seen::Number(number(raw.bytes)?)),
            Form::Shared => {
                let number = whole(raw.bytes)?;
                Held::Text(shared(number), context.texts.get(number)?)
            }
            Form::Inline => self.inline(column, raw, scratch)?,
        };
        *cursor = inside;
        Some(held)
    }

    /// A text that stands in its cell, read anew only where it is not known.
    #[inline]
    fn inline<'a>(
        &'a mut self,
        column: usize,
        raw: Raw<'a>,
        scratch: &'a mut Scratch,
    ) -> Option<Held<'a>> {
        let trust = self.trust.get_mut(column)?;
        if *trust > 0
            && let Some(key) = raw.key()
        {
            if let Some(number) = self.numbers.get(&key) {
                *trust = trust.saturating_add(1).min(TRUST);
                let text = self.texts.get(*number as usize)?;
                return Some(Held::Text(in_cells(*number), text));
            }
            *trust -= 1;
            if self.texts.len() < KEPT {
                let text = text(raw, Space::Trimmed, Escapes::Read, scratch).ok()?;
                let number = u32::try_from(self.texts.len()).ok()?;
                self.numbers.insert(key, number);
                self.texts.push(text.into());
                return Some(Held::Text(in_cells(number), self.texts.last()?));
            }
        }
        let text = text(raw, Space::Trimmed, Escapes::Read, scratch).ok()?;
        Some(Held::Value(Seen::Text(text)))
    }

    /// Remembers how a cell was written.
    pub(super) fn learn(&mut self, written: &[u8], place: &Place, context: Context<'_>) {
        let Some((column, pattern)) = pattern(written, place, context) else {
            return;
        };
        if self.patterns.len() <= column {
            self.patterns.resize(column + 1, None);
            self.trust.resize(column + 1, TRUST);
        }
        if let Some(own) = self.patterns.get_mut(column) {
            *own = Some(pattern);
        }
    }
}

/// How a cell is written, with its column; nothing where it is of a kind that takes more than its text to read.
fn pattern(written: &[u8], place: &Place, context: Context<'_>) -> Option<(usize, Pattern)> {
    let (start, content) = usual_start(written.strip_prefix(b"<c")?, place)?;
    let Start {
        column,
        style,
        kind,
        is_empty: false,
    } = start
    else {
        return None;
    };
    let style = style.and_then(|style| context.styles.get(style as usize));
    let style = style.copied().unwrap_or_default();
    let (form, value) = match kind {
        Type::Number if !style.is_date => (Form::Number, content.strip_prefix(b"<v>")?),
        Type::Shared => (Form::Shared, content.strip_prefix(b"<v>")?),
        Type::Inline => (Form::Inline, content.strip_prefix(b"<is><t>")?),
        _ => return None,
    };
    let head = written.get(..written.len().checked_sub(value.len())?)?;
    let quote = head.iter().position(|byte| *byte == b'"')?;
    let letters = head.get(quote + 1..)?;
    let letters = letters.iter().take_while(|byte| byte.is_ascii_uppercase());
    let (before_row, rest) = head.split_at_checked(quote + 1 + letters.count())?;
    let digits = rest.iter().position(|byte| *byte == b'"')?;
    let column = usize::try_from(column).ok()?;
    let pattern = Pattern {
        before_row: Literal::of(before_row)?,
        behind_row: Literal::of(rest.get(digits + 1..)?)?,
        form,
    };
    (!style.is_percent && column < COLUMNS).then_some((column, pattern))
}
