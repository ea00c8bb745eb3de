//! Parse, run, show, exit code.

use std::process::ExitCode;

use clap::Parser;
use junheng::cli::{Cli, LogFormat};
use junheng::commands;
use junheng::ingest::formats::worker;

fn main() -> ExitCode {
    let cli = Cli::parse();
    junheng::log::start(cli.log_format == LogFormat::Json);
    if let Some(program) = worker::own_program() {
        worker::reads_with(program);
    }
    std::panic::set_hook(Box::new(|info| tracing::debug!("{info}")));
    let outcome = std::panic::catch_unwind(|| commands::execute(cli.command));
    let code = match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            junheng::log::failed(&error);
            error.exit_code()
        }
        Err(panic) => {
            let error = junheng::error::Error::Internal(junheng::log::panic_text(&*panic));
            junheng::log::failed(&error);
            error.exit_code()
        }
    };
    ExitCode::from(code)
}
