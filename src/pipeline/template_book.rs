//! The checked pipeline's templates: workbooks for counties to fill in. What is printed of a form stands here; what the form
//! itself means stands in `model`.

use super::model::{AnswerRole, Form};
use super::template::Template;

/// A workbook to fill in.
#[derive(Debug)]
pub struct TemplateBook {
    pub id: String,
    /// Name of the file.
    pub title: String,
    pub sheets: Vec<TemplateSheet>,
}

/// A form to fill in.
#[derive(Debug)]
pub struct TemplateSheet {
    /// Index of the form.
    pub form: usize,
    pub name: String,
    pub title: String,
    /// Lines below the title that people complete, with slots for the county.
    pub lead: Vec<Template>,
    /// Lines below them that are only read.
    pub notes: Vec<String>,
    /// Rows to fill in, for forms with one row an entity.
    pub rows: usize,
    pub units: UnitPlace,
    /// Fields (indices) that are not printed.
    pub leave_out: Vec<usize>,
    /// Headings: the field or statement that each begins with, in order.
    pub sections: Vec<(usize, String)>,
    /// What is said of a field or statement besides what its type says.
    pub remarks: Vec<(usize, String)>,
    /// Names of the rows of a form about groups.
    pub labels: Vec<String>,
    /// Columns of a questionnaire about the respondent, with their headers.
    pub roles: Vec<(AnswerRole, String)>,
    pub heads: TemplateHeads,
}

/// Where the units of a form's columns stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitPlace {
    /// In a bracket of the header.
    Header,
    /// In a row of their own.
    Row,
}

/// The headers of a form of items, as declared.
#[derive(Debug, Default)]
pub struct TemplateHeads {
    pub item: String,
    pub value: String,
    pub unit: Option<String>,
    pub verdict: Option<String>,
    pub score: Option<String>,
}

impl TemplateSheet {
    /// The fields that are printed.
    pub fn fields(&self, form: &Form) -> Vec<usize> {
        (0..form.fields.len())
            .filter(|f| !self.leave_out.contains(f))
            .collect()
    }

    /// The heading that a field or statement stands under.
    pub fn section(&self, entry: usize) -> Option<&str> {
        let mut before = self.sections.iter().rev();
        before
            .find(|(from, _)| *from <= entry)
            .map(|(_, title)| title.as_str())
    }

    /// What is said of a field or statement.
    pub fn remark(&self, entry: usize) -> &str {
        let mut all = self.remarks.iter();
        all.find(|(at, _)| *at == entry)
            .map_or("", |(_, text)| text.as_str())
    }
}
