//! The one who hears of all workers, judges what has ended in every column, and tells it.

use std::collections::HashSet;

use super::again::Tries;
use super::column::Column;
use super::judge::{self, Judged, Unfinished};
use super::worker::{Ended, Told};
use super::{Compare, Options};
use crate::event::{JobReport, RunEvent};
use crate::fact::Facts;
use crate::scenario::Job;

/// See the module.
pub(super) struct Owner<'a, 'c> {
    jobs: &'a [Job],
    options: &'a Options,
    columns: &'a [Column],
    compare: &'a mut Compare<'c>,
    tell: &'a mut dyn FnMut(RunEvent),
    /// By job, what is known of it in each column; nothing once it was reported.
    known: Vec<Option<Vec<Half>>>,
    begun: HashSet<usize>,
    /// Jobs, counted once for each column, that have not been reported.
    left: usize,
    failures: usize,
}

/// What is known of a job in one column.
struct Half {
    /// The times before.
    tries: Tries,
    now: Now,
    /// How many of them have been told.
    told: usize,
}

/// How far it is this time.
enum Now {
    Unit(Option<Box<Ended>>),
    Matrix(Unfinished),
    /// It has ended, and the job waits for other columns.
    Judged(Judged),
    /// It was stopped before it had ended.
    Nothing,
}

impl Now {
    fn new(index: usize, job: &Job) -> Self {
        match job {
            Job::Matrix(matrix) => Self::Matrix(Unfinished::new(index, matrix)),
            Job::Unit(_) => Self::Unit(None),
        }
    }

    fn is_complete(&self) -> bool {
        match self {
            Self::Unit(ended) => ended.is_some(),
            Self::Matrix(unfinished) => unfinished.is_complete(),
            Self::Judged(_) | Self::Nothing => true,
        }
    }

    fn has_begun(&self) -> bool {
        match self {
            Self::Unit(ended) => ended.is_some(),
            Self::Matrix(unfinished) => unfinished.has_begun(),
            Self::Judged(_) => true,
            Self::Nothing => false,
        }
    }

    /// Judges it, as far as it is.
    fn judge(&mut self, column: &Column) {
        *self = match std::mem::replace(self, Self::Nothing) {
            Self::Unit(Some(ended)) => Self::Judged(judge::unit(*ended, column)),
            Self::Matrix(unfinished) if unfinished.has_begun() || column.fault.is_some() => {
                Self::Judged(unfinished.judge(column))
            }
            Self::Judged(judged) => Self::Judged(judged),
            _ => Self::Nothing,
        };
    }

    fn judged(&mut self) -> Option<&mut Judged> {
        match self {
            Self::Judged(judged) => Some(judged),
            _ => None,
        }
    }

    fn into_judged(self) -> Option<Judged> {
        match self {
            Self::Judged(judged) => Some(judged),
            _ => None,
        }
    }
}

impl Half {
    /// Puts aside how it has ended, and begins anew; gives the cells of a matrix that are to be run.
    fn again(&mut self, index: usize, jobs: &[Job], options: &Options) -> Option<Vec<usize>> {
        let fresh = Now::new(index, &jobs[index]);
        let judged = std::mem::replace(&mut self.now, fresh).into_judged()?;
        let mut cells = None;
        if let JobReport::Matrix(report) = &judged.report {
            let (unfinished, wanted) = Unfinished::again(report, !report.verdict.is_bad());
            self.now = Now::Matrix(unfinished);
            cells = Some(wanted);
        }
        self.tries.put(judged, options.times);
        cells
    }
}

impl<'a, 'c> Owner<'a, 'c> {
    pub(super) fn new(
        jobs: &'a [Job],
        columns: &'a [Column],
        options: &'a Options,
        compare: &'a mut Compare<'c>,
        tell: &'a mut dyn FnMut(RunEvent),
    ) -> Self {
        let halves = |(index, job): (usize, &Job)| {
            let half =
                |_: &Column| Half { tries: Tries::default(), now: Now::new(index, job), told: 0 };
            Some(columns.iter().map(half).collect())
        };
        let left = jobs.len() * columns.len();
        let known = jobs.iter().enumerate().map(halves).collect();
        let begun = HashSet::new();
        let owner = Self { jobs, options, columns, compare, tell, known, begun, left, failures: 0 };
        if !options.times.are_several() {
            owner.close();
        }
        owner
    }

    /// Nothing is run once more.
    fn close(&self) {
        for column in self.columns {
            column.queue.close();
        }
    }

    /// A column that did not start ends all its jobs at once, with the reason.
    pub(super) fn give_up_what_did_not_start(&mut self) {
        for (column, fault) in self.columns.iter().enumerate() {
            let Some(fault) = &fault.fault else { continue };
            for work in self.columns[column].queue.take_rest() {
                self.hear(work.give_up(column, fault));
            }
        }
    }

    pub(super) fn hear(&mut self, told: Told) {
        match told {
            Told::Began { column, index } => {
                if let Some(Now::Matrix(unfinished)) = self.now(index, column) {
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
                    // What only came before in a session that is done again has ended already.
                    None => {
                        if let Some(Now::Unit(now @ None)) = self.now(index, column) {
                            *now = Some(ended);
                            self.progress(index, 1);
                        }
                    }
                }
                drop(judged);
            }
            Told::Cells { column, index, results } => self.cells(column, index, results),
        }
    }

    fn now(&mut self, index: usize, column: usize) -> Option<&mut Now> {
        self.known[index].as_mut().map(|halves| &mut halves[column].now)
    }

    fn cells(&mut self, column: usize, index: usize, results: Vec<(usize, Result<Facts, String>)>) {
        let count = results.len();
        if let Some(Now::Matrix(unfinished)) = self.now(index, column) {
            for (cell, result) in results {
                unfinished.take(cell, result);
            }
            self.progress(index, count);
        }
    }

    /// Some more of a job has ended; if that was all, it is run once more or reported.
    fn progress(&mut self, index: usize, count: usize) {
        (self.tell)(RunEvent::Ended { index, count });
        let complete = |halves: &Vec<Half>| halves.iter().all(|half| half.now.is_complete());
        if self.known[index].as_ref().is_some_and(complete) {
            self.judge(index);
            if !self.again(index) {
                self.report(index);
            }
        }
    }

    /// Judges what has ended of a job, as far as it is not, and compares it with what was accepted.
    fn judge(&mut self, index: usize) {
        let Some(halves) = &mut self.known[index] else { return };
        let mut judged = Vec::new();
        let mut columns = Vec::new();
        for (half, column) in halves.iter_mut().zip(self.columns) {
            half.now.judge(column);
            if let Some(one) = half.now.judged() {
                judged.push(one);
                columns.push(column);
            }
        }
        judge::compare(&mut judged, &columns, self.compare);
    }

    /// Has a job run once more in the columns in which that is wanted; gives whether there are any.
    fn again(&mut self, index: usize) -> bool {
        let Some(halves) = &mut self.known[index] else { return false };
        if !self.options.times.are_several() {
            return false;
        }
        let mut any = false;
        for (half, column) in halves.iter_mut().zip(self.columns) {
            let times = half.tries.count() + 1;
            let Some(judged) = half.now.judged().filter(|_| half.told < times) else { continue };
            half.told = times;
            let report = Box::new(judged.report.clone());
            let stops = column.fault.is_some() || column.queue.is_stopped();
            let mut again = None;
            if half.tries.want_more(judged, self.options) && !stops {
                let cells = half.again(index, self.jobs, self.options);
                again = Some(cells.as_ref().map_or(1, Vec::len));
                column.queue.put_again(self.jobs, index, cells.as_deref());
                any = true;
            }
            (self.tell)(RunEvent::Attempt { report, times, again });
        }
        any
    }

    fn report(&mut self, index: usize) {
        let Some(halves) = self.known[index].take() else { return };
        let times = self.options.times;
        let ended = halves.into_iter().map(|half| half.tries.end(half.now.into_judged(), times));
        let reports: Vec<JobReport> = ended.flatten().map(|judged| judged.report).collect();
        self.left -= reports.len();
        self.failures += reports.iter().filter(|report| report.verdict().is_bad()).count();
        if self.options.max_failures.is_some_and(|most| self.failures >= most) {
            for column in self.columns {
                column.queue.stop();
            }
        }
        (self.tell)(RunEvent::Finished(reports));
        if self.known.iter().all(Option::is_none) {
            self.close();
        }
    }

    /// Reports what was stopped half way, and gives how much was not tested.
    pub(super) fn end(mut self) -> usize {
        for index in 0..self.known.len() {
            let begun = |half: &Half| half.now.has_begun() || half.tries.count() > 0;
            if self.known[index].as_ref().is_some_and(|halves| halves.iter().any(begun)) {
                self.judge(index);
                self.report(index);
            }
        }
        self.left
    }
}
