//! Schools -> units: one for each stage that a school holds. Stocks of the whole school are split by weighted students
//! (九年一贯制 1 : 1.1, 完全中学 1 : 1.2, 十二年一贯制 1 : 1.1 : 1.32; the weights stand in the pipeline). Pupils and teachers are
//! reported by stage and are not split.

use std::collections::BTreeSet;

use polars::prelude::*;
use rayon::prelude::*;

use crate::dataset::{CellRef, Dataset, Row};
use crate::error::Error;
use crate::finding::{Draft, Finding};
use crate::formula::lower::evaluate;
use crate::ingest::cell::{Value, text_of};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{SchoolType, UnitSource, WholeSchoolFigures};
use crate::pipeline::valid::{STAGE, STUDENTS};

/// One school in one stage.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Row of the school table.
    pub school: usize,
    pub stage: usize,
    /// Students of the stage; missing where the school does not say.
    pub students: Option<f64>,
    /// By unit column of the pipeline.
    pub values: Vec<Option<f64>>,
    /// Share of the school's stocks, 0 to 1; missing where it cannot be known.
    pub share: Option<f64>,
    /// The school's type is not known: whether and how it counts is open, and it has no verdict.
    pub uncertain: bool,
    pub counted: bool,
    /// Why it does not count, in the words of the pipeline.
    pub reason: String,
}

/// The units of all schools, sorted by county, school, stage.
#[derive(Debug, Default)]
pub struct Units {
    pub list: Vec<Unit>,
    /// Rows of the school table of which it is not known which units they are.
    pub open: Vec<usize>,
    /// The school's columns, then stage, students and the unit columns.
    pub frame: DataFrame,
}

/// The share of each stage in a stock of the whole school: w·n / Σ w·n over the stages that the school holds.
/// `None` when the students of a stage are missing or there are none at all.
///
/// Source: 《县域义务教育优质均衡发展国家督导评估认定工作规程》 as quoted in the domain notes, C2.
pub fn shares(weighted: &[(f64, Option<f64>)]) -> Option<Vec<f64>> {
    let mut products = Vec::with_capacity(weighted.len());
    for (weight, students) in weighted {
        products.push(weight * (*students)?);
    }
    let sum: f64 = products.iter().sum();
    if sum <= 0.0 {
        return None;
    }
    Some(products.iter().map(|p| p / sum).collect())
}

/// The weight of a stage in the split of a school of some type that has students in the stages `present`. With attached
/// classes, outside the type's stages, every stage has its own weight, so that all stand in one proportion.
pub fn stage_weight(
    pipeline: &Pipeline,
    kind: Option<&SchoolType>,
    present: &[usize],
    stage: usize,
) -> f64 {
    match kind {
        Some(kind) if present.iter().all(|s| kind.stages.contains(s)) => kind.weights[stage],
        _ => pipeline.stages[stage].weight,
    }
}

/// Makes the units of every school, with findings where a school's stages or figures are not clear.
///
/// # Errors
/// When polars refuses to build the frame.
pub fn units(pipeline: &Pipeline, dataset: &Dataset) -> Result<(Units, Vec<Finding>), Error> {
    let mut findings = Vec::new();
    let Some(table) = pipeline.table("school") else {
        return Ok((Units::default(), findings));
    };
    let mut list: Vec<Unit> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let rows = dataset.tables[table].rows.par_iter().enumerate();
    let schools: Vec<(Vec<Unit>, Vec<Finding>, bool)> = rows
        .with_min_len(64)
        .map(|(index, row)| {
            let (mut own, mut said) = (Vec::new(), Vec::new());
            let school = School::new(pipeline, dataset, table, row);
            let stages = school.units(index, &mut own, &mut said);
            let unknown = school.kind.is_none() && stages == 0;
            let disputed = row.conflict && school.kind.is_none_or(|k| k.counts);
            let is_open = own.is_empty() && (unknown || disputed);
            (own, said, is_open)
        })
        .collect();
    for (index, (own, said, is_open)) in schools.into_iter().enumerate() {
        list.extend(own);
        findings.extend(said);
        if is_open {
            open.push(index);
        }
    }
    let frame = frame(pipeline, dataset, table, &list)?;
    scope(pipeline, dataset, table, &frame, &mut list)?;
    not_counted(pipeline, dataset, table, &list, &mut findings);
    absent_stages(pipeline, dataset, table, &list, &mut findings);
    Ok((Units { list, open, frame }, findings))
}

struct School<'a> {
    pipeline: &'a Pipeline,
    dataset: &'a Dataset,
    table: usize,
    row: &'a Row,
    code: Option<String>,
    name: String,
    kind: Option<&'a SchoolType>,
}

impl<'a> School<'a> {
    fn new(pipeline: &'a Pipeline, dataset: &'a Dataset, table: usize, row: &'a Row) -> Self {
        let text = |name: &str| text_of(&pipeline.tables[table], &row.values, name);
        let kind = text("school_type").and_then(|code| pipeline.school_type(&code));
        School {
            pipeline,
            dataset,
            table,
            row,
            code: text("school_code"),
            name: text("school_name").unwrap_or_default(),
            kind,
        }
    }

    fn number(&self, column: usize) -> Option<f64> {
        self.row.values[column].as_ref().and_then(Value::number)
    }

    fn students(&self, stage: usize) -> Option<f64> {
        self.number(self.pipeline.stages[stage].students)
    }

    fn draft(&self, cells: &[CellRef]) -> Draft {
        Draft {
            county_code: Some(self.row.county_code.clone()),
            school_code: self.code.clone(),
            school_name: Some(self.name.clone()),
            place: self.dataset.place(cells),
            ..Draft::default()
        }
        .slot("school_name", self.name.clone())
    }

    fn name_cell(&self) -> Vec<CellRef> {
        vec![self.row.name_cell(self.pipeline, self.table)]
    }

    /// Adds the school's units of evaluated stages; returns how many stages it holds.
    fn units(&self, index: usize, list: &mut Vec<Unit>, findings: &mut Vec<Finding>) -> usize {
        let pipeline = self.pipeline;
        if self.code.is_none() {
            let cell = pipeline.tables[self.table]
                .position("school_code")
                .and_then(|c| self.row.cells.at(c));
            // Without the column there is one finding for the column, not one for each school.
            if let Some(cell) = cell
                && !self.dataset.spoken.contains(&cell)
            {
                findings.push(self.draft(&[cell]).notice(pipeline, "school-code-absent"));
            }
        }
        let held = self.held(findings);
        let own_students: Vec<(usize, Option<f64>)> =
            held.iter().map(|s| (*s, self.students(*s))).collect();
        let present: Vec<(usize, Option<f64>)> = own_students
            .iter()
            .copied()
            .filter(|(_, n)| *n != Some(0.0))
            .collect();
        let stages: Vec<usize> = present.iter().map(|(s, _)| *s).collect();
        let weighted: Vec<(f64, Option<f64>)> = present
            .iter()
            .map(|(s, n)| (stage_weight(pipeline, self.kind, &stages, *s), *n))
            .collect();
        let split = match (present.len(), self.kind) {
            (1, _) => Some(vec![1.0]),
            (_, None) => None,
            _ => shares(&weighted),
        };
        let single = present.len() == 1;
        let mut whole_only: Vec<usize> = Vec::new();
        let is_wanted = |column: &str| {
            let formulas = pipeline
                .standard_indicators()
                .flat_map(|(_, i)| i.numerator.iter().flatten());
            formulas.flat_map(|f| &f.columns).any(|c| c == column)
        };
        for (i, (stage, students)) in present.iter().enumerate() {
            if !pipeline.stages[*stage].evaluated {
                continue;
            }
            let share = split.as_ref().map(|s| s[i]);
            let values = pipeline
                .unit_columns
                .iter()
                .map(|column| match &column.source {
                    UnitSource::Split(stock) => self.stock(*stock, single, share),
                    UnitSource::ByStage { by_stage, whole } => {
                        let own = by_stage[*stage].and_then(|c| self.number(c));
                        let all = whole.and_then(|c| self.number(c));
                        match (own, all) {
                            (Some(value), _) => Some(value),
                            (None, Some(value)) if single => Some(value),
                            (None, Some(value)) => match pipeline.settings.whole_school_figures {
                                WholeSchoolFigures::Split => share.map(|s| s * value),
                                WholeSchoolFigures::Incomplete => {
                                    if let Some(c) = whole
                                        && !whole_only.contains(c)
                                        && is_wanted(&column.name)
                                    {
                                        whole_only.push(*c);
                                    }
                                    None
                                }
                            },
                            (None, None) => None,
                        }
                    }
                })
                .collect();
            list.push(Unit {
                school: index,
                stage: *stage,
                students: *students,
                values,
                share,
                uncertain: self.kind.is_none(),
                counted: true,
                reason: String::new(),
            });
        }
        if !whole_only.is_empty() {
            let columns = &pipeline.tables[self.table].columns;
            let titles: Vec<&str> = whole_only
                .iter()
                .map(|c| columns[*c].title.as_str())
                .collect();
            let cells: Vec<CellRef> = whole_only
                .iter()
                .filter_map(|c| self.row.cells.at(*c))
                .collect();
            let mut draft = self.draft(&cells);
            draft.column = Some(titles.join("\u{3001}"));
            findings.push(
                draft
                    .slot("columns", titles.join("\u{3001}"))
                    .notice(pipeline, "figures-by-stage-needed"),
            );
        }
        held.len()
    }

    fn stock(&self, column: usize, single: bool, share: Option<f64>) -> Option<f64> {
        let value = self.number(column)?;
        if single {
            Some(value)
        } else {
            Some(value * share?)
        }
    }

    /// The stages that the school holds: its type's, and those in which it has students.
    fn held(&self, findings: &mut Vec<Finding>) -> Vec<usize> {
        let pipeline = self.pipeline;
        let with_students: Vec<usize> = (0..pipeline.stages.len())
            .filter(|s| self.students(*s).is_some_and(|n| n > 0.0))
            .collect();
        let Some(kind) = self.kind else {
            let column = pipeline.tables[self.table].position("school_type");
            let cell = column.and_then(|c| self.row.cells.at(c));
            // A type that cannot be read is said already, a column that is not there once for the column.
            // A school that then has no unit at all would be lost, so that is said in any case.
            let lost = with_students.is_empty() && self.row.stages.is_empty();
            let unsaid = cell.is_some_and(|c| lost || !self.dataset.spoken.contains(&c));
            if unsaid || (cell.is_none() && with_students.len() > 1) {
                let cells: Vec<CellRef> = cell.map_or_else(|| self.name_cell(), |c| vec![c]);
                let mut draft = self.draft(&cells);
                draft.column = column.map(|c| pipeline.tables[self.table].columns[c].title.clone());
                let rule = if unsaid {
                    "school-type-absent"
                } else {
                    "stages-unclear"
                };
                findings.push(draft.notice(pipeline, rule));
            }
            if with_students.is_empty() {
                return self.row.stages.clone();
            }
            return with_students;
        };
        let mut held = kind.stages.clone();
        for stage in with_students {
            if !held.contains(&stage) {
                held.push(stage);
                let column = pipeline.stages[stage].students;
                let cells: Vec<CellRef> = self.row.cells.at(column).into_iter().collect();
                let mut draft = self.draft(&cells);
                draft.column = Some(pipeline.tables[self.table].columns[column].title.clone());
                draft.value = self.number(column).map(crate::text::number);
                findings.push(
                    draft
                        .slot("type", kind.name.clone())
                        .slot("stage", pipeline.stages[stage].title.clone())
                        .notice(pipeline, "attached-classes"),
                );
            }
        }
        held.sort_unstable();
        for stage in &held {
            let column = pipeline.stages[*stage].students;
            if kind.stages.contains(stage)
                && kind.counts
                && pipeline.stages[*stage].evaluated
                && self.students(*stage) == Some(0.0)
            {
                let cells: Vec<CellRef> = self.row.cells.at(column).into_iter().collect();
                let mut draft = self.draft(&cells);
                draft.column = Some(pipeline.tables[self.table].columns[column].title.clone());
                draft.value = Some("0".to_string());
                findings.push(
                    draft
                        .slot("stage", pipeline.stages[*stage].title.clone())
                        .notice(pipeline, "stage-without-students"),
                );
            }
        }
        held
    }
}

/// Which units count, by their school's type and its condition.
fn scope(
    pipeline: &Pipeline,
    dataset: &Dataset,
    table: usize,
    frame: &DataFrame,
    list: &mut [Unit],
) -> Result<(), Error> {
    let column = pipeline.tables[table].position("school_type");
    let kind_of = |unit: &Unit| {
        let row = &dataset.tables[table].rows[unit.school];
        let code = column
            .and_then(|c| row.values[c].as_ref())
            .and_then(Value::text)?;
        pipeline.school_types.iter().position(|t| t.code == code)
    };
    let kinds: Vec<Option<usize>> = list.iter().map(kind_of).collect();
    for (k, kind) in pipeline.school_types.iter().enumerate() {
        let condition = match &kind.counts_when {
            Some(formula) => Some(evaluate(formula, frame)?.bool()?.clone()),
            None => None,
        };
        for (i, unit) in list.iter_mut().enumerate() {
            if kinds[i] != Some(k) {
                continue;
            }
            // An unknown condition (students missing) counts: the verdict is then incomplete.
            let holds = condition.as_ref().is_none_or(|c| c.get(i).unwrap_or(true));
            let attached = kind.counts_attached && !kind.stages.contains(&unit.stage);
            if (!kind.counts && !attached) || !holds {
                unit.counted = false;
                unit.reason.clone_from(&kind.reason);
            }
        }
    }
    Ok(())
}

/// One finding a county and reason: which units do not count.
fn not_counted(
    pipeline: &Pipeline,
    dataset: &Dataset,
    table: usize,
    list: &[Unit],
    findings: &mut Vec<Finding>,
) {
    let mut groups: std::collections::BTreeMap<(String, String, u32), Vec<CellRef>> =
        std::collections::BTreeMap::new();
    let outside = list
        .iter()
        .filter(|u| !u.counted)
        .map(|u| (u.school, u.reason.clone()));
    // Schools of a type that never counts may have no unit at all: 高级中学, for one, has no evaluated stage.
    let with_units: std::collections::BTreeSet<usize> = list.iter().map(|u| u.school).collect();
    let column = pipeline.tables[table].position("school_type");
    let never = dataset.tables[table]
        .rows
        .iter()
        .enumerate()
        .filter(|(i, _)| !with_units.contains(i))
        .filter_map(|(i, row)| {
            let code = row.values[column?].as_ref()?.text()?;
            let kind = pipeline.school_type(code)?;
            (!kind.counts).then(|| (i, kind.reason.clone()))
        });
    for (school, reason) in outside.chain(never) {
        let row = &dataset.tables[table].rows[school];
        let cell = row.name_cell(pipeline, table);
        groups
            .entry((row.county_code.clone(), reason, cell.sheet))
            .or_default()
            .push(cell);
    }
    for ((county, reason, _), mut cells) in groups {
        // A school with two stages is two units, but one school.
        cells.dedup();
        let pairs: Vec<(u32, u32)> = cells.iter().map(|c| (c.row, c.col)).collect();
        let mut place = dataset.place(&cells);
        place.cell = Some(crate::finding::cell_list(&pairs));
        let draft = Draft {
            county_code: Some(county),
            place,
            ..Draft::default()
        };
        findings.push(
            draft
                .slot("count", cells.len().to_string())
                .slot("reason", reason)
                .notice(pipeline, "unit-not-counted"),
        );
    }
}

/// Counties that sent schools, but none of an evaluated stage.
fn absent_stages(
    pipeline: &Pipeline,
    dataset: &Dataset,
    table: usize,
    list: &[Unit],
    findings: &mut Vec<Finding>,
) {
    let rows = &dataset.tables[table].rows;
    let counties: BTreeSet<&str> = rows.iter().map(|r| r.county_code.as_str()).collect();
    let counted = list.iter().filter(|u| u.counted);
    let there: BTreeSet<(&str, usize)> = counted
        .map(|u| (rows[u.school].county_code.as_str(), u.stage))
        .collect();
    for county in counties {
        for stage in pipeline.evaluated_stages() {
            if !there.contains(&(county, stage)) {
                let draft = Draft {
                    county_code: Some(county.to_string()),
                    ..Draft::default()
                };
                let title = pipeline.stages[stage].title.clone();
                findings.push(draft.slot("stage", title).notice(pipeline, "stage-absent"));
            }
        }
    }
}

fn frame(
    pipeline: &Pipeline,
    dataset: &Dataset,
    table: usize,
    list: &[Unit],
) -> Result<DataFrame, Error> {
    let rows: Vec<IdxSize> = list
        .iter()
        .map(|u| IdxSize::try_from(u.school).unwrap_or(0))
        .collect();
    let mut frame = dataset.tables[table]
        .frame
        .take(&IdxCa::from_vec("row".into(), rows))?;
    let stages: Vec<&str> = list
        .iter()
        .map(|u| pipeline.stages[u.stage].id.as_str())
        .collect();
    frame.with_column(Column::new(STAGE.into(), stages))?;
    let students: Vec<Option<f64>> = list.iter().map(|u| u.students).collect();
    frame.with_column(Column::new(STUDENTS.into(), students))?;
    let columns = pipeline.unit_columns.par_iter().enumerate();
    let columns: Vec<Column> = columns
        .map(|(i, column)| {
            let values: Vec<Option<f64>> = list.iter().map(|u| u.values[i]).collect();
            Column::new(column.name.as_str().into(), values)
        })
        .collect();
    for column in columns {
        frame.with_column(column)?;
    }
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::shares;

    /// The worked splits of the domain notes (derived there, not published), to every digit given.
    #[test]
    fn split_examples() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 5e-7, "{a} {b}");
        let s = shares(&[(1.0, Some(600.0)), (1.1, Some(400.0))]).unwrap();
        near(5000.0 * s[0], 2884.615385);
        near(5000.0 * s[1], 2115.384615);
        near(5000.0 * s[0] / 600.0, 4.807692);
        near(5000.0 * s[1] / 400.0, 5.288462);
        let s = shares(&[(1.0, Some(36.0)), (1.1, Some(1.0))]).unwrap();
        near(100.0 * s[0], 97.035040);
        near(100.0 * s[1], 2.964960);
        near(100.0 * s[0] / 36.0, 2.695418);
        near(100.0 * s[1], 2.964960);
        let s = shares(&[(1.0, Some(800.0)), (1.2, Some(1200.0))]).unwrap();
        near(12000.0 * s[0], 4285.714286);
        near(12000.0 * s[0] / 800.0, 5.357143);
        let s = shares(&[(1.0, Some(900.0)), (1.1, Some(600.0)), (1.32, Some(450.0))]).unwrap();
        near(3_600_000.0 * s[0], 1_504_178.272981);
        near(3_600_000.0 * s[1], 1_103_064.066852);
        near(3_600_000.0 * s[0] / 900.0, 1671.309192);
        near(3_600_000.0 * s[1] / 600.0, 1838.440111);
        let total: f64 = s.iter().sum();
        assert!((total - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_stage_without_figures_leaves_the_shares_unknown() {
        assert_eq!(shares(&[(1.0, Some(1.0)), (1.1, None)]), None);
        assert_eq!(shares(&[(1.0, Some(0.0))]), None);
    }
}
