//! From a unit's reports to what the page shows of it. Times are numbers of their own, so that two runs give
//! one page but for them.

use super::data::{BrokenView, FactView, ResponseView, UnitColumn, UnitView};
use super::jobs::{snapshot, titles};
use super::matrices::predicted;
use super::moments::{attempts, millis, moments, pictures, windows};
use crate::cause::Cause;
use crate::event::UnitReport;
use crate::lint::Severity;
use crate::observation::{Hop, Observation, Request};
use crate::predict::Prediction;
use crate::report::difference::Difference;

/// A unit in all its browsers; nothing if there is none.
pub(super) fn view(reports: &[&UnitReport], found: &Difference) -> Option<UnitView> {
    let unit = &reports.first()?.unit;
    let bad = reports.iter().any(|report| report.verdict.is_bad());
    let columns = reports.iter().enumerate().map(|(number, report)| column(report, number, found));
    Some(UnitView {
        scenario: unit.scenario.clone(),
        scenario_title: unit.scenario_title.clone(),
        variant: unit.variant.clone(),
        kind: unit.kind.name().to_owned(),
        title: unit.title.clone(),
        place: format!("{}:{}", unit.path, unit.line),
        fix: unit.lesson.as_ref().filter(|_| bad).map(|lesson| lesson.fix.clone()),
        config: unit.lesson.iter().flat_map(|lesson| lesson.config.clone()).collect(),
        columns: columns.collect(),
    })
}

/// What the `number`th browser made of it.
fn column(report: &UnitReport, number: usize, found: &Difference) -> UnitColumn {
    let seen = report.observation.as_ref();
    let lint = report.lint.iter().filter(|found| found.lint.code.severity > Severity::Note);
    let broken = report.broken.iter().map(|broken| BrokenView {
        fact: broken.fact.to_string(),
        expected: broken.expected.to_string(),
        observed: broken.observed.as_ref().map(ToString::to_string),
        line: broken.line,
    });
    let outcome = report.snapshot.as_ref();
    UnitColumn {
        browser: report.browser.browser.name().to_owned(),
        verdict: report.verdict.name().to_owned(),
        duration_ms: millis(report.duration),
        attempts: attempts(&report.attempts),
        lacks: titles(&report.lacks),
        facts: seen.map(|seen| facts(seen, &report.predictions)).unwrap_or_default(),
        differs: found.differs.get(number).is_some_and(|differs| *differs),
        reasons: found.reasons.get(number).cloned().unwrap_or_default(),
        broken: broken.collect(),
        snapshot: outcome.and_then(|outcome| snapshot(outcome, &report.browser)),
        cause: report.cause.as_ref().map(|cause| cause.sentence.clone()),
        lint: lint.map(ToString::to_string).collect(),
        responses: seen.map(|seen| responses(seen, report.cause.as_ref())).unwrap_or_default(),
        windows: seen.map(windows).unwrap_or_default(),
        moments: seen.map(|seen| moments(seen, report.cause.as_ref())).unwrap_or_default(),
        console: seen.map(|seen| seen.console.clone()).unwrap_or_default(),
        pictures: pictures(report),
        error: report.error.clone(),
    }
}

fn facts(seen: &Observation, predictions: &[Prediction]) -> Vec<FactView> {
    let facts = seen.facts.iter();
    facts
        .map(|(fact, value)| FactView {
            name: fact.to_string(),
            observed: Some(value.to_string()),
            predicted: predicted(predictions, fact, value),
        })
        .collect()
}

fn responses(seen: &Observation, cause: Option<&Cause>) -> Vec<ResponseView> {
    let deciding = cause.and_then(|cause| cause.hop.as_ref());
    shown(seen, deciding, |request| request.method.clone())
}

/// The responses behind every window's documents, then those of other requests, which `name` names.
pub(super) fn shown(
    seen: &Observation,
    deciding: Option<&Hop>,
    name: impl Fn(&Request) -> String,
) -> Vec<ResponseView> {
    let view = |who: String, hop: &Hop| ResponseView {
        who,
        page: hop.page.clone(),
        status: hop.status,
        headers: hop.headers.clone(),
        deciding: deciding == Some(hop),
    };
    let mut views = Vec::new();
    let mut documents = Vec::new();
    for window in &seen.windows {
        let hops: Vec<&Hop> = window.documents.iter().flat_map(|document| &document.hops).collect();
        for (number, hop) in hops.iter().enumerate() {
            let who = match hops.len() {
                1 => window.name.clone(),
                _ => format!("{} hop {}", window.name, number + 1),
            };
            views.push(view(who, hop));
        }
        documents.extend(hops);
    }
    for request in seen.requests.iter().filter(|request| !documents.contains(&&request.answer)) {
        views.push(view(name(request), &request.answer));
    }
    views
}
