//! The runs of an output folder: what each says of itself, in the order in which they were made. Reading what they found
//! is not done here.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use serde::Deserialize;

use super::frozen;
use crate::clock;

/// What a run says of itself.
pub const RUN_JSON: &str = "run.json";

/// One run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// Its folder below `runs/`.
    pub name: String,
    pub pipeline: String,
    /// Hash of the pipeline's files.
    pub pipeline_hash: String,
    pub period: i64,
    /// It is about these counties only; about all when empty.
    pub only: Vec<String>,
    /// Hash of what it was made from, but for its base; none of an older program.
    pub inputs_key: Option<String>,
    /// The run whose findings it follows.
    pub base: Option<String>,
    /// The run of an earlier period that it was compared with.
    pub previous: Option<String>,
    /// The runs of earlier periods whose figures it shows.
    pub years: Vec<String>,
    /// The frozen run that it was told against.
    pub told_against: Option<String>,
    /// Its place among the runs of the folder; none of an older program.
    pub sequence: Option<u64>,
    /// UTC, ISO 8601; none of an older program.
    pub started: Option<String>,
    pub ended: Option<String>,
    /// When its `run.json` was last written, in seconds since 1970.
    pub written: u64,
    pub counts: Counts,
    pub findings: Findings,
    /// Numbers of counties by part of the evaluation.
    pub verdicts: BTreeMap<String, Verdicts>,
    pub exit_code: Option<u8>,
    pub seconds: Option<f64>,
    /// It is pinned as the official one of its period.
    pub frozen: bool,
    /// The link `current` points to it.
    pub current: bool,
}

/// How much a run was about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub files: u64,
    pub counties: u64,
    pub counties_received: u64,
}

/// How many findings of each severity a run has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Findings {
    pub error: u64,
    pub query: u64,
    pub info: u64,
}

/// How many counties have which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Verdicts {
    pub met: u64,
    pub not_met: u64,
    pub incomplete: u64,
}

impl Run {
    /// It is about all counties.
    pub fn is_whole(&self) -> bool {
        self.only.is_empty()
    }

    /// Sorts as the runs were made: those of an older program first, by time, then by name.
    pub fn order(&self) -> (u64, u64, &str) {
        match self.sequence {
            Some(sequence) => (sequence, 0, &self.name),
            None => (0, self.written, &self.name),
        }
    }

    /// The month in which it ended: `2024-12`.
    pub fn month(&self) -> String {
        let written = || clock::time_of(UNIX_EPOCH + std::time::Duration::from_secs(self.written));
        let ended = self.ended.clone().unwrap_or_else(written);
        ended.chars().take(7).collect()
    }

    /// The runs that it was built upon or compared with.
    pub fn points_to(&self) -> impl Iterator<Item = &str> {
        let one = self.base.iter().chain(&self.previous);
        let one = one.chain(&self.told_against);
        one.chain(&self.years).map(String::as_str)
    }
}

/// The runs of an output folder.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    /// In the order in which they were made.
    pub list: Vec<Run>,
    /// Names of the others, and why they cannot be read.
    pub unreadable: Vec<(String, String)>,
    /// Files that say which run is frozen and cannot be read, and why.
    pub unreadable_frozen: Vec<(String, String)>,
}

impl Runs {
    /// The run of that name.
    pub fn get(&self, name: &str) -> Option<&Run> {
        self.list.iter().find(|r| r.name == name)
    }

    /// The place of the next run.
    pub fn next_sequence(&self) -> u64 {
        let all = self.list.iter().filter_map(|r| r.sequence);
        all.max().unwrap_or(0).saturating_add(1)
    }
}

/// The runs of an output folder; none where it has none.
pub fn list(output: &Path) -> Runs {
    let mut out = Runs::default();
    let mut names: Vec<String> = match std::fs::read_dir(output.join("runs")) {
        Ok(entries) => entries
            .flatten()
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.'))
            .collect(),
        Err(_) => return out,
    };
    names.sort();
    let current = current(output);
    let (frozen, unreadable_frozen) = frozen::all(output);
    out.unreadable_frozen = unreadable_frozen;
    let read: Vec<_> = names
        .into_par_iter()
        .map(|name| (read(&output.join("runs").join(&name), &name), name))
        .collect();
    for (run, name) in read {
        match run {
            Ok(mut run) => {
                run.current = current.as_ref() == Some(&name);
                run.frozen = frozen.iter().any(|m| m.run == name);
                out.list.push(run);
            }
            Err(why) => out.unreadable.push((name, why)),
        }
    }
    out.list.sort_by(|a, b| a.order().cmp(&b.order()));
    out
}

/// The name of the run that `current` points to.
pub fn current(output: &Path) -> Option<String> {
    let target = std::fs::read_link(output.join("current")).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}

/// What a run says of itself; `name` is that of its folder.
///
/// # Errors
/// Why its `run.json` cannot be read.
pub fn read(folder: &Path, name: &str) -> Result<Run, String> {
    let path = folder.join(RUN_JSON);
    let bytes = std::fs::read(&path).map_err(|e| format!("{RUN_JSON}: {e}"))?;
    let said: Said = serde_json::from_slice(&bytes).map_err(|e| format!("{RUN_JSON}: {e}"))?;
    let written = std::fs::metadata(&path).and_then(|m| m.modified());
    let written = written.unwrap_or(SystemTime::UNIX_EPOCH);
    let run = |pointed: Pointed| pointed.run;
    Ok(Run {
        name: name.to_string(),
        pipeline: said.pipeline.id,
        pipeline_hash: said.pipeline.sha256,
        period: said.period,
        only: said.only,
        inputs_key: said.inputs_key,
        base: said.base,
        previous: said.previous.and_then(run),
        years: said.years.into_iter().filter_map(run).collect(),
        told_against: said.frozen,
        sequence: said.timings.sequence,
        started: said.timings.started,
        ended: said.timings.ended,
        written: written
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs()),
        counts: said.counts,
        findings: said.findings,
        verdicts: said.verdicts,
        exit_code: said.exit_code,
        seconds: said.timings.seconds,
        frozen: false,
        current: false,
    })
}

/// The part of `run.json` that is read again.
#[derive(Deserialize)]
struct Said {
    pipeline: SaidPipeline,
    period: i64,
    #[serde(default)]
    only: Vec<String>,
    inputs_key: Option<String>,
    base: Option<String>,
    previous: Option<Pointed>,
    #[serde(default)]
    years: Vec<Pointed>,
    frozen: Option<String>,
    #[serde(default)]
    counts: Counts,
    #[serde(default)]
    findings: Findings,
    #[serde(default)]
    verdicts: BTreeMap<String, Verdicts>,
    exit_code: Option<u8>,
    #[serde(default)]
    timings: SaidTimings,
}

#[derive(Deserialize)]
struct SaidPipeline {
    id: String,
    #[serde(default)]
    sha256: String,
}

#[derive(Deserialize)]
struct Pointed {
    run: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidTimings {
    sequence: Option<u64>,
    started: Option<String>,
    ended: Option<String>,
    seconds: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, sequence: Option<u64>, written: u64) -> Run {
        Run {
            name: name.to_string(),
            sequence,
            written,
            ..Run::default()
        }
    }

    #[test]
    fn runs_of_an_older_program_come_first() {
        let mut runs = [
            run("a", Some(2), 10),
            run("b", None, 99),
            run("c", Some(1), 50),
            run("d", None, 20),
            run("e", None, 20),
        ];
        runs.sort_by(|a, b| a.order().cmp(&b.order()));
        let names: Vec<&str> = runs.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["d", "e", "b", "c", "a"]);
        let list = Runs {
            list: runs.to_vec(),
            ..Runs::default()
        };
        assert_eq!(list.next_sequence(), 3);
        assert_eq!(Runs::default().next_sequence(), 1);
    }

    #[test]
    fn the_month_is_that_of_the_end_else_of_the_file() {
        let mut one = run("a", None, 1_735_689_599);
        assert_eq!(one.month(), "2024-12");
        one.ended = Some("2025-03-01T00:00:00Z".to_string());
        assert_eq!(one.month(), "2025-03");
    }
}
