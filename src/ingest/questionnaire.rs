//! Raw questionnaires, one row a respondent: known by their headers, counted while the rows pass by. No row is kept, and
//! nothing of a respondent (address, phone, name, open answer) leaves this file: devices and numbers are compared as hashes.

use std::collections::BTreeMap;

use super::answers::{
    AnswerTable, Answers, Marks, NAMED_CELLS, Reason, SKETCH, Satisfied, SchoolTally, Screened,
    Tally,
};
use super::formats::Seen;
use super::grid::Grid;
use super::question_heads::{self, Heads, LONGEST, Use, without_asides};
use super::said::{BLANK, Said};
use super::times::{duration, second, serial_second};
use crate::finding::{Draft, Place};
use crate::fixed::{HashMap, HashSet, hash_of};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{AnswerMeans, AnswerRole, RateKind, Survey};
use crate::text::normal;

/// How far down the headers may stand, and how many rows are looked at before a sheet is known.
pub const HEAD_ROWS: u32 = 24;

/// Not one of the declared words.
const UNREAD: u8 = u8::MAX;
/// Texts that are remembered with what they mean; more are read anew each time.
const REMEMBERED: usize = 20_000;
/// Stands for all texts behind the most that are kept.
pub const TOO_MANY: &str = "\u{0}";
/// Different counties in one sheet; a column with more is none of counties.
const COUNTIES: usize = 4_000;

/// What is known of the row that is passing by.
#[derive(Debug, Default)]
struct Passing {
    row: u32,
    filled: bool,
    answers: Vec<u8>,
    identity: Option<u8>,
    county: Option<u32>,
    county_code: Option<u32>,
    school: Option<u32>,
    second: Option<(i64, bool)>,
    seconds_taken: Option<f64>,
    number: Option<u64>,
    device: Option<u64>,
    devices: u64,
    unread: Vec<u32>,
    /// Something stands right of the last header.
    misaligned: bool,
}

/// What one county comes to while its rows pass by.
#[derive(Debug, Default)]
struct Own {
    answers: Answers,
    schools: HashMap<u32, (u64, Satisfied)>,
    // One entry a questionnaire, counted at the end.
    patterns: Vec<u64>,
    devices: Vec<u64>,
    seconds: Vec<i64>,
    durations: Vec<u32>,
    sketch: std::collections::BinaryHeap<u64>,
}

/// Texts of a column, each with its number.
#[derive(Debug, Default)]
struct Names {
    known: HashMap<Box<str>, u32>,
    list: Vec<Box<str>>,
}

impl Names {
    /// The number of a text. Behind so many different ones all others are one: [`TOO_MANY`].
    fn number(&mut self, text: &str, most: usize) -> Option<u32> {
        if let Some(n) = self.known.get(text) {
            return Some(*n);
        }
        if self.list.len() >= most && text != TOO_MANY {
            return self.number(TOO_MANY, most);
        }
        let n = u32::try_from(self.list.len()).ok()?;
        self.known.insert(text.into(), n);
        self.list.push(text.into());
        Some(n)
    }
}

/// What a text was taken for in its column.
#[derive(Debug, Clone, Copy, Default)]
enum Known {
    /// It must be looked at.
    #[default]
    Not,
    Answer(u8),
    Identity(u8),
    County(u32),
    School(u32),
    Duration(f64),
}

/// Texts with greater numbers are looked at each time.
const KNOWN: u32 = 1 << 16;

/// Counts the rows of one sheet of questionnaires.
pub struct Collector<'p> {
    survey: &'p Survey,
    pipeline: &'p Pipeline,
    sheet: String,
    heads: Heads,
    /// How many of the questions that are asked must be answered.
    required: usize,
    words: HashMap<Box<str>, u8>,
    identities: HashMap<Box<str>, u8>,
    nothing: HashMap<Box<str>, bool>,
    durations: HashMap<Box<str>, Option<f64>>,
    counties: Names,
    schools: Names,
    /// By column, what the texts of the sheet were taken for, by their numbers.
    known: Vec<Vec<Known>>,
    /// By answers.
    said: HashMap<Box<[u8]>, Said>,
    seen: HashSet<u64>,
    seen_words: Vec<bool>,
    passing: Passing,
    own: Vec<Own>,
    by_county: HashMap<Option<u32>, usize>,
}

/// The form of questionnaires that a sheet is by its first rows, ready to count the rows below the headers.
pub fn open<'p>(pipeline: &'p Pipeline, head: &Grid) -> Option<Collector<'p>> {
    let survey = pipeline.survey.as_ref()?;
    let heads = question_heads::find(pipeline, survey, head)?;
    let questions = pipeline.forms[heads.form].asked.questions.len();
    Some(Collector {
        survey,
        pipeline,
        sheet: head.name.clone(),
        required: heads.asked.iter().filter(|(_, required)| *required).count(),
        heads,
        words: HashMap::default(),
        identities: HashMap::default(),
        nothing: HashMap::default(),
        durations: HashMap::default(),
        counties: Names::default(),
        schools: Names::default(),
        known: Vec::new(),
        said: HashMap::default(),
        seen: HashSet::default(),
        seen_words: vec![false; survey.words.len()],
        passing: Passing {
            row: u32::MAX,
            answers: vec![BLANK; questions],
            ..Passing::default()
        },
        own: Vec::new(),
        by_county: HashMap::default(),
    })
}

/// Whether a character that nobody sees can begin with this byte.
fn begins_blank(byte: u8) -> bool {
    byte <= b' ' || matches!(byte, 0x7F | 0xC2 | 0xE1 | 0xE2 | 0xE3 | 0xEF)
}

/// How often the most frequent of some values stands there.
fn most_frequent<T: Ord>(mut values: Vec<T>) -> u64 {
    values.sort_unstable();
    let runs = values.chunk_by(|a, b| a == b).map(<[T]>::len);
    runs.max().unwrap_or(0) as u64
}

impl Collector<'_> {
    /// The row of the headers; what comes below are questionnaires.
    pub fn header_row(&self) -> u32 {
        self.heads.row
    }

    /// Takes one cell; cells come row by row.
    pub fn cell(&mut self, row: u32, col: u32, cell: Seen<'_>) {
        let cell = match cell {
            Seen::Field(text) | Seen::DateText(text) => Seen::Text(text),
            other => other,
        };
        // White space, and signs that nobody sees, are nothing.
        if let Seen::Text(text) = cell
            && text.bytes().next().is_none_or(begins_blank)
            && super::workbook::is_blank(text)
        {
            return;
        }
        self.begin(row);
        let Some(used) = self.heads.uses.get(col as usize) else {
            self.passing.misaligned = true;
            return;
        };
        match used {
            Use::Nothing | Use::Role(AnswerRole::Private) => {}
            Use::Question(q) => {
                let q = *q;
                self.passing.answers[q] = match cell {
                    Seen::Text(text) => self.word(text),
                    Seen::Number(n) => self.word(&crate::text::number(n)),
                    _ => UNREAD,
                };
                if self.passing.answers[q] == UNREAD {
                    self.passing.unread.push(col);
                }
            }
            Use::Role(role) => self.role(*role, col, cell),
        }
    }

    /// Takes a cell with a text that may have been in the column before, under the same number.
    pub fn text(&mut self, row: u32, col: u32, number: u32, text: &str) {
        let known = self.known.get(col as usize);
        let known = known.and_then(|known| known.get(number as usize));
        let known = known.copied().unwrap_or_default();
        if !matches!(known, Known::Not) {
            self.begin(row);
        }
        match known {
            Known::Not => {
                self.cell(row, col, Seen::Text(text));
                self.remember(row, col, number, text);
            }
            Known::Answer(word) => {
                if let Some(Use::Question(q)) = self.heads.uses.get(col as usize) {
                    self.passing.answers[*q] = word;
                }
            }
            Known::Identity(group) => self.passing.identity = Some(group),
            Known::County(county) => self.passing.county = Some(county),
            Known::School(school) => self.passing.school = Some(school),
            Known::Duration(seconds) => self.passing.seconds_taken = Some(seconds),
        }
    }

    /// Keeps what the text of a cell was taken for, where that is all there is to say about it.
    fn remember(&mut self, row: u32, col: u32, number: u32, text: &str) {
        let p = &self.passing;
        let is_unread = p.unread.last() == Some(&col);
        if number >= KNOWN || p.row != row || is_unread || text.trim().is_empty() {
            return;
        }
        let known = match self.heads.uses.get(col as usize) {
            Some(Use::Question(q)) => Some(Known::Answer(p.answers[*q])),
            Some(Use::Role(AnswerRole::Identity)) => p.identity.map(Known::Identity),
            Some(Use::Role(AnswerRole::County)) => p.county.map(Known::County),
            Some(Use::Role(AnswerRole::School)) => p.school.map(Known::School),
            Some(Use::Role(AnswerRole::Duration)) => p.seconds_taken.map(Known::Duration),
            // Of such columns there may be very many.
            _ => None,
        };
        let Some(known) = known else {
            return;
        };
        let (col, number) = (col as usize, number as usize);
        if self.known.len() <= col {
            self.known.resize(col + 1, Vec::new());
        }
        if let Some(column) = self.known.get_mut(col) {
            if column.len() <= number {
                column.resize(number + 1, Known::Not);
            }
            column[number] = known;
        }
    }

    /// Goes to a row in which something stands.
    fn begin(&mut self, row: u32) {
        if row != self.passing.row {
            self.end_row();
            self.passing.row = row;
        }
        self.passing.filled = true;
    }

    fn role(&mut self, role: AnswerRole, col: u32, cell: Seen<'_>) {
        let shown;
        let text = match cell {
            Seen::Text(text) => text,
            Seen::Number(n) => {
                shown = crate::text::number(n);
                &shown
            }
            Seen::Date(serial, is_1904) if role == AnswerRole::Submitted => {
                self.passing.second = serial_second(serial, is_1904).map(|s| (s, true));
                return;
            }
            Seen::Date(serial, _) if role == AnswerRole::Duration => {
                // A duration under a time format: part of a day.
                self.passing.seconds_taken =
                    (0.0..10.0).contains(&serial).then_some(serial * 86_400.0);
                return;
            }
            _ => {
                self.passing.unread.push(col);
                return;
            }
        };
        if self.says_nothing(text) {
            return;
        }
        match role {
            AnswerRole::Submitted => {
                self.passing.second = match cell {
                    Seen::Number(n) => serial_second(n, false).map(|s| (s, true)),
                    _ => second(text),
                };
                if self.passing.second.is_none() {
                    self.passing.unread.push(col);
                }
            }
            AnswerRole::Duration => {
                self.passing.seconds_taken = match cell {
                    Seen::Number(n) => Some(n).filter(|n| *n >= 0.0),
                    _ => self.duration(text),
                };
                if self.passing.seconds_taken.is_none() {
                    self.passing.unread.push(col);
                }
            }
            AnswerRole::Respondent => self.passing.number = Some(hash_of(text.trim())),
            AnswerRole::Device => {
                let own = hash_of(text.trim());
                self.passing.device.get_or_insert(own);
                self.passing.devices = hash_of(&(self.passing.devices, own));
            }
            AnswerRole::Identity => {
                let group = self.identity(text);
                self.passing.identity = Some(group);
                if group == UNREAD {
                    self.passing.unread.push(col);
                }
            }
            AnswerRole::County => {
                self.passing.county = self.counties.number(text.trim(), COUNTIES);
            }
            AnswerRole::CountyCode => {
                // What is no code leaves it to the name.
                let code = crate::text::trimmed(text);
                if code.bytes().all(|b| b.is_ascii_digit()) {
                    self.passing.county_code = self.counties.number(&code, COUNTIES);
                }
            }
            AnswerRole::School => {
                self.passing.school = self.schools.number(text.trim(), REMEMBERED);
            }
            AnswerRole::Private => {}
        }
    }

    /// Whether a text is white space or one of the declared marks for nothing.
    fn says_nothing(&mut self, text: &str) -> bool {
        let plain = text.trim();
        // Numbers, times and addresses are no marks.
        if plain.bytes().next().is_some_and(|b| b.is_ascii_digit()) || plain.len() > 48 {
            return false;
        }
        if let Some(nothing) = self.nothing.get(plain) {
            return *nothing;
        }
        let key = normal(plain);
        let nothing = self.survey.is_blank(&key);
        if self.nothing.len() < REMEMBERED {
            self.nothing.insert(plain.into(), nothing);
        }
        nothing
    }

    /// Forgets the row that is passing by: its sheet breaks off in it.
    pub fn forget_row(&mut self) {
        self.passing.filled = false;
    }

    /// The seconds of a written duration; most are written again and again.
    fn duration(&mut self, text: &str) -> Option<f64> {
        if let Some(seconds) = self.durations.get(text) {
            return *seconds;
        }
        let seconds = duration(text, &self.survey.duration_units);
        if self.durations.len() < REMEMBERED {
            self.durations.insert(text.into(), seconds);
        }
        seconds
    }

    /// The word of an answer.
    fn word(&mut self, text: &str) -> u8 {
        if let Some(word) = self.words.get(text) {
            return *word;
        }
        let key = normal(text);
        let words = &self.survey.words;
        let of = |key: &str| words.iter().position(|w| w.text == key);
        let word = if self.survey.is_blank(&key) {
            Some(BLANK)
        } else {
            of(&key)
                // Platforms write the letter or the number of the choice before its text.
                .or_else(|| of(key.trim_start_matches(|c: char| c.is_ascii_alphanumeric())))
                .and_then(|w| u8::try_from(w).ok())
        };
        let word = word.unwrap_or(UNREAD);
        if let Some(seen) = self.seen_words.get_mut(usize::from(word)) {
            *seen = true;
        }
        if self.words.len() < REMEMBERED {
            self.words.insert(text.into(), word);
        }
        word
    }

    /// The group of an identity; of several the one that comes first by the declared order.
    fn identity(&mut self, text: &str) -> u8 {
        if let Some(group) = self.identities.get(text) {
            return *group;
        }
        let asked = &self.pipeline.forms[self.heads.form].asked;
        if text.len() > LONGEST {
            return UNREAD;
        }
        let plain = without_asides(crate::text::trimmed(text), &asked.asides);
        let groups = &self.survey.groups;
        let of = |part: &str| {
            let key = normal(part);
            let bare = key.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
            groups
                .iter()
                .position(|g| g.texts.iter().any(|t| *t == key || *t == bare))
        };
        let mut parts = vec![plain.as_str()];
        if of(&plain).is_none() {
            for separator in &asked.separators {
                parts = parts
                    .iter()
                    .flat_map(|p| p.split(separator.as_str()))
                    .collect();
            }
        }
        let own: Vec<usize> = parts.iter().filter_map(|p| of(p)).collect();
        let first = self.survey.precedence.iter().find(|g| own.contains(g));
        let group = first
            .and_then(|g| u8::try_from(*g).ok())
            .unwrap_or_else(|| {
                let blank = self.survey.is_blank(&normal(text));
                if blank { BLANK } else { UNREAD }
            });
        if self.identities.len() < REMEMBERED {
            self.identities.insert(text.into(), group);
        }
        group
    }

    fn end_row(&mut self) {
        if self.passing.row == u32::MAX || !self.passing.filled {
            return;
        }
        let own = self.own_of_row();
        let said = self.said();
        let p = &mut self.passing;
        let own = &mut self.own[own];
        own.answers.returned += 1;
        for col in &p.unread {
            let unread = own.answers.unread.entry(*col).or_default();
            unread.count += 1;
            if unread.cells.len() < NAMED_CELLS {
                unread.cells.push((p.row, *col));
            }
        }
        let identity = p.identity.unwrap_or(BLANK);
        let reason = if p.misaligned {
            Some(Reason::Misaligned)
        } else if identity == BLANK && said.none {
            Some(Reason::Blank)
        } else if identity == BLANK {
            Some(Reason::NoIdentity)
        } else if identity == UNREAD {
            Some(Reason::UnknownIdentity)
        } else if (said.given as f64) * 100.0 < self.survey.answered * self.required as f64 - 1e-9
            || said.none
        {
            Some(Reason::TooFewAnswers)
        } else {
            // The same number, or device and second, with other answers is another questionnaire.
            let tells = matches!(
                (p.number, p.device, p.second),
                (Some(_), ..) | (None, Some(_), Some((_, true)))
            );
            let technical = tells.then(|| {
                let place = (p.county, p.county_code, p.school);
                hash_of(&(p.number, p.devices, p.second, identity, place, said.hash))
            });
            own.answers.untestable += u64::from(technical.is_none());
            match technical {
                Some(hash) if !self.seen.insert(hash) => Some(Reason::Duplicate),
                _ => None,
            }
        };
        match reason {
            Some(reason) => own.answers.excluded[reason as usize] += 1,
            None => own.count(self.survey.words.len(), &self.heads.asked, &said, p),
        }
        p.filled = false;
        p.answers.fill(BLANK);
        p.identity = None;
        p.county = None;
        p.county_code = None;
        p.school = None;
        p.second = None;
        p.seconds_taken = None;
        p.number = None;
        p.device = None;
        p.devices = 0;
        p.misaligned = false;
        p.unread.clear();
    }

    /// What the answers of the row that has passed by come to; most were given before.
    fn said(&mut self) -> Said {
        let answers = self.passing.answers.as_slice();
        if let Some(said) = self.said.get(answers) {
            return *said;
        }
        let said = Said::of(self.survey, &self.heads, answers);
        if self.said.len() < REMEMBERED {
            self.said.insert(answers.into(), said);
        }
        said
    }

    /// The county of the row that has passed by.
    fn own_of_row(&mut self) -> usize {
        let key = self.passing.county_code.or(self.passing.county);
        if let Some(own) = self.by_county.get(&key) {
            return *own;
        }
        let county = key.map_or(String::new(), |k| {
            self.counties.list[k as usize].to_string()
        });
        let own = Own {
            answers: Answers {
                county,
                row: self.passing.row,
                marks: self.heads.marks(),
                groups: vec![Tally::default(); self.survey.groups.len()],
                ..Answers::default()
            },
            ..Own::default()
        };
        self.own.push(own);
        self.by_county.insert(key, self.own.len() - 1);
        self.own.len() - 1
    }

    /// What all rows came to.
    pub fn finish(mut self) -> AnswerTable {
        self.end_row();
        let scale = self.scale();
        let mut counties: Vec<Answers> = Vec::new();
        for own in self.own {
            let mut answers = own.answers;
            let mut schools: BTreeMap<String, SchoolTally> = BTreeMap::new();
            for (school, (valid, satisfied)) in own.schools {
                let name = normal(&self.schools.list[school as usize]);
                let tally = schools.entry(name.clone()).or_insert_with(|| SchoolTally {
                    name,
                    ..SchoolTally::default()
                });
                tally.valid += valid;
                tally.satisfied.add(&satisfied);
            }
            answers.schools = schools.into_values().collect();
            answers.screened.repeated = most_frequent(own.patterns);
            answers.screened.one_device = most_frequent(own.devices);
            answers.screened.one_second = most_frequent(own.seconds);
            for seconds in own.durations {
                *answers.screened.durations.entry(seconds).or_insert(0) += 1;
            }
            answers.sketch = own.sketch.into_sorted_vec();
            answers.scale = scale;
            counties.push(answers);
        }
        counties.sort_by(|a, b| a.county.cmp(&b.county));
        AnswerTable {
            sheet: self.sheet,
            form: self.heads.form,
            headers: self.heads.headers,
            usable: self.heads.usable,
            judged: self.heads.judged,
            counties,
            drafts: self.heads.drafts,
        }
    }

    /// The first scale that has all answers of the sheet. That there is none, or that another would give other scores, is
    /// said where scores count.
    fn scale(&mut self) -> Option<usize> {
        let survey = self.survey;
        let seen: Vec<usize> = (0..self.seen_words.len())
            .filter(|w| self.seen_words[*w])
            .collect();
        let scores = |s: usize| -> Option<Vec<Option<f64>>> {
            seen.iter().map(|w| survey.scales[s].scores[*w]).collect()
        };
        let fitting: Vec<(usize, Vec<Option<f64>>)> = (0..survey.scales.len())
            .filter_map(|s| Some((s, scores(s)?)))
            .collect();
        let (first, own) = fitting
            .first()
            .map_or((None, None), |(s, v)| (Some(*s), Some(v)));
        // A scale that was used from end to end is the one; else all that fit must give the same scores.
        let whole = fitting.iter().find(|(s, own)| {
            let mut all = survey.scales[*s].scores.iter().flatten().flatten();
            all.all(|score| own.contains(&Some(*score)))
        });
        let first = whole.map(|(s, _)| *s).or(first);
        let clear = whole.is_some() || own.is_some_and(|own| fitting.iter().all(|(_, v)| v == own));
        if survey.rate == RateKind::Score && !clear {
            let titles: Vec<&str> = fitting
                .iter()
                .map(|(s, _)| survey.scales[*s].title.as_str())
                .collect();
            let draft = Draft {
                place: Place {
                    file: None,
                    sheet: Some(self.sheet.clone()),
                    cell: None,
                },
                ..Draft::default()
            };
            let titles = if titles.is_empty() {
                self.pipeline.word("scale_none").to_string()
            } else {
                let list = titles.join("\u{3001}");
                self.pipeline.phrase("scale_several", &[("scales", &list)])
            };
            self.heads
                .drafts
                .push(("scale-unclear", draft.slot("scales", titles)));
        }
        first
    }
}

impl Own {
    /// Counts one valid questionnaire.
    fn count(&mut self, words: usize, asked: &[(usize, bool)], said: &Said, p: &Passing) {
        let Some(group) = p
            .identity
            .and_then(|g| self.answers.groups.get_mut(usize::from(g)))
        else {
            return;
        };
        group.valid += 1;
        if group.questions.len() < p.answers.len() {
            group.questions.resize(p.answers.len(), Vec::new());
        }
        for (q, _) in asked {
            let counts = &mut group.questions[*q];
            if counts.is_empty() {
                counts.resize(words + 1, 0);
            }
            counts[usize::from(p.answers[*q]).min(words)] += 1;
        }
        let one = &said.one;
        group.satisfied.add(one);
        if let Some(school) = p.school {
            let own = self.schools.entry(school).or_default();
            own.0 += 1;
            own.1.add(one);
        }
        let screened: &mut Screened = &mut self.answers.screened;
        if said.answered == asked.len() && asked.len() > 2 {
            screened.complete += 1;
            if said.same {
                screened.straight += 1;
            } else {
                self.patterns.push(said.hash);
            }
        }
        let others = asked.len().saturating_sub(1);
        let whole_judged = said.whole.is_some_and(AnswerMeans::is_judgement);
        if whole_judged && said.judged as usize == asked.len() && others > 1 {
            screened.comparable += 1;
            let is_satisfied = said.whole == Some(AnswerMeans::Satisfied);
            let is_dissatisfied = said.whole == Some(AnswerMeans::Dissatisfied);
            let rest_satisfied = said.satisfied - u32::from(is_satisfied);
            let dissatisfied = said.judged - said.satisfied - said.basic;
            let rest_dissatisfied = dissatisfied - u32::from(is_dissatisfied);
            let against = (is_dissatisfied && rest_satisfied as usize == others)
                || (is_satisfied && rest_dissatisfied as usize == others);
            screened.contradictions += u64::from(against);
        }
        if let Some(seconds) = p.seconds_taken {
            let seconds = seconds.round().clamp(0.0, 86_400.0) as u32;
            self.durations.push(seconds);
        }
        if let Some(device) = p.device {
            screened.with_device += 1;
            self.devices.push(device);
        }
        if let Some((second, true)) = p.second {
            screened.with_second += 1;
            self.seconds.push(second);
        }
        let precise = p.second.filter(|(_, precise)| *precise);
        let mark = match self.answers.marks {
            Marks::Device => p
                .device
                .and(precise)
                .map(|s| hash_of(&(p.devices, s, p.identity, said.hash))),
            Marks::Number => p.number.map(|n| hash_of(&(n, p.identity, said.hash))),
            Marks::Second => precise.map(|s| hash_of(&(s, p.identity, said.hash))),
            Marks::None => None,
        };
        self.answers.unmarked += u64::from(mark.is_none());
        if let Some(mark) = mark {
            let full = self.sketch.len() >= SKETCH;
            if !full {
                self.sketch.push(mark);
            } else if self.sketch.peek().is_some_and(|top| mark < *top) {
                self.sketch.pop();
                self.sketch.push(mark);
            }
        }
    }
}

#[cfg(test)]
#[path = "questionnaire_tests.rs"]
mod tests;
