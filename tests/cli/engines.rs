//! Several engines side by side: columns, what one lacks, what one shows otherwise, and one that is lost.

use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use super::support::{Halt, Project, Running, children};

const ALL: [&str; 2] = ["--browser", "chromium,firefox,webkit"];

const ISOLATED: &str = "version: 1
title: Isolation of one document
sites: { app: {} }
pages:
  app:/: { headers: 'Document-Isolation-Policy: isolate-and-require-corp' }
steps: [ { open: { url: app:/ } } ]
variants:
  only: { kind: case, title: by its own policy, expect: { main.isolated: yes } }
";

/// Firefox compares every hop with the opener's document, the others with the hop before.
const HOPS: &str = "version: 1
title: Over a provider and back
sites: { app: {}, auth: {} }
pages:
  app:/: { headers: 'Cross-Origin-Opener-Policy: same-origin-allow-popups' }
  auth:/: { serve: { redirect: { to: app:/back } } }
  app:/back: { headers: 'Cross-Origin-Opener-Policy: same-origin-allow-popups' }
steps:
  - open: { url: app:/ }
  - popup: { as: popup, url: auth:/ }
variants:
  only: { kind: case, title: a redirect between equal policies }
";

fn units(document: &Value) -> Vec<(&str, &str)> {
    let text = |unit: &'_ Value, key: &str| unit[key].as_str().unwrap().to_owned().leak() as &str;
    let units = document["units"].as_array().unwrap();
    units.iter().map(|unit| (text(unit, "browser"), text(unit, "verdict"))).collect()
}

#[test]
fn what_an_engine_lacks_is_not_applicable() {
    let project = Project::with(ISOLATED);
    let arguments = [&["run", "--ignore-snapshots"][..], &ALL].concat();
    let (ran, document) = project.json(&arguments);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(
        units(&document),
        [("chromium", "passed"), ("firefox", "not-applicable"), ("webkit", "not-applicable")]
    );
    assert_eq!(document["units"][1]["lacks"], serde_json::json!(["document-isolation"]));
    assert_eq!(document["totals"]["not-applicable"], 2);
    let ran = project.run(&arguments);
    assert!(ran.out.contains("✓ - -"), "{ran}");
    assert!(ran.out.contains("not applicable in Firefox 153"), "{ran}");
    project.assert_nothing_left();
}

#[test]
fn what_does_not_hold_for_another_reason_still_fails() {
    let project = Project::with(
        &ISOLATED.replace("main.isolated: yes }", "main.isolated: yes, main.secure-context: no }"),
    );
    let (ran, document) = project.json(&["run", "--ignore-snapshots", "--browser", "firefox"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert_eq!(units(&document), [("firefox", "failed")]);
}

#[test]
fn a_difference_has_a_file_of_its_own_with_the_reason() {
    let project = Project::with(HOPS);
    let ran = project.run(&[&["run", "--update-snapshots"][..], &ALL].concat());
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("≠  popup.opener C W: severed · F: connected"), "{ran}");
    assert!(ran.out.contains("F  compares-hops-with-document"), "{ran}");
    let own = project.read("scenarios/snapshots/flow__only@firefox.snap");
    assert!(own.contains("compares-hops-with-document"), "{own}");
    assert!(own.contains("firefox 153"), "{own}");
    assert!(!project.path("scenarios/snapshots/flow__only@webkit.snap").exists());
    let ran = project.run(&[&["run"][..], &ALL].concat());
    assert_eq!(ran.code, 0, "{ran}");

    // As if it had been accepted with an older browser that did otherwise.
    let older = own.replace("153.7", "140.0").replace("connected", "severed");
    project.write("scenarios/snapshots/flow__only@firefox.snap", &older);
    let ran = project.run(&[&["run"][..], &ALL].concat());
    assert_eq!(ran.code, 1, "{ran}");
    let says = "the browser has changed, not the scenario: accepted with Firefox 140.0";
    assert!(ran.out.contains(says), "{ran}");
    project.assert_nothing_left();
}

#[test]
fn a_killed_driver_of_one_engine_does_not_touch_the_others() {
    for (agent, driver) in [("Firefox", "geckodriver"), ("Version/", "WebKitWebDriver")] {
        let mut halt = Halt::of(agent);
        let project = Project::with(&halt.scenario());
        let arguments = ["run", "--ignore-snapshots", "--timeout", "60", "--json"];
        let mut running = Running::start(&project, &[&arguments[..], &ALL].concat());
        halt.reached(&mut running);
        let drivers = children(running.id());
        // The kernel keeps fifteen letters of a name.
        let of = |name: &str| driver.starts_with(name) && name.len() > 8;
        let driver = drivers.into_iter().find(|(_, name)| of(name)).unwrap().0;
        kill(driver, Signal::SIGKILL).unwrap();
        let ran = running.end();
        assert_eq!(ran.code, 3, "{ran}");
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        let errors: Vec<_> =
            units(&document).into_iter().filter(|(_, verdict)| *verdict != "passed").collect();
        let lost = if agent == "Firefox" { "firefox" } else { "webkit" };
        assert_eq!(errors, [(lost, "error")], "{ran}");
        project.assert_nothing_left();
    }
}

/// A run that stands still in all three engines.
fn halted_everywhere() -> (Project, Halt, Running) {
    let mut halt = Halt::new();
    let project = Project::with(&halt.scenario());
    let arguments = ["run", "--ignore-snapshots", "--timeout", "60"];
    let mut running = Running::start(&project, &[&arguments[..], &ALL].concat());
    for _ in 0..3 {
        halt.reached(&mut running);
    }
    (project, halt, running)
}

#[test]
fn ctrl_c_ends_all_engines() {
    let (project, _halt, running) = halted_everywhere();
    running.signal(Signal::SIGINT);
    assert_eq!(running.end().code, 130);
    project.assert_nothing_left();
}

#[test]
fn a_killed_coopwright_leaves_no_engine_behind() {
    let (project, _halt, running) = halted_everywhere();
    running.signal(Signal::SIGKILL);
    assert_eq!(running.end().code, -1);
    project.assert_nothing_left();
}

#[test]
fn the_headless_shell_is_compared_with_chromium_and_says_what_it_cannot_show() {
    let project = Project::with(HOPS);
    let shell = ["--browser", "chromium-headless-shell"];
    // Nobody needs it but for this, so the tests' set-up does not bring it.
    let ran = project.run(&[&["doctor", "--install", "--yes"][..], &shell].concat());
    assert_eq!(ran.code, 0, "{ran}");
    let ran = project.run(&["run", "--update-snapshots"]);
    assert_eq!(ran.code, 0, "{ran}");
    let ran = project.run(&[&["run"][..], &shell].concat());
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("Chromium headless shell 156"), "{ran}");
    assert!(ran.out.contains("not shown here: no Reporting API deliveries"), "{ran}");
}

#[test]
fn an_unknown_browser_is_named() {
    let ran = Project::with(HOPS).run(&["run", "--browser", "safari"]);
    assert_eq!(ran.code, 2, "{ran}");
    assert!(ran.err.contains("known are chromium, chromium-headless-shell"), "{ran}");
}
