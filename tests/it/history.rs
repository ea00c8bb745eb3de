//! The runs of an output folder over the years: which stay, which is official, what earlier ones say beside the newest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use junheng::store::frozen;
use polars::prelude::*;
use serde_json::Value;

use crate::command_line::{Run, junheng};
use crate::harness::*;

/// Schools that are not copies of each other.
const UNLIKE: &str = "2.students_junior = 510\n2.school_teaching_area = 4100\n2.school_sports_ground_area = 5600\n\
    2.school_equipment_value = 151\n3.students_primary = 520\n3.students_junior = 530\n3.school_teaching_area = 8300\n\
    3.school_sports_ground_area = 11100\n3.school_equipment_value = 303\n";

/// Two counties whose first schools have so much area for teaching.
fn write(folder: &Path, areas: [&str; 2]) {
    let text: String = ["990001-甲县", "990002-乙县"]
        .iter()
        .zip(areas)
        .map(|(county, area)| {
            format!(
                "## {county}/学校汇总表.xlsx ! summary 211 311 312\n1.school_teaching_area = {area}\n{UNLIKE}\
                 ## {county}/区县填报表.xlsx ! county\n"
            )
        })
        .collect();
    if folder.exists() {
        std::fs::remove_dir_all(folder).unwrap();
    }
    write_input(&pipeline(), &text, folder);
}

/// An input folder with its list of counties, and where its runs go.
struct Place {
    base: PathBuf,
    input: PathBuf,
    output: PathBuf,
    pipeline: String,
}

impl Place {
    fn new(name: &str) -> Place {
        let base = fresh(name);
        let list =
            "code,name,prefecture,resident_population\n990001,甲县,东市,\n990002,乙县,东市,\n";
        std::fs::write(base.join("counties.csv"), list).unwrap();
        let place = Place {
            input: base.join("input"),
            output: base.join("output"),
            pipeline: "pipelines/quality-2017".to_string(),
            base,
        };
        write(&place.input, ["4000", "5000"]);
        place
    }

    /// With a copy of the pipelines in which texts are replaced.
    fn patch(&mut self, changes: &[(&str, &str, &str)]) {
        let copy = self.base.join("pipelines");
        for folder in ["common", "quality-2017"] {
            std::fs::create_dir_all(copy.join(folder)).unwrap();
            for entry in std::fs::read_dir(root().join("pipelines").join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let to = copy.join(folder).join(path.file_name().unwrap());
                std::fs::copy(path, to).unwrap();
            }
        }
        for (file, from, to) in changes {
            let path = copy.join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{file} has no {from}");
            std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        }
        let own = copy.join("quality-2017");
        self.pipeline = own.to_str().unwrap().to_string();
    }

    /// Runs a period; gives what the program said, and the name of the run.
    fn run(&self, period: &str, more: &[&str]) -> (Run, String) {
        let list = self.base.join("counties.csv");
        let paths = [&self.input, &self.output, &list].map(|p| p.to_str().unwrap());
        let mut args = vec![
            "run",
            &self.pipeline,
            "--input",
            paths[0],
            "--output",
            paths[1],
        ];
        args.extend(["--counties", paths[2], "--period", period]);
        args.extend(["--as-of", "2022-12-01"]);
        args.extend(more);
        let run = junheng(&args);
        assert!(run.code <= 1, "{}{}", run.stdout, run.stderr);
        let name = std::fs::read_link(self.output.join("current")).unwrap();
        let name = name.file_name().unwrap().to_string_lossy().into_owned();
        (run, name)
    }

    fn on_output(&self, command: &str, more: &[&str]) -> Run {
        let output = self.output.to_str().unwrap();
        let mut args = vec![command, "--output", output];
        if command == "freeze" {
            args.extend(["--pipeline", &self.pipeline]);
        }
        args.extend(more);
        junheng(&args)
    }

    fn folder(&self, run: &str) -> PathBuf {
        self.output.join("runs").join(run)
    }

    fn json(&self, run: &str) -> Value {
        let bytes = std::fs::read(self.folder(run).join("run.json")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    fn frame(&self, run: &str, name: &str) -> DataFrame {
        let path = self.folder(run).join(format!("data/{name}.parquet"));
        let reader = ParquetReader::new(std::fs::File::open(path).unwrap());
        reader.finish().unwrap()
    }

    /// Rank and value by ranking and county, and the rank of the year before.
    fn ranks(&self, run: &str) -> BTreeMap<(String, String), Ranked> {
        let frame = self.frame(run, "ranking");
        let text = |name: &str| frame.column(name).unwrap().str().unwrap().clone();
        let whole = |name: &str| frame.column(name).unwrap().i64().unwrap().clone();
        let (ranking, county) = (text("ranking"), text("county_code"));
        let (rank, before) = (whole("rank"), whole("previous_rank"));
        let value = frame.column("value").unwrap().f64().unwrap().clone();
        (0..frame.height())
            .map(|i| {
                let key = (ranking.get(i).unwrap(), county.get(i).unwrap());
                let place = Ranked {
                    rank: rank.get(i),
                    value: value.get(i),
                    before: before.get(i),
                };
                ((key.0.to_string(), key.1.to_string()), place)
            })
            .collect()
    }

    /// The sheets of 排名总表 as rows of text.
    fn sheets(&self, run: &str) -> BTreeMap<String, Vec<Vec<String>>> {
        self.book(run, "排名总表.xlsx")
    }

    fn book(&self, run: &str, path: &str) -> BTreeMap<String, Vec<Vec<String>>> {
        let bytes = std::fs::read(self.folder(run).join(path)).unwrap();
        let sheets = read(&bytes).unwrap().into_iter();
        let row = |cells: &Vec<(u32, junheng::ingest::grid::Cell)>| {
            cells.iter().map(|(_, c)| c.shown()).collect::<Vec<_>>()
        };
        sheets
            .map(|s| {
                let rows = s.grid.rows().iter().map(|(_, cells)| row(cells));
                (s.grid.name.clone(), rows.collect())
            })
            .collect()
    }

    fn runs(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.output.join("runs")).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

struct Ranked {
    rank: Option<i64>,
    value: Option<f64>,
    before: Option<i64>,
}

fn has(rows: &[Vec<String>], text: &str) -> bool {
    rows.iter().flatten().any(|cell| cell.contains(text))
}

#[test]
fn last_year_is_found_and_stands_beside_this_year() {
    let mut place = Place::new("history-years");
    let (first, of_2022) = place.run("2022", &[]);
    assert!(!first.stderr.contains("compared with"), "{}", first.stderr);
    assert!(place.json(&of_2022)["previous"].is_null());
    assert_eq!(place.json(&of_2022)["years"], serde_json::json!([]));
    assert!(!place.sheets(&of_2022).contains_key("历年"));
    assert!(!place.folder(&of_2022).join("data/trend.parquet").exists());

    write(&place.input, ["4000", "9000"]);
    let (_, of_2023) = place.run("2023", &[]);
    write(&place.input, ["9000", "4000"]);
    let (third, of_2024) = place.run("2024", &[]);
    assert!(third.stderr.contains("compared with an earlier period"));
    let json = place.json(&of_2024);
    assert_eq!(json["previous"]["period"], 2023);
    assert_eq!(json["previous"]["run"], of_2023.as_str());
    let years: Vec<&str> = json["years"]
        .as_array()
        .unwrap()
        .iter()
        .map(|y| y["run"].as_str().unwrap())
        .collect();
    assert_eq!(years, [of_2022.as_str(), of_2023.as_str()]);
    assert_eq!(json["timings"]["sequence"], 3);
    let ended = json["timings"]["ended"].as_str().unwrap();
    assert!(ended >= json["timings"]["started"].as_str().unwrap());
    assert!(ended.ends_with('Z') && ended.len() == 20, "{ended}");

    // Ranks: those of last year beside this year's, and they have changed.
    let (now, then) = (place.ranks(&of_2024), place.ranks(&of_2023));
    let mut moved = 0;
    for (key, own) in &now {
        assert_eq!(own.before, then[key].rank, "{key:?}");
        moved += usize::from(own.rank != own.before);
    }
    assert!(moved > 0);
    let main = |county: &str| ("mean-cv-primary".to_string(), county.to_string());
    assert_eq!(now[&main("990002")].rank, Some(1));
    assert_eq!(now[&main("990002")].before, Some(2));

    // The trend: the figures of each period's own run.
    let trend = place.frame(&of_2024, "trend");
    let text = |name: &str| trend.column(name).unwrap().str().unwrap().clone();
    let (county, measure, verdict) = (text("county_code"), text("measure"), text("verdict"));
    let period = trend.column("period").unwrap().i64().unwrap().clone();
    let value = trend.column("value").unwrap().f64().unwrap().clone();
    let mut seen = BTreeMap::new();
    for i in 0..trend.height() {
        let key = (
            county.get(i).unwrap(),
            period.get(i).unwrap(),
            measure.get(i).unwrap(),
        );
        assert!(seen.insert(key, (value.get(i), verdict.get(i))).is_none());
    }
    for (year, run) in [(2022, &of_2022), (2023, &of_2023), (2024, &of_2024)] {
        let ranks = place.ranks(run);
        for county in ["990001", "990002"] {
            let own = &ranks[&main(county)];
            let rank = seen[&(county, year, "rank:mean-cv-primary")].0;
            assert_eq!(rank, own.rank.map(|r| r as f64));
            assert!(own.value.is_some());
            assert_eq!(seen[&(county, year, "mean-cv-primary")].0, own.value);
            for id in ["mean-cv-junior", "share-met"] {
                let own = &ranks[&(id.to_string(), county.to_string())];
                assert_eq!(seen[&(county, year, id)].0, own.value, "{id}");
            }
            let overall = seen[&(county, year, "overall")];
            assert_eq!(overall, (None, Some("incomplete")));
        }
    }

    let sheets = place.sheets(&of_2024);
    let rows = &sheets["历年"];
    let wanted = [
        "2022年",
        "2023年",
        "2024年",
        "比2023年增减",
        "综合判定",
        "小学七项差异系数均值名次",
    ];
    for text in wanted {
        assert!(has(rows, text), "{text} in {rows:#?}");
    }
    assert!(has(rows, &of_2022) && !has(rows, "另一种口径"), "{rows:#?}");
    assert!(has(&sheets["排名"], "2023年名次") && has(&sheets["排名"], "2023年数值"));
    assert!(has(&sheets["校际差异系数"], "2023年差异系数"));
    assert!(has(&sheets["总览"], "2023年综合判定"));
    assert!(has(&sheets["分市排名"], "2023年市内名次"));
    assert!(has(&sheets["单项排名-小学差异系数"], "2023年名次"));

    // A county sees its own: the place that it has and had.
    let county = place.book(&of_2024, "县级/990002-乙县.xlsx");
    let rows = &county["与上年对比"];
    assert!(
        has(rows, "2023年名次") && has(rows, "比2023年增减"),
        "{rows:#?}"
    );
    let place_of = |rows: &[Vec<String>]| {
        let own = rows
            .iter()
            .find(|r| r[0] == "小学七项差异系数均值")
            .unwrap();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        (
            own[own.len() - 4].to_string(),
            own[own.len() - 2].to_string(),
        )
    };
    assert_eq!(place_of(rows), ("1".to_string(), "2".to_string()));
    assert!(
        !place
            .book(&of_2022, "县级/990002-乙县.xlsx")
            .contains_key("与上年对比")
    );

    // The same again is the same run.
    let (again, _) = place.run("2024", &[]);
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);

    // Without earlier periods nothing of them is there.
    let (_, alone) = place.run("2024", &["--no-previous"]);
    assert_ne!(alone, of_2024);
    assert!(place.ranks(&alone).values().all(|p| p.before.is_none()));
    assert!(!place.sheets(&alone).contains_key("历年"));
    assert!(!has(&place.sheets(&alone)["排名"], "2023年"));

    // A figure that is defined in another way is told.
    place.patch(&[(
        "quality-2017/school.toml",
        "denominator = \"students\"",
        "denominator = \"students + 0\"",
    )]);
    let (_, other) = place.run("2024", &[]);
    let sheets = place.sheets(&other);
    assert!(has(&sheets["历年"], "2023年按另一种口径计算"));
    assert!(has(
        &sheets["单项排名-小学差异系数"],
        "2023年按另一种口径计算"
    ));
    assert!(!has(&sheets["单项排名-县级指标"], "另一种口径"));
}

#[test]
fn what_is_named_goes_before_what_is_held() {
    let place = Place::new("history-named");
    let (_, held) = place.run("2023", &[]);
    let elsewhere = Place::new("history-elsewhere");
    write(&elsewhere.input, ["4000", "9000"]);
    let (_, named) = elsewhere.run("2023", &[]);
    let (_, run) = place.run("2024", &["--previous", elsewhere.output.to_str().unwrap()]);
    let json = place.json(&run);
    assert_ne!(held, named);
    assert_eq!(json["previous"]["run"], named.as_str());
    assert_eq!(json["years"][0]["run"], named.as_str());
    assert_eq!(json["years"].as_array().unwrap().len(), 1);
    let both = ["--previous", "x", "--no-previous"];
    let args = [&["run"][..], &both].concat();
    assert_eq!(junheng(&args).code, 2);
}

#[test]
fn a_damaged_earlier_run_stops_nothing() {
    let place = Place::new("history-damaged");
    let (_, of_2021) = place.run("2021", &[]);
    let (_, of_2022) = place.run("2022", &[]);
    let (_, of_2023) = place.run("2023", &[]);
    // One that says nothing of itself, one whose frame breaks off, one with other bytes in its frame.
    std::fs::write(place.folder(&of_2023).join("run.json"), "{\"run\": ").unwrap();
    let ranking = place.folder(&of_2022).join("data/ranking.parquet");
    let bytes = std::fs::read(&ranking).unwrap();
    std::fs::write(&ranking, &bytes[..bytes.len() / 2]).unwrap();
    let (run, name) = place.run("2024", &[]);
    assert!(run.stderr.contains("earlier year"), "{}", run.stderr);
    let json = place.json(&name);
    assert_eq!(json["previous"]["run"], of_2021.as_str());
    assert_eq!(json["years"].as_array().unwrap().len(), 1);

    let mut odd = bytes;
    let middle = odd.len() / 3..odd.len() - 8;
    for byte in &mut odd[middle] {
        *byte ^= 0x5a;
    }
    std::fs::write(place.folder(&of_2021).join("data/ranking.parquet"), odd).unwrap();
    let (_, name) = place.run("2024", &[]);
    assert!(place.json(&name)["previous"].is_null());
    let status = place.on_output("status", &[]);
    assert_eq!(status.code, 0);
    assert!(
        status
            .stdout
            .contains(&format!("unreadable: {of_2023}: run.json")),
        "{}",
        status.stdout
    );
}

#[test]
fn a_frozen_run_is_held_with_its_inputs_and_every_touch_is_seen() {
    let place = Place::new("history-frozen");
    // Also what lies in an archive and what is skipped.
    let archive = place.input.join("990001-甲县/材料.zip");
    let mut zip = ::zip::ZipWriter::new(std::fs::File::create(&archive).unwrap());
    let options = ::zip::write::SimpleFileOptions::default();
    zip.start_file("说明.csv", options).unwrap();
    std::io::Write::write_all(&mut zip, "甲,乙\n1,2\n".as_bytes()).unwrap();
    zip.finish().unwrap();
    std::fs::write(place.input.join("990001-甲县/~$表.xlsx"), "x").unwrap();
    let (_, run) = place.run("2024", &[]);
    let frozen = place.on_output("freeze", &["--reason", "2024年上报"]);
    assert_eq!(frozen.code, 0, "{}{}", frozen.stdout, frozen.stderr);
    assert!(
        frozen.stdout.contains("6 files of its inputs kept"),
        "{}",
        frozen.stdout
    );
    let path = place.output.join("frozen/quality-2017-2024.json");
    let manifest = frozen::read(&path).unwrap().unwrap();
    assert_eq!(manifest.run, run);
    assert_eq!(manifest.reason.as_deref(), Some("2024年上报"));
    assert!(manifest.outputs.contains_key("排名总表.xlsx"));
    assert!(manifest.outputs.contains_key("run.json"));
    assert!(
        manifest
            .inputs
            .contains_key("990001-甲县/材料.zip/说明.csv")
    );
    let kept = place.output.join("frozen/quality-2017-2024/input");
    assert_eq!(
        std::fs::read(kept.join("990001-甲县/材料.zip")).unwrap(),
        std::fs::read(&archive).unwrap()
    );
    let time = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
    assert_eq!(time(&kept.join("990001-甲县/材料.zip")), time(&archive));
    assert_eq!(frozen::check(&place.output, &manifest), [""; 0]);

    // The copies are the same input.
    let mut again = Place::new("history-frozen-again");
    again.input = kept.clone();
    let (_, copied) = again.run("2024", &[]);
    assert_eq!(copied, run);
    assert_eq!(again.json(&copied)["inputs"], place.json(&run)["inputs"]);
    assert_eq!(again.json(&copied)["skipped"], place.json(&run)["skipped"]);

    // One byte of an output, one output gone, one more, one byte of an input.
    let book = place.folder(&run).join("排名总表.xlsx");
    let mut bytes = std::fs::read(&book).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&book, bytes).unwrap();
    std::fs::remove_file(place.folder(&run).join("data/survey.parquet")).unwrap();
    std::fs::write(place.folder(&run).join("more.txt"), "").unwrap();
    std::fs::write(kept.join("990002-乙县/区县填报表.xlsx"), "").unwrap();
    let wanted = [
        format!("runs/{run}/data/survey.parquet is missing"),
        format!("runs/{run}/排名总表.xlsx was changed"),
        format!("runs/{run}/more.txt was added"),
        "frozen/quality-2017-2024/input/990002-乙县/区县填报表.xlsx was changed".to_string(),
    ];
    assert_eq!(frozen::check(&place.output, &manifest), wanted);
    std::fs::remove_dir_all(place.folder(&run)).unwrap();
    std::fs::remove_dir_all(&kept).unwrap();
    let gone = [
        format!("runs/{run} is missing"),
        "frozen/quality-2017-2024/input is missing".to_string(),
    ];
    assert_eq!(frozen::check(&place.output, &manifest), gone);
}

#[test]
fn one_run_of_a_period_is_frozen_until_it_is_released() {
    let place = Place::new("history-one-frozen");
    assert_eq!(
        place.on_output("freeze", &[]).code,
        2,
        "no folder of outputs"
    );
    let (_, first) = place.run("2024", &[]);
    // What the counties have replaced since: nothing is frozen.
    write(&place.input, ["4000", "9000"]);
    std::fs::remove_file(place.input.join("990001-甲县/区县填报表.xlsx")).unwrap();
    let refused = place.on_output("freeze", &[&first]);
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .stderr
            .contains("990001-甲县/区县填报表.xlsx: missing"),
        "{}",
        refused.stderr
    );
    write(&place.input, ["4000", "9000"]);
    let refused = place.on_output("freeze", &[&first]);
    assert_eq!(refused.code, 2);
    let changed = "990002-乙县/学校汇总表.xlsx: changed since";
    assert!(refused.stderr.contains(changed), "{}", refused.stderr);
    let folder = place.output.join("frozen");
    let left: Vec<_> = std::fs::read_dir(&folder).map_or(Vec::new(), |d| d.collect());
    assert!(left.is_empty(), "{left:?}");
    let frozen = place.on_output("freeze", &[&first, "--without-inputs"]);
    assert_eq!(frozen.code, 0, "{}", frozen.stderr);
    assert!(frozen.stdout.contains("its inputs not kept"));
    let (manifests, _) = frozen::all(&place.output);
    assert_eq!(manifests.len(), 1);
    assert_eq!(frozen::check(&place.output, &manifests[0]), [""; 0]);

    let (_, second) = place.run("2024", &[]);
    assert_ne!(first, second);
    let refused = place.on_output("freeze", &[]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains(&format!("is held by run {first}")),
        "{}",
        refused.stderr
    );
    assert!(
        place
            .on_output("freeze", &[&first])
            .stdout
            .contains("frozen already")
    );
    // Last year is the frozen run, not the last one.
    let (_, next) = place.run("2025", &[]);
    assert_eq!(place.json(&next)["previous"]["run"], first.as_str());

    assert_eq!(place.on_output("freeze", &[&second, "--release"]).code, 2);
    let released = place.on_output("freeze", &[&first, "--release"]);
    assert_eq!(released.code, 0, "{}", released.stderr);
    assert!(folder.join("released/quality-2017-2024-1.json").exists());
    assert_eq!(place.on_output("freeze", &[&second]).code, 0);
    let (manifests, _) = frozen::all(&place.output);
    assert_eq!(manifests[0].run, second);
    assert_eq!(place.on_output("freeze", &["no-such-run"]).code, 2);
    assert_eq!(place.on_output("freeze", &["../runs"]).code, 2);
    let (_, some) = place.run("2023", &["--only", "990001"]);
    let refused = place.on_output("freeze", &[&some]);
    assert!(
        refused.stderr.contains("some counties only"),
        "{}",
        refused.stderr
    );
}

#[test]
fn status_lists_the_runs_and_who_holds_the_folder() {
    let place = Place::new("history-status");
    assert_eq!(place.on_output("status", &[]).code, 2);
    let (_, first) = place.run("2023", &[]);
    place.on_output("freeze", &["--reason", "定稿"]);
    let (_, second) = place.run("2024", &[]);
    let (_, some) = place.run("2024", &["--only", "990001"]);
    let status = place.on_output("status", &[]);
    assert_eq!(status.code, 0, "{}", status.stderr);
    let line = |name: &str| {
        let mut lines = status.stdout.lines();
        let own = lines.find(|l| l.split_whitespace().nth(2) == Some(name));
        own.unwrap_or_else(|| panic!("{name} in {}", status.stdout))
    };
    assert!(line(&first).starts_with("1 ") && line(&first).ends_with("frozen"));
    assert!(line(&second).starts_with("2 ") && line(&second).contains(" 2/2 "));
    assert!(
        line(&some).ends_with("current only=990001"),
        "{}",
        line(&some)
    );
    assert!(status.stdout.contains(&format!("current: {some}")));
    assert!(
        status
            .stdout
            .contains(&format!("frozen: quality-2017 2023: {first}"))
    );
    assert!(!status.stdout.contains("held by"));

    let lock = place.output.join("lock");
    std::fs::write(
        &lock,
        "pid 42\nhost here\nstart 2024-11-22T02:30:00Z\npipeline p 2024\n",
    )
    .unwrap();
    let file = std::fs::File::open(&lock).unwrap();
    file.try_lock().unwrap();
    let held = place.on_output("status", &["--json", "--last", "1"]);
    drop(file);
    let json: Value = serde_json::from_str(&held.stdout).unwrap();
    assert!(
        json["held_by"].as_str().unwrap().starts_with("pid "),
        "{json}"
    );
    assert_eq!(json["runs"].as_array().unwrap().len(), 1);
    assert_eq!(json["earlier"], 2);
    assert_eq!(json["runs"][0]["run"], some.as_str());
    assert_eq!(json["runs"][0]["only"], serde_json::json!(["990001"]));
    assert_eq!(json["frozen"][0]["inputs_kept"], true);
}

#[test]
fn old_runs_go_and_what_is_pointed_to_stays() {
    let mut place = Place::new("history-retention");
    place.patch(&[(
        "common/history.toml",
        "last = 60\nmonthly = true",
        "last = 1\nmonthly = false",
    )]);
    let (_, of_2023) = place.run("2023", &[]);
    let (_, first) = place.run("2024", &[]);
    place.on_output("freeze", &[]);
    let mut made = vec![first.clone()];
    for area in ["5100", "5200", "5300"] {
        write(&place.input, ["4000", area]);
        let (run, name) = place.run("2024", &[]);
        made.push(name);
        if area == "5300" {
            assert!(run.stderr.contains("old run removed"), "{}", run.stderr);
        }
    }
    // The frozen one, what the last was built upon, the last; the other period's last.
    let mut wanted = vec![of_2023, first, made[2].clone(), made[3].clone()];
    wanted.sort();
    assert_eq!(place.runs(), wanted);
    // What a killed removal has left goes at the next start.
    let left = place.output.join("runs/.removed-x");
    std::fs::create_dir_all(left.join("data")).unwrap();
    let (again, _) = place.run("2024", &[]);
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
    assert!(!left.exists());
    // Which run is frozen cannot be read: nothing is removed.
    std::fs::write(place.output.join("frozen/quality-2017-2024.json"), "{").unwrap();
    write(&place.input, ["4000", "5400"]);
    let (run, _) = place.run("2024", &[]);
    assert!(
        run.stderr.contains("no old run is removed"),
        "{}",
        run.stderr
    );
    assert_eq!(place.runs().len(), wanted.len() + 1);
}

#[test]
fn retention_is_checked() {
    let mut place = Place::new("history-mistakes");
    place.patch(&[("common/history.toml", "last = 60", "last = 0")]);
    let check = junheng(&["pipelines", "check", &place.pipeline]);
    assert_eq!(check.code, 2);
    assert!(
        check.stderr.contains("0 is out of range"),
        "{}",
        check.stderr
    );
    assert!(
        check.stderr.contains("write a number from 1 to"),
        "{}",
        check.stderr
    );
    place.patch(&[("common/history.toml", "monthly = true", "monthli = true")]);
    let check = junheng(&["pipelines", "check", &place.pipeline]);
    assert!(
        check.stderr.contains("did you mean 'monthly'?"),
        "{}",
        check.stderr
    );
}

#[test]
fn a_definition_is_what_the_figure_hangs_on() {
    use junheng::definitions::definitions;
    let plain = definitions(&pipeline());
    let changed = |name: &str, from: &str, to: &str| {
        let patch = [("quality-2017/school.toml", from, to)];
        let patched = patched_pipeline(name, "quality-2017", &patch);
        let other = definitions(&patched);
        assert!(other.keys().eq(plain.keys()));
        let differs = other.into_iter().filter(|(id, hash)| plain[id] != *hash);
        differs.map(|(id, _)| id).collect::<Vec<_>>()
    };
    let title = changed("definitions-title", "\ntitle = \"", "\ntitle = \"新版");
    assert_eq!(title, [""; 0]);
    let rule = changed("definitions-rule", "least_met = 6", "least_met = 5");
    assert_eq!(rule, ["share-met", "share-met-junior", "share-met-primary"]);
    let divisor = "denominator = \"students\"";
    let formula = changed(
        "definitions-formula",
        divisor,
        "denominator = \"students + 0\"",
    );
    for id in [
        "cv-met",
        "mean-cv-primary",
        "share-met",
        "coefficient:primary:composite",
    ] {
        assert!(formula.contains(&id.to_string()), "{id}");
    }
    assert!(!formula.iter().any(|id| id.starts_with("criterion:")));
    // One indicator of seven: its coefficient and its mean, in each stage.
    let single = formula.iter().filter(|id| id.starts_with("cv-primary:"));
    assert_eq!(single.count(), 1);
}
