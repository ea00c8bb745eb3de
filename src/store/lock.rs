//! One run at a time for each output folder: an advisory lock that the system releases when its owner ends, however it
//! ends. The file's text says who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use crate::clock;
use crate::error::Error;

/// Held as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Who holds the lock of an output folder; none where nobody does.
pub fn holder(output: &Path) -> Option<String> {
    let mut file = File::open(output.join("lock")).ok()?;
    let Err(TryLockError::WouldBlock) = file.try_lock_shared() else {
        return None;
    };
    let mut owner = String::new();
    // Without the note it is still held.
    let _ = file.read_to_string(&mut owner);
    Some(owner.trim().to_string())
}

/// Who asks [`holder`] has the lock for a moment: so long another one waits for it.
const MOMENT: Duration = Duration::from_millis(50);

/// Takes the lock of an output folder.
///
/// # Errors
/// [`Error::Locked`] at once when another run holds it, with its owner; [`Error::Output`] when the file cannot be made.
pub fn take(output: &Path) -> Result<Lock, Error> {
    let path = output.join("lock");
    let failed = |e: std::io::Error| {
        Error::Output(format!("lock file {} cannot be used: {e}", path.display()))
    };
    let mut file = OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(failed)?;
    let taken = match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            std::thread::sleep(MOMENT);
            file.try_lock()
        }
        other => other,
    };
    match taken {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            // The owner's note is a courtesy; without it the message is only shorter.
            let _ = file.read_to_string(&mut owner);
            return Err(Error::Locked(format!(
                "another run holds {}: {}",
                output.display(),
                owner.trim()
            )));
        }
        Err(TryLockError::Error(e)) => return Err(failed(e)),
    }
    file.set_len(0).map_err(failed)?;
    file.rewind().map_err(failed)?;
    writeln!(file, "pid {} since {}", std::process::id(), clock::now()).map_err(failed)?;
    Ok(Lock { _file: file })
}
