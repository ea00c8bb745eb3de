//! What the questionnaires of one county come to: counts, never the questionnaires. Counts of several files can be put
//! together; nothing that could name a respondent is in here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::pipeline::model::{AnswerMeans, Least, RateKind, Rule, Survey, Unknown};

/// Why a questionnaire is not valid, in the order in which it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Neither identity nor any answer.
    Blank,
    NoIdentity,
    /// An identity that is not declared.
    UnknownIdentity,
    /// Fewer answers than declared.
    TooFewAnswers,
    /// The same questionnaire again, by its number, or by device, second and answers.
    Duplicate,
    /// Another county than the folder that the file lies in.
    OtherCounty,
    /// More columns than headers: the answers may stand in the wrong ones.
    Misaligned,
}

impl Reason {
    pub const ALL: [Reason; 7] = [
        Reason::Blank,
        Reason::NoIdentity,
        Reason::UnknownIdentity,
        Reason::TooFewAnswers,
        Reason::Duplicate,
        Reason::OtherCounty,
        Reason::Misaligned,
    ];

    /// The key of its word.
    pub fn key(self) -> &'static str {
        match self {
            Reason::Blank => "excluded_blank",
            Reason::NoIdentity => "excluded_no_identity",
            Reason::UnknownIdentity => "excluded_unknown_identity",
            Reason::TooFewAnswers => "excluded_too_few_answers",
            Reason::Duplicate => "excluded_duplicate",
            Reason::OtherCounty => "excluded_other_county",
            Reason::Misaligned => "excluded_misaligned",
        }
    }
}

/// Satisfied questionnaires under every rule, so that what another rule would give can be said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// By rule, the questionnaires that are judged.
    pub base: [u32; 3],
    /// By rule and least answer, those that are satisfied.
    pub hits: [[u32; 2]; 3],
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        for rule in 0..3 {
            self.base[rule] += other.base[rule];
            for least in 0..2 {
                self.hits[rule][least] += other.hits[rule][least];
            }
        }
    }
}

/// Counts with blank and 不了解 in the denominator, and out of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Satisfied {
    pub within: Counts,
    pub known: Counts,
}

impl Satisfied {
    /// Adds the counts of other respondents.
    pub fn add(&mut self, other: &Satisfied) {
        self.within.add(&other.within);
        self.known.add(&other.known);
    }

    /// Satisfied and judged questionnaires under a rule.
    pub fn of(&self, rule: Rule, least: Least, unknown: Unknown) -> (f64, f64) {
        let counts = match unknown {
            Unknown::In => &self.within,
            Unknown::Out => &self.known,
        };
        let (rule, least) = (rule as usize, least as usize);
        (
            f64::from(counts.hits[rule][least]),
            f64::from(counts.base[rule]),
        )
    }

    /// Under the rule that the pipeline declares.
    pub fn declared(&self, survey: &Survey) -> (f64, f64) {
        self.of(survey.rule, survey.least, survey.unknown)
    }

    /// The same with the other place for blank and 不了解.
    pub fn other(&self, survey: &Survey) -> (f64, f64) {
        let unknown = match survey.unknown {
            Unknown::In => Unknown::Out,
            Unknown::Out => Unknown::In,
        };
        self.of(survey.rule, survey.least, unknown)
    }
}

/// The counts of a group of respondents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub valid: u64,
    pub satisfied: Satisfied,
    /// By question, then by word of the scales; behind them what was blank or not readable.
    pub questions: Vec<Vec<u64>>,
}

impl Tally {
    /// Adds the counts of other respondents.
    pub fn add(&mut self, other: &Tally) {
        self.valid += other.valid;
        self.satisfied.add(&other.satisfied);
        if self.questions.len() < other.questions.len() {
            self.questions.resize(other.questions.len(), Vec::new());
        }
        for (own, more) in self.questions.iter_mut().zip(&other.questions) {
            if own.len() < more.len() {
                own.resize(more.len(), 0);
            }
            for (n, m) in own.iter_mut().zip(more) {
                *n += m;
            }
        }
    }

    /// Satisfied and counted answers to one question.
    pub fn question(&self, survey: &Survey, question: usize) -> (f64, f64) {
        let Some(counts) = self.questions.get(question) else {
            return (0.0, 0.0);
        };
        let (mut hits, mut all) = (0, 0);
        for (w, n) in counts.iter().enumerate() {
            let means = survey.words.get(w).map(|w| w.means);
            let judged = means.is_some_and(AnswerMeans::is_judgement);
            if judged || survey.unknown == Unknown::In {
                all += n;
            }
            let hit = match survey.least {
                Least::Satisfied => means == Some(AnswerMeans::Satisfied),
                Least::Basic => {
                    matches!(means, Some(AnswerMeans::Satisfied | AnswerMeans::Basic))
                }
            };
            if hit {
                hits += n;
            }
        }
        (hits as f64, all as f64)
    }

    /// Sum, sum of squares and number of the scores of one question.
    pub fn scores(&self, survey: &Survey, scale: usize, question: usize) -> (f64, f64, f64) {
        let mut out = (0.0, 0.0, 0.0);
        let counts = self.questions.get(question).map_or(&[][..], Vec::as_slice);
        let scores = &survey.scales[scale].scores;
        for (n, score) in counts.iter().zip(scores) {
            if let Some(Some(score)) = score {
                let n = *n as f64;
                out.0 += n * score;
                out.1 += n * score * score;
                out.2 += n;
            }
        }
        out
    }
}

/// The counts of a school's respondents.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SchoolTally {
    /// As most respondents write it, normalised; empty for respondents without a school.
    pub name: String,
    pub valid: u64,
    pub satisfied: Satisfied,
}

/// What the screens look at.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Screened {
    /// Valid questionnaires in which every question is answered.
    pub complete: u64,
    pub straight: u64,
    /// Of the most frequent pattern of different answers.
    pub repeated: u64,
    /// Questionnaires whose overall answer can contradict the others, and those where it does.
    pub comparable: u64,
    pub contradictions: u64,
    /// Seconds that a questionnaire took, and how many took so long.
    pub durations: BTreeMap<u32, u64>,
    /// Questionnaires with a device or address, and those of the most frequent one.
    pub with_device: u64,
    pub one_device: u64,
    /// Questionnaires with the second of their submission, and those of the most frequent second.
    pub with_second: u64,
    pub one_second: u64,
}

impl Screened {
    fn add(&mut self, other: &Screened) {
        self.complete += other.complete;
        self.straight += other.straight;
        self.repeated = self.repeated.max(other.repeated);
        self.comparable += other.comparable;
        self.contradictions += other.contradictions;
        for (seconds, n) in &other.durations {
            *self.durations.entry(*seconds).or_insert(0) += n;
        }
        self.with_device += other.with_device;
        self.one_device = self.one_device.max(other.one_device);
        self.with_second += other.with_second;
        self.one_second = self.one_second.max(other.one_second);
    }
}

/// Cells of one column that could not be read, with the first of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Unread {
    pub count: u64,
    pub cells: Vec<(u32, u32)>,
}

/// How many cells of a column a finding names.
pub(super) const NAMED_CELLS: usize = 10;

/// All that the questionnaires of one county in one sheet say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Answers {
    /// Code or name of the county as the rows have it; empty where they have none.
    pub county: String,
    /// The first row, from 0.
    pub row: u32,
    pub returned: u64,
    /// By reason.
    pub excluded: [u64; 7],
    /// Questionnaires that nothing technical tells apart: sent twice they would count twice.
    pub untestable: u64,
    /// By group of respondents.
    pub groups: Vec<Tally>,
    /// Sorted by name.
    pub schools: Vec<SchoolTally>,
    pub screened: Screened,
    /// By column (index) what could not be read.
    pub unread: BTreeMap<u32, Unread>,
    /// The smallest of the questionnaires' hashes, where something technical tells them apart: two files with none in
    /// common hold different questionnaires.
    pub sketch: Vec<u64>,
    /// What the hashes are made of.
    pub marks: Marks,
    /// Valid questionnaires that have no such hash.
    pub unmarked: u64,
    /// The scale of all answers.
    pub scale: Option<usize>,
}

/// How far two files hold the same questionnaires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    None,
    /// Some of them: neither two parts of one survey, nor an old and a new export.
    Some,
    /// One is an older export of the other.
    Most,
    /// Nothing technical tells questionnaires apart.
    NotKnown,
}

/// The part of an older file that must be in a newer one which replaces it.
const MOST: f64 = 0.95;

/// What tells questionnaires apart: by the columns that a sheet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Marks {
    #[default]
    None,
    /// Device or address, second and answers.
    Device,
    /// The platform's number and the answers.
    Number,
    /// The second and the answers.
    Second,
}

/// How many hashes a sketch keeps.
pub(super) const SKETCH: usize = 256;

impl Answers {
    /// How many questionnaires are valid.
    pub fn valid(&self) -> u64 {
        self.groups.iter().map(|g| g.valid).sum()
    }

    /// The counts of one group, or of all (`None`).
    pub fn of(&self, group: Option<usize>) -> Option<Cow<'_, Tally>> {
        match group {
            Some(g) => self.groups.get(g).map(Cow::Borrowed),
            None => Some(Cow::Owned(self.whole())),
        }
    }

    /// All valid questionnaires of all groups.
    pub fn whole(&self) -> Tally {
        let mut out = Tally::default();
        for group in &self.groups {
            out.add(group);
        }
        out
    }

    /// How many questionnaires are not valid.
    pub fn excluded_count(&self) -> u64 {
        self.excluded.iter().sum()
    }

    /// Puts the questionnaires of another file to these.
    pub fn add(&mut self, other: &Answers) {
        self.returned += other.returned;
        self.untestable += other.untestable;
        for (own, more) in self.excluded.iter_mut().zip(other.excluded) {
            *own += more;
        }
        if self.groups.len() < other.groups.len() {
            self.groups.resize(other.groups.len(), Tally::default());
        }
        for (own, more) in self.groups.iter_mut().zip(&other.groups) {
            own.add(more);
        }
        for school in &other.schools {
            match self.schools.binary_search_by(|s| s.name.cmp(&school.name)) {
                Ok(i) => {
                    self.schools[i].valid += school.valid;
                    self.schools[i].satisfied.add(&school.satisfied);
                }
                Err(i) => self.schools.insert(i, school.clone()),
            }
        }
        self.screened.add(&other.screened);
        for (col, unread) in &other.unread {
            let own = self.unread.entry(*col).or_default();
            own.count += unread.count;
            own.cells.extend(&unread.cells);
            own.cells.sort_unstable();
            own.cells.truncate(NAMED_CELLS);
        }
        self.unmarked += other.unmarked;
        if self.marks != other.marks {
            self.marks = Marks::None;
        }
        self.sketch.extend(&other.sketch);
        self.sketch.sort_unstable();
        self.sketch.dedup();
        self.sketch.truncate(SKETCH);
        if self.scale != other.scale {
            self.scale = None;
        }
    }

    /// Takes all of these out, for one reason.
    pub fn exclude_all(&mut self, reason: Reason) {
        self.excluded[reason as usize] += self.valid();
        self.untestable = 0;
        self.groups.clear();
        self.schools.clear();
        self.screened = Screened::default();
        self.sketch.clear();
    }

    /// How far the questionnaires of an older file are in this one too, found from the smallest hashes of both.
    pub fn overlap(&self, older: &Answers) -> Overlap {
        let mut both = self.groups.iter().zip(&older.groups);
        if both.all(|(a, b)| a.valid == 0 || b.valid == 0) {
            return Overlap::None;
        }
        let unmarked = |a: &Answers| a.marks == Marks::None || a.unmarked * 20 > a.valid();
        if self.marks != older.marks || unmarked(self) || unmarked(older) {
            return Overlap::NotKnown;
        }
        // Only below the smaller of the two greatest hashes do both sketches hold all that there is.
        let greatest = |s: &[u64]| {
            if s.len() < SKETCH {
                u64::MAX
            } else {
                s[s.len() - 1]
            }
        };
        let end = greatest(&self.sketch).min(greatest(&older.sketch));
        let inside: Vec<&u64> = older.sketch.iter().filter(|h| **h <= end).collect();
        let common = inside
            .iter()
            .filter(|h| self.sketch.binary_search(h).is_ok())
            .count() as f64;
        let all = inside.len().max(1) as f64;
        // Where only the second and the answers tell respondents apart, two may agree: so many a day.
        let chance = if self.marks == Marks::Second {
            3.0 + 2.0 * all * self.valid() as f64 / 86_400.0
        } else {
            0.0
        };
        if common >= MOST * all {
            Overlap::Most
        } else if common <= chance {
            Overlap::None
        } else {
            Overlap::Some
        }
    }

    /// Numerator and denominator of the rate as the pipeline declares it, of all groups (`None`) or one. For rates of
    /// groups with weights the numerator is that part of the denominator which gives the rate.
    pub fn official(
        &self,
        survey: &Survey,
        group: Option<usize>,
        overall: usize,
    ) -> Option<(f64, f64)> {
        let tally = self.of(group)?;
        let (hits, base) = tally.satisfied.declared(survey);
        match (survey.rate, group) {
            (RateKind::ItemPooled, _) => {
                let parts = (0..tally.questions.len()).map(|q| tally.question(survey, q));
                Some(parts.fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1)))
            }
            (RateKind::Score, _) => {
                let scale = self.scale?;
                let questions: Vec<usize> = match survey.rule {
                    Rule::Overall => vec![overall],
                    _ => (0..tally.questions.len()).collect(),
                };
                let sums = questions.iter().map(|q| tally.scores(survey, scale, *q));
                let (sum, _, n) =
                    sums.fold((0.0, 0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
                let most = survey.scales[scale].most();
                (most > 0.0).then_some((sum / most, n))
            }
            (RateKind::EqualGroups | RateKind::FixedWeights, None) => {
                let rates = self.groups.iter().map(|g| {
                    let (hits, base) = g.satisfied.declared(survey);
                    (base > 0.0).then(|| hits / base)
                });
                let mean = if survey.rate == RateKind::EqualGroups {
                    let own: Vec<f64> = rates.flatten().collect();
                    own.iter().sum::<f64>() / own.len() as f64
                } else {
                    // A group with a weight that nobody of is asked leaves the rate open.
                    let mut mean = 0.0;
                    for (weight, rate) in survey.weights.iter().zip(rates) {
                        if *weight > 0.0 {
                            mean += weight * rate?;
                        }
                    }
                    mean
                };
                (base > 0.0).then_some((mean * base, base))
            }
            _ => Some((hits, base)),
        }
    }
}

/// The questionnaires of one sheet.
#[derive(Debug, Serialize, Deserialize)]
pub struct AnswerTable {
    pub sheet: String,
    pub form: usize,
    /// Headers by column, as written.
    pub headers: Vec<String>,
    /// Whether what makes a rate is asked at all; else nothing is counted.
    pub usable: bool,
    /// Columns of the questions that decide whether a questionnaire is satisfied.
    pub judged: Vec<u32>,
    /// By county as the rows have it.
    pub counties: Vec<Answers>,
    /// Findings about the sheet as a whole: rule and draft.
    #[serde(skip)]
    pub drafts: Vec<(&'static str, crate::finding::Draft)>,
}
