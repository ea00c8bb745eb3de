//! Satisfaction: from counts of questionnaires, and from the counties' own summaries, to rates with their intervals, their
//! standing against the limit, and what is unusual about them. Counting questionnaires does not belong here.

pub mod change;
pub mod design;
mod hiding;
pub mod intervals;
pub mod quotas;
pub mod rates;
pub mod screens;

use std::collections::BTreeMap;

use change::{Change, Previous};
use intervals::Interval;
use quotas::Sample;
use rayon::prelude::*;

use super::Verdict;
use super::criterion::CriterionResult;
use crate::dataset::Dataset;
use crate::finding::Finding;
use crate::indicators::facts::Facts;
use crate::indicators::unit::ratio;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Least, Rule, Survey, Unknown};

/// Where a rate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Raw questionnaires, counted here.
    Questionnaires,
    /// The county's own summary.
    Summary,
}

impl Source {
    /// The word of the Parquet files.
    pub fn word(self) -> &'static str {
        match self {
            Source::Questionnaires => "questionnaires",
            Source::Summary => "summary",
        }
    }

    /// The key of its word for people.
    pub fn key(self) -> &'static str {
        match self {
            Source::Questionnaires => "source_questionnaires",
            Source::Summary => "source_summary",
        }
    }
}

/// How an interval was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// As if every respondent had been drawn alone.
    Alone,
    /// Allowing for respondents who come by schools.
    Schools,
    /// Groups as strata, each with its weight.
    Strata,
    /// A mean score by Student's t.
    Mean,
}

impl Basis {
    /// The word of the Parquet files.
    pub fn word(self) -> &'static str {
        match self {
            Basis::Alone => "alone",
            Basis::Schools => "schools",
            Basis::Strata => "strata",
            Basis::Mean => "mean",
        }
    }

    /// The key of its word for people.
    pub fn key(self) -> &'static str {
        match self {
            Basis::Alone => "interval_alone",
            Basis::Schools => "interval_schools",
            Basis::Strata => "interval_strata",
            Basis::Mean => "interval_mean",
        }
    }
}

/// How a rate stands against its limit when its interval is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The whole interval reaches the limit.
    Firm,
    /// The limit lies in the interval.
    Borderline,
    /// The whole interval lies below the limit.
    Below,
}

impl State {
    /// The state of an interval, in the limit's unit.
    pub fn of(interval: Interval, limit: f64) -> State {
        if crate::formula::lower::at_most(limit, interval.low) {
            State::Firm
        } else if crate::formula::lower::at_most(limit, interval.high) {
            State::Borderline
        } else {
            State::Below
        }
    }

    /// The word of the Parquet files.
    pub fn word(self) -> &'static str {
        match self {
            State::Firm => "firm",
            State::Borderline => "borderline",
            State::Below => "below",
        }
    }

    /// The key of its word for people.
    pub fn key(self) -> &'static str {
        match self {
            State::Firm => "state_firm",
            State::Borderline => "state_borderline",
            State::Below => "state_below",
        }
    }
}

/// What small numbers do to a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    #[default]
    None,
    /// Few respondents: of low reliability.
    Small,
    /// So few that the rate could tell about single respondents, or would give away that of such a group.
    Suppressed,
}

impl Mark {
    /// The sign in the Parquet files; empty for none. After the symbols of official statistics: c confidential, u unreliable.
    pub fn sign(self) -> &'static str {
        match self {
            Mark::None => "",
            Mark::Small => "u",
            Mark::Suppressed => "c",
        }
    }
}

/// Of whom, or of what, a rate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Slice {
    /// Respondents' group (index); all without.
    pub group: Option<usize>,
    /// Area of the schools (index); all without.
    pub area: Option<usize>,
    /// Dimension (index) of the form; the whole judgement without.
    pub dimension: Option<usize>,
}

impl Slice {
    /// The whole judgement of one group, or of all respondents.
    pub fn of_group(group: Option<usize>) -> Slice {
        Slice {
            group,
            ..Slice::default()
        }
    }

    /// The whole judgement of the respondents of one area's schools.
    pub fn of_area(area: usize) -> Slice {
        Slice {
            area: Some(area),
            ..Slice::default()
        }
    }

    /// The judgement of one group, or of all respondents, on a dimension.
    pub fn on(dimension: usize, group: Option<usize>) -> Slice {
        Slice {
            dimension: Some(dimension),
            ..Slice::of_group(group)
        }
    }
}

/// One rate.
#[derive(Debug, Clone)]
pub struct Line {
    /// Index into the dataset's counties.
    pub county: usize,
    pub source: Source,
    pub slice: Slice,
    pub issued: Option<f64>,
    pub returned: Option<f64>,
    /// Valid questionnaires.
    pub valid: f64,
    /// Numerator and denominator as declared; `None` where they are not shown or not known.
    pub satisfied: Option<f64>,
    pub base: Option<f64>,
    /// Percent.
    pub rate: Option<f64>,
    /// Percent, with blank and 不了解 the other way round.
    pub other_rate: Option<f64>,
    /// Percent.
    pub interval: Option<Interval>,
    pub basis: Basis,
    /// Effective number of respondents, and the design effect.
    pub effective: Option<f64>,
    pub effect: Option<f64>,
    pub state: Option<State>,
    pub mark: Mark,
}

/// The rate of one school.
#[derive(Debug, Clone)]
pub struct SchoolLine {
    pub county: usize,
    pub school_code: String,
    pub school_name: String,
    pub urban_rural: Option<String>,
    pub valid: f64,
    pub satisfied: Option<f64>,
    pub rate: Option<f64>,
    pub interval: Option<Interval>,
    pub mark: Mark,
}

/// What another rule would give.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    pub rule: Rule,
    pub least: Least,
    pub unknown: Unknown,
    /// Percent.
    pub rate: Option<f64>,
}

/// All about the survey of one county.
#[derive(Debug)]
pub struct CountySurvey {
    pub county: usize,
    /// The source that the evaluation uses.
    pub source: Source,
    pub form: Option<usize>,
    pub sample: Sample,
    /// Under every rule; only with questionnaires.
    pub variants: Vec<Variant>,
    pub change: Option<Change>,
    /// Places from best to worst that cannot be told from this one by their intervals.
    pub places: Option<(usize, usize)>,
    /// Respondents whose school is on the county's list, and all with a school.
    pub matched: (f64, f64),
}

/// The line of a source and slice among those of a county.
fn find(lines: &[Line], source: Source, slice: Slice) -> Option<&Line> {
    let mut own = lines.iter();
    own.find(|l| l.source == source && l.slice == slice)
}

/// Percent; missing without a base.
fn percent(hits: f64, base: f64) -> Option<f64> {
    ratio(Some(hits), Some(base), 100.0)
}

/// The limit of the rate of a county, percent, from the county's criteria.
pub fn limit(survey: &Survey, criteria: &[CriterionResult]) -> Option<f64> {
    let figure = criteria.get(survey.criterion)?.figures.first()?;
    figure.limit.map(|l| l.value)
}

/// The official verdict on the rate of a county, by the point estimate, from the county's criteria.
pub fn verdict(survey: &Survey, criteria: &[CriterionResult]) -> Option<Verdict> {
    criteria.get(survey.criterion).map(|c| c.verdict)
}

/// All surveys of a run.
#[derive(Debug, Default)]
pub struct Surveys {
    /// Sorted by county, source and slice.
    pub lines: Vec<Line>,
    /// Sorted by county and code.
    pub schools: Vec<SchoolLine>,
    /// Sorted by county.
    pub counties: Vec<CountySurvey>,
}

impl Surveys {
    /// The lines of a county.
    pub fn lines_of(&self, county: usize) -> &[Line] {
        super::run_of(&self.lines, |l| l.county.cmp(&county))
    }

    /// The schools of a county.
    pub fn schools_of(&self, county: usize) -> &[SchoolLine] {
        super::run_of(&self.schools, |l| l.county.cmp(&county))
    }

    /// The survey of a county.
    pub fn county(&self, county: usize) -> Option<&CountySurvey> {
        let at = self.counties.binary_search_by_key(&county, |c| c.county);
        at.ok().map(|i| &self.counties[i])
    }

    /// One line of a county.
    pub fn line(&self, county: usize, source: Source, slice: Slice) -> Option<&Line> {
        find(self.lines_of(county), source, slice)
    }

    /// The line that the evaluation uses.
    pub fn official(&self, county: usize) -> Option<&Line> {
        self.line(county, self.county(county)?.source, Slice::default())
    }
}

/// What surveys are computed from.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub pipeline: &'a Pipeline,
    pub dataset: &'a Dataset,
    pub facts: &'a Facts,
    pub criteria: &'a [CriterionResult],
    pub previous: Option<&'a Previous>,
}

/// Rates, samples and screens of all counties.
pub fn surveys(given: &Given<'_>) -> (Surveys, Vec<Finding>) {
    let mut out = Surveys::default();
    let mut findings = Vec::new();
    let Some(survey) = &given.pipeline.survey else {
        return (out, findings);
    };
    let counties = (0..given.dataset.counties.len()).into_par_iter();
    let all: Vec<_> = counties
        .map(|county| rates::of_county(given, survey, county))
        .collect();
    for (lines, schools, own) in all.into_iter().flatten() {
        out.lines.extend(lines);
        out.schools.extend(schools);
        out.counties.push(own);
    }
    places(&mut out);
    for own in &out.counties {
        findings.extend(quotas::findings(given, survey, own));
    }
    findings.extend(rates::differences(given, survey, &out));
    findings.extend(screens::findings(given, survey));
    (out, findings)
}

/// For every county the places that its interval leaves open: counties whose whole interval lies above come before it, those
/// whose whole interval lies below behind it.
fn places(surveys: &mut Surveys) {
    let known: BTreeMap<usize, Interval> = surveys
        .counties
        .iter()
        .filter_map(|c| Some((c.county, surveys.official(c.county)?.interval?)))
        .collect();
    for own in &mut surveys.counties {
        own.places = known.get(&own.county).map(|i| {
            let above = known.values().filter(|o| o.low > i.high).count();
            let below = known.values().filter(|o| o.high < i.low).count();
            (above + 1, known.len() - below)
        });
    }
}
