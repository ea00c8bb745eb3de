//! One file from its bytes to what its sheets hold. Bad files give findings, never errors; what was read of the same bytes
//! before is not read again.

use std::time::Duration;

use super::answers::AnswerTable;
use super::formats::ahead::Reading;
use super::formats::content::Content;
use super::formats::{self, Damage, ReadError, Remark};
use super::seal::Seal;
use super::submission::{self, CountyName, Stamp, Submission, county_name};
use super::workbook::{self, BookRead};
use super::{SheetTable, read_sheets, rows};
use crate::finding::Draft;
use crate::pipeline::Pipeline;
use crate::pipeline::model::Limits;

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Accepted,
    Replaced,
    Rejected,
}

impl Status {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Status::Accepted => "accepted",
            Status::Replaced => "replaced",
            Status::Rejected => "rejected",
        }
    }
}

/// One file as read.
#[derive(Debug)]
pub struct FileRead {
    pub submission: Submission,
    pub sha256: String,
    pub bytes: u64,
    /// Its bytes were read before; it was not opened.
    pub recalled: bool,
    /// How its file looked before it was read; none where it could not be.
    pub stamp: Option<Stamp>,
    /// The county that its name speaks of, for files outside county folders.
    pub named: Option<CountyName>,
    pub tables: Vec<SheetTable>,
    /// What its questionnaires came to.
    pub answers: Vec<AnswerTable>,
    /// Findings about the file or a sheet of it: rule and draft.
    pub drafts: Vec<(&'static str, Draft)>,
}

/// What was read of files before, by their content.
pub trait Memory: Sync {
    /// Whether nothing is remembered, of no file: then none need be looked at before it is read.
    fn is_blank(&self) -> bool;
    /// Fills in what was read of a file whose name and bytes are known, and its hash; says whether there was anything.
    fn recall(&self, file: &mut FileRead, seal: &Seal) -> bool;
    /// Keeps what was read of a file.
    fn keep(&self, file: &FileRead, seal: &Seal);
    /// The sheets of a file of which not all is known, for other forms to be looked for in them; fills in its hash.
    fn recall_sheets(&self, file: &mut FileRead, seal: &Seal) -> Option<BookRead>;
    /// Keeps the sheets of a file.
    fn keep_sheets(&self, file: &FileRead, book: &BookRead, seal: &Seal);
}

/// Nothing was read before, and nothing is kept.
pub struct NoMemory;

impl Memory for NoMemory {
    fn is_blank(&self) -> bool {
        true
    }
    fn recall(&self, _: &mut FileRead, _: &Seal) -> bool {
        false
    }
    fn keep(&self, _: &FileRead, _: &Seal) {}
    fn recall_sheets(&self, _: &mut FileRead, _: &Seal) -> Option<BookRead> {
        None
    }
    fn keep_sheets(&self, _: &FileRead, _: &BookRead, _: &Seal) {}
}

/// Reads one submission: bytes, sheets, forms, records; what was read of the same bytes before is taken as it is. Bad files
/// give findings, never errors, and a panic anywhere in the reading is that file's end only.
pub fn read_file(pipeline: &Pipeline, submission: &Submission, memory: &dyn Memory) -> FileRead {
    let _reading = Reading::begin();
    let mut file = named_file(pipeline, submission);
    let read = |file: &mut FileRead| fill(pipeline, file, memory);
    let word = pipeline.word(Damage::Reader.word());
    guarded(word, &mut file, read);
    file
}

/// Runs a reading; should it panic, what it had read is thrown away and the file counts as damaged.
fn guarded(word: &str, file: &mut FileRead, read: impl FnOnce(&mut FileRead)) {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(file)));
    if let Err(panic) = caught {
        file.tables.clear();
        file.answers.clear();
        file.drafts.clear();
        let text = formats::without_quotes(&crate::log::panic_text(&*panic));
        let reason = format!("{word} ({text})");
        file.say("file-damaged", Draft::default().slot("reason", reason));
    }
}

/// A submission of which nothing has been read yet.
fn named_file(pipeline: &Pipeline, submission: &Submission) -> FileRead {
    let named = if submission.folder.is_none() {
        county_name(submission.name(), pipeline.settings.county_digits)
    } else {
        None
    };
    FileRead {
        submission: submission.clone(),
        sha256: String::new(),
        bytes: 0,
        recalled: false,
        stamp: None,
        named,
        tables: Vec::new(),
        answers: Vec::new(),
        drafts: Vec::new(),
    }
}

fn fill(pipeline: &Pipeline, file: &mut FileRead, memory: &dyn Memory) {
    let limits = &pipeline.limits;
    let failed = |file: &mut FileRead, error: ReadError| {
        let (rule, draft) = refused(pipeline, error);
        file.say(rule, draft);
    };
    if !memory.is_blank() {
        match when_settled(&file.submission, |s| submission::sealed(s, limits)) {
            Ok((seal, stamp)) => {
                file.stamp = Some(stamp);
                file.bytes = seal.bytes();
                file.recalled = memory.recall(file, &seal);
                if file.recalled {
                    return;
                }
                if let Some(book) = memory.recall_sheets(file, &seal) {
                    file.recalled = true;
                    take_sheets(pipeline, file, book);
                    return memory.keep(file, &seal);
                }
            }
            Err(error) => return failed(file, error),
        }
    }
    let read = when_settled(&file.submission, |s| {
        submission::bytes_with_stamp(s, limits)
    });
    let bytes = match read {
        Ok((bytes, stamp)) => {
            file.stamp = Some(stamp);
            bytes
        }
        Err(error) => return failed(file, error),
    };
    file.bytes = bytes.len() as u64;
    file.sha256 = submission::sha256(&bytes);
    match workbook::read(pipeline, &bytes, file.submission.title()) {
        Ok(book) => {
            let whole = book.sheets.iter().all(|s| s.damaged.is_none());
            let seal = whole.then(|| Seal::of(&bytes));
            if let Some(seal) = &seal {
                memory.keep_sheets(file, &book, seal);
            }
            take_sheets(pipeline, file, book);
            if let Some(seal) = &seal {
                memory.keep(file, seal);
            }
        }
        // Why a file, or the rest of a sheet, is not read may hang on the machine, as with one that takes too long: such
        // files are read anew each time.
        Err(error) => {
            let error = match error {
                ReadError::NotWorkbook(Content::Zip) => {
                    closed_archive(&bytes, file.submission.member.len(), limits)
                }
                other => other,
            };
            failed(file, error);
        }
    }
}

/// Looks for forms in the sheets of a file.
fn take_sheets(pipeline: &Pipeline, file: &mut FileRead, mut book: BookRead) {
    for sheet in &mut book.sheets {
        sheet.grid.file = file.submission.title().to_string();
    }
    remarks(pipeline, file, &book);
    read_sheets(pipeline, file, book.sheets);
}

/// How often a file that changes while it is read is read again, and after how long.
const TRIES: u32 = 3;
const BETWEEN: Duration = Duration::from_millis(150);

/// What is got of a file. One that is being written is waited for a little.
fn when_settled<T>(
    submission: &Submission,
    got: impl Fn(&Submission) -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    let mut tries = 1;
    loop {
        match got(submission) {
            Err(ReadError::Damaged(Damage::Changed, _)) if tries < TRIES => {
                tracing::info!(
                    file = submission.path,
                    "changed while it was read, read again"
                );
                std::thread::sleep(BETWEEN * tries);
                tries += 1;
            }
            other => return other,
        }
    }
}

/// Throws away what was read of a file that did not stay the same: a finding says so.
pub fn unsettled(pipeline: &Pipeline, file: &mut FileRead) {
    file.tables.clear();
    file.answers.clear();
    file.drafts.clear();
    let (rule, draft) = refused(pipeline, ReadError::Damaged(Damage::Changed, String::new()));
    file.say(rule, draft);
}

/// Why an archive was not opened when the folder was listed.
fn closed_archive(bytes: &[u8], depth: usize, limits: &Limits) -> ReadError {
    match formats::container::members(std::io::Cursor::new(bytes), limits) {
        Err(error) => error,
        Ok(members) if !members.is_empty() && depth > 0 => {
            let most = limits.archive_depth as u64;
            ReadError::over(formats::Limit::ArchiveDepth, most, None, None)
        }
        Ok(_) => ReadError::NotWorkbook(Content::Zip),
    }
}

/// What there is to say about a file that was read.
fn remarks(pipeline: &Pipeline, file: &mut FileRead, book: &BookRead) {
    let name = file.submission.name();
    if !book.content.fits_name(name) {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let draft = Draft::default()
            .slot("ending", format!(".{ending}"))
            .slot("found", pipeline.word(book.content.word()).to_string());
        file.say("file-read-as", draft);
    }
    for remark in &book.remarks {
        let (rule, draft) = match remark {
            Remark::Macros => ("file-has-macros", Draft::default()),
            Remark::Links => ("file-has-links", Draft::default()),
            Remark::CodePage => ("file-code-page", Draft::default()),
            Remark::OtherSheets(names) => (
                "sheet-without-cells",
                Draft::default().slot("sheets", rows::listed(pipeline, names)),
            ),
        };
        file.say(rule, draft);
    }
}

impl FileRead {
    pub(super) fn say(&mut self, rule: &'static str, mut draft: Draft) {
        draft.place.file = Some(self.submission.path.clone());
        self.drafts.push((rule, draft));
    }
}

fn refused(pipeline: &Pipeline, error: ReadError) -> (&'static str, Draft) {
    match error {
        ReadError::NotWorkbook(content) => (
            "file-not-workbook",
            Draft::default().slot("found", pipeline.word(content.word()).to_string()),
        ),
        ReadError::Password => ("file-password", Draft::default()),
        ReadError::TooLarge {
            limit,
            most,
            found,
            at,
        } => (
            "file-too-large",
            Draft::default().slot("reason", over(pipeline, limit, most, found, at.as_deref())),
        ),
        ReadError::TooMuch(what) => (
            "file-too-large",
            Draft::default().slot(
                "reason",
                format!("{} ({what})", pipeline.word("limit_content")),
            ),
        ),
        ReadError::Damaged(damage, reason) => (
            "file-damaged",
            Draft::default().slot("reason", broken(pipeline, damage, &reason)),
        ),
    }
}

/// A limit that was reached, in words.
pub fn over(
    pipeline: &Pipeline,
    limit: formats::Limit,
    most: u64,
    found: Option<u64>,
    at: Option<&str>,
) -> String {
    let what = pipeline.word(limit.word());
    let at = at.map_or(String::new(), |at| format!("{at}: "));
    match found {
        Some(found) => format!("{at}{what} {found} > {most}"),
        None => format!("{at}{what} > {most}"),
    }
}

/// A damage in words, with what the reader says of it.
fn broken(pipeline: &Pipeline, damage: Damage, reason: &str) -> String {
    let word = pipeline.word(damage.word());
    if reason.is_empty() {
        word.to_string()
    } else {
        format!("{word} ({reason})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_while_reading_is_the_end_of_that_file_only() {
        let mut file = FileRead {
            submission: Submission {
                path: "a.xlsx".to_string(),
                absolute: std::path::PathBuf::new(),
                member: Vec::new(),
                folder: None,
                modified: 0,
            },
            sha256: String::new(),
            bytes: 0,
            recalled: false,
            stamp: None,
            named: None,
            tables: vec![SheetTable::new("x", 0, 0, None)],
            answers: Vec::new(),
            drafts: Vec::new(),
        };
        guarded("broken", &mut file, |_| panic!("a fault at '13812345678'"));
        assert!(file.tables.is_empty());
        assert_eq!(file.drafts.len(), 1);
        let (rule, draft) = &file.drafts[0];
        assert_eq!(*rule, "file-damaged");
        assert_eq!(
            draft.slots,
            [("reason", "broken (a fault at \u{2026})".to_string())]
        );
    }
}
