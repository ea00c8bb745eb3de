//! `junheng status`: the runs of an output folder, the last below, and who holds it. It changes nothing.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::published;
use crate::cli::StatusArgs;
use crate::error::Error;
use crate::pipeline::model::Part;
use crate::store::frozen::{self, Manifest};
use crate::store::lock;
use crate::store::runs::{self, Run, Runs};

/// Shows the last runs.
///
/// # Errors
/// [`Error::Usage`] when the folder is no folder of outputs.
pub fn status(args: &StatusArgs) -> Result<u8, Error> {
    let output = published::output_of(args.output.as_ref(), &args.pipeline)?;
    published::check_outputs(&output)?;
    let runs = runs::list(&output);
    let (frozen, _) = frozen::all(&output);
    let seen = Seen {
        output: &output,
        holder: lock::holder(&output).map(|owner| owner.to_string()),
        frozen,
        first: runs.list.len().saturating_sub(args.last),
        runs,
    };
    let text = match args.json {
        true => {
            let text = serde_json::to_string_pretty(&seen.json());
            text.map_err(|e| Error::Internal(format!("status: {e}")))? + "\n"
        }
        false => seen.text(),
    };
    // A closed stdout changes nothing.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(0)
}

/// What there is to see.
struct Seen<'a> {
    output: &'a Path,
    holder: Option<String>,
    frozen: Vec<Manifest>,
    /// The first run that is shown.
    first: usize,
    runs: Runs,
}

impl Seen<'_> {
    fn shown(&self) -> &[Run] {
        &self.runs.list[self.first..]
    }

    /// Whether `current` points to a run that is there.
    fn current(&self) -> Option<&str> {
        let mut all = self.runs.list.iter();
        all.find(|r| r.current).map(|r| r.name.as_str())
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        if let Some(holder) = &self.holder {
            lines.push(format!("held by another run: {holder}"));
        }
        lines.push(match (self.current(), runs::current(self.output)) {
            (Some(name), _) => format!("current: {name}"),
            (None, Some(name)) => format!("current: {name}, which cannot be read"),
            (None, None) => "current: none".to_string(),
        });
        for m in &self.frozen {
            let reason = m
                .reason
                .as_ref()
                .map_or(String::new(), |r| format!(": {r}"));
            let (run, when) = (&m.run, &m.frozen);
            lines.push(format!(
                "frozen: {} {}: {run} ({when}{reason})",
                m.pipeline, m.period
            ));
        }
        let mut table = vec![HEADS.map(str::to_string)];
        table.extend(self.shown().iter().map(cells));
        let widths: Vec<usize> = (0..HEADS.len())
            .map(|c| {
                table
                    .iter()
                    .map(|row| row[c].chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for row in &table {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(&format!("{cell:width$}  "));
            }
            lines.push(line.trim_end().to_string());
        }
        if self.first > 0 {
            lines.push(format!("{} earlier runs (--last)", self.first));
        }
        let unreadable = self.runs.unreadable.iter();
        for (name, why) in unreadable.chain(&self.runs.unreadable_frozen) {
            lines.push(format!("unreadable: {name}: {why}"));
        }
        lines.join("\n") + "\n"
    }

    fn json(&self) -> Value {
        let pairs = |list: &[(String, String)]| -> Vec<Value> {
            let all = list.iter();
            all.map(|(name, why)| json!({ "name": name, "why": why }))
                .collect()
        };
        json!({
            "held_by": self.holder,
            "current": runs::current(self.output),
            "frozen": self.frozen.iter().map(|m| json!({
                "run": m.run,
                "pipeline": m.pipeline,
                "period": m.period,
                "frozen": m.frozen,
                "reason": m.reason,
                "inputs_kept": m.kept.is_some(),
            })).collect::<Vec<_>>(),
            "runs": self.shown().iter().map(run_json).collect::<Vec<_>>(),
            "earlier": self.first,
            "unreadable": pairs(&self.runs.unreadable),
            "unreadable_frozen": pairs(&self.runs.unreadable_frozen),
        })
    }
}

const HEADS: [&str; 11] = [
    "no",
    "ended (UTC)",
    "run",
    "period",
    "files",
    "counties",
    "errors",
    "queries",
    "met/not/incomplete",
    "seconds",
    "",
];

fn cells(run: &Run) -> [String; 11] {
    let overall = run.verdicts.get(Part::Overall.word());
    let mut marks = Vec::new();
    marks.extend(run.current.then(|| "current".to_string()));
    marks.extend(run.frozen.then(|| "frozen".to_string()));
    marks.extend((!run.is_whole()).then(|| format!("only={}", run.only.join(","))));
    let or_dash = |text: Option<String>| text.unwrap_or("-".to_string());
    [
        or_dash(run.sequence.map(|n| n.to_string())),
        or_dash(run.ended.clone()),
        run.name.clone(),
        run.period.to_string(),
        run.counts.files.to_string(),
        format!("{}/{}", run.counts.counties_received, run.counts.counties),
        run.findings.error.to_string(),
        run.findings.query.to_string(),
        or_dash(overall.map(|v| format!("{}/{}/{}", v.met, v.not_met, v.incomplete))),
        or_dash(run.seconds.map(|s| format!("{s:.1}"))),
        marks.join(" "),
    ]
}

fn run_json(run: &Run) -> Value {
    let verdicts: serde_json::Map<String, Value> = run
        .verdicts
        .iter()
        .map(|(part, v)| {
            let counts = json!({ "met": v.met, "not_met": v.not_met, "incomplete": v.incomplete });
            (part.clone(), counts)
        })
        .collect();
    json!({
        "run": run.name,
        "pipeline": run.pipeline,
        "period": run.period,
        "sequence": run.sequence,
        "started": run.started,
        "ended": run.ended,
        "seconds": run.seconds,
        "only": run.only,
        "base": run.base,
        "previous": run.previous,
        "files": run.counts.files,
        "counties": run.counts.counties,
        "counties_received": run.counts.counties_received,
        "findings": {
            "error": run.findings.error,
            "query": run.findings.query,
            "info": run.findings.info,
        },
        "verdicts": verdicts,
        "exit_code": run.exit_code,
        "current": run.current,
        "frozen": run.frozen,
    })
}
