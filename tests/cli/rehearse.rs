//! Rehearsals in a real browser: what breaks and why, what a trial as report-only tells, and what a part
//! of a rollout does.

use insta::assert_snapshot;
use serde_json::Value;

use super::support::{Project, Ran};

const LOGIN: &str = include_str!("login.yaml");
/// Popups that are cut off in all the ways of which report-only tells, and of which it does not.
const TRIAL: &str = include_str!("trial.yaml");

const SAME_ORIGIN: &str = "version: 1
rules:
  - { site: app, path: /, set: { Cross-Origin-Opener-Policy: same-origin } }
";

fn project(scenario: &str, rollout: &str) -> Project {
    let project = Project::with(scenario);
    project.write("rollout.yaml", rollout);
    project
}

fn rehearse(project: &Project, arguments: &[&str]) -> Ran {
    project.run(&[&["rehearse", "--headers", "rollout.yaml"], arguments].concat())
}

fn json(project: &Project, arguments: &[&str]) -> (Ran, Value) {
    project.json(&[&["rehearse", "--headers", "rollout.yaml"], arguments].concat())
}

/// The flows of a document by their variant, each with what is told of its only browser.
fn flows(document: &Value) -> Vec<(&str, &Value)> {
    let flows = document["flows"].as_array().unwrap().iter();
    flows.map(|flow| (variant(flow), &flow["browsers"][0])).collect()
}

fn variant(flow: &Value) -> &str {
    flow["name"].as_str().unwrap().rsplit("› ").next().unwrap()
}

#[test]
fn a_login_that_breaks_is_told_with_header_and_rule() {
    let project = project(LOGIN, SAME_ORIGIN);
    let reporters =
        ["--reporter", "markdown", "--reporter", "html=out/r.html", "--reporter", "json"];
    let ran = rehearse(&project, &[&["--grep", "fixed"], &reporters[..]].concat());
    assert_eq!(ran.code, 1, "{ran}");
    // The first lines hold versions.
    let (_, out) = ran.out.split_once("\n\n").unwrap();
    assert_snapshot!(out, @"
      C
      ✗  flow › fixed  same-origin-allow-popups where the popup is opened
      ✗ breaks

    1) BREAKS flow › fixed in Chromium
       scenarios/flow.yaml:38
       ✗ the login in `main` does not complete any more: the app takes it as
         cancelled
           main.login completed → cancelled (the scenario expects completed)
       ✗ `main` does not get the message `login-result from app` any more
           main.messages login-result from app: accepted → (none)
       ✗ the login popup `login` loses its opener
           login.opener connected → severed (the scenario expects connected)
       ✗ to the page that opened it, the login popup `login` reads as closed
           login.handle live → reads-closed
       ✗ on its way the login popup `login` is cut off at `auth:/authorize`
           login.journey auth:/authorize connected, app:/callback connected →
           auth:/authorize severed, app:/callback severed
       ~ other requests reach `auth:/token`
           auth:/token.received POST cors cross-site; origin app; no cookies; 200 →
           (none)

       decided by
         app:/ 200 rule 1 (rollout.yaml:3)
           cross-origin-opener-policy: same-origin-allow-popups → same-origin
         `login` was cut off by `auth:/authorize`, which sends no
           `Cross-Origin-Opener-Policy`, while its opener, `app:/`, sends
           `Cross-Origin-Opener-Policy: same-origin`: a page without a policy does
           not match a predecessor with one

    Of breaks in 1 flow Chromium's reports would have told, on https and with
      endpoints set.

    Rules
       1 rollout.yaml:3 changed 1 of 1 response: app /:
         Cross-Origin-Opener-Policy: same-origin

    of 1 flow: 1 breaks
    ");
    assert!(project.read("coopwright-rehearsal.md").contains("✗ this rollout breaks flows"));
    assert!(project.read("out/r.html").contains("<h1>This rollout breaks flows</h1>"));
    assert!(project.read("coopwright-rehearsal.json").contains("\"breaks\": true"));
    project.assert_nothing_left();
}

#[test]
fn both_runs_are_in_the_document() {
    let project = project(LOGIN, SAME_ORIGIN);
    let (ran, document) = json(&project, &["--grep", "fixed"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert_eq!(document["before"]["units"][0]["facts"]["login.opener"], "connected", "{ran}");
    assert_eq!(document["after"]["units"][0]["facts"]["login.opener"], "severed", "{ran}");
    assert!(!ran.out.contains("localhost"), "no host or port may show: {ran}");
}

/// What the model says that a trial would tell, against what Chromium then really reports.
#[test]
fn a_trial_tells_what_a_rehearsal_says_that_it_would() {
    let rollout = "version: 1
rules:
  - { site: app, path: /a, set: { Cross-Origin-Opener-Policy: same-origin } }
  - { site: auth, path: /coop, set: { Cross-Origin-Opener-Policy: same-origin } }
  - { site: mid, path: /go, set: { Cross-Origin-Opener-Policy: same-origin } }
";
    let project = project(TRIAL, rollout);
    let (ran, rehearsed) = json(&project, &[]);
    assert_eq!(ran.code, 1, "{ran}");
    let (tried, trial) = json(&project, &["--report-only"]);
    assert_eq!(tried.code, 1, "something is reported: {tried}");
    for (variant, flow) in flows(&trial) {
        assert_eq!(flow["outcome"], "same", "{variant}: report-only changes nothing: {tried}");
    }
    let groups = trial["reports"]["groups"].as_array().unwrap();
    let mut told = Vec::new();
    for (variant, flow) in flows(&rehearsed) {
        let broke = flow["changes"].as_array().unwrap().iter().chain([&flow["fault"]]);
        let mut broke = broke.filter(|broke| !broke["report-only"].is_null());
        let said = &broke.next().unwrap_or_else(|| panic!("{variant} does not break: {ran}"))["report-only"];
        let name = format!("flow › {variant}");
        let mine = groups.iter().filter(|group| {
            group["flows"].as_array().unwrap().iter().any(|flow| flow == name.as_str())
        });
        let mine: Vec<&str> = mine.map(|group| group["what"].as_str().unwrap()).collect();
        let accesses = mine.iter().filter(|what| what.starts_with("access-")).count();
        let really = match (mine.len(), accesses) {
            (0, _) => "no",
            (_, 0) => "barely",
            _ => "yes",
        };
        assert_eq!(said["told"], really, "{variant}: {said}, and really {mine:?}: {tried}");
        let why = said["why"].as_str().unwrap_or("-");
        told.push(format!("{variant}: {really} {why}"));
    }
    assert_snapshot!(told.join("\n"), @"
    opener: yes -
    popup: yes -
    redirect: barely redirect-hop
    frame-top: no from-frame
    frame-popup: barely from-frame
    own-frame: yes -
    sandbox: no sandboxed-frame
    ");
}

#[test]
fn a_part_of_a_rollout_may_break_what_the_whole_does_not() {
    let scenario = "version: 1
title: Two pages of one site
sites: { app: { origin: 'https://app.shop.example' } }
pages: { 'app:/': {}, 'app:/done': {} }
steps: [open: { url: app:/ }, popup: { as: pay, url: app:/done }]
variants: { only: { kind: case, title: as it is } }
";
    let project = project(
        scenario,
        "version: 1
rules:
  - set: { Cross-Origin-Opener-Policy: same-origin }
",
    );
    let mixed = ["--mix", "50%", "--rounds", "3", "--seed", "3"];
    let (ran, document) = json(&project, &mixed);
    assert_eq!(ran.code, 1, "{ran}");
    let (_, whole) = flows(&document)[0];
    assert_eq!(whole["outcome"], "same", "{ran}");
    let column = &document["mix"]["flows"][0]["browsers"][0];
    let broke = column["broke"].as_u64().unwrap();
    assert!((1..3).contains(&broke), "some of the rounds, and not all: {ran}");
    for pattern in column["patterns"].as_array().unwrap() {
        let new: Vec<bool> =
            pattern["responses"].as_array().unwrap().iter().map(|r| r[1] == true).collect();
        let alike = new[0] == new[1];
        assert_eq!(pattern["broke"] == 0, alike, "one old and one new break it: {ran}");
    }
}

#[test]
fn a_rollout_that_is_for_nothing_says_so() {
    let project = project(LOGIN, &SAME_ORIGIN.replace("path: /", "path: /lgoin"));
    let ran = rehearse(&project, &["--grep", "fixed", "--json"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(
        ran.err.trim(),
        "warning: no rule is for any response that came, so nothing was rehearsed: look at the sites, \
         paths, kinds and statuses of the rollout"
    );
    let ran = rehearse(&project, &["--grep", "fixed", "--fail-on", "differs"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("warning: no rule is for any response"), "{ran}");
}

#[test]
fn wrong_usage_starts_no_browser() {
    let project = project(LOGIN, SAME_ORIGIN);
    let usage = |arguments: &[&str]| {
        let ran = rehearse(&project, arguments);
        assert_eq!(ran.code, 2, "{ran}");
        assert!(ran.out.is_empty(), "{ran}");
        ran.err
    };
    assert!(usage(&["--mix", "100%"]).contains("between 1% and 99%"));
    assert!(usage(&["--mix", "5%", "--report-only"]).contains("cannot be used with"));
    assert!(usage(&["--rounds", "2"]).contains("--mix"));
    assert!(usage(&["--reporter", "junit"]).contains("known here: markdown, html, json"));
    assert_eq!(rehearse(&project, &["--grep", "nothing"]).code, 4);

    let missing = project.run(&["rehearse", "--headers", "typo.yaml"]);
    assert_snapshot!(missing, @"
    exit 2
    -- stdout
    -- stderr
    error: cannot read the rollout `typo.yaml`: No such file or directory (os error 2)
     |
     = help: a rollout file says which headers are tried, for example `rules: [ { site: app, set: { Cross-Origin-Opener-Policy: same-origin } } ]` after `version: 1`
    ");
    project.write("rollout.yaml", &SAME_ORIGIN.replace("site: app", "site: ap"));
    assert_snapshot!(rehearse(&project, &[]), @"
    exit 2
    -- stdout
    -- stderr
    error: the environment has no site `ap`
     --> rollout.yaml:3:13
      |
    3 |   - { site: ap, path: /, set: { Cross-Origin-Opener-Policy: same-origin } }
      |             ^^
      |
      = help: did you mean `app`?
    ");
    project.write("rollout.yaml", &SAME_ORIGIN.replace("set:", "sett:"));
    assert_snapshot!(rehearse(&project, &[]), @"
    exit 2
    -- stdout
    -- stderr
    error: unknown key `sett`
     --> rollout.yaml:3:27
      |
    3 |   - { site: app, path: /, sett: { Cross-Origin-Opener-Policy: same-origin } }
      |                           ^^^^
      |
      = help: did you mean `set`?
    ");
}

#[test]
fn what_browsers_ignore_and_what_cannot_be_tried_is_told() {
    let rollout = "version: 1
rules:
  - site: app
    set: { Cross-Origin-Opener-Policy: Same-Origin, Cross-Origin-Resource-Policy: same-site }
";
    let project = project(LOGIN, rollout);
    let ran = rehearse(&project, &["--grep", "fixed", "--report-only", "--json"]);
    assert_snapshot!(ran.err, @"
    warning: rollout.yaml:4: Cross-Origin-Opener-Policy: `Same-Origin` has capital letters: write `same-origin` [wrong-case]
    note: rollout.yaml:4: Cross-Origin-Resource-Policy has no report-only form; left out
    ");
}
