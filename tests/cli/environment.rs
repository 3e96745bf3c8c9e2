//! What the machine lacks: exit code 3, and what to do about it.

use std::net::TcpListener;

use insta::assert_snapshot;

use super::support::{Halt, Project, Ran, Running, fake, script};

const QUIET: &str = "version: 1
title: Nothing happens
sites: { app: {} }
pages: { 'app:/': {} }
steps: [ { open: { url: app:/ } } ]
variants:
  only: { kind: case, title: as it is, expect: { main.secure-context: yes } }
";

#[test]
fn no_browser() {
    let project = Project::with(QUIET);
    let path = project.path("bin");
    for command in [&["run"][..], &["doctor"]] {
        let ran = Ran::from_command(project.command(command).env("PATH", &path));
        assert_eq!(ran.code, 3, "{ran}");
        assert!(ran.err.contains("no Chromium found"), "{ran}");
        assert!(ran.err.contains("`coopwright doctor --install --browser chromium`"), "{ran}");
        assert!(
            ran.err.contains("apt-get install --no-install-recommends chromium-driver"),
            "{ran}"
        );
    }
}

#[test]
fn a_driver_of_another_major_version() {
    let project = Project::with(QUIET);
    let bin = project.path("bin");
    fake(&bin, "chromium", "Chromium 156.0.1.2");
    fake(&bin, "chromedriver", "ChromeDriver 120.0.1.2 (x)");
    let ran =
        Ran::from_command(project.command(&["run"]).env("PATH", format!("{}:/bin", bin.display())));
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains("is of version 120.0.1.2"), "{ran}");
    assert!(ran.err.contains("same major version"), "{ran}");
}

#[test]
fn a_driver_that_ends_at_once_shows_its_words() {
    let project = Project::with(QUIET);
    let bin = project.path("bin");
    fake(&bin, "chromium", "Chromium 156.0.1.2");
    fake(&bin, "chromedriver", "ChromeDriver 156.0.1.2 (cannot find libfoo)");
    let ran =
        Ran::from_command(project.command(&["run"]).env("PATH", format!("{}:/bin", bin.display())));
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains("ended before it was ready"), "{ran}");
    assert!(ran.err.contains("cannot find libfoo"), "{ran}");
    project.assert_nothing_left();
}

#[test]
fn a_driver_whose_port_is_taken_is_started_again() {
    let project = Project::with(QUIET);
    let bin = project.path("bin");
    script(&bin, "chromium", "exec /usr/bin/chromium \"$@\"");
    script(
        &bin,
        "chromedriver",
        "if [ \"$1\" != --version ] && ! [ -e \"$0.tried\" ]; then
            : > \"$0.tried\"; echo 'bind() failed: Address already in use (98)' >&2; exit 1
        fi
        exec /usr/bin/chromedriver \"$@\"",
    );
    let mut command = project.command(&["run", "--ignore-snapshots"]);
    let ran = Ran::from_command(command.env("PATH", format!("{}:/usr/bin:/bin", bin.display())));
    assert_eq!(ran.code, 0, "{ran}");
    assert!(bin.join("chromedriver.tried").exists());
    project.assert_nothing_left();
}

#[test]
fn installing_asks_first() {
    let project = Project::with(QUIET);
    let bin = project.path("bin");
    fake(&bin, "apt-get", "must not be called");
    let ran = Ran::from_command(project.command(&["doctor", "--install"]).env("PATH", &bin));
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains("`--yes` runs it without asking"), "{ran}");
    assert!(!ran.err.contains("must not be called"), "{ran}");
}

#[test]
fn a_taken_port() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let project = Project::with(QUIET);
    let ran = project.run(&["run", "--ignore-snapshots", "--port", &port]);
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains(&format!("port {port} is in use")), "{ran}");
    project.assert_nothing_left();
}

#[test]
fn a_snapshot_folder_that_cannot_be_written_is_found_before_the_run() {
    let project = Project::with(QUIET);
    project.write("scenarios/snapshots", "a file where the folder should be");
    let ran = project.run(&["run"]);
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains("scenarios/snapshots"), "{ran}");
    assert!(ran.out.is_empty(), "{ran}");
    assert_eq!(project.read("scenarios/snapshots"), "a file where the folder should be");
}

#[test]
fn two_runs_at_once_in_one_folder() {
    let mut halt = Halt::new();
    let project = Project::with(&halt.scenario());
    let mut first = Running::start(&project, &["run", "--timeout", "60", "--workers", "1"]);
    halt.reached(&mut first);
    let second = project.run(&["run"]);
    assert_eq!(second.code, 3, "{second}");
    assert_snapshot!(second.err, @"
    error: another run is using the snapshots in `scenarios/snapshots`
     |
     = help: wait until the other `coopwright` has ended, then start again
    ");
    first.signal(nix::sys::signal::Signal::SIGINT);
    assert_eq!(first.end().code, 130);
    project.assert_nothing_left();
}

#[test]
fn doctor_proves_what_the_tests_rest_on() {
    let project = Project::new();
    let (ran, document) = project.json(&["doctor", "--browser", "chromium,firefox,webkit"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(document["healthy"], true);
    let browsers = document["browsers"].as_array().unwrap();
    assert_eq!(browsers.len(), 3);
    for browser in browsers {
        let proofs = browser["proofs"].as_array().unwrap();
        assert_eq!(proofs.len(), 3);
        assert!(proofs.iter().all(|proof| proof["verdict"] == "passed"), "{document}");
        let version = browser["version"].as_str().unwrap();
        assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{version}");
    }
    project.assert_nothing_left();
}

#[test]
fn one_installed_browser_will_do_unless_others_are_named() {
    let project = Project::with(QUIET);
    let bin = project.path("bin");
    std::fs::create_dir(&bin).unwrap();
    for name in ["chromium", "chromedriver"] {
        std::os::unix::fs::symlink(format!("/usr/bin/{name}"), bin.join(name)).unwrap();
    }
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_coopwright"));
        command.args(arguments).current_dir(project.path("")).env("PATH", &bin);
        // No `cargo install` folder either.
        command.env("TMPDIR", project.path("tmp")).env("CARGO_HOME", &bin).env("NO_COLOR", "1");
        command.env_remove("CI").env_remove("HOME");
        Ran::from_command(&mut command)
    };
    let ran = run(&["run", "--ignore-snapshots"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("Chromium"), "{ran}");
    let ran = run(&["run", "--ignore-snapshots", "--browser", "chromium,firefox"]);
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains("no Firefox found"), "{ran}");
    assert!(ran.err.contains("cargo install --locked geckodriver"), "{ran}");
    let ran = run(&["doctor"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("no Firefox found"), "{ran}");
    project.assert_nothing_left();
}
