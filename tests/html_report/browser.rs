//! The report in a real browser, opened from disk: pointer, keys, address, and hostile texts. What is
//! there for several browsers is walked in `walk.rs`.

use std::path::PathBuf;
use std::time::Duration;

use coopwright::browser::{Browser, Endpoint, Session, Settings, locate};
use coopwright::report::html::render;
use serde_json::{Value, json};

use crate::sample::{self, DEVIATIONS, ERRORS, HOSTILE_PLACE, flat};

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";

pub(crate) async fn browser() -> Session {
    start(Browser::Chromium).await
}

pub(crate) async fn start(browser: Browser) -> Session {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = Endpoint::from(locate(browser, &path).unwrap());
    let root = nix::unistd::geteuid().is_root();
    let settings = Settings { headed: false, root, limit: Duration::from_secs(30), proxy: None };
    Session::start(&installed, &settings).await.unwrap()
}

/// The address of the sample page, written to disk.
pub(crate) fn on_disk(name: &str) -> String {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, render(&sample::page())).unwrap();
    url::Url::from_file_path(&file).unwrap().to_string()
}

/// Clicks what a selector finds.
pub(crate) async fn click(session: &Session, selector: &str) {
    let found = session.find(selector).await.unwrap();
    session.click(&found).await.unwrap();
}

/// Types keys into what a selector finds.
pub(crate) async fn press(session: &Session, selector: &str, keys: &str) {
    let found = session.find(selector).await.unwrap();
    session.press(&found, keys).await.unwrap();
}

/// What an expression is worth in the page.
pub(crate) async fn value(session: &Session, expression: &str) -> Value {
    session.execute(&format!("return {expression};"), Vec::new()).await.unwrap()
}

/// The axis values that the panel shows; nothing where it is closed.
pub(crate) async fn place(session: &Session) -> Value {
    let values = "document.querySelector('#panel').hidden ? null \
                  : [...document.querySelectorAll('#panel .place dd')].map((e) => e.textContent)";
    value(session, values).await
}

pub(crate) fn cell(index: usize) -> String {
    format!("#matrix-0 td[data-cell='{index}']")
}

#[tokio::test]
async fn cells_open_by_pointer_keys_and_address() {
    let session = browser().await;
    let url = on_disk("html-report.html");
    session.goto(&url).await.unwrap();
    assert_eq!(
        value(&session, "document.querySelectorAll('#matrix-0 td[data-cell]').length").await,
        1200
    );
    assert_eq!(place(&session).await, Value::Null);

    click(&session, &cell(flat([3, 2, 1, 0, 2]))).await;
    let there = json!(["same-origin", "require-corp", "unsafe-none", "none", "cross-site"]);
    assert_eq!(place(&session).await, there);
    let facts = value(&session, "document.querySelector('#panel .facts tbody').innerText").await;
    assert!(facts.as_str().unwrap().starts_with("popup.opener\tsevered\n"), "{facts}");
    let decided = "document.querySelector('#panel .response.deciding .who').textContent";
    assert_eq!(value(&session, decided).await, "popup hop 1");

    // The keys move along the screen: the next embedder policy of the popup, and of the opener.
    press(&session, &cell(flat([3, 2, 1, 0, 2])), RIGHT).await;
    press(&session, &cell(flat([3, 2, 1, 1, 2])), DOWN).await;
    let moved =
        json!(["same-origin", "credentialless", "unsafe-none", "unsafe-none", "cross-site"]);
    assert_eq!(place(&session).await, moved);
    let address = value(&session, "location.hash").await;
    assert_eq!(address, "#cell=opener-and-popup/direct/3.3.1.1.2");

    let here = cell(flat([3, 3, 1, 1, 2]));
    press(&session, &here, ENTER).await;
    assert_eq!(value(&session, "document.activeElement.closest('#panel') !== null").await, true);
    press(&session, "#panel h2", ESCAPE).await;
    assert_eq!(place(&session).await, Value::Null);
    assert_eq!(value(&session, "document.activeElement.dataset.cell").await, "917");
    press(&session, &here, ENTER).await;
    assert_eq!(place(&session).await, moved);

    // Another visit with the address shows the same cell.
    session.goto("about:blank").await.unwrap();
    session.goto(&format!("{url}{}", address.as_str().unwrap())).await.unwrap();
    assert_eq!(place(&session).await, moved);
    assert_eq!(session.console().await.unwrap(), Vec::<String>::new());
    session.end().await;
}

#[tokio::test]
async fn deviations_and_errors_can_be_jumped_to() {
    let session = browser().await;
    session.goto(&on_disk("html-report-jumps.html")).await.unwrap();
    // WebKit's own is marked in its heat map only.
    let marked = "[...document.querySelectorAll('#matrix-0 td.off')].map((e) => Number(e.dataset.cell)).sort((a, b) => a - b)";
    assert_eq!(value(&session, marked).await, json!(DEVIATIONS));
    let mut seen = Vec::new();
    for _ in DEVIATIONS {
        click(&session, "#matrix-0 .deviations .next").await;
        seen.push(value(&session, "Number(document.querySelector('td.open').dataset.cell)").await);
        let notice =
            value(&session, "document.querySelector('#panel .deviation').textContent").await;
        assert!(notice.as_str().unwrap().contains("the model predicts"), "{notice}");
    }
    seen.sort_by_key(Value::as_u64);
    assert_eq!(json!(seen), json!(DEVIATIONS));

    click(&session, "#matrix-0 .errors .next").await;
    let open = value(&session, "Number(document.querySelector('td.open').dataset.cell)").await;
    assert!(ERRORS.iter().any(|error| open == *error), "{open}");
    let notice =
        value(&session, "document.querySelector('#panel .notice.error').textContent").await;
    assert!(notice.as_str().unwrap().contains("the page hung"), "{notice}");
    session.end().await;
}

#[tokio::test]
async fn outcomes_and_axes_filter() {
    let session = browser().await;
    session.goto(&on_disk("html-report-filters.html")).await.unwrap();
    click(&session, "#matrix-0 .legend button").await;
    let bright = "document.querySelectorAll('#matrix-0 td[data-cell]:not(.dim)').length";
    let count = "Number(document.querySelector('#matrix-0 .legend .count').textContent)";
    assert_eq!(value(&session, bright).await, value(&session, count).await);
    let choice = session.find("#matrix-0 select[aria-label='Show of relation']").await.unwrap();
    session.select(&choice, "2").await.unwrap();
    assert_eq!(
        value(&session, "document.querySelectorAll('#matrix-0 td[data-cell]').length").await,
        400
    );
    // The focus stays with the control, although it was drawn anew.
    let focused = "document.activeElement.getAttribute('aria-label')";
    assert_eq!(value(&session, focused).await, "Show of relation");
    click(&session, "#matrix-0 button[aria-label='relation: move to rows']").await;
    let choice = session.find("#matrix-0 select[aria-label='Show of relation']").await.unwrap();
    session.select(&choice, "").await.unwrap();
    assert_eq!(value(&session, "document.querySelectorAll('#matrix-0 tbody tr').length").await, 60);
    assert_eq!(session.console().await.unwrap(), Vec::<String>::new());
    session.end().await;
}

#[tokio::test]
async fn a_hostile_header_is_a_text() {
    let session = browser().await;
    session.goto(&on_disk("html-report-hostile.html")).await.unwrap();
    click(&session, &cell(flat(HOSTILE_PLACE))).await;
    let shown = value(&session, "document.querySelector('#panel').innerText").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("</script><script>window.harmed=1</script><img src=x"), "{shown}");
    assert!(shown.contains("\\u{202e}"), "what cannot be seen is spelled out: {shown}");
    let links = "[...document.querySelectorAll('#panel a')].every((a) => a.protocol === 'https:')";
    assert_eq!(value(&session, links).await, true);
    assert_eq!(value(&session, "document.scripts.length").await, 2);
    let pictures = "[...document.images].every((e) => e.src.startsWith('data:image/png;base64,'))";
    assert_eq!(value(&session, pictures).await, true);
    assert_eq!(value(&session, "typeof window.harmed").await, "undefined");
    // Even a script that got in would not run.
    session.execute("const s = document.createElement('script'); s.textContent = 'window.harmed = 4'; document.body.append(s)", Vec::new()).await.unwrap();
    assert_eq!(value(&session, "typeof window.harmed").await, "undefined");
    session.end().await;
}
