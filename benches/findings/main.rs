//! How often the comparing checks speak without reason, and what they find: `cargo bench --bench findings`.
//!
//! Invented counties, clean and with 1% of the figures wrong, judged by the very functions that the checks use. The figures of
//! the study that chose the defaults stand beside in brackets. Deterministic: the same seed prints the same tables.

use std::path::Path;

use junheng::checks::statistics;
use junheng::checks::unit_error::ALL_PAIRS;
use junheng::pipeline::Pipeline;
use junheng::pipeline::model::{ChangeMethod, CopiedOf, OutlierMethod};

mod cross_section;
mod generate;
mod judge;
mod mistakes;
mod random;
mod rows_and_limits;
mod tally;
mod year_on_year;

use random::Random;
use statistics::{FunnelSettings, HidiroglouBerthelotSettings};

/// The thresholds under study.
pub struct Rules {
    /// Measures: modified z of the residual in size, and factor.
    pub continuous_z: f64,
    pub continuous_factor: f64,
    /// Counts: z in the funnel.
    pub count_z: f64,
    pub funnel: FunnelSettings,
    /// Units up to which the line takes every pair.
    pub all_pairs_until: usize,
    /// Wrong unit: decimal logarithm of the change since last year, or factor from the fit.
    pub unit_log10: f64,
    pub unit_factor: f64,
    /// Since last year: share and least change of a school's figure, share of a county's total.
    pub change_share: f64,
    pub change_at_least: f64,
    pub total_share: f64,
    pub change_scores: HidiroglouBerthelotSettings,
    /// Copied rows: so many of the large-valued numbers, or so many of all; more in a county with more schools.
    pub copied_of_large: usize,
    pub copied_of_all: usize,
    pub copied_of_all_above: usize,
    pub copied_small_county: usize,
    /// Crowding above a limit: window, chance and ratio.
    pub bunching_width: f64,
    pub bunching_p: f64,
    pub bunching_ratio: f64,
}

impl Rules {
    /// The thresholds that a pipeline declares: of the first rule of each kind and method.
    fn declared(pipeline: &Pipeline) -> Option<Rules> {
        let rules = &pipeline.rules;
        let mut outliers = rules.outliers.iter().map(|r| r.method);
        let (count_z, funnel) = outliers.clone().find_map(|m| match m {
            OutlierMethod::Funnel { z, winsor, phi } => Some((
                z,
                FunnelSettings {
                    winsor_share: winsor,
                    phi_divisor: phi,
                },
            )),
            OutlierMethod::SizeResidual { .. } => None,
        })?;
        let (continuous_z, continuous_factor) = outliers.find_map(|m| match m {
            OutlierMethod::SizeResidual { z, factor } => Some((z, factor)),
            OutlierMethod::Funnel { .. } => None,
        })?;
        let unit = rules.unit_errors.first()?;
        let ratio = |of_county: bool| {
            let mut own = rules.changes.iter().filter(|r| r.of_county == of_county);
            own.find_map(|r| match r.method {
                ChangeMethod::Ratio { ratio, least } => Some((ratio, least)),
                ChangeMethod::HidiroglouBerthelot { .. } => None,
            })
        };
        let (change_share, change_at_least) = ratio(false)?;
        let change_scores = rules.changes.iter().find_map(|r| match r.method {
            ChangeMethod::HidiroglouBerthelot { u, a, c, .. } => {
                Some(HidiroglouBerthelotSettings { u, a, c })
            }
            ChangeMethod::Ratio { .. } => None,
        })?;
        let (copied_of_all, copied_of_all_above, copied_small_county, copied_of_large) =
            rules.copied.iter().find_map(|r| match r.of {
                CopiedOf::Rows {
                    least,
                    least_of_many,
                    many,
                    least_large,
                } => Some((least, least_of_many, many, least_large)),
                _ => None,
            })?;
        let bunching = rules.bunchings.first()?;
        Some(Rules {
            continuous_z,
            continuous_factor,
            count_z,
            funnel,
            all_pairs_until: ALL_PAIRS,
            unit_log10: unit.decades,
            unit_factor: unit.factor,
            change_share,
            change_at_least,
            total_share: ratio(true)?.0,
            change_scores,
            copied_of_large,
            copied_of_all,
            copied_of_all_above,
            copied_small_county,
            bunching_width: bunching.window,
            bunching_p: bunching.p,
            bunching_ratio: bunching.ratio,
        })
    }
}

/// How much is simulated.
pub struct Study {
    pub seed: u64,
    /// The share of figures made wrong.
    pub wrong_share: f64,
    /// Schools of a province.
    pub province: usize,
    /// Schools simulated for each figure, and the least and most counties.
    pub schools: usize,
    pub fewest: usize,
    pub most: usize,
}

impl Study {
    /// How many counties of so many schools, or provinces.
    pub fn counties(&self, schools: usize) -> usize {
        let fewest = if schools >= self.province {
            self.fewest / 3
        } else {
            self.fewest
        };
        (self.schools / schools).clamp(fewest, self.most)
    }
}

const STUDY: Study = Study {
    seed: 20_170_419,
    wrong_share: 0.01,
    province: 6000,
    schools: 120_000,
    fewest: 300,
    most: 4000,
};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/quality-2017");
    let pipeline =
        junheng::pipeline::load(&folder).expect("the pipeline of the repository is right");
    let rules = Rules::declared(&pipeline).expect("it has a rule of every kind under study");
    let random = || Random::new(STUDY.seed);
    cross_section::clean(&rules, &STUDY, &mut random());
    cross_section::with_mistakes(&rules, &STUDY, &mut random());
    year_on_year::schools(&rules, &STUDY, &mut random());
    year_on_year::totals(&rules, &STUDY, &mut random());
    rows_and_limits::rows(&rules, &STUDY, &mut random());
    rows_and_limits::limits(&rules, &STUDY, &mut random());
}
