//! Tables written as markup under a workbook's name -> cells: HTML pages and XML Spreadsheet 2003, as web systems export
//! them. What the cells mean, and workbooks that are zip or OLE files, do not belong here.
//!
//! Nothing outside the bytes is opened, nothing recurses, and what is kept is bounded by `Limits`.

mod css;
mod decode;
mod elements;
mod html;
mod island;
mod layout;
mod lines;
mod page;
mod spreadsheet_cells;
mod spreadsheet_xml;
mod tables;
mod value;

#[cfg(test)]
mod tests;

use crate::ingest::grid::Cell;

pub use html::read_html;
pub use spreadsheet_xml::read_spreadsheet_xml;

use crate::ingest::formats::{MAX_COLUMN, MAX_ROW};

/// One sheet as far as it could be read. Rows and columns count from 0; blocks and ranges include both ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MarkupSheet {
    pub name: String,
    pub hidden: bool,
    /// Cells that hold something, by row and column.
    pub cells: Vec<(u32, u32, Cell)>,
    /// Merged blocks: top, left, bottom, right.
    pub merges: Vec<(u32, u32, u32, u32)>,
    /// Cells with a number whose format shows percent, by row and column.
    pub percent: Vec<(u32, u32)>,
    /// Hidden rows that hold something, in order.
    pub hidden_rows: Vec<u32>,
    /// Hidden columns, first and last.
    pub hidden_cols: Vec<(u32, u32)>,
    /// Why the cells are not all that the file was to hold.
    pub damaged: Option<String>,
}

/// What a file may hold at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub cells: usize,
    /// Bytes of text in cells.
    pub text: usize,
    pub sheets: usize,
    /// Elements (XML) or tables (HTML) inside each other.
    pub depth: usize,
    pub merges: usize,
}

/// Why a file gave no sheets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    TooLarge(String),
    Damaged(String),
    /// HTML without a table, XML that is no spreadsheet.
    NotTable,
    /// It declares entities, or (XML) a document type.
    Entities,
}

/// Why reading ended before the file did.
#[derive(Debug)]
enum Stop {
    /// Nothing of the file is to be used.
    Refused(Refusal),
    /// What was read before may be used.
    Broken(String),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

/// Counts what was kept of a file.
#[derive(Debug)]
struct Budget {
    limits: Limits,
    cells: usize,
    text: usize,
    merges: usize,
    /// Grid positions passed over because merged blocks cover them.
    covered: usize,
}

impl Budget {
    fn new(limits: &Limits) -> Budget {
        Budget {
            limits: *limits,
            cells: 0,
            text: 0,
            merges: 0,
            covered: 0,
        }
    }

    /// Something that takes the room of so many cells.
    fn room(&mut self, cells: usize) -> Result<(), Refusal> {
        self.cells = self.cells.saturating_add(cells);
        if self.cells > self.limits.cells {
            let most = self.limits.cells;
            return Err(Refusal::TooLarge(format!("more than {most} cells")));
        }
        Ok(())
    }

    /// Whether there is room for so many more bytes of text.
    fn fits(&self, text: usize) -> Result<(), Refusal> {
        if self.text.saturating_add(text) > self.limits.text {
            let most = self.limits.text >> 20;
            return Err(Refusal::TooLarge(format!("more than {most} MiB of text")));
        }
        Ok(())
    }

    fn cell(&mut self, cell: &Cell) -> Result<(), Refusal> {
        if let Cell::Text(t) | Cell::DateText(t) | Cell::Error(t) = cell {
            self.fits(t.len())?;
            self.text += t.len();
        }
        self.room(1)
    }

    fn merge(&mut self) -> Result<(), Refusal> {
        self.merges += 1;
        if self.merges > self.limits.merges {
            let most = self.limits.merges;
            return Err(Refusal::TooLarge(format!("more than {most} merged blocks")));
        }
        Ok(())
    }

    fn covered(&mut self) -> Result<(), Refusal> {
        self.covered += 1;
        if self.covered / 64 > self.limits.cells {
            return Err(Refusal::TooLarge(
                "merged blocks of absurd size".to_string(),
            ));
        }
        Ok(())
    }
}
