//! What may be written into a field of a form, and what people are told about it.

use super::book::{Allowed, Cell, Entry};
use crate::ingest::cell::YEARS;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Blank, Code, Column, Entity, Field, Form, Kind, Layout, Target};
use crate::text::number;

/// Longest list of choices that a cell can hold by itself; longer ones stand on a sheet.
const LONGEST_LIST: usize = 255;

/// One thing that is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Ask {
    pub(super) title: String,
    /// The heading that it stands under.
    pub(super) section: String,
    pub(super) unit: String,
    pub(super) required: bool,
    /// What an empty cell means.
    pub(super) blank: String,
    pub(super) allowed: Allowed,
    /// The same in words.
    pub(super) wanted: String,
    pub(super) remark: String,
}

impl Ask {
    /// A block of cells that ask for it.
    pub(super) fn entry(
        &self,
        pipeline: &Pipeline,
        from: (u32, u16),
        to: (u32, u16),
        given: Cell,
    ) -> Entry {
        let slots = [
            ("title", self.title.as_str()),
            ("allowed", self.wanted.as_str()),
        ];
        Entry {
            from,
            to,
            given,
            allowed: self.allowed.clone(),
            required: self.required,
            title: self.title.clone(),
            note: self.note(pipeline),
            refusal: pipeline.phrase("template_refusal", &slots),
        }
    }

    /// What is shown beside a cell of it.
    fn note(&self, pipeline: &Pipeline) -> String {
        let mut lines: Vec<String> = Vec::new();
        if !self.unit.is_empty() {
            lines.push(pipeline.phrase("template_note_unit", &[("unit", &self.unit)]));
        }
        let required = required_word(self.required);
        let wanted = [
            ("required", pipeline.word(required)),
            ("allowed", &self.wanted),
        ];
        lines.push(pipeline.phrase("template_note_wanted", &wanted));
        if !self.blank.is_empty() {
            lines.push(pipeline.phrase("template_note_blank", &[("blank", &self.blank)]));
        }
        if !self.remark.is_empty() {
            lines.push(self.remark.clone());
        }
        lines.join("\n")
    }
}

/// The key of the word for required or not.
pub(super) fn required_word(required: bool) -> &'static str {
    match required {
        true => "template_required",
        false => "template_optional",
    }
}

/// The lists of choices that stand on a sheet of their own.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) sheet: String,
    /// Name of the code list, title, choices.
    pub(super) all: Vec<(String, String, Vec<String>)>,
}

/// The row of the sheet of lists in which choices begin; titles stand above.
pub(super) const FIRST_CHOICE: u32 = 2;

impl Lists {
    /// One of a code list. Choices that are shown with their code stand on the sheet, where the code can be looked up; so do
    /// those that are too long for a cell.
    fn one_of(&mut self, pipeline: &Pipeline, list: &str, title: &str) -> Allowed {
        let codes = &pipeline.code_lists[list];
        let choices: Vec<String> = codes.iter().map(choice).collect();
        if !codes.iter().any(is_coded)
            && let Some(allowed) = in_cell(&choices)
        {
            return allowed;
        }
        let at = self.all.iter().position(|(name, ..)| name == list);
        let at = at.unwrap_or_else(|| {
            let own = (list.to_string(), title.to_string(), choices);
            self.all.push(own);
            self.all.len() - 1
        });
        let count = u32::try_from(self.all[at].2.len()).unwrap_or(1);
        Allowed::Listed {
            sheet: self.sheet.clone(),
            col: super::book::column(at),
            first: FIRST_CHOICE,
            last: FIRST_CHOICE + count.max(1) - 1,
        }
    }
}

/// Choices that one cell can hold.
pub(super) fn in_cell(choices: &[String]) -> Option<Allowed> {
    let length = choices.iter().map(|c| c.chars().count() + 1).sum::<usize>();
    let fits = length <= LONGEST_LIST && !choices.iter().any(|c| c.contains([',', '"']));
    fits.then(|| Allowed::OneOf(choices.to_vec()))
}

/// Whether a code means something to people.
fn is_coded(code: &Code) -> bool {
    code.code.bytes().all(|b| b.is_ascii_digit())
}

/// A code as it is chosen: with its name.
fn choice(code: &Code) -> String {
    match is_coded(code) {
        true => format!("{} {}", code.code, code.name),
        false => code.name.clone(),
    }
}

/// What a field of a form asks.
pub(super) fn field(pipeline: &Pipeline, form: &Form, field: &Field, lists: &mut Lists) -> Ask {
    let table = &pipeline.tables[form.table];
    let code = Kind::Code(Some(pipeline.settings.county_digits));
    let (kind, base) = match field.target {
        Target::Column(c) => (&table.columns[c].kind, table.columns[c].unit),
        Target::CountyCode => (&code, None),
        Target::CountyName => (&Kind::Text, None),
        Target::Counted | Target::Revoked => (&Kind::YesNo, None),
    };
    // An item of a list is called as it is printed; a column, whose header may be one word under another, by its own name.
    let title = match field.target {
        Target::Column(c) if form.layout != Layout::List => table.columns[c].title.clone(),
        _ => field.title.clone(),
    };
    let (allowed, wanted) = allowed(pipeline, kind, &title, lists);
    let unit = match field.unit.or(base) {
        Some(u) => pipeline.units.list[u].name.clone(),
        None => unit_word(pipeline, kind),
    };
    let of_stage = match field.target {
        Target::Column(c) => table.entity == Entity::School && table.columns[c].stage.is_some(),
        _ => false,
    };
    let blank = match field.blank {
        Blank::Missing if of_stage => "template_blank_stage",
        Blank::Missing if field.required => "template_blank_required",
        Blank::Missing => "template_blank_missing",
        Blank::ZeroInGroup => "template_blank_zero",
        Blank::NotApplicable => "template_blank_not_applicable",
    };
    Ask {
        title,
        unit,
        required: field.required,
        blank: pipeline.word(blank).to_string(),
        allowed,
        wanted,
        ..Ask::default()
    }
}

/// What a column of a statement asks.
pub(super) fn column(pipeline: &Pipeline, column: &Column, lists: &mut Lists) -> Ask {
    let (allowed, wanted) = allowed(pipeline, &column.kind, &column.title, lists);
    Ask {
        title: column.title.clone(),
        unit: column
            .unit
            .map_or(String::new(), |u| pipeline.units.list[u].name.clone()),
        allowed,
        wanted,
        ..Ask::default()
    }
}

/// What stands in the place of a unit in a row or column of units.
fn unit_word(pipeline: &Pipeline, kind: &Kind) -> String {
    let key = match kind {
        Kind::Code(_) | Kind::Choice(_) => "template_unit_code",
        Kind::YesNo => "template_unit_yes_no",
        Kind::Year => "template_unit_year",
        Kind::Date => "template_unit_date",
        _ => return String::new(),
    };
    pipeline.word(key).to_string()
}

/// What a type allows, and that in words.
fn allowed(pipeline: &Pipeline, kind: &Kind, title: &str, lists: &mut Lists) -> (Allowed, String) {
    let word = |key: &str| pipeline.word(key).to_string();
    match kind {
        Kind::Text => (Allowed::Text, word("template_allowed_text")),
        Kind::Code(None) => (Allowed::Code(None), word("template_allowed_code")),
        Kind::Code(Some(length)) => {
            let slots = [("length", &*length.to_string())];
            let text = pipeline.phrase("template_allowed_digits", &slots);
            (Allowed::Code(Some(*length)), text)
        }
        Kind::Choice(list) => {
            let allowed = lists.one_of(pipeline, list, title);
            (allowed, word("template_allowed_choice"))
        }
        Kind::YesNo => {
            let first = |texts: &[String]| texts.first().cloned().unwrap_or_default();
            let choices = [first(&pipeline.marks.yes), first(&pipeline.marks.no)];
            let slots = [("yes", choices[0].as_str()), ("no", choices[1].as_str())];
            let text = pipeline.phrase("template_allowed_yes_no", &slots);
            (Allowed::OneOf(choices.to_vec()), text)
        }
        Kind::Year => (
            Allowed::Whole(YEARS.0, Some(YEARS.1)),
            word("template_allowed_year"),
        ),
        Kind::Date => (Allowed::Date, word("template_allowed_date")),
        Kind::Count => (Allowed::Whole(0, None), word("template_allowed_count")),
        Kind::Number => (Allowed::Number(0.0, None), word("template_allowed_number")),
        Kind::Percent => {
            let slots = [("most", &*number(WHOLE))];
            let text = pipeline.phrase("template_allowed_percent", &slots);
            (Allowed::Number(0.0, Some(WHOLE)), text)
        }
    }
}

/// All of something, in percent.
const WHOLE: f64 = 100.0;
