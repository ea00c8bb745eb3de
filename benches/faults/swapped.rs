//! Files of the input that change while they are read: once, or without end; replaced by a rename, or emptied and written
//! anew in two parts.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::bench::{Bench, Kind};
use crate::known::{self, Known};
use crate::program::Ended;
use crate::province::{Corrected, Edition};
use crate::random::Random;
use crate::table::Row;
use crate::trees;

const TIMES: usize = 12;
/// Between two changes at most.
const BETWEEN: Duration = Duration::from_millis(40);

#[derive(Clone, Copy, PartialEq)]
enum How {
    Renamed,
    InPlace,
}

#[derive(Clone, Copy, PartialEq)]
enum HowOften {
    Once,
    WithoutEnd,
}

pub fn rows(bench: &mut Bench) -> Vec<Row> {
    let (whole, _) = bench.measure(Kind::Cold);
    let editions = editions(bench);
    let mut rows = Vec::new();
    for (how, shown) in [(How::Renamed, "renamed over"), (How::InPlace, "in place")] {
        for (often, times) in [
            (HowOften::Once, "once"),
            (HowOften::WithoutEnd, "all the time"),
        ] {
            let case = format!("file swapped mid-read: {shown}, {times}");
            rows.push(row(bench, case, (how, often), whole, &editions));
        }
    }
    rows
}

/// The first runs on every mixture of editions, by the numbers of the editions of the two files.
fn editions(bench: &Bench) -> Vec<[Known; 2]> {
    let both = [Edition::First, Edition::Corrected];
    let of = |text, workbook| {
        bench.province.files[0].set(text);
        bench.province.files[1].set(workbook);
        let folder = bench.folder.join("edition");
        trees::remove(&folder);
        bench.fresh(&folder, &[]);
        Known::of(&folder)
    };
    both.map(|text| both.map(|workbook| of(text, workbook)))
        .into()
}

fn row(
    bench: &mut Bench,
    case: String,
    (how, often): (How, HowOften),
    whole: Duration,
    editions: &[[Known; 2]],
) -> Row {
    let mut row = Row::new(case);
    for n in 0..TIMES {
        bench.prepare(Kind::Cold);
        let over = AtomicBool::new(false);
        let mut random = Random::new(bench.random.next());
        let file = &bench.province.files[n % 2];
        let pause = bench.pause;
        let beside = bench.folder.join("beside");
        let ended = std::thread::scope(|scope| {
            let change = || {
                if often == HowOften::Once {
                    std::thread::sleep(random.within(whole));
                    return swap(file, Edition::Corrected, (how, pause), &beside);
                }
                for edition in [Edition::Corrected, Edition::First].into_iter().cycle() {
                    swap(file, edition, (how, pause), &beside);
                    if over.load(Ordering::SeqCst) {
                        break;
                    }
                    std::thread::sleep(random.within(BETWEEN));
                }
            };
            scope.spawn(change);
            let ended = bench.run();
            over.store(true, Ordering::SeqCst);
            ended
        });
        row.ended(&ended);
        let about = format!("{} (time {n})", file.name);
        match judge(bench, n % 2, &ended, editions) {
            Ok(published) => row.published(published),
            Err(what) => row.wrong(format!("{about}: {what}")),
        }
        bench.province.set(match bench.random.below(2) {
            0 => Edition::First,
            _ => Edition::Corrected,
        });
        match after(bench) {
            Ok(fresh) => row.next(&about, bench.next(&fresh)),
            Err(what) => row.wrong(format!("{about}: {what}")),
        }
    }
    row
}

fn swap(file: &Corrected, edition: Edition, (how, pause): (How, Duration), beside: &Path) {
    let content = file.content(edition);
    if how == How::Renamed {
        fs::write(beside, content).expect("a file of the bench");
        fs::rename(beside, &file.path).expect("the input can be written");
        return;
    }
    let half = content.len() / 2;
    fs::write(&file.path, &content[..half]).expect("the input can be written");
    std::thread::sleep(pause);
    let appended = fs::OpenOptions::new().append(true).open(&file.path);
    let mut appended = appended.expect("the input can be written");
    std::io::Write::write_all(&mut appended, &content[half..]).expect("the input can be written");
}

/// What was published: the figures of one whole content, with all other bytes of the run as they should be; or the file was
/// reported and none of its figures taken.
fn judge(
    bench: &Bench,
    at: usize,
    ended: &Ended,
    editions: &[[Known; 2]],
) -> Result<&'static str, String> {
    if !ended.is_carried_out() {
        return Err(format!("exit {}: {}", ended.code(), ended.message()));
    }
    known::nothing_beside(&bench.output)?;
    let file = &bench.province.files[at];
    let text = fs::read_to_string(bench.output.join("current").join(trees::RUN_JSON));
    let text = text.map_err(|e| format!("run.json: {e}"))?;
    let (sum, taken) = input(&text, file.name).ok_or("run.json does not name the file")?;
    if !taken {
        let unmoved = file_findings(editions[0][0].run_json());
        let reported = file_findings(&text) > unmoved;
        let what = "reported, nothing of it taken";
        return reported.then_some(what).ok_or(format!(
            "nothing of it was taken, and no finding says so: {}",
            ended.stderr
        ));
    }
    let Some(edition) = file.with_sum(&sum) else {
        return Err(format!(
            "figures were taken of {sum}, which is neither content"
        ));
    };
    let mut both = [Edition::First; 2];
    both[at] = edition;
    editions[both[0] as usize][both[1] as usize].settled(&bench.output)?;
    Ok(match edition {
        Edition::First => "the first content, whole",
        Edition::Corrected => "the second content, whole",
    })
}

/// The hash of an input in `run.json`, and whether any form was read from it.
fn input(text: &str, name: &str) -> Option<(String, bool)> {
    let (_, rest) = text.split_once(&format!("\"path\": \"{name}\","))?;
    let (_, rest) = rest.split_once("\"sha256\": \"")?;
    let (sum, rest) = rest.split_once('"')?;
    let (_, rest) = rest.split_once("\"forms\": [")?;
    Some((sum.to_string(), !rest.starts_with(']')))
}

/// How many findings of a run are about whole files, as `run.json` counts them by rule.
fn file_findings(text: &str) -> u64 {
    let (_, rest) = text.split_once("\"by_rule\": {").unwrap_or_default();
    let (counts, _) = rest.split_once('}').unwrap_or_default();
    let counts = counts.lines().filter_map(|line| {
        let (rule, count) = line.trim().trim_end_matches(',').split_once(": ")?;
        let about_file = rule.starts_with("\"file-");
        count.parse::<u64>().ok().filter(|_| about_file)
    });
    counts.sum()
}

/// What the next run gives where there is nothing but what was published.
fn after(bench: &Bench) -> Result<Known, String> {
    let current = known::current(&bench.output)?.ok_or("nothing was published")?;
    let fresh = bench.folder.join("fresh");
    trees::remove(&fresh);
    let run = ["runs", &current].iter().collect::<std::path::PathBuf>();
    trees::copy(&bench.output.join(&run), &fresh.join(&run));
    std::os::unix::fs::symlink(&run, fresh.join("current")).map_err(|e| e.to_string())?;
    bench.fresh(&fresh, &[]);
    Ok(Known::of(&fresh))
}
