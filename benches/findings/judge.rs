//! The rules under study, applied to a county: which figures each flags.

use crate::Rules;
use crate::generate::{COUNTS, INDICATORS, School};
use crate::statistics::{
    Funnel, HidiroglouBerthelotSettings, SizeResiduals, funnel, hidiroglou_berthelot, modified_z,
    size_residuals, unit_change, unit_misfit,
};

/// One for each school and indicator.
pub type Flags = Vec<[bool; INDICATORS]>;

/// The indicator of all schools.
pub fn column(schools: &[School], indicator: usize) -> Vec<f64> {
    schools.iter().map(|s| s.values[indicator]).collect()
}

pub fn pupils(schools: &[School]) -> Vec<f64> {
    schools.iter().map(|s| s.pupils).collect()
}

/// A county measured against itself: what all cross-section rules look at.
pub struct Measured {
    pub schools: usize,
    ratios: Vec<Vec<f64>>,
    residuals: Vec<SizeResiduals>,
    funnels: Vec<Funnel>,
}

pub fn measure(rules: &Rules, schools: &[School]) -> Measured {
    let sizes = pupils(schools);
    let each = |i: usize| column(schools, i);
    let ratio = |i: usize| {
        let per_pupil: Vec<f64> = each(i).iter().zip(&sizes).map(|(v, p)| v / p).collect();
        modified_z(&per_pupil)
    };
    Measured {
        schools: schools.len(),
        ratios: (0..INDICATORS).map(ratio).collect(),
        residuals: (0..INDICATORS)
            .map(|i| size_residuals(&sizes, &each(i), rules.all_pairs_until))
            .collect(),
        funnels: (0..COUNTS)
            .map(|i| funnel(&sizes, &each(i), rules.funnel))
            .collect(),
    }
}

fn flags_where(schools: usize, flagged: impl Fn(usize, usize) -> bool) -> Flags {
    (0..schools)
        .map(|s| std::array::from_fn(|i| flagged(s, i)))
        .collect()
}

/// The textbook rule: modified z of value per pupil.
pub fn raw_ratio(measured: &Measured, limit: f64) -> Flags {
    flags_where(measured.schools, |s, i| measured.ratios[i][s].abs() > limit)
}

/// Modified z of the residual about the line in size, all indicators.
pub fn residual_alone(measured: &Measured, limit: f64) -> Flags {
    flags_where(measured.schools, |s, i| {
        measured.residuals[i].units[s].is_some_and(|u| u.z.abs() > limit)
    })
}

/// The funnel, counts only.
pub fn funnel_alone(measured: &Measured, limit: f64) -> Flags {
    flags_where(measured.schools, |s, i| {
        i < COUNTS && in_funnel(measured, s, i, limit)
    })
}

fn in_funnel(measured: &Measured, s: usize, i: usize, limit: f64) -> bool {
    measured.funnels[i].units[s].is_some_and(|u| u.z.abs() > limit)
}

/// Counts by the funnel, measures by residual and factor.
pub fn recommended(rules: &Rules, measured: &Measured) -> Flags {
    flags_where(measured.schools, |s, i| {
        if i < COUNTS {
            return in_funnel(measured, s, i, rules.count_z);
        }
        measured.residuals[i].units[s]
            .is_some_and(|u| u.z.abs() > rules.continuous_z && u.factor > rules.continuous_factor)
    })
}

/// A wrong unit of measurement: against last year, and against the fit. A count that is too small for the fit is not taken: 1
/// where 12 are expected is ordinary among small counts.
pub fn unit_errors(rules: &Rules, measured: &Measured, now: &[School], last: &[School]) -> Flags {
    flags_where(measured.schools, |s, i| {
        let value = now[s].values[i];
        let misfit = if i < COUNTS {
            measured.funnels[i].units[s]
                .and_then(|u| unit_misfit(u.expected, value, rules.unit_factor))
                .filter(|error| error.log10 > 0.0)
        } else {
            measured.residuals[i].units[s]
                .and_then(|u| unit_misfit(u.fitted, value, rules.unit_factor))
        };
        misfit.is_some() || unit_change(last[s].values[i], value, rules.unit_log10).is_some()
    })
}

/// Flagged by one or the other.
pub fn either(a: &Flags, b: &Flags) -> Flags {
    flags_where(a.len(), |s, i| a[s][i] || b[s][i])
}

/// A change since last year of at least this share, and of at least so much.
pub fn changed_by(now: f64, last: f64, share: f64, at_least: f64) -> bool {
    let change = (now - last).abs();
    last > 0.0 && change >= share * last && change >= at_least
}

pub fn year_on_year(now: &[School], last: &[School], share: f64, at_least: f64) -> Flags {
    flags_where(now.len(), |s, i| {
        changed_by(now[s].values[i], last[s].values[i], share, at_least)
    })
}

/// Hidiroglou and Berthelot with another C than the rules'.
pub fn change_scores(rules: &Rules, now: &[School], last: &[School], c: f64) -> Flags {
    let settings = HidiroglouBerthelotSettings {
        c,
        ..rules.change_scores
    };
    let results: Vec<_> = (0..INDICATORS)
        .map(|i| hidiroglou_berthelot(&column(last, i), &column(now, i), settings))
        .collect();
    flags_where(now.len(), |s, i| {
        results[i].units[s].is_some_and(|u| u.flagged)
    })
}

/// The indicators whose total over the county changed by at least this share.
pub fn totals_changed(now: &[School], last: &[School], share: f64) -> [bool; INDICATORS] {
    std::array::from_fn(|i| {
        let total = |schools: &[School]| column(schools, i).iter().sum::<f64>();
        changed_by(total(now), total(last), share, 0.0)
    })
}
