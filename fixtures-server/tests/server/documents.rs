//! Documents and what they tell their agent.

use serde_json::{Value, json};

use crate::support::{Play, Reply};

const PLAN: &str = "
sites: {app: {}, auth: {}}
pages:
  app:/: {}
  app:/callback: {serve: {callback: {returns: backend}}}
  app:/record: {serve: login-record}
  app:/full: {serve: {callback: {returns: redirect, closes: true}}}
  app:/own: {serve: {html: '<p id=own>own</p>'}, status: 503}
  app:/payment: {serve: payment}
  app:/dashboard: {serve: dashboard}
  app:/sso: {serve: sso}
  app:/app: {serve: app}
  app:/image: {serve: image}
  app:/script: {serve: script}
  app:/style: {serve: style}
  app:/worker: {serve: worker}
  app:/raw: {serve: {json: {body: '{not json'}}, status: 418}
";

fn config(reply: &Reply) -> Value {
    let start =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<script>\nwindow.__coopwright = { config: ";
    let rest = reply.body.strip_prefix(start).expect("the agent comes first");
    let json = rest.lines().next().and_then(|line| line.strip_suffix(" };")).expect("one line");
    serde_json::from_str(json).expect("JSON")
}

#[tokio::test]
async fn a_document_knows_its_exchange_its_page_and_all_sites() {
    let play = Play::of(PLAN).await;
    play.get("app:/image").await;
    let reply = play.get("app:/?x=1").await;
    assert_eq!(
        config(&reply),
        json!({
            "doc": 1,
            "page": "app:/",
            "serve": "blank",
            "options": {},
            "sites": {
                "app": play.stage.origin("app").unwrap(),
                "auth": play.stage.origin("auth").unwrap(),
            },
        })
    );
    assert_eq!(play.exchanges()[1].id, 1);
}

#[tokio::test]
async fn a_callback_knows_its_way_back() {
    let play = Play::of(PLAN).await;
    let callback = config(&play.get("app:/callback").await);
    assert_eq!(callback["serve"], "callback");
    assert_eq!(
        callback["options"],
        json!({ "returns": "backend", "closes": false, "record": "/record" })
    );
    let full = config(&play.get("app:/full").await);
    assert_eq!(full["options"]["returns"], "redirect");
}

#[tokio::test]
async fn every_page_is_what_it_says() {
    let play = Play::of(PLAN).await;
    for (url, status, kind, shows) in [
        ("app:/own", 503, "text/html; charset=utf-8", "<p id=own>own</p>"),
        ("app:/payment", 200, "text/html; charset=utf-8", "id=\"pay\""),
        ("app:/dashboard", 200, "text/html; charset=utf-8", "id=\"context\""),
        ("app:/sso", 200, "text/html; charset=utf-8", "id=\"status\""),
        ("app:/app", 200, "text/html; charset=utf-8", "id=\"login\""),
        ("app:/image", 200, "image/png", "PNG"),
        ("app:/script", 200, "text/javascript", "__coopwrightScriptRan"),
        ("app:/style", 200, "text/css", "--coopwright-style"),
        ("app:/worker", 200, "text/javascript", "postMessage"),
        ("app:/raw", 418, "application/json", "{not json"),
        ("app:/nowhere", 404, "text/plain; charset=utf-8", "no such page"),
    ] {
        let reply = play.get(url).await;
        assert_eq!(reply.status, status, "{url}");
        assert_eq!(reply.value("content-type"), kind, "{url}");
        assert!(reply.body.contains(shows), "{url}: {}", reply.body);
    }
}
