//! Makes submissions from text and shows results as text, so that tests are data.
//!
//! An input text has sections, each one sheet of one file:
//!
//! ```text
//! pipeline basic-2012                 (before the sections; quality-2017 without it)
//! counties 16 300000                  (so many counties, residents of each; two counties without it)
//! patch common/survey.toml: rate = "pooled" => rate = "score"      (\n in the new text breaks the line)
//! ## 990001-甲县/学校汇总表.xlsx ! summary 211 311 312
//! 1.students_primary = '727          (school 1; ' makes text; = alone an empty cell)
//! header.school_media_rooms = 多媒体设备间
//! total.students_primary = 900
//! ## 990001-甲县/区县填报表.xlsx ! county
//! teacher_pay = 120536
//! ## 990001-甲县/学校/一校.xlsx ! school 312
//! ## 990001-甲县/其他.xlsx ! grid Sheet1
//! 学校名称 | 在校学生数
//! ## 990001-甲县/坏.xlsx ! text
//! not a workbook
//! ```
//!
//! A line `copies` before the sections leaves the rules about copied rows on: made schools are all alike. What stands after a
//! line `# last year` is what was sent the year before.
//!
//! `answers` writes a text file of questionnaires: fields between `|`; a line that begins with `40 x ` stands 40 times, with
//! `{n}` for the number of its row and `{time}` for a second of its own.
//!
//! `summary`, `county` and `school` write the whole form, filled with figures that meet every limit. `statements FORM`
//! writes a form of sentences with its blanks empty; `4 = …` and `4.claim = …` fill in its fourth answer and verdict,
//! `4.item = …` puts another text for its item, `4.score = …` a score.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use junheng::dataset::County;
use junheng::ingest::submission::discover;
use junheng::pipeline::Pipeline;
use junheng::pipeline::model::{Form, Kind, Target};
use junheng::results::Results;
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

pub const PERIOD: i64 = 2024;

/// The result of formulas whose result is then taken out of the file.
const NOT_CACHED: &str = "123456789";

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The pipeline under test.
pub fn pipeline() -> Pipeline {
    named_pipeline("quality-2017")
}

/// A pipeline of the repository.
pub fn named_pipeline(name: &str) -> Pipeline {
    junheng::pipeline::load(&root().join("pipelines").join(name)).unwrap()
}

/// The sheets of a file, by the pipeline under test.
pub fn read(
    bytes: &[u8],
) -> Result<Vec<junheng::ingest::workbook::SheetRead>, junheng::ingest::formats::ReadError> {
    static PIPELINE: std::sync::OnceLock<Pipeline> = std::sync::OnceLock::new();
    let book = junheng::ingest::workbook::read(PIPELINE.get_or_init(pipeline), bytes, "Sheet1")?;
    Ok(book.sheets)
}

/// What a file of a county comes to: tables and findings, by the pipeline under test.
pub fn whole_file(bytes: &[u8]) -> junheng::ingest::FileRead {
    static PIPELINE: std::sync::OnceLock<Pipeline> = std::sync::OnceLock::new();
    static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("whole-file");
    std::fs::create_dir_all(&folder).unwrap();
    let absolute = folder.join(format!("{number}.csv"));
    std::fs::write(&absolute, bytes).unwrap();
    let submission = junheng::ingest::submission::Submission {
        path: "990001-甲县/表.csv".to_string(),
        absolute: absolute.clone(),
        member: Vec::new(),
        folder: None,
        modified: 0,
    };
    let mut file = junheng::ingest::read_file(
        PIPELINE.get_or_init(pipeline),
        &submission,
        &junheng::ingest::NoMemory,
    );
    // When it was written says nothing about what was read.
    file.stamp = None;
    file.submission.absolute = PathBuf::new();
    std::fs::remove_file(absolute).unwrap();
    file
}

/// A fresh folder below cargo's own place for tests.
pub fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if path.exists() {
        std::fs::remove_dir_all(&path).unwrap();
    }
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Writes the submissions of an input text below a folder.
pub fn write_input(pipeline: &Pipeline, text: &str, folder: &Path) {
    let mut books: Vec<(String, Workbook)> = Vec::new();
    for section in text.split("## ").skip(1) {
        let (head, body) = section.split_once('\n').unwrap_or((section, ""));
        let (path, what) = head.split_once(" ! ").unwrap();
        let (kind, rest) = what.trim().split_once(' ').unwrap_or((what.trim(), ""));
        let target = folder.join(path.trim());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        if kind == "made" {
            std::fs::write(&target, made(rest)).unwrap();
            continue;
        }
        if write_bytes(kind, body, &target) {
            continue;
        }
        if books.last().is_none_or(|(p, _)| p != path.trim()) {
            books.push((path.trim().to_string(), Workbook::new()));
        }
        let book = &mut books.last_mut().unwrap().1;
        let sheet = book.add_worksheet();
        match kind {
            "summary" => summary(pipeline, rest, body, sheet),
            "county" => list(pipeline, "county-list", rest, body, sheet),
            "school" => list(pipeline, "school-list", rest, body, sheet),
            "statements" => statements(pipeline, rest, body, sheet),
            "grid" | "hidden" => {
                if !rest.is_empty() {
                    sheet.set_name(rest).unwrap();
                }
                grid(body, sheet);
                if kind == "hidden" {
                    sheet.set_hidden(true);
                }
            }
            other => panic!("no kind {other}"),
        }
    }
    for (path, mut book) in books {
        let bytes = book.save_to_buffer().unwrap();
        let result = format!("<v>{NOT_CACHED}</v>");
        let bytes = rewrite_part(&bytes, "xl/worksheets/sheet1.xml", |xml| {
            xml.replace(&result, "")
        });
        std::fs::write(folder.join(path), bytes).unwrap();
    }
}

/// One of the odd files, by its name.
fn made(name: &str) -> Vec<u8> {
    static FILES: std::sync::OnceLock<Vec<crate::hostile::Hostile>> = std::sync::OnceLock::new();
    let files = FILES.get_or_init(|| crate::hostile::files(0.0005));
    let file = files.iter().find(|f| f.name == name);
    file.unwrap_or_else(|| panic!("no file {name}"))
        .bytes
        .clone()
}

/// Files that are no workbooks of ours.
fn write_bytes(kind: &str, body: &str, target: &Path) -> bool {
    let ole = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    let bytes = match kind {
        "text" => body.as_bytes().to_vec(),
        "answers" => answers(body).into_bytes(),
        "xls" => [&ole[..], &[0u8; 600]].concat(),
        "huge" => {
            let file = std::fs::File::create(target).unwrap();
            file.set_len((100 << 20) + 1).unwrap();
            return true;
        }
        "truncated" => {
            let mut book = Workbook::new();
            book.add_worksheet().write_string(0, 0, "x").unwrap();
            let whole = book.save_to_buffer().unwrap();
            whole[..whole.len() / 2].to_vec()
        }
        // A workbook whose sheet breaks off behind its first cells.
        "broken-sheet" => broken_sheet(body),
        _ => return false,
    };
    std::fs::write(target, bytes).unwrap();
    true
}

/// Questionnaires as text with commas.
fn answers(body: &str) -> String {
    let mut out = String::new();
    let mut number = 0;
    for line in body.lines().filter(|l| !l.trim().is_empty()) {
        let (count, fields) = line
            .split_once(" x ")
            .and_then(|(n, rest)| Some((n.trim().parse().ok()?, rest)))
            .unwrap_or((1, line));
        for _ in 0..count {
            let second = number * 7;
            let time = format!(
                "2024/11/{:02} {:02}:{:02}:{:02}",
                1 + second / 86_400,
                second / 3600 % 24,
                second / 60 % 60,
                second % 60
            );
            let fields: Vec<String> = fields
                .split('|')
                .map(|f| {
                    f.trim()
                        .replace("{n}", &number.to_string())
                        .replace("{time}", &time)
                })
                .collect();
            out.push_str(&fields.join(","));
            out.push('\n');
            number += 1;
        }
    }
    out
}

fn broken_sheet(body: &str) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    grid(body, sheet);
    sheet.write_number(60, 0, 123_456.0).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    rewrite_part(&bytes, "xl/worksheets/sheet1.xml", |xml| {
        xml.replace(
            "<c r=\"A61\"><v>123456</v>",
            "<c r=\"A61\" t=\"zz\"><v>1</v>",
        )
    })
}

/// A zip with one part changed.
pub fn rewrite_part(bytes: &[u8], name: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for i in 0..archive.len() {
        let mut part = archive.by_index(i).unwrap();
        let part_name = part.name().unwrap().into_owned();
        let mut text = Vec::new();
        part.read_to_end(&mut text).unwrap();
        if part_name == name {
            text = change(&String::from_utf8(text).unwrap()).into_bytes();
        }
        out.start_file(part_name, options).unwrap();
        out.write_all(&text).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn put(sheet: &mut Worksheet, row: u32, col: u16, text: &str) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    if let Some(plain) = text.strip_prefix('\'') {
        sheet.write_string(row, col, plain).unwrap();
    } else if text.starts_with('#') {
        let error = Formula::new("=NA()").set_result(text);
        sheet.write_formula(row, col, error).unwrap();
    } else if let Some(formula) = text.strip_prefix('=') {
        sheet
            .write_formula(row, col, Formula::new(formula).set_result(NOT_CACHED))
            .unwrap();
    } else if let Some(percent) = text.strip_suffix("%%") {
        let format = Format::new().set_num_format("0.00%");
        let value: f64 = percent.parse().unwrap();
        sheet
            .write_number_with_format(row, col, value, &format)
            .unwrap();
    } else if let Ok(number) = text.parse::<f64>() {
        sheet.write_number(row, col, number).unwrap();
    } else {
        sheet
            .write_string(row, col, text.replace("\\n", "\n"))
            .unwrap();
    }
}

fn grid(body: &str, sheet: &mut Worksheet) {
    for (r, line) in body.lines().enumerate() {
        if let Some(range) = line.strip_prefix("merge ") {
            let (place, text) = range.split_once(" : ").unwrap_or((range, ""));
            let n: Vec<u32> = place.split(' ').map(|x| x.parse().unwrap()).collect();
            let col = |i: usize| u16::try_from(n[i]).unwrap();
            sheet
                .merge_range(n[0], col(1), n[2], col(3), text, &Format::new())
                .unwrap();
            continue;
        }
        for (c, cell) in line.split('|').enumerate() {
            put(
                sheet,
                u32::try_from(r).unwrap(),
                u16::try_from(c).unwrap(),
                cell,
            );
        }
    }
}

fn overrides(body: &str) -> BTreeMap<String, String> {
    body.lines()
        .filter(|l| !l.trim().is_empty())
        .map(|l| {
            let (key, value) = l.split_once('=').unwrap();
            (key.trim().to_string(), value.trim().to_string())
        })
        .collect()
}

fn column_name(pipeline: &Pipeline, form: &Form, target: Target) -> String {
    match target {
        Target::Column(c) => pipeline.tables[form.table].columns[c].name.clone(),
        Target::CountyCode => "county_code".to_string(),
        Target::CountyName => "county_name".to_string(),
        Target::Counted => "school_counted".to_string(),
        Target::Revoked => "school_revoked".to_string(),
    }
}

/// A good figure for a column of a school of some type; empty where the type does not have the stage.
fn good(pipeline: &Pipeline, form: &Form, target: Target, kind: &str, number: usize) -> String {
    let Target::Column(c) = target else {
        return String::new();
    };
    let column = &pipeline.tables[form.table].columns[c];
    let types = &pipeline.school_types;
    let stages = types
        .iter()
        .find(|t| t.code == kind)
        .map_or(vec![], |t| t.stages.clone());
    let name = column.name.as_str();
    if column.stage.is_some_and(|s| !stages.contains(&s)) {
        return String::new();
    }
    let whole = (stages.len().max(1)) as f64;
    let times = |x: f64| junheng::text::number(x * whole);
    let base = name
        .trim_end_matches("_primary")
        .trim_end_matches("_junior")
        .trim_end_matches("_senior");
    let prefix = match kind {
        "211" | "218" => "21",
        "341" | "345" => "34",
        "511" => "51",
        _ => "31",
    };
    match base {
        "school_code" => format!("'{prefix}99{number:06}"),
        "school_name" => format!("第{number}学校"),
        "school_type" => format!("'{kind}"),
        "sponsor" => "'7".to_string(),
        "urban_rural" => "'111".to_string(),
        "township" => "城关镇".to_string(),
        "students" => "500".to_string(),
        "classes" => "12".to_string(),
        "class_41_45" => "12".to_string(),
        "classes_whole" | "class_41_45_whole" => times(12.0),
        "teachers" | "certified" | "trained" => "40".to_string(),
        "teachers_whole" | "certified_whole" | "trained_whole" => times(40.0),
        "college" => "8".to_string(),
        "bachelor" => "26".to_string(),
        "master" => "4".to_string(),
        "backbone" => "8".to_string(),
        "backbone_whole" => times(8.0),
        "pe" => "4".to_string(),
        "music" | "fine_art" => "2".to_string(),
        "pe_whole" => times(4.0),
        "music_whole" | "fine_art_whole" => times(2.0),
        "school_teaching_area" => times(4000.0),
        "school_indoor_sports_area" => times(300.0),
        "school_gymnasium_area" => times(300.0),
        "school_sports_ground_area" => times(5500.0),
        "school_equipment_value" => times(150.0),
        "school_media_rooms" => times(15.0),
        "school_books" => times(10000.0),
        "school_computers" => times(60.0),
        "senior_title" => "16".to_string(),
        "catchment" => "500".to_string(),
        "music_rooms_ge96" | "fine_art_rooms_ge90" | "music_rooms" | "fine_art_rooms" => times(2.0),
        "public_funds_budget" | "public_funds_final" => times(60.0),
        "training_funds_budget" | "training_funds_final" => times(3.0),
        "graduates" | "entrants_3y_ago" => "160".to_string(),
        "migrant_students" => "0".to_string(),
        "built_year" => "2005".to_string(),
        "built_by_2010" | "built_by_2016" => "是".to_string(),
        _ => match column.kind {
            Kind::Count | Kind::Number => "0".to_string(),
            Kind::YesNo => "否".to_string(),
            _ => String::new(),
        },
    }
}

fn summary(pipeline: &Pipeline, rest: &str, body: &str, sheet: &mut Worksheet) {
    let form = pipeline
        .forms
        .iter()
        .find(|f| f.id == "school-summary")
        .unwrap();
    let changes = overrides(body);
    let mut words: Vec<&str> = rest.split_whitespace().collect();
    if let Some(name) = words.first().and_then(|w| w.strip_prefix('@')) {
        sheet.set_name(name).unwrap();
        words.remove(0);
    }
    sheet
        .write_string(0, 0, "县义务教育学校数据汇总表")
        .unwrap();
    let fields: Vec<_> = form
        .fields
        .iter()
        .filter(|f| matches!(f.target, Target::Column(_)))
        .collect();
    for (c, field) in fields.iter().enumerate() {
        let col = u16::try_from(c).unwrap();
        let name = column_name(pipeline, form, field.target);
        let change = |what: &str| changes.get(&format!("{what}.{name}"));
        let (group, leaf) = field.title.split_once('/').unwrap_or(("", &field.title));
        put(sheet, 1, col, group);
        put(sheet, 2, col, change("header").map_or(leaf, String::as_str));
        let Target::Column(i) = field.target else {
            continue;
        };
        let unit = field.unit.or(pipeline.tables[form.table].columns[i].unit);
        let unit = unit.map_or("", |u| pipeline.units.list[u].name.as_str());
        put(sheet, 3, col, change("unit").map_or(unit, String::as_str));
        for (r, kind) in words.iter().enumerate() {
            let key = format!("{}.{name}", r + 1);
            let default = good(pipeline, form, field.target, kind, r + 1);
            let value = changes.get(&key).cloned().unwrap_or(default);
            put(sheet, 4 + u32::try_from(r).unwrap(), col, &value);
        }
        let total = 4 + u32::try_from(words.len()).unwrap();
        if let Some(value) = change("total") {
            put(sheet, total, col, value);
        }
    }
    let row = 4 + u32::try_from(words.len()).unwrap();
    if changes.keys().any(|k| k.starts_with("total.")) {
        sheet.write_string(row, 0, "合计").unwrap();
    }
    if let Some(note) = changes.get("note") {
        put(sheet, row + 1, 0, note);
    }
    if let Some(extra) = changes.get("extra") {
        let col = u16::try_from(fields.len()).unwrap();
        put(sheet, 2, col, extra);
        put(sheet, 4, col, "7");
    }
    if let Some(unnamed) = changes.get("unnamed") {
        put(sheet, row + 2, 9, unnamed);
        put(sheet, row + 2, 10, unnamed);
    }
}

fn county_good(name: &str) -> &'static str {
    match name {
        "county_name_stated" => "甲县",
        "county_code_stated" => "'990001",
        "year_stated" => "2024",
        "funding_standard_primary" => "850",
        "funding_standard_junior" => "1050",
        "teacher_pay" => "11.2",
        "civil_servant_pay" => "10.1",
        "rotation_eligible" => "479",
        "rotation_teachers" => "126",
        "rotation_backbone" => "33",
        "senior_quota_total" => "2580",
        "senior_quota_allocated" => "1743",
        "senior_quota_rural" => "500",
        "disabled_children" => "378",
        "disabled_enrolled" => "365",
        _ => "0",
    }
}

fn list(pipeline: &Pipeline, id: &str, rest: &str, body: &str, sheet: &mut Worksheet) {
    let form = pipeline.forms.iter().find(|f| f.id == id).unwrap();
    let changes = overrides(body);
    for (c, head) in ["序号", "类别", "填报项目", "单位", "填报值", "是否必填"]
        .iter()
        .enumerate()
    {
        sheet
            .write_string(0, u16::try_from(c).unwrap(), *head)
            .unwrap();
    }
    for (r, field) in form.fields.iter().enumerate() {
        let row = u32::try_from(r).unwrap() + 1;
        let name = column_name(pipeline, form, field.target);
        let Target::Column(i) = field.target else {
            continue;
        };
        let title = changes
            .get(&format!("header.{name}"))
            .unwrap_or(&field.title);
        let unit = field.unit.or(pipeline.tables[form.table].columns[i].unit);
        let unit = unit.map_or("", |u| pipeline.units.list[u].name.as_str());
        let unit = changes
            .get(&format!("unit.{name}"))
            .map_or(unit, String::as_str);
        put(sheet, row, 2, title);
        put(sheet, row, 3, unit);
        let default = if id == "county-list" {
            county_good(&name).to_string()
        } else {
            good(pipeline, form, field.target, rest.trim(), 90)
        };
        put(sheet, row, 4, changes.get(&name).unwrap_or(&default));
    }
}

fn statements(pipeline: &Pipeline, id: &str, body: &str, sheet: &mut Worksheet) {
    let form = pipeline.forms.iter().find(|f| f.id == id.trim()).unwrap();
    let changes = overrides(body);
    put(sheet, 0, 0, &form.title);
    for (c, list) in [
        &form.item_header,
        &form.value_header,
        &form.verdict_header,
        &form.score_header,
    ]
    .into_iter()
    .enumerate()
    {
        let head = list.first().map_or("", String::as_str);
        put(sheet, 1, u16::try_from(c).unwrap(), head);
    }
    for (r, s) in form.statements.iter().enumerate() {
        let row = u32::try_from(r).unwrap() + 2;
        let change = |what: &str| changes.get(&format!("{}{what}", s.number));
        let item = format!("{}. {}", s.number, s.item);
        put(sheet, row, 0, change(".item").unwrap_or(&item));
        let blank = s
            .sentence
            .as_ref()
            .map_or(String::new(), |x| x.texts.join("\u{ff3f}\u{ff3f}"));
        put(sheet, row, 1, change("").unwrap_or(&blank));
        put(sheet, row, 2, change(".claim").map_or("", String::as_str));
        put(sheet, row, 3, change(".score").map_or("", String::as_str));
    }
}

/// Two counties that must report, for tests.
pub fn counties() -> Vec<County> {
    [("990001", "甲县", "东市"), ("990002", "乙县", "西市")]
        .into_iter()
        .map(|(code, name, prefecture)| County {
            code: code.to_string(),
            name: name.to_string(),
            prefecture: prefecture.to_string(),
            resident_population: None,
            listed: true,
            received: false,
        })
        .collect()
}

/// So many counties, with so many residents each.
pub fn many_counties(count: usize, residents: Option<f64>) -> Vec<County> {
    (1..=count)
        .map(|n| County {
            code: format!("99{n:04}"),
            name: match n {
                1 => "甲县".to_string(),
                2 => "乙县".to_string(),
                _ => format!("第{n}县"),
            },
            prefecture: "东市".to_string(),
            resident_population: residents,
            listed: true,
            received: false,
        })
        .collect()
}

/// A copy of the pipelines with texts replaced: file, old, new.
pub fn patched_pipeline(place: &str, name: &str, patches: &[(&str, &str, &str)]) -> Pipeline {
    let copy = fresh(&format!("pipelines-{place}"));
    for entry in std::fs::read_dir(root().join("pipelines")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let target = copy.join(folder.file_name().unwrap());
        std::fs::create_dir_all(&target).unwrap();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, target.join(path.file_name().unwrap())).unwrap();
        }
    }
    for (file, old, new) in patches {
        let path = copy.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file} has no {old}");
        let new = new.replace("\\n", "\n");
        std::fs::write(&path, text.replacen(old, &new, 1)).unwrap();
    }
    junheng::pipeline::load(&copy.join(name)).unwrap()
}

/// Reads and computes everything below an input folder.
pub fn compute(pipeline: &Pipeline, folder: &Path, counties: Vec<County>) -> Results {
    compute_year(pipeline, folder, counties, PERIOD)
}

/// The same for another year.
pub fn compute_year(
    pipeline: &Pipeline,
    folder: &Path,
    counties: Vec<County>,
    period: i64,
) -> Results {
    compute_after(pipeline, folder, counties, period, None)
}

/// The same with last year's results to compare with.
pub fn compute_after(
    pipeline: &Pipeline,
    folder: &Path,
    counties: Vec<County>,
    period: i64,
    last_year: Option<&junheng::last_year::LastYear>,
) -> Results {
    let listing = discover(folder, pipeline.settings.county_digits, &pipeline.limits).unwrap();
    let files: Vec<_> = listing
        .submissions
        .iter()
        .map(|s| junheng::ingest::read_file(pipeline, s, &junheng::ingest::NoMemory))
        .collect();
    let given = junheng::dataset::Given {
        pipeline,
        period,
        counties,
        only: &[],
    };
    let (dataset, findings) = junheng::dataset::assemble(given, &files).unwrap();
    let mut results =
        junheng::results::compute(pipeline, dataset, findings, period, last_year).unwrap();
    junheng::followup::follow(pipeline, &mut results, None, &[], period);
    results
}

/// A finding as one line.
pub fn finding_line(f: &junheng::finding::Finding) -> String {
    let part = |x: &Option<String>| x.clone().unwrap_or_else(|| "-".to_string());
    format!(
        "{} {} {} | {}!{}!{} | {} | {}",
        f.severity.word(),
        f.rule,
        part(&f.county_code),
        part(&f.place.file),
        part(&f.place.sheet),
        part(&f.place.cell),
        f.message,
        f.remedy,
    )
}

/// The criteria that have a figure or a verdict.
fn show_criteria(pipeline: &Pipeline, results: &Results) -> String {
    let mut out = String::new();
    let number = |x: Option<f64>| {
        x.map_or("-".to_string(), |x| {
            junheng::text::number((x * 1e6).round() / 1e6)
        })
    };
    for r in &results.criteria {
        let criterion = &pipeline.criteria[r.criterion];
        let code = &results.dataset.counties[r.county].code;
        if !results.dataset.counties[r.county].received {
            continue;
        }
        out.push_str(&format!(
            "criterion {code} {} {} {}{}\n",
            criterion.id,
            r.verdict.word(),
            r.basis.map_or("-", |b| b.word()),
            r.points
                .map_or(String::new(), |p| format!(" points {}", number(Some(p)))),
        ));
        for (f, x) in criterion.figures.iter().zip(&r.figures) {
            if x.applies && (x.value.is_some() || x.numerator.is_some()) {
                out.push_str(&format!(
                    "  {} {} = {} / {} stated {} limit {} {}\n",
                    f.id,
                    number(x.value),
                    number(x.numerator),
                    number(x.denominator),
                    number(x.stated),
                    number(x.limit.map(|l| l.value)),
                    x.verdict.map_or("-", |v| v.word()),
                ));
            }
        }
        for (k, x) in criterion.checks.iter().zip(&r.checks) {
            if x.count > 0 || x.failing.is_some() {
                out.push_str(&format!(
                    "  {} failing {} of {} unknown {} {}\n",
                    k.id,
                    number(x.failing),
                    x.count,
                    x.unknown().count(),
                    x.verdict.map_or("-", |v| v.word()),
                ));
            }
        }
    }
    out
}

/// Results as text: findings, unit values, balances, verdicts.
pub fn show(pipeline: &Pipeline, results: &Results) -> String {
    let mut out = String::new();
    for f in &results.findings {
        out.push_str(&format!("finding {}\n", finding_line(f)));
    }
    let table = pipeline.table("school").unwrap();
    let rows = &results.dataset.tables[table].rows;
    for (u, unit) in results.units.list.iter().enumerate() {
        let row = &rows[unit.school];
        let values: Vec<String> = results
            .values
            .iter()
            .filter(|v| v.unit() == u && v.limit().is_some())
            .map(|v| {
                let value = v.value().map_or("-".to_string(), |x| {
                    junheng::text::number((x * 1e6).round() / 1e6)
                });
                format!("{value} {}", v.met.map_or("-", |m| m.word()))
            })
            .collect();
        let verdict = results
            .unit_verdicts
            .iter()
            .find(|v| v.unit == u)
            .map_or("not counted".to_string(), |v| v.verdict.word().to_string());
        out.push_str(&format!(
            "unit {} {} {} students {} | {} | {verdict}\n",
            row.county_code,
            row.key,
            pipeline.stages[unit.stage].id,
            unit.students.map_or("-".to_string(), junheng::text::number),
            values.join(", "),
        ));
    }
    for b in &results.balances {
        let number = |x: Option<f64>| x.map_or("-".to_string(), |x| format!("{x:.10}"));
        out.push_str(&format!(
            "balance {} {} {} units {} missing {} mean {} sd {} cv {} unweighted {} {}\n",
            b.county_code,
            pipeline.stages[b.stage].id,
            pipeline.indicators[b.indicator].id,
            b.units,
            b.units_missing,
            number(b.spread.map(|s| s.mean)),
            number(b.spread.map(|s| s.sd)),
            number(b.cv),
            number(b.spread.and_then(|s| s.cv_unweighted)),
            b.verdict.map_or("-", |v| v.word()),
        ));
    }
    out.push_str(&show_criteria(pipeline, results));
    for v in &results.verdicts {
        out.push_str(&format!(
            "verdict {} {} {} margin {}\n",
            v.county_code,
            v.part.word(),
            v.verdict.word(),
            v.margin.map_or("-".to_string(), |m| format!("{m:.6}")),
        ));
        for reason in &v.reasons {
            out.push_str(&format!("  {reason}\n"));
        }
        for flip in &v.flips {
            let gap = if flip.gap.is_finite() {
                format!("{:.4}", flip.gap)
            } else {
                "-".to_string()
            };
            out.push_str(&format!("  ~ {gap} {}\n", flip.text));
        }
    }
    out
}
