//! The loop: what a county gets back, what it says to it, and what becomes of both in the next runs.

use std::path::{Path, PathBuf};

use junheng::ingest::grid::Grid;
use junheng::inspection::Inspection;
use polars::prelude::{ParquetReader, SerReader};
use rust_xlsxwriter::Workbook;

use crate::command_line::{Run, junheng};
use crate::harness::*;

/// Schools that are not copies of each other.
pub const UNLIKE: &str = "2.students_junior = 510\n2.school_teaching_area = 4100\n2.school_sports_ground_area = 5600\n\
    2.school_equipment_value = 151\n3.students_primary = 520\n3.students_junior = 530\n3.school_teaching_area = 8300\n\
    3.school_sports_ground_area = 11100\n3.school_equipment_value = 303\n";

/// A county whose first school has as many certified teachers as this, of 40.
fn input(folder: &Path, certified: &str) {
    let text = format!(
        "## 990001-甲县/学校汇总表.xlsx ! summary 211 311 312\n1.certified_primary = {certified}\n\
         {UNLIKE}\
         ## 990001-甲县/区县填报表.xlsx ! county\n"
    );
    write_input(&pipeline(), &text, folder);
}

/// An input folder with its list of counties, and where its runs go.
pub struct Place {
    pub input: PathBuf,
    pub output: PathBuf,
    pub list: PathBuf,
}

impl Place {
    pub fn new(name: &str) -> Place {
        let base = fresh(name);
        let place = Place {
            input: base.join("input"),
            output: base.join("output"),
            list: base.join("counties.csv"),
        };
        std::fs::create_dir_all(&place.input).unwrap();
        let list =
            "code,name,prefecture,resident_population\n990001,甲县,东市,\n990002,乙县,西市,\n";
        std::fs::write(&place.list, list).unwrap();
        place
    }

    pub fn run(&self, more: &[&str]) -> Run {
        let [input, output, list] =
            [&self.input, &self.output, &self.list].map(|p| p.to_str().unwrap());
        let mut args = vec![
            "run",
            "--input",
            input,
            "--output",
            output,
            "--counties",
            list,
        ];
        if !more.contains(&"--as-of") {
            args.extend(["--as-of", "2024-12-01"]);
        }
        args.extend(more);
        let run = junheng(&args);
        assert!(run.code <= 1, "{}", run.stderr);
        run
    }

    /// The numbers of new, open, fixed, explained and recurred findings that a run prints.
    fn states(&self, more: &[&str]) -> Vec<usize> {
        let run = self.run(more);
        let line = run.stdout.lines().find_map(|l| l.strip_prefix("states: "));
        let line = line.unwrap_or_else(|| panic!("no states in {}", run.stdout));
        let words = line.split([' ', ',']);
        words.filter_map(|w| w.parse().ok()).collect()
    }

    fn returned(&self) -> PathBuf {
        self.output.join("current/退回/990001-甲县.xlsx")
    }

    pub fn current(&self) -> PathBuf {
        std::fs::read_link(self.output.join("current")).unwrap()
    }

    /// The rows of a column of `findings.parquet`, of one rule.
    fn of_rule(&self, rule: &str, column: &str) -> Vec<String> {
        self.column("findings", "rule", rule, column)
    }

    pub fn column(&self, file: &str, key: &str, value: &str, column: &str) -> Vec<String> {
        let path = self.output.join(format!("current/data/{file}.parquet"));
        let frame = ParquetReader::new(std::fs::File::open(path).unwrap());
        let frame = frame.finish().unwrap();
        let texts = |name: &str| frame.column(name).unwrap().str().unwrap().clone();
        let (keys, values) = (texts(key), texts(column));
        (0..frame.height())
            .filter(|i| keys.get(*i).is_some_and(|k| k.contains(value)))
            .map(|i| values.get(i).unwrap_or("").to_string())
            .collect()
    }
}

const RULE: &str = "certified-exceed-teachers";

fn sheet(path: &Path) -> Grid {
    let bytes = std::fs::read(path).unwrap();
    read(&bytes).unwrap().remove(0).grid
}

pub fn texts(grid: &Grid) -> Vec<(u32, Vec<(u32, String)>)> {
    let rows = grid.rows().iter();
    rows.map(|(r, cells)| (*r, cells.iter().map(|(c, x)| (*c, x.shown())).collect()))
        .collect()
}

/// The row of the heads and the columns of 处理情况, 说明 and 问题编号.
fn heads(grid: &Grid) -> (u32, [u32; 3]) {
    for (r, cells) in texts(grid) {
        let col = |head: &str| {
            cells
                .iter()
                .find(|(_, t)| t.starts_with(head))
                .map(|(c, _)| *c)
        };
        if let (Some(a), Some(b), Some(c)) = (col("处理情况"), col("说明"), col("问题编号"))
        {
            return (r, [a, b, c]);
        }
    }
    panic!("no heads");
}

/// Copies a returned file with the reason and the text for every row that speaks of what is named.
fn answer(from: &Path, to: &Path, about: &str, reason: &str, text: &str) {
    let grid = sheet(from);
    let (head, [reasons, words, _]) = heads(&grid);
    let mut book = Workbook::new();
    let out = book.add_worksheet();
    let mut answered = 0;
    for (r, cells) in texts(&grid) {
        for (c, text) in &cells {
            out.write_string(r, u16::try_from(*c).unwrap(), text)
                .unwrap();
        }
        if r > head && cells.iter().any(|(_, t)| t.contains(about)) {
            answered += 1;
            for (c, text) in [(reasons, reason), (words, text)] {
                out.write_string(r, u16::try_from(c).unwrap(), text)
                    .unwrap();
            }
        }
    }
    assert_eq!(answered, 1, "{about} in {}", from.display());
    book.save(to).unwrap();
}

#[test]
fn the_whole_loop() {
    let place = Place::new("loop");
    input(&place.input, "41");
    let first = place.run(&[]);
    assert!(!first.stdout.contains("states: "), "{}", first.stdout);
    assert_eq!(place.of_rule(RULE, "state"), ["new"]);
    let id = place.of_rule(RULE, "finding_id");
    let run_a = place.current();
    assert!(place.run(&[]).stdout.contains("unchanged"));

    // Explained: the reason and the text are kept and stand in the next file that goes back.
    let back = place.input.join("990001-甲县/退回-已填.xlsx");
    answer(&place.returned(), &back, "第1学校", "情况属实", "一人两证");
    let states = place.states(&[]);
    assert_eq!((states[0], states[3]), (0, 1), "{states:?}");
    assert_eq!(place.of_rule(RULE, "state"), ["explained"]);
    assert_eq!(place.of_rule(RULE, "reason"), ["true"]);
    assert_eq!(place.of_rule(RULE, "explanation"), ["一人两证"]);
    let file = |column: &str| place.column("submissions", "path", "退回", column);
    assert_eq!(file("status"), ["accepted"]);
    assert_eq!(file("form"), ["退回表"]);
    let about = place.column("findings", "file", "退回", "rule");
    assert_eq!(about, [""; 0], "findings about the returned file");
    let kept = texts(&sheet(&place.returned()));
    assert!(
        kept.iter()
            .any(|(_, cells)| cells.iter().any(|(_, t)| t == "一人两证"))
    );
    let run_b = place.current();
    assert_ne!(run_a, run_b);
    assert!(place.run(&[]).stdout.contains("unchanged"));
    assert_eq!(place.current(), run_b);
    // Only correction ends an error.
    assert_eq!(place.run(&[]).code, 1);

    // A file that goes back empty is read, and says nothing.
    let empty = place.input.join("990001-甲县/未填.xlsx");
    std::fs::copy(
        place.output.join(&run_a).join("退回/990001-甲县.xlsx"),
        &empty,
    )
    .unwrap();
    assert_eq!(place.states(&[])[3], 1);
    assert_eq!(
        place.column("submissions", "path", "未填", "status"),
        ["accepted"]
    );
    assert_eq!(place.column("findings", "file", "未填", "rule"), [""; 0]);
    std::fs::remove_file(&empty).unwrap();

    // The file that goes back, sent back as it is, says the same.
    std::fs::copy(place.returned(), &back).unwrap();
    assert_eq!(place.states(&[])[3], 1);
    // Without the file the explanation lives on.
    std::fs::remove_file(&back).unwrap();
    assert_eq!(place.states(&[])[3], 1);
    assert_eq!(place.of_rule(RULE, "explanation"), ["一人两证"]);
    // An older answer, to another value, does not take it away.
    let csv = format!("问题编号,处理情况,说明\n{}/v0123456789,其他,旧\n", id[0]);
    let old = place.input.join("990001-甲县/旧回复.csv");
    std::fs::write(&old, csv).unwrap();
    place.run(&[]);
    assert_eq!(
        place.column("findings", "state", "explained", "rule"),
        [RULE]
    );
    assert_eq!(place.of_rule(RULE, "explanation"), ["一人两证"]);
    std::fs::remove_file(&old).unwrap();
    place.run(&[]);

    // Another value: the explanation was not said of it.
    answer(&place.returned(), &back, "第1学校", "情况属实", "一人两证");
    place.run(&[]);
    input(&place.input, "42");
    let states = place.states(&[]);
    assert_eq!(states[3], 0);
    assert_eq!(place.of_rule(RULE, "state"), ["open"]);
    assert_eq!(place.of_rule(RULE, "finding_id"), id);
    let dropped = place.of_rule("explanation-dropped", "message");
    assert_eq!(dropped.len(), 1);
    assert!(
        dropped[0].contains("“41”") && dropped[0].contains("为“42”"),
        "{dropped:?}"
    );
    let remark = texts(&sheet(&place.returned()));
    assert!(
        remark
            .iter()
            .any(|(_, c)| c.iter().any(|(_, t)| t.contains("不再适用")))
    );

    // Said to be corrected, but it is not.
    answer(&place.returned(), &back, "第1学校", "已更正", "");
    place.run(&[]);
    assert_eq!(place.of_rule("correction-not-seen", "state"), ["new"]);
    assert_eq!(place.of_rule(RULE, "state"), ["open"]);

    // Corrected: fixed, told and not counted.
    input(&place.input, "40");
    assert_eq!(place.states(&[])[2], 1);
    assert_eq!(place.of_rule(RULE, "state"), ["fixed"]);
    let run_fixed = place.current();
    assert!(place.run(&[]).stdout.contains("unchanged"));
    assert_eq!(place.current(), run_fixed);

    // And broken again, as it was at first.
    input(&place.input, "42");
    assert_eq!(place.states(&[])[4], 1);
    assert_eq!(place.of_rule(RULE, "state"), ["recurred"]);
    assert_eq!(place.of_rule(RULE, "finding_id"), id);
    assert!(place.run(&[]).stdout.contains("unchanged"));
}

#[test]
fn runs_of_some_counties_and_of_other_periods_are_no_base() {
    let place = Place::new("loop-some");
    input(&place.input, "41");
    place.run(&[]);
    let whole = place.current();
    let states = place.states(&["--only", "990002"]);
    assert_eq!(
        states[2], 0,
        "nothing of other counties is fixed: {states:?}"
    );
    assert!(
        place
            .run(&["--only", "990002"])
            .stdout
            .contains("unchanged")
    );
    place.run(&["--period", "2023"]);
    // Else the other period's run would stand beside it.
    let alone = ["--no-previous"];
    assert!(place.run(&alone).stdout.contains("unchanged"));
    assert_eq!(place.current(), whole);
    // What a run was built upon is gone: said, and the run before it counts.
    input(&place.input, "42");
    place.run(&alone);
    let second = place.current();
    std::fs::remove_file(place.output.join(&second).join("data/findings.parquet")).unwrap();
    input(&place.input, "43");
    let run = place.run(&alone);
    assert!(
        run.stderr.contains("findings of an earlier run not read"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("states: "), "{}", run.stdout);
    assert_eq!(place.of_rule(RULE, "state"), ["open"]);
}

#[test]
fn the_due_date_is_the_only_thing_taken_from_the_clock() {
    let place = Place::new("loop-due");
    input(&place.input, "41");
    place.run(&["--as-of", "2024-12-01"]);
    let before = place.current();
    assert!(
        place
            .run(&["--as-of", "2024-12-31"])
            .stdout
            .contains("unchanged")
    );
    assert_eq!(place.current(), before);
    place.run(&["--as-of", "2025-01-01"]);
    assert_ne!(place.current(), before);
    let json = std::fs::read(place.output.join("current/run.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["due"]["passed"], true);
    assert_eq!(json["due"]["date"], "2024-12-31");
    let late = place.current();
    assert!(
        place
            .run(&["--as-of", "2025-06-01"])
            .stdout
            .contains("unchanged")
    );
    assert_eq!(place.current(), late);
    assert_eq!(junheng(&["run", "--as-of", "2024-02-30"]).code, 2);
    let bytes = std::fs::read(place.output.join("current/问题清单.xlsx")).unwrap();
    let board = read(&bytes).unwrap().remove(0).grid;
    assert_eq!(board.name, "进度");
    let shown = texts(&board);
    assert!(
        shown
            .iter()
            .any(|(_, c)| c.iter().any(|(_, t)| t.contains("已经到期")))
    );
    let county = shown
        .iter()
        .find(|(_, c)| c.iter().any(|(_, t)| t == "甲县"))
        .unwrap();
    let last: usize = county.1.last().unwrap().1.parse().unwrap();
    assert!(last > 0);
}

/// What is sent: 进度 counts a file of two counties once in its sums, and answers to findings are no data.
#[test]
fn files_of_several_counties_count_once_and_answers_are_no_data() {
    let place = Place::new("loop-board");
    let head = "学校名称 | 学校标识码 | 办学类型 | 小学在校生数 | 行政区划代码";
    let rows =
        "一校 | '2199000001 | 小学 | 100 | '990001\n二校 | '2199000002 | 小学 | 200 | '990002\n";
    let text = format!("## 全市.xlsx ! grid 学校\n{head}\n{rows}");
    write_input(&pipeline(), &text, &place.input);
    place.run(&[]);
    let bytes = std::fs::read(place.output.join("current/问题清单.xlsx")).unwrap();
    let board = texts(&read(&bytes).unwrap().remove(0).grid);
    // 报送文件数 stands behind 是否报送.
    let files = |name: &str| {
        let own = board.iter().find(|(_, c)| c.iter().any(|(_, t)| t == name));
        let own = &own.unwrap_or_else(|| panic!("{name} in {board:?}")).1;
        own.iter().find(|(c, _)| *c == 4).unwrap().1.clone()
    };
    assert_eq!(files("甲县"), "1");
    assert_eq!(files("乙县"), "1");
    assert_eq!(files("合计"), "1");

    let back = place.input.join("990001-甲县/退回.xlsx");
    std::fs::create_dir_all(back.parent().unwrap()).unwrap();
    std::fs::copy(place.returned(), &back).unwrap();
    std::fs::remove_file(place.input.join("全市.xlsx")).unwrap();
    place.run(&[]);
    let missing = place.column("findings", "rule", "county-missing", "county_code");
    assert_eq!(missing, ["990001", "990002"]);
    let tables = place.of_rule("table-missing", "state");
    assert!(tables.iter().all(|state| state == "fixed"), "{tables:?}");
}

/// A finding by its id, without those about whole files.
fn ids(pipeline: &junheng::pipeline::Pipeline, folder: &str, text: &str) -> Vec<String> {
    let input = fresh(folder);
    write_input(pipeline, text, &input);
    let mut out: Vec<String> = compute(pipeline, &input, counties())
        .findings
        .iter()
        .map(|f| {
            format!(
                "{} {} {}",
                f.rule,
                f.school_name.clone().unwrap_or_default(),
                f.id
            )
        })
        .collect();
    out.sort();
    out
}

#[test]
fn a_corrected_file_with_one_more_row_above_has_the_same_ids() {
    let pipeline = pipeline();
    let mistakes = |n: usize| {
        format!(
            "{n}.certified_primary = 41\n{n}.students_primary = 约500\n{n}.school_books =\n\
             {n}.school_code = '2199000001\n{n}.school_name = 问题小学\n{n}.school_teaching_area = 4100\n\
             {n}.school_sports_ground_area = 5600\nextra = 校训\nunnamed = 12\nnote = 注:无\n\
             unit.school_equipment_value = 斤\n"
        )
    };
    let county = "## 990001-甲县/区县填报表.xlsx ! county\nteacher_pay = 10\n";
    let name = "## 990001-甲县/学校汇总表.xlsx ! summary 211 311\n";
    let first = ids(
        &pipeline,
        "ids-first",
        &format!("{name}{}{county}", mistakes(1)),
    );
    let name = "## 990001-甲县/学校汇总表（更正）.xlsx ! summary 211 211 311\n1.school_code = '2199000009\n1.school_name = 第9学校\n1.students_primary = 510\n1.school_teaching_area = 4200\n1.school_sports_ground_area = 5700\n";
    let county = county.replace("区县填报表", "县级填报-2024-11-20");
    let second = ids(
        &pipeline,
        "ids-second",
        &format!("{name}{}{county}", mistakes(2)),
    );
    assert!(first.len() > 7, "{first:#?}");
    assert_eq!(first, second);
}

#[test]
fn a_returned_file_is_read_in_other_formats_too() {
    let place = Place::new("loop-csv");
    input(&place.input, "41");
    place.run(&[]);
    let grid = sheet(&place.returned());
    let (head, [reasons, words, key]) = heads(&grid);
    let mut csv = String::new();
    for (r, cells) in texts(&grid) {
        let own = |c: u32| {
            cells
                .iter()
                .find(|(own, _)| *own == c)
                .map_or("", |(_, t)| t.as_str())
        };
        let mut fields: Vec<String> = (0..=key).map(|c| own(c).to_string()).collect();
        if r > head && !own(key).is_empty() {
            fields[reasons as usize] = "口径不同".to_string();
            fields[words as usize] = "含返聘, 见附件".to_string();
        }
        let quoted: Vec<String> = fields.iter().map(|f| format!("\"{f}\"")).collect();
        csv.push_str(&format!("{}\n", quoted.join(",")));
    }
    std::fs::write(place.input.join("990001-甲县/退回.csv"), csv).unwrap();
    let states = place.states(&[]);
    assert!(states[3] > 0, "{states:?}");
    assert_eq!(place.of_rule(RULE, "explanation"), ["含返聘, 见附件"]);
    let about = place.column("findings", "file", "退回", "rule");
    assert_eq!(about, [""; 0], "findings about the returned file");
}

#[test]
fn two_files_that_came_back_are_both_heard() {
    let place = Place::new("loop-two");
    input(&place.input, "41\n2.certified_junior = 41");
    place.run(&[]);
    let from = place.returned();
    let folder = place.input.join("990001-甲县");
    answer(
        &from,
        &folder.join("退回-一.xlsx"),
        "第1学校",
        "情况属实",
        "甲说",
    );
    answer(
        &from,
        &folder.join("退回-二.xlsx"),
        "第2学校",
        "其他",
        "乙说",
    );
    assert_eq!(place.states(&[])[3], 2);
    let said = place.column("findings", "state", "explained", "explanation");
    assert!(said.contains(&"甲说".to_string()) && said.contains(&"乙说".to_string()));
}

#[test]
fn a_base_that_was_deleted_is_said_and_what_is_left_counts() {
    let place = Place::new("loop-deleted");
    input(&place.input, "41");
    place.run(&[]);
    let first = place.current();
    input(&place.input, "42");
    place.run(&[]);
    std::fs::remove_dir_all(place.output.join(first)).unwrap();
    let run = place.run(&[]);
    assert!(run.stderr.contains("not read"), "{}", run.stderr);
    assert!(run.stdout.contains("states: 0 new"), "{}", run.stdout);
    assert!(place.run(&[]).stdout.contains("unchanged"));
}

#[test]
fn what_follows_from_another_finding_stands_below_it_and_is_explained_with_it() {
    use junheng::finding::State;
    use junheng::followup::{Base, follow};
    use junheng::report::Context;
    use junheng::report::book::{Look, Page};

    let pipeline = pipeline();
    let folder = fresh("loop-causes");
    input(&folder, "41\n2.certified_junior = 41");
    let mut results = compute(&pipeline, &folder, counties());
    let of = |results: &junheng::results::Results| -> Vec<usize> {
        let all = results.findings.iter().enumerate();
        all.filter(|(_, f)| f.rule == RULE || f.school_name.as_deref() == Some("第2学校"))
            .map(|(i, _)| i)
            .collect()
    };
    let own = of(&results);
    let (cause, effect) = (own[0], own[1]);
    let id = results.findings[cause].id.clone();
    results.findings[effect].cause = Some(id.clone());
    let page = |results: &junheng::results::Results| -> Page {
        let context = Context {
            pipeline: &pipeline,
            results,
            period: PERIOD,
            run_id: "",
            skipped: &[],
            input_link: "",
            due: None,
            last_year: None,
            years: &[],
            changes: None,
            inspection: &Inspection::default(),
        };
        let county = &results.dataset.counties[0];
        let mut book = junheng::report::return_book::book(&context, county).unwrap();
        book.pages.remove(0)
    };
    let row = |page: &Page, text: &str| {
        let cell = page.cells.iter().find(|c| c.cell.shown().contains(text));
        cell.unwrap_or_else(|| panic!("no {text}")).row
    };
    let before = page(&results);
    assert_eq!(
        row(&before, &results.findings[effect].message),
        row(&before, &results.findings[cause].message) + 1
    );
    assert!(
        before
            .cells
            .iter()
            .any(|c| c.cell.shown().contains("引起,随之消除"))
    );
    let keys = |page: &Page| {
        page.cells
            .iter()
            .filter(|c| c.cell.shown().starts_with('q'))
            .count()
    };
    let asked = results.findings.iter().filter(|f| f.is_asked());
    let of_county = asked.filter(|f| f.county_code.as_deref() == Some("990001"));
    assert_eq!(keys(&before), of_county.count() - 1);

    // What explained the cause in the run before explains both.
    let mut known = results.findings[cause].clone();
    known.state = State::Explained;
    known.explanation = Some(junheng::finding::Explanation {
        reason: "other".to_string(),
        text: "见文件".to_string(),
        value: known.value.clone(),
    });
    let base = Base {
        run: "before".to_string(),
        findings: vec![known],
    };
    follow(&pipeline, &mut results, Some(&base), &[], PERIOD);
    assert_eq!(results.findings[cause].state, State::Explained);
    assert_eq!(results.findings[effect].state, State::Explained);
    assert_eq!(results.findings[effect].explanation, None);
    let after = page(&results);
    assert!(row(&after, "二、") < row(&after, &results.findings[cause].message));
    let given: Vec<String> = after
        .cells
        .iter()
        .filter(|c| c.look == Look::Given)
        .map(|c| c.cell.shown())
        .collect();
    assert_eq!(given, ["其他", "见文件"]);
}

/// The sample's county with the most findings sends its file back as it got it: consequences and headings in it are no
/// mistakes, and nothing is held because of them.
#[test]
fn a_file_sent_back_as_it_came_changes_nothing() {
    use junheng::report::Context;
    use junheng::report::book::{Cell, Look};
    let pipeline = pipeline();
    let counties = junheng::dataset::read_counties(&pipeline.counties_path).unwrap();
    let folder = fresh("loop-sample");
    let county = "990202-岚桥县";
    let from = root().join("sample_data/quality-2017").join(county);
    std::fs::create_dir_all(folder.join(county)).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(entry.path(), folder.join(county).join(entry.file_name())).unwrap();
    }
    let before = compute(&pipeline, &folder, counties.clone());
    let followers = before.findings.iter().filter(|f| f.cause.is_some());
    assert!(followers.count() >= 3);
    let context = Context {
        pipeline: &pipeline,
        results: &before,
        period: PERIOD,
        run_id: "",
        skipped: &[],
        input_link: "",
        due: None,
        last_year: None,
        years: &[],
        changes: None,
        inspection: &Inspection::default(),
    };
    let own = before.dataset.county("990202").unwrap();
    let mut book = junheng::report::return_book::book(&context, own).unwrap();
    // A clerk writes below what the file has.
    let last = book.pages[0].cells.iter().map(|c| c.row).max().unwrap();
    let said = Cell::text("以上已与学校核对");
    book.pages[0].put(last + 1, 11, said, Look::Body);
    let bytes = junheng::report::xlsx::write(book, PERIOD, &std::env::temp_dir()).unwrap();
    std::fs::write(folder.join(county).join("退回.xlsx"), bytes).unwrap();
    let after = compute(&pipeline, &folder, counties);
    let lines = |results: &junheng::results::Results| -> Vec<String> {
        let own = results.findings.iter();
        let own = own.filter(|f| f.rule != "explanation-unmatched");
        own.map(finding_line).collect()
    };
    assert_eq!(lines(&before), lines(&after));
    let unmatched = after.findings.iter();
    let unmatched = unmatched.filter(|f| f.rule == "explanation-unmatched");
    assert_eq!(unmatched.count(), 1);
    let verdicts = |results: &junheng::results::Results| -> Vec<_> {
        let own = results.verdicts_of("990202").iter();
        own.map(|v| (v.part, v.verdict)).collect()
    };
    assert_eq!(verdicts(&before), verdicts(&after));
}

#[test]
fn hundreds_of_findings_go_back_and_come_back() {
    let place = Place::new("loop-many");
    let schools = 700;
    let kinds = vec!["211"; schools].join(" ");
    let wrong: String = (1..=schools)
        .map(|n| {
            let (area, ground) = (4000 + n, 5500 + n);
            format!(
                "{n}.certified_primary = 41\n{n}.school_teaching_area = {area}\n\
                 {n}.school_sports_ground_area = {ground}\n{n}.school_equipment_value = {area}\n"
            )
        })
        .collect();
    let text = format!("## 990001-甲县/学校汇总表.xlsx ! summary {kinds}\n{wrong}");
    write_input(&pipeline(), &text, &place.input);
    place.run(&[]);
    let back = place.input.join("990001-甲县/退回.xlsx");
    let grid = sheet(&place.returned());
    let (head, [reasons, words, key]) = heads(&grid);
    let mut book = Workbook::new();
    let out = book.add_worksheet();
    let long = "很长的说明".repeat(4000);
    let text = |r: u32| {
        if r.is_multiple_of(100) {
            long.as_str()
        } else {
            "含返聘"
        }
    };
    for (r, cells) in texts(&grid) {
        for (c, text) in &cells {
            out.write_string(r, u16::try_from(*c).unwrap(), text)
                .unwrap();
        }
        if r > head
            && cells
                .iter()
                .any(|(c, t)| *c == key && t.contains("/v") && t.len() > 16)
        {
            let given = [(reasons, "口径不同"), (words, text(r))];
            for (c, text) in given {
                out.write_string(r, u16::try_from(c).unwrap(), text)
                    .unwrap();
            }
        }
    }
    book.save(&back).unwrap();
    assert!(place.states(&[])[3] >= schools);
    let said = place.of_rule(RULE, "explanation");
    assert_eq!(said.len(), schools);
    assert!(said.iter().all(|t| *t == long || t == "含返聘") && said.contains(&long));
    let started = std::time::Instant::now();
    place.run(&[]);
    assert!(started.elapsed().as_secs() < 60);
}
