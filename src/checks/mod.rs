//! Declared rules over tables and units. One file a kind of rule; to add a kind, write its file and put it into [`KINDS`].
//! Checks only speak: they never change a figure.

pub mod balance;
pub mod bunching;
pub mod change;
pub mod copied;
pub mod cross;
pub mod digit;
pub mod empty_shell;
pub mod missing_pattern;
pub mod must;
pub mod outlier;
mod peers;
pub mod range;
pub mod required;
pub mod statistics;
pub mod subset;
pub mod total;
pub mod unique;
pub mod unit_error;
mod years;

use polars::prelude::{DataFrame, DataType, PolarsResult};
use rayon::prelude::*;

use crate::dataset::{CellRef, Dataset};
use crate::error::Error;
use crate::finding::{Draft, Finding};
use crate::formula::Formula;
use crate::formula::lower::evaluate;
use crate::indicators::missing::school_column;
use crate::indicators::split::{Unit, Units};
use crate::indicators::unit::UnitValue;
use crate::ingest::cell::{Value, text_of};
use crate::last_year::LastYear;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Kind, Rows, RuleText, Scope, UnitSource};
use crate::pipeline::valid::{COUNTY_CODE, STAGE};
use crate::text::{number, some_of};

/// What rules look at.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub pipeline: &'a Pipeline,
    pub dataset: &'a Dataset,
    pub units: &'a Units,
    /// By unit, then in the order of the indicators.
    pub values: &'a [UnitValue],
    pub period: i64,
    pub last_year: Option<&'a LastYear>,
}

/// Runs every rule.
///
/// # Errors
/// When polars refuses an expression.
pub fn run(given: &Given<'_>) -> Result<Vec<Finding>, Error> {
    // Side by side; what they say stays in the order of the kinds.
    let mut findings = Vec::new();
    side_by_side(KINDS, &mut findings, |kind, out| kind(given, out))?;
    Ok(findings)
}

/// Runs rules, or kinds of them, side by side; what they say stays in their order.
fn side_by_side<R: Sync>(
    rules: &[R],
    findings: &mut Vec<Finding>,
    run: impl Fn(&R, &mut Vec<Finding>) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let said: Result<Vec<Vec<Finding>>, Error> = rules
        .par_iter()
        .with_max_len(1)
        .map(|rule| {
            let mut out = Vec::new();
            run(rule, &mut out)?;
            Ok(out)
        })
        .collect();
    findings.extend(said?.into_iter().flatten());
    Ok(())
}

/// One kind of rule.
type RunKind = fn(&Given<'_>, &mut Vec<Finding>) -> Result<(), Error>;

/// Every kind of rule.
const KINDS: &[RunKind] = &[
    |given, out| must::run(given, out),
    |given, out| unique::run(given, out),
    |given, out| {
        total::run(given, out);
        Ok(())
    },
    |given, out| required::run(given, out),
    |given, out| range::run(given, out),
    |given, out| subset::run(given, out),
    |given, out| balance::run(given, out),
    |given, out| cross::run(given, out),
    |given, out| change::run(given, out),
    |given, out| unit_error::run(given, out),
    |given, out| outlier::run(given, out),
    |given, out| copied::run(given, out),
    |given, out| {
        bunching::run(given, out);
        Ok(())
    },
    |given, out| empty_shell::run(given, out),
    |given, out| {
        missing_pattern::run(given, out);
        Ok(())
    },
    |given, out| digit::run(given, out),
];

impl<'a> Given<'a> {
    /// The rows of a scope.
    fn frame(&self, scope: Scope) -> &'a DataFrame {
        match scope {
            Scope::Table(t) => &self.dataset.tables[t].frame,
            Scope::Unit => &self.units.frame,
        }
    }

    /// One row of a scope.
    fn subject(&self, scope: Scope, row: usize) -> Subject<'a> {
        let (table, row, unit) = match scope {
            Scope::Table(table) => (table, row, None),
            Scope::Unit => {
                let unit = &self.units.list[row];
                let table = self.pipeline.table("school").unwrap_or(0);
                (table, unit.school, Some(unit))
            }
        };
        Subject {
            pipeline: self.pipeline,
            dataset: self.dataset,
            table,
            row,
            unit,
        }
    }
}

/// A row in which a rule does not hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Broken {
    pub row: usize,
    /// Slots of the message beside the row's own columns.
    pub slots: Vec<(&'static str, String)>,
    /// What would be right in the first cell, in the base unit of its column.
    pub expected: Option<f64>,
    /// It is what the peers have, not what must be right.
    pub estimated: bool,
}

/// The values of a formula as numbers.
///
/// # Errors
/// When polars refuses.
pub fn numbers(formula: &Formula, frame: &DataFrame) -> PolarsResult<Vec<Option<f64>>> {
    let column = evaluate(formula, frame)?.cast(&DataType::Float64)?;
    Ok(column.f64()?.iter().collect())
}

/// The same, of a formula that may be absent.
fn numbers_or_none(formula: Option<&Formula>, frame: &DataFrame) -> PolarsResult<Vec<Option<f64>>> {
    match formula {
        Some(formula) => numbers(formula, frame),
        None => Ok(vec![None; frame.height()]),
    }
}

/// For every row whether a rule looks at it.
///
/// # Errors
/// When polars refuses.
fn applies(when: Option<&Formula>, frame: &DataFrame) -> PolarsResult<Vec<bool>> {
    match when {
        Some(when) => {
            let column = evaluate(when, frame)?;
            Ok(column.bool()?.iter().map(|w| w == Some(true)).collect())
        }
        None => Ok(vec![true; frame.height()]),
    }
}

/// Says of each broken row what its rule has to say. What could not be read is said already; what follows from it is not said
/// again: rows in which a cell of `read` is unread are passed over.
fn say(
    given: &Given<'_>,
    text: &RuleText,
    rows: &Rows,
    read: &[&Formula],
    broken: Vec<Broken>,
    findings: &mut Vec<Finding>,
) {
    for broken in broken {
        let subject = given.subject(rows.scope, broken.row);
        let when = rows.when.iter();
        let mut columns = read.iter().copied().chain(when).flat_map(|f| &f.columns);
        if columns.any(|c| subject.is_unread(c)) {
            continue;
        }
        findings.push(subject.finding(text, &rows.cells, broken));
    }
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
    unit: Option<&'a Unit>,
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
                school_column(self.pipeline, self.table, row, unit.stage, name)
            }
        }
    }

    fn cell(&self, name: &str) -> Option<CellRef> {
        let column = self.column(name)?;
        self.dataset.tables[self.table].rows[self.row]
            .cells
            .at(column)
    }

    /// Whether something stands in the cell that could not be taken as a value.
    fn is_unread(&self, name: &str) -> bool {
        let Some(column) = self.column(name) else {
            return false;
        };
        let row = &self.dataset.tables[self.table].rows[self.row];
        row.cells.at(column).is_some_and(|cell| {
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
        self.written(name)
    }

    /// The value as the sheet shows it.
    fn written(&self, name: &str) -> Option<String> {
        if name == COUNTY_CODE {
            return self.shown(name);
        }
        let column = self.column(name)?;
        if let Some(named) = self.named(column) {
            return Some(named);
        }
        let row = &self.dataset.tables[self.table].rows[self.row];
        if let Some(raw) = self.dataset.written(row, column)
            && !raw.is_empty()
        {
            return Some(crate::text::trimmed(raw));
        }
        row.values[column].as_ref().map(Value::shown)
    }

    /// The name of a choice whose code nobody writes into a sheet.
    fn named(&self, column: usize) -> Option<String> {
        let Kind::Choice(list) = &self.pipeline.tables[self.table].columns[column].kind else {
            return None;
        };
        let row = &self.dataset.tables[self.table].rows[self.row];
        let code = row.values[column].as_ref()?.text()?;
        let written = code.contains(|c: char| c.is_ascii_digit());
        let mut codes = self.pipeline.code_lists.get(list)?.iter();
        let own = codes.find(|c| c.code == code).filter(|_| !written)?;
        Some(own.name.clone())
    }

    fn text(&self, name: &str) -> Option<String> {
        let row = &self.dataset.tables[self.table].rows[self.row];
        text_of(&self.pipeline.tables[self.table], &row.values, name)
    }

    /// A finding about the row, in the rule's words.
    fn finding(&self, text: &RuleText, cells: &[String], broken: Broken) -> Finding {
        let mut draft = self.draft(cells);
        draft.expected_value = broken.expected;
        let factor = cells.first().map_or(1.0, |c| self.factor(c));
        draft.expected = broken.expected.map(|e| match broken.estimated {
            true => {
                let about = range::rough(e / factor);
                self.pipeline.phrase("expected_about", &[("value", &about)])
            }
            false => number(e / factor),
        });
        let stage = self
            .unit
            .map_or("", |u| self.pipeline.stages[u.stage].title.as_str());
        let expected = draft.expected.clone();
        let message = text.message.fill(|slot| {
            let mut slots = broken.slots.iter();
            match (slots.find(|(name, _)| *name == slot), slot) {
                (Some((_, value)), _) => value.clone(),
                (None, "expected") => expected.clone().unwrap_or_default(),
                (None, "stage_title") => stage.to_string(),
                (None, name) => self
                    .shown(name)
                    .unwrap_or_else(|| self.pipeline.word("missing").to_string()),
            }
        });
        finding(text, draft, message)
    }

    /// How much of the column's base unit one of the sheet's unit is, as far as the cell shows it.
    fn factor(&self, name: &str) -> f64 {
        let whole = |column: usize| -> Option<f64> {
            let row = &self.dataset.tables[self.table].rows[self.row];
            let raw = self.dataset.written(row, column)?;
            let raw = crate::text::written_figure(raw)?;
            let value = row.values[column].as_ref()?.number()?;
            (raw != 0.0 && value != 0.0).then_some(value / raw)
        };
        self.column(name).and_then(whole).unwrap_or(1.0)
    }

    /// The value as it was taken, with the unit of its column, where the cell shows it otherwise.
    fn read(&self, name: &str) -> Option<String> {
        let column = self.column(name)?;
        let row = &self.dataset.tables[self.table].rows[self.row];
        let written = self.dataset.written(row, column)?;
        let value = row.values[column].as_ref()?.shown();
        let unit = self.pipeline.tables[self.table].columns[column].unit;
        let unit = unit.map_or("", |u| self.pipeline.units.list[u].name.as_str());
        (crate::text::trimmed(written) != value).then(|| format!("{value}{unit}"))
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
            value: cells.first().and_then(|c| self.written(c)),
            read: cells.first().and_then(|c| self.read(c)),
            ..Draft::default()
        }
    }
}
