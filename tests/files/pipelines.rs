//! The JUnit report is what its readers take, by a real validator, whatever stands in a run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use coopwright::browser::install;
use coopwright::report;
use serde_json::{Value, json};

/// What does harm somewhere: ends a CDATA section or an element, is no character of XML, moves others about,
/// or begins a command.
const HOSTILE: &str =
    "]]> <![CDATA[ </failure> &amp; \"' \u{0}\u{1b}[31m\u{9b}\u{fffe}\u{ffff}\u{202e}\r\n::error::";

/// A run with one of each verdict and every text hostile.
fn run() -> Value {
    let unit = |variant: &str, verdict: &str, more: Value| {
        let mut unit = json!({
            "index": 0, "scenario": "login", "variant": format!("{variant} {HOSTILE}"), "kind": "case",
            "title": HOSTILE, "file": "scenarios/login.yaml", "line": 7, "browser": "chromium",
            "verdict": verdict, "duration-ms": 1234, "lacks": [], "error": null, "cause": null,
            "broken-expectations": [], "snapshot": null, "fix": HOSTILE, "attempts": [], "changed": [],
        });
        unit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        unit
    };
    let attempt = |verdict: &str, wrong: Value| json!({ "verdict": verdict, "wrong": wrong });
    let changed = json!([{ "cell": null, "fact": "popup.opener", "values": [HOSTILE, null] }]);
    let elsewhere = json!({ "file": "scenarios/other/login.yaml" });
    json!({
        "run": {
            "coopwright": "0.1.0", "os": HOSTILE, "duration-ms": 3_600_000, "interrupted": true,
            "browsers": [{ "name": "chromium", "version": HOSTILE }],
        },
        "totals": { "passed": 3, "flaky": 1, "failed": 3, "not-applicable": 1, "errors": 1, "not-run": 2 },
        "units": [
            unit("passed", "passed", json!({})),
            unit("passed", "passed", elsewhere),
            unit("broken", "failed", json!({
                "broken-expectations": [{ "fact": "a.value", "expected": [], "observed": HOSTILE, "line": 9 }],
                "cause": { "sentence": HOSTILE },
                "snapshot": { "outcome": "differs", "diff": HOSTILE },
            })),
            unit("long", "failed", json!({
                "snapshot": { "outcome": "differs", "diff": "a line\n".repeat(20_000) },
            })),
            unit("error", "error", json!({ "error": HOSTILE })),
            unit("lacking", "not-applicable", json!({ "lacks": [HOSTILE] })),
            unit("flaky", "flaky", json!({
                "changed": changed,
                "attempts": [
                    attempt("failed", json!(HOSTILE)),
                    attempt("error", json!("went away")),
                    attempt("passed", Value::Null),
                ],
            })),
            unit("changing", "passed", json!({ "changed": changed })),
        ],
        "matrices": [unit("cells", "failed", json!({ "cells": [{
            "values": { "opener": HOSTILE }, "lacks": [], "error": HOSTILE, "broken-expectations": [],
        }] }))],
    })
}

/// The validator, installed where it is missing.
fn xmllint() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let find = || {
        let mut files = std::env::split_paths(&path).map(|folder| folder.join("xmllint"));
        files.find(|file| file.is_file())
    };
    find().unwrap_or_else(|| {
        install::install(&["libxml2-utils"], &[], &path).expect("xmllint can be had");
        find().expect("it is there now")
    })
}

fn validated(xml: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.xml");
    std::fs::write(&file, xml).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/junit.xsd");
    let mut command = Command::new(xmllint());
    command.args(["--noout", "--nonet", "--schema"]).arg(schema).arg(file).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn junit_is_what_its_readers_take() {
    let mut run = run();
    // libxml2 takes no text of this length.
    run["units"][4]["error"] = json!(format!("{HOSTILE}{}", "x".repeat(11_000_000)));
    let xml = report::junit(&run).unwrap();
    let output = validated(&xml);
    assert!(output.status.success(), "{}", said(&output));
    for part in ["<flakyFailure ", "<flakyError ", "<system-out>", "<skipped ", "<error "] {
        assert!(xml.contains(part), "{part}");
    }
    assert!(
        xml.contains("name=\"scenarios/other/login (chromium)\""),
        "two of one name are told apart"
    );

    // The validator refuses what a reader would: each of these is found.
    for (from, to, fault) in [
        ("<failure type=", "<failed type=", "failed"),
        ("<failure type=\"failed\" ", "<failure ", "'type' is required"),
        ("<stackTrace>", "<trace>", "trace"),
        ("<skipped ", "<skipped/><error ", "error"),
        ("<testcase name=", "<testcase file=\"a.yaml\" name=", "file"),
        (" failures=\"", " failed=\"", "failed"),
        (" time=\"1.234\"", " time=\"1,234 s\"", "time"),
        ("classname=\"scenarios/other/login\"", "classname=\"scenarios/login\"", "Duplicate"),
        ("</testsuites>", "", "Premature end"),
        ("&lt;", "<", "error"),
    ] {
        assert!(xml.contains(from), "{from}");
        let output = validated(&xml.replacen(from, to, 1));
        assert!(!output.status.success(), "`{to}` is taken");
        assert!(said(&output).contains(fault), "`{to}`: {}", said(&output));
    }
}

#[test]
fn an_empty_run_has_a_report_in_every_format() {
    let mut run = run();
    (run["units"], run["matrices"]) = (json!([]), json!([]));
    let output = validated(&report::junit(&run).unwrap());
    assert!(output.status.success(), "{}", said(&output));
    assert!(report::tap(&run).unwrap().starts_with("TAP version 14\n1..0\n"));
    assert!(report::markdown(&run).unwrap().contains("The run was interrupted."));
    assert!(report::github(&run).unwrap().starts_with("::notice "));
}

/// Times apart, two runs that came to the same are told in the same words.
#[test]
fn the_texts_of_two_runs_differ_in_times_only() {
    let (one, mut other) = (run(), run());
    for unit in other["units"].as_array_mut().unwrap() {
        unit["duration-ms"] = json!(1);
        for attempt in unit["attempts"].as_array_mut().unwrap() {
            attempt["duration-ms"] = json!(2);
        }
    }
    other["run"]["startup-ms"] = json!(3);
    assert_eq!(report::markdown(&one).unwrap(), report::markdown(&other).unwrap());
    assert_eq!(report::github(&one).unwrap(), report::github(&other).unwrap());
    let without_times = |text: String| {
        let times = regex::Regex::new(r#" time="[0-9.]+"|duration_ms: [0-9]+"#).unwrap();
        times.replace_all(&text, "").into_owned()
    };
    let junit = |run: &Value| without_times(report::junit(run).unwrap());
    assert_eq!(junit(&one), junit(&other));
    let tap = |run: &Value| without_times(report::tap(run).unwrap());
    assert_eq!(tap(&one), tap(&other));
}
