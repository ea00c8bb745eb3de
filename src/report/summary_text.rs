//! The run in one paragraph, for a mail: who has sent, what was found, how the counties stand, what is to be done. No time and
//! no path in it: the same run has the same text.

use super::Context;
use crate::finding::{Severity, State};
use crate::indicators::Verdict;
use crate::ingest::Status;

/// Counties that have sent nothing are named, so many at most.
const NAMED: usize = 5;

/// Between names.
const AND: &str = "\u{3001}";

/// The paragraph, as one line.
pub fn text(context: &Context<'_>) -> String {
    let sentences = [
        counties(context),
        files(context),
        findings(context),
        verdicts(context),
        to_do(context),
    ];
    format!("{}\n", sentences.concat())
}

/// Fills a phrase with counts and texts.
fn phrase(context: &Context<'_>, key: &str, slots: &[(&str, &dyn ToString)]) -> String {
    let texts: Vec<(&str, String)> = slots.iter().map(|(k, v)| (*k, v.to_string())).collect();
    let slots: Vec<(&str, &str)> = texts.iter().map(|(k, v)| (*k, v.as_str())).collect();
    context.pipeline.phrase(key, &slots)
}

fn counties(context: &Context<'_>) -> String {
    let all = &context.results.dataset.counties;
    let missing: Vec<&str> = all
        .iter()
        .filter(|c| !c.received)
        .map(|c| c.name.as_str())
        .collect();
    let names = missing[..missing.len().min(NAMED)].join(AND);
    let missing_text = match missing.len() {
        0 => context.word("summary_none_missing"),
        n if n > NAMED => phrase(
            context,
            "summary_many_missing",
            &[("names", &names), ("count", &n)],
        ),
        n => phrase(
            context,
            "summary_missing",
            &[("names", &names), ("count", &n)],
        ),
    };
    let slots: [(&str, &dyn ToString); 5] = [
        ("title", &context.pipeline.title),
        ("period", &context.period),
        ("counties", &all.len()),
        ("received", &(all.len() - missing.len())),
        ("missing", &missing_text),
    ];
    phrase(context, "summary_counties", &slots)
}

fn files(context: &Context<'_>) -> String {
    let files = context.results.files();
    let count = |s: Status| files.iter().filter(|f| f.status == s).count();
    let slots: [(&str, &dyn ToString); 4] = [
        ("files", &files.len()),
        ("accepted", &count(Status::Accepted)),
        ("replaced", &count(Status::Replaced)),
        ("rejected", &count(Status::Rejected)),
    ];
    phrase(context, "summary_files", &slots)
}

fn findings(context: &Context<'_>) -> String {
    let r = context.results;
    let (errors, queries) = (r.count(Severity::Error), r.count(Severity::Query));
    let found = phrase(
        context,
        "summary_findings",
        &[("errors", &errors), ("queries", &queries)],
    );
    if r.followed.base.is_none() {
        return found + &context.word("summary_no_base");
    }
    let slots: [(&str, &dyn ToString); 5] = [
        ("new", &r.count_state(State::New)),
        ("open", &r.count_state(State::Open)),
        ("fixed", &r.followed.fixed_since),
        ("explained", &r.count_state(State::Explained)),
        ("recurred", &r.count_state(State::Recurred)),
    ];
    found + &phrase(context, "summary_states", &slots)
}

fn verdicts(context: &Context<'_>) -> String {
    let p = context.pipeline;
    let count = |key: &str, name: String, part| {
        let count = |verdict| context.results.verdict_count(part, verdict);
        let slots: [(&str, &dyn ToString); 4] = [
            ("part", &name),
            ("met", &count(Verdict::Met)),
            ("not_met", &count(Verdict::NotMet)),
            ("incomplete", &count(Verdict::Incomplete)),
        ];
        phrase(context, key, &slots)
    };
    let mut parts = p.all_parts();
    let overall = parts.pop();
    let whole = overall.map(|part| count("summary_overall", p.part_title(part).to_string(), part));
    let each: Vec<String> = parts
        .into_iter()
        .map(|part| count("summary_part", p.part_title(part).to_string(), part))
        .collect();
    let slots: [(&str, &dyn ToString); 2] = [
        ("overall", &whole.unwrap_or_default()),
        ("parts", &each.join(AND)),
    ];
    phrase(context, "summary_verdicts", &slots)
}

fn to_do(context: &Context<'_>) -> String {
    let r = context.results;
    let by_county = r.by_county();
    let open = |code: &str| {
        let states = [State::New, State::Open, State::Recurred];
        states.iter().any(|s| by_county.count_state(code, *s) > 0)
    };
    let counties = r.dataset.counties.iter();
    let mut out = match counties.filter(|c| open(&c.code)).count() {
        0 => context.word("summary_nothing_to_do"),
        n => phrase(
            context,
            "summary_to_do",
            &[("folder", &context.word("folder_returned")), ("count", &n)],
        ),
    };
    if let Some(due) = &context.due {
        let key = match due.passed {
            true => "summary_due_passed",
            false => "summary_due",
        };
        out += &phrase(context, key, &[("date", &due.date)]);
    }
    out
}
