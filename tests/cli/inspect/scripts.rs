//! A script's `fetch()`: preflights, requests, and what could be read.

use fixtures_server::Server;
use fixtures_server::page::{PageUrl, Plan};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::world::World;
use crate::support::Ran;

const SECRET: &str = "geheim-3f9a";
const APP: &str = "https://app.example";

fn api() -> World {
    World::new(&[
        (
            "https://api.example/open",
            "200 OK\nContent-Type: application/json\nAccess-Control-Allow-Origin: *\n\
             Access-Control-Expose-Headers: ETag\nETag: \"1\"\nX-Trace: 7\n\n{}",
        ),
        ("https://api.example/closed", "200 OK\nContent-Type: application/json\n\n{}"),
        (
            "OPTIONS https://api.example/user",
            "204 No Content\nAccess-Control-Allow-Origin: https://app.example\n\
             Access-Control-Allow-Methods: DELETE\nAccess-Control-Allow-Headers: x-csrf",
        ),
        (
            "https://api.example/user",
            "200 OK\nContent-Type: application/json\n\
             Access-Control-Allow-Origin: https://app.example\nVary: Origin\n\n{}",
        ),
        (
            "https://api.example/moved",
            "307 Temporary Redirect\nLocation: https://new.example/\n\
             Access-Control-Allow-Origin: https://app.example\nVary: Origin",
        ),
        (
            "https://new.example/",
            "200 OK\nAccess-Control-Allow-Origin: https://app.example\nVary: Origin",
        ),
    ])
}

fn asks(world: &World, arguments: &[&str]) -> Ran {
    world.inspect(&[&["--cors", "--origin", APP], arguments].concat())
}

#[test]
fn an_allowed_request_can_be_read() {
    let world = api();
    let ran = asks(&world, &["https://api.example/open"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_snapshot!(ran.out, @"
    GET https://api.example/open
    fetch() by a page of https://app.example, without credentials

    can the page read the answer?  yes: status and body
      headers: content-length, content-type, etag
      hidden:  x-trace (not in Access-Control-Expose-Headers)
      because: its CORS headers allow the page's origin [Fetch 4.9, CORS check]

    request    GET https://api.example/open
               Origin: https://app.example
    answer     200  HTTP/1.1
               Access-Control-Allow-Origin: *
               Access-Control-Expose-Headers: ETag
    ");
    let seen = &world.seen()[0];
    assert_eq!(seen.header("origin"), Some(APP));
    assert_eq!(seen.header("sec-fetch-mode"), Some("cors"));
    assert_eq!(seen.header("sec-fetch-dest"), Some("empty"));
    assert_eq!(seen.header("sec-fetch-site"), Some("cross-site"));
}

#[test]
fn a_denied_request_arrives_all_the_same() {
    let ran = asks(&api(), &["https://api.example/closed"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_snapshot!(ran.out, @"
    GET https://api.example/closed
    fetch() by a page of https://app.example, without credentials

    can the page read the answer?  no
      because: its CORS headers do not allow the page's origin (the response has no
               `Access-Control-Allow-Origin`) [Fetch 4.9, CORS check]
      but: the request reached the server all the same, and was answered: CORS keeps
           scripts from reading, it keeps nobody from asking

    request    GET https://api.example/closed
               Origin: https://app.example
    answer     200  HTTP/1.1
               (no header that matters here)
    ");
    assert_eq!(asks(&api(), &["--strict", "https://api.example/closed"]).code, 1);
}

#[test]
fn a_preflight_goes_first_and_may_fail() {
    let world = api();
    let ran = asks(&world, &["--method", "put", "https://api.example/user"]);
    assert_snapshot!(ran.out, @"
    PUT https://api.example/user
    fetch() by a page of https://app.example, without credentials

    can the page read the answer?  no
      because: the preflight does not allow the request (the preflight's
               `Access-Control-Allow-Methods` does not name `PUT`) [Fetch 4.8,
               CORS-preflight fetch]
      but: the request itself was not sent: only its preflight reached the server

    preflight  OPTIONS https://api.example/user
               Access-Control-Request-Method: PUT
               Origin: https://app.example
    answer     204  HTTP/1.1
               Access-Control-Allow-Origin: https://app.example
               Access-Control-Allow-Methods: DELETE
               Access-Control-Allow-Headers: x-csrf
    ");
    let methods: Vec<String> = world.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["OPTIONS"]);
}

#[test]
fn a_preflight_that_passes_lets_the_request_through() {
    let world = api();
    let arguments =
        ["--method", "DELETE", "--header", "X-Csrf: env:TOKEN", "https://api.example/user"];
    let mut command = world.command(&[&["--cors", "--origin", APP], &arguments[..]].concat());
    let ran = Ran::from_command(command.env("TOKEN", SECRET));
    assert_snapshot!(ran.out, @"
    DELETE https://api.example/user
    fetch() by a page of https://app.example, without credentials

    can the page read the answer?  yes: status and body
      headers: content-length, content-type
      hidden:  vary (not in Access-Control-Expose-Headers)
      because: its CORS headers allow the page's origin [Fetch 4.9, CORS check]

    preflight  OPTIONS https://api.example/user
               Access-Control-Request-Method: DELETE
               Access-Control-Request-Headers: x-csrf
               Origin: https://app.example
    answer     204  HTTP/1.1
               Access-Control-Allow-Origin: https://app.example
               Access-Control-Allow-Methods: DELETE
               Access-Control-Allow-Headers: x-csrf

    request    DELETE https://api.example/user
               Origin: https://app.example
    answer     200  HTTP/1.1
               Access-Control-Allow-Origin: https://app.example
    ");
    let seen = world.seen();
    assert_eq!(seen[0].header("access-control-request-headers"), Some("x-csrf"));
    assert_eq!(seen[1].header("x-csrf"), Some(SECRET));
    assert!(!format!("{ran}").contains(SECRET), "{ran}");
}

#[test]
fn credentials_want_more() {
    let ran = asks(&api(), &["--credentials", "https://api.example/open"]);
    assert_snapshot!(ran.out, @"
    GET https://api.example/open
    fetch() by a page of https://app.example, with credentials

    can the page read the answer?  no
      because: its CORS headers do not allow the page's origin
               (`Access-Control-Allow-Origin: *` does not count for a request with
               credentials) [Fetch 4.9, CORS check]
      but: the request reached the server all the same, and was answered: CORS keeps
           scripts from reading, it keeps nobody from asking

    request    GET https://api.example/open
               Origin: https://app.example
    answer     200  HTTP/1.1
               Access-Control-Allow-Origin: *
               Access-Control-Expose-Headers: ETag

    note: it was sent without cookies, which are not known here: with them, the
          server may answer otherwise
    ");
}

#[test]
fn a_redirect_to_a_third_origin_loses_the_name() {
    let world = api();
    let ran = asks(&world, &["https://api.example/moved"]);
    assert!(ran.out.contains("can the page read the answer?  no"), "{ran}");
    assert!(ran.out.contains("`Access-Control-Allow-Origin: https://app.example` is not"), "{ran}");
    assert_eq!(world.seen()[1].header("origin"), Some("null"));
}

#[test]
fn engines_that_do_otherwise_are_named() {
    let world = World::new(&[
        (
            "OPTIONS https://api.example/",
            "204 No Content\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Headers: *",
        ),
        ("https://api.example/", "200 OK\nAccess-Control-Allow-Origin: *"),
    ]);
    let ran =
        asks(&world, &["--header", "Authorization: Bearer geheim-3f9a", "https://api.example/"]);
    assert!(ran.out.contains("chromium otherwise: yes (wildcard-covers-authorization)"), "{ran}");
    assert!(!format!("{ran}").contains(SECRET), "{ran}");
    assert_eq!(world.seen().len(), 2);
}

#[test]
fn programs_read_the_same() {
    let world = api();
    let ran = asks(&world, &["--json", "--method", "PUT", "https://api.example/user"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    let request = &document["requests"][0];
    assert_eq!(request["arrived"], false);
    assert_eq!(request["exchanges"][0]["preflight"], true);
    let standard = &request["readable"][0];
    assert_eq!(standard["engine"], "standard");
    assert_eq!(
        (&standard["readable"], &standard["preflight-fails"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(standard["because"][0]["rule"], "preflight-fails");
}

#[test]
fn what_no_script_can_ask_for_is_wrong_usage() {
    let world = api();
    let told = |arguments: &[&str]| {
        let ran = asks(&world, &[arguments, &["https://api.example/"]].concat());
        assert_eq!(ran.code, 2, "{ran}");
        ran.err
    };
    let told: Vec<String> = [
        &["--header", "Cookie: geheim-3f9a"][..],
        &["--header", "geheim-3f9a"],
        &["--header", "X: env:NOT_SET_ANYWHERE"],
        &["--method", "TRACE"],
    ]
    .into_iter()
    .map(told)
    .collect();
    assert!(!told.concat().contains(SECRET), "{told:?}");
    assert_snapshot!(told.concat(), @"
    error: scripts cannot set `Cookie`: it is the browser's own header
    error: `--header` number 1 has no colon: write `Name: value`
    error: the environment variable NOT_SET_ANYWHERE of `--header X` is not set
    error: scripts cannot send `TRACE`: browsers refuse the method
    ");
}

/// What the server itself counts, not only what was sent.
#[test]
fn a_simple_request_acts_though_it_cannot_be_read() {
    const PLAN: &str = r#"{
        "sites": { "app": {}, "api": {} },
        "pages": { "api:/transfer": { "serve": { "action": {} } } }
    }"#;
    let plan: Plan = serde_json::from_str(PLAN).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::bind_loopback(0)).unwrap();
    let stage = server.stage(plan).unwrap();
    let transfer: PageUrl = "api:/transfer".parse().unwrap();
    let url = stage.url(&transfer).unwrap();
    let app = stage.origin("app").unwrap();
    let world = World::new(&[]);
    let ran = world.inspect(&["--cors", "--origin", app, "--method", "POST", &url]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("can the page read the answer?  no"), "{ran}");
    assert!(ran.out.contains("the request reached the server all the same"), "{ran}");
    assert_eq!(stage.performed(&transfer), 1);
    let ran = world.inspect(&["--cors", "--origin", app, "--method", "DELETE", &url]);
    assert!(ran.out.contains("only its preflight reached the server"), "{ran}");
    assert_eq!(stage.performed(&transfer), 1);
    runtime.block_on(server.shutdown());
}

#[test]
fn a_real_browser_asks_as_well() {
    let world = api();
    let ran = asks(&world, &["--browser", "chromium", "--json", "https://api.example/open"]);
    assert_eq!(ran.code, 0, "{ran}");
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    let observed = &document["requests"][0]["observed"][0];
    assert_eq!(observed["shown"]["fetch"], "readable", "{ran}");
}
