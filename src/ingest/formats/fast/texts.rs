//! The texts that the cells of a workbook share, in one piece of memory.

use std::io::Read;

use super::scan::{Cursor, Halt, Kind, Taken};
use super::text::{Scratch, item};
use super::window::Window;

/// All shared texts of a workbook.
#[derive(Debug, Default)]
pub struct Texts {
    all: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Texts {
    /// Reads the part that holds them, so many bytes at a time; nothing where it is not plain.
    pub fn read(part: impl Read, chunk: usize) -> Option<Texts> {
        let mut window = Window::new(part, chunk);
        let mut texts = Texts::default();
        let mut scratch = Scratch::default();
        let mut place = Place::Start;
        loop {
            let bytes = window.bytes();
            let mut whole = Cursor::new(bytes);
            let halt = loop {
                let mut cursor = whole;
                match texts.piece(&mut cursor, place, &mut scratch) {
                    Ok(Place::End) => {
                        window.drain().ok()?;
                        return Some(texts);
                    }
                    Ok(next) => place = next,
                    Err(halt) => break halt,
                }
                whole = cursor;
            };
            let used = bytes.len().saturating_sub(whole.left());
            window.pass(used);
            if halt != Halt::More {
                return None;
            }
            window.more().ok()?;
        }
    }

    /// The text with a number.
    #[inline]
    pub fn get(&self, at: u32) -> Option<&str> {
        let at = usize::try_from(at).ok()?;
        let to = *self.ends.get(at)?;
        let from = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let place = usize::try_from(from).ok()?..usize::try_from(to).ok()?;
        self.all.get(place)
    }

    fn piece(
        &mut self,
        cursor: &mut Cursor<'_>,
        place: Place,
        scratch: &mut Scratch,
    ) -> Taken<Place> {
        if place == Place::Start {
            cursor.declaration()?;
            return Ok(Place::Head);
        }
        cursor.blank()?;
        if place == Place::Head {
            let tag = cursor.tag()?;
            return match (tag.name, tag.kind) {
                (b"sst", Kind::Open) => Ok(Place::List),
                (b"sst", Kind::Empty) => Ok(Place::End),
                _ => Err(Halt::Odd("shared texts")),
            };
        }
        if cursor.literal(b"<si>")? {
            let text = item(cursor, b"</si>", scratch)?;
            self.all.push_str(text);
        } else if cursor.literal(b"</sst>")? {
            return Ok(Place::End);
        } else if !cursor.literal(b"<si/>")? {
            return Err(Halt::Odd("shared texts"));
        }
        let end = u32::try_from(self.all.len()).map_err(|_| Halt::Odd("shared texts"))?;
        self.ends.push(end);
        Ok(Place::List)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Head,
    List,
    End,
}
