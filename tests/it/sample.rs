//! `sample_data` holds what its README says: every planted mistake raises its finding at its cell, the clean counties raise
//! none but those about figures that are unusual, and their figures are those that the generator computed on its own.

use crate::harness::*;
use junheng::finding::Severity;
use junheng::indicators::Verdict;
use junheng::pipeline::model::Part;
use junheng::results::Results;

const UNUSUAL: &str = "| county | file | sheet | cell | what is unusual | query |";

fn sample() -> (junheng::pipeline::Pipeline, Results, String) {
    let pipeline = pipeline();
    let folder = root().join("sample_data/quality-2017");
    let counties = junheng::dataset::read_counties(&pipeline.counties_path).unwrap();
    let results = compute(&pipeline, &folder, counties);
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    (pipeline, results, readme)
}

/// Rows of the Markdown table with this header, as trimmed cells.
fn table<'a>(readme: &'a str, header: &str) -> Vec<Vec<&'a str>> {
    readme
        .lines()
        .skip_while(|l| !l.starts_with(header))
        .skip(2)
        .take_while(|l| l.starts_with('|'))
        .map(|l| l.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn every_planted_mistake_is_found_at_its_cell() {
    let (_, results, readme) = sample();
    let planted = table(
        &readme,
        "| county | file | sheet | cell | mistake | finding |",
    );
    assert!(planted.len() >= 40, "{} rows", planted.len());
    let unusual = table(&readme, UNUSUAL);
    assert!(unusual.len() >= 5, "{} rows", unusual.len());
    let mut missed = Vec::new();
    for row in planted.iter().chain(&unusual) {
        let [county, file, sheet, cell, _, rule] = row[..] else {
            panic!("{row:?}")
        };
        let fits =
            |wanted: &str, got: &Option<String>| wanted == "-" || got.as_deref() == Some(wanted);
        let hit = results.findings.iter().any(|f| {
            f.rule == rule
                && fits(county, &f.county_code)
                && fits(file, &f.place.file)
                && fits(sheet, &f.place.sheet)
                && (cell == "-"
                    || f.place
                        .cell
                        .as_deref()
                        .is_some_and(|c| c.split(',').any(|x| x == cell)))
        });
        if !hit {
            missed.push(row.join(" | "));
        }
    }
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
}

#[test]
fn no_finding_without_a_planted_mistake() {
    let (_, results, readme) = sample();
    let planted = table(
        &readme,
        "| county | file | sheet | cell | mistake | finding |",
    );
    // What follows from a planted mistake, and is right to be said.
    let follows = [
        "school-claimed-twice",
        "stage-without-students",
        "column-unused",
    ];
    let unusual = table(&readme, UNUSUAL);
    let is_unusual = |f: &junheng::finding::Finding| {
        unusual.iter().any(|row| {
            row[5] == f.rule
                && Some(row[0]) == f.county_code.as_deref()
                && Some(row[3]) == f.place.cell.as_deref()
        })
    };
    let extra: Vec<String> = results
        .findings
        .iter()
        .filter(|f| f.severity != Severity::Info && !follows.contains(&f.rule.as_str()))
        .filter(|f| f.cause.is_none())
        .filter(|f| !is_unusual(f))
        .filter(|f| {
            !planted.iter().any(|row| {
                row[5] == f.rule && (row[0] == "-" || Some(row[0]) == f.county_code.as_deref())
            })
        })
        .map(finding_line)
        .collect();
    assert!(extra.is_empty(), "{}", extra.join("\n"));
    for (county, queries) in [("990101", 0), ("990102", 4)] {
        assert_eq!(
            results.by_county().count(county, Severity::Error),
            0,
            "{county}"
        );
        assert_eq!(results.by_county().count(county, Severity::Query), queries);
    }
}

#[test]
fn criteria_of_the_clean_counties_are_those_of_the_generator() {
    let (pipeline, results, readme) = sample();
    let counties = &results.dataset.counties;
    let rows = table(&readme, "| county | part | items | not met |");
    assert_eq!(rows.len(), 4);
    for row in rows {
        let own: Vec<_> = results
            .criteria
            .iter()
            .filter(|r| {
                let criterion = &pipeline.criteria[r.criterion];
                counties[r.county].code == row[0] && criterion.part.word() == row[1]
            })
            .collect();
        assert_eq!(own.len().to_string(), row[2], "{row:?}");
        let not_met: Vec<String> = own
            .iter()
            .filter(|r| r.verdict != Verdict::Met)
            .inspect(|r| assert_eq!(r.verdict, Verdict::NotMet, "{row:?}"))
            .map(|r| pipeline.criteria[r.criterion].number.to_string())
            .collect();
        let wanted: Vec<&str> = row[3].split(' ').filter(|n| *n != "-").collect();
        assert_eq!(not_met, wanted, "{row:?}");
    }
    // The clean county meets everything, the other fails every part but the vetoes.
    let verdict = |county: &str, part: Part| {
        let mut own = results.verdicts.iter();
        own.find(|v| v.county_code == county && v.part == part)
            .unwrap()
            .verdict
    };
    for part in pipeline.all_parts() {
        assert_eq!(verdict("990101", part), Verdict::Met, "{part:?}");
        let wanted = if part == Part::Veto {
            Verdict::Met
        } else {
            Verdict::NotMet
        };
        assert_eq!(verdict("990102", part), wanted, "{part:?}");
    }
}

#[test]
fn satisfaction_and_points_are_those_of_the_generator() {
    let pipeline = named_pipeline("basic-2012");
    let folder = root().join("sample_data/quality-2017");
    let counties = junheng::dataset::read_counties(&pipeline.counties_path).unwrap();
    let results = compute(&pipeline, &folder, counties);
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let rows = table(&readme, "| county | satisfied | points |");
    assert!(rows.len() >= 4);
    for row in rows {
        let counties = &results.dataset.counties;
        let own = || {
            results
                .criteria
                .iter()
                .filter(|r| counties[r.county].code == row[0])
        };
        let satisfied = own()
            .find(|r| pipeline.criteria[r.criterion].part == Part::Recognition)
            .and_then(|r| r.figures[0].value);
        let shown = satisfied.map_or("-".to_string(), |s| junheng::text::fixed(s, 2));
        assert_eq!(shown, row[1], "{row:?}");
        let scored = |r: &&junheng::indicators::criterion::CriterionResult| {
            pipeline.criteria[r.criterion].points.is_some()
        };
        let points: Option<f64> = own().filter(scored).map(|r| r.points).sum();
        let shown = points.map_or("-".to_string(), |p| junheng::text::fixed(p, 1));
        assert_eq!(shown, row[2], "{row:?}");
    }
    let planted = table(
        &readme,
        "| county | file | sheet | cell | mistake | finding in basic-2012 |",
    );
    assert!(planted.len() >= 5);
    for row in planted {
        let hit = results.findings.iter().any(|f| {
            f.rule == row[5]
                && f.county_code.as_deref() == Some(row[0])
                && (row[3] == "-" || f.place.cell.as_deref() == Some(row[3]))
        });
        assert!(hit, "{row:?}");
    }
}

#[test]
fn figures_of_the_clean_counties_are_those_of_the_generator() {
    let (pipeline, results, readme) = sample();
    let rows = table(&readme, "| county | stage | units | passing | L1");
    assert_eq!(rows.len(), 4);
    let schools = &results.dataset.tables[pipeline.table("school").unwrap()].rows;
    for row in rows {
        let stage = pipeline
            .stages
            .iter()
            .position(|s| s.title == row[1])
            .unwrap();
        let own: Vec<_> = results
            .unit_verdicts
            .iter()
            .filter(|v| {
                let unit = &results.units.list[v.unit];
                unit.stage == stage && schools[unit.school].county_code == row[0]
            })
            .collect();
        assert_eq!(own.len().to_string(), row[2], "{row:?}");
        let met = own.iter().filter(|v| v.verdict == Verdict::Met).count();
        assert_eq!(met.to_string(), row[3], "{row:?}");
        for (i, indicator) in pipeline.standard_indicators() {
            let b = results
                .balances
                .iter()
                .find(|b| b.county_code == row[0] && b.stage == stage && b.indicator == i)
                .unwrap();
            let line: usize = indicator.line[1..].parse().unwrap();
            assert_eq!(
                junheng::text::fixed(b.cv.unwrap(), 4),
                row[3 + line],
                "{row:?} {line}"
            );
        }
    }
}
