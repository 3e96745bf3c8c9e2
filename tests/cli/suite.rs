//! The scenarios themselves, in a real browser: the flows that are too many for the built-in suite, and that
//! suite's shape. That it holds is a test of the lessons (`tests/demo`), which are compared with it.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::support::Ran;

/// Runs in this repository as CI does, so that nothing is written.
fn run(arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coopwright"));
    command.arg("run").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env("CI", "true");
    Ran::from_command(&mut command)
}

const ALL: &str = "chromium,firefox,webkit";

/// Three engines at once are enough for one machine.
static MACHINE: Mutex<()> = Mutex::new(());

/// Everything in all three engines: passed, or not applicable where an engine lacks something. The limit is
/// for slow machines: how fast they are is not what is tested.
fn assert_all_pass(scenarios: &str) {
    let machine = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let ran = run(&[scenarios, "--browser", ALL, "--timeout", "40"]);
    drop(machine);
    let listed = run(&[scenarios, "--list"]).out;
    let count: usize = listed.lines().last().unwrap().split(' ').next().unwrap().parse().unwrap();
    assert_eq!(ran.code, 0, "{}\n{}", not_passed(&ran.out), ran.err);
    let summary = ran.out.lines().last().unwrap();
    let of = |word: &str| -> usize {
        let parts = summary.split(", ");
        let part = parts.into_iter().find(|part| part.ends_with(word));
        part.map_or(0, |part| part.split(' ').next().unwrap().parse().unwrap())
    };
    assert_eq!(of(" passed") + of(" not applicable"), 3 * count, "{}", not_passed(&ran.out));
    assert!(of(" not applicable") * 20 < count, "too many: {summary}");
    // The model agrees with every browser in every fact that it predicts.
    assert!(!ran.out.contains("predicted"), "{ran}");
}

/// The scenarios with something that did not pass, and the summary: all others hide it.
fn not_passed(out: &str) -> String {
    let scenarios = out.split("\n\n");
    let shown = scenarios.filter(|part| part.contains(['✗', '!']) || part.contains(" passed"));
    shown.collect::<Vec<_>>().join("\n\n")
}

#[test]
fn all_other_flows_hold() {
    assert_all_pass("tests/scenarios");
}

/// The quickest of the matrices; CI runs the others.
#[test]
fn the_cors_matrix_holds() {
    assert_all_pass("scenarios/matrices/cors.yaml");
}

#[test]
fn every_mistake_is_there_broken_wrongly_fixed_and_fixed() {
    for number in 1..=8 {
        let listed = run(&["--builtin", "--list", "--tag", &format!("mistake-{number}")]).out;
        for kind in ["(broken)", "(wrong fix)", "(fixed)"] {
            assert!(listed.contains(kind), "mistake {number} has no {kind} variant:\n{listed}");
        }
    }
    assert!(run(&["--builtin", "--list", "--tag", "default"]).out.contains("(fixed)"));
}

#[test]
fn every_built_in_file_is_valid_for_the_schema() {
    let schema = coopwright::scenario::schema();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = 0;
    for folder in ["scenarios", "scenarios/matrices", "tests/scenarios"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            let value: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
            let faults: Vec<String> = schema
                .iter_errors(&value)
                .map(|fault| format!("{}: {fault}", fault.instance_path()))
                .collect();
            assert!(faults.is_empty(), "{}: {faults:#?}", path.display());
        }
    }
    assert!(files > 30, "{files}");
}
