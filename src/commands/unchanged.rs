//! A run that is made from the very same as one before: nothing is computed again. What the store says of that run is
//! believed only where its folder still holds what it held then, byte by byte; else all is computed, as without the store.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::compute::{ReadInput, Request};
use super::make;
use super::metrics::Counts;
use super::run_json::{self, RUN_JSON};
use crate::finding::Severity;
use crate::ingest::submission::sha256;
use crate::last_year::Year;
use crate::store::entries::{Key, Store};
use crate::store::publish;

/// What there is to say of a run without computing it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    pub run_id: String,
    /// Its folder below `runs/`.
    pub folder: String,
    /// Hash of each file by its path; of `run.json` without its timings.
    files: BTreeMap<String, String>,
    pub exit: u8,
    pub counts: Counts,
    /// Counties that must correct: code, name, errors, queries.
    pub must_correct: Vec<(String, String, usize, usize)>,
    /// The lines for people.
    pub summary: String,
}

/// What a run is made from, before anything is computed: all that its outputs hang on but its base and the run that was
/// frozen, which its name says.
pub fn made_from(request: &Request, read: &ReadInput, years: &[Year], output: &Path) -> MadeFrom {
    let mut parts: Vec<String> = vec![
        request.pipeline.hash.clone(),
        request.period.to_string(),
        request.only.join(","),
        sha256(&request.counties_list),
        format!("{:?}", request.due.as_ref().map(|due| due.passed)),
        request.alone.to_string(),
        make::link(&output.join("runs").join("run"), &request.input),
        format!("{:?}", read.listing.skipped),
        read.listing.county_folders.to_string(),
    ];
    if let Some(year) = &request.last_year {
        parts.push(format!("{} {} {}", year.period, year.run, year.hash));
    }
    parts.extend(
        years
            .iter()
            .map(|y| format!("{} {} {}", y.period, y.run, y.hash)),
    );
    for file in &read.files {
        let submission = &file.submission;
        parts.push(format!(
            "{} {} {} {:?} {:?}",
            submission.path, file.sha256, submission.modified, submission.folder, file.drafts
        ));
    }
    let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
    MadeFrom(Key::new("inputs", &parts))
}

/// What a run is made from, as a key of the store: there lies the hash of its inputs.
pub struct MadeFrom(Key);

impl MadeFrom {
    /// Where the store says what a run of this name came to.
    fn told(&self, run_id: &str) -> Key {
        Key::new("told", &[self.0.as_str().as_bytes(), run_id.as_bytes()])
    }
}

/// The run that is made from this, if it is there as it was; `run_id` names the run of some inputs.
pub fn held(
    store: &Store,
    from: &MadeFrom,
    read: &ReadInput,
    output: &Path,
    run_id: impl FnOnce(String) -> String,
) -> Option<Told> {
    // What was read anew may have been read otherwise before.
    if !read.files.iter().all(|file| file.recalled) {
        return None;
    }
    let inputs_key = String::from_utf8(store.get(&from.0)?).ok()?;
    let own = run_id(inputs_key);
    let told: Told = serde_json::from_slice(&store.get(&from.told(&own))?).ok()?;
    let folder = output.join("runs").join(&told.folder);
    (own == told.run_id && publish::hashes(&folder, hash)? == told.files).then_some(told)
}

/// The hash of a file of a run's folder; of `run.json` without its timings.
pub fn hash(path: &str, bytes: &[u8]) -> String {
    match path {
        RUN_JSON => sha256(&run_json::without_timings(bytes)),
        _ => sha256(bytes),
    }
}

impl Told {
    /// What is to be said of a run that was made, with the hashes of its files.
    pub fn of(
        made: &make::Made,
        files: BTreeMap<String, String>,
        folder: &Path,
        counts: Counts,
        summary: String,
    ) -> Told {
        let results = &made.results;
        let by_county = results.by_county();
        let counties = results.dataset.counties.iter();
        let must_correct = counties.filter_map(|county| {
            let count = |severity| by_county.count(&county.code, severity);
            let (errors, queries) = (count(Severity::Error), count(Severity::Query));
            (errors > 0).then(|| (county.code.clone(), county.name.clone(), errors, queries))
        });
        let name = folder.file_name().unwrap_or_default();
        Told {
            run_id: made.run_id.clone(),
            folder: name.to_string_lossy().into_owned(),
            files,
            exit: made.exit,
            counts,
            must_correct: must_correct.collect(),
            summary,
        }
    }

    /// Keeps it for the next run.
    pub fn keep(&self, store: &Store, from: &MadeFrom, inputs_key: &str) {
        // It can be written: it has no keys but texts.
        if let Ok(bytes) = serde_json::to_vec(self) {
            store.put(&from.0, inputs_key.as_bytes());
            store.put(&from.told(&self.run_id), &bytes);
        }
    }
}
