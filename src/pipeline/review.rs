//! How the lists of findings and of schools for checks on the spot are made, and which runs are kept.

use super::model::{Pipeline, Scope};
use crate::formula::Formula;

/// What the lists of findings show first.
#[derive(Debug, Clone, Copy)]
pub struct Summary {
    /// Most findings of a county in the list of what matters most.
    pub most: usize,
    /// Share of the schools from which a rule that speaks of them may have an unfit limit.
    pub flagged_share: f64,
}

/// How schools are drawn for checks on the spot.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Of the schools of each stratum.
    pub share: f64,
    /// Makes the draw another one; printed, so that anybody can draw it again.
    pub seed: String,
}

/// Which runs an output folder keeps beside those that are never removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// So many of the last ones.
    pub last: usize,
    /// The last of each month too.
    pub monthly: bool,
}

impl Pipeline {
    /// The area (index into those of the survey) of a code of urban and rural areas.
    pub fn area_of(&self, code: &str) -> Option<usize> {
        let areas = &self.survey.as_ref()?.areas;
        areas.iter().position(|a| a.codes.iter().any(|c| c == code))
    }

    /// The kind of a rule: the name of its block.
    pub fn rule_kind(&self, id: &str) -> &'static str {
        let mut rules = self.rule_texts();
        rules.find(|t| t.id == id).map_or("notice", |t| t.kind)
    }

    /// The rows and the formulas of a rule that holds a figure of the county against a sum.
    pub fn sum_of(&self, id: &str) -> Option<(Scope, Vec<&Formula>)> {
        let rule = self.rules.crosses.iter().find(|r| r.text.id == id)?;
        let formulas = std::iter::once(&rule.sum).chain(&rule.filter);
        Some((Scope::Table(rule.table), formulas.collect()))
    }
}
