//! From a command's arguments to results: what `run` and `trace` have in common.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::progress;
use crate::cli::InputArgs;
use crate::dataset::{self, County};
use crate::due::Due;
use crate::error::Error;
use crate::failure::why;
use crate::ingest::submission::{Listing, Stamp, discover, hashes_of};
use crate::ingest::{self, FileRead, Memory};
use crate::last_year::LastYear;
use crate::pipeline::load::hex;
use crate::pipeline::model::{Layout, Survey};
use crate::pipeline::{self, Head, Pipeline};
use crate::results::{self, Results};
use crate::store::entries::{Key, Store};
use crate::store::parsed::{HangsOn, Parsed};

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
    /// The list of the counties as it was read.
    pub counties_list: Vec<u8>,
    pub input: PathBuf,
    pub period: i64,
    /// Only these counties; all when empty.
    pub only: Vec<String>,
    /// What an earlier year's run published.
    pub last_year: Option<LastYear>,
    /// Nothing of earlier periods is looked for.
    pub alone: bool,
    /// The due date of the period, and whether it has passed.
    pub due: Option<Due>,
}

/// Loads a pipeline and its list of counties.
///
/// # Errors
/// When the pipeline or the list is wrong, or an asked county is not on the list.
pub fn request(path: &Path, args: &InputArgs, only: &[String]) -> Result<Request, Error> {
    of_pipeline(pipeline::load(path)?, args, only)
}

/// The same for a pipeline whose examples may have been tried by an earlier run, as the store of its outputs says.
///
/// # Errors
/// As for [`request`].
pub fn request_knowing(
    path: &Path,
    args: &InputArgs,
    only: &[String],
    output: impl FnOnce(Head<'_>) -> PathBuf,
) -> Result<Request, Error> {
    let pipeline = pipeline::load_unless(path, |head| {
        let key = examples_key(head.hash);
        Store::read_only(&output(head)).get(&key).is_some()
    })?;
    of_pipeline(pipeline, args, only)
}

/// Under which key the store says that all examples of a pipeline hold.
pub fn examples_key(hash: &str) -> Key {
    Key::new("examples", &[hash.as_bytes()])
}

fn of_pipeline(pipeline: Pipeline, args: &InputArgs, only: &[String]) -> Result<Request, Error> {
    let counties_path = args
        .counties
        .clone()
        .unwrap_or_else(|| pipeline.counties_path.clone());
    let (counties, counties_list) = dataset::read_counties_and_bytes(&counties_path)?;
    check_only(only, &counties)?;
    let default = || PathBuf::from(&pipeline.default_input);
    Ok(Request {
        input: args.input.clone().unwrap_or_else(default),
        period: args.period.unwrap_or(pipeline.default_period),
        counties_path,
        counties,
        counties_list,
        only: only.to_vec(),
        last_year: None,
        alone: false,
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
    listing.go_inside(digits, |code| {
        request.counties.iter().any(|c| c.code == code)
    });
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

/// Reads the submissions, unless they were read before in the same way; gives their place in `read`. What the store knows by
/// its content is not read again. Files that change meanwhile are read again with all that lies in the folder then.
///
/// # Errors
/// [`Error::Input`] when there is nothing to compute.
pub fn read(
    request: &Request,
    mut listing: Listing,
    store: &Store,
    read: &mut Vec<ReadInput>,
) -> Result<usize, Error> {
    let hangs_on = reading_hangs_on(&request.pipeline);
    let key = format!("{} {}", request.input.display(), hangs_on.reading);
    if let Some(at) = read.iter().position(|r| r.key == key) {
        tracing::info!(files = read[at].files.len(), "submissions were read before");
        return Ok(at);
    }
    let memory = Parsed {
        store,
        hangs_on: &hangs_on,
    };
    let mut files = read_all(&request.pipeline, &listing, &memory);
    for round in 1.. {
        let changed = changed(&files, &request.pipeline);
        if changed.is_empty() {
            break;
        }
        for at in &changed {
            let file = &files[*at].submission.path;
            tracing::warn!(file, round, "changed while the submissions were read");
        }
        if round == ROUNDS {
            for at in changed {
                ingest::unsettled(&request.pipeline, &mut files[at]);
            }
            break;
        }
        listing = self::listing(request)?;
        files = read_all(&request.pipeline, &listing, &memory);
    }
    check_there(&request.input)?;
    check_readable(&request.pipeline, &request.input, &listing, &files)?;
    read.push(ReadInput {
        key,
        listing,
        files,
    });
    Ok(read.len() - 1)
}

/// A file that was not written for so long is taken as whole.
const QUIET: Duration = Duration::from_millis(500);
/// How often the submissions are read when files change meanwhile.
const ROUNDS: u32 = 3;

/// Files (indices) that are not what they were when they were read. Where the clock of files is too coarse to tell, the
/// bytes are compared.
fn changed(files: &[FileRead], pipeline: &Pipeline) -> Vec<usize> {
    // Who writes a file stops now and then: one that was written just now is given a moment to go on.
    let youngest = files.iter().filter_map(|f| f.stamp?.age()).min();
    if let Some(rest) = youngest.and_then(|age| QUIET.checked_sub(age)) {
        std::thread::sleep(rest);
    }
    let is_changed = |file: &FileRead| {
        let Some(stamp) = file.stamp else {
            // It was not read: a finding says why.
            return false;
        };
        if Stamp::of(&file.submission.absolute) != Some(stamp) {
            return true;
        }
        stamp.is_fresh()
            && hashes_of(&file.submission, &pipeline.limits)
                .is_some_and(|(sha256, _)| sha256 != file.sha256)
    };
    let all = files.par_iter().enumerate();
    all.filter(|(_, file)| is_changed(file))
        .map(|(at, _)| at)
        .collect()
}

/// Everything of a pipeline that the reading of a file hangs on, as hashes.
pub fn reading_hangs_on(pipeline: &Pipeline) -> HangsOn {
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
            &pipeline.settings.several_stages,
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
    // Questionnaires are counted while their sheet passes by; all other forms are looked for afterwards.
    let questionnaires: Vec<_> = pipeline
        .forms
        .iter()
        .enumerate()
        .filter(|(_, form)| form.layout == Layout::Questionnaire)
        .collect();
    let sheets = format!(
        "{:?} {words:?} {questionnaires:?} {:?}",
        pipeline.limits,
        pipeline.survey.as_ref().map(Survey::reading)
    );
    let hash = |text: &str| hex(&Sha256::digest(text.as_bytes()));
    HangsOn {
        reading: hash(&shown),
        sheets: hash(&sheets),
    }
}

/// Reads all files side by side; the order of the result is that of the listing. A panic in a reader is that file's end.
pub fn read_all(pipeline: &Pipeline, listing: &Listing, memory: &dyn Memory) -> Vec<FileRead> {
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
            let file = ingest::read_file(pipeline, submission, memory);
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
