//! Numbers as spreadsheet programs write them. What is written otherwise is none here, whatever others make of it.

/// Powers of ten that are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// So many digits are an exact number in any case.
const EXACT_DIGITS: usize = 15;

/// Digits, with a sign, a fraction and an exponent or without; the nearest number.
#[inline]
pub(super) fn number(text: &[u8]) -> Option<f64> {
    let (is_negative, unsigned) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    let mut digits = 0u64;
    let mut count = 0usize;
    let mut point = None;
    for byte in unsigned {
        match byte {
            b'0'..=b'9' => {
                digits = digits.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                count += 1;
            }
            b'.' if point.is_none() && count > 0 => point = Some(count),
            _ => return long(text, unsigned),
        }
    }
    let places = point.map_or(0, |at| count - at);
    if count == 0 || point == Some(count) {
        return None;
    }
    if count > EXACT_DIGITS {
        return long(text, unsigned);
    }
    // Both are exact, so the quotient is the nearest number.
    let value = digits as f64 / POWERS.get(places)?;
    Some(if is_negative { -value } else { value })
}

/// The same for what has many digits or an exponent.
fn long(text: &[u8], unsigned: &[u8]) -> Option<f64> {
    let mut parts = unsigned.splitn(2, |b| matches!(b, b'e' | b'E'));
    let mut digits = parts.next()?.splitn(2, |b| *b == b'.');
    let is_plain = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    if !digits.next().is_some_and(is_plain) || !digits.next().is_none_or(is_plain) {
        return None;
    }
    if let Some(exponent) = parts.next() {
        let exponent = match exponent.split_first() {
            Some((b'+' | b'-', rest)) => rest,
            _ => exponent,
        };
        if !is_plain(exponent) || exponent.len() > 3 {
            return None;
        }
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

/// A whole number of nine digits at most that does not begin with a zero.
#[inline]
pub(super) fn whole(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 || (text.len() > 1 && text.first() == Some(&b'0')) {
        return None;
    }
    let mut value = 0u32;
    for byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u32::from(byte - b'0');
    }
    Some(value)
}

/// A column by its letters, from 0, and what follows them.
#[inline]
pub(super) fn column(reference: &[u8]) -> Option<(u32, &[u8])> {
    let mut rest = reference;
    let mut column = 0u32;
    for _ in 0..3 {
        match rest.split_first() {
            Some((letter @ b'A'..=b'Z', after)) => {
                column = column * 26 + u32::from(letter - b'A') + 1;
                rest = after;
            }
            _ => break,
        }
    }
    Some((column.checked_sub(1)?, rest))
}

/// A cell by its name, row and column from 0.
pub(super) fn reference(text: &[u8]) -> Option<(u32, u32)> {
    let (column, row) = column(text)?;
    Some((whole(row)?.checked_sub(1)?, column))
}

/// A block by the names of its corners: top, left, bottom and right.
pub(super) fn block(text: &[u8]) -> Option<(u32, u32, u32, u32)> {
    let mut corners = text.splitn(2, |b| *b == b':');
    let (top, left) = reference(corners.next()?)?;
    let (bottom, right) = match corners.next() {
        Some(corner) => reference(corner)?,
        None => (top, left),
    };
    (top <= bottom && left <= right).then_some((top, left, bottom, right))
}
