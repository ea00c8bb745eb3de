//! The submissions: seven counties of the sample, each file that is corrected in two whole editions.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::said;
use crate::trees;

/// Which contents the corrected files have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    First,
    Corrected,
}

/// One file in its two editions.
pub struct Corrected {
    /// Its path in the input folder, as `run.json` names it.
    pub name: &'static str,
    pub path: PathBuf,
    contents: [Vec<u8>; 2],
    sums: [String; 2],
}

/// Answers of a city's questionnaires, and the summary of a county's schools.
const TEXT: &str = "满意度问卷-乙市.csv";
const WORKBOOK: &str = "990202-岚桥县/学校汇总表-2024-11-03（更正）.xlsx";
const WORKBOOK_BEFORE: &str = "990202-岚桥县/学校汇总表-2024-10-08.xlsx";

pub struct Province {
    pub input: PathBuf,
    /// A text file and a workbook.
    pub files: [Corrected; 2],
}

impl Province {
    /// Copies the sample into the folder `in`.
    pub fn make(project: &Path, folder: &Path) -> Province {
        let input = folder.join("in");
        trees::copy(&project.join("sample_data/quality-2017"), &input);
        let read = |name| fs::read(input.join(name)).expect("a file of the sample");
        let text = read(TEXT);
        let of = |name: &'static str, contents: [Vec<u8>; 2]| {
            let sums = contents.each_ref().map(|bytes| sum(folder, bytes));
            let path = input.join(name);
            Corrected {
                name,
                path,
                contents,
                sums,
            }
        };
        let answers = of(TEXT, [text.clone(), with_another_answer(text)]);
        let schools = of(WORKBOOK, [read(WORKBOOK_BEFORE), read(WORKBOOK)]);
        let files = [answers, schools];
        assert!(files.iter().all(|f| f.contents[0] != f.contents[1]));
        let province = Province { input, files };
        province.set(Edition::First);
        province
    }

    /// Gives all files that are corrected the contents of an edition.
    pub fn set(&self, edition: Edition) {
        for file in &self.files {
            file.set(edition);
        }
    }
}

impl Corrected {
    pub fn content(&self, edition: Edition) -> &[u8] {
        &self.contents[edition as usize]
    }

    pub fn set(&self, edition: Edition) {
        fs::write(&self.path, self.content(edition)).expect("the input can be written");
    }

    /// The edition with this SHA-256.
    pub fn with_sum(&self, sum: &str) -> Option<Edition> {
        let editions = [Edition::First, Edition::Corrected];
        editions.into_iter().find(|e| self.sums[*e as usize] == sum)
    }
}

fn sum(folder: &Path, bytes: &[u8]) -> String {
    let path = folder.join("summed");
    fs::write(&path, bytes).expect("a file of the bench");
    let line = said("sha256sum", &[], &path).or_else(|| said("shasum", &["-a", "256"], &path));
    fs::remove_file(&path).expect("a file of the bench");
    let line = line.expect("the program sha256sum or shasum");
    line.split_whitespace().next().unwrap_or("").to_string()
}

/// The last answer of the first sheet is another one.
fn with_another_answer(text: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(text).expect("the sample is UTF-8");
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let answered = lines[1].trim_end();
    let (rest, answer) = answered.rsplit_once(',').expect("a row of answers");
    let other = if answer == "不满意" {
        "满意"
    } else {
        "不满意"
    };
    let line = format!("{rest},{other}{}", &lines[1][answered.len()..]);
    lines[1] = &line;
    lines.concat().into_bytes()
}
