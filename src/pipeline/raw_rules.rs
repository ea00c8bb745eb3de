//! The TOML of rules exactly as it is written. `[[must]]`, `[[unique]]` and `[[total]]` have structs of their own; the other kinds
//! share one, and `valid` says which keys belong to which kind.

use std::ops::Range;

use serde::Deserialize;

use super::raw::{At, RawRow};

/// A rule of any other kind: the words that all have, and the keys of all kinds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    pub id: At<String>,
    pub title: At<String>,
    pub severity: At<String>,
    pub level: At<i64>,
    pub why: At<String>,
    pub message: At<String>,
    pub remedy: At<String>,
    pub basis: At<String>,
    /// `false` switches the rule off; its examples are still tried.
    pub enabled: Option<At<bool>>,
    #[serde(default)]
    pub holds: Vec<At<RawRow>>,
    #[serde(default)]
    pub fires: Vec<At<RawRow>>,
    pub table: Option<At<String>>,
    pub when: Option<At<String>>,
    pub cells: Option<At<Vec<At<String>>>>,
    pub columns: Option<At<Vec<At<String>>>>,
    pub value: Option<At<String>>,
    pub least: Option<At<String>>,
    pub most: Option<At<String>>,
    pub part: Option<At<String>>,
    pub whole: Option<At<String>>,
    pub last: Option<At<String>>,
    pub from: Option<At<String>>,
    pub plus: Option<At<String>>,
    pub minus: Option<At<String>>,
    pub now: Option<At<String>>,
    pub tolerance: Option<At<f64>>,
    pub less_is_right: Option<At<bool>>,
    pub sum: Option<At<String>>,
    #[serde(rename = "where")]
    pub filter: Option<At<String>>,
    pub against: Option<At<String>>,
    pub equals: Option<At<String>>,
    pub ratio: Option<At<f64>>,
    pub by: Option<At<String>>,
    pub least_change: Option<At<f64>>,
    pub method: Option<At<String>>,
    pub u: Option<At<f64>>,
    pub a: Option<At<f64>>,
    pub c: Option<At<f64>>,
    pub least_rows: Option<At<i64>>,
    pub size: Option<At<String>>,
    pub decades: Option<At<f64>>,
    pub factor: Option<At<f64>>,
    pub too_large_only: Option<At<bool>>,
    pub z: Option<At<f64>>,
    pub winsor: Option<At<f64>>,
    pub phi: Option<At<f64>>,
    pub of: Option<At<String>>,
    pub large: Option<At<Vec<At<String>>>>,
    pub least_equal: Option<At<i64>>,
    pub least_equal_of_many: Option<At<i64>>,
    pub many: Option<At<i64>>,
    pub least_large: Option<At<i64>>,
    pub block_rows: Option<At<i64>>,
    pub indicators: Option<At<Vec<At<String>>>>,
    pub window: Option<At<f64>>,
    pub named: Option<At<f64>>,
    pub p: Option<At<f64>>,
    pub empty: Option<At<String>>,
    pub least_columns: Option<At<i64>>,
    pub usual_share: Option<At<f64>>,
    pub smallest: Option<At<f64>>,
    pub share: Option<At<f64>>,
}

impl RawRule {
    /// The keys of kinds that are given, with their places.
    pub fn given(&self) -> Vec<(&'static str, Range<usize>)> {
        let all = [
            ("table", self.table.as_ref().map(At::span)),
            ("when", self.when.as_ref().map(At::span)),
            ("cells", self.cells.as_ref().map(At::span)),
            ("columns", self.columns.as_ref().map(At::span)),
            ("value", self.value.as_ref().map(At::span)),
            ("least", self.least.as_ref().map(At::span)),
            ("most", self.most.as_ref().map(At::span)),
            ("part", self.part.as_ref().map(At::span)),
            ("whole", self.whole.as_ref().map(At::span)),
            ("last", self.last.as_ref().map(At::span)),
            ("from", self.from.as_ref().map(At::span)),
            ("plus", self.plus.as_ref().map(At::span)),
            ("minus", self.minus.as_ref().map(At::span)),
            ("now", self.now.as_ref().map(At::span)),
            ("tolerance", self.tolerance.as_ref().map(At::span)),
            ("less_is_right", self.less_is_right.as_ref().map(At::span)),
            ("sum", self.sum.as_ref().map(At::span)),
            ("where", self.filter.as_ref().map(At::span)),
            ("against", self.against.as_ref().map(At::span)),
            ("equals", self.equals.as_ref().map(At::span)),
            ("ratio", self.ratio.as_ref().map(At::span)),
            ("by", self.by.as_ref().map(At::span)),
            ("least_change", self.least_change.as_ref().map(At::span)),
            ("method", self.method.as_ref().map(At::span)),
            ("u", self.u.as_ref().map(At::span)),
            ("a", self.a.as_ref().map(At::span)),
            ("c", self.c.as_ref().map(At::span)),
            ("least_rows", self.least_rows.as_ref().map(At::span)),
            ("size", self.size.as_ref().map(At::span)),
            ("decades", self.decades.as_ref().map(At::span)),
            ("factor", self.factor.as_ref().map(At::span)),
            ("too_large_only", self.too_large_only.as_ref().map(At::span)),
            ("z", self.z.as_ref().map(At::span)),
            ("winsor", self.winsor.as_ref().map(At::span)),
            ("phi", self.phi.as_ref().map(At::span)),
            ("of", self.of.as_ref().map(At::span)),
            ("large", self.large.as_ref().map(At::span)),
            ("least_equal", self.least_equal.as_ref().map(At::span)),
            (
                "least_equal_of_many",
                self.least_equal_of_many.as_ref().map(At::span),
            ),
            ("many", self.many.as_ref().map(At::span)),
            ("least_large", self.least_large.as_ref().map(At::span)),
            ("block_rows", self.block_rows.as_ref().map(At::span)),
            ("indicators", self.indicators.as_ref().map(At::span)),
            ("window", self.window.as_ref().map(At::span)),
            ("named", self.named.as_ref().map(At::span)),
            ("p", self.p.as_ref().map(At::span)),
            ("empty", self.empty.as_ref().map(At::span)),
            ("least_columns", self.least_columns.as_ref().map(At::span)),
            ("usual_share", self.usual_share.as_ref().map(At::span)),
            ("smallest", self.smallest.as_ref().map(At::span)),
            ("share", self.share.as_ref().map(At::span)),
        ];
        all.into_iter()
            .filter_map(|(key, at)| Some((key, at?)))
            .collect()
    }

    /// The numbers and choices that are given, as written, for people.
    pub fn settings(&self) -> Vec<String> {
        let word = |key: &str, value: &Option<At<String>>| {
            let value = value.as_ref()?.get_ref();
            Some(format!("{key} = {value}"))
        };
        let number = |key: &str, value: &Option<At<f64>>| {
            let value = value.as_ref()?.get_ref();
            Some(format!("{key} = {value}"))
        };
        let count = |key: &str, value: &Option<At<i64>>| {
            let value = value.as_ref()?.get_ref();
            Some(format!("{key} = {value}"))
        };
        let all = [
            word("method", &self.method),
            word("by", &self.by),
            word("from", &self.from),
            word("of", &self.of),
            word("empty", &self.empty),
            number("tolerance", &self.tolerance),
            number("ratio", &self.ratio),
            number("least_change", &self.least_change),
            number("u", &self.u),
            number("a", &self.a),
            number("c", &self.c),
            count("least_rows", &self.least_rows),
            number("decades", &self.decades),
            number("factor", &self.factor),
            number("z", &self.z),
            number("winsor", &self.winsor),
            number("phi", &self.phi),
            count("least_equal", &self.least_equal),
            count("least_equal_of_many", &self.least_equal_of_many),
            count("many", &self.many),
            count("least_large", &self.least_large),
            count("block_rows", &self.block_rows),
            number("window", &self.window),
            number("named", &self.named),
            number("p", &self.p),
            count("least_columns", &self.least_columns),
            number("usual_share", &self.usual_share),
            number("smallest", &self.smallest),
            number("share", &self.share),
        ];
        all.into_iter().flatten().collect()
    }
}
