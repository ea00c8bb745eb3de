//! What runs of earlier periods published, to compare with: tables, satisfaction rates, ranks and figures. Reading them is
//! the commands' work; nothing here does input or output.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use crate::indicators::Verdict;
use crate::indicators::survey::change::{Previous, PreviousRate};
use crate::pipeline::model::Part;
use crate::results::Results;

/// An earlier year.
#[derive(Debug, Default)]
pub struct LastYear {
    pub period: i64,
    /// The run that it was read from.
    pub run: String,
    /// Hash of what it was read from.
    pub hash: String,
    pub surveys: Previous,
    /// By table of the pipeline: county code and name, the columns that the run knew. Empty where it had none.
    pub tables: Vec<DataFrame>,
    /// The units, with the columns of their schools.
    pub units: DataFrame,
    pub figures: Figures,
}

/// Ranks, figures and verdicts of the counties in a run.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// By ranking (`cv-primary:media-rooms` where it is of an indicator), then by county.
    pub places: BTreeMap<String, BTreeMap<String, EarlierPlace>>,
    /// Coefficients of variation by county, then by the ids of stage and indicator.
    pub coefficients: BTreeMap<String, BTreeMap<(String, String), f64>>,
    /// By county, then by the word of the part.
    pub verdicts: BTreeMap<String, BTreeMap<String, Verdict>>,
    /// Rates of satisfaction by county.
    pub rates: BTreeMap<String, PreviousRate>,
    /// How rankings and coefficients were defined, as [`crate::definitions::definitions`] says; empty where that is not
    /// known.
    pub definitions: BTreeMap<String, String>,
}

/// A county's place in a ranking of an earlier run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EarlierPlace {
    pub rank: Option<usize>,
    pub value: Option<f64>,
    /// Rank among the counties of its prefecture.
    pub prefecture_rank: Option<usize>,
}

/// A period that is held beside this one.
#[derive(Debug, Clone, Default)]
pub struct Year {
    pub period: i64,
    /// The run that its figures are of.
    pub run: String,
    /// Hash of what they were read from.
    pub hash: String,
    pub figures: Figures,
}

impl LastYear {
    /// The tables of results that are at hand; their surveys and figures are left out.
    pub fn of(results: &Results, period: i64) -> LastYear {
        let tables = results.dataset.tables.iter();
        LastYear {
            period,
            tables: tables.map(|t| t.frame.clone()).collect(),
            units: results.units.frame.clone(),
            ..LastYear::default()
        }
    }

    /// The same as one of several periods.
    pub fn year(&self) -> Year {
        Year {
            period: self.period,
            run: self.run.clone(),
            hash: self.hash.clone(),
            figures: self.figures.clone(),
        }
    }
}

impl Figures {
    /// A county's place in a ranking; empty where it had none.
    pub fn place(&self, ranking: &str, county: &str) -> EarlierPlace {
        let places = self.places.get(ranking);
        let own = places.and_then(|p| p.get(county));
        own.copied().unwrap_or_default()
    }

    /// A coefficient of variation, by the ids of stage and indicator.
    pub fn coefficient(&self, county: &str, stage: &str, indicator: &str) -> Option<f64> {
        let own = self.coefficients.get(county)?;
        own.get(&(stage.to_string(), indicator.to_string()))
            .copied()
    }

    /// The verdict on a part of a county.
    pub fn verdict(&self, county: &str, part: Part) -> Option<Verdict> {
        self.verdicts.get(county)?.get(part.word()).copied()
    }

    /// Whether a ranking or coefficient was defined as it is now; not where that is not known.
    pub fn is_same(&self, definition: &str, now: &BTreeMap<String, String>) -> bool {
        let then = self.definitions.get(definition);
        then.is_some() && then == now.get(definition)
    }
}
