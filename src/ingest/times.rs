//! Times and durations as survey platforms write them.

use super::cell::{date_of, days};

/// Seconds since 1970 of a serial number.
pub(super) fn serial_second(serial: f64, is_1904: bool) -> Option<i64> {
    let (y, m, d) = date_of(serial, is_1904)?;
    let part = (serial.fract() * 86_400.0).round();
    Some(i64::from(days(y, m, d)) * 86_400 + part as i64)
}

/// Seconds since 1970 of a written time, and whether the seconds are written: `2024/11/12 19:32:07`, `2024-11-12 19:32`.
pub(super) fn second(text: &str) -> Option<(i64, bool)> {
    let mut groups = [0i64; 6];
    let mut count = 0;
    let mut inside = false;
    for byte in text.bytes() {
        if byte.is_ascii_digit() {
            if !inside {
                if count == 6 {
                    break;
                }
                count += 1;
                inside = true;
            }
            let own = &mut groups[count - 1];
            *own = own.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
        } else {
            inside = false;
        }
    }
    let [y, m, d, hour, minute, sec] = groups;
    let fits = count >= 3
        && (1990..=2200).contains(&y)
        && (1..=12).contains(&m)
        && (1..=31).contains(&d)
        && hour < 25
        && minute < 60
        && sec < 61;
    if !fits {
        return None;
    }
    let day = days(
        i32::try_from(y).ok()?,
        u32::try_from(m).ok()?,
        u32::try_from(d).ok()?,
    );
    let seconds = i64::from(day) * 86_400 + hour * 3600 + minute * 60 + sec;
    Some((seconds, count == 6))
}

/// Seconds of a written duration: digits and units as declared, or `2:05`, `0:02:05`.
pub(super) fn duration(text: &str, units: &[(String, f64)]) -> Option<f64> {
    if text.contains([':', '\u{ff1a}']) {
        let parts: Vec<f64> = text
            .split([':', '\u{ff1a}'])
            .map(|p| p.trim().parse::<f64>().ok())
            .collect::<Option<_>>()?;
        return (parts.len() <= 3).then(|| parts.iter().fold(0.0, |sum, p| sum * 60.0 + p));
    }
    plain_duration(text, units)
        .or_else(|| plain_duration(&crate::text::trimmed(text).to_lowercase(), units))
}

fn plain_duration(text: &str, units: &[(String, f64)]) -> Option<f64> {
    let mut rest = text.trim();
    let mut sum = 0.0;
    let mut any = false;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().ok()?;
        rest = rest[end..].trim_start();
        let unit = units.iter().find(|(u, _)| rest.starts_with(u.as_str()));
        match unit {
            Some((u, seconds)) => {
                sum += number * seconds;
                rest = rest[u.len()..].trim_start();
            }
            // A bare number is seconds.
            None if rest.is_empty() && !any => sum += number,
            None => return None,
        }
        any = true;
    }
    any.then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_platforms_write_them() {
        let of = |t: &str| second(t);
        let noon = i64::from(days(2024, 11, 12)) * 86_400 + 19 * 3600 + 32 * 60;
        assert_eq!(of("2024/11/12 19:32:07"), Some((noon + 7, true)));
        assert_eq!(of("2024-11-12 19:32"), Some((noon, false)));
        assert_eq!(of("2024/13/12 19:32:07"), None);
        assert_eq!(of("yesterday"), None);
        assert_eq!(
            serial_second(45_608.0 + 0.5, false),
            Some(i64::from(days(2024, 11, 12)) * 86_400 + 43_200)
        );
    }

    #[test]
    fn durations_as_platforms_write_them() {
        let units = vec![
            ("\u{5206}\u{949f}".to_string(), 60.0),
            ("\u{5206}".to_string(), 60.0),
            ("\u{79d2}".to_string(), 1.0),
            ("h".to_string(), 3600.0),
        ];
        let of = |t: &str| duration(t, &units);
        assert_eq!(of("36\u{79d2}"), Some(36.0));
        assert_eq!(of("2\u{5206}5\u{79d2}"), Some(125.0));
        assert_eq!(of("2\u{5206}\u{949f}05\u{79d2}"), Some(125.0));
        assert_eq!(of("1h 2\u{5206}"), Some(3720.0));
        assert_eq!(of("0:02:05"), Some(125.0));
        assert_eq!(of("86"), Some(86.0));
        assert_eq!(of("soon"), None);
        assert_eq!(of("5 apples"), None);
    }
}
