//! `[[bunching]]`: too many units just above the limit of an indicator, in a county with many units or in the province. What
//! bunches may have been built to the limit: it is said for the record.

use std::collections::BTreeMap;

use super::{Given, finding};
use crate::finding::{Draft, Finding};
use crate::indicators::unit::UnitValue;
use crate::indicators::verdict::unit_name;
use crate::pipeline::model::Bunching;
use crate::text::{NAMED_PLACES, some_of};

use super::statistics::{Bunching as Counts, bunching};

/// Whether so many above and below are too many above.
pub fn is_crowded(rule: &Bunching, counts: &Counts) -> bool {
    counts.is_beyond(rule.p, rule.ratio)
}

/// Runs every `[[bunching]]`.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) {
    let Some(table) = given.pipeline.table("school") else {
        return;
    };
    let schools = &given.dataset.tables[table].rows;
    for rule in &given.pipeline.rules.bunchings {
        for indicator in &rule.indicators {
            let mut groups: BTreeMap<(usize, Option<&str>), Vec<&UnitValue>> = BTreeMap::new();
            let own = given.values.iter().filter(|v| v.indicator() == *indicator);
            for value in own.filter(|v| v.value().is_some() && v.limit().is_some_and(|l| l > 0.0)) {
                let unit = &given.units.list[value.unit()];
                let county = schools[unit.school].county_code.as_str();
                groups.entry((unit.stage, None)).or_default().push(value);
                groups
                    .entry((unit.stage, Some(county)))
                    .or_default()
                    .push(value);
            }
            for ((stage, county), values) in groups {
                if values.len() >= rule.least_rows {
                    group(given, rule, (*indicator, stage), county, &values, findings);
                }
            }
        }
    }
}

fn group(
    given: &Given<'_>,
    rule: &Bunching,
    (indicator, stage): (usize, usize),
    county: Option<&str>,
    values: &[&UnitValue],
    findings: &mut Vec<Finding>,
) {
    // A unit's own limit is 1.
    let share = |v: &&&UnitValue| v.value().zip(v.limit()).map(|(value, limit)| value / limit);
    let shares: Vec<f64> = values.iter().filter_map(|v| share(&v)).collect();
    let counts = bunching(&shares, 1.0, rule.window);
    if !is_crowded(rule, &counts) {
        return;
    }
    let near: Vec<String> = values
        .iter()
        .filter(|v| share(v).is_some_and(|s| s >= 1.0 - 1e-9 && s < 1.0 + rule.named))
        .map(|v| unit_name(given.pipeline, given.dataset, given.units, v.unit()))
        .collect();
    let indicator = &given.pipeline.indicators[indicator];
    let stage = &given.pipeline.stages[stage].title;
    let draft = Draft {
        county_code: county.map(str::to_string),
        column: Some(format!("{stage}{}", indicator.title)),
        ..Draft::default()
    };
    let message = rule.text.message.fill(|slot| match slot {
        "stage_title" => stage.clone(),
        "indicator" => indicator.title.clone(),
        "above" => counts.above.to_string(),
        "below" => counts.below.to_string(),
        "window" => crate::text::number(rule.window * 100.0),
        "rows" => values.len().to_string(),
        "count" => near.len().to_string(),
        _ => some_of(&near, NAMED_PLACES),
    });
    findings.push(finding(&rule.text, draft, message));
}
