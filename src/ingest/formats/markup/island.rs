//! What the spreadsheet that saved a page says about itself in XML within the page: the name of the sheet, the system of
//! dates, and whether the sheets are in other files. Nothing of what the page shows.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, EndTag, Token, TokenSink, TokenSinkResult, Tokenizer};

/// Bytes that are read of a comment: a name and a few settings for each of some hundred sheets.
const MOST: usize = 64 << 10;

/// The XML as far as it was read.
#[derive(Debug, Default)]
pub struct Island {
    /// Whether its elements are being read.
    pub open: bool,
    /// The name of the first sheet.
    pub name: String,
    pub is_1904: bool,
    /// Sheets are in other files.
    pub sources: bool,
    in_name: bool,
    named: bool,
    read: bool,
}

impl Island {
    /// An element begins.
    pub fn start(&mut self, name: &str) {
        match name {
            "x:name" => self.in_name = !self.named,
            "x:date1904" => self.is_1904 = true,
            "x:worksheetsource" => self.sources = true,
            _ => {}
        }
    }

    /// An element ends.
    pub fn end(&mut self, name: &str) {
        match name {
            "x:name" => {
                self.named |= self.in_name;
                self.in_name = false;
            }
            "xml" => self.open = false,
            _ => {}
        }
    }

    /// Text within an element.
    pub fn text(&mut self, text: &str) {
        // Longer names are none: a sheet's has at most 31 characters.
        if self.in_name && self.name.len() + text.len() < 256 {
            self.name.push_str(text);
        }
    }

    /// The XML usually stands in a comment, which programs that do not know it pass over. Only the first one counts.
    pub fn read_comment(&mut self, text: &str) {
        let from = if self.read {
            None
        } else {
            text.find("<x:ExcelWorkbook")
        };
        let Some(text) = from.and_then(|from| text.get(from..)) else {
            return;
        };
        self.read = true;
        let end = (0..=text.len().min(MOST))
            .rev()
            .find(|i| text.is_char_boundary(*i));
        let text = &text[..end.unwrap_or(0)];
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(text));
        let tokenizer = Tokenizer::new(
            Elements(RefCell::new(std::mem::take(self))),
            Default::default(),
        );
        let _ = tokenizer.feed(&queue);
        tokenizer.end();
        *self = tokenizer.sink.0.into_inner();
    }
}

/// Gives the elements of a comment to its island.
struct Elements(RefCell<Island>);

impl TokenSink for Elements {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut island = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == EndTag => island.end(&tag.name),
            Token::TagToken(tag) => island.start(&tag.name),
            Token::CharacterTokens(text) => island.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_and_the_dates() {
        let mut island = Island::default();
        island.read_comment("[if !supportMisalignedColumns]");
        island.read_comment(
            "[if gte mso 9]><xml><x:ExcelWorkbook><x:ExcelWorksheets><x:ExcelWorksheet><x:Name>a&amp;b</x:Name>\
             </x:ExcelWorksheet><x:ExcelWorksheet><x:Name>c</x:Name></x:ExcelWorksheet></x:ExcelWorksheets>\
             <x:Date1904/></x:ExcelWorkbook></xml><![endif]",
        );
        island.read_comment("<x:ExcelWorkbook><x:WorksheetSource HRef=a>");
        assert_eq!(
            (island.name.as_str(), island.is_1904, island.sources),
            ("a&b", true, false)
        );
    }
}
