//! From a matrix's reports to what the page shows of it.

use std::collections::HashMap;

use super::data::{
    AxisView, CellView, FactView, MatrixColumn, MatrixView, ReasonView, ResponseView,
};
use super::jobs::{snapshot, titles};
use super::moments::attempts;
use super::units::shown;
use crate::event::{BrowserInfo, CellReport, MatrixReport};
use crate::fact::{Fact, FactValue};
use crate::observation::Observation;
use crate::predict::{Because, Prediction, planned};
use crate::report::difference::Difference;
use crate::spec::deviations;

/// A matrix in all its browsers; nothing if there is none.
pub(super) fn view(reports: &[&MatrixReport], found: &Difference) -> Option<MatrixView> {
    let matrix = &reports.first()?.matrix;
    let first = matrix.first();
    let built_in = first.path.starts_with("built-in/");
    let axes = matrix.axes.iter();
    let axes: Vec<AxisView> = axes
        .map(|(name, axis)| AxisView {
            name: name.clone(),
            labels: axis.0.iter().map(|value| value.label.clone()).collect(),
        })
        .collect();
    let columns = reports.iter().enumerate().map(|(number, report)| {
        let reasons = found.reasons.get(number).cloned().unwrap_or_default();
        column(report, &axes, reasons)
    });
    Some(MatrixView {
        name: first.scenario.clone(),
        title: first.scenario_title.clone(),
        variant: matrix.variant.clone(),
        what: if built_in { first.scenario.clone() } else { first.path.clone() },
        run: if built_in { "--matrices".to_owned() } else { first.path.clone() },
        columns: columns.collect(),
        axes,
    })
}

/// What one browser made of it.
fn column(report: &MatrixReport, axes: &[AxisView], reasons: Vec<String>) -> MatrixColumn {
    let matrix = &report.matrix;
    // Of a selection only some cells are there; the others stay empty.
    let place = |cell: &CellReport| {
        let labels = cell.unit.cell.iter().map(|(_, label)| label);
        labels.zip(axes).fold(0, |place, (label, axis)| {
            let at = axis.labels.iter().position(|known| known == label).unwrap_or(0);
            place * axis.labels.len() + at
        })
    };
    let told = report.cells.iter();
    let mut views: HashMap<usize, CellView> =
        told.map(|told| (place(told), cell(told, &matrix.show, &report.browser))).collect();
    let outcome = report.snapshot.as_ref();
    MatrixColumn {
        browser: report.browser.browser.name().to_owned(),
        verdict: report.verdict.name().to_owned(),
        attempts: attempts(&report.attempts),
        error: report.error.clone(),
        snapshot: outcome.and_then(|outcome| snapshot(outcome, &report.browser)),
        reasons,
        cells: (0..matrix.size()).map(|at| views.remove(&at).unwrap_or_default()).collect(),
    }
}

fn cell(cell: &CellReport, show: &[Fact], browser: &BrowserInfo) -> CellView {
    let is_shown = |fact: &Fact| show.is_empty() || show.contains(fact);
    let mut facts: Vec<(&Fact, &FactValue)> =
        cell.facts.iter().filter(|(fact, _)| is_shown(fact)).collect();
    // The facts that the matrix is about come in the order in which it names them.
    facts.sort_by_key(|(fact, _)| show.iter().position(|shown| shown == *fact));
    let seen = planned(&cell.unit);
    CellView {
        facts: facts
            .into_iter()
            .map(|(fact, value)| FactView {
                name: fact.to_string(),
                observed: Some(value.to_string()),
                predicted: predicted(&cell.predictions, fact, value),
            })
            .collect(),
        because: because(cell, browser, is_shown),
        responses: responses(cell, &seen),
        lacks: titles(&cell.lacks),
        error: cell.error.clone(),
        broken: if cell.has_failed() { Some(broken(cell)) } else { None },
    }
}

/// The expectations that do not hold, in one sentence.
fn broken(cell: &CellReport) -> String {
    let told = cell.broken.iter().map(|broken| {
        let observed = broken.observed.as_ref().map_or("nothing".to_owned(), ToString::to_string);
        format!(
            "`{}` is expected to be {}, and is {observed} (line {})",
            broken.fact, broken.expected, broken.line
        )
    });
    told.collect::<Vec<_>>().join("; ")
}

/// What the model says of a fact; where it agrees, in the words of the observation.
pub(super) fn predicted(
    predictions: &[Prediction],
    fact: &Fact,
    observed: &FactValue,
) -> Option<String> {
    let prediction = predictions.iter().find(|prediction| prediction.fact == *fact)?;
    let agrees = prediction.is_borne_out_by(observed);
    Some(if agrees { observed.to_string() } else { prediction.value.to_string() })
}

fn because(
    cell: &CellReport,
    browser: &BrowserInfo,
    is_shown: impl Fn(&Fact) -> bool,
) -> Vec<ReasonView> {
    let mut views: Vec<ReasonView> = Vec::new();
    let mut told = Vec::new();
    for prediction in cell.predictions.iter().filter(|prediction| is_shown(&prediction.fact)) {
        // Opener and handle hang on the same rules: told once.
        if told.contains(&&prediction.because) {
            continue;
        }
        told.push(&prediction.because);
        for because in &prediction.because {
            let reason = &because.reason;
            views.push(ReasonView {
                fact: prediction.fact.to_string(),
                hop: because.hop.as_ref().map(|hop| hop.page.clone()),
                rule: reason.to_string(),
                source: reason.rule.source().to_owned(),
                url: Some(reason.rule.url().to_owned()),
                deviation: deviation(because, browser),
            });
        }
    }
    views
}

/// What the browser does in place of the standard's rule.
fn deviation(because: &Because, browser: &BrowserInfo) -> Option<String> {
    let name = because.reason.deviation?;
    let engine = browser.browser.engine();
    let mut known = deviations().iter();
    let known = known.find(|known| known.name == name && known.engine.name() == engine);
    Some(known.map_or_else(|| name.to_string(), |known| format!("{name}: {}", known.does)))
}

fn responses(cell: &CellReport, seen: &Observation) -> Vec<ResponseView> {
    let severing = cell.predictions.iter().flat_map(|prediction| &prediction.because);
    let deciding = severing.clone().find(|because| because.reason.rule.severs());
    let deciding = deciding.and_then(|because| because.hop.as_ref());
    shown(seen, deciding, |request| {
        let who = if request.is_preflight() { "preflight" } else { "request" };
        who.to_owned()
    })
}
