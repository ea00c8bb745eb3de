//! Changes as lines of text: headings in English, titles as the pipeline has them; county by county, then the totals.

use std::collections::BTreeMap;

use crate::changes::{Cause, Changes, Fate, FigureChange, Presence, State, What};
use crate::pipeline::Pipeline;
use crate::pipeline::parts::PartChange;
use crate::text::fixed;

/// Lines of each kind that are shown of a county.
pub const MOST: usize = 20;
/// Causes that are shown of a figure; all with all lines.
const MOST_CAUSES: usize = 5;

/// The lines about all changes, or those of one county; `most` lines of each kind.
pub fn lines(
    pipeline: &Pipeline,
    changes: &Changes,
    county: Option<&str>,
    most: usize,
) -> Vec<String> {
    let mut t = Text {
        pipeline,
        changes,
        most,
        out: vec![format!("{} -> {}", changes.before, changes.after)],
    };
    if let Some(only) = &changes.only {
        let only: Vec<&str> = only.iter().map(String::as_str).collect();
        t.say(
            0,
            format!(
                "one of the runs is about some counties only: {}; ranks are not compared",
                only.join(", ")
            ),
        );
    }
    if changes.is_empty() {
        t.say(0, "nothing changed");
        return t.out;
    }
    if let Some((from, to)) = &changes.program {
        t.say(0, format!("program: {from} -> {to}"));
    }
    t.pipeline();
    for (code, own) in by_county(changes) {
        if county.is_none_or(|c| c == code) {
            t.county(code, &own);
        }
    }
    t.totals(county);
    t.out
}

/// What changed in one county: indices.
#[derive(Default)]
struct Own {
    submissions: Vec<usize>,
    rows: Vec<usize>,
    cells: Vec<usize>,
    held: Vec<usize>,
    figures: Vec<usize>,
}

/// What changed, by county; under no code what is of none.
fn by_county(changes: &Changes) -> BTreeMap<&str, Own> {
    let mut out: BTreeMap<&str, Own> = BTreeMap::new();
    for (i, submission) in changes.submissions.iter().enumerate() {
        let codes = submission.counties.iter().map(String::as_str);
        let none = submission.counties.is_empty().then_some("");
        for code in codes.chain(none) {
            out.entry(code).or_default().submissions.push(i);
        }
    }
    for (i, row) in changes.rows.iter().enumerate() {
        out.entry(&row.county).or_default().rows.push(i);
    }
    for (i, cell) in changes.cells.iter().enumerate() {
        out.entry(&cell.county).or_default().cells.push(i);
    }
    for (i, held) in changes.held.iter().enumerate() {
        out.entry(&held.county).or_default().held.push(i);
    }
    for (i, figure) in changes.figures.iter().enumerate() {
        out.entry(&figure.county).or_default().figures.push(i);
    }
    out
}

struct Text<'a> {
    pipeline: &'a Pipeline,
    changes: &'a Changes,
    most: usize,
    out: Vec<String>,
}

impl<'a> Text<'a> {
    fn say(&mut self, depth: usize, text: impl AsRef<str>) {
        self.out
            .push(format!("{}{}", "  ".repeat(depth), text.as_ref()));
    }

    /// A heading and its lines, as many as are shown; nothing without lines.
    fn list(&mut self, depth: usize, heading: &str, lines: Vec<Vec<String>>) {
        if lines.is_empty() {
            return;
        }
        self.say(depth, format!("{heading} ({})", lines.len()));
        let more = lines.len().saturating_sub(self.most);
        for line in lines.into_iter().take(self.most).flatten() {
            self.say(depth + 1, line);
        }
        if more > 0 {
            self.say(depth + 1, format!("and {more} more (--all shows them)"));
        }
    }

    fn pipeline(&mut self) {
        let changes = self.changes;
        let (words, rules): (Vec<&PartChange>, Vec<&PartChange>) =
            changes.pipeline.iter().partition(|c| c.is_of_words());
        let rules = rules.into_iter().map(|c| vec![self.part(c)]).collect();
        self.list(0, "pipeline", rules);
        let words = words.into_iter().map(|c| vec![self.part(c)]).collect();
        self.list(0, "words of the pipeline, on which no figure hangs", words);
    }

    fn part(&self, c: &PartChange) -> String {
        let title = match c.kind.as_str() {
            "indicator" => self.pipeline.indicator(&c.id).map(|i| {
                let own = &self.pipeline.indicators[i];
                format!(" ({} {})", own.line, own.title)
            }),
            _ => None,
        };
        let names = [c.kind.as_str(), c.id.as_str()].into_iter();
        let names: Vec<&str> = names.filter(|n| !n.is_empty()).collect();
        let block = format!("{}{}", names.join(" "), title.unwrap_or_default());
        match (c.key.as_str(), &c.from, &c.to) {
            ("", None, _) => format!("{block}: new"),
            ("", _, None) => format!("{block}: gone"),
            (key, from, to) => format!("{block} {key}: {} -> {}", shown(from), shown(to)),
        }
    }

    fn county(&mut self, code: &str, own: &Own) {
        let changes = self.changes;
        self.say(0, "");
        match code {
            "" => self.say(0, "(no county)"),
            code => self.say(0, format!("{code} {}", changes.county(code))),
        }
        let files = own
            .submissions
            .iter()
            .map(|i| vec![self.submission(*i)])
            .collect();
        self.list(1, "files", files);
        let rows = own.rows.iter().map(|i| vec![self.row(*i)]).collect();
        self.list(1, "rows", rows);
        let cells = own.cells.iter().map(|i| vec![self.cell(*i)]).collect();
        self.list(1, "cells", cells);
        let held = own.held.iter().map(|i| vec![self.held(*i)]).collect();
        self.list(1, "what holds the verdicts", held);
        for (heading, kinds) in [
            ("verdicts", &[What::Verdict][..]),
            ("ranks", &[What::Ranking]),
            (
                "figures of the county",
                &[What::Criterion, What::Points, What::Survey, What::Balance],
            ),
            ("verdicts on schools", &[What::UnitVerdict]),
            ("figures of schools", &[What::UnitIndicator]),
        ] {
            let figures = own.figures.iter().map(|i| &changes.figures[*i]);
            let figures = figures.filter(|f| kinds.contains(&f.what));
            let mut figures: Vec<&FigureChange> = figures.collect();
            // Those that are met now, or no more, first.
            figures.sort_by_key(|f| !f.is_flip());
            let lines = figures.into_iter().map(|f| self.figure(f)).collect();
            self.list(1, heading, lines);
        }
    }

    fn submission(&self, at: usize) -> String {
        let own = &self.changes.submissions[at];
        match &own.fate {
            Fate::Moved(from) => format!("moved     {from} -> {}", own.path),
            Fate::Status(from, to) => format!("{from} -> {to}  {}", own.path),
            fate => format!("{:9} {} ({})", fate.word(), own.path, own.status),
        }
    }

    fn row(&self, at: usize) -> String {
        let own = &self.changes.rows[at];
        let word = match own.presence {
            Presence::New => "new ",
            Presence::Gone => "gone",
        };
        let title = &self.pipeline.tables[own.table].title;
        let name = own.name.as_deref().unwrap_or(title);
        let place = own.at.as_deref().unwrap_or("");
        let mut words = vec![word, name, own.key.as_str(), place];
        words.retain(|w| !w.is_empty());
        words.join(" ")
    }

    fn cell(&self, at: usize) -> String {
        let own = &self.changes.cells[at];
        let place = own.at.as_deref().or(own.was_at.as_deref()).unwrap_or("-");
        let title = &self.pipeline.tables[own.table].columns[own.column].title;
        let name = own.name.as_ref().map_or(String::new(), |n| format!(" {n}"));
        let (from, to) = (shown(&own.from), shown(&own.to));
        format!("{place}{name} {title}: {from} -> {to}")
    }

    fn held(&self, at: usize) -> String {
        let own = &self.changes.held[at];
        let title = self.pipeline.rule(&own.rule).map_or("", |r| r.title);
        format!("{} {title} ({}) {}", own.presence.word(), own.rule, own.at)
    }

    fn figure(&self, f: &FigureChange) -> Vec<String> {
        let stage = f.stage.as_ref();
        let stage = self.pipeline.stages.iter().find(|s| Some(&s.id) == stage);
        let mut names: Vec<&str> = Vec::new();
        if let Some((key, name)) = &f.school {
            names.push(if name.is_empty() { key } else { name });
        }
        names.extend(stage.map(|s| s.title.as_str()));
        names.push(&f.title);
        names.retain(|n| !n.is_empty());
        let (from, to) = (state(f, &f.before), state(f, &f.after));
        let mut out = vec![format!("{}: {from} -> {to}", names.join(" "))];
        let most = if self.most == usize::MAX {
            usize::MAX
        } else {
            MOST_CAUSES
        };
        let causes = f.causes.iter().take(most);
        out.extend(causes.map(|c| format!("  because {}", self.cause(c))));
        let more = f.causes.len().saturating_sub(most) + f.further;
        if more > 0 {
            out.push(format!("  because of {more} more"));
        }
        out
    }

    fn cause(&self, cause: &Cause) -> String {
        match cause {
            Cause::Cell(at) => self.cell(*at),
            Cause::Row(at) => self.row(*at),
            Cause::Part(at) => self.part(&self.changes.pipeline[*at]),
            Cause::Submission(at) => self.submission(*at),
            Cause::Held(at) => self.held(*at),
            Cause::Others(codes, count) => {
                let names: Vec<&str> = codes.iter().map(|c| self.changes.county(c)).collect();
                let dots = if codes.len() < *count { ", ..." } else { "" };
                format!(
                    "figures of other counties ({count}): {}{dots}",
                    names.join(", ")
                )
            }
            Cause::Program => {
                let (from, to) = self.changes.program.clone().unwrap_or_default();
                format!("another version of the program: {from} -> {to}")
            }
            Cause::Unexplained => {
                "(not explained by anything that changed in this county)".to_string()
            }
        }
    }

    fn totals(&mut self, county: Option<&str>) {
        let changes = self.changes;
        let is_own = |code: &str| county.is_none_or(|c| c == code);
        let files = changes.submissions.iter();
        let files = files.filter(|s| county.is_none() || s.counties.iter().any(|c| is_own(c)));
        let cells = changes.cells.iter().filter(|c| is_own(&c.county)).count();
        let rows = changes.rows.iter().filter(|r| is_own(&r.county)).count();
        let mut figures: BTreeMap<What, usize> = BTreeMap::new();
        for f in changes.figures.iter().filter(|f| is_own(&f.county)) {
            *figures.entry(f.what).or_insert(0) += 1;
        }
        let rules = changes.pipeline.iter().filter(|c| !c.is_of_words()).count();
        let counties = changes
            .counties()
            .into_iter()
            .filter(|c| !c.is_empty() && is_own(c));
        let parts = [
            (counties.count(), "counties"),
            (files.count(), "files"),
            (rows, "rows"),
            (cells, "cells"),
            (rules, "rules"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .map(|(n, what)| format!("{n} {what}"))
            .collect();
        let kinds: Vec<String> = figures
            .iter()
            .map(|(what, n)| format!("{n} {}", plural(*what)))
            .collect();
        self.say(0, "");
        self.say(0, format!("changed: {}", parts.join(", ")));
        let kinds = if kinds.is_empty() {
            "nothing".to_string()
        } else {
            kinds.join(", ")
        };
        self.say(0, format!("figures that changed: {kinds}"));
    }
}

fn plural(what: What) -> &'static str {
    match what {
        What::Verdict => "verdicts",
        What::Ranking => "ranks",
        What::Criterion => "criteria",
        What::Points => "points",
        What::Survey => "rates",
        What::Balance => "balances",
        What::UnitVerdict => "verdicts on schools",
        What::UnitIndicator => "figures of schools",
    }
}

fn shown(value: &Option<String>) -> String {
    value.clone().unwrap_or_else(|| "(none)".to_string())
}

/// A state in one line: of a figure its value and its verdict, of a rank the rank and the value.
fn state(f: &FigureChange, state: &State) -> String {
    let mut words: Vec<String> = Vec::new();
    let value = state.value.map(|v| fixed(v, f.digits));
    if f.what == What::Ranking {
        words.push(state.rank.map_or("no rank".to_string(), |r| r.to_string()));
        words.extend(value.map(|v| format!("({v})")));
        return words.join(" ");
    }
    let count = f.what == What::UnitVerdict;
    words.extend(value.filter(|_| !count).clone());
    words.extend(state.verdict.as_ref().map(|v| v.replace('_', " ")));
    if let (true, Some(met)) = (count, state.value) {
        words.push(format!("({met} met)"));
    }
    if words.is_empty() {
        return "(none)".to_string();
    }
    words.join(" ")
}
