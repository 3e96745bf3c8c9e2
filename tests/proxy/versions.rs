//! HTTP/2 and HTTP/1.1 on either side, trailers, and certificates made for each host.

use super::support::*;
use bytes::Bytes;
use coopwright::proxy::LanePlan;
use coopwright::upstream::Settings;
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};

/// Tells what it was asked, in the order of arrival.
async fn echo(request: Request<Incoming>) -> Response<AnyBody> {
    let (head, body) = request.into_parts();
    let mut lines = vec![format!("{:?} {} {}", head.version, head.method, head.uri)];
    lines.extend(head.headers.iter().map(|(name, value)| format!("{name}: {value:?}")));
    let body = body.collect().await.unwrap();
    if let Some(trailers) = body.trailers() {
        lines.extend(trailers.iter().map(|(name, value)| format!("trailer {name}: {value:?}")));
    }
    lines.push(String::from_utf8(body.to_bytes().to_vec()).unwrap());
    let mut response = Response::new(full(lines.join("\n")));
    response.headers_mut().append("x-twice", HeaderValue::from_static("1"));
    response.headers_mut().append("x-twice", HeaderValue::from_static("2"));
    response
}

fn request(uri: &str) -> Request<AnyBody> {
    let request = Request::post(uri).header("cookie", "a=1").header("cookie", "b=2");
    request.header("te", "trailers").body(full("body")).unwrap()
}

#[tokio::test]
async fn every_version_meets_every_other() {
    let ca = TestCa::new();
    for (protocols, theirs) in
        [(&["h2"][..], Version::HTTP_2), (&["http/1.1"][..], Version::HTTP_11)]
    {
        let site = Site::http(Some(acceptor(ca.leaf("app.test"), protocols)), echo).await;
        let lane = lane_to(&site, &[ca.pem()]).await;

        let mut browser = second(&lane, "app.test").await;
        let answer = browser.send_request(request("https://app.test/p?q")).await.unwrap();
        assert_eq!(answer.version(), Version::HTTP_2);
        let twice: Vec<_> = answer.headers().get_all("x-twice").into_iter().collect();
        assert_eq!(twice, ["1", "2"]);
        let (text, _) = whole(answer).await;
        assert_asked(&text, theirs);

        let mut browser = first(&lane, "app.test").await;
        let mut asked = request("/p?q");
        asked.headers_mut().insert("host", HeaderValue::from_static("app.test"));
        asked.headers_mut().insert("connection", HeaderValue::from_static("keep-alive, te"));
        let answer = browser.send_request(asked).await.unwrap();
        assert_eq!(answer.version(), Version::HTTP_11);
        assert_asked(&whole(answer).await.0, theirs);
        let exchanges = exchanges(&lane, 2).await;
        assert!(exchanges.iter().all(|exchange| exchange.url == "https://app.test/p?q"));
        assert_eq!(exchanges[0].cookies, ["a", "b"]);
    }
}

fn assert_asked(text: &str, version: Version) {
    let lines: Vec<&str> = text.lines().collect();
    let target = if version == Version::HTTP_2 { "https://app.test/p?q" } else { "/p?q" };
    assert_eq!(lines[0], format!("{version:?} POST {target}"));
    let host = lines.contains(&"host: \"app.test\"");
    assert_eq!(host, version == Version::HTTP_11, "{text}");
    assert!(lines.contains(&"cookie: \"a=1; b=2\""), "{text}");
    assert!(!text.contains("connection") && !text.contains("keep-alive"), "{text}");
    assert_eq!(lines.last(), Some(&"body"));
}

#[tokio::test]
async fn trailers_come_through_both_ways() {
    let ca = TestCa::new();
    let site = Site::http(Some(acceptor(ca.leaf("app.test"), &["h2"])), |request| async move {
        let body = request.into_body().collect().await.unwrap();
        let asked = body.trailers().unwrap()["x-asked"].clone();
        let (send, body) = fed();
        tokio::spawn(async move {
            send.send(Frame::data(Bytes::from_static(b"data"))).await.unwrap();
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            trailers.insert("x-heard", asked);
            send.send(Frame::trailers(trailers)).await.unwrap();
        });
        Response::new(body)
    })
    .await;
    let lane = lane_to(&site, &[ca.pem()]).await;
    let mut browser = second(&lane, "app.test").await;
    let (send, body) = fed();
    let answering = browser.send_request(Request::post("https://app.test/").body(body).unwrap());
    let mut trailers = HeaderMap::new();
    trailers.insert("x-asked", HeaderValue::from_static("yes"));
    send.send(Frame::trailers(trailers)).await.unwrap();
    drop(send);
    let (text, trailers) = whole(within(answering).await.unwrap()).await;
    assert_eq!(text, "data");
    assert_eq!(trailers["grpc-status"], "0");
    assert_eq!(trailers["x-heard"], "yes");
}

/// As gRPC does: each side waits for what the other one says before it goes on.
#[tokio::test]
async fn both_sides_talk_at_once() {
    let ca = TestCa::new();
    for protocols in [&["h2"][..], &["http/1.1"]] {
        let site =
            Site::http(Some(acceptor(ca.leaf("app.test"), protocols)), |request| async move {
                let (send, body) = fed();
                let mut asked = request.into_body();
                tokio::spawn(async move {
                    while let Some(frame) = asked.frame().await {
                        if send.send(frame.unwrap()).await.is_err() {
                            break;
                        }
                    }
                });
                Response::new(body)
            })
            .await;
        let lane = lane_to(&site, &[ca.pem()]).await;
        let mut browser = second(&lane, "app.test").await;
        let (send, body) = fed();
        let request = Request::post("https://app.test/").body(body).unwrap();
        let mut answer = within(browser.send_request(request)).await.unwrap().into_body();
        for said in ["one", "two", "three"] {
            send.send(Frame::data(Bytes::from(said))).await.unwrap();
            let heard = within(answer.frame()).await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(heard, said, "{protocols:?}");
        }
    }
}

#[tokio::test]
async fn one_connection_of_http2_serves_all() {
    let ca = TestCa::new();
    let connections = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let tls = acceptor(ca.leaf("app.test"), &["h2"]);
    let count = connections.clone();
    let site = Site::each(move |stream| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let tls = tls.clone();
        async move {
            let stream = hyper_util::rt::TokioIo::new(tls.accept(stream).await.unwrap());
            let executor = hyper_util::rt::TokioExecutor::new();
            let answer = hyper::service::service_fn(|request| async {
                Ok::<_, hyper::Error>(echo(request).await)
            });
            let server = hyper::server::conn::http2::Builder::new(executor);
            let _ = server.serve_connection(stream, answer).await;
        }
    })
    .await;
    let lane = lane_to(&site, &[ca.pem()]).await;
    let browser = second(&lane, "app.test").await;
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let mut browser = browser.clone();
        asking.spawn(
            async move { browser.send_request(request("https://app.test/")).await.unwrap() },
        );
    }
    within(asking.join_all()).await;
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn each_host_has_a_certificate_of_its_own() {
    let lane = lane(&Settings::default(), LanePlan::default()).await;
    let mut serials = std::collections::HashSet::new();
    for host in ["app.test", "auth.test", "127.0.0.1", "[::1]"] {
        let stream = secure(&lane, host, 443, &["h2", "http/1.1"]).await;
        let connection = stream.get_ref().1;
        assert_eq!(connection.alpn_protocol(), Some(&b"h2"[..]));
        let chain = connection.peer_certificates().unwrap();
        assert_eq!(chain.len(), 2, "the leaf and its authority");
        let der = chain[0].as_ref();
        // A name stands in it as text, an address as its bytes.
        let name: &[u8] = match host {
            "127.0.0.1" => &[0x87, 4, 127, 0, 0, 1],
            "[::1]" => &[0x87, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            name => name.as_bytes(),
        };
        assert!(der.windows(name.len()).any(|part| part == name), "{host}");
        // SEQUENCE { SEQUENCE { [0] version, INTEGER serial (16 bytes) …
        let serial = der.windows(2).position(|part| part == [2, 16]).unwrap();
        serials.insert(der[serial + 2..serial + 18].to_vec());
    }
    assert_eq!(serials.len(), 4);
}

#[tokio::test]
async fn a_request_for_another_host_is_misdirected() {
    let lane = lane(&Settings::default(), LanePlan::default()).await;
    let mut browser = second(&lane, "app.test").await;
    let asked = Request::get("https://other.test/").body(full("")).unwrap();
    assert_eq!(browser.send_request(asked).await.unwrap().status(), 421);
}
