//! What lies in the output folder: the lock, runs, `current`, the heartbeat. One run at a time; outputs appear all at once or
//! not at all.

pub mod beside;
pub mod heartbeat;
pub mod lock;
pub mod publish;
