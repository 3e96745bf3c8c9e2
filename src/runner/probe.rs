//! What a running browser lacks, found out by tiny scenarios that hold where it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use fixtures_server::Server;
use fixtures_server::page::Page;

use super::error::UnitError;
use super::flow::Flow;
use super::ground::Ground;
use super::worker::first_window;
use super::{Options, reach};
use crate::browser::{Browser, Endpoint, Session};
use crate::feature::Feature;
use crate::scenario::{self, Job, Unit};
use crate::verdict::broken_expectations;

const FEATURES: &str = include_str!("features.yaml");

/// What runs have found out of their browsers. A later run with the same ones starts none only for that.
#[derive(Debug, Clone, Default)]
pub struct Found(Arc<Mutex<BTreeMap<Browser, Known>>>);

/// What is known of a browser.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) version: String,
    /// Features that were tried, each with whether it is lacking.
    pub(super) probed: Vec<(Feature, bool)>,
}

impl Found {
    /// What is known of a browser, if that is all of `needed`.
    pub(super) fn of(&self, browser: Browser, needed: &BTreeSet<Feature>) -> Option<Known> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = found.get(&browser)?;
        let is_known = |feature: &Feature| known.probed.iter().any(|(probed, _)| probed == feature);
        needed.iter().all(is_known).then(|| known.clone())
    }

    pub(super) fn keep(&self, browser: Browser, known: Known) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(browser, known);
    }
}

/// The features on which the facts of these jobs may depend: what their responses ask for.
#[must_use]
pub fn needed_by(jobs: &[Job]) -> BTreeSet<Feature> {
    let units = jobs.iter().flat_map(Job::units);
    let mut needed = BTreeSet::new();
    for page in units.flat_map(|unit| unit.plan.pages.values()) {
        needed.extend(asked_for(page));
    }
    needed
}

fn asked_for(page: &Page) -> Vec<Feature> {
    let lines = page.headers.as_ref().and_then(|headers| headers.lines().ok()).unwrap_or_default();
    let mut features = Vec::new();
    for (name, value) in lines {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("Document-Isolation-Policy") {
            features.extend([Feature::DocumentIsolation, Feature::SharedMemory]);
        }
        if is("Cross-Origin-Embedder-Policy") {
            features.push(Feature::SharedMemory);
            features.extend(value.contains("credentialless").then_some(Feature::Credentialless));
        }
        if is("Cross-Origin-Opener-Policy") && value.contains("noopener-allow-popups") {
            features.push(Feature::NoopenerAllowPopups);
        }
        if is("Permissions-Policy") && value.contains("cross-origin-isolated") {
            features.push(Feature::IsolationPermission);
        }
    }
    features
}

/// Tries these features in a session: each with whether it is lacking. A browser that stands still is
/// replaced; what could not be tried then either is left out.
pub(super) async fn probe(
    session: &mut Session,
    endpoint: &Endpoint,
    server: &Server,
    features: &BTreeSet<Feature>,
    options: &Options,
) -> Vec<(Feature, bool)> {
    if features.is_empty() {
        return Vec::new();
    }
    let scenario = scenario::parse("features.yaml", FEATURES).expect("a test reads it");
    let mut found = Vec::new();
    for unit in scenario.units() {
        let feature = features.iter().find(|feature| feature.name() == unit.variant);
        let Some(&feature) = feature else { continue };
        let mut lacking = lacks(session, server, &unit, options).await;
        if lacking.is_err()
            && let Ok(other) = reach::start(endpoint, options, server).await
        {
            std::mem::replace(session, other).end().await;
            lacking = lacks(session, server, &unit, options).await;
        }
        found.extend(lacking.ok().map(|lacking| (feature, lacking)));
    }
    found
}

async fn lacks(
    session: &Session,
    server: &Server,
    unit: &Unit,
    options: &Options,
) -> Result<bool, UnitError> {
    let stage = server.stage(unit.plan.clone())?;
    let main = first_window(session).await?;
    let ground = Ground::new(stage, unit, None);
    let mut flow =
        Flow::new(unit, session, ground, main.clone(), options.unit_limit, options.variable);
    let seen = flow.perform().await;
    flow.clear(&main).await?;
    Ok(!broken_expectations(unit, "", &seen?.facts).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_has_a_probe() {
        let scenario = scenario::parse("features.yaml", FEATURES).unwrap();
        let units = scenario.units();
        let variants: Vec<&str> = units.iter().map(|unit| unit.variant.as_str()).collect();
        assert_eq!(variants, Feature::PROBED.map(Feature::name));
        assert!(units.iter().all(|unit| !unit.expect.is_empty()));
    }
}
