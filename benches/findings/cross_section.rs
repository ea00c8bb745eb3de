//! Rules that compare the schools of a county in one year: on clean figures, and with mistakes put in.

use crate::generate::{INDICATORS, School, county};
use crate::judge::{
    Flags, either, funnel_alone, measure, raw_ratio, recommended, residual_alone, unit_errors,
};
use crate::mistakes::put_in;
use crate::random::Random;
use crate::tally::{Tally, beside, head, row};
use crate::{Rules, Study};

const METHODS: [&str; 8] = [
    "raw ratio, modified z > 3.5",
    "residual in size > 3.5",
    "residual in size > 5",
    "residual in size > 8",
    "funnel > 3.5 (4 counts)",
    "unit error alone",
    "**(a) recommended**",
    "**(b) recommended or unit error**",
];

fn all_methods(rules: &Rules, now: &[School], last: &[School]) -> [Flags; METHODS.len()] {
    let measured = measure(rules, now);
    let best = recommended(rules, &measured);
    let units = unit_errors(rules, &measured, now, last);
    let both = either(&best, &units);
    [
        raw_ratio(&measured, 3.5),
        residual_alone(&measured, 3.5),
        residual_alone(&measured, 5.0),
        residual_alone(&measured, 8.0),
        funnel_alone(&measured, 3.5),
        units,
        best,
        both,
    ]
}

/// What each method does in counties of so many schools, a share of whose figures is wrong.
fn tallies(
    rules: &Rules,
    random: &mut Random,
    schools: usize,
    counties: usize,
    share: f64,
) -> [Tally; METHODS.len()] {
    let mut tallies: [Tally; METHODS.len()] = Default::default();
    for _ in 0..counties {
        let clean = county(random, schools);
        let (now, wrong) = put_in(random, &clean.now, share);
        let flags = all_methods(rules, &now, &clean.last);
        let nothing = vec![[false; INDICATORS]; schools];
        for (tally, flags) in tallies.iter_mut().zip(&flags) {
            tally.add(flags, &wrong, &nothing);
        }
    }
    tallies
}

/// The share of schools flagged, and flags a county, without mistakes.
pub fn clean(rules: &Rules, study: &Study, random: &mut Random) {
    const SIZES: [usize; 5] = [20, 40, 80, 150, 350];
    const THEIRS: [[&str; 5]; METHODS.len()] = [
        [
            "24.2% / 7.0",
            "24.3% / 14",
            "23.8% / 27",
            "23.6% / 50",
            "23.7% / 118",
        ],
        [
            "13.5% / 2.9",
            "8.3% / 3.5",
            "6.7% / 5.4",
            "6.4% / 9.8",
            "5.8% / 21",
        ],
        [
            "4.3% / .85",
            "2.3% / .93",
            "1.7% / 1.4",
            "1.7% / 2.6",
            "1.2% / 4.3",
        ],
        [
            ".9% / .18",
            ".4% / .14",
            ".2% / .15",
            ".1% / .17",
            ".04% / .15",
        ],
        [
            ".7% / .14",
            ".9% / .36",
            ".8% / .66",
            ".9% / 1.3",
            ".9% / 3.1",
        ],
        [""; 5],
        [
            "2.0% / .40",
            ".8% / .32",
            ".5% / .44",
            ".45% / .68",
            ".34% / 1.2",
        ],
        [""; 5],
    ];
    let by_size = SIZES.map(|n| tallies(rules, random, n, study.counties(n), 0.0));
    let titles = SIZES.iter().map(|n| format!("n={n}"));
    let heading: Vec<String> = std::iter::once("method".to_owned()).chain(titles).collect();
    head(
        "5.1 Clean: schools flagged / flags a county [study]",
        &heading,
    );
    for (m, method) in METHODS.iter().enumerate() {
        let figures = (0..SIZES.len()).map(|n| beside(by_size[n][m].load(), THEIRS[m][n]));
        row(&std::iter::once((*method).to_owned())
            .chain(figures)
            .collect::<Vec<_>>());
    }
    for m in [METHODS.len() - 2, METHODS.len() - 1] {
        let figures = (0..SIZES.len()).map(|n| {
            beside(
                by_size[n][m].counties_without(),
                ["67-76%", "67-76%", "67-76%", "", ""][n],
            )
        });
        let title = format!("counties without a flag, {}", METHODS[m]);
        row(&std::iter::once(title).chain(figures).collect::<Vec<_>>());
    }
}

/// Precision, and recall by kind of mistake.
pub fn with_mistakes(rules: &Rules, study: &Study, random: &mut Random) {
    const SIZES: [usize; 4] = [20, 60, 150, 350];
    // Precision at 20, 60, 150 and recall at 60.
    const THEIRS: [[&str; 4]; METHODS.len()] = [
        ["9%", "9%", "9%", "53/100/37/12/34"],
        ["20%", "30%", "33%", "81/100/17/3/30"],
        ["37%", "56%", "64%", "59/100/5/1/18"],
        ["62%", "89%", "95%", "32/94/0/0/6"],
        [""; 4],
        [""; 4],
        ["60%", "82%", "88%", "72/100/8/0/20"],
        [""; 4],
    ];
    let by_size = SIZES.map(|n| tallies(rules, random, n, study.counties(n), study.wrong_share));
    let heading: Vec<String> = std::iter::once("method".to_owned())
        .chain(SIZES.iter().map(|n| format!("precision n={n}")))
        .chain(SIZES.iter().map(|n| format!("recall n={n}")))
        .chain(SIZES.iter().map(|n| format!("flags n={n}")))
        .collect();
    let title = "5.2 With mistakes [study]; recall of x10 or /10, x100-10000, 1.5-2.5, 1.2-1.5, neighbour's";
    head(title, &heading);
    for (m, method) in METHODS.iter().enumerate() {
        let mut cells = vec![(*method).to_owned()];
        for (n, tally) in by_size.iter().enumerate() {
            cells.push(beside(
                tally[m].precision(),
                if n < 3 { THEIRS[m][n] } else { "" },
            ));
        }
        for (n, tally) in by_size.iter().enumerate() {
            cells.push(beside(
                tally[m].recall(),
                if n == 1 { THEIRS[m][3] } else { "" },
            ));
        }
        let theirs = if m == METHODS.len() - 2 {
            [".9", "2.0", "4.8", "10.9"]
        } else {
            [""; 4]
        };
        for (n, tally) in by_size.iter().enumerate() {
            cells.push(beside(tally[m].flags_a_county(), theirs[n]));
        }
        row(&cells);
    }
}
