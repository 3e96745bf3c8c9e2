//! What a worker made of a job → what is told of it: expectations, snapshot, cause, verdict.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::worker::Ended;
use super::{Compare, Options, Shown};
use crate::cause::cause_of;
use crate::event::{CellReport, MatrixReport, UnitReport};
use crate::fact::Facts;
use crate::inspection;
use crate::predict::{disagreements, planned, predict, profile_of};
use crate::scenario::{Matrix, Unit};
use crate::snapshot::Outcome;
use crate::verdict::{Verdict, broken_expectations, matrix_text, snapshot_text};

/// Judges a unit.
pub(super) fn judge(ended: Ended, options: &Options, compare: &mut Compare<'_>) -> UnitReport {
    let Ended { index, unit, result, duration, screenshots, .. } = ended;
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
        lint: inspection::of_unit(&unit),
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
    report.cause = cause_of(unit, &observation, &profile, &report.predictions, asked);
    let text = snapshot_text(&observation.facts);
    match compare(&Shown { unit, variant: &unit.variant, info: Vec::new(), text }) {
        Ok(outcome) => report.snapshot = outcome,
        Err(error) => {
            report.verdict = Verdict::Error;
            report.error = Some(error);
        }
    }
    if report.verdict == Verdict::Passed
        && (!report.broken.is_empty() || !holds(report.snapshot.as_ref()))
    {
        report.verdict = Verdict::Failed;
    }
    report.observation = Some(observation);
    report
}

fn holds(snapshot: Option<&Outcome>) -> bool {
    matches!(snapshot, None | Some(Outcome::Same | Outcome::Updated))
}

/// A matrix of which not all cells have ended yet.
pub(super) struct Unfinished {
    index: usize,
    matrix: Arc<Matrix>,
    cells: Vec<Option<Result<Facts, String>>>,
    began: Option<Instant>,
}

impl Unfinished {
    /// Nothing of it has begun.
    pub(super) fn new(index: usize, matrix: &Arc<Matrix>) -> Self {
        let cells = vec![None; matrix.cells.len()];
        Self { index, matrix: Arc::clone(matrix), cells, began: None }
    }

    /// Some of it has begun; gives whether that is the first.
    pub(super) fn begin(&mut self) -> bool {
        let first = self.began.is_none();
        self.began.get_or_insert_with(Instant::now);
        first
    }

    pub(super) fn has_begun(&self) -> bool {
        self.began.is_some()
    }

    /// Takes how a cell ended.
    pub(super) fn take(&mut self, cell: usize, result: Result<Facts, String>) {
        self.cells[cell] = Some(result);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.cells.iter().all(Option::is_some)
    }

    /// Judges it. Cells that have not ended could not be tested.
    pub(super) fn judge(self, options: &Options, compare: &mut Compare<'_>) -> MatrixReport {
        let engine = options.browser.engine;
        let profile = profile_of(engine.name(), &options.browser.version);
        let report = |unit: &Arc<Unit>, result: Option<Result<Facts, String>>| {
            let result = result.unwrap_or_else(|| Err("the run was stopped before".to_owned()));
            let (facts, error) = match result {
                Ok(facts) => (facts, None),
                Err(error) => (Facts::default(), Some(error)),
            };
            let broken = match error {
                None => broken_expectations(unit, engine.name(), &facts),
                Some(_) => Vec::new(),
            };
            // A cell keeps no evidence but its facts; what its pages send is known from its plan.
            let predictions = predict(unit, &planned(unit), &profile);
            let disagreements = disagreements(&predictions, &facts);
            CellReport { unit: Arc::clone(unit), facts, broken, error, predictions, disagreements }
        };
        let cells = self.matrix.cells.iter().zip(self.cells);
        let cells: Vec<CellReport> = cells.map(|(unit, result)| report(unit, result)).collect();
        let mut whole = MatrixReport {
            index: self.index,
            engine,
            verdict: Verdict::Passed,
            error: None,
            snapshot: None,
            duration: self.began.map_or(Duration::ZERO, |began| began.elapsed()),
            matrix: self.matrix,
            cells,
        };
        let untested = whole.cells.iter().any(|cell| cell.error.is_some());
        if whole.matrix.is_whole() && !untested {
            let facts: Vec<&Facts> = whole.cells.iter().map(|cell| &cell.facts).collect();
            let matrix = &whole.matrix;
            let text = matrix_text(matrix, &facts);
            let (unit, variant) = (matrix.first(), &matrix.variant);
            match compare(&Shown { unit, variant, info: legend(matrix), text }) {
                Ok(outcome) => whole.snapshot = outcome,
                Err(error) => whole.error = Some(error),
            }
        }
        let broken = whole.cells.iter().any(|cell| !cell.broken.is_empty());
        whole.verdict = match () {
            () if broken || !holds(whole.snapshot.as_ref()) => Verdict::Failed,
            () if untested || whole.error.is_some() => Verdict::Error,
            () => Verdict::Passed,
        };
        whole
    }
}

/// What the labels of a matrix stand for, where they are not the texts themselves.
fn legend(matrix: &Matrix) -> Vec<(String, String)> {
    let axes = matrix.axes.iter();
    let all = axes.flat_map(|(name, axis)| axis.0.iter().map(move |value| (name, value)));
    let labelled = all.filter(|(_, value)| value.label != value.text && !value.text.is_empty());
    labelled
        .map(|(name, value)| (format!("{name} {}", value.label), value.text.trim().to_owned()))
        .collect()
}
