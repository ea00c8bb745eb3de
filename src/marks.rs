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
        // As they were taken: in another unit a figure is another one. Where they stand counts only where no figure is known: a
        // row inserted above changes none.
        for cell in cells {
            match figures.get(cell) {
                Some(own) => parts.extend(own.iter().cloned()),
                None if cells.len() > 1 => parts.push(a1(cell.row, cell.col)),
                None => {}
            }
        }
        let kind = pipeline.rule_kind(&finding.rule);
        if BESIDE.contains(&kind) || BESIDE.contains(&finding.rule.as_str()) {
            parts.extend(finding.expected.clone());
        }
        // Until now what a notice says.
        let said = std::mem::take(&mut finding.mark);
        if finding.value.is_none() && kind == "notice" {
            parts.push(said);
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

/// What stands in the cells of findings: of a sentence all figures that it states.
fn figures(dataset: &Dataset, cells: &[Vec<CellRef>]) -> HashMap<CellRef, Vec<String>> {
    let mut wanted: BTreeMap<u32, Vec<CellRef>> = BTreeMap::new();
    for cell in cells.iter().flatten() {
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
    let known: Vec<(CellRef, String)> = rows
        .flat_map_iter(|row| {
            let columns = 0..row.values.len();
            columns
                .filter_map(|c| Some((row.cells.at(c)?, c)))
                .filter(|(cell, _)| {
                    let own = wanted.get(&cell.sheet);
                    own.is_some_and(|own| own.binary_search(cell).is_ok())
                })
                .map(|(cell, c)| {
                    let raw = || dataset.raw.get(&cell).cloned();
                    let taken = row.values[c].as_ref().map(Value::shown);
                    (cell, taken.or_else(raw).unwrap_or_default())
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let mut out: HashMap<CellRef, Vec<String>> = HashMap::new();
    for (cell, figure) in known {
        out.entry(cell).or_default().push(figure);
    }
    out
}
