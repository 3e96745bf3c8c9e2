//! A killed browser, a killed driver, a killed coopwright, Ctrl-C: clear words, and nothing left.

use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use super::support::{Halt, Project, Running, children};

/// A run with one browser that stands still in its first variant.
fn halted() -> (Project, Halt, Running) {
    let mut halt = Halt::new();
    let project = Project::with(&halt.scenario());
    let arguments = ["run", "--ignore-snapshots", "--workers", "1", "--timeout", "60", "--json"];
    let mut running = Running::start(&project, &arguments);
    halt.reached(&mut running);
    (project, halt, running)
}

fn verdicts(out: &str) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(out).unwrap();
    let text = |unit: &Value, key: &str| unit[key].as_str().unwrap_or_default().to_owned();
    let units = document["units"].as_array().unwrap();
    units.iter().map(|unit| (text(unit, "verdict"), text(unit, "error"))).collect()
}

fn assert_first_is_lost_and_second_passes(ran: &super::support::Ran) {
    let verdicts = verdicts(&ran.out);
    assert_eq!(verdicts[0].0, "error", "{ran}");
    assert!(verdicts[0].1.contains("step 2 (`evaluate`): the browser went away"), "{ran}");
    assert_eq!(verdicts[1].0, "passed", "{ran}");
    assert_eq!(ran.code, 3, "{ran}");
}

#[test]
fn a_killed_browser_costs_its_variant_only() {
    let (project, _halt, running) = halted();
    kill(project.browser(), Signal::SIGKILL).unwrap();
    assert_first_is_lost_and_second_passes(&running.end());
    project.assert_nothing_left();
}

#[test]
fn a_killed_driver_costs_its_variant_only() {
    let (project, _halt, running) = halted();
    let drivers: Vec<_> =
        children(running.id()).into_iter().filter(|(_, name)| name == "chromedriver").collect();
    let [(driver, _)] = drivers[..] else { panic!("one driver, not {drivers:?}") };
    kill(driver, Signal::SIGKILL).unwrap();
    assert_first_is_lost_and_second_passes(&running.end());
    project.assert_nothing_left();
}

#[test]
fn a_stopped_browser_is_given_up() {
    let mut halt = Halt::new();
    let project = Project::with(&halt.scenario());
    let arguments = ["run", "--ignore-snapshots", "--workers", "1", "--timeout", "6", "--json"];
    let mut running = Running::start(&project, &arguments);
    halt.reached(&mut running);
    kill(project.browser(), Signal::SIGSTOP).unwrap();
    let ran = running.end();
    let verdicts = verdicts(&ran.out);
    assert_eq!(verdicts[0].0, "error", "{ran}");
    assert!(verdicts[0].1.contains("did not finish within 6 s"), "{ran}");
    assert_eq!(verdicts[1].0, "passed", "{ran}");
    project.assert_nothing_left();
}

#[test]
fn ctrl_c_ends_the_run_in_good_order() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (project, _halt, running) = halted();
        running.signal(signal);
        let ran = running.end();
        assert_eq!(ran.code, 130, "{ran}");
        let verdicts = verdicts(&ran.out);
        assert_eq!(verdicts.len(), 1, "the second variant was not begun: {ran}");
        assert!(verdicts[0].1.contains("interrupted"), "{ran}");
        project.assert_nothing_left();
    }
}

#[test]
fn a_killed_coopwright_leaves_nothing_behind() {
    let (project, _halt, running) = halted();
    running.signal(Signal::SIGKILL);
    assert_eq!(running.end().code, -1);
    project.assert_nothing_left();
}
