//! `junheng check`: a county looks at its own files before it submits them. The same findings as in a run, in the words of
//! the pipeline, what must be done first at the top; nothing is published.

use std::io::Write;

use super::compute::{self, Request, Timings};
use crate::cli::{CheckArgs, InputArgs};
use crate::dataset::asked_county;
use crate::error::Error;
use crate::finding::{Finding, Severity};
use crate::ingest::NoMemory;
use crate::ingest::Status;
use crate::ingest::submission::{self, CountyName};
use crate::pipeline::Pipeline;
use crate::results::Results;

/// Findings of one rule that are shown without `--all`.
const SHOWN: usize = 10;

/// Reads the files, computes, and prints the findings about them.
///
/// # Errors
/// When a file does not exist or the pipeline is wrong.
pub fn check(args: &CheckArgs) -> Result<u8, Error> {
    let input = InputArgs {
        input: None,
        period: args.period,
        counties: args.counties.clone(),
    };
    let request = compute::request(&args.pipeline, &input, &[])?;
    let pipeline = &request.pipeline;
    let county = county(&request, args)?;
    let digits = pipeline.settings.county_digits;
    let listing = submission::given(&args.files, county.as_ref(), digits, &pipeline.limits)?;
    let mut files = compute::read_all(pipeline, &listing, &NoMemory);
    // Rows of which nothing says the county are of the one whose clerk is asking.
    for file in &mut files {
        if file.submission.folder.is_none() && file.named.is_none() {
            file.named = Some(CountyName {
                code: "0".repeat(digits),
                name: pipeline.word("check_county").to_string(),
            });
        }
    }
    let mut results = compute::results(&request, &files, &mut Timings::default())?;
    crate::followup::follow(pipeline, &mut results, None, &[], request.period);
    // Of single files nobody knows what else the county sends.
    let whole = args.files.iter().any(|f| f.is_dir());
    let about: Vec<&Finding> = results
        .findings
        .iter()
        .filter(|f| whole || !of_county(pipeline, f))
        .filter(|f| {
            f.place.file.is_some()
                || f.county_code
                    .as_ref()
                    .and_then(|code| results.dataset.county(code))
                    .is_some_and(|county| county.received)
        })
        .collect();
    // A closed stdout changes nothing.
    let _ = print(pipeline, &results, &listing, &about, args.all);
    Ok(u8::from(
        about.iter().any(|f| f.severity == Severity::Error),
    ))
}

/// The county that the files are of, as far as the command line says.
fn county(request: &Request, args: &CheckArgs) -> Result<Option<CountyName>, Error> {
    let Some(code) = &args.county else {
        return Ok(None);
    };
    let county = asked_county(&request.counties, code, &request.counties_path)?;
    Ok(Some(CountyName {
        code: county.code.clone(),
        name: county.name.clone(),
    }))
}

/// Whether a finding is about all that a county sends, not about what stands in a file.
fn of_county(pipeline: &Pipeline, finding: &Finding) -> bool {
    pipeline
        .notices
        .get(&finding.rule)
        .is_some_and(|n| n.of_county)
}

/// The groups of findings: what others follow from comes first.
fn group(pipeline: &Pipeline, finding: &Finding) -> usize {
    let notice = pipeline.notices.get(&finding.rule);
    match (finding.severity, notice.map(|n| n.level)) {
        (Severity::Error, Some(0)) => 0,
        (Severity::Error, Some(1)) => 1,
        (Severity::Error, _) => 2,
        (Severity::Query, _) => 3,
        (Severity::Info, _) => 4,
    }
}

const GROUPS: [&str; 5] = [
    "check_first",
    "check_cells",
    "check_contradictions",
    "check_queries",
    "check_infos",
];

fn print(
    pipeline: &Pipeline,
    results: &Results,
    listing: &submission::Listing,
    findings: &[&Finding],
    all: bool,
) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for file in results.files() {
        let forms = if file.forms.is_empty() {
            pipeline.word("nothing").to_string()
        } else {
            file.forms.join("\u{3001}")
        };
        let key = match file.status {
            Status::Accepted => "check_file",
            Status::Replaced => "check_file_replaced",
            Status::Rejected => "check_file_rejected",
        };
        let rows = file.rows.to_string();
        let slots = [
            ("file", file.path.as_str()),
            ("forms", &forms),
            ("rows", &rows),
        ];
        writeln!(out, "{}", pipeline.phrase(key, &slots))?;
    }
    for skipped in &listing.skipped {
        let slots = [("file", skipped.path.as_str()), ("rule", skipped.rule)];
        writeln!(out, "{}", pipeline.phrase("check_file_skipped", &slots))?;
    }
    for (g, key) in GROUPS.iter().enumerate() {
        let own: Vec<&&Finding> = findings
            .iter()
            .filter(|f| group(pipeline, f) == g)
            .collect();
        if own.is_empty() {
            continue;
        }
        let count = own.len().to_string();
        writeln!(out, "\n{}", pipeline.phrase(key, &[("count", &count)]))?;
        let mut rules: Vec<&str> = Vec::new();
        for finding in &own {
            if !rules.contains(&finding.rule.as_str()) {
                rules.push(&finding.rule);
            }
        }
        for rule in rules {
            let of_rule: Vec<&&&Finding> = own.iter().filter(|f| f.rule == rule).collect();
            print_rule(pipeline, &mut out, rule, &of_rule, all)?;
        }
    }
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let counts = [Severity::Error, Severity::Query, Severity::Info].map(|s| count(s).to_string());
    let [errors, queries, infos] = &counts;
    let slots = [
        ("errors", errors.as_str()),
        ("queries", queries),
        ("infos", infos),
    ];
    let key = match (errors.as_str(), queries.as_str()) {
        ("0", "0") => "check_clean",
        ("0", _) => "check_no_errors",
        _ => "check_errors",
    };
    writeln!(out, "\n{}", pipeline.phrase(key, &slots))
}

fn print_rule(
    pipeline: &Pipeline,
    out: &mut impl Write,
    rule: &str,
    findings: &[&&&Finding],
    all: bool,
) -> std::io::Result<()> {
    let title = pipeline.rule(rule).map_or(rule, |r| r.title);
    let count = findings.len().to_string();
    let slots = [("rule", title), ("count", count.as_str())];
    writeln!(out, "  {}", pipeline.phrase("check_rule", &slots))?;
    let most = if all { usize::MAX } else { SHOWN };
    for finding in findings.iter().take(most) {
        let place = &finding.place;
        let parts = [&place.file, &place.sheet, &place.cell];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        if parts.is_empty() {
            writeln!(out, "    {}", finding.message)?;
        } else {
            writeln!(out, "    [{}] {}", parts.join("!"), finding.message)?;
        }
    }
    if findings.len() > most {
        let more = (findings.len() - most).to_string();
        writeln!(
            out,
            "    {}",
            pipeline.phrase("check_more", &[("count", &more)])
        )?;
    }
    if let Some(first) = findings.first() {
        let slots = [("remedy", first.remedy.as_str())];
        writeln!(out, "    {}", pipeline.phrase("check_remedy", &slots))?;
    }
    Ok(())
}
