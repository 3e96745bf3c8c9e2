//! The HTML report: what its text promises, and what it does in a real browser.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod browser;
mod sample;

use std::sync::Arc;
use std::time::Duration;

use coopwright::browser::Browser;
use coopwright::cause::Cause;
use coopwright::event::UnitReport;
use coopwright::fact::{Fact, FactKind};
use coopwright::observation::{DocumentSeen, Hop, Observation, WindowSeen};
use coopwright::report::html::{Page, UnitView, render};
use coopwright::scenario;
use coopwright::verdict::Verdict;

#[test]
fn the_same_data_gives_the_same_bytes() {
    assert_eq!(render(&sample::page()), render(&sample::page()));
}

#[test]
fn a_matrix_of_1200_cells_stays_small() {
    let page = Page { matrices: vec![sample::large()], ..Page::default() };
    assert_eq!(page.matrices[0].cells.len(), 1200);
    let size = render(&page).len();
    assert!(size < 200_000, "{size} bytes");
}

#[test]
fn four_thousand_different_cells_stay_below_five_megabytes() {
    let mut matrix = sample::large();
    for (number, cell) in matrix.cells.iter_mut().enumerate() {
        for response in &mut cell.responses {
            response.headers.push(("X-Request".to_owned(), format!("{number:064}")));
        }
    }
    let page = Page { matrices: vec![matrix; 4], ..Page::default() };
    let size = render(&page).len();
    assert!(size < 5_000_000, "{size} bytes");
}

#[test]
fn hostile_texts_stay_in_the_data() {
    let html = render(&sample::page());
    let open = html.matches("<script").count();
    assert_eq!(open, 2, "the data and the script");
    assert_eq!(html.matches("</script").count(), open);
    assert!(!html.contains("<img"));
}

const SCENARIO: &str = "\
version: 1
title: A popup
sites: { app: {} }
pages: { 'app:/': {} }
steps:
  - open: { url: app:/ }
variants: { only: { kind: case, title: As it is } }
";

#[test]
fn a_unit_keeps_what_a_reader_needs_and_no_time() {
    let unit = scenario::parse("popup.yaml", SCENARIO).unwrap().units().remove(0);
    let hop = |page: &str, status| Hop { page: page.to_owned(), status, headers: Vec::new() };
    let hops = vec![hop("app:/start", 302), hop("app:/", 200)];
    let document =
        DocumentSeen { page: "app:/".to_owned(), opener: None, secure: true, hops: hops.clone() };
    let mut seen = Observation::default();
    seen.facts.insert("main", FactKind::Isolated, false);
    seen.windows.push(WindowSeen {
        name: "main".to_owned(),
        opened_from: None,
        opened_by: None,
        frame: false,
        documents: vec![document],
    });
    let report = |duration| UnitReport {
        predictions: Vec::new(),
        disagreements: Vec::new(),
        lint: Vec::new(),
        index: 0,
        unit: Arc::new(unit.clone()),
        engine: Engine::Chromium,
        verdict: Verdict::Failed,
        error: None,
        broken: Vec::new(),
        snapshot: None,
        cause: Some(Cause {
            fact: Fact::new("main", FactKind::Isolated),
            sentence: "no policy isolates".to_owned(),
            hop: Some(hops[1].clone()),
        }),
        observation: Some(seen.clone()),
        duration: Duration::from_millis(duration),
        screenshots: Vec::new(),
    };
    let view = UnitView::from(&report(1));
    assert_eq!((&*view.scenario, &*view.variant, &*view.kind), ("popup", "only", "case"));
    assert_eq!((&*view.verdict, &*view.place), ("failed", "popup.yaml:7"));
    assert_eq!(view.cause.as_deref(), Some("no policy isolates"));
    assert_eq!(view.facts[0].name, "main.isolated");
    assert_eq!(view.facts[0].observed.as_deref(), Some("no"));
    let responses = view.responses.iter();
    let responses: Vec<_> = responses.map(|r| (&*r.who, r.status, r.deciding)).collect();
    assert_eq!(responses, [("main hop 1", 302, false), ("main hop 2", 200, true)]);
    let page = |view| render(&Page { units: vec![view], ..Page::default() });
    assert_eq!(page(view), page(UnitView::from(&report(2))), "times are no part of the page");
}
