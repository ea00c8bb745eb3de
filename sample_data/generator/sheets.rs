//! A sheet before it is written: cells by place, and where its rows and columns stand. Lists of items are laid out here.

use crate::Outcome;
use crate::forms::rows;
use crate::sentence::Sentence;
use std::collections::BTreeMap;

#[derive(Clone)]
pub enum Cell {
    Text(String),
    Number(f64),
    /// Text that stands for a number, if it does: the 合计 counts it.
    Written(String, Option<f64>),
    /// A number that cannot be taken: the 合计 of its column is left empty.
    Refused(f64),
    NotAvailable,
    Sentence(Sentence),
}

pub fn text(words: &str) -> Cell {
    Cell::Text(words.to_owned())
}

pub fn count(number: u32) -> Cell {
    Cell::Number(f64::from(number))
}

#[derive(Default)]
pub struct Sheet {
    pub name: String,
    pub cells: BTreeMap<(u32, u16), Cell>,
    /// First row and column, last row and column.
    pub merges: Vec<(u32, u16, u32, u16)>,
    pub headers: u32,
    pub rows: BTreeMap<String, u32>,
    pub columns: BTreeMap<String, u16>,
    /// Of the first columns.
    pub widths: &'static [u32],
}

impl Sheet {
    pub fn named(name: &str) -> Sheet {
        Sheet {
            name: name.to_owned(),
            widths: &[22, 22],
            ..Sheet::default()
        }
    }

    /// A list of items with one value each.
    pub fn list(name: &str, items: &'static str, values: &BTreeMap<String, Cell>) -> Sheet {
        let mut sheet = Sheet::named(name);
        sheet.headers = 1;
        sheet.widths = &[22, 22, 50, 22, 22];
        let header = "序号 类别 填报项目 单位 填报值 是否必填 备注说明";
        sheet.line(0, header.split(' '));
        sheet.columns.insert("value".to_owned(), 4);
        for (row, [category, item, unit, key, note]) in (1..).zip(rows(items)) {
            let optional = note.starts_with('仅') || category == "一票否决";
            let required = if optional { "否" } else { "是" };
            sheet.line(row, ["", category, item, unit, "", required, note]);
            sheet.cells.insert((row, 0), count(row));
            sheet.rows.insert(key.to_owned(), row);
            let value = values.get(key).map(|value| ((row, 4), value.clone()));
            sheet.cells.extend(value);
        }
        sheet
    }

    pub fn address(&self, row: &str, column: &str) -> Outcome<(u32, u16)> {
        let no = |what: &str, name: &str| format!("{}: no {what} {name}", self.name);
        let at_row = self.rows.get(row).ok_or_else(|| no("row", row))?;
        let at_column = self.columns.get(column);
        Ok((*at_row, *at_column.ok_or_else(|| no("column", column))?))
    }

    pub fn figure(&self, row: &str, column: &str) -> Outcome<f64> {
        match self.cells.get(&self.address(row, column)?) {
            Some(Cell::Number(figure)) => Ok(*figure),
            _ => Err(format!("{}: no figure in {row} {column}", self.name).into()),
        }
    }

    pub fn put(&mut self, row: &str, column: &str, cell: Cell) -> Outcome<()> {
        let address = self.address(row, column)?;
        self.cells.insert(address, cell);
        Ok(())
    }

    /// Words in the first of these cells, which become one cell.
    pub fn header(&mut self, from: (u32, u16), to: (u32, u16), words: &str) {
        self.cells.insert(from, text(words));
        if from != to {
            self.merges.push((from.0, from.1, to.0, to.1));
        }
    }

    /// Words in a row's cells, from the first cell on.
    pub fn line<'a>(&mut self, row: u32, line: impl IntoIterator<Item = &'a str>) {
        self.spread(row, (0..).zip(line));
    }

    /// Words in some of a row's cells.
    pub fn spread<'a>(&mut self, row: u32, cells: impl IntoIterator<Item = (u16, &'a str)>) {
        let filled = cells.into_iter().filter(|(_, words)| !words.is_empty());
        let cells = filled.map(|(column, words)| ((row, column), text(words)));
        self.cells.extend(cells);
    }
}
