//! The playground: what was tried there is a scenario, with the same facts.

use coopwright::browser::Browser;
use serde_json::{Value, json};

use super::ask::{ask, send, site};
use super::support::Project;
use super::visitor::Visitor;

fn state(coop: &str, how: &str, returns: &str) -> Value {
    json!({ "playground": {
        "opener": { "headers": format!("Cross-Origin-Opener-Policy: {coop}") },
        "hop": { "headers": "" },
        "idp": { "headers": "" },
        "callback": { "headers": "" },
        "token": { "headers": "Access-Control-Allow-Origin: {app}" },
        "secondHop": { "headers": "" },
        "picture": { "headers": "Cross-Origin-Resource-Policy: cross-origin" },
        "frame": { "headers": "" },
        "relation": "cross-site", "how": how, "returns": returns, "watchesClosed": true,
    } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_state_gives_the_same_facts() {
    let site = site().await;
    let visitor = Visitor::with(Browser::Chromium, site).await;
    for (coop, how, returns) in [
        ("same-origin", "direct", "opener"),
        ("same-origin-allow-popups", "blank-then-assign", "broadcast"),
        ("unsafe-none", "noopener", "opener"),
    ] {
        let state = state(coop, how, returns);
        let told = visitor.plays(&state).await;
        assert_eq!(told["phase"], "done", "{told}");
        let lines = format!("Host: localhost:{}\r\n", site.port());
        let (status, yaml) = send(site, "POST /api/scenario", &lines, &state.to_string()).await;
        assert_eq!(status, 200, "{yaml}");
        let project = Project::with(&yaml);
        let (ran, document) = project.json(&["run", "--ignore-snapshots"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(told["unit"]["facts"], document["units"][0]["facts"], "{yaml}");
    }
    visitor.leaves().await;
}

#[tokio::test]
async fn what_is_predicted_is_so_for_each_engine() {
    let site = site().await;
    let (status, told) =
        ask(site, "POST /api/predict", &state("same-origin", "direct", "opener")).await;
    assert_eq!(status, 200, "{told}");
    for engine in ["chromium", "firefox", "webkit"] {
        assert_eq!(told[engine]["login.opener"]["value"], "severed", "{engine}");
    }
}
