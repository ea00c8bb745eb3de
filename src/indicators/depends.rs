//! Which cells figures and criteria are made from: the columns behind a figure of a county, and the criteria that hang on
//! a column. Told from the pipeline alone.

use std::collections::{BTreeMap, BTreeSet};

use super::check;
use crate::formula::Formula;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{
    BoundValue, CountyRef, CountySource, Criterion, Figure, Indicator, SchoolCheck, Scope,
    UnitSource,
};
use crate::pipeline::valid::{COUNTED, STUDENTS};

/// A column of a table: indices.
pub type TableColumn = (usize, usize);

/// By column the criteria (indices) that hang on it.
pub type Dependents = BTreeMap<TableColumn, BTreeSet<usize>>;

/// The criteria that hang on each column.
pub fn dependents(pipeline: &Pipeline) -> Dependents {
    let mut out = Dependents::new();
    for (c, criterion) in pipeline.criteria.iter().enumerate() {
        let mut columns = words_of(criterion);
        for figure in &criterion.figures {
            of_figure(pipeline, figure, &mut columns);
        }
        for check in &criterion.checks {
            of_check(pipeline, check, &mut columns);
        }
        for column in columns {
            out.entry(column).or_default().insert(c);
        }
    }
    out
}

/// The columns that hold a county's own word on a criterion, the same as in `Criterion::has_word`.
pub fn words_of(criterion: &Criterion) -> BTreeSet<TableColumn> {
    let own = [
        criterion.claim,
        criterion.reference,
        criterion.forbidden,
        criterion.score,
    ];
    own.into_iter().flatten().collect()
}

/// The columns behind a figure of a criterion.
pub fn of_figure(pipeline: &Pipeline, figure: &Figure, out: &mut BTreeSet<TableColumn>) {
    of_county(pipeline, &figure_formulas(figure), out);
    if let Some(stated) = figure.stated {
        behind(pipeline, stated, out);
    }
}

/// All formulas of a figure of a criterion.
pub fn figure_formulas(figure: &Figure) -> Vec<&Formula> {
    let bounds = figure.limits.iter().flat_map(|b| {
        let value = match &b.value {
            BoundValue::Formula(formula) => Some(formula),
            BoundValue::Number(_) => None,
        };
        value.into_iter().chain(&b.when)
    });
    std::iter::once(&figure.numerator)
        .chain(&figure.denominator)
        .chain(&figure.when)
        .chain(bounds)
        .collect()
}

/// The columns behind a check of a criterion.
pub fn of_check(pipeline: &Pipeline, check: &SchoolCheck, out: &mut BTreeSet<TableColumn>) {
    of_rows(pipeline, check.of, &check::formulas(check), out);
    let failing: Vec<&Formula> = check.failing.iter().collect();
    of_county(pipeline, &failing, out);
}

/// All names that formulas read in the end: columns, columns of counties and units with what is behind them, parameters.
pub fn names_behind<'a>(pipeline: &'a Pipeline, formulas: &[&'a Formula]) -> BTreeSet<&'a str> {
    let mut out = BTreeSet::new();
    let mut open: Vec<&str> = formulas.iter().flat_map(|f| names_of(f)).collect();
    while let Some(name) = open.pop() {
        if !out.insert(name) {
            continue;
        }
        let mut columns = pipeline.county_columns.iter();
        let Some(column) = columns.find(|c| c.name == name) else {
            continue;
        };
        match &column.source {
            CountySource::First(refs) => open.extend(refs.iter().map(|r| match *r {
                CountyRef::Stated { table, column } => {
                    pipeline.tables[table].columns[column].name.as_str()
                }
                CountyRef::Computed(c) => pipeline.county_columns[c].name.as_str(),
            })),
            CountySource::Formula(formula) => open.extend(names_of(formula)),
            CountySource::Sum { sum, filter, .. } => {
                open.extend(names_of(sum));
                open.extend(filter.iter().flat_map(names_of));
            }
        }
    }
    out
}

fn names_of(formula: &Formula) -> impl Iterator<Item = &str> {
    formula.columns.iter().map(String::as_str)
}

/// The columns of the school table behind an indicator of units of one stage: its formulas, and what says whether a unit
/// counts and which part of the school's stocks it has.
pub fn of_indicator(
    pipeline: &Pipeline,
    indicator: &Indicator,
    stage: usize,
) -> BTreeSet<TableColumn> {
    let mut out = BTreeSet::new();
    let Some(table) = pipeline.table("school") else {
        return out;
    };
    for name in indicator_formulas(indicator, stage)
        .iter()
        .flat_map(|f| &f.columns)
    {
        let by_stage = pipeline.unit_columns.iter().find(|u| u.name == *name);
        match by_stage.map(|u| &u.source) {
            Some(UnitSource::ByStage { by_stage, whole }) => {
                let own = by_stage.get(stage).copied().flatten();
                out.extend(own.into_iter().chain(*whole).map(|c| (table, c)));
            }
            Some(UnitSource::Split(_)) => {
                out.extend(unit_column(pipeline, name).into_iter().flatten())
            }
            None if name == STUDENTS => {}
            None => match unit_column(pipeline, name) {
                Some(columns) => out.extend(columns),
                None => out.extend(pipeline.stated_column(name)),
            },
        }
    }
    out.insert((table, pipeline.stages[stage].students));
    out.extend(
        pipeline.tables[table]
            .position("school_type")
            .map(|c| (table, c)),
    );
    out
}

/// The formulas of an indicator in one stage.
pub fn indicator_formulas(indicator: &Indicator, stage: usize) -> Vec<&Formula> {
    let limits = indicator.limits.iter().filter(|l| l.stage == stage);
    let numerator = indicator.numerator.get(stage).into_iter().flatten();
    numerator
        .chain([&indicator.denominator])
        .chain(limits.filter_map(|l| l.when.as_ref()))
        .collect()
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
