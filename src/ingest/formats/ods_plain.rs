//! Writes an .ods workbook anew with only what calamine reads: rows, cells and their text. Run after `ods::check` has
//! accepted the file and asks for it. What it avoids: white space, comments and shapes between or in cells, nested tables,
//! named expressions, missing mimetype or manifest, text in cells without a type.

use std::io::Write;

use quick_xml::events::{BytesStart, Event};

use crate::ingest::formats::extras::Refusal;
use crate::ingest::formats::ods::MIMETYPE;
use crate::ingest::formats::ods_cells::{CONTENT, Cell, Place, resolved};
use crate::ingest::formats::package::{Package, Packer, attribute, damaged, xml};

/// Elements outside sheets that are kept: the way to them, and the styles that tell whether they are hidden.
const KEPT: [&str; 6] = [
    "office:document-content",
    "office:automatic-styles",
    "style:style",
    "style:table-properties",
    "office:body",
    "office:spreadsheet",
];

/// The workbook anew, without what stands between its cells.
pub fn without_white_space(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut package = Package::open(bytes)?;
    let mut out = Packer::new();
    let to = out.part("mimetype")?;
    to.write_all(MIMETYPE.as_bytes())
        .map_err(damaged("mimetype"))?;
    let to = out.part("META-INF/manifest.xml")?;
    to.write_all(b"<manifest/>").map_err(damaged("manifest"))?;
    if let Some(part) = package.part(CONTENT)? {
        let to = out.part(CONTENT)?;
        let mut xml = xml(part, false);
        let mut plain = Plain::default();
        let mut buf = Vec::new();
        loop {
            buf.clear();
            let event = xml.read_event_into(&mut buf).map_err(damaged(CONTENT))?;
            if matches!(event, Event::Eof) {
                break;
            }
            plain.take(event)?;
            // A cell is written when it is known whether it holds text.
            if plain.cell.is_none() {
                to.write_all(plain.out.as_bytes())
                    .map_err(damaged(CONTENT))?;
                plain.out.clear();
            }
        }
    }
    out.finish()
}

#[derive(Default)]
struct Plain {
    places: Vec<Place>,
    out: String,
    /// The open cell, and its start tag.
    cell: Option<(Cell, String)>,
}

impl Plain {
    fn take(&mut self, event: Event<'_>) -> Result<(), Refusal> {
        match event {
            Event::Start(e) => self.start(&e)?,
            Event::End(e) => match self.places.pop() {
                Some(Place::Skipped | Place::Group | Place::Column | Place::Names) | None => {}
                Some(Place::Cell) => self.end_cell(),
                Some(_) => {
                    let name = e.name();
                    self.out.push_str(&format!("</{}>", name.as_ref()));
                }
            },
            Event::Text(t) => self.text(&t, &t),
            Event::CData(t) => {
                let escaped = quick_xml::escape::escape(&*t);
                self.text(&escaped, &t);
            }
            Event::GeneralRef(r) => {
                let mut utf8 = [0; 4];
                let shown = resolved(&r)?.encode_utf8(&mut utf8);
                self.text(&format!("&{};", &*r), shown);
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, raw: &str, shown: &str) {
        if let (Some(Place::Paragraph), Some((cell, _))) = (self.places.last(), &mut self.cell) {
            cell.show(0, shown);
            self.out.push_str(raw);
        }
    }

    fn start(&mut self, e: &BytesStart<'_>) -> Result<(), Refusal> {
        let name = e.name();
        let name = name.as_ref();
        let mut place = Place::inside(self.places.last().copied(), name).0;
        let tag = format!("<{}>", &**e);
        match place {
            Place::Outside if !KEPT.contains(&name) => place = Place::Skipped,
            Place::Table if attribute(e, "table:name")?.is_none() => place = Place::Skipped,
            Place::Cell => self.cell = Some((Cell::of(e)?, tag)),
            Place::Skipped | Place::Group | Place::Column | Place::Names => {}
            _ => self.out.push_str(&tag),
        }
        self.places.push(place);
        Ok(())
    }

    fn end_cell(&mut self) {
        let Some((cell, tag)) = self.cell.take() else {
            return;
        };
        // All that was put out since the cell began is in it.
        let inner = std::mem::take(&mut self.out);
        let name = tag
            .trim_start_matches('<')
            .split(|c: char| c.is_whitespace() || c == '>')
            .next()
            .unwrap_or_default();
        if cell.is_untyped_text() {
            let repeats = cell.repeats;
            self.out = format!(
                "<{name} office:value-type=\"string\" table:number-columns-repeated=\"{repeats}\">"
            );
        } else {
            self.out.push_str(&tag);
        }
        self.out.push_str(&inner);
        self.out.push_str(&format!("</{name}>"));
    }
}
