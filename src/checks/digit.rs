//! `[[digit]]`: last digits of counts over the whole province. 0 and 5 too often may be rounding by honest people: it is said for
//! the record, and the rule is off unless the pipeline switches it on. First digits (Benford) are not looked at: sizes of schools
//! do not follow that law, and with many schools every honest list would be flagged.

use super::copied::figures;
use super::statistics::{LastDigits, last_digits};
use super::{Given, finding};
use crate::error::Error;
use crate::finding::{Draft, Finding};
use crate::pipeline::model::Digit;
use crate::text::fixed;

/// Whether the digits are unlike those of counts.
pub fn is_unlike(rule: &Digit, digits: &LastDigits) -> bool {
    let enough = usize::try_from(digits.total).is_ok_and(|n| n >= rule.least_rows);
    enough && digits.p_of_0_and_5 < rule.p && digits.share_of_0_and_5 >= rule.share
}

/// Runs every `[[digit]]`.
///
/// # Errors
/// When polars refuses.
pub fn run(given: &Given<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for rule in &given.pipeline.rules.digits {
        let table = &given.dataset.tables[rule.table];
        if table.frame.height() == 0 {
            continue;
        }
        let rows = figures(&rule.columns, &table.frame)?;
        for (c, name) in rule.columns.iter().enumerate() {
            let values: Vec<f64> = rows.iter().filter_map(|row| row[c]).collect();
            let digits = last_digits(&values, rule.smallest);
            if !is_unlike(rule, &digits) {
                continue;
            }
            let at = given.pipeline.tables[rule.table].position(name);
            let title = at.map_or("", |c| {
                given.pipeline.tables[rule.table].columns[c].title.as_str()
            });
            let counts: Vec<String> = (0..10)
                .map(|d| format!("{d}:{}", digits.counts[d]))
                .collect();
            let draft = Draft {
                column: Some(title.to_string()),
                ..Draft::default()
            };
            let message = rule.text.message.fill(|slot| match slot {
                "column" => title.to_string(),
                "rows" => digits.total.to_string(),
                "share" => fixed(digits.share_of_0_and_5 * 100.0, 1),
                _ => counts.join(" "),
            });
            findings.push(finding(&rule.text, draft, message));
        }
    }
    Ok(())
}
