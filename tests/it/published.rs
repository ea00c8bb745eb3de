//! Outputs: all at once, the same bytes from the same input, and readable as what they are.

use std::collections::BTreeMap;
use std::path::Path;

use crate::command_line::junheng;
use crate::harness::*;

/// All files of a run by relative path; `run.json` without its timings.
fn files(output: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, dir: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, out);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                let mut bytes = std::fs::read(&path).unwrap();
                if name == "run.json" {
                    let mut json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                    assert!(json["timings"]["seconds"].is_number());
                    json.as_object_mut().unwrap().remove("timings");
                    bytes = serde_json::to_vec(&json).unwrap();
                }
                out.insert(name, bytes);
            }
        }
    }
    let mut out = BTreeMap::new();
    let current = output.join("current");
    let run = current.canonicalize().unwrap();
    walk(&run, &run, &mut out);
    out
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
    let base = fresh("same-bytes");
    let mut seen: Option<BTreeMap<String, Vec<u8>>> = None;
    for (name, jobs) in [("a", "1"), ("b", "2"), ("c", "7")] {
        let output = base.join(name);
        let run = junheng(&["run", "--output", output.to_str().unwrap(), "--jobs", jobs]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let files = files(&output);
        for wanted in [
            "排名总表.xlsx",
            "问题清单.xlsx",
            "run.json",
            "data/submissions.parquet",
            "data/units.parquet",
            "data/unit_indicators.parquet",
            "data/unit_verdicts.parquet",
            "data/balance.parquet",
            "data/criteria.parquet",
            "data/survey.parquet",
            "data/verdicts.parquet",
            "县级/990101-澄溪县.xlsx",
            "data/ranking.parquet",
            "data/findings.parquet",
        ] {
            assert!(files.contains_key(wanted), "{wanted} is missing");
        }
        match &seen {
            None => seen = Some(files),
            Some(first) => {
                assert_eq!(
                    first.keys().collect::<Vec<_>>(),
                    files.keys().collect::<Vec<_>>()
                );
                for (name, bytes) in &files {
                    assert!(first[name] == *bytes, "{name} differs with --jobs {jobs}");
                }
            }
        }
    }
}

#[test]
fn a_second_run_leaves_the_first_as_it_is() {
    let output = fresh("second-run").join("out");
    let path = output.to_str().unwrap();
    let first = junheng(&["run", "--output", path]);
    assert!(first.stdout.contains("published: "), "{}", first.stdout);
    let target = std::fs::read_link(output.join("current")).unwrap();
    let stamp = std::fs::metadata(output.join("current/run.json"))
        .unwrap()
        .modified()
        .unwrap();
    std::fs::create_dir_all(output.join("runs/.staging-left-by-a-killed-run")).unwrap();
    let second = junheng(&["run", "--output", path]);
    assert!(
        second.stdout.contains("unchanged, published before"),
        "{}",
        second.stdout
    );
    assert_eq!(std::fs::read_link(output.join("current")).unwrap(), target);
    let later = std::fs::metadata(output.join("current/run.json"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(stamp, later);
    assert_eq!(std::fs::read_dir(output.join("runs")).unwrap().count(), 1);
}

#[test]
fn a_run_that_was_tampered_with_is_left_alone_and_not_pointed_to() {
    let output = fresh("tampered").join("out");
    let path = output.to_str().unwrap();
    junheng(&["run", "--output", path]);
    let first = std::fs::read_link(output.join("current")).unwrap();
    std::fs::write(output.join("current/问题清单.xlsx"), b"x").unwrap();
    let again = junheng(&["run", "--output", path]);
    assert_eq!(again.code, 1, "{}", again.stderr);
    let second = std::fs::read_link(output.join("current")).unwrap();
    assert_ne!(first, second);
    assert_eq!(
        std::fs::read(output.join(first).join("问题清单.xlsx")).unwrap(),
        b"x"
    );
}

#[test]
fn workbooks_hold_numbers_as_numbers_and_text_as_text() {
    let pipeline = pipeline();
    let base = fresh("workbook-contents");
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 311\n1.school_name = '=1+1\n2.school_name = '+cmd|' /C calc'!A0\n\
                ## 990001-甲县/区县填报表.xlsx ! county\n";
    let input = base.join("in");
    write_input(&pipeline, text, &input);
    let output = base.join("out");
    let list = base.join("counties.csv");
    std::fs::write(
        &list,
        "code,name,prefecture,resident_population\n990001,甲县,东市,300000\n",
    )
    .unwrap();
    let run = junheng(&[
        "run",
        "--input",
        input.to_str().unwrap(),
        "--output",
        output.to_str().unwrap(),
        "--counties",
        list.to_str().unwrap(),
    ]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let bytes = std::fs::read(output.join("current/排名总表.xlsx")).unwrap();
    let sheets = junheng::ingest::workbook::read(&bytes).unwrap();
    let names: Vec<&str> = sheets.iter().map(|s| s.grid.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "总览",
            "排名",
            "单项排名-小学差异系数",
            "单项排名-初中差异系数",
            "单项排名-小学全县平均值",
            "单项排名-初中全县平均值",
            "单项排名-县级指标",
            "分市排名",
            "校际差异系数",
            "学校达标情况",
            "指标判定一览",
            "县级指标",
            "判定理由",
            "说明"
        ]
    );
    let schools = &sheets[9].grid;
    let cells: Vec<String> = schools
        .rows()
        .iter()
        .flat_map(|(_, cells)| cells.iter().map(|(_, c)| format!("{c:?}")))
        .collect();
    assert!(cells.contains(&"Text(\"=1+1\")".to_string()));
    assert!(cells.iter().any(|c| c.starts_with("Text(\"+cmd")));
    assert!(
        cells.contains(&"Number(7.6)".to_string()),
        "L1 of the primary unit is a number"
    );
}
