//! The time of day, for what says when something was done: `timings`, the lock, what is frozen. No result hangs on it; the
//! day that tells whether a due date has passed is the exception ([`crate::due`]).

use std::time::{SystemTime, UNIX_EPOCH};

use crate::due::day_of;

/// Now, in UTC: `2024-12-31T23:59:59Z`.
pub fn now() -> String {
    time_of(SystemTime::now())
}

/// Today, in UTC: `2024-12-31`.
pub fn today() -> String {
    day_of(seconds(SystemTime::now()))
}

/// A moment in UTC, to the second.
pub fn time_of(moment: SystemTime) -> String {
    let seconds = seconds(moment);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", day_of(seconds))
}

/// Seconds since the beginning of 1970.
pub fn seconds_now() -> u64 {
    seconds(SystemTime::now())
}

fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn moments_are_told_to_the_second() {
        let at = |seconds| time_of(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(1_735_689_599), "2024-12-31T23:59:59Z");
        assert_eq!(at(951_782_400 + 3_661), "2000-02-29T01:01:01Z");
    }
}
