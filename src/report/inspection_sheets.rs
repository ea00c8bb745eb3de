//! The schools for checks on the spot: the sample, with all that is needed to draw it again, and those whose findings
//! could change most. Findings ask; nothing here says that a figure is false.

use std::collections::BTreeSet;

use super::Context;
use super::book::{Cell, Head, Sheet, Tone};
use super::findings_book::{named, title};
use super::findings_views::{impact, school};
use crate::inspection::{Flagged, Sample, Stratum};
use crate::text::number;

/// The name of a stratum: its stages and its area.
pub(super) fn stratum(context: &Context<'_>, stratum: &Stratum) -> String {
    let slots = [
        ("stages", &stages(context, &stratum.stages)),
        ("area", &area_title(context, stratum.area)),
    ];
    let slots: Vec<(&str, &str)> = slots.iter().map(|(k, v)| (*k, v.as_str())).collect();
    context.pipeline.phrase("stratum_name", &slots)
}

fn stages(context: &Context<'_>, stages: &[usize]) -> String {
    let titles = stages.iter().map(|s| &context.pipeline.stages[*s].title);
    let titles: Vec<&str> = titles.map(String::as_str).collect();
    titles.join("\u{3001}")
}

fn area_title(context: &Context<'_>, area: Option<usize>) -> String {
    let areas = context.pipeline.survey.as_ref().map(|s| &s.areas);
    let own = area.and_then(|a| Some(areas?[a].title.clone()));
    own.unwrap_or_else(|| context.word("area_unknown"))
}

/// The stages in which a school has units that count.
fn stages_of(context: &Context<'_>, school: usize) -> Vec<usize> {
    let list = &context.results.units.list;
    let from = list.partition_point(|u| u.school < school);
    let own = list[from..].iter().take_while(|u| u.school == school);
    own.filter(|u| u.counted).map(|u| u.stage).collect()
}

/// Stages, area and students of a school.
fn facts(context: &Context<'_>, school: usize) -> [Cell; 3] {
    let (p, r) = (context.pipeline, context.results);
    let table = p.table("school");
    let row = table.map(|t| (t, &r.dataset.tables[t].rows[school]));
    let area = row.and_then(|(t, row)| row.area(p, t));
    let students = row.and_then(|(_, row)| row.students(p));
    [
        Cell::text(stages(context, &stages_of(context, school))),
        Cell::text(area_title(context, area)),
        Cell::number(students, 0),
    ]
}

/// A stratum with how many schools it has, and how many of them are drawn.
fn size(context: &Context<'_>, own: &Stratum) -> String {
    let slots = [
        ("stratum", stratum(context, own)),
        ("schools", own.schools.to_string()),
        ("drawn", own.drawn.to_string()),
    ];
    let slots: Vec<(&str, &str)> = slots.iter().map(|(k, v)| (*k, v.as_str())).collect();
    context.pipeline.phrase("note_stratum", &slots)
}

/// The drawn schools.
pub(super) fn random(context: &Context<'_>, sample: &Sample, risk: &[Flagged]) -> Sheet {
    let w = |key: &str| context.word(key);
    let p = context.pipeline;
    let mut s = named(
        context,
        "sheet_sample",
        vec![
            Head::new(w("head_number")).wide(6),
            Head::new(w("head_stratum")).wide(22),
            Head::new(w("head_county")).wide(14),
            Head::new(w("head_school")).wide(28),
            Head::new(w("head_school_code")).wide(14),
            Head::new(w("head_stage")).wide(12),
            Head::new(w("head_area")).wide(8),
            Head::new(w("head_students")).wide(10),
            Head::new(w("head_also_risk")).wide(12),
            Head::new(w("head_draw")).wide(18),
        ],
        4,
    );
    let share = number(p.sample.share * 100.0);
    let schools: usize = sample.strata.iter().map(|s| s.schools).sum();
    let slots = [
        ("share", share.as_str()),
        ("seed", &p.sample.seed),
        ("schools", &schools.to_string()),
        ("drawn", &sample.schools.len().to_string()),
    ];
    s.notes = vec![
        p.phrase("note_sample", &slots),
        p.phrase("note_sample_again", &slots),
    ];
    // A line for the strata of the same stages.
    for own in sample.strata.chunk_by(|a, b| a.stages == b.stages) {
        let strata: Vec<String> = own.iter().map(|s| size(context, s)).collect();
        s.notes.push(strata.join(p.word("list_separator")));
    }
    let risk: BTreeSet<usize> = risk.iter().map(|f| f.school).collect();
    for (i, drawn) in sample.schools.iter().enumerate() {
        let mut cells = vec![
            Cell::count(i + 1),
            Cell::text(stratum(context, &sample.strata[drawn.stratum])),
        ];
        cells.extend(school(context, drawn.school));
        cells.extend(facts(context, drawn.school));
        cells.push(if risk.contains(&drawn.school) {
            Cell::Text(w("yes"), Tone::Middle)
        } else {
            Cell::Empty
        });
        cells.push(Cell::text(&drawn.hash[..16]));
        s.rows.push(cells);
    }
    s
}

/// The schools whose findings could change most.
pub(super) fn risk(context: &Context<'_>, risk: &[Flagged]) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut s = named(
        context,
        "sheet_risk",
        vec![
            Head::new(w("head_number")).wide(6),
            Head::new(w("head_county")).wide(14),
            Head::new(w("head_school")).wide(22),
            Head::new(w("head_school_code")).wide(14),
            Head::new(w("head_stage")).wide(12),
            Head::new(w("head_area")).wide(8),
            Head::new(w("head_students")).wide(10),
            Head::new(w("head_errors")).wide(8),
            Head::new(w("head_queries")).wide(8),
            Head::new(w("head_to_verify")).wide(24),
            Head::new(w("head_message")).wide(44),
            Head::new(w("head_impact")).wide(44),
        ],
        3,
    );
    s.notes = vec![w("note_risk"), w("note_impact")];
    for (i, own) in risk.iter().enumerate() {
        let f = &context.results.findings[own.first];
        let mut cells = vec![Cell::count(i + 1)];
        cells.extend(school(context, own.school));
        cells.extend(facts(context, own.school));
        cells.extend([
            Cell::count(own.errors),
            Cell::count(own.queries),
            Cell::text(title(context, &f.rule)),
            Cell::text(&f.message),
            impact(f),
        ]);
        s.rows.push(cells);
    }
    s
}
