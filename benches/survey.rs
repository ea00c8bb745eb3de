//! Reading raw questionnaires, measured: `cargo bench --bench survey`.
//!
//! One file of 75,000 respondents by 14 columns from disk to rates, beside calamine's bare streaming reader and inflating alone
//! on the same file in the same run; then many such files with one worker and two, with the peak of memory of each.

mod answer_sheet;
mod questionnaires;

use std::hint::black_box;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use calamine::{Reader, Xlsx};
use junheng::indicators::facts::Facts;
use junheng::indicators::survey;
use junheng::ingest;
use junheng::ingest::submission::discover;
use junheng::pipeline::{self, Pipeline};
use questionnaires::{Strings, text, workbook};
use rayon::prelude::*;

const RESPONDENTS: u32 = 75_000;
const ROUNDS: usize = 11;

fn load() -> Pipeline {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/quality-2017");
    pipeline::load(&root).expect("the repository's pipeline loads")
}

/// Seconds of several kinds of work, done in turn so that what disturbs the machine disturbs all of them: the median of each
/// over all rounds.
fn medians<const N: usize>(mut work: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut all: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (own, seconds) in work.iter_mut().zip(&mut all) {
            let start = Instant::now();
            own();
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    all.map(|mut seconds| {
        seconds.sort_by(f64::total_cmp);
        seconds[ROUNDS / 2]
    })
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the file was just written")
}

fn inflate(path: &Path) {
    let bytes = bytes(path);
    let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).expect("a workbook is a zip");
    let mut buffer = vec![0u8; 1 << 16];
    for i in 0..archive.len() {
        let mut part = archive.by_index(i).expect("a part");
        while part.read(&mut buffer).expect("inflates") > 0 {}
    }
}

fn bare(path: &Path) {
    let bytes = bytes(path);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes[..])).expect("opens");
    let name = book.sheet_names()[0].clone();
    let mut reader = book.worksheet_cells_reader(&name).expect("a sheet");
    let mut count = 0usize;
    while let Some(cell) = reader.next_cell().expect("a cell") {
        black_box(cell.get_value());
        count += 1;
    }
    black_box(count);
}

/// From disk to the rates of all groups, dimensions and schools.
fn ours(pipeline: &Pipeline, folder: &Path) {
    let listing = discover(folder, 6, &pipeline.limits).expect("a folder with a file");
    let files: Vec<_> = listing
        .submissions
        .par_iter()
        .map(|s| ingest::read_file(pipeline, s, &ingest::NoMemory))
        .collect();
    assert!(files.iter().all(|f| f.answers.len() == 1));
    let counties = Vec::new();
    let given = junheng::dataset::Given {
        pipeline,
        period: 2024,
        counties,
        only: &[],
    };
    let (dataset, findings) = junheng::dataset::assemble(given, &files).expect("assembles");
    black_box(findings.len());
    let given = survey::Given {
        pipeline,
        dataset: &dataset,
        facts: &Facts::default(),
        criteria: &[],
        previous: None,
    };
    let (surveys, _) = survey::surveys(&given);
    assert_eq!(surveys.counties.len(), files.len());
    assert!(surveys.lines.len() > 10 * files.len());
    black_box(surveys.lines.len());
}

/// Peak of this process's memory, MiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM"));
    let kib = line.and_then(|l| l.split_whitespace().nth(1)?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}

/// Runs this program again for one measurement, so that its memory is its own.
fn child(folder: &Path, workers: usize) -> (f64, f64) {
    let own = std::env::current_exe().expect("a program has a path");
    let out = std::process::Command::new(own)
        .args(["--measure", &folder.to_string_lossy(), &workers.to_string()])
        .output()
        .expect("runs again");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let mut numbers = text.split_whitespace().filter_map(|n| n.parse().ok());
    (
        numbers.next().unwrap_or(f64::NAN),
        numbers.next().unwrap_or(f64::NAN),
    )
}

fn measure(folder: &str, workers: &str) {
    let workers = workers.parse().expect("a number of workers");
    rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .build_global()
        .expect("the first pool");
    let pipeline = load();
    let start = Instant::now();
    ours(&pipeline, Path::new(folder));
    println!("{} {}", start.elapsed().as_secs_f64(), peak());
}

fn put(root: &Path, county: usize, name: &str, bytes: &[u8]) -> PathBuf {
    let folder = root.join(format!("99{county:04}-county{county}"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, flag, folder, workers, ..] = &args[..]
        && flag == "--measure"
    {
        measure(folder, workers);
        return;
    }
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("survey-bench");
    let _ = std::fs::remove_dir_all(&root);
    let pipeline = load();
    println!("one file, {RESPONDENTS} x 14, median of {ROUNDS} rounds, one worker for one file");
    for (title, strings) in [
        ("inline strings", Strings::Inline),
        ("shared strings", Strings::Shared),
    ] {
        let one = root.join(title.replace(' ', "-"));
        let path = put(
            &one,
            1,
            "questionnaires.xlsx",
            &workbook(RESPONDENTS, "county1", 1, strings),
        );
        let size = std::fs::metadata(&path).map_or(0, |m| m.len());
        let [floor, calamine, own] =
            medians([&mut || inflate(&path), &mut || bare(&path), &mut || {
                ours(&pipeline, &one)
            }]);
        let (_, memory) = child(&one, 1);
        println!(
            "{title}: file {:.1} MB; inflate {floor:.3} s; calamine bare {calamine:.3} s; to rates {own:.3} s = {:.2} x bare; peak {memory:.0} MiB",
            size as f64 / 1e6,
            own / calamine,
        );
    }
    let plain = root.join("text");
    let path = put(
        &plain,
        1,
        "questionnaires.csv",
        &text(RESPONDENTS, "county1", 1),
    );
    let size = std::fs::metadata(&path).map_or(0, |m| m.len());
    let [own] = medians([&mut || ours(&pipeline, &plain)]);
    let (_, memory) = child(&plain, 1);
    println!(
        "text: file {:.1} MB; to rates {own:.3} s; peak {memory:.0} MiB",
        size as f64 / 1e6
    );
    // The files stay, for looking closer.
    if args.iter().any(|a| a == "--one") {
        return;
    }
    println!("many files of {RESPONDENTS} x 14, inline strings");
    let many = root.join("many");
    let mut made = 0;
    for count in [20, 60, 180] {
        // Respondents of their own in every county: the same ones in two would be a finding for each pair.
        (made + 1..=count).into_par_iter().for_each(|county| {
            let own = workbook(RESPONDENTS, "", county as u64, Strings::Inline);
            put(&many, county, "questionnaires.xlsx", &own);
        });
        made = count;
        let (one, memory_one) = child(&many, 1);
        let (two, memory_two) = child(&many, 2);
        println!(
            "{count} files: one worker {one:.1} s, {memory_one:.0} MiB; two workers {two:.1} s, {memory_two:.0} MiB; {:.2} x as fast",
            one / two
        );
    }
    let _ = std::fs::remove_dir_all(&root);
}
