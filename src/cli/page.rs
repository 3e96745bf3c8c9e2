//! The HTML report of a run: gathered while it goes on, written when it is over.

use std::path::Path;

use anyhow::Context as _;
use coopwright::event::JobReport;
use coopwright::report::html::{self, MatrixView, Page, PageTotals, UnitView};
use coopwright::report::{RunInfo, Totals};

/// What the page will show, by the number of the job in the run.
#[derive(Debug, Default)]
pub(super) struct Views {
    matrices: Vec<(usize, MatrixView)>,
    units: Vec<(usize, UnitView)>,
}

impl Views {
    /// Takes what a job has come to.
    pub(super) fn take(&mut self, reports: &[JobReport]) {
        for report in reports {
            match report {
                JobReport::Unit(unit) => self.units.push((unit.index, unit.as_ref().into())),
                JobReport::Matrix(matrix) => {
                    self.matrices.push((matrix.index, matrix.as_ref().into()));
                }
            }
        }
    }

    /// Writes the page. The folder is made if it is missing.
    pub(super) fn write(self, path: &Path, info: &RunInfo, totals: &Totals) -> anyhow::Result<()> {
        let arguments = std::env::args().skip(1);
        let page = Page {
            title: "coopwright report".to_owned(),
            engine: info.browsers.iter().map(|info| info.name()).collect::<Vec<_>>().join(", "),
            engine_version: String::new(),
            os: std::env::consts::OS.to_owned(),
            command: ["coopwright".to_owned()]
                .into_iter()
                .chain(arguments)
                .collect::<Vec<_>>()
                .join(" "),
            totals: PageTotals {
                passed: totals.passed,
                failed: totals.failed,
                not_applicable: totals.not_applicable,
                errors: totals.errors,
            },
            matrices: in_order(self.matrices),
            units: in_order(self.units),
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, html::render(&page))
            .with_context(|| format!("cannot write the report to `{}`", path.display()))
    }
}

/// By the number in the run, which is then left out.
pub(super) fn in_order<T>(mut told: Vec<(usize, T)>) -> Vec<T> {
    told.sort_by_key(|(index, _)| *index);
    told.into_iter().map(|(_, value)| value).collect()
}
