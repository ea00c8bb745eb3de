//! `junheng plan`: what a run would read again, compute again and publish, and why, in terms of counties. The bytes of the
//! submissions are hashed; nothing is read into tables and nothing is written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::compute::{self, Request};
use super::{make, outputs, previous, published};
use crate::cli::PlanArgs;
use crate::clock;
use crate::due::Due;
use crate::error::Error;
use crate::ingest::submission::{Listing, Submission, age, county_name, hashes_of};
use crate::pipeline::parts::{self, PartChange};
use crate::store::entries::Store;
use crate::store::frozen;
use crate::store::parsed::{Known, Parsed};
use crate::store::runs::{self, Run, Runs};

/// How many lines of one kind are shown.
const SHOWN: usize = 20;

/// How a submission stands to the last run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Same,
    New,
    /// The same path with other bytes.
    Replaced,
    Gone,
}

impl Fate {
    fn word(self) -> &'static str {
        match self {
            Fate::Same => "same",
            Fate::New => "new",
            Fate::Replaced => "replaced",
            Fate::Gone => "gone",
        }
    }
}

/// One submission.
#[derive(Debug)]
struct File {
    path: String,
    /// Code of the county folder that it lies in.
    county: Option<String>,
    fate: Fate,
    /// What was read of its bytes is kept.
    known: Known,
}

/// What a run would do.
struct Plan<'a> {
    request: &'a Request,
    /// The last run of all counties of the pipeline and the period.
    last: Option<String>,
    files: Vec<File>,
    /// What differs of the pipeline and the list of counties since the last run.
    parts: Vec<PartChange>,
    /// What else a run is made from is another than for the last run, with what it brings about.
    others: Vec<(String, &'static str)>,
}

/// Shows the plan.
///
/// # Errors
/// When the pipeline is wrong or the input folder cannot be listed.
pub fn plan(args: &PlanArgs) -> Result<u8, Error> {
    let output_of = |default: &str| {
        args.output
            .clone()
            .unwrap_or_else(|| PathBuf::from(default))
    };
    let mut request = compute::request_knowing(&args.pipeline, &args.input, &args.only, |head| {
        output_of(head.default_output)
    })?;
    let output = output_of(&request.pipeline.default_output);
    let runs = runs::list(&output);
    request.last_year = previous::held(&output, &runs, &request.pipeline, request.period);
    let date = request.pipeline.settings.due_dates.get(&request.period);
    let today = args.as_of.clone().unwrap_or_else(clock::today);
    request.due = date.map(|date| Due::on(date, &today));
    let listing = compute::listing(&request)?;
    let plan = made(&request, &output, &runs, &listing);
    let text = match args.json {
        true => {
            let text = serde_json::to_string_pretty(&plan.json());
            text.map_err(|e| Error::Internal(format!("plan: {e}")))? + "\n"
        }
        false => plan.text(),
    };
    // A closed stdout changes nothing.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(0)
}

fn made<'a>(request: &'a Request, output: &Path, all: &Runs, listing: &Listing) -> Plan<'a> {
    let pipeline = &request.pipeline;
    let submissions = &listing.submissions;
    let own = |r: &&runs::Run| r.pipeline == pipeline.id && r.period == request.period;
    let whole = |r: &&runs::Run| r.is_whole() == request.only.is_empty();
    let current = all.list.iter().find(|r| r.current && own(r) && whole(r));
    let last = current.or_else(|| all.list.iter().rev().find(|r| own(r) && whole(r)));
    let folder = last.map(|r| output.join("runs").join(&r.name));
    let json = folder
        .as_deref()
        .and_then(|f| match published::run_json(f) {
            Ok(json) => Some(json),
            Err(why) => {
                tracing::warn!(run = %f.display(), why, "the last run cannot be read");
                None
            }
        });
    let store = Store::read_only(output);
    let hangs_on = compute::reading_hangs_on(pipeline);
    let memory = Parsed {
        store: &store,
        hangs_on: &hangs_on,
    };
    let then = json.as_ref().map(published::inputs).unwrap_or_default();
    let then: BTreeMap<String, String> = then.into_iter().collect();
    let mut files: Vec<File> = submissions
        .par_iter()
        .map(|s| {
            let hashes = hashes_of(s, &pipeline.limits);
            // A file that is too large to be read has no hash in the run either.
            let sha256 = hashes.as_ref().map_or("", |(sha256, _)| sha256);
            let fate = match then.get(&s.path) {
                Some(then) if then == sha256 => Fate::Same,
                Some(_) => Fate::Replaced,
                None => Fate::New,
            };
            File {
                path: s.path.clone(),
                county: county_of(s, pipeline.settings.county_digits),
                fate,
                known: hashes.map_or(Known::Nothing, |(_, seal)| memory.known(&seal, s.name())),
            }
        })
        .collect();
    let there: BTreeSet<&str> = submissions.iter().map(|s| s.path.as_str()).collect();
    let gone = then.keys().filter(|path| !there.contains(path.as_str()));
    files.extend(gone.map(|path| File {
        path: path.clone(),
        county: code_of(path, pipeline.settings.county_digits),
        fate: Fate::Gone,
        known: Known::Nothing,
    }));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let now = published::pipeline_files_of(&outputs::pipeline_files(request));
    let before = folder.as_deref().map(published::pipeline_files);
    let before = before.filter(|b| !b.is_empty());
    let differences = before
        .as_ref()
        .map(|before| parts::differences(before, &now));
    let parts = differences.unwrap_or_default();
    let mut others = match (&json, last) {
        (Some(json), Some(last)) => others(request, output, all, listing, (last, json)),
        _ => Vec::new(),
    };
    if parts.is_empty() && before.is_some_and(|before| before != now) {
        let what = "comments or spaces in the pipeline's files".to_string();
        others.push((what, "a new run is published"));
    }
    others.extend(
        folder
            .as_deref()
            .and_then(|f| overtaken(request, submissions, f)),
    );
    Plan {
        request,
        last: last.map(|r| r.name.clone()),
        files,
        parts,
        others,
    }
}

/// What else a run is made from and is another than for the last one.
fn others(
    request: &Request,
    output: &Path,
    all: &Runs,
    listing: &Listing,
    (last, json): (&Run, &Value),
) -> Vec<(String, &'static str)> {
    let mut out = Vec::new();
    let version = json["program"]["version"].as_str().unwrap_or("");
    let own = env!("CARGO_PKG_VERSION");
    if version != own {
        let what = format!("program {version} -> {own}");
        out.push((what, "everything is read and computed again"));
    }
    let sorted = |list: &[String]| list.iter().cloned().collect::<BTreeSet<String>>();
    if sorted(&last.only) != sorted(&request.only) {
        let what = "another selection of counties".to_string();
        out.push((what, "computed again, no reading"));
    }
    let skipped = published::pairs(&json["skipped"], ["path", "rule"]);
    let skipped: BTreeSet<(String, String)> = skipped.into_iter().collect();
    let now = listing.skipped.iter();
    let now: BTreeSet<_> = now.map(|s| (s.path.clone(), s.rule.to_string())).collect();
    if skipped != now {
        let what = "files that are skipped came or went".to_string();
        out.push((what, "a new run is published"));
    }
    let passed = json["due"]["passed"].as_bool() == Some(true);
    if passed != request.due.as_ref().is_some_and(|due| due.passed) {
        let what = "the due date has passed, or is another".to_string();
        out.push((what, "a new run is published"));
    }
    let years = make::years(request, output, all);
    let mut now: Vec<String> = years.into_iter().map(|y| y.run).collect();
    now.extend(request.last_year.as_ref().map(|l| l.run.clone()));
    let then: Vec<String> = last.years.iter().chain(&last.previous).cloned().collect();
    // What was named with --previous lies elsewhere.
    let held = then.iter().all(|name| all.get(name).is_some());
    if held && sorted(&now) != sorted(&then) {
        let what = "runs of earlier periods came or went".to_string();
        out.push((what, "computed again, no reading"));
    }
    let input = make::link(&output.join("runs").join("run"), &request.input);
    if json["input"].as_str().is_some_and(|then| then != input) {
        let what = "another input folder".to_string();
        out.push((what, "a new run is published"));
    }
    let (frozen, _) = frozen::all(output);
    let against = last.told_against.iter();
    let mut released = against.filter(|run| !frozen.iter().any(|m| m.run == **run));
    if let Some(run) = released.next() {
        let what = format!("run {run} is frozen no more");
        out.push((what, "a new run is published"));
    }
    let pinned = |m: &&frozen::Manifest| {
        (m.pipeline == request.pipeline.id && m.period == request.period)
            && m.run != last.name
            && last.told_against.as_ref() != Some(&m.run)
    };
    if request.only.is_empty()
        && let Some(manifest) = frozen.iter().find(pinned)
    {
        let what = format!("run {} was frozen", manifest.run);
        out.push((what, "a notice of what changed since is published"));
    }
    out
}

/// Of two submissions about the same the newer counts: one that was replaced may be the newer one now, by the time of its file.
fn overtaken(
    request: &Request,
    submissions: &[Submission],
    folder: &Path,
) -> Option<(String, &'static str)> {
    let (frame, _) = published::frame(folder, "submissions").ok()?;
    let texts = |name: &str| Some(frame.column(name).ok()?.str().ok()?.clone());
    let (paths, by) = (texts("path")?, texts("replaced_by")?);
    let words = &request.pipeline.settings.revision_words;
    let age_of = |path: &str| {
        let own = submissions.iter().find(|s| s.path == path);
        own.map(|s| age(s, words))
    };
    let pairs = paths.iter().zip(by.iter());
    let (path, by) = pairs
        .filter_map(|(path, by)| path.zip(by))
        .find(|(path, by)| age_of(path).zip(age_of(by)).is_some_and(|(a, b)| a > b))?;
    let what = format!("{path} is newer than {by} now, by the times of the files");
    Some((what, "it counts instead, computed again"))
}

/// The county of a submission by its folder, else by its own name.
fn county_of(submission: &Submission, digits: usize) -> Option<String> {
    let folder = submission.folder.as_ref().map(|f| f.code.clone());
    folder.or_else(|| county_name(submission.name(), digits).map(|c| c.code))
}

/// The county that a path begins with.
fn code_of(path: &str, digits: usize) -> Option<String> {
    let first = path.split('/').next()?;
    county_name(first, digits).map(|c| c.code)
}

impl Plan<'_> {
    fn read_again(&self) -> impl Iterator<Item = &File> {
        self.files
            .iter()
            .filter(|f| f.fate != Fate::Gone && f.known == Known::Nothing)
    }

    /// Files that are not opened, but in whose sheets forms are looked for again.
    fn looked_at_again(&self) -> usize {
        let known = |f: &&File| f.known == Known::Sheets;
        self.files.iter().filter(known).count()
    }

    fn came(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|f| f.fate != Fate::Same)
    }

    /// Nothing that a run is made from is another one.
    fn is_unchanged(&self) -> bool {
        self.last.is_some()
            && self.came().next().is_none()
            && self.parts.is_empty()
            && self.others.is_empty()
    }

    /// Files that came or went, by county; those outside of county folders under none.
    fn by_county(&self) -> BTreeMap<Option<&str>, Vec<&File>> {
        let mut out: BTreeMap<Option<&str>, Vec<&File>> = BTreeMap::new();
        for file in self.came() {
            out.entry(file.county.as_deref()).or_default().push(file);
        }
        out
    }

    /// What of the pipeline changed, of the parts on which something hangs.
    fn effects(&self) -> Vec<(String, &'static str)> {
        self.parts
            .iter()
            .map(|part| {
                let effect = if part.is_of_reading() && self.looked_at_again() == 0 {
                    "submissions are read again"
                } else if part.is_of_reading() {
                    "forms are looked for again in the sheets that are kept, no submission is opened"
                } else if part.is_of_words() {
                    "texts only, no reading, no figure"
                } else {
                    "computed again, no reading"
                };
                (shown(part), effect)
            })
            .collect()
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        let there = self.files.iter().filter(|f| f.fate != Fate::Gone).count();
        let again: Vec<&File> = self.read_again().collect();
        let pipeline = &self.request.pipeline.id;
        lines.push(match &self.last {
            Some(run) => format!("{pipeline} {}: since run {run}", self.request.period),
            None => format!("{pipeline} {}: no run yet", self.request.period),
        });
        let counties = self.by_county();
        let named = counties.keys().filter(|c| c.is_some()).count();
        if self.last.is_some() {
            lines.push(match named {
                0 => "no county changed".to_string(),
                1 => "1 county changed:".to_string(),
                n => format!("{n} counties changed:"),
            });
            for (county, files) in counties.iter().take(SHOWN) {
                let files: Vec<String> = files
                    .iter()
                    .map(|f| format!("{} {}", f.path, f.fate.word()))
                    .collect();
                let county = county.unwrap_or("several counties");
                lines.push(format!("  {county}: {}", listed(&files)));
            }
            more(&mut lines, counties.len());
        }
        let effects = self.effects();
        if !effects.is_empty() {
            lines.push("the pipeline changed:".to_string());
            for (part, effect) in effects.iter().take(SHOWN) {
                lines.push(format!("  {part}: {effect}"));
            }
            more(&mut lines, effects.len());
        }
        for (other, effect) in &self.others {
            lines.push(format!("{other}: {effect}"));
        }
        lines.push(format!("to be read: {} of {there} files", again.len()));
        if self.looked_at_again() > 0 {
            lines.push(format!(
                "forms to be looked for again: in the kept sheets of {} files",
                self.looked_at_again()
            ));
        }
        for file in again.iter().take(SHOWN).filter(|f| f.fate == Fate::Same) {
            lines.push(format!("  {}: nothing is kept of it", file.path));
        }
        lines.push(match self.is_unchanged() {
            true => "to be computed and published: nothing, the last run stands".to_string(),
            false => "to be computed: every figure that hangs on what changed, with all ranks; workbooks whose content is \
                      what it was are taken as they are; to be published: a new run"
                .to_string(),
        });
        lines.join("\n") + "\n"
    }

    fn json(&self) -> Value {
        let files = self.files.iter().map(|f| {
            json!({
                "path": f.path,
                "county": f.county,
                "fate": f.fate.word(),
                "read": f.fate != Fate::Gone && f.known == Known::Nothing,
                "forms": f.known == Known::Sheets,
            })
        });
        let parts = self
            .parts
            .iter()
            .zip(self.effects())
            .map(|(p, (_, effect))| {
                json!({
                    "kind": p.kind, "id": p.id, "key": p.key, "from": p.from, "to": p.to,
                    "effect": effect,
                })
            });
        json!({
            "pipeline": self.request.pipeline.id,
            "period": self.request.period,
            "last": self.last,
            "unchanged": self.is_unchanged(),
            "files": files.collect::<Vec<_>>(),
            "pipeline_changes": parts.collect::<Vec<_>>(),
            "other_changes": self.others.iter().map(|(what, _)| what).collect::<Vec<_>>(),
        })
    }
}

/// A part of the pipeline that changed, in one line.
fn shown(part: &PartChange) -> String {
    let name = [part.kind.as_str(), part.id.as_str(), part.key.as_str()];
    let name: Vec<&str> = name.into_iter().filter(|n| !n.is_empty()).collect();
    let name = name.join(" ");
    match (&part.from, &part.to) {
        (Some(from), Some(to)) => format!("{name} {from} -> {to}"),
        (None, Some(_)) => format!("{name} is new"),
        _ => format!("{name} is gone"),
    }
}

fn listed(items: &[String]) -> String {
    let shown: Vec<&str> = items.iter().take(SHOWN).map(String::as_str).collect();
    match items.len() > SHOWN {
        true => format!("{} and {} more", shown.join(", "), items.len() - SHOWN),
        false => shown.join(", "),
    }
}

fn more(lines: &mut Vec<String>, count: usize) {
    if count > SHOWN {
        lines.push(format!("  ... and {} more (--json has all)", count - SHOWN));
    }
}
