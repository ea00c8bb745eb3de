//! The folder that is written: its files, and the mistakes planted in them.

use crate::Outcome;
use crate::counties::County;
use crate::forms::rows;
use crate::numbers::cents;
use crate::sheets::{Cell, Sheet};
use rust_xlsxwriter::utility::row_col_to_cell;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook,
};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder that is written, and a README row for each mistake planted in it.
pub struct Target {
    folder: PathBuf,
    pub mistakes: Vec<[String; 6]>,
}

impl Target {
    pub fn emptied(folder: PathBuf) -> Outcome<Target> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let mistakes = Vec::new();
        Ok(Target { folder, mistakes })
    }

    /// County, file, sheet, cell, the mistake in words, finding; `-` stands for what a mistake is not about.
    pub fn record(&mut self, mistake: [&str; 6]) {
        self.mistakes.push(mistake.map(str::to_owned));
    }

    /// Makes mistakes as a script says, one a line: row, column, change, finding, the mistake in words. The row is the nth school
    /// of a kind (`primary 0` is the first), `header`, `total`, or a list's item; the changes are those of `changed`.
    pub fn plant(
        &mut self,
        county: &County,
        file: &str,
        sheet: &mut Sheet,
        script: &'static str,
    ) -> Outcome<()> {
        let code = county.about.code;
        for [row, column, change, finding, mistake] in rows(script) {
            let row = county.row(row)?;
            let address = sheet.address(&row, column)?;
            match changed(sheet, &row, column, change)? {
                Some(cell) => sheet.cells.insert(address, cell),
                None => sheet.cells.remove(&address),
            };
            let cell = row_col_to_cell(address.0, address.1);
            self.record([code, file, &sheet.name, &cell, mistake, finding]);
        }
        Ok(())
    }

    /// A workbook of one 学校汇总表, with a script's mistakes.
    pub fn write_summary(
        &mut self,
        county: &County,
        file: &str,
        mut sheet: Sheet,
        script: &'static str,
    ) -> Outcome<()> {
        self.plant(county, file, &mut sheet, script)?;
        sheet.close();
        self.write(file, &[sheet])
    }

    pub fn write(&self, file: &str, sheets: &[Sheet]) -> Outcome<()> {
        let plain = Format::new();
        let header = Format::new()
            .set_bold()
            .set_border(FormatBorder::Thin)
            .set_text_wrap()
            .set_align(FormatAlign::Center)
            .set_align(FormatAlign::VerticalCenter);
        let created = ExcelDateTime::from_ymd(2024, 9, 30)?;
        let mut workbook = Workbook::new();
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        for sheet in sheets {
            let page = workbook.add_worksheet();
            page.set_name(&sheet.name)?;
            for &(row, column, last_row, last_column) in &sheet.merges {
                page.merge_range(row, column, last_row, last_column, "", &header)?;
            }
            for (&(row, column), cell) in &sheet.cells {
                let format = if row < sheet.headers { &header } else { &plain };
                match cell {
                    Cell::Text(words) | Cell::Written(words, _) => {
                        page.write_string_with_format(row, column, words, format)?
                    }
                    Cell::Number(number) | Cell::Refused(number) => {
                        page.write_number_with_format(row, column, *number, format)?
                    }
                    Cell::NotAvailable => {
                        page.write_formula(row, column, Formula::new("=NA()").set_result("#N/A"))?
                    }
                };
                let wide = column < 2 || sheet.columns.contains_key("value") && column < 5;
                if wide {
                    page.set_column_width(column, if column == 2 { 50 } else { 22 })?;
                }
            }
        }
        self.write_bytes(file, &workbook.save_to_buffer()?)
    }

    pub fn write_bytes(&self, file: &str, bytes: &[u8]) -> Outcome<()> {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        Ok(fs::write(path, bytes)?)
    }
}

/// What stands in a cell after a change; nothing empties it.
fn changed(sheet: &Sheet, row: &str, column: &str, change: &str) -> Outcome<Option<Cell>> {
    let (verb, rest) = change.split_once(' ').unwrap_or((change, ""));
    let value = || sheet.figure(row, column);
    let words = || value().map(|value| value.to_string());
    let written = |words: String| Ok(Some(Cell::Written(words, Some(value()?))));
    Ok(Some(match verb {
        "empty" => return Ok(None),
        "keep" => return Ok(sheet.cells.get(&sheet.address(row, column)?).cloned()),
        "as-text" => return written(words()?),
        "full-width" => return written(words()?.chars().map(full_width).collect()),
        "thousands" => {
            let (thousands, rest) = ((value()? / 1000.0).floor(), value()? % 1000.0);
            return written(format!("{thousands},{rest:03}"));
        }
        "chinese-stop" => return written(words()?.replace('.', "。")),
        "followed-by" => return written(words()? + rest),
        "spaced" => return written(format!("\u{a0}{} ", words()?)),
        "in-yuan" => Cell::Number((value()? * 10_000.0).round()),
        "plus" => Cell::Number(value()? + rest.parse::<f64>()?),
        "above" => {
            let (other, by) = rest.split_once(' ').ok_or("above COLUMN BY")?;
            Cell::Number(cents(sheet.figure(row, other)? + by.parse::<f64>()?))
        }
        "number" => Cell::Number(rest.parse()?),
        "refused" => Cell::Refused(rest.parse()?),
        "mark" => Cell::Written(rest.to_owned(), Some(0.0)),
        "words" => Cell::Written(rest.to_owned(), None),
        "not-available" => Cell::NotAvailable,
        _ => return Err(format!("no such change: {change}").into()),
    }))
}

fn full_width(digit: char) -> char {
    let wide = digit
        .to_digit(10)
        .and_then(|value| char::from_u32(0xFF10 + value));
    wide.unwrap_or(digit)
}
