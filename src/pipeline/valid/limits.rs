//! How much one file may hold: every limit between what makes sense and what the machine survives.

use super::Valid;
use crate::pipeline::model::Limits;
use crate::pipeline::raw::At;

impl Valid<'_> {
    pub(super) fn limits(&mut self) -> Option<Limits> {
        let Some(block) = &self.raw.limits else {
            if self.raw.undecoded.is_empty() {
                self.wrong(0, 0..0, "there is no [limits] block", None);
            }
            return None;
        };
        let l = &block.value;
        let mut within = |number: &At<i64>, most: i64| -> u64 {
            let n = *number.get_ref();
            if n < 1 || n > most {
                self.wrong(
                    block.file,
                    number.span(),
                    format!("{n} is out of range"),
                    Some(format!("write a number from 1 to {most}")),
                );
            }
            n.clamp(1, most).unsigned_abs()
        };
        let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let mib = |n: u64| n << 20;
        Some(Limits {
            file: mib(within(&l.file_mib, 4_096)),
            part: mib(within(&l.part_mib, 4_096)),
            unpacked: mib(within(&l.unpacked_mib, 65_536)),
            parts: count(within(&l.parts, 60_000)),
            archive_files: count(within(&l.archive_files, 60_000)),
            archive_depth: count(within(&l.archive_depth, 8)),
            sheets: count(within(&l.sheets, 10_000)),
            cells: count(within(&l.cells, 1_000_000_000)),
            box_cells: within(&l.box_cells, 1_000_000_000),
            text: count(mib(within(&l.text_mib, 4_096))),
            shared_texts: within(&l.shared_texts, 100_000_000),
            merged_blocks: count(within(&l.merged_blocks, 10_000_000)),
            rows: count(within(&l.rows, 1_048_576)),
            depth: count(within(&l.depth, 10_000)),
            seconds: within(&l.seconds, 86_400),
            worker: mib(within(&l.worker_mib, 65_536)),
        })
    }
}
