//! What a unit costs, against what the same windows and documents cost a bare page in the same kind of
//! browser, in one go: `cargo bench --bench floor [-- ROUNDS] [BROWSERS]`.
//!
//! The bare pages have no agent and no steps: they open the popup, move on, report by one fetch, and
//! close themselves. Times on a busy machine mean little; the ratio is the figure.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends at the first thing that fails")]

mod support;

use std::sync::Arc;
use std::time::Instant;

use coopwright::browser::{Endpoint, Session};
use coopwright::scenario::{self, Job};
use fixtures_server::page::Plan;
use fixtures_server::{Entry, Server, Stage};
use support::median;

/// The units, and the bare pages with the same windows and documents: `app:/` starts, and asking for
/// `/done` says that all have loaded.
const CASES: &[(&str, &str)] = &[
    ("a page alone", "<script>fetch('/done')</script>"),
    ("a page and a popup", "<script>open(SITES.auth + '/last')</script>"),
    ("a login: page, popup, form, callback", "<script>open(SITES.auth + '/form')</script>"),
];

const SUITE: &str = include_str!("floor.yaml");

fn main() {
    let (endpoints, rounds) = support::arguments(15);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for endpoint in endpoints {
        runtime.block_on(measure(&endpoint, rounds));
    }
}

async fn measure(endpoint: &Endpoint, rounds: usize) {
    let server = Arc::new(Server::bind_loopback(0).await.unwrap());
    let session = Session::start(endpoint, &support::settings()).await.unwrap();
    println!("{} {}, {rounds} rounds, medians", endpoint.browser().title(), session.version());
    println!("{:38} {:>9} {:>9} {:>6}", "", "bare", "unit", "ratio");
    let units = scenario::parse("floor.yaml", SUITE).unwrap().units();
    for ((name, opener), unit) in CASES.iter().zip(units) {
        let unit = Arc::new(unit);
        let (mut bare, mut ours) = (Vec::new(), Vec::new());
        // One round to warm up, which does not count.
        for round in 0..=rounds {
            let floor = bare_page(&session, &server, opener).await;
            // The first unit of a browser warms it up.
            let twice = [Job::Unit(Arc::clone(&unit)), Job::Unit(Arc::clone(&unit))];
            let cost = support::cost(endpoint, &server, &twice).await;
            if round > 0 {
                bare.push(floor);
                ours.push(cost);
            }
        }
        let (bare, ours) = (median(bare), median(ours));
        println!("{name:38} {bare:>6.0} ms {ours:>6.0} ms {:>6.2}", ours / bare);
    }
    session.end().await;
}

/// Milliseconds from the first command until everything has loaded and the popup is gone.
async fn bare_page(session: &Session, server: &Server, opener: &str) -> f64 {
    let stage = server.stage(bare_plan(opener)).unwrap();
    let url = stage.url(&"app:/".parse().unwrap()).unwrap();
    let began = Instant::now();
    session.goto(&url).await.unwrap();
    until_done(&stage).await;
    while session.windows().await.unwrap().len() > 1 {}
    began.elapsed().as_secs_f64() * 1000.0
}

fn bare_plan(opener: &str) -> Plan {
    // Origins are known only on stage, so a page finds the other site by its own host name.
    let sites = "<script>SITES = { auth: location.origin.replace('app-', 'auth-') }</script>";
    let last = "<script>fetch('/done', { keepalive: true }).then(() => close())</script>";
    let form = "<form method=post action=/last></form><script>document.forms[0].submit()</script>";
    let page = |body: String| serde_json::json!({ "serve": { "json": { "body": body } }, "headers": "Content-Type: text/html" });
    let plan = serde_json::json!({
        "sites": { "app": {}, "auth": {} },
        "pages": {
            "app:/": page(format!("<!doctype html>{sites}{opener}")),
            "auth:/form": page(format!("<!doctype html>{form}")),
            "auth:/last": page(format!("<!doctype html>{last}")),
            "app:/done": page(String::new()),
            "auth:/done": page(String::new()),
        },
    });
    serde_json::from_value(plan).unwrap()
}

async fn until_done(stage: &Stage) {
    let mut seen = 0;
    loop {
        for entry in stage.entries(seen) {
            seen += 1;
            if matches!(entry, Entry::Exchange(exchange) if exchange.page.ends_with("/done")) {
                return;
            }
        }
        stage.changed(seen).await;
    }
}
