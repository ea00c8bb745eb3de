//! Finds the causes of figures that changed: first of those that are made from cells, then of those that are made from them.

use std::collections::{BTreeMap, HashMap};

use super::figures::{part_of, ranking_of};
use super::hangs::{self, Hangs};
use super::{Cause, Changes, Fate, FigureChange, MOST_CAUSES, NAMED_COUNTIES, What};
use crate::indicators::balance::COMPOSITE;
use crate::indicators::depends::TableColumn;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Part, RankingOf};
use crate::pipeline::parts::PartChange;

/// What has changed in one county: indices.
#[derive(Default)]
struct County<'a> {
    by_column: HashMap<TableColumn, Vec<usize>>,
    /// Cells by key of the school.
    by_school: HashMap<&'a str, Vec<usize>>,
    rows: Vec<usize>,
    submissions: Vec<usize>,
    held: Vec<usize>,
}

/// Sets the causes of all figures that changed.
pub(super) fn set(pipeline: &Pipeline, changes: &mut Changes) {
    let mut figures = std::mem::take(&mut changes.figures);
    {
        let given = Given::new(pipeline, changes);
        // What figures are made from comes first.
        let order = [
            What::UnitIndicator,
            What::UnitVerdict,
            What::Balance,
            What::Survey,
            What::Criterion,
            What::Points,
            What::Verdict,
            What::Ranking,
        ];
        let mut done: HashMap<(String, What), Vec<usize>> = HashMap::new();
        for what in order {
            let own: Vec<usize> = (0..figures.len())
                .filter(|i| figures[*i].what == what)
                .collect();
            // The whole hangs on the parts.
            let whole = Part::Overall.word();
            let (parts, last): (Vec<usize>, Vec<usize>) = own
                .into_iter()
                .partition(|i| what != What::Verdict || figures[*i].id != whole);
            let moved = moved(&figures, what);
            for list in [parts, last] {
                for i in list {
                    let (causes, further) = given.causes(&figures, &done, &moved, i);
                    figures[i].causes = causes;
                    figures[i].further = further;
                    let key = (figures[i].county.clone(), what);
                    done.entry(key).or_default().push(i);
                }
            }
        }
    }
    changes.figures = figures;
}

/// By ranking the counties whose value in it changed.
fn moved(figures: &[FigureChange], what: What) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if what == What::Ranking {
        for f in figures.iter().filter(|f| f.what == what) {
            if f.before.value != f.after.value {
                out.entry(f.id.clone()).or_default().push(f.county.clone());
            }
        }
    }
    out
}

struct Given<'a> {
    pipeline: &'a Pipeline,
    changes: &'a Changes,
    counties: HashMap<&'a str, County<'a>>,
    nothing: County<'a>,
    hangs: std::cell::RefCell<HashMap<(What, String, String), std::rc::Rc<Hangs>>>,
}

/// Causes as they are gathered.
#[derive(Default)]
struct Gathered {
    causes: Vec<Cause>,
    further: usize,
}

impl Gathered {
    fn add(&mut self, causes: impl IntoIterator<Item = Cause>) {
        self.causes.extend(causes);
    }

    fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }

    /// Sorted, each once, no more than are named.
    fn done(mut self) -> (Vec<Cause>, usize) {
        self.causes.sort_unstable();
        self.causes.dedup();
        let more = self.causes.len().saturating_sub(MOST_CAUSES);
        self.causes.truncate(MOST_CAUSES);
        (self.causes, self.further + more)
    }
}

impl<'a> Given<'a> {
    fn new(pipeline: &'a Pipeline, changes: &'a Changes) -> Given<'a> {
        let mut counties: HashMap<&str, County<'_>> = HashMap::new();
        let school = pipeline.table("school");
        for (i, cell) in changes.cells.iter().enumerate() {
            let own = counties.entry(&cell.county).or_default();
            let column = (cell.table, cell.column);
            own.by_column.entry(column).or_default().push(i);
            if Some(cell.table) == school {
                own.by_school.entry(&cell.key).or_default().push(i);
            }
        }
        for (i, row) in changes.rows.iter().enumerate() {
            counties.entry(&row.county).or_default().rows.push(i);
        }
        for (i, submission) in changes.submissions.iter().enumerate() {
            for county in &submission.counties {
                counties.entry(county).or_default().submissions.push(i);
            }
        }
        for (i, held) in changes.held.iter().enumerate() {
            counties.entry(&held.county).or_default().held.push(i);
        }
        Given {
            pipeline,
            changes,
            counties,
            nothing: County::default(),
            hangs: std::cell::RefCell::default(),
        }
    }

    fn county(&self, code: &str) -> &County<'a> {
        self.counties.get(code).unwrap_or(&self.nothing)
    }

    fn hangs(&self, change: &FigureChange) -> std::rc::Rc<Hangs> {
        let stage = change.stage.clone().unwrap_or_default();
        let key = (change.what, change.id.clone(), stage);
        let mut known = self.hangs.borrow_mut();
        let own = known.entry(key).or_insert_with(|| {
            let hangs = hangs::of(self.pipeline, &self.changes.pipeline, change);
            std::rc::Rc::new(hangs)
        });
        own.clone()
    }

    /// The causes of a figure, and how many more there are at least.
    fn causes(
        &self,
        figures: &[FigureChange],
        done: &HashMap<(String, What), Vec<usize>>,
        moved: &BTreeMap<String, Vec<String>>,
        at: usize,
    ) -> (Vec<Cause>, usize) {
        let change = &figures[at];
        let county = self.county(&change.county);
        let hangs = self.hangs(change);
        let mut out = Gathered::default();
        let own_value = change.before.value != change.after.value;
        // A rank that moved while its value stayed is moved by others.
        if change.what == What::Ranking && !own_value {
            if let Some(others) = moved.get(&change.id) {
                let named = others.iter().take(NAMED_COUNTIES).cloned().collect();
                out.add([Cause::Others(named, others.len())]);
            }
            out.add(hangs.parts.iter().map(|p| Cause::Part(*p)));
            if out.is_empty() {
                let list = self.changes.pipeline.iter().enumerate();
                let list = list.filter(|(_, c)| c.kind == "counties");
                out.add(list.map(|(i, _)| Cause::Part(i)));
            }
            return self.or_else(out, county, &change.county);
        }
        let parts = self.rules(change, &hangs, own_value);
        // With the same value a limit alone has changed the verdict.
        let limit_only = !own_value && !parts.is_empty() && change.is_flip();
        out.add(parts.iter().map(|p| Cause::Part(*p)));
        let below = self.below(figures, done, change);
        for i in &below {
            out.add(figures[*i].causes.iter().cloned());
            out.further = out.further.max(figures[*i].further);
        }
        if !limit_only && below.is_empty() {
            self.add_data(change, &hangs, county, &mut out);
        }
        if matches!(change.what, What::Verdict | What::Ranking) {
            out.add(county.held.iter().map(|h| Cause::Held(*h)));
        }
        out.causes.retain(|c| *c != Cause::Unexplained);
        self.or_else(out, county, &change.county)
    }

    /// The rules and limits that changed it: a limit changes no value.
    fn rules(&self, change: &FigureChange, hangs: &Hangs, own_value: bool) -> Vec<usize> {
        let is_limit = |c: &PartChange| {
            ["school_rule", "balance_limit", "part"].contains(&c.kind.as_str()) || c.names("limit")
        };
        let fits = |p: &&usize| {
            let limit = is_limit(&self.changes.pipeline[**p]);
            match limit {
                true => change.is_flip(),
                // What is not about limits changes a verdict through the value, or where there is none.
                false => own_value || change.after.value.is_none() || change.before.value.is_none(),
            }
        };
        hangs.parts.iter().filter(fits).copied().collect()
    }

    /// Cells, rows and submissions that the figure is made from.
    fn add_data(
        &self,
        change: &FigureChange,
        hangs: &Hangs,
        county: &County<'_>,
        out: &mut Gathered,
    ) {
        let cells = &self.changes.cells;
        let school = self.pipeline.table("school");
        let mut used: Vec<usize> = Vec::new();
        if let Some((key, _)) = &change.school {
            // A row that claims a code a second time stands under a key of its own.
            let row = key.split('#').next().unwrap_or(key);
            let own = county.by_school.get(row).into_iter().flatten();
            used.extend(own.filter(|c| {
                hangs
                    .columns
                    .contains(&(cells[**c].table, cells[**c].column))
            }));
            for column in hangs.columns.iter().filter(|(t, _)| Some(*t) != school) {
                used.extend(county.by_column.get(column).into_iter().flatten());
            }
        } else {
            for column in &hangs.columns {
                used.extend(county.by_column.get(column).into_iter().flatten());
            }
        }
        out.add(used.iter().map(|c| Cause::Cell(*c)));
        let rows = county.rows.iter().filter(|r| {
            let row = &self.changes.rows[**r];
            match &change.school {
                Some((key, _)) => {
                    Some(row.table) == school && key.split('#').next() == Some(&row.key)
                }
                None => hangs.columns.iter().any(|(t, _)| *t == row.table),
            }
        });
        // Where a whole file came or went, all its rows did.
        let rows: Vec<Cause> = rows
            .map(|r| match self.changes.rows[*r].submission {
                Some(submission) => Cause::Submission(submission),
                None => Cause::Row(*r),
            })
            .collect();
        let unsent = rows.iter().any(|cause| match cause {
            Cause::Row(r) => !self.came_in(*r, county),
            _ => false,
        });
        out.add(rows);
        // Counts of questionnaires stand in no cell: what was sent has changed them.
        let counted = used.iter().any(|c| {
            let at = cells[*c].at.as_ref().or(cells[*c].was_at.as_ref());
            at.is_none_or(|at| !at.ends_with(|c: char| c.is_ascii_digit()))
        });
        if counted || change.what == What::Survey {
            out.add(county.submissions.iter().map(|s| Cause::Submission(*s)));
        }
        // The same file, read differently.
        let as_it_was = |c: &usize| cells[*c].submission.is_none_or(|s| self.is_as_it_was(s));
        if unsent || used.iter().any(as_it_was) {
            out.add(self.reading());
        }
    }

    /// Whether a submission has the same bytes, and only another status.
    fn is_as_it_was(&self, submission: usize) -> bool {
        matches!(self.changes.submissions[submission].fate, Fate::Status(..))
    }

    /// Whether a row stands in a submission of its county that changed.
    fn came_in(&self, row: usize, county: &County<'_>) -> bool {
        let at = self.changes.rows[row].at.as_deref().unwrap_or("");
        let changed = county
            .submissions
            .iter()
            .filter(|s| !self.is_as_it_was(**s));
        let mut paths = changed.map(|s| self.changes.submissions[*s].path.as_str());
        paths.any(|path| {
            at.strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('!'))
        })
    }

    /// What differs in how submissions are read; else another version of the program.
    fn reading(&self) -> Vec<Cause> {
        let parts = self.changes.pipeline.iter().enumerate();
        let parts = parts.filter(|(_, c)| c.is_of_reading());
        let mut out: Vec<Cause> = parts.map(|(i, _)| Cause::Part(i)).collect();
        if out.is_empty() && self.changes.program.is_some() {
            out.push(Cause::Program);
        }
        out
    }

    /// The figures that changed in the same county and that this one is made from.
    fn below(
        &self,
        figures: &[FigureChange],
        done: &HashMap<(String, What), Vec<usize>>,
        change: &FigureChange,
    ) -> Vec<usize> {
        let of = |what: What, fits: &dyn Fn(&FigureChange) -> bool| -> Vec<usize> {
            let key = (change.county.clone(), what);
            let own = done.get(&key).into_iter().flatten().copied();
            own.filter(|i| fits(&figures[*i])).collect()
        };
        let flips_first = |list: Vec<usize>| -> Vec<usize> {
            let flips: Vec<usize> = list
                .iter()
                .filter(|i| figures[**i].is_flip())
                .copied()
                .collect();
            if flips.is_empty() { list } else { flips }
        };
        match change.what {
            What::UnitVerdict => flips_first(of(What::UnitIndicator, &|f| {
                f.school.as_ref().map(|s| &s.0) == change.school.as_ref().map(|s| &s.0)
                    && f.stage == change.stage
            })),
            What::Verdict => flips_first(match part_of(self.pipeline, &change.id) {
                Some(Part::Resources) => of(What::UnitVerdict, &|_| true),
                Some(Part::Balance) => of(What::Balance, &|_| true),
                Some(Part::Overall) => of(What::Verdict, &|f| f.id != change.id),
                Some(part) => {
                    let own = |f: &FigureChange| {
                        let whole = f.id.split('.').next();
                        let mut all = self.pipeline.criteria.iter();
                        all.any(|c| Some(c.id.as_str()) == whole && c.part == part)
                    };
                    let mut list = of(What::Criterion, &own);
                    list.extend(of(What::Points, &own));
                    list.extend(of(What::Survey, &own));
                    list
                }
                None => Vec::new(),
            }),
            What::Ranking => {
                let (ranking, _) = ranking_of(self.pipeline, &change.id);
                let stage = ranking.and_then(|r| r.stage);
                let stage = stage.map(|s| self.pipeline.stages[s].id.clone());
                let here = |f: &FigureChange| stage.is_none() || f.stage == stage;
                match ranking.map(|r| r.of) {
                    Some(RankingOf::MeanCv) => {
                        let standard = |f: &FigureChange| here(f) && f.id != COMPOSITE;
                        of(What::Balance, &standard)
                    }
                    Some(RankingOf::CvMet) => flips_first(of(What::Balance, &here)),
                    Some(RankingOf::ShareMet) => flips_first(of(What::UnitVerdict, &here)),
                    Some(RankingOf::Points) => of(What::Points, &|_| true),
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    /// Causes that are less sure where there is none: what waits, what is read differently, what came, the program.
    fn or_else(&self, mut out: Gathered, county: &County<'_>, code: &str) -> (Vec<Cause>, usize) {
        if out.is_empty() {
            out.add(county.held.iter().map(|h| Cause::Held(*h)));
        }
        if out.is_empty() {
            // The county was put on the list, or taken off; other notices hold verdicts.
            let all = self.changes.pipeline.iter().enumerate();
            let own = all.filter(|(_, c)| {
                (c.kind == "counties" && c.id == code) || (c.kind == "notice" && !c.is_of_words())
            });
            out.add(own.map(|(i, _)| Cause::Part(i)));
        }
        if out.is_empty() {
            let all = self.changes.pipeline.iter().enumerate();
            let loose = all.filter(|(_, c)| c.is_of_reading() || c.kind == "parents");
            out.add(loose.map(|(i, _)| Cause::Part(i)));
        }
        if out.is_empty() {
            out.add(county.submissions.iter().map(|s| Cause::Submission(*s)));
        }
        if out.is_empty() && self.changes.program.is_some() {
            out.add([Cause::Program]);
        }
        if out.is_empty() {
            out.add([Cause::Unexplained]);
        }
        out.done()
    }
}
