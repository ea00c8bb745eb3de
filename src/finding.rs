//! One thing that is wrong or noteworthy in what a county sent: rule, place, value and what would be right.
//! Findings never change a figure.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::pipeline::Pipeline;
use crate::pipeline::load::hex;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Must be corrected.
    Error,
    /// Must be corrected or explained.
    Query,
    /// Said for the record.
    Info,
}

impl Severity {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Query => "query",
            Severity::Info => "info",
        }
    }
}

/// The findings that the reader itself makes, with the slots of their messages. Their words stand in the pipeline.
pub const NOTICES: &[(&str, &[&str])] = &[
    ("file-not-workbook", &["found"]),
    ("file-read-as", &["ending", "found"]),
    ("file-has-macros", &[]),
    ("file-has-links", &[]),
    ("file-code-page", &[]),
    ("sheet-without-cells", &["sheets"]),
    ("rows-hidden", &["rows", "columns"]),
    ("file-password", &[]),
    ("file-too-large", &["reason"]),
    ("file-damaged", &["reason"]),
    ("form-unknown", &["sheets", "nearest"]),
    ("form-ambiguous", &["forms"]),
    ("form-empty", &["form"]),
    ("sheet-unknown", &["nearest"]),
    ("sheet-hidden", &[]),
    ("sheet-damaged", &["reason", "after"]),
    ("column-missing", &["column", "found", "nearest"]),
    ("column-ambiguous", &["column", "found"]),
    ("column-unused", &["found"]),
    ("unit-converted", &["column", "unit", "base"]),
    ("unit-unknown", &["column", "unit", "wanted"]),
    ("unit-not-stated", &["column", "unit"]),
    (
        "value-converted",
        &["column", "raw", "value", "count", "why"],
    ),
    ("value-unreadable", &["column", "raw", "wanted"]),
    ("value-error-cell", &["column", "raw"]),
    ("value-not-cached", &["column"]),
    ("value-not-integer", &["column", "raw"]),
    ("value-negative", &["column", "raw"]),
    ("value-token", &["column", "raw", "count", "means"]),
    ("value-missing", &["column", "school_name"]),
    ("blank-as-zero", &["column", "count"]),
    ("row-unnamed", &["count"]),
    ("code-padded", &["column", "raw", "value"]),
    ("code-digits-lost", &["column", "raw"]),
    ("school-code-malformed", &["raw", "length", "school_name"]),
    ("choice-unknown", &["column", "raw", "choices"]),
    ("county-unknown", &["code", "name"]),
    ("county-missing", &["name"]),
    ("county-differs", &["where", "stated", "used"]),
    ("county-undetermined", &["count"]),
    ("county-from-file-name", &["code"]),
    ("period-differs", &["stated", "period"]),
    ("table-missing", &["name", "table"]),
    ("submission-replaced", &["by", "form"]),
    ("submission-identical", &["other"]),
    ("replaced-schools-lost", &["by", "count", "schools"]),
    ("explanation-dropped", &["finding", "text", "was", "now"]),
    ("explanation-empty", &["finding", "column"]),
    ("explanation-unmatched", &["count"]),
    ("correction-not-seen", &["finding"]),
    ("header-changes", &["row"]),
    ("units-disagree", &["column", "unit", "other"]),
    ("row-unidentified", &["count"]),
    ("row-heading", &["count"]),
    ("cells-outside", &["count"]),
    ("stage-absent", &["stage"]),
    ("total-not-read", &["count"]),
    ("school-type-absent", &["school_name"]),
    ("rows-disagree", &["column", "raw", "other"]),
    ("rows-merged", &["count"]),
    ("school-claimed-twice", &["school_name", "others"]),
    ("school-code-absent", &["school_name"]),
    ("stages-unclear", &["school_name", "type"]),
    ("attached-classes", &["school_name", "type", "stage"]),
    ("stage-without-students", &["school_name", "stage"]),
    ("figures-by-stage-needed", &["school_name", "columns"]),
    ("unit-not-counted", &["count", "reason"]),
    ("column-needed", &["column", "count"]),
    ("sheet-computed", &["title"]),
    ("statement-unclear", &["item", "raw", "column"]),
    ("statement-unread", &["item", "raw"]),
    ("answer-without-item", &["raw"]),
    (
        "stated-differs",
        &["column", "stated", "computed", "source"],
    ),
    ("claim-differs", &["criterion", "claim", "verdict"]),
    ("figure-too-high", &["figure", "value", "most"]),
    ("figure-impossible", &["figure", "value", "low", "high"]),
    ("replaced-items-lost", &["by", "count", "items"]),
    ("reference-absent", &["criterion"]),
    ("score-out-of-range", &["criterion", "score", "points"]),
    ("criteria-incomplete", &["part", "count", "criteria"]),
    ("groups-disagree", &["group", "others"]),
    (
        "columns-disagree",
        &["column", "raw", "other", "school_name"],
    ),
    ("parts-taken-off", &["column", "count"]),
    ("parts-unfit", &["column", "raw", "school_name"]),
    ("sheet-stage-unclear", &["form"]),
    ("statistics-table-missing", &["table", "columns"]),
    ("stages-mixed", &["table", "stages"]),
    ("figure-contained", &["column", "other", "count"]),
    ("school-revoked", &["school_name"]),
    ("revoked-with-students", &["school_name", "students"]),
    ("school-name-near", &["school_name", "reason", "others"]),
    (
        "school-not-counted-apart",
        &["school_name", "type", "others"],
    ),
    (
        "school-counted-with-parent",
        &["school_name", "parent", "count"],
    ),
    ("parent-unfit", &["school_name", "parent", "reason"]),
    ("question-missing", &["column"]),
    ("answers-unread", &["column", "count", "returned"]),
    ("answers-county-unclear", &["column", "count"]),
    ("answers-unread-many", &["column", "count", "returned"]),
    ("questionnaires-overlap", &["other", "reason"]),
    ("questionnaires-misaligned", &["count", "returned"]),
    ("scale-unclear", &["scales"]),
    (
        "questionnaires-excluded",
        &["returned", "valid", "excluded", "reasons"],
    ),
    ("questionnaires-none-valid", &["returned", "reasons"]),
    ("questionnaires-added", &["count", "files"]),
    ("duplicates-not-testable", &["returned"]),
    (
        "survey-sources-differ",
        &["group", "column", "answers", "stated"],
    ),
    ("survey-rate-open", &["reason"]),
    ("survey-sample-small", &["valid", "needed", "residents"]),
    (
        "survey-parents-few",
        &["parents", "valid", "share", "least"],
    ),
    ("survey-group-missing", &["groups"]),
    ("survey-group-unbalanced", &["groups", "expected", "most"]),
    ("survey-return-low", &["valid", "issued", "share", "least"]),
    ("survey-return-full", &["valid", "issued", "share"]),
    ("survey-return-over", &["valid", "issued"]),
    ("survey-straight-lining", SCREEN_SLOTS),
    ("survey-pattern-repeated", SCREEN_SLOTS),
    ("survey-speeders", SCREEN_SLOTS),
    ("survey-contradictions", SCREEN_SLOTS),
    ("survey-one-device", SCREEN_SLOTS),
    ("survey-one-second", SCREEN_SLOTS),
    ("survey-schools-even", SCREEN_SLOTS),
];

/// What the notices of screens may say: how many of how many, as percent, and what all counties have.
const SCREEN_SLOTS: &[&str] = &["count", "base", "share", "province", "bound", "schools"];

/// The notices that screens make.
pub const SCREENS: &[&str] = &[
    "survey-straight-lining",
    "survey-pattern-repeated",
    "survey-speeders",
    "survey-contradictions",
    "survey-one-device",
    "survey-one-second",
    "survey-schools-even",
];

/// The place that a finding is about. Rows and columns count from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Path relative to the input folder.
    pub file: Option<String>,
    pub sheet: Option<String>,
    /// A1 address, or several, separated by commas.
    pub cell: Option<String>,
}

/// One finding. Texts are in the words of the pipeline.
#[derive(Debug, Clone)]
pub struct Finding {
    pub id: String,
    pub rule: String,
    pub severity: Severity,
    pub level: i64,
    pub county_code: Option<String>,
    pub school_code: Option<String>,
    pub school_name: Option<String>,
    pub place: Place,
    /// Title of the column, or columns, in question.
    pub column: Option<String>,
    /// What else tells it from others of its rule, entity and column: a criterion, a table, a header. Part of the id.
    pub field: Option<String>,
    /// The value as seen in the cell.
    pub value: Option<String>,
    /// What would be right, where it is known.
    pub expected: Option<String>,
    pub message: String,
    pub remedy: String,
    /// The value as it was taken, where that is not how it is written.
    pub read: Option<String>,
    /// What would be right in the first cell, in the base unit of its column.
    pub expected_value: Option<f64>,
    /// Id of the finding that this one follows from.
    pub cause: Option<String>,
    /// What it could change; findings that nothing hangs on have none.
    pub impact: Option<Impact>,
    pub state: State,
    /// What the county says to it.
    pub explanation: Option<Explanation>,
    /// A mark of what it is said of: an explanation holds as long as it is the same.
    pub mark: String,
}

impl Finding {
    /// Whether a county must correct or explain it.
    pub fn is_asked(&self) -> bool {
        self.severity != Severity::Info
    }
}

/// How a finding stands to earlier runs of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The first run that has it.
    #[default]
    New,
    /// An earlier run had it, and nothing was said or done.
    Open,
    /// An earlier run had it, this one does not.
    Fixed,
    /// The county says why the value is right, and the value is what it was then.
    Explained,
    /// It was fixed in an earlier run and is back.
    Recurred,
}

impl State {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            State::New => "new",
            State::Open => "open",
            State::Fixed => "fixed",
            State::Explained => "explained",
            State::Recurred => "recurred",
        }
    }
}

/// What a county says to a finding in the file that it got back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// One of the pipeline's reasons.
    pub reason: String,
    pub text: String,
    /// The value that it was said of.
    pub value: Option<String>,
}

/// What would be another one if the value were what is expected, or without the unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Impact {
    /// The verdict on the county or one of its parts.
    pub county_flips: bool,
    pub school_flips: bool,
    /// The largest change of a coefficient of variation, its magnitude.
    pub cv_change: f64,
    /// Students that it is about.
    pub size: f64,
    /// The same in the words of the pipeline.
    pub text: String,
}

/// A finding before its texts are filled in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Draft {
    pub county_code: Option<String>,
    pub school_code: Option<String>,
    pub school_name: Option<String>,
    pub place: Place,
    pub column: Option<String>,
    pub field: Option<String>,
    pub value: Option<String>,
    pub expected: Option<String>,
    pub read: Option<String>,
    pub expected_value: Option<f64>,
    #[serde(skip)]
    pub slots: Vec<(&'static str, String)>,
}

impl Draft {
    /// A finding of the reader, in the words that the pipeline has for it.
    pub fn notice(mut self, pipeline: &Pipeline, id: &str) -> Finding {
        if self.field.is_none() {
            let telling = self.slots.iter().filter(|(name, _)| FIELDS.contains(name));
            let parts: Vec<&str> = telling.map(|(_, value)| value.as_str()).collect();
            self.field = Some(parts.join("/")).filter(|field| !field.is_empty());
        }
        let notice = &pipeline.notices[id];
        let message = notice.message.fill(|slot| {
            let mut slots = self.slots.iter();
            let own = slots.find(|(name, _)| *name == slot);
            own.map_or(String::new(), |(_, value)| value.clone())
        });
        let remedy = notice.remedy.clone();
        // What it says, whatever the words: where cells stand is none of it.
        let said: Vec<String> = self
            .slots
            .iter()
            .map(|(_, v)| without_addresses(v))
            .collect();
        let mut finding = self.finding(id, notice.severity, notice.level, message, remedy);
        if finding.value.is_none() {
            finding.mark = said.join("/");
        }
        finding
    }

    /// A finding with its texts.
    pub fn finding(
        self,
        rule: &str,
        severity: Severity,
        level: i64,
        message: String,
        remedy: String,
    ) -> Finding {
        Finding {
            id: String::new(),
            rule: rule.to_string(),
            severity,
            level,
            county_code: self.county_code,
            school_code: self.school_code,
            school_name: self.school_name,
            place: self.place,
            column: self.column,
            field: self.field,
            value: self.value,
            expected: self.expected,
            message,
            remedy,
            read: self.read,
            expected_value: self.expected_value,
            cause: None,
            impact: None,
            state: State::New,
            explanation: None,
            mark: String::new(),
        }
    }

    /// Adds a slot.
    pub fn slot(mut self, name: &'static str, value: impl Into<String>) -> Draft {
        self.slots.push((name, value.into()));
        self
    }
}

/// The slots of notices that say what a finding is about, and not how things stand.
const FIELDS: &[&str] = &[
    "code",
    "criterion",
    "figure",
    "form",
    "group",
    "item",
    "part",
    "stage",
    "table",
];

/// Sorts findings (county, severity, file, sheet, cell, rule) and gives each its id. It stays the same over runs as long as
/// rule, county, entity, field and period do: a school by its code and its name, else a sheet by its name, else a file by
/// its name without what tells one edition from another. Neither the cell nor the file of a sheet is part of it, which
/// change when a corrected file comes. Several that are alike are told apart by their files, and those of one file by a
/// number. `editions` are the words in file names that mark a corrected file.
pub fn finish(mut findings: Vec<Finding>, period: i64, editions: &[String]) -> Vec<Finding> {
    sort(&mut findings);
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, finding) in findings.iter().enumerate() {
        let id = hashed(&about(finding, period, editions));
        alike.entry(id).or_default().push(i);
    }
    let mut seen: HashMap<String, u32> = HashMap::new();
    for (id, members) in alike {
        let file = |i: usize| file_of(&findings[i], editions);
        let one = members.iter().all(|i| file(*i) == file(members[0]));
        let ids: Vec<String> = members
            .iter()
            .map(|i| match one {
                true => id.clone(),
                false => hashed(&[id.clone(), file(*i)]),
            })
            .collect();
        for (i, id) in members.into_iter().zip(ids) {
            let n = seen.entry(id.clone()).or_insert(0);
            *n += 1;
            findings[i].id = if *n == 1 { id } else { format!("{id}-{n}") };
        }
    }
    findings
}

/// Puts findings into their order.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
}

/// What a finding is about, wherever it stands now.
fn about(finding: &Finding, period: i64, editions: &[String]) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut parts = vec![
        finding.rule.clone(),
        text(&finding.county_code),
        period.to_string(),
    ];
    let place = &finding.place;
    if finding.school_code.is_some() || finding.school_name.is_some() {
        parts.extend([text(&finding.school_code), text(&finding.school_name)]);
    } else if finding.column.is_some() || place.sheet.is_some() {
        parts.extend([String::new(), text(&place.sheet)]);
    } else {
        parts.extend([String::new(), file_of(finding, editions)]);
    }
    parts.extend([text(&finding.column), text(&finding.field)]);
    parts
}

/// The finding's file without what tells one edition from another.
fn file_of(finding: &Finding, editions: &[String]) -> String {
    let path = finding.place.file.as_deref().unwrap_or("");
    crate::ingest::submission::without_edition(path, editions)
}

/// A short hash that no spreadsheet takes for a number.
fn hashed(parts: &[String]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    format!("q{}", hex(&hash.finalize()[..6]))
}

type Key<'a> = (
    &'a Option<String>,
    Severity,
    &'a Option<String>,
    &'a Option<String>,
    (u32, u32),
    &'a str,
    &'a Option<String>,
    &'a str,
);

fn key(f: &Finding) -> Key<'_> {
    let cell = f.place.cell.as_deref().map_or((0, 0), first_cell);
    (
        &f.county_code,
        f.severity,
        &f.place.file,
        &f.place.sheet,
        cell,
        &f.rule,
        &f.school_code,
        &f.message,
    )
}

/// Row and column, from 1, of the first address in a list of addresses; 0 without one.
pub fn first_cell(text: &str) -> (u32, u32) {
    first_address(text).map_or((0, 0), |(row, col)| (row + 1, col + 1))
}

/// A text without the addresses of cells in it.
fn without_addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    let mut leave = |word: &mut String| {
        if address(word).is_none() {
            out.push_str(word);
        }
        word.clear();
    };
    for c in text.chars() {
        match c.is_ascii_alphanumeric() {
            true => word.push(c),
            false => {
                leave(&mut word);
                word.push(c);
                leave(&mut word);
            }
        }
    }
    leave(&mut word);
    out
}

/// Row and column, from 0, of the first address in a list of addresses and ranges.
pub fn first_address(cells: &str) -> Option<(u32, u32)> {
    address(cells.split([',', ':']).next()?)
}

/// Row and column, from 0, of an A1 address.
pub fn address(text: &str) -> Option<(u32, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at(digits);
    let mut col: u32 = 0;
    for c in letters.bytes() {
        let digit = match c {
            b'A'..=b'Z' => u32::from(c - b'A') + 1,
            _ => return None,
        };
        col = col.checked_mul(26)?.checked_add(digit)?;
    }
    Some((
        row.parse::<u32>().ok()?.checked_sub(1)?,
        col.checked_sub(1)?,
    ))
}

/// The A1 address of a cell; row and column from 0.
pub fn a1(row: u32, col: u32) -> String {
    format!("{}{}", column_letters(col), row + 1)
}

/// The letters of a column, from 0.
pub fn column_letters(col: u32) -> String {
    let mut letters = Vec::new();
    let mut n = col + 1;
    while n > 0 {
        let digit = (n - 1) % 26;
        letters.push(b'A' + u8::try_from(digit).unwrap_or(0));
        n = (n - 1) / 26;
    }
    letters.reverse();
    String::from_utf8_lossy(&letters).into_owned()
}

/// Many cells as a list of addresses and ranges, column by column: `F5,F7:F9`.
pub fn cell_list(cells: &[(u32, u32)]) -> String {
    let mut sorted: Vec<(u32, u32)> = cells.iter().map(|(r, c)| (*c, *r)).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut out: Vec<String> = Vec::new();
    let mut i = 0;
    while i < sorted.len() {
        let (col, start) = sorted[i];
        let mut end = start;
        while i + 1 < sorted.len() && sorted[i + 1] == (col, end + 1) {
            end += 1;
            i += 1;
        }
        out.push(if end == start {
            a1(start, col)
        } else {
            format!("{}:{}", a1(start, col), a1(end, col))
        });
        i += 1;
    }
    out.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rule: &str, file: &str, cell: &str) -> Finding {
        let place = Place {
            file: Some(file.to_string()),
            sheet: Some("s".to_string()),
            cell: Some(cell.to_string()),
        };
        let draft = Draft {
            county_code: Some("1".to_string()),
            place,
            ..Draft::default()
        };
        draft.finding(rule, Severity::Error, 0, String::new(), String::new())
    }

    fn ids(findings: Vec<Finding>) -> Vec<String> {
        let words = ["corrected".to_string()];
        let done = finish(findings, 2024, &words);
        done.into_iter().map(|f| f.id).collect()
    }

    #[test]
    fn an_id_stays_when_a_corrected_file_has_it_in_another_row() {
        let school = |code: &str, name: &str, file: &str, cell: &str| Finding {
            school_code: Some(code.to_string()),
            school_name: Some(name.to_string()),
            column: Some("c".to_string()),
            ..of("r", file, cell)
        };
        let first = ids(vec![
            school("7", "a", "x/t.xlsx", "F5"),
            school("7", "b", "x/t.xlsx", "F6"),
            of("heading", "x/t.xlsx", "A9"),
            of("heading", "x/u.xlsx", "A9"),
        ]);
        let corrected = "x/t(corrected)-2024-11-03.xlsx";
        let second = ids(vec![
            school("7", "a", corrected, "F6"),
            school("7", "b", corrected, "F7"),
            of("heading", corrected, "A10"),
            of("heading", "x/u.xlsx", "A9"),
        ]);
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids.dedup();
            ids
        };
        assert_eq!(sorted(first.clone()), sorted(second));
        assert_eq!(sorted(first).len(), 4);
    }

    #[test]
    fn alike_findings_of_one_file_have_numbers() {
        let ids = ids(vec![of("r", "t.xlsx", "A3"), of("r", "t.xlsx", "A2")]);
        assert_eq!(ids[1], format!("{}-2", ids[0]));
        assert!(ids[0].starts_with('q') && ids[0].len() == 13);
    }

    #[test]
    fn addresses() {
        assert_eq!(a1(0, 0), "A1");
        assert_eq!(a1(16, 5), "F17");
        assert_eq!(a1(0, 25), "Z1");
        assert_eq!(a1(0, 26), "AA1");
        assert_eq!(a1(1_048_575, 16_383), "XFD1048576");
        assert_eq!(
            cell_list(&[(4, 5), (6, 5), (7, 5), (8, 5), (4, 6)]),
            "F5,F7:F9,G5"
        );
        assert_eq!(first_cell("F17,F19"), (17, 6));
    }
}
