//! Decides which county a record belongs to and which submission replaces which, and collects the rows of every table.
//! Every such decision is a finding.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::whose::{Differing, owners};
use super::{
    COUNTY_NAME_STATED, CellRef, County, Dataset, FileOutcome, Row, RowCells, RowFlag, SCHOOL_CODE,
    SCHOOL_NAME, SheetInfo, TableData, frame,
};
use crate::error::Error;
use crate::finding::{Draft, Finding, Place, cell_list};
use crate::ingest::cell::{Value, text_of};
use crate::ingest::submission::{Age, CountyName, age};
use crate::ingest::{FileRead, Flag, Record, SheetTable, Status};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Entity, Layout};
use crate::pipeline::returned::Returned;
use crate::text::{NAMED_PLACES, normal, some_of};

/// What the assembly is told beside the files.
pub struct Given<'a> {
    pub pipeline: &'a Pipeline,
    pub period: i64,
    pub counties: Vec<County>,
    /// Only these counties; all when empty.
    pub only: &'a [String],
}

/// Which county a record belongs to, for every sheet of every file.
type Assigned = Vec<Vec<Vec<Option<String>>>>;

/// Assembles the dataset.
///
/// # Errors
/// When polars refuses to build a frame.
pub fn assemble(given: Given<'_>, files: &[FileRead]) -> Result<(Dataset, Vec<Finding>), Error> {
    let pipeline = given.pipeline;
    let mut a = Assembly {
        given: &given,
        files,
        own: owners(&given, files),
        names: given
            .counties
            .iter()
            .map(|c| (c.code.clone(), normal(&c.name)))
            .collect(),
        findings: Vec::new(),
        dataset: Dataset {
            counties: given.counties.clone(),
            tables: pipeline
                .tables
                .iter()
                .map(|_| TableData::default())
                .collect(),
            ..Dataset::default()
        },
    };
    let assigned = a.assign();
    let winners = a.replacements(&assigned);
    a.say_drafts(&assigned, &winners);
    a.take_rows(&assigned, &winners);
    a.questionnaires();
    for table in 0..pipeline.tables.len() {
        a.join(table);
        a.apart(table);
        a.dataset.tables[table].frame = frame::frame(pipeline, &a.dataset, table)?;
    }
    a.missing();
    let only = given.only;
    if !only.is_empty() {
        a.findings
            .retain(|f| f.county_code.as_ref().is_some_and(|c| only.contains(c)));
    }
    Ok((a.dataset, a.findings))
}

/// What replaces what: form, county, stage of the sheet, and the school for a list of one school.
type Slot = (usize, String, Option<usize>, String);

pub(super) struct Assembly<'a> {
    pub(super) given: &'a Given<'a>,
    pub(super) files: &'a [FileRead],
    /// By file the county that its folder or its name says.
    pub(super) own: Vec<Option<CountyName>>,
    /// Codes and normalised names of the counties on the list.
    pub(super) names: Vec<(String, String)>,
    findings: Vec<Finding>,
    pub(super) dataset: Dataset,
}

impl Assembly<'_> {
    pub(super) fn say(&mut self, rule: &str, draft: Draft) {
        self.findings.push(draft.notice(self.given.pipeline, rule));
    }

    fn assign(&mut self) -> Assigned {
        let mut out = Vec::new();
        for (f, file) in self.files.iter().enumerate() {
            let mut per_sheet = Vec::new();
            let mut from_name = false;
            let mut stated = BTreeSet::new();
            for table in &file.tables {
                let mut codes = Vec::new();
                let mut differing = Differing::new();
                for record in &table.records {
                    let (code, by_name) = self.county_of(f, table, record, &mut differing);
                    if record.further {
                        differing.clear();
                    }
                    from_name |= by_name;
                    codes.push(code);
                }
                stated.extend(differing.keys().cloned());
                self.differs(file, table, differing);
                self.undetermined(file, table, &codes);
                per_sheet.push(codes);
            }
            self.elsewhere(file, &stated);
            if from_name && let Some(named) = self.own[f].clone() {
                let draft = about(file, None, Some(&named.code));
                self.say(
                    "county-from-file-name",
                    draft.slot("code", named.code.clone()),
                );
            }
            out.push(per_sheet);
        }
        out
    }

    /// Rows of no known county: every county of the sheet may lack them.
    fn undetermined(&mut self, file: &FileRead, table: &SheetTable, codes: &[Option<String>]) {
        let cells: Vec<(u32, u32)> = table
            .records
            .iter()
            .zip(codes)
            .filter(|(record, code)| code.is_none() && !record.further)
            .map(|(record, _)| record.county_cell.unwrap_or((record.row, 0)))
            .collect();
        if cells.is_empty() {
            return;
        }
        for county in distinct(codes) {
            let mut draft = about(file, Some(&table.sheet), county.as_ref());
            draft.place.cell = Some(cell_list(&cells));
            self.say(
                "county-undetermined",
                draft.slot("count", cells.len().to_string()),
            );
        }
    }

    /// What the reader found about files and sheets as a whole, for every county that they concern; nothing about a sheet
    /// that newer submissions have replaced altogether.
    fn say_drafts(&mut self, assigned: &Assigned, winners: &BTreeMap<Slot, usize>) {
        for (f, file) in self.files.iter().enumerate() {
            let own = self.own[f].as_ref();
            let concerned = |codes: &[Option<String>]| match own {
                Some(county) => vec![Some(county.code.clone())],
                None => distinct(codes),
            };
            let replaced = |t: usize| {
                let table = &file.tables[t];
                let lost = |(record, code): (&Record, &Option<String>)| {
                    code.as_ref().is_some_and(|code| {
                        winners.get(&self.slot(table, record, code)) != Some(&f)
                    })
                };
                !table.records.is_empty() && table.records.iter().zip(&assigned[f][t]).all(lost)
            };
            let gone: Vec<bool> = (0..file.tables.len()).map(replaced).collect();
            let mut said: Vec<(&'static str, Draft)> = Vec::new();
            if gone.is_empty() || gone.contains(&false) || !file.answers.is_empty() {
                let mut all: Vec<Option<String>> = assigned[f].concat();
                all.extend(self.counties_of_answers(f));
                let counties = concerned(&all);
                for county in &counties {
                    for (rule, draft) in &file.drafts {
                        said.push((rule, with_county(draft, county)));
                    }
                }
                // Whose questionnaires stood behind the break nobody knows: every county may lack some.
                let broken = file
                    .drafts
                    .iter()
                    .filter(|(rule, _)| *rule == "sheet-damaged");
                if own.is_none() && !file.answers.is_empty() {
                    for (rule, draft) in broken {
                        let others = self.given.counties.iter().map(|c| Some(c.code.clone()));
                        let others = others.filter(|c| !counties.contains(c));
                        said.extend(others.map(|c| (*rule, with_county(draft, &c))));
                    }
                }
            }
            for (t, table) in file.tables.iter().enumerate().filter(|(t, _)| !gone[*t]) {
                for county in concerned(&assigned[f][t]) {
                    for (rule, draft) in &table.drafts {
                        said.push((rule, with_county(draft, &county)));
                    }
                }
            }
            for (rule, draft) in said {
                self.say(rule, draft);
            }
        }
    }

    fn slot(&self, table: &SheetTable, record: &Record, county: &str) -> Slot {
        let pipeline = self.given.pipeline;
        let of_one = [Layout::List, Layout::Statistics];
        let answers = pipeline.returned.filter(|r| r.form == table.form);
        let school = if let Some(answers) = answers {
            answered(&answers, record)
        } else if of_one.contains(&pipeline.forms[table.form].layout) {
            let columns = &pipeline.tables[table.table];
            [SCHOOL_CODE, SCHOOL_NAME]
                .iter()
                .filter_map(|c| columns.position(c))
                .find_map(|c| record.values[c].as_ref().map(Value::shown))
                .unwrap_or_default()
        } else {
            String::new()
        };
        (table.form, county.to_string(), table.stage, school)
    }

    /// By file how new it is.
    pub(super) fn ages(&self) -> Vec<Age> {
        let words = &self.given.pipeline.settings.revision_words;
        let files = self.files.iter();
        files.map(|f| age(&f.submission, words)).collect()
    }

    /// For every slot the file that fills it: the newest.
    fn replacements(&mut self, assigned: &Assigned) -> BTreeMap<Slot, usize> {
        let ages = self.ages();
        let mut claims: BTreeMap<Slot, BTreeSet<usize>> = BTreeMap::new();
        for (f, file) in self.files.iter().enumerate() {
            for (t, table) in file.tables.iter().enumerate() {
                for (r, record) in table.records.iter().enumerate() {
                    if let Some(county) = &assigned[f][t][r] {
                        let slot = self.slot(table, record, county);
                        claims.entry(slot).or_default().insert(f);
                    }
                }
            }
        }
        let mut winners = BTreeMap::new();
        let mut said: BTreeSet<(usize, usize, String)> = BTreeSet::new();
        for (slot, claimants) in claims {
            let Some(winner) = claimants
                .iter()
                .copied()
                .max_by(|a, b| ages[*a].cmp(&ages[*b]))
            else {
                continue;
            };
            for loser in claimants.iter().copied().filter(|f| *f != winner) {
                self.lost(loser, winner, &slot, assigned);
                if slot.3.starts_with(EMPTY) || !said.insert((loser, winner, slot.1.clone())) {
                    continue;
                }
                let by = self.files[winner].submission.path.clone();
                let draft = about(&self.files[loser], None, Some(&slot.1));
                if self.files[loser].sha256 == self.files[winner].sha256 {
                    self.say("submission-identical", draft.slot("other", by));
                } else {
                    let form = self.given.pipeline.forms[slot.0].title.clone();
                    self.say(
                        "submission-replaced",
                        draft.slot("by", by).slot("form", form),
                    );
                }
            }
            winners.insert(slot, winner);
        }
        winners
    }

    /// Schools of a replaced submission that the new one has neither by code nor by name.
    fn lost(&mut self, loser: usize, winner: usize, slot: &Slot, assigned: &Assigned) {
        let schools = |f: usize| -> Vec<(Option<String>, Option<String>, Option<String>)> {
            let mut out = Vec::new();
            for (t, table) in self.files[f].tables.iter().enumerate() {
                let columns = &self.given.pipeline.tables[table.table];
                for (r, record) in table.records.iter().enumerate() {
                    let own = assigned[f][t][r].as_ref() == Some(&slot.1);
                    if own && self.slot(table, record, &slot.1) == *slot {
                        let text = |name: &str| text_of(columns, &record.values, name);
                        let name = text(SCHOOL_NAME);
                        let key = name.as_deref().map(normal);
                        out.push((text(SCHOOL_CODE), key, name));
                    }
                }
            }
            out
        };
        let entity = |slot: &Slot| {
            let form = &self.given.pipeline.forms[slot.0];
            self.given.pipeline.tables[form.table].entity
        };
        if entity(slot) == Entity::County {
            self.lost_items(loser, winner, slot, assigned);
            return;
        }
        let kept = schools(winner);
        let lost: Vec<String> = schools(loser)
            .into_iter()
            .filter(|(code, name, _)| {
                !kept
                    .iter()
                    .any(|(c, n, _)| (code.is_some() && code == c) || (name.is_some() && name == n))
            })
            .filter_map(|(_, _, name)| name)
            .collect();
        if lost.is_empty() {
            return;
        }
        let draft = about(&self.files[loser], None, Some(&slot.1));
        let named: Vec<&str> = lost.iter().take(10).map(String::as_str).collect();
        self.say(
            "replaced-schools-lost",
            draft
                .slot("by", self.files[winner].submission.path.clone())
                .slot("count", lost.len().to_string())
                .slot("schools", named.join("\u{3001}")),
        );
    }

    /// Items of a county's own form that the replaced submission fills in and the new one does not.
    fn lost_items(&mut self, loser: usize, winner: usize, slot: &Slot, assigned: &Assigned) {
        let filled = |f: usize| -> BTreeSet<usize> {
            let mut out = BTreeSet::new();
            for (t, table) in self.files[f].tables.iter().enumerate() {
                for (r, record) in table.records.iter().enumerate() {
                    let own = assigned[f][t][r].as_ref() == Some(&slot.1) && table.form == slot.0;
                    let values = record.values.iter().enumerate();
                    out.extend(values.filter(|(_, v)| own && v.is_some()).map(|(c, _)| c));
                }
            }
            out
        };
        let kept = filled(winner);
        let lost: Vec<usize> = filled(loser).difference(&kept).copied().collect();
        if lost.is_empty() {
            return;
        }
        let table = &self.given.pipeline.tables[self.given.pipeline.forms[slot.0].table];
        let items: Vec<&str> = lost
            .iter()
            .map(|c| table.columns[*c].title.as_str())
            .collect();
        let draft = about(&self.files[loser], None, Some(&slot.1))
            .slot("by", self.files[winner].submission.path.clone())
            .slot("count", lost.len().to_string())
            .slot("items", some_of(&items, NAMED_PLACES));
        self.say("replaced-items-lost", draft);
    }

    fn take_rows(&mut self, assigned: &Assigned, winners: &BTreeMap<Slot, usize>) {
        let pipeline = self.given.pipeline;
        let mut made = self.rows(assigned, winners).into_iter();
        for (f, file) in self.files.iter().enumerate() {
            let mut made = made.next().expect("one for each file").into_iter();
            let mut outcome = FileOutcome {
                path: file.submission.path.clone(),
                sha256: file.sha256.clone(),
                bytes: file.bytes,
                forms: Vec::new(),
                county_codes: Vec::new(),
                status: Status::Rejected,
                rows: 0,
                replaced_by: None,
            };
            let mut counties: BTreeSet<String> = BTreeSet::new();
            for (t, table) in file.tables.iter().enumerate() {
                let form = &pipeline.forms[table.form];
                if !outcome.forms.contains(&form.title) {
                    outcome.forms.push(form.title.clone());
                }
                let sheet = u32::try_from(self.dataset.sheets.len()).unwrap_or(u32::MAX);
                self.dataset.sheets.push(SheetInfo {
                    file: file.submission.path.clone(),
                    sheet: table.sheet.clone(),
                });
                let mut taken: Vec<Option<&String>> = Vec::new();
                for (r, record) in table.records.iter().enumerate() {
                    let (winner, row) = made.next().expect("one for each record");
                    if let Some(w) = winner.filter(|w| *w != f) {
                        outcome.status = Status::Replaced;
                        outcome.replaced_by = Some(self.files[w].submission.path.clone());
                    }
                    if winner == Some(f) && row.is_none() {
                        // Read and in order, but not asked for.
                        outcome.status = Status::Accepted;
                    }
                    taken.push(assigned[f][t][r].as_ref().filter(|_| row.is_some()));
                    if let Some(row) = row {
                        counties.insert(row.county_code.clone());
                        self.see_county(f, table, record, &row.county_code);
                        self.dataset.tables[table.table].rows.push(row);
                        outcome.rows += usize::from(!record.further);
                    }
                }
                for ((row, col), raw) in &table.shown {
                    let cell = CellRef {
                        sheet,
                        row: *row,
                        col: *col,
                    };
                    self.dataset.raw.insert(cell, raw.clone());
                }
                self.notes(table, sheet, &taken);
                self.stated_facts(table, sheet, &taken);
                let above = file.tables[..t].iter().rev();
                let above = above.take_while(|a| a.sheet == table.sheet).count();
                let above = match file.submission.folder {
                    Some(_) => &file.tables[t - above..t],
                    None => &[],
                };
                self.totals(table, sheet, &taken, above);
            }
            // A file that came back without an answer has been read, and says nothing.
            let returned = pipeline.returned.as_ref().map(|r| r.form);
            let empty = |t: &SheetTable| {
                Some(t.form) == returned && t.records.is_empty() && t.drafts.is_empty()
            };
            if outcome.status == Status::Rejected
                && !file.tables.is_empty()
                && file.tables.iter().all(empty)
            {
                outcome.status = Status::Accepted;
            }
            if outcome.rows > 0 {
                outcome.status = Status::Accepted;
                outcome.replaced_by = None;
            }
            let own = self.own[f].clone();
            if counties.is_empty()
                && let Some(own) = &own
            {
                counties.insert(own.code.clone());
            }
            if let Some(own) = &own
                && self.dataset.county(&own.code).is_none()
            {
                self.unlisted(&own.code, &own.name);
            }
            outcome.county_codes = counties.into_iter().collect();
            self.dataset.files.push(outcome);
        }
    }

    /// By file, in the order of its tables and records: the file that counts for the record's county, and its row where that is
    /// the same file and the county is asked for.
    fn rows(
        &self,
        assigned: &Assigned,
        winners: &BTreeMap<Slot, usize>,
    ) -> Vec<Vec<(Option<usize>, Option<Row>)>> {
        let only = self.given.only;
        let sheets = self.dataset.sheets.len();
        let before = self.files.iter().scan(sheets, |next, file| {
            let first = *next;
            *next += file.tables.len();
            Some(first)
        });
        let files: Vec<(usize, &FileRead)> = before.zip(self.files).collect();
        let of_file = |(f, (first, file)): (usize, &(usize, &FileRead))| {
            let mut out = Vec::new();
            for (t, table) in file.tables.iter().enumerate() {
                let sheet = u32::try_from(first + t).unwrap_or(u32::MAX);
                for (r, record) in table.records.iter().enumerate() {
                    let county = assigned[f][t][r].as_ref();
                    let winner =
                        county.and_then(|c| winners.get(&self.slot(table, record, c)).copied());
                    let wanted =
                        |c: &&String| winner == Some(f) && (only.is_empty() || only.contains(c));
                    let row = county
                        .filter(wanted)
                        .map(|c| self.row(table, record, c, sheet));
                    out.push((winner, row));
                }
            }
            out
        };
        files.par_iter().enumerate().map(of_file).collect()
    }

    /// A record speaks of a county: one that is not on the list is taken up all the same.
    fn see_county(&mut self, file: usize, table: &SheetTable, record: &Record, county: &str) {
        if self.dataset.county(county).is_some() {
            return;
        }
        let columns = &self.given.pipeline.tables[table.table];
        let known = self.own[file]
            .as_ref()
            .map(|f| f.name.clone())
            .or_else(|| text_of(columns, &record.values, COUNTY_NAME_STATED))
            .or_else(|| record.county_name.clone())
            .unwrap_or_default();
        self.unlisted(county, &known);
    }

    fn row(&self, table: &SheetTable, record: &Record, county: &str, sheet: u32) -> Row {
        let columns = &self.given.pipeline.tables[table.table];
        let text = |name: &str| text_of(columns, &record.values, name);
        // Never joined by name alone: two rows with the same stand-in claim the same school.
        let stand_in = || {
            let name = text(SCHOOL_NAME).or_else(|| text(COUNTY_NAME_STATED));
            format!("~{}", name.unwrap_or_default())
        };
        let key = match columns.entity {
            Entity::School => text(SCHOOL_CODE).unwrap_or_else(stand_in),
            Entity::County => county.to_string(),
            Entity::Group(c) => record.values[c]
                .as_ref()
                .map_or_else(|| format!("~{}", record.row), Value::shown),
        };
        let flag = |flag: &Option<Flag>| {
            flag.as_ref().map(|f| RowFlag {
                cell: CellRef {
                    sheet,
                    row: f.at.0,
                    col: f.at.1,
                },
                value: f.value,
                raw: f.raw.clone(),
            })
        };
        Row {
            county_code: county.to_string(),
            key,
            values: record.values.clone(),
            cells: RowCells::new(sheet, record.cells.clone()),
            sheet,
            row: record.row,
            stages: record.stage.into_iter().collect(),
            form: table.form,
            conflict: false,
            pieces: record.pieces.clone(),
            disputed: Vec::new(),
            added: BTreeMap::new(),
            counted: flag(&record.counted),
            revoked: flag(&record.revoked),
        }
    }

    pub(super) fn unlisted(&mut self, code: &str, name: &str) {
        let at = self
            .dataset
            .counties
            .binary_search_by(|c| c.code.as_str().cmp(code))
            .unwrap_or_else(|i| i);
        self.dataset.counties.insert(
            at,
            County {
                code: code.to_string(),
                name: name.to_string(),
                prefecture: String::new(),
                resident_population: None,
                listed: false,
                received: false,
            },
        );
        let draft = Draft {
            county_code: Some(code.to_string()),
            ..Draft::default()
        };
        self.say(
            "county-unknown",
            draft.slot("code", code).slot("name", name),
        );
    }

    fn missing(&mut self) {
        let pipeline = self.given.pipeline;
        let only = self.given.only;
        // A county that only answers findings has sent no data.
        let answers = pipeline.returned.as_ref().map(|r| r.table);
        let is_answers = |f: &&FileRead| {
            !f.tables.is_empty() && f.tables.iter().all(|t| Some(t.table) == answers)
        };
        let answers: BTreeSet<&str> = self
            .files
            .iter()
            .filter(is_answers)
            .map(|f| f.submission.path.as_str())
            .collect();
        let sent: BTreeSet<String> = self
            .dataset
            .files
            .iter()
            .filter(|f| !answers.contains(f.path.as_str()))
            .flat_map(|f| f.county_codes.iter().cloned())
            .collect();
        let with_rows: Vec<BTreeSet<String>> = self
            .dataset
            .tables
            .iter()
            .map(|t| t.rows.iter().map(|r| r.county_code.clone()).collect())
            .collect();
        for county in self.dataset.counties.clone() {
            if !only.is_empty() && !only.contains(&county.code) {
                continue;
            }
            let draft = || Draft {
                county_code: Some(county.code.clone()),
                ..Draft::default()
            };
            if !sent.contains(&county.code) && !county.received {
                self.say("county-missing", draft().slot("name", county.name.clone()));
                continue;
            }
            for table in &pipeline.settings.required_tables {
                if !with_rows[*table].contains(&county.code) {
                    let forms: Vec<&str> = pipeline
                        .forms
                        .iter()
                        .filter(|f| f.table == *table)
                        .map(|f| f.title.as_str())
                        .collect();
                    self.say(
                        "table-missing",
                        draft()
                            .slot("name", county.name.clone())
                            .slot("table", forms.join("/")),
                    );
                }
            }
        }
        if !only.is_empty() {
            self.dataset.counties.retain(|c| only.contains(&c.code));
        }
    }
}

/// The start of a finding about a file, or a sheet of it, and a county.
pub(super) fn about(file: &FileRead, sheet: Option<&String>, county: Option<&String>) -> Draft {
    Draft {
        county_code: county.cloned(),
        place: Place {
            file: Some(file.submission.path.clone()),
            sheet: sheet.cloned(),
            cell: None,
        },
        ..Draft::default()
    }
}

/// What a row of answers replaces: the row about the same finding in an older file. What was left empty replaces nothing
/// that was filled in.
fn answered(answers: &Returned, record: &Record) -> String {
    let given = [answers.reason, answers.text];
    let empty = given.iter().all(|c| record.values[*c].is_none());
    let finding = record.values[answers.finding].as_ref();
    let finding = finding.map(Value::shown).unwrap_or_default();
    match empty {
        true => format!("{EMPTY}{finding}"),
        false => finding,
    }
}

/// Before the finding of a row that says nothing to it.
const EMPTY: char = '~';

/// The counties of some records, each once; one unknown when there is none.
fn distinct(codes: &[Option<String>]) -> Vec<Option<String>> {
    let known: BTreeSet<&String> = codes.iter().flatten().collect();
    if known.is_empty() {
        return vec![None];
    }
    known.into_iter().cloned().map(Some).collect()
}

fn with_county(draft: &Draft, county: &Option<String>) -> Draft {
    let mut draft = draft.clone();
    draft.county_code = draft.county_code.or_else(|| county.clone());
    draft
}
