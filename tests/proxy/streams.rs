//! Bodies that are large, endless or compressed: streamed both ways, never held.

use super::support::*;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Frame;

const GIBIBYTE: u64 = 1024 * 1024 * 1024;
const PIECE: &[u8] = &[0x5a; 64 * 1024];

/// What this process holds now, and what it held at most since the last call.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
    // Begins to measure anew.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    kilobytes * 1024
}

/// A download of 1 GiB and an upload of 1 GiB, by TLS on both sides. The other tests of this binary hold
/// little.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gibibyte_passes_through_little_memory() {
    memory();
    let before = memory();
    let ca = TestCa::new();
    for (protocol, down, up) in
        [("h2", GIBIBYTE, GIBIBYTE / 16), ("http/1.1", GIBIBYTE / 16, GIBIBYTE)]
    {
        let tls = acceptor(ca.leaf("app.test"), &[protocol]);
        let site = Site::http(Some(tls), move |request| async move {
            if request.method() == "GET" {
                let (send, body) = fed();
                tokio::spawn(async move {
                    for _ in 0..down / PIECE.len() as u64 {
                        send.send(Frame::data(Bytes::from_static(PIECE))).await.unwrap();
                    }
                });
                return Response::new(body);
            }
            let mut body = request.into_body();
            let mut length = 0;
            while let Some(frame) = body.frame().await {
                length += frame.unwrap().into_data().unwrap().len() as u64;
            }
            Response::new(full(length.to_string()))
        })
        .await;
        let lane = lane_to(&site, &[ca.pem()]).await;
        let mut browser = second(&lane, "app.test").await;

        let get = Request::get("https://app.test/").body(full("")).unwrap();
        let mut body = browser.send_request(get).await.unwrap().into_body();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            length += frame.unwrap().into_data().unwrap().len() as u64;
        }
        assert_eq!(length, down, "down, {protocol}");

        let (send, body) = fed();
        let put = Request::put("https://app.test/").body(body).unwrap();
        let feeding = tokio::spawn(async move {
            for _ in 0..up / PIECE.len() as u64 {
                send.send(Frame::data(Bytes::from_static(PIECE))).await.unwrap();
            }
        });
        let answer = browser.send_request(put).await.unwrap();
        assert_eq!(whole(answer).await.0, up.to_string(), "up, {protocol}");
        feeding.await.unwrap();
    }
    let grown = memory().saturating_sub(before);
    // About 20 MiB by itself; other tests run at the same time.
    assert!(grown < GIBIBYTE / 4, "memory grew by {} MiB", grown / 1024 / 1024);
}

/// A browser that does not read slows the site down; it does not fill the memory.
#[tokio::test]
async fn a_slow_reader_is_waited_for() {
    let (count, mut counted) = tokio::sync::watch::channel(0_u64);
    let site = Site::http(None, move |_| {
        let (send, body) = fed();
        let count = count.clone();
        tokio::spawn(async move {
            while send.send(Frame::data(Bytes::from_static(PIECE))).await.is_ok() {
                count.send_modify(|count| *count += PIECE.len() as u64);
            }
            count.send_replace(u64::MAX);
        });
        async { Response::new(body) }
    })
    .await;
    let lane = lane_to(&site, &[]).await;
    let mut browser = tunnel(&lane, "app.test:80").await;
    let get = b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut browser, get).await.unwrap();
    let head = within(head_of(&mut browser)).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    // Nothing is read any more, so at some time nothing more is sent.
    let quiet = std::time::Duration::from_millis(500);
    while tokio::time::timeout(quiet, counted.changed()).await.is_ok() {}
    let sent = *counted.borrow();
    assert!(sent < 32 * 1024 * 1024, "{sent} bytes are on the way");
    // The browser goes, and so does the request.
    drop(browser);
    within(counted.wait_for(|count| *count == u64::MAX)).await.unwrap();
}

#[tokio::test]
async fn events_come_as_they_are_sent() {
    let ca = TestCa::new();
    for protocol in ["h2", "http/1.1"] {
        let (say, said) = tokio::sync::watch::channel(0);
        let tls = acceptor(ca.leaf("app.test"), &[protocol]);
        let site = Site::http(Some(tls), move |_| {
            let mut said = said.clone();
            async move {
                let (send, body) = fed();
                tokio::spawn(async move {
                    while said.wait_for(|said| *said > 0).await.is_ok() {
                        let event = format!("data: {}\n\n", *said.borrow_and_update());
                        if send.send(Frame::data(Bytes::from(event))).await.is_err() {
                            break;
                        }
                        if said.changed().await.is_err() {
                            break;
                        }
                    }
                });
                let mut response = Response::new(body);
                let events = http::HeaderValue::from_static("text/event-stream");
                response.headers_mut().insert("content-type", events);
                response
            }
        })
        .await;
        let lane = lane_to(&site, &[ca.pem()]).await;
        let mut browser = second(&lane, "app.test").await;
        let get = Request::get("https://app.test/events").body(full("")).unwrap();
        // The head comes before anything is said.
        let answer = within(browser.send_request(get)).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let mut body = answer.into_body();
        for number in 1..=3 {
            say.send(number).unwrap();
            let event = within(body.frame()).await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(event, format!("data: {number}\n\n"), "{protocol}");
        }
    }
}

#[tokio::test]
async fn compressed_bodies_are_not_touched() {
    // `gzip` of "hello", and what is no gzip at all though it says so.
    const ZIPPED: &[u8] = &[
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10,
        0x36, 5, 0, 0, 0,
    ];
    for bytes in [ZIPPED, b"no gzip"] {
        let site = Site::http(None, move |request| async move {
            assert_eq!(request.headers()["accept-encoding"], "gzip, zstd");
            let mut response = Response::new(full(bytes));
            let gzip = http::HeaderValue::from_static("gzip");
            response.headers_mut().insert("content-encoding", gzip);
            response
        })
        .await;
        let lane = lane_to(&site, &[]).await;
        let stream = tunnel(&lane, "app.test:80").await;
        let stream = hyper_util::rt::TokioIo::new(stream);
        let (mut browser, connection) =
            hyper::client::conn::http1::handshake::<_, AnyBody>(stream).await.unwrap();
        tokio::spawn(connection);
        let get = Request::get("/").header("host", "app.test");
        let get = get.header("accept-encoding", "gzip, zstd").body(full("")).unwrap();
        let answer = within(browser.send_request(get)).await.unwrap();
        assert_eq!(answer.headers()["content-encoding"], "gzip");
        assert_eq!(answer.headers()["content-length"], bytes.len().to_string().as_str());
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), bytes);
    }
}
