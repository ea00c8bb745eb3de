//! Templates: which forms can be filled in, and how they are printed.

use std::collections::{BTreeMap, BTreeSet};

use super::Valid;
use crate::pipeline::model::*;
use crate::pipeline::raw::*;
use crate::text::normal;

/// Slots of the lines that people complete.
const LEAD: &[&str] = &["county_code", "county_name"];
/// Most rows that are made ready for entries.
const MOST_ROWS: i64 = 10_000;
/// Words with the names of the sheets that a template has beside its forms.
const SIDE: &[&str] = &["sheet_template_codes", "sheet_template_guide"];

impl Valid<'_> {
    pub(super) fn templates(
        &mut self,
        tables: &[Table],
        forms: &[Form],
        code_lists: &BTreeMap<String, Vec<Code>>,
    ) -> (Vec<TemplateBook>, Vec<(usize, String)>) {
        let raw = self.raw;
        let mut used: BTreeSet<usize> = BTreeSet::new();
        let mut titles: BTreeSet<&String> = BTreeSet::new();
        let mut out = Vec::new();
        for block in &raw.templates {
            let t = &block.value;
            if !titles.insert(t.title.get_ref()) {
                let message = format!("two templates have the title '{}'", t.title.get_ref());
                self.wrong(block.file, t.title.span(), message, None);
            }
            let words = SIDE.iter().filter_map(|key| raw.words.get(*key));
            let mut names: BTreeSet<String> = words.map(|(.., w)| w.to_lowercase()).collect();
            let mut sheets = Vec::new();
            for sheet in &t.sheet {
                let s = sheet.get_ref();
                let (name, at) = (s.name.get_ref(), s.name.span());
                self.sheet_name(block.file, at, name, &mut names);
                let Some(made) = self.template_sheet(block.file, s, tables, forms, code_lists)
                else {
                    continue;
                };
                if !used.insert(made.form) {
                    let message = format!("form '{}' has a template already", s.form.get_ref());
                    self.wrong(block.file, s.form.span(), message, None);
                }
                sheets.push(made);
            }
            out.push(TemplateBook {
                id: t.id.get_ref().clone(),
                title: t.title.get_ref().clone(),
                sheets,
            });
        }
        let ids: Vec<String> = forms.iter().map(|f| f.id.clone()).collect();
        let mut none = Vec::new();
        for block in &raw.no_templates {
            for form in &block.value.forms {
                let Some(at) = self.position(block.file, form, "a form", &ids) else {
                    continue;
                };
                if !used.insert(at) {
                    let message = format!(
                        "form '{}' has a template, or a reason for none",
                        form.get_ref()
                    );
                    self.wrong(block.file, form.span(), message, None);
                }
                none.push((at, block.value.why.get_ref().clone()));
            }
        }
        (out, none)
    }

    fn template_sheet(
        &mut self,
        file: usize,
        s: &RawTemplateSheet,
        tables: &[Table],
        forms: &[Form],
        code_lists: &BTreeMap<String, Vec<Code>>,
    ) -> Option<TemplateSheet> {
        let ids: Vec<String> = forms.iter().map(|f| f.id.clone()).collect();
        let at = self.position(file, &s.form, "a form", &ids)?;
        let form = &forms[at];
        if form.layout == Layout::Statistics {
            let message = "a workbook of statistics has no template";
            self.wrong(file, s.form.span(), message, None);
            return None;
        }
        let raw = self.raw;
        let declared = raw.forms.iter().find(|b| b.value.id.get_ref() == &form.id);
        let declared = &declared?.value;
        let lead = s.lead.iter().map(|l| self.template(file, l, LEAD));
        let lead = lead.collect();
        let labels = self.template_labels(file, s, form, tables, code_lists);
        let rows = self.template_rows(file, s, form, &labels);
        let units = match &s.units {
            Some(word) => {
                let known = [("header", UnitPlace::Header), ("row", UnitPlace::Row)];
                self.one_of(file, word, "a place of units", &known)
            }
            None => None,
        };
        // A field by its column; a statement by any of its columns.
        let columns: Vec<Vec<String>> = match form.layout {
            Layout::Statements => {
                let own = |s: &RawStatement| {
                    let all = [&s.text, &s.claim, &s.score];
                    let given = all.into_iter().flatten();
                    given.map(|c| c.get_ref().clone()).collect()
                };
                declared
                    .statement
                    .iter()
                    .map(|s| own(s.get_ref()))
                    .collect()
            }
            _ => {
                let fields = declared.field.iter();
                fields
                    .map(|f| vec![f.get_ref().column.get_ref().clone()])
                    .collect()
            }
        };
        let known: Vec<String> = columns.iter().flatten().cloned().collect();
        let entry = |name: &str| columns.iter().position(|own| own.iter().any(|c| c == name));
        let find = |v: &mut Self, name: &At<String>| {
            v.position(file, name, "a field of this form", &known)?;
            entry(name.get_ref())
        };
        let leave_out: Vec<usize> = s
            .leave_out
            .iter()
            .filter_map(|name| find(self, name))
            .collect();
        for name in &s.leave_out {
            let lost = entry(name.get_ref()).is_some_and(|e| {
                form.needs.contains(&e) || form.fields.get(e).is_some_and(|f| f.required)
            });
            if lost {
                let message = format!("the form needs '{}'", name.get_ref());
                self.wrong(file, name.span(), message, None);
            }
        }
        let mut sections: Vec<(usize, String)> = Vec::new();
        for section in &s.sections {
            let section = section.get_ref();
            let Some(from) = find(self, &section.from) else {
                continue;
            };
            if sections.last().is_some_and(|(before, _)| *before >= from) {
                let message = "sections stand in the order of the form";
                self.wrong(file, section.from.span(), message, None);
            }
            sections.push((from, section.title.get_ref().clone()));
        }
        let mut remarks = Vec::new();
        for (name, text) in &s.remarks {
            match entry(name) {
                Some(e) => remarks.push((e, text.get_ref().clone())),
                None => {
                    let message = format!("the form has no field '{name}'");
                    self.wrong(file, text.span(), message, None);
                }
            }
        }
        let first = |list: &[At<String>]| list.first().map(|t| t.get_ref().clone());
        Some(TemplateSheet {
            form: at,
            name: s.name.get_ref().clone(),
            title: s.title.get_ref().clone(),
            lead,
            notes: s.notes.iter().map(|n| n.get_ref().clone()).collect(),
            rows,
            units: units.unwrap_or(UnitPlace::Header),
            leave_out,
            sections,
            remarks,
            labels,
            roles: self.template_roles(file, s, form),
            heads: TemplateHeads {
                item: first(&declared.item_header).unwrap_or_default(),
                value: first(&declared.value_header).unwrap_or_default(),
                unit: first(&declared.unit_header),
                verdict: first(&declared.verdict_header),
                score: first(&declared.score_header),
            },
        })
    }

    /// How many rows are made ready: the declared number, or one for each label.
    fn template_rows(
        &mut self,
        file: usize,
        s: &RawTemplateSheet,
        form: &Form,
        labels: &[String],
    ) -> usize {
        let wanted = matches!(form.layout, Layout::Rows | Layout::Questionnaire);
        match &s.rows {
            Some(rows) if wanted && labels.is_empty() => {
                if *rows.get_ref() == 0 {
                    self.wrong(file, rows.span(), "a template without a row", None);
                }
                self.unsigned(file, rows, MOST_ROWS)
            }
            Some(rows) => {
                let message = "the rows of this sheet are those of its items or labels";
                self.wrong(file, rows.span(), message, None);
                0
            }
            None => {
                if wanted && s.labels.is_empty() {
                    let message = "a template of this form needs `rows`";
                    self.wrong(file, s.form.span(), message, None);
                }
                labels.len()
            }
        }
    }

    /// Names of rows, each of which must be a group that the form knows.
    fn template_labels(
        &mut self,
        file: usize,
        s: &RawTemplateSheet,
        form: &Form,
        tables: &[Table],
        code_lists: &BTreeMap<String, Vec<Code>>,
    ) -> Vec<String> {
        let table = &tables[form.table];
        let list = match table.entity {
            Entity::Group(key) if form.layout == Layout::Rows => match &table.columns[key].kind {
                Kind::Choice(list) => code_lists.get(list),
                _ => None,
            },
            _ => None,
        };
        for label in &s.labels {
            let key = normal(label.get_ref());
            let known = list.is_some_and(|l| l.iter().any(|c| c.texts.contains(&key)));
            if !known {
                let message = format!("'{}' is no group of this form", label.get_ref());
                self.wrong(file, label.span(), message, None);
            }
        }
        s.labels.iter().map(|l| l.get_ref().clone()).collect()
    }

    fn template_roles(
        &mut self,
        file: usize,
        s: &RawTemplateSheet,
        form: &Form,
    ) -> Vec<(AnswerRole, String)> {
        let mut out = Vec::new();
        for role in &s.roles {
            let r = role.get_ref();
            let Some(role) = self.one_of(file, &r.role, "a role of a column", ROLES) else {
                continue;
            };
            let header = normal(r.header.get_ref()).into();
            let mut known = form.asked.roles.iter().filter(|(own, _)| *own == role);
            if !known.any(|(_, patterns)| patterns.iter().any(|p| p.fits(&header))) {
                let message = format!(
                    "'{}' is no header of the role {}",
                    r.header.get_ref(),
                    r.role.get_ref()
                );
                self.wrong(file, r.header.span(), message, None);
            }
            out.push((role, r.header.get_ref().clone()));
        }
        out
    }
}
