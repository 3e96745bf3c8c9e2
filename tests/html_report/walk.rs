//! A walk through the report of several browsers, in more than one browser.

use coopwright::browser::{Browser, Session};
use serde_json::{Value, json};

use crate::browser::{browser, cell, click, on_disk, place, press, start, value};
use crate::evidence;
use crate::sample::{LACK, UNEXPLAINED};

const RIGHT: &str = "\u{e014}";
const END: &str = "\u{e010}";

/// The text of the first element that a selector finds.
async fn text(session: &Session, selector: &str) -> String {
    let found = value(session, &format!("document.querySelector({selector:?}).innerText")).await;
    found.as_str().unwrap().to_owned()
}

/// The verdicts in a unit's row, as they are read out.
async fn marks(session: &Session, variant: &str) -> Value {
    let row = row(variant);
    let marks = format!("[...{row}.querySelectorAll('.mark')].map((e) => e.title)");
    value(session, &marks).await
}

/// An expression for a unit's row.
fn row(variant: &str) -> String {
    format!(
        "[...document.querySelectorAll('.unit')].find((e) => e.querySelector('.name').textContent === '{variant}')"
    )
}

async fn body(session: &Session, variant: &str) -> String {
    let row = row(variant);
    session.execute(&format!("{row}.open = true"), Vec::new()).await.unwrap();
    let found = value(session, &format!("{row}.querySelector('.unit-body').innerText")).await;
    found.as_str().unwrap().to_owned()
}

async fn units_in_columns(session: &Session) {
    assert_eq!(
        marks(session, "slow").await,
        json!(["Chromium: passed", "Firefox: passed", "WebKitGTK: error"])
    );
    let heads = "[...document.querySelectorAll('.column-heads .head')].map((e) => e.title)";
    let names = json!(["Chromium 156.0.8078.79", "Firefox 153.7.0", "WebKitGTK 2.50.6"]);
    assert_eq!(value(session, heads).await, names);
    // A mark stands under its browser's name.
    let aligned = format!(
        "[...document.querySelectorAll('.column-heads .head')].every((head, i) => {{ \
         const mark = {}.querySelectorAll('.mark')[i].getBoundingClientRect(); \
         const above = head.getBoundingClientRect(); \
         return Math.abs(mark.left + mark.width / 2 - above.left - above.width / 2) < 2; }})",
        row("slow")
    );
    assert_eq!(value(session, &aligned).await, true);

    let slow = body(session, "slow").await;
    assert!(slow.contains("Could not be tested in WebKitGTK 2.50.6. The page hung"), "{slow}");
    let failed = body(session, "fixed").await;
    assert!(failed.contains("Firefox 153.7.0: no known deviation explains it"), "{failed}");
    assert!(failed.contains("decided in Chromium and Firefox"), "{failed}");
    assert_eq!(failed.matches("Content-Type").count(), 1, "equal responses once: {failed}");
    let explained = body(session, "wrong-fix-blank-first").await;
    assert!(explained.contains("Firefox 153.7.0: blank-keeps-link: a popup"), "{explained}");
    assert!(!explained.contains("no known deviation"), "{explained}");
    let lacking = body(session, "noopener").await;
    let told = format!("Not applicable in Firefox 153.7.0. It lacks {LACK}.");
    assert!(lacking.contains(&told), "{lacking}");
    let drifted = body(session, "drifted").await;
    assert!(drifted.contains("accepted with Firefox 152.0, now Firefox 153.7.0"), "{drifted}");
    // What all browsers show is one wide cell; what they do not is a cell each, the odd one marked.
    let cells = |variant: &str, row_number: usize| {
        let row = row(variant);
        format!(
            "[...{row}.querySelectorAll('.by-browser tbody tr')[{row_number}].querySelectorAll('td')]\
             .map((e) => [e.colSpan, e.textContent, e.className])"
        )
    };
    let other = json!([[1, "severed", ""], [1, "connected", "other"], [1, "severed", ""]]);
    assert_eq!(value(session, &cells("wrong-fix-blank-first", 0)).await, other);
    let same = json!([[3, "waiting", ""]]);
    assert_eq!(value(session, &cells("wrong-fix-blank-first", 1)).await, same);
}

async fn filters(session: &Session) {
    let shown =
        "[...document.querySelectorAll('.unit:not([hidden]) .name')].map((e) => e.textContent)";
    let differ = json!(["wrong-fix-blank-first", "fixed", "noopener"]);
    click(session, ".units .chip.differing").await;
    assert_eq!(value(session, shown).await, differ);
    click(session, ".units .chip.failed").await;
    assert_eq!(value(session, shown).await, json!(["fixed"]));
    click(session, ".units .chip.differing").await;
    assert_eq!(value(session, shown).await, json!(["fixed", "drifted"]));
    click(session, ".units .chip.failed").await;
    press(session, "input[type='search']", "blank-keeps").await;
    assert_eq!(value(session, shown).await, json!(["wrong-fix-blank-first"]));
}

async fn heat_maps(session: &Session, url: &str) {
    let chosen = "document.querySelector('#matrix-0 [aria-selected=true]').id";
    let lacking = "document.querySelectorAll('#matrix-0 td.lacking').length";
    let marked = "document.querySelectorAll('#matrix-0 td.marked').length";
    assert_eq!(value(session, chosen).await, "map-0-chromium");
    assert_eq!(value(session, lacking).await, 0);
    let apart = value(session, marked).await;
    let counted = "Number(document.querySelector('#map-0-differences b').textContent)";
    assert_eq!(value(session, counted).await, apart);

    // Keys move along the switch, and the address remembers.
    press(session, "#map-0-chromium", RIGHT).await;
    assert_eq!(value(session, chosen).await, "map-0-firefox");
    assert_eq!(value(session, "document.activeElement.id").await, "map-0-firefox");
    assert_eq!(value(session, "location.hash").await, "#map=opener-and-popup/direct/firefox");
    assert_eq!(value(session, marked).await, apart, "marked in every heat map");
    let lack = value(session, lacking).await;
    assert!(lack.as_u64().unwrap() > 100, "{lack}");
    let note = text(session, "#matrix-0 .apart-line").await;
    assert!(
        note.contains(&format!("Firefox differs from Chromium in {lack} of 1198 cells")),
        "{note}"
    );
    assert!(note.contains(&format!("lacks {LACK}")), "{note}");

    // One cell of WebKit is explained by nothing.
    press(session, "#map-0-firefox", END).await;
    assert_eq!(value(session, chosen).await, "map-0-differences");
    let notes = text(session, "#matrix-0 .alerts").await;
    assert!(notes.contains("WebKitGTK differs from Chromium in 1 of 1198 cells"), "{notes}");
    assert!(notes.contains("no known deviation explains it"), "{notes}");
    click(session, &cell(UNEXPLAINED)).await;
    let hash = value(session, "location.hash").await;
    assert!(hash.as_str().unwrap().ends_with("/differences"), "{hash}");
    let panel = text(session, "#panel").await;
    assert!(panel.contains("WebKitGTK 2.50.6: no known deviation explains it"), "{panel}");
    assert!(panel.contains("--browser chromium,firefox,webkit"), "{panel}");
    let heads =
        "[...document.querySelectorAll('#panel .by-browser thead th')].map((e) => e.textContent)";
    let names = json!(["fact", "Chromium", "Firefox", "WebKitGTK"]);
    assert_eq!(value(session, heads).await, names);

    // The address leads back to the same cell of the same heat map.
    let there = place(session).await;
    session.goto("about:blank").await.unwrap();
    session.goto(&format!("{url}{}", hash.as_str().unwrap())).await.unwrap();
    assert_eq!(place(session).await, there);
    assert_eq!(value(session, chosen).await, "map-0-differences");
    // The open cell stays open in another heat map.
    click(session, "#map-0-webkit").await;
    assert_eq!(place(session).await, there);
    assert_eq!(value(session, "document.querySelectorAll('#matrix-1 [role=tab]').length").await, 3);
}

async fn walk(session: Session, name: &str) {
    let url = on_disk(name);
    session.goto(&url).await.unwrap();
    units_in_columns(&session).await;
    filters(&session).await;
    heat_maps(&session, &url).await;
    evidence::walk(&session, &url).await;
    assert_eq!(session.console().await.unwrap(), Vec::<String>::new());
    assert_eq!(value(&session, "typeof window.harmed").await, "undefined");
    session.end().await;
}

#[tokio::test]
async fn several_browsers_are_columns() {
    walk(browser().await, "html-report-browsers.html").await;
}

#[tokio::test]
async fn the_page_works_in_firefox_too() {
    walk(start(Browser::Firefox).await, "html-report-in-firefox.html").await;
}

#[tokio::test]
async fn the_page_works_in_webkit_too() {
    walk(start(Browser::Webkit).await, "html-report-in-webkit.html").await;
}
