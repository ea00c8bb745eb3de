//! Text as people type it, made comparable: the one place that decides which differences in writing do not count.

use unicode_normalization::UnicodeNormalization;

/// A text for comparing headers and names: NFKC, lower case, without spaces, punctuation, line breaks and control
/// characters. Comparison signs, `%` and tick marks stay: they carry meaning.
pub fn normal(text: &str) -> String {
    let signs = |c: char| "<>≤≥=%√✓×✗".contains(c);
    let folded = nfkc(text);
    let lower = folded.chars().flat_map(char::to_lowercase);
    lower
        .filter(|c| is_han(*c) || c.is_alphanumeric() || signs(*c))
        .collect()
}

/// A text in Unicode's form NFKC.
fn nfkc(text: &str) -> String {
    each_alone(text).unwrap_or_else(|| text.nfkc().collect())
}

/// Common Chinese characters: letters that have no other way to be written.
fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FA5}')
}

/// NFKC of a text in which every character is folded by itself, as in most; `None` of others. Saves the tables of Unicode.
fn each_alone(text: &str) -> Option<String> {
    let alone = |c: char| match c {
        _ if c.is_ascii() || is_han(c) => Some(c),
        // Signs between words, and quotes.
        '\u{3001}' | '\u{3002}' | '\u{300A}' | '\u{300B}' | '\u{201C}' | '\u{201D}' => Some(c),
        '\u{3000}' => Some(' '),
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0),
        _ => None,
    };
    text.chars().map(alone).collect()
}

/// A text's characters folded (NFKC, lower case), nothing left out.
pub fn folded(text: &str) -> Vec<char> {
    nfkc(text).chars().flat_map(char::to_lowercase).collect()
}

/// A cell's text for reading a value: NFKC, without surrounding white space of any kind, byte-order marks and
/// zero-width characters.
pub fn trimmed(text: &str) -> String {
    let mut folded = nfkc(text);
    folded.retain(|c| !is_invisible(c));
    folded.trim().to_string()
}

/// The figure that a cell's text begins with, whatever signs group its digits and whatever unit stands behind it.
pub fn written_figure(text: &str) -> Option<f64> {
    let plain = trimmed(text).replace(',', "").replace('\u{3002}', ".");
    let end = plain
        .find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c))
        .unwrap_or(plain.len());
    plain[..end].parse().ok()
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
    // Whole numbers are written the same way in less time.
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 {
        return (rounded as i64).to_string();
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
    let magnitude = value.abs();
    if value.fract() == 0.0 && magnitude < 1e15 {
        return value;
    }
    if (1e-6..1e14).contains(&magnitude) {
        // Both the digits and the power of ten are exact, so that their quotient is what reading the digits would give.
        let scale = 10f64.powi(14 - magnitude.log10().floor() as i32);
        let scaled = magnitude * scale;
        let digits = scaled.round();
        // The product is off by a sixteenth at most: only near a half it does not tell the last digit.
        let is_told = (scaled.fract() - 0.5).abs() > 0.1;
        if is_told && (1e14..1e15).contains(&scaled) && digits < 1e15 {
            return (digits / scale).copysign(value);
        }
    }
    fifteen_digits_written(value)
}

fn fifteen_digits_written(value: f64) -> f64 {
    format!("{value:.14e}").parse().unwrap_or(value)
}

/// How many characters [`fixed`] gives for a finite value.
pub fn fixed_width(value: f64, digits: usize) -> usize {
    let value = rounded(value, digits);
    let mut whole = 1;
    let mut power = 10.0;
    while value.abs() >= power {
        whole += 1;
        power *= 10.0;
    }
    let point = usize::from(digits > 0);
    usize::from(value < 0.0) + whole + point + digits
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
    fn fifteen_digits_are_those_that_are_written() {
        let mut seed = 1u64;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let plain = [
            0.0,
            -0.0,
            7.000000000000001,
            0.1 + 0.2,
            1e300,
            -1.5e-9,
            123456.789,
            21.0 / 5.0,
        ];
        let halves = (0..2000).map(|n| (1e14 + f64::from(n) + 0.5) / 1e14);
        let drawn = (0..200_000).map(|_| {
            let bits = next();
            let digits = (bits >> 11) as f64 / (1u64 << 53) as f64;
            digits * 10f64.powi((next() % 24) as i32 - 8)
        });
        for value in plain.into_iter().chain(halves).chain(drawn) {
            let (fast, written) = (fifteen_digits(value), fifteen_digits_written(value));
            assert_eq!(fast.to_bits(), written.to_bits(), "{value:e}");
            if value.abs() < 1e15 {
                for digits in 0..4 {
                    let width = fixed(-value, digits).len();
                    assert_eq!(fixed_width(-value, digits), width, "{value:e}");
                }
            }
        }
    }

    #[test]
    fn what_is_folded_alone_is_folded_as_unicode_says() {
        let by_tables = |text: &str| text.nfkc().collect::<String>();
        let all = '\0'..=char::MAX;
        for c in all {
            let text = format!("其{c}a{c}");
            let Some(folded) = each_alone(&text) else {
                continue;
            };
            assert_eq!(folded, by_tables(&text), "{c:?}");
            let lower = folded.chars().flat_map(char::to_lowercase);
            let kept = |c: &char| c.is_alphanumeric() || "<>≤≥=%√✓×✗".contains(*c);
            assert_eq!(normal(&text), lower.filter(kept).collect::<String>());
        }
        // What follows a letter may join it.
        assert_eq!(normal("e\u{301}"), "\u{e9}");
        assert_eq!(each_alone("e\u{301}"), None);
    }

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
