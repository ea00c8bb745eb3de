//! What an earlier year's run published, to compare with: its tables and its satisfaction rates. Reading them is the
//! commands' work; nothing here does input or output.

use polars::prelude::DataFrame;

use crate::indicators::survey::change::Previous;
use crate::results::Results;

/// An earlier year.
#[derive(Debug, Default)]
pub struct LastYear {
    pub period: i64,
    /// Hash of what it was read from.
    pub hash: String,
    pub surveys: Previous,
    /// By table of the pipeline: county code and name, the columns that the run knew. Empty where it had none.
    pub tables: Vec<DataFrame>,
    /// The units, with the columns of their schools.
    pub units: DataFrame,
}

impl LastYear {
    /// The tables of results that are at hand; their surveys are left out.
    pub fn of(results: &Results, period: i64) -> LastYear {
        let tables = results.dataset.tables.iter();
        LastYear {
            period,
            tables: tables.map(|t| t.frame.clone()).collect(),
            units: results.units.frame.clone(),
            ..LastYear::default()
        }
    }
}
