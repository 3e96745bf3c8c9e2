//! Wrong usage and faulty files: exit code 2, a clear text, and no browser is started.

use insta::assert_snapshot;

use super::support::{Project, Ran};

const FLOW: &str = "version: 1
title: A popup
sites: { app: {}, auth: {} }
pages: { 'app:/': {}, 'auth:/': {} }
steps:
  - open: { url: app:/ }
  - popup: { as: popup, url: auth:/ }
variants:
  only: { kind: case, title: as it is, expect: { popup.opener: connected } }
";

#[test]
fn all_faults_of_all_files_come_at_once() {
    let project = Project::with(
        &FLOW
            .replace("as: popup", "az: popup")
            .replace("{}, 'auth:/': {}", "{ headers: 'COOP same: x' }"),
    );
    project.write("scenarios/syntax.yaml", "version: 1\ntitle: [\n");
    let ran = project.run(&["run"]);
    assert_snapshot!(ran, @"
    exit 2
    -- stdout
    -- stderr
    error: `COOP same` is not a header name: letters, digits and hyphens, no spaces
     --> scenarios/flow.yaml:4:31
      |
    4 | pages: { 'app:/': { headers: 'COOP same: x' } }
      |                               ^^^^^^^^^^^^

    error: missing key `as`
     --> scenarios/flow.yaml:7:5
      |
    7 |   - popup: { az: popup, url: auth:/ }
      |     ^^^^^

    error: unknown key `az`
     --> scenarios/flow.yaml:7:14
      |
    7 |   - popup: { az: popup, url: auth:/ }
      |              ^^
      |
      = help: did you mean `as`?

    error: unclosed bracket '['
     --> scenarios/syntax.yaml:2:8
      |
    2 | title: [
      |        ^
    ");
}

#[test]
fn a_path_that_does_not_exist() {
    let project = Project::with(FLOW);
    assert_snapshot!(project.run(&["run", "scenarios/flwo.yaml"]), @"
    exit 2
    -- stdout
    -- stderr
    error: `scenarios/flwo.yaml` does not exist
     |
     = help: did you mean `scenarios/flow.yaml`?
    ");
}

#[test]
fn an_unknown_flag_names_the_nearest() {
    let project = Project::with(FLOW);
    assert_snapshot!(project.run(&["run", "--worker", "2"]), @"
    exit 2
    -- stdout
    -- stderr
    error: unexpected argument '--worker' found

      tip: a similar argument exists: '--workers'

    Usage: coopwright run --workers <N> [PATHS]...

    For more information, try '--help'.
    ");
}

#[test]
fn nothing_selected() {
    let project = Project::with(FLOW);
    assert_snapshot!(project.run(&["run", "--grep", "no such name"]), @"
    exit 4
    -- stdout
    -- stderr
    no scenario is selected; `coopwright run --list` lists them all, with --builtin those of the program
    ");
    assert_eq!(project.run(&["run", "--tag", "none"]).code, 4);
}

#[test]
fn a_list_needs_no_browser() {
    let project = Project::with(FLOW);
    let ran = Ran::from_command(project.command(&["run", "--list"]).env("PATH", ""));
    assert_snapshot!(ran, @"
    exit 0
    -- stdout
    scenarios/flow.yaml  A popup
      scenarios/flow.yaml:9  only (case): as it is
    1 variant in 1 scenario
    -- stderr
    ");
}

#[test]
fn snapshots_are_not_updated_in_ci() {
    let project = Project::with(FLOW);
    let ran = Ran::from_command(project.command(&["run", "--update-snapshots"]).env("CI", "true"));
    assert_snapshot!(ran, @"
    exit 2
    -- stdout
    -- stderr
    error: snapshots are not updated where the environment variable `CI` is set
     |
     = help: run it locally and commit the snapshots, or clear the variable: `CI= coopwright run --update-snapshots`
    ");
    assert!(!project.path("scenarios/snapshots").exists());
}

#[test]
fn the_schema_is_json() {
    let ran = Project::new().run(&["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(schema["title"], "coopwright scenario");
    assert_eq!(ran.code, 0);
}
