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
    let beside = path.with_file_name(name_beside(&name.to_string_lossy()));
    let done = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // It may not be there at all.
        let _ = fs::remove_file(&beside);
    }
    done
}

/// One name for each process, so that two that write one file do not write one beside it.
fn name_beside(name: &str) -> String {
    format!(".{name}.{}.new", std::process::id())
}

/// Whether a name is that of a file beside `of`, which a process that was killed has left.
pub fn is_beside(name: &str, of: &str) -> bool {
    let rest = name.strip_prefix('.').and_then(|n| n.strip_prefix(of));
    rest.is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".new"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_what_is_beside_it_is_known() {
        let name = format!("junheng-beside-{}", std::process::id());
        let path = std::env::temp_dir().join(&name);
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(!path.with_file_name(name_beside(&name)).exists());
        fs::remove_file(&path).unwrap();
        assert!(replace(&path.join("below"), b"x").is_err());
        assert!(is_beside(&name_beside("heartbeat.json"), "heartbeat.json"));
        assert!(!is_beside("heartbeat.json", "heartbeat.json"));
    }
}
