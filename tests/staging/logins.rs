//! Popups of a real client library to a real OpenID provider: signed in where the headers allow it, and the
//! response and the header named where they do not; and what really happens is what a rehearsal said.

use std::fmt::Write as _;

use serde_json::Value;

use super::deployments::{DEPLOYMENTS, Deployment};
use super::stack::{Front, Setup, Stack};
use super::visit::{ALL, Visit, unit};

/// The shop with nginx and TLS before it, and this deployed.
fn shop(deployment: &Deployment) -> Stack {
    Stack::start(&(deployment.deploy)(Setup::shop(Front::Tls)))
}

/// One test, because what is rehearsed is compared with what was really seen.
#[test]
fn headers_decide_how_popups_fare_and_a_rehearsal_knows_before() {
    let today = shop(&DEPLOYMENTS[0]);
    let mut faults = Vec::new();
    for deployment in DEPLOYMENTS {
        let mut found = String::new();
        let real = really(deployment, &mut found);
        if !deployment.rehearsed_in.is_empty() {
            rehearse(&today, deployment, &real, &mut found);
        }
        if !found.is_empty() {
            faults.push(format!("{}\n{found}", deployment.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Runs on the changed servers: what the table says is so, and the cause of what is broken is named.
fn really(deployment: &Deployment, found: &mut String) -> Value {
    let stack = shop(deployment);
    let visit = Visit::to(&stack, &deployment.scenarios());
    let (ran, document) = visit.run(&["--browser", ALL]);
    for shown in deployment.shows {
        for (browser, value) in ALL.split(',').zip(shown.values) {
            let (scenario, fact) = (shown.scenario, shown.fact);
            let seen = &unit(&document, scenario, browser)["facts"][fact];
            if seen != value {
                writeln!(found, "  {scenario} in {browser}: {fact} is {seen}, not {value:?}")
                    .unwrap();
            }
        }
    }
    for named in deployment.names {
        for browser in named.browsers {
            let cause = &unit(&document, named.scenario, browser)["cause"]["sentence"];
            let sentence = cause.as_str().unwrap_or_default();
            if !sentence.contains(named.page) || !sentence.contains(named.line) {
                let (scenario, page, line) = (named.scenario, named.page, named.line);
                writeln!(found, "  {scenario} in {browser}: neither {page} nor {line} in: {cause}")
                    .unwrap();
            }
        }
    }
    visit.kept_everything_to_itself(&stack, &ran);
    document
}

/// Rehearses on the servers as they are: the same facts.
fn rehearse(today: &Stack, deployment: &Deployment, real: &Value, found: &mut String) {
    let rollout = format!("version: 1\nrules:{}", deployment.rules);
    let visit = Visit::to(today, &deployment.scenarios());
    let browsers = deployment.rehearsed_in;
    let (ran, rehearsed) = visit.rehearse(&rollout, &["--browser", browsers]);
    for scenario in deployment.scenarios() {
        for browser in browsers.split(',') {
            let said = unit(&rehearsed["after"], &scenario, browser);
            let real = unit(real, &scenario, browser);
            let sides = [
                (seen_by_both(said, real), seen_by_both(real, said)),
                (said["verdict"].clone(), real["verdict"].clone()),
            ];
            for (said, real) in sides {
                if said != real {
                    writeln!(found, "  {scenario} in {browser}: said {said}, really {real}")
                        .unwrap();
                }
            }
        }
    }
    visit.kept_everything_to_itself(today, &ran);
}

/// The facts of one run, without what the other could not see of a popup that has closed itself: its last
/// document may be gone before it is looked at.
fn seen_by_both(of: &Value, other: &Value) -> Value {
    let mut facts = of["facts"].clone();
    facts.as_object_mut().unwrap().retain(|fact, _| {
        let window = fact.split('.').next().unwrap();
        !other["facts"][fact].is_null() || other["facts"][format!("{window}.open")] != "no"
    });
    facts
}
