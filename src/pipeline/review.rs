//! How the lists of findings and of schools for checks on the spot are made.

use super::model::{Against, Pipeline, Scope};
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

impl Pipeline {
    /// The area (index into those of the survey) of a code of urban and rural areas.
    pub fn area_of(&self, code: &str) -> Option<usize> {
        let areas = &self.survey.as_ref()?.areas;
        areas.iter().position(|a| a.codes.iter().any(|c| c == code))
    }

    /// The kind of a rule: the name of its block.
    pub fn rule_kind(&self, id: &str) -> &'static str {
        if self.notices.contains_key(id) {
            "notice"
        } else if self.musts.iter().any(|r| r.text.id == id) {
            "must"
        } else if self.uniques.iter().any(|r| r.text.id == id) {
            "unique"
        } else {
            "total"
        }
    }

    /// The rows and the formulas of a rule that holds a figure of the county against a sum.
    pub fn sum_of(&self, id: &str) -> Option<(Scope, Vec<&Formula>)> {
        let rule = self.totals.iter().find(|r| r.text.id == id)?;
        let Against::County(total) = &rule.against else {
            return None;
        };
        let formulas = std::iter::once(&total.sum).chain(&total.filter);
        Some((Scope::Table(rule.table), formulas.collect()))
    }
}
