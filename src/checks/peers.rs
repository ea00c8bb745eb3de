//! With whom a unit is compared: the counted units of its county and stage; where these are too few, those of its stage and
//! area (urban or rural) in the whole province.

use std::collections::{BTreeMap, BTreeSet};

use super::Given;
use crate::pipeline::model::Peers;

/// Row, size and value of a unit.
type Point = (usize, f64, f64);

/// Units that are compared with each other; findings are about those of `judged` only.
#[derive(Debug)]
pub(super) struct Group {
    pub rows: Vec<usize>,
    pub sizes: Vec<f64>,
    pub values: Vec<f64>,
    pub judged: Vec<bool>,
    /// The key of the word for whom they are.
    pub source: &'static str,
}

impl Group {
    fn new(points: &[Point], judged: Vec<bool>, source: &'static str) -> Group {
        Group {
            rows: points.iter().map(|p| p.0).collect(),
            sizes: points.iter().map(|p| p.1).collect(),
            values: points.iter().map(|p| p.2).collect(),
            judged,
            source,
        }
    }
}

/// The groups of the counted units that have a value and a size and of which the rule speaks.
pub(super) fn groups(
    given: &Given<'_>,
    peers: Peers,
    sizes: &[Option<f64>],
    values: &[Option<f64>],
    applies: &[bool],
) -> Vec<Group> {
    let Some(table) = given.pipeline.table("school") else {
        return Vec::new();
    };
    let rows = &given.dataset.tables[table].rows;
    let mut counties: BTreeMap<(&str, usize), Vec<Point>> = BTreeMap::new();
    let mut all: Vec<Point> = Vec::new();
    for (row, unit) in given.units.list.iter().enumerate() {
        let (Some(size), Some(value)) = (sizes[row], values[row]) else {
            continue;
        };
        if !unit.counted || unit.uncertain || !applies[row] || rows[unit.school].conflict {
            continue;
        }
        let point = (row, size, value);
        let county = rows[unit.school].county_code.as_str();
        counties
            .entry((county, unit.stage))
            .or_default()
            .push(point);
        all.push(point);
    }
    let (enough, few): (Vec<Vec<Point>>, Vec<Vec<Point>>) = counties
        .into_values()
        .partition(|own| own.len() >= peers.least_rows);
    let mut out: Vec<Group> = enough
        .iter()
        .map(|points| Group::new(points, vec![true; points.len()], "source_county"))
        .collect();
    if few.is_empty() {
        return out;
    }
    let few: BTreeSet<usize> = few.iter().flatten().map(|point| point.0).collect();
    let mut pools: BTreeMap<(usize, Option<usize>), Vec<Point>> = BTreeMap::new();
    for point in all {
        let unit = &given.units.list[point.0];
        let area = rows[unit.school].area(given.pipeline, table);
        pools.entry((unit.stage, area)).or_default().push(point);
    }
    for points in pools.values().filter(|p| p.len() >= peers.least_rows) {
        let judged: Vec<bool> = points.iter().map(|p| few.contains(&p.0)).collect();
        if judged.contains(&true) {
            out.push(Group::new(points, judged, "source_province"));
        }
    }
    out
}
