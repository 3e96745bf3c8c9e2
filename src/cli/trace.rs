//! `--trace`: a folder for each variant and browser with what is needed to understand it later. Nothing of it
//! needs the browser, or this machine.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use coopwright::event::JobReport;
use coopwright::report::html::{self, JobView, Page};
use coopwright::report::{self, RunInfo, Totals};
use coopwright::snapshot::Key;
use serde_json::json;

/// Of which variants traces are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Keep {
    /// Of none
    Off,
    /// Of all
    On,
    /// Of what failed or could not be tested, each time that it did
    RetainOnFailure,
}

/// Writes the trace of a job in one browser, if it is to be kept: `trace.html` to look at, `trace.json` with
/// everything that was seen, and a picture of each window. `times` says the how manieth run of it that is.
pub(super) fn save_trace(
    output: &Path,
    keep: Keep,
    report: &JobReport,
    times: usize,
    info: &RunInfo,
) -> io::Result<()> {
    let wanted = match keep {
        Keep::Off => false,
        Keep::On => true,
        Keep::RetainOnFailure => report.verdict().is_bad(),
    };
    if !wanted {
        return Ok(());
    }
    let unit = report.unit();
    let name = Key::new(&unit.scenario, report.variant()).to_string();
    let browser = report.browser();
    let attempt = if times > 1 { format!("-attempt-{times}") } else { String::new() };
    let folder = output.join("traces").join(name).join(format!("{}{attempt}", browser.browser));
    // What an earlier run has left there is of another time.
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut totals = Totals::default();
    totals.add(report.verdict());
    let info = RunInfo { browsers: vec![Arc::new(browser.clone())], ..info.clone() };
    let (units, matrices) = match report {
        JobReport::Unit(unit) => (vec![report::unit(unit)], Vec::new()),
        JobReport::Matrix(matrix) => (Vec::new(), vec![report::matrix(matrix)]),
    };
    let mut document = report::document(&info, &totals, &units, &matrices);
    if let JobReport::Unit(unit) = report {
        let all = unit.reports.iter().map(|(url, body)| json!({ "sent-to": url, "report": body }));
        document["browser-reports"] = all.collect();
        for (window, picture) in &unit.last_looks {
            fs::write(folder.join(format!("{}.png", Key::new("window", window))), picture)?;
        }
    }
    fs::write(folder.join("trace.json"), serde_json::to_string_pretty(&document)? + "\n")?;
    fs::write(folder.join("trace.html"), page(report, &info, &totals))
}

/// The page of a run that was nothing but this.
fn page(report: &JobReport, info: &RunInfo, totals: &Totals) -> String {
    let title = format!("{} › {}", report.unit().scenario, report.variant());
    let mut page = Page::of_run(&title, info, totals);
    match JobView::of(std::slice::from_ref(report)) {
        Some(JobView::Unit(unit)) => page.units.push(unit),
        Some(JobView::Matrix(matrix)) => page.matrices.push(matrix),
        None => {}
    }
    html::render(&page)
}
