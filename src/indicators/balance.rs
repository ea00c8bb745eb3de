//! The spread of an indicator over a county's units: the student-weighted coefficient of variation and its kin.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Verdict;
use super::split::Units;
use super::unit::UnitValue;
use crate::dataset::Dataset;
use crate::formula::lower::at_most;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{BalanceRule, Role, SingleUnit};

/// What stands in the place of an indicator's id for the mean of a stage's coefficients.
pub const COMPOSITE: &str = "composite";

/// Mean, standard deviation and measures of spread of x with weights p.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Σ p·x / Σ p: the county's total over its students, not the mean of the schools' ratios.
    pub mean: f64,
    /// sqrt(Σ (p/Σp)·(x − mean)²), the population form.
    pub sd: f64,
    /// sd / mean; missing when the mean is zero.
    pub cv: Option<f64>,
    /// Population standard deviation of the schools' ratios over their plain mean: not the official figure.
    pub cv_unweighted: Option<f64>,
    /// Gini coefficient, weighted.
    pub gini: Option<f64>,
    /// Theil's T, weighted, with 0·ln 0 = 0.
    pub theil: Option<f64>,
}

/// The spread of values with their weights (students). `None` without values or weight.
///
/// Source of the formula: the method note 《县域义务教育校际均衡指标计算方法》 (S = sqrt(Σ (pᵢ/P_N)(xᵢ−X)²), CV = S/X) and its
/// worked example, 0.5152566299.
pub fn spread(points: &[(f64, f64)]) -> Option<Spread> {
    let total: f64 = points.iter().map(|(p, _)| p).sum();
    if points.is_empty() || total <= 0.0 {
        return None;
    }
    let mean = points.iter().map(|(p, x)| p * x).sum::<f64>() / total;
    let variance = points
        .iter()
        .map(|(p, x)| p / total * (x - mean) * (x - mean))
        .sum::<f64>();
    let sd = variance.sqrt();
    let count = points.len() as f64;
    let plain_mean = points.iter().map(|(_, x)| x).sum::<f64>() / count;
    let plain_sd = (points
        .iter()
        .map(|(_, x)| (x - plain_mean) * (x - plain_mean))
        .sum::<f64>()
        / count)
        .sqrt();
    let positive = |m: f64| m > 0.0;
    Some(Spread {
        mean,
        sd,
        cv: positive(mean).then(|| sd / mean),
        cv_unweighted: positive(plain_mean).then(|| plain_sd / plain_mean),
        gini: positive(mean).then(|| gini(points, total, mean)),
        theil: positive(mean).then(|| theil(points, total, mean)),
    })
}

/// Σᵢ Σⱼ wᵢ wⱼ |xᵢ − xⱼ| / (2·mean), by sorting.
fn gini(points: &[(f64, f64)], total: f64, mean: f64) -> f64 {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut weight_below = 0.0;
    let mut resource_below = 0.0;
    let mut sum = 0.0;
    for (p, x) in sorted {
        let w = p / total;
        sum += w * (x * weight_below - resource_below);
        weight_below += w;
        resource_below += w * x;
    }
    sum / mean
}

fn theil(points: &[(f64, f64)], total: f64, mean: f64) -> f64 {
    points
        .iter()
        .filter(|(_, x)| *x > 0.0)
        .map(|(p, x)| p / total * (x / mean) * (x / mean).ln())
        .sum()
}

/// The balance of one indicator in one stage of one county.
#[derive(Debug, Clone)]
pub struct Balance {
    pub county_code: String,
    pub stage: usize,
    pub indicator: usize,
    /// Units that count, and those of them without a value.
    pub units: usize,
    pub units_missing: usize,
    /// Units of which it is open whether they count.
    pub units_uncertain: usize,
    pub students: f64,
    /// Over all units that count; missing when one of them has no value.
    pub spread: Option<Spread>,
    /// Over the units that have a value: provisional while some are missing.
    pub provisional: Option<Spread>,
    /// The official figure: missing while a value is, and with one unit only, where it says nothing.
    pub cv: Option<f64>,
    pub limit: Option<f64>,
    pub verdict: Option<Verdict>,
}

/// The balance of every indicator, by county, stage and indicator.
pub fn balances(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    values: &[UnitValue],
) -> Vec<Balance> {
    let Some(table) = pipeline.table("school") else {
        return Vec::new();
    };
    let rows = &dataset.tables[table].rows;
    let county_of = |value: &UnitValue| rows[units.list[value.unit()].school].county_code.as_str();
    let of_county = |values: &[UnitValue]| -> Vec<Balance> {
        let mut groups: BTreeMap<(usize, usize), Vec<&UnitValue>> = BTreeMap::new();
        for value in values {
            let stage = units.list[value.unit()].stage;
            let own = groups.entry((stage, value.indicator())).or_default();
            own.push(value);
        }
        let county = county_of(&values[0]);
        let of_group = |((stage, indicator), list): ((usize, usize), Vec<&UnitValue>)| {
            let uncertain = list.iter().filter(|v| units.list[v.unit()].uncertain);
            let uncertain = uncertain.count();
            balance(pipeline, county, stage, indicator, &list, uncertain)
        };
        groups.into_iter().map(of_group).collect()
    };
    // Units are sorted by county, as schools are.
    let counties = values.par_chunk_by(|a, b| county_of(a) == county_of(b));
    counties.flat_map_iter(of_county).collect()
}

/// The balance of one indicator from the values of the units that count, `uncertain` of which may not.
pub fn balance(
    pipeline: &Pipeline,
    county: &str,
    stage: usize,
    indicator: usize,
    values: &[&UnitValue],
    uncertain: usize,
) -> Balance {
    let points: Vec<(f64, f64)> = values
        .iter()
        .filter_map(|v| Some((v.denominator()?, v.value()?)))
        .collect();
    let missing = values.len() - points.len();
    let provisional = spread(&points);
    let complete = provisional.filter(|_| missing == 0);
    let single = values.len() == 1;
    let cv = complete.and_then(|s| s.cv).filter(|_| !single);
    let standard = pipeline.indicators[indicator].role == Role::Standard;
    let limit = pipeline
        .balance_limit(stage)
        .filter(|_| standard && pipeline.settings.balance_rule == BalanceRule::Each)
        .map(|l| l.value);
    let verdict = limit.map(|limit| match (complete, cv) {
        (None, _) => Verdict::Incomplete,
        _ if uncertain > 0 => Verdict::Incomplete,
        (Some(_), None) if single => match pipeline.settings.single_unit_balance {
            SingleUnit::Met => Verdict::Met,
            SingleUnit::Incomplete => Verdict::Incomplete,
        },
        // All units have none of it: there is no mean to compare with.
        (Some(_), None) => Verdict::Incomplete,
        (Some(_), Some(cv)) if at_most(cv, limit) => Verdict::Met,
        _ => Verdict::NotMet,
    });
    Balance {
        county_code: county.to_string(),
        stage,
        indicator,
        units: values.len(),
        units_missing: missing,
        units_uncertain: uncertain,
        students: points.iter().map(|(p, _)| p).sum(),
        spread: complete,
        provisional,
        cv,
        limit,
        verdict,
    }
}

/// The balances of one county.
pub fn of_county<'a>(balances: &'a [Balance], county: &str) -> &'a [Balance] {
    super::run_of(balances, |b| b.county_code.as_str().cmp(county))
}

/// The mean of unrounded coefficients of variation; missing when one is.
///
/// Source: 教督〔2012〕3号 as worked in the method note, "八项单项综合差异系数的平均值".
pub fn composite(cvs: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let mut sum = 0.0;
    let mut count = 0;
    for cv in cvs {
        sum += cv?;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// The composite coefficient of variation of one stage of one county.
#[derive(Debug, Clone)]
pub struct Composite {
    pub county_code: String,
    pub stage: usize,
    pub units: usize,
    /// Most units that one standard indicator lacks.
    pub units_missing: usize,
    /// Standard indicators without a coefficient of variation.
    pub missing: Vec<usize>,
    pub cv: Option<f64>,
    pub limit: f64,
    pub verdict: Verdict,
}

/// The composites of all counties, where the standard judges by them. `balances` stand by county, stage, indicator.
pub fn composites(pipeline: &Pipeline, balances: &[Balance]) -> Vec<Composite> {
    if pipeline.settings.balance_rule != BalanceRule::Composite {
        return Vec::new();
    }
    let mut out = Vec::new();
    for group in balances.chunk_by(|a, b| a.county_code == b.county_code && a.stage == b.stage) {
        let first = &group[0];
        let Some(limit) = pipeline.balance_limit(first.stage) else {
            continue;
        };
        let standard: Vec<&Balance> = group
            .iter()
            .filter(|b| pipeline.indicators[b.indicator].role == Role::Standard)
            .collect();
        let cv = composite(standard.iter().map(|b| b.cv));
        let open: Vec<usize> = standard
            .iter()
            .filter(|b| b.cv.is_none())
            .map(|b| b.indicator)
            .collect();
        let single = first.units == 1 && standard.iter().all(|b| b.spread.is_some());
        let uncertain = standard.iter().any(|b| b.units_uncertain > 0);
        let verdict = match cv {
            _ if uncertain => Verdict::Incomplete,
            Some(cv) if at_most(cv, limit.value) => Verdict::Met,
            Some(_) => Verdict::NotMet,
            None if single && pipeline.settings.single_unit_balance == SingleUnit::Met => {
                Verdict::Met
            }
            None => Verdict::Incomplete,
        };
        out.push(Composite {
            county_code: first.county_code.clone(),
            stage: first.stage,
            units: first.units,
            units_missing: standard.iter().map(|b| b.units_missing).max().unwrap_or(0),
            missing: if single { Vec::new() } else { open },
            cv,
            limit: limit.value,
            verdict,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the method note: students and books of five schools.
    const FIVE: [(f64, f64); 5] = [
        (45.0, 279.0),
        (37.0, 137.0),
        (89.0, 935.0),
        (76.0, 160.0),
        (55.0, 402.0),
    ];

    #[test]
    fn the_worked_example_to_ten_digits() {
        let points: Vec<(f64, f64)> = FIVE.iter().map(|(p, n)| (*p, n / p)).collect();
        let s = spread(&points).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-10, "{a} {b}");
        near(s.mean, 6.3344370861);
        assert!((s.sd * s.sd - 10.6527867029).abs() < 1e-9);
        near(s.cv.unwrap(), 0.5152566299);
        near(s.cv_unweighted.unwrap(), 0.4887706816);
        near(s.gini.unwrap(), 0.2883771892);
        near(s.theil.unwrap(), 0.1436295548);
    }

    #[test]
    fn unweighted_measures_on_equal_weights() {
        let points: Vec<(f64, f64)> = FIVE.iter().map(|(p, n)| (1.0, n / p)).collect();
        let s = spread(&points).unwrap();
        assert!((s.gini.unwrap() - 0.2737125093).abs() < 1e-10);
        assert!((s.theil.unwrap() - 0.1245757036).abs() < 1e-10);
        assert_eq!(s.cv, s.cv_unweighted);
    }

    #[test]
    fn zeros_count_and_an_empty_county_has_no_spread() {
        let with_zero = spread(&[(1.0, 0.0), (1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]).unwrap();
        assert!((with_zero.theil.unwrap() - 0.374890).abs() < 1e-6);
        assert!(
            with_zero.cv.unwrap()
                > spread(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)])
                    .unwrap()
                    .cv
                    .unwrap()
        );
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[(10.0, 0.0), (5.0, 0.0)]).unwrap().cv, None);
    }
}
