//! Finds the cells of a table of statistics: its header by the words of its columns, its rows by their labels, the part of a
//! stage by the row that begins it; and reads them. What is taken of it is decided in `statistics`.

use super::bind::title_units;
use super::cell::{self, Note, Read, why};
use super::grid::{Cell, Grid};
use super::header::{HeaderPath, Heads, headers_between, paths, split_unit};
use super::statistics::Book;
use crate::pipeline::model::{Field, Means, StatisticsCell, StatisticsTable};
use crate::pipeline::without_prefix;
use crate::text::{normal, trimmed};

/// How far down a header may stand.
const HEADER_SEARCH: u32 = 40;

/// Where a field's cell stands.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    /// Index of the sheet.
    pub(super) sheet: usize,
    pub(super) at: (u32, u32),
    /// Units that the row, the header and the column of units name, the nearest first.
    pub(super) unit: Option<usize>,
    /// As written, what the column of units says if that is no unit.
    pub(super) word: Option<String>,
    /// The last row of the headers.
    pub(super) leaf: u32,
}

/// The headers of one table on one sheet.
pub(super) struct Head {
    pub(super) leaf: u32,
    pub(super) paths: Vec<HeaderPath>,
    /// Rows that begin a stage's part.
    pub(super) sections: Vec<(u32, usize)>,
}

impl Book<'_> {
    /// A cell's text as a label: without a unit in brackets and leading words that say nothing.
    pub(super) fn label(&self, text: &str) -> (String, Option<usize>) {
        let (text, unit) = split_unit(self.pipeline, text);
        (
            without_prefix(&text, &self.pipeline.settings.header_prefixes),
            unit,
        )
    }

    /// The header block of a table on a sheet: the row under which most of its headers are found.
    pub(super) fn head(&self, sheet: usize, table: &StatisticsTable) -> Head {
        let grid = &self.grids[sheet];
        let heads = Heads::of(self.pipeline, grid);
        let mut best: Option<(usize, u32, Vec<HeaderPath>)> = None;
        for (row, _) in grid.rows().iter().take_while(|(r, _)| *r < HEADER_SEARCH) {
            let paths = paths(&heads, *row, self.form.header_rows);
            let count = table
                .cells
                .iter()
                .filter(|c| {
                    c.headers
                        .iter()
                        .any(|h| paths.iter().any(|p| headers_between(&p.parts, h).is_some()))
                })
                .count();
            let beats = best.as_ref().is_none_or(|(most, last, _)| {
                count > *most || (count == *most && *row == last + 1)
            });
            if count > 0 && beats {
                best = Some((count, *row, paths));
            }
        }
        let (leaf, paths) = best.map_or((0, Vec::new()), |(_, leaf, paths)| (leaf, paths));
        let mut sections = Vec::new();
        for (row, cells) in grid
            .rows()
            .iter()
            .filter(|(r, _)| !paths.is_empty() && *r > leaf)
        {
            let begun = cells.iter().find_map(|(_, cell)| match cell {
                Cell::Text(text) => {
                    let (text, _) = self.label(text);
                    let mut all = self.form.statistics.sections.iter();
                    all.find(|(_, labels)| labels.contains(&text))
                        .map(|(s, _)| *s)
                }
                _ => None,
            });
            sections.extend(begun.map(|stage| (*row, stage)));
        }
        Head {
            leaf,
            paths,
            sections,
        }
    }

    /// The cells of a sheet that a declared cell means.
    pub(super) fn hits(&self, sheet: usize, head: &Head, cell: &StatisticsCell) -> Vec<Hit> {
        if cell.headers.is_empty() {
            return self.beside(sheet, cell);
        }
        let grid = &self.grids[sheet];
        let columns = cell.headers.iter().find_map(|header| {
            let near = |p: &HeaderPath| headers_between(&p.parts, header);
            let least = head.paths.iter().filter_map(near).min()?;
            let fits = head.paths.iter().filter(|p| near(p) == Some(least));
            Some(fits.collect::<Vec<_>>())
        });
        let columns = columns.unwrap_or_default();
        let stage = self.field(cell).stage;
        for label in &cell.rows {
            let mut hits = Vec::new();
            for path in &columns {
                let rows = grid.rows().iter().filter(|(r, _)| *r > head.leaf);
                for (row, _) in rows.filter(|(r, _)| in_part(head, *r, stage, cell.in_section)) {
                    let Some((_, unit)) = self.labelled(grid, *row, path.col, label) else {
                        continue;
                    };
                    let (own, word) = self.unit_beside(grid, *row, head.leaf);
                    hits.push(Hit {
                        sheet,
                        at: (*row, path.col),
                        unit: own.or(unit).or(path.unit),
                        word,
                        leaf: head.leaf,
                    });
                }
            }
            if !hits.is_empty() {
                return hits;
            }
        }
        Vec::new()
    }

    /// The cell of a row that has a label, left of a column; what the pattern names before it must stand left of it.
    fn labelled(
        &self,
        grid: &Grid,
        row: u32,
        before: u32,
        label: &[String],
    ) -> Option<(u32, Option<usize>)> {
        let (last, above) = label.split_last()?;
        let mut seen: Vec<String> = Vec::new();
        for col in 0..before {
            let Some((text, _)) = grid.header_text(row, col) else {
                continue;
            };
            let (text, unit) = self.label(&text);
            let mut rest = seen.iter();
            if text == *last && above.iter().all(|a| rest.any(|s| s == a)) {
                return Some((col, unit));
            }
            seen.push(text);
        }
        None
    }

    /// The cells to the right of a label, lines' numbers and units between them left out.
    fn beside(&self, sheet: usize, cell: &StatisticsCell) -> Vec<Hit> {
        let grid = &self.grids[sheet];
        for label in &cell.rows {
            let mut hits = Vec::new();
            for (row, cells) in grid.rows() {
                let end = cells.last().map_or(0, |(c, _)| c + 1);
                let Some((col, unit)) = self.labelled(grid, *row, end, label) else {
                    continue;
                };
                // A label merged downwards stands in its first row only.
                if grid.get(*row, col).is_none() {
                    continue;
                }
                let aside = self.columns_above(grid, *row);
                let (own, word) = self.unit_beside(grid, *row, *row);
                let next = grid.block_end(*row, col) + 1;
                let values = (next..=end.max(next)).filter(|c| !aside.contains(c));
                let mut filled: Vec<u32> = values
                    .clone()
                    .filter(|c| grid.get(*row, *c).is_some())
                    .take_while(|c| !self.is_label(grid, *row, *c))
                    .collect();
                if filled.is_empty() {
                    filled.extend(values.min());
                }
                // Which of several cells is meant nobody knows.
                hits.extend(filled.into_iter().map(|col| Hit {
                    sheet,
                    at: (*row, col),
                    unit: own.or(unit),
                    word: word.clone(),
                    leaf: *row,
                }));
            }
            if !hits.is_empty() {
                return hits;
            }
        }
        Vec::new()
    }

    /// Whether a cell is itself a label of the form.
    fn is_label(&self, grid: &Grid, row: u32, col: u32) -> bool {
        let Some(Cell::Text(text)) = grid.get(row, col) else {
            return false;
        };
        let (text, _) = self.label(text);
        let cells = self.form.statistics.tables.iter().flat_map(|t| &t.cells);
        cells
            .flat_map(|c| &c.rows)
            .any(|label| label.last() == Some(&text))
    }

    /// The columns of lines' numbers and of units, by their headers above a row.
    fn columns_above(&self, grid: &Grid, row: u32) -> Vec<u32> {
        let s = &self.form.statistics;
        let mut out = Vec::new();
        for (_, cells) in grid.rows().iter().filter(|(r, _)| *r < row) {
            for (col, cell) in cells {
                if let Cell::Text(text) = cell {
                    let text = normal(text);
                    if s.line_header.contains(&text) || self.form.unit_header.contains(&text) {
                        out.push(*col);
                    }
                }
            }
        }
        out
    }

    /// What a column of units says of a row: a unit, or a word that is none.
    fn unit_beside(&self, grid: &Grid, row: u32, above: u32) -> (Option<usize>, Option<String>) {
        let rows = grid.rows().iter().filter(|(r, _)| *r <= above);
        let col = rows
            .flat_map(|(_, cells)| cells)
            .find_map(|(col, cell)| match cell {
                Cell::Text(text) if self.form.unit_header.contains(&normal(text)) => Some(*col),
                _ => None,
            });
        let Some(Cell::Text(text)) = col.and_then(|c| grid.get(row, c)) else {
            return (None, None);
        };
        let word = normal(text);
        let units = &self.pipeline.units;
        match units.by_text.get(&word) {
            Some(unit) => (Some(*unit), None),
            None if word.is_empty() || units.words.contains(&word) => (None, None),
            None if self.form.unit_header.contains(&word) => (None, None),
            None => (None, Some(text.clone())),
        }
    }

    /// A cell as a column's value; nothing where the cell is empty.
    pub(super) fn value(&self, field: &Field, column: usize, hit: &Hit) -> Option<Read> {
        let grid = &self.grids[hit.sheet];
        let cell = grid.get(hit.at.0, hit.at.1)?;
        let marks = &self.form.statistics.not_applicable;
        if marks.contains(&trimmed(&cell.shown())) {
            return Some(Read {
                value: None,
                notes: vec![Note::Token(Means::NotApplicable)],
            });
        }
        let column = &self.pipeline.tables[self.form.table].columns[column];
        let unit = self.stated_unit(hit, column.unit).or(field.unit);
        let percent = grid.is_percent(hit.at.0, hit.at.1);
        let mut read = cell::read(self.pipeline, column, unit, cell, percent);
        // Every figure of these workbooks is a text.
        read.notes
            .retain(|n| !matches!(n, Note::Converted { why: w, .. } if *w == why::TEXT_NUMBER));
        Some(read)
    }

    /// The unit that row, header or title state for a cell.
    pub(super) fn stated_unit(&self, hit: &Hit, base: Option<usize>) -> Option<usize> {
        let base = base?;
        let units = &self.pipeline.units.list;
        hit.unit.or_else(|| {
            let stated = title_units(self.pipeline, &self.grids[hit.sheet], hit.leaf);
            let mut fits = stated
                .into_iter()
                .filter(|u| units[*u].dimension == units[base].dimension);
            match (fits.next(), fits.next()) {
                (Some(unit), None) => Some(unit),
                _ => None,
            }
        })
    }
}

/// Whether a row belongs to what a stage's field is about: its stage's section, or a table without sections of others.
fn in_part(head: &Head, row: u32, stage: Option<usize>, in_section: bool) -> bool {
    let Some(stage) = stage else {
        return true;
    };
    let section = head.sections.iter().rev().find(|(r, _)| *r <= row);
    match section {
        Some((_, own)) => *own == stage,
        None => !in_section && head.sections.iter().all(|(_, s)| *s == stage),
    }
}
