//! `junheng freeze`: a run becomes the official one of its pipeline and period, with the hash of every file and a copy of
//! its inputs; or it is released.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;

use super::published;
use crate::cli::FreezeArgs;
use crate::clock;
use crate::error::Error;
use crate::ingest::submission::{self, ARCHIVE, LINKED, NO_FILE};
use crate::pipeline::{self, Pipeline};
use crate::store::frozen::{self, Manifest};
use crate::store::lock::{self, Owner};
use crate::store::publish;
use crate::store::runs::{self, Run};

/// Pins a run, or releases it.
///
/// # Errors
/// [`Error::Usage`] when there is no such run, another one is frozen, or inputs were changed since: nothing is frozen.
pub fn freeze(args: &FreezeArgs) -> Result<u8, Error> {
    let pipeline = pipeline::load(&args.pipeline)?;
    let default = || PathBuf::from(&pipeline.default_output);
    let output = args.output.clone().unwrap_or_else(default);
    published::check_outputs(&output)?;
    let owner = Owner::this(&pipeline.id, pipeline.default_period);
    let _lock = lock::take(&output, &owner, Duration::ZERO)?;
    if args.release {
        return release(args, &pipeline, &output);
    }
    let run = asked(args, &pipeline, &output)?;
    if let Some(only) = run.only.first() {
        return Err(Error::Usage(format!(
            "run {} is about some counties only ({only}, ...): it cannot be the official one",
            run.name
        )));
    }
    let name = frozen::name(&run.pipeline, run.period);
    match held(&output, &name)? {
        Some(manifest) if manifest.run == run.name => {
            say(&format!(
                "frozen already, {}: {}",
                manifest.frozen, run.name
            ));
            return Ok(0);
        }
        Some(manifest) => {
            return Err(Error::Usage(format!(
                "{} {} is held by run {}, frozen {}: release that first (junheng freeze {} --release)",
                run.pipeline, run.period, manifest.run, manifest.frozen, manifest.run
            )));
        }
        None => {}
    }
    let folder = output.join("runs").join(&run.name);
    let said = Said::read(&folder)?;
    let kept = match args.without_inputs {
        true => None,
        false => {
            let input = args
                .input
                .clone()
                .unwrap_or_else(|| said.input(&folder, &pipeline));
            Some(keep(&output, &name, &pipeline, &input, &said)?)
        }
    };
    let outputs = frozen::hashes(&folder)
        .map_err(|why| Error::Usage(format!("run {} cannot be read: {why}", run.name)))?;
    let manifest = Manifest {
        run: run.name.clone(),
        pipeline: run.pipeline.clone(),
        period: run.period,
        frozen: clock::now(),
        reason: args.reason.clone(),
        program: said.program.clone(),
        outputs,
        inputs: said.inputs.iter().cloned().collect(),
        kept,
    };
    frozen::write(&output, &manifest)?;
    let kept = match &manifest.kept {
        Some(kept) => format!("{} files of its inputs kept", kept.len()),
        None => "its inputs not kept".to_string(),
    };
    let (period, files) = (run.period, manifest.outputs.len());
    tracing::info!(
        run = run.name,
        pipeline = run.pipeline,
        period,
        "run frozen"
    );
    say(&format!(
        "frozen as the official run of {} {period}: {} ({files} files; {kept})",
        run.pipeline, run.name
    ));
    Ok(0)
}

/// A closed stdout changes nothing.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The run that is asked for.
fn asked(args: &FreezeArgs, pipeline: &Pipeline, output: &Path) -> Result<Run, Error> {
    let name = match args.run.as_deref() {
        None | Some("current") => runs::current(output)
            .ok_or_else(|| Error::Usage(format!("{}: no run is current", output.display())))?,
        Some(path) => last_part(path),
    };
    let folder = output.join("runs").join(&name);
    if name.starts_with('.') || !folder.is_dir() {
        let message = format!("{}: no run '{name}' in runs/", output.display());
        return Err(Error::Usage(message));
    }
    let run = runs::read(&folder, &name)
        .map_err(|why| Error::Usage(format!("run {name} cannot be read: {why}")))?;
    if run.pipeline != pipeline.id {
        return Err(Error::Usage(format!(
            "run {name} is of pipeline '{}', not '{}' (--pipeline)",
            run.pipeline, pipeline.id
        )));
    }
    Ok(run)
}

/// The name of a run, also where its path is given.
fn last_part(path: &str) -> String {
    let last = path.trim_end_matches('/').rsplit('/').next();
    last.unwrap_or_default().to_string()
}

fn held(output: &Path, name: &str) -> Result<Option<Manifest>, Error> {
    let path = frozen::path(output, name);
    frozen::read(&path).map_err(|why| {
        Error::Usage(format!(
            "{} cannot be read: {why}; move it away",
            path.display()
        ))
    })
}

fn release(args: &FreezeArgs, pipeline: &Pipeline, output: &Path) -> Result<u8, Error> {
    let (all, _) = frozen::all(output);
    let own = all.into_iter().filter(|m| m.pipeline == pipeline.id);
    let manifest = match args.run.as_deref().filter(|run| *run != "current") {
        Some(path) => {
            let run = last_part(path);
            own.into_iter().find(|m| m.run == run)
        }
        // Without a name the one of the period that is current.
        None => {
            let run = asked(args, pipeline, output)?;
            own.into_iter().find(|m| m.period == run.period)
        }
    };
    let Some(manifest) = manifest else {
        let message = "no such run is frozen (junheng status shows which are)";
        return Err(Error::Usage(message.to_string()));
    };
    let name = frozen::name(&manifest.pipeline, manifest.period);
    let kept = frozen::release(output, &name)?;
    let (run, period) = (&manifest.run, manifest.period);
    tracing::info!(
        run,
        pipeline = manifest.pipeline,
        period,
        "frozen run released"
    );
    say(&format!(
        "released: {run} (its manifest is kept as {})",
        kept.display()
    ));
    Ok(0)
}

/// What the run says of its inputs.
struct Said {
    program: String,
    /// Path from the run's folder to the input folder; none of an older program.
    input: Option<String>,
    /// Path and hash of every input, in order.
    inputs: Vec<(String, String)>,
    /// Path and rule of every file that was skipped.
    skipped: Vec<(String, String)>,
}

impl Said {
    fn read(folder: &Path) -> Result<Said, Error> {
        let json = published::run_json(folder)
            .map_err(|why| Error::Usage(format!("{}: {why}", folder.display())))?;
        let said = Said {
            program: published::text(&json["program"]["version"]),
            input: json["input"].as_str().map(str::to_string),
            inputs: published::inputs(&json),
            skipped: published::pairs(&json["skipped"], ["path", "rule"]),
        };
        let inside = |path: &str| {
            let mut parts = Path::new(path).components();
            !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
        };
        let all = said.inputs.iter().chain(&said.skipped);
        match all.map(|(path, _)| path).find(|path| !inside(path)) {
            Some(path) => Err(Error::Usage(format!(
                "{}: '{path}' is no path below the input folder",
                folder.display()
            ))),
            None => Ok(said),
        }
    }

    fn input(&self, folder: &Path, pipeline: &Pipeline) -> PathBuf {
        match &self.input {
            Some(link) => pipeline::load::plain(&super::make::absolute(folder).join(link)),
            None => PathBuf::from(&pipeline.default_input),
        }
    }
}

/// Copies the inputs of a run below `frozen/`, and gives the hash of every file copied. What the run read must be what is
/// read from the copies.
fn keep(
    output: &Path,
    name: &str,
    pipeline: &Pipeline,
    input: &Path,
    said: &Said,
) -> Result<BTreeMap<String, String>, Error> {
    let beside = frozen::folder(output, &format!(".staging-{name}"));
    let folder = frozen::folder(output, name);
    // What a freezing that did not end has left: a manifest there is none.
    for left in [&beside, &folder] {
        if left.exists() {
            fs::remove_dir_all(left).map_err(|e| publish::failed(left, &e))?;
        }
    }
    let copies = beside.join(frozen::INPUT);
    publish::make_dir(&copies)?;
    let wrong = copy(input, &copies, said).and_then(|()| {
        let wrong = differences(&copies, pipeline, said)?;
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(refusal(input, &wrong)),
        }
    });
    if let Err(error) = wrong {
        fs::remove_dir_all(&beside).map_err(|e| publish::failed(&beside, &e))?;
        return Err(error);
    }
    let kept = frozen::hashes(&copies).map_err(Error::Output)?;
    fs::rename(&beside, &folder).map_err(|e| publish::failed(&folder, &e))?;
    Ok(kept)
}

/// Most inputs that a refusal lists.
const NAMED: usize = 50;

fn refusal(input: &Path, wrong: &[String]) -> Error {
    let mut lines = wrong.iter().take(NAMED).cloned().collect::<Vec<_>>();
    if wrong.len() > NAMED {
        lines.push(format!("and {} more", wrong.len() - NAMED));
    }
    Error::Usage(format!(
        "nothing is frozen: {} inputs below {} are not what the run read (--input names another folder, \
         --without-inputs freezes without them):\n{}",
        wrong.len(),
        input.display(),
        lines.join("\n")
    ))
}

/// Copies every file that the run read, or that holds what it read, with its time; of skipped files the name is enough.
fn copy(input: &Path, copies: &Path, said: &Said) -> Result<(), Error> {
    let mut files: BTreeSet<PathBuf> = BTreeSet::new();
    let mut missing = Vec::new();
    let archives = said.skipped.iter().filter(|(_, rule)| rule == ARCHIVE);
    for (path, _) in said.inputs.iter().chain(archives) {
        // A file of an archive lies in the first file on its path.
        let whole = Path::new(path);
        let mut parts: Vec<&Path> = whole.ancestors().collect();
        parts.reverse();
        match parts.into_iter().find(|part| input.join(part).is_file()) {
            Some(file) => {
                files.insert(file.to_path_buf());
            }
            None => missing.push(format!("{path}: missing")),
        }
    }
    if !missing.is_empty() {
        return Err(refusal(input, &missing));
    }
    for file in &files {
        let (from, to) = (input.join(file), copies.join(file));
        if let Some(parent) = to.parent() {
            publish::make_dir(parent)?;
        }
        copy_file(&from, &to).map_err(|e| publish::failed(&to, &e))?;
    }
    for (path, rule) in &said.skipped {
        let to = copies.join(path);
        let in_archive = Path::new(path).ancestors().any(|part| files.contains(part));
        if [LINKED, NO_FILE].contains(&rule.as_str()) || in_archive || to.exists() {
            continue;
        }
        if let Some(parent) = to.parent() {
            publish::make_dir(parent)?;
        }
        File::create(&to).map_err(|e| publish::failed(&to, &e))?;
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    let modified = fs::metadata(from)?.modified()?;
    fs::copy(from, to)?;
    let copied = File::open(to)?;
    // Which of two files replaces the other may hang on their times.
    copied.set_modified(modified)?;
    copied.sync_all()
}

/// What is read from the copies and is not what the run read, a line each.
fn differences(copies: &Path, pipeline: &Pipeline, said: &Said) -> Result<Vec<String>, Error> {
    let digits = pipeline.settings.county_digits;
    let listing = submission::discover(copies, digits, &pipeline.limits)?;
    let now: Vec<(String, String)> = listing
        .submissions
        .par_iter()
        .map(|file| {
            // A file that is too large to be read has no hash in the run either.
            let hashes = submission::hashes_of(file, &pipeline.limits);
            (
                file.path.clone(),
                hashes.map_or_else(String::new, |(sha256, _)| sha256),
            )
        })
        .collect();
    let (then, now): (BTreeSet<_>, BTreeSet<_>) =
        (said.inputs.iter().collect(), now.iter().collect());
    let paths = |set: &BTreeSet<&(String, String)>| -> BTreeSet<String> {
        set.iter().map(|(path, _)| path.clone()).collect()
    };
    let (paths_then, paths_now) = (paths(&then), paths(&now));
    let mut out: BTreeSet<String> = BTreeSet::new();
    for (path, _) in then.symmetric_difference(&now) {
        let what = match (paths_then.contains(path), paths_now.contains(path)) {
            (true, false) => "missing",
            (false, _) => "added since",
            (true, true) => "changed since",
        };
        out.insert(format!("{path}: {what}"));
    }
    Ok(out.into_iter().collect())
}
