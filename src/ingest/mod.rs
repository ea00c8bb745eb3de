//! Submissions -> records with origins. One file after another, side by side; every file ends with a status and every cell
//! that was not taken as it stands with a note. Which submission counts is decided in `dataset`.

pub mod answers;
mod bind;
pub mod cell;
pub mod delimited;
mod file;
pub mod formats;
pub mod grid;
pub mod header;
pub mod list;
mod question_heads;
pub mod questionnaire;
pub mod record;
mod row_kind;
pub mod rows;
mod said;
pub mod seal;
pub mod statements;
pub mod statistics;
mod statistics_cells;
pub mod submission;
mod times;
pub mod workbook;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use cell::{Note, Read, Value};
use grid::{Cell, Grid};

pub use file::{FileRead, Memory, NoMemory, Status, over, read_file, unsettled};
pub use record::{Flag, Record};
pub(crate) use rows::code_of_area;

use crate::finding::{Draft, Place, cell_list, column_letters};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Entity, Layout, Means, SideSheet};
use crate::text::{NAMED_PLACES, normal, some_of};

/// A cell that was not taken as it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CellNote {
    pub record: usize,
    pub column: usize,
    pub at: (u32, u32),
    pub raw: String,
    pub note: Note,
    /// The cell is empty.
    pub blank: bool,
}

/// A 合计 row: which records it adds up, and its figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TotalRow {
    pub row: u32,
    /// The records since the total row before.
    pub block: Range<usize>,
    pub cells: Vec<TotalCellRead>,
}

/// One figure of a total row: column, figure, cell, text as seen.
pub type TotalCellRead = (usize, f64, (u32, u32), String);

/// What one recognised sheet holds.
#[derive(Debug)]
pub struct SheetTable {
    pub sheet: String,
    pub form: usize,
    pub table: usize,
    pub stage: Option<usize>,
    pub records: Vec<Record>,
    pub totals: Vec<TotalRow>,
    pub notes: Vec<CellNote>,
    /// Findings about the sheet as a whole: rule and draft.
    pub drafts: Vec<(&'static str, Draft)>,
    /// Cells of a list that must be filled in.
    pub needed: Vec<(usize, (u32, u32))>,
    /// Where another table begins, below this one on the same sheet.
    pub rest: Option<u32>,
    /// Cells whose figure is not the one that the cell shows: converted from another unit.
    pub shown: Vec<((u32, u32), String)>,
}

impl SheetTable {
    pub(crate) fn new(sheet: &str, form: usize, table: usize, stage: Option<usize>) -> SheetTable {
        SheetTable {
            sheet: sheet.to_string(),
            form,
            table,
            stage,
            records: Vec::new(),
            totals: Vec::new(),
            notes: Vec::new(),
            drafts: Vec::new(),
            needed: Vec::new(),
            rest: None,
            shown: Vec::new(),
        }
    }

    fn say(&mut self, rule: &'static str, draft: Draft) {
        self.drafts.push((rule, draft));
    }

    /// Adds a record.
    pub(crate) fn push(&mut self, record: Record) {
        self.records.push(record);
        self.share_last();
    }

    /// The last record is complete: what its cells have alike with those of the one before is kept once.
    pub(crate) fn share_last(&mut self) {
        if let [.., before, last] = &mut self.records[..] {
            last.cells.share(&before.cells);
        }
    }

    /// More records than a sheet may have: none is taken.
    fn too_many(&mut self, pipeline: &Pipeline) {
        let most = pipeline.limits.rows as u64;
        let reason = over(
            pipeline,
            formats::Limit::Rows,
            most,
            None,
            Some(&self.sheet),
        );
        self.records.clear();
        self.totals.clear();
        self.notes.clear();
        self.shown.clear();
        self.drafts.clear();
        let draft = Draft {
            place: Place {
                file: None,
                sheet: Some(self.sheet.clone()),
                cell: None,
            },
            ..Draft::default()
        };
        self.say("file-too-large", draft.slot("reason", reason));
    }

    /// Puts a read cell into a record and keeps what there is to say about it.
    fn take(
        &mut self,
        index: usize,
        column: usize,
        at: (u32, u32),
        raw: &str,
        read: Read,
        record: &mut Record,
    ) {
        if let Some(Value::Number(n)) = &read.value
            && raw.parse::<f64>() != Ok(*n)
        {
            self.shown.push((at, raw.to_string()));
        }
        record.values[column] = read.value;
        for note in read.notes {
            self.notes.push(CellNote {
                record: index,
                column,
                at,
                raw: raw.to_string(),
                note,
                blank: false,
            });
        }
    }
}

/// A sheet's best reading as a form.
enum Reading {
    Rows(usize, header::HeaderMatch),
    List(usize, list::ListMatch),
    Statements(usize, statements::StatementsMatch),
}

/// Rows within which the last headers of one table stand, whatever form of rows they are taken for.
const SAME_HEAD: u32 = 3;

impl Reading {
    /// The row of the headers.
    fn start(&self) -> u32 {
        match self {
            Reading::Rows(_, m) => m.leaf_row,
            Reading::List(_, m) => m.header_row,
            Reading::Statements(..) => 0,
        }
    }

    fn form(&self) -> usize {
        match self {
            Reading::Rows(f, _) | Reading::List(f, _) | Reading::Statements(f, _) => *f,
        }
    }
}

fn read_sheets(pipeline: &Pipeline, file: &mut FileRead, mut sheets: Vec<workbook::SheetRead>) {
    let read_together = statistics::read(pipeline, file, &sheets);
    let mut unknown: Vec<(String, String)> = Vec::new();
    let mut known_sheets = 0;
    for (index, sheet) in sheets.iter_mut().enumerate() {
        let answers = sheet.answers.take();
        let grid = &sheet.grid;
        let place = Place {
            file: None,
            sheet: Some(grid.name.clone()),
            cell: None,
        };
        if let Some((reason, last)) = &sheet.damaged {
            let after = last.map_or(String::new(), |(r, c)| crate::finding::a1(r, c));
            let draft = Draft {
                place: Place {
                    cell: last.map(|(r, c)| crate::finding::a1(r, c)),
                    ..place.clone()
                },
                ..Draft::default()
            };
            file.say(
                "sheet-damaged",
                draft.slot("reason", reason.clone()).slot("after", after),
            );
        }
        if grid.is_empty() {
            continue;
        }
        let draft = Draft {
            place: place.clone(),
            ..Draft::default()
        };
        if read_together.contains(&index) {
            known_sheets += 1;
            if grid.hidden {
                file.say("sheet-hidden", draft.clone());
            }
            say_hidden_parts(pipeline, file, grid, draft);
            continue;
        }
        if let Some(mut answers) = answers {
            known_sheets += 1;
            if grid.hidden {
                file.say("sheet-hidden", draft);
            }
            for (_, draft) in &mut answers.drafts {
                draft.place.file = Some(file.submission.path.clone());
            }
            file.answers.push(answers);
            continue;
        }
        if let Some(side) = side_sheet(pipeline, grid) {
            known_sheets += 1;
            if side.computed && is_filled(grid) {
                file.say("sheet-computed", draft.slot("title", side.title.clone()));
            }
            continue;
        }
        match recognise(pipeline, grid) {
            Recognised::One(reading) => {
                if grid.hidden {
                    file.say("sheet-hidden", draft.clone());
                }
                // What is hidden on a sheet of answers was hidden by this program.
                let answers = |r: &crate::pipeline::returned::Returned| r.form == reading.form();
                if !pipeline.returned.as_ref().is_some_and(answers) {
                    say_hidden_parts(pipeline, file, grid, draft);
                }
                read_tables(pipeline, file, grid, reading);
            }
            Recognised::Several(forms) => {
                file.say(
                    "form-ambiguous",
                    draft.slot("forms", forms.join("\u{3001}")),
                );
            }
            Recognised::None(nearest) => unknown.push((grid.name.clone(), nearest)),
        }
    }
    if file.tables.is_empty()
        && file.answers.is_empty()
        && (known_sheets == 0 || !unknown.is_empty())
        && !file
            .drafts
            .iter()
            .any(|(rule, _)| *rule == "form-ambiguous")
    {
        let names: Vec<String> = sheets.iter().map(|s| s.grid.name.clone()).collect();
        let nearest: Vec<String> = unknown
            .iter()
            .map(|(_, n)| n.clone())
            .filter(|n| !n.is_empty())
            .take(2)
            .collect();
        file.say(
            "form-unknown",
            Draft::default()
                .slot("sheets", rows::listed(pipeline, &names))
                .slot("nearest", rows::listed(pipeline, &nearest)),
        );
        return;
    }
    for (name, nearest) in unknown {
        let draft = Draft {
            place: Place {
                file: None,
                sheet: Some(name),
                cell: None,
            },
            ..Draft::default()
        };
        let nearest: Vec<String> = Some(nearest)
            .filter(|n| !n.is_empty())
            .into_iter()
            .collect();
        file.say(
            "sheet-unknown",
            draft.slot("nearest", rows::listed(pipeline, &nearest)),
        );
    }
}

/// Hidden rows and columns are read like all others, and said.
fn say_hidden_parts(pipeline: &Pipeline, file: &mut FileRead, grid: &Grid, mut draft: Draft) {
    let (rows, columns) = grid.hidden_parts();
    let filled = |col: &u32| {
        let mut all = grid.rows().iter().flat_map(|(_, cells)| cells);
        all.any(|(c, _)| c == col)
    };
    let columns: Vec<String> = columns
        .iter()
        .filter(|(from, to)| (*from..=(*to).min(*from + 255)).any(|c| filled(&c)))
        .map(
            |(from, to)| match (column_letters(*from), column_letters(*to)) {
                (from, to) if from == to => from,
                (from, to) => format!("{from}-{to}"),
            },
        )
        .collect();
    if rows.is_empty() && columns.is_empty() {
        return;
    }
    let numbers: Vec<(u32, u32)> = rows.iter().map(|row| (*row, 0)).collect();
    // The cells of one column, as a list of row numbers.
    let list = cell_list(&numbers).replace('A', "").replace(':', "-");
    let list: Vec<String> = list
        .split(',')
        .filter(|t| !t.is_empty())
        .map(String::from)
        .collect();
    draft.place.cell = rows.first().map(|row| crate::finding::a1(*row, 0));
    let rows = if list.is_empty() {
        rows::listed(pipeline, &list)
    } else {
        some_of(&list, NAMED_PLACES)
    };
    file.say(
        "rows-hidden",
        draft
            .slot("rows", rows)
            .slot("columns", rows::listed(pipeline, &columns)),
    );
}

/// The table of a recognised sheet, and those below it.
fn read_tables(pipeline: &Pipeline, file: &mut FileRead, grid: &Grid, reading: Reading) {
    let mut table = match reading {
        Reading::Rows(form, found) => rows::read(pipeline, form, grid, &found),
        Reading::List(form, found) => read_list(pipeline, form, grid, found),
        Reading::Statements(form, found) => statements::read(pipeline, form, grid, &found),
    };
    let rest = table
        .rest
        .map(|row| (row, grid.part(row, formats::MAX_ROW)));
    let next = match &rest {
        Some((row, part)) => match recognise(pipeline, part) {
            Recognised::One(next) => Some((part, next)),
            _ => {
                // To read what follows under the first headers would be a guess.
                let draft = Draft {
                    place: rows::place(grid, Some(crate::finding::a1(*row, 0))),
                    ..Draft::default()
                };
                table.say("header-changes", draft.slot("row", (row + 1).to_string()));
                None
            }
        },
        None => None,
    };
    // A blank sheet of the county's own says nothing; one of schools has lost them.
    let of_schools = pipeline.tables[table.table].entity == Entity::School;
    let refused = table
        .drafts
        .iter()
        .any(|(rule, _)| *rule == "file-too-large");
    if table.records.is_empty() && of_schools && !refused {
        let title = pipeline.forms[table.form].title.clone();
        let draft = Draft {
            place: rows::place(grid, None),
            ..Draft::default()
        };
        table.say("form-empty", draft.slot("form", title));
    }
    for (_, draft) in &mut table.drafts {
        draft.place.file = Some(file.submission.path.clone());
    }
    file.tables.push(table);
    if let Some((part, next)) = next {
        read_tables(pipeline, file, part, next);
    }
}

/// A list, down to where another table begins.
fn read_list(pipeline: &Pipeline, form: usize, grid: &Grid, found: list::ListMatch) -> SheetTable {
    let below = grid
        .rows()
        .iter()
        .skip_while(|(r, _)| *r <= found.header_row);
    let header = below
        .filter(|(row, cells)| !found.covers(*row) && rows::like_header(cells))
        .take(20)
        .find(|(row, _)| is_form(pipeline, &grid.part(*row, row.saturating_add(40))));
    let Some((header, _)) = header else {
        return list::read(pipeline, form, grid, &found);
    };
    // A title belongs to what it stands above.
    let above = grid.rows().iter().rev().find(|(r, _)| r < header);
    let from = match above {
        Some((row, cells)) if cells.len() == 1 && !found.covers(*row) => *row,
        _ => *header,
    };
    let own = grid.part(0, from);
    let mut table = match list::best_match(pipeline, &pipeline.forms[form], &own) {
        Some(found) => list::read(pipeline, form, &own, &found),
        None => list::read(pipeline, form, grid, &found),
    };
    table.rest = Some(from);
    table
}

/// Whether the first rows of a part of a sheet make a form.
fn is_form(pipeline: &Pipeline, part: &Grid) -> bool {
    matches!(recognise(pipeline, part), Recognised::One(_))
}

/// Whether another table begins at a row of a sheet: its rows from `from` on, a title above the row, make a form, and the row is
/// one of its headers, not a note or signature above them.
fn begins_form(
    pipeline: &Pipeline,
    grid: &Grid,
    (from, row, to): (u32, u32, u32),
    is_note: bool,
) -> bool {
    let headers = |from: u32| match recognise(pipeline, &grid.part(from, to)) {
        Recognised::One(Reading::Rows(form, found)) => {
            let (leaf, fields) = (found.leaf_row, found.found());
            let paths = found.paths.into_iter().map(|path| (path.col, path.parts));
            Some(Some(((form, leaf), fields, paths.collect::<Vec<_>>())))
        }
        Recognised::One(_) => Some(None),
        _ => None,
    };
    match headers(from) {
        None => false,
        Some(None) => true,
        Some(Some((form, fields, paths))) => match headers(row + 1) {
            // The same headers are found below: what stands above them adds nothing, or takes something away.
            Some(Some((below, more, rest))) if below == form => {
                let adds_nothing = more > fields || (is_note && more == fields) || rest == paths;
                !adds_nothing
            }
            _ => true,
        },
    }
}

fn side_sheet<'a>(pipeline: &'a Pipeline, grid: &Grid) -> Option<&'a SideSheet> {
    pipeline.side_sheets.iter().find(|side| {
        grid.rows().iter().take(5).any(|(_, cells)| {
            side.headers.iter().all(|h| {
                cells
                    .iter()
                    .any(|(_, cell)| matches!(cell, Cell::Text(t) if normal(t) == *h))
            })
        })
    })
}

/// Whether anything but headers and running numbers stands in a sheet.
fn is_filled(grid: &Grid) -> bool {
    let mut cells = grid.rows().iter().flat_map(|(_, cells)| cells);
    cells.any(|(c, cell)| *c > 0 && matches!(cell, Cell::Number(_)))
}

enum Recognised {
    One(Reading),
    Several(Vec<String>),
    /// No form; what came nearest, in words.
    None(String),
}

/// The form of a sheet, by its headers alone.
fn recognise(pipeline: &Pipeline, grid: &Grid) -> Recognised {
    let mut fits: Vec<(usize, Reading)> = Vec::new();
    let mut nearest: Option<(usize, String)> = None;
    let heads = header::Heads::of(pipeline, grid);
    for (f, form) in pipeline.forms.iter().enumerate() {
        let excluded = |last: u32| heads.say(&form.excludes, last);
        let (found, has_needed, reading) = match form.layout {
            Layout::Rows => match header::best_match(form, &heads) {
                // What stands far below the headers belongs to another table.
                Some(m) if !excluded(m.leaf_row + 3) => (
                    m.found(),
                    form.needs.iter().all(|n| !m.fields[*n].is_empty()),
                    Reading::Rows(f, m),
                ),
                Some(_) => continue,
                None => continue,
            },
            // Without the header of its items it is no list.
            Layout::List | Layout::Statements
                if excluded(u32::MAX) || !heads.say(&form.item_header, u32::MAX) =>
            {
                continue;
            }
            Layout::List => match list::best_match(pipeline, form, grid) {
                Some(m) => (
                    m.found(),
                    form.needs.iter().all(|n| m.has(*n)),
                    Reading::List(f, m),
                ),
                None => continue,
            },
            Layout::Statements => match statements::best_match(form, grid) {
                Some(m) => (m.found(), true, Reading::Statements(f, m)),
                None => continue,
            },
            // Known while the sheet was read.
            Layout::Questionnaire | Layout::Statistics => continue,
        };
        if has_needed && found >= form.least {
            fits.push((found, reading));
        } else if nearest.as_ref().is_none_or(|(n, _)| found > *n) {
            nearest = Some((
                found,
                format!("{} ({found}/{})", form.title, form.entries()),
            ));
        }
    }
    // Of tables one below the other the first is meant; where it ends is for its reader to find.
    if let Some(first) = fits.iter().map(|(_, r)| r).min_by_key(|r| r.start()) {
        let (start, kind) = (first.start(), std::mem::discriminant(first));
        fits.retain(|(_, r)| {
            let same = std::mem::discriminant(r) == kind;
            r.start() <= start + if same { SAME_HEAD } else { 0 }
        });
    }
    fits.sort_by_key(|(found, _)| std::cmp::Reverse(*found));
    if let [first, second, ..] = &fits[..]
        && first.0 == second.0
    {
        let names = fits
            .iter()
            .filter(|(n, _)| *n == fits[0].0)
            .map(|(_, r)| pipeline.forms[r.form()].title.clone())
            .collect();
        return Recognised::Several(names);
    }
    match fits.into_iter().next() {
        Some((_, reading)) => Recognised::One(reading),
        None => Recognised::None(nearest.map_or(String::new(), |(_, n)| n)),
    }
}

/// The word for what a mark means.
pub fn means_word(means: Means) -> &'static str {
    match means {
        Means::NotApplicable => "means_not_applicable",
        Means::Zero => "means_zero",
        Means::Missing => "means_missing",
    }
}
