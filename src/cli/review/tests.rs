//! Reviews as they are read and answered, on real folders.

use std::fs;
use std::path::Path;

use clap::Parser;
use coopwright::snapshot::{Key as Name, Record, Sight};
use tempfile::TempDir;

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: ReviewArgs,
}

/// A project in which one snapshot has changed and one is new.
struct Project(TempDir);

/// What a review said, and its exit code.
struct Said(String, u8);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.run(Mode::Update, "broken", "opener: connected");
        project.run(Mode::Pending, "broken", "opener: severed");
        project.run(Mode::Pending, "fixed", "opener: connected");
        project
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, mode: Mode, variant: &str, contents: &str) {
        let record = Record {
            source: "scenarios/login.yaml".to_owned(),
            description: format!("login › {variant}"),
            info: Vec::new(),
            contents: contents.to_owned(),
        };
        let store = Store::open(&self.dir().join("scenarios/snapshots"), mode).unwrap();
        let sight = Sight {
            engine: "chromium",
            version: "156",
            record,
            reasons: &[],
            follows_from_lack: &|_| false,
            counts: true,
        };
        store.check(&Name::new("login", variant), "flow", &[sight]).unwrap();
    }

    /// Names of the files, and what the changed snapshot says.
    fn files(&self) -> String {
        let dir = self.dir().join("scenarios/snapshots");
        let entries = fs::read_dir(&dir).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        let text = fs::read_to_string(dir.join("login__broken.snap")).unwrap();
        format!("{} | {}", names.join(" "), text.lines().last().unwrap())
    }

    fn try_review(&self, flags: &[&str], keys: Option<&str>) -> anyhow::Result<Said> {
        let path = self.dir().join("scenarios").display().to_string();
        let args = ["review", &path].into_iter().chain(flags.iter().copied());
        let args = Cli::try_parse_from(args)?.args;
        let mut out = Vec::new();
        let mut typed = keys.unwrap_or_default().chars();
        let mut keys_read = || {
            assert!(keys.is_some(), "nobody is there to answer");
            typed.next().map(Key::Char).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
        };
        let code = review(&args, &mut out, &mut keys_read, keys.is_some())?;
        let out = console::strip_ansi_codes(&String::from_utf8(out)?).into_owned();
        for line in out.lines() {
            assert!(line.chars().count() <= 80 || line.contains(&path), "{line}");
        }
        Ok(Said(out.replace(&format!("{}/", self.dir().display()), ""), code))
    }

    fn review(&self, flags: &[&str], keys: Option<&str>) -> Said {
        self.try_review(flags, keys).unwrap()
    }
}

const BEFORE: &str =
    "login__broken.snap login__broken.snap.new login__fixed.snap.new | opener: connected";

#[test]
fn without_a_terminal_it_shows_and_decides_nothing() {
    let project = Project::new();
    let Said(text, code) = project.review(&[], None);
    insta::assert_snapshot!(text, @r"
    changed login__broken (1 of 2)
      login › broken
      scenarios/login.yaml
      flow: flow
      seen in: chromium 156

    -opener: connected
    +opener: severed

    new login__fixed (2 of 2)
      login › fixed
      scenarios/login.yaml
      flow: flow
      seen in: chromium 156

    +opener: connected

    scenarios/snapshots
      changed  login__broken
      new      login__fixed
    2 snapshots wait for review: 1 new, 1 changed.
    hint: review them at a terminal, or decide by flag: --accept or --reject,
          with --snapshot NAME for one of them
    ");
    assert_eq!((code, project.files().as_str()), (WAITING, BEFORE));
}

#[test]
fn list_gives_names_and_diff_gives_changes() {
    let project = Project::new();
    let Said(text, code) = project.review(&["--list"], Some(""));
    insta::assert_snapshot!(text, @r"
    scenarios/snapshots
      changed  login__broken
      new      login__fixed
    2 snapshots wait for review: 1 new, 1 changed.
    ");
    assert_eq!(code, DONE);
    let Said(text, code) = project.review(&["--diff", "--snapshot", "login__fixed"], None);
    insta::assert_snapshot!(text, @r"
    new login__fixed (1 of 1)
      login › fixed
      scenarios/login.yaml
      flow: flow
      seen in: chromium 156

    +opener: connected
    ");
    assert_eq!((code, project.files().as_str()), (DONE, BEFORE));
}

#[test]
fn flags_accept_and_reject_all() {
    let project = Project::new();
    let Said(text, code) = project.review(&["--accept"], None);
    insta::assert_snapshot!(text, @r"
    accepted  login__broken
    accepted  login__fixed
    2 snapshots accepted.
    ");
    let after = "login__broken.snap login__fixed.snap | opener: severed";
    assert_eq!((code, project.files().as_str()), (DONE, after));

    let project = Project::new();
    let Said(text, code) = project.review(&["--reject"], Some(""));
    insta::assert_snapshot!(text, @r"
    rejected  login__broken
    rejected  login__fixed
    2 snapshots rejected.
    ");
    assert_eq!((code, project.files().as_str()), (DONE, "login__broken.snap | opener: connected"));
}

#[test]
fn a_flag_with_a_name_leaves_the_others() {
    let project = Project::new();
    project.review(&["--reject", "--snapshot", "login__broken"], None);
    let after = "login__broken.snap login__fixed.snap.new | opener: connected";
    assert_eq!(project.files(), after);
}

#[test]
fn nothing_to_review_is_well() {
    let project = Project::new();
    project.review(&["--accept"], None);
    for flags in [&[][..], &["--list"], &["--accept"]] {
        let Said(text, code) = project.review(flags, None);
        assert_eq!((text.as_str(), code), ("No snapshot waits for review.\n", DONE));
    }
    // Whoever names one believes that it waits: a wrong folder must not look like success.
    let named = project.try_review(&["--accept", "--snapshot", "login__fixed"], None);
    let error = named.map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "no snapshot named `login__fixed` waits for review");
}

#[test]
fn a_terminal_is_asked_one_by_one() {
    let project = Project::new();
    let Said(text, code) = project.review(&[], Some("x?ar"));
    insta::assert_snapshot!(text, @r"
    changed login__broken (1 of 2)
      login › broken
      scenarios/login.yaml
      flow: flow
      seen in: chromium 156

    -opener: connected
    +opener: severed

    [a]ccept  [r]eject  [s]kip  [A]ccept all  [R]eject all  [q]uit
    accepted  login__broken

    new login__fixed (2 of 2)
      login › fixed
      scenarios/login.yaml
      flow: flow
      seen in: chromium 156

    +opener: connected

    [a]ccept  [r]eject  [s]kip  [A]ccept all  [R]eject all  [q]uit
    rejected  login__fixed
    1 accepted, 1 rejected, 0 left.
    ");
    assert_eq!((code, project.files().as_str()), (DONE, "login__broken.snap | opener: severed"));
}

#[test]
fn each_answer_does_what_it_says() {
    let none = "login__broken.snap | opener: connected";
    let both = "login__broken.snap login__fixed.snap | opener: severed";
    let second = "login__broken.snap login__broken.snap.new login__fixed.snap | opener: connected";
    let first = "login__broken.snap login__fixed.snap.new | opener: severed";
    let cases = [
        ("A", both, DONE),
        ("R", none, DONE),
        ("sa", second, WAITING),
        ("sA", second, WAITING),
        ("aq", first, WAITING),
        ("a", first, WAITING),
        ("as", first, WAITING),
        ("", BEFORE, WAITING),
        ("q", BEFORE, WAITING),
        ("\u{4}", BEFORE, WAITING),
    ];
    for (keys, files, expected) in cases {
        let project = Project::new();
        let Said(text, code) = project.review(&[], Some(keys));
        assert_eq!((project.files().as_str(), code), (files, expected), "{keys:?}: {text}");
    }
}

#[test]
fn a_key_source_that_never_ends_ends_the_review() {
    let answer = answer(&mut || Ok(Key::Unknown)).unwrap();
    assert_eq!(answer, None);
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest() {
    let project = Project::new();
    let refused = |name: &str| {
        let fault = project.try_review(&["--accept", "--snapshot", name], None).err().unwrap();
        let fault = fault.downcast::<UnknownSnapshot>().unwrap();
        (fault.to_string(), fault.hint())
    };
    let (message, hint) = refused("login_fixed");
    assert_eq!(message, "no snapshot named `login_fixed` waits for review");
    assert_eq!(hint, "did you mean `login__fixed`?");
    assert!(refused("x").1.contains("--list"));
    assert_eq!(project.files(), BEFORE);
}

#[test]
fn one_action_at_a_time() {
    assert!(Cli::try_parse_from(["review", "--accept", "--reject"]).is_err());
    assert!(Cli::try_parse_from(["review", "--list", "--diff"]).is_err());
}

#[test]
fn a_run_in_the_same_folder_is_not_disturbed() {
    let project = Project::new();
    let dir = project.dir().join("scenarios/snapshots");
    let _run = Store::open(&dir, Mode::Pending).unwrap();
    let fault = project.try_review(&["--accept"], None).err().unwrap();
    assert!(matches!(fault.downcast(), Ok(OpenError::Busy { .. })));
    assert_eq!(project.files(), BEFORE);
}
