//! A workbook as plain data, before any Excel library is involved.

use std::hash::{Hash, Hasher};

use crate::indicators::Verdict;
use crate::indicators::unit::Met;

/// A workbook.
#[derive(Debug, Clone, Default, Hash)]
pub struct Book {
    pub title: String,
    /// Name of the font of all cells.
    pub font: String,
    /// Sheets laid out freely, before the others.
    pub pages: Vec<Page>,
    pub sheets: Vec<Sheet>,
}

/// A sheet laid out like a printed form.
#[derive(Debug, Clone, Default, Hash)]
pub struct Page {
    pub name: String,
    /// Widths of the columns in half-width characters.
    pub widths: Vec<usize>,
    pub cells: Vec<Placed>,
    /// Rows above this one, and columns left of it, stay in view.
    pub frozen: (u32, u16),
    /// Cells to fill in.
    pub entries: Vec<Entry>,
    /// Nothing but the entries can be changed, unless the protection is taken off, which asks for no password.
    pub locked: bool,
    /// Columns that are there for the program, not for people.
    pub hidden: Vec<u16>,
    /// The first row that is printed again on every sheet of paper; the last is the last above those in view.
    pub repeated: u32,
    /// Sheets of paper side by side; 0 is 1. With more than one, the columns in view are printed on each.
    pub pages_wide: u16,
}

/// A block of cells of one kind that people fill in.
#[derive(Debug, Clone, PartialEq, Default, Hash)]
pub struct Entry {
    /// First and last cell, from 0.
    pub from: (u32, u16),
    pub to: (u32, u16),
    /// What stands there already.
    pub given: Cell,
    pub allowed: Allowed,
    pub required: bool,
    /// Shown beside a cell that is selected.
    pub title: String,
    pub note: String,
    /// Shown when something else is written.
    pub refusal: String,
}

/// What may be written into an entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Allowed {
    /// Any text; what looks like a number or a date stays as it was written.
    #[default]
    Text,
    /// A code, with its length where that is fixed; leading zeros stay.
    Code(Option<usize>),
    Date,
    /// A whole number, from least to most.
    Whole(i32, Option<i32>),
    /// A number, from least to most.
    Number(f64, Option<f64>),
    /// One of these.
    OneOf(Vec<String>),
    /// One of the texts in a column of another sheet, from the first row to the last.
    Listed {
        sheet: String,
        col: u16,
        first: u32,
        last: u32,
    },
}

impl Hash for Allowed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Allowed::Text | Allowed::Date => {}
            Allowed::Code(length) => length.hash(state),
            Allowed::Whole(least, most) => (least, most).hash(state),
            Allowed::Number(least, most) => (least.to_bits(), most.map(f64::to_bits)).hash(state),
            Allowed::OneOf(texts) => texts.hash(state),
            Allowed::Listed {
                sheet,
                col,
                first,
                last,
            } => (sheet, col, first, last).hash(state),
        }
    }
}

/// A cell of a page with the block that it covers, from 0.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct Placed {
    pub row: u32,
    pub col: u16,
    pub bottom: u32,
    pub right: u16,
    pub cell: Cell,
    pub look: Look,
}

/// What part of a form a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Look {
    Title,
    Head,
    /// The head of something that must be filled in.
    NeededHead,
    Body,
    /// A short body text in the middle of its cell.
    Middle,
    Note,
    /// A line that people complete, on a page that is locked otherwise.
    Lead,
    /// What stands in an entry already; on top of it, where entries of one block differ.
    Given,
    /// A line over the rows below it.
    Section,
}

impl Page {
    /// Puts header paths side by side, each from the top to the last: neighbours that share the paths' beginning are merged, a
    /// short path is merged downwards. Gives the rows that they take.
    pub fn header(&mut self, at: (u32, u16), paths: &[Vec<String>]) -> u32 {
        let depth = paths.iter().map(Vec::len).max().unwrap_or(1);
        let level = |d: usize| at.0 + u32::try_from(d).unwrap_or(0);
        for d in 0..depth {
            let mut c = 0;
            while c < paths.len() {
                let path = &paths[c];
                if d >= path.len() {
                    c += 1;
                    continue;
                }
                let last = d + 1 == path.len();
                let mut end = c;
                while end + 1 < paths.len()
                    && !last
                    && paths[end + 1].len() > d
                    && paths[end + 1][..=d] == path[..=d]
                {
                    end += 1;
                }
                let bottom = if last { depth - 1 } else { d };
                self.merge(
                    (level(d), at.1 + column(c)),
                    (level(bottom), at.1 + column(end)),
                    Cell::text(path[d].as_str()),
                    Look::Head,
                );
                c = end + 1;
            }
        }
        u32::try_from(depth).unwrap_or(1)
    }

    /// Puts a cell.
    pub fn put(&mut self, row: u32, col: u16, cell: Cell, look: Look) {
        self.merge((row, col), (row, col), cell, look);
    }

    /// Puts a cell over a block of cells.
    pub fn merge(&mut self, from: (u32, u16), to: (u32, u16), cell: Cell, look: Look) {
        self.cells.push(Placed {
            row: from.0,
            col: from.1,
            bottom: to.0,
            right: to.1,
            cell,
            look,
        });
    }
}

/// A sheet: title, notes, header of one or two rows, rows.
#[derive(Debug, Clone, Default, Hash)]
pub struct Sheet {
    pub name: String,
    pub title: String,
    pub notes: Vec<String>,
    pub columns: Vec<Head>,
    pub rows: Vec<Vec<Cell>>,
    /// Columns that stay in view when scrolling to the right.
    pub frozen: u16,
    pub filter: bool,
    /// Printed on one sheet of paper, as long as it can be read.
    pub one_page: bool,
    pub chart: Option<Chart>,
}

/// A chart of the first rows of a sheet: a value with its whiskers for each row, beside a limit. Columns are numbers of the
/// sheet's columns.
#[derive(Debug, Clone, Default, Hash)]
pub struct Chart {
    pub title: String,
    pub rows: usize,
    pub categories: usize,
    pub values: usize,
    /// Lengths of the whiskers.
    pub up: usize,
    pub down: usize,
    pub limit: usize,
    pub value_title: String,
    pub limit_title: String,
}

/// The head of a column; columns that stand together and share a group are merged under it.
#[derive(Debug, Clone, Default, Hash)]
pub struct Head {
    pub group: String,
    pub label: String,
    /// Widest that the column may become, in half-width characters; longer text wraps.
    pub widest: usize,
}

/// How a cell looks beyond its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Middle,
    Bad,
    /// Not known, or not counted.
    Pale,
    /// A line that sums up those below it.
    Strong,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    #[default]
    Empty,
    /// Text, never a formula.
    Text(String, Tone),
    /// A number with its printed digits.
    Number(f64, usize, Tone),
    /// A formula with its result and printed digits.
    Formula {
        formula: String,
        value: f64,
        digits: usize,
    },
    /// A text with a link to a place.
    Link { text: String, target: String },
}

impl Hash for Cell {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Cell::Empty => {}
            Cell::Text(text, tone) => (text, tone).hash(state),
            Cell::Number(value, digits, tone) => (value.to_bits(), digits, tone).hash(state),
            Cell::Formula {
                formula,
                value,
                digits,
            } => (formula, value.to_bits(), digits).hash(state),
            Cell::Link { text, target } => (text, target).hash(state),
        }
    }
}

impl Cell {
    /// Plain text; empty text is an empty cell.
    pub fn text(text: impl Into<String>) -> Cell {
        let text = text.into();
        if text.is_empty() {
            Cell::Empty
        } else {
            Cell::Text(text, Tone::Plain)
        }
    }

    /// A whole number.
    pub fn count(count: usize) -> Cell {
        Cell::Number(count as f64, 0, Tone::Plain)
    }

    /// A number, or an empty cell.
    pub fn number(value: Option<f64>, digits: usize) -> Cell {
        value.map_or(Cell::Empty, |v| Cell::Number(v, digits, Tone::Plain))
    }

    /// The same cell in another tone.
    pub fn toned(self, tone: Tone) -> Cell {
        match self {
            Cell::Text(text, _) => Cell::Text(text, tone),
            Cell::Number(value, digits, _) => Cell::Number(value, digits, tone),
            other => other,
        }
    }

    /// The text that is shown, for widths and tests.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text, _) | Cell::Link { text, .. } => text.clone(),
            Cell::Number(value, digits, _) | Cell::Formula { value, digits, .. } => {
                crate::text::fixed(*value, *digits)
            }
        }
    }
}

/// The tone of a verdict.
pub fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Met => Tone::Good,
        Verdict::NotMet => Tone::Bad,
        Verdict::Incomplete => Tone::Pale,
    }
}

/// The tone of a value beside its limit.
pub fn met_tone(met: Option<Met>) -> Tone {
    match met {
        Some(Met::Met) | None => Tone::Plain,
        Some(Met::Floor) => Tone::Middle,
        Some(Met::NotMet) => Tone::Bad,
        Some(Met::Incomplete) => Tone::Pale,
    }
}

impl Head {
    /// A column without a group.
    pub fn new(label: impl Into<String>) -> Head {
        Head {
            group: String::new(),
            label: label.into(),
            widest: 24,
        }
    }

    /// A column under a group.
    pub fn under(group: impl Into<String>, label: impl Into<String>) -> Head {
        Head {
            group: group.into(),
            label: label.into(),
            widest: 16,
        }
    }

    /// The same column with another greatest width.
    pub fn wide(mut self, widest: usize) -> Head {
        self.widest = widest;
        self
    }
}

/// Rows of a sheet; further ones stand on further sheets.
pub const MOST_ROWS: usize = 1_000_000;

/// The name of a sheet that holds a part of the rows of one, by its number from 0.
pub fn part_name(name: &str, part: usize) -> String {
    match part {
        0 => name.to_string(),
        part => format!("{name} ({})", part + 1),
    }
}

/// The number of a column as workbooks count them.
pub(super) fn column(c: usize) -> u16 {
    u16::try_from(c).unwrap_or(u16::MAX)
}
