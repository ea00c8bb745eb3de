//! How far a rate from answers may lie from the truth: intervals of one share, of a difference and of a mean. The only file
//! that names statrs.
//!
//! Every answer counts alike here; weights, strata and schools as clusters stand in `design.rs`. What counts as satisfied, and
//! what an interval means for a verdict, does not belong here.

use statrs::distribution::{ChiSquared, ContinuousCDF, StudentsT};
use statrs::function::beta::checked_beta_reg;

/// The standard normal quantile of a two-sided 95% interval.
pub const Z95: f64 = 1.959_963_984_540_054;

/// The probability left out at each end of a two-sided 95% interval.
const TAIL: f64 = 0.025;

/// Above this many answers, which effective numbers easily reach, the methods agree to 2e-7, and the incomplete beta function of
/// statrs 0.19 stops too early to be right (at 1e9 the bounds would cross). Wilson stands in for the two that need it.
const LARGE: f64 = 1e7;

/// How the 95% interval of a share is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Inversion of the score test; the default. Source: Wilson 1927; Brown, Cai and DasGupta 2001.
    Wilson,
    /// The normal interval about a share with z²/2 satisfied and z²/2 other answers added, cut at 0 and 1. Never narrower than
    /// Wilson. Source: Agresti and Coull 1998.
    AgrestiCoull,
    /// Inversion of two binomial tests; covers at least 95%, often more. Source: Clopper and Pearson 1934.
    ClopperPearson,
    /// Quantiles of Beta(k + ½, n − k + ½). At no or only satisfied answers the bound stays off 0 and 1, as in statsmodels; Brown,
    /// Cai and DasGupta 2001 set it to 0 and 1 there.
    Jeffreys,
}

/// Lower and upper bound, in the unit of the estimate: fractions of 1 for shares and their differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower bound, never above `high`.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Interval {
    /// The same in percent.
    pub fn percent(self) -> Interval {
        Interval {
            low: self.low * 100.0,
            high: self.high * 100.0,
        }
    }
}

/// The 95% two-sided interval of a share, as fractions of 1. Counts need not be whole numbers: an effective number of answers
/// will do. `None` without answers, with more satisfied than valid answers, and with an infinite number of answers, of which
/// the share cannot be told (see [`share_interval`]). Above ten million answers all but Agresti-Coull give Wilson's interval.
///
/// Source: see [`Method`]; agrees with statsmodels `proportion_confint`.
pub fn interval(method: Method, satisfied: f64, valid: f64) -> Option<Interval> {
    if !valid.is_finite() || valid <= 0.0 || !(0.0..=valid).contains(&satisfied) {
        return None;
    }
    let other = valid - satisfied;
    match method {
        Method::ClopperPearson | Method::Jeffreys if valid > LARGE => {
            wilson_with(satisfied / valid, valid, Z95)
        }
        Method::Wilson => wilson_with(satisfied / valid, valid, Z95),
        Method::AgrestiCoull => {
            let added = Z95 * Z95;
            let answers = valid + added;
            let p = (satisfied + added / 2.0) / answers;
            let half = Z95 * (p * (1.0 - p) / answers).sqrt();
            Some(Interval {
                low: (p - half).max(0.0),
                high: (p + half).min(1.0),
            })
        }
        Method::ClopperPearson => Some(Interval {
            low: if satisfied > 0.0 {
                beta_quantile(satisfied, other + 1.0, TAIL)?
            } else {
                0.0
            },
            high: if other > 0.0 {
                beta_quantile(satisfied + 1.0, other, 1.0 - TAIL)?
            } else {
                1.0
            },
        }),
        Method::Jeffreys => Some(Interval {
            low: beta_quantile(satisfied + 0.5, other + 0.5, TAIL)?,
            high: beta_quantile(satisfied + 0.5, other + 0.5, 1.0 - TAIL)?,
        }),
    }
}

/// The 95% interval of the share `p` (0 to 1) from `n` effective answers, as fractions of 1. With an infinite `n`, as [`finite`]
/// gives for a complete count, both bounds are `p`. `None` as in [`interval`].
pub fn share_interval(method: Method, p: f64, n: f64) -> Option<Interval> {
    if n == f64::INFINITY {
        return wilson_with(p, n, Z95);
    }
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    interval(method, p * n, n)
}

/// Wilson's interval of the share `p` (0 to 1) from `n` answers, as fractions of 1, with a quantile of one's own: [`Z95`], a
/// one-sided one, or Student's t. With an infinite `n` both bounds are `p`. `None` without answers, with `p` outside 0 to 1, or
/// with a negative or infinite quantile.
///
/// Source: Wilson 1927; centre (p + z²/2n)/(1 + z²/n), half width z·sqrt(p(1−p)/n + z²/4n²)/(1 + z²/n).
pub fn wilson_with(p: f64, n: f64, quantile: f64) -> Option<Interval> {
    let quantile_is_usable = quantile.is_finite() && quantile >= 0.0;
    if n.is_nan() || n <= 0.0 || !(0.0..=1.0).contains(&p) || !quantile_is_usable {
        return None;
    }
    let part = quantile * quantile / n;
    let below = 1.0 + part;
    let centre = (p + part / 2.0) / below;
    let half = quantile * (p * (1.0 - p) / n + part / (4.0 * n)).sqrt() / below;
    // At p = 0 and p = 1 one bound is exactly p; rounding must not move it.
    Some(Interval {
        low: if p == 0.0 {
            0.0
        } else {
            (centre - half).max(0.0)
        },
        high: if p == 1.0 {
            1.0
        } else {
            (centre + half).min(1.0)
        },
    })
}

/// The effective number of answers when `valid` of a finite `population` answered: n(N−1)/(N−n), to be used in place of n.
/// `f64::INFINITY` when all of them answered. `None` without answers, or with more answers than people.
///
/// Source: finite population correction of simple random sampling without replacement, Cochran 1977.
pub fn finite(valid: f64, population: f64) -> Option<f64> {
    if !valid.is_finite() || valid <= 0.0 || population.is_nan() || population < valid {
        None
    } else if population == valid {
        Some(f64::INFINITY)
    } else if population == f64::INFINITY {
        Some(valid)
    } else {
        Some(valid * ((population - 1.0) / (population - valid)))
    }
}

/// The difference of two independent shares, a − b, and its 95% interval, as fractions of 1 (−1 to 1). Each side is (satisfied,
/// valid), for instance this year and last year. `None` when one of them has no interval.
///
/// Source: Newcombe 1998, method 10 (hybrid score, without continuity correction); statsmodels `confint_proportions_2indep`
/// with method "newcomb".
pub fn newcombe(a: (f64, f64), b: (f64, f64)) -> Option<(f64, Interval)> {
    let of_a = interval(Method::Wilson, a.0, a.1)?;
    let of_b = interval(Method::Wilson, b.0, b.1)?;
    let (p, q) = (a.0 / a.1, b.0 / b.1);
    let difference = p - q;
    Some((
        difference,
        Interval {
            low: difference - (p - of_a.low).hypot(of_b.high - q),
            high: difference + (of_a.high - p).hypot(q - of_b.low),
        },
    ))
}

/// The share, as a fraction of 1, from which Wilson's lower bound with the quantile `z` reaches `limit` at `valid` answers.
/// Above 1 no answers are enough; `f64::INFINITY` without answers; `limit` itself with infinitely many.
///
/// Source: the score test solved for the share, p0 + z·sqrt(p0(1−p0)/n); Wilson 1927.
pub fn least_share(limit: f64, valid: f64, z: f64) -> f64 {
    if valid > 0.0 {
        limit + z * (limit * (1.0 - limit) / valid).sqrt()
    } else {
        f64::INFINITY
    }
}

/// The 95% interval of a mean, in the unit of the values, from their sum, the sum of their squares and their number:
/// mean ± t·s/√n with n − 1 degrees of freedom. Both bounds are the mean when all values are equal. `None` with fewer than two
/// values.
///
/// Source: Student 1908.
pub fn mean_interval(sum: f64, squares: f64, n: f64) -> Option<Interval> {
    let all_finite = sum.is_finite() && squares.is_finite() && n.is_finite();
    if !all_finite || n < 2.0 {
        return None;
    }
    let mean = sum / n;
    // Rounding may leave a little less than nothing.
    let variance = ((squares - sum * mean) / (n - 1.0)).max(0.0);
    let half = t_quantile(n - 1.0) * (variance / n).sqrt();
    Some(Interval {
        low: mean - half,
        high: mean + half,
    })
}

/// Student's t quantile of a two-sided 95% interval (probability 0.975) with `df` degrees of freedom, which need not be whole.
/// `f64::INFINITY` below one degree, where nothing can be said; [`Z95`] with infinitely many.
///
/// Source: Abramowitz and Stegun 1964, 26.7.5, above 1000 degrees (exact to 2e-12), where the inverse of statrs 0.19 loses
/// digits (7e-6 at 1e5 degrees) and may not come to an end.
pub fn t_quantile(df: f64) -> f64 {
    if df.is_nan() || df < 1.0 {
        return f64::INFINITY;
    }
    if df <= 1000.0 {
        return StudentsT::new(0.0, 1.0, df)
            .map_or(f64::INFINITY, |student| student.inverse_cdf(1.0 - TAIL));
    }
    let z = Z95;
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / df + second / df.powi(2) + third / df.powi(3)
}

/// The probability that a chi-square with `degrees` of freedom is at most `value`; `None` without degrees.
pub fn chi_square_below(value: f64, degrees: f64) -> Option<f64> {
    Some(ChiSquared::new(degrees).ok()?.cdf(value))
}

/// The probability that a chi-square with `degrees` of freedom is more than `value`; `None` without degrees.
pub fn chi_square_above(value: f64, degrees: f64) -> Option<f64> {
    Some(ChiSquared::new(degrees).ok()?.sf(value))
}

/// The probability of `k` or more successes in `n` trials with probability `p` each, for k of 1 to n.
pub fn binomial_at_least(k: u64, n: u64, p: f64) -> f64 {
    checked_beta_reg(k as f64, (n - k + 1) as f64, p).unwrap_or(0.0)
}

/// The point of the beta distribution with shapes `a` and `b` below which the probability is `probability`, by bisection down to
/// neighbouring numbers. The inverse of statrs 0.19 is quick, but does not end for some large counts (a = 9,999,990, b = 11) and
/// has only 6 digits right for others (a = 1, b = 600,000); its incomplete beta function is right to 1e-9 and better.
fn beta_quantile(a: f64, b: f64, probability: f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if checked_beta_reg(a, b, middle).ok()? < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a unit of the sixth printed digit.
    const PRINTED: f64 = 5.000_001e-7;

    fn assert_interval(found: Interval, low: f64, high: f64, within: f64, case: &str) {
        assert!((found.low - low).abs() < within, "{case}: {found:?}");
        assert!((found.high - high).abs() < within, "{case}: {found:?}");
    }

    #[test]
    fn four_methods_agree_with_statsmodels() {
        // statsmodels 0.15.0: k, n, then low and high of Wilson, Agresti-Coull, Clopper-Pearson, Jeffreys.
        #[rustfmt::skip]
        let table = [
            (64116.0, 74088.0, [(0.862927, 0.867842), (0.862927, 0.867842), (0.862925, 0.867853), (0.862932, 0.867847)]),
            (523.0, 600.0, [(0.842521, 0.896083), (0.842417, 0.896187), (0.842233, 0.897379), (0.843136, 0.896623)]),
            (528.0, 600.0, [(0.851551, 0.903614), (0.851440, 0.903725), (0.851278, 0.904912), (0.852185, 0.904161)]),
            (510.0, 600.0, [(0.819206, 0.876340), (0.819120, 0.876427), (0.818879, 0.877624), (0.819773, 0.876860)]),
            (85.0, 100.0, [(0.767164, 0.906940), (0.766019, 0.908086), (0.764692, 0.913546), (0.770469, 0.909630)]),
            (27.0, 30.0, [(0.743789, 0.965400), (0.735828, 0.973361), (0.734712, 0.978883), (0.756598, 0.971019)]),
            (30.0, 30.0, [(0.886487, 1.0), (0.865288, 1.0), (0.884297, 1.0), (0.920322, 0.999984)]),
            (0.0, 12.0, [(0.0, 0.242494), (0.0, 0.281985), (0.0, 0.264648), (0.000040, 0.185306)]),
            (9.0, 10.0, [(0.595850, 0.982124), (0.574032, 1.0), (0.554984, 0.997471), (0.618685, 0.988988)]),
        ];
        let methods = [
            Method::Wilson,
            Method::AgrestiCoull,
            Method::ClopperPearson,
            Method::Jeffreys,
        ];
        for (k, n, bounds) in table {
            for (method, (low, high)) in methods.into_iter().zip(bounds) {
                let case = format!("{k}/{n} {method:?}");
                let found = interval(method, k, n).unwrap();
                assert_interval(found, low, high, PRINTED, &case);
                let again = share_interval(method, k / n, n).unwrap();
                assert_interval(again, found.low, found.high, 1e-12, &case);
                let mirrored = interval(method, n - k, n).unwrap();
                assert_interval(mirrored, 1.0 - found.high, 1.0 - found.low, 1e-12, &case);
            }
        }
    }

    #[test]
    fn the_interval_of_a_real_survey() {
        let found = interval(Method::Wilson, 64116.0, 74088.0).unwrap();
        assert!((found.low * 100.0 - 86.2927).abs() < 5e-5, "{found:?}");
        assert!((found.high * 100.0 - 86.7842).abs() < 5e-5, "{found:?}");
    }

    #[test]
    fn without_answers_or_with_too_many_there_is_no_interval() {
        for method in [
            Method::Wilson,
            Method::AgrestiCoull,
            Method::ClopperPearson,
            Method::Jeffreys,
        ] {
            assert_eq!(interval(method, 0.0, 0.0), None);
            assert_eq!(interval(method, 3.0, 2.0), None);
            assert_eq!(interval(method, -1.0, 2.0), None);
            assert_eq!(interval(method, f64::NAN, 2.0), None);
            assert_eq!(interval(method, 1.0, f64::NAN), None);
            assert_eq!(interval(method, f64::INFINITY, f64::INFINITY), None);
            assert_eq!(share_interval(method, 1.1, 10.0), None);
            assert_eq!(share_interval(method, f64::NAN, 10.0), None);
            assert_eq!(share_interval(method, 0.5, 0.0), None);
        }
        assert_eq!(wilson_with(0.5, 0.0, Z95), None);
        assert_eq!(wilson_with(0.5, 10.0, f64::INFINITY), None);
        assert_eq!(wilson_with(0.5, 10.0, -1.0), None);
    }

    #[test]
    fn the_ends_are_exact() {
        let all = interval(Method::Wilson, 30.0, 30.0).unwrap();
        let none = interval(Method::Wilson, 0.0, 12.0).unwrap();
        assert_eq!((none.low, all.high), (0.0, 1.0));
        let all = interval(Method::ClopperPearson, 30.0, 30.0).unwrap();
        let none = interval(Method::ClopperPearson, 0.0, 12.0).unwrap();
        assert_eq!((none.low, all.high), (0.0, 1.0));
        // (α/2)^(1/n), and its mirror image.
        assert!((all.low - 0.025_f64.powf(1.0 / 30.0)).abs() < 1e-14);
        assert!((none.high - (1.0 - 0.025_f64.powf(1.0 / 12.0))).abs() < 1e-14);
    }

    #[test]
    fn large_counts_come_to_an_end_with_the_right_digits() {
        // 1 − (α/2)^(1/n) in closed form, where the inverse of statrs is off by 2e-12 of 6e-6.
        let n = 600_000.0;
        let high = interval(Method::ClopperPearson, 0.0, n).unwrap().high;
        let expected = -((0.025_f64.ln() / n).exp_m1());
        assert!((high - expected).abs() < 1e-16, "{high} {expected}");
        // Here the inverse of statrs does not end.
        let low = interval(Method::ClopperPearson, 9_999_990.0, 10_000_000.0)
            .unwrap()
            .low;
        assert!((low - 0.999_998_160_965_166_2).abs() < 1e-14, "{low}");
        // Far from the ends all methods meet.
        let wilson = interval(Method::Wilson, 8_654_000.0, 1e7).unwrap();
        let exact = interval(Method::ClopperPearson, 8_654_000.0, 1e7).unwrap();
        assert_interval(exact, wilson.low, wilson.high, 2e-7, "10 million");
        for method in [Method::ClopperPearson, Method::Jeffreys] {
            for (n, k) in [(1e7, 5e6), (1e7 + 1.0, 5e6), (1e9, 5e8), (1e14, 1.0)] {
                let wilson = interval(Method::Wilson, k, n).unwrap();
                let found = interval(method, k, n).unwrap();
                assert_interval(found, wilson.low, wilson.high, 2e-7, &format!("{k}/{n}"));
            }
        }
    }

    #[test]
    fn a_list_that_was_answered_in_part_or_in_full() {
        let n = finite(600.0, 3000.0).unwrap();
        assert!((n - 749.75).abs() < 1e-9, "{n}");
        let found = wilson_with(523.0 / 600.0, n, Z95).unwrap();
        assert_interval(found, 0.845818, 0.893727, PRINTED, "523 of 600 of 3000");
        assert_eq!(finite(600.0, f64::INFINITY), Some(600.0));
        assert_eq!(finite(600.0, 599.0), None);
        assert_eq!(finite(0.0, 10.0), None);
        let complete = finite(600.0, 600.0).unwrap();
        assert_eq!(complete, f64::INFINITY);
        let point = Interval {
            low: 0.87,
            high: 0.87,
        };
        assert_eq!(wilson_with(0.87, complete, Z95), Some(point));
        assert_eq!(
            share_interval(Method::Jeffreys, 0.87, complete),
            Some(point)
        );
    }

    #[test]
    fn the_difference_of_two_years() {
        // Newcombe 1998, table II, method 10, printed to four digits.
        #[rustfmt::skip]
        let table = [
            ((56.0, 70.0), (48.0, 80.0), 0.2, 0.0524, 0.3339),
            ((9.0, 10.0), (3.0, 10.0), 0.6, 0.1705, 0.8090),
            ((6.0, 7.0), (2.0, 7.0), 4.0 / 7.0, 0.0582, 0.8062),
            ((5.0, 56.0), (0.0, 29.0), 5.0 / 56.0, -0.0381, 0.1926),
            ((0.0, 10.0), (0.0, 20.0), 0.0, -0.1611, 0.2775),
            ((0.0, 10.0), (0.0, 10.0), 0.0, -0.2775, 0.2775),
            ((10.0, 10.0), (0.0, 20.0), 1.0, 0.6791, 1.0),
            ((10.0, 10.0), (0.0, 10.0), 1.0, 0.6075, 1.0),
        ];
        for (a, b, expected, low, high) in table {
            let (difference, found) = newcombe(a, b).unwrap();
            assert!((difference - expected).abs() < 1e-12, "{difference}");
            assert_interval(found, low, high, 5.001e-5, &format!("{a:?} {b:?}"));
        }
        assert_eq!(newcombe((1.0, 2.0), (0.0, 0.0)), None);
    }

    #[test]
    fn how_many_must_be_satisfied_to_be_sure_of_85_percent() {
        let one_sided = 1.644_853_627;
        for (n, one, two) in [
            (100.0, 91.0, 92.0),
            (300.0, 266.0, 268.0),
            (600.0, 525.0, 528.0),
            (1000.0, 869.0, 873.0),
            (3000.0, 2583.0, 2589.0),
        ] {
            for (z, expected) in [(one_sided, one), (Z95, two)] {
                let least = (least_share(0.85, n, z) * n).ceil();
                assert_eq!(least, expected, "{n} {z}");
                let low = |k: f64| wilson_with(k / n, n, z).unwrap().low;
                assert!(low(least) >= 0.85 && low(least - 1.0) < 0.85, "{n} {z}");
            }
        }
        assert!((least_share(0.85, 74088.0, one_sided) - 0.8522).abs() < 5e-5);
        assert!((least_share(0.85, 74088.0, Z95) - 0.8526).abs() < 5e-5);
        assert!(least_share(0.85, 10.0, Z95) > 1.0);
        assert_eq!(least_share(0.85, 0.0, Z95), f64::INFINITY);
        assert_eq!(least_share(0.85, f64::INFINITY, Z95), 0.85);
    }

    #[test]
    fn the_interval_of_a_mean() {
        // 1, 2, 3, 4, 5: s = sqrt(2.5), t of 4 degrees = 2.776445105197793.
        let found = mean_interval(15.0, 55.0, 5.0).unwrap();
        let half = 2.776_445_105_197_793 * 0.5_f64.sqrt();
        assert_interval(found, 3.0 - half, 3.0 + half, 1e-12, "1 to 5");
        let equal = mean_interval(0.3, 0.03, 3.0).unwrap();
        assert_interval(equal, 0.1, 0.1, 1e-8, "three equal values");
        assert_eq!(mean_interval(1.0, 1.0, 1.0), None);
        assert_eq!(mean_interval(f64::NAN, 1.0, 3.0), None);
    }

    #[test]
    fn t_quantiles_are_those_of_the_tables() {
        // mpmath, 40 digits.
        for (df, expected) in [
            (1.0, 12.706_204_736_174_7),
            (1.5, 6.016_663_104_427_93),
            (2.0, 4.302_652_729_749_46),
            (8.0, 2.306_004_135_204_17),
            (30.0, 2.042_272_456_301_24),
            (99.0, 1.984_216_951_586_42),
            (1000.0, 1.962_339_080_826_41),
            (1e5, 1.959_987_707_534_60),
            (1e6, 1.959_966_356_814_11),
        ] {
            let found = t_quantile(df);
            assert!((found - expected).abs() < 3e-12, "{df}: {found}");
        }
        assert!((t_quantile(1000.0) - t_quantile(1_000.000_000_1)).abs() < 4e-12);
        assert_eq!(t_quantile(f64::INFINITY), Z95);
        assert_eq!(t_quantile(0.0), f64::INFINITY);
        assert_eq!(t_quantile(f64::NAN), f64::INFINITY);
    }
}
