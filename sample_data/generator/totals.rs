//! A county's schools added up: what its application form says follows from what they send.

use crate::counties::{County, Words};
use crate::figures::whole;
use crate::kinds::Kind::Special;
use crate::kinds::SUFFIXES;
use crate::schools::School;
use crate::sheets::{Cell, Sheet};
use std::collections::BTreeMap;

/// The bands of classes with more pupils than they may have.
const BIG: [&[&str]; 2] = [
    &["46_50", "51_55", "56_60", "61_65", "ge66"],
    &["51_55", "56_60", "61_65", "ge66"],
];

type Figures = BTreeMap<String, Cell>;

/// The schools with the figures that they send.
pub struct Totals<'a>(Vec<(&'a School, Figures)>);

impl<'a> Totals<'a> {
    pub fn of(county: &'a County) -> Totals<'a> {
        let schools = county.schools.iter();
        let figured = schools.map(|school| (school, school.figures(Words::Codes)));
        Totals(figured.collect())
    }

    /// With the figures as they stand on a sheet, mistakes and all.
    pub fn on(mut self, sheet: &Sheet) -> Totals<'a> {
        for (school, figures) in &mut self.0 {
            for column in sheet.columns.keys() {
                if let Ok(figure) = sheet.figure(&school.code, column) {
                    figures.insert(column.clone(), Cell::Number(figure));
                }
            }
        }
        self
    }

    /// Stages with pupils.
    pub fn units(&self) -> impl Iterator<Item = Unit<'_>> {
        let stages = self.0.iter().flat_map(|(school, figures)| {
            [0, 1].map(|stage| Unit {
                school,
                figures,
                stage,
            })
        });
        stages.filter(|unit| unit.figure("students") > 0)
    }

    /// Schools that are no 特殊教育学校, with their pupils.
    pub fn ordinary(&self) -> impl Iterator<Item = (&'a School, u32)> {
        let ordinary = self.0.iter().filter(|(school, _)| school.kind != Special);
        ordinary.map(|(school, figures)| {
            let pupils = SUFFIXES.map(|suffix| whole(figures, &format!("students_{suffix}")));
            (*school, pupils.iter().sum())
        })
    }

    /// Over both stages, 特殊教育学校 included.
    pub fn sum(&self, name: &str) -> u32 {
        self.units().map(|unit| unit.figure(name)).sum()
    }

    /// Over one stage of the schools that are no 特殊教育学校.
    pub fn of_stage(&self, stage: usize, figure: impl Fn(&Unit<'_>) -> u32) -> u32 {
        let ordinary = |unit: &Unit<'_>| unit.stage == stage && unit.school.kind != Special;
        self.units()
            .filter(ordinary)
            .map(|unit| figure(&unit))
            .sum()
    }
}

/// One stage of one school.
pub struct Unit<'a> {
    school: &'a School,
    figures: &'a Figures,
    stage: usize,
}

impl Unit<'_> {
    /// The figure of the stage.
    pub fn figure(&self, name: &str) -> u32 {
        self.school_figure(&format!("{name}_{}", SUFFIXES[self.stage]))
    }

    pub fn school_figure(&self, name: &str) -> u32 {
        whole(self.figures, name)
    }

    /// Classes with more pupils than they may have.
    pub fn big_classes(&self) -> u32 {
        let bands = BIG[self.stage].iter();
        let classes = bands.map(|band| self.figure(&format!("class_{band}")));
        classes.sum()
    }

    /// A figure that counts where pupils are to live nearby: in public schools of cities and towns, without boarding.
    pub fn nearby(&self, name: &str) -> u32 {
        let place = &self.school.place;
        let asked = !place.private && !place.is_rural() && !self.school.is_boarding();
        if asked { self.figure(name) } else { 0 }
    }
}
