//! Workbooks of annual statistics in the checked pipeline: which tables they hold, and which row and column of a table
//! fills which field. How they are read is the reader's.

/// What a form of this layout declares beside its fields.
#[derive(Debug, Default)]
pub struct Statistics {
    /// Sheets that no field needs: normalised names, or beginnings of names.
    pub passed_over: Vec<NamePattern>,
    /// Marks in a cell that say that there is nothing to say, as written.
    pub not_applicable: Vec<String>,
    /// Texts that other programs leave in cells.
    pub noise: Vec<String>,
    /// Normalised headers of the column with the numbers of the lines.
    pub line_header: Vec<String>,
    /// Rows that begin a stage's part of a table: stage and normalised labels.
    pub sections: Vec<(usize, Vec<String>)>,
    pub tables: Vec<StatisticsTable>,
}

/// A name, or the beginning of one.
#[derive(Debug)]
pub struct NamePattern {
    pub text: String,
    pub beginning: bool,
}

impl NamePattern {
    /// Whether a normalised name fits.
    pub fn fits(&self, name: &str) -> bool {
        if self.beginning {
            name.starts_with(self.text.as_str())
        } else {
            name == self.text
        }
    }
}

/// One table of a workbook.
#[derive(Debug)]
pub struct StatisticsTable {
    /// The first number as printed, and the title, for messages.
    pub number: String,
    pub title: String,
    /// Normalised.
    pub numbers: Vec<String>,
    /// The stages that the table adds up where it has no sections.
    pub stages: Vec<usize>,
    pub cells: Vec<StatisticsCell>,
}

/// Where a field's cell stands in a table.
#[derive(Debug)]
pub struct StatisticsCell {
    /// Index into the form's fields, whose patterns are those of the column; without any the cell stands beside the label.
    pub field: usize,
    /// Normalised labels of the row, each with what stands left of it; the first that is there counts.
    pub rows: Vec<Vec<String>>,
    /// Normalised headers of the column; the first that is there counts.
    pub headers: Vec<Vec<String>>,
    /// Only in its stage's section.
    pub in_section: bool,
    /// The column whose figure contains this one where the table has no such row.
    pub contained_in: Option<usize>,
}
