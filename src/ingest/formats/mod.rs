//! Bytes of a file -> sheets of cells, whatever the file is: chosen by content, never by name; checked before any reader
//! sees it; read here where the reader streams, in a process of its own where it does not. Knows nothing of forms.
//!
//! Each reader library is named in one place: calamine in `excel.rs` and `xlsx.rs`, html5ever in `markup/`, zip in `container.rs` and
//! `package.rs`; quick-xml, which reads what calamine does not tell, only below this folder.

pub mod ahead;
pub mod container;
pub mod content;
mod excel;
mod extras;
mod fast;
mod markup;
mod ods;
mod ods_cells;
mod ods_plain;
mod ole;
mod package;
mod records;
mod remarks;
mod wire;
pub mod worker;
mod xlsb;
mod xlsb_plain;
mod xlsx;
mod xlsx_checked;
mod xlsx_layout;

use serde::{Deserialize, Serialize};

use super::grid::Merge;
use crate::pipeline::model::Limits;
use content::Content;

/// A cell as a reader sees it, before anything is kept of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seen<'a> {
    Text(&'a str),
    /// A field of a text file: nobody said whether it is a text or a number.
    Field(&'a str),
    Number(f64),
    Bool(bool),
    /// Days since the workbook's epoch, and whether that is 1904.
    Date(f64, bool),
    /// A date as ISO 8601 text.
    DateText(&'a str),
    /// `#N/A` and the like.
    Error(&'a str),
    /// A formula whose result was never stored.
    NotCached,
}

/// What a sheet says about its cells beside their values.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    pub merges: Vec<Merge>,
    /// Cells whose number format shows percent.
    pub percent: Vec<(u32, u32)>,
    /// Hidden rows that hold something.
    pub hidden_rows: Vec<u32>,
    /// Hidden columns, first and last.
    pub hidden_cols: Vec<(u32, u32)>,
}

/// What there is to say about a file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remark {
    /// It holds programs, which were not run.
    Macros,
    /// It refers to other files, which were not opened.
    Links,
    /// Its text has no encoding of its own; Chinese was assumed.
    CodePage,
    /// Sheets that hold no cells: charts, macros of old.
    OtherSheets(Vec<String>),
}

/// What a limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    File,
    Part,
    Unpacked,
    Parts,
    ArchiveFiles,
    ArchiveDepth,
    Sheets,
    Cells,
    BoxCells,
    Text,
    SharedTexts,
    MergedBlocks,
    Rows,
    Columns,
    Depth,
    Seconds,
    Worker,
}

impl Limit {
    /// The key of its word.
    pub fn word(self) -> &'static str {
        match self {
            Limit::File => "limit_file",
            Limit::Part => "limit_part",
            Limit::Unpacked => "limit_unpacked",
            Limit::Parts => "limit_parts",
            Limit::ArchiveFiles => "limit_archive_files",
            Limit::ArchiveDepth => "limit_archive_depth",
            Limit::Sheets => "limit_sheets",
            Limit::Cells => "limit_cells",
            Limit::BoxCells => "limit_box_cells",
            Limit::Text => "limit_text",
            Limit::SharedTexts => "limit_shared_texts",
            Limit::MergedBlocks => "limit_merged_blocks",
            Limit::Rows => "limit_rows",
            Limit::Columns => "limit_columns",
            Limit::Depth => "limit_depth",
            Limit::Seconds => "limit_seconds",
            Limit::Worker => "limit_worker",
        }
    }
}

/// What is wrong with a file that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Damage {
    /// The zip container.
    Container,
    /// The container of old Office files.
    Compound,
    /// Declarations of entities or a document type.
    Entities,
    /// An encoding that readers take for another.
    Encoding,
    /// What stands in it.
    Structure,
    /// The file could not be got from the disk.
    Disk,
    /// It changed while it was read.
    Changed,
    /// The reader failed.
    Reader,
    /// The process that read it came to a bad end.
    Worker,
}

impl Damage {
    /// The key of its word.
    pub fn word(self) -> &'static str {
        match self {
            Damage::Container => "damage_container",
            Damage::Compound => "damage_compound",
            Damage::Entities => "damage_entities",
            Damage::Encoding => "damage_encoding",
            Damage::Structure => "damage_structure",
            Damage::Disk => "damage_disk",
            Damage::Changed => "damage_changed",
            Damage::Reader => "damage_reader",
            Damage::Worker => "damage_worker",
        }
    }
}

/// Why a file gave no sheets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadError {
    /// The content is nothing that holds tables.
    NotWorkbook(Content),
    Password,
    /// A limit, what the file has (where it is known), and the part or sheet in question.
    TooLarge {
        limit: Limit,
        most: u64,
        found: Option<u64>,
        at: Option<String>,
    },
    Damaged(Damage, String),
    /// More than may be of something that has no limit of its own in the pipeline; what, as the reader says it.
    TooMuch(String),
}

impl From<extras::Refusal> for ReadError {
    fn from(refusal: extras::Refusal) -> ReadError {
        match refusal {
            extras::Refusal::Password => ReadError::Password,
            extras::Refusal::TooLarge(what) => ReadError::TooMuch(what),
            extras::Refusal::Damaged(why) => {
                ReadError::Damaged(Damage::Structure, without_quotes(&why))
            }
        }
    }
}

impl From<ole::Refusal> for ReadError {
    fn from(refusal: ole::Refusal) -> ReadError {
        match refusal {
            ole::Refusal::Password => ReadError::Password,
            ole::Refusal::TooLarge(what) => ReadError::TooMuch(what),
            ole::Refusal::Damaged(why) => ReadError::Damaged(Damage::Compound, why),
            ole::Refusal::NotWorkbook(_) => ReadError::NotWorkbook(Content::Document),
        }
    }
}

impl ReadError {
    /// A limit that was reached.
    pub fn over(limit: Limit, most: u64, found: Option<u64>, at: Option<&str>) -> ReadError {
        ReadError::TooLarge {
            limit,
            most,
            found,
            at: at.map(str::to_string),
        }
    }
}

/// What takes the cells of a file as they are read. An error ends the reading.
pub trait Sink {
    /// A sheet begins.
    ///
    /// # Errors
    /// When there are more than may be.
    fn sheet(&mut self, name: &str, hidden: bool) -> Result<(), ReadError>;
    /// A cell of it that holds something. Row and column are within a sheet's bounds.
    ///
    /// # Errors
    /// When the sheet holds more than it may.
    fn cell(&mut self, row: u32, col: u32, value: Seen<'_>) -> Result<(), ReadError>;
    /// A cell with a text that may have been given before: within a sheet, the same number is the same text.
    ///
    /// # Errors
    /// As for [`Sink::cell`].
    fn text(&mut self, row: u32, col: u32, number: u32, text: &str) -> Result<(), ReadError> {
        let _ = number;
        self.cell(row, col, Seen::Text(text))
    }
    /// The sheet could not be read to its end; why.
    fn broken(&mut self, reason: &str);
    /// Whether the layout of the sheet that was just read is wanted: finding it takes time.
    fn wants_layout(&mut self) -> bool;
    fn layout(&mut self, layout: Layout);
    fn remark(&mut self, remark: Remark);
}

/// Rows and columns of a sheet.
pub const MAX_ROW: u32 = 1_048_576;
pub const MAX_COLUMN: u32 = 16_384;

/// Reads every sheet of a file and says what the file is. `title` names the only sheet of a file that has no names for
/// sheets.
///
/// # Errors
/// Why nothing of it could be read; what the sink took before is then void.
pub fn read(
    bytes: &[u8],
    title: &str,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<Content, ReadError> {
    let content = content::of(bytes);
    match content {
        Content::Text => super::delimited::read(bytes, title, sink)?,
        Content::Xlsx => {
            container::check(bytes, limits)?;
            xlsx::xlsx(bytes, limits, sink)?;
        }
        // Refused with its reason.
        Content::BrokenZip => container::check(bytes, limits)?,
        Content::Xls | Content::Xlsb | Content::Ods | Content::Html | Content::SpreadsheetXml => {
            worker::read(content, bytes, title, limits, sink)?;
        }
        _ => return Err(ReadError::NotWorkbook(content)),
    }
    Ok(content)
}

/// Reads what is not streamed. Called in a process of its own, where there is one.
fn read_whole(
    content: Content,
    bytes: &[u8],
    title: &str,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<(), ReadError> {
    match content {
        Content::Html | Content::SpreadsheetXml => marked_up(content, bytes, title, limits, sink),
        Content::Xls => excel::xls(bytes, limits, sink),
        Content::Xlsb => {
            container::check(bytes, limits)?;
            excel::xlsb(bytes, limits, sink)
        }
        Content::Ods => {
            container::check(bytes, limits)?;
            excel::ods(bytes, limits, sink)
        }
        _ => Err(ReadError::NotWorkbook(content)),
    }
}

/// Tables written as markup.
fn marked_up(
    content: Content,
    bytes: &[u8],
    title: &str,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<(), ReadError> {
    let most = markup::Limits {
        cells: limits.cells,
        text: limits.text,
        sheets: limits.sheets,
        depth: limits.depth,
        merges: limits.merged_blocks,
    };
    let sheets = if content == Content::Html {
        markup::read_html(bytes, title, &most)
    } else {
        markup::read_spreadsheet_xml(bytes, &most)
    };
    let sheets = sheets.map_err(|refusal| match refusal {
        markup::Refusal::TooLarge(what) => ReadError::TooMuch(what),
        markup::Refusal::Damaged(why) => {
            ReadError::Damaged(Damage::Structure, without_quotes(&why))
        }
        markup::Refusal::NotTable => ReadError::NotWorkbook(content),
        markup::Refusal::Entities => ReadError::Damaged(Damage::Entities, String::new()),
    })?;
    for sheet in sheets {
        sink.sheet(&sheet.name, sheet.hidden)?;
        for (row, col, cell) in &sheet.cells {
            sink.cell(*row, *col, cell.seen())?;
        }
        if let Some(why) = &sheet.damaged {
            sink.broken(&without_quotes(why));
        }
        sink.layout(Layout {
            merges: merged(&sheet.merges),
            percent: sheet.percent,
            hidden_rows: sheet.hidden_rows,
            hidden_cols: sheet.hidden_cols,
        });
    }
    Ok(())
}

/// Merged blocks given by top, left, bottom and right.
fn merged(blocks: &[(u32, u32, u32, u32)]) -> Vec<Merge> {
    let block = |(top, left, bottom, right): &(u32, u32, u32, u32)| Merge {
        top: *top,
        left: *left,
        bottom: *bottom,
        right: *right,
    };
    blocks.iter().map(block).collect()
}

/// The time that a file may take.
pub(crate) struct Deadline {
    until: std::time::Instant,
    seconds: u64,
    count: u32,
}

impl Deadline {
    pub(crate) fn new(limits: &Limits) -> Deadline {
        Deadline {
            until: std::time::Instant::now() + std::time::Duration::from_secs(limits.seconds),
            seconds: limits.seconds,
            count: 0,
        }
    }

    /// Looks at the clock now and then.
    pub(crate) fn check(&mut self) -> Result<(), ReadError> {
        self.count = self.count.wrapping_add(1);
        if self.count.is_multiple_of(4_096) && std::time::Instant::now() > self.until {
            return Err(ReadError::over(Limit::Seconds, self.seconds, None, None));
        }
        Ok(())
    }
}

/// An error's text without what it quotes of the file: that may be what a respondent wrote.
pub fn without_quotes(text: &str) -> String {
    let text = text.split(": ").next().unwrap_or(text);
    let mut out = String::new();
    let mut rest = text;
    while let Some(from) = rest.find(['\'', '"', '`']) {
        out.push_str(&rest[..from]);
        let quote = rest[from..].chars().next().unwrap_or('"');
        out.push('\u{2026}');
        rest = match rest[from + 1..].find(quote) {
            Some(to) => &rest[from + 1 + to + 1..],
            None => "",
        };
    }
    out.push_str(rest);
    out
}
