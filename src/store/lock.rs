//! One run at a time for each output folder: an advisory lock that the system releases when its owner ends, however it
//! ends. The file's text says who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::Error;

/// Held as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

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
    match file.try_lock() {
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
    writeln!(file, "pid {}", std::process::id()).map_err(failed)?;
    Ok(Lock { _file: file })
}
