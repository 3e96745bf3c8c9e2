//! What the last run left behind, for `--last-failed` and for shards: how each variant ended, and how long it
//! took. The JSON report of a run serves as well.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use coopwright::scenario::Job;
use coopwright::verdict::Verdict;

/// The file in the folder of results.
const FILE: &str = "last-run.json";

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LastRun {
    version: u32,
    #[serde(default)]
    units: Vec<Entry>,
    #[serde(default)]
    matrices: Vec<Entry>,
}

/// A variant in one browser.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    scenario: String,
    variant: String,
    browser: String,
    verdict: Verdict,
    duration_ms: u64,
}

/// Why there is none to go by.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LastRunError {
    #[error("there is no last run in `{folder}`")]
    None { folder: String },
    #[error("`{path}` cannot be read: {why}")]
    Unreadable { path: String, why: String },
}

impl LastRunError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::None { .. } => {
                "run once without --last-failed; a run elsewhere with --output DIR is \
                found with the same --output"
                    .to_owned()
            }
            Self::Unreadable { .. } => "give a JSON report of an earlier run: \
                `coopwright run --reporter json=FILE`"
                .to_owned(),
        }
    }
}

impl LastRun {
    /// Reads the file of the last run in this folder of results.
    pub(super) fn in_folder(folder: &Path) -> Result<Self, LastRunError> {
        let path = folder.join(FILE);
        if path.exists() {
            return Self::read(&path);
        }
        Err(LastRunError::None { folder: folder.display().to_string() })
    }

    /// Reads such a file, or the JSON report of a run.
    pub(super) fn read(path: &Path) -> Result<Self, LastRunError> {
        let unreadable =
            |why: String| LastRunError::Unreadable { path: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
    }

    /// Writes it from the JSON document of a run; gives the file.
    pub(super) fn write(document: &Value, folder: &Path) -> anyhow::Result<PathBuf> {
        let last = Self::deserialize(document)?;
        std::fs::create_dir_all(folder)?;
        let path = folder.join(FILE);
        std::fs::write(&path, serde_json::to_string_pretty(&last)? + "\n")?;
        Ok(path)
    }

    /// The jobs that failed, or could not be tested, in some browser.
    pub(super) fn failed(&self, jobs: Vec<Job>) -> Vec<Job> {
        let bad = self.entries().filter(|entry| entry.verdict.is_bad());
        let bad: HashSet<String> =
            bad.map(|entry| format!("{} › {}", entry.scenario, entry.variant)).collect();
        jobs.into_iter().filter(|job| bad.contains(&job.name())).collect()
    }

    /// How long each variant took in all its browsers together, in milliseconds.
    pub(super) fn durations(&self) -> HashMap<(&str, &str), u64> {
        let mut durations = HashMap::new();
        for entry in self.entries() {
            *durations.entry((&*entry.scenario, &*entry.variant)).or_default() += entry.duration_ms;
        }
        durations
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.units.iter().chain(&self.matrices)
    }

    #[cfg(test)]
    pub(super) fn of_durations(known: impl IntoIterator<Item = ((String, String), u64)>) -> Self {
        let entry = |((scenario, variant), duration_ms)| Entry {
            scenario,
            variant,
            browser: "chromium".to_owned(),
            verdict: Verdict::Passed,
            duration_ms,
        };
        Self { version: 1, units: known.into_iter().map(entry).collect(), matrices: Vec::new() }
    }
}
