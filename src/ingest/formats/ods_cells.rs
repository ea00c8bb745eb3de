//! Elements of a spreadsheet's content as calamine should see them: where one stands, and what a cell's attributes and
//! text tell. Neither rows and sheets nor limits belong here.

use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart};

use crate::ingest::formats::extras::Refusal;
use crate::ingest::formats::package::damaged;

pub const CONTENT: &str = "content.xml";

/// A refusal of the content.
pub fn broken(why: &str) -> Refusal {
    Refusal::Damaged(format!("{CONTENT}: {why}"))
}

/// The character of a reference; others than those of XML itself are defined nowhere.
pub fn resolved(r: &BytesRef<'_>) -> Result<char, Refusal> {
    let name: &str = r;
    let text = format!("&{name};");
    match unescape(&text).map(|t| t.chars().next()) {
        Ok(Some(c)) => Ok(c),
        _ => Err(broken("undefined entity")),
    }
}

/// Where an element stands, seen as calamine should see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Outside,
    Names,
    Table,
    /// A group of rows or columns.
    Group,
    Column,
    Row,
    Cell,
    /// A paragraph of a cell, or a span in one.
    Paragraph,
    Space,
    /// What is no part of the cells' values, with all that is in it.
    Skipped,
}

impl Place {
    /// The place of an element within another, and whether calamine takes it for something else.
    pub fn inside(parent: Option<Place>, name: &str) -> (Place, bool) {
        let is_table = name.starts_with("table:table")
            || matches!(name, "table:covered-table-cell" | "table:named-expressions");
        match parent {
            None | Some(Place::Outside) => match name {
                "table:table" => (Place::Table, false),
                "table:named-expressions" => (Place::Names, false),
                "table:dde-links" | "table:tracked-changes" => (Place::Skipped, false),
                _ => (Place::Outside, false),
            },
            Some(Place::Table | Place::Group) => match name {
                "table:table-row" => (Place::Row, false),
                "table:table-column" => (Place::Column, false),
                "table:table-rows"
                | "table:table-row-group"
                | "table:table-header-rows"
                | "table:table-columns"
                | "table:table-column-group"
                | "table:table-header-columns" => (Place::Group, false),
                "table:table" => (Place::Skipped, true),
                _ => (Place::Skipped, false),
            },
            Some(Place::Row) => match name {
                "table:table-cell" | "table:covered-table-cell" => (Place::Cell, false),
                _ => (Place::Skipped, true),
            },
            Some(Place::Cell) => match name {
                _ if name.starts_with("text:") => (Place::Paragraph, false),
                "office:annotation" => (Place::Skipped, false),
                _ => (Place::Skipped, true),
            },
            Some(Place::Paragraph) => match name {
                "text:s" => (Place::Space, false),
                "text:note" | "text:ruby-text" => (Place::Skipped, true),
                _ if name.starts_with("text:") => (Place::Paragraph, false),
                _ => (Place::Skipped, true),
            },
            Some(Place::Names | Place::Column | Place::Space | Place::Skipped) => {
                (Place::Skipped, is_table)
            }
        }
    }
}

/// A cell as its attributes tell of it.
#[derive(Debug, Default)]
pub struct Cell {
    pub repeats: u32,
    pub spans: (u32, u32),
    pub is_string: bool,
    pub is_percent: bool,
    is_error: bool,
    /// calamine takes its value from an attribute.
    pub has_value: bool,
    pub formula: usize,
    pub text: u64,
    /// The first characters that it shows.
    shown: String,
    pub has_paragraph: bool,
}

impl Cell {
    pub fn of(e: &BytesStart<'_>) -> Result<Cell, Refusal> {
        let mut cell = Cell {
            repeats: 1,
            spans: (1, 1),
            ..Cell::default()
        };
        for attribute in e.attributes().with_checks(false) {
            let attribute = attribute.map_err(damaged(CONTENT))?;
            let value: &str = &attribute.value;
            match attribute.key.as_ref() {
                "table:number-columns-repeated" => cell.repeats = count(value)?,
                "table:number-columns-spanned" => cell.spans.1 = count(value)?,
                "table:number-rows-spanned" => cell.spans.0 = count(value)?,
                "office:value-type" => {
                    cell.is_string = value == "string";
                    cell.is_percent = value == "percentage";
                }
                "office:value"
                | "office:string-value"
                | "office:date-value"
                | "office:time-value"
                | "office:boolean-value" => {
                    cell.has_value = true;
                    cell.text += value.len() as u64;
                }
                "calcext:value-type" => cell.is_error = value == "error",
                "table:formula" => {
                    cell.formula = value.len();
                    cell.text += value.len() as u64;
                }
                _ => {}
            }
        }
        Ok(cell)
    }

    /// calamine finds no value, though one is shown.
    pub fn is_untyped_text(&self) -> bool {
        !self.has_value && !self.is_string && !self.shown.trim().is_empty()
    }

    /// Counts and keeps text that is shown.
    pub fn show(&mut self, len: usize, text: &str) {
        self.text += len as u64;
        self.shown
            .extend(text.chars().take(16usize.saturating_sub(self.shown.len())));
    }

    /// The error that it shows, where it is an error's.
    pub fn error(&self) -> Option<String> {
        let shown = self.shown.trim();
        let known = [
            "#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!",
        ];
        let is_code = shown.strip_prefix("Err:").is_some_and(|code| {
            !code.is_empty() && code.len() < 5 && code.bytes().all(|b| b.is_ascii_digit())
        });
        let is_one = known.contains(&shown) || is_code;
        // A text that was typed in is none; Excel writes errors as the number 0 that shows "#DIV/0!".
        let is_result = self.formula > 0 || !self.is_string;
        (self.is_error || (is_one && is_result)).then(|| shown.to_string())
    }
}

/// A number of repetitions or spanned cells.
pub fn count(value: &str) -> Result<u32, Refusal> {
    match value.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(broken("a number of repetitions that is none")),
    }
}
