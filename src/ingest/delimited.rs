//! Text files with one row a line and fields between commas, tabs or semicolons. The only file that names csv and
//! encoding_rs. The encoding is chosen by content, never by name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use encoding_rs::{Encoding, GB18030};

use super::formats::content::Content;
use super::formats::{Limit, MAX_COLUMN, ReadError, Seen, Sink};
use super::grid::Cell;

/// The text of a file: UTF-8 (with or without a mark) or UTF-16 with its mark, else GB18030. `None` when it is none of
/// these.
pub fn decoded(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, wrong) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return (!wrong).then_some(text);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(Cow::Borrowed(text));
    }
    GB18030.decode_without_bom_handling_and_without_replacement(bytes)
}

/// The name of a file as an archive holds it: UTF-8 or GB18030; signs that are neither are replaced.
pub fn decoded_name(bytes: &[u8]) -> Cow<'_, str> {
    decoded(bytes).unwrap_or_else(|| GB18030.decode_without_bom_handling(bytes).0)
}

/// Reads the one table of a text file.
///
/// # Errors
/// When it is no text, or more than may be.
pub fn read(bytes: &[u8], title: &str, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let Some(text) = decoded(bytes) else {
        return Err(ReadError::NotWorkbook(Content::Text));
    };
    sink.sheet(title, false)?;
    let mut failed = Ok(());
    let rows = each_row(&text, |row, fields| {
        for (col, field) in fields.enumerate() {
            if field.is_empty() || failed.is_err() {
                continue;
            }
            let col = u32::try_from(col).unwrap_or(u32::MAX);
            failed = if col >= MAX_COLUMN {
                let most = u64::from(MAX_COLUMN);
                Err(ReadError::over(Limit::Columns, most, None, None))
            } else {
                sink.cell(row, col, Seen::Field(field))
            };
        }
    });
    failed?;
    if let Err(reason) = rows {
        sink.broken(&reason);
    }
    Ok(())
}

/// Lines by which the sign between the fields is told.
const SIGN_LINES: usize = 30;

/// The sign between the fields: the one that stands, outside quotes, in most of the first lines; of several such the one that stands
/// equally often in most of them, then most often. A title above, or answers below, may be full of another.
fn delimiter(text: &str) -> u8 {
    const SIGNS: [u8; 3] = [b',', b'\t', b';'];
    let mut counts: Vec<[usize; SIGNS.len()]> = Vec::new();
    let mut own = [0usize; SIGNS.len()];
    let mut quoted = false;
    for line in text.lines().take(SIGN_LINES * 10) {
        for byte in line.bytes() {
            quoted ^= byte == b'"';
            if let Some(at) = SIGNS.iter().position(|sign| *sign == byte && !quoted) {
                own[at] += 1;
            }
        }
        // A field may go on in the next line.
        if !quoted && !line.is_empty() {
            counts.push(std::mem::take(&mut own));
        }
        if counts.len() >= SIGN_LINES {
            break;
        }
    }
    if counts.is_empty() {
        counts.push(own);
    }
    // By sign how many lines have it, how many equally often, and how often.
    let regular = |sign: usize| {
        let mut lines: BTreeMap<usize, usize> = BTreeMap::new();
        for n in counts.iter().map(|own| own[sign]).filter(|n| *n > 0) {
            *lines.entry(n).or_default() += 1;
        }
        let all: usize = lines.values().sum();
        let most = lines.into_iter().map(|(n, lines)| (all, lines, n)).max();
        most.unwrap_or((0, 0, 0))
    };
    let best = (0..SIGNS.len()).rev().max_by_key(|sign| regular(*sign));
    SIGNS[best.unwrap_or(0)]
}

/// Most line breaks in the fields of one row: more come from a quote that is not closed.
const MOST_LINES: usize = 50;

/// Gives every row to a function, with its number from 0.
///
/// # Errors
/// What is wrong with a row; those before it were given.
pub fn each_row(
    text: &str,
    mut row: impl FnMut(u32, csv::StringRecordIter<'_>),
) -> Result<(), String> {
    let sign = delimiter(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(sign)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut number = 0u32;
    // Signs of the first row.
    let mut width = 0;
    loop {
        // The reader leaves out lines without anything, which a spreadsheet shows as rows.
        let from = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let rest = text.as_bytes().get(from..).unwrap_or(&[]);
        let ended = from > 0 && text.as_bytes()[from - 1] == b'\r' && rest.first() == Some(&b'\n');
        let blank = rest[usize::from(ended)..]
            .iter()
            .take_while(|b| matches!(b, b'\r' | b'\n'));
        let blank = blank.filter(|b| **b == b'\n').count();
        if !reader.read_record(&mut record).map_err(|e| e.to_string())? {
            return Ok(());
        }
        number = number.saturating_add(u32::try_from(blank).unwrap_or(u32::MAX));
        // A quote that is never closed, or closed by a stray one far below, takes the lines between into one field.
        let to = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let raw = text.as_bytes().get(from..to).unwrap_or(&[]);
        let breaks = ['\n', '\r'];
        let lines: usize = record.iter().map(|f| f.matches(breaks).count()).sum();
        // Lines of an answer are prose; whole rows inside a field have as many signs as the first row.
        let signs = |line: &str| line.bytes().filter(|b| *b == sign).count();
        let rows_inside = |field: &str| {
            let inner = field.split(breaks).skip(1);
            inner.map(signs).any(|n| n >= 2 && n * 2 >= width)
        };
        let swallowed = lines > 0 && width > 0 && record.iter().any(rows_inside);
        let open =
            to >= text.len() && lines > 0 && raw.iter().filter(|b| **b == b'"').count() % 2 == 1;
        if open || swallowed || lines > MOST_LINES {
            return Err(format!("row {}: a quote that is not closed", number + 1));
        }
        if width == 0 {
            width = record.len().saturating_sub(1);
        }
        row(number, record.iter());
        number = number.saturating_add(1);
    }
}

/// A field as a cell: a number only if it is written as a program writes one, so that no code loses a digit.
pub fn cell(field: &str) -> Cell {
    let plain = field.strip_prefix('-').unwrap_or(field);
    let canonical = plain.len() <= 15
        && plain.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && !plain.starts_with('.')
        && !plain.ends_with('.')
        && (!plain.starts_with('0') || plain == "0" || plain.starts_with("0."));
    match field.parse::<f64>() {
        Ok(n) if canonical => Cell::Number(n),
        _ => Cell::Text(field.to_string()),
    }
}

/// Rows of a list with a header line, by the names in the header; for lists of our own.
///
/// # Errors
/// What is wrong, with its line.
pub fn rows_of<T: serde::de::DeserializeOwned>(text: &str) -> Result<Vec<T>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let rows = reader.deserialize().collect::<Result<_, _>>();
    rows.map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_by_content() {
        let text = "\u{5b66}\u{6821},\u{6ee1}\u{610f}\n";
        let (gbk, _, _) = GB18030.encode(text);
        assert_eq!(decoded(&gbk).unwrap(), text);
        assert_eq!(decoded(text.as_bytes()).unwrap(), text);
        assert_eq!(decoded(format!("\u{feff}{text}").as_bytes()).unwrap(), text);
        let wide: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(decoded(&wide).unwrap(), text);
        assert_eq!(decoded(&[0x80, 0xFF, 0xFF, 0x20]), None);
    }

    #[test]
    fn the_sign_is_the_one_that_stands_regularly() {
        let of = |text: &str| char::from(delimiter(text));
        assert_eq!(of("a;b,c\nd,e\nf,g\n"), ',');
        assert_eq!(of("unit:x;year:2024\na,b,c\n1,2,3\n4,5,6\n"), ',');
        assert_eq!(of("title\twith a tab\na,b\n1,2\n"), ',');
        assert_eq!(of("a\tb\n1;2;3\t4\n1;2;3\t4\n"), '\t');
        assert_eq!(of("a;b\n\"x,y,z\";1\n\"x\ny,z\";2\n"), ';');
        assert_eq!(of("a,b,c\n1,2\t,3\n1,2\t\n1\t,2,3\n1,2\t,3,4\n"), ',');
        assert_eq!(of("a,b,c\n1,x;y,3\n1,x;y\n1,x;y,3,4\n1,x;y\n"), ',');
        assert_eq!(of("a,b\n"), ',');
        assert_eq!(of("one"), ',');
        assert_eq!(of(""), ',');
    }

    #[test]
    fn rows_keep_their_numbers() {
        let mut seen = Vec::new();
        each_row("a;b\r\n\r\n\"c;\nd\";e\nf\n\n\ng;h\n", |row, fields| {
            seen.push((row, fields.map(str::to_string).collect::<Vec<_>>()));
        })
        .unwrap();
        let row = |n, f: &[&str]| (n, f.iter().map(|x| (*x).to_string()).collect::<Vec<_>>());
        assert_eq!(
            seen,
            [
                row(0, &["a", "b"]),
                row(2, &["c;\nd", "e"]),
                row(3, &["f"]),
                row(6, &["g", "h"])
            ]
        );
    }

    #[test]
    fn a_quote_that_is_not_closed_does_not_swallow_the_rest() {
        let rows = |text: &str| {
            let mut count = 0;
            let done = each_row(text, |_, _| count += 1);
            (count, done.is_err())
        };
        let tail = "d,e\n".repeat(60);
        assert_eq!(rows(&format!("a,b\nc,\"d\n{tail}")), (1, true));
        assert_eq!(rows(&format!("a,b\nc,\"d\n{tail}e,\"f\"\n")), (1, true));
        assert_eq!(rows("a,b\nc,\"d\ne\"\nf,g\n"), (3, false));
        // A second stray quote closes the first: the rows between are no answer.
        let five = "1,2,3,4,5\n".repeat(10);
        let two = format!("a,b,c,d,e\n1,2,3,4,\"x\n{five}1,2,3,4,\"y\n1,2,3,4,5\n");
        assert_eq!(rows(&two), (1, true));
        assert_eq!(rows(&two.replace('\n', "\r")), (1, true));
        assert_eq!(rows("a,b\nc,5\" disk\nf,g\n"), (3, false));
        assert_eq!(rows("a,b\nc,5\" disk"), (2, false));
    }

    #[test]
    fn fields_as_cells() {
        assert_eq!(cell("12.5"), Cell::Number(12.5));
        assert_eq!(cell("-3"), Cell::Number(-3.0));
        for text in ["007", "1e5", "1.", "inf", "1234567890123456", "1,300"] {
            assert_eq!(cell(text), Cell::Text(text.to_string()));
        }
    }
}
