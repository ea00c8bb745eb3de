//! Says which empty cells leave an indicator without a value: one finding a cell, unless the cell is spoken of already.

use std::collections::{BTreeMap, BTreeSet};

use super::split::Units;
use super::unit::UnitValue;
use crate::dataset::{CellRef, Dataset, Row};
use crate::finding::{Draft, Finding, Place};
use crate::formula::{Function, Node};
use crate::ingest::cell::Value;
use crate::ingest::cell::text_of;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Role, Target, UnitSource};
use crate::pipeline::valid::STUDENTS;

/// The findings for all standard indicators without a value.
pub fn findings(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    values: &[UnitValue],
) -> Vec<Finding> {
    let Some(table) = pipeline.table("school") else {
        return Vec::new();
    };
    let mut said: BTreeSet<(usize, usize)> = BTreeSet::new();
    // Columns that a sheet of a county does not have, and that its form does not require: the schools that lack them.
    let mut absent: BTreeMap<(&str, u32, usize), BTreeSet<usize>> = BTreeMap::new();
    let mut out = Vec::new();
    for value in values {
        let indicator = &pipeline.indicators[value.indicator()];
        let unit = &units.list[value.unit()];
        let row = &dataset.tables[table].rows[unit.school];
        if value.value().is_some() || indicator.role != Role::Standard || row.conflict {
            continue;
        }
        let mut needed: Vec<&str> = Vec::new();
        if let Some(numerator) = &indicator.numerator[unit.stage] {
            collect(&numerator.node, &mut needed);
        }
        collect(&indicator.denominator.node, &mut needed);
        let mut columns: Vec<usize> = Vec::new();
        for name in needed {
            if whole_given(pipeline, row, name) {
                continue;
            }
            columns.extend(school_column(pipeline, table, row, unit.stage, name));
            // A stock that cannot be split lacks the students of some stage, evaluated or not.
            let stock = pipeline.unit_columns.iter().find(|u| u.name == name);
            let is_split = stock.is_some_and(|u| matches!(u.source, UnitSource::Split(_)));
            if is_split && unit.share.is_none() {
                columns.extend(held_students(pipeline, table, row));
            }
        }
        for column in columns {
            if row.values[column].is_some() {
                continue;
            }
            let title = &pipeline.tables[table].columns[column];
            let cell = match row.cells.at(column) {
                Some(cell) if dataset.spoken.contains(&cell) => continue,
                Some(cell) => cell,
                // The sheet has no such column: said once for the column, unless the row's sheets are of another stage.
                None => {
                    let other_stage = title
                        .stage
                        .is_some_and(|s| !row.stages.is_empty() && !row.stages.contains(&s));
                    let unevaluated = title.stage.is_some_and(|s| !pipeline.stages[s].evaluated);
                    if !other_stage && !unevaluated {
                        if !is_required(pipeline, row, column) {
                            let key = (row.county_code.as_str(), row.sheet, column);
                            absent.entry(key).or_default().insert(unit.school);
                        }
                        continue;
                    }
                    row.name_cell(pipeline, table)
                }
            };
            if !said.insert((unit.school, column)) {
                continue;
            }
            out.push(empty(pipeline, dataset, (table, column), row, cell));
        }
    }
    for ((county, sheet, column), schools) in absent {
        let info = &dataset.sheets[sheet as usize];
        let title = pipeline.tables[table].columns[column].title.clone();
        let draft = Draft {
            county_code: Some(county.to_string()),
            place: Place {
                file: Some(info.file.clone()),
                sheet: Some(info.sheet.clone()),
                cell: None,
            },
            column: Some(title.clone()),
            ..Draft::default()
        };
        out.push(
            draft
                .slot("column", title)
                .slot("count", schools.len().to_string())
                .notice(pipeline, "column-needed"),
        );
    }
    out
}

/// What there is to say of an empty cell that is needed, in a column of a table.
pub fn empty(
    pipeline: &Pipeline,
    dataset: &Dataset,
    (table, column): (usize, usize),
    row: &Row,
    cell: CellRef,
) -> Finding {
    let table = &pipeline.tables[table];
    let text = |name: &str| text_of(table, &row.values, name);
    let school = text("school_name");
    let title = &table.columns[column].title;
    let draft = Draft {
        county_code: Some(row.county_code.clone()),
        school_code: text("school_code"),
        school_name: school.clone(),
        place: dataset.place(&[cell]),
        column: Some(title.clone()),
        ..Draft::default()
    };
    draft
        .slot("column", title.clone())
        .slot("school_name", school.unwrap_or_default())
        .notice(pipeline, "value-missing")
}

/// Whether the form of a row requires a column: its absence is then said with the sheet.
fn is_required(pipeline: &Pipeline, row: &Row, column: usize) -> bool {
    let fields = &pipeline.forms[row.form].fields;
    fields
        .iter()
        .any(|f| f.required && f.target == Target::Column(column))
}

/// The columns with the students of the stages that a school's type holds.
fn held_students(pipeline: &Pipeline, table: usize, row: &Row) -> Vec<usize> {
    text_of(&pipeline.tables[table], &row.values, "school_type")
        .and_then(|code| pipeline.school_type(&code))
        .map_or(Vec::new(), |t| {
            t.stages
                .iter()
                .map(|s| pipeline.stages[*s].students)
                .collect()
        })
}

/// Whether a school has the stage of a column: by its type, or by its students. Columns of no stage concern all.
pub fn concerns(pipeline: &Pipeline, row: &Row, column: usize) -> bool {
    let Some(table) = pipeline.table("school") else {
        return true;
    };
    let Some(stage) = pipeline.tables[table].columns[column].stage else {
        return true;
    };
    let code = pipeline.tables[table]
        .position("school_type")
        .and_then(|c| row.values[c].as_ref()?.text());
    let kind = code.and_then(|code| pipeline.school_type(code));
    let students = row.values[pipeline.stages[stage].students].as_ref();
    let has_students = students.and_then(Value::number).is_some_and(|n| n > 0.0);
    has_students || kind.is_none_or(|kind| kind.stages.contains(&stage))
}

/// The columns without which an expression has no value: all but those that coalesce() makes up for.
fn collect<'a>(node: &'a Node, out: &mut Vec<&'a str>) {
    match node {
        Node::Column(name) if !out.contains(&name.as_str()) => out.push(name),
        Node::Call(Function::Coalesce, _) => {}
        Node::Call(_, args) => args.iter().for_each(|a| collect(a, out)),
        Node::Negate(inner) => collect(inner, out),
        Node::Binary(_, left, right, _) => {
            collect(left, out);
            collect(right, out);
        }
        _ => {}
    }
}

/// The columns of the school table that may stand behind a column of the units: that of the stage, and that of the whole school.
pub fn school_columns(
    pipeline: &Pipeline,
    table: usize,
    stage: usize,
    name: &str,
) -> [Option<usize>; 2] {
    if name == STUDENTS {
        return [Some(pipeline.stages[stage].students), None];
    }
    match pipeline.unit_columns.iter().find(|u| u.name == name) {
        Some(column) => match &column.source {
            UnitSource::Split(stock) => [Some(*stock), None],
            UnitSource::ByStage { by_stage, whole } => [by_stage[stage], *whole],
        },
        None => [pipeline.tables[table].position(name), None],
    }
}

/// The column of the school table behind a column of a unit: of the stage's and the whole school's the one that has a figure, else
/// the one that the school's sheet has.
pub fn school_column(
    pipeline: &Pipeline,
    table: usize,
    row: &Row,
    stage: usize,
    name: &str,
) -> Option<usize> {
    let both = school_columns(pipeline, table, stage, name);
    let of = |has: &dyn Fn(usize) -> bool| both.into_iter().flatten().find(|c| has(*c));
    let with_figure = of(&|c| row.values[c].is_some());
    let with_cell = || of(&|c| row.cells.at(c).is_some());
    with_figure.or_else(with_cell).or_else(|| of(&|_| true))
}

/// Whether the figure is there for the whole school only: then the finding asks for the figures by stage.
fn whole_given(pipeline: &Pipeline, row: &Row, name: &str) -> bool {
    pipeline
        .unit_columns
        .iter()
        .find(|u| u.name == name)
        .is_some_and(|u| match &u.source {
            UnitSource::ByStage { whole, .. } => whole.is_some_and(|c| row.values[c].is_some()),
            UnitSource::Split(_) => false,
        })
}
