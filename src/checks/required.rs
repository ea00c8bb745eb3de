//! `[[required]]`: cells that must be filled in. A column that the sheet does not have is said of the sheet, not of each row.

use polars::prelude::*;

use super::{Broken, Given, applies, say};
use crate::error::Error;
use crate::finding::Finding;
use crate::pipeline::model::{Required, Rows};

/// For each of the rule's columns the rows without it.
///
/// # Errors
/// When a column is not there.
pub fn empty(rule: &Required, frame: &DataFrame) -> PolarsResult<Vec<(usize, Vec<usize>)>> {
    let applies = applies(rule.rows.when.as_ref(), frame)?;
    let mut out = Vec::new();
    for (c, name) in rule.rows.cells.iter().enumerate() {
        let missing = frame.column(name)?.is_null();
        let rows = missing.iter().zip(&applies).enumerate();
        let rows = rows.filter(|(_, (missing, applies))| *missing == Some(true) && **applies);
        out.push((c, rows.map(|(row, _)| row).collect()));
    }
    Ok(out)
}

/// Runs every `[[required]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for rule in &given.pipeline.rules.required {
        let frame = given.frame(rule.rows.scope);
        if frame.height() == 0 {
            continue;
        }
        for (c, rows) in empty(rule, frame)? {
            let name = &rule.rows.cells[c];
            let own = Rows {
                scope: rule.rows.scope,
                when: None,
                cells: vec![name.clone()],
            };
            let mut broken = Vec::new();
            for row in rows {
                let subject = given.subject(rule.rows.scope, row);
                if subject.cell(name).is_some() && !subject.is_unread(name) {
                    let title = subject.title(name).unwrap_or_default();
                    broken.push(Broken {
                        row,
                        slots: vec![("column", title)],
                        expected: None,
                        estimated: false,
                    });
                }
            }
            say(given, &rule.text, &own, &[], broken, findings);
        }
    }
    Ok(())
}
