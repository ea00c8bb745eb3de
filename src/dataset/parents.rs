//! Schools that are no schools of their own: those closed last year, and those that are counted with another one, whose
//! figures are added to its own where the province's list names it. Rows are never put together by name; a name that is
//! near is only told.

use std::collections::BTreeMap;

use super::assemble::Assembly;
use super::{CellRef, Row, RowFlag, SCHOOL_CODE, SCHOOL_NAME};
use crate::finding::{Draft, Place, a1};
use crate::ingest::cell::{Value, text_in, text_of};
use crate::pipeline::model::{Entity, Kind, Target};
use crate::text::{NAMED_PLACES, fifteen_digits, normal, some_of};

/// Characters of a name that tells enough to stand for another.
const SHORTEST_NAME: usize = 4;

impl Assembly<'_> {
    /// Decides on every row of schools that says of itself that it is none of its own.
    pub(super) fn apart(&mut self, table: usize) {
        if self.given.pipeline.tables[table].entity != Entity::School {
            return;
        }
        let mut rows = std::mem::take(&mut self.dataset.tables[table].rows);
        self.unread_flags(table, &rows);
        rows.retain(|row| !self.is_closed(table, row));
        self.near(table, &rows);
        let is_part = |row: &Row| row.counted.as_ref().is_some_and(|f| f.value == Some(false));
        let mut by_code: BTreeMap<String, usize> = BTreeMap::new();
        if rows.iter().any(is_part) {
            let coded = rows.iter().enumerate();
            by_code.extend(coded.filter_map(|(i, row)| Some((self.school(table, row).0?, i))));
        }
        let mut gone = vec![false; rows.len()];
        for i in 0..rows.len() {
            if let Some(parent) = self.parent(table, &rows, i, &by_code) {
                let child = rows[i].clone();
                self.say_merged(table, &child, &rows[parent]);
                add(
                    self.given.pipeline.tables[table].columns.iter(),
                    &mut rows[parent],
                    &child,
                );
                gone[i] = true;
            }
        }
        let mut at = 0;
        rows.retain(|_| {
            at += 1;
            !gone[at - 1]
        });
        self.dataset.tables[table].rows = rows;
    }

    /// What two rows of one school say of themselves; where they say different things, neither counts.
    pub(super) fn flags(&mut self, table: usize, row: &mut Row, other: &Row) {
        let pairs = [
            (Target::Counted, &mut row.counted, &other.counted),
            (Target::Revoked, &mut row.revoked, &other.revoked),
        ];
        let mut said = Vec::new();
        for (target, own, other) in pairs {
            match (&mut *own, other) {
                (None, other) => *own = other.clone(),
                (Some(own), Some(other)) if own.value.is_none() && own.raw.is_empty() => {
                    *own = other.clone();
                }
                (Some(own), Some(other)) => {
                    if let (Some(one), Some(two)) = (own.value, other.value)
                        && one != two
                    {
                        said.push((target, own.clone(), other.clone()));
                        own.value = None;
                    }
                }
                (Some(_), None) => {}
            }
        }
        for (target, own, other) in said {
            let title = self.flag_title(row, target);
            let info = &self.dataset.sheets[other.cell.sheet as usize];
            let place = a1(other.cell.row, other.cell.col);
            let elsewhere = format!("{} ({}!{place})", other.raw, info.sheet);
            let draft = self.of_flag(table, row, target, &own);
            let draft = draft.slot("column", title).slot("raw", own.raw.clone());
            self.say("rows-disagree", draft.slot("other", elsewhere));
        }
    }

    /// The header of the column in which a row says something about itself.
    fn flag_title(&self, row: &Row, target: Target) -> String {
        let mut fields = self.given.pipeline.forms[row.form].fields.iter();
        let field = fields.find(|f| f.target == target);
        field.map(|f| f.title.clone()).unwrap_or_default()
    }

    fn of_school(&self, table: usize, row: &Row, cell: CellRef) -> Draft {
        let (school_code, school_name) = self.school(table, row);
        let name = school_name.clone().unwrap_or_default();
        let draft = Draft {
            county_code: Some(row.county_code.clone()),
            school_code,
            school_name,
            place: self.dataset.place(&[cell]),
            ..Draft::default()
        };
        draft.slot("school_name", name)
    }

    fn of_flag(&self, table: usize, row: &Row, target: Target, flag: &RowFlag) -> Draft {
        let mut draft = self.of_school(table, row, flag.cell);
        draft.column = Some(self.flag_title(row, target));
        draft.value = Some(flag.raw.clone()).filter(|raw| !raw.is_empty());
        draft
    }

    /// Rows that do not say whether they are counted, or say it in words that are neither yes nor no.
    fn unread_flags(&mut self, table: usize, rows: &[Row]) {
        for row in rows {
            let flags = [
                (Target::Counted, &row.counted),
                (Target::Revoked, &row.revoked),
            ];
            for (target, flag) in flags {
                // Two rows that disagree are said already.
                let open = |f: &&RowFlag| f.value.is_none() && self.plain(&f.raw).is_none();
                let Some(flag) = flag.as_ref().filter(open) else {
                    continue;
                };
                let title = self.flag_title(row, target);
                let draft = self.of_flag(table, row, target, flag).slot("column", title);
                if flag.raw.is_empty() {
                    if target == Target::Counted {
                        self.say("value-missing", draft);
                    }
                    continue;
                }
                let wanted = self.given.pipeline.word("wanted_yes_no").to_string();
                let draft = draft.slot("raw", flag.raw.clone()).slot("wanted", wanted);
                self.say("value-unreadable", draft);
            }
        }
    }

    fn plain(&self, raw: &str) -> Option<bool> {
        let key = normal(raw);
        let marks = &self.given.pipeline.marks;
        let yes = marks.yes.contains(&key);
        (yes || marks.no.contains(&key)).then_some(yes)
    }

    /// Whether a school was closed last year: then it is none that could be evaluated, unless it has pupils.
    fn is_closed(&mut self, table: usize, row: &Row) -> bool {
        let Some(flag) = row.revoked.clone().filter(|f| f.value == Some(true)) else {
            return false;
        };
        let mut stages = self.given.pipeline.stages.iter();
        let pupils = stages.find_map(|s| {
            let number = row.values[s.students].as_ref().and_then(Value::number);
            number.filter(|n| *n > 0.0)
        });
        let draft = self.of_flag(table, row, Target::Revoked, &flag);
        match pupils {
            Some(n) => {
                let draft = draft.slot("students", crate::text::number(n));
                self.say("revoked-with-students", draft);
                false
            }
            None => {
                self.say("school-revoked", draft);
                true
            }
        }
    }

    /// Schools that may be the same as another, by their names only: without a code, or without a stage of their type.
    fn near(&mut self, table: usize, rows: &[Row]) {
        let p = self.given.pipeline;
        let kind = |row: &Row| {
            text_in(&p.tables[table], &row.values, "school_type").and_then(|c| p.school_type(c))
        };
        let mut counties: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (i, row) in rows.iter().enumerate() {
            counties.entry(&row.county_code).or_default().push(i);
        }
        for (i, row) in rows.iter().enumerate() {
            let lacking = kind(row).into_iter().flat_map(|k| &k.stages).find(|s| {
                !row.stages.is_empty()
                    && !row.stages.contains(s)
                    && p.stages[**s].evaluated
                    && row.values[p.stages[**s].students].is_none()
            });
            let without_code = text_in(&p.tables[table], &row.values, SCHOOL_CODE).is_none();
            if lacking.is_none() && !without_code {
                continue;
            }
            let own = counties.get(row.county_code.as_str()).into_iter().flatten();
            let others: Vec<&Row> = own
                .map(|j| (*j, &rows[*j]))
                .filter(|(j, other)| {
                    *j != i
                        && match lacking {
                            // Rows of one sheet are different schools.
                            _ if without_code => other.form == row.form && other.sheet != row.sheet,
                            Some(stage) => other.form == row.form && other.stages.contains(stage),
                            None => false,
                        }
                        && self.near_name(table, row, other)
                })
                .map(|(_, other)| other)
                .collect();
            if others.is_empty() {
                continue;
            }
            let reason = match lacking {
                Some(stage) if !without_code => {
                    p.phrase("near_stage_absent", &[("stage", &p.stages[*stage].title)])
                }
                _ => p.word("near_code_absent").to_string(),
            };
            let draft = self.of_school(table, row, row.name_cell(p, table));
            let draft = draft
                .slot("reason", reason)
                .slot("others", self.names_of(table, &others));
            self.say("school-name-near", draft);
        }
    }

    fn names_of(&self, table: usize, rows: &[&Row]) -> String {
        let names: Vec<String> = rows.iter().map(|row| self.name_of(table, row)).collect();
        some_of(&names, NAMED_PLACES)
    }

    /// A school by its name, code and row.
    fn name_of(&self, table: usize, row: &Row) -> String {
        let (code, name) = self.school(table, row);
        let info = &self.dataset.sheets[row.sheet as usize];
        let code = code.map_or(String::new(), |c| format!("{c}, "));
        let place = format!("{code}{}!{}!{}", info.file, info.sheet, row.row + 1);
        format!("{}({place})", name.unwrap_or_default())
    }

    /// Whether two names are equal, one stands in the other, or they differ in one character of ten at most: shorter names
    /// that differ in one character are those of different schools, the first and the second of a town.
    fn near_name(&self, table: usize, a: &Row, b: &Row) -> bool {
        let name =
            |row: &Row| text_of(&self.given.pipeline.tables[table], &row.values, SCHOOL_NAME);
        let (Some(a), Some(b)) = (name(a), name(b)) else {
            return false;
        };
        let (a, b) = (normal(&a), normal(&b));
        let (long, short) = if a.len() < b.len() {
            (&b, &a)
        } else {
            (&a, &b)
        };
        if short.chars().count() < SHORTEST_NAME {
            return a == b;
        }
        let allowed = long.chars().count() / 10;
        long.contains(short.as_str()) || strsim::damerau_levenshtein(long, short) <= allowed
    }

    /// The row with which a row is counted, where the list of the province names it and it can be taken.
    fn parent(
        &mut self,
        table: usize,
        rows: &[Row],
        i: usize,
        by_code: &BTreeMap<String, usize>,
    ) -> Option<usize> {
        let p = self.given.pipeline;
        let row = &rows[i];
        let flag = row.counted.clone()?;
        let code = self.school(table, row).0.unwrap_or_default();
        let listed = p.parents.get(&code);
        let draft = || self.of_flag(table, row, Target::Counted, &flag);
        let unfit = match (flag.value, listed) {
            (Some(false), Some(parent)) => match by_code.get(parent).map(|at| (*at, &rows[*at])) {
                None => "parent_absent",
                Some((_, other)) if other.county_code != row.county_code => "parent_elsewhere",
                Some((_, other)) if other.form != row.form => "parent_other_form",
                Some((_, other)) if other.conflict || row.conflict => "parent_disputed",
                Some((at, _)) => return Some(at),
            },
            (Some(true), Some(_)) => "parent_counted",
            (Some(false), None) => {
                let others: Vec<&Row> = rows
                    .iter()
                    .enumerate()
                    .filter(|(j, other)| {
                        let own = other
                            .counted
                            .as_ref()
                            .is_none_or(|f| f.value != Some(false));
                        *j != i
                            && own
                            && other.county_code == row.county_code
                            && self.near_name(table, row, other)
                    })
                    .map(|(_, other)| other)
                    .collect();
                let kind = text_of(&p.tables[table], &row.values, "school_type")
                    .and_then(|c| p.school_type(&c))
                    .map(|k| k.name.clone());
                let nothing = || p.word("nothing").to_string();
                let others = match others.is_empty() {
                    true => nothing(),
                    false => self.names_of(table, &others),
                };
                let draft = draft().slot("type", kind.unwrap_or_else(nothing));
                self.say("school-not-counted-apart", draft.slot("others", others));
                return None;
            }
            _ => return None,
        };
        let parent = listed.cloned().unwrap_or_default();
        let reason = p.word(unfit).to_string();
        let draft = draft().slot("parent", parent);
        self.say("parent-unfit", draft.slot("reason", reason));
        None
    }

    fn say_merged(&mut self, table: usize, child: &Row, parent: &Row) {
        let columns = &self.given.pipeline.tables[table].columns;
        let cells: Vec<CellRef> = columns
            .iter()
            .enumerate()
            .filter(|(c, column)| is_figure(&column.kind) && child.values[*c].is_some())
            .filter_map(|(c, _)| child.cells.at(c))
            .collect();
        let first = cells.first().map_or(child.sheet, |c| c.sheet);
        let here: Vec<(u32, u32)> = cells
            .iter()
            .filter(|c| c.sheet == first)
            .map(|c| (c.row, c.col))
            .collect();
        let elsewhere: Vec<CellRef> = cells.into_iter().filter(|c| c.sheet != first).collect();
        let info = &self.dataset.sheets[first as usize];
        let mut named = crate::finding::cell_list(&here);
        for cell in &elsewhere {
            let other = &self.dataset.sheets[cell.sheet as usize];
            let place = a1(cell.row, cell.col);
            let sheet = &other.sheet;
            named.push_str(&match other.file == info.file {
                true => format!(",{sheet}!{place}"),
                false => format!(",{}!{sheet}!{place}", other.file),
            });
        }
        let place = Place {
            file: Some(info.file.clone()),
            sheet: Some(info.sheet.clone()),
            cell: Some(named),
        };
        let mut draft = self.of_school(table, child, child.name_cell(self.given.pipeline, table));
        draft.place = place;
        let count = (here.len() + elsewhere.len()).to_string();
        let draft = draft
            .slot("count", count)
            .slot("parent", self.name_of(table, parent));
        self.say("school-counted-with-parent", draft);
    }
}

fn is_figure(kind: &Kind) -> bool {
    matches!(kind, Kind::Count | Kind::Number)
}

/// Adds all figures of a row to those of another. A figure that one of them leaves open, though its sheet has the column, is
/// open for both; its empty cell then stands for it.
fn add<'a>(
    columns: impl Iterator<Item = &'a crate::pipeline::model::Column>,
    parent: &mut Row,
    child: &Row,
) {
    for (c, column) in columns.enumerate() {
        if !is_figure(&column.kind) {
            continue;
        }
        let number = |row: &Row| row.values[c].as_ref().and_then(Value::number);
        match (number(parent), number(child)) {
            (Some(own), Some(more)) => {
                parent.values[c] = Some(Value::Number(fifteen_digits(own + more)));
                let cells = child.cells.at(c).into_iter();
                let further = child.added.get(&c).into_iter().flatten().copied();
                parent
                    .added
                    .entry(c)
                    .or_default()
                    .extend(cells.chain(further));
            }
            (Some(_), None) if child.cells.at(c).is_some() => {
                parent.values[c] = None;
                parent.cells.set(c, child.cells.at(c));
                parent.added.remove(&c);
            }
            (None, Some(more)) if parent.cells.at(c).is_none() => {
                parent.values[c] = Some(Value::Number(more));
                parent.cells.set(c, child.cells.at(c));
            }
            (None, None) if parent.cells.at(c).is_none() => parent.cells.set(c, child.cells.at(c)),
            _ => {}
        }
    }
    for stage in &child.stages {
        if !parent.stages.contains(stage) {
            parent.stages.push(*stage);
        }
    }
}
