//! A sheet of text and numbers as a workbook with a fixed creation time: the same sheet has the same bytes.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, XlsxError};

#[derive(Clone)]
pub enum Cell {
    Blank,
    Text(String),
    Number(f64),
}

pub fn text(words: &str) -> Cell {
    if words.is_empty() {
        Cell::Blank
    } else {
        Cell::Text(words.to_owned())
    }
}

pub fn count(number: u32) -> Cell {
    Cell::Number(f64::from(number))
}

/// The first `headers` rows are bold; `merged` are ranges of a row: row, first and last column.
pub fn bytes(
    name: &str,
    rows: &[Vec<Cell>],
    headers: usize,
    merged: &[(u32, u16, u16)],
    period: u16,
) -> Result<Vec<u8>, XlsxError> {
    let plain = Format::new();
    let bold = Format::new().set_bold().set_border(FormatBorder::Thin);
    let created = ExcelDateTime::from_ymd(period, 9, 30)?;
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let sheet = book.add_worksheet();
    sheet.set_name(name)?;
    for &(row, first, last) in merged {
        sheet.merge_range(row, first, row, last, "", &bold)?;
    }
    for (r, row) in (0u32..).zip(rows) {
        let format = if (r as usize) < headers {
            &bold
        } else {
            &plain
        };
        for (c, cell) in (0u16..).zip(row) {
            match cell {
                Cell::Blank => continue,
                Cell::Text(words) => sheet.write_string_with_format(r, c, words, format)?,
                Cell::Number(number) => sheet.write_number_with_format(r, c, *number, format)?,
            };
        }
    }
    book.save_to_buffer()
}
