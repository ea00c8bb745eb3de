//! Raw blocks -> checked pipeline. Every reference, formula, template and example is checked here, once, and every mistake
//! is noted at its place. What comes out cannot be wrong any more.

mod counties;
mod layouts;
mod limits;
mod more_rules;
mod parents;
mod returned;
mod review;
mod rules;
mod standards;
mod statistics;
mod surveys;
mod templates;

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use super::diagnostic::{Mistakes, Sources, nearest};
use super::load::Raw;
use super::model::*;
use super::raw::*;
use super::template::Template;
use crate::formula::parse::{FormulaError, parse};
use crate::formula::{Formula, Type};
use crate::text::normal;

/// The columns that a formula may name, in the order of the frame.
pub type Schema = Vec<(String, Type)>;

/// Columns of every table and of the units that no pipeline declares.
pub const COUNTY_CODE: &str = "county_code";
/// Name of the county, beside its code.
pub const COUNTY_NAME: &str = "county_name";
/// Stage of a unit.
pub const STAGE: &str = "stage";
/// Students of a unit.
pub const STUDENTS: &str = "students";

/// The evaluated year, in formulas about counties and their schools.
pub const PERIOD: &str = "period";
/// The id of the form that a school's row came in.
pub const FORM: &str = "form";
/// Whether a unit counts for the indicators.
pub const COUNTED: &str = "counted";

/// What a field may fill beside columns: whether the row is counted as a school, and whether the school was closed.
pub const SCHOOL_COUNTED: &str = "school_counted";
pub const SCHOOL_REVOKED: &str = "school_revoked";

/// Columns of the school table that the program itself uses.
const SCHOOL_COLUMNS: &[&str] = &["school_code", "school_name", "school_type"];

/// Checks everything. `None` when something is wrong; then `mistakes` says what.
pub fn check(
    raw: &Raw,
    dir: &Path,
    hash: String,
    sources: &Sources,
    examples: Examples,
    mistakes: &mut Mistakes,
) -> Option<Pipeline> {
    let mut v = Valid {
        raw,
        sources,
        examples,
        mistakes,
    };
    v.pipeline(dir, hash)
}

/// Whether the examples of indicators and rules are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Examples {
    Tried,
    /// They have held before, with the very same files and program.
    Known,
}

struct Valid<'a> {
    raw: &'a Raw,
    sources: &'a Sources,
    examples: Examples,
    mistakes: &'a mut Mistakes,
}

impl Valid<'_> {
    /// The examples that are to be tried.
    fn to_try<'e, T>(&self, examples: &'e [T]) -> &'e [T] {
        match self.examples {
            Examples::Tried => examples,
            Examples::Known => &[],
        }
    }

    /// Examples with whether they fire.
    fn both_to_try<'e, T>(
        &self,
        holds: &'e [T],
        fires: &'e [T],
    ) -> impl Iterator<Item = (&'e T, bool)> + use<'e, T> {
        let holds = self.to_try(holds).iter().map(|e| (e, false));
        holds.chain(self.to_try(fires).iter().map(|e| (e, true)))
    }

    pub(super) fn wrong(
        &mut self,
        file: usize,
        at: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.mistakes.push(file, at, message, help);
    }

    /// One of a closed list of words.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        file: usize,
        word: &At<String>,
        what: &str,
        known: &[(&str, T)],
    ) -> Option<T> {
        if let Some((_, value)) = known.iter().find(|(k, _)| *k == word.get_ref()) {
            return Some(*value);
        }
        let names: Vec<&str> = known.iter().map(|(k, _)| *k).collect();
        self.wrong(
            file,
            word.span(),
            format!("'{}' is not {what}", word.get_ref()),
            Some(match nearest(word.get_ref(), names.iter().copied()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("it must be one of: {}", names.join(", ")),
            }),
        );
        None
    }

    pub(super) fn position(
        &mut self,
        file: usize,
        word: &At<String>,
        what: &str,
        known: &[String],
    ) -> Option<usize> {
        let blocks: &[&str] = match what {
            "a declared unit" => &["unit"],
            "a stage" => &["stage"],
            "a table" | "total_row or a table" => &["table"],
            "a code list" => &["code_list", "school_type"],
            "a field of this form" | "a form" => &["form"],
            _ => &["table", "unit_column"],
        };
        let lost = |b: &&str| self.raw.undecoded.contains(*b);
        if !known.contains(word.get_ref())
            && (blocks.iter().any(lost) || self.raw.undecoded.contains("*"))
        {
            // What it refers to may stand in what could not be decoded.
            return None;
        }
        let pairs: Vec<(&str, usize)> = known
            .iter()
            .enumerate()
            .map(|(i, k)| (k.as_str(), i))
            .collect();
        self.one_of(file, word, what, &pairs)
    }

    pub(super) fn unsigned(&mut self, file: usize, number: &At<i64>, most: i64) -> usize {
        let n = *number.get_ref();
        if n < 0 || n > most {
            self.wrong(
                file,
                number.span(),
                format!("{n} is out of range"),
                Some(format!("write a number from 0 to {most}")),
            );
        }
        usize::try_from(n.clamp(0, most)).unwrap_or(0)
    }

    pub(super) fn formula(
        &mut self,
        file: usize,
        text: &At<String>,
        schema: &Schema,
        wanted: Type,
    ) -> Option<Formula> {
        match parse(text.get_ref(), schema) {
            Ok(formula) if formula.kind == wanted => Some(formula),
            Ok(formula) => {
                self.wrong(
                    file,
                    text.span(),
                    format!(
                        "the formula gives {}, but {} is wanted here",
                        formula.kind.word(),
                        wanted.word()
                    ),
                    None,
                );
                None
            }
            Err(FormulaError { at, message, help }) => {
                let start = self.content_start(file, &text.span());
                self.wrong(file, start + at.start..start + at.end, message, help);
                None
            }
        }
    }

    /// Where a TOML string's content begins, behind its quotes.
    pub(super) fn content_start(&self, file: usize, span: &Range<usize>) -> usize {
        let text = &self.sources.text(file)[span.clone()];
        for quotes in ["\"\"\"\n", "'''\n", "\"\"\"", "'''"] {
            if text.starts_with(quotes) {
                return span.start + quotes.len();
            }
        }
        span.start + 1
    }

    pub(super) fn template(&mut self, file: usize, text: &At<String>, slots: &[&str]) -> Template {
        match Template::parse(text.get_ref()) {
            Ok(template) => {
                let unknown: Vec<String> = template
                    .slots()
                    .filter(|s| !slots.contains(s))
                    .map(str::to_string)
                    .collect();
                for slot in unknown {
                    let help = match nearest(&slot, slots.iter().copied()) {
                        Some(near) => format!("did you mean '{{{near}}}'?"),
                        None => format!("the slots here are: {}", slots.join(", ")),
                    };
                    self.wrong(
                        file,
                        text.span(),
                        format!("unknown slot '{{{slot}}}'"),
                        Some(help),
                    );
                }
                template
            }
            Err(message) => {
                self.wrong(file, text.span(), message, None);
                Template::parse("").unwrap_or_else(|_| unreachable!("an empty text has no braces"))
            }
        }
    }

    pub(super) fn distinct(&mut self, what: &str, ids: Vec<(usize, Range<usize>, String)>) {
        let mut seen: HashSet<String> = HashSet::new();
        for (file, at, id) in ids {
            if !seen.insert(id.clone()) {
                self.wrong(file, at, format!("{what} '{id}' is declared twice"), None);
            }
        }
    }

    fn pipeline(&mut self, dir: &Path, hash: String) -> Option<Pipeline> {
        let raw = self.raw;
        let Some(head) = &raw.head else {
            if raw.undecoded.is_empty() {
                self.wrong(0, 0..0, "there is no [pipeline] block", None);
            }
            return None;
        };
        self.ids();
        let mut units = self.units();
        let stage_ids: Vec<String> = raw
            .stages
            .iter()
            .map(|s| s.value.id.get_ref().clone())
            .collect();
        let code_lists = self.code_lists();
        let (tables, school) = self.tables(&units, &stage_ids, &code_lists)?;
        let stages = self.stages(&tables[school]);
        let marks = self.marks();
        let settings = self.settings(&tables, &mut units, &stage_ids)?;
        let limits = self.limits();
        let forms = self.forms(&tables, &units, &stage_ids, &settings);
        let side_sheets = raw
            .side_sheets
            .iter()
            .map(|b| SideSheet {
                title: b.value.title.get_ref().clone(),
                headers: normals(&b.value.headers),
                computed: b.value.computed,
            })
            .collect();
        let parents = self.parents(&tables[school]);
        let unit_columns = self.unit_columns(&tables[school], &stage_ids);
        let unit_schema = unit_schema(&tables[school], &unit_columns);
        let school_types = self.school_types(&stages, &stage_ids, &unit_schema);
        let indicators = self.indicators(&stage_ids, &unit_schema);
        let school_rule = self.school_rule();
        let balance_limits = self.balance_limits(&stage_ids);
        let rules = self.rules(&tables, &unit_schema, &indicators);
        let notices = self.notices();
        let rankings = self.rankings(&stage_ids);
        let words = self.words();
        self.sheet_names();
        let parameters = self.parameters();
        let (county_columns, schemas) =
            self.county_columns(&tables, school, &unit_schema, &parameters);
        let parts = self.parts();
        let criteria = self.criteria(&tables, &schemas, &parts, &county_columns);
        let pages = self.pages(&tables, &forms, &parts, &schemas.county);
        let survey = self.survey(&tables, &code_lists, &criteria, &county_columns);
        let returned = self.returned(&tables, &forms, &code_lists);
        let summary = self.summary();
        let sample = self.sample();
        let retention = self.retention();
        let (templates, no_templates) = self.templates(&tables, &forms, &code_lists);
        if !self.mistakes.is_empty() || !raw.undecoded.is_empty() {
            return None;
        }
        let h = &head.value;
        let text = |t: &At<String>| t.get_ref().clone();
        Some(Pipeline {
            id: text(&h.id),
            title: text(&h.title),
            basis: text(&h.basis),
            default_input: text(&h.default_input),
            default_output: text(&h.default_output),
            default_period: *h.default_period.get_ref(),
            counties_path: dir.join(h.counties.get_ref()),
            parents,
            hash,
            files: self.raw.files.clone(),
            settings,
            limits: limits?,
            units,
            marks,
            tables,
            forms,
            side_sheets,
            templates,
            no_templates,
            stages,
            school_types,
            code_lists,
            returned,
            unit_columns,
            indicators,
            school_rule: school_rule?,
            balance_limits,
            rules,
            notices,
            rankings,
            parameters,
            county_columns,
            parts,
            criteria,
            pages,
            survey: survey?,
            summary: summary?,
            sample: sample?,
            retention,
            words,
        })
    }

    fn ids(&mut self) {
        let raw = self.raw;
        let mut rules: Vec<(usize, Range<usize>, String)> = Vec::new();
        let note = |file: usize, id: &At<String>| (file, id.span(), id.get_ref().clone());
        rules.extend(raw.musts.iter().map(|b| note(b.file, &b.value.id)));
        rules.extend(raw.uniques.iter().map(|b| note(b.file, &b.value.id)));
        rules.extend(raw.totals.iter().map(|b| note(b.file, &b.value.id)));
        for block in raw.rules.values().flatten() {
            rules.push(note(block.file, &block.value.id));
        }
        rules.extend(raw.notices.iter().map(|b| note(b.file, &b.value.id)));
        self.distinct("rule", rules);
        let of = |list: Vec<(usize, &At<String>)>| -> Vec<(usize, Range<usize>, String)> {
            list.into_iter().map(|(f, id)| note(f, id)).collect()
        };
        let lists = [
            (
                "indicator",
                of(raw
                    .indicators
                    .iter()
                    .map(|b| (b.file, &b.value.id))
                    .collect()),
            ),
            (
                "form",
                of(raw.forms.iter().map(|b| (b.file, &b.value.id)).collect()),
            ),
            (
                "table",
                of(raw.tables.iter().map(|b| (b.file, &b.value.name)).collect()),
            ),
            (
                "stage",
                of(raw.stages.iter().map(|b| (b.file, &b.value.id)).collect()),
            ),
            (
                "ranking",
                of(raw.rankings.iter().map(|b| (b.file, &b.value.id)).collect()),
            ),
            (
                "school type",
                of(raw
                    .school_types
                    .iter()
                    .map(|b| (b.file, &b.value.code))
                    .collect()),
            ),
            (
                "criterion",
                of(raw.criteria.iter().map(|b| (b.file, &b.value.id)).collect()),
            ),
            (
                "page",
                of(raw.pages.iter().map(|b| (b.file, &b.value.id)).collect()),
            ),
            (
                "template",
                of(raw
                    .templates
                    .iter()
                    .map(|b| (b.file, &b.value.id))
                    .collect()),
            ),
            (
                "answer scale",
                of(raw
                    .answer_scales
                    .iter()
                    .map(|b| (b.file, &b.value.id))
                    .collect()),
            ),
            (
                "unit",
                of(raw.units.iter().map(|b| (b.file, &b.value.name)).collect()),
            ),
        ];
        for (what, list) in lists {
            self.distinct(what, list);
        }
    }
}

fn normals(texts: &[At<String>]) -> Vec<String> {
    texts.iter().map(|t| normal(t.get_ref())).collect()
}

/// The columns of a table that formulas may name.
pub fn table_schema(table: &Table) -> Schema {
    let mut schema: Schema = vec![(COUNTY_CODE.to_string(), Type::Text)];
    schema.extend(
        table
            .columns
            .iter()
            .filter_map(|c| c.kind.formula_type().map(|t| (c.name.clone(), t))),
    );
    schema
}

/// The columns of the units that formulas may name: the school's and those by stage.
pub fn unit_schema(school: &Table, unit_columns: &[UnitColumn]) -> Schema {
    let mut schema = table_schema(school);
    schema.push((STAGE.to_string(), Type::Text));
    schema.push((STUDENTS.to_string(), Type::Number));
    schema.extend(unit_columns.iter().map(|u| (u.name.clone(), Type::Number)));
    schema
}
