//! Writes `sample_data/quality-2017/`: what seven invented counties send, in different layouts, with mistakes planted on purpose.
//!
//! Run it with `cargo run --release --example make_sample_data`; another folder than `sample_data` may be given as the only argument.
//! The same bytes come out each time: own random numbers, a fixed creation time, no hash order. The folder's README, with the address of
//! every mistake, is written here as well, so that it cannot drift from the workbooks. Nothing here is shared with the program itself:
//! the indicators are computed a second time, to draw schools that meet the limits and to have something to hold the program against.
//!
//! `counties` and `told` say what is chosen by hand; `kinds`, `schools` and `numbers` draw the rest; `figures` names each school's
//! figures; `forms` holds the forms' columns and items; `sheets` and `summary` lay them out; `target` plants mistakes, as `changes`
//! knows them, and writes the files; `county_list` and `sent` say what each county sends. The 国家申报表: `totals` adds up the schools,
//! `standards` and `answers` find what the county states, `statements` and `sentence` word it, `basics` and `application` lay it out,
//! `applied` says what each county sends of it; `questionnaires` draws respondents; `work` is the 县级政府工作自评表. `balance` and `readme` tell what must come out.

mod answers;
mod application;
mod applied;
mod balance;
mod basics;
mod changes;
mod counties;
mod county_list;
mod figures;
mod forms;
mod kinds;
mod numbers;
mod questionnaires;
mod readme;
mod schools;
mod sent;
mod sentence;
mod sheets;
mod standards;
mod statements;
mod summary;
mod target;
mod told;
mod totals;
mod work;

use counties::{COUNTIES, County};
use std::error::Error;
use std::path::PathBuf;
use target::Target;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let root = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("sample_data"), PathBuf::from);
    let mut target = Target::emptied(root.join("quality-2017"))?;
    let counties = COUNTIES
        .iter()
        .map(County::draw)
        .collect::<Outcome<Vec<_>>>()?;
    for county in &counties {
        (county.about.send)(county, &mut target)?;
    }
    questionnaires::of_two_counties([&counties[4], &counties[5]], &mut target)?;
    let mistake = "青屿县 stands in counties.csv and sends nothing";
    target.record(["990204", "-", "-", "-", mistake, "county-missing"]);
    let readme = readme::page(&counties, &target)?;
    target.write_bytes("README.md", readme.as_bytes())?;
    for County { about, schools } in &counties {
        println!("{}-{}: {} schools", about.code, about.name, schools.len());
    }
    Ok(())
}
