//! What the process that reads a file tells the one that asked for it: one message a line, cells many at a time. Numbers
//! travel as their bits, so that none changes on the way.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

use super::content::Content;
use super::{Layout, ReadError, Remark, Seen, Sink};
use crate::pipeline::model::Limits;

/// What is asked for: the first line; so many bytes of the file follow.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    pub content: Content,
    pub title: String,
    pub limits: Limits,
    pub bytes: usize,
    /// The process that asks: without it nobody waits for an answer.
    pub asker: u32,
}

/// A cell on its way.
#[derive(Debug, Serialize, Deserialize)]
enum Sent {
    T(String),
    Q(String),
    N(u64),
    B(bool),
    D(u64, bool),
    I(String),
    E(String),
    F,
}

/// One line of the answer.
#[derive(Debug, Serialize, Deserialize)]
enum Message {
    Sheet(String, bool),
    Cells(Vec<(u32, u32, Sent)>),
    Broken(String),
    Layout(Layout),
    Remark(Remark),
    /// The last: how it ended.
    End(Result<(), ReadError>),
}

/// Cells in one message.
const BATCH: usize = 512;

/// Writes what a reader gives as messages.
pub(super) struct Sender<W: Write> {
    out: W,
    batch: Vec<(u32, u32, Sent)>,
    lost: bool,
}

impl<W: Write> Sender<W> {
    pub fn new(out: W) -> Sender<W> {
        Sender {
            out,
            batch: Vec::new(),
            lost: false,
        }
    }

    fn send(&mut self, message: &Message) {
        // Nobody listens any more: the rest is for nothing.
        let sent = serde_json::to_writer(&mut self.out, message)
            .map_err(std::io::Error::from)
            .and_then(|()| self.out.write_all(b"\n"));
        self.lost |= sent.is_err();
    }

    fn flush(&mut self) {
        if !self.batch.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            self.send(&Message::Cells(batch));
        }
    }

    /// Says how the reading ended.
    pub fn end(mut self, result: Result<(), ReadError>) {
        self.flush();
        self.send(&Message::End(result));
        let _ = self.out.flush();
    }
}

impl<W: Write> Sink for Sender<W> {
    fn sheet(&mut self, name: &str, hidden: bool) -> Result<(), ReadError> {
        self.flush();
        self.send(&Message::Sheet(name.to_string(), hidden));
        Ok(())
    }

    fn cell(&mut self, row: u32, col: u32, value: Seen<'_>) -> Result<(), ReadError> {
        let sent = match value {
            Seen::Text(t) => Sent::T(t.to_string()),
            Seen::Field(t) => Sent::Q(t.to_string()),
            Seen::Number(n) => Sent::N(n.to_bits()),
            Seen::Bool(b) => Sent::B(b),
            Seen::Date(n, epoch) => Sent::D(n.to_bits(), epoch),
            Seen::DateText(t) => Sent::I(t.to_string()),
            Seen::Error(t) => Sent::E(t.to_string()),
            Seen::NotCached => Sent::F,
        };
        self.batch.push((row, col, sent));
        if self.batch.len() >= BATCH {
            self.flush();
        }
        if self.lost {
            let reason = "nobody listens".to_string();
            return Err(ReadError::Damaged(super::Damage::Worker, reason));
        }
        Ok(())
    }

    fn broken(&mut self, reason: &str) {
        self.flush();
        self.send(&Message::Broken(reason.to_string()));
    }

    fn wants_layout(&mut self) -> bool {
        true
    }

    fn layout(&mut self, layout: Layout) {
        self.flush();
        self.send(&Message::Layout(layout));
    }

    fn remark(&mut self, remark: Remark) {
        self.flush();
        self.send(&Message::Remark(remark));
    }
}

/// Hands messages on to a sink until the last; nothing when there is no last one.
pub(super) fn receive(
    from: &mut impl BufRead,
    sink: &mut dyn Sink,
) -> Option<Result<(), ReadError>> {
    let mut line = String::new();
    let mut asked_layout = true;
    loop {
        line.clear();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let message: Message = serde_json::from_str(&line).ok()?;
        let done = match message {
            Message::Sheet(name, hidden) => {
                asked_layout = true;
                sink.sheet(&name, hidden)
            }
            Message::Cells(cells) => cells.iter().try_for_each(|(row, col, sent)| {
                let seen = match sent {
                    Sent::T(t) => Seen::Text(t),
                    Sent::Q(t) => Seen::Field(t),
                    Sent::N(n) => Seen::Number(f64::from_bits(*n)),
                    Sent::B(b) => Seen::Bool(*b),
                    Sent::D(n, epoch) => Seen::Date(f64::from_bits(*n), *epoch),
                    Sent::I(t) => Seen::DateText(t),
                    Sent::E(t) => Seen::Error(t),
                    Sent::F => Seen::NotCached,
                };
                sink.cell(*row, *col, seen)
            }),
            Message::Broken(reason) => {
                sink.broken(&reason);
                Ok(())
            }
            Message::Layout(layout) => {
                if std::mem::take(&mut asked_layout) && sink.wants_layout() {
                    sink.layout(layout);
                }
                Ok(())
            }
            Message::Remark(remark) => {
                sink.remark(remark);
                Ok(())
            }
            Message::End(result) => return Some(result),
        };
        if let Err(error) = done {
            return Some(Err(error));
        }
    }
}
