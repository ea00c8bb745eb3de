//! `[[change]]`: a figure that changed from last year by more than is usual. It asks for an explanation; it does not say that
//! anything is wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::range::short;
use super::statistics::{HidiroglouBerthelotSettings, hidiroglou_berthelot};
use super::years::{LastRows, last_rows};
use super::{Broken, Given, applies, finding, numbers, say};
use crate::dataset::Row;
use crate::error::Error;
use crate::finding::{Draft, Finding};
use crate::pipeline::model::{Change, ChangeMethod, Scope};
use crate::text::{number, some_of};

/// Whether one figure changed too much by itself: by the ratio and by the least change. From zero nothing can be said.
pub fn too_large(last: f64, now: f64, ratio: f64, least: f64) -> bool {
    let change = (now - last).abs();
    let slack = 1e-9 * (now.abs() + last.abs());
    last > 0.0 && change + slack >= ratio * last && change + slack >= least
}

/// The settings of the score.
fn settings(u: f64, a: f64, c: f64) -> HidiroglouBerthelotSettings {
    HidiroglouBerthelotSettings { u, a, c }
}

/// Which figures changed unlike the rest.
pub fn unlike_the_rest(last: &[f64], now: &[f64], u: f64, a: f64, c: f64) -> Vec<bool> {
    let changes = hidiroglou_berthelot(last, now, settings(u, a, c));
    let flagged =
        |unit: &Option<super::statistics::ChangeUnit>| unit.as_ref().is_some_and(|u| u.flagged);
    changes.units.iter().map(flagged).collect()
}

/// Runs every `[[change]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for rule in &given.pipeline.rules.changes {
        let frame = given.frame(rule.rows.scope);
        let Some(years) = last_rows(given, rule.rows.scope)? else {
            continue;
        };
        let applies = applies(rule.rows.when.as_ref(), frame)?;
        let now = numbers(&rule.value, frame)?;
        let then = years.values(&rule.value)?;
        if rule.of_county {
            counties(given, rule, (&now, &then), &years, findings)?;
            continue;
        }
        let pairs: Vec<Option<(f64, f64)>> = (0..frame.height())
            .map(|row| Some((years.rows[row].and_then(|at| then[at])?, now[row]?)))
            .zip(applies)
            .map(|(pair, applies)| pair.filter(|_| applies))
            .collect();
        let broken = match rule.method {
            ChangeMethod::Ratio { ratio, least } => pairs
                .iter()
                .enumerate()
                .filter_map(|(row, pair)| Some((row, (*pair)?)))
                .filter(|(_, (last, now))| too_large(*last, *now, ratio, least))
                .map(|(row, pair)| changed(row, pair, years.period))
                .collect(),
            ChangeMethod::HidiroglouBerthelot { .. } => among(given, rule, &pairs, years.period),
        };
        say(
            given,
            &rule.text,
            &rule.rows,
            &[&rule.value],
            broken,
            findings,
        );
    }
    Ok(())
}

fn changed(row: usize, (last, now): (f64, f64), period: i64) -> Broken {
    Broken {
        row,
        slots: slots(last, now, period),
        expected: None,
        estimated: false,
    }
}

fn slots(last: f64, now: f64, period: i64) -> Vec<(&'static str, String)> {
    let percent = (now / last - 1.0) * 100.0;
    vec![
        ("last", number(last)),
        ("now", number(now)),
        ("difference", number(now - last)),
        ("percent", crate::text::fixed(percent, 1)),
        ("last_period", period.to_string()),
    ]
}

/// The rows that changed unlike the other rows of their county.
fn among(
    given: &Given<'_>,
    rule: &Change,
    pairs: &[Option<(f64, f64)>],
    period: i64,
) -> Vec<Broken> {
    let ChangeMethod::HidiroglouBerthelot {
        u,
        a,
        c,
        least_rows,
    } = rule.method
    else {
        return Vec::new();
    };
    let mut counties: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for row in (0..pairs.len()).filter(|row| pairs[*row].is_some()) {
        let subject = given.subject(rule.rows.scope, row);
        let code = &given.dataset.tables[subject.table].rows[subject.row].county_code;
        counties.entry(code).or_default().push(row);
    }
    let mut out = Vec::new();
    for rows in counties
        .into_values()
        .filter(|rows| rows.len() >= least_rows)
    {
        let own: Vec<(f64, f64)> = rows.iter().filter_map(|row| pairs[*row]).collect();
        let (last, now): (Vec<f64>, Vec<f64>) = own.iter().copied().unzip();
        let changes = hidiroglou_berthelot(&last, &now, settings(u, a, c));
        for (i, unit) in changes.units.iter().enumerate() {
            let Some(unit) = unit.as_ref().filter(|u| u.flagged) else {
                continue;
            };
            let mut broken = changed(rows[i], own[i], period);
            broken.slots.push(("ratio", short(unit.ratio)));
            broken.slots.push(("median", short(changes.median_ratio)));
            broken.slots.push(("low", short(unit.allowed.low)));
            broken.slots.push(("high", short(unit.allowed.high)));
            out.push(broken);
        }
    }
    out.sort_by_key(|b| b.row);
    out
}

/// Sums over a county's rows, both years' complete. A county that sends one school fewer sends another sum: that is what is
/// asked about.
fn counties(
    given: &Given<'_>,
    rule: &Change,
    (now, then): (&[Option<f64>], &[Option<f64>]),
    years: &LastRows<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let ChangeMethod::Ratio { ratio, least } = rule.method else {
        return Ok(());
    };
    let Scope::Table(table) = rule.rows.scope else {
        return Ok(());
    };
    let sums_now = sums(given.frame(rule.rows.scope), now)?;
    let sums_then = sums(years.frame, then)?;
    let column = |name: &String| {
        let at = given.pipeline.tables[table].position(name)?;
        Some(given.pipeline.tables[table].columns[at].title.clone())
    };
    let titles: Vec<String> = rule.rows.cells.iter().filter_map(column).collect();
    let unread = unread(given, table, &rule.value.columns);
    for (code, sum) in &sums_now {
        let (Some(now), Some(Some(last))) = (sum, sums_then.get(code)) else {
            continue;
        };
        // Part of the sum could not be read: that is said, and is no change.
        if unread.contains(code.as_str()) {
            continue;
        }
        if !too_large(*last, *now, ratio, least) {
            continue;
        }
        let mut all = slots(*last, *now, years.period);
        all.push(("column", some_of(&titles, super::NAMED_COLUMNS)));
        let message = rule.text.message.fill(|slot| {
            let own = all.iter().find(|(name, _)| *name == slot);
            own.map_or(String::new(), |(_, value)| value.clone())
        });
        let draft = Draft {
            county_code: Some(code.clone()),
            column: Some(some_of(&titles, super::NAMED_COLUMNS)),
            value: Some(number(*now)),
            ..Draft::default()
        };
        findings.push(finding(&rule.text, draft, message));
    }
    Ok(())
}

/// Counties with a cell in one of these columns that was said to be missing or not readable.
fn unread<'a>(given: &Given<'a>, table: usize, names: &[String]) -> BTreeSet<&'a str> {
    let declared = &given.pipeline.tables[table];
    let columns: Vec<usize> = names.iter().filter_map(|n| declared.position(n)).collect();
    let lacks = |row: &&Row| {
        let mut lacking = columns.iter().filter(|c| row.values[**c].is_none());
        lacking.any(|c| {
            let cell = row.cells.at(*c);
            cell.is_some_and(|cell| given.dataset.spoken.contains(&cell))
        })
    };
    let rows = given.dataset.tables[table].rows.iter();
    rows.filter(lacks).map(|r| r.county_code.as_str()).collect()
}

/// By county the sum of the values; missing where one is.
fn sums(
    frame: &polars::prelude::DataFrame,
    values: &[Option<f64>],
) -> Result<BTreeMap<String, Option<f64>>, Error> {
    let codes = frame.column(crate::pipeline::valid::COUNTY_CODE)?;
    let codes = codes.str()?;
    let mut out: BTreeMap<String, Option<f64>> = BTreeMap::new();
    for (row, value) in values.iter().enumerate() {
        let code = codes.get(row).unwrap_or("").to_string();
        let entry = out.entry(code).or_insert(Some(0.0));
        *entry = entry.zip(*value).map(|(a, b)| a + b);
    }
    Ok(out)
}
