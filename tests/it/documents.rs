//! What must agree is tested: documents against code, words against their use, design rules against the source.

use std::path::Path;

use crate::harness::*;
use junheng::finding::NOTICES;
use junheng::formula::FUNCTIONS;
use junheng::pipeline::load::BLOCKS;
use junheng::report::words::{PHRASES, WORDS};

fn sources() -> Vec<(String, String)> {
    fn walk(dir: &Path, out: &mut Vec<(String, String)>) {
        let mut entries: Vec<_> = std::fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "tests" {
                    walk(&path, out);
                }
            } else if !name.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                out.push((
                    path.strip_prefix(root())
                        .unwrap()
                        .to_string_lossy()
                        .into_owned(),
                    text,
                ));
            }
        }
    }
    let mut out = Vec::new();
    walk(&root().join("src"), &mut out);
    out
}

/// Code without its tests and comments.
fn code(text: &str) -> String {
    text.split("#[cfg(test)]")
        .next()
        .unwrap()
        .lines()
        .filter(|l| !l.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn no_word_of_the_subject_stands_in_the_source() {
    for (path, text) in sources() {
        let found: Vec<char> = code(&text)
            .chars()
            .filter(|c| ('\u{3400}'..='\u{9fff}').contains(c))
            .collect();
        assert!(found.is_empty(), "{path}: {found:?}");
        for number in ["0.85", "0.45", "4.2", "5.3", "1.32"] {
            assert!(!code(&text).contains(number), "{path} holds {number}");
        }
    }
}

#[test]
fn each_foreign_library_is_named_in_one_place() {
    for (library, homes) in [
        (
            "calamine",
            &["src/ingest/formats/excel.rs", "src/ingest/formats/xlsx.rs"][..],
        ),
        ("blake3", &["src/ingest/seal.rs"]),
        ("rust_xlsxwriter", &["src/report/xlsx.rs"]),
        ("sqlparser", &["src/formula/parse.rs"]),
        ("clap", &["src/cli.rs", "src/main.rs"]),
        (
            "zip::",
            &[
                "src/ingest/formats/container.rs",
                "src/ingest/formats/package.rs",
            ],
        ),
        ("quick_xml", &["src/ingest/formats/"]),
        ("html5ever", &["src/ingest/formats/markup/"]),
        ("csv::", &["src/ingest/delimited.rs"]),
        (
            "encoding_rs",
            &["src/ingest/delimited.rs", "src/ingest/formats/markup/"],
        ),
        ("rlimit", &["src/ingest/formats/worker.rs"]),
        ("signal_hook", &["src/signals.rs"]),
        ("foldhash", &["src/fixed.rs"]),
        ("statrs", &["src/indicators/survey/intervals.rs"]),
        ("codespan_reporting", &["src/pipeline/diagnostic.rs"]),
        ("indicatif", &["src/commands/compute.rs"]),
        ("unicode_normalization", &["src/text.rs"]),
    ] {
        for (path, text) in sources() {
            let home = homes.iter().any(|home| path.starts_with(home));
            assert!(
                home || !code(&text).contains(library),
                "{path} names {library}"
            );
        }
    }
}

#[test]
fn no_unwrap_outside_tests() {
    for (path, text) in sources() {
        assert!(!code(&text).contains(".unwrap()"), "{path}");
    }
}

#[test]
fn every_word_that_the_program_uses_is_declared_and_every_declared_word_is_used() {
    let all: String = sources()
        .into_iter()
        .filter(|(path, _)| path != "src/report/words.rs")
        .map(|(_, text)| text)
        .collect();
    for key in WORDS.iter().chain(PHRASES.iter().map(|(k, _)| k)) {
        assert!(
            all.contains(&format!("\"{key}\"")),
            "word {key} is used nowhere"
        );
    }
    for (id, _) in NOTICES {
        let quoted = format!("\"{id}\"");
        assert!(
            all.matches(&quoted).count() >= 2,
            "notice {id} is never made"
        );
    }
}

#[test]
fn the_handbook_of_pipelines_names_every_block_key_function_and_notice() {
    let book = std::fs::read_to_string(root().join("pipelines/README.md")).unwrap();
    let raw: String = [
        "raw.rs",
        "raw_history.rs",
        "raw_rules.rs",
        "raw_statistics.rs",
    ]
    .map(|file| std::fs::read_to_string(root().join("src/pipeline").join(file)).unwrap())
    .concat();
    let keys = raw.lines().filter_map(|l| {
        let name = l.trim().strip_prefix("pub ")?.split_once(':')?.0;
        (!name.contains(' ')).then(|| name.to_string())
    });
    let renamed = ["kind", "filter"];
    let mut wanted: Vec<String> = keys.filter(|k| !renamed.contains(&k.as_str())).collect();
    wanted.extend(["type", "where"].map(String::from));
    wanted.extend(BLOCKS.iter().map(|b| (*b).to_string()));
    wanted.extend(FUNCTIONS.iter().map(|(n, ..)| (*n).to_string()));
    wanted.extend(NOTICES.iter().map(|(n, _)| (*n).to_string()));
    let missing: Vec<String> = wanted
        .into_iter()
        .filter(|w| {
            let marks = [
                format!("`{w}`"),
                format!("`{w}("),
                format!("`[{w}]`"),
                format!("`[[{w}]]`"),
            ];
            !marks.iter().any(|m| book.contains(m))
        })
        .collect();
    assert!(
        missing.is_empty(),
        "pipelines/README.md does not name {missing:?}"
    );
}

#[test]
fn the_readme_begins_with_the_two_commands() {
    for name in ["README.md", "README.zh-CN.md"] {
        let text = std::fs::read_to_string(root().join(name)).unwrap();
        let run = text.find("cargo run --release -- run").unwrap();
        let test = text.find("cargo test --release").unwrap();
        assert!(run < test, "{name}");
    }
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(ci.contains("cargo test --release"));
}

#[test]
fn files_stay_readable_in_one_sitting() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 800, "{path} has {lines} lines: split it");
    }
}
