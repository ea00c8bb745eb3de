//! Runs that are pinned as the official ones of their period: `frozen/<pipeline>-<period>.json` says which, with the hash of
//! every file of the run and of every input; `frozen/<pipeline>-<period>/input/` holds the inputs themselves.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::publish::{failed, files, make_dir, sync_dir, write_synced};
use crate::error::Error;
use crate::pipeline::load::hex;

/// Where they stand in an output folder.
pub const FROZEN: &str = "frozen";
/// What has been released stands here in it, with a number.
const RELEASED: &str = "released";
/// The copies of the inputs in the folder of a frozen run.
pub const INPUT: &str = "input";

/// Which run is the official one of a pipeline and a period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The run's folder below `runs/`.
    pub run: String,
    pub pipeline: String,
    pub period: i64,
    /// When it was frozen, in UTC.
    pub frozen: String,
    pub reason: Option<String>,
    /// Version of the program that made the run.
    pub program: String,
    /// Hash of every file of the run, by its path below the run's folder.
    pub outputs: BTreeMap<String, String>,
    /// Hash of every input as the run read it, by its path below the input folder; files of archives are inputs of
    /// their own.
    pub inputs: BTreeMap<String, String>,
    /// Hash of every file that was kept, by its path below the copied input folder: archives as a whole. None where the
    /// inputs were not kept.
    pub kept: Option<BTreeMap<String, String>>,
}

/// The name under which a run of a pipeline and period is frozen.
pub fn name(pipeline: &str, period: i64) -> String {
    format!("{pipeline}-{period}")
}

/// The folder beside a manifest.
pub fn folder(output: &Path, name: &str) -> PathBuf {
    output.join(FROZEN).join(name)
}

/// The manifest of a pipeline and a period.
pub fn path(output: &Path, name: &str) -> PathBuf {
    output.join(FROZEN).join(format!("{name}.json"))
}

/// Reads a manifest; none where nothing is frozen.
///
/// # Errors
/// Why it cannot be read.
pub fn read(path: &Path) -> Result<Option<Manifest>, String> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.to_string()),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|e| e.to_string())
}

/// All manifests of an output folder, by name, and those that cannot be read with the reason.
pub fn all(output: &Path) -> (Vec<Manifest>, Vec<(String, String)>) {
    let (mut out, mut unreadable) = (Vec::new(), Vec::new());
    let folder = output.join(FROZEN);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return (out, unreadable),
        Err(e) => return (out, vec![(FROZEN.to_string(), e.to_string())]),
    };
    let mut names: Vec<String> = entries
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|n| n.ends_with(".json") && !n.starts_with('.'))
        .collect();
    names.sort();
    for name in names {
        match read(&folder.join(&name)) {
            Ok(manifest) => out.extend(manifest),
            Err(why) => unreadable.push((format!("{FROZEN}/{name}"), why)),
        }
    }
    (out, unreadable)
}

/// Writes a manifest in one step; the run is frozen when this has been done.
///
/// # Errors
/// [`Error::Output`]; then nothing is frozen.
pub fn write(output: &Path, manifest: &Manifest) -> Result<(), Error> {
    let own = name(&manifest.pipeline, manifest.period);
    let target = path(output, &own);
    let folder = output.join(FROZEN);
    make_dir(&folder)?;
    let beside = folder.join(format!(".{own}.json"));
    let mut bytes = serde_json::to_vec_pretty(manifest)
        .map_err(|e| Error::Internal(format!("{}: {e}", target.display())))?;
    bytes.push(b'\n');
    write_synced(&beside, &bytes).map_err(|e| failed(&beside, &e))?;
    fs::rename(&beside, &target).map_err(|e| failed(&target, &e))?;
    sync_dir(&folder)?;
    sync_dir(output)
}

/// Ends that a run is the official one. Manifest and inputs are kept below `released/`; gives the manifest's new place.
///
/// # Errors
/// [`Error::Output`]; doing it again ends what was begun.
pub fn release(output: &Path, name: &str) -> Result<PathBuf, Error> {
    let released = output.join(FROZEN).join(RELEASED);
    make_dir(&released)?;
    let free = |n: &u32| !released.join(format!("{name}-{n}.json")).exists();
    let number = (1..).find(free).unwrap_or(u32::MAX);
    let inputs = folder(output, name);
    if inputs.exists() {
        let to = released.join(format!("{name}-{number}"));
        fs::rename(&inputs, &to).map_err(|e| failed(&to, &e))?;
    }
    let to = released.join(format!("{name}-{number}.json"));
    fs::rename(path(output, name), &to).map_err(|e| failed(&to, &e))?;
    sync_dir(&released)?;
    sync_dir(&output.join(FROZEN))?;
    Ok(to)
}

/// The hash of every file below a folder, by its path with `/`.
///
/// # Errors
/// Which file cannot be read.
pub fn hashes(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let hashed: Result<Vec<_>, String> = files(folder)?
        .into_par_iter()
        .map(|path| {
            let bytes = fs::read(folder.join(&path)).map_err(|e| format!("{path}: {e}"))?;
            Ok((path, hex(&Sha256::digest(&bytes))))
        })
        .collect();
    Ok(hashed?.into_iter().collect())
}

/// What was touched of a frozen run since: outputs and kept inputs that are missing, were changed or added, a line each
/// with the path below the output folder. Empty when all is as it was.
pub fn check(output: &Path, manifest: &Manifest) -> Vec<String> {
    let own = format!("runs/{}", manifest.run);
    let mut out = touched(output, &own, &manifest.outputs);
    if let Some(kept) = &manifest.kept {
        let name = name(&manifest.pipeline, manifest.period);
        out.extend(touched(output, &format!("{FROZEN}/{name}/{INPUT}"), kept));
    }
    out
}

fn touched(output: &Path, folder: &str, then: &BTreeMap<String, String>) -> Vec<String> {
    if then.is_empty() && !output.join(folder).exists() {
        return Vec::new();
    }
    if !output.join(folder).is_dir() {
        return vec![format!("{folder} is missing")];
    }
    let now = match hashes(&output.join(folder)) {
        Ok(now) => now,
        Err(why) => return vec![format!("{folder} cannot be read: {why}")],
    };
    let mut out = Vec::new();
    for (path, hash) in then {
        match now.get(path) {
            None => out.push(format!("{folder}/{path} is missing")),
            Some(own) if own != hash => out.push(format!("{folder}/{path} was changed")),
            Some(_) => {}
        }
    }
    let added = now.keys().filter(|path| !then.contains_key(*path));
    out.extend(added.map(|path| format!("{folder}/{path} was added")));
    out
}
