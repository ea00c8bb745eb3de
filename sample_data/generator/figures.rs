//! A school's figures by the names of the columns that ask for them, whichever form that is.

use crate::counties::Words;
use crate::kinds::SUFFIXES;
use crate::schools::{School, Stage};
use crate::sheets::{Cell, count, text};
use std::collections::BTreeMap;

pub const BANDS: [(&str, &str); 10] = [
    ("le25", "25人以下"),
    ("26_30", "26-30人"),
    ("31_35", "31-35人"),
    ("36_40", "36-40人"),
    ("41_45", "41-45人"),
    ("46_50", "46-50人"),
    ("51_55", "51-55人"),
    ("56_60", "56-60人"),
    ("61_65", "61-65人"),
    ("ge66", "66人以上"),
];
pub const TEACHERS: [(&str, &str); 13] = [
    ("teachers", "专任教师数"),
    ("college", "其中:专科"),
    ("bachelor", "其中:本科"),
    ("master", "其中:硕士"),
    ("doctor", "其中:博士"),
    ("backbone", "县级及以上骨干教师"),
    ("pe", "体育教师"),
    ("music", "音乐教师"),
    ("fine_art", "美术教师"),
    ("arts", "艺术教师"),
    ("certified", "持有教师资格证"),
    ("trained", "近5年培训满360学时"),
    ("senior_title", "中级及以上专业技术职务教师"),
];
const RETENTION: [&str; 5] = [
    "graduates",
    "entrants_3y_ago",
    "transferred_in_3y",
    "transferred_out_3y",
    "died_3y",
];

/// A figure by its column's name; 0 where there is none.
pub fn whole(figures: &BTreeMap<String, Cell>, column: &str) -> u32 {
    match figures.get(column) {
        Some(Cell::Number(figure)) => *figure as u32,
        _ => 0,
    }
}

/// `suffix` is a stage's, or `whole` for both together.
pub fn stage_columns(suffix: &str) -> Vec<String> {
    let bands = BANDS.map(|(band, _)| format!("class_{band}"));
    let teachers = TEACHERS.map(|(column, _)| column.to_owned());
    let columns = ["students", "classes"].map(str::to_owned).into_iter();
    let columns = columns.chain(bands).chain(teachers);
    columns.map(|column| format!("{column}_{suffix}")).collect()
}

impl Stage {
    /// In the order of `stage_columns`.
    fn figures(&self) -> Vec<u32> {
        [
            &[self.students(), self.class_sizes.len() as u32][..],
            &self.bands(),
            &[self.teachers],
            &self.degrees,
            &[self.backbone],
            &self.subjects,
            &[self.teachers, self.trained, self.senior_titles],
        ]
        .concat()
    }

    /// How many classes have up to 25 pupils, 26-30, ..., 61-65, 66 and more.
    fn bands(&self) -> [u32; 10] {
        let mut bands = [0; 10];
        for size in &self.class_sizes {
            bands[(size.saturating_sub(21) / 5).min(9) as usize] += 1;
        }
        bands
    }
}

impl School {
    /// Every figure that some form asks for, by the name of its column. A stage that the school does not have is left out.
    pub fn figures(&self, words: Words) -> BTreeMap<String, Cell> {
        let mut figures = BTreeMap::new();
        let mut put = |column: &str, cell: Cell| figures.insert(column.to_owned(), cell);
        for (column, cell) in self.descriptions(words) {
            put(column, cell);
        }
        let stages: Vec<&Stage> = self.stages.iter().flatten().collect();
        for (stage, suffix) in self.stages.iter().zip(SUFFIXES) {
            let Some(stage) = stage else { continue };
            for (column, figure) in stage_columns(suffix).iter().zip(stage.figures()) {
                put(column, count(figure));
            }
            put(&format!("catchment_{suffix}"), count(stage.nearby));
        }
        for (nth, column) in stage_columns("whole").iter().enumerate() {
            let both = stages.iter().map(|stage| stage.figures()[nth]);
            put(column, count(both.sum()));
        }
        if self.seniors > 0 {
            put("students_senior", count(self.seniors));
        }
        for (column, amount) in [
            ("school_teaching_area", self.teaching_area),
            ("school_indoor_sports_area", self.indoor_sports_area),
            ("school_gymnasium_area", self.indoor_sports_area),
            ("school_sports_ground_area", self.sports_ground_area),
            ("school_equipment_value", self.equipment),
            ("public_funds_budget", self.funds[0]),
            ("public_funds_final", self.funds[1]),
            ("training_funds_budget", self.funds[2]),
            ("training_funds_final", self.funds[3]),
        ] {
            put(column, Cell::Number(amount));
        }
        for (column, number) in [
            ("built_year", self.built),
            ("migrant_students", self.migrants),
            ("school_media_rooms", self.media_rooms),
            ("school_books", self.books),
            ("school_computers", self.computers),
            ("canteen_area", self.total() / 2 + 40),
        ] {
            put(column, count(number));
        }
        for (rooms, bands) in [
            ("music_rooms", ["ge96", "73_96", "54_73", "61_73"]),
            ("fine_art_rooms", ["ge90", "67_90", "54_67", "61_67"]),
        ] {
            put(rooms, count(self.rooms.iter().sum()));
            for (band, &number) in bands.iter().zip(self.rooms.iter().chain(&self.rooms[2..])) {
                put(&format!("{rooms}_{band}"), count(number));
            }
        }
        if self.stages[1].is_some() {
            for (column, figure) in RETENTION.iter().zip(self.retention) {
                put(column, count(figure));
            }
        }
        figures
    }

    /// What is no figure: names, choices, 是 and 否.
    fn descriptions(&self, words: Words) -> Vec<(&'static str, Cell)> {
        let choice = |code: &str, name: &str| text(if words == Words::Codes { code } else { name });
        let yes_no = |yes: bool| text(if yes { "是" } else { "否" });
        let place = &self.place;
        let sponsor = if place.private {
            choice("10", "民办")
        } else {
            choice("7", "县级教育部门")
        };
        let small = place.is_rural() && (50..100).contains(&self.total());
        let sizes = self.stages.iter().flatten();
        let largest = sizes.flat_map(|stage| &stage.class_sizes).max();
        let small_classes = place.is_rural() && largest.is_some_and(|&size| size < 30);
        let (urban_rural, urban_rural_name) = place.urban_rural;
        vec![
            ("school_code", text(&self.code)),
            ("school_name", text(&place.name)),
            ("school_type", choice(self.kind.code(), self.kind.name())),
            ("list_type", text(self.kind.list_name())),
            ("sponsor", sponsor),
            ("urban_rural", choice(urban_rural, urban_rural_name)),
            ("township", text(place.town)),
            ("boarding", yes_no(self.is_boarding())),
            ("built_by_2010", yes_no(self.built <= 2010)),
            ("built_by_2016", yes_no(self.built <= 2016)),
            ("central_city", yes_no(false)),
            ("small_rural_school", yes_no(small)),
            ("small_rural_classes", yes_no(small_classes)),
        ]
    }
}
