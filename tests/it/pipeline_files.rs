//! Mistakes in pipeline files: each at its file, line and column, with what would be right, all at once.

use std::path::{Path, PathBuf};

use crate::command_line::junheng;
use crate::harness::*;

/// A copy of the pipelines with texts replaced; each replacement must hit.
fn broken(name: &str, changes: &[(&str, &str, &str)]) -> PathBuf {
    let base = fresh(name);
    for folder in ["common", "quality-2017"] {
        let from = root().join("pipelines").join(folder);
        let to = base.join(folder);
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
    for (file, from, to) in changes {
        let path = base.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    base
}

/// Line and column, from 1, of a text in a file.
fn place(base: &Path, file: &str, text: &str) -> String {
    let whole = std::fs::read_to_string(base.join(file)).unwrap();
    let at = whole.find(text).unwrap();
    let line = whole[..at].matches('\n').count() + 1;
    let column = whole[..at].chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("{file}:{line}:{column}")
}

#[test]
fn every_mistake_is_shown_at_its_place_all_at_once() {
    let base = broken(
        "mistakes",
        &[
            (
                "quality-2017/school.toml",
                "least_met = 6",
                "least_mett = 6\nleast_met = 6",
            ),
            (
                "quality-2017/school.toml",
                "numerator = { primary = \"backbone\"",
                "numerator = { primary = \"backbonne\"",
            ),
            ("quality-2017/school.toml", "gives = 5.3", "gives = 5.4"),
            (
                "quality-2017/school.toml",
                "scale = 1\nbetter = \"higher\"",
                "scale = 1\nbetter = \"hihger\"",
            ),
            (
                "common/checks.toml",
                "part = \"certified\"",
                "part = \"certified + school_type\"",
            ),
            (
                "common/checks.toml",
                "severity = \"error\"",
                "severity = \"fatal\"",
            ),
            (
                "common/checks.toml",
                "fires = [{ trained = 31",
                "fires = [{ trained = 29",
            ),
            (
                "common/checks.toml",
                "must = \"teacher_pay <= 2000000\"",
                "must = \"teacher_pay <= \"",
            ),
            (
                "common/checks.toml",
                "{rotation_backbone}人",
                "{rotation_backbon}人",
            ),
            (
                "common/forms.toml",
                "column = \"school_books\"",
                "column = \"school_bookz\"",
            ),
            (
                "common/notices.toml",
                "id = \"county-missing\"",
                "id = \"county-mising\"",
            ),
            ("common/report.toml", "head_cv = ", "head_cvx = "),
            (
                "common/report.toml",
                "sheet_audit = \"核算\"",
                "sheet_audit = \"核算/表\"",
            ),
            (
                "quality-2017/pages.toml",
                "sheet = \"表Ⅲ\"",
                "sheet = \"总览\"",
            ),
            (
                "common/units.toml",
                "factor = 10000\naliases = [\"万\"]",
                "factor = \"ten thousand\"\naliases = [\"万\"]",
            ),
        ],
    );
    let check = junheng(&[
        "pipelines",
        "check",
        base.join("quality-2017").to_str().unwrap(),
    ]);
    assert_eq!(check.code, 2);
    let shown = &check.stderr;
    let has = |file: &str, text: &str, message: &str, help: &str| {
        let wanted = format!("{}: {message}", place(&base, file, text));
        assert!(shown.contains(&wanted), "no `{wanted}` in\n{shown}");
        assert!(shown.contains(help), "no `{help}` in\n{shown}");
    };
    has(
        "quality-2017/school.toml",
        "least_mett",
        "in 'school_rule': unknown field `least_mett`",
        "did you mean 'least_met'?",
    );
    has(
        "common/report.toml",
        "sheet_audit = \"核算/表\"",
        "'核算/表' cannot be the name of a sheet",
        "none of [ ] : * ? /",
    );
    has(
        "quality-2017/pages.toml",
        "\"总览\"",
        "two sheets have the name '总览'",
        "",
    );
    has(
        "quality-2017/school.toml",
        "backbonne",
        "unknown column 'backbonne'",
        "did you mean 'backbone'?",
    );
    has(
        "quality-2017/school.toml",
        "5.4",
        "the example gives 5.3, not 5.4",
        "",
    );
    has(
        "quality-2017/school.toml",
        "\"hihger\"",
        "'hihger' is not a direction",
        "did you mean 'higher'?",
    );
    has(
        "common/checks.toml",
        "school_type\"\nwhole = \"teachers\"\ncells = [\"certified\"",
        "'school_type' is text, but a number is wanted",
        "",
    );
    has(
        "common/checks.toml",
        "\"fatal\"",
        "'fatal' is not a severity",
        "it must be one of: error, query, info",
    );
    has(
        "common/checks.toml",
        "{ trained = 29",
        "rule 'trained-exceed-teachers' does not fire on this example",
        "",
    );
    has(
        "common/forms.toml",
        "\"school_bookz\"",
        "'school_bookz' is not a column of table school",
        "did you mean 'school_books'?",
    );
    has(
        "common/notices.toml",
        "\"county-mising\"",
        "'county-mising' is not a notice of the reader",
        "did you mean 'county-missing'?",
    );
    has(
        "common/report.toml",
        "head_cvx",
        "word 'head_cvx' is used nowhere",
        "did you mean 'head_cv'?",
    );
    has(
        "common/units.toml",
        "\"ten thousand\"",
        "in 'unit': invalid type: string",
        "",
    );
    for message in [
        "not a formula: Expected: an expression",
        "unknown slot '{rotation_backbon}'",
    ] {
        assert!(shown.contains(message), "no `{message}` in\n{shown}");
    }
    let run = junheng(&["run", base.join("quality-2017").to_str().unwrap()]);
    assert_eq!(run.code, 2, "a run with a broken pipeline does not start");
}

#[test]
fn a_file_that_is_no_toml_or_not_there_is_said() {
    let base = broken(
        "no-toml",
        &[
            ("common/checks.toml", "[[must]]", "[[must]"),
            (
                "quality-2017/pipeline.toml",
                "\"report.toml\",",
                "\"reports.toml\",",
            ),
        ],
    );
    let check = junheng(&[
        "pipelines",
        "check",
        base.join("quality-2017").to_str().unwrap(),
    ]);
    assert_eq!(check.code, 2);
    assert!(check.stderr.contains("not TOML"), "{}", check.stderr);
    assert!(
        check.stderr.contains("file 'reports.toml' cannot be read"),
        "{}",
        check.stderr
    );
}

#[test]
fn a_county_list_with_a_mistake_is_said_with_its_line() {
    let base = fresh("county-list");
    let list = base.join("counties.csv");
    std::fs::write(
        &list,
        "code,name,prefecture,resident_population\n990101,甲县,东市,many\n",
    )
    .unwrap();
    let run = junheng(&[
        "run",
        "--counties",
        list.to_str().unwrap(),
        "--output",
        base.join("out").to_str().unwrap(),
    ]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("line: 2"), "{}", run.stderr);
}

#[test]
fn mistakes_in_the_list_of_parents_are_shown_at_their_lines() {
    let base = broken(
        "parents",
        &[(
            "quality-2017/parents.csv",
            "note\n",
            "note\n219900001,2199000002,a\n2199000003,2199000003,b\n2199000004,2199000005,c\n2199000005,2199000006,\n2199000004,2199000006,\n",
        )],
    );
    let check = junheng(&[
        "pipelines",
        "check",
        base.join("quality-2017").to_str().unwrap(),
    ]);
    assert_eq!(check.code, 2);
    for wanted in [
        "parents.csv:2:1: '219900001' is not the code of a school",
        "parents.csv:3:1: school '2199000003' is its own parent",
        "parents.csv:4:1: parent '2199000005' is itself counted elsewhere",
        "parents.csv:6:1: school '2199000004' stands twice",
    ] {
        assert!(check.stderr.contains(wanted), "{wanted}\n{}", check.stderr);
    }
}

#[test]
fn mistakes_in_what_counties_send_back_and_in_due_dates_are_shown() {
    let base = broken(
        "returned-mistakes",
        &[
            (
                "quality-2017/pipeline.toml",
                "\"2024-12-31\"",
                "\"2024-12-32\"",
            ),
            (
                "common/returned.toml",
                "code = \"corrected\"",
                "code = \"correct\"",
            ),
            (
                "common/returned.toml",
                "key = \"finding\"",
                "key = \"explanation\"",
            ),
            (
                "common/returned.toml",
                "  { column = \"reason\", header = [\"处理情况\"], required = true },\n",
                "",
            ),
        ],
    );
    let folder = base.join("quality-2017");
    let check = junheng(&["pipelines", "check", folder.to_str().unwrap()]);
    assert_eq!(check.code, 2);
    let out = format!("{}{}", check.stdout, check.stderr);
    for text in [
        &place(&base, "quality-2017/pipeline.toml", "\"2024-12-32\"") as &str,
        "'2024' = '2024-12-32' is no due date",
        "column 'reason' of table 'explanation' must be a choice of a code list with the code 'corrected'",
        "table 'explanation' must be of groups with the key 'finding'",
        "table 'explanation' needs one form, with the layout \"rows\" and the fields 'finding', 'reason' and 'explanation'",
    ] {
        assert!(out.contains(text), "{text}\n{out}");
    }
}
