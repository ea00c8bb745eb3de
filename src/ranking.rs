//! Counties in order. Ties share a rank; what has no value stands last, without a rank. Decided here and nowhere else.

use std::collections::BTreeMap;

use crate::dataset::Dataset;
use crate::formula::lower::TOLERANCE;
use crate::indicators::Verdict;
use crate::indicators::balance::{self, Balance};
use crate::indicators::criterion::{CriterionResult, of_county};
use crate::indicators::split::Units;
use crate::indicators::unit::{self, UnitVerdict};
use crate::indicators::verdict::Held;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Better, Ranking, RankingOf, Role};

/// One county's place in one ranking.
#[derive(Debug, Clone)]
pub struct Place {
    pub county_code: String,
    pub value: Option<f64>,
    pub rank: Option<usize>,
    /// Rank among the counties of the same prefecture.
    pub prefecture_rank: Option<usize>,
}

/// What a ranking that is made for each of several things is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The county as a whole.
    Whole,
    Indicator(usize),
    /// A figure of a criterion: indices.
    Figure(usize, usize),
    /// A check of a criterion on schools: indices.
    Check(usize, usize),
}

/// A ranking with its places in order: by rank, the missing last; ties by county code.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// Index into the pipeline's rankings.
    pub ranking: usize,
    pub subject: Subject,
    pub id: String,
    pub places: Vec<Place>,
}

/// Figures that rankings are made from.
pub struct Figures<'a> {
    pub pipeline: &'a Pipeline,
    pub dataset: &'a Dataset,
    pub units: &'a Units,
    pub unit_verdicts: &'a [UnitVerdict],
    pub balances: &'a [Balance],
    pub criteria: &'a [CriterionResult],
    /// Counties of which something was not read: they are not ranked.
    pub held: &'a Held,
}

/// All rankings, in the order of the pipeline, per indicator where declared so.
pub fn rankings(figures: &Figures<'_>) -> Vec<Ranked> {
    let mut out = Vec::new();
    let pipeline = figures.pipeline;
    for (r, ranking) in pipeline.rankings.iter().enumerate() {
        let mut subjects: Vec<(Subject, String)> = Vec::new();
        if ranking.of == RankingOf::Criterion {
            for (c, criterion) in pipeline.criteria.iter().enumerate() {
                for (f, figure) in criterion.figures.iter().enumerate() {
                    let id = criterion.item_id(&figure.id);
                    subjects.push((Subject::Figure(c, f), format!("{}:{id}", ranking.id)));
                }
                for (k, check) in criterion.checks.iter().enumerate() {
                    let id = criterion.item_id(&check.id);
                    subjects.push((Subject::Check(c, k), format!("{}:{id}", ranking.id)));
                }
            }
        } else if ranking.each_indicator {
            for (i, indicator) in pipeline.standard_indicators() {
                let id = format!("{}:{}", ranking.id, indicator.id);
                subjects.push((Subject::Indicator(i), id));
            }
        } else {
            subjects.push((Subject::Whole, ranking.id.clone()));
        }
        for (subject, id) in subjects {
            out.push(ranked(figures, r, ranking, subject, id));
        }
    }
    out
}

fn ranked(
    figures: &Figures<'_>,
    r: usize,
    ranking: &Ranking,
    subject: Subject,
    id: String,
) -> Ranked {
    let counties = &figures.dataset.counties;
    let values: Vec<Option<f64>> = (0..counties.len())
        .map(|county| value(figures, ranking, subject, county))
        .collect();
    // A mean or a figure has its own direction.
    let better = match (ranking.of, subject) {
        (RankingOf::Mean, Subject::Indicator(i)) => figures.pipeline.indicators[i].better,
        (_, Subject::Figure(c, f)) => figures.pipeline.criteria[c].figures[f].better,
        // Fewer that fail.
        (_, Subject::Check(..)) => Better::Lower,
        _ => ranking.better,
    };
    let all = ranks(&values, better);
    let mut within: Vec<Option<usize>> = vec![None; counties.len()];
    let mut prefectures: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, county) in counties.iter().enumerate() {
        prefectures.entry(&county.prefecture).or_default().push(i);
    }
    for members in prefectures.values() {
        let own: Vec<Option<f64>> = members.iter().map(|i| values[*i]).collect();
        for (member, rank) in members.iter().zip(ranks(&own, better)) {
            within[*member] = rank;
        }
    }
    let mut places: Vec<Place> = counties
        .iter()
        .enumerate()
        .map(|(i, c)| Place {
            county_code: c.code.clone(),
            value: values[i],
            rank: all[i],
            prefecture_rank: within[i],
        })
        .collect();
    places.sort_by(|a, b| {
        let rank = |p: &Place| p.rank.unwrap_or(usize::MAX);
        rank(a)
            .cmp(&rank(b))
            .then(a.county_code.cmp(&b.county_code))
    });
    Ranked {
        ranking: r,
        subject,
        id,
        places,
    }
}

/// Ranks from 1; equal values share the better rank and the next ranks are left out (1, 2, 2, 4).
pub fn ranks(values: &[Option<f64>], better: Better) -> Vec<Option<usize>> {
    let mut order: Vec<(usize, f64)> = values
        .iter()
        .enumerate()
        .filter_map(|(i, v)| v.filter(|v| v.is_finite()).map(|v| (i, v)))
        .collect();
    order.sort_by(|a, b| match better {
        Better::Higher => b.1.total_cmp(&a.1),
        Better::Lower => a.1.total_cmp(&b.1),
    });
    let mut out = vec![None; values.len()];
    let mut rank = 0;
    for (position, (i, value)) in order.iter().enumerate() {
        let tied = position > 0 && {
            let before = order[position - 1].1;
            // Residues of binary figures about zero are zero.
            (value - before).abs() <= TOLERANCE * (value.abs() + before.abs()) + f64::EPSILON
        };
        if !tied {
            rank = position + 1;
        }
        out[*i] = Some(rank);
    }
    out
}

fn value(figures: &Figures<'_>, ranking: &Ranking, subject: Subject, index: usize) -> Option<f64> {
    let pipeline = figures.pipeline;
    let county = figures.dataset.counties[index].code.as_str();
    let indicator = match subject {
        Subject::Indicator(i) => Some(i),
        _ => None,
    };
    if figures.held.contains_key(county) {
        return None;
    }
    let own = || {
        let all = balance::of_county(figures.balances, county).iter();
        all.filter(|b| b.units_uncertain == 0)
    };
    let criteria = || of_county(pipeline, figures.criteria, index);
    match ranking.of {
        RankingOf::MeanCv => mean_cv(pipeline, figures.balances, county, ranking.stage?),
        RankingOf::Cv => {
            own()
                .find(|b| Some(b.stage) == ranking.stage && Some(b.indicator) == indicator)?
                .cv
        }
        RankingOf::Mean => own()
            .find(|b| Some(b.stage) == ranking.stage && Some(b.indicator) == indicator)?
            .spread
            .map(|s| s.mean),
        RankingOf::CvMet => {
            let judged: Vec<Verdict> = own().filter_map(|b| b.verdict).collect();
            let whole = pipeline
                .evaluated_stages()
                .all(|s| own().any(|b| b.stage == s && b.verdict.is_some()));
            if !whole || judged.contains(&Verdict::Incomplete) {
                return None;
            }
            Some(judged.iter().filter(|v| **v == Verdict::Met).count() as f64)
        }
        RankingOf::ShareMet => share_met(figures, county, ranking.stage),
        RankingOf::Criterion => match subject {
            Subject::Figure(c, f) => {
                let result = criteria().get(c)?.figures.get(f)?;
                // What cannot be has no rank.
                result.value.filter(|_| result.applies && result.possible)
            }
            Subject::Check(c, k) => criteria().get(c)?.checks.get(k)?.failing,
            _ => None,
        },
        RankingOf::Points => {
            let own = criteria();
            let scored = |r: &&CriterionResult| pipeline.criteria[r.criterion].points.is_some();
            own.iter().filter(scored).map(|r| r.points).sum()
        }
    }
}

/// The mean of the standard indicators' coefficients of variation, from unrounded values; missing when one is.
pub fn mean_cv(
    pipeline: &Pipeline,
    balances: &[Balance],
    county: &str,
    stage: usize,
) -> Option<f64> {
    let own = balance::of_county(balances, county)
        .iter()
        .filter(|b| b.stage == stage && pipeline.indicators[b.indicator].role == Role::Standard);
    balance::composite(own.map(|b| b.cv.filter(|_| b.units_uncertain == 0)))
}

/// The share of counted units that meet the standard, percent; missing when a unit is incomplete.
fn share_met(figures: &Figures<'_>, county: &str, stage: Option<usize>) -> Option<f64> {
    let all = unit::verdicts_of(
        figures.pipeline,
        figures.dataset,
        figures.units,
        figures.unit_verdicts,
        county,
    );
    let own: Vec<&UnitVerdict> = all
        .iter()
        .filter(|v| stage.is_none_or(|s| s == figures.units.list[v.unit].stage))
        .collect();
    // Over all stages a share is only given when every stage has units.
    let whole = stage.is_some()
        || figures
            .pipeline
            .evaluated_stages()
            .all(|s| own.iter().any(|v| figures.units.list[v.unit].stage == s));
    if !whole || own.is_empty() || own.iter().any(|v| v.verdict == Verdict::Incomplete) {
        return None;
    }
    let met = own.iter().filter(|v| v.verdict == Verdict::Met).count();
    Some(met as f64 * 100.0 / own.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_a_rank_and_the_missing_have_none() {
        let values = [Some(0.3), None, Some(0.1 + 0.2), Some(0.1), Some(f64::NAN)];
        assert_eq!(
            ranks(&values, Better::Lower),
            [Some(2), None, Some(2), Some(1), None]
        );
        assert_eq!(
            ranks(&values, Better::Higher),
            [Some(1), None, Some(1), Some(3), None]
        );
    }
}
