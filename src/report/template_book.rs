//! A form of the pipeline -> the empty workbook that a county fills in. It is laid out so that the reader of submissions knows
//! it: headers and units as the form declares them, nothing below the rows to fill in.

use super::book::{Allowed, Book, Cell, Head, Look, Page, Placed, Sheet, column};
use super::template_fields::{self, Ask, FIRST_CHOICE, Lists, in_cell, required_word};
use super::xlsx::width;
use crate::dataset::{COUNTY_CODE_STATED, COUNTY_NAME_STATED, County};
use crate::pipeline::Pipeline;
use crate::pipeline::model::{
    AnswerRole, Entity, Form, Layout, Statement, Target, TemplateBook, TemplateSheet, UnitPlace,
};

/// Widths of columns in half-width characters.
const NARROW: usize = 6;
const USUAL: usize = 9;
const NAME: usize = 26;
const ITEM: usize = 44;
const VALUE: usize = 18;
const SENTENCE: usize = 64;
const REMARK: usize = 40;
/// About as many half-width characters are legible across a sheet of paper.
const PAPER: usize = 250;

/// The workbook of a template, or of one of its forms only; with a county, its name and code are filled in.
pub fn book(
    pipeline: &Pipeline,
    template: &TemplateBook,
    only: Option<usize>,
    county: Option<&County>,
) -> Book {
    let mut lists = Lists {
        sheet: pipeline.word("sheet_template_codes").to_string(),
        ..Lists::default()
    };
    let mut pages = Vec::new();
    let mut guide: Vec<(String, Vec<Ask>)> = Vec::new();
    let wanted = |s: &&TemplateSheet| only.is_none_or(|form| s.form == form);
    for sheet in template.sheets.iter().filter(wanted) {
        let mut made = Sheets {
            pipeline,
            form: &pipeline.forms[sheet.form],
            sheet,
            county,
            lists: &mut lists,
            asked: Vec::new(),
            page: Page {
                name: sheet.name.clone(),
                locked: true,
                ..Page::default()
            },
            row: 1,
        };
        made.fill();
        guide.push((sheet.name.clone(), made.asked));
        pages.push(made.page);
    }
    pages.extend(codes(pipeline, &lists));
    Book {
        title: template.title.clone(),
        font: pipeline.word("font").to_string(),
        pages,
        sheets: vec![guide_sheet(pipeline, &guide)],
    }
}

/// One sheet while it is made.
struct Sheets<'a> {
    pipeline: &'a Pipeline,
    form: &'a Form,
    sheet: &'a TemplateSheet,
    county: Option<&'a County>,
    lists: &'a mut Lists,
    /// What the sheet asks, for the guide.
    asked: Vec<Ask>,
    page: Page,
    /// The next free row.
    row: u32,
}

impl Sheets<'_> {
    fn fill(&mut self) {
        self.row += u32::try_from(self.sheet.lead.len() + self.sheet.notes.len()).unwrap_or(0);
        match self.form.layout {
            Layout::Rows => self.rows(),
            Layout::List => self.list(),
            Layout::Statements => self.statements(),
            Layout::Questionnaire => self.questionnaire(),
            // Checked with the pipeline: what other programs write has no template.
            Layout::Statistics => {}
        }
        self.top();
    }

    /// Title, lines to complete, notes: above the header, over as many columns as stay in view.
    fn top(&mut self) {
        let last = column(self.page.widths.len().max(1) - 1);
        let title = Cell::text(self.sheet.title.as_str());
        // A wide table's title over all columns would stand out of sight.
        let seen = self.in_view(last);
        let mut row = 0;
        self.page.merge((row, 0), (row, seen), title, Look::Title);
        for line in &self.sheet.lead {
            row += 1;
            let text = line.fill(|slot| match (self.county, slot) {
                (Some(county), "county_code") => county.code.clone(),
                (Some(county), _) => county.name.clone(),
                (None, _) => String::new(),
            });
            self.page
                .merge((row, 0), (row, seen), Cell::text(text), Look::Lead);
        }
        for note in &self.sheet.notes {
            row += 1;
            let note = Cell::text(note.as_str());
            self.page.merge((row, 0), (row, seen), note, Look::Note);
        }
    }

    /// The last column of what fits on a screen.
    fn in_view(&self, last: u16) -> u16 {
        let mut sum = 0;
        for (c, width) in self.page.widths.iter().enumerate() {
            sum += width + 1;
            if sum > PAPER {
                return column(c).max(1).min(last);
            }
        }
        last
    }

    fn word(&self, key: &str) -> String {
        self.pipeline.word(key).to_string()
    }

    fn head(&mut self, col: usize, text: impl Into<String>) {
        let cell = Cell::text(text);
        self.page.put(self.row, column(col), cell, Look::Head);
    }

    /// The field's question with what the template says of it.
    fn asking(&mut self, f: usize) -> Ask {
        let field = &self.form.fields[f];
        let mut ask = template_fields::field(self.pipeline, self.form, field, self.lists);
        ask.section = self.sheet.section(f).unwrap_or("").to_string();
        ask.remark = self.sheet.remark(f).to_string();
        self.asked.push(ask.clone());
        ask
    }

    /// One row an entity below a header block.
    fn rows(&mut self) {
        let p = self.pipeline;
        let (form, sheet) = (self.form, self.sheet);
        let key = match p.tables[form.table].entity {
            Entity::Group(key) if !sheet.labels.is_empty() => Some(key),
            _ => None,
        };
        let fields: Vec<usize> = sheet.fields(form);
        let first = u16::from(form.label.is_some());
        let asks: Vec<Ask> = fields.iter().map(|f| self.asking(*f)).collect();
        let paths: Vec<Vec<String>> = fields
            .iter()
            .zip(&asks)
            .map(|(f, ask)| self.path(*f, ask))
            .collect();
        let top = self.row;
        self.row += self.page.header((self.row, first), &paths);
        let leaves = self.row;
        if form.fields.iter().any(|f| f.line.is_some()) {
            for (c, f) in fields.iter().enumerate() {
                let line = form.fields[*f].line.clone().unwrap_or_default();
                self.head(usize::from(first) + c, line);
            }
            self.row += 1;
        }
        if sheet.units == UnitPlace::Row {
            for (c, ask) in asks.iter().enumerate() {
                self.head(usize::from(first) + c, ask.unit.as_str());
            }
            self.row += 1;
        }
        let below = usize::try_from(self.row - leaves).unwrap_or(0);
        // The headers of what must be filled in, from the last part down.
        for (c, _) in asks.iter().enumerate().filter(|(_, ask)| ask.required) {
            let col = first + column(c);
            let own = |p: &&mut Placed| p.row >= top && p.col == col && p.right == col;
            let cells = self.page.cells.iter_mut().filter(own);
            let mut cells: Vec<&mut Placed> = cells.collect();
            let from = cells.len().saturating_sub(1 + below);
            cells[from..]
                .iter_mut()
                .for_each(|p| p.look = Look::NeededHead);
        }
        let last_row = self.row + u32::try_from(sheet.rows.max(1) - 1).unwrap_or(0);
        if form.label.is_some() {
            self.page
                .merge((top, 0), (self.row - 1, 0), Cell::Empty, Look::Head);
            let labels = sheet.labels.iter().map(|l| width(l)).max();
            self.page
                .widths
                .push(labels.unwrap_or(USUAL).max(USUAL) + 1);
        }
        let name = form.needs.first().copied();
        let mut names: Option<u16> = form.label.map(|_| 0);
        for ((f, ask), path) in fields.iter().zip(&asks).zip(&paths) {
            let col = column(self.page.widths.len());
            let own = matches!(form.fields[*f].target, Target::Column(c) if Some(c) == key);
            let wide = self.width_of(ask, path, name == Some(*f));
            self.page.widths.push(wide);
            if name == Some(*f) && form.label.is_none() {
                names = Some(col);
            }
            if own {
                self.labels(col);
                continue;
            }
            let (from, to) = ((self.row, col), (last_row, col));
            let entry = ask.entry(p, from, to, Cell::Empty);
            self.page.entries.push(entry);
        }
        if form.label.is_some() {
            self.labels(0);
        }
        // What names a row stays in view.
        let names = names.filter(|c| *c <= 3).map_or(0, |c| c + 1);
        self.page.frozen = (self.row, names);
        let whole: usize = self.page.widths.iter().map(|w| w + 1).sum();
        self.page.pages_wide = u16::try_from(whole.div_ceil(PAPER)).unwrap_or(1);
    }

    /// The groups' names, one a row.
    fn labels(&mut self, col: u16) {
        for (row, label) in (self.row..).zip(&self.sheet.labels) {
            let label = Cell::text(label.as_str());
            self.page.put(row, col, label, Look::Body);
        }
    }

    /// A column's headers from the section down; the unit in the last one where the template has no row for it.
    fn path(&self, f: usize, ask: &Ask) -> Vec<String> {
        let field = &self.form.fields[f];
        let mut path = field.printed.clone();
        if !ask.section.is_empty() && path.first() != Some(&ask.section) {
            path.insert(0, ask.section.clone());
        }
        let measured = match field.target {
            Target::Column(c) => self.pipeline.tables[self.form.table].columns[c].unit,
            _ => None,
        };
        if self.sheet.units == UnitPlace::Header
            && measured.is_some()
            && let Some(last) = path.last_mut()
        {
            *last = format!("{last}({})", ask.unit);
        }
        path
    }

    /// Wide enough for what is filled in, and for the header on a few lines.
    fn width_of(&self, ask: &Ask, path: &[String], is_name: bool) -> usize {
        let header = path.last().map_or(0, |l| width(l).div_ceil(4) + 1);
        let filled = match &ask.allowed {
            Allowed::Text if is_name => NAME,
            Allowed::Text => VALUE,
            Allowed::Code(length) => length.unwrap_or(USUAL) + 3,
            Allowed::Listed { col, .. } => {
                let choices = &self.lists.all[usize::from(*col)].2;
                choices.iter().map(|c| width(c)).max().unwrap_or(0) + 3
            }
            _ => USUAL,
        };
        header.max(filled).clamp(USUAL, NAME)
    }

    /// Items one below the other, one entity a sheet.
    fn list(&mut self) {
        let p = self.pipeline;
        let (form, sheet) = (self.form, self.sheet);
        let heads = &sheet.heads;
        let unit = heads.unit.clone().unwrap_or_else(|| self.word("head_unit"));
        let titles = [
            (self.word("head_number"), NARROW),
            (self.word("template_head_section"), VALUE),
            (heads.item.clone(), ITEM + 14),
            (unit, USUAL + 1),
            (heads.value.clone(), NAME),
            (self.word("template_head_required"), USUAL),
            (self.word("head_note"), REMARK + 10),
        ];
        let sections = !sheet.sections.is_empty();
        let titles: Vec<(String, usize)> = titles
            .into_iter()
            .enumerate()
            .filter(|(c, _)| sections || *c != 1)
            .map(|(_, title)| title)
            .collect();
        for (c, (title, wide)) in titles.into_iter().enumerate() {
            self.head(c, title);
            self.page.widths.push(wide);
        }
        let header = self.row;
        self.row += 1;
        let item = 1 + u16::from(sections);
        let fields = sheet.fields(form);
        let mut section_from = self.row;
        for (n, f) in fields.iter().enumerate() {
            let ask = self.asking(*f);
            let row = self.row;
            let number = Cell::text((n + 1).to_string());
            self.page.put(row, 0, number, Look::Middle);
            let next = fields.get(n + 1).and_then(|f| sheet.section(*f));
            if sections && next != sheet.section(*f) {
                let title = Cell::text(ask.section.as_str());
                self.page
                    .merge((section_from, 1), (row, 1), title, Look::Middle);
            }
            if next != sheet.section(*f) {
                section_from = row + 1;
            }
            let remark = remark_of(&ask);
            let texts = [
                (item, ask.title.as_str(), Look::Body),
                (item + 1, &ask.unit, Look::Middle),
                (item + 3, p.word(required_word(ask.required)), Look::Middle),
                (item + 4, &remark, Look::Body),
            ];
            for (col, text, look) in texts {
                self.page.put(row, col, Cell::text(text), look);
            }
            let given = self.given(form.fields[*f].target);
            let at = (row, item + 2);
            self.page.entries.push(ask.entry(p, at, at, given));
            self.row += 1;
        }
        self.page.frozen = (header + 1, 0);
    }

    /// What is known of the county, where an item asks for it.
    fn given(&self, target: Target) -> Cell {
        let Some(county) = self.county else {
            return Cell::Empty;
        };
        let table = &self.pipeline.tables[self.form.table];
        let name = match target {
            Target::Column(c) => table.columns[c].name.as_str(),
            Target::CountyCode => COUNTY_CODE_STATED,
            Target::CountyName => COUNTY_NAME_STATED,
            Target::Counted | Target::Revoked => return Cell::Empty,
        };
        match name {
            COUNTY_CODE_STATED => Cell::text(county.code.as_str()),
            COUNTY_NAME_STATED => Cell::text(county.name.as_str()),
            _ => Cell::Empty,
        }
    }

    /// Items with sentences to complete, a score, a verdict.
    fn statements(&mut self) {
        let (form, sheet) = (self.form, self.sheet);
        let heads = &sheet.heads;
        let sections = !sheet.sections.is_empty();
        let any = |pick: fn(&Statement) -> Option<usize>| {
            form.statements.iter().any(|s| pick(s).is_some())
        };
        let score = heads.score.clone().filter(|_| any(|s| s.score));
        let verdict = heads.verdict.clone().filter(|_| any(|s| s.claim));
        let mut titles: Vec<(String, usize)> = Vec::new();
        if sections {
            titles.push((self.word("template_head_section"), VALUE));
        }
        titles.push((heads.item.clone(), ITEM));
        titles.push((heads.value.clone(), SENTENCE));
        titles.extend(score.iter().cloned().map(|t| (t, USUAL + 1)));
        titles.extend(verdict.iter().cloned().map(|t| (t, USUAL + 1)));
        for (c, (title, wide)) in titles.into_iter().enumerate() {
            self.head(c, title);
            self.page.widths.push(wide);
        }
        self.row += 1;
        self.page.frozen = (self.row, 0);
        let item = u16::from(sections);
        let mut section_from = self.row;
        for (n, s) in form.statements.iter().enumerate() {
            let row = self.row;
            let own = sheet.section(n);
            let next = (n + 1 < form.statements.len())
                .then(|| sheet.section(n + 1))
                .flatten();
            if own != next {
                if let Some(title) = own {
                    let title = Cell::text(title);
                    self.page
                        .merge((section_from, 0), (row, 0), title, Look::Middle);
                }
                section_from = row + 1;
            }
            let text = Cell::text(format!("{}. {}", s.number, s.item));
            self.page.put(row, item, text, Look::Body);
            self.statement(n, s, (row, item + 1), score.is_some(), verdict.is_some());
            self.row += 1;
        }
    }

    /// The cells to fill in of one item, from its answer to the right.
    fn statement(
        &mut self,
        n: usize,
        s: &Statement,
        (row, answer): (u32, u16),
        has_score: bool,
        has_verdict: bool,
    ) {
        let p = self.pipeline;
        let columns = &p.tables[self.form.table].columns;
        let blank = p.word("blank");
        let (given, wanted) = match &s.sentence {
            Some(sentence) => (
                Cell::text(sentence.texts.join(blank)),
                "template_allowed_sentence",
            ),
            None => (Cell::Empty, "template_allowed_text"),
        };
        let mut asks = vec![(
            answer,
            given,
            Ask {
                title: match s.text {
                    Some(c) => columns[c].title.clone(),
                    None => s.item.clone(),
                },
                wanted: self.word(wanted),
                ..Ask::default()
            },
        )];
        let scores = s.score.filter(|_| has_score).map(|c| (answer + 1, c));
        let verdict = answer + 1 + u16::from(has_score);
        let verdicts = s.claim.filter(|_| has_verdict).map(|c| (verdict, c));
        for (col, c) in scores.into_iter().chain(verdicts) {
            let ask = template_fields::column(p, &columns[c], self.lists);
            asks.push((col, Cell::Empty, ask));
        }
        for (col, given, mut ask) in asks {
            ask.section = self.sheet.section(n).unwrap_or("").to_string();
            ask.remark = self.sheet.remark(n).to_string();
            let entry = ask.entry(p, (row, col), (row, col), given);
            self.page.entries.push(entry);
            self.asked.push(ask);
        }
    }

    /// One row a respondent, for questionnaires on paper.
    fn questionnaire(&mut self) {
        let p = self.pipeline;
        let (form, sheet) = (self.form, self.sheet);
        let mut asks: Vec<Ask> = Vec::new();
        for (role, header) in &sheet.roles {
            asks.push(self.role(*role, header));
        }
        let answers = self.answers();
        for question in &form.asked.questions {
            asks.push(Ask {
                title: question.title.clone(),
                required: question.required,
                allowed: in_cell(&answers).unwrap_or_default(),
                wanted: self.word("template_allowed_choice"),
                blank: self.word("template_blank_answer"),
                ..Ask::default()
            });
        }
        for (c, ask) in asks.iter().enumerate() {
            let look = match ask.required {
                true => Look::NeededHead,
                false => Look::Head,
            };
            let title = Cell::text(ask.title.as_str());
            self.page.put(self.row, column(c), title, look);
            let wide = match ask.allowed {
                Allowed::Text => NAME,
                _ => VALUE.min(width(&ask.title) + 2).max(USUAL + 2),
            };
            self.page.widths.push(wide);
        }
        self.row += 1;
        let last = self.row + u32::try_from(sheet.rows.max(1) - 1).unwrap_or(0);
        for (c, ask) in asks.iter().enumerate() {
            let col = column(c);
            let entry = ask.entry(p, (self.row, col), (last, col), Cell::Empty);
            self.page.entries.push(entry);
        }
        self.asked = asks;
        self.page.frozen = (self.row, 0);
    }

    /// A column about the respondent.
    fn role(&self, role: AnswerRole, header: &str) -> Ask {
        let p = self.pipeline;
        let groups = p.survey.iter().flat_map(|s| &s.groups);
        let groups: Vec<String> = groups.map(|g| g.title.clone()).collect();
        let (allowed, wanted) = match role {
            AnswerRole::Identity => (
                in_cell(&groups).unwrap_or_default(),
                "template_allowed_choice",
            ),
            AnswerRole::CountyCode => (
                Allowed::Code(Some(p.settings.county_digits)),
                "template_allowed_code",
            ),
            _ => (Allowed::Text, "template_allowed_text"),
        };
        Ask {
            title: header.to_string(),
            required: role == AnswerRole::Identity,
            allowed,
            wanted: self.word(wanted),
            ..Ask::default()
        }
    }

    /// The answers of the first scale, each in its first way of writing.
    fn answers(&self) -> Vec<String> {
        let Some(survey) = &self.pipeline.survey else {
            return Vec::new();
        };
        let Some(scale) = survey.scales.first() else {
            return Vec::new();
        };
        let mut seen = Vec::new();
        let mut out = Vec::new();
        for (word, score) in survey.words.iter().zip(&scale.scores) {
            let Some(score) = score else { continue };
            if !seen.contains(&(word.means, *score)) {
                seen.push((word.means, *score));
                out.push(word.title.clone());
            }
        }
        out
    }
}

/// What stands beside an item: what is declared of it, else what it takes.
fn remark_of(ask: &Ask) -> String {
    match ask.remark.is_empty() {
        true => ask.wanted.clone(),
        false => ask.remark.clone(),
    }
}

/// The sheet of the lists that cells choose from.
fn codes(pipeline: &Pipeline, lists: &Lists) -> Option<Page> {
    if lists.all.is_empty() {
        return None;
    }
    let mut page = Page {
        name: lists.sheet.clone(),
        locked: true,
        frozen: (FIRST_CHOICE, 0),
        ..Page::default()
    };
    for (c, (_, title, choices)) in lists.all.iter().enumerate() {
        let col = column(c);
        let title_row = FIRST_CHOICE - 1;
        page.put(title_row, col, Cell::text(title.as_str()), Look::Head);
        for (row, choice) in (FIRST_CHOICE..).zip(choices) {
            page.put(row, col, Cell::text(choice.as_str()), Look::Body);
        }
        let texts = choices.iter().chain(std::iter::once(title));
        page.widths
            .push(texts.map(|t| width(t)).max().unwrap_or(USUAL).max(VALUE) + 2);
    }
    let title = Cell::text(pipeline.word("template_codes_title"));
    let last = column(page.widths.len() - 1);
    page.merge((0, 0), (0, last.max(1)), title, Look::Title);
    Some(page)
}

/// Everything that is asked, to read and to print.
fn guide_sheet(pipeline: &Pipeline, guide: &[(String, Vec<Ask>)]) -> Sheet {
    let heads = [
        ("template_head_sheet", 16),
        ("template_head_section", 18),
        ("template_head_item", 44),
        ("head_unit", 12),
        ("template_head_required", 10),
        ("template_head_allowed", 40),
        ("template_head_blank", 40),
        ("head_note", 44),
    ];
    let rows = guide.iter().flat_map(|(sheet, asks)| {
        asks.iter().map(move |ask| {
            vec![
                Cell::text(sheet.as_str()),
                Cell::text(ask.section.as_str()),
                Cell::text(ask.title.as_str()),
                Cell::text(ask.unit.as_str()),
                Cell::text(pipeline.word(required_word(ask.required))),
                Cell::text(ask.wanted.as_str()),
                Cell::text(ask.blank.as_str()),
                Cell::text(ask.remark.as_str()),
            ]
        })
    });
    Sheet {
        name: pipeline.word("sheet_template_guide").to_string(),
        title: pipeline.word("template_guide_title").to_string(),
        columns: heads
            .iter()
            .map(|(key, widest)| Head::new(pipeline.word(key)).wide(*widest))
            .collect(),
        rows: rows.collect(),
        ..Sheet::default()
    }
}
