//! The sheets of a submission as they were found, before any form was looked for: with them another form is tried without the
//! workbook being opened again. Whatever people wrote stands in them, so the whole entry is masked: only who has the
//! submission itself can read it.

use serde::{Deserialize, Serialize};

use super::rows::{NONE, Rows, each, from_json};
use crate::ingest::answers::AnswerTable;
use crate::ingest::formats::content::Content;
use crate::ingest::formats::{Layout, Remark};
use crate::ingest::grid::{Cell, Grid};
use crate::ingest::seal::Seal;
use crate::ingest::workbook::{BookRead, SheetRead};

/// What a row of an entry is.
mod part {
    pub const BOOK: u32 = 0;
    pub const SHEET: u32 = 1;
    pub const NUMBER: u32 = 2;
    pub const TEXT: u32 = 3;
    pub const BOOL: u32 = 4;
    pub const DATE: u32 = 5;
    pub const DATE_TEXT: u32 = 6;
    pub const ERROR: u32 = 7;
    pub const NOT_CACHED: u32 = 8;
    pub const ANSWERS: u32 = 9;
    pub const ANSWERS_DRAFT: u32 = 10;
}

/// A workbook without its sheets.
#[derive(Serialize, Deserialize)]
struct BookHead {
    sha256: String,
    content: Content,
    remarks: Vec<Remark>,
}

/// A sheet without its cells.
#[derive(Serialize, Deserialize)]
struct SheetHead {
    name: String,
    hidden: bool,
    layout: Layout,
}

/// The sheets of a submission as bytes. Those of a damaged one are not kept.
pub(super) fn encoded(book: &BookRead, sha256: &str, seal: &Seal) -> Result<Vec<u8>, String> {
    let mut rows = Rows::default();
    let head = BookHead {
        sha256: sha256.to_string(),
        content: book.content,
        remarks: book.remarks.clone(),
    };
    rows.json(part::BOOK, &head)?;
    for sheet in &book.sheets {
        if sheet.damaged.is_some() {
            return Err("a damaged sheet".to_string());
        }
        let grid = &sheet.grid;
        let head = SheetHead {
            name: grid.name.clone(),
            hidden: grid.hidden,
            layout: grid.layout().clone(),
        };
        rows.json(part::SHEET, &head)?;
        for (row, cells) in grid.rows() {
            for (col, cell) in cells {
                put(&mut rows, (*row, *col), cell);
            }
        }
        if let Some(answers) = &sheet.answers {
            rows.json(part::ANSWERS, answers)?;
            rows.drafts(part::ANSWERS_DRAFT, &answers.drafts)?;
        }
    }
    Ok(seal.masked(&rows.parquet()?))
}

fn put(rows: &mut Rows, at: (u32, u32), cell: &Cell) {
    let (part, column, number, text) = match cell {
        Cell::Number(n) => (part::NUMBER, NONE, *n, None),
        Cell::Text(t) => (part::TEXT, NONE, 0.0, Some(t)),
        Cell::Bool(b) => (part::BOOL, u32::from(*b), 0.0, None),
        Cell::DateTime(serial, is_1904) => (part::DATE, u32::from(*is_1904), *serial, None),
        Cell::DateText(t) => (part::DATE_TEXT, NONE, 0.0, Some(t)),
        Cell::Error(t) => (part::ERROR, NONE, 0.0, Some(t)),
        Cell::NotCached => (part::NOT_CACHED, NONE, 0.0, None),
    };
    rows.push(part, column, Some(at), number, text.cloned());
}

/// A sheet while its rows come back.
struct Passing {
    head: SheetHead,
    cells: Vec<(u32, u32, Cell)>,
    answers: Option<AnswerTable>,
}

impl Passing {
    fn sheet(self) -> SheetRead {
        let SheetHead {
            name,
            hidden,
            layout,
        } = self.head;
        SheetRead {
            grid: Grid::new(name, hidden, self.cells).with_layout(layout),
            damaged: None,
            answers: self.answers,
        }
    }
}

/// The sheets again, with the submission's hash.
pub(super) fn decoded(bytes: &[u8], seal: &Seal) -> Result<(String, BookRead), String> {
    let mut book: Option<BookHead> = None;
    let mut sheets: Vec<Passing> = Vec::new();
    each(&seal.masked(bytes), |kept| {
        let text = || kept.text.to_string();
        let cell = match kept.part {
            part::BOOK => {
                book = Some(from_json(kept.text)?);
                return Ok(());
            }
            part::SHEET => {
                sheets.push(Passing {
                    head: from_json(kept.text)?,
                    cells: Vec::new(),
                    answers: None,
                });
                return Ok(());
            }
            part::NUMBER => Cell::Number(kept.number),
            part::TEXT => Cell::Text(text()),
            part::BOOL => Cell::Bool(kept.column == 1),
            part::DATE => Cell::DateTime(kept.number, kept.column == 1),
            part::DATE_TEXT => Cell::DateText(text()),
            part::ERROR => Cell::Error(text()),
            part::NOT_CACHED => Cell::NotCached,
            part::ANSWERS | part::ANSWERS_DRAFT => {
                let lost = "answers without a sheet";
                let sheet = sheets.last_mut().ok_or(lost)?;
                if kept.part == part::ANSWERS {
                    sheet.answers = Some(from_json(kept.text)?);
                } else {
                    let answers = sheet.answers.as_mut().ok_or(lost)?;
                    answers.drafts.push(super::parsed::draft(kept.text, "")?);
                }
                return Ok(());
            }
            other => return Err(format!("a row of kind {other}")),
        };
        let (row, col) = kept.at.ok_or("a cell without a place")?;
        let sheet = sheets.last_mut().ok_or("a cell without a sheet")?;
        sheet.cells.push((row, col, cell));
        Ok(())
    })?;
    let head = book.ok_or("an entry without its workbook")?;
    let book = BookRead {
        content: head.content,
        sheets: sheets.into_iter().map(Passing::sheet).collect(),
        remarks: head.remarks,
    };
    Ok((head.sha256, book))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Draft;
    use crate::ingest::answers::Answers;
    use crate::ingest::grid::Merge;

    #[test]
    fn sheets_come_back_as_they_were_and_only_with_the_submission() {
        let cells = vec![
            (0, 0, Cell::Text("学校（机构）名称".to_string())),
            (0, 3, Cell::Number(-0.1)),
            (1, 0, Cell::Bool(true)),
            (1, 1, Cell::DateTime(43_210.5, true)),
            (2, 0, Cell::DateText("2024-09-01".to_string())),
            (2, 5, Cell::Error("#N/A".to_string())),
            (9, 1, Cell::NotCached),
            (9, 2, Cell::Text("13812345678".to_string())),
        ];
        let layout = Layout {
            merges: vec![Merge {
                top: 0,
                left: 0,
                bottom: 1,
                right: 0,
            }],
            percent: vec![(0, 3)],
            hidden_rows: vec![9],
            hidden_cols: vec![(5, 7)],
        };
        let sheet = |name: &str, hidden, cells: &[(u32, u32, Cell)], layout: &Layout| SheetRead {
            grid: Grid::new(name.to_string(), hidden, cells.to_vec()).with_layout(layout.clone()),
            damaged: None,
            answers: None,
        };
        let mut answered = sheet("答卷", false, &cells[..2], &Layout::default());
        answered.answers = Some(AnswerTable {
            sheet: "答卷".to_string(),
            form: 3,
            headers: vec!["您的身份".to_string()],
            usable: true,
            judged: vec![2],
            counties: vec![Answers::default()],
            drafts: vec![(
                "column-unused",
                Draft::default().slot("found", "x".to_string()),
            )],
        });
        let book = BookRead {
            content: Content::Xlsx,
            sheets: vec![
                sheet("表", true, &cells, &layout),
                sheet("空", false, &[], &Layout::default()),
                answered,
            ],
            remarks: vec![Remark::Macros],
        };
        let seal = Seal::of(b"the submission");
        let kept = encoded(&book, "abc", &seal).unwrap();
        let (sha256, again) = decoded(&kept, &seal).unwrap();
        assert_eq!(sha256, "abc");
        assert_eq!(format!("{again:?}"), format!("{book:?}"));
        assert!(decoded(&kept, &Seal::of(b"another one")).is_err());
        let damaged = BookRead {
            sheets: vec![SheetRead {
                damaged: Some(("why".to_string(), None)),
                ..sheet("表", true, &cells, &layout)
            }],
            ..book
        };
        assert!(encoded(&damaged, "abc", &seal).is_err());
    }
}
