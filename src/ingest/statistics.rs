//! A workbook of annual statistics, one school on many sheets -> a record of each sheet that says something of it. Tables are
//! found by their number, cells by the words of their row and column, never by their address.

use super::cell::{Note, Value};
use super::grid::{Cell, Grid};
use super::header::shown;
use super::rows::{blanks, code_of_area, parts, place};
use super::statistics_cells::{Head, Hit};
use super::workbook::SheetRead;
use super::{CellNote, FileRead, Record, SheetTable};
use crate::finding::{Draft, a1};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{
    Field, Form, Layout, SchoolType, StatisticsCell, StatisticsTable, Target,
};
use crate::text::{normal, trimmed};

/// Rows at the head of a sheet in which its title stands.
const TITLE_ROWS: usize = 6;

/// Cells in a row of the title: number of the line, title, unit. A row with more is one of headers.
const TITLE_CELLS: usize = 3;

/// The columns by which records of one school are told.
const SCHOOL_CODE: &str = "school_code";
const SCHOOL_NAME: &str = "school_name";
const SCHOOL_TYPE: &str = "school_type";

/// Reads the sheets of a workbook of statistics, if it is one; gives the sheets that belong to it.
pub fn read(pipeline: &Pipeline, file: &mut FileRead, sheets: &[SheetRead]) -> Vec<usize> {
    let mut fits: Vec<(usize, Vec<Option<Role>>)> = Vec::new();
    for (f, form) in pipeline.forms.iter().enumerate() {
        if form.layout != Layout::Statistics {
            continue;
        }
        let roles: Vec<Option<Role>> = sheets
            .iter()
            .map(|s| match s.answers {
                Some(_) => None,
                None => role(form, &s.grid),
            })
            .collect();
        let there = |t: usize| roles.contains(&Some(Role::Table(t)));
        let found = (0..form.statistics.tables.len()).filter(|t| there(*t));
        if found.count() >= form.least.max(1) {
            fits.push((f, roles));
        }
    }
    let belong = |roles: &[Option<Role>]| -> Vec<usize> {
        let known = roles.iter().enumerate().filter(|(_, r)| r.is_some());
        known.map(|(i, _)| i).collect()
    };
    match &fits[..] {
        [] => Vec::new(),
        [(f, roles)] => {
            let grids: Vec<Grid> = sheets
                .iter()
                .map(|s| s.grid.without(&pipeline.forms[*f].statistics.noise))
                .collect();
            let book = Book {
                pipeline,
                form: &pipeline.forms[*f],
                index: *f,
                grids,
                roles,
            };
            let tables = book.tables();
            for mut table in tables {
                for (_, draft) in &mut table.drafts {
                    draft.place.file = Some(file.submission.path.clone());
                }
                file.tables.push(table);
            }
            belong(roles)
        }
        several => {
            let titles: Vec<String> = several
                .iter()
                .map(|(f, _)| pipeline.forms[*f].title.clone())
                .collect();
            let draft = Draft::default().slot("forms", titles.join("\u{3001}"));
            file.say("form-ambiguous", draft);
            let mut all: Vec<usize> = several.iter().flat_map(|(_, r)| belong(r)).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
    }
}

/// What a sheet is in a workbook of statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Table(usize),
    PassedOver,
}

/// What a sheet is, by its name, else by the number in its title.
fn role(form: &Form, grid: &Grid) -> Option<Role> {
    let s = &form.statistics;
    let name = normal(&grid.name);
    if let Some(t) = numbered(form, &name) {
        return Some(Role::Table(t));
    }
    if s.passed_over.iter().any(|p| p.fits(&name)) {
        return Some(Role::PassedOver);
    }
    let titles: Vec<String> = grid
        .rows()
        .iter()
        .take(TITLE_ROWS)
        .filter(|(_, cells)| cells.len() <= TITLE_CELLS)
        .flat_map(|(_, cells)| cells)
        .filter_map(|(_, cell)| match cell {
            Cell::Text(text) => Some(normal(text)),
            _ => None,
        })
        .collect();
    let mut tables: Vec<usize> = titles.iter().filter_map(|t| numbered(form, t)).collect();
    tables.dedup();
    match tables[..] {
        [t] => Some(Role::Table(t)),
        // A list of the tables names several.
        [] | [_, _, ..] => titles
            .iter()
            .any(|t| s.passed_over.iter().any(|p| p.fits(t)))
            .then_some(Role::PassedOver),
    }
}

/// The table whose number stands in a text, the longest number of all.
fn numbered(form: &Form, text: &str) -> Option<usize> {
    let stands = |number: &str| {
        text.match_indices(number).any(|(at, _)| {
            let next = text[at + number.len()..].chars().next();
            next.is_none_or(|c| !c.is_ascii_digit())
        })
    };
    let tables = form.statistics.tables.iter().enumerate();
    tables
        .flat_map(|(t, table)| table.numbers.iter().map(move |n| (t, n)))
        .filter(|(_, n)| stands(n))
        .max_by_key(|(t, n)| (n.chars().count(), std::cmp::Reverse(*t)))
        .map(|(t, _)| t)
}

pub(super) struct Book<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) form: &'a Form,
    index: usize,
    pub(super) grids: Vec<Grid>,
    roles: &'a [Option<Role>],
}

/// A cell that was found, with the field that it fills.
type Found<'a> = (&'a StatisticsTable, &'a StatisticsCell, Vec<Hit>);

impl Book<'_> {
    fn tables(&self) -> Vec<SheetTable> {
        let s = &self.form.statistics;
        let mut found: Vec<Found<'_>> = Vec::new();
        let mut heads: Vec<Vec<(usize, Head)>> = Vec::new();
        for (t, table) in s.tables.iter().enumerate() {
            let sheets = (0..self.grids.len()).filter(|i| self.roles[*i] == Some(Role::Table(t)));
            let own: Vec<(usize, Head)> = sheets.map(|i| (i, self.head(i, table))).collect();
            for cell in &table.cells {
                let hits = own.iter().flat_map(|(i, head)| self.hits(*i, head, cell));
                found.push((table, cell, hits.collect()));
            }
            heads.push(own);
        }
        // What the school is, before anything is read that hangs on it.
        let identity = |name: &str| {
            let c = self.pipeline.tables[self.form.table].position(name)?;
            let of = |(_, cell, hits): &&Found<'_>| {
                self.field(cell).target == Target::Column(c) && hits.len() == 1
            };
            let (_, cell, hits) = found.iter().find(of)?;
            let read = self.value(self.field(cell), c, &hits[0])?;
            Some((read.value?.shown(), hits[0].sheet))
        };
        let kind = identity(SCHOOL_TYPE).and_then(|(code, _)| self.pipeline.school_type(&code));
        let (code, name) = (identity(SCHOOL_CODE), identity(SCHOOL_NAME));
        let first = code.as_ref().or(name.as_ref()).map(|(_, sheet)| *sheet);
        let own = |i: &usize| self.roles[*i].is_some_and(|r| r != Role::PassedOver);
        let start = first
            .or_else(|| (0..self.grids.len()).find(own))
            .unwrap_or(0);
        let mut order = vec![start];
        order.extend((0..self.grids.len()).filter(|i| *i != start && own(i)));
        let mut tables: Vec<SheetTable> = order
            .iter()
            .map(|i| SheetTable::new(&self.grids[*i].name, self.index, self.form.table, None))
            .collect();
        let mut said = Vec::new();
        let taken = self.taken(&found, &heads, kind, &mut said);
        self.absent(&found, &heads, kind, &mut said);
        if first.is_none() {
            said.push((
                "row-unnamed",
                Draft {
                    place: place(&self.grids[start], None),
                    ..Draft::default()
                }
                .slot("count", "1"),
            ));
        }
        for (rule, draft) in said {
            let sheet = draft.place.sheet.as_ref();
            let at = tables
                .iter()
                .position(|t| Some(&t.sheet) == sheet)
                .unwrap_or(0);
            tables[at].say(rule, draft);
        }
        if first.is_none() {
            tables.truncate(1);
            return tables;
        }
        let county = self.county(&taken);
        for (n, sheet) in order.iter().enumerate() {
            let record = self.record(*sheet, &taken, &mut tables[n]);
            if let Some(mut record) =
                record.filter(|r| n == 0 || r.cells.iter().any(|c| c.is_some()))
            {
                let columns = &self.pipeline.tables[self.form.table];
                for (name, text) in [(SCHOOL_CODE, &code), (SCHOOL_NAME, &name)] {
                    if let (Some(c), Some((text, _))) = (columns.position(name), text) {
                        record.values[c].get_or_insert(Value::Text(text.clone().into()));
                    }
                }
                record.further = n > 0;
                (record.county_code, record.county_name) = county.clone();
                tables[n].push(record);
            }
        }
        // What is said of a sheet without figures is told to the county of the others.
        let (mut own, empty): (Vec<_>, Vec<_>) =
            tables.into_iter().partition(|t| !t.records.is_empty());
        if let Some(first) = own.first_mut() {
            first
                .drafts
                .extend(empty.into_iter().flat_map(|t| t.drafts));
        }
        own
    }

    pub(super) fn field(&self, cell: &StatisticsCell) -> &Field {
        &self.form.fields[cell.field]
    }

    /// The declared cells that are taken, one for each field; what is doubtful is said.
    fn taken<'b>(
        &self,
        found: &'b [Found<'b>],
        heads: &[Vec<(usize, Head)>],
        kind: Option<&SchoolType>,
        said: &mut Vec<(&'static str, Draft)>,
    ) -> Vec<(&'b StatisticsCell, Hit)> {
        let s = &self.form.statistics;
        let mut out = Vec::new();
        for (t, table) in s.tables.iter().enumerate() {
            let split = heads[t].iter().any(|(_, head)| !head.sections.is_empty());
            let held: Vec<usize> = table
                .stages
                .iter()
                .copied()
                .filter(|s| kind.is_none_or(|k| k.stages.contains(s)))
                .collect();
            let mixed = !split && held.len() > 1;
            let mut left_out: Vec<(usize, (u32, u32))> = Vec::new();
            for (_, cell, hits) in found.iter().filter(|(own, ..)| std::ptr::eq(*own, table)) {
                let field = self.field(cell);
                let other = !split
                    && !table.stages.is_empty()
                    && field.stage.is_some_and(|s| !held.contains(&s));
                match &hits[..] {
                    [] => {}
                    _ if other => {}
                    [hit] if mixed && field.stage.is_some() => left_out.push((hit.sheet, hit.at)),
                    [hit] => {
                        if self.unit_fits(field, hit, said) {
                            out.push((*cell, hit.clone()));
                        }
                    }
                    several => {
                        let at: Vec<(u32, u32)> = several
                            .iter()
                            .filter(|h| h.sheet == several[0].sheet)
                            .map(|h| h.at)
                            .collect();
                        let names: Vec<String> = several
                            .iter()
                            .map(|h| format!("{}!{}", self.grids[h.sheet].name, a1(h.at.0, h.at.1)))
                            .collect();
                        let cells = crate::finding::cell_list(&at);
                        let draft = Draft {
                            place: place(&self.grids[several[0].sheet], Some(cells)),
                            column: Some(field.title.clone()),
                            ..Draft::default()
                        };
                        let draft = draft.slot("column", field.title.clone());
                        said.push((
                            "column-ambiguous",
                            draft.slot("found", names.join("\u{3001}")),
                        ));
                    }
                }
            }
            if let Some((sheet, _)) = left_out.first() {
                let at: Vec<(u32, u32)> = left_out
                    .iter()
                    .filter(|(own, _)| own == sheet)
                    .map(|(_, at)| *at)
                    .collect();
                let titles: Vec<&str> = held
                    .iter()
                    .map(|s| self.pipeline.stages[*s].title.as_str())
                    .collect();
                let draft = Draft {
                    place: place(&self.grids[*sheet], Some(crate::finding::cell_list(&at))),
                    column: Some(table.number.clone()),
                    ..Draft::default()
                };
                let draft = draft.slot("table", format!("{} {}", table.number, table.title));
                said.push((
                    "stages-mixed",
                    draft.slot("stages", titles.join("\u{3001}")),
                ));
            }
        }
        out
    }

    /// Whether a cell's figure can be in the unit that the sheet states; what is assumed or differs is said.
    fn unit_fits(&self, field: &Field, hit: &Hit, said: &mut Vec<(&'static str, Draft)>) -> bool {
        let Target::Column(c) = field.target else {
            return true;
        };
        let column = &self.pipeline.tables[self.form.table].columns[c];
        let Some(base) = column.unit else {
            return true;
        };
        let units = &self.pipeline.units.list;
        let draft = |unit: &str| {
            Draft {
                place: place(&self.grids[hit.sheet], Some(a1(hit.at.0, hit.at.1))),
                column: Some(column.title.clone()),
                ..Draft::default()
            }
            .slot("column", column.title.clone())
            .slot("unit", unit.to_string())
        };
        let declared = field.unit.unwrap_or(base);
        let wanted = units[declared].name.clone();
        let stated = self.stated_unit(hit, Some(base));
        let unfit = match (&hit.word, stated) {
            (Some(word), None) => Some(word.clone()),
            (_, Some(unit)) if units[unit].dimension != units[base].dimension => {
                Some(units[unit].name.clone())
            }
            _ => None,
        };
        if let Some(word) = unfit {
            said.push(("unit-unknown", draft(&word).slot("wanted", wanted)));
            return false;
        }
        match stated {
            Some(unit) if unit != declared => {
                said.push((
                    "unit-converted",
                    draft(&units[unit].name).slot("base", wanted),
                ));
            }
            None if field.unit.is_some() => said.push(("unit-not-stated", draft(&wanted))),
            _ => {}
        }
        true
    }

    /// Tables and cells that a school of its type needs and that are not there.
    fn absent(
        &self,
        found: &[Found<'_>],
        heads: &[Vec<(usize, Head)>],
        kind: Option<&SchoolType>,
        said: &mut Vec<(&'static str, Draft)>,
    ) {
        let elsewhere = |field: &Field| {
            let same = |(_, cell, hits): &Found<'_>| {
                self.field(cell).target == field.target && !hits.is_empty()
            };
            found.iter().any(same)
        };
        for (t, table) in self.form.statistics.tables.iter().enumerate() {
            let sheet = heads[t].first().map(|(i, _)| *i);
            let held = |stage: usize| match kind {
                Some(kind) => kind.stages.contains(&stage),
                // Of a school of unknown type only what is there can be asked for.
                None => sheet.is_some(),
            };
            let missing: Vec<&Field> = found
                .iter()
                .filter(|(own, _, hits)| std::ptr::eq(*own, table) && hits.is_empty())
                .map(|(_, cell, _)| self.field(cell))
                .filter(|f| f.required && f.stage.is_none_or(held) && !elsewhere(f))
                .collect();
            match sheet {
                _ if missing.is_empty() => {}
                None => {
                    let draft = Draft {
                        column: Some(table.number.clone()),
                        ..Draft::default()
                    };
                    let titles: Vec<&str> = missing.iter().map(|f| self.title(f)).collect();
                    let draft = draft.slot("table", format!("{} {}", table.number, table.title));
                    let columns = crate::text::some_of(&titles, crate::text::NAMED_PLACES);
                    said.push(("statistics-table-missing", draft.slot("columns", columns)));
                }
                Some(sheet) => {
                    let labels = self.labels(sheet);
                    for field in missing {
                        let near = super::header::nearest(labels.clone(), &field.patterns);
                        let draft = Draft {
                            place: place(&self.grids[sheet], None),
                            column: Some(self.title(field).to_string()),
                            expected: Some(field.title.clone()),
                            ..Draft::default()
                        };
                        let nothing = || self.pipeline.word("nothing").to_string();
                        let listed = super::rows::listed(self.pipeline, &near);
                        let draft = draft
                            .slot("column", field.title.clone())
                            .slot("found", nothing())
                            .slot("nearest", listed);
                        said.push(("column-missing", draft));
                    }
                }
            }
        }
    }

    fn title<'b>(&'b self, field: &'b Field) -> &'b str {
        match field.target {
            Target::Column(c) => &self.pipeline.tables[self.form.table].columns[c].title,
            _ => &field.title,
        }
    }

    /// The labels of a sheet, with their places.
    fn labels(&self, sheet: usize) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for (row, cells) in self.grids[sheet].rows() {
            for (col, cell) in cells {
                if let Cell::Text(text) = cell {
                    let (label, _) = self.label(text);
                    out.push((label, shown(text, *row, *col)));
                }
            }
        }
        out
    }

    /// The county that the workbook says: its code and its name.
    fn county(&self, taken: &[(&StatisticsCell, Hit)]) -> (Option<String>, Option<String>) {
        let digits = self.pipeline.settings.county_digits;
        let mut code = None;
        let mut name = None;
        for (cell, hit) in taken {
            let text = self.grids[hit.sheet].get(hit.at.0, hit.at.1);
            let Some(text) = text.map(|c| trimmed(&c.shown())) else {
                continue;
            };
            match self.field(cell).target {
                Target::CountyCode if code_of_area(&text, digits) => {
                    code.get_or_insert_with(|| text[..digits].to_string());
                }
                Target::CountyName => {
                    name.get_or_insert(text);
                }
                _ => {}
            }
        }
        (code, name)
    }

    /// What one sheet says of the school.
    fn record(
        &self,
        sheet: usize,
        taken: &[(&StatisticsCell, Hit)],
        table: &mut SheetTable,
    ) -> Option<Record> {
        let columns = &self.pipeline.tables[self.form.table].columns;
        let own: Vec<&(&StatisticsCell, Hit)> =
            taken.iter().filter(|(_, hit)| hit.sheet == sheet).collect();
        let row = own.iter().map(|(_, hit)| hit.at.0).min().unwrap_or(0);
        let mut record = Record::new(row, columns.len(), None);
        for (cell, hit) in &own {
            let field = self.field(cell);
            match field.target {
                Target::Column(c) => {
                    record.cells.set(c, Some(hit.at));
                    if let Some(read) = self.value(field, c, hit) {
                        let raw = self.grids[sheet].get(hit.at.0, hit.at.1);
                        let raw = raw.map(Cell::shown).unwrap_or_default();
                        table.take(0, c, hit.at, &raw, read, &mut record);
                    }
                }
                Target::CountyCode => record.county_cell = Some(hit.at),
                _ => {}
            }
        }
        let grid = &self.grids[sheet];
        blanks(
            own.iter()
                .map(|(cell, hit)| (self.field(cell), hit.at, false)),
            |at| grid.get(at.0, at.1).is_some(),
            0,
            table,
            &mut record,
        );
        self.say_blanks(grid, table);
        for (cell, hit) in &own {
            let field = self.field(cell);
            if let (Target::Column(c), false) = (field.target, field.less.is_empty()) {
                parts(grid, hit.at, c, &field.less, table, &mut record);
            }
        }
        self.contained(sheet, taken, table, &mut record);
        Some(record)
    }

    /// Empty cells that are 0: one finding for the sheet, since these workbooks leave out every 0.
    fn say_blanks(&self, grid: &Grid, table: &mut SheetTable) {
        let (blank, other) = std::mem::take(&mut table.notes)
            .into_iter()
            .partition::<Vec<CellNote>, _>(|n| n.blank);
        table.notes = other;
        if blank.is_empty() {
            return;
        }
        let columns = &self.pipeline.tables[self.form.table].columns;
        let titles: Vec<&str> = blank
            .iter()
            .map(|n| columns[n.column].title.as_str())
            .collect();
        let cells: Vec<(u32, u32)> = blank.iter().map(|n| n.at).collect();
        let draft = Draft {
            place: place(grid, Some(crate::finding::cell_list(&cells))),
            ..Draft::default()
        };
        let named = crate::text::some_of(&titles, crate::text::NAMED_PLACES);
        let draft = draft.slot("column", named);
        table.say(
            "blank-as-zero",
            draft.slot("count", blank.len().to_string()),
        );
    }

    /// Figures that older tables have in another one: 0 beside it.
    fn contained(
        &self,
        sheet: usize,
        taken: &[(&StatisticsCell, Hit)],
        table: &mut SheetTable,
        record: &mut Record,
    ) {
        let cells = self.form.statistics.tables.iter().flat_map(|t| &t.cells);
        for cell in cells {
            let (Target::Column(c), Some(whole)) = (self.field(cell).target, cell.contained_in)
            else {
                continue;
            };
            let there = taken
                .iter()
                .any(|(own, _)| self.field(own).target == Target::Column(c));
            let in_whole = |(own, hit): &&(&StatisticsCell, Hit)| {
                hit.sheet == sheet && self.field(own).target == Target::Column(whole)
            };
            if let (false, Some((_, hit)), Some(_)) =
                (there, taken.iter().find(in_whole), &record.values[whole])
            {
                record.values[c] = Some(Value::Number(0.0));
                record.cells.set(c, Some(hit.at));
                let grid = self.grids[sheet].get(hit.at.0, hit.at.1);
                table.notes.push(CellNote {
                    record: 0,
                    column: c,
                    at: hit.at,
                    raw: grid.map(Cell::shown).unwrap_or_default(),
                    note: Note::ContainedIn { column: whole },
                    blank: false,
                });
            }
        }
    }
}
