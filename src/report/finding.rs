//! Where a browser did otherwise than the model says: a finding about the browser (or the model), not a
//! failure of the site.

use super::console::wrap;
use crate::event::UnitReport;
use crate::predict::{Because, Disagreement};

/// The findings of one unit; empty where prediction and observation agree.
#[must_use]
pub(super) fn text(report: &UnitReport, version: &str, width: usize) -> String {
    let mut out = String::new();
    for finding in &report.disagreements {
        out += &one(report, finding, version, width);
    }
    out
}

fn one(report: &UnitReport, finding: &Disagreement, version: &str, width: usize) -> String {
    let Disagreement { fact, predicted, observed, because } = finding;
    let mut out = format!("  {} · {fact}\n", report.unit.name());
    out += &format!("    predicted  {predicted}\n");
    out += &format!("    observed   {observed} in {} {version}\n", report.engine.title());
    for Because { reason, hop } in because {
        let place = hop.as_ref().map(|hop| format!("{}: ", hop.page)).unwrap_or_default();
        let compared = reason.compared.as_ref().map(|compared| format!(" ({compared})"));
        let line = format!(
            "{place}{}{} [{}]",
            reason.rule.text(),
            compared.unwrap_or_default(),
            reason.rule.source()
        );
        for (number, line) in wrap(&line, width.saturating_sub(15)).iter().enumerate() {
            let label = if number == 0 { "rule" } else { "" };
            out += &format!("    {label:9}  {line}\n");
        }
    }
    out
}
