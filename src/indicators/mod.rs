//! Dataset -> units (split) -> indicators -> balance -> verdicts. Figures are computed unrounded; missing stays missing.

pub mod balance;
pub mod check;
pub mod criterion;
pub mod depends;
pub mod facts;
pub mod figure;
pub mod flips;
pub mod missing;
pub mod parts;
pub mod split;
pub mod survey;
pub mod unit;
pub mod verdict;

use std::cmp::Ordering;

use serde::Serialize;

/// The verdict on a unit, an indicator's balance, a part or a county. Missing is not zero: with an input missing the
/// verdict is incomplete, never met and never not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Met,
    NotMet,
    Incomplete,
}

impl Verdict {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::NotMet => "not_met",
            Verdict::Incomplete => "incomplete",
        }
    }

    /// The key of the word for people.
    pub fn key(self) -> &'static str {
        match self {
            Verdict::Met => "verdict_met",
            Verdict::NotMet => "verdict_not_met",
            Verdict::Incomplete => "verdict_incomplete",
        }
    }
}

/// The items of a sorted list that `order` finds equal to what is looked for.
pub fn run_of<T>(sorted: &[T], order: impl Fn(&T) -> Ordering) -> &[T] {
    let from = sorted.partition_point(|x| order(x) == Ordering::Less);
    let run = sorted[from..].partition_point(|x| order(x) == Ordering::Equal);
    &sorted[from..from + run]
}

/// One verdict of several: incomplete if one is, else not met if one is not.
pub fn all(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let mut out = Verdict::Met;
    for v in verdicts {
        match v {
            Verdict::Incomplete => return Verdict::Incomplete,
            Verdict::NotMet => out = Verdict::NotMet,
            Verdict::Met => {}
        }
    }
    out
}
