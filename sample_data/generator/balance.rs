//! The indicators and the balance of a county's true figures, computed apart from the program that the data are for.

use crate::Outcome;
use crate::counties::County;
use crate::kinds::Kind::{Point, Special};
use crate::kinds::{CV_LIMITS, LIMITS, STAGES};
use crate::schools::School;

impl School {
    /// The seven indicators of one stage; none where the school does not count.
    fn indicators(&self, stage: usize) -> Option<[f64; 7]> {
        let figures = self.stages[stage].as_ref()?;
        if self.kind == Special || self.kind == Point && self.total() < 50 {
            return None;
        }
        // 专科 is above the required degree in 小学 only.
        let above = figures.degrees[stage..].iter().sum();
        let students = f64::from(figures.students());
        let people: [u32; 3] = [above, figures.backbone, figures.subjects.iter().sum()];
        let [degrees, backbone, subjects] =
            people.map(|people| f64::from(people) * 100.0 / students);
        let (weights, weighted) = self.kind.weighted(self.pupils(), self.seniors);
        let [area, sports, equipment, media] = [
            self.teaching_area - self.indoor_sports_area,
            self.sports_ground_area + self.indoor_sports_area,
            self.equipment * 10_000.0,
            f64::from(self.media_rooms) * 100.0,
        ]
        .map(|stock| stock * weights[stage] / weighted);
        Some([degrees, backbone, subjects, area, sports, equipment, media])
    }
}

pub struct Balance {
    pub units: usize,
    pub passing: usize,
    pub cvs: [f64; 7],
}

impl Balance {
    /// How a county's true figures, without any planted mistake, stand to the limits: schools that pass, student-weighted coefficients.
    pub fn of(county: &County, stage: usize) -> Balance {
        let unit = |school: &School| {
            let pupils = f64::from(school.pupils()[stage]);
            Some((pupils, school.indicators(stage)?))
        };
        let units: Vec<(f64, [f64; 7])> = county.schools.iter().filter_map(unit).collect();
        let passes = |values: &[f64; 7]| {
            let parts = values.iter().zip(LIMITS[stage]);
            let mut parts = parts.map(|(value, limit)| value / limit + 1e-9);
            parts.clone().filter(|part| *part >= 1.0).count() >= 6 && parts.all(|part| part >= 0.85)
        };
        let pupils: f64 = units.iter().map(|(pupils, _)| pupils).sum();
        let mean = |of: &dyn Fn(&[f64; 7]) -> f64| {
            let parts = units.iter().map(|(pupils, values)| pupils * of(values));
            parts.sum::<f64>() / pupils
        };
        let cvs = std::array::from_fn(|line| {
            let middle = mean(&|values| values[line]);
            let spread = mean(&|values| (values[line] - middle).powi(2));
            spread.sqrt() / middle
        });
        Balance {
            units: units.len(),
            passing: units.iter().filter(|(_, values)| passes(values)).count(),
            cvs,
        }
    }
}

/// In both stages, either every school and every coefficient meets its limit, or some of each do not.
pub fn hold_to(county: &County, all: bool) -> Outcome<()> {
    for (stage, word) in STAGES.iter().enumerate() {
        let balance = Balance::of(county, stage);
        let schools = balance.passing == balance.units;
        let coefficients = balance.cvs.iter().all(|cv| *cv <= CV_LIMITS[stage]);
        if schools != all || coefficients != all {
            let must = ["miss limits", "meet every limit"][usize::from(all)];
            return Err(format!("{} must {must} in {word}", county.about.name).into());
        }
    }
    Ok(())
}
