//! Why something could not be read or written, in words that say what to do.

use std::fs;
use std::io;
use std::io::ErrorKind;
use std::path::Path;

/// Why a path could not be used, with what the system says and what stands behind it.
pub fn why(path: &Path, e: &io::Error) -> String {
    match e.kind() {
        ErrorKind::StorageFull => {
            format!("{e}: the file system is full, or has no free inodes")
        }
        ErrorKind::QuotaExceeded => format!("{e}: the quota is used up"),
        ErrorKind::ReadOnlyFilesystem => format!("{e}: the file system is mounted read-only"),
        ErrorKind::PermissionDenied => match rights(path) {
            Some(rights) => format!("{e}: {rights}"),
            None => e.to_string(),
        },
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            match path.ancestors().find(|p| p.is_file()) {
                Some(file) => format!("{} is a file, not a folder", file.display()),
                None => e.to_string(),
            }
        }
        _ => e.to_string(),
    }
}

/// Whether an error says that there is no room.
pub fn is_full(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

/// Whose the nearest path is that can be looked at, and who asks.
fn rights(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let whole = std::path::absolute(path).ok()?;
    let (near, metadata) = whole
        .ancestors()
        .find_map(|p| fs::symlink_metadata(p).ok().map(|m| (p, m)))?;
    let process = fs::metadata("/proc/self").ok();
    let own = process.map_or(String::new(), |p| {
        format!("; this process is user {}, group {}", p.uid(), p.gid())
    });
    Some(format!(
        "{} belongs to user {}, group {}, with mode {:o}{own}",
        near.display(),
        metadata.uid(),
        metadata.gid(),
        metadata.mode() & 0o7777
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_full_read_only_or_a_file_is_said() {
        let says = |kind: ErrorKind| why(Path::new("/"), &io::Error::from(kind));
        assert!(says(ErrorKind::StorageFull).contains("is full"));
        assert!(says(ErrorKind::QuotaExceeded).contains("quota is used up"));
        assert!(says(ErrorKind::ReadOnlyFilesystem).contains("mounted read-only"));
        let denied = says(ErrorKind::PermissionDenied);
        assert!(denied.contains("/ belongs to user "), "{denied}");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let below = why(
            &file.join("runs"),
            &io::Error::from(ErrorKind::NotADirectory),
        );
        assert_eq!(below, format!("{} is a file, not a folder", file.display()));
        assert!(is_full(&io::Error::from(ErrorKind::StorageFull)));
        assert!(!is_full(&io::Error::from(ErrorKind::PermissionDenied)));
    }
}
