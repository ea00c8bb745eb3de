//! Book -> bytes of an .xlsx file. The only file that names rust_xlsxwriter. The same book gives the same bytes: the
//! creation time is that of the period, not of the clock.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use rust_xlsxwriter::{
    Chart as XlsxChart, ChartErrorBars, ChartErrorBarsType, ChartFormat, ChartLine, ChartMarker,
    ChartMarkerType, ChartRange, ChartType, Color, DataValidation, DataValidationRule,
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, IntoExcelData,
    ProtectionOptions, Url, Workbook, Worksheet, XlsxError,
};
use unicode_width::UnicodeWidthStr;

use super::book::{
    Allowed, Book, Cell, Chart, Entry, Head, Look, MOST_ROWS, Page, Placed, Sheet, Tone, column,
    part_name,
};
use crate::error::Error;
use crate::failure::why;
use crate::fixed::HashMap;
use crate::log::panic_text;
use crate::text::{fifteen_digits, fixed_width};

/// Excel keeps at most 65,530 links a sheet; the rest are written as text.
const MAX_LINKS: usize = 60_000;
/// Larger levels cost more time than the little room that they save is worth.
const COMPRESSION: u8 = 2;
/// Longest text of a cell.
const MAX_TEXT: usize = 32_000;
/// Longest title and text of what is shown beside an entry.
const MAX_TITLE: usize = 32;
const MAX_NOTE: usize = 255;
/// More rows than this cannot be read on one sheet of paper.
const MAX_ROWS_A_PAGE: usize = 60;

/// Writes a book, whose rows are given back as they are written. `period` is the year that stands as the file's creation time;
/// what is written of large sheets waits in files of the folder `scratch` that nobody sees.
///
/// # Errors
/// [`Error::Output`] when nothing can be written there; [`Error::Internal`] when the library refuses, which a book made by this
/// program never gives cause for.
pub fn write(book: Book, period: i64, scratch: &Path) -> Result<Vec<u8>, Error> {
    let title = book.title.clone();
    let refused = |why: String| {
        let scratch = scratch.display();
        Error::Output(format!(
            "workbook {title} cannot be written by way of {scratch}: {why}"
        ))
    };
    let by_files = book.sheets.iter().any(is_large);
    match catch_unwind(AssertUnwindSafe(|| build(book, period, scratch))) {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(XlsxError::TempFileError(_, e) | XlsxError::IoError(e))) => {
            Err(refused(why(scratch, &e)))
        }
        Ok(Err(e)) => Err(Error::Internal(format!("workbook {title}: {e}"))),
        // The library ends with a panic when such a file takes no more.
        Err(panic) if by_files => Err(refused(panic_text(&*panic))),
        Err(panic) => resume_unwind(panic),
    }
}

fn build(book: Book, period: i64, scratch: &Path) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_zip_compression_level(COMPRESSION);
    let year = u16::try_from(period.clamp(1900, 9999)).unwrap_or(1900);
    let created = ExcelDateTime::from_ymd(year, 12, 31)?;
    workbook.set_properties(
        &DocProperties::new()
            .set_title(&book.title)
            .set_author("junheng")
            .set_creation_datetime(&created),
    );
    let plain = Format::new().set_font_name(&book.font).set_font_size(10);
    let mut formats = Formats {
        base: plain
            .clone()
            .set_border(FormatBorder::Thin)
            .set_border_color(Color::RGB(0x00BF_BFBF)),
        made: HashMap::default(),
    };
    for page in &book.pages {
        let worksheet = workbook.add_worksheet();
        worksheet.set_name(&page.name)?;
        write_page(worksheet, page, &plain, &mut formats)?;
    }
    if book.sheets.iter().any(is_large) {
        workbook.set_tempdir(scratch)?;
    }
    for sheet in book.sheets.into_iter().flat_map(in_parts) {
        let worksheet = match is_large(&sheet) {
            true => workbook.add_worksheet_with_low_memory()?,
            false => workbook.add_worksheet(),
        };
        worksheet.set_name(&sheet.name)?;
        write_sheet(worksheet, sheet, &plain, &mut formats)?;
    }
    workbook.save_to_buffer()
}

/// Sheets with more rows go through a file, row by row.
pub const LARGE_SHEET: usize = 1_000;

/// A sheet with more rows than Excel can hold goes on in others of the same kind.
fn in_parts(mut sheet: Sheet) -> Vec<Sheet> {
    let mut rest = std::mem::take(&mut sheet.rows);
    let mut parts: Vec<Sheet> = Vec::new();
    loop {
        let next = match rest.len() > MOST_ROWS {
            true => rest.split_off(MOST_ROWS),
            false => Vec::new(),
        };
        parts.push(Sheet {
            name: part_name(&sheet.name, parts.len()),
            rows: std::mem::replace(&mut rest, next),
            chart: sheet.chart.take(),
            ..sheet.clone()
        });
        if rest.is_empty() {
            return parts;
        }
    }
}

fn is_large(sheet: &Sheet) -> bool {
    sheet.rows.len() > LARGE_SHEET
}

/// Formats are made once a look and reused.
struct Formats {
    base: Format,
    made: HashMap<Shape, Format>,
}

impl Formats {
    /// Of the heads of columns.
    fn head(&self) -> Format {
        self.base
            .clone()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::Center)
            .set_align(FormatAlign::VerticalCenter)
            .set_background_color(Color::RGB(0x00DD_E6F0))
    }

    /// Of cells to fill in.
    fn entry(&self, entry: &Entry) -> Format {
        let format = self
            .base
            .clone()
            .set_unlocked()
            .set_align(FormatAlign::VerticalCenter);
        let format = match &entry.allowed {
            Allowed::Whole(..) | Allowed::Number(..) => format.set_align(FormatAlign::Right),
            Allowed::Date => format.set_num_format("yyyy-mm-dd"),
            _ => format.set_num_format("@").set_text_wrap(),
        };
        if entry.required {
            format.set_background_color(Color::RGB(0x00FF_F8E1))
        } else {
            format
        }
    }

    fn of(&mut self, tone: Tone, digits: Option<usize>) -> &Format {
        self.made.entry((tone, digits)).or_insert_with(|| {
            let mut format = self.base.clone().set_align(FormatAlign::VerticalCenter);
            format = match digits {
                Some(0) => format.set_num_format("#,##0"),
                Some(d) => format.set_num_format(format!("#,##0.{}", "0".repeat(d))),
                None => format.set_text_wrap(),
            };
            match tone {
                Tone::Plain => format,
                Tone::Good => colours(format, 0x00E2_F0D9, 0x0037_5623),
                Tone::Middle => colours(format, 0x00FF_F2CC, 0x007F_6000),
                Tone::Bad => colours(format, 0x00FB_E0DD, 0x009C_0006),
                Tone::Pale => colours(format, 0x00EE_EEEE, 0x0059_5959),
                Tone::Strong => format
                    .set_bold()
                    .set_background_color(Color::RGB(0x00F2_F2F2)),
            }
        })
    }
}

fn colours(format: Format, background: u32, font: u32) -> Format {
    format
        .set_background_color(Color::RGB(background))
        .set_font_color(Color::RGB(font))
}

fn write_sheet(
    worksheet: &mut Worksheet,
    mut sheet: Sheet,
    plain: &Format,
    formats: &mut Formats,
) -> Result<(), XlsxError> {
    let rows = std::mem::take(&mut sheet.rows);
    let last = u16::try_from(sheet.columns.len().max(1) - 1).unwrap_or(u16::MAX);
    let title = plain
        .clone()
        .set_font_size(16)
        .set_bold()
        .set_align(FormatAlign::VerticalCenter);
    let note = plain.clone().set_font_color(Color::RGB(0x0059_5959));
    worksheet.set_default_row_height(ONE_LINE);
    worksheet.set_row_height(0, 28)?;
    worksheet.write_string_with_format(0, 0, cut(&sheet.title), &title)?;
    let mut row = 1;
    for text in &sheet.notes {
        worksheet.write_string_with_format(row, 0, cut(text), &note)?;
        row += 1;
    }
    let head = formats.head();
    let first_head = row;
    let grouped = sheet.columns.iter().any(|c| !c.group.is_empty());
    if grouped {
        write_groups(worksheet, &sheet, row, &head)?;
        row += 1;
    }
    let widths = widths(&sheet.columns, &rows);
    let mut head_lines = 1;
    for (c, declared) in sheet.columns.iter().enumerate() {
        let col = column(c);
        if !(grouped && declared.group.is_empty()) {
            worksheet.write_string_with_format(row, col, &declared.label, &head)?;
        }
        let lines = declared
            .label
            .width()
            .div_ceil(widths[c].shown.saturating_sub(1).max(1));
        head_lines = head_lines.max(lines);
        worksheet.set_column_width(col, widths[c].shown as f64 + 1.0)?;
    }
    worksheet.set_row_height(row, 15 * u32::try_from(head_lines).unwrap_or(1) + 4)?;
    let head_row = row;
    row += 1;
    let link = (formats.base.clone())
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
        .set_font_color(Color::RGB(0x0005_63C1));
    let mut links = 0;
    let count = rows.len();
    for (at, cells) in rows.into_iter().enumerate() {
        let mut lines = 1;
        let mut c = 0;
        for run in cells.chunk_by(|a, b| shape(a).is_some() && shape(a) == shape(b)) {
            for (cell, col) in run.iter().zip(c..) {
                // The first cell of a row says that the row has begun, the last one how far the sheet reaches.
                let ends = col == 0 || (at + 1 == count && col + 1 == cells.len());
                match cell {
                    Cell::Link { text, target } => {
                        let col = column(col);
                        let url = Url::new(target.as_str()).set_text(cut(text));
                        // One that is too long is no link.
                        let is_link = links < MAX_LINKS
                            && worksheet
                                .write_url_with_format(row, col, url, &link)
                                .is_ok();
                        match is_link {
                            true => links += 1,
                            false => {
                                worksheet.write_string_with_format(row, col, cut(text), &link)?;
                            }
                        }
                    }
                    cell => {
                        let shape = shape(cell).filter(|_| ends || run.len() == 1);
                        let format = shape.map(|(tone, digits)| formats.of(tone, digits));
                        write_value(worksheet, row, column(col), cell, format)?;
                    }
                }
                if let Cell::Text(text, _) | Cell::Link { text, .. } = cell
                    && let Some(width) = widths.get(col).filter(|width| width.wraps)
                {
                    lines = lines.max(lines_of(text, width.shown));
                }
            }
            let (first, next) = (c, c + run.len());
            if let Some((tone, digits)) = shape(&run[0]).filter(|_| run.len() > 1) {
                let format = formats.of(tone, digits);
                worksheet.set_range_format(row, column(first), row, column(next - 1), format)?;
            }
            c = next;
        }
        if lines != 1 {
            worksheet.set_row_height(row, 15 * u32::try_from(lines.min(27)).unwrap_or(1) + 3)?;
            // Of a sheet that goes through a file the library writes the last row twice, if it has a height: no such row is last.
            if at + 1 == count && count > LARGE_SHEET {
                worksheet.write_blank(row + 1, 0, plain)?;
            }
        }
        row += 1;
    }
    if let Some(chart) = &sheet.chart {
        let made = chart_of(&sheet, chart, head_row + 1);
        worksheet.insert_chart(row + 1, 0, &made)?;
    }
    worksheet.set_freeze_panes(head_row + 1, sheet.frozen)?;
    if sheet.filter && count > 0 {
        worksheet.autofilter(head_row, 0, row - 1, last)?;
    }
    worksheet.set_landscape();
    worksheet.set_paper_size(9);
    let one_page = sheet.one_page && count <= MAX_ROWS_A_PAGE;
    worksheet.set_print_fit_to_pages(1, u16::from(one_page));
    worksheet.set_repeat_rows(first_head, head_row)?;
    worksheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.2, 0.3);
    worksheet.set_footer("&L&A&R&P / &N");
    Ok(())
}

/// A point with its whiskers for each row, and the limit as a line.
fn chart_of(sheet: &Sheet, chart: &Chart, first: u32) -> XlsxChart {
    let last = first + u32::try_from(chart.rows.max(1) - 1).unwrap_or(0);
    let range = |c: usize| {
        let col = column(c);
        (sheet.name.as_str(), first, col, last, col)
    };
    let block = |c: usize| {
        let (name, top, left, bottom, right) = range(c);
        ChartRange::new_from_range(name, top, left, bottom, right)
    };
    let mut made = XlsxChart::new(ChartType::Line);
    let whiskers = ChartErrorBarsType::Custom(block(chart.up), block(chart.down));
    made.add_series()
        .set_name(&chart.value_title)
        .set_categories(range(chart.categories))
        .set_values(range(chart.values))
        .set_format(ChartFormat::new().set_no_line())
        .set_marker(
            ChartMarker::new()
                .set_type(ChartMarkerType::Diamond)
                .set_size(6),
        )
        .set_y_error_bars(ChartErrorBars::new().set_type(whiskers));
    let mut line = ChartLine::new();
    line.set_color(Color::RGB(0x00C0_0000)).set_width(1.5);
    made.add_series()
        .set_name(&chart.limit_title)
        .set_categories(range(chart.categories))
        .set_values(range(chart.limit))
        .set_marker(ChartMarker::new().set_none())
        .set_format(ChartFormat::new().set_line(&line));
    made.title().set_name(&chart.title);
    made.y_axis().set_name(&chart.value_title);
    let width = 160 + 26 * u32::try_from(chart.rows).unwrap_or(0);
    made.set_width(width.clamp(720, 5000)).set_height(420);
    made
}

/// What the format of a cell hangs on: its tone, and the digits behind the point of a figure.
type Shape = (Tone, Option<usize>);

/// The shape of a cell; a link has its own.
fn shape(cell: &Cell) -> Option<Shape> {
    match cell {
        Cell::Empty => Some((Tone::Plain, None)),
        Cell::Text(_, tone) => Some((*tone, None)),
        Cell::Number(value, digits, tone) if value.is_finite() => Some((*tone, Some(*digits))),
        Cell::Number(..) => Some((Tone::Pale, None)),
        Cell::Formula { digits, .. } => Some((Tone::Plain, Some(*digits))),
        Cell::Link { .. } => None,
    }
}

/// Writes what stands in a cell; with its format, or without one that it gets afterwards.
fn write_value(
    worksheet: &mut Worksheet,
    row: u32,
    col: u16,
    cell: &Cell,
    format: Option<&Format>,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text, _) => put(worksheet, row, col, cut(text), format),
        Cell::Number(value, ..) if value.is_finite() => {
            put(worksheet, row, col, fifteen_digits(*value), format)
        }
        Cell::Formula { formula, value, .. } => {
            let formula = Formula::new(formula).set_result(fifteen_digits(*value).to_string());
            put(worksheet, row, col, formula, format)
        }
        Cell::Number(..) | Cell::Empty | Cell::Link { .. } => put(worksheet, row, col, "", format),
    }
}

/// Puts a value; an empty text is nothing but its format.
fn put(
    worksheet: &mut Worksheet,
    row: u32,
    col: u16,
    value: impl IntoExcelData,
    format: Option<&Format>,
) -> Result<(), XlsxError> {
    match format {
        Some(format) => worksheet.write_with_format(row, col, value, format)?,
        None => worksheet.write(row, col, value)?,
    };
    Ok(())
}

/// Half-width characters of the columns that a placed cell covers.
fn room(page: &Page, placed: &Placed) -> usize {
    let columns = usize::from(placed.col)..=usize::from(placed.right);
    let widths = columns.filter_map(|c| page.widths.get(c));
    widths.sum::<usize>().max(1)
}

/// A sheet laid out like a printed form.
fn write_page(
    worksheet: &mut Worksheet,
    page: &Page,
    plain: &Format,
    formats: &mut Formats,
) -> Result<(), XlsxError> {
    for (c, width) in page.widths.iter().enumerate() {
        worksheet.set_column_width(column(c), *width as f64 + 1.0)?;
    }
    for col in &page.hidden {
        worksheet.set_column_hidden(*col)?;
    }
    let title = plain
        .clone()
        .set_font_size(14)
        .set_bold()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter);
    let head = formats.head();
    let note = plain
        .clone()
        .set_text_wrap()
        .set_font_color(Color::RGB(0x0059_5959))
        .set_align(FormatAlign::Top);
    let lead = plain.clone().set_unlocked();
    let needed = head.clone().set_background_color(Color::RGB(0x00FF_E8A6));
    let middle = formats.of(Tone::Plain, None).clone();
    let middle = middle.set_align(FormatAlign::Center);
    let given = formats.entry(&Entry::default());
    let mut lines: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
    for entry in &page.entries {
        write_entry(worksheet, entry, formats)?;
        if let Cell::Text(text, _) = &entry.given {
            let wide = page.widths.get(usize::from(entry.from.1)).copied();
            let most = lines.entry(entry.from.0).or_insert(1);
            *most = (*most).max(lines_of(text, wide.unwrap_or(10)));
        }
    }
    for placed in &page.cells {
        let (row, col) = (placed.row, placed.col);
        let (tone, digits) = shape(&placed.cell).unwrap_or((Tone::Plain, None));
        let format = match placed.look {
            Look::Title => &title,
            Look::Head => &head,
            Look::Note => &note,
            Look::Lead => &lead,
            Look::NeededHead => &needed,
            Look::Middle => &middle,
            Look::Given => &given,
            Look::Section => formats.of(Tone::Strong, None),
            Look::Body => formats.of(tone, digits),
        };
        if (placed.bottom, placed.right) != (row, col) {
            worksheet.merge_range(row, col, placed.bottom, placed.right, "", format)?;
        }
        if let Cell::Text(text, _) = &placed.cell
            && placed.bottom == row
        {
            let wide = room(page, placed);
            let scale = if placed.look == Look::Title { 2 } else { 1 };
            let most = lines.entry(row).or_insert(1);
            *most = (*most).max(lines_of(text, wide) * scale);
        }
        // A figure looks the same everywhere.
        let format = match &placed.cell {
            Cell::Number(..) | Cell::Formula { .. } => formats.of(tone, digits),
            _ => format,
        };
        write_value(worksheet, row, col, &placed.cell, Some(format))?;
    }
    for (row, count) in lines {
        let count = u32::try_from(count.min(27)).unwrap_or(1);
        worksheet.set_row_height(row, 15 * count + 3)?;
    }
    if page.frozen != (0, 0) {
        worksheet.set_freeze_panes(page.frozen.0, page.frozen.1)?;
    }
    if page.locked {
        worksheet.protect_with_options(&ProtectionOptions {
            format_columns: true,
            format_rows: true,
            insert_rows: true,
            sort: true,
            ..ProtectionOptions::default()
        });
        if page.frozen.0 > 0 {
            worksheet.set_repeat_rows(page.repeated, page.frozen.0 - 1)?;
        }
        if page.pages_wide > 1 && page.frozen.1 > 0 {
            worksheet.set_repeat_columns(0, page.frozen.1 - 1)?;
        }
    }
    worksheet.set_landscape();
    worksheet.set_paper_size(9);
    worksheet.set_print_fit_to_pages(page.pages_wide.max(1), 0);
    worksheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.2, 0.3);
    worksheet.set_footer("&L&A&R&P / &N");
    Ok(())
}

/// Half-width characters of a text on one line.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// How many lines a text takes in a column so many half-width characters wide.
fn lines_of(text: &str, wide: usize) -> usize {
    text.lines()
        .map(|l| l.width().div_ceil(wide.max(1)).max(1))
        .sum()
}

/// Cells to fill in: unlocked, with what may be written there and what is said beside them.
fn write_entry(
    worksheet: &mut Worksheet,
    entry: &Entry,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let ((top, left), (bottom, right)) = (entry.from, entry.to);
    let format = formats.entry(entry);
    for row in top..=bottom {
        for col in left..=right {
            write_value(worksheet, row, col, &entry.given, Some(&format))?;
        }
    }
    let rule = match &entry.allowed {
        Allowed::Text | Allowed::Code(None) => DataValidation::new().allow_any_value(),
        Allowed::Code(Some(length)) => {
            let length = u32::try_from(*length).unwrap_or(u32::MAX);
            DataValidation::new().allow_text_length(DataValidationRule::EqualTo(length))
        }
        Allowed::Date => {
            let least = ExcelDateTime::from_ymd(1900, 1, 1)?;
            DataValidation::new().allow_date(DataValidationRule::GreaterThanOrEqualTo(least))
        }
        Allowed::Whole(least, most) => DataValidation::new().allow_whole_number(match most {
            Some(most) => DataValidationRule::Between(*least, *most),
            None => DataValidationRule::GreaterThanOrEqualTo(*least),
        }),
        Allowed::Number(least, most) => DataValidation::new().allow_decimal_number(match most {
            Some(most) => DataValidationRule::Between(*least, *most),
            None => DataValidationRule::GreaterThanOrEqualTo(*least),
        }),
        Allowed::OneOf(texts) => DataValidation::new().allow_list_strings(texts)?,
        Allowed::Listed {
            sheet,
            col,
            first,
            last,
        } => {
            let letters = crate::finding::column_letters(u32::from(*col));
            let (first, last) = (first + 1, last + 1);
            let sheet = sheet.replace('\'', "''");
            let range = format!("='{sheet}'!${letters}${first}:${letters}${last}");
            DataValidation::new().allow_list_formula(Formula::new(range))
        }
    };
    // Where the title has not room enough, it begins the note.
    let whole = entry.title.chars().count() <= MAX_TITLE;
    let note = match whole {
        true => entry.note.clone(),
        false => format!("{}\n{}", entry.title, entry.note),
    };
    let rule = rule
        .set_input_title(shortened(&entry.title, MAX_TITLE))?
        .set_input_message(shortened(&note, MAX_NOTE))?
        .set_error_title(shortened(&entry.title, MAX_TITLE))?
        .set_error_message(shortened(&entry.refusal, MAX_NOTE))?;
    worksheet.add_data_validation(top, left, bottom, right, &rule)?;
    Ok(())
}

/// A text of at most so many characters.
fn shortened(text: &str, most: usize) -> String {
    within(text, most).into_owned()
}

/// The upper header row: neighbours of one group merged, columns without a group merged downwards.
fn write_groups(
    worksheet: &mut Worksheet,
    sheet: &Sheet,
    row: u32,
    head: &Format,
) -> Result<(), XlsxError> {
    let mut c = 0;
    while c < sheet.columns.len() {
        let group = &sheet.columns[c].group;
        if group.is_empty() {
            let label = &sheet.columns[c].label;
            worksheet.merge_range(row, column(c), row + 1, column(c), label, head)?;
            c += 1;
            continue;
        }
        let mut end = c;
        while end + 1 < sheet.columns.len() && sheet.columns[end + 1].group == *group {
            end += 1;
        }
        if end > c {
            worksheet.merge_range(row, column(c), row, column(end), group, head)?;
        } else {
            worksheet.write_string_with_format(row, column(c), group, head)?;
        }
        c = end + 1;
    }
    let longest = sheet
        .columns
        .iter()
        .filter(|h| !h.group.is_empty())
        .map(|h| h.group.width())
        .max()
        .unwrap_or(0);
    worksheet.set_row_height(row, if longest > 36 { 48 } else { 32 })?;
    Ok(())
}

/// Height of a row of one line.
const ONE_LINE: f64 = 18.0;

/// How wide a column is, in half-width characters: a Chinese character takes two.
struct Width {
    shown: usize,
    /// Some cell of it has more than one line.
    wraps: bool,
}

fn widths(columns: &[Head], rows: &[Vec<Cell>]) -> Vec<Width> {
    columns
        .iter()
        .enumerate()
        .map(|(c, column)| {
            let label = column
                .label
                .width()
                .div_ceil(2)
                .max(column.label.width().min(10));
            let mut wraps = false;
            let cells = rows
                .iter()
                .filter_map(|r| r.get(c))
                .map(|cell| {
                    if let Cell::Text(text, _) | Cell::Link { text, .. } = cell {
                        wraps |= text.contains('\n');
                    }
                    match cell {
                        Cell::Empty => 0,
                        Cell::Number(v, digits, _) if v.is_finite() => {
                            let shown = fixed_width(*v, *digits);
                            // Thousands separators.
                            let extra = if v.abs() >= 1000.0 { shown / 3 } else { 0 };
                            shown + extra
                        }
                        Cell::Text(text, _) | Cell::Link { text, .. } => widest_line(text),
                        other => widest_line(&other.shown()),
                    }
                })
                .max()
                .unwrap_or(0);
            let shown = label.max(cells).clamp(5, column.widest.max(5)) + 1;
            let wraps = wraps || cells > shown;
            Width { shown, wraps }
        })
        .collect()
}

fn widest_line(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// A text that a cell can hold.
fn cut(text: &str) -> Cow<'_, str> {
    within(text, MAX_TEXT)
}

/// A text of at most so many characters as Excel counts them (UTF-16); of a longer one its beginning.
fn within(text: &str, most: usize) -> Cow<'_, str> {
    // There are no more of them than bytes.
    if text.len() <= most || text.chars().map(char::len_utf16).sum::<usize>() <= most {
        return Cow::Borrowed(text);
    }
    let mut taken = 1;
    let mut out: String = text
        .chars()
        .take_while(|c| {
            taken += c.len_utf16();
            taken <= most
        })
        .collect();
    out.push('…');
    Cow::Owned(out)
}
