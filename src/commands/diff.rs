//! `junheng diff`: what changed between two published runs, each figure with its cause.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{diff_text, published};
use crate::changes;
use crate::cli::DiffArgs;
use crate::error::Error;
use crate::pipeline::{self, Pipeline};

/// The word for the run that `current` points to.
const CURRENT: &str = "current";

/// Compares two runs and prints what differs; without BEFORE the run that AFTER was built upon. Reads what the runs have
/// published, and nothing else.
///
/// # Errors
/// When a run is not known, was not built upon another, or cannot be read.
pub fn diff(args: &DiffArgs) -> Result<u8, Error> {
    let output = published::output_of(args.output.as_ref(), &args.pipeline)?;
    let after = find(&output, args.after.as_deref().unwrap_or(CURRENT))?;
    let before = match &args.before {
        Some(run) => find(&output, run)?,
        None => base(&output, &after)?,
    };
    let pipeline = pipeline_of(&after, &args.pipeline)?;
    for folder in [&before, &after] {
        let json = published::run_json(folder).map_err(|why| unreadable(folder, &why))?;
        let own = json["pipeline"]["id"].as_str().unwrap_or("");
        if own != pipeline.id {
            let shown = folder.display();
            return Err(Error::Usage(format!(
                "run {shown} is of pipeline '{own}', not '{}': runs of one pipeline can be compared",
                pipeline.id
            )));
        }
    }
    let side =
        |folder: &Path| published::side(folder, &pipeline).map_err(|why| unreadable(folder, &why));
    let (old, new) = rayon::join(|| side(&before), || side(&after));
    let (old, new) = (old?, new?);
    let changes = changes::between(&pipeline, &old, &new);
    let county = args.county.as_deref();
    if let Some(code) = county
        && !changes.names.contains_key(code)
        && !changes.counties().contains(code)
    {
        return Err(Error::Usage(format!("no county {code} in either run")));
    }
    let text = match args.json {
        true => {
            let json = changes::json(&pipeline, &changes, county);
            serde_json::to_string_pretty(&json)
                .map_err(|e| Error::Internal(format!("changes as JSON: {e}")))?
        }
        false => {
            let most = if args.all {
                usize::MAX
            } else {
                diff_text::MOST
            };
            diff_text::lines(&pipeline, &changes, county, most).join("\n")
        }
    };
    // A closed stdout changes nothing.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(0)
}

fn unreadable(folder: &Path, why: &str) -> Error {
    Error::Usage(format!("run {} cannot be read: {why}", folder.display()))
}

/// The pipeline that the later run was made with; where it has kept none that can be loaded, the one that is named.
fn pipeline_of(after: &Path, named: &Path) -> Result<Pipeline, Error> {
    if let Some(folder) = published::pipeline_folder(after) {
        match pipeline::load(&folder) {
            Ok(pipeline) => return Ok(pipeline),
            Err(why) => {
                let shown = folder.display();
                tracing::warn!(folder = %shown, %why, "the run's own pipeline is not loaded");
            }
        }
    }
    pipeline::load(named)
}

/// The run that a run was built upon.
fn base(output: &Path, after: &Path) -> Result<PathBuf, Error> {
    let json = published::run_json(after).map_err(|why| unreadable(after, &why))?;
    let own = json["run"].as_str().unwrap_or("");
    let Some(base) = json["base"].as_str() else {
        return Err(Error::Usage(format!(
            "run {own} was not built upon an earlier one: name the run to compare it with{}",
            known(output)
        )));
    };
    find(output, base)
}

/// The folder of a run: by its path, its id, the beginning of its id or of the digits at its end.
pub(super) fn find(output: &Path, run: &str) -> Result<PathBuf, Error> {
    let runs = output.join("runs");
    let is_run = |folder: &Path| folder.join(super::run_json::RUN_JSON).exists();
    let exact = [output.join(run), runs.join(run), PathBuf::from(run)];
    let names_current = run == CURRENT;
    let mut known_places = exact.iter().take(if names_current { 1 } else { 3 });
    if let Some(folder) = known_places.find(|f| !run.is_empty() && is_run(f)) {
        return Ok(folder.clone());
    }
    if names_current {
        return Err(Error::Usage(format!(
            "{} has no published run: 'junheng run' makes one",
            output.display()
        )));
    }
    let fits = |name: &String| {
        let digits = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let id = digits
            .strip_suffix('-')
            .filter(|_| digits.len() < name.len());
        let tail = |id: &str| id.rsplit('-').next().is_some_and(|t| t.starts_with(run));
        name.starts_with(run) || tail(name) || id.is_some_and(tail)
    };
    let all = names(output);
    let found: Vec<&String> = all.iter().filter(|name| fits(name)).collect();
    match found.as_slice() {
        [one] => Ok(runs.join(one)),
        [] => Err(Error::Usage(format!(
            "no run '{run}' in {}{}",
            output.display(),
            known(output)
        ))),
        several => Err(Error::Usage(format!(
            "'{run}' may be one of several runs: {}",
            several
                .iter()
                .map(|n| n.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ))),
    }
}

/// The runs of an output folder, sorted.
fn names(output: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(output.join("runs")).into_iter().flatten();
    let names = entries
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|n| !n.starts_with('.')).collect();
    names.sort();
    names
}

/// The runs that there are, for a message.
fn known(output: &Path) -> String {
    let names = names(output);
    match names.is_empty() {
        true => String::new(),
        false => format!("; there are {}", names.join(", ")),
    }
}
