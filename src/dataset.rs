//! Records of all submissions -> one table each, with the origin of every cell. Decides which county a record belongs to,
//! which submission replaces which, and joins a school's rows from two sheets. Every such decision is a finding.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use polars::prelude::*;
use serde::Deserialize;

use crate::error::Error;
use crate::finding::{Draft, Finding, Place, a1, cell_list};
use crate::ingest::cell::{Note, Value};
use crate::ingest::submission::{Age, age};
use crate::ingest::{CellNote, FileRead, Record, SheetTable, Status, means_word};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Kind, Layout};
use crate::pipeline::valid::{COUNTY_CODE, COUNTY_NAME};
use crate::text::normal;

/// The column of the county's table in which a county states its own code.
const COUNTY_CODE_STATED: &str = "county_code_stated";
const COUNTY_NAME_STATED: &str = "county_name_stated";
const YEAR_STATED: &str = "year_stated";
const SCHOOL_CODE: &str = "school_code";
const SCHOOL_NAME: &str = "school_name";

/// A county that must report, or that reported without being listed.
#[derive(Debug, Clone)]
pub struct County {
    pub code: String,
    pub name: String,
    pub prefecture: String,
    pub resident_population: Option<f64>,
    pub listed: bool,
    /// Whether any record of it was taken.
    pub received: bool,
}

#[derive(Debug, Deserialize)]
struct CountyLine {
    code: String,
    name: String,
    prefecture: String,
    resident_population: Option<f64>,
}

/// Reads the list of counties that must report (CSV: code, name, prefecture, resident_population).
///
/// # Errors
/// [`Error::Pipeline`] with the line that is wrong.
pub fn read_counties(path: &Path) -> Result<Vec<County>, Error> {
    let wrong = |e: String| Error::Pipeline(format!("county list {}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut out: Vec<County> = Vec::new();
    for line in reader.deserialize() {
        let line: CountyLine = line.map_err(|e| wrong(e.to_string()))?;
        if out.iter().any(|c| c.code == line.code) {
            return Err(wrong(format!("code {} stands twice", line.code)));
        }
        out.push(County {
            code: line.code,
            name: line.name,
            prefecture: line.prefecture,
            resident_population: line.resident_population,
            listed: true,
            received: false,
        });
    }
    out.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(out)
}

/// A cell of a submission: sheet (index into [`Dataset::sheets`]), row and column from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellRef {
    pub sheet: u32,
    pub row: u32,
    pub col: u32,
}

/// A sheet that records came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetInfo {
    /// Path relative to the input folder.
    pub file: String,
    pub sheet: String,
}

/// One row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    pub county_code: String,
    /// What identifies the entity within its county: the school's code, or a stand-in where it has none.
    pub key: String,
    /// By column of the table.
    pub values: Vec<Option<Value>>,
    pub cells: Vec<Option<CellRef>>,
    /// The sheet and row that name the entity.
    pub sheet: u32,
    pub row: u32,
    /// The stages of the sheets that it came from; empty when they cover all.
    pub stages: Vec<usize>,
    /// Two rows claim to be this entity: its figures are not used.
    pub conflict: bool,
}

/// A table with the origin of every cell. Rows are sorted by county, key, sheet, row.
#[derive(Debug, Default)]
pub struct TableData {
    pub rows: Vec<Row>,
    pub frame: DataFrame,
}

/// A 合计 row's cell held against the rows that it adds up.
#[derive(Debug, Clone)]
pub struct TotalCell {
    pub table: usize,
    pub county_code: String,
    pub column: usize,
    pub stated: f64,
    /// Sum over the rows since the total row before, and over all rows above.
    pub sums: [f64; 2],
    pub rows: usize,
    pub cell: CellRef,
    pub raw: String,
}

/// All tables of one run.
#[derive(Debug, Default)]
pub struct Dataset {
    pub counties: Vec<County>,
    pub sheets: Vec<SheetInfo>,
    /// By table of the pipeline.
    pub tables: Vec<TableData>,
    pub totals: Vec<TotalCell>,
    /// The text as seen of cells that were not taken as they stand.
    pub raw: HashMap<CellRef, String>,
    /// Cells that have a finding of severity error or query already.
    pub spoken: BTreeSet<CellRef>,
    pub files: Vec<FileOutcome>,
}

/// How a file ended.
#[derive(Debug, Clone)]
pub struct FileOutcome {
    pub path: String,
    pub sha256: String,
    pub bytes: u64,
    /// Titles of the forms found in it.
    pub forms: Vec<String>,
    pub county_codes: Vec<String>,
    pub status: Status,
    pub rows: usize,
    /// The submission that replaced it.
    pub replaced_by: Option<String>,
}

impl Dataset {
    /// The place of a cell for a finding.
    pub fn place(&self, cells: &[CellRef]) -> Place {
        let Some(first) = cells.first() else {
            return Place::default();
        };
        let info = &self.sheets[first.sheet as usize];
        let here: Vec<String> = cells
            .iter()
            .filter(|c| c.sheet == first.sheet)
            .map(|c| a1(c.row, c.col))
            .collect();
        Place {
            file: Some(info.file.clone()),
            sheet: Some(info.sheet.clone()),
            cell: Some(here.join(",")),
        }
    }

    /// The name of a county.
    pub fn county_name(&self, code: &str) -> &str {
        self.counties
            .binary_search_by(|c| c.code.as_str().cmp(code))
            .map_or("", |i| self.counties[i].name.as_str())
    }
}

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
pub fn assemble(
    given: Given<'_>,
    files: &[FileRead],
) -> Result<(Dataset, Vec<Finding>), Error> {
    let pipeline = given.pipeline;
    let mut a = Assembly {
        given: &given,
        files,
        findings: Vec::new(),
        dataset: Dataset {
            counties: given.counties.clone(),
            tables: pipeline.tables.iter().map(|_| TableData::default()).collect(),
            ..Dataset::default()
        },
    };
    let assigned = a.assign();
    let winners = a.replacements(&assigned);
    a.take_rows(&assigned, &winners);
    for table in 0..pipeline.tables.len() {
        a.join(table);
        a.dataset.tables[table].frame = frame(pipeline, &a.dataset, table)?;
    }
    a.missing();
    Ok((a.dataset, a.findings))
}

/// What replaces what: form, county, stage of the sheet, and the school for a list of one school.
type Slot = (usize, String, Option<usize>, String);

struct Assembly<'a> {
    given: &'a Given<'a>,
    files: &'a [FileRead],
    findings: Vec<Finding>,
    dataset: Dataset,
}

impl Assembly<'_> {
    fn say(&mut self, rule: &str, draft: Draft) {
        self.findings.push(draft.notice(self.given.pipeline, rule));
    }

    fn assign(&mut self) -> Assigned {
        let mut out = Vec::new();
        for file in self.files {
            let mut per_sheet = Vec::new();
            let mut from_name = false;
            for table in &file.tables {
                let mut codes = Vec::new();
                let mut lost = 0;
                for record in &table.records {
                    let (code, by_name) = self.county_of(file, table, record);
                    from_name |= by_name;
                    lost += usize::from(code.is_none());
                    codes.push(code);
                }
                if lost > 0 {
                    let draft = Draft {
                        place: Place {
                            file: Some(file.submission.path.clone()),
                            sheet: Some(table.sheet.clone()),
                            cell: None,
                        },
                        ..Draft::default()
                    };
                    self.say("county-undetermined", draft.slot("count", lost.to_string()));
                }
                per_sheet.push(codes);
            }
            if from_name && let Some(named) = &file.named {
                let draft = Draft {
                    county_code: Some(named.code.clone()),
                    place: Place {
                        file: Some(file.submission.path.clone()),
                        ..Place::default()
                    },
                    ..Draft::default()
                };
                self.say("county-from-file-name", draft.slot("code", named.code.clone()));
            }
            let county = file
                .submission
                .folder
                .as_ref()
                .or(file.named.as_ref())
                .map(|c| c.code.clone())
                .or_else(|| per_sheet.iter().flatten().flatten().next().cloned());
            for (rule, draft) in file
                .drafts
                .iter()
                .chain(file.tables.iter().flat_map(|t| t.drafts.iter()))
            {
                let mut draft = draft.clone();
                draft.county_code = draft.county_code.or_else(|| county.clone());
                self.say(rule, draft);
            }
            out.push(per_sheet);
        }
        out
    }

    /// The county of a record, and whether only the file's name tells it.
    fn county_of(
        &mut self,
        file: &FileRead,
        table: &SheetTable,
        record: &Record,
    ) -> (Option<String>, bool) {
        let stated = self.stated(table, record);
        if let Some(folder) = &file.submission.folder {
            if let Some((code, at)) = &stated
                && *code != folder.code
            {
                let draft = Draft {
                    county_code: Some(folder.code.clone()),
                    place: Place {
                        file: Some(file.submission.path.clone()),
                        sheet: Some(table.sheet.clone()),
                        cell: at.map(|(r, c)| a1(r, c)),
                    },
                    value: Some(code.clone()),
                    expected: Some(folder.code.clone()),
                    ..Draft::default()
                };
                self.say(
                    "county-differs",
                    draft
                        .slot("stated", code.clone())
                        .slot("used", format!("{} {}", folder.code, folder.name)),
                );
            }
            return (Some(folder.code.clone()), false);
        }
        if let Some((code, _)) = stated {
            return (Some(code), false);
        }
        let by_name = record.county_name.as_ref().and_then(|name| {
            let key = normal(name);
            let mut hits = self
                .given
                .counties
                .iter()
                .filter(|c| normal(&c.name) == key);
            match (hits.next(), hits.next()) {
                (Some(c), None) => Some(c.code.clone()),
                _ => None,
            }
        });
        match (by_name, &file.named) {
            (Some(code), _) => (Some(code), false),
            (None, Some(named)) => (Some(named.code.clone()), true),
            (None, None) => (None, false),
        }
    }

    /// The county code that a record itself states, with its cell.
    fn stated(
        &self,
        table: &SheetTable,
        record: &Record,
    ) -> Option<(String, Option<(u32, u32)>)> {
        let digits = self.given.pipeline.settings.county_digits;
        let whole = |code: &str| code.len() == digits && code.bytes().all(|b| b.is_ascii_digit());
        if let Some(code) = record.county_code.as_ref().filter(|c| whole(c)) {
            return Some((code.clone(), None));
        }
        let column = self.given.pipeline.tables[table.table].position(COUNTY_CODE_STATED)?;
        let code = record.values[column].as_ref()?.text()?;
        whole(code).then(|| (code.to_string(), record.cells[column]))
    }

    fn slot(&self, table: &SheetTable, record: &Record, county: &str) -> Slot {
        let pipeline = self.given.pipeline;
        let school = if pipeline.forms[table.form].layout == Layout::List {
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

    /// For every slot the file that fills it: the newest.
    fn replacements(&mut self, assigned: &Assigned) -> BTreeMap<Slot, usize> {
        let words = &self.given.pipeline.settings.revision_words;
        let ages: Vec<Age> = self
            .files
            .iter()
            .map(|f| age(&f.submission, words))
            .collect();
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
        let mut said: BTreeSet<(usize, usize)> = BTreeSet::new();
        for (slot, claimants) in claims {
            let Some(winner) = claimants.iter().copied().max_by(|a, b| ages[*a].cmp(&ages[*b]))
            else {
                continue;
            };
            for loser in claimants.iter().copied().filter(|f| *f != winner) {
                if !said.insert((loser, winner)) {
                    continue;
                }
                let by = self.files[winner].submission.path.clone();
                let draft = Draft {
                    county_code: Some(slot.1.clone()),
                    place: Place {
                        file: Some(self.files[loser].submission.path.clone()),
                        ..Place::default()
                    },
                    ..Draft::default()
                };
                if self.files[loser].sha256 == self.files[winner].sha256 {
                    self.say("submission-identical", draft.slot("other", by));
                } else {
                    let form = self.given.pipeline.forms[slot.0].title.clone();
                    self.say("submission-replaced", draft.slot("by", by).slot("form", form));
                }
            }
            winners.insert(slot, winner);
        }
        winners
    }

    fn take_rows(&mut self, assigned: &Assigned, winners: &BTreeMap<Slot, usize>) {
        let pipeline = self.given.pipeline;
        let only = self.given.only;
        for (f, file) in self.files.iter().enumerate() {
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
                    let county = assigned[f][t][r].as_ref();
                    let county = county.filter(|c| {
                        let winner = winners.get(&self.slot(table, record, c)).copied();
                        if let Some(w) = winner.filter(|w| *w != f) {
                            outcome.status = Status::Replaced;
                            outcome.replaced_by = Some(self.files[w].submission.path.clone());
                        }
                        winner == Some(f) && (only.is_empty() || only.contains(c))
                    });
                    taken.push(county);
                    if let Some(county) = county {
                        counties.insert(county.clone());
                        let row = self.row(table, record, county, sheet);
                        self.dataset.tables[table.table].rows.push(row);
                        outcome.rows += 1;
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
                self.totals(table, sheet, &taken);
            }
            if outcome.rows > 0 {
                outcome.status = Status::Accepted;
                outcome.replaced_by = None;
            }
            let own = file.submission.folder.as_ref().or(file.named.as_ref());
            if counties.is_empty()
                && let Some(own) = own
            {
                counties.insert(own.code.clone());
            }
            if let Some(own) = own
                && !self.dataset.counties.iter().any(|c| c.code == own.code)
            {
                self.unlisted(&own.code, &own.name);
            }
            outcome.county_codes = counties.into_iter().collect();
            self.dataset.files.push(outcome);
        }
    }

    fn row(&mut self, table: &SheetTable, record: &Record, county: &str, sheet: u32) -> Row {
        let columns = &self.given.pipeline.tables[table.table];
        let text = |name: &str| {
            columns
                .position(name)
                .and_then(|c| record.values[c].as_ref())
                .and_then(Value::text)
                .map(str::to_string)
        };
        let name = text(SCHOOL_NAME).or_else(|| text(COUNTY_NAME_STATED));
        let listed = self.dataset.counties.iter().any(|c| c.code == county);
        if !listed {
            let known = text(COUNTY_NAME_STATED)
                .or_else(|| record.county_name.clone())
                .unwrap_or_default();
            self.unlisted(county, &known);
        }
        let stand_in = || {
            let stage = table
                .stage
                .map_or(String::new(), |s| format!("@{}", self.given.pipeline.stages[s].id));
            format!("~{}{stage}", name.clone().unwrap_or_default())
        };
        let key = if columns.position(SCHOOL_CODE).is_some() {
            text(SCHOOL_CODE).unwrap_or_else(stand_in)
        } else {
            county.to_string()
        };
        let place = |at: &Option<(u32, u32)>| {
            at.map(|(row, col)| CellRef { sheet, row, col })
        };
        Row {
            county_code: county.to_string(),
            key,
            values: record.values.clone(),
            cells: record.cells.iter().map(place).collect(),
            sheet,
            row: record.row,
            stages: record.stage.into_iter().collect(),
            conflict: false,
        }
    }

    fn unlisted(&mut self, code: &str, name: &str) {
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

    /// Notes on cells become findings: one for each county, column and kind, with all its cells.
    fn notes(&mut self, table: &SheetTable, sheet: u32, taken: &[Option<&String>]) {
        let pipeline = self.given.pipeline;
        let columns = &pipeline.tables[table.table].columns;
        let mut groups: BTreeMap<(&String, usize, String), Vec<&CellNote>> = BTreeMap::new();
        for note in &table.notes {
            let Some(county) = taken.get(note.record).copied().flatten() else {
                continue;
            };
            let cell = CellRef {
                sheet,
                row: note.at.0,
                col: note.at.1,
            };
            self.dataset.raw.insert(cell, note.raw.clone());
            let (rule, detail) = note_rule(note);
            if rule_blocks(rule) {
                self.dataset.spoken.insert(cell);
            }
            // Conversions of one kind in one column are one finding; what must be corrected is one finding a cell.
            let single = if rule_blocks(rule) {
                format!("{:08}", note.at.0)
            } else {
                String::new()
            };
            groups
                .entry((county, note.column, format!("{rule}|{detail}|{single}")))
                .or_default()
                .push(note);
        }
        for ((county, column, _), notes) in groups {
            let cells: Vec<(u32, u32)> = notes.iter().map(|n| n.at).collect();
            let first = notes[0];
            let (rule, detail) = note_rule(first);
            let mut draft = Draft {
                county_code: Some(county.clone()),
                place: Place {
                    file: Some(self.dataset.sheets[sheet as usize].file.clone()),
                    sheet: Some(table.sheet.clone()),
                    cell: Some(cell_list(&cells)),
                },
                column: Some(columns[column].title.clone()),
                value: (!first.raw.is_empty()).then(|| first.raw.clone()),
                ..Draft::default()
            };
            if notes.len() == 1 {
                let record = &table.records[first.record];
                let text = |name: &str| {
                    pipeline.tables[table.table]
                        .position(name)
                        .and_then(|c| record.values[c].as_ref())
                        .and_then(Value::text)
                        .map(str::to_string)
                };
                draft.school_code = text(SCHOOL_CODE);
                draft.school_name = text(SCHOOL_NAME);
            }
            let school_name = draft.school_name.clone().unwrap_or_default();
            draft = draft
                .slot("column", columns[column].title.clone())
                .slot("raw", first.raw.clone())
                .slot("count", notes.len().to_string())
                .slot("school_name", school_name);
            match &first.note {
                Note::Converted { value, .. } => {
                    draft = draft.slot("value", value.clone());
                    draft = draft.slot("why", pipeline.word(&detail));
                }
                Note::Token(means) => {
                    draft = draft.slot("means", pipeline.word(means_word(*means)));
                }
                Note::Unreadable => {
                    let word = wanted_word(&columns[column].kind);
                    draft = draft.slot("wanted", pipeline.word(word));
                }
                Note::ChoiceUnknown => {
                    draft = draft.slot("choices", self.choices(&columns[column].kind));
                }
                Note::CodePadded { value } => draft = draft.slot("value", value.clone()),
                Note::CodeMalformed { length } => {
                    draft = draft.slot("length", length.to_string());
                }
                _ => {}
            }
            self.say(rule, draft);
        }
    }

    fn choices(&self, kind: &Kind) -> String {
        let Kind::Choice(list) = kind else {
            return String::new();
        };
        let names: Vec<String> = self.given.pipeline.code_lists[list]
            .iter()
            .take(8)
            .map(|c| format!("{}({})", c.name, c.code))
            .collect();
        names.join("\u{3001}")
    }

    /// What a list states of itself: the year, and cells that must be filled in.
    fn stated_facts(&mut self, table: &SheetTable, sheet: u32, taken: &[Option<&String>]) {
        let pipeline = self.given.pipeline;
        let columns = &pipeline.tables[table.table];
        let Some(county) = taken.first().copied().flatten().cloned() else {
            return;
        };
        let Some(record) = table.records.first() else {
            return;
        };
        let file = self.dataset.sheets[sheet as usize].file.clone();
        let place = |at: Option<(u32, u32)>| Place {
            file: Some(file.clone()),
            sheet: Some(table.sheet.clone()),
            cell: at.map(|(r, c)| a1(r, c)),
        };
        if let Some(c) = columns.position(YEAR_STATED)
            && let Some(year) = record.values[c].as_ref().and_then(Value::number)
            && year != self.given.period as f64
        {
            let draft = Draft {
                county_code: Some(county.clone()),
                place: place(record.cells[c]),
                column: Some(columns.columns[c].title.clone()),
                value: Some(crate::text::number(year)),
                expected: Some(self.given.period.to_string()),
                ..Draft::default()
            };
            let draft = draft
                .slot("stated", crate::text::number(year))
                .slot("period", self.given.period.to_string());
            self.say("period-differs", draft);
        }
        if columns.position(SCHOOL_CODE).is_some() {
            return;
        }
        for (c, at) in &table.needed {
            let cell = CellRef {
                sheet,
                row: at.0,
                col: at.1,
            };
            let said = table.notes.iter().any(|n| n.at == *at);
            if record.values[*c].is_none() && !said {
                self.dataset.spoken.insert(cell);
                let draft = Draft {
                    county_code: Some(county.clone()),
                    place: place(Some(*at)),
                    column: Some(columns.columns[*c].title.clone()),
                    ..Draft::default()
                };
                let title = columns.columns[*c].title.clone();
                self.say("value-missing", draft.slot("column", title));
            }
        }
    }

    fn totals(&mut self, table: &SheetTable, sheet: u32, taken: &[Option<&String>]) {
        for total in &table.totals {
            let Some(county) = taken.get(total.block.start).copied().flatten() else {
                continue;
            };
            let one_county = taken[..total.block.end].iter().all(|c| *c == Some(county));
            if !one_county {
                continue;
            }
            for (column, stated, at, raw) in &total.cells {
                let sum = |range: std::ops::Range<usize>| -> Option<f64> {
                    let mut sum = 0.0;
                    for (r, record) in table.records[range.clone()].iter().enumerate() {
                        let index = r + range.start;
                        match &record.values[*column] {
                            Some(value) => sum += value.number()?,
                            // A cell that holds something that could not be read makes the sum unknown.
                            None if table
                                .notes
                                .iter()
                                .any(|n| n.record == index && n.column == *column && !n.blank) =>
                            {
                                return None;
                            }
                            None => {}
                        }
                    }
                    Some(sum)
                };
                let (Some(block), Some(all)) = (sum(total.block.clone()), sum(0..total.block.end))
                else {
                    continue;
                };
                self.dataset.totals.push(TotalCell {
                    table: table.table,
                    county_code: county.clone(),
                    column: *column,
                    stated: *stated,
                    sums: [block, all],
                    rows: total.block.len(),
                    cell: CellRef {
                        sheet,
                        row: at.0,
                        col: at.1,
                    },
                    raw: raw.clone(),
                });
            }
        }
    }

    /// Joins the rows of one school from a sheet of each stage; marks schools that are claimed twice.
    fn join(&mut self, table: usize) {
        let mut rows = std::mem::take(&mut self.dataset.tables[table].rows);
        rows.sort_by(|a, b| {
            (&a.county_code, &a.key, a.sheet, a.row).cmp(&(&b.county_code, &b.key, b.sheet, b.row))
        });
        let mut out: Vec<Row> = Vec::new();
        let mut merged: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows {
            let fits = out.last().is_some_and(|last| {
                last.county_code == row.county_code
                    && last.key == row.key
                    && !last.stages.is_empty()
                    && !row.stages.is_empty()
                    && row.stages.iter().all(|s| !last.stages.contains(s))
                    && self.same_name(table, last, &row)
            });
            match out.last_mut().filter(|_| fits) {
                Some(last) => {
                    *merged.entry(row.county_code.clone()).or_insert(0) += 1;
                    let disagreements = merge(last, row);
                    let last = last.clone();
                    for (column, other) in disagreements {
                        self.disagree(table, &last, column, other);
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
        let mut start = 0;
        while start < out.len() {
            let mut end = start + 1;
            while end < out.len()
                && out[end].county_code == out[start].county_code
                && out[end].key == out[start].key
            {
                end += 1;
            }
            if end - start > 1 {
                self.claimed_twice(table, &mut out[start..end]);
            }
            start = end;
        }
        self.dataset.tables[table].rows = out;
        for i in 0..self.dataset.tables[table].rows.len() {
            let code = self.dataset.tables[table].rows[i].county_code.clone();
            if let Ok(c) = self.dataset.counties.binary_search_by(|x| x.code.cmp(&code)) {
                self.dataset.counties[c].received = true;
            }
        }
    }

    fn same_name(&self, table: usize, a: &Row, b: &Row) -> bool {
        let Some(c) = self.given.pipeline.tables[table].position(SCHOOL_NAME) else {
            return true;
        };
        match (&a.values[c], &b.values[c]) {
            (Some(a), Some(b)) => normal(&a.shown()) == normal(&b.shown()),
            _ => true,
        }
    }

    fn school(&self, table: usize, row: &Row) -> (Option<String>, Option<String>) {
        let columns = &self.given.pipeline.tables[table];
        let text = |name: &str| {
            columns
                .position(name)
                .and_then(|c| row.values[c].as_ref())
                .and_then(Value::text)
                .map(str::to_string)
        };
        (text(SCHOOL_CODE), text(SCHOOL_NAME))
    }

    fn disagree(
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
        let title = self.given.pipeline.tables[table].columns[column].title.clone();
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

    fn claimed_twice(&mut self, table: usize, rows: &mut [Row]) {
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
            let cell = column.and_then(|c| row.cells[c]).unwrap_or(CellRef {
                sheet: row.sheet,
                row: row.row,
                col: 0,
            });
            let draft = Draft {
                county_code: Some(row.county_code.clone()),
                school_code,
                school_name: school_name.clone(),
                place: self.dataset.place(&[cell]),
                column: column
                    .map(|c| self.given.pipeline.tables[table].columns[c].title.clone()),
                value: Some(row.key.trim_start_matches('~').to_string()),
                ..Draft::default()
            };
            self.say(
                "school-claimed-twice",
                draft
                    .slot("school_name", school_name.unwrap_or_else(|| row.key.clone()))
                    .slot("others", others.join("\u{3001}")),
            );
        }
    }

    fn missing(&mut self) {
        let pipeline = self.given.pipeline;
        let only = self.given.only;
        for county in self.dataset.counties.clone() {
            if !only.is_empty() && !only.contains(&county.code) {
                continue;
            }
            let sent = self
                .dataset
                .files
                .iter()
                .any(|f| f.county_codes.contains(&county.code));
            let draft = || Draft {
                county_code: Some(county.code.clone()),
                ..Draft::default()
            };
            if !sent && !county.received {
                self.say("county-missing", draft().slot("name", county.name.clone()));
                continue;
            }
            for table in &pipeline.settings.required_tables {
                let there = self.dataset.tables[*table]
                    .rows
                    .iter()
                    .any(|r| r.county_code == county.code);
                if !there {
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

/// What two rows of one school say differently: column, (kept value, its cell, the other's cell, the other value).
type Disagreement = (usize, (Value, Option<CellRef>, Option<CellRef>, Value));

/// Takes over what the second row says; what both say must be the same, else it becomes missing.
fn merge(row: &mut Row, other: Row) -> Vec<Disagreement> {
    let mut out = Vec::new();
    for (c, value) in other.values.into_iter().enumerate() {
        match (&row.values[c], value) {
            (None, Some(value)) => {
                row.values[c] = Some(value);
                row.cells[c] = other.cells[c];
            }
            (Some(kept), Some(value)) if *kept != value => {
                out.push((c, (kept.clone(), row.cells[c], other.cells[c], value)));
            }
            (None, None) if row.cells[c].is_none() => row.cells[c] = other.cells[c],
            _ => {}
        }
    }
    for (c, _) in &out {
        row.values[*c] = None;
    }
    row.stages.extend(other.stages);
    out
}

/// The rule for a note, and what tells notes of one rule apart.
fn note_rule(note: &CellNote) -> (&'static str, String) {
    if note.blank {
        return ("blank-as-zero", String::new());
    }
    match &note.note {
        Note::Converted { why, .. } => ("value-converted", (*why).to_string()),
        Note::Token(means) => ("value-token", format!("{}{}", note.raw, means_word(*means))),
        Note::Unreadable => ("value-unreadable", String::new()),
        Note::ErrorCell => ("value-error-cell", String::new()),
        Note::NotCached => ("value-not-cached", String::new()),
        Note::NotInteger => ("value-not-integer", String::new()),
        Note::Negative => ("value-negative", String::new()),
        Note::ChoiceUnknown => ("choice-unknown", String::new()),
        Note::CodePadded { .. } => ("code-padded", String::new()),
        Note::CodeDigitsLost => ("code-digits-lost", String::new()),
        Note::CodeMalformed { .. } => ("school-code-malformed", String::new()),
    }
}

/// Whether a note of this rule is one finding a cell, so that a missing value there needs no second one.
fn rule_blocks(rule: &str) -> bool {
    !matches!(rule, "blank-as-zero" | "value-converted" | "value-token")
}

fn wanted_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "wanted_text",
        Kind::Code(_) => "wanted_code",
        Kind::Choice(_) => "wanted_choice",
        Kind::YesNo => "wanted_yes_no",
        Kind::Year => "wanted_year",
        Kind::Date => "wanted_date",
        Kind::Count => "wanted_count",
        Kind::Number => "wanted_number",
        Kind::Percent => "wanted_percent",
    }
}

/// A table as a frame: county code and name, then the declared columns.
fn frame(pipeline: &Pipeline, dataset: &Dataset, table: usize) -> Result<DataFrame, Error> {
    let rows = &dataset.tables[table].rows;
    let mut columns: Vec<Column> = Vec::new();
    let codes: Vec<&str> = rows.iter().map(|r| r.county_code.as_str()).collect();
    let names: Vec<&str> = codes.iter().map(|c| dataset.county_name(c)).collect();
    columns.push(Column::new(COUNTY_CODE.into(), codes));
    columns.push(Column::new(COUNTY_NAME.into(), names));
    for (c, column) in pipeline.tables[table].columns.iter().enumerate() {
        let name: PlSmallStr = column.name.as_str().into();
        let cell = |r: &Row| r.values[c].clone();
        let made = match column.kind {
            Kind::Text | Kind::Code(_) | Kind::Choice(_) => {
                let values: Vec<Option<String>> = rows
                    .iter()
                    .map(|r| cell(r).and_then(|v| v.text().map(str::to_string)))
                    .collect();
                Column::new(name, values)
            }
            Kind::YesNo => {
                let values: Vec<Option<bool>> = rows
                    .iter()
                    .map(|r| match cell(r) {
                        Some(Value::Bool(b)) => Some(b),
                        _ => None,
                    })
                    .collect();
                Column::new(name, values)
            }
            Kind::Date => {
                let values: Vec<Option<i32>> = rows
                    .iter()
                    .map(|r| match cell(r) {
                        Some(Value::Date(d)) => Some(d),
                        _ => None,
                    })
                    .collect();
                Column::new(name, values).cast(&DataType::Date)?
            }
            Kind::Count | Kind::Year => {
                let values: Vec<Option<i64>> = rows
                    .iter()
                    .map(|r| cell(r).and_then(|v| v.number()).map(|n| n as i64))
                    .collect();
                Column::new(name, values)
            }
            Kind::Number | Kind::Percent => {
                let values: Vec<Option<f64>> = rows
                    .iter()
                    .map(|r| cell(r).and_then(|v| v.number()))
                    .collect();
                Column::new(name, values)
            }
        };
        columns.push(made);
    }
    Ok(DataFrame::new(rows.len(), columns)?)
}
