//! Mistakes in pipeline files: each with its place, shown all at once. What is a mistake is decided elsewhere.

use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::files::SimpleFiles;
use codespan_reporting::term;

/// One mistake in one pipeline file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Index into [`Sources`].
    pub file: usize,
    /// Byte range in that file: start, end.
    pub start: usize,
    pub end: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// The pipeline files as read, for showing mistakes in place.
#[derive(Debug, Default, Clone)]
pub struct Sources {
    files: Vec<(String, String)>,
}

impl Sources {
    /// Keeps a file's text under the path that is shown; gives its index.
    pub fn add(&mut self, path: String, text: String) -> usize {
        self.files.push((path, text));
        self.files.len() - 1
    }

    /// The text of a file.
    pub fn text(&self, file: usize) -> &str {
        &self.files[file].1
    }

    /// The shown path of a file.
    pub fn path(&self, file: usize) -> &str {
        &self.files[file].0
    }

    /// All files in the order in which they were read: shown path and text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(p, t)| (p.as_str(), t.as_str()))
    }
}

/// Mistakes collected while a pipeline is checked.
#[derive(Debug, Default)]
pub struct Mistakes {
    list: Vec<Mistake>,
}

impl Mistakes {
    /// Notes a mistake at a place.
    pub fn push(
        &mut self,
        file: usize,
        at: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.list.push(Mistake {
            file,
            start: at.start,
            end: at.end.max(at.start),
            message: message.into(),
            help,
        });
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The mistakes in the order of files and places, each once.
    pub fn into_sorted(mut self) -> Vec<Mistake> {
        self.list.sort();
        self.list.dedup();
        self.list
    }
}

/// All mistakes as text: `file:line:column`, the line with a mark below, what is wrong and what would be right.
pub fn render(sources: &Sources, mistakes: &[Mistake]) -> String {
    let mut files = SimpleFiles::new();
    let ids: Vec<usize> = sources
        .iter()
        .map(|(path, text)| files.add(path.to_string(), text.to_string()))
        .collect();
    let config = term::Config::default();
    let mut out = String::new();
    for mistake in mistakes {
        let text = sources.text(mistake.file);
        let start = floor_char(text, mistake.start);
        let end = floor_char(text, mistake.end).max(start);
        let (line, column) = line_column(text, start);
        let mut diagnostic = Diagnostic::error()
            .with_message(format!(
                "{}:{line}:{column}: {}",
                sources.path(mistake.file),
                mistake.message
            ))
            .with_labels(vec![Label::primary(ids[mistake.file], start..end)]);
        if let Some(help) = &mistake.help {
            diagnostic = diagnostic.with_notes(vec![help.clone()]);
        }
        if term::emit_to_string(&mut out, &config, &files, &diagnostic).is_err() {
            out.push_str(&format!(
                "{}:{line}:{column}: {}\n",
                sources.path(mistake.file),
                mistake.message
            ));
        }
    }
    out
}

/// Line and column, both from 1, the column in characters.
pub fn line_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..floor_char(text, at)];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// "did you mean": the nearest of the known names, where one is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|k| (strsim::normalized_damerau_levenshtein(word, k), k))
        .filter(|(score, _)| *score >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, k)| k.to_string())
}
