//! A sheet that is a vertical list of one entity's items (item, unit, value) -> one record.

use std::collections::HashMap;

use super::bind::missing_column;
use super::cell;
use super::grid::{Cell, Grid};
use super::header::{one_line, shown};
use super::rows::{blanks, place};
use super::{Record, SheetTable};
use crate::finding::{Draft, a1, cell_list};
use crate::pipeline::model::{Blank, Field, Form, Kind, Pipeline, Target};
use crate::pipeline::without_prefix;
use crate::text::normal;

/// Where a list stands on a sheet and which row is which field.
#[derive(Debug, Clone)]
pub struct ListMatch {
    /// The row of the list's headers.
    pub header_row: u32,
    item_col: u32,
    value_col: u32,
    unit_col: Option<u32>,
    /// For each field of the form, the rows of its item.
    rows: Vec<Vec<u32>>,
    /// Rows with an item that no field has.
    unknown: Vec<(u32, String)>,
}

impl ListMatch {
    /// How many fields were found.
    pub fn found(&self) -> usize {
        self.rows.iter().filter(|r| !r.is_empty()).count()
    }

    /// Whether a row holds an item of the list.
    pub fn covers(&self, row: u32) -> bool {
        self.rows.iter().any(|rows| rows.contains(&row))
    }

    /// Whether a field was found.
    pub fn has(&self, field: usize) -> bool {
        !self.rows[field].is_empty()
    }
}

/// Reads a sheet as a list form, if it has the list's headers.
pub fn best_match(pipeline: &Pipeline, form: &Form, grid: &Grid) -> Option<ListMatch> {
    let (header_row, item_col, value_col, unit_col) = header(form, grid)?;
    let mut by_text: HashMap<&str, usize> = HashMap::new();
    for (f, field) in form.fields.iter().enumerate() {
        for pattern in &field.patterns {
            if let [text] = &pattern[..] {
                by_text.insert(text, f);
            }
        }
    }
    let mut found = ListMatch {
        header_row,
        item_col,
        value_col,
        unit_col,
        rows: vec![Vec::new(); form.fields.len()],
        unknown: Vec::new(),
    };
    for (row, _) in grid.rows() {
        if *row <= header_row {
            continue;
        }
        let Some(Cell::Text(text)) = grid.get(*row, item_col) else {
            continue;
        };
        let item = without_prefix(&normal(text), &pipeline.settings.header_prefixes);
        match by_text.get(item.as_str()) {
            Some(f) => found.rows[*f].push(*row),
            None => found.unknown.push((*row, text.clone())),
        }
    }
    (found.found() > 0).then_some(found)
}

fn header(form: &Form, grid: &Grid) -> Option<(u32, u32, u32, Option<u32>)> {
    for (row, cells) in grid.rows().iter().take(40) {
        let column = |names: &[String]| {
            cells.iter().find_map(|(c, cell)| match cell {
                Cell::Text(t) if names.contains(&normal(t)) => Some(*c),
                _ => None,
            })
        };
        if let (Some(item), Some(value)) = (column(&form.item_header), column(&form.value_header)) {
            return Some((*row, item, value, column(&form.unit_header)));
        }
    }
    None
}

/// Reads a recognised list: one record.
pub fn read(pipeline: &Pipeline, form_index: usize, grid: &Grid, found: &ListMatch) -> SheetTable {
    let form = &pipeline.forms[form_index];
    let columns = &pipeline.tables[form.table].columns;
    let mut table = SheetTable::new(&grid.name, form_index, form.table, None);
    let row = form
        .needs
        .first()
        .and_then(|f| found.rows[*f].first())
        .copied()
        .unwrap_or(0);
    let mut record = Record::new(row, columns.len(), None);
    let mut bound: Vec<(&Field, (u32, u32), bool)> = Vec::new();
    for (f, field) in form.fields.iter().enumerate() {
        let rows = &found.rows[f];
        let row = match rows[..] {
            [row] => row,
            [] => {
                if field.required {
                    table.say("column-missing", missing(pipeline, grid, found, field));
                }
                continue;
            }
            _ => {
                let cells: Vec<(u32, u32)> = rows.iter().map(|r| (*r, found.item_col)).collect();
                table.say(
                    "column-ambiguous",
                    Draft {
                        place: place(grid, Some(cell_list(&cells))),
                        column: Some(field.title.clone()),
                        ..Draft::default()
                    }
                    .slot("column", field.title.clone())
                    .slot("found", cell_list(&cells)),
                );
                continue;
            }
        };
        let at = (row, found.value_col);
        let Target::Column(c) = field.target else {
            let stated = grid
                .get(at.0, at.1)
                .map(|c| crate::text::trimmed(&c.shown()));
            match field.target {
                Target::CountyCode => record.county_code = stated,
                Target::CountyName => record.county_name = stated,
                _ => {}
            }
            continue;
        };
        let (unit, unusable) = item_unit(pipeline, form, grid, found, row, field, c, &mut table);
        bound.push((field, at, unusable));
        if unusable {
            continue;
        }
        record.cells.set(c, Some(at));
        let Some(cell) = grid.get(at.0, at.1) else {
            continue;
        };
        let percent = grid.is_percent(at.0, at.1);
        let read = cell::read(pipeline, &columns[c], unit, cell, percent);
        table.take(0, c, at, &cell.shown(), read, &mut record);
    }
    blanks(
        bound.iter().copied(),
        |at| grid.get(at.0, at.1).is_some(),
        0,
        &mut table,
        &mut record,
    );
    for (row, text) in &found.unknown {
        if grid.get(*row, found.value_col).is_some() {
            table.say(
                "column-unused",
                Draft {
                    place: place(grid, Some(a1(*row, found.item_col))),
                    value: Some(one_line(text)),
                    ..Draft::default()
                }
                .slot("found", one_line(text)),
            );
        }
    }
    table.needed = bound
        .iter()
        .filter(|(f, _, unusable)| f.required && f.blank == Blank::Missing && !unusable)
        .filter_map(|(f, at, _)| match f.target {
            Target::Column(c) => Some((c, *at)),
            _ => None,
        })
        .collect();
    table.push(record);
    table
}

fn missing(pipeline: &Pipeline, grid: &Grid, found: &ListMatch, field: &Field) -> Draft {
    let unknown: Vec<(String, String)> = found
        .unknown
        .iter()
        .map(|(row, text)| (normal(text), shown(text, *row, found.item_col)))
        .collect();
    let mut by_rank = unknown.clone();
    by_rank.sort_by(|a, b| a.1.cmp(&b.1));
    missing_column(pipeline, grid, field, &unknown, by_rank)
}

/// The unit that the list's unit column gives an item, and whether the item cannot be in it.
fn item_unit(
    pipeline: &Pipeline,
    form: &Form,
    grid: &Grid,
    found: &ListMatch,
    row: u32,
    field: &Field,
    c: usize,
    table: &mut SheetTable,
) -> (Option<usize>, bool) {
    let column = &pipeline.tables[form.table].columns[c];
    let Some(base) = column.unit else {
        return (None, false);
    };
    let units = &pipeline.units.list;
    let Some((unit_col, Cell::Text(text))) = found
        .unit_col
        .and_then(|col| Some((col, grid.get(row, col)?)))
    else {
        return (field.unit, false);
    };
    let word = normal(text);
    if pipeline.units.words.contains(&word)
        || form.choice_units.contains(&word)
        || column.kind == Kind::Text
    {
        return (field.unit, false);
    }
    let draft = |unit: &str| {
        Draft {
            place: place(grid, Some(a1(row, unit_col))),
            column: Some(column.title.clone()),
            value: Some(text.clone()),
            ..Draft::default()
        }
        .slot("column", column.title.clone())
        .slot("unit", unit.to_string())
    };
    match pipeline.units.by_text.get(&word) {
        Some(u) if units[*u].dimension == units[base].dimension => {
            if field.unit.unwrap_or(base) != *u {
                let declared = field.unit.unwrap_or(base);
                table.say(
                    "unit-converted",
                    draft(&units[*u].name).slot("base", units[declared].name.clone()),
                );
            }
            (Some(*u), false)
        }
        _ => {
            table.say(
                "unit-unknown",
                draft(text).slot("wanted", units[field.unit.unwrap_or(base)].name.clone()),
            );
            (None, true)
        }
    }
}
