//! `junheng run`: submissions in, rankings and findings out, published in one step.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cli::RunArgs;
use crate::dataset::{self, County};
use crate::error::Error;
use crate::finding::Severity;
use crate::indicators::Verdict;
use crate::ingest::submission::{Listing, discover};
use crate::ingest::{self, FileRead};
use crate::pipeline::load::hex;
use crate::pipeline::{self, Pipeline};
use crate::report::{self, Context};
use crate::results::{self, Results};
use crate::store::lock;
use crate::store::publish::{self, Outputs, Published};

/// Seconds by stage of the work, in the order in which they were spent.
#[derive(Debug, Default)]
struct Timings {
    stages: Vec<(&'static str, f64)>,
}

impl Timings {
    fn time<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let out = work();
        let seconds = start.elapsed().as_secs_f64();
        tracing::debug!(stage, seconds, "stage done");
        self.stages.push((stage, seconds));
        out
    }
}

/// Runs a pipeline.
///
/// # Errors
/// When the run could not be carried out; bad data is never a reason.
pub fn run(args: &RunArgs) -> Result<u8, Error> {
    let started = Instant::now();
    let mut timings = Timings::default();
    let pipeline = timings.time("pipeline", || pipeline::load(&args.pipeline))?;
    let counties_path = args.counties.as_ref().unwrap_or(&pipeline.counties_path);
    let counties = dataset::read_counties(counties_path)?;
    check_only(&args.only, &counties)?;
    let input = args
        .input
        .clone()
        .unwrap_or_else(|| PathBuf::from(&pipeline.default_input));
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(&pipeline.default_output));
    let period = args.period.unwrap_or(pipeline.default_period);
    if let Some(jobs) = args.jobs {
        // The pool is made once; a second run in one process keeps the first one's size, which changes no result.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(jobs))
            .build_global();
    }
    let mut listing = timings.time("list", || discover(&input, pipeline.settings.county_digits))?;
    if !args.only.is_empty() {
        let wanted = |code: &String| args.only.contains(code);
        listing
            .submissions
            .retain(|s| s.folder.as_ref().is_none_or(|f| wanted(&f.code)));
    }
    if lies_within(&output, &input) {
        return Err(Error::Usage(format!(
            "output folder {} lies inside the input folder {}",
            output.display(),
            input.display()
        )));
    }
    publish::prepare(&output)?;
    let _lock = lock::take(&output)?;
    publish::sweep(&output)?;
    tracing::info!(
        pipeline = pipeline.id,
        period,
        files = listing.submissions.len(),
        skipped = listing.skipped.len(),
        input = %input.display(),
        "run started"
    );

    let files = timings.time("read", || read_all(&pipeline, &listing));
    check_readable(&pipeline, &input, &listing, &files)?;
    let (dataset, findings) = timings.time("assemble", || {
        dataset::assemble(
            dataset::Given {
                pipeline: &pipeline,
                period,
                counties,
                only: &args.only,
            },
            &files,
        )
    })?;
    drop(files);
    let results = timings.time("compute", || {
        results::compute(&pipeline, dataset, findings, period)
    })?;
    let run_id = run_id(&pipeline, &results, period, args, counties_path)?;
    let input_link = link(&output.join("runs").join(&run_id), &input);
    let context = Context {
        pipeline: &pipeline,
        results: &results,
        period,
        run_id: &run_id,
        skipped: &listing.skipped,
        input_link: &input_link,
    };
    let mut outputs: Outputs = Vec::new();
    timings.time("workbooks", || -> Result<(), Error> {
        for (key, book) in [
            ("file_rankings", report::ranking_book::book(&context)),
            ("file_findings", report::findings_book::book(&context)),
        ] {
            let name = format!("{}.xlsx", pipeline.word(key));
            outputs.push((name, report::xlsx::write(&book, period)?));
        }
        Ok(())
    })?;
    outputs.extend(timings.time("county workbooks", || county_books(&context))?);
    timings.time("parquet", || -> Result<(), Error> {
        for (name, mut frame) in report::data::frames(&context)? {
            let path = format!("data/{name}.parquet");
            outputs.push((path, report::data::parquet(&mut frame)?));
        }
        Ok(())
    })?;
    let exit = exit_code(&results);
    let seconds = started.elapsed().as_secs_f64();
    let json = run_json(&context, &listing, exit, &timings, seconds);
    let mut text =
        serde_json::to_vec_pretty(&json).map_err(|e| Error::Internal(format!("run.json: {e}")))?;
    text.push(b'\n');
    outputs.push((RUN_JSON.to_string(), text));
    let published = publish::publish(&output, &run_id, &outputs, (RUN_JSON, without_timings))?;
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
        &listing,
        &published,
        started.elapsed().as_secs_f64(),
    );
    Ok(exit)
}

/// The workbooks of all counties, made side by side, in the order of the counties.
fn county_books(context: &Context<'_>) -> Result<Outputs, Error> {
    let counties = &context.results.dataset.counties;
    counties
        .par_iter()
        .enumerate()
        .filter(|(_, county)| county.received)
        .map(|(i, county)| {
            let folder = context.pipeline.word("folder_counties");
            let name = format!("{folder}/{}-{}.xlsx", county.code, file_name(&county.name));
            let book = report::county_book::book(context, i);
            Ok((name, report::xlsx::write(&book, context.period)?))
        })
        .collect()
}

/// A name without the signs that a file system refuses.
fn file_name(name: &str) -> String {
    name.chars()
        .map(|c| if "/\\:*?\"<>|".contains(c) || c.is_control() { '_' } else { c })
        .collect()
}

const RUN_JSON: &str = "run.json";

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

/// Reads all files side by side; the order of the result is that of the listing. A panic in a reader is that file's end.
fn read_all(pipeline: &Pipeline, listing: &Listing) -> Vec<FileRead> {
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
            tracing::debug!(file = submission.path, sheets = file.tables.len(), "read");
            bar.inc(1);
            file
        })
        .collect();
    bar.finish_and_clear();
    out
}

/// Without a county folder and without a file that says its county there is nothing to compute.
fn check_readable(
    pipeline: &Pipeline,
    input: &Path,
    listing: &Listing,
    files: &[FileRead],
) -> Result<(), Error> {
    let any_table = files.iter().any(|f| !f.tables.is_empty());
    if listing.county_folders > 0 || any_table {
        return Ok(());
    }
    for file in files {
        for (rule, draft) in &file.drafts {
            let finding = draft.clone().notice(pipeline, rule);
            tracing::error!(file = file.submission.path, rule, "{}", finding.message);
        }
    }
    Err(Error::Input(format!(
        "input folder {} has no county folder (<{}-digit code>-<name>) and none of its {} file(s) is a known form",
        input.display(),
        pipeline.settings.county_digits,
        files.len()
    )))
}

/// What the run was made from, as a name: the same input, pipeline, period and program give the same id.
fn run_id(
    pipeline: &Pipeline,
    results: &Results,
    period: i64,
    args: &RunArgs,
    counties: &Path,
) -> Result<String, Error> {
    let list = std::fs::read(counties)
        .map_err(|e| Error::Input(format!("county list {}: {e}", counties.display())))?;
    let mut hash = Sha256::new();
    let mut feed = |text: &str| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    feed(env!("CARGO_PKG_VERSION"));
    feed(&pipeline.hash);
    feed(&period.to_string());
    feed(&args.only.join(","));
    feed(&ingest::submission::sha256(&list));
    for file in results.files() {
        feed(&file.path);
        feed(&file.sha256);
        // What replaces what may hang on the files' times.
        feed(file.status.word());
    }
    let hash = hex(&hash.finalize());
    Ok(format!("{}-{period}-{}", pipeline.id, &hash[..12]))
}

/// Exit code of a run that was carried out: 1 when something must be corrected.
fn exit_code(results: &Results) -> u8 {
    u8::from(results.count(None, Severity::Error) > 0)
}

fn run_json(
    context: &Context<'_>,
    listing: &Listing,
    exit: u8,
    timings: &Timings,
    seconds: f64,
) -> Value {
    let r = context.results;
    let inputs: Vec<Value> = r
        .files()
        .iter()
        .map(|f| {
            json!({
                "path": f.path,
                "sha256": f.sha256,
                "bytes": f.bytes,
                "forms": f.forms,
                "county_codes": f.county_codes,
                "status": f.status.word(),
                "done": if f.status == ingest::Status::Accepted { "read" } else { f.status.word() },
                "rows": f.rows,
                "replaced_by": f.replaced_by,
            })
        })
        .collect();
    let mut rules = serde_json::Map::new();
    let mut ids: Vec<&str> = r.findings.iter().map(|f| f.rule.as_str()).collect();
    ids.sort_unstable();
    for id in ids {
        let count = rules.entry(id).or_insert(json!(0));
        *count = json!(count.as_u64().unwrap_or(0) + 1);
    }
    let mut verdicts = serde_json::Map::new();
    for part in context.pipeline.all_parts() {
        let count = json!({
            "met": r.verdict_count(part, Verdict::Met),
            "not_met": r.verdict_count(part, Verdict::NotMet),
            "incomplete": r.verdict_count(part, Verdict::Incomplete),
        });
        verdicts.insert(part.word().to_string(), count);
    }
    let stages: serde_json::Map<String, Value> = timings
        .stages
        .iter()
        .map(|(stage, seconds)| ((*stage).to_string(), json!(round(*seconds))))
        .collect();
    json!({
        "run": context.run_id,
        "pipeline": { "id": context.pipeline.id, "sha256": context.pipeline.hash },
        "program": { "name": "junheng", "version": env!("CARGO_PKG_VERSION") },
        "period": context.period,
        "inputs": inputs,
        "skipped": listing.skipped,
        "counts": {
            "files": r.files().len(),
            "counties": r.dataset.counties.len(),
            "counties_received": r.dataset.counties.iter().filter(|c| c.received).count(),
            "schools": context.pipeline.table("school").map_or(0, |t| r.dataset.tables[t].rows.len()),
            "units": r.units.list.len(),
            "units_counted": r.unit_verdicts.len(),
            "values": r.values.len(),
            "criteria": r.criteria.len(),
        },
        "findings": {
            "error": r.count(None, Severity::Error),
            "query": r.count(None, Severity::Query),
            "info": r.count(None, Severity::Info),
            "by_rule": rules,
        },
        "verdicts": verdicts,
        "outcome": if exit == 0 { "clean" } else { "findings" },
        "exit_code": exit,
        "timings": { "seconds": round(seconds), "by_stage": stages },
    })
}

fn round(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// `run.json` without the only values that may differ between two equal runs.
fn without_timings(bytes: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(mut map)) => {
            map.remove("timings");
            serde_json::to_vec(&map).unwrap_or_default()
        }
        _ => bytes.to_vec(),
    }
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
