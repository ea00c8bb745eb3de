//! Log lines on stderr: text for people, JSON for machines; the only file that says how they look. Nothing from a submission but names and counts goes there.

use std::any::Any;
use std::fmt;
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::error::Error;

/// What every line says while a run is going on. Not a span: most lines come from threads that are in none.
static ABOUT: Mutex<Vec<(&'static str, Value)>> = Mutex::new(Vec::new());

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
        lines.event_format(JsonLines).try_init()
    } else {
        lines.try_init()
    };
}

fn about() -> MutexGuard<'static, Vec<(&'static str, Value)>> {
    ABOUT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on lines are about this pipeline and period.
pub fn about_pipeline(pipeline: &str, period: i64) {
    *about() = vec![("pipeline", pipeline.into()), ("period", period.into())];
}

/// From now on lines are about this run, too.
pub fn about_run(run: &str) {
    let mut about = about();
    about.retain(|(key, _)| *key != "run");
    about.push(("run", run.into()));
}

/// A line as one JSON object: time, level, message, what the run is, and the line's own fields beside them.
struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut own = Fields::default();
        event.record(&mut own);
        let about = about().clone();
        writeln!(
            writer,
            "{}",
            line(time, event.metadata().level().as_str(), own, about)
        )
    }
}

fn line(time: String, level: &str, own: Fields, about: Vec<(&'static str, Value)>) -> Value {
    let mut line = Map::new();
    line.insert("timestamp".to_string(), time.into());
    line.insert("level".to_string(), level.into());
    line.insert("message".to_string(), own.message.into());
    // The line's own word goes before what holds of the whole run.
    let about = about
        .into_iter()
        .map(|(key, value)| (key.to_string(), value));
    line.extend(about.chain(own.rest));
    Value::Object(line)
}

#[derive(Default)]
struct Fields {
    message: String,
    rest: Vec<(String, Value)>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.rest.push((field.name().to_string(), value));
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            _ => self.put(field, text.into()),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_line_are_flat_and_its_own_go_before_those_of_the_run() {
        let own = Fields {
            message: "read".to_string(),
            rest: vec![
                ("county".to_string(), "990101".into()),
                ("period".to_string(), 2023.into()),
            ],
        };
        let about = vec![
            ("pipeline", "p".into()),
            ("period", 2024.into()),
            ("run", "p-2024-1".into()),
        ];
        let line = line("t".to_string(), "INFO", own, about);
        assert_eq!(
            line.to_string(),
            r#"{"timestamp":"t","level":"INFO","message":"read","pipeline":"p","period":2023,"run":"p-2024-1","county":"990101"}"#
        );
    }
}
