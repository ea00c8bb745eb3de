//! Clocks that were wrong: files with times to come or long past, and runs that are made before the last one.

use std::fs::{File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::bench::{Bench, Kind};
use crate::known::{self, Known};
use crate::program::{Running, said};
use crate::table::Row;
use crate::trees;

const TEN_YEARS: Duration = Duration::from_secs(3653 * 86_400);

pub fn rows(bench: &mut Bench) -> Vec<Row> {
    let now = SystemTime::now();
    let (ahead, back) = (now + TEN_YEARS, now - TEN_YEARS);
    let epoch = SystemTime::UNIX_EPOCH;
    let touched = [
        (
            "all files ten years ahead, as after a clock set back",
            ahead,
            ahead,
        ),
        ("all files ten years old", back, back),
        ("input ahead, output old", ahead, back),
        ("input of 1970, output ahead", epoch, ahead),
    ];
    let mut rows = Vec::new();
    for (case, input, output) in touched {
        let mut row = Row::new(format!("clock: {case}"));
        for kind in [Kind::Warm, Kind::Corrected] {
            bench.prepare(kind);
            touch(&bench.province.input, input);
            touch(&bench.output, output);
            let running = bench.start();
            judge(bench, running, bench.known(kind), kind, &mut row);
        }
        rows.push(row);
    }
    rows.push(as_of_back(bench, ahead));
    rows.push(faketime(bench));
    bench.province.set(crate::province::Edition::First);
    rows
}

/// The last run was made on a later day than this one.
fn as_of_back(bench: &Bench, ahead: SystemTime) -> Row {
    let mut row = Row::new("clock: --as-of before that of the last run, all files ahead");
    for kind in [Kind::Warm, Kind::Corrected] {
        let (late, early) = (["--as-of", "2036-01-01"], ["--as-of", "2024-06-01"]);
        // Without a fault: the same two runs, and the first one's store gone.
        bench.prepare(Kind::Warm);
        let reference = bench.folder.join("as-of");
        trees::remove(&reference);
        bench.fresh(&reference, &late);
        trees::remove(&reference.join("store"));
        trees::remove(&bench.output);
        bench.fresh(&bench.output, &late);
        if kind == Kind::Corrected {
            bench.province.set(crate::province::Edition::Corrected);
        }
        bench.fresh(&reference, &early);
        let known = Known::of(&reference);
        touch(&bench.province.input, ahead);
        touch(&bench.output, ahead);
        let mut command = bench.command();
        command.args(early);
        let last = known::current(&bench.output).ok().flatten();
        let before = last.and_then(|run| known::sequence(&bench.output, &run));
        let ended = Running::start(command).end();
        row.ended(&ended);
        let after = known::sequence(&bench.output, &known.current);
        match known.settled(&bench.output) {
            Ok(()) if after > before => row.published("a new run, last in order"),
            Ok(()) => row.wrong(format!("{kind:?}: sequence {after:?} after {before:?}")),
            Err(what) => row.wrong(format!("{kind:?}: {what}")),
        }
        let mut again = bench.command();
        again.args(early);
        let again = Running::start(again).end();
        let judged = match again.is_carried_out() {
            true => known.settled(&bench.output),
            false => Err(format!("exit {}: {}", again.code(), again.message())),
        };
        row.next(&format!("{kind:?}"), judged);
    }
    row
}

/// The clock of the process itself, where a program is there that can set it.
fn faketime(bench: &Bench) -> Row {
    const CASE: &str = "clock: the process sees 2001 (faketime)";
    if said("faketime", &["2001-01-01", "true"], Path::new("")).is_none() {
        return Row::skipped(CASE, "faketime is not installed");
    }
    let mut row = Row::new(CASE);
    for kind in [Kind::Warm, Kind::Corrected] {
        bench.prepare(kind);
        let plain = bench.command();
        let mut command = std::process::Command::new("faketime");
        command.arg("2001-01-01").arg(plain.get_program());
        // The day that the reference was made on: whether the due date has passed is all that a run takes from the clock.
        command
            .args(plain.get_args())
            .args(["--as-of", "2036-01-01"]);
        command.current_dir(plain.get_current_dir().unwrap_or(Path::new(".")));
        judge(
            bench,
            Running::start(command),
            bench.known(kind),
            kind,
            &mut row,
        );
    }
    row
}

fn judge(bench: &Bench, running: Running, known: &Known, kind: Kind, row: &mut Row) {
    let about = format!("{kind:?}");
    let ended = running.end();
    row.ended(&ended);
    match known.settled(&bench.output) {
        Ok(()) => row.published("the same as a fresh run"),
        Err(what) => row.wrong(format!("{about}: exit {}: {what}", ended.code())),
    }
    let order = |run| known::sequence(&bench.output, run);
    let (first, last) = (order(&bench.first.current), order(&known.current));
    if first.is_none() || (kind == Kind::Corrected && last <= first) {
        row.wrong(format!("{about}: sequence {last:?} after {first:?}"));
    }
    row.next(&about, bench.next(known));
}

/// Gives every file and folder below a folder, and itself, a time.
fn touch(folder: &Path, time: SystemTime) {
    let times = FileTimes::new().set_accessed(time).set_modified(time);
    let set = |path: &Path| {
        let file = File::open(path).expect("it was listed");
        file.set_times(times).expect("a time of a file of ours");
    };
    for file in trees::files(folder) {
        if !file.is_symlink() {
            set(&file);
        }
        for above in file.ancestors().skip(1) {
            if above.starts_with(folder) {
                set(above);
            }
        }
    }
}
