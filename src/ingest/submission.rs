//! What lies in the input folder: submissions with their county folders, and what is skipped by a named rule.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::formats::container::{self, Member};
use super::formats::content::{self, Content};
use super::formats::{Damage, Limit, ReadError};
use super::seal::{Passing, Seal};
use crate::error::Error;
use crate::failure::why;
use crate::pipeline::load::hex;
use crate::pipeline::model::Limits;

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
    /// In an archive: which file of it, and of the archive therein, and so on.
    pub member: Vec<usize>,
    /// The county folder that it lies in.
    pub folder: Option<CountyName>,
    /// Seconds since 1970 of the last change, for ordering replacements only.
    pub modified: u64,
}

impl Submission {
    /// The file's own name.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or("")
    }

    /// Its name without the ending.
    pub fn title(&self) -> &str {
        let name = self.name();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }
}

/// The input folder as found, in the order of paths.
#[derive(Debug, Default)]
pub struct Listing {
    pub submissions: Vec<Submission>,
    pub skipped: Vec<Skipped>,
    pub county_folders: usize,
}

/// A file that is no submission, by which rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    pub path: String,
    pub rule: &'static str,
}

/// Names that are skipped and counted: lock files, hidden files, and what systems and people leave beside workbooks.
const SKIPPED_PREFIXES: &[(&str, &str)] = &[
    ("~$", "lock-file"),
    (".~", "lock-file"),
    (".", "hidden-file"),
    ("__MACOSX", "system-file"),
];
const SKIPPED_NAMES: &[(&str, &str)] = &[
    ("thumbs.db", "system-file"),
    ("desktop.ini", "system-file"),
    ("readme.md", "read-me"),
    ("readme.txt", "read-me"),
];
const SKIPPED_SUFFIXES: &[(&str, &str)] = &[
    (".tmp", "unfinished-file"),
    (".part", "unfinished-file"),
    (".crdownload", "unfinished-file"),
];
/// A link to a folder could lead round in a circle.
pub const LINKED: &str = "linked-folder";
/// Who opens a pipe waits for whoever writes to it, perhaps for ever.
pub const NO_FILE: &str = "pipe-or-device";
/// The files of an archive are submissions; the archive is none.
pub const ARCHIVE: &str = "archive-opened";

/// Lists the input folder.
///
/// # Errors
/// [`Error::Input`] when the folder cannot be listed or holds no file to read.
pub fn discover(input: &Path, county_digits: usize, limits: &Limits) -> Result<Listing, Error> {
    if !input.is_dir() {
        return Err(Error::Input(format!(
            "input folder {} does not exist or is no folder",
            input.display()
        )));
    }
    let mut listing = Listing::default();
    let mut walk = Walk {
        root: input,
        digits: county_digits,
        limits,
        listing: &mut listing,
    };
    walk.folder(input, None)?;
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

impl Listing {
    /// Adds what was skipped in the folder that this one is a copy of, and cannot be copied: links to folders, pipes, devices.
    pub fn with_uncopied(&mut self, skipped: &[(String, String)]) {
        for rule in [LINKED, NO_FILE] {
            let own = skipped.iter().filter(|(_, own)| own == rule);
            for (path, _) in own {
                let path = path.clone();
                let there = self.skipped.iter().any(|s| s.path == path);
                if !there {
                    self.skipped.push(Skipped { path, rule });
                }
            }
        }
        self.skipped.sort();
    }

    /// Gives files in the folder of a listed county, below one of another code that is none (`990100-甲市/990101-澄溪县/`), to
    /// the innermost such county.
    pub fn go_inside(&mut self, digits: usize, is_listed: impl Fn(&str) -> bool) {
        for file in &mut self.submissions {
            if file.folder.as_ref().is_none_or(|f| is_listed(&f.code)) {
                continue;
            }
            let folders = file.path.rsplit('/').skip(1);
            let mut named = folders.filter_map(|folder| county_name(folder, digits));
            if let Some(inner) = named.find(|c| is_listed(&c.code)) {
                file.folder = Some(inner);
            }
        }
    }
}

/// Lists files and folders that are named one by one. `county` is the one that they are of; without it their folder, or
/// their own name, says so.
///
/// # Errors
/// [`Error::Input`] when one of them does not exist or a folder cannot be listed.
pub fn given(
    paths: &[PathBuf],
    county: Option<&CountyName>,
    county_digits: usize,
    limits: &Limits,
) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    for path in paths {
        if !path.exists() {
            let message = format!("{}: no such file or folder", path.display());
            return Err(Error::Input(message));
        }
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let own = |p: &Path| {
            let name = p.file_name()?.to_string_lossy().into_owned();
            county_name(&name, county_digits)
        };
        let mut walk = Walk {
            root: whole.parent().unwrap_or(&whole),
            digits: county_digits,
            limits,
            listing: &mut listing,
        };
        if path.is_dir() {
            let county = county.cloned().or_else(|| own(&whole));
            walk.folder(&whole, county.as_ref())?;
        } else {
            let above = whole.ancestors().skip(1).find_map(own);
            walk.plain(whole.clone(), county.cloned().or(above).as_ref());
        }
    }
    // The same file named twice is one.
    listing
        .submissions
        .sort_by(|a, b| (&a.path, &a.absolute, &a.member).cmp(&(&b.path, &b.absolute, &b.member)));
    listing
        .submissions
        .dedup_by(|a, b| a.absolute == b.absolute && a.member == b.member);
    Ok(listing)
}

/// A walk through the input folder.
struct Walk<'a> {
    root: &'a Path,
    digits: usize,
    limits: &'a Limits,
    listing: &'a mut Listing,
}

impl Walk<'_> {
    fn folder(&mut self, dir: &Path, county: Option<&CountyName>) -> Result<(), Error> {
        let failed = |e: std::io::Error| {
            let why = why(dir, &e);
            Error::Input(format!("folder {} cannot be listed: {why}", dir.display()))
        };
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
            let shown = relative(self.root, &path);
            if let Some(rule) = skipped_by(&name) {
                self.skip(shown, rule);
                continue;
            }
            let linked = path.symlink_metadata().is_ok_and(|m| m.is_symlink());
            if linked && path.is_dir() {
                self.skip(shown, LINKED);
                continue;
            }
            if path.is_dir() {
                let own = match county {
                    Some(_) => None,
                    None => county_name(&name, self.digits),
                };
                self.listing.county_folders += usize::from(own.is_some());
                self.folder(&path, own.as_ref().or(county))?;
                continue;
            }
            let no_file = |m: std::fs::Metadata| !m.is_file();
            if std::fs::metadata(&path).is_ok_and(no_file) {
                self.skip(shown, NO_FILE);
                continue;
            }
            self.plain(path, county);
        }
        Ok(())
    }

    /// A file of the folder.
    fn plain(&mut self, path: PathBuf, county: Option<&CountyName>) {
        let modified = std::fs::metadata(&path)
            .and_then(|m| m.modified())
            .ok()
            .and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok())
            .map_or(0, |d| d.as_secs());
        self.file(Submission {
            path: relative(self.root, &path),
            absolute: path,
            member: Vec::new(),
            folder: county.cloned(),
            modified,
        });
    }

    fn skip(&mut self, path: String, rule: &'static str) {
        self.listing.skipped.push(Skipped { path, rule });
    }

    /// A file, or what lies in it if it is an archive. An archive that cannot be opened is a submission like any other:
    /// reading it says why.
    fn file(&mut self, file: Submission) {
        let small = std::fs::metadata(&file.absolute).is_ok_and(|m| m.len() <= self.limits.file);
        let opened = std::fs::File::open(&file.absolute).ok().filter(|_| small);
        let members = opened.and_then(|mut opened| {
            let mut head = [0u8; 4];
            opened.read_exact(&mut head).ok()?;
            if !content::like_zip(&head) {
                return None;
            }
            let is_archive = container::content(&opened) == Content::Zip;
            is_archive.then(|| container::members(&opened, self.limits).ok())?
        });
        match members {
            Some(members) if !members.is_empty() => self.members(&file, members),
            _ => self.listing.submissions.push(file),
        }
    }

    /// The files of an archive: its name, or its first folders, may be those of counties.
    fn members(&mut self, archive: &Submission, members: Vec<Member>) {
        let named = match &archive.folder {
            Some(_) => None,
            None => county_name(archive.title(), self.digits),
        };
        self.listing.county_folders += usize::from(named.is_some());
        let county = archive.folder.clone().or(named);
        self.skip(archive.path.clone(), ARCHIVE);
        let mut folders: Vec<String> = Vec::new();
        for member in members {
            let path = format!("{}/{}", archive.path, member.path);
            if let Some(rule) = member.path.split('/').find_map(skipped_by) {
                self.skip(path, rule);
                continue;
            }
            let own = member.path.split_once('/').and_then(|(first, _)| {
                let own = county_name(first, self.digits).filter(|_| county.is_none())?;
                if !folders.contains(&own.code) {
                    folders.push(own.code.clone());
                }
                Some(own)
            });
            let mut index = archive.member.clone();
            index.push(member.index);
            let file = Submission {
                path,
                absolute: archive.absolute.clone(),
                member: index,
                folder: own.or_else(|| county.clone()),
                modified: archive.modified,
            };
            let inner = (member.like_zip && file.member.len() < self.limits.archive_depth)
                .then(|| bytes_of(&file, self.limits).ok())
                .flatten()
                .filter(|bytes| content::of(bytes) == Content::Zip)
                .and_then(|bytes| {
                    container::members(std::io::Cursor::new(bytes), self.limits).ok()
                });
            match inner {
                Some(inner) if !inner.is_empty() => self.members(&file, inner),
                _ => self.listing.submissions.push(file),
            }
        }
        self.listing.county_folders += folders.len();
    }
}

/// The bytes of a submission.
///
/// # Errors
/// When it is larger than a file may be, cannot be got, or changed meanwhile.
pub fn bytes_of(file: &Submission, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    bytes_with_stamp(file, limits).map(|(bytes, _)| bytes)
}

/// What a file's folder says of it: another stamp means that it may hold other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
    /// Where the system knows it: the file behind the name, and when anything about it was changed.
    file: (u64, i64, i64),
}

impl Stamp {
    /// The stamp of what stands under a path now; none where nothing can be seen there.
    pub fn of(path: &Path) -> Option<Stamp> {
        std::fs::metadata(path)
            .ok()
            .map(|about| Stamp::from(&about))
    }

    fn from(about: &std::fs::Metadata) -> Stamp {
        #[cfg(unix)]
        let file = {
            use std::os::unix::fs::MetadataExt;
            (about.ino(), about.ctime(), about.ctime_nsec())
        };
        #[cfg(not(unix))]
        let file = (0, 0, 0);
        Stamp {
            bytes: about.len(),
            modified: about.modified().ok(),
            file,
        }
    }

    /// How long ago the file was written; none where that is not known, or lies ahead.
    pub fn age(&self) -> Option<Duration> {
        SystemTime::now().duration_since(self.modified?).ok()
    }

    /// Whether it may change without showing, for the clock of files is too coarse to tell two changes in a moment apart.
    pub fn is_fresh(&self) -> bool {
        self.age().is_none_or(|age| age <= FRESH)
    }
}

/// Times of files are at least as fine as this.
const FRESH: Duration = Duration::from_secs(2);

/// The bytes of a submission, and the stamp of its file before they were read.
///
/// # Errors
/// As for [`bytes_of`].
pub fn bytes_with_stamp(file: &Submission, limits: &Limits) -> Result<(Vec<u8>, Stamp), ReadError> {
    let (opened, stamp) = opened(file, limits)?;
    if !file.member.is_empty() {
        return Ok((member(opened, &file.member, limits)?, stamp));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(stamp.bytes).unwrap_or(0));
    // A file that grows meanwhile is not followed without end.
    let mut reader = (&opened).take(limits.file + 1);
    reader.read_to_end(&mut bytes).map_err(disk)?;
    settled(&opened, stamp, bytes.len() as u64)?;
    Ok((bytes, stamp))
}

fn disk(e: std::io::Error) -> ReadError {
    ReadError::Damaged(Damage::Disk, e.to_string())
}

/// The file that a submission is, or lies in.
fn opened(file: &Submission, limits: &Limits) -> Result<(std::fs::File, Stamp), ReadError> {
    let opened = std::fs::File::open(&file.absolute).map_err(disk)?;
    let stamp = Stamp::from(&opened.metadata().map_err(disk)?);
    if stamp.bytes > limits.file {
        let (most, found) = (limits.file >> 20, Some(stamp.bytes.div_ceil(1 << 20)));
        return Err(ReadError::over(Limit::File, most, found, None));
    }
    Ok((opened, stamp))
}

/// Refuses a file that is not any more what it was when it was opened.
fn settled(opened: &std::fs::File, stamp: Stamp, read: u64) -> Result<(), ReadError> {
    let after = opened.metadata().map_err(disk)?;
    if read != stamp.bytes || Stamp::from(&after) != stamp {
        return Err(ReadError::Damaged(Damage::Changed, String::new()));
    }
    Ok(())
}

/// One file of an archive, or of an archive in it.
fn member(archive: std::fs::File, path: &[usize], limits: &Limits) -> Result<Vec<u8>, ReadError> {
    let Some((first, inner)) = path.split_first() else {
        return Ok(Vec::new());
    };
    let mut bytes = container::member(archive, *first, limits)?;
    for index in inner {
        bytes = container::member(std::io::Cursor::new(bytes), *index, limits)?;
    }
    Ok(bytes)
}

/// So many bytes pass by at a time: few enough to stay near the processor.
const PASSING: usize = 128 << 10;

/// The seal of a submission, and the stamp of its file before it was read. Nothing is kept of its bytes.
///
/// # Errors
/// As for [`bytes_of`].
pub fn sealed(file: &Submission, limits: &Limits) -> Result<(Seal, Stamp), ReadError> {
    let mut passing = Passing::default();
    let stamp = each_part(file, limits, &mut |part| passing.pass(part))?;
    Ok((passing.seal(), stamp))
}

/// Gives the bytes of a submission part by part; then the stamp of its file before they were read.
fn each_part(
    file: &Submission,
    limits: &Limits,
    each: &mut dyn FnMut(&[u8]),
) -> Result<Stamp, ReadError> {
    let (opened, stamp) = opened(file, limits)?;
    if !file.member.is_empty() {
        each(&member(opened, &file.member, limits)?);
        return Ok(stamp);
    }
    let mut part = vec![0; PASSING.min(usize::try_from(stamp.bytes).unwrap_or(PASSING) + 1)];
    let mut passed = 0;
    // A file that grows meanwhile is not followed without end.
    while passed <= stamp.bytes {
        match (&opened).read(&mut part).map_err(disk)? {
            0 => break,
            read => {
                each(&part[..read]);
                passed += read as u64;
            }
        }
    }
    settled(&opened, stamp, passed)?;
    Ok(stamp)
}

/// The rule by which a name is skipped.
fn skipped_by(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let prefix = SKIPPED_PREFIXES.iter().find(|(p, _)| name.starts_with(p));
    let whole = || SKIPPED_NAMES.iter().find(|(n, _)| lower == *n);
    let suffix = || SKIPPED_SUFFIXES.iter().find(|(s, _)| lower.ends_with(s));
    prefix.or_else(whole).or_else(suffix).map(|(_, rule)| *rule)
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
    let name = crate::text::trimmed(submission.name());
    let revision = revision_words
        .iter()
        .rposition(|w| name.contains(w.as_str()))
        .map_or(0, |i| i + 1);
    let date = date_in(&name);
    let version = version_in(&name);
    Age {
        // The first version corrects nothing.
        undated_correction: date.is_none() && (version > 1 || revision > 0),
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

/// A path without what tells one edition of a file from another: dates, versions, words of correction, the ending.
pub fn without_edition(path: &str, revision_words: &[String]) -> String {
    let path = crate::text::trimmed(path).to_lowercase();
    let (head, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut text = format!("{head}/{stem}");
    for word in revision_words {
        text = text.replace(word.as_str(), "");
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while i < chars.len() {
        let alone = i == 0 || !chars[i - 1].is_ascii_alphanumeric();
        let rest: String = chars[i..].iter().take(10).collect();
        let digits = |from: usize| {
            let digits = chars[from..].iter().take_while(|c| c.is_ascii_digit());
            digits.count()
        };
        let skipped = match chars[i] {
            'v' if alone => Some(1 + digits(i + 1)).filter(|n| *n > 1),
            '0'..='9' if alone && digits(i) == 8 => date_in(&rest[..8]).map(|_| 8),
            '0'..='9' if alone && digits(i) == 4 => dashed(&rest),
            _ => None,
        };
        match skipped {
            Some(skipped) => i += skipped,
            None => {
                out.push(chars[i]);
                i += 1;
            }
        }
    }
    out.split('/')
        .map(crate::text::normal)
        .collect::<Vec<_>>()
        .join("/")
}

/// The characters of a date of three parts at the head of a text.
fn dashed(text: &str) -> Option<usize> {
    let least = "2000-1-1".len();
    let prefixes = (least..=text.chars().count()).rev();
    prefixes
        .map(|n| text.chars().take(n).collect::<String>())
        .find(|part| part.ends_with(|c: char| c.is_ascii_digit()) && date_in(part).is_some())
        .map(|part| part.chars().count())
}

/// Both hashes of a submission's bytes: SHA-256, and the seal; none of one that cannot be got.
pub fn hashes_of(file: &Submission, limits: &Limits) -> Option<(String, Seal)> {
    let (mut sha, mut passing) = (Sha256::new(), Passing::default());
    each_part(file, limits, &mut |part| {
        sha.update(part);
        passing.pass(part);
    })
    .ok()?;
    Some((hex(&sha.finalize()), passing.seal()))
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
                    member: Vec::new(),
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
    fn editions_of_a_file_have_one_name() {
        let words = ["修改".to_string(), "更正".to_string()];
        let of = |path: &str| without_edition(path, &words);
        for other in [
            "990101-清河县/汇总表(更正).xlsx",
            "990101-清河县/汇总表（修改）.xls",
            "990101-清河县/汇总表-2024-11-03.xlsx",
            "990101-清河县/汇总表_20241103.xlsx",
            "990101-清河县/汇总表 v2.xlsx",
            "990101-清河县/汇总表2024.11.3更正.xlsx",
        ] {
            assert_eq!(of("990101-清河县/汇总表.xlsx"), of(other), "{other}");
        }
        assert_ne!(of("a/学校1.xlsx"), of("a/学校2.xlsx"));
        assert_ne!(of("a/表.xlsx"), of("b/表.xlsx"));
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
