//! Last year's ranks and figures beside this year's: heads, cells and notes, none where there is no last year.

use std::collections::BTreeMap;

use super::Context;
use super::book::{Cell, Head};
use super::ranking_book::{rank_cell, verdict_cell};
use crate::definitions::definitions;
use crate::last_year::LastYear;
use crate::pipeline::model::{Part, RankingOf};
use crate::text::number;

/// A word of this year as that of another: with its period before it.
pub(super) fn of_year(context: &Context<'_>, period: i64, word: &str) -> String {
    let period = period.to_string();
    let slots = [("period", period.as_str()), ("head", word)];
    context.pipeline.phrase("head_of_year", &slots)
}

/// The heads of last year's columns, by the keys of this year's.
pub(super) fn heads(context: &Context<'_>, group: &str, keys: &[&str]) -> Vec<Head> {
    let Some(last) = context.last_year else {
        return Vec::new();
    };
    let head = |key: &&str| {
        let label = of_year(context, last.period, &context.word(key));
        match group {
            "" => Head::new(label).wide(10),
            _ => Head::under(group, label).wide(10),
        }
    };
    keys.iter().map(head).collect()
}

/// The head of the change since last year.
pub(super) fn change_head(context: &Context<'_>, group: &str, period: i64) -> Head {
    let period = period.to_string();
    let slots = [("period", period.as_str())];
    let label = context.pipeline.phrase("head_since_year", &slots);
    match group {
        "" => Head::new(label).wide(10),
        _ => Head::under(group, label).wide(10),
    }
}

/// Last year's rank and value of a county in a ranking.
pub(super) fn place(
    context: &Context<'_>,
    ranking: &str,
    county: &str,
    digits: usize,
) -> Vec<Cell> {
    let cells = |last: &LastYear| {
        let place = last.figures.place(ranking, county);
        let rank = place.rank.map(|_| rank_cell(context, place.rank));
        vec![rank.unwrap_or_default(), Cell::number(place.value, digits)]
    };
    context.last_year.map(cells).unwrap_or_default()
}

/// Last year's value of a county and its rank in the prefecture.
pub(super) fn in_prefecture(
    context: &Context<'_>,
    ranking: &str,
    county: &str,
    digits: usize,
) -> Vec<Cell> {
    let cells = |last: &LastYear| {
        let place = last.figures.place(ranking, county);
        let rank = place.prefecture_rank.map(Cell::count);
        vec![Cell::number(place.value, digits), rank.unwrap_or_default()]
    };
    context.last_year.map(cells).unwrap_or_default()
}

/// Last year's verdict on a county as a whole.
pub(super) fn overall(context: &Context<'_>, county: &str) -> Option<Cell> {
    let last = context.last_year?;
    let verdict = last.figures.verdict(county, Part::Overall);
    Some(verdict_cell(context, verdict))
}

/// Last year's value in the ranking of a stage.
pub(super) fn of_stage(
    context: &Context<'_>,
    of: RankingOf,
    stage: usize,
    county: &str,
    digits: usize,
) -> Option<Cell> {
    let last = context.last_year?;
    let ranking = ranking_of(context, of, stage);
    let value = ranking.and_then(|id| last.figures.place(id, county).value);
    Some(Cell::number(value, digits))
}

/// The ranking of counties by a figure of a stage.
pub(super) fn ranking_of<'a>(
    context: &'a Context<'_>,
    of: RankingOf,
    stage: usize,
) -> Option<&'a str> {
    let mut all = context.pipeline.rankings.iter();
    let own = all.find(|r| r.of == of && r.stage == Some(stage) && !r.each_indicator);
    own.map(|r| r.id.as_str())
}

/// Last year's coefficient of variation, and what this year's is above it.
pub(super) fn coefficient(
    context: &Context<'_>,
    county: &str,
    stage: usize,
    indicator: &str,
    now: Option<f64>,
    digits: usize,
) -> Vec<Cell> {
    let cells = |last: &LastYear| {
        let stage = &context.pipeline.stages[stage].id;
        let then = last.figures.coefficient(county, stage, indicator);
        let change = now.zip(then).map(|(now, then)| now - then);
        vec![Cell::number(then, digits), Cell::number(change, digits)]
    };
    context.last_year.map(cells).unwrap_or_default()
}

/// Says which run last year's columns are of, and which of the named figures (id of the definition, title) it made in
/// another way.
pub(super) fn notes(context: &Context<'_>, figures: &[(String, String)]) -> Vec<String> {
    let Some(last) = context.last_year else {
        return Vec::new();
    };
    let period = last.period.to_string();
    let slots = [("period", period.as_str()), ("run", last.run.as_str())];
    let mut out = vec![context.pipeline.phrase("note_last_year", &slots)];
    let now = definitions(context.pipeline);
    let others = figures
        .iter()
        .filter(|(id, _)| !last.figures.is_same(id, &now));
    let titles: Vec<&str> = others.map(|(_, title)| title.as_str()).collect();
    out.extend(other_definition(context, last.period, &titles));
    out
}

/// Says which figures a period made in another way; nothing where there are none.
pub(super) fn other_definition(
    context: &Context<'_>,
    period: i64,
    titles: &[&str],
) -> Option<String> {
    let mut seen = BTreeMap::new();
    let once = titles.iter().filter(|t| seen.insert(**t, ()).is_none());
    let titles: Vec<&str> = once.copied().collect();
    if titles.is_empty() {
        return None;
    }
    let figures = titles.join(context.pipeline.word("list_separator"));
    let period = number(period as f64);
    let slots = [("period", period.as_str()), ("figures", figures.as_str())];
    Some(context.pipeline.phrase("note_other_definition", &slots))
}
