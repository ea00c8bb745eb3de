//! Writing workbooks, measured: `cargo bench --bench writing`. The sheet of a province's schools, by the program and by
//! rust_xlsxwriter alone in the same run: the same cells with the same formats, and the same cells without any.

use std::hint::black_box;
use std::time::Instant;

use junheng::report::book::{Book, Cell, Head, Sheet, Tone};
use junheng::report::xlsx;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

const PERIOD: i64 = 2024;
const ROWS: usize = 28_444;
const COLUMNS: usize = 24;
const ROUNDS: usize = 5;
/// The level of packing that the program takes, and the library's own.
const LEVELS: [u8; 2] = [2, 6];

fn book() -> Book {
    let row = |r: usize| {
        let cell = |c: usize| match c % 6 {
            0 => Cell::Text(format!("school {}", r * (c + 1) % 9_973), Tone::Plain),
            1 => Cell::Text("met".to_string(), Tone::Good),
            _ => Cell::Number((r * 31 + c * 7) as f64 / 8.0, 2, Tone::Plain),
        };
        (0..COLUMNS).map(cell).collect()
    };
    let sheet = Sheet {
        name: "schools".to_string(),
        columns: (0..COLUMNS).map(|c| Head::new(format!("c{c}"))).collect(),
        rows: (0..ROWS).map(row).collect(),
        ..Sheet::default()
    };
    Book {
        font: "Calibri".to_string(),
        sheets: vec![sheet],
        ..Book::default()
    }
}

/// The same cells, written by nothing but the library.
fn alone(book: Book, level: u8, with_formats: bool) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_zip_compression_level(level);
    let plain = Format::new()
        .set_font_name("Calibri")
        .set_font_size(10)
        .set_border(FormatBorder::Thin)
        .set_border_color(Color::RGB(0x00BF_BFBF))
        .set_align(FormatAlign::VerticalCenter);
    let number = plain.clone().set_num_format("#,##0.00");
    let plain = plain.set_text_wrap();
    let good = plain
        .clone()
        .set_background_color(Color::RGB(0x00E2_F0D9))
        .set_font_color(Color::RGB(0x0037_5623));
    let sheet = workbook.add_worksheet();
    for (r, cells) in (0u32..).zip(&book.sheets[0].rows) {
        for (c, cell) in (0u16..).zip(cells) {
            match (cell, with_formats) {
                (Cell::Text(text, Tone::Good), true) => {
                    sheet.write_string_with_format(r, c, text, &good)?
                }
                (Cell::Text(text, _), true) => {
                    sheet.write_string_with_format(r, c, text, &plain)?
                }
                (Cell::Text(text, _), false) => sheet.write_string(r, c, text)?,
                (Cell::Number(value, ..), true) => {
                    sheet.write_number_with_format(r, c, *value, &number)?
                }
                (Cell::Number(value, ..), false) => sheet.write_number(r, c, *value)?,
                _ => sheet,
            };
        }
    }
    workbook.save_to_buffer()
}

/// A way to write a book.
type Way = Box<dyn Fn(Book) -> Vec<u8>>;

fn main() {
    let book = book();
    let mut ways: Vec<(String, Way)> = vec![(
        "junheng".to_string(),
        Box::new(|book| xlsx::write(book, PERIOD, &std::env::temp_dir()).expect("writes")),
    )];
    for level in LEVELS {
        for (formats, with_formats) in [("the same formats", true), ("no formats", false)] {
            let name = format!("rust_xlsxwriter alone, level {level}, {formats}");
            let write = move |book| alone(book, level, with_formats).expect("writes");
            ways.push((name, Box::new(write)));
        }
    }
    let mut seconds = vec![Vec::new(); ways.len()];
    let mut bytes = vec![0; ways.len()];
    for _ in 0..ROUNDS {
        for (at, (_, write)) in ways.iter().enumerate() {
            let own = book.clone();
            let start = Instant::now();
            bytes[at] = black_box(write(own)).len();
            seconds[at].push(start.elapsed().as_secs_f64());
        }
    }
    println!(
        "{ROWS} x {COLUMNS} cells, median of {ROUNDS} rounds, one thread but for what the library starts"
    );
    for (at, (name, _)) in ways.iter().enumerate() {
        seconds[at].sort_by(f64::total_cmp);
        println!(
            "{name}: {:.2} s, {:.1} MB",
            seconds[at][ROUNDS / 2],
            bytes[at] as f64 / 1e6
        );
    }
}
