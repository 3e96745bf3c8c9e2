//! The HTML report of a run: gathered while it goes on, written when it is over.

use coopwright::event::JobReport;
use coopwright::report::html::{
    self, BrowserView, JobView, MatrixView, Page, PageTotals, UnitView,
};
use coopwright::report::{RunInfo, Totals};

/// What the page will show, by the number of the job in the run.
#[derive(Debug, Default)]
pub(super) struct Views {
    matrices: Vec<(usize, MatrixView)>,
    units: Vec<(usize, UnitView)>,
}

impl Views {
    /// Takes what a job has come to in its browsers.
    pub(super) fn take(&mut self, reports: &[JobReport]) {
        let Some(index) = reports.first().map(JobReport::index) else { return };
        match JobView::of(reports) {
            Some(JobView::Unit(unit)) => self.units.push((index, unit)),
            Some(JobView::Matrix(matrix)) => self.matrices.push((index, matrix)),
            None => {}
        }
    }

    /// The page.
    pub(super) fn page(self, info: &RunInfo, totals: &Totals) -> String {
        let arguments = std::env::args().skip(1);
        let page = Page {
            title: "coopwright report".to_owned(),
            browsers: info.browsers.iter().map(|info| BrowserView::from(&**info)).collect(),
            os: std::env::consts::OS.to_owned(),
            command: ["coopwright".to_owned()]
                .into_iter()
                .chain(arguments)
                .collect::<Vec<_>>()
                .join(" "),
            headless: info.headless,
            interrupted: info.interrupted,
            not_run: totals.left,
            totals: PageTotals {
                passed: totals.passed,
                flaky: totals.flaky,
                failed: totals.failed,
                not_applicable: totals.not_applicable,
                errors: totals.errors,
            },
            matrices: in_order(self.matrices),
            units: in_order(self.units),
        };
        html::render(&page)
    }
}

/// By the number in the run, which is then left out.
pub(super) fn in_order<T>(mut told: Vec<(usize, T)>) -> Vec<T> {
    told.sort_by_key(|(index, _)| *index);
    told.into_iter().map(|(_, value)| value).collect()
}
