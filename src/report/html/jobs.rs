//! From what a run tells to what the page shows: browsers, and each job in all its browsers.

use super::data::{BrowserView, MatrixView, Page, PageTotals, SnapshotView, UnitView};
use super::{matrices, units};
use crate::event::{BrowserInfo, JobReport, MatrixReport, UnitReport};
use crate::feature::Feature;
use crate::report::difference::difference;
use crate::report::json::OS;
use crate::report::{RunInfo, Totals};
use crate::snapshot::Outcome;

/// What the page shows of one job.
#[derive(Debug, Clone)]
pub enum JobView {
    /// Of a variant.
    Unit(UnitView),
    /// Of a matrix.
    Matrix(MatrixView),
}

impl JobView {
    /// A job in all its browsers; nothing if it ended in none.
    #[must_use]
    pub fn of(reports: &[JobReport]) -> Option<Self> {
        let found = difference(reports).unwrap_or_default();
        let mut units: Vec<&UnitReport> = Vec::new();
        let mut matrices: Vec<&MatrixReport> = Vec::new();
        for report in reports {
            match report {
                JobReport::Unit(report) => units.push(report),
                JobReport::Matrix(report) => matrices.push(report),
            }
        }
        let unit = units::view(&units, &found).map(Self::Unit);
        unit.or_else(|| matrices::view(&matrices, &found).map(Self::Matrix))
    }
}

impl Page {
    /// The page of a run, without its jobs yet.
    #[must_use]
    pub fn of_run(title: &str, info: &RunInfo, totals: &Totals) -> Self {
        Self {
            title: title.to_owned(),
            browsers: info.browsers.iter().map(|info| BrowserView::from(&**info)).collect(),
            os: OS.to_owned(),
            command: info.command.clone(),
            headless: info.headless,
            interrupted: info.interrupted,
            not_run: totals.left,
            totals: PageTotals::from(totals),
            ..Self::default()
        }
    }
}

impl From<&Totals> for PageTotals {
    fn from(totals: &Totals) -> Self {
        Self {
            passed: totals.passed,
            flaky: totals.flaky,
            failed: totals.failed,
            not_applicable: totals.not_applicable,
            errors: totals.errors,
        }
    }
}

impl From<&BrowserInfo> for BrowserView {
    fn from(info: &BrowserInfo) -> Self {
        Self {
            name: info.browser.name().to_owned(),
            title: info.browser.title().to_owned(),
            version: info.version.clone(),
            started: info.workers > 0,
            lacks: titles(&info.lacks),
            cannot_show: info.browser.cannot_show().map(ToOwned::to_owned),
        }
    }
}

/// Features as people write them.
pub(super) fn titles(features: &[Feature]) -> Vec<String> {
    features.iter().map(|feature| feature.title().to_owned()).collect()
}

/// What is to be said of a snapshot; nothing of one that holds.
pub(super) fn snapshot(outcome: &Outcome, browser: &BrowserInfo) -> Option<SnapshotView> {
    let view =
        |note: String, diff: Option<String>| SnapshotView { note, diff, ..Default::default() };
    match outcome {
        Outcome::Same | Outcome::Lacking | Outcome::Updated => None,
        Outcome::New { .. } => Some(view("There is no accepted snapshot yet.".to_owned(), None)),
        Outcome::Differs { diff, browser_was: None, .. } => {
            let note = "The snapshot differs from the accepted one.".to_owned();
            Some(view(note, Some(diff.render(false))))
        }
        Outcome::Differs { diff, browser_was: Some(was), .. } => {
            let (title, now) = (browser.browser.title(), &browser.version);
            let note = format!(
                "The browser has changed, not the scenario: accepted with {title} {was}, \
                 now {title} {now}."
            );
            let diff = Some(diff.render(false));
            Some(SnapshotView { note, browser_changed: true, diff })
        }
    }
}
