//! Kinds of schools: how often, where, and how large they are.

use crate::names::Level;
use crate::numbers::Rng;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Primary,
    Point,
    Junior,
    Nine,
    Complete,
    Twelve,
    Special,
}

use Kind::{Complete, Junior, Nine, Point, Primary, Special, Twelve};

impl Kind {
    /// One of an ordinary mix.
    pub fn draw(rng: &mut Rng) -> Kind {
        match rng.whole(1, 100) {
            1..=60 => Primary,
            61..=66 => Point,
            67..=86 => Junior,
            87..=95 => Nine,
            96..=98 => Complete,
            _ => Twelve,
        }
    }

    pub fn level(self, rng: &mut Rng) -> Level {
        match (self, rng.whole(1, 100)) {
            (Primary, 1..=40) | (Junior, 1..=45) | (Nine, 1..=15) => Level::Town,
            (Primary, 41..=62) | (Junior | Nine, _) => Level::Township,
            (Primary | Point, _) => Level::Village,
            (Complete | Twelve | Special, _) => Level::Town,
        }
    }

    /// 办学类型.
    pub fn code(self) -> &'static str {
        match self {
            Primary => "211",
            Point => "218",
            Junior => "311",
            Nine => "312",
            Complete => "341",
            Twelve => "345",
            Special => "511",
        }
    }

    /// The weights of a 小学, 初中 and 高中 pupil where a school's stocks are split between its stages.
    pub fn weights(self) -> [f64; 3] {
        match self {
            Nine => [1.0, 1.1, 0.0],
            Complete => [0.0, 1.0, 1.2],
            Twelve => [1.0, 1.1, 1.32],
            Primary | Point | Junior | Special => [1.0, 1.0, 0.0],
        }
    }

    /// Median of the pupils of a stage, how far schools are from it, fewest, most; none where there is no such stage.
    pub fn size(self, stage: usize, level: Level) -> Option<(f64, f64, u32, u32)> {
        let size = match (self, stage, level) {
            (Primary, 0, Level::Town) => (1050.0, 0.35, 240, 1990),
            (Primary, 0, Level::Township) => (500.0, 0.4, 110, 1600),
            (Primary, 0, Level::Village) => (160.0, 0.5, 55, 700),
            (Point, 0, _) => (34.0, 0.4, 16, 95),
            (Junior, 1, Level::Town) => (1050.0, 0.3, 300, 1990),
            (Junior, 1, _) => (450.0, 0.4, 130, 1500),
            (Nine, 0, _) => (380.0, 0.4, 120, 1200),
            (Nine, 1, _) => (260.0, 0.4, 90, 900),
            (Complete, 1, _) => (700.0, 0.3, 300, 1500),
            (Twelve, 0, _) => (620.0, 0.25, 300, 1200),
            (Twelve, 1, _) => (450.0, 0.25, 200, 900),
            (Special, 0, _) => (48.0, 0.3, 24, 120),
            (Special, 1, _) => (24.0, 0.3, 12, 60),
            _ => return None,
        };
        Some(size)
    }
}
