//! Runs that wait, are stopped, killed or cannot write: what was published stays whole, and the next run is right.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::command_line::junheng;
use crate::harness::*;

const PROGRAM: &str = env!("CARGO_BIN_EXE_junheng");

/// A run of the sample into this folder, not begun.
fn sample_run(output: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["run", "--as-of", "2024-12-01", "--output"])
        .arg(output)
        .args(more)
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The run that another test may wait for: begun.
fn begun(output: &Path, more: &[&str]) -> Child {
    sample_run(output, more).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .stderr(Stdio::null())
        .status();
    assert!(sent.is_ok());
}

fn heartbeat(output: &Path) -> Option<Value> {
    let bytes = std::fs::read(output.join("heartbeat.json")).ok()?;
    // It is replaced in one step: whenever it is read, it is whole.
    Some(serde_json::from_slice(&bytes).unwrap())
}

/// Ends by the exit code of its own, never by a signal.
fn ended(out: &Output) -> (i32, String) {
    let stderr = String::from_utf8_lossy(&out.stderr).into_owned();
    let code = out.status.code();
    (
        code.unwrap_or_else(|| panic!("no exit code: {stderr}")),
        stderr,
    )
}

fn target(output: &Path) -> Option<PathBuf> {
    std::fs::read_link(output.join("current")).ok()
}

/// What lies in `runs/`.
fn runs(output: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(output.join("runs")).unwrap();
    entries
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

/// Whether `current` points to a run that is whole: all that its `run.json` stands beside, and it is written last.
fn whole(output: &Path) -> bool {
    let current = output.join("current");
    let json: Value = match std::fs::read(current.join("run.json")) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Err(_) => return false,
    };
    assert_eq!(json["pipeline"]["id"], "quality-2017");
    for file in [
        "排名总表.xlsx",
        "问题清单.xlsx",
        "摘要.txt",
        "data/findings.parquet",
    ] {
        let size = std::fs::metadata(current.join(file)).unwrap().len();
        assert!(size > 0, "{file}");
    }
    true
}

/// Stops a run by a signal while it is at work on `stage`, for certain: it is held still, looked at, and only then told.
fn stopped_at(output: &Path, stage: &str, name: &str, more: &[&str]) -> Output {
    for _ in 0..50 {
        let child = begun(output, more);
        let own = Some(u64::from(child.id()));
        let mut child = Some(child);
        while let Some(running) = &mut child {
            let beat = heartbeat(output).filter(|b| b["pid"].as_u64() == own);
            let at = beat.is_some_and(|b| b["state"] == "running" && b["stage"] == stage);
            if at {
                signal(running, "STOP");
                let beat = heartbeat(output).unwrap();
                if beat["state"] == "running" && beat["stage"] == stage {
                    signal(running, name);
                    signal(running, "CONT");
                    return child.take().unwrap().wait_with_output().unwrap();
                }
                signal(running, "CONT");
            }
            if running.try_wait().unwrap().is_some() {
                child = None;
            }
            std::thread::sleep(std::time::Duration::from_micros(300));
        }
    }
    panic!("no run was seen in stage {stage}");
}

#[test]
fn a_run_that_is_told_to_stop_leaves_what_was_published_and_says_so() {
    let base = fresh("stopped");
    let output = base.join("out");
    let metrics = base.join("junheng.prom");
    let first = sample_run(&output, &["--only", "990101"]).output().unwrap();
    assert_eq!(ended(&first).0, 0);
    let before = (target(&output), runs(&output));
    for (stage, name, code) in [
        ("read", "TERM", 143),
        ("compute", "INT", 130),
        ("outputs", "HUP", 129),
    ] {
        let more = ["--metrics", metrics.to_str().unwrap()];
        let (exit, stderr) = ended(&stopped_at(&output, stage, name, &more));
        assert_eq!(exit, code, "{stage} {name}: {stderr}");
        assert!(stderr.contains("stopped by signal"), "{stderr}");
        assert!(stderr.contains("nothing was published"), "{stderr}");
        assert_eq!((target(&output), runs(&output)), before, "{stage}");
        let beat = heartbeat(&output).unwrap();
        assert_eq!(beat["state"], "stopped");
        assert_eq!(beat["stage"], stage);
        assert_eq!(beat["exit_code"], code);
        assert_eq!(beat["published"], false);
        assert_eq!(beat["message"], format!("stopped by SIG{name}"));
        let text = std::fs::read_to_string(&metrics).unwrap();
        let line = format!(
            "junheng_last_run_exit_code{{pipeline=\"quality-2017\",period=\"2024\"}} {code}"
        );
        assert!(text.lines().any(|l| l == line), "{text}");
        // Its lock is free, and its text does not look like that of a run that was killed.
        assert_eq!(std::fs::read(output.join("lock")).unwrap(), b"");
    }
    let after = sample_run(&output, &[]).output().unwrap();
    let (exit, stderr) = ended(&after);
    assert_eq!(exit, 1);
    assert!(!stderr.contains("stale"), "{stderr}");
    assert!(whole(&output));
}

#[test]
fn a_run_that_is_told_to_stop_while_it_publishes_publishes_all_or_nothing() {
    let output = fresh("stopped-publishing").join("out");
    let (exit, stderr) = ended(&stopped_at(&output, "publish", "TERM", &[]));
    assert_eq!(exit, 143, "{stderr}");
    let beat = heartbeat(&output).unwrap();
    assert_eq!(beat["state"], "stopped");
    assert_eq!(beat["published"], whole(&output), "{beat}");
    assert!(runs(&output).iter().all(|r| !r.starts_with('.')));
}

#[test]
fn a_run_that_is_killed_at_any_moment_leaves_a_whole_run_and_the_next_one_is_right() {
    let base = fresh("killed");
    let right = base.join("right");
    assert_eq!(ended(&sample_run(&right, &[]).output().unwrap()).0, 1);
    let output = base.join("out");
    for stage in ["read", "compute", "outputs", "publish"] {
        let killed = stopped_at(&output, stage, "KILL", &[]);
        assert_eq!(killed.status.code(), None);
        assert_eq!(target(&output).is_some(), whole(&output), "{stage}");
        // What it was doing stands there, as a run that did not end.
        let beat = heartbeat(&output).unwrap();
        assert_eq!(beat["state"], "running");
        let text = std::fs::read_to_string(output.join("lock")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], format!("pid {}", beat["pid"]));
        assert_eq!(lines[1], format!("host {}", beat["host"].as_str().unwrap()));
        assert_eq!(
            lines[2],
            format!("start {}", beat["started"].as_str().unwrap())
        );
        assert_eq!(lines[3], "pipeline quality-2017 2024");
    }
    let next = sample_run(&output, &[]).output().unwrap();
    let (exit, stderr) = ended(&next);
    assert_eq!(exit, 1, "{stderr}");
    assert!(
        stderr.contains("the lock is stale: the run of pid "),
        "{stderr}"
    );
    assert!(
        stderr.contains("(quality-2017 2024) did not end"),
        "{stderr}"
    );
    assert_eq!(target(&output), target(&right));
    assert_eq!(runs(&output), runs(&right));
    assert!(whole(&output));
    let again = sample_run(&output, &[]).output().unwrap();
    assert!(!ended(&again).1.contains("stale"));
}

#[test]
fn a_run_waits_for_another_one_or_says_at_once_who_holds_the_output() {
    let base = fresh("waiting");
    let output = base.join("out");
    std::fs::create_dir_all(&output).unwrap();
    let note = "pid 4711\nhost server-1\nstart 2024-11-22T02:30:00Z\npipeline quality-2017 2024\n";
    std::fs::write(output.join("lock"), note).unwrap();
    let file = std::fs::File::open(output.join("lock")).unwrap();
    file.try_lock().unwrap();
    let (exit, stderr) = ended(&sample_run(&output, &[]).output().unwrap());
    assert_eq!(exit, 4);
    for said in [
        "another run holds",
        "pid 4711 on host server-1 since 2024-11-22T02:30:00Z (quality-2017 2024)",
        "--wait SECONDS",
    ] {
        assert!(stderr.contains(said), "{stderr}");
    }
    let late = sample_run(&output, &["--wait", "1"]).output().unwrap();
    let (exit, stderr) = ended(&late);
    assert_eq!(exit, 4);
    assert_eq!(
        stderr.matches("waiting for another run: pid 4711").count(),
        1
    );
    assert!(stderr.contains("1 s later still: pid 4711"), "{stderr}");
    assert_eq!(heartbeat(&output), None, "who waits has no heartbeat");
    // Told to stop while it waits: the lock is that of the other run, and stays as it is.
    let mut waiting = begun(&output, &["--wait", "600", "--log-format", "json"]);
    let mut first = [0u8; 1];
    let mut said = waiting.stderr.take().unwrap();
    std::io::Read::read_exact(&mut said, &mut first).unwrap();
    signal(&waiting, "TERM");
    assert_eq!(waiting.wait().unwrap().code(), Some(143));
    assert_eq!(std::fs::read_to_string(output.join("lock")).unwrap(), note);
    // The other run ends.
    let mut waiting = begun(&output, &["--wait", "600", "--log-format", "json"]);
    let mut said = waiting.stderr.take().unwrap();
    std::io::Read::read_exact(&mut said, &mut first).unwrap();
    drop(file);
    std::io::copy(&mut said, &mut std::io::sink()).unwrap();
    assert_eq!(waiting.wait().unwrap().code(), Some(1));
    assert!(whole(&output));
}

#[test]
fn a_disk_that_takes_no_more_leaves_nothing_of_the_run_and_what_was_published() {
    let output = fresh("full").join("out");
    let first = sample_run(&output, &["--only", "990101"]).output().unwrap();
    assert_eq!(ended(&first).0, 0);
    let before = (target(&output), runs(&output));
    // No file larger than so many blocks can be written: some outputs can, others not.
    for blocks in ["1", "16", "64"] {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let full = Command::new("sh")
            .args(["-c", &script, "sh", PROGRAM, "run", "--output"])
            .arg(&output)
            .current_dir(root())
            .output()
            .unwrap();
        let (exit, stderr) = ended(&full);
        assert_eq!(exit, 70, "{blocks}: {stderr}");
        assert!(stderr.contains(output.to_str().unwrap()), "{stderr}");
        assert_eq!((target(&output), runs(&output)), before, "{blocks}");
        if blocks != "1" {
            assert!(
                stderr.contains("MB are needed for the outputs of this run"),
                "{stderr}"
            );
            let beat = heartbeat(&output).unwrap();
            assert_eq!(
                (&beat["state"], &beat["exit_code"]),
                (&"failed".into(), &70.into())
            );
            assert_eq!(beat["stage"], "publish");
            assert_eq!(beat["published"], false);
        }
    }
    assert_eq!(ended(&sample_run(&output, &[]).output().unwrap()).0, 1);
    assert!(whole(&output));
}

#[test]
fn an_output_below_a_file_or_where_current_is_a_folder_is_said_before_anything_is_read() {
    let base = fresh("no-folder");
    let file = base.join("file");
    std::fs::write(&file, b"x").unwrap();
    let (exit, stderr) = ended(&sample_run(&file.join("out"), &[]).output().unwrap());
    assert_eq!(exit, 70);
    let said = format!("{} is a file, not a folder", file.display());
    assert!(stderr.contains(&said), "{stderr}");
    let copied = base.join("copied");
    std::fs::create_dir_all(copied.join("current")).unwrap();
    let (exit, stderr) = ended(&sample_run(&copied, &[]).output().unwrap());
    assert_eq!(exit, 70);
    assert!(stderr.contains("no link to a run"), "{stderr}");
    assert!(!stderr.contains("run started"), "{stderr}");
}

#[test]
fn the_heartbeat_says_how_a_run_ended_and_the_metrics_what_it_found() {
    let base = fresh("heartbeat");
    let output = base.join("out");
    let metrics = base.join("junheng.prom");
    let metrics_path = metrics.to_str().unwrap();
    let run = sample_run(&output, &["--metrics", metrics_path])
        .output()
        .unwrap();
    assert_eq!(ended(&run).0, 1);
    let beat = heartbeat(&output).unwrap();
    let id = target(&output).unwrap();
    let id = id.file_name().unwrap().to_str().unwrap();
    for (key, value) in [
        ("state", Value::from("done")),
        ("pipeline", "quality-2017".into()),
        ("period", 2024.into()),
        ("run", id.into()),
        ("stage", "publish".into()),
        ("files", 39.into()),
        ("files_read", 39.into()),
        ("published", true.into()),
        ("outcome", "findings".into()),
        ("exit_code", 1.into()),
        ("message", Value::Null),
    ] {
        assert_eq!(beat[key], value, "{key} in {beat}");
    }
    let text = std::fs::read_to_string(&metrics).unwrap();
    let json: Value =
        serde_json::from_slice(&std::fs::read(output.join("current/run.json")).unwrap()).unwrap();
    let about = "pipeline=\"quality-2017\",period=\"2024\"";
    for (name, labels, value) in [
        ("success", "", 1.into()),
        ("exit_code", "", 1.into()),
        (
            "findings",
            ",severity=\"error\"",
            json["findings"]["error"].clone(),
        ),
        ("counties", ",state=\"received\"", 7.into()),
        ("counties", ",state=\"missing\"", 1.into()),
        ("files", ",status=\"rejected\"", 2.into()),
        (
            "verdicts",
            ",part=\"overall\",verdict=\"met\"",
            json["verdicts"]["overall"]["met"].clone(),
        ),
    ] {
        let line = format!("junheng_last_run_{name}{{{about}{labels}}} {value}");
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    for stage in ["pipeline", "list", "read", "compute", "outputs", "publish"] {
        let begin = format!("junheng_last_run_stage_seconds{{{about},stage=\"{stage}\"}} ");
        assert!(
            text.lines().any(|l| l.starts_with(&begin)),
            "{begin}\n{text}"
        );
    }
    // A run that could not be carried out.
    let nowhere = base.join("nowhere");
    let more = [
        "--metrics",
        metrics_path,
        "--input",
        nowhere.to_str().unwrap(),
    ];
    let (exit, stderr) = ended(&sample_run(&output, &more).output().unwrap());
    assert_eq!(exit, 3, "{stderr}");
    let beat = heartbeat(&output).unwrap();
    assert_eq!(
        (&beat["state"], &beat["stage"]),
        (&"failed".into(), &"list".into())
    );
    assert!(beat["message"].as_str().unwrap().contains("does not exist"));
    let text = std::fs::read_to_string(&metrics).unwrap();
    assert!(
        text.contains(&format!("junheng_last_run_success{{{about}}} 0\n")),
        "{text}"
    );
    assert!(
        text.contains(&format!("junheng_last_run_exit_code{{{about}}} 3\n")),
        "{text}"
    );
    assert!(!text.contains("junheng_last_run_findings"), "{text}");
    // One whose pipeline is not there.
    let wrong = junheng(&["run", "pipelines/none", "--metrics", metrics_path]);
    assert_eq!(wrong.code, 2);
    let text = std::fs::read_to_string(&metrics).unwrap();
    let line = "junheng_last_run_exit_code{pipeline=\"none\",period=\"\"} 2\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn every_line_of_a_run_says_which_one_and_lines_about_counties_which_county() {
    let output = fresh("lines").join("out");
    let run = Command::new(PROGRAM)
        .args(["run", "--log-format", "json", "--output"])
        .arg(&output)
        .env("JUNHENG_LOG", "debug")
        .current_dir(root())
        .output()
        .unwrap();
    let stderr = String::from_utf8(run.stderr).unwrap();
    let lines: Vec<Value> = stderr
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let begun = lines
        .iter()
        .position(|l| l["message"] == "run started")
        .unwrap();
    let known = lines.iter().position(|l| l["run"].is_string()).unwrap();
    for line in &lines[begun..] {
        assert_eq!(line["pipeline"], "quality-2017", "{line}");
        assert_eq!(line["period"], 2024, "{line}");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }
    let id = target(&output).unwrap();
    let id = id.file_name().unwrap().to_str().unwrap();
    assert!(lines[known..].iter().all(|l| l["run"] == id));
    let read = |l: &&Value| l["message"] == "read";
    let in_folders: Vec<&Value> = lines
        .iter()
        .filter(read)
        .filter(|l| l["file"].as_str().unwrap().contains('/'))
        .collect();
    assert!(!in_folders.is_empty());
    for line in in_folders {
        let file = line["file"].as_str().unwrap();
        assert!(file.starts_with(line["county"].as_str().unwrap()), "{line}");
    }
    let asked: Vec<&Value> = lines
        .iter()
        .filter(|l| l["message"] == "county must correct")
        .collect();
    let json: Value =
        serde_json::from_slice(&std::fs::read(output.join("current/run.json")).unwrap()).unwrap();
    let errors: u64 = asked.iter().map(|l| l["errors"].as_u64().unwrap()).sum();
    assert!(errors > 0 && errors <= json["findings"]["error"].as_u64().unwrap());
    assert!(
        asked
            .iter()
            .all(|l| l["county"].as_str().unwrap().len() == 6)
    );
}

#[test]
fn a_pipe_among_the_submissions_is_skipped_and_stops_nothing() {
    let base = fresh("pipe");
    let input = base.join("in");
    write_input(
        &pipeline(),
        "## 990001-甲县/学校汇总表.xlsx ! summary 211\n## 990001-甲县/区县填报表.xlsx ! county\n",
        &input,
    );
    let made = Command::new("mkfifo")
        .arg(input.join("990001-甲县/表.xlsx"))
        .status();
    assert!(made.unwrap().success());
    let list = base.join("counties.csv");
    std::fs::write(
        &list,
        "code,name,prefecture,resident_population\n990001,甲县,东市,\n",
    )
    .unwrap();
    let output = base.join("out");
    let [i, o, l] = [&input, &output, &list].map(|p| p.to_str().unwrap());
    let run = junheng(&["run", "--input", i, "--output", o, "--counties", l]);
    assert!(
        run.stdout.contains("1 skipped"),
        "{} {}",
        run.stdout,
        run.stderr
    );
    let json = std::fs::read_to_string(output.join("current/run.json")).unwrap();
    assert!(json.contains("pipe-or-device"), "{json}");
}

#[test]
fn the_summary_of_the_sample_is_one_paragraph() {
    let output = fresh("summary").join("out");
    let summary = |more: &[&str]| {
        let mut args = vec![
            "--as-of",
            "2024-12-01",
            "--output",
            output.to_str().unwrap(),
        ];
        args.extend(more);
        let run = Command::new(PROGRAM)
            .arg("run")
            .args(args)
            .current_dir(root())
            .output()
            .unwrap();
        assert!(run.status.code().is_some_and(|c| c <= 1));
        std::fs::read_to_string(output.join("current/摘要.txt")).unwrap()
    };
    let text = summary(&[]);
    let golden = root().join("tests/golden/摘要.txt");
    if std::env::var_os("JUNHENG_BLESS").is_some() {
        std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(golden).unwrap());
    assert_eq!(text.lines().count(), 1);
    let one = summary(&["--only", "990101"]);
    assert!(one.contains("应报1县,已报1县,没有缺报。"), "{one}");
    assert!(one.contains("错误0条"), "{one}");
}
