//! What a county states in its application form: the blanks of the sentences and its own verdicts, which are true.

use crate::Outcome;
use crate::counties::County;
use crate::county_list::county_values;
use crate::kinds::Kind::{Complete, Junior, Nine, Point, Primary, Twelve};
use crate::schools::School;
use crate::sentence::{Answers, EMPTY, percent};
use crate::sheets::Cell;
use crate::totals::Totals;
use std::collections::BTreeMap;

/// The blanks of each subject that may be monitored.
const SUBJECTS: [[&str; 2]; 6] = [
    ["grade_chinese", "difference_chinese"],
    ["grade_math", "difference_math"],
    ["grade_science", "difference_science"],
    ["grade_pe", "difference_pe"],
    ["grade_arts", "difference_arts"],
    ["grade_moral", "difference_moral"],
];
/// Items that only documents can show.
const ATTESTED: [&str; 8] = ["g01", "g02", "g10", "q03", "q05", "q06", "q07", "q08"];

/// What fills the blanks, and which items are met.
#[derive(Default)]
pub struct Stated {
    pub answers: Answers,
    pub met: BTreeMap<&'static str, bool>,
}

impl Stated {
    pub fn of(county: &County, totals: &Totals) -> Outcome<Stated> {
        let mut stated = Stated::default();
        for item in ATTESTED {
            let met = !county.about.told.unmet.contains(&item);
            stated.met.insert(item, met);
        }
        stated.schools(totals);
        stated.teachers(county, totals)?;
        stated.pupils(county, totals)?;
        stated.monitoring(county);
        Ok(stated)
    }

    fn put(&mut self, blank: &'static str, answer: impl ToString) {
        self.answers.insert(blank, answer.to_string());
    }

    fn share(&mut self, blank: &'static str, part: u32, whole: u32) {
        self.put(blank, percent(part, whole));
    }

    /// Rooms, sizes and money of the schools: items 3 to 6 of 表Ⅳ, item 4 of 表Ⅴ.
    fn schools(&mut self, totals: &Totals) {
        let schools = || totals.ordinary();
        self.met
            .insert("g03", schools().all(|(school, _)| school.has_rooms()));

        let large = |kinds: &[_], most| {
            let large = schools().filter(|(s, pupils)| kinds.contains(&s.kind) && *pupils > most);
            large.count()
        };
        self.put("large_primary", large(&[Primary, Point], 2000));
        self.put("large_junior", large(&[Junior, Complete], 2000));
        self.put("large_combined", large(&[Nine, Twelve], 2500));
        let fits = |(school, pupils): (&School, u32)| pupils <= school.most_pupils();
        self.met.insert("g04", schools().all(fits));

        let big = [0, 1].map(|stage| totals.of_stage(stage, |unit| unit.big_classes()));
        self.put("big_classes_primary", big[0]);
        self.put("big_classes_junior", big[1]);
        self.met.insert("g05", big == [0, 0]);

        let small = || schools().filter(|(_, pupils)| (1..100).contains(pupils));
        let yuan = |school: &School| (school.funds[1] * 10_000.0).round();
        self.put(
            "small_students",
            small().map(|(_, pupils)| pupils).sum::<u32>(),
        );
        self.put(
            "small_funds",
            small().map(|(school, _)| yuan(school)).sum::<f64>(),
        );
        let funded = |(school, _): (&School, u32)| yuan(school) >= school.funds_of_100();
        self.met.insert("g06", small().all(funded));
        self.met
            .insert("q04", schools().all(|(school, _)| school.trains()));
    }

    /// Pay, training, exchange and certificates: items 7 to 9, 11 and 12 of 表Ⅳ.
    fn teachers(&mut self, county: &County, totals: &Totals) -> Outcome<()> {
        let listed = listed(county);
        let [funds, students] = [listed("special_funds")?, listed("special_students")?];
        self.put("special_funds", f64::from(funds) / 10_000.0);
        self.put("special_students", students);
        self.put(
            "special_funds_per_student",
            (2 * funds + students) / (2 * students),
        );
        self.met.insert("g07", funds >= 8000 * students);

        let [pay, officials] = [listed("teacher_pay")?, listed("civil_servant_pay")?];
        self.put("teacher_pay", pay);
        self.put("civil_servant_pay", officials);
        self.met.insert("g08", pay >= officials);

        let [teachers, trained, certified] =
            ["teachers", "trained", "certified"].map(|name| totals.sum(name));
        self.put("trained", trained);
        self.put("trainable", teachers);
        self.share("trained_share", trained, teachers);
        self.met.insert("g09", trained >= teachers);
        self.put("certified", certified);
        self.put("in_service", teachers);
        self.share("certified_share", certified, teachers);
        self.met.insert("g12", certified >= teachers);

        let [eligible, rotating, backbone] = [
            listed("rotation_eligible")?,
            listed("rotation_teachers")?,
            listed("rotation_backbone")?,
        ];
        self.put("rotation_eligible", eligible);
        self.put("rotation_teachers", rotating);
        self.put("rotation_backbone", backbone);
        self.share("rotation_share", rotating, eligible);
        self.share("rotation_backbone_share", backbone, rotating);
        self.met
            .insert("g11", 10 * rotating >= eligible && 5 * backbone >= rotating);
        Ok(())
    }

    /// Where pupils go to school, and who stays: items 13 to 15 of 表Ⅳ, items 1 and 2 of 表Ⅴ.
    fn pupils(&mut self, county: &County, totals: &Totals) -> Outcome<()> {
        let listed = listed(county);
        let [primary, junior] = [0, 1].map(|stage| {
            ["catchment", "students"].map(|name| totals.of_stage(stage, |unit| unit.nearby(name)))
        });
        self.share("catchment_share_primary", primary[0], primary[1]);
        self.share("catchment_share_junior", junior[0], junior[1]);
        let nearby = primary[0] >= primary[1] && 100 * junior[0] >= 95 * junior[1];
        self.met.insert("g13", nearby);

        let [total, allocated, rural] = [
            listed("senior_quota_total")?,
            listed("senior_quota_allocated")?,
            listed("senior_quota_rural")?,
        ];
        self.put("senior_quota_total", total);
        self.put("senior_quota_allocated", allocated);
        self.put("senior_quota_rural", rural);
        self.share("senior_quota_share", allocated, total);
        self.share("senior_quota_rural_share", rural, allocated);
        self.met.insert("g14", 2 * allocated >= total);

        let [eligible, public, purchased] = [
            listed("migrant_eligible")?,
            listed("migrant_public")?,
            listed("migrant_purchased")?,
        ];
        self.put("migrant_eligible", eligible);
        self.put("migrant_public", public);
        self.put("migrant_purchased", purchased);
        self.put("migrant_placed", public + purchased);
        self.share("migrant_share", public + purchased, eligible);
        self.met
            .insert("g15", 100 * (public + purchased) >= 85 * eligible);

        let flow = |name: &str| totals.of_stage(1, |unit| unit.school_figure(name));
        let graduates = flow("graduates") + county.about.told.returned;
        let [entrants, came, went, died] = [
            "entrants_3y_ago",
            "transferred_in_3y",
            "transferred_out_3y",
            "died_3y",
        ]
        .map(flow);
        self.put("graduates", graduates);
        self.put("entrants_3y_ago", entrants);
        self.put("transferred_in_3y", came);
        self.put("transferred_out_3y", went);
        self.put("died_3y", died);
        let expected = entrants + came - died - went;
        self.share("retention_share", graduates, expected);
        self.met.insert("q01", 100 * graduates >= 95 * expected);

        let [children, enrolled, special] = [
            listed("disabled_children")?,
            listed("disabled_enrolled")?,
            listed("special_students")?,
        ];
        self.put("disabled_children", children);
        self.put("disabled_enrolled", enrolled);
        self.share("disabled_share", enrolled, children);
        self.put("disabled_special", special);
        self.share("disabled_special_share", special, children);
        self.met.insert("q02", 100 * enrolled >= 95 * children);
        Ok(())
    }

    /// Item 9 of 表Ⅴ.
    fn monitoring(&mut self, county: &County) {
        let monitored = county.about.told.monitored;
        for blanks in SUBJECTS {
            let own = monitored
                .iter()
                .find(|(subject, ..)| blanks[0].ends_with(subject));
            let (grade, difference) =
                own.map_or((EMPTY, EMPTY), |(_, grade, rate)| (*grade, *rate));
            self.put(blanks[0], grade);
            self.put(blanks[1], difference);
        }
        let good = |grade: &str, rate: &str| matches!(grade, "Ⅲ" | "Ⅳ") && rate < "0.15";
        let all_good = monitored.iter().all(|(_, grade, rate)| good(grade, rate));
        self.met.insert("q09", all_good);
    }
}

/// The figures of the county's own list, money in 元.
fn listed(county: &County) -> impl Fn(&str) -> Outcome<u32> {
    let values = county_values(county);
    move |key| match values.get(key) {
        Some(Cell::Number(figure)) if key.ends_with("_pay") => {
            Ok((figure * 10_000.0).round() as u32)
        }
        Some(Cell::Number(figure)) => Ok(*figure as u32),
        _ => Err(format!("no figure {key}").into()),
    }
}
