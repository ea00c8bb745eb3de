//! One file a subcommand; each reads as a page of prose.

pub mod check;
mod compared;
mod compute;
pub mod diff;
mod diff_text;
pub mod explain;
mod figures;
pub mod freeze;
mod history;
mod make;
mod metrics;
mod outputs;
pub mod pipelines;
pub mod plan;
mod previous;
mod progress;
mod published;
pub mod run;
mod run_json;
pub mod status;
pub mod template;
pub mod trace;
mod unchanged;
pub mod verify;
mod years;

use crate::cli::{Command, PipelinesCommand};
use crate::error::Error;

/// Carries out a command; gives the exit code.
///
/// # Errors
/// When the command could not be carried out.
pub fn execute(command: Command) -> Result<u8, Error> {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::check(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Verify(args) => verify::verify(&args),
        Command::Trace(args) => trace::trace(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::Template(args) => template::template(&args),
        Command::Freeze(args) => freeze::freeze(&args),
        Command::Status(args) => status::status(&args),
        Command::ReadOneFile => Ok(crate::ingest::formats::worker::serve()),
        Command::Pipelines {
            command: PipelinesCommand::Check { path },
        } => pipelines::check(&path),
    }
}
