//! What lies in the output folder: the lock, runs, `current`. One run at a time; outputs appear all at once or not at all.

pub mod books;
pub mod entries;
pub mod lock;
pub mod parsed;
pub mod publish;
