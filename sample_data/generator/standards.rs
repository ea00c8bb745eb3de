//! What quality-2017 asks of each school beside the seven indicators: rooms, size, money.

use crate::kinds::Kind::{Nine, Twelve};
use crate::schools::School;

impl School {
    /// Music and fine art rooms, of which it has the same numbers: one for 12 classes, large enough.
    pub fn has_rooms(&self) -> bool {
        let [large, middle, small] = self.rooms;
        let mut rooms = large;
        if self.built <= 2016 {
            rooms += middle;
        }
        // The bands of 学校汇总表 say whether a class has more than 30 pupils.
        let sizes = || self.stages.iter().flatten();
        let mut pupils = sizes().flat_map(|stage| &stage.class_sizes);
        if self.place.is_rural() && pupils.all(|pupils| *pupils <= 30) {
            rooms = large + middle + small;
        }
        let needed = sizes().map(|stage| stage.class_sizes.len().div_ceil(12));
        needed.max().is_none_or(|needed| rooms as usize >= needed)
    }

    pub fn most_pupils(&self) -> u32 {
        match (self.kind, self.built <= 2010) {
            (Nine, true) => 3000,
            (Nine | Twelve, _) => 2500,
            (_, true) => 2400,
            _ => 2000,
        }
    }

    /// What 100 pupils like its own get, in 元.
    pub fn funds_of_100(&self) -> f64 {
        let [primary, junior] = self.pupils().map(f64::from);
        100.0 * (primary * 1150.0 + junior * 1350.0) / (primary + junior)
    }

    /// Whether at least 5% of its 公用经费 go into its teachers' training, in 预算 and 决算.
    pub fn trains(&self) -> bool {
        let [budget, spent, training_budget, training_spent] = self.funds;
        20.0 * training_budget >= budget && 20.0 * training_spent >= spent
    }
}
