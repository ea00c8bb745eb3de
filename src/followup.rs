//! How findings stand to an earlier run: new, open, fixed, explained, recurred. What a county says to a finding in the file
//! that it got back holds as long as the value is the one that it was said of. Only speaks: no figure and no verdict hangs on
//! it. Reading what the earlier run published is the commands' work.

use std::collections::{BTreeMap, BTreeSet};

use crate::dataset::{CellRef, Dataset};
use crate::finding::{self, Draft, Explanation, Finding, Severity, State};
use crate::ingest::cell::Value;
use crate::marks;
use crate::pipeline::Pipeline;
use crate::pipeline::model::Kind;
use crate::pipeline::returned::{CORRECTED, Returned};
use crate::results::Results;

/// The notices that tell a county what became of an answer; their `field` is the id of the finding that it was about.
pub const ANSWERED: &[&str] = &[DROPPED, EMPTY, NOT_SEEN];
const DROPPED: &str = "explanation-dropped";
const EMPTY: &str = "explanation-empty";
const NOT_SEEN: &str = "correction-not-seen";
const UNMATCHED: &str = "explanation-unmatched";

/// An earlier run of the same period.
#[derive(Debug, Default)]
pub struct Base {
    /// The name of its folder.
    pub run: String,
    /// What it found, and what had been fixed until then.
    pub findings: Vec<Finding>,
}

/// What has become of the findings of earlier runs.
#[derive(Debug, Default)]
pub struct Followed {
    /// The run that states were built upon.
    pub base: Option<String>,
    /// Findings of earlier runs that are gone.
    pub fixed: Vec<Finding>,
    /// How many of them are gone since the base.
    pub fixed_since: usize,
}

/// What is said to one finding: by a file that came back.
struct Answer {
    reason: Option<String>,
    text: Option<String>,
    /// What the finding's value was when it was said.
    mark: String,
    /// The cell that says it.
    cell: CellRef,
}

/// County, id of a finding.
type Key = (String, String);

/// The text by which a returned file knows a finding: its id, and a mark of the value that an answer is about.
pub fn key(finding: &Finding) -> String {
    format!("{}/{}", finding.id, finding.mark)
}

/// Gives every finding its state and its explanation, and says what became of the answers. `only` are the counties of
/// the run; all when empty.
pub fn follow(
    pipeline: &Pipeline,
    results: &mut Results,
    base: Option<&Base>,
    only: &[String],
    period: i64,
) {
    marks::set(pipeline, &results.dataset, &mut results.findings);
    let known: BTreeMap<&str, &Finding> = base
        .iter()
        .flat_map(|b| &b.findings)
        .map(|f| (f.id.as_str(), f))
        .collect();
    let answers = match &pipeline.returned {
        Some(returned) => answers(returned, &results.dataset),
        None => BTreeMap::new(),
    };
    let mut said = Said {
        pipeline,
        dataset: &results.dataset,
        drafts: Vec::new(),
    };
    for finding in &mut results.findings {
        let before = known.get(finding.id.as_str()).copied();
        let key = (
            finding.county_code.clone().unwrap_or_default(),
            finding.id.clone(),
        );
        let own = answers.get(&key).map_or(&[][..], Vec::as_slice);
        finding.explanation = said.explanation(finding, before, own);
    }
    said.unmatched(&answers, &results.findings, &known);
    let notices = said.drafts;
    let editions = &pipeline.settings.revision_words;
    results
        .findings
        .extend(finding::finish(notices, period, editions));
    finding::sort(&mut results.findings);
    for finding in &mut results.findings {
        let before = known.get(finding.id.as_str()).map(|f| f.state);
        finding.state = match (&finding.explanation, before) {
            (Some(_), _) => State::Explained,
            (None, None) => State::New,
            (None, Some(State::Fixed)) => State::Recurred,
            (None, Some(_)) => State::Open,
        };
    }
    follow_causes(&mut results.findings);
    let there: BTreeSet<&str> = results.findings.iter().map(|f| f.id.as_str()).collect();
    let asked = |f: &Finding| {
        only.is_empty()
            || f.county_code
                .as_ref()
                .is_some_and(|code| only.contains(code))
    };
    let gone = known
        .values()
        .filter(|f| !there.contains(f.id.as_str()) && asked(f));
    let fixed: Vec<Finding> = gone
        .map(|f| Finding {
            state: State::Fixed,
            ..(*f).clone()
        })
        .collect();
    let since = |f: &&Finding| f.is_asked() && known[f.id.as_str()].state != State::Fixed;
    results.followed = Followed {
        base: base.map(|b| b.run.clone()),
        fixed_since: fixed.iter().filter(since).count(),
        fixed,
    };
}

/// What follows from a finding that is explained is explained with it, unless it weighs more: words about a query correct no
/// error.
fn follow_causes(findings: &mut [Finding]) {
    let explained: BTreeMap<String, Severity> = findings
        .iter()
        .filter(|f| f.state == State::Explained)
        .map(|f| (f.id.clone(), f.severity))
        .collect();
    for finding in findings {
        let cause = finding.cause.as_ref().and_then(|c| explained.get(c));
        if cause.is_some_and(|severity| *severity <= finding.severity) {
            finding.state = State::Explained;
        }
    }
}

/// What the files that came back say, by county and finding. An empty row says nothing.
fn answers(returned: &Returned, dataset: &Dataset) -> BTreeMap<Key, Vec<Answer>> {
    let mut out: BTreeMap<Key, Vec<Answer>> = BTreeMap::new();
    for row in &dataset.tables[returned.table].rows {
        let text = |c: usize| row.values[c].as_ref().map(Value::shown);
        let (reason, words) = (text(returned.reason), text(returned.text));
        let finding = text(returned.finding).unwrap_or_default();
        let (id, mark) = finding.split_once('/').unwrap_or((&finding, ""));
        if row.conflict || id.is_empty() || (reason.is_none() && words.is_none()) {
            continue;
        }
        let cells = [
            (reason.is_some(), returned.reason),
            (words.is_some(), returned.text),
        ];
        let cell = cells
            .iter()
            .find_map(|(given, c)| row.cells.at(*c).filter(|_| *given));
        let answer = Answer {
            reason,
            text: words,
            mark: mark.to_string(),
            cell: cell.unwrap_or(CellRef {
                sheet: row.sheet,
                row: row.row,
                col: 0,
            }),
        };
        let key = (row.county_code.clone(), id.to_string());
        out.entry(key).or_default().push(answer);
    }
    out
}

/// What there is to say about answers.
struct Said<'a> {
    pipeline: &'a Pipeline,
    dataset: &'a Dataset,
    drafts: Vec<Finding>,
}

impl Said<'_> {
    /// What explains a finding, if its value is still the one that it was said of.
    fn explanation(
        &mut self,
        finding: &Finding,
        before: Option<&Finding>,
        answers: &[Answer],
    ) -> Option<Explanation> {
        let own = &finding.mark;
        let last = before.and_then(|f| Some((f, f.explanation.as_ref()?)));
        let kept = || {
            let (_, e) = last.filter(|(f, _)| f.mark == *own && f.state == State::Explained)?;
            Some(e.clone())
        };
        let Some(answer) = answers.iter().find(|a| a.mark == *own) else {
            // An older answer stays in its file when a newer one goes.
            if let Some(kept) = kept() {
                return Some(kept);
            }
            let corrected = |a: &&Answer| a.reason.as_deref() == Some(CORRECTED);
            if let Some(answer) = answers.iter().find(|a| !corrected(a)) {
                let then = before.filter(|f| f.mark == answer.mark);
                let then = then.and_then(|f| f.value.clone());
                self.dropped(finding, Some(answer.cell), answer.text.clone(), then);
                return None;
            }
            if let Some((then, e)) = last.filter(|(f, _)| f.mark != *own)
                && then.state == State::Explained
            {
                self.dropped(finding, None, Some(e.text.clone()), then.value.clone());
            }
            return None;
        };
        match (&answer.reason, &answer.text) {
            (Some(reason), _) if reason == CORRECTED => {
                let draft = self.about(finding, Some(answer.cell));
                self.say(NOT_SEEN, draft);
                None
            }
            (Some(reason), Some(text)) => Some(Explanation {
                reason: reason.clone(),
                text: text.clone(),
                value: finding.value.clone(),
            }),
            (reason, _) => {
                let lacks = match (reason, &self.pipeline.returned) {
                    (None, Some(returned)) => self.title(returned, returned.reason),
                    (_, Some(returned)) => self.title(returned, returned.text),
                    _ => String::new(),
                };
                let draft = self.about(finding, Some(answer.cell)).slot("column", lacks);
                self.say(EMPTY, draft);
                kept()
            }
        }
    }

    fn title(&self, returned: &Returned, column: usize) -> String {
        self.pipeline.tables[returned.table].columns[column]
            .title
            .clone()
    }

    fn dropped(
        &mut self,
        finding: &Finding,
        cell: Option<CellRef>,
        text: Option<String>,
        then: Option<String>,
    ) {
        let unknown = || self.pipeline.word("nothing").to_string();
        let text = text.unwrap_or_else(unknown);
        let is_same = then.is_some() && then == finding.value;
        let then = then.unwrap_or_else(|| self.pipeline.word("value_then").to_string());
        let mut now = finding
            .value
            .clone()
            .unwrap_or_else(|| self.pipeline.word("value_now").to_string());
        if is_same {
            // What it was said of is more than this value.
            now = self.pipeline.phrase("value_beside", &[("value", &now)]);
        }
        let draft = self.about(finding, cell);
        let draft = draft.slot("text", text).slot("was", then).slot("now", now);
        self.say(DROPPED, draft);
    }

    /// A notice about the answer to a finding; where no file says it, it stands at the finding's own cell.
    fn about(&self, finding: &Finding, cell: Option<CellRef>) -> Draft {
        let place = cell.map(|cell| self.dataset.place(&[cell]));
        let draft = Draft {
            county_code: finding.county_code.clone(),
            school_code: finding.school_code.clone(),
            school_name: finding.school_name.clone(),
            place: place.unwrap_or_else(|| finding.place.clone()),
            column: finding.column.clone(),
            field: Some(finding.id.clone()),
            value: finding.value.clone(),
            ..Draft::default()
        };
        draft.slot("finding", finding.message.clone())
    }

    fn say(&mut self, rule: &str, draft: Draft) {
        self.drafts.push(draft.notice(self.pipeline, rule));
    }

    /// Answers to findings that neither this run nor the one before knows: one notice a sheet.
    fn unmatched(
        &mut self,
        answers: &BTreeMap<Key, Vec<Answer>>,
        findings: &[Finding],
        known: &BTreeMap<&str, &Finding>,
    ) {
        let mut all: BTreeSet<Key> = BTreeSet::new();
        for finding in findings.iter().chain(known.values().copied()) {
            let county = finding.county_code.clone().unwrap_or_default();
            all.insert((county, finding.id.clone()));
        }
        let mut by_sheet: BTreeMap<(&str, u32), Vec<CellRef>> = BTreeMap::new();
        for (key, own) in answers.iter().filter(|(key, _)| !all.contains(*key)) {
            for answer in own {
                let sheet = (key.0.as_str(), answer.cell.sheet);
                by_sheet.entry(sheet).or_default().push(answer.cell);
            }
        }
        for ((county, _), mut cells) in by_sheet {
            cells.sort_unstable();
            let draft = Draft {
                county_code: Some(county.to_string()),
                place: self.dataset.place(&cells),
                ..Draft::default()
            };
            self.say(UNMATCHED, draft.slot("count", cells.len().to_string()));
        }
    }
}

/// The name of a reason.
pub fn reason_name<'a>(pipeline: &'a Pipeline, code: &'a str) -> &'a str {
    let reasons = reasons(pipeline);
    let own = reasons.iter().find(|(own, _)| *own == code);
    own.map_or(code, |(_, name)| name)
}

/// The reasons that a county may give, as code and name.
pub fn reasons(pipeline: &Pipeline) -> Vec<(&str, &str)> {
    let Some(returned) = &pipeline.returned else {
        return Vec::new();
    };
    match &pipeline.tables[returned.table].columns[returned.reason].kind {
        Kind::Choice(list) => pipeline.code_lists[list]
            .iter()
            .map(|c| (c.code.as_str(), c.name.as_str()))
            .collect(),
        _ => Vec::new(),
    }
}
