//! Runs units in real browsers and tells a callback what happens.
//!
//! One task owns the run ([`run`]); workers own a browser each and take units one by one. The
//! runner knows neither reports nor snapshot files: what compares an observation with the accepted one
//! is handed in.

mod error;
mod facts;
mod flow;
mod login;
mod seen;
mod settle;
mod steps;
mod worker;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fixtures_server::Server;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::browser::{BrowserError, Installed, Session, Settings};
use crate::cause::cause_of;
use crate::event::{RunEvent, UnitReport};
use crate::observation::Observation;
use crate::predict::{disagreements, predict, profile_of};
use crate::scenario::Unit;
use crate::snapshot::Outcome;
use crate::verdict::{Verdict, broken_expectations};

pub use error::UnitError;

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
    /// Units that were not begun: the run was stopped before.
    pub left: usize,
    /// Whether it was stopped by [`Wish::Stop`].
    pub interrupted: bool,
}

/// Compares an observation with the accepted one; nothing where that is not wanted. An error is a text
/// that says why it could not be compared.
pub type Compare<'a> = dyn FnMut(&Unit, &Observation) -> Result<Option<Outcome>, String> + 'a;

/// Runs `units` in order, `workers` at a time, on `server`.
///
/// # Errors
/// When not one browser could be started. Everything later is an `error` verdict of its unit.
pub async fn run(
    units: &[Arc<Unit>],
    server: Arc<Server>,
    options: &Options,
    wish: watch::Receiver<Wish>,
    compare: &mut Compare<'_>,
    tell: &mut dyn FnMut(RunEvent),
) -> Result<RunEnd, RunError> {
    let begun = Instant::now();
    let workers = options.workers.clamp(1, units.len().max(1));
    let sessions = start_sessions(options, workers).await?;
    tell(RunEvent::Started {
        engine: options.browser.engine,
        version: options.browser.version.clone(),
        workers: sessions.len(),
        startup: begun.elapsed(),
    });
    let queue: Queue = Arc::new(Mutex::new(units.iter().cloned().enumerate().collect()));
    let (send, mut receive) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for session in sessions {
        let worker = worker::Worker {
            session: Some(session),
            server: Arc::clone(&server),
            options: options.clone(),
            queue: Arc::clone(&queue),
            wish: wish.clone(),
            tell: send.clone(),
        };
        tasks.spawn(worker.work());
    }
    drop(send);
    let mut failures = 0;
    while let Some(told) = receive.recv().await {
        match told {
            worker::Told::Began { index } => tell(RunEvent::UnitStarted { index }),
            worker::Told::Restarted { reason } => tell(RunEvent::BrowserRestarted { reason }),
            worker::Told::Ended(ended, judged) => {
                let report = judge(*ended, options, compare);
                if matches!(report.verdict, Verdict::Failed | Verdict::Error) {
                    failures += 1;
                }
                tell(RunEvent::UnitFinished(Box::new(report)));
                if options.max_failures.is_some_and(|most| failures >= most) {
                    lock(&queue).stop();
                }
                let _ = judged.send(());
            }
        }
    }
    while tasks.join_next().await.is_some() {}
    let left = lock(&queue).left();
    Ok(RunEnd { left, interrupted: *wish.borrow() == Wish::Stop })
}

/// Units that no worker has taken yet.
type Queue = Arc<Mutex<Units>>;

#[derive(Debug)]
struct Units {
    waiting: VecDeque<(usize, Arc<Unit>)>,
    stopped: bool,
}

impl FromIterator<(usize, Arc<Unit>)> for Units {
    fn from_iter<I: IntoIterator<Item = (usize, Arc<Unit>)>>(units: I) -> Self {
        Self { waiting: units.into_iter().collect(), stopped: false }
    }
}

impl Units {
    fn next(&mut self) -> Option<(usize, Arc<Unit>)> {
        if self.stopped { None } else { self.waiting.pop_front() }
    }

    fn stop(&mut self) {
        self.stopped = true;
    }

    fn left(&self) -> usize {
        self.waiting.len()
    }
}

fn lock(queue: &Queue) -> std::sync::MutexGuard<'_, Units> {
    queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
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

/// What a worker made of a unit → what is told of it.
fn judge(ended: worker::Ended, options: &Options, compare: &mut Compare<'_>) -> UnitReport {
    let worker::Ended { index, unit, result, duration, screenshots } = ended;
    let engine = options.browser.engine;
    let mut report = UnitReport {
        index,
        engine,
        verdict: Verdict::Passed,
        error: None,
        broken: Vec::new(),
        snapshot: None,
        predictions: Vec::new(),
        disagreements: Vec::new(),
        cause: None,
        observation: None,
        duration,
        screenshots,
        unit,
    };
    let observation = match result {
        Ok(observation) => observation,
        Err(error) => {
            report.verdict = Verdict::Error;
            report.error = Some(error);
            return report;
        }
    };
    let unit = &report.unit;
    report.broken = broken_expectations(unit, engine.name(), &observation.facts);
    let asked: Vec<_> = if report.broken.is_empty() {
        // What the variant itself claims says more than what all variants have in common.
        let (own, common): (Vec<_>, Vec<_>) =
            unit.expect.iter().partition(|(_, _, line)| *line >= unit.line);
        own.into_iter().chain(common).map(|(fact, ..)| fact).collect()
    } else {
        report.broken.iter().map(|broken| &broken.fact).collect()
    };
    let profile = profile_of(engine.name(), &options.browser.version);
    report.predictions = predict(unit, &observation, &profile);
    report.disagreements = disagreements(&report.predictions, &observation.facts);
    report.cause = cause_of(unit, &observation, &profile, asked);
    match compare(unit, &observation) {
        Ok(outcome) => report.snapshot = outcome,
        Err(error) => {
            report.verdict = Verdict::Error;
            report.error = Some(error);
        }
    }
    let holds = matches!(report.snapshot, None | Some(Outcome::Same | Outcome::Updated));
    if report.verdict == Verdict::Passed && (!report.broken.is_empty() || !holds) {
        report.verdict = Verdict::Failed;
    }
    report.observation = Some(observation);
    report
}
