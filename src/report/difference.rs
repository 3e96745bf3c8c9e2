//! Where browsers show something else than each other, and what is known of why.

use crate::event::{CellReport, JobReport};
use crate::fact::{Fact, FactValue, Facts};

/// What browsers show differently in one unit or matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// The facts; of a matrix none, see `cells`.
    pub facts: Vec<FactDifference>,
    /// Of a matrix, for each browser in how many cells it shows something else than the first one.
    pub cells: Vec<usize>,
    /// For each browser whether it shows something else than the first that was tested.
    pub differs: Vec<bool>,
    /// For each browser what is known of why it may show something else than others. One that shows what
    /// the first does has none, but for the first.
    pub reasons: Vec<Vec<String>>,
}

/// A fact that is not the same in all browsers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactDifference {
    /// The fact.
    pub fact: Fact,
    /// For each browser what it shows; nothing where the fact did not come about.
    pub values: Vec<Option<FactValue>>,
}

/// Compares the reports of one unit or matrix; nothing where all browsers that tested it show the same.
#[must_use]
pub fn difference(reports: &[JobReport]) -> Option<Difference> {
    let mut difference = Difference::default();
    let mut differs = vec![false; reports.len()];
    let seen: Vec<Option<&Facts>> = reports.iter().map(facts_of).collect();
    let mut facts: Vec<&Fact> =
        seen.iter().flatten().flat_map(|f| f.iter()).map(|(f, _)| f).collect();
    facts.sort();
    facts.dedup();
    for fact in facts {
        let values: Vec<_> = seen.iter().map(|facts| facts.and_then(|f| f.get(fact))).collect();
        let tested: Vec<_> =
            values.iter().zip(&seen).filter(|(_, seen)| seen.is_some()).map(|(v, _)| v).collect();
        if tested.windows(2).all(|pair| pair[0] == pair[1]) {
            continue;
        }
        for (number, value) in values.iter().enumerate() {
            differs[number] |= seen[number].is_some() && Some(value) != tested.first().copied();
        }
        let values = values.into_iter().map(|value| value.cloned()).collect();
        difference.facts.push(FactDifference { fact: fact.clone(), values });
    }
    let cells: Vec<&[CellReport]> = reports.iter().map(cells_of).collect();
    if let Some(first) = cells.first().filter(|first| !first.is_empty()) {
        for (number, cells) in cells.iter().enumerate() {
            let pairs = first.iter().zip(cells.iter());
            let tested = pairs.filter(|(one, other)| one.error.is_none() && other.error.is_none());
            let count = tested.filter(|(one, other)| one.facts != other.facts).count();
            differs[number] |= count > 0;
            difference.cells.push(count);
        }
    }
    if !differs.contains(&true) {
        return None;
    }
    let tells = |(number, report): (usize, &JobReport)| {
        // It may be the first that is different.
        if number == 0 || differs[number] { report.reasons().to_vec() } else { Vec::new() }
    };
    difference.reasons = reports.iter().enumerate().map(tells).collect();
    difference.differs = differs;
    Some(difference)
}

fn facts_of(report: &JobReport) -> Option<&Facts> {
    match report {
        // What could not be tested to its end shows no difference.
        JobReport::Unit(report) if report.error.is_some() => None,
        JobReport::Unit(report) => report.observation.as_ref().map(|seen| &seen.facts),
        JobReport::Matrix(_) => None,
    }
}

fn cells_of(report: &JobReport) -> &[CellReport] {
    match report {
        JobReport::Unit(_) => &[],
        JobReport::Matrix(report) => &report.cells,
    }
}
