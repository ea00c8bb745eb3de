//! Publishing in one step: outputs are written beside, synced, renamed into `runs/`, and `current` is swapped.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Outputs of one run by path below the run's folder.
pub type Outputs = Vec<(String, Vec<u8>)>;

/// The file whose timings may differ between equal runs, and the function that takes them out for comparing.
pub type Timed<'a> = (&'a str, fn(&[u8]) -> Vec<u8>);

/// How the names of folders begin that are being written or removed.
const STAGING: &str = ".staging-";
pub(super) const REMOVED: &str = ".removed-";

/// What became of the outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// A new run stands in this folder.
    New(PathBuf),
    /// The same run, byte by byte, was published before.
    Unchanged(PathBuf),
}

impl Published {
    /// The run's folder.
    pub fn folder(&self) -> &Path {
        match self {
            Published::New(path) | Published::Unchanged(path) => path,
        }
    }
}

/// Makes the output folder.
///
/// # Errors
/// [`Error::Output`] when the folder cannot be made, or `current` is there but no link.
pub fn prepare(output: &Path) -> Result<(), Error> {
    let current = output.join("current");
    if current.symlink_metadata().is_ok_and(|m| !m.is_symlink()) {
        return Err(Error::Output(format!(
            "{} cannot be written: it is there, but no link to a run",
            current.display()
        )));
    }
    make_dir(&output.join("runs"))
}

/// Removes staging folders of runs that did not end, and what is left of runs that were being removed. Only while the lock
/// is held.
///
/// # Errors
/// [`Error::Output`] when the folder cannot be read.
pub fn sweep(output: &Path) -> Result<(), Error> {
    let runs = output.join("runs");
    let entries = fs::read_dir(&runs).map_err(|e| failed(&runs, &e))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with(STAGING) {
            fs::remove_dir_all(&path).map_err(|e| failed(&path, &e))?;
        } else if name.starts_with(REMOVED)
            && let Err(e) = fs::remove_dir_all(&path)
        {
            tracing::warn!(folder = %path.display(), "what is left of an old run is not removed: {e}");
        }
    }
    Ok(())
}

/// Publishes the outputs of a run. An equal run that is there already stays as it is; one of the same name with other
/// content is left alone, and the new one gets a number behind its name.
///
/// # Errors
/// [`Error::Output`]; then `current` still points to what it pointed to before.
pub fn publish(
    output: &Path,
    run_id: &str,
    outputs: &Outputs,
    timed: Timed<'_>,
) -> Result<Published, Error> {
    let runs = output.join("runs");
    let mut name = run_id.to_string();
    let mut n = 1;
    while runs.join(&name).exists() {
        if equal(&runs.join(&name), outputs, timed) {
            let folder = runs.join(&name);
            point_current(output, &name)?;
            return Ok(Published::Unchanged(folder));
        }
        n += 1;
        name = format!("{run_id}-{n}");
    }
    let staging = runs.join(format!("{STAGING}{name}"));
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(|e| failed(&staging, &e))?;
    }
    make_dir(&staging)?;
    for (path, bytes) in outputs {
        let target = staging.join(path);
        if let Some(parent) = target.parent() {
            make_dir(parent)?;
        }
        write_synced(&target, bytes)?;
        if let Some(parent) = target.parent() {
            sync_dir(parent)?;
        }
    }
    sync_dir(&staging)?;
    let folder = runs.join(&name);
    fs::rename(&staging, &folder).map_err(|e| failed(&folder, &e))?;
    sync_dir(&runs)?;
    point_current(output, &name)?;
    Ok(Published::New(folder))
}

fn equal(folder: &Path, outputs: &Outputs, (timed, without): Timed<'_>) -> bool {
    count(folder) == outputs.len()
        && outputs.iter().all(|(path, bytes)| {
            fs::read(folder.join(path)).is_ok_and(|there| {
                if path == timed {
                    without(&there) == without(bytes)
                } else {
                    there == *bytes
                }
            })
        })
}

/// How many files a folder holds, at any depth.
fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, |entries| {
        entries
            .flatten()
            .map(|e| {
                if e.path().is_dir() {
                    count(&e.path())
                } else {
                    1
                }
            })
            .sum()
    })
}

/// Points `current` to a run: a link is made beside and renamed over the old one.
fn point_current(output: &Path, name: &str) -> Result<(), Error> {
    let current = output.join("current");
    let target = Path::new("runs").join(name);
    if fs::read_link(&current).is_ok_and(|t| t == target) {
        return Ok(());
    }
    let beside = output.join(".current-new");
    if beside.symlink_metadata().is_ok() {
        fs::remove_file(&beside).map_err(|e| failed(&beside, &e))?;
    }
    std::os::unix::fs::symlink(&target, &beside).map_err(|e| failed(&beside, &e))?;
    fs::rename(&beside, &current).map_err(|e| failed(&current, &e))?;
    sync_dir(output)
}

/// Makes a folder and those above it.
///
/// # Errors
/// [`Error::Output`].
pub fn make_dir(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|e| failed(path, &e))
}

/// Writes a file and waits until it lies on the disk.
///
/// # Errors
/// [`Error::Output`].
pub fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = File::create(path).map_err(|e| failed(path, &e))?;
    file.write_all(bytes).map_err(|e| failed(path, &e))?;
    file.sync_all().map_err(|e| failed(path, &e))
}

/// Waits until the names in a folder lie on the disk.
///
/// # Errors
/// [`Error::Output`].
pub fn sync_dir(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|f| f.sync_all())
        .map_err(|e| failed(path, &e))
}

/// What could not be written, and why.
pub fn failed(path: &Path, e: &std::io::Error) -> Error {
    Error::Output(format!("{} cannot be written: {e}", path.display()))
}
