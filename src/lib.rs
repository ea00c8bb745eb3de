//! Junheng (均衡): from the workbooks that counties send to the figures, verdicts and findings of the national balance
//! evaluations of compulsory education.
//!
//! ```text
//! paths -> submissions -(calamine)-> grids -(forms)-> tables + findings -> dataset
//! dataset -> units (split) -> indicators -> balance; county facts -> criteria; both -> verdicts -> ranking
//! dataset + indicators -> checks -> findings, with their causes and what each could change
//! findings + the run before + what came back from counties -> states
//! runs of earlier periods -> ranks, figures and verdicts beside this year's
//! frames of this run + frames of the run before -> changes with their causes
//! ranking + verdicts + findings -> books and frames -> files -> published in one step
//! ```
//!
//! # Invariants
//!
//! 1. Bad data never stops a run. It is a [`finding::Finding`]; [`error::Error`] means that the run could not be carried
//!    out. Nothing is dropped, guessed or turned to null in silence: every cell that was not taken as it stands has a
//!    finding with its address.
//! 2. Checks only speak. They never change a figure. Only ingest may make a value missing, and says so.
//! 3. No number or word of the subject in `src/`: thresholds, headers, school types and messages live in `pipelines/`.
//!    A test greps for it.
//! 4. Same input, same bytes: no clock, hash order or thread order in any output.
//! 5. Every figure can be followed back to its cells, every verdict to its reasons.
//! 6. Missing is not zero: a verdict with missing inputs is *incomplete*, never met and never not met.
//! 7. Comparisons with a limit are made on unrounded values, robust to binary representation; where the printed rounding
//!    would show another verdict, the report says so.
//! 8. Outputs appear all at once or not at all. A killed run leaves the published results as they were.
//! 9. Each foreign library is named in one file (polars, the frames' own language, is the exception). The core does no
//!    input or output.

pub mod clock;
pub mod due;
pub mod error;
pub mod failure;
pub mod finding;
pub mod fixed;
pub mod text;

pub mod formula;
pub mod pipeline;

pub mod ingest;

pub mod dataset;

pub mod indicators;

pub mod definitions;
pub mod last_year;

pub mod checks;

pub mod ranking;
pub mod results;

pub mod causes;
pub mod cells;
pub mod followup;
pub mod impact;
pub mod inspection;
mod marks;

pub mod changes;
pub mod trace;
pub mod trend;

pub mod report;
pub mod store;

pub mod cli;
pub mod commands;
pub mod log;
pub mod signals;
