//! What a figure hangs on: columns of tables, and blocks of the pipeline that differ. Told from the pipeline alone.

use std::collections::BTreeSet;

use super::figures::ranking_of;
use super::{FigureChange, What};
use crate::formula::Formula;
use crate::indicators::check;
use crate::indicators::depends::{self, TableColumn};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Criterion, RankingOf, Scope};
use crate::pipeline::parts::PartChange;
use crate::pipeline::valid::{COUNTED, STUDENTS};
use crate::report::data::COMPOSITE;

/// What a figure hangs on.
#[derive(Debug, Default, Clone)]
pub(super) struct Hangs {
    pub columns: BTreeSet<TableColumn>,
    /// What differs in the pipeline and must have changed it, where it changed (indices).
    pub parts: Vec<usize>,
}

/// Blocks by which schools are told apart and stocks are split.
const SPLIT: &[&str] = &["stage", "school_type"];

/// What a change of this kind hangs on, by itself: of verdicts their own rules only.
pub(super) fn of(pipeline: &Pipeline, parts: &[PartChange], change: &FigureChange) -> Hangs {
    let stage = change.stage.as_deref().unwrap_or("");
    match change.what {
        What::UnitIndicator => indicator(pipeline, parts, &change.id, stage, false),
        What::Balance if change.id == COMPOSITE => composite(pipeline, parts, stage),
        What::Balance => indicator(pipeline, parts, &change.id, stage, true),
        What::UnitVerdict => Hangs {
            columns: BTreeSet::new(),
            parts: list(parts, |c| c.kind == "school_rule"),
        },
        What::Criterion | What::Points => criterion(pipeline, parts, &change.id),
        What::Survey => Hangs {
            parts: list(parts, |c| {
                ["survey", "answer_scale"].contains(&c.kind.as_str())
            }),
            ..criterion(pipeline, parts, &change.id)
        },
        What::Verdict => Hangs {
            columns: BTreeSet::new(),
            parts: list(parts, |c| c.kind == "part" && c.id == change.id),
        },
        What::Ranking => ranking(pipeline, parts, &change.id),
    }
}

/// The parts that differ in more than words and fit.
fn list(parts: &[PartChange], fits: impl Fn(&PartChange) -> bool) -> Vec<usize> {
    let all = parts.iter().enumerate();
    all.filter(|(_, c)| !c.is_of_words() && fits(c))
        .map(|(i, _)| i)
        .collect()
}

/// Whether what differs is about this stage: it names no other one.
fn is_of_stage(pipeline: &Pipeline, change: &PartChange, stage: &str) -> bool {
    let others = pipeline.stages.iter().filter(|s| s.id != stage);
    change.names(stage) || !others.into_iter().any(|s| change.names(&s.id))
}

/// An indicator in one stage, of a school or of the spread over a county.
fn indicator(
    pipeline: &Pipeline,
    parts: &[PartChange],
    id: &str,
    stage: &str,
    of_county: bool,
) -> Hangs {
    let at = pipeline.indicator(id);
    let at = at.zip(pipeline.stages.iter().position(|s| s.id == stage));
    let (columns, names) = match at {
        Some((i, s)) => {
            let own = &pipeline.indicators[i];
            let formulas = depends::indicator_formulas(own, s);
            (
                depends::of_indicator(pipeline, own, s),
                depends::names_behind(pipeline, &formulas),
            )
        }
        None => Default::default(),
    };
    let fits = |c: &PartChange| match c.kind.as_str() {
        "indicator" => {
            let limit = of_county && c.names("limit");
            c.id == id && !limit && is_of_stage(pipeline, c, stage)
        }
        "unit_column" | "county_column" | "parameter" => names.contains(c.id.as_str()),
        "balance_limit" => of_county && c.id == stage,
        "settings" => {
            let county = ["balance_rule", "single_unit_balance"].contains(&c.key.as_str());
            c.key == "whole_school_figures" || (of_county && county)
        }
        "school_rule" => !of_county && c.key == "floor_ratio",
        kind => SPLIT.contains(&kind),
    };
    Hangs {
        columns,
        parts: list(parts, fits),
    }
}

/// The standard indicators of a stage together.
fn composite(pipeline: &Pipeline, parts: &[PartChange], stage: &str) -> Hangs {
    let mut out = Hangs::default();
    for (_, own) in pipeline.standard_indicators() {
        let hangs = indicator(pipeline, parts, &own.id, stage, true);
        out.columns.extend(hangs.columns);
        out.parts.extend(hangs.parts);
    }
    out.parts.sort_unstable();
    out.parts.dedup();
    out
}

/// A criterion, or one of its figures or checks.
fn criterion(pipeline: &Pipeline, parts: &[PartChange], id: &str) -> Hangs {
    let (whole, item) = id.split_once('.').unwrap_or((id, ""));
    let own = pipeline.criteria.iter().find(|c| c.id == whole);
    let mut columns = BTreeSet::new();
    let mut names = BTreeSet::new();
    let mut others: Vec<&str> = Vec::new();
    let mut of_units = false;
    if let Some(own) = own {
        if item.is_empty() {
            columns.extend(depends::words_of(own));
        }
        of_units = items(pipeline, own, item, &mut columns, &mut names);
        let ids = own.figures.iter().map(|f| f.id.as_str());
        let ids = ids.chain(own.checks.iter().map(|k| k.id.as_str()));
        others = ids.filter(|own| !item.is_empty() && *own != item).collect();
    }
    let fits = |c: &PartChange| match c.kind.as_str() {
        "criterion" => c.id == whole && !others.iter().any(|other| c.names(other)),
        "unit_column" | "county_column" | "parameter" => names.contains(c.id.as_str()),
        kind => of_units && SPLIT.contains(&kind),
    };
    Hangs {
        columns,
        parts: list(parts, fits),
    }
}

/// Adds what the figures and checks of a criterion hang on; whether any of them is about units.
fn items<'a>(
    pipeline: &'a Pipeline,
    own: &'a Criterion,
    item: &str,
    columns: &mut BTreeSet<TableColumn>,
    names: &mut BTreeSet<&'a str>,
) -> bool {
    let mut formulas: Vec<&'a Formula> = Vec::new();
    let mut of_units = false;
    let wanted = |id: &str| item.is_empty() || id == item;
    for figure in own.figures.iter().filter(|f| wanted(&f.id)) {
        depends::of_figure(pipeline, figure, columns);
        formulas.extend(depends::figure_formulas(figure));
    }
    for check in own.checks.iter().filter(|k| wanted(&k.id)) {
        depends::of_check(pipeline, check, columns);
        formulas.extend(check::formulas(check));
        formulas.extend(&check.failing);
        of_units |= check.of == Scope::Unit;
    }
    names.extend(depends::names_behind(pipeline, &formulas));
    of_units || names.contains(COUNTED) || names.contains(STUDENTS)
}

/// A ranking's own rules; where it is about one indicator or criterion, what that hangs on.
fn ranking(pipeline: &Pipeline, parts: &[PartChange], id: &str) -> Hangs {
    let (own, subject) = ranking_of(pipeline, id);
    let stage = own.and_then(|r| r.stage);
    let stage = stage.map_or("", |s| pipeline.stages[s].id.as_str());
    let mut out = match own.map(|r| r.of) {
        Some(RankingOf::Cv | RankingOf::Mean) => {
            let mut hangs = indicator(pipeline, parts, subject, stage, true);
            hangs.parts.retain(|p| parts[*p].kind != "balance_limit");
            hangs
        }
        Some(RankingOf::Criterion) => criterion(pipeline, parts, subject),
        _ => Hangs::default(),
    };
    let whole = id.split(':').next().unwrap_or(id);
    out.parts
        .extend(list(parts, |c| c.kind == "ranking" && c.id == whole));
    out
}
