//! Workbooks that were written before: the same book gives the same bytes, so that a county whose figures are what they were
//! gets its files without writing them again.

use std::hash::{Hash, Hasher};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::entries::{Key, Store};
use crate::error::Error;
use crate::report::book::Book;
use crate::report::xlsx;

/// Where the bytes of books come from.
#[derive(Clone, Copy)]
pub struct Books<'a> {
    /// What earlier runs have kept.
    pub store: &'a Store,
    /// A folder for files that are gone as soon as they are closed.
    pub scratch: &'a Path,
}

impl Books<'_> {
    /// The bytes of a book: those kept in the store, or newly written ones.
    ///
    /// # Errors
    /// As for [`xlsx::write`].
    pub fn written(&self, book: Book, period: i64) -> Result<Vec<u8>, Error> {
        let mut content = Content(Sha256::new());
        book.hash(&mut content);
        period.hash(&mut content);
        let key = Key::new("book", &[&content.0.finalize()]);
        if let Some(bytes) = self.store.get(&key) {
            return Ok(bytes);
        }
        let bytes = xlsx::write(book, period, self.scratch)?;
        self.store.put(&key, &bytes);
        Ok(bytes)
    }
}

/// Feeds everything that a book holds to a hash that no two books share.
struct Content(Sha256);

impl Hasher for Content {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Never asked for: the whole hash is the key.
    fn finish(&self) -> u64 {
        0
    }
}
