//! HTTP/1.1 on the wire: header lines, framing, and what is between them.

use super::support::*;
use coopwright::proxy::LanePlan;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a browser gets for `request` where the site answers with these bytes, and what the site was asked.
async fn passed(request: &str, answer: &'static [u8]) -> (String, String) {
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    let site = Site::raw(move |head| {
        send.send(head.to_owned()).unwrap();
        answer.to_vec()
    })
    .await;
    let lane = lane_to(&site, &[]).await;
    let got = raw(&lane, request.as_bytes()).await;
    (got, receive.recv().await.unwrap())
}

const GET: &str =
    "GET http://app.test/a?b=1 HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn header_lines_stay_what_they_are() {
    let (got, _) = passed(
        GET,
        b"HTTP/1.1 200 Fine by me\r\nContent-Length: 2\r\nX-A: one\r\nX-B : spaced\r\n\
          X-Folded: a\r\n  b\r\nCross-Origin-Opener-Policy:same-origin\r\n\
          Cross-Origin-Opener-Policy:   unsafe-none  \r\nX-Latin: caf\xe9\r\nX-Empty:\r\n\
          no colon here\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nhi",
    )
    .await;
    let (head, body) = got.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "hi");
    let lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines[0], "HTTP/1.1 200 Fine by me");
    for line in [
        "Content-Length: 2",
        "X-A: one",
        "X-B: spaced",
        "Cross-Origin-Opener-Policy: same-origin",
        "Cross-Origin-Opener-Policy: unsafe-none",
        "X-Latin: caf\u{e9}",
        "X-Empty: ",
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
    ] {
        assert!(lines.contains(&line), "{line}: {head}");
    }
    assert!(head.contains("X-Folded: a") && head.contains('b'), "{head}");
    assert!(!head.contains("no colon"), "{head}");
}

#[tokio::test]
async fn a_request_arrives_as_it_was_sent() {
    let request = "POST http://App.Test:80/a?b=%20 HTTP/1.1\r\nHost: wrong.test\r\nX-Case: Kept\r\n\
                   Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic abc\r\n\
                   Connection: close, X-Hop\r\nX-Hop: 1\r\nCookie: a=1\r\nCookie: b=2\r\n\
                   Accept-Encoding: gzip, br\r\nContent-Length: 3\r\n\r\nabc";
    let (got, asked) = passed(request, b"HTTP/1.1 204 No Content\r\n\r\n").await;
    assert!(got.starts_with("HTTP/1.1 204 No Content\r\n"), "{got}");
    let lines: Vec<&str> = asked.lines().collect();
    assert_eq!(lines[0], "POST /a?b=%20 HTTP/1.1");
    for line in ["Host: app.test", "X-Case: Kept", "Cookie: a=1; b=2", "Accept-Encoding: gzip, br"]
    {
        assert!(lines.contains(&line), "{line}: {asked}");
    }
    for gone in ["Proxy-", "X-Hop", "Connection", "Via", "Forwarded"] {
        assert!(!asked.contains(gone), "{gone}: {asked}");
    }
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    let head = GET.replace("GET", "HEAD");
    let (got, _) = passed(&head, b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n").await;
    assert!(got.to_lowercase().contains("content-length: 1234"), "{got}");
    assert!(got.ends_with("\r\n\r\n"), "{got}");
    let (got, _) = passed(&head, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n").await;
    assert!(!got.to_lowercase().contains("content-length: 0"), "{got}");
    assert!(got.ends_with("\r\n\r\n"), "{got}");
    let (got, _) = passed(GET, b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n").await;
    assert!(got.starts_with("HTTP/1.1 304 Not Modified\r\n"), "{got}");
    assert!(got.contains("ETag: \"a\"") && got.ends_with("\r\n\r\n"), "{got}");
    let (got, _) = passed(GET, b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n").await;
    assert!(!got.to_lowercase().contains("content-length"), "{got}");
}

#[tokio::test]
async fn a_length_stays_a_length_and_chunks_stay_chunks() {
    let (got, _) = passed(GET, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
    assert!(got.contains("Content-Length: 5\r\n") && got.ends_with("\r\n\r\nhello"), "{got}");
    let chunks =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let (got, _) = passed(GET, chunks).await;
    assert!(got.to_lowercase().contains("transfer-encoding: chunked"), "{got}");
    assert!(got.contains("abc") && got.contains("de") && got.ends_with("0\r\n\r\n"), "{got}");
    // Both are wrong by rule, and the chunks count.
    let both = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n\
                 3\r\nabc\r\n0\r\n\r\n";
    let (got, _) = passed(GET, both).await;
    assert!(!got.to_lowercase().contains("content-length"), "{got}");
    assert!(got.contains("abc") && got.ends_with("0\r\n\r\n"), "{got}");
    // Ends with the connection.
    let (got, _) = passed(GET, b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold").await;
    assert!(got.starts_with("HTTP/1.1 200 OK") && got.contains("old"), "{got}");
}

#[tokio::test]
async fn early_hints_do_no_harm() {
    let answer = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n\
                   HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let (got, _) = passed(GET, answer).await;
    let end = got.split("HTTP/1.1 ").last().unwrap();
    assert!(end.starts_with("200 OK") && end.ends_with("ok"), "{got}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_breaks_off() {
    let (got, _) = passed(GET, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert!(got.ends_with("half"), "{got}");
}

#[tokio::test]
async fn the_body_waits_for_a_100_continue() {
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    let site = Site::each(move |mut stream| {
        let send = send.clone();
        async move {
            let head = head_of(&mut stream).await;
            let mut body = [0; 4];
            stream.read_exact(&mut body).await.unwrap();
            send.send((head, body)).unwrap();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
    })
    .await;
    let lane = lane_to(&site, &[]).await;
    let mut stream = TcpStream::connect(("127.0.0.1", lane.port())).await.unwrap();
    let head = "PUT http://app.test/ HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\n\
                Content-Length: 4\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let said = within(head_of(&mut stream)).await;
    assert_eq!(said, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"data").await.unwrap();
    let answer = within(head_of(&mut stream)).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let (head, body) = receive.recv().await.unwrap();
    assert!(head.contains("Expect: 100-continue"), "{head}");
    assert_eq!(&body, b"data");
}

#[tokio::test]
async fn connections_to_the_site_are_used_again_and_a_closed_one_costs_nothing() {
    let connections = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = connections.clone();
    // Answers three requests, then closes without a word, as servers do whose patience ends.
    let site = Site::each(move |mut stream| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async move {
            for _ in 0..3 {
                if head_of(&mut stream).await.is_empty() {
                    return;
                }
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                stream.write_all(answer).await.unwrap();
            }
            // Takes the fourth, and closes.
            head_of(&mut stream).await;
        }
    })
    .await;
    let lane = lane_to(&site, &[]).await;
    for _ in 0..12 {
        let got = raw(&lane, GET.as_bytes()).await;
        assert!(got.starts_with("HTTP/1.1 200 OK"), "{got}");
    }
    let connections = connections.load(std::sync::atomic::Ordering::SeqCst);
    // A request may come before the last connection is back.
    assert!((4..=8).contains(&connections), "{connections} connections for 12 requests");
    assert!(exchanges(&lane, 12).await.iter().all(|exchange| exchange.fault.is_none()));
}

#[tokio::test]
async fn a_lane_is_no_site() {
    let site = Site::raw(|_| Vec::new()).await;
    let lane = lane(&at(&[("app.test", &site)], &[]), LanePlan::default()).await;
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", "400"),
        ("CONNECT app.test HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n", "400"),
        ("GET ftp://app.test/ HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n", "400"),
        ("nonsense\r\n\r\n", "400"),
    ] {
        let got = raw(&lane, request.as_bytes()).await;
        assert!(got.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {got}");
    }
    assert!(lane.entries(0).is_empty());
}
