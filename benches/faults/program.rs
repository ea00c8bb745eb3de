//! The program as a process: started in a group of its own, waited for or killed.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A run that is going on.
pub struct Running {
    child: Child,
    since: Instant,
}

/// A run that has ended.
pub struct Ended {
    pub status: ExitStatus,
    pub took: Duration,
    pub stdout: String,
    pub stderr: String,
}

impl Running {
    /// Starts it in a process group of its own.
    pub fn start(mut command: Command) -> Running {
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().expect("the program can be started");
        let since = Instant::now();
        Running { child, since }
    }

    pub fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Sends a signal (`KILL`, `STOP`, `CONT`) to the whole group. A group that is gone already is no fault.
    pub fn signal(&self, signal: &str) {
        let group = format!("-{}", self.child.id());
        let mut kill = Command::new("kill");
        kill.args([&format!("-{signal}"), "--", &group]);
        kill.stderr(Stdio::null())
            .status()
            .expect("the program kill");
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a process of ours").is_some()
    }

    /// Waits until `seen` holds (true), or the run has ended (false).
    pub fn until(&mut self, mut seen: impl FnMut() -> bool) -> bool {
        loop {
            if seen() {
                return true;
            }
            if self.has_ended() {
                return false;
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    pub fn end(self) -> Ended {
        let since = self.since;
        let output = self.child.wait_with_output().expect("a process of ours");
        Ended {
            status: output.status,
            took: since.elapsed(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// `1`, or `signal 9`.
    pub fn code(&self) -> String {
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => code.to_string(),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        }
    }

    pub fn is_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }

    /// It was carried out: clean, or with findings.
    pub fn is_carried_out(&self) -> bool {
        matches!(self.status.code(), Some(0 | 1))
    }

    /// The last line that it said of why it failed.
    pub fn message(&self) -> &str {
        let lines = self.stderr.lines().rev();
        lines.map(str::trim).find(|l| !l.is_empty()).unwrap_or("")
    }
}

/// What a program of the system prints, where it is there and content.
pub fn said(program: &str, arguments: &[&str], path: &Path) -> Option<String> {
    let mut command = Command::new(program);
    let output = command.args(arguments).arg(path).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}
