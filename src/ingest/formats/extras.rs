//! What the preflights of all formats hand back: findings about a sheet, limits, reasons for a refusal. How they are found
//! does not belong here.

/// What calamine's reader does not tell about a sheet.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct SheetExtras {
    pub name: String,
    /// Cells whose number format shows percent (row, col from 0), sorted.
    pub percent: Vec<(u32, u32)>,
    /// Cells with a formula but no stored result.
    pub not_cached: Vec<(u32, u32)>,
    /// Cells with an error value that calamine drops, with its text ("#N/A").
    pub errors: Vec<(u32, u32, String)>,
    /// Hidden rows that hold at least one cell.
    pub hidden_rows: Vec<u32>,
    /// Hidden columns, first..=last (clip at 16383).
    pub hidden_cols: Vec<(u32, u32)>,
    /// Merged blocks: top, left, bottom, right.
    pub merges: Vec<(u32, u32, u32, u32)>,
    /// A filter has a condition set, here or in a table on the sheet.
    pub filtered: bool,
}

/// How much of everything is taken.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Cells of all sheets together.
    pub cells: u64,
    /// Merged blocks of one sheet.
    pub merges: usize,
    pub sheets: usize,
}

/// Why a workbook must not be handed to the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Password,
    TooLarge(String),
    Damaged(String),
}

/// Rows and columns of a sheet.
pub use crate::ingest::formats::{MAX_COLUMN as MAX_COLUMNS, MAX_ROW as MAX_ROWS};

impl SheetExtras {
    /// What is known of a sheet before anything is.
    pub fn named(name: &str) -> SheetExtras {
        SheetExtras {
            name: name.to_string(),
            ..SheetExtras::default()
        }
    }

    /// Adds hidden columns, joined to those before where they touch, clipped to the sheet.
    pub fn hide_columns(&mut self, first: u32, last: u32) {
        let last = last.min(MAX_COLUMNS - 1);
        if first > last {
            return;
        }
        if let Some(before) = self.hidden_cols.last_mut()
            && first >= before.0
            && first <= before.1.saturating_add(1)
        {
            before.1 = before.1.max(last);
            return;
        }
        // Blocks that do not touch: 8,192 at most where they are in order.
        if self.hidden_cols.len() < MAX_COLUMNS as usize {
            self.hidden_cols.push((first, last));
        }
    }

    /// Adds a merged block, whichever way round its corners are given.
    pub fn merge(
        &mut self,
        rows: (u32, u32),
        cols: (u32, u32),
        limits: &Limits,
    ) -> Result<(), Refusal> {
        if self.merges.len() >= limits.merges {
            return Err(Refusal::TooLarge(format!(
                "more than {} merged blocks",
                limits.merges
            )));
        }
        let (top, bottom) = (rows.0.min(rows.1), rows.0.max(rows.1));
        let (left, right) = (cols.0.min(cols.1), cols.0.max(cols.1));
        if top < MAX_ROWS && left < MAX_COLUMNS {
            let corner = (bottom.min(MAX_ROWS - 1), right.min(MAX_COLUMNS - 1));
            self.merges.push((top, left, corner.0, corner.1));
        }
        Ok(())
    }

    /// Puts everything in the order of the sheet.
    pub fn sorted(mut self) -> SheetExtras {
        self.percent.sort_unstable();
        self.percent.dedup();
        self.not_cached.sort_unstable();
        self.errors.sort();
        self.hidden_rows.sort_unstable();
        self.hidden_rows.dedup();
        self.hidden_cols.sort_unstable();
        self.merges.sort_unstable();
        self
    }
}

/// Whether a number format multiplies by 100 and shows a percent sign: one outside quotes that is not a literal.
pub fn shows_percent(format: impl Iterator<Item = char>) -> bool {
    let mut quoted = false;
    let mut literal = false;
    for c in format {
        match c {
            _ if literal => literal = false,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\\' | '_' | '*' => literal = true,
            '%' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_formats() {
        for yes in [
            "0%",
            "0.00%",
            "#,##0.0\\ %",
            "0%;[Red]-0%",
            "0.0\"约\"%",
            "%0",
        ] {
            assert!(shows_percent(yes.chars()), "{yes}");
        }
        for no in ["0\"%\"", "0\\%", "General", "0_%", "@", "0.00\"(%)\""] {
            assert!(!shows_percent(no.chars()), "{no}");
        }
    }

    #[test]
    fn columns_join_and_are_clipped() {
        let mut sheet = SheetExtras::named("s");
        sheet.hide_columns(2, 3);
        sheet.hide_columns(4, 4);
        sheet.hide_columns(10, 99_999);
        sheet.hide_columns(20_000, 20_001);
        assert_eq!(sheet.hidden_cols, [(2, 4), (10, 16_383)]);
    }

    #[test]
    fn merges_are_counted_and_put_the_right_way_round() {
        let limits = Limits {
            cells: 9,
            merges: 2,
            sheets: 9,
        };
        let mut sheet = SheetExtras::named("s");
        assert_eq!(sheet.merge((5, 2), (u32::MAX, 1), &limits), Ok(()));
        assert_eq!(sheet.merge((2_000_000, 2), (0, 0), &limits), Ok(()));
        assert_eq!(sheet.merges, [(2, 1, 5, 16_383), (2, 0, 1_048_575, 0)]);
        assert!(sheet.merge((0, 1), (0, 1), &limits).is_err());
    }
}
