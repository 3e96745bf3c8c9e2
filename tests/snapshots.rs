//! The snapshot store: the files it writes, as insta and as it reads them itself, and the life of a
//! snapshot from new through pending to accepted.
//!
//! `cargo insta` itself is not run, as it is a program to install and not a library. Its side of the
//! format stands in for it: insta's own reader, and for the front matter as it is written anew on
//! acceptance, a file made by hand in the style of insta's emitter.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fs;
use std::path::Path;

use coopwright::snapshot::{
    Diff, DiffLine, Key, Mode, OpenError, Outcome, Pending, Record, Sight, Store, StoreError,
};
use tempfile::TempDir;

/// A record with every kind of character that YAML could misread.
fn awkward() -> Record {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Record {
        source: "scenarios/a \"quoted\" # name: x.yaml".to_owned(),
        description: "two\nlines, a tab\t, \\ and ---\r\u{7f}\u{85}\u{2028}\u{feff} é 🦀"
            .to_owned(),
        info: vec![
            pair("Cross-Origin-Opener-Policy: x", "same-origin; report-to=\"a\""),
            pair("version", "129.0"),
            pair("yes", "null"),
            pair("empty", ""),
            pair("- dash", "~"),
        ],
        contents: "\n  indented: yes\n---\nafter a fence\n\ttab\nend".to_owned(),
    }
}

fn record(contents: &str) -> Record {
    Record {
        source: "scenarios/login.yaml".to_owned(),
        description: "login › broken".to_owned(),
        info: Vec::new(),
        contents: contents.to_owned(),
    }
}

fn key() -> Key {
    Key::new("login", "broken")
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn check(dir: &Path, mode: Mode, contents: &str) -> Outcome {
    try_check(&Store::open(dir, mode).unwrap(), &key(), &record(contents)).unwrap()
}

/// Compares what one engine shows.
fn try_check(store: &Store, key: &Key, record: &Record) -> Result<Outcome, StoreError> {
    let sight = Sight {
        engine: "chromium",
        version: "156",
        record: record.clone(),
        reasons: &[],
        follows_from_lack: &|_| false,
        counts: true,
    };
    store.check(key, "flow", &[sight]).map(|mut outcomes| outcomes.remove(0))
}

/// The record as the store writes it.
fn written(contents: &str) -> Record {
    let mut record = record(contents);
    record.info.push(("flow".to_owned(), "flow".to_owned()));
    record.info.push(("seen in".to_owned(), "chromium 156".to_owned()));
    record
}

/// Names of all files of a folder, hidden ones too.
fn files(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn pending(dir: &Path) -> Vec<Pending> {
    Store::open(dir, Mode::ReadOnly).unwrap().pending().unwrap()
}

#[test]
fn a_record_survives_its_file() {
    for written in [awkward(), record("one line"), Record::default()] {
        assert_eq!(Record::from_text(&written.to_text()).unwrap(), written);
    }
}

#[test]
fn the_file_reads_well() {
    let mut record = record("popup.opener: severed\n\n");
    record.info = vec![("chromium".to_owned(), "129".to_owned())];
    insta::assert_snapshot!(record.to_text(), @r#"
    ---
    source: "scenarios/login.yaml"
    description: "login › broken"
    info:
      "chromium": "129"
    ---
    popup.opener: severed
    "#);
}

#[test]
fn insta_reads_what_we_write() {
    for suffix in ["snap", "snap.new"] {
        let dir = folder();
        let path = dir.path().join(format!("login__broken.{suffix}"));
        fs::write(&path, awkward().to_text()).unwrap();

        let read = insta::Snapshot::from_file(&path).unwrap();

        let contents = read.as_text().unwrap().to_string();
        assert_eq!(contents, awkward().contents);
        assert_eq!(read.metadata().source(), Some(awkward().source.as_str()));
        assert_eq!(read.metadata().description(), Some(awkward().description.as_str()));
        let info = format!("{:?}", read.metadata().private_info().unwrap());
        for (name, value) in awkward().info {
            assert!(info.contains(&format!("(String({name:?}), String({value:?}))")), "{info}");
        }
    }
}

#[test]
fn a_file_in_the_style_of_cargo_insta_is_the_same() {
    let ours = record("popup.opener: severed");
    let theirs = "---\r\nsource: scenarios/login.yaml\r\nassertion_line: 7\r\ndescription: login › \
                  broken\r\nexpression: ~\r\ninfo: ~\r\n---\r\npopup.opener: severed\r\n\r\n";
    assert_eq!(Record::from_text(theirs).unwrap(), ours);

    let dir = folder();
    fs::write(dir.path().join("login__broken.snap"), theirs).unwrap();
    for mode in [Mode::ReadOnly, Mode::Pending] {
        assert_eq!(check(dir.path(), mode, "popup.opener: severed\n"), Outcome::Same);
    }
    assert_eq!(fs::read_to_string(dir.path().join("login__broken.snap")).unwrap(), theirs);
}

#[test]
fn a_new_snapshot_waits_until_it_is_accepted() {
    let dir = folder();
    let waiting = dir.path().join("login__broken.snap.new");

    let outcome = check(dir.path(), Mode::Pending, "a");

    assert_eq!(outcome, Outcome::New { pending: Some(waiting.clone()) });
    assert_eq!(files(dir.path()), ["login__broken.snap.new"]);
    let [found] = &pending(dir.path())[..] else { panic!("one is pending") };
    assert_eq!(
        (found.name.as_str(), &found.old, &found.new),
        ("login__broken", &None, &written("a"))
    );
    found.accept().unwrap();
    assert_eq!(files(dir.path()), ["login__broken.snap"]);
    assert_eq!(check(dir.path(), Mode::ReadOnly, "a"), Outcome::Same);
}

#[test]
fn a_difference_is_shown_and_can_be_rejected() {
    let dir = folder();
    check(dir.path(), Mode::Update, "a\nb");
    let waiting = dir.path().join("login__broken.snap.new");

    let outcome = check(dir.path(), Mode::Pending, "a\nc");

    let diff = Diff::new("a\nb", "a\nc");
    assert_eq!(
        outcome,
        Outcome::Differs { diff: diff.clone(), pending: Some(waiting), browser_was: None }
    );
    let [found] = &pending(dir.path())[..] else { panic!("one is pending") };
    assert_eq!(found.old, Some(written("a\nb")));
    assert_eq!(found.diff(), diff);
    found.reject().unwrap();
    assert_eq!(files(dir.path()), ["login__broken.snap"]);
    assert_eq!(check(dir.path(), Mode::ReadOnly, "a\nb"), Outcome::Same);
}

#[test]
fn update_writes_the_snapshot_and_drops_the_pending_one() {
    let dir = folder();
    assert_eq!(check(dir.path(), Mode::Update, "a"), Outcome::Updated);
    check(dir.path(), Mode::Pending, "b");
    assert_eq!(check(dir.path(), Mode::Update, "c"), Outcome::Updated);
    assert_eq!(files(dir.path()), ["login__broken.snap"]);
    assert_eq!(check(dir.path(), Mode::Update, "c"), Outcome::Same);
}

#[test]
fn update_refreshes_the_front_matter() {
    let dir = folder();
    check(dir.path(), Mode::Update, "a");
    let mut renamed = record("a");
    renamed.description = "login › wrong fix".to_owned();

    let pending = try_check(&Store::open(dir.path(), Mode::Pending).unwrap(), &key(), &renamed);
    assert_eq!(pending.unwrap(), Outcome::Same, "only texts are compared");
    let update = try_check(&Store::open(dir.path(), Mode::Update).unwrap(), &key(), &renamed);
    assert_eq!(update.unwrap(), Outcome::Updated);
    let text = fs::read_to_string(dir.path().join("login__broken.snap")).unwrap();
    assert!(text.contains("wrong fix"), "{text}");
}

#[test]
fn a_pending_snapshot_that_no_longer_differs_is_removed() {
    let dir = folder();
    check(dir.path(), Mode::Update, "a");
    check(dir.path(), Mode::Pending, "b");
    assert_eq!(files(dir.path()).len(), 2);
    assert_eq!(check(dir.path(), Mode::Pending, "a"), Outcome::Same);
    assert_eq!(files(dir.path()), ["login__broken.snap"]);
}

#[test]
fn read_only_writes_nothing() {
    let dir = folder();
    let missing = dir.path().join("snapshots");
    assert_eq!(check(&missing, Mode::ReadOnly, "a"), Outcome::New { pending: None });
    assert!(!missing.exists());

    check(dir.path(), Mode::Update, "a");
    check(dir.path(), Mode::Pending, "b");
    let before = files(dir.path());
    let differs = Outcome::Differs { diff: Diff::new("a", "c"), pending: None, browser_was: None };
    assert_eq!(check(dir.path(), Mode::ReadOnly, "c"), differs);
    assert_eq!(check(dir.path(), Mode::ReadOnly, "a"), Outcome::Same);
    assert_eq!(files(dir.path()), before, "a stale pending file stays, too");
    let [waiting] = &pending(dir.path())[..] else { panic!("one is pending") };
    assert_eq!(waiting.new.contents, "b");
}

#[test]
fn an_unchanged_file_is_not_written_again() {
    let dir = folder();
    let modified = |name: &str| fs::metadata(dir.path().join(name)).unwrap().modified().unwrap();
    check(dir.path(), Mode::Update, "a");
    check(dir.path(), Mode::Pending, "b");
    let before = (modified("login__broken.snap"), modified("login__broken.snap.new"));
    check(dir.path(), Mode::Pending, "b");
    assert_eq!((modified("login__broken.snap"), modified("login__broken.snap.new")), before);
    check(dir.path(), Mode::Update, "a");
    assert_eq!(modified("login__broken.snap"), before.0);
}

#[test]
#[cfg(unix)]
fn a_snapshot_is_as_readable_as_any_other_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = folder();
    fs::write(dir.path().join("other"), "").unwrap();
    check(dir.path(), Mode::Update, "a");
    let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("login__broken.snap"), mode("other"));
}

#[test]
fn a_folder_that_cannot_be_written_is_found_at_open() {
    let dir = folder();
    fs::write(dir.path().join("file"), "").unwrap();
    let below = dir.path().join("file/snapshots");
    for mode in [Mode::Pending, Mode::Update] {
        let fault = Store::open(&below, mode).unwrap_err();
        assert!(matches!(fault, OpenError::Unwritable { .. }), "{fault:?}");
        assert!(fault.to_string().contains(&below.display().to_string()), "{fault}");
        assert!(fault.hint().contains("writable"));
    }
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let dir = folder();
    let first = Store::open(dir.path(), Mode::Pending).unwrap();
    for mode in [Mode::ReadOnly, Mode::Pending, Mode::Update] {
        let fault = Store::open(dir.path(), mode).unwrap_err();
        assert!(matches!(fault, OpenError::Busy { .. }), "{fault:?}");
    }
    drop(first);
    assert_eq!(files(dir.path()), [""; 0], "no lock file stays behind");

    let reader = Store::open(dir.path(), Mode::ReadOnly).unwrap();
    assert!(Store::open(dir.path(), Mode::ReadOnly).is_ok(), "readers may share");
    assert!(Store::open(dir.path(), Mode::Update).is_err());
    drop(reader);
    assert!(Store::open(dir.path(), Mode::Update).is_ok());
}

#[test]
fn plain_names_stay_and_others_are_made_safe_and_unique() {
    assert_eq!(Key::new("login", "wrong-fix.2").name(), "login__wrong-fix.2");
    assert_eq!(
        Key::new("matrix", "broken[coop=same-origin,coep=]").name(),
        "matrix__broken-coop-same-origin-coep~c7a5153c03",
        "stable from version to version"
    );
    let long = "x".repeat(400);
    let pairs = [
        ("a", "b"),
        ("a", "B"),
        ("a", "b[c=d,e=]"),
        ("a", "b[c=,d=e]"),
        ("a", "b[c=d e]"),
        ("a", "b-c-d-e"),
        ("a__b", "c"),
        ("a", "b__c"),
        ("a_", "b"),
        ("a", "_b"),
        ("a", ""),
        ("", "a"),
        ("a", "../../etc/passwd"),
        ("a", "é"),
        ("a", "ü"),
        ("a", "\n"),
        ("con", "nul"),
        ("a", long.as_str()),
        ("a", &long[1..]),
    ];
    let names: BTreeSet<String> =
        pairs.iter().map(|(a, b)| Key::new(a, b).name().to_owned()).collect();
    assert_eq!(names.len(), pairs.len(), "{names:#?}");
    for name in names {
        let safe = |char: char| char.is_ascii_alphanumeric() || "-_.~".contains(char);
        assert!(name.chars().all(safe) && name.len() < 240, "{name}");
        assert!(!name.contains("..") && !name.starts_with('.'), "{name}");
        assert_eq!(name.matches("__").count(), 1, "{name}");
        assert_eq!(name, name.to_ascii_lowercase());
    }
}

#[test]
fn a_broken_file_is_named_with_what_is_wrong() {
    let broken = [
        ("no front matter", "does not begin"),
        ("", "does not begin"),
        ("---\nsource: a\n", "is missing"),
        ("---\nsource: [\n---\na", "cannot be read"),
        ("---\n<<<<<<< ours\nsource: a\n=======\n---\na", "cannot be read"),
        ("---\nsnapshot_kind: binary\nextension: png\n---\n", "binary"),
    ];
    for (text, what) in broken {
        let dir = folder();
        let path = dir.path().join("login__broken.snap");
        fs::write(&path, text).unwrap();
        for mode in [Mode::ReadOnly, Mode::Pending, Mode::Update] {
            let store = Store::open(dir.path(), mode).unwrap();
            let fault = try_check(&store, &key(), &record("a")).unwrap_err();
            assert!(matches!(fault, StoreError::Faulty { .. }), "{fault:?}");
            assert!(fault.to_string().contains(&path.display().to_string()), "{fault}");
            let source = fault.source().unwrap().to_string();
            assert!(source.contains(what), "{text:?}: {source}");
            assert!(!source.contains('\n') && !fault.hint().is_empty());
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "nothing is lost");
    }
}

#[test]
fn a_broken_pending_file_is_replaced_by_the_next_run() {
    let dir = folder();
    fs::write(dir.path().join("login__broken.snap.new"), "half a fi").unwrap();
    let store = Store::open(dir.path(), Mode::Pending).unwrap();
    assert!(matches!(store.pending(), Err(StoreError::Faulty { .. })));
    try_check(&store, &key(), &record("a")).unwrap();
    assert_eq!(store.pending().unwrap().len(), 1);
}

#[test]
fn snapshots_that_no_unit_names_are_listed() {
    let dir = folder();
    let store = Store::open(dir.path(), Mode::Update).unwrap();
    let keys = ["broken", "fixed", "gone"].map(|variant| Key::new("login", variant));
    for key in &keys {
        try_check(&store, key, &record("a")).unwrap();
    }
    fs::write(dir.path().join("notes.txt"), "").unwrap();
    fs::write(dir.path().join("login__other.snap.new"), "").unwrap();
    assert_eq!(store.unreferenced(&keys[..2]).unwrap(), ["login__gone"]);
    assert_eq!(store.unreferenced(&keys).unwrap(), [""; 0]);
}

#[test]
fn a_store_in_memory_only_compares() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let store = Store::in_memory([
        file("login__broken.snap", &record("a").to_text()),
        file("login__fixed.snap", "torn"),
        file("login__new.snap.new", &record("a").to_text()),
    ]);
    assert_eq!(try_check(&store, &key(), &record("a")).unwrap(), Outcome::Same);
    let differs = Outcome::Differs { diff: Diff::new("a", "b"), pending: None, browser_was: None };
    assert_eq!(try_check(&store, &key(), &record("b")).unwrap(), differs);
    let new = try_check(&store, &Key::new("login", "new"), &record("a"));
    assert_eq!(new.unwrap(), Outcome::New { pending: None });
    let fault = try_check(&store, &Key::new("login", "fixed"), &record("a")).unwrap_err();
    assert!(fault.to_string().contains("login__fixed.snap"), "{fault}");
    assert_eq!(store.pending().unwrap(), []);
    assert_eq!(store.unreferenced([&key()]).unwrap(), ["login__fixed"]);
}

#[test]
fn a_diff_shows_changes_with_three_lines_around() {
    let old: Vec<String> = (1..=20).map(|line| line.to_string()).collect();
    let mut new = old.clone();
    new[9] = "ten".to_owned();
    let diff = Diff::new(&old.join("\n"), &(new.join("\r\n") + "\n\n"));
    let lines =
        "  … 6 unchanged lines\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n  … 7 unchanged lines\n";
    assert_eq!(diff.render(false), lines);
    assert!(diff.lines().contains(&DiffLine::Added("ten".to_owned())));
    let colored = diff.render(true);
    assert!(colored.contains("\u{1b}[32m+ten\u{1b}[0m"), "{colored:?}");
    assert!(Diff::new("a\nb", "a\nb\n").is_empty());
    assert_eq!(Diff::new("a", "a\nb").render(false), " a\n+b\n", "`a` has not changed");
}

#[test]
fn a_diff_does_not_steer_the_terminal() {
    let shown = Diff::new("", "title\u{1b}[2J\tend").render(false);
    assert_eq!(shown, "+title\\u{1b}[2J\tend\n");
}
