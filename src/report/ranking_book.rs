//! 排名总表: the province at a glance, rankings, balance, school compliance, reasons, and the method with its sources.

use super::Context;
use super::book::{Book, Cell, Head, Sheet, Tone, met_tone, verdict_tone};
use crate::finding::Severity;
use crate::indicators::Verdict;
use crate::indicators::unit::{Met, UnitValue};
use crate::indicators::verdict::{Part, printed_flips};
use crate::ingest::cell::Value;
use crate::pipeline::model::{RankingOf, Role};
use crate::ranking::{Ranked, mean_cv};
use crate::text::{fixed, number, rounded};

/// Makes the book.
pub fn book(context: &Context<'_>) -> Book {
    let mut sheets = vec![overview(context), rankings(context)];
    sheets.extend(single_rankings(context));
    sheets.push(prefectures(context));
    sheets.push(balance(context));
    sheets.push(schools(context));
    sheets.push(reasons(context));
    sheets.push(method(context));
    Book {
        title: context.pipeline.phrase(
            "book_rankings",
            &[
                ("title", &context.pipeline.title),
                ("period", &context.period.to_string()),
            ],
        ),
        font: context.word("font"),
        sheets,
    }
}

fn sheet(context: &Context<'_>, key: &str, columns: Vec<Head>, frozen: u16) -> Sheet {
    let name = context.word(key);
    Sheet {
        title: context.pipeline.phrase(
            "sheet_title",
            &[
                ("title", &context.pipeline.title),
                ("period", &context.period.to_string()),
                ("sheet", &name),
            ],
        ),
        name,
        notes: Vec::new(),
        columns,
        rows: Vec::new(),
        frozen,
        filter: false,
    }
}

fn verdict_cell(context: &Context<'_>, verdict: Option<Verdict>) -> Cell {
    verdict.map_or(Cell::Empty, |v| {
        Cell::Text(context.word(v.key()), verdict_tone(v))
    })
}

fn county_verdict(context: &Context<'_>, county: &str, part: Part) -> Option<Verdict> {
    context
        .results
        .verdicts
        .iter()
        .find(|v| v.county_code == county && v.part == part)
        .map(|v| v.verdict)
}

/// Units of a county in a stage: counted, met, incomplete.
fn unit_counts(context: &Context<'_>, county: &str, stage: usize) -> (usize, usize, usize) {
    let r = context.results;
    let Some(table) = context.pipeline.table("school") else {
        return (0, 0, 0);
    };
    let rows = &r.dataset.tables[table].rows;
    let mut counts = (0, 0, 0);
    for v in &r.unit_verdicts {
        let unit = &r.units.list[v.unit];
        if unit.stage == stage && rows[unit.school].county_code == county {
            counts.0 += 1;
            counts.1 += usize::from(v.verdict == Verdict::Met);
            counts.2 += usize::from(v.verdict == Verdict::Incomplete);
        }
    }
    counts
}

fn share(met: usize, units: usize) -> Option<f64> {
    (units > 0).then(|| met as f64 * 100.0 / units as f64)
}

fn overview(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let mut columns = vec![
        Head::new(w("head_number")),
        Head::new(w("head_county_code")),
        Head::new(w("head_county")),
        Head::new(w("head_prefecture")),
        Head::new(w("head_resources")).wide(12),
        Head::new(w("head_balance")).wide(12),
    ];
    for stage in p.evaluated_stages() {
        let group = &p.stages[stage].title;
        columns.push(Head::under(group, w("head_units")));
        columns.push(Head::under(group, w("head_units_met")));
        columns.push(Head::under(group, w("head_share_met")));
        columns.push(Head::under(group, w("head_mean_cv")));
        columns.push(Head::under(group, w("head_cv_met")));
    }
    columns.push(Head::new(w("head_errors")).wide(8));
    columns.push(Head::new(w("head_queries")).wide(8));
    columns.push(Head::new(w("head_state")).wide(40));
    let mut s = sheet(context, "sheet_overview", columns, 3);
    s.notes = vec![w("note_overview"), w("note_incomplete")];
    s.filter = true;
    let r = context.results;
    for (i, county) in r.dataset.counties.iter().enumerate() {
        let mut row = vec![
            Cell::count(i + 1),
            Cell::text(&county.code),
            Cell::text(&county.name),
            Cell::text(&county.prefecture),
            verdict_cell(context, county_verdict(context, &county.code, Part::Resources)),
            verdict_cell(context, county_verdict(context, &county.code, Part::Balance)),
        ];
        for stage in p.evaluated_stages() {
            let (units, met, incomplete) = unit_counts(context, &county.code, stage);
            let judged: Vec<Verdict> = r
                .balances
                .iter()
                .filter(|b| b.county_code == county.code && b.stage == stage)
                .filter_map(|b| b.verdict)
                .collect();
            let tone = if incomplete > 0 || r.held.contains(&county.code) {
                Tone::Pale
            } else {
                Tone::Plain
            };
            row.push(Cell::count(units));
            row.push(Cell::count(met));
            row.push(Cell::number(share(met, units), 1).toned(tone));
            let digits = p.balance_limit(stage).map_or(3, |l| l.digits);
            row.push(
                Cell::number(mean_cv(p, &r.balances, &county.code, stage), digits).toned(tone),
            );
            let text = format!(
                "{}/{}",
                judged.iter().filter(|v| **v == Verdict::Met).count(),
                judged.len()
            );
            row.push(if judged.is_empty() {
                Cell::Empty
            } else {
                Cell::Text(text, tone)
            });
        }
        let count = |severity| r.count(Some(&county.code), severity);
        let errors = count(Severity::Error);
        row.push(Cell::count(errors).toned(if errors > 0 { Tone::Bad } else { Tone::Plain }));
        row.push(Cell::count(count(Severity::Query)));
        row.push(Cell::text(state(context, &county.code)));
        s.rows.push(row);
    }
    s
}

/// In one line why a county's verdicts are as they are.
fn state(context: &Context<'_>, county: &str) -> String {
    let r = context.results;
    let received = r.dataset.counties.iter().any(|c| c.code == county && c.received);
    if !received {
        return context.word("reason_nothing_received");
    }
    if r.held.contains(county) {
        return context.word("state_held");
    }
    let parts: Vec<Verdict> = r
        .verdicts
        .iter()
        .filter(|v| v.county_code == county)
        .map(|v| v.verdict)
        .collect();
    let key = match crate::indicators::all(parts) {
        Verdict::Met => "state_met",
        Verdict::NotMet => "state_not_met",
        Verdict::Incomplete => "state_incomplete",
    };
    context.word(key)
}

fn rank_cell(context: &Context<'_>, rank: Option<usize>) -> Cell {
    match rank {
        Some(rank) => Cell::count(rank),
        None => Cell::Text(context.word("not_ranked"), Tone::Pale),
    }
}

fn rankings(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let lists: Vec<&Ranked> = context
        .results
        .rankings
        .iter()
        .filter(|r| r.indicator.is_none())
        .collect();
    let mut columns = Vec::new();
    let mut notes = vec![w("note_ranking")];
    for list in &lists {
        let ranking = &p.rankings[list.ranking];
        columns.push(Head::under(&ranking.title, w("head_rank")).wide(8));
        columns.push(Head::under(&ranking.title, w("head_county")).wide(18));
        columns.push(Head::under(&ranking.title, w("head_value")).wide(10));
        columns.push(Head::under(&ranking.title, w("head_prefecture_rank")).wide(8));
        notes.push(format!("{}: {}", ranking.title, ranking.note));
    }
    let mut s = sheet(context, "sheet_rankings", columns, 0);
    s.notes = notes;
    for i in 0..context.results.dataset.counties.len() {
        let mut row = Vec::new();
        for list in &lists {
            let place = &list.places[i];
            let digits = p.rankings[list.ranking].digits;
            row.push(rank_cell(context, place.rank));
            row.push(Cell::text(context.county(&place.county_code).0));
            row.push(Cell::number(place.value, digits));
            row.push(rank_cell(context, place.prefecture_rank));
        }
        s.rows.push(row);
    }
    s
}

/// One sheet for each ranking that is made for each indicator: counties × indicators, value and rank.
fn single_rankings(context: &Context<'_>) -> Vec<Sheet> {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let mut out = Vec::new();
    for (r, ranking) in p.rankings.iter().enumerate() {
        if !ranking.each_indicator {
            continue;
        }
        let lists: Vec<&Ranked> = context
            .results
            .rankings
            .iter()
            .filter(|x| x.ranking == r)
            .collect();
        let mut columns = vec![
            Head::new(w("head_county_code")),
            Head::new(w("head_county")),
            Head::new(w("head_prefecture")),
        ];
        for list in &lists {
            let Some(indicator) = list.indicator.map(|i| &p.indicators[i]) else {
                continue;
            };
            let group = format!("{} {}", indicator.line, indicator.title);
            columns.push(Head::under(&group, w("head_value")).wide(12));
            columns.push(Head::under(&group, w("head_rank")).wide(8));
        }
        let mut s = sheet(context, "sheet_rankings", columns, 2);
        s.title = s.title.replace(&s.name, &ranking.title);
        s.name.clone_from(&ranking.title);
        s.notes = vec![ranking.note.clone(), w("note_ranking")];
        s.filter = false;
        for county in &context.results.dataset.counties {
            let mut row = vec![
                Cell::text(&county.code),
                Cell::text(&county.name),
                Cell::text(&county.prefecture),
            ];
            for list in &lists {
                let Some(place) = list.places.iter().find(|x| x.county_code == county.code) else {
                    continue;
                };
                let digits = match (ranking.of, list.indicator) {
                    (RankingOf::Mean, Some(i)) => p.indicators[i].digits,
                    _ => ranking.digits,
                };
                let tone = cv_tone(context, ranking.of, ranking.stage, place.value);
                row.push(Cell::number(place.value, digits).toned(tone));
                row.push(rank_cell(context, place.rank));
            }
            s.rows.push(row);
        }
        out.push(s);
    }
    out
}

fn cv_tone(
    context: &Context<'_>,
    of: RankingOf,
    stage: Option<usize>,
    value: Option<f64>,
) -> Tone {
    let limit = stage.and_then(|s| context.pipeline.balance_limit(s));
    match (of, limit, value) {
        (RankingOf::Cv, Some(limit), Some(v))
            if !crate::formula::lower::at_most(v, limit.value) =>
        {
            Tone::Bad
        }
        _ => Tone::Plain,
    }
}

fn prefectures(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let r = context.results;
    let w = |key: &str| context.word(key);
    let lists: Vec<&Ranked> = r.rankings.iter().filter(|x| x.indicator.is_none()).collect();
    let mut columns = vec![
        Head::new(w("head_prefecture")),
        Head::new(w("head_county")),
        Head::new(w("head_resources")).wide(12),
        Head::new(w("head_balance")).wide(12),
    ];
    for list in &lists {
        let title = &p.rankings[list.ranking].title;
        columns.push(Head::under(title, w("head_value")).wide(12));
        columns.push(Head::under(title, w("head_prefecture_rank")).wide(8));
    }
    let mut s = sheet(context, "sheet_prefectures", columns, 2);
    s.notes = vec![w("note_prefectures")];
    let mut names: Vec<&str> = r.dataset.counties.iter().map(|c| c.prefecture.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let members: Vec<_> = r
            .dataset
            .counties
            .iter()
            .filter(|c| c.prefecture == name)
            .collect();
        let shown = if name.is_empty() {
            w("no_prefecture")
        } else {
            name.to_string()
        };
        let met = |part| {
            members
                .iter()
                .filter(|c| county_verdict(context, &c.code, part) == Some(Verdict::Met))
                .count()
        };
        let of = |n: usize| {
            p.phrase(
                "prefecture_met",
                &[("met", &n.to_string()), ("all", &members.len().to_string())],
            )
        };
        let mut row = vec![
            Cell::Text(shown.clone(), Tone::Strong),
            Cell::Text(w("prefecture_all"), Tone::Strong),
            Cell::Text(of(met(Part::Resources)), Tone::Strong),
            Cell::Text(of(met(Part::Balance)), Tone::Strong),
        ];
        for list in &lists {
            let ranking = &p.rankings[list.ranking];
            let values: Vec<f64> = list
                .places
                .iter()
                .filter(|x| members.iter().any(|m| m.code == x.county_code))
                .filter_map(|x| x.value)
                .collect();
            let mean = (!values.is_empty())
                .then(|| values.iter().sum::<f64>() / values.len() as f64);
            row.push(Cell::number(mean, ranking.digits).toned(Tone::Strong));
            row.push(Cell::Text(String::new(), Tone::Strong));
        }
        s.rows.push(row);
        let order = lists.first();
        let mut sorted = members.clone();
        sorted.sort_by_key(|c| {
            let rank = order.and_then(|l| {
                l.places
                    .iter()
                    .find(|x| x.county_code == c.code)
                    .and_then(|x| x.prefecture_rank)
            });
            (rank.unwrap_or(usize::MAX), c.code.clone())
        });
        for county in sorted {
            let mut row = vec![
                Cell::text(&shown),
                Cell::text(&county.name),
                verdict_cell(context, county_verdict(context, &county.code, Part::Resources)),
                verdict_cell(context, county_verdict(context, &county.code, Part::Balance)),
            ];
            for list in &lists {
                let place = list.places.iter().find(|x| x.county_code == county.code);
                let digits = p.rankings[list.ranking].digits;
                row.push(Cell::number(place.and_then(|x| x.value), digits));
                row.push(rank_cell(context, place.and_then(|x| x.prefecture_rank)));
            }
            s.rows.push(row);
        }
    }
    s
}

fn balance(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let columns = vec![
        Head::new(w("head_county_code")),
        Head::new(w("head_county")),
        Head::new(w("head_stage")),
        Head::new(w("head_line")),
        Head::new(w("head_indicator")).wide(40),
        Head::new(w("head_units")),
        Head::new(w("head_units_missing")).wide(10),
        Head::new(w("head_students")),
        Head::new(w("head_mean")),
        Head::new(w("head_sd")),
        Head::new(w("head_cv")),
        Head::new(w("head_limit")),
        Head::new(w("head_verdict")).wide(10),
        Head::new(w("head_cv_unweighted")).wide(10),
        Head::new(w("head_gini")),
        Head::new(w("head_theil")),
        Head::new(w("head_note")).wide(40),
    ];
    let mut s = sheet(context, "sheet_balance", columns, 4);
    s.notes = vec![w("note_balance"), w("note_balance_provisional")];
    s.filter = true;
    for b in &context.results.balances {
        let indicator = &p.indicators[b.indicator];
        let digits = p.balance_limit(b.stage).map_or(3, |l| l.digits);
        let figures = b.spread.or(b.provisional);
        let tone = if b.spread.is_none() || context.results.held.contains(&b.county_code) {
            Tone::Pale
        } else {
            Tone::Plain
        };
        let cv = b.cv.or(b.provisional.and_then(|s| s.cv).filter(|_| b.spread.is_none()));
        let bad = b.verdict == Some(Verdict::NotMet);
        s.rows.push(vec![
            Cell::text(&b.county_code),
            Cell::text(context.county(&b.county_code).0),
            Cell::text(&p.stages[b.stage].title),
            Cell::text(&indicator.line),
            Cell::text(&indicator.title),
            Cell::count(b.units),
            if b.units_missing > 0 {
                Cell::count(b.units_missing).toned(Tone::Middle)
            } else {
                Cell::count(0)
            },
            Cell::number(Some(b.students), 0),
            Cell::number(figures.map(|f| f.mean), indicator.digits).toned(tone),
            Cell::number(figures.map(|f| f.sd), indicator.digits).toned(tone),
            Cell::number(cv, digits).toned(if bad { Tone::Bad } else { tone }),
            Cell::number(b.limit, 2),
            verdict_cell(context, b.verdict),
            Cell::number(figures.and_then(|f| f.cv_unweighted), digits).toned(tone),
            Cell::number(figures.and_then(|f| f.gini), digits).toned(tone),
            Cell::number(figures.and_then(|f| f.theil), digits).toned(tone),
            Cell::text(balance_note(context, b, digits)),
        ]);
    }
    s
}

fn balance_note(
    context: &Context<'_>,
    b: &crate::indicators::balance::Balance,
    digits: usize,
) -> String {
    let p = context.pipeline;
    let mut notes = Vec::new();
    if p.indicators[b.indicator].role == Role::Reference {
        notes.push(context.word("note_reference"));
    }
    if b.units_missing > 0 {
        let count = b.units_missing.to_string();
        notes.push(p.phrase("note_missing_units", &[("count", &count)]));
    }
    if b.units == 1 {
        notes.push(context.word("note_single_unit"));
    }
    if let (Some(cv), Some(limit)) = (b.cv, b.limit)
        && printed_flips(cv, limit, digits)
    {
        notes.push(p.phrase("note_printed_flips", &[("value", &number(cv))]));
    }
    notes.join(p.word("list_separator"))
}

fn schools(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let r = context.results;
    let w = |key: &str| context.word(key);
    let standard: Vec<usize> = p.standard_indicators().map(|(i, _)| i).collect();
    let mut columns = vec![
        Head::new(w("head_county")),
        Head::new(w("head_stage")),
        Head::new(w("head_school_code")),
        Head::new(w("head_school")).wide(34),
        Head::new(w("head_school_type")),
        Head::new(w("head_students")),
    ];
    for i in &standard {
        let indicator = &p.indicators[*i];
        columns.push(
            Head::new(format!("{} {}", indicator.line, indicator.title)).wide(14),
        );
    }
    columns.push(Head::new(w("head_met_count")).wide(8));
    columns.push(Head::new(w("head_verdict")).wide(10));
    columns.push(Head::new(w("head_shortfall")).wide(60));
    let mut s = sheet(context, "sheet_schools", columns, 4);
    s.notes = vec![
        p.phrase(
            "note_schools",
            &[
                ("least", &p.school_rule.least_met.to_string()),
                ("floor", &number(rounded(p.school_rule.floor_ratio * 100.0, 6))),
            ],
        ),
        limits_line(context),
        w("note_schools_colours"),
    ];
    s.filter = true;
    let Some(table) = p.table("school") else {
        return s;
    };
    let mut by_unit: Vec<Vec<&UnitValue>> = vec![Vec::new(); r.units.list.len()];
    for v in &r.values {
        by_unit[v.unit].push(v);
    }
    let mut verdicts = r.unit_verdicts.iter().peekable();
    for (u, unit) in r.units.list.iter().enumerate() {
        let row = &r.dataset.tables[table].rows[unit.school];
        let text = |name: &str| {
            p.tables[table]
                .position(name)
                .and_then(|c| row.values[c].as_ref())
                .and_then(Value::text)
                .unwrap_or("")
                .to_string()
        };
        let code = text("school_type");
        let kind = p
            .school_types
            .iter()
            .find(|t| t.code == code)
            .map_or(code.clone(), |t| t.name.clone());
        let mut cells = vec![
            Cell::text(context.county(&row.county_code).0),
            Cell::text(&p.stages[unit.stage].title),
            Cell::text(text("school_code")),
            Cell::text(text("school_name")),
            Cell::text(kind),
            Cell::number(unit.students, 0),
        ];
        if !unit.counted {
            cells.extend(standard.iter().map(|_| Cell::Text(String::new(), Tone::Pale)));
            cells.push(Cell::Text(String::new(), Tone::Pale));
            cells.push(Cell::Text(w("not_counted"), Tone::Pale));
            cells.push(Cell::Text(unit.reason.clone(), Tone::Pale));
            s.rows.push(cells);
            continue;
        }
        let mut shortfalls = Vec::new();
        for i in &standard {
            let indicator = &p.indicators[*i];
            match by_unit[u].iter().find(|v| v.indicator == *i) {
                Some(v) => {
                    cells.push(match v.value {
                        Some(value) => Cell::Number(value, indicator.digits, met_tone(v.met)),
                        None => Cell::Text(w("missing"), Tone::Pale),
                    });
                    shortfalls.extend(shortfall(context, v));
                }
                None => cells.push(Cell::Empty),
            }
        }
        let verdict = verdicts.next_if(|v| v.unit == u);
        cells.push(verdict.map_or(Cell::Empty, |v| Cell::count(v.met_count)));
        cells.push(verdict_cell(context, verdict.map(|v| v.verdict)));
        cells.push(Cell::text(shortfalls.join(p.word("list_separator"))));
        s.rows.push(cells);
    }
    s
}

/// What one indicator of a unit lacks, in the numerator's unit.
fn shortfall(context: &Context<'_>, v: &UnitValue) -> Option<String> {
    let p = context.pipeline;
    let indicator = &p.indicators[v.indicator];
    let key = match v.met? {
        Met::Floor => "shortfall_floor",
        Met::NotMet => "shortfall_not_met",
        Met::Incomplete => {
            return Some(p.phrase("shortfall_missing", &[("line", &indicator.line)]));
        }
        Met::Met => return printed_note(context, v),
    };
    let lacking = fixed(v.shortfall?, 2);
    let text = p.phrase(
        key,
        &[
            ("line", &indicator.line),
            ("lacking", &lacking),
            ("resource", &indicator.resource),
        ],
    );
    Some(match printed_note(context, v) {
        Some(note) => format!("{text}{note}"),
        None => text,
    })
}

/// Where the printed digits would give another verdict than the unrounded value.
fn printed_note(context: &Context<'_>, v: &UnitValue) -> Option<String> {
    let p = context.pipeline;
    let indicator = &p.indicators[v.indicator];
    let (value, limit) = (v.value?, v.limit?);
    let printed = rounded(value, indicator.digits);
    let good = crate::formula::lower::at_least;
    (good(value, limit) != good(printed, limit)).then(|| {
        p.phrase(
            "shortfall_printed",
            &[("line", &indicator.line), ("value", &number(value))],
        )
    })
}

/// The limits of all standard indicators in one line.
fn limits_line(context: &Context<'_>) -> String {
    let p = context.pipeline;
    let lines: Vec<String> = p
        .standard_indicators()
        .map(|(_, indicator)| {
            let limits: Vec<String> = p
                .evaluated_stages()
                .filter_map(|s| {
                    let limit = indicator.limit(s, context.period)?;
                    Some(format!("{}{}", p.stages[s].title, number(limit.value)))
                })
                .collect();
            format!("{} {}", indicator.line, limits.join("/"))
        })
        .collect();
    format!("{}{}", context.word("note_limits"), lines.join(p.word("list_separator")))
}

fn reasons(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let columns = vec![
        Head::new(w("head_county_code")),
        Head::new(w("head_county")),
        Head::new(w("head_part")),
        Head::new(w("head_verdict")).wide(10),
        Head::new(w("head_margin")).wide(12),
        Head::new(w("head_reasons")).wide(110),
    ];
    let mut s = sheet(context, "sheet_reasons", columns, 2);
    s.notes = vec![w("note_margin")];
    for v in &context.results.verdicts {
        let (part, margin) = match v.part {
            Part::Resources => (
                "part_resources",
                v.margin.map(|m| format!("{}%", fixed(m * 100.0, 1))),
            ),
            Part::Balance => ("part_balance", v.margin.map(|m| fixed(m, 3))),
        };
        s.rows.push(vec![
            Cell::text(&v.county_code),
            Cell::text(context.county(&v.county_code).0),
            Cell::text(p.word(part)),
            verdict_cell(context, Some(v.verdict)),
            Cell::text(margin.unwrap_or_default()),
            Cell::text(v.reasons.join("\n")),
        ]);
    }
    s
}

fn method(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let columns = vec![
        Head::new(w("head_item")).wide(30),
        Head::new(w("head_content")).wide(110),
    ];
    let mut s = sheet(context, "sheet_method", columns, 0);
    let mut line = |item: String, content: String| {
        s.rows.push(vec![Cell::text(item), Cell::text(content)]);
    };
    line(w("method_basis"), p.basis.clone());
    line(w("method_run"), context.run_id.to_string());
    line(w("method_period"), context.period.to_string());
    line(
        w("method_pipeline"),
        format!("{} {}", p.id, p.hash),
    );
    line(
        w("method_program"),
        format!("junheng {}", env!("CARGO_PKG_VERSION")),
    );
    line(w("method_scope"), scope_text(context));
    line(w("method_split"), split_text(context));
    line(
        w("method_school_rule"),
        p.phrase(
            "method_school_rule_text",
            &[
                ("least", &p.school_rule.least_met.to_string()),
                ("floor", &number(rounded(p.school_rule.floor_ratio * 100.0, 6))),
                ("basis", &p.school_rule.basis),
            ],
        ),
    );
    line(w("method_cv"), w("method_cv_text"));
    for limit in &p.balance_limits {
        line(
            p.phrase(
                "method_cv_limit",
                &[("stage", &p.stages[limit.stage].title)],
            ),
            format!("\u{2264} {} ({})", fixed(limit.value, 2), limit.basis),
        );
    }
    for indicator in &p.indicators {
        let limits: Vec<String> = p
            .evaluated_stages()
            .filter_map(|s| {
                let limit = indicator.limit(s, context.period)?;
                let basis = limit
                    .basis
                    .as_ref()
                    .map_or(String::new(), |b| format!(" ({b})"));
                Some(format!(
                    "{} {}{}{basis}",
                    p.stages[s].title,
                    number(limit.value),
                    indicator.unit
                ))
            })
            .collect();
        let formulas: Vec<String> = indicator
            .numerator
            .iter()
            .enumerate()
            .filter_map(|(s, f)| {
                let f = f.as_ref()?;
                Some(format!(
                    "{}: ({}) \u{00D7} {} / {}",
                    p.stages[s].title,
                    f.text.split_whitespace().collect::<Vec<_>>().join(" "),
                    number(indicator.scale),
                    indicator.denominator.text
                ))
            })
            .collect();
        let mut content = vec![indicator.why.clone()];
        content.extend(formulas);
        if !limits.is_empty() {
            content.push(format!("{}{}", w("note_limits"), limits.join(p.word("list_separator"))));
        }
        content.push(format!("{}{}", w("method_source"), indicator.basis));
        line(
            format!("{} {}", indicator.line, indicator.title).trim().to_string(),
            content.join("\n"),
        );
    }
    line(w("method_rounding"), w("method_rounding_text"));
    line(w("method_missing"), w("method_missing_text"));
    for file in context.results.files() {
        let status = w(match file.status {
            crate::ingest::Status::Accepted => "status_accepted",
            crate::ingest::Status::Replaced => "status_replaced",
            crate::ingest::Status::Rejected => "status_rejected",
        });
        line(
            format!("{} {status}", w("method_input")),
            format!("{}\nSHA-256 {}", file.path, file.sha256),
        );
    }
    s
}

fn scope_text(context: &Context<'_>) -> String {
    let p = context.pipeline;
    let mut lines = vec![context.word("method_scope_text")];
    for kind in p.school_types.iter().filter(|t| !t.reason.is_empty()) {
        lines.push(format!("{} {}: {}", kind.code, kind.name, kind.reason));
    }
    lines.join("\n")
}

fn split_text(context: &Context<'_>) -> String {
    let p = context.pipeline;
    let mut lines = vec![context.word("method_split_text")];
    for kind in p.school_types.iter().filter(|t| t.counts && t.stages.len() > 1) {
        let weights: Vec<String> = kind
            .stages
            .iter()
            .map(|s| format!("{} {}", p.stages[*s].title, number(kind.weights[*s])))
            .collect();
        lines.push(format!("{} {}: {}", kind.code, kind.name, weights.join(" : ")));
    }
    lines.join("\n")
}
