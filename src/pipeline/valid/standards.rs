//! Stages, school types, unit columns, indicators, limits and rankings: what is computed and when it is met.

use super::{COUNTY_CODE, COUNTY_NAME, STAGE, STUDENTS, Schema, Valid, normals};
use crate::formula::{Formula, Type};
use crate::pipeline::examples;
use crate::pipeline::model::*;
use crate::pipeline::raw::*;

impl Valid<'_> {
    pub(super) fn stages(&mut self, school: &Table) -> Vec<Stage> {
        let names = figures(school);
        let raw = self.raw;
        raw.stages
            .iter()
            .map(|block| {
                let s = &block.value;
                if *s.weight.get_ref() <= 0.0 {
                    self.wrong(
                        block.file,
                        s.weight.span(),
                        "a weight must be greater than 0",
                        None,
                    );
                }
                Stage {
                    id: s.id.get_ref().clone(),
                    title: s.title.get_ref().clone(),
                    words: normals(&s.words),
                    students: self
                        .position(block.file, &s.students, FIGURES, &names)
                        .unwrap_or(0),
                    weight: *s.weight.get_ref(),
                    evaluated: s.evaluated,
                }
            })
            .collect()
    }

    pub(super) fn unit_columns(&mut self, school: &Table, stages: &[String]) -> Vec<UnitColumn> {
        let raw = self.raw;
        let names = figures(school);
        let what = FIGURES;
        let mut out: Vec<UnitColumn> = Vec::new();
        for block in &raw.unit_columns {
            let u = &block.value;
            let file = block.file;
            let name = u.name.get_ref();
            if school.position(name).is_some()
                || out.iter().any(|o| o.name == *name)
                || [COUNTY_CODE, COUNTY_NAME, STAGE, STUDENTS].contains(&name.as_str())
            {
                self.wrong(
                    file,
                    u.name.span(),
                    format!("column '{name}' is there already"),
                    None,
                );
            }
            let source = match (&u.split, u.by_stage.is_empty()) {
                (Some(stock), true) if u.whole.is_none() => {
                    match self.position(file, stock, what, &names) {
                        Some(c) => UnitSource::Split(c),
                        None => continue,
                    }
                }
                (None, _) if !u.by_stage.is_empty() || u.whole.is_some() => {
                    let mut by_stage = vec![None; stages.len()];
                    for (stage, column) in &u.by_stage {
                        match stages.iter().position(|s| s == stage) {
                            Some(i) => by_stage[i] = self.position(file, column, what, &names),
                            None => self.wrong(
                                file,
                                column.span(),
                                format!("'{stage}' is not a stage"),
                                Some(format!("the stages are: {}", stages.join(", "))),
                            ),
                        }
                    }
                    let whole = u
                        .whole
                        .as_ref()
                        .and_then(|w| self.position(file, w, what, &names));
                    UnitSource::ByStage { by_stage, whole }
                }
                _ => {
                    self.wrong(
                        file,
                        u.name.span(),
                        format!("'{name}' needs either `split` or `by_stage` and/or `whole`"),
                        None,
                    );
                    continue;
                }
            };
            out.push(UnitColumn {
                name: name.clone(),
                title: u.title.get_ref().clone(),
                source,
            });
        }
        out
    }

    pub(super) fn school_types(
        &mut self,
        stages: &[Stage],
        stage_ids: &[String],
        schema: &Schema,
    ) -> Vec<SchoolType> {
        let raw = self.raw;
        let mut out = Vec::new();
        for block in &raw.school_types {
            let t = &block.value;
            let own: Vec<usize> = t
                .stages
                .iter()
                .filter_map(|s| self.position(block.file, s, "a stage", stage_ids))
                .collect();
            let mut weights: Vec<f64> = stages.iter().map(|s| s.weight).collect();
            for (stage, weight) in &t.weights {
                match stage_ids.iter().position(|s| s == stage) {
                    Some(i) if *weight.get_ref() > 0.0 => weights[i] = *weight.get_ref(),
                    Some(_) => self.wrong(
                        block.file,
                        weight.span(),
                        "a weight must be greater than 0",
                        None,
                    ),
                    None => self.wrong(
                        block.file,
                        weight.span(),
                        format!("'{stage}' is not a stage"),
                        Some(format!("the stages are: {}", stage_ids.join(", "))),
                    ),
                }
            }
            if (!t.counts || t.counts_when.is_some()) && t.reason.is_none() {
                self.wrong(
                    block.file,
                    t.code.span(),
                    "a type that does not always count needs a `reason`",
                    None,
                );
            }
            out.push(SchoolType {
                code: t.code.get_ref().clone(),
                name: t.name.get_ref().clone(),
                stages: own,
                weights,
                counts: t.counts,
                counts_attached: t.counts_attached,
                counts_when: t
                    .counts_when
                    .as_ref()
                    .and_then(|f| self.formula(block.file, f, schema, Type::Bool)),
                reason: t
                    .reason
                    .as_ref()
                    .map_or(String::new(), |r| r.get_ref().clone()),
            });
        }
        out
    }

    pub(super) fn indicators(&mut self, stages: &[String], schema: &Schema) -> Vec<Indicator> {
        let raw = self.raw;
        let mut out = Vec::new();
        for block in &raw.indicators {
            let i = &block.value;
            let file = block.file;
            let mut numerator: Vec<Option<Formula>> = vec![None; stages.len()];
            for (stage, text) in &i.numerator {
                match stages.iter().position(|s| s == stage) {
                    Some(s) => numerator[s] = self.formula(file, text, schema, Type::Number),
                    None => self.wrong(
                        file,
                        text.span(),
                        format!("'{stage}' is not a stage"),
                        Some(format!("the stages are: {}", stages.join(", "))),
                    ),
                }
            }
            let denominator = self.formula(file, &i.denominator, schema, Type::Number);
            let better = self.better(file, &i.better);
            let role = self.one_of(
                file,
                &i.role,
                "a role",
                &[("standard", Role::Standard), ("reference", Role::Reference)],
            );
            let limits: Vec<Limit> = i
                .limit
                .iter()
                .filter_map(|l| self.limit(file, l.get_ref(), stages, schema))
                .collect();
            if role == Some(Role::Standard) {
                for (s, stage) in stages.iter().enumerate() {
                    let plain = |l: &Limit| l.stage == s && l.when.is_none();
                    if numerator[s].is_some() && !limits.iter().any(plain) {
                        self.wrong(
                            file,
                            i.id.span(),
                            format!(
                                "indicator '{}' has no limit for stage {stage}",
                                i.id.get_ref()
                            ),
                            None,
                        );
                    }
                }
            }
            let digits = self.unsigned(file, &i.digits, 9);
            if i.example.is_empty() {
                self.wrong(
                    file,
                    i.id.span(),
                    format!("indicator '{}' has no example", i.id.get_ref()),
                    Some("give at least one [[indicator.example]]".to_string()),
                );
            }
            let (Some(denominator), Some(better), Some(role)) = (denominator, better, role) else {
                continue;
            };
            let indicator = Indicator {
                id: i.id.get_ref().clone(),
                line: i.line.get_ref().clone(),
                title: i.title.get_ref().clone(),
                unit: i.unit.get_ref().clone(),
                resource: i.resource.get_ref().clone(),
                digits,
                scale: *i.scale.get_ref(),
                better,
                role,
                numerator,
                denominator,
                limits,
                why: i.why.get_ref().clone(),
                basis: i.basis.get_ref().clone(),
                examples: i
                    .example
                    .iter()
                    .map(|e| {
                        let e = e.get_ref();
                        let gives = examples::gives_text(e.gives.as_ref());
                        let given = examples::given_text(&e.given);
                        format!("{}: {given} => {gives}", e.stage.get_ref())
                    })
                    .collect(),
            };
            let broken = i.numerator.keys().any(|k| {
                let at = stages.iter().position(|s| s == k);
                at.is_none_or(|at| indicator.numerator[at].is_none())
            });
            // An example of a formula that is wrong says nothing new.
            for example in self.to_try(&i.example).iter().filter(|_| !broken) {
                for (at, message) in
                    examples::indicator(&indicator, example.get_ref(), stages, schema)
                {
                    self.wrong(file, at.unwrap_or_else(|| example.span()), message, None);
                }
            }
            out.push(indicator);
        }
        out
    }

    pub(super) fn better(&mut self, file: usize, word: &At<String>) -> Option<Better> {
        self.one_of(
            file,
            word,
            "a direction",
            &[("higher", Better::Higher), ("lower", Better::Lower)],
        )
    }

    /// `from` and `until` of a limit.
    pub(super) fn years(
        &mut self,
        file: usize,
        from: Option<&At<i64>>,
        until: Option<&At<i64>>,
    ) -> (Option<i64>, Option<i64>) {
        if let (Some(from), Some(until)) = (from, until)
            && from.get_ref() > until.get_ref()
        {
            self.wrong(file, until.span(), "`until` lies before `from`", None);
        }
        (from.map(|y| *y.get_ref()), until.map(|y| *y.get_ref()))
    }

    fn limit(
        &mut self,
        file: usize,
        l: &RawLimit,
        stages: &[String],
        schema: &Schema,
    ) -> Option<Limit> {
        let (from, until) = self.years(file, l.from.as_ref(), l.until.as_ref());
        let when = match &l.when {
            Some(f) => Some(self.formula(file, f, schema, Type::Bool)?),
            None => None,
        };
        Some(Limit {
            stage: self.position(file, &l.stage, "a stage", stages)?,
            value: *l.value.get_ref(),
            when,
            basis: l.basis.as_ref().map(|b| b.get_ref().clone()),
            from,
            until,
        })
    }

    pub(super) fn school_rule(&mut self) -> Option<SchoolRule> {
        let Some(block) = &self.raw.school_rule else {
            if self.raw.undecoded.is_empty() {
                self.wrong(0, 0..0, "there is no [school_rule] block", None);
            }
            return None;
        };
        let ratio = *block.value.floor_ratio.get_ref();
        if !(0.0..=1.0).contains(&ratio) {
            self.wrong(
                block.file,
                block.value.floor_ratio.span(),
                "floor_ratio must lie between 0 and 1",
                None,
            );
        }
        Some(SchoolRule {
            least_met: self.unsigned(block.file, &block.value.least_met, 100),
            floor_ratio: ratio,
            basis: block.value.basis.get_ref().clone(),
        })
    }

    pub(super) fn balance_limits(&mut self, stages: &[String]) -> Vec<BalanceLimit> {
        let raw = self.raw;
        let mut out: Vec<BalanceLimit> = Vec::new();
        for block in &raw.balance_limits {
            let b = &block.value;
            if let Some(stage) = self.position(block.file, &b.stage, "a stage", stages) {
                if out.iter().any(|o| o.stage == stage) {
                    self.wrong(
                        block.file,
                        b.stage.span(),
                        "this stage has a limit already",
                        None,
                    );
                }
                out.push(BalanceLimit {
                    stage,
                    value: *b.value.get_ref(),
                    digits: self.unsigned(block.file, &b.digits, 9),
                    basis: b.basis.get_ref().clone(),
                });
            }
        }
        for (s, block) in raw.stages.iter().enumerate() {
            if block.value.evaluated
                && !out.iter().any(|o| o.stage == s)
                && raw.undecoded.is_empty()
            {
                self.wrong(
                    block.file,
                    block.value.id.span(),
                    format!(
                        "stage '{}' is evaluated but has no [[balance_limit]]",
                        block.value.id.get_ref()
                    ),
                    None,
                );
            }
        }
        out
    }

    pub(super) fn rankings(&mut self, stages: &[String]) -> Vec<Ranking> {
        let raw = self.raw;
        let mut out = Vec::new();
        for block in &raw.rankings {
            let r = &block.value;
            let file = block.file;
            let of = self.one_of(
                file,
                &r.of,
                "something to rank by",
                &[
                    ("mean_cv", RankingOf::MeanCv),
                    ("cv", RankingOf::Cv),
                    ("mean", RankingOf::Mean),
                    ("cv_met", RankingOf::CvMet),
                    ("share_met", RankingOf::ShareMet),
                    ("criterion", RankingOf::Criterion),
                    ("points", RankingOf::Points),
                ],
            );
            let stage = match &r.stage {
                Some(s) => self.position(file, s, "a stage", stages),
                None => None,
            };
            let per_indicator = matches!(
                of,
                Some(RankingOf::Cv | RankingOf::Mean | RankingOf::Criterion)
            );
            if per_indicator != r.each_indicator {
                self.wrong(
                    file,
                    r.of.span(),
                    "cv, mean and criterion are ranked for each of them, the others are not",
                    Some(format!("set each_indicator = {per_indicator}")),
                );
            }
            if matches!(
                of,
                Some(RankingOf::MeanCv | RankingOf::Cv | RankingOf::Mean)
            ) && r.stage.is_none()
            {
                self.wrong(file, r.of.span(), "this ranking needs a `stage`", None);
            }
            let better = self.better(file, &r.better);
            let digits = self.unsigned(file, &r.digits, 9);
            if let (Some(of), Some(better)) = (of, better) {
                out.push(Ranking {
                    id: r.id.get_ref().clone(),
                    title: r.title.get_ref().clone(),
                    of,
                    stage,
                    better,
                    digits,
                    each_indicator: r.each_indicator,
                    note: r.note.get_ref().clone(),
                });
            }
        }
        out
    }
}

const FIGURES: &str = "a column of figures of table school";

/// The names of a table's columns; those that hold no figures are left blank, so that positions stay.
fn figures(table: &Table) -> Vec<String> {
    table
        .columns
        .iter()
        .map(|c| match c.kind.formula_type() {
            Some(Type::Number) => c.name.clone(),
            _ => String::new(),
        })
        .collect()
}
