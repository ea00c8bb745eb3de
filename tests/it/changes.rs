//! What changed between two runs: the cell, the rule or the file behind each figure, verdict and rank; the sheet, the notice.

use std::path::Path;

use serde_json::Value;

use crate::command_line::{Run, junheng};
use crate::followup::{Place, UNLIKE, texts};
use crate::harness::*;

/// Two counties; the first school of the first has a sports ground of this size.
fn input(folder: &Path, ground: &str, kinds: &str, more: &str) {
    let text = format!(
        "## 990001-甲县/学校汇总表.xlsx ! summary {kinds}\n1.school_sports_ground_area = {ground}\n{UNLIKE}{more}\
         ## 990001-甲县/区县填报表.xlsx ! county\n\
         ## 990002-乙县/学校汇总表.xlsx ! summary 211 311 312\n{UNLIKE}\
         ## 990002-乙县/区县填报表.xlsx ! county\n"
    );
    write_input(&pipeline(), &text, folder);
}

const KINDS: &str = "211 311 312";

fn diff(place: &Place, more: &[&str]) -> Run {
    let mut args = vec!["diff", "--output", place.output.to_str().unwrap()];
    args.extend(more);
    junheng(&args)
}

fn json(place: &Place, more: &[&str]) -> Value {
    let run = diff(place, &[more, &["--json"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// The figures of a kind as lines: school or id, before, after, causes by kind.
fn figures(json: &Value, what: &str) -> Vec<String> {
    let all = json["figures"].as_array().unwrap().iter();
    all.filter(|f| f["what"] == what)
        .map(|f| {
            let text = |v: &Value| v.as_str().unwrap_or("-").to_string();
            let causes = f["causes"].as_array().unwrap().iter();
            let kinds: Vec<String> = causes
                .map(|c| match (&c["cell"], &c["pipeline"]) {
                    (Value::Object(cell), _) => format!(
                        "{} {} {}",
                        text(&cell["title"]),
                        text(&cell["from"]),
                        text(&cell["to"])
                    ),
                    (_, Value::Object(p)) => format!(
                        "{} {} {} {}",
                        text(&p["id"]),
                        text(&p["key"]),
                        text(&p["from"]),
                        text(&p["to"])
                    ),
                    _ => c.as_object().unwrap().keys().next().unwrap().clone(),
                })
                .collect();
            format!(
                "{} {} {} {} {}->{} {}->{}: {}",
                text(&f["county_code"]),
                text(&f["school_name"]),
                text(&f["stage"]),
                text(&f["id"]),
                text(&f["before"]["verdict"]),
                text(&f["after"]["verdict"]),
                f["before"]["rank"],
                f["after"]["rank"],
                kinds.join("; ")
            )
        })
        .collect()
}

/// The rows of a sheet of a workbook of the current run.
fn rows(place: &Place, book: &str, name: &str) -> Vec<String> {
    let path = place.output.join("current").join(book);
    let sheets = read(&std::fs::read(path).unwrap()).unwrap();
    let sheet = sheets.iter().find(|s| s.grid.name == name).unwrap();
    let rows = texts(&sheet.grid).into_iter();
    rows.map(|(_, cells)| {
        let cells: Vec<String> = cells.into_iter().map(|(_, t)| t).collect();
        cells.join(" | ")
    })
    .collect()
}

const CELL: &str = "990001-甲县/学校汇总表.xlsx!Sheet1!";

#[test]
fn a_corrected_cell_is_the_cause_of_what_it_changed() {
    let place = Place::new("diff-cell");
    input(&place.input, "100", KINDS, "");
    place.run(&[]);
    let first = place.current();
    let none = rows(&place, "排名总表.xlsx", "变化");
    assert!(
        none.iter().any(|r| r.contains("没有可以比较的上一次运行")),
        "{none:?}"
    );
    let alone = diff(&place, &[]);
    assert_eq!(alone.code, 2);
    assert!(
        alone.stderr.contains("was not built upon an earlier one"),
        "{}",
        alone.stderr
    );

    input(&place.input, "5600", KINDS, "");
    place.run(&[]);
    assert!(place.run(&[]).stdout.contains("unchanged"));
    let json = json(&place, &[]);
    let cells = json["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 1, "{cells:?}");
    assert_eq!(
        (&cells[0]["from"], &cells[0]["to"]),
        (&"100".into(), &"5600".into())
    );
    let at = cells[0]["at"].as_str().unwrap().to_string();
    assert!(at.starts_with(CELL) && at.ends_with('5'), "{at}");
    assert_eq!(json["submissions"][0]["what"], "replaced");
    let cell = "运动场地面积 100 5600";
    assert_eq!(
        figures(&json, "unit_indicator"),
        [format!(
            "990001 第1学校 primary sports-area not_met->met null->null: {cell}"
        )]
    );
    assert_eq!(
        figures(&json, "unit_verdict"),
        [format!(
            "990001 第1学校 primary  not_met->met null->null: {cell}"
        )]
    );
    let verdicts = figures(&json, "verdict");
    let flip = format!("990001 - - resources not_met->met null->null: {cell}");
    assert!(verdicts.contains(&flip), "{verdicts:?}");
    let ranks = figures(&json, "ranking");
    assert!(
        ranks.contains(&format!("990001 - - share-met -->- 2->1: {cell}")),
        "{ranks:?}"
    );
    // The other county has the same figures as before: what moved it is told.
    assert!(
        ranks
            .iter()
            .filter(|r| r.starts_with("990002"))
            .all(|r| r.ends_with(": other_counties"))
    );

    let text = diff(
        &place,
        &[first.file_name().unwrap().to_str().unwrap(), "current"],
    )
    .stdout;
    for wanted in [
        &format!("{at} 第1学校 运动场地面积: 100 -> 5600"),
        "资源配置: not met -> met",
        "第1学校 小学 L5 生均体育运动场馆面积: ",
        "990001 甲县",
        "replaced  990001-甲县/学校汇总表.xlsx (accepted)",
        "changed: ",
    ] {
        assert!(text.contains(wanted), "{wanted} not in\n{text}");
    }
    let other = diff(&place, &["--county", "990002"]).stdout;
    assert!(!other.contains(&at), "{other}");
    let known = place.column("changes", "what", "cell", "at");
    assert_eq!(known, std::slice::from_ref(&at));
    let sheet = rows(&place, "排名总表.xlsx", "变化");
    let row = sheet
        .iter()
        .find(|r| r.contains("甲县 | 判定 | 资源配置"))
        .unwrap();
    assert!(
        row.contains(&format!("不达标 | 达标 | {at}:100 → 5600")),
        "{row}"
    );
    let id = first.file_name().unwrap().to_string_lossy().into_owned();
    assert!(sheet.iter().any(|r| r.contains(&id)), "{sheet:?}");
}

/// The files are what they were: schools that are not read any more are gone by the limit.
#[test]
fn schools_that_another_way_of_reading_takes_away_are_no_countys_doing() {
    let place = Place::new("diff-reading");
    input(&place.input, "5600", KINDS, "");
    place.run(&[]);
    let patch = [("common/limits.toml", "rows = 50000", "rows = 2")];
    patched_pipeline("diff-reading", "quality-2017", &patch);
    let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pipelines-diff-reading/quality-2017");
    place.run(&[own.to_str().unwrap()]);
    let json = json(&place, &[]);
    for what in ["unit_verdict", "verdict"] {
        let all = figures(&json, what);
        assert!(!all.is_empty());
        let resources = |line: &&String| what == "unit_verdict" || line.contains(" resources ");
        for line in all.iter().filter(resources) {
            assert!(line.contains("rows 50000 2"), "{line}");
        }
    }
}

#[test]
fn a_changed_limit_is_the_cause_and_no_cell() {
    let place = Place::new("diff-limit");
    let copy = fresh("diff-limit-pipelines");
    for folder in ["common", "quality-2017"] {
        std::fs::create_dir_all(copy.join(folder)).unwrap();
        for entry in std::fs::read_dir(root().join("pipelines").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, copy.join(folder).join(path.file_name().unwrap())).unwrap();
        }
    }
    input(&place.input, "5600", KINDS, "");
    let own = copy.join("quality-2017");
    let pipeline = own.to_str().unwrap();
    place.run(&[pipeline]);
    let school = own.join("school.toml");
    let text = std::fs::read_to_string(&school).unwrap();
    let text = text.replace(
        "{ stage = \"primary\", value = 7.5 }",
        "{ stage = \"primary\", value = 1000 }",
    );
    std::fs::write(&school, format!("# a comment changes nothing\n{text}")).unwrap();
    place.run(&[pipeline]);
    let json = json(&place, &[]);
    assert_eq!(json["cells"], serde_json::json!([]));
    assert_eq!(json["submissions"], serde_json::json!([]));
    let parts = json["pipeline"].as_array().unwrap();
    assert_eq!(parts.len(), 1, "{parts:?}");
    let limit = "sports-area limit[primary].value 7.5 1000";
    let units = figures(&json, "unit_indicator");
    assert!(!units.is_empty());
    let own = |line: &String| {
        line.contains(" primary sports-area met->not_met") && line.ends_with(&format!(": {limit}"))
    };
    assert!(units.iter().all(own), "{units:?}");
    let verdicts = figures(&json, "verdict");
    let flip = format!("990001 - - resources met->not_met null->null: {limit}");
    assert!(verdicts.contains(&flip), "{verdicts:?}");
    assert_eq!(figures(&json, "balance"), [""; 0]);
    let text = diff(&place, &[]).stdout;
    let line = "indicator sports-area (L5 生均体育运动场馆面积) limit[primary].value: 7.5 -> 1000";
    assert!(text.contains(line), "{text}");
    let sheet = rows(&place, "排名总表.xlsx", "变化");
    assert!(
        sheet
            .iter()
            .any(|r| r.contains("limit[primary].value:7.5 → 1000")),
        "{sheet:?}"
    );
}

#[test]
fn schools_that_come_and_go_and_files_that_are_new() {
    let place = Place::new("diff-school");
    input(&place.input, "5600", KINDS, "");
    place.run(&[]);
    input(&place.input, "5600", "211 311 312 211", "");
    place.run(&[]);
    let forward = json(&place, &[]);
    let row = &forward["rows"][0];
    assert_eq!(
        (&row["what"], &row["name"]),
        (&"new".into(), &"第4学校".into())
    );
    assert!(row["at"].as_str().unwrap().starts_with(CELL), "{row}");
    assert_eq!(forward["cells"], serde_json::json!([]));
    let balances = figures(&forward, "balance");
    assert!(!balances.is_empty());
    assert!(
        balances
            .iter()
            .all(|b| b.starts_with("990001") && b.ends_with(": row")),
        "{balances:?}"
    );
    // The other way round.
    let runs = std::fs::read_dir(place.output.join("runs")).unwrap();
    let mut names: Vec<String> = runs
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let current = place.current();
    let current = current.file_name().unwrap().to_str().unwrap();
    let first = names.iter().find(|n| *n != current).unwrap();
    let hash = first.rsplit('-').next().unwrap();
    let back = json(&place, &["current", &hash[..6]]);
    assert_eq!(back["rows"][0]["what"], "gone");
    assert_eq!(back["after"], first.as_str());
    // A file that only has another name changes nothing.
    let folder = place.input.join("990002-乙县");
    std::fs::rename(folder.join("区县填报表.xlsx"), folder.join("县表.xlsx")).unwrap();
    place.run(&[]);
    let renamed = json(&place, &[]);
    let moved = renamed["submissions"].as_array().unwrap();
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0]["what"], "moved");
    assert_eq!(moved[0]["from"], "990002-乙县/区县填报表.xlsx");
    assert_eq!(renamed["figures"], serde_json::json!([]));
}

#[test]
fn nothing_changed_is_said_and_unknown_runs_are_exit_code_2() {
    let place = Place::new("diff-nothing");
    let none = diff(&place, &[]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("no published run"), "{}", none.stderr);
    input(&place.input, "5600", KINDS, "");
    place.run(&[]);
    let same = diff(&place, &["current", "current"]);
    assert_eq!(same.code, 0);
    assert!(same.stdout.contains("nothing changed"), "{}", same.stdout);
    assert_eq!(json(&place, &["current", "current"])["empty"], true);
    let unknown = diff(&place, &["nowhere"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("no run 'nowhere'"),
        "{}",
        unknown.stderr
    );
    assert_eq!(
        diff(&place, &["current", "current", "--county", "123456"]).code,
        2
    );
    // A frame that is broken is passed over, and said.
    let frame = place.output.join("current/data/ranking.parquet");
    std::fs::write(frame, b"x").unwrap();
    std::fs::remove_dir_all(place.output.join("current/pipeline")).unwrap();
    let broken = diff(&place, &["current", "current"]);
    assert_eq!(broken.code, 0, "{}", broken.stderr);
    assert!(broken.stderr.contains("not compared"), "{}", broken.stderr);
}

#[test]
fn what_changed_since_a_run_was_frozen_is_told_in_a_notice() {
    let place = Place::new("diff-frozen");
    input(&place.input, "100", KINDS, "");
    place.run(&[]);
    let frozen = place.current();
    let name = frozen.file_name().unwrap().to_str().unwrap();
    let notice = |place: &Place| place.output.join("current/变更通知.xlsx");
    std::fs::create_dir_all(place.output.join("frozen")).unwrap();
    let text = format!("{{\"run\": \"{name}\", \"frozen\": \"2024-12-20\"}}");
    let file = place.output.join("frozen/quality-2017-2024.json");
    std::fs::write(&file, &text).unwrap();
    // The frozen run itself stays what it is.
    assert!(place.run(&[]).stdout.contains("unchanged"));
    assert!(!notice(&place).exists());
    input(&place.input, "5600", KINDS, "");
    place.run(&[]);
    let sheet = rows(&place, "变更通知.xlsx", "变更通知");
    assert!(
        sheet
            .iter()
            .any(|r| r.contains(name) && r.contains("2024-12-20")),
        "{sheet:?}"
    );
    assert!(
        sheet
            .iter()
            .any(|r| r.contains("甲县 | 判定 | 资源配置 | 不达标 | 达标")),
        "{sheet:?}"
    );
    let run_json = std::fs::read(place.output.join("current/run.json")).unwrap();
    let run_json: Value = serde_json::from_slice(&run_json).unwrap();
    assert_eq!(run_json["frozen"], name);
    let told = place.current();
    assert!(place.run(&[]).stdout.contains("unchanged"));
    // A later run is told against the frozen one still, not against the one before.
    input(&place.input, "5700", KINDS, "");
    place.run(&[]);
    assert_ne!(place.current(), told);
    let sheet = rows(&place, "变更通知.xlsx", "变更通知");
    assert!(sheet.iter().any(|r| r.contains("100 → 5700")), "{sheet:?}");
    let sheet = rows(&place, "排名总表.xlsx", "变化");
    assert!(sheet.iter().any(|r| r.contains("5600 → 5700")), "{sheet:?}");
    // Back as it was: nothing to tell.
    input(&place.input, "100", KINDS, "");
    place.run(&[]);
    assert!(!notice(&place).exists());
    // What cannot be read is said, and the run goes on.
    std::fs::write(&file, "{\"run\": \"gone\"}").unwrap();
    let run = place.run(&[]);
    assert!(
        run.stderr.contains("the frozen run is not compared with"),
        "{}",
        run.stderr
    );
}

#[test]
fn runs_of_some_counties_are_compared_about_them_only() {
    let place = Place::new("diff-some");
    input(&place.input, "100", KINDS, "");
    place.run(&[]);
    input(&place.input, "5600", KINDS, "");
    place.run(&["--only", "990001"]);
    let json = json(&place, &[]);
    assert_eq!(json["only"], serde_json::json!(["990001"]));
    assert_eq!(json["cells"].as_array().unwrap().len(), 1);
    assert_eq!(figures(&json, "ranking"), [""; 0]);
    let counties = json["figures"].as_array().unwrap().iter();
    assert!(counties.clone().count() > 0);
    assert!(counties.into_iter().all(|f| f["county_code"] == "990001"));
}

#[test]
fn questionnaires_that_were_sent_again_are_the_cause_of_the_rate() {
    let place = Place::new("diff-survey");
    let answers = |satisfied: usize| {
        let row = |n: usize, word: &str| {
            format!("{n} x {{time}}|86秒|10.0.0.{{n}}|甲县|学生家长|一小|满意|满意|{word}\n")
        };
        let head = crate::surveys::HEAD;
        let rows = [row(satisfied, "满意"), row(40 - satisfied, "不满意")].concat();
        let text = format!("## 990001-甲县/问卷.csv ! answers\n{head}{rows}");
        write_input(&pipeline(), &text, &place.input);
    };
    answers(30);
    place.run(&[]);
    answers(38);
    place.run(&[]);
    let json = json(&place, &[]);
    let rates = json["figures"].as_array().unwrap().iter();
    let rates: Vec<&Value> = rates.filter(|f| f["what"] == "survey").collect();
    assert_eq!(rates.len(), 1);
    assert_eq!(
        (&rates[0]["before"]["value"], &rates[0]["after"]["value"]),
        (&75.0.into(), &95.0.into())
    );
    let causes = rates[0]["causes"].as_array().unwrap();
    let sent = |c: &Value| c["submission"]["path"] == "990001-甲县/问卷.csv";
    assert!(causes.iter().any(sent), "{causes:?}");
    let verdicts = figures(&json, "verdict");
    let flip = "990001 - - recognition not_met->met";
    let own = verdicts.iter().find(|v| v.starts_with(flip)).unwrap();
    assert!(own.contains("submission"), "{own}");
}

/// A frame of texts, and of whole numbers.
fn frame(texts: &[(&str, &[&str])], numbers: &[(&str, &[i64])]) -> polars::prelude::DataFrame {
    use polars::prelude::Column;
    let texts = texts
        .iter()
        .map(|(name, v)| Column::new((*name).into(), v.to_vec()));
    let numbers = numbers
        .iter()
        .map(|(name, v)| Column::new((*name).into(), v.to_vec()));
    let columns: Vec<Column> = texts.chain(numbers).collect();
    let rows = columns.first().map_or(0, Column::len);
    polars::prelude::DataFrame::new(rows, columns).unwrap()
}

#[test]
fn what_an_older_program_did_not_publish_says_nothing() {
    use junheng::changes::{Side, between};
    let pipeline = pipeline();
    let school = |students: i64, cells: &[(&str, &[&str])]| {
        let mut texts: Vec<(&str, &[&str])> = vec![
            ("county_code", &["990001"]),
            ("county_name", &["甲县"]),
            ("school_code", &["1"]),
            ("school_name", &["一小"]),
            ("file", &["f.xlsx"]),
            ("sheet", &["S"]),
        ];
        texts.extend(cells);
        frame(&texts, &[("students_primary", &[students]), ("row", &[5])])
    };
    let side = |frames: Vec<(&str, polars::prelude::DataFrame)>| Side {
        frames: frames
            .into_iter()
            .map(|(n, f)| (n.to_string(), f))
            .collect(),
        ..Side::default()
    };
    assert!(between(&pipeline, &Side::default(), &Side::default()).is_empty());
    let unit: &[(&str, &[&str])] = &[
        ("county_code", &["990001"]),
        ("school_code", &["1"]),
        ("stage", &["primary"]),
        ("indicator", &["sports-area"]),
    ];
    let met = [unit, &[("met", &["met"])]].concat();
    let before = side(vec![
        ("table_school", school(500, &[])),
        ("unit_indicators", frame(unit, &[])),
        ("criteria", frame(&[("county_code", &["990001"])], &[])),
        ("ranking", frame(&[], &[])),
    ]);
    let after = side(vec![
        ("table_school", school(510, &[("cells", &["A B F"])])),
        ("unit_indicators", frame(&met, &[("value", &[7])])),
        (
            "criteria",
            frame(
                &[("county_code", &["990001"]), ("criterion", &["rotation"])],
                &[],
            ),
        ),
        (
            "verdicts",
            frame(&[("county_code", &["990001"]), ("part", &["overall"])], &[]),
        ),
    ]);
    let changes = between(&pipeline, &before, &after);
    assert_eq!(changes.cells.len(), 1);
    assert_eq!(changes.cells[0].was_at.as_deref(), Some("f.xlsx!S!5:5"));
    // The text of the places is in the order of the frame's own columns.
    assert_eq!(changes.cells[0].at.as_deref(), Some("f.xlsx!S!F5"));
    assert_eq!(changes.figures.len(), 1);
    let figure = &changes.figures[0];
    assert_eq!((figure.before.value, figure.after.value), (None, Some(7.0)));
    assert_eq!(figure.causes, [junheng::changes::Cause::Cell(0)]);
    // The other way round nothing is known of it either.
    assert_eq!(between(&pipeline, &after, &before).cells.len(), 1);
}

#[test]
fn with_too_many_changes_schools_are_left_out_of_the_sheet() {
    use junheng::changes::{Cause, Changes, FigureChange, State, What};
    use junheng::report::{Context, ranking_book};
    let pipeline = pipeline();
    let folder = fresh("diff-many");
    input(&folder, "5600", KINDS, "");
    let results = compute(&pipeline, &folder, counties());
    let figure = |what: What, n: usize| FigureChange {
        what,
        county: "990001".to_string(),
        school: what.is_of_unit().then(|| (n.to_string(), String::new())),
        stage: None,
        id: "x".to_string(),
        title: format!("x{n}"),
        digits: 0,
        before: State::default(),
        after: State {
            value: Some(1.0),
            ..State::default()
        },
        causes: vec![Cause::Unexplained],
        further: 2,
    };
    let sheet = |units: usize, ranks: usize| {
        let list = (0..ranks).map(|n| figure(What::Ranking, n));
        let list = list.chain((0..units).map(|n| figure(What::UnitIndicator, n)));
        let changes = Changes {
            figures: list.collect(),
            ..Changes::default()
        };
        let book = ranking_book::book(&Context {
            pipeline: &pipeline,
            results: &results,
            period: PERIOD,
            run_id: "run",
            skipped: &[],
            input_link: "",
            due: None,
            last_year: None,
            years: &[],
            changes: Some(&changes),
            inspection: &junheng::inspection::Inspection::default(),
        });
        book.sheets.into_iter().find(|s| s.name == "变化").unwrap()
    };
    let few = sheet(4990, 10);
    assert_eq!(few.rows.len(), 5000);
    assert!(!few.notes.iter().any(|n| n.contains("未列出")));
    let many = sheet(4991, 10);
    assert_eq!(many.rows.len(), 10);
    assert!(
        many.notes.iter().any(|n| n.contains("另有 4991 行未列出")),
        "{:?}",
        many.notes
    );
    assert_eq!(sheet(1, 5001).rows.len(), 5000);
    let last = many.rows[0].last().unwrap().shown();
    assert_eq!(last, "本区县没有能解释它的变化\n另有 2 项原因");
}
