//! What is still to be done: units, cells, and batches of cells, taken by workers in the order of the
//! run.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::batch;
use super::worker::{Ended, Kept, Told};
use crate::scenario::{Job, Matrix, Unit};

/// What a worker does in one go.
#[derive(Debug, Clone)]
pub(super) struct Work {
    /// The number of the job in the run.
    pub(super) index: usize,
    pub(super) task: Task,
}

/// What there is to do.
#[derive(Debug, Clone)]
pub(super) enum Task {
    /// A unit, step by step; a cell of a matrix has its number there.
    Unit(Arc<Unit>, Option<usize>),
    /// Cells of a matrix, by their numbers, in a batch.
    Cells(Arc<Matrix>, Vec<usize>),
}

impl Work {
    /// What is told of work that cannot be done, for this reason.
    pub(super) fn give_up(self, column: usize, reason: &str) -> Told {
        let index = self.index;
        match self.task {
            Task::Unit(unit, cell) => {
                let result = Err(reason.to_owned());
                let ended = Ended {
                    index,
                    cell,
                    unit,
                    result,
                    lacks: None,
                    duration: Duration::ZERO,
                    kept: Kept::default(),
                };
                let (judged, _) = oneshot::channel();
                Told::Ended { column, ended: Box::new(ended), judged }
            }
            Task::Cells(_, cells) => {
                let results = cells.into_iter().map(|cell| (cell, Err(reason.to_owned())));
                Told::Cells { column, index, results: results.collect() }
            }
        }
    }
}

/// The work that no worker has taken yet.
#[derive(Debug, Clone)]
pub(super) struct Queue(Arc<Mutex<Waiting>>);

#[derive(Debug)]
struct Waiting {
    /// What is together must be done one after the other, by the same worker.
    work: VecDeque<Vec<Work>>,
    stopped: bool,
}

impl Queue {
    /// All jobs, in order. A matrix whose steps allow it is done in batches, as many as help `workers`
    /// to share it.
    /// (`batched` allows it). Those of the same session stay together, where the first of them is.
    pub(super) fn new(jobs: &[Job], workers: usize, batched: bool) -> Self {
        let mut work: VecDeque<Vec<Work>> = VecDeque::new();
        let mut sessions: HashMap<String, usize> = HashMap::new();
        let mut add = |session: Option<&String>, one: Work| match session {
            Some(name) => {
                let next = work.len();
                let at = *sessions.entry(name.clone()).or_insert(next);
                if at == next {
                    work.push_back(Vec::new());
                }
                work[at].push(one);
            }
            None => work.push_back(vec![one]),
        };
        for (index, job) in jobs.iter().enumerate() {
            match job {
                Job::Unit(unit) => {
                    let task = Task::Unit(Arc::clone(unit), None);
                    add(unit.session.as_ref(), Work { index, task });
                }
                Job::Matrix(matrix) => match batch::portions(matrix, workers).filter(|_| batched) {
                    Some(portions) => {
                        for cells in portions {
                            add(None, Work { index, task: Task::Cells(Arc::clone(matrix), cells) });
                        }
                    }
                    None => {
                        for (cell, unit) in matrix.cells.iter().enumerate() {
                            let task = Task::Unit(Arc::clone(unit), Some(cell));
                            add(unit.session.as_ref(), Work { index, task });
                        }
                    }
                },
            }
        }
        Self(Arc::new(Mutex::new(Waiting { work, stopped: false })))
    }

    /// A queue of its own with the same work.
    pub(super) fn copy(&self) -> Self {
        let Waiting { work, stopped } = &*self.lock();
        Self(Arc::new(Mutex::new(Waiting { work: work.clone(), stopped: *stopped })))
    }

    /// The next piece of work, or several that one worker must do; nothing once the run is to stop.
    pub(super) fn next(&self) -> Option<Vec<Work>> {
        let mut waiting = self.lock();
        if waiting.stopped { None } else { waiting.work.pop_front() }
    }

    /// Whether nothing more is to be begun.
    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Nothing more is to be begun.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
    }

    /// How many pieces of work there are.
    pub(super) fn len(&self) -> usize {
        self.lock().work.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
