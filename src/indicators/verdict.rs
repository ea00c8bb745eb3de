//! The verdict on a county's resources and balance: met, not met or incomplete, always with the reasons and the margin.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::balance::{Balance, Composite, of_county};
use super::flips::{self, Flip};
use super::split::Units;
use super::unit::{Met, UnitValue, UnitVerdict, values_of};
use super::{Verdict, all};
use crate::dataset::{County, Dataset};
use crate::finding::Finding;
use crate::formula::lower::{at_least, at_most};
use crate::ingest::cell::text_of;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Better, Part, Role};
use crate::text::{fixed, rounded};

/// The verdict on one part of a county.
#[derive(Debug, Clone)]
pub struct CountyVerdict {
    pub county_code: String,
    pub part: Part,
    pub verdict: Verdict,
    pub reasons: Vec<String>,
    /// How far the nearest flip is, negative when not met; missing while incomplete. Resources: the least relative slack
    /// of any unit (0.05: every unit could lose 5% of its nearest indicator). Balance: the least limit − CV. Criteria: the
    /// least relative slack of any figure or school; with points, the points above what is needed.
    pub margin: Option<f64>,
    /// What stands between the county and the verdict, nearest first; of what is met, what is nearest to failing.
    pub flips: Vec<Flip>,
}

/// Most schools that one reason names.
const NAMED: usize = 20;

/// What the verdicts are made from.
pub struct Given<'a> {
    pub pipeline: &'a Pipeline,
    pub dataset: &'a Dataset,
    pub units: &'a Units,
    pub values: &'a [UnitValue],
    pub unit_verdicts: &'a [UnitVerdict],
    pub balances: &'a [Balance],
    pub composites: &'a [Composite],
    pub held: &'a Held,
}

/// The verdicts of all counties, in the order of their codes.
pub fn county_verdicts(
    given: &Given<'_>,
    criteria: &[super::criterion::CriterionResult],
) -> Vec<CountyVerdict> {
    let margins = unit_margins(given);
    let of_county = |(index, county): (usize, &County)| -> Vec<CountyVerdict> {
        let mut out = Vec::new();
        let units = super::unit::verdicts_of(
            given.pipeline,
            given.dataset,
            given.units,
            given.unit_verdicts,
            &county.code,
        );
        let unread = held(given, &county.code);
        let mut held = unread.clone();
        if !county.received {
            held.push(given.pipeline.word("reason_nothing_received").to_string());
        } else {
            let there = |stage| {
                units
                    .iter()
                    .any(|u| given.units.list[u.unit].stage == stage)
            };
            for stage in absent_stages(given.pipeline, there) {
                let title = &given.pipeline.stages[stage].title;
                let slots = [("stage", title.as_str())];
                held.push(given.pipeline.phrase("reason_stage_without_units", &slots));
            }
        }
        out.push(resources(given, &county.code, units, &margins, &held));
        out.push(balance(given, &county.code, &held));
        // What a stage without units leaves open is said with each criterion that needs it.
        let unread = if county.received { unread } else { held };
        out.extend(super::parts::verdicts(given, criteria, index, &unread));
        let whole = super::parts::overall(given.pipeline, &county.code, &out);
        out.push(whole);
        out
    };
    let counties = given.dataset.counties.par_iter().enumerate();
    counties.flat_map_iter(of_county).collect()
}

/// The evaluated stages of which a county has no counted unit.
fn absent_stages(
    pipeline: &Pipeline,
    there: impl Fn(usize) -> bool,
) -> impl Iterator<Item = usize> {
    pipeline.evaluated_stages().filter(move |s| !there(*s))
}

/// The verdict on a county's resources, from those on its counted units.
fn resources_verdict(units: impl Iterator<Item = Verdict>, held: bool) -> Verdict {
    let mut units = units.peekable();
    if held || units.peek().is_none() {
        return Verdict::Incomplete;
    }
    all(units)
}

/// The verdict on a county's balance.
fn balance_verdict<'a>(
    balances: impl Iterator<Item = &'a Balance>,
    composites: impl Iterator<Item = &'a Composite>,
    held: bool,
) -> Verdict {
    let each = balances.filter_map(|b| b.verdict);
    let mut verdicts = each.chain(composites.map(|c| c.verdict)).peekable();
    if held || verdicts.peek().is_none() {
        return Verdict::Incomplete;
    }
    all(verdicts)
}

/// What the verdicts on one county hang on.
pub struct Standing<'a> {
    pub pipeline: &'a Pipeline,
    /// Stage and verdict of its counted units.
    pub units: &'a [(usize, Verdict)],
    pub balances: &'a [Balance],
    pub composites: &'a [Composite],
    pub criteria: &'a [super::criterion::CriterionResult],
    pub received: bool,
    /// Something that it sent was not read.
    pub unread: bool,
}

/// The verdicts on the parts of a county in their order, the whole last; the same as those of [`county_verdicts`], without
/// words.
pub fn standing(s: &Standing<'_>) -> Vec<(Part, Verdict)> {
    let there = |stage| s.units.iter().any(|(own, _)| *own == stage);
    let held = s.unread || !s.received || absent_stages(s.pipeline, there).next().is_some();
    let units = s.units.iter().map(|(_, verdict)| *verdict);
    let balance = balance_verdict(s.balances.iter(), s.composites.iter(), held);
    let mut out = vec![
        (Part::Resources, resources_verdict(units, held)),
        (Part::Balance, balance),
    ];
    for rule in &s.pipeline.parts {
        let of_part = |r: &&super::criterion::CriterionResult| {
            s.pipeline.criteria[r.criterion].part == rule.part
        };
        let results = s.criteria.iter().filter(of_part);
        let verdict = if s.received {
            super::parts::verdict_and_points(rule, results, s.unread).0
        } else {
            Verdict::Incomplete
        };
        out.push((rule.part, verdict));
    }
    out.push((Part::Overall, all(out.iter().map(|(_, v)| *v))));
    out
}

/// By county of which something was not read: the rules that say so, and how often. Its verdicts cannot be given.
pub type Held = BTreeMap<String, BTreeMap<String, usize>>;

/// The counties whose verdicts are held.
pub fn held_counties(pipeline: &Pipeline, findings: &[Finding]) -> Held {
    let mut out = Held::new();
    for finding in findings {
        let holds = pipeline
            .notices
            .get(&finding.rule)
            .is_some_and(|n| n.holds_verdicts);
        if let Some(county) = finding.county_code.as_ref().filter(|_| holds) {
            let rules = out.entry(county.clone()).or_default();
            *rules.entry(finding.rule.clone()).or_insert(0) += 1;
        }
    }
    out
}

/// Why the county's verdicts are held, as sentences.
fn held(given: &Given<'_>, county: &str) -> Vec<String> {
    given
        .held
        .get(county)
        .into_iter()
        .flatten()
        .map(|(rule, count)| {
            let title = &given.pipeline.notices[rule].title;
            given.pipeline.phrase(
                "reason_held",
                &[("rule", title), ("count", &count.to_string())],
            )
        })
        .collect()
}

/// By unit: the relative slack of its verdict. With n standard indicators of which k must be met, a unit passes as long as
/// the (n−k+1)-th smallest relative distance to the limit is not negative and the smallest not below the floor.
fn unit_margins(given: &Given<'_>) -> BTreeMap<usize, f64> {
    let rule = &given.pipeline.school_rule;
    let distance = |v: &UnitValue| -> Option<f64> {
        let indicator = &given.pipeline.indicators[v.indicator()];
        let (value, limit) = (v.value()?, v.limit()?);
        (indicator.role == Role::Standard).then(|| match indicator.better {
            Better::Higher => value / limit - 1.0,
            Better::Lower => 1.0 - value / limit,
        })
    };
    let of_unit = |values: &[UnitValue]| -> Option<(usize, f64)> {
        let mut d: Vec<f64> = values.iter().filter_map(distance).collect();
        d.sort_by(f64::total_cmp);
        let at = d.len().checked_sub(rule.least_met)?;
        let counted = d.get(at).copied()?;
        Some((values[0].unit(), counted.min(d[0] + 1.0 - rule.floor_ratio)))
    };
    let by_unit = given.values.chunk_by(|a, b| a.unit() == b.unit());
    by_unit.filter_map(of_unit).collect()
}

fn resources(
    given: &Given<'_>,
    county: &str,
    units: &[UnitVerdict],
    margins: &BTreeMap<usize, f64>,
    held: &[String],
) -> CountyVerdict {
    let pipeline = given.pipeline;
    let mut reasons: Vec<String> = held.to_vec();
    for stage in pipeline.evaluated_stages() {
        let of_stage: Vec<&UnitVerdict> = units
            .iter()
            .filter(|u| given.units.list[u.unit].stage == stage)
            .collect();
        if of_stage.is_empty() {
            continue;
        }
        let count = |v: Verdict| {
            of_stage
                .iter()
                .filter(|u| u.verdict == v)
                .count()
                .to_string()
        };
        reasons.push(pipeline.phrase(
            "reason_units",
            &[
                ("stage", &pipeline.stages[stage].title),
                ("units", &of_stage.len().to_string()),
                ("met", &count(Verdict::Met)),
                ("not_met", &count(Verdict::NotMet)),
                ("incomplete", &count(Verdict::Incomplete)),
            ],
        ));
    }
    let mut failing: Vec<&UnitVerdict> = units
        .iter()
        .filter(|u| u.verdict == Verdict::NotMet)
        .collect();
    let slack = |u: &UnitVerdict| margins.get(&u.unit).copied().unwrap_or(f64::NEG_INFINITY);
    failing.sort_by(|a, b| slack(b).total_cmp(&slack(a)).then(a.unit.cmp(&b.unit)));
    reasons.extend(failing.iter().take(NAMED).map(|u| unit_reason(given, u)));
    more(pipeline, failing.len(), &mut reasons);
    let missing: Vec<&UnitVerdict> = units
        .iter()
        .filter(|u| u.verdict == Verdict::Incomplete)
        .collect();
    reasons.extend(missing.iter().take(NAMED).map(|u| missing_reason(given, u)));
    more(pipeline, missing.len(), &mut reasons);
    let verdict = resources_verdict(units.iter().map(|u| u.verdict), !held.is_empty());
    let margin = (verdict != Verdict::Incomplete)
        .then(|| {
            units
                .iter()
                .filter_map(|u| margins.get(&u.unit).copied())
                .min_by(f64::total_cmp)
        })
        .flatten();
    let flips = if verdict == Verdict::Met {
        flips::nearest_unit(given, units, margins)
    } else {
        let failing = failing.iter().map(|u| flips::unit(given, u, -slack(u)));
        let missing = missing
            .iter()
            .map(|u| flips::open(missing_reason(given, u)));
        failing.chain(missing).collect()
    };
    CountyVerdict {
        county_code: county.to_string(),
        part: Part::Resources,
        verdict,
        reasons,
        margin,
        flips,
    }
}

fn more(pipeline: &Pipeline, count: usize, reasons: &mut Vec<String>) {
    if count > NAMED {
        let rest = (count - NAMED).to_string();
        reasons.push(pipeline.phrase("reason_more", &[("count", &rest)]));
    }
}

/// The name of a unit: school and stage.
pub fn unit_name(
    given_pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    unit: usize,
) -> String {
    let u = &units.list[unit];
    let name = given_pipeline
        .table("school")
        .and_then(|t| {
            let row = &dataset.tables[t].rows[u.school];
            text_of(&given_pipeline.tables[t], &row.values, "school_name")
        })
        .unwrap_or_default();
    given_pipeline.phrase(
        "unit_name",
        &[
            ("school", &name),
            ("stage", &given_pipeline.stages[u.stage].title),
        ],
    )
}

/// Why a unit does not meet the standard: 第三小学(小学): 6项达标, 生均体育运动场馆面积 6.21㎡ 低于底线 6.375㎡.
pub fn unit_reason(given: &Given<'_>, verdict: &UnitVerdict) -> String {
    let pipeline = given.pipeline;
    let details: Vec<String> = verdict
        .failing
        .iter()
        .filter_map(|(indicator, met)| {
            let value = values_of(given.values, verdict.unit)
                .iter()
                .find(|v| v.indicator() == *indicator)?;
            let i = &pipeline.indicators[*indicator];
            let (key, bound) = match met {
                Met::Floor => ("reason_below_limit", value.limit()?),
                _ => ("reason_below_floor", value.floor()?),
            };
            // Where the printed digits would seem to reach the bound, the whole figure stands.
            let figure = value.value()?;
            let flips = at_least(rounded(figure, i.digits), bound) != at_least(figure, bound);
            let shown = if flips {
                crate::text::number(figure)
            } else {
                fixed(figure, i.digits)
            };
            Some(pipeline.phrase(
                key,
                &[
                    ("indicator", &i.title),
                    ("value", &shown),
                    ("bound", &crate::text::number(bound)),
                    ("unit", &i.unit),
                ],
            ))
        })
        .collect();
    let name = unit_name(pipeline, given.dataset, given.units, verdict.unit);
    let key = if details.is_empty() {
        "reason_unit_met"
    } else {
        "reason_unit"
    };
    pipeline.phrase(
        key,
        &[
            ("unit_name", &name),
            ("met", &verdict.met_count.to_string()),
            ("details", &details.join(pipeline.word("list_separator"))),
        ],
    )
}

/// All that is to say about a unit's verdict, in one text.
pub fn unit_reasons(given: &Given<'_>, verdict: &UnitVerdict) -> String {
    match verdict.verdict {
        Verdict::Incomplete => missing_reason(given, verdict),
        _ => unit_reason(given, verdict),
    }
}

fn missing_reason(given: &Given<'_>, verdict: &UnitVerdict) -> String {
    let pipeline = given.pipeline;
    if given.units.list[verdict.unit].uncertain {
        let name = unit_name(pipeline, given.dataset, given.units, verdict.unit);
        return pipeline.phrase("reason_unit_type", &[("unit_name", &name)]);
    }
    // Two indicators by title, more by their lines.
    let short = verdict.missing.len() > 2;
    let titles: Vec<&str> = verdict
        .missing
        .iter()
        .map(|i| &pipeline.indicators[*i])
        .map(|i| {
            if short {
                i.line.as_str()
            } else {
                i.title.as_str()
            }
        })
        .collect();
    let name = unit_name(pipeline, given.dataset, given.units, verdict.unit);
    pipeline.phrase(
        "reason_unit_missing",
        &[
            ("unit_name", &name),
            ("indicators", &titles.join(pipeline.word("list_separator"))),
        ],
    )
}

fn balance(given: &Given<'_>, county: &str, held: &[String]) -> CountyVerdict {
    let pipeline = given.pipeline;
    let mut reasons: Vec<String> = held.to_vec();
    let mut open: Vec<String> = Vec::new();
    let own: Vec<&Balance> = of_county(given.balances, county)
        .iter()
        .filter(|b| b.verdict.is_some())
        .collect();
    for b in &own {
        let stage = &pipeline.stages[b.stage].title;
        let indicator = &pipeline.indicators[b.indicator].title;
        let limit = b.limit.unwrap_or(f64::INFINITY);
        let digits = pipeline.balance_limit(b.stage).map_or(3, |l| l.digits);
        let base = [("stage", stage.as_str()), ("indicator", indicator.as_str())];
        match (b.verdict, b.cv) {
            (Some(Verdict::NotMet), Some(cv)) => reasons.push(
                pipeline.phrase(
                    "reason_cv_above",
                    &[
                        &base[..],
                        &[("cv", &fixed(cv, digits)), ("limit", &fixed(limit, digits))],
                    ]
                    .concat(),
                ),
            ),
            (Some(Verdict::Incomplete), _) if b.units_uncertain > 0 && b.units_missing == 0 => {
                let count = b.units_uncertain.to_string();
                let slots = [&base[..], &[("count", count.as_str())]].concat();
                reasons.push(pipeline.phrase("reason_cv_uncertain", &slots));
            }
            (Some(Verdict::Incomplete), None) if b.units_missing == 0 && b.units > 1 => {
                reasons.push(pipeline.phrase("reason_cv_zero", &base));
            }
            (Some(Verdict::Incomplete), None) if b.units == 1 && b.units_missing == 0 => {
                reasons.push(pipeline.phrase("reason_cv_single", &base));
            }
            (Some(Verdict::Incomplete), _) => reasons.push(pipeline.phrase(
                "reason_cv_missing",
                &[&base[..], &[("count", &b.units_missing.to_string())]].concat(),
            )),
            (_, None) if b.units == 1 => {
                reasons.push(pipeline.phrase("reason_cv_single", &base));
            }
            _ => {}
        }
        if b.verdict == Some(Verdict::Incomplete) {
            open.extend(reasons.last().cloned());
        }
        if let Some(cv) = b.cv.filter(|cv| printed_flips(*cv, limit, digits)) {
            reasons.push(
                pipeline.phrase(
                    "reason_cv_printed",
                    &[
                        &base[..],
                        &[
                            ("cv", &crate::text::number(cv)),
                            ("printed", &fixed(cv, digits)),
                        ],
                    ]
                    .concat(),
                ),
            );
        }
    }
    let composites: Vec<&Composite> = given
        .composites
        .iter()
        .filter(|c| c.county_code == county)
        .collect();
    for c in &composites {
        let own = composite_reasons(given, c);
        if c.verdict == Verdict::Incomplete {
            open.extend(own.first().cloned());
        }
        reasons.extend(own);
    }
    let each = own.iter().copied();
    let verdict = balance_verdict(each, composites.iter().copied(), !held.is_empty());
    let margins = || {
        let each = own.iter().filter_map(|b| Some(b.limit? - b.cv?));
        each.chain(composites.iter().filter_map(|c| Some(c.limit - c.cv?)))
    };
    let margin = (verdict != Verdict::Incomplete)
        .then(|| margins().min_by(f64::total_cmp))
        .flatten();
    let mut flips = flips::balance(given, &own, &composites, verdict);
    if verdict != Verdict::Met {
        flips.extend(open.into_iter().map(flips::open));
    }
    CountyVerdict {
        county_code: county.to_string(),
        part: Part::Balance,
        verdict,
        reasons,
        margin,
        flips,
    }
}

/// What there is to say about the composite of one stage.
fn composite_reasons(given: &Given<'_>, c: &Composite) -> Vec<String> {
    let pipeline = given.pipeline;
    let digits = pipeline.balance_limit(c.stage).map_or(3, |l| l.digits);
    let stage = ("stage", pipeline.stages[c.stage].title.as_str());
    let mut out = Vec::new();
    match c.cv {
        Some(cv) => {
            let key = match c.verdict {
                Verdict::Met => "reason_composite_met",
                Verdict::NotMet => "reason_composite_above",
                Verdict::Incomplete => "reason_composite_open",
            };
            let slots = [
                stage,
                ("cv", &fixed(cv, digits)),
                ("limit", &fixed(c.limit, digits)),
            ];
            out.push(pipeline.phrase(key, &slots));
            if printed_flips(cv, c.limit, digits) {
                let (whole, printed) = (crate::text::number(cv), fixed(cv, digits));
                let slots = [
                    stage,
                    ("indicator", pipeline.word("composite")),
                    ("cv", &whole),
                    ("printed", &printed),
                ];
                out.push(pipeline.phrase("reason_cv_printed", &slots));
            }
        }
        None if c.units <= 1 && c.units_missing == 0 => {
            out.push(pipeline.phrase("reason_composite_single", &[stage]));
        }
        None => {
            let lines: Vec<&str> = c
                .missing
                .iter()
                .map(|i| pipeline.indicators[*i].title.as_str())
                .collect();
            let list = lines.join("\u{3001}");
            out.push(pipeline.phrase("reason_composite_missing", &[stage, ("indicators", &list)]));
        }
    }
    out
}

/// Whether a coefficient of variation as printed would have another verdict than the unrounded one.
pub fn printed_flips(cv: f64, limit: f64, digits: usize) -> bool {
    at_most(cv, limit) != at_most(rounded(cv, digits), limit)
}
