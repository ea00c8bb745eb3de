//! How the figures of a pipeline are defined, as hashes: two years' figures can be compared where both are defined alike.
//! Titles, notes and sources are no part of a definition; limits are where the figure hangs on them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::formula::Formula;
use crate::indicators::balance::COMPOSITE;
use crate::pipeline::Pipeline;
use crate::pipeline::load::hex;
use crate::pipeline::model::{
    Bound, BoundValue, CountyRef, CountySource, Criterion, Figure, Ranking, RankingOf, SchoolCheck,
    Scope,
};

/// The name of a coefficient's definition; `indicator` is its id, or that of a stage's composite.
pub fn coefficient(stage: &str, indicator: &str) -> String {
    format!("coefficient:{stage}:{indicator}")
}

/// The definitions of all rankings (by the ids of `data/ranking.parquet`) and coefficients, as 12 hexadecimal digits.
pub fn definitions(pipeline: &Pipeline) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut keep = |id: String, text: String| {
        let hash = hex(&Sha256::digest(text.as_bytes()));
        out.insert(id, hash[..12].to_string());
    };
    let scope = scope(pipeline);
    for (s, stage) in pipeline.stages.iter().enumerate() {
        for (i, indicator) in pipeline.indicators.iter().enumerate() {
            let text = format!("{scope}{}", indicator_text(pipeline, i, s));
            keep(coefficient(&stage.id, &indicator.id), text);
        }
        let text = format!("{scope}{}", standard(pipeline, Some(s)));
        keep(coefficient(&stage.id, COMPOSITE), text);
    }
    for ranking in &pipeline.rankings {
        let head = format!("{:?} {:?}\n", ranking.of, stage_id(pipeline, ranking.stage));
        if ranking.of == RankingOf::Criterion {
            for criterion in &pipeline.criteria {
                for figure in &criterion.figures {
                    let id = format!("{}:{}", ranking.id, criterion.item_id(&figure.id));
                    keep(id, format!("{head}{}", figure_text(pipeline, figure)));
                }
                for check in &criterion.checks {
                    let id = format!("{}:{}", ranking.id, criterion.item_id(&check.id));
                    keep(id, format!("{head}{scope}{}", check_text(pipeline, check)));
                }
            }
        } else if ranking.each_indicator {
            for (i, indicator) in pipeline.standard_indicators() {
                let id = format!("{}:{}", ranking.id, indicator.id);
                let stages = ranking.stage.into_iter();
                let text: String = stages.map(|s| indicator_text(pipeline, i, s)).collect();
                keep(id, format!("{head}{scope}{text}"));
            }
        } else {
            keep(
                ranking.id.clone(),
                format!("{head}{}", whole(pipeline, ranking, &scope)),
            );
        }
    }
    out
}

fn stage_id(pipeline: &Pipeline, stage: Option<usize>) -> Option<&str> {
    stage.map(|s| pipeline.stages[s].id.as_str())
}

/// What a ranking of counties as a whole is made from.
fn whole(pipeline: &Pipeline, ranking: &Ranking, scope: &str) -> String {
    let standard = standard(pipeline, ranking.stage);
    match ranking.of {
        RankingOf::CvMet => {
            let limits = pipeline.balance_limits.iter();
            let limits: Vec<String> = limits
                .map(|l| format!("{:?} {:?}", stage_id(pipeline, Some(l.stage)), l.value))
                .collect();
            let rule = (&pipeline.settings.single_unit_balance, limits);
            format!("{scope}{standard}{rule:?}")
        }
        RankingOf::ShareMet => {
            let mut out = format!("{scope}{standard}");
            for (_, indicator) in pipeline.standard_indicators() {
                for l in &indicator.limits {
                    let stage = stage_id(pipeline, Some(l.stage));
                    let when = l.when.as_ref().map(|f| &f.node);
                    line(
                        &mut out,
                        &(&indicator.id, stage, l.value, when, l.from, l.until),
                    );
                }
            }
            let rule = &pipeline.school_rule;
            line(&mut out, &(rule.least_met, rule.floor_ratio));
            out
        }
        RankingOf::Points => {
            let mut out = String::new();
            for criterion in pipeline.criteria.iter().filter(|c| c.points.is_some()) {
                points_text(pipeline, criterion, &mut out);
            }
            out
        }
        _ => format!("{scope}{standard}"),
    }
}

fn line(out: &mut String, what: &dyn std::fmt::Debug) {
    // Writing into a text does not fail.
    let _ = writeln!(out, "{what:?}");
}

/// Which schools are units, with how much of what the whole school has.
fn scope(pipeline: &Pipeline) -> String {
    let mut out = String::new();
    line(&mut out, &pipeline.settings.whole_school_figures);
    for s in &pipeline.stages {
        let students = school_column(pipeline, s.students);
        line(&mut out, &(&s.id, students, s.weight, s.evaluated));
    }
    for t in &pipeline.school_types {
        let when = t.counts_when.as_ref().map(|f| &f.node);
        line(&mut out, &(&t.code, &t.stages, &t.weights, t.counts, when));
    }
    out
}

/// All indicators that decide, of a stage or of all.
fn standard(pipeline: &Pipeline, stage: Option<usize>) -> String {
    let stages = || {
        pipeline
            .evaluated_stages()
            .filter(|s| stage.is_none_or(|own| own == *s))
    };
    let all = pipeline.standard_indicators();
    all.flat_map(|(i, _)| stages().map(move |s| indicator_text(pipeline, i, s)))
        .collect()
}

fn indicator_text(pipeline: &Pipeline, indicator: usize, stage: usize) -> String {
    let i = &pipeline.indicators[indicator];
    let numerator = i.numerator[stage].as_ref();
    let mut columns: BTreeSet<&String> = i.denominator.columns.iter().collect();
    columns.extend(numerator.iter().flat_map(|f| &f.columns));
    let mut out = String::new();
    let formulas = (numerator.map(|f| &f.node), &i.denominator.node);
    line(
        &mut out,
        &(&i.id, stage_id(pipeline, Some(stage)), formulas, i.scale),
    );
    for unit in pipeline
        .unit_columns
        .iter()
        .filter(|u| columns.contains(&u.name))
    {
        line(&mut out, &(&unit.name, source_text(pipeline, &unit.source)));
    }
    out
}

/// The columns of the school table that a unit's column comes from, by name.
fn source_text(pipeline: &Pipeline, source: &crate::pipeline::model::UnitSource) -> String {
    use crate::pipeline::model::UnitSource;
    let name = |c: usize| school_column(pipeline, c);
    match source {
        UnitSource::Split(column) => format!("split {}", name(*column)),
        UnitSource::ByStage { by_stage, whole } => {
            let by_stage: Vec<_> = by_stage.iter().map(|c| c.map(name)).collect();
            format!("{by_stage:?} {:?}", whole.map(name))
        }
    }
}

fn school_column(pipeline: &Pipeline, column: usize) -> &str {
    let table = pipeline.table("school").map(|t| &pipeline.tables[t]);
    table.map_or("", |t| t.columns[column].name.as_str())
}

fn figure_text(pipeline: &Pipeline, figure: &Figure) -> String {
    let mut out = String::new();
    line(&mut out, &figure.scale);
    let mut formulas = vec![&figure.numerator];
    formulas.extend(&figure.denominator);
    formulas.extend(&figure.when);
    formulas_text(pipeline, &formulas, &mut out);
    out
}

fn check_text(pipeline: &Pipeline, check: &SchoolCheck) -> String {
    let mut out = String::new();
    let mut formulas = vec![&check.value];
    formulas.extend(&check.when);
    formulas.extend(&check.failing);
    formulas.extend(&check.weight);
    bounds_text(&check.limits, &mut formulas, &mut out);
    formulas_text(pipeline, &formulas, &mut out);
    out
}

fn points_text(pipeline: &Pipeline, criterion: &Criterion, out: &mut String) {
    line(out, &(&criterion.id, criterion.points, criterion.vacuous));
    for figure in &criterion.figures {
        line(out, &(figure.deduct, figure.better));
        let mut formulas = Vec::new();
        bounds_text(&figure.limits, &mut formulas, out);
        formulas_text(pipeline, &formulas, out);
        out.push_str(&figure_text(pipeline, figure));
    }
    for check in &criterion.checks {
        out.push_str(&check_text(pipeline, check));
    }
}

fn bounds_text<'a>(bounds: &'a [Bound], formulas: &mut Vec<&'a Formula>, out: &mut String) {
    for bound in bounds {
        line(out, &(bound.strict, bound.from, bound.until));
        match &bound.value {
            BoundValue::Number(value) => line(out, value),
            BoundValue::Formula(formula) => formulas.push(formula),
        }
        formulas.extend(&bound.when);
    }
}

/// Formulas with everything that they read: figures of the county, parameters.
fn formulas_text(pipeline: &Pipeline, formulas: &[&Formula], out: &mut String) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&Formula> = formulas.iter().rev().copied().collect();
    while let Some(formula) = open.pop() {
        line(out, &formula.node);
        for name in &formula.columns {
            if seen.insert(name) {
                column_text(pipeline, name, &mut open, out);
            }
        }
    }
}

/// One column that a formula about a county reads.
fn column_text<'a>(
    pipeline: &'a Pipeline,
    name: &str,
    open: &mut Vec<&'a Formula>,
    out: &mut String,
) {
    if let Some(parameter) = pipeline.parameters.iter().find(|p| p.name == *name) {
        line(out, &(name, &parameter.value));
    }
    let Some(column) = pipeline.county_columns.iter().find(|c| c.name == *name) else {
        return;
    };
    match &column.source {
        CountySource::First(list) => {
            for from in list {
                match from {
                    CountyRef::Stated { table, column } => {
                        let table = &pipeline.tables[*table];
                        line(out, &(&table.name, &table.columns[*column].name));
                    }
                    CountyRef::Computed(c) => {
                        let own = &pipeline.county_columns[*c];
                        line(out, &own.name);
                        // A figure is declared before those that it is taken into.
                        column_text(pipeline, &own.name, open, out);
                    }
                }
            }
        }
        CountySource::Sum { of, sum, filter } => {
            let rows = match of {
                Scope::Table(t) => pipeline.tables[*t].name.as_str(),
                Scope::Unit => "unit",
            };
            line(out, &rows);
            open.push(sum);
            open.extend(filter);
        }
        CountySource::Formula(formula) => open.push(formula),
    }
}
