//! From the page's data to the JSON that it carries: every text, fact, rule and response once.
//!
//! Thousands of cells share a few dozen explanations, so cells hold numbers into tables. The same data
//! gives the same bytes: tables are in order of first use.

use std::hash::Hash;

use indexmap::IndexSet;
use serde::Serialize;

use super::data::{
    AxisView, BrokenView, CellView, FactView, MatrixView, Page, PageTotals, ReasonView,
    ResponseView, UnitView,
};

/// A place in a table.
type Id = usize;
/// A text that may be missing.
type Maybe = Option<Id>;

/// The JSON document. `assets/base.js` reads it.
#[derive(Debug, Serialize)]
struct Wire<'a> {
    title: &'a str,
    engine: &'a str,
    engine_version: &'a str,
    os: &'a str,
    command: &'a str,
    totals: PageTotals,
    texts: IndexSet<&'a str>,
    facts: IndexSet<PackedFact>,
    reasons: IndexSet<PackedReason>,
    responses: IndexSet<PackedResponse>,
    lists: IndexSet<Vec<Id>>,
    matrices: Vec<PackedMatrix<'a>>,
    units: Vec<PackedUnit<'a>>,
}

/// Name, observed, predicted.
type PackedFact = (Id, Maybe, Maybe);
/// Fact, hop, rule, source, address.
type PackedReason = (Id, Maybe, Id, Id, Maybe);
/// Who, page, status, names and values of headers in turn, deciding.
type PackedResponse = (Id, Id, u16, Vec<Id>, bool);

#[derive(Debug, Serialize)]
struct PackedMatrix<'a> {
    name: &'a str,
    title: &'a str,
    variant: &'a str,
    verdict: &'a str,
    what: &'a str,
    run: &'a str,
    axes: &'a [AxisView],
    /// Lists of facts, reasons and responses, and the error's text.
    cells: Vec<(Id, Id, Id, Maybe)>,
}

#[derive(Debug, Serialize)]
struct PackedUnit<'a> {
    scenario: &'a str,
    scenario_title: &'a str,
    variant: &'a str,
    kind: &'a str,
    title: &'a str,
    place: &'a str,
    verdict: &'a str,
    facts: Id,
    broken: &'a [BrokenView],
    snapshot: Option<&'a str>,
    cause: Option<&'a str>,
    lint: &'a [String],
    fix: Option<&'a str>,
    responses: Id,
    error: Option<&'a str>,
}

/// The JSON of `page`, safe inside a `script` element: no `<` can end it or open a comment.
pub(super) fn json(page: &Page) -> String {
    let mut tables = Tables::default();
    let matrices = page.matrices.iter().map(|matrix| tables.matrix(matrix)).collect();
    let units = page.units.iter().map(|unit| tables.unit(unit)).collect();
    let Tables { texts, facts, reasons, responses, lists } = tables;
    let wire = Wire {
        title: &page.title,
        engine: &page.engine,
        engine_version: &page.engine_version,
        os: &page.os,
        command: &page.command,
        totals: page.totals,
        texts,
        facts,
        reasons,
        responses,
        lists,
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
    lists: IndexSet<Vec<Id>>,
}

impl<'a> Tables<'a> {
    fn matrix(&mut self, matrix: &'a MatrixView) -> PackedMatrix<'a> {
        PackedMatrix {
            name: &matrix.name,
            title: &matrix.title,
            variant: &matrix.variant,
            verdict: &matrix.verdict,
            what: &matrix.what,
            run: &matrix.run,
            axes: &matrix.axes,
            cells: matrix.cells.iter().map(|cell| self.cell(cell)).collect(),
        }
    }

    fn cell(&mut self, cell: &'a CellView) -> (Id, Id, Id, Maybe) {
        let reasons = cell.because.iter().map(|reason| self.reason(reason)).collect();
        (
            self.facts(&cell.facts),
            put(&mut self.lists, reasons),
            self.responses(&cell.responses),
            self.maybe(cell.error.as_deref()),
        )
    }

    fn unit(&mut self, unit: &'a UnitView) -> PackedUnit<'a> {
        PackedUnit {
            scenario: &unit.scenario,
            scenario_title: &unit.scenario_title,
            variant: &unit.variant,
            kind: &unit.kind,
            title: &unit.title,
            place: &unit.place,
            verdict: &unit.verdict,
            facts: self.facts(&unit.facts),
            broken: &unit.broken,
            snapshot: unit.snapshot.as_deref(),
            cause: unit.cause.as_deref(),
            lint: &unit.lint,
            fix: unit.fix.as_deref(),
            responses: self.responses(&unit.responses),
            error: unit.error.as_deref(),
        }
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

/// The place of `value` in `table`, where it is put if it is new.
fn put<T: Hash + Eq>(table: &mut IndexSet<T>, value: T) -> Id {
    table.insert_full(value).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_cells_cost_four_numbers() {
        let cell = CellView {
            facts: vec![FactView {
                name: "popup.opener".to_owned(),
                observed: Some("severed".to_owned()),
                predicted: Some("severed".to_owned()),
            }],
            ..CellView::default()
        };
        let matrix = |count| MatrixView { cells: vec![cell.clone(); count], ..Default::default() };
        let page = |count| Page { matrices: vec![matrix(count)], ..Default::default() };
        let (small, large) = (json(&page(1)), json(&page(101)));
        assert_eq!(large.len() - small.len(), 100 * "[0,1,1,null],".len());
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
