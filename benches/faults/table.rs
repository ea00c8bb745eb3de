//! What was seen of one case, and how it is shown.

use std::collections::BTreeMap;

use crate::program::Ended;

/// One line of the table.
#[derive(Default)]
pub struct Row {
    pub case: String,
    /// How often the fault was made.
    pub times: usize,
    exits: BTreeMap<String, usize>,
    published: BTreeMap<String, usize>,
    equal: usize,
    compared: usize,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// What is not as it should be.
    pub wrong: Vec<String>,
}

impl Row {
    pub fn new(case: impl Into<String>) -> Row {
        Row {
            case: case.into(),
            ..Row::default()
        }
    }

    /// A fault that cannot be made here.
    pub fn skipped(case: &str, why: &str) -> Row {
        let mut row = Row::new(case);
        row.published(format!("skipped: {why}"));
        row
    }

    /// A run with the fault has ended.
    pub fn ended(&mut self, ended: &Ended) {
        self.times += 1;
        *self.exits.entry(ended.code()).or_insert(0) += 1;
    }

    /// What was published after it.
    pub fn published(&mut self, what: impl Into<String>) {
        *self.published.entry(what.into()).or_insert(0) += 1;
    }

    /// How the next run, without a fault, compares with a fresh one.
    pub fn next(&mut self, about: &str, judged: Result<(), String>) {
        self.compared += 1;
        match judged {
            Ok(()) => self.equal += 1,
            Err(what) => self.wrong(format!("{about}: the next run: {what}")),
        }
    }

    pub fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn line(&self) -> String {
        let counted = |counts: &BTreeMap<String, usize>| {
            let each: Vec<String> = counts
                .iter()
                .map(|(what, n)| match counts.len() {
                    1 => what.clone(),
                    _ => format!("{what} ({n})"),
                })
                .collect();
            each.join(", ")
        };
        let next = match (self.compared, self.equal) {
            (0, _) => "-".to_string(),
            (all, equal) if all == equal => format!("yes ({all})"),
            (all, equal) => format!("**no** ({} of {all})", all - equal),
        };
        let next = match self.wrong.len() {
            0 => next,
            n => format!("{next}, **{n} wrong**"),
        };
        format!(
            "| {} | {} | {} | {} | {next} |",
            self.case,
            self.times,
            counted(&self.exits),
            counted(&self.published)
        )
    }
}

pub fn print(rows: &[Row]) {
    println!("| fault | times | exit codes | published after it | next run equal to a fresh one |");
    println!("|---|---|---|---|---|");
    for row in rows {
        println!("{}", row.line());
    }
    let notes = rows.iter().any(|r| !r.notes.is_empty());
    if notes {
        println!();
    }
    for row in rows {
        for note in &row.notes {
            println!("* {}: {note}", row.case);
        }
    }
    for row in rows {
        for wrong in &row.wrong {
            println!("WRONG: {}: {wrong}", row.case);
        }
    }
}
