//! Looks at a file's bytes before any reader does: what it is by content, and whether a reader could be harmed by it.
//! Limits are those measured in the domain notes on Excel files: peak memory is about 3.3 times the largest part.

use std::io::{Cursor, Read};

use zip::ZipArchive;

/// What a file is, by its content alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Xlsx,
    Xlsb,
    Ods,
    Zip,
    /// Begins like a zip but cannot be opened as one.
    BrokenZip,
    Xls,
    Encrypted,
    Html,
    Xml,
    Pdf,
    Text,
    Empty,
    Other,
}

/// Largest file that is opened, bytes.
pub const MAX_FILE: u64 = 100 << 20;
const MAX_PART: u64 = 128 << 20;
const MAX_TOTAL: u64 = 512 << 20;
const MAX_ENTRIES: usize = 5_000;
const MAX_STRINGS: u64 = 20_000_000;

/// What the bytes are.
pub fn content(bytes: &[u8]) -> Content {
    if bytes.is_empty() {
        return Content::Empty;
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return zip_content(bytes);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        // Encrypted workbooks of the new formats are OLE containers with these streams (names in UTF-16).
        let wide: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        return if bytes.windows(wide.len()).any(|w| w == wide) {
            Content::Encrypted
        } else {
            Content::Xls
        };
    }
    if bytes.starts_with(b"%PDF") {
        return Content::Pdf;
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_lowercase();
    let head = head.trim_start_matches('\u{feff}').trim_start();
    if head.starts_with("<?xml") {
        return Content::Xml;
    }
    if head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<table") {
        return Content::Html;
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        // Text in UTF-16, as "Unicode text" is saved.
        return Content::Text;
    }
    let sample = &bytes[..bytes.len().min(4096)];
    if sample.iter().any(|b| *b < 9) {
        Content::Other
    } else {
        Content::Text
    }
}

fn zip_content(bytes: &[u8]) -> Content {
    let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) else {
        return Content::BrokenZip;
    };
    let has = |name: &str| {
        archive
            .file_names()
            .flatten()
            .any(|n| n.eq_ignore_ascii_case(name))
    };
    if has("xl/workbook.xml") || has("xl\\workbook.xml") {
        Content::Xlsx
    } else if has("xl/workbook.bin") {
        Content::Xlsb
    } else if has("content.xml") {
        Content::Ods
    } else if has("[Content_Types].xml")
        && archive.file_names().flatten().any(|n| n.starts_with("xl/"))
    {
        Content::Xlsx
    } else {
        Content::Zip
    }
}

/// Why an .xlsx file must not be handed to the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    TooLarge(String),
    Damaged(String),
}

/// Checks an .xlsx container against what readers do not survive: many or huge parts, names twice, entities, absurd
/// string counts.
pub fn check_xlsx(bytes: &[u8]) -> Result<(), Refusal> {
    let damaged = |e: zip::result::ZipError| Refusal::Damaged(e.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MAX_ENTRIES {
        return Err(Refusal::TooLarge(format!(
            "{} parts (limit {MAX_ENTRIES})",
            archive.len()
        )));
    }
    let mut total = 0u64;
    let mut names: Vec<String> = Vec::new();
    for i in 0..archive.len() {
        let part = archive.by_index_raw(i).map_err(damaged)?;
        let size = part.size();
        let name = part.name().map_err(damaged)?.into_owned();
        total = total.saturating_add(size);
        if size > MAX_PART {
            return Err(Refusal::TooLarge(format!(
                "{name}: {} MiB (limit {} MiB)",
                size >> 20,
                MAX_PART >> 20
            )));
        }
        names.push(name.to_lowercase().replace('\\', "/"));
    }
    if total > MAX_TOTAL {
        return Err(Refusal::TooLarge(format!(
            "{} MiB unpacked (limit {} MiB)",
            total >> 20,
            MAX_TOTAL >> 20
        )));
    }
    let mut sorted = names.clone();
    sorted.sort();
    if let Some(twice) = sorted.windows(2).find(|w| w[0] == w[1]) {
        return Err(Refusal::Damaged(format!("part {} twice", twice[0])));
    }
    for (i, name) in names.iter().enumerate() {
        if !name.starts_with("xl/") || !name.ends_with(".xml") {
            continue;
        }
        let mut head = Vec::new();
        let part = archive.by_index(i).map_err(damaged)?;
        part.take(4096)
            .read_to_end(&mut head)
            .map_err(|e| Refusal::Damaged(format!("{name}: {e}")))?;
        check_head(name, &head)?;
    }
    Ok(())
}

fn check_head(name: &str, head: &[u8]) -> Result<(), Refusal> {
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        return Err(Refusal::Damaged(format!("{name}: UTF-16")));
    }
    let text = String::from_utf8_lossy(head);
    let lower = text.to_lowercase();
    if lower.contains("<!doctype") || lower.contains("<!entity") {
        return Err(Refusal::Damaged(format!("{name}: DOCTYPE")));
    }
    if let Some(at) = lower.find("encoding=") {
        let value: String = lower[at + 9..]
            .chars()
            .skip(1)
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        if lower.starts_with("<?xml") && !matches!(value.as_str(), "utf-8" | "utf8" | "us-ascii") {
            return Err(Refusal::Damaged(format!("{name}: encoding {value}")));
        }
    }
    if let Some(at) = text.find("uniqueCount=\"") {
        let count: String = text[at + 13..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        if count.parse::<u64>().is_ok_and(|n| n > MAX_STRINGS) {
            return Err(Refusal::TooLarge(format!("{name}: uniqueCount={count}")));
        }
    }
    Ok(())
}
