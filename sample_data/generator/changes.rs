//! What a script's changes do to a cell.

use crate::Outcome;
use crate::numbers::cents;
use crate::sheets::{Cell, Sheet};

/// What stands in a cell after a change; nothing empties it. `blank NAME CHANGE` changes what is filled into a sentence.
pub fn changed(sheet: &Sheet, row: &str, column: &str, change: &str) -> Outcome<Option<Cell>> {
    let (verb, rest) = change.split_once(' ').unwrap_or((change, ""));
    let value = || sheet.figure(row, column);
    if let Some(words) = value()
        .ok()
        .and_then(|value| rewritten(&value.to_string(), verb, rest))
    {
        return Ok(Some(Cell::Written(words, Some(value()?))));
    }
    let there = || {
        sheet
            .address(row, column)
            .map(|address| sheet.cells.get(&address))
    };
    Ok(Some(match verb {
        "empty" => return Ok(None),
        "keep" => return Ok(there()?.cloned()),
        "thousands" => {
            let (thousands, rest) = ((value()? / 1000.0).floor(), value()? % 1000.0);
            Cell::Written(format!("{thousands},{rest:03}"), Some(value()?))
        }
        "in-yuan" => Cell::Number((value()? * 10_000.0).round()),
        "plus" => Cell::Number(value()? + rest.parse::<f64>()?),
        "above" => {
            let (other, by) = rest.split_once(' ').ok_or("above COLUMN BY")?;
            Cell::Number(cents(sheet.figure(row, other)? + by.parse::<f64>()?))
        }
        "number" => Cell::Number(rest.parse()?),
        "refused" => Cell::Refused(rest.parse()?),
        "mark" => Cell::Written(rest.to_owned(), Some(0.0)),
        "words" => Cell::Written(rest.to_owned(), None),
        "not-available" => Cell::NotAvailable,
        "blank" => {
            let (blank, change) = rest.split_once(' ').ok_or("blank NAME CHANGE")?;
            let (verb, rest) = change.split_once(' ').unwrap_or((change, ""));
            let Some(Cell::Sentence(sentence)) = there()? else {
                return Err(format!("{}: no sentence in {row}", sheet.name).into());
            };
            let sentence = sentence.with(blank, |answer| match verb {
                "words" => Some(rest.to_owned()),
                _ => rewritten(answer, verb, rest),
            });
            Cell::Sentence(sentence.ok_or_else(|| format!("no such change: {change}"))?)
        }
        _ => return Err(format!("no such change: {change}").into()),
    }))
}

/// A number as people write it.
fn rewritten(number: &str, verb: &str, rest: &str) -> Option<String> {
    Some(match verb {
        "as-text" => number.to_owned(),
        "full-width" => number.chars().map(full_width).collect(),
        "chinese-stop" => number.replace('.', "。"),
        "followed-by" => number.to_owned() + rest,
        "spaced" => format!("\u{a0}{number} "),
        "apart" => number.chars().map(|digit| format!(" {digit}")).collect(),
        "underlined" => format!("＿＿{number}＿＿"),
        _ => return None,
    })
}

fn full_width(digit: char) -> char {
    let wide = digit
        .to_digit(10)
        .and_then(|value| char::from_u32(0xFF10 + value));
    wide.unwrap_or(digit)
}
