//! Compound files (OLE): made by hand, then bent. Encrypted workbooks and documents of other programs are such files too.

use super::xls::{garbled, good_book};
use super::{Accepted, Any, DAMAGED, Expect, FOREIGN, LOCKED, Rejected, Shelf};

const END: u32 = 0xFFFF_FFFE;
const FREE: u32 = 0xFFFF_FFFF;
/// Streams shorter than this lie in the small store.
const SMALL: usize = 4096;

/// A folder (no data) or a stream; `parent` is its number in the list, counted from 1; 0 is the root.
pub struct Node {
    pub name: &'static str,
    pub data: Option<Vec<u8>>,
    pub parent: usize,
}

/// A stream in the root.
pub fn stream(name: &'static str, data: Vec<u8>) -> Node {
    Node {
        name,
        data: Some(data),
        parent: 0,
    }
}

/// A compound file and where its parts lie in it.
#[derive(Clone)]
pub struct Compound {
    pub bytes: Vec<u8>,
    sector: usize,
    /// First sector of the directory.
    directory: usize,
    /// First sector of the small store's table.
    small: usize,
}

impl Compound {
    fn offset(&self, sector: usize) -> usize {
        (sector + 1) * self.sector
    }

    fn put32(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Sets an entry of the table of sectors.
    fn fat(&mut self, sector: usize, next: u32) {
        self.put32(self.sector + sector * 4, next);
    }

    /// Where an entry of the directory stands.
    fn entry(&self, index: usize) -> usize {
        self.offset(self.directory) + index * 128
    }

    /// First sector of a directory entry's data.
    fn start(&self, index: usize) -> usize {
        let at = self.entry(index) + 116;
        let bytes: [u8; 4] = self.bytes[at..at + 4].try_into().expect("4 bytes");
        usize::try_from(u32::from_le_bytes(bytes)).expect("a sector")
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).expect("small")
}

/// A compound file of these streams; `large` has sectors of 4,096 bytes in the place of 512.
pub fn compound(nodes: &[Node], large: bool) -> Compound {
    let sector = if large { 4096 } else { 512 };
    let sectors = |bytes: usize| bytes.div_ceil(sector);
    let is_small = |data: &[u8]| data.len() < SMALL;
    let mut store: Vec<u8> = Vec::new();
    let mut store_table: Vec<u32> = Vec::new();
    let mut starts = vec![END; nodes.len()];
    for (node, start) in nodes.iter().zip(&mut starts) {
        let Some(data) = node.data.as_ref().filter(|d| is_small(d) && !d.is_empty()) else {
            continue;
        };
        let first = store_table.len();
        let count = data.len().div_ceil(64);
        *start = number(first);
        store_table.extend((1..count).map(|i| number(first + i)));
        store_table.push(END);
        store.extend(data);
        store.resize(store_table.len() * 64, 0);
    }
    let lengths: Vec<usize> = nodes
        .iter()
        .map(|n| n.data.as_ref().filter(|d| !is_small(d)).map_or(0, Vec::len))
        .collect();
    let directory_sectors = sectors((nodes.len() + 1) * 128);
    let table_sectors = sectors(store_table.len() * 4);
    let mut used = directory_sectors + table_sectors + sectors(store.len());
    used += lengths.iter().map(|l| sectors(*l)).sum::<usize>();
    let fats = (1..).find(|f| f * sector / 4 >= used + f).expect("found");
    let directory = fats;
    let small = directory + directory_sectors;

    let mut fat = vec![0xFFFF_FFFD; fats];
    let chain = |fat: &mut Vec<u32>, count: usize| {
        let first = fat.len();
        fat.extend((1..count).map(|i| number(first + i)));
        fat.extend((count > 0).then_some(END));
        if count > 0 { number(first) } else { END }
    };
    chain(&mut fat, directory_sectors);
    let table_start = chain(&mut fat, table_sectors);
    let store_start = chain(&mut fat, sectors(store.len()));
    for (length, start) in lengths.iter().zip(&mut starts) {
        if *length > 0 {
            *start = chain(&mut fat, sectors(*length));
        }
    }
    fat.resize(fats * sector / 4, FREE);

    let mut out = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    out.resize(24, 0);
    for n in [
        0x3E,
        if large { 4 } else { 3 },
        0xFFFE,
        if large { 12 } else { 9 },
        6,
        0,
        0,
        0,
    ] {
        out.extend(u16::to_le_bytes(n));
    }
    let directories = if large { directory_sectors } else { 0 };
    let head = [
        number(directories),
        number(fats),
        number(directory),
        0,
        4096,
        table_start,
        number(table_sectors),
        END,
        0,
    ];
    out.extend(head.iter().flat_map(|n| n.to_le_bytes()));
    out.extend((0..109).flat_map(|i| if i < fats { number(i) } else { FREE }.to_le_bytes()));
    out.resize(sector, 0);
    out.extend(fat.iter().flat_map(|n| n.to_le_bytes()));
    out.extend(entries(nodes, &starts, store_start, store.len()));
    out.resize((small + 1) * sector, 0);
    out.extend(store_table.iter().flat_map(|n| n.to_le_bytes()));
    out.resize((small + table_sectors + 1) * sector, 0xFF);
    let streams = nodes.iter().filter_map(|n| n.data.as_deref());
    for data in std::iter::once(&store[..]).chain(streams.filter(|d| !is_small(d))) {
        out.extend(data);
        out.resize(sectors(out.len()) * sector, 0);
    }
    Compound {
        bytes: out,
        sector,
        directory,
        small,
    }
}

/// The directory.
fn entries(nodes: &[Node], starts: &[u32], store: u32, store_size: usize) -> Vec<u8> {
    let key = |i: &usize| {
        let name = nodes[*i - 1].name;
        (name.encode_utf16().count(), name.to_uppercase())
    };
    // Left and right neighbour and first child of each entry: the children of a folder are a balanced tree.
    let mut links = vec![[FREE; 3]; nodes.len() + 1];
    let mut folders: Vec<Vec<usize>> = vec![Vec::new(); nodes.len() + 1];
    for (i, node) in (1..).zip(nodes) {
        folders[node.parent].push(i);
    }
    for (folder, mut children) in folders.into_iter().enumerate() {
        children.sort_by_cached_key(key);
        links[folder][2] = tree(&children, &mut links);
    }
    let mut out = entry("Root Entry", 5, links[0], store, store_size);
    for (i, node) in nodes.iter().enumerate() {
        let (kind, size) = node.data.as_ref().map_or((1, 0), |d| (2, d.len()));
        let start = if kind == 1 { 0 } else { starts[i] };
        out.extend(entry(node.name, kind, links[i + 1], start, size));
    }
    out
}

fn tree(children: &[usize], links: &mut [[u32; 3]]) -> u32 {
    if children.is_empty() {
        return FREE;
    }
    let middle = children.len() / 2;
    let root = children[middle];
    links[root][0] = tree(&children[..middle], links);
    links[root][1] = tree(&children[middle + 1..], links);
    number(root)
}

fn entry(name: &str, kind: u8, links: [u32; 3], start: u32, size: usize) -> Vec<u8> {
    let mut out: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16::try_from(out.len() + 2).expect("a short name");
    out.resize(64, 0);
    out.extend(length.to_le_bytes());
    out.extend([kind, 1]);
    out.extend(links.iter().flat_map(|l| l.to_le_bytes()));
    out.resize(116, 0);
    out.extend(start.to_le_bytes());
    out.extend((size as u64).to_le_bytes());
    out
}

pub fn files(shelf: &mut Shelf) {
    bent(shelf);
    stores(shelf);
    encrypted(shelf);
    other_programs(shelf);
}

/// A good file with one thing bent.
fn bent(shelf: &mut Shelf) {
    // Long enough to lie in sectors of its own.
    let mut book = good_book().with(0x00C1, &[0; 1500]).stream();
    book.resize(6000, 0);
    let good = compound(&[stream("Workbook", book)], false);
    let data = good.start(1);
    let change = |change: &dyn Fn(&mut Compound)| {
        let mut file = good.clone();
        change(&mut file);
        file.bytes
    };
    let directory = good.directory;
    let wild = Rejected(&["file-damaged", "file-not-workbook", "file-too-large"]);
    #[rustfmt::skip]
    let cases = [
        ("OLE-链成环.xls", "the workbook's chain of sectors goes round in a circle",
         DAMAGED, change(&|f| f.fat(data + 1, number(data)))),
        ("OLE-链指自己.xls", "a sector of the workbook that follows itself",
         DAMAGED, change(&|f| f.fat(data, number(data)))),
        ("OLE-目录链成环.xls", "the directory's chain goes round in a circle; calamine aborts",
         wild, change(&|f| f.fat(directory, number(directory)))),
        ("OLE-目录树成环.xls", "the directory's tree goes round in a circle",
         Any, change(&|f| { let at = f.entry(1); f.put32(at + 68, 1); f.put32(at + 72, 1); })),
        ("OLE-目录树指根.xls", "a stream whose neighbour is the root",
         Any, change(&|f| { let at = f.entry(1); f.put32(at + 72, 0); })),
        ("OLE-链出界.xls", "a chain that leads beyond the file",
         DAMAGED, change(&|f| f.fat(data + 1, 0x00FF_FFFF))),
        ("OLE-链到空扇区.xls", "a chain that leads to a free sector", DAMAGED, change(&|f| f.fat(data + 1, FREE))),
        ("OLE-起点出界.xls", "the workbook begins beyond the file",
         DAMAGED, change(&|f| { let at = f.entry(1); f.put32(at + 116, 0x7FFF_FFFF); })),
        ("OLE-声称四GiB.xls", "the workbook claims 4 GiB",
         Any, change(&|f| { let at = f.entry(1); f.put32(at + 120, 0xFFFF_FFFF); })),
        ("OLE-分配表四十亿.xls", "the header claims 4 billion sectors of tables",
         Any, change(&|f| f.put32(44, 0xFFFF_FFFF))),
        ("OLE-分配表出界.xls", "the table of sectors lies beyond the file",
         wild, change(&|f| f.put32(76, 0x00FF_0000))),
        ("OLE-DIFAT成环.xls", "the list of tables goes round in a circle",
         Any, change(&|f| { let at = f.offset(directory) + f.sector - 4; f.put32(68, number(directory)); f.put32(72, 0xFFFF_FFFF); f.put32(at, number(directory)); })),
        ("OLE-目录出界.xls", "the directory lies beyond the file", wild, change(&|f| f.put32(48, 0x00FF_FFFF))),
        ("OLE-扇区一字节.xls", "sectors of 1 byte", wild, change(&|f| f.bytes[30] = 0)),
        ("OLE-扇区二GiB.xls", "sectors of 2 GiB", wild, change(&|f| f.bytes[30] = 31)),
        ("OLE-扇区移位255.xls", "sectors of 2 to the power of 65,535 bytes",
         wild, change(&|f| f.bytes[30..32].fill(0xFF))),
        ("OLE-小扇区移位.xls", "small sectors of 2 to the power of 65,535 bytes",
         Any, change(&|f| f.bytes[32..34].fill(0xFF))),
        ("OLE-大端.xls", "the header claims the other byte order",
         Any, change(&|f| f.bytes[28..30].copy_from_slice(&[0xFF, 0xFE]))),
        ("OLE-版本99.xls", "the header claims version 99", Any, change(&|f| f.bytes[26] = 99)),
        ("OLE-名字过长.xls", "a stream's name claims 65,535 bytes",
         Any, change(&|f| { let at = f.entry(1) + 64; f.bytes[at..at + 2].fill(0xFF); })),
        ("OLE-截断-八字节.xls", "nothing but the signature", wild, good.bytes[..8].to_vec()),
        ("OLE-截断-头部.xls", "cut behind the header", wild, good.bytes[..512].to_vec()),
        ("OLE-截断-目录中.xls", "cut inside the directory", wild, good.bytes[..good.entry(0) + 100].to_vec()),
        ("OLE-截断-数据中.xls", "cut inside the workbook",
         DAMAGED, good.bytes[..good.offset(data) + 200].to_vec()),
        ("OLE-截断-末扇区.xls", "without its last sector, which holds nothing but zeros",
         Any, good.bytes[..good.bytes.len() - 512].to_vec()),
        ("OLE-垃圾.xls", "the signature, then 4,000 bytes of junk",
         wild, [&good.bytes[..8], &[0xA7; 4000]].concat()),
    ];
    for (file, what, expect, bytes) in cases {
        shelf.put(file, what, expect, bytes);
    }
}

/// Where streams lie, and which one is the workbook.
fn stores(shelf: &mut Shelf) {
    let book = || good_book().stream();
    let small = compound(&[stream("Workbook", book())], false);
    let mut circle = small.clone();
    let table = circle.offset(circle.small);
    circle.put32(table + 4, 0);
    let other = good_book().other_figures().stream();
    let embedded = [
        Node {
            name: "MBD0018A2F3",
            data: None,
            parent: 0,
        },
        Node {
            name: "Workbook",
            data: Some(other.clone()),
            parent: 1,
        },
        stream("Workbook", book()),
    ];
    let project = [
        stream("Workbook", book()),
        Node {
            name: "_VBA_PROJECT_CUR",
            data: None,
            parent: 0,
        },
        Node {
            name: "VBA",
            data: None,
            parent: 2,
        },
        Node {
            name: "dir",
            data: Some(vec![0xCC; 100]),
            parent: 3,
        },
        stream("\u{5}SummaryInformation", vec![0xFE; 200]),
    ];
    let deep: Vec<Node> = (0..2000)
        .map(|parent| Node {
            name: "深",
            data: None,
            parent,
        })
        .chain([stream("Workbook", book())])
        .collect();
    let many: Vec<Node> = (0..shelf.count(20_000, 200))
        .map(|_| stream("同", Vec::new()))
        .chain([stream("Workbook", book())])
        .collect();
    #[rustfmt::skip]
    let cases = [
        ("好表-大扇区.xls", "sectors of 4,096 bytes", Accepted, compound(&[stream("Workbook", book())], true)),
        ("OLE-小流成环.xls", "the small store's chain goes round in a circle", DAMAGED, circle),
        ("OLE-嵌入另一本.xls", "an embedded workbook stands before the real one; calamine reads the embedded one",
         Accepted, compound(&embedded, false)),
        ("OLE-新旧两本.xls", "a stream Book of Excel 95 with other figures beside the stream Workbook",
         Accepted, compound(&[stream("Book", other), stream("Workbook", book())], false)),
        ("OLE-有宏.xls", "a VBA project of junk beside the good workbook", Accepted, compound(&project, false)),
        ("OLE-两千层文件夹.xls", "2,000 folders, each in the one before", Any, compound(&deep, false)),
        ("OLE-两万个流.xls", "20,000 streams of one name beside the good workbook", Any, compound(&many, true)),
    ];
    for (file, what, expect, file_bytes) in cases {
        shelf.put(file, what, expect, file_bytes.bytes);
    }
    shelf.put(
        "好表.et",
        "the good table as WPS saves it (.et is .xls)",
        Accepted,
        {
            let nodes = [stream("Workbook", book()), stream("ETExtData", vec![1; 10])];
            compound(&nodes, false).bytes
        },
    );
}

/// Passwords.
fn encrypted(shelf: &mut Shelf) {
    let info = [&[4, 0, 4, 0, 0x40, 0, 0, 0][..], b"<encryption/>"].concat();
    let package = |seed: u8| {
        let nodes = [
            stream("EncryptionInfo", info.clone()),
            stream("EncryptedPackage", [&[seed; 8][..], &[0xA7; 5000]].concat()),
            Node {
                name: "\u{6}DataSpaces",
                data: None,
                parent: 0,
            },
            Node {
                name: "Version",
                data: Some(vec![0; 76]),
                parent: 3,
            },
        ];
        compound(&nodes, false).bytes
    };
    // A workbook that only mentions the name of that stream.
    let words = good_book().named_last("EncryptedPackage").stream();
    let rc4 = [&[1, 0, 1, 0, 1, 0][..], &[0x5A; 48]].concat();
    let as_file = |book: Vec<u8>| compound(&[stream("Workbook", book)], false).bytes;
    #[rustfmt::skip]
    let cases: [(&'static str, &'static str, Expect, Vec<u8>); 6] = [
        ("有密码.xlsx", "a workbook of the new format with a password", LOCKED, package(1)),
        ("有密码-改名.xls", "the same named .xls", LOCKED, package(2)),
        ("有密码-RC4.xls", "an old workbook with a password (RC4)",
         LOCKED, as_file(garbled(&good_book().with(0x2F, &rc4).stream()))),
        ("有密码-XOR.xls", "an old workbook with a password (XOR); calamine calls its code page unknown",
         LOCKED, as_file(garbled(&good_book().with(0x2F, &[0, 0, 0x12, 0x34, 0x56, 0x78]).stream()))),
        ("没有密码-提到加密.xls", "no password, but a cell says EncryptedPackage", Accepted, as_file(words)),
        ("没有密码-保护.xls", "protected against changes by a password, which does not encrypt",
         Accepted, as_file(good_book().with(0x12, &[1, 0]).with(0x13, &[0x1A, 0xCC]).stream())),
    ];
    for (file, what, expect, bytes) in cases {
        shelf.put(file, what, expect, bytes);
    }
}

/// Compound files that are no workbooks.
fn other_programs(shelf: &mut Shelf) {
    #[rustfmt::skip]
    let cases = [
        ("通知.doc", "a Word document", "WordDocument"),
        ("学校汇总表-其实是Word.xls", "a Word document named .xls", "WordDocument"),
        ("汇报.ppt", "a PowerPoint document", "PowerPoint Document"),
        ("邮件.msg", "an Outlook message", "__properties_version1.0"),
    ];
    for (file, what, name) in cases {
        let mut data = vec![0xEC, 0xA5];
        data.resize(100 + file.len(), 0x20);
        let bytes = compound(&[stream(name, data)], false).bytes;
        shelf.put(file, what, FOREIGN, bytes);
    }
    shelf.put(
        "OLE-没有流.xls",
        "a compound file without any stream",
        Rejected(&[
            "file-not-workbook",
            "file-format-unsupported",
            "file-damaged",
        ]),
        compound(&[], false).bytes,
    );
}
