//! Results -> books and Parquet. What stands where is decided here; the words stand in the pipeline.

mod audit_page;
mod beside;
mod board_sheet;
pub mod book;
pub mod changes_book;
pub mod changes_data;
mod changes_words;
pub mod county_book;
mod criteria_sheet;
pub mod data;
pub mod findings_book;
mod findings_views;
mod form_pages;
pub mod formula_words;
mod inspection_sheets;
mod last_year_sheet;
mod method_sheet;
pub mod ranking_book;
pub mod return_book;
mod schools_sheet;
pub mod summary_text;
mod survey_data;
mod survey_sheets;
pub mod template_book;
mod template_fields;
pub mod words;
pub mod xlsx;
mod years_sheet;

use crate::changes::Changes;
use crate::due::Due;
use crate::ingest::submission::Skipped;
use crate::inspection::Inspection;
use crate::last_year::{LastYear, Year};
use crate::pipeline::Pipeline;
use crate::results::Results;

/// What every report is made from.
pub struct Context<'a> {
    pub pipeline: &'a Pipeline,
    pub results: &'a Results,
    pub period: i64,
    pub run_id: &'a str,
    /// Files that were skipped by a named rule.
    pub skipped: &'a [Skipped],
    /// Path from a run's folder to the input folder, for links to cells.
    pub input_link: &'a str,
    /// The day by which everything must be corrected or explained.
    pub due: Option<Due>,
    /// The run of an earlier period that this one is compared with.
    pub last_year: Option<&'a LastYear>,
    /// What runs of earlier periods published, in the order of the periods.
    pub years: &'a [Year],
    /// What differs from the run before; `None` without one.
    pub changes: Option<&'a Changes>,
    /// The schools for checks on the spot.
    pub inspection: &'a Inspection,
}

impl Context<'_> {
    /// A word of the pipeline.
    fn word(&self, key: &str) -> String {
        self.pipeline.word(key).to_string()
    }

    /// An empty sheet with its name and title.
    fn sheet(&self, key: &str, columns: Vec<book::Head>, frozen: u16) -> book::Sheet {
        let name = self.word(key);
        book::Sheet {
            title: self.pipeline.phrase(
                "sheet_title",
                &[
                    ("title", &self.pipeline.title),
                    ("period", &self.period.to_string()),
                    ("sheet", &name),
                ],
            ),
            name,
            columns,
            frozen,
            ..book::Sheet::default()
        }
    }

    /// The criteria of a county, by its index.
    fn criteria(&self, county: usize) -> &[crate::indicators::criterion::CriterionResult] {
        self.results.criteria_of(self.pipeline, county)
    }

    fn verdict_context(&self) -> crate::indicators::verdict::Given<'_> {
        self.results.verdict_given(self.pipeline)
    }

    /// Name and prefecture of a county.
    fn county(&self, code: &str) -> (String, String) {
        self.results
            .dataset
            .county(code)
            .map_or((String::new(), String::new()), |c| {
                (c.name.clone(), c.prefecture.clone())
            })
    }
}
