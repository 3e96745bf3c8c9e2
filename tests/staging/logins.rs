//! Popups of a real client library to a real OpenID provider: signed in where the headers allow it, and the
//! response and the header named where they do not; and what really happens is what a rehearsal said.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::deployments::{DEPLOYMENTS, Deployment, SCENARIOS};
use super::stack::{Front, Setup, Stack};
use super::visit::{ALL, Visit, unit};

/// The shop with nginx and TLS before it, and this deployed.
fn shop(deployment: &Deployment) -> Stack {
    Stack::start(&(deployment.deploy)(Setup::shop(Front::Tls)))
}

#[test]
fn headers_decide_how_popups_fare_and_are_named() {
    let mut faults = String::new();
    for deployment in DEPLOYMENTS {
        let stack = shop(deployment);
        let visit = Visit::to(&stack, SCENARIOS);
        let (ran, document) = visit.run(&["--browser", ALL]);
        for shown in deployment.shows {
            for (browser, value) in ALL.split(',').zip(shown.values) {
                let seen = &unit(&document, shown.scenario, browser)["facts"][shown.fact];
                if seen != value {
                    writeln!(
                        faults,
                        "{}: {} in {browser}: {} is {seen} and not {value:?}",
                        deployment.name, shown.scenario, shown.fact
                    )
                    .unwrap();
                }
            }
        }
        for named in deployment.names {
            for browser in named.browsers {
                let unit = unit(&document, named.scenario, browser);
                let cause = unit["cause"]["sentence"].as_str().unwrap_or_default();
                if !cause.contains(named.page) || !cause.contains(named.line) {
                    writeln!(
                        faults,
                        "{}: {} in {browser}: the cause does not name `{}` and `{}`: {cause:?}",
                        deployment.name, named.scenario, named.page, named.line
                    )
                    .unwrap();
                }
            }
        }
        visit.kept_everything_to_itself(&stack, &ran);
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn a_rehearsal_says_what_then_really_happens() {
    let (site, deployments) = DEPLOYMENTS.split_first().unwrap();
    let stack = shop(site);
    let mut faults = String::new();
    for deployment in deployments {
        let rollout = format!("version: 1\nrules:{}", deployment.rules);
        let visit = Visit::to(&stack, SCENARIOS);
        let (ran, rehearsed) = visit.rehearse(&rollout, &["--browser", ALL]);
        visit.kept_everything_to_itself(&stack, &ran);
        drop(visit);

        let deployed = shop(deployment);
        let visit = Visit::to(&deployed, SCENARIOS);
        let (_, real) = visit.run(&["--browser", ALL]);
        for scenario in SCENARIOS {
            for browser in ALL.split(',') {
                let said = rehearsed_facts(&rehearsed, scenario, browser);
                let unit = unit(&real, scenario, browser);
                if Some(&said) != unit["facts"].as_object() {
                    writeln!(
                        faults,
                        "{}: {scenario} in {browser}: said {}, really {}",
                        deployment.name,
                        Value::Object(said),
                        unit["facts"]
                    )
                    .unwrap();
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

/// The facts of a unit with the rollout, by the rehearsal.
fn rehearsed_facts(document: &Value, scenario: &str, browser: &str) -> Map<String, Value> {
    unit(&document["after"], scenario, browser)["facts"].as_object().cloned().unwrap_or_default()
}
