//! `junheng run`: submissions in, rankings and findings out, published in one step.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::compute::{self, ReadInput, Request, Timings};
use super::history::{self, Next};
use super::previous;
use super::run_json::{self, RUN_JSON};
use crate::cli::RunArgs;
use crate::dataset::County;
use crate::due::{self, Due};
use crate::error::Error;
use crate::finding::{Severity, State};
use crate::followup;
use crate::indicators::Verdict;
use crate::ingest;
use crate::ingest::submission::Listing;
use crate::pipeline::load::hex;
use crate::report::{self, Context};
use crate::results::Results;
use crate::store::lock;
use crate::store::publish::{self, Outputs, Published};

/// Runs one pipeline, or several on the same submissions, which are then read once.
///
/// # Errors
/// When a run could not be carried out; bad data is never a reason.
pub fn run(args: &RunArgs) -> Result<u8, Error> {
    if let Some(jobs) = args.jobs {
        // The pool is made once; a second run in one process keeps the first one's size, which changes no result.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(jobs))
            .build_global();
    }
    let several = args.pipeline.len() > 1;
    let today = args.as_of.clone().unwrap_or_else(today);
    let mut requests = Vec::new();
    for path in &args.pipeline {
        let mut timings = Timings::default();
        let mut request = timings.time("pipeline", || {
            compute::request(path, &args.input, &args.only)
        })?;
        if let Some(dir) = &args.previous {
            let id = &request.pipeline.id;
            let dir = if several { dir.join(id) } else { dir.clone() };
            let last_year = previous::read(&dir, &request.pipeline, request.period)?;
            request.last_year = Some(last_year);
        }
        let date = request.pipeline.settings.due_dates.get(&request.period);
        request.due = date.map(|date| Due::on(date, &today));
        // Several pipelines that are sent to one folder get one each below it.
        let output = match &args.output {
            Some(dir) if several => dir.join(&request.pipeline.id),
            Some(dir) => dir.clone(),
            None => PathBuf::from(&request.pipeline.default_output),
        };
        if let Some((other, ..)) = requests.iter().find(|(_, own, _)| *own == output) {
            let other: &Request = other;
            return Err(Error::Usage(format!(
                "pipelines {} and {} would both write to {}",
                other.pipeline.id,
                request.pipeline.id,
                output.display()
            )));
        }
        requests.push((request, output, timings));
    }
    let mut exit = 0;
    let mut read: Vec<ReadInput> = Vec::new();
    for (request, output, timings) in requests {
        exit = exit.max(run_one(&request, &output, timings, &mut read)?);
    }
    Ok(exit)
}

fn run_one(
    request: &Request,
    output: &Path,
    mut timings: Timings,
    read: &mut Vec<ReadInput>,
) -> Result<u8, Error> {
    let started = Instant::now();
    let Request {
        pipeline,
        period,
        input,
        ..
    } = request;
    if lies_within(output, input) {
        return Err(Error::Usage(format!(
            "output folder {} lies inside the input folder {}",
            output.display(),
            input.display()
        )));
    }
    let listing = timings.time("list", || compute::listing(request))?;
    publish::prepare(output)?;
    let _lock = lock::take(output)?;
    publish::sweep(output)?;
    tracing::info!(
        pipeline = pipeline.id,
        period,
        files = listing.submissions.len(),
        skipped = listing.skipped.len(),
        input = %input.display(),
        "run started"
    );
    let at = timings.time("read", || compute::read(request, listing, read))?;
    let ReadInput { listing, files, .. } = &read[at];
    let mut results = compute::results(request, files, &mut timings)?;
    let inputs_key = inputs_key(request, &results)?;
    timings.time("followup", || {
        let next = Next {
            pipeline: &pipeline.id,
            period: *period,
            key: &inputs_key,
        };
        let base = history::base(output, next);
        followup::follow(
            pipeline,
            &mut results,
            base.as_ref(),
            &request.only,
            *period,
        );
    });
    let run_id = run_id(request, &inputs_key, results.followed.base.as_deref());
    let input_link = link(&output.join("runs").join(&run_id), input);
    let context = Context {
        pipeline,
        results: &results,
        period: *period,
        run_id: &run_id,
        skipped: &listing.skipped,
        input_link: &input_link,
        due: request.due.clone(),
    };
    let mut outputs: Outputs = Vec::new();
    timings.time("workbooks", || -> Result<(), Error> {
        let (province, counties) =
            rayon::join(|| province_books(&context), || county_books(&context));
        outputs.extend(province?);
        outputs.extend(counties?);
        Ok(())
    })?;
    timings.time("parquet", || -> Result<(), Error> {
        for (name, mut frame) in report::data::frames(&context)? {
            let path = format!("data/{name}.parquet");
            outputs.push((path, report::data::parquet(&mut frame)?));
        }
        Ok(())
    })?;
    let exit = exit_code(&results);
    let seconds = started.elapsed().as_secs_f64();
    let made = run_json::Made {
        listing,
        last_year: request.last_year.as_ref(),
        only: &request.only,
        inputs_key: &inputs_key,
    };
    let json = run_json::json(&context, &made, exit, &timings, seconds);
    outputs.push((RUN_JSON.to_string(), run_json::bytes(&json)?));
    let timed = (RUN_JSON, run_json::without_timings as fn(&[u8]) -> Vec<u8>);
    let published = publish::publish(output, &run_id, &outputs, timed)?;
    tracing::info!(
        run = run_id,
        folder = %published.folder().display(),
        exit,
        seconds = started.elapsed().as_secs_f64(),
        "run published"
    );
    // A closed stdout changes nothing: the run is published.
    let _ = summary(
        &context,
        listing,
        &published,
        started.elapsed().as_secs_f64(),
    );
    Ok(exit)
}

/// The workbooks about the province.
fn province_books(context: &Context<'_>) -> Result<Outputs, Error> {
    type Make = fn(&Context<'_>) -> report::book::Book;
    let books: [(&str, Make); 2] = [
        ("file_rankings", report::ranking_book::book),
        ("file_findings", report::findings_book::book),
    ];
    books
        .par_iter()
        .map(|(key, make)| {
            let name = format!("{}.xlsx", context.pipeline.word(key));
            Ok((name, report::xlsx::write(&make(context), context.period)?))
        })
        .collect()
}

/// The workbooks of all counties, and what they must correct, made side by side, in the order of the counties.
fn county_books(context: &Context<'_>) -> Result<Outputs, Error> {
    let counties = &context.results.dataset.counties;
    let written = |folder: &str,
                   county: &County,
                   book: &report::book::Book|
     -> Result<(String, Vec<u8>), Error> {
        let folder = context.pipeline.word(folder);
        let name = format!("{folder}/{}-{}.xlsx", county.code, file_name(&county.name));
        Ok((name, report::xlsx::write(book, context.period)?))
    };
    let of_county = |(i, county): (usize, &County)| -> Result<Outputs, Error> {
        let mut out = Outputs::new();
        if county.received {
            let book = report::county_book::book(context, i);
            out.push(written("folder_counties", county, &book)?);
        }
        if let Some(book) = report::return_book::book(context, county) {
            out.push(written("folder_returned", county, &book)?);
        }
        Ok(out)
    };
    let all: Result<Vec<Outputs>, Error> = counties.par_iter().enumerate().map(of_county).collect();
    Ok(all?.concat())
}

/// A name that every file system takes: without its signs, without what cannot be seen, and no longer than may be.
pub(super) fn file_name(name: &str) -> String {
    let plain = |c: char| {
        let refused = "/\\:*?\"<>|".contains(c) || c.is_control();
        if refused || crate::text::is_invisible(c) {
            '_'
        } else {
            c
        }
    };
    let name: String = name.chars().map(plain).take(60).collect();
    name.trim_matches([' ', '.']).to_string()
}

/// The name of a run: the same input, pipeline, period, program and base give the same.
fn run_id(request: &Request, inputs_key: &str, base: Option<&str>) -> String {
    let hash = match base {
        Some(base) => hex(&Sha256::digest(format!("{inputs_key} {base}").as_bytes())),
        None => inputs_key.to_string(),
    };
    let (id, period) = (&request.pipeline.id, request.period);
    format!("{id}-{period}-{}", &hash[..12])
}

/// Today, as text.
fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    due::day_of(now.map_or(0, |now| now.as_secs()))
}

/// What the run is made from, but for its base, as a hash.
fn inputs_key(request: &Request, results: &Results) -> Result<String, Error> {
    let path = &request.counties_path;
    let list = std::fs::read(path)
        .map_err(|e| Error::Input(format!("county list {}: {e}", path.display())))?;
    let mut hash = Sha256::new();
    let mut feed = |text: &str| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    feed(env!("CARGO_PKG_VERSION"));
    feed(&request.pipeline.hash);
    feed(&request.period.to_string());
    feed(&request.only.join(","));
    feed(&ingest::submission::sha256(&list));
    if let Some(last_year) = &request.last_year {
        feed(&last_year.hash);
        feed(&last_year.period.to_string());
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
    Ok(hex(&hash.finalize()))
}

/// Exit code of a run that was carried out: 1 when something must be corrected.
fn exit_code(results: &Results) -> u8 {
    u8::from(results.count(None, Severity::Error) > 0)
}

/// A few lines for people, on stdout.
fn summary(
    context: &Context<'_>,
    listing: &Listing,
    published: &Published,
    seconds: f64,
) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let r = context.results;
    let counties = r.dataset.counties.len();
    let received = r.dataset.counties.iter().filter(|c| c.received).count();
    let status = |s| r.files().iter().filter(|f| f.status == s).count();
    writeln!(
        out,
        "{} {}: {received} of {counties} counties, {} files ({} accepted, {} replaced, {} rejected, {} skipped), {} units",
        context.pipeline.id,
        context.period,
        r.files().len(),
        status(ingest::Status::Accepted),
        status(ingest::Status::Replaced),
        status(ingest::Status::Rejected),
        listing.skipped.len(),
        r.unit_verdicts.len(),
    )?;
    for part in context.pipeline.all_parts() {
        writeln!(
            out,
            "{}: {} met, {} not met, {} incomplete",
            part.word(),
            r.verdict_count(part, Verdict::Met),
            r.verdict_count(part, Verdict::NotMet),
            r.verdict_count(part, Verdict::Incomplete)
        )?;
    }
    writeln!(
        out,
        "findings: {} errors, {} queries, {} infos",
        r.count(None, Severity::Error),
        r.count(None, Severity::Query),
        r.count(None, Severity::Info)
    )?;
    if r.followed.base.is_some() {
        let count = |state| r.count_state(None, state);
        writeln!(
            out,
            "states: {} new, {} open, {} fixed, {} explained, {} recurred",
            count(State::New),
            count(State::Open),
            r.followed.fixed_since,
            count(State::Explained),
            count(State::Recurred)
        )?;
    }
    let what = match published {
        Published::New(_) => "published",
        Published::Unchanged(_) => "unchanged, published before",
    };
    writeln!(
        out,
        "{what}: {} ({seconds:.2} s)",
        published.folder().display()
    )?;
    Ok(())
}

fn lies_within(inner: &Path, outer: &Path) -> bool {
    absolute(inner).starts_with(absolute(outer))
}

/// A path without links, as far as it exists.
fn absolute(path: &Path) -> PathBuf {
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
fn link(from: &Path, to: &Path) -> String {
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
