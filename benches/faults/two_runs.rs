//! Two runs on one output folder at once.

use std::fs;
use std::time::Duration;

use crate::bench::{Bench, Kind};
use crate::program::Running;
use crate::table::Row;

const TIMES: usize = 10;
/// How many are started at one moment.
const CROWD: usize = 4;

pub fn rows(bench: &mut Bench) -> Vec<Row> {
    vec![second(bench), waiting(bench), crowd(bench)]
}

/// A second run while the first one is held still in the midst of its work.
fn second(bench: &mut Bench) -> Row {
    let mut row = Row::new("two at once: the second run");
    let (whole, _) = bench.measure(Kind::Corrected);
    let mut longest = Duration::ZERO;
    for _ in 0..TIMES {
        bench.prepare(Kind::Corrected);
        let first = begun(bench);
        std::thread::sleep(bench.random.within(whole / 3));
        first.signal("STOP");
        let before = bench.corrected.whole(&bench.output);
        let second = bench.run();
        longest = longest.max(second.took);
        row.ended(&second);
        if second.code() != "4" || !second.stderr.contains("another run holds") {
            row.wrong(format!("exit {}: {}", second.code(), second.message()));
        }
        match (before, bench.corrected.whole(&bench.output)) {
            (Ok(before), Ok(after)) if before == after => row.published("as before"),
            (_, after) => row.wrong(format!("after the second run: {after:?}")),
        }
        first.signal("CONT");
        let first = first.end();
        if !first.is_carried_out() {
            row.wrong(format!("the first run: exit {}", first.code()));
        }
        row.next("first run", bench.corrected.settled(&bench.output));
    }
    row.note(format!(
        "it ended after {:.2} s at most",
        longest.as_secs_f64()
    ));
    row
}

/// The second run waits, publishes nothing new, and is content.
fn waiting(bench: &mut Bench) -> Row {
    let mut row = Row::new("two at once: the second run with --wait 60");
    for _ in 0..TIMES {
        bench.prepare(Kind::Corrected);
        let first = begun(bench);
        let mut command = bench.command();
        command.args(["--wait", "60"]);
        let second = Running::start(command).end();
        row.ended(&second);
        let first = first.end();
        if !first.is_carried_out() || !second.is_carried_out() {
            let codes = (first.code(), second.code());
            row.wrong(format!("exits {codes:?}: {}", second.message()));
        }
        if !second.stdout.contains("unchanged, published before") {
            row.wrong("the second run found something new".to_string());
        }
        row.published("the run, once");
        row.next("both", bench.corrected.settled(&bench.output));
    }
    row
}

/// Several runs at one moment: each is carried out, or says that it is not its turn.
fn crowd(bench: &mut Bench) -> Row {
    let mut row = Row::new(format!("{CROWD} started at one moment"));
    for _ in 0..TIMES {
        bench.prepare(Kind::Cold);
        let runs: Vec<Running> = (0..CROWD).map(|_| bench.start()).collect();
        let ends: Vec<_> = runs.into_iter().map(Running::end).collect();
        for end in &ends {
            row.ended(end);
            if !end.is_carried_out() && end.code() != "4" {
                row.wrong(format!("exit {}: {}", end.code(), end.message()));
            }
        }
        match bench.first.settled(&bench.output) {
            Ok(()) => row.published("the run, once"),
            Err(what) => row.wrong(what),
        }
        row.next("crowd", bench.next(&bench.first));
    }
    row
}

/// A run that holds the lock.
fn begun(bench: &Bench) -> Running {
    let mut first = bench.start();
    let lock = bench.output.join("lock");
    first.until(|| fs::read(&lock).is_ok_and(|text| !text.is_empty()));
    first
}
