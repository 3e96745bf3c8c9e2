//! A run in parts, merged: the same as in one, byte for byte apart from times.

use nix::sys::signal::Signal;
use regex::Regex;
use serde_json::Value;

use super::support::{Halt, Project, Ran, Running};

/// Four scenarios: a login in several variants, one that fails, one that cannot be tested, a matrix.
fn project() -> Project {
    let project = Project::with(include_str!("login.yaml"));
    project.write(
        "scenarios/bad.yaml",
        "version: 1
title: Does not hold
sites: { app: {} }
pages: { 'app:/': {} }
steps: [ { open: { url: 'app:/' } } ]
variants:
  fails: { kind: case, title: is wrong, expect: { main.secure-context: no } }
  hangs:
    kind: case
    title: waits in vain
    steps: [ { open: { url: 'app:/' } }, { click: { on: '#never' } } ]
",
    );
    project.write(
        "scenarios/cells.yaml",
        "version: 1
title: Two by two
sites: { app: {}, auth: {} }
axes:
  opener: { none: '', so: 'Cross-Origin-Opener-Policy: same-origin' }
  popup: { none: '', so: 'Cross-Origin-Opener-Policy: same-origin' }
pages:
  app:/: { headers: '{opener}' }
  auth:/: { headers: '{popup}' }
steps:
  - open: { url: app:/ }
  - popup: { url: auth:/, as: popup }
variants:
  all: { kind: case, title: all of them }
",
    );
    project
}

const REPORTERS: [&str; 10] = [
    "--reporter",
    "html=out/report.html",
    "--reporter",
    "json=out/report.json",
    "--reporter",
    "junit=out/report.xml",
    "--reporter",
    "tap=out/report.tap",
    "--reporter",
    "markdown=out/report.md",
];

/// The five reports, without their times.
fn reports(project: &Project) -> Vec<(&'static str, String)> {
    let times = [
        r#"("(?:[a-z_-]*[_-])?ms": ?)\d+"#,
        r#"( time=")[\d.]+"#,
        r"(duration_ms: )\d+",
        r"( · )\d+ s",
    ];
    let times: Vec<Regex> = times.iter().map(|text| Regex::new(text).unwrap()).collect();
    let without_times = |text: String| {
        times.iter().fold(text, |text, time| time.replace_all(&text, "${1}0").into_owned())
    };
    let all = ["report.html", "report.json", "report.xml", "report.tap", "report.md"];
    all.map(|file| (file, without_times(project.read(&format!("out/{file}"))))).into()
}

#[test]
fn shards_merged_are_one_run() {
    let project = project();
    let base = ["run", "--ignore-snapshots", "--timeout", "6"];
    let whole = project.run(&[&base[..], &REPORTERS].concat());
    assert_eq!(whole.code, 1, "{whole}");
    let of_one = reports(&project);
    let durations = ["--durations", "out/report.json"];
    let blob = ["--reporter", "blob", "--json"];
    let mut seen = Vec::new();
    for shard in ["1/4", "2/4", "3/4", "4/4"] {
        let ran = project.run(&[&base[..], &["--shard", shard], &durations, &blob].concat());
        let document: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran}"));
        let count = |list: &str| document[list].as_array().unwrap().len();
        seen.push(count("units") + count("matrices"));
    }
    assert!(seen.iter().all(|&number| number > 0), "each has something to do: {seen:?}");
    let merged = project.run(&[&["merge-reports", "."][..], &REPORTERS].concat());
    assert_eq!(merged.code, 1, "{merged}");
    assert!(merged.out.contains("✗ bad › fails in chromium: main.secure-context"), "{merged}");
    for ((file, one), (_, merged)) in of_one.into_iter().zip(reports(&project)) {
        let difference = one.lines().zip(merged.lines()).find(|(one, merged)| one != merged);
        assert!(one == merged, "{file}: {difference:?}");
    }
    // One is lost: the rest is told, and what is missing by name.
    std::fs::remove_file(project.path("coopwright-blob-3-of-4.json")).unwrap();
    let merged = project.run(&["merge-reports", ".", "--json"]);
    assert!(merged.err.contains("note: shard 3 of 4 is missing: "), "{merged}");
    assert_ne!(merged.code, 0, "{merged}");
    let document: Value = serde_json::from_str(&merged.out).unwrap_or_else(|_| panic!("{merged}"));
    assert_eq!(document["totals"]["not-run"], seen[2], "{merged}");
    project.assert_nothing_left();
}

/// How merging these files ends.
fn refused(project: &Project, files: &[&str], words: &str) -> Ran {
    let ran = project.run(&[&["merge-reports"][..], files].concat());
    assert_eq!(ran.code, 2, "{ran}");
    assert!(ran.err.contains(words), "no `{words}` in {ran}");
    ran
}

#[test]
fn only_shards_of_one_run_are_merged() {
    let project = Project::with(include_str!("login.yaml"));
    for (shard, file) in [("2/2", "a.json"), ("3/3", "b.json")] {
        let reporter = format!("blob={file}");
        let ran =
            project.run(&["run", "--ignore-snapshots", "--shard", shard, "--reporter", &reporter]);
        assert_eq!(ran.code, 0, "{ran}");
    }
    refused(&project, &["a.json", "b.json"], "they divided the variants differently");
    refused(&project, &["a.json", "a.json"], "are both shard 2");
    refused(&project, &["c.json"], "`c.json` cannot be read");
    project.write("text.json", "{ \"version\": 1 }");
    refused(&project, &["text.json"], "`coopwright-blob` is missing");
    project.write("text.json", "{ \"coopwright-blob\": 99 }");
    refused(&project, &["text.json"], "it is of version 99");
    std::fs::create_dir(project.path("empty")).unwrap();
    refused(&project, &["empty"], "there is no blob report to merge");
    // More shards than variants: one that has nothing to do is not missing.
    for shard in ["1/3", "2/3", "3/3"] {
        let reporter = format!("blob=three/blob-{}.json", &shard[..1]);
        let ran =
            project.run(&["run", "--ignore-snapshots", "--shard", shard, "--reporter", &reporter]);
        assert_eq!(ran.code, 0, "{ran}");
    }
    let merged = project.run(&["merge-reports", "three"]);
    assert_eq!(merged.code, 0, "{merged}");
    assert_eq!(merged.out, "2 passed\n", "{merged}");
    for wrong in ["0/2", "3/2", "half"] {
        let ran = project.run(&["run", "--shard", wrong]);
        assert_eq!(ran.code, 2, "{ran}");
    }
}

#[test]
fn an_interrupted_run_writes_what_it_has() {
    let mut halt = Halt::new();
    let project = Project::with(&halt.scenario());
    project.write("scenarios/e-holds.yaml", "version: 1\ntitle: Holds\nsites: { app: {} }\npages: { 'app:/': {} }\nsteps: [ { open: { url: 'app:/' } } ]\nvariants: { holds: { kind: case, title: holds } }\n");
    let base = ["run", "--ignore-snapshots", "--workers", "1", "--timeout", "60"];
    let mut running = Running::start(&project, &[&base[..], &REPORTERS].concat());
    halt.reached(&mut running);
    running.signal(Signal::SIGINT);
    let ran = running.end();
    assert_eq!(ran.code, 130, "{ran}");
    let written = reports(&project);
    for (file, text) in &written {
        assert!(text.contains("holds"), "{file}: {text}");
    }
    let document: Value = serde_json::from_str(&written[1].1).unwrap();
    assert_eq!(document["run"]["interrupted"], true, "{ran}");
    assert_eq!(document["totals"]["passed"], 1, "{ran}");
    assert!(written[3].1.contains("Bail out!"), "{ran}");
    project.assert_nothing_left();
}
