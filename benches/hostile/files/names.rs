//! Names of files: those that are skipped, and those that trip programs up.

use super::xlsx::{Book, last_cell, number, worksheet};
use super::{Accepted, Any, Expect, Rejected, Shelf, Skipped};

/// The good workbook; `n` makes it another file than all others.
fn book(n: usize) -> Vec<u8> {
    Book::of(&worksheet(&last_cell(&number(
        "F4",
        &(100 + n).to_string(),
    ))))
    .bytes()
}

/// 243 + 2 + 5 = 250 bytes.
const LONG: &str = "县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县\
                    县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县县ab.xlsx";

pub fn files(shelf: &mut Shelf) {
    skipped(shelf);
    odd(shelf);
    partial(shelf);
}

fn skipped(shelf: &mut Shelf) {
    let mut owner = vec![6];
    owner.extend("填表人 ".bytes());
    owner.resize(165, 0x20);
    let lock = "填表人,county-pc,填表人,01.11.2024 08:00,file:///C:/Users/x;".as_bytes();
    #[rustfmt::skip]
    let cases = [
        ("~$学校汇总表.xlsx", "lock file of Excel", owner.clone()),
        (".~lock.学校汇总表.xlsx#", "lock file of LibreOffice", lock.to_vec()),
        (".~学校汇总表.xlsx", "lock file of WPS", vec![0x20; 16]),
        ("Thumbs.db", "thumbnails of Windows", vec![0xD0, 0xCF, 0x11, 0xE0]),
        ("desktop.ini", "folder settings of Windows", b"[.ShellClassInfo]".to_vec()),
        (".DS_Store", "folder settings of macOS", b"\0\0\0\x01Bud1".to_vec()),
        ("._学校汇总表.xlsx", "resource fork of macOS", b"\0\x05\x16\x07\0\x02\0\0Mac OS X".to_vec()),
        (".xlsx", "a good workbook whose whole name is its ending", book(1)),
        ("学校汇总表.xlsx.tmp", "half a download", vec![0x50, 0x4B, 3, 4, 20]),
        ("学校汇总表.xlsx.crdownload", "half a download of Chrome", vec![0x50, 0x4B, 3]),
    ];
    for (file, what, bytes) in cases {
        shelf.put(file, what, Skipped, bytes);
    }
    // The same content without the name that tells it.
    owner[0] = 7;
    shelf.put(
        "X6-锁文件.xls",
        "the content of a lock file named .xls",
        Rejected(&["file-not-workbook", "form-unknown"]),
        owner,
    );
}

fn odd(shelf: &mut Shelf) {
    #[rustfmt::skip]
    let cases: [(&'static str, &'static str, Expect); 27] = [
        ("=1+1.xlsx", "name like a formula", Accepted),
        ("=HYPERLINK(\"http:,,127.0.0.1\").xlsx", "name like a formula with quotes", Accepted),
        ("@SUM(1+1).xlsx", "name that begins with @", Accepted),
        ("+学校.xlsx", "name that begins with +", Accepted),
        ("-rf.xlsx", "name like an option of a command", Accepted),
        ("--output=x.xlsx", "name like a long option", Accepted),
        ("$(touch x)`touch y`;z.xlsx", "name like a command of the shell", Accepted),
        ("<img src=x onerror=alert(1)>.xlsx", "name is markup with a script", Accepted),
        ("'\"--;DROP TABLE x.xlsx", "name with quotes", Accepted),
        ("{0}{path}%s%n.xlsx", "name with format placeholders", Accepted),
        ("%E5%AD%A6%E6%A0%A1%2F..%2F.xlsx", "percent-encoded name", Accepted),
        ("  学校 汇总表  .xlsx", "blanks round the name", Accepted),
        ("学校汇总表.xlsx ", "a blank behind the ending", Accepted),
        ("学校汇总表.xlsx.", "a dot behind the ending", Accepted),
        ("学校\u{3000}\u{a0}\u{200b}汇总表.xlsx", "invisible characters in the name", Accepted),
        ("学校\n汇总表\t.xlsx", "line break and tab in the name", Accepted),
        ("学校\u{1b}[2J\u{7}汇总表.xlsx", "terminal commands in the name", Accepted),
        ("学校汇总表\u{202e}xslx.exe.xlsx", "right-to-left override in the name", Accepted),
        ("🏫学校👩‍🏫.xlsx", "emoji in the name", Accepted),
        ("x\\..\\..\\学校:汇总?*|.xlsx", "characters that Windows forbids", Accepted),
        ("CON.xlsx", "a device name of Windows", Accepted),
        ("...xlsx...", "a name of dots", Skipped),
        ("e\u{301}cole-が学校.xlsx", "letters with separate accents", Accepted),
        ("学校汇总表", "no ending", Accepted),
        ("学校汇总表.XLSX", "ending in capitals", Accepted),
        ("学校汇总表-2024-99-99-v999999999999999999999.xlsx", "impossible date and version", Accepted),
        (LONG, "name of 250 bytes", Accepted),
    ];
    for (n, (file, what, expect)) in (10..).zip(cases) {
        shelf.put(file, what, expect, book(n));
    }
}

/// Names that other programs give to half a download.
fn partial(shelf: &mut Shelf) {
    let whole = book(50);
    #[rustfmt::skip]
    let cases = [
        ("学校汇总表.xlsx.baiduyun.p.downloading", "half a download of Baidu", 300),
        ("学校汇总表.xlsx.xltd", "half a download of Xunlei", 310),
    ];
    for (file, what, to) in cases {
        shelf.put(file, what, Any, whole[..to].to_vec());
    }
}
