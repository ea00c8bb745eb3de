//! The stretch of a part that is unpacked at the moment. It moves on as pieces are taken and grows only as far as one piece
//! may be long.

use std::io::{self, ErrorKind, Read};

use super::MAX_PIECE;
use super::scan::{Halt, Taken};

/// So much more must have been unpacked without a fault before a byte is shown. The library unpacks this much at a time and
/// loses all of it when a fault is in it: no cell may be given here that it does not reach.
const AHEAD: usize = 8 << 10;

/// Bytes of a source that have been read and not yet passed.
pub(super) struct Window<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    /// Where what may be seen ends.
    shown: usize,
    end: usize,
    chunk: usize,
    ended: bool,
}

impl<R: Read> Window<R> {
    /// A window that moves by so many bytes at a time.
    pub(super) fn new(source: R, chunk: usize) -> Window<R> {
        Window {
            source,
            buffer: Vec::new(),
            start: 0,
            shown: 0,
            end: 0,
            chunk: chunk.max(1),
            ended: false,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.shown).unwrap_or_default()
    }

    /// Leaves so many bytes behind.
    pub(super) fn pass(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.shown);
    }

    /// Whether all of the source has been seen.
    pub(super) fn has_ended(&self) -> bool {
        self.ended && self.shown == self.end
    }

    /// Reads the source to its end, where it says whether what it gave is what was packed.
    ///
    /// # Errors
    /// Those of the source.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        if !self.ended {
            io::copy(&mut self.source, &mut io::sink())?;
            self.ended = true;
        }
        Ok(())
    }

    /// Shows more.
    ///
    /// # Errors
    /// When there is nothing more, or the piece that is not whole yet is too long.
    pub(super) fn more(&mut self) -> Taken<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.shown -= self.start;
        self.end -= self.start;
        self.start = 0;
        if self.shown > MAX_PIECE {
            return Err(Halt::Odd("long piece"));
        }
        let to = self.shown.saturating_add(self.chunk).saturating_add(AHEAD);
        if self.buffer.len() < to {
            self.buffer.resize(to, 0);
        }
        while !self.ended && self.end < to {
            let space = self.buffer.get_mut(self.end..to).unwrap_or_default();
            match self.source.read(space) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end = self.end.saturating_add(count).min(to),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Halt::Odd("damage")),
            }
        }
        let sure = if self.ended {
            self.end
        } else {
            self.end.saturating_sub(AHEAD)
        };
        let shown = sure.min(self.shown.saturating_add(self.chunk));
        if shown <= self.shown {
            return Err(Halt::Odd("end"));
        }
        self.shown = shown;
        Ok(())
    }
}
