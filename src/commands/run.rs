//! `junheng run`: submissions in, rankings and findings out, published in one step.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::compute::{self, ReadInput, Request, Timings};
use super::make;
use super::metrics::Counts;
use super::previous;
use super::progress::{self, Done};
use super::unchanged::{self, Told};
use crate::cli::RunArgs;
use crate::clock;
use crate::due::Due;
use crate::error::Error;
use crate::finding::{Severity, State};
use crate::indicators::Verdict;
use crate::ingest;
use crate::ingest::submission::Listing;
use crate::log;
use crate::pipeline::Head;
use crate::results::Results;
use crate::signals;
use crate::store::books::Books;
use crate::store::entries::Store;
use crate::store::lock::{self, Lock, Owner};
use crate::store::publish::{self, Published, Staging};
use crate::store::{retention, runs};

/// Runs one pipeline, or several on the same submissions, which are then read once.
///
/// # Errors
/// When a run could not be carried out; bad data is never a reason.
pub fn run(args: &RunArgs) -> Result<u8, Error> {
    signals::watch(progress::stop);
    progress::measure(args.metrics.as_deref());
    let outcome = caught(|| runs(args));
    progress::over(&outcome);
    outcome
}

/// A panic is an error like others: what a run says of its end, it says of that end too.
fn caught<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    done.unwrap_or_else(|panic| Err(Error::Internal(log::panic_text(&*panic))))
}

fn runs(args: &RunArgs) -> Result<u8, Error> {
    if let Some(jobs) = args.jobs {
        // The pool is made once; a second run in one process keeps the first one's size, which changes no result.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(jobs))
            .build_global();
    }
    let several = args.pipeline.len() > 1;
    let today = args.as_of.clone().unwrap_or_else(clock::today);
    let mut requests = Vec::new();
    for path in &args.pipeline {
        let folder = path.file_name().unwrap_or_default().to_string_lossy();
        progress::about(&folder, args.input.period);
        let mut timings = Timings::default();
        // Several pipelines that are sent to one folder get one each below it.
        let output_of = |id: &str, default: &str| match &args.output {
            Some(dir) if several => dir.join(id),
            Some(dir) => dir.clone(),
            None => PathBuf::from(default),
        };
        let mut request = timings.time("pipeline", || {
            let output = |head: Head<'_>| output_of(head.id, head.default_output);
            compute::request_knowing(path, &args.input, &args.only, output)
        })?;
        progress::about(&request.pipeline.id, Some(request.period));
        if let Some(dir) = &args.previous {
            let id = &request.pipeline.id;
            let dir = if several { dir.join(id) } else { dir.clone() };
            let last_year = previous::read(&dir, &request.pipeline, request.period)?;
            request.last_year = Some(last_year);
        }
        request.alone = args.no_previous;
        let date = request.pipeline.settings.due_dates.get(&request.period);
        request.due = date.map(|date| Due::on(date, &today));
        let own = &request.pipeline;
        let output = output_of(&own.id, &own.default_output);
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
    let wait = Duration::from_secs(args.wait);
    for (request, output, timings) in requests {
        exit = exit.max(run_one(request, &output, timings, &mut read, wait)?);
    }
    give_back(read);
    Ok(exit)
}

/// Runs one pipeline, while its output folder is locked.
fn run_one(
    request: Request,
    output: &Path,
    timings: Timings,
    read: &mut Vec<ReadInput>,
    wait: Duration,
) -> Result<u8, Error> {
    let (pipeline, period) = (&request.pipeline.id.clone(), request.period);
    progress::about(pipeline, Some(period));
    log::about_pipeline(pipeline, period);
    if make::absolute(output).starts_with(make::absolute(&request.input)) {
        return Err(Error::Usage(format!(
            "output folder {} lies inside the input folder {}",
            output.display(),
            request.input.display()
        )));
    }
    publish::prepare(output)?;
    let owner = Owner::this(pipeline, period);
    let lock = lock::take(output, &owner, wait)?;
    progress::begin(output, pipeline, period, &owner, &timings.stages);
    let outcome = caught(|| carried_out(request, output, timings, read, &lock));
    progress::end(outcome.as_ref());
    outcome.map(|done| done.exit)
}

/// From the submissions to what is published.
fn carried_out(
    mut request: Request,
    output: &Path,
    mut timings: Timings,
    read: &mut Vec<ReadInput>,
    lock: &Lock,
) -> Result<Done, Error> {
    let started = Instant::now();
    publish::sweep(output)?;
    let listing = timings.time("list", || compute::listing(&request))?;
    progress::files(listing.submissions.len());
    tracing::info!(
        pipeline = request.pipeline.id,
        period = request.period,
        files = listing.submissions.len(),
        skipped = listing.skipped.len(),
        input = %request.input.display(),
        "run started"
    );
    let store = Store::open(output);
    // The pipeline would not be here if they did not.
    let examples = compute::examples_key(&request.pipeline.hash);
    if store.get(&examples).is_none() {
        store.put(&examples, b"all examples hold\n");
    }
    let runs = timings.time("runs", || runs::list(output));
    if request.last_year.is_none() && !request.alone {
        request.last_year = timings.time("previous", || {
            previous::held(output, &runs, &request.pipeline, request.period)
        });
    }
    let request = &request;
    let at = timings.time("read", || compute::read(request, listing, &store, read))?;
    let read = &read[at];
    let years = timings.time("earlier", || make::years(request, output, &runs));
    let from = unchanged::made_from(request, read, &years, output);
    let held = timings.time("unchanged", || {
        unchanged::held(&store, &from, read, output, |inputs_key| {
            let earlier = make::earlier(request, output, &runs, years.clone(), inputs_key);
            let base = earlier.base.as_ref().map(|base| base.run.as_str());
            make::run_id(request, &earlier, base)
        })
    });
    if let Some(told) = held {
        progress::run(&told.run_id);
        let published = publish::again(lock, output, &told.folder)?;
        return Ok(over(told, &published, started));
    }
    let ReadInput { listing, files, .. } = read;
    let results = compute::results(request, files, &mut timings)?;
    let inputs_key = make::inputs_key(request, &results, &years);
    let earlier = timings.time("base", || {
        make::earlier(request, output, &runs, years, inputs_key)
    });
    let run = make::Run {
        request,
        listing,
        output,
        input_link: None,
        books: Books {
            store: &store,
            scratch: &output.join("runs"),
        },
        started,
    };
    let begin = |run_id: &str| Staging::begin(output, run_id, unchanged::hash);
    let (made, staging) = make::made(&run, results, &earlier, timings, begin)?;
    let files = staging.hashes();
    let published = Timings::default().time("publish", || staging.publish(lock))?;
    let folder = published.folder();
    let counts = Counts::of(&request.pipeline, &made.results, listing.skipped.len());
    let summary = summary(request, &made.results, listing);
    let told = Told::of(&made, files, folder, counts, summary);
    told.keep(&store, &from, &earlier.inputs_key);
    store.sweep(request.pipeline.settings.store_bytes);
    if let (Published::New(_), Some(retention)) = (&published, request.pipeline.retention) {
        retention::apply(output, &request.pipeline.id, retention);
    }
    give_back(made);
    Ok(over(told, &published, started))
}

/// Says what a run has come to.
fn over(told: Told, published: &Published, started: Instant) -> Done {
    for (code, name, errors, queries) in &told.must_correct {
        tracing::info!(county = code, name, errors, queries, "county must correct");
    }
    let seconds = started.elapsed().as_secs_f64();
    let folder = published.folder().display();
    let (run, exit) = (&told.run_id, told.exit);
    tracing::info!(run, folder = %folder, exit, seconds, "run published");
    let what = match published {
        Published::New(_) => "published",
        Published::Unchanged(_) => "unchanged, published before",
    };
    // A closed stdout changes nothing: the run is published.
    let _ = writeln!(
        std::io::stdout().lock(),
        "{}{what}: {folder} ({seconds:.2} s)",
        told.summary
    );
    Done {
        exit: told.exit,
        counts: told.counts,
    }
}

/// Gives back what nobody needs any more, beside whatever comes next: the end of the program waits for nothing of it.
fn give_back(what: impl Send + 'static) {
    std::thread::spawn(move || drop(what));
}

/// A few lines for people about what a run has come to.
fn summary(request: &Request, r: &Results, listing: &Listing) -> String {
    let mut out = String::new();
    let counties = r.dataset.counties.len();
    let received = r.dataset.counties.iter().filter(|c| c.received).count();
    let status = |s| r.files().iter().filter(|f| f.status == s).count();
    let _ = writeln!(
        out,
        "{} {}: {received} of {counties} counties, {} files ({} accepted, {} replaced, {} rejected, {} skipped), {} units",
        request.pipeline.id,
        request.period,
        r.files().len(),
        status(ingest::Status::Accepted),
        status(ingest::Status::Replaced),
        status(ingest::Status::Rejected),
        listing.skipped.len(),
        r.unit_verdicts.len(),
    );
    for part in request.pipeline.all_parts() {
        let _ = writeln!(
            out,
            "{}: {} met, {} not met, {} incomplete",
            part.word(),
            r.verdict_count(part, Verdict::Met),
            r.verdict_count(part, Verdict::NotMet),
            r.verdict_count(part, Verdict::Incomplete)
        );
    }
    let _ = writeln!(
        out,
        "findings: {} errors, {} queries, {} infos",
        r.count(Severity::Error),
        r.count(Severity::Query),
        r.count(Severity::Info)
    );
    if r.followed.base.is_some() {
        let _ = writeln!(
            out,
            "states: {} new, {} open, {} fixed, {} explained, {} recurred",
            r.count_state(State::New),
            r.count_state(State::Open),
            r.followed.fixed_since,
            r.count_state(State::Explained),
            r.count_state(State::Recurred)
        );
    }
    out
}
