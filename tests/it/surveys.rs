//! Satisfaction from raw questionnaires: the same answers in every format, every definition by hand, what is put together
//! and what replaces what, what small numbers hide, and that nothing of a respondent ever comes out.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use junheng::indicators::survey::{Line, Mark, Slice, Source, State};
use junheng::pipeline::Pipeline;
use junheng::results::Results;
use rust_xlsxwriter::Workbook;

use crate::harness::*;

pub const HEAD: &str = "提交答卷时间|所用时间|来自IP|1、您所在的县（市、区）|2、您的身份|3、孩子就读或您任职的学校|4、学校规划布局与就近入学|5、师资均衡配置|9、对本县义务教育的总体评价\n";

fn run(name: &str, pipeline: &Pipeline, input: &str) -> Results {
    let folder = fresh(&format!("survey-{name}"));
    write_input(pipeline, input, &folder);
    compute(pipeline, &folder, many_counties(2, Some(300_000.0)))
}

fn section(path: &str, rows: &str) -> String {
    format!("## {path} ! answers\n{HEAD}{rows}\n")
}

fn line(results: &Results, county: usize, slice: Slice) -> &Line {
    let mut lines = results.surveys.lines_of(county).iter();
    lines
        .find(|l| l.source == Source::Questionnaires && l.slice == slice)
        .unwrap_or_else(|| panic!("no line {slice:?}"))
}

fn whole(results: &Results) -> &Line {
    line(results, 0, Slice::default())
}

fn group(pipeline: &Pipeline, code: &str) -> Slice {
    let groups = &pipeline.survey.as_ref().unwrap().groups;
    Slice {
        group: groups.iter().position(|g| g.code == code),
        ..Slice::default()
    }
}

fn close(found: Option<f64>, wanted: f64) {
    let found = found.unwrap();
    assert!((found - wanted).abs() < 1e-9, "{found}, not {wanted}");
}

/// Ten respondents: layout, teachers, overall.
const TEN: &str = "\
2 x {time}|86秒|10.0.0.{n}|甲县|学生家长|一小|满意|满意|满意
1 x {time}|86秒|10.0.0.{n}|甲县|学生家长|一小|满意|基本满意|满意
1 x {time}|86秒|10.0.0.{n}|甲县|学生家长|二小|基本满意|满意|基本满意
1 x {time}|86秒|10.0.0.{n}|甲县|学生家长|二小|不满意|不满意|不满意
1 x {time}|86秒|10.0.0.{n}|甲县|教师|二小|满意|满意|不了解
2 x {time}|86秒|10.0.0.{n}|甲县|教师┋学生家长|一小|满意|满意|满意
1 x {time}|86秒|10.0.0.{n}|甲县|教师|一小|不了解|满意|满意
1 x {time}|86秒|10.0.0.{n}|甲县|人大代表||满意|不满意|基本满意";

fn with(settings: &[(&str, &str)], name: &str) -> Results {
    let patches: Vec<(&str, &str, &str)> = settings
        .iter()
        .map(|(old, new)| ("common/survey.toml", *old, *new))
        .collect();
    let pipeline = patched_pipeline(&format!("survey-{name}"), "quality-2017", &patches);
    run(name, &pipeline, &section("990001-甲县/问卷.csv", TEN))
}

#[test]
fn every_definition_of_satisfied_gives_the_figure_that_a_hand_gives() {
    // Overall 满意: 2 + 1 + 2 + 1 = 6 of 10; with 基本满意 8; of the 9 who judge 6 and 8.
    let base = with(&[], "as-declared");
    close(whole(&base).rate, 60.0);
    close(whole(&base).other_rate, 600.0 / 9.0);
    assert_eq!(whole(&base).valid, 10.0);
    let variants = &base.surveys.county(0).unwrap().variants;
    let rates: Vec<f64> = variants.iter().map(|v| v.rate.unwrap()).collect();
    // 60% of three questions are two: 满意 in 2+1+0+0+1+2+1 = 7 (in), of those who judge them 2+1+1(2 of 2)+2+1 = 7;
    // with 基本满意 2+1+1+0+1+2+1+1 = 9. All: 满意 throughout 2+2 = 4, among what is judged 2+1+2+1 = 6; with 基本满意
    // 2+1+1+2 = 6, among what is judged 2+1+1+1+2+1 = 8.
    let wanted = [
        60.0,
        600.0 / 9.0,
        80.0,
        800.0 / 9.0,
        70.0,
        70.0,
        90.0,
        90.0,
        40.0,
        60.0,
        60.0,
        80.0,
    ];
    assert_eq!(rates.len(), wanted.len());
    for (found, wanted) in rates.iter().zip(wanted) {
        close(Some(*found), wanted);
    }
    for (settings, wanted) in [
        (vec![("counts = \"satisfied\"", "counts = \"basic\"")], 80.0),
        (vec![("unknown = \"in\"", "unknown = \"out\"")], 600.0 / 9.0),
        (
            vec![("satisfied = \"overall\"", "satisfied = \"all\"")],
            40.0,
        ),
        (
            vec![("satisfied = \"overall\"", "satisfied = \"share\"")],
            70.0,
        ),
        // Parents 3 of 5, teachers 3 of 4, deputies 0 of 1.
        (
            vec![("rate = \"pooled\"", "rate = \"equal_groups\"")],
            100.0 * (3.0 / 5.0 + 3.0 / 4.0 + 0.0) / 3.0,
        ),
        (
            vec![
                ("rate = \"pooled\"", "rate = \"fixed_weights\""),
                ("weights = {}", "weights = { parent = 0.6, teacher = 0.4 }"),
            ],
            100.0 * (0.6 * 3.0 / 5.0 + 0.4 * 3.0 / 4.0),
        ),
        // 满意 answers: layout 2+1+1+2+1 = 7, teachers 2+1+1+2+1 = 7, overall 6, of 30.
        (
            vec![("rate = \"pooled\"", "rate = \"item_pooled\"")],
            100.0 * 20.0 / 30.0,
        ),
        // Overall on the scale of three: 6 x 100, 2 x 60, 1 x 0 of 9 who judge.
        (vec![("rate = \"pooled\"", "rate = \"score\"")], 720.0 / 9.0),
    ] {
        let results = with(&settings, "other");
        close(whole(&results).rate, wanted);
        // The evaluation uses the same figure.
        let criterion = results.criteria.iter().find(|c| {
            c.county == 0
                && !c.figures.is_empty()
                && c.figures[0].limit.is_some_and(|l| l.value == 85.0)
                && c.figures[0]
                    .value
                    .is_some_and(|v| (v - wanted).abs() < 1e-9)
        });
        assert!(criterion.is_some(), "{settings:?}");
    }
}

#[test]
fn someone_with_several_identities_counts_once() {
    let pipeline = pipeline();
    let results = run(
        "identities",
        &pipeline,
        &section("990001-甲县/问卷.csv", TEN),
    );
    assert_eq!(line(&results, 0, group(&pipeline, "teacher")).valid, 4.0);
    assert_eq!(line(&results, 0, group(&pipeline, "parent")).valid, 5.0);
}

#[test]
fn the_same_answers_give_the_same_rates_in_every_format() {
    let pipeline = pipeline();
    let folder = fresh("survey-formats");
    write_input(&pipeline, &section("990001-甲县/问卷.csv", TEN), &folder);
    let plain = std::fs::read_to_string(folder.join("990001-甲县/问卷.csv")).unwrap();
    let (gbk, _, _) = encoding_rs::GB18030.encode(&plain);
    let mut wide = vec![0xFF, 0xFE];
    wide.extend(
        plain
            .replace(',', "\t")
            .encode_utf16()
            .flat_map(u16::to_le_bytes),
    );
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (r, row) in (0u32..).zip(plain.lines()) {
        for (c, text) in (0u16..).zip(row.split(',')) {
            sheet.write_string(r, c, text).unwrap();
        }
    }
    let shared = book.save_to_buffer().unwrap();
    let formats: Vec<(&str, Vec<u8>)> = vec![
        ("plain", plain.clone().into_bytes()),
        ("marked", format!("\u{feff}{plain}").into_bytes()),
        ("gb18030", gbk.into_owned()),
        ("utf-16 with tabs", wide),
        ("semicolons", plain.replace(',', ";").into_bytes()),
        ("workbook", shared),
    ];
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for (name, bytes) in formats {
        // The name says nothing: content decides.
        std::fs::write(folder.join("990001-甲县/问卷.csv"), bytes).unwrap();
        let results = compute(&pipeline, &folder, many_counties(2, None));
        let lines = results.surveys.lines_of(0).iter();
        let shown =
            lines.map(|l| format!("{:?} {} {:?} {:?}", l.slice, l.valid, l.rate, l.interval));
        all.push((name.to_string(), shown.collect()));
    }
    assert!(all[0].1.len() > 5);
    for (name, lines) in &all[1..] {
        assert_eq!(lines, &all[0].1, "{name}");
    }
}

#[test]
fn files_without_a_respondent_in_common_are_put_together_and_others_replaced() {
    let pipeline = pipeline();
    let row = |who: &str, from: usize, n: usize| -> String {
        (from..from + n)
            .map(|i| {
                format!(
                    "2024/11/12 10:{:02}:{:02}|60秒|10.1.{}.{}|甲县|{who}||满意|满意|满意\n",
                    i / 60,
                    i % 60,
                    i / 250,
                    i % 250
                )
            })
            .collect()
    };
    let two = section("990001-甲县/家长.csv", &row("学生家长", 0, 30))
        + &section("990001-甲县/教师.csv", &row("教师", 100, 12));
    let results = run("added", &pipeline, &two);
    assert_eq!(whole(&results).valid, 42.0);
    assert!(
        results
            .findings
            .iter()
            .any(|f| f.rule == "questionnaires-added")
    );
    // The second file has all of the first and more: it replaces it.
    let again = section("990001-甲县/问卷.csv", &row("学生家长", 0, 30))
        + &section("990001-甲县/问卷v2.csv", &row("学生家长", 0, 45));
    let results = run("replaced", &pipeline, &again);
    assert_eq!(whole(&results).valid, 45.0);
    let replaced = results
        .findings
        .iter()
        .find(|f| f.rule == "submission-replaced");
    assert_eq!(
        replaced.unwrap().place.file.as_deref(),
        Some("990001-甲县/问卷.csv")
    );
    let of = |name: &str| {
        results
            .files()
            .iter()
            .find(|f| f.path.ends_with(name))
            .unwrap()
    };
    assert_eq!(of("问卷.csv").status.word(), "replaced");
    assert_eq!(of("问卷v2.csv").status.word(), "accepted");
    assert_eq!(of("问卷v2.csv").rows, 45);
}

#[test]
fn one_file_may_hold_many_counties_and_a_county_only_its_own() {
    let pipeline = pipeline();
    let row = |county: &str, n: usize| {
        format!("{n} x {{time}}|60秒|10.0.0.{{n}}|{county}|学生家长||满意|满意|满意\n")
    };
    let city = section(
        "全市问卷.csv",
        &(row("东市甲县", 20) + &row("乙县", 15) + &row("丙县", 3)),
    );
    let results = run("city", &pipeline, &city);
    assert_eq!(line(&results, 0, Slice::default()).valid, 20.0);
    assert_eq!(line(&results, 1, Slice::default()).valid, 15.0);
    let lost: Vec<&str> = results
        .findings
        .iter()
        .filter(|f| f.rule == "county-undetermined")
        .map(|f| f.message.as_str())
        .collect();
    assert!(
        lost.iter().all(|m| m.contains('3')) && !lost.is_empty(),
        "{lost:?}"
    );
    let own = section("990001-甲县/问卷.csv", &(row("甲县", 20) + &row("乙县", 4)));
    let results = run("own", &pipeline, &own);
    assert_eq!(line(&results, 0, Slice::default()).valid, 20.0);
    assert!(results.surveys.county(1).is_none());
    let said = results.findings.iter().any(|f| f.rule == "county-differs");
    assert!(said);
}

#[test]
fn small_groups_are_hidden_and_cannot_be_found_by_subtraction() {
    let pipeline = pipeline();
    let row = |who: &str, n: usize| {
        format!("{n} x {{time}}|60秒|10.0.0.{{n}}|甲县|{who}||满意|满意|满意\n")
    };
    let rows = row("学生家长", 100) + &row("教师", 40) + &row("校长", 12) + &row("人大代表", 7);
    let results = run("small", &pipeline, &section("990001-甲县/问卷.csv", &rows));
    let mark = |code: &str| {
        let line = line(&results, 0, group(&pipeline, code));
        (line.mark, line.rate.is_some(), line.valid)
    };
    assert_eq!(mark("parent"), (Mark::None, true, 100.0));
    assert_eq!(mark("teacher"), (Mark::None, true, 40.0));
    // The only one below 10, and the next smallest with it.
    assert_eq!(mark("deputy"), (Mark::Suppressed, false, 7.0));
    assert_eq!(mark("principal"), (Mark::Suppressed, false, 12.0));
    close(whole(&results).rate, 100.0);
}

#[test]
fn schools_widen_the_interval_where_they_differ() {
    let pipeline = pipeline();
    let rows: String = (0..20)
        .map(|s| {
            let answer = if s % 4 == 0 { "不满意" } else { "满意" };
            format!(
                "30 x {{time}}|60秒|10.0.{s}.{{n}}|甲县|学生家长|第{s}小学|满意|满意|{answer}\n"
            )
        })
        .collect();
    let results = run(
        "schools",
        &pipeline,
        &section("990001-甲县/问卷.csv", &rows),
    );
    let whole = whole(&results);
    close(whole.rate, 75.0);
    // Whole schools agree: as many independent answers as schools. Var = p(1-p)/(schools - 1).
    close(whole.effective, 19.0);
    close(whole.effect, 600.0 / 19.0);
    let interval = whole.interval.unwrap();
    assert!(interval.high - interval.low > 35.0, "{interval:?}");
    assert_eq!(whole.state, Some(State::Borderline));
}

#[test]
fn a_sample_of_a_list_is_corrected_for_its_length() {
    let settings = (
        "# population = \"...\"",
        "population = \"survey_issued_all\"",
    );
    let patches = [("common/survey.toml", settings.0, settings.1)];
    let pipeline = patched_pipeline("survey-list", "quality-2017", &patches);
    let rows = "80 x {time}|60秒|10.0.0.{n}|甲县|学生家长||满意|满意|满意\n20 x {time}|60秒|10.0.0.{n}|甲县|教师||满意|满意|不满意\n";
    let summary =
        "## 990001-甲县/汇总.xlsx ! grid 汇总\n调查对象|发放|回收有效|满意\n计|1000|100|80\n";
    let input = section("990001-甲县/问卷.csv", rows) + summary;
    let results = run("list", &pipeline, &input);
    // n(N-1)/(N-n) of 100 drawn from a list of 1000.
    close(whole(&results).effective, 100.0 * 999.0 / 900.0);
    let wilson = junheng::indicators::survey::intervals::wilson_with(
        0.8,
        111.0,
        junheng::indicators::survey::intervals::Z95,
    );
    close(
        Some(whole(&results).interval.unwrap().low),
        wilson.unwrap().low * 100.0,
    );
}

/// What must not come out: addresses, phones, names, open answers, identities and schools as someone wrote them.
const SECRETS: [&str; 7] = [
    "203.0.113.77",
    "13912345678",
    "欧阳秘密",
    "食堂的饭太咸了",
    "隐姓埋名者",
    "私人住宅七号",
    "wx-openid-zzqx",
];

fn planted() -> String {
    let head = "提交答卷时间,来自IP,您的姓名,联系电话,微信号openid,1、您所在的县,2、您的身份,3、孩子就读或您任职的学校,4、学校规划布局,9、总体评价,10、您的意见和建议,其他想说的\n";
    let mut text = head.to_string();
    for i in 0..60 {
        text.push_str(&format!("2024/11/12 10:00:{:02},10.2.0.{i},张{i},1380000{i:04},wx{i},甲县,学生家长,一小,满意,满意,很好,无\n", i % 60));
    }
    let [ip, phone, name, opinion, identity, school, openid] = SECRETS;
    // In the columns that hold them, and in those that do not: an opinion as an answer, a name as a county.
    text.push_str(&format!("2024/11/12 11:00:00,{ip},{name},{phone},{openid},甲县,学生家长,{school},满意,满意,{opinion},{opinion}\n"));
    text.push_str(&format!("{name},{ip},{name},{phone},{openid},{name},{identity},{school},{opinion},{opinion},{opinion},{opinion}\n"));
    text.push_str(&format!("{phone},{ip},{name},{phone},{openid},{phone},其他〖{identity}〗,{school},{opinion},{name},{opinion},{opinion}\n"));
    text
}

/// Every byte of everything below a folder, with what is packed unpacked.
fn everything(folder: &Path, out: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.symlink_metadata().unwrap().is_symlink() {
            continue;
        }
        if path.is_dir() {
            everything(&path, out);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        if bytes.starts_with(b"PK") {
            let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
            for i in 0..zip.len() {
                let mut part = Vec::new();
                zip.by_index(i).unwrap().read_to_end(&mut part).unwrap();
                out.push((path.clone(), part));
            }
        }
        if path.extension().is_some_and(|e| e == "parquet") {
            use polars::prelude::*;
            let file = std::fs::File::open(&path).unwrap();
            let frame = ParquetReader::new(file).finish().unwrap();
            for column in frame.columns() {
                let text = column.cast(&DataType::String).unwrap();
                let all: Vec<&str> = text.str().unwrap().iter().flatten().collect();
                out.push((path.clone(), all.join("\n").into_bytes()));
            }
        }
        out.push((path, bytes));
    }
}

#[test]
fn nothing_of_a_respondent_comes_out_anywhere() {
    let folder = fresh("survey-privacy");
    let input = folder.join("in");
    for (county, name) in [("990001-甲县", "问卷.csv"), (".", "全市.csv")] {
        std::fs::create_dir_all(input.join(county)).unwrap();
        std::fs::write(input.join(county).join(name), planted()).unwrap();
    }
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (r, row) in (0u32..).zip(planted().lines()) {
        for (c, text) in (0u16..).zip(row.split(',')) {
            sheet
                .write_string(r, c, text.replace("2024/11/12", "2024/11/13"))
                .unwrap();
        }
    }
    std::fs::create_dir_all(input.join("990002-乙县")).unwrap();
    book.save(input.join("990002-乙县/问卷.xlsx")).unwrap();
    let counties = folder.join("counties.csv");
    std::fs::write(
        &counties,
        "code,name,prefecture,resident_population\n990001,甲县,东市,300000\n990002,乙县,东市,\n",
    )
    .unwrap();
    let output = folder.join("out");
    let mut text = Vec::new();
    for extra in [&["run"][..], &["trace", "990001", "satisfaction"][..]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_junheng"));
        command
            .args(extra)
            .args(["--input".as_ref(), input.as_os_str()]);
        command.args(["--counties".as_ref(), counties.as_os_str()]);
        if extra[0] == "run" {
            command.args(["--output".as_ref(), output.as_os_str()]);
        }
        let done = command
            .env("RUST_LOG", "trace")
            .current_dir(root())
            .output()
            .unwrap();
        assert!(matches!(done.status.code(), Some(0 | 1)), "{done:?}");
        text.extend(done.stdout);
        text.extend(done.stderr);
    }
    let mut all = vec![(PathBuf::from("stdout and stderr"), text)];
    everything(&output, &mut all);
    assert!(all.len() > 40, "{} pieces", all.len());
    // The questionnaires were counted: this is not the silence of a file that nobody read.
    let holds = |path: &str, text: &str| {
        let mut own = all.iter().filter(|(p, _)| p.ends_with(path));
        own.any(|(_, bytes)| String::from_utf8_lossy(bytes).contains(text))
    };
    assert!(holds("data/survey.parquet", "questionnaires"));
    assert!(holds("data/findings.parquet", "answers-unread"));
    assert!(holds("data/findings.parquet", "questionnaires-none-valid"));
    for (path, bytes) in &all {
        for secret in SECRETS {
            let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "{secret} in {}", path.display());
        }
        let phone = b"1380000";
        assert!(
            !bytes.windows(phone.len()).any(|w| w == phone),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_run_is_compared_with_an_earlier_one() {
    let folder = fresh("survey-previous");
    let pipeline = pipeline();
    let counties = folder.join("counties.csv");
    std::fs::write(&counties, "code,name,prefecture,resident_population\n990001,甲县,东市,300000\n990002,乙县,东市,300000\n").unwrap();
    let row = |who: &str, yes: usize, no: usize| {
        format!(
            "{yes} x {{time}}|60秒|10.0.0.{{n}}|甲县|{who}||满意|满意|满意\n{no} x {{time}}|60秒|10.0.0.{{n}}|甲县|{who}||满意|满意|不满意\n"
        )
    };
    let input = |name: &str, text: &str| {
        let input = folder.join(name);
        std::fs::create_dir_all(&input).unwrap();
        write_input(&pipeline, text, &input);
        input
    };
    let before = input(
        "before",
        &section("990001-甲县/问卷.csv", &row("学生家长", 48, 32)),
    );
    let now = input(
        "now",
        &section("990001-甲县/问卷.csv", &row("学生家长", 56, 14)),
    );
    let run = |input: &Path, period: &str, output: &str, previous: Option<&Path>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_junheng"));
        command
            .args(["run", "--period", period, "--input"])
            .arg(input);
        command.arg("--counties").arg(&counties);
        command.arg("--output").arg(folder.join(output));
        if let Some(previous) = previous {
            command.arg("--previous").arg(previous);
        }
        command.current_dir(root()).output().unwrap()
    };
    assert_eq!(run(&before, "2023", "a", None).status.code(), Some(1));
    let earlier = folder.join("a/current");
    assert_eq!(
        run(&now, "2024", "b", Some(&earlier)).status.code(),
        Some(1)
    );
    let bytes = std::fs::read(folder.join("b/current/排名总表.xlsx")).unwrap();
    let sheets = read(&bytes).unwrap();
    let sheet = sheets.iter().find(|s| s.grid.name == "社会认可度").unwrap();
    let shown: Vec<String> = sheet
        .grid
        .rows()
        .iter()
        .flat_map(|(_, cells)| cells.iter().map(|(_, c)| c.shown()))
        .collect();
    // Newcombe 1998: 56/70 and 48/80 differ by 20 points, from 5.24 to 33.39.
    for wanted in ["60", "20", "5.24—33.39", "上升"] {
        assert!(shown.iter().any(|s| s == wanted), "{wanted} in {shown:?}");
    }
    // Not before this one, not a run, another pipeline: said, and nothing is run.
    for (previous, period) in [(earlier.clone(), "2023"), (folder.clone(), "2024")] {
        let done = run(&now, period, "c", Some(&previous));
        assert_eq!(done.status.code(), Some(2), "{done:?}");
        assert!(String::from_utf8_lossy(&done.stderr).contains("--previous"));
    }
    assert!(!folder.join("c").exists());
}

#[test]
fn table_six_is_filled_in_from_the_questionnaires() {
    let folder = fresh("survey-form");
    let pipeline = pipeline();
    let input = folder.join("in");
    std::fs::create_dir_all(&input).unwrap();
    let rows = "88 x {time}|60秒|10.0.0.{n}|甲县|学生家长||满意|满意|满意\n12 x {time}|60秒|10.0.0.{n}|甲县|教师||满意|满意|不满意\n";
    write_input(&pipeline, &section("990001-甲县/问卷.csv", rows), &input);
    let counties = folder.join("counties.csv");
    std::fs::write(
        &counties,
        "code,name,prefecture,resident_population\n990001,甲县,东市,\n",
    )
    .unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_junheng"))
        .args(["run", "--input"])
        .arg(&input)
        .arg("--counties")
        .arg(&counties)
        .arg("--output")
        .arg(folder.join("out"))
        .current_dir(root())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let bytes = std::fs::read(folder.join("out/current/县级/990001-甲县.xlsx")).unwrap();
    let sheets = read(&bytes).unwrap();
    let form = sheets.iter().find(|s| s.grid.name == "表Ⅵ").unwrap();
    let rows: Vec<Vec<String>> = form
        .grid
        .rows()
        .iter()
        .map(|(_, cells)| cells.iter().map(|(_, c)| c.shown()).collect())
        .collect();
    let of = |group: &str| rows.iter().rfind(|r| r[0] == group).unwrap().clone();
    // No 问卷总数: nobody knows how many were handed out.
    assert_eq!(of("计"), ["计", "100", "88", "88"]);
    assert_eq!(of("家长"), ["家长", "88", "88", "100"]);
}

/// What a workbook or a text of a county leads to, without the columns that most tests have.
fn plain(name: &str, head: &str, rows: &str) -> (Pipeline, Results) {
    let pipeline = pipeline();
    let input = format!("## 990001-甲县/问卷.csv ! answers\n{head}\n{rows}\n");
    let results = run(name, &pipeline, &input);
    (pipeline, results)
}

fn said(results: &Results, rule: &str) -> bool {
    results.findings.iter().any(|f| f.rule == rule)
}

#[test]
fn a_number_alone_makes_no_questionnaire_a_second_one() {
    // Two exports put together, each numbered from 1; and a column of numbers without any.
    let rows: String = (0..40)
        .map(|i| format!("{},2024/11/12 10:00:{:02},学生家长,满意,满意\n{},2024/11/13 11:00:{:02},教师,满意,不满意\n", i + 1, i, i + 1, i))
        .collect();
    let (_, results) = plain(
        "numbers",
        "答卷编号|提交时间|您的身份|规划布局|总体评价",
        &rows.replace(',', "|"),
    );
    assert_eq!(whole(&results).valid, 80.0);
    close(whole(&results).rate, 50.0);
    let (_, results) = plain(
        "dashes",
        "答卷编号|提交时间|您的身份|规划布局|总体评价",
        "30 x -|{time}|学生家长|满意|满意",
    );
    assert_eq!(whole(&results).valid, 30.0);
    assert!(said(&results, "duplicates-not-testable"));
}

#[test]
fn a_question_about_schools_is_a_question() {
    let rows = "30 x {n}|学生家长|一小|满意|不满意|满意";
    let (pipeline, results) = plain(
        "questions",
        "答卷编号|您的身份|孩子就读的学校|您对孩子就读学校的规划布局是否满意|您对孩子就读学校的师资是否满意|您是否了解总体评价",
        rows,
    );
    let form = results.surveys.county(0).unwrap().form.unwrap();
    let dimensions = &pipeline.forms[form].asked.dimensions;
    let of = |title: &str| Slice {
        dimension: dimensions.iter().position(|d| d == title),
        ..Slice::default()
    };
    close(line(&results, 0, of("规划布局")).rate, 100.0);
    close(line(&results, 0, of("师资配置")).rate, 0.0);
    assert_eq!(whole(&results).valid, 30.0);
}

#[test]
fn a_file_that_breaks_off_holds_the_counties_in_it() {
    let pipeline = pipeline();
    let folder = fresh("survey-broken");
    // A quote that is never closed in a file of two counties.
    let mut text = String::from("答卷编号,1、您所在的县,您的身份,规划布局,总体评价,您的意见\n");
    for i in 0..200 {
        let county = if i % 2 == 0 { "甲县" } else { "乙县" };
        let opinion = if i == 100 { "\"很好" } else { "无" };
        let answer = if i > 100 { "不满意" } else { "满意" };
        text.push_str(&format!("{i},{county},学生家长,满意,{answer},{opinion}\n"));
    }
    std::fs::write(folder.join("全市.csv"), text).unwrap();
    let results = compute(&pipeline, &folder, many_counties(2, None));
    for county in ["990001", "990002"] {
        let held = results
            .findings
            .iter()
            .any(|f| f.rule == "sheet-damaged" && f.county_code.as_deref() == Some(county));
        assert!(held && results.held.contains_key(county), "{county}");
    }
    // The same as a workbook that is broken in the middle: what the error quotes is not told.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (c, head) in (0u16..).zip(["答卷编号", "您的身份", "规划布局", "总体评价"])
    {
        sheet.write_string(0, c, head).unwrap();
    }
    for r in 1..80u32 {
        for (c, text) in (0u16..).zip([format!("{r}号").as_str(), "学生家长", "满意", "满意"])
        {
            sheet.write_string(r, c, text).unwrap();
        }
    }
    sheet.write_number(80, 0, 123_456.0).unwrap();
    let bytes = rewrite_part(
        &book.save_to_buffer().unwrap(),
        "xl/worksheets/sheet1.xml",
        |xml| {
            xml.replace("<v>123456</v>", "<v>13812345678秘密</v>")
                .replace("<c r=\"A81\">", "<c r=\"A81\" t=\"e\">")
        },
    );
    std::fs::remove_file(folder.join("全市.csv")).unwrap();
    std::fs::create_dir_all(folder.join("990001-甲县")).unwrap();
    std::fs::write(folder.join("990001-甲县/问卷.xlsx"), bytes).unwrap();
    let results = compute(&pipeline, &folder, many_counties(2, None));
    assert!(said(&results, "sheet-damaged"));
    // Of the last row before the break nobody knows whether it is whole.
    assert_eq!(whole(&results).valid, 78.0);
    let told = results.findings.iter().any(|f| f.message.contains("138"));
    assert!(!told);
}

#[test]
fn county_names_may_stand_in_one_another_and_numbers_are_no_counties() {
    let pipeline = pipeline();
    let folder = fresh("survey-names");
    let rows = "10 x {n}|东市新安县|学生家长|满意|满意\n10 x {n}|安县|学生家长|满意|满意\n3 x {n}|610000|学生家长|满意|满意";
    let input =
        format!("## 全市.csv ! answers\n答卷编号|您所在的县|您的身份|规划布局|总体评价\n{rows}\n");
    write_input(&pipeline, &input, &folder);
    let mut counties = many_counties(2, None);
    counties[0].name = "新安县".to_string();
    counties[1].name = "安县".to_string();
    let results = compute(&pipeline, &folder, counties);
    assert_eq!(line(&results, 0, Slice::default()).valid, 10.0);
    assert_eq!(line(&results, 1, Slice::default()).valid, 10.0);
    assert_eq!(results.dataset.counties.len(), 2);
    assert!(said(&results, "county-undetermined"));
}

#[test]
fn hostile_texts_are_read_in_no_time() {
    let long = "()".repeat(400_000);
    let many = ",".repeat(400_000);
    let input = format!(
        "## 990001-甲县/一.csv ! text\n答卷编号,您的身份,规划布局,总体评价\n1,{long},满意,满意\n2,学生家长,满意,满意\n## 990001-甲县/二.csv ! text\n{many}x\n1,2\n## 990002-乙县/三.csv ! text\n{long},您的身份,规划布局,总体评价\n1,学生家长,满意,满意\n"
    );
    let pipeline = pipeline();
    let results = run("hostile", &pipeline, &input);
    assert_eq!(whole(&results).valid, 1.0);
    assert_eq!(line(&results, 1, Slice::default()).valid, 1.0);
    assert!(said(&results, "file-too-large"));
}

#[test]
fn a_rate_that_cannot_be_made_is_not_taken_from_the_summary() {
    let patches = [
        (
            "common/survey.toml",
            "rate = \"pooled\"",
            "rate = \"fixed_weights\"",
        ),
        (
            "common/survey.toml",
            "weights = {}",
            "weights = { parent = 0.6, teacher = 0.4 }",
        ),
    ];
    let pipeline = patched_pipeline("survey-open", "quality-2017", &patches);
    let rows = "40 x {time}|60秒|10.0.0.{n}|甲县|学生家长||满意|满意|满意\n";
    let summary =
        "## 990001-甲县/汇总.xlsx ! grid 汇总\n调查对象|发放|回收有效|满意\n计|50|40|40\n";
    let input = section("990001-甲县/问卷.csv", rows) + summary;
    let results = run("open", &pipeline, &input);
    assert!(said(&results, "survey-rate-open"));
    let criterion = pipeline.survey.as_ref().unwrap().criterion;
    let own = results.criteria_of(&pipeline, 0);
    assert_eq!(own[criterion].verdict.word(), "incomplete");
    assert_eq!(own[criterion].figures[0].value, None);
}

#[test]
fn a_summary_with_more_columns_is_no_questionnaire() {
    let pipeline = pipeline();
    let input = "## 990001-甲县/汇总.xlsx ! grid 汇总\n调查对象|发放|回收有效|满意|规划布局满意度|师资配置满意度\n计|50|40|36|90|91\n家长|30|24|20|88|87\n";
    let results = run("summary", &pipeline, input);
    let own = results.surveys.county(0).unwrap();
    assert_eq!(own.source, Source::Summary);
    close(results.surveys.official(0).unwrap().rate, 90.0);
}
