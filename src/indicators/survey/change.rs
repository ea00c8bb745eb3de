//! This year's rate beside last year's, with the interval of their difference.

use std::collections::BTreeMap;

use super::intervals::{Interval, newcombe};
use super::{Basis, Line, Source};
use crate::pipeline::model::{RateKind, Rule, Survey};

/// The surveys of an earlier run, by county.
#[derive(Debug, Default)]
pub struct Previous {
    pub period: i64,
    pub counties: BTreeMap<String, PreviousRate>,
}

/// The rate of one county in an earlier run.
#[derive(Debug, Clone)]
pub struct PreviousRate {
    pub source: String,
    /// How the rate was made.
    pub variant: String,
    /// Percent.
    pub rate: f64,
    /// As many respondents, each drawn alone, would be as precise; `None` for a mean score.
    pub respondents: Option<f64>,
}

/// How a rate moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
    /// The interval of the difference holds 0.
    Same,
    /// There is no interval of the difference.
    Open,
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
            Direction::Open => "change_open",
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

/// How the rates of a source are made, as a text that must be the same for two years to be compared; `form` is the form's id.
pub fn variant(survey: &Survey, source: Source, form: &str) -> String {
    if source == Source::Summary {
        // A county's own summary does not say how it was made.
        return Source::Summary.word().to_string();
    }
    let mut parts = vec![
        format!("{:?}", survey.rule),
        format!("{:?}", survey.least),
        format!("{:?}", survey.unknown),
        format!("{:?}", survey.rate),
        format!("answered {}", crate::text::number(survey.answered)),
        form.to_string(),
    ];
    if survey.rule == Rule::Share {
        parts.push(format!("share {}", crate::text::number(survey.share)));
    }
    if survey.rate == RateKind::FixedWeights {
        let weights = survey.groups.iter().zip(&survey.weights);
        let weights = weights.filter(|(_, w)| **w > 0.0);
        parts.extend(weights.map(|(g, w)| format!("{} {}", g.code, crate::text::number(*w))));
    }
    parts.join(", ").to_lowercase()
}

/// As many respondents, each drawn alone, as are as precise as a rate; `None` for a mean score, which is no share.
pub fn respondents(line: &Line) -> Option<f64> {
    match line.basis {
        Basis::Mean => None,
        _ => Some(line.effective.unwrap_or(line.valid)),
    }
}

/// The difference to an earlier run; `None` where that has no rate of the county.
///
/// Source: Newcombe 1998, method 10, with Wilson's intervals of as many respondents as the rates are worth.
pub fn change(previous: &Previous, variant: &str, county: &str, line: &Line) -> Option<Change> {
    let before = previous.counties.get(county)?;
    let rate = line.rate?;
    let out = |difference, interval, direction| {
        Some(Change {
            period: previous.period,
            previous: before.rate,
            difference,
            interval,
            direction,
        })
    };
    if before.source != line.source.word() || before.variant != variant {
        return out(None, None, Direction::NotComparable);
    }
    let difference = Some(rate - before.rate);
    let (Some(now), Some(then)) = (respondents(line), before.respondents) else {
        return out(difference, None, Direction::Open);
    };
    let pair = |rate: f64, n: f64| (rate / 100.0 * n, n);
    let Some((_, interval)) = newcombe(pair(rate, now), pair(before.rate, then)) else {
        return out(difference, None, Direction::Open);
    };
    let direction = if interval.low > 0.0 {
        Direction::Up
    } else if interval.high < 0.0 {
        Direction::Down
    } else {
        Direction::Same
    };
    out(difference, Some(interval.percent()), direction)
}
