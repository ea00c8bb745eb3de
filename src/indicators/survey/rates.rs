//! Rates of a county by respondents' group, area, dimension and school, with what small numbers hide.

use std::collections::{BTreeMap, BTreeSet};

use super::change;
use super::design::{Cluster, Stratum, design, design_interval};
use super::hiding::{suppress, suppress_schools};
use super::intervals::{Interval, finite, mean_interval, share_interval};
use super::quotas;
use super::{
    Basis, CountySurvey, Given, Line, Mark, SchoolLine, Slice, Source, State, Surveys, Variant,
    find, limit, percent,
};
use crate::dataset::{CountyAnswers, Row};
use crate::finding::{Draft, Finding, Place};
use crate::indicators::criterion;
use crate::ingest::answers::{Answers, Satisfied, Tally};
use crate::ingest::cell::{Value, text_of};
use crate::pipeline::model::{Asked, Least, RateKind, Rule, Survey, Unknown};
use crate::text::{normal, number};

/// Columns of the table of summaries.
pub const ISSUED: &str = "survey_issued";
const VALID: &str = "survey_valid";
const SATISFIED: &str = "survey_satisfied";
/// The table of summaries.
pub const SUMMARY: &str = "survey";

/// Everything about one county; `None` without any survey.
pub fn of_county(
    given: &Given<'_>,
    survey: &Survey,
    county: usize,
) -> Option<(Vec<Line>, Vec<SchoolLine>, CountySurvey)> {
    let code = &given.dataset.counties[county].code;
    let criteria = criterion::of_county(given.pipeline, given.criteria, county);
    let limit = limit(survey, criteria);
    let mut lines = summary_lines(given, survey, county);
    let mut schools = Vec::new();
    let mut matched = (0.0, 0.0);
    let own = given.dataset.survey(code);
    let counted = own.filter(|s| s.answers.valid() > 0);
    if let Some(own) = counted {
        let maker = Maker {
            given,
            survey,
            county,
            own,
            asked: &given.pipeline.forms[own.form].asked,
        };
        let (list, hits) = maker.schools();
        matched = hits;
        lines.extend(maker.lines(&list));
        schools = list.into_iter().map(|(line, _)| line).collect();
    }
    let source = if counted.is_some() {
        Source::Questionnaires
    } else {
        Source::Summary
    };
    if lines.is_empty() && own.is_none() {
        return None;
    }
    suppress(survey, &mut lines);
    let all = counted.map_or(0.0, |o| o.answers.valid() as f64);
    suppress_schools(survey, &mut schools, all);
    for line in &mut lines {
        line.state = match (line.interval, limit, line.slice.dimension) {
            (Some(interval), Some(limit), None) => Some(State::of(interval, limit)),
            _ => None,
        };
    }
    lines.sort_by_key(|l| (l.source, l.slice));
    let official = find(&lines, source, Slice::default());
    let survey_of_county = CountySurvey {
        county,
        source,
        form: own.map(|o| o.form),
        sample: quotas::sample(given, survey, county, source, &lines),
        variants: counted
            .filter(|_| !tells_hidden(survey, &lines))
            .map_or(Vec::new(), |o| variants(&o.answers)),
        change: given.previous.and_then(|p| {
            let form = own.map_or("", |o| given.pipeline.forms[o.form].id.as_str());
            let variant = change::variant(survey, source, form);
            change::change(p, &variant, code, official?)
        }),
        places: None,
        matched,
    };
    Some((lines, schools, survey_of_county))
}

/// Whether pooled rates beside a weighted one would tell what is hidden of a group.
fn tells_hidden(survey: &Survey, lines: &[Line]) -> bool {
    let weighted = matches!(survey.rate, RateKind::EqualGroups | RateKind::FixedWeights);
    let hidden = |l: &Line| l.mark == Mark::Suppressed && l.slice.group.is_some();
    weighted && lines.iter().any(hidden)
}

/// What every other rule would give.
fn variants(answers: &Answers) -> Vec<Variant> {
    let whole = answers.whole();
    let mut out = Vec::new();
    for rule in Rule::ALL {
        for least in Least::ALL {
            for unknown in [Unknown::In, Unknown::Out] {
                let (hits, base) = whole.satisfied.of(rule, least, unknown);
                out.push(Variant {
                    rule,
                    least,
                    unknown,
                    rate: percent(hits, base),
                });
            }
        }
    }
    out
}

/// A county's own summary as lines.
fn summary_lines(given: &Given<'_>, survey: &Survey, county: usize) -> Vec<Line> {
    let Some(table) = given.pipeline.table(SUMMARY) else {
        return Vec::new();
    };
    let columns = &given.pipeline.tables[table];
    let code = &given.dataset.counties[county].code;
    let rows = given.dataset.tables[table].rows.iter();
    let mut out = Vec::new();
    for row in rows.filter(|r| r.county_code == *code && !r.conflict) {
        let group = survey.groups.iter().position(|g| g.code == row.key);
        if group.is_none() && row.key != survey.whole {
            continue;
        }
        let figure = |name: &str| row.values[columns.position(name)?].as_ref()?.number();
        let (Some(valid), satisfied) = (figure(VALID), figure(SATISFIED)) else {
            continue;
        };
        let interval = satisfied
            .filter(|_| valid > 0.0)
            .and_then(|s| share_interval(survey.interval, s / valid, valid));
        out.push(Line {
            county,
            source: Source::Summary,
            slice: Slice::of_group(group),
            issued: figure(ISSUED),
            returned: None,
            valid,
            satisfied,
            base: Some(valid),
            rate: satisfied.and_then(|s| percent(s, valid)),
            other_rate: None,
            interval: interval.map(Interval::percent),
            basis: Basis::Alone,
            effective: None,
            effect: None,
            state: None,
            mark: Mark::None,
        });
    }
    out
}

/// Makes the lines of a county's questionnaires.
struct Maker<'a> {
    given: &'a Given<'a>,
    survey: &'a Survey,
    county: usize,
    own: &'a CountyAnswers,
    asked: &'a Asked,
}

/// A share with how it was found.
struct Share {
    rate: f64,
    satisfied: f64,
    base: f64,
    interval: Option<Interval>,
    basis: Basis,
    effective: Option<f64>,
    effect: Option<f64>,
}

impl Maker<'_> {
    fn lines(&self, schools: &[(SchoolLine, Satisfied)]) -> Vec<Line> {
        let answers = &self.own.answers;
        let whole = answers.whole();
        let mut out = vec![self.line(Slice::default(), &whole, self.overall(None, schools))];
        for (g, tally) in answers.groups.iter().enumerate() {
            if tally.valid > 0 {
                let slice = Slice::of_group(Some(g));
                out.push(self.line(slice, tally, self.overall(Some(g), schools)));
            }
        }
        for (a, area) in self.survey.areas.iter().enumerate() {
            let mut tally = Tally::default();
            for (line, satisfied) in schools {
                let own = line.urban_rural.as_ref();
                if own.is_some_and(|u| area.codes.contains(u)) {
                    tally.valid += line.valid as u64;
                    tally.satisfied.add(satisfied);
                }
            }
            if tally.valid > 0 {
                let slice = Slice::of_area(a);
                let (hits, base) = tally.satisfied.declared(self.survey);
                out.push(self.line(slice, &tally, self.alone(hits, base, base)));
            }
        }
        for dimension in 0..self.asked.dimensions.len() {
            let groups = std::iter::once(None).chain((0..answers.groups.len()).map(Some));
            for group in groups {
                let tally = group.map_or(&whole, |g| &answers.groups[g]);
                let questions = self.asked.questions.iter().enumerate();
                let of = questions.filter(|(_, q)| q.dimension == Some(dimension));
                let (mut hits, mut base, mut asked) = (0.0, 0.0, 0.0);
                for (q, _) in of {
                    let (h, b) = tally.question(self.survey, q);
                    hits += h;
                    base += b;
                    asked += f64::from(u8::from(b > 0.0));
                }
                if base > 0.0 {
                    let slice = Slice::on(dimension, group);
                    // One respondent's answers to several questions are not several respondents.
                    let share = self.alone(hits, base, base / asked);
                    out.push(self.line(slice, tally, share));
                }
            }
        }
        out
    }

    fn line(&self, slice: Slice, tally: &Tally, share: Option<Share>) -> Line {
        let whole = slice == Slice::default();
        let other = match slice.dimension {
            None => {
                let (hits, base) = tally.satisfied.other(self.survey);
                percent(hits, base)
            }
            Some(_) => None,
        };
        let pooled = matches!(self.survey.rate, RateKind::Pooled);
        Line {
            county: self.county,
            source: Source::Questionnaires,
            slice,
            issued: None,
            returned: whole.then_some(self.own.answers.returned as f64),
            valid: tally.valid as f64,
            satisfied: share.as_ref().map(|s| s.satisfied),
            base: share.as_ref().map(|s| s.base),
            rate: share.as_ref().map(|s| s.rate * 100.0),
            other_rate: other.filter(|_| pooled),
            interval: share
                .as_ref()
                .and_then(|s| s.interval)
                .map(Interval::percent),
            basis: share.as_ref().map_or(Basis::Alone, |s| s.basis),
            effective: share.as_ref().and_then(|s| s.effective),
            effect: share.as_ref().and_then(|s| s.effect),
            state: None,
            mark: Mark::None,
        }
    }

    /// A share as if every respondent had been drawn alone; of a list of known length, with the finite population's
    /// correction.
    fn alone(&self, hits: f64, base: f64, respondents: f64) -> Option<Share> {
        if base <= 0.0 {
            return None;
        }
        let listed = self
            .survey
            .population
            .and_then(|c| self.given.facts.columns[c][self.county].value)
            .and_then(|n| finite(respondents, n));
        let rate = hits / base;
        Some(Share {
            rate,
            satisfied: hits,
            base,
            interval: share_interval(self.survey.interval, rate, listed.unwrap_or(respondents)),
            basis: Basis::Alone,
            effective: listed.filter(|n| n.is_finite()),
            effect: None,
        })
    }

    /// The rate as declared, of all groups or one.
    fn overall(&self, group: Option<usize>, schools: &[(SchoolLine, Satisfied)]) -> Option<Share> {
        let overall = self.asked.overall();
        let answers = &self.own.answers;
        let (top, bottom) = answers.official(self.survey, group, overall)?;
        if bottom <= 0.0 {
            return None;
        }
        let tally = answers.of(group)?;
        let plain = self.alone(top, bottom, bottom);
        match (self.survey.rate, group) {
            (RateKind::Pooled, None) => self.by_schools(top, bottom, schools).or(plain),
            (RateKind::EqualGroups | RateKind::FixedWeights, None) => {
                self.by_strata(top, bottom).or(plain)
            }
            (RateKind::ItemPooled, _) => self.alone(top, bottom, tally.valid as f64),
            (RateKind::Score, _) => {
                let scale = answers.scale?;
                let most = self.survey.scales[scale].most();
                let (sum, squares, n) = tally.scores(self.survey, scale, overall);
                // Of the mean over several questions nothing is known about how a respondent's answers hang together.
                let own = (self.survey.rule == Rule::Overall)
                    .then(|| mean_interval(sum, squares, n))
                    .flatten();
                Some(Share {
                    rate: top / bottom,
                    satisfied: top,
                    base: bottom,
                    interval: own.map(|i| Interval {
                        low: i.low / most,
                        high: i.high / most,
                    }),
                    basis: Basis::Mean,
                    effective: None,
                    effect: None,
                })
            }
            _ => plain,
        }
    }

    /// With schools as the sampling units, where at least half of the respondents name one. Respondents without a school are
    /// a stratum of their own, each drawn alone; the degrees of freedom are those of the schools.
    fn by_schools(
        &self,
        hits: f64,
        base: f64,
        listed: &[(SchoolLine, Satisfied)],
    ) -> Option<Share> {
        let mut clusters: Vec<Cluster> = Vec::new();
        let (mut with, mut with_hits) = (0.0, 0.0);
        // With a list of schools only those on it: whatever else stands in the column may be no school.
        let named = self.own.answers.schools.iter();
        let named = named.filter(|s| !s.name.is_empty()).map(|s| &s.satisfied);
        let listed = listed.iter().map(|(_, satisfied)| satisfied);
        let all: Vec<&Satisfied> = if self.has_list() {
            listed.collect()
        } else {
            named.collect()
        };
        for satisfied in all {
            let (h, b) = satisfied.declared(self.survey);
            if b <= 0.0 {
                continue;
            }
            with += b;
            with_hits += h;
            clusters.push(Cluster::unweighted(0, h, b));
        }
        let schools = clusters.len();
        if schools < 2 || with * 2.0 < base {
            return None;
        }
        let mut strata = vec![Stratum {
            schools_in_population: None,
        }];
        let alone = base - with;
        if alone >= 2.0 {
            strata.push(strata[0]);
            let satisfied = (hits - with_hits).round() as usize;
            for i in 0..alone.round() as usize {
                let hit = f64::from(u8::from(i < satisfied));
                clusters.push(Cluster::unweighted(1, hit, 1.0));
            }
        }
        let mut found = design(&clusters, &strata)?;
        found.degrees = (schools - 1) as f64;
        Some(Share {
            rate: hits / base,
            satisfied: hits,
            base,
            interval: design_interval(self.survey.school_interval, &found),
            basis: Basis::Schools,
            effective: Some(found.effective),
            effect: Some(found.effect),
        })
    }

    /// Whether the county has a list of schools.
    fn has_list(&self) -> bool {
        let county = &self.given.dataset.counties[self.county].code;
        let table = self.given.pipeline.table("school");
        table.is_some_and(|t| {
            let mut rows = self.given.dataset.tables[t].rows.iter();
            rows.any(|r| r.county_code == *county)
        })
    }

    /// Groups as strata with the declared weights. Source: Cochran 1977, Var = Σ W² p(1−p)/(n−1).
    fn by_strata(&self, top: f64, base: f64) -> Option<Share> {
        let groups = &self.own.answers.groups;
        let present = groups
            .iter()
            .filter(|g| g.satisfied.declared(self.survey).1 > 0.0);
        let equal = 1.0 / present.count().max(1) as f64;
        let (mut variance, mut parts) = (0.0, 0.0);
        for (g, tally) in groups.iter().enumerate() {
            let (hits, n) = tally.satisfied.declared(self.survey);
            let weight = match self.survey.rate {
                RateKind::EqualGroups => equal,
                _ => self.survey.weights[g],
            };
            if n <= 0.0 || weight <= 0.0 {
                continue;
            }
            let p = hits / n;
            variance += weight * weight * p * (1.0 - p) / (n - 1.0).max(1.0);
            parts += weight * weight / n;
        }
        let rate = top / base;
        // Where all of a group agree, or only one answered, nothing is known of its spread: then as if all groups had the
        // same.
        let effective = (rate * (1.0 - rate) / variance).min(1.0 / parts);
        Some(Share {
            rate,
            satisfied: top,
            base,
            interval: if effective.is_finite() && effective > 0.0 {
                share_interval(self.survey.interval, rate, effective)
            } else {
                None
            },
            basis: Basis::Strata,
            effective: Some(effective).filter(|n| n.is_finite()),
            effect: None,
        })
    }

    /// The schools of the county's list that respondents name, each with its counts; and how many respondents name one of
    /// them, and how many name any. Only names on the list are shown: what a respondent writes may be anything.
    fn schools(&self) -> (Vec<(SchoolLine, Satisfied)>, (f64, f64)) {
        let mut named: BTreeMap<&str, (f64, Satisfied)> = BTreeMap::new();
        let mut all = 0.0;
        for school in self
            .own
            .answers
            .schools
            .iter()
            .filter(|s| !s.name.is_empty())
        {
            all += school.valid as f64;
            named.insert(&school.name, (school.valid as f64, school.satisfied));
        }
        let pipeline = self.given.pipeline;
        let Some(table) = pipeline.table("school") else {
            return (Vec::new(), (0.0, all));
        };
        let columns = &pipeline.tables[table];
        let county = &self.given.dataset.counties[self.county].code;
        let rows = self.given.dataset.tables[table].rows.iter();
        let rows: Vec<&Row> = rows.filter(|r| r.county_code == *county).collect();
        let text = |row: &Row, name: &str| text_of(columns, &row.values, name);
        let mut lines: BTreeMap<String, (SchoolLine, Satisfied)> = BTreeMap::new();
        let mut hit = 0.0;
        // A name that two schools have is neither's.
        let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in &rows {
            if let (Some(code), Some(name)) = (text(row, "school_code"), text(row, "school_name")) {
                owners.entry(normal(&name)).or_default().insert(code);
            }
        }
        for row in rows {
            let (Some(code), Some(name)) = (text(row, "school_code"), text(row, "school_name"))
            else {
                continue;
            };
            for key in [normal(&name), normal(&code)] {
                if owners.get(&key).is_some_and(|codes| codes.len() > 1) {
                    continue;
                }
                let Some((valid, satisfied)) = named.remove(key.as_str()) else {
                    continue;
                };
                hit += valid;
                let entry = lines.entry(code.clone()).or_insert_with(|| {
                    let line = SchoolLine {
                        county: self.county,
                        school_code: code.clone(),
                        school_name: name.clone(),
                        urban_rural: text(row, "urban_rural"),
                        valid: 0.0,
                        satisfied: None,
                        rate: None,
                        interval: None,
                        mark: Mark::None,
                    };
                    (line, Satisfied::default())
                });
                entry.0.valid += valid;
                entry.1.add(&satisfied);
            }
        }
        let mut out: Vec<(SchoolLine, Satisfied)> = lines.into_values().collect();
        for (line, satisfied) in &mut out {
            let (hits, base) = satisfied.declared(self.survey);
            line.satisfied = Some(hits);
            line.rate = percent(hits, base);
            line.interval = (base > 0.0)
                .then(|| share_interval(self.survey.interval, hits / base, base))
                .flatten()
                .map(Interval::percent);
        }
        (out, (hit, all))
    }
}

/// Counties whose summary differs from their questionnaires, group by group.
pub fn differences(given: &Given<'_>, survey: &Survey, surveys: &Surveys) -> Vec<Finding> {
    let mut out = Vec::new();
    let Some(table) = given.pipeline.table(SUMMARY) else {
        return out;
    };
    let columns = &given.pipeline.tables[table];
    let counted = &given.dataset.tables[survey.table].rows;
    for row in given.dataset.tables[table]
        .rows
        .iter()
        .filter(|r| !r.conflict)
    {
        let fits = |c: &&Row| c.county_code == row.county_code && c.key == row.key;
        let Some(own) = counted.iter().find(fits) else {
            continue;
        };
        // What is hidden is not told here either.
        let mut counties = given.dataset.counties.iter();
        let county = counties.position(|c| c.code == row.county_code);
        let group = survey.groups.iter().position(|g| g.code == row.key);
        let slice = Slice::of_group(group);
        let line = county.and_then(|c| surveys.line(c, Source::Questionnaires, slice));
        let hidden = line.is_some_and(|l| l.mark == Mark::Suppressed);
        if hidden {
            continue;
        }
        for (stated, answered) in [(VALID, 2), (SATISFIED, 3)] {
            let Some(column) = columns.position(stated) else {
                continue;
            };
            let said = row.values[column].as_ref().and_then(Value::number);
            let found = own.values[answered].as_ref().and_then(Value::number);
            let (Some(said), Some(found)) = (said, found) else {
                continue;
            };
            if crate::text::fifteen_digits(said) == crate::text::fifteen_digits(found) {
                continue;
            }
            let whole = || given.pipeline.word("whole_group").to_string();
            let name = group.map_or_else(whole, |g| survey.groups[g].title.clone());
            let title = columns.columns[column].title.clone();
            let cells: Vec<_> = row.cells.at(column).into_iter().collect();
            let draft = Draft {
                county_code: Some(row.county_code.clone()),
                place: given.dataset.place(&cells),
                column: Some(title.clone()),
                value: Some(number(said)),
                expected: Some(number(found)),
                ..Draft::default()
            };
            out.push(
                draft
                    .slot("group", name)
                    .slot("column", title)
                    .slot("answers", number(found))
                    .slot("stated", number(said))
                    .notice(given.pipeline, "survey-sources-differ"),
            );
        }
    }
    out
}

/// The place of a county's survey: the sheet of its questionnaires, or of its summary.
pub fn place(given: &Given<'_>, county: &str) -> Place {
    let sheet = given
        .dataset
        .survey(county)
        .and_then(|s| s.sheets.first())
        .map(|(sheet, _)| *sheet);
    let summary = || {
        let table = given.pipeline.table(SUMMARY)?;
        let mut rows = given.dataset.tables[table].rows.iter();
        rows.find(|r| r.county_code == county).map(|r| r.sheet)
    };
    let Some(info) = sheet
        .or_else(summary)
        .and_then(|s| given.dataset.sheets.get(s as usize))
    else {
        return Place::default();
    };
    Place {
        file: Some(info.file.clone()),
        sheet: Some(info.sheet.clone()),
        cell: None,
    }
}
