//! The TOML of a pipeline exactly as it is written: one struct for each table name, every field that can be wrong with
//! its place. Nothing is checked here beyond names and types; `valid.rs` turns these into the checked pipeline.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

pub use super::raw_history::*;
pub use super::raw_rules::*;
pub use super::raw_statistics::*;

/// A value with its byte range in the file.
pub type At<T> = Spanned<T>;

/// A row of an example: values by column.
pub type RawRow = BTreeMap<String, At<toml::Value>>;

/// `[pipeline]`: the head of `pipeline.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawHead {
    pub id: At<String>,
    pub title: At<String>,
    pub basis: At<String>,
    pub default_input: At<String>,
    pub default_output: At<String>,
    pub default_period: At<i64>,
    pub counties: At<String>,
    pub parents: Option<At<String>>,
    pub files: Vec<At<String>>,
}

/// `[settings]`: choices where the sources of the standard differ.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSettings {
    pub whole_school_figures: At<String>,
    pub single_unit_balance: At<String>,
    pub balance_rule: At<String>,
    pub required_tables: Vec<At<String>>,
    pub county_pattern_digits: At<i64>,
    pub revision_words: Vec<At<String>>,
    pub header_prefixes: Vec<At<String>>,
    pub unit_prefixes: Vec<At<String>>,
    #[serde(default)]
    pub several_stages: BTreeMap<String, Vec<At<String>>>,
    #[serde(default)]
    pub place_words: Vec<At<String>>,
    #[serde(default)]
    pub due_dates: BTreeMap<String, At<String>>,
    pub store_mib: Option<At<i64>>,
}

/// `[limits]`: how much one file may hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLimits {
    pub file_mib: At<i64>,
    pub part_mib: At<i64>,
    pub unpacked_mib: At<i64>,
    pub parts: At<i64>,
    pub archive_files: At<i64>,
    pub archive_depth: At<i64>,
    pub sheets: At<i64>,
    pub cells: At<i64>,
    pub box_cells: At<i64>,
    pub text_mib: At<i64>,
    pub shared_texts: At<i64>,
    pub merged_blocks: At<i64>,
    pub rows: At<i64>,
    pub depth: At<i64>,
    pub seconds: At<i64>,
    pub worker_mib: At<i64>,
}

/// `[summary]`: what the lists of findings show first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSummary {
    pub most: At<i64>,
    pub flagged_share: At<f64>,
}

/// `[sample]`: how schools are drawn for checks on the spot.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSample {
    pub share: At<f64>,
    pub seed: At<String>,
}

/// `[[unit]]`: a unit of measure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawUnit {
    pub name: At<String>,
    pub dimension: At<String>,
    pub factor: At<f64>,
    pub aliases: Vec<At<String>>,
}

/// `[[unit_word]]`: words of a unit row that are not units.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawUnitWord {
    pub text: Vec<At<String>>,
}

/// `[[token]]`: marks in a cell instead of a value.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawToken {
    pub text: Vec<At<String>>,
    pub means: At<String>,
}

/// `[[yes_no]]`: words for yes and no.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawYesNo {
    pub yes: Vec<At<String>>,
    pub no: Vec<At<String>>,
}

/// `[[table]]`: a table and its columns.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTable {
    pub name: At<String>,
    pub title: At<String>,
    pub entity: At<String>,
    pub key: Option<At<String>>,
    pub column: Vec<At<RawColumn>>,
}

/// One entry of `[[table]] column`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawColumn {
    pub name: At<String>,
    pub title: At<String>,
    #[serde(rename = "type")]
    pub kind: At<String>,
    pub unit: Option<At<String>>,
    pub length: Option<At<i64>>,
    pub choices: Option<At<String>>,
    pub stage: Option<At<String>>,
}

/// `[[form]]`: a declared sheet layout.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawForm {
    pub id: At<String>,
    pub title: At<String>,
    pub table: At<String>,
    pub layout: At<String>,
    pub needs: Vec<At<String>>,
    pub least: At<i64>,
    #[serde(default)]
    pub excludes: Vec<At<String>>,
    pub header_rows: Option<At<i64>>,
    #[serde(default)]
    pub total_rows: Vec<At<String>>,
    #[serde(default)]
    pub subtotal_endings: Vec<At<String>>,
    #[serde(default)]
    pub end_rows: Vec<At<String>>,
    #[serde(default)]
    pub ignore: Vec<At<String>>,
    #[serde(default)]
    pub entity_words: Vec<At<String>>,
    #[serde(default)]
    pub item_header: Vec<At<String>>,
    #[serde(default)]
    pub value_header: Vec<At<String>>,
    #[serde(default)]
    pub unit_header: Vec<At<String>>,
    #[serde(default)]
    pub choice_units: Vec<At<String>>,
    #[serde(default)]
    pub verdict_header: Vec<At<String>>,
    #[serde(default)]
    pub score_header: Vec<At<String>>,
    pub label: Option<At<String>>,
    #[serde(default)]
    pub file_stage: bool,
    #[serde(default)]
    pub many_columns: bool,
    #[serde(default)]
    pub field: Vec<At<RawField>>,
    #[serde(default)]
    pub statement: Vec<At<RawStatement>>,
    #[serde(default)]
    pub passed_over: Vec<At<String>>,
    #[serde(default)]
    pub not_applicable: Vec<At<String>>,
    #[serde(default)]
    pub noise: Vec<At<String>>,
    #[serde(default)]
    pub line_header: Vec<At<String>>,
    #[serde(default)]
    pub section: Vec<At<RawStageSection>>,
    #[serde(default)]
    pub statistics: Vec<At<RawStatistics>>,
    #[serde(default)]
    pub separators: Vec<At<String>>,
    #[serde(default)]
    pub asides: Vec<At<(String, String)>>,
    #[serde(default)]
    pub role: Vec<At<RawRole>>,
    #[serde(default)]
    pub question: Vec<At<RawQuestion>>,
}

/// One entry of `[[form]] role`: which columns of a questionnaire tell something about the respondent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRole {
    pub role: At<String>,
    pub header: Vec<At<String>>,
}

/// One entry of `[[form]] question`: a question of a questionnaire.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawQuestion {
    pub id: At<String>,
    pub title: At<String>,
    pub dimension: Option<At<String>>,
    pub header: Vec<At<String>>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub overall: bool,
}

/// `[survey]`: how rates are made of questionnaires.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSurvey {
    pub criterion: At<String>,
    pub groups: At<String>,
    pub whole: At<String>,
    pub precedence: Vec<At<String>>,
    pub satisfied: At<String>,
    pub satisfied_share: At<f64>,
    pub counts: At<String>,
    pub unknown: At<String>,
    pub rate: At<String>,
    #[serde(default)]
    pub weights: BTreeMap<String, At<f64>>,
    pub answered_share: At<f64>,
    pub unread_share: At<f64>,
    pub interval: At<String>,
    pub school_interval: At<String>,
    pub population: Option<At<String>>,
    pub suppress_below: At<i64>,
    pub mark_below: At<i64>,
    pub quota: At<RawQuota>,
    pub blanks: Vec<At<String>>,
    pub duration_units: BTreeMap<String, At<f64>>,
    #[serde(default)]
    pub areas: Vec<At<RawArea>>,
}

/// `[survey] quota`: how many of whom must answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawQuota {
    pub least: At<f64>,
    pub per_mille: At<f64>,
    pub groups: Vec<At<String>>,
    pub parents: At<String>,
    pub parents_share: At<f64>,
    pub balance: At<f64>,
    pub return_share: At<f64>,
    pub full_return: At<f64>,
}

/// One entry of `[survey] areas`: urban and rural areas by the schools' codes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawArea {
    pub title: At<String>,
    pub codes: Vec<At<String>>,
}

/// `[[answer_scale]]`: the answers of a question.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAnswerScale {
    pub id: At<String>,
    pub title: At<String>,
    pub answer: Vec<At<RawAnswer>>,
}

/// One entry of `[[answer_scale]] answer`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAnswer {
    pub text: Vec<At<String>>,
    pub means: At<String>,
    pub score: Option<At<f64>>,
}

/// `[[screen]]`: what makes the answers of a county look unlike the rest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawScreen {
    pub notice: At<String>,
    pub measure: At<String>,
    pub z: Option<At<f64>>,
    pub above: Option<At<f64>>,
    pub below: Option<At<f64>>,
    pub share: Option<At<f64>>,
    pub part_of_median: Option<At<f64>>,
    pub least_count: Option<At<i64>>,
    pub least_answers: At<i64>,
    pub least_counties: Option<At<i64>>,
}

/// One entry of `[[form]] statement`: an item that is answered by a sentence, a verdict, a score.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStatement {
    pub number: At<i64>,
    pub item: At<String>,
    pub sentence: Option<At<String>>,
    #[serde(default)]
    pub units: BTreeMap<String, At<String>>,
    pub text: Option<At<String>>,
    pub claim: Option<At<String>>,
    pub score: Option<At<String>>,
}

/// One entry of `[[form]] field`: which header means which column.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawField {
    pub column: At<String>,
    pub header: Vec<At<String>>,
    #[serde(default)]
    pub required: bool,
    pub stage: Option<At<String>>,
    pub unit: Option<At<String>>,
    pub blank: Option<At<String>>,
    pub group: Option<At<String>>,
    #[serde(default)]
    pub less: Vec<At<String>>,
    pub line: Option<At<String>>,
    pub digits: Option<At<i64>>,
}

/// `[[side_sheet]]`: a sheet that comes with the forms and holds nothing to read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSideSheet {
    pub title: At<String>,
    pub headers: Vec<At<String>>,
    #[serde(default)]
    pub computed: bool,
}

/// `[[template]]`: a workbook for counties to fill in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTemplate {
    pub id: At<String>,
    pub title: At<String>,
    pub sheet: Vec<At<RawTemplateSheet>>,
}

/// `[[no_template]]`: forms that nobody fills in by hand.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawNoTemplate {
    pub forms: Vec<At<String>>,
    pub why: At<String>,
}

/// One entry of `[[template]] sheet`: a form to fill in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTemplateSheet {
    pub form: At<String>,
    pub name: At<String>,
    pub title: At<String>,
    #[serde(default)]
    pub lead: Vec<At<String>>,
    #[serde(default)]
    pub notes: Vec<At<String>>,
    pub rows: Option<At<i64>>,
    pub units: Option<At<String>>,
    #[serde(default)]
    pub leave_out: Vec<At<String>>,
    #[serde(default)]
    pub sections: Vec<At<RawSection>>,
    #[serde(default)]
    pub remarks: BTreeMap<String, At<String>>,
    #[serde(default)]
    pub labels: Vec<At<String>>,
    #[serde(default)]
    pub roles: Vec<At<RawTemplateRole>>,
}

/// One entry of `[[template]] sheet` `sections`: a heading over the columns or items from one on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSection {
    pub title: At<String>,
    pub from: At<String>,
}

/// One entry of `[[template]] sheet` `roles`: a column of a questionnaire that tells something about the respondent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTemplateRole {
    pub role: At<String>,
    pub header: At<String>,
}

/// `[[stage]]`: a stage of schooling (学段).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStage {
    pub id: At<String>,
    pub title: At<String>,
    pub words: Vec<At<String>>,
    pub students: At<String>,
    pub weight: At<f64>,
    pub evaluated: bool,
}

/// `[[school_type]]`: a type of school, the stages it holds and whether it counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSchoolType {
    pub code: At<String>,
    pub name: At<String>,
    #[serde(default)]
    pub aliases: Vec<At<String>>,
    pub stages: Vec<At<String>>,
    #[serde(default)]
    pub weights: BTreeMap<String, At<f64>>,
    pub counts: bool,
    #[serde(default)]
    pub counts_attached: bool,
    pub counts_when: Option<At<String>>,
    pub reason: Option<At<String>>,
}

/// `[[code_list]]`: codes and their names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCodeList {
    pub name: At<String>,
    pub entry: Vec<At<RawCode>>,
}

/// One entry of `[[code_list]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCode {
    pub code: At<String>,
    pub name: At<String>,
    #[serde(default)]
    pub aliases: Vec<At<String>>,
}

/// `[[unit_column]]`: a column of the units, taken from the school's columns by stage or by the split.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawUnitColumn {
    pub name: At<String>,
    pub title: At<String>,
    #[serde(default)]
    pub by_stage: BTreeMap<String, At<String>>,
    pub whole: Option<At<String>>,
    pub split: Option<At<String>>,
}

/// `[[indicator]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawIndicator {
    pub id: At<String>,
    pub line: At<String>,
    pub title: At<String>,
    pub unit: At<String>,
    pub resource: At<String>,
    pub digits: At<i64>,
    pub scale: At<f64>,
    pub better: At<String>,
    pub role: At<String>,
    pub numerator: BTreeMap<String, At<String>>,
    pub denominator: At<String>,
    #[serde(default)]
    pub limit: Vec<At<RawLimit>>,
    pub why: At<String>,
    pub basis: At<String>,
    pub example: Vec<At<RawIndicatorExample>>,
}

/// A limit of an indicator or of its balance.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLimit {
    pub stage: At<String>,
    pub value: At<f64>,
    pub when: Option<At<String>>,
    pub basis: Option<At<String>>,
    pub from: Option<At<i64>>,
    pub until: Option<At<i64>>,
}

/// An example of an indicator: with these columns, this value.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawIndicatorExample {
    pub stage: At<String>,
    pub given: RawRow,
    pub gives: Option<At<f64>>,
}

/// `[school_rule]`: when a school (unit) meets the standard.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSchoolRule {
    pub least_met: At<i64>,
    pub floor_ratio: At<f64>,
    pub basis: At<String>,
}

/// `[[balance_limit]]`: the limit of every indicator's coefficient of variation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBalanceLimit {
    pub stage: At<String>,
    pub value: At<f64>,
    pub digits: At<i64>,
    pub basis: At<String>,
}

/// `[[must]]`: a condition that every row of a table must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMust {
    pub id: At<String>,
    pub title: At<String>,
    pub table: At<String>,
    pub severity: At<String>,
    pub level: At<i64>,
    pub when: Option<At<String>>,
    pub must: At<String>,
    pub cells: Vec<At<String>>,
    pub expected: Option<At<String>>,
    pub why: At<String>,
    pub message: At<String>,
    pub remedy: At<String>,
    pub basis: At<String>,
    #[serde(default)]
    pub holds: Vec<At<RawRow>>,
    #[serde(default)]
    pub fires: Vec<At<RawRow>>,
}

/// `[[unique]]`: columns whose values together must not occur twice.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawUnique {
    pub id: At<String>,
    pub title: At<String>,
    pub table: At<String>,
    pub severity: At<String>,
    pub level: At<i64>,
    pub columns: Vec<At<String>>,
    pub why: At<String>,
    pub message: At<String>,
    pub remedy: At<String>,
    pub basis: At<String>,
    #[serde(default)]
    pub holds: Vec<Vec<At<RawRow>>>,
    #[serde(default)]
    pub fires: Vec<Vec<At<RawRow>>>,
}

/// `[[total]]`: a sheet's own total row against the rows that it adds up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTotal {
    pub id: At<String>,
    pub title: At<String>,
    pub table: At<String>,
    pub severity: At<String>,
    pub level: At<i64>,
    pub tolerance: At<f64>,
    pub why: At<String>,
    pub message: At<String>,
    pub remedy: At<String>,
    pub basis: At<String>,
    pub example: Vec<At<RawTotalExample>>,
}

/// An example of a total: rows, the stated figure, and whether the rule fires.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTotalExample {
    pub rows: Vec<At<RawRow>>,
    pub stated: At<f64>,
    pub fires: At<bool>,
}

/// `[[notice]]`: the words of a finding that the reader itself makes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawNotice {
    pub id: At<String>,
    pub title: At<String>,
    pub severity: At<String>,
    pub level: At<i64>,
    pub why: At<String>,
    pub message: At<String>,
    pub remedy: At<String>,
    #[serde(default)]
    pub holds_verdicts: bool,
    #[serde(default)]
    pub of_county: bool,
}

/// `[[ranking]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRanking {
    pub id: At<String>,
    pub title: At<String>,
    pub of: At<String>,
    pub stage: Option<At<String>>,
    pub better: At<String>,
    pub digits: At<i64>,
    #[serde(default)]
    pub each_indicator: bool,
    pub note: At<String>,
}

/// `[[parameter]]`: a number or a choice that formulas may name, where sources differ.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawParameter {
    pub name: At<String>,
    pub title: At<String>,
    pub value: At<toml::Value>,
    #[serde(default)]
    pub options: Vec<At<String>>,
    pub why: At<String>,
    pub basis: At<String>,
}

/// `[[county_column]]`: a figure of a county: the first that is given, a sum over rows, or a formula.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCountyColumn {
    pub name: At<String>,
    pub title: At<String>,
    #[serde(default)]
    pub first: Vec<At<String>>,
    pub of: Option<At<String>>,
    pub sum: Option<At<String>>,
    #[serde(rename = "where")]
    pub filter: Option<At<String>>,
    pub formula: Option<At<String>>,
}

/// `[[part]]`: a part of the evaluation that is made of criteria.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPart {
    pub id: At<String>,
    pub title: At<String>,
    pub rule: At<String>,
    pub least: Option<At<f64>>,
    pub basis: At<String>,
}

/// `[[criterion]]`: a requirement on a county.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCriterion {
    pub id: At<String>,
    pub part: At<String>,
    pub number: At<i64>,
    pub title: At<String>,
    pub text: At<String>,
    #[serde(default)]
    pub attested: bool,
    #[serde(default)]
    pub vacuous: bool,
    pub claim: Option<At<String>>,
    pub reference: Option<At<String>>,
    pub forbidden: Option<At<String>>,
    pub points: Option<At<f64>>,
    pub score: Option<At<String>>,
    #[serde(default)]
    pub figure: Vec<At<RawFigure>>,
    #[serde(default)]
    pub check: Vec<At<RawCheck>>,
    pub why: At<String>,
    pub basis: At<String>,
}

/// One entry of `[[criterion]] figure`: a figure of the county with its limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFigure {
    pub id: At<String>,
    pub title: At<String>,
    pub unit: At<String>,
    pub digits: At<i64>,
    pub scale: At<f64>,
    pub better: At<String>,
    pub numerator: At<String>,
    pub denominator: Option<At<String>>,
    pub when: Option<At<String>>,
    #[serde(default)]
    pub limit: Vec<At<RawBound>>,
    pub stated: Option<At<String>>,
    pub deduct: Option<At<f64>>,
    pub most: Option<At<f64>>,
    pub possible: Option<At<(f64, f64)>>,
    #[serde(default)]
    pub example: Vec<At<RawFigureExample>>,
}

/// A limit of a figure or a check.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBound {
    pub value: At<toml::Value>,
    #[serde(default)]
    pub strict: bool,
    pub when: Option<At<String>>,
    pub from: Option<At<i64>>,
    pub until: Option<At<i64>>,
    pub basis: Option<At<String>>,
}

/// An example of a figure: with these columns, this value.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFigureExample {
    pub given: RawRow,
    pub gives: Option<At<f64>>,
}

/// One entry of `[[criterion]] check`: a condition on every school or unit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCheck {
    pub id: At<String>,
    pub title: At<String>,
    pub of: At<String>,
    pub when: Option<At<String>>,
    pub value: At<String>,
    pub unit: At<String>,
    pub digits: At<i64>,
    pub better: At<String>,
    pub limit: Vec<At<RawBound>>,
    pub cells: Vec<At<String>>,
    pub failing: Option<At<String>>,
    pub weight: Option<At<String>>,
    #[serde(default)]
    pub example: Vec<At<RawCheckExample>>,
}

/// An example of a check: with these columns, met, not met or (without `met`) unknown.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCheckExample {
    pub given: RawRow,
    pub met: Option<At<bool>>,
}

/// `[[page]]`: a sheet of the workbook of one county.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPage {
    pub id: At<String>,
    pub sheet: At<String>,
    pub title: At<String>,
    pub kind: At<String>,
    pub form: Option<At<String>>,
    pub part: Option<At<String>>,
    #[serde(default)]
    pub notes: Vec<At<String>>,
}
