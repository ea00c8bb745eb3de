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

#[test]
fn explain_shows_formula_limits_basis_and_examples_of_anything() {
    let shown = junheng(&["explain", "L4"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    for wanted in [
        "teaching-area L4 生均教学及辅助用房面积",
        "公式: 小学 = (教学及辅助用房面积 - 室内体育用房面积) × 1 / 小学在校生数 (㎡)",
        "限值: 初中 5.8㎡",
        "依据: 教督〔2017〕6号",
        "示例: primary:",
    ] {
        assert!(shown.stdout.contains(wanted), "{wanted}\n{}", shown.stdout);
    }
    let special = junheng(&["explain", "special-funds"]).stdout;
    assert!(special.contains("应不低于6000元 [至2020年"), "{special}");
    assert!(special.contains("应不低于8000元 [2021年起"), "{special}");
    let pipeline = pipeline();
    for id in junheng::commands::explain::ids(&pipeline) {
        let lines = junheng::commands::explain::about(&pipeline, &id).unwrap();
        assert!(lines.len() >= 2, "{id}");
    }
    for criterion in &pipeline.criteria {
        let lines = junheng::commands::explain::about(&pipeline, &criterion.id).unwrap();
        let text = lines.join("\n");
        assert!(text.contains(&criterion.basis), "{text}");
        let figures = criterion.figures.iter().map(|f| (&f.id, &f.examples));
        let checks = criterion.checks.iter().map(|k| (&k.id, &k.examples));
        for (item, examples) in figures.chain(checks) {
            assert!(
                text.contains(&format!("{}.{item} ", criterion.id)),
                "{text}"
            );
            for example in examples {
                assert!(text.contains(example.as_str()), "{example}\n{text}");
            }
        }
    }
    for id in [
        "explain rotation.nonsense",
        "trace 990101 rotation.nonsense",
    ] {
        let words: Vec<&str> = id.split(' ').collect();
        let wrong = junheng(&words);
        assert_eq!(wrong.code, 2, "{id}\n{}", wrong.stdout);
        assert!(
            wrong.stderr.contains("rotation.nonsense"),
            "{}",
            wrong.stderr
        );
    }
    let wrong = junheng(&["explain", "rotatoin"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.contains("did you mean 'rotation'?"),
        "{}",
        wrong.stderr
    );
}

/// A combined school and the county's own figures, with everything that a trace shows.
fn traced(args: &[&str]) -> Run {
    static MADE: std::sync::Once = std::sync::Once::new();
    let base = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("traced");
    MADE.call_once(|| {
        let base = fresh("traced");
        let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 311 312\n3.students_primary = 600\n3.students_junior = 400\n\
                    3.school_teaching_area = 5300\n3.school_indoor_sports_area = 300\n\
                    ## 990001-甲县/区县填报表.xlsx ! county\n\
                    ## 990001-甲县/国家申报表.xlsx ! statements application-4\n12 = 全县在岗专任教师＿＿人，其中持有教师资格证的专任教师＿＿人，占比99。4%\n";
        write_input(&pipeline(), text, &base.join("in"));
        let list = "code,name,prefecture,resident_population\n990001,甲县,东市,300000\n";
        std::fs::write(base.join("counties.csv"), list).unwrap();
    });
    let input = base.join("in");
    let list = base.join("counties.csv");
    let mut all = args.to_vec();
    let paths = [
        "--input",
        input.to_str().unwrap(),
        "--counties",
        list.to_str().unwrap(),
    ];
    all.extend(paths);
    junheng(&all)
}

#[test]
fn trace_goes_from_a_figure_to_its_cells_down_to_the_split() {
    let run = traced(&[
        "trace",
        "990001",
        "L4",
        "--school",
        "3199000003",
        "--stage",
        "primary",
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    // 600 : 1.1 x 400, so 0.5769230769 of (5300 - 300).
    for wanted in [
        "第3学校(小学) L4 生均教学及辅助用房面积 = 4.80769230769231㎡ [限值 4.5] 达标",
        "= 2884.61538461538 × 1 / 600 = 4.80769230769231",
        "教学及辅助用房面积 = 5300 × 0.5769230769 = 3057.69230769231 ← 990001-甲县/学校汇总表.xlsx!Sheet1!BL7",
        "折算学生数份额 = 1×600 / (1×600 + 1.1×400) = 0.5769230769",
        "初中在校生数 = 400 ← 990001-甲县/学校汇总表.xlsx!Sheet1!K7",
    ] {
        assert!(run.stdout.contains(wanted), "{wanted}\n{}", run.stdout);
    }
    let county = traced(&["trace", "990001", "teaching-area", "--stage", "junior"]);
    assert!(county.stdout.contains("差异系数 = "), "{}", county.stdout);
    assert!(
        county.stdout.contains("第3学校(初中): x = "),
        "{}",
        county.stdout
    );
    let wrong = traced(&["trace", "990001", "L4", "--school", "0000000000"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stdout);
    let unknown = traced(&["trace", "990001", "teaching-aera"]);
    assert!(
        unknown.stderr.contains("did you mean 'teaching-area'?"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn trace_follows_a_criterion_to_schools_lists_and_sentences() {
    let rotation = traced(&["trace", "990001", "rotation"]);
    for wanted in [
        "交流轮岗教师比例 = 26.3048016701461%(126/479) [应不低于10%] 按数据计算",
        "= 126 ← 990001-甲县/区县填报表.xlsx!Sheet1!E12",
    ] {
        assert!(
            rotation.stdout.contains(wanted),
            "{wanted}\n{}",
            rotation.stdout
        );
    }
    let certificates = traced(&["trace", "990001", "certificates"]);
    for wanted in [
        "(160/160)",
        "第3学校",
        "Ⅳ-12 持证比例",
        "国家申报表.xlsx!Sheet1!B14(原文“99。4”)",
    ] {
        assert!(
            certificates.stdout.contains(wanted),
            "{wanted}\n{}",
            certificates.stdout
        );
    }
    let rooms = traced(&[
        "trace",
        "990001",
        "music-art-rooms.music-rooms",
        "--school",
        "第1学校",
    ]);
    assert!(
        rooms
            .stdout
            .contains("第1学校(小学) = 2间 [应不低于1间] 达标 ← "),
        "{}",
        rooms.stdout
    );
    assert!(!rooms.stdout.contains("第2学校"), "{}", rooms.stdout);
}

#[test]
fn two_pipelines_in_one_run_read_each_submission_once() {
    let base = fresh("two-pipelines");
    let output = base.join("out");
    let run = junheng(&[
        "run",
        "pipelines/quality-2017",
        "pipelines/basic-2012",
        "--output",
        output.to_str().unwrap(),
    ]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(
        run.stderr.matches("submissions were read before").count(),
        1,
        "{}",
        run.stderr
    );
    for id in ["quality-2017", "basic-2012"] {
        assert!(
            output.join(id).join("current/排名总表.xlsx").is_file(),
            "{id}"
        );
    }
    // The same as when it runs alone.
    let alone = base.join("alone");
    junheng(&[
        "run",
        "pipelines/basic-2012",
        "--output",
        alone.to_str().unwrap(),
    ]);
    let bytes = |dir: &std::path::Path| std::fs::read(dir.join("current/排名总表.xlsx")).unwrap();
    assert!(bytes(&output.join("basic-2012")) == bytes(&alone));
}
