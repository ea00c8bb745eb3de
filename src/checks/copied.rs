//! `[[copied]]`: the same figures in two places: two rows of a county, rows of two counties, a row and last year's, or a block of
//! figures one below the other. Zeros are alike everywhere and count for nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polars::prelude::*;

use super::years::last_rows;
use super::{Broken, Given, finding, side_by_side};
use crate::dataset::CellRef;
use crate::error::Error;
use crate::finding::Finding;
use crate::pipeline::model::{Copied, CopiedOf, Scope};
use crate::text::{NAMED_PLACES, number, some_of};

/// Figures of one row, by column of the rule; zeros and what is not given are missing.
type Figures = Vec<Option<f64>>;

/// The figures of every row.
///
/// # Errors
/// When polars refuses.
pub fn figures(names: &[String], frame: &DataFrame) -> PolarsResult<Vec<Figures>> {
    let mut out: Vec<Figures> = vec![Vec::new(); frame.height()];
    for name in names {
        // An earlier year may not have the column.
        let values: Vec<Option<f64>> = match frame.column(name) {
            Ok(column) => column.cast(&DataType::Float64)?.f64()?.iter().collect(),
            Err(_) => vec![None; frame.height()],
        };
        for (row, value) in values.into_iter().enumerate() {
            out[row].push(value.filter(|v| *v != 0.0));
        }
    }
    Ok(out)
}

/// Positions of the figures that two rows have alike.
fn alike(a: &[Option<f64>], b: &[Option<f64>]) -> Vec<usize> {
    let same = |i: &usize| a[*i].is_some() && a[*i] == b[*i];
    (0..a.len()).filter(same).collect()
}

/// Whether two rows, in a county of so many, are alike enough to be copies.
pub fn are_copies(rule: &Copied, rows: usize, a: &[Option<f64>], b: &[Option<f64>]) -> bool {
    let same = alike(a, b);
    let is_large = |i: &&usize| rule.large.contains(&rule.columns[**i]);
    let large = same.iter().filter(is_large).count();
    match rule.of {
        CopiedOf::Rows {
            least,
            least_of_many,
            many,
            least_large,
        } => same.len() >= if rows > many { least_of_many } else { least } || large >= least_large,
        CopiedOf::Counties { least, least_large } => same.len() >= least && large >= least_large,
        CopiedOf::Years { least } => {
            let given = a.iter().flatten().count();
            same.len() == given && given >= least
        }
        CopiedOf::Blocks { rows } => same.len() >= rows,
    }
}

/// Runs every `[[copied]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    side_by_side(&given.pipeline.rules.copied, findings, |rule, findings| {
        let frame = &given.dataset.tables[rule.table].frame;
        if frame.height() == 0 {
            return Ok(());
        }
        let rows = figures(&rule.columns, frame)?;
        match rule.of {
            CopiedOf::Rows { .. } => within(given, rule, &rows, findings),
            CopiedOf::Counties { .. } => between(given, rule, &rows, findings),
            CopiedOf::Years { .. } => years(given, rule, &rows, findings)?,
            CopiedOf::Blocks { rows: least } => blocks(given, rule, least, &rows, findings),
        }
        Ok(())
    })
}

/// County, file, sheet and row of a row, with its name.
fn address(given: &Given<'_>, rule: &Copied, row: usize) -> String {
    let subject = given.subject(Scope::Table(rule.table), row);
    let own = &given.dataset.tables[rule.table].rows[row];
    let sheet = &given.dataset.sheets[own.sheet as usize];
    let county = given.dataset.county_name(&own.county_code);
    let name = subject.text("school_name").unwrap_or_default();
    format!(
        "{name} [{county} {}!{}!{}]",
        sheet.file,
        sheet.sheet,
        own.row + 1
    )
}

/// Says of a row what it has alike with another place.
fn say_copy(
    given: &Given<'_>,
    rule: &Copied,
    row: usize,
    same: &[usize],
    more: Vec<(&'static str, String)>,
    findings: &mut Vec<Finding>,
) {
    let subject = given.subject(Scope::Table(rule.table), row);
    let cells: Vec<String> = same.iter().map(|i| rule.columns[*i].clone()).collect();
    let shown: Vec<String> = cells
        .iter()
        .filter_map(|c| Some(format!("{}={}", subject.title(c)?, subject.shown(c)?)))
        .collect();
    let mut slots = more;
    slots.push(("count", same.len().to_string()));
    slots.push(("figures", some_of(&shown, NAMED_PLACES)));
    let broken = Broken {
        row,
        slots,
        expected: None,
        estimated: false,
    };
    findings.push(subject.finding(&rule.text, &cells, broken));
}

/// Rows of one county that are like others: each is said, with those that it is like.
fn within(given: &Given<'_>, rule: &Copied, rows: &[Figures], findings: &mut Vec<Finding>) {
    let mut counties: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, own) in given.dataset.tables[rule.table].rows.iter().enumerate() {
        counties.entry(&own.county_code).or_default().push(row);
    }
    for own in counties.into_values() {
        for row in &own {
            let is_copy = |other: &usize| are_copies(rule, own.len(), &rows[*row], &rows[*other]);
            let others = own.iter().copied().filter(|other| other != row);
            let copies: Vec<usize> = others.filter(is_copy).collect();
            let Some(first) = copies.first() else {
                continue;
            };
            let others: Vec<String> = copies.iter().map(|o| address(given, rule, *o)).collect();
            let same = alike(&rows[*row], &rows[*first]);
            let more = vec![("others", some_of(&others, NAMED_PLACES))];
            say_copy(given, rule, *row, &same, more, findings);
        }
    }
}

/// Rows of different counties that have large figures alike; each is said, with the first other one.
fn between(given: &Given<'_>, rule: &Copied, rows: &[Figures], findings: &mut Vec<Finding>) {
    let large: Vec<usize> = (0..rule.columns.len())
        .filter(|i| rule.large.contains(&rule.columns[*i]))
        .collect();
    let table = &given.dataset.tables[rule.table].rows;
    // Rows that share two large figures stand in one bucket.
    let mut buckets: HashMap<(usize, u64, usize, u64), Vec<usize>> = HashMap::new();
    for (row, figures) in rows.iter().enumerate() {
        for (n, a) in large.iter().enumerate() {
            for b in &large[n + 1..] {
                if let (Some(x), Some(y)) = (figures[*a], figures[*b]) {
                    let key = (*a, x.to_bits(), *b, y.to_bits());
                    buckets.entry(key).or_default().push(row);
                }
            }
        }
    }
    let mut found: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for bucket in buckets.values().filter(|b| b.len() > 1) {
        // Of many that are all alike each is held against the first of another county.
        for row in bucket {
            let of_other = |other: &&usize| table[**other].county_code != table[*row].county_code;
            let copy = bucket
                .iter()
                .filter(of_other)
                .find(|other| are_copies(rule, 0, &rows[*row], &rows[**other]));
            if let Some(other) = copy {
                found.entry(*row).or_default().insert(*other);
            }
        }
    }
    for (row, others) in found {
        let Some(first) = others.first() else {
            continue;
        };
        let named: Vec<String> = others.iter().map(|o| address(given, rule, *o)).collect();
        let same = alike(&rows[row], &rows[*first]);
        let more = vec![("others", some_of(&named, NAMED_PLACES))];
        say_copy(given, rule, row, &same, more, findings);
    }
}

/// Rows all of whose figures are last year's.
fn years(
    given: &Given<'_>,
    rule: &Copied,
    rows: &[Figures],
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let Some(last) = last_rows(given, Scope::Table(rule.table))? else {
        return Ok(());
    };
    let then = figures(&rule.columns, last.frame)?;
    for (row, own) in rows.iter().enumerate() {
        let Some(at) = last.rows[row] else {
            continue;
        };
        if are_copies(rule, 0, own, &then[at]) {
            let more = vec![("last_period", last.period.to_string())];
            say_copy(given, rule, row, &alike(own, &then[at]), more, findings);
        }
    }
    Ok(())
}

/// Large figures that stand one below the other in two places, as far as the two go together.
fn blocks(
    given: &Given<'_>,
    rule: &Copied,
    least: usize,
    rows: &[Figures],
    findings: &mut Vec<Finding>,
) {
    let table = &given.dataset.tables[rule.table].rows;
    let mut sheets: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, own) in table.iter().enumerate() {
        sheets.entry(own.sheet).or_default().push(row);
    }
    for own in sheets.values_mut() {
        own.sort_by_key(|row| table[*row].row);
    }
    let lists: Vec<&Vec<usize>> = sheets.values().collect();
    for (c, name) in rule.columns.iter().enumerate() {
        let value = |(list, at): (usize, usize)| lists[list].get(at).and_then(|row| rows[*row][c]);
        let mut windows: HashMap<Vec<u64>, (usize, usize)> = HashMap::new();
        // Where the block that was said last ends, by place.
        let mut said: Option<(usize, usize)> = None;
        for (list, members) in lists.iter().enumerate() {
            for start in 0..members.len() {
                let window: Option<Vec<u64>> = (start..start + least)
                    .map(|at| value((list, at)).map(f64::to_bits))
                    .collect();
                let Some(window) = window else { continue };
                let distinct: BTreeSet<&u64> = window.iter().collect();
                if distinct.len() < least {
                    continue;
                }
                let Some(first) = windows.get(&window).copied() else {
                    windows.insert(window, (list, start));
                    continue;
                };
                if said.is_some_and(|(l, end)| l == list && start < end) {
                    continue;
                }
                let mut length = least;
                let ahead = |n: usize| value((first.0, first.1 + n));
                while ahead(length).is_some() && ahead(length) == value((list, start + length)) {
                    length += 1;
                }
                said = Some((list, start + length));
                let own: Vec<usize> = members[start..start + length].to_vec();
                say_block(given, rule, name, &own, lists[first.0][first.1], findings);
            }
        }
    }
}

fn say_block(
    given: &Given<'_>,
    rule: &Copied,
    name: &String,
    own: &[usize],
    first: usize,
    findings: &mut Vec<Finding>,
) {
    let subject = given.subject(Scope::Table(rule.table), own[0]);
    let cells: Vec<CellRef> = own
        .iter()
        .filter_map(|row| given.subject(Scope::Table(rule.table), *row).cell(name))
        .collect();
    let values: Vec<String> = own
        .iter()
        .filter_map(|row| given.subject(Scope::Table(rule.table), *row).shown(name))
        .collect();
    let mut draft = subject.draft(std::slice::from_ref(name));
    draft.school_code = None;
    draft.school_name = None;
    draft.place = given.dataset.place_of_all(&cells);
    let title = subject.title(name).unwrap_or_default();
    let message = rule.text.message.fill(|slot| match slot {
        "column" => title.clone(),
        "count" => number(own.len() as f64),
        "figures" => some_of(&values, NAMED_PLACES),
        _ => address(given, rule, first),
    });
    findings.push(finding(&rule.text, draft, message));
}
