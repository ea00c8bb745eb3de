//! Runs again: what is kept between runs and what of it is used, what a run would do, and whether a published run can be made
//! again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use junheng::pipeline::Pipeline;
use serde_json::Value;

use crate::command_line::{Run, junheng};
use crate::followup::{Place, UNLIKE};
use crate::harness::*;
use crate::published::files as files_of;

/// Two counties; the first school of the first has a sports ground of this size.
fn input(folder: &Path, ground: &str) {
    let text = format!(
        "## 990001-甲县/学校汇总表.xlsx ! summary 211 311 312\n1.school_sports_ground_area = {ground}\n{UNLIKE}\
         ## 990001-甲县/区县填报表.xlsx ! county\n\
         ## 990002-乙县/学校汇总表.xlsx ! summary 211 311 312\n{UNLIKE}\
         ## 990002-乙县/区县填报表.xlsx ! county\n"
    );
    let pipeline: Pipeline = pipeline();
    write_input(&pipeline, &text, folder);
}

/// Puts another sports ground into the first county's file; the other files stay what they are.
fn correct(folder: &Path, ground: &str) {
    let beside = folder.with_file_name("corrected");
    input(&beside, ground);
    std::fs::copy(beside.join(SUMMARY), folder.join(SUMMARY)).unwrap();
}

/// Files of the store by the beginning of their names.
fn kept(place: &Place, kind: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place.output.join("store")).unwrap();
    let mut out: Vec<PathBuf> = entries
        .map(|e| e.unwrap().path())
        .filter(|p| {
            let name = p.file_name().unwrap().to_string_lossy();
            name.starts_with(&format!("{kind}-"))
        })
        .collect();
    out.sort();
    out
}

fn on(place: &Place, command: &str, more: &[&str]) -> Run {
    let mut args = vec![command, "--output", place.output.to_str().unwrap()];
    if command == "plan" {
        args.extend(["--input", place.input.to_str().unwrap()]);
        args.extend(["--counties", place.list.to_str().unwrap()]);
        args.extend(["--as-of", "2024-12-01"]);
    }
    args.extend(more);
    junheng(&args)
}

/// What `plan` says of files, by path: fate, and whether it is read.
fn planned(place: &Place, more: &[&str]) -> (Value, BTreeMap<String, (String, bool)>) {
    let run = on(place, "plan", &[more, &["--json"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    let files = json["files"].as_array().unwrap().iter().map(|f| {
        let fate = f["fate"].as_str().unwrap().to_string();
        let path = f["path"].as_str().unwrap().to_string();
        (path, (fate, f["read"].as_bool().unwrap()))
    });
    let files = files.collect();
    (json, files)
}

const SUMMARY: &str = "990001-甲县/学校汇总表.xlsx";

#[test]
fn what_is_kept_changes_no_byte_and_only_what_is_new_is_read() {
    let place = Place::new("rerun-kept");
    input(&place.input, "100");
    let (_, files) = planned(&place, &[]);
    assert!(files.values().all(|f| *f == ("new".to_string(), true)));
    place.run(&[]);
    let cold = files_of(&place.output);
    let read = kept(&place, "read").len();
    // The two counties' 区县填报表 are the same bytes under the same name, if they were written within one second.
    assert!(read == 3 || read == 4, "{read}");
    assert_eq!(kept(&place, "examples").len(), 1);
    assert!(kept(&place, "book").len() > 3);
    let (json, files) = planned(&place, &[]);
    assert_eq!(json["unchanged"], true);
    assert!(files.values().all(|f| *f == ("same".to_string(), false)));

    // A corrected file: only that is read, and all is as if nothing had been kept.
    correct(&place.input, "5600");
    let (json, files) = planned(&place, &[]);
    assert_eq!(json["unchanged"], false);
    assert_eq!(files[SUMMARY], ("replaced".to_string(), true));
    assert_eq!(files.values().filter(|f| f.1).count(), 1);
    let text = on(&place, "plan", &[]).stdout;
    assert!(text.contains("1 county changed:"), "{text}");
    assert!(
        text.contains(&format!("990001: {SUMMARY} replaced")),
        "{text}"
    );
    assert!(text.contains("to be read: 1 of 4 files"), "{text}");
    place.run(&[]);
    let warm = files_of(&place.output);
    assert_ne!(warm, cold);
    assert_eq!(kept(&place, "read").len(), read + 1);
    std::fs::remove_dir_all(place.output.join("store")).unwrap();
    assert!(place.run(&[]).stdout.contains("unchanged"));
    assert_eq!(files_of(&place.output), warm);

    // Damaged, torn and empty entries are read again.
    for (n, path) in kept(&place, "read")
        .iter()
        .chain(&kept(&place, "book"))
        .enumerate()
    {
        let mut bytes = std::fs::read(path).unwrap();
        match n % 3 {
            0 => bytes.clear(),
            1 => bytes.truncate(bytes.len() / 2),
            _ => *bytes.last_mut().unwrap() ^= 1,
        }
        std::fs::write(path, bytes).unwrap();
    }
    let again = place.run(&[]);
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
    assert!(
        again
            .stderr
            .contains("a damaged entry of the store is removed")
    );
    // Neither the times of files nor a folder that cannot be written count.
    std::fs::remove_dir_all(place.output.join("store")).unwrap();
    std::fs::write(place.output.join("store"), "no folder").unwrap();
    let without = place.run(&[]);
    assert!(without.stdout.contains("unchanged"), "{}", without.stdout);
    assert!(without.stderr.contains("nothing is kept for the next run"));
}

#[test]
fn nothing_is_computed_where_nothing_has_changed() {
    let place = Place::new("rerun-unchanged");
    input(&place.input, "100");
    let metrics = place.output.with_file_name("unchanged.prom");
    let run = |more: &[&str]| {
        let own = ["--metrics", metrics.to_str().unwrap()];
        let run = place.run(&[&own, more].concat());
        let metrics = std::fs::read_to_string(&metrics).unwrap();
        let counts = metrics.lines().filter(|l| {
            l.contains("_findings{") || l.contains("_files{") || l.contains("_verdicts{")
        });
        let counts: Vec<String> = counts.map(str::to_string).collect();
        assert!(counts.len() > 9, "{metrics}");
        let computed = metrics.contains("stage=\"compute\"");
        (run, computed, counts)
    };
    let said = |run: &Run| -> Vec<String> {
        let lines = run.stdout.lines().filter(|l| !l.contains("published"));
        let logged = run
            .stderr
            .lines()
            .filter(|l| l.contains("county must correct"));
        let logged = logged.map(|l| l.split_once(" INFO ").map_or(l, |(_, rest)| rest));
        lines.chain(logged).map(str::to_string).collect()
    };
    let (first, computed, counts) = run(&[]);
    assert!(computed);
    assert_eq!(first.code, 1);
    let published = files_of(&place.output);
    // The same again, from the store alone.
    let (again, computed, same) = run(&[]);
    assert!(!computed);
    assert!(
        again.stdout.contains("unchanged, published before"),
        "{}",
        again.stdout
    );
    assert_eq!(
        (again.code, said(&again), same),
        (first.code, said(&first), counts)
    );
    assert!(
        said(&again)
            .iter()
            .any(|l| l.contains("county must correct"))
    );
    assert_eq!(files_of(&place.output), published);
    // `current` is set right.
    std::fs::remove_file(place.output.join("current")).unwrap();
    assert!(!run(&[]).1);
    assert_eq!(files_of(&place.output), published);

    // What has an influence, and what was touched, has all computed.
    assert!(run(&["--as-of", "2199-01-01"]).1);
    assert!(run(&["--only", "990001"]).1);
    assert!(run(&[]).1 || files_of(&place.output) == published);
    std::fs::create_dir(place.input.join("990003-\u{4e19}\u{53bf}")).unwrap();
    assert!(run(&[]).1);
    std::fs::remove_dir(place.input.join("990003-\u{4e19}\u{53bf}")).unwrap();
    run(&[]);
    assert!(!run(&[]).1);
    std::fs::write(place.input.join("~$x.xlsx"), "x").unwrap();
    assert!(run(&[]).1);
    std::fs::remove_file(place.input.join("~$x.xlsx")).unwrap();
    run(&[]);
    let file = std::fs::File::options()
        .append(true)
        .open(place.input.join(SUMMARY))
        .unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    drop(file);
    assert!(run(&[]).1);
    assert!(!run(&[]).1);
    // A published file that is not any more what it was, and one that came to it.
    let folder = std::fs::canonicalize(place.output.join("current")).unwrap();
    let book = folder.join("\u{6392}\u{540d}\u{603b}\u{8868}.xlsx");
    let bytes = std::fs::read(&book).unwrap();
    std::fs::write(&book, &bytes[1..]).unwrap();
    assert!(run(&[]).1);
    let anew = std::fs::canonicalize(place.output.join("current")).unwrap();
    assert_ne!(folder, anew);
    let name = book.file_name().unwrap();
    assert_eq!(std::fs::read(anew.join(name)).unwrap(), bytes);
    std::fs::write(anew.join("more.txt"), "more").unwrap();
    assert!(run(&[]).1);
}

#[test]
fn what_changed_in_the_pipeline_is_told_with_what_it_does() {
    let place = Place::new("rerun-pipeline");
    input(&place.input, "100");
    place.run(&[]);
    let patch = [("quality-2017/school.toml", "least_met = 6", "least_met = 5")];
    patched_pipeline("rerun-limit", "quality-2017", &patch);
    let limit = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pipelines-rerun-limit/quality-2017");
    let (json, files) = planned(&place, &[limit.to_str().unwrap()]);
    assert_eq!(json["unchanged"], false);
    assert!(files.values().all(|f| !f.1), "a rule reads nothing again");
    let change = &json["pipeline_changes"][0];
    assert_eq!((&change["from"], &change["to"]), (&"6".into(), &"5".into()));
    assert_eq!(change["effect"], "computed again, no reading");
    let text = on(&place, "plan", &[limit.to_str().unwrap()]).stdout;
    assert!(
        text.contains("least_met 6 -> 5: computed again, no reading"),
        "{text}"
    );
}

/// What makes another run though no figure may be another: `plan` says of none that nothing would be done.
#[test]
fn what_publishes_a_run_without_another_figure_is_told() {
    let place = Place::new("rerun-others");
    input(&place.input, "100");
    let older = place.input.join("990001-甲县/学校汇总表-乙.xlsx");
    std::fs::copy(place.input.join(SUMMARY), &older).unwrap();
    let at = |path: &Path, seconds: u64| {
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(time).unwrap();
    };
    at(&older, 1_700_000_000);
    at(&place.input.join(SUMMARY), 1_700_000_100);
    place.run(&[]);
    let says = |more: &[&str], what: &str| {
        let (json, _) = planned(&place, more);
        assert_eq!(json["unchanged"], what.is_empty(), "{what}");
        let text = on(&place, "plan", more).stdout;
        assert!(text.contains(what), "{text}");
    };
    says(&[], "");
    at(&older, 1_700_000_200);
    says(
        &[],
        "学校汇总表-乙.xlsx is newer than 990001-甲县/学校汇总表.xlsx now",
    );
    at(&older, 1_700_000_000);

    let patch = [(
        "quality-2017/school.toml",
        "least_met = 6",
        "least_met = 6 # six",
    )];
    patched_pipeline("rerun-comment", "quality-2017", &patch);
    let comment =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("pipelines-rerun-comment/quality-2017");
    says(
        &[comment.to_str().unwrap()],
        "comments or spaces in the pipeline's files",
    );

    assert_eq!(on(&place, "freeze", &[]).code, 0);
    correct(&place.input, "120");
    place.run(&[]);
    says(&[], "");
    assert_eq!(on(&place, "freeze", &["--release"]).code, 0);
    says(&[], "is frozen no more");
    place.run(&[]);
    says(&[], "");
}

#[test]
fn another_form_is_looked_for_in_the_sheets_that_are_kept() {
    let place = Place::new("rerun-form");
    input(&place.input, "100");
    place.run(&[]);
    let school = place.output.join("current/data/table_school.parquet");
    let before = std::fs::read(&school).unwrap();
    // The sports grounds are those of another header now, which no sheet has: a form that is edited is another form.
    let ground = r#"header = ["运动场地面积", "运动场地", "体育运动场地面积"], required = true"#;
    let patches = [
        ("common/forms.toml", ground, r#"header = ["田径场面积"]"#),
        (
            "common/survey.toml",
            "answered_share = 80",
            "answered_share = 50",
        ),
    ];
    let folder = |name: &str| {
        let folder = format!("pipelines-{name}/quality-2017");
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder)
    };
    patched_pipeline("rerun-form", "quality-2017", &patches[..1]);
    let form = folder("rerun-form");
    let form = form.to_str().unwrap();
    let (json, files) = planned(&place, &[form]);
    assert!(files.values().all(|f| !f.1), "no submission is opened");
    let looked_at = |f: &&Value| f["forms"] == true;
    let looked_at = json["files"].as_array().unwrap().iter().filter(looked_at);
    assert_eq!(looked_at.count(), 4);
    assert_eq!(
        json["pipeline_changes"][0]["effect"],
        "forms are looked for again in the sheets that are kept, no submission is opened"
    );
    let text = on(&place, "plan", &[form]).stdout;
    let line = "forms to be looked for again: in the kept sheets of 4 files";
    assert!(
        text.contains("to be read: 0 of 4 files") && text.contains(line),
        "{text}"
    );

    // What comes of it is what comes of submissions that are opened.
    place.run(&[form]);
    let warm = files_of(&place.output);
    assert_ne!(std::fs::read(&school).unwrap(), before);
    std::fs::remove_dir_all(place.output.join("store")).unwrap();
    assert!(place.run(&[form]).stdout.contains("unchanged"));
    assert_eq!(files_of(&place.output), warm);
    let (_, files) = planned(&place, &[form]);
    assert!(files.values().all(|f| !f.1));

    // Questionnaires are counted while they pass by: another way to count them needs the submissions.
    patched_pipeline("rerun-survey", "quality-2017", &patches[1..]);
    let survey = folder("rerun-survey");
    let (json, files) = planned(&place, &[survey.to_str().unwrap()]);
    assert!(files.values().all(|f| f.1));
    let changes = json["pipeline_changes"].as_array().unwrap();
    let survey = changes
        .iter()
        .find(|c| c["key"] == "answered_share")
        .unwrap();
    assert_eq!(survey["effect"], "submissions are read again");
}

#[test]
fn a_published_run_is_made_again_and_every_byte_compared() {
    let place = Place::new("rerun-verify");
    input(&place.input, "100");
    place.run(&[]);
    let first = std::fs::canonicalize(place.output.join("current")).unwrap();
    correct(&place.input, "5600");
    place.run(&[]);
    let verified = on(&place, "verify", &[]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    assert!(verified.stdout.starts_with("verified: quality-2017-2024-"));

    // The run before was made of other submissions.
    let name = first.file_name().unwrap().to_str().unwrap();
    let before = on(&place, "verify", &[name]);
    assert_eq!(before.code, 1);
    let changed = format!("input {SUMMARY} has other bytes than the run read");
    assert!(before.stdout.contains(&changed), "{}", before.stdout);
    assert!(before.stdout.contains("NOT verified"));

    // A figure that somebody changed, a file that somebody put there, one that is gone.
    let current = place.output.join("current");
    let verdicts = std::fs::read(first.join("data/verdicts.parquet")).unwrap();
    std::fs::write(current.join("data/verdicts.parquet"), verdicts).unwrap();
    std::fs::write(current.join("data/mine.txt"), "x").unwrap();
    std::fs::remove_file(current.join("摘要.txt")).unwrap();
    let touched = on(&place, "verify", &[]);
    assert_eq!(touched.code, 1);
    for line in [
        "data/verdicts.parquet differs from what the submissions give",
        "data/mine.txt was added to the run's folder",
        "摘要.txt cannot be read",
    ] {
        assert!(touched.stdout.contains(line), "{}", touched.stdout);
    }
    assert!(
        touched
            .stdout
            .contains("990001 resources: verdict is \"not_met\", \"met\" when made again"),
        "{}",
        touched.stdout
    );
}

#[test]
fn a_frozen_run_is_made_again_from_the_inputs_that_were_kept() {
    let place = Place::new("rerun-frozen");
    input(&place.input, "100");
    place.run(&[]);
    let name = std::fs::canonicalize(place.output.join("current")).unwrap();
    let name = name.file_name().unwrap().to_str().unwrap().to_string();
    assert_eq!(on(&place, "freeze", &[]).code, 0);
    correct(&place.input, "5600");
    place.run(&[]);
    let frozen = on(&place, "verify", &[&name]);
    assert_eq!(frozen.code, 0, "{}{}", frozen.stdout, frozen.stderr);
    let current = on(&place, "verify", &[]);
    assert_eq!(current.code, 0, "{}{}", current.stdout, current.stderr);
    let kept = place
        .output
        .join("frozen/quality-2017-2024/input")
        .join(SUMMARY);
    std::fs::write(kept, "touched").unwrap();
    let touched = on(&place, "verify", &[]);
    assert_eq!(touched.code, 1);
    let line =
        "frozen quality-2017 2024: frozen/quality-2017-2024/input/990001-甲县/学校汇总表.xlsx";
    assert!(touched.stdout.contains(line), "{}", touched.stdout);
}

#[test]
fn the_number_of_workers_changes_no_byte() {
    let place = Place::new("rerun-workers");
    input(&place.input, "100");
    place.run(&["--jobs", "1"]);
    std::fs::remove_dir_all(place.output.join("store")).unwrap();
    assert!(place.run(&["--jobs", "2"]).stdout.contains("unchanged"));
}
