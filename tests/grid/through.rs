//! Runs through a Selenium Grid with two nodes.

use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::selenium::{Grid, PASSWORD, USER};
use super::support::{Halt, Project, Ran, Running};

const USER_VARIABLE: &str = "COOPWRIGHT_WEBDRIVER_USER";
const PASSWORD_VARIABLE: &str = "COOPWRIGHT_WEBDRIVER_PASSWORD";

/// The smallest run: three variants of the built-in suite.
const SMALL: [&str; 5] = ["run", "--builtin", "--tag", "mistake-1", "--ignore-snapshots"];

fn known(command: &mut Command) -> Ran {
    Ran::from_command(command.env(USER_VARIABLE, USER).env(PASSWORD_VARIABLE, PASSWORD))
}

/// One test, because the Grid takes longer to start than most of this.
#[test]
fn a_grid_with_two_nodes_does_what_this_machine_does() {
    let project = Project::new();
    let grid = Grid::start(&project.path(""));
    credentials_are_needed_and_not_shown(&project, &grid);
    what_no_node_has_is_refused_at_once(&project, &grid);
    sessions_end_with_a_failed_run(&grid);
    sessions_end_with_an_interrupted_run(&grid);
    the_suite_shows_the_same(&project, &grid);
}

fn the_suite_shows_the_same(project: &Project, grid: &Grid) {
    let suite = ["run", "--builtin", "--browser", "chromium,firefox", "--workers", "4", "--json"];
    let there = ["--webdriver", &grid.url(), "--reporter", "html=there.html"];
    let before = grid.had();
    let mut command = project.command(&[&suite[..], &there].concat());
    // The snapshots are those that local browsers have shown, compared as CI does.
    let remote = known(command.env("CI", "true"));
    grid.has_no_session(&remote);
    for (now, before) in grid.had().into_iter().zip(before) {
        assert!(now > before, "both nodes have had sessions of this run");
    }
    assert_eq!(remote.code, 0, "{remote}");
    let document: Value = serde_json::from_str(&remote.out).unwrap();
    let units = document["units"].as_array().unwrap();
    assert_eq!(units.len(), 196, "98 variants in two browsers");
    for unit in units {
        assert!(["same", "lacking"].contains(&unit["snapshot"]["outcome"].as_str().unwrap()));
    }
    not_shown(&[&remote.out, &remote.err, &project.read("there.html")]);
}

fn credentials_are_needed_and_not_shown(project: &Project, grid: &Grid) {
    let url = grid.url();
    let arguments = [&SMALL[..], &["--webdriver", &url]].concat();
    let ran = project.run(&arguments);
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains("asks for credentials (status 401"), "{ran}");
    assert!(ran.err.contains(PASSWORD_VARIABLE), "{ran}");

    let mut command = project.command(&arguments);
    command.env(USER_VARIABLE, USER).env(PASSWORD_VARIABLE, "not-the-one");
    let ran = Ran::from_command(&mut command);
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains("does not accept these credentials"), "{ran}");
    assert!(!ran.err.contains("not-the-one") && !ran.err.contains(USER), "{ran}");

    let ran = known(&mut project.command(&arguments));
    assert_eq!(ran.code, 0, "{ran}");
    not_shown(&[&ran.out, &ran.err]);

    // In the address, and by the path of older Grids.
    let address = url.replace("http://", "http://grid-tester:p%40ss%2Fw%3Drd%2541@") + "/wd/hub";
    let ran = project.run(&[&SMALL[..], &["--webdriver", &address]].concat());
    assert_eq!(ran.code, 0, "{ran}");
    not_shown(&[&ran.out, &ran.err]);
    grid.has_no_session(&ran);
}

fn not_shown(texts: &[&str]) {
    for text in texts {
        for secret in [USER, PASSWORD, "p%40ss", "Basic "] {
            assert!(!text.contains(secret), "`{secret}` is shown");
        }
    }
}

fn what_no_node_has_is_refused_at_once(project: &Project, grid: &Grid) {
    let url = grid.url();
    let wanted = ["--webdriver", &url, "--capability", r#"browserVersion="11""#];
    let ran = known(&mut project.command(&[&SMALL[..], &wanted].concat()));
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains("No nodes support the capabilities in the request"), "{ran}");
    not_shown(&[&ran.out, &ran.err]);
}

fn sessions_end_with_a_failed_run(grid: &Grid) {
    let project = Project::with(
        "version: 1
title: Expects what is not so
sites: { app: {} }
pages: { 'app:/': {} }
steps: [{ open: { url: app:/ } }]
variants:
  fails: { kind: case, title: is not isolated, expect: { main.isolated: yes } }
",
    );
    let there = ["run", "--ignore-snapshots", "--webdriver", &grid.url(), "-b", "chromium,firefox"];
    let ran = known(&mut project.command(&there));
    assert_eq!(ran.code, 1, "{ran}");
    grid.has_no_session(&ran);
}

fn sessions_end_with_an_interrupted_run(grid: &Grid) {
    let mut halt = Halt::new();
    let project = Project::with(&halt.scenario());
    let url = grid.url().replace("http://", "http://grid-tester:p%40ss%2Fw%3Drd%2541@");
    // The driver is busy with a script, and deletes the session when that has timed out.
    let there = ["run", "--ignore-snapshots", "--timeout", "8", "--webdriver", &url];
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut running = Running::start(&project, &there);
        halt.reached(&mut running);
        assert_eq!(grid.sessions(), 1);
        running.signal(signal);
        let ran = running.end();
        assert_eq!(ran.code, 130, "{ran}");
        grid.has_no_session(&ran);
    }
}
