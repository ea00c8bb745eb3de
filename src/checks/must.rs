//! `[[must]]`: a condition that every row must hold, with an optional `when`. A row where the condition is unknown
//! (something is missing) is not broken.

use polars::prelude::*;

use super::{Subject, finding};
use crate::dataset::Dataset;
use crate::error::Error;
use crate::finding::Finding;
use crate::formula::lower::evaluate;
use crate::indicators::split::Units;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Must, Scope};

/// For every row whether it breaks the rule.
///
/// # Errors
/// When polars refuses.
pub fn broken(rule: &Must, frame: &DataFrame) -> PolarsResult<Vec<bool>> {
    let must = evaluate(&rule.must, frame)?;
    let must = must.bool()?;
    let mut out: Vec<bool> = must.iter().map(|m| m == Some(false)).collect();
    if let Some(when) = &rule.when {
        let when = evaluate(when, frame)?;
        for (broken, applies) in out.iter_mut().zip(when.bool()?.iter()) {
            *broken = *broken && applies == Some(true);
        }
    }
    Ok(out)
}

/// Runs every `[[must]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    for rule in &pipeline.musts {
        let frame = match rule.scope {
            Scope::Table(t) => &dataset.tables[t].frame,
            Scope::Unit => &units.frame,
        };
        if frame.height() == 0 {
            continue;
        }
        let expected: Option<Vec<Option<f64>>> = match &rule.expected {
            Some(formula) => {
                let column = evaluate(formula, frame)?.cast(&DataType::Float64)?;
                Some(column.f64()?.iter().collect())
            }
            None => None,
        };
        for (i, broken) in broken(rule, frame)?.into_iter().enumerate() {
            if !broken {
                continue;
            }
            let subject = match rule.scope {
                Scope::Table(table) => Subject {
                    pipeline,
                    dataset,
                    table,
                    row: i,
                    unit: None,
                },
                Scope::Unit => Subject {
                    pipeline,
                    dataset,
                    table: pipeline.table("school").unwrap_or(0),
                    row: units.list[i].school,
                    unit: Some(&units.list[i]),
                },
            };
            // What could not be read is said already; what follows from it is not said again.
            let mut read = rule
                .must
                .columns
                .iter()
                .chain(rule.when.iter().flat_map(|w| &w.columns));
            if read.any(|c| subject.is_unread(c)) {
                continue;
            }
            let expected = expected.as_ref().and_then(|e| e[i]);
            // In the unit of the sheet, as the clerk sees it.
            let factor = rule.cells.first().map_or(1.0, |c| subject.factor(c));
            let right = expected.map(|e| crate::text::number(e / factor));
            let stage = subject
                .unit
                .map_or(String::new(), |u| pipeline.stages[u.stage].title.clone());
            let message = rule.text.message.fill(|slot| match slot {
                "expected" => right.clone().unwrap_or_default(),
                "stage_title" => stage.clone(),
                name => subject
                    .shown(name)
                    .unwrap_or_else(|| pipeline.word("missing").to_string()),
            });
            let mut draft = subject.draft(&rule.cells);
            draft.expected = right;
            draft.expected_value = expected;
            findings.push(finding(&rule.text, draft, message));
        }
    }
    Ok(())
}
