//! The console report: a block for each scenario, then the failures, then the counts.

use std::collections::BTreeMap;
use std::time::Duration;

use console::{Style, measure_text_width, pad_str, truncate_str};

use super::difference::difference;
use super::{failure, finding};
use crate::browser::Browser;
use crate::event::{Attempts, BrowserInfo, JobReport};
use crate::lint::Severity;
use crate::scenario::{Job, Matrix, VariantKind};
use crate::snapshot::visible;
use crate::verdict::Verdict;

/// The text of a run for people.
#[derive(Debug)]
pub struct Console {
    width: usize,
    styles: Styles,
    /// Reports of scenarios that are not complete yet, by number of the job.
    waiting: BTreeMap<usize, Vec<JobReport>>,
    /// The browsers, each with the letter of its column.
    browsers: Vec<(char, Browser)>,
    /// For each scenario, the numbers of its jobs.
    scenarios: Vec<std::ops::Range<usize>>,
    /// The first scenario that was not printed yet.
    next: usize,
}

/// How the parts of a report look.
#[derive(Debug, Clone)]
pub(super) struct Styles {
    pub(super) strong: Style,
    pub(super) dim: Style,
    pub(super) good: Style,
    pub(super) bad: Style,
    pub(super) warn: Style,
    pub(super) color: bool,
}

impl Styles {
    /// In colour, or all alike.
    pub(super) fn new(color: bool) -> Self {
        let style = || Style::new().force_styling(color);
        Self {
            strong: style().bold(),
            dim: style().dim(),
            good: style().green(),
            bad: style().red().bold(),
            warn: style().yellow(),
            color,
        }
    }
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Units and matrices that passed.
    pub passed: usize,
    /// Units and matrices that passed when they were tried again.
    pub flaky: usize,
    /// Units and matrices that failed.
    pub failed: usize,
    /// Units that do not apply to the engine.
    pub not_applicable: usize,
    /// Units that could not be tested.
    pub errors: usize,
    /// Units that were not begun.
    pub left: usize,
}

impl Totals {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Flaky => self.flaky += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::NotApplicable => self.not_applicable += 1,
            Verdict::Error => self.errors += 1,
        }
    }
}

impl Console {
    /// A report on `jobs`, for `width` columns.
    #[must_use]
    pub fn new(jobs: &[Job], width: usize, color: bool) -> Self {
        let mut scenarios: Vec<std::ops::Range<usize>> = Vec::new();
        let mut last = None;
        for (index, job) in jobs.iter().enumerate() {
            let path = &job.first().path;
            match scenarios.last_mut() {
                Some(range) if last == Some(path) => range.end = index + 1,
                _ => scenarios.push(index..index + 1),
            }
            last = Some(path);
        }
        Self {
            width: width.clamp(40, 120),
            styles: Styles::new(color),
            waiting: BTreeMap::new(),
            browsers: Vec::new(),
            scenarios,
            next: 0,
        }
    }

    /// The first lines: what runs where; `places` are lines of the caller's on that.
    pub fn begin(&mut self, browsers: &[std::sync::Arc<BrowserInfo>], places: &str) -> String {
        self.browsers = browsers.iter().map(|info| (letter(info.browser), info.browser)).collect();
        let mut text = format!("coopwright {}", env!("CARGO_PKG_VERSION"));
        if let [info] = browsers {
            text += &format!(", {}, {}", info.name(), count(info.workers, "browser"));
        }
        text.push('\n');
        for info in browsers {
            if browsers.len() > 1 {
                let at_work = match info.workers {
                    0 => "did not start".to_owned(),
                    workers => count(workers, "browser"),
                };
                text += &format!("  {} = {}, {at_work}\n", letter(info.browser), info.name());
            }
            if let Some(blind) = info.browser.cannot_show() {
                text +=
                    &self.wrapped(&format!("not shown here: {blind}"), "      ", &self.styles.dim);
            }
        }
        text + places + "\n"
    }

    /// Takes what a job came to in each browser, and gives the text of every scenario that is complete
    /// now, in their order.
    pub fn take(&mut self, reports: Vec<JobReport>) -> String {
        let Some(index) = reports.first().map(JobReport::index) else { return String::new() };
        self.waiting.insert(index, reports);
        let mut text = String::new();
        while let Some(range) = self.scenarios.get(self.next).cloned() {
            if !range.clone().all(|index| self.waiting.contains_key(&index)) {
                break;
            }
            text += &self.scenario(range);
            self.next += 1;
        }
        text
    }

    /// What is left of a run that ended early: scenarios that are not complete.
    pub fn rest(&mut self) -> String {
        let mut text = String::new();
        while let Some(range) = self.scenarios.get(self.next).cloned() {
            text += &self.scenario(range);
            self.next += 1;
        }
        text
    }

    fn scenario(&self, range: std::ops::Range<usize>) -> String {
        let jobs: Vec<&[JobReport]> =
            self.waiting.range(range).map(|(_, reports)| reports.as_slice()).collect();
        let Some(first) = jobs.first().and_then(|reports| reports.first()) else {
            return String::new();
        };
        let Styles { strong, dim, .. } = &self.styles;
        let unit = first.unit();
        let mut text = format!("{}\n", strong.apply_to(&unit.scenario));
        text += &self.wrapped(&unit.scenario_title, "  ", dim);
        if self.browsers.len() > 1 {
            let letters: String =
                self.browsers.iter().map(|(letter, _)| format!("{letter} ")).collect();
            text += &format!("  {}\n", dim.apply_to(letters.trim_end()));
        }
        let names = jobs.iter().map(|reports| measure_text_width(reports[0].variant()));
        let names = names.max().unwrap_or(0).min(34);
        for reports in &jobs {
            text += &self.unit_line(reports, names);
            text += &self.attempts(reports);
            text += &self.not_applicable(reports);
            text += &self.difference(reports);
            text += &reports.iter().map(|report| self.lint(report)).next().unwrap_or_default();
        }
        if let Some(lesson) = &unit.lesson {
            text += &self.labelled("why", &lesson.cause);
            text += &self.labelled("fix", &lesson.fix);
        }
        text + "\n"
    }

    /// One line for a variant: a mark for each browser, or the verdict where there is one browser. A matrix
    /// tells its cells there.
    fn unit_line(&self, reports: &[JobReport], names: usize) -> String {
        let first = &reports[0];
        let verdict = if self.browsers.len() > 1 {
            let of = |browser: Browser| {
                let report = reports.iter().find(|report| report.browser().browser == browser);
                match report.map(|report| self.mark(report.verdict())) {
                    Some((mark, style)) => style.apply_to(mark).to_string(),
                    None => " ".to_owned(),
                }
            };
            let marks: Vec<String> =
                self.browsers.iter().map(|(_, browser)| of(*browser)).collect();
            marks.join(" ")
        } else {
            let (mark, style) = self.mark(first.verdict());
            let name = pad_str(first.verdict().name(), 6, console::Alignment::Left, None);
            format!("{} {}", style.apply_to(mark), style.apply_to(name))
        };
        let name = pad_str(first.variant(), names, console::Alignment::Left, Some("…"));
        let duration = reports.iter().map(JobReport::duration).max().unwrap_or_default();
        let time = match first {
            JobReport::Unit(_) => seconds(duration),
            JobReport::Matrix(report) => {
                format!("{}  {}", cells_of(&report.matrix), seconds(duration))
            }
        };
        let head = format!("  {verdict} {name}  ");
        let room = self.width.saturating_sub(measure_text_width(&head) + time.len() + 1);
        let title = truncate_str(&first.unit().title, room, "…");
        let title = pad_str(&title, room, console::Alignment::Left, None);
        format!("{head}{title} {}\n", self.styles.dim.apply_to(time))
    }

    /// What each attempt came to where not all passed, and facts that were not the same each time.
    fn attempts(&self, reports: &[JobReport]) -> String {
        let mut text = String::new();
        for report in reports {
            let Attempts { each, changed } = report.attempts();
            let name = report.browser().name();
            if each.iter().any(|attempt| attempt.verdict.is_bad()) {
                let told = each.iter().enumerate().map(|(number, attempt)| {
                    let wrong = attempt.wrong.as_ref().map(|wrong| format!(" ({wrong})"));
                    let (verdict, wrong) = (attempt.verdict.name(), wrong.unwrap_or_default());
                    format!("attempt {} {verdict}{wrong}", number + 1)
                });
                let told = format!("{name}: {}", told.collect::<Vec<_>>().join(", "));
                text += &self.labelled("~", &visible(&told));
            }
            for changed in changed {
                let values = changed.values.iter().map(|value| match value {
                    Some(value) => value.to_string(),
                    None => "not observed".to_owned(),
                });
                let values = values.collect::<Vec<_>>().join(", then ");
                let cell = changed.cell.as_ref().map(|cell| format!("{cell}: "));
                let (cell, fact) = (cell.unwrap_or_default(), &changed.fact);
                let told = format!("changed between attempts in {name}: {cell}{fact}: {values}");
                let label = self.styles.warn.apply_to("≠").to_string();
                text += &self.labelled(&label, &visible(&told));
            }
        }
        text
    }

    /// What could not be observed; what a browser lacks of what a unit, or some cells, are about.
    fn not_applicable(&self, reports: &[JobReport]) -> String {
        let mut text = String::new();
        for report in reports {
            if let JobReport::Unit(unit) = report
                && !unit.unobserved.is_empty()
            {
                let facts: Vec<String> = unit.unobserved.iter().map(ToString::to_string).collect();
                let told = format!(
                    "not observed in {}: {}; the page was gone before anyone could look",
                    report.browser().name(),
                    facts.join(", ")
                );
                text += &self.labelled("?", &told);
            }
            let lacks = report.lacks();
            if lacks.is_empty() {
                continue;
            }
            let titles: Vec<&str> = lacks.iter().map(|feature| feature.title()).collect();
            let cells = match report {
                JobReport::Unit(_) => "not applicable".to_owned(),
                JobReport::Matrix(matrix) => {
                    let count = matrix.cells.iter().filter(|cell| !cell.lacks.is_empty()).count();
                    format!("{count} cells not applicable")
                }
            };
            let lacks = titles.join(", ");
            let told = format!("{cells} in {}: it lacks {lacks}", report.browser().name());
            text += &self.labelled("-", &told);
        }
        text
    }

    /// What browsers show otherwise than each other, and why.
    fn difference(&self, reports: &[JobReport]) -> String {
        let Some(found) = difference(reports) else { return String::new() };
        let mut text = String::new();
        let letters: Vec<char> =
            reports.iter().map(|report| letter(report.browser().browser)).collect();
        let mut told: Vec<String> = Vec::new();
        for fact in &found.facts {
            let mut values: Vec<(String, String)> = Vec::new();
            for (value, letter) in fact.values.iter().zip(&letters) {
                let value =
                    value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
                match values.iter_mut().find(|(known, _)| *known == value) {
                    Some((_, letters)) => *letters += &format!(" {letter}"),
                    None => values.push((value, letter.to_string())),
                }
            }
            let values: Vec<String> =
                values.into_iter().map(|(value, letters)| format!("{letters}: {value}")).collect();
            told.push(format!("{}  {}", fact.fact, values.join(" · ")));
        }
        for (count, letter) in found.cells.iter().zip(&letters) {
            if *count > 0 {
                let first = letters[0];
                let s = if *count == 1 { "" } else { "s" };
                told.push(format!("{letter} shows something else than {first} in {count} cell{s}"));
            }
        }
        for line in told {
            text += &self.labelled(&self.styles.warn.apply_to("≠").to_string(), &line);
        }
        for ((reasons, letter), report) in found.reasons.iter().zip(&letters).zip(reports) {
            // What is lacking was told where it made the unit not applicable.
            let told = !report.lacks().is_empty();
            for reason in reasons.iter().filter(|reason| !(told && reason.starts_with("lacks "))) {
                text += &self.labelled(&letter.to_string(), reason);
            }
        }
        text
    }

    /// Headers without effect in a variant that is meant to work. Where one fails it is told there.
    fn lint(&self, report: &JobReport) -> String {
        let JobReport::Unit(report) = report else { return String::new() };
        let meant = matches!(report.unit.kind, VariantKind::Fixed | VariantKind::Case);
        if !meant || report.verdict != Verdict::Passed {
            return String::new();
        }
        let errors = report.lint.iter().filter(|found| found.lint.code.severity == Severity::Error);
        errors.map(|found| self.labelled("lint", &found.to_string())).collect()
    }

    fn mark(&self, verdict: Verdict) -> (&'static str, &Style) {
        match verdict {
            Verdict::Passed => ("✓", &self.styles.good),
            Verdict::Flaky => ("~", &self.styles.warn),
            Verdict::Failed => ("✗", &self.styles.bad),
            Verdict::NotApplicable => ("-", &self.styles.dim),
            Verdict::Error => ("!", &self.styles.warn),
        }
    }

    fn labelled(&self, label: &str, text: &str) -> String {
        let indent = " ".repeat(4 + measure_text_width(label) + 2);
        let lines = wrap(text, self.width.saturating_sub(indent.len()));
        let mut out = String::new();
        for (number, line) in lines.iter().enumerate() {
            if number == 0 {
                out += &format!("    {}  {line}\n", self.styles.dim.apply_to(label));
            } else {
                out += &format!("{indent}{line}\n");
            }
        }
        out
    }

    fn wrapped(&self, text: &str, indent: &str, style: &Style) -> String {
        let lines = wrap(text, self.width.saturating_sub(indent.len()));
        lines.iter().map(|line| format!("{indent}{}\n", style.apply_to(line))).collect()
    }

    /// Everything about the units that did not pass, in their order.
    #[must_use]
    pub fn failures(&self) -> String {
        let bad = self.waiting.values().flatten().filter(|report| report.verdict().is_bad());
        let mut text = String::new();
        for (number, report) in bad.enumerate() {
            text += &failure::text(
                number + 1,
                report,
                self.width,
                &self.styles,
                self.browsers.len() > 1,
            );
        }
        text
    }

    /// Facts that a browser showed otherwise than the model says. They fail nothing.
    #[must_use]
    pub fn findings(&self) -> String {
        let reports = self.waiting.values().flatten();
        let text: String = reports.map(|report| finding::text(report, self.width)).collect();
        if text.is_empty() {
            return text;
        }
        let heading =
            "Prediction and observation differ: a finding about the browser, or about the model";
        format!("{}\n{text}\n", self.styles.warn.apply_to(heading))
    }

    /// The last line.
    #[must_use]
    pub fn summary(&self, totals: &Totals, startup: Duration, whole: Duration) -> String {
        let Styles { good, bad, warn, dim, strong, .. } = &self.styles;
        let mut parts = vec![good.apply_to(format!("{} passed", totals.passed)).to_string()];
        if totals.flaky > 0 {
            parts.push(warn.apply_to(format!("{} flaky", totals.flaky)).to_string());
        }
        if totals.failed > 0 {
            parts.push(bad.apply_to(format!("{} failed", totals.failed)).to_string());
        }
        if totals.errors > 0 {
            let word = if totals.errors == 1 { "error" } else { "errors" };
            parts.push(warn.apply_to(format!("{} {word}", totals.errors)).to_string());
        }
        if totals.not_applicable > 0 {
            parts.push(format!("{} not applicable", totals.not_applicable));
        }
        if totals.left > 0 {
            parts.push(warn.apply_to(format!("{} not run", totals.left)).to_string());
        }
        let time = format!(
            "in {} (browser start {})",
            seconds(whole.saturating_sub(startup)),
            seconds(startup)
        );
        format!("{}, {}\n", strong.apply_to(parts.join(", ")), dim.apply_to(time))
    }
}

/// The letter of a browser's column.
pub(super) fn letter(browser: Browser) -> char {
    match browser {
        Browser::Chromium => 'C',
        Browser::ChromiumHeadlessShell => 'S',
        Browser::Firefox => 'F',
        Browser::Webkit => 'W',
    }
}

/// `1 cell`, `2 cells`.
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// How many cells; of how many, and what that means, where only some were selected.
fn cells_of(matrix: &Matrix) -> String {
    let (cells, all) = (matrix.cells.len(), matrix.size());
    if cells == all {
        format!("{cells} cells")
    } else {
        format!("{cells} of {all} cells, snapshot not compared")
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

/// `text` in lines of at most `width` columns, broken at spaces.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + 1 + measure_text_width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
