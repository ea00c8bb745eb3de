//! What differs between two published runs, and what made it differ: submissions, rows, cells, pipeline, and every figure,
//! verdict and rank with its causes. Told from what runs publish alone; reading it is the commands' work, showing it that of
//! reports and commands.
//!
//! A figure's causes are what has changed among that which it hangs on: cells of its own school or county, schools that came
//! or went, limits and rules, submissions; for a rank the figures of other counties. What nothing explains is said to be so.

mod causes;
mod figures;
mod frames;
mod hangs;
mod json;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;

pub use json::json;

use crate::pipeline::Pipeline;
use crate::pipeline::parts::{self, Files, PartChange};

/// Most causes that one figure names.
pub const MOST_CAUSES: usize = 50;
/// Most counties that a cause names.
const NAMED_COUNTIES: usize = 10;

/// One of two runs: what it has published.
#[derive(Debug, Default, Clone)]
pub struct Side {
    /// Its id.
    pub run: String,
    /// Version of the program that made it.
    pub program: String,
    /// The counties that it is about; all when empty.
    pub only: Vec<String>,
    /// Frames of `data/` by name; one that is not there, or a column of it, says nothing.
    pub frames: BTreeMap<String, DataFrame>,
    /// The files of its pipeline and its list of counties.
    pub files: Files,
}

/// Whether something is there that was not before, or the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    New,
    Gone,
}

impl Presence {
    /// The word of JSON and Parquet.
    pub fn word(self) -> &'static str {
        match self {
            Presence::New => "new",
            Presence::Gone => "gone",
        }
    }
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    New,
    Gone,
    /// The same path holds other bytes.
    Replaced,
    /// The same bytes, with the path that they had before.
    Moved(String),
    /// The same file, used differently: statuses before and after.
    Status(String, String),
}

impl Fate {
    /// The word of JSON and Parquet.
    pub fn word(&self) -> &'static str {
        match self {
            Fate::New => "new",
            Fate::Gone => "gone",
            Fate::Replaced => "replaced",
            Fate::Moved(_) => "moved",
            Fate::Status(..) => "status",
        }
    }
}

/// A submission that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionChange {
    pub path: String,
    /// Codes of the counties that it is of, before or after.
    pub counties: Vec<String>,
    pub fate: Fate,
    /// Its status after; before where it is gone.
    pub status: String,
}

/// A row of a table (a school, a group) that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    pub county: String,
    /// Index into the pipeline's tables.
    pub table: usize,
    pub key: String,
    pub name: Option<String>,
    pub presence: Presence,
    /// `file!sheet!17:17`.
    pub at: Option<String>,
    /// The submission (index) with which it came or went as a whole.
    pub submission: Option<usize>,
}

/// A cell whose figure is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellChange {
    pub county: String,
    /// Index into the pipeline's tables.
    pub table: usize,
    /// Index into the table's columns.
    pub column: usize,
    /// The row's key: of a school its code.
    pub key: String,
    pub name: Option<String>,
    /// As read, in the column's unit.
    pub from: Option<String>,
    pub to: Option<String>,
    /// `file!sheet!F17`; `file!sheet` where the figure stands in no cell, but was counted.
    pub at: Option<String>,
    pub was_at: Option<String>,
    /// The submission (index) that brought it.
    pub submission: Option<usize>,
}

/// Something that was not read, so that a county's verdicts wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldChange {
    pub county: String,
    pub rule: String,
    pub presence: Presence,
    pub at: String,
}

/// What kind of figure changed, the weightiest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    Verdict,
    Ranking,
    Criterion,
    Points,
    Survey,
    Balance,
    UnitVerdict,
    UnitIndicator,
}

impl What {
    /// The word of JSON and Parquet.
    pub fn word(self) -> &'static str {
        match self {
            What::Verdict => "verdict",
            What::Ranking => "ranking",
            What::Criterion => "criterion",
            What::Points => "points",
            What::Survey => "survey",
            What::Balance => "balance",
            What::UnitVerdict => "unit_verdict",
            What::UnitIndicator => "unit_indicator",
        }
    }

    /// The key of its word for people.
    pub fn key(self) -> &'static str {
        match self {
            What::Verdict => "changed_verdict",
            What::Ranking => "changed_ranking",
            What::Criterion => "changed_criterion",
            What::Points => "changed_points",
            What::Survey => "changed_survey",
            What::Balance => "changed_balance",
            What::UnitVerdict => "changed_unit_verdict",
            What::UnitIndicator => "changed_unit_indicator",
        }
    }

    /// Whether it is about one school.
    pub fn is_of_unit(self) -> bool {
        matches!(self, What::UnitVerdict | What::UnitIndicator)
    }
}

/// One state of a figure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    pub value: Option<f64>,
    pub verdict: Option<String>,
    pub rank: Option<i64>,
}

/// A figure, a verdict or a rank that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureChange {
    pub what: What,
    pub county: String,
    /// Key and name of the school.
    pub school: Option<(String, String)>,
    /// Id of the stage.
    pub stage: Option<String>,
    /// Id of the indicator, criterion, part or ranking.
    pub id: String,
    pub title: String,
    /// Digits that the values are printed with, so that they differ where they do.
    pub digits: usize,
    pub before: State,
    pub after: State,
    pub causes: Vec<Cause>,
    /// At least so many causes that are not named.
    pub further: usize,
}

impl FigureChange {
    /// Whether it is met now and was not, or the other way round, or cannot be known any more.
    pub fn is_flip(&self) -> bool {
        self.before.verdict != self.after.verdict
    }
}

/// Why a figure changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Index into the cells.
    Cell(usize),
    /// Index into the rows.
    Row(usize),
    /// Index into what differs in the pipeline.
    Part(usize),
    /// Index into the submissions.
    Submission(usize),
    /// Index into what holds verdicts.
    Held(usize),
    /// Figures of other counties: some of their codes, and how many they are.
    Others(Vec<String>, usize),
    /// Another version of the program.
    Program,
    /// Nothing that changed in this county explains it.
    Unexplained,
}

/// All that differs between two runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    pub before: String,
    pub after: String,
    /// Versions of the program before and after, where they differ.
    pub program: Option<(String, String)>,
    /// Only these counties were compared, and no ranks: one of the runs is about no others.
    pub only: Option<BTreeSet<String>>,
    pub pipeline: Vec<PartChange>,
    pub submissions: Vec<SubmissionChange>,
    /// By county.
    pub rows: Vec<RowChange>,
    pub cells: Vec<CellChange>,
    pub held: Vec<HeldChange>,
    /// By kind, then county.
    pub figures: Vec<FigureChange>,
    /// Names of counties by code.
    pub names: BTreeMap<String, String>,
}

impl Changes {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.program.is_none()
            && self.pipeline.is_empty()
            && self.submissions.is_empty()
            && self.rows.is_empty()
            && self.cells.is_empty()
            && self.held.is_empty()
            && self.figures.is_empty()
    }

    /// The codes of the counties in which something differs; empty for what is of none.
    pub fn counties(&self) -> BTreeSet<&str> {
        let mut out: BTreeSet<&str> = BTreeSet::new();
        for submission in &self.submissions {
            match submission.counties.is_empty() {
                true => drop(out.insert("")),
                false => out.extend(submission.counties.iter().map(String::as_str)),
            }
        }
        out.extend(self.rows.iter().map(|r| r.county.as_str()));
        out.extend(self.cells.iter().map(|c| c.county.as_str()));
        out.extend(self.held.iter().map(|h| h.county.as_str()));
        out.extend(self.figures.iter().map(|f| f.county.as_str()));
        out
    }

    /// The name of a county; its code where it has none.
    pub fn county<'a>(&'a self, code: &'a str) -> &'a str {
        self.names.get(code).map_or(code, String::as_str)
    }
}

/// Compares two runs of one pipeline; `pipeline` is that of the run after.
pub fn between(pipeline: &Pipeline, before: &Side, after: &Side) -> Changes {
    let only = asked(before, after);
    let differences = parts::differences(&before.files, &after.files);
    let submissions = tables::submissions(before, after, only.as_ref());
    let ((rows, cells), figures) = rayon::join(
        || tables::compare(pipeline, before, after, only.as_ref(), &submissions),
        || figures::compare(pipeline, before, after, only.as_ref()),
    );
    let held = tables::held(pipeline, before, after, only.as_ref());
    let versions = (before.program.clone(), after.program.clone());
    let mut changes = Changes {
        before: before.run.clone(),
        after: after.run.clone(),
        program: (versions.0 != versions.1).then_some(versions),
        only,
        pipeline: differences,
        submissions,
        rows,
        cells,
        held,
        figures,
        names: names(before, after),
    };
    causes::set(pipeline, &mut changes);
    changes
}

/// The counties that both runs are about; `None`: all.
fn asked(before: &Side, after: &Side) -> Option<BTreeSet<String>> {
    let set = |side: &Side| -> BTreeSet<String> { side.only.iter().cloned().collect() };
    match (before.only.is_empty(), after.only.is_empty()) {
        (true, true) => None,
        (true, false) => Some(set(after)),
        (false, true) => Some(set(before)),
        (false, false) => Some(&set(before) & &set(after)),
    }
}

/// The names of the counties, as the lists and the tables have them.
fn names(before: &Side, after: &Side) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for side in [before, after] {
        for frame in side.frames.values() {
            let of = |name| frames::texts(frame, name);
            if let (Some(codes), Some(names)) = (of("county_code"), of("county_name")) {
                let mut last = "";
                for (code, name) in codes.into_iter().zip(names) {
                    if let (Some(code), Some(name)) = (code, name)
                        && code != last
                    {
                        out.insert(code.to_string(), name.to_string());
                        last = code;
                    }
                }
            }
        }
        for (file, bytes) in &side.files {
            if file.rsplit('/').next() == Some("counties.csv") {
                let parts = parts::parts(file, bytes).into_iter();
                out.extend(parts.filter(|p| p.key == "name").map(|p| (p.id, p.value)));
            }
        }
    }
    out
}
