//! The TOML of forms of statistics exactly as it is written; part of `raw.rs`.

use serde::Deserialize;

use super::raw::At;

/// One entry of `[[form]] section`: rows that begin the part of a stage in a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStageSection {
    pub stage: At<String>,
    pub row: Vec<At<String>>,
}

/// `[[form.statistics]]`: one table of a workbook of statistics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStatistics {
    pub number: Vec<At<String>>,
    pub title: At<String>,
    #[serde(default)]
    pub stages: Vec<At<String>>,
    pub cell: Vec<At<RawStatisticsCell>>,
}

/// One entry of `[[form.statistics]] cell`: the row and the column whose cell fills a column of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStatisticsCell {
    pub column: At<String>,
    pub row: Vec<At<String>>,
    #[serde(default)]
    pub header: Vec<At<String>>,
    #[serde(default)]
    pub required: bool,
    pub stage: Option<At<String>>,
    #[serde(default)]
    pub in_section: bool,
    pub unit: Option<At<String>>,
    pub blank: Option<At<String>>,
    pub group: Option<At<String>>,
    #[serde(default)]
    pub less: Vec<At<String>>,
    pub contained_in: Option<At<String>>,
}
