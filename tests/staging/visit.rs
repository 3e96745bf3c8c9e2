//! A team's folder with scenarios for sites that are not theirs, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::stack::{PASSWORD, Stack};
use super::support::{Project, Ran};

/// The three engines.
pub(crate) const ALL: &str = "chromium,firefox,webkit";
/// What is filled in where the password is to be wrong.
const WRONG: &str = "wr0ng&guess";

/// See the module. No two take place at once: each keeps all browsers busy.
pub(crate) struct Visit {
    project: Project,
    _turn: MutexGuard<'static, ()>,
}

impl Visit {
    /// A folder with these scenarios (of `scenarios/`, without `.yaml`) and with the stack's sites as the
    /// environment `staging`.
    pub(crate) fn to(stack: &Stack, scenarios: &[impl AsRef<str>]) -> Self {
        Self::with_settings(&stack.settings(), scenarios)
    }

    /// As [`Self::to`], with this settings file.
    pub(crate) fn with_settings(settings: &str, scenarios: &[impl AsRef<str>]) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let project = Project::new();
        project.write("coopwright.yaml", settings);
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/staging/scenarios");
        for name in scenarios.iter().map(AsRef::as_ref) {
            let text = fs::read_to_string(here.join(name).with_extension("yaml")).unwrap();
            let file = name.rsplit('/').next().unwrap();
            project.write(&format!("scenarios/{file}.yaml"), &text);
        }
        Self { project, _turn: turn }
    }

    /// One more file in the folder.
    pub(crate) fn write(&self, file: &str, text: &str) {
        self.project.write(file, text);
    }

    /// `coopwright run --env staging --json` with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> (Ran, Value) {
        self.json("run", &[&["--ignore-snapshots"], arguments].concat())
    }

    /// `coopwright rehearse --env staging --json` with a rollout.
    pub(crate) fn rehearse(&self, rollout: &str, arguments: &[&str]) -> (Ran, Value) {
        self.write("rollout.yaml", rollout);
        self.json("rehearse", &[&["--headers", "rollout.yaml"], arguments].concat())
    }

    fn json(&self, command: &str, arguments: &[&str]) -> (Ran, Value) {
        let first = [command, "--env", "staging", "--json", "--reporter", "html=report.html"];
        let mut command = self.project.command(&[&first[..], arguments].concat());
        command.env("STAGING_PASSWORD", PASSWORD).env("WRONG_PASSWORD", WRONG);
        let ran = Ran::from_command(&mut command);
        let document = serde_json::from_str(&ran.out);
        let document = document.unwrap_or_else(|error| panic!("{error}: {ran}"));
        (ran, document)
    }

    /// Fails if a password, or what the stack has given out, stands in an output or in a file's name or
    /// contents, or if a process is left.
    pub(crate) fn kept_everything_to_itself(&self, stack: &Stack, ran: &Ran) {
        self.project.assert_nothing_left();
        let mut secrets = stack.secrets();
        assert!(!secrets.is_empty(), "nobody signed in: {}", stack.said());
        // Whatever follows may be written otherwise in a URL or in HTML.
        secrets.extend([PASSWORD, WRONG].map(|word| word.split('&').next().unwrap().to_owned()));
        // A JSON Web Token, as every ID token is.
        secrets.push("eyJhbGciOi".to_owned());
        let mut texts = vec![("stdout".to_owned(), ran.out.clone())];
        texts.push(("stderr".to_owned(), ran.err.clone()));
        for file in files(&self.project.path("")) {
            let name = file.display().to_string();
            texts.push((format!("the name {name}"), name.clone()));
            texts.push((name, String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned()));
        }
        for (place, text) in &texts {
            for secret in &secrets {
                assert!(!text.contains(secret), "`{secret}` stands in {place}");
            }
        }
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The unit of this scenario in this browser.
pub(crate) fn unit<'a>(document: &'a Value, scenario: &str, browser: &str) -> &'a Value {
    let units = document["units"].as_array().unwrap();
    let found = units.iter().find(|unit| {
        unit["scenario"] == scenario.rsplit('/').next().unwrap() && unit["browser"] == browser
    });
    found.unwrap_or_else(|| panic!("`{scenario}` was not run in {browser}: {document:#}"))
}
