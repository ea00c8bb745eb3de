//! What the TOML says, checked: raw -> valid, every mistake at once with file, line and column.

pub mod criteria;
pub mod diagnostic;
pub mod examples;
pub mod load;
pub mod model;
pub mod parents;
pub mod parts;
pub mod raw;
pub mod raw_history;
pub mod raw_rules;
pub mod raw_statistics;
pub mod returned;
pub mod review;
pub mod rule_examples;
pub mod rules;
pub mod statistics;
pub mod survey;
pub mod template;
pub mod template_book;
pub mod valid;

use std::path::Path;

pub use model::Pipeline;
use valid::Examples;

use crate::error::Error;

/// Reads and checks the pipeline in a folder, examples included.
///
/// # Errors
/// [`Error::Pipeline`] with every mistake as text, or with the reason why there is no pipeline.
pub fn load(dir: &Path) -> Result<Pipeline, Error> {
    load_unless(dir, |_| false)
}

/// What a pipeline says of itself before it is checked.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    pub id: &'a str,
    /// Hash of its files.
    pub hash: &'a str,
    pub default_output: &'a str,
}

/// The same; the examples are not tried again where they are `known` to hold.
///
/// # Errors
/// As for [`load`].
pub fn load_unless(dir: &Path, known: impl FnOnce(Head<'_>) -> bool) -> Result<Pipeline, Error> {
    let mut sources = diagnostic::Sources::default();
    let mut mistakes = diagnostic::Mistakes::default();
    let (raw, hash) =
        load::read(dir, &mut sources, &mut mistakes).map_err(|e| Error::Pipeline(e.to_string()))?;
    let head = raw.head.as_ref().map(|h| Head {
        id: h.value.id.get_ref(),
        hash: &hash,
        default_output: h.value.default_output.get_ref(),
    });
    let examples = match head.is_some_and(known) {
        true => Examples::Known,
        false => Examples::Tried,
    };
    let pipeline = valid::check(&raw, dir, hash, &sources, examples, &mut mistakes);
    let list = mistakes.into_sorted();
    match pipeline {
        Some(pipeline) if list.is_empty() => Ok(pipeline),
        _ => Err(Error::Pipeline(format!(
            "{}{} mistake(s) in pipeline {}",
            diagnostic::render(&sources, &list),
            list.len(),
            dir.display()
        ))),
    }
}

/// A normalised header without the leading words that say nothing about its column (the most telling prefix first).
pub fn without_prefix(text: &str, prefixes: &[String]) -> String {
    prefixes
        .iter()
        .filter_map(|p| text.strip_prefix(p.as_str()))
        .min_by_key(|rest| rest.len())
        .unwrap_or(text)
        .to_string()
}
