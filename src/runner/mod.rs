//! Runs units and matrices in real browsers and tells a callback what happens.
//!
//! One task owns the run ([`run`]); workers own a browser each and take units one by one, or cells of a
//! matrix in a `batch`. The runner knows neither reports nor snapshot files: what compares an
//! observation with the accepted one is handed in.

mod batch;
mod error;
mod facts;
mod flow;
mod judge;
mod login;
mod queue;
mod seen;
mod settle;
mod steps;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fixtures_server::Server;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::browser::{BrowserError, Installed, Session, Settings};
use crate::event::RunEvent;
use crate::fact::Facts;
use crate::scenario::{Job, Unit};
use crate::snapshot::Outcome;
use crate::verdict::Verdict;

pub use error::UnitError;
use judge::Unfinished;
use queue::Queue;
use worker::Told;

/// How a run is done.
#[derive(Debug, Clone)]
pub struct Options {
    /// The browser.
    pub browser: Installed,
    /// How it is started.
    pub settings: Settings,
    /// Browsers that work side by side; at least 1.
    pub workers: usize,
    /// The longest time for one unit.
    pub unit_limit: Duration,
    /// Stop after so many units that failed or could not be tested.
    pub max_failures: Option<usize>,
    /// Looks up an environment variable for a `fill` step.
    pub variable: fn(&str) -> Option<String>,
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It goes on.
    Run,
    /// It ends: units at work are given up, browsers are closed.
    Stop,
}

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No browser could be started.
    #[error(transparent)]
    Browser(#[from] BrowserError),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunEnd {
    /// Units and matrices that were not begun: the run was stopped before.
    pub left: usize,
    /// Whether it was stopped by [`Wish::Stop`].
    pub interrupted: bool,
}

/// What is compared with an accepted snapshot.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The unit; of a matrix, its first cell.
    pub unit: &'a Unit,
    /// The variant's name, without a cell.
    pub variant: &'a str,
    /// What helps to read the text, by name; it is not compared.
    pub info: Vec<(String, String)>,
    /// The text.
    pub text: String,
}

/// Compares what was observed with what was accepted; nothing where that is not wanted. An error is a
/// text that says why it could not be compared.
pub type Compare<'a> = dyn FnMut(&Shown<'_>) -> Result<Option<Outcome>, String> + 'a;

/// Runs `jobs` in order, `workers` at a time, on `server`.
///
/// # Errors
/// When not one browser could be started. Everything later is an `error` verdict of its job.
pub async fn run(
    jobs: &[Job],
    server: Arc<Server>,
    options: &Options,
    wish: watch::Receiver<Wish>,
    compare: &mut Compare<'_>,
    tell: &mut dyn FnMut(RunEvent),
) -> Result<RunEnd, RunError> {
    let begun = Instant::now();
    let queue = Queue::new(jobs, options.workers);
    let sessions = start_sessions(options, options.workers.clamp(1, queue.len().max(1))).await?;
    tell(RunEvent::Started {
        engine: options.browser.engine,
        version: options.browser.version.clone(),
        workers: sessions.len(),
        startup: begun.elapsed(),
    });
    let (send, mut receive) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for session in sessions {
        let worker = worker::Worker {
            session: Some(session),
            server: Arc::clone(&server),
            options: options.clone(),
            queue: queue.clone(),
            wish: wish.clone(),
            tell: send.clone(),
        };
        tasks.spawn(worker.work());
    }
    drop(send);
    let mut owner = Owner::new(jobs, options, &queue, compare, tell);
    while let Some(told) = receive.recv().await {
        owner.hear(told);
    }
    while tasks.join_next().await.is_some() {}
    let left = owner.end();
    Ok(RunEnd { left, interrupted: *wish.borrow() == Wish::Stop })
}

/// The one who hears of all workers, judges what has ended, and tells it.
struct Owner<'a, 'c> {
    options: &'a Options,
    queue: &'a Queue,
    compare: &'a mut Compare<'c>,
    tell: &'a mut dyn FnMut(RunEvent),
    /// Matrices of which not all cells have ended.
    matrices: BTreeMap<usize, Unfinished>,
    /// Jobs that have not been reported.
    left: usize,
    failures: usize,
}

impl<'a, 'c> Owner<'a, 'c> {
    fn new(
        jobs: &[Job],
        options: &'a Options,
        queue: &'a Queue,
        compare: &'a mut Compare<'c>,
        tell: &'a mut dyn FnMut(RunEvent),
    ) -> Self {
        let matrices = jobs.iter().enumerate().filter_map(|(index, job)| match job {
            Job::Matrix(matrix) => Some((index, Unfinished::new(index, matrix))),
            Job::Unit(_) => None,
        });
        let matrices = matrices.collect();
        Self { options, queue, compare, tell, matrices, left: jobs.len(), failures: 0 }
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::Began { index } => {
                if self.matrices.get_mut(&index).is_none_or(Unfinished::begin) {
                    (self.tell)(RunEvent::Began { index });
                }
            }
            Told::Restarted { reason } => (self.tell)(RunEvent::BrowserRestarted { reason }),
            Told::Ended(ended, judged) => {
                match ended.cell {
                    Some(cell) => {
                        let facts = ended.result.map(|observation| observation.facts);
                        self.cells(ended.index, vec![(cell, facts)]);
                    }
                    None => {
                        let report = judge::judge(*ended, self.options, self.compare);
                        self.count(report.verdict);
                        (self.tell)(RunEvent::UnitFinished(Box::new(report)));
                    }
                }
                let _ = judged.send(());
            }
            Told::Cells { index, results } => self.cells(index, results),
        }
    }

    fn cells(&mut self, index: usize, results: Vec<(usize, Result<Facts, String>)>) {
        let Some(matrix) = self.matrices.get_mut(&index) else { return };
        let count = results.len();
        for (cell, result) in results {
            matrix.take(cell, result);
        }
        (self.tell)(RunEvent::CellsDone { index, count });
        if self.matrices[&index].is_complete() {
            self.matrix(index);
        }
    }

    fn matrix(&mut self, index: usize) {
        let Some(matrix) = self.matrices.remove(&index) else { return };
        let report = matrix.judge(self.options, self.compare);
        self.count(report.verdict);
        (self.tell)(RunEvent::MatrixFinished(Box::new(report)));
    }

    fn count(&mut self, verdict: Verdict) {
        self.left -= 1;
        if matches!(verdict, Verdict::Failed | Verdict::Error) {
            self.failures += 1;
        }
        if self.options.max_failures.is_some_and(|most| self.failures >= most) {
            self.queue.stop();
        }
    }

    /// Reports matrices that were stopped half way, and gives how many jobs were not begun.
    fn end(mut self) -> usize {
        let begun: Vec<usize> =
            self.matrices.iter().filter(|(_, m)| m.has_begun()).map(|(index, _)| *index).collect();
        for index in begun {
            self.matrix(index);
        }
        self.left
    }
}

/// Starts the browsers side by side. Some that do not start are left out; none at all is an error.
async fn start_sessions(options: &Options, workers: usize) -> Result<Vec<Session>, RunError> {
    let mut starting = JoinSet::new();
    for _ in 0..workers {
        let (browser, settings) = (options.browser.clone(), options.settings);
        starting.spawn(async move { Session::start(&browser, &settings).await });
    }
    let mut sessions = Vec::new();
    let mut fault = None;
    while let Some(started) = starting.join_next().await {
        match started {
            Ok(Ok(session)) => sessions.push(session),
            Ok(Err(error)) => fault = Some(error),
            Err(error) => fault = Some(BrowserError::Start(error.to_string())),
        }
    }
    match fault {
        Some(error) if sessions.is_empty() => Err(error.into()),
        _ => Ok(sessions),
    }
}
