//! Questionnaires, scales of answers, and how rates are made of them.

use std::collections::BTreeMap;

use super::Valid;
use crate::finding::SCREENS;
use crate::pipeline::load::Block;
use crate::pipeline::model::*;
use crate::pipeline::raw::*;
use crate::text::normal;

/// Columns of the table of questionnaires that the program itself fills in, in this order.
pub const ANSWER_COLUMNS: [&str; 6] = [
    "respondent_group",
    "answers_returned",
    "answers_valid",
    "answers_satisfied",
    "answers_numerator",
    "answers_denominator",
];

/// Most answers of all scales, and most groups of respondents.
const MOST: usize = 250;

impl Valid<'_> {
    /// What a form of questionnaires asks; nothing for other forms.
    pub(super) fn asked(&mut self, block: &Block<RawForm>) -> Asked {
        let f = &block.value;
        let file = block.file;
        let mut asked = Asked {
            separators: f.separators.iter().map(|s| s.get_ref().clone()).collect(),
            asides: f.asides.iter().map(|a| a.get_ref().clone()).collect(),
            ..Asked::default()
        };
        let empty = |text: &String| text.is_empty();
        for sign in f.separators.iter().filter(|s| empty(s.get_ref())) {
            self.wrong(file, sign.span(), "a sign cannot be empty", None);
        }
        for pair in &f.asides {
            let (open, close) = pair.get_ref();
            if open.is_empty() || close.is_empty() {
                self.wrong(file, pair.span(), "a sign cannot be empty", None);
            }
        }
        let patterns = |list: &[At<String>]| -> Vec<HeaderPattern> {
            list.iter()
                .map(|h| HeaderPattern::new(h.get_ref()))
                .collect()
        };
        for role in &f.role {
            let r = role.get_ref();
            if let Some(role) = self.one_of(file, &r.role, "a role of a column", ROLES) {
                asked.roles.push((role, patterns(&r.header)));
            }
        }
        for question in &f.question {
            let q = question.get_ref();
            let dimension = q.dimension.as_ref().map(|d| {
                let d = d.get_ref();
                let at = asked.dimensions.iter().position(|x| x == d);
                at.unwrap_or_else(|| {
                    asked.dimensions.push(d.clone());
                    asked.dimensions.len() - 1
                })
            });
            asked.questions.push(Question {
                id: q.id.get_ref().clone(),
                title: q.title.get_ref().clone(),
                dimension,
                required: q.required,
                overall: q.overall,
                patterns: patterns(&q.header),
            });
        }
        let headers = f.role.iter().flat_map(|r| &r.get_ref().header);
        let headers = headers.chain(f.question.iter().flat_map(|q| &q.get_ref().header));
        for header in headers {
            if HeaderPattern::new(header.get_ref()).is_empty() {
                let message = "this header fits everything, or nothing";
                self.wrong(file, header.span(), message, None);
            }
        }
        let ids = f.question.iter().map(|q| {
            let id = &q.get_ref().id;
            (file, id.span(), id.get_ref().clone())
        });
        self.distinct("question", ids.collect());
        if f.layout.get_ref() == "questionnaire" {
            let overall = asked.questions.iter().filter(|q| q.overall).count();
            if overall != 1 {
                let message = format!("{overall} questions are `overall`; one must be");
                self.wrong(file, f.id.span(), message, None);
            }
            if !asked.roles.iter().any(|(r, _)| *r == AnswerRole::Identity) {
                let message = "a questionnaire needs a column with the role identity";
                self.wrong(file, f.id.span(), message, None);
            }
        }
        asked
    }

    /// `Some(None)` for a pipeline without surveys.
    pub(super) fn survey(
        &mut self,
        tables: &[Table],
        lists: &BTreeMap<String, Vec<Code>>,
        criteria: &[Criterion],
        columns: &[CountyColumn],
    ) -> Option<Option<Survey>> {
        let raw = self.raw;
        let Some(block) = &raw.survey else {
            for form in &raw.forms {
                if form.value.layout.get_ref() == "questionnaire" {
                    let message = "questionnaires need a [survey] block";
                    self.wrong(form.file, form.value.layout.span(), message, None);
                }
            }
            return Some(None);
        };
        let (file, s) = (block.file, &block.value);
        let names: Vec<String> = lists.keys().cloned().collect();
        let list = self.position(file, &s.groups, "a code list", &names)?;
        let codes = &lists[&names[list]];
        let all: Vec<String> = codes.iter().map(|c| c.code.clone()).collect();
        self.position(file, &s.whole, "a code of the groups", &all)?;
        let groups: Vec<Group> = codes
            .iter()
            .filter(|c| c.code != *s.whole.get_ref())
            .map(|c| Group {
                code: c.code.clone(),
                title: c.name.clone(),
                texts: c.texts.clone(),
            })
            .collect();
        let group_codes: Vec<String> = groups.iter().map(|g| g.code.clone()).collect();
        let precedence: Vec<usize> = s
            .precedence
            .iter()
            .filter_map(|g| self.position(file, g, "a group", &group_codes))
            .collect();
        if let Some(lost) = (0..groups.len()).find(|g| !precedence.contains(g)) {
            let message = format!("`precedence` lacks the group '{}'", group_codes[lost]);
            self.wrong(file, s.groups.span(), message, None);
        }
        let rate = self.one_of(
            file,
            &s.rate,
            "a kind of rate",
            &[
                ("pooled", RateKind::Pooled),
                ("equal_groups", RateKind::EqualGroups),
                ("fixed_weights", RateKind::FixedWeights),
                ("item_pooled", RateKind::ItemPooled),
                ("score", RateKind::Score),
            ],
        );
        let weights = self.weights(block, &group_codes, rate);
        let criterion_ids: Vec<String> = criteria.iter().map(|c| c.id.clone()).collect();
        let criterion = self.position(file, &s.criterion, "a criterion", &criterion_ids);
        if criterion.is_some_and(|c| criteria[c].figures.is_empty()) {
            let message = "this criterion has no figure";
            self.wrong(file, s.criterion.span(), message, None);
        }
        let column_names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
        let population = match &s.population {
            Some(name) => Some(self.position(file, name, "a county column", &column_names)?),
            None => None,
        };
        let (words, scales) = self.scales();
        if words.len() > MOST || groups.len() > MOST {
            let message = format!("more than {MOST} answers or groups");
            self.wrong(file, s.groups.span(), message, None);
        }
        let mut duration_units: Vec<(String, f64)> = s
            .duration_units
            .iter()
            .map(|(text, seconds)| (normal(text), *seconds.get_ref()))
            .collect();
        duration_units.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        let table = self.answer_table(block, tables);
        let q = s.quota.get_ref();
        let parents = self.position(file, &q.parents, "a group", &group_codes);
        let asked: Vec<usize> = q
            .groups
            .iter()
            .filter_map(|g| self.position(file, g, "a group", &group_codes))
            .collect();
        let screens = self.screens();
        let satisfied = self.one_of(
            file,
            &s.satisfied,
            "a rule for satisfied questionnaires",
            &[
                ("overall", Rule::Overall),
                ("share", Rule::Share),
                ("all", Rule::All),
            ],
        );
        let least = self.one_of(
            file,
            &s.counts,
            "a least answer",
            &[("satisfied", Least::Satisfied), ("basic", Least::Basic)],
        );
        let unknown = self.one_of(
            file,
            &s.unknown,
            "a place for answers without judgement",
            &[("in", Unknown::In), ("out", Unknown::Out)],
        );
        let interval = self.one_of(
            file,
            &s.interval,
            "an interval",
            &[
                ("wilson", IntervalMethod::Wilson),
                ("agresti_coull", IntervalMethod::AgrestiCoull),
                ("clopper_pearson", IntervalMethod::ClopperPearson),
                ("jeffreys", IntervalMethod::Jeffreys),
            ],
        );
        let school_interval = self.one_of(
            file,
            &s.school_interval,
            "an interval for schools",
            &[
                ("wilson", SchoolInterval::Wilson),
                ("logit", SchoolInterval::Logit),
                ("beta", SchoolInterval::Beta),
            ],
        );
        for (number, most) in [
            (&s.satisfied_share, 100.0),
            (&s.answered_share, 100.0),
            (&s.unread_share, 100.0),
            (&q.parents_share, 100.0),
            (&q.return_share, 100.0),
            (&q.full_return, 100.0),
            (&q.balance, 1000.0),
            (&q.per_mille, 1000.0),
            (&q.least, 1e9),
        ] {
            if !(0.0..=most).contains(number.get_ref()) {
                let help = format!("write a number from 0 to {most}");
                let message = format!("{} is out of range", number.get_ref());
                self.wrong(file, number.span(), message, Some(help));
            }
        }
        Some(Some(Survey {
            criterion: criterion?,
            whole: s.whole.get_ref().clone(),
            groups,
            precedence,
            rule: satisfied?,
            share: *s.satisfied_share.get_ref(),
            least: least?,
            unknown: unknown?,
            rate: rate?,
            weights,
            answered: *s.answered_share.get_ref(),
            unread: *s.unread_share.get_ref(),
            interval: interval?,
            school_interval: school_interval?,
            population,
            suppress_below: self.unsigned(file, &s.suppress_below, 10_000) as f64,
            mark_below: self.unsigned(file, &s.mark_below, 10_000) as f64,
            quota: Quota {
                least: *q.least.get_ref(),
                groups: asked,
                per_mille: *q.per_mille.get_ref(),
                parents: parents?,
                parents_share: *q.parents_share.get_ref(),
                balance: *q.balance.get_ref(),
                return_share: *q.return_share.get_ref(),
                full_return: *q.full_return.get_ref(),
            },
            blanks: super::normals(&s.blanks),
            duration_units,
            areas: s
                .areas
                .iter()
                .map(|a| Area {
                    title: a.get_ref().title.get_ref().clone(),
                    codes: a
                        .get_ref()
                        .codes
                        .iter()
                        .map(|c| c.get_ref().clone())
                        .collect(),
                })
                .collect(),
            words,
            scales,
            screens,
            table: table?,
        }))
    }

    fn weights(
        &mut self,
        block: &Block<RawSurvey>,
        groups: &[String],
        rate: Option<RateKind>,
    ) -> Vec<f64> {
        let (file, s) = (block.file, &block.value);
        let mut weights = vec![0.0; groups.len()];
        for (group, weight) in &s.weights {
            match groups.iter().position(|g| g == group) {
                Some(g) => weights[g] = *weight.get_ref(),
                None => {
                    let message = format!("'{group}' is not a group");
                    self.wrong(file, weight.span(), message, None);
                }
            }
        }
        let sum: f64 = weights.iter().sum();
        let negative = weights.iter().any(|w| *w < 0.0);
        if rate == Some(RateKind::FixedWeights) && (negative || (sum - 1.0).abs() > 1e-9) {
            let message = format!("the weights of the groups add up to {sum}, not to 1");
            self.wrong(file, s.rate.span(), message, None);
        }
        weights
    }

    /// The words of all scales, each once, and the scales.
    fn scales(&mut self) -> (Vec<Word>, Vec<Scale>) {
        let raw = self.raw;
        let mut words: Vec<Word> = Vec::new();
        let mut scales = Vec::new();
        for block in &raw.answer_scales {
            let mut scores: Vec<(usize, Option<f64>)> = Vec::new();
            for answer in &block.value.answer {
                let a = answer.get_ref();
                let known = [
                    ("satisfied", AnswerMeans::Satisfied),
                    ("basic", AnswerMeans::Basic),
                    ("dissatisfied", AnswerMeans::Dissatisfied),
                    ("unknown", AnswerMeans::Unknown),
                ];
                let Some(means) = self.one_of(block.file, &a.means, "a meaning", &known) else {
                    continue;
                };
                if a.score.is_none() == (means != AnswerMeans::Unknown) {
                    let message = "an answer has a score unless it is no judgement";
                    self.wrong(block.file, a.means.span(), message, None);
                }
                for text in &a.text {
                    let key = normal(text.get_ref());
                    let at = words.iter().position(|w| w.text == key);
                    let at = at.unwrap_or_else(|| {
                        words.push(Word {
                            title: text.get_ref().clone(),
                            text: key,
                            means,
                        });
                        words.len() - 1
                    });
                    if words[at].means != means {
                        let message = format!("'{}' means something else above", text.get_ref());
                        self.wrong(block.file, text.span(), message, None);
                    }
                    scores.push((at, a.score.as_ref().map(|s| *s.get_ref())));
                }
            }
            scales.push((block.value.title.get_ref().clone(), scores));
        }
        let count = words.len();
        let scales = scales
            .into_iter()
            .map(|(title, scores)| {
                let mut own = vec![None; count];
                for (word, score) in scores {
                    own[word] = Some(score);
                }
                Scale { title, scores: own }
            })
            .collect();
        (words, scales)
    }

    /// The table that counts are put into, with the columns that the program fills in.
    fn answer_table(&mut self, block: &Block<RawSurvey>, tables: &[Table]) -> Option<usize> {
        let raw = self.raw;
        let layout = |f: &&Block<RawForm>| f.value.layout.get_ref() == "questionnaire";
        let mut forms = raw.forms.iter().filter(layout);
        let Some(form) = forms.next() else {
            let message = "there is no [[form]] with the layout questionnaire";
            self.wrong(block.file, block.value.groups.span(), message, None);
            return None;
        };
        for other in forms {
            let message = "there is another form of questionnaires already";
            let help = "add its headers, questions and answers to that one";
            let at = other.value.layout.span();
            self.wrong(other.file, at, message, Some(help.to_string()));
        }
        let name = form.value.table.get_ref();
        let table = tables.iter().position(|t| t.name == *name)?;
        let columns: Vec<&str> = tables[table]
            .columns
            .iter()
            .map(|c| c.name.as_str())
            .collect();
        if columns != ANSWER_COLUMNS {
            let message = format!("the table '{name}' of questionnaires has other columns");
            let help = format!("its columns are: {}", ANSWER_COLUMNS.join(", "));
            self.wrong(block.file, block.value.groups.span(), message, Some(help));
        }
        Some(table)
    }

    fn screens(&mut self) -> Vec<Screen> {
        let raw = self.raw;
        let mut out = Vec::new();
        for block in &raw.screens {
            let s = &block.value;
            let notices: Vec<(&str, ())> = SCREENS.iter().map(|n| (*n, ())).collect();
            self.one_of(block.file, &s.notice, "a notice of a screen", &notices);
            let measure = self.one_of(
                block.file,
                &s.measure,
                "a measure",
                &[
                    ("straight", Measure::Straight),
                    ("repeated_pattern", Measure::RepeatedPattern),
                    ("fast", Measure::Fast),
                    ("contradiction", Measure::Contradiction),
                    ("one_device", Measure::OneDevice),
                    ("one_second", Measure::OneSecond),
                    ("schools_even", Measure::SchoolsEven),
                ],
            );
            let Some(measure) = measure else { continue };
            let bound = match measure {
                Measure::SchoolsEven => s.below.is_some() && s.share.is_some(),
                Measure::Fast => s.part_of_median.is_some() && (s.z.is_some() || s.above.is_some()),
                _ => s.z.is_some() || s.above.is_some(),
            };
            if !bound {
                let message = "this screen has no bound";
                let help = "z or above; below and share for schools_even; part_of_median for fast";
                let at = s.measure.span();
                self.wrong(block.file, at, message, Some(help.to_string()));
            }
            let number = |n: &Option<At<f64>>| n.as_ref().map(|n| *n.get_ref());
            out.push(Screen {
                notice: s.notice.get_ref().clone(),
                measure,
                z: number(&s.z),
                above: number(&s.above),
                below: number(&s.below),
                share: number(&s.share),
                part_of_median: number(&s.part_of_median),
                least_count: s
                    .least_count
                    .as_ref()
                    .map_or(0.0, |n| self.unsigned(block.file, n, 1_000_000) as f64),
                least_answers: self.unsigned(block.file, &s.least_answers, 1_000_000) as f64,
                least_counties: s
                    .least_counties
                    .as_ref()
                    .map_or(0, |n| self.unsigned(block.file, n, 10_000)),
            });
        }
        out
    }
}
