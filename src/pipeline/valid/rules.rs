//! Rules, notices and words: what is said and how.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::more_rules::Known;
use super::{Schema, Valid, table_schema};
use crate::finding::{NOTICES, Severity};
use crate::formula::Type;
use crate::pipeline::diagnostic::nearest;
use crate::pipeline::examples;
use crate::pipeline::load::Block;
use crate::pipeline::model::*;
use crate::pipeline::raw::*;
use crate::report::words::{PHRASES, WORDS};

impl Valid<'_> {
    pub(super) fn rules(
        &mut self,
        tables: &[Table],
        unit_schema: &Schema,
        indicators: &[Indicator],
    ) -> Rules {
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
                self.wrong(
                    file,
                    m.id.span(),
                    "a rule needs at least one of `cells`",
                    None,
                );
            }
            let mut slots: Vec<&str> = names.iter().map(String::as_str).collect();
            slots.extend(["expected", "school_name", "stage_title"]);
            let text = self.rule_text(
                file,
                "must",
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
            let mut text = text;
            text.condition = match &m.when {
                Some(when) => format!("{} [when {}]", m.must.get_ref(), when.get_ref()),
                None => m.must.get_ref().clone(),
            };
            text.examples = both(&m.holds, &m.fires, |row| {
                examples::given_text(row.get_ref())
            });
            let rule = Must {
                text,
                rows: Rows {
                    scope,
                    when: when.flatten(),
                    cells,
                },
                must,
                expected: expected.flatten(),
            };
            for (example, fires) in self.both_to_try(&m.holds, &m.fires) {
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
                "unique",
                (&u.id, &u.title, &u.severity, &u.level),
                (&u.why, &u.message, &u.remedy, &u.basis),
                &slots,
            );
            self.has_examples(file, &u.id, u.holds.is_empty(), u.fires.is_empty());
            let Some(mut text) = text else { continue };
            text.condition = columns.join(", ");
            text.examples = both(&u.holds, &u.fires, |rows| rows_text(rows));
            let rule = Unique {
                text,
                table,
                columns,
            };
            for (example, fires) in self.both_to_try(&u.holds, &u.fires) {
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
        let mut rules = Rules {
            musts,
            uniques,
            totals,
            ..Rules::default()
        };
        let known = Known {
            tables,
            unit_schema,
            indicators,
        };
        self.more_rules(known, &mut rules);
        rules
    }

    pub(super) fn total(
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
        let mut text = self.rule_text(
            file,
            "total",
            (&t.id, &t.title, &t.severity, &t.level),
            (&t.why, &t.message, &t.remedy, &t.basis),
            &slots,
        )?;
        if t.example.is_empty() {
            let message = format!("rule '{}' has no example", t.id.get_ref());
            self.wrong(file, t.id.span(), message, None);
        }
        text.condition = "total row = sum of the rows above".to_string();
        text.examples = t
            .example
            .iter()
            .map(|e| {
                let e = e.get_ref();
                let word = if *e.fires.get_ref() { "fires" } else { "holds" };
                let stated = e.stated.get_ref();
                format!("{word}: {}; stated {stated}", rows_text(&e.rows))
            })
            .collect();
        let rule = Total {
            text,
            table,
            tolerance: *t.tolerance.get_ref(),
        };
        for example in self.to_try(&t.example) {
            for (at, message) in examples::total(&rule, example.get_ref(), &schema) {
                self.wrong(file, at.unwrap_or_else(|| example.span()), message, None);
            }
        }
        Some(rule)
    }

    pub(super) fn has_examples(
        &mut self,
        file: usize,
        id: &At<String>,
        no_holds: bool,
        no_fires: bool,
    ) {
        for (missing, what) in [(no_holds, "holds"), (no_fires, "fires")] {
            if missing {
                self.wrong(
                    file,
                    id.span(),
                    format!("rule '{}' has no example for `{what}`", id.get_ref()),
                    Some(
                        "every rule shows one row where it holds and one where it fires"
                            .to_string(),
                    ),
                );
            }
        }
    }

    pub(super) fn rule_text(
        &mut self,
        file: usize,
        kind: &'static str,
        (id, title, severity, level): (&At<String>, &At<String>, &At<String>, &At<i64>),
        (why, message, remedy, basis): (&At<String>, &At<String>, &At<String>, &At<String>),
        slots: &[&str],
    ) -> Option<RuleText> {
        let severity = self.severity(file, severity);
        self.unsigned(file, level, 5);
        let message = self.template(file, message, slots);
        Some(RuleText {
            id: id.get_ref().clone(),
            kind,
            title: title.get_ref().clone(),
            severity: severity?,
            level: *level.get_ref(),
            why: why.get_ref().clone(),
            message,
            remedy: remedy.get_ref().clone(),
            basis: basis.get_ref().clone(),
            condition: String::new(),
            examples: Vec::new(),
        })
    }

    pub(super) fn severity(&mut self, file: usize, word: &At<String>) -> Option<Severity> {
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

    pub(super) fn notices(&mut self) -> BTreeMap<String, Notice> {
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
                        of_county: n.of_county,
                    },
                );
            }
        }
        if raw.undecoded.is_empty() {
            for (id, _) in NOTICES {
                if !out.contains_key(*id) && !raw.notices.iter().any(|b| b.value.id.get_ref() == id)
                {
                    self.wrong(0, 0..0, format!("there is no [[notice]] '{id}'"), None);
                }
            }
        }
        out
    }

    pub(super) fn words(&mut self) -> BTreeMap<String, String> {
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
        if raw.undecoded.is_empty() {
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

impl Valid<'_> {
    /// Names of sheets: such as a workbook can have, and no two alike.
    pub(super) fn sheet_names(&mut self) {
        let raw = self.raw;
        // Words of two sheets' titles are no names.
        let titles = ["sheet_title", "sheet_audit_title"];
        let words = raw
            .words
            .iter()
            .filter(|(key, _)| key.starts_with("sheet_") && !titles.contains(&key.as_str()));
        let mut names: Vec<(usize, Range<usize>, &str)> = words
            .map(|(_, (file, at, text))| (*file, at.clone(), text.as_str()))
            .collect();
        for page in &raw.pages {
            let sheet = &page.value.sheet;
            names.push((page.file, sheet.span(), sheet.get_ref()));
        }
        for ranking in raw.rankings.iter().filter(|r| r.value.each_indicator) {
            let title = &ranking.value.title;
            names.push((ranking.file, title.span(), title.get_ref()));
        }
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for (file, at, name) in names {
            self.sheet_name(file, at, name, &mut seen);
        }
    }

    /// A name that a sheet can have, unlike all those seen before.
    pub(super) fn sheet_name(
        &mut self,
        file: usize,
        at: Range<usize>,
        name: &str,
        seen: &mut BTreeSet<String>,
    ) {
        let length = name.encode_utf16().count();
        let forbidden = name.contains(['[', ']', ':', '*', '?', '/', '\\'])
            || name.starts_with('\'')
            || name.ends_with('\'');
        if length == 0 || length > 31 || forbidden {
            let message = format!("'{name}' cannot be the name of a sheet");
            let help = "1 to 31 characters, none of [ ] : * ? / \\, no ' at an end";
            self.wrong(file, at, message, Some(help.to_string()));
        } else if !seen.insert(name.to_lowercase()) {
            self.wrong(file, at, format!("two sheets have the name '{name}'"), None);
        }
    }
}

/// Some rows of an example as one text.
fn rows_text(rows: &[At<RawRow>]) -> String {
    let texts: Vec<String> = rows
        .iter()
        .map(|r| format!("{{ {} }}", examples::given_text(r.get_ref())))
        .collect();
    texts.join(", ")
}

/// The examples where a rule holds and where it fires, as texts.
pub(super) fn both<T>(holds: &[T], fires: &[T], text: impl Fn(&T) -> String) -> Vec<String> {
    let holds = holds.iter().map(|e| format!("holds: {}", text(e)));
    let fires = fires.iter().map(|e| format!("fires: {}", text(e)));
    holds.chain(fires).collect()
}
