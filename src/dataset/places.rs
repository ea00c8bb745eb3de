//! Where the figures of a row stand, as one short text that is kept beside the row, and back again: so that a later run can
//! name the cell of a figure that it no longer has at hand.
//!
//! One word for each column of the table, in its order, with a space between: `-` for none; the letters of the cell's column
//! where it stands in the row's own line; `B4` on another line of the row's sheet; `!sheet!B4` on another sheet of its file;
//! `file!sheet!B4` in another file, where space, `!`, `+` and `%` in the names are written as in addresses of the web. `+` stands
//! between the cells of a figure that several add up to.

use super::{CellRef, Dataset, Row};
use crate::finding::{a1, column_letters};

/// A place that a text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowPlace<'a> {
    pub file: &'a str,
    pub sheet: &'a str,
    /// The row's line, from 1.
    pub row: i64,
}

/// The text of a row.
pub fn text(dataset: &Dataset, row: &Row) -> String {
    let mut out = String::with_capacity(row.cells.columns() * 3);
    for (c, cell) in row.cells.iter().enumerate() {
        if c > 0 {
            out.push(' ');
        }
        let Some(cell) = cell else {
            out.push('-');
            continue;
        };
        word(dataset, row, cell, &mut out);
        for more in row.added.get(&c).into_iter().flatten() {
            out.push('+');
            word(dataset, row, *more, &mut out);
        }
    }
    out
}

/// The texts of all rows of a table.
pub struct Texts {
    pub texts: Vec<String>,
    /// By row the index of its text.
    pub rows: Vec<u32>,
}

/// The texts of all rows of a table. Rows of one sheet mostly stand in the same columns: then the text is that of the row before.
pub fn texts(dataset: &Dataset, rows: &[Row]) -> Texts {
    let mut texts: Vec<String> = Vec::new();
    let mut of_rows: Vec<u32> = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let is_like = i.checked_sub(1).is_some_and(|b| alike(&rows[b], row));
        if !is_like {
            texts.push(text(dataset, row));
        }
        of_rows.push(u32::try_from(texts.len() - 1).unwrap_or(u32::MAX));
    }
    Texts {
        texts,
        rows: of_rows,
    }
}

/// Whether two rows have their figures in the same columns, each in its own line.
fn alike(a: &Row, b: &Row) -> bool {
    let line = |row: &Row| (row.sheet, row.row);
    a.added.is_empty() && b.added.is_empty() && a.cells.are_like(line(a), &b.cells, line(b))
}

fn word(dataset: &Dataset, row: &Row, cell: CellRef, out: &mut String) {
    let own = &dataset.sheets[row.sheet as usize];
    let there = &dataset.sheets[cell.sheet as usize];
    if cell.sheet == row.sheet && cell.row == row.row {
        out.push_str(&column_letters(cell.col));
        return;
    }
    if cell.sheet != row.sheet {
        if there.file != own.file {
            escape(&there.file, out);
        }
        out.push('!');
        escape(&there.sheet, out);
        out.push('!');
    }
    out.push_str(&a1(cell.row, cell.col));
}

fn escape(name: &str, out: &mut String) {
    for c in name.chars() {
        match c {
            ' ' | '!' | '+' | '%' | '\t' | '\n' | '\r' => {
                out.push_str(&format!("%{:02X}", u32::from(c)));
            }
            other => out.push(other),
        }
    }
}

fn unescaped(name: &str) -> String {
    let mut parts = name.split('%');
    let mut out = parts.next().unwrap_or("").to_string();
    for part in parts {
        let code = part.get(..2).and_then(|x| u8::from_str_radix(x, 16).ok());
        match code.zip(part.get(2..)) {
            Some((code, rest)) => {
                out.push(char::from(code));
                out.push_str(rest);
            }
            None => {
                out.push('%');
                out.push_str(part);
            }
        }
    }
    out
}

/// The address of a column's figure (`file!sheet!F17`, several with ` + ` between), told from a row's text. `None` where there is
/// none, or the text does not say.
pub fn address(text: &str, column: usize, row: RowPlace<'_>) -> Option<String> {
    let word = text.split(' ').nth(column).filter(|w| *w != "-")?;
    let cells: Vec<String> = word.split('+').map(|w| one(w, row)).collect();
    (!word.is_empty()).then(|| cells.join(" + "))
}

fn one(word: &str, row: RowPlace<'_>) -> String {
    let mut parts = word.rsplitn(3, '!');
    let cell = parts.next().unwrap_or("");
    let cell = match cell.ends_with(|c: char| c.is_ascii_digit()) {
        true => cell.to_string(),
        false => format!("{cell}{}", row.row),
    };
    let (sheet, file) = (parts.next(), parts.next());
    let sheet = sheet.map_or_else(|| row.sheet.to_string(), unescaped);
    let file = file.filter(|f| !f.is_empty());
    let file = file.map_or_else(|| row.file.to_string(), unescaped);
    format!("{file}!{sheet}!{cell}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::dataset::{RowCells, SheetInfo};
    use crate::ingest::record::Cells;

    fn dataset() -> Dataset {
        let sheet = |file: &str, sheet: &str| SheetInfo {
            file: file.to_string(),
            sheet: sheet.to_string(),
        };
        Dataset {
            sheets: vec![
                sheet("a b.xlsx", "S"),
                sheet("a b.xlsx", "T 2+3"),
                sheet("c!100%.xlsx", "U"),
            ],
            ..Dataset::default()
        }
    }

    fn row(cells: &[Option<(u32, u32, u32)>]) -> Row {
        let cell = |(sheet, row, col): (u32, u32, u32)| CellRef { sheet, row, col };
        let mut own = RowCells::new(0, Cells::none(16, cells.len()));
        for (c, at) in cells.iter().enumerate() {
            own.set(c, at.map(cell));
        }
        Row {
            county_code: String::new(),
            key: String::new(),
            values: Vec::new().into(),
            cells: own,
            sheet: 0,
            row: 16,
            stages: Vec::new(),
            form: 0,
            conflict: false,
            pieces: BTreeMap::new(),
            disputed: Vec::new(),
            added: BTreeMap::new(),
            counted: None,
            revoked: None,
        }
    }

    #[test]
    fn places_go_there_and_back() {
        let mut own = row(&[
            Some((0, 16, 5)),
            None,
            Some((0, 3, 1)),
            Some((1, 0, 27)),
            Some((2, 8, 0)),
        ]);
        let more = CellRef {
            sheet: 0,
            row: 16,
            col: 6,
        };
        own.added.insert(4, vec![more]);
        let text = text(&dataset(), &own);
        assert_eq!(text, "F - B4 !T%202%2B3!AB1 c%21100%25.xlsx!U!A9+G");
        let place = RowPlace {
            file: "a b.xlsx",
            sheet: "S",
            row: 17,
        };
        let back: Vec<Option<String>> = (0..6).map(|c| address(&text, c, place)).collect();
        let back: Vec<&str> = back.iter().map(|a| a.as_deref().unwrap_or("-")).collect();
        assert_eq!(
            back,
            [
                "a b.xlsx!S!F17",
                "-",
                "a b.xlsx!S!B4",
                "a b.xlsx!T 2+3!AB1",
                "c!100%.xlsx!U!A9 + a b.xlsx!S!G17",
                "-"
            ]
        );
        assert_eq!(address("", 0, place), None);
    }

    #[test]
    fn rows_side_by_side_have_the_same_text() {
        let first = row(&[Some((0, 16, 5)), None]);
        let mut cells = Cells::none(17, 2);
        cells.set(0, Some((17, 5)));
        let second = Row {
            row: 17,
            cells: RowCells::new(0, cells),
            ..first.clone()
        };
        let third = Row {
            row: 18,
            ..second.clone()
        };
        let texts = texts(&dataset(), &[first, second, third]);
        assert_eq!(texts.texts, ["F -", "F18 -"]);
        assert_eq!(texts.rows, [0, 0, 1]);
    }
}
