//! The HTML report: what its text promises, and what it does in a real browser.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod browser;
mod evidence;
mod sample;
mod units;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use coopwright::browser::Browser;
use coopwright::cause::Cause;
use coopwright::event::{BrowserInfo, JobReport, UnitReport};
use coopwright::fact::{Fact, FactKind};
use coopwright::feature::Feature;
use coopwright::observation::{DocumentSeen, Event, Hop, Moment, Observation, WindowSeen};
use coopwright::report::html::{JobView, Page, UnitView, render};
use coopwright::scenario;
use coopwright::snapshot::{Diff, Outcome};
use coopwright::verdict::Verdict;

#[test]
fn the_same_data_gives_the_same_bytes() {
    assert_eq!(render(&sample::page()), render(&sample::page()));
}

#[test]
fn a_matrix_of_1200_cells_in_three_browsers_stays_small() {
    let page =
        |matrix| Page { browsers: sample::browsers(), matrices: vec![matrix], ..Page::default() };
    let mut alone = sample::large();
    assert!(alone.columns.iter().all(|column| column.cells.len() == 1200));
    let size = render(&page(alone.clone())).len();
    assert!(size < 260_000, "{size} bytes");
    // What two further browsers cost: a number for each cell, and what they show otherwise.
    alone.columns.truncate(1);
    let more = size - render(&page(alone)).len();
    assert!(more < 60_000, "{more} bytes");
}

#[test]
fn four_thousand_different_cells_in_three_browsers_stay_below_five_megabytes() {
    let mut matrix = sample::large();
    for column in &mut matrix.columns {
        for (number, cell) in column.cells.iter_mut().enumerate() {
            for response in &mut cell.responses {
                response.headers.push(("X-Request".to_owned(), format!("{number:064}")));
            }
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

fn info(browser: Browser, version: &str) -> Arc<BrowserInfo> {
    let lacks = vec![Feature::Credentialless];
    Arc::new(BrowserInfo { browser, version: version.to_owned(), workers: 1, lacks })
}

/// `html` without its times, which have names that end in `ms`.
fn masked(html: &str) -> String {
    let mut parts = html.split("ms\":");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text += "ms\":";
        text += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    text
}

/// The view of a unit in these browsers.
fn unit_view(reports: Vec<UnitReport>) -> UnitView {
    let reports: Vec<JobReport> =
        reports.into_iter().map(|report| JobReport::Unit(Box::new(report))).collect();
    match JobView::of(&reports) {
        Some(JobView::Unit(view)) => view,
        other => panic!("{other:?}"),
    }
}

/// A report of one window with a redirect, and `isolated` as its fact.
fn report(browser: Arc<BrowserInfo>, verdict: Verdict, isolated: bool) -> UnitReport {
    let unit = scenario::parse("popup.yaml", SCENARIO).unwrap().units().remove(0);
    let hop = |page: &str, status| Hop::new(page, status, Vec::new());
    let hops = vec![hop("app:/start", 302), hop("app:/", 200)];
    let document = DocumentSeen {
        page: "app:/".to_owned(),
        opener: None,
        unseen: false,
        secure: true,
        hops: hops.clone(),
    };
    let mut seen = Observation::default();
    let answered = |page: &str, answer: &str| Event::Answered {
        method: "GET".to_owned(),
        page: page.to_owned(),
        answer: answer.to_owned(),
    };
    let shows = Event::Shows { page: "app:/".to_owned(), opener: None };
    for event in [answered("app:/start", "302"), answered("app:/", "200"), shows] {
        seen.timeline.push(Moment { at_ms: 1, window: Some("main".to_owned()), event });
    }
    seen.facts.insert("main", FactKind::Isolated, isolated);
    seen.windows.push(WindowSeen {
        name: "main".to_owned(),
        opened_from: None,
        opened_by: None,
        how: None,
        frame: false,
        documents: vec![document],
    });
    UnitReport {
        verdict,
        cause: Some(Cause {
            fact: Fact::new("main", FactKind::Isolated),
            sentence: "no policy isolates".to_owned(),
            hop: Some(hops[1].clone()),
        }),
        observation: Some(seen),
        duration: Duration::from_millis(1),
        ..UnitReport::new(0, Arc::new(unit), browser)
    }
}

#[test]
fn a_unit_keeps_what_a_reader_needs() {
    let chromium = || report(info(Browser::Chromium, "156.0"), Verdict::Failed, false);
    let view = unit_view(vec![chromium()]);
    assert_eq!((&*view.scenario, &*view.variant, &*view.kind), ("popup", "only", "case"));
    assert_eq!(view.place, "popup.yaml:7");
    let [column] = &view.columns[..] else { panic!("one browser, one column") };
    assert_eq!((&*column.browser, &*column.verdict), ("chromium", "failed"));
    assert_eq!(column.cause.as_deref(), Some("no policy isolates"));
    assert_eq!(column.facts[0].name, "main.isolated");
    assert_eq!(column.facts[0].observed.as_deref(), Some("no"));
    assert!(!column.differs);
    let responses = column.responses.iter();
    let responses: Vec<_> = responses.map(|r| (&*r.who, r.status, r.deciding)).collect();
    assert_eq!(responses, [("main hop 1", 302, false), ("main hop 2", 200, true)]);
    let deciding: Vec<bool> = column.moments.iter().map(|moment| moment.deciding).collect();
    assert_eq!(deciding, [false, true, false]);
    let page = |view| masked(&render(&Page { units: vec![view], ..Page::default() }));
    let mut later = chromium();
    later.duration = Duration::from_millis(2);
    later.observation.as_mut().unwrap().timeline[0].at_ms = 7;
    assert_eq!(page(view), page(unit_view(vec![later])), "times are numbers of their own");
}

#[test]
fn a_unit_in_several_browsers_is_one_row_with_a_column_each() {
    let chromium = report(info(Browser::Chromium, "156.0"), Verdict::Passed, true);
    let mut firefox = report(info(Browser::Firefox, "153.7.0"), Verdict::NotApplicable, false);
    firefox.lacks = vec![Feature::DocumentIsolation];
    firefox.reasons = vec!["lacks Document-Isolation-Policy".to_owned()];
    let mut webkit = report(info(Browser::Webkit, "2.50.6"), Verdict::Failed, true);
    webkit.reasons = vec!["known, but without effect here".to_owned()];
    webkit.snapshot = Some(Outcome::Differs {
        diff: Diff::new("isolated: no", "isolated: yes"),
        pending: None,
        browser_was: Some("2.48.0".to_owned()),
    });
    let view = unit_view(vec![chromium, firefox, webkit]);
    let told: Vec<_> = view.columns.iter().map(|c| (&*c.browser, &*c.verdict, c.differs)).collect();
    let expected = [
        ("chromium", "passed", false),
        ("firefox", "not applicable", true),
        ("webkit", "failed", false),
    ];
    assert_eq!(told, expected);
    assert_eq!(view.columns[1].lacks, ["Document-Isolation-Policy"]);
    assert_eq!(view.columns[1].reasons, ["lacks Document-Isolation-Policy"]);
    assert!(
        view.columns[2].reasons.is_empty(),
        "it shows the same, so there is nothing to explain"
    );
    let snapshot = view.columns[2].snapshot.as_ref().unwrap();
    assert!(snapshot.browser_changed);
    assert!(snapshot.note.contains("accepted with WebKitGTK 2.48.0, now WebKitGTK 2.50.6"));
    assert!(snapshot.diff.as_ref().unwrap().contains("yes"));
}
