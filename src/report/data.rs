//! Results -> Parquet frames of the contract: one row order (by key), codes as text, percent as percent, money in yuan.

use std::io::Cursor;

use polars::prelude::*;
use rayon::prelude::*;

use super::{Context, survey_data, years_sheet};
use crate::dataset::{FileOutcome, Row, places};
use crate::error::Error;
use crate::fixed::HashMap;
use crate::indicators::Verdict;
use crate::indicators::balance::{COMPOSITE, Spread};
use crate::indicators::figure::Basis;
use crate::indicators::unit::Met;
use crate::pipeline::valid::{COUNTY_CODE, COUNTY_NAME};

/// Makes every frame that has content and hands it over at once, with its file's name: large ones are held one by one. Gives
/// what was made of them.
///
/// # Errors
/// When polars refuses, or who takes them.
pub fn each_frame<T: Send>(
    context: &Context<'_>,
    take: impl Fn(&str, DataFrame) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    type Make = fn(&Context<'_>) -> Result<DataFrame, Error>;
    let fixed: [(&str, Make); 13] = [
        ("submissions", submissions),
        ("units", units),
        ("unit_indicators", unit_indicators),
        ("unit_verdicts", unit_verdicts),
        ("balance", balance),
        ("criteria", criteria),
        ("survey", survey_data::rates),
        ("survey_schools", survey_data::schools),
        ("survey_variants", survey_data::variants),
        ("verdicts", verdicts),
        ("ranking", ranking),
        ("findings", findings),
        ("inspection", inspection),
    ];
    let fixed = || -> Result<Vec<_>, Error> {
        let made = fixed.par_iter();
        made.map(|(name, make)| take(name, make(context)?))
            .collect()
    };
    let tables = || -> Result<Vec<_>, Error> {
        let all = context.pipeline.tables.par_iter().enumerate();
        all.map(|(t, table)| take(&table_file(&table.name), table_frame(context, t)?))
            .collect()
    };
    let (fixed, tables) = rayon::join(fixed, tables);
    let mut out = fixed?;
    if let Some(frame) = years_sheet::frame(context)? {
        out.push(take("trend", frame)?);
    }
    out.extend(tables?);
    Ok(out)
}

/// The name of a table's file: what a later year's run reads again.
pub fn table_file(table: &str) -> String {
    format!("table_{table}")
}

/// A table as it was put together, with the place of each row and of its figures.
fn table_frame(context: &Context<'_>, table: usize) -> Result<DataFrame, Error> {
    let dataset = &context.results.dataset;
    let rows = &dataset.tables[table].rows;
    let mut frame = dataset.tables[table].frame.clone();
    let sheet = |row: &Row| &dataset.sheets[row.sheet as usize];
    frame.with_column(text(
        "file",
        rows.iter().map(|r| Some(sheet(r).file.as_str())),
    ))?;
    frame.with_column(text(
        "sheet",
        rows.iter().map(|r| Some(sheet(r).sheet.as_str())),
    ))?;
    frame.with_column(int("row", rows.iter().map(|r| Some(i64::from(r.row) + 1))))?;
    let cells = places::texts(dataset, rows);
    // A text that many rows share is held once.
    let texts = Column::new("cells".into(), cells.texts);
    frame.with_column(texts.take_slice(&cells.rows)?)?;
    Ok(frame)
}

/// A frame as the bytes of a Parquet file.
///
/// # Errors
/// When polars refuses.
pub fn parquet(frame: &mut DataFrame) -> Result<Vec<u8>, Error> {
    let mut bytes = Cursor::new(Vec::new());
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Snappy)
        .finish(frame)?;
    Ok(bytes.into_inner())
}

pub(super) fn text<T: AsRef<str>>(
    name: &str,
    values: impl IntoIterator<Item = Option<T>>,
) -> Column {
    let values: StringChunked = values.into_iter().collect();
    values.with_name(name.into()).into_column()
}

pub(super) fn float<I: IntoIterator<Item = Option<f64>>>(name: &str, values: I) -> Column {
    Column::new(name.into(), values.into_iter().collect::<Vec<_>>())
}

pub(super) fn int<I: IntoIterator<Item = Option<i64>>>(name: &str, values: I) -> Column {
    Column::new(name.into(), values.into_iter().collect::<Vec<_>>())
}

pub(super) fn size(n: usize) -> Option<i64> {
    i64::try_from(n).ok()
}

fn submissions(context: &Context<'_>) -> Result<DataFrame, Error> {
    let mut counts: HashMap<&str, usize> = HashMap::default();
    let places = context.results.findings.iter().map(|f| &f.place);
    for path in places.filter_map(|place| place.file.as_deref()) {
        *counts.entry(path).or_insert(0) += 1;
    }
    let count = |path: &str| counts.get(path).copied().unwrap_or(0);
    // By path; a skipped file has no more than its path.
    let mut rows: Vec<(&str, Option<&FileOutcome>)> = context
        .results
        .files()
        .iter()
        .map(|f| (f.path.as_str(), Some(f)))
        .chain(context.skipped.iter().map(|s| (s.path.as_str(), None)))
        .collect();
    rows.sort_by_key(|(path, _)| *path);
    let of = |f: fn(&FileOutcome) -> Option<String>| {
        rows.iter()
            .map(|(_, file)| file.and_then(f))
            .collect::<Vec<_>>()
    };
    let status = rows
        .iter()
        .map(|(_, file)| Some(file.map_or("skipped", |f| f.status.word())));
    let rules: std::collections::BTreeMap<&str, &str> = context
        .skipped
        .iter()
        .map(|s| (s.path.as_str(), s.rule))
        .collect();
    let skipped_by = rows.iter().map(|(path, file)| match file {
        Some(_) => None,
        None => rules.get(path).copied(),
    });
    let read = |f: fn(&FileOutcome) -> Option<i64>| {
        rows.iter()
            .map(|(_, file)| file.and_then(f))
            .collect::<Vec<_>>()
    };
    Ok(DataFrame::new(
        rows.len(),
        vec![
            text("path", rows.iter().map(|(path, _)| Some(*path))),
            text("sha256", of(|f| Some(f.sha256.clone()))),
            int("bytes", read(|f| i64::try_from(f.bytes).ok())),
            text("form", of(|f| Some(f.forms.join(";")))),
            text("county_code", of(|f| Some(f.county_codes.join(";")))),
            text("status", status),
            text("skipped_by", skipped_by),
            text("replaced_by", of(|f| f.replaced_by.clone())),
            int("rows", read(|f| size(f.rows))),
            int("findings", rows.iter().map(|(path, _)| size(count(path)))),
        ],
    )?)
}

/// The key of a unit: county, school, stage.
struct Keys<'a> {
    county: Vec<Option<&'a str>>,
    school: Vec<Option<&'a str>>,
    stage: Vec<Option<&'a str>>,
}

/// The keys of units by index. A school without a code stands under a key made from its name, marked with `~`.
fn keys<'a>(context: &Context<'a>, indices: impl Iterator<Item = usize>) -> Keys<'a> {
    let mut out = Keys {
        county: Vec::new(),
        school: Vec::new(),
        stage: Vec::new(),
    };
    let Some(table) = context.pipeline.table("school") else {
        return out;
    };
    for u in indices {
        let unit = &context.results.units.list[u];
        let row = &context.results.dataset.tables[table].rows[unit.school];
        let stage = &context.pipeline.stages[unit.stage];
        out.county.push(Some(&row.county_code));
        out.school.push(Some(&row.key));
        out.stage.push(Some(&stage.id));
    }
    out
}

fn units(context: &Context<'_>) -> Result<DataFrame, Error> {
    let r = context.results;
    let list = &r.units.list;
    let Some(table) = context.pipeline.table("school") else {
        return Ok(DataFrame::empty());
    };
    let rows = &r.dataset.tables[table].rows;
    let mut frame = r.units.frame.clone();
    let k = keys(context, 0..list.len());
    frame.with_column(text("school_code", k.school))?;
    let sheet =
        |u: &crate::indicators::split::Unit| &r.dataset.sheets[rows[u.school].sheet as usize];
    frame.with_column(text(
        "file",
        list.iter().map(|u| Some(sheet(u).file.as_str())),
    ))?;
    frame.with_column(text(
        "sheet",
        list.iter().map(|u| Some(sheet(u).sheet.as_str())),
    ))?;
    frame.with_column(int(
        "row",
        list.iter().map(|u| Some(i64::from(rows[u.school].row) + 1)),
    ))?;
    frame.with_column(Column::new(
        "counted".into(),
        list.iter().map(|u| u.counted).collect::<Vec<bool>>(),
    ))?;
    frame.with_column(text(
        "not_counted_reason",
        list.iter()
            .map(|u| (!u.counted).then_some(u.reason.as_str())),
    ))?;
    frame.with_column(float("stock_share", list.iter().map(|u| u.share)))?;
    let first = [
        COUNTY_CODE,
        "school_code",
        "stage",
        COUNTY_NAME,
        "school_name",
        "school_type",
        "urban_rural",
        "sponsor",
        "students",
        "counted",
        "not_counted_reason",
        "stock_share",
    ];
    let last = ["file", "sheet", "row"];
    let names: Vec<String> = frame
        .get_column_names()
        .iter()
        .map(|n| n.to_string())
        .collect();
    let mut order: Vec<String> = first
        .iter()
        .filter(|n| names.iter().any(|x| x == *n))
        .map(|n| (*n).to_string())
        .collect();
    order.extend(
        names
            .iter()
            .filter(|n| !first.contains(&n.as_str()) && !last.contains(&n.as_str()))
            .cloned(),
    );
    order.extend(last.iter().map(|n| (*n).to_string()));
    Ok(frame.select(order)?)
}

fn unit_indicators(context: &Context<'_>) -> Result<DataFrame, Error> {
    let values = &context.results.values;
    let k = keys(context, values.iter().map(|v| v.unit()));
    let indicator = |i: usize| &context.pipeline.indicators[i];
    Ok(DataFrame::new(
        values.len(),
        vec![
            text("county_code", k.county),
            text("school_code", k.school),
            text("stage", k.stage),
            text(
                "indicator",
                values
                    .iter()
                    .map(|v| Some(indicator(v.indicator()).id.as_str())),
            ),
            text(
                "line",
                values
                    .iter()
                    .map(|v| Some(indicator(v.indicator()).line.as_str())),
            ),
            text(
                "standard",
                values.iter().map(|_| Some(context.pipeline.id.as_str())),
            ),
            float("numerator", values.iter().map(|v| v.numerator())),
            float("denominator", values.iter().map(|v| v.denominator())),
            float("value", values.iter().map(|v| v.value())),
            float("limit", values.iter().map(|v| v.limit())),
            float("floor", values.iter().map(|v| v.floor())),
            text("met", values.iter().map(|v| v.met.map(Met::word))),
            float("shortfall", values.iter().map(|v| v.shortfall())),
        ],
    )?)
}

fn unit_verdicts(context: &Context<'_>) -> Result<DataFrame, Error> {
    let list = &context.results.unit_verdicts;
    let k = keys(context, list.iter().map(|v| v.unit));
    let given = context.verdict_context();
    let reasons = list
        .iter()
        .map(|v| Some(crate::indicators::verdict::unit_reasons(&given, v)));
    Ok(DataFrame::new(
        list.len(),
        vec![
            text("county_code", k.county),
            text("school_code", k.school),
            text("stage", k.stage),
            int("met_count", list.iter().map(|v| size(v.met_count))),
            text("verdict", list.iter().map(|v| Some(v.verdict.word()))),
            text("reasons", reasons),
        ],
    )?)
}

/// One line of the balances: an indicator's, or the composite of a stage.
struct BalanceLine<'a> {
    county: &'a str,
    stage: usize,
    indicator: &'a str,
    line: &'a str,
    units: usize,
    units_missing: usize,
    students: Option<f64>,
    spread: Option<Spread>,
    cv: Option<f64>,
    provisional: Option<f64>,
    limit: Option<f64>,
    verdict: Option<Verdict>,
}

fn balance(context: &Context<'_>) -> Result<DataFrame, Error> {
    let p = context.pipeline;
    let each = context.results.balances.iter().map(|b| BalanceLine {
        county: &b.county_code,
        stage: b.stage,
        indicator: &p.indicators[b.indicator].id,
        line: &p.indicators[b.indicator].line,
        units: b.units,
        units_missing: b.units_missing,
        students: Some(b.students),
        spread: b.spread,
        cv: b.cv,
        provisional: b
            .provisional
            .filter(|_| b.units_missing > 0)
            .and_then(|s| s.cv),
        limit: b.limit,
        verdict: b.verdict,
    });
    let composites = context.results.composites.iter().map(|c| BalanceLine {
        county: &c.county_code,
        stage: c.stage,
        indicator: COMPOSITE,
        line: "",
        units: c.units,
        units_missing: c.units_missing,
        students: None,
        spread: None,
        cv: c.cv,
        provisional: None,
        limit: Some(c.limit),
        verdict: Some(c.verdict),
    });
    let mut list: Vec<BalanceLine<'_>> = each.chain(composites).collect();
    // Within a stage the composite stands last.
    list.sort_by(|a, b| {
        (a.county, a.stage, a.indicator == COMPOSITE).cmp(&(
            b.county,
            b.stage,
            b.indicator == COMPOSITE,
        ))
    });
    let words =
        |f: fn(&BalanceLine<'_>) -> String| list.iter().map(|b| Some(f(b))).collect::<Vec<_>>();
    let floats = |f: fn(&BalanceLine<'_>) -> Option<f64>| list.iter().map(f).collect::<Vec<_>>();
    Ok(DataFrame::new(
        list.len(),
        vec![
            text("county_code", words(|b| b.county.to_string())),
            text("stage", list.iter().map(|b| Some(&p.stages[b.stage].id))),
            text("indicator", words(|b| b.indicator.to_string())),
            text("line", words(|b| b.line.to_string())),
            int("units", list.iter().map(|b| size(b.units))),
            int("units_missing", list.iter().map(|b| size(b.units_missing))),
            float("students", floats(|b| b.students)),
            float("mean", floats(|b| b.spread.map(|s| s.mean))),
            float("sd", floats(|b| b.spread.map(|s| s.sd))),
            float("cv", floats(|b| b.cv)),
            float("cv_unweighted", floats(|b| b.spread?.cv_unweighted)),
            float("limit", floats(|b| b.limit)),
            text("verdict", list.iter().map(|b| b.verdict.map(Verdict::word))),
            float("gini", floats(|b| b.spread?.gini)),
            float("theil", floats(|b| b.spread?.theil)),
            float("provisional_cv", floats(|b| b.provisional)),
        ],
    )?)
}

fn verdicts(context: &Context<'_>) -> Result<DataFrame, Error> {
    let list = &context.results.verdicts;
    Ok(DataFrame::new(
        list.len(),
        vec![
            text("county_code", list.iter().map(|v| Some(&v.county_code))),
            text("part", list.iter().map(|v| Some(v.part.word()))),
            text("verdict", list.iter().map(|v| Some(v.verdict.word()))),
            text("reasons", list.iter().map(|v| Some(v.reasons.join("\n")))),
            float("margin", list.iter().map(|v| v.margin)),
            text(
                "flips",
                list.iter().map(|v| {
                    let lines: Vec<&str> = v.flips.iter().map(|f| f.text.as_str()).collect();
                    Some(lines.join("\n"))
                }),
            ),
        ],
    )?)
}

/// One line of the criteria: a whole criterion, or one of several figures and checks of it.
#[derive(Default)]
struct CriterionLine {
    county: String,
    id: String,
    part: &'static str,
    number: usize,
    numerator: Option<f64>,
    denominator: Option<f64>,
    value: Option<f64>,
    stated: Option<f64>,
    limit: Option<f64>,
    verdict: Option<&'static str>,
    basis: Option<&'static str>,
    points: Option<f64>,
    note: String,
}

fn criterion_lines(context: &Context<'_>) -> Vec<CriterionLine> {
    let p = context.pipeline;
    let counties = &context.results.dataset.counties;
    let mut out = Vec::new();
    for result in &context.results.criteria {
        let criterion = &p.criteria[result.criterion];
        let line = || CriterionLine {
            county: counties[result.county].code.clone(),
            part: criterion.part.word(),
            number: criterion.number,
            ..CriterionLine::default()
        };
        let mut items: Vec<CriterionLine> = Vec::new();
        for (f, r) in criterion.figures.iter().zip(&result.figures) {
            if !r.applies {
                continue;
            }
            items.push(CriterionLine {
                id: criterion.item_id(&f.id),
                numerator: r.numerator,
                denominator: r.denominator,
                value: r.value,
                stated: r.stated,
                limit: r.limit.map(|l| l.value),
                verdict: r.verdict.map(Verdict::word),
                basis: r.basis.map(Basis::word),
                note: f.title.clone(),
                ..line()
            });
        }
        for (k, r) in criterion.checks.iter().zip(&result.checks) {
            items.push(CriterionLine {
                id: criterion.item_id(&k.id),
                numerator: Some(r.broken().count() as f64),
                denominator: Some(r.count as f64),
                value: r.failing,
                limit: Some(0.0),
                verdict: r.verdict.map(Verdict::word),
                basis: r.basis.map(Basis::word),
                note: k.title.clone(),
                ..line()
            });
        }
        // The criterion's own line shows its first figure that is not met, else its first; without one all that fails.
        let mut own = line();
        if criterion.figures.is_empty() && !criterion.checks.is_empty() {
            own.value = items.iter().map(|i| i.value).sum();
            own.numerator = items.iter().map(|i| i.numerator).sum();
            own.limit = Some(0.0);
        } else if let Some(first) = items
            .iter()
            .find(|i| i.verdict == Some(Verdict::NotMet.word()))
            .or(items.first())
        {
            own.numerator = first.numerator;
            own.denominator = first.denominator;
            own.value = first.value;
            own.stated = first.stated;
            own.limit = first.limit;
        }
        out.push(CriterionLine {
            id: criterion.id.clone(),
            verdict: Some(result.verdict.word()),
            basis: result.basis.map(Basis::word),
            points: result.points,
            note: result.reference.clone().unwrap_or_default(),
            ..own
        });
        if criterion.has_items() {
            out.extend(items);
        }
    }
    out.sort_by(|a, b| (&a.county, &a.id).cmp(&(&b.county, &b.id)));
    out
}

fn criteria(context: &Context<'_>) -> Result<DataFrame, Error> {
    let list = criterion_lines(context);
    let words =
        |f: fn(&CriterionLine) -> Option<&'static str>| list.iter().map(f).collect::<Vec<_>>();
    let floats = |f: fn(&CriterionLine) -> Option<f64>| list.iter().map(f).collect::<Vec<_>>();
    Ok(DataFrame::new(
        list.len(),
        vec![
            text("county_code", list.iter().map(|l| Some(&l.county))),
            text("criterion", list.iter().map(|l| Some(&l.id))),
            text("part", words(|l| Some(l.part))),
            int("number", list.iter().map(|l| size(l.number))),
            float("numerator", floats(|l| l.numerator)),
            float("denominator", floats(|l| l.denominator)),
            float("value", floats(|l| l.value)),
            float("stated_value", floats(|l| l.stated)),
            float("limit", floats(|l| l.limit)),
            text("verdict", words(|l| l.verdict)),
            text("basis", words(|l| l.basis)),
            float("points", floats(|l| l.points)),
            text("note", list.iter().map(|l| Some(&l.note))),
        ],
    )?)
}

fn ranking(context: &Context<'_>) -> Result<DataFrame, Error> {
    let mut lists: Vec<_> = context.results.rankings.iter().collect();
    lists.sort_by(|a, b| a.id.cmp(&b.id));
    let mut rows: Vec<(String, &crate::ranking::Place)> = Vec::new();
    for list in lists {
        let mut places: Vec<_> = list.places.iter().collect();
        places.sort_by(|a, b| a.county_code.cmp(&b.county_code));
        rows.extend(places.into_iter().map(|p| (list.id.clone(), p)));
    }
    Ok(DataFrame::new(
        rows.len(),
        vec![
            text("ranking", rows.iter().map(|(id, _)| Some(id))),
            text(
                "county_code",
                rows.iter().map(|(_, p)| Some(&p.county_code)),
            ),
            int("rank", rows.iter().map(|(_, p)| p.rank.and_then(size))),
            float("value", rows.iter().map(|(_, p)| p.value)),
            int(
                "previous_rank",
                rows.iter().map(|(id, p)| {
                    let last = context.last_year?;
                    last.figures.place(id, &p.county_code).rank.and_then(size)
                }),
            ),
            text(
                "prefecture",
                rows.iter()
                    .map(|(_, p)| Some(context.county(&p.county_code).1)),
            ),
            int(
                "prefecture_rank",
                rows.iter().map(|(_, p)| p.prefecture_rank.and_then(size)),
            ),
        ],
    )?)
}

/// The schools of both lists for checks on the spot, by list and order.
fn inspection(context: &Context<'_>) -> Result<DataFrame, Error> {
    struct Line {
        list: &'static str,
        order: usize,
        school: usize,
        stratum: Option<String>,
        hash: Option<String>,
    }
    let (p, r) = (context.pipeline, context.results);
    let sample = &context.inspection.sample;
    let random = sample.schools.iter().enumerate().map(|(i, d)| Line {
        list: "random",
        order: i + 1,
        school: d.school,
        stratum: Some(super::inspection_sheets::stratum(
            context,
            &sample.strata[d.stratum],
        )),
        hash: Some(d.hash.clone()),
    });
    let flagged = &context.inspection.flagged;
    let risk = flagged.iter().take(sample.schools.len()).enumerate();
    let risk = risk.map(|(i, f)| Line {
        list: "risk",
        order: i + 1,
        school: f.school,
        stratum: None,
        hash: None,
    });
    let lines: Vec<Line> = random.chain(risk).collect();
    let row = |l: &Line| {
        p.table("school")
            .map(|t| &r.dataset.tables[t].rows[l.school])
    };
    Ok(DataFrame::new(
        lines.len(),
        vec![
            text("list", lines.iter().map(|l| Some(l.list))),
            int("order", lines.iter().map(|l| size(l.order))),
            text(
                "county_code",
                lines.iter().map(|l| row(l).map(|r| &r.county_code)),
            ),
            text("school_code", lines.iter().map(|l| row(l).map(|r| &r.key))),
            text("stratum", lines.iter().map(|l| l.stratum.as_ref())),
            text("hash", lines.iter().map(|l| l.hash.as_ref())),
        ],
    )?)
}

fn findings(context: &Context<'_>) -> Result<DataFrame, Error> {
    let results = context.results;
    let fixed = &results.followed.fixed;
    let mut ranks = crate::impact::ranks(&results.findings);
    ranks.resize(ranks.len() + fixed.len(), None);
    let all = results.findings.iter().chain(fixed);
    let mut list: Vec<_> = all.zip(ranks).collect();
    list.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    let (list, ranks): (Vec<_>, Vec<_>) = list.into_iter().unzip();
    Ok(DataFrame::new(
        list.len(),
        vec![
            text("finding_id", list.iter().map(|f| Some(&f.id))),
            text("rule", list.iter().map(|f| Some(&f.rule))),
            text("severity", list.iter().map(|f| Some(f.severity.word()))),
            int("level", list.iter().map(|f| Some(f.level))),
            text("county_code", list.iter().map(|f| f.county_code.as_ref())),
            text("school_code", list.iter().map(|f| f.school_code.as_ref())),
            text("school_name", list.iter().map(|f| f.school_name.as_ref())),
            text("file", list.iter().map(|f| f.place.file.as_ref())),
            text("sheet", list.iter().map(|f| f.place.sheet.as_ref())),
            text("cell", list.iter().map(|f| f.place.cell.as_ref())),
            text("column", list.iter().map(|f| f.column.as_ref())),
            text("value", list.iter().map(|f| f.value.as_ref())),
            text("expected", list.iter().map(|f| f.expected.as_ref())),
            text("message", list.iter().map(|f| Some(&f.message))),
            text("remedy", list.iter().map(|f| Some(&f.remedy))),
            text(
                "impact",
                list.iter().map(|f| f.impact.as_ref().map(|i| &i.text)),
            ),
            int("impact_rank", ranks.into_iter().map(|r| r.and_then(size))),
            text("cause", list.iter().map(|f| f.cause.as_ref())),
            text("read", list.iter().map(|f| f.read.as_ref())),
            text("state", list.iter().map(|f| Some(f.state.word()))),
            text(
                "reason",
                list.iter()
                    .map(|f| f.explanation.as_ref().map(|e| &e.reason)),
            ),
            text(
                "explanation",
                list.iter().map(|f| f.explanation.as_ref().map(|e| &e.text)),
            ),
            text("mark", list.iter().map(|f| Some(&f.mark))),
        ],
    )?)
}
