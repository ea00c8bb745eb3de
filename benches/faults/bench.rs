//! The folder of the bench, the runs in it, and what runs without a fault give.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::known::Known;
use crate::program::{Ended, Running};
use crate::province::{Edition, Province};
use crate::random::Random;
use crate::trees;

pub struct Bench {
    pub folder: PathBuf,
    /// Where the runs write to which faults happen. All output folders lie side by side: a run names its input from there.
    pub output: PathBuf,
    pub province: Province,
    pub random: Random,
    pub kills: u64,
    /// How long a file that is written anew in place stands there half written.
    pub pause: Duration,
    /// After one run on the first edition, with its store.
    pub kept: PathBuf,
    /// That run alone.
    pub first: Known,
    /// That run, and the one on the corrected edition that follows it.
    pub corrected: Known,
    program: Program,
}

struct Program {
    binary: PathBuf,
    project: PathBuf,
    input: PathBuf,
    runs: Cell<u64>,
}

/// Which run a fault happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing there.
    Cold,
    /// Nothing changed since the last one.
    Warm,
    /// Two files were corrected since the last one.
    Corrected,
}

impl Bench {
    /// Makes the province and the runs without a fault.
    pub fn new(folder: PathBuf, seed: u64, kills: u64, pause: Duration) -> Bench {
        let built = option_env!("CARGO_BIN_EXE_junheng").map(PathBuf::from);
        let binary = std::env::var_os("JUNHENG_BIN").map(PathBuf::from).or(built);
        let project = PathBuf::from(option_env!("CARGO_MANIFEST_DIR").unwrap_or("."));
        trees::remove(&folder);
        fs::create_dir_all(&folder).expect("a folder for the bench");
        let folder = folder.canonicalize().expect("it was just made");
        let province = Province::make(&project, &folder);
        let program = Program {
            binary: binary.expect("JUNHENG_BIN names the program where cargo does not"),
            project,
            input: province.input.clone(),
            runs: Cell::new(0),
        };
        let kept = folder.join("kept");
        program.faultless(&kept);
        let first = Known::of(&kept);
        let reference = folder.join("corrected");
        trees::copy(&kept, &reference);
        trees::remove(&reference.join("store"));
        province.set(Edition::Corrected);
        program.faultless(&reference);
        province.set(Edition::First);
        let corrected = Known::of(&reference);
        assert_ne!(first.current, corrected.current, "the correction counts");
        let output = folder.join("out");
        let random = Random::new(seed);
        Bench {
            folder,
            output,
            province,
            random,
            kills,
            pause,
            kept,
            first,
            corrected,
            program,
        }
    }

    /// Puts input and output folder into the state before a run of a kind.
    pub fn prepare(&self, kind: Kind) {
        trees::remove(&self.output);
        self.fill(kind);
    }

    /// As `prepare`, where the output folder is empty, and stays.
    pub fn fill(&self, kind: Kind) {
        if kind != Kind::Cold {
            trees::copy(&self.kept, &self.output);
        }
        self.province.set(match kind {
            Kind::Corrected => Edition::Corrected,
            Kind::Cold | Kind::Warm => Edition::First,
        });
    }

    /// What the output folder holds when a run of a kind has ended.
    pub fn known(&self, kind: Kind) -> &Known {
        match kind {
            Kind::Corrected => &self.corrected,
            Kind::Cold | Kind::Warm => &self.first,
        }
    }

    /// The command of a run into the output folder.
    pub fn command(&self) -> Command {
        self.program.command(&self.output)
    }

    pub fn start(&self) -> Running {
        Running::start(self.command())
    }

    pub fn run(&self) -> Ended {
        self.start().end()
    }

    /// A run without a fault, in a folder of its own.
    pub fn fresh(&self, output: &Path, arguments: &[&str]) {
        let mut command = self.program.command(output);
        command.args(arguments);
        done(&Running::start(command).end());
    }

    /// Runs without a fault, and says whether the output folder then holds what a fresh one does.
    pub fn next(&self, known: &Known) -> Result<(), String> {
        let ended = self.run();
        if !ended.is_carried_out() {
            return Err(format!("exit {}: {}", ended.code(), ended.message()));
        }
        known.settled(&self.output)
    }

    /// How long a run of a kind takes, and how long from the first output that it writes to its end.
    pub fn measure(&self, kind: Kind) -> (Duration, Duration) {
        let mut both = [(); 3].map(|()| {
            self.prepare(kind);
            let mut running = self.start();
            running.until(|| is_staging(&self.output));
            let staged = running.age();
            let took = running.end().took;
            (took, took.saturating_sub(staged))
        });
        both.sort();
        both[1]
    }

    /// How many runs there were.
    pub fn runs(&self) -> u64 {
        self.program.runs.get()
    }

    pub fn remove(&self) {
        trees::remove(&self.folder);
    }
}

impl Program {
    fn command(&self, output: &Path) -> Command {
        self.runs.set(self.runs.get() + 1);
        let mut command = Command::new(&self.binary);
        command.arg("run").arg("--input").arg(&self.input);
        command.arg("--output").arg(output);
        command.current_dir(&self.project);
        command
    }

    fn faultless(&self, output: &Path) {
        done(&Running::start(self.command(output)).end());
    }
}

fn done(ended: &Ended) {
    let (code, said) = (ended.code(), &ended.stderr);
    assert!(
        ended.is_carried_out(),
        "exit {code} without a fault: {said}"
    );
}

/// A run is writing its outputs.
pub fn is_staging(output: &Path) -> bool {
    let names = trees::names(&output.join("runs"));
    let staging = |n: &String| n.starts_with(".staging-") && n != ".staging-tried";
    names.iter().any(staging)
}
