//! Which runs an output folder keeps. The choice hangs on nothing but the list of the runs; removing is done while the
//! lock is held, by a rename first, so that a killed removal leaves no half run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::publish::REMOVED;
use super::runs::{self, Run};
use crate::pipeline::model::Retention;

/// The runs of a pipeline that fall outside, in the order in which they were made.
///
/// Kept are the last runs (of all counties: `last` of them; of some counties: those among the `last` of either kind), the
/// last of each month, the last of all counties of each period, what `current` points to, frozen runs, and what any of
/// these but the first two was built upon or compared with.
pub fn outside<'a>(runs: &'a [Run], pipeline: &str, retention: Retention) -> Vec<&'a str> {
    let own: Vec<&Run> = runs.iter().filter(|r| r.pipeline == pipeline).collect();
    let whole: Vec<&Run> = own.iter().copied().filter(|r| r.is_whole()).collect();
    let mut kept: BTreeSet<&str> = BTreeSet::new();
    let newest = whole.iter().rev().take(retention.last);
    kept.extend(newest.map(|r| r.name.as_str()));
    let newest = own.iter().rev().take(retention.last);
    kept.extend(newest.map(|r| r.name.as_str()));
    if retention.monthly {
        let mut months = BTreeSet::new();
        let last = whole
            .iter()
            .rev()
            .filter(|r| months.insert((r.period, r.month())));
        kept.extend(last.map(|r| r.name.as_str()));
    }
    let mut periods = BTreeSet::new();
    let last_of_period = whole.iter().rev().filter(|r| periods.insert(r.period));
    let mut anchors: Vec<&Run> = last_of_period.copied().collect();
    anchors.extend(runs.iter().filter(|r| r.current || r.frozen));
    for run in anchors {
        kept.insert(&run.name);
        kept.extend(run.points_to());
    }
    let outside = own.into_iter().filter(|r| !kept.contains(r.name.as_str()));
    outside.map(|r| r.name.as_str()).collect()
}

/// Removes the runs that fall outside. Only while the lock is held. What cannot be removed is said, and stays.
pub fn apply(output: &Path, pipeline: &str, retention: Retention) {
    let all = runs::list(output);
    if let Some((file, why)) = all.unreadable_frozen.first() {
        tracing::warn!(
            file,
            why,
            "no old run is removed: which run is frozen cannot be read"
        );
        return;
    }
    for name in outside(&all.list, pipeline, retention) {
        let from = output.join("runs").join(name);
        let to = output.join("runs").join(format!("{REMOVED}{name}"));
        match fs::rename(&from, &to).and_then(|()| fs::remove_dir_all(&to)) {
            Ok(()) => tracing::info!(run = name, "old run removed"),
            Err(e) => tracing::warn!(run = name, "old run not removed: {e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPELINE: &str = "p";

    /// Runs in their order: name, period, month, and after it `only`, `current`, `frozen` or `base=…`, `previous=…`, `against=…`.
    fn runs(text: &str) -> Vec<Run> {
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
        lines
            .enumerate()
            .map(|(i, line)| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let value = |key: &str| {
                    let found = words.iter().find_map(|w| w.strip_prefix(key));
                    found.map(str::to_string)
                };
                Run {
                    name: words[0].to_string(),
                    pipeline: value("pipeline=").unwrap_or(PIPELINE.to_string()),
                    period: words[1].parse().unwrap_or(0),
                    ended: Some(format!("{}-01T00:00:00Z", words[2])),
                    sequence: Some(i as u64 + 1),
                    only: words
                        .contains(&"only")
                        .then(|| "990001".to_string())
                        .into_iter()
                        .collect(),
                    current: words.contains(&"current"),
                    frozen: words.contains(&"frozen"),
                    base: value("base="),
                    previous: value("previous="),
                    told_against: value("against="),
                    ..Run::default()
                }
            })
            .collect()
    }

    fn chosen(text: &str, last: usize, monthly: bool) -> Vec<String> {
        let list = runs(text);
        let out = outside(&list, PIPELINE, Retention { last, monthly });
        out.into_iter().map(str::to_string).collect()
    }

    #[test]
    fn the_last_ones_stay_and_one_of_each_month() {
        let text = "a 2024 2024-10\nb 2024 2024-10\nc 2024 2024-11\nd 2024 2024-11\ne 2024 2024-12 current";
        assert_eq!(chosen(text, 2, false), ["a", "b", "c"]);
        assert_eq!(chosen(text, 2, true), ["a", "c"]);
        assert_eq!(chosen(text, 9, false), [""; 0]);
        assert_eq!(chosen("", 1, true), [""; 0]);
    }

    #[test]
    fn the_clock_may_be_set_back() {
        let text = "a 2024 2025-01\nb 2024 2024-12\nc 2024 2024-12 current";
        assert_eq!(chosen(text, 1, false), ["a", "b"]);
        assert_eq!(chosen(text, 1, true), ["b"]);
    }

    #[test]
    fn what_current_and_frozen_runs_point_to_stays() {
        let text = "z 2023 2023-12\na 2024 2024-10\nb 2024 2024-10 frozen base=a previous=z\nc 2024 2024-10\n\
            d 2024 2024-10\ne 2024 2024-10 current base=d\ny 2023 2024-10";
        assert_eq!(chosen(text, 1, false), ["c"]);
        // Its notice of changes cannot be made again without the run that it was told against.
        let text = "a 2024 2024-10\nb 2024 2024-10\nc 2024 2024-10 frozen base=b against=a\nd 2024 2024-10 current";
        assert_eq!(chosen(text, 1, false), [""; 0]);
    }

    #[test]
    fn the_last_of_each_period_stays_with_its_base() {
        let text = "a 2022 2024-10\nb 2022 2024-10 base=a\nc 2023 2024-10\nd 2023 2024-10\ne 2024 2024-10 current";
        assert_eq!(chosen(text, 1, false), ["c"]);
    }

    #[test]
    fn runs_of_some_counties_push_no_whole_run_out() {
        let text = "a 2024 2024-10\nb 2024 2024-10\nc 2024 2024-10 only\nd 2024 2024-10 only\n\
            e 2024 2024-10 only current base=b";
        assert_eq!(chosen(text, 2, false), ["c"]);
        assert_eq!(chosen(text, 1, true), ["a", "c", "d"]);
    }

    #[test]
    fn other_pipelines_are_left_alone() {
        let text = "a 2024 2024-10 pipeline=q\nb 2024 2024-10\nc 2024 2024-10 current";
        assert_eq!(chosen(text, 1, false), ["b"]);
    }
}
