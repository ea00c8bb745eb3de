//! Hostile and odd files, small enough for every day: each ends as it should, none ends the run or takes what is another
//! file's. In full size `cargo bench --bench hostile` gives them to the program.

use std::process::Command;

use crate::drive::drive;
use crate::harness::*;

#[test]
fn every_file_ends_as_it_should_and_none_ends_the_run() {
    let folder = fresh("hostile");
    let done = drive(&folder, 0.0005, &|input, output| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_junheng"));
        command
            .args(["run", "--input"])
            .arg(input)
            .arg("--output")
            .arg(output)
            .current_dir(root());
        command
    });
    assert_eq!(done.exit, Some(1));
    assert!(done.outcomes.len() > 400);
    let wrong: Vec<String> = done
        .outcomes
        .iter()
        .filter(|o| !o.right)
        .map(|o| {
            let (name, what, size) = (o.name, o.what, o.size);
            format!(
                "{name} ({what}, {size} bytes): {:?} {:?}",
                o.status, o.rules
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let times = |rule: &str| {
        let found = done.findings.iter().find(|(r, _)| r == rule);
        found.map_or(0, |(_, n)| *n)
    };
    assert!(times("file-damaged") > 50);
    assert!(times("file-not-workbook") > 20);
    assert!(times("file-read-as") > 10);
}
