//! Files of raw questionnaires, made from a seed: 14 columns as survey platforms export them, with inline or shared strings
//! as a workbook, or as text.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use crate::answer_sheet::{self, HEADERS, SCALE};

/// A small generator of numbers: the same seed gives the same file.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Numbers {
        Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

/// One row a respondent.
fn rows(respondents: u32, county: &str, seed: u64) -> impl Iterator<Item = [String; 14]> + '_ {
    let mut numbers = Numbers::new(seed);
    (0..respondents).map(move |i| {
        let mood = numbers.below(100);
        let mut answer = || {
            let own = (mood + numbers.below(60)) / 2;
            let level = match own {
                0..=5 => 4,
                6..=11 => 3,
                12..=18 => 2,
                19..=50 => 1,
                _ => 0,
            };
            let unknown = numbers.below(50) == 0;
            SCALE[if unknown { 5 } else { level }].to_string()
        };
        let answers = [answer(), answer(), answer(), answer(), answer(), answer()];
        let [a, b, c, d, e, f] = answers;
        let identity = match numbers.below(100) {
            0..=69 => "学生家长",
            70..=84 => "学生",
            85..=93 => "教师",
            94..=95 => "校长",
            96..=97 => "人大代表",
            98 => "教师┋学生家长",
            _ => "其他群众",
        };
        let second = u64::from(i) * 3 + numbers.below(3);
        let (day, rest) = (1 + second / 86_400, second % 86_400);
        [
            (i + 1).to_string(),
            format!(
                "2024/11/{day:02} {:02}:{:02}:{:02}",
                rest / 3600,
                rest / 60 % 60,
                rest % 60
            ),
            format!("{}秒", 40 + numbers.below(400)),
            "微信".to_string(),
            format!(
                "{}.{}.{}.{}(某省-某市)",
                1 + numbers.below(223),
                numbers.below(256),
                numbers.below(256),
                numbers.below(256)
            ),
            county.to_string(),
            identity.to_string(),
            format!("第{}学校", 1 + numbers.below(150)),
            a,
            b,
            c,
            d,
            e,
            f,
        ]
    })
}

/// How the strings of a workbook are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Strings {
    Inline,
    Shared,
}

/// A workbook with one sheet.
pub fn workbook(respondents: u32, county: &str, seed: u64, strings: Strings) -> Vec<u8> {
    let mut sheet = String::from(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#,
    );
    let mut shared: Vec<String> = Vec::new();
    let mut known: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let header = HEADERS.map(str::to_string);
    for (r, row) in std::iter::once(header)
        .chain(rows(respondents, county, seed))
        .enumerate()
    {
        let _ = write!(sheet, r#"<row r="{}">"#, r + 1);
        for (c, text) in row.iter().enumerate() {
            let letter = char::from(b'A' + u8::try_from(c).unwrap_or(0));
            let at = format!("{letter}{}", r + 1);
            if c == 0 && r > 0 {
                let _ = write!(sheet, r#"<c r="{at}"><v>{text}</v></c>"#);
            } else if strings == Strings::Inline {
                let _ = write!(
                    sheet,
                    r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#
                );
            } else {
                let n = *known.entry(text.clone()).or_insert_with(|| {
                    shared.push(text.clone());
                    shared.len() - 1
                });
                let _ = write!(sheet, r#"<c r="{at}" t="s"><v>{n}</v></c>"#);
            }
        }
        sheet.push_str("</row>");
    }
    sheet.push_str("</sheetData></worksheet>");
    let mut table = format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="{}">"#,
        shared.len()
    );
    for text in &shared {
        let _ = write!(table, "<si><t>{text}</t></si>");
    }
    table.push_str("</sst>");
    let shared = (strings == Strings::Shared).then_some(table.as_str());
    let target = Cursor::new(Vec::new());
    answer_sheet::workbook(target, None, shared, |part| {
        part.write_all(sheet.as_bytes())
    })
    .expect("a zip in memory takes parts")
    .into_inner()
}

/// The same as text with commas.
pub fn text(respondents: u32, county: &str, seed: u64) -> Vec<u8> {
    let mut out = HEADERS.join(",") + "\n";
    for row in rows(respondents, county, seed) {
        out.push_str(&row.join(","));
        out.push('\n');
    }
    out.into_bytes()
}
