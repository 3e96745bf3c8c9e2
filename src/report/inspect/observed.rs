//! What real browsers showed of a live page, beside what the model says of it.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{heading, paragraph};
use crate::chain::{Case, Outlook, Readable};
use crate::event::UnitReport;
use crate::fact::{FactKind, Facts};

const TITLE: usize = 38;
const COLUMN: usize = 13;

/// The answers of browsers, question by question; `reports` are those of the questions' variants.
#[must_use]
pub fn observed(outlook: &Outlook, reports: &[&UnitReport]) -> String {
    let mut out = String::new();
    let browsers = browsers(reports);
    paragraph(&mut out, "in real browsers: ", &browsers.join(", "));
    let mut line = format!("{:TITLE$}", "");
    for browser in &browsers {
        let name = browser.split(' ').next().unwrap_or_default().to_ascii_lowercase();
        let _ = write!(line, "{:COLUMN$}", console::truncate_str(&name, COLUMN - 1, "…"));
    }
    let _ = writeln!(out, "{}", line.trim_end());
    let mut role = None;
    let mut differs = false;
    let mut before: Vec<Option<&str>> = Vec::new();
    for case in &outlook.cases {
        let of_case: Vec<&UnitReport> =
            reports.iter().copied().filter(|report| report.unit.variant == case.id).collect();
        if of_case.is_empty() {
            continue;
        }
        let words: Vec<Option<&str>> = of_case.iter().map(|report| word(case, report)).collect();
        // As in the table of predictions, it is told where it makes a difference.
        if case.id.ends_with("blank-first") && words == before {
            continue;
        }
        before = words;
        if role != Some(case.role) {
            role = Some(case.role);
            let _ = writeln!(out, "{}", heading(case.role));
        }
        let title = console::truncate_str(&case.title, TITLE - 4, "…");
        let mut line = format!("{:TITLE$}", format!("  {title}"));
        for report in of_case {
            let word = word(case, report).unwrap_or("?");
            let otherwise = predicted(case, report).is_some_and(|predicted| predicted != word);
            differs |= otherwise && word != "?";
            let mark = if otherwise && word != "?" { " ≠" } else { "" };
            let _ = write!(line, "{:COLUMN$}", format!("{word}{mark}"));
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if differs {
        out += "≠ otherwise than predicted above\n";
    }
    for (browser, page) in moved_on(reports) {
        paragraph(&mut out, "· ", &format!("in {browser} the page went on to {page}"));
    }
    untested(&mut out, reports);
    out
}

/// The browsers, in the order of the reports.
fn browsers(reports: &[&UnitReport]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for report in reports {
        let name = report.browser.name();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn facts(report: &UnitReport) -> Option<&Facts> {
    report.observation.as_ref().filter(|_| report.error.is_none()).map(|seen| &seen.facts)
}

fn word<'a>(case: &Case, report: &'a UnitReport) -> Option<&'a str> {
    let (subject, kind) = match case.id {
        "isolated" => ("main", FactKind::Isolated),
        _ => ("popup", FactKind::Opener),
    };
    facts(report)?.text(subject, kind)
}

fn predicted(case: &Case, report: &UnitReport) -> Option<&'static str> {
    let engine = report.browser.browser.engine();
    let shown = case.shown.iter().find(|shown| shown.engine.name() == engine);
    shown.map(|shown| shown.word)
}

/// The documents to which the page went on by itself, by scripts or timers, where it was alone.
fn moved_on(reports: &[&UnitReport]) -> Vec<(String, String)> {
    let mut moved = Vec::new();
    for report in reports.iter().filter(|report| report.unit.variant == "isolated") {
        let windows = report.observation.iter().flat_map(|seen| &seen.windows);
        let pages = windows.filter(|window| window.name == "main").flat_map(|window| {
            window.documents.iter().skip(1).map(|document| document.page.clone())
        });
        moved.extend(pages.map(|page| (report.browser.name(), page)));
    }
    moved
}

fn untested(out: &mut String, reports: &[&UnitReport]) {
    for report in reports {
        if let Some(error) = &report.error {
            let text = format!("{} in {}: {error}", report.unit.variant, report.browser.name());
            paragraph(out, "could not be tested: ", &text);
        }
    }
}

/// What a script could read in browsers, beside what the rules say.
#[must_use]
pub fn observed_script(readable: &[Readable], reports: &[&UnitReport]) -> String {
    let mut out = String::new();
    for report in reports {
        let Some(facts) = facts(report) else { continue };
        let word = facts.text("fetch", FactKind::Result).unwrap_or("?");
        let engine = report.browser.browser.engine();
        let rule = readable.iter().find(|one| one.engine.name() == engine);
        let otherwise = rule.is_some_and(|rule| rule.readable != (word == "readable"));
        let otherwise = if otherwise { "  ≠ otherwise than predicted above" } else { "" };
        paragraph(
            &mut out,
            &format!("in {}: ", report.browser.name()),
            &format!("{word}{otherwise}"),
        );
    }
    untested(&mut out, reports);
    out
}

/// The same for programs: for each browser its `browser`, `version`, `shown` (by the case's id, or
/// `fetch`), `errors` and `went-on-to`.
#[must_use]
pub fn observed_json(outlook: Option<&Outlook>, reports: &[&UnitReport]) -> Value {
    let told = browsers(reports).into_iter().map(|name| {
        let own: Vec<&UnitReport> =
            reports.iter().copied().filter(|report| report.browser.name() == name).collect();
        let cases = outlook.iter().flat_map(|outlook| &outlook.cases);
        let mut shown: Map<String, Value> = cases
            .filter_map(|case| {
                let report = own.iter().find(|report| report.unit.variant == case.id)?;
                Some((case.id.to_owned(), json!(word(case, report)?)))
            })
            .collect();
        let script = own.iter().find(|report| report.unit.variant == "fetch");
        if let Some(facts) = script.and_then(|report| facts(report)) {
            shown.insert("fetch".to_owned(), json!(facts.text("fetch", FactKind::Result)));
        }
        let errors = own.iter().filter_map(|report| {
            Some((report.unit.variant.clone(), json!(report.error.as_ref()?)))
        });
        let went_on: Vec<String> = moved_on(&own).into_iter().map(|(_, page)| page).collect();
        json!({
            "browser": own.first().map(|report| report.browser.browser),
            "version": own.first().map(|report| &report.browser.version),
            "shown": shown,
            "errors": errors.collect::<Map<String, Value>>(),
            "went-on-to": went_on,
        })
    });
    told.collect()
}
