//! Which findings follow from another one. Nothing is removed: a finding that follows keeps its place in every full list,
//! with the id of its root; the lists of what matters show the root alone.
//!
//! The kinds of rules stand here in the order in which they explain each other: what could not be read, then another unit,
//! then what cannot be, then tables against each other, then what is only unusual.

use std::collections::{BTreeMap, BTreeSet};

use crate::cells::{Spot, lists};
use crate::finding::{Finding, Severity, first_address};
use crate::indicators::Verdict;
use crate::indicators::depends::{TableColumn, behind, dependents, of_rows};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{CountyRef, CountySource, Entity};
use crate::results::Results;

/// The kinds of rules in their order, with the keys of their words and the step of the order that they stand on. A notice's
/// step hangs on its severity and level.
const KINDS: &[(&str, &str, u8)] = &[
    ("notice", "kind_notice", 0),
    ("unit_error", "kind_unit_error", 1),
    ("required", "kind_required", 2),
    ("range", "kind_range", 2),
    ("must", "kind_must", 2),
    ("subset", "kind_subset", 2),
    ("unique", "kind_unique", 2),
    ("balance", "kind_balance", 2),
    ("missing_pattern", "kind_missing_pattern", 2),
    ("empty_shell", "kind_empty_shell", 2),
    ("total", "kind_total", 3),
    ("cross", "kind_cross", 3),
    ("change", "kind_change", 4),
    ("copied", "kind_copied", 4),
    ("outlier", "kind_outlier", 4),
    ("bunching", "kind_bunching", 4),
    ("digit", "kind_digit", 4),
];

/// The key of the word for a kind of rule.
pub fn kind_word(kind: &str) -> &'static str {
    let mut kinds = KINDS.iter();
    kinds
        .find(|(own, ..)| *own == kind)
        .map_or("kind_other", |(_, word, _)| word)
}

/// Kinds and notices that hold a stated figure against another one.
const SUMS: &[&str] = &["total", "cross", STATED_DIFFERS];
const STATED_DIFFERS: &str = "stated-differs";
const SURVEY_DIFFERS: &str = "survey-sources-differ";
const VALUE_MISSING: &str = "value-missing";
const INCOMPLETE: &str = "criteria-incomplete";

/// Sets the root of every finding that follows from another one of its county.
pub fn set(
    pipeline: &Pipeline,
    results: &Results,
    spots: &[Option<Spot>],
    findings: &mut [Finding],
) {
    let kinds = findings.iter().map(|f| pipeline.rule_kind(&f.rule));
    let mut causes = Causes {
        pipeline,
        results,
        kinds: kinds.collect(),
        spots,
        of: vec![None; findings.len()],
        findings,
    };
    let mut counties: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, f) in causes.findings.iter().enumerate() {
        if let Some(county) = f.county_code.as_deref() {
            counties.entry(county).or_default().push(i);
        }
    }
    let counties: Vec<Vec<usize>> = counties
        .into_values()
        .map(|mut own| {
            own.sort_by_key(|i| causes.order(*i));
            own
        })
        .collect();
    let of_criteria = causes.by_criterion();
    for own in &counties {
        causes.missing_patterns(own);
        causes.same_cells(own);
        causes.surveys(own);
        causes.sums(own);
        causes.incomplete(own, &of_criteria);
    }
    let roots: Vec<Option<String>> = (0..causes.of.len())
        .map(|i| {
            let root = causes.root(i);
            (root != i).then(|| causes.findings[root].id.clone())
        })
        .collect();
    for (finding, root) in findings.iter_mut().zip(roots) {
        finding.cause = root;
    }
}

struct Causes<'a> {
    pipeline: &'a Pipeline,
    results: &'a Results,
    findings: &'a [Finding],
    kinds: Vec<&'static str>,
    spots: &'a [Option<Spot>],
    /// By finding the one that it follows from.
    of: Vec<Option<usize>>,
}

impl Causes<'_> {
    /// Which of two findings explains the other: the one that is less.
    fn order(&self, i: usize) -> (u8, Severity, i64, usize, usize) {
        let f = &self.findings[i];
        let at = KINDS.iter().position(|(kind, ..)| *kind == self.kinds[i]);
        let step = match at {
            Some(0) if f.level > 1 => 3,
            Some(0) if f.severity == Severity::Error => 0,
            Some(0) => 2,
            Some(at) => KINDS[at].2,
            None => 4,
        };
        // Of what stands on one step and level a declared rule tells more than a notice.
        let at = at.filter(|at| *at > 0).unwrap_or(KINDS.len());
        (step, f.severity, f.level, at, i)
    }

    fn root(&self, mut i: usize) -> usize {
        while let Some(cause) = self.of[i] {
            i = cause;
        }
        i
    }

    /// Lets a finding follow from another one, unless it follows from one already or is the root of that one.
    fn follow(&mut self, i: usize, cause: usize) {
        if self.of[i].is_none() && self.root(cause) != i {
            self.of[i] = Some(cause);
        }
    }

    /// Whether one finding may stand for another: one that weighs less never does, and what is only said for the record
    /// by the reader follows from nothing.
    fn may_absorb(&self, root: usize, i: usize) -> bool {
        let (a, b) = (&self.findings[root], &self.findings[i]);
        let noted = b.severity == Severity::Info && self.kinds[i] == "notice";
        // What must be corrected goes when the cell is right; what may be explained is asked for by itself.
        let asked_alone = b.severity == Severity::Query && !are_about_the_same(a, b);
        root != i && !noted && a.severity <= b.severity && !asked_alone
    }

    /// Rules of a pattern list the empty cells that others name one by one.
    fn missing_patterns(&mut self, own: &[usize]) {
        let patterns = own.iter().filter(|i| self.kinds[**i] == "missing_pattern");
        let patterns: Vec<usize> = patterns.copied().collect();
        if patterns.is_empty() {
            return;
        }
        for i in own {
            let f = &self.findings[*i];
            if f.rule != VALUE_MISSING && self.kinds[*i] != "required" {
                continue;
            }
            let Some(cell) = first(f) else { continue };
            let listing = patterns.iter().find(|p| {
                let place = &self.findings[**p].place;
                (&place.file, &place.sheet) == (&f.place.file, &f.place.sheet) && lists(place, cell)
            });
            if let Some(p) = listing {
                // Many empty cells are one thing to do, whatever each of them weighs.
                self.follow(*i, *p);
            }
        }
    }

    /// Of findings on one cell the first that weighs at least as much.
    fn same_cells(&mut self, own: &[usize]) {
        type Cell<'a> = (&'a str, &'a str, (u32, u32));
        let mut cells: BTreeMap<Cell<'_>, Vec<usize>> = BTreeMap::new();
        for i in own {
            let f = &self.findings[*i];
            if let (Some(file), Some(sheet), Some(cell)) =
                (f.place.file.as_deref(), f.place.sheet.as_deref(), first(f))
            {
                cells.entry((file, sheet, cell)).or_default().push(*i);
            }
        }
        let groups: Vec<Vec<usize>> = cells.into_values().filter(|g| g.len() > 1).collect();
        for group in groups {
            for (at, i) in group.iter().enumerate() {
                let mut earlier = group[..at].iter().copied();
                if let Some(root) = earlier.find(|root| self.may_absorb(*root, *i)) {
                    self.follow(*i, root);
                }
            }
        }
    }

    /// One difference of a county's summary of questionnaires is said of a group, of all groups together and of the rate:
    /// the same row, or all groups together where one group alone makes the difference.
    fn surveys(&mut self, own: &[usize]) {
        let about = |i: &&usize| {
            let rule = self.findings[**i].rule.as_str();
            rule == STATED_DIFFERS || rule == SURVEY_DIFFERS
        };
        let list: Vec<(usize, Spot)> = own
            .iter()
            .filter(about)
            .filter_map(|i| Some((*i, self.spots[*i]?)))
            .filter(|(_, s)| matches!(self.pipeline.tables[s.table].entity, Entity::Group(_)))
            .collect();
        let mut links: Vec<(usize, usize)> = Vec::new();
        for (at, (i, spot)) in list.iter().enumerate() {
            for (j, other) in &list[..at] {
                let same_row = (spot.table, spot.row) == (other.table, other.row);
                let same_difference = || {
                    let rule = |k: usize| self.findings[k].rule == SURVEY_DIFFERS;
                    let column = |k: usize| &self.findings[k].column;
                    let whole = self.is_whole(*spot) || self.is_whole(*other);
                    let same = difference(&self.findings[*i])
                        .zip(difference(&self.findings[*j]))
                        .is_some_and(|(a, b)| near(a, b));
                    let alone = list
                        .iter()
                        .filter(|(k, _)| rule(*k) && column(*k) == column(*i))
                        .count()
                        == 2;
                    rule(*i) && rule(*j) && column(*i) == column(*j) && whole && alone && same
                };
                if same_row || same_difference() {
                    links.push((*i, *j));
                }
            }
        }
        // The heaviest of what hangs together is the root, then the first.
        let mut group: BTreeMap<usize, usize> = list.iter().map(|(i, _)| (*i, *i)).collect();
        for (a, b) in links {
            let (a, b) = (group[&a], group[&b]);
            for own in group.values_mut().filter(|g| **g == a) {
                *own = b;
            }
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, g) in group {
            groups.entry(g).or_default().push(i);
        }
        for members in groups.into_values() {
            let weight = |i: &usize| (self.findings[*i].severity, self.order(*i));
            let Some(root) = members.iter().copied().min_by_key(weight) else {
                continue;
            };
            for i in members {
                self.follow(i, root);
            }
        }
    }

    /// Whether a row of groups is that of all groups together.
    fn is_whole(&self, spot: Spot) -> bool {
        let (Some(survey), Entity::Group(key)) = (
            &self.pipeline.survey,
            self.pipeline.tables[spot.table].entity,
        ) else {
            return false;
        };
        let row = &self.results.dataset.tables[spot.table].rows[spot.row];
        row.values[key].as_ref().and_then(|v| v.text()) == Some(survey.whole.as_str())
    }

    /// A sum that differs by just what a school's cell differs from what is expected in it.
    fn sums(&mut self, own: &[usize]) {
        let Some(school) = self.pipeline.table("school") else {
            return;
        };
        let cells: Vec<(usize, TableColumn, f64)> = own
            .iter()
            .filter(|i| self.findings[**i].severity != Severity::Info)
            .filter_map(|i| {
                let spot = self.spots[*i].filter(|s| s.table == school)?;
                Some((*i, (school, spot.column?), difference(&self.findings[*i])?))
            })
            .collect();
        if cells.is_empty() {
            return;
        }
        for i in own {
            let f = &self.findings[*i];
            if !SUMS.contains(&self.kinds[*i]) && !SUMS.contains(&f.rule.as_str()) {
                continue;
            }
            let Some(gap) = difference(f) else { continue };
            let columns = self.added(*i, school);
            // A figure that is too large makes the sum too large, and what is stated too small beside it.
            let fits: Vec<&(usize, TableColumn, f64)> = cells
                .iter()
                .filter(|(j, column, _)| j != i && columns.contains(column))
                .collect();
            let one = fits.iter().find(|(.., own)| near(*own, -gap));
            let all: f64 = fits.iter().map(|(.., own)| own).sum();
            let root = one.or(fits.first().filter(|_| near(all, -gap)));
            if let Some((root, ..)) = root {
                let root = *root;
                self.follow(*i, root);
            }
        }
    }

    /// The columns of the school table whose figures a finding's figure adds up.
    fn added(&self, i: usize, school: usize) -> BTreeSet<TableColumn> {
        let (p, f) = (self.pipeline, &self.findings[i]);
        let mut out = BTreeSet::new();
        if let Some((scope, formulas)) = p.sum_of(&f.rule) {
            of_rows(p, scope, &formulas, &mut out);
        } else if self.kinds[i] == "total" {
            let columns = p.tables[school].columns.iter().enumerate();
            let own = columns.filter(|(_, c)| Some(&c.title) == f.column.as_ref());
            out.extend(own.map(|(c, _)| (school, c)));
        } else if let Some(Spot {
            table,
            column: Some(column),
            ..
        }) = self.spots[i]
        {
            let own = CountyRef::Stated { table, column };
            for (c, county) in p.county_columns.iter().enumerate() {
                if matches!(&county.source, CountySource::First(refs) if refs.contains(&own)) {
                    behind(p, CountyRef::Computed(c), &mut out);
                }
            }
        }
        out.retain(|(table, _)| *table == school);
        out
    }

    /// By county and criterion the findings about empty cells that the criterion hangs on.
    fn by_criterion(&self) -> BTreeMap<(String, usize), Vec<usize>> {
        let dependents = dependents(self.pipeline);
        let mut out: BTreeMap<(String, usize), Vec<usize>> = BTreeMap::new();
        for (i, spot) in self.spots.iter().enumerate() {
            let f = &self.findings[i];
            let Some((spot, column)) = spot.and_then(|s| Some((s, s.column?))) else {
                continue;
            };
            let row = &self.results.dataset.tables[spot.table].rows[spot.row];
            if f.severity == Severity::Info {
                continue;
            }
            for criterion in dependents.get(&(spot.table, column)).into_iter().flatten() {
                // What is there is no reason, unless it is the county's own word that something else lacks.
                let own_word = self.pipeline.criteria[*criterion].has_word((spot.table, column));
                if row.values[column].is_some() && !own_word {
                    continue;
                }
                let key = (row.county_code.clone(), *criterion);
                out.entry(key).or_default().push(i);
            }
        }
        out
    }

    /// Criteria that cannot be judged, where for each of them an empty cell is said that it hangs on.
    fn incomplete(&mut self, own: &[usize], open: &BTreeMap<(String, usize), Vec<usize>>) {
        for i in own {
            let f = &self.findings[*i];
            let (INCOMPLETE, Some(code)) = (f.rule.as_str(), &f.county_code) else {
                continue;
            };
            let mut counties = self.results.dataset.counties.iter();
            let Some(county) = counties.position(|c| c.code == *code) else {
                continue;
            };
            let lacking = self.results.criteria_of(self.pipeline, county).iter();
            let lacking = lacking.filter(|r| {
                let part = self.pipeline.criteria[r.criterion].part;
                r.verdict == Verdict::Incomplete
                    && Some(self.pipeline.part_title(part)) == f.column.as_deref()
            });
            let reasons: Option<Vec<usize>> = lacking
                .map(|r| {
                    let all = open.get(&(code.clone(), r.criterion))?;
                    all.iter().copied().min_by_key(|i| self.order(*i))
                })
                .collect();
            let first = reasons.and_then(|r| r.into_iter().min_by_key(|i| self.order(*i)));
            if let Some(first) = first {
                self.follow(*i, first);
            }
        }
    }
}

/// Whether the cells of one of two findings that begin at one cell are among those of the other: what lies beside a third figure
/// is another question.
fn are_about_the_same(a: &Finding, b: &Finding) -> bool {
    let cells = |f: &Finding| -> BTreeSet<String> {
        let all = f.place.cell.iter().flat_map(|cells| cells.split(','));
        all.map(str::to_string).collect()
    };
    let (a, b) = (cells(a), cells(b));
    a.is_subset(&b) || b.is_subset(&a)
}

/// The first cell of a finding.
fn first(f: &Finding) -> Option<(u32, u32)> {
    first_address(f.place.cell.as_deref()?)
}

/// How much more a value is than what is expected, in the unit in which both are shown.
fn difference(f: &Finding) -> Option<f64> {
    let number = |text: &Option<String>| -> Option<f64> {
        let text = text.as_deref()?.trim_end_matches('%');
        text.replace(',', "").parse().ok()
    };
    Some(number(&f.value)? - number(&f.expected)?)
}

/// Equal but for binary residue.
fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (a.abs() + b.abs()).max(1.0)
}
