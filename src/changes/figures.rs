//! The figures, verdicts and ranks that changed, without their causes yet. Values are compared bit by bit: both runs have
//! computed them in the same way.

use std::collections::HashMap;

use polars::prelude::DataFrame;

use super::frames::{Keys, each_pair, numbers, texts, whole};
use super::tables::is_asked;
use super::{FigureChange, Side, State, What};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Part, Ranking, RankingOf};
use crate::report::data::{COMPOSITE, table_file};
use crate::text::fixed;

/// What a frame says of figures: where their keys and states stand.
struct Layout {
    what: What,
    frame: &'static str,
    /// The first key, by which rows stand together.
    first: &'static str,
    rest: &'static [&'static str],
    value: Option<&'static str>,
    verdict: Option<&'static str>,
    rank: Option<&'static str>,
}

const LAYOUTS: &[Layout] = &[
    Layout {
        what: What::Verdict,
        frame: "verdicts",
        first: "county_code",
        rest: &["part"],
        value: None,
        verdict: Some("verdict"),
        rank: None,
    },
    Layout {
        what: What::Ranking,
        frame: "ranking",
        first: "ranking",
        rest: &["county_code"],
        value: Some("value"),
        verdict: None,
        rank: Some("rank"),
    },
    Layout {
        what: What::Criterion,
        frame: "criteria",
        first: "county_code",
        rest: &["criterion"],
        value: Some("value"),
        verdict: Some("verdict"),
        rank: None,
    },
    Layout {
        what: What::Points,
        frame: "criteria",
        first: "county_code",
        rest: &["criterion"],
        value: Some("points"),
        verdict: None,
        rank: None,
    },
    Layout {
        what: What::Survey,
        frame: "survey",
        first: "county_code",
        rest: &[],
        value: Some("rate"),
        verdict: Some("verdict"),
        rank: None,
    },
    Layout {
        what: What::Balance,
        frame: "balance",
        first: "county_code",
        rest: &["stage", "indicator"],
        value: Some("cv"),
        verdict: Some("verdict"),
        rank: None,
    },
    Layout {
        what: What::UnitVerdict,
        frame: "unit_verdicts",
        first: "county_code",
        rest: &["school_code", "stage"],
        value: Some("met_count"),
        verdict: Some("verdict"),
        rank: None,
    },
    Layout {
        what: What::UnitIndicator,
        frame: "unit_indicators",
        first: "county_code",
        rest: &["school_code", "stage", "indicator"],
        value: Some("value"),
        verdict: Some("met"),
        rank: None,
    },
];

/// The states of the rows of a frame.
struct States<'a> {
    value: Vec<Option<f64>>,
    verdict: Vec<Option<&'a str>>,
    rank: Vec<Option<i64>>,
}

impl<'a> States<'a> {
    fn of(frame: &'a DataFrame, layout: &Layout) -> States<'a> {
        let rows = frame.height();
        let value = layout.value.and_then(|name| numbers(frame, name));
        let verdict = layout.verdict.and_then(|name| texts(frame, name));
        let rank = layout.rank.and_then(|name| whole(frame, name));
        States {
            value: value.unwrap_or_else(|| vec![None; rows]),
            verdict: verdict.unwrap_or_else(|| vec![None; rows]),
            rank: rank.unwrap_or_else(|| vec![None; rows]),
        }
    }

    fn state(&self, row: Option<usize>) -> State {
        row.map_or_else(State::default, |row| State {
            value: self.value[row],
            verdict: self.verdict[row].map(str::to_string),
            rank: self.rank[row],
        })
    }

    fn is_same(&self, row: usize, other: &States<'_>, there: usize) -> bool {
        self.value[row].map(f64::to_bits) == other.value[there].map(f64::to_bits)
            && self.verdict[row] == other.verdict[there]
            && self.rank[row] == other.rank[there]
    }
}

/// All figures that changed, by kind, then county, then in the order of the frames.
pub(super) fn compare(
    pipeline: &Pipeline,
    before: &Side,
    after: &Side,
    only: Option<&std::collections::BTreeSet<String>>,
) -> Vec<FigureChange> {
    let mut out = Vec::new();
    for layout in LAYOUTS {
        // Ranks among some counties are not those among all.
        if layout.what == What::Ranking && only.is_some() {
            continue;
        }
        let both = before
            .frames
            .get(layout.frame)
            .zip(after.frames.get(layout.frame));
        let Some((old, new)) = both else { continue };
        let from = out.len();
        each_difference(layout, old, new, |keys, before, after| {
            let change = figure(pipeline, layout.what, keys, before, after);
            if is_asked(only, &change.county) {
                out.push(change);
            }
        });
        // Those of a ranking stand by ranking; that of one indicator or figure comes after that of the whole.
        out[from..].sort_by_cached_key(|f: &FigureChange| {
            let single = f.what == What::Ranking && f.id.contains(':');
            (f.county.clone(), single)
        });
    }
    name_schools(pipeline, before, after, &mut out);
    out
}

fn each_difference(
    layout: &Layout,
    old: &DataFrame,
    new: &DataFrame,
    mut give: impl FnMut(&[&str], State, State),
) {
    let keys = |frame| Keys::of(frame, layout.first, layout.rest);
    let Some((old_keys, new_keys)) = keys(old).zip(keys(new)) else {
        return;
    };
    let (old, new) = (States::of(old, layout), States::of(new, layout));
    // Of the rates of a county only the one that is judged is its figure.
    let official = layout.what == What::Survey;
    let (old_keys, new_keys) = match official {
        true => (judged(&old_keys, &old), judged(&new_keys, &new)),
        false => (old_keys, new_keys),
    };
    each_pair(&old_keys, &new_keys, |first, (b, a)| {
        if official && first.is_empty() {
            return;
        }
        if let (Some(b), Some(a)) = (b, a)
            && old.is_same(b, &new, a)
        {
            return;
        }
        let (before, after) = (old.state(b), new.state(a));
        if before == after {
            return;
        }
        let rest = |keys: &Keys<'_>, row: usize| -> Vec<String> {
            let own = keys.rest.iter().map(|column| column[row].unwrap_or(""));
            own.map(str::to_string).collect()
        };
        let rest = match (b, a) {
            (_, Some(a)) => rest(&new_keys, a),
            (Some(b), None) => rest(&old_keys, b),
            (None, None) => return,
        };
        let mut all: Vec<&str> = vec![first];
        all.extend(rest.iter().map(String::as_str));
        give(&all, before, after);
    });
}

/// The keys of the lines with a verdict; the others stand under no county.
fn judged<'a>(keys: &Keys<'a>, states: &States<'_>) -> Keys<'a> {
    let both = keys.first.iter().zip(&states.verdict);
    Keys {
        first: both.map(|(county, v)| v.map_or("", |_| *county)).collect(),
        rest: Vec::new(),
    }
}

fn figure(
    pipeline: &Pipeline,
    what: What,
    keys: &[&str],
    before: State,
    after: State,
) -> FigureChange {
    let key = |i: usize| keys.get(i).copied().unwrap_or("");
    let mut change = FigureChange {
        what,
        county: key(0).to_string(),
        school: None,
        stage: None,
        id: key(1).to_string(),
        title: String::new(),
        digits: 0,
        before,
        after,
        causes: Vec::new(),
        further: 0,
    };
    let digits = match what {
        What::Verdict => {
            let part = pipeline
                .all_parts()
                .into_iter()
                .find(|p| p.word() == key(1));
            change.title = part.map_or(key(1), |p| pipeline.part_title(p)).to_string();
            0
        }
        What::Ranking => {
            change.county = key(1).to_string();
            change.id = key(0).to_string();
            let (title, digits) = ranking(pipeline, key(0));
            change.title = title;
            digits
        }
        What::Criterion | What::Points => {
            let (title, digits) = criterion(pipeline, key(1));
            change.title = title;
            digits
        }
        What::Survey => {
            let own = pipeline
                .survey
                .as_ref()
                .map(|s| &pipeline.criteria[s.criterion]);
            change.id = own.map_or(String::new(), |c| c.id.clone());
            change.title = own.map_or(String::new(), |c| c.title.clone());
            1
        }
        What::Balance => {
            change.stage = Some(key(1).to_string());
            change.id = key(2).to_string();
            change.title = indicator(pipeline, key(2));
            let stage = pipeline.stages.iter().position(|s| s.id == key(1));
            let limit = stage.and_then(|s| pipeline.balance_limit(s));
            limit.map_or(3, |l| l.digits)
        }
        What::UnitVerdict => {
            change.school = Some((key(1).to_string(), String::new()));
            change.stage = Some(key(2).to_string());
            change.id = String::new();
            0
        }
        What::UnitIndicator => {
            change.school = Some((key(1).to_string(), String::new()));
            change.stage = Some(key(2).to_string());
            change.id = key(3).to_string();
            change.title = indicator(pipeline, key(3));
            let own = pipeline.indicator(key(3));
            own.map_or(2, |i| pipeline.indicators[i].digits)
        }
    };
    change.digits = apart(change.before.value, change.after.value, digits);
    change
}

/// Digits with which two values can be told apart; at least those that they are printed with.
fn apart(before: Option<f64>, after: Option<f64>, digits: usize) -> usize {
    match (before, after) {
        (Some(b), Some(a)) if b != a => (digits..=12)
            .find(|d| fixed(b, *d) != fixed(a, *d))
            .unwrap_or(digits),
        _ => digits,
    }
}

/// The line and the title of an indicator.
fn indicator(pipeline: &Pipeline, id: &str) -> String {
    match pipeline.indicator(id) {
        Some(i) => {
            let own = &pipeline.indicators[i];
            format!("{} {}", own.line, own.title).trim().to_string()
        }
        None if id == COMPOSITE => pipeline.word("composite").to_string(),
        None => id.to_string(),
    }
}

/// The title and the digits of a criterion, or of one of its figures or checks.
fn criterion(pipeline: &Pipeline, id: &str) -> (String, usize) {
    let (whole, item) = id.split_once('.').unwrap_or((id, ""));
    let Some(own) = pipeline.criteria.iter().find(|c| c.id == whole) else {
        return (id.to_string(), 1);
    };
    let part = pipeline.part_title(own.part);
    let title = format!("{part}{}.{}", own.number, own.title);
    let with = |item: &str| match item == own.title {
        true => title.clone(),
        false => format!("{title}: {item}"),
    };
    if let Some(figure) = own.figures.iter().find(|f| f.id == item) {
        return (with(&figure.title), figure.digits);
    }
    if let Some(check) = own.checks.iter().find(|k| k.id == item) {
        return (with(&check.title), 0);
    }
    (title, own.figures.first().map_or(0, |f| f.digits))
}

/// The declared ranking of an id, and what of several things it is about.
pub(super) fn ranking_of<'a, 'i>(
    pipeline: &'a Pipeline,
    id: &'i str,
) -> (Option<&'a Ranking>, &'i str) {
    let (whole, subject) = id.split_once(':').unwrap_or((id, ""));
    let own = pipeline.rankings.iter().find(|r| r.id == whole);
    (own, subject)
}

fn ranking(pipeline: &Pipeline, id: &str) -> (String, usize) {
    let (Some(ranking), subject) = ranking_of(pipeline, id) else {
        return (id.to_string(), 3);
    };
    let (title, digits) = match (ranking.of, subject) {
        (_, "") => return (ranking.title.clone(), ranking.digits),
        (RankingOf::Criterion, own) => criterion(pipeline, own),
        (of, own) => {
            let digits = pipeline.indicator(own).filter(|_| of == RankingOf::Mean);
            let digits = digits.map_or(ranking.digits, |i| pipeline.indicators[i].digits);
            (indicator(pipeline, own), digits)
        }
    };
    (format!("{}: {title}", ranking.title), digits)
}

/// Puts the names of the schools in.
fn name_schools(pipeline: &Pipeline, before: &Side, after: &Side, figures: &mut [FigureChange]) {
    if figures.iter().all(|f| f.school.is_none()) {
        return;
    }
    let mut names: HashMap<(&str, String), &str> = HashMap::new();
    let table = pipeline.table("school").map(|t| &pipeline.tables[t].name);
    for side in [before, after] {
        let frame = table.and_then(|name| side.frames.get(&table_file(name)));
        let Some(frame) = frame else { continue };
        let own = texts(frame, "county_code").zip(texts(frame, "school_code"));
        let Some(((counties, codes), own)) = own.zip(texts(frame, "school_name")) else {
            continue;
        };
        // Of rows with the same code the second stands under `<code>#2`.
        let (mut last, mut twin) = (("", String::new()), 1);
        for ((county, code), name) in counties.into_iter().zip(codes).zip(own) {
            let (county, name) = (county.unwrap_or(""), name.unwrap_or(""));
            let key = code.map_or_else(|| format!("~{name}"), str::to_string);
            let same = last == (county, key.clone());
            twin = if same { twin + 1 } else { 1 };
            last = (county, key.clone());
            let key = if same { format!("{key}#{twin}") } else { key };
            names.insert((county, key), name);
        }
    }
    for figure in figures {
        if let Some((key, name)) = &mut figure.school
            && let Some(own) = names.get(&(figure.county.as_str(), key.clone()))
        {
            *name = (*own).to_string();
        }
    }
}

/// The part of a word.
pub(super) fn part_of(pipeline: &Pipeline, word: &str) -> Option<Part> {
    pipeline.all_parts().into_iter().find(|p| p.word() == word)
}
