//! Folders of text: `tests/cases/NAME` and `tests/errors/RULE` hold `input.txt` and `expect.txt`. A case shows everything
//! that comes out; an error shows the findings of the rule that the folder is named after. JUNHENG_BLESS=1 writes
//! `expect.txt` anew: read what it wrote before you commit it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::harness::*;
use junheng::pipeline::Pipeline;

fn folders(name: &str) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = std::fs::read_dir(root().join("tests").join(name))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    out.sort();
    out
}

fn check(folder: &Path, got: &str, wrong: &mut Vec<String>) {
    let expect = folder.join("expect.txt");
    if std::env::var_os("JUNHENG_BLESS").is_some() {
        std::fs::write(&expect, got).unwrap();
        return;
    }
    let wanted = std::fs::read_to_string(&expect).unwrap_or_default();
    if wanted != got {
        let difference: Vec<String> = wanted
            .lines()
            .filter(|l| !got.lines().any(|g| g == *l))
            .map(|l| format!("- {l}"))
            .chain(
                got.lines()
                    .filter(|l| !wanted.lines().any(|w| w == *l))
                    .map(|l| format!("+ {l}")),
            )
            .collect();
        wrong.push(format!("{}\n{}", folder.display(), difference.join("\n")));
    }
}

/// A pipeline of the repository, read once; without the rules about copied rows where made schools are all alike.
fn known(name: &str, copies: bool) -> &'static Pipeline {
    static KNOWN: Mutex<BTreeMap<(String, bool), &'static Pipeline>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    known.entry((name.to_string(), copies)).or_insert_with(|| {
        let mut pipeline = named_pipeline(name);
        if !copies {
            pipeline.rules.copied.clear();
        }
        Box::leak(Box::new(pipeline))
    })
}

fn results(folder: &Path, group: &str) -> (&'static Pipeline, junheng::results::Results) {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let input = fresh(&format!("{group}-{name}"));
    let text = std::fs::read_to_string(folder.join("input.txt")).unwrap();
    let head = |key: &str| {
        let mut lines = text.lines().take_while(|l| !l.starts_with("## "));
        lines.find_map(|l| l.strip_prefix(key)).map(str::trim)
    };
    let which = head("pipeline ").unwrap_or("quality-2017");
    let patches: Vec<(&str, &str, &str)> = text
        .lines()
        .take_while(|l| !l.starts_with("## "))
        .filter_map(|l| l.strip_prefix("patch "))
        .map(|patch| {
            let (file, change) = patch.split_once(": ").unwrap();
            let (old, new) = change.split_once(" => ").unwrap();
            (file, old, new)
        })
        .collect();
    let copies = head("copies").is_some();
    let pipeline: &'static Pipeline = if patches.is_empty() {
        known(which, copies)
    } else {
        let mut patched = patched_pipeline(&name, which, &patches);
        if !copies {
            patched.rules.copied.clear();
        }
        Box::leak(Box::new(patched))
    };
    let counties = match head("counties ") {
        Some(line) => {
            let mut numbers = line.split_whitespace();
            let count = numbers.next().unwrap().parse().unwrap();
            many_counties(count, numbers.next().map(|n| n.parse().unwrap()))
        }
        None => counties(),
    };
    let (now, then) = match text.split_once("# last year\n") {
        Some((now, then)) => (now, Some(then)),
        None => (text.as_str(), None),
    };
    let last_year = then.map(|then| {
        let folder = fresh(&format!("{group}-{name}-last-year"));
        write_input(pipeline, then, &folder);
        let results = compute_year(pipeline, &folder, counties.clone(), PERIOD - 1);
        junheng::last_year::LastYear::of(&results, PERIOD - 1)
    });
    write_input(pipeline, now, &input);
    let results = compute_after(pipeline, &input, counties, PERIOD, last_year.as_ref());
    (pipeline, results)
}

#[test]
fn cases_come_out_as_written() {
    let mut wrong = Vec::new();
    for folder in folders("cases") {
        let (pipeline, results) = results(&folder, "case");
        check(&folder, &show(pipeline, &results), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_message_reads_as_written() {
    let mut wrong = Vec::new();
    let mut shown: BTreeSet<String> = BTreeSet::new();
    for folder in folders("errors") {
        let rule = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (_, results) = results(&folder, "error");
        let lines: Vec<String> = results
            .findings
            .iter()
            .filter(|f| f.rule == rule)
            .map(|f| format!("{}\n", finding_line(f)))
            .collect();
        if lines.is_empty() {
            let all: Vec<String> = results.findings.iter().map(finding_line).collect();
            let all = all.join("\n");
            wrong.push(format!("tests/errors/{rule} does not raise {rule}:\n{all}"));
        }
        shown.insert(rule);
        check(&folder, &lines.concat(), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let pipeline = pipeline();
    let all = pipeline
        .notices
        .keys()
        .cloned()
        .chain(pipeline.rule_texts().map(|t| t.id.clone()));
    let missing: Vec<String> = all.filter(|id| !shown.contains(id)).collect();
    assert!(
        missing.is_empty(),
        "no example of the message in tests/errors: {missing:?}"
    );
}
