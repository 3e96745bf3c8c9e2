//! From the page's data to the JSON that it carries: every text, fact, rule and response once.
//!
//! Thousands of cells share a few dozen explanations, so cells hold numbers into tables; and what several
//! browsers show alike is one entry. The same data gives the same bytes: tables are in order of first use.

use std::hash::Hash;

use indexmap::IndexSet;
use serde::Serialize;

use super::data::{
    AttemptsView, AxisView, BrokenView, BrowserView, CellView, FactView, MatrixColumn, MatrixView,
    MomentView, Page, PageTotals, ReasonView, ResponseView, SnapshotView, UnitColumn, UnitView,
    WindowView,
};
use crate::observation::Event;

/// A place in a table.
type Id = usize;
/// A text that may be missing.
type Maybe = Option<Id>;

/// The JSON document. `assets/base.js` reads it.
#[derive(Debug, Serialize)]
struct Wire<'a> {
    title: &'a str,
    browsers: &'a [BrowserView],
    os: &'a str,
    command: &'a str,
    headless: bool,
    interrupted: bool,
    not_run: usize,
    coopwright: &'static str,
    totals: PageTotals,
    texts: IndexSet<&'a str>,
    facts: IndexSet<PackedFact>,
    reasons: IndexSet<PackedReason>,
    responses: IndexSet<PackedResponse>,
    windows: IndexSet<&'a [WindowView]>,
    moments: IndexSet<PackedMoment<'a>>,
    lists: IndexSet<Vec<Id>>,
    cells: IndexSet<PackedCell>,
    matrices: Vec<PackedMatrix<'a>>,
    units: Vec<PackedUnit<'a>>,
}

/// Name, observed, predicted.
type PackedFact = (Id, Maybe, Maybe);
/// Fact, hop, rule, source, address, deviation.
type PackedReason = (Id, Maybe, Id, Id, Maybe, Maybe);
/// Who, page, status, names and values of headers in turn, deciding.
type PackedResponse = (Id, Id, u16, Vec<Id>, bool);
/// Window, event, deciding.
type PackedMoment<'a> = (Maybe, &'a Event, bool);
/// Lists of facts, reasons, responses and features that are lacking, then the texts of the error and of
/// what was expected otherwise.
type PackedCell = (Id, Id, Id, Id, Maybe, Maybe);

#[derive(Debug, Serialize)]
struct PackedMatrix<'a> {
    name: &'a str,
    title: &'a str,
    variant: &'a str,
    what: &'a str,
    run: &'a str,
    axes: &'a [AxisView],
    columns: Vec<PackedMatrixColumn<'a>>,
}

#[derive(Debug, Serialize)]
struct PackedMatrixColumn<'a> {
    browser: &'a str,
    verdict: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<&'a AttemptsView>,
    error: Option<&'a str>,
    snapshot: Option<&'a SnapshotView>,
    reasons: &'a [String],
    cells: Vec<Id>,
}

/// A moment and its time, which no table holds: it is another in every run.
#[derive(Debug, Serialize)]
struct PackedTime {
    is: Id,
    at_ms: u64,
}

/// The text of a picture's name, whether it was taken at the end, and the text of the picture.
type PackedPicture = (Id, bool, Id);

#[derive(Debug, Serialize)]
struct PackedUnit<'a> {
    scenario: &'a str,
    scenario_title: &'a str,
    variant: &'a str,
    kind: &'a str,
    title: &'a str,
    place: &'a str,
    fix: Option<&'a str>,
    /// Texts: the name of a server or framework, then what to write there, in turn.
    config: Vec<Id>,
    columns: Vec<PackedUnitColumn<'a>>,
}

#[derive(Debug, Serialize)]
struct PackedUnitColumn<'a> {
    browser: &'a str,
    verdict: &'a str,
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<&'a AttemptsView>,
    lacks: Id,
    facts: Id,
    differs: bool,
    reasons: &'a [String],
    broken: &'a [BrokenView],
    snapshot: Option<&'a SnapshotView>,
    cause: Maybe,
    lint: Id,
    responses: Id,
    windows: Id,
    moments: Vec<PackedTime>,
    console: Id,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pictures: Vec<PackedPicture>,
    error: Maybe,
}

/// The JSON of `page`, safe inside a `script` element: no `<` can end it or open a comment.
pub(super) fn json(page: &Page) -> String {
    let mut tables = Tables::default();
    let matrices = page.matrices.iter().map(|matrix| tables.matrix(matrix)).collect();
    let units = page.units.iter().map(|unit| tables.unit(unit)).collect();
    let Tables { texts, facts, reasons, responses, windows, moments, lists, cells } = tables;
    let wire = Wire {
        title: &page.title,
        browsers: &page.browsers,
        os: &page.os,
        command: &page.command,
        headless: page.headless,
        interrupted: page.interrupted,
        not_run: page.not_run,
        coopwright: env!("CARGO_PKG_VERSION"),
        totals: page.totals,
        texts,
        facts,
        reasons,
        responses,
        windows,
        moments,
        lists,
        cells,
        matrices,
        units,
    };
    let json = serde_json::to_string(&wire).expect("texts and numbers always fit into JSON");
    // `<` stands in JSON only inside of strings, where it may be written as an escape.
    json.replace('<', "\\u003c")
}

#[derive(Debug, Default)]
struct Tables<'a> {
    texts: IndexSet<&'a str>,
    facts: IndexSet<PackedFact>,
    reasons: IndexSet<PackedReason>,
    responses: IndexSet<PackedResponse>,
    windows: IndexSet<&'a [WindowView]>,
    moments: IndexSet<PackedMoment<'a>>,
    lists: IndexSet<Vec<Id>>,
    cells: IndexSet<PackedCell>,
}

impl<'a> Tables<'a> {
    fn matrix(&mut self, matrix: &'a MatrixView) -> PackedMatrix<'a> {
        PackedMatrix {
            name: &matrix.name,
            title: &matrix.title,
            variant: &matrix.variant,
            what: &matrix.what,
            run: &matrix.run,
            axes: &matrix.axes,
            columns: matrix.columns.iter().map(|column| self.matrix_column(column)).collect(),
        }
    }

    fn matrix_column(&mut self, column: &'a MatrixColumn) -> PackedMatrixColumn<'a> {
        PackedMatrixColumn {
            browser: &column.browser,
            verdict: &column.verdict,
            attempts: several(&column.attempts),
            error: column.error.as_deref(),
            snapshot: column.snapshot.as_ref(),
            reasons: &column.reasons,
            cells: column.cells.iter().map(|cell| self.cell(cell)).collect(),
        }
    }

    fn cell(&mut self, cell: &'a CellView) -> Id {
        let reasons = cell.because.iter().map(|reason| self.reason(reason)).collect();
        let packed = (
            self.facts(&cell.facts),
            put(&mut self.lists, reasons),
            self.responses(&cell.responses),
            self.list(&cell.lacks),
            self.maybe(cell.error.as_deref()),
            self.maybe(cell.broken.as_deref()),
        );
        put(&mut self.cells, packed)
    }

    fn unit(&mut self, unit: &'a UnitView) -> PackedUnit<'a> {
        PackedUnit {
            scenario: &unit.scenario,
            scenario_title: &unit.scenario_title,
            variant: &unit.variant,
            kind: &unit.kind,
            title: &unit.title,
            place: &unit.place,
            fix: unit.fix.as_deref(),
            config: unit
                .config
                .iter()
                .flat_map(|(name, text)| [self.text(name), self.text(text)])
                .collect(),
            columns: unit.columns.iter().map(|column| self.unit_column(column)).collect(),
        }
    }

    fn unit_column(&mut self, column: &'a UnitColumn) -> PackedUnitColumn<'a> {
        PackedUnitColumn {
            browser: &column.browser,
            verdict: &column.verdict,
            duration_ms: column.duration_ms,
            attempts: several(&column.attempts),
            lacks: self.list(&column.lacks),
            facts: self.facts(&column.facts),
            differs: column.differs,
            reasons: &column.reasons,
            broken: &column.broken,
            snapshot: column.snapshot.as_ref(),
            cause: self.maybe(column.cause.as_deref()),
            lint: self.list(&column.lint),
            responses: self.responses(&column.responses),
            windows: put(&mut self.windows, &column.windows),
            moments: column.moments.iter().map(|moment| self.moment(moment)).collect(),
            console: self.list(&column.console),
            pictures: column
                .pictures
                .iter()
                .map(|picture| (self.text(&picture.name), picture.at_end, self.text(&picture.png)))
                .collect(),
            error: self.maybe(column.error.as_deref()),
        }
    }

    fn moment(&mut self, moment: &'a MomentView) -> PackedTime {
        let packed = (self.maybe(moment.window.as_deref()), &moment.event, moment.deciding);
        PackedTime { is: put(&mut self.moments, packed), at_ms: moment.at_ms }
    }

    /// A list of texts.
    fn list(&mut self, texts: &'a [String]) -> Id {
        let list = texts.iter().map(|text| self.text(text)).collect();
        put(&mut self.lists, list)
    }

    fn facts(&mut self, facts: &'a [FactView]) -> Id {
        let list = facts
            .iter()
            .map(|fact| {
                let packed = (
                    self.text(&fact.name),
                    self.maybe(fact.observed.as_deref()),
                    self.maybe(fact.predicted.as_deref()),
                );
                put(&mut self.facts, packed)
            })
            .collect();
        put(&mut self.lists, list)
    }

    fn reason(&mut self, reason: &'a ReasonView) -> Id {
        let packed = (
            self.text(&reason.fact),
            self.maybe(reason.hop.as_deref()),
            self.text(&reason.rule),
            self.text(&reason.source),
            self.maybe(reason.url.as_deref()),
            self.maybe(reason.deviation.as_deref()),
        );
        put(&mut self.reasons, packed)
    }

    fn responses(&mut self, responses: &'a [ResponseView]) -> Id {
        let list = responses
            .iter()
            .map(|response| {
                let headers = response.headers.iter();
                let headers =
                    headers.flat_map(|(name, value)| [self.text(name), self.text(value)]).collect();
                let packed = (
                    self.text(&response.who),
                    self.text(&response.page),
                    response.status,
                    headers,
                    response.deciding,
                );
                put(&mut self.responses, packed)
            })
            .collect();
        put(&mut self.lists, list)
    }

    fn text(&mut self, text: &'a str) -> Id {
        put(&mut self.texts, text)
    }

    fn maybe(&mut self, text: Option<&'a str>) -> Maybe {
        text.map(|text| self.text(text))
    }
}

/// Nothing of a job that ran once.
fn several(attempts: &AttemptsView) -> Option<&AttemptsView> {
    (!attempts.each.is_empty() || !attempts.changed.is_empty()).then_some(attempts)
}

/// The place of `value` in `table`, where it is put if it is new.
fn put<T: Hash + Eq>(table: &mut IndexSet<T>, value: T) -> Id {
    table.insert_full(value).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equal_cell_costs_one_number() {
        let cell = CellView {
            facts: vec![FactView {
                name: "popup.opener".to_owned(),
                observed: Some("severed".to_owned()),
                predicted: Some("severed".to_owned()),
            }],
            ..CellView::default()
        };
        let column =
            |count| MatrixColumn { cells: vec![cell.clone(); count], ..Default::default() };
        let page = |count| {
            let columns = vec![column(count), column(count)];
            let matrix = MatrixView { columns, ..Default::default() };
            json(&Page { matrices: vec![matrix], ..Default::default() })
        };
        let (small, large) = (page(1), page(101));
        assert_eq!(large.len() - small.len(), 2 * 100 * "0,".len());
        assert_eq!(small.matches("severed").count(), 1);
    }

    #[test]
    fn nothing_ends_the_script_element() {
        let title = "</script><!--<script>".to_owned();
        let text = json(&Page { title: title.clone(), ..Default::default() });
        assert!(!text.contains('<'), "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["title"], title);
    }
}
