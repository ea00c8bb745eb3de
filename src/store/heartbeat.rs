//! `heartbeat.json` in the output folder: how far the run is, or how the last one ended. For those who watch over it; no run
//! reads it.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::beside;

/// Name of the file.
pub const HEARTBEAT: &str = "heartbeat.json";

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Running,
    /// Published, or published before.
    Done,
    /// It could not be carried out.
    Failed,
    /// A signal ended it.
    Stopped,
}

/// What the file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beat {
    pub state: Standing,
    pub pipeline: String,
    pub period: i64,
    /// The run's id, once it is known.
    pub run: Option<String>,
    /// What the run has begun, or ended with.
    pub stage: String,
    /// Files to read, once they are listed.
    pub files: Option<usize>,
    pub files_read: usize,
    pub pid: u32,
    pub host: String,
    /// When the run began, and when this was written (UTC).
    pub started: String,
    pub at: String,
    /// Seconds from the one to the other.
    pub seconds: f64,
    /// Whether this run's outputs are what `current` points to.
    pub published: bool,
    /// `clean` or `findings`, of a run that was carried out.
    pub outcome: Option<String>,
    pub exit_code: Option<u8>,
    /// Why it failed or stopped.
    pub message: Option<String>,
    pub version: String,
}

/// Replaces the file.
///
/// # Errors
/// When it cannot be written.
pub fn write(output: &Path, beat: &Beat) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(beat)?;
    text.push(b'\n');
    beside::replace(&output.join(HEARTBEAT), &text)
}

/// What the file of an output folder says; none where there is none that can be read.
pub fn read(output: &Path) -> Option<Beat> {
    let bytes = std::fs::read(output.join(HEARTBEAT)).ok()?;
    serde_json::from_slice(&bytes).ok()
}
