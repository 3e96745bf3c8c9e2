//! What the runner tells and the reporters hear. Data only; neither side knows the other.

use std::sync::Arc;
use std::time::Duration;

use crate::browser::Engine;
use crate::cause::Cause;
use crate::fact::Facts;
use crate::inspection::Finding;
use crate::observation::Observation;
use crate::predict::{Disagreement, Prediction};
use crate::scenario::{Matrix, Unit};
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
    /// A unit or a matrix has begun.
    Began {
        /// Its number in the run, from 0.
        index: usize,
    },
    /// A unit has ended.
    UnitFinished(Box<UnitReport>),
    /// Some more cells of a matrix have ended.
    CellsDone {
        /// The number of the matrix in the run.
        index: usize,
        /// How many.
        count: usize,
    },
    /// All cells of a matrix have ended.
    MatrixFinished(Box<MatrixReport>),
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
    /// What its responses say in vain.
    pub lint: Vec<Finding>,
    /// What most likely decided, in one sentence.
    pub cause: Option<Cause>,
    /// What was observed.
    pub observation: Option<Observation>,
    /// How long it took.
    pub duration: Duration,
    /// Pictures that the scenario asked for, as PNG, by name.
    pub screenshots: Vec<(String, Vec<u8>)>,
}

/// How a matrix ended.
#[derive(Debug)]
pub struct MatrixReport {
    /// Its number in the run, from 0.
    pub index: usize,
    /// The matrix.
    pub matrix: Arc<Matrix>,
    /// The engine that ran it.
    pub engine: Engine,
    /// How it ended.
    pub verdict: Verdict,
    /// Why its snapshot could not be compared, if so.
    pub error: Option<String>,
    /// Its cells, in order.
    pub cells: Vec<CellReport>,
    /// How the table compares with the accepted one; nothing where snapshots are ignored, where a cell
    /// could not be tested, and where only some cells were selected.
    pub snapshot: Option<Outcome>,
    /// How long it took, from its first cell to its last.
    pub duration: Duration,
}

/// How a cell of a matrix ended.
#[derive(Debug)]
pub struct CellReport {
    /// The cell.
    pub unit: Arc<Unit>,
    /// What was observed; nothing where it could not be tested.
    pub facts: Facts,
    /// Expectations that do not hold.
    pub broken: Vec<Broken>,
    /// Why it could not be tested, if so.
    pub error: Option<String>,
    /// What must follow from its plan.
    pub predictions: Vec<Prediction>,
    /// Facts that the browser showed otherwise.
    pub disagreements: Vec<Disagreement>,
}

/// What a run tells of one job.
#[derive(Debug)]
pub enum JobReport {
    /// Of a variant.
    Unit(Box<UnitReport>),
    /// Of a matrix.
    Matrix(Box<MatrixReport>),
}

impl JobReport {
    /// Its number in the run, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        match self {
            Self::Unit(report) => report.index,
            Self::Matrix(report) => report.index,
        }
    }

    /// The unit, or the first cell: title, lesson and file are the same in all.
    #[must_use]
    pub fn unit(&self) -> &Unit {
        match self {
            Self::Unit(report) => &report.unit,
            Self::Matrix(report) => report.matrix.first(),
        }
    }

    /// The variant's name, without a cell.
    #[must_use]
    pub fn variant(&self) -> &str {
        match self {
            Self::Unit(report) => &report.unit.variant,
            Self::Matrix(report) => &report.matrix.variant,
        }
    }

    /// How it ended.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Unit(report) => report.verdict,
            Self::Matrix(report) => report.verdict,
        }
    }

    /// How it compares with the accepted snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Outcome> {
        match self {
            Self::Unit(report) => report.snapshot.as_ref(),
            Self::Matrix(report) => report.snapshot.as_ref(),
        }
    }

    /// How long it took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        match self {
            Self::Unit(report) => report.duration,
            Self::Matrix(report) => report.duration,
        }
    }
}
