//! Forms of workbooks of statistics: their tables, and the cells that fill fields.

use super::layouts::pattern;
use super::{Valid, normals};
use crate::pipeline::load::Block;
use crate::pipeline::model::*;
use crate::pipeline::raw::*;
use crate::text::normal;

impl Valid<'_> {
    pub(super) fn statistics(
        &mut self,
        block: &Block<RawForm>,
        table: &Table,
        units: &Units,
        stages: &[String],
        settings: &Settings,
    ) -> (Statistics, Vec<Field>) {
        let f = &block.value;
        let mut fields = Vec::new();
        let mut tables = Vec::new();
        let sections = f
            .section
            .iter()
            .filter_map(|s| {
                let s = s.get_ref();
                let stage = self.position(block.file, &s.stage, "a stage", stages)?;
                Some((stage, normals(&s.row)))
            })
            .collect();
        for raw in &f.statistics {
            let t = raw.get_ref();
            let Some(number) = t.number.first() else {
                let message = "a table of statistics needs a `number`";
                self.wrong(block.file, t.title.span(), message, None);
                continue;
            };
            let cells = t
                .cell
                .iter()
                .filter_map(|cell| {
                    let cell = cell.get_ref();
                    let (field, mut cell) =
                        self.statistics_cell(block, cell, number, table, units, stages, settings)?;
                    cell.field = fields.len();
                    fields.push(field);
                    Some(cell)
                })
                .collect();
            tables.push(StatisticsTable {
                number: number.get_ref().clone(),
                title: t.title.get_ref().clone(),
                numbers: normals(&t.number),
                stages: t
                    .stages
                    .iter()
                    .filter_map(|s| self.position(block.file, s, "a stage", stages))
                    .collect(),
                cells,
            });
        }
        let name = |text: &At<String>| NamePattern {
            text: normal(text.get_ref()),
            beginning: text.get_ref().ends_with('*'),
        };
        let plain = |list: &[At<String>]| list.iter().map(|t| t.get_ref().clone()).collect();
        let statistics = Statistics {
            passed_over: f.passed_over.iter().map(name).collect(),
            not_applicable: plain(&f.not_applicable),
            noise: plain(&f.noise),
            line_header: normals(&f.line_header),
            sections,
            tables,
        };
        (statistics, fields)
    }

    fn statistics_cell(
        &mut self,
        block: &Block<RawForm>,
        c: &RawStatisticsCell,
        number: &At<String>,
        table: &Table,
        units: &Units,
        stages: &[String],
        settings: &Settings,
    ) -> Option<(Field, StatisticsCell)> {
        let Some(row) = c.row.first() else {
            self.wrong(block.file, c.column.span(), "a cell needs a `row`", None);
            return None;
        };
        let raw = RawField {
            column: c.column.clone(),
            header: c.row.clone(),
            required: c.required,
            stage: c.stage.clone(),
            unit: c.unit.clone(),
            blank: c.blank.clone(),
            group: c.group.clone(),
            less: c.less.clone(),
            line: None,
            digits: None,
        };
        let mut field = self.field(block, &raw, table, units, stages, settings)?;
        if c.in_section && c.stage.is_none() {
            let message = "a cell of a section needs a `stage`";
            self.wrong(block.file, c.column.span(), message, None);
        }
        let header = c.header.first().map(At::get_ref);
        field.title = [Some(number.get_ref()), Some(row.get_ref()), header]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ");
        let names: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
        let contained_in = match &c.contained_in {
            Some(name) => {
                Some(self.position(block.file, name, "a column of this table", &names)?)
            }
            None => None,
        };
        let parts = |list: &[At<String>]| -> Vec<Vec<String>> {
            list.iter()
                .map(|t| pattern(t.get_ref(), false, settings))
                .filter(|p| !p.is_empty())
                .collect()
        };
        let cell = StatisticsCell {
            field: 0,
            rows: parts(&c.row),
            headers: parts(&c.header),
            in_section: c.in_section,
            contained_in,
        };
        Some((field, cell))
    }
}
