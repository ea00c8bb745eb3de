//! How far the run of this process is, for those who look at it from outside: the heartbeat and the metrics; and what is put
//! in order when a signal stops it. A signal comes to the process, not to a function: so this is the one place with a state
//! of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::metrics::{self, Counts, Measured};
use crate::clock;
use crate::error::Error;
use crate::log;
use crate::signals::Signal;
use crate::store::heartbeat::{self, Beat, Standing};
use crate::store::lock::{self, Owner};
use crate::store::publish;

/// A heartbeat is never older, however long a stage takes.
const EVERY: Duration = Duration::from_secs(30);

static PROGRESS: Mutex<Progress> = Mutex::new(Progress {
    metrics: None,
    about: None,
    running: None,
    measured: Vec::new(),
});
static FILES_READ: AtomicUsize = AtomicUsize::new(0);

struct Progress {
    /// Where metrics are to be written.
    metrics: Option<PathBuf>,
    /// Pipeline and period that are worked on.
    about: Option<(String, Option<i64>)>,
    running: Option<Running>,
    /// The runs of this process that have ended.
    measured: Vec<Measured>,
}

/// A run that holds its output folder.
struct Running {
    output: PathBuf,
    beat: Beat,
    started: Instant,
    stages: Vec<(&'static str, f64)>,
    /// A heartbeat could not be written, which was said.
    said: bool,
    /// Ends the thread that writes heartbeats.
    _beating: Sender<()>,
}

/// What a run that was carried out has come to.
pub struct Done {
    pub exit: u8,
    pub counts: Counts,
}

fn progress() -> MutexGuard<'static, Progress> {
    PROGRESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The process begins; metrics are written to this file when it ends.
pub fn measure(file: Option<&Path>) {
    let mut p = progress();
    p.metrics = file.map(Path::to_path_buf);
    p.measured.clear();
    p.about = None;
}

/// A pipeline is looked at, before its run has begun.
pub fn about(pipeline: &str, period: Option<i64>) {
    progress().about = Some((pipeline.to_string(), period));
}

/// A run begins: its output folder is locked by `owner`. What was done before counts with it.
pub fn begin(
    output: &Path,
    pipeline: &str,
    period: i64,
    owner: &Owner,
    before: &[(&'static str, f64)],
) {
    FILES_READ.store(0, Ordering::Relaxed);
    let beat = Beat {
        state: Standing::Running,
        pipeline: pipeline.to_string(),
        period,
        run: None,
        stage: "start".to_string(),
        files: None,
        files_read: 0,
        pid: owner.pid,
        host: owner.host.clone(),
        started: owner.start.clone(),
        at: String::new(),
        seconds: 0.0,
        published: false,
        outcome: None,
        exit_code: None,
        message: None,
        version: env!("CARGO_PKG_VERSION").to_string(),
    };
    let (beating, ended) = channel::<()>();
    let mut p = progress();
    p.about = Some((pipeline.to_string(), Some(period)));
    let running = p.running.insert(Running {
        output: output.to_path_buf(),
        beat,
        started: Instant::now(),
        stages: before.to_vec(),
        said: false,
        _beating: beating,
    });
    running.tell();
    drop(p);
    let tick = move || {
        while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
            tell();
        }
    };
    // Without it there is a heartbeat at each stage.
    let _ = std::thread::Builder::new()
        .name("heartbeat".to_string())
        .spawn(tick);
}

fn tell() {
    if let Some(running) = &mut progress().running {
        running.tell();
    }
}

impl Running {
    /// Writes the heartbeat.
    fn tell(&mut self) {
        self.beat.files_read = FILES_READ.load(Ordering::Relaxed);
        self.beat.at = clock::now();
        let seconds = self.started.elapsed().as_secs_f64();
        self.beat.seconds = (seconds * 1000.0).round() / 1000.0;
        if let Err(e) = heartbeat::write(&self.output, &self.beat)
            && !self.said
        {
            self.said = true;
            let path = self.output.join(heartbeat::HEARTBEAT);
            tracing::warn!("heartbeat {} cannot be written: {e}", path.display());
        }
    }

    fn measured(self, exit_code: u8, counts: Option<Counts>) -> Measured {
        Measured {
            pipeline: self.beat.pipeline,
            period: Some(self.beat.period),
            exit_code,
            at: clock::seconds_now(),
            seconds: self.started.elapsed().as_secs_f64(),
            stages: self.stages,
            counts,
        }
    }
}

/// A stage of the run begins.
pub fn stage(stage: &'static str) {
    if let Some(running) = &mut progress().running {
        running.beat.stage = stage.to_string();
        running.tell();
    }
}

/// A stage of the run took so many seconds.
pub fn stage_done(stage: &'static str, seconds: f64) {
    if let Some(running) = &mut progress().running {
        running.stages.push((stage, seconds));
    }
}

/// So many files are to be read.
pub fn files(count: usize) {
    if let Some(running) = &mut progress().running {
        running.beat.files = Some(count);
    }
}

/// One more file has been read.
pub fn file_read() {
    FILES_READ.fetch_add(1, Ordering::Relaxed);
}

/// The id of the run is known.
pub fn run(id: &str) {
    log::about_run(id);
    if let Some(running) = &mut progress().running {
        running.beat.run = Some(id.to_string());
    }
}

/// The run has ended.
pub fn end(outcome: Result<&Done, &Error>) {
    // Who stops the process has the last word.
    let _swap = publish::swap();
    let mut p = progress();
    let Some(mut running) = p.running.take() else {
        return;
    };
    let (exit, counts) = match outcome {
        Ok(done) => {
            running.beat.state = Standing::Done;
            running.beat.published = true;
            let outcome = if done.exit == 0 { "clean" } else { "findings" };
            running.beat.outcome = Some(outcome.to_string());
            (done.exit, Some(done.counts.clone()))
        }
        Err(error) => {
            running.beat.state = Standing::Failed;
            running.beat.message = Some(error.to_string());
            (error.exit_code(), None)
        }
    };
    running.beat.exit_code = Some(exit);
    running.tell();
    p.about = None;
    let measured = running.measured(exit, counts);
    p.measured.push(measured);
}

/// All runs of the process have ended, the last one perhaps before it had begun.
pub fn over(outcome: &Result<u8, Error>) {
    let mut p = progress();
    if let (Err(error), Some((pipeline, period))) = (outcome, p.about.take()) {
        p.unbegun(pipeline, period, error.exit_code());
    }
    p.write_metrics();
}

impl Progress {
    /// What there is to measure of a run that never held its output folder.
    fn unbegun(&mut self, pipeline: String, period: Option<i64>, exit_code: u8) {
        self.measured.push(Measured {
            pipeline,
            period,
            exit_code,
            at: clock::seconds_now(),
            seconds: 0.0,
            stages: Vec::new(),
            counts: None,
        });
    }

    fn write_metrics(&self) {
        let Some(path) = &self.metrics else {
            return;
        };
        let text = metrics::text(&self.measured);
        if let Err(e) = crate::store::beside::replace(path, text.as_bytes()) {
            tracing::warn!("metrics {} cannot be written: {e}", path.display());
        }
    }
}

/// A signal has come: nothing is published any more, and what the run has begun is cleared away. The process ends after it.
pub fn stop(signal: Signal) {
    let exit = signal.exit_code();
    let published = publish::close();
    let mut p = progress();
    if let Some(mut running) = p.running.take() {
        running.beat.state = Standing::Stopped;
        running.beat.published = published;
        running.beat.exit_code = Some(exit);
        running.beat.message = Some(format!("stopped by {}", signal.name));
        running.tell();
        let measured = running.measured(exit, None);
        p.measured.push(measured);
        publish::clear();
        lock::clear();
    } else if let Some((pipeline, period)) = p.about.take() {
        p.unbegun(pipeline, period, exit);
    }
    p.write_metrics();
    let outcome = match published {
        true => "the run is published",
        false => "nothing was published, `current` is as it was",
    };
    tracing::warn!(
        signal = signal.name,
        exit_code = exit,
        outcome,
        "stopped by signal"
    );
    // The run's own thread waits here until the process ends.
    std::mem::forget(p);
}
