//! Text as people type it, made comparable: the one place that decides which differences in writing do not count.

use unicode_normalization::UnicodeNormalization;

/// A text for comparing headers and names: NFKC, lower case, without spaces, punctuation, line breaks and control
/// characters. Comparison signs, `%` and tick marks stay: they carry meaning.
pub fn normal(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric() || "<>≤≥=%√✓×✗".contains(*c))
        .collect()
}

/// A text's characters folded (NFKC, lower case), nothing left out.
pub fn folded(text: &str) -> Vec<char> {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// A cell's text for reading a value: NFKC, without surrounding white space of any kind, byte-order marks and
/// zero-width characters.
pub fn trimmed(text: &str) -> String {
    let folded: String = text
        .nfkc()
        .filter(|c| !is_invisible(*c))
        .collect::<String>();
    folded.trim().to_string()
}

/// Characters that leave no mark: zero-width ones, byte-order marks, soft hyphens, controls other than white space.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}'
    ) || (c.is_control() && !c.is_whitespace())
}

/// A number as people write it: without a trailing ".0", at most 15 significant digits.
pub fn number(value: f64) -> String {
    let rounded = fifteen_digits(value);
    if rounded == 0.0 {
        return "0".to_string();
    }
    format!("{rounded}")
}

/// A number with a fixed count of decimals, halves rounded away from zero as the printed forms do.
pub fn fixed(value: f64, digits: usize) -> String {
    format!("{:.*}", digits, rounded(value, digits))
}

/// The value rounded to printed digits, halves away from zero; binary residue does not count.
pub fn rounded(value: f64, digits: usize) -> f64 {
    let scale = 10f64.powi(i32::try_from(digits).unwrap_or(0));
    let scaled = fifteen_digits(value * scale);
    let whole = scaled.round() / scale;
    if whole == 0.0 { 0.0 } else { whole }
}

/// The value at 15 significant digits, as spreadsheets keep it: 7.000000000000001 becomes 7.
pub fn fifteen_digits(value: f64) -> f64 {
    format!("{value:.14e}").parse().unwrap_or(value)
}

/// How many places a message names: every one of them is told in its own finding.
pub const NAMED_PLACES: usize = 10;

/// The first items of a list, and dots for the others.
pub fn some_of<T: AsRef<str>>(list: &[T], most: usize) -> String {
    let mut shown: Vec<&str> = list.iter().take(most).map(T::as_ref).collect();
    if list.len() > most {
        shown.push("\u{2026}");
    }
    shown.join("\u{3001}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_that_does_not_count() {
        assert_eq!(normal("其中：\n专 科"), "其中专科");
        assert_eq!(normal("７３㎡≤单间面积＜９６㎡"), "73m2≤单间面积<96m2");
        assert_eq!(trimmed("\u{a0} 1703\u{3000}"), "1703");
        assert_eq!(trimmed("\u{feff}１２３"), "123");
    }

    #[test]
    fn numbers_as_printed() {
        assert_eq!(number(7.000000000000001), "7");
        assert_eq!(number(0.1 + 0.2), "0.3");
        assert_eq!(number(-0.0), "0");
        assert_eq!(fixed(0.125, 2), "0.13");
        assert_eq!(fixed(1.005, 2), "1.01");
        assert_eq!(fixed(86.540_330, 2), "86.54");
        assert_eq!(fixed(-0.001, 2), "0.00");
    }
}
