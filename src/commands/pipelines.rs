//! `junheng pipelines check`: every pipeline is loaded and every example run; all mistakes are shown at once.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::pipeline;

/// Checks one pipeline, or all below a folder.
///
/// # Errors
/// [`Error::Pipeline`] with every mistake of every pipeline.
pub fn check(path: &Path) -> Result<u8, Error> {
    let folders = if path.join("pipeline.toml").is_file() {
        vec![path.to_path_buf()]
    } else {
        below(path)?
    };
    if folders.is_empty() {
        return Err(Error::Pipeline(format!(
            "no pipeline at {}: a pipeline is a folder with a pipeline.toml",
            path.display()
        )));
    }
    let mut wrong = Vec::new();
    for folder in folders {
        let checked = pipeline::load(&folder).and_then(|p| {
            crate::dataset::read_counties(&p.counties_path)?;
            Ok(p)
        });
        match checked {
            // A closed stdout changes nothing.
            Ok(p) => drop(writeln!(
                std::io::stdout(),
                "{}: {} forms, {} indicators, {} rules, {} notices; all examples hold",
                folder.display(),
                p.forms.len(),
                p.indicators.len(),
                p.rule_texts().count(),
                p.notices.len()
            )),
            Err(e) => wrong.push(e.to_string()),
        }
    }
    if wrong.is_empty() {
        Ok(0)
    } else {
        Err(Error::Pipeline(wrong.join("\n\n")))
    }
}

fn below(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(path)
        .map_err(|e| Error::Pipeline(format!("no pipelines at {}: {e}", path.display())))?;
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.join("pipeline.toml").is_file())
        .collect();
    folders.sort();
    Ok(folders)
}
