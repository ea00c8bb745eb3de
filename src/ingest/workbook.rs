//! Collects what a reader gives into grids, or counts it while it passes by: the sheets of one file, before any form is
//! looked for.

use super::answers::AnswerTable;
use super::delimited;
use super::formats::content::Content;
use super::formats::{self, Deadline, Layout, Limit, ReadError, Remark, Seen, Sink};
use super::grid::{Cell, Grid};
use super::questionnaire::{self, Collector, HEAD_ROWS};
use crate::pipeline::Pipeline;

/// One sheet as far as it could be read.
#[derive(Debug)]
pub struct SheetRead {
    pub grid: Grid,
    /// Why reading stopped before the end, and the last cell that was read.
    pub damaged: Option<(String, Option<(u32, u32)>)>,
    /// What its rows came to, where they are questionnaires; the grid then holds the first rows only.
    pub answers: Option<AnswerTable>,
}

/// A file as read.
#[derive(Debug)]
pub struct BookRead {
    /// What it is by its content.
    pub content: Content,
    pub sheets: Vec<SheetRead>,
    pub remarks: Vec<Remark>,
}

/// Reads every sheet of a file; the one table of a file without names for sheets is called `title`. A panic of a library is
/// caught by the caller, with all else of the file.
///
/// # Errors
/// Why nothing of it is read.
pub fn read(pipeline: &Pipeline, bytes: &[u8], title: &str) -> Result<BookRead, ReadError> {
    let mut sheets = Sheets {
        pipeline,
        deadline: Deadline::new(&pipeline.limits),
        current: None,
        done: Vec::new(),
        remarks: Vec::new(),
    };
    let content = formats::read(bytes, title, &pipeline.limits, &mut sheets)?;
    sheets.finish();
    // One column is a note, a letter, a list: no table.
    let is_table = |s: &SheetRead| {
        s.answers.is_some() || s.grid.rows().iter().any(|(_, cells)| cells.len() > 1)
    };
    if content == Content::Text && !sheets.done.iter().any(is_table) {
        return Err(ReadError::NotWorkbook(Content::Text));
    }
    Ok(BookRead {
        content,
        sheets: sheets.done,
        remarks: sheets.remarks,
    })
}

/// The sheets of a file while they are read.
struct Sheets<'p> {
    pipeline: &'p Pipeline,
    deadline: Deadline,
    current: Option<Cells<'p>>,
    done: Vec<SheetRead>,
    remarks: Vec<Remark>,
}

impl Sheets<'_> {
    fn finish(&mut self) {
        if let Some(cells) = self.current.take() {
            self.done.push(cells.finish());
        }
    }
}

impl Sink for Sheets<'_> {
    fn sheet(&mut self, name: &str, hidden: bool) -> Result<(), ReadError> {
        self.finish();
        let most = self.pipeline.limits.sheets;
        if self.done.len() >= most {
            let most = most as u64;
            return Err(ReadError::over(Limit::Sheets, most, None, None));
        }
        self.current = Some(Cells::new(self.pipeline, name, hidden));
        Ok(())
    }

    fn cell(&mut self, row: u32, col: u32, value: Seen<'_>) -> Result<(), ReadError> {
        self.deadline.check()?;
        match &mut self.current {
            Some(cells) => cells.put(row, col, value, None),
            None => Ok(()),
        }
    }

    fn text(&mut self, row: u32, col: u32, number: u32, text: &str) -> Result<(), ReadError> {
        self.deadline.check()?;
        match &mut self.current {
            Some(cells) => cells.put(row, col, Seen::Text(text), Some(number)),
            None => Ok(()),
        }
    }

    fn broken(&mut self, reason: &str) {
        if let Some(cells) = &mut self.current {
            cells.broken(reason);
        }
    }

    fn wants_layout(&mut self) -> bool {
        self.current.as_mut().is_some_and(|cells| {
            if !cells.looked {
                cells.look();
            }
            cells.collector.is_none()
        })
    }

    fn layout(&mut self, layout: Layout) {
        if let Some(cells) = &mut self.current {
            cells.layout = layout;
        }
    }

    fn remark(&mut self, remark: Remark) {
        self.remarks.push(remark);
    }
}

/// Collects the cells of a sheet until its first rows have shown whether it holds questionnaires; then counts those, or
/// collects on.
struct Cells<'p> {
    pipeline: &'p Pipeline,
    name: String,
    hidden: bool,
    cells: Vec<(u32, u32, Cell)>,
    /// Where fields of a text stand among the cells, until it is known whether they are answers.
    fields: bool,
    text: usize,
    last: Option<(u32, u32)>,
    /// The first cell that does not stand behind those before it.
    disorder: Option<(u32, u32)>,
    looked: bool,
    collector: Option<Collector<'p>>,
    layout: Layout,
    damaged: Option<(String, Option<(u32, u32)>)>,
}

impl<'p> Cells<'p> {
    fn new(pipeline: &'p Pipeline, name: &str, hidden: bool) -> Cells<'p> {
        Cells {
            pipeline,
            name: name.to_string(),
            hidden,
            cells: Vec::new(),
            fields: false,
            text: 0,
            last: None,
            disorder: None,
            looked: false,
            collector: None,
            layout: Layout::default(),
            damaged: None,
        }
    }

    /// Takes a cell; a text may have a number, by which it need not be looked at again where answers are counted.
    fn put(
        &mut self,
        row: u32,
        col: u32,
        value: Seen<'_>,
        number: Option<u32>,
    ) -> Result<(), ReadError> {
        if row >= HEAD_ROWS && !self.looked {
            self.look();
        }
        if self.last.is_some_and(|last| (row, col) <= last) {
            // A place that comes back, or a number that is not what it seems: nobody knows which cell is meant.
            if self.disorder.is_none() {
                self.disorder = Some((row, col));
            }
            return Ok(());
        }
        self.last = Some((row, col));
        // Questionnaires pass by: nothing is kept of their cells.
        if let Some(collector) = &mut self.collector {
            match (value, number) {
                (Seen::Text(text), Some(number)) => collector.text(row, col, number, text),
                _ => collector.cell(row, col, value),
            }
            return Ok(());
        }
        if let Seen::Text(t) | Seen::Field(t) = value {
            if is_blank(t) {
                return Ok(());
            }
            self.text += t.len();
        }
        let cell = match value {
            Seen::Field(t) if self.looked => delimited::cell(t),
            Seen::Field(t) => {
                self.fields = true;
                Cell::Text(t.to_string())
            }
            Seen::Text(t) => Cell::Text(t.to_string()),
            Seen::Number(n) => Cell::Number(n),
            Seen::Bool(b) => Cell::Bool(b),
            Seen::Date(serial, is_1904) => Cell::DateTime(serial, is_1904),
            Seen::DateText(t) => Cell::DateText(t.to_string()),
            Seen::Error(t) => Cell::Error(t.to_string()),
            Seen::NotCached => Cell::NotCached,
        };
        self.cells.push((row, col, cell));
        let limits = &self.pipeline.limits;
        let over = |limit, most: usize| {
            let (most, found) = (most as u64, None);
            Err(ReadError::over(limit, most, found, Some(&self.name)))
        };
        if self.cells.len() > limits.cells {
            return over(Limit::Cells, limits.cells);
        }
        if self.text > limits.text {
            return over(Limit::Text, limits.text >> 20);
        }
        Ok(())
    }

    /// Looks at the first rows.
    fn look(&mut self) {
        self.looked = true;
        if self.pipeline.survey.is_some() {
            let head = Grid::new(self.name.clone(), false, self.cells.clone());
            self.collector = questionnaire::open(self.pipeline, &head);
        }
        if self.fields && self.collector.is_none() {
            for (_, _, cell) in &mut self.cells {
                if let Cell::Text(t) = cell {
                    *cell = delimited::cell(t);
                }
            }
        }
        if let Some(collector) = &mut self.collector {
            for (row, col, cell) in &self.cells {
                if *row > collector.header_row() {
                    collector.cell(*row, *col, cell.seen());
                }
            }
        }
    }

    fn broken(&mut self, reason: &str) {
        if !self.looked {
            self.look();
        }
        if let Some(collector) = &mut self.collector {
            // Of the row where it breaks off the rest is not known.
            collector.forget_row();
        }
        self.damaged = Some((reason.to_string(), self.last));
    }

    fn finish(mut self) -> SheetRead {
        if !self.looked {
            self.look();
        }
        if let Some((row, col)) = self.disorder
            && self.damaged.is_none()
        {
            let cell = crate::finding::a1(row, col);
            let reason = format!("cells out of order, first {cell}");
            self.damaged = Some((reason, Some((row, col))));
            // The cell that it may be meant to replace is in doubt as well.
            self.cells.retain(|(r, c, _)| (*r, *c) != (row, col));
        }
        SheetRead {
            answers: self.collector.map(Collector::finish),
            grid: Grid::new(self.name, self.hidden, self.cells).with_layout(self.layout),
            damaged: self.damaged,
        }
    }
}

pub(super) fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_whitespace() || crate::text::is_invisible(c))
}
