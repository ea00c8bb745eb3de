//! Satisfaction from aggregated surveys: rates with their intervals.

/// The normal quantile of a two-sided 95% interval.
const Z95: f64 = 1.959_963_984_540_054;

/// Wilson's 95% interval of a share, as fractions of 1. `None` without answers or with more hits than answers.
///
/// Source: Wilson 1927; centre (p + z²/2n)/(1 + z²/n), half width z·sqrt(p(1−p)/n + z²/4n²)/(1 + z²/n).
pub fn wilson(satisfied: f64, valid: f64) -> Option<(f64, f64)> {
    if valid <= 0.0 || !(0.0..=valid).contains(&satisfied) {
        return None;
    }
    let p = satisfied / valid;
    let z2 = Z95 * Z95;
    let below = 1.0 + z2 / valid;
    let centre = (p + z2 / (2.0 * valid)) / below;
    let half = Z95 * (p * (1.0 - p) / valid + z2 / (4.0 * valid * valid)).sqrt() / below;
    Some((centre - half, centre + half))
}

#[cfg(test)]
mod tests {
    use super::wilson;

    #[test]
    fn the_interval_of_a_real_survey() {
        let (low, high) = wilson(64116.0, 74088.0).unwrap();
        assert!((low * 100.0 - 86.2927).abs() < 5e-5, "{low}");
        assert!((high * 100.0 - 86.7842).abs() < 5e-5, "{high}");
        assert_eq!(wilson(1.0, 0.0), None);
        assert_eq!(wilson(3.0, 2.0), None);
        let (low, high) = wilson(0.0, 10.0).unwrap();
        assert!(low.abs() < 1e-15 && high > 0.2);
    }
}
