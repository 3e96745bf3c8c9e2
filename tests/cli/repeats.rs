//! Variants that are run several times: retried, repeated, and chosen because they failed last.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use super::support::{Project, Ran};

/// A site that answers every request with its number; gives its address.
fn counter() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (number, mut stream) in listener.incoming().flatten().enumerate() {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                head.push(byte[0]);
            }
            let number = (number + 1).to_string();
            let length = number.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\
                 Content-Length: {length}\r\n\r\n{number}"
            );
        }
    });
    url
}

/// A project with a variant that sees another number each time and expects the second, and one that is steady.
fn wavering() -> Project {
    let url = counter();
    Project::with(&format!(
        "version: 1
title: Wavers
sites: {{ app: {{}} }}
pages: {{ 'app:/': {{}} }}
variants:
  wavers:
    kind: case
    title: sees another number each time
    steps:
      - open: {{ url: app:/ }}
      - evaluate: {{ as: number, script: \"return (await fetch('{url}')).text()\" }}
    expect: {{ number.value: '2' }}
  steady:
    kind: case
    title: is always the same
    steps:
      - open: {{ url: app:/ }}
    expect: {{ main.secure-context: yes }}
"
    ))
}

fn unit<'a>(document: &'a Value, variant: &str) -> &'a Value {
    let mut units = document["units"].as_array().unwrap().iter();
    units.find(|unit| unit["variant"] == variant).unwrap()
}

fn verdicts(unit: &Value) -> Vec<&str> {
    let attempts = unit["attempts"].as_array().unwrap();
    attempts.iter().map(|attempt| attempt["verdict"].as_str().unwrap()).collect()
}

#[test]
fn what_passes_when_it_is_tried_again_is_flaky_and_the_changed_fact_is_told() {
    let project = wavering();
    let (ran, document) = project.json(&[
        "run",
        "--ignore-snapshots",
        "--retries",
        "2",
        "--trace",
        "retain-on-failure",
        "--reporter",
        "junit",
    ]);
    assert_eq!(ran.code, 0, "{ran}");
    let wavers = unit(&document, "wavers");
    assert_eq!(wavers["verdict"], "flaky", "{ran}");
    assert_eq!(verdicts(wavers), ["failed", "passed"], "{ran}");
    let changed = json!([{ "cell": null, "fact": "number.value", "values": ["1", "2"] }]);
    assert_eq!(wavers["changed"], changed, "{ran}");
    assert_eq!(unit(&document, "steady")["attempts"], json!([]), "{ran}");
    assert_eq!(document["totals"]["flaky"], 1, "{ran}");
    assert_eq!(document["totals"]["passed"], 1, "{ran}");
    assert!(ran.err.contains("flow › wavers: attempt 1 in Chromium: failed"), "{ran}");
    let junit = project.read("coopwright-report.xml");
    assert!(junit.contains("number.value: 1, then 2"), "{junit}");
    // Of the attempt that failed, and of nothing else.
    let traces = project.path("coopwright-results/traces");
    let kept: Vec<_> = std::fs::read_dir(&traces).unwrap().flatten().collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let trace = traces.join("flow__wavers/chromium");
    assert!(std::fs::read(trace.join("window__main.png")).unwrap().starts_with(b"\x89PNG"));
    let text = std::fs::read_to_string(trace.join("trace.json")).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["units"][0]["facts"]["number.value"], "1", "{text}");
    assert!(std::fs::read_to_string(trace.join("trace.html")).unwrap().contains("wavers"));
    assert!(!traces.join("flow__wavers/chromium-attempt-2").exists());
    project.assert_nothing_left();
}

#[test]
fn flaky_can_be_made_to_fail_and_the_console_says_what_changed() {
    let project = wavering();
    let ran = project.run(&["run", "--ignore-snapshots", "--retries", "1", "--fail-on-flaky"]);
    assert_eq!(ran.code, 1, "{ran}");
    let out = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("~ flaky wavers"), "{ran}");
    assert!(out.contains("attempt 1 failed (number.value: expected 2, observed 1)"), "{ran}");
    assert!(out.contains("number.value: 1, then 2"), "{ran}");
    assert!(out.contains("1 passed, 1 flaky, in"), "{ran}");
}

#[test]
fn a_repeated_variant_fails_with_one_of_its_attempts_and_then_is_the_last_failed() {
    let project = wavering();
    let (ran, document) = project.json(&["run", "--ignore-snapshots", "--repeat-each", "3"]);
    assert_eq!(ran.code, 1, "{ran}");
    let wavers = unit(&document, "wavers");
    assert_eq!(wavers["verdict"], "failed", "{ran}");
    assert_eq!(verdicts(wavers), ["failed", "passed", "failed"], "{ran}");
    assert_eq!(wavers["changed"][0]["values"], json!(["1", "2", "3"]), "{ran}");
    // The rest is about the first that failed.
    assert_eq!(wavers["facts"]["number.value"], "1", "{ran}");
    let steady = unit(&document, "steady");
    assert_eq!(verdicts(steady), ["passed"; 3], "{ran}");
    assert_eq!(steady["changed"], json!([]), "{ran}");
    let listed = project.run(&["run", "--last-failed", "--list"]);
    assert!(listed.out.contains("wavers") && listed.out.contains("1 variant in"), "{listed}");
}

#[test]
fn without_a_last_run_there_is_no_last_failure() {
    let project = wavering();
    let listed = project.run(&["run", "--last-failed", "--list"]);
    assert_eq!(listed.code, 2, "{listed}");
    assert!(listed.err.contains("there is no last run in `coopwright-results`"), "{listed}");
    project.write("coopwright-results/last-run.json", r#"{ "version": 1, "units": [] }"#);
    let listed = project.run(&["run", "--last-failed", "--list"]);
    assert_eq!(listed.code, 4, "{listed}");
    project.write("coopwright-results/last-run.json", "nonsense");
    let listed = project.run(&["run", "--last-failed", "--list"]);
    assert_eq!(listed.code, 2, "{listed}");
    assert!(listed.err.contains("last-run.json` cannot be read"), "{listed}");
}

#[test]
fn bad_cells_of_a_matrix_are_tried_again_alone() {
    let url = counter();
    let project = Project::with(&format!(
        "version: 1
title: Wavers in a cell
sites: {{ app: {{}} }}
axes: {{ number: {{ one: '1', three: '3' }} }}
pages: {{ 'app:/': {{}} }}
steps:
  - open: {{ url: app:/ }}
  - evaluate: {{ as: is, script: \"return String(await (await fetch('{url}')).text() === '{{number}}')\" }}
variants:
  cells: {{ kind: case, title: two, expect: {{ is.value: 'true' }} }}
"
    ));
    let ran: Ran =
        project.run(&["run", "--ignore-snapshots", "--retries", "1", "--json", "-j", "1"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran}"));
    let matrix = &document["matrices"][0];
    assert_eq!(matrix["verdict"], "flaky", "{ran}");
    assert_eq!(verdicts(matrix), ["failed", "passed"], "{ran}");
    let changed =
        json!([{ "cell": "number=three", "fact": "is.value", "values": ["false", "true"] }]);
    assert_eq!(matrix["changed"], changed, "{ran}");
}
