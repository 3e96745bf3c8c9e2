//! What a worker made of a job → what is told of it: expectations, snapshot, cause, verdict.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::column::Column;
use super::worker::Ended;
use super::{Compare, Shown, ShownIn};
use crate::cause::cause_of;
use crate::event::{Attempts, CellReport, JobReport, MatrixReport, UnitReport};
use crate::fact::{Fact, FactKind, Facts};
use crate::feature::Feature;
use crate::inspection;
use crate::observation::{DocumentSeen, Observation};
use crate::predict::{Lack, Prediction, deviations_in, disagreements, lack_of, planned, predict};
use crate::scenario::{Matrix, Unit, flow_digest};
use crate::snapshot::Outcome;
use crate::spec::Profile;
use crate::verdict::{Verdict, broken_expectations, facts_of_text, matrix_text, snapshot_text};

/// A job in one browser as far as it is judged without its snapshot, and what is needed to go on.
pub(super) struct Judged {
    pub(super) report: JobReport,
    /// What follows from what the browser lacks; of a matrix, cell by cell.
    lack: Vec<Lack>,
}

/// Judges a unit, but for its snapshot.
pub(super) fn unit(ended: Ended, column: &Column) -> Judged {
    let Ended { index, unit, result, lacks, duration, kept, .. } = ended;
    let engine = column.info.browser.engine();
    let mut report = UnitReport {
        lint: inspection::of_unit(&unit),
        duration,
        screenshots: kept.screenshots,
        last_looks: kept.looks,
        reports: kept.reports.into_iter().map(|report| (report.url, report.body)).collect(),
        ..UnitReport::new(index, unit, Arc::clone(&column.info))
    };
    let observation = match result {
        Ok(observation) => observation,
        Err(error) => {
            match lacks {
                Some(feature) => {
                    report.verdict = Verdict::NotApplicable;
                    report.lacks = vec![feature];
                }
                None => {
                    report.verdict = Verdict::Error;
                    report.error = Some(error);
                    if let Some(seen) = kept.evidence {
                        report.take_evidence(seen, &column.profile);
                    }
                }
            }
            return Judged { report: JobReport::Unit(Box::new(report)), lack: Vec::new() };
        }
    };
    let unit = &report.unit;
    let (unseen, broken): (Vec<_>, Vec<_>) = broken_expectations(unit, engine, &observation.facts)
        .into_iter()
        .partition(|broken| observation.is_unseen(&broken.fact));
    report.unobserved = unseen.into_iter().map(|broken| broken.fact).collect();
    report.broken = broken;
    let cut = cut_links(&observation);
    let asked: Vec<_> = if unit.expect.is_empty() {
        cut.iter().collect()
    } else if report.broken.is_empty() {
        // What the variant itself claims says more than what all variants have in common.
        let (own, common): (Vec<_>, Vec<_>) =
            unit.expect.iter().partition(|(_, _, line)| *line >= unit.line);
        own.into_iter().chain(common).map(|(fact, ..)| fact).collect()
    } else {
        report.broken.iter().map(|broken| &broken.fact).collect()
    };
    let profile = &column.profile;
    report.predictions = predict(unit, &observation, profile);
    report.disagreements = disagreements(&report.predictions, &observation.facts);
    report.cause = cause_of(unit, &observation, profile, &report.predictions, asked);
    let facts = &observation.facts;
    let lacks = &column.info.lacks;
    let lack = lack_of(unit, &observation, facts, profile, lacks, &report.predictions);
    if !report.broken.is_empty() {
        let lacking = report.broken.iter().all(|broken| lack.explains(&broken.fact));
        report.verdict = if lacking { Verdict::NotApplicable } else { Verdict::Failed };
        if lacking {
            report.lacks.clone_from(&lack.features);
        }
    }
    report.observation = Some(observation);
    Judged { report: JobReport::Unit(Box::new(report)), lack: vec![lack] }
}

/// The links of popups that are cut or never were.
fn cut_links(seen: &Observation) -> Vec<Fact> {
    let is_cut =
        |document: &DocumentSeen| matches!(document.opener.as_deref(), Some("severed" | "never"));
    let windows = seen.windows.iter().filter(|window| window.documents.iter().any(is_cut));
    windows.map(|window| Fact::new(&window.name, FactKind::Opener)).collect()
}

impl UnitReport {
    /// What was seen of a unit that could not be tested to its end may well say why.
    fn take_evidence(&mut self, seen: Observation, profile: &Profile) {
        self.predictions = predict(&self.unit, &seen, profile);
        self.disagreements = disagreements(&self.predictions, &seen.facts);
        let links = cut_links(&seen);
        self.cause = cause_of(&self.unit, &seen, profile, &self.predictions, &links);
        self.observation = Some(seen);
    }
}

/// Compares what one job showed in all its browsers with what was accepted, and completes the verdicts.
pub(super) fn compare(judged: &mut [&mut Judged], columns: &[&Column], compare: &mut Compare<'_>) {
    for (judged, column) in judged.iter_mut().zip(columns) {
        let reasons = reasons(&judged.report, &judged.lack, column.info.browser.engine());
        match &mut judged.report {
            JobReport::Unit(report) => report.reasons = reasons,
            JobReport::Matrix(report) => report.reasons = reasons,
        }
    }
    let follows: Vec<_> = judged.iter().map(|judged| follows_from_lack(judged)).collect();
    let mut browsers = Vec::new();
    let mut places = Vec::new();
    for (place, ((judged, column), follows)) in judged.iter().zip(columns).zip(&follows).enumerate()
    {
        let Some(text) = text_of(&judged.report) else { continue };
        let browser = column.info.browser;
        browsers.push(ShownIn {
            engine: browser.engine(),
            version: &column.info.version,
            text,
            reasons: judged.report.reasons(),
            follows_from_lack: &**follows,
            counts: browser.cannot_show().is_none(),
        });
        places.push(place);
    }
    let outcomes = match places.first() {
        Some(&first) => compare(&shown(&judged[first].report, browsers)),
        None => Vec::new(),
    };
    drop(follows);
    for (place, outcome) in places.into_iter().zip(outcomes) {
        let Judged { report, lack } = &mut *judged[place];
        match report {
            JobReport::Unit(report) => conclude(report, outcome, &lack[0]),
            JobReport::Matrix(report) => report.conclude(outcome),
        }
    }
}

/// What browsers showed, with what is the same in all of them.
fn shown<'a>(report: &'a JobReport, browsers: Vec<ShownIn<'a>>) -> Shown<'a> {
    let (flow, info) = match report {
        JobReport::Unit(report) => (flow_digest([&*report.unit]), Vec::new()),
        JobReport::Matrix(report) => {
            let cells = report.matrix.cells.iter().map(AsRef::as_ref);
            (flow_digest(cells), legend(&report.matrix))
        }
    };
    Shown { unit: report.unit(), variant: report.variant(), flow, info, browsers }
}

/// The text of a snapshot; nothing where something could not be tested or was left out.
fn text_of(report: &JobReport) -> Option<String> {
    match report {
        JobReport::Unit(report) => {
            let seen = report.observation.as_ref().filter(|_| report.error.is_none());
            seen.map(|seen| snapshot_text(&seen.facts))
        }
        JobReport::Matrix(report) => {
            let untested = report.cells.iter().any(|cell| cell.error.is_some());
            let facts: Vec<&Facts> = report.cells.iter().map(|cell| &cell.facts).collect();
            let whole = report.matrix.is_whole() && !untested;
            whole.then(|| matrix_text(&report.matrix, &facts))
        }
    }
}

type FollowsFromLack<'a> = Box<dyn Fn(Option<&str>) -> bool + 'a>;

fn follows_from_lack(judged: &Judged) -> FollowsFromLack<'_> {
    if features(&judged.lack).is_empty() {
        return Box::new(|_| false);
    }
    match &judged.report {
        JobReport::Unit(report) => Box::new(|accepted| {
            let Some(seen) = &report.observation else { return false };
            let Some(accepted) = accepted else {
                // What it is about cannot be seen here; without shared memory the rest can.
                let mut facts = judged.lack.iter().flat_map(Lack::facts);
                return facts.any(|fact| fact.kind != FactKind::SharedMemory);
            };
            let accepted = facts_of_text(accepted);
            judged.lack.iter().all(|lack| lack.explains_difference(&seen.facts, &accepted))
        }),
        JobReport::Matrix(report) => Box::new(|accepted| {
            let Some(accepted) = accepted else { return false };
            let cells = report.cells.iter().zip(&judged.lack);
            let granted: Vec<Facts> = cells.map(|(cell, lack)| lack.granted(&cell.facts)).collect();
            let text = matrix_text(&report.matrix, &granted.iter().collect::<Vec<_>>());
            text.trim_end() == accepted.trim_end()
        }),
    }
}

fn features(lack: &[Lack]) -> Vec<Feature> {
    let mut features: Vec<Feature> =
        lack.iter().flat_map(|lack| lack.features.iter().copied()).collect();
    features.sort_unstable();
    features.dedup();
    features
}

/// What is known of why an engine may show something else than others: its deviations that played a
/// part, what it lacks, and what the scenario says of it.
fn reasons(report: &JobReport, lack: &[Lack], engine: &str) -> Vec<String> {
    let (predictions, unit): (Vec<&Prediction>, &Unit) = match report {
        JobReport::Unit(report) => (report.predictions.iter().collect(), &report.unit),
        JobReport::Matrix(report) => {
            let cells = report.cells.iter();
            (cells.flat_map(|cell| &cell.predictions).collect(), report.matrix.first())
        }
    };
    let mut reasons = deviations_in(&predictions, engine);
    reasons.extend(features(lack).iter().map(|feature| format!("lacks {}", feature.title())));
    let said = unit.expect.iter().filter_map(|(_, expected, _)| expected.except.get(engine));
    for exception in said {
        if !reasons.contains(&exception.because) {
            reasons.push(exception.because.clone());
        }
    }
    reasons
}

fn conclude(report: &mut UnitReport, outcome: Result<Option<Outcome>, String>, lack: &Lack) {
    match outcome {
        Ok(outcome) => report.snapshot = outcome,
        Err(error) => {
            report.verdict = Verdict::Error;
            report.error = Some(error);
            return;
        }
    }
    match &report.snapshot {
        Some(Outcome::Lacking) => {
            // Not to have shared memory says nothing about headers: the rest of the unit does. And what the
            // scenario expects of such an engine was tested.
            let is_expected = |fact: &Fact| {
                fact.kind == FactKind::SharedMemory
                    || report.unit.expect.iter().any(|(expected, ..)| expected == fact)
            };
            if report.verdict == Verdict::Passed && !lack.facts().all(is_expected) {
                report.verdict = Verdict::NotApplicable;
                report.lacks.clone_from(&lack.features);
            }
        }
        Some(Outcome::New { .. } | Outcome::Differs { .. }) => report.verdict = Verdict::Failed,
        None | Some(Outcome::Same | Outcome::Updated) => {}
    }
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

    /// The cells that are to be run again: all, or those that were bad. What the others came to stays.
    pub(super) fn again(report: &MatrixReport, all: bool) -> (Self, Vec<usize>) {
        let mut again = Self::new(report.index, &report.matrix);
        let bad = report.cells.iter().any(CellReport::is_bad);
        let mut cells = Vec::new();
        for (number, cell) in report.cells.iter().enumerate() {
            if all || !bad || cell.is_bad() {
                cells.push(number);
            } else {
                again.cells[number] = Some(Ok(cell.facts.clone()));
            }
        }
        (again, cells)
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

    /// Judges it, but for its snapshot. Cells that have not ended could not be tested.
    pub(super) fn judge(self, column: &Column) -> Judged {
        let profile = &column.profile;
        let mut lacks = Vec::new();
        let mut cells = Vec::new();
        for (unit, result) in self.matrix.cells.iter().zip(self.cells) {
            let result = result.unwrap_or_else(|| Err("the run was stopped before".to_owned()));
            let (facts, error) = match result {
                Ok(facts) => (facts, None),
                Err(error) => (Facts::default(), Some(error)),
            };
            let engine = column.info.browser.engine();
            let broken = match error {
                None => broken_expectations(unit, engine, &facts),
                Some(_) => Vec::new(),
            };
            // A cell keeps no evidence but its facts; what its pages send is known from its plan.
            let plan = planned(unit);
            let predictions = predict(unit, &plan, profile);
            let disagreements = disagreements(&predictions, &facts);
            let lack = lack_of(unit, &plan, &facts, profile, &column.info.lacks, &predictions);
            let unit = Arc::clone(unit);
            let mut lacking = lack.features.clone();
            // Not to have shared memory says nothing about headers.
            lacking.retain(|feature| *feature != Feature::SharedMemory || !broken.is_empty());
            if broken.iter().any(|broken| !lack.explains(&broken.fact)) {
                lacking.clear();
            }
            lacks.push(lack);
            cells.push(CellReport {
                unit,
                facts,
                broken,
                lacks: lacking,
                error,
                predictions,
                disagreements,
            });
        }
        let mut report = MatrixReport {
            index: self.index,
            browser: Arc::clone(&column.info),
            verdict: Verdict::Passed,
            error: None,
            reasons: Vec::new(),
            snapshot: None,
            duration: self.began.map_or(Duration::ZERO, |began| began.elapsed()),
            attempts: Attempts::default(),
            matrix: self.matrix,
            cells,
        };
        report.conclude(Ok(None));
        Judged { report: JobReport::Matrix(Box::new(report)), lack: lacks }
    }
}

impl MatrixReport {
    fn conclude(&mut self, outcome: Result<Option<Outcome>, String>) {
        match outcome {
            Ok(outcome) => self.snapshot = outcome,
            Err(error) => self.error = Some(error),
        }
        let untested = self.cells.iter().any(|cell| cell.error.is_some());
        let broken = self.cells.iter().any(CellReport::has_failed);
        let differs = matches!(self.snapshot, Some(Outcome::New { .. } | Outcome::Differs { .. }));
        self.verdict = match () {
            () if broken || differs => Verdict::Failed,
            () if untested || self.error.is_some() => Verdict::Error,
            () if self.cells.iter().all(|cell| !cell.lacks.is_empty()) => Verdict::NotApplicable,
            () => Verdict::Passed,
        };
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
