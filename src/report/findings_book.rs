//! 问题清单: every finding, by county and all together, with a link to its cell; and the inventory of all rules.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::book::{Book, Cell, Head, Sheet, Tone};
use crate::finding::{Finding, Severity};

/// Makes the book.
pub fn book(context: &Context<'_>) -> Book {
    let all = all(context);
    Book {
        title: context.pipeline.phrase(
            "book_findings",
            &[
                ("title", &context.pipeline.title),
                ("period", &context.period.to_string()),
            ],
        ),
        font: context.word("font"),
        pages: Vec::new(),
        sheets: vec![
            super::board_sheet::sheet(context),
            counties(context, &all),
            all,
            inventory(context),
        ],
    }
}

fn named(context: &Context<'_>, key: &str, columns: Vec<Head>, frozen: u16) -> Sheet {
    Sheet {
        filter: true,
        ..context.sheet(key, columns, frozen)
    }
}

fn severity(context: &Context<'_>, severity: Severity) -> Cell {
    let (key, tone) = match severity {
        Severity::Error => ("severity_error", Tone::Bad),
        Severity::Query => ("severity_query", Tone::Middle),
        Severity::Info => ("severity_info", Tone::Pale),
    };
    Cell::Text(context.word(key), tone)
}

/// One line a county with a link to its first finding.
fn counties(context: &Context<'_>, all: &Sheet) -> Sheet {
    let w = |key: &str| context.word(key);
    let r = context.results;
    let mut s = named(
        context,
        "sheet_findings_by_county",
        vec![
            Head::new(w("head_county_code")),
            Head::new(w("head_county")).wide(20),
            Head::new(w("head_prefecture")),
            Head::new(w("head_files")).wide(10),
            Head::new(w("head_errors")).wide(10),
            Head::new(w("head_queries")).wide(10),
            Head::new(w("head_infos")).wide(10),
            Head::new(w("head_most_frequent")).wide(70),
        ],
        2,
    );
    s.notes = vec![w("note_findings_by_county")];
    let header = 1 + all.notes.len() + 2;
    let link = |code: Option<&str>, text: &str| -> Cell {
        match r
            .findings
            .iter()
            .position(|f| f.county_code.as_deref() == code)
        {
            Some(i) => Cell::Link {
                text: text.to_string(),
                target: format!("internal:'{}'!A{}", all.name, header + i),
            },
            None => Cell::text(text),
        }
    };
    let line = |code: Option<&str>, shown: &str, name: Cell, prefecture: &str, files: usize| {
        let own: Vec<&Finding> = r
            .findings
            .iter()
            .filter(|f| f.county_code.as_deref() == code)
            .collect();
        let count = |severity| own.iter().filter(|f| f.severity == severity).count();
        let errors = count(Severity::Error);
        vec![
            Cell::text(shown),
            name,
            Cell::text(prefecture),
            Cell::count(files),
            Cell::count(errors).toned(if errors > 0 { Tone::Bad } else { Tone::Good }),
            Cell::count(count(Severity::Query)),
            Cell::count(count(Severity::Info)),
            Cell::text(frequent(context, &own)),
        ]
    };
    for county in &r.dataset.counties {
        let files = r
            .files()
            .iter()
            .filter(|f| f.county_codes.contains(&county.code))
            .count();
        let code = Some(county.code.as_str());
        let name = link(code, &county.name);
        s.rows
            .push(line(code, &county.code, name, &county.prefecture, files));
    }
    if r.findings.iter().any(|f| f.county_code.is_none()) {
        let files = r
            .files()
            .iter()
            .filter(|f| f.county_codes.is_empty())
            .count();
        let text = w("no_county");
        s.rows.push(line(None, "", link(None, &text), "", files));
    }
    s
}

/// The three rules that fire most often among errors and queries.
fn frequent(context: &Context<'_>, findings: &[&Finding]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for f in findings.iter().filter(|f| f.severity != Severity::Info) {
        *counts.entry(&f.rule).or_insert(0) += 1;
    }
    let mut sorted: Vec<(&str, usize)> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let texts: Vec<String> = sorted
        .into_iter()
        .take(3)
        .map(|(rule, n)| {
            let title = context.pipeline.rule(rule).map_or(rule, |r| r.title);
            format!("{title} {n}")
        })
        .collect();
    texts.join(context.pipeline.word("list_separator"))
}

fn all(context: &Context<'_>) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut s = named(
        context,
        "sheet_findings_all",
        vec![
            Head::new(w("head_county")).wide(14),
            Head::new(w("head_severity")).wide(8),
            Head::new(w("head_rule")).wide(18),
            Head::new(w("head_school")).wide(20),
            Head::new(w("head_place")).wide(34),
            Head::new(w("head_column")).wide(20),
            Head::new(w("head_seen")).wide(14),
            Head::new(w("head_expected")).wide(12),
            Head::new(w("head_message")).wide(50),
            Head::new(w("head_remedy")).wide(32),
            Head::new(w("head_finding_id")).wide(16),
        ],
        3,
    );
    s.notes = vec![w("note_findings_all")];
    for f in &context.results.findings {
        let county = f.county_code.as_deref().map_or_else(
            || w("no_county"),
            |code| {
                let name = context.county(code).0;
                if name.is_empty() {
                    code.to_string()
                } else {
                    name
                }
            },
        );
        let title = context
            .pipeline
            .rule(&f.rule)
            .map_or(f.rule.as_str(), |r| r.title);
        s.rows.push(vec![
            Cell::text(county),
            severity(context, f.severity),
            Cell::text(title),
            Cell::text(f.school_name.clone().unwrap_or_default()),
            place(context, f),
            Cell::text(f.column.clone().unwrap_or_default()),
            Cell::text(f.value.clone().unwrap_or_default()),
            Cell::text(f.expected.clone().unwrap_or_default()),
            Cell::text(&f.message),
            Cell::text(&f.remedy),
            Cell::text(&f.id),
        ]);
    }
    s
}

/// `file!sheet!cell`, linked to the file as sent.
fn place(context: &Context<'_>, f: &Finding) -> Cell {
    let Some(file) = &f.place.file else {
        return Cell::Empty;
    };
    let mut text = file.clone();
    // Of a file in an archive the archive can be opened.
    let archive = context
        .skipped
        .iter()
        .filter(|s| {
            file.strip_prefix(&s.path)
                .is_some_and(|r| r.starts_with('/'))
        })
        .map(|s| &s.path)
        .min_by_key(|path| path.len());
    let opened = archive.unwrap_or(file);
    let mut target = format!("external:{}/{opened}", context.input_link);
    if let Some(sheet) = &f.place.sheet {
        text = format!("{text}!{sheet}");
        let first = f
            .place
            .cell
            .as_deref()
            .and_then(|c| c.split([',', ':']).next())
            .unwrap_or("A1");
        if archive.is_none() {
            target = format!("{target}#'{}'!{first}", sheet.replace('\'', "''"));
        }
    }
    if let Some(cell) = &f.place.cell {
        text = format!("{text}!{cell}");
    }
    Cell::Link { text, target }
}

/// Every rule, fired or not: how often, in how many counties and schools.
fn inventory(context: &Context<'_>) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut s = named(
        context,
        "sheet_findings_rules",
        vec![
            Head::new(w("head_rule")).wide(28),
            Head::new(w("head_severity")).wide(8),
            Head::new(w("head_level")).wide(8),
            Head::new(w("head_fired")).wide(8),
            Head::new(w("head_fired_counties")).wide(8),
            Head::new(w("head_fired_schools")).wide(8),
            Head::new(w("head_why")).wide(60),
            Head::new(w("head_remedy")).wide(50),
            Head::new(w("head_basis")).wide(40),
            Head::new(w("head_rule_id")).wide(36),
        ],
        1,
    );
    s.notes = vec![w("note_findings_rules")];
    let mut ids: Vec<(Severity, &str)> = context
        .pipeline
        .rule_texts()
        .map(|t| (t.severity, t.id.as_str()))
        .chain(
            context
                .pipeline
                .notices
                .values()
                .map(|n| (n.severity, n.id.as_str())),
        )
        .collect();
    ids.sort_unstable();
    for (level, id) in ids {
        let Some(rule) = context.pipeline.rule(id) else {
            continue;
        };
        let fired: Vec<&Finding> = context
            .results
            .findings
            .iter()
            .filter(|f| f.rule == id)
            .collect();
        let counties: BTreeSet<_> = fired
            .iter()
            .filter_map(|f| f.county_code.as_ref())
            .collect();
        let schools: BTreeSet<_> = fired
            .iter()
            .filter_map(|f| {
                Some((
                    f.county_code.as_ref()?,
                    f.school_name.as_ref()?,
                    &f.school_code,
                ))
            })
            .collect();
        s.rows.push(vec![
            Cell::text(rule.title),
            severity(context, level),
            Cell::Number(rule.level as f64, 0, Tone::Plain),
            Cell::count(fired.len()),
            Cell::count(counties.len()),
            Cell::count(schools.len()),
            Cell::text(rule.why),
            Cell::text(rule.remedy),
            Cell::text(rule.basis),
            Cell::text(id),
        ]);
    }
    s
}
