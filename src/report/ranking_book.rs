//! 排名总表: the province at a glance, rankings, balance, school compliance, reasons, and the method with its sources.

use super::book::{Book, Cell, Head, Sheet, Tone, verdict_tone};
use super::years_sheet;
use super::{
    Context, beside, changes_book, criteria_sheet, method_sheet, schools_sheet, survey_sheets,
};
use crate::definitions::coefficient;
use crate::finding::Severity;
use crate::indicators::Verdict;
use crate::indicators::balance::COMPOSITE;
use crate::indicators::verdict::{CountyVerdict, printed_flips};
use crate::pipeline::model::{BalanceRule, Part, RankingOf, Role};
use crate::ranking::{Ranked, Subject, mean_cv};
use crate::text::{fixed, number};

/// Makes the book.
pub fn book(context: &Context<'_>) -> Book {
    let mut sheets = vec![overview(context), rankings(context)];
    sheets.extend(single_rankings(context));
    sheets.push(prefectures(context));
    sheets.extend(years_sheet::sheet(context));
    sheets.push(changes_book::sheet(context));
    sheets.push(balance(context));
    sheets.push(schools_sheet::schools(context));
    if !context.pipeline.criteria.is_empty() {
        sheets.push(criteria_sheet::matrix(context));
        sheets.push(criteria_sheet::list(context));
    }
    sheets.extend(survey_sheets::sheets(context));
    sheets.push(reasons(context));
    sheets.push(method_sheet::method(context));
    Book {
        title: context.pipeline.phrase(
            "book_rankings",
            &[
                ("title", &context.pipeline.title),
                ("period", &context.period.to_string()),
            ],
        ),
        font: context.word("font"),
        pages: Vec::new(),
        sheets,
    }
}

pub(super) fn verdict_cell(context: &Context<'_>, verdict: Option<Verdict>) -> Cell {
    verdict.map_or(Cell::Empty, |v| {
        Cell::Text(context.word(v.key()), verdict_tone(v))
    })
}

/// The verdicts on all parts of a county, the whole last.
pub(super) fn county_verdicts(context: &Context<'_>, county: &str) -> Vec<Cell> {
    let parts = context.pipeline.all_parts().into_iter();
    parts
        .map(|part| verdict_cell(context, county_verdict(context, county, part)))
        .collect()
}

/// One column for each part.
fn part_heads(context: &Context<'_>) -> Vec<Head> {
    let group = context.word("head_verdicts");
    let parts = context.pipeline.all_parts().into_iter();
    parts
        .map(|part| Head::under(&group, context.pipeline.part_title(part)).wide(10))
        .collect()
}

fn county_verdict(context: &Context<'_>, county: &str, part: Part) -> Option<Verdict> {
    let mut own = context.results.verdicts_of(county).iter();
    own.find(|v| v.part == part).map(|v| v.verdict)
}

/// Units of a county in a stage: counted, met, incomplete.
fn unit_counts(context: &Context<'_>, county: &str, stage: usize) -> (usize, usize, usize) {
    let r = context.results;
    let mut counts = (0, 0, 0);
    for v in r.unit_verdicts_of(context.pipeline, county) {
        if r.units.list[v.unit].stage == stage {
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
    ];
    columns.extend(part_heads(context));
    let verdicts = w("head_verdicts");
    columns.extend(beside::heads(context, &verdicts, &["part_overall"]));
    // How many of the coefficients meet a limit says nothing where only their mean has one.
    let each = p.settings.balance_rule == BalanceRule::Each;
    for stage in p.evaluated_stages() {
        let group = &p.stages[stage].title;
        columns.push(Head::under(group, w("head_units")));
        columns.push(Head::under(group, w("head_units_met")));
        columns.push(Head::under(group, w("head_share_met")));
        columns.extend(beside::heads(context, group, &["head_share_met"]));
        columns.push(Head::under(group, w("head_mean_cv")));
        columns.extend(beside::heads(context, group, &["head_mean_cv"]));
        if each {
            columns.push(Head::under(group, w("head_cv_met")));
        }
    }
    columns.push(Head::new(w("head_errors")).wide(8));
    columns.push(Head::new(w("head_queries")).wide(8));
    columns.push(Head::new(w("head_state")).wide(40));
    let mut s = context.sheet("sheet_overview", columns, 3);
    s.notes = vec![w("note_overview"), w("note_incomplete")];
    s.notes.extend(beside::notes(context, &of_stages(context)));
    s.filter = true;
    let r = context.results;
    let by_county = r.by_county();
    for (i, county) in r.dataset.counties.iter().enumerate() {
        let mut row = vec![
            Cell::count(i + 1),
            Cell::text(&county.code),
            Cell::text(&county.name),
            Cell::text(&county.prefecture),
        ];
        row.extend(county_verdicts(context, &county.code));
        row.extend(beside::overall(context, &county.code));
        for stage in p.evaluated_stages() {
            let last = |of, digits| beside::of_stage(context, of, stage, &county.code, digits);
            let (units, met, incomplete) = unit_counts(context, &county.code, stage);
            let judged: Vec<Verdict> = r
                .balances_of(&county.code)
                .iter()
                .filter(|b| b.stage == stage)
                .filter_map(|b| b.verdict)
                .collect();
            let tone = if incomplete > 0 || r.held.contains_key(&county.code) {
                Tone::Pale
            } else {
                Tone::Plain
            };
            row.push(Cell::count(units));
            row.push(Cell::count(met).toned(tone));
            // With something missing, a share or a count of what is met would read as if the rest were not met.
            let whole = incomplete == 0 && !r.held.contains_key(&county.code);
            row.push(Cell::number(share(met, units).filter(|_| whole), 1).toned(tone));
            row.extend(last(RankingOf::ShareMet, 1));
            let digits = p.balance_limit(stage).map_or(3, |l| l.digits);
            row.push(
                Cell::number(mean_cv(p, &r.balances, &county.code, stage), digits).toned(tone),
            );
            row.extend(last(RankingOf::MeanCv, digits));
            let text = format!(
                "{}/{}",
                judged.iter().filter(|v| **v == Verdict::Met).count(),
                judged.len()
            );
            if !each {
                continue;
            }
            row.push(
                if judged.is_empty() || !whole || judged.contains(&Verdict::Incomplete) {
                    Cell::Empty
                } else {
                    Cell::Text(text, tone)
                },
            );
        }
        let count = |severity| by_county.count(&county.code, severity);
        let errors = count(Severity::Error);
        row.push(Cell::count(errors).toned(if errors > 0 { Tone::Bad } else { Tone::Plain }));
        row.push(Cell::count(count(Severity::Query)));
        row.push(Cell::text(state(context, &county.code)));
        s.rows.push(row);
    }
    s
}

/// The rankings whose values of last year stand on the overview: id and title.
fn of_stages(context: &Context<'_>) -> Vec<(String, String)> {
    let p = context.pipeline;
    let shown = p.rankings.iter().filter(|r| {
        let of = matches!(r.of, RankingOf::ShareMet | RankingOf::MeanCv);
        of && r.stage.is_some()
    });
    shown.map(|r| (r.id.clone(), r.title.clone())).collect()
}

/// In one line why a county's verdicts are as they are.
fn state(context: &Context<'_>, county: &str) -> String {
    let r = context.results;
    let received = r
        .dataset
        .counties
        .iter()
        .any(|c| c.code == county && c.received);
    if !received {
        return context.word("reason_nothing_received");
    }
    if r.held.contains_key(county) {
        return context.word("state_held");
    }
    let key = match county_verdict(context, county, Part::Overall) {
        Some(Verdict::Met) => "state_met",
        Some(Verdict::NotMet) => "state_not_met",
        _ => "state_incomplete",
    };
    context.word(key)
}

pub(super) fn rank_cell(context: &Context<'_>, rank: Option<usize>) -> Cell {
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
        .filter(|r| r.subject == Subject::Whole)
        .collect();
    let mut columns = Vec::new();
    let mut notes = vec![w("note_ranking")];
    for list in &lists {
        let ranking = &p.rankings[list.ranking];
        columns.push(Head::under(&ranking.title, w("head_rank")).wide(8));
        columns.push(Head::under(&ranking.title, w("head_county")).wide(18));
        columns.push(Head::under(&ranking.title, w("head_value")).wide(10));
        columns.push(Head::under(&ranking.title, w("head_prefecture_rank")).wide(8));
        let last = ["head_rank", "head_value"];
        columns.extend(beside::heads(context, &ranking.title, &last));
        notes.push(format!("{}: {}", ranking.title, ranking.note));
    }
    let mut s = context.sheet("sheet_rankings", columns, 0);
    s.notes = notes;
    s.notes
        .extend(beside::notes(context, &titles(context, &lists)));
    for i in 0..context.results.dataset.counties.len() {
        let mut row = Vec::new();
        for list in &lists {
            let place = &list.places[i];
            let digits = p.rankings[list.ranking].digits;
            row.push(rank_cell(context, place.rank));
            row.push(Cell::text(context.county(&place.county_code).0));
            row.push(Cell::number(place.value, digits));
            row.push(rank_cell(context, place.prefecture_rank));
            row.extend(beside::place(context, &list.id, &place.county_code, digits));
        }
        s.rows.push(row);
    }
    s
}

/// The ids of lists with the titles of what they are about.
pub(super) fn titles(context: &Context<'_>, lists: &[&Ranked]) -> Vec<(String, String)> {
    let of = |list: &&Ranked| (list.id.clone(), subject_title(context, list));
    lists.iter().map(of).collect()
}

/// What a list is about.
pub(super) fn subject_title(context: &Context<'_>, list: &Ranked) -> String {
    let p = context.pipeline;
    match list.subject {
        Subject::Whole => p.rankings[list.ranking].title.clone(),
        Subject::Indicator(i) => format!("{} {}", p.indicators[i].line, p.indicators[i].title),
        Subject::Figure(c, f) => {
            let criterion = &p.criteria[c];
            format!("{}.{}", criterion.number, criterion.figures[f].title)
        }
        Subject::Check(c, k) => {
            let criterion = &p.criteria[c];
            format!("{}.{}", criterion.number, criterion.checks[k].title)
        }
    }
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
            let group = subject_title(context, list);
            columns.push(Head::under(&group, w("head_value")).wide(12));
            columns.push(Head::under(&group, w("head_rank")).wide(8));
            let last = ["head_value", "head_rank"];
            columns.extend(beside::heads(context, &group, &last));
        }
        let mut s = context.sheet("sheet_rankings", columns, 2);
        s.title = s.title.replace(&s.name, &ranking.title);
        s.name.clone_from(&ranking.title);
        s.notes = vec![ranking.note.clone(), w("note_ranking")];
        s.notes
            .extend(beside::notes(context, &titles(context, &lists)));
        s.filter = false;
        for (i, county) in context.results.dataset.counties.iter().enumerate() {
            let mut row = vec![
                Cell::text(&county.code),
                Cell::text(&county.name),
                Cell::text(&county.prefecture),
            ];
            for list in &lists {
                let Some(place) = list.places.iter().find(|x| x.county_code == county.code) else {
                    continue;
                };
                let digits = match (ranking.of, list.subject) {
                    (RankingOf::Mean, Subject::Indicator(i)) => p.indicators[i].digits,
                    (_, Subject::Figure(c, f)) => p.criteria[c].figures[f].digits,
                    (_, Subject::Check(..)) => 0,
                    _ => ranking.digits,
                };
                let tone = match list.subject {
                    Subject::Figure(c, f) => criteria_sheet::figure_tone(context, i, c, f),
                    _ => cv_tone(context, ranking.of, ranking.stage, place.value),
                };
                row.push(Cell::number(place.value, digits).toned(tone));
                row.push(rank_cell(context, place.rank));
                let last = beside::place(context, &list.id, &county.code, digits);
                row.extend(last.into_iter().rev());
            }
            s.rows.push(row);
        }
        out.push(s);
    }
    out
}

fn cv_tone(context: &Context<'_>, of: RankingOf, stage: Option<usize>, value: Option<f64>) -> Tone {
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
    let lists: Vec<&Ranked> = r
        .rankings
        .iter()
        .filter(|x| x.subject == Subject::Whole)
        .collect();
    let mut columns = vec![Head::new(w("head_prefecture")), Head::new(w("head_county"))];
    columns.extend(part_heads(context));
    for list in &lists {
        let title = &p.rankings[list.ranking].title;
        columns.push(Head::under(title, w("head_value")).wide(12));
        columns.push(Head::under(title, w("head_prefecture_rank")).wide(8));
        let last = ["head_value", "head_prefecture_rank"];
        columns.extend(beside::heads(context, title, &last));
    }
    let mut s = context.sheet("sheet_prefectures", columns, 2);
    s.notes = vec![w("note_prefectures")];
    s.notes
        .extend(beside::notes(context, &titles(context, &lists)));
    let mut names: Vec<&str> = r
        .dataset
        .counties
        .iter()
        .map(|c| c.prefecture.as_str())
        .collect();
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
        ];
        let parts = p.all_parts().into_iter();
        row.extend(parts.map(|part| Cell::Text(of(met(part)), Tone::Strong)));
        for list in &lists {
            let ranking = &p.rankings[list.ranking];
            let values: Vec<f64> = list
                .places
                .iter()
                .filter(|x| members.iter().any(|m| m.code == x.county_code))
                .filter_map(|x| x.value)
                .collect();
            let mean =
                (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
            row.push(Cell::number(mean, ranking.digits).toned(Tone::Strong));
            row.push(Cell::Text(String::new(), Tone::Strong));
            let last = context.last_year.map_or(0, |_| 2);
            row.extend(vec![Cell::Text(String::new(), Tone::Strong); last]);
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
            let mut row = vec![Cell::text(&shown), Cell::text(&county.name)];
            row.extend(county_verdicts(context, &county.code));
            for list in &lists {
                let place = list.places.iter().find(|x| x.county_code == county.code);
                let digits = p.rankings[list.ranking].digits;
                row.push(Cell::number(place.and_then(|x| x.value), digits));
                row.push(rank_cell(context, place.and_then(|x| x.prefecture_rank)));
                row.extend(beside::in_prefecture(
                    context,
                    &list.id,
                    &county.code,
                    digits,
                ));
            }
            s.rows.push(row);
        }
    }
    s
}

/// Where last year's coefficients stand on the sheet of balances: behind this year's.
const BESIDE: usize = 11;

/// The coefficients of variation: the names of their definitions and titles.
pub(super) fn coefficients(context: &Context<'_>) -> Vec<(String, String)> {
    let p = context.pipeline;
    let mut out = Vec::new();
    for stage in p.evaluated_stages() {
        let stage = &p.stages[stage];
        for indicator in &p.indicators {
            let name = coefficient(&stage.id, &indicator.id);
            out.push((name, format!("{}{}", stage.title, indicator.title)));
        }
        if p.settings.balance_rule == BalanceRule::Composite {
            let title = format!("{}{}", stage.title, context.word("composite"));
            out.push((coefficient(&stage.id, COMPOSITE), title));
        }
    }
    out
}

fn balance(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let mut columns = vec![
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
    let last = beside::heads(context, "", &["head_cv"]).into_iter();
    let change = context
        .last_year
        .map(|l| beside::change_head(context, "", l.period));
    columns.splice(BESIDE..BESIDE, last.chain(change));
    let mut s = context.sheet("sheet_balance", columns, 4);
    s.notes = vec![w("note_balance"), w("note_balance_provisional")];
    s.notes
        .extend(beside::notes(context, &coefficients(context)));
    s.filter = true;
    let mut composites = context.results.composites.iter().peekable();
    for (i, b) in context.results.balances.iter().enumerate() {
        let indicator = &p.indicators[b.indicator];
        let digits = p.balance_limit(b.stage).map_or(3, |l| l.digits);
        let figures = b.spread.or(b.provisional);
        let open = b.spread.is_none() || b.units_uncertain > 0;
        let tone = if open || context.results.held.contains_key(&b.county_code) {
            Tone::Pale
        } else {
            Tone::Plain
        };
        let cv = b.cv.or(b
            .provisional
            .and_then(|s| s.cv)
            .filter(|_| b.spread.is_none()));
        let bad = b.verdict == Some(Verdict::NotMet);
        let last = beside::coefficient(
            context,
            &b.county_code,
            b.stage,
            &indicator.id,
            b.cv,
            digits,
        );
        let mut row = vec![
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
        ];
        row.splice(BESIDE..BESIDE, last);
        s.rows.push(row);
        let next = context.results.balances.get(i + 1);
        let last = next.is_none_or(|n| n.stage != b.stage || n.county_code != b.county_code);
        let own =
            composites.next_if(|c| last && c.county_code == b.county_code && c.stage == b.stage);
        s.rows.extend(own.map(|c| composite_row(context, c)));
    }
    s
}

/// The line of a stage's composite in the sheet of balances.
fn composite_row(context: &Context<'_>, c: &crate::indicators::balance::Composite) -> Vec<Cell> {
    let p = context.pipeline;
    let digits = p.balance_limit(c.stage).map_or(3, |l| l.digits);
    let bad = c.verdict == Verdict::NotMet;
    let note = match c.cv {
        Some(cv) if printed_flips(cv, c.limit, digits) => {
            p.phrase("note_printed_flips", &[("value", &number(cv))])
        }
        _ => String::new(),
    };
    let mut row = vec![Cell::Empty; 17];
    row[0] = Cell::text(&c.county_code);
    row[1] = Cell::text(context.county(&c.county_code).0);
    row[2] = Cell::text(&p.stages[c.stage].title);
    row[4] = Cell::Text(context.word("composite"), Tone::Strong);
    row[5] = Cell::count(c.units);
    row[10] = Cell::number(c.cv, digits).toned(if bad { Tone::Bad } else { Tone::Strong });
    row[11] = Cell::number(Some(c.limit), 2);
    row[12] = verdict_cell(context, Some(c.verdict));
    row[16] = Cell::text(note);
    let last = beside::coefficient(context, &c.county_code, c.stage, COMPOSITE, c.cv, digits);
    row.splice(BESIDE..BESIDE, last);
    row
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

/// Most flips that one cell lists: a row is not higher than so many lines. All stand in the county's own workbook.
const NAMED_FLIPS: usize = 12;

fn reasons(context: &Context<'_>) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut columns = vec![
        Head::new(w("head_county_code")),
        Head::new(w("head_county")),
    ];
    columns.extend(reason_heads(context));
    let mut s = context.sheet("sheet_reasons", columns, 3);
    s.notes = vec![w("note_margin"), w("note_flips")];
    s.filter = true;
    for v in &context.results.verdicts {
        let mut row = vec![
            Cell::text(&v.county_code),
            Cell::text(context.county(&v.county_code).0),
        ];
        row.extend(reason_row(context, v));
        s.rows.push(row);
    }
    s
}

/// The columns of [`reason_row`].
pub(super) fn reason_heads(context: &Context<'_>) -> [Head; 5] {
    let w = |key: &str| context.word(key);
    [
        Head::new(w("head_part")),
        Head::new(w("head_verdict")).wide(10),
        Head::new(w("head_margin")).wide(12),
        Head::new(w("head_reasons")).wide(80),
        Head::new(w("head_flips")).wide(80),
    ]
}

/// The verdict on a part with its margin, reasons and what would flip it.
pub(super) fn reason_row(context: &Context<'_>, v: &CountyVerdict) -> [Cell; 5] {
    [
        Cell::text(context.pipeline.part_title(v.part)),
        verdict_cell(context, Some(v.verdict)),
        Cell::text(margin(context, v)),
        Cell::text(v.reasons.join("\n")),
        Cell::text(flips(context, v)),
    ]
}

/// The margin of a verdict as people read it.
fn margin(context: &Context<'_>, v: &CountyVerdict) -> String {
    let p = context.pipeline;
    let scored = p
        .parts
        .iter()
        .any(|r| r.part == v.part && r.least.is_some());
    match (v.part, v.margin) {
        (_, None) => String::new(),
        (Part::Balance, Some(m)) => fixed(m, 3),
        (_, Some(m)) if scored => p.phrase("points", &[("points", &fixed(m, 1))]),
        (_, Some(m)) => format!("{}%", fixed(m * 100.0, 1)),
    }
}

/// What would flip a verdict, a line each.
fn flips(context: &Context<'_>, v: &CountyVerdict) -> String {
    let mut lines: Vec<String> = v
        .flips
        .iter()
        .take(NAMED_FLIPS)
        .map(|f| f.text.clone())
        .collect();
    if v.flips.len() > NAMED_FLIPS {
        let rest = (v.flips.len() - NAMED_FLIPS).to_string();
        lines.push(context.pipeline.phrase("flips_more", &[("count", &rest)]));
    }
    lines.join("\n")
}
