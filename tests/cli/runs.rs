//! Whole runs in a real browser: verdicts, reports, snapshots.

use super::support::Project;

const LOGIN: &str = include_str!("login.yaml");

#[test]
fn a_login_is_observed_and_its_snapshot_accepted() {
    let project = Project::with(LOGIN);
    let first = project.run(&["run"]);
    assert_eq!(first.code, 1, "a new snapshot is to be reviewed first: {first}");
    assert!(first.out.contains("there is no accepted snapshot yet"), "{first}");
    let accepted = project.run(&["review", "--accept"]);
    assert_eq!(accepted.code, 0, "{accepted}");
    let second = project.run(&["run"]);
    assert_eq!(second.code, 0, "{second}");
    assert!(second.out.contains("2 passed"), "{second}");
    let broken = project.read("scenarios/snapshots/flow__broken.snap");
    let contents = broken.split("\n---\n").nth(1).unwrap();
    insta::assert_snapshot!(contents, @"
    auth:/token
      received: (none)
    login
      opener: severed
      handle: reads-closed
      open: yes
      self-close: yes
      session-storage: copied
      journey:
        - auth:/authorize severed
        - app:/callback severed
      isolated: no
      secure-context: yes
      shared-memory: unavailable
      messages: (none)
    main
      isolated: no
      secure-context: yes
      shared-memory: unavailable
      messages: (none)
      login: cancelled
    ");
    project.assert_nothing_left();
}

#[test]
fn a_changed_header_is_named_with_hop_and_cause() {
    let project = Project::with(&LOGIN.replace("app:/callback: { serve: callback }", "app:/callback:\n    serve: callback\n    headers: 'Cross-Origin-Opener-Policy: same-origin'"));
    let ran = project.run(&["run", "--ignore-snapshots", "--grep", "fixed"]);
    assert_eq!(ran.code, 1, "{ran}");
    // The first line and the last hold versions and times.
    let lines: Vec<&str> = ran.out.lines().collect();
    let out = lines[2..lines.len() - 1].join("\n").replace(|c: char| c.is_ascii_digit(), "0");
    insta::assert_snapshot!(out, @"
    flow
      COOP same-origin on every page kills the login popup
      ✗ failed fixed  same-origin-allow-popups where the popup is opened      0.00 s
        why  The app's own `Cross-Origin-Opener-Policy` (COOP) `same-origin` cuts
             the link to every popup of another origin.
        fix  Send `same-origin-allow-popups` on the route that opens the popup, and
             no opener policy on the callback.

    0) FAILED flow › fixed
       scenarios/flow.yaml:00

       login.opener  expected  connected  (line 00)
                     observed  severed

       main.login    expected  completed  (line 00)
                     observed  cancelled

       responses of `main`
         app:/  000
             Cross-Origin-Opener-Policy: same-origin-allow-popups

       responses of `login` (opened from `main`)
         auth:/authorize  000
             (no cross-origin header)
         auth:/authorize  000
             Location: {app}/callback?code=****&state=****
       > app:/callback  000
             Cross-Origin-Opener-Policy: same-origin

       cause  `login` was cut off by `app:/callback` (response 0 of 0 on the way to
              `app:/callback`), which sends `Cross-Origin-Opener-Policy:
              same-origin`, while the page before it, `auth:/authorize`, sends no
              `Cross-Origin-Opener-Policy`: a page with a policy does not match a
              predecessor without one

       fix    Send `same-origin-allow-popups` on the route that opens the popup, and
              no opener policy on the callback.
    ");
}

#[test]
fn in_ci_nothing_is_written() {
    let project = Project::with(LOGIN);
    let ran = super::support::Ran::from_command(project.command(&["run"]).env("CI", "true"));
    assert_eq!(ran.code, 1, "{ran}");
    assert!(ran.out.contains("nothing was written (CI)"), "{ran}");
    assert!(!project.path("scenarios/snapshots").exists());
}

#[test]
fn json_lists_each_variant_with_its_facts() {
    let project = Project::with(LOGIN);
    let (ran, document) = project.json(&["run", "--ignore-snapshots"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(document["version"], 1);
    assert_eq!(document["totals"]["passed"], 2);
    let broken = &document["units"][0];
    assert_eq!(broken["facts"]["login.opener"], "severed");
    assert_eq!(broken["facts"]["login.open"], "yes");
    assert_eq!(
        broken["cause"]["hop"]["page"].as_str().unwrap().split('?').next(),
        Some("auth:/authorize")
    );
    assert!(!ran.out.contains("localhost"), "no host or port may show: {ran}");
}

#[test]
fn facts_are_the_same_on_every_run() {
    let project = Project::with(LOGIN);
    let facts = || {
        let (_, document) = project.json(&["run", "--ignore-snapshots"]);
        let units = document["units"].as_array().unwrap().clone();
        units.into_iter().map(|unit| unit["facts"].to_string()).collect::<Vec<_>>()
    };
    let first = facts();
    for _ in 0..4 {
        assert_eq!(facts(), first);
    }
}

#[test]
fn a_run_stops_after_enough_failures() {
    let project = Project::with(&LOGIN.replace("login.opener: severed", "login.opener: connected"));
    let ran = project.run(&["run", "--ignore-snapshots", "--workers", "1", "-x"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert!(ran.out.contains("0 passed, 1 failed, 1 not run"), "{ran}");
}

#[test]
fn a_popup_that_never_opens_says_what_was_seen() {
    let project = Project::with(
        "version: 1
title: A frame that may not open popups
sites: { app: {}, widget: {} }
pages: { 'app:/': {}, 'widget:/': {} }
steps:
  - open: { url: app:/ }
  - frame: { as: widget, url: widget:/, sandbox: allow-scripts }
  - popup: { as: popup, url: widget:/, from: widget }
variants:
  only: { kind: case, title: as it is }
",
    );
    let ran = project.run(&["run", "--ignore-snapshots", "--timeout", "6"]);
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.out.contains("step 3 (`popup`): popup `popup` never showed a page"), "{ran}");
    assert!(ran.out.contains("the driver sees no new window"), "{ran}");
    project.assert_nothing_left();
}

/// A browser that stands still and a page that cannot run our script look alike: another browser is tried.
#[test]
fn a_page_that_never_reports_itself_is_tried_in_a_new_browser() {
    let project = Project::with(
        "version: 1
title: A page that is not heard of
sites: { app: {} }
pages: { 'app:/mute': { headers: 'Content-Security-Policy: sandbox' }, 'app:/': {} }
variants:
  mute: { kind: case, title: mute, steps: [ { open: { url: app:/mute } } ] }
  fine: { kind: case, title: is not, steps: [ { open: { url: app:/ } } ], expect: { main.isolated: no } }
",
    );
    let ran = project.run(&["run", "--ignore-snapshots", "--timeout", "4", "--workers", "1"]);
    assert_eq!(ran.code, 3, "{ran}");
    let told = "app:/mute was answered, but its document never reported itself: step 1 (`open`)";
    assert!(ran.err.contains(&format!("Chromium was started anew: {told}")), "{ran}");
    let flat = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(told), "{ran}");
    assert!(ran.out.contains("1 passed, 1 error"), "{ran}");
    project.assert_nothing_left();
}

#[test]
fn a_page_that_never_finishes_is_an_error() {
    let project = Project::with(
        "version: 1
title: A page that never finishes
sites: { app: {} }
pages: { 'app:/hang': { serve: hang }, 'app:/': {} }
variants:
  hangs: { kind: case, title: hangs, steps: [ { open: { url: app:/hang } } ] }
  fine: { kind: case, title: does not, steps: [ { open: { url: app:/ } } ], expect: { main.isolated: no } }
",
    );
    let ran = project.run(&["run", "--ignore-snapshots", "--timeout", "6", "--workers", "1"]);
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.out.contains("opening the page did not finish within 6 s"), "{ran}");
    assert!(ran.out.contains("1 passed, 1 error"), "{ran}");
    project.assert_nothing_left();
}
