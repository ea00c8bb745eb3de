//! Joins the rows of one school from a sheet of each stage, and marks entities that two rows claim to be.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::assemble::Assembly;
use super::{COUNTY_CODE_STATED, CellRef, Row, SCHOOL_CODE, SCHOOL_NAME};
use crate::finding::{Draft, Place, a1};
use crate::ingest::cell::{Value, text_of};
use crate::pipeline::model::{Entity, Kind, Layout};
use crate::text::{NAMED_PLACES, normal, some_of};

impl Assembly<'_> {
    /// Joins the rows of one school from a sheet of each stage; marks schools that are claimed twice.
    pub(super) fn join(&mut self, table: usize) {
        let mut rows = std::mem::take(&mut self.dataset.tables[table].rows);
        rows.par_sort_by(|a, b| {
            (&a.county_code, &a.key, a.sheet, a.row).cmp(&(&b.county_code, &b.key, b.sheet, b.row))
        });
        let name = self.given.pipeline.tables[table].position(SCHOOL_NAME);
        let mut out: Vec<Row> = Vec::new();
        let mut merged: BTreeMap<String, usize> = BTreeMap::new();
        let entity = self.given.pipeline.tables[table].entity;
        let mut forms: Vec<usize> = Vec::new();
        let answers = self.given.pipeline.returned;
        let answers = answers.is_some_and(|r| r.table == table);
        for row in rows {
            let fits = out.last().is_some_and(|last| {
                last.county_code == row.county_code
                    && last.key == row.key
                    && (self.one_workbook(last, &row) || !row.key.starts_with('~'))
                    && match entity {
                        Entity::School if self.one_workbook(last, &row) => true,
                        Entity::School => {
                            last.form == row.form
                                && !last.stages.is_empty()
                                && !row.stages.is_empty()
                                && row.stages.iter().all(|s| !last.stages.contains(s))
                                && self.same_name(table, last, &row)
                        }
                        // All that is said of one county is one row, what several forms say of one group too.
                        Entity::County => true,
                        // What several files answer to one finding, too.
                        Entity::Group(_) if answers => last.sheet != row.sheet,
                        Entity::Group(_) => !forms.contains(&row.form),
                    }
            });
            if !fits {
                forms.clear();
            }
            forms.push(row.form);
            match out.last_mut().filter(|_| fits) {
                Some(last) => {
                    // A school in three sheets is one school.
                    if entity == Entity::School && last.stages.len() == 1 {
                        *merged.entry(row.county_code.clone()).or_insert(0) += 1;
                    }
                    self.flags(table, last, &row);
                    for (column, other) in merge(last, row, name) {
                        self.disagree(table, last, column, other);
                    }
                }
                None => out.push(row),
            }
        }
        for (county, count) in merged {
            let draft = Draft {
                county_code: Some(county),
                ..Draft::default()
            };
            self.say("rows-merged", draft.slot("count", count.to_string()));
        }
        let same = |a: &Row, b: &Row| a.county_code == b.county_code && a.key == b.key;
        for group in out.chunk_by_mut(same).filter(|group| group.len() > 1) {
            if matches!(entity, Entity::Group(_)) {
                self.group_twice(table, group);
            } else {
                self.claimed_twice(table, group);
            }
            // Keys stay unique in every output.
            for (n, row) in group.iter_mut().enumerate().skip(1) {
                row.key = format!("{}#{}", row.key, n + 1);
            }
        }
        self.same_school_in_two_forms(table, &mut out);
        self.dataset.tables[table].rows = out;
        // Answers to findings are no data.
        if answers {
            return;
        }
        for i in 0..self.dataset.tables[table].rows.len() {
            let code = self.dataset.tables[table].rows[i].county_code.clone();
            if let Ok(c) = self
                .dataset
                .counties
                .binary_search_by(|x| x.code.cmp(&code))
            {
                self.dataset.counties[c].received = true;
            }
        }
    }

    /// Whether two rows come from the sheets of one workbook that is about one school.
    fn one_workbook(&self, a: &Row, b: &Row) -> bool {
        let file = |row: &Row| &self.dataset.sheets[row.sheet as usize].file;
        let form = &self.given.pipeline.forms[a.form];
        a.form == b.form && form.layout == Layout::Statistics && file(a) == file(b)
    }

    /// One group in two rows of one form.
    fn group_twice(&mut self, table: usize, rows: &mut [Row]) {
        let Entity::Group(key) = self.given.pipeline.tables[table].entity else {
            return;
        };
        let cells: Vec<CellRef> = rows.iter().filter_map(|r| r.cells.at(key)).collect();
        for row in rows.iter_mut() {
            row.conflict = true;
        }
        let place = self.dataset.place(&cells);
        let column = &self.given.pipeline.tables[table].columns[key];
        let draft = Draft {
            county_code: Some(rows[0].county_code.clone()),
            column: Some(column.title.clone()),
            value: Some(self.group_name(&column.kind, &rows[0].key)),
            ..Draft::default()
        };
        let draft = draft
            .slot("group", self.group_name(&column.kind, &rows[0].key))
            .slot("others", place.cell.clone().unwrap_or_default());
        self.say("groups-disagree", Draft { place, ..draft });
    }

    /// The name of a code of a code list.
    fn group_name(&self, kind: &Kind, code: &str) -> String {
        let Kind::Choice(list) = kind else {
            return code.to_string();
        };
        let codes = &self.given.pipeline.code_lists[list];
        let name = codes
            .iter()
            .find(|c| c.code == code)
            .map(|c| c.name.clone());
        name.unwrap_or_else(|| code.to_string())
    }

    /// A school that stands under one name in two forms of its county is one school, whatever codes it has there.
    fn same_school_in_two_forms(&mut self, table: usize, rows: &mut [Row]) {
        let Some(c) = self.given.pipeline.tables[table].position(SCHOOL_NAME) else {
            return;
        };
        let mut by_name: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for (i, row) in rows.iter().enumerate().filter(|(_, r)| !r.conflict) {
            if let Some(name) = &row.values[c] {
                let key = (row.county_code.clone(), normal(&name.shown()));
                by_name.entry(key).or_default().push(i);
            }
        }
        for group in by_name.into_values() {
            if group.iter().all(|i| rows[*i].form == rows[group[0]].form) {
                continue;
            }
            let mut same: Vec<Row> = group.iter().map(|i| rows[*i].clone()).collect();
            self.claimed_twice(table, &mut same);
            for i in group {
                rows[i].conflict = true;
            }
        }
    }

    pub(super) fn same_name(&self, table: usize, a: &Row, b: &Row) -> bool {
        let Some(c) = self.given.pipeline.tables[table].position(SCHOOL_NAME) else {
            return true;
        };
        match (&a.values[c], &b.values[c]) {
            // 长堤学校 and 长堤学校小学部 are one; the code says so, the names do not deny it.
            (Some(a), Some(b)) => {
                let (a, b) = (normal(&a.shown()), normal(&b.shown()));
                a.starts_with(&b) || b.starts_with(&a)
            }
            _ => true,
        }
    }

    pub(super) fn school(&self, table: usize, row: &Row) -> (Option<String>, Option<String>) {
        let columns = &self.given.pipeline.tables[table];
        let text = |name: &str| text_of(columns, &row.values, name);
        (text(SCHOOL_CODE), text(SCHOOL_NAME))
    }

    pub(super) fn disagree(
        &mut self,
        table: usize,
        row: &Row,
        column: usize,
        other: (Value, Option<CellRef>, Option<CellRef>, Value),
    ) {
        let (kept, first, second, value) = other;
        let (school_code, school_name) = self.school(table, row);
        let cell = first.or(second);
        if let Some(cell) = cell {
            self.dataset.spoken.insert(cell);
        }
        let place = cell.map_or(Place::default(), |c| self.dataset.place(&[c]));
        let title = self.given.pipeline.tables[table].columns[column]
            .title
            .clone();
        let elsewhere = second.map_or(String::new(), |c| {
            let info = &self.dataset.sheets[c.sheet as usize];
            format!("{}!{}", info.sheet, a1(c.row, c.col))
        });
        let draft = Draft {
            county_code: Some(row.county_code.clone()),
            school_code,
            school_name,
            place,
            column: Some(title.clone()),
            value: Some(kept.shown()),
            ..Draft::default()
        };
        self.say(
            "rows-disagree",
            draft
                .slot("column", title)
                .slot("raw", kept.shown())
                .slot("other", format!("{} ({elsewhere})", value.shown())),
        );
    }

    pub(super) fn claimed_twice(&mut self, table: usize, rows: &mut [Row]) {
        let column = self.given.pipeline.tables[table]
            .position(SCHOOL_CODE)
            .or_else(|| self.given.pipeline.tables[table].position(COUNTY_CODE_STATED));
        for row in rows.iter_mut() {
            row.conflict = true;
        }
        let addresses: Vec<String> = rows
            .iter()
            .map(|r| {
                let info = &self.dataset.sheets[r.sheet as usize];
                format!("{}!{}!{}", info.file, info.sheet, r.row + 1)
            })
            .collect();
        for (i, row) in rows.iter().enumerate() {
            let others: Vec<String> = addresses
                .iter()
                .enumerate()
                .filter(|(j, _)| *j != i)
                .map(|(_, a)| a.clone())
                .collect();
            let (school_code, school_name) = self.school(table, row);
            let cell = column.and_then(|c| row.cells.at(c)).unwrap_or(CellRef {
                sheet: row.sheet,
                row: row.row,
                col: 0,
            });
            let draft = Draft {
                county_code: Some(row.county_code.clone()),
                school_code,
                school_name: school_name.clone(),
                place: self.dataset.place(&[cell]),
                column: column.map(|c| self.given.pipeline.tables[table].columns[c].title.clone()),
                value: Some(row.key.trim_start_matches('~').to_string()),
                ..Draft::default()
            };
            self.say(
                "school-claimed-twice",
                draft
                    .slot(
                        "school_name",
                        school_name.unwrap_or_else(|| row.key.clone()),
                    )
                    .slot("others", some_of(&others, NAMED_PLACES)),
            );
        }
    }
}

/// What two rows of one school say differently: column, (kept value, its cell, the other's cell, the other value).
type Disagreement = (usize, (Value, Option<CellRef>, Option<CellRef>, Value));

/// Takes over what the second row says; what both say must be the same, else it becomes missing. Of two names the shorter
/// is kept: the longer one adds the stage.
fn merge(row: &mut Row, other: Row, name: Option<usize>) -> Vec<Disagreement> {
    let mut out = Vec::new();
    for (c, value) in other.values.iter().cloned().enumerate() {
        match (&row.values[c], value) {
            (None, Some(_)) if row.disputed.contains(&c) => {}
            (None, Some(value)) => {
                row.values[c] = Some(value);
                row.cells.set(c, other.cells.at(c));
                match other.pieces.get(&c) {
                    Some(piece) => row.pieces.insert(c, piece.clone()),
                    None => row.pieces.remove(&c),
                };
            }
            (Some(kept), Some(value))
                if Some(c) == name && value.shown().len() < kept.shown().len() =>
            {
                row.values[c] = Some(value);
                row.cells.set(c, other.cells.at(c));
            }
            (Some(_), Some(_)) if row.cells.at(c).is_none() => row.cells.set(c, other.cells.at(c)),
            (Some(_), Some(_)) if Some(c) == name => {}
            (Some(kept), Some(value)) if *kept != value => {
                out.push((c, (kept.clone(), row.cells.at(c), other.cells.at(c), value)));
            }
            (None, None) if row.cells.at(c).is_none() => row.cells.set(c, other.cells.at(c)),
            _ => {}
        }
    }
    for (c, _) in &out {
        row.values[*c] = None;
        row.disputed.push(*c);
    }
    row.stages.extend(other.stages);
    out
}
