//! The tables of the application form of one county, laid out as the form prints them and filled in.

use super::Context;
use super::book::{Cell, Look, Page, Tone, column, met_tone, verdict_tone};
use super::county_book::units_of;
use super::criteria_sheet;
use crate::dataset::Row;
use crate::indicators::Verdict;
use crate::indicators::facts::{county_row, stated};
use crate::indicators::survey::{Line, Slice, Source};
use crate::indicators::unit::{Met, ratio};
use crate::ingest::cell::{Value, text_of};
use crate::pipeline::model::{
    BalanceRule, CountyRef, CountySource, Field, Kind, Page as PageRule, PageKind, Statement,
    Target,
};
use crate::pipeline::valid::PERIOD;
use crate::ranking::mean_cv;
use crate::text::{fixed, number, rounded};

/// Makes a declared page for a county, by its index.
pub(super) fn page(context: &Context<'_>, county: usize, rule: &PageRule) -> Page {
    let mut sheet = Form {
        context,
        county,
        page: Page {
            name: rule.sheet.clone(),
            ..Page::default()
        },
        row: 2,
    };
    match rule.kind {
        PageKind::Fields(form) => sheet.fields(form),
        PageKind::UnitShares => sheet.unit_shares(),
        PageKind::Units => sheet.units(),
        PageKind::Balance => sheet.balance(),
        PageKind::Statements(form) => sheet.statements(form),
        PageKind::Criteria(part) => sheet.criteria(part),
        PageKind::Survey(form) => sheet.survey(form),
    }
    let last = column(sheet.page.widths.len().max(1) - 1);
    let name = &context.results.dataset.counties[county].name;
    let slots = [
        ("title", rule.title.as_str()),
        ("county", name),
        ("period", &context.period.to_string()),
    ];
    let title = context.pipeline.phrase("page_title", &slots);
    sheet
        .page
        .merge((0, 0), (0, last), Cell::text(title), Look::Title);
    for note in &rule.notes {
        let text = note.fill(|slot| sheet.slot(slot));
        let row = sheet.row;
        sheet
            .page
            .merge((row, 0), (row, last), Cell::text(text), Look::Note);
        sheet.row += 1;
    }
    sheet.page
}

struct Form<'a> {
    context: &'a Context<'a>,
    county: usize,
    page: Page,
    /// The next free row.
    row: u32,
}

fn cell_ref((table, column): (usize, usize)) -> CountyRef {
    CountyRef::Stated { table, column }
}

impl<'a> Form<'a> {
    fn code(&self) -> &str {
        &self.context.results.dataset.counties[self.county].code
    }

    fn word(&self, key: &str) -> Cell {
        Cell::text(self.context.word(key))
    }

    /// A county column or a column of one of the county's tables as a figure in a note.
    fn slot(&self, name: &str) -> String {
        let p = self.context.pipeline;
        let blank = || self.context.word("blank");
        if name == PERIOD {
            return self.context.period.to_string();
        }
        if let Some(parameter) = p.parameters.iter().find(|x| x.name == name) {
            return parameter.value.shown();
        }
        if let Some(i) = p.county_columns.iter().position(|c| c.name == name) {
            return self.context.results.facts.columns[i][self.county]
                .value
                .map_or_else(blank, number);
        }
        p.stated_column(name)
            .and_then(|at| stated(&self.context.results.dataset, at, self.code()))
            .map_or_else(blank, |(v, _)| v.shown())
    }

    /// The figure for a column of a county's table: what the program computes for it, else what the county states.
    fn figure(&self, at: (usize, usize)) -> Option<f64> {
        let p = self.context.pipeline;
        let r = self.context.results;
        let computed = p.county_columns.iter().position(|c| match &c.source {
            CountySource::First(refs) => refs.contains(&cell_ref(at)),
            _ => false,
        });
        if let Some(i) = computed {
            return r.facts.columns[i][self.county].value;
        }
        for result in self.context.criteria(self.county) {
            let criterion = &p.criteria[result.criterion];
            let mut figures = criterion.figures.iter().zip(&result.figures);
            if let Some((_, f)) = figures.find(|(f, _)| f.stated == Some(cell_ref(at))) {
                return f.value;
            }
        }
        stated(&r.dataset, at, self.code())?.0.number()
    }

    /// The printed digits of a column of a county's table, where a criterion's figure has them.
    fn digits(&self, at: (usize, usize)) -> Option<usize> {
        let criteria = &self.context.pipeline.criteria;
        let mut figures = criteria.iter().flat_map(|c| &c.figures);
        figures
            .find(|f| f.stated == Some(cell_ref(at)))
            .map(|f| f.digits)
    }

    /// Headers of some fields with their groups and codes; gives the columns' first free row below.
    fn head(&mut self, fields: &[&Field], first: u16) {
        let units = &self.context.pipeline.units.list;
        let paths: Vec<Vec<String>> = fields
            .iter()
            .map(|field| {
                let mut path = field.printed.clone();
                if let (Some(u), Some(last)) = (field.unit, path.last_mut()) {
                    *last = format!("{last}({})", units[u].name);
                }
                path
            })
            .collect();
        self.row += self.page.header((self.row, first), &paths);
        if fields.iter().any(|f| f.line.is_some()) {
            for (c, field) in fields.iter().enumerate() {
                let line = Cell::text(field.line.clone().unwrap_or_default());
                self.page.put(self.row, first + column(c), line, Look::Head);
            }
            self.row += 1;
        }
    }

    /// A figure of a field, in the unit of the form.
    fn field_cell(&self, table: usize, field: &Field, value: Option<f64>) -> Cell {
        let Target::Column(c) = field.target else {
            return Cell::Empty;
        };
        let units = &self.context.pipeline.units.list;
        let own = self.context.pipeline.tables[table].columns[c].unit;
        let factor = match (own, field.unit) {
            (Some(own), Some(form)) => units[own].factor / units[form].factor,
            _ => 1.0,
        };
        Cell::number(value.map(|v| v * factor), field.digits)
    }

    /// One row of a form's fields.
    fn fields(&mut self, form: usize) {
        let form = &self.context.pipeline.forms[form];
        let fields: Vec<&Field> = form.fields.iter().collect();
        self.page.widths = vec![10; fields.len()];
        self.head(&fields, 0);
        for (c, field) in fields.iter().enumerate() {
            let value = match field.target {
                Target::Column(column) => self.figure((form.table, column)),
                _ => None,
            };
            let cell = self.field_cell(form.table, field, value);
            self.page.put(self.row, column(c), cell, Look::Body);
        }
        self.row += 1;
    }

    /// One row a group of a form about groups.
    fn survey(&mut self, form: usize) {
        let p = self.context.pipeline;
        let form = &p.forms[form];
        let table = form.table;
        let fields: Vec<&Field> = form
            .fields
            .iter()
            .filter(|f| !matches!(f.target, Target::Column(c) if Some(c) == form.label))
            .collect();
        self.page.widths = vec![14];
        self.page.widths.extend(vec![14; fields.len()]);
        let top = self.row;
        self.head(&fields, 1);
        self.page
            .merge((top, 0), (self.row - 1, 0), Cell::Empty, Look::Head);
        let Some(label) = form.label else { return };
        let Kind::Choice(list) = &p.tables[table].columns[label].kind else {
            return;
        };
        let r = self.context.results;
        let rows: Vec<_> = r.dataset.tables[table]
            .rows
            .iter()
            .filter(|row| row.county_code == self.code() && !row.conflict)
            .collect();
        let mut filled = false;
        for code in &p.code_lists[list] {
            let row = rows.iter().find(|row| row.key == code.code);
            let counted = self.counted(&code.code);
            if row.is_none() && counted.is_none() {
                continue;
            }
            filled = true;
            self.page
                .put(self.row, 0, Cell::text(&code.name), Look::Body);
            for (c, field) in fields.iter().enumerate() {
                let value = match field.target {
                    Target::Column(column) => {
                        let name = p.tables[table].columns[column].name.as_str();
                        let stated = || {
                            let row = row?;
                            let own = row.values[column].as_ref().and_then(Value::number);
                            self.survey_rate(table, row, column).or(own)
                        };
                        match (counted, name) {
                            (Some(line), "survey_valid") => Some(line.valid),
                            (Some(line), "survey_satisfied") => line.satisfied,
                            (Some(line), "survey_rate_stated") => line.rate,
                            _ => stated(),
                        }
                    }
                    _ => None,
                };
                let cell = self.field_cell(table, field, value);
                self.page.put(self.row, 1 + column(c), cell, Look::Body);
            }
            self.row += 1;
        }
        if !filled {
            let missing = Cell::Text(self.context.word("missing"), Tone::Pale);
            let last = column(fields.len());
            self.page
                .merge((self.row, 0), (self.row, last), missing, Look::Body);
            self.row += 1;
        }
    }

    /// What questionnaires come to for a row of the form: all respondents, and the parents; other groups have no row.
    fn counted(&self, code: &str) -> Option<&'a Line> {
        let survey = self.context.pipeline.survey.as_ref()?;
        let group = survey.groups.iter().position(|g| g.code == code);
        if group.is_none() != (code == survey.whole)
            || group.is_some_and(|g| g != survey.quota.parents)
        {
            return None;
        }
        let surveys = &self.context.results.surveys;
        surveys.line(self.county, Source::Questionnaires, Slice::of_group(group))
    }

    /// A group's rate from its own counts, for a column of stated rates.
    fn survey_rate(&self, table: usize, row: &Row, column: usize) -> Option<f64> {
        let table = &self.context.pipeline.tables[table];
        let rates = [
            ("survey_rate_stated", "survey_satisfied", "survey_valid"),
            ("visit_rate_stated", "visit_satisfied", "visit_people"),
        ];
        let name = &table.columns[column].name;
        let (_, hits, all) = rates.into_iter().find(|(rate, ..)| rate == name)?;
        let figure = |name: &str| row.values[table.position(name)?].as_ref()?.number();
        ratio(figure(hits), figure(all), 100.0)
    }

    /// The heads of the standard indicators from a column on, with codes counted from `line`.
    fn indicator_heads(&mut self, first: u16, line: usize) {
        let p = self.context.pipeline;
        for (n, (_, indicator)) in p.standard_indicators().enumerate() {
            let c = first + column(n);
            let title = match indicator.title.contains(&indicator.unit) {
                true => indicator.title.clone(),
                false => format!("{}({})", indicator.title, indicator.unit),
            };
            self.page.put(self.row, c, Cell::text(title), Look::Head);
            let code = Cell::text(format!("L{}", line + n));
            self.page.put(self.row + 1, c, code, Look::Head);
        }
    }

    /// Schools that reach each indicator, by stage: number and percent.
    fn unit_shares(&mut self) {
        let p = self.context.pipeline;
        let r = self.context.results;
        let standard: Vec<usize> = p.standard_indicators().map(|(i, _)| i).collect();
        let whole = column(2 + standard.len());
        self.page.widths = vec![8, 18];
        self.page.widths.extend(vec![13; standard.len() + 1]);
        self.page
            .merge((self.row, 0), (self.row + 1, 1), Cell::Empty, Look::Head);
        self.indicator_heads(2, 1);
        let head = self.word("head_whole");
        self.page.put(self.row, whole, head, Look::Head);
        let line = Cell::text(format!("L{}", standard.len() + 1));
        self.page.put(self.row + 1, whole, line, Look::Head);
        self.row += 2;
        let units = units_of(self.context, self.county);
        let held = r.held.contains_key(self.code());
        for stage in p.evaluated_stages() {
            let own: Vec<usize> = units
                .iter()
                .copied()
                .filter(|u| r.units.list[*u].stage == stage)
                .collect();
            let title = Cell::text(&p.stages[stage].title);
            self.page
                .merge((self.row, 0), (self.row + 1, 0), title, Look::Body);
            let (met, share) = (
                self.word("head_units_met_total"),
                self.word("head_units_met_share"),
            );
            self.page.put(self.row, 1, met, Look::Body);
            self.page.put(self.row + 1, 1, share, Look::Body);
            let mut put = |c: u16, met: usize, open: usize| {
                // Schools that were lost on the way are in no share.
                let open = open > 0 || held;
                let tone = if open { Tone::Pale } else { Tone::Plain };
                let count = Cell::count(met).toned(tone);
                let share =
                    (!own.is_empty() && !open).then(|| met as f64 * 100.0 / own.len() as f64);
                let share = Cell::number(share, 1);
                self.page.put(self.row, c, count, Look::Body);
                self.page.put(self.row + 1, c, share, Look::Body);
            };
            for (n, indicator) in standard.iter().enumerate() {
                let of = |wanted: Met| {
                    let values = own.iter().flat_map(|u| r.values_of(*u));
                    let own = values.filter(|v| v.indicator() == *indicator);
                    own.filter(|v| v.met == Some(wanted)).count()
                };
                put(column(2 + n), of(Met::Met), of(Met::Incomplete));
            }
            let verdicts = |wanted: Verdict| {
                let all = own.iter().filter_map(|u| r.unit_verdict(*u));
                all.filter(|v| v.verdict == wanted).count()
            };
            put(whole, verdicts(Verdict::Met), verdicts(Verdict::Incomplete));
            self.row += 2;
        }
    }

    /// One row a unit.
    fn units(&mut self) {
        let p = self.context.pipeline;
        let r = self.context.results;
        let standard: Vec<usize> = p.standard_indicators().map(|(i, _)| i).collect();
        let heads = [
            "head_number",
            "head_school_name",
            "head_sponsor",
            "head_unit_students",
            "head_grades",
            "head_classes",
        ];
        self.page.widths = vec![6, 30, 8, 9, 7, 7];
        self.page.widths.extend(vec![12; standard.len()]);
        self.page.widths.extend([10, 40]);
        for (c, key) in heads.iter().enumerate() {
            let head = self.word(key);
            self.page.put(self.row, column(c), head, Look::Head);
            let line = Cell::text(format!("L{}", c + 1));
            self.page.put(self.row + 1, column(c), line, Look::Head);
        }
        self.indicator_heads(column(heads.len()), heads.len() + 1);
        let last = heads.len() + standard.len();
        let (verdict, remark) = (
            self.word("head_unit_verdict"),
            self.word("head_unit_remark"),
        );
        self.page.put(self.row, column(last), verdict, Look::Head);
        let line = Cell::text(format!("L{}", last + 1));
        self.page.put(self.row + 1, column(last), line, Look::Head);
        self.page.merge(
            (self.row, column(last + 1)),
            (self.row + 1, column(last + 1)),
            remark,
            Look::Head,
        );
        self.row += 2;
        self.page.frozen = (self.row, 2);
        let Some(table) = p.table("school") else {
            return;
        };
        let units = units_of(self.context, self.county);
        for stage in p.evaluated_stages() {
            let own = units.iter().filter(|u| r.units.list[**u].stage == stage);
            for (n, u) in own.enumerate() {
                let unit = &r.units.list[*u];
                let row = &r.dataset.tables[table].rows[unit.school];
                let text = |name: &str| text_of(&p.tables[table], &row.values, name);
                let classes = p
                    .unit_columns
                    .iter()
                    .position(|c| c.name == "classes")
                    .and_then(|c| unit.values[c]);
                let mut cells = vec![
                    Cell::count(n + 1),
                    Cell::text(text("school_name").unwrap_or_default()),
                    Cell::text(text("sponsor").unwrap_or_default()),
                    Cell::number(unit.students, 0),
                    Cell::Empty,
                    Cell::number(classes, 0),
                ];
                let values = r.values_of(*u);
                for i in &standard {
                    let digits = p.indicators[*i].digits;
                    cells.push(match values.iter().find(|v| v.indicator() == *i) {
                        Some(v) => v.value().map_or_else(
                            || Cell::Text(self.context.word("missing"), Tone::Pale),
                            |value| Cell::Number(value, digits, met_tone(v.met)),
                        ),
                        None => Cell::Empty,
                    });
                }
                let verdict = r.unit_verdict(*u);
                cells.push(super::ranking_book::verdict_cell(
                    self.context,
                    verdict.map(|v| v.verdict),
                ));
                cells.push(Cell::text(self.remark(values)));
                for (c, cell) in cells.into_iter().enumerate() {
                    self.page.put(self.row, column(c), cell, Look::Body);
                }
                self.row += 1;
            }
        }
    }

    /// How many indicators are met, and which of the others are at the floor, below it, or missing.
    fn remark(&self, values: &[crate::indicators::unit::UnitValue]) -> String {
        let p = self.context.pipeline;
        let of = |wanted: Met| -> Vec<&str> {
            let own = values.iter().filter(|v| v.met == Some(wanted));
            own.map(|v| p.indicators[v.indicator()].title.as_str())
                .collect()
        };
        let floor = number(rounded(p.school_rule.floor_ratio * 100.0, 6));
        let met = of(Met::Met).len().to_string();
        let mut out = vec![p.phrase("remark_met", &[("count", &met)])];
        for (wanted, key) in [
            (Met::Floor, "remark_floor"),
            (Met::NotMet, "remark_below"),
            (Met::Incomplete, "remark_missing"),
        ] {
            let titles = of(wanted);
            if !titles.is_empty() {
                let list = titles.join("\u{3001}");
                out.push(p.phrase(key, &[("indicators", &list), ("floor", &floor)]));
            }
        }
        out.join(p.word("list_separator"))
    }

    /// Means and coefficients of variation by stage.
    fn balance(&mut self) {
        let p = self.context.pipeline;
        let r = self.context.results;
        let standard: Vec<usize> = p.standard_indicators().map(|(i, _)| i).collect();
        let whole = column(2 + standard.len());
        self.page.widths = vec![8, 14];
        self.page.widths.extend(vec![13; standard.len() + 1]);
        self.page
            .merge((self.row, 0), (self.row + 1, 1), Cell::Empty, Look::Head);
        self.indicator_heads(2, 1);
        let head = self.word("head_composite");
        self.page.put(self.row, whole, head, Look::Head);
        let line = Cell::text(format!("L{}", standard.len() + 1));
        self.page.put(self.row + 1, whole, line, Look::Head);
        self.row += 2;
        let code = self.code().to_string();
        let held = r.held.contains_key(&code);
        for stage in p.evaluated_stages() {
            let digits = p.balance_limit(stage).map_or(3, |l| l.digits);
            let title = Cell::text(&p.stages[stage].title);
            self.page
                .merge((self.row, 0), (self.row + 1, 0), title, Look::Body);
            let (mean, cv) = (self.word("head_mean"), self.word("head_cv"));
            self.page.put(self.row, 1, mean, Look::Body);
            self.page.put(self.row + 1, 1, cv, Look::Body);
            for (n, i) in standard.iter().enumerate() {
                let b = r.balance(&code, stage, *i);
                let spread = b.and_then(|b| b.spread.or(b.provisional));
                let open = held || b.is_none_or(|b| b.spread.is_none() || b.units_uncertain > 0);
                let tone = if open { Tone::Pale } else { Tone::Plain };
                let bad = b.is_some_and(|b| b.verdict == Some(Verdict::NotMet));
                let c = column(2 + n);
                let mean = Cell::number(spread.map(|s| s.mean), p.indicators[*i].digits);
                self.page.put(self.row, c, mean.toned(tone), Look::Body);
                let cv = Cell::number(b.and_then(|b| b.cv), digits);
                let tone = if bad { Tone::Bad } else { tone };
                self.page.put(self.row + 1, c, cv.toned(tone), Look::Body);
            }
            let dash = self.word("dash");
            self.page.put(self.row, whole, dash, Look::Body);
            let composite = mean_cv(p, &r.balances, &code, stage);
            let judged = r
                .composites
                .iter()
                .find(|c| c.county_code == code && c.stage == stage);
            let tone = match judged {
                Some(c) => verdict_tone(c.verdict),
                None => Tone::Plain,
            };
            let cell = Cell::number(composite, digits).toned(tone);
            self.page.put(self.row + 1, whole, cell, Look::Body);
            self.row += 2;
        }
        if p.settings.balance_rule == BalanceRule::Each {
            let note = self.word("note_composite_for_information");
            self.page
                .merge((self.row, 0), (self.row, whole), note, Look::Note);
            self.row += 1;
        }
    }

    /// Items, sentences and verdicts.
    fn statements(&mut self, form: usize) {
        let form = &self.context.pipeline.forms[form];
        self.page.widths = vec![50, 70, 12];
        for (c, key) in ["head_statement", "head_conclusion", "head_reached"]
            .iter()
            .enumerate()
        {
            let head = self.word(key);
            self.page.put(self.row, column(c), head, Look::Head);
        }
        self.row += 1;
        self.page.frozen = (self.row, 0);
        for s in &form.statements {
            let item = format!("{}. {}", s.number, s.item);
            let answer = self.answer(form.table, s);
            let verdict = self.statement_verdict(form.table, s);
            self.page.put(self.row, 0, Cell::text(item), Look::Body);
            self.page.put(self.row, 1, Cell::text(answer), Look::Body);
            self.page.put(self.row, 2, verdict, Look::Body);
            self.row += 1;
        }
    }

    fn statement_verdict(&self, table: usize, s: &Statement) -> Cell {
        let p = self.context.pipeline;
        let claim = s.claim.map(|c| (table, c));
        let own = self.context.criteria(self.county);
        let result = own
            .iter()
            .find(|r| claim.is_some() && p.criteria[r.criterion].claim == claim);
        super::ranking_book::verdict_cell(self.context, result.map(|r| r.verdict))
    }

    /// What the schools show for an item that the form has no sentence for.
    fn checked(&self, table: usize, s: &Statement) -> Option<String> {
        let p = self.context.pipeline;
        let claim = (table, s.claim?);
        let mut own = self.context.criteria(self.county).iter();
        let result = own.find(|r| p.criteria[r.criterion].claim == Some(claim))?;
        let checks = p.criteria[result.criterion]
            .checks
            .iter()
            .zip(&result.checks);
        let lines: Vec<String> = checks
            .filter(|(_, r)| r.failing.is_some())
            .map(|(k, r)| {
                let failing = number(r.failing.unwrap_or_default());
                let slots = [
                    ("what", k.title.as_str()),
                    ("count", &r.count.to_string()),
                    ("failing", &failing),
                ];
                p.phrase("conclusion_checked", &slots)
            })
            .collect();
        (!lines.is_empty()).then(|| lines.join(p.word("list_separator")))
    }

    /// The form's sentence with its blanks filled in; the county's own text where the form has no sentence.
    fn answer(&self, table: usize, s: &Statement) -> String {
        let p = self.context.pipeline;
        let Some(sentence) = &s.sentence else {
            let own = county_row(&self.context.results.dataset, table, self.code());
            let text = own.and_then(|row| row.values[s.text?].as_ref().map(Value::shown));
            let checked = self.checked(table, s);
            return [text, checked]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("\n");
        };
        let mut out = String::new();
        for (i, text) in sentence.texts.iter().enumerate() {
            out.push_str(text);
            let Some(blank) = sentence.blanks.get(i) else {
                continue;
            };
            let at = (table, blank.column);
            let column = &p.tables[table].columns[blank.column];
            let filled = match &column.kind {
                Kind::Choice(list) => stated(&self.context.results.dataset, at, self.code())
                    .and_then(|(v, _)| v.text())
                    .and_then(|code| p.code_lists[list].iter().find(|c| c.code == code))
                    .map(|c| c.name.clone()),
                _ => self.figure(at).map(|value| {
                    let units = &p.units.list;
                    let factor = match (column.unit, blank.unit) {
                        (Some(own), Some(form)) => units[own].factor / units[form].factor,
                        _ => 1.0,
                    };
                    match self.digits(at) {
                        Some(digits) => fixed(value * factor, digits),
                        None => number(rounded(value * factor, 4)),
                    }
                }),
            };
            out.push_str(&filled.unwrap_or_else(|| self.context.word("blank")));
        }
        out
    }

    /// A plain list of a part's criteria.
    fn criteria(&mut self, part: crate::pipeline::model::Part) {
        let p = self.context.pipeline;
        let heads = criteria_sheet::heads(self.context);
        self.page.widths = heads.iter().map(|h| h.widest.clamp(8, 40)).collect();
        for (c, head) in heads.iter().enumerate() {
            let label = Cell::text(&head.label);
            self.page.put(self.row, column(c), label, Look::Head);
        }
        self.row += 1;
        self.page.frozen = (self.row, 0);
        for result in self.context.criteria(self.county) {
            if p.criteria[result.criterion].part != part {
                continue;
            }
            for row in criteria_sheet::rows(self.context, result) {
                for (c, cell) in row.into_iter().enumerate() {
                    self.page.put(self.row, column(c), cell, Look::Body);
                }
                self.row += 1;
            }
        }
    }
}
