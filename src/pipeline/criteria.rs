//! The checked pipeline's county side: parameters, county columns, parts, criteria and the pages of a county's workbook.

use super::model::{Better, Scope};
use super::template::Template;
use crate::formula::Formula;

/// A number or a choice that formulas may name.
#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    pub title: String,
    pub value: ParameterValue,
    pub options: Vec<String>,
    pub why: String,
    pub basis: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ParameterValue {
    Number(f64),
    Text(String),
}

impl ParameterValue {
    /// As people write it.
    pub fn shown(&self) -> String {
        match self {
            ParameterValue::Number(n) => crate::text::number(*n),
            ParameterValue::Text(t) => t.clone(),
        }
    }
}

/// A figure of a county.
#[derive(Debug)]
pub struct CountyColumn {
    pub name: String,
    pub title: String,
    pub source: CountySource,
}

#[derive(Debug)]
pub enum CountySource {
    /// The first that is given; those given that differ are said.
    First(Vec<CountyRef>),
    Sum {
        of: Scope,
        sum: Formula,
        /// Which rows; all without one.
        filter: Option<Formula>,
    },
    Formula(Formula),
}

/// A figure that a county has: a column of a table of counties, or a county column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountyRef {
    Stated { table: usize, column: usize },
    Computed(usize),
}

/// A part of the evaluation that is made of criteria.
#[derive(Debug)]
pub struct PartRule {
    pub part: Part,
    pub title: String,
    /// Points that the criteria together must reach; `None`: every criterion must be met.
    pub least: Option<f64>,
    pub basis: String,
}

/// A part of the evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Resources,
    Balance,
    Government,
    Quality,
    Recognition,
    Veto,
    Overall,
}

impl Part {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Part::Resources => "resources",
            Part::Balance => "balance",
            Part::Government => "government",
            Part::Quality => "quality",
            Part::Recognition => "recognition",
            Part::Veto => "veto",
            Part::Overall => "overall",
        }
    }
}

/// A requirement on a county.
#[derive(Debug)]
pub struct Criterion {
    pub id: String,
    pub part: Part,
    /// Its number in the part.
    pub number: usize,
    pub title: String,
    /// The requirement as the form prints it.
    pub text: String,
    /// Only the county's own verdict with a reference can show it.
    pub attested: bool,
    /// Met where none of its figures and checks applies: there is nothing that it asks of.
    pub vacuous: bool,
    /// Table and column of the county's own verdict.
    pub claim: Option<(usize, usize)>,
    pub reference: Option<(usize, usize)>,
    /// Table and column that says whether something forbidden is the case.
    pub forbidden: Option<(usize, usize)>,
    pub points: Option<f64>,
    pub score: Option<(usize, usize)>,
    pub figures: Vec<Figure>,
    pub checks: Vec<SchoolCheck>,
    pub why: String,
    pub basis: String,
}

impl Criterion {
    /// Whether it is made of several figures and checks.
    pub fn has_items(&self) -> bool {
        self.figures.len() + self.checks.len() > 1
    }

    /// Whether a column (table and column) holds the county's own word on it.
    pub fn has_word(&self, column: (usize, usize)) -> bool {
        let words = [self.claim, self.reference, self.forbidden, self.score];
        words.contains(&Some(column))
    }

    /// Whether it has a figure or check of this id; nothing names the whole.
    pub fn has(&self, item: &str) -> bool {
        let figures = self.figures.iter().map(|f| f.id.as_str());
        let mut ids = figures.chain(self.checks.iter().map(|k| k.id.as_str()));
        item.is_empty() || ids.any(|id| id == item)
    }

    /// The id of one of its figures or checks in the outputs: its own where it is the only one.
    pub fn item_id(&self, item: &str) -> String {
        if self.has_items() {
            format!("{}.{item}", self.id)
        } else {
            self.id.clone()
        }
    }
}

/// A figure of a county with its limit.
#[derive(Debug)]
pub struct Figure {
    pub id: String,
    pub title: String,
    pub unit: String,
    pub digits: usize,
    pub scale: f64,
    pub better: Better,
    pub numerator: Formula,
    pub denominator: Option<Formula>,
    /// Whether it applies.
    pub when: Option<Formula>,
    pub limits: Vec<Bound>,
    /// The county's own figure.
    pub stated: Option<CountyRef>,
    /// Points lost for each unit of the value below the limit.
    pub deduct: Option<f64>,
    /// A value above this is doubtful: it is said.
    pub most: Option<f64>,
    /// Lowest and highest value that can be: what lies outside is said and not judged.
    pub possible: Option<(f64, f64)>,
    /// As written, for people.
    pub examples: Vec<String>,
}

impl Figure {
    /// The columns that its numerator and denominator read.
    pub fn columns(&self) -> impl Iterator<Item = &String> {
        let below = self.denominator.iter().flat_map(|d| &d.columns);
        self.numerator.columns.iter().chain(below)
    }
}

/// A condition on every school or unit of a county.
#[derive(Debug)]
pub struct SchoolCheck {
    pub id: String,
    pub title: String,
    /// Units or the school table.
    pub of: Scope,
    pub when: Option<Formula>,
    pub value: Formula,
    pub unit: String,
    pub digits: usize,
    pub better: Better,
    pub limits: Vec<Bound>,
    pub cells: Vec<String>,
    /// How many fail by the county's own statement.
    pub failing: Option<Formula>,
    /// What a failing row counts.
    pub weight: Option<Formula>,
    /// As written, for people.
    pub examples: Vec<String>,
}

/// A limit with its conditions and years.
#[derive(Debug)]
pub struct Bound {
    pub value: BoundValue,
    /// The limit itself does not meet.
    pub strict: bool,
    pub when: Option<Formula>,
    pub from: Option<i64>,
    pub until: Option<i64>,
    pub basis: Option<String>,
}

#[derive(Debug)]
pub enum BoundValue {
    Number(f64),
    Formula(Formula),
}

/// A sheet of the workbook of one county.
#[derive(Debug)]
pub struct Page {
    pub id: String,
    pub sheet: String,
    pub title: String,
    pub kind: PageKind,
    pub notes: Vec<Template>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// One row of a form's fields.
    Fields(usize),
    UnitShares,
    Units,
    Balance,
    /// The statements of a form.
    Statements(usize),
    /// A plain list of a part's criteria.
    Criteria(Part),
    /// The rows of a form about groups.
    Survey(usize),
}
