//! From a command's arguments to results: what `run` and `trace` have in common.

use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::progress;
use crate::cli::InputArgs;
use crate::dataset::{self, County};
use crate::due::Due;
use crate::error::Error;
use crate::failure::why;
use crate::ingest::submission::{Listing, discover};
use crate::ingest::{self, FileRead};
use crate::last_year::LastYear;
use crate::pipeline::load::hex;
use crate::pipeline::model::Survey;
use crate::pipeline::{self, Pipeline};
use crate::results::{self, Results};

/// Seconds by stage of the work, in the order in which they were spent.
#[derive(Debug, Default)]
pub struct Timings {
    pub stages: Vec<(&'static str, f64)>,
}

impl Timings {
    /// Does some work and keeps how long it took.
    pub fn time<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        progress::stage(stage);
        let out = work();
        let seconds = start.elapsed().as_secs_f64();
        progress::stage_done(stage, seconds);
        tracing::debug!(stage, seconds, "stage done");
        self.stages.push((stage, seconds));
        out
    }
}

/// What is to be computed, with the pipeline's defaults filled in.
pub struct Request {
    pub pipeline: Pipeline,
    pub counties_path: PathBuf,
    pub counties: Vec<County>,
    pub input: PathBuf,
    pub period: i64,
    /// Only these counties; all when empty.
    pub only: Vec<String>,
    /// What an earlier year's run published.
    pub last_year: Option<LastYear>,
    /// The due date of the period, and whether it has passed.
    pub due: Option<Due>,
}

/// Loads a pipeline and its list of counties.
///
/// # Errors
/// When the pipeline or the list is wrong, or an asked county is not on the list.
pub fn request(path: &Path, args: &InputArgs, only: &[String]) -> Result<Request, Error> {
    let pipeline = pipeline::load(path)?;
    let counties_path = args
        .counties
        .clone()
        .unwrap_or_else(|| pipeline.counties_path.clone());
    let counties = dataset::read_counties(&counties_path)?;
    check_only(only, &counties)?;
    let default = || PathBuf::from(&pipeline.default_input);
    Ok(Request {
        input: args.input.clone().unwrap_or_else(default),
        period: args.period.unwrap_or(pipeline.default_period),
        counties_path,
        counties,
        only: only.to_vec(),
        last_year: None,
        due: None,
        pipeline,
    })
}

fn check_only(only: &[String], counties: &[County]) -> Result<(), Error> {
    match only
        .iter()
        .find(|o| !counties.iter().any(|c| c.code == **o))
    {
        Some(unknown) => Err(Error::Usage(format!(
            "--only {unknown}: no such county in the county list"
        ))),
        None => Ok(()),
    }
}

/// The submissions of the input folder, those of other counties' folders left out.
///
/// # Errors
/// When the folder cannot be listed.
pub fn listing(request: &Request) -> Result<Listing, Error> {
    let pipeline = &request.pipeline;
    let digits = pipeline.settings.county_digits;
    let mut listing = discover(&request.input, digits, &pipeline.limits)?;
    if !request.only.is_empty() {
        let wanted = |code: &String| request.only.contains(code);
        listing
            .submissions
            .retain(|s| s.folder.as_ref().is_none_or(|f| wanted(&f.code)));
    }
    Ok(listing)
}

/// Submissions as read, with what the reading hung on.
pub struct ReadInput {
    key: String,
    pub listing: Listing,
    pub files: Vec<FileRead>,
}

/// Reads the submissions, unless they were read before in the same way; gives their place in `read`.
///
/// # Errors
/// [`Error::Input`] when there is nothing to compute.
pub fn read(
    request: &Request,
    listing: Listing,
    read: &mut Vec<ReadInput>,
) -> Result<usize, Error> {
    let key = format!(
        "{} {}",
        request.input.display(),
        reading_key(&request.pipeline)
    );
    if let Some(at) = read.iter().position(|r| r.key == key) {
        tracing::info!(files = read[at].files.len(), "submissions were read before");
        return Ok(at);
    }
    let files = read_all(&request.pipeline, &listing);
    check_there(&request.input)?;
    check_readable(&request.pipeline, &request.input, &listing, &files)?;
    read.push(ReadInput {
        key,
        listing,
        files,
    });
    Ok(read.len() - 1)
}

/// Everything of a pipeline that the reading of a file hangs on, as a hash.
fn reading_key(pipeline: &Pipeline) -> String {
    let words: Vec<_> = pipeline
        .words
        .iter()
        .filter(|(key, _)| {
            ["found_", "limit_", "damage_", "role_", "scale_"]
                .iter()
                .any(|p| key.starts_with(p))
                || *key == "nothing"
        })
        .collect();
    let types: Vec<_> = pipeline.school_types.iter().map(|t| &t.code).collect();
    let units = &pipeline.units;
    let mut by_text: Vec<_> = units.by_text.iter().collect();
    by_text.sort();
    let mut tokens: Vec<_> = pipeline
        .marks
        .tokens
        .iter()
        .map(|(t, m)| (t, format!("{m:?}")))
        .collect();
    tokens.sort();
    let shown = format!(
        "{:?} {:?} {:?} {by_text:?} {tokens:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {types:?} {words:?} {:?}",
        (
            pipeline.limits,
            &pipeline.settings.header_prefixes,
            &pipeline.settings.unit_prefixes,
            pipeline.settings.county_digits
        ),
        units.list,
        units.words,
        pipeline.marks.yes,
        pipeline.marks.no,
        pipeline.tables,
        pipeline.forms,
        pipeline.side_sheets,
        pipeline.stages,
        pipeline.code_lists,
        pipeline.survey.as_ref().map(Survey::reading),
    );
    hex(&Sha256::digest(shown.as_bytes()))
}

/// Reads all files side by side; the order of the result is that of the listing. A panic in a reader is that file's end.
pub fn read_all(pipeline: &Pipeline, listing: &Listing) -> Vec<FileRead> {
    let bar = ProgressBar::with_draw_target(
        Some(listing.submissions.len() as u64),
        ProgressDrawTarget::stderr(),
    );
    if let Ok(style) = ProgressStyle::with_template("reading {bar:30} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    let out = listing
        .submissions
        .par_iter()
        .map(|submission| {
            bar.set_message(submission.path.clone());
            let file = ingest::read_file(pipeline, submission);
            progress::file_read();
            let county = submission.folder.as_ref().map(|f| f.code.as_str());
            tracing::debug!(
                county,
                file = submission.path,
                sheets = file.tables.len() + file.answers.len(),
                "read"
            );
            // Without a hash not a byte of it was got.
            if file.sha256.is_empty() && file.drafts.iter().any(|(r, _)| *r == "file-damaged") {
                let path = submission.absolute.display();
                tracing::warn!(
                    county,
                    file = submission.path,
                    "{path} could not be got from the disk; rights and disks are nothing that a county can mend"
                );
            }
            bar.inc(1);
            file
        })
        .collect();
    bar.finish_and_clear();
    out
}

/// A share that has gone while it was read leaves files that cannot be read: that is nothing that a county did.
fn check_there(input: &Path) -> Result<(), Error> {
    let there = std::fs::read_dir(input).map(|mut entries| entries.next().is_some());
    match there {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::Input(format!(
            "input folder {} is empty, after it was read: is the share still mounted?",
            input.display()
        ))),
        Err(e) => Err(Error::Input(format!(
            "input folder {} cannot be listed any more, after it was read: {}; is the share still mounted?",
            input.display(),
            why(input, &e)
        ))),
    }
}

/// Without a county folder and without a file that says its county there is nothing to compute.
fn check_readable(
    pipeline: &Pipeline,
    input: &Path,
    listing: &Listing,
    files: &[FileRead],
) -> Result<(), Error> {
    let any_table = files
        .iter()
        .any(|f| !f.tables.is_empty() || !f.answers.is_empty());
    if listing.county_folders > 0 || any_table {
        return Ok(());
    }
    for file in files {
        for (rule, draft) in &file.drafts {
            let finding = draft.clone().notice(pipeline, rule);
            let county = file.submission.folder.as_ref().map(|f| f.code.as_str());
            tracing::error!(
                county,
                file = file.submission.path,
                rule,
                "{}",
                finding.message
            );
        }
    }
    Err(Error::Input(format!(
        "input folder {} has no county folder (<{}-digit code>-<name>) and none of its {} file(s) is a known form",
        input.display(),
        pipeline.settings.county_digits,
        files.len()
    )))
}

/// Puts the submissions together and computes everything.
///
/// # Errors
/// When polars refuses.
pub fn results(
    request: &Request,
    files: &[FileRead],
    timings: &mut Timings,
) -> Result<Results, Error> {
    let (dataset, findings) = timings.time("assemble", || {
        dataset::assemble(
            dataset::Given {
                pipeline: &request.pipeline,
                period: request.period,
                counties: request.counties.clone(),
                only: &request.only,
            },
            files,
        )
    })?;
    timings.time("compute", || {
        let last_year = request.last_year.as_ref();
        results::compute(
            &request.pipeline,
            dataset,
            findings,
            request.period,
            last_year,
        )
    })
}
