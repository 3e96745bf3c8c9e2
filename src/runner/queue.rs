//! What is still to be done: units, cells, and batches of cells, taken by workers in the order of the
//! run.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

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

impl Task {
    /// The session that it must be done in.
    fn session(&self) -> Option<&str> {
        match self {
            Self::Unit(unit, _) => unit.session.as_deref(),
            Self::Cells(..) => None,
        }
    }
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
pub(super) struct Queue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Something was put in, or nothing more will be.
    changed: Notify,
    /// How many workers there are.
    workers: usize,
    /// Whether cells may be done in batches.
    batched: bool,
}

#[derive(Debug, Clone, Default)]
struct Waiting {
    /// What is together must be done one after the other, by the same worker.
    work: VecDeque<Vec<Work>>,
    /// Nothing more is to be begun.
    stopped: bool,
    /// Nothing more will be put in.
    closed: bool,
}

impl Queue {
    /// All jobs, in order. A matrix whose steps allow it is done in batches, as many as help `workers`
    /// to share it (`batched` allows it). Those of the same session stay together, where the first of them
    /// is.
    pub(super) fn new(jobs: &[Job], workers: usize, batched: bool) -> Self {
        let queue = Self(Arc::new(Shared {
            waiting: Mutex::default(),
            changed: Notify::new(),
            workers,
            batched,
        }));
        let mut work: VecDeque<Vec<Work>> = VecDeque::new();
        let mut sessions: HashMap<String, usize> = HashMap::new();
        for (index, job) in jobs.iter().enumerate() {
            for task in queue.tasks(job, None) {
                let place = task.session().map(|name| {
                    let next = work.len();
                    *sessions.entry(name.to_owned()).or_insert(next)
                });
                match place.and_then(|place| work.get_mut(place)) {
                    Some(together) => together.push(Work { index, task }),
                    None => work.push_back(vec![Work { index, task }]),
                }
            }
        }
        queue.lock().work = work;
        queue
    }

    /// What there is to do of a job, or of these cells of it.
    fn tasks(&self, job: &Job, cells: Option<&[usize]>) -> Vec<Task> {
        let matrix = match job {
            Job::Unit(unit) => return vec![Task::Unit(Arc::clone(unit), None)],
            Job::Matrix(matrix) => matrix,
        };
        let wanted = |cell: &usize| cells.is_none_or(|cells| cells.contains(cell));
        match batch::portions(matrix, self.0.workers).filter(|_| self.0.batched) {
            Some(mut portions) => {
                portions.iter_mut().for_each(|cells| cells.retain(wanted));
                portions.retain(|cells| !cells.is_empty());
                portions.into_iter().map(|cells| Task::Cells(Arc::clone(matrix), cells)).collect()
            }
            None => {
                let all = matrix.cells.iter().enumerate().filter(|(cell, _)| wanted(cell));
                all.map(|(cell, unit)| Task::Unit(Arc::clone(unit), Some(cell))).collect()
            }
        }
    }

    /// Puts a job in once more, or these cells of it. What is of the same session and comes before is done
    /// again, too: it may be what signs in.
    pub(super) fn put_again(&self, jobs: &[Job], index: usize, cells: Option<&[usize]>) {
        let mut again = Vec::new();
        for task in self.tasks(&jobs[index], cells) {
            let mut together = Vec::new();
            if let Some(session) = task.session() {
                for (before, job) in jobs.iter().enumerate().take(index) {
                    let of_it = self.tasks(job, None).into_iter();
                    let of_it = of_it.filter(|task| task.session() == Some(session));
                    together.extend(of_it.map(|task| Work { index: before, task }));
                }
            }
            together.push(Work { index, task });
            again.push(together);
        }
        self.lock().work.extend(again);
        self.0.changed.notify_waiters();
    }

    /// A queue of its own with the same work.
    pub(super) fn copy(&self) -> Self {
        let Shared { workers, batched, .. } = *self.0;
        let waiting = Mutex::new(self.lock().clone());
        Self(Arc::new(Shared { waiting, changed: Notify::new(), workers, batched }))
    }

    /// The next piece of work, or several that one worker must do; waits while some may still be put in.
    /// Nothing once the run is to stop, or all is done.
    pub(super) async fn next(&self) -> Option<Vec<Work>> {
        loop {
            let changed = self.0.changed.notified();
            {
                let mut waiting = self.lock();
                if waiting.stopped {
                    return None;
                }
                match waiting.work.pop_front() {
                    None if !waiting.closed => {}
                    work => return work,
                }
            }
            changed.await;
        }
    }

    /// All that nobody has taken.
    pub(super) fn take_rest(&self) -> Vec<Work> {
        self.lock().work.drain(..).flatten().collect()
    }

    /// Whether nothing more is to be begun.
    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Nothing more is to be begun.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.0.changed.notify_waiters();
    }

    /// Nothing more will be put in.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.0.changed.notify_waiters();
    }

    /// How many pieces of work there are.
    pub(super) fn len(&self) -> usize {
        self.lock().work.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
