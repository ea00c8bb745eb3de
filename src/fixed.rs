//! Hashes and maps with a fixed seed: the same in every run, on every machine. Not against who chooses his keys with care:
//! the maps are bounded where they are used, and their order never shows.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

pub type HashMap<K, V> = std::collections::HashMap<K, V, FixedState>;
pub type HashSet<K> = std::collections::HashSet<K, FixedState>;

/// The hash of a value: other values, another hash, but for chance.
pub fn hash_of<T: Hash + ?Sized>(value: &T) -> u64 {
    foldhash::quality::FixedState::default().hash_one(value)
}
