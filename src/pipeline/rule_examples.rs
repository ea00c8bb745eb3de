//! Tries the examples of rules that stand in `holds` and `fires`.

use polars::prelude::*;

use super::examples::{Given, Wrong, frame, number};
use super::model::*;
use super::valid::Schema;
use crate::checks;
use crate::formula::Formula;

/// Whether a rule fires on an example, or what is wrong with the example.
pub type Fired = Result<bool, Wrong>;

fn computed<T>(result: PolarsResult<T>) -> Result<T, Wrong> {
    result.map_err(|e| vec![(None, format!("the example cannot be computed: {e}"))])
}

/// Rows as a frame with every column that the formulas read.
fn rows(given: &[&Given], schema: &Schema, used: &[&str]) -> Result<DataFrame, Wrong> {
    let (frame, wrong) = frame(given, schema, used);
    frame.ok_or(wrong)
}

fn reads<'a>(formulas: &[Option<&'a Formula>]) -> Vec<&'a str> {
    let columns = formulas.iter().flatten().flat_map(|f| &f.columns);
    columns.map(String::as_str).collect()
}

/// A row for a rule of formulas.
fn row(given: &Given, schema: &Schema, formulas: &[Option<&Formula>]) -> Result<DataFrame, Wrong> {
    rows(&[given], schema, &reads(formulas))
}

pub fn required(rule: &Required, given: &Given, schema: &Schema) -> Fired {
    let mut used = reads(&[rule.rows.when.as_ref()]);
    used.extend(rule.rows.cells.iter().map(String::as_str));
    let frame = rows(&[given], schema, &used)?;
    let empty = computed(checks::required::empty(rule, &frame))?;
    Ok(empty.iter().any(|(_, rows)| !rows.is_empty()))
}

pub fn range(rule: &Range, given: &Given, schema: &Schema) -> Fired {
    let when = rule.rows.when.as_ref();
    let bounds = [
        Some(&rule.value),
        when,
        rule.least.as_ref(),
        rule.most.as_ref(),
    ];
    let frame = row(given, schema, &bounds)?;
    Ok(!computed(checks::range::broken(rule, &frame))?.is_empty())
}

pub fn subset(rule: &Subset, given: &Given, schema: &Schema) -> Fired {
    let formulas = [Some(&rule.part), Some(&rule.whole), rule.rows.when.as_ref()];
    let frame = row(given, schema, &formulas)?;
    Ok(!computed(checks::subset::broken(rule, &frame))?.is_empty())
}

/// `last` gives last year's figure of a rule that takes it from last year's run.
pub fn balance(rule: &BalanceOfChanges, given: &Given, schema: &Schema) -> Fired {
    let mut own = given.clone();
    let last = if rule.from_last_year {
        own.remove(LAST).and_then(|v| number(v.get_ref()))
    } else {
        None
    };
    let formulas = [
        Some(&rule.last),
        Some(&rule.now),
        rule.plus.as_ref(),
        rule.minus.as_ref(),
        rule.rows.when.as_ref(),
    ];
    let frame = row(&own, schema, &formulas)?;
    let last = match rule.from_last_year {
        true => vec![last],
        false => computed(checks::numbers(&rule.last, &frame))?,
    };
    Ok(!computed(checks::balance::broken(rule, &frame, &last))?.is_empty())
}

pub fn empty_shell(rule: &EmptyShell, given: &Given, schema: &Schema) -> Fired {
    let mut used = reads(&[rule.rows.when.as_ref()]);
    used.extend(rule.rows.cells.iter().map(String::as_str));
    let frame = rows(&[given], schema, &used)?;
    Ok(!computed(checks::empty_shell::shells(rule, &frame))?.is_empty())
}

/// `rows` and the figure that is `stated`.
pub fn cross(rule: &Cross, given: &Given, schema: &Schema) -> Fired {
    let list = inner_rows(given, ROWS)?;
    let list: Vec<&Given> = list.iter().collect();
    let frame = rows(
        &list,
        schema,
        &reads(&[Some(&rule.sum), rule.filter.as_ref()]),
    )?;
    let sum = computed(checks::cross::example_sum(rule, &frame))?;
    let stated = one(given, STATED)?;
    Ok(sum.is_some_and(|sum| checks::cross::apart(rule, sum, stated)))
}

/// `last` and `now`, each a figure, or a list of the county's figures.
pub fn change(rule: &Change, given: &Given) -> Fired {
    let (last, now) = (list(given, LAST)?, list(given, NOW)?);
    Ok(match rule.method {
        ChangeMethod::Ratio { ratio, least } => last
            .iter()
            .zip(&now)
            .any(|(last, now)| checks::change::too_large(*last, *now, ratio, least)),
        ChangeMethod::HidiroglouBerthelot { u, a, c, .. } => {
            let flagged = checks::change::unlike_the_rest(&last, &now, u, a, c);
            flagged.contains(&true)
        }
    })
}

/// `last` and `now`, or the peers' `size` and `value`.
pub fn unit_error(rule: &UnitError, given: &Given) -> Fired {
    if given.contains_key(LAST) {
        let (last, now) = (one(given, LAST)?, one(given, NOW)?);
        return Ok(checks::unit_error::is_beside_last_year(rule, last, now));
    }
    let (sizes, values) = (list(given, SIZE)?, list(given, VALUE)?);
    let misfits = checks::unit_error::misfits(rule, &sizes, &values);
    Ok(misfits.iter().any(Option::is_some))
}

/// The peers' `size` and `value`.
pub fn outlier(rule: &Outlier, given: &Given) -> Fired {
    let (sizes, values) = (list(given, SIZE)?, list(given, VALUE)?);
    Ok(!checks::outlier::unlike(rule.method, &sizes, &values).is_empty())
}

/// Two `rows` of a county of no great size.
pub fn copied(rule: &Copied, given: &Given, schema: &Schema) -> Fired {
    let list = inner_rows(given, ROWS)?;
    let list: Vec<&Given> = list.iter().collect();
    let used: Vec<&str> = rule.columns.iter().map(String::as_str).collect();
    let frame = rows(&list, schema, &used)?;
    let figures = computed(checks::copied::figures(&rule.columns, &frame))?;
    match figures.as_slice() {
        [a, b] => Ok(checks::copied::are_copies(rule, list.len(), a, b)),
        _ => Err(vec![(None, "the example needs two rows".to_string())]),
    }
}

/// How many units are `above` and `below` the limit, within the window.
pub fn bunching(rule: &Bunching, given: &Given) -> Fired {
    let (above, below) = (one(given, ABOVE)?, one(given, BELOW)?);
    let step = rule.window / 2.0;
    let mut values = vec![1.0 + step; above as usize];
    values.extend(vec![1.0 - step; below as usize]);
    let counts = checks::statistics::bunching(&values, 1.0, rule.window);
    Ok(checks::bunching::is_crowded(rule, &counts))
}

/// How many cells of a row are `empty` that others have filled in.
pub fn missing_pattern(rule: &MissingPattern, given: &Given) -> Fired {
    let empty = one(given, EMPTY)?;
    Ok(checks::missing_pattern::is_block(rule, empty as usize))
}

/// How often each of the ten `digits` occurs.
pub fn digit(rule: &Digit, given: &Given) -> Fired {
    let counts = list(given, DIGITS)?;
    let mut values = Vec::new();
    for (digit, count) in counts.iter().enumerate() {
        let value = (rule.smallest / 10.0).ceil() * 10.0 + digit as f64;
        values.extend(vec![value; *count as usize]);
    }
    let digits = checks::statistics::last_digits(&values, rule.smallest);
    Ok(checks::digit::is_unlike(rule, &digits))
}

const LAST: &str = "last";
const NOW: &str = "now";
const SIZE: &str = "size";
const VALUE: &str = "value";
const ROWS: &str = "rows";
const STATED: &str = "stated";
const ABOVE: &str = "above";
const BELOW: &str = "below";
const EMPTY: &str = "empty";
const DIGITS: &str = "digits";

/// A number, or numbers, of an example.
fn list(given: &Given, key: &str) -> Result<Vec<f64>, Wrong> {
    let Some(value) = given.get(key) else {
        return Err(vec![(None, format!("the example does not give '{key}'"))]);
    };
    let numbers = match value.get_ref() {
        toml::Value::Array(items) => items.iter().map(number).collect(),
        single => number(single).map(|n| vec![n]),
    };
    numbers.ok_or_else(|| {
        let message = format!("'{key}' of the example is no number and no list of numbers");
        vec![(Some(value.span()), message)]
    })
}

fn one(given: &Given, key: &str) -> Result<f64, Wrong> {
    match list(given, key)?.as_slice() {
        [single] => Ok(*single),
        _ => Err(vec![(
            None,
            format!("'{key}' of the example is one number"),
        )]),
    }
}

/// Rows within an example.
fn inner_rows(given: &Given, key: &str) -> Result<Vec<Given>, Wrong> {
    let Some(value) = given.get(key) else {
        return Err(vec![(None, format!("the example does not give '{key}'"))]);
    };
    let at = value.span();
    let wrong = || {
        vec![(
            Some(at.clone()),
            format!("'{key}' of the example is a list of rows"),
        )]
    };
    let items = value.get_ref().as_array().ok_or_else(wrong)?;
    let row = |item: &toml::Value| -> Option<Given> {
        let pairs = item.as_table()?.iter();
        let spanned = |v: &toml::Value| toml::Spanned::new(at.clone(), v.clone());
        Some(pairs.map(|(k, v)| (k.clone(), spanned(v))).collect())
    };
    items
        .iter()
        .map(row)
        .collect::<Option<_>>()
        .ok_or_else(wrong)
}
