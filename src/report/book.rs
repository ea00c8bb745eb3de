//! A workbook as plain data, before any Excel library is involved.

use crate::indicators::Verdict;
use crate::indicators::unit::Met;

/// A workbook.
#[derive(Debug, Clone, Default)]
pub struct Book {
    pub title: String,
    /// Name of the font of all cells.
    pub font: String,
    /// Sheets laid out freely, before the others.
    pub pages: Vec<Page>,
    pub sheets: Vec<Sheet>,
}

/// A sheet laid out like a printed form.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub name: String,
    /// Widths of the columns in half-width characters.
    pub widths: Vec<usize>,
    pub cells: Vec<Placed>,
    /// Rows above this one, and columns left of it, stay in view.
    pub frozen: (u32, u16),
}

/// A cell of a page with the block that it covers, from 0.
#[derive(Debug, Clone, PartialEq)]
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
    Body,
    Note,
}

impl Page {
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
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    pub name: String,
    pub title: String,
    pub notes: Vec<String>,
    pub columns: Vec<Head>,
    pub rows: Vec<Vec<Cell>>,
    /// Columns that stay in view when scrolling to the right.
    pub frozen: u16,
    pub filter: bool,
    pub chart: Option<Chart>,
}

/// A chart of the first rows of a sheet: a value with its whiskers for each row, beside a limit. Columns are numbers of the
/// sheet's columns.
#[derive(Debug, Clone, Default)]
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
#[derive(Debug, Clone, Default)]
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

/// The number of a column as workbooks count them.
pub(super) fn column(c: usize) -> u16 {
    u16::try_from(c).unwrap_or(u16::MAX)
}
