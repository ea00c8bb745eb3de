//! Units, marks, code lists, tables and forms: what sheets may look like.

use std::collections::{BTreeMap, HashMap};

use super::{
    COUNTY_CODE, COUNTY_NAME, SCHOOL_COLUMNS, SCHOOL_COUNTED, SCHOOL_REVOKED, STAGE, STUDENTS,
    Valid, normals,
};
use crate::pipeline::load::Block;
use crate::pipeline::model::*;
use crate::pipeline::raw::*;
use crate::pipeline::template::Part;
use crate::pipeline::without_prefix;
use crate::text::normal;

/// What the store may hold beside what the last run used, where nothing is declared.
const STORE_BYTES: u64 = 2 << 30;

impl Valid<'_> {
    pub(super) fn units(&mut self) -> Units {
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

    pub(super) fn unit_named(
        &mut self,
        file: usize,
        name: &At<String>,
        units: &Units,
    ) -> Option<usize> {
        let names: Vec<String> = units.list.iter().map(|u| u.name.clone()).collect();
        self.position(file, name, "a declared unit", &names)
    }

    pub(super) fn marks(&mut self) -> Marks {
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

    pub(super) fn code_lists(&mut self) -> BTreeMap<String, Vec<Code>> {
        let mut lists = BTreeMap::new();
        for block in &self.raw.code_lists {
            let codes: Vec<Code> = block
                .value
                .entry
                .iter()
                .map(|e| code(&e.get_ref().code, &e.get_ref().name, &e.get_ref().aliases))
                .collect();
            let ids = block
                .value
                .entry
                .iter()
                .map(|e| &e.get_ref().code)
                .map(|c| (block.file, c.span(), c.get_ref().clone()))
                .collect();
            self.distinct("code", ids);
            let name = &block.value.name;
            if name.get_ref() == "school_type"
                || lists.insert(name.get_ref().clone(), codes).is_some()
            {
                self.wrong(
                    block.file,
                    name.span(),
                    format!("code list '{}' is there already", name.get_ref()),
                    None,
                );
            }
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

    pub(super) fn tables(
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
                    "code" => {
                        Kind::Code(c.length.as_ref().map(|l| self.unsigned(block.file, l, 30)))
                    }
                    "choice" => match &c.choices {
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
                    },
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
                    || [
                        COUNTY_CODE,
                        COUNTY_NAME,
                        STAGE,
                        STUDENTS,
                        SCHOOL_COUNTED,
                        SCHOOL_REVOKED,
                    ]
                    .contains(&c.name.get_ref().as_str())
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
            let entity = self.entity(block, &columns);
            let name = block.value.name.get_ref().clone();
            let title = block.value.title.get_ref().clone();
            tables.push(Table::new(name, title, entity, columns));
        }
        for block in &self.raw.tables {
            if block.value.name.get_ref() == "unit" {
                self.wrong(
                    block.file,
                    block.value.name.span(),
                    "'unit' is the name of the units made from the schools; choose another",
                    None,
                );
            }
        }
        let school = self.table_with(&tables, "school", SCHOOL_COLUMNS)?;
        self.table_with(&tables, "county", &[])?;
        Some((tables, school))
    }

    fn entity(&mut self, block: &Block<RawTable>, columns: &[Column]) -> Entity {
        let entity = self.one_of(
            block.file,
            &block.value.entity,
            "an entity",
            &[
                ("school", Entity::School),
                ("county", Entity::County),
                ("group", Entity::Group(0)),
            ],
        );
        match (entity, &block.value.key) {
            (Some(Entity::Group(_)), Some(key)) => {
                let names: Vec<String> = columns
                    .iter()
                    .map(|c| match c.kind {
                        Kind::Choice(_) | Kind::Text => c.name.clone(),
                        _ => String::new(),
                    })
                    .collect();
                let what = "a choice or text column of this table";
                let at = self.position(block.file, key, what, &names);
                Entity::Group(at.unwrap_or(0))
            }
            (Some(Entity::Group(_)), None) => {
                let at = block.value.entity.span();
                self.wrong(block.file, at, "a table of groups needs a `key`", None);
                Entity::Group(0)
            }
            (other, Some(key)) => {
                let message = "only a table of groups has a `key`";
                self.wrong(block.file, key.span(), message, None);
                other.unwrap_or(Entity::School)
            }
            (other, None) => other.unwrap_or(Entity::School),
        }
    }

    pub(super) fn table_with(
        &mut self,
        tables: &[Table],
        name: &str,
        columns: &[&str],
    ) -> Option<usize> {
        let Some(index) = tables.iter().position(|t| t.name == name) else {
            if self.raw.undecoded.is_empty() {
                self.wrong(
                    0,
                    0..0,
                    format!("there is no [[table]] named '{name}'"),
                    None,
                );
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

    pub(super) fn settings(
        &mut self,
        tables: &[Table],
        units: &mut Units,
        stages: &[String],
    ) -> Option<Settings> {
        let Some(block) = &self.raw.settings else {
            if self.raw.undecoded.is_empty() {
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
            &[
                ("met", SingleUnit::Met),
                ("incomplete", SingleUnit::Incomplete),
            ],
        );
        let balance = self.one_of(
            block.file,
            &s.balance_rule,
            "a setting of balance_rule",
            &[
                ("each", BalanceRule::Each),
                ("composite", BalanceRule::Composite),
            ],
        );
        let required = s
            .required_tables
            .iter()
            .filter_map(|t| self.position(block.file, t, "a table", &names))
            .collect();
        let digits = self.unsigned(block.file, &s.county_pattern_digits, 12);
        let mut several_stages = Vec::new();
        for (word, own) in &s.several_stages {
            let own = own.iter();
            let own = own.filter_map(|id| self.position(block.file, id, "a stage", stages));
            several_stages.push((normal(word), own.collect()));
        }
        let mut due_dates = BTreeMap::new();
        for (year, date) in &s.due_dates {
            match year.parse::<i64>() {
                Ok(year) if crate::due::is_day(date.get_ref()) => {
                    due_dates.insert(year, date.get_ref().clone());
                }
                _ => {
                    let message = format!("'{year}' = '{}' is no due date", date.get_ref());
                    let help = "write the period and a day: { \"2024\" = \"2024-12-31\" }";
                    self.wrong(block.file, date.span(), message, Some(help.to_string()));
                }
            }
        }
        let store_bytes = s.store_mib.as_ref().map_or(STORE_BYTES, |mib| {
            (self.unsigned(block.file, mib, 1 << 20) as u64) << 20
        });
        units.words.sort();
        Some(Settings {
            whole_school_figures: whole?,
            single_unit_balance: single?,
            balance_rule: balance?,
            required_tables: required,
            county_digits: digits,
            revision_words: s
                .revision_words
                .iter()
                .map(|w| w.get_ref().clone())
                .collect(),
            header_prefixes: normals(&s.header_prefixes),
            unit_prefixes: normals(&s.unit_prefixes),
            several_stages,
            place_words: normals(&s.place_words),
            due_dates,
            store_bytes,
        })
    }

    pub(super) fn forms(
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
                    &[
                        ("rows", Layout::Rows),
                        ("list", Layout::List),
                        ("statements", Layout::Statements),
                        ("questionnaire", Layout::Questionnaire),
                        ("statistics", Layout::Statistics),
                    ],
                )
                .unwrap_or(Layout::Rows);
            let of_items = matches!(layout, Layout::List | Layout::Statements);
            if of_items && (f.item_header.is_empty() || f.value_header.is_empty()) {
                self.wrong(
                    block.file,
                    f.layout.span(),
                    "a list needs item_header and value_header",
                    None,
                );
            }
            let (none, what) = match layout {
                Layout::Statements => (f.statement.is_empty(), "a `statement`"),
                Layout::Questionnaire => (f.question.is_empty(), "a `question`"),
                Layout::Statistics => (f.statistics.is_empty(), "`statistics`"),
                Layout::Rows | Layout::List => (f.field.is_empty(), "a `field`"),
            };
            if none {
                let message = format!("a form of this layout needs {what}");
                self.wrong(block.file, f.layout.span(), message, None);
            }
            let statements: Vec<Statement> = f
                .statement
                .iter()
                .map(|s| self.statement(block.file, s.get_ref(), &tables[table], units))
                .collect();
            let column_names: Vec<String> = tables[table]
                .columns
                .iter()
                .map(|c| c.name.clone())
                .collect();
            let label = match &f.label {
                Some(l) => self.position(block.file, l, "a column of this table", &column_names),
                None => None,
            };
            let fields: Vec<Field> = f
                .field
                .iter()
                .filter_map(|field| {
                    self.field(
                        block,
                        field.get_ref(),
                        &tables[table],
                        units,
                        stages,
                        settings,
                    )
                })
                .collect();
            self.distinct_patterns(block, &fields);
            let (statistics, cells) =
                self.statistics(block, &tables[table], units, stages, settings);
            let fields = if layout == Layout::Statistics {
                cells
            } else {
                fields
            };
            let names = matches!(layout, Layout::Rows | Layout::List);
            if f.needs.is_empty() && names && label.is_none() {
                self.wrong(
                    block.file,
                    f.id.span(),
                    "a form needs at least one field in `needs`: the one that names the entity",
                    None,
                );
            }
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
            let asked = self.asked(block);
            forms.push(Form {
                asked,
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
                entity_words: normals(&f.entity_words),
                item_header: normals(&f.item_header),
                value_header: normals(&f.value_header),
                unit_header: normals(&f.unit_header),
                choice_units: normals(&f.choice_units),
                verdict_header: normals(&f.verdict_header),
                score_header: normals(&f.score_header),
                label,
                file_stage: f.file_stage,
                many_columns: f.many_columns,
                fields,
                statements,
                statistics,
            });
        }
        forms
    }

    fn statement(
        &mut self,
        file: usize,
        s: &RawStatement,
        table: &Table,
        units: &Units,
    ) -> Statement {
        let names: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
        let column = |v: &mut Self, word: &Option<At<String>>| {
            let word = word.as_ref()?;
            v.position(file, word, "a column of this table", &names)
        };
        let text = column(self, &s.text);
        let claim = column(self, &s.claim);
        let score = column(self, &s.score);
        let sentence = s
            .sentence
            .as_ref()
            .and_then(|text| self.sentence(file, text, &s.units, table, units));
        Statement {
            number: self.unsigned(file, &s.number, 1000),
            item: s.item.get_ref().clone(),
            key: normal(s.item.get_ref()),
            sentence,
            text,
            claim,
            score,
        }
    }

    fn sentence(
        &mut self,
        file: usize,
        text: &At<String>,
        given_units: &BTreeMap<String, At<String>>,
        table: &Table,
        units: &Units,
    ) -> Option<Sentence> {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let template = self.template(file, text, &names);
        let mut texts = vec![String::new()];
        let mut blanks = Vec::new();
        for part in template.parts() {
            match part {
                Part::Text(t) => {
                    if let Some(last) = texts.last_mut() {
                        last.push_str(t);
                    }
                }
                Part::Slot(name) => {
                    let unit = match given_units.get(name) {
                        Some(u) => Some(self.unit_named(file, u, units)?),
                        None => None,
                    };
                    blanks.push(SentenceBlank {
                        column: table.position(name)?,
                        unit,
                    });
                    texts.push(String::new());
                }
            }
        }
        for (i, between) in texts.iter().enumerate() {
            let open = i > 0 && i < blanks.len() && normal(between).is_empty();
            if open {
                let message = "two blanks with nothing between them cannot be told apart";
                self.wrong(file, text.span(), message, None);
            }
        }
        for name in given_units.keys() {
            if !template.slots().any(|s| s == name) {
                let message = format!("the sentence has no blank '{{{name}}}'");
                self.wrong(file, text.span(), message, None);
            }
        }
        Some(Sentence { texts, blanks })
    }

    pub(super) fn field(
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
            SCHOOL_COUNTED => Target::Counted,
            SCHOOL_REVOKED => Target::Revoked,
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
        let names: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
        let less = f
            .less
            .iter()
            .filter_map(|c| self.position(file, c, "a column of this table", &names))
            .collect();
        let layout_is_list = block.value.layout.get_ref() == "list";
        let mut patterns: Vec<Vec<String>> = f
            .header
            .iter()
            .map(|h| pattern(h.get_ref(), layout_is_list, settings))
            .collect();
        // Below the headers may stand a row of the form's codes.
        if let Some(line) = &f.line {
            let coded: Vec<Vec<String>> = patterns
                .iter()
                .map(|p| [p.clone(), vec![normal(line.get_ref())]].concat())
                .collect();
            patterns.extend(coded);
        }
        Some(Field {
            target,
            title: f.header[0].get_ref().clone(),
            patterns,
            required: f.required,
            stage,
            unit,
            blank,
            group: f.group.as_ref().map(|g| g.get_ref().clone()),
            less,
            line: f.line.as_ref().map(|l| l.get_ref().clone()),
            digits: f.digits.as_ref().map_or(0, |d| self.unsigned(file, d, 9)),
            printed: if layout_is_list {
                vec![f.header[0].get_ref().clone()]
            } else {
                f.header[0]
                    .get_ref()
                    .split('/')
                    .map(str::to_string)
                    .collect()
            },
        })
    }

    /// The same header pattern for two fields could never be told apart.
    pub(super) fn distinct_patterns(&mut self, block: &Block<RawForm>, fields: &[Field]) {
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
pub(super) fn pattern(text: &str, list: bool, settings: &Settings) -> Vec<String> {
    let parts: Vec<&str> = if list {
        vec![text]
    } else {
        text.split('/').collect()
    };
    parts
        .into_iter()
        .map(|p| without_prefix(&normal(p), &settings.header_prefixes))
        .filter(|p| !p.is_empty())
        .collect()
}
