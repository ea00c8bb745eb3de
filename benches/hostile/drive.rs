//! Gives every file to the program in a county folder of its own and looks how each ended.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use polars::prelude::{ParquetReader, SerReader};

use super::hostile::{self, Expect, Hostile, TRAP};

/// How one file ended.
pub struct Outcome {
    pub name: &'static str,
    pub what: &'static str,
    pub size: usize,
    /// What became of it, or of the files in it.
    pub status: BTreeSet<String>,
    /// The findings about it.
    pub rules: BTreeSet<String>,
    /// Whether that is as it should be.
    pub right: bool,
}

/// What a run over all of them came to.
pub struct Drive {
    pub outcomes: Vec<Outcome>,
    pub exit: Option<i32>,
    /// Findings by rule, most frequent first.
    pub findings: Vec<(String, usize)>,
}

/// The command for a run over the files in a folder.
pub type Run<'a> = &'a dyn Fn(&Path, &Path) -> Command;

/// Makes the files in `folder`, runs the program over them and looks at what it published.
pub fn drive(folder: &Path, scale: f64, run: Run<'_>) -> Drive {
    let input = folder.join("in");
    let output = folder.join("out");
    let files = hostile::files(scale);
    let mut kept: Vec<(String, Hostile)> = Vec::new();
    for (i, file) in files.into_iter().enumerate() {
        let code = format!("{}", 880_000 + i);
        let county = input.join(format!("{code}-{i}"));
        std::fs::create_dir_all(&county).expect("a folder");
        std::fs::write(county.join(file.name), &file.bytes).expect(file.name);
        let bare = Hostile {
            bytes: Vec::new(),
            ..file
        };
        kept.push((code, bare));
    }
    let exit = run(&input, &output).status().expect("the program").code();
    let data = output.join("current/data");
    let statuses = pairs(&data.join("submissions.parquet"), "path", "status");
    let rules = pairs(&data.join("findings.parquet"), "file", "rule");
    let trapped = trapped(&data.join("units.parquet"));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, rule) in &rules {
        *counts.entry(rule).or_insert(0) += 1;
    }
    let mut findings: Vec<(String, usize)> = counts
        .into_iter()
        .map(|(r, n)| (r.to_string(), n))
        .collect();
    findings.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let own = |list: &[(String, String)], code: &str| -> BTreeSet<String> {
        let own = list.iter().filter(|(path, _)| path.starts_with(code));
        own.map(|(_, value)| value.clone()).collect()
    };
    let outcomes = kept
        .iter()
        .map(|(code, file)| {
            let (status, rules) = (own(&statuses, code), own(&rules, code));
            let accepted = status.contains("accepted");
            let right = match file.expect {
                Expect::Accepted => accepted,
                Expect::Rejected(any) => !accepted && any.iter().any(|r| rules.contains(*r)),
                Expect::Skipped => status.iter().all(|s| s == "skipped"),
                Expect::Any => !status.is_empty(),
            };
            Outcome {
                name: file.name,
                what: file.what,
                size: std::fs::metadata(path_of(&input, code, file.name)).map_or(0, |m| m.len())
                    as usize,
                right: right && !trapped.contains(code.as_str()),
                status,
                rules,
            }
        })
        .collect();
    Drive {
        outcomes,
        exit,
        findings,
    }
}

fn path_of(input: &Path, code: &str, name: &str) -> PathBuf {
    let number: usize = code.parse().unwrap_or(0);
    input
        .join(format!("{code}-{}", number - 880_000))
        .join(name)
}

/// Two text columns of a file of the run, where both are there.
fn pairs(path: &Path, left: &str, right: &str) -> Vec<(String, String)> {
    let file = std::fs::File::open(path).expect("the run's data");
    let frame = ParquetReader::new(file).finish().expect("Parquet");
    let column = |name: &str| frame.column(name).expect(name).str().expect(name).clone();
    let (left, right) = (column(left), column(right));
    let both = left.iter().zip(right.iter());
    both.filter_map(|(l, r)| Some((l?.to_string(), r?.to_string())))
        .collect()
}

/// Counties in whose schools the figure stands that no reader may take.
fn trapped(path: &Path) -> BTreeSet<String> {
    let file = std::fs::File::open(path).expect("the run's data");
    let frame = ParquetReader::new(file).finish().expect("Parquet");
    let codes = frame
        .column("county_code")
        .expect("codes")
        .str()
        .expect("text")
        .clone();
    let trap: f64 = TRAP.parse().expect("a number");
    let mut out = BTreeSet::new();
    for column in frame.columns() {
        let Ok(numbers) = column.f64() else { continue };
        for (code, number) in codes.iter().zip(numbers.iter()) {
            if let (Some(code), Some(number)) = (code, number)
                && number == trap
            {
                out.insert(code.to_string());
            }
        }
    }
    out
}
