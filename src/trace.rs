//! How a figure came about, as lines of text: its formula, the formula with numbers in it, and every cell behind them, down
//! to the split.

use crate::dataset::{CellRef, Row};
use crate::error::Error;
use crate::formula::Formula;
use crate::indicators::check::{self, CheckResult, row_column};
use crate::indicators::criterion::{Given, fraction, stated_cells};
use crate::indicators::facts::{county_row, row_list, rows_frame};
use crate::indicators::figure::{conditions, numbers};
use crate::indicators::missing::school_column;
use crate::indicators::parts::{requirement, row_name};
use crate::indicators::split::stage_weight;
use crate::indicators::survey::{Mark, Source};
use crate::indicators::unit::UnitValue;
use crate::indicators::verdict::{Given as VerdictGiven, unit_name};
use crate::ingest::cell::{Value, text_of};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{
    CountyRef, CountySource, Criterion, Kind, SchoolCheck, Scope, Survey, UnitSource,
};
use crate::pipeline::valid::STUDENTS;
use crate::report::formula_words::{in_words, replace_names, title};
use crate::results::Results;
use crate::text::{fixed, number};

/// What of a figure is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Index into the counties.
    pub county: usize,
    /// Only this school: code or name.
    pub school: Option<&'a str>,
    pub stage: Option<usize>,
    pub period: i64,
}

/// The derivation of an indicator, a criterion or a county column; `None` when nothing has the id, empty when nothing fits.
///
/// # Errors
/// When polars refuses.
pub fn lines(
    pipeline: &Pipeline,
    results: &Results,
    id: &str,
    wanted: &Wanted<'_>,
) -> Result<Option<Vec<String>>, Error> {
    let mut t = Trace {
        p: pipeline,
        r: results,
        wanted: *wanted,
        out: Vec::new(),
    };
    let (whole, item) = id.split_once('.').unwrap_or((id, ""));
    if let Some(i) = pipeline.indicator(id) {
        t.indicator(i);
    } else if let Some(c) = pipeline
        .criteria
        .iter()
        .position(|c| c.id == whole && c.has(item))
    {
        t.criterion(c, item)?;
    } else if let Some(c) = pipeline.county_columns.iter().position(|c| c.name == id) {
        t.county_column(c, 0)?;
    } else {
        return Ok(None);
    }
    Ok(Some(t.out))
}

struct Trace<'a> {
    p: &'a Pipeline,
    r: &'a Results,
    wanted: Wanted<'a>,
    out: Vec<String>,
}

impl<'a> Trace<'a> {
    fn say(&mut self, depth: usize, text: impl AsRef<str>) {
        self.out
            .push(format!("{}{}", "  ".repeat(depth), text.as_ref()));
    }

    fn number(&self, value: Option<f64>) -> String {
        value.map_or_else(|| self.p.word("missing").to_string(), number)
    }

    fn code(&self) -> &'a str {
        &self.r.dataset.counties[self.wanted.county].code
    }

    fn verdict_given(&self) -> VerdictGiven<'a> {
        self.r.verdict_given(self.p)
    }

    /// A place as `file!sheet!cell`, with the text as written where it is not the figure.
    fn place(&self, row: &Row, column: usize) -> String {
        let Some(cell) = row.cells.at(column) else {
            return self.p.word("trace_no_cell").to_string();
        };
        let written = self
            .r
            .dataset
            .written(row, column)
            .map_or(String::new(), |raw| {
                self.p.phrase("trace_written", &[("raw", raw)])
            });
        let added: String = row
            .added
            .get(&column)
            .into_iter()
            .flatten()
            .map(|cell| format!(" + {}", self.cell(*cell)))
            .collect();
        format!("{}{written}{added}", self.cell(cell))
    }

    fn cell(&self, cell: CellRef) -> String {
        self.cells(&[cell])
    }

    fn cells(&self, cells: &[CellRef]) -> String {
        let place = self.r.dataset.place(cells);
        [place.file, place.sheet, place.cell]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("!")
    }

    /// Whether a row of the school table is the school that is asked for.
    fn is_wanted(&self, table: usize, row: &Row) -> bool {
        let text = |name: &str| text_of(&self.p.tables[table], &row.values, name);
        self.wanted.school.is_none_or(|school| {
            text("school_code").as_deref() == Some(school)
                || text("school_name").as_deref() == Some(school)
        })
    }

    fn indicator(&mut self, i: usize) {
        let (p, r) = (self.p, self.r);
        let Some(table) = p.table("school") else {
            return;
        };
        let rows = &r.dataset.tables[table].rows;
        for stage in p.evaluated_stages() {
            if self.wanted.stage.is_some_and(|s| s != stage) {
                continue;
            }
            let own: Vec<&UnitValue> = r
                .values
                .iter()
                .filter(|v| {
                    let unit = &r.units.list[v.unit()];
                    v.indicator() == i
                        && unit.stage == stage
                        && rows[unit.school].county_code == self.code()
                        && self.is_wanted(table, &rows[unit.school])
                })
                .collect();
            if own.is_empty() {
                continue;
            }
            if self.wanted.school.is_some() {
                for v in own {
                    self.unit(table, v);
                }
            } else {
                self.balance(i, stage, &own);
            }
        }
    }

    /// One unit: the formula, with numbers, and the cells.
    fn unit(&mut self, table: usize, v: &UnitValue) {
        let (p, r) = (self.p, self.r);
        let i = &p.indicators[v.indicator()];
        let unit = &r.units.list[v.unit()];
        let Some(numerator) = &i.numerator[unit.stage] else {
            return;
        };
        let name = unit_name(p, &r.dataset, &r.units, v.unit());
        let met = v.met.map_or(String::new(), |m| p.word(m.key()).to_string());
        self.say(
            0,
            format!(
                "{name} {} {} = {}{} [{} {}] {met}",
                i.line,
                i.title,
                self.number(v.value()),
                i.unit,
                p.word("explain_limit"),
                self.number(v.limit())
            ),
        );
        let words = |f: &Formula| in_words(p, f, Some(unit.stage));
        let scale = number(i.scale);
        self.say(
            1,
            format!(
                "= ({}) \u{00D7} {scale} / ({})",
                words(numerator),
                words(&i.denominator)
            ),
        );
        let row = &r.dataset.tables[table].rows[unit.school];
        let figure = |name: &str| -> Option<f64> {
            if name == STUDENTS {
                return unit.students;
            }
            if let Some(c) = p.unit_columns.iter().position(|u| u.name == name) {
                return unit.values[c];
            }
            row.values[p.tables[table].position(name)?]
                .as_ref()?
                .number()
        };
        let filled = |f: &Formula| {
            replace_names(&f.text, |name| {
                let known = title(p, name, Some(unit.stage)).is_some();
                known.then(|| self.shown(row, table, name, figure(name)))
            })
        };
        self.say(
            1,
            format!(
                "= ({}) \u{00D7} {scale} / ({}) = {} \u{00D7} {scale} / {} = {}",
                filled(numerator),
                filled(&i.denominator),
                self.number(v.numerator()),
                self.number(v.denominator()),
                self.number(v.value())
            ),
        );
        let mut names: Vec<&String> = numerator.columns.iter().collect();
        names.extend(
            i.denominator
                .columns
                .iter()
                .filter(|c| !numerator.columns.contains(c)),
        );
        for name in names {
            self.unit_column(table, v.unit(), name, figure(name));
        }
        if let (Some(share), true) = (unit.share, unit.share != Some(1.0)) {
            self.share(row, v.unit(), share);
        }
    }

    /// A value of a row for a formula: its figure, or yes, no or text as it stands.
    fn shown(&self, row: &Row, table: usize, name: &str, figure: Option<f64>) -> String {
        let own = || {
            let c = self.p.tables[table].position(name)?;
            row.values[c].as_ref().map(Value::shown)
        };
        figure
            .map(number)
            .or_else(own)
            .unwrap_or_else(|| self.p.word("missing").to_string())
    }

    fn unit_column(&mut self, table: usize, u: usize, name: &str, figure: Option<f64>) {
        let (p, r) = (self.p, self.r);
        let unit = &r.units.list[u];
        let row = &r.dataset.tables[table].rows[unit.school];
        let label = title(p, name, Some(unit.stage)).unwrap_or_else(|| name.to_string());
        let split = p
            .unit_columns
            .iter()
            .find(|c| c.name == name)
            .and_then(|c| match c.source {
                UnitSource::Split(column) => Some(column),
                UnitSource::ByStage { .. } => None,
            });
        let column = split.or_else(|| school_column(p, table, row, unit.stage, name));
        let Some(column) = column else { return };
        let place = self.place(row, column);
        let whole = row.values[column].as_ref().and_then(Value::number);
        let text = match (split, unit.share) {
            (Some(_), share) if share != Some(1.0) => format!(
                "{label} = {} \u{00D7} {} = {} \u{2190} {place}",
                self.number(whole),
                share.map_or(self.p.word("missing").to_string(), |s| fixed(s, 10)),
                self.number(figure)
            ),
            _ => format!(
                "{label} = {} \u{2190} {place}",
                self.shown(row, table, name, figure)
            ),
        };
        self.say(2, text);
    }

    /// How the share of a unit in its school's stocks came about.
    fn share(&mut self, row: &Row, u: usize, share: f64) {
        let (p, r) = (self.p, self.r);
        let unit = &r.units.list[u];
        let Some(table) = p.table("school") else {
            return;
        };
        let kind = text_of(&p.tables[table], &row.values, "school_type")
            .and_then(|code| p.school_type(&code));
        let students = |s: usize| {
            row.values[p.stages[s].students]
                .as_ref()
                .and_then(Value::number)
        };
        let present: Vec<usize> = (0..p.stages.len())
            .filter(|s| students(*s).is_some_and(|n| n > 0.0))
            .collect();
        let term = |s: usize| {
            let weight = number(stage_weight(p, kind, &present, s));
            format!("{weight}\u{00D7}{}", self.number(students(s)))
        };
        let below: Vec<String> = present.iter().map(|s| term(*s)).collect();
        let text = format!(
            "{} = {} / ({}) = {}",
            p.word("trace_share"),
            term(unit.stage),
            below.join(" + "),
            fixed(share, 10)
        );
        self.say(2, text);
        for s in present {
            let column = p.stages[s].students;
            let place = self.place(row, column);
            let label = &p.tables[table].columns[column].title;
            let text = format!("{label} = {} \u{2190} {place}", self.number(students(s)));
            self.say(3, text);
        }
    }

    /// An indicator over all units of a stage: mean, standard deviation, coefficient of variation, and the units.
    fn balance(&mut self, i: usize, stage: usize, own: &[&UnitValue]) {
        let (p, r) = (self.p, self.r);
        let indicator = &p.indicators[i];
        let b = r.balance(self.code(), stage, i);
        let county = &r.dataset.counties[self.wanted.county];
        self.say(
            0,
            format!(
                "{} {} {} {} {}",
                county.code, county.name, p.stages[stage].title, indicator.line, indicator.title
            ),
        );
        if let Some(b) = b {
            let spread = b.spread.or(b.provisional);
            let resources: f64 = own
                .iter()
                .filter(|v| v.value().is_some())
                .filter_map(|v| v.numerator())
                .sum();
            let mean = format!(
                "{} = {} \u{00D7} {} / {} = {}{}",
                p.word("head_mean"),
                number(resources),
                number(indicator.scale),
                number(b.students),
                self.number(spread.map(|s| s.mean)),
                indicator.unit
            );
            self.say(1, mean);
            let sd = format!(
                "{} = \u{221A}\u{03A3}(p/\u{03A3}p)(x\u{2212}X)\u{00B2} = {}",
                p.word("head_sd"),
                self.number(spread.map(|s| s.sd))
            );
            self.say(1, sd);
            let verdict = b
                .verdict
                .map_or(String::new(), |v| p.word(v.key()).to_string());
            let cv = format!(
                "{} = {} / {} = {} [{} {}] {verdict}",
                p.word("head_cv"),
                self.number(spread.map(|s| s.sd)),
                self.number(spread.map(|s| s.mean)),
                self.number(spread.and_then(|s| s.cv)),
                p.word("explain_limit"),
                self.number(b.limit)
            );
            self.say(1, cv);
        }
        let Some(table) = p.table("school") else {
            return;
        };
        for v in own {
            let unit = &r.units.list[v.unit()];
            let row = &r.dataset.tables[table].rows[unit.school];
            let place = self.cell(row.name_cell(p, table));
            let text = format!(
                "{}: x = {} \u{00D7} {} / {} = {} \u{2190} {place}",
                unit_name(p, &r.dataset, &r.units, v.unit()),
                self.number(v.numerator()),
                number(indicator.scale),
                self.number(v.denominator()),
                self.number(v.value())
            );
            self.say(1, text);
        }
    }

    /// A criterion: its figures and checks, or one of them.
    fn criterion(&mut self, c: usize, item: &str) -> Result<(), Error> {
        let (p, r) = (self.p, self.r);
        let Some(result) = r.criteria_of(p, self.wanted.county).get(c) else {
            return Ok(());
        };
        let criterion = &p.criteria[c];
        let head = crate::indicators::criterion::named(p, criterion);
        self.say(0, format!("{head}: {}", p.word(result.verdict.key())));
        for (f, figure) in criterion.figures.iter().zip(&result.figures) {
            if (!item.is_empty() && f.id != item) || !figure.applies {
                continue;
            }
            let limit = figure.limit.map_or(String::new(), |l| {
                format!(" [{}]", requirement(p, f.better, l, &f.unit))
            });
            let basis = figure
                .basis
                .map_or(String::new(), |b| p.word(b.key()).to_string());
            let text = format!(
                "{} = {}{}{}{limit} {basis}",
                f.title,
                self.number(figure.value),
                f.unit,
                fraction(p, figure).unwrap_or_default()
            );
            self.say(1, text);
            let mut parts = vec![format!("({})", in_words(p, &f.numerator, None))];
            parts.push(number(f.scale));
            let denominator = f.denominator.as_ref().map(|d| in_words(p, d, None));
            let below = denominator.map_or(String::new(), |d| format!(" / ({d})"));
            self.say(2, format!("= {}{below}", parts.join(" \u{00D7} ")));
            let mut names: Vec<&String> = Vec::new();
            for name in f.columns() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            for name in names {
                self.county_name(name, 2)?;
            }
            if let Some(source) = f.stated {
                self.say(2, p.word("head_stated"));
                self.source(source, 3)?;
            }
        }
        for (k, own) in criterion.checks.iter().zip(&result.checks) {
            if item.is_empty() || k.id == item {
                self.check(k, own)?;
            }
        }
        self.stated_words(criterion);
        Ok(())
    }

    /// The county's own verdict, reference, score and answer.
    fn stated_words(&mut self, criterion: &Criterion) {
        let all = [
            criterion.claim,
            criterion.reference,
            criterion.forbidden,
            criterion.score,
        ];
        for (table, column) in all.into_iter().flatten() {
            self.stated(table, column, 1);
        }
    }

    fn stated(&mut self, table: usize, column: usize, depth: usize) {
        let (p, r) = (self.p, self.r);
        let label = &p.tables[table].columns[column].title;
        let text = match county_row(&r.dataset, table, self.code()) {
            Some(row) => {
                let value = row.values[column]
                    .as_ref()
                    .map(|v| self.named(table, column, v));
                let value = value.unwrap_or_else(|| p.word("missing").to_string());
                format!("{label} = {value} \u{2190} {}", self.place(row, column))
            }
            None => format!("{label} = {}", p.word("missing")),
        };
        self.say(depth, text);
    }

    /// A value as people read it: choices by name.
    fn named(&self, table: usize, column: usize, value: &Value) -> String {
        let Kind::Choice(list) = &self.p.tables[table].columns[column].kind else {
            return value.shown();
        };
        let shown = value.shown();
        let code = self.p.code_lists[list].iter().find(|c| c.code == shown);
        code.map_or(shown, |c| c.name.clone())
    }

    fn source(&mut self, source: CountyRef, depth: usize) -> Result<(), Error> {
        match source {
            CountyRef::Stated { table, column } => {
                self.stated(table, column, depth);
                Ok(())
            }
            CountyRef::Computed(c) => self.county_column(c, depth),
        }
    }

    /// Anything that a county formula names.
    fn county_name(&mut self, name: &str, depth: usize) -> Result<(), Error> {
        let p = self.p;
        if let Some(source) = p.county_ref(name) {
            return self.source(source, depth);
        }
        if let Some(parameter) = p.parameters.iter().find(|x| x.name == name) {
            let text = format!("{} = {}", parameter.title, parameter.value.shown());
            self.say(depth, text);
        }
        Ok(())
    }

    fn county_column(&mut self, c: usize, depth: usize) -> Result<(), Error> {
        let (p, r) = (self.p, self.r);
        let column = &p.county_columns[c];
        let fact = r.facts.columns[c][self.wanted.county];
        let value = self.number(fact.value);
        match &column.source {
            CountySource::First(refs) => {
                self.say(depth, format!("{} = {value}", column.title));
                match fact.from {
                    Some(from) => self.source(refs[from], depth + 1)?,
                    None => {
                        for source in refs {
                            self.source(*source, depth + 1)?;
                        }
                    }
                }
            }
            CountySource::Formula(formula) => {
                let words = in_words(p, formula, None);
                self.say(depth, format!("{} = {words} = {value}", column.title));
                for name in &formula.columns {
                    self.county_name(name, depth + 1)?;
                }
            }
            CountySource::Sum { of, sum, filter } => {
                let words = in_words(p, sum, None);
                self.say(
                    depth,
                    format!("{} = \u{03A3} {words} = {value}", column.title),
                );
                self.sum(*of, sum, filter.as_ref(), depth + 1)?;
            }
        }
        Ok(())
    }

    /// The rows of a sum, each with its value and its cells.
    fn sum(
        &mut self,
        of: Scope,
        sum: &Formula,
        filter: Option<&Formula>,
        depth: usize,
    ) -> Result<(), Error> {
        let (p, r) = (self.p, self.r);
        let mut formulas = vec![sum];
        formulas.extend(filter);
        let frame = rows_frame(p, &r.dataset, &r.units, of, self.wanted.period, &formulas)?;
        let values = numbers(sum, &frame)?;
        let inside = conditions(filter, &frame)?;
        let rows = row_list(p, &r.dataset, &r.units, of);
        for (i, row) in rows.iter().enumerate() {
            if row.county_code != self.code() || inside[i] == Some(false) || values[i] == Some(0.0)
            {
                continue;
            }
            let counted = p.survey.as_ref().filter(|s| of == Scope::Table(s.table));
            if let Some(survey) = counted {
                self.questionnaires(survey, values[i], depth);
                continue;
            }
            let name = row_name(&self.verdict_given(), of, i);
            let cells = self.cells_of(of, i, row, &sum.columns);
            let text = format!("{name} = {} \u{2190} {cells}", self.number(values[i]));
            self.say(depth, text);
        }
        Ok(())
    }

    /// Where counts of questionnaires come from: the sheets, how many are valid, and the groups.
    fn questionnaires(&mut self, survey: &Survey, value: Option<f64>, depth: usize) {
        let (p, r) = (self.p, self.r);
        let Some(own) = r.dataset.survey(self.code()) else {
            return;
        };
        let sheets: Vec<String> = own
            .sheets
            .iter()
            .map(|(sheet, _)| {
                let info = &r.dataset.sheets[*sheet as usize];
                format!("{}!{}", info.file, info.sheet)
            })
            .collect();
        let answers = &own.answers;
        let text = p.phrase(
            "trace_questionnaires",
            &[
                ("value", &self.number(value)),
                ("sheets", &sheets.join("\u{3001}")),
                ("returned", &answers.returned.to_string()),
                ("valid", &answers.valid().to_string()),
                ("excluded", &answers.excluded_count().to_string()),
            ],
        );
        self.say(depth, text);
        // Small groups stay hidden here too.
        for line in r.surveys.lines_of(self.wanted.county) {
            let (Some(group), None) = (line.slice.group, line.slice.dimension) else {
                continue;
            };
            if line.source == Source::Questionnaires && line.mark != Mark::Suppressed {
                let satisfied = line.satisfied.map_or(String::new(), number);
                let text = p.phrase(
                    "trace_group",
                    &[
                        ("group", &survey.groups[group].title),
                        ("valid", &number(line.valid)),
                        ("satisfied", &satisfied),
                    ],
                );
                self.say(depth + 1, text);
            }
        }
    }

    /// The cells of some columns of a row.
    fn cells_of(&self, of: Scope, i: usize, row: &Row, names: &[String]) -> String {
        let column =
            |name: &String| row_column(self.p, &self.r.dataset, &self.r.units, of, i, name);
        let mut cells: Vec<CellRef> = Vec::new();
        for c in names.iter().filter_map(column) {
            cells.extend(row.cells.at(c));
            // Of rows that were counted with this one.
            cells.extend(row.added.get(&c).into_iter().flatten());
        }
        self.cells(&cells)
    }

    fn check(&mut self, k: &SchoolCheck, own: &CheckResult) -> Result<(), Error> {
        let (p, r) = (self.p, self.r);
        let verdict = own
            .verdict
            .map_or(String::new(), |v| p.word(v.key()).to_string());
        let text = format!(
            "{}: {} / {} {verdict}",
            k.title,
            self.number(own.failing),
            own.count
        );
        self.say(1, text);
        let words = in_words(p, &k.value, None);
        self.say(2, format!("= {words}"));
        let given = Given {
            pipeline: p,
            dataset: &r.dataset,
            units: &r.units,
            facts: &r.facts,
            period: self.wanted.period,
        };
        let rows = row_list(p, &r.dataset, &r.units, k.of);
        let table = match k.of {
            Scope::Table(t) => Some(t),
            Scope::Unit => p.table("school"),
        };
        let county = &r.dataset.counties[self.wanted.county].code;
        let all = check::all_rows(p, &r.dataset, &r.units, k, &rows, self.wanted.period)?;
        for checked in all.into_iter().flatten() {
            let row = rows[checked.row];
            if row.county_code != *county || table.is_some_and(|t| !self.is_wanted(t, row)) {
                continue;
            }
            let limit = checked.limit.map_or(String::new(), |l| {
                format!(" [{}]", requirement(p, k.better, l, &k.unit))
            });
            let met = match checked.met {
                Some(true) => "verdict_met",
                Some(false) => "verdict_not_met",
                None => "verdict_incomplete",
            };
            let name = row_name(&self.verdict_given(), k.of, checked.row);
            let cells = self.cells_of(k.of, checked.row, row, &k.cells);
            let text = format!(
                "{name} = {}{}{limit} {} \u{2190} {cells}",
                self.number(checked.value),
                k.unit,
                p.word(met)
            );
            self.say(2, text);
        }
        let stated = k
            .failing
            .iter()
            .filter(|_| own.basis == Some(crate::indicators::figure::Basis::Stated));
        for name in stated.flat_map(|formula| &formula.columns) {
            let cells = stated_cells(&given, self.wanted.county, std::iter::once(name));
            for cell in cells {
                let text = format!("{} \u{2190} {}", p.word("basis_stated"), self.cell(cell));
                self.say(2, text);
            }
        }
        Ok(())
    }
}
