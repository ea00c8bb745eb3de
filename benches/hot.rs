//! The hot pieces one by one, so that a later change shows: `cargo bench --bench hot`. What they come to together is measured
//! on a whole province (`make_province`, `peers/`), not here.

mod answer_sheet;
mod questionnaires;

use std::path::Path;
use std::sync::OnceLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use junheng::dataset::{self, Dataset};
use junheng::indicators::{balance, split, unit};
use junheng::ingest::formats::{self, Layout, ReadError, Remark, Seen, Sink};
use junheng::ingest::grid::{Cell, Grid};
use junheng::ingest::header::{self, Heads};
use junheng::ingest::submission::discover;
use junheng::ingest::{self, FileRead, cell, workbook};
use junheng::pipeline::model::Layout as FormLayout;
use junheng::pipeline::{self, Pipeline};
use junheng::report::book::{self, Book, Head, Tone};
use junheng::report::xlsx;
use questionnaires::Strings;

const PERIOD: i64 = 2024;
const RESPONDENTS: u32 = 7_500;
const SCHOOLS: usize = 27_000;

fn main() {
    divan::main();
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pipeline() -> &'static Pipeline {
    static LOADED: OnceLock<Pipeline> = OnceLock::new();
    LOADED.get_or_init(|| {
        let folder = root().join("pipelines/quality-2017");
        pipeline::load(&folder).expect("the repository's pipeline loads")
    })
}

fn sample() -> &'static Vec<FileRead> {
    static READ: OnceLock<Vec<FileRead>> = OnceLock::new();
    READ.get_or_init(|| {
        let folder = root().join("sample_data/quality-2017");
        let p = pipeline();
        let listing = discover(&folder, p.settings.county_digits, &p.limits).expect("the sample");
        let files = listing.submissions.iter();
        files
            .map(|s| ingest::read_file(p, s, &ingest::NoMemory))
            .collect()
    })
}

fn assembled() -> Dataset {
    let list = root().join("pipelines/quality-2017/counties.csv");
    let given = dataset::Given {
        pipeline: pipeline(),
        period: PERIOD,
        counties: dataset::read_counties(&list).expect("the list of counties"),
        only: &[],
    };
    dataset::assemble(given, sample()).expect("assembles").0
}

/// Counts what passes by.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn sheet(&mut self, _: &str, _: bool) -> Result<(), ReadError> {
        Ok(())
    }
    fn cell(&mut self, _: u32, _: u32, value: Seen<'_>) -> Result<(), ReadError> {
        black_box(value);
        self.0 += 1;
        Ok(())
    }
    fn broken(&mut self, reason: &str) {
        panic!("{reason}");
    }
    fn wants_layout(&mut self) -> bool {
        true
    }
    fn layout(&mut self, _: Layout) {}
    fn remark(&mut self, _: Remark) {}
}

/// Reads the cells of a file and nothing else.
fn count_cells(bencher: Bencher<'_, '_>, bytes: &[u8]) {
    let limits = &pipeline().limits;
    let read = || {
        let mut count = Count::default();
        formats::read(bytes, "", limits, &mut count).expect("a table");
        count.0
    };
    bencher.counter(ItemsCount::new(read())).bench(read);
}

/// The cells of a sheet of questionnaires, from the bytes of the file.
#[divan::bench(args = ["inline", "shared"])]
fn cells_of_a_sheet(bencher: Bencher<'_, '_>, strings: &str) {
    let strings = match strings {
        "inline" => Strings::Inline,
        _ => Strings::Shared,
    };
    let bytes = questionnaires::workbook(RESPONDENTS, "990101", 1, strings);
    count_cells(bencher, &bytes);
}

/// The same cells of a text file.
#[divan::bench]
fn cells_of_a_text(bencher: Bencher<'_, '_>) {
    let bytes = questionnaires::text(RESPONDENTS, "990101", 1);
    count_cells(bencher, &bytes);
}

/// The same sheet with every questionnaire counted.
#[divan::bench]
fn questionnaires_of_a_sheet(bencher: Bencher<'_, '_>) {
    let bytes = questionnaires::workbook(RESPONDENTS, "990101", 1, Strings::Inline);
    let read = || workbook::read(pipeline(), &bytes, "").expect("a workbook");
    assert!(read().sheets[0].answers.is_some());
    bencher
        .counter(ItemsCount::new(RESPONDENTS))
        .bench(|| black_box(read()));
}

/// Cells as people write them, read as values of a column.
#[divan::bench]
fn values_of_cells(bencher: Bencher<'_, '_>) {
    let p = pipeline();
    let table = &p.tables[p.table("school").expect("a table of schools")];
    let at = table
        .position("school_teaching_area")
        .expect("its teaching area");
    let text = |t: &str| Cell::Text(t.to_string());
    let cells = [
        Cell::Number(5_123.25),
        Cell::Number(0.0),
        text("5123.25"),
        text("\u{ff15}123\u{5e73}\u{65b9}\u{7c73}"),
        text("1,234"),
        text("\u{65e0}"),
        text("/"),
        text("\u{7ea6}1300"),
    ];
    let read = |cell: &Cell| cell::read(p, &table.columns[at], None, cell, false);
    bencher.counter(ItemsCount::new(cells.len())).bench(|| {
        for cell in &cells {
            black_box(read(black_box(cell)));
        }
    });
}

/// The forms of rows looked for in the first sheet of the sample that has many columns.
#[divan::bench]
fn headers_of_a_sheet(bencher: Bencher<'_, '_>) {
    let p = pipeline();
    let grid = widest();
    let forms: Vec<_> = p
        .forms
        .iter()
        .filter(|f| f.layout == FormLayout::Rows)
        .collect();
    let look = || {
        let heads = Heads::of(p, &grid);
        let all = forms.iter().map(|f| header::best_match(f, &heads));
        all.flatten().map(|m| m.found()).max()
    };
    assert!(look().is_some_and(|found| found > 50));
    bencher.counter(ItemsCount::new(forms.len())).bench(look);
}

/// The sheet of the sample with most cells in its first rows.
fn widest() -> Grid {
    let folder = root().join("sample_data/quality-2017");
    let p = pipeline();
    let listing = discover(&folder, p.settings.county_digits, &p.limits).expect("the sample");
    let plain = listing
        .submissions
        .iter()
        .filter(|s| s.member.is_empty() && s.name().ends_with(".xlsx"));
    plain
        .filter_map(|s| {
            let bytes = std::fs::read(&s.absolute).ok()?;
            workbook::read(p, &bytes, s.title()).ok()
        })
        .flat_map(|book| book.sheets)
        .map(|sheet| sheet.grid)
        .max_by_key(|grid| grid.last_column(0, 10))
        .expect("a sheet")
}

/// Rows of the sample put together into tables.
#[divan::bench]
fn tables_of_the_sample(bencher: Bencher<'_, '_>) {
    sample();
    bencher.bench(|| black_box(assembled()));
}

/// Schools split into units by stage.
#[divan::bench]
fn units_of_the_sample(bencher: Bencher<'_, '_>) {
    let data = assembled();
    let split = || split::units(pipeline(), &data).expect("splits");
    let count = split().0.list.len();
    bencher
        .counter(ItemsCount::new(count))
        .bench(|| black_box(split()));
}

/// The indicators of all units.
#[divan::bench]
fn indicators_of_the_sample(bencher: Bencher<'_, '_>) {
    let (p, data) = (pipeline(), assembled());
    let (units, _) = split::units(p, &data).expect("splits");
    let values = || unit::values(p, &data, &units, PERIOD).expect("computes");
    let count = values().len();
    bencher
        .counter(ItemsCount::new(count))
        .bench(|| black_box(values()));
}

/// The student-weighted coefficient of variation over a province's schools, as one county.
#[divan::bench]
fn coefficient_of_variation(bencher: Bencher<'_, '_>) {
    let points: Vec<(f64, f64)> = (0..SCHOOLS)
        .map(|n| (((n * 7_919) % 1_301) as f64 / 130.1, (n % 1_900 + 1) as f64))
        .collect();
    assert!(balance::spread(&points).is_some_and(|s| s.cv.is_some()));
    bencher
        .counter(ItemsCount::new(SCHOOLS))
        .bench(|| balance::spread(black_box(&points)));
}

/// A workbook of 2,000 rows by 16 columns, as the sheet of schools has them.
#[divan::bench]
fn workbook_of_rows(bencher: Bencher<'_, '_>) {
    let columns = 16;
    let row = |r: usize| {
        let cell = |c: usize| match c % 4 {
            0 => book::Cell::Text(format!("school {}", r * c % 977), Tone::Plain),
            1 => book::Cell::Text("met".to_string(), Tone::Good),
            _ => book::Cell::Number((r * 31 + c * 7) as f64 / 8.0, 2, Tone::Plain),
        };
        (0..columns).map(cell).collect()
    };
    let sheet = book::Sheet {
        name: "schools".to_string(),
        columns: (0..columns).map(|c| Head::new(format!("c{c}"))).collect(),
        rows: (0..2_000).map(row).collect(),
        ..book::Sheet::default()
    };
    let book = Book {
        font: "Calibri".to_string(),
        sheets: vec![sheet],
        ..Book::default()
    };
    bencher
        .counter(ItemsCount::new(2_000 * columns))
        .with_inputs(|| book.clone())
        .bench_values(|book| {
            black_box(xlsx::write(book, PERIOD, &std::env::temp_dir()).expect("writes"))
        });
}
