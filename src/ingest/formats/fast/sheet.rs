//! A worksheet from its first byte to the last that matters: the head, the rows with their cells, the merged blocks.

use std::io::{self, Read};

use super::cell::{Place, cell};
use super::literal::Literal;
use super::number::{block, whole};
use super::scan::{Cursor, Halt, Kind, Taken};
use super::text::{Scratch, passed};
use super::usual::{Held, Usual};
use super::window::Window;
use super::{Context, text};
use crate::ingest::formats::{Deadline, MAX_ROW, ReadError, Sink};
use crate::ingest::grid::Merge;

/// More cells shown as percentages are not kept; the library is asked for them.
const MAX_PERCENT: usize = 1 << 20;

/// How far the cells of a sheet were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All have been given.
    Read,
    /// Something stands there that is not plain: so many were given before it, and what it is.
    NotUnderstood(u64, &'static str),
}

/// What a sheet says beside its cells.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Found {
    /// In the order of the file.
    pub merges: Vec<Merge>,
    /// Cells whose number format shows percent, in order.
    pub percent: Vec<(u32, u32)>,
    /// Some row or column is hidden; which, others find out.
    pub hides: bool,
}

/// A worksheet while it is read.
pub struct Sheet<'t, R> {
    window: Window<R>,
    context: Context<'t>,
    scratch: Scratch,
    usual: Usual,
    /// How the last row began behind its number.
    row_tag: Option<Literal<4>>,
    stage: Stage,
    /// Elements that are open.
    depth: usize,
    place: Place,
    /// No row may stand before this one.
    next_row: u32,
    given: u64,
    percent_left_out: bool,
    found: Found,
}

/// What is expected next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Start,
    Head,
    Rows,
    Cells,
    /// All rows are read.
    Tail,
    Merges,
    /// The last element is closed.
    Over,
    /// What follows does not matter.
    Done,
}

impl<'t, R: Read> Sheet<'t, R> {
    /// A worksheet of which so many bytes are read at a time.
    pub fn new(part: R, context: Context<'t>, chunk: usize) -> Sheet<'t, R> {
        Sheet {
            window: Window::new(part, chunk),
            context,
            scratch: Scratch::default(),
            usual: Usual::default(),
            row_tag: None,
            stage: Stage::Start,
            depth: 0,
            place: Place::at_row(0),
            next_row: 0,
            given: 0,
            percent_left_out: false,
            found: Found::default(),
        }
    }

    /// Gives all cells that hold something. To be called once.
    ///
    /// # Errors
    /// Those of the sink, and when it takes too long.
    pub fn cells(
        &mut self,
        deadline: &mut Deadline,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, ReadError> {
        loop {
            let bytes = self.window.bytes();
            let mut whole = Cursor::new(bytes);
            let halt = loop {
                let mut cursor = whole;
                if self.stage == Stage::Cells {
                    let at = (self.place.row, self.place.column);
                    let (place, scratch) = (&self.place, &mut self.scratch);
                    if let Some(held) = self.usual.cell(&mut cursor, place, self.context, scratch) {
                        match held {
                            Held::Value(seen) => sink.cell(at.0, at.1, seen)?,
                            Held::Text(number, text) => sink.text(at.0, at.1, number, text)?,
                        }
                        self.place.column += 1;
                        self.given += 1;
                        whole = cursor;
                        continue;
                    }
                    match next_in_row(&mut cursor) {
                        Ok(true) => {
                            match cell(&mut cursor, &self.place, self.context, &mut self.scratch) {
                                Ok(cell) => {
                                    // Without a value nothing is to be learnt from it.
                                    if cell.seen.is_some() {
                                        let length = whole.left().saturating_sub(cursor.left());
                                        let written = whole.rest().get(..length);
                                        let written = written.unwrap_or_default();
                                        self.usual.learn(written, &self.place, self.context);
                                    }
                                    whole = cursor;
                                    let at = (self.place.row, cell.column);
                                    self.place.column = cell.column + 1;
                                    if cell.is_percent {
                                        if self.found.percent.len() < MAX_PERCENT {
                                            self.found.percent.push(at);
                                        } else {
                                            self.percent_left_out = true;
                                        }
                                    }
                                    match cell.seen {
                                        Some(seen) => {
                                            sink.cell(at.0, at.1, seen)?;
                                            self.given += 1;
                                        }
                                        // The sink minds the time of the cells that it is given.
                                        None => deadline.check()?,
                                    }
                                    continue;
                                }
                                Err(halt) => break halt,
                            }
                        }
                        Ok(false) => {
                            self.stage = Stage::Rows;
                            whole = cursor;
                            continue;
                        }
                        Err(halt) => break halt,
                    }
                }
                if matches!(self.stage, Stage::Tail | Stage::Done) {
                    let used = bytes.len().saturating_sub(whole.left());
                    self.window.pass(used);
                    return Ok(Outcome::Read);
                }
                deadline.check()?;
                if self.stage == Stage::Rows
                    && let Some(tag) = &self.row_tag
                    && self.next_row < MAX_ROW
                    && let place = Place::at_row(self.next_row)
                    && let Some(rest) = usual_row(whole.rest(), &place, tag)
                {
                    whole = Cursor::new(rest);
                    self.next_row += 1;
                    self.place = place;
                    self.stage = Stage::Cells;
                    continue;
                }
                let mut step = Step {
                    stage: self.stage,
                    depth: self.depth,
                    row: None,
                    hides: false,
                    next_row: self.next_row,
                };
                match step.before_cells(&mut cursor) {
                    Ok(()) => {
                        let from = whole.rest();
                        whole = cursor;
                        self.stage = step.stage;
                        self.depth = step.depth;
                        self.found.hides |= step.hides;
                        if let Some(row) = step.row {
                            self.place = Place::at_row(row);
                            self.next_row = row + 1;
                            let shown = self.stage == Stage::Cells && !step.hides;
                            self.row_tag = shown
                                .then(|| row_tag(from, whole.left(), &self.place))
                                .flatten();
                        }
                    }
                    Err(halt) => break halt,
                }
            };
            let used = bytes.len().saturating_sub(whole.left());
            self.window.pass(used);
            let halt = match halt {
                Halt::More => self.window.more().err(),
                odd @ Halt::Odd(_) => Some(odd),
            };
            if let Some(Halt::Odd(why)) = halt {
                return Ok(Outcome::NotUnderstood(self.given, why));
            }
        }
    }

    /// Reads on behind the cells, all of which must have been given; nothing where the sheet is not plain there, or says
    /// more than is kept.
    ///
    /// # Errors
    /// When it takes too long.
    pub fn beside_cells(
        &mut self,
        deadline: &mut Deadline,
        most_merges: usize,
    ) -> Result<Option<Found>, ReadError> {
        if self.percent_left_out || !matches!(self.stage, Stage::Tail | Stage::Done) {
            return Ok(None);
        }
        while self.stage != Stage::Done {
            let bytes = self.window.bytes();
            let mut whole = Cursor::new(bytes);
            let halt = loop {
                if self.stage == Stage::Done {
                    break Halt::More;
                }
                deadline.check()?;
                let mut cursor = whole;
                let mut tail = Tail {
                    stage: self.stage,
                    depth: self.depth,
                    merge: None,
                };
                match tail.behind_cells(&mut cursor, &mut self.scratch) {
                    Ok(()) => {
                        whole = cursor;
                        self.stage = tail.stage;
                        self.depth = tail.depth;
                        self.found.merges.extend(tail.merge);
                        if self.found.merges.len() > most_merges {
                            return Ok(None);
                        }
                    }
                    Err(halt) => break halt,
                }
            };
            let used = bytes.len().saturating_sub(whole.left());
            self.window.pass(used);
            if self.stage == Stage::Done {
                break;
            }
            match halt {
                Halt::Odd(_) => return Ok(None),
                Halt::More => {
                    if self.window.more().is_err() {
                        let is_end = self.window.has_ended() && self.stage == Stage::Over;
                        return Ok(is_end.then(|| std::mem::take(&mut self.found)));
                    }
                }
            }
        }
        Ok(Some(std::mem::take(&mut self.found)))
    }

    /// Reads what is left of the part.
    ///
    /// # Errors
    /// Why the part is damaged.
    pub fn drain(&mut self) -> io::Result<()> {
        self.window.drain()
    }
}

/// What follows the tag of a row with this number where it is written like the last one.
#[inline]
fn usual_row<'a>(rest: &'a [u8], place: &Place, tag: &Literal<4>) -> Option<&'a [u8]> {
    tag.behind(place.behind_row(rest.strip_prefix(b"<row r=\"")?)?)
}

/// How the tag of a row goes on behind its number up to what is left then.
fn row_tag(from: &[u8], left: usize, place: &Place) -> Option<Literal<4>> {
    let behind = place.behind_row(from.strip_prefix(b"<row r=\"")?)?;
    Literal::of(behind.get(..behind.len().checked_sub(left)?)?)
}

/// Whether a cell follows in the row, rather than its end.
#[inline]
fn next_in_row(cursor: &mut Cursor<'_>) -> Taken<bool> {
    cursor.blank()?;
    if cursor.literal(b"<c")? {
        Ok(true)
    } else if cursor.literal(b"</row>")? {
        Ok(false)
    } else {
        Err(Halt::Odd("element in a row"))
    }
}

/// One step through what stands around the cells, not yet final.
struct Step {
    stage: Stage,
    depth: usize,
    /// The row that begins.
    row: Option<u32>,
    hides: bool,
    next_row: u32,
}

impl Step {
    fn before_cells(&mut self, cursor: &mut Cursor<'_>) -> Taken<()> {
        if self.stage == Stage::Start {
            cursor.declaration()?;
            self.stage = Stage::Head;
            return Ok(());
        }
        cursor.blank()?;
        let tag = cursor.tag()?;
        let odd = Err(Halt::Odd("element before the cells"));
        match (self.stage, tag.name, tag.kind) {
            (Stage::Rows, b"row", Kind::Open | Kind::Empty) => {
                let row = match tag.attribute(b"r")? {
                    Some(number) => whole(number).and_then(|number| number.checked_sub(1)),
                    None => Some(self.next_row),
                };
                let in_order = |row: &u32| *row >= self.next_row && *row < MAX_ROW;
                self.row = Some(row.filter(in_order).ok_or(Halt::Odd("number of a row"))?);
                self.hides = is_hidden(tag.attribute(b"hidden")?);
                if tag.kind == Kind::Open {
                    self.stage = Stage::Cells;
                }
            }
            (Stage::Rows, b"sheetData", Kind::Close) => self.stage = Stage::Tail,
            (Stage::Head, b"worksheet", Kind::Open) if self.depth == 0 => self.depth = 1,
            // Nothing but the sheet may stand outermost.
            (Stage::Head, _, _) if self.depth == 0 => return odd,
            (Stage::Head, b"sheetData", Kind::Open) if self.depth == 1 => self.stage = Stage::Rows,
            (Stage::Head, b"sheetData", Kind::Empty) if self.depth == 1 => self.stage = Stage::Tail,
            (Stage::Head, b"dimension", Kind::Open | Kind::Empty) => {
                if tag.attribute(b"ref")?.and_then(block).is_none() {
                    return Err(Halt::Odd("dimension"));
                }
                self.depth += usize::from(tag.kind == Kind::Open);
            }
            (
                Stage::Head,
                b"sheetPr" | b"tabColor" | b"outlinePr" | b"pageSetUpPr" | b"dimension"
                | b"sheetViews" | b"sheetView" | b"pane" | b"selection" | b"sheetFormatPr"
                | b"cols" | b"col",
                kind,
            ) => {
                self.hides = tag.name == b"col" && is_hidden(tag.attribute(b"hidden")?);
                match kind {
                    Kind::Open => self.depth += 1,
                    Kind::Close if self.depth > 1 => self.depth -= 1,
                    Kind::Close => return odd,
                    Kind::Empty => {}
                }
            }
            _ => return odd,
        }
        Ok(())
    }
}

/// Whether the attribute may hide something.
fn is_hidden(value: Option<&[u8]>) -> bool {
    !matches!(value, None | Some(b"0" | b"false"))
}

/// One step through what stands behind the cells, not yet final.
struct Tail {
    stage: Stage,
    depth: usize,
    merge: Option<Merge>,
}

impl Tail {
    fn behind_cells(&mut self, cursor: &mut Cursor<'_>, scratch: &mut text::Scratch) -> Taken<()> {
        if self.stage == Stage::Tail {
            passed(cursor.text()?, scratch)?;
        } else {
            cursor.blank()?;
        }
        let tag = cursor.tag()?;
        match (self.stage, tag.name, tag.kind) {
            (Stage::Over, _, _) => return Err(Halt::Odd("element behind the end")),
            (Stage::Merges, b"mergeCell", Kind::Empty) => {
                let block = tag.attribute(b"ref")?.and_then(block);
                let (top, left, bottom, right) = block.ok_or(Halt::Odd("merged block"))?;
                self.merge = Some(Merge {
                    top,
                    left,
                    bottom,
                    right,
                });
            }
            (Stage::Merges, b"mergeCells", Kind::Close) => self.stage = Stage::Done,
            (Stage::Merges, _, _) => return Err(Halt::Odd("merged block")),
            (_, b"mergeCells", Kind::Open) => self.stage = Stage::Merges,
            (_, b"mergeCells", Kind::Empty) => self.stage = Stage::Done,
            (_, name, _) if name.ends_with(b"mergeCells") => {
                return Err(Halt::Odd("merged block"));
            }
            (_, _, Kind::Open) => self.depth = self.depth.saturating_add(1),
            (_, _, Kind::Close) => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.stage = Stage::Over;
                }
            }
            (_, _, Kind::Empty) => {}
        }
        Ok(())
    }
}
