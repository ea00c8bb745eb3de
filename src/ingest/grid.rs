//! A sheet as cells with absolute positions, before anything is understood. Knows nothing of Excel libraries or forms.

use serde::{Deserialize, Serialize};

use super::formats::{Layout, Seen};

/// What a cell holds, as the file says.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Number(f64),
    Text(String),
    Bool(bool),
    /// Days since the workbook's epoch, and whether that is 1904.
    DateTime(f64, bool),
    /// A date as ISO 8601 text.
    DateText(String),
    /// `#N/A` and the like.
    Error(String),
    /// A formula whose result was never stored.
    NotCached,
}

impl Cell {
    /// The cell as it passes by.
    pub fn seen(&self) -> Seen<'_> {
        match self {
            Cell::Number(n) => Seen::Number(*n),
            Cell::Text(t) => Seen::Text(t),
            Cell::Bool(b) => Seen::Bool(*b),
            Cell::DateTime(serial, is_1904) => Seen::Date(*serial, *is_1904),
            Cell::DateText(t) => Seen::DateText(t),
            Cell::Error(t) => Seen::Error(t),
            Cell::NotCached => Seen::NotCached,
        }
    }

    /// The cell as a person sees it, as far as the value alone tells.
    pub fn shown(&self) -> String {
        match self {
            Cell::Number(n) => crate::text::number(*n),
            Cell::Text(t) | Cell::DateText(t) | Cell::Error(t) => t.clone(),
            Cell::Bool(b) => b.to_string().to_uppercase(),
            Cell::DateTime(serial, is_1904) => match super::cell::date_of(*serial, *is_1904) {
                Some((y, m, d)) => format!("{y:04}-{m:02}-{d:02}"),
                None => crate::text::number(*serial),
            },
            Cell::NotCached => String::new(),
        }
    }
}

/// A block of merged cells; both corners belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    pub top: u32,
    pub left: u32,
    pub bottom: u32,
    pub right: u32,
}

/// One sheet: its cells by row, in order. Empty cells are not there.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    pub name: String,
    /// Name of the file without its ending.
    pub file: String,
    pub hidden: bool,
    rows: Vec<(u32, Vec<(u32, Cell)>)>,
    layout: Layout,
    /// A table below another one: what stands above it says more of it than the sheet's name.
    pub below_another: bool,
}

impl Grid {
    /// A sheet from cells in any order.
    pub fn new(name: String, hidden: bool, mut cells: Vec<(u32, u32, Cell)>) -> Grid {
        cells.sort_by_key(|(r, c, _)| (*r, *c));
        let mut rows: Vec<(u32, Vec<(u32, Cell)>)> = Vec::new();
        for (r, c, cell) in cells {
            match rows.last_mut() {
                Some((row, list)) if *row == r => list.push((c, cell)),
                _ => rows.push((r, vec![(c, cell)])),
            }
        }
        Grid {
            name,
            file: String::new(),
            hidden,
            rows,
            layout: Layout::default(),
            below_another: false,
        }
    }

    /// Adds what the sheet says about its cells beside their values.
    pub fn with_layout(mut self, mut layout: Layout) -> Grid {
        layout.percent.sort_unstable();
        let filled = |row: &u32| self.rows.binary_search_by_key(row, |(r, _)| *r).is_ok();
        layout.hidden_rows.retain(filled);
        self.layout = layout;
        self
    }

    /// The same sheet without some texts in its cells; cells that hold nothing else are empty.
    pub fn without(&self, noise: &[String]) -> Grid {
        let mut grid = self.clone();
        for (_, cells) in &mut grid.rows {
            for (_, cell) in cells.iter_mut() {
                if let Cell::Text(text) = cell {
                    for n in noise.iter().filter(|n| !n.is_empty()) {
                        *text = text.replace(n.as_str(), "");
                    }
                }
            }
            cells.retain(|(_, cell)| !matches!(cell, Cell::Text(t) if t.trim().is_empty()));
        }
        grid.rows.retain(|(_, cells)| !cells.is_empty());
        grid
    }

    /// The last column of the merged block that a cell lies in, its own without one.
    pub fn block_end(&self, row: u32, col: u32) -> u32 {
        self.layout
            .merges
            .iter()
            .find(|m| m.top <= row && row <= m.bottom && m.left <= col && col <= m.right)
            .map_or(col, |m| m.right)
    }

    /// The rows from one on, down to another, as a sheet of their own; cells keep their places.
    pub fn part(&self, from: u32, to: u32) -> Grid {
        let rows = self.rows.iter();
        Grid {
            name: self.name.clone(),
            file: self.file.clone(),
            hidden: self.hidden,
            rows: rows
                .filter(|(r, _)| (from..to).contains(r))
                .cloned()
                .collect(),
            layout: self.layout.clone(),
            below_another: true,
        }
    }

    /// Hidden rows that hold something, and hidden columns (first and last) of the sheet.
    pub fn hidden_parts(&self) -> (&[u32], &[(u32, u32)]) {
        (&self.layout.hidden_rows, &self.layout.hidden_cols)
    }

    /// The cell at a position.
    pub fn get(&self, row: u32, col: u32) -> Option<&Cell> {
        let i = self.rows.binary_search_by_key(&row, |(r, _)| *r).ok()?;
        let cells = &self.rows[i].1;
        let j = cells.binary_search_by_key(&col, |(c, _)| *c).ok()?;
        Some(&cells[j].1)
    }

    /// The text of a cell, or of the first cell of the merged block that it lies in.
    pub fn header_text(&self, row: u32, col: u32) -> Option<(String, (u32, u32))> {
        let at = self.header_cell(row, col);
        Some((self.text_at(at)?, at))
    }

    /// The first cell of the merged block that a cell lies in; itself without one.
    pub fn header_cell(&self, row: u32, col: u32) -> (u32, u32) {
        let mut merges = self.layout.merges.iter();
        merges
            .find(|m| m.top <= row && row <= m.bottom && m.left <= col && col <= m.right)
            .map_or((row, col), |m| (m.top, m.left))
    }

    /// What a cell says as a header.
    pub fn text_at(&self, (row, col): (u32, u32)) -> Option<String> {
        match self.get(row, col)? {
            Cell::Text(text) => Some(text.clone()),
            Cell::Number(n) => Some(crate::text::number(*n)),
            _ => None,
        }
    }

    /// The last column that holds anything in these rows; 0 without any.
    pub fn last_column(&self, from: u32, to: u32) -> u32 {
        let rows = self.rows.iter().filter(|(r, _)| (from..=to).contains(r));
        let last = rows.filter_map(|(_, cells)| cells.last().map(|(c, _)| *c));
        last.max().unwrap_or(0)
    }

    /// Rows that hold anything, in order.
    pub fn rows(&self) -> &[(u32, Vec<(u32, Cell)>)] {
        &self.rows
    }

    /// Whether the cell's number format shows percent.
    pub fn is_percent(&self, row: u32, col: u32) -> bool {
        self.layout.percent.binary_search(&(row, col)).is_ok()
    }

    /// What the sheet says about its cells beside their values.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether nothing stands in the sheet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
