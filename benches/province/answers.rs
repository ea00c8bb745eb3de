//! 满意度问卷: raw questionnaires, written as XML by hand and packed as it is written, so that a county takes well under a second
//! and no more memory than a few rows.
//!
//! Every respondent is drawn: one's group, school (more often a large one) and answers. Schools differ in how satisfied theirs
//! are, so that the clusters matter. Parents are three fifths and the other groups come in equal parts, as the sampling rules of the survey ask;
//! every questionnaire is valid. That is cleaner than what counties send: these files are for measuring, not for testing what is refused.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::answer_sheet::{self, HEADERS, SCALE};
use crate::arguments::Plan;
use crate::county::County;
use crate::numbers::{Purpose, Rng, growth};

/// Deflate's fastest level: files 60% larger than with the usual one, which inflate about as fast.
const LEVEL: i64 = 1;
/// Parents take more than half by themselves.
const OTHERS: [(&str, bool); 6] = [
    ("学生", true),
    ("教师", true),
    ("校长", true),
    ("人大代表", false),
    ("政协委员", false),
    ("其他群众", false),
];
/// Seconds in which answers come in: 14 days from 7 to 22 o'clock.
const DAY: u64 = 15 * 3600;
const SPAN: u64 = 14 * DAY;
const CHUNK: usize = 1 << 16;

pub fn write(path: &Path, plan: &Plan, county: &County, nth: usize) -> io::Result<()> {
    let rng = &mut Rng::of(plan.seed, nth, Purpose::Answers);
    let schools = Schools::of(rng, county);
    let target = BufWriter::new(File::create(path)?);
    answer_sheet::workbook(target, Some(LEVEL), None, |part| {
        let mut sheet = Sheet(Vec::with_capacity(2 * CHUNK));
        sheet.0.extend_from_slice(OPENING.as_bytes());
        sheet.row(1, |sheet, row| {
            for (column, header) in (b'A'..).zip(HEADERS) {
                sheet.cell(column, row, header);
            }
        });
        for respondent in 0..plan.respondents {
            sheet.row(respondent + 2, |sheet, row| {
                sheet.answers(rng, plan, county, &schools, respondent, row);
            });
            if sheet.0.len() > CHUNK {
                part.write_all(&sheet.0)?;
                sheet.0.clear();
            }
        }
        sheet.0.extend_from_slice(CLOSING.as_bytes());
        part.write_all(&sheet.0)
    })?
    .flush()
}

const OPENING: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#;
const CLOSING: &str = "</sheetData></worksheet>";

/// How often a school is named and how satisfied its respondents are.
struct Schools<'a> {
    /// Name, pupils of this school and those before it, share of satisfied.
    named: Vec<(&'a str, u32, f64)>,
    pupils: u32,
    /// Of respondents without a school.
    satisfied: f64,
}

impl Schools<'_> {
    fn of<'a>(rng: &mut Rng, county: &'a County) -> Schools<'a> {
        let odds = county.satisfied / (1.0 - county.satisfied);
        let mut pupils = 0;
        let one = |school: &'a crate::school::School| {
            pupils += school.pupils();
            let own = odds * growth(0.35 * rng.normal());
            (school.place.name.as_str(), pupils, own / (1.0 + own))
        };
        let named = county.schools.iter().map(one).collect();
        Schools {
            named,
            pupils,
            satisfied: county.satisfied,
        }
    }

    fn draw(&self, rng: &mut Rng) -> (&str, f64) {
        let pupil = rng.whole(1, self.pupils);
        let at = self.named.partition_point(|(_, last, _)| *last < pupil);
        let (name, _, satisfied) = self.named[at];
        (name, satisfied)
    }
}

/// XML that is not yet packed. No text here needs escaping.
struct Sheet(Vec<u8>);

impl Sheet {
    fn row(&mut self, number: u32, cells: impl FnOnce(&mut Sheet, &str)) {
        let number = number.to_string();
        self.put(&[r#"<row r=""#, &number, r#"">"#]);
        cells(self, &number);
        self.put(&["</row>"]);
    }

    fn put(&mut self, texts: &[&str]) {
        for text in texts {
            self.0.extend_from_slice(text.as_bytes());
        }
    }

    fn open(&mut self, column: u8, row: &str) {
        self.put(&[r#"<c r=""#]);
        self.0.push(column);
        self.put(&[row, r#"" t="inlineStr"><is><t>"#]);
    }

    fn close(&mut self) {
        self.put(&["</t></is></c>"]);
    }

    fn cell(&mut self, column: u8, row: &str, text: &str) {
        self.open(column, row);
        self.put(&[text]);
        self.close();
    }

    fn formatted(&mut self, column: u8, row: &str, text: std::fmt::Arguments<'_>) {
        self.open(column, row);
        self.0.write_fmt(text).expect("a vector takes any bytes");
        self.close();
    }

    /// One respondent's cells.
    fn answers(
        &mut self,
        rng: &mut Rng,
        plan: &Plan,
        county: &County,
        schools: &Schools,
        nth: u32,
        row: &str,
    ) {
        self.put(&[
            r#"<c r="A"#,
            row,
            r#""><v>"#,
            &(nth + 1).to_string(),
            "</v></c>",
        ]);
        let step = (SPAN / u64::from(plan.respondents)).max(1) as u32;
        let second = u64::from(nth) * SPAN / u64::from(plan.respondents);
        let second = (second + u64::from(rng.whole(0, step - 1))).min(SPAN - 1);
        let (day, second) = (5 + second / DAY, 7 * 3600 + second % DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let period = plan.period;
        self.formatted(
            b'B',
            row,
            format_args!("{period}/11/{day:02} {hour:02}:{minute:02}:{second:02}"),
        );
        match 30 + rng.whole(0, 140) + rng.whole(0, 140) {
            short @ ..60 => self.formatted(b'C', row, format_args!("{short}秒")),
            long => self.formatted(b'C', row, format_args!("{}分{:02}秒", long / 60, long % 60)),
        }
        self.cell(
            b'D',
            row,
            if rng.percent(85.0) {
                "微信"
            } else {
                "手机提交"
            },
        );
        let [a, b, c, d] =
            [(1, 223), (0, 255), (0, 255), (1, 254)].map(|(from, to)| rng.whole(from, to));
        self.formatted(b'E', row, format_args!("{a}.{b}.{c}.{d}(某省-某市)"));
        self.cell(b'F', row, &county.name.name);
        let (group, of_school) = match rng.whole(0, 14) as usize {
            other @ 0..6 => OTHERS[other],
            _ => ("学生家长", true),
        };
        self.cell(b'G', row, group);
        let (school, share) = if of_school {
            schools.draw(rng)
        } else {
            ("", schools.satisfied)
        };
        // A blank cell, as platforms write it.
        self.cell(b'H', row, school);
        let satisfied = rng.real(0.0, 1.0) < share;
        for column in b'I'..=b'M' {
            let as_whole = rng.percent(85.0);
            let answer = match (satisfied == as_whole, rng.whole(1, 50)) {
                (_, 1) => 5,
                (true, 2..=20) => 0,
                (true, _) => 1,
                (false, 2..=30) => 2,
                (false, 31..=45) => 3,
                (false, _) => 4,
            };
            self.cell(column, row, SCALE[answer]);
        }
        let overall = match (satisfied, rng.whole(1, 10)) {
            (true, 1..=4) => 0,
            (true, _) => 1,
            (false, 1..=6) => 2,
            (false, 7..=8) => 3,
            (false, 9) => 4,
            (false, _) => 5,
        };
        self.cell(b'N', row, SCALE[overall]);
    }
}
