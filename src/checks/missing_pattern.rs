//! `[[missing_pattern]]`: a block of empty cells where others have figures: one finding for all schools of a sheet that lack the
//! same columns, so that the cause is seen before its many cells.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Given, finding};
use crate::dataset::{CellRef, Row};
use crate::finding::{Draft, Finding};
use crate::pipeline::model::{Column, Kind, MissingPattern};
use crate::text::{NAMED_PLACES, some_of};

/// Whether so many empty cells of a row are a block.
pub fn is_block(rule: &MissingPattern, empty: usize) -> bool {
    empty >= rule.least_columns
}

/// Runs every `[[missing_pattern]]`.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) {
    for rule in &given.pipeline.rules.missing_patterns {
        patterns(given, rule, findings);
    }
}

fn patterns(given: &Given<'_>, rule: &MissingPattern, findings: &mut Vec<Finding>) {
    let table = &given.pipeline.tables[rule.table];
    let rows = &given.dataset.tables[rule.table].rows;
    let usual: Vec<bool> = table
        .columns
        .par_iter()
        .enumerate()
        .map(|(c, column)| is_usual(given, rule, rows, (c, column)))
        .collect();
    let lacking = |row: &Row| -> Vec<usize> {
        let columns = table.columns.iter().enumerate();
        let lacking = columns.filter(|(c, column)| usual[*c] && is_empty(given, row, (*c, column)));
        lacking.map(|(c, _)| c).collect()
    };
    let all: Vec<Vec<usize>> = rows.par_iter().with_min_len(64).map(lacking).collect();
    // By sheet and columns that are lacking: the rows.
    let mut found: BTreeMap<(u32, Vec<usize>), Vec<usize>> = BTreeMap::new();
    for ((i, row), lacking) in rows.iter().enumerate().zip(all) {
        if is_block(rule, lacking.len()) {
            found.entry((row.sheet, lacking)).or_default().push(i);
        }
    }
    for ((_, columns), members) in found {
        let cells: Vec<CellRef> = members
            .iter()
            .flat_map(|i| columns.iter().filter_map(|c| rows[*i].cells.at(*c)))
            .collect();
        let place = given.dataset.place_of_all(&cells);
        let titles: Vec<&str> = columns
            .iter()
            .map(|c| table.columns[*c].title.as_str())
            .collect();
        let name = |i: &usize| crate::ingest::cell::text_of(table, &rows[*i].values, "school_name");
        let names: Vec<String> = members.iter().filter_map(name).collect();
        let draft = Draft {
            county_code: Some(rows[members[0]].county_code.clone()),
            place,
            column: Some(some_of(&titles, super::NAMED_COLUMNS)),
            ..Draft::default()
        };
        let message = rule.text.message.fill(|slot| match slot {
            "count" => columns.len().to_string(),
            "columns" => some_of(&titles, NAMED_PLACES),
            "rows" => members.len().to_string(),
            _ => some_of(&names, NAMED_PLACES),
        });
        findings.push(finding(&rule.text, draft, message));
    }
}

/// Whether the school has the column's stage, as its students say; a column of the whole school every school has.
fn concerns(given: &Given<'_>, row: &Row, column: &Column) -> bool {
    column.stage.is_none_or(|stage| {
        let students = row.values[given.pipeline.stages[stage].students].as_ref();
        students.and_then(|v| v.number()).is_some_and(|n| n > 0.0)
    })
}

/// Whether the sheet has the column and nothing stands in the row's cell.
fn is_empty(given: &Given<'_>, row: &Row, (c, column): (usize, &Column)) -> bool {
    let Some(cell) = row.cells.at(c) else {
        return false;
    };
    let written = given
        .dataset
        .raw
        .get(&cell)
        .is_some_and(|raw| !raw.is_empty());
    row.values[c].is_none() && !written && concerns(given, row, column)
}

/// Whether most schools that could have a figure there have one.
fn is_usual(
    given: &Given<'_>,
    rule: &MissingPattern,
    rows: &[Row],
    (c, column): (usize, &Column),
) -> bool {
    if !matches!(column.kind, Kind::Count | Kind::Number | Kind::Percent) {
        return false;
    }
    let could = rows
        .iter()
        .filter(|row| row.cells.at(c).is_some() && concerns(given, row, column));
    let (mut all, mut filled) = (0_usize, 0_usize);
    for row in could {
        all += 1;
        filled += usize::from(row.values[c].is_some());
    }
    filled as f64 >= rule.usual_share * all as f64 && all > 0
}
