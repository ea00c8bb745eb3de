//! What is shown of a county over the periods that are held: its verdict, its rank, its main figures.

use std::collections::BTreeSet;

use crate::indicators::Verdict;
use crate::last_year::Figures;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Part, RankingOf};
use crate::ranking::Subject;
use crate::results::Results;

/// One thing that is shown of every county and period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The verdict on the county as a whole.
    Overall,
    /// The rank in a ranking: its index.
    Rank(usize),
    /// The value in a ranking: its index.
    Value(usize),
    /// The rate of satisfaction, percent.
    Satisfaction,
}

/// What a measure is in a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Point {
    Verdict(Verdict),
    Number(f64),
}

impl Point {
    /// The number; none of a verdict.
    pub fn number(self) -> Option<f64> {
        match self {
            Point::Number(value) => Some(value),
            Point::Verdict(_) => None,
        }
    }
}

/// The measures, in their order: verdict, rank and value of the first ranking, the mean coefficients of variation by
/// stage, the share of schools that meet the standard, satisfaction.
pub fn measures(pipeline: &Pipeline) -> Vec<Measure> {
    let mut out = vec![Measure::Overall];
    let whole = || {
        let all = pipeline.rankings.iter().enumerate();
        all.filter(|(_, r)| !r.each_indicator && r.of != RankingOf::Criterion)
    };
    let mut values: Vec<usize> = Vec::new();
    if let Some((main, _)) = whole().next() {
        out.push(Measure::Rank(main));
        values.push(main);
    }
    for of in [RankingOf::MeanCv, RankingOf::ShareMet] {
        values.extend(whole().filter(|(_, r)| r.of == of).map(|(i, _)| i));
    }
    let mut seen = BTreeSet::new();
    let values = values.into_iter().filter(|i| seen.insert(*i));
    out.extend(values.map(Measure::Value));
    if pipeline.survey.is_some() {
        out.push(Measure::Satisfaction);
    }
    out
}

impl Measure {
    /// Its id in `data/trend.parquet`.
    pub fn id(self, pipeline: &Pipeline) -> String {
        match self {
            Measure::Overall => Part::Overall.word().to_string(),
            Measure::Rank(r) => format!("rank:{}", pipeline.rankings[r].id),
            Measure::Value(r) => pipeline.rankings[r].id.clone(),
            Measure::Satisfaction => "satisfaction".to_string(),
        }
    }

    /// The ranking whose definition it has.
    pub fn ranking(self, pipeline: &Pipeline) -> Option<&str> {
        match self {
            Measure::Rank(r) | Measure::Value(r) => Some(&pipeline.rankings[r].id),
            Measure::Overall | Measure::Satisfaction => None,
        }
    }

    /// What it is in this run, of a county by its index.
    pub fn now(self, results: &Results, county: usize) -> Option<Point> {
        let code = results.dataset.counties[county].code.as_str();
        let place = |r: usize| {
            let mut lists = results.rankings.iter();
            let list = lists.find(|l| l.ranking == r && l.subject == Subject::Whole)?;
            list.places.iter().find(|p| p.county_code == code)
        };
        match self {
            Measure::Overall => {
                let mut own = results.verdicts_of(code).iter();
                let overall = own.find(|v| v.part == Part::Overall)?;
                Some(Point::Verdict(overall.verdict))
            }
            Measure::Rank(r) => Some(Point::Number(place(r)?.rank? as f64)),
            Measure::Value(r) => place(r)?.value.map(Point::Number),
            Measure::Satisfaction => {
                let line = results.surveys.official(county)?;
                line.rate.map(Point::Number)
            }
        }
    }

    /// What it was in an earlier run.
    pub fn then(self, pipeline: &Pipeline, figures: &Figures, county: &str) -> Option<Point> {
        let place = |r: usize| figures.place(&pipeline.rankings[r].id, county);
        match self {
            Measure::Overall => figures.verdict(county, Part::Overall).map(Point::Verdict),
            Measure::Rank(r) => place(r).rank.map(|rank| Point::Number(rank as f64)),
            Measure::Value(r) => place(r).value.map(Point::Number),
            Measure::Satisfaction => figures.rates.get(county).map(|r| Point::Number(r.rate)),
        }
    }
}
