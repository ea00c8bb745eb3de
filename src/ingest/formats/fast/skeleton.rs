//! Small workbooks in place of a large one, to ask the library what it makes of the large one: which part holds which sheet,
//! and what its styles mean. They hold the large one's own list of sheets and styles, and none of its cells and texts.

use std::io::{Read, Write};

use crate::ingest::formats::extras::Refusal;
use crate::ingest::formats::package::{Package, Packer};

/// More parts that may be sheets are not plain.
const MAX_PARTS: usize = 2_000;

/// Nor are more styles than programs make.
const MAX_STYLES: usize = 1 << 17;

const WORKBOOK: &str = "xl/workbook.xml";
const RELATIONSHIPS: &str = "xl/_rels/workbook.xml.rels";
const ROOT: &str = "_rels/.rels";
const STYLES: &str = "xl/styles.xml";

/// A workbook with the same sheets, each of which holds in its first cell only the number of the part that it is.
#[derive(Debug)]
pub struct Skeleton {
    pub bytes: Vec<u8>,
    /// The parts by their numbers.
    pub parts: Vec<String>,
}

impl Skeleton {
    /// The skeleton of a package; nothing where it is not as usual, or damaged.
    pub fn of(package: &mut Package<'_>) -> Option<Skeleton> {
        let is_sheet = |name: &&str| {
            name.starts_with("xl/") && name.contains("sheet") && name.ends_with(".xml")
        };
        let mut parts: Vec<String> = package.names().filter(is_sheet).map(String::from).collect();
        if parts.len() > MAX_PARTS {
            return None;
        }
        parts.sort_unstable();
        let mut packer = Packer::new();
        for name in [ROOT, RELATIONSHIPS, WORKBOOK] {
            let bytes = whole(package, name)?;
            put(&mut packer, name, &bytes).ok()?;
        }
        for (at, name) in parts.iter().enumerate() {
            let cell = format!(
                "<worksheet><sheetData><row><c><v>{at}</v></c></row></sheetData></worksheet>"
            );
            put(&mut packer, name, cell.as_bytes()).ok()?;
        }
        let bytes = packer.finish().ok()?;
        Some(Skeleton { bytes, parts })
    }
}

/// A workbook with these styles and one sheet, `s`, in which the number 1 stands once in each of them; nothing where there
/// are too many.
pub fn style_probe(styles: &[u8]) -> Option<Vec<u8>> {
    let styles_at_most = memchr::memmem::find_iter(styles, b"xf").count();
    if styles_at_most > MAX_STYLES {
        return None;
    }
    let mut packer = Packer::new();
    let relationships = |kind: &str, target: &str| {
        format!(
            "<Relationships><Relationship Id=\"a\" Type=\"x/relationships/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let root = relationships("officeDocument", WORKBOOK);
    let own = relationships("worksheet", "worksheets/sheet1.xml");
    let book = "<workbook><sheets><sheet name=\"s\" r:id=\"a\"/></sheets></workbook>";
    let mut cells = String::from("<worksheet><sheetData><row>");
    for style in 0..styles_at_most {
        cells.push_str("<c s=\"");
        cells.push_str(&style.to_string());
        cells.push_str("\"><v>1</v></c>");
    }
    cells.push_str("</row></sheetData></worksheet>");
    for (name, bytes) in [
        (ROOT, root.as_bytes()),
        (RELATIONSHIPS, own.as_bytes()),
        (WORKBOOK, book.as_bytes()),
        (STYLES, styles),
        ("xl/worksheets/sheet1.xml", cells.as_bytes()),
    ] {
        put(&mut packer, name, bytes).ok()?;
    }
    packer.finish().ok()
}

/// The bytes of the part of styles, where there is one; nothing at all where it is damaged.
pub fn styles_of(package: &mut Package<'_>) -> Option<Option<Vec<u8>>> {
    let has_styles = package.part(STYLES).ok()?.is_some();
    if has_styles {
        whole(package, STYLES).map(Some)
    } else {
        Some(None)
    }
}

fn whole(package: &mut Package<'_>, name: &str) -> Option<Vec<u8>> {
    let mut part = package.part(name).ok()??;
    let mut bytes = Vec::new();
    part.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn put(packer: &mut Packer, name: &str, bytes: &[u8]) -> Result<(), Refusal> {
    let part = packer.stored(name)?;
    part.write_all(bytes)
        .map_err(|e| Refusal::Damaged(e.to_string()))
}
