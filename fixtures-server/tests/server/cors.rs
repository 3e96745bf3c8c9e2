//! Preflights, and endpoints that act whether or not the answer may be read.

use crate::support::{Play, page};

const PLAN: &str = "
sites: {app: {}, api: {}}
pages:
  api:/open:
    serve: {json: {}}
    headers: 'Access-Control-Allow-Origin: *'
    preflight:
      headers: |
        Access-Control-Allow-Origin: {app}
        Access-Control-Allow-Methods: PUT
  api:/odd: {serve: hang, preflight: {status: 200}}
  api:/closed: {serve: {json: {}}, headers: 'Access-Control-Allow-Origin: *'}
  api:/pay: {serve: {action: {}}}
  api:/safe: {serve: {action: {requires: csrf-token}}}
  api:/mine: {serve: {action: {requires: session}}}
";

const ASKS: [(&str, &str); 2] =
    [("Origin", "http://x.localhost"), ("Access-Control-Request-Method", "PUT")];

#[tokio::test]
async fn a_preflight_gets_what_is_declared_for_it() {
    let play = Play::of(PLAN).await;
    let reply = play.send("OPTIONS", "api:/open", &ASKS, "").await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.value("access-control-allow-origin"), play.stage.origin("app").unwrap());
    assert_eq!(reply.value("access-control-allow-methods"), "PUT");
    assert_eq!(play.send("OPTIONS", "api:/odd", &ASKS, "").await.status, 200);
    let log = play.exchanges();
    assert!(log[0].request.contains(&("access-control-request-method".into(), "PUT".into())));
    assert_eq!((log[0].method.as_str(), log[0].status), ("OPTIONS", 204));
}

#[tokio::test]
async fn a_preflight_that_is_not_declared_is_refused_without_headers() {
    let play = Play::of(PLAN).await;
    for (url, headers) in [("api:/closed", &ASKS[..]), ("api:/open", &ASKS[..1])] {
        let reply = play.send("OPTIONS", url, headers, "").await;
        assert_eq!(reply.status, 405);
        assert!(reply.values("access-control-allow-origin").is_empty());
    }
    assert!(play.exchanges().iter().all(|exchange| exchange.headers.is_empty()));
}

#[tokio::test]
async fn an_action_without_a_defence_acts_for_everyone() {
    let play = Play::of(PLAN).await;
    let reply = play.send("POST", "api:/pay", &[("Origin", "http://evil.localhost")], "").await;
    assert_eq!(reply.json()["performed"], 1);
    play.get("api:/pay").await;
    assert_eq!(play.stage.performed(&page("api:/pay?x")), 1, "GET does not act");
    assert_eq!(play.exchanges().len(), 2);
}

#[tokio::test]
async fn a_csrf_token_is_good_for_its_session_only() {
    let play = Play::of(PLAN).await;
    let ada = ("Cookie", "theme=dark; session=ada");
    let token = play.send("GET", "api:/safe", &[ada], "").await.json()["csrf"].clone();
    let token = token.as_str().unwrap();
    let with_token = ("X-CSRF-Token", token);

    assert_eq!(play.send("POST", "api:/safe", &[ada], "").await.status, 403);
    let eve = ("Cookie", "session=eve");
    assert_eq!(play.send("POST", "api:/safe", &[eve, with_token], "").await.status, 403);
    assert_eq!(play.stage.performed(&page("api:/safe")), 0);

    assert_eq!(play.send("DELETE", "api:/safe", &[ada, with_token], "").await.status, 200);
    let form = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    let body = format!("csrf={token}");
    let reply = play.send("POST", "api:/safe", &[ada, form], &body).await;
    assert_eq!(reply.json()["performed"], 2);

    let log = serde_json::to_string(&play.exchanges()).unwrap();
    assert!(log.contains("session") && log.contains("theme"), "names are kept: {log}");
    assert!(!log.contains("ada") && !log.contains("dark"), "values are not: {log}");
}

#[tokio::test]
async fn a_session_is_a_cookie_that_came_along() {
    let play = Play::of(PLAN).await;
    assert_eq!(play.send("POST", "api:/mine", &[], "").await.status, 403);
    let reply = play.send("POST", "api:/mine", &[("Cookie", "session=x")], "").await;
    assert_eq!(reply.status, 200);
}
