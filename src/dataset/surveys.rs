//! Questionnaires of all files -> one count a county: which county they belong to, which file replaces which, what is put
//! together. Every such decision is a finding. How rates are made of the counts does not belong here.

use std::collections::{BTreeMap, BTreeSet};

use super::assemble::{Assembly, about};
use super::{CountyAnswers, FileOutcome, Row, RowCells, SheetInfo};
use crate::finding::{Draft, Place, a1, cell_list};
use crate::ingest::answers::{AnswerTable, Answers, Overlap, Reason};
use crate::ingest::cell::Value;
use crate::ingest::questionnaire::TOO_MANY;
use crate::ingest::record::Cells;
use crate::ingest::submission::CountyName;
use crate::ingest::{FileRead, Status};
use crate::pipeline::model::Survey;
use crate::text::{NAMED_PLACES, normal, some_of};

/// The questionnaires of one county in one sheet: file, sheet (indices), and the counts.
struct Part {
    file: usize,
    table: usize,
    answers: Answers,
    /// What is said of it when it counts.
    said: Vec<(&'static str, Draft)>,
}

/// What a county's name or code in a row comes to.
enum Stated {
    Nothing,
    County(String),
    Unknown,
    /// One of more different texts than are told apart.
    TooMany,
}

impl Assembly<'_> {
    /// Puts the questionnaires of all files together, county by county.
    pub(super) fn questionnaires(&mut self) {
        let Some(survey) = &self.given.pipeline.survey else {
            return;
        };
        let mut parts: BTreeMap<(String, usize), Vec<Part>> = BTreeMap::new();
        for (f, file) in self.files.iter().enumerate() {
            for t in 0..file.answers.len() {
                for (county, part) in self.parts(survey, f, t) {
                    let form = file.answers[t].form;
                    parts.entry((county, form)).or_default().push(part);
                }
            }
        }
        let ages = self.ages();
        let mut all: Vec<(String, usize, Vec<Part>)> = Vec::new();
        for ((county, form), mut list) in parts {
            list.sort_by(|a, b| (&ages[b.file], a.table).cmp(&(&ages[a.file], b.table)));
            let kept = self.kept(&county, form, list);
            all.push((county, form, kept));
        }
        self.in_two_counties(&all);
        for (county, form, kept) in all {
            self.put_together(survey, county, form, kept);
        }
        self.dataset
            .surveys
            .sort_by(|a, b| a.county_code.cmp(&b.county_code));
    }

    /// The counties whose questionnaires a file holds, one unknown without any.
    pub(super) fn counties_of_answers(&self, f: usize) -> Vec<Option<String>> {
        let own = self.own[f].as_ref().map(|o| o.code.clone());
        let tables = self.files[f].answers.iter();
        let texts = tables.flat_map(|t| &t.counties).map(|a| &a.county);
        let codes = texts.map(|text| match self.stated_county(text) {
            Stated::County(code) if self.files[f].submission.folder.is_none() => Some(code),
            _ => own.clone(),
        });
        codes.collect()
    }

    /// The questionnaires of one sheet by county.
    fn parts(&mut self, survey: &Survey, f: usize, t: usize) -> Vec<(String, Part)> {
        let files: &[FileRead] = self.files;
        let table = &files[f].answers[t];
        let own = self.own[f].as_ref().map(|o| o.code.clone());
        let in_folder = files[f].submission.folder.is_some();
        let mut out: BTreeMap<String, Answers> = BTreeMap::new();
        let mut put = |county: String, answers: Answers| match out.get_mut(&county) {
            Some(known) => known.add(&answers),
            None => {
                out.insert(county, answers);
            }
        };
        let mut undetermined = (0, Vec::new());
        let mut unclear = (0, Vec::new());
        let mut from_name = false;
        let mut differing: BTreeMap<String, u32> = BTreeMap::new();
        for answers in &table.counties {
            let mut answers = answers.clone();
            match (self.stated_county(&answers.county), &own) {
                (Stated::County(code), Some(own)) if in_folder && code != *own => {
                    differing.entry(code).or_insert(answers.row);
                    answers.exclude_all(Reason::OtherCounty);
                    put(own.clone(), answers);
                }
                (Stated::County(code), _) => put(code, answers),
                (Stated::Nothing, Some(own)) => {
                    from_name |= !in_folder;
                    put(own.clone(), answers);
                }
                // Nothing says that it is another county than the folder's.
                (Stated::Unknown, Some(own)) if in_folder => {
                    unclear.0 += answers.returned;
                    unclear.1.push((answers.row, 0));
                    put(own.clone(), answers);
                }
                _ => {
                    undetermined.0 += answers.returned;
                    undetermined.1.push((answers.row, 0));
                }
            }
        }
        let counties: Vec<String> = out.keys().cloned().collect();
        let place = |cell: Option<String>| {
            let mut draft = about(&files[f], Some(&table.sheet), None);
            draft.place.cell = cell;
            draft
        };
        let of = |code: &str, draft: Draft| Draft {
            county_code: Some(code.to_string()),
            ..draft
        };
        for (rule, draft) in &table.drafts {
            for county in &counties {
                self.say(rule, of(county, draft.clone()));
            }
            if counties.is_empty() {
                let draft = match &own {
                    Some(own) => of(own, draft.clone()),
                    None => draft.clone(),
                };
                self.say(rule, draft);
            }
        }
        if undetermined.0 > 0 {
            // Whose they are is not known: every county of the sheet may lack them.
            for county in counties
                .iter()
                .map(Some)
                .chain(counties.is_empty().then_some(None))
            {
                let mut draft = place(Some(cell_list(&undetermined.1)));
                draft.county_code = county.cloned();
                self.say(
                    "county-undetermined",
                    draft.slot("count", undetermined.0.to_string()),
                );
            }
        }
        if let Some(own) = &own {
            if from_name {
                let draft = of(own, place(None)).slot("code", own.clone());
                self.say("county-from-file-name", draft);
            }
            if unclear.0 > 0 {
                let column = self.given.pipeline.word("role_county").to_string();
                let mut draft = of(own, place(Some(cell_list(&unclear.1))));
                draft.column = Some(column.clone());
                self.say(
                    "answers-county-unclear",
                    draft
                        .slot("column", column)
                        .slot("count", unclear.0.to_string()),
                );
            }
            for (code, row) in differing {
                let draft = of(own, place(Some(a1(row, 0))));
                let folder = CountyName {
                    code: own.clone(),
                    name: self.dataset.county_name(own).to_string(),
                };
                self.say_differs(draft, "county_in_cells", code, &folder);
            }
        }
        if !table.usable {
            return Vec::new();
        }
        out.into_iter()
            .map(|(county, answers)| {
                let said = of_answers(survey, table, &answers, |cell| of(&county, place(cell)));
                let part = Part {
                    file: f,
                    table: t,
                    answers,
                    said,
                };
                (county, part)
            })
            .collect()
    }

    /// The county that a row's text means: by code, by name, by a name inside it (with its prefecture before it), or by the
    /// beginning of one.
    fn stated_county(&self, text: &str) -> Stated {
        if text == TOO_MANY {
            return Stated::TooMany;
        }
        let plain = crate::text::trimmed(text);
        if plain.is_empty() {
            return Stated::Nothing;
        }
        // Respondents type all kinds of numbers: only a code on the list is one.
        if self.given.counties.iter().any(|c| c.code == plain) {
            return Stated::County(plain);
        }
        let key = normal(&plain);
        // Of names inside it the longest: a short one may stand in a longer one.
        let inside = |name: &str| !name.is_empty() && key.contains(name);
        let names = self.names.iter().map(|(_, name)| name.as_str());
        let longest = names.filter(|name| inside(name)).map(str::len).max();
        let begun = key.chars().count() >= 2;
        let found = self
            .only_county(|name| name == key && !key.is_empty())
            .or_else(|| self.only_county(|name| inside(name) && Some(name.len()) == longest))
            .or_else(|| self.only_county(|name| begun && name.starts_with(&key)));
        found.map_or(Stated::Unknown, Stated::County)
    }

    /// Of several files of one county, newest first: those that count. A file whose questionnaires are in a newer one too is
    /// replaced by it; files without any in common are put together. What lies between is an error: some would count twice,
    /// or be lost.
    fn kept(&mut self, county: &str, form: usize, list: Vec<Part>) -> Vec<Part> {
        let mut kept: Vec<Part> = Vec::new();
        for part in list {
            let same_file = |k: &Part| k.file == part.file;
            let identical = |k: &Part| {
                !same_file(k) && self.files[k.file].sha256 == self.files[part.file].sha256
            };
            let overlap = |k: &Part| k.answers.overlap(&part.answers);
            let other = kept
                .iter()
                .map(|k| (k.file, same_file(k), identical(k), overlap(k)))
                .find(|(_, _, identical, overlap)| *identical || *overlap != Overlap::None);
            let Some((newer, same, identical, overlap)) = other else {
                kept.push(part);
                continue;
            };
            let file = &self.files[part.file];
            let sheet = &file.answers[part.table].sheet;
            let draft = about(file, Some(sheet), Some(&county.to_string()));
            let by = self.files[newer].submission.path.clone();
            let replaced = identical || (overlap == Overlap::Most && !same);
            if identical {
                self.say("submission-identical", draft.slot("other", by));
            } else if replaced {
                let title = self.given.pipeline.forms[form].title.clone();
                let draft = draft.slot("by", by).slot("form", title);
                self.say("submission-replaced", draft);
            } else {
                let key = match overlap {
                    Overlap::NotKnown => "overlap_not_known",
                    _ => "overlap_some",
                };
                let reason = self.given.pipeline.word(key).to_string();
                let draft = draft.slot("other", by.clone()).slot("reason", reason);
                self.say("questionnaires-overlap", draft);
            }
            if !replaced && (overlap != Overlap::NotKnown || same) {
                kept.push(part);
                continue;
            }
            let outcome = &mut self.dataset.files[part.file];
            if outcome.status == Status::Rejected {
                outcome.status = Status::Replaced;
                outcome.replaced_by = Some(self.files[newer].submission.path.clone());
            }
            note(outcome, &self.given.pipeline.forms[form].title, county);
        }
        kept
    }

    /// The same questionnaires sent by two counties: at most one of them is right.
    fn in_two_counties(&mut self, all: &[(String, usize, Vec<Part>)]) {
        let parts: Vec<(&String, &Part)> = all
            .iter()
            .flat_map(|(county, _, parts)| parts.iter().map(move |p| (county, p)))
            .filter(|(_, part)| part.answers.valid() > 0)
            .collect();
        let mut said = Vec::new();
        for (a, b) in self.with_something_in_common(&parts) {
            let ((county, one), (other_county, other)) = (parts[a], parts[b]);
            let same = self.files[one.file].sha256 == self.files[other.file].sha256
                || one.answers.overlap(&other.answers) == Overlap::Most
                || other.answers.overlap(&one.answers) == Overlap::Most;
            if county != other_county && one.file != other.file && same {
                said.push((county, one, other.file));
                said.push((other_county, other, one.file));
            }
        }
        let reason = self.given.pipeline.word("overlap_counties");
        for (county, part, other) in said {
            let file = &self.files[part.file];
            let draft = about(file, Some(&file.answers[part.table].sheet), Some(county))
                .slot("other", self.files[other].submission.path.clone())
                .slot("reason", reason);
            self.say("questionnaires-overlap", draft);
        }
    }

    /// Pairs of parts from files with the same bytes, or with a questionnaire's hash in common: others are never the same.
    fn with_something_in_common(&self, parts: &[(&String, &Part)]) -> BTreeSet<(usize, usize)> {
        let mut files: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut hashes: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (i, (_, part)) in parts.iter().enumerate() {
            files
                .entry(&self.files[part.file].sha256)
                .or_default()
                .push(i);
            for hash in &part.answers.sketch {
                hashes.entry(*hash).or_default().push(i);
            }
        }
        let mut pairs = BTreeSet::new();
        for own in files.values().chain(hashes.values()) {
            for (n, a) in own.iter().enumerate() {
                pairs.extend(own[n + 1..].iter().map(|b| (*a, *b)));
            }
        }
        pairs
    }

    fn put_together(&mut self, survey: &Survey, county: String, form: usize, kept: Vec<Part>) {
        let wanted = self.given.only.is_empty() || self.given.only.contains(&county);
        if self.dataset.county(&county).is_none() {
            self.unlisted(&county, "");
        }
        let mut sheets = Vec::new();
        let mut whole: Option<Answers> = None;
        let mut files: Vec<&str> = Vec::new();
        for part in kept {
            for (rule, draft) in part.said {
                self.say(rule, draft);
            }
            let file = &self.files[part.file];
            let sheet = u32::try_from(self.dataset.sheets.len()).unwrap_or(u32::MAX);
            self.dataset.sheets.push(SheetInfo {
                file: file.submission.path.clone(),
                sheet: file.answers[part.table].sheet.clone(),
            });
            sheets.push((sheet, part.answers.row));
            let outcome = &mut self.dataset.files[part.file];
            outcome.status = Status::Accepted;
            outcome.replaced_by = None;
            outcome.rows += usize::try_from(part.answers.returned).unwrap_or(usize::MAX);
            note(outcome, &self.given.pipeline.forms[form].title, &county);
            files.push(&file.submission.path);
            match &mut whole {
                Some(whole) => whole.add(&part.answers),
                None => whole = Some(part.answers),
            }
        }
        let (Some(answers), Some((sheet, row))) = (whole, sheets.first().copied()) else {
            return;
        };
        if !wanted {
            return;
        }
        // Also with none that is valid: the county has sent something, and must hear what is wrong with it.
        let mut counties = self.dataset.counties.iter_mut();
        if let Some(own) = counties.find(|c| c.code == county) {
            own.received = true;
        }
        let draft = || Draft {
            county_code: Some(county.clone()),
            place: Place {
                file: Some(self.dataset.sheets[sheet as usize].file.clone()),
                sheet: Some(self.dataset.sheets[sheet as usize].sheet.clone()),
                cell: None,
            },
            ..Draft::default()
        };
        let mut said = Vec::new();
        files.dedup();
        if files.len() > 1 {
            said.push((
                "questionnaires-added",
                draft()
                    .slot("count", files.len().to_string())
                    .slot("files", some_of(&files, NAMED_PLACES)),
            ));
        }
        let valid = answers.valid();
        let reasons = self.reasons(&answers);
        if valid == 0 {
            said.push((
                "questionnaires-none-valid",
                draft()
                    .slot("returned", answers.returned.to_string())
                    .slot("reasons", reasons),
            ));
        } else if answers.excluded_count() > 0 {
            said.push((
                "questionnaires-excluded",
                draft()
                    .slot("returned", answers.returned.to_string())
                    .slot("valid", valid.to_string())
                    .slot("excluded", answers.excluded_count().to_string())
                    .slot("reasons", reasons),
            ));
        }
        let misaligned = answers.excluded[Reason::Misaligned as usize];
        if misaligned as f64 * 100.0 > survey.unread * answers.returned as f64 {
            said.push((
                "questionnaires-misaligned",
                draft()
                    .slot("count", misaligned.to_string())
                    .slot("returned", answers.returned.to_string()),
            ));
        }
        for (rule, draft) in said {
            self.say(rule, draft);
        }
        self.rows_of(survey, &county, form, &answers, (sheet, row));
        self.dataset.surveys.push(CountyAnswers {
            county_code: county,
            form,
            answers,
            sheets,
        });
    }

    /// Why questionnaires are not valid, with their numbers.
    fn reasons(&self, answers: &Answers) -> String {
        let p = self.given.pipeline;
        let own: Vec<String> = Reason::ALL
            .iter()
            .filter(|r| answers.excluded[**r as usize] > 0)
            .map(|r| {
                let count = answers.excluded[*r as usize].to_string();
                p.phrase(
                    "excluded_of",
                    &[("reason", p.word(r.key())), ("count", &count)],
                )
            })
            .collect();
        own.join("\u{3001}")
    }

    /// The counts as rows of the table of questionnaires: all together, then every group. Nothing without valid ones.
    fn rows_of(
        &mut self,
        survey: &Survey,
        county: &str,
        form: usize,
        answers: &Answers,
        (sheet, row): (u32, u32),
    ) {
        let overall = self.given.pipeline.forms[form].asked.overall();
        let groups = std::iter::once(None).chain((0..survey.groups.len()).map(Some));
        for group in groups {
            let Some(tally) = answers.of(group).filter(|t| t.valid > 0) else {
                continue;
            };
            let key = group.map_or(&survey.whole, |g| &survey.groups[g].code);
            let official = answers.official(survey, group, overall);
            let number = |n: f64| Some(Value::Number(n));
            let (satisfied, _) = tally.satisfied.declared(survey);
            let values = vec![
                Some(Value::Text(key.clone().into())),
                match group {
                    Some(_) => None,
                    None => number(answers.returned as f64),
                },
                number(tally.valid as f64),
                number(satisfied),
                official.and_then(|(top, _)| number(top)),
                official.and_then(|(_, bottom)| number(bottom)),
            ];
            let cells = Cells::none(row, values.len());
            self.dataset.tables[survey.table].rows.push(Row {
                county_code: county.to_string(),
                key: key.clone(),
                values: values.into(),
                cells: RowCells::new(sheet, cells),
                sheet,
                row,
                stages: Vec::new(),
                form,
                conflict: false,
                pieces: BTreeMap::new(),
                disputed: Vec::new(),
                added: BTreeMap::new(),
                counted: None,
                revoked: None,
            });
        }
    }
}

/// What is to be said of the counts of one county in one sheet.
fn of_answers(
    survey: &Survey,
    table: &AnswerTable,
    answers: &Answers,
    draft: impl Fn(Option<String>) -> Draft,
) -> Vec<(&'static str, Draft)> {
    let mut out = Vec::new();
    if answers.untestable > 0 {
        let count = answers.untestable.to_string();
        out.push((
            "duplicates-not-testable",
            draft(None).slot("returned", count),
        ));
    }
    for (col, unread) in &answers.unread {
        let column = table
            .headers
            .get(*col as usize)
            .cloned()
            .unwrap_or_default();
        // Unread answers to what decides count as not satisfied: many of them are no rate.
        let many = table.judged.contains(col)
            && unread.count as f64 * 100.0 > survey.unread * answers.returned as f64;
        let rule = if many {
            "answers-unread-many"
        } else {
            "answers-unread"
        };
        let mut draft = draft(Some(cell_list(&unread.cells)));
        draft.column = Some(column.clone());
        let draft = draft
            .slot("column", column)
            .slot("count", unread.count.to_string())
            .slot("returned", answers.returned.to_string());
        out.push((rule, draft));
    }
    out
}

/// Notes what a file holds, and of which county.
fn note(outcome: &mut FileOutcome, form: &str, county: &str) {
    if !outcome.forms.iter().any(|f| f == form) {
        outcome.forms.push(form.to_string());
    }
    if !outcome.county_codes.iter().any(|c| c == county) {
        outcome.county_codes.push(county.to_string());
        outcome.county_codes.sort();
    }
}
