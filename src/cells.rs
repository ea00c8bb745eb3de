//! Which row and column of the dataset a finding is about, told from its place.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use crate::dataset::{CellRef, Dataset, Row, is_said_alone};
use crate::finding::{Finding, Place, address, first_address};
use crate::ingest::cell::{Value, text_of};
use crate::pipeline::Pipeline;

/// Rows of one range of cells that are looked at one by one.
const MOST_ROWS: usize = 1_048_576;

/// Where a finding points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    pub table: usize,
    pub row: usize,
    /// Missing where the finding is about the row as a whole.
    pub column: Option<usize>,
}

/// The sheets of the dataset by file and name.
pub struct Sheets<'a>(HashMap<(&'a str, &'a str), u32>);

impl<'a> Sheets<'a> {
    pub fn new(dataset: &'a Dataset) -> Sheets<'a> {
        let mut by_name = HashMap::new();
        for (at, sheet) in (0..).zip(&dataset.sheets) {
            let key = (sheet.file.as_str(), sheet.sheet.as_str());
            by_name.entry(key).or_insert(at);
        }
        Sheets(by_name)
    }

    /// The first cell that a place lists.
    fn first(&self, place: &Place) -> Option<CellRef> {
        let (file, sheet) = (place.file.as_deref()?, place.sheet.as_deref()?);
        let (row, col) = first_address(place.cell.as_deref()?)?;
        let sheet = *self.0.get(&(file, sheet))?;
        Some(CellRef { sheet, row, col })
    }

    /// All cells that a place lists, in its order: those of its own sheet, and those named with another sheet (`sheet!A1`) or file
    /// (`file!sheet!A1`). Of a range of whole columns only the beginning.
    pub fn cells(&self, place: &Place) -> Vec<CellRef> {
        let (Some(file), Some(own), Some(cells)) = (&place.file, &place.sheet, &place.cell) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        for part in cells.split(',') {
            let mut words = part.rsplitn(3, '!');
            let range = words.next().unwrap_or("");
            let sheet = words.next().unwrap_or(own);
            let file = words.next().unwrap_or(file);
            let (from, to) = range.split_once(':').unwrap_or((range, range));
            let sheet = self.0.get(&(file, sheet)).copied();
            let (Some(sheet), Some(from), Some(to)) = (sheet, address(from), address(to)) else {
                continue;
            };
            for row in (from.0..=to.0).take(MOST_ROWS) {
                out.extend((from.1..=to.1).map(|col| CellRef { sheet, row, col }));
            }
        }
        out
    }
}

/// Whether a finding is about many cells of one column, each of another row: then it is about no row more than about another.
pub fn is_of_column(finding: &Finding) -> bool {
    let several = |cells: &String| cells.contains([',', ':']);
    is_said_alone(&finding.rule)
        && finding.school_code.is_none()
        && finding.school_name.is_none()
        && finding.place.cell.as_ref().is_some_and(several)
}

/// The rows of a table in which any of the cells of a finding stand.
pub fn rows_of(dataset: &Dataset, table: usize, finding: &Finding) -> Vec<usize> {
    let cells = Sheets::new(dataset).cells(&finding.place);
    let cells: HashSet<CellRef> = cells.into_iter().collect();
    let rows = dataset.tables[table].rows.par_iter().enumerate();
    rows.filter(|(_, row)| row.cells.iter().flatten().any(|c| cells.contains(&c)))
        .map(|(at, _)| at)
        .collect()
}

/// For every finding its spot; `None` where it is about a file, a sheet or a whole column.
pub fn spots(pipeline: &Pipeline, dataset: &Dataset, findings: &[Finding]) -> Vec<Option<Spot>> {
    let sheets = Sheets::new(dataset);
    let cells: Vec<Option<CellRef>> = findings
        .iter()
        .map(|f| sheets.first(&f.place).filter(|_| !is_of_column(f)))
        .collect();
    let mut found: HashMap<CellRef, Vec<Spot>> =
        cells.iter().flatten().map(|c| (*c, Vec::new())).collect();
    let rows: HashSet<(u32, u32)> = found.keys().map(|c| (c.sheet, c.row)).collect();
    for (table, data) in dataset.tables.iter().enumerate() {
        let spots_of = |(row, own): (usize, &Row)| -> Vec<(CellRef, Spot)> {
            // The cells of a row stand side by side: most rows are passed over with one look.
            let mut last: Option<((u32, u32), bool)> = None;
            let mut out = Vec::new();
            for (column, cell) in own.cells.iter().enumerate() {
                let Some(cell) = cell else { continue };
                let line = (cell.sheet, cell.row);
                let wanted = match last {
                    Some((same, wanted)) if same == line => wanted,
                    _ => rows.contains(&line),
                };
                last = Some((line, wanted));
                if wanted && found.contains_key(&cell) {
                    let column = Some(column);
                    out.push((cell, Spot { table, row, column }));
                }
            }
            out
        };
        let rows = data.rows.par_iter().enumerate().with_min_len(256);
        let spots: Vec<(CellRef, Spot)> = rows.flat_map_iter(spots_of).collect();
        for (cell, spot) in spots {
            found.entry(cell).or_default().push(spot);
        }
    }
    let schools = Schools::new(pipeline, dataset);
    findings
        .iter()
        .zip(cells)
        .map(|(finding, cell)| {
            let list = cell.and_then(|c| found.get(&c)).map_or(&[][..], |l| l);
            one_of(pipeline, dataset, finding, list).or_else(|| schools.of(finding))
        })
        .collect()
}

/// A sentence states several figures in one cell: the one that the finding names, or that has its value; else only the row
/// is known.
fn one_of(
    pipeline: &Pipeline,
    dataset: &Dataset,
    finding: &Finding,
    list: &[Spot],
) -> Option<Spot> {
    let first = *list.first()?;
    if list.len() == 1 {
        return Some(first);
    }
    let named = |s: &&Spot| {
        let title = s.column.map(|c| &pipeline.tables[s.table].columns[c].title);
        title == finding.column.as_ref()
    };
    let alike = |s: &&Spot| {
        let row = &dataset.tables[s.table].rows[s.row];
        let value = s.column.and_then(|c| row.values[c].as_ref());
        finding.value.is_some() && value.map(Value::shown) == finding.value
    };
    let mut of_value = list.iter().filter(alike);
    let alone = of_value.next().filter(|_| of_value.next().is_none());
    let own = list.iter().find(named).or(alone).copied();
    Some(own.unwrap_or(Spot {
        column: None,
        ..first
    }))
}

/// Schools by code and by name, within their county; `None` where several have it.
struct Schools {
    table: usize,
    by_text: HashMap<(String, String), Option<usize>>,
}

impl Schools {
    fn new(pipeline: &Pipeline, dataset: &Dataset) -> Schools {
        let mut by_text = HashMap::new();
        let table = pipeline.table("school").unwrap_or(0);
        for (i, row) in dataset.tables[table].rows.iter().enumerate() {
            for name in ["school_code", "school_name"] {
                if let Some(text) = text_of(&pipeline.tables[table], &row.values, name) {
                    by_text
                        .entry((row.county_code.clone(), text))
                        .and_modify(|at| *at = None)
                        .or_insert(Some(i));
                }
            }
        }
        Schools { table, by_text }
    }

    fn of(&self, finding: &Finding) -> Option<Spot> {
        let county = finding.county_code.as_ref()?;
        let texts = [&finding.school_code, &finding.school_name];
        let row = texts.into_iter().flatten().find_map(|text| {
            let key = (county.clone(), text.clone());
            self.by_text.get(&key).copied().flatten()
        })?;
        Some(Spot {
            table: self.table,
            row,
            column: None,
        })
    }
}

/// Whether a cell is one of those that a place lists; ranges included. Only cells of the place's own sheet count.
pub fn lists(place: &Place, (row, col): (u32, u32)) -> bool {
    place.cell.iter().flat_map(|c| c.split(',')).any(|part| {
        let (from, to) = part.split_once(':').unwrap_or((part, part));
        match (address(from), address(to)) {
            (Some(a), Some(b)) => (a.0..=b.0).contains(&row) && (a.1..=b.1).contains(&col),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        assert_eq!(address("A1"), Some((0, 0)));
        assert_eq!(address("XFD1048576"), Some((1_048_575, 16_383)));
        assert_eq!(address("1"), None);
        assert_eq!(address("A"), None);
        assert_eq!(address("A0"), None);
        assert_eq!(first_address("BP15,J6:J9,other!A1"), Some((14, 67)));
        assert_eq!(first_address("J6:J9"), Some((5, 9)));
    }

    #[test]
    fn ranges_list_their_cells() {
        let place = Place {
            cell: Some("F5,F7:G9,other!H1".to_string()),
            ..Place::default()
        };
        assert!(lists(&place, (4, 5)));
        assert!(lists(&place, (7, 6)));
        assert!(!lists(&place, (5, 5)));
        assert!(!lists(&place, (0, 7)));
    }
}
