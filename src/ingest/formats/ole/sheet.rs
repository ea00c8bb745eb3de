//! The records of worksheets: each cell is checked, counted and written for calamine, a formula as its result; what that
//! reader does not tell about a sheet is noted. What concerns the workbook as a whole does not belong here.

use super::records::{BOF, EOF, Pieces, Record, Records, Writer};
use super::{Limits, Refusal, SheetExtras, damaged, too_large, u16_at, u32_at};

/// Columns of a sheet.
const COLUMNS: u32 = 256;
const BLANK: u16 = 0x0201;
const NUMBER: u16 = 0x0203;
const LABEL: u16 = 0x0204;
const BOOLERR: u16 = 0x0205;
const STRING: u16 = 0x0207;
const RK: u16 = 0x027E;
const MULRK: u16 = 0x00BD;
const RSTRING: u16 = 0x00D6;
const LABELSST: u16 = 0x00FD;
const FORMULA: u16 = 0x0006;
/// Older kinds of FORMULA that some writers still use; the result stands at the same place.
const FORMULA3: u16 = 0x0206;
const FORMULA4: u16 = 0x0406;
const ROW: u16 = 0x0208;
const COLINFO: u16 = 0x007D;
const MERGEDCELLS: u16 = 0x00E5;
/// Error values that there are.
const ERRORS: [u8; 8] = [0x00, 0x07, 0x0F, 0x17, 0x1D, 0x24, 0x2A, 0x2B];

/// Where a cell stands and how it is shown, and the same as bytes.
#[derive(Clone, Copy)]
struct Head {
    row: u32,
    col: u32,
    xf: usize,
    raw: [u8; 6],
}

impl Head {
    fn read(data: &[u8]) -> Option<Head> {
        Some(Head {
            row: u32::from(u16_at(data, 0)?),
            col: u32::from(u16_at(data, 2)?),
            xf: usize::from(u16_at(data, 4)?),
            raw: data.get(..6)?.try_into().ok()?,
        })
    }

    fn at(&self) -> (u32, u32) {
        (self.row, self.col)
    }
}

/// A worksheet while its records are read.
#[derive(Default)]
struct Open {
    extras: SheetExtras,
    /// Top, left, bottom and right of the cells that calamine will see.
    area: Option<[u32; 4]>,
    /// The formula whose text is awaited.
    awaits: Option<Head>,
}

/// The worksheets read so far.
pub(super) struct Sheets<'a> {
    limits: &'a Limits,
    /// Whether a style shows percent.
    percent: Vec<bool>,
    /// Bytes of each shared text in UTF-8.
    strings: Vec<u64>,
    /// Perhaps written by xlwt.
    xlwt: bool,
    sheets: Vec<SheetExtras>,
    cells: u64,
    boxes: u64,
    text: u64,
    merges: usize,
    /// Formulas that look like those of a library that does not calculate: the sheet, the cell, and where it is written.
    unsure: Vec<(usize, (u32, u32), usize)>,
    /// Whether another formula shows that the library's formulas were calculated after all.
    calculated: bool,
}

impl<'a> Sheets<'a> {
    pub(super) fn new(
        limits: &'a Limits,
        percent: Vec<bool>,
        strings: Vec<u64>,
        xlwt: bool,
    ) -> Sheets<'a> {
        Sheets {
            limits,
            percent,
            strings,
            xlwt,
            sheets: Vec::new(),
            cells: 0,
            boxes: 0,
            text: 0,
            merges: 0,
            unsure: Vec::new(),
            calculated: false,
        }
    }

    /// Whether a sheet of that name was read.
    pub(super) fn has(&self, name: &str) -> bool {
        self.sheets.iter().any(|s| s.name == name)
    }

    /// Reads a worksheet from its BOF record to its EOF record, and writes what stands between.
    pub(super) fn read(
        &mut self,
        mut records: Records<'_>,
        name: String,
        out: &mut Writer<'_>,
    ) -> Result<(), Refusal> {
        let mut open = Open::default();
        open.extras.name = name;
        records.next()?;
        // Charts in the sheet have records of their own.
        let mut depth = 0_u32;
        loop {
            let record = records.next()?;
            match (record.kind, depth) {
                (BOF, _) => depth += 1,
                (EOF, 0) => break,
                (EOF, _) => depth -= 1,
                (STRING, 0) => {
                    let mut text = records.continued(&record)?;
                    if let Some(head) = open.awaits.take() {
                        self.label(&mut open, out, head, &mut text)?;
                    }
                }
                (LABELSST, 0) => {
                    let wrong = self.shared(&record, &mut open, out)?;
                    if let Some((head, i)) = wrong {
                        let (place, n) = (&records.place, self.strings.len());
                        let (row, col) = (head.row + 1, head.col + 1);
                        let why = format!("{place}: row {row}, column {col}: text {i} of {n}");
                        return Err(damaged(why));
                    }
                }
                (_, 0) => self.record(&record, &mut open, out)?,
                _ => {}
            }
        }
        // A formula whose text did not come.
        open.extras
            .not_cached
            .extend(open.awaits.take().map(|h| h.at()));
        if let Some([top, left, bottom, right]) = open.area {
            self.boxes += u64::from(bottom - top + 1) * u64::from(right - left + 1);
            if self.boxes > self.limits.box_cells {
                let what = "cells in the rectangles round the contents of the sheets";
                return Err(too_large(self.boxes, what, self.limits.box_cells));
            }
        }
        self.sheets.push(open.extras);
        Ok(())
    }

    /// The sheets, once all are read.
    pub(super) fn finish(mut self, out: &mut Writer<'_>) -> Vec<SheetExtras> {
        if !self.calculated {
            for (sheet, cell, at) in self.unsure {
                out.patch(at, &BLANK.to_le_bytes());
                if let Some(extras) = self.sheets.get_mut(sheet) {
                    extras.not_cached.push(cell);
                }
            }
        }
        for sheet in &mut self.sheets {
            sheet.percent.sort_unstable();
            sheet.percent.dedup();
            sheet.not_cached.sort_unstable();
            sheet.hidden_rows.sort_unstable();
            sheet.hidden_rows.dedup();
            sheet.hidden_cols.sort_unstable();
        }
        self.sheets
    }

    fn record(
        &mut self,
        record: &Record<'_>,
        open: &mut Open,
        out: &mut Writer<'_>,
    ) -> Result<(), Refusal> {
        let bad = || record.bad();
        let data = record.data;
        let head = || Head::read(data).ok_or_else(bad);
        match record.kind {
            NUMBER | RK => {
                let length = if record.kind == RK { 10 } else { 14 };
                let raw = data.get(..length).ok_or_else(bad)?;
                self.cell(open, head()?, 0)?;
                out.put(record.kind, &[raw])
            }
            MULRK => self.row_of_numbers(record, open, out),
            LABEL | RSTRING => {
                let mut text = Pieces::one(data.get(6..).unwrap_or_default());
                self.label(open, out, head()?, &mut text)
            }
            BOOLERR => {
                let (Some(value), Some(is_error)) = (data.get(6), data.get(7)) else {
                    return Err(bad());
                };
                self.bool_or_error(open, out, head()?, [*value, *is_error])
            }
            FORMULA | FORMULA3 | FORMULA4 => self.formula(record, open, out),
            ROW => {
                let hidden = data.get(12).is_some_and(|flags| flags & 0x20 != 0);
                let row = u32::from(u16_at(data, 0).ok_or_else(bad)?);
                open.extras.hidden_rows.extend(hidden.then_some(row));
                Ok(())
            }
            COLINFO => {
                let first = u32::from(u16_at(data, 0).ok_or_else(bad)?);
                let last = u32::from(u16_at(data, 2).ok_or_else(bad)?).min(COLUMNS - 1);
                let hidden = data.get(8).is_some_and(|flags| flags & 1 != 0) && first <= last;
                open.extras
                    .hidden_cols
                    .extend(hidden.then_some((first, last)));
                Ok(())
            }
            MERGEDCELLS => self.merged(record, open, out),
            _ => Ok(()),
        }
    }

    /// Takes note of a cell that calamine will see.
    fn cell(&mut self, open: &mut Open, head: Head, text: u64) -> Result<(), Refusal> {
        let (row, col) = head.at();
        if col >= COLUMNS {
            let (row, col) = (row + 1, col + 1);
            return Err(damaged(format!("a cell in row {row}, column {col}")));
        }
        self.cells += 1;
        self.text += text;
        if self.cells > self.limits.box_cells {
            return Err(too_large(self.cells, "cells", self.limits.box_cells));
        }
        if self.text > self.limits.text {
            return Err(too_large(self.text, "bytes of text", self.limits.text));
        }
        let [top, left, bottom, right] = open.area.unwrap_or([row, col, row, col]);
        open.area = Some([top.min(row), left.min(col), bottom.max(row), right.max(col)]);
        if self.percent.get(head.xf) == Some(&true) {
            open.extras.percent.push((row, col));
        }
        Ok(())
    }

    fn row_of_numbers(
        &mut self,
        record: &Record<'_>,
        open: &mut Open,
        out: &mut Writer<'_>,
    ) -> Result<(), Refusal> {
        let data = record.data;
        let first = Head::read(data).ok_or_else(|| record.bad())?;
        let end = data.len().saturating_sub(2);
        let last = u16_at(data, end).map_or(0, usize::from);
        let (values, rest) = data.get(4..end).unwrap_or_default().as_chunks::<6>();
        if !rest.is_empty() || first.col as usize + values.len() != last + 1 {
            return Err(record.bad());
        }
        for (col, [low, high, ..]) in (first.col..).zip(values) {
            let xf = usize::from(u16::from_le_bytes([*low, *high]));
            self.cell(open, Head { col, xf, ..first }, 0)?;
        }
        out.put(MULRK, &[data])
    }

    /// A cell with a shared text; gives it back if there is no such text.
    fn shared(
        &mut self,
        record: &Record<'_>,
        open: &mut Open,
        out: &mut Writer<'_>,
    ) -> Result<Option<(Head, u32)>, Refusal> {
        let head = Head::read(record.data).ok_or_else(|| record.bad())?;
        let i = u32_at(record.data, 6).ok_or_else(|| record.bad())?;
        let Some(length) = self.strings.get(i as usize).copied() else {
            return Ok(Some((head, i)));
        };
        self.cell(open, head, length)?;
        out.put(LABELSST, &[&head.raw, &i.to_le_bytes()])?;
        Ok(None)
    }

    fn label(
        &mut self,
        open: &mut Open,
        out: &mut Writer<'_>,
        head: Head,
        text: &mut Pieces<'_>,
    ) -> Result<(), Refusal> {
        let from = out.begin(LABEL);
        out.bytes(&head.raw);
        let (_, length) = out.copy_text(text);
        out.end(from)?;
        self.cell(open, head, length)
    }

    fn bool_or_error(
        &mut self,
        open: &mut Open,
        out: &mut Writer<'_>,
        head: Head,
        [value, is_error]: [u8; 2],
    ) -> Result<(), Refusal> {
        if is_error != 0 && !ERRORS.contains(&value) {
            let (row, col) = head.at();
            let text = format!("#ERR{value:02X}");
            open.extras.errors.push((row, col, text));
            return Ok(());
        }
        self.cell(open, head, 0)?;
        out.put(BOOLERR, &[&head.raw, &[value, u8::from(is_error != 0)]])
    }

    /// Writes the result of a formula in its place, if it has one.
    fn formula(
        &mut self,
        record: &Record<'_>,
        open: &mut Open,
        out: &mut Writer<'_>,
    ) -> Result<(), Refusal> {
        let head = Head::read(record.data).ok_or_else(|| record.bad())?;
        let value = record.data.get(6..14).ok_or_else(|| record.bad())?;
        let before = open.awaits.take().map(|h| h.at());
        open.extras.not_cached.extend(before);
        // POI asks for calculation on opening and writes 0, jxl 4 and a mark of its own; xlwt writes an empty text.
        let on_load = record.data.get(14).is_some_and(|flags| flags & 2 != 0);
        let jxl = on_load && record.data.get(16..20) == Some(&[0, 0, 0xE0, 0xFC]);
        if jxl && *value == [0, 0, 0, 0, 0, 0, 0x10, 0x40] {
            open.extras.not_cached.push(head.at());
            return Ok(());
        }
        let empty = matches!(*value, [3, .., 0xFF, 0xFF]);
        if on_load && *value == [0; 8] || self.xlwt && empty {
            self.unsure.push((self.sheets.len(), head.at(), out.at()));
        } else {
            self.calculated |= on_load || self.xlwt;
        }
        match *value {
            [0, .., 0xFF, 0xFF] => open.awaits = Some(head),
            [kind @ (1 | 2), _, value, .., 0xFF, 0xFF] => {
                return self.bool_or_error(open, out, head, [value, kind - 1]);
            }
            [3, .., 0xFF, 0xFF] => {
                return self.label(open, out, head, &mut Pieces::one(&[]));
            }
            [.., 0xFF, 0xFF] => {
                let error = (head.row, head.col, "#ERR".to_string());
                open.extras.errors.push(error);
            }
            _ => {
                self.cell(open, head, 0)?;
                return out.put(NUMBER, &[&head.raw, value]);
            }
        }
        Ok(())
    }

    fn merged(
        &mut self,
        record: &Record<'_>,
        open: &mut Open,
        out: &mut Writer<'_>,
    ) -> Result<(), Refusal> {
        let data = record.data;
        let count = u16_at(data, 0).ok_or_else(|| record.bad())?;
        let blocks = data.get(2..).unwrap_or_default().as_chunks::<8>().0;
        let blocks = blocks.get(..usize::from(count));
        let blocks = blocks.ok_or_else(|| record.bad())?;
        self.merges += blocks.len();
        if self.merges > self.limits.merges {
            return Err(too_large(self.merges, "merged blocks", self.limits.merges));
        }
        let from = out.begin(MERGEDCELLS);
        out.bytes(&count.to_le_bytes());
        for block in blocks {
            out.bytes(block);
            let [a, b, c, d, e, f, g, h] = *block;
            let [top, bottom, left, right] =
                [[a, b], [c, d], [e, f], [g, h]].map(|n| u32::from(u16::from_le_bytes(n)));
            open.extras.merges.push((
                top.min(bottom),
                left.min(right),
                top.max(bottom),
                left.max(right),
            ));
        }
        out.end(from)
    }
}
