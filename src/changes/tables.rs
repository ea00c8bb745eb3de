//! What came: submissions, rows and cells that changed, and what holds verdicts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polars::prelude::*;
use rayon::prelude::*;

use super::frames::{Keys, Pair, each_pair, texts, whole};
use super::{CellChange, Fate, HeldChange, Presence, RowChange, Side, SubmissionChange};
use crate::dataset::places::{RowPlace, address};
use crate::dataset::{SCHOOL_CODE, SCHOOL_NAME};
use crate::finding::State;
use crate::ingest::cell::Value;
use crate::pipeline::Pipeline;
use crate::pipeline::model::Entity;
use crate::pipeline::valid::COUNTY_CODE;
use crate::report::data::table_file;

/// The counties that are compared; all when `None`.
type Only<'a> = Option<&'a BTreeSet<String>>;

pub(super) fn is_asked(only: Only<'_>, county: &str) -> bool {
    only.is_none_or(|only| only.contains(county))
}

/// What a run says of a file.
struct File<'a> {
    sha256: Option<&'a str>,
    status: &'a str,
    counties: Vec<String>,
}

fn files(side: &Side) -> BTreeMap<&str, File<'_>> {
    let Some(frame) = side.frames.get("submissions") else {
        return BTreeMap::new();
    };
    let nothing = || vec![None; frame.height()];
    let of = |name: &str| texts(frame, name).unwrap_or_else(nothing);
    let (paths, hashes) = (of("path"), of("sha256"));
    let (codes, statuses) = (of("county_code"), of("status"));
    let rows = paths
        .into_iter()
        .zip(hashes)
        .zip(codes.into_iter().zip(statuses));
    rows.filter_map(|((path, sha256), (codes, status))| {
        let codes = codes.unwrap_or("").split(';');
        let file = File {
            sha256,
            status: status.unwrap_or(""),
            counties: codes
                .filter(|c| !c.is_empty())
                .map(str::to_string)
                .collect(),
        };
        Some((path?, file))
    })
    .collect()
}

/// The submissions that changed, by path. Skipped files have no content that is known: only their coming and going is told.
pub(super) fn submissions(before: &Side, after: &Side, only: Only<'_>) -> Vec<SubmissionChange> {
    let (old, new) = (files(before), files(after));
    let unknown = |side: &Side| !side.frames.contains_key("submissions");
    if unknown(before) || unknown(after) {
        return Vec::new();
    }
    // Paths that are gone, by their content.
    let mut gone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, file) in old.iter().filter(|(path, _)| !new.contains_key(*path)) {
        if let Some(sha256) = file.sha256 {
            gone.entry(sha256).or_default().push(*path);
        }
    }
    let mut moved: BTreeSet<&str> = BTreeSet::new();
    let mut out = Vec::new();
    for (path, file) in &new {
        let fate = match old.get(path) {
            None => {
                let from = file.sha256.and_then(|sha| gone.get_mut(sha)?.pop());
                moved.extend(from);
                from.map_or(Fate::New, |from| Fate::Moved(from.to_string()))
            }
            Some(was) if was.sha256 != file.sha256 => Fate::Replaced,
            Some(was) if was.status != file.status => {
                Fate::Status(was.status.to_string(), file.status.to_string())
            }
            Some(_) => continue,
        };
        let mut counties = file.counties.clone();
        // One that moved may have been another county's.
        let was = match &fate {
            Fate::Moved(from) => old.get(from.as_str()),
            _ => old.get(path),
        };
        counties.extend(was.into_iter().flat_map(|was| was.counties.clone()));
        out.push(change(path, counties, fate, file.status));
    }
    for (path, file) in &old {
        if !new.contains_key(path) && !moved.contains(path) {
            out.push(change(path, file.counties.clone(), Fate::Gone, file.status));
        }
    }
    let asked =
        |c: &SubmissionChange| only.is_none() || c.counties.iter().any(|code| is_asked(only, code));
    out.retain(asked);
    out.sort_by(|a, b| a.path.cmp(&b.path));
    out
}

fn change(path: &str, mut counties: Vec<String>, fate: Fate, status: &str) -> SubmissionChange {
    counties.sort();
    counties.dedup();
    SubmissionChange {
        path: path.to_string(),
        counties,
        fate,
        status: status.to_string(),
    }
}

/// A table as a run published it.
struct Rows<'a> {
    frame: &'a DataFrame,
    county: Vec<&'a str>,
    key: Vec<String>,
    name: Vec<Option<&'a str>>,
    file: Vec<Option<&'a str>>,
    sheet: Vec<Option<&'a str>>,
    row: Vec<Option<i64>>,
    cells: Option<Vec<Option<&'a str>>>,
    /// By name the position among the columns of the table, as the run knew them.
    position: BTreeMap<String, usize>,
}

/// Columns that are no column of the table itself.
const AROUND: &[&str] = &[
    "county_code",
    "county_name",
    "file",
    "sheet",
    "row",
    "cells",
];

impl<'a> Rows<'a> {
    fn of(pipeline: &Pipeline, table: usize, side: &'a Side) -> Option<Rows<'a>> {
        let declared = &pipeline.tables[table];
        let frame = side.frames.get(&table_file(&declared.name))?;
        let nothing = || vec![None; frame.height()];
        let of = |name: &str| texts(frame, name).unwrap_or_else(nothing);
        let county: Vec<&str> = texts(frame, COUNTY_CODE)?
            .into_iter()
            .map(|code| code.unwrap_or(""))
            .collect();
        let row = whole(frame, "row").unwrap_or_else(|| vec![None; frame.height()]);
        let stand_in = |name: Option<&str>| format!("~{}", name.unwrap_or(""));
        let key = match declared.entity {
            Entity::County => vec![String::new(); frame.height()],
            Entity::School => {
                let both = of(SCHOOL_CODE).into_iter().zip(of(SCHOOL_NAME));
                both.map(|(code, name)| code.map_or_else(|| stand_in(name), str::to_string))
                    .collect()
            }
            Entity::Group(c) => shown(frame, &declared.columns[c].name)
                .unwrap_or_else(|| vec![None; frame.height()])
                .into_iter()
                .map(|key| key.unwrap_or_else(|| stand_in(None)))
                .collect(),
        };
        let names = frame.get_column_names().into_iter().map(|n| n.as_str());
        let own = names.filter(|n| !AROUND.contains(n)).enumerate();
        Some(Rows {
            frame,
            county,
            key,
            name: of(SCHOOL_NAME),
            file: of("file"),
            sheet: of("sheet"),
            row,
            cells: texts(frame, "cells"),
            position: own.map(|(i, name)| (name.to_string(), i)).collect(),
        })
    }

    fn keys(&self) -> Keys<'_> {
        Keys {
            first: self.county.clone(),
            rest: vec![self.key.iter().map(|key| Some(key.as_str())).collect()],
        }
    }

    /// Where a column's figure of a row stands; the row's line where only that is known.
    fn place(&self, at: usize, column: &str) -> Option<String> {
        let (file, sheet) = (self.file[at]?, self.sheet[at]?);
        let row = RowPlace {
            file,
            sheet,
            row: self.row[at].unwrap_or(0),
        };
        let Some(cells) = self.cells.as_ref().and_then(|cells| cells[at]) else {
            return self.line(at);
        };
        let own = self.position.get(column);
        let cell = own.and_then(|c| address(cells, *c, row));
        Some(cell.unwrap_or_else(|| format!("{file}!{sheet}")))
    }

    /// The line of a row.
    fn line(&self, at: usize) -> Option<String> {
        let (file, sheet, row) = (self.file[at]?, self.sheet[at]?, self.row[at]?);
        Some(format!("{file}!{sheet}!{row}:{row}"))
    }
}

/// The rows and the cells that changed, table by table, county by county.
pub(super) fn compare(
    pipeline: &Pipeline,
    before: &Side,
    after: &Side,
    only: Only<'_>,
    submissions: &[SubmissionChange],
) -> (Vec<RowChange>, Vec<CellChange>) {
    let (mut rows, mut cells) = (Vec::new(), Vec::new());
    for t in 0..pipeline.tables.len() {
        // What counties say to their findings is no figure.
        if pipeline.returned.as_ref().is_some_and(|r| r.table == t) {
            continue;
        }
        let old = Rows::of(pipeline, t, before);
        let Some((old, new)) = old.zip(Rows::of(pipeline, t, after)) else {
            continue;
        };
        table(pipeline, t, (&old, &new), only, (&mut rows, &mut cells));
    }
    let numbered = submissions.iter().enumerate();
    let paths: HashMap<&str, usize> = numbered.map(|(i, s)| (s.path.as_str(), i)).collect();
    let brought = |at: &Option<String>| {
        let at = at.as_deref()?;
        let mut ends = at.match_indices('!');
        ends.find_map(|(end, _)| paths.get(&at[..end]).copied())
    };
    for cell in &mut cells {
        cell.submission = brought(&cell.at).or_else(|| brought(&cell.was_at));
    }
    for row in &mut rows {
        let whole = |s: &usize| matches!(submissions[*s].fate, Fate::New | Fate::Gone);
        row.submission = brought(&row.at).filter(whole);
    }
    rows.sort_by(|a: &RowChange, b: &RowChange| {
        (&a.county, a.table, &a.key).cmp(&(&b.county, b.table, &b.key))
    });
    (rows, cells)
}

fn table(
    pipeline: &Pipeline,
    t: usize,
    (old, new): (&Rows<'_>, &Rows<'_>),
    only: Only<'_>,
    (rows, cells): (&mut Vec<RowChange>, &mut Vec<CellChange>),
) {
    let mut both: Vec<(usize, usize)> = Vec::new();
    let row = |of: &Rows<'_>, at: usize, presence: Presence| RowChange {
        county: of.county[at].to_string(),
        table: t,
        key: of.key[at].clone(),
        name: of.name[at].map(str::to_string),
        presence,
        at: of.line(at),
        submission: None,
    };
    each_pair(&old.keys(), &new.keys(), |county, pair: Pair| {
        if !is_asked(only, county) {
            return;
        }
        match pair {
            (Some(b), Some(a)) => both.push((b, a)),
            (None, Some(a)) => rows.push(row(new, a, Presence::New)),
            (Some(b), None) => rows.push(row(old, b, Presence::Gone)),
            (None, None) => {}
        }
    });
    let columns = pipeline.tables[t].columns.par_iter().enumerate();
    let found: Vec<(usize, Vec<Difference>)> = columns
        .map(|(c, column)| {
            let one = old.frame.column(&column.name).ok();
            let pair = one.zip(new.frame.column(&column.name).ok());
            (
                c,
                pair.map_or_else(Vec::new, |(b, a)| differing(b, a, &both)),
            )
        })
        .collect();
    let from = cells.len();
    for (c, list) in found {
        let column = &pipeline.tables[t].columns[c].name;
        for (pair, from, to) in list {
            let (b, a) = both[pair];
            let cell = CellChange {
                county: new.county[a].to_string(),
                table: t,
                column: c,
                key: new.key[a].clone(),
                name: new.name[a].or(old.name[b]).map(str::to_string),
                from,
                to,
                at: new.place(a, column),
                was_at: old.place(b, column),
                submission: None,
            };
            cells.push(cell);
        }
    }
    cells[from..].sort_by(|a, b| (&a.county, &a.key, a.column).cmp(&(&b.county, &b.key, b.column)));
}

/// A pair of rows with a value before and after.
type Difference = (usize, Option<String>, Option<String>);

/// Where two columns differ, over pairs of rows: of numbers every bit counts.
fn differing(before: &Column, after: &Column, pairs: &[(usize, usize)]) -> Vec<Difference> {
    let whole = before.len() == after.len() && pairs.iter().all(|(b, a)| b == a);
    if whole && before.dtype() == after.dtype() {
        let (b, a) = (
            before.as_materialized_series(),
            after.as_materialized_series(),
        );
        if b.equals_missing(a) {
            return Vec::new();
        }
    }
    if let (Ok(b), Ok(a)) = (before.str(), after.str()) {
        let (b, a): (Vec<_>, Vec<_>) = (b.iter().collect(), a.iter().collect());
        return unequal(&b, &a, pairs, |text| (*text).to_string());
    }
    if let (Ok(b), Ok(a)) = (before.f64(), after.f64()) {
        let of = |column: &Float64Chunked| -> Vec<Option<u64>> {
            column.iter().map(|v| v.map(f64::to_bits)).collect()
        };
        let shown = |bits: &u64| Value::Number(f64::from_bits(*bits)).shown();
        return unequal(&of(b), &of(a), pairs, shown);
    }
    if let (Ok(b), Ok(a)) = (before.i64(), after.i64()) {
        let (b, a): (Vec<_>, Vec<_>) = (b.iter().collect(), a.iter().collect());
        return unequal(&b, &a, pairs, |n: &i64| n.to_string());
    }
    let (Some(b), Some(a)) = (shown_column(before), shown_column(after)) else {
        return Vec::new();
    };
    unequal(&b, &a, pairs, String::clone)
}

fn unequal<T: PartialEq>(
    before: &[Option<T>],
    after: &[Option<T>],
    pairs: &[(usize, usize)],
    shown: impl Fn(&T) -> String,
) -> Vec<Difference> {
    let numbered = pairs.iter().enumerate();
    let differ = numbered.filter(|(_, (b, a))| before[*b] != after[*a]);
    let text = |value: &Option<T>| value.as_ref().map(&shown);
    differ
        .map(|(i, (b, a))| (i, text(&before[*b]), text(&after[*a])))
        .collect()
}

fn shown(frame: &DataFrame, name: &str) -> Option<Vec<Option<String>>> {
    shown_column(frame.column(name).ok()?)
}

/// Any column as it is shown.
fn shown_column(column: &Column) -> Option<Vec<Option<String>>> {
    let value = |v: Option<Value>| v.map(|v| v.shown());
    Some(match column.dtype() {
        DataType::String => {
            let own = column.str().ok()?.iter();
            own.map(|v| v.map(str::to_string)).collect()
        }
        DataType::Boolean => {
            let own = column.bool().ok()?.iter();
            own.map(|v| value(v.map(Value::Bool))).collect()
        }
        DataType::Date => {
            let days = column.to_physical_repr();
            let own = days.i32().ok()?.iter();
            own.map(|v| value(v.map(Value::Date))).collect()
        }
        _ => {
            let numbers = column.cast(&DataType::Float64).ok()?;
            let own = numbers.f64().ok()?.iter();
            own.map(|v| value(v.map(Value::Number))).collect()
        }
    })
}

/// The findings by which a county's verdicts wait, that came or went.
pub(super) fn held(
    pipeline: &Pipeline,
    before: &Side,
    after: &Side,
    only: Only<'_>,
) -> Vec<HeldChange> {
    let of = |side: &Side| -> BTreeMap<(String, String, String), String> {
        let mut out = BTreeMap::new();
        let Some(frame) = side.frames.get("findings") else {
            return out;
        };
        let nothing = || vec![None; frame.height()];
        let column = |name: &str| texts(frame, name).unwrap_or_else(nothing);
        let (ids, rules, states) = (column("finding_id"), column("rule"), column("state"));
        let (counties, files) = (column("county_code"), column("file"));
        let (sheets, cells) = (column("sheet"), column("cell"));
        for (i, rule) in rules.iter().enumerate() {
            let rule = rule.unwrap_or("");
            let notice = pipeline.notices.get(rule);
            let there = states[i] != Some(State::Fixed.word());
            let county = counties[i].unwrap_or("");
            let holds = notice.is_some_and(|n| n.holds_verdicts);
            if there && holds && is_asked(only, county) {
                let place = [files[i], sheets[i], cells[i]].into_iter().flatten();
                let at = place.collect::<Vec<_>>().join("!");
                let id = ids[i].unwrap_or("").to_string();
                out.insert((county.to_string(), rule.to_string(), id), at);
            }
        }
        out
    };
    let known = |side: &Side| side.frames.contains_key("findings");
    if !known(before) || !known(after) {
        return Vec::new();
    }
    let (old, new) = (of(before), of(after));
    let list = |from: &BTreeMap<(String, String, String), String>,
                other: &BTreeMap<(String, String, String), String>,
                presence: Presence| {
        let own = from.iter().filter(|(key, _)| !other.contains_key(*key));
        own.map(|((county, rule, _), at)| HeldChange {
            county: county.clone(),
            rule: rule.clone(),
            presence,
            at: at.clone(),
        })
        .collect::<Vec<_>>()
    };
    let mut out = list(&new, &old, Presence::New);
    out.extend(list(&old, &new, Presence::Gone));
    out.sort_by(|a, b| (&a.county, &a.rule, &a.at).cmp(&(&b.county, &b.rule, &b.at)));
    out
}
