//! Jobs that are run several times: when once more, and what all the times come to. Pure.

use super::Options;
use super::judge::Judged;
use crate::event::{Attempt, CellReport, Changed, JobReport};
use crate::fact::{Fact, FactValue, Facts};
use crate::snapshot::Outcome;
use crate::verdict::{Broken, Verdict};

/// How often a job is run in a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Again while it does not pass, so many times more at most. One that passes in the end is flaky.
    Retries(usize),
    /// So many times, whatever comes of it. One that does not pass each time does not pass.
    Repeats(usize),
}

impl Times {
    /// Whether some job may be run a second time.
    #[must_use]
    pub fn are_several(self) -> bool {
        match self {
            Self::Retries(retries) => retries > 0,
            Self::Repeats(repeats) => repeats > 1,
        }
    }

    /// Whether it is to be run once more after it has ended so often, the last time with this verdict.
    fn wants_more(self, ended: usize, last: Verdict) -> bool {
        match self {
            Self::Retries(retries) => last.is_bad() && ended <= retries,
            Self::Repeats(repeats) => ended < repeats,
        }
    }
}

/// The times that a job was run in a browser, but for the newest.
#[derive(Default)]
pub(super) struct Tries {
    each: Vec<Attempt>,
    /// What was observed each time, of a matrix in each cell; nothing where it could not be tested.
    seen: Vec<Vec<Option<Facts>>>,
    /// What is told where no later one says more: the last, or of repeats the first that did not pass.
    told: Option<Judged>,
}

impl Tries {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.each.len()
    }

    /// Whether it is to be run once more after this.
    pub(super) fn want_more(&self, judged: &Judged, options: &Options) -> bool {
        options.times.wants_more(self.each.len() + 1, judged.report.verdict())
    }

    /// Puts one aside.
    pub(super) fn put(&mut self, judged: Judged, times: Times) {
        self.each.push(attempt(&judged.report));
        self.seen.push(seen(&judged.report));
        self.told = Some(match self.told.take() {
            Some(told) if matches!(times, Times::Repeats(_)) && told.report.verdict().is_bad() => {
                told
            }
            _ => judged,
        });
    }

    /// What it comes to with the newest; nothing if it was never run.
    pub(super) fn end(mut self, newest: Option<Judged>, times: Times) -> Option<Judged> {
        if self.each.is_empty() {
            return newest;
        }
        if let Some(newest) = newest {
            self.put(newest, times);
        }
        let mut told = self.told?;
        if self.each.len() > 1 {
            let changed = changed(&told.report, &self.seen);
            let failed_before = self.each.iter().any(|attempt| attempt.verdict.is_bad());
            let (attempts, verdict) = match &mut told.report {
                JobReport::Unit(report) => (&mut report.attempts, &mut report.verdict),
                JobReport::Matrix(report) => (&mut report.attempts, &mut report.verdict),
            };
            if *verdict == Verdict::Passed && failed_before {
                *verdict = Verdict::Flaky;
            }
            attempts.each = self.each;
            attempts.changed = changed;
        }
        Some(told)
    }
}

fn attempt(report: &JobReport) -> Attempt {
    Attempt { verdict: report.verdict(), wrong: wrong(report), duration: report.duration() }
}

/// What was wrong, in one line.
fn wrong(report: &JobReport) -> Option<String> {
    if !report.verdict().is_bad() {
        return None;
    }
    let (error, broken) = match report {
        JobReport::Unit(unit) => (unit.error.clone(), unit.broken.first().map(told)),
        JobReport::Matrix(matrix) => (matrix.error.clone(), wrong_cell(&matrix.cells)),
    };
    let error = error.map(|error| error.lines().next().unwrap_or_default().to_owned());
    error.or(broken).or_else(|| match report.snapshot() {
        Some(Outcome::New { .. }) => Some("there is no accepted snapshot yet".to_owned()),
        _ => Some("the snapshot differs".to_owned()),
    })
}

fn wrong_cell(cells: &[CellReport]) -> Option<String> {
    let bad: Vec<&CellReport> = cells.iter().filter(|cell| cell.is_bad()).collect();
    let first = bad.first()?;
    let what = first.error.clone().or_else(|| first.broken.first().map(told))?;
    let more =
        if bad.len() > 1 { format!(" (and {} more cells)", bad.len() - 1) } else { String::new() };
    let what = what.lines().next().unwrap_or_default();
    Some(format!("{}: {what}{more}", first.name()))
}

fn told(broken: &Broken) -> String {
    let observed = broken.observed.as_ref().map_or("not observed".to_owned(), ToString::to_string);
    format!("{}: expected {}, observed {observed}", broken.fact, broken.expected)
}

/// What was observed, of a matrix cell by cell.
fn seen(report: &JobReport) -> Vec<Option<Facts>> {
    match report {
        JobReport::Unit(unit) => {
            let seen = unit.observation.as_ref().filter(|_| unit.error.is_none());
            vec![seen.map(|seen| seen.facts.clone())]
        }
        JobReport::Matrix(matrix) => {
            let cells = matrix.cells.iter();
            cells.map(|cell| cell.error.is_none().then(|| cell.facts.clone())).collect()
        }
    }
}

/// The facts that were not the same each time that the job, or the cell, could be tested.
fn changed(report: &JobReport, seen: &[Vec<Option<Facts>>]) -> Vec<Changed> {
    let mut all = Vec::new();
    for place in 0..seen.first().map_or(0, Vec::len) {
        let times: Vec<Option<&Facts>> = seen.iter().map(|cells| cells[place].as_ref()).collect();
        let mut facts: Vec<&Fact> =
            times.iter().flatten().flat_map(|facts| facts.iter().map(|(fact, _)| fact)).collect();
        facts.sort();
        facts.dedup();
        for fact in facts {
            let tested = || times.iter().flatten().map(|facts| facts.get(fact));
            if tested().all(|value| Some(value) == tested().next()) {
                continue;
            }
            let values: Vec<Option<FactValue>> = times
                .iter()
                .map(|facts| facts.and_then(|facts| facts.get(fact)).cloned())
                .collect();
            let cell = match report {
                JobReport::Unit(_) => None,
                JobReport::Matrix(matrix) => Some(matrix.cells[place].name()),
            };
            all.push(Changed { cell, fact: fact.clone(), values });
        }
    }
    all
}
