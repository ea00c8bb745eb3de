//! 退回: what a county must correct or explain, as a workbook that it fills in and sends back. The form that reads it is
//! declared in the pipeline; the heads of its columns are that form's.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Context;
use super::book::{Allowed, Book, Cell, Entry, Look, Page, Tone};
use crate::dataset::County;
use crate::finding::{Finding, Severity, State, first_cell};
use crate::followup::{self, ANSWERED};
use crate::pipeline::model::Target;
use crate::pipeline::returned::Returned;

/// Columns with their widths in half-width characters; what is filled in comes last, what is hidden behind it.
const WIDTHS: [usize; 13] = [5, 10, 13, 16, 17, 11, 10, 36, 24, 20, 10, 28, 28];
const IMPACT: u16 = 9;
const REASON: u16 = 10;
const TEXT: u16 = 11;
const KEY: u16 = 12;
/// The last column that people see.
const LAST: u16 = TEXT;
/// Characters of all choices together that a drop-down list can hold.
const MOST_LISTED: usize = 255;
/// Rows of findings that a county is asked at a time.
const MOST_ROWS: u32 = 200_000;

/// The book of a county; `None` where the pipeline does not read such files, or there is nothing to say to the county.
pub fn book(context: &Context<'_>, county: &County) -> Option<Book> {
    let returned = context.pipeline.returned.as_ref()?;
    let all: Vec<&Finding> = context
        .results
        .findings
        .iter()
        .filter(|f| f.county_code.as_deref() == Some(county.code.as_str()))
        .collect();
    let parts = Parts::of(&all);
    if !county.received && parts.open.is_empty() && parts.explained.is_empty() {
        return None;
    }
    let mut hidden = vec![KEY];
    if all.iter().all(|f| f.impact.is_none()) {
        hidden.push(IMPACT);
    }
    let mut sheet = Made {
        context,
        returned,
        remarks: remarks(&all),
        follow: parts.follow,
        page: Page {
            name: context.word("sheet_returned"),
            widths: WIDTHS.to_vec(),
            hidden,
            locked: true,
            ..Page::default()
        },
        row: 0,
        number: 0,
        left_out: 0,
    };
    sheet.top(county, &parts.open, &parts.explained);
    sheet.head();
    if parts.open.is_empty() {
        sheet.line("return_nothing_open");
    } else {
        sheet.line("return_open");
        sheet.findings(&parts.open);
    }
    if !parts.explained.is_empty() {
        sheet.line("return_explained");
        sheet.findings(&parts.explained);
    }
    Some(Book {
        title: sheet.title(county),
        font: context.word("font"),
        pages: vec![sheet.page],
        sheets: Vec::new(),
    })
}

/// The findings of a county as they are asked.
struct Parts<'a> {
    open: Vec<&'a Finding>,
    explained: Vec<&'a Finding>,
    /// By cause what follows from it, in the order of the sheets.
    follow: HashMap<&'a str, Vec<&'a Finding>>,
}

impl<'a> Parts<'a> {
    fn of(all: &[&'a Finding]) -> Parts<'a> {
        let mut asked: Vec<&Finding> = all.iter().copied().filter(|f| f.is_asked()).collect();
        asked.sort_by(|a, b| in_sheet(a).cmp(&in_sheet(b)));
        let causes: HashMap<&str, Option<&str>> = asked
            .iter()
            .map(|f| (f.id.as_str(), f.cause.as_deref()))
            .collect();
        let mut parts = Parts {
            open: Vec::new(),
            explained: Vec::new(),
            follow: HashMap::new(),
        };
        let weights: HashMap<&str, Severity> =
            asked.iter().map(|f| (f.id.as_str(), f.severity)).collect();
        for finding in asked {
            // An error that follows from a query is asked itself: words about the query do not correct it.
            let root = root(&causes, finding);
            match root.filter(|root| weights.get(root).is_none_or(|w| *w <= finding.severity)) {
                Some(root) => parts.follow.entry(root).or_default().push(finding),
                None if finding.state == State::Explained => parts.explained.push(finding),
                None => parts.open.push(finding),
            }
        }
        parts
    }
}

/// The asked finding that another one follows from in the end; a circle has none.
fn root<'a>(causes: &HashMap<&'a str, Option<&'a str>>, finding: &'a Finding) -> Option<&'a str> {
    let mut seen = HashSet::from([finding.id.as_str()]);
    let mut root = None;
    let mut next = finding.cause.as_deref();
    while let Some(cause) = next {
        let (own, further) = causes.get_key_value(cause)?;
        if !seen.insert(*own) {
            return None;
        }
        root = Some(*own);
        next = *further;
    }
    root
}

/// The order of a county's own sheets.
fn in_sheet(f: &Finding) -> (&Option<String>, &Option<String>, (u32, u32), &str, &str) {
    let cell = f.place.cell.as_deref().map_or((0, 0), first_cell);
    (&f.place.file, &f.place.sheet, cell, &f.rule, &f.id)
}

/// By finding what became of the last answer to it.
fn remarks<'a>(all: &[&'a Finding]) -> BTreeMap<&'a str, &'a str> {
    let answered = all.iter().filter(|f| ANSWERED.contains(&f.rule.as_str()));
    answered
        .filter_map(|f| Some((f.field.as_deref()?, f.remedy.as_str())))
        .collect()
}

/// The sheet while it is made.
struct Made<'a> {
    context: &'a Context<'a>,
    returned: &'a Returned,
    remarks: BTreeMap<&'a str, &'a str>,
    follow: HashMap<&'a str, Vec<&'a Finding>>,
    page: Page,
    /// The next free row.
    row: u32,
    number: usize,
    /// Findings for which there was no room.
    left_out: usize,
}

impl<'a> Made<'a> {
    fn title(&self, county: &County) -> String {
        let period = self.context.period.to_string();
        let slots = [("county", county.name.as_str()), ("period", &period)];
        self.context.pipeline.phrase("return_title", &slots)
    }

    fn wide(&mut self, text: impl Into<String>, look: Look) {
        let cell = Cell::text(text);
        self.page.merge((self.row, 0), (self.row, LAST), cell, look);
        self.row += 1;
    }

    fn line(&mut self, key: &str) {
        self.wide(self.context.word(key), Look::Section);
    }

    /// Title, and what to do.
    fn top(&mut self, county: &County, open: &[&Finding], explained: &[&Finding]) {
        let p = self.context.pipeline;
        self.wide(self.title(county), Look::Title);
        let count = |severity| open.iter().filter(|f| f.severity == severity).count();
        let counts = [
            count(Severity::Error).to_string(),
            count(Severity::Query).to_string(),
            explained.len().to_string(),
        ];
        let slots = [
            ("errors", counts[0].as_str()),
            ("queries", &counts[1]),
            ("explained", &counts[2]),
        ];
        self.wide(p.phrase("return_counts", &slots), Look::Note);
        let folder = format!("{}-{}", county.code, county.name);
        let due = match &self.context.due {
            Some(due) => p.phrase("return_due", &[("date", &due.date)]),
            None => String::new(),
        };
        let slots = [("folder", folder.as_str()), ("due", &due)];
        self.wide(p.phrase("return_guide_file", &slots), Look::Note);
        self.wide(p.word("return_guide_fill"), Look::Note);
    }

    fn head(&mut self) {
        let w = |key: &str| self.context.word(key);
        let form = &self.context.pipeline.forms[self.returned.form];
        let own = |c: usize| {
            let mut fields = form.fields.iter();
            let field = fields.find(|f| f.target == Target::Column(c));
            field.map_or(String::new(), |f| f.title.clone())
        };
        let heads = [
            (w("head_number"), Look::Head),
            (w("return_head_kind"), Look::Head),
            (w("return_head_place"), Look::Head),
            (w("head_school"), Look::Head),
            (w("return_head_item"), Look::Head),
            (w("return_head_value"), Look::Head),
            (w("head_expected"), Look::Head),
            (w("return_head_message"), Look::Head),
            (w("head_remedy"), Look::Head),
            (w("return_head_impact"), Look::Head),
            (own(self.returned.reason), Look::NeededHead),
            (own(self.returned.text), Look::NeededHead),
            (own(self.returned.finding), Look::Head),
        ];
        self.page.repeated = self.row;
        for (col, (text, look)) in (0..).zip(heads) {
            self.page.put(self.row, col, Cell::text(text), look);
        }
        self.row += 1;
        self.page.frozen = (self.row, 0);
    }

    /// The rows of some findings, a line over those of each file.
    fn findings(&mut self, findings: &[&'a Finding]) {
        for of_file in findings.chunk_by(|a, b| a.place.file == b.place.file) {
            let file = of_file.first().and_then(|f| f.place.file.as_deref());
            let title = match file {
                Some(path) => {
                    let name = path.split_once('/').map_or(path, |(_, name)| name);
                    self.context
                        .pipeline
                        .phrase("return_file", &[("file", name)])
                }
                None => self.context.word("return_no_file"),
            };
            self.wide(title, Look::Section);
            let mut first = self.row;
            for finding in of_file {
                if self.row > MOST_ROWS {
                    self.left_out += 1;
                    continue;
                }
                self.asked(finding);
                let Some(follow) = self.follow.remove(finding.id.as_str()) else {
                    continue;
                };
                self.entries(first);
                self.followers(&follow);
                first = self.row;
            }
            self.entries(first);
        }
        if self.left_out > 0 {
            let count = std::mem::take(&mut self.left_out).to_string();
            let slots = [("count", count.as_str())];
            let text = self.context.pipeline.phrase("return_more", &slots);
            self.wide(text, Look::Note);
        }
    }

    /// The cells to fill in, from a row down to the last one that was made.
    fn entries(&mut self, first: u32) {
        if first >= self.row {
            return;
        }
        let p = self.context.pipeline;
        let columns = &p.tables[self.returned.table].columns;
        let names = followup::reasons(p).into_iter();
        let names: Vec<String> = names.map(|(_, name)| name.to_string()).collect();
        let listed = names.iter().map(|n| n.chars().count() + 1).sum::<usize>() <= MOST_LISTED;
        let reason = Entry {
            from: (first, REASON),
            to: (self.row - 1, REASON),
            allowed: match listed {
                true => Allowed::OneOf(names),
                false => Allowed::Text,
            },
            required: true,
            title: columns[self.returned.reason].title.clone(),
            note: p.word("return_note_reason").to_string(),
            refusal: p.word("return_refusal").to_string(),
            ..Entry::default()
        };
        let text = Entry {
            from: (first, TEXT),
            to: (self.row - 1, TEXT),
            required: true,
            title: columns[self.returned.text].title.clone(),
            note: p.word("return_note_text").to_string(),
            ..Entry::default()
        };
        self.page.entries.extend([reason, text]);
    }

    fn asked(&mut self, f: &'a Finding) {
        self.number += 1;
        let number = Cell::text(self.number.to_string());
        self.page.put(self.row, 0, number, Look::Middle);
        self.texts(f, self.remarks.get(f.id.as_str()).copied());
        if let Some(explanation) = &f.explanation {
            let name = followup::reason_name(self.context.pipeline, &explanation.reason);
            let given = [(REASON, name), (TEXT, explanation.text.as_str())];
            for (col, text) in given {
                self.page.put(self.row, col, Cell::text(text), Look::Given);
            }
        }
        let key = Cell::text(followup::key(f));
        self.page.put(self.row, KEY, key, Look::Body);
        self.row += 1;
    }

    /// What goes when its cause goes: not asked.
    fn followers(&mut self, follow: &[&'a Finding]) {
        let number = self.number.to_string();
        let text = self
            .context
            .pipeline
            .phrase("return_follows", &[("number", &number)]);
        for f in follow {
            self.page.put(self.row, 0, Cell::Empty, Look::Body);
            // Not where answers stand: the line is none.
            self.texts(f, Some(&text));
            let row = self.row;
            self.page
                .merge((row, REASON), (row, TEXT), Cell::Empty, Look::Body);
            self.row += 1;
        }
    }

    /// What stands between the number and the answer.
    fn texts(&mut self, f: &Finding, remark: Option<&str>) {
        let (kind, tone) = match f.severity {
            Severity::Error => ("return_error", Tone::Bad),
            _ => ("return_query", Tone::Middle),
        };
        let place = &f.place;
        let parts = [&place.sheet, &place.cell].into_iter().flatten();
        let place: Vec<&str> = parts.map(String::as_str).collect();
        let text = |text: &Option<String>| Cell::text(text.clone().unwrap_or_default());
        let message = match remark {
            Some(remark) => format!("{}\n{remark}", f.message),
            None => f.message.clone(),
        };
        let impact = f.impact.as_ref().map(|i| i.text.clone());
        let cells = [
            Cell::text(self.context.word(kind)).toned(tone),
            Cell::text(place.join("\n")),
            text(&f.school_name),
            text(&f.column),
            text(&f.value),
            text(&f.expected),
            Cell::text(message),
            Cell::text(f.remedy.as_str()),
            text(&impact),
        ];
        for (col, cell) in (1..).zip(cells) {
            self.page.put(self.row, col, cell, Look::Body);
        }
    }
}
