//! For tests: reports of units as a run would give them, of what the model says that browsers show.

use std::sync::Arc;

use fixtures_server::page::RawHeaders;

use super::RuleLine;
use super::decide::{altered, profile};
use crate::browser::Browser;
use crate::event::{BrowserInfo, UnitReport};
use crate::fact::{FactKind, FactValue};
use crate::observation::{Hop, Observation};
use crate::policy::changed_headers;
use crate::predict::{facts_of, planned, predict};
use crate::scenario::{Unit, parse};
use crate::verdict::{Verdict, broken_expectations};

/// Some flows and a rollout.
pub(crate) struct Stage {
    units: Vec<Unit>,
    /// Header lines that each page gets in place of those of the same name.
    rollout: Vec<(&'static str, Vec<(String, String)>)>,
    /// Facts that no model gives: for units whose name holds this, before and after.
    facts: Vec<(&'static str, &'static str, FactKind, FactValue, FactValue)>,
    browsers: Vec<Arc<BrowserInfo>>,
}

impl Stage {
    /// All variants of a scenario file, in Chromium.
    pub(crate) fn new(path: &str, yaml: &str) -> Self {
        let scenario = parse(path, yaml).unwrap_or_else(|faults| panic!("{faults:?}"));
        let browsers = vec![Self::browser(Browser::Chromium)];
        Self { units: scenario.units(), rollout: Vec::new(), facts: Vec::new(), browsers }
    }

    fn browser(browser: Browser) -> Arc<BrowserInfo> {
        let version = match browser.engine() {
            "firefox" => "153.7.0",
            "webkit" => "2.50.6",
            _ => "156.0.8078.108",
        };
        Arc::new(BrowserInfo {
            browser,
            version: version.to_owned(),
            workers: 1,
            lacks: Vec::new(),
        })
    }

    pub(crate) fn browsers(mut self, browsers: &[Browser]) -> Self {
        self.browsers = browsers.iter().map(|browser| Self::browser(*browser)).collect();
        self
    }

    /// A rule: these lines on this page.
    pub(crate) fn sets(mut self, page: &'static str, headers: &str) -> Self {
        let lines = RawHeaders(headers.to_owned());
        let lines = lines.lines().unwrap().into_iter();
        let lines = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.rollout.push((page, lines));
        self
    }

    /// What `subject.kind` is before and after, where no model knows.
    pub(crate) fn shows(
        mut self,
        unit: &'static str,
        subject: &'static str,
        kind: FactKind,
        before: impl Into<FactValue>,
        after: impl Into<FactValue>,
    ) -> Self {
        self.facts.push((unit, subject, kind, before.into(), after.into()));
        self
    }

    pub(crate) fn rules(&self) -> Vec<RuleLine> {
        let rules = self.rollout.iter().enumerate();
        rules
            .map(|(number, (page, lines))| RuleLine {
                place: format!("rollout.yaml:{}", 3 + 2 * number),
                says: format!(
                    "{page}: set {}",
                    lines
                        .iter()
                        .map(|(name, value)| format!("{name}: {value}"))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
                headers: lines.iter().map(|(name, _)| name.to_ascii_lowercase()).collect(),
            })
            .collect()
    }

    pub(crate) fn before(&self) -> Vec<UnitReport> {
        self.reports(false, &|_| false)
    }

    pub(crate) fn after(&self) -> Vec<UnitReport> {
        self.reports(true, &|_| true)
    }

    /// With the rollout on these pages alone.
    pub(crate) fn mixed(&self, is_new: &dyn Fn(&str) -> bool) -> Vec<UnitReport> {
        self.reports(true, is_new)
    }

    fn reports(&self, rolled_out: bool, is_new: &dyn Fn(&str) -> bool) -> Vec<UnitReport> {
        let units = self.units.iter().enumerate();
        let pairs = units.flat_map(|unit| self.browsers.iter().map(move |browser| (unit, browser)));
        pairs
            .map(|((index, unit), browser)| {
                let alter = |hop: &Hop| self.rolled_out(hop, is_new);
                let mut seen = planned(unit);
                if rolled_out {
                    seen = altered(&seen, &alter);
                }
                let mut report = report(index, unit, browser, seen);
                let mine = self.facts.iter().filter(|(name, ..)| unit.name().contains(name));
                if let Some(seen) = &mut report.observation {
                    for (_, subject, kind, before, after) in mine {
                        let value = if rolled_out { after } else { before };
                        seen.facts.insert(subject, *kind, value.clone());
                    }
                    let engine = browser.browser.engine();
                    report.broken = broken_expectations(unit, engine, &seen.facts);
                    if !report.broken.is_empty() {
                        report.verdict = Verdict::Failed;
                    }
                }
                report
            })
            .collect()
    }

    /// A response with the rules that are about it.
    fn rolled_out(&self, hop: &Hop, is_new: &dyn Fn(&str) -> bool) -> Hop {
        let page = hop.page.split('?').next().unwrap();
        let mut changed = hop.clone();
        for (number, (of, lines)) in self.rollout.iter().enumerate() {
            if *of != page || !is_new(page) {
                continue;
            }
            let sets = |name: &str| lines.iter().any(|(set, _)| set.eq_ignore_ascii_case(name));
            let mut headers: Vec<_> =
                changed.headers.iter().filter(|(name, _)| !sets(name)).cloned().collect();
            // `-` stands for a header that is taken away.
            headers.extend(lines.iter().filter(|(_, value)| value != "-").cloned());
            if !changed_headers(&changed.headers, &headers).is_empty() {
                changed.rules.push(number);
                changed.before.get_or_insert_with(|| hop.headers.clone());
                changed.headers = headers;
            }
        }
        changed
    }
}

fn report(index: usize, unit: &Unit, browser: &Arc<BrowserInfo>, seen: Observation) -> UnitReport {
    let mut report = UnitReport::new(index, Arc::new(unit.clone()), Arc::clone(browser));
    let profile = profile(&report);
    report.predictions = predict(unit, &seen, &profile);
    let mut seen = seen;
    seen.facts = facts_of(&report.predictions);
    // The evidence that tells a cut link from one that never was.
    for window in &mut seen.windows {
        let text = |kind| seen.facts.text(&window.name, kind).map(ToOwned::to_owned);
        let opener = text(FactKind::Opener);
        if let Some(last) = window.documents.last_mut() {
            last.opener = opener;
        }
    }
    report.observation = Some(seen);
    report
}
