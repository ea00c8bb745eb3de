//! Mistakes put into a county's figures of this year.

use crate::generate::{INDICATORS, School, as_written};
use crate::random::Random;

/// What was done to a figure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// Ten times or a tenth.
    Ten,
    /// 100, 1000 or 10,000 times.
    Unit,
    /// 1.5 to 2.5 times.
    Much,
    /// 1.2 to 1.5 times.
    Little,
    /// The figure of the school above.
    Neighbour,
}

pub const MISTAKES: [Mistake; 5] = [
    Mistake::Ten,
    Mistake::Unit,
    Mistake::Much,
    Mistake::Little,
    Mistake::Neighbour,
];

/// Which figures are wrong, and how.
pub type Wrong = Vec<[Option<Mistake>; INDICATORS]>;

/// Makes the share of the figures wrong, each kind of mistake equally often. Where the mistake leaves a figure as it was (a tenth
/// of nothing, a small count times 1.2) it is not a mistake.
pub fn put_in(random: &mut Random, schools: &[School], share: f64) -> (Vec<School>, Wrong) {
    let mut with = schools.to_vec();
    let mut wrong = vec![[None; INDICATORS]; schools.len()];
    for (s, row) in wrong.iter_mut().enumerate() {
        for (i, made) in row.iter_mut().enumerate() {
            if random.happens(share) {
                let mistake = MISTAKES[random.below(MISTAKES.len())];
                let value = mistaken(random, schools, s, i, mistake);
                if value != schools[s].values[i] {
                    with[s].values[i] = value;
                    *made = Some(mistake);
                }
            }
        }
    }
    (with, wrong)
}

fn mistaken(random: &mut Random, schools: &[School], s: usize, i: usize, mistake: Mistake) -> f64 {
    let value = schools[s].values[i];
    let times = match mistake {
        Mistake::Ten => [10.0, 0.1][random.below(2)],
        Mistake::Unit => [100.0, 1000.0, 10_000.0][random.below(3)],
        Mistake::Much => random.between(1.5, 2.5),
        Mistake::Little => random.between(1.2, 1.5),
        Mistake::Neighbour => {
            return schools[s.checked_sub(1).unwrap_or(schools.len() - 1)].values[i];
        }
    };
    as_written(i, value * times)
}
