//! Reading what a run has published.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use rayon::prelude::*;
use serde_json::Value;

use super::outputs::PIPELINE;
use super::run_json::RUN_JSON;
use crate::changes::Side;
use crate::error::Error;
use crate::pipeline::parts::Files;
use crate::pipeline::{self, Pipeline};
use crate::report::data::table_file;
use crate::store::publish;

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

/// Text of a value; empty where it is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_string()
}

/// Two texts of each entry of a list.
pub fn pairs(list: &Value, keys: [&str; 2]) -> Vec<(String, String)> {
    let entries = list.as_array().into_iter().flatten();
    entries
        .map(|entry| (text(&entry[keys[0]]), text(&entry[keys[1]])))
        .collect()
}

/// Path and hash of every input of a run, as its `run.json` has them.
pub fn inputs(json: &Value) -> Vec<(String, String)> {
    pairs(&json["inputs"], ["path", "sha256"])
}

/// The folder of the outputs: as named, else as the pipeline says.
///
/// # Errors
/// When the pipeline is asked and wrong.
pub fn output_of(output: Option<&PathBuf>, pipeline: &Path) -> Result<PathBuf, Error> {
    match output {
        Some(dir) => Ok(dir.clone()),
        None => Ok(PathBuf::from(pipeline::load(pipeline)?.default_output)),
    }
}

/// Sees that a folder is one of outputs.
///
/// # Errors
/// [`Error::Usage`] when it is not.
pub fn check_outputs(output: &Path) -> Result<(), Error> {
    match output.join("runs").is_dir() {
        true => Ok(()),
        false => Err(Error::Usage(format!(
            "{} is no folder of outputs: no runs/ in it",
            output.display()
        ))),
    }
}

/// The bytes of a Parquet file as a frame: some of its columns, as far as they are there; all where none is named.
///
/// # Errors
/// Why it cannot be read.
pub fn parquet(bytes: &[u8], columns: &[&str]) -> Result<DataFrame, String> {
    let read = || {
        let mut reader = ParquetReader::new(Cursor::new(bytes));
        if !columns.is_empty() {
            let schema = reader.schema()?;
            let there = columns.iter().filter(|c| schema.contains(c));
            let there = there.map(|c| (*c).to_string()).collect();
            reader = reader.with_columns(Some(there));
        }
        reader.finish()
    };
    // Of a damaged file the reader may panic.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read))
        .map_err(|panic| crate::log::panic_text(&*panic))?
        .map_err(|e: PolarsError| e.to_string())
}

/// A frame of `data/`, with the bytes that it was read from.
///
/// # Errors
/// Why it cannot be read, after its path.
pub fn frame(folder: &Path, name: &str) -> Result<(DataFrame, Vec<u8>), String> {
    let path = folder.join("data").join(format!("{name}.parquet"));
    let wrong = |why: String| format!("{}: {why}", path.display());
    let bytes = std::fs::read(&path).map_err(|e| wrong(e.to_string()))?;
    Ok((parquet(&bytes, &[]).map_err(wrong)?, bytes))
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

/// What two runs are compared by, of a frame of one that is being made; `None` where it says nothing.
pub fn compared(name: &str, frame: &DataFrame) -> Option<DataFrame> {
    if name.starts_with(&table_file("")) {
        return Some(frame.clone());
    }
    let (_, columns) = COMPARED.iter().find(|(known, _)| *known == name)?;
    let there = columns.iter().filter_map(|c| frame.column(c).ok());
    DataFrame::new(frame.height(), there.cloned().collect()).ok()
}

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
    parquet(&bytes, columns).map_err(wrong)
}

/// The pipeline files among outputs, by their path below the folder of the pipeline.
pub fn pipeline_files_of(outputs: &[(String, Vec<u8>)]) -> Files {
    let own = outputs.iter().filter_map(|(path, bytes)| {
        let rest = path.strip_prefix(PIPELINE)?.strip_prefix('/')?;
        Some((rest.to_string(), bytes.clone()))
    });
    own.collect()
}

/// The pipeline files that a run has kept, with its list of counties, by path. None of a run of an older program.
pub fn pipeline_files(folder: &Path) -> Files {
    let root = folder.join(PIPELINE);
    let all = publish::files(&root).unwrap_or_default().into_iter();
    all.filter_map(|name| {
        let bytes = std::fs::read(root.join(&name)).ok()?;
        Some((name, bytes))
    })
    .collect()
}

/// The folder of the pipeline that a run has kept.
pub fn pipeline_folder(folder: &Path) -> Option<PathBuf> {
    let root = folder.join(PIPELINE);
    let all = publish::files(&root).unwrap_or_default().into_iter();
    let mut all = all.map(|name| root.join(name));
    let head = all.find(|p| p.file_name().is_some_and(|n| n == "pipeline.toml"))?;
    head.parent().map(Path::to_path_buf)
}
