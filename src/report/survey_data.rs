//! Satisfaction as Parquet frames: rates by group, area and dimension, by school, and what other rules would give.

use polars::prelude::*;

use super::Context;
use super::data::{float, text};
use crate::error::Error;
use crate::indicators::survey::change::{respondents, variant};
use crate::indicators::survey::{Line, SchoolLine, Slice, verdict};
use crate::pipeline::model::{
    IntervalMethod, Least, RateKind, Rule, SchoolInterval, Survey, Unknown,
};

/// The dimension of lines about the whole judgement.
const OVERALL: &str = "overall";

/// How an interval was computed, as a word.
fn method(survey: &Survey, line: &Line) -> Option<String> {
    use crate::indicators::survey::Basis;
    line.interval?;
    let own = match survey.interval {
        IntervalMethod::Wilson => "wilson",
        IntervalMethod::AgrestiCoull => "agresti_coull",
        IntervalMethod::ClopperPearson => "clopper_pearson",
        IntervalMethod::Jeffreys => "jeffreys",
    };
    let schools = match survey.school_interval {
        SchoolInterval::Wilson => "wilson",
        SchoolInterval::Logit => "logit",
        SchoolInterval::Beta => "beta",
    };
    Some(match line.basis {
        Basis::Alone => own.to_string(),
        Basis::Mean => "t".to_string(),
        Basis::Schools => format!("{schools}_{}", line.basis.word()),
        Basis::Strata => format!("{own}_{}", line.basis.word()),
    })
}

/// One row a rate: county, source, group, area, dimension.
pub(super) fn rates(context: &Context<'_>) -> Result<DataFrame, Error> {
    let p = context.pipeline;
    let r = context.results;
    let mut lines: Vec<(&Line, &Survey)> = Vec::new();
    if let Some(survey) = &p.survey {
        lines.extend(r.surveys.lines.iter().map(|l| (l, survey)));
    }
    let own = |f: &dyn Fn(&Line, &Survey) -> Option<String>| -> Vec<Option<String>> {
        lines.iter().map(|(l, s)| f(l, s)).collect()
    };
    let number = |f: fn(&Line) -> Option<f64>| -> Vec<Option<f64>> {
        lines.iter().map(|(l, _)| f(l)).collect()
    };
    let word = |w: &str| Some(w.to_string());
    let dimension = |l: &Line| match l.slice.dimension {
        None => OVERALL.to_string(),
        Some(d) => {
            let form = r.surveys.county(l.county).and_then(|c| c.form);
            form.map_or(String::new(), |f| p.forms[f].asked.dimensions[d].clone())
        }
    };
    let official = |l: &Line| {
        let county = r.surveys.county(l.county)?;
        (l.slice == Slice::default() && l.source == county.source).then_some(county)
    };
    Ok(DataFrame::new(
        lines.len(),
        vec![
            text(
                "county_code",
                own(&|l, _| Some(r.dataset.counties[l.county].code.clone())),
            ),
            text(
                "group",
                own(&|l, s| {
                    let group = l.slice.group.map(|g| &s.groups[g].code);
                    Some(group.unwrap_or(&s.whole).clone())
                }),
            ),
            text("dimension", own(&|l, _| Some(dimension(l)))),
            text(
                "area",
                own(&|l, s| l.slice.area.map(|a| s.areas[a].title.clone())),
            ),
            text("source", own(&|l, _| word(l.source.word()))),
            float("issued", number(|l| l.issued)),
            float("returned", number(|l| l.returned)),
            float("valid", number(|l| Some(l.valid))),
            float("satisfied", number(|l| l.satisfied)),
            float("base", number(|l| l.base)),
            float("rate", number(|l| l.rate)),
            float("other_rate", number(|l| l.other_rate)),
            float("low", number(|l| l.interval.map(|i| i.low))),
            float("high", number(|l| l.interval.map(|i| i.high))),
            text("method", own(&|l, s| method(s, l))),
            float("effective", number(|l| l.effective)),
            float("design_effect", number(|l| l.effect)),
            text("state", own(&|l, _| l.state.map(|s| s.word().to_string()))),
            text("mark", own(&|l, _| word(l.mark.sign()))),
            text(
                "verdict",
                own(&|l, s| {
                    official(l)?;
                    let verdict = verdict(s, context.criteria(l.county));
                    verdict.map(|v| v.word().to_string())
                }),
            ),
            text(
                "variant",
                own(&|l, s| {
                    let form = r.surveys.county(l.county).and_then(|c| c.form);
                    let form = form.map_or("", |f| p.forms[f].id.as_str());
                    Some(variant(s, l.source, form))
                }),
            ),
            float("respondents", number(respondents)),
        ],
    )?)
}

/// One row a school of a county's list that respondents named.
pub(super) fn schools(context: &Context<'_>) -> Result<DataFrame, Error> {
    let r = context.results;
    let lines = &r.surveys.schools;
    let own = |f: &dyn Fn(&SchoolLine) -> Option<String>| -> Vec<Option<String>> {
        lines.iter().map(f).collect()
    };
    let number =
        |f: fn(&SchoolLine) -> Option<f64>| -> Vec<Option<f64>> { lines.iter().map(f).collect() };
    Ok(DataFrame::new(
        lines.len(),
        vec![
            text(
                "county_code",
                own(&|l| Some(r.dataset.counties[l.county].code.clone())),
            ),
            text("school_code", own(&|l| Some(l.school_code.clone()))),
            text("school_name", own(&|l| Some(l.school_name.clone()))),
            text("urban_rural", own(&|l| l.urban_rural.clone())),
            float("valid", number(|l| Some(l.valid))),
            float("satisfied", number(|l| l.satisfied)),
            float("rate", number(|l| l.rate)),
            float("low", number(|l| l.interval.map(|i| i.low))),
            float("high", number(|l| l.interval.map(|i| i.high))),
            text("mark", own(&|l| Some(l.mark.sign().to_string()))),
        ],
    )?)
}

/// What every rule for satisfied questionnaires would give.
pub(super) fn variants(context: &Context<'_>) -> Result<DataFrame, Error> {
    let r = context.results;
    let all: Vec<_> = r
        .surveys
        .counties
        .iter()
        .flat_map(|c| c.variants.iter().map(move |v| (c.county, v)))
        .collect();
    let used = |v: &crate::indicators::survey::Variant| {
        context.pipeline.survey.as_ref().is_some_and(|s| {
            s.rate == RateKind::Pooled
                && (s.rule, s.least, s.unknown) == (v.rule, v.least, v.unknown)
        })
    };
    Ok(DataFrame::new(
        all.len(),
        vec![
            text(
                "county_code",
                all.iter()
                    .map(|(c, _)| Some(r.dataset.counties[*c].code.clone())),
            ),
            text(
                "rule",
                all.iter().map(|(_, v)| {
                    let word = match v.rule {
                        Rule::Overall => "overall",
                        Rule::Share => "share",
                        Rule::All => "all",
                    };
                    Some(word.to_string())
                }),
            ),
            text(
                "counts",
                all.iter().map(|(_, v)| {
                    let word = match v.least {
                        Least::Satisfied => "satisfied",
                        Least::Basic => "basic",
                    };
                    Some(word.to_string())
                }),
            ),
            text(
                "unknown",
                all.iter().map(|(_, v)| {
                    let word = match v.unknown {
                        Unknown::In => "in",
                        Unknown::Out => "out",
                    };
                    Some(word.to_string())
                }),
            ),
            float("rate", all.iter().map(|(_, v)| v.rate)),
            Column::new(
                "used".into(),
                all.iter().map(|(_, v)| used(v)).collect::<Vec<_>>(),
            ),
        ],
    )?)
}
