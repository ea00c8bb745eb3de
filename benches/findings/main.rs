//! How often the comparing checks speak without reason, and what they find: `cargo bench --bench findings`.
//!
//! Invented counties, clean and with 1% of the figures wrong, judged by the very functions that the checks use. The figures of
//! the study that chose the defaults stand beside in brackets. Deterministic: the same seed prints the same tables.

use junheng::checks::statistics;

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

/// The thresholds under study: what a pipeline declares.
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

const RULES: Rules = Rules {
    continuous_z: 4.0,
    continuous_factor: 2.0,
    count_z: 4.0,
    funnel: FunnelSettings {
        winsor_share: 0.1,
        phi_divisor: 0.7,
    },
    all_pairs_until: 1000,
    unit_log10: 2.5,
    unit_factor: 10.0,
    change_share: 0.3,
    change_at_least: 5.0,
    total_share: 0.2,
    change_scores: HidiroglouBerthelotSettings {
        u: 0.5,
        a: 0.05,
        c: 20.0,
    },
    copied_of_large: 2,
    copied_of_all: 5,
    copied_of_all_above: 6,
    copied_small_county: 150,
    bunching_width: 0.05,
    bunching_p: 0.001,
    bunching_ratio: 2.0,
};

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
    let random = || Random::new(STUDY.seed);
    cross_section::clean(&RULES, &STUDY, &mut random());
    cross_section::with_mistakes(&RULES, &STUDY, &mut random());
    year_on_year::schools(&RULES, &STUDY, &mut random());
    year_on_year::totals(&RULES, &STUDY, &mut random());
    rows_and_limits::rows(&RULES, &STUDY, &mut random());
    rows_and_limits::limits(&RULES, &STUDY, &mut random());
}
