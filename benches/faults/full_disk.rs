//! Disks of every size from far too small to just large enough, and too few names for files.

use std::fs;

use crate::bench::{Bench, Kind};
use crate::known;
use crate::mounts::{Mount, NOT_ALLOWED};
use crate::table::Row;
use crate::trees;

const STEPS: u64 = 12;
const SMALLEST: u64 = 64 << 10;

pub fn rows(bench: &mut Bench) -> Vec<Row> {
    // What a run and its store take, and a little more.
    let whole = trees::room(&bench.kept) * 11 / 10;
    let files = trees::files(&bench.kept).len() as u64 * 13 / 10;
    let size = |bytes| format!("size={bytes}");
    let steps = |from: u64, to: u64| (0..STEPS).map(move |i| from + (to - from) * i / (STEPS - 1));
    vec![
        row(
            bench,
            "full disk: first run",
            Kind::Cold,
            steps(SMALLEST, whole).map(size).collect(),
        ),
        row(
            bench,
            "full disk: corrected run",
            Kind::Corrected,
            steps(SMALLEST / 8, whole * 3 / 4)
                .map(|more| size(trees::room(&bench.kept) + more))
                .collect(),
        ),
        row(
            bench,
            "no more files on the disk: first run",
            Kind::Cold,
            steps(4, files)
                .map(|files| format!("size=64m,nr_inodes={files}"))
                .collect(),
        ),
    ]
}

/// One run on each of the disks with these options.
fn row(bench: &Bench, case: &str, kind: Kind, disks: Vec<String>) -> Row {
    let mut row = Row::new(case);
    let mut messages: Vec<String> = Vec::new();
    for options in disks {
        trees::remove(&bench.output);
        fs::create_dir(&bench.output).expect("an output folder");
        let Some(disk) = Mount::memory(&bench.output, "size=64m") else {
            return Row::skipped(case, NOT_ALLOWED);
        };
        bench.fill(kind);
        let before = known::current(&bench.output);
        if !disk.change(&options) {
            row.wrong(format!("{options}: no such disk can be made"));
            continue;
        }
        let ended = bench.run();
        row.ended(&ended);
        let known = bench.known(kind);
        let judged = if ended.is_carried_out() {
            row.published("the new run");
            known.published(&bench.output)
        } else {
            let message = ended.message();
            if ended.code() != "70" || !message.contains("cannot be") {
                row.wrong(format!("{options}: exit {}: {message}", ended.code()));
            }
            messages.push(message.replace(&*bench.folder.to_string_lossy(), ""));
            row.published("nothing, current as before");
            known.whole(&bench.output).and_then(|current| {
                let same = before == Ok(current);
                same.then_some(()).ok_or("current was changed".to_string())
            })
        };
        if let Err(what) = judged.and_then(|()| known::nothing_beside(&bench.output)) {
            row.wrong(format!("{options}: exit {}: {what}", ended.code()));
        }
        if !disk.change("size=64m,nr_inodes=100k") {
            row.wrong(format!("{options}: the disk does not grow"));
        }
        row.next(&options, bench.next(known));
    }
    if let Some(message) = messages.last() {
        row.note(format!("the last of the messages: {message}"));
    }
    row
}
