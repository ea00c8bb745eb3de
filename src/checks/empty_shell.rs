//! `[[empty_shell]]`: a school on paper: none of what a school must have, or one of it lacking. Zero is lacking; what is not
//! given is lacking only where everything else is.

use polars::prelude::*;

use super::{Broken, Given, applies};
use crate::error::Error;
use crate::finding::Finding;
use crate::pipeline::model::EmptyShell;

/// The rows that are shells, each with the positions of the columns that are lacking.
///
/// # Errors
/// When a column is not there.
pub fn shells(rule: &EmptyShell, frame: &DataFrame) -> PolarsResult<Vec<(usize, Vec<usize>)>> {
    let applies = applies(rule.rows.when.as_ref(), frame)?;
    let mut columns: Vec<Vec<Option<f64>>> = Vec::new();
    for name in &rule.rows.cells {
        let column = frame.column(name)?.cast(&DataType::Float64)?;
        columns.push(column.f64()?.iter().collect());
    }
    let mut out = Vec::new();
    for row in (0..frame.height()).filter(|row| applies[*row]) {
        let zeros = (0..columns.len()).filter(|c| columns[*c][row] == Some(0.0));
        let zeros: Vec<usize> = zeros.collect();
        let given = columns.iter().filter(|c| c[row].is_some()).count();
        let fires = !zeros.is_empty() && (!rule.all || zeros.len() == given);
        if fires {
            out.push((row, zeros));
        }
    }
    Ok(out)
}

/// Runs every `[[empty_shell]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for rule in &given.pipeline.rules.empty_shells {
        let frame = given.frame(rule.rows.scope);
        if frame.height() == 0 {
            continue;
        }
        for (row, lacking) in shells(rule, frame)? {
            let subject = given.subject(rule.rows.scope, row);
            if rule.rows.cells.iter().any(|c| subject.is_unread(c)) {
                continue;
            }
            let cells: Vec<String> = lacking
                .iter()
                .map(|c| rule.rows.cells[*c].clone())
                .collect();
            let titles: Vec<String> = cells.iter().filter_map(|c| subject.title(c)).collect();
            let broken = Broken {
                row,
                slots: vec![(
                    "lacking",
                    titles.join(given.pipeline.word("list_separator")),
                )],
                expected: None,
                estimated: false,
            };
            findings.push(subject.finding(&rule.text, &cells, broken));
        }
    }
    Ok(())
}
