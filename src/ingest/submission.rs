//! What lies in the input folder: submissions with their county folders, and what is skipped by a named rule.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::pipeline::load::hex;

/// A county as its folder or a list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountyName {
    pub code: String,
    pub name: String,
}

/// One file that a county sent.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Path relative to the input folder, with `/`.
    pub path: String,
    pub absolute: PathBuf,
    /// The county folder that it lies in.
    pub folder: Option<CountyName>,
    /// Seconds since 1970 of the last change, for ordering replacements only.
    pub modified: u64,
}

/// The input folder as found, in the order of paths.
#[derive(Debug, Default)]
pub struct Listing {
    pub submissions: Vec<Submission>,
    pub skipped: Vec<String>,
    pub county_folders: usize,
}

/// Names that are skipped and counted: lock files, hidden files, and what systems and people leave beside workbooks.
const SKIPPED_PREFIXES: &[&str] = &["~$", ".", "__MACOSX"];
const SKIPPED_NAMES: &[&str] = &["thumbs.db", "desktop.ini", "readme.md", "readme.txt"];
const SKIPPED_SUFFIXES: &[&str] = &[".tmp", ".part", ".crdownload"];

/// Lists the input folder.
///
/// # Errors
/// [`Error::Input`] when the folder cannot be listed or holds no file to read.
pub fn discover(input: &Path, county_digits: usize) -> Result<Listing, Error> {
    if !input.is_dir() {
        return Err(Error::Input(format!(
            "input folder {} does not exist or is no folder",
            input.display()
        )));
    }
    let mut listing = Listing::default();
    walk(input, input, county_digits, None, &mut listing)?;
    listing.submissions.sort_by(|a, b| a.path.cmp(&b.path));
    listing.skipped.sort();
    if listing.submissions.is_empty() {
        return Err(Error::Input(format!(
            "input folder {} holds no file to read ({} skipped): is the share mounted?",
            input.display(),
            listing.skipped.len()
        )));
    }
    Ok(listing)
}

fn walk(
    root: &Path,
    dir: &Path,
    digits: usize,
    county: Option<&CountyName>,
    listing: &mut Listing,
) -> Result<(), Error> {
    let failed =
        |e: std::io::Error| Error::Input(format!("folder {} cannot be listed: {e}", dir.display()));
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir)
        .map_err(failed)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    entries.sort();
    for path in entries {
        let name = path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let shown = relative(root, &path);
        if is_skipped(&name) {
            listing.skipped.push(shown);
            continue;
        }
        // A link to a folder could lead round in a circle.
        let linked = path.symlink_metadata().is_ok_and(|m| m.is_symlink());
        if linked && path.is_dir() {
            listing.skipped.push(shown);
            continue;
        }
        if path.is_dir() {
            let own = match county {
                Some(_) => None,
                None => county_name(&name, digits),
            };
            listing.county_folders += usize::from(own.is_some());
            walk(root, &path, digits, own.as_ref().or(county), listing)?;
        } else {
            let modified = std::fs::metadata(&path)
                .and_then(|m| m.modified())
                .ok()
                .and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok())
                .map_or(0, |d| d.as_secs());
            listing.submissions.push(Submission {
                path: shown,
                absolute: path,
                folder: county.cloned(),
                modified,
            });
        }
    }
    Ok(())
}

fn is_skipped(name: &str) -> bool {
    let lower = name.to_lowercase();
    SKIPPED_PREFIXES.iter().any(|p| name.starts_with(p))
        || SKIPPED_NAMES.contains(&lower.as_str())
        || SKIPPED_SUFFIXES.iter().any(|s| lower.ends_with(s))
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

/// `990101-清河县` or `990101清河县…`: the code and the rest of the name.
pub fn county_name(text: &str, digits: usize) -> Option<CountyName> {
    let folded = crate::text::trimmed(text);
    let code: String = folded.chars().take_while(char::is_ascii_digit).collect();
    if code.len() != digits {
        return None;
    }
    let rest = folded[digits..].trim_start_matches(['-', '_', ' ', '\u{2014}', '\u{2013}']);
    let name = rest.split(['-', '_', '.']).next().unwrap_or("").trim();
    Some(CountyName {
        code,
        name: name.to_string(),
    })
}

/// How new a submission is, by its own name and then by its time: the greater replaces the lesser. A correction without a
/// date is newer than anything dated; else dates count first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age {
    undated_correction: bool,
    date: Option<(u32, u32, u32)>,
    version: u32,
    revision: usize,
    modified: u64,
    path: String,
}

/// The age of a submission.
pub fn age(submission: &Submission, revision_words: &[String]) -> Age {
    let name = crate::text::trimmed(submission.path.rsplit('/').next().unwrap_or(""));
    let revision = revision_words
        .iter()
        .rposition(|w| name.contains(w.as_str()))
        .map_or(0, |i| i + 1);
    let date = date_in(&name);
    let version = version_in(&name);
    Age {
        undated_correction: date.is_none() && (version > 0 || revision > 0),
        date,
        version,
        revision,
        modified: submission.modified,
        path: submission.path.clone(),
    }
}

fn date_in(name: &str) -> Option<(u32, u32, u32)> {
    let groups: Vec<&str> = name
        .split(|c: char| !c.is_ascii_digit())
        .filter(|g| !g.is_empty())
        .collect();
    let valid = |y: u32, m: u32, d: u32| {
        ((2000..2100).contains(&y) && (1..=12).contains(&m) && (1..=31).contains(&d))
            .then_some((y, m, d))
    };
    let eight = groups.iter().filter(|g| g.len() == 8).find_map(|g| {
        let n: u32 = g.parse().ok()?;
        valid(n / 10_000, n / 100 % 100, n % 100)
    });
    eight.or_else(|| {
        groups.windows(3).find_map(|w| {
            let n: Vec<u32> = w.iter().filter_map(|g| g.parse().ok()).collect();
            match n[..] {
                [y, m, d] if w[0].len() == 4 => valid(y, m, d),
                _ => None,
            }
        })
    })
}

/// `…v2`, `…V3.xlsx`: the number behind a v that stands alone.
fn version_in(name: &str) -> u32 {
    let chars: Vec<char> = name.to_lowercase().chars().collect();
    let mut best = 0;
    for (i, c) in chars.iter().enumerate() {
        let starts = i == 0 || !chars[i - 1].is_ascii_alphanumeric();
        if *c == 'v' && starts {
            let digits: String = chars[i + 1..]
                .iter()
                .take_while(|c| c.is_ascii_digit())
                .collect();
            best = best.max(digits.parse().unwrap_or(0));
        }
    }
    best
}

/// SHA-256 of a file's bytes, hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_submission_is_told_by_its_name() {
        let of = |path: &str, modified| {
            age(
                &Submission {
                    path: path.to_string(),
                    absolute: PathBuf::new(),
                    folder: None,
                    modified,
                },
                &["修改".to_string(), "更正".to_string()],
            )
        };
        assert!(of("表-2024-11-03.xlsx", 0) > of("表-2024-10-08.xlsx", 9));
        assert!(of("表20241103.xlsx", 0) > of("表-2024-10-08.xlsx", 9));
        assert!(of("表v2.xlsx", 0) > of("表.xlsx", 9));
        assert!(of("表(更正).xlsx", 0) > of("表(修改).xlsx", 9));
        assert!(of("表.xlsx", 9) > of("表2.xlsx", 8));
        assert!(of("表(更正).xlsx", 0) > of("表-2024-11-03.xlsx", 9));
        assert!(of("表-2024-11-03.xlsx", 0) > of("表.xlsx", 9));
    }

    #[test]
    fn county_folders() {
        let name = |t| county_name(t, 6).map(|c| (c.code, c.name));
        assert_eq!(
            name("990101-清河县"),
            Some(("990101".to_string(), "清河县".to_string()))
        );
        assert_eq!(
            name("990005-某县-学校汇总表.xlsx"),
            Some(("990005".to_string(), "某县".to_string()))
        );
        assert_eq!(name("资料"), None);
        assert_eq!(name("20241103"), None);
    }
}
