//! The tables of a page as they are opened and closed -> one sheet. What may stand in what follows the rules of HTML: a
//! cell, row or group that is not closed ends where the next begins. Which tags are shown does not belong here.
//!
//! Tables inside a cell: if the cell holds nothing else, or one of them has rows and columns, they are laid out, with lines
//! of text between them as rows. Otherwise they only shape a text, which is then that of the cell.

use html5ever::tokenizer::Tag;

use super::css::Look;
use super::elements::{attr, count};
use super::layout::{Block, Spot, Table};
use super::lines::Lines;
use super::value::{self, Format, Hints, html_cell};
use super::{Budget, Limits, MAX_COLUMN, MAX_ROW, MarkupSheet, Refusal, Stop};
use crate::ingest::grid::Cell;

/// What stands in a cell.
enum Part {
    Text(String),
    /// The text of a table of one cell.
    One(String),
    Table(Block),
}

impl Part {
    /// All that is written in it.
    fn flat(self) -> String {
        match self {
            Part::Text(text) | Part::One(text) => text,
            Part::Table(block) => block.flat(),
        }
    }

    /// Whether it is a table for its own sake, not for the look of a text.
    fn is_real_table(&self) -> bool {
        matches!(self, Part::Table(block) if block.height > 1 && block.width > 1)
    }
}

/// A cell that is being read.
struct Open {
    /// A hidden cell has no place.
    spot: Option<Spot>,
    hints: Hints,
    parts: Vec<Part>,
}

/// A table that is being read, with what stands in it outside its cells.
struct Level {
    table: Table,
    cell: Option<Open>,
    caption: bool,
    title: Lines,
    stray: Lines,
}

/// All tables of a page.
pub struct Tables {
    budget: Budget,
    /// Each inside the one before it.
    levels: Vec<Level>,
    /// The text of the cell, or of the line outside cells, that is being read.
    lines: Lines,
    /// What is finished.
    sheet: Block,
    seen: bool,
    pub is_1904: bool,
}

/// Text outside cells: each line is a row.
fn put_lines(block: &mut Block, text: &str, budget: &mut Budget) -> Result<(), Refusal> {
    for line in text.split('\n').map(str::trim).filter(|l| !l.is_empty()) {
        let cell = Cell::Text(line.to_string());
        budget.cell(&cell)?;
        block.line(cell);
    }
    Ok(())
}

impl Tables {
    pub fn new(limits: &Limits) -> Tables {
        Tables {
            budget: Budget::new(limits),
            levels: Vec::new(),
            lines: Lines::default(),
            sheet: Block::default(),
            seen: false,
            is_1904: false,
        }
    }

    /// Whether there was any table.
    pub fn any(&self) -> bool {
        self.seen
    }

    /// Whether a table is being read.
    pub fn is_open(&self) -> bool {
        !self.levels.is_empty()
    }

    /// Adds text that is shown.
    pub fn text(&mut self, text: &str) -> Result<(), Stop> {
        self.lines.push(text);
        Ok(self.budget.fits(self.lines.len())?)
    }

    /// A line ends: at a `<br>` always, at the edge of a block if there is one.
    pub fn break_line(&mut self, always: bool) -> Result<(), Stop> {
        if self.levels.is_empty() {
            return self.loose_line();
        }
        if always {
            self.lines.end_line();
        } else {
            self.lines.begin_line();
        }
        Ok(())
    }

    /// Text outside tables is a row of its own.
    fn loose_line(&mut self) -> Result<(), Stop> {
        let text = self.lines.take();
        Ok(put_lines(&mut self.sheet, &text, &mut self.budget)?)
    }

    /// What was read in a table outside its cells is kept for the end of the table.
    fn settle_stray(&mut self) {
        if let Some(level) = self.levels.last_mut()
            && level.cell.is_none()
        {
            let text = self.lines.take();
            let title = std::mem::take(&mut level.caption);
            let kept = if title {
                &mut level.title
            } else {
                &mut level.stray
            };
            if !text.is_empty() {
                kept.add_lines(&text);
            }
        }
    }

    /// A table begins.
    pub fn open_table(&mut self, tag: &Tag, look: Look, hidden: bool) -> Result<(), Stop> {
        self.settle_stray();
        if self.levels.last().is_some_and(|l| l.cell.is_none()) {
            self.close_table()?;
        }
        match self.levels.last_mut().and_then(|l| l.cell.as_mut()) {
            Some(cell) => {
                let text = self.lines.take();
                if !text.is_empty() {
                    cell.parts.push(Part::Text(text));
                }
            }
            None => self.loose_line()?,
        }
        let strings = attr(tag, "x:str").is_some();
        self.push_level(Table::new(hidden, look.format, strings))
    }

    /// Rows without a table are those of one that was not opened.
    fn need_table(&mut self) -> Result<(), Stop> {
        if self.levels.is_empty() {
            self.loose_line()?;
            self.push_level(Table::default())?;
        }
        Ok(())
    }

    fn push_level(&mut self, table: Table) -> Result<(), Stop> {
        self.seen = true;
        if self.levels.len() >= self.budget.limits.depth {
            let most = self.budget.limits.depth;
            return Err(Refusal::TooLarge(format!("tables nested deeper than {most}")).into());
        }
        self.levels.push(Level {
            table,
            cell: None,
            caption: false,
            title: Lines::default(),
            stray: Lines::default(),
        });
        Ok(())
    }

    /// The title of a table begins.
    pub fn open_caption(&mut self) -> Result<(), Stop> {
        self.close_cell()?;
        if let Some(level) = self.levels.last_mut() {
            level.caption = true;
        }
        Ok(())
    }

    pub fn close_caption(&mut self) {
        self.settle_stray();
    }

    /// Columns are told of.
    pub fn columns(&mut self, tag: &Tag, look: Look) {
        if let Some(level) = self.levels.last_mut() {
            level.table.columns(count(tag, "span"), look.is_hidden());
        }
    }

    /// A group of rows ends, and the next one is hidden or not.
    pub fn group(&mut self, hidden: bool) -> Result<(), Stop> {
        self.close_row()?;
        if let Some(level) = self.levels.last_mut() {
            level.table.end_group();
            level.table.hidden_group = hidden;
        }
        Ok(())
    }

    /// A row begins.
    pub fn open_row(&mut self, look: Look) -> Result<(), Stop> {
        self.need_table()?;
        self.close_row()?;
        match self.levels.last_mut() {
            Some(level) => level.table.row(look.is_hidden(), look.format),
            None => Ok(()),
        }
    }

    pub fn close_row(&mut self) -> Result<(), Stop> {
        self.close_cell()?;
        if let Some(level) = self.levels.last_mut() {
            level.table.in_row = false;
        }
        Ok(())
    }

    /// A cell begins. A hidden one takes no place, as in a browser, unless its whole column was told to be hidden.
    pub fn open_cell(&mut self, tag: &Tag, look: Look) -> Result<(), Stop> {
        self.need_table()?;
        self.close_cell()?;
        let Some(level) = self.levels.last_mut() else {
            return Ok(());
        };
        let table = &mut level.table;
        if !table.in_row {
            table.row(false, None)?;
        }
        let hidden = look.is_hidden() && !table.is_hidden_column(table.next_col());
        let spot = if hidden {
            None
        } else {
            let (cols, rows) = (count(tag, "colspan"), count(tag, "rowspan"));
            let spot = table.place(cols, rows, &mut self.budget)?;
            if !look.loose_span {
                table.merge(spot, &mut self.budget)?;
            }
            Some(spot)
        };
        let own = |name| attr(tag, name).map(str::to_string);
        // LibreOffice gives the value and, behind two languages, the format.
        let sdnum = attr(tag, "sdnum").and_then(|s| s.splitn(3, ';').nth(2));
        let sdnum = sdnum.filter(|s| !s.is_empty()).map(value::format);
        let (boolean, error) = (own("x:bool"), own("x:err"));
        let num = own("x:num").or(own("sdval"));
        let typed = num.is_some() || boolean.is_some() || error.is_some();
        let format = look.format.or(sdnum).or(table.row_format).or(table.format);
        level.cell = Some(Open {
            spot,
            hints: Hints {
                num,
                string: attr(tag, "x:str").is_some() || (table.strings && !typed),
                boolean,
                error,
                formula: attr(tag, "x:fmla").is_some(),
                format: format.unwrap_or(Format::Plain),
            },
            parts: Vec::new(),
        });
        Ok(())
    }

    pub fn close_cell(&mut self) -> Result<(), Stop> {
        self.settle_stray();
        let Some(level) = self.levels.last_mut() else {
            return Ok(());
        };
        let Some(mut open) = level.cell.take() else {
            return Ok(());
        };
        let mut text = self.lines.take();
        let Some(spot) = open.spot else {
            return Ok(());
        };
        if !open.parts.is_empty() && !text.is_empty() {
            open.parts.push(Part::Text(std::mem::take(&mut text)));
        }
        let parts = open.parts;
        let has = |what: fn(&Part) -> bool| parts.iter().any(what);
        let only_tables = !has(|p| matches!(p, Part::Text(_)));
        if has(Part::is_real_table) || (only_tables && has(|p| matches!(p, Part::Table(_)))) {
            let mut all = Block::default();
            for part in parts {
                match part {
                    Part::Table(block) => all.below(block),
                    Part::Text(text) | Part::One(text) => {
                        put_lines(&mut all, &text, &mut self.budget)?;
                    }
                }
            }
            level.table.lay(spot, all);
            return Ok(());
        }
        if !parts.is_empty() {
            text = parts
                .into_iter()
                .map(Part::flat)
                .collect::<Vec<_>>()
                .join("\n");
        }
        if let Some((cell, percent)) = html_cell(text, &open.hints, self.is_1904) {
            self.budget.cell(&cell)?;
            level.table.fill(spot, cell, percent);
        }
        Ok(())
    }

    /// A table ends: it is put into the cell that it stands in, or below all before it.
    pub fn close_table(&mut self) -> Result<(), Stop> {
        self.close_row()?;
        let Some(mut level) = self.levels.pop() else {
            return Ok(());
        };
        let block = level.table.finish(&mut self.budget)?;
        let (title, stray) = (level.title.take(), level.stray.take());
        let Some(cell) = self.levels.last_mut().and_then(|l| l.cell.as_mut()) else {
            put_lines(&mut self.sheet, &title, &mut self.budget)?;
            self.sheet.below(block);
            put_lines(&mut self.sheet, &stray, &mut self.budget)?;
            return Ok(());
        };
        let text = |t: String| (!t.is_empty()).then_some(Part::Text(t));
        cell.parts.extend(text(title));
        if block.height == 1 && block.cells.len() == 1 && block.merges.is_empty() {
            cell.parts.push(Part::One(block.flat()));
        } else if !block.cells.is_empty() {
            // A table takes more room than what stands in it.
            self.budget.room(4)?;
            cell.parts.push(Part::Table(block));
        }
        cell.parts.extend(text(stray));
        Ok(())
    }

    /// The file breaks off here, after the row that is returned. Of the cell where it does nobody knows the rest.
    pub fn break_off(&mut self) -> u64 {
        if let Some(level) = self.levels.last_mut() {
            level.cell = None;
        }
        self.lines.take();
        let rows = self.levels.first().map_or(0, |l| l.table.rows());
        u64::from(self.sheet.height) + u64::from(rows)
    }

    /// Ends all that is open.
    pub fn close_all(&mut self) -> Result<(), Stop> {
        while self.is_open() {
            self.close_table()?;
        }
        self.loose_line()
    }

    /// The sheet of all tables.
    pub fn sheet(self, name: &str, mut damaged: Option<String>) -> MarkupSheet {
        let mut block = self.sheet;
        let inside = |r: u32, c: u32| r < MAX_ROW && c < MAX_COLUMN;
        let all = block.cells.len();
        block.cells.retain(|(r, c, _)| inside(*r, *c));
        if block.cells.len() < all {
            let why = format!("cells beyond row {MAX_ROW} or column {MAX_COLUMN}");
            damaged = damaged.or(Some(why));
        }
        // In order of the page where two are at one place, which spans that overlap may bring about.
        let place = |(r, c, _): &(u32, u32, Cell)| (*r, *c);
        if !block.cells.is_sorted_by_key(place) {
            block.cells.sort_by_key(place);
        }
        let all = block.cells.len();
        block.cells.dedup_by_key(|(r, c, _)| (*r, *c));
        if block.cells.len() < all {
            damaged = damaged.or(Some("cells that overlap".to_string()));
        }
        block.percent.retain(|(r, c)| inside(*r, *c));
        block.percent.sort_unstable();
        block.merges.retain(|m| inside(m.2, m.3));
        let holds = |row: u32| block.cells.binary_search_by_key(&row, |c| c.0).is_ok();
        block.hidden_rows.retain(|r| holds(*r));
        block.hidden_rows.sort_unstable();
        block.hidden_cols.sort_unstable();
        block.hidden_cols.dedup();
        MarkupSheet {
            name: name.to_string(),
            hidden: false,
            cells: block.cells,
            merges: block.merges,
            percent: block.percent,
            hidden_rows: block.hidden_rows,
            hidden_cols: block.hidden_cols,
            damaged,
        }
    }
}
