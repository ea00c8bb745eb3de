//! What a file is, by its content alone. Reads no more of it than that takes.

use serde::{Deserialize, Serialize};

use super::container;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    Xlsx,
    Xlsb,
    Ods,
    /// An archive of files.
    Zip,
    /// Begins like a zip but cannot be opened as one.
    BrokenZip,
    Xls,
    Html,
    /// The tables of Excel 2003 as XML.
    SpreadsheetXml,
    Xml,
    Pdf,
    Image,
    /// A text, a presentation: an office document without cells.
    Document,
    /// An archive that is not read: rar, 7z, gz.
    OtherArchive,
    Text,
    Empty,
    Other,
}

impl Content {
    /// The key of its word.
    pub fn word(self) -> &'static str {
        match self {
            Content::Xlsx => "found_xlsx",
            Content::Xlsb => "found_xlsb",
            Content::Ods => "found_ods",
            Content::Zip | Content::BrokenZip => "found_zip",
            Content::Xls => "found_xls",
            Content::Html => "found_html",
            Content::SpreadsheetXml => "found_spreadsheet_xml",
            Content::Xml => "found_xml",
            Content::Pdf => "found_pdf",
            Content::Image => "found_image",
            Content::Document => "found_document",
            Content::OtherArchive => "found_other_archive",
            Content::Text => "found_text",
            Content::Empty => "found_empty",
            Content::Other => "found_other",
        }
    }

    /// The endings of names that say this content.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Content::Xlsx => &["xlsx", "xlsm", "xltx", "xltm"],
            Content::Xlsb => &["xlsb"],
            Content::Ods => &["ods", "ots"],
            Content::Xls => &["xls", "xlt", "et", "ett"],
            Content::Html => &["html", "htm"],
            Content::SpreadsheetXml => &["xml"],
            Content::Text => &["csv", "txt", "tsv"],
            _ => &[],
        }
    }

    /// Whether a file of this content has a name that says so; always for names without an ending.
    pub fn fits_name(self, name: &str) -> bool {
        match name.rsplit_once('.') {
            Some((_, ending)) if ending.chars().count() <= 5 => {
                self.endings().contains(&ending.to_lowercase().as_str())
            }
            _ => true,
        }
    }
}

const IMAGES: &[&[u8]] = &[
    b"\x89PNG",
    b"\xFF\xD8\xFF",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
];
const ARCHIVES: &[&[u8]] = &[
    b"Rar!",
    b"7z\xBC\xAF\x27\x1C",
    b"\x1F\x8B",
    b"BZh",
    b"\xFD7zXZ",
];

/// Whether bytes begin like a zip.
pub fn like_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// What the bytes are.
pub fn of(bytes: &[u8]) -> Content {
    if bytes.is_empty() {
        return Content::Empty;
    }
    if like_zip(bytes) {
        return container::content(std::io::Cursor::new(bytes));
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        // Also a workbook with a password, and a letter of old: its reader tells them apart.
        return Content::Xls;
    }
    if bytes.starts_with(b"%PDF") {
        return Content::Pdf;
    }
    if bytes.starts_with(b"{\\rtf") {
        return Content::Document;
    }
    if IMAGES.iter().any(|magic| bytes.starts_with(magic)) {
        return Content::Image;
    }
    if ARCHIVES.iter().any(|magic| bytes.starts_with(magic)) {
        return Content::OtherArchive;
    }
    let wide = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    let head: String = if wide {
        // Text in UTF-16, as "Unicode text" is saved: the signs that tell mark-up are in one byte of each two.
        let half = bytes[..bytes.len().min(4_096)].iter().filter(|b| **b != 0);
        half.map(|b| char::from(*b)).collect()
    } else {
        String::from_utf8_lossy(&bytes[..bytes.len().min(4_096)]).into_owned()
    };
    let head = head.to_lowercase();
    let head = head
        .trim_start_matches(['\u{feff}', '\u{ff}', '\u{fe}'])
        .trim_start();
    if head.contains("urn:schemas-microsoft-com:office:spreadsheet")
        && (head.starts_with("<?xml") || head.starts_with("<workbook"))
    {
        return Content::SpreadsheetXml;
    }
    let marked = head.starts_with('<');
    if marked && (head.contains("<html") || head.contains("<table") || head.contains("<meta")) {
        return Content::Html;
    }
    // A page saved with its pictures as a letter: its tables are coded in it.
    if head.starts_with("mime-version:") {
        return Content::Document;
    }
    if head.starts_with("<?xml") {
        return Content::Xml;
    }
    if wide {
        return Content::Text;
    }
    let sample = &bytes[..bytes.len().min(4_096)];
    if sample.iter().any(|b| *b < 9) {
        Content::Other
    } else {
        Content::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_fit_their_content() {
        assert!(Content::Xlsx.fits_name("a.XLSX"));
        assert!(Content::Text.fits_name("a.csv"));
        assert!(!Content::Html.fits_name("a.xls"));
        assert!(!Content::Xls.fits_name("a.xlsx"));
        assert!(Content::Xls.fits_name("a"));
        assert!(Content::Xls.fits_name("2024.11.03-schools"));
    }

    #[test]
    fn what_bytes_are() {
        assert_eq!(of(b""), Content::Empty);
        assert_eq!(of(b"\x00\x01\x02"), Content::Other);
        assert_eq!(of(b"a,b\n1,2\n"), Content::Text);
        assert_eq!(of(b"  <html><table></table>"), Content::Html);
        assert_eq!(of(b"<?xml version='1.0'?><a/>"), Content::Xml);
        let sheet = b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>";
        assert_eq!(of(sheet), Content::SpreadsheetXml);
        assert_eq!(of(b"\x89PNG\r\n"), Content::Image);
        assert_eq!(of(b"Rar!\x1a\x07"), Content::OtherArchive);
        assert_eq!(of(b"a note: 3 < 4, <b>"), Content::Text);
    }
}
