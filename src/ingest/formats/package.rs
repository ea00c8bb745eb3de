//! Parts of a zip package by their names, as tolerant of case and backslashes as calamine is, and the XML in them. Sizes,
//! counts and duplicate names have been checked before; what the parts mean does not belong here.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::{BufReader, Cursor, Read};

use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use zip::read::ZipFile;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::ingest::formats::extras::Refusal;

/// A part while it is read.
pub type Part<'a, 'b> = ZipFile<'a, Cursor<&'b [u8]>>;
/// A part read as XML.
pub type Xml<R> = quick_xml::Reader<BufReader<R>>;

const MAX_RELATIONSHIPS: usize = 100_000;

/// An open package.
pub struct Package<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    index: HashMap<String, usize>,
}

impl<'b> Package<'b> {
    pub fn open(bytes: &'b [u8]) -> Result<Package<'b>, Refusal> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(zip_error)?;
        let mut index = HashMap::new();
        for (at, name) in zip.file_names().enumerate() {
            index.insert(plain(&name.map_err(zip_error)?), at);
        }
        Ok(Package { zip, index })
    }

    /// Names of all parts, in lower case, with slashes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.index.keys().map(String::as_str)
    }

    pub fn part(&mut self, path: &str) -> Result<Option<Part<'_, 'b>>, Refusal> {
        match self.index.get(&plain(path)) {
            Some(at) => self.zip.by_index(*at).map(Some).map_err(zip_error),
            None => Ok(None),
        }
    }

    /// Relationships of a part by their ids: target (as it is written) and type.
    pub fn relationships(
        &mut self,
        path: &str,
    ) -> Result<HashMap<String, (String, String)>, Refusal> {
        let mut out = HashMap::new();
        let Some(part) = self.part(path)? else {
            return Ok(out);
        };
        let mut xml = xml(part, true);
        let mut buf = Vec::new();
        loop {
            buf.clear();
            match xml.read_event_into(&mut buf).map_err(damaged(path))? {
                Event::Start(e) if e.local_name().as_ref() == "Relationship" => {
                    let value = |name| attribute(&e, name).map(Option::unwrap_or_default);
                    out.insert(value("Id")?, (value("Target")?, value("Type")?));
                    if out.len() > MAX_RELATIONSHIPS {
                        return Err(Refusal::TooLarge(format!(
                            "{path}: more than {MAX_RELATIONSHIPS} relationships"
                        )));
                    }
                }
                Event::Eof => return Ok(out),
                _ => {}
            }
        }
    }
}

fn plain(name: &str) -> String {
    name.replace('\\', "/").to_ascii_lowercase()
}

fn zip_error(e: ZipError) -> Refusal {
    match e {
        ZipError::UnsupportedArchive(why) if why == ZipError::PASSWORD_REQUIRED => {
            Refusal::Password
        }
        other => Refusal::Damaged(other.to_string()),
    }
}

/// A refusal for a part that cannot be read.
pub fn damaged<E: Display>(path: &str) -> impl FnOnce(E) -> Refusal {
    move |e| Refusal::Damaged(format!("{path}: {e}"))
}

/// A part as XML; with `lenient`, end tags may have other names than start tags, as calamine allows.
pub fn xml<R: Read>(part: R, lenient: bool) -> Xml<R> {
    let mut xml = quick_xml::Reader::from_reader(BufReader::with_capacity(1 << 16, part));
    let config = xml.config_mut();
    config.check_end_names = !lenient;
    config.expand_empty_elements = true;
    xml
}

/// An attribute's value by its name as written, or by its name after a prefix.
pub fn attribute(e: &BytesStart<'_>, name: &str) -> Result<Option<String>, Refusal> {
    for attribute in e.attributes().with_checks(false) {
        let attribute =
            attribute.map_err(|e| Refusal::Damaged(format!("attribute {name}: {e}")))?;
        if attribute.key.as_ref() == name || attribute.key.local_name().as_ref() == name {
            return match unescape(&attribute.value) {
                Ok(value) => Ok(Some(value.into_owned())),
                Err(e) => Err(Refusal::Damaged(format!("attribute {name}: {e}"))),
            };
        }
    }
    Ok(None)
}

/// The path of a relationship's target, seen from the folder of the part that names it.
pub fn resolved(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let mut steps: Vec<&str> = Vec::new();
    if !target.starts_with('/') {
        steps.extend(folder.split('/').filter(|s| !s.is_empty()));
    }
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// A package as it is written.
pub struct Packer {
    zip: ZipWriter<Cursor<Vec<u8>>>,
}

impl Packer {
    pub fn new() -> Packer {
        Packer {
            zip: ZipWriter::new(Cursor::new(Vec::new())),
        }
    }

    /// Begins a part; what is written then belongs to it.
    pub fn part(&mut self, name: &str) -> Result<&mut ZipWriter<Cursor<Vec<u8>>>, Refusal> {
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .compression_level(Some(1));
        self.zip.start_file(name, options).map_err(zip_error)?;
        Ok(&mut self.zip)
    }

    /// Begins a part that is kept as it is written.
    pub fn stored(&mut self, name: &str) -> Result<&mut ZipWriter<Cursor<Vec<u8>>>, Refusal> {
        let options =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        self.zip.start_file(name, options).map_err(zip_error)?;
        Ok(&mut self.zip)
    }

    pub fn finish(self) -> Result<Vec<u8>, Refusal> {
        Ok(self.zip.finish().map_err(zip_error)?.into_inner())
    }
}

impl Default for Packer {
    fn default() -> Packer {
        Packer::new()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::io::Write;

    /// A package of these parts.
    pub fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut packer = Packer::new();
        for (name, bytes) in parts {
            packer.part(name).unwrap().write_all(bytes).unwrap();
        }
        packer.finish().unwrap()
    }

    #[test]
    fn parts_are_found_whatever_their_case_and_slashes() {
        let bytes = packed(&[("XL\\Workbook.XML", b"<a/>")]);
        let mut package = Package::open(&bytes).unwrap();
        assert!(package.part("xl/workbook.xml").unwrap().is_some());
        assert!(package.part("xl/styles.xml").unwrap().is_none());
    }

    #[test]
    fn targets_are_resolved() {
        assert_eq!(resolved("xl", "worksheets/s1.xml"), "xl/worksheets/s1.xml");
        assert_eq!(
            resolved("xl/worksheets", "../tables/t.xml"),
            "xl/tables/t.xml"
        );
        assert_eq!(
            resolved("xl", "/xl/worksheets\\s1.xml"),
            "xl/worksheets/s1.xml"
        );
        assert_eq!(resolved("xl", "../../../x"), "x");
    }

    #[test]
    fn relationships_are_read_or_refused() {
        let text = br#"<Relationships><Relationship Id="r&amp;1" Type="t/worksheet" Target="a.xml"/></Relationships>"#;
        let bytes = packed(&[("a.rels", text), ("b.rels", b"<Relationships><")]);
        let mut package = Package::open(&bytes).unwrap();
        let found = package.relationships("a.rels").unwrap();
        assert_eq!(
            found.get("r&1"),
            Some(&("a.xml".to_string(), "t/worksheet".to_string()))
        );
        assert!(matches!(
            package.relationships("b.rels"),
            Err(Refusal::Damaged(_))
        ));
        assert!(package.relationships("c.rels").unwrap().is_empty());
    }
}
