//! What a workbook carries beside its cells that a person should know of: macros, links to other files, pictures. None of
//! it is ever run, followed or read.

use std::io::Read;

use crate::ingest::formats::extras::Refusal;
use crate::ingest::formats::package::Package;
use crate::ingest::formats::records::u16_at;

/// What was seen in the package of an .xlsx, .xlsb or .ods workbook.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Remarks {
    pub has_macros: bool,
    pub has_external_links: bool,
    /// A link that would start another program.
    pub has_dde: bool,
    pub has_connections: bool,
    pub has_embedded_objects: bool,
    /// Pictures in cells as WPS stores them: the cells hold `=DISPIMG(...)`.
    pub has_cell_images: bool,
}

/// The beginning of an external link is enough to tell what it links to.
const HEAD: u64 = 1 << 16;

/// Looks at the names of the parts, and into external links.
pub fn remarks(bytes: &[u8]) -> Remarks {
    let mut out = Remarks::default();
    let Ok(mut package) = Package::open(bytes) else {
        return out;
    };
    let mut links = Vec::new();
    for name in package.names() {
        if name.ends_with("vbaproject.bin")
            || name.starts_with("xl/macrosheets/")
            || (name.starts_with("basic/") && name.ends_with("/script-lb.xml"))
        {
            out.has_macros = true;
        }
        if name.starts_with("xl/externallinks/externallink") {
            out.has_external_links = true;
            links.push(name.to_string());
        }
        out.has_connections |= matches!(name, "xl/connections.xml" | "xl/connections.bin");
        out.has_embedded_objects |= name.starts_with("xl/embeddings/") || is_object(name);
        out.has_cell_images |= name == "xl/cellimages.xml";
    }
    for name in links {
        out.has_dde |= head(&mut package, &name).is_ok_and(|head| {
            // In .xlsb the first record tells the kind: 1 is DDE.
            let begun = head.starts_with(&[0xE8, 0x02]);
            if begun {
                u16_at(&head, 3) == Some(1)
            } else {
                contains(&head, b"ddeLink")
            }
        });
    }
    // LibreOffice lists such links at the end of the content.
    if let Ok(Some(mut part)) = package.part("content.xml") {
        let mut tail: Vec<u8> = Vec::new();
        let mut buf = vec![0; 1 << 16];
        while let Ok(n) = part.read(&mut buf)
            && n > 0
        {
            tail.extend(buf.iter().take(n));
            out.has_dde |= contains(&tail, b"<table:dde-link>");
            let keep = tail.len().saturating_sub(16);
            tail.drain(..keep);
        }
    }
    out
}

/// A chart or another document inside an .ods workbook.
fn is_object(name: &str) -> bool {
    name.starts_with("object ") && name.ends_with("/content.xml")
}

fn head(package: &mut Package<'_>, name: &str) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    if let Some(part) = package.part(name)? {
        // What can be read before a fault is enough.
        let _ = part.take(HEAD).read_to_end(&mut out);
    }
    Ok(out)
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::formats::package::tests::packed;

    #[test]
    fn parts_tell() {
        let none = remarks(&packed(&[("xl/workbook.xml", b"")]));
        assert_eq!(none, Remarks::default());
        let found = remarks(&packed(&[
            ("XL/vbaProject.bin", b""),
            (
                "xl/externalLinks/externalLink1.xml",
                b"<externalLink><ddeLink/></externalLink>",
            ),
            ("xl/connections.xml", b""),
            ("xl/embeddings/a.docx", b""),
            ("xl/cellimages.xml", b""),
        ]));
        assert!(found.has_macros && found.has_external_links && found.has_dde);
        assert!(found.has_connections && found.has_embedded_objects && found.has_cell_images);
    }

    #[test]
    fn links_to_workbooks_are_no_dde() {
        for (name, head, is_dde) in [
            (
                "xl/externalLinks/externalLink1.xml",
                &b"<externalBook/>"[..],
                false,
            ),
            (
                "xl/externalLinks/externalLink1.bin",
                &[0xE8, 2, 8, 1, 0],
                true,
            ),
            (
                "xl/externalLinks/externalLink1.bin",
                &[0xE8, 2, 8, 0, 0],
                false,
            ),
        ] {
            let found = remarks(&packed(&[(name, head)]));
            assert_eq!((found.has_external_links, found.has_dde), (true, is_dde));
        }
        let content = [&[b' '; 65_530][..], b"<table:dde-link><x/>"].concat();
        assert!(remarks(&packed(&[("content.xml", &content)])).has_dde);
        assert_eq!(remarks(b"no zip"), Remarks::default());
    }
}
