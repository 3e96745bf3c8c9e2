//! What a run has come to, gathered while it goes on and put together when it is over.

use coopwright::event::JobReport;
use coopwright::report::html::{JobView, MatrixView, Page, UnitView};
use coopwright::report::{self, Results, RunInfo, ShardOf, Totals};
use serde_json::Value;

/// All that reporters tell, by the number of the job in the run.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    units: Vec<(usize, Value)>,
    matrices: Vec<(usize, Value)>,
    unit_views: Vec<(usize, UnitView)>,
    matrix_views: Vec<(usize, MatrixView)>,
}

impl Gathered {
    /// Takes what the job of this number has come to in its browsers.
    pub(super) fn take(&mut self, index: usize, reports: &[JobReport]) {
        for report in reports {
            let (list, mut told) = match report {
                JobReport::Unit(unit) => (&mut self.units, report::unit(unit)),
                JobReport::Matrix(matrix) => (&mut self.matrices, report::matrix(matrix)),
            };
            told["index"] = index.into();
            list.push((index, told));
        }
        match JobView::of(reports) {
            Some(JobView::Unit(unit)) => self.unit_views.push((index, unit)),
            Some(JobView::Matrix(matrix)) => self.matrix_views.push((index, matrix)),
            None => {}
        }
    }

    /// All together.
    pub(super) fn results(
        self,
        info: &RunInfo,
        totals: &Totals,
        shard: Option<ShardOf>,
    ) -> Results {
        let page = Page::of_run("coopwright report", info, totals);
        let told = |list| in_order(list).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        let (units, matrices) = (told(self.units), told(self.matrices));
        let document = report::document(info, totals, &units, &matrices);
        let (units, matrices) = (in_order(self.unit_views), in_order(self.matrix_views));
        Results::new(shard, document, page, units, matrices)
    }
}

fn in_order<T>(mut told: Vec<(usize, T)>) -> Vec<(usize, T)> {
    told.sort_by_key(|(index, _)| *index);
    told
}
