//! What a run publishes but for `run.json`: workbooks, frames and the summary, as bytes by path below the run's folder.

use std::path::{Component, Path, PathBuf};

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::compute::{Request, Timings};
use crate::dataset::County;
use crate::error::Error;
use crate::pipeline::load::plain;
use crate::report::changes_book::Notice;
use crate::report::{self, Context};
use crate::store::books::Books;
use crate::store::publish::Outputs;

/// The folder of a run that holds its pipeline.
pub const PIPELINE: &str = "pipeline";
/// The list of the counties in it.
pub const COUNTIES: &str = "counties.csv";

/// Makes every workbook of a run, its summary, and its frames as files.
///
/// # Errors
/// [`Error::Internal`] when a library refuses.
pub fn made(
    context: &Context<'_>,
    books: Books<'_>,
    frames: Vec<(String, DataFrame)>,
    notice: Option<&Notice<'_>>,
    timings: &mut Timings,
) -> Result<Outputs, Error> {
    let mut outputs = timings.time("outputs", || -> Result<Outputs, Error> {
        // The one large workbook first, all else beside it: first the frames, which are many bytes as long as they are not
        // written.
        let (province, rest) = rayon::join(
            || province_books(context, books, notice),
            || rayon::join(|| written(frames), || county_books(context, books)),
        );
        let (data, counties) = rest;
        let mut outputs = province?;
        outputs.extend(counties?);
        outputs.extend(data?);
        Ok(outputs)
    })?;
    let summary = format!("{}.txt", context.pipeline.word("file_summary"));
    outputs.push((summary, report::summary_text::text(context).into_bytes()));
    Ok(outputs)
}

/// The files of `data/`.
fn written(frames: Vec<(String, DataFrame)>) -> Result<Outputs, Error> {
    frames
        .into_par_iter()
        .map(|(name, mut frame)| {
            let path = format!("data/{name}.parquet");
            Ok((path, report::data::parquet(&mut frame)?))
        })
        .collect()
}

/// The pipeline and the list of the counties that a run was made with, so that it can be made again: the pipeline's own
/// folder lies in `pipeline/` as deep as what its files name above it.
pub fn pipeline_files(request: &Request) -> Outputs {
    let pipeline = &request.pipeline;
    let up = |name: &str| {
        Path::new(name)
            .components()
            .filter(|c| *c == Component::ParentDir)
            .count()
    };
    let depth = pipeline
        .files
        .iter()
        .map(|f| up(&f.name))
        .max()
        .unwrap_or(0);
    let above: PathBuf = (1..depth).map(|_| "in").collect();
    let own = above.join(&pipeline.id);
    let mut outputs: Outputs = Vec::new();
    for file in &pipeline.files {
        let path = plain(&Path::new(PIPELINE).join(&own).join(&file.name));
        outputs.push((path.to_string_lossy().into_owned(), file.bytes.clone()));
    }
    let list = request.counties_list.clone();
    outputs.push((format!("{PIPELINE}/{COUNTIES}"), list));
    outputs
}

/// The workbooks about the province.
fn province_books(
    context: &Context<'_>,
    books: Books<'_>,
    notice: Option<&Notice<'_>>,
) -> Result<Outputs, Error> {
    type Make<'a> = &'a (dyn Fn() -> report::book::Book + Sync);
    let rankings = || report::ranking_book::book(context);
    let findings = || report::findings_book::book(context);
    let mut all: Vec<(&str, Make<'_>)> =
        vec![("file_rankings", &rankings), ("file_findings", &findings)];
    let told = notice.map(|notice| move || report::changes_book::book(context, notice));
    if let Some(told) = &told {
        all.push(("file_notice", told));
    }
    all.par_iter()
        .map(|(key, make)| {
            let name = format!("{}.xlsx", context.pipeline.word(key));
            Ok((name, books.written(make(), context.period)?))
        })
        .collect()
}

/// The workbooks of all counties, and what they must correct, made side by side, in the order of the counties.
fn county_books(context: &Context<'_>, books: Books<'_>) -> Result<Outputs, Error> {
    let counties = &context.results.dataset.counties;
    let written = |folder: &str,
                   county: &County,
                   book: report::book::Book|
     -> Result<(String, Vec<u8>), Error> {
        let folder = context.pipeline.word(folder);
        let name = format!("{folder}/{}-{}.xlsx", county.code, file_name(&county.name));
        Ok((name, books.written(book, context.period)?))
    };
    let last_year_notes = report::county_book::last_year_notes(context);
    let of_county = |(i, county): (usize, &County)| -> Result<Outputs, Error> {
        let mut out = Outputs::new();
        if county.received {
            let book = report::county_book::book(context, i, &last_year_notes);
            out.push(written("folder_counties", county, book)?);
        }
        if let Some(book) = report::return_book::book(context, county) {
            out.push(written("folder_returned", county, book)?);
        }
        Ok(out)
    };
    let all: Result<Vec<Outputs>, Error> = counties.par_iter().enumerate().map(of_county).collect();
    Ok(all?.into_iter().flatten().collect())
}

/// A name that every file system takes: without its signs, without what cannot be seen, and no longer than may be.
pub fn file_name(name: &str) -> String {
    let plain = |c: char| {
        let refused = "/\\:*?\"<>|".contains(c) || c.is_control();
        if refused || crate::text::is_invisible(c) {
            '_'
        } else {
            c
        }
    };
    let name: String = name.chars().map(plain).take(60).collect();
    name.trim_matches([' ', '.']).to_string()
}
