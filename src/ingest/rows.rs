//! A sheet with one entity a row below a header block -> records. Total rows are kept apart; notes are left; a row with
//! figures but without a name is said, not dropped in silence.

use super::cell::{self, Note, Read, Value};
use super::grid::{Cell, Grid};
use super::header::{HeaderMatch, HeaderPath, nearest_headers, one_line};
use super::{CellNote, Record, SheetTable, TotalCellRead, TotalRow};
use crate::finding::{Draft, Place, a1};
use crate::pipeline::model::{Blank, Field, Form, Kind, Pipeline, Target};
use crate::text::normal;

/// A field bound to a column of the sheet.
struct Bound {
    field: usize,
    col: u32,
    unit: Option<usize>,
    /// The unit is none that the column can be in: its cells are not taken.
    unusable: bool,
}

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
    let name = form.needs.first().copied();
    let name_col = bound.iter().find(|b| Some(b.field) == name).map(|b| b.col);
    let mut first_of_block = 0;
    let mut unnamed: Vec<(u32, u32)> = Vec::new();
    let mut unidentified: Vec<(u32, u32)> = Vec::new();
    let mut headings: Vec<(u32, u32)> = Vec::new();
    let mut outside: Vec<(u32, u32)> = Vec::new();
    let mut in_notes = false;
    for (row, cells) in grid.rows() {
        if *row < after.first_data {
            continue;
        }
        let Some((first_col, first)) = cells.first() else {
            continue;
        };
        // 合计(8所) is 合计: what stands in a bracket behind a label says nothing about its kind.
        let lead = label_text(first);
        let label = name_col
            .and_then(|c| grid.get(*row, c))
            .map(label_text)
            .unwrap_or_default();
        let filled = bound
            .iter()
            .filter(|b| Some(b.col) != name_col && grid.get(*row, b.col).is_some())
            .count();
        let is_total = |t: &String| form.total_rows.contains(t);
        let is_part = |t: &String| {
            form.subtotal_endings
                .iter()
                .any(|w| t.ends_with(w.as_str()) || t.starts_with(w.as_str()))
        };
        // A row with a code or a type is an entity; one that is labelled like a sum is one only with a code.
        let identity = |kind: Identity| {
            bound
                .iter()
                .any(|b| identifies(pipeline, form, grid, b, *row, kind))
        };
        let sum_label = is_total(&lead) || is_total(&label) || is_part(&lead) || is_part(&label);
        let coded = identity(Identity::Code);
        let identified = coded || (!sum_label && identity(Identity::Type));
        if !identified && (is_total(&lead) || is_total(&label)) {
            let (cells, unread) = total_cells(pipeline, form, grid, &bound, *row);
            table.totals.push(TotalRow {
                row: *row,
                block: first_of_block..table.records.len(),
                cells,
            });
            if !unread.is_empty() {
                let draft = Draft {
                    place: place(grid, Some(crate::finding::cell_list(&unread))),
                    ..Draft::default()
                };
                table.say(
                    "total-not-read",
                    draft.slot("count", unread.len().to_string()),
                );
            }
            first_of_block = table.records.len();
            continue;
        }
        if !identified && (is_part(&lead) || is_part(&label)) {
            continue;
        }
        // Notes and signatures below the table; what could be a school's name in one of them is said.
        let named = names_entity(pipeline, form, &label);
        let is_note = form.end_rows.iter().any(|w| lead.starts_with(w.as_str()));
        in_notes |= is_note && !identified;
        if !identified && (is_note || (in_notes && cells.len() == 1)) {
            let figures = bound
                .iter()
                .any(|b| is_figure(pipeline, form, grid, b, *row));
            match (figures, named) {
                (true, true) => unnamed.push((*row, *first_col)),
                (true, false) => headings.push((*row, *first_col)),
                (false, _) => {}
            }
            continue;
        }
        match repeats_header(pipeline, grid, found, form.header_rows, *row) {
            Repeat::No => {}
            Repeat::Same => continue,
            Repeat::Differs => {
                // What follows stands under other headers: to read it under the first ones would be a guess.
                let draft = Draft {
                    place: place(grid, Some(a1(*row, *first_col))),
                    ..Draft::default()
                };
                table.say("header-changes", draft.slot("row", (row + 1).to_string()));
                break;
            }
        }
        if let [(_, Cell::Text(_))] = &cells[..] {
            // A school of which nothing but the name or the code is there is no heading.
            if coded || named {
                unnamed.push((*row, *first_col));
            } else {
                headings.push((*row, *first_col));
            }
            continue;
        }
        if label.is_empty() || cells.len() == 1 {
            if filled > 0 || !label.is_empty() {
                unnamed.push((*row, *first_col));
            }
            continue;
        }
        // Where the sheet has codes or types, a row with neither may as well be a sum under an unknown name.
        let told = |b: &Bound| identity_of(pipeline, form, b).is_some();
        if !identified && bound.iter().any(told) {
            unidentified.push((*row, name_col.unwrap_or(*first_col)));
            continue;
        }
        let inside = |col: &u32| found.paths.iter().any(|p| p.col == *col);
        outside.extend(
            cells
                .iter()
                .filter(|(c, _)| !inside(c))
                .map(|(c, _)| (*row, *c)),
        );
        let record = record(pipeline, form, grid, &bound, *row, &mut table);
        table.records.push(record);
    }
    for (rule, cells) in [
        ("row-unnamed", unnamed),
        ("row-unidentified", unidentified),
        ("row-heading", headings),
        ("cells-outside", outside),
    ] {
        if cells.is_empty() {
            continue;
        }
        let draft = Draft {
            place: place(grid, Some(crate::finding::cell_list(&cells))),
            ..Draft::default()
        };
        table.say(rule, draft.slot("count", cells.len().to_string()));
    }
    table
}

/// A cell's text as the label of a row.
fn label_text(cell: &Cell) -> String {
    let text = crate::text::trimmed(&cell.shown());
    let head = text.split('(').next().unwrap_or("");
    normal(if head.is_empty() { &text } else { head })
}

/// Whether a label could be the name of an entity: it holds a word of such names and is not just a stage.
fn names_entity(pipeline: &Pipeline, form: &Form, label: &str) -> bool {
    let stage = pipeline.stages.iter().flat_map(|s| &s.words);
    // A numeral before the stage: 一、小学.
    let bare = |word: &String| {
        label
            .strip_suffix(word.as_str())
            .is_some_and(|head| head.chars().count() <= 1)
    };
    form.entity_words.iter().any(|w| label.contains(w.as_str())) && !stage.into_iter().any(bare)
}

/// What says which entity a row is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Identity {
    Code,
    Type,
}

/// Whether a column is one of codes, or of school types.
fn identity_of(pipeline: &Pipeline, form: &Form, bound: &Bound) -> Option<Identity> {
    let Target::Column(c) = form.fields[bound.field].target else {
        return None;
    };
    match &pipeline.tables[form.table].columns[c].kind {
        Kind::Code(_) => Some(Identity::Code),
        Kind::Choice(list) if list == "school_type" => Some(Identity::Type),
        _ => None,
    }
}

/// Whether a row has a code (digits, be they too few) or a known type.
fn identifies(
    pipeline: &Pipeline,
    form: &Form,
    grid: &Grid,
    bound: &Bound,
    row: u32,
    kind: Identity,
) -> bool {
    let Target::Column(c) = form.fields[bound.field].target else {
        return false;
    };
    if identity_of(pipeline, form, bound) != Some(kind) {
        return false;
    }
    let column = &pipeline.tables[form.table].columns[c];
    grid.get(row, bound.col).is_some_and(|cell| {
        let read = cell::read(pipeline, column, None, cell, false);
        match kind {
            Identity::Code => read
                .value
                .as_ref()
                .and_then(Value::text)
                .is_some_and(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit())),
            Identity::Type => read.value.is_some(),
        }
    })
}

/// Whether a figure stands in the row in this column.
fn is_figure(pipeline: &Pipeline, form: &Form, grid: &Grid, bound: &Bound, row: u32) -> bool {
    let Target::Column(c) = form.fields[bound.field].target else {
        return false;
    };
    let column = &pipeline.tables[form.table].columns[c];
    matches!(column.kind, Kind::Count | Kind::Number | Kind::Percent)
        && grid.get(row, bound.col).is_some_and(|cell| {
            cell::read(pipeline, column, bound.unit, cell, false)
                .value
                .is_some()
        })
}

/// Where the data begin, and the units of the unit row.
struct AfterHeader {
    first_data: u32,
    units: Vec<(u32, Option<usize>, String)>,
}

fn unit_row(pipeline: &Pipeline, grid: &Grid, found: &HeaderMatch) -> AfterHeader {
    let mut first_data = found.leaf_row + 1;
    let mut units = Vec::new();
    for _ in 0..2 {
        let Ok(i) = grid.rows().binary_search_by_key(&first_data, |(r, _)| *r) else {
            break;
        };
        let cells = &grid.rows()[i].1;
        let texts: Vec<(u32, String, String)> = cells
            .iter()
            .filter_map(|(c, cell)| match cell {
                Cell::Text(t) => Some((*c, normal(t), t.clone())),
                _ => None,
            })
            .collect();
        let known =
            |t: &String| pipeline.units.by_text.contains_key(t) || pipeline.units.words.contains(t);
        let hits = texts.iter().filter(|(_, t, _)| known(t)).count();
        if texts.len() == cells.len() && hits >= 1 && hits * 5 >= texts.len() * 4 {
            units = texts
                .into_iter()
                .map(|(c, t, raw)| {
                    let unit = pipeline.units.by_text.get(&t).copied();
                    let word = if pipeline.units.words.contains(&t) {
                        String::new()
                    } else {
                        raw
                    };
                    (c, unit, word)
                })
                .collect();
            first_data += 1;
        } else if is_number_row(cells) {
            first_data += 1;
        } else {
            break;
        }
    }
    AfterHeader { first_data, units }
}

/// A row of column numbers: 1 2 3 …, or L1 L2 L3 ….
fn is_number_row(cells: &[(u32, Cell)]) -> bool {
    let numbers: Vec<Option<u32>> = cells
        .iter()
        .map(|(_, cell)| {
            let shown = cell.shown();
            let digits = shown.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            if shown.len() - digits.len() > 1 {
                None
            } else {
                digits.parse().ok()
            }
        })
        .skip_while(Option::is_none)
        .collect();
    numbers.len() >= 3
        && numbers[0] == Some(1)
        && numbers
            .windows(2)
            .all(|w| matches!((w[0], w[1]), (Some(a), Some(b)) if b == a + 1))
}

/// Units that a title or fill-in row above the header states for the whole sheet: `单位:人、册`.
fn title_units(pipeline: &Pipeline, grid: &Grid, leaf_row: u32) -> Vec<usize> {
    let mut out = Vec::new();
    for (row, cells) in grid.rows() {
        if *row >= leaf_row {
            break;
        }
        for (_, cell) in cells {
            let Cell::Text(text) = cell else { continue };
            let folded = crate::text::trimmed(text);
            let Some((head, tail)) = folded.split_once(':') else {
                continue;
            };
            let head = normal(head);
            if !pipeline
                .settings
                .unit_prefixes
                .iter()
                .any(|p| head.ends_with(p.as_str()))
            {
                continue;
            }
            let tail = tail.trim_end_matches([')', ']']);
            let named: Vec<Option<usize>> = tail
                .split(['\u{3001}', ',', ';', '/', ' '])
                .map(normal)
                .filter(|t| !t.is_empty())
                .map(|t| pipeline.units.by_text.get(&t).copied())
                .collect();
            if named.iter().all(Option::is_some) {
                out.extend(named.into_iter().flatten());
            }
        }
    }
    out
}

fn bind(
    pipeline: &Pipeline,
    form: &Form,
    grid: &Grid,
    found: &HeaderMatch,
    after: &AfterHeader,
    table: &mut SheetTable,
) -> Vec<Bound> {
    let title_units = title_units(pipeline, grid, found.leaf_row);
    let mut bound = Vec::new();
    let mut used = vec![false; found.paths.len()];
    for (f, field) in form.fields.iter().enumerate() {
        let fits = &found.fields[f];
        let shared = fits.iter().any(|p| found.claims[*p].len() > 1);
        for p in fits {
            used[*p] = true;
        }
        match fits[..] {
            [p] if !shared => {
                let path = &found.paths[p];
                let b = bind_unit(pipeline, form, grid, f, path, after, &title_units, table);
                bound.push(b);
            }
            [] => {
                let other_stage =
                    field.stage.is_some() && found.stage.is_some() && field.stage != found.stage;
                if field.required && !other_stage {
                    table.say(
                        "column-missing",
                        missing(pipeline, form, grid, found, field),
                    );
                }
            }
            _ => {
                let at: Vec<(u32, u32)> = fits.iter().map(|p| found.paths[*p].cell).collect();
                let names: Vec<String> = fits
                    .iter()
                    .map(|p| {
                        let path = &found.paths[*p];
                        format!("{}({})", one_line(&path.raw), a1(path.cell.0, path.col))
                    })
                    .collect();
                table.say(
                    "column-ambiguous",
                    Draft {
                        place: place(grid, Some(crate::finding::cell_list(&at))),
                        column: Some(field.title.clone()),
                        ..Draft::default()
                    }
                    .slot("column", field.title.clone())
                    .slot("found", names.join("\u{3001}")),
                );
            }
        }
    }
    for (p, path) in found.paths.iter().enumerate() {
        let leaf = path.parts.last().map_or("", String::as_str);
        if used[p] || form.ignore.iter().any(|i| i == leaf) {
            continue;
        }
        let has_data = grid
            .rows()
            .iter()
            .any(|(r, _)| *r >= after.first_data && grid.get(*r, path.col).is_some());
        if has_data {
            table.say(
                "column-unused",
                Draft {
                    place: place(grid, Some(a1(path.cell.0, path.cell.1))),
                    value: Some(one_line(&path.raw)),
                    ..Draft::default()
                }
                .slot("found", one_line(&path.raw)),
            );
        }
    }
    bound
}

fn missing(
    pipeline: &Pipeline,
    form: &Form,
    grid: &Grid,
    found: &HeaderMatch,
    field: &Field,
) -> Draft {
    let unclaimed: Vec<HeaderPath> = found
        .paths
        .iter()
        .enumerate()
        .filter(|(p, path)| {
            found.claims[*p].is_empty()
                && !path
                    .parts
                    .last()
                    .is_some_and(|leaf| form.ignore.contains(leaf))
        })
        .map(|(_, path)| path.clone())
        .collect();
    let names: Vec<String> = unclaimed
        .iter()
        .take(6)
        .map(|p| format!("{}({})", one_line(&p.raw), a1(p.cell.0, p.cell.1)))
        .collect();
    Draft {
        place: place(grid, None),
        column: Some(field.title.clone()),
        expected: Some(field.title.clone()),
        ..Draft::default()
    }
    .slot("column", field.title.clone())
    .slot("found", listed(pipeline, &names))
    .slot(
        "nearest",
        listed(pipeline, &nearest_headers(&unclaimed, &field.patterns)),
    )
}

fn bind_unit(
    pipeline: &Pipeline,
    form: &Form,
    grid: &Grid,
    f: usize,
    path: &HeaderPath,
    after: &AfterHeader,
    title_units: &[usize],
    table: &mut SheetTable,
) -> Bound {
    let field = &form.fields[f];
    let mut b = Bound {
        field: f,
        col: path.col,
        unit: None,
        unusable: false,
    };
    let Target::Column(c) = field.target else {
        return b;
    };
    let column = &pipeline.tables[form.table].columns[c];
    let Some(base) = column.unit else { return b };
    let units = &pipeline.units.list;
    let fits = |u: usize| units[u].dimension == units[base].dimension;
    let in_row = after.units.iter().find(|(col, ..)| *col == path.col);
    let draft = |slots: Vec<(&'static str, String)>| Draft {
        place: place(grid, Some(a1(path.cell.0, path.cell.1))),
        column: Some(column.title.clone()),
        value: Some(one_line(&path.raw)),
        slots,
        ..Draft::default()
    };
    if let (Some((_, Some(row), _)), Some(own)) = (in_row, path.unit)
        && *row != own
    {
        b.unusable = true;
        let names = vec![
            ("column", column.title.clone()),
            ("unit", units[own].name.clone()),
            ("other", units[*row].name.clone()),
        ];
        table.say("units-disagree", draft(names));
        return b;
    }
    let stated = match in_row {
        Some((_, Some(unit), _)) => Some(Ok(*unit)),
        Some((_, None, word)) if !word.is_empty() => Some(Err(word.clone())),
        _ => path.unit.map(Ok),
    };
    let from_title: Vec<usize> = title_units.iter().copied().filter(|u| fits(*u)).collect();
    let unknown = |word: String| {
        draft(vec![
            ("column", column.title.clone()),
            ("unit", word),
            ("wanted", units[base].name.clone()),
        ])
    };
    // A title that names one unit of this kind speaks for the column.
    let stated = stated.or(match from_title[..] {
        [unit] => Some(Ok(unit)),
        _ => None,
    });
    match stated {
        Some(Ok(unit)) if fits(unit) => {
            b.unit = Some(unit);
            if field.unit.unwrap_or(base) != unit {
                table.say(
                    "unit-converted",
                    draft(vec![
                        ("column", column.title.clone()),
                        ("unit", units[unit].name.clone()),
                        ("base", units[field.unit.unwrap_or(base)].name.clone()),
                    ]),
                );
            }
        }
        Some(Ok(unit)) => {
            b.unusable = true;
            table.say("unit-unknown", unknown(units[unit].name.clone()));
        }
        Some(Err(word)) => {
            b.unusable = true;
            table.say("unit-unknown", unknown(word));
        }
        None => {
            b.unit = field.unit;
            let kin = units
                .iter()
                .filter(|u| u.dimension == units[base].dimension);
            if let Some(assumed) = field.unit
                && kin.count() > 1
            {
                table.say(
                    "unit-not-stated",
                    draft(vec![
                        ("column", column.title.clone()),
                        ("unit", units[assumed].name.clone()),
                    ]),
                );
            }
        }
    }
    b
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
                record.county_name = cell.map(|c| crate::text::trimmed(&c.shown()));
                record.county_cell = record.county_cell.or(cell.map(|_| (row, b.col)));
                continue;
            }
        };
        if b.unusable {
            continue;
        }
        record.cells[c] = Some((row, b.col));
        let Some(cell) = cell else { continue };
        let percent = grid.is_percent(row, b.col);
        let read = cell::read(pipeline, &columns[c], b.unit, cell, percent);
        table.take(index, c, (row, b.col), &cell.shown(), read, &mut record);
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
    record
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
        let group_filled = fields.clone().any(|(other, _, _)| {
            other.group == field.group
                && matches!(other.target, Target::Column(o) if record.values[o].is_some())
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

/// Whether a row is the header again.
enum Repeat {
    No,
    Same,
    /// Most of it is, but not all: a block with other columns begins.
    Differs,
}

fn repeats_header(
    pipeline: &Pipeline,
    grid: &Grid,
    found: &HeaderMatch,
    depth: usize,
    row: u32,
) -> Repeat {
    let top = found
        .leaf_row
        .saturating_sub(u32::try_from(depth.max(1) - 1).unwrap_or(0));
    let mut same = 0;
    let mut units = 0;
    let mut filled = 0;
    for path in &found.paths {
        let Some(Cell::Text(text)) = grid.get(row, path.col) else {
            filled += usize::from(grid.get(row, path.col).is_some());
            continue;
        };
        filled += 1;
        let key = normal(text);
        let header = (top..=found.leaf_row)
            .filter_map(|r| grid.header_text(r, path.col))
            .any(|(header, _)| normal(&header) == key);
        same += usize::from(header);
        let unit = pipeline.units.by_text.contains_key(&key) || pipeline.units.words.contains(&key);
        units += usize::from(unit);
    }
    if filled > 1 && (same == filled || units == filled) {
        Repeat::Same
    } else if filled > 1 && same * 2 > filled {
        Repeat::Differs
    } else {
        Repeat::No
    }
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
