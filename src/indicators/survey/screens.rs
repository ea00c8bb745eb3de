//! What makes a county's answers look unlike those of the others. Honest answers raise each of these now and then (of six
//! questions with three answers, 44% of honest respondents give six equal ones): a county is held against all counties, and
//! asked, never judged.

use std::collections::BTreeMap;

use super::design::{Cluster, spread_probability};
use super::rates::place;
use super::{Given, percent};
use crate::dataset::CountyAnswers;
use crate::finding::{Draft, Finding};
use crate::pipeline::model::{Measure, Screen, Survey};
use crate::text::{fixed, number};

/// A measure of one county: how many of how many.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub count: f64,
    pub base: f64,
}

impl Measured {
    /// Percent.
    pub fn share(self) -> Option<f64> {
        percent(self.count, self.base)
    }
}

/// A measure of a county's questionnaires; `None` for measures that are no share. `median` is that of all durations.
pub fn measured(screen: &Screen, own: &CountyAnswers, median: Option<f64>) -> Option<Measured> {
    let s = &own.answers.screened;
    let (count, base) = match screen.measure {
        Measure::Straight => (s.straight, s.complete),
        Measure::RepeatedPattern => (s.repeated, s.complete),
        Measure::Contradiction => (s.contradictions, s.comparable),
        Measure::OneDevice => (s.one_device, s.with_device),
        Measure::OneSecond => (s.one_second, s.with_second),
        Measure::Fast => {
            let bound = median? * screen.part_of_median?;
            let fast = s.durations.iter().filter(|(d, _)| f64::from(**d) < bound);
            (fast.map(|(_, n)| n).sum(), s.durations.values().sum())
        }
        Measure::SchoolsEven => return None,
    };
    Some(Measured {
        count: count as f64,
        base: base as f64,
    })
}

/// The median of all durations of all counties.
pub fn median_duration(surveys: &[CountyAnswers]) -> Option<f64> {
    let mut all: BTreeMap<u32, u64> = BTreeMap::new();
    for own in surveys {
        for (seconds, n) in &own.answers.screened.durations {
            *all.entry(*seconds).or_insert(0) += n;
        }
    }
    let count: u64 = all.values().sum();
    let mut before = 0;
    for (seconds, n) in all {
        before += n;
        if before * 2 >= count {
            return Some(f64::from(seconds));
        }
    }
    None
}

/// Of counties' shares: the share of all together, and the z of each, divided by how much counties differ anyhow (the mean
/// of z², of its middle 80%, over that of a normal distribution; never below 1).
///
/// Source: Spiegelhalter 2005, funnel plots with overdispersion.
fn funnel(shares: &[Measured]) -> Option<(f64, Vec<f64>)> {
    let count: f64 = shares.iter().map(|m| m.count).sum();
    let base: f64 = shares.iter().map(|m| m.base).sum();
    let p = count / base;
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    let z: Vec<f64> = shares
        .iter()
        .map(|m| (m.count / m.base - p) / (p * (1.0 - p) / m.base).sqrt())
        .collect();
    let mut sorted = z.clone();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 10;
    let (low, high) = (sorted[cut], sorted[sorted.len() - 1 - cut]);
    let squares = z.iter().map(|z| z.clamp(low, high).powi(2)).sum::<f64>();
    /// Mean of z² of a standard normal distribution winsorised by a tenth at each end.
    const NORMAL: f64 = 0.70;
    let spread = (squares / z.len() as f64 / NORMAL).max(1.0).sqrt();
    Some((p, z.iter().map(|z| z / spread).collect()))
}

/// What the screens say of all counties.
pub fn findings(given: &Given<'_>, survey: &Survey) -> Vec<Finding> {
    let surveys = &given.dataset.surveys;
    let median = median_duration(surveys);
    let mut out = Vec::new();
    for screen in &survey.screens {
        if screen.measure == Measure::SchoolsEven {
            let own = surveys
                .iter()
                .filter_map(|s| even(given, survey, screen, s));
            out.extend(own);
            continue;
        }
        let list: Vec<(&CountyAnswers, Measured)> = surveys
            .iter()
            .filter_map(|s| Some((s, measured(screen, s, median)?)))
            .filter(|(_, m)| m.base > 0.0 && m.base >= screen.least_answers)
            .collect();
        let shares: Vec<Measured> = list.iter().map(|(_, m)| *m).collect();
        let together = funnel(&shares);
        let far = |i: usize| match (screen.z, &together) {
            (Some(z), Some((_, own))) => shares.len() >= screen.least_counties && own[i] > z,
            _ => false,
        };
        let province = together
            .as_ref()
            .map_or(String::new(), |(p, _)| fixed(p * 100.0, 1));
        for (i, (own, m)) in list.iter().enumerate() {
            let share = m.share().unwrap_or(0.0);
            let above = screen.above.is_some_and(|a| m.count > 1.0 && share > a);
            if !far(i) && !above || m.count < screen.least_count {
                continue;
            }
            let draft = Draft {
                county_code: Some(own.county_code.clone()),
                place: place(given, &own.county_code),
                value: Some(format!("{}%", fixed(share, 1))),
                ..Draft::default()
            };
            let bound = match (screen.measure, screen.above) {
                (Measure::Fast, _) => median.and_then(|m| Some(m * screen.part_of_median?)),
                (_, above) => above.or(screen.z),
            };
            out.push(
                draft
                    .slot("count", number(m.count))
                    .slot("base", number(m.base))
                    .slot("share", fixed(share, 1))
                    .slot("province", province.clone())
                    .slot("bound", bound.map_or(String::new(), number))
                    .notice(given.pipeline, &screen.notice),
            );
        }
    }
    out
}

/// Whether the schools of a county differ less than chance allows, or all have nearly everyone satisfied.
fn even(
    given: &Given<'_>,
    survey: &Survey,
    screen: &Screen,
    own: &CountyAnswers,
) -> Option<Finding> {
    let clusters: Vec<Cluster> = own
        .answers
        .schools
        .iter()
        .filter(|s| !s.name.is_empty() && s.valid as f64 >= survey.suppress_below)
        .map(|s| {
            let (hits, base) = s.satisfied.declared(survey);
            Cluster::unweighted(0, hits, base)
        })
        .filter(|c| c.answers > 0.0)
        .collect();
    let answers: f64 = clusters.iter().map(|c| c.answers).sum();
    if clusters.len() < 5 || answers < screen.least_answers {
        return None;
    }
    let lowest = clusters
        .iter()
        .map(|c| c.hits * 100.0 / c.answers)
        .fold(f64::INFINITY, f64::min);
    let chance = spread_probability(&clusters).map(|p| p * 100.0);
    let even = chance.zip(screen.below).is_some_and(|(p, below)| p < below);
    let full = screen.share.is_some_and(|s| lowest >= s);
    if !even && !full {
        return None;
    }
    let hits: f64 = clusters.iter().map(|c| c.hits).sum();
    let draft = Draft {
        county_code: Some(own.county_code.clone()),
        place: place(given, &own.county_code),
        value: Some(format!("{}%", fixed(lowest, 1))),
        ..Draft::default()
    };
    Some(
        draft
            .slot("count", number(hits))
            .slot("base", number(answers))
            .slot("share", fixed(lowest, 1))
            .slot("schools", clusters.len().to_string())
            .slot("bound", chance.map_or(String::new(), |c| fixed(c, 3)))
            .notice(given.pipeline, &screen.notice),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_county_far_from_the_others() {
        let mut shares = vec![
            Measured {
                count: 300.0,
                base: 1000.0
            };
            20
        ];
        for (i, m) in shares.iter_mut().enumerate() {
            m.count += 10.0 * (i % 5) as f64 - 20.0;
        }
        shares[7].count = 600.0;
        let (p, z) = funnel(&shares).unwrap();
        assert!((p - 0.314).abs() < 0.01, "{p}");
        assert!(z[7] > 4.0, "{}", z[7]);
        assert!(z.iter().enumerate().all(|(i, z)| i == 7 || z.abs() < 4.0));
        assert!(
            funnel(&[Measured {
                count: 0.0,
                base: 5.0
            }])
            .is_none()
        );
    }
}
