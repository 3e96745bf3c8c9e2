//! What is on the wire is what was declared.

use fixtures_server::Server;
use fixtures_server::page::{Page, Plan, RawHeaders};

use crate::support::{Play, page};

#[tokio::test]
async fn header_values_are_sent_byte_for_byte() {
    let values = [
        "same-origin",
        "same-origin;",
        "\"same-origin\"",
        "\tsame-origin",
        " same-origin",
        "same-origin \t",
        "Same-Origin, same-origin",
        "same-origin; report-to=\"a b\"",
        "",
        "größer",
        "{nobody}",
    ];
    for value in values {
        let headers = RawHeaders(format!("Cross-Origin-Opener-Policy: {value}"));
        let site = ("app".to_owned(), Default::default());
        let declared = Page { headers: Some(headers), ..Page::default() };
        let plan = Plan { sites: [site].into(), pages: [(page("app:/"), declared)].into() };
        let server = Server::bind_loopback(0).await.unwrap();
        let play = Play { stage: server.stage(plan).unwrap(), server };
        let reply = play.get("app:/").await;
        assert_eq!(reply.values("Cross-Origin-Opener-Policy"), [value]);
    }
}

#[tokio::test]
async fn equal_lines_stay_separate_and_in_order() {
    let play = Play::of(
        "
sites: {app: {}}
pages:
  app:/:
    headers: |
      Set-Cookie: a=1
      Cross-Origin-Opener-Policy: same-origin
      Set-Cookie: b=2
      Cross-Origin-Opener-Policy: same-origin
",
    )
    .await;
    let reply = play.get("app:/").await;
    assert_eq!(reply.values("cross-origin-opener-policy"), ["same-origin", "same-origin"]);
    assert_eq!(reply.values("set-cookie"), ["a=1", "b=2"]);
}

#[tokio::test]
async fn a_site_in_braces_is_its_origin() {
    let play = Play::of(
        "
sites: {app: {}, api: {}}
pages:
  api:/user:
    serve: {json: {}}
    headers: |
      Access-Control-Allow-Origin: {app}
      Link: <{api}/next>, <{cdn}>
",
    )
    .await;
    let reply = play.get("api:/user").await;
    assert_eq!(reply.value("access-control-allow-origin"), play.stage.origin("app").unwrap());
    let api = play.stage.origin("api").unwrap();
    assert_eq!(reply.value("link"), format!("<{api}/next>, <{{cdn}}>"));
    assert_eq!(reply.json(), serde_json::json!({ "user": "ada", "id": 1 }));
}

#[tokio::test]
async fn the_servers_own_lines_give_way_to_declared_ones() {
    let play = Play::of(
        "
sites: {app: {}}
pages:
  app:/plain: {}
  app:/own:
    headers: |
      content-type: text/html
      Cache-Control: max-age=60
  app:/away:
    serve: {redirect: {to: 'app:/plain'}}
    status: 307
    headers: 'Cross-Origin-Opener-Policy: same-origin'
",
    )
    .await;
    let plain = play.get("app:/plain").await;
    assert_eq!(plain.value("content-type"), "text/html; charset=utf-8");
    assert_eq!(plain.value("cache-control"), "no-store");
    let own = play.get("app:/own").await;
    assert_eq!(own.value("content-type"), "text/html");
    assert_eq!(own.value("cache-control"), "max-age=60");
    let away = play.get("app:/away?x=1").await;
    assert_eq!(away.status, 307);
    assert_eq!(away.value("cross-origin-opener-policy"), "same-origin");
    assert_eq!(away.value("location"), format!("{}/plain?x=1", play.stage.origin("app").unwrap()));
}

#[tokio::test]
async fn a_redirect_with_a_query_keeps_its_own() {
    let play = Play::of(
        "
sites: {app: {}}
pages:
  app:/away: {serve: {redirect: {to: 'app:/b?own=1'}}}
",
    )
    .await;
    let reply = play.get("app:/away?x=1").await;
    assert_eq!(reply.status, 302);
    assert_eq!(reply.value("location"), format!("{}/b?own=1", play.stage.origin("app").unwrap()));
}
