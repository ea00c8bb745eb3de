//! What one sheet says of one entity.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cell::Value;

/// The values of a record or a row, by column of the table. A copy costs nothing until it is changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values(Arc<[Option<Value>]>);

impl Values {
    /// So many columns without a value.
    pub fn none(columns: usize) -> Values {
        Values(std::iter::repeat_n(None, columns).collect())
    }
}

impl From<Vec<Option<Value>>> for Values {
    fn from(values: Vec<Option<Value>>) -> Values {
        Values(values.into())
    }
}

impl Deref for Values {
    type Target = [Option<Value>];

    fn deref(&self) -> &[Option<Value>] {
        &self.0
    }
}

impl DerefMut for Values {
    fn deref_mut(&mut self) -> &mut [Option<Value>] {
        Arc::make_mut(&mut self.0)
    }
}

/// Where the cells of a record stand on its sheet, by column of the table. The records of a list mostly have theirs in the same
/// columns of their own rows: these are kept once. A copy costs nothing until it is changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cells {
    row: u32,
    spots: Arc<[Option<Spot>]>,
}

/// Where a cell stands, beside its record's row.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spot {
    /// In the record's own row, in this column of the sheet.
    Own(u32),
    /// In another row: row and column.
    At(u32, u32),
}

impl Cells {
    /// So many columns without a cell, of a record in this row.
    pub fn none(row: u32, columns: usize) -> Cells {
        Cells {
            row,
            spots: std::iter::repeat_n(None, columns).collect(),
        }
    }

    /// How many columns there are, with or without a cell.
    pub fn columns(&self) -> usize {
        self.spots.len()
    }

    /// The row of the record itself.
    pub fn row(&self) -> u32 {
        self.row
    }

    /// Row and column of a column's cell.
    pub fn at(&self, column: usize) -> Option<(u32, u32)> {
        self.spots[column].map(|spot| match spot {
            Spot::Own(col) => (self.row, col),
            Spot::At(row, col) => (row, col),
        })
    }

    /// Row and column of every column's cell.
    pub fn iter(&self) -> impl Iterator<Item = Option<(u32, u32)>> + '_ {
        (0..self.columns()).map(|c| self.at(c))
    }

    /// Says where a column's cell stands.
    pub fn set(&mut self, column: usize, at: Option<(u32, u32)>) {
        let spot = at.map(|(row, col)| match row == self.row {
            true => Spot::Own(col),
            false => Spot::At(row, col),
        });
        if self.spots[column] != spot {
            Arc::make_mut(&mut self.spots)[column] = spot;
        }
    }

    /// Whether another record has its cells in the same columns of its own row, and all others at the same places.
    pub fn is_like(&self, other: &Cells) -> bool {
        Arc::ptr_eq(&self.spots, &other.spots) || self.spots == other.spots
    }

    /// Keeps what another record has alike only once.
    pub fn share(&mut self, other: &Cells) {
        if self.is_like(other) {
            self.spots = Arc::clone(&other.spots);
        }
    }
}

/// One entity as one sheet gives it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// The row that names it, from 0.
    pub row: u32,
    /// The only stage that the sheet is about.
    pub stage: Option<usize>,
    /// County as the row itself says.
    pub county_code: Option<String>,
    pub county_cell: Option<(u32, u32)>,
    pub county_name: Option<String>,
    /// Whether the row is counted as a school.
    pub counted: Option<Flag>,
    /// Whether the school was closed last year.
    pub revoked: Option<Flag>,
    /// By column of the table.
    #[serde(skip)]
    pub values: Values,
    /// Where each column's cell stands, filled or not; none where the sheet has no such column.
    #[serde(skip)]
    pub cells: Cells,
    /// By column what stood in the blank of a sentence: the cell holds more than that.
    pub pieces: BTreeMap<usize, String>,
    /// Another record of the same file is about the same entity, and stands for it.
    pub further: bool,
}

/// What a row says about itself with yes or no.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Flag {
    pub at: (u32, u32),
    /// Missing where the cell is empty or says neither.
    pub value: Option<bool>,
    pub raw: String,
}

impl Record {
    pub(super) fn new(row: u32, columns: usize, stage: Option<usize>) -> Record {
        Record {
            row,
            stage,
            county_code: None,
            county_cell: None,
            county_name: None,
            counted: None,
            revoked: None,
            values: Values::none(columns),
            cells: Cells::none(row, columns),
            pieces: BTreeMap::new(),
            further: false,
        }
    }
}
