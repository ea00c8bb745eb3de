//! What an output folder holds where no fault was, and whether another one holds the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::trees::{self, Tree};

/// The published runs of an output folder.
pub struct Known {
    runs: BTreeMap<String, Tree>,
    /// The run that `current` points to.
    pub current: String,
}

/// All that may stand in an output folder.
const THERE: [&str; 5] = ["current", "heartbeat.json", "lock", "runs", "store"];

impl Known {
    pub fn of(output: &Path) -> Known {
        let runs = output.join("runs");
        let of = |name: String| (name.clone(), trees::tree(&runs.join(name)));
        Known {
            runs: trees::names(&runs).into_iter().map(of).collect(),
            current: current(output)
                .expect("current is a link")
                .expect("a run was published"),
        }
    }

    /// `run.json` of the run that `current` points to.
    pub fn run_json(&self) -> &str {
        let files = self.runs.get(&self.current);
        let bytes = files.and_then(|files| files.get(trees::RUN_JSON));
        bytes.map_or("", |b| std::str::from_utf8(b).unwrap_or(""))
    }

    /// Whether every run that has its name is whole, byte by byte. Gives what `current` points to.
    ///
    /// # Errors
    /// What is not so.
    pub fn whole(&self, output: &Path) -> Result<Option<String>, String> {
        let runs = output.join("runs");
        for name in trees::names(&runs) {
            if name.starts_with('.') {
                continue;
            }
            let Some(known) = self.runs.get(&name) else {
                return Err(format!("runs/{name} is a run that was never made"));
            };
            if let Some(file) = difference(known, &trees::tree(&runs.join(&name))) {
                return Err(format!("runs/{name}: {file}"));
            }
        }
        let current = current(output)?;
        if let Some(name) = current.as_ref().filter(|name| !runs.join(name).is_dir()) {
            return Err(format!("current points to {name}, which is not there"));
        }
        Ok(current)
    }

    /// Whether the folder holds these runs and nothing else, and `current` points to the last one.
    ///
    /// # Errors
    /// What is not so.
    pub fn published(&self, output: &Path) -> Result<(), String> {
        let current = self.whole(output)?;
        if current.as_ref() != Some(&self.current) {
            return Err(format!(
                "current points to {current:?}, not to {}",
                self.current
            ));
        }
        let runs = trees::names(&output.join("runs"));
        if !runs.iter().eq(self.runs.keys()) {
            return Err(format!("runs/ holds {runs:?}"));
        }
        nothing_beside(output)
    }

    /// As `published`, and the run that was the last has ended well.
    ///
    /// # Errors
    /// What is not so.
    pub fn settled(&self, output: &Path) -> Result<(), String> {
        self.published(output)?;
        let beat = fs::read_to_string(output.join("heartbeat.json")).unwrap_or_default();
        if !beat.contains("\"state\": \"done\"") {
            return Err(format!("heartbeat.json does not say done: {beat}"));
        }
        let unfinished = trees::names(&output.join("store"));
        match unfinished.iter().find(|n| n.starts_with(".new-")) {
            Some(name) => Err(format!("left behind: store/{name}")),
            None => Ok(()),
        }
    }
}

/// Whether nothing is left of a run that was not published, and nobody seems to hold the folder.
///
/// # Errors
/// What is left.
pub fn nothing_beside(output: &Path) -> Result<(), String> {
    let there = trees::names(output);
    if let Some(name) = there.iter().find(|n| !THERE.contains(&n.as_str())) {
        return Err(format!("left behind: {name}"));
    }
    let runs = trees::names(&output.join("runs"));
    if let Some(name) = runs.iter().find(|n| n.starts_with('.')) {
        return Err(format!("left behind: runs/{name}"));
    }
    match fs::read(output.join("lock")) {
        Ok(text) if !text.is_empty() => Err("the lock still has a text".to_string()),
        _ => Ok(()),
    }
}

/// The run that `current` points to; none where there is no link.
///
/// # Errors
/// When it points elsewhere.
pub fn current(output: &Path) -> Result<Option<String>, String> {
    let Ok(target) = fs::read_link(output.join("current")) else {
        return Ok(None);
    };
    let target = target.to_string_lossy().into_owned();
    match target.strip_prefix("runs/") {
        Some(name) => Ok(Some(name.to_string())),
        None => Err(format!("current points to {target}")),
    }
}

/// The place of the run in the order of runs, as `run.json` says.
pub fn sequence(output: &Path, run: &str) -> Option<u64> {
    let path = output.join("runs").join(run).join(trees::RUN_JSON);
    let text = fs::read_to_string(path).ok()?;
    let (_, rest) = text.split_once("\"sequence\": ")?;
    rest.split(',').next()?.trim().parse().ok()
}

fn difference(known: &Tree, there: &Tree) -> Option<String> {
    let missing = known.keys().find(|name| !there.contains_key(*name));
    let more = there.keys().find(|name| !known.contains_key(*name));
    let other = || known.iter().find(|(name, b)| there.get(*name) != Some(*b));
    None.or(missing.map(|name| format!("{name} is missing")))
        .or(more.map(|name| format!("{name} is too much")))
        .or_else(|| other().map(|(name, _)| format!("{name} has other bytes")))
}
