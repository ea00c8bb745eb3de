//! Whether enough respondents of the right groups answered, and how many of the questionnaires came back.

use super::rates::{ISSUED, SUMMARY, place};
use super::{CountySurvey, Given, Line, Slice, Source, find, percent};
use crate::finding::{Draft, Finding};
use crate::ingest::cell::Value;
use crate::pipeline::model::{RateKind, Survey};
use crate::text::{fixed, number};

/// The sample of a county beside what is asked of it. Source: the provincial survey plans under 教督〔2012〕3号.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    pub residents: Option<f64>,
    /// max(least, per mille of the residents), whole questionnaires.
    pub needed: Option<f64>,
    pub valid: f64,
    pub parents: Option<f64>,
    /// Questionnaires handed out, where there is such a number: an open link has none, and no return rate.
    pub issued: Option<f64>,
    pub returned: Option<f64>,
    pub excluded: Option<f64>,
    /// Groups (indices) of whom nobody answered; only where groups are told apart.
    pub absent: Vec<usize>,
    /// Those of them that must be asked.
    pub missing: Vec<usize>,
    /// Groups (indices) that are far from an equal part of all but the parents, and that part.
    pub unbalanced: Vec<usize>,
    pub equal_part: Option<f64>,
}

impl Sample {
    /// Percent of the valid that are parents.
    pub fn parents_share(&self) -> Option<f64> {
        percent(self.parents?, self.valid)
    }

    /// Percent of the issued that came back valid.
    pub fn return_rate(&self) -> Option<f64> {
        percent(self.valid, self.issued?)
    }

    /// Valid questionnaires in percent of the residents.
    pub fn coverage(&self) -> Option<f64> {
        percent(self.valid, self.residents?)
    }
}

/// A share that lies below a bound, with as many digits as show it.
fn apart(share: f64, bound: f64) -> String {
    let shown = (1..6).find(|d| crate::text::rounded(share, *d) < bound);
    fixed(share, shown.unwrap_or(6))
}

/// The sample of a county from the source that the evaluation uses.
pub fn sample(
    given: &Given<'_>,
    survey: &Survey,
    county: usize,
    source: Source,
    lines: &[Line],
) -> Sample {
    let listed = &given.dataset.counties[county];
    let of = |group| find(lines, source, Slice::of_group(group)).map(|l| l.valid);
    let valid = of(None).unwrap_or(0.0);
    let residents = listed.resident_population;
    let quota = &survey.quota;
    let needed = residents.map(|r| {
        // 1.5 per mille of 400,000 are 600, not 600.0000000000001.
        let part = crate::text::fifteen_digits(quota.per_mille * r / 1000.0).ceil();
        part.max(quota.least)
    });
    let issued = || {
        let table = given.pipeline.table(SUMMARY)?;
        let column = given.pipeline.tables[table].position(ISSUED)?;
        let mut rows = given.dataset.tables[table].rows.iter();
        let row =
            rows.find(|r| r.county_code == listed.code && r.key == survey.whole && !r.conflict)?;
        row.values[column].as_ref().and_then(Value::number)
    };
    let answers = given.dataset.survey(&listed.code).map(|s| &s.answers);
    let mut out = Sample {
        residents,
        needed,
        valid,
        parents: of(Some(quota.parents)),
        issued: issued(),
        returned: answers.map(|a| a.returned as f64),
        excluded: answers.map(|a| a.excluded_count() as f64),
        ..Sample::default()
    };
    if source == Source::Questionnaires && valid > 0.0 {
        out.parents = Some(out.parents.unwrap_or(0.0));
        let others: Vec<usize> = (0..survey.groups.len())
            .filter(|g| *g != quota.parents)
            .collect();
        let count = |g: usize| of(Some(g)).unwrap_or(0.0);
        out.absent = (0..survey.groups.len())
            .filter(|g| count(*g) == 0.0)
            .collect();
        let asked = quota.groups.iter().copied();
        out.missing = asked.filter(|g| count(*g) == 0.0).collect();
        let present: Vec<usize> = others.into_iter().filter(|g| count(*g) > 0.0).collect();
        let sum: f64 = present.iter().map(|g| count(*g)).sum();
        if present.len() > 1 {
            let part = sum / present.len() as f64;
            out.equal_part = Some(part);
            let far = |g: &usize| (count(*g) / part - 1.0).abs() * 100.0 > quota.balance + 1e-9;
            out.unbalanced = present.into_iter().filter(far).collect();
        }
    }
    out
}

/// What is said about a county's sample.
pub fn findings(given: &Given<'_>, survey: &Survey, own: &CountySurvey) -> Vec<Finding> {
    let county = &given.dataset.counties[own.county];
    let sample = &own.sample;
    let mut out = Vec::new();
    let draft = || Draft {
        county_code: Some(county.code.clone()),
        place: place(given, &county.code),
        ..Draft::default()
    };
    let titles = |groups: &[usize]| {
        let titles: Vec<&str> = groups
            .iter()
            .map(|g| survey.groups[*g].title.as_str())
            .collect();
        titles.join("\u{3001}")
    };
    let mut say = |rule: &str, draft: Draft| out.push(draft.notice(given.pipeline, rule));
    let counted = given.dataset.survey(&county.code);
    let open = own.source == Source::Questionnaires
        && counted.is_some_and(|c| {
            let overall = given.pipeline.forms[c.form].asked.overall();
            let official = c.answers.official(survey, None, overall);
            official.is_none_or(|(_, base)| base <= 0.0)
        });
    if open {
        let lacking: Vec<usize> = sample
            .absent
            .iter()
            .copied()
            .filter(|g| survey.weights[*g] > 0.0)
            .collect();
        let p = given.pipeline;
        let reason = match survey.rate {
            RateKind::FixedWeights => {
                p.phrase("rate_open_groups", &[("groups", &titles(&lacking))])
            }
            RateKind::Score => p.word("rate_open_score").to_string(),
            _ => p.word("rate_open_answers").to_string(),
        };
        say("survey-rate-open", draft().slot("reason", reason));
    }
    if sample.valid <= 0.0 {
        return out;
    }
    if let (Some(needed), Some(residents)) = (sample.needed, sample.residents)
        && sample.valid < needed
    {
        let draft = Draft {
            value: Some(number(sample.valid)),
            expected: Some(number(needed)),
            ..draft()
        };
        say(
            "survey-sample-small",
            draft
                .slot("valid", number(sample.valid))
                .slot("needed", number(needed))
                .slot("residents", number(residents)),
        );
    }
    let least = survey.quota.parents_share;
    if let (Some(parents), Some(share)) = (sample.parents, sample.parents_share())
        && share < least
    {
        say(
            "survey-parents-few",
            draft()
                .slot("parents", number(parents))
                .slot("valid", number(sample.valid))
                .slot("share", apart(share, least))
                .slot("least", number(least)),
        );
    }
    if !sample.missing.is_empty() {
        say(
            "survey-group-missing",
            draft().slot("groups", titles(&sample.missing)),
        );
    }
    if let Some(part) = sample.equal_part.filter(|_| !sample.unbalanced.is_empty()) {
        say(
            "survey-group-unbalanced",
            draft()
                .slot("groups", titles(&sample.unbalanced))
                .slot("expected", number(part.round()))
                .slot("most", number(survey.quota.balance)),
        );
    }
    if let (Some(issued), Some(rate)) = (sample.issued, sample.return_rate()) {
        let draft = draft()
            .slot("valid", number(sample.valid))
            .slot("issued", number(issued));
        if rate < survey.quota.return_share {
            say(
                "survey-return-low",
                draft
                    .slot("share", apart(rate, survey.quota.return_share))
                    .slot("least", number(survey.quota.return_share)),
            );
        } else if rate >= survey.quota.full_return && rate <= 100.0 {
            say("survey-return-full", draft.slot("share", fixed(rate, 2)));
        } else if rate > 100.0 {
            say("survey-return-over", draft);
        }
    }
    out
}
