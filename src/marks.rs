//! Marks of what findings are said of: an explanation holds as long as the mark is the same. It is made of the county's own
//! figures alone, so that what other counties send touches no explanation, nor another wording of a rule.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::cells::Sheets;
use crate::dataset::{CellRef, Dataset};
use crate::finding::{Finding, a1};
use crate::ingest::cell::Value;
use crate::pipeline::Pipeline;
use crate::pipeline::load::hex;

/// Kinds of rules, and notices, whose expected value is another figure of the same county.
const BESIDE: &[&str] = &["total", "cross", "stated-differs", "survey-sources-differ"];

/// Marks every finding that a county may explain.
pub fn set(pipeline: &Pipeline, dataset: &Dataset, findings: &mut [Finding]) {
    let sheets = Sheets::new(dataset);
    let cells: Vec<Vec<CellRef>> = findings
        .iter()
        .map(|f| match f.is_asked() {
            true => sheets.cells(&f.place),
            false => Vec::new(),
        })
        .collect();
    let figures = figures(dataset, &cells);
    for (finding, cells) in findings.iter_mut().zip(&cells) {
        let mut parts: Vec<String> = Vec::new();
        // Of a single cell the value says all; of several the others count as well. Where they stand counts only where no figure
        // of theirs is known: a row inserted above changes no figure.
        if cells.len() > 1 {
            let known = cells.iter().map(|cell| {
                let figure = figures.get(cell).cloned();
                figure.unwrap_or_else(|| a1(cell.row, cell.col))
            });
            parts.extend(known);
        }
        let kind = pipeline.rule_kind(&finding.rule);
        if BESIDE.contains(&kind) || BESIDE.contains(&finding.rule.as_str()) {
            parts.extend(finding.expected.clone());
        }
        if finding.value.is_none() && kind == "notice" {
            parts.push(finding.message.clone());
        }
        finding.mark = mark(finding.value.as_deref(), &parts);
    }
}

/// The mark of a value, and of what else it was said of; nothing in it that a spreadsheet would change.
pub fn mark(value: Option<&str>, more: &[String]) -> String {
    if value.is_none() && more.is_empty() {
        return "v".to_string();
    }
    let mut hash = Sha256::new();
    hash.update(crate::text::trimmed(value.unwrap_or_default()).as_bytes());
    for part in more {
        hash.update([0]);
        hash.update(part.as_bytes());
    }
    format!("v{}", &hex(&hash.finalize())[..10])
}

/// What stands in the cells of findings with several.
fn figures(dataset: &Dataset, cells: &[Vec<CellRef>]) -> HashMap<CellRef, String> {
    let several = cells.iter().filter(|own| own.len() > 1).flatten();
    let mut wanted: BTreeMap<u32, Vec<CellRef>> = BTreeMap::new();
    for cell in several {
        wanted.entry(cell.sheet).or_default().push(*cell);
    }
    if wanted.is_empty() {
        return HashMap::new();
    }
    for own in wanted.values_mut() {
        own.sort_unstable();
        own.dedup();
    }
    let rows = dataset.tables.par_iter().flat_map(|table| &table.rows);
    rows.flat_map_iter(|row| {
        let columns = 0..row.values.len();
        columns
            .filter_map(|c| Some((row.cells.at(c)?, c)))
            .filter(|(cell, _)| {
                let own = wanted.get(&cell.sheet);
                own.is_some_and(|own| own.binary_search(cell).is_ok())
            })
            .map(|(cell, c)| {
                let raw = dataset.raw.get(&cell).cloned();
                let shown = || row.values[c].as_ref().map_or(String::new(), Value::shown);
                (cell, raw.unwrap_or_else(shown))
            })
            .collect::<Vec<_>>()
    })
    .collect()
}
