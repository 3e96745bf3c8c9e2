//! What the page shows: plain data, filled in by whoever has the results.
//!
//! Every text here is shown as text. None is read as HTML, whatever a server put into its headers.

use serde::{Deserialize, Serialize};

use crate::observation::Event;

/// One page: a whole run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Page {
    /// The heading, and the title of the browser's tab.
    pub title: String,
    /// The browsers, in the order of their columns.
    pub browsers: Vec<BrowserView>,
    /// The operating system.
    pub os: String,
    /// The command that made the page.
    pub command: String,
    /// Whether the browsers' windows were hidden.
    pub headless: bool,
    /// Whether the run was interrupted.
    pub interrupted: bool,
    /// How many units were not run any more.
    pub not_run: usize,
    /// How many units ended how.
    pub totals: PageTotals,
    /// Matrices, shown as heat maps.
    pub matrices: Vec<MatrixView>,
    /// Units that are not cells of a matrix.
    pub units: Vec<UnitView>,
}

/// A browser of the run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BrowserView {
    /// Its name on the command line, by which columns say whose they are: `firefox`.
    pub name: String,
    /// Its name as people write it.
    pub title: String,
    /// Its version.
    pub version: String,
    /// Whether it started.
    pub started: bool,
    /// What it lacks, of what was looked for.
    pub lacks: Vec<String>,
    /// What of the full browser it cannot show.
    pub cannot_show: Option<String>,
}

/// How many units ended how; one in three browsers counts three times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageTotals {
    /// Units that passed.
    pub passed: usize,
    /// Units that passed when they were tried again.
    pub flaky: usize,
    /// Units that failed.
    pub failed: usize,
    /// Units that do not apply to the engine.
    pub not_applicable: usize,
    /// Units that could not be tested.
    pub errors: usize,
}

/// One variant of a scenario with axes: all its cells.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MatrixView {
    /// The scenario's name.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// The variant's name.
    pub variant: String,
    /// What `coopwright explain` takes for it: its file, or the name of a built-in scenario.
    pub what: String,
    /// What `coopwright run` takes for it.
    pub run: String,
    /// The axes, in the order of the file.
    pub axes: Vec<AxisView>,
    /// What it came to in each browser, in their order.
    pub columns: Vec<MatrixColumn>,
}

/// A matrix in one browser.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MatrixColumn {
    /// The browser's name on the command line.
    pub browser: String,
    /// How it ended, as in the other reports: `passed`, `flaky`, `failed`, `not applicable`, `error`.
    pub verdict: String,
    /// What came of it each time, if it ran several times.
    pub attempts: AttemptsView,
    /// Why its snapshot could not be compared, if so.
    pub error: Option<String>,
    /// How its table differs from the accepted one.
    pub snapshot: Option<SnapshotView>,
    /// What is known of why it shows something else than the first browser.
    pub reasons: Vec<String>,
    /// One cell for each combination of labels; the last axis changes fastest.
    pub cells: Vec<CellView>,
}

/// An axis of a matrix.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct AxisView {
    /// Its name.
    pub name: String,
    /// Its values; an empty one stands for "without this header".
    pub labels: Vec<String>,
}

/// What happened in one cell, and why.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CellView {
    /// The facts.
    pub facts: Vec<FactView>,
    /// The rules that the prediction rests on, in order.
    pub because: Vec<ReasonView>,
    /// The responses behind the documents, in order.
    pub responses: Vec<ResponseView>,
    /// What the browser lacks of what the cell is about.
    pub lacks: Vec<String>,
    /// Why the cell could not be tested.
    pub error: Option<String>,
    /// What was expected otherwise, in one sentence.
    pub broken: Option<String>,
}

/// A fact, as the standard predicts it and as the browser showed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FactView {
    /// Its name: `popup.opener`.
    pub name: String,
    /// What the browser showed.
    pub observed: Option<String>,
    /// What the standard says; nothing where there is no prediction.
    pub predicted: Option<String>,
}

/// One step of an explanation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReasonView {
    /// The fact that it is about.
    pub fact: String,
    /// The response at which the rule applied.
    pub hop: Option<String>,
    /// The rule, in words.
    pub rule: String,
    /// Where the rule is written: `HTML, section 7.1.3`.
    pub source: String,
    /// The address of that place.
    pub url: Option<String>,
    /// The browser's own rule, where one stands in place of the standard's.
    pub deviation: Option<String>,
}

/// A response that a browser got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResponseView {
    /// Whose document it led to: `opener`, `popup hop 1`.
    pub who: String,
    /// The page, as `site:/path`.
    pub page: String,
    /// The status.
    pub status: u16,
    /// The header lines as sent.
    pub headers: Vec<(String, String)>,
    /// Whether this response decided.
    pub deciding: bool,
}

/// A unit outside of matrices.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct UnitView {
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's title.
    pub scenario_title: String,
    /// The variant's name.
    pub variant: String,
    /// What the variant stands for: `broken`, `wrong fix`, `fixed`, `case`.
    pub kind: String,
    /// What is different in it.
    pub title: String,
    /// Its place: `file:line`.
    pub place: String,
    /// What to change, where the scenario tells and the unit did not pass in some browser.
    pub fix: Option<String>,
    /// How to write that for servers and frameworks, by their names, where the scenario tells.
    pub config: Vec<(String, String)>,
    /// What it came to in each browser, in their order.
    pub columns: Vec<UnitColumn>,
}

/// A unit in one browser.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct UnitColumn {
    /// The browser's name on the command line.
    pub browser: String,
    /// How it ended: `passed`, `flaky`, `failed`, `not applicable`, `error`.
    pub verdict: String,
    /// How long it took, the last time.
    pub duration_ms: u64,
    /// What came of it each time, if it ran several times.
    pub attempts: AttemptsView,
    /// What the browser lacks of what the unit is about.
    pub lacks: Vec<String>,
    /// What was observed, and predicted where there is a prediction.
    pub facts: Vec<FactView>,
    /// Whether it shows something else than the first browser that was tested.
    pub differs: bool,
    /// What is known of why.
    pub reasons: Vec<String>,
    /// Expectations that do not hold.
    pub broken: Vec<BrokenView>,
    /// How the snapshot differs from the accepted one, or that there is none yet.
    pub snapshot: Option<SnapshotView>,
    /// What most likely decided, in one sentence.
    pub cause: Option<String>,
    /// What its headers say in vain.
    pub lint: Vec<String>,
    /// The responses behind its documents.
    pub responses: Vec<ResponseView>,
    /// Its windows and frames, in order of appearance.
    pub windows: Vec<WindowView>,
    /// What happened, in order.
    pub moments: Vec<MomentView>,
    /// The browser's console.
    pub console: Vec<String>,
    /// What windows showed.
    pub pictures: Vec<PictureView>,
    /// Why it could not be tested, if so.
    pub error: Option<String>,
}

/// A snapshot that does not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotView {
    /// What is the matter, in one sentence.
    pub note: String,
    /// Whether the browser has changed, and not the scenario.
    pub browser_changed: bool,
    /// From the accepted text to the new one.
    pub diff: Option<String>,
}

/// An expectation that does not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenView {
    /// The fact.
    pub fact: String,
    /// What the scenario expects.
    pub expected: String,
    /// What the browser showed; nothing where the fact never came about.
    pub observed: Option<String>,
    /// The line of the expectation in the scenario's file.
    pub line: usize,
}

/// A window or frame.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WindowView {
    /// Its name in the scenario.
    pub name: String,
    /// The window that opened or embeds it.
    pub from: Option<String>,
    /// Whether it is a frame.
    pub frame: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MomentView {
    /// Milliseconds since the unit began.
    pub at_ms: u64,
    /// The window or frame, where it is known.
    pub window: Option<String>,
    /// What happened.
    pub event: Event,
    /// Whether it is the response that decided.
    pub deciding: bool,
}

/// What a window showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureView {
    /// Its name.
    pub name: String,
    /// Whether it was taken because the unit ended badly, and not because the scenario asks for it.
    pub at_end: bool,
    /// A PNG, in base64.
    pub png: String,
}

/// What came of running a job several times.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptsView {
    /// Each time, in order; empty where it ran once.
    pub each: Vec<AttemptView>,
    /// Facts that were not the same each time.
    pub changed: Vec<ChangedView>,
}

/// One of the times that a job was run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptView {
    /// How it ended.
    pub verdict: String,
    /// What was wrong, in one line.
    pub wrong: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
}

/// A fact that was not the same each time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedView {
    /// Of a matrix, the cell.
    pub cell: Option<String>,
    /// The fact.
    pub fact: String,
    /// What it was each time; nothing where it was not observed.
    pub values: Vec<Option<String>>,
}
