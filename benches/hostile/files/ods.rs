//! OpenDocument workbooks: good ones, and those that repeat a cell without end.

use super::bombs::laughs;
use super::container::{Entry, Packed, bulk, packed, stored, zip};
use super::xlsx::XML;
use super::{
    Accepted, Any, BROKEN, FOUR_GIB, LARGE, LOCKED, Rejected, Shelf, TABLE, TEXTS, UNREAD,
};

/// An OpenDocument workbook with this content.
fn ods(content: Packed) -> Vec<u8> {
    let kind = b"application/vnd.oasis.opendocument.spreadsheet";
    let manifest = format!(
        "{XML}<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\">\
         <manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{}\"/>\
         <manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/>\
         </manifest:manifest>",
        String::from_utf8_lossy(kind)
    );
    zip(&[
        Entry::of("mimetype", stored(kind)),
        Entry::of("content.xml", content),
        Entry::new("META-INF/manifest.xml", manifest.as_bytes()),
    ])
}

/// What stands before the first row of a sheet of OpenDocument.
const ODS_HEAD: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content ",
    "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" ",
    "xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" ",
    "xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" office:version=\"1.2\">",
    "<office:body><office:spreadsheet><table:table table:name=\"学校汇总表\">"
);
const ODS_TAIL: &str =
    "</table:table></office:spreadsheet></office:body></office:document-content>";

/// The good table as rows of OpenDocument.
fn ods_rows() -> String {
    let mut out = String::new();
    for (r, fields) in TABLE.iter().enumerate() {
        out += "<table:table-row>";
        for (c, field) in fields.iter().enumerate() {
            out += &if r > 0 && c >= TEXTS {
                ods_number("", field)
            } else {
                format!(
                    "<table:table-cell office:value-type=\"string\"><text:p>{field}</text:p>\
                     </table:table-cell>"
                )
            };
        }
        out += "</table:table-row>";
    }
    out
}

fn ods_number(attributes: &str, value: &str) -> String {
    format!(
        "<table:table-cell{attributes} office:value-type=\"float\" office:value=\"{value}\">\
         <text:p>{value}</text:p></table:table-cell>"
    )
}

pub fn files(shelf: &mut Shelf) {
    let good = ods_rows();
    let with = |more: &str| {
        ods(packed(
            format!("{ODS_HEAD}{good}{more}{ODS_TAIL}").as_bytes(),
        ))
    };
    let rows = |count: u64| format!(" table:number-rows-repeated=\"{count}\"");
    let columns = |count: u64| format!(" table:number-columns-repeated=\"{count}\"");
    let row = |attributes: &str, cells: &str| {
        format!("<table:table-row{attributes}>{cells}</table:table-row>")
    };
    let blank = |attributes: &str| format!("<table:table-cell{attributes}/>");
    let four = shelf.size(FOUR_GIB, 1 << 16);
    let head = format!("{ODS_HEAD}{good}");
    shelf.bomb(
        "I1-四GiB内容.ods",
        "content of 4 GiB",
        LARGE,
        ods(bulk(
            head.as_bytes(),
            row("", &ods_number("", "1").repeat(10)).as_bytes(),
            four,
            ODS_TAIL.as_bytes(),
        )),
    );
    let cut = format!("{ODS_HEAD}{good}<table:table-row><table:table-cell>");
    let stray = row("", &(blank(&columns(16_383)) + &ods_number("", "9")));
    let far = row(&rows(1_048_571), &blank(&columns(16_384))) + &stray;
    let huge = row(&rows(u64::MAX), &ods_number(&columns(u64::MAX), "1"));
    let text = format!(
        "<table:table-cell{} office:value-type=\"string\"><text:p>{}</text:p></table:table-cell>",
        columns(16_384),
        "长".repeat(32_767)
    );
    let spaced = good.replace("><table:table-cell", ">\n  <table:table-cell");
    let encrypted = format!(
        "{XML}<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\">\
         <manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\">\
         <manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
    );
    let laughs = laughs();
    let content = format!("{ODS_HEAD}{good}{ODS_TAIL}");
    #[rustfmt::skip]
    let cases = [
        ("好表.ods", "the good table as OpenDocument", Accepted, with("")),
        ("好表-常见尾行.ods", "blank rows and columns repeated to the end of the sheet, as LibreOffice writes",
         Accepted, with(&row(&rows(1_048_572), &blank(&columns(16_384))))),
        ("好表-格间空白.ods", "line breaks between the cells, which calamine refuses",
         Accepted, ods(packed(format!("{ODS_HEAD}{spaced}{ODS_TAIL}").as_bytes()))),
        ("I2-重复九千八百万次.ods", "one value in 98 million cells by repeating rows and columns",
         LARGE, with(&row(&rows(98_000), &ods_number(&columns(1000), "1")))),
        ("I3-重复一百七十亿次.ods", "one value in every cell of the sheet",
         BROKEN, with(&row(&rows(1_048_572), &ods_number(&columns(16_384), "1")))),
        ("I3-重复次数最大.ods", "a value repeated 18446744073709551615 times in each direction",
         BROKEN, with(&huge)),
        ("I4-长文本重复.ods", "a text of 32,767 characters in 16 million cells",
         LARGE, with(&row(&rows(1000), &text))),
        ("I5-写到一半.ods", "content ends inside a cell; calamine loops for ever",
         Any, ods(packed(cut.as_bytes()))),
        ("I5-表未写完.ods", "content ends between two rows", Any, ods(packed(head.as_bytes()))),
        ("I6-末格有数.ods", "a stray number in the last cell of the sheet", Any, with(&far)),
        ("没有类型说明.ods", "an OpenDocument workbook without its part mimetype",
         Any, zip(&[Entry::new("content.xml", content.as_bytes())])),
        ("有密码.ods", "an OpenDocument workbook with a password",
         LOCKED, zip(&[Entry::of("mimetype", stored(b"application/vnd.oasis.opendocument.spreadsheet")), Entry::new("content.xml", &[0x5A; 64]), Entry::new("META-INF/manifest.xml", encrypted.as_bytes())])),
        ("实体炸弹.ods", "billion laughs in the content",
         UNREAD, ods(packed(content.replace("UTF-8\"?>", &format!("UTF-8\"?><!DOCTYPE a [{laughs}]>")).replace("柳溪镇", "&a9;").as_bytes()))),
        ("其实是文字文档.ods", "a text document named .ods",
         Rejected(&["file-not-workbook", "file-format-unsupported", "file-damaged", "form-unknown"]), zip(&[Entry::of("mimetype", stored(b"application/vnd.oasis.opendocument.text")), Entry::new("content.xml", b"<office:document-content/>")])),
    ];
    for (file, what, expect, bytes) in cases {
        shelf.put(file, what, expect, bytes);
    }
}
