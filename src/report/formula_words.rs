//! Formulas for people: titles, or numbers, in place of the columns' names.

use crate::formula::Formula;
use crate::pipeline::Pipeline;
use crate::pipeline::valid::STUDENTS;

/// A formula's text with every name that `word` knows replaced, on one line.
pub fn replace_names(text: &str, word: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut name = String::new();
    let mut quoted = false;
    for c in text.chars().chain(" ".chars()) {
        if !quoted && (c.is_ascii_alphanumeric() || c == '_') {
            name.push(c);
            continue;
        }
        out.push_str(&word(&name).unwrap_or_else(|| name.clone()));
        name.clear();
        quoted ^= c == '\'';
        out.push(c);
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A formula with the titles of its columns in place of their names; `stage` for those of units.
pub fn in_words(pipeline: &Pipeline, formula: &Formula, stage: Option<usize>) -> String {
    replace_names(&formula.text, |name| title(pipeline, name, stage))
}

/// The title of anything that formulas may name.
pub fn title(pipeline: &Pipeline, name: &str, stage: Option<usize>) -> Option<String> {
    if name == STUDENTS {
        let table = pipeline.table("school")?;
        let column = pipeline.stages[stage?].students;
        return Some(pipeline.tables[table].columns[column].title.clone());
    }
    // A county column may have the name of a column of units: which is meant hangs on what the formula is about.
    let units = pipeline.unit_columns.iter().map(|u| (&u.name, &u.title));
    let counties = pipeline.county_columns.iter().map(|c| (&c.name, &c.title));
    let (first, second): (Vec<_>, Vec<_>) = match stage {
        Some(_) => (units.collect(), counties.collect()),
        None => (counties.collect(), units.collect()),
    };
    let parameters = pipeline.parameters.iter();
    let declared = first
        .into_iter()
        .chain(second)
        .chain(parameters.map(|p| (&p.name, &p.title)))
        .find(|(own, _)| *own == name)
        .map(|(_, title)| title.clone());
    declared.or_else(|| {
        let mut tables = pipeline.tables.iter();
        tables.find_map(|t| Some(t.columns[t.position(name)?].title.clone()))
    })
}
