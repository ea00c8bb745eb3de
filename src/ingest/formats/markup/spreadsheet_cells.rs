//! What the cells of an XML Spreadsheet hold, by their types, styles and texts. Elements and attributes do not belong here.

use std::collections::HashMap;

use super::value::{Format, declared_number, is_code};
use super::{Budget, Refusal};
use crate::ingest::grid::Cell;

/// Most styles; a spreadsheet keeps 65,490.
const MOST_STYLES: usize = 70_000;
/// Digits that a number holds; longer ones are codes.
const DIGITS: usize = 15;

/// The number formats of styles.
#[derive(Debug, Default)]
pub struct Styles {
    by_id: HashMap<String, Style>,
    /// The one that is being read.
    current: String,
}

#[derive(Debug, Default)]
struct Style {
    format: Option<Format>,
    parent: Option<String>,
}

impl Styles {
    /// A style begins.
    ///
    /// # Errors
    /// When there are too many.
    pub fn begin(&mut self, id: String, parent: Option<String>) -> Result<(), Refusal> {
        self.current.clone_from(&id);
        let format = None;
        self.by_id.insert(id, Style { format, parent });
        if self.by_id.len() > MOST_STYLES {
            return Err(Refusal::TooLarge(format!("more than {MOST_STYLES} styles")));
        }
        Ok(())
    }

    /// The style that is being read has a format.
    pub fn set(&mut self, format: Format) {
        if let Some(style) = self.by_id.get_mut(&self.current) {
            style.format = Some(format);
        }
    }

    /// The format of a style, or of the one that it builds on. Such chains are short.
    pub fn format(&self, id: &str) -> Option<Format> {
        let mut id = id;
        for _ in 0..8 {
            let style = self.by_id.get(id)?;
            if style.format.is_some() {
                return style.format;
            }
            id = style.parent.as_deref()?;
        }
        None
    }
}

/// A cell that is being read.
#[derive(Debug, Default)]
pub struct Open {
    pub row: u32,
    pub col: u32,
    pub format: Option<Format>,
    pub formula: bool,
    /// The type of its value, if it has one.
    pub kind: Option<String>,
    pub text: String,
}

impl Open {
    /// What the cell holds.
    pub fn value(self, is_1904: bool) -> Option<Cell> {
        let text = self.text;
        let written = text.trim();
        let Some(kind) = self.kind else {
            return self.formula.then_some(Cell::NotCached);
        };
        let kind = kind.to_ascii_lowercase();
        if written.is_empty() {
            // An empty text is a result.
            return (self.formula && kind != "string").then_some(Cell::NotCached);
        }
        Some(match (kind.as_str(), written) {
            ("number", _) if is_code(written, DIGITS) => Cell::Text(written.to_string()),
            ("number", _) => match declared_number(written) {
                Some(n) if self.format == Some(Format::Date) => Cell::DateTime(n, is_1904),
                Some(n) => Cell::Number(n),
                None => Cell::Text(text),
            },
            ("boolean", "1" | "true" | "True" | "TRUE") => Cell::Bool(true),
            ("boolean", "0" | "false" | "False" | "FALSE") => Cell::Bool(false),
            ("datetime", _) => Cell::DateText(written.to_string()),
            ("error", _) => Cell::Error(written.to_string()),
            _ => Cell::Text(text),
        })
    }
}

/// What holds for a sheet while its rows are read.
#[derive(Debug, Default)]
pub struct Rows {
    /// The row that is being read, and the one after it.
    pub row: u32,
    pub next_row: u32,
    pub hidden: bool,
    /// Formats of the row and of the table, for cells without one.
    pub format: Option<Format>,
    pub table_format: Option<Format>,
    pub next_col: u32,
    /// The next column that is told of before the rows.
    pub next_told: u32,
    /// Formats of columns, first and last, in order.
    pub column_formats: Vec<(u32, u32, Format)>,
    /// By column, the first row that no merged block from above covers.
    free_from: Vec<u32>,
    /// Nothing more is taken of the sheet.
    pub lost: bool,
}

impl Rows {
    /// A merged block covers the rows below a cell.
    pub fn cover(&mut self, left: u32, right: u32, bottom: u32) {
        let (from, end) = (left as usize, right as usize + 1);
        if self.free_from.len() < end {
            self.free_from.resize(end, 0);
        }
        for free in self.free_from.iter_mut().take(end).skip(from) {
            *free = bottom.saturating_add(1);
        }
    }

    /// The next column that is not covered from above. Spreadsheets write the place of a cell behind such columns; others
    /// just leave the covered cells out.
    pub fn free_col(&self, budget: &mut Budget) -> Result<u32, Refusal> {
        let mut col = self.next_col;
        while self
            .free_from
            .get(col as usize)
            .is_some_and(|free| *free > self.row)
        {
            budget.covered()?;
            col += 1;
        }
        Ok(col)
    }

    /// The format of a cell without one.
    pub fn format_of(&self, col: u32) -> Option<Format> {
        let columns = &self.column_formats;
        let column = columns.partition_point(|c| c.0 <= col).checked_sub(1);
        let column = column.and_then(|i| columns.get(i)).filter(|c| col <= c.1);
        self.format.or(column.map(|c| c.2)).or(self.table_format)
    }
}
