//! Schools for checks on the spot: a drawn sample that anybody can draw again, and those whose findings matter most.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::cells::{Spot, is_of_column, rows_of, spots};
use crate::finding::{Severity, State};
use crate::impact::{by_influence, is_ranked};
use crate::pipeline::Pipeline;
use crate::pipeline::load::hex;
use crate::results::Results;

/// Schools of the same stages and the same area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stratum {
    /// The evaluated stages in which they have units that count.
    pub stages: Vec<usize>,
    /// Index into the areas of the survey; `None` where the school does not say.
    pub area: Option<usize>,
    pub schools: usize,
    pub drawn: usize,
}

/// A school that is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Row of the school table.
    pub school: usize,
    /// Index into the strata.
    pub stratum: usize,
    /// What it was ranked by in its stratum.
    pub hash: String,
}

/// The sample: strata in the order of stages and areas, schools by stratum and rank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sample {
    pub strata: Vec<Stratum>,
    pub schools: Vec<Drawn>,
}

/// What a school is ranked by: SHA-256 of seed, county and school, with commas between them.
pub fn hash(seed: &str, county: &str, school: &str) -> String {
    hex(&Sha256::digest(
        format!("{seed},{county},{school}").as_bytes(),
    ))
}

/// How many schools a share of so many is, rounded up; binary residue does not count.
pub fn count(share: f64, schools: usize) -> usize {
    let wanted = (share * schools as f64 - 1e-9).ceil().max(0.0);
    (0..=schools)
        .find(|n| *n as f64 >= wanted)
        .unwrap_or(schools)
}

/// Draws the sample from all schools with a unit that counts.
pub fn sample(pipeline: &Pipeline, results: &Results) -> Sample {
    let Some(table) = pipeline.table("school") else {
        return Sample::default();
    };
    let rows = &results.dataset.tables[table].rows;
    let mut stages: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for unit in results.units.list.iter().filter(|u| u.counted) {
        stages.entry(unit.school).or_default().insert(unit.stage);
    }
    // By stages and area the schools with what they are ranked by.
    type Key = (Vec<usize>, usize);
    let mut strata: BTreeMap<Key, Vec<(String, usize)>> = BTreeMap::new();
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (school, stages) in stages {
        let row = &rows[school];
        // Two rows that claim to be one school are one school.
        if !seen.insert((&row.county_code, &row.key)) {
            continue;
        }
        let area = row.area(pipeline, table).unwrap_or(usize::MAX);
        let key = (stages.into_iter().collect(), area);
        let hash = hash(&pipeline.sample.seed, &row.county_code, &row.key);
        strata.entry(key).or_default().push((hash, school));
    }
    let mut out = Sample::default();
    for (stratum, ((stages, area), mut schools)) in strata.into_iter().enumerate() {
        schools.sort();
        let drawn = count(pipeline.sample.share, schools.len());
        out.strata.push(Stratum {
            stages,
            area: Some(area).filter(|a| *a != usize::MAX),
            schools: schools.len(),
            drawn,
        });
        out.schools
            .extend(schools.into_iter().take(drawn).map(|(hash, school)| Drawn {
                school,
                stratum,
                hash,
            }));
    }
    out
}

/// Both lists of schools for checks on the spot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    pub sample: Sample,
    /// All schools with findings that must be answered.
    pub flagged: Vec<Flagged>,
}

impl Inspection {
    /// Both lists, from the findings as they stand.
    pub fn of(pipeline: &Pipeline, results: &Results) -> Inspection {
        let (sample, flagged) =
            rayon::join(|| sample(pipeline, results), || flagged(pipeline, results));
        Inspection { sample, flagged }
    }
}

/// A school with findings that must be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flagged {
    /// Row of the school table.
    pub school: usize,
    pub errors: usize,
    pub queries: usize,
    /// The finding that could change most.
    pub first: usize,
    /// Those that follow from no other.
    pub roots: usize,
}

/// The schools with errors or queries that follow from no other finding: those whose findings could change most first.
pub fn flagged(pipeline: &Pipeline, results: &Results) -> Vec<Flagged> {
    let findings = &results.findings;
    let school = pipeline.table("school");
    let mut own: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let spots = spots(pipeline, &results.dataset, findings);
    for (i, spot) in spots.iter().enumerate() {
        if let Some(Spot { row, .. }) = spot.filter(|s| Some(s.table) == school) {
            own.entry(row).or_default().push(i);
        }
        if let Some(table) = school.filter(|_| is_of_column(&findings[i])) {
            for row in rows_of(&results.dataset, table, &findings[i]) {
                own.entry(row).or_default().push(i);
            }
        }
    }
    let mut out: Vec<Flagged> = own
        .into_iter()
        .filter_map(|(school, list)| {
            let ranked = list.iter().copied().filter(|i| is_ranked(&findings[*i]));
            let order = |a: &usize, b: &usize| by_influence(&findings[*a], &findings[*b]);
            let first = ranked.clone().min_by(order)?;
            let count = |severity| {
                let now = list.iter().map(|i| &findings[*i]);
                let now = now.filter(|f| f.state != State::Fixed);
                now.filter(|f| f.severity == severity).count()
            };
            Some(Flagged {
                school,
                errors: count(Severity::Error),
                queries: count(Severity::Query),
                first,
                roots: ranked.count(),
            })
        })
        .collect();
    out.sort_by(|a, b| {
        by_influence(&findings[a.first], &findings[b.first])
            .then(b.roots.cmp(&a.roots))
            .then(a.school.cmp(&b.school))
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_round_up_without_residue() {
        assert_eq!(count(0.1, 30), 3);
        assert_eq!(count(0.1, 31), 4);
        assert_eq!(count(0.1, 1), 1);
        assert_eq!(count(0.1, 0), 0);
        assert_eq!(count(1.0, 7), 7);
        assert_eq!(count(0.0, 7), 0);
    }

    /// `printf 'seed,990101,2199000001' | sha256sum`
    #[test]
    fn anybody_can_compute_the_rank() {
        assert_eq!(&hash("seed", "990101", "2199000001")[..12], "047e14d0d19f");
    }
}
