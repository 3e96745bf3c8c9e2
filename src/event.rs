//! What the runner tells and the reporters hear. Data only; neither side knows the other.

use std::sync::Arc;
use std::time::Duration;

use crate::browser::Engine;
use crate::cause::Cause;
use crate::observation::Observation;
use crate::predict::{Disagreement, Prediction};
use crate::scenario::Unit;
use crate::snapshot::Outcome;
use crate::verdict::{Broken, Verdict};

/// Something that happened in a run.
#[derive(Debug)]
pub enum RunEvent {
    /// The browsers are up.
    Started {
        /// The engine.
        engine: Engine,
        /// Its version.
        version: String,
        /// Browsers at work.
        workers: usize,
        /// How long the browsers took to start.
        startup: Duration,
    },
    /// A unit has begun.
    UnitStarted {
        /// Its number in the run, from 0.
        index: usize,
    },
    /// A unit has ended.
    UnitFinished(Box<UnitReport>),
    /// A worker's browser was lost and a new one was started.
    BrowserRestarted {
        /// Why.
        reason: String,
    },
}

/// How a unit ended, with everything that a report may show.
#[derive(Debug)]
pub struct UnitReport {
    /// Its number in the run, from 0.
    pub index: usize,
    /// The unit.
    pub unit: Arc<Unit>,
    /// The engine that ran it.
    pub engine: Engine,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it could not be tested, if so.
    pub error: Option<String>,
    /// Expectations that do not hold.
    pub broken: Vec<Broken>,
    /// How the observation compares with the accepted one; nothing where snapshots are ignored.
    pub snapshot: Option<Outcome>,
    /// What must follow from the responses that the browser got.
    pub predictions: Vec<Prediction>,
    /// Facts that the browser showed otherwise.
    pub disagreements: Vec<Disagreement>,
    /// What most likely decided, in one sentence.
    pub cause: Option<Cause>,
    /// What was observed.
    pub observation: Option<Observation>,
    /// How long it took.
    pub duration: Duration,
    /// Pictures that the scenario asked for, as PNG, by name.
    pub screenshots: Vec<(String, Vec<u8>)>,
}
