//! The list of counties that must report.

use std::path::Path;

use serde::Deserialize;

use crate::error::Error;
use crate::failure::why;
use crate::ingest::delimited::{decoded, rows_of};

/// A county that must report, or that reported without being listed.
#[derive(Debug, Clone)]
pub struct County {
    pub code: String,
    pub name: String,
    pub prefecture: String,
    pub resident_population: Option<f64>,
    pub listed: bool,
    /// Whether any record of it was taken.
    pub received: bool,
}

#[derive(Debug, Deserialize)]
struct CountyLine {
    code: String,
    name: String,
    prefecture: String,
    resident_population: Option<f64>,
}

/// Reads the list of counties that must report (CSV: code, name, prefecture, resident_population).
///
/// # Errors
/// [`Error::Pipeline`] with the line that is wrong.
pub fn read_counties(path: &Path) -> Result<Vec<County>, Error> {
    read_counties_and_bytes(path).map(|(counties, _)| counties)
}

/// The same, with the bytes of the list.
///
/// # Errors
/// As for [`read_counties`].
pub fn read_counties_and_bytes(path: &Path) -> Result<(Vec<County>, Vec<u8>), Error> {
    let wrong = |e: String| Error::Pipeline(format!("county list {}: {e}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| wrong(why(path, &e)))?;
    let text = decoded(&bytes).ok_or_else(|| wrong("neither UTF-8 nor GB18030".to_string()))?;
    let mut out: Vec<County> = Vec::new();
    for line in rows_of::<CountyLine>(&text).map_err(wrong)? {
        if out.iter().any(|c| c.code == line.code) {
            return Err(wrong(format!("code {} stands twice", line.code)));
        }
        out.push(County {
            code: line.code,
            name: line.name,
            prefecture: line.prefecture,
            resident_population: line.resident_population,
            listed: true,
            received: false,
        });
    }
    out.sort_by(|a, b| a.code.cmp(&b.code));
    Ok((out, bytes))
}

/// The county of a code that somebody asks for.
///
/// # Errors
/// [`Error::Usage`] when the list does not have it.
pub fn asked_county<'a>(
    counties: &'a [County],
    code: &str,
    path: &Path,
) -> Result<&'a County, Error> {
    let known = counties.iter().find(|c| c.code == code);
    known.ok_or_else(|| {
        Error::Usage(format!(
            "--county {code}: no such county in the county list {}",
            path.display()
        ))
    })
}
