//! Everything that one run has found out, as plain data: what the reports, the Parquet files and the exit code are made of.

use crate::causes;
use crate::cells;
use crate::dataset::{Dataset, FileOutcome};
use crate::error::Error;
use crate::finding::{self, Finding, Severity, State};
use crate::fixed::HashMap;
use crate::followup::Followed;
use crate::impact;
use crate::indicators::balance::{self, Balance, Composite};
use crate::indicators::criterion::{self, CriterionResult};
use crate::indicators::facts::{self, Facts};
use crate::indicators::missing;
use crate::indicators::split::{self, Units};
use crate::indicators::survey::{self, Surveys};
use crate::indicators::unit::{self, UnitValue, UnitVerdict};
use crate::indicators::verdict::{self, CountyVerdict, Held};
use crate::indicators::{Verdict, run_of};
use crate::last_year::LastYear;
use crate::pipeline::Pipeline;
use crate::pipeline::model::Part;
use crate::ranking::{self, Ranked};

/// The results of one run.
#[derive(Debug)]
pub struct Results {
    pub dataset: Dataset,
    pub units: Units,
    /// By unit, then in the order of the indicators.
    pub values: Vec<UnitValue>,
    /// By unit.
    pub unit_verdicts: Vec<UnitVerdict>,
    pub balances: Vec<Balance>,
    pub composites: Vec<Composite>,
    pub facts: Facts,
    /// By county, then in the order of the criteria.
    pub criteria: Vec<CriterionResult>,
    pub verdicts: Vec<CountyVerdict>,
    pub surveys: Surveys,
    pub rankings: Vec<Ranked>,
    /// Sorted, with ids.
    pub findings: Vec<Finding>,
    /// What became of the findings of earlier runs.
    pub followed: Followed,
    /// Counties of which something was not read.
    pub held: Held,
}

/// Computes everything from a dataset and the findings that its reading made; `last_year` holds what an earlier
/// year's run published, to compare with.
///
/// # Errors
/// When polars refuses an expression.
pub fn compute(
    pipeline: &Pipeline,
    dataset: Dataset,
    mut findings: Vec<Finding>,
    period: i64,
    last_year: Option<&LastYear>,
) -> Result<Results, Error> {
    let (units, more) = split::units(pipeline, &dataset)?;
    findings.extend(more);
    let values = unit::values(pipeline, &dataset, &units, period)?;
    findings.extend(missing::findings(pipeline, &dataset, &units, &values));
    let checks = || {
        crate::checks::run(&crate::checks::Given {
            pipeline,
            dataset: &dataset,
            units: &units,
            values: &values,
            period,
            last_year,
        })
    };
    let counties = || of_counties(pipeline, &dataset, &units, period, last_year);
    // Counties have steps that wait for each other: beside them checks keep the other cores busy, to the end.
    let (counties, checked) = rayon::join(counties, checks);
    findings.extend(checked?);
    let (facts, criteria, surveys, more) = counties?;
    findings.extend(more);
    let findings = finding::finish(once(findings), period, &pipeline.settings.revision_words);
    let judged = || {
        let (unit_verdicts, balances) = rayon::join(
            || unit::verdicts(pipeline, &units, &values),
            || balance::balances(pipeline, &dataset, &units, &values),
        );
        let composites = balance::composites(pipeline, &balances);
        let held = verdict::held_counties(pipeline, &findings);
        let given = verdict::Given {
            pipeline,
            dataset: &dataset,
            units: &units,
            values: &values,
            unit_verdicts: &unit_verdicts,
            balances: &balances,
            composites: &composites,
            held: &held,
        };
        let figures = ranking::Figures {
            pipeline,
            dataset: &dataset,
            units: &units,
            unit_verdicts: &unit_verdicts,
            balances: &balances,
            criteria: &criteria,
            held: &held,
        };
        let (verdicts, rankings) = rayon::join(
            || verdict::county_verdicts(&given, &criteria),
            || ranking::rankings(&figures),
        );
        (
            unit_verdicts,
            balances,
            composites,
            held,
            verdicts,
            rankings,
        )
    };
    let spots = || cells::spots(pipeline, &dataset, &findings);
    let (judged, spots) = rayon::join(judged, spots);
    let (unit_verdicts, balances, composites, held, verdicts, rankings) = judged;
    let mut results = Results {
        dataset,
        units,
        values,
        unit_verdicts,
        balances,
        composites,
        facts,
        criteria,
        verdicts,
        surveys,
        rankings,
        findings: Vec::new(),
        followed: Followed::default(),
        held,
    };
    let mut findings = findings;
    causes::set(pipeline, &results, &spots, &mut findings);
    impact::fill(pipeline, &results, period, &spots, &mut findings)?;
    results.findings = findings;
    Ok(results)
}

/// What is computed of whole counties, with its findings.
type OfCounties = (Facts, Vec<CriterionResult>, Surveys, Vec<Finding>);

fn of_counties(
    pipeline: &Pipeline,
    dataset: &Dataset,
    units: &Units,
    period: i64,
    last_year: Option<&LastYear>,
) -> Result<OfCounties, Error> {
    let (facts, mut findings) = facts::facts(pipeline, dataset, units, period)?;
    let (criteria, more) = criterion::results(&criterion::Given {
        pipeline,
        dataset,
        units,
        facts: &facts,
        period,
    })?;
    findings.extend(more);
    let (surveys, more) = survey::surveys(&survey::Given {
        pipeline,
        dataset,
        facts: &facts,
        criteria: &criteria,
        previous: last_year.map(|l| &l.surveys),
    });
    findings.extend(more);
    Ok((facts, criteria, surveys, findings))
}

/// An empty cell that an indicator and a criterion need is said once.
fn once(findings: Vec<Finding>) -> Vec<Finding> {
    let mut seen = std::collections::HashSet::new();
    findings
        .into_iter()
        .filter(|f| f.rule != "value-missing" || seen.insert((f.place.clone(), f.column.clone())))
        .collect()
}

impl Results {
    /// The verdict on a unit; `None` where it does not count.
    pub fn unit_verdict(&self, unit: usize) -> Option<&UnitVerdict> {
        let at = self.unit_verdicts.binary_search_by_key(&unit, |v| v.unit);
        at.ok().map(|i| &self.unit_verdicts[i])
    }

    /// What sentences about verdicts are made from.
    pub fn verdict_given<'a>(&'a self, pipeline: &'a Pipeline) -> verdict::Given<'a> {
        verdict::Given {
            pipeline,
            dataset: &self.dataset,
            units: &self.units,
            values: &self.values,
            unit_verdicts: &self.unit_verdicts,
            balances: &self.balances,
            composites: &self.composites,
            held: &self.held,
        }
    }

    /// The criteria of a county, by its index.
    pub fn criteria_of(&self, pipeline: &Pipeline, county: usize) -> &[CriterionResult] {
        criterion::of_county(pipeline, &self.criteria, county)
    }

    /// The values of a unit, in the order of the indicators.
    pub fn values_of(&self, unit: usize) -> &[UnitValue] {
        unit::values_of(&self.values, unit)
    }

    /// The verdicts on the counted units of a county.
    pub fn unit_verdicts_of(&self, pipeline: &Pipeline, county: &str) -> &[UnitVerdict] {
        let (dataset, units) = (&self.dataset, &self.units);
        unit::verdicts_of(pipeline, dataset, units, &self.unit_verdicts, county)
    }

    /// The balances of a county, by stage and indicator.
    pub fn balances_of(&self, county: &str) -> &[Balance] {
        balance::of_county(&self.balances, county)
    }

    /// The balance of an indicator in one stage of a county.
    pub fn balance(&self, county: &str, stage: usize, indicator: usize) -> Option<&Balance> {
        let mut own = self.balances_of(county).iter();
        own.find(|b| b.stage == stage && b.indicator == indicator)
    }

    /// The verdicts on a county's parts, the whole last.
    pub fn verdicts_of(&self, county: &str) -> &[CountyVerdict] {
        run_of(&self.verdicts, |v| v.county_code.as_str().cmp(county))
    }

    /// How many counties have a verdict on a part.
    pub fn verdict_count(&self, part: Part, verdict: Verdict) -> usize {
        self.verdicts
            .iter()
            .filter(|v| v.part == part && v.verdict == verdict)
            .count()
    }

    /// How many findings of a severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        let all = self.findings.iter();
        all.filter(|f| f.severity == severity).count()
    }

    /// How many findings that must be corrected or explained are in a state.
    pub fn count_state(&self, state: State) -> usize {
        let all = self.findings.iter();
        all.filter(|f| f.is_asked() && f.state == state).count()
    }

    /// The files as they ended.
    pub fn files(&self) -> &[FileOutcome] {
        &self.dataset.files
    }

    /// Findings and files county by county, for those who go through all counties.
    pub fn by_county(&self) -> ByCounty<'_> {
        let mut out = ByCounty::default();
        for finding in &self.findings {
            match &finding.county_code {
                Some(code) => out.findings.entry(code).or_default().push(finding),
                None => out.of_none.push(finding),
            }
        }
        for file in self.files() {
            for code in &file.county_codes {
                out.files.entry(code).or_default().push(file);
            }
        }
        out
    }
}

/// What there is of each county, in the order in which it stands among all.
#[derive(Default)]
pub struct ByCounty<'a> {
    findings: HashMap<&'a str, Vec<&'a Finding>>,
    /// Findings of no county.
    of_none: Vec<&'a Finding>,
    files: HashMap<&'a str, Vec<&'a FileOutcome>>,
}

impl<'a> ByCounty<'a> {
    /// The findings of a county, or those of none.
    pub fn findings(&self, county: Option<&str>) -> &[&'a Finding] {
        let own = match county {
            Some(code) => self.findings.get(code),
            None => Some(&self.of_none),
        };
        own.map_or(&[], Vec::as_slice)
    }

    /// How many findings of a severity a county has.
    pub fn count(&self, county: &str, severity: Severity) -> usize {
        let own = self.findings(Some(county)).iter();
        own.filter(|f| f.severity == severity).count()
    }

    /// How many findings of a county that must be corrected or explained are in a state.
    pub fn count_state(&self, county: &str, state: State) -> usize {
        let own = self.findings(Some(county)).iter();
        own.filter(|f| f.is_asked() && f.state == state).count()
    }

    /// The files that speak of a county.
    pub fn files(&self, county: &str) -> &[&'a FileOutcome] {
        self.files.get(county).map_or(&[], Vec::as_slice)
    }
}
