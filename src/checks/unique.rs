//! `[[unique]]`: columns whose values together must not occur twice. Rows where one of them is missing do not count.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::{Given, finding};
use crate::error::Error;
use crate::finding::Finding;
use crate::pipeline::model::{Scope, Unique};
use crate::text::{NAMED_PLACES, some_of};

/// Groups of rows (by position) that share the same values.
///
/// # Errors
/// When a column is not there.
pub fn groups(rule: &Unique, frame: &DataFrame) -> PolarsResult<Vec<Vec<usize>>> {
    let mut columns = Vec::new();
    for name in &rule.columns {
        columns.push(frame.column(name)?.cast(&DataType::String)?);
    }
    let texts: Vec<&StringChunked> = columns
        .iter()
        .map(|c| c.str())
        .collect::<PolarsResult<_>>()?;
    let mut seen: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
    for i in 0..frame.height() {
        let key: Option<Vec<&str>> = texts.iter().map(|t| t.get(i)).collect();
        if let Some(key) = key {
            seen.entry(key).or_default().push(i);
        }
    }
    Ok(seen.into_values().filter(|rows| rows.len() > 1).collect())
}

/// Runs every `[[unique]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let (pipeline, dataset) = (given.pipeline, given.dataset);
    for rule in &pipeline.rules.uniques {
        let table = &dataset.tables[rule.table];
        if table.frame.height() == 0 {
            continue;
        }
        let cells: Vec<String> = rule
            .columns
            .iter()
            .filter(|c| pipeline.tables[rule.table].position(c).is_some())
            .cloned()
            .collect();
        for group in groups(rule, &table.frame)? {
            let addresses: Vec<String> = group
                .iter()
                .map(|i| {
                    let row = &table.rows[*i];
                    let info = &dataset.sheets[row.sheet as usize];
                    let county = dataset.county_name(&row.county_code);
                    let line = row.row + 1;
                    format!("{county} {}!{}!{line}", info.file, info.sheet)
                })
                .collect();
            for (position, i) in group.iter().enumerate() {
                let subject = given.subject(Scope::Table(rule.table), *i);
                let others: Vec<String> = addresses
                    .iter()
                    .enumerate()
                    .filter(|(p, _)| *p != position)
                    .map(|(_, a)| a.clone())
                    .collect();
                let message = rule.text.message.fill(|slot| match slot {
                    "others" => some_of(&others, NAMED_PLACES),
                    "count" => group.len().to_string(),
                    name => subject.shown(name).unwrap_or_default(),
                });
                findings.push(finding(&rule.text, subject.draft(&cells), message));
            }
        }
    }
    Ok(())
}
