//! Workbooks of the old format, record by record.

use super::ole::{compound, stream};
use super::{
    Accepted, Any, BROKEN, DAMAGED, Expect, LARGE, NO_FORM, Rejected, Shelf, TABLE, TEXTS, TRAP,
};

/// A record.
pub fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("a record");
    [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
}

/// 16-bit numbers as bytes.
fn words(list: &[u16]) -> Vec<u8> {
    list.iter().flat_map(|n| n.to_le_bytes()).collect()
}

fn at(n: usize) -> u16 {
    u16::try_from(n).expect("a row or a column")
}

/// A text as BIFF8 has it: length, flag for two bytes a sign, signs.
fn wide(text: &str) -> Vec<u8> {
    let signs: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&words(&[at(signs.len() / 2)])[..], &[1], &signs].concat()
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

/// One sheet of a book: state (hidden), kind (worksheet, macros, chart), records.
#[derive(Clone)]
struct Sheet {
    name: String,
    state: u8,
    kind: u8,
    body: Vec<u8>,
}

/// A workbook of records.
#[derive(Clone)]
pub struct Biff {
    /// Excel 97 and later; else Excel 5.
    is_8: bool,
    code_page: Option<u16>,
    /// Records before the list of sheets.
    more: Vec<u8>,
    /// Records with the shared texts.
    texts: Vec<u8>,
    sheets: Vec<Sheet>,
    /// Where the sheets claim to begin, if they lie.
    claimed: Option<u32>,
    /// All sheets lie where the first one does.
    one: bool,
}

/// The good table with shared texts.
pub fn good_book() -> Biff {
    with_last(&record(0x0203, &number(3, 5, "19")))
}

/// The good table with other records for its last cell.
fn with_last(last: &[u8]) -> Biff {
    let mut body = record(0x0200, &[0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 6, 0, 0, 0]);
    for (r, fields) in TABLE.iter().enumerate() {
        for (c, field) in fields.iter().enumerate() {
            if (r, c) == (3, 5) {
                body.extend(last);
            } else if r > 0 && c >= TEXTS {
                body.extend(record(0x0203, &number(r, c, field)));
            } else {
                body.extend(record(0x00FD, &words(&[at(r), at(c), 0, at(r * 6 + c), 0])));
            }
        }
    }
    Biff {
        is_8: true,
        code_page: Some(1200),
        more: Vec::new(),
        texts: table_of_texts(24, |_| true),
        sheets: vec![Sheet {
            name: "学校汇总表".to_string(),
            state: 0,
            kind: 0,
            body,
        }],
        claimed: None,
        one: false,
    }
}

/// Row, column, format and value of a number.
fn number(row: usize, column: usize, value: &str) -> Vec<u8> {
    let value: f64 = value.parse().expect("a number");
    [
        words(&[at(row), at(column), 0]),
        value.to_le_bytes().to_vec(),
    ]
    .concat()
}

/// All texts of the table, in a record of which continuations begin where `same` says no.
fn table_of_texts(claimed: u32, same: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut data = [claimed.to_le_bytes(), claimed.to_le_bytes()].concat();
    let mut kind = 0x00FC;
    for (i, field) in TABLE.iter().flatten().enumerate() {
        if !same(i) {
            out.extend(record(kind, &data));
            data.clear();
            kind = 0x003C;
        }
        data.extend(wide(field));
    }
    out.extend(record(kind, &data));
    out
}

impl Biff {
    /// One record more before the list of sheets.
    pub fn with(mut self, kind: u16, data: &[u8]) -> Biff {
        self.more.extend(record(kind, data));
        self
    }

    /// The same with another name for the last school.
    pub fn named_last(mut self, name: &str) -> Biff {
        self.sheets[0].body.extend(label(3, 1, &wide(name)));
        self
    }

    /// The same with other figures.
    pub fn other_figures(mut self) -> Biff {
        for row in 1..4 {
            self.sheets[0]
                .body
                .extend(record(0x0203, &number(row, 3, TRAP)));
        }
        self
    }

    fn page(mut self, code_page: Option<u16>) -> Biff {
        self.code_page = code_page;
        self
    }

    /// Further records of the sheet.
    fn and(mut self, records: &[u8]) -> Biff {
        self.sheets[0].body.extend(records);
        self
    }

    /// Other shared texts.
    fn texts(mut self, records: Vec<u8>) -> Biff {
        self.texts = records;
        self
    }

    /// One sheet more, before all others or behind them.
    fn sheet(mut self, first: bool, name: &str, state: u8, kind: u8, body: &[u8]) -> Biff {
        let place = if first { 0 } else { self.sheets.len() };
        let sheet = Sheet {
            name: name.to_string(),
            state,
            kind,
            body: body.to_vec(),
        };
        self.sheets.insert(place, sheet);
        self
    }

    /// The stream of the workbook.
    pub fn stream(&self) -> Vec<u8> {
        let begin = |kind: u16| {
            if self.is_8 {
                record(
                    0x0809,
                    &words(&[0x0600, kind, 0x0DBB, 0x07CC, 0x41, 0, 6, 0]),
                )
            } else {
                record(0x0809, &words(&[0x0500, kind, 0x096C, 0x07C9]))
            }
        };
        let mut out = begin(5);
        out.extend(&self.more);
        if let Some(page) = self.code_page {
            out.extend(record(0x0042, &words(&[page])));
        }
        let mut places = Vec::new();
        for sheet in &self.sheets {
            places.push(out.len() + 4);
            let name = if self.is_8 {
                let wide = wide(&sheet.name);
                [&wide[..1], &wide[2..]].concat()
            } else {
                let name = gbk(&sheet.name);
                [&[at(name.len()).to_le_bytes()[0]][..], &name].concat()
            };
            let data = [&[0, 0, 0, 0, sheet.state, sheet.kind][..], &name].concat();
            out.extend(record(0x0085, &data));
        }
        out.extend(&self.texts);
        out.extend(record(0x000A, &[]));
        let first = u32::try_from(out.len()).expect("small");
        for (i, (sheet, place)) in self.sheets.iter().zip(places).enumerate() {
            let start = if self.one {
                first
            } else {
                u32::try_from(out.len()).expect("small")
            };
            let start = self.claimed.unwrap_or(start);
            out[place..place + 4].copy_from_slice(&start.to_le_bytes());
            if self.one && i > 0 {
                continue;
            }
            out.extend(begin(match sheet.kind {
                2 => 0x20,
                1 => 0x40,
                _ => 0x10,
            }));
            out.extend(&sheet.body);
            out.extend(record(0x000A, &[]));
        }
        out
    }

    fn bytes(&self) -> Vec<u8> {
        let name = if self.is_8 { "Workbook" } else { "Book" };
        compound(&[stream(name, self.stream())], false).bytes
    }
}

/// The content of all records behind the first two made unreadable, as encryption leaves it.
pub fn garbled(stream: &[u8]) -> Vec<u8> {
    let mut out = stream.to_vec();
    let mut place = 0;
    while place + 4 <= out.len() {
        let word = |i: usize| u16::from_le_bytes([stream[i], stream[i + 1]]);
        let (kind, length) = (word(place), usize::from(word(place + 2)));
        // The first record, the password's and the places of the sheets stay as they are.
        let from = place + 4 + if kind == 0x85 { 4 } else { 0 };
        let to = place + 4 + length;
        if !matches!(kind, 0x0809 | 0x2F) {
            for byte in &mut out[from..to] {
                *byte ^= 0xA7;
            }
        }
        place = to;
    }
    out
}

/// A cell with a text of its own.
fn label(row: usize, column: usize, text: &[u8]) -> Vec<u8> {
    let head = words(&[at(row), at(column), 0]);
    record(0x0204, &[&head[..], text].concat())
}

/// The good table as Excel 5 wrote it, in GBK.
fn old_book(code_page: Option<u16>) -> Biff {
    let mut book = good_book().page(code_page).texts(Vec::new());
    book.is_8 = false;
    let body = &mut book.sheets[0].body;
    *body = record(0x0200, &words(&[0, 4, 0, 6, 0]));
    for (r, fields) in TABLE.iter().enumerate() {
        for (c, field) in fields.iter().enumerate() {
            if r > 0 && c >= TEXTS {
                body.extend(record(0x0203, &number(r, c, field)));
            } else {
                let text = gbk(field);
                let length = words(&[at(text.len())]);
                body.extend(label(r, c, &[&length[..], &text].concat()));
            }
        }
    }
    book
}

/// A formula and its result.
fn formula(result: [u8; 8]) -> Vec<u8> {
    let head = words(&[3, 5, 0]);
    record(
        0x0006,
        &[&head[..], &result, &[0; 6], &[3, 0, 0x1E, 19, 0]].concat(),
    )
}

pub fn files(shelf: &mut Shelf) {
    good(shelf);
    sheets(shelf);
    cells(shelf);
    claims(shelf);
    older(shelf);
}

fn put(
    shelf: &mut Shelf,
    cases: impl IntoIterator<Item = (&'static str, &'static str, Expect, Biff)>,
) {
    for (file, what, expect, book) in cases {
        shelf.put(file, what, expect, book.bytes());
    }
}

/// Good books that readers get wrong.
fn good(shelf: &mut Shelf) {
    let split = table_of_texts(24, |i| i != 9 && i != 10);
    let mut empty = table_of_texts(24, |_| true);
    empty.extend(record(0x003C, &[]));
    let name = wide(TABLE[0][0]);
    // The first text breaks after two signs; its rest begins with a flag of its own.
    let mut broken = record(
        0x00FC,
        &[&[24, 0, 0, 0, 24, 0, 0, 0][..], &name[..7]].concat(),
    );
    let whole = table_of_texts(24, |_| true);
    let rest = &whole[12 + name.len()..];
    broken.extend(record(0x003C, &[&[1], &name[7..], rest].concat()));
    #[rustfmt::skip]
    let cases = [
        ("好表.xls", "the good table in the old format", Accepted, good_book()),
        ("好表-代码页936.xls", "Excel 97 with a code page 936, which does not matter there; calamine reads nonsense",
         Accepted, good_book().page(Some(936))),
        ("好表-代码页0.xls", "Excel 97 with code page 0; calamine refuses it",
         Accepted, good_book().page(Some(0))),
        ("好表-代码页未知.xls", "Excel 97 with code page 55239", Accepted, good_book().page(Some(0xD7C7))),
        ("好表-没有代码页.xls", "Excel 97 without a code page", Accepted, good_book().page(None)),
        ("好表-Excel5.xls", "Excel 5, texts in GBK, code page 936", Accepted, old_book(Some(936))),
        ("好表-Excel5没有代码页.xls", "Excel 5, texts in GBK, no code page", Accepted, old_book(None)),
        ("好表-Excel5西文代码页.xls", "Excel 5, texts in GBK, code page 1252", Any, old_book(Some(1252))),
        ("好表-文本分段.xls", "shared texts in three records", Accepted, good_book().texts(split)),
        ("好表-文本断在字间.xls", "a shared text that breaks off and goes on in the next record",
         Accepted, good_book().texts(broken)),
        ("空续记录.xls", "an empty continuation behind the shared texts; calamine panics",
         DAMAGED, good_book().texts(empty)),
        ("日期-1904.xls", "dates count from 1904", Accepted, good_book().with(0x0022, &[1, 0])),
    ];
    put(shelf, cases);
    shelf.put(
        "X7-其实是xlsx.xls",
        "a workbook of the new format named .xls",
        Accepted,
        super::xlsx::Book::good().head("<workbookPr/>").bytes(),
    );
    shelf.put(
        "学校汇总表-其实是xls.xlsx",
        "a workbook of the old format named .xlsx",
        Accepted,
        good_book().with(0x0022, &[0, 0]).bytes(),
    );
}

/// Lists of sheets.
fn sheets(shelf: &mut Shelf) {
    let figures: Vec<u8> = (0..50)
        .flat_map(|r| record(0x0203, &number(r, 0, TRAP)))
        .collect();
    let corners = [
        record(0x0203, &number(0, 0, "1")),
        record(0x0203, &number(65_535, 255, "1")),
    ]
    .concat();
    let mut far = good_book();
    for i in 0..10 {
        far = far.sheet(false, &format!("角{i}"), 0, 0, &corners);
    }
    let mut many = good_book();
    for i in 0..shelf.count(60_000, 600) {
        many = many.sheet(false, &format!("s{i}"), 0, 0, &[]);
    }
    many.one = true;
    let macros = |kind: u8| {
        let mut book = good_book();
        book.sheets[0].kind = kind;
        book
    };
    let hidden = |state: u8| {
        let mut book = good_book();
        book.sheets[0].state = state;
        book
    };
    let lost = |claimed: u32| Biff {
        claimed: Some(claimed),
        ..good_book()
    };
    #[rustfmt::skip]
    let cases = [
        ("J1-十张表各两角.xls", "ten sheets with a number in each of two far corners behind the good one; calamine aborts",
         Any, far),
        ("P1-六万张表.xls", "60,000 sheets that are all one", LARGE, many),
        ("表-图表在前.xls", "a chart sheet full of numbers before the good sheet",
         Accepted, good_book().sheet(true, "图", 0, 2, &figures)),
        ("表-旧宏表在前.xls", "an Excel-4 macro sheet before the good sheet",
         Accepted, good_book().sheet(true, "宏", 2, 1, &figures)),
        ("表-只有旧宏表.xls", "the good table on an Excel-4 macro sheet", NO_FORM, macros(1)),
        ("表-种类未知.xls", "a sheet of unknown kind 9 holds the good table", Any, macros(9)),
        ("表-很隐藏.xls", "the only sheet is very hidden", Accepted, hidden(2)),
        ("表-状态3.xls", "the sheet's state is 3, which means nothing", Any, hidden(3)),
        ("表-位置出界.xls", "the sheet begins beyond the stream; calamine panics", DAMAGED, lost(0x00FF_FFFF)),
        ("表-位置在零.xls", "the sheet begins where the workbook begins", Any, lost(0)),
        ("表-没有.xls", "a workbook without any sheet",
         Rejected(&["file-damaged", "form-unknown", "file-not-workbook"]), Biff { sheets: Vec::new(),..good_book() }),
    ];
    put(shelf, cases);
}

/// Odd cells.
fn cells(shelf: &mut Shelf) {
    let cell = |kind: u16, rest: &[u8]| record(kind, &[&words(&[3, 5, 0])[..], rest].concat());
    let sum = |kind: u8, value: u8| formula([kind, 0, value, 0, 0, 0, 0xFF, 0xFF]);
    let after = [
        formula([0, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
        record(0x0207, &wide("十九")),
    ]
    .concat();
    // The only format of cells is a date.
    let styled = with_last(&cell(0x0203, &(-1e300f64).to_le_bytes()));
    let styled = styled.with(0x00E0, &words(&[0, 14, 0, 0, 0, 0, 0, 0, 0, 0]));
    #[rustfmt::skip]
    let cases = [
        ("值-RK.xls", "a packed number: 1900 / 100",
         Accepted, with_last(&cell(0x027E, &(1900u32 << 2 | 3).to_le_bytes()))),
        ("值-NaN.xls", "a number that is none", Accepted, with_last(&cell(0x0203, &f64::NAN.to_le_bytes()))),
        ("值-错误值.xls", "an error value", Accepted, with_last(&cell(0x0205, &[0x2A, 1]))),
        ("值-错误值未知.xls", "an error value that does not exist", Any, with_last(&cell(0x0205, &[0x99, 1]))),
        ("值-负日期.xls", "-1e300 in a cell with a date format", Accepted, styled),
        ("值-公式得文本.xls", "a formula whose result is a text in the next record", Accepted, with_last(&after)),
        ("值-公式得错误.xls", "a formula whose result is an error", Accepted, with_last(&sum(2, 0x07))),
        ("值-公式结果未知.xls", "a formula whose result is of an unknown kind", Any, with_last(&sum(9, 9))),
        ("值-共享文本越界.xls", "a shared text that does not exist",
         DAMAGED, with_last(&record(0x00FD, &words(&[3, 5, 0, 0xFFFF, 0xFFFF])))),
        ("值-多数颠倒.xls", "a row of packed numbers that ends before it begins",
         Any, with_last(&record(0x00BD, &words(&[3, 5, 0, 0, 0, 2])))),
        ("值-记录太短.xls", "a number of 3 bytes", Any, with_last(&record(0x0203, &[3, 0, 5]))),
        ("值-文本声称六万字.xls", "a text that claims 65,535 signs and has two",
         Any, with_last(&label(3, 5, &[0xFF, 0xFF, 1, 0x10, 0x4E]))),
        ("值-记录超出文件.xls", "the last record claims more bytes than there are",
         Any, with_last(&record(0x0203, &number(3, 5, "19"))).and(&[0x03, 0x02, 0xFF, 0xFF, 1, 0])),
        ("值-公式太短.xls", "a formula of 4 bytes", Any, with_last(&record(0x0006, &[3, 0, 5, 0]))),
    ];
    put(shelf, cases);
}

/// Records that claim too much.
fn claims(shelf: &mut Shelf) {
    let wide_claim = [&[0; 4][..], &[0xFF; 4], &[0, 0, 0xFF, 0xFF, 0, 0]].concat();
    let whole = [&[0; 4][..], &[0, 0, 1, 0], &[0, 0, 0, 1, 0, 0]].concat();
    let inverted = [&[9, 0, 0, 0][..], &[2, 0, 0, 0], &[0, 0, 6, 0, 0, 0]].concat();
    let text = [
        &[1, 0, 0, 0][..],
        &[1, 0, 0, 0],
        &[0xFF, 0xFF, 1, 0x10, 0x4E],
    ]
    .concat();
    let rich = [&[1, 0, 0, 0][..], &[1, 0, 0, 0], &[1, 0, 0x0D]].concat();
    let runs = [
        &rich[..],
        &[0xFF, 0xFF],
        &[0xFF, 0xFF, 0xFF, 0x7F],
        &[0x10, 0x4E],
    ]
    .concat();
    #[rustfmt::skip]
    let cases = [
        ("声称四十亿行.xls", "dimensions of 4 billion rows by 65,535 columns; calamine reserves memory for them",
         Any, good_book().and(&record(0x0200, &wide_claim))),
        ("声称整张表.xls", "dimensions of the whole sheet, 65,536 rows by 256 columns",
         Accepted, good_book().and(&record(0x0200, &whole))),
        ("声称颠倒.xls", "dimensions that end before they begin",
         Any, good_book().and(&record(0x0200, &inverted))),
        ("声称四十亿条文本.xls", "4,294,967,295 shared texts, of which 24 are there",
         Accepted, good_book().texts(table_of_texts(u32::MAX, |_| true))),
        ("文本没有续记录.xls", "a shared text of 65,535 signs that has one",
         BROKEN, good_book().texts(record(0x00FC, &text))),
        ("文本格式段过多.xls", "a shared text with 65,535 runs and 2 GiB of phonetics that are not there",
         BROKEN, good_book().texts(record(0x00FC, &runs))),
        ("合并声称六万块.xls", "65,535 merged blocks claimed, one there; calamine panics",
         Any, good_book().and(&record(0x00E5, &words(&[0xFFFF, 6, 7, 0, 1])))),
        ("合并整张表.xls", "merged blocks over the whole sheet, beside the table, and inverted",
         Any, good_book().and(&record(0x00E5, &words(&[3, 0, 0xFFFF, 0, 255, 9, 99, 7, 9, 99, 9, 9, 7])))),
    ];
    put(shelf, cases);
}

/// Books from before Excel 5: no compound files.
fn older(shelf: &mut Shelf) {
    let unread = Rejected(&[
        "file-not-workbook",
        "file-format-unsupported",
        "file-damaged",
    ]);
    #[rustfmt::skip]
    let cases = [
        ("Excel2.xls", "Excel 2, a bare stream of records", 0x0009),
        ("Excel3.xls", "Excel 3, a bare stream of records", 0x0209),
        ("Excel4.xls", "Excel 4, a bare stream of records", 0x0409),
    ];
    for (file, what, kind) in cases {
        let mut out = record(kind, &words(&[0, 0x10, 0]));
        for (r, fields) in TABLE.iter().enumerate() {
            for (c, field) in fields.iter().enumerate() {
                let text = gbk(field);
                let length = words(&[at(text.len())]);
                out.extend(label(r, c, &[&length[..], &text].concat()));
            }
        }
        out.extend(record(0x000A, &[]));
        shelf.put(file, what, unread, out);
    }
    shelf.put(
        "没有外壳.xls",
        "the records of a good workbook without the compound file round them",
        Any,
        good_book().stream(),
    );
}
