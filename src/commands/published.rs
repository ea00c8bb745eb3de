//! Reading what a run has published.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use rayon::prelude::*;
use serde_json::Value;

use super::outputs::PIPELINE;
use super::run_json::RUN_JSON;
use crate::changes::Side;
use crate::pipeline::Pipeline;
use crate::pipeline::parts::Files;
use crate::report::data::table_file;

/// What a run says of itself.
///
/// # Errors
/// Why it cannot be read.
pub fn run_json(folder: &Path) -> Result<Value, String> {
    json(&folder.join(RUN_JSON))
}

/// A file of JSON.
///
/// # Errors
/// Why it cannot be read.
pub fn json(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
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
    let frame = ParquetReader::new(Cursor::new(&bytes)).finish();
    Ok((frame.map_err(|e| wrong(e.to_string()))?, bytes))
}

/// What a run has published of what two runs are compared by, by frame the columns; all where none is named.
const COMPARED: &[(&str, &[&str])] = &[
    ("submissions", &["path", "sha256", "county_code", "status"]),
    (
        "unit_indicators",
        &[
            "county_code",
            "school_code",
            "stage",
            "indicator",
            "value",
            "met",
        ],
    ),
    (
        "unit_verdicts",
        &[
            "county_code",
            "school_code",
            "stage",
            "met_count",
            "verdict",
        ],
    ),
    (
        "balance",
        &["county_code", "stage", "indicator", "cv", "verdict"],
    ),
    (
        "criteria",
        &["county_code", "criterion", "value", "verdict", "points"],
    ),
    ("survey", &["county_code", "rate", "verdict"]),
    ("verdicts", &["county_code", "part", "verdict"]),
    ("ranking", &["ranking", "county_code", "rank", "value"]),
    (
        "findings",
        &[
            "finding_id",
            "rule",
            "county_code",
            "file",
            "sheet",
            "cell",
            "state",
        ],
    ),
];

/// What two runs are compared by, of one that has been published; the tables are those of the pipeline. A frame that cannot
/// be read is said in the log and left out.
///
/// # Errors
/// Why its `run.json` cannot be read.
pub fn side(folder: &Path, pipeline: &Pipeline) -> Result<Side, String> {
    let json = run_json(folder)?;
    let tables = pipeline.tables.iter().map(|t| table_file(&t.name));
    let fixed = COMPARED
        .iter()
        .map(|(name, columns)| ((*name).to_string(), *columns));
    let wanted: Vec<(String, &[&str])> = fixed.chain(tables.map(|t| (t, &[][..]))).collect();
    let read = |(name, columns): (String, &[&str])| match some_columns(folder, &name, columns) {
        Ok(frame) => Some((name, frame)),
        Err(why) => {
            let shown = folder.display();
            tracing::warn!(run = %shown, why, "a frame of an earlier run not read: not compared");
            None
        }
    };
    let text = |value: &Value| value.as_str().unwrap_or("").to_string();
    let only = json["only"].as_array().into_iter().flatten();
    Ok(Side {
        run: folder_name(folder).unwrap_or_else(|| text(&json["run"])),
        program: text(&json["program"]["version"]),
        only: only.map(text).collect(),
        frames: wanted.into_par_iter().filter_map(read).collect(),
        files: pipeline_files(folder),
    })
}

/// The name of a run's folder, the link `current` followed.
fn folder_name(folder: &Path) -> Option<String> {
    let real = folder.canonicalize().ok()?;
    Some(real.file_name()?.to_string_lossy().into_owned())
}

/// Some columns of a frame, as far as they are there; all where none is named.
fn some_columns(folder: &Path, name: &str, columns: &[&str]) -> Result<DataFrame, String> {
    let path = folder.join("data").join(format!("{name}.parquet"));
    let wrong = |why: String| format!("{}: {why}", path.display());
    let bytes = std::fs::read(&path).map_err(|e| wrong(e.to_string()))?;
    let mut reader = ParquetReader::new(Cursor::new(&bytes));
    if !columns.is_empty() {
        let schema = reader.schema().map_err(|e| wrong(e.to_string()))?;
        let there = columns.iter().filter(|c| schema.contains(c));
        let there = there.map(|c| (*c).to_string()).collect();
        reader = reader.with_columns(Some(there));
    }
    reader.finish().map_err(|e| wrong(e.to_string()))
}

/// The pipeline files that a run has kept, with its list of counties, by path. None of a run of an older program.
pub fn pipeline_files(folder: &Path) -> Files {
    let root = folder.join(PIPELINE);
    let mut out = Files::new();
    for path in all_files(&root) {
        let name = path
            .strip_prefix(&root)
            .map(|p| p.to_string_lossy().replace('\\', "/"));
        if let (Ok(name), Ok(bytes)) = (name, std::fs::read(&path)) {
            out.insert(name, bytes);
        }
    }
    out
}

/// The folder of the pipeline that a run has kept.
pub fn pipeline_folder(folder: &Path) -> Option<PathBuf> {
    let mut all = all_files(&folder.join(PIPELINE)).into_iter();
    let head = all.find(|p| p.file_name().is_some_and(|n| n == "pipeline.toml"))?;
    head.parent().map(Path::to_path_buf)
}

/// All files below a folder.
fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => open.push(path),
                false => out.push(path),
            }
        }
    }
    out.sort();
    out
}
