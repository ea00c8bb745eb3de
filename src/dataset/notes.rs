//! What the reader noted about cells, lists and total rows, as findings and as facts for the checks.

use std::collections::{BTreeMap, HashSet};

use super::assemble::Assembly;
use super::{CellRef, SCHOOL_CODE, SCHOOL_NAME, TotalCell, YEAR_STATED};
use crate::finding::{Draft, Place, a1, cell_list};
use crate::ingest::cell::{Note, Value, text_of};
use crate::ingest::{CellNote, SheetTable, means_word};
use crate::pipeline::model::Kind;

/// Cells of one column, with one kind of note, that are said one by one. More of them have one reason.
const SAID_ALONE: usize = 1_000;

/// Notes on cells that must be corrected or looked at one by one.
const SAID_ALONE_RULES: &[&str] = &[
    "value-unreadable",
    "value-error-cell",
    "value-not-cached",
    "value-not-integer",
    "value-negative",
    "choice-unknown",
    "code-padded",
    "code-digits-lost",
    "school-code-malformed",
    "columns-disagree",
    "parts-unfit",
];

/// Most choices that one message lists.
const NAMED_CHOICES: usize = 15;

impl Assembly<'_> {
    /// Notes on cells become findings: one for each county, column and kind, with all its cells.
    pub(super) fn notes(&mut self, table: &SheetTable, sheet: u32, taken: &[Option<&String>]) {
        let pipeline = self.given.pipeline;
        let columns = &pipeline.tables[table.table].columns;
        let mut groups: BTreeMap<(&String, usize, String), Vec<&CellNote>> = BTreeMap::new();
        let mut counts: BTreeMap<(&String, usize, &str), usize> = BTreeMap::new();
        for note in &table.notes {
            if let Some(county) = taken.get(note.record).copied().flatten() {
                let (rule, _) = note_rule(note);
                *counts.entry((county, note.column, rule)).or_default() += 1;
            }
        }
        for note in &table.notes {
            let Some(county) = taken.get(note.record).copied().flatten() else {
                continue;
            };
            let cell = CellRef {
                sheet,
                row: note.at.0,
                col: note.at.1,
            };
            // A sentence's cell holds more than the blank.
            if !table.records[note.record].pieces.contains_key(&note.column) {
                self.dataset.raw.insert(cell, note.raw.clone());
            }
            let (rule, detail) = note_rule(note);
            if is_said_alone(rule) {
                self.dataset.spoken.insert(cell);
            }
            // Conversions of one kind in one column are one finding; what must be corrected is one finding a cell, unless a whole
            // column must be.
            let count = counts.get(&(county, note.column, rule));
            let single = if is_said_alone(rule) && count.is_some_and(|n| *n <= SAID_ALONE) {
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
                let text =
                    |name: &str| text_of(&pipeline.tables[table.table], &record.values, name);
                draft.school_code = text(SCHOOL_CODE);
                draft.school_name = text(SCHOOL_NAME);
            }
            let school_name = draft.school_name.clone().unwrap_or_default();
            let count = notes.len().to_string();
            let raw = match is_said_alone(rule) && notes.len() > 1 {
                true => {
                    let slots = [("raw", first.raw.as_str()), ("count", &count)];
                    pipeline.phrase("several_cells", &slots)
                }
                false => first.raw.clone(),
            };
            draft = draft
                .slot("column", columns[column].title.clone())
                .slot("raw", raw)
                .slot("count", count)
                .slot("school_name", school_name);
            match &first.note {
                Note::Converted { value, .. } => {
                    let unit = columns[column].unit.map(|u| &pipeline.units.list[u].name);
                    let value = format!("{value}{}", unit.map_or("", String::as_str));
                    draft = draft.slot("value", value);
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
                Note::ContainedIn { column } => {
                    draft = draft.slot("other", columns[*column].title.clone());
                }
                Note::ColumnsDisagree { other } => draft = draft.slot("other", other.clone()),
                _ => {}
            }
            self.say(rule, draft);
        }
    }

    pub(super) fn choices(&self, kind: &Kind) -> String {
        let Kind::Choice(list) = kind else {
            return String::new();
        };
        let names: Vec<String> = self.given.pipeline.code_lists[list]
            .iter()
            .take(NAMED_CHOICES)
            .map(|c| format!("{}({})", c.name, c.code))
            .collect();
        let more = self.given.pipeline.code_lists[list].len() > NAMED_CHOICES;
        format!(
            "{}{}",
            names.join("\u{3001}"),
            if more { "\u{2026}" } else { "" }
        )
    }

    /// What a list states of itself: the year, and cells that must be filled in.
    pub(super) fn stated_facts(
        &mut self,
        table: &SheetTable,
        sheet: u32,
        taken: &[Option<&String>],
    ) {
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
                place: place(record.cells.at(c)),
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

    /// The 合计 rows of a table, with what they may add up. `above`: the tables above it on its sheet, all of one county.
    pub(super) fn totals(
        &mut self,
        table: &SheetTable,
        sheet: u32,
        taken: &[Option<&String>],
        above: &[SheetTable],
    ) {
        if table.totals.is_empty() {
            return;
        }
        let unread = unread(table);
        for total in &table.totals {
            // A total row right below the header adds up what stands below it.
            let end = if total.block.end == 0 {
                table.records.len()
            } else {
                total.block.end
            };
            let last = end.checked_sub(1);
            let Some(county) = last.and_then(|i| taken.get(i)).copied().flatten() else {
                continue;
            };
            let one_county = taken[..end].iter().all(|c| *c == Some(county));
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
                            None if unread.contains(&(index, *column)) => {
                                return None;
                            }
                            None => {}
                        }
                    }
                    Some(sum)
                };
                // A 总计 right below a 合计 adds up all rows.
                let own = if total.block.is_empty() {
                    0..end
                } else {
                    total.block.clone()
                };
                let rows = own.len();
                let (Some(block), Some(all)) = (sum(own), sum(0..end)) else {
                    continue;
                };
                // One 合计 below several tables may add up all of them.
                let whole = match above {
                    [] => None,
                    _ => sum_above(above, at.1).map(|above| above + all),
                };
                self.dataset.totals.push(TotalCell {
                    table: table.table,
                    county_code: county.clone(),
                    column: *column,
                    stated: *stated,
                    sums: [Some(block), Some(all), whole]
                        .into_iter()
                        .flatten()
                        .collect(),
                    rows,
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
        Note::ColumnsDisagree { .. } => ("columns-disagree", String::new()),
        Note::PartsTakenOff => ("parts-taken-off", String::new()),
        Note::PartsUnfit => ("parts-unfit", String::new()),
        Note::ContainedIn { .. } => ("figure-contained", String::new()),
    }
}

/// Whether a note of this rule is one finding a cell, so that a missing value there needs no second one.
pub fn is_said_alone(rule: &str) -> bool {
    SAID_ALONE_RULES.contains(&rule)
}

/// Records and columns of a table whose cell says something else than its figure.
fn unread(table: &SheetTable) -> HashSet<(usize, usize)> {
    let notes = table.notes.iter().filter(|n| !n.blank);
    notes.map(|n| (n.record, n.column)).collect()
}

/// What the tables above a 合计 row add up to in a column of their sheet; `None` where a cell is unread.
fn sum_above(above: &[SheetTable], col: u32) -> Option<f64> {
    let mut sum = 0.0;
    for table in above {
        let unread = unread(table);
        for (r, record) in table.records.iter().enumerate() {
            let own = |c: &usize| record.cells.at(*c).is_some_and(|(_, own)| own == col);
            let Some(c) = (0..record.values.len()).find(own) else {
                continue;
            };
            match &record.values[c] {
                Some(value) => sum += value.number()?,
                None if unread.contains(&(r, c)) => return None,
                None => {}
            }
        }
    }
    Some(sum)
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
