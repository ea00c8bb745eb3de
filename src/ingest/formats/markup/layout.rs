//! Cells of HTML tables at their places in a grid: spans, groups of rows, tables inside cells. Text and tags do not belong
//! here.
//!
//! A cell that holds nothing but tables is laid out: its row and column become as many as the tables need, and the other
//! cells of that row and column become merged blocks, as a spreadsheet does it.

use super::value::Format;
use super::{Budget, MAX_COLUMN, MAX_ROW, Refusal, Stop};
use crate::ingest::grid::Cell;

/// Caps of the HTML standard.
const MOST_COLSPAN: u32 = 1_000;
const MOST_ROWSPAN: u32 = 65_534;

/// A finished table.
#[derive(Debug, Default)]
pub struct Block {
    pub height: u32,
    pub width: u32,
    pub cells: Vec<(u32, u32, Cell)>,
    /// Top, left, bottom, right.
    pub merges: Vec<(u32, u32, u32, u32)>,
    pub percent: Vec<(u32, u32)>,
    pub hidden_rows: Vec<u32>,
    pub hidden_cols: Vec<(u32, u32)>,
}

/// A cell's place and how many rows and columns it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    pub row: u32,
    pub col: u32,
    rows: u32,
    cols: u32,
}

/// A table that is being read.
#[derive(Debug, Default)]
pub struct Table {
    block: Block,
    /// The next column of the row.
    col: u32,
    pub in_row: bool,
    /// All its rows, or those of the group, are hidden.
    hidden: bool,
    pub hidden_group: bool,
    /// Formats of the table and of the row, for cells without one.
    pub format: Option<Format>,
    pub row_format: Option<Format>,
    /// Cells are texts unless they say that they are numbers.
    pub strings: bool,
    /// By column, the first row that no cell from above covers.
    free_from: Vec<u32>,
    /// Merged blocks of earlier groups of rows.
    settled: usize,
    /// Columns that `<col>` has told of.
    told: u32,
    /// Tables inside cells, and how many are in earlier groups of rows.
    inner: Vec<(Spot, Block)>,
    settled_inner: usize,
}

impl Table {
    /// A table without rows.
    pub fn new(hidden: bool, format: Option<Format>, strings: bool) -> Table {
        Table {
            hidden,
            format,
            strings,
            ..Table::default()
        }
    }

    /// The rows begun so far.
    pub fn rows(&self) -> u32 {
        self.block.height
    }

    /// Begins a row.
    pub fn row(&mut self, hidden: bool, format: Option<Format>) -> Result<(), Stop> {
        let row = self.block.height;
        if row >= MAX_ROW {
            return Err(Stop::Broken(format!("more than {MAX_ROW} rows")));
        }
        self.block.height += 1;
        self.col = 0;
        self.in_row = true;
        self.row_format = format;
        if hidden || self.hidden || self.hidden_group {
            self.block.hidden_rows.push(row);
        }
        Ok(())
    }

    /// The place of the next cell of the row. Spans are as written; 0 rows are all that follow.
    pub fn place(&mut self, cols: u32, rows: u32, budget: &mut Budget) -> Result<Spot, Stop> {
        let row = self.block.height.saturating_sub(1);
        while self
            .free_from
            .get(self.col as usize)
            .is_some_and(|free| *free > row)
        {
            budget.covered()?;
            self.col += 1;
        }
        let col = self.col;
        if col >= MAX_COLUMN {
            return Err(Stop::Broken(format!(
                "row {}: more than {MAX_COLUMN} columns",
                row + 1
            )));
        }
        let cols = cols.clamp(1, MOST_COLSPAN).min(MAX_COLUMN - col);
        let rows = if rows == 0 {
            MOST_ROWSPAN
        } else {
            rows.min(MOST_ROWSPAN)
        };
        let end = col + cols;
        self.col = end;
        self.block.width = self.block.width.max(end);
        if rows > 1 {
            if self.free_from.len() < end as usize {
                self.free_from.resize(end as usize, 0);
            }
            for free in self
                .free_from
                .iter_mut()
                .take(end as usize)
                .skip(col as usize)
            {
                *free = row.saturating_add(rows);
            }
        }
        Ok(Spot {
            row,
            col,
            rows,
            cols,
        })
    }

    /// A cell that spans others is merged with them.
    pub fn merge(&mut self, spot: Spot, budget: &mut Budget) -> Result<(), Refusal> {
        if spot.rows > 1 || spot.cols > 1 {
            budget.merge()?;
            let bottom = spot.row.saturating_add(spot.rows - 1);
            let merge = (spot.row, spot.col, bottom, spot.col + spot.cols - 1);
            self.block.merges.push(merge);
        }
        Ok(())
    }

    /// The column of the next cell, if none from above covers it.
    pub fn next_col(&self) -> u32 {
        self.col
    }

    /// Puts what a cell holds.
    pub fn fill(&mut self, spot: Spot, cell: Cell, percent: bool) {
        self.block.cells.push((spot.row, spot.col, cell));
        if percent {
            self.block.percent.push((spot.row, spot.col));
        }
    }

    /// Puts a table into a cell.
    pub fn lay(&mut self, spot: Spot, block: Block) {
        if !block.cells.is_empty() {
            self.inner.push((spot, block));
        }
    }

    /// Columns that are told of before the rows.
    pub fn columns(&mut self, count: u32, hidden: bool) {
        let from = self.told;
        let count = count.clamp(1, MOST_COLSPAN);
        self.told = from.saturating_add(count);
        if hidden && self.told <= MAX_COLUMN {
            self.block.hidden_cols.push((from, self.told - 1));
        }
    }

    /// Whether a column was told to be hidden.
    pub fn is_hidden_column(&self, col: u32) -> bool {
        let after = self
            .block
            .hidden_cols
            .partition_point(|(from, _)| *from <= col);
        let last = after
            .checked_sub(1)
            .and_then(|i| self.block.hidden_cols.get(i));
        last.is_some_and(|(_, to)| col <= *to)
    }

    /// Ends a group of rows: no cell reaches beyond it.
    pub fn end_group(&mut self) {
        let last = self.block.height.saturating_sub(1);
        let mut kept = self.settled;
        for i in self.settled..self.block.merges.len() {
            let mut merge = self.block.merges[i];
            merge.2 = merge.2.min(last);
            if merge.2 > merge.0 || merge.3 > merge.1 {
                self.block.merges[kept] = merge;
                kept += 1;
            }
        }
        self.block.merges.truncate(kept);
        self.settled = kept;
        for (spot, _) in self.inner.iter_mut().skip(self.settled_inner) {
            spot.rows = spot.rows.min(self.block.height.saturating_sub(spot.row));
        }
        self.settled_inner = self.inner.len();
        self.free_from.clear();
        self.in_row = false;
        self.hidden_group = false;
    }

    /// The finished table.
    pub fn finish(mut self, budget: &mut Budget) -> Result<Block, Refusal> {
        self.end_group();
        if !self.inner.is_empty() {
            self.spread(budget)?;
        }
        Ok(self.block)
    }

    /// Makes room for the tables inside cells.
    fn spread(&mut self, budget: &mut Budget) -> Result<(), Refusal> {
        let inner = std::mem::take(&mut self.inner);
        let old = std::mem::take(&mut self.block);
        let mut heights = vec![1u32; old.height as usize];
        let mut widths = vec![1u32; old.width as usize];
        for (spot, block) in &inner {
            stretch(&mut heights, spot.row, spot.rows, block.height);
            stretch(&mut widths, spot.col, spot.cols, block.width);
        }
        let tops = starts(&heights);
        let lefts = starts(&widths);
        let at = |starts: &[u32], i: u32| starts.get(i as usize).copied().unwrap_or(u32::MAX);
        let area = |(top, left, bottom, right): (u32, u32, u32, u32)| {
            let bottom = at(&tops, bottom.saturating_add(1)).saturating_sub(1);
            let right = at(&lefts, right.saturating_add(1)).saturating_sub(1);
            (at(&tops, top), at(&lefts, left), bottom, right)
        };
        let mut merged: Vec<(u32, u32)> = old.merges.iter().map(|m| (m.0, m.1)).collect();
        merged.sort_unstable();
        // A block over the cell of a table would hide all but its first cell. Cells come in order.
        let laid = |m: &(u32, u32, u32, u32)| {
            inner
                .binary_search_by_key(&(m.0, m.1), |(spot, _)| (spot.row, spot.col))
                .is_ok()
        };
        let mut new = Block {
            height: tops.last().copied().unwrap_or(0),
            width: lefts.last().copied().unwrap_or(0),
            cells: old.cells,
            merges: old
                .merges
                .into_iter()
                .filter(|m| !laid(m))
                .map(area)
                .collect(),
            percent: old.percent,
            hidden_rows: Vec::new(),
            hidden_cols: Vec::new(),
        };
        for (row, col, _) in &mut new.cells {
            let block = area((*row, *col, *row, *col));
            let larger = block.2 > block.0 || block.3 > block.1;
            if larger && merged.binary_search(&(*row, *col)).is_err() {
                budget.merge()?;
                new.merges.push(block);
            }
            (*row, *col) = (block.0, block.1);
        }
        for (row, col) in &mut new.percent {
            (*row, *col) = (at(&tops, *row), at(&lefts, *col));
        }
        for row in old.hidden_rows {
            let (top, _, bottom, _) = area((row, 0, row, 0));
            new.hidden_rows
                .extend((top..=bottom.min(MAX_ROW)).take(MAX_ROW as usize));
        }
        for (from, to) in old.hidden_cols {
            let (_, left, _, right) = area((0, from, 0, to));
            if left < new.width {
                new.hidden_cols.push((left, right.min(new.width - 1)));
            }
        }
        for (spot, block) in inner {
            new.overlay(block, at(&tops, spot.row), at(&lefts, spot.col));
        }
        self.block = new;
        Ok(())
    }
}

/// Makes a cell's rows (or columns) as many as it needs, by its last one.
fn stretch(sizes: &mut [u32], from: u32, count: u32, needed: u32) {
    let from = (from as usize).min(sizes.len());
    let end = from.saturating_add(count as usize).min(sizes.len());
    let own = &mut sizes[from..end];
    let has: u64 = own.iter().map(|s| u64::from(*s)).sum();
    let lacking = u32::try_from(u64::from(needed).saturating_sub(has)).unwrap_or(u32::MAX);
    if let Some(last) = own.last_mut() {
        *last = last.saturating_add(lacking);
    }
}

/// Where each begins, and where all end.
fn starts(sizes: &[u32]) -> Vec<u32> {
    let mut at = 0u32;
    let mut out = Vec::with_capacity(sizes.len() + 1);
    out.push(0);
    for size in sizes {
        at = at.saturating_add(*size);
        out.push(at);
    }
    out
}

impl Block {
    /// Puts a cell on a row of its own below all that is there.
    pub fn line(&mut self, cell: Cell) {
        self.cells.push((self.height, 0, cell));
        self.height = self.height.saturating_add(1);
        self.width = self.width.max(1);
    }

    /// All that is written in it: a line for each row.
    pub fn flat(self) -> String {
        let mut out = String::new();
        let mut last = None;
        for (row, _, cell) in self.cells {
            if let Some(before) = last {
                out.push(if before == row { ' ' } else { '\n' });
            }
            last = Some(row);
            match cell {
                Cell::Text(t) | Cell::DateText(t) | Cell::Error(t) => out.push_str(&t),
                Cell::Number(n) | Cell::DateTime(n, _) => out.push_str(&n.to_string()),
                Cell::Bool(b) => out.push_str(if b { "TRUE" } else { "FALSE" }),
                Cell::NotCached => {}
            }
        }
        out
    }

    /// Puts a table below all that is there.
    pub fn below(&mut self, block: Block) {
        let top = self.height;
        self.overlay(block, top, 0);
    }

    /// Puts a table at a place.
    fn overlay(&mut self, mut block: Block, top: u32, left: u32) {
        self.height = self.height.max(top.saturating_add(block.height));
        self.width = self.width.max(left.saturating_add(block.width));
        let row = |r: u32| r.saturating_add(top);
        let col = |c: u32| c.saturating_add(left);
        for (r, c, _) in &mut block.cells {
            (*r, *c) = (row(*r), col(*c));
        }
        if self.cells.is_empty() {
            self.cells = block.cells;
        } else {
            self.cells.append(&mut block.cells);
        }
        let merges = block.merges.into_iter();
        self.merges
            .extend(merges.map(|m| (row(m.0), col(m.1), row(m.2), col(m.3))));
        let percent = block.percent.into_iter();
        self.percent.extend(percent.map(|(r, c)| (row(r), col(c))));
        self.hidden_rows
            .extend(block.hidden_rows.into_iter().map(row));
        let hidden = block.hidden_cols.into_iter();
        self.hidden_cols
            .extend(hidden.map(|(a, b)| (col(a), col(b))));
    }
}
