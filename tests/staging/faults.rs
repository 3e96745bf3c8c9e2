//! What goes wrong on other people's sites: each time a clear word about it, the run goes on, and no
//! password stands anywhere.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::stack::{Front, Setup, Stack};
use super::visit::{Visit, unit};

/// What went wrong with a scenario in Chromium.
fn error(document: &Value, scenario: &str) -> String {
    let unit = unit(document, scenario, "chromium");
    unit["error"].as_str().unwrap_or_else(|| panic!("no error: {unit:#}")).to_owned()
}

/// The shop with which a login works.
fn open_shop(front: Front) -> Stack {
    let opener = "Cross-Origin-Opener-Policy";
    Stack::start(&Setup::shop(front).remove("app", "/", opener).remove("app", "/callback", opener))
}

#[test]
fn a_fault_is_told_and_the_run_goes_on() {
    let stack = open_shop(Front::Tls);
    let scenarios =
        ["shop/wrong-password", "shop/never-opens", "shop/never-appears", "shop/popup-login"];
    let visit = Visit::to(&stack, &scenarios);
    let (ran, document) = visit.run(&["--timeout", "8"]);
    assert_ne!(ran.code, 0, "{ran}");
    assert_eq!(document["totals"]["passed"], 1, "{ran}");
    assert_eq!(unit(&document, "popup-login", "chromium")["verdict"], "passed", "{ran}");

    // The step, the page on which it stood still, and what that page has.
    for (scenario, words) in [
        ("wrong-password", &["text=Allow", "idp:/login/", "Sign in to your account"][..]),
        ("never-opens", &["login", "app:/never", "No popup"]),
        ("never-appears", &["#late", "app:/late", "Late"]),
    ] {
        let error = error(&document, scenario);
        for word in words {
            assert!(error.contains(word), "{scenario}: `{word}` is not said: {error}");
        }
    }
    visit.kept_everything_to_itself(&stack, &ran);
}

#[test]
fn ten_popups_are_told_apart() {
    let stack = open_shop(Front::None);
    let visit = Visit::to(&stack, &["shop/ten-popups", "shop/late"]);
    let (ran, document) = visit.run(&["--browser", super::visit::ALL]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(document["totals"]["passed"], 6, "{ran}");
    for browser in super::visit::ALL.split(',') {
        let facts = &unit(&document, "ten-popups", browser)["facts"];
        assert_eq!(facts["seventh.journey"], json!(["app:/leaf/7 connected"]), "{ran}");
        assert_eq!(facts["third.journey"], json!(["app:/leaf/3 connected"]), "{ran}");
    }
}

#[test]
fn a_site_that_is_down_is_named() {
    // Bound, and so nobody else's, but nobody answers.
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    drop(held);
    let stack = open_shop(Front::Tls);
    let origin = stack.origin("idp").to_owned();
    let down = stack.settings().replace(&origin, &format!("https://idp-staging.localhost:{port}"));
    let visit = Visit::with_settings(&down, &["shop/popup-login", "shop/late"]);
    // The app itself sends people to the right place: only a scenario that goes there by name finds out.
    visit.write(
        "scenarios/down.yaml",
        "version: 1
title: Goes to a site that is down
sites: { idp: {} }
steps: [{ open: { url: idp:/ } }]
variants: { today: { kind: case, title: as the site is } }
",
    );
    let (ran, document) = visit.run(&["--timeout", "8"]);
    assert_ne!(ran.code, 0, "{ran}");
    let error = error(&document, "down");
    assert!(error.contains("idp-staging.localhost"), "{error}");
    assert!(error.contains("refused"), "{error}");
    assert_eq!(unit(&document, "late", "chromium")["verdict"], "passed", "{ran}");
}

#[test]
fn a_certificate_that_nobody_trusts_is_named() {
    let stack = open_shop(Front::Tls);
    let settings = stack.settings();
    let without: Vec<&str> = settings.lines().filter(|line| !line.contains("ca: ")).collect();
    let visit = Visit::with_settings(&without.join("\n"), &["shop/late"]);
    let (ran, document) = visit.run(&["--timeout", "8"]);
    assert_ne!(ran.code, 0, "{ran}");
    let error = error(&document, "late");
    assert!(error.contains("app-staging.localhost"), "{error}");
    assert!(error.contains("certificate"), "{error}");
}

#[test]
fn what_a_user_decides_is_no_fault() {
    let stack = open_shop(Front::Nginx);
    let visit = Visit::to(&stack, &["shop/denied", "shop/cancelled"]);
    let (ran, document) = visit.run(&["--browser", super::visit::ALL]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(document["totals"]["passed"], 6, "{ran}");
    visit.kept_everything_to_itself(&stack, &ran);
}

#[test]
fn a_login_is_kept_where_it_is_asked_for() {
    let stack = open_shop(Front::TlsElsewhere);
    let kept = ["shop/kept-1-sign-in", "shop/kept-2-still-signed-in", "shop/not-kept"];
    let visit = Visit::to(&stack, &kept);
    let (ran, _) = visit.run(&["--browser", super::visit::ALL]);
    assert_eq!(ran.code, 0, "{ran}");
    visit.kept_everything_to_itself(&stack, &ran);
}

#[test]
fn sockets_and_service_workers_live_on() {
    for front in [Front::None, Front::TlsElsewhere] {
        let stack = open_shop(front);
        let visit = Visit::to(&stack, &["shop/live"]);
        let (ran, _) = visit.run(&["--browser", super::visit::ALL]);
        assert_eq!(ran.code, 0, "{ran}");
    }
}
