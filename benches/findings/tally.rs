//! What a rule found over many counties, and tables of it in Markdown.

use crate::generate::{COUNTS, INDICATORS};
use crate::judge::Flags;
use crate::mistakes::{MISTAKES, Wrong};

/// Flags counted over counties.
#[derive(Default)]
pub struct Tally {
    counties: f64,
    counties_without: f64,
    schools: f64,
    schools_flagged: f64,
    flags: f64,
    right: f64,
    made: [f64; MISTAKES.len()],
    found: [f64; MISTAKES.len()],
    /// Ordinary figures: neither wrong nor a real jump; counts, then measures.
    ordinary: [f64; 2],
    ordinary_flagged: [f64; 2],
    jumps: f64,
    jumps_flagged: f64,
}

impl Tally {
    /// Adds a county: what was flagged, what was wrong, what really jumped since last year.
    pub fn add(&mut self, flags: &Flags, wrong: &Wrong, jumped: &[[bool; INDICATORS]]) {
        self.counties += 1.0;
        self.schools += flags.len() as f64;
        let with_flag = flags.iter().filter(|f| f.contains(&true)).count();
        self.schools_flagged += with_flag as f64;
        self.counties_without += number(with_flag == 0);
        for s in 0..flags.len() {
            for i in 0..INDICATORS {
                let flagged = number(flags[s][i]);
                self.flags += flagged;
                match wrong[s][i] {
                    Some(mistake) => {
                        self.right += flagged;
                        self.made[mistake as usize] += 1.0;
                        self.found[mistake as usize] += flagged;
                    }
                    None if jumped[s][i] => {
                        self.jumps += 1.0;
                        self.jumps_flagged += flagged;
                    }
                    None => {
                        self.ordinary[usize::from(i >= COUNTS)] += 1.0;
                        self.ordinary_flagged[usize::from(i >= COUNTS)] += flagged;
                    }
                }
            }
        }
    }

    /// Share of schools flagged and flags a county.
    pub fn load(&self) -> String {
        let share = percent(self.schools_flagged / self.schools);
        format!("{share} / {}", short(self.flags / self.counties))
    }

    pub fn counties_without(&self) -> String {
        percent(self.counties_without / self.counties)
    }

    pub fn flags_a_county(&self) -> String {
        short(self.flags / self.counties)
    }

    pub fn precision(&self) -> String {
        percent(self.right / self.flags)
    }

    /// In percent, by kind of mistake.
    pub fn recall(&self) -> String {
        let each =
            (0..MISTAKES.len()).map(|k| format!("{:.0}", 100.0 * self.found[k] / self.made[k]));
        each.collect::<Vec<_>>().join("/")
    }

    /// The ordinary figures flagged, counts and measures.
    pub fn ordinary(&self) -> String {
        let share = |i: usize| percent(self.ordinary_flagged[i] / self.ordinary[i]);
        format!("{} / {}", share(0), share(1))
    }

    pub fn jumps(&self) -> String {
        percent(self.jumps_flagged / self.jumps)
    }
}

pub fn number(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// A share with as many decimals as it needs.
pub fn percent(share: f64) -> String {
    let value = 100.0 * share;
    match value {
        v if v.is_nan() => "-".to_owned(),
        0.0 => "0%".to_owned(),
        v if v < 0.095 => format!("{v:.3}%"),
        v if v < 9.95 => format!("{v:.2}%"),
        v => format!("{v:.0}%"),
    }
}

/// Two digits or so.
pub fn short(value: f64) -> String {
    match value {
        v if v < 0.095 => format!("{v:.4}"),
        v if v < 9.95 => format!("{v:.2}"),
        v => format!("{v:.0}"),
    }
}

/// A row of a Markdown table.
pub fn row(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

/// Title and head of a Markdown table.
pub fn head(title: &str, cells: &[String]) {
    println!("\n### {title}\n");
    row(cells);
    row(&vec!["---".to_owned(); cells.len()]);
}

/// A figure with the study's own in brackets.
pub fn beside(figure: String, study: &str) -> String {
    if study.is_empty() {
        figure
    } else {
        format!("{figure} [{study}]")
    }
}
