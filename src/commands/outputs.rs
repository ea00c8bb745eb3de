//! What a run publishes but for `run.json`: frames, workbooks and the summary, as bytes by path below the run's folder.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::compute::Request;
use super::make::Outlet;
use super::published;
use crate::dataset::County;
use crate::error::Error;
use crate::pipeline::load::plain;
use crate::report::changes_book::Notice;
use crate::report::{self, Context};
use crate::store::books::Books;

/// The folder of a run that holds its pipeline.
pub const PIPELINE: &str = "pipeline";
/// The list of the counties in it.
pub const COUNTIES: &str = "counties.csv";

/// Makes every workbook of a run, and its summary.
///
/// # Errors
/// [`Error::Internal`] when a library refuses; what the outlet says.
pub fn made(
    context: &Context<'_>,
    books: Books<'_>,
    notice: Option<&Notice<'_>>,
    outlet: &dyn Outlet,
) -> Result<(), Error> {
    // The one large workbook first, all else beside it.
    let (province, counties) = rayon::join(
        || province_books(context, books, notice, outlet),
        || county_books(context, books, outlet),
    );
    province.and(counties)?;
    let summary = format!("{}.txt", context.pipeline.word("file_summary"));
    outlet.take(&summary, report::summary_text::text(context).into_bytes())
}

/// Makes the files of `data/`. Gives what of their frames is `compared` with earlier runs, if any.
///
/// # Errors
/// When polars refuses; what the outlet says.
pub fn data(
    context: &Context<'_>,
    outlet: &dyn Outlet,
    compared: bool,
) -> Result<BTreeMap<String, DataFrame>, Error> {
    let frames = report::data::each_frame(context, |name, mut frame| {
        data_file(name, &mut frame, outlet)?;
        let own = compared.then(|| published::compared(name, &frame));
        Ok(own.flatten().map(|own| (name.to_string(), own)))
    })?;
    Ok(frames.into_iter().flatten().collect())
}

/// Makes a file of `data/`.
///
/// # Errors
/// When polars refuses; what the outlet says.
pub fn data_file(name: &str, frame: &mut DataFrame, outlet: &dyn Outlet) -> Result<(), Error> {
    let path = format!("data/{name}.parquet");
    outlet.take(&path, report::data::parquet(frame)?)
}

/// The pipeline and the list of the counties that a run was made with, so that it can be made again: the pipeline's own
/// folder lies in `pipeline/` as deep as what its files name above it.
pub fn pipeline_files(request: &Request) -> Vec<(String, Vec<u8>)> {
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
    let mut outputs = Vec::new();
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
    outlet: &dyn Outlet,
) -> Result<(), Error> {
    type Make<'a> = &'a (dyn Fn() -> report::book::Book + Sync);
    let rankings = || report::ranking_book::book(context);
    let findings = || report::findings_book::book(context);
    let mut all: Vec<(&str, Make<'_>)> =
        vec![("file_rankings", &rankings), ("file_findings", &findings)];
    let told = notice.map(|notice| move || report::changes_book::book(context, notice));
    if let Some(told) = &told {
        all.push(("file_notice", told));
    }
    all.par_iter().try_for_each(|(key, make)| {
        let name = format!("{}.xlsx", context.pipeline.word(key));
        outlet.take(&name, books.written(make(), context.period)?)
    })
}

/// The workbooks of all counties, and what they must correct, made side by side.
fn county_books(context: &Context<'_>, books: Books<'_>, outlet: &dyn Outlet) -> Result<(), Error> {
    let counties = &context.results.dataset.counties;
    let written = |folder: &str, county: &County, book: report::book::Book| {
        let folder = context.pipeline.word(folder);
        let name = format!("{folder}/{}-{}.xlsx", county.code, file_name(&county.name));
        outlet.take(&name, books.written(book, context.period)?)
    };
    let last_year_notes = report::county_book::last_year_notes(context);
    let of_county = |(i, county): (usize, &County)| -> Result<(), Error> {
        if county.received {
            let book = report::county_book::book(context, i, &last_year_notes);
            written("folder_counties", county, book)?;
        }
        match report::return_book::book(context, county) {
            Some(book) => written("folder_returned", county, book),
            None => Ok(()),
        }
    };
    counties.par_iter().enumerate().try_for_each(of_county)
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
