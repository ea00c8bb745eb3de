//! 进度: who has sent, what could be read, what is still to be corrected or explained, and who is late. One page.

use std::collections::BTreeMap;

use super::Context;
use super::book::{Cell, Head, Sheet, Tone};
use crate::dataset::{County, FileOutcome};
use crate::finding::{Severity, State};
use crate::ingest::Status;
use crate::results::ByCounty;

/// The figures of a line.
#[derive(Default, Clone, Copy)]
struct Line {
    counties: usize,
    received: usize,
    files: usize,
    read: usize,
    errors: usize,
    queries: usize,
    explained: usize,
    open: usize,
    overdue: usize,
}

/// What several counties add up to. A file of several counties counts once.
#[derive(Default)]
struct Sum<'a> {
    line: Line,
    /// The files by path, and whether they could be read.
    files: BTreeMap<&'a str, bool>,
}

impl<'a> Sum<'a> {
    fn add(&mut self, other: Line, files: &[&'a FileOutcome]) {
        let read = |f: &FileOutcome| f.status != Status::Rejected;
        self.files
            .extend(files.iter().map(|f| (f.path.as_str(), read(f))));
        self.line.add(other);
    }

    fn total(&self) -> Line {
        Line {
            files: self.files.len(),
            read: self.files.values().filter(|read| **read).count(),
            ..self.line
        }
    }
}

impl Line {
    fn add(&mut self, other: Line) {
        self.counties += other.counties;
        self.received += other.received;
        self.errors += other.errors;
        self.queries += other.queries;
        self.explained += other.explained;
        self.open += other.open;
        self.overdue += other.overdue;
    }
}

/// Makes the sheet.
pub fn sheet(context: &Context<'_>) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut s = context.sheet(
        "sheet_board",
        vec![
            Head::new(w("head_county_code")),
            Head::new(w("head_county")).wide(20),
            Head::new(w("head_prefecture")),
            Head::new(w("head_received")).wide(10),
            Head::new(w("head_files")).wide(10),
            Head::new(w("head_files_read")).wide(10),
            Head::new(w("head_errors")).wide(10),
            Head::new(w("head_queries")).wide(10),
            Head::new(w("head_explained")).wide(10),
            Head::new(w("head_open")).wide(10),
            Head::new(w("head_overdue")).wide(10),
        ],
        2,
    );
    s.one_page = true;
    let due = match &context.due {
        Some(due) => {
            let key = if due.passed {
                "board_due_passed"
            } else {
                "board_due"
            };
            context.pipeline.phrase(key, &[("date", &due.date)])
        }
        None => w("board_no_due"),
    };
    s.notes = vec![due, w("note_board")];
    let counties = &context.results.dataset.counties;
    let by_county = context.results.by_county();
    let mut all = Sum::default();
    // In the order of the counties.
    let mut by_prefecture: Vec<(&str, Sum<'_>)> = Vec::new();
    let mut rows = Vec::new();
    for county in counties {
        let line = line(context, county, &by_county);
        let files = by_county.files(&county.code);
        all.add(line, files);
        let own = by_prefecture
            .iter()
            .position(|(p, _)| *p == county.prefecture);
        let own = own.unwrap_or_else(|| {
            by_prefecture.push((&county.prefecture, Sum::default()));
            by_prefecture.len() - 1
        });
        by_prefecture[own].1.add(line, files);
        let name = Cell::text(county.name.as_str());
        let received = match line.received {
            0 => Cell::Text(w("board_not_received"), Tone::Bad),
            _ => Cell::Text(w("board_received"), Tone::Plain),
        };
        rows.push(cells(
            &county.code,
            name,
            &county.prefecture,
            received,
            line,
            Tone::Plain,
        ));
    }
    let of = |line: Line| {
        let counts = [line.received.to_string(), line.counties.to_string()];
        let slots = [("received", counts[0].as_str()), ("counties", &counts[1])];
        Cell::text(context.pipeline.phrase("board_of", &slots)).toned(Tone::Strong)
    };
    let all = all.total();
    let name = Cell::Text(w("board_all"), Tone::Strong);
    s.rows.push(cells("", name, "", of(all), all, Tone::Strong));
    if by_prefecture.len() > 1 {
        for (prefecture, sum) in by_prefecture {
            let line = sum.total();
            let text = match prefecture.is_empty() {
                true => w("no_prefecture"),
                false => prefecture.to_string(),
            };
            let name = Cell::Text(w("prefecture_all"), Tone::Strong);
            s.rows
                .push(cells("", name, &text, of(line), line, Tone::Strong));
        }
    }
    s.rows.extend(rows);
    s
}

fn cells(
    code: &str,
    name: Cell,
    prefecture: &str,
    received: Cell,
    line: Line,
    tone: Tone,
) -> Vec<Cell> {
    let marked = |count: usize, bad: Tone| match (count, tone) {
        (0, _) | (_, Tone::Strong) => Cell::count(count).toned(tone),
        _ => Cell::count(count).toned(bad),
    };
    vec![
        Cell::text(code).toned(tone),
        name,
        Cell::text(prefecture).toned(tone),
        received,
        Cell::count(line.files).toned(tone),
        marked_less(line.read, line.files, tone),
        marked(line.errors, Tone::Bad),
        Cell::count(line.queries).toned(tone),
        Cell::count(line.explained).toned(tone),
        marked(line.open, Tone::Middle),
        marked(line.overdue, Tone::Bad),
    ]
}

/// A count that should be another one.
fn marked_less(count: usize, whole: usize, tone: Tone) -> Cell {
    let cell = Cell::count(count);
    match count < whole && tone != Tone::Strong {
        true => cell.toned(Tone::Bad),
        false => cell.toned(tone),
    }
}

fn line(context: &Context<'_>, county: &County, by_county: &ByCounty<'_>) -> Line {
    let code = county.code.as_str();
    let files = by_county.files(code);
    let read = files.iter().filter(|f| f.status != Status::Rejected);
    let in_state = |state| by_county.count_state(code, state);
    let open = in_state(State::New) + in_state(State::Open) + in_state(State::Recurred);
    let late = context.due.as_ref().is_some_and(|due| due.passed);
    Line {
        counties: 1,
        received: usize::from(county.received),
        files: files.len(),
        read: read.count(),
        errors: by_county.count(code, Severity::Error),
        queries: by_county.count(code, Severity::Query),
        explained: in_state(State::Explained),
        open,
        overdue: if late { open } else { 0 },
    }
}
