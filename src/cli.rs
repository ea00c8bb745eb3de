//! The command line. The only file that names clap.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Computes the county-level compulsory-education balance evaluations from the workbooks that counties send.
#[derive(Debug, Parser)]
#[command(name = "junheng", version, about, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// How log lines look on stderr.
    #[arg(long, value_enum, default_value_t = LogFormat::Text, global = true)]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read all submissions, compute everything and publish.
    Run(RunArgs),
    /// What is wrong in files before they are submitted: findings only, in Chinese, nothing is published.
    Check(CheckArgs),
    /// What an indicator, a criterion or a rule means: formula, limits, legal basis, examples.
    Explain(ExplainArgs),
    /// From a published figure to its formula with numbers in it and the cells that they come from.
    Trace(TraceArgs),
    /// What changed between two runs: figures, verdicts and ranks, each with its cause.
    Diff(DiffArgs),
    /// Write the empty workbooks that counties fill in; without FORM and --out, list them.
    Template(TemplateArgs),
    /// The runs of an output folder, the last below, and who holds it.
    Status(StatusArgs),
    /// What a run would read again, compute again and publish, and why; nothing is read into tables, nothing is written.
    Plan(PlanArgs),
    /// Make a published run again from its submissions, without what is kept between runs, and compare every byte; look
    /// whether frozen runs were touched.
    Verify(VerifyArgs),
    /// Pin a run as the official one of its period, with its inputs and the hash of every file; or release it.
    Freeze(FreezeArgs),
    /// Reads one file for another process of this program.
    #[command(name = crate::ingest::formats::worker::COMMAND, hide = true)]
    ReadOneFile,
    /// Look after pipeline files.
    Pipelines {
        #[command(subcommand)]
        command: PipelinesCommand,
    },
}

/// What is read and for which year.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Folder of the submissions; the pipeline names a default.
    #[arg(long, value_name = "DIR")]
    pub input: Option<PathBuf>,
    /// The year that is evaluated; the pipeline names a default.
    #[arg(long, value_name = "YYYY", value_parser = clap::value_parser!(i64).range(2000..=2100))]
    pub period: Option<i64>,
    /// List of the counties that must report (code,name,prefecture,resident_population).
    #[arg(long, value_name = "FILE.csv")]
    pub counties: Option<PathBuf>,
}

/// `junheng run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Folders of the pipelines; several that share forms read each submission once.
    #[arg(default_value = "pipelines/quality-2017")]
    pub pipeline: Vec<PathBuf>,
    #[command(flatten)]
    pub input: InputArgs,
    /// Folder for the outputs; the pipeline names a default. With several pipelines each has a folder below it.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Only these counties.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// A run of an earlier year (its folder, the link `current`, or the outputs that it lies in): its figures stand beside this year's.
    /// With several pipelines each has a folder below it. By default the frozen, else the last run of the nearest earlier period in the output folder.
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,
    /// Look at nothing of earlier periods.
    #[arg(long, conflicts_with = "previous")]
    pub no_previous: bool,
    /// The day on which the run is made, to tell whether the pipeline's due date has passed; by default today (in UTC).
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub as_of: Option<String>,
    /// Files that are read side by side; all cores by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Wait up to this long for another run that holds the output folder, instead of ending at once.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=604_800))]
    pub wait: u64,
    /// Write what the run came to as a text file for Prometheus, also when it failed.
    #[arg(long, value_name = "FILE.prom")]
    pub metrics: Option<PathBuf>,
}

fn day(text: &str) -> Result<String, String> {
    match crate::due::is_day(text) {
        true => Ok(text.to_string()),
        false => Err("not a day, as in 2024-12-31".to_string()),
    }
}

/// `junheng check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files, or the county's folder: then also what is missing in it is said.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Code of the county that they are of; by default the folder (<code>-<name>), the file's name or its rows say it.
    #[arg(long, value_name = "CODE")]
    pub county: Option<String>,
    /// Every finding; by default ten of each kind.
    #[arg(long)]
    pub all: bool,
    /// Folder of the pipeline.
    #[arg(long, value_name = "DIR", default_value = "pipelines/quality-2017")]
    pub pipeline: PathBuf,
    /// The year that is evaluated; the pipeline names a default.
    #[arg(long, value_name = "YYYY", value_parser = clap::value_parser!(i64).range(2000..=2100))]
    pub period: Option<i64>,
    /// List of the counties that must report (code,name,prefecture,resident_population).
    #[arg(long, value_name = "FILE.csv")]
    pub counties: Option<PathBuf>,
}

/// `junheng explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Id of an indicator (or its line, L1), a criterion, a rule, a parameter or a county column.
    pub id: String,
    /// Folder of the pipeline.
    #[arg(long, value_name = "DIR", default_value = "pipelines/quality-2017")]
    pub pipeline: PathBuf,
}

/// `junheng trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Code of the county.
    pub county: String,
    /// Id of an indicator (or its line, L1), a criterion, or a county column.
    pub indicator: String,
    /// Only this school: its code, or its name.
    #[arg(long, value_name = "CODE")]
    pub school: Option<String>,
    /// Only this stage: primary or junior.
    #[arg(long, value_name = "STAGE")]
    pub stage: Option<String>,
    /// Folder of the pipeline.
    #[arg(long, value_name = "DIR", default_value = "pipelines/quality-2017")]
    pub pipeline: PathBuf,
    #[command(flatten)]
    pub input: InputArgs,
}

/// `junheng diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier run: its id or the beginning of it (also of its last 12 digits), its folder, or `current`. By default the one that
    /// the later run was built upon.
    #[arg(value_name = "BEFORE")]
    pub before: Option<String>,
    /// The later run; `current` by default.
    #[arg(value_name = "AFTER")]
    pub after: Option<String>,
    /// Folder of the outputs that the runs lie in; the pipeline names a default.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Only what changed in this county.
    #[arg(long, value_name = "CODE")]
    pub county: Option<String>,
    /// Everything, as JSON.
    #[arg(long)]
    pub json: bool,
    /// Every line; by default 20 of each kind in a county.
    #[arg(long)]
    pub all: bool,
    /// Folder of the pipeline, for its default output, and for runs that have kept no pipeline of their own.
    #[arg(long, value_name = "DIR", default_value = "pipelines/quality-2017")]
    pub pipeline: PathBuf,
}

/// `junheng plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Folder of the pipeline.
    #[arg(default_value = "pipelines/quality-2017")]
    pub pipeline: PathBuf,
    #[command(flatten)]
    pub input: InputArgs,
    /// Folder of the outputs; the pipeline names a default.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Only these counties.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// The day on which the run is to be made; by default today (in UTC).
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub as_of: Option<String>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `junheng verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The run: its id or the beginning of it, its folder, or `current`, which is the default.
    pub run: Option<String>,
    /// Folder of the outputs; the pipeline names a default.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Folder of the submissions; by default where they lay when the run was made, or the inputs that were frozen with it.
    #[arg(long, value_name = "DIR")]
    pub input: Option<PathBuf>,
    /// The earlier year's run, where it does not lie in the folder of the outputs.
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,
    /// Folder of the pipeline, for its default output.
    #[arg(long, value_name = "DIR", default_value = "pipelines/quality-2017")]
    pub pipeline: PathBuf,
}

/// `junheng template`.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// Id or title of a template, or of one of its forms; without it all templates are listed, or written into the folder --out.
    pub form: Option<String>,
    /// Folder of the pipeline.
    #[arg(long, value_name = "DIR", default_value = "pipelines/quality-2017")]
    pub pipeline: PathBuf,
    /// Code of the county whose code and name are filled in, and stand at the head of the file's name.
    #[arg(long, value_name = "CODE")]
    pub county: Option<String>,
    /// List of the counties (code,name,prefecture,resident_population); the pipeline names a default.
    #[arg(long, value_name = "FILE.csv")]
    pub counties: Option<PathBuf>,
    /// File to write, or the folder for it (an existing one, or a path that ends in /); the current folder by default.
    /// Without FORM the folder for all.
    #[arg(short, long = "out", value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// Write over files that are there already.
    #[arg(long)]
    pub force: bool,
}

/// `junheng status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Folder of the pipeline, which names a default for --output.
    #[arg(default_value = "pipelines/quality-2017")]
    pub pipeline: PathBuf,
    /// Folder of the outputs.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// How many of the last runs.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub last: usize,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `junheng freeze`.
#[derive(Debug, Args)]
pub struct FreezeArgs {
    /// Name of the run, as it stands below runs/; by default the one that `current` points to.
    pub run: Option<String>,
    /// Folder of the pipeline.
    #[arg(long, value_name = "DIR", default_value = "pipelines/quality-2017")]
    pub pipeline: PathBuf,
    /// Folder of the outputs; the pipeline names a default.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Folder of the submissions that the run was made from; by default where they lay then.
    #[arg(long, value_name = "DIR")]
    pub input: Option<PathBuf>,
    /// Why, in a few words.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Keep no copy of the inputs: without one the run cannot be computed again when counties replace their files.
    #[arg(long)]
    pub without_inputs: bool,
    /// The run is the official one no longer; its manifest and inputs are kept below frozen/released/.
    #[arg(long, conflicts_with_all = ["without_inputs", "reason", "input"])]
    pub release: bool,
}

/// `junheng pipelines …`.
#[derive(Debug, Subcommand)]
pub enum PipelinesCommand {
    /// Load every pipeline, run every rule's examples, and show every mistake with its place.
    Check {
        /// Folder that holds the pipelines, or one pipeline.
        #[arg(default_value = "pipelines")]
        path: PathBuf,
    },
}
