//! File systems that are mounted for a case, and unmounted when it is over.

use std::path::{Path, PathBuf};

use crate::program::said;

/// Why a case is left out.
pub const NOT_ALLOWED: &str = "no rights to mount";

pub struct Mount(PathBuf);

impl Mount {
    /// A file system in memory on a folder; none where that is not allowed.
    pub fn memory(folder: &Path, options: &str) -> Option<Mount> {
        let arguments = ["-t", "tmpfs", "-o", options, "tmpfs"];
        said("mount", &arguments, folder).map(|_| Mount(folder.to_path_buf()))
    }

    /// A folder that can be read and not be written, whoever asks.
    pub fn read_only(folder: &Path) -> Option<Mount> {
        let shown = folder.to_string_lossy();
        said("mount", &["--bind", &shown], folder)?;
        let mount = Mount(folder.to_path_buf());
        mount.change("bind,ro").then_some(mount)
    }

    /// Whether the options could be changed.
    pub fn change(&self, options: &str) -> bool {
        said("mount", &["-o", &format!("remount,{options}")], &self.0).is_some()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if said("umount", &[], &self.0).is_none() {
            eprintln!("{} could not be unmounted", self.0.display());
        }
    }
}
