//! Files that cannot be streamed are read by a process of our own with a limit on its memory and on its time: what its
//! reader does to it, a panic, an abort, an endless loop, a failed allocation, ends that file only. The only file that
//! names rlimit.

use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::content::Content;
use super::wire::{self, Asked};
use super::{Damage, Limit, ReadError, Sink};
use crate::pipeline::model::Limits;

/// The command by which our program reads one file for another process of it.
pub const COMMAND: &str = "read-one-file";

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Says which program reads such files: our own. Without it they are read in this process, for tests and benches.
pub fn reads_with(program: PathBuf) {
    let _ = PROGRAM.set(program);
}

/// Our own program, still ours when the file has been replaced by a newer one.
pub fn own_program() -> Option<PathBuf> {
    if cfg!(target_os = "linux") {
        return Some(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe().ok()
}

/// Reads a file in a process of its own.
///
/// # Errors
/// What the reader says, or how its process ended.
pub(super) fn read(
    content: Content,
    bytes: &[u8],
    title: &str,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<(), ReadError> {
    match PROGRAM.get() {
        Some(program) => read_by(program, content, bytes, title, limits, sink),
        None => super::read_whole(content, bytes, title, limits, sink),
    }
}

/// Has a program read a file.
fn read_by(
    program: &Path,
    content: Content,
    bytes: &[u8],
    title: &str,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<(), ReadError> {
    let failed = |e: std::io::Error| ReadError::Damaged(Damage::Worker, e.to_string());
    let mut child = Command::new(program)
        .arg(COMMAND)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .env_remove("RUST_BACKTRACE")
        // Else glibc keeps 64 MiB of the limited address space for a second thread, which only waits.
        .env("MALLOC_ARENA_MAX", "1")
        .spawn()
        .map_err(failed)?;
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        let reason = "no pipe".to_string();
        return Err(ReadError::Damaged(Damage::Worker, reason));
    };
    let (done, ended) = channel::<()>();
    let seconds = limits.seconds;
    let watch = std::thread::spawn(move || {
        let late =
            ended.recv_timeout(Duration::from_secs(seconds)) == Err(RecvTimeoutError::Timeout);
        if late {
            let _ = child.kill();
        }
        (late, child)
    });
    let asked = Asked {
        content,
        title: title.to_string(),
        limits: *limits,
        bytes: bytes.len(),
        asker: std::process::id(),
    };
    // The process takes the whole file before it answers; should it end before, it has no answer.
    let sent = serde_json::to_writer(&mut to, &asked)
        .map_err(std::io::Error::from)
        .and_then(|()| to.write_all(b"\n"))
        .and_then(|()| to.write_all(bytes));
    drop(to);
    let answer = match sent {
        Ok(()) => wire::receive(&mut BufReader::with_capacity(1 << 16, from), sink),
        Err(_) => None,
    };
    let _ = done.send(());
    let Ok((late, mut child)) = watch.join() else {
        let reason = "the watch failed".to_string();
        return Err(ReadError::Damaged(Damage::Worker, reason));
    };
    let status = match &answer {
        Some(Ok(())) => child.wait(),
        // It may still be at work on what nobody wants any more.
        Some(Err(_)) => ended_within(&mut child, Duration::ZERO),
        // How it ends by itself is what there is to say.
        None => ended_within(&mut child, LAST_BREATH),
    };
    match answer {
        Some(result) => result,
        None if late => Err(ReadError::over(Limit::Seconds, seconds, None, None)),
        None => Err(ended_badly(status, limits)),
    }
}

/// So long a process that has no answer may take to end by itself.
const LAST_BREATH: Duration = Duration::from_secs(2);

/// Waits for the end of a process; one that takes longer is killed.
fn ended_within(child: &mut Child, patience: Duration) -> std::io::Result<ExitStatus> {
    let until = Instant::now() + patience;
    while Instant::now() < until {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    child.wait()
}

/// What the end of the process says about the file.
fn ended_badly(status: std::io::Result<ExitStatus>, limits: &Limits) -> ReadError {
    let reason = match status {
        #[cfg(unix)]
        Ok(status) => {
            use std::os::unix::process::ExitStatusExt;
            match status.signal() {
                // SIGABRT: a failed allocation, or a reader that gave itself up.
                Some(6) => {
                    return ReadError::over(Limit::Worker, limits.worker >> 20, None, None);
                }
                // SIGXCPU, or the hard limit behind it.
                Some(24 | 9) => {
                    return ReadError::over(Limit::Seconds, limits.seconds, None, None);
                }
                Some(signal) => format!("signal {signal}"),
                None => format!("exit code {}", status.code().unwrap_or(-1)),
            }
        }
        #[cfg(not(unix))]
        Ok(status) => format!("exit code {}", status.code().unwrap_or(-1)),
        Err(e) => e.to_string(),
    };
    ReadError::Damaged(Damage::Worker, reason)
}

/// The other side: reads the file that stdin brings and answers on stdout. Gives the process's exit code.
pub fn serve() -> u8 {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    let mut byte = [0u8; 1];
    loop {
        match input.read(&mut byte) {
            Ok(1) if byte[0] != b'\n' => line.push(byte[0]),
            Ok(1) => break,
            _ => return 2,
        }
    }
    let Ok(asked) = serde_json::from_slice::<Asked>(&line) else {
        return 2;
    };
    ends_with(asked.asker);
    restrain(&asked.limits);
    let mut bytes = Vec::with_capacity(asked.bytes);
    if input.read_to_end(&mut bytes).is_err() || bytes.len() != asked.bytes {
        return 2;
    }
    let mut sender = wire::Sender::new(BufWriter::with_capacity(1 << 16, std::io::stdout().lock()));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        super::read_whole(
            asked.content,
            &bytes,
            &asked.title,
            &asked.limits,
            &mut sender,
        )
    }));
    let result = caught.unwrap_or_else(|panic| {
        let text = super::without_quotes(&crate::log::panic_text(&*panic));
        Err(ReadError::Damaged(Damage::Reader, text))
    });
    sender.end(result);
    0
}

/// Ends this process when the one that asked is gone, however it ended: nobody wants the answer any more.
fn ends_with(asker: u32) {
    #[cfg(unix)]
    {
        let watch = move || {
            while std::os::unix::process::parent_id() == asker {
                std::thread::sleep(Duration::from_millis(100));
            }
            std::process::exit(2);
        };
        // Without it the limit on its time ends it.
        let _ = std::thread::Builder::new().stack_size(1 << 16).spawn(watch);
    }
    #[cfg(not(unix))]
    let _ = asker;
}

/// Limits this process. Where the system knows no such limits, the time limit of the asking process remains.
fn restrain(limits: &Limits) {
    #[cfg(unix)]
    {
        let _ = rlimit::setrlimit(rlimit::Resource::AS, limits.worker, limits.worker);
        // Should the asking process be gone, an endless loop ends all the same.
        let _ = rlimit::setrlimit(rlimit::Resource::CPU, limits.seconds, limits.seconds + 5);
        let _ = rlimit::setrlimit(rlimit::Resource::CORE, 0, 0);
    }
    #[cfg(not(unix))]
    let _ = limits;
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::ingest::formats::{Layout, Remark, Seen};

    struct Nothing;

    impl Sink for Nothing {
        fn sheet(&mut self, _: &str, _: bool) -> Result<(), ReadError> {
            Ok(())
        }
        fn cell(&mut self, _: u32, _: u32, _: Seen<'_>) -> Result<(), ReadError> {
            Ok(())
        }
        fn broken(&mut self, _: &str) {}
        fn wants_layout(&mut self) -> bool {
            false
        }
        fn layout(&mut self, _: Layout) {}
        fn remark(&mut self, _: Remark) {}
    }

    /// What comes of a file whose reader does this and may take so long.
    fn ends(name: &str, seconds: u64, script: &str) -> Result<(), ReadError> {
        let limits = Limits {
            file: 1 << 20,
            part: 1 << 20,
            unpacked: 1 << 20,
            parts: 9,
            archive_files: 9,
            archive_depth: 1,
            sheets: 9,
            cells: 9,
            box_cells: 9,
            text: 9,
            shared_texts: 9,
            merged_blocks: 9,
            rows: 9,
            depth: 9,
            seconds,
            worker: 64 << 20,
        };
        let program = std::env::temp_dir().join(format!("junheng-{}-{name}", std::process::id()));
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let bytes = vec![0; 1 << 20];
        let end = read_by(&program, Content::Xls, &bytes, "", &limits, &mut Nothing);
        std::fs::remove_file(&program).unwrap();
        end
    }

    #[test]
    fn a_reader_that_hangs_aborts_or_talks_nonsense_ends_its_file_only() {
        let over = |limit, most| Err(ReadError::over(limit, most, None, None));
        let worker = |reason: &str| Err(ReadError::Damaged(Damage::Worker, reason.to_string()));
        let hangs = ends("hangs", 1, "cat >/dev/null; exec sleep 60");
        assert_eq!(hangs, over(Limit::Seconds, 1));
        // It takes nothing of the file: the time counts all the same.
        assert_eq!(ends("deaf", 1, "exec sleep 60"), over(Limit::Seconds, 1));
        let aborts = ends("aborts", 60, "cat >/dev/null; kill -ABRT $$");
        assert_eq!(aborts, over(Limit::Worker, 64));
        let faults = ends("faults", 60, "cat >/dev/null; kill -SEGV $$");
        assert_eq!(faults, worker("signal 11"));
        let babbles = ends("babbles", 60, "cat >/dev/null; echo nonsense");
        assert_eq!(babbles, worker("exit code 0"));
        assert_eq!(ends("leaves", 60, "exit 3"), worker("exit code 3"));
        let done = ends(
            "reads",
            60,
            "cat >/dev/null; echo '{\"End\":{\"Ok\":null}}'",
        );
        assert_eq!(done, Ok(()));
    }
}
