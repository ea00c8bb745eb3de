//! Days, as text (`2024-12-31`, which sorts as the days do), and whether the one by which counties must have corrected or
//! explained has passed. That is all that a run takes from the clock.

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
        (Some(year), Some(month), Some(day)) => (1..=days_of(year, month)).contains(&day),
        _ => false,
    }
}

fn days_of(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// The day that so many seconds after the beginning of 1970 lie in.
pub fn day_of(seconds: u64) -> String {
    let mut days = seconds / 86_400;
    let mut year = 1970;
    loop {
        let all = (1..=12).map(|m| u64::from(days_of(year, m))).sum();
        if days < all {
            break;
        }
        days -= all;
        year += 1;
    }
    let mut month = 1;
    while days >= u64::from(days_of(year, month)) {
        days -= u64::from(days_of(year, month));
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
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
