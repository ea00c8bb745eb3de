//! Records of all submissions -> one table each, with the origin of every cell. Decides which county a record belongs to,
//! which submission replaces which, and joins a school's rows from two sheets. Every such decision is a finding.

mod assemble;
mod counties;
mod frame;
mod join;
mod notes;
mod parents;
pub mod places;
mod row_cells;
mod surveys;
mod whose;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polars::prelude::DataFrame;

pub use assemble::{Given, assemble};
pub use counties::{County, asked_county, read_counties, read_counties_and_bytes};
pub use frame::frame;
pub use notes::is_said_alone;
pub use row_cells::RowCells;

use crate::finding::{Place, a1, cell_list};
use crate::ingest::Status;
use crate::ingest::answers::Answers;
use crate::ingest::record::Values;
use crate::pipeline::Pipeline;

/// The column of the county's table in which a county states its own code.
pub const COUNTY_CODE_STATED: &str = "county_code_stated";
pub const COUNTY_NAME_STATED: &str = "county_name_stated";
const YEAR_STATED: &str = "year_stated";
pub(crate) const SCHOOL_CODE: &str = "school_code";
pub(crate) const SCHOOL_NAME: &str = "school_name";

/// A cell of a submission: sheet (index into [`Dataset::sheets`]), row and column from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellRef {
    pub sheet: u32,
    pub row: u32,
    pub col: u32,
}

/// A sheet that records came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetInfo {
    /// Path relative to the input folder.
    pub file: String,
    pub sheet: String,
}

/// One row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    pub county_code: String,
    /// What identifies the entity within its county: the school's code, or a stand-in where it has none.
    pub key: String,
    /// By column of the table.
    pub values: Values,
    pub cells: RowCells,
    /// The sheet and row that name the entity.
    pub sheet: u32,
    pub row: u32,
    /// The stages of the sheets that it came from; empty when they cover all.
    pub stages: Vec<usize>,
    /// The form that it came in.
    pub form: usize,
    /// Two rows claim to be this entity: its figures are not used.
    pub conflict: bool,
    /// By column what stood in the blank of a sentence: the cell holds more than that.
    pub pieces: BTreeMap<usize, String>,
    /// Columns of which sheets of the entity say different things: missing, whatever a further sheet says.
    pub disputed: Vec<usize>,
    /// By column further cells whose figures are added to that of the column's own.
    pub added: BTreeMap<usize, Vec<CellRef>>,
    /// Whether the school is counted as one, as its row says.
    pub counted: Option<RowFlag>,
    /// Whether it was closed last year.
    pub revoked: Option<RowFlag>,
}

/// What a row says about itself with yes or no.
#[derive(Debug, Clone)]
pub struct RowFlag {
    pub cell: CellRef,
    /// Missing where the cell is empty or says neither.
    pub value: Option<bool>,
    pub raw: String,
}

impl Row {
    /// The urban or rural area of a school, by the pipeline's groups of codes.
    pub fn area(&self, pipeline: &Pipeline, table: usize) -> Option<usize> {
        let column = pipeline.tables[table].position("urban_rural")?;
        pipeline.area_of(self.values[column].as_ref()?.text()?)
    }

    /// The students of a school, of all stages that it gives.
    pub fn students(&self, pipeline: &Pipeline) -> Option<f64> {
        let stages = pipeline.stages.iter();
        let own = stages.filter_map(|s| self.values[s.students].as_ref()?.number());
        own.reduce(|a, b| a + b)
    }

    /// The cell that names the entity; the row's first cell where there is none.
    pub fn name_cell(&self, pipeline: &Pipeline, table: usize) -> CellRef {
        pipeline.tables[table]
            .position(SCHOOL_NAME)
            .and_then(|c| self.cells.at(c))
            .unwrap_or(CellRef {
                sheet: self.sheet,
                row: self.row,
                col: 0,
            })
    }
}

/// A table with the origin of every cell. Rows are sorted by county, key, sheet, row.
#[derive(Debug, Default)]
pub struct TableData {
    pub rows: Vec<Row>,
    pub frame: DataFrame,
}

/// A 合计 row's cell held against the rows that it adds up.
#[derive(Debug, Clone)]
pub struct TotalCell {
    pub table: usize,
    pub county_code: String,
    pub column: usize,
    pub stated: f64,
    /// Sums over the rows since the total row before, over all rows above, and with those of other tables above on the sheet.
    pub sums: Vec<f64>,
    pub rows: usize,
    pub cell: CellRef,
    pub raw: String,
}

/// All tables of one run.
#[derive(Debug, Default)]
pub struct Dataset {
    pub counties: Vec<County>,
    pub sheets: Vec<SheetInfo>,
    /// By table of the pipeline.
    pub tables: Vec<TableData>,
    pub totals: Vec<TotalCell>,
    /// The text as seen of cells that were not taken as they stand.
    pub raw: HashMap<CellRef, String>,
    /// Cells that have a finding of severity error or query already.
    pub spoken: BTreeSet<CellRef>,
    pub files: Vec<FileOutcome>,
    /// Sorted by county.
    pub surveys: Vec<CountyAnswers>,
    /// Counties that stand in for others; none in what was sent.
    pub stand_ins: Vec<StandIn>,
}

/// A county with all rows of schools and groups of another one, but for one row that another takes the place of. What has
/// one row a county it has of its own.
#[derive(Debug, Clone)]
pub struct StandIn {
    /// Index into the counties.
    pub county: usize,
    pub of: String,
    /// Table, the row that is not the county's, the row in its place.
    pub replaced: Option<(usize, usize, usize)>,
}

/// The questionnaires of one county, of all its files.
#[derive(Debug)]
pub struct CountyAnswers {
    pub county_code: String,
    pub form: usize,
    pub answers: Answers,
    /// Sheets (indices) and first rows that they came from.
    pub sheets: Vec<(u32, u32)>,
}

/// How a file ended.
#[derive(Debug, Clone)]
pub struct FileOutcome {
    pub path: String,
    pub sha256: String,
    pub bytes: u64,
    /// Titles of the forms found in it.
    pub forms: Vec<String>,
    pub county_codes: Vec<String>,
    pub status: Status,
    pub rows: usize,
    /// The submission that replaced it.
    pub replaced_by: Option<String>,
}

impl Dataset {
    /// The place of a cell for a finding.
    pub fn place(&self, cells: &[CellRef]) -> Place {
        let Some(first) = cells.first() else {
            return Place::default();
        };
        let info = &self.sheets[first.sheet as usize];
        let mut here: Vec<String> = Vec::new();
        for cell in cells.iter().map(|c| {
            let other = &self.sheets[c.sheet as usize];
            let cell = a1(c.row, c.col);
            if c.sheet == first.sheet {
                cell
            } else if other.file == info.file {
                format!("{}!{cell}", other.sheet)
            } else {
                format!("{}!{}!{cell}", other.file, other.sheet)
            }
        }) {
            // A sentence states several figures in one cell.
            if !here.contains(&cell) {
                here.push(cell);
            }
        }
        Place {
            file: Some(info.file.clone()),
            sheet: Some(info.sheet.clone()),
            cell: Some(here.join(",")),
        }
    }

    /// The place of many cells: those of the first one's sheet as ranges, those of other sheets behind them with their sheets.
    pub fn place_of_all(&self, cells: &[CellRef]) -> Place {
        let Some(first) = cells.first() else {
            return Place::default();
        };
        let info = &self.sheets[first.sheet as usize];
        let mut by_sheet: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
        for cell in cells {
            let own = by_sheet.entry(cell.sheet).or_default();
            own.push((cell.row, cell.col));
        }
        let mut here = by_sheet
            .remove(&first.sheet)
            .map_or(String::new(), |own| cell_list(&own));
        for (sheet, own) in by_sheet {
            let other = &self.sheets[sheet as usize];
            let name = match other.file == info.file {
                true => other.sheet.clone(),
                false => format!("{}!{}", other.file, other.sheet),
            };
            for part in cell_list(&own).split(',') {
                here.push_str(&format!(",{name}!{part}"));
            }
        }
        Place {
            file: Some(info.file.clone()),
            sheet: Some(info.sheet.clone()),
            cell: Some(here),
        }
    }

    /// The questionnaires of a county.
    pub fn survey(&self, code: &str) -> Option<&CountyAnswers> {
        let at = self
            .surveys
            .binary_search_by(|s| s.county_code.as_str().cmp(code));
        at.ok().map(|i| &self.surveys[i])
    }

    /// A county by its code.
    pub fn county(&self, code: &str) -> Option<&County> {
        self.counties
            .binary_search_by(|c| c.code.as_str().cmp(code))
            .ok()
            .map(|i| &self.counties[i])
    }

    /// The text of a value as it was written, where it was not taken as it stands.
    pub fn written<'a>(&'a self, row: &'a Row, column: usize) -> Option<&'a str> {
        let piece = row.pieces.get(&column);
        let whole = || self.raw.get(&row.cells.at(column)?);
        piece.or_else(whole).map(String::as_str)
    }

    /// The name of a county.
    pub fn county_name(&self, code: &str) -> &str {
        self.county(code).map_or("", |c| c.name.as_str())
    }
}
