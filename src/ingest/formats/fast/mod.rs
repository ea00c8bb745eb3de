//! The short way through plain .xlsx workbooks: shared texts and worksheets as programs usually write them, read byte by
//! byte in one pass, several times as fast as a reader that must understand all of XML.
//!
//! Whatever is not of the plain kind ends it where it stands, and the library reads the sheet; so nothing here says what is
//! wrong with a file, and nothing guesses. What it gives is what the library would have given, cell by cell. How workbooks
//! are opened, what styles mean and which part belongs to which sheet is asked of the library, not known here.

mod cell;
mod literal;
mod number;
mod scan;
mod sheet;
mod skeleton;
mod text;
mod texts;
mod usual;
mod window;

pub use sheet::{Found, Outcome, Sheet};
pub use skeleton::{Skeleton, style_probe, styles_of};
pub use texts::Texts;

/// Bytes that are unpacked at a time.
pub const CHUNK: usize = 1 << 18;

/// A single cell or element that is longer is not plain.
const MAX_PIECE: usize = 1 << 20;

/// What a style makes of numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// They are dates, times or durations.
    pub is_date: bool,
    /// They are shown as percentages.
    pub is_percent: bool,
}

/// What a worksheet is read with.
#[derive(Debug, Clone, Copy)]
pub struct Context<'t> {
    pub styles: &'t [Style],
    pub texts: &'t Texts,
    pub is_1904: bool,
}
