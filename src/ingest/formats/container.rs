//! Zip containers: what one is, whether a workbook's parts may be handed to a reader, and the files of an archive. The only
//! file that opens archives of submissions. Limits are those measured in the domain notes on Excel files: peak memory is
//! about 3.3 times the largest part.

use std::io::{Cursor, Read, Seek, SeekFrom};

use zip::ZipArchive;

use super::content::Content;
use super::{Damage, Limit, ReadError};
use crate::pipeline::model::Limits;

/// What a zip is: a workbook of one of three kinds, another document, or an archive.
pub fn content<R: Read + Seek>(reader: R) -> Content {
    let Ok(archive) = ZipArchive::new(reader) else {
        return Content::BrokenZip;
    };
    let any = |fits: &dyn Fn(&str) -> bool| {
        archive.file_names_raw().any(|name| {
            let name = String::from_utf8_lossy(name).to_lowercase();
            fits(&name.replace('\\', "/"))
        })
    };
    let has = |wanted: &str| any(&|name: &str| name == wanted);
    let below = |folder: &str| any(&|name: &str| name.starts_with(folder));
    if has("xl/workbook.xml") {
        Content::Xlsx
    } else if has("xl/workbook.bin") {
        Content::Xlsb
    } else if has("content.xml") && !has("word/document.xml") {
        Content::Ods
    } else if has("[content_types].xml") {
        if below("xl/") {
            Content::Xlsx
        } else {
            Content::Document
        }
    } else {
        Content::Zip
    }
}

fn damaged(e: impl std::fmt::Display) -> ReadError {
    ReadError::Damaged(Damage::Container, e.to_string())
}

/// Opens a zip of which no name stands twice: a reader would take one of the two in silence.
fn opened<R: Read + Seek>(mut reader: R) -> Result<ZipArchive<R>, ReadError> {
    // The directory's end stands in the last bytes.
    let length = reader.seek(SeekFrom::End(0)).map_err(damaged)?;
    let from = length.saturating_sub(66_000);
    let mut tail = Vec::new();
    reader.seek(SeekFrom::Start(from)).map_err(damaged)?;
    reader.read_to_end(&mut tail).map_err(damaged)?;
    let archive = ZipArchive::new(reader).map_err(damaged)?;
    let end = tail.windows(4).rposition(|w| w == b"PK\x05\x06");
    let stated = end.and_then(|at| Some([*tail.get(at + 10)?, *tail.get(at + 11)?]));
    if let Some(stated) = stated.map(u16::from_le_bytes)
        && stated != u16::MAX
        && usize::from(stated) != archive.len() & 0xFFFF
    {
        return Err(damaged(format!(
            "{} names of {stated} parts",
            archive.len()
        )));
    }
    Ok(archive)
}

/// Checks a workbook's container against what readers do not survive: many or huge parts, names twice, entities, absurd
/// counts of texts.
///
/// # Errors
/// What must not be handed to a reader.
pub fn check(bytes: &[u8], limits: &Limits) -> Result<(), ReadError> {
    let mut archive = opened(Cursor::new(bytes))?;
    if archive.len() > limits.parts {
        let (most, found) = (limits.parts as u64, archive.len() as u64);
        return Err(ReadError::over(Limit::Parts, most, Some(found), None));
    }
    let mut total = 0u64;
    let mut names: Vec<String> = Vec::new();
    for i in 0..archive.len() {
        let part = archive.by_index_raw(i).map_err(damaged)?;
        if part.encrypted() {
            return Err(ReadError::Password);
        }
        let size = part.size();
        let name = String::from_utf8_lossy(part.name_raw()).into_owned();
        total = total.saturating_add(size);
        if size > limits.part {
            let (most, found) = (limits.part >> 20, Some(size.div_ceil(1 << 20)));
            return Err(ReadError::over(Limit::Part, most, found, Some(&name)));
        }
        names.push(name.to_lowercase().replace('\\', "/"));
    }
    if total > limits.unpacked {
        let (most, found) = (limits.unpacked >> 20, Some(total.div_ceil(1 << 20)));
        return Err(ReadError::over(Limit::Unpacked, most, found, None));
    }
    let mut sorted = names.clone();
    sorted.sort();
    if let Some(twice) = sorted.windows(2).find(|w| w[0] == w[1]) {
        return Err(damaged(format!("part {} twice", twice[0])));
    }
    for (i, name) in names.iter().enumerate() {
        let own = name.starts_with("xl/") || name == "content.xml" || name == "styles.xml";
        if !own || !(name.ends_with(".xml") || name.ends_with(".rels")) {
            continue;
        }
        let mut head = Vec::new();
        let part = archive.by_index(i).map_err(damaged)?;
        part.take(4_096)
            .read_to_end(&mut head)
            .map_err(|e| damaged(format!("{name}: {e}")))?;
        check_head(name, &head, limits)?;
    }
    Ok(())
}

fn check_head(name: &str, head: &[u8], limits: &Limits) -> Result<(), ReadError> {
    let wrong = |damage, what: &str| Err(ReadError::Damaged(damage, format!("{name}: {what}")));
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        return wrong(Damage::Encoding, "UTF-16");
    }
    let text = String::from_utf8_lossy(head);
    let lower = text.to_lowercase();
    if lower.contains("<!doctype") || lower.contains("<!entity") {
        return wrong(Damage::Entities, "DOCTYPE");
    }
    if let Some(at) = lower.find("encoding=") {
        let value: String = lower[at + 9..]
            .chars()
            .skip(1)
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        if lower.starts_with("<?xml") && !matches!(value.as_str(), "utf-8" | "utf8" | "us-ascii") {
            return wrong(Damage::Encoding, &value);
        }
    }
    if let Some(at) = lower.find("uniquecount") {
        let count: String = lower[at + 11..]
            .chars()
            .skip_while(|c| !c.is_ascii_digit() && *c != '>')
            .take_while(char::is_ascii_digit)
            .collect();
        // A count of more digits than a number holds is too many, too.
        let count = count
            .parse::<u64>()
            .unwrap_or(if count.is_empty() { 0 } else { u64::MAX });
        if count > limits.shared_texts {
            let most = limits.shared_texts;
            return Err(ReadError::over(
                Limit::SharedTexts,
                most,
                Some(count),
                Some(name),
            ));
        }
    }
    Ok(())
}

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub index: usize,
    /// Its path within the archive, with `/`; nothing in it leads out of the archive.
    pub path: String,
    /// Whether it begins like a zip without a name that says which.
    pub like_zip: bool,
}

/// The files of an archive in the order of their paths: folders and links are none.
///
/// # Errors
/// When the archive is damaged or holds more than it may.
pub fn members<R: Read + Seek>(reader: R, limits: &Limits) -> Result<Vec<Member>, ReadError> {
    let mut archive = opened(reader)?;
    if archive.len() > limits.archive_files {
        let (most, found) = (limits.archive_files as u64, archive.len() as u64);
        return Err(ReadError::over(
            Limit::ArchiveFiles,
            most,
            Some(found),
            None,
        ));
    }
    let mut total = 0u64;
    let mut out: Vec<Member> = Vec::new();
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(damaged)?;
        if part.is_dir() || part.is_symlink() {
            continue;
        }
        total = total.saturating_add(part.size());
        let path = safe_path(&crate::ingest::delimited::decoded_name(part.name_raw()));
        let size = part.size();
        drop(part);
        // What begins like a zip may be an archive in the archive.
        let lower = path.to_lowercase();
        let mut like_zip = false;
        if ![".xlsx", ".xlsm", ".xlsb", ".ods"]
            .iter()
            .any(|e| lower.ends_with(e))
        {
            let mut head = Vec::new();
            if let Ok(part) = archive.by_index(index)
                && part.take(4).read_to_end(&mut head).is_ok()
            {
                like_zip = super::content::like_zip(&head) && size <= limits.file;
            }
        }
        out.push(Member {
            index,
            path,
            like_zip,
        });
    }
    if total > limits.unpacked {
        let (most, found) = (limits.unpacked >> 20, Some(total.div_ceil(1 << 20)));
        return Err(ReadError::over(Limit::Unpacked, most, found, None));
    }
    out.sort_by(|a, b| (&a.path, a.index).cmp(&(&b.path, b.index)));
    // Two paths that became one are told apart.
    for i in 1..out.len() {
        if out[..i].iter().rev().any(|m| m.path == out[i].path) {
            out[i].path = format!("{}#{}", out[i].path, out[i].index);
        }
    }
    Ok(out)
}

/// A path of which every part is a plain name.
fn safe_path(path: &str) -> String {
    let plain = |c: char| {
        if c.is_control() || crate::text::is_invisible(c) || c == ':' {
            '_'
        } else {
            c
        }
    };
    let parts: Vec<String> = path
        .split(['/', '\\'])
        .map(|part| part.chars().map(plain).collect::<String>())
        .filter(|part| !part.trim_matches(['.', ' ']).is_empty())
        .collect();
    if parts.is_empty() {
        "_".to_string()
    } else {
        parts.join("/")
    }
}

/// The bytes of one file of an archive.
///
/// # Errors
/// When it has a password, is larger than a file may be, or damaged.
pub fn member<R: Read + Seek>(
    reader: R,
    index: usize,
    limits: &Limits,
) -> Result<Vec<u8>, ReadError> {
    let mut archive = opened(reader)?;
    let raw = archive.by_index_raw(index).map_err(damaged)?;
    if raw.encrypted() {
        return Err(ReadError::Password);
    }
    let size = raw.size();
    if size > limits.file {
        let (most, found) = (limits.file >> 20, Some(size.div_ceil(1 << 20)));
        return Err(ReadError::over(Limit::File, most, found, None));
    }
    drop(raw);
    let part = archive.by_index(index).map_err(damaged)?;
    let mut out = Vec::new();
    part.take(limits.file)
        .read_to_end(&mut out)
        .map_err(damaged)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_archive() {
        for (raw, safe) in [
            ("a/b.xlsx", "a/b.xlsx"),
            ("../../etc/passwd", "etc/passwd"),
            ("/etc/passwd", "etc/passwd"),
            ("C:\\a\\..\\b.xls", "C_/a/b.xls"),
            ("a\0b\n.xls", "a_b_.xls"),
            ("..", "_"),
            ("", "_"),
        ] {
            assert_eq!(safe_path(raw), safe);
        }
    }
}
