//! What findings could change: the verdicts and the coefficients of variation if the cell held what is expected, or without
//! the school. Every figure is made by the functions that make the real ones, on the rows that change; nothing of the
//! results is touched.

mod county;
mod shadow;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::cells::{Spot, is_of_column};
use crate::error::Error;
use crate::finding::{Finding, Impact, State};
use crate::indicators::Verdict;
use crate::indicators::criterion::CriterionResult;
use crate::indicators::depends::{Dependents, dependents};
use crate::indicators::missing::school_columns;
use crate::ingest::cell::Value;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Kind, Part};
use crate::results::Results;
use county::{Base, County, NewUnit};

/// What is asked: the same question is answered once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    /// A cell with another number (its bits): table, row, column.
    Cell(usize, usize, usize, u64),
    /// The county without a school: its row.
    Without(usize),
}

/// What would be another one.
#[derive(Debug, Clone, Default, PartialEq)]
struct Answer {
    /// The school's units by stage, before and after.
    units: Vec<(usize, Option<Verdict>, Option<Verdict>)>,
    cvs: Vec<CvChange>,
    parts: Vec<(Part, Verdict, Verdict)>,
    /// Criteria (indices), before and after.
    criteria: Vec<(usize, Verdict, Verdict)>,
}

/// A coefficient of variation that changes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct CvChange {
    stage: usize,
    /// `None`: the composite of the stage.
    indicator: Option<usize>,
    from: Option<f64>,
    to: Option<f64>,
    limit: Option<f64>,
    flips: bool,
}

impl CvChange {
    /// How much it changes; nothing where it cannot be computed before or after.
    fn size(&self) -> f64 {
        self.from
            .zip(self.to)
            .map_or(0.0, |(from, to)| (to - from).abs())
    }
}

/// Notices that leave a whole county without some figure, of no row.
const OF_COUNTY: &[&str] = &[
    "column-missing",
    "column-needed",
    "column-ambiguous",
    "table-missing",
    "stage-absent",
    "statistics-table-missing",
];

/// The notice that sums up the criteria which cannot be judged.
const INCOMPLETE: &str = "criteria-incomplete";

/// Fills in the impact of every error and query.
///
/// # Errors
/// When polars refuses an expression.
pub fn fill(
    pipeline: &Pipeline,
    results: &Results,
    period: i64,
    spots: &[Option<Spot>],
    findings: &mut [Finding],
) -> Result<(), Error> {
    if !findings.iter().any(Finding::is_asked) {
        return Ok(());
    }
    let asked: Vec<Option<Question>> = findings
        .iter()
        .zip(spots)
        .map(|(f, spot)| question(pipeline, results, f, (*spot).filter(|_| f.is_asked())))
        .collect();
    let dependents = dependents(pipeline);
    let base = Base::new(pipeline, results);
    let answers = answers(&base, &dependents, period, &asked)?;
    let about = About {
        base: &base,
        dependents: &dependents,
    };
    let impacts: Vec<Option<Impact>> = findings
        .par_iter()
        .zip(spots)
        .zip(&asked)
        .map(|((f, spot), question)| {
            let answer = question.and_then(|q| answers.get(&q));
            f.is_asked()
                .then(|| about.impact(f, *spot, answer))
                .flatten()
        })
        .collect();
    for (finding, impact) in findings.iter_mut().zip(impacts) {
        finding.impact = impact;
    }
    Ok(())
}

/// What is to be asked about a finding.
fn question(
    pipeline: &Pipeline,
    results: &Results,
    finding: &Finding,
    spot: Option<Spot>,
) -> Option<Question> {
    let spot = spot?;
    let row = &results.dataset.tables[spot.table].rows[spot.row];
    let number = |c: usize| {
        matches!(
            pipeline.tables[spot.table].columns[c].kind,
            Kind::Count | Kind::Number | Kind::Percent
        )
    };
    if let Some(column) = spot.column.filter(|c| number(*c))
        && let Some(expected) = finding.expected_value
        && row.values[column].as_ref().and_then(Value::number) != Some(expected)
    {
        return Some(Question::Cell(
            spot.table,
            spot.row,
            column,
            expected.to_bits(),
        ));
    }
    (Some(spot.table) == pipeline.table("school")).then_some(Question::Without(spot.row))
}

fn answers(
    base: &Base<'_>,
    dependents: &Dependents,
    period: i64,
    asked: &[Option<Question>],
) -> Result<BTreeMap<Question, Answer>, Error> {
    let all: Vec<Question> = asked
        .iter()
        .flatten()
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let (pipeline, results) = (base.pipeline, base.results);
    let school = pipeline.table("school");
    let of_school = |q: &&Question| matches!(q, Question::Cell(t, ..) if Some(*t) == school);
    let changed: Vec<Question> = all.iter().filter(of_school).copied().collect();
    // What no criterion hangs on leaves the criteria as they are.
    let deep: Vec<Question> = all
        .iter()
        .filter(|q| matches!(q, Question::Cell(t, _, c, _) if dependents.contains_key(&(*t, *c))))
        .copied()
        .collect();
    let (schools, counties) = rayon::join(
        || shadow::schools(pipeline, results, period, &changed),
        || shadow::counties(pipeline, results, period, &deep),
    );
    let (schools, criteria) = (schools?, counties?);
    let answer = |q: &Question| {
        let county = base.county_of(*q)?;
        let at = deep.binary_search(q).ok();
        let judged = at.map(|i| criteria[i].as_slice());
        let answer = match *q {
            Question::Without(row) => base.without(county, row),
            Question::Cell(t, row, ..) if Some(t) == school => {
                let i = changed.binary_search(q).ok()?;
                let mut answer = base.with(county, row, &schools.of(i), judged);
                answer.criteria = criteria_changes(county, judged);
                answer
            }
            Question::Cell(..) => {
                let mut answer = base.same_units(county, judged);
                answer.criteria = criteria_changes(county, judged);
                answer
            }
        };
        Some((*q, answer))
    };
    Ok(all.par_iter().filter_map(answer).collect())
}

fn criteria_changes(
    county: &County<'_>,
    judged: Option<&[CriterionResult]>,
) -> Vec<(usize, Verdict, Verdict)> {
    let pairs = county.criteria.iter().zip(judged.unwrap_or(&[]));
    pairs
        .filter(|(before, after)| before.verdict != after.verdict)
        .map(|(before, after)| (before.criterion, before.verdict, after.verdict))
        .collect()
}

/// What impacts are told from.
struct About<'a> {
    base: &'a Base<'a>,
    dependents: &'a Dependents,
}

impl About<'_> {
    fn impact(
        &self,
        finding: &Finding,
        spot: Option<Spot>,
        answer: Option<&Answer>,
    ) -> Option<Impact> {
        let (pipeline, results) = (self.base.pipeline, self.base.results);
        let county = self.base.county(finding.county_code.as_deref()?)?;
        let of_county = |text: String| {
            Some(Impact {
                county_flips: true,
                school_flips: false,
                cv_change: 0.0,
                size: county.students,
                text,
            })
        };
        let holds = |rule| pipeline.notices.get(rule).is_some_and(|n| n.holds_verdicts);
        if !county.received {
            return of_county(pipeline.word("impact_nothing_received").to_string());
        }
        if holds(finding.rule.as_str()) {
            return of_county(pipeline.word("impact_held").to_string());
        }
        if finding.rule == INCOMPLETE {
            let part = finding.column.as_deref().unwrap_or_default();
            return of_county(pipeline.phrase("impact_part_open", &[("part", part)]));
        }
        let Some(spot) = spot else {
            let resources = county.verdict(Part::Resources) == Some(Verdict::Incomplete);
            let is_of_county = is_of_column(finding) || OF_COUNTY.contains(&finding.rule.as_str());
            if !resources || !is_of_county {
                return None;
            }
            let part = pipeline.part_title(Part::Resources);
            return of_county(pipeline.phrase("impact_part_open", &[("part", part)]));
        };
        let row = &results.dataset.tables[spot.table].rows[spot.row];
        let open = spot.column.is_some_and(|c| row.values[c].is_none());
        let school = Some(spot.table) == pipeline.table("school");
        let mut texts: Vec<String> = Vec::new();
        let mut flips = (false, false);
        if let Some(column) = spot.column.filter(|_| school && open) {
            let stages = self.open_units(spot.row, column);
            flips.1 |= !stages.is_empty();
            texts.extend(words::school_open(pipeline, &stages));
        }
        // Where nothing is asked of the criteria, those that hang on the cell are named.
        let asked = answer.is_some() && finding.expected_value.is_some();
        if let Some(column) = spot.column.filter(|_| !asked && (!school || open)) {
            let hanging = self.hanging(county, (spot.table, column), school);
            let opens = |c: &&CriterionResult| {
                let criterion = &pipeline.criteria[c.criterion];
                (open || criterion.has_word((spot.table, column)))
                    && c.verdict == Verdict::Incomplete
                    && county.verdict(criterion.part) == Some(Verdict::Incomplete)
            };
            flips.0 |= hanging.iter().any(opens);
            texts.extend(words::hanging(pipeline, &hanging));
        }
        if let Some(answer) = answer {
            flips.0 |= !answer.parts.is_empty();
            flips.1 |= answer.units_flip();
            let text = words::answer(pipeline, answer, finding.expected_value);
            // That nothing changes is said where there is nothing else to say.
            texts.extend(text.or_else(|| {
                let nothing = || words::nothing(pipeline, finding.expected_value);
                texts.is_empty().then(nothing)
            }));
        }
        if texts.is_empty() {
            return None;
        }
        let size = if school {
            self.base.students(spot.row)
        } else {
            county.students
        };
        let cvs = answer.map_or(&[][..], |a| &a.cvs);
        Some(Impact {
            county_flips: flips.0,
            school_flips: flips.1,
            cv_change: cvs.iter().map(CvChange::size).fold(0.0, f64::max),
            size,
            text: texts.join(pipeline.word("list_separator")),
        })
    }

    /// The stages in which a school has no verdict, and an indicator lacks what stands in a column.
    fn open_units(&self, school: usize, column: usize) -> Vec<usize> {
        let (pipeline, results) = (self.base.pipeline, self.base.results);
        let Some(table) = pipeline.table("school") else {
            return Vec::new();
        };
        self.base
            .units_of(school)
            .filter(|verdict| verdict.verdict == Verdict::Incomplete)
            .filter_map(|verdict| {
                let stage = results.units.list[verdict.unit].stage;
                let lacks = |i: &usize| {
                    let indicator = &pipeline.indicators[*i];
                    let above = indicator.numerator[stage].iter();
                    let names = above.chain([&indicator.denominator]);
                    names.flat_map(|f| &f.columns).any(|name| {
                        school_columns(pipeline, table, stage, name).contains(&Some(column))
                    })
                };
                verdict.missing.iter().any(lacks).then_some(stage)
            })
            .collect()
    }

    /// The criteria that hang on a column; of a school's column only those that cannot be judged.
    fn hanging<'b>(
        &self,
        county: &'b County<'_>,
        column: (usize, usize),
        school: bool,
    ) -> Vec<&'b CriterionResult> {
        let own = self.dependents.get(&column);
        county
            .criteria
            .iter()
            .filter(|c| own.is_some_and(|own| own.contains(&c.criterion)))
            .filter(|c| !school || c.verdict == Verdict::Incomplete)
            .collect()
    }
}

impl Answer {
    fn units_flip(&self) -> bool {
        self.units.iter().any(|(_, from, to)| from != to)
    }
}

/// How findings are ordered by what they could change: the county's verdict, the school's, the coefficients of variation,
/// the students; then as the lists have them.
pub fn by_influence(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    let none = Impact {
        county_flips: false,
        school_flips: false,
        cv_change: 0.0,
        size: 0.0,
        text: String::new(),
    };
    let (x, y) = (
        a.impact.as_ref().unwrap_or(&none),
        b.impact.as_ref().unwrap_or(&none),
    );
    (y.county_flips, y.school_flips)
        .cmp(&(x.county_flips, x.school_flips))
        .then(y.cv_change.total_cmp(&x.cv_change))
        .then(y.size.total_cmp(&x.size))
        .then(a.severity.cmp(&b.severity))
}

/// Whether a finding stands in the ranks: an error or a query that is there now and follows from no other.
pub fn is_ranked(finding: &Finding) -> bool {
    finding.is_asked() && finding.cause.is_none() && finding.state != State::Fixed
}

/// The ranks by influence, 1 and up within each county, of what [`is_ranked`], by position.
pub fn ranks(findings: &[Finding]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..findings.len())
        .filter(|i| is_ranked(&findings[*i]))
        .collect();
    order.sort_by(|a, b| {
        let (x, y) = (&findings[*a], &findings[*b]);
        let by_county = x.county_code.cmp(&y.county_code);
        by_county.then(by_influence(x, y)).then(a.cmp(b))
    });
    let mut out = vec![None; findings.len()];
    let same = |a: &usize, b: &usize| findings[*a].county_code == findings[*b].county_code;
    for county in order.chunk_by(same) {
        for (rank, i) in county.iter().enumerate() {
            out[*i] = Some(rank + 1);
        }
    }
    out
}

/// A new unit beside those that are there, for answers.
fn new_units<'a>(
    units: &'a crate::indicators::split::Units,
    verdicts: &'a [crate::indicators::unit::UnitVerdict],
    values: &'a [crate::indicators::unit::UnitValue],
    school: usize,
) -> Vec<NewUnit<'a>> {
    let own = crate::indicators::run_of(verdicts, |v| units.list[v.unit].school.cmp(&school));
    own.iter()
        .map(|v| NewUnit {
            stage: units.list[v.unit].stage,
            verdict: v.verdict,
            uncertain: units.list[v.unit].uncertain,
            values: crate::indicators::unit::values_of(values, v.unit),
        })
        .collect()
}
