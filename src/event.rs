//! What the runner tells and the reporters hear. Data only; neither side knows the other.

use std::sync::Arc;
use std::time::Duration;

use crate::browser::Browser;
use crate::cause::Cause;
use crate::fact::{Fact, FactValue, Facts};
use crate::feature::Feature;
use crate::inspection::Finding;
use crate::observation::Observation;
use crate::predict::{Disagreement, Prediction};
use crate::scenario::{Matrix, Unit};
use crate::snapshot::Outcome;
use crate::verdict::{Broken, Verdict};

/// A browser of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserInfo {
    /// Which one.
    pub browser: Browser,
    /// Its version, as it tells it.
    pub version: String,
    /// How many of it work side by side; none where it did not start.
    pub workers: usize,
    /// What it lacks, of what was looked for.
    pub lacks: Vec<Feature>,
}

impl BrowserInfo {
    /// `Firefox 153.7.0`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.browser.title(), self.version)
    }
}

/// Something that happened in a run.
#[derive(Debug)]
pub enum RunEvent {
    /// The browsers are up.
    Started {
        /// Each browser, in the order of the run.
        browsers: Vec<Arc<BrowserInfo>>,
        /// How long they took to start, all together.
        startup: Duration,
    },
    /// A unit or a matrix has begun in the first of its browsers.
    Began {
        /// Its number in the run, from 0.
        index: usize,
    },
    /// A unit, or some more cells of a matrix, have ended in a browser.
    Ended {
        /// The number of the unit or matrix in the run.
        index: usize,
        /// How many.
        count: usize,
    },
    /// A unit or matrix that may be run several times has ended in a browser.
    Attempt {
        /// How it ended this time.
        report: Box<JobReport>,
        /// How many times it has been run there.
        times: usize,
        /// How many units, or cells, are run once more; nothing where it is not.
        again: Option<usize>,
    },
    /// A unit or matrix has ended in all browsers: what it came to in each, in their order.
    Finished(Vec<JobReport>),
    /// A worker's browser was lost and a new one was started.
    BrowserRestarted {
        /// Which browser.
        browser: Browser,
        /// Why.
        reason: String,
    },
}

/// What came of running a job several times in one browser; empty where it ran once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Each time, in order. The rest of the report is about the last; where all were wanted anyway, about the
    /// first that did not pass.
    pub each: Vec<Attempt>,
    /// Facts that were not the same each time. To be told always: the same headers, the same steps and the
    /// same browser should show the same.
    pub changed: Vec<Changed>,
}

/// One of the times that a job was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// How it ended.
    pub verdict: Verdict,
    /// What was wrong, in one line; nothing where it passed or does not apply.
    pub wrong: Option<String>,
    /// How long it took.
    pub duration: Duration,
}

/// A fact that was not the same each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Of a matrix, the cell: `opener=same-origin  popup=unsafe-none`.
    pub cell: Option<String>,
    /// The fact.
    pub fact: Fact,
    /// What it was each time; nothing where it was not observed.
    pub values: Vec<Option<FactValue>>,
}

/// How a unit ended, with everything that a report may show.
#[derive(Debug, Clone)]
pub struct UnitReport {
    /// Its number in the run, from 0.
    pub index: usize,
    /// The unit.
    pub unit: Arc<Unit>,
    /// The browser that ran it.
    pub browser: Arc<BrowserInfo>,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it could not be tested, if so.
    pub error: Option<String>,
    /// Expectations that do not hold.
    pub broken: Vec<Broken>,
    /// Expected facts that nobody could observe: the document was gone before anyone could look.
    pub unobserved: Vec<Fact>,
    /// What the browser lacks of what the unit is about.
    pub lacks: Vec<Feature>,
    /// What is known of why the browser may show something else than others.
    pub reasons: Vec<String>,
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
    /// How long it took, the last time.
    pub duration: Duration,
    /// What came of it each time, if it ran several times.
    pub attempts: Attempts,
    /// Pictures that the scenario asked for, as PNG, by name.
    pub screenshots: Vec<(String, Vec<u8>)>,
    /// What the windows showed when it ended badly, as PNG, by the windows' names.
    pub last_looks: Vec<(String, Vec<u8>)>,
    /// What the browser has reported by the Reporting API, each with the address that it was sent to.
    pub reports: Vec<(String, serde_json::Value)>,
}

impl UnitReport {
    /// A unit that has passed, with nothing seen yet.
    #[must_use]
    pub fn new(index: usize, unit: Arc<Unit>, browser: Arc<BrowserInfo>) -> Self {
        Self {
            index,
            unit,
            browser,
            verdict: Verdict::Passed,
            error: None,
            broken: Vec::new(),
            unobserved: Vec::new(),
            lacks: Vec::new(),
            reasons: Vec::new(),
            snapshot: None,
            predictions: Vec::new(),
            disagreements: Vec::new(),
            lint: Vec::new(),
            cause: None,
            observation: None,
            duration: Duration::ZERO,
            attempts: Attempts::default(),
            screenshots: Vec::new(),
            last_looks: Vec::new(),
            reports: Vec::new(),
        }
    }
}

/// How a matrix ended.
#[derive(Debug, Clone)]
pub struct MatrixReport {
    /// Its number in the run, from 0.
    pub index: usize,
    /// The matrix.
    pub matrix: Arc<Matrix>,
    /// The browser that ran it.
    pub browser: Arc<BrowserInfo>,
    /// How it ended.
    pub verdict: Verdict,
    /// Why its snapshot could not be compared, if so.
    pub error: Option<String>,
    /// Its cells, in order.
    pub cells: Vec<CellReport>,
    /// What is known of why the browser may show something else than others.
    pub reasons: Vec<String>,
    /// How the table compares with the accepted one; nothing where snapshots are ignored, where a cell
    /// could not be tested, and where only some cells were selected.
    pub snapshot: Option<Outcome>,
    /// How long it took, from its first cell to its last.
    pub duration: Duration,
    /// What came of it each time, if it ran several times.
    pub attempts: Attempts,
}

/// How a cell of a matrix ended.
#[derive(Debug, Clone)]
pub struct CellReport {
    /// The cell.
    pub unit: Arc<Unit>,
    /// What was observed; nothing where it could not be tested.
    pub facts: Facts,
    /// Expectations that do not hold.
    pub broken: Vec<Broken>,
    /// What the browser lacks of what the cell is about.
    pub lacks: Vec<Feature>,
    /// Why it could not be tested, if so.
    pub error: Option<String>,
    /// What must follow from its plan.
    pub predictions: Vec<Prediction>,
    /// Facts that the browser showed otherwise.
    pub disagreements: Vec<Disagreement>,
}

impl CellReport {
    /// Which cell: `opener=same-origin  popup=unsafe-none`.
    #[must_use]
    pub fn name(&self) -> String {
        let values = self.unit.cell.iter().map(|(axis, label)| format!("{axis}={label}"));
        values.collect::<Vec<_>>().join("  ")
    }

    /// Whether it has failed or could not be tested.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.error.is_some() || self.has_failed()
    }

    /// Whether an expectation does not hold, and not for what the browser lacks.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.broken.is_empty() && self.lacks.is_empty()
    }
}

/// What a run tells of one job.
#[derive(Debug, Clone)]
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

    /// The browser that ran it.
    #[must_use]
    pub fn browser(&self) -> &BrowserInfo {
        match self {
            Self::Unit(report) => &report.browser,
            Self::Matrix(report) => &report.browser,
        }
    }

    /// What is known of why the browser may show something else than others.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        match self {
            Self::Unit(report) => &report.reasons,
            Self::Matrix(report) => &report.reasons,
        }
    }

    /// What the browser lacks of what the unit is about, or of what all or some cells are.
    #[must_use]
    pub fn lacks(&self) -> Vec<Feature> {
        let mut lacks: Vec<Feature> = match self {
            Self::Unit(report) => report.lacks.clone(),
            Self::Matrix(report) => {
                report.cells.iter().flat_map(|cell| cell.lacks.iter().copied()).collect()
            }
        };
        lacks.sort_unstable();
        lacks.dedup();
        lacks
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

    /// What came of it each time, if it ran several times.
    #[must_use]
    pub fn attempts(&self) -> &Attempts {
        match self {
            Self::Unit(report) => &report.attempts,
            Self::Matrix(report) => &report.attempts,
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
