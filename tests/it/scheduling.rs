//! The examples for cron and systemd in both READMEs: what stands there can be installed as it stands.

use std::path::Path;
use std::process::Command;

use clap::Parser;
use junheng::cli::{Cli, Command as Asked};

use crate::harness::*;

const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];

/// The fenced blocks of a language.
fn blocks(readme: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(readme)).unwrap();
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap().to_string())
        .collect()
}

/// A command line as our program understands it.
fn understood(words: &[&str]) -> junheng::cli::RunArgs {
    let cli = Cli::try_parse_from(words).unwrap_or_else(|e| panic!("{words:?}: {e}"));
    match cli.command {
        Asked::Run(args) => args,
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_readmes_have_the_same_examples() {
    for language in ["crontab", "ini"] {
        let [english, chinese] = READMES.map(|readme| blocks(readme, language));
        assert!(!english.is_empty());
        assert_eq!(english, chinese);
    }
}

#[test]
fn the_line_for_cron_has_a_time_a_command_that_we_understand_and_what_sh_can_read() {
    let block = blocks("README.md", "crontab").remove(0);
    let (settings, lines): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| {
        let name = line.split('=').next().unwrap();
        name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    });
    assert!(settings.iter().any(|s| s.starts_with("MAILTO=")));
    let [line] = lines[..] else {
        panic!("{lines:?}");
    };
    let mut fields = line.splitn(6, ' ');
    for most in [59, 23, 31, 12, 7] {
        let field = fields.next().unwrap();
        assert!(
            field == "*" || field.parse::<u8>().unwrap() <= most,
            "{field}"
        );
    }
    let command = fields.next().unwrap();
    // In a crontab an unescaped % is the end of the line.
    assert!(!command.contains('%'));
    let checked = Command::new("sh")
        .args(["-n", "-c", command])
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    let ours = command.split_once("&& ").unwrap().1;
    let ours: Vec<&str> = ours.split(" >>").next().unwrap().split(' ').collect();
    assert_eq!(ours[0], "./target/release/junheng");
    let args = understood(&ours);
    assert!(args.wait > 0);
    // Its outputs are those whose summary is mailed.
    let summary = args.output.unwrap().join("current/摘要.txt");
    assert!(
        command.contains(&format!("cat {};", summary.display())),
        "{command}"
    );
}

/// Section, key and value of each line of a unit.
fn settings(unit: &str) -> Vec<(&str, &str, &str)> {
    let mut section = "";
    let mut out = Vec::new();
    for line in unit
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name;
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{line}"));
        out.push((section, key, value));
    }
    out
}

/// What systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.resource-control(5) and systemd.timer(5) know, of what
/// may stand in such a unit.
const KNOWN: [(&str, &str); 4] = [
    (
        "Unit",
        "Description Documentation RequiresMountsFor OnFailure OnSuccess After Wants",
    ),
    (
        "Timer",
        "OnCalendar Persistent AccuracySec RandomizedDelaySec Unit",
    ),
    ("Install", "WantedBy"),
    (
        "Service",
        "Type User Group SupplementaryGroups UMask WorkingDirectory Environment ExecStart SuccessExitStatus RuntimeMaxSec \
         TimeoutStartSec TimeoutStopSec Nice IOSchedulingClass MemoryMax ProtectSystem ReadWritePaths ReadOnlyPaths ProtectHome \
         PrivateTmp PrivateDevices PrivateNetwork IPAddressDeny RestrictAddressFamilies NoNewPrivileges CapabilityBoundingSet \
         RestrictNamespaces RestrictRealtime RestrictSUIDSGID LockPersonality MemoryDenyWriteExecute ProtectClock \
         ProtectControlGroups ProtectHostname ProtectKernelLogs ProtectKernelModules ProtectKernelTunables \
         SystemCallArchitectures SystemCallFilter",
    ),
];

/// The units by name.
fn units() -> Vec<(String, String)> {
    let units = blocks("README.md", "ini").into_iter().map(|unit| {
        let path = unit.lines().next().unwrap().strip_prefix("# ").unwrap();
        let name = path.strip_prefix("/etc/systemd/system/").unwrap();
        (name.to_string(), unit)
    });
    units.collect()
}

#[test]
fn the_units_for_systemd_have_known_keys_and_a_command_that_we_understand() {
    let units = units();
    let names: Vec<&str> = units.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"junheng.timer") && names.contains(&"junheng.service"));
    for (name, unit) in &units {
        for (section, key, value) in settings(unit) {
            let known = KNOWN.iter().find(|(s, _)| *s == section);
            let known = known.unwrap_or_else(|| panic!("{name}: [{section}]")).1;
            assert!(known.split(' ').any(|k| k == key), "{name}: {key}");
            if key == "OnFailure" || key == "OnSuccess" {
                assert!(names.contains(&value), "{name}: {key}={value}");
            }
        }
    }
    let service = &units
        .iter()
        .find(|(name, _)| name == "junheng.service")
        .unwrap()
        .1;
    let settings = settings(service);
    let one = |key: &str| settings.iter().find(|(_, k, _)| *k == key).unwrap().2;
    assert_ne!(one("Type"), "oneshot", "RuntimeMaxSec= has no effect on it");
    assert_eq!(one("SuccessExitStatus"), "1");
    assert!(settings.iter().any(|(_, key, _)| *key == "RuntimeMaxSec"));
    let words: Vec<&str> = one("ExecStart").split(' ').collect();
    let args = understood(&words);
    // What it writes is what it may write.
    let may: Vec<&Path> = one("ReadWritePaths").split(' ').map(Path::new).collect();
    for written in [args.output.as_deref(), args.metrics.as_deref()] {
        let written = written.unwrap();
        assert!(
            may.iter().any(|path| written.starts_with(path)),
            "{written:?}"
        );
    }
}

#[test]
fn systemd_itself_finds_nothing_wrong_where_there_is_one() {
    let version = Command::new("systemd-analyze").arg("--version").output();
    if !version.is_ok_and(|v| v.status.success()) {
        // The test above stands alone.
        return;
    }
    let folder = fresh("units");
    let mut paths = Vec::new();
    for (name, unit) in units() {
        // The program is not installed where the example says.
        let program = "/srv/junheng/target/release/junheng";
        let unit = unit.replace(program, env!("CARGO_BIN_EXE_junheng"));
        let path = folder.join(name);
        std::fs::write(&path, unit + "\n").unwrap();
        paths.push(path);
    }
    let checked = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .args(&paths)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    // A machine may lack what others' units name; only ours count.
    let ours: Vec<&str> = said.lines().filter(|l| l.contains("junheng")).collect();
    assert!(ours.is_empty(), "{said}");
}
