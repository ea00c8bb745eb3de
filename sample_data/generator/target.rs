//! The folder that is written: its files, and the mistakes planted in them.

use crate::Outcome;
use crate::changes::changed;
use crate::counties::County;
use crate::forms::rows;
use crate::sheets::{Cell, Sheet};
use rust_xlsxwriter::utility::row_col_to_cell;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook,
};
use std::fs;
use std::path::{Path, PathBuf};

/// County, file, sheet, cell, the mistake in words, finding.
pub type Row = [String; 6];

/// The folder that is written, and a README row for each mistake planted in it.
#[derive(Default)]
pub struct Target {
    folder: PathBuf,
    pub mistakes: Vec<Row>,
    /// Mistakes that only basic-2012 finds.
    pub basic: Vec<Row>,
    /// Ways of writing that are no mistakes.
    pub harmless: Vec<Row>,
    /// Figures that are right and that a county is asked about.
    pub unusual: Vec<Row>,
}

impl Target {
    pub fn emptied(folder: PathBuf) -> Outcome<Target> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        Ok(Target {
            folder,
            ..Target::default()
        })
    }

    /// `-` stands for what a mistake is not about. The finding is `none` for what is no mistake, `basic` or `unusual` before it puts it into
    /// another list.
    pub fn record(&mut self, mistake: [&str; 6]) {
        let mut row = mistake.map(str::to_owned);
        let finding = row[5].clone();
        if let Some(finding) = finding.strip_prefix("unusual ") {
            finding.clone_into(&mut row[5]);
            self.unusual.push(row);
            return;
        }
        match finding.strip_prefix("basic ") {
            Some(finding) => {
                finding.clone_into(&mut row[5]);
                self.basic.push(row);
            }
            None if finding == "none" => self.harmless.push(row),
            None => self.mistakes.push(row),
        }
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
        rows(script)
            .into_iter()
            .try_for_each(|line| self.plant_one(county, file, sheet, line))
    }

    fn plant_one(
        &mut self,
        county: &County,
        file: &str,
        sheet: &mut Sheet,
        [row, column, change, finding, mistake]: [&str; 5],
    ) -> Outcome<()> {
        let row = county.row(row)?;
        let address = sheet.address(&row, column)?;
        match changed(sheet, &row, column, change)? {
            Some(cell) => sheet.cells.insert(address, cell),
            None => sheet.cells.remove(&address),
        };
        let cell = row_col_to_cell(address.0, address.1);
        let code = county.about.code;
        self.record([code, file, &sheet.name, &cell, mistake, finding]);
        Ok(())
    }

    /// A workbook of sheets that have no row in common, with a script's mistakes, each on the sheet that has its row.
    pub fn write_planted(
        &mut self,
        county: &County,
        file: &str,
        mut sheets: Vec<Sheet>,
        script: &'static str,
    ) -> Outcome<()> {
        for line in rows(script) {
            let with_row = |sheet: &&mut Sheet| sheet.rows.contains_key(line[0]);
            let sheet = sheets.iter_mut().find(with_row);
            let sheet = sheet.ok_or_else(|| format!("{file}: no row {}", line[0]))?;
            self.plant_one(county, file, sheet, line)?;
        }
        self.write(file, &sheets)
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
            for (column, &width) in (0..).zip(sheet.widths) {
                page.set_column_width(column, width)?;
            }
            for (&(row, column), cell) in &sheet.cells {
                let format = if row < sheet.headers { &header } else { &plain };
                match cell {
                    Cell::Text(words) | Cell::Written(words, _) => {
                        page.write_string_with_format(row, column, words, format)?
                    }
                    Cell::Sentence(sentence) => {
                        page.write_string_with_format(row, column, sentence.words(), format)?
                    }
                    Cell::Number(number) | Cell::Refused(number) => {
                        page.write_number_with_format(row, column, *number, format)?
                    }
                    Cell::NotAvailable => {
                        page.write_formula(row, column, Formula::new("=NA()").set_result("#N/A"))?
                    }
                };
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
