//! Archives: good workbooks inside, odd names, lies about what is inside, and bombs.

use super::container::{Entry, bulk, overlapping, packed, stored, zip};
use super::xlsx::{Book, XML, last_cell, number, worksheet};
use super::{
    Accepted, Any, BROKEN, DAMAGED, Expect, FOREIGN, FOUR_GIB, LARGE, LOCKED, Rejected, Shelf,
};

/// An archive that nobody has to look into.
const UNOPENED: Expect = Rejected(&[
    "file-not-workbook",
    "file-format-unsupported",
    "file-damaged",
    "file-too-large",
    "form-unknown",
]);
const FORM: &str = "学校汇总表.xlsx";

pub fn files(shelf: &mut Shelf) {
    contents(shelf);
    names(shelf);
    nested(shelf);
    cut(shelf);
    lies(shelf);
    other_kinds(shelf);
}

/// A good workbook, stored: it is packed already.
fn book(name: &str) -> Entry {
    Entry::of(name, stored(&Book::good().bytes()))
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

fn contents(shelf: &mut Shelf) {
    let second = Book::of(&worksheet(&last_cell(&number("F4", "20")))).bytes();
    let second = stored(&second);
    #[rustfmt::skip]
    let cases = [
        ("好表.zip", "an archive of one good workbook, its name in UTF-8", Accepted, vec![book(FORM)]),
        ("好表-GBK文件名.zip", "names in GBK without the flag for UTF-8, as Windows in China packs them",
         Accepted, vec![Entry::new("x/", b"").named(&gbk("报送材料/")), book("x").named(&gbk("报送材料/学校汇总表.xlsx"))]),
        ("好表-带杂物.zip", "a good workbook among lock files, thumbnails, resource forks and a letter",
         Accepted, vec![Entry::new("报送/~$学校汇总表.xlsx", &[0x20; 165]), Entry::new("报送/Thumbs.db", b"x"), Entry::new("报送/.DS_Store", b"x"), Entry::new("__MACOSX/报送/._学校汇总表.xlsx", b"\0\x05\x16\x07\0\x02\0\0"), Entry::new("报送/说明.txt", "请查收。".as_bytes()), book("报送/学校汇总表.xlsx")]),
        ("好表-流式写出.zip", "sizes behind the data", Accepted, vec![book(FORM).with_descriptor()]),
        ("两份同名.zip", "two different workbooks of one name",
         Any, vec![book(FORM), Entry::of(FORM, second.clone())]),
        ("两份不同.zip", "two different workbooks of one county",
         Any, vec![book(FORM), Entry::of("学校汇总表(更正).xlsx", second)]),
        ("没有表.zip", "an archive of pictures only",
         UNOPENED, vec![Entry::new("照片/1.jpg", &[0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10])]),
        ("空.zip", "an archive without entries", UNOPENED, vec![]),
        ("有密码.zip", "every entry is flagged as encrypted",
         LOCKED, vec![Entry { flags: 0x0801,..Entry::of(FORM, stored(&[0xA7; 300])) }]),
        ("有密码-AES.zip", "every entry is encrypted with AES (method 99)",
         LOCKED, vec![Entry { flags: 0x0801, method: 99,..Entry::of(FORM, stored(&[0x7A; 300])) }]),
        ("好表与加密表.zip", "one good workbook, and one entry that is encrypted",
         Any, vec![book(FORM), Entry { flags: 0x0801,..Entry::of("区县填报表.xlsx", stored(&[0xA7; 300])) }]),
    ];
    for (file, what, expect, entries) in cases {
        shelf.put(file, what, expect, zip(&entries));
    }
}

/// Names of entries; whatever becomes of the content, nothing may be written anywhere.
fn names(shelf: &mut Shelf) {
    #[rustfmt::skip]
    let cases = [
        ("名-上级目录.zip", "a good workbook named ../../../../tmp/…",
         &b"../../../../tmp/junheng-hostile.xlsx"[..]),
        ("名-绝对路径.zip", "a good workbook named /tmp/…", b"/tmp/junheng-hostile.xlsx"),
        ("名-盘符.zip", "a good workbook named C:\\Windows\\…", b"C:\\Windows\\Temp\\junheng-hostile.xlsx"),
        ("名-网络路径.zip", "a good workbook named \\\\127.0.0.1\\…", b"\\\\127.0.0.1\\c$\\junheng-hostile.xlsx"),
        ("名-空字符.zip", "a NUL inside the name of a good workbook", b"a.xlsx\0.exe.xlsx"),
        ("名-换行.zip", "line breaks, an escape and a bell in the name of a good workbook",
         b"a\r\nb\x1b[2J\x07.xlsx"),
        ("名-乱字节.zip", "a name that is neither UTF-8 nor GBK", b"\xFF\xFE\x80\x80\xFF.xlsx"),
        ("名-空.zip", "an entry without a name", b""),
        ("名-一点.zip", "an entry named .", b"."),
        ("名-斜杠结尾.zip", "a good workbook named like a folder", b"a.xlsx/"),
    ];
    for (file, what, name) in cases {
        shelf.put(file, what, Any, zip(&[book("x").named(name)]));
    }
    let long = "长".repeat(21_000) + ".xlsx";
    shelf.put(
        "名-六万字节.zip",
        "a name of 63,005 bytes",
        Any,
        zip(&[book(&long)]),
    );
    let link = Entry {
        mode: 0o120_777,
        ..Entry::new(FORM, b"/etc/passwd")
    };
    shelf.put(
        "名-符号链接.zip",
        "an entry that is a link to /etc/passwd",
        UNOPENED,
        zip(&[link]),
    );
}

/// Archives in archives.
fn nested(shelf: &mut Shelf) {
    let wrapped = |times: usize| {
        (0..times).fold(Book::good().bytes(), |inner, i| {
            let name = if i == 0 { FORM } else { "材料.zip" };
            zip(&[Entry::of(name, stored(&inner))])
        })
    };
    #[rustfmt::skip]
    let cases = [
        ("套两层.zip", "a good workbook in an archive in an archive", Accepted, 2),
        ("套三层.zip", "a good workbook in three archives", Any, 3),
        ("套五十层.zip", "a good workbook in fifty archives", UNOPENED, 50),
    ];
    for (file, what, expect, times) in cases {
        shelf.put(file, what, expect, wrapped(times));
    }
    // Each level holds the one below ten times.
    let mut inner = Book::good().bytes();
    for level in 0..6 {
        let end = if level == 0 { "xlsx" } else { "zip" };
        let part = packed(&inner);
        let entries: Vec<Entry> = (0..10)
            .map(|i| Entry::of(&format!("{i}.{end}"), part.clone()))
            .collect();
        inner = zip(&entries);
    }
    shelf.put(
        "套六层各十份.zip",
        "six levels of ten archives each: a million workbooks",
        Any,
        inner,
    );
}

/// What a broken line leaves of a good file.
fn cut(shelf: &mut Shelf) {
    let whole = Book::good().bytes();
    let find = |mark: &[u8]| whole.windows(mark.len()).position(|w| w == mark);
    let sheet = find(b"xl/worksheets/sheet1.xml").expect("in it");
    let directory = find(b"PK\x01\x02").expect("in it");
    #[rustfmt::skip]
    let cases = [
        ("截断-四字节.xlsx", "a workbook of which 4 bytes came", 4),
        ("截断-头部.xlsx", "a workbook cut inside its first header", 20),
        ("截断-数据中.xlsx", "a workbook cut inside its sheet's data", sheet + 60),
        ("截断-目录前.xlsx", "a workbook cut before its directory", directory),
        ("截断-目录中.xlsx", "a workbook cut inside its directory", directory + 70),
        ("截断-少末字节.xlsx", "a workbook without its last byte", whole.len() - 1),
    ];
    for (file, what, to) in cases {
        shelf.put(file, what, DAMAGED, whole[..to].to_vec());
    }
    let archive = zip(&[book(FORM)]);
    let half = archive[..archive.len() / 2].to_vec();
    shelf.put("截断-一半.zip", "half an archive", DAMAGED, half);
    let mut filled = whole[..directory].to_vec();
    filled.resize(whole.len() + 4096, 0);
    shelf.put(
        "截断-补零.xlsx",
        "a workbook whose second half was never written: zeros in its place",
        DAMAGED,
        filled,
    );
    let with = |head: &[u8], tail: &[u8]| [head, &whole, tail].concat();
    let note = b"PK\x05\x06\0\0\0\0\x01\0\x01\0\xFF\xFF\0\0\0\0\0\0";
    #[rustfmt::skip]
    let cases = [
        ("前有杂字节.xlsx", "a good workbook behind 100 other bytes", Any, with(&[0x20; 100], b"")),
        ("自解压.exe", "a program with a good workbook behind it", Any, with(b"MZ\x90\0\x03\0\0\0", b"")),
        ("后有杂字节.xlsx", "a good workbook with 1,000 zeros behind it", Any, with(b"", &[0; 1000])),
        ("两个目录尾.xlsx", "a second, false end of directory behind a good workbook", Any, with(b"", note)),
        ("两本相接.xlsx", "two good workbooks one behind the other", Any, with(&whole, b"")),
    ];
    for (file, what, expect, bytes) in cases {
        shelf.put(file, what, expect, bytes);
    }
}

/// Archives that are more than they seem.
fn lies(shelf: &mut Shelf) {
    let count = shelf.count(60_000, 6000);
    let nothing = stored(b"");
    let tiny = |prefix: &str| -> Vec<Entry> {
        (0..count)
            .map(|i| Entry::of(&format!("{prefix}{i:x}"), nothing.clone()))
            .collect()
    };
    shelf.bomb(
        "六万个文件.zip",
        "60,000 entries of nothing",
        LARGE,
        zip(&tiny("")),
    );
    shelf.put(
        "六万个部件.xlsx",
        "a good workbook with 60,000 parts of nothing",
        LARGE,
        zip(&[Book::good().entries(), tiny("xl/x")].concat()),
    );
    let size = shelf.size(FOUR_GIB, 1 << 16);
    let zeros = bulk(b"PK", b"\0", size, b"");
    let same: Vec<Entry> = (0..shelf.count(1000, 100))
        .map(|i| Entry::of(&format!("{i}.xlsx"), zeros.clone()))
        .collect();
    shelf.bomb(
        "重叠四TiB.zip",
        "1,000 entries that share one packed part of 4 GiB: 4 TiB in 4 MB",
        LARGE,
        overlapping(&same),
    );
    let head = format!("{XML}<a>");
    let inner = zip(&[
        book(FORM),
        Entry::of("说明.xml", bulk(head.as_bytes(), b" ", size, b"</a>")),
    ]);
    shelf.bomb(
        "套两层四GiB.zip",
        "an archive in an archive, with 4 GiB of blanks beside the good workbook",
        Any,
        zip(&[Entry::of("材料.zip", packed(&inner))]),
    );
    let mut hidden = Book::good().bytes();
    let at = hidden.windows(4).rposition(|w| w == b"PK\x05\x06");
    let end = at.expect("in it");
    hidden[end + 8..end + 12].fill(0xFF);
    hidden[end + 12..end + 20].fill(0xFF);
    shelf.put(
        "目录在远方.xlsx",
        "the directory claims 65,535 entries, 4 GiB long, 4 GiB away",
        BROKEN,
        hidden,
    );
}

/// What other programs make.
fn other_kinds(shelf: &mut Shelf) {
    let tail = [0x5A; 200];
    #[rustfmt::skip]
    let cases = [
        ("报送材料.rar", "RAR 5", FOREIGN, &b"Rar!\x1A\x07\x01\0"[..]),
        ("报送材料-旧.rar", "RAR 4", FOREIGN, b"Rar!\x1A\x07\0"),
        ("报送材料.7z", "7-Zip", FOREIGN, b"7z\xBC\xAF\x27\x1C\0\x04"),
        ("学校汇总表-其实是RAR.xlsx", "RAR 5 named .xlsx", FOREIGN, b"Rar!\x1A\x07\x01\0\x01"),
        ("学校汇总表.xlsx.gz", "gzip", FOREIGN, b"\x1F\x8B\x08\0\0\0\0\0\0\x03"),
        ("通知.pdf", "PDF", FOREIGN, b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"),
        ("X4-其实是PDF.xls", "PDF named .xls", FOREIGN, b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n"),
        ("学校汇总表-照片.jpg", "JPEG", FOREIGN, b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"),
        ("学校汇总表-截图.png", "PNG", FOREIGN, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("学校汇总表-截图.xlsx", "PNG named .xlsx", FOREIGN, b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0"),
        ("病毒.exe", "a Windows program", FOREIGN, b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF"),
        ("数据库.mdb", "an Access database", FOREIGN, b"\0\x01\0\0Standard Jet DB\0"),
        ("数据.dbf", "a dBASE table", FOREIGN, b"\x03\x7C\x0B\x03\x01\0\0\0\x41\0\x20\0\0\0"),
        ("数据.sqlite", "an SQLite database", FOREIGN, b"SQLite format 3\0\x10\0\x01\x01"),
        ("数据.parquet", "a Parquet file", FOREIGN, b"PAR1\x15\x04\x15\0"),
        ("通知.rtf", "a letter as RTF", Rejected(&["file-not-workbook", "form-unknown"]), b"{\\rtf1\\ansi "),
    ];
    for (file, what, expect, head) in cases {
        shelf.put(file, what, expect, [head, &tail].concat());
    }
}
