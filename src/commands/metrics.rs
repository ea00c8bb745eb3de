//! What the runs of a process came to, as a text file for Prometheus (the textfile collector of node_exporter reads it).

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::finding::Severity;
use crate::indicators::Verdict;
use crate::ingest::Status;
use crate::pipeline::Pipeline;
use crate::results::Results;

/// A run that has ended, well or not.
#[derive(Debug, Clone)]
pub struct Measured {
    pub pipeline: String,
    /// None where the pipeline was not read.
    pub period: Option<i64>,
    pub exit_code: u8,
    /// When it ended, in seconds since 1970.
    pub at: u64,
    pub seconds: f64,
    pub stages: Vec<(&'static str, f64)>,
    /// Of a run that was carried out.
    pub counts: Option<Counts>,
}

/// What a run found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Counts {
    pub findings: Vec<(String, usize)>,
    pub counties: Vec<(String, usize)>,
    pub files: Vec<(String, usize)>,
    /// By part and verdict.
    pub verdicts: Vec<(String, String, usize)>,
}

impl Counts {
    /// Counts the results of a run.
    pub fn of(pipeline: &Pipeline, r: &Results, skipped: usize) -> Counts {
        let counties = &r.dataset.counties;
        let received = counties.iter().filter(|c| c.received).count();
        let file = |s: Status| {
            let count = r.files().iter().filter(|f| f.status == s).count();
            (s.word().to_string(), count)
        };
        let verdicts = [Verdict::Met, Verdict::NotMet, Verdict::Incomplete];
        Counts {
            findings: [Severity::Error, Severity::Query, Severity::Info]
                .map(|s| (s.word().to_string(), r.count(s)))
                .to_vec(),
            counties: vec![
                ("received".to_string(), received),
                ("missing".to_string(), counties.len() - received),
            ],
            files: vec![
                file(Status::Accepted),
                file(Status::Replaced),
                file(Status::Rejected),
                ("skipped".to_string(), skipped),
            ],
            verdicts: pipeline
                .all_parts()
                .into_iter()
                .flat_map(|part| {
                    verdicts.map(|v| {
                        let (part_word, verdict) = (part.word().to_string(), v.word().to_string());
                        (part_word, verdict, r.verdict_count(part, v))
                    })
                })
                .collect(),
        }
    }
}

/// Name, meaning, and the samples of a run: labels beside pipeline and period, and the value.
type Metric = (
    &'static str,
    &'static str,
    fn(&Measured) -> Vec<(String, f64)>,
);

const METRICS: [Metric; 9] = [
    (
        "junheng_last_run_success",
        "1 if the last run was carried out and published (exit code 0 or 1), else 0.",
        |m| one(f64::from(u8::from(m.exit_code <= 1))),
    ),
    (
        "junheng_last_run_exit_code",
        "Exit code of the last run.",
        |m| one(f64::from(m.exit_code)),
    ),
    (
        "junheng_last_run_timestamp_seconds",
        "When the last run ended, in seconds since 1970.",
        |m| one(number(m.at)),
    ),
    (
        "junheng_last_run_duration_seconds",
        "How long the last run took while it held its output folder.",
        |m| one(m.seconds),
    ),
    (
        "junheng_last_run_stage_seconds",
        "How long the last run took, by stage of the work.",
        |m| {
            let stages = m.stages.iter();
            stages.map(|(s, n)| (label("stage", s), *n)).collect()
        },
    ),
    (
        "junheng_last_run_findings",
        "Findings of the last run, by severity.",
        |m| counted(m, "severity", |c| &c.findings),
    ),
    (
        "junheng_last_run_counties",
        "Counties of the last run that sent something or did not.",
        |m| counted(m, "state", |c| &c.counties),
    ),
    (
        "junheng_last_run_files",
        "Files of the last run, by what became of them.",
        |m| counted(m, "status", |c| &c.files),
    ),
    (
        "junheng_last_run_verdicts",
        "Counties of the last run, by part of the evaluation and verdict.",
        |m| {
            let verdicts = m.counts.iter().flat_map(|c| &c.verdicts);
            verdicts
                .map(|(part, verdict, n)| {
                    let labels = [label("part", part), label("verdict", verdict)];
                    (labels.join(","), number(*n as u64))
                })
                .collect()
        },
    ),
];

fn one(value: f64) -> Vec<(String, f64)> {
    vec![(String::new(), value)]
}

fn counted(
    m: &Measured,
    name: &str,
    of: fn(&Counts) -> &Vec<(String, usize)>,
) -> Vec<(String, f64)> {
    let counts = m.counts.iter().flat_map(of);
    counts
        .map(|(word, n)| (label(name, word), number(*n as u64)))
        .collect()
}

#[expect(clippy::cast_precision_loss)]
fn number(count: u64) -> f64 {
    count as f64
}

fn label(name: &str, value: &str) -> String {
    let value = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

/// The text of the file. Of two runs with the same labels the later counts; a metric without a sample is left out.
pub fn text(measured: &[Measured]) -> String {
    let labels = |m: &Measured| {
        let period = m.period.map_or(String::new(), |p| p.to_string());
        [label("pipeline", &m.pipeline), label("period", &period)].join(",")
    };
    let mut runs: Vec<(String, &Measured)> = Vec::new();
    for m in measured {
        let own = labels(m);
        runs.retain(|(other, _)| *other != own);
        runs.push((own, m));
    }
    let mut out = String::new();
    for (name, help, samples) in METRICS {
        let mut lines = String::new();
        for (own, m) in &runs {
            for (more, value) in samples(m) {
                let comma = if more.is_empty() { "" } else { "," };
                // Writing to a text cannot fail.
                let _ = writeln!(lines, "{name}{{{own}{comma}{more}}} {value}");
            }
        }
        if !lines.is_empty() {
            let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{lines}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(pipeline: &str, exit_code: u8, counts: Option<Counts>) -> Measured {
        Measured {
            pipeline: pipeline.to_string(),
            period: Some(2024),
            exit_code,
            at: 1_735_689_599,
            seconds: 1.5,
            stages: vec![("read", 0.25), ("compute", 1.0)],
            counts,
        }
    }

    /// Name, labels and value of a sample, as a reader of the format takes it.
    fn sample(line: &str) -> (&str, Vec<(&str, &str)>, f64) {
        let (name, rest) = line.split_once('{').unwrap();
        let (labels, value) = rest.rsplit_once("} ").unwrap();
        let labels = labels.split("\",").map(|l| {
            let (name, value) = l.split_once("=\"").unwrap();
            (name, value.trim_end_matches('"'))
        });
        (name, labels.collect(), value.parse().unwrap())
    }

    #[test]
    fn every_line_is_one_of_the_format_and_every_metric_has_its_help_and_type_first() {
        let counts = Counts {
            findings: vec![("error".to_string(), 3), ("query".to_string(), 0)],
            counties: vec![("received".to_string(), 7), ("missing".to_string(), 1)],
            files: vec![("accepted".to_string(), 30)],
            verdicts: vec![("overall".to_string(), "not_met".to_string(), 2)],
        };
        let text = text(&[
            measured("a\"b", 1, Some(counts)),
            measured("c", 70, None),
            measured("c", 4, None),
        ]);
        assert!(text.ends_with('\n'));
        let mut known: Vec<&str> = Vec::new();
        let mut seen: Vec<(&str, String)> = Vec::new();
        let mut samples = 0;
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                known.push(help.split_once(' ').unwrap().0);
                continue;
            }
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                assert_eq!(kind, format!("{} gauge", known.last().unwrap()));
                continue;
            }
            let (name, labels, value) = sample(line);
            assert_eq!(Some(&name), known.last(), "{line}");
            assert!(value.is_finite(), "{line}");
            assert_eq!(labels[0].0, "pipeline");
            assert_eq!(labels[1], ("period", "2024"));
            let own = (name, format!("{labels:?}"));
            assert!(!seen.contains(&own), "{line} stands twice");
            seen.push(own);
            samples += 1;
        }
        known.dedup();
        assert_eq!(known.len(), METRICS.len());
        // Nine of the run that was carried out beside its two stages, six of the other one.
        assert_eq!(samples, 4 + 2 + 2 + 2 + 1 + 1 + 4 + 2, "{text}");
        for line in [
            "junheng_last_run_success{pipeline=\"a\\\"b\",period=\"2024\"} 1",
            "junheng_last_run_success{pipeline=\"c\",period=\"2024\"} 0",
            "junheng_last_run_exit_code{pipeline=\"c\",period=\"2024\"} 4",
            "junheng_last_run_timestamp_seconds{pipeline=\"c\",period=\"2024\"} 1735689599",
            "junheng_last_run_stage_seconds{pipeline=\"c\",period=\"2024\",stage=\"read\"} 0.25",
            "junheng_last_run_verdicts{pipeline=\"a\\\"b\",period=\"2024\",part=\"overall\",verdict=\"not_met\"} 2",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
