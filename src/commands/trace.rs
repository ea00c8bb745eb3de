//! `junheng trace`: from a published figure to its formula with numbers in it and the cells that they come from.

use std::io::Write;

use super::compute::{self, Timings};
use super::explain;
use crate::cli::TraceArgs;
use crate::error::Error;
use crate::store::entries::Store;
use crate::trace::{self, Wanted};

/// Reads the county's submissions again, computes, and prints the figure's derivation.
///
/// # Errors
/// When the county, the figure, the school or the stage is not known, or nothing can be read.
pub fn trace(args: &TraceArgs) -> Result<u8, Error> {
    let mut request = compute::request(&args.pipeline, &args.input, &[])?;
    // A county that is not on the list may still have sent something.
    if request.counties.iter().any(|c| c.code == args.county) {
        request.only = vec![args.county.clone()];
    }
    let stage = match &args.stage {
        Some(id) => Some(stage(&request.pipeline, id)?),
        None => None,
    };
    let listing = compute::listing(&request)?;
    let mut read = Vec::new();
    let at = compute::read(&request, listing, &Store::none(), &mut read)?;
    let results = compute::results(&request, &read[at].files, &mut Timings::default())?;
    let counties = &results.dataset.counties;
    let Some(county) = counties.iter().position(|c| c.code == args.county) else {
        return Err(Error::Usage(format!(
            "no county {}: neither on the list nor in the submissions",
            args.county
        )));
    };
    let wanted = Wanted {
        county,
        school: args.school.as_deref(),
        stage,
        period: request.period,
    };
    let Some(lines) = trace::lines(&request.pipeline, &results, &args.indicator, &wanted)? else {
        return Err(Error::Usage(format!(
            "'{}' is no indicator, criterion or county column of {}{}",
            args.indicator,
            args.pipeline.display(),
            explain::hint(&request.pipeline, &args.indicator)
        )));
    };
    if lines.is_empty() {
        return Err(Error::Usage(match &args.school {
            Some(school) => format!("county {} has no counted school '{school}'", args.county),
            None => format!("county {} has no such units", args.county),
        }));
    }
    // A closed stdout changes nothing.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
    Ok(0)
}

fn stage(pipeline: &crate::pipeline::Pipeline, id: &str) -> Result<usize, Error> {
    let found = pipeline.stages.iter().position(|s| s.id == id);
    found.ok_or_else(|| {
        let known: Vec<&str> = pipeline.stages.iter().map(|s| s.id.as_str()).collect();
        Error::Usage(format!(
            "no stage '{id}': the stages are {}",
            known.join(", ")
        ))
    })
}
