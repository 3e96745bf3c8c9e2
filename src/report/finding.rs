//! Where a browser did otherwise than the model says: a finding about the browser (or the model), not a
//! failure of the site.

use super::console::wrap;
use crate::event::{BrowserInfo, JobReport};
use crate::predict::Disagreement;
use crate::scenario::Unit;

/// The most cells of a matrix that are told at length.
const CELLS: usize = 3;

/// The findings of one job; empty where prediction and observation agree.
#[must_use]
pub(super) fn text(report: &JobReport, width: usize) -> String {
    let mut out = String::new();
    match report {
        JobReport::Unit(report) => {
            for finding in &report.disagreements {
                out += &one(&report.unit, &report.browser, finding, width);
            }
        }
        JobReport::Matrix(report) => {
            let cells = report.cells.iter().filter(|cell| !cell.disagreements.is_empty());
            let cells: Vec<_> = cells.collect();
            for cell in cells.iter().take(CELLS) {
                for finding in &cell.disagreements {
                    out += &one(&cell.unit, &report.browser, finding, width);
                }
            }
            if cells.len() > CELLS {
                let name = report.matrix.name();
                out += &format!("  {name}: {} more cells\n", cells.len() - CELLS);
            }
        }
    }
    out
}

fn one(unit: &Unit, browser: &BrowserInfo, finding: &Disagreement, width: usize) -> String {
    let Disagreement { fact, predicted, observed, because } = finding;
    let mut out = format!("  {} · {fact}\n", unit.name());
    out += &format!("    predicted  {predicted}\n");
    out += &format!("    observed   {observed} in {}\n", browser.name());
    for because in because {
        for (number, line) in
            wrap(&because.to_string(), width.saturating_sub(15)).iter().enumerate()
        {
            let label = if number == 0 { "rule" } else { "" };
            out += &format!("    {label:9}  {line}\n");
        }
    }
    out
}
