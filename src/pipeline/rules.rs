//! The checked rules, one type a kind. A rule speaks of rows, of groups of rows or of last year's rows; it never changes a
//! figure.

use super::template::Template;
use crate::finding::Severity;
use crate::formula::Formula;

/// All rules of a pipeline that are switched on, by kind.
#[derive(Debug, Default)]
pub struct Rules {
    pub musts: Vec<Must>,
    pub uniques: Vec<Unique>,
    pub totals: Vec<Total>,
    pub required: Vec<Required>,
    pub ranges: Vec<Range>,
    pub subsets: Vec<Subset>,
    pub balances: Vec<BalanceOfChanges>,
    pub crosses: Vec<Cross>,
    pub changes: Vec<Change>,
    pub unit_errors: Vec<UnitError>,
    pub outliers: Vec<Outlier>,
    pub copied: Vec<Copied>,
    pub bunchings: Vec<Bunching>,
    pub empty_shells: Vec<EmptyShell>,
    pub missing_patterns: Vec<MissingPattern>,
    pub digits: Vec<Digit>,
    /// The texts of rules that are declared but switched off.
    pub off: Vec<RuleText>,
}

impl Rules {
    /// The texts of all rules that are switched on, by kind.
    pub fn texts(&self) -> impl Iterator<Item = &RuleText> + '_ {
        let musts = self.musts.iter().map(|r| &r.text);
        musts
            .chain(self.uniques.iter().map(|r| &r.text))
            .chain(self.totals.iter().map(|r| &r.text))
            .chain(self.required.iter().map(|r| &r.text))
            .chain(self.ranges.iter().map(|r| &r.text))
            .chain(self.subsets.iter().map(|r| &r.text))
            .chain(self.balances.iter().map(|r| &r.text))
            .chain(self.crosses.iter().map(|r| &r.text))
            .chain(self.changes.iter().map(|r| &r.text))
            .chain(self.unit_errors.iter().map(|r| &r.text))
            .chain(self.outliers.iter().map(|r| &r.text))
            .chain(self.copied.iter().map(|r| &r.text))
            .chain(self.bunchings.iter().map(|r| &r.text))
            .chain(self.empty_shells.iter().map(|r| &r.text))
            .chain(self.missing_patterns.iter().map(|r| &r.text))
            .chain(self.digits.iter().map(|r| &r.text))
    }
}

/// The words that every rule has.
#[derive(Debug)]
pub struct RuleText {
    pub id: String,
    /// The name of its block.
    pub kind: &'static str,
    pub title: String,
    pub severity: Severity,
    /// Validation level 0-5 (0 format, 1 within a file, 2 between files, ...).
    pub level: i64,
    pub why: String,
    pub message: Template,
    pub remedy: String,
    pub basis: String,
    /// What it says and the examples, as written, for people.
    pub condition: String,
    pub examples: Vec<String>,
}

/// The table that a rule, a sum or a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Table(usize),
    Unit,
}

/// The rows that a rule looks at and the cells that its findings name.
#[derive(Debug)]
pub struct Rows {
    pub scope: Scope,
    /// Condition over the row under which the rule applies.
    pub when: Option<Formula>,
    /// Columns whose cells the finding names; the first is the finding's own cell.
    pub cells: Vec<String>,
}

/// A condition that every row holds.
#[derive(Debug)]
pub struct Must {
    pub text: RuleText,
    pub rows: Rows,
    pub must: Formula,
    pub expected: Option<Formula>,
}

/// Columns whose values together do not occur twice.
#[derive(Debug)]
pub struct Unique {
    pub text: RuleText,
    pub table: usize,
    pub columns: Vec<String>,
}

/// The sheet's own total row against the rows that it adds up, every column that can be added.
#[derive(Debug)]
pub struct Total {
    pub text: RuleText,
    pub table: usize,
    pub tolerance: f64,
}

/// Cells that must be filled in.
#[derive(Debug)]
pub struct Required {
    pub text: RuleText,
    pub rows: Rows,
}

/// A figure between two bounds.
#[derive(Debug)]
pub struct Range {
    pub text: RuleText,
    pub rows: Rows,
    pub value: Formula,
    pub least: Option<Formula>,
    pub most: Option<Formula>,
}

/// A part that is not more than its whole.
#[derive(Debug)]
pub struct Subset {
    pub text: RuleText,
    pub rows: Rows,
    pub part: Formula,
    pub whole: Formula,
}

/// Last year, what came and what left against this year.
#[derive(Debug)]
pub struct BalanceOfChanges {
    pub text: RuleText,
    pub rows: Rows,
    pub last: Formula,
    /// `last` is of last year's run, not of the row itself.
    pub from_last_year: bool,
    pub plus: Option<Formula>,
    pub minus: Option<Formula>,
    pub now: Formula,
    pub tolerance: f64,
    /// Less than the balance is no fault: what left is not known in full.
    pub less_is_right: bool,
}

/// A column of a county's table against a sum over rows of another.
#[derive(Debug)]
pub struct Cross {
    pub text: RuleText,
    /// The table whose rows are added up.
    pub table: usize,
    pub sum: Formula,
    /// Which rows are added up; all without one.
    pub filter: Option<Formula>,
    /// The table and the column that state the sum.
    pub against: usize,
    pub column: usize,
    /// How far they may be apart, in the column's unit, and as a share of the sum.
    pub tolerance: f64,
    pub ratio: f64,
}

/// A figure against last year's.
#[derive(Debug)]
pub struct Change {
    pub text: RuleText,
    pub rows: Rows,
    pub value: Formula,
    /// Rows are added up by county.
    pub of_county: bool,
    pub method: ChangeMethod,
}

/// When a change is too large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ChangeMethod {
    /// By this share of last year's figure and by this much at least.
    Ratio { ratio: f64, least: f64 },
    /// By the score of Hidiroglou and Berthelot among the county's rows; at least so many of them.
    HidiroglouBerthelot {
        u: f64,
        a: f64,
        c: f64,
        least_rows: usize,
    },
}

/// A figure in another unit than the rest.
#[derive(Debug)]
pub struct UnitError {
    pub text: RuleText,
    pub rows: Rows,
    pub value: Formula,
    /// What the figure grows with, for the fit.
    pub size: Formula,
    /// Decades from last year's figure.
    pub decades: f64,
    /// Times the figure that fits the size.
    pub factor: f64,
    /// Of counts the fit tells only what is too large: a small one is no rarity.
    pub too_large_only: bool,
    pub peers: Peers,
}

/// Whom a row is compared with: the units of its county and stage, and below so many of them those of its stage and area in
/// the whole province.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peers {
    pub least_rows: usize,
}

/// A figure unlike those of its peers.
#[derive(Debug)]
pub struct Outlier {
    pub text: RuleText,
    pub rows: Rows,
    pub value: Formula,
    pub size: Formula,
    pub peers: Peers,
    pub method: OutlierMethod,
}

/// How a figure is held against its peers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OutlierMethod {
    /// Counts: z of the overdispersed funnel.
    Funnel { z: f64, winsor: f64, phi: f64 },
    /// Continuous figures: modified z of the residual of the logarithms, and factor from the fit.
    SizeResidual { z: f64, factor: f64 },
}

/// Rows or blocks that are the same in two places.
#[derive(Debug)]
pub struct Copied {
    pub text: RuleText,
    pub table: usize,
    /// Raw figures of a row.
    pub columns: Vec<String>,
    /// Those that are large enough to be alike by copying only.
    pub large: Vec<String>,
    pub of: CopiedOf,
}

/// What is alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CopiedOf {
    /// Two rows of a county: so many figures, a large one among them, or so many in counties of more than `many` rows, or so many large ones.
    Rows {
        least: usize,
        least_of_many: usize,
        many: usize,
        least_large: usize,
    },
    /// Two rows of different counties: so many figures and so many large ones.
    Counties { least: usize, least_large: usize },
    /// A row and last year's: all figures that are given, at least so many.
    Years { least: usize },
    /// So many large figures below each other.
    Blocks { rows: usize },
}

/// Too many units just above a limit.
#[derive(Debug)]
pub struct Bunching {
    pub text: RuleText,
    /// Indices of indicators.
    pub indicators: Vec<usize>,
    /// Width of the windows above and below the limit, as a share of it.
    pub window: f64,
    /// Width of the window whose units are named.
    pub named: f64,
    pub p: f64,
    pub ratio: f64,
    pub least_rows: usize,
}

/// A row without what a school must have.
#[derive(Debug)]
pub struct EmptyShell {
    pub text: RuleText,
    pub rows: Rows,
    /// Titles are those of the columns in `rows.cells`; each counts as lacking when it is zero.
    pub all: bool,
}

/// A block of empty cells where others have figures.
#[derive(Debug)]
pub struct MissingPattern {
    pub text: RuleText,
    pub table: usize,
    pub least_columns: usize,
    /// A column counts where this share of the province's rows that could have it have it.
    pub usual_share: f64,
}

/// Last digits that are not what counts have.
#[derive(Debug)]
pub struct Digit {
    pub text: RuleText,
    pub table: usize,
    pub columns: Vec<String>,
    pub least_rows: usize,
    /// Smaller figures do not count.
    pub smallest: f64,
    pub p: f64,
    /// Share of 0 and 5.
    pub share: f64,
}
