//! The order of the runs, without a browser.

use coopwright::browser::Browser;
use coopwright::event::{BrowserInfo, UnitReport};
use coopwright::fact::FactKind;
use coopwright::observation::Observation;
use coopwright::runner::RunEnd;
use coopwright::scenario::parse;
use serde_json::json;

use super::*;

const SCENARIO: &str = "version: 1
title: A page
sites: { app: {} }
pages: { 'app:/': {} }
steps: [ { open: { url: app:/ } } ]
variants: { only: { kind: case, title: as it is } }
";

fn program(trial: bool, mix: Option<(u8, u64, u32)>) -> Program {
    let text = "version: 1\nrules: [ { site: app, set: { X: '1' } } ]\n";
    let rollout = rollout::parse("rollout.yaml", text).unwrap();
    let rules = rule_lines("rollout.yaml", &rollout);
    let (file, environment) = ("rollout.yaml".to_owned(), None);
    Program { file, environment, rollout, rules, trial, mix }
}

/// A run in which the page is isolated or not.
fn played(isolated: bool, end: RunEnd) -> Played {
    let Job::Unit(unit) = parse("flow.yaml", SCENARIO).unwrap().jobs().remove(0) else {
        panic!("it has no axes");
    };
    let mut observation = Observation::default();
    observation.facts.insert("main", FactKind::Isolated, isolated);
    let browser = BrowserInfo {
        browser: Browser::Chromium,
        version: "1".to_owned(),
        workers: 1,
        lacks: Vec::new(),
    };
    let report = UnitReport {
        observation: Some(observation),
        reports: vec![(
            String::new(),
            json!({ "type": "coep", "url": "https://a/", "body": { "type": "corp" } }),
        )],
        ..UnitReport::new(0, unit, Arc::new(browser))
    };
    Played { reports: vec![JobReport::Unit(Box::new(report))], end }
}

const DONE: RunEnd = RunEnd { left: 0, interrupted: false, unreturned: 0 };

/// What is played, and what comes of it if a run with rules isolates.
fn rehearsed(program: &Program, end: impl Fn(usize) -> RunEnd) -> (Vec<String>, Rehearsed) {
    let mut acts = Vec::new();
    let rehearsed = program.rehearse(&mut |act| {
        let Acts { rules, mix, collect, .. } = &act.acts;
        let mix = mix.map(|mix| format!(" {}% by {}", mix.percent, mix.seed)).unwrap_or_default();
        let collect = if *collect { " collected" } else { "" };
        acts.push(format!(
            "{} in {}: {} rules{mix}{collect}",
            act.title,
            act.folder,
            rules.rules.len()
        ));
        Ok(played(!rules.is_empty(), end(acts.len())))
    });
    (acts, rehearsed.unwrap())
}

#[test]
fn a_suite_is_played_as_the_sites_are_and_with_the_rollout() {
    let (acts, rehearsed) = rehearsed(&program(false, None), |_| DONE);
    assert_eq!(acts, ["as the sites are in before: 0 rules", "with the rollout in after: 1 rules"]);
    assert!(!rehearsed.report.breaks() && rehearsed.report.differs());
    assert!(rehearsed.report.reports.is_none());
    assert_eq!((rehearsed.before.len(), rehearsed.after.len()), (1, 1));
}

#[test]
fn a_trial_collects_reports() {
    let (acts, rehearsed) = rehearsed(&program(true, None), |_| DONE);
    assert_eq!(acts[1], "as report-only in after: 1 rules collected");
    assert!(rehearsed.report.breaks(), "something was reported");
}

#[test]
fn rounds_have_seeds_of_their_own() {
    let (acts, rehearsed) = rehearsed(&program(false, Some((30, 7, 2))), |_| DONE);
    assert_eq!(
        acts[2..],
        ["round 1 of 2 in round-1: 1 rules 30% by 7", "round 2 of 2 in round-2: 1 rules 30% by 8",]
    );
    let mix = rehearsed.report.mix.unwrap();
    assert_eq!((mix.rounds, mix.flows[0].columns[0].worked), (2, 2));
}

#[test]
fn whoever_interrupts_gets_what_there_is() {
    let stopped = RunEnd { left: 3, interrupted: true, unreturned: 0 };
    let (acts, rehearsed) =
        rehearsed(&program(false, Some((30, 7, 2))), |run| if run == 2 { stopped } else { DONE });
    assert_eq!(acts.len(), 2, "nothing is begun after that");
    assert!(rehearsed.interrupted);
    assert_eq!(rehearsed.report.left, 3);
    assert!(rehearsed.report.is_incomplete());
}

#[test]
fn a_share_is_a_number_of_a_hundred() {
    assert_eq!(percent("30%"), Ok(30));
    assert_eq!(percent("5"), Ok(5));
    for wrong in ["0", "100%", "x", "-1", "5%%"] {
        assert!(percent(wrong).is_err(), "{wrong}");
    }
}
