//! Rules that compare with last year: school by school, and county totals.

use crate::generate::{County, INDICATORS, School, county};
use crate::judge::{Flags, change_scores, totals_changed, year_on_year};
use crate::mistakes::{MISTAKES, Mistake, put_in};
use crate::random::Random;
use crate::tally::{Tally, beside, head, number, percent, row};
use crate::{Rules, Study};

const METHODS: [&str; 7] = [
    "±20%",
    "±20% and change >= 5",
    "**(c) ±30% and change >= 5**",
    "±50% and change >= 5",
    "HB C=7, ties dropped",
    "**(d) HB C=20, ties dropped**",
    "HB C=40, ties dropped",
];

fn all_methods(rules: &Rules, now: &[School], last: &[School]) -> [Flags; METHODS.len()] {
    let least = rules.change_at_least;
    [
        year_on_year(now, last, 0.2, 0.0),
        year_on_year(now, last, 0.2, least),
        year_on_year(now, last, rules.change_share, least),
        year_on_year(now, last, 0.5, least),
        change_scores(rules, now, last, 7.0),
        change_scores(rules, now, last, rules.change_scores.c),
        change_scores(rules, now, last, 40.0),
    ]
}

fn tallies(
    rules: &Rules,
    study: &Study,
    random: &mut Random,
    schools: usize,
) -> [Tally; METHODS.len()] {
    let mut tallies: [Tally; METHODS.len()] = Default::default();
    for _ in 0..study.counties(schools) {
        let clean = county(random, schools);
        let (now, wrong) = put_in(random, &clean.now, study.wrong_share);
        let flags = all_methods(rules, &now, &clean.last);
        for (tally, flags) in tallies.iter_mut().zip(&flags) {
            tally.add(flags, &wrong, &clean.jumped);
        }
    }
    tallies
}

/// Ordinary changes, real jumps and mistakes, by school.
pub fn schools(rules: &Rules, study: &Study, random: &mut Random) {
    const SIZES: [usize; 3] = [20, 60, 150];
    // At 60: flags a county, ordinary counts / stocks, real jumps, recall of the first, third and fourth kind.
    const THEIRS: [[&str; 4]; METHODS.len()] = [
        ["24.7", "5.9% / .03%", "96%", "99/-/99/95"],
        ["10.3", ".04% / .03%", "96%", "99/-/85/69"],
        ["9.0", ".01% / 0", "81%", "99/-/85/51"],
        ["6.8", "0 / 0", "57%", "99/-/85/7"],
        ["13.1", ".26% / 2.1%", "83%", "99/-/76/43"],
        ["6.8", ".02% / .5%", "49%", "98/-/44/10"],
        [""; 4],
    ];
    let heading = [
        "rule",
        "n",
        "flags a county",
        "ordinary counts / measures flagged",
        "real jumps flagged",
        "recall",
        "precision",
    ];
    let title = "5.4 Since last year, 4% real jumps of measures, 1% mistakes [study, n=60]";
    head(title, &heading.map(str::to_owned));
    for n in SIZES {
        let by_method = tallies(rules, study, random, n);
        for (m, tally) in by_method.iter().enumerate() {
            let theirs = if n == 60 { THEIRS[m] } else { [""; 4] };
            row(&[
                METHODS[m].to_owned(),
                n.to_string(),
                beside(tally.flags_a_county(), theirs[0]),
                beside(tally.ordinary(), theirs[1]),
                beside(tally.jumps(), theirs[2]),
                beside(tally.recall(), theirs[3]),
                tally.precision(),
            ]);
        }
    }
}

/// A county in which exactly one figure is wrong, and the indicator.
fn with_one_mistake(random: &mut Random, clean: &County, mistake: Mistake) -> (Vec<School>, usize) {
    loop {
        let (now, wrong) = put_in(random, &clean.now, 0.02);
        for (s, row) in wrong.iter().enumerate() {
            for (i, made) in row.iter().enumerate() {
                if *made == Some(mistake) {
                    let mut one = clean.now.clone();
                    one[s].values[i] = now[s].values[i];
                    return (one, i);
                }
            }
        }
    }
}

/// County totals: clean ones, and ones with one wrong figure among the schools'.
pub fn totals(rules: &Rules, study: &Study, random: &mut Random) {
    let heading = [
        "n",
        "clean totals",
        "x10 or /10",
        "x100-10000",
        "1.5-2.5",
        "1.2-1.5",
        "neighbour's",
    ];
    let title = format!(
        "5.4 County totals ±{}, flagged; with one school's figure wrong",
        percent(rules.total_share)
    );
    head(&title, &heading.map(str::to_owned));
    for n in [20, 60, 150] {
        let counties = study.counties(n) / 2;
        let mut clean_flags = 0.0;
        let mut found = [0.0; MISTAKES.len()];
        for _ in 0..counties {
            let clean = county(random, n);
            let flags = totals_changed(&clean.now, &clean.last, rules.total_share);
            clean_flags += flags.iter().map(|&f| number(f)).sum::<f64>();
            for mistake in MISTAKES {
                let (now, i) = with_one_mistake(random, &clean, mistake);
                let flags = totals_changed(&now, &clean.last, rules.total_share);
                found[mistake as usize] += number(flags[i]);
            }
        }
        let all = counties as f64;
        let mut cells = vec![
            n.to_string(),
            percent(clean_flags / all / INDICATORS as f64),
        ];
        cells.extend(found.map(|f| percent(f / all)));
        row(&cells);
    }
}
