//! What findings could change, which follow from which, and the schools for checks on the spot: against figures worked out
//! by hand, and against the results of the corrected submission.

use std::fmt::Write;

use crate::harness::*;
use junheng::finding::{Draft, Finding, Impact, Severity, State};
use junheng::impact::{by_influence, ranks};
use junheng::indicators::Verdict;
use junheng::ingest::cell::Value;
use junheng::inspection;
use junheng::pipeline::Pipeline;
use junheng::pipeline::model::{Part, Role};
use junheng::report::book::{Book, Cell, Sheet};
use junheng::report::{Context, findings_book};
use junheng::results::Results;

fn computed(name: &str, text: &str) -> (Pipeline, Results) {
    let pipeline = pipeline();
    let input = fresh(&format!("impact-{name}"));
    write_input(&pipeline, text, &input);
    let results = compute(&pipeline, &input, counties());
    (pipeline, results)
}

fn finding<'a>(results: &'a Results, rule: &str) -> &'a Finding {
    let mut own = results.findings.iter();
    own.find(|f| f.rule == rule)
        .unwrap_or_else(|| panic!("{rule} is not there"))
}

fn impact<'a>(results: &'a Results, rule: &str) -> &'a Impact {
    finding(results, rule).impact.as_ref().unwrap()
}

fn verdict(results: &Results, part: Part) -> Verdict {
    let mut own = results.verdicts_of("990001").iter();
    own.find(|v| v.part == part).unwrap().verdict
}

/// What stands between two runs: parts with another verdict, units with another verdict, the largest change of a
/// coefficient of variation that decides.
fn between(pipeline: &Pipeline, before: &Results, after: &Results) -> (bool, bool, f64) {
    let parts = |r: &Results| -> Vec<Verdict> {
        let own = r.verdicts_of("990001").iter();
        own.map(|v| v.verdict).collect()
    };
    let units = |r: &Results| -> Vec<Verdict> {
        let own = r.unit_verdicts_of(pipeline, "990001").iter();
        own.map(|v| v.verdict).collect()
    };
    let cvs = |r: &Results| -> Vec<f64> {
        let own = r.balances_of("990001").iter();
        own.filter(|b| pipeline.indicators[b.indicator].role == Role::Standard)
            .map(|b| b.cv.unwrap_or(f64::NAN))
            .collect()
    };
    let change = cvs(before)
        .iter()
        .zip(cvs(after))
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    (
        parts(before) != parts(after),
        units(before) != units(after),
        change,
    )
}

/// An equipment value in yuan where 10,000 yuan are asked for, and what the county then sends.
fn equipment(value: &str, more: &str) -> String {
    format!(
        "## 990001-甲县/学校汇总表.xlsx ! summary 211 211 211 311\n1.school_equipment_value = {value}\n{more}"
    )
}

#[test]
fn taking_what_is_expected_is_sending_it() {
    for (name, wrong, right, more) in [
        ("plenty", "1500000", "150", ""),
        ("short", "500000", "50", ""),
        ("nearly", "880000", "88", "2.students_primary = 900\n"),
        ("small-school", "400000", "40", "1.students_primary = 90\n"),
    ] {
        let (pipeline, before) = computed(&format!("{name}-wrong"), &equipment(wrong, more));
        let (_, after) = computed(&format!("{name}-right"), &equipment(right, more));
        let f = finding(&before, "equipment-unit-suspect");
        assert_eq!(f.expected.as_deref(), Some(right), "{name}");
        let i = f.impact.as_ref().unwrap();
        let (parts, units, change) = between(&pipeline, &before, &after);
        assert_eq!(i.county_flips, parts, "{name}: {}", i.text);
        assert_eq!(i.school_flips, units, "{name}: {}", i.text);
        assert!((i.cv_change - change).abs() < 1e-12, "{name}: {}", i.text);
    }
}

/// Three schools of 500: 15,000,000,000, 1,500,000 and 1,500,000 yuan are 30,000,000, 3,000 and 3,000 a pupil. The mean is
/// 10,002,000, the deviations 19,998,000 and twice −9,999,000: CV = 9,999,000·√2 / 10,002,000 = 1.414. With 500,000 for
/// 1,500,000 it is 3,332,333·√2 / 3,335,333 = 1.413. With 50 it is 1,000 a pupil: mean 2,333.33, CV = 666.67·√2 / 2,333.33
/// = .404; and 1,000 is below 85% of 2,000.
#[test]
fn the_sentences_of_hand_computed_flips() {
    let (_, results) = computed("flip-up", &equipment("1500000", ""));
    assert_eq!(verdict(&results, Part::Balance), Verdict::NotMet);
    assert_eq!(
        impact(&results, "equipment-unit-suspect").text,
        "若按应为值计:小学生均教学仪器设备值差异系数1.414→0.000(限0.5);全县校际均衡由不达标变为达标"
    );
    let (_, results) = computed("flip-down", &equipment("500000", ""));
    let i = impact(&results, "equipment-unit-suspect");
    assert_eq!(
        i.text,
        "若按应为值计:本校由达标变为不达标;小学生均教学仪器设备值差异系数1.413→0.404(限0.5);全县资源配置由达标变为不达标;全县校际均衡由不达标变为达标"
    );
    assert!(i.county_flips && i.school_flips);
    assert_eq!(i.size, 500.0);
}

/// The five schools of the method note, with every resource in proportion to the pupils but the rooms.
fn five(broken: usize) -> String {
    let mut text =
        String::from("## 990001-甲县/学校汇总表.xlsx ! summary 211 211 211 211 211 311\n");
    for (i, (p, rooms)) in [(45, 279), (37, 137), (89, 935), (76, 160), (55, 402)]
        .into_iter()
        .enumerate()
    {
        let n = i + 1;
        let certified = 2 * p + usize::from(n == broken);
        for (column, value) in [
            ("students_primary", p),
            ("teachers_primary", 2 * p),
            ("certified_primary", certified),
            ("trained_primary", p),
            ("college_primary", 0),
            ("bachelor_primary", p),
            ("master_primary", 0),
            ("backbone_primary", p),
            ("pe_primary", p),
            ("music_primary", 0),
            ("fine_art_primary", 0),
            ("school_teaching_area", 10 * p),
            ("school_indoor_sports_area", 0),
            ("school_gymnasium_area", 0),
            ("school_sports_ground_area", 10 * p),
            ("school_equipment_value", p),
            ("school_media_rooms", rooms),
        ] {
            writeln!(text, "{n}.{column} = {value}").unwrap();
        }
    }
    text
}

/// The leave-one-out coefficients of the method notes, section 4.3.
#[test]
fn without_a_school_the_coefficient_is_the_published_one() {
    let without = [0.556397, 0.495736, 0.476978, 0.320955, 0.584069];
    for (i, cv) in without.into_iter().enumerate() {
        let (_, results) = computed(&format!("five-{i}"), &five(i + 1));
        let change = impact(&results, "certified-exceed-teachers").cv_change;
        let change_in_notes: f64 = 0.515_256_629_9 - cv;
        assert!(
            (change - change_in_notes.abs()).abs() < 6e-7,
            "{i}: {change}"
        );
    }
    let (_, results) = computed("five-text", &five(2));
    // .4957 is within the limit of .50 that .5153 is above.
    assert_eq!(
        impact(&results, "certified-exceed-teachers").text,
        "若不计本校:小学每百名学生拥有网络多媒体教室数差异系数0.515→0.496(限0.5);全县校际均衡由不达标变为达标"
    );
}

#[test]
fn an_empty_cell_says_what_waits_for_it() {
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 211 211 311\n1.backbone_primary = \n";
    let (_, results) = computed("empty", text);
    let i = impact(&results, "value-missing");
    assert!(i.county_flips && i.school_flips);
    assert_eq!(
        i.text,
        "本校小学数据不全,不能判定;若不计本校:小学每百名学生拥有县级及以上骨干教师数差异系数无法计算→0.000(限0.5);全县资源配置由数据不全变为达标;全县校际均衡由数据不全变为达标"
    );
}

/// Teachers' pay in yuan where 10,000 yuan are asked for, and below that of civil servants: no ratio that can be, then one
/// that is not met.
#[test]
fn a_figure_of_the_county_is_judged_again() {
    let schools = "## 990001-甲县/学校汇总表.xlsx ! summary 211 211 311\n";
    let county = |pay: &str| {
        format!(
            "{schools}## 990001-甲县/区县填报表.xlsx ! county\nteacher_pay = {pay}\ncivil_servant_pay = 12\n"
        )
    };
    let (pipeline, before) = computed("pay-wrong", &county("112000"));
    let (_, after) = computed("pay-right", &county("11.2"));
    let i = impact(&before, "pay-unit-suspect");
    let pay = pipeline
        .criteria
        .iter()
        .position(|c| c.title == "教师工资收入")
        .unwrap();
    assert_eq!(
        before.criteria_of(&pipeline, 0)[pay].verdict,
        Verdict::Incomplete
    );
    assert_eq!(
        after.criteria_of(&pipeline, 0)[pay].verdict,
        Verdict::NotMet
    );
    assert!(
        i.text
            .contains("政府保障程度8.教师工资收入由数据不全变为不达标"),
        "{}",
        i.text
    );
    let (parts, units, _) = between(&pipeline, &before, &after);
    assert_eq!((i.county_flips, i.school_flips), (parts, units));
    let students: f64 = before.units.list.iter().filter_map(|u| u.students).sum();
    assert_eq!(i.size, students);
}

#[test]
fn a_sum_follows_from_the_cell_that_makes_it_differ() {
    let (_, results) = computed(
        "total",
        &equipment("1500000", "total.school_equipment_value = 600\n"),
    );
    let total = finding(&results, "total-row-differs");
    let cell = finding(&results, "equipment-unit-suspect");
    // An error may follow from a query where the query explains it to the last digit.
    assert_eq!(total.cause.as_ref(), Some(&cell.id));
    assert_eq!(cell.cause, None);
    let ranks = ranks(&results.findings);
    let rank = |id: &str| ranks[results.findings.iter().position(|f| f.id == id).unwrap()];
    assert!(rank(&cell.id).is_some());
    assert_eq!(rank(&total.id), None);
    // One yuan beside it, it does not.
    let (_, results) = computed(
        "total-beside",
        &equipment("1500000", "total.school_equipment_value = 601\n"),
    );
    assert_eq!(finding(&results, "total-row-differs").cause, None);
}

#[test]
fn on_one_cell_the_first_that_weighs_as_much_is_the_root() {
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 211 311\n\
                ## 990001-甲县/区县填报表.xlsx ! county\nrotation_backbone = 400\n\
                ## 990001-甲县/国家申报表.xlsx ! statements application-4\n\
                11 = 全县符合交流轮岗条件教师总数479名，上一年度交流轮岗教师126名，交流轮岗教师占符合交流轮岗条件教师总数的比例26.3%；交流轮岗的骨干教师33名，占交流轮岗教师总数的比例26.2%\n";
    let (_, results) = computed("one-cell", text);
    let logical = finding(&results, "rotation-backbone-exceeds-rotation");
    let differs = results.findings.iter();
    let differs: Vec<&Finding> = differs
        .filter(|f| f.rule == "stated-differs" && f.place.cell.is_some())
        .filter(|f| f.column == Some("实际交流骨干教师数".to_string()))
        .collect();
    assert_eq!(differs.len(), 1);
    assert_eq!(differs[0].cause.as_ref(), Some(&logical.id));
    assert_eq!(logical.cause, None);
}

#[test]
fn what_is_said_for_the_record_explains_nothing() {
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 211 311\n1.certified_primary = '41\n";
    let (_, results) = computed("info", text);
    let note = finding(&results, "value-converted");
    let error = finding(&results, "certified-exceed-teachers");
    assert_eq!(note.place, {
        let mut place = error.place.clone();
        place.cell = place.cell.map(|c| c.split(',').next().unwrap().to_string());
        place
    });
    assert_eq!(error.cause, None);
    assert_eq!(note.cause, None);
    assert_eq!(note.impact, None);
}

#[test]
fn criteria_follow_from_the_empty_cell_that_each_of_them_needs() {
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 211 311\n\
                ## 990001-甲县/区县填报表.xlsx ! county\n\
                ## 990001-甲县/国家申报表.xlsx ! statements application-5\n5.claim = 达标\n";
    let (_, results) = computed("criteria", text);
    let absent = finding(&results, "reference-absent");
    let quality = results.findings.iter();
    let quality: Vec<&Finding> = quality
        .filter(|f| f.rule == "criteria-incomplete" && f.column.as_deref() == Some("教育质量"))
        .collect();
    // Other criteria of the part have no cell that is said to be empty: the sum-up stands for itself.
    assert_eq!(quality.len(), 1);
    assert_eq!(quality[0].cause, None);
    assert!(absent.impact.as_ref().unwrap().county_flips);
}

fn weighed(rule: &str, county: (bool, bool), cv_change: f64, size: f64) -> Finding {
    let draft = Draft {
        county_code: Some("990001".to_string()),
        ..Draft::default()
    };
    let mut out = draft.finding(rule, Severity::Query, 1, String::new(), String::new());
    out.impact = Some(Impact {
        county_flips: county.0,
        school_flips: county.1,
        cv_change,
        size,
        text: String::new(),
    });
    out
}

#[test]
fn verdicts_weigh_more_than_coefficients_and_these_more_than_size() {
    let mut list = vec![
        weighed("size", (false, false), 0.0, 900.0),
        weighed("cv", (false, false), 0.1, 10.0),
        weighed("school", (false, true), 0.0, 10.0),
        weighed("county", (true, false), 0.0, 10.0),
        weighed("larger-cv", (false, false), 0.2, 10.0),
        weighed("follows", (true, true), 9.0, 10.0),
        weighed("fixed", (true, true), 9.0, 10.0),
    ];
    list[5].cause = Some("other".to_string());
    list[6].state = State::Fixed;
    assert_eq!(
        ranks(&list),
        [Some(5), Some(4), Some(2), Some(1), Some(3), None, None]
    );
    list.truncate(5);
    list.sort_by(by_influence);
    let order: Vec<&str> = list.iter().map(|f| f.rule.as_str()).collect();
    assert_eq!(order, ["county", "school", "larger-cv", "cv", "size"]);
}

/// Forty primary schools, of which the first `rural` are rural, with a mistake in each of the first `broken`.
fn forty(rural: usize, broken: usize) -> String {
    let mut text = format!(
        "## 990001-甲县/学校汇总表.xlsx ! summary {}311 312\n",
        "211 ".repeat(40)
    );
    for n in 1..=rural {
        writeln!(text, "{n}.urban_rural = '210").unwrap();
    }
    for n in 1..=broken {
        writeln!(text, "{n}.certified_primary = {}", 41 + n).unwrap();
    }
    writeln!(text, "40.urban_rural = ").unwrap();
    text
}

#[test]
fn the_sample_is_drawn_by_stratum_and_can_be_drawn_again() {
    let (pipeline, results) = computed("sample", &forty(28, 12));
    let sample = inspection::sample(&pipeline, &results);
    let strata: Vec<(Vec<usize>, Option<usize>, usize, usize)> = sample
        .strata
        .iter()
        .map(|s| (s.stages.clone(), s.area, s.schools, s.drawn))
        .collect();
    // 28 rural and 11 urban primary schools, one that does not say, one junior and one of both stages.
    assert_eq!(
        strata,
        [
            (vec![0], Some(0), 11, 2),
            (vec![0], Some(2), 28, 3),
            (vec![0], None, 1, 1),
            (vec![0, 1], Some(0), 1, 1),
            (vec![1], Some(0), 1, 1),
        ]
    );
    assert_eq!(sample, inspection::sample(&pipeline, &results));
    // By hand: the rural codes in the order of their hashes.
    let mut rural: Vec<(String, String)> = (1..=28)
        .map(|n| format!("2199{n:06}"))
        .map(|code| (inspection::hash("junheng-2024", "990001", &code), code))
        .collect();
    rural.sort();
    let rows = &results.dataset.tables[pipeline.table("school").unwrap()].rows;
    let drawn: Vec<&str> = sample
        .schools
        .iter()
        .filter(|d| d.stratum == 1)
        .map(|d| rows[d.school].key.as_str())
        .collect();
    let wanted: Vec<&str> = rural[..3].iter().map(|(_, code)| code.as_str()).collect();
    assert_eq!(drawn, wanted);
    // Another seed draws others.
    let patch = (
        "common/review.toml",
        "seed = \"junheng-2024\"",
        "seed = \"lot-4711\"",
    );
    let other = patched_pipeline("seed", "quality-2017", &[patch]);
    assert_ne!(sample.schools, inspection::sample(&other, &results).schools);
}

fn book(pipeline: &Pipeline, results: &Results) -> Book {
    findings_book::book(&Context {
        pipeline,
        results,
        period: PERIOD,
        run_id: "run",
        skipped: &[],
        input_link: "../input",
        due: None,
        last_year: None,
        years: &[],
        changes: None,
        inspection: &inspection::Inspection::of(pipeline, results),
    })
}

fn sheet<'a>(book: &'a Book, name: &str) -> &'a Sheet {
    book.sheets.iter().find(|s| s.name == name).unwrap()
}

fn cell<'a>(sheet: &Sheet, row: &'a [Cell], head: &str) -> &'a Cell {
    &row[sheet.columns.iter().position(|h| h.label == head).unwrap()]
}

#[test]
fn the_summary_shows_ten_of_a_county_and_says_how_many_more_there_are() {
    let (pipeline, results) = computed("views", &forty(28, 12));
    let book = book(&pipeline, &results);
    let first = sheet(&book, "重点问题");
    let own: Vec<&Vec<Cell>> = first
        .rows
        .iter()
        .filter(|r| cell(first, r, "区县").shown() == "甲县")
        .collect();
    assert_eq!(own.len(), 11);
    let roots = ranks(&results.findings)
        .iter()
        .zip(&results.findings)
        .filter(|(rank, f)| rank.is_some() && f.county_code.as_deref() == Some("990001"))
        .count();
    let more = cell(first, own[10], "问题").shown();
    assert_eq!(more, format!("其余{}条见“全部问题”", roots - 10));
    let all = sheet(&book, "全部问题");
    assert_eq!(all.rows.len(), results.findings.len());
    // The link of a school leads to its finding.
    let schools = sheet(&book, "分校汇总");
    let flagged = inspection::flagged(&pipeline, &results);
    assert!(flagged.len() >= 12);
    assert_eq!(schools.rows.len(), flagged.len());
    let Cell::Link { target, .. } = cell(schools, &schools.rows[0], "影响最大的问题") else {
        panic!("no link");
    };
    let at: usize = target.split_once("!A").unwrap().1.parse().unwrap();
    let row = &all.rows[at - 1 - all.notes.len() - 2];
    let school = cell(all, row, "学校").shown();
    assert_eq!(school, cell(schools, &schools.rows[0], "学校").shown());
    // 12 of 42 schools are more than 5%: the limit may not fit.
    let rules = sheet(&book, "规则目录");
    let row = rules
        .rows
        .iter()
        .find(|r| cell(rules, r, "规则编号").shown() == "certified-exceed-teachers")
        .unwrap();
    assert_eq!(cell(rules, row, "类别").shown(), "包含关系");
    assert_eq!(cell(rules, row, "占全部学校(%)").shown(), "28.6");
    assert_eq!(cell(rules, row, "备注").shown(), "规则阈值可能不合适");
    // As many schools as are drawn.
    let (drawn, risk) = (sheet(&book, "抽查名单"), sheet(&book, "风险名单"));
    assert_eq!((drawn.rows.len(), risk.rows.len()), (8, 8));
    for sheet in &book.sheets {
        for text in sheet.notes.iter().chain([&sheet.title]) {
            assert!(!text.contains("造假"), "{text}");
        }
    }
}

/// How long a whole province takes: `cargo test --release --test it province -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_province_with_ten_thousand_findings() {
    let mut text = format!(
        "## 990001-甲县/学校汇总表.xlsx ! summary {}{}{}\n",
        "211 ".repeat(110),
        "311 ".repeat(30),
        "312 ".repeat(10)
    );
    for n in 1..=150 {
        writeln!(text, "{n}.school_media_rooms = {}", 10 + n % 17).unwrap();
        writeln!(text, "{n}.school_equipment_value = {}", 120 + n % 31).unwrap();
    }
    text.push_str("## 990001-甲县/区县填报表.xlsx ! county\n");
    let (pipeline, results) = computed("province", &text);
    let mut dataset = junheng::dataset::Dataset {
        counties: many_counties(180, None),
        sheets: (1..=180)
            .flat_map(|n| {
                results.dataset.sheets.iter().map(move |s| {
                    let mut s = s.clone();
                    s.file = format!("{n}/{}", s.file);
                    s
                })
            })
            .collect(),
        ..junheng::dataset::Dataset::default()
    };
    let sheets = u32::try_from(results.dataset.sheets.len()).unwrap();
    for table in 0..pipeline.tables.len() {
        let mut data = junheng::dataset::TableData::default();
        for n in 1..=180 {
            for row in &results.dataset.tables[table].rows {
                let mut row = row.clone();
                row.county_code = format!("99{n:04}");
                let code = pipeline.tables[table].position("school_code");
                if let Some(Some(Value::Text(code))) = code.map(|c| &mut row.values[c]) {
                    *code = format!("{}{n:03}{}", &code[..2], &code[5..]).into();
                    row.key = code.to_string();
                }
                for c in 0..row.cells.columns() {
                    if let Some(mut cell) = row.cells.at(c) {
                        cell.sheet += sheets * (n - 1);
                        row.cells.set(c, Some(cell));
                    }
                }
                row.sheet += sheets * (n - 1);
                data.rows.push(row);
            }
        }
        dataset.tables.push(data);
        dataset.tables[table].frame = junheng::dataset::frame(&pipeline, &dataset, table).unwrap();
    }
    for county in &mut dataset.counties {
        county.received = true;
    }
    let school = pipeline.table("school").unwrap();
    let county = pipeline.table("county").unwrap();
    let mut findings: Vec<Finding> = Vec::new();
    let names = [
        "school_equipment_value",
        "school_media_rooms",
        "backbone_primary",
        "students_primary",
        "school_teaching_area",
        "teachers_primary",
    ];
    let mut add = |table: usize, r: usize, name: &str, expected: Option<f64>| {
        let row = &dataset.tables[table].rows[r];
        let Some(cell) = row.cells.at(pipeline.tables[table].position(name).unwrap()) else {
            return;
        };
        let draft = Draft {
            county_code: Some(row.county_code.clone()),
            place: dataset.place(&[cell]),
            expected_value: expected,
            column: Some(pipeline.tables[table].name.clone()),
            ..Draft::default()
        };
        findings.push(draft.finding(
            "backbone-exceeds-teachers",
            Severity::Query,
            1,
            String::new(),
            String::new(),
        ));
    };
    for n in 0..9_640_usize {
        let row = n * 27_000 / 9_640;
        // Of three findings one knows what would be right.
        let expected = (n % 3 == 0).then_some(900.0 + n as f64);
        add(school, row, names[n % names.len()], expected);
    }
    for n in 0..180 {
        add(county, n, "teacher_pay", Some(90_000.0));
        add(county, n, "rotation_teachers", None);
    }
    println!("{} findings", findings.len());
    let results = junheng::results::compute(&pipeline, dataset, findings, PERIOD, None).unwrap();
    println!("{} findings in all", results.findings.len());
    let mut findings = results.findings.clone();
    let time = std::time::Instant::now();
    let spots = junheng::cells::spots(&pipeline, &results.dataset, &findings);
    junheng::causes::set(&pipeline, &results, &spots, &mut findings);
    println!("causes {:.2} s", time.elapsed().as_secs_f64());
    let all = |_: &Finding| true;
    let unknown = |f: &Finding| f.expected_value.is_none();
    let of_county = |f: &Finding| f.column.as_deref() == Some("county");
    let of_school = |f: &Finding| !of_county(f);
    type Fits<'a> = &'a dyn Fn(&Finding) -> bool;
    let kinds: [(&str, Fits<'_>); 4] = [
        ("all", &all),
        ("unknown", &unknown),
        ("county", &of_county),
        ("school", &of_school),
    ];
    for (kind, fits) in kinds {
        let mut some: Vec<Finding> = findings.iter().filter(|f| fits(f)).cloned().collect();
        let time = std::time::Instant::now();
        let spots = junheng::cells::spots(&pipeline, &results.dataset, &some);
        junheng::impact::fill(&pipeline, &results, PERIOD, &spots, &mut some).unwrap();
        println!(
            "impact of {} ({kind}) {:.2} s",
            some.len(),
            time.elapsed().as_secs_f64()
        );
    }
    let time = std::time::Instant::now();
    let flagged = inspection::flagged(&pipeline, &results);
    let sample = inspection::sample(&pipeline, &results);
    println!(
        "{} flagged, {} drawn {:.2} s",
        flagged.len(),
        sample.schools.len(),
        time.elapsed().as_secs_f64()
    );
    let time = std::time::Instant::now();
    let book = book(&pipeline, &results);
    println!("book {:.2} s", time.elapsed().as_secs_f64());
    println!("{} sheets", book.sheets.len());
}
