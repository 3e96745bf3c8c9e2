//! The log: what is in it, and that nobody who waits for it misses anything.

use fixtures_server::Entry;
use serde_json::json;

use crate::support::Play;

const PLAN: &str = "
sites: {app: {}}
pages: {'app:/': {headers: 'X-Own: 1'}, 'app:/never': {serve: hang}}
";

#[tokio::test]
async fn an_exchange_shows_both_sides() {
    let play = Play::of(PLAN).await;
    let asks = [
        ("Origin", "null"),
        ("Referer", "http://x.localhost/?code=secret"),
        ("Sec-Fetch-Site", "cross-site"),
        ("User-Agent", "test"),
        ("Cookie", "a=1; b"),
    ];
    play.send("GET", "app:/?code=secret&tab=2", &asks, "").await;
    let exchange = &play.exchanges()[0];
    assert_eq!((exchange.id, exchange.status, exchange.method.as_str()), (0, 200, "GET"));
    assert_eq!(exchange.page, "app:/?code=****&tab=2");
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    };
    assert_eq!(
        exchange.request,
        pairs(&[
            ("origin", "null"),
            ("referer", "http://x.localhost/?code=****"),
            ("sec-fetch-site", "cross-site"),
        ])
    );
    assert_eq!(exchange.cookies, ["a", "b"]);
    assert_eq!(
        exchange.headers,
        pairs(&[
            ("X-Own", "1"),
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
        ])
    );
}

#[tokio::test]
async fn pushes_are_kept_and_nonsense_is_not() {
    let play = Play::of(PLAN).await;
    let body = json!({ "type": "x", "page": "app:/", "n": 1 });
    let push = async |body: &str| play.send("POST", "app:/__coopwright/push", &[], body).await;
    let reply = push(&body.to_string()).await;
    assert_eq!(reply.status, 204);
    assert_eq!(push("{").await.status, 400);
    assert_eq!(push(&format!("\"{}\"", "x".repeat(64 * 1024))).await.status, 400);
    assert_eq!(play.get("app:/favicon.ico").await.status, 204);
    let entries = play.stage.entries(0);
    let [Entry::Push(push)] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((push.page.as_str(), &push.body), ("app:/", &body));
}

#[tokio::test]
async fn whoever_waits_is_woken() {
    let play = Play::of(PLAN).await;
    tokio::join!(play.stage.changed(0), play.get("app:/"));
    // What is there already needs no waiting.
    play.stage.changed(0).await;
    assert_eq!(play.stage.entries(1).len(), 0);
    assert_eq!(play.stage.entries(7).len(), 0);
    tokio::join!(play.stage.changed(1), play.get("app:/"));
    assert_eq!(play.stage.entries(1).len(), 1);
}
