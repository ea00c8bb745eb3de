//! Criteria against published figures: ratios and sums of real self-evaluation reports, with their errors, composites of
//! provincial tables, and the settings where sources differ. Facts and figures are from the reports; their texts are not.

use crate::harness::*;
use junheng::formula::lower::evaluate;
use junheng::formula::parse::parse;
use junheng::indicators::Verdict;
use junheng::indicators::balance::composite;
use junheng::indicators::criterion::CriterionResult;
use junheng::indicators::figure::FigureResult;
use junheng::pipeline::Pipeline;
use junheng::pipeline::model::ParameterValue;
use junheng::results::Results;

/// A form of sentences that states two counts and their ratio, by criterion and figure: form, number, sentence.
fn sentence(figure: &str) -> (&'static str, &'static str) {
    match figure {
        "rotation-share" => (
            "application-4",
            "11 = 全县符合交流轮岗条件教师总数{d}名，上一年度交流轮岗教师{n}名，交流轮岗教师占符合交流轮岗条件教师总数的比例{s}%；交流轮岗的骨干教师＿＿名，占交流轮岗教师总数的比例＿＿%",
        ),
        "rotation-backbone-share" => (
            "application-4",
            "11 = 全县符合交流轮岗条件教师总数＿＿名，上一年度交流轮岗教师{d}名，交流轮岗教师占符合交流轮岗条件教师总数的比例＿＿%；交流轮岗的骨干教师{n}名，占交流轮岗教师总数的比例{s}%",
        ),
        "trained-share" => (
            "application-4",
            "9 = 完成360学时培训的教师{n}人，全县教师{d}人，教师培训完成率{s}%",
        ),
        "certified-share" => (
            "application-4",
            "12 = 全县在岗专任教师{d}人，其中持有教师资格证的专任教师{n}人，占比{s}%",
        ),
        "senior-quota-share" => (
            "application-4",
            "14 = 全县优质高中招生名额总数{d}人，分配名额{n}人，占比{s}%。其中分配农村学校的名额＿＿人，占分配名额总数的＿＿%",
        ),
        "migrant-share" => (
            "application-4",
            "15 = 全县符合条件的随迁子女数{d}人，在公办学校就读{n}人，在政府购买服务的民办学校就读0人，合计＿＿人，占比{s}%",
        ),
        "disabled-enrolment" => (
            "application-5",
            "2 = 全县残疾儿童少年为{d}人，入学{n}人，入学率为{s}%。其中，在特殊教育学校就读＿＿人，占比＿＿%。",
        ),
        "disabled-special-share" => (
            "application-5",
            "2 = 全县残疾儿童少年为{d}人，入学＿＿人，入学率为＿＿%。其中，在特殊教育学校就读{n}人，占比{s}%。",
        ),
        other => panic!("{other}"),
    }
}

fn figure<'a>(
    pipeline: &Pipeline,
    results: &'a Results,
    id: &str,
) -> (&'a CriterionResult, &'a FigureResult) {
    results
        .criteria
        .iter()
        .filter(|r| results.dataset.counties[r.county].received)
        .find_map(|r| {
            let figures = &pipeline.criteria[r.criterion].figures;
            let at = figures.iter().position(|f| f.id == id)?;
            Some((r, &r.figures[at]))
        })
        .unwrap()
}

fn computed(pipeline: &Pipeline, name: &str, text: &str) -> Results {
    let input = fresh(name);
    write_input(pipeline, text, &input);
    compute(pipeline, &input, counties())
}

fn differs(results: &Results, column: &str) -> bool {
    let own = results
        .findings
        .iter()
        .filter(|f| f.rule == "stated-differs");
    own.into_iter().any(|f| f.column.as_deref() == Some(column))
}

/// Ratios as reports state them: report, figure, numerator, denominator, stated with its digits, computed percent, whether the
/// stated one follows from its numbers.
const RATIOS: &[(&str, &str, f64, f64, &str, f64, bool)] = &[
    (
        "1",
        "migrant-share",
        7736.0,
        8049.0,
        "96.1",
        96.111318,
        true,
    ),
    ("3", "rotation-share", 105.0, 447.0, "23.5", 23.489933, true),
    (
        "3",
        "rotation-backbone-share",
        25.0,
        105.0,
        "23.8",
        23.809524,
        true,
    ),
    ("3", "rotation-share", 126.0, 479.0, "26.3", 26.304802, true),
    (
        "3",
        "rotation-backbone-share",
        33.0,
        126.0,
        "26.2",
        26.190476,
        true,
    ),
    ("3", "trained-share", 1193.0, 1193.0, "100", 100.0, true),
    ("3", "certified-share", 1193.0, 1193.0, "100", 100.0, true),
    (
        "3, 9 exempt counted as enrolled",
        "disabled-enrolment",
        63.0,
        66.0,
        "95.5",
        95.454545,
        true,
    ),
    (
        "3, 9 exempt left out",
        "disabled-enrolment",
        54.0,
        57.0,
        "95.5",
        94.736842,
        false,
    ),
    (
        "3, no exemption",
        "disabled-enrolment",
        54.0,
        66.0,
        "95.5",
        81.818182,
        false,
    ),
    ("4", "rotation-share", 267.0, 1101.0, "24", 24.250681, true),
    (
        "4",
        "rotation-backbone-share",
        93.0,
        267.0,
        "35",
        34.831461,
        true,
    ),
    ("4", "certified-share", 6606.0, 6606.0, "100", 100.0, true),
    (
        "4",
        "senior-quota-share",
        1743.0,
        2580.0,
        "67.6",
        67.558140,
        true,
    ),
    (
        "4",
        "migrant-share",
        26998.0,
        27181.0,
        "99.3",
        99.326736,
        true,
    ),
    (
        "4",
        "disabled-enrolment",
        365.0,
        378.0,
        "96.6",
        96.560847,
        true,
    ),
    (
        "4, all disabled children",
        "disabled-special-share",
        15.0,
        378.0,
        "4.0",
        3.968254,
        true,
    ),
    (
        "4, those enrolled only",
        "disabled-special-share",
        15.0,
        365.0,
        "4.0",
        4.109589,
        false,
    ),
];

#[test]
fn ratios_of_real_reports_match_or_come_out_as_mismatches() {
    let pipeline = pipeline();
    for (i, (report, id, n, d, stated, wanted, matches)) in RATIOS.iter().enumerate() {
        let (form, template) = sentence(id);
        let answer = template
            .replace("{n}", &n.to_string())
            .replace("{d}", &d.to_string())
            .replace("{s}", stated);
        let text = format!("## 990001-甲县/国家申报表.xlsx ! statements {form}\n{answer}\n");
        let results = computed(&pipeline, &format!("ratio-{i}"), &text);
        let (_, r) = figure(&pipeline, &results, id);
        let value = r.value.unwrap();
        assert!(
            (value - wanted).abs() < 5e-7,
            "report {report} {id}: {value}"
        );
        assert_eq!(r.numerator, Some(*n), "report {report} {id}");
        let title = pipeline
            .criteria
            .iter()
            .flat_map(|c| &c.figures)
            .find(|f| f.id == *id)
            .map(|f| f.title.clone())
            .unwrap();
        assert_eq!(
            differs(&results, &title),
            !matches,
            "report {report} {id} {stated}"
        );
    }
}

/// Retention as the reports state it, under each formula: entered three years ago, in, died, out, graduates, the formula,
/// numerator, denominator, percent, and whether the stated percent follows.
#[test]
fn retention_by_every_formula() {
    let rows = [
        (
            [2381, 33, 1, 31, 2382],
            "100",
            "national_form",
            2382.0,
            2382.0,
            100.0,
            true,
        ),
        (
            [2381, 33, 1, 31, 2382],
            "100",
            "shenyang",
            2380.0,
            2380.0,
            100.0,
            true,
        ),
        (
            [10389, 259, 0, 326, 10417],
            "101.1",
            "national_form",
            10417.0,
            10322.0,
            100.920364,
            false,
        ),
        (
            [10389, 259, 0, 326, 10417],
            "101.1",
            "shenyang",
            10484.0,
            10389.0,
            100.914429,
            false,
        ),
        (
            [10389, 259, 0, 326, 10417],
            "101.1",
            "luanchuan",
            10417.0,
            10322.0,
            100.920364,
            false,
        ),
    ];
    for (i, ([entered, moved_in, died, out, left], stated, formula, n, d, wanted, matches)) in
        rows.into_iter().enumerate()
    {
        let mut pipeline = pipeline();
        set(&mut pipeline, "retention_formula", formula);
        let text = format!(
            "## 990001-甲县/国家申报表.xlsx ! statements application-5\n1 = 全县初中毕业班学生数为{left}人，三年前该年级入学学生数为{entered}人，毕业年级三年转入学生数为{moved_in}人，死亡学生数为{died}人，转出学生数为{out}人，全县初中三年巩固率为{stated}%\n"
        );
        let results = computed(&pipeline, &format!("retention-{i}"), &text);
        let (criterion, r) = figure(&pipeline, &results, "retention");
        assert_eq!(
            (r.numerator, r.denominator),
            (Some(n), Some(d)),
            "{formula}"
        );
        assert!((r.value.unwrap() - wanted).abs() < 5e-7, "{formula}");
        assert_eq!(criterion.verdict, Verdict::Met);
        assert_eq!(differs(&results, "初中三年巩固率"), !matches, "{formula}");
        let too_high = results.findings.iter().any(|f| f.rule == "figure-too-high");
        assert_eq!(too_high, wanted > 100.0, "{formula}");
    }
}

fn set(pipeline: &mut Pipeline, name: &str, value: &str) {
    let parameter = pipeline.parameters.iter_mut().find(|p| p.name == name);
    parameter.unwrap().value = ParameterValue::Text(value.to_string());
}

#[test]
fn exempt_children_count_or_are_left_out() {
    for (choice, denominator, verdict) in [
        ("in_denominator", 66.0, Verdict::NotMet),
        ("left_out", 57.0, Verdict::NotMet),
    ] {
        let mut pipeline = pipeline();
        set(&mut pipeline, "exempt_children", choice);
        let text = "## 990001-甲县/区县填报表.xlsx ! county\ndisabled_children = 66\ndisabled_enrolled = 54\ndisabled_exempt = 9\n";
        let results = computed(&pipeline, &format!("exempt-{choice}"), text);
        let (criterion, r) = figure(&pipeline, &results, "disabled-enrolment");
        assert_eq!(r.denominator, Some(denominator));
        assert_eq!(criterion.verdict, verdict);
    }
}

/// Nothing is asked of a county without disabled children; of one that did not say how many it has, the answer is open.
#[test]
fn a_county_without_disabled_children_meets_what_is_asked_for_them() {
    for id in ["quality-2017", "basic-2012"] {
        let pipeline = named_pipeline(id);
        let c = pipeline
            .criteria
            .iter()
            .position(|c| c.id == "disabled-enrolment");
        let c = c.unwrap();
        for (children, enrolled, wanted) in [
            ("0", "0", Verdict::Met),
            ("20", "0", Verdict::NotMet),
            ("20", "20", Verdict::Met),
            ("", "", Verdict::Incomplete),
        ] {
            let text = format!(
                "## 990001-甲县/区县填报表.xlsx ! county\ndisabled_children = {children}\ndisabled_enrolled = {enrolled}\n"
            );
            let results = computed(
                &pipeline,
                &format!("disabled-{id}-{children}-{enrolled}"),
                &text,
            );
            let own = results.criteria.iter().find(|r| r.criterion == c).unwrap();
            assert_eq!(own.verdict, wanted, "{id} {children} {enrolled}");
            if let Some(most) = pipeline.criteria[c].points {
                let points = match wanted {
                    Verdict::Met => Some(most),
                    Verdict::NotMet => Some(0.0),
                    Verdict::Incomplete => None,
                };
                assert_eq!(own.points, points, "{id} {children} {enrolled}");
            }
        }
        // Who states the share alone is judged by it.
        let text = "## 990001-甲县/区县填报表.xlsx ! county\ndisabled_children =\ndisabled_enrolled =\n\
             ## 990001-甲县/国家申报表.xlsx ! statements application-5\n\
             2 = 全县残疾儿童少年为＿＿人，入学＿＿人，入学率为97.9%。其中，在特殊教育学校就读＿＿人，占比＿＿%。\n";
        let results = computed(&pipeline, &format!("disabled-{id}-stated"), text);
        let own = results.criteria.iter().find(|r| r.criterion == c).unwrap();
        assert_eq!(own.verdict, Verdict::Met, "{id}");
    }
}

/// Classes of schools that send a workbook each stand in columns of the whole school.
#[test]
fn classes_of_schools_with_workbooks_of_their_own_go_before_the_countys_word() {
    let pipeline = pipeline();
    let c = pipeline.criteria.iter().position(|c| c.id == "class-size");
    let said = "## 990001-甲县/区县填报表.xlsx ! county\n\
         ## 990001-甲县/国家申报表.xlsx ! statements application-4\n\
         5 = 超过45人的小学班级0个，超过50人的初中班级0个\n5.claim = 达标\n";
    let verdict = |name: &str, school: &str| {
        let text = format!(
            "## 990001-甲县/学校/一校.xlsx ! school 211\n{school}## 990001-甲县/学校/二校.xlsx ! school 311\nschool_code = '3199000002\nschool_name = 二校\n{said}"
        );
        let results = computed(&pipeline, &format!("own-classes-{name}"), &text);
        let own = results.criteria.iter().find(|r| Some(r.criterion) == c);
        (own.unwrap().verdict, results)
    };
    assert_eq!(verdict("none", "").0, Verdict::Met);
    assert_eq!(
        verdict("large", "class_ge66_whole = 3\n").0,
        Verdict::NotMet
    );
}

/// A blank cell that leaves a criterion open is named.
#[test]
fn blank_cells_of_sums_are_named() {
    let pipeline = pipeline();
    for column in ["trained_primary", "certified_primary", "teachers_primary"] {
        let text = format!(
            "## 990001-甲县/学校汇总表.xlsx ! summary 211 311\n1.{column} =\n## 990001-甲县/区县填报表.xlsx ! county\n"
        );
        let results = computed(&pipeline, &format!("blank-sum-{column}"), &text);
        let title = |f: &junheng::finding::Finding| f.column.clone().unwrap_or_default();
        let table = &pipeline.tables[pipeline.table("school").unwrap()];
        let own = &table.columns[table.position(column).unwrap()].title;
        let missing = results
            .findings
            .iter()
            .filter(|f| f.rule == "value-missing");
        let titles: Vec<String> = missing.map(title).collect();
        assert!(titles.contains(own), "{column}: {titles:?}");
        assert_eq!(titles.len(), 1, "{column}: {titles:?}");
    }
}

#[test]
fn satisfaction_is_of_the_valid_questionnaires_not_of_those_issued() {
    let pipeline = pipeline();
    let grid = |stated: &str| {
        format!(
            "## 990001-甲县/满意度.xlsx ! grid 满意度\n调查对象|发放|回收有效|满意|满意度\n合计|74107|74088|64116|{stated}\n"
        )
    };
    for (stated, matches) in [("86.54", true), ("86.52", false)] {
        let results = computed(&pipeline, &format!("satisfaction-{stated}"), &grid(stated));
        let (criterion, r) = figure(&pipeline, &results, "satisfaction");
        assert!((r.value.unwrap() - 86.540330).abs() < 5e-7);
        assert_eq!(criterion.verdict, Verdict::Met);
        assert_eq!(
            differs(&results, "问卷调查综合满意度"),
            !matches,
            "{stated}"
        );
    }
}

#[test]
fn two_editions_of_a_limit_stand_side_by_side() {
    let pipeline = pipeline();
    let text = "## 990001-甲县/区县填报表.xlsx ! county\nspecial_funds = 1950000\nspecial_students = 276\n";
    let input = fresh("editions");
    write_input(&pipeline, text, &input);
    for (period, limit, verdict) in [
        (2019, 6000.0, Verdict::Met),
        (2020, 6000.0, Verdict::Met),
        (2021, 8000.0, Verdict::NotMet),
        (2024, 8000.0, Verdict::NotMet),
    ] {
        let results = compute_year(&pipeline, &input, counties(), period);
        let (criterion, r) = figure(&pipeline, &results, "special-funds-per-student");
        assert_eq!(r.limit.unwrap().value, limit, "{period}");
        assert_eq!(criterion.verdict, verdict, "{period}");
    }
}

/// Ratios of the reports that are no criterion: the share of private pupils, of graduates, of added teachers. The arithmetic
/// and the comparison at the stated digits are the same.
#[test]
fn other_ratios_of_the_reports() {
    let rows: [(f64, f64, f64, usize, bool); 4] = [
        (1595.0, 49089.0, 3.25, 2, true),
        (247.0, 650.0, 49.0, 0, false),
        (197.0, 650.0, 30.0, 0, true),
        (1464.0, 1766.0, 83.0, 0, true),
    ];
    for (n, d, stated, digits, matches) in rows {
        let value = junheng::indicators::unit::ratio(Some(n), Some(d), 100.0).unwrap();
        let printed = junheng::text::rounded(value, digits);
        assert_eq!(printed == stated, matches, "{n}/{d} = {value}");
    }
}

/// Sums that the reports state: every one comes out.
#[test]
fn sums_of_real_reports() {
    let rows = [
        ("36825 + 12264", 49089.0),
        ("2078 + 1146", 3224.0),
        ("5 + 9 + 20", 34.0),
        ("6 + 9 + 21", 36.0),
        ("21 + 12 + 1", 34.0),
        ("17 + 3 + 1", 21.0),
        ("21 + 3 + 1", 25.0),
        ("787 + 406", 1193.0),
        ("44379 + 28590 + 39001", 111970.0),
        ("37308 + 24879 + 38962", 101149.0),
        ("57 + 30", 87.0),
        ("76160 + 30170", 106330.0),
        ("4255 + 2351", 6606.0),
        ("25295 + 1703", 26998.0),
        ("120536 - 111425", 9111.0),
        ("22 + 2 + 73 + 94", 191.0),
        ("67424 + 25564", 92988.0),
        ("4298 + 2150", 6448.0),
        ("4201 + 2075", 6276.0),
        ("75861 - 68725", 7136.0),
    ];
    let frame = polars::prelude::df!["a" => [1_i64]].unwrap();
    for (text, stated) in rows {
        let formula = parse(text, &Vec::new()).unwrap();
        let column = evaluate(&formula, &frame).unwrap();
        assert_eq!(column.f64().unwrap().get(0), Some(stated), "{text}");
    }
}

/// Table 2 of two provinces' reports on 基本均衡: county, stage, eight coefficients of variation in thousandths, the stated
/// composite.
const COMPOSITES: &[(&str, &str, [u32; 8], &str)] = &[
    (
        "南关区",
        "小学",
        [393, 578, 372, 246, 208, 311, 311, 455],
        "0.359",
    ),
    (
        "南关区",
        "初中",
        [433, 464, 334, 318, 433, 362, 368, 335],
        "0.381",
    ),
    (
        "宽城区",
        "小学",
        [251, 426, 267, 227, 127, 318, 302, 440],
        "0.295",
    ),
    (
        "宽城区",
        "初中",
        [285, 373, 243, 333, 224, 391, 355, 569],
        "0.347",
    ),
    (
        "朝阳区",
        "小学",
        [380, 605, 352, 362, 101, 301, 295, 415],
        "0.351",
    ),
    (
        "朝阳区",
        "初中",
        [320, 431, 291, 223, 95, 400, 386, 431],
        "0.322",
    ),
    (
        "二道区",
        "小学",
        [246, 471, 388, 299, 189, 475, 479, 533],
        "0.385",
    ),
    (
        "二道区",
        "初中",
        [441, 494, 495, 311, 388, 365, 236, 493],
        "0.403",
    ),
    (
        "绿园区",
        "小学",
        [280, 819, 315, 206, 104, 353, 343, 406],
        "0.353",
    ),
    (
        "绿园区",
        "初中",
        [362, 446, 324, 402, 362, 372, 342, 496],
        "0.388",
    ),
    (
        "庐阳区",
        "小学",
        [881, 1299, 977, 379, 170, 334, 286, 408],
        "0.592",
    ),
    (
        "庐阳区",
        "初中",
        [353, 784, 146, 491, 37, 226, 223, 253],
        "0.314",
    ),
    (
        "蜀山区",
        "小学",
        [711, 649, 472, 338, 235, 274, 260, 396],
        "0.417",
    ),
    (
        "蜀山区",
        "初中",
        [505, 484, 325, 275, 199, 715, 421, 1021],
        "0.493",
    ),
];

#[test]
fn composites_follow_from_their_eight_coefficients() {
    let pipeline = named_pipeline("basic-2012");
    for (county, stage, cvs, stated) in COMPOSITES {
        let got = composite(cvs.iter().map(|cv| Some(f64::from(*cv) / 1000.0))).unwrap();
        assert_eq!(junheng::text::fixed(got, 3), *stated, "{county} {stage}");
        let s = pipeline
            .stages
            .iter()
            .position(|s| s.title == *stage)
            .unwrap();
        let limit = pipeline.balance_limit(s).unwrap().value;
        assert_eq!(limit, if *stage == "小学" { 0.65 } else { 0.55 });
        assert!(got <= limit, "{county} {stage}");
    }
    assert_eq!(composite([Some(0.1), None]), None);
}

/// The worked example of the method note, as a county's workbook, through basic-2012.
#[test]
fn the_worked_example_runs_through_basic_2012() {
    let pipeline = named_pipeline("basic-2012");
    let text =
        std::fs::read_to_string(root().join("tests/cases/worked-example-2012/input.txt")).unwrap();
    let results = computed(&pipeline, "worked-2012", &text);
    let books = pipeline
        .indicators
        .iter()
        .position(|i| i.id == "books")
        .unwrap();
    let b = results
        .balances
        .iter()
        .find(|b| b.indicator == books)
        .unwrap();
    assert!((b.cv.unwrap() - 0.5152566299).abs() < 1e-10);
    assert!((b.spread.unwrap().mean - 6.334437086).abs() < 1e-9);
    let c = results
        .composites
        .iter()
        .find(|c| c.county_code == "990005")
        .unwrap();
    assert_eq!((c.cv, c.verdict), (None, Verdict::Incomplete));
}
