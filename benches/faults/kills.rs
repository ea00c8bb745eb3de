//! Kills of the whole process group at random moments, over cold, warm and corrected runs.

use std::time::Duration;

use crate::bench::{Bench, Kind, is_staging};
use crate::table::Row;
use crate::trees;

pub fn rows(bench: &mut Bench) -> Vec<Row> {
    let kinds = [Kind::Cold, Kind::Warm, Kind::Corrected];
    let third = |at: u64| bench.kills / 3 + u64::from(at < bench.kills % 3);
    let times = [third(0), third(1), third(2)];
    let each = kinds.into_iter().zip(times);
    each.map(|(kind, times)| row(bench, kind, times)).collect()
}

fn row(bench: &mut Bench, kind: Kind, times: u64) -> Row {
    let mut row = Row::new(match kind {
        Kind::Cold => "killed: cold run",
        Kind::Warm => "killed: warm run",
        Kind::Corrected => "killed: corrected run",
    });
    let (whole, writing) = bench.measure(kind);
    let (mut late, mut left) = (0, 0);
    // Runs that end before they are killed are not counted.
    for attempt in 0..times * 5 {
        if row.times as u64 == times {
            break;
        }
        bench.prepare(kind);
        let moment = bench.random.within(whole.mul_f64(1.05));
        let moment_in_writing = bench.random.within(writing);
        let mut running = bench.start();
        // Most of a run is reading and computing: every second one is killed while it writes or after that.
        if kind != Kind::Warm && attempt % 2 == 1 {
            running.until(|| is_staging(&bench.output));
            std::thread::sleep(moment_in_writing);
        } else {
            std::thread::sleep(moment.saturating_sub(running.age()));
        }
        let age = running.age();
        running.signal("KILL");
        let ended = running.end();
        if !ended.is_killed() {
            late += 1;
            continue;
        }
        row.ended(&ended);
        judge(bench, kind, age, &mut row, &mut left);
    }
    if (row.times as u64) < times {
        row.wrong(format!("{} of {times} kills came in time", row.times));
    }
    row.note(format!(
        "a run takes {:.2} s, {:.2} s of it from its first output on; {left} kills left outputs half written; {late} came too late and \
         are not counted",
        whole.as_secs_f64(),
        writing.as_secs_f64()
    ));
    row
}

/// What stands there after a kill, and after the next run.
fn judge(bench: &Bench, kind: Kind, age: Duration, row: &mut Row, left: &mut u32) {
    let about = format!("killed after {:.4} s", age.as_secs_f64());
    let known = bench.known(kind);
    let published = known
        .whole(&bench.output)
        .and_then(|current| match current {
            None if kind == Kind::Cold => Ok("nothing yet"),
            Some(_) if kind == Kind::Warm => Ok("the run, as before"),
            Some(run) if run == known.current => Ok("the new run"),
            Some(_) if kind == Kind::Corrected => Ok("the old run"),
            current => Err(format!("current points to {current:?}")),
        });
    match published {
        Ok(what) => row.published(what),
        Err(what) => row.wrong(format!("{about}: {what}")),
    }
    let runs = trees::names(&bench.output.join("runs"));
    *left += u32::from(runs.iter().any(|n| n.starts_with('.')));
    row.next(&about, bench.next(known));
}
