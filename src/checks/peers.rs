//! With whom a unit is compared: the counted units of its county and stage; where these are too few, those of its stage and
//! area (urban or rural) in the whole province.

use std::collections::BTreeMap;

use super::Given;
use crate::ingest::cell::text_of;
use crate::pipeline::model::Peers;

/// Size and value of a unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub row: usize,
    pub size: f64,
    pub value: f64,
}

/// Units that are compared with each other; findings are about those of `judged` only.
#[derive(Debug)]
pub(super) struct Group {
    pub points: Vec<Point>,
    pub judged: Vec<bool>,
    /// They are of the whole province.
    pub pooled: bool,
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
    let mut pools: BTreeMap<(usize, Option<usize>), Vec<Point>> = BTreeMap::new();
    for (row, unit) in given.units.list.iter().enumerate() {
        let (Some(size), Some(value)) = (sizes[row], values[row]) else {
            continue;
        };
        if !unit.counted || unit.uncertain || !applies[row] || rows[unit.school].conflict {
            continue;
        }
        let point = Point { row, size, value };
        let county = rows[unit.school].county_code.as_str();
        counties
            .entry((county, unit.stage))
            .or_default()
            .push(point);
        pools
            .entry((unit.stage, area(given, row)))
            .or_default()
            .push(point);
    }
    let (enough, few): (Vec<_>, Vec<_>) = counties
        .into_values()
        .partition(|own| own.len() >= peers.least_rows);
    let mut out: Vec<Group> = enough
        .into_iter()
        .map(|points| Group {
            judged: vec![true; points.len()],
            points,
            pooled: false,
        })
        .collect();
    let few: std::collections::BTreeSet<usize> =
        few.into_iter().flatten().map(|point| point.row).collect();
    for points in pools.into_values().filter(|p| p.len() >= peers.least_rows) {
        let judged: Vec<bool> = points.iter().map(|p| few.contains(&p.row)).collect();
        if judged.contains(&true) {
            out.push(Group {
                points,
                judged,
                pooled: true,
            });
        }
    }
    out
}

/// The urban or rural area of a unit's school, by the pipeline's groups of codes.
fn area(given: &Given<'_>, unit: usize) -> Option<usize> {
    let subject = given.subject(crate::pipeline::model::Scope::Unit, unit);
    let row = &given.dataset.tables[subject.table].rows[subject.row];
    let code = text_of(
        &given.pipeline.tables[subject.table],
        &row.values,
        "urban_rural",
    )?;
    given.pipeline.area_of(&code)
}
