//! Log lines on stderr: text for people, JSON for machines. Nothing from a submission but names and counts goes there.

use std::any::Any;
use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::error::Error;

/// Starts logging. `JUNHENG_LOG` sets the level (`debug`, `warn`, ...); the default is `info`, `warn` on a terminal, where
/// the progress bar speaks.
pub fn start(json: bool) {
    let default = if std::io::stderr().is_terminal() && !json {
        "warn"
    } else {
        "info"
    };
    let level = std::env::var("JUNHENG_LOG").unwrap_or_else(|_| default.to_string());
    // A bare level is meant for this program, not for the libraries that it uses.
    let directives = if level.contains(['=', ',']) {
        level
    } else {
        format!("junheng={level}")
    };
    let filter = EnvFilter::try_new(directives)
        .unwrap_or_else(|_| EnvFilter::new(format!("junheng={default}")));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A second start in one process (tests) keeps the first.
    let _ = if json {
        lines.json().flatten_event(true).try_init()
    } else {
        lines.try_init()
    };
}

/// Says why a command failed. Pipeline mistakes are shown as they are, with their marks below the lines.
pub fn failed(error: &Error) {
    match error {
        Error::Pipeline(text) => eprintln!("{text}"),
        other => tracing::error!(exit_code = other.exit_code(), "{other}"),
    }
}

/// The text of a panic.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_string()))
        .unwrap_or_else(|| "panic".to_string())
}
