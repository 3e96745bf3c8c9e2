//! The one who hears of all workers, judges what has ended in every column, and tells it.

use std::collections::HashSet;

use super::column::Column;
use super::judge::{self, Unfinished};
use super::worker::{Ended, Told};
use super::{Compare, Options};
use crate::event::RunEvent;
use crate::fact::Facts;
use crate::scenario::Job;

/// See the module.
pub(super) struct Owner<'a, 'c> {
    options: &'a Options,
    columns: &'a [Column],
    compare: &'a mut Compare<'c>,
    tell: &'a mut dyn FnMut(RunEvent),
    /// By job, what is known of it in each column; nothing once it was reported.
    jobs: Vec<Option<Vec<Half>>>,
    begun: HashSet<usize>,
    /// Jobs, counted once for each column, that have not been reported.
    left: usize,
    failures: usize,
}

/// What is known of a job in one column.
enum Half {
    Unit(Option<Box<Ended>>),
    Matrix(Unfinished),
}

impl Half {
    fn is_complete(&self) -> bool {
        match self {
            Self::Unit(ended) => ended.is_some(),
            Self::Matrix(unfinished) => unfinished.is_complete(),
        }
    }

    fn has_begun(&self) -> bool {
        match self {
            Self::Unit(ended) => ended.is_some(),
            Self::Matrix(unfinished) => unfinished.has_begun(),
        }
    }
}

impl<'a, 'c> Owner<'a, 'c> {
    pub(super) fn new(
        jobs: &[Job],
        columns: &'a [Column],
        options: &'a Options,
        compare: &'a mut Compare<'c>,
        tell: &'a mut dyn FnMut(RunEvent),
    ) -> Self {
        let halves = |index: usize, job: &Job| {
            let half = |_: &Column| match job {
                Job::Matrix(matrix) => Half::Matrix(Unfinished::new(index, matrix)),
                Job::Unit(_) => Half::Unit(None),
            };
            Some(columns.iter().map(half).collect())
        };
        let left = jobs.len() * columns.len();
        let jobs = jobs.iter().enumerate().map(|(index, job)| halves(index, job)).collect();
        let begun = HashSet::new();
        Self { options, columns, compare, tell, jobs, begun, left, failures: 0 }
    }

    /// A column that did not start ends all its jobs at once, with the reason.
    pub(super) fn give_up_what_did_not_start(&mut self) {
        for (column, fault) in self.columns.iter().enumerate() {
            let Some(fault) = &fault.fault else { continue };
            while let Some(work) = self.columns[column].queue.next() {
                for one in work {
                    self.hear(one.give_up(column, fault));
                }
            }
        }
    }

    pub(super) fn hear(&mut self, told: Told) {
        match told {
            Told::Began { column, index } => {
                if let Some(Half::Matrix(unfinished)) = self.half(index, column) {
                    unfinished.begin();
                }
                if self.begun.insert(index) {
                    (self.tell)(RunEvent::Began { index });
                }
            }
            Told::Restarted { column, reason } => {
                let browser = self.columns[column].info.browser;
                (self.tell)(RunEvent::BrowserRestarted { browser, reason });
            }
            Told::Ended { column, ended, judged } => {
                let index = ended.index;
                match ended.cell {
                    Some(cell) => {
                        let facts = ended.result.map(|observation| observation.facts);
                        self.cells(column, index, vec![(cell, facts)]);
                    }
                    None => {
                        if let Some(Half::Unit(half)) = self.half(index, column) {
                            *half = Some(ended);
                        }
                        self.progress(index, 1);
                    }
                }
                drop(judged);
            }
            Told::Cells { column, index, results } => self.cells(column, index, results),
        }
    }

    fn half(&mut self, index: usize, column: usize) -> Option<&mut Half> {
        self.jobs[index].as_mut().map(|halves| &mut halves[column])
    }

    fn cells(&mut self, column: usize, index: usize, results: Vec<(usize, Result<Facts, String>)>) {
        let count = results.len();
        if let Some(Half::Matrix(unfinished)) = self.half(index, column) {
            for (cell, result) in results {
                unfinished.take(cell, result);
            }
        }
        self.progress(index, count);
    }

    /// Some more of a job has ended; reports it if that was all.
    fn progress(&mut self, index: usize, count: usize) {
        (self.tell)(RunEvent::Ended { index, count });
        if self.jobs[index].as_ref().is_some_and(|halves| halves.iter().all(Half::is_complete)) {
            self.report(index);
        }
    }

    fn report(&mut self, index: usize) {
        let Some(halves) = self.jobs[index].take() else { return };
        let mut judged = Vec::new();
        let mut columns = Vec::new();
        for (half, column) in halves.into_iter().zip(self.columns) {
            judged.push(match half {
                Half::Unit(Some(ended)) => judge::unit(*ended, column),
                Half::Matrix(unfinished) if unfinished.has_begun() || column.fault.is_some() => {
                    unfinished.judge(column)
                }
                _ => continue,
            });
            columns.push(column);
        }
        let reports = judge::compare(judged, &columns, self.compare);
        self.left -= reports.len();
        self.failures += reports.iter().filter(|report| report.verdict().is_bad()).count();
        if self.options.max_failures.is_some_and(|most| self.failures >= most) {
            for column in self.columns {
                column.queue.stop();
            }
        }
        (self.tell)(RunEvent::Finished(reports));
    }

    /// Reports what was stopped half way, and gives how much was not tested.
    pub(super) fn end(mut self) -> usize {
        let half_way: Vec<usize> = (0..self.jobs.len())
            .filter(|&index| {
                self.jobs[index].as_ref().is_some_and(|halves| halves.iter().any(Half::has_begun))
            })
            .collect();
        for index in half_way {
            self.report(index);
        }
        self.left
    }
}
