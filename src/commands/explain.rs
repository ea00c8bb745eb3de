//! `junheng explain`: what an indicator, a criterion, a rule, a parameter or a county column means.

use std::io::Write;

use crate::cli::ExplainArgs;
use crate::error::Error;
use crate::formula::Formula;
use crate::indicators::parts::must;
use crate::pipeline::diagnostic::nearest;
use crate::pipeline::model::{
    Better, Bound, BoundValue, CountyColumn, CountyRef, CountySource, Criterion, Indicator, Limit,
    Notice, Parameter, RuleText, Scope,
};
use crate::pipeline::{self, Pipeline};
use crate::report::formula_words::in_words;
use crate::text::{number, rounded};

/// Prints what stands in the pipeline about one id.
///
/// # Errors
/// [`Error::Usage`] when nothing has the id; the nearest is named.
pub fn explain(args: &ExplainArgs) -> Result<u8, Error> {
    let pipeline = pipeline::load(&args.pipeline)?;
    let Some(lines) = about(&pipeline, &args.id) else {
        return Err(Error::Usage(format!(
            "nothing in {} is called '{}'{}",
            args.pipeline.display(),
            args.id,
            hint(&pipeline, &args.id)
        )));
    };
    // A closed stdout changes nothing.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
    Ok(0)
}

/// The id that may be meant, to end a message with.
pub fn hint(pipeline: &Pipeline, id: &str) -> String {
    let known = ids(pipeline);
    match nearest(id, known.iter().map(String::as_str)) {
        Some(near) => format!("; did you mean '{near}'?"),
        None => String::new(),
    }
}

/// Every id that can be explained.
pub fn ids(pipeline: &Pipeline) -> Vec<String> {
    let mut out: Vec<String> = pipeline.indicators.iter().map(|i| i.id.clone()).collect();
    for criterion in &pipeline.criteria {
        out.push(criterion.id.clone());
    }
    out.extend(pipeline.rule_texts().map(|r| r.id.clone()));
    out.extend(pipeline.notices.keys().cloned());
    out.extend(pipeline.parameters.iter().map(|p| p.name.clone()));
    out.extend(pipeline.county_columns.iter().map(|c| c.name.clone()));
    out
}

/// The explanation of an id, a line each; `None` when nothing has it.
pub fn about(pipeline: &Pipeline, id: &str) -> Option<Vec<String>> {
    let e = Explain { pipeline };
    if let Some(i) = pipeline.indicator(id) {
        return Some(e.indicator(&pipeline.indicators[i]));
    }
    let (whole, item) = id.split_once('.').unwrap_or((id, ""));
    let mut criteria = pipeline.criteria.iter();
    if let Some(c) = criteria.find(|c| c.id == whole && c.has(item)) {
        return Some(e.criterion(c));
    }
    if let Some(rule) = pipeline.rule_texts().find(|r| r.id == id) {
        return Some(e.rule(rule));
    }
    if let Some(notice) = pipeline.notices.get(id) {
        return Some(e.notice(notice));
    }
    if let Some(p) = pipeline.parameters.iter().find(|p| p.name == id) {
        return Some(e.parameter(p));
    }
    let column = pipeline.county_columns.iter().find(|c| c.name == id)?;
    Some(e.county_column(column))
}

struct Explain<'a> {
    pipeline: &'a Pipeline,
}

impl Explain<'_> {
    fn line(&self, key: &str, text: &str) -> String {
        format!("{}: {text}", self.pipeline.word(key))
    }

    fn examples(&self, list: &[String], out: &mut Vec<String>) {
        for example in list {
            out.push(self.line("explain_example", example));
        }
    }

    fn indicator(&self, i: &Indicator) -> Vec<String> {
        let p = self.pipeline;
        let mut out = vec![format!("{} {} {}", i.id, i.line, i.title)];
        out.push(self.line("explain_meaning", &i.why));
        for (s, formula) in i.numerator.iter().enumerate() {
            let Some(formula) = formula else { continue };
            let text = format!(
                "{} = ({}) \u{00D7} {} / {} ({})",
                p.stages[s].title,
                in_words(p, formula, Some(s)),
                number(i.scale),
                in_words(p, &i.denominator, Some(s)),
                i.unit
            );
            out.push(self.line("explain_formula", &text));
            let columns = format!(
                "({}) * {} / ({})",
                formula.text,
                number(i.scale),
                i.denominator.text
            );
            out.push(self.line(
                "explain_columns",
                &columns.split_whitespace().collect::<Vec<_>>().join(" "),
            ));
        }
        for limit in &i.limits {
            out.push(self.line("explain_limit", &self.limit(i, limit)));
        }
        if !i.limits.is_empty() {
            let floor = number(rounded(p.school_rule.floor_ratio * 100.0, 6));
            out.push(self.line("explain_floor", &format!("{floor}%")));
        }
        out.push(self.line("explain_basis", &i.basis));
        self.examples(&i.examples, &mut out);
        out
    }

    fn limit(&self, i: &Indicator, limit: &Limit) -> String {
        let stage = &self.pipeline.stages[limit.stage].title;
        let when = limit
            .when
            .as_ref()
            .map(|w| in_words(self.pipeline, w, Some(limit.stage)));
        let rest = self.conditions(limit.from, limit.until, when, limit.basis.as_ref());
        format!("{stage} {}{}{rest}", number(limit.value), i.unit)
    }

    /// Years, condition and basis of a limit.
    fn conditions(
        &self,
        from: Option<i64>,
        until: Option<i64>,
        when: Option<String>,
        basis: Option<&String>,
    ) -> String {
        let p = self.pipeline;
        let mut parts: Vec<String> = Vec::new();
        parts.extend(from.map(|y| p.phrase("years_from", &[("year", &y.to_string())])));
        parts.extend(until.map(|y| p.phrase("years_until", &[("year", &y.to_string())])));
        parts.extend(when.map(|w| self.line("explain_when", &w)));
        parts.extend(basis.map(|b| self.line("explain_basis", b)));
        if parts.is_empty() {
            String::new()
        } else {
            format!(" [{}]", parts.join(p.word("list_separator")))
        }
    }

    fn bound(&self, bound: &Bound, must: &str, unit: &str) -> String {
        let p = self.pipeline;
        let value = match &bound.value {
            BoundValue::Number(n) => number(*n),
            BoundValue::Formula(f) => in_words(p, f, None),
        };
        let when = bound.when.as_ref().map(|w| in_words(p, w, None));
        let rest = self.conditions(bound.from, bound.until, when, bound.basis.as_ref());
        format!("{must}{value}{unit}{rest}")
    }

    /// Formula, condition and limits of a figure or a check.
    fn judged(
        &self,
        formula: &str,
        when: Option<&Formula>,
        (limits, better, unit): (&[Bound], Better, &str),
        out: &mut Vec<String>,
    ) {
        let p = self.pipeline;
        let mut say = |key: &str, text: &str| out.push(format!("  {}", self.line(key, text)));
        say("explain_formula", formula);
        if let Some(when) = when {
            say("explain_when", &in_words(p, when, None));
        }
        for bound in limits {
            let must = must(p, better, bound.strict);
            say("explain_limit", &self.bound(bound, must, unit));
        }
    }

    fn criterion(&self, c: &Criterion) -> Vec<String> {
        let p = self.pipeline;
        let mut out = vec![format!(
            "{} {}",
            c.id,
            crate::indicators::criterion::named(p, c)
        )];
        out.push(self.line("explain_requirement", &c.text));
        out.push(self.line("explain_meaning", &c.why));
        if c.attested {
            let key = if c.score.is_some() {
                "explain_scored"
            } else {
                "explain_attested"
            };
            out.push(self.line("explain_decided", p.word(key)));
        }
        if c.forbidden.is_some() {
            out.push(self.line("explain_decided", p.word("explain_forbidden")));
        }
        if let Some(points) = c.points {
            out.push(self.line("explain_points", &number(points)));
        }
        for f in &c.figures {
            out.push(format!("- {}.{} {}", c.id, f.id, f.title));
            let top = in_words(p, &f.numerator, None);
            let text = match &f.denominator {
                Some(d) => format!(
                    "({top}) \u{00D7} {} / ({}) ({})",
                    number(f.scale),
                    in_words(p, d, None),
                    f.unit
                ),
                None => format!("{top} ({})", f.unit),
            };
            self.judged(
                &text,
                f.when.as_ref(),
                (&f.limits, f.better, &f.unit),
                &mut out,
            );
            if let Some(source) = f.stated {
                let text = self.source(source);
                out.push(format!("  {}", self.line("head_stated", &text)));
            }
            if let Some(deduct) = f.deduct {
                let text = number(deduct);
                out.push(format!("  {}", self.line("explain_deduct", &text)));
            }
            if let Some(most) = f.most {
                let text = format!("{}{}", number(most), f.unit);
                out.push(format!("  {}", self.line("explain_most", &text)));
            }
            self.indented(&f.examples, &mut out);
        }
        for k in &c.checks {
            out.push(format!("- {}.{} {}", c.id, k.id, k.title));
            let text = in_words(p, &k.value, None);
            self.judged(
                &text,
                k.when.as_ref(),
                (&k.limits, k.better, &k.unit),
                &mut out,
            );
            self.indented(&k.examples, &mut out);
        }
        out.push(self.line("explain_basis", &c.basis));
        out
    }

    /// Where a county gives a figure.
    fn source(&self, source: CountyRef) -> String {
        let p = self.pipeline;
        match source {
            CountyRef::Stated { table, column } => {
                let table = &p.tables[table];
                let title = &table.columns[column].title;
                format!("{}\u{201C}{title}\u{201D}", table.title)
            }
            CountyRef::Computed(i) => p.county_columns[i].title.clone(),
        }
    }

    fn indented(&self, list: &[String], out: &mut Vec<String>) {
        let from = out.len();
        self.examples(list, out);
        for line in &mut out[from..] {
            line.insert_str(0, "  ");
        }
    }

    fn rule(&self, r: &RuleText) -> Vec<String> {
        let mut out = vec![format!("{} {}", r.id, r.title)];
        out.push(self.severity(r.severity));
        out.push(self.line("explain_meaning", &r.why));
        let condition = r.condition.split_whitespace().collect::<Vec<_>>().join(" ");
        out.push(self.line("explain_rule", &condition));
        out.push(self.line("explain_message", &template(&r.message)));
        out.push(self.line("explain_remedy", &r.remedy));
        out.push(self.line("explain_basis", &r.basis));
        self.examples(&r.examples, &mut out);
        out
    }

    fn severity(&self, severity: crate::finding::Severity) -> String {
        let key = format!("severity_{}", severity.word());
        self.line("explain_severity", self.pipeline.word(&key))
    }

    fn notice(&self, n: &Notice) -> Vec<String> {
        vec![
            format!("{} {}", n.id, n.title),
            self.severity(n.severity),
            self.line("explain_meaning", &n.why),
            self.line("explain_message", &template(&n.message)),
            self.line("explain_remedy", &n.remedy),
        ]
    }

    fn parameter(&self, p: &Parameter) -> Vec<String> {
        let mut out = vec![format!("{} {}", p.name, p.title)];
        out.push(self.line("explain_value", &p.value.shown()));
        if !p.options.is_empty() {
            out.push(self.line("explain_options", &p.options.join(", ")));
        }
        out.push(self.line("explain_meaning", &p.why));
        out.push(self.line("explain_basis", &p.basis));
        out
    }

    fn county_column(&self, c: &CountyColumn) -> Vec<String> {
        let p = self.pipeline;
        let source = match &c.source {
            CountySource::First(refs) => {
                let titles: Vec<String> = refs.iter().map(|r| self.source(*r)).collect();
                p.phrase("explain_first", &[("sources", &titles.join(" > "))])
            }
            CountySource::Sum { of, sum, filter } => {
                let rows = match of {
                    Scope::Unit => p.word("explain_units").to_string(),
                    Scope::Table(t) => p.tables[*t].title.clone(),
                };
                let filter = filter.as_ref().map_or(String::new(), |f| {
                    format!(" [{}]", self.line("explain_when", &in_words(p, f, None)))
                });
                format!("\u{03A3} {rows}: {}{filter}", in_words(p, sum, None))
            }
            CountySource::Formula(f) => in_words(p, f, None),
        };
        vec![
            format!("{} {}", c.name, c.title),
            self.line("explain_formula", &source),
        ]
    }
}

/// A message with its slots as they are written.
fn template(message: &crate::pipeline::template::Template) -> String {
    message.fill(|slot| format!("{{{slot}}}"))
}
