//! Where the figures of a row stand: the cells of its record, and those on other sheets that took their place.

use std::collections::BTreeMap;

use super::CellRef;
use crate::ingest::record::Cells;

/// The cells of a row, by column of the table.
#[derive(Debug, Clone, Default)]
pub struct RowCells {
    sheet: u32,
    /// On the row's own sheet.
    own: Cells,
    /// On other sheets, in the place of the row's own.
    others: BTreeMap<usize, CellRef>,
}

impl RowCells {
    /// The cells of a record of a sheet.
    pub fn new(sheet: u32, own: Cells) -> RowCells {
        RowCells {
            sheet,
            own,
            others: BTreeMap::new(),
        }
    }

    /// How many columns there are, with or without a cell.
    pub fn columns(&self) -> usize {
        self.own.columns()
    }

    /// The cell of a column; `None` where no sheet has one.
    pub fn at(&self, column: usize) -> Option<CellRef> {
        let own = || {
            let (row, col) = self.own.at(column)?;
            let sheet = self.sheet;
            Some(CellRef { sheet, row, col })
        };
        self.others.get(&column).copied().or_else(own)
    }

    /// The cell of every column.
    pub fn iter(&self) -> impl Iterator<Item = Option<CellRef>> + '_ {
        (0..self.columns()).map(|c| self.at(c))
    }

    /// Says where a column's figure stands.
    pub fn set(&mut self, column: usize, cell: Option<CellRef>) {
        match cell {
            Some(cell) if cell.sheet != self.sheet => {
                self.others.insert(column, cell);
            }
            own => {
                self.own.set(column, own.map(|c| (c.row, c.col)));
                self.others.remove(&column);
            }
        }
    }

    /// Whether these cells and others stand in the same columns, each in the row of its record, which is the one given.
    pub fn are_like(&self, row: (u32, u32), other: &RowCells, others: (u32, u32)) -> bool {
        let at_home = |cells: &RowCells, row| cells.others.is_empty() && cells.line() == row;
        at_home(self, row) && at_home(other, others) && self.own.is_like(&other.own)
    }

    /// Sheet and row of the record.
    fn line(&self) -> (u32, u32) {
        (self.sheet, self.own.row())
    }
}
