//! Reading what a run has published.

use std::io::Cursor;
use std::path::Path;

use polars::prelude::*;
use serde_json::Value;

use super::run_json::RUN_JSON;

/// What a run says of itself.
///
/// # Errors
/// Why it cannot be read.
pub fn run_json(folder: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(folder.join(RUN_JSON)).map_err(|e| e.to_string())?;
    serde_json::from_slice(&bytes).map_err(|e| e.to_string())
}

/// A frame of `data/`, with the bytes that it was read from.
///
/// # Errors
/// Why it cannot be read, after its path.
pub fn frame(folder: &Path, name: &str) -> Result<(DataFrame, Vec<u8>), String> {
    let path = folder.join("data").join(format!("{name}.parquet"));
    let wrong = |why: String| format!("{}: {why}", path.display());
    let bytes = std::fs::read(&path).map_err(|e| wrong(e.to_string()))?;
    // Of a damaged file the reader may panic.
    let read = || ParquetReader::new(Cursor::new(&bytes)).finish();
    let frame = std::panic::catch_unwind(read)
        .map_err(|panic| wrong(crate::log::panic_text(&*panic)))?
        .map_err(|e| wrong(e.to_string()))?;
    Ok((frame, bytes))
}
