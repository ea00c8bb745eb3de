//! Folders: read, copied, removed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every file of a folder by its path in it; of `run.json` all but its timings.
pub type Tree = BTreeMap<String, Vec<u8>>;

pub const RUN_JSON: &str = "run.json";

/// The folder of a run, as it is compared.
pub fn tree(folder: &Path) -> Tree {
    let mut out = Tree::new();
    for path in files(folder) {
        let name = path
            .strip_prefix(folder)
            .expect("it lies in the folder")
            .to_string_lossy()
            .into_owned();
        let bytes = fs::read(&path).expect("a file of a run");
        let bytes = match name.as_str() {
            RUN_JSON => without_timings(bytes),
            _ => bytes,
        };
        out.insert(name, bytes);
    }
    out
}

/// The timings are the last key.
fn without_timings(mut bytes: Vec<u8>) -> Vec<u8> {
    let key = b"\n  \"timings\": {";
    let at = bytes.windows(key.len()).position(|w| w == key);
    bytes.truncate(at.unwrap_or(bytes.len()));
    bytes
}

/// All files below a folder, in order; links are not followed.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for name in names(folder) {
        let path = folder.join(name);
        let kind = path.symlink_metadata().expect("it was listed").file_type();
        if kind.is_dir() {
            out.extend(files(&path));
        } else {
            out.push(path);
        }
    }
    out
}

/// The names in a folder, in order; none where there is no folder.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut out: Vec<String> = entries
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    out.sort();
    out
}

/// Copies a folder into another one, which may be there; links stay links.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for name in names(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        let kind = from.symlink_metadata().expect("it was listed").file_type();
        if kind.is_dir() {
            copy(&from, &to);
        } else if kind.is_symlink() {
            let target = fs::read_link(&from).expect("a link");
            std::os::unix::fs::symlink(target, &to).expect("a link");
        } else {
            fs::copy(&from, &to).expect("a copy of a file");
        }
    }
}

/// Removes whatever stands there.
pub fn remove(path: &Path) {
    let Ok(about) = path.symlink_metadata() else {
        return;
    };
    let removed = match about.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    removed.expect("what the bench made can be removed");
}

/// How many bytes a folder takes where room is given out in blocks of 4 KiB.
pub fn room(folder: &Path) -> u64 {
    let sizes = files(folder).into_iter().map(|f| {
        let about = f.symlink_metadata().expect("it was listed");
        about.len().div_ceil(4096) * 4096
    });
    sizes.sum()
}
