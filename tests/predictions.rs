//! The model against what a real browser showed: every accepted snapshot holds what the plan of its unit
//! makes the model predict. No browser is needed here; `tests/cli/suite.rs` compares with a running one.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

use std::collections::BTreeMap;
use std::path::Path;

use coopwright::fact::{FactValue, Facts};
use coopwright::predict::{planned, predict, profile_of};
use coopwright::scenario::Job;
use coopwright::snapshot::{Key, Record};
use coopwright::suite::Suite;
use coopwright::verdict::matrix_text;

/// `subject.kind` → value, from a snapshot's text.
fn facts(text: &str) -> BTreeMap<String, FactValue> {
    let mut facts = BTreeMap::new();
    let mut subject = "";
    let mut list: Option<String> = None;
    for line in text.lines() {
        if let Some(item) = line.strip_prefix("    - ") {
            let name = list.clone().unwrap();
            let FactValue::List(items) =
                facts.entry(name).or_insert_with(|| FactValue::List(Vec::new()))
            else {
                panic!("{line}")
            };
            items.push(item.to_owned());
        } else if let Some(fact) = line.strip_prefix("  ") {
            let (kind, value) = fact.split_once(':').unwrap();
            let name = format!("{subject}.{kind}");
            match value.trim() {
                "" => list = Some(name),
                "(none)" => drop(facts.insert(name, FactValue::List(Vec::new()))),
                value => drop(facts.insert(name, value.into())),
            }
        } else {
            subject = line;
        }
    }
    facts
}

#[test]
fn the_model_predicts_every_accepted_snapshot() {
    let profile = profile_of("chromium", "156.0.8078.79");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compared = 0;
    let mut faults = Vec::new();
    for folder in ["scenarios", "tests/scenarios"] {
        let suite = Suite::load(&[root.join(folder)]).unwrap();
        for entry in suite.entries() {
            for job in entry.scenario.jobs() {
                let Job::Unit(unit) = job else { continue };
                let key = Key::new(&unit.scenario, &unit.variant);
                let file = root.join(folder).join("snapshots").join(format!("{}.snap", key.name()));
                let text = std::fs::read_to_string(&file).unwrap();
                let observed = facts(&Record::from_text(&text).unwrap().contents);
                for prediction in predict(&unit, &planned(&unit), &profile) {
                    let Some(value) = observed.get(&prediction.fact.to_string()) else { continue };
                    // A popup that was closed for good reads closed, whatever the headers say.
                    let closed = observed.get(&format!("{}.open", prediction.fact.subject));
                    if prediction.fact.kind.name() == "handle" && closed == Some(&"no".into()) {
                        continue;
                    }
                    compared += 1;
                    if !prediction.is_borne_out_by(value) {
                        let name = unit.name();
                        let (fact, says) = (&prediction.fact, &prediction.value);
                        faults.push(format!("{name}: {fact}: predicted {says}, observed {value}"));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} of {compared}\n{}", faults.len(), faults.join("\n"));
    assert!(compared > 1000, "only {compared} facts were compared");
}

#[test]
fn the_model_predicts_every_accepted_table() {
    let profile = profile_of("chromium", "156.0.8078.79");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/matrices");
    let suite = Suite::load(std::slice::from_ref(&root)).unwrap();
    let mut compared = 0;
    for job in suite.entries().iter().flat_map(|entry| entry.scenario.jobs()) {
        let Job::Matrix(matrix) = job else { panic!("{} is no matrix", job.name()) };
        let cells: Vec<Facts> = matrix
            .cells
            .iter()
            .map(|unit| {
                let mut facts = Facts::default();
                for prediction in predict(unit, &planned(unit), &profile) {
                    let value = prediction.looks_like.unwrap_or(prediction.value);
                    facts.insert(&prediction.fact.subject, prediction.fact.kind, value);
                }
                facts
            })
            .collect();
        let key = Key::new(&matrix.first().scenario, &matrix.variant);
        let file = root.join("snapshots").join(format!("{}.snap", key.name()));
        let accepted = Record::from_text(&std::fs::read_to_string(&file).unwrap()).unwrap();
        // What reached a server, which this one tells too, is no matter of the model.
        if matrix.first().scenario == "cors" {
            continue;
        }
        let text = matrix_text(&matrix, &cells.iter().collect::<Vec<_>>());
        assert_eq!(text.trim_end(), accepted.contents.trim_end(), "{}", matrix.name());
        compared += cells.len();
    }
    assert!(compared > 2500, "only {compared} cells were compared");
}
