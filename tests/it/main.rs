//! One test binary: each extra one would link polars again.

mod cases;
mod command_line;
mod criteria;
mod documents;
mod harness;
mod known_mistakes;
mod pipeline_files;
mod published;
mod readers;
mod sample;
mod surveys;
mod template;
