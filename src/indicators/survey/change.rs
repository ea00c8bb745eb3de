//! This year's rate beside last year's, with the interval of their difference.

use std::collections::BTreeMap;

use super::intervals::{Interval, newcombe};
use super::{Line, Source};
use crate::pipeline::model::Survey;

/// The surveys of an earlier run, by county.
#[derive(Debug, Default)]
pub struct Previous {
    /// Hash of what they were read from.
    pub hash: String,
    pub period: i64,
    pub counties: BTreeMap<String, PreviousRate>,
}

/// The rate of one county in an earlier run.
#[derive(Debug, Clone)]
pub struct PreviousRate {
    pub source: String,
    /// How the rate was made.
    pub variant: String,
    pub satisfied: f64,
    pub base: f64,
}

/// How a rate moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
    /// The interval of the difference holds 0.
    Same,
    /// Another questionnaire, or made in another way.
    NotComparable,
}

impl Direction {
    /// The key of its word.
    pub fn key(self) -> &'static str {
        match self {
            Direction::Up => "change_up",
            Direction::Down => "change_down",
            Direction::Same => "change_same",
            Direction::NotComparable => "change_not_comparable",
        }
    }
}

/// This year's rate against last year's; percentage points.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub period: i64,
    /// Percent.
    pub previous: f64,
    pub difference: Option<f64>,
    pub interval: Option<Interval>,
    pub direction: Direction,
}

/// How the rates of a source are made, as a text that must be the same for two years to be compared.
pub fn variant(survey: &Survey, source: Source) -> String {
    match source {
        // A county's own summary does not say how it was made.
        Source::Summary => Source::Summary.word().to_string(),
        Source::Questionnaires => {
            let weights: Vec<String> = survey.weights.iter().map(f64::to_string).collect();
            let share = match survey.rule {
                crate::pipeline::model::Rule::Share => crate::text::number(survey.share),
                _ => String::new(),
            };
            let text = format!(
                "{:?}{share} {:?} {:?} {:?} {}",
                survey.rule,
                survey.least,
                survey.unknown,
                survey.rate,
                weights.join(" ")
            );
            text.trim_end_matches([' ', '0']).to_lowercase()
        }
    }
}

/// The difference to an earlier run; `None` where that has no rate of the county.
///
/// Source: Newcombe 1998, method 10, with Wilson's intervals.
pub fn change(
    previous: &Previous,
    survey: &Survey,
    county: &str,
    source: Source,
    line: &Line,
) -> Option<Change> {
    let before = previous.counties.get(county)?;
    if before.base <= 0.0 {
        return None;
    }
    let rate = before.satisfied * 100.0 / before.base;
    let out = |difference, interval, direction| {
        Some(Change {
            period: previous.period,
            previous: rate,
            difference,
            interval,
            direction,
        })
    };
    if before.source != source.word() || before.variant != variant(survey, source) {
        return out(None, None, Direction::NotComparable);
    }
    let now = (line.satisfied?, line.base?);
    let (difference, interval) = newcombe(now, (before.satisfied, before.base))?;
    let direction = if interval.low > 0.0 {
        Direction::Up
    } else if interval.high < 0.0 {
        Direction::Down
    } else {
        Direction::Same
    };
    let interval = Interval {
        low: interval.low * 100.0,
        high: interval.high * 100.0,
    };
    out(Some(difference * 100.0), Some(interval), direction)
}
