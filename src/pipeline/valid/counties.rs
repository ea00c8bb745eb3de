//! Parameters, county columns, parts, criteria and the pages of a county's workbook.

use std::collections::HashSet;

use super::{COUNTED, COUNTY_CODE, FORM, PERIOD, Schema, Valid, table_schema};
use crate::formula::{Formula, Type};
use crate::pipeline::examples;
use crate::pipeline::load::Block;
use crate::pipeline::model::*;
use crate::pipeline::raw::*;

/// What the formulas about counties and their schools may name.
pub struct CountySchemas {
    /// Columns of the county's tables, county columns, period, parameters.
    pub county: Schema,
    pub school: Schema,
    pub unit: Schema,
    /// Columns of the county's tables, period, parameters: what rows of groups may name beside their own.
    shared: Schema,
}

impl CountySchemas {
    fn of(&self, tables: &[Table], scope: Scope) -> Schema {
        match scope {
            Scope::Unit => self.unit.clone(),
            Scope::Table(t) if tables[t].entity == Entity::School => self.school.clone(),
            Scope::Table(t) => {
                let mut schema = table_schema(&tables[t]);
                schema.extend(self.shared.iter().cloned());
                schema
            }
        }
    }
}

impl Valid<'_> {
    pub(super) fn parameters(&mut self) -> Vec<Parameter> {
        let raw = self.raw;
        let mut out = Vec::new();
        for block in &raw.parameters {
            let p = &block.value;
            let options: Vec<String> = p.options.iter().map(|o| o.get_ref().clone()).collect();
            let number = p
                .value
                .get_ref()
                .as_float()
                .or_else(|| p.value.get_ref().as_integer().map(|i| i as f64));
            let value = match (number, p.value.get_ref().as_str()) {
                (Some(n), _) => ParameterValue::Number(n),
                (None, Some(text)) => {
                    if !options.is_empty() && !options.iter().any(|o| o == text) {
                        self.wrong(
                            block.file,
                            p.value.span(),
                            format!("'{text}' is none of the options"),
                            Some(format!("it must be one of: {}", options.join(", "))),
                        );
                    }
                    ParameterValue::Text(text.to_string())
                }
                (None, None) => {
                    let message = "a parameter is a number or a text";
                    self.wrong(block.file, p.value.span(), message, None);
                    continue;
                }
            };
            out.push(Parameter {
                name: p.name.get_ref().clone(),
                title: p.title.get_ref().clone(),
                value,
                options,
                why: p.why.get_ref().clone(),
                basis: p.basis.get_ref().clone(),
            });
        }
        out
    }

    /// The county columns, and what formulas about counties may name.
    pub(super) fn county_columns(
        &mut self,
        tables: &[Table],
        school: usize,
        unit_schema: &Schema,
        parameters: &[Parameter],
    ) -> (Vec<CountyColumn>, CountySchemas) {
        let raw = self.raw;
        let mut fixed: Schema = vec![(PERIOD.to_string(), Type::Number)];
        fixed.extend(parameters.iter().map(|p| {
            let kind = match p.value {
                ParameterValue::Number(_) => Type::Number,
                ParameterValue::Text(_) => Type::Text,
            };
            (p.name.clone(), kind)
        }));
        let mut stated: Schema = Vec::new();
        for table in tables.iter().filter(|t| t.entity == Entity::County) {
            let own = table_schema(table);
            stated.extend(own.into_iter().filter(|(n, _)| n != COUNTY_CODE));
        }
        let mut school_schema = table_schema(&tables[school]);
        school_schema.push((FORM.to_string(), Type::Text));
        let mut unit = unit_schema.clone();
        unit.push((FORM.to_string(), Type::Text));
        unit.push((COUNTED.to_string(), Type::Bool));
        for schema in [&mut school_schema, &mut unit] {
            schema.extend(fixed.iter().cloned());
            schema.extend(stated.iter().cloned());
        }
        let mut shared = fixed;
        shared.extend(stated);
        let mut county: Schema = vec![(COUNTY_CODE.to_string(), Type::Text)];
        county.extend(shared.iter().cloned());
        let mut seen: HashSet<&str> = HashSet::new();
        for (name, _) in county.iter().chain(&table_schema(&tables[school])[1..]) {
            // A name must mean one thing wherever it stands.
            if !seen.insert(name) && self.raw.undecoded.is_empty() {
                let (file, at) = raw
                    .parameters
                    .iter()
                    .find(|b| b.value.name.get_ref() == name)
                    .map_or((0, 0..0), |b| (b.file, b.value.name.span()));
                let message =
                    format!("'{name}' names two columns of counties, schools or parameters");
                self.wrong(file, at, message, None);
            }
        }
        let mut schemas = CountySchemas {
            county,
            school: school_schema,
            unit,
            shared,
        };
        let mut out: Vec<CountyColumn> = Vec::new();
        for block in &raw.county_columns {
            let name = block.value.name.get_ref();
            if schemas.county.iter().any(|(n, _)| n == name) {
                let message = format!("column '{name}' is there already");
                self.wrong(block.file, block.value.name.span(), message, None);
            }
            if let Some(source) = self.county_source(block, tables, &schemas, &out) {
                out.push(CountyColumn {
                    name: name.clone(),
                    title: block.value.title.get_ref().clone(),
                    source,
                });
            }
            // One that is wrong keeps its name: what refers to it is not reported as unknown.
            schemas.county.push((name.clone(), Type::Number));
        }
        (out, schemas)
    }

    fn county_source(
        &mut self,
        block: &Block<RawCountyColumn>,
        tables: &[Table],
        schemas: &CountySchemas,
        before: &[CountyColumn],
    ) -> Option<CountySource> {
        let c = &block.value;
        let file = block.file;
        let kinds = usize::from(!c.first.is_empty())
            + usize::from(c.sum.is_some() || c.of.is_some())
            + usize::from(c.formula.is_some());
        if kinds != 1 || (c.filter.is_some() && c.sum.is_none()) {
            let message = format!(
                "county column '{}' needs one of `first`, `of` with `sum` (and `where`), `formula`",
                c.name.get_ref()
            );
            self.wrong(file, c.name.span(), message, None);
            return None;
        }
        if let Some(formula) = &c.formula {
            let formula = self.formula(file, formula, &schemas.county, Type::Number)?;
            return Some(CountySource::Formula(formula));
        }
        if !c.first.is_empty() {
            let refs: Vec<CountyRef> = c
                .first
                .iter()
                .filter_map(|name| self.county_ref(file, name, tables, before))
                .collect();
            return (refs.len() == c.first.len()).then_some(CountySource::First(refs));
        }
        let (Some(of), Some(sum)) = (&c.of, &c.sum) else {
            self.wrong(file, c.name.span(), "a sum needs `of` and `sum`", None);
            return None;
        };
        let of = self.rows_of(file, of, tables)?;
        let schema = schemas.of(tables, of);
        let filter = match &c.filter {
            Some(f) => Some(self.formula(file, f, &schema, Type::Bool)?),
            None => None,
        };
        Some(CountySource::Sum {
            of,
            sum: self.formula(file, sum, &schema, Type::Number)?,
            filter,
        })
    }

    /// The rows that a sum or a check goes over: `unit`, or a table with several rows a county.
    fn rows_of(&mut self, file: usize, of: &At<String>, tables: &[Table]) -> Option<Scope> {
        let mut known: Vec<(&str, Scope)> = vec![("unit", Scope::Unit)];
        known.extend(
            tables
                .iter()
                .enumerate()
                .filter(|(_, t)| matches!(t.entity, Entity::Group(_)) || t.name == "school")
                .map(|(i, t)| (t.name.as_str(), Scope::Table(i))),
        );
        self.one_of(file, of, "something with rows in a county", &known)
    }

    /// A figure of a county by its name: a column of figures of a county's table, or an earlier county column.
    fn county_ref(
        &mut self,
        file: usize,
        name: &At<String>,
        tables: &[Table],
        before: &[CountyColumn],
    ) -> Option<CountyRef> {
        if let Some(i) = before.iter().position(|c| c.name == *name.get_ref()) {
            return Some(CountyRef::Computed(i));
        }
        let (table, column) = self.stated(file, name, tables)?;
        if tables[table].columns[column].kind.formula_type() != Some(Type::Number) {
            let message = format!("column '{}' holds no figures", name.get_ref());
            self.wrong(file, name.span(), message, None);
            return None;
        }
        Some(CountyRef::Stated { table, column })
    }

    /// A column of one of the county's tables by its name.
    fn stated(
        &mut self,
        file: usize,
        name: &At<String>,
        tables: &[Table],
    ) -> Option<(usize, usize)> {
        let mut known: Vec<(&str, (usize, usize))> = Vec::new();
        for (t, table) in tables.iter().enumerate() {
            if table.entity == Entity::County {
                let own = table.columns.iter().enumerate();
                known.extend(own.map(|(c, column)| (column.name.as_str(), (t, c))));
            }
        }
        self.one_of(file, name, "a column of a county's table", &known)
    }

    fn stated_if(
        &mut self,
        file: usize,
        name: Option<&At<String>>,
        tables: &[Table],
        what: &str,
        fits: impl Fn(&Kind) -> bool,
    ) -> Option<(usize, usize)> {
        let name = name?;
        let (table, column) = self.stated(file, name, tables)?;
        if !fits(&tables[table].columns[column].kind) {
            let message = format!("column '{}' does not hold {what}", name.get_ref());
            self.wrong(file, name.span(), message, None);
        }
        Some((table, column))
    }

    pub(super) fn parts(&mut self) -> Vec<PartRule> {
        let raw = self.raw;
        let mut out: Vec<PartRule> = Vec::new();
        for block in &raw.parts {
            let p = &block.value;
            let part = self.part(block.file, &p.id);
            let rule = self.one_of(
                block.file,
                &p.rule,
                "a rule of a part",
                &[("all", false), ("score", true)],
            );
            if rule == Some(p.least.is_none()) {
                let message = "a part with rule = \"score\", and only that, needs `least`";
                self.wrong(block.file, p.rule.span(), message, None);
            }
            let (Some(part), Some(_)) = (part, rule) else {
                continue;
            };
            if out.iter().any(|o| o.part == part) {
                let message = format!("part '{}' is declared twice", p.id.get_ref());
                self.wrong(block.file, p.id.span(), message, None);
            }
            out.push(PartRule {
                part,
                title: p.title.get_ref().clone(),
                least: p.least.as_ref().map(|l| *l.get_ref()),
                basis: p.basis.get_ref().clone(),
            });
        }
        out
    }

    fn part(&mut self, file: usize, word: &At<String>) -> Option<Part> {
        let known = [
            Part::Government,
            Part::Quality,
            Part::Recognition,
            Part::Veto,
        ];
        let pairs = known.map(|p| (p.word(), p));
        self.one_of(file, word, "a part made of criteria", &pairs)
    }

    pub(super) fn criteria(
        &mut self,
        tables: &[Table],
        schemas: &CountySchemas,
        parts: &[PartRule],
        columns: &[CountyColumn],
    ) -> Vec<Criterion> {
        let raw = self.raw;
        let mut out: Vec<Criterion> = Vec::new();
        for block in &raw.criteria {
            let c = &block.value;
            let file = block.file;
            let Some(part) = self.part(file, &c.part) else {
                continue;
            };
            let scored = match parts.iter().find(|p| p.part == part) {
                Some(rule) => rule.least.is_some(),
                None => {
                    if self.raw.undecoded.is_empty() {
                        let message = format!("there is no [[part]] '{}'", c.part.get_ref());
                        self.wrong(file, c.part.span(), message, None);
                    }
                    continue;
                }
            };
            if scored != c.points.is_some() {
                let message =
                    "criteria of a part with rule = \"score\", and only they, need `points`";
                self.wrong(file, c.id.span(), message, None);
            }
            let choice = |k: &Kind| matches!(k, Kind::Choice(_));
            let claim = self.stated_if(file, c.claim.as_ref(), tables, "a choice", choice);
            let text = |k: &Kind| *k == Kind::Text;
            let reference = self.stated_if(file, c.reference.as_ref(), tables, "text", text);
            let yes_no = |k: &Kind| *k == Kind::YesNo;
            let forbidden = self.stated_if(file, c.forbidden.as_ref(), tables, "yes or no", yes_no);
            let figures = |k: &Kind| k.formula_type() == Some(Type::Number);
            let score = self.stated_if(file, c.score.as_ref(), tables, "figures", figures);
            if c.attested && claim.is_some() && reference.is_none() {
                let message =
                    "an attested criterion with a `claim` needs the column of its `reference`";
                self.wrong(file, c.id.span(), message, None);
            }
            if c.attested && claim.is_none() && score.is_none() {
                let message =
                    "an attested criterion needs the column of the county's `claim` or `score`";
                self.wrong(file, c.id.span(), message, None);
            }
            let decides = c.attested
                || c.forbidden.is_some()
                || c.score.is_some()
                || !c.figure.is_empty()
                || !c.check.is_empty();
            if !decides {
                let message = format!(
                    "nothing decides criterion '{}': give it a figure, a check, `forbidden`, or attested = true",
                    c.id.get_ref()
                );
                self.wrong(file, c.id.span(), message, None);
            }
            let figures: Vec<Figure> = c
                .figure
                .iter()
                .filter_map(|f| self.figure(file, f.get_ref(), tables, &schemas.county, columns))
                .collect();
            let checks: Vec<SchoolCheck> = c
                .check
                .iter()
                .filter_map(|k| self.school_check(file, k.get_ref(), tables, schemas))
                .collect();
            let mut ids: Vec<(usize, std::ops::Range<usize>, String)> = Vec::new();
            for id in c
                .figure
                .iter()
                .map(|f| &f.get_ref().id)
                .chain(c.check.iter().map(|k| &k.get_ref().id))
            {
                ids.push((file, id.span(), id.get_ref().clone()));
            }
            self.distinct("figure or check", ids);
            out.push(Criterion {
                id: c.id.get_ref().clone(),
                part,
                number: self.unsigned(file, &c.number, 1000),
                title: c.title.get_ref().clone(),
                text: c.text.get_ref().clone(),
                attested: c.attested,
                vacuous: c.vacuous,
                claim,
                reference,
                forbidden,
                points: c.points.as_ref().map(|p| *p.get_ref()),
                score,
                figures,
                checks,
                why: c.why.get_ref().clone(),
                basis: c.basis.get_ref().clone(),
            });
        }
        for block in &raw.parts {
            let id = block.value.id.get_ref();
            let has = raw.criteria.iter().any(|c| c.value.part.get_ref() == id);
            if !has && self.raw.undecoded.is_empty() {
                let message = format!("part '{id}' has no [[criterion]]");
                self.wrong(block.file, block.value.id.span(), message, None);
            }
        }
        out.sort_by_key(|c| (c.part, c.number));
        out
    }

    fn figure(
        &mut self,
        file: usize,
        f: &RawFigure,
        tables: &[Table],
        schema: &Schema,
        columns: &[CountyColumn],
    ) -> Option<Figure> {
        let numerator = self.formula(file, &f.numerator, schema, Type::Number);
        let denominator = match &f.denominator {
            Some(d) => Some(self.formula(file, d, schema, Type::Number)?),
            None => None,
        };
        let when = self.condition(file, f.when.as_ref(), schema)?;
        let limits = self.bounds(file, &f.limit, schema);
        let stated = match &f.stated {
            Some(name) => self.county_ref(file, name, tables, columns),
            None => None,
        };
        let figure = Figure {
            id: f.id.get_ref().clone(),
            title: f.title.get_ref().clone(),
            unit: f.unit.get_ref().clone(),
            digits: self.unsigned(file, &f.digits, 9),
            scale: *f.scale.get_ref(),
            better: self.better(file, &f.better)?,
            numerator: numerator?,
            denominator,
            when,
            limits,
            stated,
            deduct: f.deduct.as_ref().map(|d| *d.get_ref()),
            most: f.most.as_ref().map(|m| *m.get_ref()),
            possible: f.possible.as_ref().map(|p| *p.get_ref()),
            examples: f
                .example
                .iter()
                .map(|e| {
                    let gives = examples::gives_text(e.get_ref().gives.as_ref());
                    format!("{} => {gives}", examples::given_text(&e.get_ref().given))
                })
                .collect(),
        };
        if let (Some((low, high)), Some(p)) = (figure.possible, &f.possible)
            && low >= high
        {
            let message = "the first bound must be below the second";
            self.wrong(file, p.span(), message, None);
        }
        if f.example.is_empty() {
            let message = format!("figure '{}' has no example", figure.id);
            self.wrong(file, f.id.span(), message, None);
        }
        for example in self.to_try(&f.example) {
            for (at, message) in examples::figure(&figure, example.get_ref(), schema) {
                self.wrong(file, at.unwrap_or_else(|| example.span()), message, None);
            }
        }
        Some(figure)
    }

    /// An optional condition; `None` when it is wrong.
    fn condition(
        &mut self,
        file: usize,
        text: Option<&At<String>>,
        schema: &Schema,
    ) -> Option<Option<Formula>> {
        match text {
            Some(text) => Some(Some(self.formula(file, text, schema, Type::Bool)?)),
            None => Some(None),
        }
    }

    fn bounds(&mut self, file: usize, list: &[At<RawBound>], schema: &Schema) -> Vec<Bound> {
        let mut out = Vec::new();
        for b in list.iter().map(At::get_ref) {
            let (from, until) = self.years(file, b.from.as_ref(), b.until.as_ref());
            let value = b.value.get_ref();
            let number = value
                .as_float()
                .or_else(|| value.as_integer().map(|i| i as f64));
            let value = match (number, value.as_str()) {
                (Some(n), _) => Some(BoundValue::Number(n)),
                (None, Some(text)) => {
                    let text = At::new(b.value.span(), text.to_string());
                    self.formula(file, &text, schema, Type::Number)
                        .map(BoundValue::Formula)
                }
                (None, None) => {
                    let message = "a limit is a number or a formula";
                    self.wrong(file, b.value.span(), message, None);
                    None
                }
            };
            let when = self.condition(file, b.when.as_ref(), schema);
            if let (Some(value), Some(when)) = (value, when) {
                out.push(Bound {
                    value,
                    strict: b.strict,
                    when,
                    from,
                    until,
                    basis: b.basis.as_ref().map(|t| t.get_ref().clone()),
                });
            }
        }
        out
    }

    fn school_check(
        &mut self,
        file: usize,
        k: &RawCheck,
        tables: &[Table],
        schemas: &CountySchemas,
    ) -> Option<SchoolCheck> {
        let of = self.rows_of(file, &k.of, tables)?;
        let schema = schemas.of(tables, of);
        let names: Vec<String> = schema.iter().map(|(n, _)| n.clone()).collect();
        let cells = k
            .cells
            .iter()
            .filter_map(|c| {
                self.position(file, c, "a column of these rows", &names)
                    .map(|_| c.get_ref().clone())
            })
            .collect();
        if k.limit.is_empty() || k.cells.is_empty() {
            let message = "a check needs at least one of `limit` and one of `cells`";
            self.wrong(file, k.id.span(), message, None);
        }
        let failing = match &k.failing {
            Some(f) => Some(self.formula(file, f, &schemas.county, Type::Number)?),
            None => None,
        };
        let weight = match &k.weight {
            Some(f) => Some(self.formula(file, f, &schema, Type::Number)?),
            None => None,
        };
        let check = SchoolCheck {
            id: k.id.get_ref().clone(),
            title: k.title.get_ref().clone(),
            of,
            when: self.condition(file, k.when.as_ref(), &schema)?,
            value: self.formula(file, &k.value, &schema, Type::Number)?,
            unit: k.unit.get_ref().clone(),
            digits: self.unsigned(file, &k.digits, 9),
            better: self.better(file, &k.better)?,
            limits: self.bounds(file, &k.limit, &schema),
            cells,
            failing,
            weight,
            examples: k
                .example
                .iter()
                .map(|e| {
                    let met = match e.get_ref().met.as_ref().map(|m| *m.get_ref()) {
                        Some(true) => "met",
                        Some(false) => "not met",
                        None => "unknown",
                    };
                    format!("{} => {met}", examples::given_text(&e.get_ref().given))
                })
                .collect(),
        };
        for wanted in [true, false] {
            let there = |e: &At<RawCheckExample>| {
                e.get_ref().met.as_ref().map(|m| *m.get_ref()) == Some(wanted)
            };
            if !k.example.iter().any(there) {
                let message = format!("check '{}' has no example with met = {wanted}", check.id);
                self.wrong(file, k.id.span(), message, None);
            }
        }
        for example in self.to_try(&k.example) {
            for (at, message) in examples::school_check(&check, example.get_ref(), &schema) {
                self.wrong(file, at.unwrap_or_else(|| example.span()), message, None);
            }
        }
        Some(check)
    }

    pub(super) fn pages(
        &mut self,
        tables: &[Table],
        forms: &[Form],
        parts: &[PartRule],
        county: &Schema,
    ) -> Vec<Page> {
        let raw = self.raw;
        let names: Vec<String> = forms.iter().map(|f| f.id.clone()).collect();
        let slots: Vec<&str> = county.iter().map(|(n, _)| n.as_str()).collect();
        let mut out = Vec::new();
        for block in &raw.pages {
            let p = &block.value;
            let file = block.file;
            let form = match &p.form {
                Some(f) => self.position(file, f, "a form", &names),
                None => None,
            };
            let part = match &p.part {
                Some(part) => self.part(file, part),
                None => None,
            };
            let kind = match (p.kind.get_ref().as_str(), form, part) {
                ("fields", Some(f), _)
                    if forms[f].layout == Layout::Rows
                        && tables[forms[f].table].is_of_counties() =>
                {
                    PageKind::Fields(f)
                }
                ("statements", Some(f), _) if forms[f].layout == Layout::Statements => {
                    PageKind::Statements(f)
                }
                ("survey", Some(f), _)
                    if forms[f].label.is_some()
                        && matches!(tables[forms[f].table].entity, Entity::Group(_)) =>
                {
                    PageKind::Survey(f)
                }
                ("fields" | "statements" | "survey", Some(_), _) => {
                    let message = "this form is not laid out as this kind of page is";
                    self.wrong(file, p.kind.span(), message, None);
                    continue;
                }
                ("criteria", _, Some(part)) if parts.iter().any(|x| x.part == part) => {
                    PageKind::Criteria(part)
                }
                ("unit_shares", ..) => PageKind::UnitShares,
                ("units", ..) => PageKind::Units,
                ("balance", ..) => PageKind::Balance,
                ("fields" | "statements" | "survey", ..) => {
                    self.wrong(
                        file,
                        p.kind.span(),
                        "this kind of page needs a `form`",
                        None,
                    );
                    continue;
                }
                ("criteria", ..) => {
                    self.wrong(
                        file,
                        p.kind.span(),
                        "this kind of page needs a `part`",
                        None,
                    );
                    continue;
                }
                _ => {
                    let known = [
                        "fields",
                        "statements",
                        "survey",
                        "criteria",
                        "unit_shares",
                        "units",
                        "balance",
                    ]
                    .map(|k| (k, ()));
                    self.one_of(file, &p.kind, "a kind of page", &known);
                    continue;
                }
            };
            let notes = p
                .notes
                .iter()
                .map(|n| self.template(file, n, &slots))
                .collect();
            out.push(Page {
                id: p.id.get_ref().clone(),
                sheet: p.sheet.get_ref().clone(),
                title: p.title.get_ref().clone(),
                kind,
                notes,
            });
        }
        out
    }
}
