//! How a 学校汇总表 is laid out: title rows, two header rows, perhaps a row of units, the schools, 合计 and what stands below it.

use crate::counties::{County, Words};
use crate::forms::Column;
use crate::numbers::cents;
use crate::schools::School;
use crate::sheets::{Cell, Sheet, count, text};

/// Where a 学校汇总表 says its units.
#[derive(PartialEq)]
pub enum Units {
    Row,
    Brackets,
}

impl Sheet {
    /// All of the county's schools on one sheet below the form's title rows.
    pub fn plain_summary(county: &County, columns: &[Column], units: Units) -> Sheet {
        let schools = &county.schools;
        Sheet::summary(county, "学校汇总表", Some(""), columns, units, schools)
    }

    /// A 学校汇总表 without its last rows. There are title rows if the title's last words are given.
    pub fn summary<'a>(
        county: &County,
        name: &str,
        title: Option<&str>,
        columns: &[Column],
        units: Units,
        schools: impl IntoIterator<Item = &'a School>,
    ) -> Sheet {
        let mut sheet = Sheet::named(name);
        if let Some(last_words) = title {
            let name = county.about.name;
            let title = format!("{name}义务教育学校数据汇总表{last_words}");
            sheet.header((0, 0), (0, columns.len() as u16 - 1), &title);
            let sender = format!("填报单位（章）:{name}教育局");
            let period = [(9, "填报年度:2024"), (19, "数据时点:9月1日")];
            sheet.spread(1, [(0, sender.as_str())].into_iter().chain(period));
            sheet.headers = 2;
        }
        sheet.heads(columns, units);
        sheet.fill(columns, county.about.words, schools);
        sheet
    }

    /// Groups above their items; an item without a group takes both rows.
    fn heads(&mut self, columns: &[Column], units: Units) {
        let top = self.headers;
        let mut first = 0;
        for group in columns.chunk_by(|one, next| one.group == next.group) {
            let last = first + group.len() as u16 - 1;
            if !group[0].group.is_empty() {
                self.header((top, first), (top, last), &group[0].group);
            }
            first = last + 1;
        }
        for (at, column) in (0..).zip(columns) {
            let item = match units {
                Units::Brackets if !matches!(column.unit, "" | "代码" | "是/否") => {
                    format!("{}（{}）", column.item, column.unit)
                }
                _ => column.item.clone(),
            };
            let grouped = u32::from(!column.group.is_empty());
            self.header((top + grouped, at), (top + 1, at), &item);
            if units == Units::Row {
                self.spread(top + 2, [(at, column.unit)]);
            }
            self.columns.insert(column.name.clone(), at);
        }
        self.rows.insert("header".to_owned(), top + 1);
        self.headers = top + if units == Units::Row { 3 } else { 2 };
    }

    fn fill<'a>(
        &mut self,
        columns: &[Column],
        words: Words,
        schools: impl IntoIterator<Item = &'a School>,
    ) {
        for ((row, serial), school) in (self.headers..).zip(1..).zip(schools) {
            self.rows.insert(school.code.clone(), row);
            let mut figures = school.figures(words);
            figures.insert("serial".to_owned(), count(serial));
            for (at, column) in (0..).zip(columns) {
                let cell = figures.get(&column.name).cloned();
                self.cells.extend(cell.map(|cell| ((row, at), cell)));
            }
        }
    }

    /// 合计 and what stands below it. To be called when all mistakes are in: the sums are those of the figures as they stand.
    pub fn close(&mut self) {
        let last = self.headers + self.rows.len() as u32 - 1;
        self.rows.insert("total".to_owned(), last);
        for (column, at) in &self.columns {
            let cells: Vec<&Cell> = (self.headers..last)
                .filter_map(|row| self.cells.get(&(row, *at)))
                .collect();
            if cells.is_empty() || matches!(column.as_str(), "serial" | "built_year") {
                continue;
            }
            let sum = cells.iter().try_fold(0.0, |sum, cell| match cell {
                Cell::Number(number) | Cell::Written(_, Some(number)) => Some(sum + number),
                _ => None,
            });
            let sum = sum.map(|sum| ((last, *at), Cell::Number(cents(sum))));
            self.cells.extend(sum);
        }
        self.cells.insert((last, 0), text("合计"));
        let note = "填表说明:每所学校占一行,学校没有的学段不填;数据为学年初9月1日数。";
        self.line(last + 1, [note]);
        let signatures = [
            (0, "单位负责人:"),
            (9, "统计负责人:"),
            (19, "填表人:"),
            (29, "填表日期:2024年9月30日"),
        ];
        self.spread(last + 2, signatures);
    }
}
