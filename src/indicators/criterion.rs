//! Criteria -> verdicts: every requirement on every county, from its figures, its schools, or its own attested word.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::check::{self, CheckResult};
use super::facts::{self, Facts, row_at, stated};
use super::figure::{self, Basis, FigureResult};
use super::missing;
use super::split::Units;
use super::{Verdict, all};
use crate::dataset::{CellRef, Dataset, Row};
use crate::error::Error;
use crate::finding::{Draft, Finding};
use crate::ingest::cell::Value;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{BoundValue, CountyRef, CountySource, Criterion, SchoolCheck, Scope};
use crate::text::{fixed, number, some_of};

/// The code of a claim that something is met (list `claim`).
pub const CLAIM_MET: &str = "met";
/// Most criteria that one message names.
const NAMED: usize = 8;

/// One criterion of one county.
#[derive(Debug, Clone)]
pub struct CriterionResult {
    /// Index into the dataset's counties.
    pub county: usize,
    pub criterion: usize,
    pub verdict: Verdict,
    pub basis: Option<Basis>,
    pub figures: Vec<FigureResult>,
    pub checks: Vec<CheckResult>,
    /// The county's own verdict.
    pub claim: Option<bool>,
    pub reference: Option<String>,
    /// Points reached, in a part that is scored.
    pub points: Option<f64>,
}

/// The criteria of one county, by its index: of every county there are all of them, in their order.
pub fn of_county<'a>(
    pipeline: &Pipeline,
    results: &'a [CriterionResult],
    county: usize,
) -> &'a [CriterionResult] {
    let count = pipeline.criteria.len();
    let own = county * count..(county + 1) * count;
    results.get(own).unwrap_or(&[])
}

/// Everything that criteria are judged by.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub pipeline: &'a Pipeline,
    pub dataset: &'a Dataset,
    pub units: &'a Units,
    pub facts: &'a Facts,
    pub period: i64,
}

/// All criteria of all counties, by county and then in the order of the criteria, with what there is to say.
///
/// # Errors
/// When polars refuses an expression.
pub fn results(given: &Given<'_>) -> Result<(Vec<CriterionResult>, Vec<Finding>), Error> {
    let out = judged(given)?;
    let mut findings = Vec::new();
    let mut said: BTreeSet<CellRef> = BTreeSet::new();
    for result in &out {
        if given.dataset.counties[result.county].received {
            speak(given, result, &mut findings);
            missing_cells(given, result, &mut said, &mut findings);
        }
    }
    incomplete(given, &out, &mut findings);
    Ok((out, findings))
}

/// The same without what there is to say.
///
/// # Errors
/// When polars refuses an expression.
pub fn judged(given: &Given<'_>) -> Result<Vec<CriterionResult>, Error> {
    let Given {
        pipeline,
        dataset,
        units,
        facts,
        period,
    } = *given;
    let counties = dataset.counties.len();
    let mut members: Vec<(Scope, facts::Members)> = Vec::new();
    for check in pipeline.criteria.iter().flat_map(|c| &c.checks) {
        if members.iter().all(|(of, _)| *of != check.of) {
            let own = facts::members(pipeline, dataset, units, check.of);
            members.push((check.of, own));
        }
    }
    let of_criterion = |(c, criterion): (usize, &Criterion)| -> Result<_, Error> {
        let mut figures = Vec::new();
        for f in &criterion.figures {
            figures.push(figure::results(pipeline, dataset, facts, f, period)?);
        }
        let mut checks = Vec::new();
        for k in &criterion.checks {
            let Some((_, own)) = members.iter().find(|(of, _)| *of == k.of) else {
                continue;
            };
            let own = check::results(pipeline, dataset, units, facts, k, own, period)?;
            checks.push(own.into_iter());
        }
        let mut own = Vec::with_capacity(counties);
        for county in 0..counties {
            let figures = figures.iter().map(|f| f[county]).collect();
            let checks = checks.iter_mut().filter_map(Iterator::next).collect();
            own.push(judge(given, c, criterion, county, figures, checks));
        }
        Ok(own)
    };
    let criteria = pipeline.criteria.par_iter().enumerate().with_max_len(1);
    let by_criterion: Result<Vec<Vec<CriterionResult>>, Error> =
        criteria.map(of_criterion).collect();
    let by_criterion = by_criterion?;
    let mut iters: Vec<_> = by_criterion.into_iter().map(Vec::into_iter).collect();
    let mut out = Vec::new();
    for _ in 0..counties {
        out.extend(iters.iter_mut().filter_map(Iterator::next));
    }
    Ok(out)
}

fn judge(
    given: &Given<'_>,
    c: usize,
    criterion: &Criterion,
    county: usize,
    figures: Vec<FigureResult>,
    checks: Vec<CheckResult>,
) -> CriterionResult {
    let dataset = given.dataset;
    let code = &dataset.counties[county].code;
    let own = |at: Option<(usize, usize)>| at.and_then(|at| Some(stated(dataset, at, code)?.0));
    let claim = own(criterion.claim)
        .and_then(Value::text)
        .map(|code| code == CLAIM_MET);
    let reference = own(criterion.reference)
        .and_then(Value::text)
        .map(str::to_string)
        .filter(|t| !t.is_empty());
    let score = own(criterion.score).and_then(Value::number).filter(|s| {
        criterion
            .points
            .is_some_and(|most| (0.0..=most).contains(s))
    });
    let verdicts: Vec<Verdict> = figures
        .iter()
        .filter_map(|f| f.verdict)
        .chain(checks.iter().filter_map(|k| k.verdict))
        .collect();
    let bases = figures
        .iter()
        .filter(|f| f.verdict.is_some())
        .filter_map(|f| f.basis)
        .chain(checks.iter().filter_map(|k| k.basis));
    let computed = !verdicts.is_empty();
    let (mut verdict, mut basis) = if criterion.forbidden.is_some() {
        match own(criterion.forbidden).and_then(Value::yes) {
            Some(true) => (Verdict::NotMet, Some(Basis::Attested)),
            Some(false) => (Verdict::Met, Some(Basis::Attested)),
            None => (Verdict::Incomplete, None),
        }
    } else if criterion.attested {
        match claim {
            Some(false) => (Verdict::NotMet, Some(Basis::Attested)),
            Some(true) if reference.is_some() => (Verdict::Met, Some(Basis::Attested)),
            _ => (Verdict::Incomplete, None),
        }
    } else if verdicts.is_empty() && criterion.vacuous && dataset.counties[county].received {
        (Verdict::Met, Some(Basis::Computed))
    } else if verdicts.is_empty() {
        (Verdict::Incomplete, None)
    } else {
        (all(verdicts), bases.max())
    };
    if unread(given, criterion, code) {
        verdict = Verdict::Incomplete;
    }
    let mut points = None;
    if let Some(most) = criterion.points {
        let by_figures = points_by_figures(criterion, most, &figures, &checks, verdict);
        points = match (by_figures, score) {
            (Some(points), _) => Some(points),
            // The county's own score counts where nothing is judged by figures.
            (None, Some(score))
                if !computed && (reference.is_some() || criterion.reference.is_none()) =>
            {
                basis = Some(Basis::Attested);
                verdict = if score >= most {
                    Verdict::Met
                } else {
                    Verdict::NotMet
                };
                Some(score)
            }
            _ => match verdict {
                Verdict::Met => Some(most),
                Verdict::NotMet => Some(0.0),
                Verdict::Incomplete => None,
            },
        };
    }
    CriterionResult {
        county,
        criterion: c,
        verdict,
        basis,
        figures,
        checks,
        claim,
        reference,
        points,
    }
}

/// Whether the county wrote something that could not be read where a figure of the criterion, or the condition of one, is
/// asked for directly.
fn unread(given: &Given<'_>, criterion: &Criterion, code: &str) -> bool {
    let (pipeline, dataset) = (given.pipeline, given.dataset);
    let names = criterion.figures.iter().flat_map(|f| {
        let when = f.when.iter().flat_map(|w| &w.columns);
        f.columns().chain(when)
    });
    names.into_iter().any(|name| {
        pipeline.stated_column(name).is_some_and(|(t, c)| {
            let row = facts::county_row(dataset, t, code);
            row.is_some_and(|r| r.values[c].is_none() && r.pieces.contains_key(&c))
        })
    })
}

/// Points where figures decide: all, less the deduction for what is below the limits, not below 0; none where a check
/// fails.
fn points_by_figures(
    criterion: &Criterion,
    most: f64,
    figures: &[FigureResult],
    checks: &[CheckResult],
    verdict: Verdict,
) -> Option<f64> {
    let judged = figures.iter().any(|f| f.verdict.is_some());
    if criterion.attested || !judged || verdict == Verdict::Incomplete {
        return None;
    }
    if verdict == Verdict::NotMet {
        let failing = checks.iter().any(|k| k.verdict == Some(Verdict::NotMet));
        if failing {
            return Some(0.0);
        }
    }
    let mut lost = 0.0;
    for (f, result) in criterion.figures.iter().zip(figures) {
        if result.verdict == Some(Verdict::NotMet) {
            let gap = (result.limit?.value - result.value?).abs();
            lost += f.deduct.map_or(most, |d| d * gap);
        }
    }
    Some((most - lost).max(0.0))
}

/// The name of a criterion in messages.
pub fn named(pipeline: &Pipeline, criterion: &Criterion) -> String {
    pipeline.phrase(
        "criterion_name",
        &[
            ("part", pipeline.part_title(criterion.part)),
            ("number", &criterion.number.to_string()),
            ("title", &criterion.title),
        ],
    )
}

/// What a criterion's result gives cause to say: own results and verdicts that differ, figures that cannot be right.
fn speak(given: &Given<'_>, result: &CriterionResult, findings: &mut Vec<Finding>) {
    let Given {
        pipeline, dataset, ..
    } = *given;
    let criterion = &pipeline.criteria[result.criterion];
    let county = &dataset.counties[result.county];
    let name = named(pipeline, criterion);
    let draft = |cells: &[CellRef]| Draft {
        county_code: Some(county.code.clone()),
        place: dataset.place(cells),
        column: Some(name.clone()),
        ..Draft::default()
    };
    for (f, r) in criterion.figures.iter().zip(&result.figures) {
        let Some(value) = r.value.filter(|_| r.applies) else {
            continue;
        };
        let computed = format!("{}{}", fixed(value, f.digits.max(1)), f.unit);
        if let (Some(own), Some(Basis::Computed)) = (r.stated, r.basis)
            && (value - own).abs() > r.precision
        {
            let cells = f
                .stated
                .map_or(Vec::new(), |s| cells_of(given, result.county, s));
            let mut draft = draft(&cells);
            draft.column = Some(f.title.clone());
            draft.value = Some(number(own));
            draft.expected = Some(fixed(value, f.digits));
            draft.expected_value = Some(value);
            let source = fraction(pipeline, r).unwrap_or_default();
            findings.push(
                draft
                    .slot("column", f.title.clone())
                    .slot("stated", format!("{}{}", number(own), f.unit))
                    .slot("computed", computed.clone())
                    .slot("source", source)
                    .notice(pipeline, "stated-differs"),
            );
        }
        if let Some((low, high)) = f.possible.filter(|_| !r.possible) {
            let mut draft = draft(&stated_cells(given, result.county, f.columns()));
            draft.column = Some(f.title.clone());
            draft.value = Some(computed.clone());
            let fraction = fraction(pipeline, r).unwrap_or_default();
            findings.push(
                draft
                    .slot("figure", f.title.clone())
                    .slot("value", format!("{computed}{fraction}"))
                    .slot("low", format!("{}{}", number(low), f.unit))
                    .slot("high", format!("{}{}", number(high), f.unit))
                    .notice(pipeline, "figure-impossible"),
            );
        }
        if let Some(most) = f
            .most
            .filter(|m| !crate::formula::lower::at_most(value, *m))
        {
            let mut draft = draft(&stated_cells(given, result.county, f.columns()));
            draft.column = Some(f.title.clone());
            draft.value = Some(computed.clone());
            findings.push(
                draft
                    .slot("figure", f.title.clone())
                    .slot(
                        "value",
                        format!("{computed}{}", fraction(pipeline, r).unwrap_or_default()),
                    )
                    .slot("most", format!("{}{}", number(most), f.unit))
                    .notice(pipeline, "figure-too-high"),
            );
        }
    }
    let cell = |at: Option<(usize, usize)>| -> Vec<CellRef> {
        at.and_then(|at| stated(dataset, at, &county.code)?.1)
            .into_iter()
            .collect()
    };
    if let Some(claim) = result.claim.filter(|_| !criterion.attested) {
        let contradicted = match result.verdict {
            Verdict::Met => !claim,
            Verdict::NotMet => claim,
            Verdict::Incomplete => false,
        };
        if contradicted {
            let own = if claim { Verdict::Met } else { Verdict::NotMet };
            let mut draft = draft(&cell(criterion.claim));
            draft.value = Some(pipeline.word(own.key()).to_string());
            draft.expected = Some(pipeline.word(result.verdict.key()).to_string());
            findings.push(
                draft
                    .slot("criterion", name.clone())
                    .slot("claim", pipeline.word(own.key()))
                    .slot("verdict", pipeline.word(result.verdict.key()))
                    .notice(pipeline, "claim-differs"),
            );
        }
    }
    let own_score = criterion
        .score
        .is_some_and(|at| stated(dataset, at, &county.code).is_some());
    let own_word = result.claim == Some(true) || own_score;
    let judged_by_figures = result.figures.iter().any(|f| f.verdict.is_some())
        || result.checks.iter().any(|k| k.verdict.is_some());
    let asked = criterion.attested || (own_score && !judged_by_figures);
    if asked && criterion.reference.is_some() && own_word && result.reference.is_none() {
        findings.push(
            draft(&cell(criterion.claim.or(criterion.score)))
                .slot("criterion", name.clone())
                .notice(pipeline, "reference-absent"),
        );
    }
    if let (Some(at), Some(most)) = (criterion.score, criterion.points)
        && let Some(score) = stated(dataset, at, &county.code).and_then(|(v, _)| v.number())
        && !(0.0..=most).contains(&score)
    {
        let mut draft = draft(&cell(criterion.score));
        draft.value = Some(number(score));
        findings.push(
            draft
                .slot("criterion", name)
                .slot("score", number(score))
                .slot("points", number(most))
                .notice(pipeline, "score-out-of-range"),
        );
    }
}

/// Numerator and denominator in a bracket.
pub fn fraction(pipeline: &Pipeline, r: &FigureResult) -> Option<String> {
    let (n, d) = (r.numerator?, r.denominator?);
    (r.basis == Some(Basis::Computed)).then(|| {
        pipeline.phrase(
            "fraction",
            &[("numerator", &number(n)), ("denominator", &number(d))],
        )
    })
}

/// The cells in which a county states the figures that some columns come from.
pub fn stated_cells<'a>(
    given: &Given<'_>,
    county: usize,
    names: impl Iterator<Item = &'a String>,
) -> Vec<CellRef> {
    let mut out = Vec::new();
    for source in names.filter_map(|name| given.pipeline.county_ref(name)) {
        cells_behind(given, county, source, &mut out);
    }
    out
}

/// The cells behind one figure of a county.
pub fn cells_of(given: &Given<'_>, county: usize, source: CountyRef) -> Vec<CellRef> {
    let mut out = Vec::new();
    cells_behind(given, county, source, &mut out);
    out
}

fn cells_behind(given: &Given<'_>, county: usize, source: CountyRef, out: &mut Vec<CellRef>) {
    let (pipeline, dataset) = (given.pipeline, given.dataset);
    let code = &dataset.counties[county].code;
    let mut add = |cell: Option<CellRef>| out.extend(cell.filter(|c| !out.contains(c)));
    let c = match source {
        CountyRef::Computed(c) => c,
        CountyRef::Stated { table, column } => {
            let row = facts::county_row(dataset, table, code);
            return add(row.and_then(|r| r.cells.at(column)));
        }
    };
    match &pipeline.county_columns[c].source {
        CountySource::First(refs) => {
            if let Some(from) = given.facts.columns[c][county].from {
                cells_behind(given, county, refs[from], out);
            }
        }
        CountySource::Formula(formula) => {
            for source in formula
                .columns
                .iter()
                .filter_map(|n| pipeline.county_ref(n))
            {
                cells_behind(given, county, source, out);
            }
        }
        // The cells of single schools are too many to be told; the trace has them.
        CountySource::Sum { of, sum, .. } => {
            for r in &given.facts.group_rows[c] {
                let row = row_at(pipeline, dataset, given.units, *of, *r);
                let Some(row) = row.filter(|row| row.county_code == *code) else {
                    continue;
                };
                for name in &sum.columns {
                    let column = check::row_column(pipeline, dataset, given.units, *of, *r, name);
                    add(column.and_then(|c| row.cells.at(c)));
                }
            }
        }
    }
}

/// Cells that a check needs and that are empty: one finding a cell, unless it is spoken of already.
fn missing_cells(
    given: &Given<'_>,
    result: &CriterionResult,
    said: &mut BTreeSet<CellRef>,
    findings: &mut Vec<Finding>,
) {
    let Given {
        pipeline,
        dataset,
        units,
        ..
    } = *given;
    let criterion = &pipeline.criteria[result.criterion];
    for (k, r) in criterion.checks.iter().zip(&result.checks) {
        if r.basis == Some(Basis::Stated) || lacks_county_figures(given, result.county, k) {
            continue;
        }
        for checked in r.unknown().filter(|checked| checked.applies) {
            let row = row_at(pipeline, dataset, units, k.of, checked.row);
            if let Some(row) = row.filter(|row| !row.conflict) {
                blank_cells(given, (k.of, checked.row, row), &k.cells, said, findings);
            }
        }
    }
    let open = criterion.figures.iter().zip(&result.figures);
    let open = open.filter(|(_, r)| r.verdict == Some(Verdict::Incomplete));
    let names = open.flat_map(|(f, _)| f.columns());
    for source in names.filter_map(|name| pipeline.county_ref(name)) {
        lacking_cells(given, result.county, source, said, findings);
    }
}

/// Whether a check hangs on figures of the county of which none is there: then no cell of a school is to blame.
fn lacks_county_figures(given: &Given<'_>, county: usize, check: &SchoolCheck) -> bool {
    let limits = check.limits.iter().filter_map(|l| match &l.value {
        BoundValue::Formula(formula) => Some(formula),
        BoundValue::Number(_) => None,
    });
    let code = &given.dataset.counties[county].code;
    let mut sources = limits
        .chain([&check.value])
        .flat_map(|f| &f.columns)
        .filter_map(|name| given.pipeline.county_ref(name))
        .peekable();
    sources.peek().is_some()
        && sources.all(|source| match source {
            CountyRef::Computed(c) => given.facts.columns[c][county].value.is_none(),
            CountyRef::Stated { table, column } => {
                let row = facts::county_row(given.dataset, table, code);
                row.is_none_or(|r| r.values[column].is_none())
            }
        })
}

/// The empty cells of the rows that a county figure lacks.
fn lacking_cells(
    given: &Given<'_>,
    county: usize,
    source: CountyRef,
    said: &mut BTreeSet<CellRef>,
    findings: &mut Vec<Finding>,
) {
    let (pipeline, dataset) = (given.pipeline, given.dataset);
    let CountyRef::Computed(c) = source else {
        return;
    };
    if !given.facts.columns[c][county].is_open() {
        return;
    }
    match &pipeline.county_columns[c].source {
        CountySource::First(refs) => {
            for source in refs {
                lacking_cells(given, county, *source, said, findings);
            }
        }
        CountySource::Formula(formula) => {
            for source in formula
                .columns
                .iter()
                .filter_map(|n| pipeline.county_ref(n))
            {
                lacking_cells(given, county, source, said, findings);
            }
        }
        CountySource::Sum { of, sum, .. } => {
            let code = &dataset.counties[county].code;
            for r in &given.facts.lacking_rows[c] {
                let row = row_at(pipeline, dataset, given.units, *of, *r);
                if let Some(row) = row.filter(|r| r.county_code == *code && !r.conflict) {
                    blank_cells(given, (*of, *r, row), &sum.columns, said, findings);
                }
            }
        }
    }
}

/// Empty cells of some columns of a row: one finding each.
fn blank_cells(
    given: &Given<'_>,
    (of, index, row): (Scope, usize, &Row),
    names: &[String],
    said: &mut BTreeSet<CellRef>,
    findings: &mut Vec<Finding>,
) {
    let (pipeline, dataset) = (given.pipeline, given.dataset);
    let table = match of {
        Scope::Table(t) => t,
        Scope::Unit => pipeline.table("school").unwrap_or(0),
    };
    for name in names {
        let column = check::row_column(pipeline, dataset, given.units, of, index, name);
        let Some(column) = column.filter(|c| row.values[*c].is_none()) else {
            continue;
        };
        // What a school does not have it leaves empty.
        if pipeline.table("school") == Some(table) && !missing::concerns(pipeline, row, column) {
            continue;
        }
        // A column that the sheet does not have is said once for the criterion.
        let Some(cell) = row.cells.at(column) else {
            continue;
        };
        if dataset.spoken.contains(&cell) || !said.insert(cell) {
            continue;
        }
        findings.push(missing::empty(
            pipeline,
            dataset,
            (table, column),
            row,
            cell,
        ));
    }
}

/// One finding a county and part: criteria that cannot be judged.
fn incomplete(given: &Given<'_>, results: &[CriterionResult], findings: &mut Vec<Finding>) {
    let (pipeline, dataset) = (given.pipeline, given.dataset);
    for own in results.chunk_by(|a, b| a.county == b.county) {
        let county = own[0].county;
        if !dataset.counties[county].received {
            continue;
        }
        for part in &pipeline.parts {
            let open: Vec<&Criterion> = own
                .iter()
                .filter(|r| r.verdict == Verdict::Incomplete)
                .map(|r| &pipeline.criteria[r.criterion])
                .filter(|c| c.part == part.part)
                .collect();
            if open.is_empty() {
                continue;
            }
            let names: Vec<String> = open
                .iter()
                .map(|c| format!("{}.{}", c.number, c.title))
                .collect();
            let draft = Draft {
                county_code: Some(dataset.counties[county].code.clone()),
                column: Some(part.title.clone()),
                ..Draft::default()
            };
            findings.push(
                draft
                    .slot("part", part.title.clone())
                    .slot("count", open.len().to_string())
                    .slot("criteria", some_of(&names, NAMED))
                    .notice(pipeline, "criteria-incomplete"),
            );
        }
    }
}
