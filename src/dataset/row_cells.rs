//! Where the figures of a row stand: the cells of its record, and those on other sheets that took their place.

use std::collections::BTreeMap;

use super::CellRef;
use crate::ingest::record::Cells;

/// The cells of a row, by column of the table.
#[derive(Debug, Clone)]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(sheet: u32, row: u32, col: u32) -> Option<CellRef> {
        Some(CellRef { sheet, row, col })
    }

    fn record(row: u32) -> Cells {
        let mut cells = Cells::none(row, 4);
        cells.set(0, Some((row, 2)));
        cells.set(1, Some((3, 7)));
        cells
    }

    #[test]
    fn a_cell_of_another_sheet_takes_the_place_of_the_own_and_gives_it_back() {
        let mut cells = RowCells::new(5, record(9));
        let shown = |cells: &RowCells| cells.iter().collect::<Vec<_>>();
        let own = [cell(5, 9, 2), cell(5, 3, 7), None, None];
        assert_eq!(shown(&cells), own);
        cells.set(0, cell(6, 9, 2));
        cells.set(3, cell(6, 1, 1));
        let mixed = [cell(6, 9, 2), cell(5, 3, 7), None, cell(6, 1, 1)];
        assert_eq!(shown(&cells), mixed);
        cells.set(0, cell(5, 9, 2));
        cells.set(3, None);
        assert_eq!(shown(&cells), own);
    }

    #[test]
    fn what_records_share_stays_as_it_is_when_one_of_them_changes() {
        let (first, mut second) = (record(9), record(10));
        second.share(&first);
        assert_eq!(second.at(0), Some((10, 2)));
        let alike = |a: &Cells, b: &Cells| {
            let rows = |cells: &Cells| RowCells::new(5, cells.clone());
            rows(a).are_like((5, 9), &rows(b), (5, 10))
        };
        assert!(alike(&first, &second));
        second.set(2, Some((10, 4)));
        assert_eq!((first.at(2), second.at(2)), (None, Some((10, 4))));
        assert!(!alike(&first, &second));
    }
}
