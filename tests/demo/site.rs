//! The server of the site: what it refuses, whom it lets in, and how much it weighs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use coopwright::browser::Browser;
use coopwright::demo::Site;
use serde_json::{Value, json};

use super::ask::{Events, ask, send, site};
use super::visitor::Visitor;

#[tokio::test]
async fn other_names_and_other_origins_are_refused() {
    let site = site().await;
    let port = site.port();
    for (lines, status) in [
        (format!("Host: localhost:{port}\r\n"), 200),
        (format!("Host: 127.0.0.1:{port}\r\n"), 200),
        (format!("Host: rebound.example:{port}\r\n"), 421),
        (format!("Host: localhost:{port}\r\nOrigin: http://evil.example\r\n"), 403),
        (format!("Host: localhost:{port}\r\nOrigin: null\r\n"), 403),
    ] {
        let (told, _) = send(site, "GET /api/lessons", &lines, "").await;
        assert_eq!(told, status, "{lines}");
    }
}

#[tokio::test]
async fn what_cannot_be_played_is_said() {
    let site = site().await;
    for (request, body, status, words) in [
        ("GET /api/lessons/nothing", Value::Null, 404, "no such lesson"),
        (
            "POST /api/runs",
            json!({ "lesson": "nothing", "variant": "broken" }),
            404,
            "no such lesson",
        ),
        ("POST /api/runs", json!({ "leson": "x" }), 422, "leson"),
        (
            "POST /api/predict",
            json!({ "lesson": "hop-in-the-middle", "variant": "broken", "headers": { "app:/": "x y: z" } }),
            422,
            "is not a header name",
        ),
        ("GET /api/nothing", Value::Null, 404, "nothing here"),
    ] {
        let (told, answer) = ask(site, request, &body).await;
        assert_eq!(told, status, "{request} {body}: {answer}");
        assert!(answer.to_string().contains(words), "{request} {body}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_visitors_do_not_see_one_another() {
    let site = site().await;
    let wanted = json!({ "lesson": "hop-in-the-middle", "variant": "broken" });
    let mut opened: Vec<(Value, Value)> = Vec::new();
    let mut others = Vec::new();
    for _ in 0..9 {
        let (status, begun) = ask(site, "POST /api/runs", &wanted).await;
        assert_eq!(status, 201, "{begun}");
        let (run, open) = (begun["run"].clone(), begun["open"].clone());
        assert!(run.as_str().unwrap().len() >= 32);
        assert!(opened.iter().all(|(other, place)| *other != run && *place != open));
        let mut events = Events::of(site, run.as_str().unwrap()).await;
        assert_eq!(events.next().await["phase"], "waiting");
        others.push(events);
        opened.push((run, open));
    }
    // The tenth plays; the other nine hear nothing of it.
    let visitor = Visitor::with(Browser::Chromium, site).await;
    assert_eq!(visitor.plays(&wanted).await["phase"], "done");
    visitor.leaves().await;
    for events in &mut others {
        let heard = tokio::time::timeout(Duration::from_millis(1), events.next()).await;
        assert!(heard.is_err(), "{heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_at_another_address_runs_lessons_too() {
    let site = Site::bind([127, 0, 0, 2].into(), 0).await.unwrap();
    let address = site.address();
    tokio::spawn(site.serve(std::future::pending()));
    let visitor = Visitor::with(Browser::Chromium, address).await;
    let wanted = json!({ "lesson": "fetch-needs-cors-not-coop", "variant": "broken" });
    assert_eq!(visitor.plays(&wanted).await["phase"], "done");
    visitor.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_at_once_though_a_visitor_is_asked_for_something() {
    let site = Site::bind([127, 0, 0, 1].into(), 0).await.unwrap();
    let visitor = Visitor::with(Browser::Chromium, site.address()).await;
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(site.serve(async move { drop(ended.await) }));
    let wanted = json!({ "lesson": "hop-in-the-middle", "variant": "broken" });
    let (_, mut events) = visitor.begins(&wanted).await;
    while events.next().await["phase"] != "asks" {}
    end.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), served).await.unwrap().unwrap().unwrap();
    visitor.leaves().await;
}

#[test]
fn the_pages_are_light() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/assets");
    let sizes = fs::read_dir(folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    assert!(sizes.sum::<u64>() < 300_000);
}
