//! A rehearsal told: for the console, as Markdown for a pull request, as JSON, and as one HTML file.
//!
//! `view` says what is told together; each of the others makes a text of it.

mod console;
#[cfg(test)]
mod hostile;
mod html;
mod json;
mod markdown;
#[cfg(test)]
mod tests;
mod view;

use crate::rehearsal::mix::Mix;
use crate::rehearsal::reports::Reports;
use crate::rehearsal::{Outcome, Rehearsal};

/// What is told of a rehearsal.
#[derive(Debug)]
pub struct RehearsalReport {
    /// The file with the rollout, as given.
    pub rollout: String,
    /// The environment of the settings file, if one was chosen.
    pub environment: Option<String>,
    /// What changes.
    pub rehearsal: Rehearsal,
    /// What mixtures of old and new responses do, where that was asked for.
    pub mix: Option<Mix>,
    /// What was reported, where the headers were only tried as report-only.
    pub reports: Option<Reports>,
    /// How many flows, counted once for each browser, were not run to the end: the run was stopped.
    pub left: usize,
}

impl RehearsalReport {
    /// Whether something breaks: a flow with the whole rollout or with a part of it, or, in a trial,
    /// something that was reported.
    #[must_use]
    pub fn breaks(&self) -> bool {
        let mixed = |mix: &Mix| {
            mix.flows.iter().flat_map(|flow| &flow.columns).any(|column| column.broke > 0)
        };
        self.rehearsal.has(Outcome::Breaks)
            || self.mix.as_ref().is_some_and(mixed)
            || self.reports.as_ref().is_some_and(Reports::mean_something)
    }

    /// Whether anything is not as it was.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.breaks() || self.rehearsal.has(Outcome::Works) || self.rehearsal.has(Outcome::Differs)
    }

    /// What is to be told even to those who do not read the report: rules that changed nothing.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        view::idle_rules(&self.rehearsal)
    }

    /// Whether something could not be tested.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.left > 0 || self.rehearsal.has(Outcome::Untested)
    }
}
