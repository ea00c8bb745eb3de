//! Results -> Parquet frames of the contract: one row order (by key), codes as text, percent as percent, money in yuan.

use std::io::Cursor;

use polars::prelude::*;

use super::Context;
use crate::dataset::FileOutcome;
use crate::error::Error;
use crate::pipeline::valid::{COUNTY_CODE, COUNTY_NAME};

/// All frames that have content, by file name.
///
/// # Errors
/// When polars refuses.
pub fn frames(context: &Context<'_>) -> Result<Vec<(&'static str, DataFrame)>, Error> {
    Ok(vec![
        ("submissions", submissions(context)?),
        ("units", units(context)?),
        ("unit_indicators", unit_indicators(context)?),
        ("unit_verdicts", unit_verdicts(context)?),
        ("balance", balance(context)?),
        ("verdicts", verdicts(context)?),
        ("ranking", ranking(context)?),
        ("findings", findings(context)?),
    ])
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

fn text<I: IntoIterator<Item = Option<String>>>(name: &str, values: I) -> Column {
    Column::new(name.into(), values.into_iter().collect::<Vec<_>>())
}

fn float<I: IntoIterator<Item = Option<f64>>>(name: &str, values: I) -> Column {
    Column::new(name.into(), values.into_iter().collect::<Vec<_>>())
}

fn int<I: IntoIterator<Item = Option<i64>>>(name: &str, values: I) -> Column {
    Column::new(name.into(), values.into_iter().collect::<Vec<_>>())
}

fn size(n: usize) -> Option<i64> {
    i64::try_from(n).ok()
}

fn submissions(context: &Context<'_>) -> Result<DataFrame, Error> {
    let count = |path: &str| {
        let own = |f: &&crate::finding::Finding| f.place.file.as_deref() == Some(path);
        context.results.findings.iter().filter(own).count()
    };
    // By path; a skipped file has no more than its path.
    let mut rows: Vec<(&str, Option<&FileOutcome>)> = context
        .results
        .files()
        .iter()
        .map(|f| (f.path.as_str(), Some(f)))
        .chain(context.skipped.iter().map(|path| (path.as_str(), None)))
        .collect();
    rows.sort_by_key(|(path, _)| *path);
    let of = |f: fn(&FileOutcome) -> Option<String>| {
        rows.iter()
            .map(|(_, file)| file.and_then(f))
            .collect::<Vec<_>>()
    };
    let status = rows
        .iter()
        .map(|(_, file)| Some(file.map_or("skipped", |f| f.status.word()).to_string()));
    let read = |f: fn(&FileOutcome) -> Option<i64>| {
        rows.iter()
            .map(|(_, file)| file.and_then(f))
            .collect::<Vec<_>>()
    };
    Ok(DataFrame::new(
        rows.len(),
        vec![
            text(
                "path",
                rows.iter().map(|(path, _)| Some((*path).to_string())),
            ),
            text("sha256", of(|f| Some(f.sha256.clone()))),
            int("bytes", read(|f| i64::try_from(f.bytes).ok())),
            text("form", of(|f| Some(f.forms.join(";")))),
            text("county_code", of(|f| Some(f.county_codes.join(";")))),
            text("status", status),
            text("replaced_by", of(|f| f.replaced_by.clone())),
            int("rows", read(|f| size(f.rows))),
            int("findings", rows.iter().map(|(path, _)| size(count(path)))),
        ],
    )?)
}

/// The key of a unit: county, school, stage.
struct Keys {
    county: Vec<Option<String>>,
    school: Vec<Option<String>>,
    stage: Vec<Option<String>>,
}

/// The keys of units by index. A school without a code stands under a key made from its name, marked with `~`.
fn keys(context: &Context<'_>, indices: impl Iterator<Item = usize>) -> Keys {
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
        out.county.push(Some(row.county_code.clone()));
        out.school.push(Some(row.key.clone()));
        out.stage
            .push(Some(context.pipeline.stages[unit.stage].id.clone()));
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
        list.iter().map(|u| Some(sheet(u).file.clone())),
    ))?;
    frame.with_column(text(
        "sheet",
        list.iter().map(|u| Some(sheet(u).sheet.clone())),
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
        list.iter().map(|u| (!u.counted).then(|| u.reason.clone())),
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
    let k = keys(context, values.iter().map(|v| v.unit));
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
                    .map(|v| Some(indicator(v.indicator).id.clone())),
            ),
            text(
                "line",
                values
                    .iter()
                    .map(|v| Some(indicator(v.indicator).line.clone())),
            ),
            text(
                "standard",
                values.iter().map(|_| Some(context.pipeline.id.clone())),
            ),
            float("numerator", values.iter().map(|v| v.numerator)),
            float("denominator", values.iter().map(|v| v.denominator)),
            float("value", values.iter().map(|v| v.value)),
            float("limit", values.iter().map(|v| v.limit)),
            float("floor", values.iter().map(|v| v.floor)),
            text(
                "met",
                values.iter().map(|v| v.met.map(|m| m.word().to_string())),
            ),
            float("shortfall", values.iter().map(|v| v.shortfall)),
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
            text(
                "verdict",
                list.iter().map(|v| Some(v.verdict.word().to_string())),
            ),
            text("reasons", reasons),
        ],
    )?)
}

fn balance(context: &Context<'_>) -> Result<DataFrame, Error> {
    let list = &context.results.balances;
    let p = context.pipeline;
    let spread = |f: fn(&crate::indicators::balance::Spread) -> Option<f64>| {
        list.iter()
            .map(move |b| b.spread.as_ref().and_then(f))
            .collect::<Vec<_>>()
    };
    Ok(DataFrame::new(
        list.len(),
        vec![
            text(
                "county_code",
                list.iter().map(|b| Some(b.county_code.clone())),
            ),
            text(
                "stage",
                list.iter().map(|b| Some(p.stages[b.stage].id.clone())),
            ),
            text(
                "indicator",
                list.iter()
                    .map(|b| Some(p.indicators[b.indicator].id.clone())),
            ),
            text(
                "line",
                list.iter()
                    .map(|b| Some(p.indicators[b.indicator].line.clone())),
            ),
            int("units", list.iter().map(|b| size(b.units))),
            int("units_missing", list.iter().map(|b| size(b.units_missing))),
            float("students", list.iter().map(|b| Some(b.students))),
            float("mean", spread(|s| Some(s.mean))),
            float("sd", spread(|s| Some(s.sd))),
            float("cv", list.iter().map(|b| b.cv)),
            float("cv_unweighted", spread(|s| s.cv_unweighted)),
            float("limit", list.iter().map(|b| b.limit)),
            text(
                "verdict",
                list.iter().map(|b| b.verdict.map(|v| v.word().to_string())),
            ),
            float("gini", spread(|s| s.gini)),
            float("theil", spread(|s| s.theil)),
            float(
                "provisional_cv",
                list.iter().map(|b| {
                    b.provisional
                        .filter(|_| b.units_missing > 0)
                        .and_then(|s| s.cv)
                }),
            ),
        ],
    )?)
}

fn verdicts(context: &Context<'_>) -> Result<DataFrame, Error> {
    let list = &context.results.verdicts;
    Ok(DataFrame::new(
        list.len(),
        vec![
            text(
                "county_code",
                list.iter().map(|v| Some(v.county_code.clone())),
            ),
            text("part", list.iter().map(|v| Some(v.part.word().to_string()))),
            text(
                "verdict",
                list.iter().map(|v| Some(v.verdict.word().to_string())),
            ),
            text("reasons", list.iter().map(|v| Some(v.reasons.join("\n")))),
            float("margin", list.iter().map(|v| v.margin)),
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
            text("ranking", rows.iter().map(|(id, _)| Some(id.clone()))),
            text(
                "county_code",
                rows.iter().map(|(_, p)| Some(p.county_code.clone())),
            ),
            int("rank", rows.iter().map(|(_, p)| p.rank.and_then(size))),
            float("value", rows.iter().map(|(_, p)| p.value)),
            int("previous_rank", rows.iter().map(|_| None)),
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

fn findings(context: &Context<'_>) -> Result<DataFrame, Error> {
    let mut list: Vec<_> = context.results.findings.iter().collect();
    list.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(DataFrame::new(
        list.len(),
        vec![
            text("finding_id", list.iter().map(|f| Some(f.id.clone()))),
            text("rule", list.iter().map(|f| Some(f.rule.clone()))),
            text(
                "severity",
                list.iter().map(|f| Some(f.severity.word().to_string())),
            ),
            int("level", list.iter().map(|f| Some(f.level))),
            text("county_code", list.iter().map(|f| f.county_code.clone())),
            text("school_code", list.iter().map(|f| f.school_code.clone())),
            text("school_name", list.iter().map(|f| f.school_name.clone())),
            text("file", list.iter().map(|f| f.place.file.clone())),
            text("sheet", list.iter().map(|f| f.place.sheet.clone())),
            text("cell", list.iter().map(|f| f.place.cell.clone())),
            text("column", list.iter().map(|f| f.column.clone())),
            text("value", list.iter().map(|f| f.value.clone())),
            text("expected", list.iter().map(|f| f.expected.clone())),
            text("message", list.iter().map(|f| Some(f.message.clone()))),
            text("remedy", list.iter().map(|f| Some(f.remedy.clone()))),
            text("impact", list.iter().map(|_| None)),
            text("state", list.iter().map(|_| None)),
        ],
    )?)
}
