//! What a run that is being made differs in from earlier ones: from its base, and from the run that was frozen.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::DataFrame;

use super::make::{Earlier, Run};
use super::published;
use crate::changes::{self, Changes, Side};
use crate::pipeline::Pipeline;
use crate::report::changes_book::Notice;

/// What differs.
#[derive(Default)]
pub struct Compared {
    /// From the base; `None` without one that can be read.
    pub base: Option<Changes>,
    /// From the frozen run, where that is another one.
    frozen: Option<Changes>,
    /// The frozen run is the base.
    frozen_is_base: bool,
}

impl Compared {
    /// The notice of what has changed since a run was frozen; `None` where nothing has.
    pub fn notice<'a>(&'a self, earlier: &'a Earlier) -> Option<Notice<'a>> {
        let changes = match self.frozen_is_base {
            true => self.base.as_ref(),
            false => self.frozen.as_ref(),
        };
        let frozen = earlier.frozen.as_ref()?;
        Some(Notice {
            run: &frozen.run,
            date: frozen.date.as_deref(),
            changes: changes.filter(|c| !c.figures.is_empty())?,
        })
    }
}

/// Compares a run, by its `frames`, with its earlier ones. An earlier run that cannot be read is said, and the run goes on
/// without it.
pub fn with_earlier(
    run: &Run<'_>,
    earlier: &Earlier,
    run_id: &str,
    frames: BTreeMap<String, DataFrame>,
    pipeline_files: &[(String, Vec<u8>)],
) -> Compared {
    let pipeline = &run.request.pipeline;
    let own = Side {
        run: run_id.to_string(),
        program: env!("CARGO_PKG_VERSION").to_string(),
        only: run.request.only.clone(),
        frames,
        files: published::pipeline_files_of(pipeline_files),
    };
    let runs = run.output.join("runs");
    let mut out = Compared::default();
    if let Some(base) = &earlier.base
        && let Some(side) = read(&runs.join(&base.run), pipeline)
    {
        out.base = Some(changes::between(pipeline, &side, &own));
    }
    if let Some(frozen) = &earlier.frozen {
        let base = earlier.base.as_ref().map(|b| &b.run);
        out.frozen_is_base = base == Some(&frozen.run);
        if !out.frozen_is_base {
            let side = read(&runs.join(&frozen.run), pipeline);
            out.frozen = side.map(|side| changes::between(pipeline, &side, &own));
        }
    }
    out
}

fn read(folder: &Path, pipeline: &Pipeline) -> Option<Side> {
    published::side(folder, pipeline)
        .map_err(|why| {
            let shown = folder.display();
            tracing::warn!(run = %shown, why, "an earlier run is not compared with");
        })
        .ok()
}
