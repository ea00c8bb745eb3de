//! Hostile and odd files in full size: `cargo bench --bench hostile [-- SCALE]` writes them, runs the program over them and
//! shows how each ended, the time and the peak memory of the run and of the processes that read for it.

mod drive;
#[path = "files/mod.rs"]
mod hostile;

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

fn main() {
    let scale = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(1.0);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("the folder of the last time");
    }
    let peaks = folder.join("peaks.txt");
    std::fs::create_dir_all(&folder).expect("a folder");
    let start = std::cell::Cell::new(Instant::now());
    let done = drive::drive(&folder, scale, &|input, output| {
        start.set(Instant::now());
        // GNU time: the largest resident set of the program and of every process that it waited for.
        let mut command = Command::new("/usr/bin/time");
        command
            .args(["-f", "peak %M KiB, %e s, CPU %U + %S s", "-o"])
            .arg(&peaks)
            .arg(env!("CARGO_BIN_EXE_junheng"))
            .args(["run", "--input"])
            .arg(input)
            .arg("--output")
            .arg(output)
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        command
    });
    let seconds = start.get().elapsed().as_secs_f64();
    println!("| file | bytes | what | status | findings |\n|---|---|---|---|---|");
    for o in &done.outcomes {
        let join = |set: &std::collections::BTreeSet<String>| {
            set.iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let mark = if o.right { "" } else { " (WRONG)" };
        let name: String = o.name.chars().take(60).collect();
        println!(
            "| {name:?} | {} | {} | {}{mark} | {} |",
            o.size,
            o.what,
            join(&o.status),
            join(&o.rules)
        );
    }
    let wrong = done.outcomes.iter().filter(|o| !o.right).count();
    println!(
        "\n{} files at scale {scale}: exit {:?}, {wrong} not as they should be, {seconds:.1} s (with reading the results)",
        done.outcomes.len(),
        done.exit
    );
    println!(
        "{}",
        std::fs::read_to_string(&peaks).unwrap_or_default().trim()
    );
    println!("\n| finding | times |\n|---|---|");
    for (rule, n) in &done.findings {
        println!("| {rule} | {n} |");
    }
    assert_eq!(wrong, 0);
}
