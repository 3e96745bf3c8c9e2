//! What a run came to, ready for every reporter: its JSON document and what its HTML page shows. That of a
//! shard is kept in a file, and several are merged into what one run would have told. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::count;
use super::html::{BrowserView, MatrixView, Page, PageTotals, UnitView};

/// The version of the file.
const VERSION: u32 = 1;

/// Which part of a run it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ShardOf {
    /// Its number, from 1.
    pub number: usize,
    /// The names of the variants of each shard: the same in all shards of a run.
    pub plan: Vec<Vec<String>>,
}

/// See the module.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Results {
    /// The version of the file: another one is not read.
    coopwright_blob: u32,
    /// Which shard it is of, if it is of one.
    pub shard: Option<ShardOf>,
    /// The JSON document.
    pub document: Value,
    /// What the HTML page shows.
    pub page: Page,
    /// For each unit and each matrix of the page, the number of its job.
    unit_jobs: Vec<usize>,
    matrix_jobs: Vec<usize>,
}

/// Why files cannot be merged.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// It is no file of this kind, or of another version.
    #[error("`{name}` is no blob report of this version of coopwright: {why}")]
    NoBlob {
        /// The file.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// Not all are of the same run.
    #[error("`{one}` and `{other}` are not shards of one run: {why}")]
    Apart {
        /// A file.
        one: String,
        /// Another.
        other: String,
        /// What does not fit.
        why: String,
    },
    /// One stands for the same as another.
    #[error("`{one}` and `{other}` are both shard {number}")]
    Twice {
        /// A file.
        one: String,
        /// Another.
        other: String,
        /// Its number.
        number: usize,
    },
    /// There is nothing to merge.
    #[error("there is no blob report to merge")]
    Nothing,
}

impl MergeError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoBlob { .. } | Self::Nothing => {
                "shards write them with `coopwright run --shard 1/4 --reporter blob`".to_owned()
            }
            Self::Apart { .. } => {
                "run all shards on the same files, with the same arguments and the same \
                --durations file"
                    .to_owned()
            }
            Self::Twice { .. } => "leave one of them out".to_owned(),
        }
    }
}

/// Several shards in one.
#[derive(Debug)]
pub struct Merged {
    /// What one run would have told.
    pub results: Results,
    /// The numbers of the shards that are not there.
    pub missing: Vec<usize>,
    /// What is to be known about it, a line each.
    pub notes: Vec<String>,
}

impl Results {
    /// Of a run, or of the shard of one: the document, and what the page shows of each job.
    #[must_use]
    pub fn new(
        shard: Option<ShardOf>,
        document: Value,
        mut page: Page,
        units: Vec<(usize, UnitView)>,
        matrices: Vec<(usize, MatrixView)>,
    ) -> Self {
        let (unit_jobs, units) = units.into_iter().unzip();
        let (matrix_jobs, matrices) = matrices.into_iter().unzip();
        page.units = units;
        page.matrices = matrices;
        Self { coopwright_blob: VERSION, shard, document, page, unit_jobs, matrix_jobs }
    }

    /// Reads a file; `name` is said where it is none.
    ///
    /// # Errors
    /// When it is no such file, or one of another version.
    pub fn read(name: &str, text: &str) -> Result<Self, MergeError> {
        let no_blob = |why: String| MergeError::NoBlob { name: name.to_owned(), why };
        let value: Value =
            serde_json::from_str(text).map_err(|error| no_blob(error.to_string()))?;
        match value["coopwright-blob"].as_u64() {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => return Err(no_blob(format!("it is of version {version}"))),
            None => return Err(no_blob("`coopwright-blob` is missing".to_owned())),
        }
        Self::deserialize(value).map_err(|error| no_blob(error.to_string()))
    }

    /// Merges what shards, each with the name of its file, have told.
    ///
    /// # Errors
    /// When they are not of one run.
    pub fn merge(parts: Vec<(String, Self)>) -> Result<Merged, MergeError> {
        let mut names: BTreeMap<usize, &str> = BTreeMap::new();
        let Some((first_name, first)) = parts.first() else { return Err(MergeError::Nothing) };
        for (name, part) in &parts {
            let apart = |why: &str| MergeError::Apart {
                one: first_name.clone(),
                other: name.clone(),
                why: why.to_owned(),
            };
            match (&first.shard, &part.shard) {
                (Some(first), Some(own)) => {
                    if own.plan != first.plan {
                        return Err(apart("they divided the variants differently"));
                    }
                    if let Some(one) = names.insert(own.number, name) {
                        let (one, other) = (one.to_owned(), name.clone());
                        return Err(MergeError::Twice { one, other, number: own.number });
                    }
                }
                (None, None) if parts.len() == 1 => {}
                _ => return Err(apart("one of them is of a whole run")),
            }
            if command(&part.document) != command(&first.document) {
                return Err(apart("their commands differ"));
            }
        }
        let numbers: BTreeSet<usize> = names.into_keys().collect();
        let plan = first.shard.as_ref().map(|shard| shard.plan.clone()).unwrap_or_default();
        let mut parts = parts.into_iter().map(|(_, part)| part);
        let mut all = parts.next().ok_or(MergeError::Nothing)?;
        for part in parts {
            all.take(part);
        }
        all.finish();
        let mut notes = all.version_notes();
        let missing = (1..=plan.len()).filter(|number| !numbers.contains(number));
        let missing: Vec<usize> = missing.collect();
        for number in &missing {
            let lost = &plan[number - 1];
            all.note_missing(lost.len());
            let (of, variants) = (plan.len(), count(lost.len(), "variant"));
            let names =
                if lost.is_empty() { String::new() } else { format!(": {}", lost.join(", ")) };
            notes.push(format!("shard {number} of {of} is missing: {variants} not run{names}"));
        }
        all.shard = None;
        Ok(Merged { results: all, missing, notes })
    }

    /// Adds what another shard has told, in any order.
    fn take(&mut self, other: Self) {
        for list in ["units", "matrices"] {
            let more = other.document[list].as_array().cloned().unwrap_or_default();
            if let Some(own) = self.document[list].as_array_mut() {
                own.extend(more);
            }
        }
        let (own, more) = (&mut self.document, &other.document);
        if let (Some(own), Some(more)) = (own["totals"].as_object_mut(), more["totals"].as_object())
        {
            for (name, number) in more {
                let sum = own.get(name).and_then(Value::as_u64).unwrap_or_default();
                own.insert(name.clone(), (sum + number.as_u64().unwrap_or_default()).into());
            }
        }
        take_run(&mut own["run"], &more["run"]);
        take_browsers(&mut self.page.browsers, other.page.browsers);
        add(&mut self.page.totals, other.page.totals);
        self.page.interrupted |= other.page.interrupted;
        self.page.not_run += other.page.not_run;
        self.unit_jobs.extend(other.unit_jobs);
        self.page.units.extend(other.page.units);
        self.matrix_jobs.extend(other.matrix_jobs);
        self.page.matrices.extend(other.page.matrices);
    }

    /// Puts all in the order of the run.
    fn finish(&mut self) {
        let browsers = self.document["run"]["browsers"].as_array().cloned().unwrap_or_default();
        let place = |one: &Value| {
            let browser = browsers.iter().position(|browser| browser["name"] == one["browser"]);
            (one["index"].as_u64(), browser)
        };
        for list in ["units", "matrices"] {
            if let Some(own) = self.document[list].as_array_mut() {
                own.sort_by_key(&place);
            }
        }
        sort_by(&mut self.unit_jobs, &mut self.page.units);
        sort_by(&mut self.matrix_jobs, &mut self.page.matrices);
    }

    /// Counts so many jobs of a shard that is missing as not run, in each browser.
    fn note_missing(&mut self, jobs: usize) {
        let known = self.document["totals"]["not-run"].as_u64().unwrap_or_default();
        let lost = jobs * self.page.browsers.len();
        self.document["totals"]["not-run"] = (known + lost as u64).into();
        self.page.not_run += lost;
    }

    fn version_notes(&self) -> Vec<String> {
        let mixed = self.page.browsers.iter().filter(|browser| browser.version.contains(" / "));
        mixed
            .map(|browser| {
                format!("shards ran different versions of {}: {}", browser.title, browser.version)
            })
            .collect()
    }
}

/// The command that made it.
fn command(document: &Value) -> &Value {
    &document["run"]["command"]
}

/// Surroundings: the same in all shards but for times, and what went wrong in one of them.
fn take_run(own: &mut Value, other: &Value) {
    for time in ["startup-ms", "duration-ms"] {
        let longest = own[time].as_u64().max(other[time].as_u64());
        own[time] = longest.unwrap_or_default().into();
    }
    let interrupted = own["interrupted"] == true || other["interrupted"] == true;
    own["interrupted"] = interrupted.into();
    let others = other["browsers"].as_array().cloned().unwrap_or_default();
    for browser in others {
        let Some(all) = own["browsers"].as_array_mut() else { return };
        let Some(known) = all.iter_mut().find(|known| known["name"] == browser["name"]) else {
            all.push(browser);
            continue;
        };
        let version = |of: &Value| of["version"].as_str().unwrap_or_default().to_owned();
        known["version"] = versions(&version(known), &version(&browser)).into();
        known["started"] = (known["started"] == true || browser["started"] == true).into();
    }
}

fn take_browsers(own: &mut Vec<BrowserView>, others: Vec<BrowserView>) {
    for browser in others {
        match own.iter_mut().find(|known| known.name == browser.name) {
            Some(known) => {
                known.version = versions(&known.version, &browser.version);
                known.started |= browser.started;
            }
            None => own.push(browser),
        }
    }
}

/// One version, or several in a row. One that did not start tells none.
fn versions(one: &str, other: &str) -> String {
    match (one, other) {
        ("", other) => other.to_owned(),
        (one, "") => one.to_owned(),
        (one, other) if one.split(" / ").any(|known| known == other) => one.to_owned(),
        (one, other) => format!("{one} / {other}"),
    }
}

fn add(own: &mut PageTotals, other: PageTotals) {
    own.passed += other.passed;
    own.flaky += other.flaky;
    own.failed += other.failed;
    own.not_applicable += other.not_applicable;
    own.errors += other.errors;
}

fn sort_by<T>(jobs: &mut Vec<usize>, views: &mut Vec<T>) {
    let mut both: Vec<(usize, T)> = jobs.drain(..).zip(views.drain(..)).collect();
    both.sort_by_key(|(job, _)| *job);
    (*jobs, *views) = both.into_iter().unzip();
}
