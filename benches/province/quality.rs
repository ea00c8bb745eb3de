//! How well a county's schools are provided for: three kinds, so that some counties meet the standards and others do not.

use crate::numbers::{Rng, growth};

pub struct Quality {
    /// How many times its limit a figure reaches: at least, and typically so much more, with so much spread.
    least: f64,
    surplus: f64,
    spread: f64,
    /// Percent of the schools with one line a little below its limit, which the rule of six of seven forgives.
    near: f64,
    /// Percent of the schools with one line far below it.
    weak: f64,
    /// Village schools have up to so many times the ground and equipment.
    countryside: f64,
    /// Fewest and most in 小学 and 初中.
    pub pupils_a_teacher: [[f64; 2]; 2],
    /// The least share of teachers above the required degree.
    pub above_degree: f64,
    /// Percent of the schools, and of the county's own figures, that fall a little short of what is asked.
    pub slips: f64,
    /// Percent of the schools with classes above the limit.
    pub crowded: f64,
    /// The largest share of a 初中's pupils from outside its area, and of those who leave before the end.
    pub outside: f64,
    pub dropout: f64,
    /// The least and the largest share of satisfied respondents.
    pub satisfied: [f64; 2],
}

const GOOD: Quality = Quality {
    least: 1.03,
    surplus: 0.24,
    spread: 0.55,
    near: 3.0,
    weak: 0.0,
    countryside: 1.3,
    pupils_a_teacher: [[13.5, 17.5], [11.0, 14.0]],
    above_degree: 0.93,
    slips: 0.0,
    crowded: 0.0,
    outside: 0.06,
    dropout: 0.01,
    satisfied: [0.87, 0.96],
};
const USUAL: Quality = Quality {
    least: 1.01,
    surplus: 0.3,
    spread: 0.65,
    near: 8.0,
    weak: 1.0,
    countryside: 1.7,
    pupils_a_teacher: [[13.5, 18.0], [11.0, 14.5]],
    above_degree: 0.9,
    slips: 1.0,
    crowded: 0.7,
    outside: 0.08,
    dropout: 0.03,
    satisfied: [0.82, 0.94],
};
const WEAK: Quality = Quality {
    least: 0.4,
    surplus: 0.8,
    spread: 0.55,
    near: 10.0,
    weak: 5.0,
    countryside: 2.2,
    pupils_a_teacher: [[14.5, 20.0], [12.0, 16.5]],
    above_degree: 0.8,
    slips: 8.0,
    crowded: 8.0,
    outside: 0.16,
    dropout: 0.08,
    satisfied: [0.76, 0.9],
};

impl Quality {
    /// 45 of 100 counties are good, 20 weak.
    pub fn draw(rng: &mut Rng) -> &'static Quality {
        match rng.whole(1, 100) {
            1..=45 => &GOOD,
            46..=80 => &USUAL,
            _ => &WEAK,
        }
    }

    /// How many times its limit one figure of one school reaches.
    pub fn factor(&self, rng: &mut Rng) -> f64 {
        self.least + self.surplus * growth(self.spread * rng.normal())
    }

    pub fn countryside(&self, rng: &mut Rng, rural: bool) -> f64 {
        let most = if rural { self.countryside } else { 1.0 };
        rng.real(1.0, most)
    }

    /// The line, from 0, in which a school stays below the limit, if in any, and how many times the limit it has there.
    pub fn weak_line(&self, rng: &mut Rng) -> Option<(usize, f64)> {
        let line = rng.whole(3, 6) as usize;
        if rng.percent(self.weak) {
            Some((line, rng.real(0.55, 0.8)))
        } else if rng.percent(self.near) {
            Some((line, rng.real(0.87, 0.97)))
        } else {
            None
        }
    }
}
