//! A sheet whose items are answered by sentences with filled blanks, a verdict and perhaps a score -> one record. Numbers
//! are known by their place in the sentence; spaces, underlines, full width and the signs between do not count.

use super::cell::{self, Note, Value, why};
use super::grid::{Cell, Grid};
use super::header::{one_line, shown};
use super::rows::place;
use super::{CellNote, Record, SheetTable};
use crate::finding::{Draft, a1};
use crate::pipeline::model::{Column, Form, Kind, Pipeline, Sentence, Statement};
use crate::text::normal;

/// How like an item's text must be to the form's where its number is right, and where it has none.
const LIKE_WITH_NUMBER: f64 = 0.4;
const LIKE_ALONE: f64 = 0.8;

/// Where the statements stand on a sheet.
#[derive(Debug, Clone)]
pub struct StatementsMatch {
    value_col: u32,
    verdict_col: Option<u32>,
    score_col: Option<u32>,
    /// For each statement of the form, the rows of its item.
    rows: Vec<Vec<u32>>,
    /// Rows with an item that the form does not have.
    unknown: Vec<(u32, u32, String)>,
    /// Answers in rows without an item.
    headless: Vec<(u32, u32, String)>,
}

impl StatementsMatch {
    /// How many statements were found.
    pub fn found(&self) -> usize {
        self.rows.iter().filter(|r| !r.is_empty()).count()
    }
}

/// Reads a sheet as a form of statements, if it has the headers.
pub fn best_match(form: &Form, grid: &Grid) -> Option<StatementsMatch> {
    let header = grid.rows().iter().take(40).find_map(|(_, cells)| {
        let column = |names: &[String]| {
            cells.iter().find_map(|(c, cell)| match cell {
                Cell::Text(t) if names.contains(&normal(t)) => Some(*c),
                _ => None,
            })
        };
        let (item, value) = (column(&form.item_header)?, column(&form.value_header)?);
        let verdict = column(&form.verdict_header);
        Some((item, value, verdict, column(&form.score_header)))
    });
    let (item_col, value_col, verdict_col, score_col) = header?;
    let mut found = StatementsMatch {
        value_col,
        verdict_col,
        score_col,
        rows: vec![Vec::new(); form.statements.len()],
        unknown: Vec::new(),
        headless: Vec::new(),
    };
    let mut headless: Vec<(u32, &[(u32, Cell)])> = Vec::new();
    // Items may stand above the header that was found: a form may have several, and one of them may be written otherwise.
    for (row, cells) in grid.rows() {
        let Some(Cell::Text(text)) = grid.get(*row, item_col) else {
            headless.push((*row, cells));
            continue;
        };
        let key = normal(text);
        let note = form.end_rows.iter().any(|w| key.starts_with(w.as_str()));
        if note || form.item_header.contains(&key) {
            continue;
        }
        match statement_of(form, text) {
            Some(s) => found.rows[s].push(*row),
            None => found.unknown.push((*row, item_col, text.clone())),
        }
    }
    // Answers without an item below the first one belong to nothing that is known.
    let first = found.rows.iter().flatten().min().copied();
    let below = |row: &u32| first.is_some_and(|f| *row > f);
    for (row, cells) in headless.into_iter().filter(|(row, _)| below(row)) {
        let heads = [&form.value_header, &form.verdict_header, &form.score_header];
        let told = cells.iter().any(|(_, cell)| {
            let key = normal(&cell.shown());
            heads.iter().any(|names| names.contains(&key))
                || form.end_rows.iter().any(|w| key.starts_with(w.as_str()))
        });
        let columns = [Some(value_col), verdict_col, score_col].into_iter();
        let filled = columns.flatten().find_map(|c| {
            let shown = grid.get(row, c)?.shown();
            (!normal(&shown).is_empty()).then_some((row, c, shown))
        });
        found.headless.extend(filled.filter(|_| !told));
    }
    (found.found() > 0).then_some(found)
}

/// The statement that an item's text is about: its own text, or a like one under the same number.
fn statement_of(form: &Form, text: &str) -> Option<usize> {
    let (number, key) = numbered(text);
    if let Some(i) = form.statements.iter().position(|s| s.key == key) {
        return Some(i);
    }
    let like = |s: &Statement| strsim::normalized_damerau_levenshtein(&s.key, &key);
    let best = form
        .statements
        .iter()
        .enumerate()
        .map(|(i, s)| (i, like(s), number == Some(s.number)))
        .filter(|(_, like, same)| *like >= LIKE_ALONE || (*same && *like >= LIKE_WITH_NUMBER))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    best.map(|(i, ..)| i)
}

/// The number at the head of an item, and the rest, normalised.
fn numbered(text: &str) -> (Option<usize>, String) {
    let folded = crate::text::trimmed(text);
    let digits: String = folded.chars().take_while(char::is_ascii_digit).collect();
    let rest = &folded[digits.len()..];
    let marked = rest.starts_with(['.', ',', ')', '\u{3001}', ' ', '\u{3002}']);
    // A circled number has no mark behind it.
    if digits.is_empty() || !(marked || text.trim_start().chars().next() != folded.chars().next()) {
        return (None, normal(&folded));
    }
    (digits.parse().ok(), normal(rest))
}

/// Reads a recognised sheet: one record.
pub fn read(
    pipeline: &Pipeline,
    form_index: usize,
    grid: &Grid,
    found: &StatementsMatch,
) -> SheetTable {
    let form = &pipeline.forms[form_index];
    let columns = &pipeline.tables[form.table].columns;
    let mut table = SheetTable::new(&grid.name, form_index, form.table, None);
    let first = found.rows.iter().flatten().min().copied().unwrap_or(0);
    let mut record = Record::new(first, columns.len(), None);
    for (s, rows) in form.statements.iter().zip(&found.rows) {
        let row = match rows[..] {
            [row] => row,
            [] => continue,
            _ => {
                let at: Vec<(u32, u32)> = rows.iter().map(|r| (*r, found.value_col)).collect();
                let cells = crate::finding::cell_list(&at);
                let draft = Draft {
                    place: place(grid, Some(cells.clone())),
                    column: Some(s.item.clone()),
                    ..Draft::default()
                };
                table.say(
                    "column-ambiguous",
                    draft.slot("column", s.item.clone()).slot("found", cells),
                );
                continue;
            }
        };
        let at = (row, found.value_col);
        let mut cell = grid.get(at.0, at.1);
        // A cell that shows an error answers nothing, and that is said.
        if let Some(broken @ (Cell::Error(_) | Cell::NotCached)) = cell {
            let blank = s.sentence.iter().flat_map(|t| &t.blanks).map(|b| b.column);
            if let Some(c) = s.text.into_iter().chain(blank).next() {
                let read = cell::read(pipeline, &columns[c], columns[c].unit, broken, false);
                table.take(0, c, at, &broken.shown(), read, &mut record);
                cell = None;
            }
        }
        if let Some(c) = s.text {
            record.cells.set(c, Some(at));
            record.values[c] = cell
                .map(|cell| written(&cell.shown()))
                .filter(|t| !t.is_empty() && !is_template(s, t))
                // A mark such as 无 or / says that there is nothing.
                .filter(|t| !pipeline.marks.tokens.contains_key(&t.to_lowercase()))
                .filter(|t| !is_claim(pipeline, columns, s, t))
                .map(|text| Value::Text(text.into()));
        }
        if let (Some(sentence), Some(cell)) = (&s.sentence, cell) {
            blanks(
                pipeline,
                s,
                sentence,
                grid,
                at,
                cell,
                &mut table,
                &mut record,
            );
        } else if let Some(sentence) = &s.sentence {
            for blank in &sentence.blanks {
                record.cells.set(blank.column, Some(at));
            }
        }
        for (target, col) in [(s.claim, found.verdict_col), (s.score, found.score_col)] {
            let (Some(c), Some(col)) = (target, col) else {
                continue;
            };
            record.cells.set(c, Some((row, col)));
            if let Some(cell) = grid.get(row, col) {
                let read = cell::read(pipeline, &columns[c], columns[c].unit, cell, false);
                table.take(0, c, (row, col), &cell.shown(), read, &mut record);
            }
        }
    }
    // Of a form with answers and scores one may be left out; a form with neither says nothing.
    for (wanted, header) in [
        (
            form.statements.iter().any(|s| s.claim.is_some()),
            &form.verdict_header,
        ),
        (
            form.statements.iter().any(|s| s.score.is_some()),
            &form.score_header,
        ),
    ] {
        let answered = found.verdict_col.is_some() || found.score_col.is_some();
        if let (true, false, Some(title)) = (wanted, answered, header.first()) {
            let draft = Draft {
                place: place(grid, None),
                column: Some(title.clone()),
                expected: Some(title.clone()),
                ..Draft::default()
            };
            let nothing = pipeline.word("nothing");
            table.say(
                "column-missing",
                draft
                    .slot("column", title.clone())
                    .slot("found", nothing)
                    .slot("nearest", nothing),
            );
        }
    }
    for (row, col, text) in &found.headless {
        let draft = Draft {
            place: place(grid, Some(a1(*row, *col))),
            value: Some(one_line(text)),
            ..Draft::default()
        };
        table.say("answer-without-item", draft.slot("raw", one_line(text)));
    }
    for (row, col, text) in &found.unknown {
        let filled = [Some(found.value_col), found.verdict_col, found.score_col];
        if filled
            .into_iter()
            .flatten()
            .any(|c| grid.get(*row, c).is_some())
        {
            let draft = Draft {
                place: place(grid, Some(a1(*row, *col))),
                value: Some(one_line(text)),
                ..Draft::default()
            };
            table.say(
                "column-unused",
                draft.slot("found", shown(text, *row, *col)),
            );
        }
    }
    // A blank form says nothing of the county.
    if record.values.iter().any(Option::is_some) {
        table.push(record);
    }
    table
}

/// The text of an answer, on one line.
fn written(text: &str) -> String {
    let text = crate::text::trimmed(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether an answer is the form's own sentence with its blanks empty.
fn is_template(s: &Statement, text: &str) -> bool {
    let Some(sentence) = &s.sentence else {
        return false;
    };
    let own: String = sentence.texts.iter().map(|t| normal(t)).collect();
    own == normal(text)
}

/// Whether an answer says no more than the verdict beside it.
fn is_claim(pipeline: &Pipeline, columns: &[Column], s: &Statement, text: &str) -> bool {
    let kind = s.claim.map(|c| &columns[c].kind);
    let Some(Kind::Choice(list)) = kind else {
        return false;
    };
    let key = normal(text);
    let mut codes = pipeline.code_lists[list].iter();
    codes.any(|c| c.texts.contains(&key))
}

fn blanks(
    pipeline: &Pipeline,
    s: &Statement,
    sentence: &Sentence,
    grid: &Grid,
    at: (u32, u32),
    cell: &Cell,
    table: &mut SheetTable,
    record: &mut Record,
) {
    let columns = &pipeline.tables[table.table].columns;
    let text = cell.shown();
    let aligned = align(&sentence.texts, &text);
    let draft = |raw: &str, column: Option<String>| Draft {
        place: place(grid, Some(a1(at.0, at.1))),
        column,
        value: Some(raw.to_string()),
        ..Draft::default()
    };
    for (blank, piece) in sentence.blanks.iter().zip(&aligned.pieces) {
        let c = blank.column;
        record.cells.set(c, Some(at));
        let Some(piece) = piece else { continue };
        let column = &columns[c];
        let unit = blank.unit.or(column.unit);
        let read = cell::read(pipeline, column, unit, &Cell::Text(piece.clone()), false);
        record.pieces.insert(c, piece.clone());
        record.values[c] = read.value;
        for note in read.notes {
            match note {
                Note::Unreadable => table.say(
                    "statement-unclear",
                    draft(piece, Some(column.title.clone()))
                        .slot("item", s.item.clone())
                        .slot("raw", piece.clone())
                        .slot("column", column.title.clone()),
                ),
                // In a sentence every number is text.
                Note::Converted { why, .. }
                    if [why::TEXT_NUMBER, why::SPACES, why::WIDTH].contains(&why) => {}
                note => table.notes.push(CellNote {
                    record: 0,
                    column: c,
                    at,
                    raw: piece.clone(),
                    note,
                    blank: false,
                }),
            }
        }
    }
    if let Some(rest) = aligned.left {
        table.say(
            "statement-unread",
            draft(&rest, Some(s.item.clone()))
                .slot("item", s.item.clone())
                .slot("raw", rest),
        );
    }
}

/// What stands in the blanks of a sentence.
#[derive(Debug, Default, PartialEq)]
struct Aligned {
    /// By blank; `None` where nothing was filled in or the place was not found.
    pieces: Vec<Option<String>>,
    /// Text with digits that stands in no blank.
    left: Option<String>,
}

/// Finds the printed texts of a sentence in what was written, in their order, as much of them as possible; what stands
/// between is what was filled in.
fn align(texts: &[String], written: &str) -> Aligned {
    let folded = crate::text::folded(written);
    // The characters that count, with their places.
    let counted: Vec<(char, usize)> = folded
        .iter()
        .enumerate()
        .filter(|(_, c)| normal(&c.to_string()).starts_with(**c))
        .map(|(i, c)| (*c, i))
        .collect();
    let anchors: Vec<Vec<char>> = texts.iter().map(|t| normal(t).chars().collect()).collect();
    let matched = best_chain(&anchors, &counted);
    let count = texts.len() - 1;
    let mut pieces: Vec<Option<String>> = vec![None; count];
    let mut left: Vec<String> = Vec::new();
    let text = |from: usize, to: usize| -> String { folded[from..to].iter().collect() };
    let chain: Vec<(usize, usize, usize)> = matched
        .iter()
        .map(|(a, start, end)| (*a, counted[*start].1, counted[*end - 1].1 + 1))
        .collect();
    let mut keep = |blank: Option<usize>, raw: &str| {
        let piece = trimmed_piece(raw);
        match blank {
            Some(b) if !piece.is_empty() => pieces[b] = Some(piece),
            None if piece.chars().any(|c| c.is_ascii_digit()) => left.push(piece),
            _ => {}
        }
    };
    match chain.first() {
        None => keep(None, &text(0, folded.len())),
        // What stands before the first text found is the blank before it.
        Some((a, start, _)) => {
            let own = text(0, *start);
            let before = a
                .checked_sub(1)
                .filter(|_| *a == 1 || (!own.chars().any(char::is_alphabetic) && is_one(&own)));
            keep(before, &own);
        }
    }
    // Where a printed text between is gone, it is not known which of the blanks around it a list of numbers is in.
    for pair in chain.windows(2) {
        let own = text(pair[0].2, pair[1].1);
        let next = pair[1].0 == pair[0].0 + 1 || is_one(&own);
        keep(Some(pair[0].0).filter(|_| next), &own);
    }
    if let Some((a, _, end)) = chain.last() {
        let own = text(*end, folded.len());
        let last = *a + 1 == count && anchors[count].is_empty();
        keep(
            Some(*a).filter(|a| *a < count && (last || is_one(&own))),
            &own,
        );
    }
    Aligned {
        pieces,
        left: (!left.is_empty()).then(|| left.join(" ")),
    }
}

/// Whether what was written in several blanks' place can be one of them only: no comma stands in it.
fn is_one(text: &str) -> bool {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    !text.contains([',', '\u{ff0c}', '\u{3001}'])
}

/// The longest chain of anchors found in their order: anchor, start and end among the counted characters.
fn best_chain(anchors: &[Vec<char>], counted: &[(char, usize)]) -> Vec<(usize, usize, usize)> {
    struct Link {
        anchor: usize,
        start: usize,
        end: usize,
        score: usize,
        before: Option<usize>,
    }
    let mut links: Vec<Link> = Vec::new();
    for (a, anchor) in anchors.iter().enumerate().filter(|(_, t)| !t.is_empty()) {
        let from = links.len();
        for start in 0..=counted.len().saturating_sub(anchor.len()) {
            let here = counted[start..].iter().map(|(c, _)| c);
            if counted.len() < start + anchor.len() || !here.take(anchor.len()).eq(anchor.iter()) {
                continue;
            }
            let before = links[..from]
                .iter()
                .enumerate()
                .filter(|(_, l)| l.end <= start)
                .max_by(|(i, x), (j, y)| {
                    x.score.cmp(&y.score).then(y.end.cmp(&x.end)).then(j.cmp(i))
                })
                .map(|(i, _)| i);
            let score = anchor.len() + before.map_or(0, |b| links[b].score);
            links.push(Link {
                anchor: a,
                start,
                end: start + anchor.len(),
                score,
                before,
            });
        }
    }
    let best = links
        .iter()
        .enumerate()
        .max_by(|(i, x), (j, y)| x.score.cmp(&y.score).then(y.end.cmp(&x.end)).then(j.cmp(i)));
    let mut out = Vec::new();
    let mut at = best.map(|(i, _)| i);
    while let Some(i) = at {
        out.push((links[i].anchor, links[i].start, links[i].end));
        at = links[i].before;
    }
    out.reverse();
    out
}

/// What was filled into a blank: without underlines, spaces and the signs around it.
fn trimmed_piece(raw: &str) -> String {
    let chars: Vec<char> = raw.chars().collect();
    let open = |c: char| c == '_' || c.is_whitespace();
    let filled: String = if chars.iter().any(|c| open(*c)) && glues(&chars) {
        raw.to_string()
    } else {
        raw.chars().filter(|c| !open(*c)).collect()
    };
    filled
        .trim_matches(|c: char| {
            !c.is_alphanumeric() && !"-+%*/".contains(c) && !crate::text::is_invisible(c)
        })
        .to_string()
}

/// Whether leaving out underlines and white space would make one number of two. Spaces between single digits (2 3 8 2) or
/// between thousands (10 417) are writing.
fn glues(chars: &[char]) -> bool {
    let mut runs: Vec<usize> = Vec::new();
    let mut marks = String::new();
    let mut last_digit: Option<usize> = None;
    for (i, c) in chars.iter().enumerate() {
        if !c.is_ascii_digit() {
            continue;
        }
        match last_digit {
            Some(before) if before + 1 == i => *runs.last_mut().unwrap_or(&mut 0) += 1,
            Some(before) => {
                marks.extend(&chars[before + 1..i]);
                runs.push(1);
            }
            None => runs.push(1),
        }
        last_digit = Some(i);
    }
    let only_spaces = marks.chars().all(|c| c.is_whitespace() && c != '\n');
    let between_digits = marks.chars().all(|c| c == '_' || c.is_whitespace());
    let single = runs.iter().all(|n| *n == 1);
    let thousands = runs.len() > 1 && runs[0] <= 3 && runs[1..].iter().all(|n| *n == 3);
    runs.len() > 1 && between_digits && !(only_spaces && (single || thousands))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sentence: &str) -> Vec<String> {
        let mut out = vec![String::new()];
        for part in sentence.split_inclusive("{}") {
            let head = part.strip_suffix("{}");
            if let Some(last) = out.last_mut() {
                last.push_str(head.unwrap_or(part));
            }
            if head.is_some() {
                out.push(String::new());
            }
        }
        out
    }

    fn pieces(sentence: &str, written: &str) -> (Vec<String>, Option<String>) {
        let aligned = align(&texts(sentence), written);
        let list = aligned.pieces.into_iter().map(Option::unwrap_or_default);
        (list.collect(), aligned.left)
    }

    const ROTATION: &str = "eligible {}, moved {} name share {}%; backbone {} name share {}%";

    #[test]
    fn numbers_are_known_by_their_place() {
        let (list, left) = pieces(
            ROTATION,
            "Eligible __479__ ,\u{ff0c} moved \u{ff11}26 name share 26\u{3002}3\u{ff05};backbone 33 name share  26\u{3002}2 %\u{3002}",
        );
        assert_eq!(list, ["479", "126", "26\u{3002}3", "33", "26\u{3002}2"]);
        assert_eq!(left, None);
    }

    #[test]
    fn empty_blanks_and_a_missing_tail_are_missing() {
        let (list, left) = pieces(
            ROTATION,
            "eligible \u{ff3f}\u{ff3f}, moved ____ name share __%",
        );
        assert_eq!(list, ["", "", "", "", ""]);
        assert_eq!(left, None);
        let (list, _) = pieces(ROTATION, "eligible 479, moved 126 name share 26.3%");
        assert_eq!(list, ["479", "126", "26.3", "", ""]);
    }

    #[test]
    fn a_part_in_the_middle_finds_its_place() {
        let subjects = "ma {} grade, rate {}; sc {} grade, rate {}; pe {} grade, rate {}";
        let (list, left) = pieces(subjects, "sc \u{2162} grade, rate 0\u{3002}12");
        assert_eq!(list, ["", "", "iii", "0\u{3002}12", "", ""]);
        assert_eq!(left, None);
    }

    #[test]
    fn a_gap_that_several_blanks_share_is_not_guessed() {
        let (list, left) = pieces(ROTATION, "eligible 420,419 %; backbone 33 name share 26.2%");
        assert_eq!(list, ["", "", "", "33", "26.2"]);
        assert_eq!(left.as_deref(), Some("420,419"));
        let (list, left) = pieces(ROTATION, "eligible 420, 419");
        assert!(list.iter().all(String::is_empty));
        assert_eq!(left.as_deref(), Some("420,419"));
    }

    #[test]
    fn two_numbers_are_not_made_one() {
        assert_eq!(trimmed_piece("__ 2 3 8 2 __"), "2382");
        assert_eq!(trimmed_piece("10 417"), "10417");
        assert_eq!(trimmed_piece("26\u{3002} 3 "), "26\u{3002}3");
        assert_eq!(trimmed_piece("100 96"), "100 96");
        assert_eq!(trimmed_piece("98_96"), "98_96");
        assert_eq!(trimmed_piece("479\n500"), "479\n500");
        assert_eq!(trimmed_piece("1 33"), "1 33");
    }

    #[test]
    fn another_sentence_with_numbers_is_said() {
        let (list, left) = pieces(ROTATION, "in 2023 we had 126 of 479");
        assert!(list.iter().all(String::is_empty));
        assert_eq!(left.as_deref(), Some("in2023wehad126of479"));
        let (_, left) = pieces(ROTATION, "of course");
        assert_eq!(left, None);
    }
}
