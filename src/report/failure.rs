//! One unit or matrix that did not pass: expected against observed, the hops, the cause, the fix, the
//! place. Of a matrix the first cells are shown that are not as expected, and what differs in its table.

use super::console::{Styles, wrap};
use crate::cause::Cause;
use crate::event::{CellReport, JobReport, MatrixReport, UnitReport};
use crate::lint::Severity;
use crate::observation::{Hop, Observation, WindowSeen, without_query};
use crate::snapshot::{Key, Outcome, visible};
use crate::verdict::{Broken, Verdict};

/// Header names that matter here, by how they begin.
const RELEVANT: &[&str] = &[
    "cross-origin-",
    "access-control-",
    "document-isolation-policy",
    "permissions-policy",
    "reporting-endpoints",
    "location",
];

/// Of a matrix so many cells are shown; more would hide the rest.
const CELLS: usize = 8;

/// The text of the `number`th failure; where the browser is one of many, with its name.
pub(super) fn text(
    number: usize,
    report: &JobReport,
    width: usize,
    styles: &Styles,
    one_of_many: bool,
) -> String {
    let verdict = report.verdict();
    let style = if verdict == Verdict::Error { &styles.warn } else { &styles.bad };
    let unit = report.unit();
    let mut name = format!("{} › {}", unit.scenario, report.variant());
    if one_of_many {
        name += &format!(" in {}", report.browser().name());
    }
    let mut out = format!(
        "{} {}\n",
        style.apply_to(format!("{number}) {}", verdict.name().to_uppercase())),
        styles.strong.apply_to(name)
    );
    out += &format!("   {}\n", styles.dim.apply_to(format!("{}:{}", unit.path, unit.line)));
    let has_broken = match report {
        JobReport::Unit(report) => {
            out += &of_unit(report, width, styles);
            !report.broken.is_empty()
        }
        JobReport::Matrix(report) => {
            out += &of_matrix(report, width, styles);
            report.cells.iter().any(CellReport::has_failed)
        }
    };
    if let (Some(lesson), true) = (&unit.lesson, has_broken) {
        out += &paragraph("fix", &lesson.fix, width, styles);
    }
    out += &snapshot(report, styles);
    out + "\n"
}

fn of_unit(report: &UnitReport, width: usize, styles: &Styles) -> String {
    let mut out = report.error.as_ref().map_or_else(String::new, |error| told(error, 3, width));
    out += &broken(&report.broken, styles);
    if let Some(observation) = &report.observation {
        out += &hops(observation, report.cause.as_ref(), width, styles);
    }
    if let Some(cause) = &report.cause {
        out += &paragraph("cause", &cause.sentence, width, styles);
    }
    for found in report.lint.iter().filter(|found| found.lint.code.severity > Severity::Note) {
        out += &paragraph("lint", &found.to_string(), width, styles);
    }
    out
}

fn of_matrix(report: &MatrixReport, width: usize, styles: &Styles) -> String {
    let mut out = report.error.as_ref().map_or_else(String::new, |error| told(error, 3, width));
    let bad: Vec<&CellReport> = report.cells.iter().filter(|cell| cell.is_bad()).collect();
    for cell in bad.iter().take(CELLS) {
        out += &format!("\n   {}\n", styles.strong.apply_to(cell.name()));
        out += &cell.error.as_ref().map_or_else(String::new, |error| told(error, 3, width));
        out += broken(&cell.broken, styles).trim_start_matches('\n');
    }
    if bad.len() > CELLS {
        let more = bad.len() - CELLS;
        let s = if more == 1 { "" } else { "s" };
        out += &format!("\n   and {more} more cell{s} of {}\n", report.cells.len());
    }
    out
}

/// A text of several lines, indented.
fn told(text: &str, indent: usize, width: usize) -> String {
    let lines = text.lines().flat_map(|line| wrap(line, width.saturating_sub(indent)));
    lines.map(|line| format!("{:indent$}{}\n", "", visible(&line))).collect()
}

fn broken(broken: &[Broken], styles: &Styles) -> String {
    let mut out = String::new();
    let names = broken.iter().map(|broken| broken.fact.to_string().len()).max().unwrap_or(0);
    for Broken { fact, expected, observed, line } in broken {
        let fact = fact.to_string();
        let observed = match observed {
            Some(value) => value.to_string(),
            None => "(not observed)".to_owned(),
        };
        out += &format!(
            "\n   {fact:names$}  expected  {}  {}\n   {:names$}  observed  {}\n",
            styles.good.apply_to(expected),
            styles.dim.apply_to(format!("(line {line})")),
            "",
            styles.bad.apply_to(visible(&observed))
        );
    }
    out
}

/// The windows that the cause is about, each response with the headers that matter.
fn hops(seen: &Observation, cause: Option<&Cause>, width: usize, styles: &Styles) -> String {
    let mut out = String::new();
    for window in seen.windows.iter().filter(|window| !window.documents.is_empty()) {
        out += &format!("\n   responses of `{}`{}\n", window.name, origin_of(window));
        for hop in window.documents.iter().flat_map(|document| &document.hops) {
            out += &hop_lines(hop, cause, width, styles);
        }
    }
    let documents: Vec<&Hop> =
        seen.windows.iter().flat_map(|w| &w.documents).flat_map(|d| &d.hops).collect();
    let others: Vec<&Hop> = seen
        .requests
        .iter()
        .map(|request| &request.answer)
        .filter(|hop| !documents.contains(hop))
        .collect();
    if !others.is_empty() {
        out += "\n   other responses\n";
        for hop in others {
            out += &hop_lines(hop, cause, width, styles);
        }
    }
    out
}

fn origin_of(window: &WindowSeen) -> String {
    match &window.opened_from {
        Some(from) if window.frame => format!(" (a frame in `{from}`)"),
        Some(from) => format!(" (opened from `{from}`)"),
        None => String::new(),
    }
}

fn hop_lines(hop: &Hop, cause: Option<&Cause>, width: usize, styles: &Styles) -> String {
    let decides = cause.and_then(|cause| cause.hop.as_ref()) == Some(hop);
    let mark = if decides { ">" } else { " " };
    let page = without_query(&hop.page);
    let line = format!("   {mark} {page}  {}", hop.status);
    let mut out = if decides { format!("{}\n", styles.strong.apply_to(line)) } else { line + "\n" };
    let relevant = hop.headers.iter().filter(|(name, _)| {
        let name = name.to_ascii_lowercase();
        RELEVANT.iter().any(|start| name.starts_with(start))
    });
    let mut none = true;
    for (name, value) in relevant {
        none = false;
        let line = visible(&format!("{name}: {value}")).into_owned();
        let line = console::truncate_str(&line, width.saturating_sub(9), "…").into_owned();
        out += &format!("         {}\n", styles.dim.apply_to(line));
    }
    if none {
        out += &format!("         {}\n", styles.dim.apply_to("(no cross-origin header)"));
    }
    out
}

fn paragraph(label: &str, text: &str, width: usize, styles: &Styles) -> String {
    let indent = " ".repeat(10);
    let lines = wrap(text, width.saturating_sub(indent.len()));
    let label = format!("   {label:<7}");
    let mut out = String::from("\n");
    for (number, line) in lines.iter().enumerate() {
        let head = if number == 0 {
            styles.strong.apply_to(label.as_str()).to_string()
        } else {
            indent.clone()
        };
        out += &format!("{head}{line}\n");
    }
    out
}

fn snapshot(report: &JobReport, styles: &Styles) -> String {
    let unit = report.unit();
    let (what, diff, pending) = match report.snapshot() {
        Some(Outcome::New { pending }) => {
            ("there is no accepted snapshot yet".to_owned(), None, pending)
        }
        Some(Outcome::Differs { diff, pending, browser_was: None }) => {
            ("the snapshot differs from the accepted one".to_owned(), Some(diff), pending)
        }
        Some(Outcome::Differs { diff, pending, browser_was: Some(was) }) => {
            let (title, now) = (report.browser().browser.title(), &report.browser().version);
            let what = format!(
                "the browser has changed, not the scenario: accepted with {title} {was}, \
                 now {title} {now}"
            );
            (what, Some(diff), pending)
        }
        _ => return String::new(),
    };
    let mut out = format!("\n   {what}\n");
    if let Some(diff) = diff {
        for line in diff.render(styles.color).lines() {
            out += &format!("     {line}\n");
        }
    }
    let key = Key::new(&unit.scenario, report.variant()).to_string();
    out += &match pending {
        Some(file) => {
            // An engine's own has a name of its own.
            let name = file.file_name().and_then(|name| name.to_str()?.strip_suffix(".snap.new"));
            let name = name.unwrap_or(&key);
            let folder = file.parent().unwrap_or(file).display().to_string();
            format!(
                "   to accept it: coopwright review {} --accept --snapshot '{name}'\n",
                visible(&folder)
            )
        }
        None => "   nothing was written (CI); run it locally and review it there\n".to_owned(),
    };
    out
}
