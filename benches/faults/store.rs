//! Entries of the store that are damaged in every way, and stores that are gone, are no folder, or cannot be written.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::{Bench, Kind};
use crate::mounts::{Mount, NOT_ALLOWED};
use crate::program::Ended;
use crate::random::Random;
use crate::table::Row;
use crate::trees;

type Damage = fn(&[PathBuf], &mut Random);

const DAMAGES: [(&str, Damage); 8] = [
    ("one byte of every entry flipped", |entries, random| {
        for entry in entries {
            let mut bytes = fs::read(entry).expect("an entry");
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
            fs::write(entry, bytes).expect("an entry");
        }
    }),
    (
        "one entry in three with a flipped byte",
        |entries, random| {
            for entry in entries.iter().filter(|_| random.below(3) == 0) {
                let mut bytes = fs::read(entry).expect("an entry");
                let at = bytes.len() / 2;
                bytes[at] ^= 1;
                fs::write(entry, bytes).expect("an entry");
            }
        },
    ),
    ("every entry cut off", |entries, random| {
        for entry in entries {
            let bytes = fs::read(entry).expect("an entry");
            let end = random.below(bytes.len());
            fs::write(entry, &bytes[..end]).expect("an entry");
        }
    }),
    ("every entry empty", |entries, _| {
        for entry in entries {
            fs::write(entry, b"").expect("an entry");
        }
    }),
    ("every entry longer", |entries, random| {
        for entry in entries {
            let mut bytes = fs::read(entry).expect("an entry");
            bytes.resize(bytes.len() + 1 + random.below(100), 0);
            fs::write(entry, bytes).expect("an entry");
        }
    }),
    (
        "every entry with the bytes of its neighbour",
        |entries, _| {
            let mut bytes: Vec<Vec<u8>> = entries.iter().flat_map(fs::read).collect();
            bytes.rotate_left(1);
            for (entry, bytes) in entries.iter().zip(bytes) {
                fs::write(entry, bytes).expect("an entry");
            }
        },
    ),
    ("half of the entries gone", |entries, random| {
        for entry in entries.iter().filter(|_| random.below(2) == 0) {
            trees::remove(entry);
        }
    }),
    ("every entry a folder", |entries, _| {
        for entry in entries {
            trees::remove(entry);
            fs::create_dir(entry).expect("a folder");
        }
    }),
];

/// What became of the store itself. What is mounted stays so until the run has ended.
type Change = fn(&Path) -> Option<Option<Mount>>;

const CHANGES: [(&str, Change); 5] = [
    ("store deleted", |store| {
        trees::remove(store);
        Some(None)
    }),
    ("a file instead of the store", |store| {
        trees::remove(store);
        fs::write(store, b"no folder").expect("a file");
        Some(None)
    }),
    ("a link to nowhere instead of the store", |store| {
        trees::remove(store);
        std::os::unix::fs::symlink("nowhere", store).expect("a link");
        Some(None)
    }),
    ("store cannot be written", |store| {
        Mount::read_only(store).map(Some)
    }),
    ("no room in the store", |store| {
        trees::remove(store);
        fs::create_dir(store).expect("a folder");
        Mount::memory(store, "size=16k").map(Some)
    }),
];

const KINDS: [Kind; 2] = [Kind::Warm, Kind::Corrected];
/// How often each damage is made, for each kind of run.
const TIMES: usize = 3;

pub fn rows(bench: &mut Bench) -> Vec<Row> {
    let mut rows = Vec::new();
    for (case, damage) in DAMAGES {
        let mut row = Row::new(format!("store: {case}"));
        for kind in KINDS.repeat(TIMES) {
            bench.prepare(kind);
            let store = bench.output.join("store");
            damage(&trees::files(&store), &mut bench.random);
            let ended = bench.run();
            judge(bench, kind, &ended, &mut row);
        }
        rows.push(row);
    }
    for (case, change) in CHANGES {
        let mut row = Row::new(case);
        for kind in KINDS {
            bench.prepare(kind);
            let Some(mounted) = change(&bench.output.join("store")) else {
                row = Row::skipped(case, NOT_ALLOWED);
                break;
            };
            let ended = bench.run();
            drop(mounted);
            judge(bench, kind, &ended, &mut row);
        }
        rows.push(row);
    }
    rows.push(deleted_meanwhile(bench));
    rows
}

fn judge(bench: &Bench, kind: Kind, ended: &Ended, row: &mut Row) {
    row.ended(ended);
    let known = bench.known(kind);
    let about = format!("{kind:?}");
    if !ended.is_carried_out() {
        row.wrong(format!(
            "{about}: exit {}: {}",
            ended.code(),
            ended.message()
        ));
    }
    match known.settled(&bench.output) {
        Ok(()) => row.published("the same as a fresh run"),
        Err(what) => row.wrong(format!("{about}: {what}")),
    }
    row.next(&about, bench.next(known));
}

/// Entries that vanish while a run is going on.
fn deleted_meanwhile(bench: &mut Bench) -> Row {
    let mut row = Row::new("store deleted during the run");
    let (whole, _) = bench.measure(Kind::Corrected);
    for _ in 0..TIMES * 3 {
        bench.prepare(Kind::Corrected);
        let running = bench.start();
        std::thread::sleep(bench.random.within(whole));
        // The run may be writing there: what cannot be removed now stays.
        let _ = fs::remove_dir_all(bench.output.join("store"));
        let ended = running.end();
        judge(bench, Kind::Corrected, &ended, &mut row);
    }
    row
}
