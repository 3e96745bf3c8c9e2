//! Units and matrices as the formats for pipelines tell them: one by one, each in one browser, read from the
//! JSON document of a run; so what several shards have written serves as well. Pure.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::inert::one_line;
use crate::verdict::Verdict;

/// Of a matrix so many cells are told; more would hide the rest.
const CELLS: usize = 8;

/// A run, as its JSON document has it.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) run: RunTold,
    #[serde(default)]
    units: Vec<Case>,
    #[serde(default)]
    matrices: Vec<Case>,
    pub(super) totals: TotalsTold,
}

/// In what surroundings it took place.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RunTold {
    pub(super) coopwright: String,
    pub(super) os: String,
    pub(super) browsers: Vec<BrowserTold>,
    pub(super) duration_ms: u64,
    pub(super) interrupted: bool,
}

/// A browser of it.
#[derive(Debug, Deserialize)]
pub(super) struct BrowserTold {
    pub(super) name: String,
    pub(super) version: String,
}

/// How many ended how.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct TotalsTold {
    pub(super) passed: usize,
    pub(super) flaky: usize,
    pub(super) failed: usize,
    pub(super) not_applicable: usize,
    pub(super) errors: usize,
    pub(super) not_run: usize,
}

/// A unit or matrix in one browser.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Case {
    pub(super) scenario: String,
    pub(super) variant: String,
    pub(super) title: String,
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) browser: String,
    pub(super) verdict: Verdict,
    pub(super) duration_ms: u64,
    #[serde(default)]
    lacks: Vec<Value>,
    error: Option<String>,
    #[serde(default)]
    broken_expectations: Vec<BrokenTold>,
    snapshot: Option<SnapshotTold>,
    cause: Option<CauseTold>,
    fix: Option<String>,
    #[serde(default)]
    pub(super) attempts: Vec<AttemptTold>,
    #[serde(default)]
    changed: Vec<ChangedTold>,
    #[serde(default)]
    cells: Vec<CellTold>,
}

/// One of the times that it ran.
#[derive(Debug, Deserialize)]
pub(super) struct AttemptTold {
    pub(super) verdict: Verdict,
    pub(super) wrong: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ChangedTold {
    cell: Option<String>,
    fact: String,
    values: Vec<Option<Value>>,
}

#[derive(Debug, Deserialize)]
struct BrokenTold {
    fact: String,
    expected: Value,
    observed: Option<Value>,
    line: usize,
}

#[derive(Debug, Deserialize)]
struct SnapshotTold {
    outcome: String,
    diff: Option<String>,
}

#[derive(Debug, Deserialize)]
struct CauseTold {
    sentence: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct CellTold {
    values: serde_json::Map<String, Value>,
    error: Option<String>,
    #[serde(default)]
    lacks: Vec<Value>,
    #[serde(default)]
    broken_expectations: Vec<BrokenTold>,
}

impl Told {
    /// Reads the document of a run.
    ///
    /// # Errors
    /// When it is none, or of a version that has other fields.
    pub(super) fn read(document: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(document)
    }

    /// Units first, each in all its browsers, then matrices.
    pub(super) fn cases(&self) -> impl Iterator<Item = &Case> {
        self.units.iter().chain(&self.matrices)
    }
}

impl TotalsTold {
    /// `3 passed, 1 failed`.
    pub(super) fn words(&self) -> String {
        let error = if self.errors == 1 { "error" } else { "errors" };
        let rest = [
            (self.flaky, "flaky"),
            (self.failed, "failed"),
            (self.errors, error),
            (self.not_applicable, "not applicable"),
            (self.not_run, "not run"),
        ];
        let rest = rest.into_iter().filter(|(number, _)| *number > 0);
        let rest: String = rest.map(|(number, words)| format!(", {number} {words}")).collect();
        format!("{} passed{rest}", self.passed)
    }
}

impl Case {
    /// `hop-in-the-middle › broken`.
    pub(super) fn name(&self) -> String {
        format!("{} › {}", self.scenario, self.variant)
    }

    /// What is wrong, or why it was left out, on one line that is not long; empty where nothing is to be said.
    pub(super) fn headline(&self) -> String {
        one_line(&self.said())
    }

    fn said(&self) -> String {
        match self.verdict {
            Verdict::Passed if self.changed.is_empty() => String::new(),
            Verdict::Passed => "facts changed from one attempt to the next".to_owned(),
            Verdict::Flaky => format!("passed at attempt {}", self.attempts.len()),
            Verdict::NotApplicable => format!("{} lacks {}", self.browser, words(&self.lacks)),
            Verdict::Error => first_line(self.error.as_deref().unwrap_or("could not be tested")),
            Verdict::Failed => self.failure(),
        }
    }

    fn failure(&self) -> String {
        let all =
            self.broken_expectations.iter().chain(self.bad_cells().flat_map(CellTold::broken));
        let count = all.clone().count();
        if let Some(broken) = all.into_iter().next() {
            let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            return format!("{}{more}", broken.sentence());
        }
        match self.snapshot.as_ref().map(|snapshot| snapshot.outcome.as_str()) {
            Some("new") => "there is no accepted snapshot yet".to_owned(),
            Some(_) => "the snapshot differs".to_owned(),
            None => "failed".to_owned(),
        }
    }

    /// All that is to be said of what is wrong, over several lines, the place first.
    pub(super) fn details(&self) -> String {
        let mut text = format!("{}:{}  {}\n", self.file, self.line, self.title);
        let mut add = |line: &str| {
            let _ = writeln!(text, "{line}");
        };
        if let Some(error) = &self.error {
            add(error.trim_end());
        }
        for broken in &self.broken_expectations {
            add(&format!("{} (line {})", broken.sentence(), broken.line));
        }
        for cell in self.bad_cells().take(CELLS) {
            add(&cell.name());
            if let Some(error) = &cell.error {
                add(&format!("  {}", first_line(error)));
            }
            for broken in cell.broken() {
                add(&format!("  {} (line {})", broken.sentence(), broken.line));
            }
        }
        let more = self.bad_cells().count().saturating_sub(CELLS);
        if more > 0 {
            add(&format!("and {more} more cells of {}", self.cells.len()));
        }
        if let Some(cause) = &self.cause {
            add(&format!("cause: {}", cause.sentence));
        }
        if let (Some(fix), Verdict::Failed) = (&self.fix, self.verdict) {
            add(&format!("fix: {fix}"));
        }
        for (number, attempt) in self.attempts.iter().enumerate() {
            let wrong = attempt.wrong.as_ref().map(|wrong| format!(": {}", first_line(wrong)));
            let (name, wrong) = (attempt.verdict.name(), wrong.unwrap_or_default());
            add(&format!("attempt {}: {name}{wrong}", number + 1));
        }
        for changed in &self.changed {
            add(&changed.sentence());
        }
        if let Some(diff) = self.snapshot.as_ref().and_then(|snapshot| snapshot.diff.as_ref()) {
            add(diff.trim_end());
        }
        text
    }

    /// The line of what is wrong: of the first broken expectation, else of the variant.
    pub(super) fn place(&self) -> usize {
        self.broken_expectations.first().map_or(self.line, |broken| broken.line)
    }

    /// Whether it passed at once, or does not apply: nothing is to be looked into.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self.verdict, Verdict::Passed | Verdict::NotApplicable) && self.changed.is_empty()
    }

    fn bad_cells(&self) -> impl Iterator<Item = &CellTold> + Clone {
        self.cells.iter().filter(|cell| cell.error.is_some() || cell.broken().next().is_some())
    }
}

impl ChangedTold {
    /// `changed between attempts: popup.opener: severed, then connected`.
    fn sentence(&self) -> String {
        let values = self.values.iter();
        let values: Vec<String> = values
            .map(|value| value.as_ref().map_or_else(|| "not observed".to_owned(), word))
            .collect();
        let cell = self.cell.as_ref().map(|cell| format!("{cell}: ")).unwrap_or_default();
        let (fact, values) = (&self.fact, values.join(", then "));
        format!("changed between attempts: {cell}{fact}: {values}")
    }
}

impl BrokenTold {
    fn sentence(&self) -> String {
        let observed = self.observed.as_ref().map_or_else(|| "not observed".to_owned(), word);
        format!("{}: expected {}, observed {observed}", self.fact, word(&self.expected))
    }
}

impl CellTold {
    /// `opener=same-origin  popup=unsafe-none`.
    fn name(&self) -> String {
        let values = self.values.iter().map(|(axis, label)| format!("{axis}={}", word(label)));
        values.collect::<Vec<_>>().join("  ")
    }

    /// Where the browser lacks what the cell is about, nothing is wrong.
    fn broken(&self) -> impl Iterator<Item = &BrokenTold> + Clone {
        self.broken_expectations.iter().filter(|_| self.lacks.is_empty())
    }
}

/// A value as people write it.
fn word(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Array(values) if values.is_empty() => "(none)".to_owned(),
        Value::Array(values) => words(values),
        other => other.to_string(),
    }
}

fn words(values: &[Value]) -> String {
    values.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// A run with one of each, and texts that would like to be something else.
    pub(in crate::report) fn document() -> Value {
        let unit = |variant: &str, verdict: &str, more: Value| {
            let mut unit = json!({
                "scenario": "login", "variant": variant, "kind": "case", "title": "a <b>login</b>",
                "file": "scenarios/a,b:login.yaml", "line": 7, "browser": "chromium", "verdict": verdict,
                "duration-ms": 1234, "lacks": [], "error": null, "broken-expectations": [], "snapshot": null,
                "cause": null, "fix": null,
            });
            for (key, value) in more.as_object().unwrap() {
                unit[key] = value.clone();
            }
            unit
        };
        json!({
            "version": 1,
            "run": {
                "coopwright": "0.1.0", "os": "linux", "headless": true, "startup-ms": 5, "duration-ms": 61_002,
                "interrupted": false,
                "browsers": [{ "name": "chromium", "engine": "chromium", "version": "156.0" }],
            },
            "totals": { "passed": 1, "flaky": 1, "failed": 2, "not-applicable": 1, "errors": 1, "not-run": 0 },
            "units": [
                unit("passed", "passed", json!({})),
                unit("broken", "failed", json!({
                    "broken-expectations": [{
                        "fact": "main.messages", "expected": [], "observed": ["<script> ]]> @you | `x`", "\u{1b}[31m"],
                        "line": 12,
                    }],
                    "cause": { "fact": "main.messages", "sentence": "it was # sent", "hop": null },
                    "fix": "do not send it",
                    "snapshot": { "outcome": "differs", "diff": "-a\n+b" },
                })),
                unit("error", "error", json!({ "error": "the browser went away: 100 %\nand said nothing" })),
                unit("lacking", "not-applicable", json!({ "lacks": ["document-isolation-policy"] })),
                unit("wavering", "flaky", json!({
                    "attempts": [
                        { "verdict": "failed", "wrong": "popup.opener: expected connected", "duration-ms": 9 },
                        { "verdict": "passed", "wrong": null, "duration-ms": 8 },
                    ],
                    "changed": [{ "cell": null, "fact": "popup.opener", "values": ["severed", "connected"] }],
                })),
            ],
            "matrices": [unit("cells", "failed", json!({
                "cells": [{
                    "values": { "opener": "same-origin" }, "error": null, "lacks": [],
                    "broken-expectations": [{ "fact": "a.opener", "expected": "connected", "observed": null, "line": 3 }],
                }],
            }))],
        })
    }

    #[test]
    fn what_is_wrong_stands_on_one_line_and_in_full() {
        let document = document();
        let told = Told::read(&document).unwrap();
        let cases: Vec<&Case> = told.cases().collect();
        let headlines: Vec<String> = cases.iter().map(|case| case.headline()).collect();
        assert_eq!(headlines[0], "");
        assert!(headlines[1].starts_with("main.messages: expected (none), observed <script>"));
        assert_eq!(headlines[2], "the browser went away: 100 %");
        assert_eq!(headlines[3], "chromium lacks document-isolation-policy");
        assert_eq!(headlines[4], "passed at attempt 2");
        assert_eq!(headlines[5], "a.opener: expected connected, observed not observed");
        let details = cases[1].details();
        for part in ["login.yaml:7", "(line 12)", "cause: it was # sent", "fix: do not", "+b"] {
            assert!(details.contains(part), "{part}: {details}");
        }
        assert!(cases[5].details().contains("opener=same-origin"));
        let wavered = "changed between attempts: popup.opener: severed, then connected";
        assert!(cases[4].details().contains(wavered) && !cases[4].is_quiet());
    }
}
