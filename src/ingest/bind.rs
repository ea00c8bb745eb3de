//! Which column of a sheet fills which field of a form, and in what unit its figures are. What is missing, doubtful or
//! unused is said here.

use super::SheetTable;
use super::grid::{Cell, Grid};
use super::header::{HeaderMatch, HeaderPath, nearest, one_line, shown};
use super::rows::{listed, place};
use crate::finding::{Draft, a1};
use crate::pipeline::model::{Field, Form, Pipeline, Target};
use crate::text::normal;

/// A field bound to a column of the sheet.
pub(super) struct Bound {
    pub(super) field: usize,
    pub(super) col: u32,
    pub(super) unit: Option<usize>,
    /// The unit is none that the column can be in: its cells are not taken.
    pub(super) unusable: bool,
}

/// Where the data begin, and the units of the unit row.
pub(super) struct AfterHeader {
    pub(super) first_data: u32,
    units: Vec<(u32, Option<usize>, String)>,
}

pub(super) fn unit_row(pipeline: &Pipeline, grid: &Grid, found: &HeaderMatch) -> AfterHeader {
    let mut first_data = found.leaf_row + 1;
    let mut units = Vec::new();
    // Headers may be merged down over rows, and a row may be left blank.
    let below = grid.rows().partition_point(|(r, _)| *r < first_data);
    for (row, cells) in grid.rows()[below..].iter().take(2) {
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
            first_data = row + 1;
        } else if is_number_row(cells) {
            first_data = row + 1;
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

/// Units that the rows above the header state for the whole sheet.
pub(super) fn title_units(pipeline: &Pipeline, grid: &Grid, leaf_row: u32) -> Vec<usize> {
    let mut out = Vec::new();
    let above = grid.rows().iter().take_while(|(row, _)| *row < leaf_row);
    for unit in above.flat_map(|(_, cells)| units_of(pipeline, cells)) {
        if !out.contains(&unit) {
            out.push(unit);
        }
    }
    out
}

/// Units that a title or fill-in row states: `单位:人、册`.
pub(super) fn units_of(pipeline: &Pipeline, cells: &[(u32, Cell)]) -> Vec<usize> {
    let mut out = Vec::new();
    for (_, cell) in cells {
        let Cell::Text(text) = cell else { continue };
        let folded = crate::text::trimmed(text);
        let Some((head, tail)) = folded.split_once(':') else {
            continue;
        };
        let head = normal(head);
        let prefixes = &pipeline.settings.unit_prefixes;
        if !prefixes.iter().any(|p| head.ends_with(p.as_str())) {
            continue;
        }
        let tail = tail.trim_end_matches([')', ']']);
        // Each kind may have a head of its own, and one may be unknown here: 金额单位:元;面积单位:平方米.
        let named = tail
            .split(['\u{3001}', ',', ';', '/', ' '])
            .map(|t| normal(t.rsplit(':').next().unwrap_or(t)))
            .filter_map(|t| pipeline.units.by_text.get(&t).copied());
        out.extend(named);
    }
    out
}

pub(super) fn bind(
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
                // Whose stage nobody knows is said once for the sheet.
                let other_stage = field.stage.is_some()
                    && (found.stage.is_some() || form.file_stage)
                    && field.stage != found.stage;
                let elsewhere = (0..form.fields.len())
                    .any(|o| form.fields[o].target == field.target && !found.fields[o].is_empty());
                if field.required && !other_stage && !elsewhere {
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
                    .map(|p| &found.paths[*p])
                    .map(|path| shown(&path.raw, path.cell.0, path.col))
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
    let mut unused: Vec<(String, (u32, u32))> = Vec::new();
    for (p, path) in found.paths.iter().enumerate() {
        let leaf = path.parts.last().map_or("", String::as_str);
        if used[p] || form.ignore.iter().any(|i| i == leaf) {
            continue;
        }
        let has_data = grid
            .rows()
            .iter()
            .any(|(r, _)| *r >= after.first_data && grid.get(*r, path.col).is_some());
        if has_data && form.many_columns {
            unused.push((one_line(&path.raw), (path.cell.0, path.col)));
        } else if has_data {
            table.say(
                "column-unused",
                Draft {
                    place: place(grid, Some(a1(path.cell.0, path.cell.1))),
                    field: Some(one_line(&path.raw)),
                    value: Some(one_line(&path.raw)),
                    ..Draft::default()
                }
                .slot("found", one_line(&path.raw)),
            );
        }
    }
    if !unused.is_empty() {
        let names: Vec<&String> = unused.iter().map(|(name, _)| name).collect();
        let cells: Vec<(u32, u32)> = unused.iter().map(|(_, cell)| *cell).collect();
        let draft = Draft {
            place: place(grid, Some(crate::finding::cell_list(&cells))),
            ..Draft::default()
        };
        let named = crate::text::some_of(&names, crate::text::NAMED_PLACES);
        table.say("column-unused", draft.slot("found", named));
    }
    if form.file_stage && found.stage.is_none() {
        let draft = Draft {
            place: place(grid, None),
            ..Draft::default()
        };
        table.say(
            "sheet-stage-unclear",
            draft.slot("form", form.title.clone()),
        );
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
    let unclaimed: Vec<(String, String)> = found
        .paths
        .iter()
        .zip(&found.claims)
        .filter(|(_, claims)| claims.is_empty())
        .filter_map(|(path, _)| {
            let leaf = path.parts.last()?;
            let shown = shown(&path.raw, path.cell.0, path.cell.1);
            (!form.ignore.contains(leaf)).then(|| (leaf.clone(), shown))
        })
        .collect();
    missing_column(pipeline, grid, field, &unclaimed, unclaimed.clone())
}

/// That a required column or item was not found: what was found instead, and what of it is near. `by_rank` is `found` in the
/// order in which equally near ones stand.
pub(super) fn missing_column(
    pipeline: &Pipeline,
    grid: &Grid,
    field: &Field,
    found: &[(String, String)],
    by_rank: Vec<(String, String)>,
) -> Draft {
    let names: Vec<String> = found
        .iter()
        .take(6)
        .map(|(_, shown)| shown.clone())
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
        listed(pipeline, &nearest(by_rank, &field.patterns)),
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
