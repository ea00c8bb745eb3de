//! Which column of a sheet of questionnaires is what, by its headers. What fits twice or not at all is said, never guessed.

use super::answers::Marks;
use super::grid::{Cell, Grid};
use super::header::{one_line, shown};
use crate::finding::{Draft, Place, a1};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{
    AnswerRole, Asked, Form, Header, HeaderPattern, Layout, Rule, Survey,
};
use crate::text::normal;

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Nothing,
    Role(AnswerRole),
    Question(usize),
}

/// The headers of a sheet.
#[derive(Debug)]
pub(super) struct Heads {
    pub(super) form: usize,
    /// Where they stand; what comes below are questionnaires.
    pub(super) row: u32,
    /// By column, as written.
    pub(super) headers: Vec<String>,
    pub(super) uses: Vec<Use>,
    pub(super) drafts: Vec<(&'static str, Draft)>,
    /// Questions that the sheet asks, with whether they must be answered.
    pub(super) asked: Vec<(usize, bool)>,
    /// The question about the whole.
    pub(super) overall: usize,
    /// Whether what makes a rate is asked at all.
    pub(super) usable: bool,
    /// Columns of the questions that decide whether a questionnaire is satisfied.
    pub(super) judged: Vec<u32>,
}

/// What fits a column, with how telling that is.
type Fits = Vec<(usize, Use)>;

/// The headers in the first rows of a sheet; `None` when it holds no questionnaires.
pub(super) fn find(pipeline: &Pipeline, survey: &Survey, head: &Grid) -> Option<Heads> {
    for (f, form) in pipeline.forms.iter().enumerate() {
        if form.layout != Layout::Questionnaire {
            continue;
        }
        for (row, cells) in head.rows() {
            if let Some(heads) = in_row(pipeline, survey, f, &head.name, (*row, cells)) {
                return Some(heads);
            }
        }
    }
    None
}

fn in_row(
    pipeline: &Pipeline,
    survey: &Survey,
    f: usize,
    sheet: &str,
    (row, cells): (u32, &[(u32, Cell)]),
) -> Option<Heads> {
    let form = &pipeline.forms[f];
    let excluded =
        |cell: &Cell| matches!(cell, Cell::Text(t) if form.excludes.contains(&normal(t)));
    if cells.iter().any(|(_, cell)| excluded(cell)) {
        return None;
    }
    let width = cells.last().map_or(0, |(c, _)| *c as usize) + 1;
    let mut headers = vec![String::new(); width];
    let mut fits: Vec<Fits> = vec![Vec::new(); width];
    for (col, cell) in cells {
        if let Cell::Text(text) = cell {
            headers[*col as usize] = one_line(text);
            fits[*col as usize] = fitting(&form.asked, text);
        }
    }
    let uses: Vec<Use> = fits.iter().map(|list| best(list)).collect();
    let found = |u: Use| uses.contains(&u);
    let questions = &form.asked.questions;
    let count = (0..questions.len())
        .filter(|q| found(Use::Question(*q)))
        .count();
    // A sheet that asks most of the questions is one even where nobody says who he is: that is said then.
    let identity = found(Use::Role(AnswerRole::Identity));
    if count < form.least || !(identity || count * 2 > questions.len()) {
        return None;
    }
    let mut heads = Heads {
        form: f,
        row,
        headers,
        uses,
        drafts: Vec::new(),
        asked: Vec::new(),
        overall: form.asked.overall(),
        usable: true,
        judged: Vec::new(),
    };
    let twice = heads.take_out_twice(pipeline, form, sheet, &fits);
    heads.say_unused(pipeline, form, sheet, &fits, &twice);
    heads.asked = questions
        .iter()
        .enumerate()
        .filter(|(q, _)| heads.uses.contains(&Use::Question(*q)))
        .map(|(q, question)| (q, question.required))
        .collect();
    heads.say_lacking(pipeline, survey, form, sheet);
    let judged = |u: &Use| match u {
        Use::Question(q) => survey.rule != Rule::Overall || *q == heads.overall,
        _ => false,
    };
    let columns = heads.uses.iter().enumerate();
    let judged = columns.filter(|(_, u)| judged(u));
    heads.judged = judged.filter_map(|(c, _)| u32::try_from(c).ok()).collect();
    Some(heads)
}

/// What a header fits: compared as a whole, and without what it says in brackets.
fn fitting(asked: &Asked, text: &str) -> Fits {
    let (whole, short) = bare(text, &asked.asides);
    let (whole, short) = (Header::from(whole), Header::from(short));
    let weigh = |patterns: &[HeaderPattern]| {
        let fitting = patterns.iter().filter(|p| p.fits(&whole) || p.fits(&short));
        fitting.map(|p| p.weight).max()
    };
    let mut out = Vec::new();
    for (role, patterns) in &asked.roles {
        out.extend(weigh(patterns).map(|weight| (weight, Use::Role(*role))));
    }
    for (q, question) in asked.questions.iter().enumerate() {
        out.extend(weigh(&question.patterns).map(|weight| (weight, Use::Question(q))));
    }
    // What names another question is that one, and never the question about the whole.
    let overall = |u: &Use| matches!(u, Use::Question(q) if asked.questions[*q].overall);
    let part = |u: &Use| matches!(u, Use::Question(q) if !asked.questions[*q].overall);
    if out.iter().any(|(_, u)| part(u)) {
        out.retain(|(_, u)| !overall(u));
    }
    out
}

/// The most telling use; none where two are equally telling. A header that fits a question is a question, whatever else it
/// names: asked about the teachers of the school, nobody tells his school. What is private stays private.
fn best(list: &[(usize, Use)]) -> Use {
    if list
        .iter()
        .any(|(_, u)| *u == Use::Role(AnswerRole::Private))
    {
        return Use::Role(AnswerRole::Private);
    }
    let asks = |u: &Use| matches!(u, Use::Question(_));
    let question = list.iter().any(|(_, u)| asks(u));
    let list: Vec<&(usize, Use)> = list.iter().filter(|(_, u)| !question || asks(u)).collect();
    let most = list.iter().map(|(w, _)| *w).max();
    let mut of_best = list.iter().filter(|(w, _)| Some(*w) == most);
    match (of_best.next(), of_best.next()) {
        (Some((_, one)), None) => *one,
        _ => Use::Nothing,
    }
}

/// A header without the number of its question; and also without what it says in brackets.
fn bare(text: &str, asides: &[(String, String)]) -> (String, String) {
    let text: String = text.chars().take(LONGEST).collect();
    let out = one_line(&crate::text::trimmed(&text));
    let whole = without_number(&normal(&out));
    let short = without_asides(out, asides);
    (whole, without_number(&normal(&short)))
}

/// Longest header or identity that is looked at, in characters.
pub(super) const LONGEST: usize = 2000;

/// A text without what it says between the declared signs.
pub(super) fn without_asides(text: String, asides: &[(String, String)]) -> String {
    let mut text = text;
    for (open, close) in asides {
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(from) = rest.find(open.as_str())
            && let Some(to) = rest[from + open.len()..].find(close.as_str())
        {
            out.push_str(&rest[..from]);
            rest = &rest[from + open.len() + to + close.len()..];
        }
        out.push_str(rest);
        text = out;
    }
    text
}

fn without_number(text: &str) -> String {
    let rest = text.strip_prefix('q').unwrap_or(text);
    let stripped = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if stripped.is_empty() || stripped.len() == rest.len() {
        text.to_string()
    } else {
        stripped.to_string()
    }
}

/// What a column is called.
fn title(pipeline: &Pipeline, form: &Form, u: Use) -> String {
    let key = match u {
        Use::Question(q) => return form.asked.questions[q].title.clone(),
        Use::Role(AnswerRole::Submitted) => "role_submitted",
        Use::Role(AnswerRole::Duration) => "role_duration",
        Use::Role(AnswerRole::Respondent) => "role_respondent",
        Use::Role(AnswerRole::Device) => "role_device",
        Use::Role(AnswerRole::County | AnswerRole::CountyCode) => "role_county",
        Use::Role(AnswerRole::Identity) => "role_identity",
        Use::Role(AnswerRole::School) => "role_school",
        Use::Role(AnswerRole::Private) | Use::Nothing => "role_private",
    };
    pipeline.word(key).to_string()
}

impl Heads {
    /// What tells the questionnaires of the sheet apart.
    pub(super) fn marks(&self) -> Marks {
        let has = |role| self.uses.contains(&Use::Role(role));
        let second = has(AnswerRole::Submitted);
        if has(AnswerRole::Device) && second {
            Marks::Device
        } else if has(AnswerRole::Respondent) {
            Marks::Number
        } else if second {
            Marks::Second
        } else {
            Marks::None
        }
    }

    fn place(&self, sheet: &str, col: Option<usize>) -> Place {
        let cell = |c: usize| a1(self.row, u32::try_from(c).unwrap_or(0));
        Place {
            file: None,
            sheet: Some(sheet.to_string()),
            cell: col.map(cell),
        }
    }

    fn shown(&self, col: usize) -> String {
        shown(
            &self.headers[col],
            self.row,
            u32::try_from(col).unwrap_or(0),
        )
    }

    /// Two columns for one thing: neither is taken, and that is said.
    fn take_out_twice(
        &mut self,
        pipeline: &Pipeline,
        form: &Form,
        sheet: &str,
        fits: &[Fits],
    ) -> Vec<Use> {
        let mut twice: Vec<Use> = Vec::new();
        for c in 0..self.uses.len() {
            let u = self.uses[c];
            let single = match u {
                Use::Nothing => false,
                Use::Role(role) => role.is_single(),
                Use::Question(_) => true,
            };
            if !single {
                continue;
            }
            let mut columns: Vec<usize> = (0..self.uses.len())
                .filter(|i| self.uses[*i] == u)
                .collect();
            // One that is more telling than all others is the one.
            let weight = |c: &usize| {
                fits[*c]
                    .iter()
                    .filter(|(_, x)| *x == u)
                    .map(|(w, _)| *w)
                    .max()
            };
            let most = columns.iter().map(weight).max().flatten();
            if columns.iter().filter(|c| weight(c) == most).count() == 1 {
                columns.retain(|c| weight(c) != most);
                for c in columns {
                    self.uses[c] = Use::Nothing;
                }
                continue;
            }
            if columns.len() < 2 {
                continue;
            }
            let found: Vec<String> = columns.iter().map(|c| self.shown(*c)).collect();
            let name = title(pipeline, form, u);
            let draft = Draft {
                place: self.place(sheet, Some(columns[0])),
                column: Some(name.clone()),
                ..Draft::default()
            };
            let draft = draft
                .slot("column", name)
                .slot("found", found.join("\u{3001}"));
            self.drafts.push(("column-ambiguous", draft));
            for c in columns {
                self.uses[c] = Use::Nothing;
            }
            twice.push(u);
        }
        twice
    }

    /// Columns that mean nothing, or two things.
    fn say_unused(
        &mut self,
        pipeline: &Pipeline,
        form: &Form,
        sheet: &str,
        fits: &[Fits],
        twice: &[Use],
    ) {
        for (c, fits) in fits.iter().enumerate() {
            let key = normal(&self.headers[c]);
            let ignored = form.ignore.contains(&key) || form.ignore.contains(&without_number(&key));
            let said = fits.iter().any(|(_, u)| twice.contains(u));
            if self.headers[c].is_empty() || self.uses[c] != Use::Nothing || ignored || said {
                continue;
            }
            let draft = Draft {
                place: self.place(sheet, Some(c)),
                ..Draft::default()
            };
            let taken = fits.iter().any(|(_, u)| self.uses.contains(u));
            if fits.is_empty() || taken {
                let draft = draft.slot("found", self.headers[c].clone());
                self.drafts.push(("column-unused", draft));
            } else {
                let names: Vec<String> = fits
                    .iter()
                    .map(|(_, u)| title(pipeline, form, *u))
                    .collect();
                let draft = draft
                    .slot("column", names.join("/"))
                    .slot("found", self.shown(c));
                self.drafts.push(("column-ambiguous", draft));
            }
        }
    }

    /// Without these no rate can be made: the sheet is not counted.
    fn say_lacking(&mut self, pipeline: &Pipeline, survey: &Survey, form: &Form, sheet: &str) {
        let mut needed = vec![Use::Role(AnswerRole::Identity)];
        if survey.rule == Rule::Overall {
            needed.push(Use::Question(self.overall));
        }
        needed.retain(|u| !self.uses.contains(u));
        self.usable = needed.is_empty();
        if needed.is_empty() {
            return;
        }
        let names: Vec<String> = needed.iter().map(|u| title(pipeline, form, *u)).collect();
        let column = names.join("\u{3001}");
        let draft = Draft {
            place: self.place(sheet, None),
            column: Some(column.clone()),
            ..Draft::default()
        };
        self.drafts
            .push(("question-missing", draft.slot("column", column)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_numbers_do_not_count() {
        assert_eq!(without_number("4abc"), "abc");
        assert_eq!(without_number("q12abc"), "abc");
        assert_eq!(without_number("quality"), "quality");
        assert_eq!(without_number("12"), "12");
    }
}
