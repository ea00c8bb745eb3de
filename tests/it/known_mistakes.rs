//! Mistakes seen in other programs, each with figures on which it would show.

use crate::harness::*;
use junheng::indicators::Verdict;
use junheng::indicators::balance::{Balance, spread};
use junheng::indicators::verdict::printed_flips;
use junheng::pipeline::Pipeline;
use junheng::pipeline::model::{BalanceRule, Part};
use junheng::results::Results;

fn computed(name: &str, text: &str) -> (Pipeline, Results) {
    let pipeline = pipeline();
    let input = fresh(&format!("mistake-{name}"));
    write_input(&pipeline, text, &input);
    let results = compute(&pipeline, &input, counties());
    (pipeline, results)
}

fn balance<'a>(pipeline: &Pipeline, results: &'a Results, stage: usize, id: &str) -> &'a Balance {
    let i = pipeline.indicators.iter().position(|i| i.id == id).unwrap();
    let mut own = results.balances.iter();
    own.find(|b| b.indicator == i && b.stage == stage).unwrap()
}

/// Two primary schools, one small and rich, one large and poor.
const UNEQUAL: &str = "## 990001-甲县/学校汇总表.xlsx ! summary 211 211 311\n1.students_primary = 100\n1.backbone_primary = 4\n2.students_primary = 900\n2.backbone_primary = 9\n";

#[test]
fn unweighted_coefficients() {
    let (pipeline, results) = computed("unweighted", UNEQUAL);
    let b = balance(&pipeline, &results, 0, "backbone-teachers");
    // x = 4, 1; p = 100, 900: X = 1.3, S = sqrt(0.1 * 2.7^2 + 0.9 * 0.3^2) = 0.9.
    assert!((b.cv.unwrap() - 0.9 / 1.3).abs() < 1e-12);
    assert!((b.spread.unwrap().cv_unweighted.unwrap() - 0.6).abs() < 1e-12);
}

#[test]
fn the_mean_of_the_schools_ratios() {
    let (pipeline, results) = computed("mean-of-ratios", UNEQUAL);
    let b = balance(&pipeline, &results, 0, "backbone-teachers");
    assert!(
        (b.spread.unwrap().mean - 1.3).abs() < 1e-12,
        "not (4 + 1) / 2"
    );
}

#[test]
fn a_composite_limit_in_the_method_of_2017() {
    let (pipeline, results) = computed("composite", UNEQUAL);
    assert_eq!(pipeline.settings.balance_rule, BalanceRule::Each);
    assert!(results.composites.is_empty());
    for b in results.balances.iter().filter(|b| b.verdict.is_some()) {
        assert_eq!(b.limit, Some(if b.stage == 0 { 0.50 } else { 0.45 }));
    }
}

#[test]
fn ratios_rounded_before_the_deviation() {
    // With x and X rounded to two digits the coefficient would be another.
    let points = [
        (333.0, 100.0 / 333.0),
        (667.0, 250.0 / 667.0),
        (501.0, 199.0 / 501.0),
    ];
    let exact = spread(&points).unwrap().cv.unwrap();
    let rough: Vec<(f64, f64)> = points
        .iter()
        .map(|(p, x)| (*p, (x * 100.0).round() / 100.0))
        .collect();
    assert!((exact - spread(&rough).unwrap().cv.unwrap()).abs() > 1e-4);
    let total: f64 = points.iter().map(|(p, _)| p).sum();
    let mean = 549.0 / total;
    let variance: f64 = points
        .iter()
        .map(|(p, x)| p / total * (x - mean).powi(2))
        .sum();
    assert!((exact - variance.sqrt() / mean).abs() < 1e-12);
}

#[test]
fn a_coefficient_rounded_to_two_digits_and_then_compared() {
    // 0.501787 fails at full precision and at three digits, and would pass at two.
    assert!(!junheng::formula::lower::at_most(0.501787, 0.50));
    assert!(!printed_flips(0.501787, 0.50, 3));
    assert!(printed_flips(0.501787, 0.50, 2));
    assert!(printed_flips(0.5004, 0.50, 3));
}

#[test]
fn schools_with_none_of_a_kind_left_out() {
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 211 211 311\n1.backbone_primary = 0\n";
    let (pipeline, results) = computed("zeros", text);
    let b = balance(&pipeline, &results, 0, "backbone-teachers");
    assert_eq!(b.units, 3);
    // x = 0, 1.6, 1.6 with equal weights: CV = 1 / sqrt(2).
    assert!((b.cv.unwrap() - 0.5f64.sqrt()).abs() < 1e-12);
}

#[test]
fn doctors_forgotten() {
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 311\n1.doctor_primary = 2\n2.doctor_junior = 2\n";
    let (pipeline, results) = computed("doctors", text);
    let mean = |stage| {
        balance(&pipeline, &results, stage, "degree-teachers")
            .spread
            .unwrap()
            .mean
    };
    assert!((mean(0) - 8.0).abs() < 1e-12, "8 + 26 + 4 + 2 of 500");
    assert!((mean(1) - 6.4).abs() < 1e-12, "26 + 4 + 2 of 500");
}

#[test]
fn combined_schools_left_out_of_the_coefficient() {
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 311 312 345\n";
    let (pipeline, results) = computed("combined", text);
    for stage in [0, 1] {
        assert_eq!(
            balance(&pipeline, &results, stage, "teaching-area").units,
            3
        );
    }
}

#[test]
fn a_primary_section_for_complete_secondary_schools_and_no_split_of_twelve_years() {
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 341 345 211 311\n";
    let (pipeline, results) = computed("types", text);
    let rows = &results.dataset.tables[pipeline.table("school").unwrap()].rows;
    let units = |code: &str| -> Vec<(usize, f64)> {
        let own = results.units.list.iter();
        own.filter(|u| {
            rows[u.school].key.starts_with(code)
                && rows[u.school].key.ends_with('1') == (code == "3499000001")
        })
        .map(|u| (u.stage, u.share.unwrap()))
        .collect()
    };
    let complete = units("3499000001");
    assert_eq!(complete.len(), 1, "junior only");
    assert!((complete[0].1 - 1.0 / 2.2).abs() < 1e-12, "500 : 1.2 x 500");
    let twelve = units("3499000002");
    assert_eq!(twelve.len(), 2);
    assert!((twelve[0].1 - 1.0 / 3.42).abs() < 1e-12, "1 : 1.1 : 1.32");
    assert!((twelve[1].1 - 1.1 / 3.42).abs() < 1e-12);
}

#[test]
fn a_missing_submission_taken_as_zero() {
    let (pipeline, results) = computed(
        "missing",
        "## 990001-甲县/区县填报表.xlsx ! county\nrotation_teachers = \n",
    );
    // The county's list does answer the vetoes.
    for v in results.verdicts.iter().filter(|v| v.part != Part::Veto) {
        assert_ne!(v.verdict, Verdict::Met, "{:?}", v.part);
        assert_ne!(v.verdict, Verdict::NotMet, "{:?}", v.part);
    }
    let rotation = pipeline
        .criteria
        .iter()
        .position(|c| c.id == "rotation")
        .unwrap();
    for r in results.criteria.iter().filter(|r| r.criterion == rotation) {
        assert_eq!(r.verdict, Verdict::Incomplete);
        assert_eq!(r.figures[0].value, None);
    }
}

#[test]
fn uncounted_points_merged_for_some_indicators_only() {
    // A teaching point of 60 pupils is a unit with all seven indicators; it is merged into no school.
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 218 311\n2.students_primary = 60\n";
    let (pipeline, results) = computed("points", text);
    let point = results
        .units
        .list
        .iter()
        .position(|u| u.students == Some(60.0))
        .unwrap();
    let own = results
        .values
        .iter()
        .filter(|v| v.unit() == point && v.limit().is_some() && v.value().is_some());
    assert_eq!(own.count(), 7);
    let first = results
        .units
        .list
        .iter()
        .find(|u| u.stage == 0 && u.students == Some(500.0))
        .unwrap();
    let area = pipeline
        .unit_columns
        .iter()
        .position(|c| c.name == "teaching_area")
        .unwrap();
    assert_eq!(first.values[area], Some(4000.0));
}

#[test]
fn schools_joined_by_a_part_of_their_name() {
    let text = "## 990001-甲县/小学.xlsx ! summary @小学 211\n1.school_name = 一小\n1.school_code = '2199000001\n\
                ## 990001-甲县/初中.xlsx ! summary @初中 311\n1.school_name = 一小附属初中\n1.school_code = '3199000002\n";
    let (pipeline, results) = computed("names", text);
    let rows = &results.dataset.tables[pipeline.table("school").unwrap()].rows;
    assert_eq!(rows.len(), 2);
    assert!(results.findings.iter().all(|f| f.rule != "rows-merged"));
}

#[test]
fn yuan_and_ten_thousand_yuan() {
    let text = "## 990001-甲县/学校汇总表.xlsx ! summary 211 311\nunit.school_equipment_value = 元\n1.school_equipment_value = 1500000\n2.school_equipment_value = 1500000\n";
    let (pipeline, results) = computed("yuan", text);
    let b = balance(&pipeline, &results, 0, "equipment-value");
    assert!((b.spread.unwrap().mean - 3000.0).abs() < 1e-9);
    assert!(results.findings.iter().any(|f| f.rule == "unit-converted"));
    let county = "## 990001-甲县/区县填报表.xlsx ! county\nteacher_pay = 120536\n";
    let (_, results) = computed("pay", county);
    assert!(
        results
            .findings
            .iter()
            .any(|f| f.rule == "pay-unit-suspect")
    );
}

#[test]
fn a_coefficient_of_one_school() {
    let (pipeline, results) = computed("one", "## 990001-甲县/学校汇总表.xlsx ! summary 211 311\n");
    let b = balance(&pipeline, &results, 0, "teaching-area");
    assert_eq!((b.cv, b.verdict), (None, Some(Verdict::Met)));
}
