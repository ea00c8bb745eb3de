//! `junheng verify`: a published run is made again from its submissions and its own pipeline, without anything that is kept
//! between runs, and compared with what lies on the disk, byte by byte; and frozen runs are looked at, whether anything of
//! them was touched. It changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::Value;

use super::compute::{self, ReadInput, Request, Timings};
use super::diff::find;
use super::history::{self, Frozen};
use super::make::{self, Earlier, Outlet};
use super::published::text;
use super::run_json::{self, RUN_JSON};
use super::{outputs, previous, published, years};
use crate::cli::{InputArgs, VerifyArgs};
use crate::due::Due;
use crate::error::Error;
use crate::store::books::Books;
use crate::store::entries::Store;
use crate::store::frozen::{self, Manifest};
use crate::store::publish;
use crate::store::runs::{self, Runs};

/// How many lines of one kind are shown.
const SHOWN: usize = 20;
/// How many differing figures of one frame are shown.
const SHOWN_FIGURES: usize = 3;
/// How much of a value is shown.
const SHOWN_CHARACTERS: usize = 80;
/// How many of a row's first texts name it.
const NAMING_COLUMNS: usize = 4;

/// Verifies a run and all frozen ones.
///
/// # Errors
/// When there is no such run, or it cannot be made again: its pipeline, its inputs or an earlier run that it was built upon
/// are not there.
pub fn verify(args: &VerifyArgs) -> Result<u8, Error> {
    let output = published::output_of(args.output.as_ref(), &args.pipeline)?;
    let folder = find(&output, args.run.as_deref().unwrap_or("current"))?;
    let mut wrong = frozen_ones(&output);
    let json = published::run_json(&folder)
        .map_err(|why| Error::Usage(format!("{}: {RUN_JSON}: {why}", folder.display())))?;
    wrong.extend(made_again(args, &output, &folder, &json)?);
    let name = text(&json["run"]);
    let mut lines = wrong.clone();
    lines.push(match wrong.is_empty() {
        true => format!("verified: {name} is what its submissions and its pipeline give"),
        false => format!("NOT verified: {name}, {} differences", wrong.len()),
    });
    // A closed stdout changes nothing.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
    Ok(u8::from(!wrong.is_empty()))
}

/// What was touched of frozen runs.
fn frozen_ones(output: &Path) -> Vec<String> {
    let (all, unreadable) = frozen::all(output);
    let damaged = unreadable.into_iter();
    let mut out: Vec<String> = damaged
        .map(|(name, why)| format!("frozen {name} cannot be read: {why}"))
        .collect();
    for manifest in all {
        let touched = frozen::check(output, &manifest);
        if touched.is_empty() {
            let (run, when) = (&manifest.run, &manifest.frozen);
            tracing::info!(run, when, "a frozen run is as it was");
        }
        let line = |what| format!("frozen {} {}: {what}", manifest.pipeline, manifest.period);
        out.extend(touched.into_iter().map(line));
    }
    out
}

/// Makes the run again; gives in what it differs.
fn made_again(
    args: &VerifyArgs,
    output: &Path,
    folder: &Path,
    json: &Value,
) -> Result<Vec<String>, Error> {
    let cannot = |why: String| {
        let run = text(&json["run"]);
        Error::Usage(format!("run {run} cannot be made again: {why}"))
    };
    let version = text(&json["program"]["version"]);
    if version != env!("CARGO_PKG_VERSION") {
        let own = env!("CARGO_PKG_VERSION");
        let why = format!("it was made by version {version} of the program, this is {own}");
        return Err(cannot(why));
    }
    let own = published::pipeline_folder(folder)
        .ok_or_else(|| cannot("it has kept no pipeline".to_string()))?;
    let mut timings = Timings::default();
    let (input, is_copy) = input_of(args, output, folder, json).map_err(&cannot)?;
    let mut wrong = Vec::new();
    let asked = InputArgs {
        input: Some(input.clone()),
        period: json["period"].as_i64(),
        counties: Some(folder.join(outputs::PIPELINE).join(outputs::COUNTIES)),
    };
    let only: Vec<String> = texts(&json["only"]);
    let mut request = compute::request(&own, &asked, &only)?;
    if request.pipeline.hash != text(&json["pipeline"]["sha256"]) {
        wrong
            .push("the pipeline that the run has kept is not the one that it was made with".into());
        return Ok(wrong);
    }
    let due = &json["due"];
    request.due = due["date"].as_str().map(|date| Due {
        date: date.to_string(),
        passed: due["passed"].as_bool() == Some(true),
    });
    let runs = runs::list(output);
    let earlier = earlier(args, output, &runs, json, &mut request).map_err(&cannot)?;
    let mut listing = compute::listing(&request)?;
    if is_copy {
        listing.with_uncopied(&published::pairs(&json["skipped"], ["path", "rule"]));
    }
    let mut read: Vec<ReadInput> = Vec::new();
    let at = compute::read(&request, listing, &Store::none(), &mut read)?;
    let ReadInput { listing, files, .. } = &read[at];
    let read_now = files
        .iter()
        .map(|f| (f.submission.path.clone(), f.sha256.clone()));
    let differing = other_inputs(json, &read_now.collect());
    if !differing.is_empty() {
        wrong.extend(differing);
        return Ok(wrong);
    }
    let results = compute::results(&request, files, &mut timings)?;
    let inputs_key = make::inputs_key(&request, &results, &earlier.years);
    let earlier = Earlier {
        inputs_key,
        ..earlier
    };
    let input_link = text(&json["input"]);
    let run = make::Run {
        request: &request,
        listing,
        output,
        input_link: Some(&input_link),
        books: Books {
            store: &Store::none(),
            scratch: &std::env::temp_dir(),
        },
        started: Instant::now(),
    };
    let (made, compared) = make::made(&run, results, &earlier, timings, |_| {
        Ok(Compared {
            folder,
            made: Mutex::default(),
        })
    })?;
    let made_again = compared.made.into_inner();
    let made_again = made_again.unwrap_or_else(PoisonError::into_inner);
    let (run, files) = (made.run_id, made_again.len());
    tracing::info!(run, files, "made again and compared");
    let there = publish::files(folder).unwrap_or_default().into_iter();
    let more = there.filter(|path| !made_again.contains_key(path));
    let more: Vec<String> = more
        .map(|path| format!("{path} was added to the run's folder"))
        .collect();
    wrong.extend(made_again.into_values().flatten());
    wrong.extend(more);
    Ok(wrong)
}

/// Where the run's submissions lie: as named; else, where the run was frozen with its inputs, those; else where they lay. And
/// whether they are copies.
fn input_of(
    args: &VerifyArgs,
    output: &Path,
    folder: &Path,
    json: &Value,
) -> Result<(PathBuf, bool), String> {
    if let Some(input) = &args.input {
        return Ok((input.clone(), false));
    }
    let (pipeline, period) = (text(&json["pipeline"]["id"]), json["period"].as_i64());
    let name = frozen::name(&pipeline, period.unwrap_or(0));
    let manifest: Option<Manifest> = frozen::read(&frozen::path(output, &name))?;
    let run = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    let run = run
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let kept = frozen::folder(output, &name).join(frozen::INPUT);
    if manifest.is_some_and(|m| m.run == run) && kept.is_dir() {
        tracing::info!(input = %kept.display(), "the inputs that were kept when the run was frozen");
        return Ok((kept, true));
    }
    let link = json["input"]
        .as_str()
        .ok_or("it does not say where its inputs lie: --input DIR")?;
    let input = folder.canonicalize().map_err(|e| e.to_string())?.join(link);
    match input.is_dir() {
        true => Ok((input, false)),
        false => Err(format!(
            "its inputs are not at {}: --input DIR",
            input.display()
        )),
    }
}

/// The earlier runs that the run was built upon, as it names them.
fn earlier(
    args: &VerifyArgs,
    output: &Path,
    runs: &Runs,
    json: &Value,
    request: &mut Request,
) -> Result<Earlier, String> {
    let (pipeline, period) = (&request.pipeline, request.period);
    if let Some(name) = json["previous"]["run"].as_str() {
        let folder = match &args.previous {
            Some(folder) => folder.clone(),
            None => output.join("runs").join(name),
        };
        let last_year = previous::read(&folder, pipeline, period);
        let mut last_year = last_year.map_err(|e| format!("{e}; --previous DIR names it"))?;
        last_year.run = name.to_string();
        if last_year.hash != text(&json["previous"]["sha256"]) {
            return Err(format!("the earlier year's run {name} is not what it was"));
        }
        request.last_year = Some(last_year);
    }
    let last_year = request.last_year.as_ref();
    let mut held = Vec::new();
    for year in json["years"].as_array().into_iter().flatten() {
        let name = text(&year["run"]);
        let own = last_year.filter(|l| Some(l.period) == year["period"].as_i64());
        let read = match (own, runs.get(&name)) {
            (Some(last_year), _) => last_year.year(),
            (None, Some(run)) => years::read(output, run, &request.pipeline)?,
            (None, None) => return Err(format!("run {name} of an earlier year is not there")),
        };
        if read.hash != text(&year["sha256"]) {
            return Err(format!("run {name} of an earlier year is not what it was"));
        }
        held.push(read);
    }
    if let Some(name) = json["frozen"].as_str()
        && runs.get(name).is_none()
    {
        return Err(format!(
            "run {name}, which was frozen then, is not there any more"
        ));
    }
    let base = match json["base"].as_str() {
        Some(name) => Some(history::named_base(output, name)?),
        None => None,
    };
    Ok(Earlier {
        inputs_key: String::new(),
        base,
        years: held,
        sequence: json["timings"]["sequence"].as_u64().unwrap_or(0),
        frozen: json["frozen"].as_str().map(|run| Frozen {
            run: run.to_string(),
            date: json["frozen_on"].as_str().map(str::to_string),
        }),
    })
}

/// Submissions that are not those of the run.
fn other_inputs(json: &Value, now: &BTreeMap<String, String>) -> Vec<String> {
    let then: BTreeMap<String, String> = published::inputs(json).into_iter().collect();
    let mut out = Vec::new();
    for path in then.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
        match (then.get(path), now.get(path)) {
            (Some(then), Some(now)) if then == now => {}
            (Some(_), Some(_)) => {
                out.push(format!("input {path} has other bytes than the run read"))
            }
            (Some(_), None) => out.push(format!("input {path} is no longer there")),
            (None, _) => out.push(format!("input {path} is new since the run")),
        }
    }
    if out.len() > SHOWN {
        let more = out.len() - SHOWN;
        out.truncate(SHOWN);
        out.push(format!("... and {more} further inputs"));
    }
    out
}

/// Compares the files of a run, as they are made again, with those that it has published.
struct Compared<'a> {
    folder: &'a Path,
    /// In what each file differs, by its path.
    made: Mutex<BTreeMap<String, Vec<String>>>,
}

impl Outlet for Compared<'_> {
    fn take(&self, path: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let lines = differences(self.folder, path, &bytes);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.insert(path.to_string(), lines);
        Ok(())
    }
}

/// In what a file of a run differs from what was made again.
fn differences(folder: &Path, path: &str, made: &[u8]) -> Vec<String> {
    let there = match std::fs::read(folder.join(path)) {
        Ok(there) => there,
        Err(e) => return vec![format!("{path} cannot be read: {e}")],
    };
    let same = match path == RUN_JSON {
        true => run_json::without_timings(&there) == run_json::without_timings(made),
        false => there == made,
    };
    if same {
        return Vec::new();
    }
    let mut lines = vec![format!("{path} differs from what the submissions give")];
    if path.ends_with(".parquet") {
        lines.extend(figures(&there, made).into_iter().map(|l| format!("  {l}")));
    }
    lines
}

/// The first figures in which two frames differ: the published one, and the one made again.
fn figures(there: &[u8], made: &[u8]) -> Vec<String> {
    let frame = |bytes: &[u8]| published::parquet(bytes, &[]);
    let (Ok(there), Ok(made)) = (frame(there), frame(made)) else {
        return vec!["it is no Parquet file any more".to_string()];
    };
    if there.height() != made.height() {
        let (a, b) = (there.height(), made.height());
        return vec![format!("{a} rows, {b} when made again")];
    }
    let mut out = Vec::new();
    for (at, column) in made.columns().iter().enumerate() {
        let Ok(own) = there.column(column.name()) else {
            out.push(format!("column {} is missing", column.name()));
            continue;
        };
        for row in 0..made.height() {
            let (Ok(a), Ok(b)) = (own.get(row), column.get(row)) else {
                continue;
            };
            if a == b || out.len() >= SHOWN_FIGURES {
                continue;
            }
            let names = made.columns().iter().take(at.min(NAMING_COLUMNS));
            let names: Vec<String> = names
                .filter_map(|c| c.get(row).ok())
                .map(|value| in_short(&value.str_value()))
                .collect();
            let (name, column) = (names.join(" "), column.name());
            let (a, b) = (in_short(&a.to_string()), in_short(&b.to_string()));
            out.push(format!("{name}: {column} is {a}, {b} when made again"));
        }
    }
    out
}

/// A value on one line, as far as it is needed to tell it.
fn in_short(text: &str) -> String {
    let line = text.replace('\n', "; ");
    match line.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}
