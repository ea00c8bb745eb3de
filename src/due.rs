//! Days, as text (`2024-12-31`, which sorts as the days do), and whether the one by which counties must have corrected or
//! explained has passed. That is all that a run takes from the clock; what is said of a

use crate::ingest::cell::{civil, days};

/// The day by which everything must be corrected or explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub date: String,
    /// Whether the run is later than that day.
    pub passed: bool,
}

impl Due {
    /// How a day stands to the due date.
    pub fn on(date: &str, today: &str) -> Due {
        Due {
            date: date.to_string(),
            passed: today > date,
        }
    }
}

/// Whether a text is a day of the calendar, as year, month and day.
pub fn is_day(text: &str) -> bool {
    let digits = |part: &str, n: usize| {
        (part.len() == n && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return false;
    };
    match (digits(year, 4), digits(month, 2), digits(day, 2)) {
        (Some(y), Some(month), Some(day)) => i32::try_from(y).is_ok_and(|year| {
            (1..=12).contains(&month) && civil(days(year, month, day)) == (year, month, day)
        }),
        _ => false,
    }
}

/// The day that so many seconds after the beginning of 1970 lie in.
pub fn day_of(seconds: u64) -> String {
    let (year, month, day) = civil(i32::try_from(seconds / 86_400).unwrap_or(i32::MAX / 2));
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar() {
        for day in ["2024-12-31", "2024-02-29", "2000-02-29"] {
            assert!(is_day(day), "{day}");
        }
        for day in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-1-1",
            "2024-00-10",
            "x",
        ] {
            assert!(!is_day(day), "{day}");
        }
        assert_eq!(day_of(0), "1970-01-01");
        assert_eq!(day_of(951_782_400), "2000-02-29");
        assert_eq!(day_of(1_735_603_200), "2024-12-31");
        assert_eq!(day_of(1_735_689_599), "2024-12-31");
    }

    #[test]
    fn the_due_day_itself_is_in_time() {
        assert!(!Due::on("2024-12-31", "2024-12-31").passed);
        assert!(Due::on("2024-12-31", "2025-01-01").passed);
    }
}
