//! The list of schools that are counted with another one (CSV: code, parent_code, note), which the province keeps beside
//! the list of its counties. What the codes mean is not checked here.

use std::ops::Range;

use serde::Deserialize;

use super::diagnostic::{Mistakes, Sources};
use crate::ingest::delimited::{decoded, rows_of};

/// One line of the list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentLine {
    pub code: String,
    pub parent_code: String,
    /// Why, for people.
    #[serde(default)]
    pub note: String,
}

/// The list with the places of its lines.
#[derive(Debug, Clone)]
pub struct ParentList {
    pub file: usize,
    pub lines: Vec<(ParentLine, Range<usize>)>,
}

/// Reads the list.
pub fn list(
    bytes: &[u8],
    path: String,
    sources: &mut Sources,
    mistakes: &mut Mistakes,
) -> Option<ParentList> {
    let Some(text) = decoded(bytes) else {
        let file = sources.add(path, String::new());
        mistakes.push(file, 0..0, "neither UTF-8 nor GB18030", None);
        return None;
    };
    let text = text.into_owned();
    let file = sources.add(path, text.clone());
    let rows: Vec<ParentLine> = match rows_of(&text) {
        Ok(rows) => rows,
        Err(e) => {
            let help = "the columns are: code, parent_code, note".to_string();
            mistakes.push(file, 0..0, e, Some(help));
            return None;
        }
    };
    let mut from = 0;
    let mut lines = Vec::new();
    for row in rows {
        let begun = format!("\n{}", row.code);
        let at = text[from..].find(&begun).map_or(from, |at| from + at + 1);
        from = at + row.code.len().min(text.len() - at);
        lines.push((row, at..from));
    }
    Some(ParentList { file, lines })
}
