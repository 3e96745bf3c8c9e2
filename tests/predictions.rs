//! The model against what real browsers showed: every accepted snapshot holds what the plan of its unit
//! makes the model predict. No browser is needed here; `tests/cli/suite.rs` compares with a running one.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use coopwright::fact::{Fact, FactKind, Facts};
use coopwright::predict::{planned, predict, profile_of};
use coopwright::scenario::{Job, Unit};
use coopwright::snapshot::{Key, Record};
use coopwright::spec::Profile;
use coopwright::suite::Suite;
use coopwright::verdict::{facts_of_text, matrix_text};

/// An accepted snapshot with an engine that showed it, and the profile of its version then.
struct Accepted {
    engine: String,
    profile: Profile,
    text: String,
}

/// What each engine showed: its own file, or the common one if it stands there. An engine of which there
/// is nothing lacks what the unit is about.
fn accepted(folder: &Path, key: &Key) -> Vec<Accepted> {
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(format!("{name}.snap"))).ok()?;
        Some(Record::from_text(&text).unwrap())
    };
    let info = |record: &Record, name: &str| {
        let found = record.info.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let common = read(key.name()).unwrap_or_else(|| panic!("{key} has no snapshot"));
    let mut seen: Vec<(String, Record)> = info(&common, "seen in")
        .split(", ")
        .map(|browser| (browser.to_owned(), common.clone()))
        .collect();
    for engine in ["chromium", "firefox", "webkit"] {
        seen.extend(read(&key.of_engine(engine)).map(|own| (info(&own, "engine"), own)));
    }
    let accepted = seen.into_iter().map(|(browser, record)| {
        let (engine, version) = browser.split_once(' ').unwrap();
        let profile = profile_of(engine, version);
        Accepted { engine: engine.to_owned(), profile, text: record.contents }
    });
    accepted.collect()
}

#[test]
fn the_model_predicts_every_accepted_snapshot() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compared: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for folder in ["scenarios", "tests/scenarios"] {
        let suite = Suite::load(&[root.join(folder)]).unwrap();
        let units = suite.entries().iter().flat_map(|entry| entry.scenario.jobs());
        for job in units {
            let Job::Unit(unit) = job else { continue };
            let key = Key::new(&unit.scenario, &unit.variant);
            for Accepted { engine, profile, text } in
                accepted(&root.join(folder).join("snapshots"), &key)
            {
                let observed = facts_of_text(&text);
                for prediction in predict(&unit, &planned(&unit), &profile) {
                    let Some(value) = observed.get(&prediction.fact) else { continue };
                    // A popup that was closed for good reads closed, whatever the headers say.
                    let open = Fact::new(&prediction.fact.subject, FactKind::Open);
                    if prediction.fact.kind == FactKind::Handle
                        && observed.get(&open) == Some(&"no".into())
                    {
                        continue;
                    }
                    *compared.entry(engine.clone()).or_default() += 1;
                    if !prediction.is_borne_out_by(value) {
                        let name = unit.name();
                        let (fact, says) = (&prediction.fact, &prediction.value);
                        faults.push(format!(
                            "{name} in {engine}: {fact}: predicted {says}, observed {value}"
                        ));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} of {compared:?}\n{}", faults.len(), faults.join("\n"));
    assert_eq!(compared.len(), 3);
    assert!(compared.values().all(|count| *count > 800), "only so many facts: {compared:?}");
}

#[test]
fn the_model_predicts_every_accepted_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/matrices");
    let suite = Suite::load(std::slice::from_ref(&root)).unwrap();
    let mut compared: BTreeMap<String, usize> = BTreeMap::new();
    for job in suite.entries().iter().flat_map(|entry| entry.scenario.jobs()) {
        let Job::Matrix(matrix) = job else { panic!("{} is no matrix", job.name()) };
        // What reached a server, which this one tells too, is no matter of the model.
        if matrix.first().scenario == "cors" {
            continue;
        }
        let key = Key::new(&matrix.first().scenario, &matrix.variant);
        for Accepted { engine, profile, text } in accepted(&root.join("snapshots"), &key) {
            let predicted = |unit: &Arc<Unit>| {
                let mut facts = Facts::default();
                for prediction in predict(unit, &planned(unit), &profile) {
                    let value = prediction.looks_like.unwrap_or(prediction.value);
                    facts.insert(&prediction.fact.subject, prediction.fact.kind, value);
                }
                facts
            };
            let cells: Vec<Facts> = matrix.cells.iter().map(predicted).collect();
            let table = matrix_text(&matrix, &cells.iter().collect::<Vec<_>>());
            assert_eq!(table.trim_end(), text.trim_end(), "{} in {engine}", matrix.name());
            *compared.entry(engine).or_default() += cells.len();
        }
    }
    assert!(compared["chromium"] > 2500, "{compared:?}");
}
