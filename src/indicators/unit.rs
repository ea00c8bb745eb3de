//! The indicators of every counted unit: value, limit, floor, shortfall; and the unit's verdict.

use polars::prelude::*;
use rayon::prelude::*;

use super::split::{Unit, Units};
use super::{Verdict, run_of};
use crate::dataset::Dataset;
use crate::error::Error;
use crate::formula::Formula;
use crate::formula::lower::{at_least, evaluate};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Better, Indicator, Role, in_force};

/// How a value stands to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    Met,
    /// Below the limit but at the floor or above.
    Floor,
    NotMet,
    Incomplete,
}

impl Met {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Met::Met => "met",
            Met::Floor => "floor",
            Met::NotMet => "not_met",
            Met::Incomplete => "incomplete",
        }
    }

    /// The key of the word for people.
    pub fn key(self) -> &'static str {
        match self {
            Met::Met => "met_met",
            Met::Floor => "met_floor",
            Met::NotMet => "met_not_met",
            Met::Incomplete => "met_incomplete",
        }
    }
}

/// One indicator of one unit. There are many: what may be missing takes no more room than a number.
#[derive(Debug, Clone, Copy)]
pub struct UnitValue {
    numerator: Known,
    denominator: Known,
    value: Known,
    limit: Known,
    floor: Known,
    shortfall: Known,
    unit: u32,
    indicator: u16,
    pub met: Option<Met>,
}

/// A number, or NaN where it is missing.
#[derive(Debug, Clone, Copy)]
struct Known(f64);

impl From<Option<f64>> for Known {
    fn from(number: Option<f64>) -> Known {
        Known(number.unwrap_or(f64::NAN))
    }
}

impl Known {
    fn get(self) -> Option<f64> {
        (!self.0.is_nan()).then_some(self.0)
    }
}

impl UnitValue {
    /// Index into the units.
    pub fn unit(&self) -> usize {
        self.unit as usize
    }

    /// Index into the indicators.
    pub fn indicator(&self) -> usize {
        usize::from(self.indicator)
    }

    /// The numerator, unscaled, in the resource's unit.
    pub fn numerator(&self) -> Option<f64> {
        self.numerator.get()
    }

    /// The denominator.
    pub fn denominator(&self) -> Option<f64> {
        self.denominator.get()
    }

    /// Numerator × scale / denominator.
    pub fn value(&self) -> Option<f64> {
        self.value.get()
    }

    /// What the value should reach.
    pub fn limit(&self) -> Option<f64> {
        self.limit.get()
    }

    /// What it must reach in any case.
    pub fn floor(&self) -> Option<f64> {
        self.floor.get()
    }

    /// What is missing to the limit, in the numerator's unit; 0 when met.
    pub fn shortfall(&self) -> Option<f64> {
        self.shortfall.get()
    }
}

/// The verdict on one unit.
#[derive(Debug, Clone)]
pub struct UnitVerdict {
    pub unit: usize,
    pub met_count: usize,
    pub verdict: Verdict,
    /// Indices of the standard indicators that are not met, and how.
    pub failing: Vec<(usize, Met)>,
    /// Indices of those without a value.
    pub missing: Vec<usize>,
}

/// Numerator and denominator.
pub type Figures = (Option<f64>, Option<f64>);

/// Numerator (by one stage's formula) and denominator of an indicator for every row.
///
/// # Errors
/// When polars refuses.
pub fn figures(
    indicator: &Indicator,
    numerator: &Formula,
    frame: &DataFrame,
) -> PolarsResult<Vec<Figures>> {
    let top = evaluate(numerator, frame)?.cast(&DataType::Float64)?;
    let bottom = evaluate(&indicator.denominator, frame)?.cast(&DataType::Float64)?;
    Ok(top.f64()?.iter().zip(bottom.f64()?.iter()).collect())
}

/// The value of an indicator: numerator × scale / denominator; missing where one is missing or the denominator is zero.
pub fn ratio(numerator: Option<f64>, denominator: Option<f64>, scale: f64) -> Option<f64> {
    let (n, d) = (numerator?, denominator?);
    let value = n * scale / d;
    (d > 0.0 && value.is_finite()).then_some(value)
}

/// The values of one unit: they stand together and in the order of the units.
pub fn values_of(values: &[UnitValue], unit: usize) -> &[UnitValue] {
    run_of(values, |v| v.unit().cmp(&unit))
}

/// The verdicts on the units of one county: they stand by unit, and units by county.
pub fn verdicts_of<'a>(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    verdicts: &'a [UnitVerdict],
    county: &str,
) -> &'a [UnitVerdict] {
    let Some(table) = pipeline.table("school") else {
        return &[];
    };
    let rows = &dataset.tables[table].rows;
    run_of(verdicts, |v| {
        let school = units.list[v.unit].school;
        rows[school].county_code.as_str().cmp(county)
    })
}

/// All indicators of all counted units, by unit and then in the order of the indicators.
///
/// # Errors
/// When polars refuses.
pub fn values(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    period: i64,
) -> Result<Vec<UnitValue>, Error> {
    let schools = pipeline.table("school").map(|t| &dataset.tables[t].rows);
    let of_indicator = |indicator: &Indicator| -> Result<_, Error> {
        let limits = limits_of(indicator, units, period)?;
        let mut column: Vec<Figures> = vec![(None, None); units.list.len()];
        for (stage, numerator) in indicator.numerator.iter().enumerate() {
            let Some(numerator) = numerator else { continue };
            let all = figures(indicator, numerator, &units.frame)?;
            for (i, unit) in units.list.iter().enumerate() {
                if unit.stage == stage {
                    column[i] = all[i];
                }
            }
        }
        Ok((column, limits))
    };
    let made: Result<Vec<_>, Error> = pipeline.indicators.par_iter().map(of_indicator).collect();
    let (columns, limits): (Vec<Vec<Figures>>, Vec<Vec<Option<f64>>>) = made?.into_iter().unzip();
    let of_unit = |(u, unit): (usize, &Unit)| -> Vec<UnitValue> {
        let mut out = Vec::new();
        if !unit.counted {
            return out;
        }
        let conflict = schools.is_some_and(|rows| rows[unit.school].conflict);
        for (i, indicator) in pipeline.indicators.iter().enumerate() {
            if indicator.numerator[unit.stage].is_none() {
                continue;
            }
            let (mut n, d) = columns[i][u];
            if conflict {
                n = None;
            }
            let mut value = unit_value(pipeline, u, i, limits[i][u], n, d);
            // The figure stands, but whether the unit counts is open.
            if unit.uncertain && value.met.is_some() {
                value.met = Some(Met::Incomplete);
                value.shortfall = None.into();
            }
            out.push(value);
        }
        out
    };
    let list = units.list.par_iter().enumerate().with_min_len(256);
    Ok(list.flat_map_iter(of_unit).collect())
}

/// The limit of an indicator for every unit: the first of its stage and year whose condition holds. A condition that is not
/// known does not hold.
fn limits_of(indicator: &Indicator, units: &Units, period: i64) -> Result<Vec<Option<f64>>, Error> {
    let mut out: Vec<Option<f64>> = vec![None; units.list.len()];
    for limit in &indicator.limits {
        if !in_force(period, limit.from, limit.until) {
            continue;
        }
        let holds = match &limit.when {
            Some(formula) => Some(evaluate(formula, &units.frame)?.bool()?.clone()),
            None => None,
        };
        for (u, unit) in units.list.iter().enumerate() {
            let fits = holds.as_ref().is_none_or(|h| h.get(u) == Some(true));
            if unit.stage == limit.stage && fits {
                out[u] = out[u].or(Some(limit.value));
            }
        }
    }
    Ok(out)
}

fn unit_value(
    pipeline: &Pipeline,
    unit: usize,
    i: usize,
    limit: Option<f64>,
    numerator: Option<f64>,
    denominator: Option<f64>,
) -> UnitValue {
    let indicator = &pipeline.indicators[i];
    let value = ratio(numerator, denominator, indicator.scale);
    let ratio = pipeline.school_rule.floor_ratio;
    let floor = limit.map(|l| match indicator.better {
        Better::Higher => l * ratio,
        Better::Lower => l / ratio,
    });
    let good = |value: f64, limit: f64| match indicator.better {
        Better::Higher => at_least(value, limit),
        Better::Lower => at_least(limit, value),
    };
    let met = match (value, limit, floor) {
        (Some(v), Some(l), Some(f)) => Some(if good(v, l) {
            Met::Met
        } else if good(v, f) {
            Met::Floor
        } else {
            Met::NotMet
        }),
        (None, Some(_), _) => Some(Met::Incomplete),
        _ => None,
    };
    let shortfall = match (met, numerator, denominator, limit) {
        (Some(Met::Met), ..) => Some(0.0),
        (Some(Met::Floor | Met::NotMet), Some(n), Some(d), Some(l))
            if indicator.better == Better::Higher =>
        {
            Some(l * d / indicator.scale - n)
        }
        _ => None,
    };
    UnitValue {
        numerator: numerator.into(),
        denominator: denominator.into(),
        value: value.into(),
        limit: limit.into(),
        floor: floor.into(),
        shortfall: shortfall.into(),
        // No sheet has so many rows, nor a pipeline so many indicators.
        unit: u32::try_from(unit).unwrap_or(u32::MAX),
        indicator: u16::try_from(i).unwrap_or(u16::MAX),
        met,
    }
}

/// The verdict on every counted unit: met when at least `least_met` standard indicators reach their limit and every
/// other the floor.
///
/// Source: 教督〔2017〕6号, 每所学校至少6项指标达到上述要求,余项不能低于要求的85%.
pub fn verdicts(pipeline: &Pipeline, units: &Units, values: &[UnitValue]) -> Vec<UnitVerdict> {
    let mut out: Vec<UnitVerdict> = units
        .list
        .iter()
        .enumerate()
        .filter(|(_, u)| u.counted)
        .map(|(unit, _)| UnitVerdict {
            unit,
            met_count: 0,
            verdict: Verdict::Met,
            failing: Vec::new(),
            missing: Vec::new(),
        })
        .collect();
    let mut at = 0;
    for value in values {
        if pipeline.indicators[value.indicator()].role != Role::Standard {
            continue;
        }
        while out[at].unit != value.unit() {
            at += 1;
        }
        match value.met {
            Some(Met::Met) => out[at].met_count += 1,
            Some(met @ (Met::Floor | Met::NotMet)) => {
                out[at].failing.push((value.indicator(), met))
            }
            _ => out[at].missing.push(value.indicator()),
        }
    }
    for verdict in &mut out {
        verdict.verdict = if !verdict.missing.is_empty() {
            Verdict::Incomplete
        } else if verdict.met_count >= pipeline.school_rule.least_met
            && verdict.failing.iter().all(|(_, met)| *met == Met::Floor)
        {
            Verdict::Met
        } else {
            Verdict::NotMet
        };
    }
    out
}
