//! What would flip a verdict: which units, indicators and criteria stand between a county and its verdict, nearest first.

use std::collections::BTreeMap;

use super::Verdict;
use super::balance::{Balance, Composite};
use super::figure::Threshold;
use super::unit::{Met, UnitValue, UnitVerdict, values_of};
use super::verdict::{Given, unit_name};
use crate::pipeline::Pipeline;
use crate::pipeline::model::Better;
use crate::text::{fixed, number};

/// One thing that stands between a county and a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Flip {
    /// Relative distance, 0.05 for 5%; beside a limit of 0 the difference itself; infinite where it cannot be measured.
    pub gap: f64,
    /// Whether the distance is relative.
    pub relative: bool,
    pub text: String,
}

/// What is missing, as its reason says: no distance can be told.
pub fn open(text: String) -> Flip {
    Flip {
        gap: f64::INFINITY,
        relative: false,
        text,
    }
}

/// Sorted by distance, in the order given where equal.
pub fn sorted(mut flips: Vec<Flip>) -> Vec<Flip> {
    flips.sort_by(|a, b| a.gap.total_cmp(&b.gap));
    flips
}

/// The bound that an indicator of a failing unit must reach, and what is lacking to it.
struct Needed<'a> {
    value: &'a UnitValue,
    bound: f64,
}

/// What a failing unit needs: as many of the nearest indicators at their limit as are lacking, the others at the floor.
pub fn unit(given: &Given<'_>, verdict: &UnitVerdict, gap: f64) -> Flip {
    let pipeline = given.pipeline;
    let values = values_of(given.values, verdict.unit);
    let mut failing: Vec<(f64, &UnitValue, Met)> = verdict
        .failing
        .iter()
        .filter_map(|(indicator, met)| {
            let v = values.iter().find(|v| v.indicator() == *indicator)?;
            let better = pipeline.indicators[*indicator].better;
            let limit = Threshold::plain(v.limit()?);
            Some((limit.slack(v.value()?, better), v, *met))
        })
        .collect();
    failing.sort_by(|a, b| b.0.total_cmp(&a.0));
    let lacking = pipeline
        .school_rule
        .least_met
        .saturating_sub(verdict.met_count);
    let needed: Vec<Needed<'_>> = failing
        .into_iter()
        .enumerate()
        .filter_map(|(i, (_, value, met))| {
            let bound = match met {
                _ if i < lacking => value.limit()?,
                Met::NotMet => value.floor()?,
                _ => return None,
            };
            Some(Needed { value, bound })
        })
        .collect();
    let details: Vec<String> = needed.iter().map(|n| rise(pipeline, n)).collect();
    let name = unit_name(pipeline, given.dataset, given.units, verdict.unit);
    let text = pipeline.phrase(
        "flip_unit",
        &[
            ("unit_name", &name),
            ("details", &details.join(pipeline.word("list_separator"))),
        ],
    );
    Flip {
        gap,
        relative: true,
        text,
    }
}

fn rise(pipeline: &Pipeline, needed: &Needed<'_>) -> String {
    let v = needed.value;
    let i = &pipeline.indicators[v.indicator()];
    let lacking = match (v.numerator(), v.denominator(), i.better) {
        (Some(n), Some(d), Better::Higher) => fixed(needed.bound * d / i.scale - n, 2),
        _ => fixed((v.value().unwrap_or(0.0) - needed.bound).abs(), i.digits),
    };
    pipeline.phrase(
        "flip_indicator",
        &[
            ("indicator", &i.title),
            ("bound", &number(needed.bound)),
            ("unit", &i.unit),
            ("lacking", &lacking),
            ("resource", &i.resource),
        ],
    )
}

/// Of units that all meet the standard the one that is nearest to failing.
pub fn nearest_unit(
    given: &Given<'_>,
    units: &[UnitVerdict],
    margins: &BTreeMap<usize, f64>,
) -> Vec<Flip> {
    let pipeline = given.pipeline;
    let nearest = units
        .iter()
        .filter_map(|u| Some((u.unit, *margins.get(&u.unit)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    nearest
        .map(|(unit, slack)| {
            let name = unit_name(pipeline, given.dataset, given.units, unit);
            near(pipeline, &name, slack)
        })
        .into_iter()
        .collect()
}

/// That something met is nearest to failing.
pub fn near(pipeline: &Pipeline, name: &str, slack: f64) -> Flip {
    Flip {
        gap: slack,
        relative: true,
        text: pipeline.phrase(
            "flip_near",
            &[("name", name), ("slack", &fixed(slack * 100.0, 1))],
        ),
    }
}

/// Coefficients of variation above their limits, nearest first; where all are met the nearest to its limit.
pub fn balance(
    given: &Given<'_>,
    own: &[&Balance],
    composites: &[&Composite],
    verdict: Verdict,
) -> Vec<Flip> {
    let pipeline = given.pipeline;
    let mut all: Vec<(f64, f64, String, usize)> = Vec::new();
    for b in own {
        if let (Some(cv), Some(limit)) = (b.cv, b.limit) {
            let name = format!(
                "{}{}",
                pipeline.stages[b.stage].title, pipeline.indicators[b.indicator].title
            );
            all.push((cv, limit, name, b.stage));
        }
    }
    for c in composites {
        if let Some(cv) = c.cv {
            let name = format!(
                "{}{}",
                pipeline.stages[c.stage].title,
                pipeline.word("composite")
            );
            all.push((cv, c.limit, name, c.stage));
        }
    }
    let slack = |cv: f64, limit: f64| Threshold::plain(limit).slack(cv, Better::Lower);
    if verdict == Verdict::Met {
        let nearest = all
            .iter()
            .min_by(|a, b| slack(a.0, a.1).total_cmp(&slack(b.0, b.1)));
        return nearest
            .map(|(cv, limit, name, _)| near(pipeline, name, slack(*cv, *limit)))
            .into_iter()
            .collect();
    }
    let above = all
        .into_iter()
        .filter(|(cv, limit, ..)| !Threshold::plain(*limit).met(*cv, Better::Lower))
        .map(|(cv, limit, name, stage)| {
            let digits = pipeline.balance_limit(stage).map_or(3, |l| l.digits);
            let text = pipeline.phrase(
                "flip_cv",
                &[
                    ("name", &name),
                    ("limit", &fixed(limit, digits)),
                    ("cv", &fixed(cv, digits)),
                ],
            );
            Flip {
                gap: -slack(cv, limit),
                relative: true,
                text,
            }
        })
        .collect();
    sorted(above)
}
