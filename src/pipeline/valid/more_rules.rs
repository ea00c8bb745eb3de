//! Rules of the kinds that share one shape: which keys belong to which kind, and what they come to.

use super::{Schema, Valid, table_schema};
use crate::formula::{Formula, Type};
use crate::pipeline::diagnostic::nearest;
use crate::pipeline::examples;
use crate::pipeline::load::{Block, RULE_KINDS};
use crate::pipeline::model::*;
use crate::pipeline::raw::*;
use crate::pipeline::rule_examples::{self, Fired};

/// By kind the keys that it needs and those that it may have.
const KEYS: &[(&str, &[&str], &[&str])] = &[
    ("required", &["table", "cells"], &["when"]),
    (
        "range",
        &["table", "value", "cells"],
        &["when", "least", "most"],
    ),
    ("subset", &["table", "part", "whole", "cells"], &["when"]),
    (
        "balance",
        &["table", "last", "now", "cells"],
        &[
            "when",
            "from",
            "plus",
            "minus",
            "tolerance",
            "less_is_right",
        ],
    ),
    (
        "cross",
        &["table", "sum", "against", "equals"],
        &["where", "tolerance", "ratio"],
    ),
    (
        "change",
        &["table", "value", "cells", "method"],
        &[
            "when",
            "by",
            "ratio",
            "least_change",
            "u",
            "a",
            "c",
            "least_rows",
        ],
    ),
    (
        "unit_error",
        &[
            "table",
            "value",
            "size",
            "cells",
            "decades",
            "factor",
            "least_rows",
        ],
        &["when", "too_large_only"],
    ),
    (
        "outlier",
        &[
            "table",
            "value",
            "size",
            "cells",
            "method",
            "z",
            "least_rows",
        ],
        &["when", "factor", "winsor", "phi"],
    ),
    (
        "copied",
        &["table", "columns", "of"],
        &[
            "large",
            "least_equal",
            "least_equal_of_many",
            "many",
            "least_large",
            "block_rows",
        ],
    ),
    (
        "bunching",
        &["indicators", "window", "named", "p", "ratio", "least_rows"],
        &[],
    ),
    ("empty_shell", &["table", "cells", "empty"], &["when"]),
    (
        "missing_pattern",
        &["table", "least_columns", "usual_share"],
        &[],
    ),
    (
        "digit",
        &["table", "columns", "least_rows", "smallest", "p", "share"],
        &[],
    ),
];

/// What rules may refer to.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub tables: &'a [Table],
    pub unit_schema: &'a Schema,
    pub indicators: &'a [Indicator],
}

/// One rule while it is checked.
#[derive(Clone, Copy)]
struct Of<'a> {
    kind: &'static str,
    block: &'a Block<RawRule>,
    known: Known<'a>,
}

impl Valid<'_> {
    pub(super) fn more_rules(&mut self, known: Known<'_>, rules: &mut Rules) {
        let raw = self.raw;
        for kind in RULE_KINDS {
            for block in raw.rules.get(kind).into_iter().flatten() {
                let of = Of { kind, block, known };
                if self.keys(of) {
                    self.one_rule(of, rules);
                }
            }
        }
    }

    /// Whether the keys are those of the kind.
    fn keys(&mut self, of: Of<'_>) -> bool {
        let Some((_, needed, optional)) = KEYS.iter().find(|(kind, ..)| *kind == of.kind) else {
            return false;
        };
        let mut right = true;
        let given = of.block.value.given();
        for (key, at) in &given {
            if !needed.contains(key) && !optional.contains(key) {
                let own = needed.iter().chain(*optional).copied();
                let help = nearest(key, own).map(|near| format!("did you mean '{near}'?"));
                let message = format!("[[{}]] has no key '{key}'", of.kind);
                self.wrong(of.block.file, at.clone(), message, help);
                right = false;
            }
        }
        for key in *needed {
            if !given.iter().any(|(g, _)| g == key) {
                let message = format!("in '{}': missing field `{key}`", of.kind);
                self.wrong(of.block.file, of.block.value.id.span(), message, None);
                right = false;
            }
        }
        right
    }

    fn one_rule(&mut self, of: Of<'_>, rules: &mut Rules) {
        let on = of.block.value.enabled.as_ref().is_none_or(|e| *e.get_ref());
        let off = &mut rules.off;
        match of.kind {
            "required" => keep(on, self.required(of), |r| r.text, &mut rules.required, off),
            "range" => keep(on, self.range(of), |r| r.text, &mut rules.ranges, off),
            "subset" => keep(on, self.subset(of), |r| r.text, &mut rules.subsets, off),
            "balance" => keep(on, self.balance(of), |r| r.text, &mut rules.balances, off),
            "cross" => keep(on, self.cross(of), |r| r.text, &mut rules.crosses, off),
            "change" => keep(on, self.change(of), |r| r.text, &mut rules.changes, off),
            "unit_error" => keep(
                on,
                self.unit_error(of),
                |r| r.text,
                &mut rules.unit_errors,
                off,
            ),
            "outlier" => keep(on, self.outlier(of), |r| r.text, &mut rules.outliers, off),
            "copied" => keep(on, self.copied(of), |r| r.text, &mut rules.copied, off),
            "bunching" => keep(on, self.bunching(of), |r| r.text, &mut rules.bunchings, off),
            "empty_shell" => keep(
                on,
                self.empty_shell(of),
                |r| r.text,
                &mut rules.empty_shells,
                off,
            ),
            "missing_pattern" => keep(
                on,
                self.missing_pattern(of),
                |r| r.text,
                &mut rules.missing_patterns,
                off,
            ),
            _ => keep(on, self.digit(of), |r| r.text, &mut rules.digits, off),
        }
    }

    /// The rows of a rule, and what its formulas may name.
    fn rows(&mut self, of: Of<'_>) -> Option<(Rows, Schema)> {
        let (file, r) = (of.block.file, &of.block.value);
        let mut scopes: Vec<(&str, Scope)> = Vec::new();
        for (i, table) in of.known.tables.iter().enumerate() {
            scopes.push((table.name.as_str(), Scope::Table(i)));
        }
        scopes.push(("unit", Scope::Unit));
        let scope = self.one_of(file, r.table.as_ref()?, "a table", &scopes)?;
        let schema = match scope {
            Scope::Unit => of.known.unit_schema.clone(),
            Scope::Table(t) => table_schema(&of.known.tables[t]),
        };
        let names: Vec<String> = schema.iter().map(|(n, _)| n.clone()).collect();
        let when = match &r.when {
            Some(when) => Some(self.formula(file, when, &schema, Type::Bool)?),
            None => None,
        };
        let cells = match &r.cells {
            Some(cells) => self.names(file, cells.get_ref(), "a column of this table", &names)?,
            None => Vec::new(),
        };
        Some((Rows { scope, when, cells }, schema))
    }

    /// Names that must be known.
    fn names(
        &mut self,
        file: usize,
        list: &[At<String>],
        what: &str,
        known: &[String],
    ) -> Option<Vec<String>> {
        let mut out = Vec::new();
        for name in list {
            self.position(file, name, what, known)?;
            out.push(name.get_ref().clone());
        }
        (!out.is_empty()).then_some(out)
    }

    /// The table of a rule about tables only.
    fn table_of(&mut self, of: Of<'_>) -> Option<(usize, Schema)> {
        let names: Vec<String> = of.known.tables.iter().map(|t| t.name.clone()).collect();
        let table = of.block.value.table.as_ref()?;
        let table = self.position(of.block.file, table, "a table", &names)?;
        Some((table, table_schema(&of.known.tables[table])))
    }

    /// A formula that may be absent: what is wrong with one that is there makes the rule wrong.
    fn maybe(
        &mut self,
        of: Of<'_>,
        text: Option<&At<String>>,
        schema: &Schema,
    ) -> Option<Option<Formula>> {
        match text {
            Some(text) => Some(Some(self.formula(
                of.block.file,
                text,
                schema,
                Type::Number,
            )?)),
            None => Some(None),
        }
    }

    fn number(
        &mut self,
        of: Of<'_>,
        text: Option<&At<String>>,
        schema: &Schema,
    ) -> Option<Formula> {
        self.formula(of.block.file, text?, schema, Type::Number)
    }

    /// The words of a rule; its message may name the columns of the schema and these slots.
    fn words_of(
        &mut self,
        of: Of<'_>,
        schema: &Schema,
        slots: &[&str],
        condition: String,
    ) -> Option<RuleText> {
        let (file, r) = (of.block.file, &of.block.value);
        let mut all: Vec<&str> = schema.iter().map(|(n, _)| n.as_str()).collect();
        all.extend(slots);
        all.extend(["school_name", "stage_title", "expected"]);
        let mut text = self.rule_text(
            file,
            of.kind,
            (&r.id, &r.title, &r.severity, &r.level),
            (&r.why, &r.message, &r.remedy, &r.basis),
            &all,
        )?;
        let settings = r.settings();
        let condition = match settings.is_empty() {
            true => condition,
            false => format!("{condition} ({})", settings.join(", ")),
        };
        text.condition = match &r.when {
            Some(when) => format!("{condition} [when {}]", when.get_ref()),
            None => condition,
        };
        text.examples = super::rules::both(&r.holds, &r.fires, |row| {
            examples::given_text(row.get_ref())
        });
        Some(text)
    }

    /// Tries the examples.
    fn tried(&mut self, of: Of<'_>, fires: impl Fn(&RawRow) -> Fired) {
        let r = &of.block.value;
        self.has_examples(of.block.file, &r.id, r.holds.is_empty(), r.fires.is_empty());
        for (example, wanted) in self.both_to_try(&r.holds, &r.fires) {
            let wrong = match fires(example.get_ref()) {
                Ok(fired) if fired == wanted => continue,
                Ok(fired) => vec![(None, examples::verdict(r.id.get_ref(), fired))],
                Err(wrong) => wrong,
            };
            for (at, message) in wrong {
                let at = at.unwrap_or_else(|| example.span());
                self.wrong(of.block.file, at, message, None);
            }
        }
    }

    fn required(&mut self, of: Of<'_>) -> Option<Required> {
        let (rows, schema) = self.rows(of)?;
        let condition = rows.cells.join(", ");
        let text = self.words_of(of, &schema, &["column"], condition)?;
        let rule = Required { text, rows };
        self.tried(of, |given| rule_examples::required(&rule, given, &schema));
        Some(rule)
    }

    fn range(&mut self, of: Of<'_>) -> Option<Range> {
        let r = &of.block.value;
        let (rows, schema) = self.rows(of)?;
        let value = self.number(of, r.value.as_ref(), &schema)?;
        let least = self.maybe(of, r.least.as_ref(), &schema)?;
        let most = self.maybe(of, r.most.as_ref(), &schema)?;
        if least.is_none() && most.is_none() {
            let message = "a range needs `least` or `most`";
            self.wrong(of.block.file, r.id.span(), message, None);
        }
        let bound = |b: &Option<Formula>| b.as_ref().map_or(String::new(), |f| f.text.clone());
        let condition = format!("{} <= {} <= {}", bound(&least), value.text, bound(&most));
        let text = self.words_of(of, &schema, &["value", "least", "most"], condition)?;
        let rule = Range {
            text,
            rows,
            value,
            least,
            most,
        };
        self.tried(of, |given| rule_examples::range(&rule, given, &schema));
        Some(rule)
    }

    fn subset(&mut self, of: Of<'_>) -> Option<Subset> {
        let r = &of.block.value;
        let (rows, schema) = self.rows(of)?;
        let part = self.number(of, r.part.as_ref(), &schema)?;
        let whole = self.number(of, r.whole.as_ref(), &schema)?;
        let condition = format!("{} <= {}", part.text, whole.text);
        let text = self.words_of(of, &schema, &["part", "whole", "excess"], condition)?;
        let rule = Subset {
            text,
            rows,
            part,
            whole,
        };
        self.tried(of, |given| rule_examples::subset(&rule, given, &schema));
        Some(rule)
    }

    fn balance(&mut self, of: Of<'_>) -> Option<BalanceOfChanges> {
        let (file, r) = (of.block.file, &of.block.value);
        let (rows, schema) = self.rows(of)?;
        let last = self.number(of, r.last.as_ref(), &schema)?;
        let plus = self.maybe(of, r.plus.as_ref(), &schema)?;
        let minus = self.maybe(of, r.minus.as_ref(), &schema)?;
        let now = self.number(of, r.now.as_ref(), &schema)?;
        let from_last_year = match &r.from {
            Some(from) => {
                let known = [("row", false), ("last_year", true)];
                self.one_of(file, from, "where last year's figure stands", &known)?
            }
            None => false,
        };
        let moved = |f: &Option<Formula>| f.as_ref().map_or("0".to_string(), |f| f.text.clone());
        let condition = format!(
            "{} + {} - ({}) = {}",
            last.text,
            moved(&plus),
            moved(&minus),
            now.text
        );
        let slots = ["last", "plus", "minus", "now", "right", "difference"];
        let text = self.words_of(of, &schema, &slots, condition)?;
        let rule = BalanceOfChanges {
            text,
            rows,
            last,
            from_last_year,
            plus,
            minus,
            now,
            tolerance: r.tolerance.as_ref().map_or(0.0, |t| *t.get_ref()),
            less_is_right: r.less_is_right.as_ref().is_some_and(|l| *l.get_ref()),
        };
        self.tried(of, |given| rule_examples::balance(&rule, given, &schema));
        Some(rule)
    }

    fn cross(&mut self, of: Of<'_>) -> Option<Cross> {
        let (file, r) = (of.block.file, &of.block.value);
        let (table, schema) = self.table_of(of)?;
        let sum = self.number(of, r.sum.as_ref(), &schema)?;
        let filter = match &r.filter {
            Some(filter) => Some(self.formula(file, filter, &schema, Type::Bool)?),
            None => None,
        };
        let names: Vec<String> = of.known.tables.iter().map(|t| t.name.clone()).collect();
        let against = self.position(file, r.against.as_ref()?, "a table", &names)?;
        let columns = of.known.tables[against].columns.iter();
        let names: Vec<String> = columns.map(|c| c.name.clone()).collect();
        let column = self.position(file, r.equals.as_ref()?, "a column of that table", &names)?;
        let rows = filter.as_ref();
        let rows = rows.map_or(String::new(), |f| format!(" where {}", f.text));
        let condition = format!("sum({}){rows} = {}", sum.text, names[column]);
        let slots = ["column", "sum", "stated", "difference", "rows"];
        let text = self.words_of(
            of,
            &table_schema(&of.known.tables[against]),
            &slots,
            condition,
        )?;
        let rule = Cross {
            text,
            table,
            sum,
            filter,
            against,
            column,
            tolerance: r.tolerance.as_ref().map_or(0.0, |t| *t.get_ref()),
            ratio: r.ratio.as_ref().map_or(0.0, |t| *t.get_ref()),
        };
        self.tried(of, |given| rule_examples::cross(&rule, given, &schema));
        Some(rule)
    }

    /// A number that a method needs.
    fn needed<T: Copy>(&mut self, of: Of<'_>, key: &str, value: Option<&At<T>>) -> Option<T> {
        if value.is_none() {
            let message = format!("this method needs `{key}`");
            self.wrong(of.block.file, of.block.value.id.span(), message, None);
        }
        value.map(|v| *v.get_ref())
    }

    /// A count that a kind or a method needs.
    fn needed_count(&mut self, of: Of<'_>, key: &str, value: Option<&At<i64>>) -> Option<usize> {
        self.needed(of, key, value)?;
        Some(self.unsigned(of.block.file, value?, i64::from(u32::MAX)))
    }

    fn change(&mut self, of: Of<'_>) -> Option<Change> {
        let (file, r) = (of.block.file, &of.block.value);
        let (rows, schema) = self.rows(of)?;
        let value = self.number(of, r.value.as_ref(), &schema)?;
        let of_county = match &r.by {
            Some(by) => {
                let known = [("row", false), ("county", true)];
                self.one_of(file, by, "what is compared", &known)?
            }
            None => false,
        };
        let methods = [("ratio", true), ("hidiroglou_berthelot", false)];
        let by_ratio = self.one_of(file, r.method.as_ref()?, "a method", &methods)?;
        let method = if by_ratio {
            ChangeMethod::Ratio {
                ratio: self.needed(of, "ratio", r.ratio.as_ref())?,
                least: r.least_change.as_ref().map_or(0.0, |l| *l.get_ref()),
            }
        } else {
            if of_county {
                let message = "sums of counties are compared by method 'ratio'";
                self.wrong(file, r.id.span(), message, None);
            }
            ChangeMethod::HidiroglouBerthelot {
                u: self.needed(of, "u", r.u.as_ref())?,
                a: self.needed(of, "a", r.a.as_ref())?,
                c: self.needed(of, "c", r.c.as_ref())?,
                least_rows: self.needed_count(of, "least_rows", r.least_rows.as_ref())?,
            }
        };
        if of_county && rows.scope == Scope::Unit {
            let message = "sums of counties are over the rows of a table";
            self.wrong(file, r.id.span(), message, None);
        }
        let condition = format!("{} as last year", value.text);
        let slots = [
            "last",
            "now",
            "difference",
            "percent",
            "last_period",
            "column",
            "ratio",
            "median",
            "low",
            "high",
        ];
        let text = self.words_of(of, &schema, &slots, condition)?;
        let rule = Change {
            text,
            rows,
            value,
            of_county,
            method,
        };
        self.tried(of, |given| rule_examples::change(&rule, given));
        Some(rule)
    }

    /// The rows of a rule that compares units with their peers.
    fn unit_rows(&mut self, of: Of<'_>) -> Option<(Rows, Schema)> {
        let (rows, schema) = self.rows(of)?;
        if rows.scope != Scope::Unit {
            let at = of.block.value.table.as_ref()?.span();
            let message = format!("[[{}]] compares units: table = \"unit\"", of.kind);
            self.wrong(of.block.file, at, message, None);
        }
        Some((rows, schema))
    }

    fn unit_error(&mut self, of: Of<'_>) -> Option<UnitError> {
        let r = &of.block.value;
        let (rows, schema) = self.unit_rows(of)?;
        let value = self.number(of, r.value.as_ref(), &schema)?;
        let size = self.number(of, r.size.as_ref(), &schema)?;
        let condition = format!("{} over {}", value.text, size.text);
        let slots = ["value", "compared", "times", "power", "source"];
        let text = self.words_of(of, &schema, &slots, condition)?;
        let rule = UnitError {
            text,
            rows,
            value,
            size,
            decades: *r.decades.as_ref()?.get_ref(),
            factor: *r.factor.as_ref()?.get_ref(),
            too_large_only: r.too_large_only.as_ref().is_some_and(|t| *t.get_ref()),
            peers: Peers {
                least_rows: self.needed_count(of, "least_rows", r.least_rows.as_ref())?,
            },
        };
        self.tried(of, |given| rule_examples::unit_error(&rule, given));
        Some(rule)
    }

    fn outlier(&mut self, of: Of<'_>) -> Option<Outlier> {
        let (file, r) = (of.block.file, &of.block.value);
        let (rows, schema) = self.unit_rows(of)?;
        let value = self.number(of, r.value.as_ref(), &schema)?;
        let size = self.number(of, r.size.as_ref(), &schema)?;
        let z = *r.z.as_ref()?.get_ref();
        let methods = [("funnel", true), ("size_residual", false)];
        let method = if self.one_of(file, r.method.as_ref()?, "a method", &methods)? {
            OutlierMethod::Funnel {
                z,
                winsor: self.needed(of, "winsor", r.winsor.as_ref())?,
                phi: self.needed(of, "phi", r.phi.as_ref())?,
            }
        } else {
            OutlierMethod::SizeResidual {
                z,
                factor: self.needed(of, "factor", r.factor.as_ref())?,
            }
        };
        let condition = format!("{} over {}", value.text, size.text);
        let slots = ["value", "fit", "low", "high", "z", "source", "peers"];
        let text = self.words_of(of, &schema, &slots, condition)?;
        let rule = Outlier {
            text,
            rows,
            value,
            size,
            peers: Peers {
                least_rows: self.needed_count(of, "least_rows", r.least_rows.as_ref())?,
            },
            method,
        };
        self.tried(of, |given| rule_examples::outlier(&rule, given));
        Some(rule)
    }

    fn copied(&mut self, of: Of<'_>) -> Option<Copied> {
        let (file, r) = (of.block.file, &of.block.value);
        let (table, schema) = self.table_of(of)?;
        let numbers = schema.iter().filter(|(_, kind)| *kind == Type::Number);
        let names: Vec<String> = numbers.map(|(n, _)| n.clone()).collect();
        let what = "a column of numbers of this table";
        let columns = self.names(file, r.columns.as_ref()?.get_ref(), what, &names)?;
        let large = match &r.large {
            Some(large) => self.names(file, large.get_ref(), "one of `columns`", &columns)?,
            None => Vec::new(),
        };
        let words = [("rows", 0), ("counties", 1), ("years", 2), ("blocks", 3)];
        let kind = self.one_of(file, r.of.as_ref()?, "what is copied", &words)?;
        let least = |v: &mut Self| v.needed_count(of, "least_equal", r.least_equal.as_ref());
        let least_large = |v: &mut Self| v.needed_count(of, "least_large", r.least_large.as_ref());
        let what = match kind {
            0 => CopiedOf::Rows {
                least: least(self)?,
                least_of_many: self.needed_count(
                    of,
                    "least_equal_of_many",
                    r.least_equal_of_many.as_ref(),
                )?,
                many: self.needed_count(of, "many", r.many.as_ref())?,
                least_large: least_large(self)?,
            },
            1 => CopiedOf::Counties {
                least: least(self)?,
                least_large: least_large(self)?,
            },
            2 => CopiedOf::Years {
                least: least(self)?,
            },
            _ => CopiedOf::Blocks {
                rows: self
                    .needed_count(of, "block_rows", r.block_rows.as_ref())?
                    .max(2),
            },
        };
        let slots = ["others", "count", "figures", "last_period", "column"];
        let text = self.words_of(of, &schema, &slots, columns.join(", "))?;
        let rule = Copied {
            text,
            table,
            columns,
            large,
            of: what,
        };
        self.tried(of, |given| rule_examples::copied(&rule, given, &schema));
        Some(rule)
    }

    fn bunching(&mut self, of: Of<'_>) -> Option<Bunching> {
        let (file, r) = (of.block.file, &of.block.value);
        let ids: Vec<String> = of.known.indicators.iter().map(|i| i.id.clone()).collect();
        let mut indicators = Vec::new();
        for id in r.indicators.as_ref()?.get_ref() {
            indicators.push(self.position(file, id, "an indicator", &ids)?);
        }
        let slots = [
            "indicator",
            "above",
            "below",
            "window",
            "rows",
            "count",
            "schools",
        ];
        let named: Vec<&str> = indicators.iter().map(|i| ids[*i].as_str()).collect();
        let text = self.words_of(of, &Vec::new(), &slots, named.join(", "))?;
        let rule = Bunching {
            text,
            indicators,
            window: *r.window.as_ref()?.get_ref(),
            named: *r.named.as_ref()?.get_ref(),
            p: *r.p.as_ref()?.get_ref(),
            ratio: *r.ratio.as_ref()?.get_ref(),
            least_rows: self.needed_count(of, "least_rows", r.least_rows.as_ref())?,
        };
        self.tried(of, |given| rule_examples::bunching(&rule, given));
        Some(rule)
    }

    fn empty_shell(&mut self, of: Of<'_>) -> Option<EmptyShell> {
        let (file, r) = (of.block.file, &of.block.value);
        let (rows, schema) = self.rows(of)?;
        let words = [("all", true), ("one", false)];
        let all = self.one_of(file, r.empty.as_ref()?, "how much is lacking", &words)?;
        let condition = rows.cells.join(", ");
        let text = self.words_of(of, &schema, &["lacking"], condition)?;
        let rule = EmptyShell { text, rows, all };
        self.tried(of, |given| {
            rule_examples::empty_shell(&rule, given, &schema)
        });
        Some(rule)
    }

    fn missing_pattern(&mut self, of: Of<'_>) -> Option<MissingPattern> {
        let r = &of.block.value;
        let (table, _) = self.table_of(of)?;
        let slots = ["count", "columns", "rows", "schools"];
        let text = self.words_of(of, &Vec::new(), &slots, String::new())?;
        let rule = MissingPattern {
            text,
            table,
            least_columns: self.needed_count(of, "least_columns", r.least_columns.as_ref())?,
            usual_share: *r.usual_share.as_ref()?.get_ref(),
        };
        self.tried(of, |given| rule_examples::missing_pattern(&rule, given));
        Some(rule)
    }

    fn digit(&mut self, of: Of<'_>) -> Option<Digit> {
        let (file, r) = (of.block.file, &of.block.value);
        let (table, schema) = self.table_of(of)?;
        let numbers = schema.iter().filter(|(_, kind)| *kind == Type::Number);
        let names: Vec<String> = numbers.map(|(n, _)| n.clone()).collect();
        let what = "a column of numbers of this table";
        let columns = self.names(file, r.columns.as_ref()?.get_ref(), what, &names)?;
        let slots = ["column", "rows", "share", "digits"];
        let text = self.words_of(of, &Vec::new(), &slots, columns.join(", "))?;
        let rule = Digit {
            text,
            table,
            columns,
            least_rows: self.needed_count(of, "least_rows", r.least_rows.as_ref())?,
            smallest: *r.smallest.as_ref()?.get_ref(),
            p: *r.p.as_ref()?.get_ref(),
            share: *r.share.as_ref()?.get_ref(),
        };
        self.tried(of, |given| rule_examples::digit(&rule, given));
        Some(rule)
    }
}

/// Keeps a rule, or its words only where it is switched off.
fn keep<T>(
    on: bool,
    rule: Option<T>,
    text: fn(T) -> RuleText,
    list: &mut Vec<T>,
    off: &mut Vec<RuleText>,
) {
    match on {
        true => list.extend(rule),
        false => off.extend(rule.map(text)),
    }
}
