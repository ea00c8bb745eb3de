//! What a row below the header is: an entity, a sum, a note, a heading, the header again, or something that could be an
//! entity and must be said.

use super::bind::Bound;
use super::cell::{self, Value};
use super::grid::{Cell, Grid};
use super::header::{self, HeaderMatch};
use crate::pipeline::model::{Entity, Form, Kind, Pipeline, Target};
use crate::text::normal;

/// The kinds of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    Entity,
    /// 合计: adds up all rows of its block.
    Total,
    /// 小计: adds up some rows.
    Part,
    /// A note or signature below the table.
    Note,
    /// Text that is no entity, said for the record.
    Heading,
    /// Figures, a name or a code alone: an entity could be lost.
    Unnamed,
    /// A name and figures, but neither code nor type on a sheet that has them: it could be a sum.
    Unidentified,
    HeaderAgain,
    /// Another header: what follows has other columns.
    HeaderChanges,
}

/// What is needed to tell the rows of one sheet apart.
pub(super) struct Sheet<'a> {
    pipeline: &'a Pipeline,
    form: &'a Form,
    grid: &'a Grid,
    bound: &'a [Bound],
    /// The column that names the entity.
    pub(super) name_col: Option<u32>,
    /// For each path of the header its column and all normalised headers in it.
    headers: Vec<(u32, Vec<String>)>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(
        pipeline: &'a Pipeline,
        form: &'a Form,
        grid: &'a Grid,
        found: &HeaderMatch,
        bound: &'a [Bound],
    ) -> Sheet<'a> {
        let name = form.needs.first().copied();
        let depth = u32::try_from(form.header_rows.max(1) - 1).unwrap_or(0);
        let top = found.leaf_row.saturating_sub(depth);
        let texts = |col: u32| {
            (top..=found.leaf_row)
                .filter_map(|r| grid.header_text(r, col))
                .map(|(text, _)| normal(&text))
                .collect()
        };
        // The column without a header, left of the first that has one.
        let label_col = found.paths.first().and_then(|p| p.col.checked_sub(1));
        let name_col = match form.label {
            Some(_) => label_col,
            None => bound.iter().find(|b| Some(b.field) == name).map(|b| b.col),
        };
        Sheet {
            pipeline,
            form,
            grid,
            bound,
            name_col,
            headers: found.paths.iter().map(|p| (p.col, texts(p.col))).collect(),
        }
    }

    /// The kind of a row. `in_notes`: a note stood above it; set when the row is one itself.
    pub(super) fn kind(&self, row: u32, cells: &[(u32, Cell)], in_notes: &mut bool) -> RowKind {
        let (pipeline, form, grid) = (self.pipeline, self.form, self.grid);
        // 合计(8所) is 合计: what stands in a bracket behind a label says nothing about its kind.
        let lead = cells
            .first()
            .map(|(_, cell)| label_text(cell))
            .unwrap_or_default();
        let label = self
            .name_col
            .and_then(|c| grid.get(row, c))
            .map(label_text)
            .unwrap_or_default();
        let entity = pipeline.tables[form.table].entity;
        if entity != Entity::School {
            return self.other_kind(entity, row, &lead, &label);
        }
        let is_total = |t: &String| form.total_rows.contains(t);
        let is_part = |t: &String| {
            form.subtotal_endings
                .iter()
                .any(|w| t.ends_with(w.as_str()) || t.starts_with(w.as_str()))
        };
        let total = is_total(&lead) || is_total(&label);
        let part = is_part(&lead) || is_part(&label);
        let has = |kind: Identity| {
            self.bound
                .iter()
                .any(|b| identifies(pipeline, form, grid, b, row, kind))
        };
        // A row with a code or a type is an entity; one that is labelled like a sum is one only with a code in full: the number
        // of schools may stand where their codes do.
        let coded = match total || part {
            true => has(Identity::WholeCode),
            false => has(Identity::Code),
        };
        let identified = coded || (!total && !part && has(Identity::Type));
        if !identified && total {
            return RowKind::Total;
        }
        if !identified && part {
            return RowKind::Part;
        }
        let named = names_entity(pipeline, form, &label);
        let is_note = form.end_rows.iter().any(|w| lead.starts_with(w.as_str()));
        *in_notes |= is_note && !identified;
        if !identified && (is_note || (*in_notes && cells.len() == 1)) {
            let figures = self
                .bound
                .iter()
                .any(|b| is_figure(pipeline, form, grid, b, row));
            // What could be a school's name in a note is said; a sentence is none.
            let short = label.chars().count() <= LONGEST_NAME;
            return match (figures, named) {
                (true, true) => RowKind::Unnamed,
                (false, true) if short => RowKind::Heading,
                (true, false) => RowKind::Heading,
                _ => RowKind::Note,
            };
        }
        match self.repeats_header(row) {
            Repeat::No => {}
            Repeat::Same => return RowKind::HeaderAgain,
            Repeat::Differs => return RowKind::HeaderChanges,
        }
        if let [(_, Cell::Text(_))] = cells {
            // A school of which nothing but the name or the code is there is no heading.
            return if coded || named {
                RowKind::Unnamed
            } else {
                RowKind::Heading
            };
        }
        if label.is_empty() || cells.len() == 1 {
            return RowKind::Unnamed;
        }
        let told = |b: &Bound| identity_of(pipeline, form, b).is_some();
        if !identified && self.bound.iter().any(told) {
            return RowKind::Unidentified;
        }
        RowKind::Entity
    }
}

impl Sheet<'_> {
    /// The kind of a row of a sheet that is not about schools: a county or a group stands where figures are.
    fn other_kind(&self, entity: Entity, row: u32, lead: &str, label: &str) -> RowKind {
        let mut ends = self.form.end_rows.iter();
        if ends.any(|w| lead.starts_with(w.as_str())) {
            return RowKind::Note;
        }
        match self.repeats_header(row) {
            Repeat::No => {}
            Repeat::Same => return RowKind::HeaderAgain,
            Repeat::Differs => return RowKind::HeaderChanges,
        }
        let filled = self
            .bound
            .iter()
            .filter(|b| Some(b.col) != self.name_col)
            .any(|b| self.grid.get(row, b.col).is_some());
        match (entity, filled, label.is_empty()) {
            (_, false, _) => RowKind::Note,
            (Entity::Group(_), true, true) => RowKind::Unnamed,
            _ => RowKind::Entity,
        }
    }
}

impl Sheet<'_> {
    /// Whether a figure stands in a row.
    pub(super) fn has_figure(&self, row: u32) -> bool {
        let mut bound = self.bound.iter();
        bound.any(|b| is_figure(self.pipeline, self.form, self.grid, b, row))
    }

    /// Whether a row begins as notes and signatures do.
    pub(super) fn is_note(&self, cells: &[(u32, Cell)]) -> bool {
        let lead = cells.first().map(|(_, cell)| label_text(cell));
        let mut ends = self.form.end_rows.iter();
        lead.is_some_and(|lead| ends.any(|w| lead.starts_with(w.as_str())))
    }

    /// Whether a row without figures that could be a school by its words is the title of a table, for sure: it names another stage
    /// than the table above; or it does not end as the name of a school, and is merged over several columns or ends as the
    /// title of the first table.
    pub(super) fn is_title(&self, row: u32, cells: &[(u32, Cell)], stage: Option<usize>) -> bool {
        let Some(text) = header::title_text(cells) else {
            return false;
        };
        let named = header::stage_in(self.pipeline, text);
        if stage.is_some() && named.is_some() && named != stage {
            return true;
        }
        let key = label_text(&Cell::Text(text.to_string()));
        let mut words = self.form.entity_words.iter();
        if words.any(|w| key.ends_with(w.as_str())) {
            return false;
        }
        let at = cells
            .iter()
            .find(|(_, cell)| matches!(cell, Cell::Text(t) if t == text));
        let is_merged = at.is_some_and(|(col, _)| self.grid.block_end(row, *col) > *col);
        let end =
            |text: &str| -> Vec<char> { normal(text).chars().rev().take(TITLE_END).collect() };
        is_merged || header::title(self.grid).is_some_and(|first| end(first) == end(text))
    }
}

/// Characters at the end of titles that are compared.
const TITLE_END: usize = 2;
/// Characters of a label that may still be a name.
const LONGEST_NAME: usize = 20;

/// A cell's text as the label of a row.
fn label_text(cell: &Cell) -> String {
    let text = crate::text::trimmed(&cell.shown());
    let head = text.split('(').next().unwrap_or("");
    normal(if head.is_empty() { &text } else { head })
}

/// Whether a label could be the name of an entity: it holds a word of such names and is not just a stage.
fn names_entity(pipeline: &Pipeline, form: &Form, label: &str) -> bool {
    let stage = pipeline.stages.iter().flat_map(|s| &s.words);
    // A numeral before the stage: 一、小学.
    let bare = |word: &String| {
        label
            .strip_suffix(word.as_str())
            .is_some_and(|head| head.chars().count() <= 1)
    };
    form.entity_words.iter().any(|w| label.contains(w.as_str())) && !stage.into_iter().any(bare)
}

/// What says which entity a row is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Identity {
    Code,
    /// With all its digits.
    WholeCode,
    Type,
}

/// Whether a column is one of codes, or of school types.
fn identity_of(pipeline: &Pipeline, form: &Form, bound: &Bound) -> Option<Identity> {
    let Target::Column(c) = form.fields[bound.field].target else {
        return None;
    };
    match &pipeline.tables[form.table].columns[c].kind {
        Kind::Code(_) => Some(Identity::Code),
        Kind::Choice(list) if list == "school_type" => Some(Identity::Type),
        _ => None,
    }
}

/// Whether a row has a code (digits, be they too few) or a known type.
fn identifies(
    pipeline: &Pipeline,
    form: &Form,
    grid: &Grid,
    bound: &Bound,
    row: u32,
    kind: Identity,
) -> bool {
    let Target::Column(c) = form.fields[bound.field].target else {
        return false;
    };
    let wanted = match kind {
        Identity::WholeCode => Identity::Code,
        other => other,
    };
    if identity_of(pipeline, form, bound) != Some(wanted) {
        return false;
    }
    let column = &pipeline.tables[form.table].columns[c];
    grid.get(row, bound.col).is_some_and(|cell| {
        let read = cell::read(pipeline, column, None, cell, false);
        match kind {
            Identity::WholeCode => {
                let shown = crate::text::trimmed(&cell.shown());
                let digits = shown.bytes().all(|b| b.is_ascii_digit());
                digits && matches!(column.kind, Kind::Code(Some(length)) if shown.len() == length)
            }
            Identity::Code => read
                .value
                .as_ref()
                .and_then(Value::text)
                .is_some_and(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit())),
            Identity::Type => read.value.is_some(),
        }
    })
}

/// Whether a figure stands in the row in this column.
fn is_figure(pipeline: &Pipeline, form: &Form, grid: &Grid, bound: &Bound, row: u32) -> bool {
    let Target::Column(c) = form.fields[bound.field].target else {
        return false;
    };
    let column = &pipeline.tables[form.table].columns[c];
    matches!(column.kind, Kind::Count | Kind::Number | Kind::Percent)
        && grid.get(row, bound.col).is_some_and(|cell| {
            cell::read(pipeline, column, bound.unit, cell, false)
                .value
                .is_some()
        })
}

/// Whether a row is the header again.
enum Repeat {
    No,
    Same,
    /// Most of it is, but not all: a block with other columns begins.
    Differs,
}

impl Sheet<'_> {
    fn repeats_header(&self, row: u32) -> Repeat {
        let units_of = &self.pipeline.units;
        let mut same = 0;
        let mut units = 0;
        let mut filled = 0;
        let mut other_unit = false;
        for (col, texts) in &self.headers {
            let Some(cell) = self.grid.get(row, *col) else {
                continue;
            };
            filled += 1;
            let Cell::Text(text) = cell else { continue };
            let key = normal(text);
            same += usize::from(texts.contains(&key));
            let unit = units_of.by_text.get(&key);
            units += usize::from(unit.is_some() || units_of.words.contains(&key));
            let mut bound = self.bound.iter().filter(|b| b.col == *col);
            let own = bound.find_map(|b| b.unit);
            other_unit |= own.zip(unit).is_some_and(|(own, unit)| own != *unit);
        }
        if filled > 1 && units == filled && other_unit {
            // What follows has figures in other units.
            Repeat::Differs
        } else if filled > 1 && (same == filled || units == filled) {
            Repeat::Same
        } else if filled > 1 && same * 2 > filled {
            Repeat::Differs
        } else {
            Repeat::No
        }
    }
}
