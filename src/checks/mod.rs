//! Declared rules over tables and units. One file a kind of rule; to add a kind, write its file and call it in [`run`].
//! Checks only speak: they never change a figure.

pub mod must;
pub mod total;
pub mod unique;

use crate::dataset::{CellRef, Dataset};
use crate::error::Error;
use crate::finding::{Draft, Finding};
use crate::indicators::missing::school_column;
use crate::indicators::split::Units;
use crate::indicators::unit::UnitValue;
use crate::ingest::cell::{Value, text_of};
use crate::last_year::LastYear;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{RuleText, UnitSource};
use crate::pipeline::valid::{COUNTY_CODE, STAGE};
use crate::text::some_of;

/// Runs every rule.
///
/// # Errors
/// When polars refuses an expression.
pub fn run(given: &Given<'_>) -> Result<Vec<Finding>, Error> {
    let Given {
        pipeline,
        dataset,
        units,
        ..
    } = *given;
    let mut findings = Vec::new();
    must::run(pipeline, dataset, units, &mut findings)?;
    unique::run(pipeline, dataset, &mut findings)?;
    total::run(pipeline, dataset, &mut findings)?;
    Ok(findings)
}

/// What rules look at.
pub struct Given<'a> {
    pub pipeline: &'a Pipeline,
    pub dataset: &'a Dataset,
    pub units: &'a Units,
    /// By unit, then in the order of the indicators.
    pub values: &'a [UnitValue],
    pub period: i64,
    pub last_year: Option<&'a LastYear>,
}

/// Most columns that one finding names; its cells are all named.
const NAMED_COLUMNS: usize = 3;

/// A finding of a declared rule.
fn finding(text: &RuleText, draft: Draft, message: String) -> Finding {
    let remedy = text.remedy.clone();
    draft.finding(&text.id, text.severity, text.level, message, remedy)
}

/// One row that a rule looks at, table row or unit.
struct Subject<'a> {
    pipeline: &'a Pipeline,
    dataset: &'a Dataset,
    table: usize,
    row: usize,
    /// The unit: its stage and values.
    unit: Option<&'a crate::indicators::split::Unit>,
}

impl Subject<'_> {
    fn column(&self, name: &str) -> Option<usize> {
        let columns = &self.pipeline.tables[self.table];
        match self.unit {
            None => columns.position(name),
            Some(unit) => {
                let row = &self.dataset.tables[self.table].rows[self.row];
                let whole = self.pipeline.unit_columns.iter().find(|u| u.name == name);
                if let Some(u) = whole
                    && let UnitSource::ByStage {
                        by_stage,
                        whole: Some(whole),
                    } = &u.source
                    && by_stage[unit.stage].is_none_or(|c| row.values[c].is_none())
                {
                    return Some(*whole);
                }
                school_column(self.pipeline, self.table, unit.stage, name)
            }
        }
    }

    fn cell(&self, name: &str) -> Option<CellRef> {
        let column = self.column(name)?;
        self.dataset.tables[self.table].rows[self.row].cells[column]
    }

    /// Whether something stands in the cell that could not be taken as a value.
    fn is_unread(&self, name: &str) -> bool {
        let Some(column) = self.column(name) else {
            return false;
        };
        let row = &self.dataset.tables[self.table].rows[self.row];
        row.cells[column].is_some_and(|cell| {
            let marked = row.values[column].is_none()
                && self
                    .dataset
                    .raw
                    .get(&cell)
                    .is_some_and(|raw| !raw.is_empty());
            self.dataset.spoken.contains(&cell) || marked
        })
    }

    fn title(&self, name: &str) -> Option<String> {
        let column = self.column(name)?;
        Some(
            self.pipeline.tables[self.table].columns[column]
                .title
                .clone(),
        )
    }

    /// The value as the sheet shows it; a unit's share of a stock as computed.
    fn shown(&self, name: &str) -> Option<String> {
        match (name, self.unit) {
            (COUNTY_CODE, _) => {
                let row = &self.dataset.tables[self.table].rows[self.row];
                return Some(row.county_code.clone());
            }
            (STAGE, Some(unit)) => return Some(self.pipeline.stages[unit.stage].id.clone()),
            _ => {}
        }
        if let Some(unit) = self.unit
            && unit.share.is_some_and(|s| s < 1.0)
            && let Some(i) = self
                .pipeline
                .unit_columns
                .iter()
                .position(|u| u.name == name)
            && matches!(self.pipeline.unit_columns[i].source, UnitSource::Split(_))
        {
            return unit.values[i].map(|v| crate::text::fixed(v, 2));
        }
        let column = self.column(name)?;
        let row = &self.dataset.tables[self.table].rows[self.row];
        if let Some(raw) = self.dataset.written(row, column)
            && !raw.is_empty()
        {
            return Some(crate::text::trimmed(raw));
        }
        row.values[column].as_ref().map(Value::shown)
    }

    /// How much of the column's base unit one of the sheet's unit is, as far as the cell shows it.
    fn factor(&self, name: &str) -> f64 {
        let whole = |column: usize| -> Option<f64> {
            let row = &self.dataset.tables[self.table].rows[self.row];
            let raw = self.dataset.written(row, column)?;
            let raw: f64 = crate::text::trimmed(raw).parse().ok()?;
            let value = row.values[column].as_ref()?.number()?;
            (raw != 0.0 && value != 0.0).then_some(value / raw)
        };
        self.column(name).and_then(whole).unwrap_or(1.0)
    }

    fn text(&self, name: &str) -> Option<String> {
        let row = &self.dataset.tables[self.table].rows[self.row];
        text_of(&self.pipeline.tables[self.table], &row.values, name)
    }

    fn draft(&self, cells: &[String]) -> Draft {
        let refs: Vec<CellRef> = cells.iter().filter_map(|c| self.cell(c)).collect();
        let row = &self.dataset.tables[self.table].rows[self.row];
        let fallback = [row.name_cell(self.pipeline, self.table)];
        let place = self
            .dataset
            .place(if refs.is_empty() { &fallback } else { &refs });
        let titles: Vec<String> = cells.iter().filter_map(|c| self.title(c)).collect();
        Draft {
            county_code: Some(row.county_code.clone()),
            school_code: self.text("school_code"),
            school_name: self.text("school_name"),
            place,
            column: Some(some_of(&titles, NAMED_COLUMNS)),
            value: cells.first().and_then(|c| self.shown(c)),
            ..Draft::default()
        }
    }
}
