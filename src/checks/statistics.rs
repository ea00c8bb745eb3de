//! The statistics behind the checks that compare: with the other units, with last year, with a limit.
//!
//! Plain slices in, plain structures out; the same input gives the same output. No value that is not finite is ever returned,
//! and none is ever judged: what is missing may be handed in as NaN. What does not belong here: words of a finding, columns,
//! thresholds of a pipeline (they are parameters), and anything that changes a figure.
//!
//! Sources stand at each function. Quantiles are R's type 7 throughout.

use crate::indicators::survey::intervals;

/// Log units (relative differences) below this are the noise of binary representation and count as nothing.
const NEGLIGIBLE: f64 = 1e-12;

/// A value this close to a limit (as a share of it) stands at the limit: 21 of 500 is 4.2.
const AT_LIMIT: f64 = 1e-9;

/// Makes the median absolute deviation of normal data its standard deviation: the normal distribution's upper quartile.
const NORMAL_QUARTILE: f64 = 0.6745;

/// Makes the mean absolute deviation of normal data its standard deviation: the root of pi / 2.
const MEAN_DEVIATION_TO_SD: f64 = 1.253_314;

/// The number of units that were judged.
#[must_use]
pub fn judged<T>(units: &[Option<T>]) -> usize {
    units.iter().flatten().count()
}

// Order statistics

/// The value below which the share `p` of sorted values lies, between two of them in proportion (R's type 7: position
/// `(n - 1) p` counted from 0). `sorted` is finite and ascending; `p` outside 0 to 1 is taken to the nearer end.
#[must_use]
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = last as f64 * p.clamp(0.0, 1.0);
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    let part = position - below as f64;
    Some(sorted[below] + part * (sorted[above] - sorted[below]))
}

/// The finite values, ascending.
fn ascending(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The middle of the values, or the mean of the two in the middle. None without a value.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let finite = values.iter().copied().filter(|v| v.is_finite()).collect();
    median_of(finite)
}

/// The median of finite values, in linear time.
fn median_of(mut values: Vec<f64>) -> Option<f64> {
    let count = values.len();
    if count == 0 {
        return None;
    }
    let (smaller, middle, _) = values.select_nth_unstable_by(count / 2, f64::total_cmp);
    let upper = *middle;
    if count % 2 == 1 {
        return Some(upper);
    }
    let lower = smaller.iter().copied().max_by(f64::total_cmp)?;
    Some(lower + (upper - lower) / 2.0)
}

/// The median distance from the median, in the values' own unit (not made comparable to a standard deviation).
#[must_use]
pub fn median_absolute_deviation(values: &[f64]) -> Option<f64> {
    let centre = median(values)?;
    let distances: Vec<f64> = values.iter().map(|v| (v - centre).abs()).collect();
    median(&distances)
}

/// How far each value lies from the median, in robust standard deviations.
///
/// `0.6745 (x - median) / MAD`; where more than half of the values are equal (MAD 0) `(x - median) / (1.253314 mean absolute
/// deviation from the median)`; where all are equal 0. A value that is not finite takes no part and gets 0.
/// Source: Iglewicz and Hoaglin 1993.
#[must_use]
pub fn modified_z(values: &[f64]) -> Vec<f64> {
    let Some(centre) = median(values) else {
        return vec![0.0; values.len()];
    };
    let deviations: Vec<f64> = values.iter().map(|v| v - centre).collect();
    let scale = robust_scale(&deviations);
    let z = |d: &f64| {
        if scale > 0.0 && d.is_finite() {
            d / scale
        } else {
            0.0
        }
    };
    deviations.iter().map(z).collect()
}

/// The robust standard deviation of deviations from a median; 0 when all are 0.
fn robust_scale(deviations: &[f64]) -> f64 {
    let distances: Vec<f64> = deviations
        .iter()
        .filter(|d| d.is_finite())
        .map(|d| d.abs())
        .collect();
    if distances.is_empty() {
        return 0.0;
    }
    let mean = distances.iter().sum::<f64>() / distances.len() as f64;
    match median_of(distances) {
        Some(mad) if mad > 0.0 => mad / NORMAL_QUARTILE,
        _ => MEAN_DEVIATION_TO_SD * mean,
    }
}

// A line that no single point can move, and the distance of each unit from it

/// The line `y = intercept + slope x`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    pub intercept: f64,
    pub slope: f64,
}

impl Line {
    /// The line's height at `x`.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }
}

/// The line through the points whose slope is the median of the slopes of pairs of points, and whose intercept the median of
/// `y - slope x`. Up to 29% of the points may be wrong without harm.
///
/// Up to `all_pairs_until` points every pair counts (Theil 1950, Sen 1968); beyond, each point of the lower half by x is paired
/// with its partner in the upper half (Theil's incomplete method; of an odd number the middle one is left out). Pairs with equal
/// x are skipped; without a pair the slope is 0. Points that are not finite take no part. None without a point.
#[must_use]
pub fn robust_line(xs: &[f64], ys: &[f64], all_pairs_until: usize) -> Option<Line> {
    let mut points: Vec<(f64, f64)> = xs
        .iter()
        .copied()
        .zip(ys.iter().copied())
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let slopes = if points.len() <= all_pairs_until {
        slopes_of_all_pairs(&points)
    } else {
        slopes_between_halves(&points)
    };
    let slope = median_of(slopes).unwrap_or(0.0);
    let intercept = median_of(points.iter().map(|(x, y)| y - slope * x).collect())?;
    Some(Line { intercept, slope })
}

fn slopes_of_all_pairs(points: &[(f64, f64)]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (i, &a) in points.iter().enumerate() {
        slopes.extend(points[i + 1..].iter().filter_map(|&b| slope_between(a, b)));
    }
    slopes
}

fn slopes_between_halves(points: &[(f64, f64)]) -> Vec<f64> {
    let upper = &points[points.len().div_ceil(2)..];
    points
        .iter()
        .zip(upper)
        .filter_map(|(&a, &b)| slope_between(a, b))
        .collect()
}

fn slope_between(a: (f64, f64), b: (f64, f64)) -> Option<f64> {
    let slope = (b.1 - a.1) / (b.0 - a.0);
    (a.0 != b.0 && slope.is_finite()).then_some(slope)
}

/// Units measured against their size: the robust line through logarithm of value and logarithm of size.
#[derive(Debug, Clone, PartialEq)]
pub struct SizeResiduals {
    /// In natural logarithms of both; none when no unit could be judged.
    pub line: Option<Line>,
    /// One for each unit, in the units' order; none for a unit that was not judged.
    pub units: Vec<Option<SizeResidual>>,
}

/// One unit's distance from what units of its size have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizeResidual {
    /// The modified z of its residual among the residuals of all units.
    pub z: f64,
    /// By how many times it is more or less than fitted: never below 1.
    pub factor: f64,
    /// What a unit of its size would have, in the value's unit.
    pub fitted: f64,
}

/// The residuals of `values` about the robust line in size (both as logarithms), as modified z and as factor.
///
/// A unit whose size or value is missing, zero or negative is not judged. `all_pairs_until` as for [`robust_line`].
#[must_use]
pub fn size_residuals(sizes: &[f64], values: &[f64], all_pairs_until: usize) -> SizeResiduals {
    let count = sizes.len().min(values.len());
    let usable = |v: f64| v > 0.0 && v.is_finite();
    let judged: Vec<usize> = (0..count)
        .filter(|&i| usable(sizes[i]) && usable(values[i]))
        .collect();
    let xs: Vec<f64> = judged.iter().map(|&i| sizes[i].ln()).collect();
    let ys: Vec<f64> = judged.iter().map(|&i| values[i].ln()).collect();
    let mut units = vec![None; count];
    let line = robust_line(&xs, &ys, all_pairs_until);
    if let Some(line) = line {
        for (&i, residual) in judged.iter().zip(residuals_about(line, &xs, &ys)) {
            units[i] = Some(residual);
        }
    }
    SizeResiduals { line, units }
}

fn residuals_about(line: Line, xs: &[f64], ys: &[f64]) -> Vec<SizeResidual> {
    let errors: Vec<f64> = xs.iter().zip(ys).map(|(&x, &y)| y - line.at(x)).collect();
    let centre = median(&errors).unwrap_or(0.0);
    let from_centre: Vec<f64> = errors.iter().map(|e| without_noise(e - centre)).collect();
    let scale = robust_scale(&from_centre);
    let judge = |(&x, &d): (&f64, &f64)| SizeResidual {
        z: if scale > 0.0 { d / scale } else { 0.0 },
        factor: d.abs().exp(),
        fitted: (line.at(x) + centre).exp(),
    };
    xs.iter().zip(&from_centre).map(judge).collect()
}

fn without_noise(difference: f64) -> f64 {
    if difference.abs() < NEGLIGIBLE {
        0.0
    } else {
        difference
    }
}

// Counts beside a size: the overdispersed funnel

/// How the spread of the counts beyond chance is estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FunnelSettings {
    /// The share of the units at each end whose z is pulled in to the quantile there, such as 0.1.
    pub winsor_share: f64,
    /// What the mean of squared z, winsorised at that share, is for counts that differ by chance alone, such as 0.7.
    pub phi_divisor: f64,
}

/// Counts measured against what their size lets expect.
#[derive(Debug, Clone, PartialEq)]
pub struct Funnel {
    /// The median of count / size.
    pub rate: f64,
    /// By how many times the counts vary more than by chance: the variance's factor, at least 1.
    pub phi: f64,
    /// One for each unit, in the units' order; none for a unit that was not judged.
    pub units: Vec<Option<FunnelUnit>>,
}

/// One unit's count beside the expected one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FunnelUnit {
    /// In standard deviations of the overdispersed count.
    pub z: f64,
    /// Size times rate.
    pub expected: f64,
}

/// The lowest and the highest value that would pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub low: f64,
    pub high: f64,
}

impl Funnel {
    /// The counts at which z would be `-limit` and `limit` for a unit of which `expected` is expected; not below 0, and not
    /// rounded.
    #[must_use]
    pub fn range(&self, expected: f64, limit: f64) -> Range {
        let centre = root_expected(expected);
        let half = limit * self.phi.sqrt() / 2.0;
        let count = |root: f64| (root.max(0.0).powi(2) - 3.0 / 8.0).max(0.0);
        Range {
            low: count(centre - half),
            high: count(centre + half),
        }
    }
}

/// Root of an expected count such that `2 (root_count - root_expected)` is about standard normal for a Poisson count.
fn root_expected(expected: f64) -> f64 {
    (expected + 1.0 / 8.0).sqrt()
}

fn root_count(count: f64) -> f64 {
    (count + 3.0 / 8.0).sqrt()
}

/// The overdispersed funnel: `z = 2 (sqrt(y + 3/8) - sqrt(E + 1/8)) / sqrt(phi)`, with E the size times the median rate and phi
/// the winsorised mean of squared z over `phi_divisor`, at least 1.
///
/// A unit with a size that is missing, zero or negative, or a count that is missing or negative, is not judged; none is when the
/// median rate is 0 (more than half have nothing), for then there is nothing to expect.
/// Source: Anscombe 1948 for the roots, Spiegelhalter 2005 and 2012 for the overdispersion.
#[must_use]
pub fn funnel(sizes: &[f64], counts: &[f64], settings: FunnelSettings) -> Funnel {
    let count = sizes.len().min(counts.len());
    let usable = |i: &usize| {
        sizes[*i] > 0.0 && sizes[*i].is_finite() && counts[*i] >= 0.0 && counts[*i].is_finite()
    };
    let judged: Vec<usize> = (0..count).filter(usable).collect();
    let rates: Vec<f64> = judged.iter().map(|&i| counts[i] / sizes[i]).collect();
    let mut units = vec![None; count];
    let rate = median(&rates).unwrap_or(0.0);
    if rate <= 0.0 {
        return Funnel {
            rate: 0.0,
            phi: 1.0,
            units,
        };
    }
    let naive = |&i: &usize| 2.0 * (root_count(counts[i]) - root_expected(sizes[i] * rate));
    let naive: Vec<f64> = judged.iter().map(naive).collect();
    let phi = overdispersion(&naive, settings);
    for (&i, z) in judged.iter().zip(&naive) {
        units[i] = Some(FunnelUnit {
            z: z / phi.sqrt(),
            expected: sizes[i] * rate,
        });
    }
    Funnel { rate, phi, units }
}

fn overdispersion(z: &[f64], settings: FunnelSettings) -> f64 {
    let sorted = ascending(z);
    let low = quantile(&sorted, settings.winsor_share);
    let high = quantile(&sorted, 1.0 - settings.winsor_share);
    let (Some(low), Some(high)) = (low, high) else {
        return 1.0;
    };
    let squares: f64 = z.iter().map(|v| v.max(low).min(high).powi(2)).sum();
    (squares / z.len() as f64 / settings.phi_divisor).max(1.0)
}

// Two years: Hidiroglou and Berthelot

/// How far a change may lie from the ordinary change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HidiroglouBerthelotSettings {
    /// The weight of size, from 0 (none) to 1 (full): the exponent of the larger of both values.
    pub u: f64,
    /// The least distance of a quartile from the median score, as a share of the median score.
    pub a: f64,
    /// How many such distances from the median score are allowed.
    pub c: f64,
}

/// The changes of all units between two years.
#[derive(Debug, Clone, PartialEq)]
pub struct HidiroglouBerthelot {
    /// The median of now / last over the judged units; 1 when none was judged.
    pub median_ratio: f64,
    /// A score below is flagged.
    pub lower: f64,
    /// A score above is flagged.
    pub upper: f64,
    /// The number of units left out because they did not change.
    pub unchanged_left_out: usize,
    /// One for each unit, in the units' order; none for a unit that was not judged.
    pub units: Vec<Option<ChangeUnit>>,
}

/// One unit's change beside the ordinary change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangeUnit {
    /// Now / last.
    pub ratio: f64,
    /// The ratio about the median ratio, both directions alike, weighted by size.
    pub score: f64,
    /// The ratios between which a unit of this size is not flagged.
    pub allowed: Range,
    pub flagged: bool,
}

/// The method of Hidiroglou and Berthelot 1986 for changes from `last` to `now`, as Statistics Norway's KOSTRA runs it.
///
/// Missing, zero and negative values are not judged (a fall to zero needs its own rule). Where at least half of the pairs are
/// unchanged these are left out, since the scale would be 0 otherwise. With r = now / last, r_M its median, s = 1 - r_M / r below
/// it and r / r_M - 1 above, the score is E = s max(last, now)^U; flagged is E < E_M - C max(E_M - E_Q1, A |E_M|), and above
/// alike. Where E_M is 0 the least distance is A itself, so that no side has a zero width.
#[must_use]
pub fn hidiroglou_berthelot(
    last: &[f64],
    now: &[f64],
    settings: HidiroglouBerthelotSettings,
) -> HidiroglouBerthelot {
    let count = last.len().min(now.len());
    let usable = |v: f64| v > 0.0 && v.is_finite();
    let pairs: Vec<usize> = (0..count)
        .filter(|&i| usable(last[i]) && usable(now[i]))
        .collect();
    let changed: Vec<usize> = pairs
        .iter()
        .copied()
        .filter(|&i| last[i] != now[i])
        .collect();
    let unchanged = pairs.len() - changed.len();
    let leave_out = 2 * unchanged >= pairs.len();
    let judged = if leave_out { changed } else { pairs };
    let pairs: Vec<(f64, f64)> = judged.iter().map(|&i| (last[i], now[i])).collect();
    let mut result = scores_of_changes(&pairs, settings);
    let mut units = vec![None; count];
    for (&i, unit) in judged.iter().zip(&result.units) {
        units[i] = *unit;
    }
    result.units = units;
    result.unchanged_left_out = if leave_out { unchanged } else { 0 };
    result
}

fn scores_of_changes(
    pairs: &[(f64, f64)],
    settings: HidiroglouBerthelotSettings,
) -> HidiroglouBerthelot {
    let ratios: Vec<f64> = pairs.iter().map(|(last, now)| now / last).collect();
    let median_ratio = median(&ratios).unwrap_or(1.0);
    let weights: Vec<f64> = pairs
        .iter()
        .map(|(last, now)| last.max(*now).powf(settings.u))
        .collect();
    let scores: Vec<f64> = ratios
        .iter()
        .zip(&weights)
        .map(|(&r, w)| symmetric(r, median_ratio) * w)
        .collect();
    let limits = score_limits(&scores, settings);
    let judge = |i: usize| ChangeUnit {
        ratio: ratios[i],
        score: scores[i],
        allowed: Range {
            low: ratio_of_score(limits.low, weights[i], median_ratio),
            high: ratio_of_score(limits.high, weights[i], median_ratio),
        },
        flagged: scores[i] < limits.low || scores[i] > limits.high,
    };
    HidiroglouBerthelot {
        median_ratio,
        lower: limits.low,
        upper: limits.high,
        unchanged_left_out: 0,
        units: (0..pairs.len()).map(|i| Some(judge(i))).collect(),
    }
}

/// A ratio about the median ratio, such that doubling and halving lie equally far from 0.
fn symmetric(ratio: f64, median_ratio: f64) -> f64 {
    without_noise(if ratio < median_ratio {
        1.0 - median_ratio / ratio
    } else {
        ratio / median_ratio - 1.0
    })
}

/// The ratio that has this score: what [`symmetric`] times the weight undoes.
fn ratio_of_score(score: f64, weight: f64, median_ratio: f64) -> f64 {
    if score < 0.0 {
        median_ratio * weight / (weight - score)
    } else {
        median_ratio * (weight + score) / weight
    }
}

fn score_limits(scores: &[f64], settings: HidiroglouBerthelotSettings) -> Range {
    let sorted = ascending(scores);
    let quartiles = [0.25, 0.5, 0.75].map(|p| quantile(&sorted, p).unwrap_or(0.0));
    let [first, middle, third] = quartiles;
    let least = if middle == 0.0 {
        settings.a
    } else {
        settings.a * middle.abs()
    };
    Range {
        low: middle - settings.c * least.max(middle - first),
        high: middle + settings.c * least.max(third - middle),
    }
}

// A wrong unit of measurement

/// A value that looks a power of ten too large or too small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnitError {
    /// The decimal logarithm of the value over what it is compared with; above 0 when the value is too large.
    pub log10: f64,
    /// The nearest of 10, 100, 1000 and 10000: the factor by which it is probably wrong.
    pub factor: f64,
    /// The value brought back by that factor.
    pub suggestion: f64,
}

/// Compares with last year: an error when the ratio's decimal logarithm is beyond `limit` either way (2.5 finds a thousand, and
/// lets a hundred pass). None when a value is missing, zero or negative, or within the limit. Source: KOSTRA's thousand error.
#[must_use]
pub fn unit_change(last: f64, now: f64, limit: f64) -> Option<UnitError> {
    let log10 = log10_ratio(now, last)?;
    (log10.abs() > limit).then(|| unit_error(now, log10))
}

/// Compares with what was fitted: an error when the value is at least `limit` times it, or at most one part in `limit`.
/// None when a value is missing, zero or negative, or within the limit.
#[must_use]
pub fn unit_misfit(fitted: f64, value: f64, limit: f64) -> Option<UnitError> {
    let log10 = log10_ratio(value, fitted)?;
    (log10.abs() >= limit.log10() - NEGLIGIBLE).then(|| unit_error(value, log10))
}

fn log10_ratio(value: f64, base: f64) -> Option<f64> {
    let usable = |v: f64| v > 0.0 && v.is_finite();
    (usable(value) && usable(base)).then(|| value.log10() - base.log10())
}

fn unit_error(value: f64, log10: f64) -> UnitError {
    let factor = 10f64.powi(log10.abs().round().clamp(1.0, 4.0) as i32);
    let suggestion = if log10 > 0.0 {
        value / factor
    } else {
        value * factor
    };
    UnitError {
        log10,
        factor,
        suggestion,
    }
}

// Crowding just above a limit, and preferred last digits

/// Values just above a limit beside those just below it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bunching {
    /// In `[T, T (1 + h))`.
    pub above: u64,
    /// In `[T (1 - h), T)`.
    pub below: u64,
    /// The chance of so many above or more when both sides are equally likely; 1 when there is none.
    pub p_value: f64,
}

impl Bunching {
    /// Above over below; none when nothing is below.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.below > 0).then(|| self.above as f64 / self.below as f64)
    }

    /// Whether chance is an unlikely reason and the excess is large: p below `p_limit`, and above at least `ratio` times below.
    #[must_use]
    pub fn is_beyond(&self, p_limit: f64, ratio: f64) -> bool {
        self.p_value < p_limit && self.above as f64 >= ratio * self.below as f64
    }
}

/// Counts the values within `width_share` of `limit` (positive) on both sides. A value that equals the limit but for its binary
/// representation stands at it. Meant for measures on a fine scale: small counts over a size lie on a lattice and bunch by
/// nature.
#[must_use]
pub fn bunching(values: &[f64], limit: f64, width_share: f64) -> Bunching {
    let slack = limit.abs() * AT_LIMIT;
    let reaches = |v: f64, bound: f64| v >= bound - slack;
    let high = limit * (1.0 + width_share);
    let low = limit * (1.0 - width_share);
    let (mut above, mut below) = (0, 0);
    for &v in values {
        if reaches(v, limit) {
            above += u64::from(!reaches(v, high));
        } else if reaches(v, low) {
            below += 1;
        }
    }
    Bunching {
        above,
        below,
        p_value: binomial_upper_tail(above, above + below, 0.5),
    }
}

/// How often each last digit occurs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LastDigits {
    /// By digit, from 0 to 9.
    pub counts: [u64; 10],
    pub total: u64,
    /// The share of values that end in 0 or 5; 0 without a value.
    pub share_of_0_and_5: f64,
    /// The chance of such a share or more when all digits are equally likely.
    pub p_of_0_and_5: f64,
    /// Pearson's statistic against equal frequencies, 9 degrees of freedom.
    pub chi_square: f64,
    pub p_chi_square: f64,
}

/// Counts the units digits of the whole numbers of at least `smallest`: below it (and for small counts) digits are not evenly
/// spread by nature. Values with decimals, and missing ones, are left out.
#[must_use]
pub fn last_digits(values: &[f64], smallest: f64) -> LastDigits {
    let mut counts = [0u64; 10];
    for &v in values {
        if v.is_finite() && v >= smallest && v.fract() == 0.0 {
            counts[(v.abs() % 10.0) as usize] += 1;
        }
    }
    let total: u64 = counts.iter().sum();
    let round = counts[0] + counts[5];
    let expected = total as f64 / 10.0;
    let term = |&n: &u64| (n as f64 - expected).powi(2) / expected;
    let chi_square = if total == 0 {
        0.0
    } else {
        counts.iter().map(term).sum()
    };
    LastDigits {
        counts,
        total,
        share_of_0_and_5: if total == 0 {
            0.0
        } else {
            round as f64 / total as f64
        },
        p_of_0_and_5: binomial_upper_tail(round, total, 0.2),
        chi_square,
        p_chi_square: chi_square_upper_tail(chi_square, 9),
    }
}

// Distributions

/// The chance of `k` or more successes in `n` trials with chance `p` each.
#[must_use]
pub fn binomial_upper_tail(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    if k > n || p.is_nan() || p <= 0.0 {
        return 0.0;
    }
    intervals::binomial_at_least(k, n, p.min(1.0))
}

/// The chance of a chi-square of at least `statistic` with so many degrees of freedom.
#[must_use]
pub fn chi_square_upper_tail(statistic: f64, degrees: u32) -> f64 {
    if statistic.is_nan() || statistic <= 0.0 {
        return 1.0;
    }
    intervals::chi_square_above(statistic, f64::from(degrees)).unwrap_or(1.0)
}

#[cfg(test)]
#[path = "statistics_tests.rs"]
mod tests;
