//! Gives the program a hash of its own source: what an earlier build has kept of submissions counts no longer when
//! the reader, or a library that it uses, may read them in another way.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut files = vec![root.join("Cargo.lock"), root.join("Cargo.toml")];
    below(&root.join("src"), &mut files);
    files.sort();
    // This hasher has fixed keys: the same source gives the same hash.
    let mut hasher = DefaultHasher::new();
    for path in files {
        let name = path.strip_prefix(&root).unwrap_or(&path);
        name.to_string_lossy().replace('\\', "/").hash(&mut hasher);
        fs::read(&path).unwrap_or_default().hash(&mut hasher);
        println!("cargo:rerun-if-changed={}", path.display());
    }
    println!("cargo:rerun-if-changed={}", root.join("src").display());
    println!("cargo:rustc-env=JUNHENG_SOURCE={:016x}", hasher.finish());
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|e| e.path()) {
        if path.is_dir() {
            below(&path, files);
        } else {
            files.push(path);
        }
    }
}
