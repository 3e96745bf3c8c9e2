//! The machine-readable result of a run. `schema.json` says what each field is.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::console::Totals;
use crate::event::{Attempt, Attempts, BrowserInfo, CellReport, Changed, MatrixReport, UnitReport};
use crate::predict::Prediction;
use crate::snapshot::Outcome;

/// The version of the JSON document. It changes when a field changes its meaning or goes.
pub(super) const VERSION: u32 = 1;

/// The operating system.
pub(super) const OS: &str = std::env::consts::OS;

/// In what surroundings a run took place.
#[derive(Debug, Clone)]
pub struct RunInfo {
    /// The command that makes the same run.
    pub command: String,
    /// The browsers, in the order of the run.
    pub browsers: Vec<Arc<BrowserInfo>>,
    /// Whether its windows were hidden.
    pub headless: bool,
    /// How long the browsers took to start.
    pub startup: Duration,
    /// How long the run took, the start of the browsers included.
    pub duration: Duration,
    /// Whether it was interrupted.
    pub interrupted: bool,
}

/// A browser of the run.
fn browser(info: &BrowserInfo) -> Value {
    json!({
        "name": info.browser,
        "engine": info.browser.engine(),
        "version": info.version,
        "started": info.workers > 0,
        "lacks": info.lacks,
        "cannot-show": info.browser.cannot_show(),
    })
}

/// One unit.
#[must_use]
pub fn unit(report: &UnitReport) -> Value {
    let unit = &report.unit;
    let seen = report.observation.as_ref();
    json!({
        "index": report.index,
        "scenario": unit.scenario,
        "variant": unit.variant,
        "kind": unit.kind,
        "title": unit.title,
        "file": unit.path,
        "line": unit.line,
        "browser": report.browser.browser,
        "verdict": report.verdict,
        "lacks": report.lacks,
        "duration-ms": millis(report.duration),
        "attempts": attempts(&report.attempts),
        "changed": changed(&report.attempts),
        "error": report.error,
        "may-differ-because": report.reasons,
        "broken-expectations": report.broken,
        "unobserved": report.unobserved,
        "snapshot": report.snapshot.as_ref().map(snapshot),
        "cause": report.cause,
        "fix": unit.lesson.as_ref().map(|lesson| &lesson.fix),
        "facts": seen.map(|seen| &seen.facts),
        "predicted": predicted(&report.predictions),
        "disagreements": report.disagreements,
        "lint": report.lint,
        "windows": seen.map(|seen| &seen.windows),
        "requests": seen.map(|seen| &seen.requests),
        "timeline": seen.map(|seen| &seen.timeline),
        "console": seen.map(|seen| &seen.console),
    })
}

/// One matrix, with its cells.
#[must_use]
pub fn matrix(report: &MatrixReport) -> Value {
    let unit = report.matrix.first();
    let axes = report.matrix.axes.iter().map(|(name, axis)| (name.clone(), json!(axis)));
    json!({
        "index": report.index,
        "scenario": unit.scenario,
        "variant": report.matrix.variant,
        "kind": unit.kind,
        "title": unit.title,
        "file": unit.path,
        "line": unit.line,
        "browser": report.browser.browser,
        "verdict": report.verdict,
        "duration-ms": millis(report.duration),
        "attempts": attempts(&report.attempts),
        "changed": changed(&report.attempts),
        "error": report.error,
        "may-differ-because": report.reasons,
        "snapshot": report.snapshot.as_ref().map(snapshot),
        "axes": axes.collect::<Map<String, Value>>(),
        "size": report.matrix.size(),
        "cells": report.cells.iter().map(cell).collect::<Vec<_>>(),
    })
}

/// Each time that it ran, if it ran several times.
fn attempts(attempts: &Attempts) -> Vec<Value> {
    let told = |attempt: &Attempt| {
        json!({
            "verdict": attempt.verdict,
            "wrong": attempt.wrong,
            "duration-ms": millis(attempt.duration),
        })
    };
    attempts.each.iter().map(told).collect()
}

/// Facts that were not the same each time.
fn changed(attempts: &Attempts) -> Vec<Value> {
    let told = |changed: &Changed| json!({ "cell": changed.cell, "fact": changed.fact, "values": changed.values });
    attempts.changed.iter().map(told).collect()
}

fn cell(report: &CellReport) -> Value {
    let values = report.unit.cell.iter().map(|(axis, label)| (axis.clone(), json!(label)));
    json!({
        "values": values.collect::<Map<String, Value>>(),
        "lacks": report.lacks,
        "error": report.error,
        "broken-expectations": report.broken,
        "facts": report.facts,
        "predicted": told(&report.predictions),
        "disagreements": report.disagreements,
    })
}

/// What the model says of a cell: without reasons, which `coopwright explain` gives.
fn told(predictions: &[Prediction]) -> Value {
    let pair = |prediction: &Prediction| (prediction.fact.to_string(), json!(prediction.value));
    Value::Object(predictions.iter().map(pair).collect())
}

/// The whole document.
#[must_use]
pub fn document(info: &RunInfo, totals: &Totals, units: &[Value], matrices: &[Value]) -> Value {
    json!({
        "version": VERSION,
        "run": {
            "coopwright": env!("CARGO_PKG_VERSION"),
            "command": info.command,
            "os": OS,
            "browsers": info.browsers.iter().map(|browser| self::browser(browser)).collect::<Vec<_>>(),
            "headless": info.headless,
            "startup-ms": millis(info.startup),
            "duration-ms": millis(info.duration),
            "interrupted": info.interrupted,
        },
        "totals": {
            "passed": totals.passed,
            "flaky": totals.flaky,
            "failed": totals.failed,
            "not-applicable": totals.not_applicable,
            "errors": totals.errors,
            "not-run": totals.left,
        },
        "units": units,
        "matrices": matrices,
    })
}

/// What the model says, fact by fact.
#[must_use]
pub fn predicted(predictions: &[Prediction]) -> Value {
    let told = |prediction: &Prediction| {
        let value = json!({ "value": prediction.value, "because": prediction.because });
        (prediction.fact.to_string(), value)
    };
    Value::Object(predictions.iter().map(told).collect())
}

fn snapshot(outcome: &Outcome) -> Value {
    let mut map = Map::new();
    let (name, diff) = match outcome {
        Outcome::Same => ("same", None),
        Outcome::New { .. } => ("new", None),
        Outcome::Differs { diff, browser_was, .. } => {
            map.insert("browser-was".to_owned(), json!(browser_was));
            ("differs", Some(diff.render(false)))
        }
        Outcome::Lacking => ("lacking", None),
        Outcome::Updated => ("updated", None),
    };
    map.insert("outcome".to_owned(), json!(name));
    if let Some(diff) = diff {
        map.insert("diff".to_owned(), json!(diff));
    }
    Value::Object(map)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
