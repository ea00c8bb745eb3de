//! The figures of a criterion: numerator, denominator, value, limit, for every county.

use polars::prelude::*;

use super::Verdict;
use super::facts::{Facts, own_figure};
use crate::dataset::Dataset;
use crate::error::Error;
use crate::formula::Formula;
use crate::formula::lower::{TOLERANCE, at_least, at_most, evaluate};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Better, Bound, BoundValue, Figure, in_force};

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// From the figures that were sent.
    Computed,
    /// Only the county's own result is there.
    Stated,
    /// The county's own verdict with a reference.
    Attested,
}

impl Basis {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Basis::Computed => "computed",
            Basis::Stated => "stated",
            Basis::Attested => "attested",
        }
    }

    /// The key of the word for people.
    pub fn key(self) -> &'static str {
        match self {
            Basis::Computed => "basis_computed",
            Basis::Stated => "basis_stated",
            Basis::Attested => "basis_attested",
        }
    }
}

/// A limit as it holds for one county or row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    pub value: f64,
    /// The limit itself does not meet.
    pub strict: bool,
    /// Index of the declared limit.
    pub bound: usize,
}

impl Threshold {
    /// A limit that meets itself, and of which there is only one.
    pub fn plain(value: f64) -> Threshold {
        Threshold {
            value,
            strict: false,
            bound: 0,
        }
    }

    /// Whether a value meets the limit; unrounded, robust to binary representation.
    pub fn met(&self, value: f64, better: Better) -> bool {
        let good = match better {
            Better::Higher => at_least(value, self.value),
            Better::Lower => at_least(self.value, value),
        };
        let equal = (value - self.value).abs() <= TOLERANCE * (value.abs() + self.value.abs());
        good && !(self.strict && equal)
    }

    /// How far a value is on the good side, relative to the limit; negative on the bad side. Beside a limit of 0 the
    /// difference itself.
    pub fn slack(&self, value: f64, better: Better) -> f64 {
        let difference = match better {
            Better::Higher => value - self.value,
            Better::Lower => self.value - value,
        };
        if self.value == 0.0 {
            difference
        } else {
            difference / self.value.abs()
        }
    }
}

/// One figure of one county.
#[derive(Debug, Clone, Copy, Default)]
pub struct FigureResult {
    /// Whether it applies; what does not apply is neither met nor missing.
    pub applies: bool,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    pub value: Option<f64>,
    pub basis: Option<Basis>,
    /// The county's own result, and half a step of its last digit.
    pub stated: Option<f64>,
    pub precision: f64,
    pub limit: Option<Threshold>,
    /// Whether the value is one that can be: what cannot be is not judged.
    pub possible: bool,
    pub verdict: Option<Verdict>,
}

/// Numerator and denominator of a figure for every county; the denominator is missing where the figure has none.
///
/// # Errors
/// When polars refuses.
pub fn figures(
    figure: &Figure,
    frame: &DataFrame,
) -> PolarsResult<Vec<(Option<f64>, Option<f64>)>> {
    let top = numbers(&figure.numerator, frame)?;
    let bottom = match &figure.denominator {
        Some(formula) => numbers(formula, frame)?,
        None => vec![None; top.len()],
    };
    Ok(top.into_iter().zip(bottom).collect())
}

/// The value: numerator × scale / denominator, or numerator × scale; missing where one is missing or the denominator is not
/// above zero.
pub fn value(figure: &Figure, numerator: Option<f64>, denominator: Option<f64>) -> Option<f64> {
    match figure.denominator {
        Some(_) => super::unit::ratio(numerator, denominator, figure.scale),
        None => numerator.map(|n| n * figure.scale),
    }
}

/// A formula's numbers for every row.
///
/// # Errors
/// When polars refuses.
pub fn numbers(formula: &Formula, frame: &DataFrame) -> PolarsResult<Vec<Option<f64>>> {
    let column = evaluate(formula, frame)?.cast(&DataType::Float64)?;
    Ok(column.f64()?.iter().collect())
}

/// A condition for every row; holding everywhere where there is none.
///
/// # Errors
/// When polars refuses.
pub fn conditions(formula: Option<&Formula>, frame: &DataFrame) -> PolarsResult<Vec<Option<bool>>> {
    match formula {
        Some(formula) => Ok(evaluate(formula, frame)?.bool()?.iter().collect()),
        None => Ok(vec![Some(true); frame.height()]),
    }
}

/// For every row the limits that may hold: those whose condition is unknown, then the first that surely holds. None where
/// none surely holds.
///
/// # Errors
/// When polars refuses.
pub fn thresholds(
    bounds: &[Bound],
    frame: &DataFrame,
    period: Option<i64>,
) -> PolarsResult<Vec<Vec<Threshold>>> {
    let mut out: Vec<Vec<Threshold>> = vec![Vec::new(); frame.height()];
    let mut settled = vec![false; frame.height()];
    for (bound, b) in bounds.iter().enumerate() {
        if period.is_some_and(|p| !in_force(p, b.from, b.until)) {
            continue;
        }
        let values = match &b.value {
            BoundValue::Number(n) => vec![Some(*n); frame.height()],
            BoundValue::Formula(formula) => numbers(formula, frame)?,
        };
        let holds = conditions(b.when.as_ref(), frame)?;
        for row in 0..frame.height() {
            if settled[row] || holds[row] == Some(false) {
                continue;
            }
            settled[row] = holds[row] == Some(true);
            match values[row] {
                Some(value) => out[row].push(Threshold {
                    value,
                    strict: b.strict,
                    bound,
                }),
                // A limit that is not known settles nothing.
                None => {
                    out[row].clear();
                    settled[row] = true;
                }
            }
        }
    }
    // Where none surely holds there may be none at all.
    for (limits, settled) in out.iter_mut().zip(settled) {
        if !settled {
            limits.clear();
        }
    }
    Ok(out)
}

/// A figure for every county.
///
/// # Errors
/// When polars refuses.
pub fn results(
    pipeline: &Pipeline,
    dataset: &Dataset,
    facts: &Facts,
    figure: &Figure,
    period: i64,
) -> Result<Vec<FigureResult>, Error> {
    let applies = conditions(figure.when.as_ref(), &facts.frame)?;
    let figures = figures(figure, &facts.frame)?;
    let limits = thresholds(&figure.limits, &facts.frame, Some(period))?;
    let parts: Vec<usize> = figure
        .columns()
        .filter_map(|name| pipeline.county_columns.iter().position(|c| c.name == *name))
        .collect();
    let mut out = Vec::with_capacity(figures.len());
    for (county, (numerator, denominator)) in figures.into_iter().enumerate() {
        let own = figure
            .stated
            .and_then(|source| own_figure(dataset, facts, source, county));
        let computed = value(figure, numerator, denominator);
        // The county's own result stands for nothing of which some rows are there and others lack it.
        let open = parts.iter().any(|c| facts.columns[*c][county].is_open());
        let alone = own.map(|(v, _)| v).filter(|_| !open);
        let used = computed.or(alone);
        let basis = match (computed, alone) {
            (Some(_), _) => Some(Basis::Computed),
            (None, Some(_)) => Some(Basis::Stated),
            (None, None) => None,
        };
        let possible = used.is_none_or(|v| {
            figure
                .possible
                .is_none_or(|(low, high)| at_least(v, low) && at_most(v, high))
        });
        // Where it is not known whether it applies, it does, and has no verdict.
        let certain = applies[county] == Some(true);
        let applies = applies[county] != Some(false);
        let limit = limits[county].last().copied();
        let verdict = (applies && !figure.limits.is_empty()).then_some(match used {
            _ if !certain || !possible => Verdict::Incomplete,
            Some(v) => agreed(&limits[county], v, figure.better),
            None => Verdict::Incomplete,
        });
        out.push(FigureResult {
            applies,
            numerator,
            denominator,
            value: used,
            basis,
            stated: own.map(|(v, _)| v),
            precision: own.map_or(0.0, |(_, p)| p),
            limit,
            possible,
            verdict,
        });
    }
    Ok(out)
}

/// The verdict that all limits that may hold agree on.
pub fn agreed(limits: &[Threshold], value: f64, better: Better) -> Verdict {
    let mut met = limits.iter().map(|l| l.met(value, better));
    match met.next() {
        None => Verdict::Incomplete,
        Some(first) if met.all(|m| m == first) => {
            if first {
                Verdict::Met
            } else {
                Verdict::NotMet
            }
        }
        Some(_) => Verdict::Incomplete,
    }
}
