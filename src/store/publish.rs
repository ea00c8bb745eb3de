//! Publishing in one step: outputs are written beside as they are made, synced, renamed into `runs/`, and `current` is
//! swapped. Whatever ends a run, and whenever, `current` points to a whole run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rayon::prelude::*;

use super::beside;
use super::heartbeat::HEARTBEAT;
use super::lock::Lock;
use crate::error::Error;
use crate::failure;

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

/// Held while `current` is swapped: who stops the process waits for it, and then nothing is published any more.
static SWAPPING: Mutex<()> = Mutex::new(());
/// What this process is writing, until it has its name.
static STAGED: Mutex<Option<PathBuf>> = Mutex::new(None);
/// The process is about to end: nothing more is written.
static CLOSED: AtomicBool = AtomicBool::new(false);
/// `current` points to the run that this process published last.
static SWAPPED: AtomicBool = AtomicBool::new(false);

/// Files that are synced side by side: a sync waits for the disk, not for a core.
const WRITERS: usize = 8;

/// Makes the output folder.
///
/// # Errors
/// [`Error::Output`] when the folder cannot be made, or `current` is there but no link.
pub fn prepare(output: &Path) -> Result<(), Error> {
    let current = output.join("current");
    if current.symlink_metadata().is_ok_and(|m| !m.is_symlink()) {
        return Err(Error::Output(format!(
            "{} cannot be written: it is there, but no link to a run; move it away (a copy of the folder by a program that \
             follows links makes a folder of it)",
            current.display()
        )));
    }
    make_dir(&output.join("runs"))
}

/// Removes what runs that did not end have left, also of runs that were being removed, and sees that a run can be written,
/// before anything is read. Only while the lock is held.
///
/// # Errors
/// [`Error::Output`] when the folder cannot be read or written.
pub fn sweep(output: &Path) -> Result<(), Error> {
    let runs = output.join("runs");
    for folder in [output, &runs] {
        let entries = fs::read_dir(folder).map_err(|e| failed(folder, &e))?;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            let removed = if name.starts_with(STAGING) {
                fs::remove_dir_all(&path)
            } else if name.starts_with(REMOVED) {
                if let Err(e) = fs::remove_dir_all(&path) {
                    tracing::warn!(folder = %path.display(), "what is left of an old run is not removed: {e}");
                }
                continue;
            } else if beside::is_beside(&name, HEARTBEAT) {
                fs::remove_file(&path)
            } else {
                continue;
            };
            removed.map_err(|e| failed(&path, &e))?;
            tracing::info!(path = %path.display(), "removed what a run that did not end has left");
        }
        let tried = folder.join(".staging-tried");
        let made = fs::create_dir(&tried).and_then(|()| fs::remove_dir(&tried));
        made.map_err(|e| failed(&tried, &e))?;
    }
    Ok(())
}

/// The files of a run that is being made: each is written, as soon as it is there, into a folder beside those of runs that are
/// done. What is not published is gone with it.
pub struct Staging {
    output: PathBuf,
    run_id: String,
    folder: PathBuf,
    hash: Hash,
    files: Mutex<Files>,
}

/// The hash of a file's content, by its path below the run's folder.
pub type Hash = fn(&str, &[u8]) -> String;

#[derive(Default)]
struct Files {
    hashes: BTreeMap<String, String>,
    /// How much room they take.
    bytes: usize,
    /// The first that found no room any more, and what the system said.
    full: Option<(PathBuf, io::Error)>,
}

impl Staging {
    /// Makes the folder, while the output folder is locked. A file's hash says whether it is what an earlier run has published.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub fn begin(output: &Path, run_id: &str, hash: Hash) -> Result<Staging, Error> {
        let folder = output.join("runs").join(format!("{STAGING}{run_id}"));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|e| failed(&folder, &e))?;
        }
        {
            let mut staged = staged();
            open()?;
            *staged = Some(folder.clone());
        }
        let staging = Staging {
            output: output.to_path_buf(),
            run_id: run_id.to_string(),
            folder,
            hash,
            files: Mutex::default(),
        };
        let made = fs::create_dir(&staging.folder);
        made.map_err(|e| not_staged(&staging.folder, &e, None))?;
        Ok(staging)
    }

    /// Writes a file. When there is no room any more, what was written is given back, and all further files are only counted:
    /// how much room there should be is known, and said, when all are made.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub fn add(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        open()?;
        let hash = (self.hash)(path, bytes);
        let is_full = {
            let mut files = self.files();
            files.hashes.insert(path.to_string(), hash);
            files.bytes += bytes.len();
            files.full.is_some()
        };
        if is_full {
            return Ok(());
        }
        match self.write(path, bytes) {
            Ok(()) => Ok(()),
            // Another file has found no room meanwhile, and the folder is gone.
            Err(_) if self.files().full.is_some() => Ok(()),
            Err((at, e)) if failure::is_full(&e) => {
                self.files().full.get_or_insert((at, e));
                empty(&self.folder);
                Ok(())
            }
            Err((at, e)) => Err(not_staged(&at, &e, None)),
        }
    }

    /// Only folders below one that is there are made: who ends the process has removed it.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), (PathBuf, io::Error)> {
        for folder in folders(path) {
            let folder = self.folder.join(folder);
            match fs::create_dir(&folder) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err((folder, e)),
                _ => {}
            }
        }
        let file = self.folder.join(path);
        fs::write(&file, bytes).map_err(|e| (file, e))
    }

    /// The hash of every file so far.
    pub fn hashes(&self) -> BTreeMap<String, String> {
        self.files().hashes.clone()
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the run, while its output folder is locked. An equal run that is there already stays as it is; one of the same
    /// name with other content is left alone, and the new one gets a number behind its name.
    ///
    /// # Errors
    /// [`Error::Output`]; then `current` still points to what it pointed to before, and nothing of the run is left.
    pub fn publish(self, lock: &Lock) -> Result<Published, Error> {
        let files = std::mem::take(&mut *self.files());
        if let Some((path, e)) = &files.full {
            return Err(not_staged(path, e, Some(files.bytes)));
        }
        let runs = self.output.join("runs");
        let mut name = self.run_id.clone();
        let mut n = 1;
        SWAPPED.store(false, Ordering::SeqCst);
        while runs.join(&name).exists() {
            if hashes(&runs.join(&name), self.hash).as_ref() == Some(&files.hashes) {
                return again(lock, &self.output, &name);
            }
            n += 1;
            name = format!("{}-{n}", self.run_id);
        }
        self.sync(&files)?;
        let folder = runs.join(&name);
        let _swap = swap();
        lock.still_held()?;
        fs::rename(&self.folder, &folder).map_err(|e| failed(&folder, &e))?;
        sync_dir(&runs)?;
        point_current(&self.output, &name)?;
        SWAPPED.store(true, Ordering::SeqCst);
        Ok(Published::New(folder))
    }

    /// Has all files on the disk, with the names of the folders.
    fn sync(&self, files: &Files) -> Result<(), Error> {
        let sync = || {
            let all: Vec<&String> = files.hashes.keys().collect();
            all.into_par_iter().with_max_len(1).try_for_each(|path| {
                open()?;
                let path = self.folder.join(path);
                let synced = File::open(&path).and_then(|file| file.sync_all());
                synced.map_err(|e| not_staged(&path, &e, Some(files.bytes)))
            })
        };
        let writers = rayon::ThreadPoolBuilder::new().num_threads(WRITERS).build();
        match writers {
            Ok(writers) => writers.install(sync)?,
            // No more threads to be had.
            Err(_) => sync()?,
        }
        let below = files.hashes.keys().flat_map(|path| folders(path));
        let all: BTreeSet<PathBuf> = below.map(|folder| self.folder.join(folder)).collect();
        all.iter().rev().try_for_each(|folder| sync_dir(folder))?;
        sync_dir(&self.folder)
    }
}

impl Drop for Staging {
    /// Of what was published nothing is left under this name.
    fn drop(&mut self) {
        clear();
    }
}

/// The folders that a file lies in, each with those above it, the outermost first.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// The hashes of all files of a run's folder; nothing where one cannot be read.
pub fn hashes(folder: &Path, hash: Hash) -> Option<BTreeMap<String, String>> {
    let hashed = |path: String| {
        let bytes = fs::read(folder.join(&path)).ok()?;
        let hash = hash(&path, &bytes);
        Some((path, hash))
    };
    files(folder).ok()?.into_par_iter().map(hashed).collect()
}

/// Points `current` to a run that is there already, while its output folder is locked.
///
/// # Errors
/// [`Error::Output`]; then `current` still points to what it pointed to before.
pub fn again(lock: &Lock, output: &Path, name: &str) -> Result<Published, Error> {
    SWAPPED.store(false, Ordering::SeqCst);
    let _swap = swap();
    lock.still_held()?;
    point_current(output, name)?;
    SWAPPED.store(true, Ordering::SeqCst);
    Ok(Published::Unchanged(output.join("runs").join(name)))
}

/// Waits for a swap that is going on. As long as what it gives lives, no other begins.
pub fn swap() -> MutexGuard<'static, ()> {
    SWAPPING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn staged() -> MutexGuard<'static, Option<PathBuf>> {
    STAGED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has this process publish nothing any more: a swap that is going on is waited for. Gives whether `current` points to what
/// the process published last.
pub fn close() -> bool {
    std::mem::forget(swap());
    let _staged = staged();
    CLOSED.store(true, Ordering::SeqCst);
    SWAPPED.load(Ordering::SeqCst)
}

/// Removes what this process has written of a run that has no name yet, even while other threads are still at it.
pub fn clear() {
    if let Some(staging) = staged().take() {
        empty(&staging);
    }
}

/// Removes a folder that other threads may write into. What is left is removed by the next run.
fn empty(folder: &Path) {
    for _ in 0..50 {
        match fs::remove_dir_all(folder) {
            // A file that was just being made.
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(10));
            }
            _ => break,
        }
    }
}

/// Nobody reads the error: the process is ending.
fn open() -> Result<(), Error> {
    match CLOSED.load(Ordering::SeqCst) {
        true => Err(Error::Output("the process is ending".to_string())),
        false => Ok(()),
    }
}

/// Every file below a folder, at any depth, by its path below it with `/`, sorted.
///
/// # Errors
/// Which folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    walk(folder, "", &mut out)?;
    out.sort();
    Ok(out)
}

fn walk(folder: &Path, below: &str, files: &mut Vec<String>) -> Result<(), String> {
    let wrong = |e: io::Error| format!("{}: {e}", folder.join(below).display());
    for entry in fs::read_dir(folder.join(below)).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = match below {
            "" => name,
            _ => format!("{below}/{name}"),
        };
        if entry.path().is_dir() {
            walk(folder, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
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
/// What the system says.
pub fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
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
pub fn failed(path: &Path, e: &io::Error) -> Error {
    let why = failure::why(path, e);
    Error::Output(format!("{} cannot be written: {why}", path.display()))
}

/// Why an output could not be written, with how much room all of them take, where that is known.
fn not_staged(path: &Path, e: &io::Error, needed: Option<usize>) -> Error {
    let why = failure::why(path, e);
    let room = needed.filter(|_| failure::is_full(e)).map(|needed| {
        let needed = megabytes(needed);
        format!(" ({needed:.1} MB are needed for the outputs of this run)")
    });
    let room = room.unwrap_or_default();
    Error::Output(format!(
        "{} cannot be written: {why}{room}; nothing was published, `current` is as it was",
        path.display()
    ))
}

/// Rounded up to a tenth.
#[expect(clippy::cast_precision_loss)]
fn megabytes(bytes: usize) -> f64 {
    (bytes as f64 / 1e5).ceil() / 10.0
}
