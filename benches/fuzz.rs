//! Fuzzing of the form recogniser and the cell parser: `cargo bench --bench fuzz [-- SECONDS]`. Tables of headers that the
//! forms know, of words, marks and figures, cut, shuffled and mutated, are read as workbooks, text and XML, and the odd
//! files with bytes changed. Nothing may panic, and the same bytes must come to the same end. Never part of the tests.

#[path = "hostile/files/mod.rs"]
#[expect(dead_code, reason = "what is expected of the files is for others")]
mod hostile;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use junheng::ingest;
use junheng::ingest::submission::Submission;
use junheng::pipeline::Pipeline;
use rust_xlsxwriter::Workbook;

/// Numbers that look random, from a seed.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % n.max(1)
    }

    fn one<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Every header and word that the pipeline's files hold.
fn words(root: &Path) -> Vec<String> {
    let mut out: Vec<String> = [
        "",
        "-",
        "/",
        "无",
        "1",
        "0",
        "12.5",
        "１２",
        "85.3%",
        "1,234",
        "=1+1",
        "2024-09-01",
        "#N/A",
        "合计",
        "小计",
    ]
    .map(String::from)
    .to_vec();
    for entry in std::fs::read_dir(root.join("pipelines/common"))
        .expect("pipelines")
        .flatten()
    {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        let quoted = text.split('"').skip(1).step_by(2);
        out.extend(
            quoted
                .flat_map(|t| t.split('/').map(String::from))
                .filter(|t| t.chars().count() < 30),
        );
    }
    out.sort();
    out.dedup();
    out
}

fn table(random: &mut Lcg, words: &[String]) -> Vec<Vec<String>> {
    let width = 1 + random.below(14);
    let rows = 1 + random.below(30);
    (0..rows)
        .map(|row| {
            (0..width)
                .map(|_| match random.below(if row < 5 { 3 } else { 6 }) {
                    0..=2 => random.one(words).clone(),
                    3 => random.below(5_000).to_string(),
                    4 => format!("{}{}", random.one(words), random.one(words)),
                    _ => String::new(),
                })
                .collect()
        })
        .collect()
}

fn workbook(table: &[Vec<String>], random: &mut Lcg) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (r, row) in table.iter().enumerate() {
        for (c, text) in row.iter().enumerate() {
            let (r, c) = (r as u32, c as u16);
            let written = match text.parse::<f64>() {
                Ok(n) if n.is_finite() => sheet.write_number(r, c, n).map(|_| ()),
                _ => sheet.write_string(r, c, text).map(|_| ()),
            };
            let _ = written;
        }
    }
    // One block that is sure not to lie on another.
    if random.below(2) == 0 {
        let (r, c) = (random.below(6) as u32, random.below(8) as u16);
        let (down, across) = (random.below(3) as u32, 1 + random.below(3) as u16);
        let format = rust_xlsxwriter::Format::new();
        let _ = sheet.merge_range(
            r,
            c,
            r + down,
            c + across,
            "\u{5b66}\u{6821}\u{540d}\u{79f0}",
            &format,
        );
    }
    book.save_to_buffer().unwrap_or_default()
}

fn text(table: &[Vec<String>]) -> Vec<u8> {
    let line = |row: &Vec<String>| {
        row.iter()
            .map(|f| format!("\"{}\"", f.replace('"', "\"\"")))
            .collect::<Vec<_>>()
            .join(",")
    };
    table
        .iter()
        .map(|row| line(row) + "\r\n")
        .collect::<String>()
        .into_bytes()
}

fn page(table: &[Vec<String>]) -> Vec<u8> {
    let row = |row: &Vec<String>| {
        format!(
            "<tr>{}</tr>",
            row.iter()
                .map(|f| format!("<td>{f}</td>"))
                .collect::<String>()
        )
    };
    format!(
        "<html><table>{}</table></html>",
        table.iter().map(row).collect::<String>()
    )
    .into_bytes()
}

fn mutated(random: &mut Lcg, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len());
        match random.below(4) {
            0 if !bytes.is_empty() => bytes[at] = (random.below(256)) as u8,
            1 if !bytes.is_empty() => bytes.truncate(at),
            2 => bytes.insert(at, (random.below(256)) as u8),
            _ if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            _ => {}
        }
    }
    bytes
}

fn read(pipeline: &Pipeline, path: &Path) -> String {
    let submission = Submission {
        path: "990001-x/a.xlsx".to_string(),
        absolute: path.to_path_buf(),
        member: Vec::new(),
        folder: None,
        modified: 0,
    };
    format!(
        "{:?}",
        ingest::read_file(pipeline, &submission, &ingest::NoMemory)
    )
}

fn main() {
    let seconds = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(300);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let pipeline =
        junheng::pipeline::load(&root.join("pipelines/quality-2017")).expect("the pipeline");
    let words = words(&root);
    let seeds: Vec<Vec<u8>> = hostile::files(0.0002)
        .into_iter()
        .map(|f| f.bytes)
        .filter(|b| b.len() < 60_000)
        .collect();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz.bin");
    let mut random = Lcg(20_261_122);
    let (mut done, mut panics, mut differ, mut slowest) = (0u64, 0u64, 0u64, Duration::ZERO);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        let table = table(&mut random, &words);
        let bytes = match random.below(5) {
            0 => workbook(&table, &mut random),
            1 => text(&table),
            2 => page(&table),
            _ => {
                let seed = random.one(&seeds).clone();
                mutated(&mut random, seed)
            }
        };
        std::fs::write(&path, &bytes).expect("a file");
        let before = Instant::now();
        let once = read(&pipeline, &path);
        slowest = slowest.max(before.elapsed());
        // A panic of a reader is caught for its file, and said: here it counts.
        let word = pipeline.word("damage_reader");
        if once.contains(word) {
            panics += 1;
            let kept = path.with_extension(format!("panic-{panics}"));
            std::fs::write(&kept, &bytes).expect("a file");
            println!("a reader failed on {}", kept.display());
        }
        if done.is_multiple_of(16) && once != read(&pipeline, &path) {
            differ += 1;
        }
        done += 1;
    }
    println!(
        "{done} files in {seconds} s: {panics} panics, {differ} read differently a second time, slowest {slowest:.2?}"
    );
    assert_eq!((panics, differ), (0, 0));
}
