//! Files as counties send them: what stands where nobody expects it ends in the right figure or in a finding, never in silence.

use crate::harness::*;
use junheng::finding::Finding;
use junheng::ingest::cell::Value;
use junheng::pipeline::Pipeline;
use junheng::results::Results;

fn computed(name: &str, text: &str) -> (Pipeline, Results) {
    let pipeline = pipeline();
    let input = fresh(&format!("as-sent-{name}"));
    write_input(&pipeline, text, &input);
    let results = compute(&pipeline, &input, counties());
    (pipeline, results)
}

fn all<'a>(results: &'a Results, rule: &str) -> Vec<&'a Finding> {
    let own = results.findings.iter();
    own.filter(|f| f.rule == rule).collect()
}

/// The figure of each school in a column of the school table, in the order of their keys.
fn figures(of: &(Pipeline, Results), column: &str) -> Vec<Option<f64>> {
    let (pipeline, results) = of;
    let table = pipeline.table("school").unwrap();
    let column = pipeline.tables[table].position(column).unwrap();
    let rows = results.dataset.tables[table].rows.iter();
    rows.map(|r| r.values[column].as_ref().and_then(Value::number))
        .collect()
}

const HEAD: &str = "学校名称 | 学校标识码 | 办学类型 | 小学在校生数 | 教学仪器设备资产值";
const ROWS: &str =
    "一校 | '2199000001 | 小学 | 100 | 250000\n二校 | '2199000002 | 小学 | 200 | 500000\n";
const YUAN: [Option<f64>; 2] = [Some(250_000.0), Some(500_000.0)];

#[test]
fn units_stand_below_headers_that_are_merged_down_or_below_a_blank_row() {
    let heads = "## 990001-甲县/表.xlsx ! grid 学校\nmerge 0 0 1 0 : 学校名称\nmerge 0 1 1 1 : 学校标识码\nmerge 0 2 1 2 : 办学类型\n\
         merge 0 3 1 3 : 小学在校生数\nmerge 0 4 1 4 : 教学仪器设备资产值\n";
    // Lines of the grid are rows: those of the merged blocks are taken up by what follows.
    let merged = format!("{heads} | | 代码 | 人 | 元\n{ROWS}");
    let of = computed("merged", &merged);
    assert_eq!(figures(&of, "school_equipment_value"), YUAN);
    assert_eq!(all(&of.1, "unit-not-stated").len(), 0);
    let blank =
        format!("## 990001-甲县/表.xlsx ! grid 学校\n{HEAD}\n\n | | 代码 | 人 | 元\n{ROWS}");
    let of = computed("blank", &blank);
    assert_eq!(figures(&of, "school_equipment_value"), YUAN);
}

#[test]
fn a_block_with_other_units_is_a_table_of_its_own() {
    let text = format!(
        "## 990001-甲县/表.xlsx ! grid 学校\n{HEAD}\n | | 代码 | 人 | 万元\n一校 | '2199000001 | 小学 | 100 | 25\n\
         {HEAD}\n | | 代码 | 人 | 元\n二校 | '2199000002 | 小学 | 200 | 500000\n"
    );
    let of = computed("other-units", &text);
    assert_eq!(figures(&of, "school_equipment_value"), YUAN);
}

#[test]
fn the_unit_of_a_title_is_that_of_figures_of_its_kind_only() {
    let text = format!(
        "## 990001-甲县/表.xlsx ! grid 学校\nmerge 0 0 0 4 : 甲县汇总表（单位：人、元、斗）\n{HEAD}\n{ROWS}"
    );
    // The grid's own lines begin behind the merge, which is its first.
    let of = computed("title-unit", &text);
    assert_eq!(figures(&of, "school_equipment_value"), YUAN);
    assert_eq!(figures(&of, "students_primary"), [Some(100.0), Some(200.0)]);
    assert_eq!(all(&of.1, "units-disagree").len(), 0);
}

#[test]
fn a_sum_with_a_number_where_codes_stand_is_no_school() {
    let text =
        format!("## 990001-甲县/表.xlsx ! grid 学校\n{HEAD}\n{ROWS}合计 | 2 | | 300 | 750000\n");
    let of = computed("sum-coded", &text);
    assert_eq!(figures(&of, "students_primary"), [Some(100.0), Some(200.0)]);
    assert_eq!(all(&of.1, "code-padded").len(), 0);
}

const STAGE_HEAD: &str = "学校名称 | 学校标识码 | 办学类型 | 在校生数";

#[test]
fn the_title_of_a_second_table_is_found_behind_signatures_and_above_what_is_filled_in() {
    for (name, between) in [
        ("plain", "甲县初中数据汇总表\n"),
        (
            "filled",
            "甲县初中数据汇总表\n填报单位：甲县教育局 | 填报年度：2024 | 数据时点：9月1日\n",
        ),
        (
            "signed",
            "单位负责人：张 | 统计负责人：李 | 填表人：王 | 填表日期：2024.9.1\n甲县初中数据汇总表\n",
        ),
        ("unit", "甲县初中数据汇总表 | 单位：人\n"),
        ("other end", "甲县初中学校一览表\n"),
        ("school's end", "二、初中学校\n"),
    ] {
        let text = format!(
            "## 990001-甲县/表.xlsx ! grid 学校\n甲县小学数据汇总表\n{STAGE_HEAD}\n一校 | '2199000001 | 小学 | 100\n合计 | | | 100\n\
             {between}{STAGE_HEAD}\n二校 | '3199000002 | 初级中学 | 200\n"
        );
        let of = computed(&format!("stacked-{name}"), &text);
        assert_eq!(
            figures(&of, "students_primary"),
            [Some(100.0), None],
            "{name}"
        );
        assert_eq!(
            figures(&of, "students_junior"),
            [None, Some(200.0)],
            "{name}"
        );
        assert_eq!(all(&of.1, "row-unnamed").len(), 0, "{name}");
    }
    // What a note says of a stage is no title.
    let text = format!(
        "## 990001-甲县/表.xlsx ! grid 初中\n{STAGE_HEAD}\n一校 | '3199000001 | 初级中学 | 100\n注:在校生数不含小学附设班\n{STAGE_HEAD}\n二校 | '3199000002 | 初级中学 | 200\n"
    );
    let of = computed("stacked-note", &text);
    assert_eq!(figures(&of, "students_junior"), [Some(100.0), Some(200.0)]);
}

#[test]
fn a_second_table_far_down_is_read() {
    let mut text =
        format!("## 990001-甲县/表.xlsx ! grid 学校\n甲县小学数据汇总表\n{STAGE_HEAD}\n");
    for n in 10..70 {
        text.push_str(&format!("{n}校 | '21990000{n} | 小学 | 100\n"));
    }
    text.push_str(&format!(
        "甲县初中数据汇总表\n{STAGE_HEAD}\n二校 | '3199000002 | 初级中学 | 200\n"
    ));
    let of = computed("far-down", &text);
    assert_eq!(figures(&of, "students_junior").last(), Some(&Some(200.0)));
    assert_eq!(all(&of.1, "header-changes").len(), 0);
}

/// A header that stands again may not take a school with it.
#[test]
fn what_could_be_a_school_above_a_header_that_stands_again_is_said() {
    let one = "一校 | '2199000001 | 小学 | 100 | 25\n";
    let three = "三校 | '2199000003 | 小学 | 300 | 75\n";
    for (name, between, rules) in [
        // The name in one row, its figures in the next.
        ("torn", "东街小学\n | | | 200 | 50\n", &["row-unnamed"][..]),
        ("alone", "东街小学\n", &["row-unnamed"]),
        // Every figure kept as text, in a row right above the header.
        (
            "texts",
            "东街小学 | | | '200 | '50\n",
            &["row-unidentified"],
        ),
    ] {
        let text =
            format!("## 990001-甲县/表.xlsx ! grid 学校\n{HEAD}\n{one}{between}{HEAD}\n{three}");
        let of = computed(&format!("above-header-{name}"), &text);
        assert_eq!(
            figures(&of, "students_primary"),
            [Some(100.0), Some(300.0)],
            "{name}"
        );
        for rule in rules {
            assert_eq!(all(&of.1, rule).len(), 1, "{name} {rule}");
        }
    }
}

#[test]
fn a_second_block_may_state_other_units_and_one_total_may_be_of_both() {
    let units = |unit: &str| format!("单位:{unit}、人\n");
    let text = format!(
        "## 990001-甲县/表.xlsx ! grid 学校\n{}{HEAD}\n一校 | '2199000001 | 小学 | 100 | 25\n{}{HEAD}\n二校 | '2199000002 | 小学 | 200 | 500000\n合计 | | | 300 | 750000\n",
        units("万元"),
        units("元"),
    );
    let of = computed("other-units", &text);
    assert_eq!(
        figures(&of, "school_equipment_value"),
        [Some(250_000.0), Some(500_000.0)]
    );
    assert_eq!(all(&of.1, "total-row-differs").len(), 0);
    // What is stated of other figures changes nothing.
    for between in ["单位:人\n", "填表人:张 | 面积单位:平方米\n"] {
        let text = format!(
            "## 990001-甲县/表.xlsx ! grid 学校\n单位:元、人\n{HEAD}\n一校 | '2199000001 | 小学 | 100 | 250000\n{between}{HEAD}\n二校 | '2199000002 | 小学 | 200 | 500000\n"
        );
        let of = computed("units-of-others", &text);
        assert_eq!(figures(&of, "school_equipment_value"), YUAN, "{between}");
    }
    let wrong = text.replace("合计 | | | 300", "合计 | | | 301");
    let of = computed("other-units-total", &wrong);
    assert_eq!(all(&of.1, "total-row-differs").len(), 1);
}

#[test]
fn a_sheet_about_several_stages_is_of_none() {
    use junheng::ingest::header::stage_in;
    let pipeline = pipeline();
    let title = |text: &str| stage_in(&pipeline, text).map(|s| pipeline.stages[s].id.clone());
    assert_eq!(title("中小学基本情况(初中)").as_deref(), Some("junior"));
    assert_eq!(title("甲县小学、初高中学校汇总表"), None);
    assert_eq!(title("初高中"), None);
    let text = format!(
        "## 990001-甲县/表.xlsx ! grid 中小学\n{STAGE_HEAD}\n二校 | '3199000002 | 初级中学 | 200\n"
    );
    let of = computed("several-stages", &text);
    assert_eq!(figures(&of, "students_primary"), [None]);
    assert!(!all(&of.1, "column-missing").is_empty());
}

#[test]
fn rows_and_files_of_another_county_are_said() {
    for (said, differs) in [
        ("990001", 0),
        ("990001002000", 0),
        ("990002", 1),
        ("990002002000", 1),
        ("甲县", 0),
        ("东市甲县", 0),
        ("甲县教育局", 0),
        ("乙县", 1),
        ("西市乙县", 1),
        ("外省丁县", 0),
        ("市直", 0),
        ("本县", 0),
    ] {
        let column = match said.starts_with('9') {
            true => "行政区划代码",
            false => "区县名称",
        };
        let text = format!(
            "## 990001-甲县/表.xlsx ! grid 学校\n{HEAD} | {column}\n一校 | '2199000001 | 小学 | 100 | 25 | '{said}\n"
        );
        let of = computed(&format!("stated-{said}"), &text);
        assert_eq!(all(&of.1, "county-differs").len(), differs, "{said}");
        assert_eq!(figures(&of, "students_primary"), [Some(100.0)], "{said}");
    }
    for (path, differs) in [
        ("990001-甲县/990001-甲县-汇总表.xlsx", 0),
        ("990001-甲县/202409-汇总表.xlsx", 0),
        ("990001-甲县/990002-乙县-汇总表.xlsx", 1),
        ("990001-甲县/乙县-汇总表.xlsx", 1),
        ("990001-甲县/990002-乙县/汇总表.xlsx", 1),
    ] {
        let text = format!("## {path} ! grid 学校\n{HEAD}\n{ROWS}");
        let of = computed(&path.replace('/', "-"), &text);
        assert_eq!(all(&of.1, "county-differs").len(), differs, "{path}");
    }
    // The file's name and its rows state the same: said once, at the cell.
    let text = format!(
        "## 990001-甲县/990002-乙县-汇总表.xlsx ! grid 学校\n{HEAD} | 行政区划代码\n一校 | '2199000001 | 小学 | 100 | 25 | '990002\n"
    );
    let of = computed("differs-once", &text);
    let own = all(&of.1, "county-differs");
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].place.cell.as_deref(), Some("F2"));
    // A name at the head of a file's name, with nothing behind it to end it. Short names are words like any other.
    for (name, differs) in [
        ("云岭县汇总表", 1),
        ("云岭县小学", 0),
        ("澄溪县汇总表", 0),
        ("城区学校汇总表", 0),
        ("城区-学校汇总表", 0),
        ("990003-城区-学校汇总表", 1),
        ("县城学校汇总表", 0),
    ] {
        let mut list = counties();
        list[0].name = "澄溪县".to_string();
        list[1].name = "云岭县".to_string();
        let mut third = list[1].clone();
        third.code = "990003".to_string();
        third.name = "城区".to_string();
        list.push(third);
        let pipeline = pipeline();
        let input = fresh(&format!("as-sent-head-{name}"));
        let text = format!("## 990001-澄溪县/{name}.xlsx ! grid 学校\n{HEAD}\n{ROWS}");
        write_input(&pipeline, &text, &input);
        let results = compute(&pipeline, &input, list);
        let own = all(&results, "county-differs");
        assert_eq!(own.len(), differs, "{name}");
        assert!(
            own.iter().all(|f| f.message.starts_with("文件名")),
            "{own:?}"
        );
    }
}

#[test]
fn a_listed_county_below_the_folder_of_its_prefecture_has_its_files() {
    let folder = fresh("as-sent-prefecture");
    let text = format!(
        "## 990000-甲市/990001-甲县/表.xlsx ! grid 学校\n{HEAD}\n## 990001-甲县/990002-乙县/表.xlsx ! grid 学校\n{HEAD}\n\
         ## 990002-乙县/202409-更正/表.xlsx ! grid 学校\n{HEAD}\n"
    );
    let pipeline = pipeline();
    write_input(&pipeline, &text, &folder);
    let mut listing = junheng::ingest::submission::discover(&folder, 6, &pipeline.limits).unwrap();
    listing.go_inside(6, |code| ["990001", "990002"].contains(&code));
    let counties: Vec<&str> = listing
        .submissions
        .iter()
        .map(|s| s.folder.as_ref().unwrap().code.as_str())
        .collect();
    assert_eq!(counties, ["990001", "990001", "990002"]);
}

#[test]
fn a_first_version_goes_before_no_dated_correction() {
    let file = |name: &str, students: u32| {
        format!(
            "## 990001-甲县/{name} ! grid 学校\n{HEAD}\n一校 | '2199000001 | 小学 | {students} | 25\n"
        )
    };
    for (first, kept) in [("汇总表v1.xlsx", 100.0), ("汇总表v2.xlsx", 200.0)] {
        let text = format!(
            "{}{}",
            file("汇总表-2024-11-03（更正）.xlsx", 100),
            file(first, 200)
        );
        let of = computed(first, &text);
        assert_eq!(figures(&of, "students_primary"), [Some(kept)], "{first}");
    }
}

#[test]
fn what_two_sheets_dispute_no_third_one_settles() {
    let sheet = |name: &str, value: u32| {
        format!(
            "## 990001-甲县/表.xlsx ! grid {name}\n学校名称 | 学校标识码 | 办学类型 | 在校生数 | 教学仪器设备资产值\n\
             一校 | '3499000001 | 十二年一贯制学校 | 100 | {value}\n"
        )
    };
    let text = [sheet("小学", 10), sheet("初中", 20), sheet("高中", 30)].concat();
    let of = computed("disputed", &text);
    assert_eq!(figures(&of, "school_equipment_value"), [None]);
}

#[test]
fn junior_classes_at_a_senior_school_count() {
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 311 342\n3.students_junior = 100\n3.students_senior = 400\n";
    let (pipeline, results) = computed("attached", text);
    let junior = pipeline
        .stages
        .iter()
        .position(|s| s.id == "junior")
        .unwrap();
    let units: Vec<_> = results
        .units
        .list
        .iter()
        .filter(|u| u.stage == junior)
        .collect();
    assert_eq!(units.len(), 2);
    assert!(units.iter().all(|u| u.counted));
    // 1.1 × 100 of 1.1 × 100 + 1.32 or 1.2 × 400.
    let share = units
        .iter()
        .find(|u| u.students == Some(100.0))
        .unwrap()
        .share
        .unwrap();
    assert!(
        (share - 110.0 / (110.0 + 1.32 * 400.0)).abs() < 1e-12,
        "{share}"
    );
}

#[test]
fn an_explanation_holds_as_long_as_all_figures_that_it_is_about() {
    let key = |teachers: u32, others: &str| {
        let text = format!(
            "## 990001-甲县/学校汇总表.xlsx ! summary 211 211\n1.teachers_primary = {teachers}\n1.certified_primary = 90\n{others}"
        );
        let (pipeline, mut results) = computed("marks", &text);
        junheng::followup::follow(&pipeline, &mut results, None, &[], PERIOD);
        let finding = all(&results, "certified-exceed-teachers")[0].clone();
        junheng::followup::key(&finding)
    };
    assert_eq!(key(80, ""), key(80, "2.students_primary = 444\n"));
    assert_ne!(key(80, ""), key(70, ""));
    // Where the figures stand does not count: here the school has moved down by a row.
    let lower = |n: usize| {
        let text = format!(
            "## 990001-甲县/学校汇总表.xlsx ! summary 211 211\n{n}.school_code = '2199000007\n{n}.school_name = 某校\n\
             {n}.students_primary = 333\n{n}.teachers_primary = 80\n{n}.certified_primary = 90\n"
        );
        let (pipeline, mut results) = computed("marks-lower", &text);
        junheng::followup::follow(&pipeline, &mut results, None, &[], PERIOD);
        let finding = all(&results, "certified-exceed-teachers")[0].clone();
        (finding.place.cell.clone(), junheng::followup::key(&finding))
    };
    let (above, below) = (lower(1), lower(2));
    assert_ne!(above.0, below.0);
    assert_eq!(above.1, below.1);
    // A sentence states several figures in one cell; the first stays what it was.
    let sentence = |certified: u32| {
        let text = format!(
            "## 990001-甲县/国家申报表.xlsx ! statements application-4\n12 = 全县在岗专任教师500人，其中持有教师资格证的专任教师{certified}人，占比100.2%\n"
        );
        let (pipeline, mut results) = computed("marks-sentence", &text);
        junheng::followup::follow(&pipeline, &mut results, None, &[], PERIOD);
        junheng::followup::key(all(&results, "app-certified-exceed")[0])
    };
    assert_eq!(sentence(501), sentence(501));
    assert_ne!(sentence(501), sentence(510));
    // The same digits in another unit are another figure.
    let unit = |unit: &str| {
        let text = format!(
            "## 990001-甲县/学校汇总表.xlsx ! summary 211 211\n1.school_equipment_value = 0.0009\nunit.school_equipment_value = {unit}\n"
        );
        let (pipeline, mut results) = computed("marks-unit", &text);
        junheng::followup::follow(&pipeline, &mut results, None, &[], PERIOD);
        let own = results.findings.iter().filter(|f| {
            f.is_asked() && f.value.as_deref() == Some("0.0009") && f.place.cell.is_some()
        });
        own.map(junheng::followup::key).collect::<Vec<_>>()
    };
    let (tens, ones) = (unit("万元"), unit("元"));
    assert!(!tens.is_empty() && !ones.is_empty(), "{tens:?} {ones:?}");
    assert!(
        tens.iter().all(|key| !ones.contains(key)),
        "{tens:?} {ones:?}"
    );
    // A row above moves a header, which changes nothing of what is said of it.
    let header = |above: &str| {
        let text = format!(
            "## 990001-甲县/表.xlsx ! grid 学校\n{above}{}\n{ROWS}",
            HEAD.replace("教学仪器设备资产值", "教学仪器设备值合计")
        );
        let (pipeline, mut results) = computed("marks-header", &text);
        junheng::followup::follow(&pipeline, &mut results, None, &[], PERIOD);
        let own = all(&results, "column-missing");
        let own = own
            .into_iter()
            .find(|f| f.message.contains("教学仪器设备值合计(E"));
        (
            own.unwrap().message.clone(),
            junheng::followup::key(own.unwrap()),
        )
    };
    let (first, moved) = (header(""), header("甲县学校\n"));
    assert_ne!(first.0, moved.0);
    assert_eq!(first.1, moved.1);
    // What the county states is held against what its questionnaires come to.
    let survey = |rows: usize| {
        let text = format!(
            "## 990001-甲县/满意度.xlsx ! grid 满意度\n调查对象|发放|回收有效|满意\n计|9|9|9\n\
             ## 990001-甲县/问卷.csv ! answers\n答卷编号|您的身份|规划布局|师资配置|总体评价\n{rows} x {{n}}|学生家长|满意|满意|满意\n"
        );
        let (pipeline, mut results) = computed("marks-survey", &text);
        junheng::followup::follow(&pipeline, &mut results, None, &[], PERIOD);
        junheng::followup::key(all(&results, "survey-sources-differ")[0])
    };
    assert_ne!(survey(4), survey(5));
}

/// A fault that a whole column has is no school's own.
#[test]
fn a_fault_of_more_than_a_thousand_cells_is_one_finding_about_all_of_its_schools() {
    use junheng::inspection::Inspection;
    let rows = |count: usize| {
        let rows =
            (0..count).map(|i| format!("{i}校 | '2199{i:06} | 小学 | 约100 | {}\n", 100 + i));
        rows.collect::<String>()
    };
    let said = |count: usize| {
        let text = format!(
            "## 990001-甲县/表.xlsx ! grid 学校\n{HEAD}\n{}",
            rows(count)
        );
        computed(&format!("many-cells-{count}"), &text)
    };
    let (_, few) = said(60);
    assert_eq!(all(&few, "value-unreadable").len(), 60);
    let (pipeline, many) = said(1_001);
    let own = all(&many, "value-unreadable");
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].place.cell.as_deref(), Some("D2:D1002"));
    assert!(own[0].message.contains("1001"), "{}", own[0].message);
    let impact = own[0].impact.as_ref().unwrap();
    assert!(
        impact.county_flips && !impact.text.contains("本校"),
        "{}",
        impact.text
    );
    let about = Inspection::of(&pipeline, &many).flagged;
    assert_eq!(about.len(), 1_001);
}
