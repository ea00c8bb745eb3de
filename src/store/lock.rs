//! One run at a time for each output folder: an advisory lock that the system releases when its owner ends, however it
//! ends. The file's text says who holds it, and is cleared when a run ends: a text that nobody holds is of a run that did not.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::clock;
use crate::error::Error;
use crate::failure::why;

/// Name of the file in the output folder.
pub const LOCK: &str = "lock";

/// How often a lock that another run holds is asked for again.
const AGAIN: Duration = Duration::from_millis(200);
/// A lock without a text is just being taken, or only looked at: it is asked for again for so long.
const NAMELESS: Duration = Duration::from_millis(500);

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub pid: u32,
    pub host: String,
    /// When its run began (UTC).
    pub start: String,
    /// Pipeline and period of its run.
    pub pipeline: String,
}

impl Owner {
    /// This process, which begins a run now.
    pub fn this(pipeline: &str, period: i64) -> Owner {
        Owner {
            pid: std::process::id(),
            host: host(),
            start: clock::now(),
            pipeline: format!("{pipeline} {period}"),
        }
    }

    fn text(&self) -> String {
        let Owner {
            pid,
            host,
            start,
            pipeline,
        } = self;
        format!("pid {pid}\nhost {host}\nstart {start}\npipeline {pipeline}\n")
    }

    fn of_text(text: &str) -> Option<Owner> {
        let line = |key: &str| {
            text.lines()
                .find_map(|l| l.strip_prefix(key)?.strip_prefix(' '))
                .map(|value| value.trim().to_string())
        };
        Some(Owner {
            pid: line("pid")?.parse().ok()?,
            host: line("host").unwrap_or_default(),
            start: line("start").unwrap_or_default(),
            pipeline: line("pipeline").unwrap_or_default(),
        })
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "pid {} on host {} since {} ({})",
            self.pid, self.host, self.start, self.pipeline
        )
    }
}

/// The name of this machine.
pub fn host() -> String {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"].map(std::fs::read_to_string);
    let named = files.into_iter().flatten().map(|t| t.trim().to_string());
    named
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| {
            let said = std::process::Command::new("uname").arg("-n").output();
            let name = said.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_string());
            name.unwrap_or_default()
        })
}

/// Held as long as it lives.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: Arc<File>,
}

/// The lock of this process, for [`clear`].
static HELD: Mutex<Weak<File>> = Mutex::new(Weak::new());

impl Lock {
    /// Whether nobody has taken the lock file away, so that no other run can have begun.
    ///
    /// # Errors
    /// [`Error::Output`] when the lock file is no longer the one that was locked: then another run may be going on.
    pub fn still_held(&self) -> Result<(), Error> {
        if same(&self.file, &self.path) {
            return Ok(());
        }
        Err(Error::Output(format!(
            "lock file {} was removed or replaced while the run was going on: another run may be at work there, so nothing \
             was published",
            self.path.display()
        )))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A text that stays is taken for that of a run that did not end, and said so.
        let _ = self.file.set_len(0);
    }
}

/// Clears the text of the lock that this process holds, for it is about to end.
pub fn clear() {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = held.upgrade() {
        let _ = file.set_len(0);
    }
}

/// Takes the lock of an output folder.
///
/// # Errors
/// [`Error::Locked`] when another run holds it, with its owner: at once, or after it was waited for; [`Error::Output`] when
/// the file cannot be made, or the file system has no locks.
pub fn take(output: &Path, owner: &Owner, wait: Duration) -> Result<Lock, Error> {
    let path = output.join(LOCK);
    let failed = |e: io::Error| {
        let why = why(&path, &e);
        Error::Output(format!(
            "lock file {} cannot be used: {why}",
            path.display()
        ))
    };
    let asked = Instant::now();
    let mut said = false;
    let mut file = loop {
        let mut file = opened(&path).map_err(failed)?;
        match file.try_lock() {
            // Somebody may have removed the file between the two.
            Ok(()) if same(&file, &path) => break file,
            Ok(()) => continue,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(e)) => return Err(without_locks(&path, &e)),
        }
        let holder = text_of(&mut file).and_then(|text| Owner::of_text(&text));
        let waited = asked.elapsed();
        if holder.is_none() && waited < NAMELESS {
            std::thread::sleep(AGAIN / 10);
            continue;
        }
        let holder = holder.map_or("its lock names no owner".to_string(), |o| o.to_string());
        if waited >= wait {
            return Err(Error::Locked(held_by(output, &holder, wait)));
        }
        if !said {
            let seconds = wait.as_secs();
            tracing::info!(seconds, "waiting for another run: {holder}");
            said = true;
        }
        std::thread::sleep(AGAIN.min(wait - waited));
    };
    let before = text_of(&mut file).unwrap_or_default();
    if let Some(before) = Owner::of_text(&before) {
        tracing::warn!(
            pid = before.pid,
            host = before.host,
            start = before.start,
            "the lock is stale: the run of {before} did not end; what it left is cleared"
        );
    }
    file.set_len(0).map_err(failed)?;
    file.rewind().map_err(failed)?;
    file.write_all(owner.text().as_bytes()).map_err(failed)?;
    let file = Arc::new(file);
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&file);
    Ok(Lock { path, file })
}

/// Who holds the lock of an output folder; nobody where no run is going on.
pub fn holder(output: &Path) -> Option<Owner> {
    let mut file = File::open(output.join(LOCK)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Owner::of_text(&text_of(&mut file)?),
        _ => None,
    }
}

fn opened(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(path)
}

fn same(file: &File, path: &Path) -> bool {
    let place = |m: std::fs::Metadata| (m.dev(), m.ino());
    let there = std::fs::metadata(path).map(place);
    file.metadata()
        .map(place)
        .is_ok_and(|own| there.is_ok_and(|t| t == own))
}

fn text_of(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.rewind().ok()?;
    // No owner's note is longer.
    file.take(4096).read_to_string(&mut text).ok()?;
    Some(text)
}

fn held_by(output: &Path, holder: &str, wait: Duration) -> String {
    let output = output.display();
    match wait.as_secs() {
        0 => format!("another run holds {output}: {holder}; --wait SECONDS waits for its end"),
        seconds => format!("another run holds {output}, {seconds} s later still: {holder}"),
    }
}

fn without_locks(path: &Path, e: &io::Error) -> Error {
    Error::Output(format!(
        "lock file {} cannot be locked: {e}. Where a file system has no locks two runs could write at once: choose --output on a \
         local disk, or mount the share with locks (NFS with lockd, SMB without nobrl), and copy what `current` points to",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("junheng-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    fn owner() -> Owner {
        Owner {
            pid: 42,
            host: "here".to_string(),
            start: "2024-11-22T02:30:00Z".to_string(),
            pipeline: "p 2024".to_string(),
        }
    }

    #[test]
    fn the_text_of_a_lock_names_its_owner_and_goes_with_it() {
        let dir = folder("owner");
        assert_eq!(holder(&dir), None);
        let lock = take(&dir, &owner(), Duration::ZERO).unwrap();
        assert_eq!(holder(&dir), Some(owner()));
        let other = take(&dir, &owner(), Duration::ZERO).unwrap_err();
        assert_eq!(other.exit_code(), 4);
        assert!(
            other
                .to_string()
                .contains("pid 42 on host here since 2024-11-22T02:30:00Z (p 2024)"),
            "{other}"
        );
        lock.still_held().unwrap();
        drop(lock);
        assert_eq!(holder(&dir), None);
        assert_eq!(std::fs::read(dir.join(LOCK)).unwrap(), b"");
        let again = take(&dir, &owner(), Duration::ZERO).unwrap();
        // What somebody clears away by hand is noticed before anything is published.
        std::fs::remove_file(dir.join(LOCK)).unwrap();
        assert_eq!(again.still_held().unwrap_err().exit_code(), 70);
        drop(again);
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_lock_that_is_waited_for_is_taken_when_its_owner_ends() {
        let dir = folder("waited");
        let lock = take(&dir, &owner(), Duration::ZERO).unwrap();
        let waiting = {
            let dir = dir.clone();
            std::thread::spawn(move || take(&dir, &owner(), Duration::from_secs(60)).map(drop))
        };
        std::thread::sleep(AGAIN);
        drop(lock);
        assert!(waiting.join().unwrap().is_ok());
        std::fs::remove_dir_all(dir).unwrap();
    }
}
