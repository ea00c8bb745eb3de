//! XML Spreadsheet 2003 -> sheets. Elements and attributes are known by their local names, for writers differ in prefixes.
//! The only file that names quick-xml. Other XML does not belong here.

use quick_xml::escape::{EscapeError, resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::decode;
use super::spreadsheet_cells::{Open, Rows, Styles};
use super::value::{Format, format};
use super::{Budget, Limits, MAX_COLUMN, MAX_ROW, MarkupSheet, Refusal, Stop};
use crate::ingest::grid::Cell;

/// Reads an XML Spreadsheet 2003.
///
/// # Errors
/// Why nothing of it could be read. `NotTable` is also the answer for a page of HTML that calls itself XML. A file that
/// breaks off has a damaged last sheet, and is no error.
pub fn read_spreadsheet_xml(bytes: &[u8], limits: &Limits) -> Result<Vec<MarkupSheet>, Refusal> {
    let head = String::from_utf8_lossy(bytes.get(..1024).unwrap_or(bytes)).to_ascii_lowercase();
    let head = head.trim_start_matches('\u{feff}').trim_start();
    let declaration = head
        .strip_prefix("<?xml")
        .and_then(|h| h.split("?>").next());
    let declared = match declaration.and_then(|d| decode::setting(d, "encoding")) {
        Some(label) => match decode::by_label(label.as_bytes()) {
            Some(encoding) => Some(encoding),
            None => return Err(Refusal::Damaged("an unknown encoding".to_string())),
        },
        None => None,
    };
    let (encoding, mark) = decode::encoding_of(bytes, declared);
    let (text, wrong) = decode::whole(bytes.get(mark..).unwrap_or(&[]), encoding);
    if wrong {
        let why = format!("bytes that are no {} text", encoding.name());
        return Err(Refusal::Damaged(why));
    }
    let mut reader = Reader::from_str(text.trim_start());
    let mut book = Book::new(limits);
    loop {
        let done = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => book.event(event),
            Err(_) => {
                let at = reader.error_position();
                Err(Stop::Broken(format!(
                    "the XML is not well-formed at byte {at}"
                )))
            }
        };
        match done {
            Ok(()) => {}
            Err(Stop::Refused(refusal)) => return Err(refusal),
            Err(Stop::Broken(why)) => {
                book.broken = Some(why);
                break;
            }
        }
    }
    book.finish()
}

/// Where in the spreadsheet an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Book,
    /// Settings of the workbook.
    Settings,
    Styles,
    Style,
    Sheet,
    Table,
    Row,
    Cell,
    /// The value of a cell, and all elements within.
    Data,
    /// Settings of the sheet.
    Options,
    Visible,
    /// Anything else, and all elements within.
    Other,
}

/// The state of reading.
struct Book {
    budget: Budget,
    places: Vec<Place>,
    styles: Styles,
    is_1904: bool,
    sheets: Vec<MarkupSheet>,
    rows: Rows,
    cell: Open,
    visible: String,
    broken: Option<String>,
}

impl Book {
    fn new(limits: &Limits) -> Book {
        Book {
            budget: Budget::new(limits),
            places: Vec::new(),
            styles: Styles::default(),
            is_1904: false,
            sheets: Vec::new(),
            rows: Rows::default(),
            cell: Open::default(),
            visible: String::new(),
            broken: None,
        }
    }

    fn event(&mut self, event: Event<'_>) -> Result<(), Stop> {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::Empty(tag) => {
                self.start(&tag)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(name) => {
                let mut buffer = [0; 4];
                let sign = name.resolve_char_ref().ok().flatten();
                let sign = sign.map(|c| &*c.encode_utf8(&mut buffer));
                match sign.or_else(|| resolve_predefined_entity(&name)) {
                    Some(text) => self.text(text),
                    None => Err(self.unknown_entity().into()),
                }
            }
            Event::DocType(_) => Err(Refusal::Entities.into()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    /// The place that is being read, for messages.
    fn place(&self) -> String {
        match self.sheets.last() {
            Some(sheet) => format!("{}, row {}", sheet.name, self.rows.row.saturating_add(1)),
            None => "before the first sheet".to_string(),
        }
    }

    fn unknown_entity(&self) -> Refusal {
        Refusal::Damaged(format!("{}: an entity that is not declared", self.place()))
    }

    fn broken_attribute(&self) -> Stop {
        Stop::Broken(format!("{}: a broken attribute", self.place()))
    }

    /// The value of an attribute by its local name.
    fn attr(&self, tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, Stop> {
        // Comparing each with all before it takes long where there are many.
        for attr in tag.attributes().with_checks(false) {
            let attr = attr.map_err(|_| self.broken_attribute())?;
            if attr.key.local_name().as_ref() == name {
                return match unescape(&attr.value) {
                    Ok(text) => Ok(Some(text.into_owned())),
                    Err(EscapeError::UnrecognizedEntity(..)) => Err(self.unknown_entity().into()),
                    Err(_) => Err(self.broken_attribute()),
                };
            }
        }
        Ok(None)
    }

    /// A whole number in an attribute; one that is none counts as not there.
    fn number(&self, tag: &BytesStart<'_>, name: &str) -> Result<Option<u32>, Stop> {
        let text = self.attr(tag, name)?;
        Ok(text.and_then(|t| t.trim().parse().ok()))
    }

    fn is_hidden(&self, tag: &BytesStart<'_>) -> Result<bool, Stop> {
        let text = self.attr(tag, "Hidden")?;
        Ok(text.is_some_and(|t| matches!(t.trim(), "1" | "true" | "True")))
    }

    fn style_of(&self, tag: &BytesStart<'_>) -> Result<Option<Format>, Stop> {
        let id = self.attr(tag, "StyleID")?;
        Ok(id.and_then(|id| self.styles.format(&id)))
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), Stop> {
        let most = self.budget.limits.depth;
        if self.places.len() >= most {
            return Err(Refusal::TooLarge(format!("elements nested deeper than {most}")).into());
        }
        let name = tag.local_name();
        let name = name.as_ref();
        let place = match (self.places.last().copied(), name) {
            (None, "Workbook") => Place::Book,
            (None, _) if self.sheets.is_empty() => return Err(Refusal::NotTable.into()),
            (None, _) => return Err(Stop::Broken("more behind the end".to_string())),
            (Some(Place::Book), "ExcelWorkbook") => Place::Settings,
            (Some(Place::Settings), "Date1904") => {
                self.is_1904 = true;
                Place::Other
            }
            (Some(Place::Book), "Styles") => Place::Styles,
            (Some(Place::Styles), "Style") => {
                let id = self.attr(tag, "ID")?.unwrap_or_default();
                self.styles.begin(id, self.attr(tag, "Parent")?)?;
                Place::Style
            }
            (Some(Place::Style), "NumberFormat") => {
                let code = self.attr(tag, "Format")?;
                self.styles
                    .set(format(code.as_deref().unwrap_or("General")));
                Place::Other
            }
            (Some(Place::Book), "Worksheet") => {
                self.begin_sheet(tag)?;
                Place::Sheet
            }
            (Some(Place::Sheet), "Table") => {
                self.rows.table_format = self.style_of(tag)?;
                Place::Table
            }
            (Some(Place::Table), "Column") => {
                self.column(tag)?;
                Place::Other
            }
            (Some(Place::Table), "Row") => {
                self.begin_row(tag)?;
                Place::Row
            }
            (Some(Place::Row), "Cell") => {
                self.begin_cell(tag)?;
                Place::Cell
            }
            (Some(Place::Cell), "Data") => {
                let kind = self.attr(tag, "Type")?;
                self.cell.kind = Some(kind.unwrap_or_default());
                Place::Data
            }
            (Some(Place::Data), _) => Place::Data,
            (Some(Place::Sheet), "WorksheetOptions") => Place::Options,
            (Some(Place::Options), "Visible") => Place::Visible,
            _ => Place::Other,
        };
        self.places.push(place);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Stop> {
        match self.places.pop() {
            Some(Place::Cell) => self.end_cell(),
            Some(Place::Visible) => {
                let hidden =
                    self.visible.trim().starts_with("Sheet") && self.visible.contains("Hidden");
                if let Some(sheet) = self.sheets.last_mut() {
                    sheet.hidden = hidden;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Stop> {
        match self.places.last() {
            Some(Place::Data) if !self.rows.lost => self.cell.text.push_str(text),
            Some(Place::Visible) if self.visible.len() < 64 => self.visible.push_str(text),
            _ => {}
        }
        Ok(())
    }

    fn begin_sheet(&mut self, tag: &BytesStart<'_>) -> Result<(), Stop> {
        let most = self.budget.limits.sheets;
        if self.sheets.len() >= most {
            return Err(Refusal::TooLarge(format!("more than {most} sheets")).into());
        }
        let name = self.attr(tag, "Name")?.unwrap_or_default();
        // A spreadsheet allows 31 characters.
        let name = name.chars().take(255).collect();
        self.sheets.push(MarkupSheet {
            name,
            ..MarkupSheet::default()
        });
        self.rows = Rows::default();
        self.visible.clear();
        Ok(())
    }

    /// The sheet that is read holds no more than was read of it.
    fn lose(&mut self, why: String) {
        self.rows.lost = true;
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.damaged.get_or_insert(why);
        }
    }

    /// The place that an `Index` gives, if there is one. It never goes back before the next place.
    fn index(&mut self, tag: &BytesStart<'_>, next: u32) -> Result<Option<u32>, Stop> {
        match self.attr(tag, "Index")?.map(|t| t.trim().parse::<u32>()) {
            None => Ok(None),
            Some(Ok(index)) if index > next => Ok(Some(index - 1)),
            Some(_) => {
                let place = self.place();
                self.lose(format!("{place}: an index that is none or goes back"));
                Ok(Some(next))
            }
        }
    }

    fn column(&mut self, tag: &BytesStart<'_>) -> Result<(), Stop> {
        let next = self.rows.next_told;
        let from = self.index(tag, next)?.unwrap_or(next);
        let more = self.number(tag, "Span")?.unwrap_or(0);
        let to = from.saturating_add(more).min(MAX_COLUMN - 1);
        self.rows.next_told = to.saturating_add(1);
        if from >= MAX_COLUMN || self.rows.lost {
            return Ok(());
        }
        if let Some(format) = self.style_of(tag)? {
            self.rows.column_formats.push((from, to, format));
        }
        if self.is_hidden(tag)?
            && let Some(sheet) = self.sheets.last_mut()
        {
            sheet.hidden_cols.push((from, to));
        }
        Ok(())
    }

    fn begin_row(&mut self, tag: &BytesStart<'_>) -> Result<(), Stop> {
        let next = self.rows.next_row;
        let row = self.index(tag, next)?.unwrap_or(next);
        let more = self.number(tag, "Span")?.unwrap_or(0);
        self.rows.row = row;
        self.rows.next_row = row.saturating_add(more).saturating_add(1);
        self.rows.hidden = self.is_hidden(tag)?;
        self.rows.format = self.style_of(tag)?;
        self.rows.next_col = 0;
        Ok(())
    }

    fn begin_cell(&mut self, tag: &BytesStart<'_>) -> Result<(), Stop> {
        let col = match self.index(tag, self.rows.next_col)? {
            Some(col) => col,
            None => self.rows.free_col(&mut self.budget)?,
        };
        let row = self.rows.row;
        let across = self.number(tag, "MergeAcross")?.unwrap_or(0);
        let down = self.number(tag, "MergeDown")?.unwrap_or(0);
        self.rows.next_col = col.saturating_add(across).saturating_add(1);
        let right = col.saturating_add(across).min(MAX_COLUMN - 1);
        let bottom = row.saturating_add(down).min(MAX_ROW - 1);
        if (right > col || bottom > row)
            && row < MAX_ROW
            && col < MAX_COLUMN
            && !self.rows.lost
            && let Some(sheet) = self.sheets.last_mut()
        {
            self.budget.merge()?;
            sheet.merges.push((row, col, bottom, right));
            if bottom > row {
                self.rows.cover(col, right, bottom);
            }
        }
        let own = self.style_of(tag)?;
        let format = own.or_else(|| self.rows.format_of(col));
        self.cell = Open {
            row,
            col,
            format,
            formula: self.attr(tag, "Formula")?.is_some(),
            ..Open::default()
        };
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), Stop> {
        let cell = std::mem::take(&mut self.cell);
        let (row, col) = (cell.row, cell.col);
        let is_percent = cell.format == Some(Format::Percent);
        let Some(value) = cell.value(self.is_1904) else {
            return Ok(());
        };
        if !self.rows.lost && (row >= MAX_ROW || col >= MAX_COLUMN) {
            self.lose(format!("cells beyond row {MAX_ROW} or column {MAX_COLUMN}"));
        }
        let Some(sheet) = self.sheets.last_mut().filter(|_| !self.rows.lost) else {
            return Ok(());
        };
        self.budget.cell(&value)?;
        if is_percent && matches!(value, Cell::Number(_)) {
            sheet.percent.push((row, col));
        }
        if self.rows.hidden && sheet.hidden_rows.last() != Some(&row) {
            sheet.hidden_rows.push(row);
        }
        sheet.cells.push((row, col, value));
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<MarkupSheet>, Refusal> {
        let open = !self.places.is_empty();
        let place = self.place();
        let cut = open.then(|| format!("the file breaks off: {place}"));
        let why = self.broken.take().or(cut);
        match (self.sheets.last_mut(), why) {
            (Some(sheet), Some(why)) => {
                sheet.damaged.get_or_insert(why);
            }
            (None, Some(why)) => return Err(Refusal::Damaged(why)),
            (None, None) => return Err(Refusal::NotTable),
            (Some(_), None) => {}
        }
        Ok(self.sheets)
    }
}
