//! Satisfaction estimated from weighted answers that came school by school: its standard error by Taylor linearisation, its
//! intervals, and whether schools differ less than chance allows.
//!
//! Schools are the first stage of sampling; what happened within them needs no model. Intervals of plain counts stand in
//! `intervals.rs`; how answers are read and who counts as satisfied does not belong here.

use super::intervals::{
    Interval, Method, chi_square_below, share_interval, t_quantile, wilson_with,
};

/// A variance below this part of p(1−p) is the rounding of a zero.
const ROUNDING: f64 = 1e-24;

/// The answers of one school, the primary sampling unit. Only sums over its answers are needed: w is an answer's weight, y is 1
/// for satisfied and 0 otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cluster {
    /// Index of its stratum in the list of strata.
    pub stratum: usize,
    /// Σ w y.
    pub satisfied: f64,
    /// Σ w.
    pub weight: f64,
    /// Σ w².
    pub weight_squares: f64,
    /// Number of valid answers, each counted once.
    pub answers: f64,
    /// Number of satisfied answers, each counted once.
    pub hits: f64,
}

impl Cluster {
    /// A school whose answers all count alike.
    pub fn unweighted(stratum: usize, hits: f64, answers: f64) -> Cluster {
        Cluster {
            stratum,
            satisfied: hits,
            weight: answers,
            weight_squares: answers,
            answers,
            hits,
        }
    }
}

/// One stratum of schools, for instance all rural primary schools of a county.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// Number of schools in the population of the stratum, for the finite population correction 1 − n_h/N_h of the schools.
    /// `None` makes no correction, which is cautious.
    pub schools_in_population: Option<f64>,
}

/// A share with its precision under the design.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    /// Weighted share of the satisfied, as a fraction of 1: Σ w y / Σ w.
    pub rate: f64,
    /// Linearised standard error of the rate, as a fraction of 1.
    pub standard_error: f64,
    /// Degrees of freedom: schools − strata, at least 1.
    pub degrees: f64,
    /// Number of valid answers n.
    pub answers: f64,
    /// Answers of a simple random sample with the same variance: p(1−p)/Var. Equal to `answers` when the rate is 0 or 1 or the
    /// variance is 0 (equal schools, or all schools of the population), where the data say nothing about the design.
    pub effective: f64,
    /// Design effect Var/(p(1−p)/n): n rather than n − 1, any finite population correction in Var but not below. 1 where
    /// `effective` is set to `answers`.
    pub effect: f64,
    /// The part of the design effect that unequal weights alone explain: nΣw²/(Σw)², at least 1. Source: Kish 1965.
    pub weighting_effect: f64,
}

/// How the 95% interval of a [`Design`] is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DesignInterval {
    /// Wilson's interval with the effective number of answers and Student's t in place of z. Source: R survey 4.5, `svyciprop`
    /// with method "wilson".
    Wilson,
    /// Symmetric on the log-odds scale: logit p ± t·se/(p(1−p)). Source: R survey, `svyciprop` with method "logit".
    Logit,
    /// Clopper-Pearson with the effective number of answers times (t of n−1 / t of the degrees)². Source: Korn and Graubard 1998;
    /// R survey, `svyciprop` with method "beta".
    Beta,
}

/// The weighted share of the satisfied over all schools and its precision, by Taylor linearisation of the ratio Σ w y / Σ w with
/// the school as the sampling unit: Z_i = (Σ w y − p Σ w)/W, Var = Σ_h (1−f_h)·n_h/(n_h−1)·Σ_i (Z_hi − Z̄_h)². A school without
/// answers in the group at hand may be given with zeros, and counts as a sampled school.
///
/// `None` when nothing has weight, when a stratum has fewer than two schools or more than its population has, when a school names
/// a stratum that is not in the list, or when a school's sums contradict each other (negative, or more satisfied than all).
///
/// Source: Cochran 1977; R survey, `svymean` and `svyratio`.
pub fn design(clusters: &[Cluster], strata: &[Stratum]) -> Option<Design> {
    if !clusters.iter().all(is_sound) {
        return None;
    }
    let total = |part: fn(&Cluster) -> f64| clusters.iter().map(part).sum::<f64>();
    let weight = total(|c| c.weight);
    let answers = total(|c| c.answers);
    if weight <= 0.0 || answers <= 0.0 {
        return None;
    }
    let rate = (total(|c| c.satisfied) / weight).min(1.0);

    let mut sampled = vec![0.0; strata.len()];
    let mut sums = vec![0.0; strata.len()];
    for cluster in clusters {
        *sampled.get_mut(cluster.stratum)? += 1.0;
        sums[cluster.stratum] += linearised(cluster, rate, weight);
    }
    let mut squares = vec![0.0; strata.len()];
    for cluster in clusters {
        let mean = sums[cluster.stratum] / sampled[cluster.stratum];
        squares[cluster.stratum] += (linearised(cluster, rate, weight) - mean).powi(2);
    }
    let mut variance = 0.0;
    for ((stratum, n), square) in strata.iter().zip(&sampled).zip(&squares) {
        if *n < 2.0 {
            return None;
        }
        let left = match stratum.schools_in_population {
            Some(all) if all >= *n => 1.0 - n / all,
            Some(_) => return None,
            None => 1.0,
        };
        variance += left * n / (n - 1.0) * square;
    }

    let binomial = rate * (1.0 - rate);
    let (effective, effect) = if variance > ROUNDING * binomial && binomial > 0.0 {
        (binomial / variance, variance / (binomial / answers))
    } else {
        variance = 0.0;
        (answers, 1.0)
    };
    Some(Design {
        rate,
        standard_error: variance.sqrt(),
        degrees: sampled.iter().map(|n| n - 1.0).sum(),
        answers,
        effective,
        effect,
        weighting_effect: answers * total(|c| c.weight_squares) / (weight * weight),
    })
}

/// The 95% two-sided interval of a design's rate, as fractions of 1. At rates of 0 and 1, and without variance, it rests on the
/// number of answers as if they were a simple random sample; the logit has no interval at 0 and 1. `None` there, with less than
/// one degree of freedom, and for `Beta` with fewer than two answers.
///
/// Python's svy 0.35 differs in "wilson": it adjusts for the degrees of freedom twice.
pub fn design_interval(method: DesignInterval, design: &Design) -> Option<Interval> {
    let p = design.rate;
    let t = t_quantile(design.degrees);
    let usable = t.is_finite() && design.effective > 0.0;
    if !usable {
        return None;
    }
    match method {
        DesignInterval::Wilson => wilson_with(p, design.effective, t),
        DesignInterval::Logit => {
            let binomial = p * (1.0 - p);
            if binomial.is_nan() || binomial <= 0.0 {
                return None;
            }
            let centre = (p / (1.0 - p)).ln();
            // sqrt(p(1−p)/n_eff)/(p(1−p)): the standard error over p(1−p) wherever there is a variance.
            let half = t / (binomial * design.effective).sqrt();
            let share = |logit: f64| 1.0 / (1.0 + (-logit).exp());
            Some(Interval {
                low: share(centre - half),
                high: share(centre + half),
            })
        }
        DesignInterval::Beta => {
            let of_answers = t_quantile(design.answers - 1.0);
            if !of_answers.is_finite() {
                return None;
            }
            let n = design.effective * (of_answers / t).powi(2);
            share_interval(Method::ClopperPearson, p, n)
        }
    }
}

/// The probability that chance alone would make the satisfied shares of schools differ at most as much as they do (0 to 1): the
/// lower tail of Σ n_i(p_i−p)²/(p(1−p)) under chi-square with schools − 1 degrees of freedom, each answer counted once. Very
/// small (0.001) means more alike than independent answers can be: worth a question about who filled them in. Large is
/// ordinary, since pupils of one school resemble each other. Schools without answers are left out.
///
/// The approximation wants about five satisfied and five other answers expected in each school. `None` with fewer than two
/// schools, or when all or none are satisfied.
///
/// Source: Pearson 1900, homogeneity of binomial shares.
pub fn spread_probability(clusters: &[Cluster]) -> Option<f64> {
    if !clusters.iter().all(is_sound) {
        return None;
    }
    let answered = || clusters.iter().filter(|c| c.answers > 0.0);
    let schools = answered().count();
    let answers: f64 = answered().map(|c| c.answers).sum();
    let hits: f64 = answered().map(|c| c.hits).sum();
    if schools < 2 || hits <= 0.0 || hits >= answers {
        return None;
    }
    let p = hits / answers;
    let spread: f64 = answered()
        .map(|c| c.answers * (c.hits / c.answers - p).powi(2))
        .sum();
    chi_square_below(spread / (p * (1.0 - p)), (schools - 1) as f64)
}

/// The school's share in the error of the rate: Z_i = (Σ w y − p Σ w)/W.
fn linearised(cluster: &Cluster, rate: f64, weight: f64) -> f64 {
    (cluster.satisfied - rate * cluster.weight) / weight
}

/// The sums are finite and not negative, and the satisfied are not more than all, but for the rounding of weights.
fn is_sound(cluster: &Cluster) -> bool {
    [
        cluster.satisfied,
        cluster.weight,
        cluster.weight_squares,
        cluster.answers,
        cluster.hits,
    ]
    .iter()
    .all(|sum| sum.is_finite() && *sum >= 0.0)
        && cluster.satisfied <= cluster.weight * (1.0 + 1e-9)
        && cluster.hits <= cluster.answers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten schools: stratum, weight of each answer, answers, satisfied. Sums of `survey_design_fixture.csv` (113 rows).
    const SCHOOLS: [(usize, f64, u32, u32); 10] = [
        (0, 3.0, 12, 10),
        (0, 3.3, 13, 12),
        (0, 3.0, 14, 13),
        (0, 3.3, 12, 9),
        (0, 3.0, 13, 13),
        (0, 3.3, 14, 12),
        (1, 1.5, 8, 8),
        (1, 1.65, 9, 8),
        (1, 1.5, 10, 10),
        (1, 1.65, 8, 8),
    ];
    const UNLIMITED: [Stratum; 2] = [Stratum {
        schools_in_population: None,
    }; 2];
    const OF_40_AND_20: [Stratum; 2] = [
        Stratum {
            schools_in_population: Some(40.0),
        },
        Stratum {
            schools_in_population: Some(20.0),
        },
    ];

    fn school(stratum: usize, weight: f64, answers: u32, hits: u32) -> Cluster {
        let (answers, hits) = (f64::from(answers), f64::from(hits));
        Cluster {
            stratum,
            satisfied: weight * hits,
            weight: weight * answers,
            weight_squares: weight * weight * answers,
            answers,
            hits,
        }
    }

    fn fixture() -> Vec<Cluster> {
        SCHOOLS
            .iter()
            .map(|(stratum, weight, answers, hits)| school(*stratum, *weight, *answers, *hits))
            .collect()
    }

    fn plain(schools: &[(u32, u32)]) -> Vec<Cluster> {
        schools
            .iter()
            .map(|(answers, hits)| school(0, 1.0, *answers, *hits))
            .collect()
    }

    fn assert_interval(found: Option<Interval>, low: f64, high: f64) {
        let found = found.unwrap();
        assert!((found.low - low).abs() < 5.001e-7, "{found:?}");
        assert!((found.high - high).abs() < 5.001e-7, "{found:?}");
    }

    #[test]
    fn ten_schools_in_two_strata_as_r_survey_has_them() {
        let found = design(&fixture(), &UNLIMITED).unwrap();
        assert!((found.rate - 0.898_753_12).abs() < 5e-9, "{found:?}");
        assert!(
            (found.standard_error - 0.028_578_08).abs() < 5e-9,
            "{found:?}"
        );
        assert_eq!((found.degrees, found.answers), (8.0, 113.0));
        assert!((found.effective - 111.418_12).abs() < 5e-6, "{found:?}");
        assert!((found.effect * found.effective - 113.0).abs() < 1e-9);
        assert!((found.weighting_effect - 1.0775).abs() < 5e-5, "{found:?}");
        assert_interval(
            design_interval(DesignInterval::Logit, &found),
            0.811414,
            0.948224,
        );
        assert_interval(
            design_interval(DesignInterval::Beta, &found),
            0.812413,
            0.954364,
        );
        assert_interval(
            design_interval(DesignInterval::Wilson, &found),
            0.813693,
            0.947485,
        );
    }

    #[test]
    fn the_number_of_schools_in_the_population_narrows_it() {
        let found = design(&fixture(), &OF_40_AND_20).unwrap();
        assert!(
            (found.standard_error - 0.026_323_32).abs() < 5e-9,
            "{found:?}"
        );
        assert_interval(
            design_interval(DesignInterval::Wilson, &found),
            0.821736,
            0.944734,
        );
    }

    #[test]
    fn two_schools_by_hand() {
        // p = 0.7, Z = ±0.1·10/20 = ±0.05, Var = 2/1·2·0.0025 = 0.01, n_eff = 0.21/0.01 = 21, deff = 20/21.
        let one = [UNLIMITED[0]];
        let found = design(&plain(&[(10, 8), (10, 6)]), &one).unwrap();
        assert!((found.rate - 0.7).abs() < 1e-12);
        assert!((found.standard_error - 0.1).abs() < 1e-12);
        assert!((found.effective - 21.0).abs() < 1e-9);
        assert!((found.effect - 20.0 / 21.0).abs() < 1e-9);
        assert!((found.weighting_effect - 1.0).abs() < 1e-12);
        assert_eq!(found.degrees, 1.0);
        // Half of four schools: Var is halved.
        let four = [Stratum {
            schools_in_population: Some(4.0),
        }];
        let found = design(&plain(&[(10, 8), (10, 6)]), &four).unwrap();
        assert!((found.standard_error - 0.005_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn no_estimate_where_the_design_does_not_allow_one() {
        let one = [UNLIMITED[0]];
        let pair = plain(&[(10, 8), (10, 6)]);
        assert_eq!(design(&[], &[]), None);
        assert_eq!(design(&pair[..1], &one), None);
        assert_eq!(design(&pair, &UNLIMITED), None, "an empty stratum");
        assert_eq!(design(&pair, &[]), None, "an unknown stratum");
        assert_eq!(design(&plain(&[(0, 0), (0, 0)]), &one), None);
        let too_few = [Stratum {
            schools_in_population: Some(1.0),
        }];
        assert_eq!(design(&pair, &too_few), None);
        assert_eq!(design(&plain(&[(10, 11), (10, 6)]), &one), None);
        let mut broken = pair.clone();
        broken[0].weight = f64::NAN;
        assert_eq!(design(&broken, &one), None);
    }

    #[test]
    fn without_variance_the_answers_are_taken_as_a_simple_random_sample() {
        let one = [UNLIMITED[0]];
        for (hits, logit_exists) in [(0, false), (10, false), (7, true)] {
            let schools = plain(&[(10, hits), (10, hits), (10, hits)]);
            let found = design(&schools, &one).unwrap();
            assert_eq!(found.standard_error, 0.0);
            assert_eq!((found.effective, found.effect), (30.0, 1.0));
            for method in [DesignInterval::Wilson, DesignInterval::Beta] {
                let interval = design_interval(method, &found).unwrap();
                assert!(interval.low <= found.rate && found.rate <= interval.high);
                assert!(interval.high - interval.low > 0.05, "{interval:?}");
            }
            let logit = design_interval(DesignInterval::Logit, &found);
            assert_eq!(logit.is_some(), logit_exists);
        }
        // All schools of the population were asked.
        let two = [Stratum {
            schools_in_population: Some(2.0),
        }];
        let found = design(&plain(&[(10, 8), (10, 6)]), &two).unwrap();
        assert_eq!((found.standard_error, found.effective), (0.0, 20.0));
    }

    #[test]
    fn schools_that_are_too_much_alike() {
        // Three schools of 20: p = 0.75, Σ 20(p_i−p)² = 0.9, 0.9/0.1875 = 4.8, 2 degrees: 1 − exp(−2.4).
        let found = spread_probability(&plain(&[(20, 12), (20, 15), (20, 18)])).unwrap();
        assert!((found - (1.0 - (-2.4_f64).exp())).abs() < 1e-12, "{found}");
        // Two of 10, 4 and 6 satisfied: 0.8, 1 degree: erf(sqrt(0.4)).
        let found = spread_probability(&plain(&[(10, 4), (10, 6)])).unwrap();
        assert!((found - 0.628_906_630_477_302_4).abs() < 1e-9, "{found}");
        // Eleven schools, 10 degrees: 180 of 200 in all but two, with 181 and 179: 0.01/0.09 = 1/9.
        let mut schools = vec![(200, 180); 9];
        schools.extend([(200, 181), (200, 179)]);
        let found = spread_probability(&plain(&schools)).unwrap();
        // The series of the lower tail, e^(−x)·Σ x^k/k! from k = 5 with x = 1/18.
        let x = 1.0_f64 / 18.0;
        let tail: f64 = [120.0, 720.0, 5040.0, 40320.0]
            .iter()
            .zip(5..)
            .map(|(factorial, k)| x.powi(k) / factorial)
            .sum();
        let expected = (-x).exp() * tail;
        assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
        assert_eq!(
            spread_probability(&plain(&[(20, 15), (20, 15)])),
            Some(0.0),
            "equal schools"
        );
        assert_eq!(spread_probability(&plain(&[(20, 15), (0, 0)])), None);
        assert_eq!(spread_probability(&plain(&[(20, 20), (20, 20)])), None);
        assert_eq!(spread_probability(&plain(&[(20, 0), (20, 0)])), None);
    }
}
