//! Environments by name: what is said when there is none, or a faulty one. No browser is started.

use insta::assert_snapshot;

use super::support::{Project, Ran};

const FLOW: &str = "version: 1
title: A page
sites: { app: {} }
steps: [{ open: { url: app:/ } }]
variants: { only: { kind: case, title: as it is } }
";

const SETTINGS: &str = "version: 1
environments:
  staging:
    sites: { app: env:APP_URL }
    upstream-proxy: env:CORP_PROXY
";

#[test]
fn without_settings_there_is_no_environment() {
    let project = Project::with(FLOW);
    let ran = project.run(&["run", "--env", "staging"]);
    assert_eq!(ran.code, 2, "{ran}");
    assert!(ran.err.contains("there is no coopwright.yaml in ") && ran.err.contains(" or above"));
    assert!(ran.err.contains("`coopwright init` writes a coopwright.yaml"), "{ran}");
}

#[test]
fn an_environment_that_is_not_there_has_a_nearest_name() {
    let project = Project::with(FLOW);
    project.write("coopwright.yaml", SETTINGS);
    assert_snapshot!(project.run(&["run", "--env", "stagin"]), @"
    exit 2
    -- stdout
    -- stderr
    error: coopwright.yaml has no environment `stagin`
     |
     = help: did you mean `staging`?
    ");
}

#[test]
fn faults_are_shown_where_they_are_and_values_of_variables_never() {
    let project = Project::with(FLOW);
    project.write("coopwright.yaml", SETTINGS);
    let mut command = project.command(&["run", "--env", "staging"]);
    command.env("APP_URL", "https://ann:hunter2@app.example");
    let ran = Ran::from_command(command.env("CORP_PROXY", "socks5://hunter2"));
    assert!(!ran.to_string().contains("hunter2"));
    assert_snapshot!(ran, @"
    exit 2
    -- stdout
    -- stderr
    error: the value of `APP_URL` is no address of a site: it holds a user name or a password
     --> coopwright.yaml:4:19
      |
    4 |     sites: { app: env:APP_URL }
      |                   ^^^^^^^^^^^
      |
      = help: write e.g. `https://app.staging.example.com`

    error: the value of `CORP_PROXY` is no address of a proxy: it does not begin with `http://` or `https://`
     --> coopwright.yaml:5:21
      |
    5 |     upstream-proxy: env:CORP_PROXY
      |                     ^^^^^^^^^^^^^^
      |
      = help: write e.g. `http://proxy.corp.example:3128`
    ");
}

#[test]
fn the_settings_of_a_folder_above_count() {
    let project = Project::with(FLOW);
    project.write("coopwright.yaml", SETTINGS);
    project.write("inner/scenarios/flow.yaml", FLOW);
    let mut command = project.command(&["run", "--env", "staging"]);
    let ran = Ran::from_command(command.current_dir(project.path("inner")));
    assert_eq!(ran.code, 2, "{ran}");
    assert!(ran.err.contains("the environment variable `APP_URL` is not set"), "{ran}");
}

#[test]
fn flags_that_cannot_be_used_say_why() {
    let project = Project::with(FLOW);
    let site = ["run", "--site", "app=https://app.example", "--insecure-upstream", "ap.example"];
    assert_snapshot!(project.run(&site), @"
    exit 2
    -- stdout
    -- stderr
    error: `ap.example` of `--insecure-upstream` is the host of no site
     |
     = help: known here: app.example
    ");
}
