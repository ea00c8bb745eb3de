//! The checked pipeline: what every later stage works with. Made only by `valid.rs`; nothing here can be wrong any more.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use super::criteria::*;
pub use super::review::*;
pub use super::rules::*;
pub use super::statistics::*;
pub use super::survey::*;
use super::template::Template;
pub use super::template_book::*;
use crate::finding::Severity;
use crate::formula::{Formula, Type};

/// One data collection: forms, tables, indicators, rules and rankings.
#[derive(Debug)]
pub struct Pipeline {
    pub id: String,
    pub title: String,
    /// Legal basis of the evaluation.
    pub basis: String,
    pub default_input: String,
    pub default_output: String,
    /// The year that is computed when `--period` is not given.
    pub default_period: i64,
    pub counties_path: PathBuf,
    /// Schools that are counted with another one, by code: its code.
    pub parents: BTreeMap<String, String>,
    /// Hash of all pipeline files, hexadecimal.
    pub hash: String,
    /// Its files as they were read.
    pub files: Vec<super::load::PipelineFile>,
    pub settings: Settings,
    pub limits: Limits,
    pub units: Units,
    pub marks: Marks,
    pub tables: Vec<Table>,
    pub forms: Vec<Form>,
    pub side_sheets: Vec<SideSheet>,
    /// Workbooks for counties to fill in.
    pub templates: Vec<TemplateBook>,
    /// Forms (indices) that have none, and why.
    pub no_templates: Vec<(usize, String)>,
    pub stages: Vec<Stage>,
    pub school_types: Vec<SchoolType>,
    pub code_lists: BTreeMap<String, Vec<Code>>,
    /// Where counties answer to their findings.
    pub returned: Option<super::returned::Returned>,
    pub unit_columns: Vec<UnitColumn>,
    pub indicators: Vec<Indicator>,
    pub school_rule: SchoolRule,
    pub balance_limits: Vec<BalanceLimit>,
    pub rules: Rules,
    pub notices: BTreeMap<String, Notice>,
    pub rankings: Vec<Ranking>,
    pub parameters: Vec<Parameter>,
    pub county_columns: Vec<CountyColumn>,
    pub parts: Vec<PartRule>,
    pub criteria: Vec<Criterion>,
    pub pages: Vec<Page>,
    /// How rates are made of questionnaires; without it none are read.
    pub survey: Option<Survey>,
    pub summary: Summary,
    pub sample: Sample,
    /// Which runs an output folder keeps; all without it.
    pub retention: Option<Retention>,
    pub words: BTreeMap<String, String>,
}

/// Choices where the sources of the standard differ.
#[derive(Debug)]
pub struct Settings {
    /// What a figure given only for the whole school means for a school with two stages.
    pub whole_school_figures: WholeSchoolFigures,
    /// The balance verdict of a county with one unit in a stage, whose coefficient of variation says nothing.
    pub single_unit_balance: SingleUnit,
    /// Whether every coefficient of variation has its limit, or their mean.
    pub balance_rule: BalanceRule,
    /// Indices of the tables that every county must send.
    pub required_tables: Vec<usize>,
    /// Number of digits of a county code at the head of folder and file names.
    pub county_digits: usize,
    /// Words in a file name that mark a corrected submission, weakest first.
    pub revision_words: Vec<String>,
    /// Normalised words at the head of a header that say nothing about the column.
    pub header_prefixes: Vec<String>,
    /// Normalised words before a unit in a header or a title.
    pub unit_prefixes: Vec<String>,
    /// Normalised words that name several stages and hold the word of one (中小学), with these stages.
    pub several_stages: Vec<(String, Vec<usize>)>,
    /// Normalised names of counties that are also words for a part of any county (城区): in the names of files and folders they
    /// tell no county without its code.
    pub place_words: Vec<String>,
    /// By period the day by which everything must be corrected or explained.
    pub due_dates: BTreeMap<i64, String>,
    /// Bytes that the store may hold before what the last run did not use is removed.
    pub store_bytes: u64,
}

/// How much one file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of a file as it lies in the folder or in an archive.
    pub file: u64,
    /// Bytes of one part of a workbook, unpacked.
    pub part: u64,
    /// Bytes of a workbook or an archive, unpacked.
    pub unpacked: u64,
    pub parts: usize,
    /// Files in an archive.
    pub archive_files: usize,
    /// Archives in archives.
    pub archive_depth: usize,
    pub sheets: usize,
    /// Filled cells of one sheet.
    pub cells: usize,
    /// Rows times columns of the used areas of a workbook that cannot be streamed.
    pub box_cells: u64,
    /// Bytes of the texts of one sheet.
    pub text: usize,
    /// Shared texts that a workbook claims.
    pub shared_texts: u64,
    pub merged_blocks: usize,
    /// Records of one sheet.
    pub rows: usize,
    /// Elements in elements of a page or of XML.
    pub depth: usize,
    /// Seconds for reading one file.
    pub seconds: u64,
    /// Bytes of the process that reads what cannot be streamed.
    pub worker: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WholeSchoolFigures {
    /// Left missing, with a finding that asks for the figures by stage.
    Incomplete,
    /// Split by weighted students, like the stocks.
    Split,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SingleUnit {
    Met,
    Incomplete,
}

/// What a stage's balance limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalanceRule {
    /// Each standard indicator's coefficient of variation.
    Each,
    /// The mean of their unrounded coefficients of variation.
    Composite,
}

/// A unit of measure; figures in it times `factor` are in the dimension's base unit.
#[derive(Debug, Clone)]
pub struct Unit {
    pub name: String,
    pub dimension: String,
    pub factor: f64,
}

/// All units, found by normalised name or alias.
#[derive(Debug, Default)]
pub struct Units {
    pub list: Vec<Unit>,
    pub by_text: HashMap<String, usize>,
    /// Normalised words of a unit row that are not units.
    pub words: Vec<String>,
}

/// What a mark in a cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Means {
    NotApplicable,
    Zero,
    Missing,
}

/// Marks in cells, by text as written (trimmed, NFKC, lower case).
#[derive(Debug, Default)]
pub struct Marks {
    pub tokens: HashMap<String, Means>,
    pub yes: Vec<String>,
    pub no: Vec<String>,
}

/// What a row of a table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    School,
    /// One row a county, put together from all its forms.
    County,
    /// Several rows a county, told apart by the key column.
    Group(usize),
}

#[derive(Debug)]
pub struct Table {
    pub name: String,
    pub title: String,
    pub entity: Entity,
    pub columns: Vec<Column>,
    /// Positions of the columns by their names.
    by_name: BTreeMap<String, usize>,
}

impl Table {
    /// A table of these columns.
    pub fn new(name: String, title: String, entity: Entity, columns: Vec<Column>) -> Table {
        let names = columns.iter().enumerate();
        Table {
            name,
            title,
            entity,
            by_name: names.map(|(i, c)| (c.name.clone(), i)).rev().collect(),
            columns,
        }
    }

    /// Whether it has one row a county.
    pub fn is_of_counties(&self) -> bool {
        self.entity == Entity::County
    }

    /// Position of a column.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

#[derive(Debug)]
pub struct Column {
    pub name: String,
    pub title: String,
    pub kind: Kind,
    /// Index of the unit that the figures are in.
    pub unit: Option<usize>,
    /// Index of the only stage that the column is about.
    pub stage: Option<usize>,
}

/// The declared type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Digits, leading zeros kept; with the number of digits where it is fixed.
    Code(Option<usize>),
    /// One of a code list.
    Choice(String),
    YesNo,
    Year,
    Date,
    /// Whole number, not negative.
    Count,
    /// Not negative.
    Number,
    Percent,
}

impl Kind {
    /// The type in formulas; dates cannot be computed with yet.
    pub fn formula_type(&self) -> Option<Type> {
        match self {
            Kind::Text | Kind::Code(_) | Kind::Choice(_) => Some(Type::Text),
            Kind::YesNo => Some(Type::Bool),
            Kind::Year | Kind::Count | Kind::Number | Kind::Percent => Some(Type::Number),
            Kind::Date => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One row an entity below a header block.
    Rows,
    /// One entity a sheet: item, value, unit.
    List,
    /// One entity a sheet: item, sentence with filled blanks, verdict.
    Statements,
    /// One row a respondent: counted while it is read, never kept.
    Questionnaire,
    /// One school a workbook, its figures on several sheets.
    Statistics,
}

/// A declared sheet layout.
#[derive(Debug)]
pub struct Form {
    pub id: String,
    pub title: String,
    pub table: usize,
    pub layout: Layout,
    /// Indices into `fields` that must be found for the sheet to be this form.
    pub needs: Vec<usize>,
    /// How many fields at least must be found.
    pub least: usize,
    /// Normalised header texts that rule the form out.
    pub excludes: Vec<String>,
    pub header_rows: usize,
    /// Normalised labels of the row that adds up all rows above it.
    pub total_rows: Vec<String>,
    /// Normalised endings of labels of rows that add up some rows.
    pub subtotal_endings: Vec<String>,
    pub end_rows: Vec<String>,
    pub ignore: Vec<String>,
    /// Normalised words in the names of entities: a lone text with one of them is no heading.
    pub entity_words: Vec<String>,
    pub item_header: Vec<String>,
    pub value_header: Vec<String>,
    pub unit_header: Vec<String>,
    /// Normalised texts of the unit column that are not units.
    pub choice_units: Vec<String>,
    pub verdict_header: Vec<String>,
    pub score_header: Vec<String>,
    /// Column that the headerless column at the left of the block fills.
    pub label: Option<usize>,
    /// The file's name tells the stage where neither the sheet's name nor its title does.
    pub file_stage: bool,
    /// Sheets have many columns that no field has: they are said together.
    pub many_columns: bool,
    pub fields: Vec<Field>,
    pub statements: Vec<Statement>,
    pub statistics: Statistics,
    pub asked: Asked,
}

impl Form {
    /// How many fields or statements it has.
    pub fn entries(&self) -> usize {
        self.fields.len() + self.statements.len()
    }
}

/// An item that is answered by a sentence with blanks, and by a verdict or a score.
#[derive(Debug)]
pub struct Statement {
    pub number: usize,
    /// As printed.
    pub item: String,
    /// Normalised, without its number.
    pub key: String,
    pub sentence: Option<Sentence>,
    /// Column of the whole answer.
    pub text: Option<usize>,
    pub claim: Option<usize>,
    pub score: Option<usize>,
}

/// A sentence with blanks: `anchors[0] blank[0] anchors[1] … blank[n-1] anchors[n]`.
#[derive(Debug)]
pub struct Sentence {
    /// The printed text between the blanks.
    pub texts: Vec<String>,
    pub blanks: Vec<SentenceBlank>,
}

/// A blank of a sentence: the column that it fills, and the unit of its number where that is not the column's own.
#[derive(Debug)]
pub struct SentenceBlank {
    pub column: usize,
    pub unit: Option<usize>,
}

/// Which column a field of a form fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A column of the form's table.
    Column(usize),
    /// The code of the county that the row belongs to.
    CountyCode,
    /// Its name.
    CountyName,
    /// Whether the row is counted as a school.
    Counted,
    /// Whether the school was closed last year.
    Revoked,
}

#[derive(Debug)]
pub struct Field {
    pub target: Target,
    /// The header as the form prints it, for messages and templates.
    pub title: String,
    /// Normalised header paths.
    pub patterns: Vec<Vec<String>>,
    pub required: bool,
    pub stage: Option<usize>,
    /// Unit of the form's figures where the sheet does not say.
    pub unit: Option<usize>,
    pub blank: Blank,
    pub group: Option<String>,
    /// Columns whose figures are contained in this one: they are taken off.
    pub less: Vec<usize>,
    /// The form's code of the column, such as L1.
    pub line: Option<String>,
    /// Printed digits.
    pub digits: usize,
    /// The header path as printed.
    pub printed: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blank {
    Missing,
    ZeroInGroup,
    NotApplicable,
}

#[derive(Debug)]
pub struct SideSheet {
    pub title: String,
    pub headers: Vec<String>,
    /// The program computes what stands there: a filled-in sheet is not taken, and that is said.
    pub computed: bool,
}

/// A stage of schooling (学段).
#[derive(Debug)]
pub struct Stage {
    pub id: String,
    pub title: String,
    /// Normalised words that mark a sheet or a header as of this stage.
    pub words: Vec<String>,
    /// Column of the school table with the stage's students.
    pub students: usize,
    /// Weight of a student of this stage in the split of shared stocks.
    pub weight: f64,
    /// Whether its units are evaluated.
    pub evaluated: bool,
}

#[derive(Debug)]
pub struct SchoolType {
    pub code: String,
    pub name: String,
    pub stages: Vec<usize>,
    /// Weights by stage; the stage's own where the type has none.
    pub weights: Vec<f64>,
    pub counts: bool,
    /// Classes of stages that are none of the type's count all the same: junior classes at a 高级中学.
    pub counts_attached: bool,
    /// Condition on the unit for counting, over its students.
    pub counts_when: Option<Formula>,
    /// Why units of the type do not count, in the words of the reports.
    pub reason: String,
}

#[derive(Debug)]
pub struct Code {
    pub code: String,
    pub name: String,
    /// Normalised names and aliases.
    pub texts: Vec<String>,
}

/// Where a unit's column comes from.
#[derive(Debug)]
pub enum UnitSource {
    /// Given by stage (column of the school table for each stage), or for the whole school.
    ByStage {
        by_stage: Vec<Option<usize>>,
        whole: Option<usize>,
    },
    /// A stock of the whole school, split by weighted students.
    Split(usize),
}

#[derive(Debug)]
pub struct UnitColumn {
    pub name: String,
    pub title: String,
    pub source: UnitSource,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
}

/// Whether an indicator decides or only informs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Standard,
    Reference,
}

#[derive(Debug)]
pub struct Indicator {
    pub id: String,
    /// The form's L-code; empty for a reference indicator.
    pub line: String,
    pub title: String,
    /// Unit of the value.
    pub unit: String,
    /// Unit of the numerator, in which a shortfall is counted.
    pub resource: String,
    /// Printed digits of the national form.
    pub digits: usize,
    pub scale: f64,
    pub better: Better,
    pub role: Role,
    /// By stage index.
    pub numerator: Vec<Option<Formula>>,
    pub denominator: Formula,
    pub limits: Vec<Limit>,
    pub why: String,
    pub basis: String,
    /// As written, for people.
    pub examples: Vec<String>,
}

impl Indicator {
    /// The limits of a stage in a year, with and without conditions, in their order: the first whose condition holds counts.
    pub fn limits(&self, stage: usize, period: i64) -> impl Iterator<Item = &Limit> + '_ {
        self.limits
            .iter()
            .filter(move |l| l.stage == stage && in_force(period, l.from, l.until))
    }

    /// The limit of a stage in a year for units of which nothing special holds.
    pub fn limit(&self, stage: usize, period: i64) -> Option<&Limit> {
        self.limits(stage, period).find(|l| l.when.is_none())
    }
}

/// Whether something with these first and last years holds in a year.
pub fn in_force(period: i64, from: Option<i64>, until: Option<i64>) -> bool {
    from.is_none_or(|y| y <= period) && until.is_none_or(|y| period <= y)
}

#[derive(Debug)]
pub struct Limit {
    pub stage: usize,
    pub value: f64,
    /// Condition over the unit under which the limit holds.
    pub when: Option<Formula>,
    pub basis: Option<String>,
    pub from: Option<i64>,
    pub until: Option<i64>,
}

/// When a unit meets the standard: at least `least_met` indicators at their limit, the others at `floor_ratio` of it.
#[derive(Debug)]
pub struct SchoolRule {
    pub least_met: usize,
    pub floor_ratio: f64,
    pub basis: String,
}

#[derive(Debug)]
pub struct BalanceLimit {
    pub stage: usize,
    pub value: f64,
    pub digits: usize,
    pub basis: String,
}

/// The words of a finding that the reader itself makes.
#[derive(Debug)]
pub struct Notice {
    pub id: String,
    pub title: String,
    pub severity: Severity,
    pub level: i64,
    pub why: String,
    pub message: Template,
    pub remedy: String,
    /// Whether a county's verdicts stay incomplete while it has such a finding: something that it sent was not read.
    pub holds_verdicts: bool,
    /// Whether it is about all that a county sends, not about what stands in a file.
    pub of_county: bool,
}

/// What a ranking is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankingOf {
    /// Mean of the standard indicators' coefficients of variation in a stage.
    MeanCv,
    /// One indicator's coefficient of variation in a stage.
    Cv,
    /// One indicator's county mean in a stage.
    Mean,
    /// How many coefficients of variation meet their limit, over the evaluated stages.
    CvMet,
    /// Share of counted units that meet the standard, percent.
    ShareMet,
    /// A figure or the failing schools of a criterion.
    Criterion,
    /// Points in the parts that are scored.
    Points,
}

#[derive(Debug)]
pub struct Ranking {
    pub id: String,
    pub title: String,
    pub of: RankingOf,
    pub stage: Option<usize>,
    pub better: Better,
    pub digits: usize,
    pub each_indicator: bool,
    pub note: String,
}

impl Pipeline {
    /// A word of the reports. Every key that the program uses is checked when the pipeline is loaded.
    pub fn word<'a>(&'a self, key: &'a str) -> &'a str {
        self.words.get(key).map_or(key, String::as_str)
    }

    /// A word with slots, filled.
    pub fn phrase(&self, key: &str, slots: &[(&str, &str)]) -> String {
        Template::parse(self.word(key)).map_or_else(
            |_| key.to_string(),
            |template| {
                template.fill(|slot| {
                    slots
                        .iter()
                        .find(|(name, _)| *name == slot)
                        .map_or(String::new(), |(_, value)| (*value).to_string())
                })
            },
        )
    }

    /// Position of the table of that name.
    pub fn table(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|t| t.name == name)
    }

    /// The table and the column of that name that counties give, one row a county.
    pub fn stated_column(&self, name: &str) -> Option<(usize, usize)> {
        let tables = self.tables.iter().enumerate();
        tables
            .filter(|(_, t)| t.is_of_counties())
            .find_map(|(t, table)| Some((t, table.position(name)?)))
    }

    /// Where a county's figure of that name comes from.
    pub fn county_ref(&self, name: &str) -> Option<CountyRef> {
        let mut columns = self.county_columns.iter();
        if let Some(c) = columns.position(|c| c.name == name) {
            return Some(CountyRef::Computed(c));
        }
        let (table, column) = self.stated_column(name)?;
        Some(CountyRef::Stated { table, column })
    }

    /// The indicator of an id or a line.
    pub fn indicator(&self, id: &str) -> Option<usize> {
        let by_id = self.indicators.iter().position(|i| i.id == id);
        by_id.or_else(|| {
            let mut all = self.indicators.iter();
            all.position(|i| !i.line.is_empty() && i.line.eq_ignore_ascii_case(id))
        })
    }

    /// The title of a part.
    pub fn part_title(&self, part: Part) -> &str {
        match self.parts.iter().find(|p| p.part == part) {
            Some(rule) => &rule.title,
            None => self.word(match part {
                Part::Resources => "part_resources",
                Part::Balance => "part_balance",
                _ => "part_overall",
            }),
        }
    }

    /// The parts of the evaluation, in order, the whole last.
    pub fn all_parts(&self) -> Vec<Part> {
        let mut out = vec![Part::Resources, Part::Balance];
        out.extend(self.parts.iter().map(|p| p.part));
        out.push(Part::Overall);
        out
    }

    /// The school type of a code.
    pub fn school_type(&self, code: &str) -> Option<&SchoolType> {
        self.school_types.iter().find(|t| t.code == code)
    }

    /// The stages whose units are evaluated.
    pub fn evaluated_stages(&self) -> impl Iterator<Item = usize> + '_ {
        self.stages
            .iter()
            .enumerate()
            .filter(|(_, s)| s.evaluated)
            .map(|(i, _)| i)
    }

    /// The balance limit of a stage.
    pub fn balance_limit(&self, stage: usize) -> Option<&BalanceLimit> {
        self.balance_limits.iter().find(|l| l.stage == stage)
    }

    /// The indicators that decide, in their order.
    pub fn standard_indicators(&self) -> impl Iterator<Item = (usize, &Indicator)> + '_ {
        self.indicators
            .iter()
            .enumerate()
            .filter(|(_, i)| i.role == Role::Standard)
    }

    /// Title, severity and the like of any rule or notice, by id.
    pub fn rule(&self, id: &str) -> Option<RuleView<'_>> {
        if let Some(n) = self.notices.get(id) {
            return Some(RuleView {
                title: &n.title,
                severity: n.severity,
                level: n.level,
                why: &n.why,
                remedy: &n.remedy,
                basis: "",
            });
        }
        self.rule_texts().find(|t| t.id == id).map(|t| RuleView {
            title: &t.title,
            severity: t.severity,
            level: t.level,
            why: &t.why,
            remedy: &t.remedy,
            basis: &t.basis,
        })
    }

    /// The texts of all declared rules, those switched off last.
    pub fn rule_texts(&self) -> impl Iterator<Item = &RuleText> + '_ {
        self.rules.texts().chain(&self.rules.off)
    }
}

/// What reports say about a rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleView<'a> {
    pub title: &'a str,
    pub severity: Severity,
    pub level: i64,
    pub why: &'a str,
    pub remedy: &'a str,
    pub basis: &'a str,
}
