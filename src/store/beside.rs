//! Small files that others read at any time: replaced in one step, never synced. They tell of a run and are no part of it.

use std::fs;
use std::io;
use std::path::Path;

/// Replaces a file: it is written beside and renamed over the old one.
///
/// # Errors
/// When it cannot be written; then the old one is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    // One name for each process, so that two that write one file do not write one beside it.
    let beside = format!(".{}.{}.new", name.to_string_lossy(), std::process::id());
    let beside = path.with_file_name(beside);
    let done = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // It may not be there at all.
        let _ = fs::remove_file(&beside);
    }
    done
}
