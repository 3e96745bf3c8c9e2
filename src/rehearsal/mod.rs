//! A rollout of headers rehearsed: what changes in each flow and browser, for better and for worse, and
//! which response, header and rule did it. Pure.
//!
//! [`rehearsal`] compares two runs of a suite, as the site is and with the rollout. `effect` knows what is
//! worse than what, `words` says it, `decide` finds the header, `blindness` says what a trial as
//! report-only would not have told. [`reports`] is about what such a trial did tell, [`mix`] about
//! rollouts that reach some responses before others.

mod blindness;
mod change;
mod decide;
mod effect;
pub mod mix;
pub mod reports;
mod rules;
#[cfg(test)]
pub(crate) mod stage;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use crate::event::{BrowserInfo, UnitReport};
use crate::verdict::Verdict;

pub use blindness::{Blindness, ReportOnly};
pub use change::{Change, Fault, Outcome};
pub use decide::{Decided, Decider};
pub use effect::Effect;
pub use rules::{RuleLine, RuleUse, rule_lines};

/// What a rollout changes.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// The browsers, in the order of the run.
    pub browsers: Vec<Arc<BrowserInfo>>,
    /// The rules, in the order of their file.
    pub rules: Vec<RuleUse>,
    /// The flows, in the order of the run.
    pub flows: Vec<Flow>,
}

/// What a rollout changes in one flow.
#[derive(Debug, Clone)]
pub struct Flow {
    /// `scenario › variant`.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// Where it stands: `file:line`.
    pub place: String,
    /// How it fares in each browser that ran it.
    pub columns: Vec<Column>,
}

/// What a rollout changes in one flow in one browser.
#[derive(Debug, Clone)]
pub struct Column {
    /// The browser.
    pub browser: Arc<BrowserInfo>,
    /// How the flow fares.
    pub outcome: Outcome,
    /// How it ended as the site is.
    pub before: Verdict,
    /// How it ended with the rollout.
    pub after: Verdict,
    /// Why it could not be tested as the site is, if so.
    pub untested: Option<String>,
    /// Why it cannot be tested any more with the rollout, if so.
    pub fault: Option<Fault>,
    /// Whether a rule changed any of its responses. Where none did, no rollout explains a change.
    pub touched: bool,
    /// The facts that are not what they were, breaks first.
    pub changes: Vec<Change>,
}

/// Compares two runs of the same suite. A report without its counterpart is left out: a run was stopped.
#[must_use]
pub fn rehearsal(before: &[UnitReport], after: &[UnitReport], rules: &[RuleLine]) -> Rehearsal {
    let mut rehearsal = Rehearsal {
        browsers: browsers(before),
        rules: rules.iter().map(RuleUse::new).collect(),
        flows: Vec::new(),
    };
    let mut last = None;
    for before in before {
        let Some(after) = counterpart(before, after) else { continue };
        let column = column(before, after, rules);
        match rehearsal.flows.last_mut().filter(|_| last == Some(before.index)) {
            Some(flow) => flow.columns.push(column),
            None => rehearsal.flows.push(Flow {
                name: before.unit.name(),
                title: before.unit.title.clone(),
                place: format!("{}:{}", before.unit.path, before.unit.line),
                columns: vec![column],
            }),
        }
        last = Some(before.index);
    }
    for request in after.iter().filter_map(|r| r.observation.as_ref()).flat_map(|o| &o.requests) {
        for rule in &request.answer.rules {
            if let Some(rule) = rehearsal.rules.get_mut(*rule) {
                rule.count(&request.answer);
            }
        }
    }
    rehearsal
}

/// The report of the same unit in the same browser.
fn counterpart<'a>(report: &UnitReport, others: &'a [UnitReport]) -> Option<&'a UnitReport> {
    others.iter().find(|other| {
        other.index == report.index && other.browser.browser == report.browser.browser
    })
}

fn browsers(reports: &[UnitReport]) -> Vec<Arc<BrowserInfo>> {
    let mut browsers: Vec<Arc<BrowserInfo>> = Vec::new();
    for report in reports {
        if !browsers.iter().any(|known| known.browser == report.browser.browser) {
            browsers.push(Arc::clone(&report.browser));
        }
    }
    browsers
}

fn column(before: &UnitReport, after: &UnitReport, rules: &[RuleLine]) -> Column {
    let change::Changes { outcome, fault, touched, facts } = change::changes(before, after, rules);
    Column {
        browser: Arc::clone(&before.browser),
        outcome,
        before: before.verdict,
        after: after.verdict,
        untested: before.error.clone(),
        fault,
        touched,
        changes: facts,
    }
}

impl Rehearsal {
    /// Whether some flow fares so in some browser.
    #[must_use]
    pub fn has(&self, outcome: Outcome) -> bool {
        self.flows.iter().flat_map(|flow| &flow.columns).any(|column| column.outcome == outcome)
    }

    /// Whether no rule changed anything: its patterns match nothing, or the site sends all of it already.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.rules.iter().all(|rule| rule.changed == 0)
    }
}
