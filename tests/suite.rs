//! Suites: from the paths of a command line to scenarios and the places of their snapshots.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

use std::fs;
use std::path::{Path, PathBuf};

use coopwright::snapshot::Mode;
use coopwright::suite::{Problem, Snapshots, Suite, SuiteError, snapshot_folders};
use tempfile::TempDir;

/// The smallest scenario.
const SCENARIO: &str = "\
version: 1
title: Nothing happens
sites: { app: {} }
pages: { 'app:/': {} }
variants: { only: { kind: case, title: As it is } }
";

/// A folder with these files, each a scenario unless it says otherwise.
fn project(files: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in files {
        write(&dir.path().join(file), SCENARIO);
    }
    dir
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn load(dir: &TempDir, paths: &[&str]) -> Result<Suite, SuiteError> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| dir.path().join(path)).collect();
    Suite::load(&paths)
}

fn sources(suite: &Suite) -> Vec<&str> {
    suite.entries().iter().map(|entry| entry.source.as_str()).collect()
}

/// The problems as a user reads them, with the temporary folder left out.
fn problems(dir: &TempDir, paths: &[&str]) -> String {
    let fault = load(dir, paths).unwrap_err();
    fault.to_string().replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn a_folder_gives_its_scenarios_by_name_then_those_below() {
    let dir = project(&[
        "flows/b.yaml",
        "flows/a.yml",
        "flows/sub/deep/d.yaml",
        "flows/sub/c.yaml",
        "flows/notes.txt",
        "flows/.hidden/x.yaml",
        "flows/.x.yaml",
        "flows/snapshots/x.yaml",
        "flows/a-first/z.yaml",
    ]);
    let suite = load(&dir, &["flows"]).unwrap();
    let expected = ["flows/a.yml", "flows/b.yaml", "a-first/z.yaml", "sub/c.yaml", "deep/d.yaml"];
    assert_eq!(sources(&suite), expected);
}

#[test]
fn each_scenario_knows_its_snapshots() {
    let dir = project(&["flows/a.yaml", "flows/sub/b.yaml"]);
    let suite = load(&dir, &["flows"]).unwrap();
    let folders: Vec<_> = suite.entries().iter().map(|entry| entry.snapshots.clone()).collect();
    let at = |path: &str| Snapshots::Folder(dir.path().join(path));
    assert_eq!(folders, [at("flows/snapshots"), at("flows/sub/snapshots")]);
    let store = folders[0].open(Mode::ReadOnly).unwrap();
    assert_eq!(store.unreferenced([]).unwrap(), [""; 0]);
}

#[test]
fn paths_keep_their_order_and_a_file_is_read_once() {
    let dir = project(&["flows/a.yaml", "flows/b.yaml", "odd.name"]);
    let suite =
        load(&dir, &["odd.name", "flows/b.yaml", "flows/../flows", "flows/a.yaml"]).unwrap();
    let names: Vec<_> = suite.entries().iter().map(|entry| entry.scenario.name.as_str()).collect();
    assert_eq!(names, ["odd", "b", "a"]);
}

#[test]
fn all_problems_are_told_at_once() {
    let dir = project(&["flows/a.yaml", "flows/a.yml", "flows/good.yaml", "empty/notes.txt"]);
    write(&dir.path().join("flows/faulty.yaml"), "nothing: here\n");
    fs::write(dir.path().join("flows/latin.yaml"), b"title: caf\xe9").unwrap();

    let fault = load(&dir, &["flwos", "flows", "empty", "else"]).unwrap_err();

    let mut kinds = fault.problems().iter();
    let mut next = || kinds.next().unwrap();
    assert!(matches!(next(), Problem::Missing { nearest: Some(_), .. }));
    assert!(matches!(next(), Problem::NoScenario { .. }));
    assert!(matches!(next(), Problem::Missing { .. }));
    assert!(matches!(next(), Problem::Unreadable { .. }));
    assert!(matches!(next(), Problem::SameName { .. }));
    assert!(matches!(next(), Problem::Faulty(_)));
    assert!(kinds.next().is_none());
    let text = fault.to_string();
    assert!(text.contains("faulty.yaml:1:1"), "{text}");
}

#[test]
fn a_problem_says_what_to_do() {
    let dir = project(&["flows/login.yaml", "flows/login.yml", "empty/notes.txt"]);
    insta::assert_snapshot!(problems(&dir, &["flows/logni.yaml", "empty", "far/away"]), @"
    error: `flows/logni.yaml` does not exist
     |
     = help: did you mean `flows/login.yaml`?

    error: there is no scenario in `empty`
     |
     = help: name a `.yaml` file, or a folder that holds some

    error: `far/away` does not exist
    ");
    insta::assert_snapshot!(problems(&dir, &["flows"]), @r"
    error: `flows/login.yml` has the same name as `flows/login.yaml`, so they would share their snapshots
     |
     = help: rename one of them
    ");
}

#[test]
fn same_names_in_two_folders_are_two_scenarios() {
    let dir = project(&["one/login.yaml", "two/login.yaml"]);
    assert_eq!(load(&dir, &["one", "two"]).unwrap().entries().len(), 2);
}

#[test]
#[cfg(unix)]
fn a_folder_that_links_upwards_is_no_trap() {
    let dir = project(&["flows/a.yaml"]);
    std::os::unix::fs::symlink(dir.path(), dir.path().join("flows/up")).unwrap();
    assert_eq!(sources(&load(&dir, &["flows"]).unwrap()), ["flows/a.yaml"]);
}

#[test]
fn a_project_runs_its_own_scenarios_or_the_built_in_ones() {
    let dir = project(&["scenarios/mine.yaml"]);
    assert_eq!(sources(&Suite::of_project(dir.path()).unwrap()), ["scenarios/mine.yaml"]);

    let built_in = Suite::builtin().unwrap();
    for files in [&["readme.txt"][..], &["scenarios/readme.txt"][..]] {
        let suite = Suite::of_project(project(files).path()).unwrap();
        assert_eq!(sources(&suite), sources(&built_in));
    }
}

#[test]
fn a_fault_in_the_project_is_not_hidden_by_the_built_in_suite() {
    let dir = project(&[]);
    write(&dir.path().join("scenarios/faulty.yaml"), "nothing: here\n");
    assert_eq!(Suite::of_project(dir.path()).unwrap_err().problems().len(), 1);
}

#[test]
fn the_built_in_suite_is_the_folder_it_was_built_from() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let read = Suite::load(&[folder]).unwrap();
    let built_in = Suite::builtin().unwrap();
    assert!(!built_in.entries().is_empty());
    assert_eq!(sources(&built_in), sources(&read));
    for (built_in, read) in built_in.entries().iter().zip(read.entries()) {
        let names = |snapshots: &Snapshots| {
            snapshots.open(Mode::ReadOnly).unwrap().unreferenced([]).unwrap()
        };
        assert_eq!(names(&built_in.snapshots), names(&read.snapshots), "{}", read.source);
    }
}

#[test]
fn folders_of_snapshots_are_found_from_any_path() {
    let dir = project(&["flows/a.yaml", "flows/b.yaml", "flows/sub/c.yaml"]);
    write(&dir.path().join("flows/snapshots/a__x.snap"), "");
    write(&dir.path().join("flows/sub/snapshots/c__x.snap"), "");
    write(&dir.path().join("gone/snapshots/d__x.snap.new"), "");
    let folders = |paths: &[&str]| {
        let paths: Vec<PathBuf> = paths.iter().map(|path| dir.path().join(path)).collect();
        let found = snapshot_folders(&paths).unwrap();
        let relative = |path: &PathBuf| path.strip_prefix(dir.path()).unwrap().to_owned();
        found.iter().map(relative).map(|path| path.display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(folders(&["flows"]), ["flows/snapshots", "flows/sub/snapshots"]);
    assert_eq!(folders(&["flows/b.yaml", "flows/a.yaml"]), ["flows/snapshots"]);
    assert_eq!(folders(&["flows/snapshots"]), ["flows/snapshots"]);
    assert_eq!(folders(&["gone"]), ["gone/snapshots"], "the scenario is gone, its snapshot not");
    assert!(snapshot_folders(&[dir.path().join("flwos")]).is_err());
}
