//! What lies in the output folder: the lock, runs, `current`, what is frozen. One run at a time; outputs appear all at once
//! or not at all.

pub mod books;
pub mod entries;
pub mod frozen;
pub mod lock;
pub mod parsed;
pub mod publish;
pub mod retention;
pub mod runs;
