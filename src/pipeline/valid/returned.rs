//! The table and the form of the answers to findings. A pipeline may do without.

use std::collections::BTreeMap;

use super::Valid;
use crate::pipeline::model::{Code, Entity, Form, Kind, Layout, Table, Target};
use crate::pipeline::returned::{CORRECTED, FINDING, REASON, Returned, TABLE, TEXT};

impl Valid<'_> {
    pub(super) fn returned(
        &mut self,
        tables: &[Table],
        forms: &[Form],
        code_lists: &BTreeMap<String, Vec<Code>>,
    ) -> Option<Returned> {
        let at = tables.iter().position(|t| t.name == TABLE)?;
        let table = self.table_with(tables, TABLE, &[FINDING, REASON, TEXT])?;
        let block = self.raw.tables.get(at)?;
        let (file, span) = (block.file, block.span.clone());
        let column = |name: &str| tables[table].position(name);
        let (finding, reason, text) = (column(FINDING)?, column(REASON)?, column(TEXT)?);
        if tables[table].entity != Entity::Group(finding) {
            let message = format!("table '{TABLE}' must be of groups with the key '{FINDING}'");
            self.wrong(file, span.clone(), message, None);
        }
        let corrected = match &tables[table].columns[reason].kind {
            Kind::Choice(list) => code_lists
                .get(list)
                .is_some_and(|codes| codes.iter().any(|c| c.code == CORRECTED)),
            _ => false,
        };
        if !corrected {
            let message = format!(
                "column '{REASON}' of table '{TABLE}' must be a choice of a code list with the code '{CORRECTED}'"
            );
            self.wrong(file, span.clone(), message, None);
        }
        let fits = |form: &Form| {
            let has = |c: usize| form.fields.iter().any(|f| f.target == Target::Column(c));
            form.table == table
                && form.layout == Layout::Rows
                && [finding, reason, text].into_iter().all(has)
        };
        let mut own = (0..forms.len()).filter(|f| forms[*f].table == table);
        match (own.next(), own.next()) {
            (Some(form), None) if fits(&forms[form]) => Some(Returned {
                table,
                form,
                finding,
                reason,
                text,
            }),
            _ => {
                let message = format!(
                    "table '{TABLE}' needs one form, with the layout \"rows\" and the fields '{FINDING}', '{REASON}' and '{TEXT}'"
                );
                self.wrong(file, span, message, None);
                None
            }
        }
    }
}
