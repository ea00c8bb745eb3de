//! Sheet 说明 of 排名总表: method, limits, legal basis, run id and input hashes.

use super::Context;
use super::book::{Cell, Head, Sheet};
use super::formula_words::in_words;
use crate::text::{fixed, number, rounded};

pub(super) fn method(context: &Context<'_>) -> Sheet {
    let p = context.pipeline;
    let w = |key: &str| context.word(key);
    let columns = vec![
        Head::new(w("head_item")).wide(30),
        Head::new(w("head_content")).wide(110),
    ];
    let mut s = context.sheet("sheet_method", columns, 0);
    let mut line = |item: String, content: String| {
        s.rows.push(vec![Cell::text(item), Cell::text(content)]);
    };
    line(w("method_basis"), p.basis.clone());
    line(w("method_run"), context.run_id.to_string());
    line(w("method_period"), context.period.to_string());
    line(w("method_pipeline"), format!("{} {}", p.id, p.hash));
    line(
        w("method_program"),
        format!("junheng {}", env!("CARGO_PKG_VERSION")),
    );
    line(w("method_scope"), scope_text(context));
    line(w("method_split"), split_text(context));
    line(
        w("method_school_rule"),
        p.phrase(
            "method_school_rule_text",
            &[
                ("least", &p.school_rule.least_met.to_string()),
                (
                    "floor",
                    &number(rounded(p.school_rule.floor_ratio * 100.0, 6)),
                ),
                ("basis", &p.school_rule.basis),
            ],
        ),
    );
    line(w("method_cv"), w("method_cv_text"));
    for limit in &p.balance_limits {
        line(
            p.phrase(
                "method_cv_limit",
                &[("stage", &p.stages[limit.stage].title)],
            ),
            format!("\u{2264} {} ({})", fixed(limit.value, 2), limit.basis),
        );
    }
    for indicator in &p.indicators {
        let limits: Vec<String> = p
            .evaluated_stages()
            .filter_map(|s| {
                let limit = indicator.limit(s, context.period)?;
                let basis = limit
                    .basis
                    .as_ref()
                    .map_or(String::new(), |b| format!(" ({b})"));
                Some(format!(
                    "{} {}{}{basis}",
                    p.stages[s].title,
                    number(limit.value),
                    indicator.unit
                ))
            })
            .collect();
        let formulas: Vec<String> = indicator
            .numerator
            .iter()
            .enumerate()
            .filter_map(|(s, f)| {
                let f = f.as_ref()?;
                Some(format!(
                    "{}: ({}) \u{00D7} {} / {}",
                    p.stages[s].title,
                    in_words(p, f, Some(s)),
                    number(indicator.scale),
                    in_words(p, &indicator.denominator, Some(s))
                ))
            })
            .collect();
        let mut content = vec![indicator.why.clone()];
        content.extend(formulas);
        if !limits.is_empty() {
            content.push(format!(
                "{}{}",
                w("note_limits"),
                limits.join(p.word("list_separator"))
            ));
        }
        content.push(format!("{}{}", w("method_source"), indicator.basis));
        line(
            format!("{} {}", indicator.line, indicator.title)
                .trim()
                .to_string(),
            content.join("\n"),
        );
    }
    for parameter in &p.parameters {
        let value = parameter.value.shown();
        let content = [
            format!("{}: {value}", w("explain_value")),
            parameter.why.clone(),
            format!("{}{}", w("method_source"), parameter.basis),
        ];
        line(
            format!("{} {}", w("method_parameter"), parameter.title),
            content.join("\n"),
        );
    }
    for criterion in &p.criteria {
        let mut content = vec![criterion.text.clone(), criterion.why.clone()];
        for f in &criterion.figures {
            let below = f.denominator.as_ref();
            let below = below.map_or(String::new(), |d| format!(" / ({})", in_words(p, d, None)));
            content.push(format!(
                "{} = ({}) \u{00D7} {}{below}",
                f.title,
                in_words(p, &f.numerator, None),
                number(f.scale)
            ));
        }
        content.push(format!("{}{}", w("method_source"), criterion.basis));
        line(
            crate::indicators::criterion::named(p, criterion),
            content.join("\n"),
        );
    }
    if let Some(survey) = &p.survey {
        let words = super::survey_sheets::variant_words(
            context,
            survey,
            crate::indicators::survey::Source::Questionnaires,
        );
        line(
            w("method_survey"),
            format!("{words}\n{}", w("method_survey_text")),
        );
    }
    line(w("method_rounding"), w("method_rounding_text"));
    line(w("method_missing"), w("method_missing_text"));
    for file in context.results.files() {
        let status = w(match file.status {
            crate::ingest::Status::Accepted => "status_accepted",
            crate::ingest::Status::Replaced => "status_replaced",
            crate::ingest::Status::Rejected => "status_rejected",
        });
        line(
            format!("{} {status}", w("method_input")),
            format!("{}\nSHA-256 {}", file.path, file.sha256),
        );
    }
    s
}

fn scope_text(context: &Context<'_>) -> String {
    let p = context.pipeline;
    let mut lines = vec![context.word("method_scope_text")];
    for kind in p.school_types.iter().filter(|t| !t.reason.is_empty()) {
        lines.push(format!("{} {}: {}", kind.code, kind.name, kind.reason));
    }
    lines.join("\n")
}

fn split_text(context: &Context<'_>) -> String {
    let p = context.pipeline;
    let mut lines = vec![context.word("method_split_text")];
    for kind in p
        .school_types
        .iter()
        .filter(|t| t.counts && t.stages.len() > 1)
    {
        let weights: Vec<String> = kind
            .stages
            .iter()
            .map(|s| format!("{} {}", p.stages[*s].title, number(kind.weights[*s])))
            .collect();
        lines.push(format!(
            "{} {}: {}",
            kind.code,
            kind.name,
            weights.join(" : ")
        ));
    }
    lines.join("\n")
}
