//! Signals that ask a run to end. The only file that names signal_hook.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

/// A signal that asks to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    pub name: &'static str,
    pub number: i32,
}

impl Signal {
    /// The exit code of a process that it ended: 129, 130 or 143.
    pub fn exit_code(self) -> u8 {
        128 + u8::try_from(self.number).unwrap_or(0)
    }
}

const ASKING: [Signal; 3] = [
    Signal {
        name: "SIGTERM",
        number: SIGTERM,
    },
    Signal {
        name: "SIGINT",
        number: SIGINT,
    },
    Signal {
        name: "SIGHUP",
        number: SIGHUP,
    },
];

/// What comes within this time of the first signal is the same one: `timeout` sends it to the process and to its group.
const SAME: Duration = Duration::from_millis(200);
/// After this the process ends, whatever the clean-up is waiting for.
const MOST: Duration = Duration::from_millis(900);

/// From now on such a signal has `clean_up` called, once, while the threads of the process go on, and then ends the process
/// with the signal's exit code. A second signal ends it at once. A signal that is ignored (`nohup`) stays so.
pub fn watch(clean_up: fn(Signal)) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(e) = start(clean_up) {
            tracing::warn!("signals are not watched, so they end the run at once: {e}");
        }
    });
}

fn start(clean_up: fn(Signal)) -> std::io::Result<()> {
    let ignored = ignored();
    let watched: Vec<Signal> = ASKING
        .into_iter()
        .filter(|s| ignored & (1 << (s.number - 1)) == 0)
        .collect();
    if watched.is_empty() {
        return Ok(());
    }
    let again = Arc::new(AtomicBool::new(false));
    for signal in &watched {
        let code = i32::from(signal.exit_code());
        flag::register_conditional_shutdown(signal.number, code, Arc::clone(&again))?;
    }
    let mut signals = Signals::new(watched.iter().map(|s| s.number))?;
    let first = move || {
        let number = signals.forever().next();
        let Some(signal) = watched.into_iter().find(|s| Some(s.number) == number) else {
            return;
        };
        let code = i32::from(signal.exit_code());
        let cleaning = thread::Builder::new().spawn(move || {
            clean_up(signal);
            low_level::exit(code);
        });
        if cleaning.is_err() {
            clean_up(signal);
            low_level::exit(code);
        }
        thread::sleep(SAME);
        again.store(true, Ordering::SeqCst);
        thread::sleep(MOST - SAME);
        low_level::exit(code);
    };
    thread::Builder::new()
        .name("signals".to_string())
        .spawn(first)
        .map(|_| ())
}

/// The signals that this process was started to ignore, a bit each. None where the system does not tell.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_of(&status)
}

fn ignored_of(status: &str) -> u64 {
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    mask.and_then(|m| u64::from_str_radix(m.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_is_ignored_is_found_in_the_status_of_the_process() {
        assert_eq!(
            ignored_of("Name:\tx\nSigBlk:\t0000000000000004\nSigIgn:\t0000000000001001\n"),
            0x1001
        );
        assert_eq!(ignored_of(""), 0);
    }

    #[test]
    fn exit_codes_are_those_of_a_shell() {
        let codes: Vec<u8> = ASKING.iter().map(|s| s.exit_code()).collect();
        assert_eq!(codes, [143, 130, 129]);
    }
}
