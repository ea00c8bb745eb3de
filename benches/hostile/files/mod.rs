//! Files that a county could send, or somebody who means harm: the rows of the domain notes on Excel files (A1 to X8, and
//! the quirks of their sections 2 to 5), all made by code. Good content is always the same small 学校汇总表 of county 990101.

mod archives;
mod bombs;
mod cells;
mod container;
mod names;
mod ods;
mod ole;
mod text;
mod xls;
mod xlsb;
mod xlsx;

/// A file that a county could send, or somebody who means harm.
pub struct Hostile {
    /// File name as in the folder.
    pub name: &'static str,
    /// What is odd or hostile, in one line.
    pub what: &'static str,
    pub expect: Expect,
    pub bytes: Vec<u8>,
}

/// How the file must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Read, possibly with findings.
    Accepted,
    /// Not read, with any of these notices.
    Rejected(&'static [&'static str]),
    /// Left out by a rule about names.
    Skipped,
    /// No crash, no hang, no lasting harm; all else is a matter of taste.
    Any,
}

use Expect::{Accepted, Any, Rejected, Skipped};

const LARGE: Expect = Rejected(&["file-too-large"]);
const DAMAGED: Expect = Rejected(&["file-damaged"]);
const LOCKED: Expect = Rejected(&["file-password"]);
/// No workbook: a picture, a letter, a program.
const FOREIGN: Expect = Rejected(&["file-not-workbook", "file-format-unsupported"]);
/// Too much or broken, whichever is seen first.
const BROKEN: Expect = Rejected(&["file-damaged", "file-too-large"]);
/// A workbook of which nothing can be read.
const UNREAD: Expect = Rejected(&["file-damaged", "sheet-damaged", "form-unknown"]);
/// Readable, but there is no form in it.
const NO_FORM: Expect = Rejected(&["form-unknown", "form-empty"]);

/// Bytes of a part just below what a plain zip can hold.
const FOUR_GIB: u64 = 0xFFFF_0000;
const MIB: u64 = 1 << 20;

/// The good table: its header and three schools of county 990101.
const TABLE: [[&str; 6]; 4] = [
    [
        "学校标识码",
        "学校名称",
        "办学类型",
        "小学在校生数",
        "小学班级数",
        "小学专任教师数",
    ],
    ["2199000101", "清河县第一小学", "小学", "500", "12", "40"],
    ["2199000102", "清河县第二小学", "小学", "360", "9", "28"],
    ["2199000103", "柳溪镇中心小学", "小学", "240", "6", "19"],
];

/// A figure that stands only where no reader may take it from: if it comes out as a school's, the reading is wrong.
pub const TRAP: &str = "999999";

/// Columns of the good table that hold texts; numbers follow.
const TEXTS: usize = 3;

/// Files as they are made.
struct Shelf {
    files: Vec<Hostile>,
    scale: f64,
}

impl Shelf {
    fn put(&mut self, name: &'static str, what: &'static str, expect: Expect, bytes: Vec<u8>) {
        self.files.push(Hostile {
            name,
            what,
            expect,
            bytes,
        });
    }

    /// A file that is a bomb by its size alone: small ones may end as they like.
    fn bomb(&mut self, name: &'static str, what: &'static str, expect: Expect, bytes: Vec<u8>) {
        let expect = if self.scale >= 1.0 { expect } else { Any };
        self.put(name, what, expect, bytes);
    }

    /// So many, at this scale, but never less than `least`.
    fn size(&self, full: u64, least: u64) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "sizes of bombs are below 2^53 and need not be exact"
        )]
        let scaled = (full as f64 * self.scale) as u64;
        scaled.clamp(least.min(full), full)
    }

    /// The same as a number of things in memory.
    fn count(&self, full: usize, least: usize) -> usize {
        usize::try_from(self.size(full as u64, least as u64)).expect("no more than asked for")
    }
}

/// All files. `scale` 1.0 makes the real bombs (hundreds of MiB to 4 GiB unpacked), 0.001 the same shapes for every day.
pub fn files(scale: f64) -> Vec<Hostile> {
    let mut shelf = Shelf {
        files: Vec::new(),
        scale,
    };
    bombs::files(&mut shelf);
    ods::files(&mut shelf);
    cells::files(&mut shelf);
    xlsx::files(&mut shelf);
    archives::files(&mut shelf);
    xls::files(&mut shelf);
    ole::files(&mut shelf);
    xlsb::files(&mut shelf);
    text::files(&mut shelf);
    names::files(&mut shelf);
    shelf.files
}
