//! Impacts in the words of the pipeline.

use super::{Answer, CvChange};
use crate::indicators::Verdict;
use crate::indicators::criterion::{CriterionResult, named};
use crate::pipeline::Pipeline;
use crate::text::{fixed, number};

/// Most criteria that one impact names.
const NAMED: usize = 4;

/// What would be another one, as a sentence.
pub(super) fn answer(
    pipeline: &Pipeline,
    answer: &Answer,
    expected: Option<f64>,
) -> Option<String> {
    let p = pipeline;
    let word = |v: Option<Verdict>| p.word(v.map_or("not_counted", Verdict::key)).to_string();
    let mut changes: Vec<String> = Vec::new();
    let single = answer.units.len() == 1;
    for (stage, from, to) in answer.units.iter().filter(|(_, from, to)| from != to) {
        let stage = if single { "" } else { &p.stages[*stage].title };
        let (from, to) = (word(*from), word(*to));
        let slots = [("stage", stage), ("from", &from), ("to", &to)];
        changes.push(p.phrase("impact_school", &slots));
    }
    changes.extend(largest(&answer.cvs).and_then(|cv| cv_text(p, cv)));
    for (criterion, from, to) in &answer.criteria {
        let name = named(p, &p.criteria[*criterion]);
        let slots = [
            ("criterion", name.as_str()),
            ("from", p.word(from.key())),
            ("to", p.word(to.key())),
        ];
        changes.push(p.phrase("impact_criterion", &slots));
    }
    for (part, from, to) in &answer.parts {
        let slots = [
            ("part", p.part_title(*part)),
            ("from", p.word(from.key())),
            ("to", p.word(to.key())),
        ];
        changes.push(p.phrase("impact_part", &slots));
    }
    let changes = changes.join(p.word("list_separator"));
    (!changes.is_empty()).then(|| asked(p, expected, &changes))
}

/// That nothing would be another one.
pub(super) fn nothing(p: &Pipeline, expected: Option<f64>) -> String {
    asked(p, expected, p.word("impact_nothing"))
}

fn asked(p: &Pipeline, expected: Option<f64>, changes: &str) -> String {
    let key = if expected.is_some() {
        "impact_expected"
    } else {
        "impact_without"
    };
    p.phrase(key, &[("changes", changes)])
}

/// The change that is told: one that flips its verdict before the others, then the largest.
fn largest(cvs: &[CvChange]) -> Option<&CvChange> {
    let order = |a: &&CvChange, b: &&CvChange| {
        let by_flip = a.flips.cmp(&b.flips);
        by_flip
            .then(a.size().total_cmp(&b.size()))
            // Of equal ones the first.
            .then((b.stage, b.indicator).cmp(&(a.stage, a.indicator)))
    };
    cvs.iter().max_by(order)
}

/// A change of a coefficient of variation; none where the printed digits are the same.
fn cv_text(p: &Pipeline, cv: &CvChange) -> Option<String> {
    let digits = p.balance_limit(cv.stage).map_or(3, |l| l.digits);
    let shown = |value: Option<f64>| {
        value.map_or_else(|| p.word("impact_no_cv").to_string(), |v| fixed(v, digits))
    };
    let (mut from, mut to) = (shown(cv.from), shown(cv.to));
    if from == to {
        // Where the verdict is another one though the printed digits are the same, the whole figures stand.
        let (Some(a), Some(b), true) = (cv.from, cv.to, cv.flips) else {
            return None;
        };
        (from, to) = (number(a), number(b));
    }
    let indicator = match cv.indicator {
        Some(i) => &p.indicators[i].title,
        None => p.word("head_composite"),
    };
    let limit = cv.limit.map_or(String::new(), |l| {
        p.phrase("impact_limit", &[("limit", &number(l))])
    });
    let slots = [
        ("stage", p.stages[cv.stage].title.as_str()),
        ("indicator", indicator),
        ("from", &from),
        ("to", &to),
        ("limit", &limit),
    ];
    Some(p.phrase("impact_cv", &slots))
}

/// That a school has no verdict in some stages because of an empty cell.
pub(super) fn school_open(p: &Pipeline, stages: &[usize]) -> Option<String> {
    let titles: Vec<&str> = stages.iter().map(|s| p.stages[*s].title.as_str()).collect();
    let list = titles.join("\u{3001}");
    (!stages.is_empty()).then(|| p.phrase("impact_school_open", &[("stages", &list)]))
}

/// The criteria that hang on a cell, with their verdicts.
pub(super) fn hanging(p: &Pipeline, criteria: &[&CriterionResult]) -> Option<String> {
    if criteria.is_empty() {
        return None;
    }
    let mut last = None;
    let mut names: Vec<String> = criteria
        .iter()
        .take(NAMED)
        .map(|c| {
            let criterion = &p.criteria[c.criterion];
            // The part is named once.
            let name = if last == Some(criterion.part) {
                format!("{}.{}", criterion.number, criterion.title)
            } else {
                named(p, criterion)
            };
            last = Some(criterion.part);
            let slots = [
                ("criterion", name.as_str()),
                ("verdict", p.word(c.verdict.key())),
            ];
            p.phrase("impact_criterion_now", &slots)
        })
        .collect();
    if criteria.len() > NAMED {
        names.push("\u{2026}".to_string());
    }
    Some(p.phrase("impact_criteria", &[("criteria", &names.join("\u{3001}"))]))
}
