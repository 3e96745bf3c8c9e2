//! A lane among many peers: it holds out, leads nowhere it must not, and ends whole.

use super::support::*;
use coopwright::proxy::LanePlan;
use coopwright::upstream::Settings;
use http::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const GET: &[u8] = b"GET http://app.test/ HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn two_hundred_connections_work_at_once() {
    let ca = TestCa::new();
    let all = std::sync::Arc::new(tokio::sync::Barrier::new(200));
    let tls = acceptor(ca.leaf("app.test"), &["http/1.1"]);
    let site = Site::http(Some(tls), move |_| {
        let all = all.clone();
        async move {
            // Nobody is answered before all have asked.
            all.wait().await;
            Response::new(full("all"))
        }
    })
    .await;
    let lane = lane_to(&site, &[ca.pem()]).await;
    let lane = std::sync::Arc::new(lane);
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..200 {
        let lane = lane.clone();
        asking.spawn(async move {
            let request =
                Request::get(format!("https://app.test/{number}")).body(full("")).unwrap();
            // Both versions on the browser's side.
            let answer = if number % 2 == 0 {
                second(&lane, "app.test").await.send_request(request).await
            } else {
                let mut request = request;
                *request.uri_mut() = format!("/{number}").parse().unwrap();
                request.headers_mut().insert("host", "app.test".parse().unwrap());
                first(&lane, "app.test").await.send_request(request).await
            };
            whole(answer.unwrap()).await.0
        });
    }
    let answers = within(asking.join_all()).await;
    assert!(answers.iter().all(|answer| answer == "all"));
    assert_eq!(exchanges(&lane, 200).await.len(), 200);
}

#[tokio::test]
async fn peers_that_say_nothing_do_not_matter() {
    let site = Site::raw(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()).await;
    let lane = lane_to(&site, &[]).await;
    let mut slow = Vec::new();
    for number in 0..300 {
        let mut stream = TcpStream::connect(("127.0.0.1", lane.port())).await.unwrap();
        // Some say nothing, some half a head, some half a handshake.
        let said: &[u8] = match number % 3 {
            0 => b"",
            1 => b"GET http://app.test/ HT",
            _ => b"CONNECT app.test:443 HTTP/1.1\r\n\r\n",
        };
        stream.write_all(said).await.unwrap();
        slow.push(stream);
    }
    for stream in slow.iter_mut().skip(2).step_by(3) {
        within(head_of(stream)).await;
        stream.write_all(&[0x16, 3, 1]).await.unwrap();
    }
    assert!(raw(&lane, GET).await.ends_with("ok"));
    drop(slow);
    // A storm: whoever comes and goes at once leaves nothing behind.
    for _ in 0..2_000 {
        drop(TcpStream::connect(("127.0.0.1", lane.port())).await.unwrap());
    }
    assert!(raw(&lane, GET).await.ends_with("ok"));
}

#[tokio::test]
async fn it_ends_with_its_connections() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let site = Site::each(move |mut stream| {
        let tell = tell.clone();
        async move {
            let head = head_of(&mut stream).await;
            // `/whole` is answered, and its connection waits for more.
            let length = if head.contains("/whole") { 4 } else { 9 };
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nhalf");
            stream.write_all(answer.as_bytes()).await.unwrap();
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            tell.send(length).unwrap();
        }
    })
    .await;
    let lane = lane_to(&site, &[]).await;
    let port = lane.port();
    let mut open = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    open.write_all(GET).await.unwrap();
    within(head_of(&mut open)).await;
    let whole = "GET http://app.test/whole HTTP/1.1\r\nConnection: close\r\n\r\n";
    assert!(raw(&lane, whole.as_bytes()).await.ends_with("half"));
    let mut inside = tunnel(&lane, "app.test:443").await;
    drop(lane);
    // The site's side ends as well, whether its connection was busy or not.
    within(told.recv()).await.unwrap();
    within(told.recv()).await.unwrap();
    let mut rest = Vec::new();
    let _ = within(open.read_to_end(&mut rest)).await;
    let _ = within(inside.read_to_end(&mut rest)).await;
    within(async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn it_leads_neither_to_itself_nor_to_the_makers_of_browsers() {
    let lane = lane(&Settings::default(), LanePlan::default()).await;
    let port = lane.port();
    for host in ["127.0.0.1", "localhost", "a.localhost", "[::1]", "127.9.9.9"] {
        let own = format!("GET http://{host}:{port}/ HTTP/1.1\r\nConnection: close\r\n\r\n");
        let got = raw(&lane, own.as_bytes()).await;
        assert!(got.starts_with("HTTP/1.1 403"), "{host}: {got}");
        let own = format!("CONNECT {host}:{port} HTTP/1.1\r\nConnection: close\r\n\r\n");
        let got = raw(&lane, own.as_bytes()).await;
        assert!(got.starts_with("HTTP/1.1 403"), "{host}: {got}");
    }
    for errand in [
        "CONNECT update.googleapis.com:443 HTTP/1.1\r\nConnection: close\r\n\r\n",
        "CONNECT firefox.settings.services.mozilla.com:443 HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET http://detectportal.firefox.com/ HTTP/1.1\r\nConnection: close\r\n\r\n",
        "POST http://accounts.google.com/ListAccounts HTTP/1.1\r\nConnection: close\r\n\r\n",
    ] {
        let got = raw(&lane, errand.as_bytes()).await;
        assert!(got.starts_with("HTTP/1.1 403"), "{errand}: {got}");
    }
    assert!(lane.entries(0).is_empty(), "{:?}", lane.entries(0));
    // A site of the user's is none, whatever its name.
    let site = Site::raw(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()).await;
    let origin = "http://update.googleapis.com";
    let plan =
        LanePlan { sites: vec![("app".to_owned(), origin.to_owned())], ..LanePlan::default() };
    let lane = super::support::lane(&at(&[("update.googleapis.com", &site)], &[]), plan).await;
    let get = format!("GET {origin}/ HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(raw(&lane, get.as_bytes()).await.ends_with("ok"));
}

/// Nothing but loopback is bound.
#[tokio::test]
async fn it_is_not_reached_from_elsewhere() {
    let lane = lane(&Settings::default(), LanePlan::default()).await;
    let listening = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let port = format!(":{:04X} ", lane.port());
    // `0A` is LISTEN.
    let ours: Vec<&str> = listening
        .lines()
        .filter(|line| line.contains(&port) && line.split_whitespace().nth(3) == Some("0A"))
        .collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    assert!(ours[0].contains("0100007F:"), "{ours:?}");
}

#[tokio::test]
async fn a_request_that_is_given_up_ends_at_the_site() {
    let (asked, mut hear) = tokio::sync::mpsc::unbounded_channel();
    let site = Site::each(move |mut stream| {
        let asked = asked.clone();
        async move {
            head_of(&mut stream).await;
            asked.send("asked").unwrap();
            // Never answers; reads until the other side goes.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            let _ = asked.send("gone");
        }
    })
    .await;
    let lane = lane_to(&site, &[]).await;
    let mut browser = TcpStream::connect(("127.0.0.1", lane.port())).await.unwrap();
    let get =
        b"GET http://app.test/ HTTP/1.1\r\nHost: app.test\r\nSec-Fetch-Mode: navigate\r\n\r\n";
    browser.write_all(get).await.unwrap();
    assert_eq!(within(hear.recv()).await, Some("asked"));
    assert_eq!(lane.busy(), 1);
    drop(browser);
    assert_eq!(within(hear.recv()).await, Some("gone"));
    let exchange = exchanges(&lane, 1).await.remove(0);
    assert_eq!((exchange.status, exchange.fault), (0, None));
    assert_eq!(lane.busy(), 0);
}
