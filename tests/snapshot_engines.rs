//! One snapshot for all engines, and one of an engine's own where it differs.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

use std::fs;
use std::path::Path;

use coopwright::snapshot::{Key, Mode, Outcome, Record, Sight, Store};
use tempfile::TempDir;

/// An engine, its version and what it shows.
type Shows<'a> = (&'static str, &'a str, &'a str);

const FIREFOX: Shows<'_> = ("firefox", "153.7.0", "connected");
const WEBKIT: Shows<'_> = ("webkit", "2.50.6", "severed");
const CHROMIUM: Shows<'_> = ("chromium", "156.0", "severed");

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn sight<'a>((engine, version, text): Shows<'a>, reasons: &'a [String]) -> Sight<'a> {
    let record = Record { contents: text.to_owned(), ..Record::default() };
    Sight { engine, version, record, reasons, follows_from_lack: &|_| false, counts: true }
}

fn check(dir: &Path, mode: Mode, flow: &str, shows: &[Shows<'_>]) -> Vec<Outcome> {
    let reasons = ["compares hops otherwise".to_owned()];
    let sights: Vec<Sight<'_>> = shows.iter().map(|shows| sight(*shows, &reasons)).collect();
    check_sights(dir, mode, flow, &sights)
}

fn check_sights(dir: &Path, mode: Mode, flow: &str, sights: &[Sight<'_>]) -> Vec<Outcome> {
    let store = Store::open(dir, mode).unwrap();
    store.check(&Key::new("login", "broken"), flow, sights).unwrap()
}

/// Every file with its text and what its front matter says of engines.
fn files(dir: &Path) -> String {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let line = |path: &std::path::PathBuf| {
        let record = Record::from_text(&fs::read_to_string(path).unwrap()).unwrap();
        let info: Vec<String> = record.info.iter().map(|(k, v)| format!("{k}: {v}")).collect();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        format!("{name} = {} ({})", record.contents, info.join(", "))
    };
    names.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn engines_that_agree_share_a_file_and_one_that_differs_has_its_own_with_the_reason() {
    let dir = folder();
    let outcomes = check(dir.path(), Mode::Update, "f", &[CHROMIUM, FIREFOX, WEBKIT]);
    assert_eq!(outcomes, [Outcome::Updated, Outcome::Updated, Outcome::Updated]);
    insta::assert_snapshot!(files(dir.path()), @"
    login__broken.snap = severed (flow: f, seen in: chromium 156.0, webkit 2.50.6)
    login__broken@firefox.snap = connected (flow: f, engine: firefox 153.7.0, because: compares hops otherwise)
    ");
    for mode in [Mode::ReadOnly, Mode::Pending, Mode::Update] {
        let outcomes = check(dir.path(), mode, "f", &[CHROMIUM, FIREFOX, WEBKIT]);
        assert_eq!(outcomes, [Outcome::Same, Outcome::Same, Outcome::Same], "{mode:?}");
    }
}

#[test]
fn an_own_file_goes_once_the_engine_agrees() {
    let dir = folder();
    check(dir.path(), Mode::Update, "f", &[CHROMIUM, FIREFOX]);
    let agrees = ("firefox", "160.0", "severed");
    let outcome = check(dir.path(), Mode::Pending, "f", &[CHROMIUM, agrees]);
    assert!(
        matches!(&outcome[1], Outcome::Differs { browser_was: Some(was), .. } if was == "153.7.0")
    );
    check(dir.path(), Mode::Update, "f", &[CHROMIUM, agrees]);
    insta::assert_snapshot!(files(dir.path()), @"login__broken.snap = severed (flow: f, seen in: chromium 156.0, firefox 160.0)");
}

#[test]
fn what_most_show_is_the_common_file_whichever_was_there_first() {
    // An engine alone does not overrule the others, and does not stay what it was before they came.
    for runs in [[&[CHROMIUM, WEBKIT][..], &[FIREFOX]], [&[FIREFOX], &[CHROMIUM, FIREFOX, WEBKIT]]]
    {
        let dir = folder();
        for shows in runs {
            check(dir.path(), Mode::Update, "f", shows);
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(files(dir.path()), @"
            login__broken.snap = severed (flow: f, seen in: chromium 156.0, webkit 2.50.6)
            login__broken@firefox.snap = connected (flow: f, engine: firefox 153.7.0, because: compares hops otherwise)
            ");
        }
    }
}

#[test]
fn a_changed_scenario_is_told_from_a_changed_browser() {
    let dir = folder();
    check(dir.path(), Mode::Update, "f", &[CHROMIUM, WEBKIT]);
    let newer = ("chromium", "157.0", "connected");
    let was = |flow: &str| match &check(dir.path(), Mode::ReadOnly, flow, &[newer])[..] {
        [Outcome::Differs { browser_was, .. }] => browser_was.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(was("f"), Some("156.0".to_owned()));
    assert_eq!(was("another flow"), None);
    // A changed scenario takes the common file along, though the others were not there.
    check(dir.path(), Mode::Update, "another flow", &[newer]);
    insta::assert_snapshot!(files(dir.path()), @"login__broken.snap = connected (flow: another flow, seen in: chromium 157.0)");
}

#[test]
fn a_difference_of_one_engine_waits_beside_the_common_file() {
    let dir = folder();
    check(dir.path(), Mode::Update, "f", &[CHROMIUM, WEBKIT]);
    let outcomes = check(dir.path(), Mode::Pending, "f", &[CHROMIUM, FIREFOX, WEBKIT]);
    assert_eq!([&outcomes[0], &outcomes[2]], [&Outcome::Same, &Outcome::Same]);
    let Outcome::Differs { pending: Some(file), .. } = &outcomes[1] else { panic!("{outcomes:?}") };
    assert!(file.ends_with("login__broken@firefox.snap.new"), "{}", file.display());
    let store = Store::open(dir.path(), Mode::Pending).unwrap();
    let waiting = store.pending().unwrap();
    assert_eq!(waiting.len(), 1);
    waiting[0].accept().unwrap();
    assert_eq!(store.unreferenced([&Key::new("login", "broken")]).unwrap(), [""; 0]);
    drop(store);
    let outcomes = check(dir.path(), Mode::ReadOnly, "f", &[CHROMIUM, FIREFOX, WEBKIT]);
    assert_eq!(outcomes, [Outcome::Same, Outcome::Same, Outcome::Same]);
}

#[test]
fn a_difference_of_all_engines_waits_in_the_common_file() {
    let dir = folder();
    check(dir.path(), Mode::Update, "f", &[CHROMIUM, FIREFOX, WEBKIT]);
    let all = [CHROMIUM, FIREFOX, WEBKIT].map(|(engine, version, _)| (engine, version, "never"));
    let outcomes = check(dir.path(), Mode::Pending, "g", &all);
    let waiting = |outcome: &Outcome| match outcome {
        Outcome::Differs { pending: Some(file), .. } => file.file_name().unwrap().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(waiting(&outcomes[0]), "login__broken.snap.new");
    assert_eq!(waiting(&outcomes[1]), "login__broken.snap.new");
}

#[test]
fn what_follows_from_a_lack_is_no_difference_and_no_snapshot() {
    let dir = folder();
    check(dir.path(), Mode::Update, "f", &[CHROMIUM]);
    let before = files(dir.path());
    for mode in [Mode::ReadOnly, Mode::Pending, Mode::Update] {
        let lacking = Sight {
            follows_from_lack: &|accepted| accepted == Some("severed"),
            ..sight(FIREFOX, &[])
        };
        let outcomes = check_sights(dir.path(), mode, "f", &[sight(CHROMIUM, &[]), lacking]);
        assert_eq!(outcomes, [Outcome::Same, Outcome::Lacking], "{mode:?}");
        assert_eq!(files(dir.path()), before, "{mode:?}");
    }
}

#[test]
fn a_browser_that_cannot_show_all_is_compared_and_writes_nothing() {
    let dir = folder();
    check(dir.path(), Mode::Update, "f", &[CHROMIUM]);
    let before = files(dir.path());
    let shell = || Sight { counts: false, ..sight(("chromium", "156.0", "other"), &[]) };
    for mode in [Mode::Pending, Mode::Update] {
        let outcome = check_sights(dir.path(), mode, "f", &[shell()]).remove(0);
        assert!(matches!(outcome, Outcome::Differs { pending: None, .. }), "{outcome:?}");
        assert_eq!(files(dir.path()), before, "{mode:?}");
    }
}
