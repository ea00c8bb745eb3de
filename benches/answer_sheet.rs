//! What all invented files of raw questionnaires have in common: 14 columns as survey platforms export them, the scale of the
//! answers, and the workbook around a sheet. Who answers what is drawn elsewhere.

use std::io::{self, Seek, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub const HEADERS: [&str; 14] = [
    "序号",
    "提交答卷时间",
    "所用时间",
    "来源",
    "来自IP",
    "1、您所在的县（市、区）",
    "2、您的身份",
    "3、孩子就读或您任职的学校",
    "4、学校规划布局与就近入学",
    "5、师资均衡配置",
    "6、规范办学行为",
    "7、素质教育与减负",
    "8、教育质量",
    "9、对本县义务教育的总体评价",
];
/// From the best to the worst, and no answer.
pub const SCALE: [&str; 6] = [
    "非常满意",
    "满意",
    "基本满意",
    "不满意",
    "非常不满意",
    "不了解",
];

/// Writes a workbook with one sheet, whose XML `sheet` writes as it goes. `level` is that of deflate; the same parts have the
/// same bytes, for no part carries a time.
pub fn workbook<W: Write + Seek>(
    target: W,
    level: Option<i64>,
    shared_strings: Option<&str>,
    sheet: impl FnOnce(&mut ZipWriter<W>) -> io::Result<()>,
) -> io::Result<W> {
    let mut zip = ZipWriter::new(target);
    let options = SimpleFileOptions::default()
        .compression_level(level)
        .last_modified_time(zip::DateTime::default());
    let (kind, relation) = match shared_strings {
        Some(_) => (SHARED_KIND, SHARED_RELATION),
        None => ("", ""),
    };
    let parts = [
        (
            "[Content_Types].xml",
            format!("{DECLARATION}{KINDS}{kind}</Types>"),
        ),
        ("_rels/.rels", format!("{DECLARATION}{ROOT}")),
        ("xl/workbook.xml", format!("{DECLARATION}{BOOK}")),
        (
            "xl/_rels/workbook.xml.rels",
            format!("{DECLARATION}{RELATIONS}{relation}</Relationships>"),
        ),
    ];
    for (name, text) in parts {
        zip.start_file(name, options)?;
        zip.write_all(text.as_bytes())?;
    }
    if let Some(text) = shared_strings {
        zip.start_file("xl/sharedStrings.xml", options)?;
        zip.write_all(text.as_bytes())?;
    }
    zip.start_file("xl/worksheets/sheet1.xml", options)?;
    sheet(&mut zip)?;
    Ok(zip.finish()?)
}

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
const KINDS: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#;
const SHARED_KIND: &str = r#"<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>"#;
const ROOT: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>"#;
const SHARED_RELATION: &str = r#"<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>"#;
