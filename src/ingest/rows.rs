//! A sheet with one entity a row below a header block -> records. Total rows are kept apart; notes are left; a row that
//! could be an entity and is not taken is said, never dropped in silence.

use std::collections::{BTreeMap, BTreeSet};

use super::bind::{Bound, bind, title_units, unit_row, units_of};
use super::cell::{self, Note, Read, Value};
use super::grid::{Cell, Grid};
use super::header::{self, HeaderMatch};
use super::row_kind::{RowKind, Sheet};
use super::{CellNote, Flag, Record, SheetTable, TotalCellRead, TotalRow};
use crate::finding::{Draft, Place, a1, cell_list};
use crate::pipeline::model::{Blank, Column, Field, Form, Kind, Pipeline, Target};
use crate::text::fifteen_digits;

/// Reads a recognised sheet.
pub fn read(
    pipeline: &Pipeline,
    form_index: usize,
    grid: &Grid,
    found: &HeaderMatch,
) -> SheetTable {
    let form = &pipeline.forms[form_index];
    let mut table = SheetTable::new(&grid.name, form_index, form.table, found.stage);
    let after = unit_row(pipeline, grid, found);
    let bound = bind(pipeline, form, grid, found, &after, &mut table);
    let sheet = Sheet::new(pipeline, form, grid, found, &bound);
    let is_returned = pipeline
        .returned
        .as_ref()
        .is_some_and(|r| r.form == form_index);
    let mut first_of_block = 0;
    let mut in_notes = false;
    let mut said: BTreeMap<&'static str, Vec<(u32, u32)>> = BTreeMap::new();
    // The last row of one text since the last row of the table, one that names a stage before others: the title of what
    // follows.
    let mut title: Option<(u32, Option<usize>)> = None;
    // Rows that are titles, or filled in below them: they are no schools.
    let mut titles: BTreeSet<u32> = BTreeSet::new();
    let mut tries = 0;
    // Where the header stands again, with nothing of the table since: a block in other units may begin there.
    let mut again: Option<u32> = None;
    // What the rows since the last one of the table say of units, the first of them, and what the rows above the header say.
    let mut units: Option<(u32, Vec<usize>)> = None;
    let own_units = title_units(pipeline, grid, found.leaf_row);
    for (row, cells) in grid.rows().iter().filter(|(r, _)| *r >= after.first_data) {
        let first = (*row, cells.first().map_or(0, |(c, _)| *c));
        let kind = sheet.kind(*row, cells, &mut in_notes);
        let doubtful = !matches!(kind, RowKind::Entity | RowKind::Total | RowKind::Part);
        // Where a figure stands is no header, be it kept as text.
        if doubtful && like_header(cells) && !sheet.has_figure(*row) && tries < MOST_TRIES {
            tries += 1;
            let stated = units.as_ref().map_or(*row, |(row, _)| *row);
            let from = title.map_or(stated, |(row, _)| row.min(stated));
            let begins = match kind {
                // The same columns go on, unless what stands above says that they are of another stage, or in other units.
                RowKind::HeaderAgain => {
                    let stage = title.and_then(|(_, stage)| stage);
                    let stated = units.as_ref().map_or(&[][..], |(_, stated)| stated);
                    let restated = restated(pipeline, form, stated, &own_units, &bound);
                    if restated == Restated::InPart {
                        table.header_changes(grid, first);
                        break;
                    }
                    restated == Restated::Otherwise || (stage.is_some() && stage != table.stage)
                }
                _ => {
                    let rows = (from, *row, row.saturating_add(HEAD));
                    super::begins_form(pipeline, grid, rows, kind == RowKind::Note)
                }
            };
            if begins {
                leave(&mut said, from, &titles);
                table.rest = Some(from);
                break;
            }
        }
        let text = header::title_text(cells);
        // What is filled in beside a title makes a row of two cells of it, and it may hold a word of schools' names.
        let may_be_school = matches!(kind, RowKind::Unnamed | RowKind::Unidentified);
        let is_title = match kind {
            // A title may stand behind signatures; what a note says of a stage is no title.
            RowKind::Heading | RowKind::Note => text.is_some() && !sheet.is_note(cells),
            _ => may_be_school && text.is_some() && !sheet.has_figure(*row),
        };
        let is_sure = !may_be_school || sheet.is_title(*row, cells, table.stage);
        if (is_title && is_sure) || header::is_filled_in(cells) {
            titles.insert(*row);
        }
        title = match (text.filter(|_| is_title), kind) {
            (_, RowKind::Entity | RowKind::Total | RowKind::Part) => None,
            (Some(text), _) => {
                let stage = header::stage_in(pipeline, text);
                let named = title.is_some_and(|(_, stage)| stage.is_some());
                if stage.is_some() || !named {
                    Some((*row, stage))
                } else {
                    title
                }
            }
            // Figures belong to the table, whatever row they stand in.
            (None, _) if sheet.has_figure(*row) => None,
            (None, _) => title,
        };
        let stated = match doubtful {
            true => units_of(pipeline, cells),
            false => Vec::new(),
        };
        units = match kind {
            RowKind::Entity | RowKind::Total | RowKind::Part => None,
            _ if stated.is_empty() => units,
            _ => {
                let (from, mut all) = units.unwrap_or((*row, Vec::new()));
                let more: Vec<usize> = stated.into_iter().filter(|u| !all.contains(u)).collect();
                all.extend(more);
                Some((from, all))
            }
        };
        again = match kind {
            RowKind::HeaderAgain => again.or(Some(title.map_or(*row, |(row, _)| row))),
            RowKind::Entity | RowKind::Total | RowKind::Part => None,
            _ => again,
        };
        if table.records.len() >= pipeline.limits.rows {
            table.too_many(pipeline);
            return table;
        }
        match kind {
            RowKind::Entity => {
                let inside = |col: u32| found.paths.iter().any(|p| p.col == col);
                let outside = cells
                    .iter()
                    .filter(|(c, _)| !inside(*c) && sheet.name_col != Some(*c));
                said.entry("cells-outside")
                    .or_default()
                    .extend(outside.map(|(c, _)| (*row, *c)));
                let mut record = record(pipeline, form, grid, &bound, *row, &mut table);
                if let (Some(c), Some(col)) = (form.label, sheet.name_col) {
                    label(pipeline, grid, (*row, col), c, &mut table, &mut record);
                }
                table.push(record);
            }
            RowKind::Total => {
                let (cells, unread) = total_cells(pipeline, form, grid, &bound, *row);
                table.totals.push(TotalRow {
                    row: *row,
                    block: first_of_block..table.records.len(),
                    cells,
                });
                said.entry("total-not-read").or_default().extend(unread);
                first_of_block = table.records.len();
            }
            RowKind::Part | RowKind::Note | RowKind::HeaderAgain => {}
            RowKind::Heading => said.entry("row-heading").or_default().push(first),
            // Of what came back from a county only answers matter: the program's own lines have no number.
            RowKind::Unnamed if is_returned => {
                let row = record(pipeline, form, grid, &bound, *row, &mut table);
                if row.values.iter().any(Option::is_some) {
                    said.entry("explanation-unmatched").or_default().push(first);
                }
            }
            RowKind::Unnamed => said.entry("row-unnamed").or_default().push(first),
            RowKind::Unidentified => {
                let at = (*row, sheet.name_col.unwrap_or(first.1));
                said.entry("row-unidentified").or_default().push(at);
            }
            RowKind::HeaderChanges if again.is_some() => {
                let from = again.unwrap_or(*row);
                leave(&mut said, from, &titles);
                table.rest = Some(from);
                break;
            }
            RowKind::HeaderChanges => {
                table.header_changes(grid, first);
                break;
            }
        }
    }
    for (rule, cells) in said.into_iter().filter(|(_, cells)| !cells.is_empty()) {
        let draft = Draft {
            place: place(grid, Some(cell_list(&cells))),
            ..Draft::default()
        };
        table.say(rule, draft.slot("count", cells.len().to_string()));
    }
    table
}

impl SheetTable {
    /// To read what follows under the first headers would be a guess.
    fn header_changes(&mut self, grid: &Grid, (row, col): (u32, u32)) {
        let draft = Draft {
            place: place(grid, Some(a1(row, col))),
            ..Draft::default()
        };
        self.say("header-changes", draft.slot("row", (row + 1).to_string()));
    }
}

/// How the units stated above a header that stands again are to those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Restated {
    AsBefore,
    /// Another unit for figures of the same dimension.
    Otherwise,
    /// And a unit of another dimension, which was stated before, is not stated again: which one counts is not known.
    InPart,
}

fn restated(
    pipeline: &Pipeline,
    form: &Form,
    stated: &[usize],
    before: &[usize],
    bound: &[Bound],
) -> Restated {
    let unit = |u: &usize| &pipeline.units.list[*u];
    let alike = |a: usize, b: usize| unit(&a).dimension == unit(&b).dimension;
    let same = |a: usize, b: usize| alike(a, b) && unit(&a).factor == unit(&b).factor;
    let used: Vec<usize> = bound.iter().filter_map(|b| b.unit).collect();
    let known = || before.iter().chain(&used).copied();
    let is_other = |s: &usize| known().any(|o| alike(o, *s)) && !known().any(|o| same(o, *s));
    if !stated.iter().any(is_other) {
        return Restated::AsBefore;
    }
    // Without a statement the form's own units count.
    let columns = &pipeline.tables[form.table].columns;
    let own = form.fields.iter().filter_map(|f| match (f.unit, f.target) {
        (None, Target::Column(c)) => columns[c].unit,
        (unit, _) => unit,
    });
    let own: Vec<usize> = own.collect();
    let is_lost = |o: &usize| {
        !stated.iter().any(|s| alike(*s, *o)) && own.iter().any(|f| alike(*f, *o) && !same(*f, *o))
    };
    match before.iter().any(is_lost) {
        true => Restated::InPart,
        false => Restated::Otherwise,
    }
}

/// Leaves what was said of rows from one on to the table that begins there. A row that could be a school is no title of it: what was
/// said of it stays.
fn leave(said: &mut BTreeMap<&'static str, Vec<(u32, u32)>>, from: u32, titles: &BTreeSet<u32>) {
    for (rule, cells) in said {
        let of_schools = matches!(*rule, "row-unnamed" | "row-unidentified");
        cells.retain(|(row, _)| *row < from || (of_schools && !titles.contains(row)));
    }
}

/// Rows below the first of another table in which its headers stand.
const HEAD: u32 = 40;
/// Rows of one sheet at which another table is looked for.
const MOST_TRIES: usize = 100;

/// Whether a row could be one of headers: texts, and several of them.
pub fn like_header(cells: &[(u32, Cell)]) -> bool {
    cells.len() > 2 && cells.iter().all(|(_, cell)| matches!(cell, Cell::Text(_)))
}

/// The headerless cell at the left of a row that names it.
fn label(
    pipeline: &Pipeline,
    grid: &Grid,
    at: (u32, u32),
    c: usize,
    table: &mut SheetTable,
    record: &mut Record,
) {
    record.cells.set(c, Some(at));
    if let Some(cell) = grid.get(at.0, at.1) {
        let column = &pipeline.tables[table.table].columns[c];
        let read = cell::read(pipeline, column, None, cell, false);
        table.take(table.records.len(), c, at, &cell.shown(), read, record);
    }
}

fn record(
    pipeline: &Pipeline,
    form: &Form,
    grid: &Grid,
    bound: &[Bound],
    row: u32,
    table: &mut SheetTable,
) -> Record {
    let columns = &pipeline.tables[form.table].columns;
    let index = table.records.len();
    let mut record = Record::new(row, columns.len(), table.stage);
    for b in bound {
        let field = &form.fields[b.field];
        let cell = grid.get(row, b.col);
        let c = match field.target {
            Target::Column(c) => c,
            Target::CountyCode => {
                record.county_code = cell.map(|c| crate::text::trimmed(&c.shown()));
                record.county_cell = cell.map(|_| (row, b.col));
                continue;
            }
            Target::CountyName => {
                // Of two such columns the one that the form names first.
                let text = cell.map(|c| crate::text::trimmed(&c.shown()));
                let digits = pipeline.settings.county_digits;
                match text.filter(|_| record.county_name.is_none()) {
                    Some(code) if code_of_area(&code, digits) => {
                        let own = || code[..digits].to_string();
                        record.county_code.get_or_insert_with(own);
                    }
                    Some(name) => record.county_name = Some(name),
                    None => continue,
                }
                record.county_cell = record.county_cell.or(Some((row, b.col)));
                continue;
            }
            Target::Counted => {
                record.counted = Some(flag(pipeline, &field.title, (row, b.col), cell));
                continue;
            }
            Target::Revoked => {
                record.revoked = Some(flag(pipeline, &field.title, (row, b.col), cell));
                continue;
            }
        };
        if b.unusable {
            continue;
        }
        let at = (row, b.col);
        let first = record.cells.at(c);
        record.cells.set(c, first.or(Some(at)));
        let Some(cell) = cell else { continue };
        let percent = grid.is_percent(row, b.col);
        let read = cell::read(pipeline, &columns[c], b.unit, cell, percent);
        match first {
            Some(first) => second(table, index, c, (first, at), cell, read, &mut record),
            None => table.take(index, c, at, &cell.shown(), read, &mut record),
        }
    }
    blanks(
        bound
            .iter()
            .map(|b| (&form.fields[b.field], (row, b.col), b.unusable)),
        |at| grid.get(at.0, at.1).is_some(),
        index,
        table,
        &mut record,
    );
    for b in bound.iter().filter(|b| !b.unusable) {
        let field = &form.fields[b.field];
        if let (Target::Column(c), false) = (field.target, field.less.is_empty()) {
            parts(grid, (row, b.col), c, &field.less, table, &mut record);
        }
    }
    record
}

/// Whether a text is the code of a county, or of a place in it: digits only, the county's first.
pub fn code_of_area(text: &str, digits: usize) -> bool {
    digits > 0 && text.len() >= digits && text.bytes().all(|b| b.is_ascii_digit())
}

fn flag(pipeline: &Pipeline, title: &str, at: (u32, u32), cell: Option<&Cell>) -> Flag {
    let column = Column {
        name: String::new(),
        title: title.to_string(),
        kind: Kind::YesNo,
        unit: None,
        stage: None,
    };
    let read = cell.map(|cell| cell::read(pipeline, &column, None, cell, false));
    Flag {
        at,
        value: read.and_then(|r| r.value).and_then(|v| v.yes()),
        raw: cell.map(Cell::shown).unwrap_or_default(),
    }
}

/// A second cell for a column (a name beside its code): it counts where the first says nothing, and must not say
/// something else.
fn second(
    table: &mut SheetTable,
    index: usize,
    column: usize,
    (first, at): ((u32, u32), (u32, u32)),
    cell: &Cell,
    read: Read,
    record: &mut Record,
) {
    match (&record.values[column], &read.value) {
        (None, Some(_)) => {
            table
                .notes
                .retain(|n| n.record != index || n.column != column);
            record.cells.set(column, Some(at));
            table.take(index, column, at, &cell.shown(), read, record);
        }
        (Some(one), Some(other)) if one != other => {
            let (raw, other) = (one.shown(), other.shown());
            let place = a1(at.0, at.1);
            record.values[column] = None;
            table.notes.push(CellNote {
                record: index,
                column,
                at: first,
                raw,
                note: Note::ColumnsDisagree {
                    other: format!("{other} ({place})"),
                },
                blank: false,
            });
        }
        _ => {}
    }
}

/// Takes off a figure what other columns say of it already.
pub(super) fn parts(
    grid: &Grid,
    at: (u32, u32),
    column: usize,
    less: &[usize],
    table: &mut SheetTable,
    record: &mut Record,
) {
    let Some(whole) = record.values[column].as_ref().and_then(Value::number) else {
        return;
    };
    let known: Option<Vec<f64>> = less
        .iter()
        .map(|c| record.values[*c].as_ref().and_then(Value::number))
        .collect();
    let rest = known
        .as_ref()
        .map(|parts| fifteen_digits(whole - parts.iter().sum::<f64>()))
        .filter(|rest| *rest >= 0.0);
    record.values[column] = rest.map(Value::Number);
    let note = match rest {
        Some(rest) if rest == whole => return,
        Some(_) => Note::PartsTakenOff,
        None => Note::PartsUnfit,
    };
    table.notes.push(CellNote {
        record: table.records.len(),
        column,
        at,
        raw: grid.get(at.0, at.1).map(Cell::shown).unwrap_or_default(),
        note,
        blank: false,
    });
}

/// Empty cells that are 0 as long as something of their group is filled in.
pub fn blanks<'a>(
    fields: impl Iterator<Item = (&'a Field, (u32, u32), bool)> + Clone,
    filled: impl Fn((u32, u32)) -> bool,
    index: usize,
    table: &mut SheetTable,
    record: &mut Record,
) {
    for (field, at, unusable) in fields.clone() {
        let (Target::Column(c), Blank::ZeroInGroup) = (field.target, field.blank) else {
            continue;
        };
        if unusable || filled(at) {
            continue;
        }
        // One of the parts says that the others are 0, or the total that there is none; a total alone says nothing of them.
        let group_filled = fields.clone().any(|(other, _, _)| {
            let Target::Column(o) = other.target else {
                return false;
            };
            let value = record.values[o].as_ref();
            other.group == field.group
                && value
                    .is_some_and(|v| other.blank == Blank::ZeroInGroup || v.number() == Some(0.0))
        });
        if group_filled {
            record.values[c] = Some(Value::Number(0.0));
            table.notes.push(CellNote {
                record: index,
                column: c,
                at,
                raw: String::new(),
                note: Note::Token(crate::pipeline::model::Means::Zero),
                blank: true,
            });
        }
    }
}

/// The figures of a total row, and its cells that hold something that is no figure.
fn total_cells(
    pipeline: &Pipeline,
    form: &Form,
    grid: &Grid,
    bound: &[Bound],
    row: u32,
) -> (Vec<TotalCellRead>, Vec<(u32, u32)>) {
    let columns = &pipeline.tables[form.table].columns;
    let mut read = Vec::new();
    let mut unread = Vec::new();
    for b in bound.iter().filter(|b| !b.unusable) {
        let Target::Column(c) = form.fields[b.field].target else {
            continue;
        };
        if !matches!(columns[c].kind, Kind::Count | Kind::Number) {
            continue;
        }
        let Some(cell) = grid.get(row, b.col) else {
            continue;
        };
        let at = (row, b.col);
        let Read { value, notes } = cell::read(pipeline, &columns[c], b.unit, cell, false);
        match value.and_then(|v| v.number()) {
            Some(figure) => read.push((c, figure, at, cell.shown())),
            None if notes.iter().any(|n| matches!(n, Note::Token(_))) => {}
            None => unread.push(at),
        }
    }
    (read, unread)
}

/// Names as one text, or the word for nothing.
pub fn listed(pipeline: &Pipeline, names: &[String]) -> String {
    if names.is_empty() {
        pipeline.word("nothing").to_string()
    } else {
        names.join("\u{3001}")
    }
}

/// A place on this sheet; the file is added by the caller.
pub fn place(grid: &Grid, cell: Option<String>) -> Place {
    Place {
        file: None,
        sheet: Some(grid.name.clone()),
        cell,
    }
}
