//! Small files of all kinds, honest and hostile.

mod hostile;
mod html;
mod xml;

use super::*;

fn limits() -> Limits {
    Limits {
        cells: 1_000_000,
        text: 64 << 20,
        sheets: 64,
        depth: 64,
        merges: 100_000,
    }
}

fn html(page: &str) -> MarkupSheet {
    let mut sheets = read_html(page.as_bytes(), "title", &limits()).unwrap();
    assert_eq!(sheets.len(), 1);
    sheets.remove(0)
}

fn xml(book: &str) -> Vec<MarkupSheet> {
    read_spreadsheet_xml(book.as_bytes(), &limits()).unwrap()
}

fn text(t: &str) -> Cell {
    Cell::Text(t.to_string())
}

/// All cells, a row a line, as `column:value`.
fn shown(sheet: &MarkupSheet) -> String {
    let mut out = String::new();
    let mut last = None;
    for (row, col, cell) in &sheet.cells {
        if last != Some(*row) {
            out.push_str(&format!("\n{row}"));
            last = Some(*row);
        }
        let value = match cell {
            Cell::Text(t) => t.replace('\n', "|"),
            Cell::Number(n) => format!("{n}#"),
            other => format!("{other:?}"),
        };
        out.push_str(&format!(" {col}:{value}"));
    }
    out.trim_start().to_string()
}
