//! Templates: what the program writes for a county to fill in is what it reads.

use std::path::{Path, PathBuf};

use crate::command_line::junheng;
use crate::harness::*;
use junheng::dataset::County;
use junheng::ingest::cell::Value;
use junheng::ingest::submission::discover;
use junheng::ingest::{FileRead, read_file};
use junheng::pipeline::Pipeline;
use junheng::pipeline::model::{Entity, Form, Kind, Layout, Target, TemplateBook, TemplateSheet};
use junheng::report::book::{Allowed, Book, Cell, Entry, Look, Page, Tone};
use junheng::report::{template_book, xlsx};

const PIPELINES: [&str; 2] = ["quality-2017", "basic-2012"];

fn made(pipeline: &Pipeline, template: &TemplateBook, county: Option<&County>) -> Book {
    template_book::book(pipeline, template, None, county)
}

/// The bytes of a book.
fn written(book: Book) -> Vec<u8> {
    xlsx::write(book, PERIOD, &std::env::temp_dir()).unwrap()
}

/// What the program reads of a book that lies in a county's folder.
fn read_back(pipeline: &Pipeline, book: &Book, place: &str) -> FileRead {
    let folder = fresh(place);
    let own = folder.join("990001-甲县");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("表.xlsx"), written(book.clone())).unwrap();
    let listing = discover(&folder, pipeline.settings.county_digits, &pipeline.limits).unwrap();
    read_file(
        pipeline,
        &listing.submissions[0],
        &junheng::ingest::NoMemory,
    )
}

/// Everything that is said of a file and its sheets, without what is said of an empty one.
fn said(file: &FileRead) -> Vec<String> {
    let tables = file.tables.iter();
    let mut out: Vec<String> = file
        .drafts
        .iter()
        .chain(tables.clone().flat_map(|t| &t.drafts))
        .chain(file.answers.iter().flat_map(|a| &a.drafts))
        .map(|(rule, draft)| format!("{rule} {draft:?}"))
        .collect();
    out.extend(tables.flat_map(|t| &t.notes).map(|n| format!("{n:?}")));
    out
}

/// The forms of the sheets that were read, in order.
fn forms_of<'a>(pipeline: &'a Pipeline, file: &FileRead) -> Vec<&'a str> {
    let tables = file.tables.iter().map(|t| t.form);
    let answers = file.answers.iter().map(|a| a.form);
    let all = tables.chain(answers);
    all.map(|f| pipeline.forms[f].id.as_str()).collect()
}

fn declared<'a>(pipeline: &'a Pipeline, template: &TemplateBook) -> Vec<&'a str> {
    let sheets = template.sheets.iter();
    sheets.map(|s| pipeline.forms[s.form].id.as_str()).collect()
}

#[test]
fn every_form_that_people_fill_in_has_one_template() {
    let by_hand = [
        "school-summary",
        "school-list",
        "county-list",
        "application-1",
        "application-4",
        "application-5",
        "application-6",
        "survey-summary",
        "questionnaire",
        "government-score",
    ];
    for name in PIPELINES {
        let pipeline = named_pipeline(name);
        let templates = &pipeline.templates;
        let mut all: Vec<&str> = templates
            .iter()
            .flat_map(|t| declared(&pipeline, t))
            .collect();
        all.sort_unstable();
        let mut wanted = by_hand;
        wanted.sort_unstable();
        assert_eq!(all, wanted, "{name}");
    }
}

#[test]
fn an_empty_template_is_known_and_nothing_is_said_of_it() {
    for name in PIPELINES {
        let pipeline = named_pipeline(name);
        for template in &pipeline.templates {
            let book = made(&pipeline, template, None);
            let file = read_back(&pipeline, &book, &format!("empty-{name}"));
            assert_eq!(
                forms_of(&pipeline, &file),
                declared(&pipeline, template),
                "{:?}",
                file.drafts
            );
            let empty = |line: &String| line.starts_with("form-empty ");
            let rest: Vec<String> = said(&file).into_iter().filter(|l| !empty(l)).collect();
            assert!(rest.is_empty(), "{name} {}: {rest:#?}", template.id);
        }
    }
}

/// Something that an entry allows, as a person would write it.
fn plausible(book: &Book, blank: &str, entry: &Entry) -> Cell {
    let text = |t: &str| Cell::Text(t.to_string(), Tone::Plain);
    let number = |n: f64| Cell::Number(n, 1, Tone::Plain);
    match (&entry.allowed, &entry.given) {
        (Allowed::Text, Cell::Text(sentence, _)) => text(&sentence.replace(blank, "3")),
        (Allowed::Text, _) => text("某项文字"),
        (Allowed::Code(length), _) => text(&"9".repeat(length.unwrap_or(4))),
        (Allowed::Date, _) => text("2024-09-01"),
        (Allowed::Whole(least, most), _) => {
            let n = if *least > 7 { 2005 } else { 7 };
            assert!(most.is_none_or(|m| n <= m));
            number(f64::from(n))
        }
        (Allowed::Number(..), _) => number(3.5),
        (Allowed::OneOf(choices), _) => text(&choices[0]),
        (
            Allowed::Listed {
                sheet,
                col,
                first,
                last,
            },
            _,
        ) => {
            let page = book.pages.iter().find(|p| p.name == *sheet).unwrap();
            let at = |row: u32| {
                let mut cells = page.cells.iter();
                cells.find(|c| (c.row, c.col) == (row, *col)).unwrap()
            };
            assert!(!at(*last).cell.shown().is_empty());
            let beyond = |c: &&junheng::report::book::Placed| (c.row, c.col) == (last + 1, *col);
            assert!(page.cells.iter().find(beyond).is_none());
            text(&at(*first).cell.shown())
        }
    }
}

/// Fills in the first cell of every entry.
fn filled(book: &Book, blank: &str) -> Book {
    let mut out = book.clone();
    for page in &mut out.pages {
        for entry in &page.entries.clone() {
            let cell = plausible(book, blank, entry);
            page.put(entry.from.0, entry.from.1, cell, Look::Body);
        }
    }
    out
}

/// The value that a filled-in entry stands for, in the unit of the table.
fn wanted(pipeline: &Pipeline, form: &Form, column: usize, unit: Option<usize>) -> Value {
    let column = &pipeline.tables[form.table].columns[column];
    let units = &pipeline.units.list;
    let factor = match (unit, column.unit) {
        (Some(from), Some(to)) => units[from].factor / units[to].factor,
        _ => 1.0,
    };
    match &column.kind {
        Kind::Text => Value::Text("某项文字".to_string().into()),
        Kind::Code(length) => Value::Text("9".repeat(length.unwrap_or(4)).into()),
        Kind::Choice(list) => Value::Text(pipeline.code_lists[list][0].code.clone().into()),
        Kind::YesNo => Value::Bool(true),
        Kind::Year => Value::Number(2005.0),
        Kind::Date => Value::Date(19967),
        Kind::Count => Value::Number(7.0 * factor),
        Kind::Number | Kind::Percent => Value::Number(3.5 * factor),
    }
}

/// The columns that a sheet of rows or items asks for, in the order of its entries, with the unit that it prints.
fn asked(pipeline: &Pipeline, form: &Form, sheet: &TemplateSheet) -> Vec<(usize, Option<usize>)> {
    let table = &pipeline.tables[form.table];
    let fields = sheet.fields(form).into_iter();
    fields
        .filter_map(|f| match form.fields[f].target {
            Target::Column(c) => Some((c, form.fields[f].unit.or(table.columns[c].unit))),
            _ => None,
        })
        // The groups stand there already.
        .filter(|(c, _)| table.entity != Entity::Group(*c) || sheet.labels.is_empty())
        .collect()
}

#[test]
fn everything_that_is_filled_in_is_read_as_it_stands() {
    for name in PIPELINES {
        let pipeline = named_pipeline(name);
        for template in &pipeline.templates {
            let book = made(&pipeline, template, None);
            let book = filled(&book, pipeline.word("blank"));
            let file = read_back(&pipeline, &book, &format!("filled-{name}"));
            assert_eq!(said(&file), Vec::<String>::new(), "{name} {}", template.id);
            assert_eq!(
                forms_of(&pipeline, &file),
                declared(&pipeline, template),
                "{:?}",
                file.drafts
            );
            for (sheet, page) in template.sheets.iter().zip(&book.pages) {
                check_values(&pipeline, sheet, page, &file);
            }
        }
    }
}

fn check_values(pipeline: &Pipeline, sheet: &TemplateSheet, page: &Page, file: &FileRead) {
    let form = &pipeline.forms[sheet.form];
    if form.layout == Layout::Questionnaire {
        let all = &file.answers[0].counties;
        assert_eq!(all.len(), 1);
        let valid: u64 = all[0].groups.iter().map(|g| g.valid).sum();
        assert_eq!((all[0].returned, valid), (1, 1), "{:?}", all[0]);
        return;
    }
    let table = file.tables.iter().find(|t| t.form == sheet.form).unwrap();
    assert_eq!(table.records.len(), 1, "{}", form.id);
    let values = &table.records[0].values;
    let title = |c: usize| &pipeline.tables[form.table].columns[c].title;
    if form.layout == Layout::Statements {
        for s in &form.statements {
            for c in s.text.into_iter().chain(s.claim).chain(s.score) {
                assert!(values[c].is_some(), "{} {}", form.id, title(c));
            }
            for blank in s.sentence.iter().flat_map(|x| &x.blanks) {
                let column = &pipeline.tables[form.table].columns[blank.column];
                let units = &pipeline.units.list;
                let factor = match (blank.unit, column.unit) {
                    (Some(from), Some(to)) => units[from].factor / units[to].factor,
                    _ => 1.0,
                };
                let value = match column.kind {
                    Kind::Choice(_) => Value::Text("3".to_string().into()),
                    _ => Value::Number(3.0 * factor),
                };
                let read = values[blank.column].as_ref();
                assert_eq!(read, Some(&value), "{} {}", form.id, column.title);
            }
        }
        return;
    }
    let asked = asked(pipeline, form, sheet);
    assert_eq!(asked.len(), page.entries.len(), "{}", form.id);
    for (c, unit) in asked {
        let value = wanted(pipeline, form, c, unit);
        assert_eq!(values[c], Some(value), "{} {}", form.id, title(c));
    }
    if let (Entity::Group(key), Some(label)) =
        (pipeline.tables[form.table].entity, sheet.labels.first())
    {
        let read = values[key].as_ref().and_then(Value::text);
        assert_eq!(read, Some("all"), "{label}");
    }
}

#[test]
fn the_same_template_gives_the_same_bytes() {
    let pipeline = pipeline();
    for template in &pipeline.templates {
        let bytes = || written(made(&pipeline, template, None));
        assert!(bytes() == bytes(), "{}", template.id);
    }
}

/// A part of a workbook as text.
pub fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
}

#[test]
fn headers_are_locked_entries_are_not_and_each_says_what_may_stand_there() {
    let pipeline = pipeline();
    for template in &pipeline.templates {
        let book = made(&pipeline, template, None);
        let bytes = written(book.clone());
        for (i, page) in book.pages.iter().enumerate() {
            let xml = part(&bytes, &format!("xl/worksheets/sheet{}.xml", i + 1));
            assert!(xml.contains("<sheetProtection"), "{}", page.name);
            assert!(!xml.contains("password"), "{}", page.name);
            let rules = xml.matches("<dataValidation ").count();
            // Equal rules share a place.
            assert!(rules > 0 || page.entries.is_empty(), "{}", page.name);
            let rows = xml.matches("showInputMessage=\"1\"").count();
            assert_eq!(rows, rules, "{}: each entry has a note", page.name);
            for entry in &page.entries {
                assert!(
                    entry.title.chars().count() + entry.note.chars().count() < 255,
                    "{}",
                    entry.note
                );
                assert!(entry.refusal.chars().count() <= 255, "{}", entry.refusal);
            }
        }
    }
    let summary = &pipeline.templates[0];
    let book = made(&pipeline, summary, None);
    let bytes = written(book);
    let xml = part(&bytes, "xl/worksheets/sheet1.xml");
    for wanted in [
        "type=\"whole\" operator=\"greaterThanOrEqual\"",
        "type=\"decimal\" operator=\"greaterThanOrEqual\"",
        "type=\"textLength\" operator=\"equal\"",
        "<formula1>&quot;是,否&quot;</formula1>",
        "<formula1>'代码'!$A$3:$A$",
        "promptTitle=\"小学在校生数\"",
        "单位:人",
    ] {
        let plain = xml.replace("\"是,否\"", "&quot;是,否&quot;");
        assert!(plain.contains(wanted), "{wanted}");
    }
}

#[test]
fn a_county_is_filled_in_where_it_is_asked_for() {
    let pipeline = pipeline();
    let county = &counties()[0];
    let list = pipeline.templates.iter().find(|t| t.id == "county-list");
    let book = made(&pipeline, list.unwrap(), Some(county));
    let file = read_back(&pipeline, &book, "template-county");
    assert_eq!(said(&file), Vec::<String>::new());
    let form = &pipeline.forms[file.tables[0].form];
    let value = |name: &str| {
        let c = pipeline.tables[form.table].position(name).unwrap();
        let value = file.tables[0].records[0].values[c].clone();
        value.map(|v| v.shown())
    };
    assert_eq!(value("county_code_stated").as_deref(), Some("990001"));
    assert_eq!(value("county_name_stated").as_deref(), Some("甲县"));
    assert_eq!(value("year_stated"), None);
    let summary = made(&pipeline, &pipeline.templates[0], Some(county));
    let mut texts = summary.pages[0].cells.iter().map(|c| c.cell.shown());
    assert!(texts.any(|t| t.contains("甲县") && t.contains("990001")));
}

fn in_folder(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let pipeline = root().join("pipelines/quality-2017");
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_junheng"))
        .arg("template")
        .args(args)
        .args(["--pipeline", pipeline.to_str().unwrap()])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        out.status.code().unwrap(),
        text(out.stdout),
        text(out.stderr),
    )
}

#[test]
fn template_lists_writes_and_refuses() {
    let folder = fresh("template-command");
    let (code, list, _) = in_folder(&folder, &[]);
    assert_eq!(code, 0);
    for wanted in [
        "school-summary",
        "学校汇总表",
        "  application-4",
        "国家申报表 表Ⅳ",
    ] {
        assert!(list.contains(wanted), "{wanted}\n{list}");
    }
    assert!(!list.contains("no [[template]] of the pipeline"), "{list}");
    assert!(list.contains("statistics-2021"), "{list}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);

    let (code, said, _) = in_folder(&folder, &["学校汇总表"]);
    assert_eq!(code, 0);
    assert_eq!(said.trim(), "written: 学校汇总表.xlsx");
    let first = std::fs::read(folder.join("学校汇总表.xlsx")).unwrap();
    let (code, _, wrong) = in_folder(&folder, &["school-summary"]);
    assert_eq!(code, 2);
    assert!(
        wrong.contains("学校汇总表.xlsx is there already; --force writes over it"),
        "{wrong}"
    );
    assert_eq!(in_folder(&folder, &["school-summary", "--force"]).0, 0);
    assert!(first == std::fs::read(folder.join("学校汇总表.xlsx")).unwrap());

    let (code, _, wrong) = in_folder(&folder, &["学校汇总"]);
    assert_eq!(code, 2);
    assert!(wrong.contains("no form or template '学校汇总'"), "{wrong}");
    assert!(wrong.contains("did you mean '学校汇总表'?"), "{wrong}");
    let (code, _, wrong) = in_folder(&folder, &["county-list", "--county", "123456"]);
    assert_eq!(code, 2);
    assert!(
        wrong.contains("--county 123456: no such county in the county list"),
        "{wrong}"
    );
    let (code, _, wrong) = in_folder(&folder, &["--county", "990101"]);
    assert_eq!(code, 2);
    assert!(wrong.contains("--county needs a FORM"), "{wrong}");

    // One form of a template of several, into a folder, for a county.
    let args = ["application-4", "--county", "990101", "-o", "some/forms/"];
    let (code, said, _) = in_folder(&folder, &args);
    assert_eq!(code, 0);
    let name = "some/forms/990101-澄溪县-国家申报表 表Ⅳ.xlsx";
    assert_eq!(said.trim(), format!("written: {name}"));
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let sheets = read(&bytes).unwrap();
    assert_eq!(sheets[0].grid.name, "表Ⅳ");
    assert_eq!(sheets.len(), 2);

    // A file of its own name; then all, of which none is written when one is there.
    assert_eq!(
        in_folder(&folder, &["county-list", "-o", "some/a.xlsx"]).0,
        0
    );
    assert!(folder.join("some/a.xlsx").is_file());
    let (code, _, wrong) = in_folder(&folder, &["-o", "."]);
    assert_eq!(code, 2);
    assert!(wrong.contains("is there already"), "{wrong}");
    let (code, said, _) = in_folder(&folder, &["-o", "all"]);
    assert_eq!(code, 0);
    let all = std::fs::read_dir(folder.join("all")).unwrap().count();
    assert_eq!(said.lines().count(), all);
    assert_eq!(all, pipeline().templates.len());
    let (code, _, wrong) = in_folder(&folder, &["county-list", "-o", "nowhere/a.xlsx"]);
    assert_eq!(code, 70);
    assert!(
        wrong.contains("nowhere/a.xlsx cannot be written"),
        "{wrong}"
    );
}

/// A copy of the pipelines of 2017.
fn copied(place: &str) -> PathBuf {
    let base = fresh(place);
    for folder in ["common", "quality-2017"] {
        let to = base.join(folder);
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(root().join("pipelines").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
    base
}

#[test]
fn a_form_without_a_template_is_said() {
    let base = copied("template-none");
    let path = base.join("common/template.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (from, to) = (
        "[[template]]\nid = \"survey-summary\"",
        "# For questionnaires",
    );
    let cut = text.find(from).unwrap()..text.find(to).unwrap();
    let less = text.replace(&text[cut], "");
    std::fs::write(&path, &less).unwrap();
    let pipeline = base.join("quality-2017");
    let pipeline = pipeline.to_str().unwrap();
    let list = junheng(&["template", "--pipeline", pipeline]);
    assert!(
        list.stdout
            .contains("survey-summary      满意度汇总 (no template: no [[template]]"),
        "{}",
        list.stdout
    );
    let why = "[[no_template]]\nforms = [\"survey-summary\"]\nwhy = \"由系统导出\"\n";
    std::fs::write(&path, format!("{why}{less}")).unwrap();
    let list = junheng(&["template", "--pipeline", pipeline]);
    assert!(
        list.stdout.contains("满意度汇总 (no template: 由系统导出)"),
        "{}",
        list.stdout
    );
    let one = junheng(&["template", "满意度汇总", "--pipeline", pipeline]);
    assert_eq!(one.code, 2);
    assert!(
        one.stderr
            .contains("form '满意度汇总' has no template: 由系统导出"),
        "{}",
        one.stderr
    );
}

#[test]
fn mistakes_in_templates_are_shown_at_their_place() {
    let mistakes: [(&str, &str, &str); 11] = [
        (
            "form = \"county-list\"",
            "form = \"county-lst\"",
            "'county-lst' is not a form",
        ),
        (
            "name = \"区县填报表\"",
            "name = \"填表说明\"",
            "two sheets have the name '填表说明'",
        ),
        ("rows = 300", "rows = 0", "a template without a row"),
        ("rows = 1000\n", "", "a template of this form needs `rows`"),
        (
            "units = \"row\"",
            "units = \"rows\"",
            "'rows' is not a place of units",
        ),
        (
            "leave_out = [\"county_code\", \"county_name\"]\nsections",
            "leave_out = [\"school_name\"]\nsections",
            "the form needs 'school_name'",
        ),
        (
            "from = \"students_primary\", title = \"学生\" }",
            "from = \"remark\", title = \"学生\" }",
            "sections stand in the order of the form",
        ),
        (
            "graduates = \"初中填写\"",
            "graduate = \"初中填写\"",
            "the form has no field 'graduate'",
        ),
        (
            "\"其中：家长\"",
            "\"其中：邻居\"",
            "'其中：邻居' is no group of this form",
        ),
        (
            "header = \"您的身份\"",
            "header = \"谁\"",
            "'谁' is no header of the role identity",
        ),
        (
            "form = \"application-5\"",
            "form = \"application-4\"",
            "form 'application-4' has a template already",
        ),
    ];
    for (n, (old, new, message)) in mistakes.iter().enumerate() {
        let base = copied(&format!("template-mistake-{n}"));
        let path = base.join("common/template.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{old}");
        std::fs::write(&path, text.replacen(old, new, 1)).unwrap();
        let error = junheng::pipeline::load(&base.join("quality-2017")).unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(message), "no `{message}` in\n{shown}");
        assert!(shown.contains("common/template.toml:"), "{shown}");
    }
}
