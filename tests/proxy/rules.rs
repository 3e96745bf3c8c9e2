//! Rules act on every hop, and what was seen is told.

use super::support::*;
use coopwright::proxy::{LanePlan, Mix, Route};
use coopwright::rollout::Kind;
use coopwright::upstream::Settings;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;

/// `/start` leads to `/middle`, that to `auth.test`, and that to `/end?code=…`.
async fn chain(request: Request<Incoming>) -> Response<AnyBody> {
    let host = request.uri().host().unwrap_or_default();
    let next = match (host, request.uri().path()) {
        ("app.test", "/start") => Some("/middle"),
        ("app.test", "/middle") => Some("https://auth.test/login?state=s3cret"),
        ("auth.test", "/login") => Some("https://app.test/end?code=s3cret"),
        _ => None,
    };
    let mut response = Response::new(full("<p>here"));
    if let Some(next) = next {
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().insert("location", HeaderValue::from_static(next));
    }
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("text/html"));
    headers.append("cross-origin-opener-policy", HeaderValue::from_static("unsafe-none"));
    headers.append("cross-origin-opener-policy", HeaderValue::from_static("unsafe-none"));
    headers.insert("server", HeaderValue::from_static("tests"));
    headers.append("set-cookie", HeaderValue::from_static("sid=s3cret; Secure"));
    response
}

async fn chain_sites() -> (Site, TestCa) {
    let ca = TestCa::new();
    let site = Site::http(Some(acceptor(ca.leaf("app.test"), &["h2"])), chain).await;
    (site, ca)
}

fn sites() -> Vec<(String, String)> {
    let site = |name: &str, origin: &str| (name.to_owned(), origin.to_owned());
    vec![site("app", "https://app.test"), site("auth", "https://auth.test")]
}

/// Follows the chain as a browser does; with `silent`, only the first request says what it is for, as
/// WebKitGTK does it.
async fn follow(lane: &coopwright::proxy::Lane, dest: &'static str, silent: bool) -> String {
    let mut url = url::Url::parse("https://app.test/start").unwrap();
    for hop in 0.. {
        let mut browser = second(lane, url.host_str().unwrap()).await;
        let mut request = Request::get(url.as_str()).header("upgrade-insecure-requests", "1");
        request = request.header("accept", "text/html").header("cookie", "sid=s3cret");
        if hop == 0 || !silent {
            request = request.header("sec-fetch-dest", dest).header("sec-fetch-mode", "navigate");
        }
        let answer = within(browser.send_request(request.body(full("")).unwrap())).await.unwrap();
        match answer.headers().get("location") {
            Some(next) => url = url.join(next.to_str().unwrap()).unwrap(),
            None => return whole(answer).await.0,
        }
    }
    unreachable!()
}

#[tokio::test]
async fn a_chain_is_recorded_and_changed_hop_by_hop() {
    let (site, ca) = chain_sites().await;
    let settings = at(&[("app.test", &site), ("auth.test", &site)], &[ca.pem()]);
    let settings = Settings { insecure: vec!["auth.test".to_owned()], ..settings };
    let rules = rules(
        "  - site: app\n    set: { Cross-Origin-Opener-Policy: same-origin }\n  \
           - site: auth\n    status: 3xx\n    remove: [Cross-Origin-Opener-Policy]\n    \
             add: { X-New: \"1\" }\n",
    );
    let plan = LanePlan { sites: sites(), rules, ..LanePlan::default() };
    let lane = lane(&settings, plan).await;
    assert_eq!(follow(&lane, "document", false).await, "<p>here");
    let exchanges = exchanges(&lane, 4).await;
    let told: Vec<_> = exchanges
        .iter()
        .map(|exchange| (exchange.id, exchange.status, exchange.url.as_str(), &exchange.rules[..]))
        .collect();
    assert_eq!(
        told,
        [
            (0, 302, "https://app.test/start", &[0][..]),
            (1, 302, "https://app.test/middle", &[0]),
            (2, 302, "https://auth.test/login?state=****", &[1]),
            (3, 200, "https://app.test/end?code=****", &[0]),
        ]
    );
    for exchange in &exchanges {
        assert_eq!(exchange.kind, Kind::Document);
        let before = exchange.before.as_ref().unwrap();
        let coop = "cross-origin-opener-policy";
        assert_eq!(values(before, coop), ["unsafe-none", "unsafe-none"]);
        let is_auth = exchange.url.contains("auth.test");
        let now: &[&str] = if is_auth { &[] } else { &["same-origin"] };
        assert_eq!(values(&exchange.headers, coop), now);
        assert_eq!(values(&exchange.headers, "x-new").len(), usize::from(is_auth));
        assert_eq!(
            values(&exchange.headers, "server"),
            ["tests"],
            "all lines of a document are kept"
        );
        assert_eq!(values(&exchange.headers, "set-cookie"), ["sid=****; Secure"]);
        assert_eq!(exchange.cookies, ["sid"]);
    }
    assert_eq!(values(&exchanges[2].headers, "location"), ["https://app.test/end?code=****"]);
    assert!(!format!("{:?}", lane.entries(0)).contains("s3cret"));
}

#[tokio::test]
async fn hops_that_do_not_say_what_they_are_for_are_for_what_led_there() {
    let (site, ca) = chain_sites().await;
    let settings = at(&[("app.test", &site), ("auth.test", &site)], &[ca.pem()]);
    let settings = Settings { insecure: vec!["auth.test".to_owned()], ..settings };
    let lane = lane(&settings, LanePlan::default()).await;
    follow(&lane, "iframe", true).await;
    let exchanges = exchanges(&lane, 4).await;
    assert!(exchanges.iter().all(|exchange| exchange.kind == Kind::Frame), "{exchanges:?}");
    assert!(
        exchanges.iter().all(|exchange| exchange.before.is_none() && exchange.rules.is_empty())
    );
}

#[tokio::test]
async fn of_other_responses_only_the_lines_that_matter_are_kept() {
    let (site, ca) = chain_sites().await;
    let rules =
        rules("  - kind: script\n    set: { Cross-Origin-Resource-Policy: cross-origin }\n");
    let plan = LanePlan { sites: sites(), rules, ..LanePlan::default() };
    let lane = lane(&at(&[("app.test", &site)], &[ca.pem()]), plan).await;
    let mut browser = second(&lane, "app.test").await;
    for dest in ["script", "image"] {
        let request = Request::get("https://app.test/a.js").header("sec-fetch-dest", dest);
        let request = request.header("service-worker", "script").body(full("")).unwrap();
        let answer = within(browser.send_request(request)).await.unwrap();
        assert_eq!(answer.headers()["server"], "tests");
        assert_eq!(answer.headers().contains_key("cross-origin-resource-policy"), dest == "script");
    }
    let exchanges = exchanges(&lane, 2).await;
    for (exchange, kind) in exchanges.iter().zip([Kind::Script, Kind::Image]) {
        assert_eq!(exchange.kind, kind);
        assert!(exchange.service_worker_script);
        assert!(values(&exchange.headers, "server").is_empty(), "{exchange:?}");
        assert_eq!(values(&exchange.headers, "content-type"), ["text/html"]);
        assert_eq!(exchange.before.is_some(), kind == Kind::Script);
    }
}

#[tokio::test]
async fn a_mix_is_the_same_again_and_leaves_the_rest_alone() {
    let (site, ca) = chain_sites().await;
    let settings = at(&[("app.test", &site)], &[ca.pem()]);
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let rules = rules("  - set: { Cross-Origin-Opener-Policy: same-origin }\n");
        let mix = Some(Mix { percent: 50, seed });
        let plan = LanePlan { sites: sites(), rules, mix, ..LanePlan::default() };
        let lane = lane(&settings, plan).await;
        let mut browser = second(&lane, "app.test").await;
        for _ in 0..40 {
            let request = Request::get("https://app.test/end").body(full("")).unwrap();
            whole(within(browser.send_request(request)).await.unwrap()).await;
        }
        let exchanges = exchanges(&lane, 40).await;
        for exchange in &exchanges {
            assert_ne!(exchange.rules.is_empty(), exchange.withheld.is_empty());
            assert_eq!(exchange.before.is_some(), exchange.withheld.is_empty());
        }
        runs.push(exchanges.iter().map(|exchange| exchange.rules.len()).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    let new = runs[0].iter().sum::<usize>();
    assert!((8..=32).contains(&new), "{new} of 40");
}

#[tokio::test]
async fn the_fixture_server_plays_hosts_that_do_not_exist() {
    let site = Site::http(None, |request| async move {
        let headers = request.headers();
        let text = format!("{:?} {:?}", headers["host"], headers["x-coopwright-lane"]);
        let mut response = Response::new(full(text));
        response.headers_mut().insert("x-coopwright-exchange", HeaderValue::from_static("41"));
        response
    })
    .await;
    let host = format!("app-1.localhost:{}", site.port());
    let route =
        |origin: &str| Route { origin: origin.to_owned(), to: site.address, host: host.clone() };
    let routes = vec![route("https://app.example.com"), route("http://plain.example.com:8080")];
    let plan = LanePlan { routes, ..LanePlan::default() };
    let lane = lane(&Settings::default(), plan).await;
    let mut browser = second(&lane, "app.example.com").await;
    // What a page says of itself does not count.
    let request = Request::get("https://app.example.com/").header("x-coopwright-lane", "7");
    let answer = within(browser.send_request(request.body(full("")).unwrap())).await.unwrap();
    assert!(!answer.headers().contains_key("x-coopwright-exchange"));
    assert_eq!(whole(answer).await.0, format!("{host:?} \"1\""));
    let plain = "GET http://plain.example.com:8080/ HTTP/1.1\r\nHost: plain.example.com:8080\r\n\
                 Connection: close\r\n\r\n";
    assert!(raw(&lane, plain.as_bytes()).await.ends_with(&format!("{host:?} \"1\"")));
    let exchanges = exchanges(&lane, 2).await;
    assert!(exchanges.iter().all(|exchange| exchange.fixture == Some(41)));
    assert_eq!(exchanges[1].url, "http://plain.example.com:8080/");
}

#[tokio::test]
async fn it_is_busy_until_a_page_is_answered() {
    let (go, going) = tokio::sync::watch::channel(false);
    let site = Site::http(None, move |_| {
        let mut going = going.clone();
        async move {
            going.wait_for(|go| *go).await.unwrap();
            Response::new(full("late"))
        }
    })
    .await;
    let lane = lane_to(&site, &[]).await;
    let get = "GET http://app.test/ HTTP/1.1\r\nHost: app.test\r\nUpgrade-Insecure-Requests: 1\r\n\
               Connection: close\r\n\r\n";
    let asking = async {
        let got = raw(&lane, get.as_bytes()).await;
        assert!(got.ends_with("late"), "{got}");
    };
    let looking = async {
        while lane.busy() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(lane.entries(0).is_empty());
        go.send(true).unwrap();
        within(lane.idle()).await;
        assert_eq!(lane.entries(0).len(), 1);
    };
    tokio::join!(asking, looking);
}
