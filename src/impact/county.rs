//! Counties as they are, and with a school's units replaced or left out.

use super::{Answer, CvChange, Question, new_units};
use crate::indicators::balance::{self, Balance, Composite};
use crate::indicators::criterion::CriterionResult;
use crate::indicators::unit::{UnitValue, UnitVerdict};
use crate::indicators::verdict::{Standing, standing};
use crate::indicators::{Verdict, run_of};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Part, Role};
use crate::results::Results;

/// All counties as they are.
pub(super) struct Base<'a> {
    pub pipeline: &'a Pipeline,
    pub results: &'a Results,
    counties: Vec<County<'a>>,
}

/// One county as it is.
pub(super) struct County<'a> {
    code: &'a str,
    pub received: bool,
    unread: bool,
    /// Students of its counted units.
    pub students: f64,
    verdicts: &'a [UnitVerdict],
    /// By stage and indicator the values of its counted units, in their order.
    groups: Vec<Group<'a>>,
    balances: &'a [Balance],
    composites: &'a [Composite],
    pub criteria: &'a [CriterionResult],
    parts: Vec<(Part, Verdict)>,
}

struct Group<'a> {
    stage: usize,
    indicator: usize,
    values: Vec<&'a UnitValue>,
}

/// A counted unit of the school that a question is about.
pub(super) struct NewUnit<'a> {
    pub stage: usize,
    pub verdict: Verdict,
    pub uncertain: bool,
    pub values: &'a [UnitValue],
}

impl County<'_> {
    /// The verdict on a part as it is.
    pub fn verdict(&self, part: Part) -> Option<Verdict> {
        let mut own = self.parts.iter();
        own.find(|(p, _)| *p == part).map(|(_, v)| *v)
    }
}

impl<'a> Base<'a> {
    pub fn new(pipeline: &'a Pipeline, results: &'a Results) -> Base<'a> {
        let list = &results.units.list;
        let counties = results.dataset.counties.iter().enumerate();
        let counties = counties.map(|(index, county)| {
            let code = county.code.as_str();
            let verdicts = results.unit_verdicts_of(pipeline, code);
            let mut groups: Vec<Group<'a>> = Vec::new();
            for verdict in verdicts {
                let stage = list[verdict.unit].stage;
                for value in results.values_of(verdict.unit) {
                    let own =
                        |g: &Group<'_>| (g.stage, g.indicator).cmp(&(stage, value.indicator()));
                    match groups.binary_search_by(own) {
                        Ok(at) => groups[at].values.push(value),
                        Err(at) => groups.insert(
                            at,
                            Group {
                                stage,
                                indicator: value.indicator(),
                                values: vec![value],
                            },
                        ),
                    }
                }
            }
            let students = verdicts.iter().filter_map(|v| list[v.unit].students);
            let mut own = County {
                code,
                received: county.received,
                unread: results.held.contains_key(code),
                students: students.sum(),
                verdicts,
                groups,
                balances: results.balances_of(code),
                composites: run_of(&results.composites, |c| c.county_code.as_str().cmp(code)),
                criteria: results.criteria_of(pipeline, index),
                parts: Vec::new(),
            };
            let units: Vec<(usize, Verdict)> = own.standing_units(results).collect();
            own.parts =
                own.parts_with(pipeline, &units, own.balances, own.composites, own.criteria);
            own
        });
        Base {
            pipeline,
            results,
            counties: counties.collect(),
        }
    }

    /// A county by its code.
    pub fn county(&self, code: &str) -> Option<&County<'a>> {
        let at = self.counties.binary_search_by(|c| c.code.cmp(code));
        at.ok().map(|i| &self.counties[i])
    }

    /// The county that a question is about.
    pub fn county_of(&self, question: Question) -> Option<&County<'a>> {
        let (table, row) = match question {
            Question::Cell(table, row, ..) => (table, row),
            Question::Without(row) => (self.pipeline.table("school")?, row),
        };
        self.county(&self.results.dataset.tables[table].rows[row].county_code)
    }

    /// The verdicts on the counted units of a school.
    pub fn units_of(&self, school: usize) -> impl Iterator<Item = &'a UnitVerdict> {
        let list = &self.results.units.list;
        run_of(&self.results.unit_verdicts, |v| {
            list[v.unit].school.cmp(&school)
        })
        .iter()
    }

    /// The students of a school, of all stages.
    pub fn students(&self, school: usize) -> f64 {
        let Some(table) = self.pipeline.table("school") else {
            return 0.0;
        };
        let row = &self.results.dataset.tables[table].rows[school];
        row.students(self.pipeline).unwrap_or(0.0)
    }

    /// What would be another one without a school.
    pub fn without(&self, county: &County<'_>, school: usize) -> Answer {
        let mut answer = self.with(county, school, &[], None);
        answer.units.clear();
        answer
    }

    /// What would be another one with criteria that are judged anew, and the units as they are.
    pub fn same_units(&self, county: &County<'_>, judged: Option<&[CriterionResult]>) -> Answer {
        let units: Vec<(usize, Verdict)> = county.standing_units(self.results).collect();
        let criteria = judged.unwrap_or(county.criteria);
        let parts = county.parts_with(
            self.pipeline,
            &units,
            county.balances,
            county.composites,
            criteria,
        );
        Answer {
            parts: changed(&county.parts, &parts),
            ..Answer::default()
        }
    }

    /// What would be another one with other units of a school.
    pub fn with(
        &self,
        county: &County<'_>,
        school: usize,
        new: &[NewUnit<'_>],
        judged: Option<&[CriterionResult]>,
    ) -> Answer {
        let list = &self.results.units.list;
        let old = new_units(
            &self.results.units,
            county.verdicts,
            &self.results.values,
            school,
        );
        let others = county
            .verdicts
            .iter()
            .filter(|v| list[v.unit].school != school)
            .map(|v| (list[v.unit].stage, v.verdict));
        let units: Vec<(usize, Verdict)> = others
            .chain(new.iter().map(|n| (n.stage, n.verdict)))
            .collect();
        let balances = self.balances(county, school, &old, new);
        let composites = balance::composites(self.pipeline, &balances);
        let criteria = judged.unwrap_or(county.criteria);
        let parts = county.parts_with(self.pipeline, &units, &balances, &composites, criteria);
        let verdict = |of: &[NewUnit<'_>], stage| {
            let mut own = of.iter();
            own.find(|n| n.stage == stage).map(|n| n.verdict)
        };
        let stages = (0..self.pipeline.stages.len())
            .filter(|s| old.iter().chain(new).any(|n| n.stage == *s));
        Answer {
            units: stages
                .map(|s| (s, verdict(&old, s), verdict(new, s)))
                .collect(),
            cvs: self.cvs(county, &balances, &composites),
            parts: changed(&county.parts, &parts),
            criteria: Vec::new(),
        }
    }

    /// The balances of a county with other units of a school. Where nothing of an indicator changes, its balance stays.
    fn balances(
        &self,
        county: &County<'_>,
        school: usize,
        old: &[NewUnit<'_>],
        new: &[NewUnit<'_>],
    ) -> Vec<Balance> {
        let list = &self.results.units.list;
        let mut keys: Vec<(usize, usize)> = county
            .groups
            .iter()
            .map(|g| (g.stage, g.indicator))
            .collect();
        keys.extend(
            new.iter()
                .flat_map(|n| n.values.iter().map(|v| (n.stage, v.indicator()))),
        );
        keys.sort_unstable();
        keys.dedup();
        let of = |units: &'_ [NewUnit<'_>], (stage, indicator): (usize, usize)| {
            let mut own = units.iter().filter(|n| n.stage == stage);
            own.find_map(|n| {
                let mut values = n.values.iter();
                Some((*values.find(|v| v.indicator() == indicator)?, n.uncertain))
            })
        };
        let figures = |unit: Option<(UnitValue, bool)>| {
            unit.map(|(v, uncertain)| (v.numerator(), v.denominator(), v.value(), uncertain))
        };
        let mut out = Vec::with_capacity(keys.len());
        for key in keys {
            let before = of(old, key);
            let after = of(new, key);
            let kept = |b: &&Balance| (b.stage, b.indicator) == key;
            if figures(before) == figures(after)
                && let Some(balance) = county.balances.iter().find(kept)
            {
                out.push(balance.clone());
                continue;
            }
            let group = county.groups.iter().find(|g| (g.stage, g.indicator) == key);
            let values = group.map_or(&[][..], |g| &g.values);
            let at = values.partition_point(|v| list[v.unit()].school < school);
            let own = |v: &&&UnitValue| list[v.unit()].school == school;
            let mut changed: Vec<&UnitValue> = values[..at].to_vec();
            changed.extend(after.as_ref().map(|(v, _)| v));
            changed.extend(values[at..].iter().skip_while(own).copied());
            if changed.is_empty() {
                continue;
            }
            let others = values.iter().filter(|v| list[v.unit()].school != school);
            let uncertain = others.filter(|v| list[v.unit()].uncertain).count()
                + usize::from(after.is_some_and(|(_, uncertain)| uncertain));
            let (stage, indicator) = key;
            out.push(balance::balance(
                self.pipeline,
                county.code,
                stage,
                indicator,
                &changed,
                uncertain,
            ));
        }
        out
    }

    /// The coefficients of variation that decide and that change.
    fn cvs(
        &self,
        county: &County<'_>,
        balances: &[Balance],
        composites: &[Composite],
    ) -> Vec<CvChange> {
        let standard = |b: &&Balance| self.pipeline.indicators[b.indicator].role == Role::Standard;
        let mut out: Vec<CvChange> = Vec::new();
        for before in county.balances.iter().filter(standard) {
            let key = (before.stage, before.indicator);
            let after = balances.iter().find(|b| (b.stage, b.indicator) == key);
            out.push(CvChange {
                stage: before.stage,
                indicator: Some(before.indicator),
                from: before.cv,
                to: after.and_then(|a| a.cv),
                limit: before.limit,
                flips: after.is_some_and(|a| a.verdict != before.verdict),
            });
        }
        for before in county.composites {
            let after = composites.iter().find(|c| c.stage == before.stage);
            out.push(CvChange {
                stage: before.stage,
                indicator: None,
                from: before.cv,
                to: after.and_then(|a| a.cv),
                limit: Some(before.limit),
                flips: after.is_some_and(|a| a.verdict != before.verdict),
            });
        }
        out.retain(|c| c.from != c.to || c.flips);
        out
    }
}

impl County<'_> {
    fn standing_units(&self, results: &Results) -> impl Iterator<Item = (usize, Verdict)> {
        let stages = self.verdicts.iter();
        stages.map(|v| (results.units.list[v.unit].stage, v.verdict))
    }

    fn parts_with(
        &self,
        pipeline: &Pipeline,
        units: &[(usize, Verdict)],
        balances: &[Balance],
        composites: &[Composite],
        criteria: &[CriterionResult],
    ) -> Vec<(Part, Verdict)> {
        standing(&Standing {
            pipeline,
            units,
            balances,
            composites,
            criteria,
            received: self.received,
            unread: self.unread,
        })
    }
}

/// The parts whose verdict changes.
fn changed(before: &[(Part, Verdict)], after: &[(Part, Verdict)]) -> Vec<(Part, Verdict, Verdict)> {
    let pairs = before.iter().zip(after);
    pairs
        .filter(|((_, a), (_, b))| a != b)
        .map(|((part, a), (_, b))| (*part, *a, *b))
        .collect()
}
