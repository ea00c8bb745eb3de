//! What is kept between runs, by content: files in `store/`, each named by the hash of what it was made from and by the hash
//! of its own bytes. An entry that is not what its name says counts as not there. Nothing hangs on the store: it may be
//! deleted at any time, and a store that cannot be read or written costs time only.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::pipeline::load::hex;

/// The folder of an output folder that holds the entries.
pub const FOLDER: &str = "store";
/// How the names of files begin that are being written.
const UNFINISHED: &str = ".new-";
/// Hexadecimal digits of a key and of a checksum in a file's name.
const KEY: usize = 40;
const SUM: usize = 24;

/// The hash of what an entry is made from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// The key of an entry: what kind it is, and everything that its content hangs on.
    pub fn new(kind: &str, made_from: &[&[u8]]) -> Key {
        let mut hash = Sha256::new();
        for part in [kind.as_bytes(), env!("JUNHENG_SOURCE").as_bytes()]
            .iter()
            .chain(made_from)
        {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Key(format!("{kind}-{}", &hex(&hash.finalize())[..KEY]))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The entries of one output folder.
#[derive(Debug)]
pub struct Store {
    /// `None`: nothing is kept and nothing is found.
    folder: Option<PathBuf>,
    access: Access,
    /// By key the file's name.
    there: HashMap<Key, String>,
    used: Mutex<HashSet<String>>,
    /// Whether it was said that nothing can be written.
    warned: AtomicBool,
    next: AtomicU64,
}

/// What may be done with the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

impl Store {
    /// A store that keeps nothing and knows nothing.
    pub fn none() -> Store {
        Store {
            folder: None,
            access: Access::Read,
            there: HashMap::new(),
            used: Mutex::new(HashSet::new()),
            warned: AtomicBool::new(false),
            next: AtomicU64::new(0),
        }
    }

    /// The store of an output folder. Only while its lock is held.
    pub fn open(output: &Path) -> Store {
        let folder = output.join(FOLDER);
        let mut store = Store::read_only(output);
        match fs::create_dir_all(&folder) {
            Ok(()) => {
                store.folder = Some(folder);
                store.access = Access::Write;
            }
            Err(e) => {
                tracing::warn!(store = %folder.display(), "nothing is kept for the next run: {e}")
            }
        }
        store
    }

    /// What the store of an output folder knows; nothing is written.
    pub fn read_only(output: &Path) -> Store {
        let folder = output.join(FOLDER);
        let mut store = Store::none();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some((key, _)) = name.rsplit_once('-') {
                store.there.insert(Key(key.to_string()), name.clone());
            }
        }
        store.folder = Some(folder).filter(|f| f.is_dir());
        store
    }

    /// Whether there is an entry; it may still turn out to be damaged.
    pub fn has(&self, key: &Key) -> bool {
        self.there.contains_key(key)
    }

    /// Whether there is any entry of a kind.
    pub fn has_any(&self, kind: &str) -> bool {
        let of_kind = |key: &Key| key.0.rsplit_once('-').is_some_and(|(own, _)| own == kind);
        self.there.keys().any(of_kind)
    }

    /// The bytes of an entry. One that is damaged is removed and counts as not there.
    pub fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let (folder, name) = (self.folder.as_ref()?, self.there.get(key)?);
        let path = folder.join(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) => {
                tracing::warn!(entry = name, "an entry of the store cannot be read: {e}");
                return None;
            }
        };
        if file_name(key, &bytes) != *name {
            tracing::warn!(entry = name, "a damaged entry of the store is removed");
            if self.access == Access::Write {
                // Should it stay, it is as useless as before.
                let _ = fs::remove_file(&path);
            }
            return None;
        }
        self.use_of(name.clone());
        Some(bytes)
    }

    /// Keeps an entry. What cannot be written is said once, and costs the next run its time.
    pub fn put(&self, key: &Key, bytes: &[u8]) {
        let Some(folder) = self
            .folder
            .as_ref()
            .filter(|_| self.access == Access::Write)
        else {
            return;
        };
        let name = file_name(key, bytes);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let beside = folder.join(format!("{UNFINISHED}{}-{number}", std::process::id()));
        // Not synced: an entry that a crash has torn is not what its name says.
        let written =
            fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, folder.join(&name)));
        match written {
            Ok(()) => self.use_of(name),
            Err(e) => {
                let _ = fs::remove_file(&beside);
                if !self.warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(store = %folder.display(), "not kept for the next run: {e}");
                }
            }
        }
    }

    fn use_of(&self, name: String) {
        if let Ok(mut used) = self.used.lock() {
            used.insert(name);
        }
    }

    /// Removes what no run needs: files that were never finished, and, of the entries that this run did not use, the oldest
    /// until the store holds no more than `most` bytes. Gives how many bytes it holds then.
    pub fn sweep(&self, most: u64) -> u64 {
        let Some(folder) = self
            .folder
            .as_ref()
            .filter(|_| self.access == Access::Write)
        else {
            return 0;
        };
        let used = self.used.lock().map(|u| u.clone()).unwrap_or_default();
        let mut whole = 0;
        let mut unused: Vec<(SystemTime, String, u64)> = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(about) = entry.metadata() else {
                continue;
            };
            if name.starts_with(UNFINISHED) {
                let _ = fs::remove_file(entry.path());
                continue;
            }
            whole += about.len();
            if !used.contains(&name) {
                let since = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                unused.push((since, name, about.len()));
            }
        }
        unused.sort();
        for (_, name, bytes) in unused {
            if whole <= most {
                break;
            }
            if fs::remove_file(folder.join(&name)).is_ok() {
                whole -= bytes;
            }
        }
        whole
    }
}

fn file_name(key: &Key, bytes: &[u8]) -> String {
    format!("{}-{}", key.0, &hex(&Sha256::digest(bytes))[..SUM])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("junheng-store-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    #[test]
    fn an_entry_that_is_not_what_its_name_says_is_not_there() {
        let output = folder("damaged");
        let key = Key::new("thing", &[b"a"]);
        let store = Store::open(&output);
        store.put(&key, b"bytes");
        let store = Store::open(&output);
        assert_eq!(store.get(&key).as_deref(), Some(&b"bytes"[..]));
        assert_eq!(store.get(&Key::new("thing", &[b"b"])), None);
        let entry = fs::read_dir(output.join(FOLDER))
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        fs::write(entry.path(), b"bytez").unwrap();
        assert_eq!(store.get(&key), None);
        assert!(!entry.path().exists());
        fs::remove_dir_all(&output).unwrap();
    }

    #[test]
    fn parts_of_a_key_do_not_run_into_each_other() {
        assert_ne!(Key::new("k", &[b"ab", b"c"]), Key::new("k", &[b"a", b"bc"]));
    }

    #[test]
    fn sweeping_keeps_what_was_used_and_bounds_the_rest() {
        let output = folder("sweep");
        let keys: Vec<Key> = (0..4u8).map(|n| Key::new("thing", &[&[n]])).collect();
        let store = Store::open(&output);
        for key in &keys {
            store.put(key, &[7; 100]);
        }
        fs::write(
            output.join(FOLDER).join(format!("{UNFINISHED}1-1")),
            b"half",
        )
        .unwrap();
        let store = Store::open(&output);
        assert!(store.get(&keys[0]).is_some());
        assert_eq!(store.sweep(250), 200);
        let store = Store::open(&output);
        assert!(store.has(&keys[0]));
        assert_eq!(keys.iter().filter(|k| store.has(k)).count(), 2);
        assert_eq!(store.sweep(0), 0);
        fs::remove_dir_all(&output).unwrap();
    }
}
