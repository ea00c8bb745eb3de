//! Faults made to happen to runs of the built program, and what was published after each: `cargo bench --bench faults`
//! (`-- --kills N --seed N --only kills,disk,swapped,two,store,clock --pause MILLISECONDS --folder DIR`; the environment variable
//! `JUNHENG_BIN` names another binary). `--pause`: how long a file that is written anew in place stands there half written.
//!
//! Every fault is followed by a run without one, and every folder of a run that is ever found is compared byte by byte with
//! the one of the same name that the same published runs gave where no fault was. Full disks and folders that cannot be
//! written are made by mounting, where that is allowed. Ends with 1 when anything is not as it should be.

mod bench;
mod clock_back;
mod full_disk;
mod kills;
mod known;
mod mounts;
mod program;
mod province;
mod random;
mod store;
mod swapped;
mod table;
mod trees;
mod two_runs;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bench::Bench;
use table::Row;

/// One group of cases.
type Cases = fn(&mut Bench) -> Vec<Row>;

const GROUPS: [(&str, Cases); 6] = [
    ("kills", kills::rows),
    ("disk", full_disk::rows),
    ("swapped", swapped::rows),
    ("two", two_runs::rows),
    ("store", store::rows),
    ("clock", clock_back::rows),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|a| a == name)?;
        arguments.get(at + 1)
    };
    let number = |name: &str, default: u64| match value(name) {
        None => default,
        Some(given) => given
            .parse()
            .unwrap_or_else(|_| panic!("{name} needs a number, not {given}")),
    };
    let (seed, kills) = (number("--seed", 1), number("--kills", 200));
    let pause = Duration::from_millis(number("--pause", 5));
    let default = format!("junheng-faults-{}", std::process::id());
    let folder =
        value("--folder").map_or_else(|| std::env::temp_dir().join(default), PathBuf::from);
    let start = Instant::now();
    let mut bench = Bench::new(folder, seed, kills, pause);
    let mut rows = Vec::new();
    for (name, cases) in GROUPS {
        if value("--only").is_none_or(|only| only.split(',').any(|o| o == name)) {
            rows.extend(cases(&mut bench));
            let seconds = start.elapsed().as_secs();
            eprintln!("{name}: done after {seconds} s");
        }
    }
    table::print(&rows);
    let wrong: usize = rows.iter().map(|r| r.wrong.len()).sum();
    println!(
        "\n{} faults, seed {seed}, {} runs, {:.0} s: {wrong} not as they should be",
        rows.iter().map(|r| r.times).sum::<usize>(),
        bench.runs(),
        start.elapsed().as_secs_f64()
    );
    if wrong == 0 {
        bench.remove();
        return ExitCode::SUCCESS;
    }
    println!("kept for looking at: {}", bench.folder.display());
    ExitCode::FAILURE
}
