//! Raw blocks -> checked pipeline. Every reference, formula, template and example is checked here, once, and every mistake
//! is noted at its place. What comes out cannot be wrong any more.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use super::diagnostic::{Mistakes, Sources, nearest};
use super::examples;
use super::load::{Block, Raw};
use super::model::*;
use super::raw::*;
use super::template::Template;
use crate::finding::{NOTICES, Severity};
use crate::formula::parse::{FormulaError, parse};
use crate::formula::{Formula, Type};
use crate::report::words::{PHRASES, WORDS};
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

/// Columns of the school table that the program itself uses.
const SCHOOL_COLUMNS: &[&str] = &["school_code", "school_name", "school_type"];

/// Checks everything. `None` when something is wrong; then `mistakes` says what.
pub fn check(
    raw: &Raw,
    dir: &Path,
    hash: String,
    sources: &Sources,
    mistakes: &mut Mistakes,
) -> Option<Pipeline> {
    let mut v = Valid {
        raw,
        sources,
        mistakes,
    };
    v.pipeline(dir, hash)
}

struct Valid<'a> {
    raw: &'a Raw,
    sources: &'a Sources,
    mistakes: &'a mut Mistakes,
}

impl Valid<'_> {
    fn wrong(
        &mut self,
        file: usize,
        at: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.mistakes.push(file, at, message, help);
    }

    /// One of a closed list of words.
    fn one_of<T: Copy>(
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

    fn position(
        &mut self,
        file: usize,
        word: &At<String>,
        what: &str,
        known: &[String],
    ) -> Option<usize> {
        let pairs: Vec<(&str, usize)> = known
            .iter()
            .enumerate()
            .map(|(i, k)| (k.as_str(), i))
            .collect();
        self.one_of(file, word, what, &pairs)
    }

    fn unsigned(&mut self, file: usize, number: &At<i64>, most: i64) -> usize {
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

    fn formula(
        &mut self,
        file: usize,
        text: &At<String>,
        schema: &Schema,
        wanted: Type,
    ) -> Option<Formula> {
        match parse(text.get_ref(), schema) {
            Ok(formula) if formula.kind == wanted || formula.kind == Type::Null => Some(formula),
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
    fn content_start(&self, file: usize, span: &Range<usize>) -> usize {
        let text = &self.sources.text(file)[span.clone()];
        for quotes in ["\"\"\"\n", "'''\n", "\"\"\"", "'''"] {
            if text.starts_with(quotes) {
                return span.start + quotes.len();
            }
        }
        span.start + 1
    }

    fn template(
        &mut self,
        file: usize,
        text: &At<String>,
        slots: &[&str],
    ) -> Template {
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

    fn distinct(&mut self, what: &str, ids: Vec<(usize, Range<usize>, String)>) {
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
            if !raw.undecoded {
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
        let settings = self.settings(&tables, &mut units)?;
        let forms = self.forms(&tables, &units, &stage_ids, &settings);
        let side_sheets = raw
            .side_sheets
            .iter()
            .map(|b| SideSheet {
                title: b.value.title.get_ref().clone(),
                headers: normals(&b.value.headers),
            })
            .collect();
        let unit_columns = self.unit_columns(&tables[school], &stage_ids);
        let unit_schema = unit_schema(&tables[school], &unit_columns);
        let school_types = self.school_types(&stages, &stage_ids, &unit_schema);
        let indicators = self.indicators(&stage_ids, &unit_schema);
        let school_rule = self.school_rule();
        let balance_limits = self.balance_limits(&stage_ids);
        let (musts, uniques, totals) = self.rules(&tables, &unit_schema);
        let notices = self.notices();
        let rankings = self.rankings(&stage_ids);
        let words = self.words();
        if !self.mistakes.is_empty() || raw.undecoded {
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
            hash,
            settings,
            units,
            marks,
            tables,
            forms,
            side_sheets,
            stages,
            school_types,
            code_lists,
            unit_columns,
            indicators,
            school_rule: school_rule?,
            balance_limits,
            musts,
            uniques,
            totals,
            notices,
            rankings,
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
        rules.extend(raw.notices.iter().map(|b| note(b.file, &b.value.id)));
        self.distinct("rule", rules);
        let of = |list: Vec<(usize, &At<String>)>| -> Vec<(usize, Range<usize>, String)> {
            list.into_iter().map(|(f, id)| note(f, id)).collect()
        };
        let lists = [
            ("indicator", of(raw.indicators.iter().map(|b| (b.file, &b.value.id)).collect())),
            ("form", of(raw.forms.iter().map(|b| (b.file, &b.value.id)).collect())),
            ("table", of(raw.tables.iter().map(|b| (b.file, &b.value.name)).collect())),
            ("stage", of(raw.stages.iter().map(|b| (b.file, &b.value.id)).collect())),
            ("ranking", of(raw.rankings.iter().map(|b| (b.file, &b.value.id)).collect())),
            ("school type", of(raw.school_types.iter().map(|b| (b.file, &b.value.code)).collect())),
            ("unit", of(raw.units.iter().map(|b| (b.file, &b.value.name)).collect())),
        ];
        for (what, list) in lists {
            self.distinct(what, list);
        }
    }

    fn units(&mut self) -> Units {
        let mut units = Units::default();
        for block in &self.raw.units {
            let u = &block.value;
            if *u.factor.get_ref() <= 0.0 {
                self.wrong(
                    block.file,
                    u.factor.span(),
                    "a factor must be greater than 0",
                    None,
                );
            }
            let index = units.list.len();
            units.list.push(Unit {
                name: u.name.get_ref().clone(),
                dimension: u.dimension.get_ref().clone(),
                factor: *u.factor.get_ref(),
            });
            for text in std::iter::once(&u.name).chain(&u.aliases) {
                let key = normal(text.get_ref());
                if let Some(other) = units.by_text.insert(key, index)
                    && other != index
                {
                    self.wrong(
                        block.file,
                        text.span(),
                        format!(
                            "'{}' already means the unit '{}'",
                            text.get_ref(),
                            units.list[other].name
                        ),
                        None,
                    );
                }
            }
        }
        for block in &self.raw.unit_words {
            units.words.extend(normals(&block.value.text));
        }
        units
    }

    fn unit_named(&mut self, file: usize, name: &At<String>, units: &Units) -> Option<usize> {
        let names: Vec<String> = units.list.iter().map(|u| u.name.clone()).collect();
        self.position(file, name, "a declared unit", &names)
    }

    fn marks(&mut self) -> Marks {
        let mut marks = Marks::default();
        for block in &self.raw.tokens {
            let means = self.one_of(
                block.file,
                &block.value.means,
                "a meaning of a mark",
                &[
                    ("not_applicable", Means::NotApplicable),
                    ("zero", Means::Zero),
                    ("missing", Means::Missing),
                ],
            );
            let Some(means) = means else { continue };
            for text in &block.value.text {
                marks
                    .tokens
                    .insert(crate::text::trimmed(text.get_ref()).to_lowercase(), means);
            }
        }
        for block in &self.raw.yes_no {
            marks.yes.extend(normals(&block.value.yes));
            marks.no.extend(normals(&block.value.no));
        }
        marks
    }

    fn code_lists(&mut self) -> BTreeMap<String, Vec<Code>> {
        let mut lists = BTreeMap::new();
        for block in &self.raw.code_lists {
            let codes: Vec<Code> = block
                .value
                .entry
                .iter()
                .map(|e| code(&e.get_ref().code, &e.get_ref().name, &e.get_ref().aliases))
                .collect();
            lists.insert(block.value.name.get_ref().clone(), codes);
        }
        let types: Vec<Code> = self
            .raw
            .school_types
            .iter()
            .map(|b| code(&b.value.code, &b.value.name, &b.value.aliases))
            .collect();
        lists.insert("school_type".to_string(), types);
        lists
    }

    fn tables(
        &mut self,
        units: &Units,
        stages: &[String],
        code_lists: &BTreeMap<String, Vec<Code>>,
    ) -> Option<(Vec<Table>, usize)> {
        let mut tables = Vec::new();
        let lists: Vec<String> = code_lists.keys().cloned().collect();
        for block in &self.raw.tables {
            let mut columns: Vec<Column> = Vec::new();
            for column in &block.value.column {
                let c = column.get_ref();
                let kind = match c.kind.get_ref().as_str() {
                    "text" => Kind::Text,
                    "code" => Kind::Code(c.length.as_ref().map(|l| self.unsigned(block.file, l, 30))),
                    "choice" => {
                        match &c.choices {
                            Some(choices) => {
                                self.position(block.file, choices, "a code list", &lists);
                                Kind::Choice(choices.get_ref().clone())
                            }
                            None => {
                                self.wrong(
                                    block.file,
                                    c.kind.span(),
                                    "a choice needs `choices`, the name of a code list",
                                    None,
                                );
                                Kind::Text
                            }
                        }
                    }
                    "yes_no" => Kind::YesNo,
                    "year" => Kind::Year,
                    "date" => Kind::Date,
                    "count" => Kind::Count,
                    "number" => Kind::Number,
                    "percent" => Kind::Percent,
                    _ => {
                        let known = [
                            "text", "code", "choice", "yes_no", "year", "date", "count", "number",
                            "percent",
                        ]
                        .map(|k| (k, ()));
                        self.one_of(block.file, &c.kind, "a type of column", &known);
                        Kind::Text
                    }
                };
                if columns.iter().any(|o| o.name == *c.name.get_ref())
                    || c.name.get_ref() == COUNTY_CODE
                    || c.name.get_ref() == COUNTY_NAME
                {
                    self.wrong(
                        block.file,
                        c.name.span(),
                        format!("column '{}' is there already", c.name.get_ref()),
                        None,
                    );
                }
                let unit = c
                    .unit
                    .as_ref()
                    .and_then(|u| self.unit_named(block.file, u, units));
                let stage = c
                    .stage
                    .as_ref()
                    .and_then(|s| self.position(block.file, s, "a stage", stages));
                columns.push(Column {
                    name: c.name.get_ref().clone(),
                    title: c.title.get_ref().clone(),
                    kind,
                    unit,
                    stage,
                });
            }
            self.one_of(
                block.file,
                &block.value.entity,
                "an entity",
                &[("school", ()), ("county", ())],
            );
            tables.push(Table {
                name: block.value.name.get_ref().clone(),
                title: block.value.title.get_ref().clone(),
                columns,
            });
        }
        let school = self.table_with(&tables, "school", SCHOOL_COLUMNS)?;
        self.table_with(&tables, "county", &[])?;
        Some((tables, school))
    }

    fn table_with(&mut self, tables: &[Table], name: &str, columns: &[&str]) -> Option<usize> {
        let Some(index) = tables.iter().position(|t| t.name == name) else {
            if !self.raw.undecoded {
                self.wrong(0, 0..0, format!("there is no [[table]] named '{name}'"), None);
            }
            return None;
        };
        let mut whole = true;
        for column in columns {
            if tables[index].position(column).is_none() {
                whole = false;
                let block = &self.raw.tables[index];
                self.wrong(
                    block.file,
                    block.span.clone(),
                    format!("table '{name}' has no column '{column}'"),
                    None,
                );
            }
        }
        whole.then_some(index)
    }

    fn stages(&mut self, school: &Table) -> Vec<Stage> {
        let names: Vec<String> = school.columns.iter().map(|c| c.name.clone()).collect();
        let raw = self.raw;
        raw.stages
            .iter()
            .map(|block| {
                let s = &block.value;
                if *s.weight.get_ref() <= 0.0 {
                    self.wrong(
                        block.file,
                        s.weight.span(),
                        "a weight must be greater than 0",
                        None,
                    );
                }
                Stage {
                    id: s.id.get_ref().clone(),
                    title: s.title.get_ref().clone(),
                    words: normals(&s.words),
                    students: self
                        .position(block.file, &s.students, "a column of table school", &names)
                        .unwrap_or(0),
                    weight: *s.weight.get_ref(),
                    evaluated: s.evaluated,
                }
            })
            .collect()
    }

    fn settings(&mut self, tables: &[Table], units: &mut Units) -> Option<Settings> {
        let Some(block) = &self.raw.settings else {
            if !self.raw.undecoded {
                self.wrong(0, 0..0, "there is no [settings] block", None);
            }
            return None;
        };
        let s = &block.value;
        let names: Vec<String> = tables.iter().map(|t| t.name.clone()).collect();
        let whole = self.one_of(
            block.file,
            &s.whole_school_figures,
            "a setting of whole_school_figures",
            &[
                ("incomplete", WholeSchoolFigures::Incomplete),
                ("split", WholeSchoolFigures::Split),
            ],
        );
        let single = self.one_of(
            block.file,
            &s.single_unit_balance,
            "a setting of single_unit_balance",
            &[("met", SingleUnit::Met), ("incomplete", SingleUnit::Incomplete)],
        );
        let required = s
            .required_tables
            .iter()
            .filter_map(|t| self.position(block.file, t, "a table", &names))
            .collect();
        let digits = self.unsigned(block.file, &s.county_pattern_digits, 12);
        units.words.sort();
        Some(Settings {
            whole_school_figures: whole?,
            single_unit_balance: single?,
            required_tables: required,
            county_digits: digits,
            revision_words: s.revision_words.iter().map(|w| w.get_ref().clone()).collect(),
            header_prefixes: normals(&s.header_prefixes),
            unit_prefixes: normals(&s.unit_prefixes),
        })
    }

    fn forms(
        &mut self,
        tables: &[Table],
        units: &Units,
        stages: &[String],
        settings: &Settings,
    ) -> Vec<Form> {
        let raw = self.raw;
        let table_names: Vec<String> = tables.iter().map(|t| t.name.clone()).collect();
        let mut forms = Vec::new();
        for block in &raw.forms {
            let f = &block.value;
            let Some(table) = self.position(block.file, &f.table, "a table", &table_names) else {
                continue;
            };
            let layout = self
                .one_of(
                    block.file,
                    &f.layout,
                    "a layout",
                    &[("rows", Layout::Rows), ("list", Layout::List)],
                )
                .unwrap_or(Layout::Rows);
            if layout == Layout::List && (f.item_header.is_empty() || f.value_header.is_empty()) {
                self.wrong(
                    block.file,
                    f.layout.span(),
                    "a list needs item_header and value_header",
                    None,
                );
            }
            let fields: Vec<Field> = f
                .field
                .iter()
                .filter_map(|field| {
                    self.field(block, field.get_ref(), &tables[table], units, stages, settings)
                })
                .collect();
            self.distinct_patterns(block, &fields);
            let named: Vec<String> = f
                .field
                .iter()
                .map(|x| x.get_ref().column.get_ref().clone())
                .collect();
            let needs = f
                .needs
                .iter()
                .filter_map(|n| self.position(block.file, n, "a field of this form", &named))
                .collect();
            forms.push(Form {
                id: f.id.get_ref().clone(),
                title: f.title.get_ref().clone(),
                table,
                layout,
                needs,
                least: self.unsigned(block.file, &f.least, 1000),
                excludes: normals(&f.excludes),
                header_rows: f
                    .header_rows
                    .as_ref()
                    .map_or(4, |n| self.unsigned(block.file, n, 10)),
                total_rows: normals(&f.total_rows),
                subtotal_endings: normals(&f.subtotal_endings),
                end_rows: normals(&f.end_rows),
                ignore: normals(&f.ignore),
                item_header: normals(&f.item_header),
                value_header: normals(&f.value_header),
                unit_header: normals(&f.unit_header),
                choice_units: normals(&f.choice_units),
                fields,
            });
        }
        forms
    }

    fn field(
        &mut self,
        block: &Block<RawForm>,
        f: &RawField,
        table: &Table,
        units: &Units,
        stages: &[String],
        settings: &Settings,
    ) -> Option<Field> {
        let file = block.file;
        let target = match f.column.get_ref().as_str() {
            COUNTY_CODE => Target::CountyCode,
            COUNTY_NAME => Target::CountyName,
            _ => {
                let names: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
                let what = format!("a column of table {}", table.name);
                Target::Column(self.position(file, &f.column, &what, &names)?)
            }
        };
        let unit = match &f.unit {
            Some(name) => {
                let unit = self.unit_named(file, name, units)?;
                if let Target::Column(c) = target {
                    let base = table.columns[c].unit.map(|u| &units.list[u].dimension);
                    if base != Some(&units.list[unit].dimension) {
                        self.wrong(
                            file,
                            name.span(),
                            format!(
                                "'{}' does not measure what column '{}' holds",
                                name.get_ref(),
                                f.column.get_ref()
                            ),
                            None,
                        );
                    }
                }
                Some(unit)
            }
            None => None,
        };
        if f.header.is_empty() {
            self.wrong(file, f.column.span(), "a field needs a header", None);
            return None;
        }
        let blank = match &f.blank {
            Some(word) => self.one_of(
                file,
                word,
                "a meaning of a blank cell",
                &[
                    ("missing", Blank::Missing),
                    ("zero_in_group", Blank::ZeroInGroup),
                    ("not_applicable", Blank::NotApplicable),
                ],
            )?,
            None => Blank::Missing,
        };
        if blank == Blank::ZeroInGroup && f.group.is_none() {
            self.wrong(
                file,
                f.column.span(),
                "zero_in_group needs a `group`",
                Some("name the cells of which one at least must be filled in".to_string()),
            );
        }
        let stage = match &f.stage {
            Some(s) => Some(self.position(file, s, "a stage", stages)?),
            None => None,
        };
        let layout_is_list = block.value.layout.get_ref() == "list";
        Some(Field {
            target,
            title: f.header[0].get_ref().clone(),
            patterns: f
                .header
                .iter()
                .map(|h| pattern(h.get_ref(), layout_is_list, settings))
                .collect(),
            required: f.required,
            stage,
            unit,
            blank,
            group: f.group.as_ref().map(|g| g.get_ref().clone()),
        })
    }

    /// The same header pattern for two fields could never be told apart.
    fn distinct_patterns(&mut self, block: &Block<RawForm>, fields: &[Field]) {
        let mut seen: HashMap<&[String], usize> = HashMap::new();
        let mut twice = Vec::new();
        for (i, field) in fields.iter().enumerate() {
            for pattern in &field.patterns {
                if let Some(other) = seen.insert(pattern, i)
                    && other != i
                {
                    twice.push((i, other, pattern.join("/")));
                }
            }
        }
        for (i, other, text) in twice {
            let at = block
                .value
                .field
                .get(i)
                .map_or(block.span.clone(), |f| f.span());
            self.wrong(
                block.file,
                at,
                format!(
                    "header '{text}' is declared for '{}' too",
                    fields[other].title
                ),
                None,
            );
        }
    }

    fn unit_columns(&mut self, school: &Table, stages: &[String]) -> Vec<UnitColumn> {
        let raw = self.raw;
        let names: Vec<String> = school.columns.iter().map(|c| c.name.clone()).collect();
        let what = "a column of table school";
        let mut out: Vec<UnitColumn> = Vec::new();
        for block in &raw.unit_columns {
            let u = &block.value;
            let file = block.file;
            let name = u.name.get_ref();
            if names.contains(name)
                || out.iter().any(|o| o.name == *name)
                || [COUNTY_CODE, COUNTY_NAME, STAGE, STUDENTS].contains(&name.as_str())
            {
                self.wrong(
                    file,
                    u.name.span(),
                    format!("column '{name}' is there already"),
                    None,
                );
            }
            let source = match (&u.split, u.by_stage.is_empty()) {
                (Some(stock), true) if u.whole.is_none() => {
                    match self.position(file, stock, what, &names) {
                        Some(c) => UnitSource::Split(c),
                        None => continue,
                    }
                }
                (None, _) if !u.by_stage.is_empty() || u.whole.is_some() => {
                    let mut by_stage = vec![None; stages.len()];
                    for (stage, column) in &u.by_stage {
                        match stages.iter().position(|s| s == stage) {
                            Some(i) => by_stage[i] = self.position(file, column, what, &names),
                            None => self.wrong(
                                file,
                                column.span(),
                                format!("'{stage}' is not a stage"),
                                Some(format!("the stages are: {}", stages.join(", "))),
                            ),
                        }
                    }
                    let whole = u
                        .whole
                        .as_ref()
                        .and_then(|w| self.position(file, w, what, &names));
                    UnitSource::ByStage { by_stage, whole }
                }
                _ => {
                    self.wrong(
                        file,
                        u.name.span(),
                        format!("'{name}' needs either `split` or `by_stage` and/or `whole`"),
                        None,
                    );
                    continue;
                }
            };
            out.push(UnitColumn {
                name: name.clone(),
                title: u.title.get_ref().clone(),
                source,
            });
        }
        out
    }

    fn school_types(
        &mut self,
        stages: &[Stage],
        stage_ids: &[String],
        schema: &Schema,
    ) -> Vec<SchoolType> {
        let raw = self.raw;
        let mut out = Vec::new();
        for block in &raw.school_types {
            let t = &block.value;
            let own: Vec<usize> = t
                .stages
                .iter()
                .filter_map(|s| self.position(block.file, s, "a stage", stage_ids))
                .collect();
            let mut weights: Vec<f64> = stages.iter().map(|s| s.weight).collect();
            for (stage, weight) in &t.weights {
                match stage_ids.iter().position(|s| s == stage) {
                    Some(i) if *weight.get_ref() > 0.0 => weights[i] = *weight.get_ref(),
                    Some(_) => self.wrong(
                        block.file,
                        weight.span(),
                        "a weight must be greater than 0",
                        None,
                    ),
                    None => self.wrong(
                        block.file,
                        weight.span(),
                        format!("'{stage}' is not a stage"),
                        Some(format!("the stages are: {}", stage_ids.join(", "))),
                    ),
                }
            }
            if (!t.counts || t.counts_when.is_some()) && t.reason.is_none() {
                self.wrong(
                    block.file,
                    t.code.span(),
                    "a type that does not always count needs a `reason`",
                    None,
                );
            }
            out.push(SchoolType {
                code: t.code.get_ref().clone(),
                name: t.name.get_ref().clone(),
                stages: own,
                weights,
                counts: t.counts,
                counts_when: t
                    .counts_when
                    .as_ref()
                    .and_then(|f| self.formula(block.file, f, schema, Type::Bool)),
                reason: t.reason.as_ref().map_or(String::new(), |r| r.get_ref().clone()),
            });
        }
        out
    }

    fn indicators(&mut self, stages: &[String], schema: &Schema) -> Vec<Indicator> {
        let raw = self.raw;
        let mut out = Vec::new();
        for block in &raw.indicators {
            let i = &block.value;
            let file = block.file;
            let mut numerator: Vec<Option<Formula>> = vec![None; stages.len()];
            for (stage, text) in &i.numerator {
                match stages.iter().position(|s| s == stage) {
                    Some(s) => numerator[s] = self.formula(file, text, schema, Type::Number),
                    None => self.wrong(
                        file,
                        text.span(),
                        format!("'{stage}' is not a stage"),
                        Some(format!("the stages are: {}", stages.join(", "))),
                    ),
                }
            }
            let denominator = self.formula(file, &i.denominator, schema, Type::Number);
            let better = self.better(file, &i.better);
            let role = self.one_of(
                file,
                &i.role,
                "a role",
                &[("standard", Role::Standard), ("reference", Role::Reference)],
            );
            let limits: Vec<Limit> = i
                .limit
                .iter()
                .filter_map(|l| self.limit(file, l.get_ref(), stages))
                .collect();
            if role == Some(Role::Standard) {
                for (s, stage) in stages.iter().enumerate() {
                    if numerator[s].is_some() && !limits.iter().any(|l| l.stage == s) {
                        self.wrong(
                            file,
                            i.id.span(),
                            format!("indicator '{}' has no limit for stage {stage}", i.id.get_ref()),
                            None,
                        );
                    }
                }
            }
            let digits = self.unsigned(file, &i.digits, 9);
            if i.example.is_empty() {
                self.wrong(
                    file,
                    i.id.span(),
                    format!("indicator '{}' has no example", i.id.get_ref()),
                    Some("give at least one [[indicator.example]]".to_string()),
                );
            }
            let (Some(denominator), Some(better), Some(role)) = (denominator, better, role) else {
                continue;
            };
            let indicator = Indicator {
                id: i.id.get_ref().clone(),
                line: i.line.get_ref().clone(),
                title: i.title.get_ref().clone(),
                unit: i.unit.get_ref().clone(),
                resource: i.resource.get_ref().clone(),
                digits,
                scale: *i.scale.get_ref(),
                better,
                role,
                numerator,
                denominator,
                limits,
                why: i.why.get_ref().clone(),
                basis: i.basis.get_ref().clone(),
            };
            for example in &i.example {
                for (at, message) in
                    examples::indicator(&indicator, example.get_ref(), stages, schema)
                {
                    self.wrong(file, at.unwrap_or_else(|| example.span()), message, None);
                }
            }
            out.push(indicator);
        }
        out
    }

    fn better(&mut self, file: usize, word: &At<String>) -> Option<Better> {
        self.one_of(
            file,
            word,
            "a direction",
            &[("higher", Better::Higher), ("lower", Better::Lower)],
        )
    }

    fn limit(&mut self, file: usize, l: &RawLimit, stages: &[String]) -> Option<Limit> {
        Some(Limit {
            stage: self.position(file, &l.stage, "a stage", stages)?,
            value: *l.value.get_ref(),
            basis: l.basis.as_ref().map(|b| b.get_ref().clone()),
            from: l.from.as_ref().map(|y| *y.get_ref()),
            until: l.until.as_ref().map(|y| *y.get_ref()),
        })
    }

    fn school_rule(&mut self) -> Option<SchoolRule> {
        let Some(block) = &self.raw.school_rule else {
            if !self.raw.undecoded {
                self.wrong(0, 0..0, "there is no [school_rule] block", None);
            }
            return None;
        };
        let ratio = *block.value.floor_ratio.get_ref();
        if !(0.0..=1.0).contains(&ratio) {
            self.wrong(
                block.file,
                block.value.floor_ratio.span(),
                "floor_ratio must lie between 0 and 1",
                None,
            );
        }
        Some(SchoolRule {
            least_met: self.unsigned(block.file, &block.value.least_met, 100),
            floor_ratio: ratio,
            basis: block.value.basis.get_ref().clone(),
        })
    }

    fn balance_limits(&mut self, stages: &[String]) -> Vec<BalanceLimit> {
        let raw = self.raw;
        let mut out: Vec<BalanceLimit> = Vec::new();
        for block in &raw.balance_limits {
            let b = &block.value;
            if let Some(stage) = self.position(block.file, &b.stage, "a stage", stages) {
                if out.iter().any(|o| o.stage == stage) {
                    self.wrong(block.file, b.stage.span(), "this stage has a limit already", None);
                }
                out.push(BalanceLimit {
                    stage,
                    value: *b.value.get_ref(),
                    digits: self.unsigned(block.file, &b.digits, 9),
                    basis: b.basis.get_ref().clone(),
                });
            }
        }
        for (s, block) in raw.stages.iter().enumerate() {
            if block.value.evaluated && !out.iter().any(|o| o.stage == s) && !raw.undecoded {
                self.wrong(
                    block.file,
                    block.value.id.span(),
                    format!(
                        "stage '{}' is evaluated but has no [[balance_limit]]",
                        block.value.id.get_ref()
                    ),
                    None,
                );
            }
        }
        out
    }

    fn rules(
        &mut self,
        tables: &[Table],
        unit_schema: &Schema,
    ) -> (Vec<Must>, Vec<Unique>, Vec<Total>) {
        let raw = self.raw;
        let mut scopes: Vec<(String, Scope)> = tables
            .iter()
            .enumerate()
            .map(|(i, t)| (t.name.clone(), Scope::Table(i)))
            .collect();
        scopes.push(("unit".to_string(), Scope::Unit));
        let known: Vec<(&str, Scope)> = scopes.iter().map(|(n, s)| (n.as_str(), *s)).collect();
        let mut musts = Vec::new();
        for block in &raw.musts {
            let m = &block.value;
            let file = block.file;
            let Some(scope) = self.one_of(file, &m.table, "a table", &known) else {
                continue;
            };
            let schema = match scope {
                Scope::Unit => unit_schema.clone(),
                Scope::Table(t) => table_schema(&tables[t]),
            };
            let when = m
                .when
                .as_ref()
                .map(|f| self.formula(file, f, &schema, Type::Bool));
            let must = self.formula(file, &m.must, &schema, Type::Bool);
            let expected = m
                .expected
                .as_ref()
                .map(|f| self.formula(file, f, &schema, Type::Number));
            let names: Vec<String> = schema.iter().map(|(n, _)| n.clone()).collect();
            let cells: Vec<String> = m
                .cells
                .iter()
                .filter_map(|c| {
                    self.position(file, c, "a column of this table", &names)
                        .map(|_| c.get_ref().clone())
                })
                .collect();
            if m.cells.is_empty() {
                self.wrong(file, m.id.span(), "a rule needs at least one of `cells`", None);
            }
            let mut slots: Vec<&str> = names.iter().map(String::as_str).collect();
            slots.extend(["expected", "school_name", "stage_title"]);
            let text = self.rule_text(
                file,
                (&m.id, &m.title, &m.severity, &m.level),
                (&m.why, &m.message, &m.remedy, &m.basis),
                &slots,
            );
            self.has_examples(file, &m.id, m.holds.is_empty(), m.fires.is_empty());
            let (Some(must), Some(text)) = (must, text) else {
                continue;
            };
            if when.as_ref().is_some_and(Option::is_none)
                || expected.as_ref().is_some_and(Option::is_none)
            {
                continue;
            }
            let rule = Must {
                text,
                scope,
                when: when.flatten(),
                must,
                cells,
                expected: expected.flatten(),
            };
            for (example, fires) in m
                .holds
                .iter()
                .map(|e| (e, false))
                .chain(m.fires.iter().map(|e| (e, true)))
            {
                for (at, message) in examples::must(&rule, example.get_ref(), fires, &schema) {
                    self.wrong(file, at.unwrap_or_else(|| example.span()), message, None);
                }
            }
            musts.push(rule);
        }
        let table_names: Vec<String> = tables.iter().map(|t| t.name.clone()).collect();
        let mut uniques = Vec::new();
        for block in &raw.uniques {
            let u = &block.value;
            let file = block.file;
            let Some(table) = self.position(file, &u.table, "a table", &table_names) else {
                continue;
            };
            let schema = table_schema(&tables[table]);
            let names: Vec<String> = schema.iter().map(|(n, _)| n.clone()).collect();
            let columns: Vec<String> = u
                .columns
                .iter()
                .filter_map(|c| {
                    self.position(file, c, "a column of this table", &names)
                        .map(|_| c.get_ref().clone())
                })
                .collect();
            let mut slots: Vec<&str> = names.iter().map(String::as_str).collect();
            slots.extend(["others", "count"]);
            let text = self.rule_text(
                file,
                (&u.id, &u.title, &u.severity, &u.level),
                (&u.why, &u.message, &u.remedy, &u.basis),
                &slots,
            );
            self.has_examples(file, &u.id, u.holds.is_empty(), u.fires.is_empty());
            let Some(text) = text else { continue };
            let rule = Unique {
                text,
                table,
                columns,
            };
            for (example, fires) in u
                .holds
                .iter()
                .map(|e| (e, false))
                .chain(u.fires.iter().map(|e| (e, true)))
            {
                for (at, message) in examples::unique(&rule, example, fires, &schema) {
                    self.wrong(file, at.unwrap_or_else(|| u.id.span()), message, None);
                }
            }
            uniques.push(rule);
        }
        let mut totals = Vec::new();
        for block in &raw.totals {
            if let Some(rule) = self.total(block, tables, &table_names) {
                totals.push(rule);
            }
        }
        (musts, uniques, totals)
    }

    fn total(
        &mut self,
        block: &Block<RawTotal>,
        tables: &[Table],
        table_names: &[String],
    ) -> Option<Total> {
        let t = &block.value;
        let file = block.file;
        let table = self.position(file, &t.table, "a table", table_names)?;
        let schema = table_schema(&tables[table]);
        let slots = ["column", "sum", "stated", "difference", "rows"];
        let text = self.rule_text(
            file,
            (&t.id, &t.title, &t.severity, &t.level),
            (&t.why, &t.message, &t.remedy, &t.basis),
            &slots,
        )?;
        let against = match t.against.get_ref().as_str() {
            "total_row" => {
                for extra in [&t.sum, &t.filter, &t.equals].into_iter().flatten() {
                    self.wrong(
                        file,
                        extra.span(),
                        "the total row is held against the sheet's own columns: no `sum`, `where`, `equals`",
                        None,
                    );
                }
                Against::TotalRow
            }
            _ => {
                let other = self.position(file, &t.against, "total_row or a table", table_names)?;
                let names: Vec<String> =
                    tables[other].columns.iter().map(|c| c.name.clone()).collect();
                let (Some(sum), Some(equals)) = (&t.sum, &t.equals) else {
                    self.wrong(
                        file,
                        t.against.span(),
                        "against a table, `sum` and `equals` are needed",
                        None,
                    );
                    return None;
                };
                let sum = self.formula(file, sum, &schema, Type::Number);
                let filter = match &t.filter {
                    Some(f) => Some(self.formula(file, f, &schema, Type::Bool)?),
                    None => None,
                };
                Against::County {
                    sum: sum?,
                    filter,
                    column: self.position(file, equals, "a column of that table", &names)?,
                    table: other,
                }
            }
        };
        if t.example.is_empty() {
            self.wrong(
                file,
                t.id.span(),
                format!("rule '{}' has no example", t.id.get_ref()),
                None,
            );
        }
        let rule = Total {
            text,
            table,
            against,
            tolerance: *t.tolerance.get_ref(),
        };
        for example in &t.example {
            for (at, message) in examples::total(&rule, example.get_ref(), &schema) {
                self.wrong(file, at.unwrap_or_else(|| example.span()), message, None);
            }
        }
        Some(rule)
    }

    fn has_examples(&mut self, file: usize, id: &At<String>, no_holds: bool, no_fires: bool) {
        for (missing, what) in [(no_holds, "holds"), (no_fires, "fires")] {
            if missing {
                self.wrong(
                    file,
                    id.span(),
                    format!("rule '{}' has no example for `{what}`", id.get_ref()),
                    Some("every rule shows one row where it holds and one where it fires".to_string()),
                );
            }
        }
    }

    fn rule_text(
        &mut self,
        file: usize,
        (id, title, severity, level): (&At<String>, &At<String>, &At<String>, &At<i64>),
        (why, message, remedy, basis): (&At<String>, &At<String>, &At<String>, &At<String>),
        slots: &[&str],
    ) -> Option<RuleText> {
        let severity = self.severity(file, severity);
        self.unsigned(file, level, 5);
        let message = self.template(file, message, slots);
        Some(RuleText {
            id: id.get_ref().clone(),
            title: title.get_ref().clone(),
            severity: severity?,
            level: *level.get_ref(),
            why: why.get_ref().clone(),
            message,
            remedy: remedy.get_ref().clone(),
            basis: basis.get_ref().clone(),
        })
    }

    fn severity(&mut self, file: usize, word: &At<String>) -> Option<Severity> {
        self.one_of(
            file,
            word,
            "a severity",
            &[
                ("error", Severity::Error),
                ("query", Severity::Query),
                ("info", Severity::Info),
            ],
        )
    }

    fn notices(&mut self) -> BTreeMap<String, Notice> {
        let raw = self.raw;
        let mut out = BTreeMap::new();
        for block in &raw.notices {
            let n = &block.value;
            let known: Vec<(&str, &[&str])> = NOTICES.to_vec();
            let Some(slots) = self.one_of(block.file, &n.id, "a notice of the reader", &known)
            else {
                continue;
            };
            let severity = self.severity(block.file, &n.severity);
            self.unsigned(block.file, &n.level, 5);
            let message = self.template(block.file, &n.message, slots);
            if let Some(severity) = severity {
                out.insert(
                    n.id.get_ref().clone(),
                    Notice {
                        id: n.id.get_ref().clone(),
                        title: n.title.get_ref().clone(),
                        severity,
                        level: *n.level.get_ref(),
                        why: n.why.get_ref().clone(),
                        message,
                        remedy: n.remedy.get_ref().clone(),
                        holds_verdicts: n.holds_verdicts,
                    },
                );
            }
        }
        if !raw.undecoded {
            for (id, _) in NOTICES {
                if !out.contains_key(*id) && !raw.notices.iter().any(|b| b.value.id.get_ref() == id)
                {
                    self.wrong(0, 0..0, format!("there is no [[notice]] '{id}'"), None);
                }
            }
        }
        out
    }

    fn rankings(&mut self, stages: &[String]) -> Vec<Ranking> {
        let raw = self.raw;
        let mut out = Vec::new();
        for block in &raw.rankings {
            let r = &block.value;
            let file = block.file;
            let of = self.one_of(
                file,
                &r.of,
                "something to rank by",
                &[
                    ("mean_cv", RankingOf::MeanCv),
                    ("cv", RankingOf::Cv),
                    ("mean", RankingOf::Mean),
                    ("cv_met", RankingOf::CvMet),
                    ("share_met", RankingOf::ShareMet),
                ],
            );
            let stage = match &r.stage {
                Some(s) => self.position(file, s, "a stage", stages),
                None => None,
            };
            let per_indicator = matches!(of, Some(RankingOf::Cv | RankingOf::Mean));
            if per_indicator != r.each_indicator {
                self.wrong(
                    file,
                    r.of.span(),
                    "cv and mean are ranked for each indicator, the others are not",
                    Some(format!("set each_indicator = {per_indicator}")),
                );
            }
            if matches!(of, Some(RankingOf::MeanCv | RankingOf::Cv | RankingOf::Mean))
                && r.stage.is_none()
            {
                self.wrong(file, r.of.span(), "this ranking needs a `stage`", None);
            }
            let better = self.better(file, &r.better);
            let digits = self.unsigned(file, &r.digits, 9);
            if let (Some(of), Some(better)) = (of, better) {
                out.push(Ranking {
                    id: r.id.get_ref().clone(),
                    title: r.title.get_ref().clone(),
                    of,
                    stage,
                    better,
                    digits,
                    each_indicator: r.each_indicator,
                    note: r.note.get_ref().clone(),
                });
            }
        }
        out
    }

    fn words(&mut self) -> BTreeMap<String, String> {
        let raw = self.raw;
        for (key, (file, at, text)) in &raw.words {
            if let Some((_, slots)) = PHRASES.iter().find(|(k, _)| k == key) {
                let text = At::new(at.clone(), text.clone());
                self.template(*file, &text, slots);
            } else if !WORDS.contains(&key.as_str()) {
                self.wrong(
                    *file,
                    at.clone(),
                    format!("word '{key}' is used nowhere"),
                    nearest(key, WORDS.iter().copied())
                        .map(|near| format!("did you mean '{near}'?")),
                );
            }
        }
        if !raw.undecoded {
            for key in WORDS.iter().chain(PHRASES.iter().map(|(k, _)| k)) {
                if !raw.words.contains_key(*key) {
                    self.wrong(0, 0..0, format!("[words] has no '{key}'"), None);
                }
            }
        }
        raw.words
            .iter()
            .map(|(k, (_, _, text))| (k.clone(), text.clone()))
            .collect()
    }
}

fn normals(texts: &[At<String>]) -> Vec<String> {
    texts.iter().map(|t| normal(t.get_ref())).collect()
}

fn code(code: &At<String>, name: &At<String>, aliases: &[At<String>]) -> Code {
    Code {
        code: code.get_ref().clone(),
        name: name.get_ref().clone(),
        texts: std::iter::once(name)
            .chain(aliases)
            .map(|t| normal(t.get_ref()))
            .collect(),
    }
}

/// A header pattern as normalised parts. In a list, an item is one text and `/` is part of it.
fn pattern(text: &str, list: bool, settings: &Settings) -> Vec<String> {
    let parts: Vec<&str> = if list {
        vec![text]
    } else {
        text.split('/').collect()
    };
    parts
        .into_iter()
        .map(|p| super::without_prefix(&normal(p), &settings.header_prefixes))
        .filter(|p| !p.is_empty())
        .collect()
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
