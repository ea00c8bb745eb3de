//! Which cells figures and criteria are made from: the columns behind a figure of a county, and the criteria that hang on
//! a column. Told from the pipeline alone.

use std::collections::{BTreeMap, BTreeSet};

use super::check;
use crate::formula::Formula;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{BoundValue, CountyRef, CountySource, Scope, UnitSource};
use crate::pipeline::valid::{COUNTED, STUDENTS};

/// A column of a table: indices.
pub type TableColumn = (usize, usize);

/// By column the criteria (indices) that hang on it.
pub type Dependents = BTreeMap<TableColumn, BTreeSet<usize>>;

/// The criteria that hang on each column.
pub fn dependents(pipeline: &Pipeline) -> Dependents {
    let mut out = Dependents::new();
    for (c, criterion) in pipeline.criteria.iter().enumerate() {
        let mut columns: BTreeSet<TableColumn> = BTreeSet::new();
        // The same as in `Criterion::has_word`.
        let own = [
            criterion.claim,
            criterion.reference,
            criterion.forbidden,
            criterion.score,
        ];
        columns.extend(own.into_iter().flatten());
        for f in &criterion.figures {
            let bounds = f.limits.iter().flat_map(|b| {
                let value = match &b.value {
                    BoundValue::Formula(formula) => Some(formula),
                    BoundValue::Number(_) => None,
                };
                value.into_iter().chain(&b.when)
            });
            let formulas: Vec<&Formula> = std::iter::once(&f.numerator)
                .chain(&f.denominator)
                .chain(&f.when)
                .chain(bounds)
                .collect();
            of_county(pipeline, &formulas, &mut columns);
            if let Some(stated) = f.stated {
                behind(pipeline, stated, &mut columns);
            }
        }
        for k in &criterion.checks {
            of_rows(pipeline, k.of, &check::formulas(k), &mut columns);
            let failing: Vec<&Formula> = k.failing.iter().collect();
            of_county(pipeline, &failing, &mut columns);
        }
        for column in columns {
            out.entry(column).or_default().insert(c);
        }
    }
    out
}

/// The columns of counties that formulas about schools and groups read.
pub fn read_by_rows(pipeline: &Pipeline) -> BTreeSet<TableColumn> {
    let mut out = BTreeSet::new();
    for column in &pipeline.county_columns {
        if let CountySource::Sum { of, sum, filter } = &column.source {
            let formulas: Vec<&Formula> = std::iter::once(sum).chain(filter).collect();
            of_rows(pipeline, *of, &formulas, &mut out);
        }
    }
    for check in pipeline.criteria.iter().flat_map(|c| &c.checks) {
        of_rows(pipeline, check.of, &check::formulas(check), &mut out);
    }
    out.retain(|(table, _)| pipeline.tables[*table].is_of_counties());
    out
}

/// The columns that formulas about counties read in the end.
fn of_county(pipeline: &Pipeline, formulas: &[&Formula], out: &mut BTreeSet<TableColumn>) {
    for name in formulas.iter().flat_map(|f| &f.columns) {
        if let Some(source) = pipeline.county_ref(name) {
            behind(pipeline, source, out);
        }
    }
}

/// The columns behind a figure of a county.
pub fn behind(pipeline: &Pipeline, source: CountyRef, out: &mut BTreeSet<TableColumn>) {
    let column = match source {
        CountyRef::Stated { table, column } => {
            out.insert((table, column));
            return;
        }
        CountyRef::Computed(c) => &pipeline.county_columns[c],
    };
    match &column.source {
        CountySource::First(refs) => refs.iter().for_each(|r| behind(pipeline, *r, out)),
        CountySource::Formula(formula) => of_county(pipeline, &[formula], out),
        CountySource::Sum { of, sum, filter } => {
            let formulas: Vec<&Formula> = std::iter::once(sum).chain(filter).collect();
            of_rows(pipeline, *of, &formulas, out);
        }
    }
}

/// The columns that formulas about the rows of a scope read.
pub fn of_rows(
    pipeline: &Pipeline,
    of: Scope,
    formulas: &[&Formula],
    out: &mut BTreeSet<TableColumn>,
) {
    for name in formulas.iter().flat_map(|f| &f.columns) {
        let own = match of {
            Scope::Table(t) => pipeline.tables[t].position(name).map(|c| vec![(t, c)]),
            Scope::Unit => unit_column(pipeline, name),
        };
        match own {
            Some(columns) => out.extend(columns),
            None => out.extend(pipeline.stated_column(name)),
        }
    }
}

/// The columns of the school table behind a column of the units.
fn unit_column(pipeline: &Pipeline, name: &str) -> Option<Vec<TableColumn>> {
    let table = pipeline.table("school")?;
    let students = || pipeline.stages.iter().map(|s| (table, s.students));
    if name == STUDENTS {
        return Some(students().collect());
    }
    if name == COUNTED {
        let kind = pipeline.tables[table].position("school_type");
        return Some(students().chain(kind.map(|c| (table, c))).collect());
    }
    if let Some(column) = pipeline.unit_columns.iter().find(|u| u.name == name) {
        return Some(match &column.source {
            UnitSource::Split(stock) => students().chain([(table, *stock)]).collect(),
            UnitSource::ByStage { by_stage, whole } => by_stage
                .iter()
                .chain([whole])
                .flatten()
                .map(|c| (table, *c))
                .collect(),
        });
    }
    let column = pipeline.tables[table].position(name)?;
    Some(vec![(table, column)])
}
