//! Commands, exit codes and messages, as cron and people see them.

use std::path::Path;
use std::process::Command;

use crate::harness::*;

pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program in the repository's folder.
pub fn junheng(args: &[&str]) -> Run {
    let out = Command::new(env!("CARGO_BIN_EXE_junheng"))
        .args(args)
        .current_dir(root())
        .output()
        .unwrap();
    Run {
        code: out.status.code().unwrap(),
        stdout: String::from_utf8(out.stdout).unwrap(),
        stderr: String::from_utf8(out.stderr).unwrap(),
    }
}

fn run(input: &Path, output: &Path, more: &[&str]) -> Run {
    let mut args = vec![
        "run",
        "--input",
        input.to_str().unwrap(),
        "--output",
        output.to_str().unwrap(),
    ];
    args.extend(more);
    junheng(&args)
}

#[test]
fn bad_usage_is_exit_code_2() {
    assert_eq!(junheng(&["walk"]).code, 2);
    assert_eq!(junheng(&["run", "--period", "soon"]).code, 2);
    let unknown = junheng(&["run", "--only", "123456"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("--only 123456: no such county"),
        "{}",
        unknown.stderr
    );
    let none = junheng(&["run", "pipelines/none"]);
    assert_eq!(none.code, 2);
    assert!(
        none.stderr
            .contains("no pipeline at pipelines/none/pipeline.toml"),
        "{}",
        none.stderr
    );
    let base = fresh("inside");
    let inside = run(
        &root().join("sample_data/quality-2017"),
        &root().join("sample_data/quality-2017/out"),
        &[],
    );
    assert_eq!(inside.code, 2);
    assert!(
        inside.stderr.contains("lies inside the input folder"),
        "{}",
        inside.stderr
    );
    drop(base);
}

#[test]
fn input_that_cannot_be_read_at_all_is_exit_code_3_and_publishes_nothing() {
    let base = fresh("unreadable-input");
    let output = base.join("out");
    let missing = run(&base.join("nowhere"), &output, &[]);
    assert_eq!(missing.code, 3);
    assert!(
        missing.stderr.contains("does not exist or is no folder"),
        "{}",
        missing.stderr
    );

    let empty = base.join("empty");
    std::fs::create_dir_all(empty.join("990101-空县")).unwrap();
    std::fs::write(empty.join("990101-空县/~$表.xlsx"), b"x").unwrap();
    let nothing = run(&empty, &output, &[]);
    assert_eq!(nothing.code, 3);
    assert!(
        nothing.stderr.contains("holds no file to read (1 skipped)"),
        "{}",
        nothing.stderr
    );

    let foreign = base.join("foreign");
    std::fs::create_dir_all(foreign.join("资料")).unwrap();
    std::fs::write(foreign.join("资料/说明.txt"), "没有县").unwrap();
    let no_county = run(&foreign, &output, &[]);
    assert_eq!(no_county.code, 3);
    assert!(
        no_county.stderr.contains("has no county folder"),
        "{}",
        no_county.stderr
    );
    assert!(
        no_county.stderr.contains("资料/说明.txt"),
        "{}",
        no_county.stderr
    );
    assert!(!output.join("current").exists());
    let runs = output.join("runs");
    assert!(!runs.exists() || std::fs::read_dir(runs).unwrap().count() == 0);
}

#[test]
fn another_run_holding_the_lock_is_exit_code_4() {
    let output = fresh("locked").join("out");
    std::fs::create_dir_all(&output).unwrap();
    let file = std::fs::File::create(output.join("lock")).unwrap();
    file.try_lock().unwrap();
    let sample = root().join("sample_data/quality-2017");
    let locked = run(&sample, &output, &[]);
    assert_eq!(locked.code, 4);
    assert!(
        locked.stderr.contains("another run holds"),
        "{}",
        locked.stderr
    );
    assert!(!output.join("current").exists());
    drop(file);
    assert_eq!(run(&sample, &output, &[]).code, 1);
}

#[test]
fn an_output_that_cannot_be_written_is_said_and_keeps_what_was_published() {
    let base = fresh("no-output");
    std::fs::write(base.join("out"), b"a file, not a folder").unwrap();
    let run = run(
        &root().join("sample_data/quality-2017"),
        &base.join("out"),
        &[],
    );
    assert_eq!(run.code, 70);
    assert!(run.stderr.contains("cannot be written"), "{}", run.stderr);
}

#[test]
fn a_clean_county_alone_is_exit_code_0_and_logs_are_lines_on_stderr() {
    let output = fresh("only").join("out");
    let sample = root().join("sample_data/quality-2017");
    let clean = run(
        &sample,
        &output,
        &["--only", "990101", "--log-format", "json"],
    );
    assert_eq!(clean.code, 0, "{}", clean.stdout);
    assert!(clean.stdout.contains("1 of 1 counties"), "{}", clean.stdout);
    assert!(
        clean
            .stdout
            .contains("resources: 1 met, 0 not met, 0 incomplete"),
        "{}",
        clean.stdout
    );
    assert!(clean.stdout.lines().count() <= 11);
    let lines: Vec<serde_json::Value> = clean
        .stderr
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert!(
        lines
            .iter()
            .any(|l| l["message"] == "run published" && l["exit"] == 0)
    );
}

#[test]
fn pipelines_check_says_that_all_is_well() {
    let check = junheng(&["pipelines", "check"]);
    assert_eq!(check.code, 0, "{}", check.stderr);
    assert!(
        check.stdout.contains("all examples hold"),
        "{}",
        check.stdout
    );
    assert_eq!(junheng(&["pipelines", "check", "src"]).code, 2);
}
