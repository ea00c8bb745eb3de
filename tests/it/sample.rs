//! `sample_data` holds what its README says: every planted mistake raises its finding at its cell, the clean counties raise
//! none, and their figures are those that the generator computed on its own.

use crate::harness::*;
use junheng::finding::Severity;
use junheng::indicators::Verdict;
use junheng::results::Results;

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
    let mut missed = Vec::new();
    for row in &planted {
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
    let extra: Vec<String> = results
        .findings
        .iter()
        .filter(|f| f.severity != Severity::Info && !follows.contains(&f.rule.as_str()))
        .filter(|f| {
            !planted.iter().any(|row| {
                row[5] == f.rule && (row[0] == "-" || Some(row[0]) == f.county_code.as_deref())
            })
        })
        .map(finding_line)
        .collect();
    assert!(extra.is_empty(), "{}", extra.join("\n"));
    for county in ["990101", "990102"] {
        for severity in [Severity::Error, Severity::Query] {
            assert_eq!(results.count(Some(county), severity), 0, "{county}");
        }
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
