//! Tags and text of an HTML page -> what is shown of it, given to its tables. How tags are found in the bytes, and where
//! cells lie, do not belong here.

use std::cell::RefCell;

use html5ever::tokenizer::{EndTag, Tag, Token, TokenSink, TokenSinkResult};

use super::css::{Look, Rules};
use super::elements::{attr, is_block, is_never_shown, is_structure, is_void, raw_kind};
use super::island::Island;
use super::tables::Tables;
use super::{Limits, MarkupSheet, Refusal, Stop};

/// Bytes of style sheets that are read.
const MOST_STYLE: usize = 16 << 20;

/// The state of reading.
struct State {
    tables: Tables,
    rules: Rules,
    /// The style sheet that is being read.
    style: Option<String>,
    style_bytes: usize,
    /// An element that is not shown, and how many of its name are open.
    skip: Option<(String, u32)>,
    /// Within a hidden `select`: the chosen entry, which is shown.
    chosen: bool,
    island: Island,
    frames: bool,
    /// The end of the page was seen.
    ended: bool,
    stop: Option<Stop>,
    raw: Option<&'static str>,
    markup: u64,
}

/// Takes the tokens of a page.
pub struct Page(RefCell<State>);

impl Page {
    pub fn new(limits: &Limits) -> Page {
        Page(RefCell::new(State {
            tables: Tables::new(limits),
            rules: Rules::default(),
            style: None,
            style_bytes: 0,
            skip: None,
            chosen: false,
            island: Island::default(),
            frames: false,
            ended: false,
            stop: None,
            raw: None,
            markup: 0,
        }))
    }

    /// The element whose text is now read as such, without markup in it.
    pub fn raw(&self) -> Option<&'static str> {
        self.0.borrow().raw
    }

    /// How many tags, comments and declarations came so far.
    pub fn markup(&self) -> u64 {
        self.0.borrow().markup
    }

    pub fn is_stopped(&self) -> bool {
        self.0.borrow().stop.is_some()
    }

    pub fn refuse(&self, refusal: Refusal) {
        self.0.borrow_mut().stop = Some(Stop::Refused(refusal));
    }

    /// The file breaks off within a tag, or all of it was read.
    pub fn break_off(&self, within_tag: bool) {
        let mut state = self.0.borrow_mut();
        if state.stop.is_none() && !state.ended && (within_tag || state.tables.is_open()) {
            let row = state.tables.break_off();
            state.stop = Some(Stop::Broken(format!("the file breaks off after row {row}")));
        }
    }

    /// The sheet, called `title` if the page has no name for it.
    pub fn finish(self, title: &str) -> Result<MarkupSheet, Refusal> {
        let mut state = self.0.into_inner();
        let mut damaged = None;
        for stop in [state.stop, state.tables.close_all().err()] {
            match stop {
                Some(Stop::Refused(refusal)) => return Err(refusal),
                Some(Stop::Broken(why)) => damaged = damaged.or(Some(why)),
                None => {}
            }
        }
        if !state.tables.any() {
            return Err(if state.frames || state.island.sources {
                Refusal::Damaged("a page of frames: its sheets are in other files".to_string())
            } else {
                Refusal::NotTable
            });
        }
        let name = state.island.name.trim();
        let name = if name.is_empty() { title } else { name };
        Ok(state.tables.sheet(name, damaged))
    }
}

impl TokenSink for Page {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        if let Token::TagToken(_) | Token::CommentToken(_) | Token::DoctypeToken(_) = token {
            state.markup += 1;
        }
        let mut result = TokenSinkResult::Continue;
        if state.stop.is_some() {
            return result;
        }
        let done = match token {
            Token::TagToken(tag) if tag.kind == EndTag => {
                state.raw = None;
                state.end(&tag.name)
            }
            Token::TagToken(tag) => {
                state.raw = None;
                if let Some((name, kind)) = raw_kind(&tag) {
                    state.raw = Some(name);
                    result = TokenSinkResult::RawData(kind);
                }
                state.start(&tag)
            }
            Token::CharacterTokens(text) => {
                state.text(&text);
                Ok(())
            }
            Token::CommentToken(text) => {
                state.island.read_comment(&text);
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(stop) = done {
            state.stop = Some(stop);
        }
        result
    }
}

impl State {
    fn look(&self, tag: &Tag) -> Look {
        let (class, style) = (attr(tag, "class"), attr(tag, "style"));
        let mut look = self.rules.look(&tag.name, class, style);
        if attr(tag, "hidden").is_some() {
            look.hidden = Some(true);
        }
        look
    }

    fn start(&mut self, tag: &Tag) -> Result<(), Stop> {
        let name: &str = &tag.name;
        if self.island.open && !matches!(name, "table" | "body") {
            self.island.start(name);
            return Ok(());
        }
        self.island.open = false;
        let look = self.look(tag);
        if is_structure(name) {
            return self.start_structure(tag, look);
        }
        if let Some((skipped, open)) = &mut self.skip {
            if skipped == name && !tag.self_closing {
                *open += 1;
            }
            if name == "option" {
                self.chosen = skipped == "select" && attr(tag, "selected").is_some();
            }
            return Ok(());
        }
        match name {
            "xml" => self.island.open = !tag.self_closing,
            "style" => self.style = (!tag.self_closing).then(String::new),
            "frame" | "frameset" => self.frames = true,
            "br" => self.tables.break_line(true)?,
            "input" if !look.is_hidden() => {
                // What was filled in is shown; of other kinds nothing is.
                let kind = attr(tag, "type").unwrap_or("text").to_ascii_lowercase();
                if matches!(kind.as_str(), "text" | "number" | "date" | "tel") {
                    self.tables.text(attr(tag, "value").unwrap_or(""));
                }
            }
            _ if is_block(name) => self.tables.break_line(false)?,
            _ => {}
        }
        let hides = is_never_shown(name) || (look.is_hidden() && name != "style");
        if hides && !is_void(name) && !tag.self_closing {
            self.skip = Some((name.to_string(), 1));
            self.chosen = false;
        }
        Ok(())
    }

    /// Tables and what they are made of end what is hidden before them, but a table that begins in it is hidden too.
    fn start_structure(&mut self, tag: &Tag, look: Look) -> Result<(), Stop> {
        let hidden = self.skip.take().is_some() || look.is_hidden();
        let tables = &mut self.tables;
        tables.is_1904 = self.island.is_1904;
        match &*tag.name {
            "table" => tables.open_table(tag, look, hidden),
            "caption" => tables.open_caption(),
            "col" => {
                tables.columns(tag, look);
                Ok(())
            }
            "thead" | "tbody" | "tfoot" => tables.group(look.is_hidden()),
            "tr" => tables.open_row(look),
            "td" | "th" => tables.open_cell(tag, look),
            "body" | "html" => tables.break_line(false),
            _ => Ok(()),
        }
    }

    fn end(&mut self, name: &str) -> Result<(), Stop> {
        if self.island.open {
            self.island.end(name);
            return Ok(());
        }
        if is_structure(name) {
            self.skip = None;
        }
        if let Some((skipped, open)) = &mut self.skip {
            self.chosen &= name != "option";
            if skipped == name {
                *open -= 1;
                if *open == 0 {
                    self.skip = None;
                }
            }
            return Ok(());
        }
        let tables = &mut self.tables;
        match name {
            "style" => {
                if let Some(sheet) = self.style.take() {
                    self.rules.add(&sheet);
                }
            }
            "td" | "th" => tables.close_cell()?,
            "tr" => tables.close_row()?,
            "caption" => tables.close_caption(),
            "thead" | "tbody" | "tfoot" => tables.group(false)?,
            "table" => tables.close_table()?,
            "body" | "html" => self.ended = true,
            "br" => tables.break_line(true)?,
            _ if is_block(name) => tables.break_line(false)?,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.island.open {
            self.island.text(text);
        } else if let Some(sheet) = &mut self.style {
            self.style_bytes += text.len();
            if self.style_bytes <= MOST_STYLE {
                sheet.push_str(text);
            }
        } else if self.skip.is_none() || self.chosen {
            self.tables.text(text);
        }
    }
}
