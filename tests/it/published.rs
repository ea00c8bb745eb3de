//! Outputs: all at once, the same bytes from the same input, and readable as what they are.

use std::collections::BTreeMap;
use std::path::Path;

use crate::command_line::{Run, junheng};
use crate::harness::*;

/// All files of a run by relative path; `run.json` without its timings.
pub fn files(output: &Path) -> BTreeMap<String, Vec<u8>> {
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

/// A run of quality-2017 on an input folder, with its own list of counties.
fn published(input: &Path, output: &Path, list: &Path) -> Run {
    let [input, output, list] = [input, output, list].map(|p| p.to_str().unwrap());
    junheng(&[
        "run",
        "--input",
        input,
        "--output",
        output,
        "--counties",
        list,
    ])
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
    let run = published(&input, &output, &list);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let bytes = std::fs::read(output.join("current/排名总表.xlsx")).unwrap();
    let sheets = read(&bytes).unwrap();
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
            "变化",
            "校际差异系数",
            "学校达标情况",
            "指标判定一览",
            "县级指标",
            "判定理由",
            "说明"
        ]
    );
    let schools = &sheets[10].grid;
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

/// The sheets of a county's workbook, from a small county with everything filled in.
fn county_workbook(name: &str) -> (Vec<u8>, Vec<junheng::ingest::workbook::SheetRead>) {
    let pipeline = pipeline();
    let base = fresh(name);
    let text =
        std::fs::read_to_string(root().join("tests/cases/application-form/input.txt")).unwrap();
    let input = base.join("in");
    write_input(&pipeline, &text, &input);
    let list = base.join("counties.csv");
    std::fs::write(
        &list,
        "code,name,prefecture,resident_population\n990001,甲县,东市,300000\n",
    )
    .unwrap();
    let output = base.join("out");
    published(&input, &output, &list);
    let bytes = std::fs::read(output.join("current/县级/990001-甲县.xlsx")).unwrap();
    let sheets = read(&bytes).unwrap();
    (bytes, sheets)
}

/// All texts and numbers of a sheet, row by row.
fn rows(sheet: &junheng::ingest::workbook::SheetRead) -> Vec<Vec<String>> {
    let rows = sheet.grid.rows().iter();
    rows.map(|(_, cells)| cells.iter().map(|(_, c)| c.shown()).collect())
        .collect()
}

#[test]
fn the_application_form_comes_out_filled_in() {
    let (_, sheets) = county_workbook("county-form");
    let names: Vec<&str> = sheets.iter().map(|s| s.grid.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "表Ⅰ",
            "表Ⅱ-1",
            "表Ⅱ-2",
            "表Ⅲ",
            "表Ⅳ",
            "表Ⅴ",
            "表Ⅵ",
            "一票否决",
            "核算",
            "学校明细",
            "县级指标",
            "满意度调查",
            "判定理由",
            "差距清单"
        ]
    );
    let all = |i: usize| rows(&sheets[i]);
    let has = |i: usize, wanted: &[&str]| {
        let found = all(i)
            .iter()
            .any(|row| wanted.iter().all(|w| row.iter().any(|c| c == w)));
        assert!(found, "{wanted:?} in {}\n{:#?}", names[i], all(i));
    };
    // The rate is the program's own, from the counts.
    let rate = junheng::text::number(64116.0 * 100.0 / 74088.0);
    has(0, &["L1", "L24"]);
    // 27.7 万人 as stated, one school of each type as counted, pupils of all units.
    has(0, &["27.7", "12.35", "74584", "1", "1000", "80"]);
    has(1, &["达标学校比例(%)", "100"]);
    has(2, &["1", "第1学校", "7", "500", "12", "7.6", "达标"]);
    has(2, &["2", "第3学校"]);
    has(3, &["全县平均值", "——"]);
    has(
        4,
        &[
            "11. 全县每年交流轮岗教师的比例不低于符合交流轮岗条件教师总数的10%；其中，骨干教师不低于交流轮岗教师总数的20%",
            "全县符合交流轮岗条件教师总数479名，上一年度交流轮岗教师126名，交流轮岗教师占符合交流轮岗条件教师总数的比例26.3%；交流轮岗的骨干教师33名，占交流轮岗教师总数的比例26.2%",
            "达标",
        ],
    );
    has(
        4,
        &[
            "特殊教育学校公用经费为341.16万元，特殊教育学生数为276人，特殊教育学校生均公用经费为12361元",
        ],
    );
    has(
        5,
        &[
            "全县初中毕业班学生数为320人，三年前该年级入学学生数为320人，毕业年级三年转入学生数为0人，死亡学生数为0人，转出学生数为0人，全县初中三年巩固率为100.0%",
        ],
    );
    has(6, &["计", "74107", "74088", "64116", &rate, "100", "95"]);
    has(12, &["综合判定", "达标"]);
}

#[test]
fn the_audit_sheet_recomputes_every_coefficient() {
    let (bytes, sheets) = county_workbook("county-audit");
    let audit = sheets.iter().find(|s| s.grid.name == "核算").unwrap();
    let number = |row: u32, col: u32| match audit.grid.get(row, col) {
        Some(junheng::ingest::grid::Cell::Number(n)) => Some(*n),
        _ => None,
    };
    let mut checked = 0;
    let label = |row: u32| audit.grid.get(row, 0).map_or(String::new(), |c| c.shown());
    let mut first = None;
    for (row, _) in audit.grid.rows() {
        match (label(*row).as_str(), first) {
            (name, None) if name.contains("学校(") => first = Some(*row),
            ("合计", Some(start)) => {
                // Students in column B, resources in C, E, …: all from the listed figures.
                for col in (2..18).step_by(2) {
                    let points: Option<Vec<(f64, f64)>> = (start..*row)
                        .map(|r| Some((number(r, 1)?, number(r, col + 1)?)))
                        .collect();
                    let (Some(points), Some(cv)) = (points, number(row + 3, col + 1)) else {
                        continue;
                    };
                    let total: f64 = points.iter().map(|(p, _)| p).sum();
                    let mean = points.iter().map(|(p, x)| p * x).sum::<f64>() / total;
                    let variance: f64 = points
                        .iter()
                        .map(|(p, x)| p / total * (x - mean).powi(2))
                        .sum();
                    assert!(
                        (variance.sqrt() / mean - cv).abs() < 1e-9,
                        "row {row} column {col}"
                    );
                    assert_eq!(number(row + 4, col + 1), Some(cv));
                    checked += 1;
                }
                first = None;
            }
            _ => {}
        }
    }
    assert_eq!(checked, 16, "seven indicators and the books in two stages");
    let formulas = std::cell::Cell::new(0);
    for part in 1..=13 {
        rewrite_part(&bytes, &format!("xl/worksheets/sheet{part}.xml"), |xml| {
            formulas.set(formulas.get() + xml.matches("SUMPRODUCT(").count());
            xml.to_string()
        });
    }
    assert_eq!(formulas.get(), 16);
}
