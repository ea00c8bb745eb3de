//! From results to everything that a run publishes. The same request, files and earlier runs give the same bytes: `verify`
//! makes a run again by what its `run.json` names.

use std::path::{Path, PathBuf};
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::compute::{Request, Timings};
use super::history::{self, Frozen, Next};
use super::progress;
use super::run_json::{self, RUN_JSON};
use super::years;
use super::{compared, outputs};
use crate::error::Error;
use crate::finding::Severity;
use crate::followup::{self, Base};
use crate::ingest;
use crate::ingest::submission::Listing;
use crate::inspection::Inspection;
use crate::last_year::Year;
use crate::pipeline::load::hex;
use crate::report::{Context, changes_data};
use crate::results::Results;
use crate::store::books::Books;
use crate::store::publish::Staging;
use crate::store::runs::Runs;

/// The earlier runs that a run is built upon.
#[derive(Debug, Default)]
pub struct Earlier {
    /// Hash of what the run is made from, but for the run before.
    pub inputs_key: String,
    /// The run before, whose findings are followed.
    pub base: Option<Base>,
    /// What runs of earlier periods published, in the order of the periods.
    pub years: Vec<Year>,
    /// The run's place among those of the output folder.
    pub sequence: u64,
    /// The run that was frozen, where this is another one.
    pub frozen: Option<Frozen>,
}

/// What a run is made of, and where.
pub struct Run<'a> {
    pub request: &'a Request,
    pub listing: &'a Listing,
    pub output: &'a Path,
    /// How the run's folder names the input folder; without it as the two lie now.
    pub input_link: Option<&'a str>,
    /// Where its workbooks come from.
    pub books: Books<'a>,
    pub started: Instant,
}

/// Where the files of a run go as they are made.
pub trait Outlet: Sync {
    /// Takes a file, by its path below the run's folder.
    ///
    /// # Errors
    /// When it cannot be put anywhere.
    fn take(&self, path: &str, bytes: Vec<u8>) -> Result<(), Error>;
}

impl Outlet for Staging {
    fn take(&self, path: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.add(path, &bytes)
    }
}

/// A run that was made.
pub struct Made {
    pub run_id: String,
    pub exit: u8,
    pub results: Results,
}

/// What runs of earlier periods published, among those of the output folder.
pub fn years(request: &Request, output: &Path, runs: &Runs) -> Vec<Year> {
    match request.alone {
        true => Vec::new(),
        false => {
            let last_year = request.last_year.as_ref();
            years::held(output, runs, &request.pipeline, request.period, last_year)
        }
    }
}

/// Finds the earlier runs of the same period among those of the output folder, for a run that is made from what
/// `inputs_key` says.
pub fn earlier(
    request: &Request,
    output: &Path,
    runs: &Runs,
    years: Vec<Year>,
    inputs_key: String,
) -> Earlier {
    let next = Next {
        pipeline: &request.pipeline.id,
        period: request.period,
        key: &inputs_key,
    };
    let base = history::base(output, runs, next);
    // Of a run about some counties nobody is notified.
    let frozen = match request.only.is_empty() {
        true => history::frozen(output, next, base.as_ref().map(|b| b.run.as_str())),
        false => None,
    };
    Earlier {
        inputs_key,
        base,
        years,
        sequence: runs.next_sequence(),
        frozen,
    }
}

/// Makes every file of a run and gives it to the outlet of the run's name, `run.json` as the last.
///
/// # Errors
/// [`Error::Internal`] when a library refuses; what the outlet says.
pub fn made<O: Outlet>(
    run: &Run<'_>,
    mut results: Results,
    earlier: &Earlier,
    mut timings: Timings,
    outlet: impl FnOnce(&str) -> Result<O, Error>,
) -> Result<(Made, O), Error> {
    let request = run.request;
    let (pipeline, period) = (&request.pipeline, request.period);
    timings.time("followup", || {
        let base = earlier.base.as_ref();
        followup::follow(pipeline, &mut results, base, &request.only, period);
    });
    let base = results.followed.base.as_deref();
    let run_id = run_id(request, earlier, base);
    progress::run(&run_id);
    let own_link = || link(&run.output.join("runs").join(&run_id), &request.input);
    let input_link = run.input_link.map_or_else(own_link, str::to_string);
    let inspection = timings.time("inspection", || Inspection::of(pipeline, &results));
    let context = Context {
        pipeline,
        results: &results,
        period,
        run_id: &run_id,
        skipped: &run.listing.skipped,
        input_link: &input_link,
        due: request.due.clone(),
        last_year: request.last_year.as_ref(),
        years: &earlier.years,
        changes: None,
        inspection: &inspection,
    };
    let outlet = outlet(&run_id)?;
    let is_compared = earlier.base.is_some() || earlier.frozen.is_some();
    let frames = timings.time("frames", || outputs::data(&context, &outlet, is_compared))?;
    let pipeline_files = outputs::pipeline_files(request);
    let compared = timings.time("changes", || {
        compared::with_earlier(run, earlier, &run_id, frames, &pipeline_files)
    });
    let mut changes = changes_data::frame(pipeline, compared.base.as_ref())?;
    outputs::data_file("changes", &mut changes, &outlet)?;
    let context = Context {
        changes: compared.base.as_ref(),
        ..context
    };
    let notice = compared.notice(earlier);
    timings.time("outputs", || {
        outputs::made(&context, run.books, notice.as_ref(), &outlet)
    })?;
    for (path, bytes) in pipeline_files {
        outlet.take(&path, bytes)?;
    }
    let exit = exit_code(&results);
    let made = run_json::Made {
        listing: run.listing,
        only: &request.only,
        inputs_key: &earlier.inputs_key,
        sequence: earlier.sequence,
        frozen: earlier.frozen.as_ref(),
    };
    let seconds = run.started.elapsed().as_secs_f64();
    let json = run_json::json(&context, &made, exit, &timings, seconds);
    outlet.take(RUN_JSON, run_json::bytes(&json)?)?;
    let made = Made {
        run_id,
        exit,
        results,
    };
    Ok((made, outlet))
}

/// The name of a run: the same input, pipeline, period, program, base and frozen run give the same.
pub fn run_id(request: &Request, earlier: &Earlier, base: Option<&str>) -> String {
    let inputs_key = &earlier.inputs_key;
    let hashed = |text: String| hex(&Sha256::digest(text.as_bytes()));
    let hash = match base {
        Some(base) => hashed(format!("{inputs_key} {base}")),
        None => inputs_key.clone(),
    };
    let hash = match &earlier.frozen {
        Some(Frozen { run, date }) => {
            let date = date.as_deref().unwrap_or("");
            hashed(format!("{hash} frozen {run} {date}"))
        }
        None => hash,
    };
    let (id, period) = (&request.pipeline.id, request.period);
    format!("{id}-{period}-{}", &hash[..12])
}

/// What the run is made from, but for its base, as a hash.
pub fn inputs_key(request: &Request, results: &Results, years: &[Year]) -> String {
    let mut hash = Sha256::new();
    let mut feed = |text: &str| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    feed(env!("CARGO_PKG_VERSION"));
    feed(&request.pipeline.hash);
    feed(&request.period.to_string());
    feed(&request.only.join(","));
    feed(&ingest::submission::sha256(&request.counties_list));
    if let Some(last_year) = &request.last_year {
        feed(&last_year.hash);
        feed(&last_year.period.to_string());
        feed(&last_year.run);
    }
    for year in years {
        feed(&year.period.to_string());
        feed(&year.run);
        feed(&year.hash);
    }
    for file in results.files() {
        feed(&file.path);
        feed(&file.sha256);
        // What replaces what may hang on the files' times.
        feed(file.status.word());
    }
    if request.due.as_ref().is_some_and(|due| due.passed) {
        feed("due date passed");
    }
    hex(&hash.finalize())
}

/// Exit code of a run that was carried out: 1 when something must be corrected.
fn exit_code(results: &Results) -> u8 {
    u8::from(results.count(Severity::Error) > 0)
}

/// A path without links, as far as it exists.
pub fn absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut there = whole.as_path();
    let mut rest: Vec<std::ffi::OsString> = Vec::new();
    loop {
        if let Ok(real) = there.canonicalize() {
            return rest.iter().rev().fold(real, |p, part| p.join(part));
        }
        match (there.parent(), there.components().next_back()) {
            (Some(parent), Some(part)) => {
                rest.push(part.as_os_str().to_owned());
                there = parent;
            }
            _ => return whole,
        }
    }
}

/// The relative path from one folder to another, with `/`.
pub fn link(from: &Path, to: &Path) -> String {
    let (from, to) = (absolute(from), absolute(to));
    let mut a = from.components().peekable();
    let mut b = to.components().peekable();
    while a.peek().is_some() && a.peek() == b.peek() {
        a.next();
        b.next();
    }
    let up = a.map(|_| "..".to_string());
    let down = b.map(|c| c.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}
