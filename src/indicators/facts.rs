//! The figures of every county: what its tables state, sums over its schools, and which of several counts. Of figures that
//! are given twice the first declared one is used; where the others differ beyond their printed digits, that is said.

use std::collections::BTreeSet;

use polars::prelude::*;
use rayon::prelude::*;

use super::split::Units;
use crate::dataset::{CellRef, Dataset, Row};
use crate::error::Error;
use crate::finding::{Draft, Finding};
use crate::formula::Formula;
use crate::formula::lower::evaluate;
use crate::ingest::cell::Value;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{
    Column as TableColumn, CountyRef, CountySource, Entity, Kind, ParameterValue, Scope, Unit,
};
use crate::pipeline::valid::{COUNTED, COUNTY_CODE, FORM, PERIOD};
use crate::text::number;

/// One figure of one county.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Fact {
    pub value: Option<f64>,
    /// Whether anything of it was given: a sum of which some rows are lacking is given, but has no value.
    pub given: bool,
    /// Rows of a sum that lack it.
    pub lacking: usize,
    /// Which of the sources of a `first` it is.
    pub from: Option<usize>,
}

impl Fact {
    /// Whether some rows give it and others lack it: it has no value, and what the county states otherwise cannot stand
    /// for it.
    pub fn is_open(&self) -> bool {
        self.given && self.value.is_none()
    }
}

/// The figures of all counties.
#[derive(Debug, Default)]
pub struct Facts {
    /// One row a county, in the order of the dataset's counties: all columns of the county's tables, the county columns,
    /// the period and the parameters.
    pub frame: DataFrame,
    /// By county column, then county.
    pub columns: Vec<Vec<Fact>>,
    /// By county column the rows of its sum that surely are concerned and lack it.
    pub lacking_rows: Vec<Vec<usize>>,
    /// By county column the rows of groups that are in its sum.
    pub group_rows: Vec<Vec<usize>>,
    pub coverage: Coverage,
}

/// The row of a county in a table with one row a county.
pub fn county_row<'a>(dataset: &'a Dataset, table: usize, code: &str) -> Option<&'a Row> {
    let rows = &dataset.tables[table].rows;
    let at = rows.partition_point(|r| r.county_code.as_str() < code);
    rows.get(at)
        .filter(|r| r.county_code == code && !r.conflict)
}

/// A value that a county states, with its cell.
pub fn stated<'a>(
    dataset: &'a Dataset,
    (table, column): (usize, usize),
    code: &str,
) -> Option<(&'a Value, Option<CellRef>)> {
    let row = county_row(dataset, table, code)?;
    Some((row.values[column].as_ref()?, row.cells.at(column)))
}

/// The frame of some rows with the further columns that formulas about schools, units and groups may name.
///
/// # Errors
/// When polars refuses.
pub fn rows_frame(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    of: Scope,
    period: i64,
    formulas: &[&Formula],
) -> Result<DataFrame, Error> {
    let mut frame = match of {
        Scope::Unit => units.frame.clone(),
        Scope::Table(t) => dataset.tables[t].frame.clone(),
    };
    let rows = row_list(pipeline, dataset, units, of);
    let needed: BTreeSet<&str> = formulas
        .iter()
        .flat_map(|f| f.columns.iter().map(String::as_str))
        .collect();
    for name in needed {
        if frame.get_column_index(name).is_some() {
            continue;
        }
        let key: PlSmallStr = name.into();
        let column = if name == FORM {
            let forms: Vec<&str> = rows
                .iter()
                .map(|r| pipeline.forms[r.form].id.as_str())
                .collect();
            Column::new(key, forms)
        } else if name == COUNTED {
            let counted: Vec<bool> = units.list.iter().map(|u| u.counted).collect();
            Column::new(key, counted)
        } else if let Some(constant) = constant(pipeline, name, period, rows.len()) {
            constant
        } else if let Some((t, c)) = pipeline.stated_column(name) {
            let values: Vec<Option<&Value>> = rows
                .iter()
                .map(|r| county_row(dataset, t, &r.county_code)?.values[c].as_ref())
                .collect();
            value_column(&pipeline.tables[t].columns[c], &values)
        } else {
            continue;
        };
        frame.with_column(column)?;
    }
    Ok(frame)
}

/// The row of the dataset behind one row of a scope.
pub fn row_at<'a>(
    pipeline: &Pipeline,
    dataset: &'a Dataset,
    units: &Units,
    of: Scope,
    index: usize,
) -> Option<&'a Row> {
    match of {
        Scope::Table(t) => dataset.tables[t].rows.get(index),
        Scope::Unit => {
            let rows = &dataset.tables[pipeline.table("school")?].rows;
            rows.get(units.list.get(index)?.school)
        }
    }
}

/// The rows of the dataset behind the rows of a scope.
pub fn row_list<'a>(
    pipeline: &Pipeline,
    dataset: &'a Dataset,
    units: &Units,
    of: Scope,
) -> Vec<&'a Row> {
    match (of, pipeline.table("school")) {
        (Scope::Table(t), _) => dataset.tables[t].rows.iter().collect(),
        (Scope::Unit, Some(t)) => {
            let rows = &dataset.tables[t].rows;
            units.list.iter().map(|u| &rows[u.school]).collect()
        }
        (Scope::Unit, None) => Vec::new(),
    }
}

/// The period or a parameter as a column.
fn constant(pipeline: &Pipeline, name: &str, period: i64, height: usize) -> Option<Column> {
    let key: PlSmallStr = name.into();
    if name == PERIOD {
        return Some(Column::new(key, vec![period as f64; height]));
    }
    let parameter = pipeline.parameters.iter().find(|p| p.name == name)?;
    Some(match &parameter.value {
        ParameterValue::Number(n) => Column::new(key, vec![*n; height]),
        ParameterValue::Text(t) => Column::new(key, vec![t.as_str(); height]),
    })
}

fn value_column(column: &TableColumn, values: &[Option<&Value>]) -> Column {
    let key: PlSmallStr = column.name.as_str().into();
    match column.kind {
        Kind::Text | Kind::Code(_) | Kind::Choice(_) => {
            let list: Vec<Option<&str>> = values.iter().map(|v| v.and_then(Value::text)).collect();
            Column::new(key, list)
        }
        Kind::YesNo => {
            let list: Vec<Option<bool>> = values.iter().map(|v| v.and_then(Value::yes)).collect();
            Column::new(key, list)
        }
        _ => {
            let list: Vec<Option<f64>> = values.iter().map(|v| v.and_then(Value::number)).collect();
            Column::new(key, list)
        }
    }
}

/// The facts of all counties, and where stated figures differ from those that count.
///
/// # Errors
/// When polars refuses an expression.
pub fn facts(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    period: i64,
) -> Result<(Facts, Vec<Finding>), Error> {
    let counties = &dataset.counties;
    let codes: Vec<&str> = counties.iter().map(|c| c.code.as_str()).collect();
    let mut columns: Vec<Column> = vec![Column::new(COUNTY_CODE.into(), codes.clone())];
    columns.extend(constant(pipeline, PERIOD, period, codes.len()));
    for parameter in &pipeline.parameters {
        columns.extend(constant(pipeline, &parameter.name, period, codes.len()));
    }
    for (t, table) in pipeline.tables.iter().enumerate() {
        if table.entity != Entity::County {
            continue;
        }
        let rows: Vec<Option<&Row>> = codes.iter().map(|c| county_row(dataset, t, c)).collect();
        for (c, column) in table.columns.iter().enumerate() {
            if column.kind.formula_type().is_some() {
                let values: Vec<Option<&Value>> = rows
                    .iter()
                    .map(|r| r.and_then(|r| r.values[c].as_ref()))
                    .collect();
                columns.push(value_column(column, &values));
            }
        }
    }
    let mut facts = Facts {
        frame: DataFrame::new(codes.len(), columns)?,
        columns: Vec::new(),
        lacking_rows: Vec::new(),
        group_rows: Vec::new(),
        coverage: coverage(pipeline, dataset, units),
    };
    let mut findings = Vec::new();
    let (sums, lacking_rows, group_rows) = sums(pipeline, dataset, units, &facts.coverage, period)?;
    facts.lacking_rows = lacking_rows;
    facts.group_rows = group_rows;
    for (i, column) in pipeline.county_columns.iter().enumerate() {
        let own: Vec<Fact> = match &column.source {
            CountySource::Sum { .. } => sums[i].clone(),
            CountySource::Formula(formula) => {
                let values = evaluate(formula, &facts.frame)?.cast(&DataType::Float64)?;
                let values: Vec<Option<f64>> = values.f64()?.iter().collect();
                // What a part of its rows lack is given, but has no value: no other source makes up for it.
                let before = &pipeline.county_columns[..i];
                let parts: Vec<usize> = formula
                    .columns
                    .iter()
                    .filter_map(|name| before.iter().position(|c| c.name == *name))
                    .collect();
                let fact = |(county, value): (usize, Option<f64>)| {
                    let open = |c: &&usize| facts.columns[**c][county].is_open();
                    let open: Vec<&usize> = parts.iter().filter(open).collect();
                    let lacking = open
                        .iter()
                        .map(|c| facts.columns[**c][county].lacking)
                        .max();
                    Fact {
                        value,
                        given: value.is_some() || !open.is_empty(),
                        lacking: lacking.unwrap_or(0),
                        from: None,
                    }
                };
                values.into_iter().enumerate().map(fact).collect()
            }
            CountySource::First(refs) => (0..codes.len())
                .map(|county| first(pipeline, dataset, &facts, refs, county, &mut findings))
                .collect(),
        };
        let values: Vec<Option<f64>> = own.iter().map(|f| f.value).collect();
        facts
            .frame
            .with_column(Column::new(column.name.as_str().into(), values))?;
        facts.columns.push(own);
    }
    Ok((facts, findings))
}

/// Sums by county column, the rows that lack them, and the rows of groups in them; empty for columns of other kinds.
type Sums = (Vec<Vec<Fact>>, Vec<Vec<usize>>, Vec<Vec<usize>>);

fn sums(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    coverage: &Coverage,
    period: i64,
) -> Result<Sums, Error> {
    let mut out: Vec<Vec<Fact>> = vec![Vec::new(); pipeline.county_columns.len()];
    let mut lacking_rows: Vec<Vec<usize>> = vec![Vec::new(); pipeline.county_columns.len()];
    let mut group_rows = lacking_rows.clone();
    let mut scopes: Vec<Scope> = Vec::new();
    for column in &pipeline.county_columns {
        if let CountySource::Sum { of, .. } = &column.source
            && !scopes.contains(of)
        {
            scopes.push(*of);
        }
    }
    for scope in scopes {
        let own: Vec<(usize, &Formula, Option<&Formula>)> = pipeline
            .county_columns
            .iter()
            .enumerate()
            .filter_map(|(i, c)| match &c.source {
                CountySource::Sum { of, sum, filter } if *of == scope => {
                    Some((i, sum, filter.as_ref()))
                }
                _ => None,
            })
            .collect();
        let formulas: Vec<&Formula> = own
            .iter()
            .flat_map(|(_, sum, filter)| std::iter::once(*sum).chain(*filter))
            .collect();
        let survey = pipeline.survey.as_ref();
        let rows = ScopeRows {
            scope,
            frame: rows_frame(pipeline, dataset, units, scope, period, &formulas)?,
            rows: row_list(pipeline, dataset, units, scope),
            members: members(pipeline, dataset, units, scope),
            of_groups: is_of_groups(pipeline, scope),
            counted: survey.is_some_and(|s| scope == Scope::Table(s.table)),
            counties: dataset.counties.len(),
            coverage,
        };
        let made: Result<Vec<_>, Error> = own
            .into_par_iter()
            .map(|(i, sum, filter)| Ok((i, rows.sum(sum, filter)?)))
            .collect();
        for (i, sum) in made? {
            out[i] = sum.facts;
            lacking_rows[i] = sum.lacking_rows;
            group_rows[i] = sum.group_rows;
        }
    }
    Ok((out, lacking_rows, group_rows))
}

/// The rows of a scope, of which sums are made.
struct ScopeRows<'a> {
    scope: Scope,
    frame: DataFrame,
    rows: Vec<&'a Row>,
    members: Members,
    /// They are groups of a county, not schools.
    of_groups: bool,
    /// They are counts of questionnaires.
    counted: bool,
    /// How many counties there are.
    counties: usize,
    coverage: &'a Coverage,
}

/// One sum.
struct Sum {
    /// By county.
    facts: Vec<Fact>,
    /// Rows that lack it.
    lacking_rows: Vec<usize>,
    /// Rows of groups in it.
    group_rows: Vec<usize>,
}

impl ScopeRows<'_> {
    /// The sum of a formula over the rows that a filter leaves, by county.
    fn sum(&self, sum: &Formula, filter: Option<&Formula>) -> Result<Sum, Error> {
        let (mut lacking_rows, mut group_rows) = (Vec::new(), Vec::new());
        let values = evaluate(sum, &self.frame)?.cast(&DataType::Float64)?;
        let wanted = match filter {
            Some(f) => Some(evaluate(f, &self.frame)?.bool()?.clone()),
            None => None,
        };
        let mut facts = vec![Fact::default(); self.counties];
        let mut known = vec![0_usize; self.counties];
        if self.scope == Scope::Unit {
            for (fact, open) in facts.iter_mut().zip(&self.coverage.open) {
                fact.lacking = *open;
            }
        }
        for (r, value) in values.f64()?.iter().enumerate() {
            let inside = wanted.as_ref().map_or(Some(true), |w| w.get(r));
            // A group of unknown name is said, and is none of those that are asked for.
            if inside == Some(false) || (self.of_groups && inside.is_none()) {
                continue;
            }
            let value = value.filter(|_| inside == Some(true) && !self.rows[r].conflict);
            for county in self.members.of(r).iter().copied() {
                match value {
                    Some(value) => {
                        known[county] += 1;
                        facts[county].value = Some(facts[county].value.unwrap_or(0.0) + value);
                    }
                    None => facts[county].lacking += 1,
                }
            }
            if self.members.of(r).is_empty() {
                continue;
            }
            match value {
                Some(_) if self.of_groups => group_rows.push(r),
                // Whether a row is concerned at all must be settled before its cells can be asked for.
                None if inside == Some(true) => lacking_rows.push(r),
                _ => {}
            }
        }
        for (county, fact) in facts.iter_mut().enumerate() {
            // Sums over a part of the schools say nothing; of all schools those that are concerned may be none.
            fact.given = if self.of_groups {
                // Questionnaires of which no rate can be made are no reason to take the county's own summary.
                known[county] > 0 || (self.counted && fact.lacking > 0)
            } else {
                self.coverage.whole[county] && (known[county] > 0 || fact.lacking == 0)
            };
            if fact.lacking > 0 || !fact.given {
                fact.value = None;
            } else {
                fact.value = fact.value.or(Some(0.0));
            }
        }
        Ok(Sum {
            facts,
            lacking_rows,
            group_rows,
        })
    }
}

/// How far the schools of the counties are known.
#[derive(Debug, Default)]
pub struct Coverage {
    /// By county whether it has a counted unit in every evaluated stage: sums over a part of the schools are no sums.
    pub whole: Vec<bool>,
    /// By county how many schools there are of which it is not known which units they are.
    pub open: Vec<usize>,
}

/// How far the schools of all counties are known.
fn coverage(pipeline: &Pipeline, dataset: &Dataset, units: &Units) -> Coverage {
    let mut out = Coverage {
        whole: vec![false; dataset.counties.len()],
        open: vec![0; dataset.counties.len()],
    };
    let Some(table) = pipeline.table("school") else {
        return out;
    };
    let members = members(pipeline, dataset, units, Scope::Table(table));
    let mut stages: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); dataset.counties.len()];
    for unit in units.list.iter().filter(|u| u.counted) {
        for county in members.of(unit.school) {
            stages[*county].insert(unit.stage);
        }
    }
    for (whole, own) in out.whole.iter_mut().zip(&stages) {
        *whole = pipeline.evaluated_stages().all(|s| own.contains(&s));
    }
    for school in &units.open {
        for county in members.of(*school) {
            out.open[*county] += 1;
        }
    }
    out
}

/// Whether the rows of a scope are groups of a county, not schools.
pub fn is_of_groups(pipeline: &Pipeline, scope: Scope) -> bool {
    matches!(scope, Scope::Table(t) if matches!(pipeline.tables[t].entity, Entity::Group(_)))
}

/// The counties (indices) that rows are of: one, but for datasets with counties that stand in for others.
pub struct Members {
    ends: Vec<usize>,
    counties: Vec<usize>,
}

impl Members {
    /// The counties of a row.
    pub fn of(&self, row: usize) -> &[usize] {
        let from = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.counties[from..self.ends[row]]
    }
}

/// For every row of a scope the counties that it is of.
pub fn members(pipeline: &Pipeline, dataset: &Dataset, units: &Units, of: Scope) -> Members {
    let rows = row_list(pipeline, dataset, units, of);
    let (table, unit_rows) = match of {
        Scope::Table(t) => (Some(t), None),
        Scope::Unit => (pipeline.table("school"), Some(&units.list)),
    };
    let mut out = Members {
        ends: Vec::with_capacity(rows.len()),
        counties: Vec::with_capacity(rows.len()),
    };
    for (r, row) in rows.iter().enumerate() {
        let code = row.county_code.as_str();
        let index = unit_rows.map_or(r, |list| list[r].school);
        let mut takes_place = false;
        for stand_in in super::run_of(&dataset.stand_ins, |s| s.of.as_str().cmp(code)) {
            let is = |row: usize| {
                stand_in.replaced.is_some_and(|(t, ..)| Some(t) == table) && row == index
            };
            if stand_in.replaced.is_some_and(|(.., by)| is(by)) {
                // Such a row is of this county alone.
                out.counties.truncate(out.ends.last().copied().unwrap_or(0));
                out.counties.push(stand_in.county);
                takes_place = true;
                break;
            }
            if !stand_in.replaced.is_some_and(|(_, own, _)| is(own)) {
                out.counties.push(stand_in.county);
            }
        }
        if !takes_place {
            let own = dataset
                .counties
                .binary_search_by(|c| c.code.as_str().cmp(code));
            out.counties.extend(own.ok());
        }
        out.ends.push(out.counties.len());
    }
    out
}

/// The first source that is given; the others are held against it.
fn first(
    pipeline: &Pipeline,
    dataset: &Dataset,
    facts: &Facts,
    refs: &[CountyRef],
    county: usize,
    findings: &mut Vec<Finding>,
) -> Fact {
    let code = dataset.counties[county].code.as_str();
    let mut chosen: Option<(usize, Fact)> = None;
    for (i, source) in refs.iter().enumerate() {
        let fact = match source {
            CountyRef::Computed(c) => facts.columns[*c][county],
            CountyRef::Stated { table, column } => {
                let value = stated(dataset, (*table, *column), code).and_then(|(v, _)| v.number());
                Fact {
                    value,
                    given: value.is_some(),
                    ..Fact::default()
                }
            }
        };
        if !fact.given {
            continue;
        }
        let Some((from, used)) = chosen else {
            chosen = Some((i, fact));
            continue;
        };
        let (Some(used), Some(other)) = (used.value, fact.value) else {
            continue;
        };
        let CountyRef::Stated { table, column } = *source else {
            continue;
        };
        let mut slack = precision(dataset, (table, column), code);
        if let CountyRef::Stated { table, column } = refs[from] {
            slack = slack.max(precision(dataset, (table, column), code));
        }
        if (used - other).abs() > slack {
            findings.push(differs(
                pipeline,
                dataset,
                code,
                (table, column),
                refs[from],
                used,
            ));
        }
    }
    match chosen {
        Some((i, fact)) => Fact {
            from: Some(i),
            ..fact
        },
        // Rows that lack it are known even where nothing was given.
        None => Fact {
            lacking: refs
                .iter()
                .map(|r| match r {
                    CountyRef::Computed(c) => facts.columns[*c][county].lacking,
                    CountyRef::Stated { .. } => 0,
                })
                .max()
                .unwrap_or(0),
            ..Fact::default()
        },
    }
}

/// A figure that a county gives of itself, and half a step of its last digit.
pub fn own_figure(
    dataset: &Dataset,
    facts: &Facts,
    source: CountyRef,
    county: usize,
) -> Option<(f64, f64)> {
    let code = &dataset.counties[county].code;
    match source {
        CountyRef::Stated { table, column } => {
            let value = stated(dataset, (table, column), code)?.0.number()?;
            Some((value, precision(dataset, (table, column), code)))
        }
        CountyRef::Computed(c) => {
            let value = facts.columns[c][county].value?;
            let shown = number(value);
            let digits = shown.split_once('.').map_or(0, |(_, d)| d.len().min(12));
            let step = 0.5 * 10f64.powi(-i32::try_from(digits).unwrap_or(0));
            Some((value, step * (1.0 + 1e-9)))
        }
    }
}

/// Half a step of the last digit that a county wrote for a figure, in the figure's unit.
pub fn precision(dataset: &Dataset, at: (usize, usize), code: &str) -> f64 {
    let Some(row) = county_row(dataset, at.0, code) else {
        return 0.0;
    };
    let Some(value) = row.values[at.1].as_ref().and_then(Value::number) else {
        return 0.0;
    };
    let written = dataset.written(row, at.1).map(str::to_string);
    let raw = written.unwrap_or_else(|| number(value));
    let text: String = crate::text::trimmed(&raw)
        .replace('\u{3002}', ".")
        .chars()
        .filter(|c| *c != ',')
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let decimals = text.split_once('.').map_or(0, |(_, d)| d.len());
    // A figure written in another unit: 341.16 for 3,411,600.
    let factor = match text.trim_end_matches('.').parse::<f64>() {
        Ok(written) if written != 0.0 && value != 0.0 => (value / written).abs(),
        _ => 1.0,
    };
    let step = 10f64.powi(-i32::try_from(decimals.min(12)).unwrap_or(0));
    (0.5 * step * factor) * (1.0 + 1e-9) + 1e-9 * value.abs()
}

/// A stated value in the unit of its sheet, and how much of the column's unit one of that is.
fn as_written(dataset: &Dataset, own: Option<(&Value, Option<CellRef>)>) -> (String, f64) {
    let Some((value, cell)) = own else {
        return (String::new(), 1.0);
    };
    let raw = cell.and_then(|cell| dataset.raw.get(&cell));
    let written = raw.and_then(|raw| crate::text::written_figure(raw));
    match (written, value.number()) {
        (Some(written), Some(value)) if written != 0.0 && value != 0.0 => {
            (number(written), value / written)
        }
        _ => (value.shown(), 1.0),
    }
}

fn differs(
    pipeline: &Pipeline,
    dataset: &Dataset,
    code: &str,
    (table, column): (usize, usize),
    used: CountyRef,
    value: f64,
) -> Finding {
    let (source, mut cells) = match used {
        CountyRef::Stated { table, column } => (
            pipeline.tables[table].title.clone(),
            stated(dataset, (table, column), code)
                .and_then(|(_, cell)| cell)
                .into_iter()
                .collect::<Vec<CellRef>>(),
        ),
        CountyRef::Computed(i) => (pipeline.county_columns[i].title.clone(), Vec::new()),
    };
    let own = stated(dataset, (table, column), code);
    let cell = own.and_then(|(_, cell)| cell);
    cells.splice(0..0, cell);
    let unit = pipeline.tables[table].columns[column].unit;
    let (shown, factor) = as_written(dataset, own);
    // Where it is not the column's own, the unit says which figures these are.
    let unit = unit.filter(|_| factor != 1.0).and_then(|base| {
        let units = &pipeline.units.list;
        let fits = |u: &&Unit| {
            let own = u.factor / units[base].factor;
            u.dimension == units[base].dimension && (own - factor).abs() <= 1e-9 * factor
        };
        units.iter().find(fits).map(|u| u.name.clone())
    });
    let unit = unit.unwrap_or_default();
    let title = pipeline.tables[table].columns[column].title.clone();
    let draft = Draft {
        county_code: Some(code.to_string()),
        place: dataset.place(&cells),
        column: Some(title.clone()),
        value: Some(shown.clone()),
        expected: Some(number(value / factor)),
        expected_value: Some(value),
        ..Draft::default()
    };
    draft
        .slot("column", title)
        .slot("stated", format!("{shown}{unit}"))
        .slot("computed", format!("{}{unit}", number(value / factor)))
        .slot("source", source)
        .notice(pipeline, "stated-differs")
}
