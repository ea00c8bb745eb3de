//! 问题清单: what matters most, every finding by county, school and all together, with a link to its cell; the schools
//! for checks on the spot; and the inventory of all rules.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{Book, Cell, Head, MOST_ROWS, Sheet, Tone, part_name};
use super::{Context, findings_views, inspection_sheets};
use crate::causes::kind_word;
use crate::cells::{is_of_column, rows_of};
use crate::finding::{Finding, Severity, State};
use crate::fixed::HashMap;
use crate::ingest::cell::text_of;
use crate::inspection::Inspection;

/// Makes the book.
pub fn book(context: &Context<'_>) -> Book {
    let all = all(context);
    let Inspection { sample, flagged } = context.inspection;
    let risk = &flagged[..flagged.len().min(sample.schools.len())];
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
            findings_views::priority(context, &all),
            counties(context, &all),
            findings_views::schools(context, flagged, &all),
            inspection_sheets::random(context, sample, risk),
            inspection_sheets::risk(context, risk),
            all,
            inventory(context),
        ],
    }
}

pub(super) fn named(context: &Context<'_>, key: &str, columns: Vec<Head>, frozen: u16) -> Sheet {
    Sheet {
        filter: true,
        ..context.sheet(key, columns, frozen)
    }
}

pub(super) fn severity(context: &Context<'_>, severity: Severity) -> Cell {
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
    let by_county = r.by_county();
    let mut first: HashMap<Option<&str>, usize> = HashMap::default();
    for (i, finding) in r.findings.iter().enumerate() {
        first.entry(finding.county_code.as_deref()).or_insert(i);
    }
    let link = |code: Option<&str>, text: &str| -> Cell {
        match first.get(&code) {
            Some(i) => Cell::Link {
                text: text.to_string(),
                target: row_of(all, *i),
            },
            None => Cell::text(text),
        }
    };
    let line = |code: Option<&str>, shown: &str, name: Cell, prefecture: &str, files: usize| {
        let own = by_county.findings(code);
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
            Cell::text(frequent(context, own)),
        ]
    };
    for county in &r.dataset.counties {
        let files = by_county.files(&county.code).len();
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
    for f in findings.iter().filter(|f| f.is_asked()) {
        *counts.entry(&f.rule).or_insert(0) += 1;
    }
    let mut sorted: Vec<(&str, usize)> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let texts: Vec<String> = sorted
        .into_iter()
        .take(3)
        .map(|(rule, n)| format!("{} {n}", title(context, rule)))
        .collect();
    texts.join(context.pipeline.word("list_separator"))
}

/// The title of a rule.
pub(super) fn title(context: &Context<'_>, rule: &str) -> String {
    let view = context.pipeline.rule(rule);
    view.map_or(rule, |r| r.title).to_string()
}

/// The name of the county of a finding.
pub(super) fn county_name(context: &Context<'_>, f: &Finding) -> String {
    let Some(code) = f.county_code.as_deref() else {
        return context.word("no_county");
    };
    let name = context.county(code).0;
    if name.is_empty() {
        code.to_string()
    } else {
        name
    }
}

/// A link to a finding, by its position, on the sheet of all findings.
pub(super) fn row_of(all: &Sheet, i: usize) -> String {
    let header = 1 + all.notes.len() + 2;
    let name = part_name(&all.name, i / MOST_ROWS);
    format!("internal:'{name}'!A{}", header + i % MOST_ROWS)
}

/// The word for how a finding stands to earlier runs.
fn state(context: &Context<'_>, state: State) -> String {
    context.word(match state {
        State::New => "finding_new",
        State::Open => "finding_open",
        State::Fixed => "finding_fixed",
        State::Explained => "finding_explained",
        State::Recurred => "finding_recurred",
    })
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
            Head::new(w("head_read")).wide(14),
            Head::new(w("head_expected")).wide(12),
            Head::new(w("head_message")).wide(50),
            Head::new(w("head_remedy")).wide(32),
            Head::new(w("head_impact")).wide(40),
            Head::new(w("head_cause")).wide(24),
            Head::new(w("head_state")).wide(8),
            Head::new(w("head_explanation")).wide(24),
            Head::new(w("head_finding_id")).wide(16),
        ],
        3,
    );
    s.notes = vec![w("note_findings_all")];
    let findings = &context.results.findings;
    let rows: BTreeMap<&str, usize> = findings
        .iter()
        .enumerate()
        .map(|(i, f)| (f.id.as_str(), i))
        .collect();
    for f in findings {
        let cause = f.cause.as_deref().and_then(|id| rows.get(id));
        let cause = cause.map_or(Cell::Empty, |i| Cell::Link {
            text: format!(
                "{}({})",
                title(context, &findings[*i].rule),
                findings[*i].id
            ),
            target: row_of(&s, *i),
        });
        let explanation = f.explanation.as_ref().map_or(String::new(), |e| {
            let parts = [e.reason.as_str(), e.text.as_str()];
            let parts = parts.into_iter().filter(|p| !p.is_empty());
            parts.collect::<Vec<_>>().join(":")
        });
        let mut cells = vec![
            Cell::text(county_name(context, f)),
            severity(context, f.severity),
            Cell::text(title(context, &f.rule)),
            Cell::text(f.school_name.clone().unwrap_or_default()),
        ];
        cells.extend(seen(context, f));
        cells.extend([
            Cell::text(&f.remedy),
            findings_views::impact(f),
            cause,
            Cell::text(state(context, f.state)),
            Cell::text(explanation),
            Cell::text(&f.id),
        ]);
        s.rows.push(cells);
    }
    s
}

/// Place, item, what was filled in and how it was read, what would be right, the message.
pub(super) fn seen(context: &Context<'_>, f: &Finding) -> [Cell; 6] {
    let text = |text: &Option<String>| Cell::text(text.clone().unwrap_or_default());
    [
        place(context, f),
        text(&f.column),
        text(&f.value),
        text(&f.read),
        text(&f.expected),
        Cell::text(&f.message),
    ]
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
    let path = format!("{}/{opened}", context.input_link);
    let mut target = format!("file://{}", escaped(&path));
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

/// A path as links have it: what means something in them, or may not stand there, as its code.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '%' | '#' | ' ' | '"' | '<' | '>' | '[' | ']' | '^' | '`' | '{' | '|' | '}' => {
                out.push_str(&format!("%{:02X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// The schools in whose rows a finding about many cells of a column stands: county, name and code.
fn schools_of(context: &Context<'_>, finding: &Finding) -> Vec<(String, String, Option<String>)> {
    let (pipeline, dataset) = (context.pipeline, &context.results.dataset);
    let Some(table) = pipeline.table("school") else {
        return Vec::new();
    };
    let row = |at: usize| {
        let row = &dataset.tables[table].rows[at];
        let text = |name| text_of(&pipeline.tables[table], &row.values, name);
        let name = text("school_name").unwrap_or_default();
        (row.county_code.clone(), name, text("school_code"))
    };
    rows_of(dataset, table, finding)
        .into_iter()
        .map(row)
        .collect()
}

/// Every rule, fired or not: how often, in how many counties and schools.
fn inventory(context: &Context<'_>) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut s = named(
        context,
        "sheet_findings_rules",
        vec![
            Head::new(w("head_rule")).wide(28),
            Head::new(w("head_kind")).wide(12),
            Head::new(w("head_severity")).wide(8),
            Head::new(w("head_level")).wide(8),
            Head::new(w("head_fired")).wide(8),
            Head::new(w("head_fired_counties")).wide(8),
            Head::new(w("head_fired_schools")).wide(8),
            Head::new(w("head_fired_share")).wide(10),
            Head::new(w("head_note")).wide(20),
            Head::new(w("head_why")).wide(60),
            Head::new(w("head_remedy")).wide(50),
            Head::new(w("head_basis")).wide(40),
            Head::new(w("head_rule_id")).wide(36),
        ],
        1,
    );
    let limit = context.pipeline.summary.flagged_share;
    let percent = crate::text::number(limit * 100.0);
    let slots = [("share", percent.as_str())];
    s.notes = vec![context.pipeline.phrase("note_findings_rules", &slots)];
    let of_schools = context.pipeline.table("school");
    let all = of_schools.map_or(0, |t| context.results.dataset.tables[t].rows.len());
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
    let mut by_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for f in &context.results.findings {
        by_rule.entry(&f.rule).or_default().push(f);
    }
    for (level, id) in ids {
        let Some(rule) = context.pipeline.rule(id) else {
            continue;
        };
        let kind = context.pipeline.rule_kind(id);
        let fired = by_rule.get(id).map_or(&[][..], |f| f);
        let counties: BTreeSet<_> = fired
            .iter()
            .filter_map(|f| f.county_code.as_ref())
            .collect();
        let named = fired.iter().filter_map(|f| {
            let name = f.school_name.clone()?;
            Some((f.county_code.clone()?, name, f.school_code.clone()))
        });
        let mut schools: BTreeSet<_> = named.collect();
        for finding in fired.iter().filter(|f| is_of_column(f)) {
            schools.extend(schools_of(context, finding));
        }
        // Only a rule has a limit that may not fit.
        let share = schools.len() as f64 / all.max(1) as f64;
        let often = kind != "notice" && share > limit;
        let shown = (!schools.is_empty()).then_some(share * 100.0);
        s.rows.push(vec![
            Cell::text(rule.title),
            Cell::text(w(kind_word(kind))),
            severity(context, level),
            Cell::Number(rule.level as f64, 0, Tone::Plain),
            Cell::count(fired.len()),
            Cell::count(counties.len()),
            Cell::count(schools.len()),
            Cell::number(shown, 1).toned(if often { Tone::Bad } else { Tone::Plain }),
            if often {
                Cell::Text(w("note_unfit_limit"), Tone::Bad)
            } else {
                Cell::Empty
            },
            Cell::text(rule.why),
            Cell::text(rule.remedy),
            Cell::text(rule.basis),
            Cell::text(id),
        ]);
    }
    s
}
