//! What lies in the output folder: the lock, the heartbeat, runs, `current`, what is frozen, what is kept between runs. One
//! run at a time; outputs appear all at once or not at all.

pub mod beside;
pub mod books;
pub mod entries;
pub mod frozen;
pub mod heartbeat;
pub mod lock;
pub mod parsed;
pub mod publish;
pub mod retention;
mod rows;
pub mod runs;
mod sheets;
