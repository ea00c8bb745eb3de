//! Sheets about satisfaction: the ranking with its intervals, respondents' groups, dimensions, samples, other rules, screens;
//! and the survey of one county.

use super::Context;
use super::book::{Cell, Chart, Head, Sheet, Tone, verdict_tone};
use super::ranking_book::rank_cell;
use crate::indicators::Verdict;
use crate::indicators::survey::change::Direction;
use crate::indicators::survey::intervals::Interval;
use crate::indicators::survey::screens::{measured, median_duration};
use crate::indicators::survey::{CountySurvey, Line, Mark, Slice, Source, State, limit, verdict};
use crate::pipeline::model::{
    AnswerMeans, Better, Least, Measure, RateKind, Rule, Survey, Unknown,
};
use crate::ranking::ranks;
use crate::text::{fixed, number};

/// Between the parts of how a rate is made.
const BETWEEN: &str = "\u{ff1b}";

/// Printed digits of rates.
const DIGITS: usize = 2;

/// The sheets of the province; none without any survey.
pub(super) fn sheets(context: &Context<'_>) -> Vec<Sheet> {
    let Some(survey) = &context.pipeline.survey else {
        return Vec::new();
    };
    if context.results.surveys.counties.is_empty() {
        return Vec::new();
    }
    vec![
        ranking(context, survey),
        groups(context, survey),
        dimensions(context, survey),
        samples(context, survey),
        variants(context, survey),
        screens(context, survey),
    ]
}

/// How the rates of a source are made, in words: it stands beside every rate.
pub(super) fn variant_words(context: &Context<'_>, survey: &Survey, source: Source) -> String {
    let p = context.pipeline;
    if source == Source::Summary {
        return p.word("variant_summary").to_string();
    }
    let rule = rule_words(context, survey, survey.rule, survey.least, survey.unknown);
    let key = match survey.rate {
        RateKind::Pooled => "rate_pooled",
        RateKind::EqualGroups => "rate_equal_groups",
        RateKind::FixedWeights => "rate_fixed_weights",
        RateKind::ItemPooled => "rate_item_pooled",
        RateKind::Score => "rate_score",
    };
    let rate = p.word(key);
    let weights: Vec<String> = survey
        .groups
        .iter()
        .zip(&survey.weights)
        .filter(|(_, w)| **w > 0.0 && survey.rate == RateKind::FixedWeights)
        .map(|(g, w)| format!("{}{}", g.title, number(*w)))
        .collect();
    format!("{rate}{}{BETWEEN}{rule}", weights.join("\u{3001}"))
}

fn rule_words(
    context: &Context<'_>,
    survey: &Survey,
    rule: Rule,
    least: Least,
    unknown: Unknown,
) -> String {
    let p = context.pipeline;
    let rule = match rule {
        Rule::Overall => p.word("rule_overall").to_string(),
        Rule::Share => p.phrase("rule_share", &[("share", &number(survey.share))]),
        Rule::All => p.word("rule_all").to_string(),
    };
    let least = p.word(match least {
        Least::Satisfied => "least_satisfied",
        Least::Basic => "least_basic",
    });
    let unknown = p.word(match unknown {
        Unknown::In => "unknown_in",
        Unknown::Out => "unknown_out",
    });
    [rule.as_str(), least, unknown].join(BETWEEN)
}

fn county_heads(context: &Context<'_>) -> Vec<Head> {
    ["head_county_code", "head_county", "head_prefecture"]
        .iter()
        .map(|k| Head::new(context.word(k)))
        .collect()
}

fn county_cells(context: &Context<'_>, county: usize) -> Vec<Cell> {
    let own = &context.results.dataset.counties[county];
    vec![
        Cell::text(&own.code),
        Cell::text(&own.name),
        Cell::text(&own.prefecture),
    ]
}

fn state_cell(context: &Context<'_>, state: Option<State>) -> Cell {
    let Some(state) = state else {
        return Cell::Empty;
    };
    let tone = match state {
        State::Firm => Tone::Good,
        State::Borderline => Tone::Middle,
        State::Below => Tone::Bad,
    };
    Cell::Text(context.word(state.key()), tone)
}

/// A rate with what small numbers do to it.
fn rate_cell(context: &Context<'_>, rate: Option<f64>, mark: Mark) -> Cell {
    match mark {
        Mark::Suppressed => Cell::Text(context.word("mark_suppressed"), Tone::Pale),
        Mark::Small => Cell::number(rate, DIGITS).toned(Tone::Middle),
        Mark::None => Cell::number(rate, DIGITS),
    }
}

fn interval_words(interval: Option<Interval>) -> Cell {
    Cell::text(interval.map_or(String::new(), |i| {
        format!("{}\u{2014}{}", fixed(i.low, DIGITS), fixed(i.high, DIGITS))
    }))
}

fn ranking(context: &Context<'_>, survey: &Survey) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let r = context.results;
    let mut columns = vec![Head::new(w("head_rank")).wide(8)];
    columns.extend(county_heads(context));
    let interval = w("head_interval");
    let change = w("head_change");
    columns.extend([
        Head::new(w("head_source")).wide(12),
        Head::new(w("head_survey_valid")),
        Head::new(w("head_survey_satisfied")),
        Head::new(w("head_survey_rate")),
        Head::under(&interval, w("head_low")),
        Head::under(&interval, w("head_high")),
        Head::under(&interval, w("head_interval_basis")).wide(18),
        Head::new(w("head_limit")).wide(8),
        Head::new(w("head_state_limit")).wide(10),
        Head::new(w("head_verdict")).wide(10),
        Head::new(w("head_places")).wide(12),
        Head::new(w("head_other_rate")),
        Head::new(w("head_effect")).wide(10),
        Head::new(w("head_effective")),
        Head::under(&change, w("head_previous")),
        Head::under(&change, w("head_difference")),
        Head::under(&change, w("head_interval")).wide(18),
        Head::under(&change, w("head_direction")).wide(12),
        Head::new(w("head_variant")).wide(40),
        Head::under(w("head_whiskers"), w("head_up")),
        Head::under(w("head_whiskers"), w("head_down")),
    ]);
    let mut s = context.sheet("sheet_survey", columns, 3);
    s.filter = true;
    let word = p.word(match survey.unknown {
        Unknown::In => "note_other_rate_in",
        Unknown::Out => "note_other_rate_out",
    });
    s.notes = vec![
        w("note_survey"),
        w("note_survey_interval"),
        w("note_survey_state"),
        word.to_string(),
        p.phrase(
            "note_suppressed",
            &[
                ("suppress", &number(survey.suppress_below)),
                ("mark", &number(survey.mark_below)),
            ],
        ),
    ];
    let counties = &r.surveys.counties;
    let lines: Vec<Option<&Line>> = counties
        .iter()
        .map(|c| r.surveys.official(c.county))
        .collect();
    let rates: Vec<Option<f64>> = lines.iter().map(|l| l.and_then(|l| l.rate)).collect();
    let ranks = ranks(&rates, Better::Higher);
    let mut order: Vec<usize> = (0..counties.len()).collect();
    order.sort_by_key(|i| ranks[*i].unwrap_or(usize::MAX));
    for i in order {
        let (c, line, value) = (&counties[i], lines[i], rates[i]);
        let mut row = vec![rank_cell(context, ranks[i])];
        row.extend(county_cells(context, c.county));
        let interval = line.and_then(|l| l.interval);
        let verdict = verdict(survey, context.criteria(c.county));
        row.push(Cell::text(w(c.source.key())));
        row.push(Cell::number(line.map(|l| l.valid), 0));
        row.push(Cell::number(
            line.and_then(|l| l.satisfied),
            count_digits(survey, c.source),
        ));
        row.push(Cell::number(value, DIGITS));
        row.push(Cell::number(interval.map(|i| i.low), DIGITS));
        row.push(Cell::number(interval.map(|i| i.high), DIGITS));
        row.push(match line {
            Some(l) if interval.is_some() => Cell::text(w(l.basis.key())),
            _ => Cell::Empty,
        });
        row.push(Cell::number(limit(survey, context.criteria(c.county)), 0));
        row.push(state_cell(context, line.and_then(|l| l.state)));
        row.push(verdict.map_or(Cell::Empty, |v| Cell::Text(w(v.key()), verdict_tone(v))));
        row.push(Cell::text(
            c.places
                .map_or(String::new(), |(a, b)| format!("{a}\u{2014}{b}")),
        ));
        row.push(Cell::number(line.and_then(|l| l.other_rate), DIGITS));
        row.push(Cell::number(line.and_then(|l| l.effect), 2));
        row.push(Cell::number(line.and_then(|l| l.effective), 0));
        match &c.change {
            Some(change) => {
                row.push(Cell::number(Some(change.previous), DIGITS));
                row.push(Cell::number(change.difference, DIGITS));
                row.push(interval_words(change.interval));
                let tone = match change.direction {
                    Direction::Up => Tone::Good,
                    Direction::Down => Tone::Bad,
                    Direction::Same => Tone::Plain,
                    Direction::NotComparable | Direction::Open => Tone::Pale,
                };
                row.push(Cell::Text(w(change.direction.key()), tone));
            }
            None => row.extend(vec![Cell::Empty; 4]),
        }
        row.push(Cell::text(variant_words(context, survey, c.source)));
        let whisker = |f: fn(f64, Interval) -> f64| value.zip(interval).map(|(v, i)| f(v, i));
        row.push(Cell::number(whisker(|v, i| i.high - v), 3));
        row.push(Cell::number(whisker(|v, i| v - i.low), 3));
        s.rows.push(row);
    }
    let ranked = ranks.iter().flatten().count();
    if ranked > 0 {
        let at = |key: &str| {
            let label = context.word(key);
            s.columns.iter().position(|c| c.label == label).unwrap_or(0)
        };
        s.chart = Some(Chart {
            title: w("chart_survey"),
            rows: ranked,
            categories: at("head_county"),
            values: at("head_survey_rate"),
            up: at("head_up"),
            down: at("head_down"),
            limit: at("head_limit"),
            value_title: w("head_survey_rate"),
            limit_title: w("head_limit"),
        });
    }
    s
}

/// Printed digits of satisfied questionnaires: whole ones, unless rates of groups are weighted.
fn count_digits(survey: &Survey, source: Source) -> usize {
    match (source, survey.rate) {
        (
            Source::Questionnaires,
            RateKind::EqualGroups | RateKind::FixedWeights | RateKind::Score,
        ) => 1,
        _ => 0,
    }
}

/// The line of a slice from the source that the evaluation uses.
fn line_of<'a>(context: &'a Context<'_>, own: &CountySurvey, slice: Slice) -> Option<&'a Line> {
    let surveys = &context.results.surveys;
    surveys.line(own.county, own.source, slice)
}

fn push_line(context: &Context<'_>, row: &mut Vec<Cell>, line: Option<&Line>) {
    match line {
        Some(l) => {
            row.push(Cell::number(Some(l.valid), 0));
            row.push(rate_cell(context, l.rate, l.mark));
            row.push(interval_words(l.interval));
        }
        None => row.extend(vec![Cell::Empty; 3]),
    }
}

fn slice_heads(context: &Context<'_>, group: &str) -> [Head; 3] {
    [
        Head::under(group, context.word("head_survey_valid")),
        Head::under(group, context.word("head_survey_rate")),
        Head::under(group, context.word("head_interval")).wide(16),
    ]
}

fn groups(context: &Context<'_>, survey: &Survey) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut columns = county_heads(context);
    columns.push(Head::new(w("head_source")).wide(12));
    columns.extend(slice_heads(context, &w("whole_group")));
    for group in &survey.groups {
        columns.extend(slice_heads(context, &group.title));
    }
    let mut s = context.sheet("sheet_survey_groups", columns, 2);
    s.filter = true;
    s.notes = vec![
        variant_words(context, survey, Source::Questionnaires),
        w("note_marks"),
    ];
    for own in &context.results.surveys.counties {
        let mut row = county_cells(context, own.county);
        row.push(Cell::text(w(own.source.key())));
        push_line(context, &mut row, line_of(context, own, Slice::default()));
        for g in 0..survey.groups.len() {
            let slice = Slice::of_group(Some(g));
            push_line(context, &mut row, line_of(context, own, slice));
        }
        s.rows.push(row);
    }
    s
}

/// The dimensions that any questionnaire asked about, in the order of the forms.
fn asked_dimensions<'a>(context: &'a Context<'_>) -> Vec<&'a str> {
    let mut out: Vec<&str> = Vec::new();
    for form in &context.pipeline.forms {
        for title in &form.asked.dimensions {
            let asked = |own: &CountySurvey| dimension_line(context, own, title).is_some();
            let mut counties = context.results.surveys.counties.iter();
            if !out.contains(&title.as_str()) && counties.any(asked) {
                out.push(title);
            }
        }
    }
    out
}

/// The line of all respondents of a county about a dimension.
fn dimension_line<'a>(
    context: &'a Context<'_>,
    own: &CountySurvey,
    title: &str,
) -> Option<&'a Line> {
    let mut dimensions = context.pipeline.forms[own.form?].asked.dimensions.iter();
    let dimension = dimensions.position(|d| d == title)?;
    line_of(context, own, Slice::on(dimension, None))
}

fn dimensions(context: &Context<'_>, survey: &Survey) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut columns = county_heads(context);
    let asked = asked_dimensions(context);
    for title in &asked {
        columns.extend(slice_heads(context, title));
    }
    for area in &survey.areas {
        columns.extend(slice_heads(context, &area.title));
    }
    let mut s = context.sheet("sheet_survey_dimensions", columns, 2);
    s.filter = true;
    s.notes = vec![w("note_dimensions"), w("note_areas"), w("note_marks")];
    for own in &context.results.surveys.counties {
        if own.source != Source::Questionnaires {
            continue;
        }
        let mut row = county_cells(context, own.county);
        for title in &asked {
            push_line(context, &mut row, dimension_line(context, own, title));
        }
        for a in 0..survey.areas.len() {
            push_line(context, &mut row, line_of(context, own, Slice::of_area(a)));
        }
        s.rows.push(row);
    }
    s
}

fn samples(context: &Context<'_>, survey: &Survey) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let mut columns = county_heads(context);
    columns.extend([
        Head::new(w("head_source")).wide(12),
        Head::new(w("head_residents")),
        Head::new(w("head_needed")),
        Head::new(w("head_survey_valid")),
        Head::new(w("head_enough")).wide(10),
        Head::new(w("head_parents")),
        Head::new(w("head_parents_share")),
        Head::new(w("head_groups_missing")).wide(30),
        Head::new(w("head_groups_unbalanced")).wide(30),
        Head::new(w("head_issued")),
        Head::new(w("head_returned")),
        Head::new(w("head_excluded")),
        Head::new(w("head_return_rate")).wide(30),
        Head::new(w("head_coverage")),
    ]);
    let mut s = context.sheet("sheet_survey_samples", columns, 2);
    s.filter = true;
    let quota = &survey.quota;
    s.notes = vec![
        p.phrase(
            "note_quota",
            &[
                ("least", &number(quota.least)),
                ("per_mille", &number(quota.per_mille)),
                ("parents", &number(quota.parents_share)),
                ("balance", &number(quota.balance)),
                ("return", &number(quota.return_share)),
            ],
        ),
        w("note_return"),
    ];
    for own in &context.results.surveys.counties {
        let sample = &own.sample;
        let titles = |groups: &[usize]| {
            let own: Vec<&str> = groups
                .iter()
                .map(|g| survey.groups[*g].title.as_str())
                .collect();
            Cell::text(own.join("\u{3001}"))
        };
        let mut row = county_cells(context, own.county);
        row.push(Cell::text(w(own.source.key())));
        row.push(Cell::number(sample.residents, 0));
        row.push(Cell::number(sample.needed, 0));
        row.push(Cell::number(Some(sample.valid), 0));
        row.push(match sample.needed {
            Some(n) if sample.valid >= n => Cell::Text(w(Verdict::Met.key()), Tone::Good),
            Some(_) => Cell::Text(w(Verdict::NotMet.key()), Tone::Bad),
            None => Cell::Empty,
        });
        row.push(Cell::number(sample.parents, 0));
        let share = sample.parents_share();
        let few = share.is_some_and(|s| s < quota.parents_share);
        let tone = if few { Tone::Bad } else { Tone::Plain };
        row.push(Cell::number(share, 1).toned(tone));
        row.push(titles(&sample.missing));
        row.push(titles(&sample.unbalanced));
        row.push(Cell::number(sample.issued, 0));
        row.push(Cell::number(sample.returned, 0));
        row.push(Cell::number(sample.excluded, 0));
        row.push(match sample.return_rate() {
            Some(rate) => Cell::number(Some(rate), DIGITS),
            None => Cell::Text(w("not_a_return_rate"), Tone::Pale),
        });
        row.push(Cell::number(sample.coverage(), 3));
        s.rows.push(row);
    }
    s
}

/// What every other rule would give: the choice decides more than anything else.
fn variants(context: &Context<'_>, survey: &Survey) -> Sheet {
    let w = |key: &str| context.word(key);
    let mut columns = county_heads(context);
    let first = context
        .results
        .surveys
        .counties
        .iter()
        .find(|c| !c.variants.is_empty());
    let kinds = first.map_or(&[][..], |c| &c.variants);
    for v in kinds {
        let words = rule_words(context, survey, v.rule, v.least, v.unknown);
        let (rule, rest) = words.split_once(BETWEEN).unwrap_or((&words, ""));
        columns.push(Head::under(rule, rest).wide(18));
    }
    let mut s = context.sheet("sheet_survey_variants", columns, 2);
    s.notes = vec![
        w("note_variants"),
        format!(
            "{}{}",
            w("note_variant_used"),
            variant_words(context, survey, Source::Questionnaires)
        ),
    ];
    for own in &context.results.surveys.counties {
        if own.variants.is_empty() {
            continue;
        }
        let mut row = county_cells(context, own.county);
        let bound = limit(survey, context.criteria(own.county));
        for v in &own.variants {
            let used = survey.rate == RateKind::Pooled
                && v.rule == survey.rule
                && v.least == survey.least
                && v.unknown == survey.unknown;
            let below = v
                .rate
                .zip(bound)
                .is_some_and(|(r, l)| !crate::formula::lower::at_most(l, r));
            let tone = match (used, below) {
                (_, true) => Tone::Bad,
                (true, false) => Tone::Strong,
                _ => Tone::Plain,
            };
            row.push(Cell::number(v.rate, DIGITS).toned(tone));
        }
        s.rows.push(row);
    }
    s
}

fn screens(context: &Context<'_>, survey: &Survey) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let list: Vec<_> = survey
        .screens
        .iter()
        .filter(|s| s.measure != Measure::SchoolsEven)
        .collect();
    let mut columns = county_heads(context);
    for screen in &list {
        let title = &p.notices[&screen.notice].title;
        columns.push(Head::under(title, w("head_count")).wide(10));
        columns.push(Head::under(title, w("head_of")).wide(10));
        columns.push(Head::under(title, w("head_share")).wide(10));
    }
    let mut s = context.sheet("sheet_survey_screens", columns, 2);
    s.filter = true;
    s.notes = vec![w("note_screens")];
    let surveys = &context.results.dataset.surveys;
    let median = median_duration(surveys);
    for (county, listed) in context.results.dataset.counties.iter().enumerate() {
        let Some(own) = context.results.dataset.survey(&listed.code) else {
            continue;
        };
        let mut row = county_cells(context, county);
        for screen in &list {
            let m = measured(screen, own, median).filter(|m| m.base > 0.0);
            row.push(Cell::number(m.map(|m| m.count), 0));
            row.push(Cell::number(m.map(|m| m.base), 0));
            row.push(Cell::number(m.and_then(|m| m.share()), 1));
        }
        s.rows.push(row);
    }
    s
}

/// The survey of one county; `None` without any.
pub(super) fn county(context: &Context<'_>, county: usize) -> Option<Sheet> {
    let p = context.pipeline;
    let survey = p.survey.as_ref()?;
    let own = context.results.surveys.county(county)?;
    let w = |key: &str| context.word(key);
    let columns = vec![
        Head::new(w("head_source")).wide(12),
        Head::new(w("head_of_whom")).wide(30),
        Head::new(w("head_of_what")).wide(20),
        Head::new(w("head_survey_valid")),
        Head::new(w("head_survey_satisfied")),
        Head::new(w("head_survey_rate")),
        Head::new(w("head_interval")).wide(18),
        Head::new(w("head_interval_basis")).wide(18),
        Head::new(w("head_state_limit")).wide(10),
        Head::new(w("head_note")).wide(30),
    ];
    let mut s = context.sheet("sheet_survey_county", columns, 0);
    s.notes = vec![
        format!(
            "{}{}",
            w("note_variant_used"),
            variant_words(context, survey, own.source)
        ),
        w("note_survey_interval"),
        w("note_marks"),
    ];
    let title = |slice: Slice| match (slice.group, slice.area) {
        (Some(g), _) => survey.groups[g].title.clone(),
        (_, Some(a)) => survey.areas[a].title.clone(),
        _ => w("whole_group"),
    };
    let asked = own.form.map(|f| &p.forms[f].asked);
    let mark = |mark: Mark| match mark {
        Mark::None => Cell::Empty,
        Mark::Small => Cell::Text(w("mark_small"), Tone::Middle),
        Mark::Suppressed => Cell::Text(w("mark_suppressed"), Tone::Pale),
    };
    for line in context.results.surveys.lines_of(county) {
        let what = match (line.slice.dimension, asked) {
            (Some(d), Some(asked)) => asked.dimensions[d].clone(),
            _ => w("whole_judgement"),
        };
        s.rows.push(vec![
            Cell::text(w(line.source.key())),
            Cell::text(title(line.slice)),
            Cell::text(what),
            Cell::number(Some(line.valid), 0),
            Cell::number(line.satisfied, count_digits(survey, line.source)),
            rate_cell(context, line.rate, line.mark),
            interval_words(line.interval),
            if line.interval.is_some() {
                Cell::text(w(line.basis.key()))
            } else {
                Cell::Empty
            },
            state_cell(context, line.state),
            mark(line.mark),
        ]);
    }
    for school in context.results.surveys.schools_of(county) {
        s.rows.push(vec![
            Cell::text(w(Source::Questionnaires.key())),
            Cell::text(&school.school_name),
            Cell::text(w("whole_judgement")),
            Cell::number(Some(school.valid), 0),
            Cell::number(school.satisfied, 0),
            rate_cell(context, school.rate, school.mark),
            interval_words(school.interval),
            Cell::Empty,
            Cell::Empty,
            mark(school.mark),
        ]);
    }
    let (matched, named) = own.matched;
    if named > 0.0 {
        s.notes.push(p.phrase(
            "note_schools_matched",
            &[("named", &number(named)), ("matched", &number(matched))],
        ));
    }
    if let Some(answers) = context
        .results
        .dataset
        .survey(&context.results.dataset.counties[county].code)
    {
        s.notes
            .push(distribution(context, survey, &answers.answers, asked?));
    }
    Some(s)
}

/// How the answers to the overall question are spread over its words.
fn distribution(
    context: &Context<'_>,
    survey: &Survey,
    answers: &crate::ingest::answers::Answers,
    asked: &crate::pipeline::model::Asked,
) -> String {
    let whole = answers.whole();
    let counts = whole
        .questions
        .get(asked.overall())
        .map_or(&[][..], Vec::as_slice);
    let mut parts: Vec<String> = Vec::new();
    let mut unknown = 0;
    for (word, n) in survey.words.iter().zip(counts).filter(|(_, n)| **n > 0) {
        if word.means == AnswerMeans::Unknown {
            unknown += n;
        } else {
            parts.push(format!("{}{n}", word.title));
        }
    }
    let blank = counts.get(survey.words.len()).copied().unwrap_or(0);
    for (key, n) in [("answer_unknown", unknown), ("answer_blank", blank)] {
        if n > 0 {
            parts.push(format!("{}{n}", context.word(key)));
        }
    }
    context
        .pipeline
        .phrase("note_distribution", &[("answers", &parts.join("\u{3001}"))])
}
