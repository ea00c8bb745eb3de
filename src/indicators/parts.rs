//! The verdict on the parts that are made of criteria, and on a county as a whole.

use super::check::CheckedRow;
use super::criterion::{CriterionResult, fraction, of_county};
use super::figure::{Basis, FigureResult, Threshold};
use super::flips::{self, Flip, near};
use super::verdict::{CountyVerdict, Given, unit_name};
use super::{Verdict, all};
use crate::formula::lower::at_least;
use crate::ingest::cell::text_of;
use crate::pipeline::Pipeline;
use crate::pipeline::model::{Better, Criterion, Figure, Part, PartRule, SchoolCheck, Scope};
use crate::text::{fixed, number, rounded};

/// Most schools that one reason names.
const NAMED: usize = 5;

/// The verdicts on a county's parts made of criteria, in the order of the pipeline. `held`: why they cannot be given.
pub fn verdicts(
    given: &Given<'_>,
    criteria: &[CriterionResult],
    county: usize,
    held: &[String],
) -> Vec<CountyVerdict> {
    let own = of_county(given.pipeline, criteria, county);
    let received = given.dataset.counties[county].received;
    given
        .pipeline
        .parts
        .iter()
        .map(|rule| {
            let code = &given.dataset.counties[county].code;
            if !received {
                return nothing(rule, code, held);
            }
            let of_part: Vec<&CriterionResult> = own
                .iter()
                .filter(|r| given.pipeline.criteria[r.criterion].part == rule.part)
                .collect();
            part(given, rule, code, &of_part, held)
        })
        .collect()
}

/// The verdict on a part of a county that sent nothing.
fn nothing(rule: &PartRule, county: &str, held: &[String]) -> CountyVerdict {
    CountyVerdict {
        county_code: county.to_string(),
        part: rule.part,
        verdict: Verdict::Incomplete,
        reasons: held.to_vec(),
        margin: None,
        flips: Vec::new(),
    }
}

/// The verdict on a part, from the results of its criteria, and the points reached in a part that is scored.
pub fn verdict_and_points<'a>(
    rule: &PartRule,
    results: impl Iterator<Item = &'a CriterionResult> + Clone,
    held: bool,
) -> (Verdict, Option<f64>) {
    let points: Option<f64> = rule
        .least
        .and_then(|_| results.clone().map(|r| r.points).sum());
    let verdict = match rule.least {
        _ if held => Verdict::Incomplete,
        None => all(results.map(|r| r.verdict)),
        Some(least) => match points {
            Some(points) if at_least(points, least) => Verdict::Met,
            Some(_) => Verdict::NotMet,
            None => Verdict::Incomplete,
        },
    };
    (verdict, points)
}

fn part(
    given: &Given<'_>,
    rule: &PartRule,
    county: &str,
    results: &[&CriterionResult],
    held: &[String],
) -> CountyVerdict {
    let pipeline = given.pipeline;
    let mut reasons: Vec<String> = held.to_vec();
    let count = |v: Verdict| {
        let of = results.iter().filter(|r| r.verdict == v);
        of.count().to_string()
    };
    reasons.push(pipeline.phrase(
        "reason_criteria",
        &[
            ("criteria", &results.len().to_string()),
            ("met", &count(Verdict::Met)),
            ("not_met", &count(Verdict::NotMet)),
            ("incomplete", &count(Verdict::Incomplete)),
        ],
    ));
    let (verdict, points) = verdict_and_points(rule, results.iter().copied(), !held.is_empty());
    if let Some(least) = rule.least {
        let reached: f64 = results.iter().filter_map(|r| r.points).sum();
        let slots = [("points", fixed(reached, 1)), ("least", number(least))];
        let key = if points.is_some() {
            "reason_points"
        } else {
            "reason_points_so_far"
        };
        let slots: Vec<(&str, &str)> = slots.iter().map(|(k, v)| (*k, v.as_str())).collect();
        reasons.push(pipeline.phrase(key, &slots));
    }
    let mut obstacles = Vec::new();
    let mut nearest: Vec<Flip> = Vec::new();
    for result in results {
        let criterion = &pipeline.criteria[result.criterion];
        let about = About {
            given,
            criterion,
            result,
        };
        if result.verdict != Verdict::Met {
            reasons.push(about.reason());
        }
        reasons.extend(about.printed());
        obstacles.extend(about.obstacles(rule));
        nearest.extend(about.nearest());
    }
    let margin = match (verdict, rule.least, points) {
        (Verdict::Incomplete, ..) => None,
        (_, Some(least), Some(points)) => Some(points - least),
        (Verdict::Met, ..) => nearest.iter().map(|n| n.gap).min_by(f64::total_cmp),
        _ => obstacles
            .iter()
            .filter(|o| o.relative)
            .map(|o| -o.gap)
            .min_by(f64::total_cmp),
    };
    let flips = if verdict == Verdict::Met {
        flips::sorted(nearest).into_iter().take(1).collect()
    } else {
        flips::sorted(obstacles)
    };
    CountyVerdict {
        county_code: county.to_string(),
        part: rule.part,
        verdict,
        reasons,
        margin,
        flips,
    }
}

/// The verdict on a county as a whole, from those on its parts.
pub fn overall(pipeline: &Pipeline, county: &str, parts: &[CountyVerdict]) -> CountyVerdict {
    let verdict = all(parts.iter().map(|p| p.verdict));
    let reasons = parts
        .iter()
        .map(|p| {
            let slots = [
                ("part", pipeline.part_title(p.part)),
                ("verdict", pipeline.word(p.verdict.key())),
            ];
            pipeline.phrase("reason_part", &slots)
        })
        .collect();
    let of_parts = parts
        .iter()
        .filter(|p| verdict == Verdict::Met || p.verdict != Verdict::Met);
    let mut flips: Vec<Flip> = Vec::new();
    for p in of_parts {
        let title = pipeline.part_title(p.part);
        flips.extend(p.flips.iter().map(|f| Flip {
            gap: f.gap,
            relative: f.relative,
            text: pipeline.phrase("flip_of_part", &[("part", title), ("text", &f.text)]),
        }));
    }
    let mut flips = flips::sorted(flips);
    if verdict == Verdict::Met {
        flips.truncate(1);
    }
    CountyVerdict {
        county_code: county.to_string(),
        part: Part::Overall,
        verdict,
        reasons,
        margin: None,
        flips,
    }
}

/// One criterion of one county, for sentences.
struct About<'a> {
    given: &'a Given<'a>,
    criterion: &'a Criterion,
    result: &'a CriterionResult,
}

impl About<'_> {
    fn pipeline(&self) -> &Pipeline {
        self.given.pipeline
    }

    fn head(&self) -> [(&str, String); 2] {
        [
            ("number", self.criterion.number.to_string()),
            ("title", self.criterion.title.clone()),
        ]
    }

    fn phrase(&self, key: &str, details: &str) -> String {
        let [(n, number), (t, title)] = self.head();
        self.pipeline()
            .phrase(key, &[(n, &number), (t, &title), ("details", details)])
    }

    /// Why the criterion is not met, or what is missing.
    fn reason(&self) -> String {
        let p = self.pipeline();
        let mut details: Vec<String> = Vec::new();
        let key = if self.result.verdict == Verdict::Incomplete {
            "reason_criterion_incomplete"
        } else {
            "reason_criterion_not_met"
        };
        for (f, r) in self.criterion.figures.iter().zip(&self.result.figures) {
            match r.verdict {
                Some(Verdict::NotMet) => details.push(figure_text(p, f, r)),
                Some(Verdict::Incomplete) => {
                    details.push(p.phrase("detail_missing", &[("what", &f.title)]));
                }
                _ => {}
            }
        }
        for (k, r) in self.criterion.checks.iter().zip(&self.result.checks) {
            let broken: Vec<&CheckedRow> = r.broken().collect();
            if !broken.is_empty() || r.verdict == Some(Verdict::NotMet) {
                let total = r
                    .failing
                    .unwrap_or_else(|| broken.iter().filter_map(|b| b.weight).sum());
                let mut schools: Vec<String> = broken
                    .iter()
                    .take(NAMED)
                    .map(|b| self.row_text(k, b))
                    .collect();
                if broken.len() > NAMED {
                    schools.push("\u{2026}".to_string());
                }
                if r.basis == Some(Basis::Stated) {
                    schools.push(p.word("basis_stated").to_string());
                }
                let list = schools.join("\u{3001}");
                let slots = [
                    ("what", k.title.as_str()),
                    ("count", &number(total)),
                    ("schools", &list),
                ];
                details.push(p.phrase("detail_schools", &slots));
            }
            let unknown: Vec<String> = r
                .unknown()
                .take(NAMED)
                .map(|u| row_name(self.given, k.of, u.row))
                .collect();
            if r.verdict == Some(Verdict::Incomplete) {
                let count = r.unknown().count();
                let what = if unknown.is_empty() {
                    p.phrase("detail_missing", &[("what", &k.title)])
                } else {
                    let mut list = unknown.join("\u{3001}");
                    if count > NAMED {
                        list.push('\u{2026}');
                    }
                    let slots = [
                        ("what", k.title.as_str()),
                        ("count", &count.to_string()),
                        ("schools", &list),
                    ];
                    p.phrase("detail_schools_missing", &slots)
                };
                details.push(what);
            }
        }
        if details.is_empty() {
            details.push(p.word(self.own_word()).to_string());
        }
        self.phrase(key, &details.join(p.word("list_separator")))
    }

    /// The key of what there is to say where no figure and no school speaks.
    fn own_word(&self) -> &'static str {
        let c = self.criterion;
        match self.result.verdict {
            Verdict::Incomplete if c.forbidden.is_some() => "detail_no_answer",
            Verdict::Incomplete if !c.attested => "detail_no_figure",
            Verdict::Incomplete if self.result.claim == Some(true) => "detail_no_reference",
            Verdict::Incomplete => "detail_no_claim",
            _ if c.forbidden.is_some() => "detail_forbidden",
            _ => "detail_own_word",
        }
    }

    /// Where printed digits would give another verdict.
    fn printed(&self) -> Vec<String> {
        let p = self.pipeline();
        let mut out = Vec::new();
        for (f, r) in self.criterion.figures.iter().zip(&self.result.figures) {
            if let Some(printed) = printed_differs(f, r) {
                let whole = number(r.value.unwrap_or_default());
                let [(n, num), (t, title)] = self.head();
                let slots = [
                    (n, num.as_str()),
                    (t, title.as_str()),
                    ("figure", f.title.as_str()),
                    ("value", &whole),
                    ("printed", &printed),
                ];
                out.push(p.phrase("reason_figure_printed", &slots));
            }
        }
        out
    }

    fn row_text(&self, k: &SchoolCheck, row: &CheckedRow) -> String {
        let p = self.pipeline();
        let name = row_name(self.given, k.of, row.row);
        let (Some(value), Some(limit)) = (row.value, row.limit) else {
            return name;
        };
        let must = must(p, k.better, limit.strict);
        p.phrase(
            "detail_row",
            &[
                ("name", &name),
                ("value", &fixed(value, k.digits)),
                ("unit", &k.unit),
                ("must", must),
                ("limit", &number(rounded(limit.value, k.digits.max(2)))),
            ],
        )
    }

    /// What of the criterion stands between the county and the verdict.
    fn obstacles(&self, rule: &PartRule) -> Vec<Flip> {
        let p = self.pipeline();
        let mut out = Vec::new();
        let flip = |gap: f64, text: String| Flip {
            gap,
            relative: gap.is_finite(),
            text: self.phrase("flip_criterion", &text),
        };
        if self.result.verdict == Verdict::Met {
            return out;
        }
        for (f, r) in self.criterion.figures.iter().zip(&self.result.figures) {
            match (r.verdict, r.value, r.limit) {
                (Some(Verdict::NotMet), Some(value), Some(limit)) => {
                    let lacking = lacking(f, r, limit).map_or(String::new(), |l| {
                        p.phrase("flip_lacking", &[("lacking", &l)])
                    });
                    let text = format!("{}{lacking}", figure_text(p, f, r));
                    out.push(flip(-limit.slack(value, f.better), text));
                }
                (Some(Verdict::Incomplete), ..) => {
                    let text = p.phrase("detail_missing", &[("what", &f.title)]);
                    out.push(flip(f64::INFINITY, text));
                }
                _ => {}
            }
        }
        for (k, r) in self.criterion.checks.iter().zip(&self.result.checks) {
            for row in r.broken() {
                if let (Some(value), Some(limit)) = (row.value, row.limit) {
                    let mut text = self.row_text(k, row);
                    if self.criterion.checks.len() > 1 {
                        let slots = [("what", k.title.as_str()), ("row", &text)];
                        text = p.phrase("flip_check", &slots);
                    }
                    out.push(Flip {
                        relative: limit.value != 0.0,
                        ..flip(-limit.slack(value, k.better), text)
                    });
                }
            }
            if r.verdict == Some(Verdict::Incomplete) {
                let text = p.phrase("detail_missing", &[("what", &k.title)]);
                out.push(flip(f64::INFINITY, text));
            }
            if r.basis == Some(Basis::Stated) && r.verdict == Some(Verdict::NotMet) {
                let count = number(r.failing.unwrap_or_default());
                let stated = p.word("basis_stated");
                let slots = [
                    ("what", k.title.as_str()),
                    ("count", &count),
                    ("schools", stated),
                ];
                out.push(flip(f64::INFINITY, p.phrase("detail_schools", &slots)));
            }
        }
        if out.is_empty() {
            let key = self.own_word();
            let lost = self.criterion.points.zip(self.result.points).map_or(
                f64::INFINITY,
                |(most, reached)| {
                    rule.least
                        .map_or(f64::INFINITY, |least| (most - reached) / least)
                },
            );
            out.push(flip(lost, p.word(key).to_string()));
        }
        out
    }

    /// The figures and schools of a met criterion, by how near they are to failing.
    fn nearest(&self) -> Vec<Flip> {
        let p = self.pipeline();
        let mut out = Vec::new();
        for (f, r) in self.criterion.figures.iter().zip(&self.result.figures) {
            if let (Some(Verdict::Met), Some(value), Some(limit)) = (r.verdict, r.value, r.limit) {
                out.push(near(p, &f.title, limit.slack(value, f.better)));
            }
        }
        for (k, r) in self.criterion.checks.iter().zip(&self.result.checks) {
            if let Some((row, slack)) = r.nearest {
                let name = format!("{}({})", row_name(self.given, k.of, row), k.title);
                out.push(near(p, &name, slack));
            }
        }
        out
    }
}

/// The word for what a value must be beside its limit.
pub fn must(pipeline: &Pipeline, better: Better, strict: bool) -> &str {
    pipeline.word(match (better, strict) {
        (Better::Higher, false) => "must_least",
        (Better::Higher, true) => "must_above",
        (Better::Lower, false) => "must_most",
        (Better::Lower, true) => "must_below",
    })
}

/// A limit as people read it, with what a value must be beside it.
pub fn requirement(pipeline: &Pipeline, better: Better, limit: Threshold, unit: &str) -> String {
    let must = must(pipeline, better, limit.strict);
    format!("{must}{}{unit}", number(limit.value))
}

/// A figure with its fraction and its limit as a sentence.
fn figure_text(p: &Pipeline, f: &Figure, r: &FigureResult) -> String {
    let (Some(value), Some(limit)) = (r.value, r.limit) else {
        return f.title.clone();
    };
    let mut shown = fixed(value, f.digits);
    if printed_differs(f, r).is_some() {
        shown = number(value);
    }
    let fraction = fraction(p, r).unwrap_or_default();
    let must = must(p, f.better, limit.strict);
    let slots = [
        ("title", f.title.as_str()),
        ("value", &shown),
        ("unit", &f.unit),
        ("fraction", &fraction),
        ("must", must),
        ("limit", &number(limit.value)),
    ];
    p.phrase("detail_figure", &slots)
}

/// The value as printed, where by it the verdict would be another.
pub fn printed_differs(f: &Figure, r: &FigureResult) -> Option<String> {
    let (value, limit) = (r.value?, r.limit?);
    r.verdict?;
    let printed = rounded(value, f.digits);
    (limit.met(value, f.better) != limit.met(printed, f.better)).then(|| fixed(value, f.digits))
}

/// What is lacking in the numerator; whole where the figures are.
fn lacking(f: &Figure, r: &FigureResult, limit: Threshold) -> Option<String> {
    let (n, d) = (r.numerator?, r.denominator?);
    if f.better != Better::Higher {
        return None;
    }
    let gap = limit.value * d / f.scale - n;
    let whole = n.fract() == 0.0 && d.fract() == 0.0;
    Some(if whole {
        // 8.7 people are 9; binary residue does not count.
        number((gap - 1e-9 * d).ceil())
    } else {
        fixed(gap, 2)
    })
}

/// The name of a row that a check looks at.
pub fn row_name(given: &Given<'_>, of: Scope, row: usize) -> String {
    match of {
        Scope::Unit => unit_name(given.pipeline, given.dataset, given.units, row),
        Scope::Table(t) => {
            let row = &given.dataset.tables[t].rows[row];
            let name = text_of(&given.pipeline.tables[t], &row.values, "school_name");
            name.unwrap_or_else(|| row.key.clone())
        }
    }
}
