//! Runs units and matrices in real browsers and tells a callback what happens.
//!
//! Every browser of a run is a `column` with workers and a queue of its own, so that what happens to one
//! does not touch the others. Workers take units one by one, or cells of a matrix in a `batch`; the
//! `owner` hears of all and judges a unit or matrix once it has ended in every column. The runner knows
//! neither reports nor snapshot files: what compares observations with accepted ones is handed in.

mod again;
mod batch;
mod column;
mod element;
mod embed;
mod error;
mod facts;
mod flow;
mod ground;
mod judge;
mod login;
mod looks;
mod observer;
mod owner;
mod probe;
mod queue;
mod reach;
mod relation;
mod seen;
mod settle;
mod steps;
mod timeline;
mod wait;
mod worker;

use std::sync::Arc;
use std::time::{Duration, Instant};

use fixtures_server::Server;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::browser::{Endpoint, Settings};
use crate::event::RunEvent;
use crate::feature::Feature;
use crate::scenario::{Job, Unit};
use crate::snapshot::Outcome;

pub use again::Times;
pub use error::{RunError, UnitError, Unreachable};
pub use ground::Staging;
pub use looks::Looks;
use owner::Owner;
pub use probe::{Found, needed_by};

/// How a run is done.
#[derive(Debug, Clone)]
pub struct Options {
    /// How browsers are started.
    pub settings: Settings,
    /// Of each browser, how many work side by side; at least 1.
    pub workers: usize,
    /// The longest time for one unit.
    pub unit_limit: Duration,
    /// When pictures of the windows are taken.
    pub looks: Looks,
    /// How often each job is run.
    pub times: Times,
    /// Stop after so many units that failed or could not be tested.
    pub max_failures: Option<usize>,
    /// Looks up an environment variable for a `fill` step.
    pub variable: fn(&str) -> Option<String>,
    /// How browsers reach sites that are not the fixture server's, if there are any.
    pub staging: Option<Staging>,
    /// Features to look for besides those that the jobs ask for.
    pub probe: Vec<Feature>,
    /// What earlier runs with the same browsers have found out of them.
    pub found: Found,
}

impl Options {
    /// A run of each job once, without pictures, on the fixture server's sites alone. A unit may take as long as
    /// a command to its browser.
    #[must_use]
    pub fn new(settings: Settings, workers: usize, variable: fn(&str) -> Option<String>) -> Self {
        Self {
            unit_limit: settings.limit,
            settings,
            workers,
            looks: Looks::Never,
            times: Times::Retries(0),
            max_failures: None,
            variable,
            staging: None,
            probe: Vec::new(),
            found: Found::default(),
        }
    }
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It goes on.
    Run,
    /// It ends: units at work are given up, browsers are closed.
    Stop,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunEnd {
    /// Units and matrices, counted once for each browser, that were not tested: the run was stopped.
    pub left: usize,
    /// Whether it was stopped by [`Wish::Stop`].
    pub interrupted: bool,
    /// Sessions at WebDriver servers elsewhere whose end was not confirmed.
    pub unreturned: usize,
}

/// What a unit or matrix showed in its browsers, to be compared with what was accepted.
pub struct Shown<'a> {
    /// The unit; of a matrix, its first cell.
    pub unit: &'a Unit,
    /// The variant's name, without a cell.
    pub variant: &'a str,
    /// Stands for what was run: pages, headers and steps.
    pub flow: String,
    /// What helps to read the texts, by name; it is not compared.
    pub info: Vec<(String, String)>,
    /// What each browser showed.
    pub browsers: Vec<ShownIn<'a>>,
}

/// What one browser showed.
pub struct ShownIn<'a> {
    /// The engine.
    pub engine: &'static str,
    /// The browser's version.
    pub version: &'a str,
    /// The text.
    pub text: String,
    /// What is known of why the engine shows something else than others.
    pub reasons: &'a [String],
    /// Whether all that is different from this accepted text (nothing: there is none) follows from what
    /// the browser lacks.
    pub follows_from_lack: &'a dyn Fn(Option<&str>) -> bool,
    /// Whether it may become a snapshot: a browser that cannot show all is only compared.
    pub counts: bool,
}

/// How what one browser showed compares; nothing where that is not wanted. An error is a text that says why
/// it could not be compared.
pub type Compared = Result<Option<Outcome>, String>;

/// Compares what was shown in each browser with what was accepted.
pub type Compare<'a> = dyn FnMut(&Shown<'_>) -> Vec<Compared> + 'a;

/// For a run without snapshots: nothing is compared.
#[must_use]
pub fn uncompared(shown: &Shown<'_>) -> Vec<Compared> {
    shown.browsers.iter().map(|_| Ok(None)).collect()
}

/// Runs `jobs` in order in each of `browsers`, on `server`.
///
/// # Errors
/// When not one browser could be started. Everything later is an `error` verdict of its job.
pub async fn run(
    jobs: &[Job],
    server: Arc<Server>,
    browsers: &[Endpoint],
    options: &Options,
    wish: watch::Receiver<Wish>,
    compare: &mut Compare<'_>,
    tell: &mut dyn FnMut(RunEvent),
) -> Result<RunEnd, RunError> {
    let stopped = wish.clone();
    let left: Result<usize, RunError> = async {
        let begun = Instant::now();
        let mut stop = wish.clone();
        // A Grid may let us wait for minutes.
        let started = tokio::select! {
            started = column::start(jobs, &server, browsers, options) => started,
            _ = stop.wait_for(|wish| *wish == Wish::Stop) => {
                return Ok(jobs.len() * browsers.len());
            }
        };
        let (columns, sessions) = started?;
        tell(RunEvent::Started {
            browsers: columns.iter().map(|column| Arc::clone(&column.info)).collect(),
            startup: begun.elapsed(),
        });
        let (send, mut receive) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        for (column, session) in sessions {
            let worker = worker::Worker {
                column,
                endpoint: browsers[column].clone(),
                session,
                lane: None,
                shared: None,
                server: Arc::clone(&server),
                options: options.clone(),
                queue: columns[column].queue.clone(),
                wish: wish.clone(),
                tell: send.clone(),
            };
            tasks.spawn(worker.work());
        }
        drop(send);
        let mut owner = Owner::new(jobs, &columns, options, compare, tell);
        owner.give_up_what_did_not_start();
        while let Some(told) = receive.recv().await {
            owner.hear(told);
        }
        while tasks.join_next().await.is_some() {}
        Ok(owner.end())
    }
    .await;
    let mut unreturned = 0;
    for browser in browsers {
        unreturned += browser.settle().await;
    }
    Ok(RunEnd { left: left?, interrupted: *stopped.borrow() == Wish::Stop, unreturned })
}
