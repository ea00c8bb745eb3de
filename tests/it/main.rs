//! One test binary: each extra one would link polars again.

mod as_sent;
mod cases;
mod changes;
mod command_line;
mod criteria;
mod documents;
#[path = "../../benches/hostile/drive.rs"]
mod drive;
mod followup;
mod harness;
mod history;
#[path = "../../benches/hostile/files/mod.rs"]
mod hostile;
mod hostile_files;
mod impact;
mod known_mistakes;
mod pipeline_files;
mod properties;
mod published;
mod readers;
mod reruns;
mod safety;
mod sample;
mod scheduling;
mod surveys;
mod template;
