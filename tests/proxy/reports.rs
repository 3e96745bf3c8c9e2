//! The lane as a collector of the browser's reports.

use super::support::*;
use coopwright::proxy::{Entry, LanePlan};
use coopwright::upstream::Settings;
use http::{Method, Request};

async fn post(
    lane: &coopwright::proxy::Lane,
    method: Method,
    body: &str,
) -> http::Response<hyper::body::Incoming> {
    let mut browser = second(lane, "app.test").await;
    let request = Request::builder().method(method).uri("https://app.test/__coopwright/reports");
    let request = request.header("content-type", "application/reports+json");
    within(browser.send_request(request.body(full(body.to_owned())).unwrap())).await.unwrap()
}

#[tokio::test]
async fn reports_are_taken_for_every_host() {
    let plan = LanePlan { collect: true, ..LanePlan::default() };
    let lane = lane(&Settings::default(), plan).await;
    let asked = post(&lane, Method::OPTIONS, "").await;
    assert_eq!(asked.status(), 204);
    assert_eq!(asked.headers()["access-control-allow-origin"], "*");
    assert_eq!(asked.headers()["access-control-allow-headers"], "content-type");
    let two = r#"[{"type":"coop","url":"https://app.test/?code=s3cret","body":{"disposition":"reporting"}},
                  {"type":"coep","body":{"blockedURL":"https://cdn.test/a.js"}}]"#;
    assert_eq!(post(&lane, Method::POST, two).await.status(), 204);
    let legacy = r#"{"csp-report":{"document-uri":"https://app.test/"}}"#;
    assert_eq!(post(&lane, Method::POST, legacy).await.status(), 204);
    for (method, body, status) in
        [(Method::POST, "no json", 400), (Method::GET, "", 405), (Method::POST, "", 400)]
    {
        assert_eq!(post(&lane, method, body).await.status(), status);
    }
    let reports: Vec<_> = lane
        .entries(0)
        .into_iter()
        .map(|entry| match entry {
            Entry::Report(report) => report,
            Entry::Exchange(exchange) => panic!("{exchange:?}"),
        })
        .collect();
    assert_eq!(reports.len(), 3);
    assert!(reports.iter().all(|report| report.url == "https://app.test/__coopwright/reports"));
    assert_eq!(reports[0].body["url"], "https://app.test/?code=****");
    assert_eq!(reports[1].body["type"], "coep");
    assert_eq!(reports[2].body["csp-report"]["document-uri"], "https://app.test/");
}

#[tokio::test]
async fn without_it_the_path_is_the_sites_own() {
    let ca = TestCa::new();
    let tls = acceptor(ca.leaf("app.test"), &["h2"]);
    let site = Site::http(Some(tls), |_| async { http::Response::new(full("mine")) }).await;
    let lane = lane_to(&site, &[ca.pem()]).await;
    assert_eq!(whole(post(&lane, Method::POST, "[]").await).await.0, "mine");
}

#[tokio::test]
async fn a_body_without_end_is_not_waited_for() {
    let plan = LanePlan { collect: true, ..LanePlan::default() };
    let lane = lane(&Settings::default(), plan).await;
    let mut browser = second(&lane, "app.test").await;
    let (send, body) = fed();
    let feeding = tokio::spawn(async move {
        let piece = || hyper::body::Frame::data(bytes::Bytes::from_static(&[b'['; 64 * 1024]));
        while send.send(piece()).await.is_ok() {}
    });
    let request = Request::post("https://app.test/__coopwright/reports").body(body).unwrap();
    assert_eq!(within(browser.send_request(request)).await.unwrap().status(), 400);
    feeding.abort();
}
