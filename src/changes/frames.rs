//! Columns of two frames, and their rows in pairs by key.

use std::collections::{BTreeMap, HashMap, VecDeque};

use polars::prelude::*;

/// The texts of a column; `None` where there is no such column.
pub(super) fn texts<'a>(frame: &'a DataFrame, name: &str) -> Option<Vec<Option<&'a str>>> {
    let column = frame.column(name).ok()?.str().ok()?;
    Some(column.iter().collect())
}

/// The numbers of a column.
pub(super) fn numbers(frame: &DataFrame, name: &str) -> Option<Vec<Option<f64>>> {
    let column = frame.column(name).ok()?;
    if let Ok(floats) = column.f64() {
        return Some(floats.iter().collect());
    }
    let cast = column.cast(&DataType::Float64).ok()?;
    Some(cast.f64().ok()?.iter().collect())
}

/// The whole numbers of a column.
pub(super) fn whole(frame: &DataFrame, name: &str) -> Option<Vec<Option<i64>>> {
    let column = frame.column(name).ok()?.i64().ok()?;
    Some(column.iter().collect())
}

/// The keys of a frame's rows: a first one by which rows stand together (mostly the county), and those within it.
pub(super) struct Keys<'a> {
    pub first: Vec<&'a str>,
    pub rest: Vec<Vec<Option<&'a str>>>,
}

impl<'a> Keys<'a> {
    /// The keys that stand in columns; `None` where a column is not there.
    pub fn of(frame: &'a DataFrame, first: &str, rest: &[&str]) -> Option<Keys<'a>> {
        let own = texts(frame, first)?.into_iter();
        let rest: Option<Vec<_>> = rest.iter().map(|name| texts(frame, name)).collect();
        Some(Keys {
            first: own.map(|text| text.unwrap_or("")).collect(),
            rest: rest?,
        })
    }

    fn groups(&self) -> BTreeMap<&'a str, Vec<usize>> {
        let mut out: BTreeMap<&'a str, Vec<usize>> = BTreeMap::new();
        let mut from = 0;
        while from < self.first.len() {
            let own = self.first[from];
            let run = self.first[from..].iter().take_while(|x| **x == own);
            let to = from + run.count();
            out.entry(own).or_default().extend(from..to);
            from = to;
        }
        out
    }

    fn key(&self, row: usize) -> Vec<Option<&'a str>> {
        self.rest.iter().map(|column| column[row]).collect()
    }
}

/// A row before and the row of the same key after; one of them may be missing.
pub(super) type Pair = (Option<usize>, Option<usize>);

/// Gives every pair of rows, by the first key; within it in the order of the rows after, those that are gone last. Of rows
/// with the same key the first goes with the first.
pub(super) fn each_pair<'a>(
    before: &Keys<'a>,
    after: &Keys<'a>,
    mut give: impl FnMut(&'a str, Pair),
) {
    let (mut old, new) = (before.groups(), after.groups());
    let none = Vec::new();
    let mut all: Vec<&'a str> = old.keys().chain(new.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    for first in all {
        let old = old.remove(first).unwrap_or_default();
        let new = new.get(first).unwrap_or(&none);
        let same = |b: usize, a: usize| {
            let mut columns = before.rest.iter().zip(&after.rest);
            columns.all(|(x, y)| x[b] == y[a])
        };
        // Mostly the rows are the same, in the same order.
        let alike = old.iter().zip(new).take_while(|(b, a)| same(**b, **a));
        let alike = alike.count();
        for (b, a) in old.iter().zip(new).take(alike) {
            give(first, (Some(*b), Some(*a)));
        }
        let mut left: HashMap<Vec<Option<&str>>, VecDeque<usize>> = HashMap::new();
        for (at, b) in old.iter().enumerate().skip(alike) {
            left.entry(before.key(*b)).or_default().push_back(at);
        }
        let mut taken = vec![false; old.len()];
        for a in &new[alike..] {
            let own = left.get_mut(&after.key(*a)).and_then(VecDeque::pop_front);
            if let Some(at) = own {
                taken[at] = true;
            }
            give(first, (own.map(|at| old[at]), Some(*a)));
        }
        for (b, taken) in old.iter().zip(taken).skip(alike) {
            if !taken {
                give(first, (Some(*b), None));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<String> {
        fn keys<'a>(rows: &[(&'a str, &'a str)]) -> Keys<'a> {
            Keys {
                first: rows.iter().map(|r| r.0).collect(),
                rest: vec![rows.iter().map(|r| Some(r.1)).collect()],
            }
        }
        let mut out = Vec::new();
        each_pair(&keys(before), &keys(after), |first, (b, a)| {
            let side = |x: Option<usize>| x.map_or("-".to_string(), |x| x.to_string());
            out.push(format!("{first} {} {}", side(b), side(a)));
        });
        out
    }

    #[test]
    fn rows_of_the_same_key_are_pairs() {
        let rows = [("1", "a"), ("1", "b"), ("2", "a")];
        assert_eq!(pairs(&rows, &rows), ["1 0 0", "1 1 1", "2 2 2"]);
        // One is new, one gone, one twice, and a whole county of them.
        let after = [("1", "b"), ("1", "c"), ("1", "b"), ("2", "a"), ("3", "a")];
        assert_eq!(
            pairs(&rows, &after),
            ["1 1 0", "1 - 1", "1 - 2", "1 0 -", "2 2 3", "3 - 4"]
        );
        assert_eq!(
            pairs(&after, &rows),
            ["1 - 0", "1 0 1", "1 1 -", "1 2 -", "2 3 2", "3 4 -"]
        );
    }

    #[test]
    fn what_stands_apart_is_one_county_all_the_same() {
        let before = [("1", "a"), ("2", "a"), ("1", "b")];
        let after = [("1", "a"), ("1", "b"), ("2", "a")];
        assert_eq!(pairs(&before, &after), ["1 0 0", "1 2 1", "2 1 2"]);
    }

    #[test]
    fn columns_that_are_not_there() {
        let frame = DataFrame::new(1, vec![Column::new("a".into(), ["x"])]).unwrap();
        assert_eq!(texts(&frame, "a"), Some(vec![Some("x")]));
        assert_eq!(texts(&frame, "b"), None);
        assert_eq!(numbers(&frame, "b"), None);
        assert_eq!(whole(&frame, "a"), None);
        assert!(Keys::of(&frame, "a", &["b"]).is_none());
    }
}
