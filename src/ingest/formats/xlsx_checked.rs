//! What the library takes for something else without saying so, in worksheets that it reads: values in pieces, numbers of
//! texts and rows that are none, parts whose bytes are not those that were packed. A look at the part as XML, to its end.

use std::io::Read;

use quick_xml::events::{BytesStart, Event};

use super::extras::Refusal;
use super::package::{Package, attribute, damaged, xml};
use super::xlsx_layout::worksheets;

/// Digits of the number of a row.
const ROW_DIGITS: usize = 7;

/// Why the named sheet is not what the library makes of it; nothing where it is.
pub fn doubt(bytes: &[u8], name: &str) -> Option<String> {
    let look = || -> Result<(), Refusal> {
        let mut package = Package::open(bytes)?;
        let shared = "xl/sharedStrings.xml";
        if let Some(mut texts) = package.part(shared)? {
            std::io::copy(&mut texts, &mut std::io::sink()).map_err(damaged(shared))?;
        }
        let paths = worksheets(&mut package)?;
        match paths.get(name) {
            Some(path) => match package.part(path)? {
                Some(part) => through(part, path),
                None => Ok(()),
            },
            None => Ok(()),
        }
    };
    match look() {
        Ok(()) => None,
        Err(Refusal::Damaged(why) | Refusal::TooLarge(why)) => Some(why),
        Err(Refusal::Password) => None,
    }
}

/// A cell while it is read.
#[derive(Default)]
struct Open {
    place: String,
    kind: String,
    /// The value's texts, in as many pieces as they stand.
    value: Option<(String, usize)>,
    in_value: bool,
}

impl Open {
    /// The value of a formula, or a date, as text.
    fn is_text(&self) -> bool {
        matches!(self.kind.as_str(), "str" | "d")
    }
}

fn through(part: impl Read, path: &str) -> Result<(), Refusal> {
    let mut xml = xml(part, true);
    let mut buf = Vec::new();
    let mut cell: Option<Open> = None;
    let mut depth = 0usize;
    let wrong = |what: &str, place: &str| Refusal::Damaged(format!("{path}: {what} {place}"));
    loop {
        buf.clear();
        let event = xml.read_event_into(&mut buf).map_err(damaged(path))?;
        let in_value = cell.as_ref().is_some_and(|c| c.in_value);
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        match event {
            Event::Eof if depth > 0 => return Err(wrong("the part ends early", "")),
            Event::Eof => return Ok(()),
            Event::Start(e) if in_value => {
                let place = cell.map_or(String::new(), |c| c.place);
                let inner = e.local_name().as_ref().to_string();
                return Err(wrong(&format!("<{inner}> in the value of cell"), &place));
            }
            Event::Start(e) => match e.local_name().as_ref() {
                "row" => {
                    let number = attribute(&e, "r")?.unwrap_or_default();
                    if number.len() > ROW_DIGITS {
                        return Err(wrong("row", &number));
                    }
                }
                "c" => cell = Some(opened(&e, path)?),
                "v" => {
                    if let Some(cell) = &mut cell {
                        cell.in_value = true;
                        cell.value = Some((String::new(), 0));
                    }
                }
                _ => {}
            },
            Event::Text(text) if in_value => {
                let value = cell.as_mut().and_then(|c| c.value.as_mut());
                if let Some((all, pieces)) = value {
                    all.push_str(&text);
                    *pieces += 1;
                }
            }
            // The library puts texts together again.
            Event::GeneralRef(_) if in_value && cell.as_ref().is_some_and(Open::is_text) => {}
            Event::GeneralRef(_) | Event::CData(_) | Event::Comment(_) | Event::PI(_)
                if in_value =>
            {
                let place = cell.map_or(String::new(), |c| c.place);
                return Err(wrong("a value in pieces in cell", &place));
            }
            Event::End(e) => match e.local_name().as_ref() {
                "v" => {
                    if let Some(cell) = &mut cell {
                        cell.in_value = false;
                    }
                }
                "c" => {
                    if let Some(cell) = cell.take()
                        && let Some(what) = odd(&cell)
                    {
                        return Err(wrong(what, &cell.place));
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
}

fn opened(e: &BytesStart<'_>, path: &str) -> Result<Open, Refusal> {
    let place = attribute(e, "r")?.unwrap_or_default();
    let digits = place.bytes().filter(u8::is_ascii_digit).count();
    if digits > ROW_DIGITS {
        return Err(Refusal::Damaged(format!("{path}: cell {place}")));
    }
    Ok(Open {
        place,
        kind: attribute(e, "t")?.unwrap_or_default(),
        ..Open::default()
    })
}

/// What is odd about a value.
fn odd(cell: &Open) -> Option<&'static str> {
    let (value, pieces) = cell.value.as_ref()?;
    let is_number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    match cell.kind.as_str() {
        "s" if !is_number => Some("the number of a shared text is none in cell"),
        "inlineStr" if !value.trim().is_empty() => Some("a value beside its own text in cell"),
        _ if cell.is_text() => None,
        _ if *pieces > 1 => Some("a value in pieces in cell"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::package::tests::packed;
    use super::*;

    fn book(sheet: &str) -> Vec<u8> {
        let workbook =
            r#"<workbook xmlns:r="r"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>"#;
        let rels = r#"<Relationships><Relationship Id="r1" Type="t/worksheet" Target="worksheets/s.xml"/></Relationships>"#;
        let sheet = format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>");
        packed(&[
            ("xl/workbook.xml", workbook.as_bytes()),
            ("xl/_rels/workbook.xml.rels", rels.as_bytes()),
            ("xl/sharedStrings.xml", b"<sst><si><t>x</t></si></sst>"),
            ("xl/worksheets/s.xml", sheet.as_bytes()),
        ])
    }

    #[test]
    fn values_that_the_library_would_take_for_others_are_said() {
        let cell = |attributes: &str, inner: &str| {
            doubt(
                &book(&format!(
                    r#"<row r="6"><c r="J6" {attributes}>{inner}</c></row>"#
                )),
                "a",
            )
        };
        for (attributes, inner) in [
            ("", "<v>5<!-- x -->00</v>"),
            ("", "<v>5&#48;0</v>"),
            ("", "<v>5<b>0</b>0</v>"),
            ("", "<v><![CDATA[500]]></v>"),
            ("", "<v><?x y?>500</v>"),
            (r#"t="inlineStr""#, "<v>500</v>"),
            (r#"t="str""#, "<v>5<![CDATA[0]]>0</v>"),
            (r#"t="s""#, "<v>0 </v>"),
            (r#"t="s""#, "<v>+0</v>"),
            (r#"t="s""#, "<v></v>"),
        ] {
            let said = cell(attributes, inner);
            assert!(
                said.is_some_and(|why| why.contains("J6")),
                "{attributes} {inner}"
            );
        }
        for (attributes, inner) in [
            ("", "<v>500</v>"),
            ("", "<v/>"),
            ("", "<f>A1&amp;B1</f><v>1E+3</v>"),
            (r#"t="s""#, "<v>0</v>"),
            (r#"t="str""#, "<v>a &amp; b</v>"),
            (r#"t="inlineStr""#, "<is><t>a &amp; b</t></is>"),
            (r#"t="b""#, "<v>1</v>"),
        ] {
            assert_eq!(cell(attributes, inner), None, "{attributes} {inner}");
        }
        let row = book(r#"<row r="4294967302"><c r="J6"><v>1</v></c></row>"#);
        assert!(doubt(&row, "a").is_some());
        let far = book(r#"<row r="6"><c r="J4294967302"><v>1</v></c></row>"#);
        assert!(doubt(&far, "a").is_some());
        assert_eq!(doubt(&row, "b"), None);
    }
}
