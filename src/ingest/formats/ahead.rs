//! A source that a thread of its own reads ahead: unpacking a large part takes as long as half of all else that is done with
//! it, and where a core has nothing to do both go on side by side. What is read is the same.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Pieces that are read ahead.
const PIECES: usize = 4;

/// Files that are being read now.
static READING: AtomicUsize = AtomicUsize::new(0);

/// A file is at work, from its first byte to all that is kept of it, as long as this lives.
pub struct Reading(());

impl Reading {
    pub fn begin() -> Reading {
        READING.fetch_add(1, Ordering::Relaxed);
        Reading(())
    }
}

/// Whether some core is at no file.
pub(super) fn is_core_idle() -> bool {
    READING.load(Ordering::Relaxed) < rayon::current_num_threads()
}

impl Drop for Reading {
    fn drop(&mut self) {
        READING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Does some work with a source that is read ahead, so many bytes at a time; nothing where no thread is to be had.
pub(super) fn with<R: Read + Send, T>(
    mut source: R,
    chunk: usize,
    work: impl FnOnce(Ahead) -> T,
) -> Option<T> {
    std::thread::scope(|scope| {
        let (give, take) = sync_channel(PIECES);
        let (give_back, taken_back) = sync_channel(PIECES + 1);
        let read = move || read_ahead(&mut source, chunk.max(1), &give, &taken_back);
        std::thread::Builder::new().spawn_scoped(scope, read).ok()?;
        Some(work(Ahead {
            take,
            give_back,
            piece: Vec::new(),
            at: 0,
        }))
    })
}

/// Reads until the end, a fault, or nobody listens.
fn read_ahead(
    source: &mut impl Read,
    chunk: usize,
    give: &SyncSender<io::Result<Vec<u8>>>,
    back: &Receiver<Vec<u8>>,
) {
    loop {
        let mut piece = back.try_recv().unwrap_or_default();
        piece.resize(chunk, 0);
        let read = match source.read(&mut piece) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            read => read,
        };
        let is_over = !matches!(read, Ok(count) if count > 0);
        let piece = read.map(|count| {
            piece.truncate(count);
            piece
        });
        if give.send(piece).is_err() || is_over {
            return;
        }
    }
}

/// What has been read ahead.
pub(super) struct Ahead {
    take: Receiver<io::Result<Vec<u8>>>,
    give_back: SyncSender<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl Read for Ahead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            // Whoever has ended gives nothing more.
            let next = self.take.recv().unwrap_or_else(|_| Ok(Vec::new()))?;
            let used = std::mem::replace(&mut self.piece, next);
            self.at = 0;
            // Without it another is made.
            let _ = self.give_back.try_send(used);
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let count = rest.len().min(into.len());
        let (from, to) = (rest.get(..count), into.get_mut(..count));
        if let (Some(from), Some(to)) = (from, to) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, then fails or ends.
    struct Few(u8, Option<io::ErrorKind>);

    impl Read for Few {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0 == 200 {
                return self.1.map_or(Ok(0), |kind| Err(kind.into()));
            }
            let count = into
                .len()
                .min(usize::from(self.0 % 3) + 1)
                .min(usize::from(200 - self.0));
            for byte in &mut into[..count] {
                *byte = self.0;
                self.0 += 1;
            }
            Ok(count)
        }
    }

    #[test]
    fn the_same_bytes_and_the_same_end() {
        for chunk in [0, 1, 2, 5, 1_000] {
            for room in [1, 3, 64] {
                for end in [None, Some(io::ErrorKind::InvalidData)] {
                    let read = |source: &mut dyn Read| {
                        let (mut all, mut some) = (Vec::<u8>::new(), vec![0; room]);
                        loop {
                            match source.read(&mut some) {
                                Ok(0) => return (all, None),
                                Ok(count) => all.extend(&some[..count]),
                                Err(e) => return (all, Some(e.kind())),
                            }
                        }
                    };
                    let ahead = with(Few(0, end), chunk, |mut ahead| read(&mut ahead));
                    assert_eq!(ahead.unwrap(), read(&mut Few(0, end)));
                }
            }
        }
    }

    #[test]
    fn who_stops_early_waits_for_nothing() {
        let forever = io::repeat(7);
        let first = with(forever, 10, |mut ahead| {
            let mut some = [0; 25];
            ahead.read_exact(&mut some).map(|()| some).ok()
        });
        assert_eq!(first.flatten(), Some([7; 25]));
    }
}
