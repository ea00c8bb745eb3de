//! A printed sentence with blanks, and what is filled into them.

use crate::Outcome;
use std::collections::BTreeMap;

/// What is filled into the blanks, by their names.
pub type Answers = BTreeMap<&'static str, String>;

pub const EMPTY: &str = "＿＿";

#[derive(Clone)]
pub struct Sentence {
    /// A printed text, and the blank behind it with what is filled in.
    parts: Vec<(&'static str, &'static str, String)>,
    /// The printed text behind the last blank.
    tail: &'static str,
}

impl Sentence {
    /// `{name}` stands for a blank.
    pub fn filled(printed: &'static str, answers: &Answers) -> Outcome<Sentence> {
        let mut parts = Vec::new();
        let mut tail = printed;
        while let Some((before, rest)) = tail.split_once('{') {
            let (name, after) = rest.split_once('}').ok_or("a blank without an end")?;
            let answer = answers.get(name).ok_or_else(|| format!("no {name}"))?;
            parts.push((before, name, answer.clone()));
            tail = after;
        }
        Ok(Sentence { parts, tail })
    }

    pub fn words(&self) -> String {
        let parts = self.parts.iter();
        let mut words: String = parts
            .flat_map(|(text, _, answer)| [*text, answer])
            .collect();
        words.push_str(self.tail);
        words
    }

    /// The sentence with another answer in one blank.
    pub fn with(&self, blank: &str, change: impl Fn(&str) -> Option<String>) -> Option<Sentence> {
        let mut changed = self.clone();
        let mut parts = changed.parts.iter_mut();
        let (_, _, answer) = parts.find(|(_, name, _)| *name == blank)?;
        *answer = change(answer)?;
        Some(changed)
    }
}

/// In percent with one decimal, halves rounded up.
pub fn percent(part: u32, whole: u32) -> String {
    let (part, whole) = (u64::from(part), u64::from(whole));
    let tenths = (2000 * part + whole) / (2 * whole);
    format!("{}.{}", tenths / 10, tenths % 10)
}
