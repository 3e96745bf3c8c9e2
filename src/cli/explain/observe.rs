//! Real browsers' answers beside the model's.

use std::fmt::Write as _;
use std::time::Duration;

use coopwright::event::{BrowserInfo, CellReport, JobReport};
use coopwright::fact::Facts;
use coopwright::predict::Prediction;
use coopwright::scenario::{self, Job, Unit};
use coopwright::sketch;
use coopwright::spec::Flow;
use serde_json::{Value, json};

use crate::cli::browsers::BrowserArgs;
use crate::cli::exit;
use crate::cli::observe::observe;

/// The longest time for one unit.
const LIMIT: Duration = Duration::from_secs(15);

/// What browsers showed.
pub(super) struct Observed {
    reports: Vec<JobReport>,
}

/// Runs a flow in these browsers.
pub(super) fn flow(flow: &Flow, browsers: &BrowserArgs) -> anyhow::Result<Observed> {
    let yaml = sketch::scenario_of(flow)?;
    let scenario = scenario::parse("flow.yaml", &yaml)?;
    jobs(&scenario.jobs(), browsers)
}

/// Runs variants and matrices in these browsers, without their snapshots.
pub(super) fn jobs(jobs: &[Job], browsers: &BrowserArgs) -> anyhow::Result<Observed> {
    Ok(Observed { reports: observe(jobs, browsers, None, LIMIT)? })
}

impl Observed {
    /// Fact by fact, predicted and observed.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for report in &self.reports {
            match report {
                JobReport::Unit(report) => {
                    let facts = report.observation.as_ref().map(|seen| &seen.facts);
                    let error = report.error.as_deref();
                    table(
                        &mut text,
                        &report.unit,
                        &report.browser,
                        &report.predictions,
                        facts,
                        error,
                    );
                }
                JobReport::Matrix(report) => {
                    for cell in &report.cells {
                        let CellReport { unit, facts, error, predictions, .. } = cell;
                        table(
                            &mut text,
                            unit,
                            &report.browser,
                            predictions,
                            Some(facts),
                            error.as_deref(),
                        );
                    }
                }
            }
        }
        text
    }

    /// Whether all could be tested.
    pub(super) fn exit_code(&self) -> u8 {
        let untested = self.reports.iter().any(|report| match report {
            JobReport::Unit(report) => report.error.is_some(),
            JobReport::Matrix(report) => report.cells.iter().any(|cell| cell.error.is_some()),
        });
        if untested { exit::ENVIRONMENT } else { exit::PASSED }
    }

    /// As [`Observed::text`], for programs.
    pub(super) fn json(&self) -> Value {
        let reports = self.reports.iter();
        let reports: Vec<Value> = reports
            .map(|report| match report {
                JobReport::Unit(report) => coopwright::report::unit(report),
                JobReport::Matrix(report) => coopwright::report::matrix(report),
            })
            .collect();
        json!({ "units": reports })
    }
}

fn table(
    text: &mut String,
    unit: &Unit,
    browser: &BrowserInfo,
    predictions: &[Prediction],
    facts: Option<&Facts>,
    error: Option<&str>,
) {
    let _ = writeln!(text, "{} in {}", unit.name(), browser.name());
    if let Some(error) = error {
        for line in error.lines() {
            let _ = writeln!(text, "  could not be tested: {line}");
        }
        text.push('\n');
        return;
    }
    let _ = writeln!(text, "  {:28} {:20} observed", "", "predicted for it");
    for prediction in predictions {
        let Some(observed) = facts.and_then(|facts| facts.get(&prediction.fact)) else {
            continue;
        };
        let mark = if prediction.is_borne_out_by(observed) { ' ' } else { '≠' };
        let (fact, predicted) = (prediction.fact.to_string(), prediction.value.to_string());
        let _ = writeln!(text, "{mark} {fact:28} {predicted:20} {observed}");
    }
    text.push('\n');
}
