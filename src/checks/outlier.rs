//! `[[outlier]]`: a figure unlike those of its peers. Counts are held against an overdispersed funnel, continuous figures against
//! the line of their logarithms over size.

use super::peers::groups;
use super::range::{rough, short};
use super::statistics::{FunnelSettings, funnel, size_residuals};
use super::unit_error::{ALL_PAIRS, own_column};
use super::{Broken, Given, applies, numbers, say, side_by_side};
use crate::error::Error;
use crate::finding::Finding;
use crate::pipeline::model::{Outlier, OutlierMethod};
use crate::text::fixed;

/// A figure that is unlike the others of its group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unlike {
    /// Position in the group.
    pub at: usize,
    pub z: f64,
    pub expected: f64,
    /// Between these it would be like the others.
    pub low: f64,
    pub high: f64,
}

/// The figures of a group that are unlike the others.
pub fn unlike(method: OutlierMethod, sizes: &[f64], values: &[f64]) -> Vec<Unlike> {
    match method {
        OutlierMethod::Funnel { z, winsor, phi } => {
            let settings = FunnelSettings {
                winsor_share: winsor,
                phi_divisor: phi,
            };
            let judged = funnel(sizes, values, settings);
            let units = judged.units.iter().enumerate();
            let out = units.filter_map(|(at, unit)| Some((at, unit.as_ref()?)));
            out.filter(|(_, unit)| unit.z.abs() > z)
                .map(|(at, unit)| {
                    let range = judged.range(unit.expected, z);
                    Unlike {
                        at,
                        z: unit.z,
                        expected: unit.expected,
                        low: range.low,
                        high: range.high,
                    }
                })
                .collect()
        }
        OutlierMethod::SizeResidual { z, factor } => {
            let judged = size_residuals(sizes, values, ALL_PAIRS);
            let units = judged.units.iter().enumerate();
            let out = units.filter_map(|(at, unit)| Some((at, unit.as_ref()?)));
            out.filter(|(_, unit)| unit.z.abs() > z && unit.factor > factor)
                .map(|(at, unit)| Unlike {
                    at,
                    z: unit.z,
                    expected: unit.fitted,
                    low: unit.fitted / factor,
                    high: unit.fitted * factor,
                })
                .collect()
        }
    }
}

/// Runs every `[[outlier]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    side_by_side(
        &given.pipeline.rules.outliers,
        findings,
        |rule, findings| {
            let frame = given.frame(rule.rows.scope);
            if frame.height() == 0 {
                return Ok(());
            }
            let values = numbers(&rule.value, frame)?;
            let sizes = numbers(&rule.size, frame)?;
            let applies = applies(rule.rows.when.as_ref(), frame)?;
            let mut broken: Vec<Broken> = Vec::new();
            for group in groups(given, rule.peers, &sizes, &values, &applies) {
                let source = given.pipeline.word(group.source);
                for unlike in unlike(rule.method, &group.sizes, &group.values) {
                    if !group.judged[unlike.at] {
                        continue;
                    }
                    let (row, value) = (group.rows[unlike.at], group.values[unlike.at]);
                    broken.push(Broken {
                        row,
                        slots: vec![
                            ("value", short(value)),
                            ("fit", rough(unlike.expected)),
                            ("low", fixed(unlike.low, 1)),
                            ("high", fixed(unlike.high, 1)),
                            ("z", fixed(unlike.z, 1)),
                            ("source", source.to_string()),
                            ("peers", group.rows.len().to_string()),
                        ],
                        expected: expected(given, rule, row, (value, unlike.expected)),
                        estimated: true,
                    });
                }
            }
            broken.sort_by_key(|b| b.row);
            let read = [&rule.value, &rule.size];
            say(given, &rule.text, &rule.rows, &read, broken, findings);
            Ok(())
        },
    )
}

/// What the first cell would hold if the figure were as expected; counts in whole numbers. A figure of several cells says
/// nothing about one of them.
fn expected(
    given: &Given<'_>,
    rule: &Outlier,
    row: usize,
    (value, fit): (f64, f64),
) -> Option<f64> {
    let single =
        rule.value.columns.len() == 1 && rule.value.columns.first() == rule.rows.cells.first();
    let own = own_column(given, rule.rows.scope, row, &rule.rows.cells);
    let own = own.filter(|own| single && *own > 0.0 && value > 0.0)? * fit / value;
    Some(match rule.method {
        OutlierMethod::Funnel { .. } => own.round(),
        OutlierMethod::SizeResidual { .. } => (own * 100.0).round() / 100.0,
    })
}
