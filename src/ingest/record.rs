//! What one sheet says of one entity.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cell::Value;

/// The values of a record or a row, by column of the table. A copy costs nothing until it is changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values(Arc<Vec<Option<Value>>>);

impl Values {
    /// So many columns without a value.
    pub fn none(columns: usize) -> Values {
        vec![None; columns].into()
    }
}

impl From<Vec<Option<Value>>> for Values {
    fn from(values: Vec<Option<Value>>) -> Values {
        Values(Arc::new(values))
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
        Arc::<Vec<Option<Value>>>::make_mut(&mut self.0)
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
    /// Where each column's cell stands, filled or not; `None` where the sheet has no such column.
    #[serde(skip)]
    pub cells: Vec<Option<(u32, u32)>>,
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
            cells: vec![None; columns],
            pieces: BTreeMap::new(),
            further: false,
        }
    }
}
