//! Finds the header block of a sheet and which column of the sheet means which field of a form. Headers are compared by
//! normalised text and by their path; what fits twice or not at all is said, never guessed.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::grid::{Cell, Grid};
use crate::fixed::HashMap;
use crate::pipeline::model::{Form, Pipeline};
use crate::pipeline::without_prefix;
use crate::text::normal;

/// How far down a header block may begin.
const HEADER_SEARCH: u32 = 40;

/// Columns that a title spans at least, where they are not most of the sheet's; a group of headers has fewer.
const TITLE_COLUMNS: u32 = 10;

/// The header of one column of a sheet.
#[derive(Debug, Clone)]
pub struct HeaderPath {
    pub col: u32,
    /// Where the last header stands.
    pub cell: (u32, u32),
    /// As written, the last header only.
    pub raw: String,
    /// Normalised, from the top header to the last.
    pub parts: Vec<String>,
    /// The unit named in a bracket of the path.
    pub unit: Option<usize>,
}

/// A form's fields found in a sheet.
#[derive(Debug, Clone)]
pub struct HeaderMatch {
    /// The row of the last headers.
    pub leaf_row: u32,
    pub paths: Vec<HeaderPath>,
    /// For each field of the form, the indices of the paths that fit it.
    pub fields: Vec<Vec<usize>>,
    /// For each path, the fields that fit it equally well.
    pub claims: Vec<Vec<usize>>,
    /// The only stage that the sheet is about.
    pub stage: Option<usize>,
}

impl HeaderMatch {
    /// How many fields were found.
    pub fn found(&self) -> usize {
        self.fields.iter().filter(|f| !f.is_empty()).count()
    }

    /// Whether enough was found for the sheet to be this form.
    pub fn makes(&self, form: &Form) -> bool {
        self.found() >= form.least && form.needs.iter().all(|n| !self.fields[*n].is_empty())
    }

    /// How many fields were found exactly once.
    fn found_once(&self) -> usize {
        self.fields.iter().filter(|f| f.len() == 1).count()
    }

    /// Whether this reading is better than another: more fields found once; of two rows that stand together and say the
    /// same (headers merged downwards) the lower one, which ends the block.
    fn beats(&self, other: &HeaderMatch) -> bool {
        let (own, theirs) = (self.found_once(), other.found_once());
        own > theirs || (own > 0 && own == theirs && self.leaf_row == other.leaf_row + 1)
    }
}

/// A text without the unit in its bracket, and that unit: `面积（平方米）`, `资产值(单位:万元)`, `资产值/万元`.
pub fn split_unit(pipeline: &Pipeline, text: &str) -> (String, Option<usize>) {
    let folded = crate::text::trimmed(text);
    let known = |inner: &str| -> Option<usize> {
        let word = without_prefix(&normal(inner), &pipeline.settings.unit_prefixes);
        pipeline.units.by_text.get(&word).copied()
    };
    for (open, close) in [('(', ')'), ('[', ']'), ('\u{3010}', '\u{3011}')] {
        let mut from = 0;
        while let Some(start) = folded[from..].find(open).map(|i| i + from) {
            let Some(end) = folded[start..].find(close).map(|i| i + start) else {
                break;
            };
            if let Some(unit) = known(&folded[start + open.len_utf8()..end]) {
                let rest = format!("{}{}", &folded[..start], &folded[end + close.len_utf8()..]);
                return (normal(&rest), Some(unit));
            }
            from = end + close.len_utf8();
        }
    }
    if let Some((head, tail)) = folded.rsplit_once(['/', ':'])
        && !normal(head).is_empty()
        && let Some(unit) = known(tail)
    {
        return (normal(head), Some(unit));
    }
    (normal(&folded), None)
}

/// What a cell would be as a header: normalised and without its unit, and that unit.
type Part = Rc<(String, Option<usize>)>;

/// What the first rows of a sheet say as headers, for all forms that are looked for in it: every cell is looked at once.
pub struct Heads<'g> {
    pipeline: &'g Pipeline,
    pub grid: &'g Grid,
    /// By cell the header that it would be, and its unit.
    known: RefCell<HashMap<(u32, u32), Part>>,
    /// The texts of the first rows, normalised, with their rows.
    texts: OnceCell<Vec<(u32, String)>>,
}

impl<'g> Heads<'g> {
    /// The heads of a sheet.
    pub fn of(pipeline: &'g Pipeline, grid: &'g Grid) -> Heads<'g> {
        Heads {
            pipeline,
            grid,
            known: RefCell::default(),
            texts: OnceCell::new(),
        }
    }

    /// Whether one of the first rows, down to this one, says one of these (normalised).
    pub fn say(&self, wanted: &[String], last: u32) -> bool {
        if wanted.is_empty() {
            return false;
        }
        let rows = self.grid.rows().iter().take(HEADER_SEARCH as usize);
        let texts = self.texts.get_or_init(|| {
            rows.flat_map(|(row, cells)| {
                cells.iter().filter_map(|(_, cell)| match cell {
                    Cell::Text(text) => Some((*row, normal(text))),
                    _ => None,
                })
            })
            .collect()
        });
        let mut texts = texts.iter().take_while(|(row, _)| *row <= last);
        texts.any(|(_, text)| wanted.contains(text))
    }

    /// The header that a cell would be, normalised and without its unit; nothing where it holds no text.
    fn part(&self, row: u32, col: u32) -> Option<Part> {
        let at = self.grid.header_cell(row, col);
        if let Some(part) = self.known.borrow().get(&at) {
            return Some(Rc::clone(part));
        }
        let text = self.grid.text_at(at)?;
        let (part, unit) = split_unit(self.pipeline, &text);
        let part = without_prefix(&part, &self.pipeline.settings.header_prefixes);
        let part = Rc::new((part, unit));
        self.known.borrow_mut().insert(at, Rc::clone(&part));
        Some(part)
    }

    /// Whether a cell above the last headers is no header of a column: it spans most columns, or many, from the first on, or says
    /// nothing but a unit.
    fn is_title(&self, row: u32, col: u32, (first, last): (u32, u32), part: &str) -> bool {
        let (at, left) = self.grid.header_cell(row, col);
        let spanned = (self.grid.block_end(at, left) + 1).saturating_sub(first);
        // Those at the end are often added behind a title.
        let most = spanned * 4 > (last + 1 - first) * 3 && spanned > 1;
        let prefixes = &self.pipeline.settings.unit_prefixes;
        (left <= first && (most || spanned >= TITLE_COLUMNS))
            || prefixes.iter().any(|p| part.ends_with(p.as_str()))
    }

    /// Whether any column whose last header stands in `leaf_row` may end with one of these.
    fn may_end(
        &self,
        leaf_row: u32,
        depth: usize,
        leaves: &HashMap<&str, Vec<(usize, &[String])>>,
    ) -> bool {
        let top = top_of(leaf_row, depth);
        let is_leaf = |row: u32, col: u32| {
            let part = self.part(row, col);
            part.is_some_and(|part| leaves.contains_key(part.0.as_str()))
        };
        let rows = self.grid.rows().iter();
        rows.filter(|(row, _)| (top..=leaf_row).contains(row))
            .any(|(row, cells)| cells.iter().any(|(col, _)| is_leaf(*row, *col)))
            // A block that is merged downwards begins above.
            || (0..=self.grid.last_column(top, leaf_row)).any(|col| is_leaf(top, col))
    }
}

/// The first row of headers of which the last stand in a row.
fn top_of(leaf_row: u32, depth: usize) -> u32 {
    leaf_row.saturating_sub(u32::try_from(depth.max(1) - 1).unwrap_or(0))
}

/// The header paths of all columns whose last header stands in `leaf_row`.
pub fn paths(heads: &Heads<'_>, leaf_row: u32, depth: usize) -> Vec<HeaderPath> {
    let grid = heads.grid;
    if grid
        .rows()
        .binary_search_by_key(&leaf_row, |(r, _)| *r)
        .is_err()
    {
        return Vec::new();
    }
    let top = top_of(leaf_row, depth);
    let last = grid.last_column(top, leaf_row);
    let first = (0..=last).find(|col| grid.header_text(leaf_row, *col).is_some());
    let first = first.unwrap_or(0);
    let mut out = Vec::new();
    for col in 0..=last {
        let Some((raw, cell)) = grid.header_text(leaf_row, col) else {
            continue;
        };
        let mut parts: Vec<String> = Vec::new();
        let mut unit = None;
        for row in top..=leaf_row {
            let Some(part) = heads.part(row, col) else {
                continue;
            };
            // What a title says of the whole sheet is looked for elsewhere.
            if row == leaf_row || !heads.is_title(row, col, (first, last), &part.0) {
                unit = part.1.or(unit);
            }
            if !part.0.is_empty() && parts.last() != Some(&part.0) {
                parts.push(part.0.clone());
            }
        }
        if !parts.is_empty() {
            out.push(HeaderPath {
                col,
                cell,
                raw,
                parts,
                unit,
            });
        }
    }
    out
}

/// The best reading of a sheet as a form of rows: the header row under which most fields are found.
pub fn best_match(form: &Form, heads: &Heads<'_>) -> Option<HeaderMatch> {
    let (pipeline, grid) = (heads.pipeline, heads.grid);
    let stage = sheet_stage(pipeline, grid).or_else(|| {
        let file = Some(grid.file.as_str()).filter(|_| form.file_stage)?;
        stage_in(pipeline, file)
    });
    let mut by_leaf: HashMap<&str, Vec<(usize, &[String])>> = HashMap::default();
    for (f, field) in form.fields.iter().enumerate() {
        for pattern in &field.patterns {
            if let Some(leaf) = pattern.last() {
                by_leaf
                    .entry(leaf)
                    .or_default()
                    .push((f, &pattern[..pattern.len() - 1]));
            }
        }
    }
    let coded = form.fields.iter().any(|f| f.line.is_some());
    let reach = if coded {
        u32::try_from(form.header_rows).unwrap_or(1)
    } else {
        1
    };
    let mut best: Option<HeaderMatch> = None;
    // A part of a sheet begins below its first row.
    let begins = grid.rows().first().map_or(0, |(row, _)| *row);
    let search = match grid.below_another {
        true => begins.saturating_add(HEADER_SEARCH),
        false => HEADER_SEARCH,
    };
    for (row, cells) in grid.rows() {
        if *row >= search {
            break;
        }
        // The first header block that makes the form counts; what comes below it is data, or a header of its own. Only a
        // row of the form's codes may still end the block.
        let settled = best.as_ref().filter(|b| b.makes(form));
        if settled.is_some_and(|b| *row > b.leaf_row + reach) {
            break;
        }
        if cells.is_empty() || !heads.may_end(*row, form.header_rows, &by_leaf) {
            continue;
        }
        let paths = paths(heads, *row, form.header_rows);
        let mut fields: Vec<Vec<usize>> = vec![Vec::new(); form.fields.len()];
        let mut claims: Vec<Vec<usize>> = Vec::with_capacity(paths.len());
        for (p, path) in paths.iter().enumerate() {
            let fits = claim(pipeline, path, stage, &by_leaf);
            for f in &fits {
                fields[*f].push(p);
            }
            claims.push(fits);
        }
        for (f, found) in fields.iter_mut().enumerate().filter(|(_, p)| p.len() > 1) {
            let patterns = &form.fields[f].patterns;
            let gaps = |p: usize| gaps(&paths[p].parts, patterns);
            let least = found.iter().map(|p| gaps(*p)).min();
            found.retain(|p| Some(gaps(*p)) == least);
        }
        let candidate = HeaderMatch {
            leaf_row: *row,
            paths,
            fields,
            claims,
            stage,
        };
        if candidate.found() > 0 && best.as_ref().is_none_or(|b| candidate.beats(b)) {
            best = Some(candidate);
        }
    }
    best
}

/// The fields that fit a path best: those whose pattern names most of it. What the headers themselves say comes first; the
/// stage of the whole sheet helps only where they say nothing.
fn claim(
    pipeline: &Pipeline,
    path: &HeaderPath,
    stage: Option<usize>,
    by_leaf: &HashMap<&str, Vec<(usize, &[String])>>,
) -> Vec<usize> {
    let Some((leaf, above)) = path.parts.split_last() else {
        return Vec::new();
    };
    let patterns = by_leaf.get(leaf.as_str()).map_or(&[][..], Vec::as_slice);
    let own = fitting(patterns, &above.iter().collect::<Vec<_>>());
    if !own.is_empty() {
        return own;
    }
    let context: Vec<&String> = stage
        .and_then(|s| pipeline.stages[s].words.first())
        .into_iter()
        .chain(above)
        .collect();
    fitting(patterns, &context)
}

/// The fields whose pattern stands in these ancestors in order, those with the longest pattern.
fn fitting(patterns: &[(usize, &[String])], above: &[&String]) -> Vec<usize> {
    let mut most = 0;
    let mut fits: Vec<usize> = Vec::new();
    for (field, ancestors) in patterns {
        let mut rest = above.iter();
        if !ancestors.iter().all(|a| rest.any(|c| *c == a)) {
            continue;
        }
        let depth = ancestors.len() + 1;
        if depth > most {
            most = depth;
            fits.clear();
        }
        if depth == most && !fits.contains(field) {
            fits.push(*field);
        }
    }
    fits
}

/// How many headers stand between those that a pattern names, of the patterns that fit: of two columns the one whose headers
/// stand directly one above the other is meant. The stage of the whole sheet may stand above all headers.
fn gaps(parts: &[String], patterns: &[Vec<String>]) -> usize {
    let of = |p: &Vec<String>| {
        let below = || p.get(1..).and_then(|p| headers_between(parts, p));
        headers_between(parts, p).or_else(below)
    };
    patterns.iter().filter_map(of).min().unwrap_or(usize::MAX)
}

/// How many headers of a path stand between those that a pattern names; nothing where it does not fit.
pub(super) fn headers_between(parts: &[String], pattern: &[String]) -> Option<usize> {
    let (last, above) = pattern.split_last()?;
    let (leaf, mut rest) = parts.split_last()?;
    if last != leaf {
        return None;
    }
    let mut between = 0;
    for ancestor in above.iter().rev() {
        let at = rest.iter().rposition(|p| p == ancestor)?;
        between += rest.len() - 1 - at;
        rest = &rest[..at];
    }
    Some(between)
}

/// The one stage that a sheet's name, else its title, speaks of.
pub fn sheet_stage(pipeline: &Pipeline, grid: &Grid) -> Option<usize> {
    let by_name = || stage_in(pipeline, &grid.name);
    let by_title = || title(grid).and_then(|t| stage_in(pipeline, t));
    if grid.below_another {
        by_title().or_else(by_name)
    } else {
        by_name().or_else(by_title)
    }
}

/// The one stage that a text speaks of.
pub fn stage_in(pipeline: &Pipeline, text: &str) -> Option<usize> {
    let mut text = normal(text);
    let mut several: Vec<&[usize]> = Vec::new();
    for (word, stages) in &pipeline.settings.several_stages {
        if text.contains(word.as_str()) {
            text = text.replace(word.as_str(), "");
            several.push(stages);
        }
    }
    let mut hits = pipeline
        .stages
        .iter()
        .enumerate()
        .filter(|(_, s)| s.words.iter().any(|w| text.contains(w.as_str())))
        .map(|(i, _)| i);
    match (hits.next(), hits.next()) {
        // 中小学(初中) is about one of them, 小学、初高中 about all.
        (Some(stage), None) => several
            .iter()
            .all(|own| own.contains(&stage))
            .then_some(stage),
        _ => None,
    }
}

/// The sheet's title: the first text that stands alone above all rows with more than one cell.
pub(super) fn title(grid: &Grid) -> Option<&str> {
    let rows = grid.rows().iter().take(3);
    rows.map_while(|(_, cells)| title_text(cells)).next()
}

/// Whether a row is one of things to fill in: `单位:人`, and nothing else.
pub(super) fn is_filled_in(cells: &[(u32, Cell)]) -> bool {
    let colon = |cell: &Cell| matches!(cell, Cell::Text(t) if t.contains([':', '\u{ff1a}']));
    cells.len() > 1 && cells.iter().all(|(_, cell)| colon(cell))
}

/// The text that stands alone in a row, but for what is filled in beside it: `单位:人`.
pub(super) fn title_text(cells: &[(u32, Cell)]) -> Option<&str> {
    let mut texts = Vec::new();
    for (_, cell) in cells {
        match cell {
            Cell::Text(text) => texts.push(text.as_str()),
            _ => return None,
        }
    }
    if texts.len() > 1 {
        texts.retain(|text| !text.contains([':', '\u{ff1a}']));
    }
    match texts[..] {
        [text] => Some(text),
        _ => None,
    }
}

/// Of headers (normalised and as shown) the two that come nearest to a field's patterns; of equal ones the earlier.
pub fn nearest(candidates: Vec<(String, String)>, patterns: &[Vec<String>]) -> Vec<String> {
    let mut scored: Vec<(f64, String)> = candidates
        .into_iter()
        .map(|(leaf, shown)| {
            let score = patterns
                .iter()
                .filter_map(|p| p.last())
                .map(|p| strsim::normalized_damerau_levenshtein(p, &leaf))
                .fold(0.0, f64::max);
            (score, shown)
        })
        .filter(|(score, _)| *score >= 0.4)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(2).map(|(_, shown)| shown).collect()
}

/// A header and its cell, for messages.
pub fn shown(text: &str, row: u32, col: u32) -> String {
    format!("{}({})", one_line(text), crate::finding::a1(row, col))
}

/// A header as one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join("")
}
