//! Upstreams behind a corporate proxy.

use super::support::*;
use coopwright::proxy::LanePlan;
use coopwright::upstream::{Body, Fault, FaultKind, Settings, Upstream, read};
use http::Request;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// A proxy that wants `ann:p@ss`, leads every name to one site, and tells the heads it gets.
async fn stand_in(site: &Site) -> (Site, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let to = site.address;
    let proxy = Site::each(move |mut stream| {
        let tell = tell.clone();
        async move {
            let head = head_of(&mut stream).await;
            tell.send(head.clone()).unwrap();
            // "ann:p@ss"
            if !head.to_lowercase().contains("proxy-authorization: basic yw5uonbac3m=") {
                let no = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
                           Proxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
                stream.write_all(no).await.unwrap();
                return;
            }
            if head.starts_with("CONNECT blocked.test") {
                stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
                return;
            }
            let mut site = TcpStream::connect(to).await.unwrap();
            if head.starts_with("CONNECT") {
                stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
            } else {
                site.write_all(head.as_bytes()).await.unwrap();
            }
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut site).await;
        }
    })
    .await;
    (proxy, told)
}

fn by(proxy: &Site, credentials: &str) -> Settings {
    let via = Some(format!("http://{credentials}127.0.0.1:{}", proxy.port()));
    Settings { via, ..Settings::default() }
}

async fn get(settings: &Settings, url: &str) -> Result<String, Fault> {
    let upstream = Upstream::new(settings).unwrap();
    let request = Request::get(url).body(Body::Empty).unwrap();
    let answer = within(upstream.send(request)).await?;
    assert_eq!(answer.status(), 200);
    let body = read("", answer.into_body(), 1_000).await?;
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn https_goes_by_tunnel_and_http_by_whole_address() {
    let ca = TestCa::new();
    let tls = acceptor(ca.leaf("app.test"), &["h2"]);
    let site = Site::http(Some(tls), |_| async { http::Response::new(full("secure")) }).await;
    let (proxy, mut told) = stand_in(&site).await;
    let settings = Settings { ca: vec![ca.pem()], ..by(&proxy, "ann:p%40ss@") };
    assert_eq!(get(&settings, "https://app.test/a?b").await.unwrap(), "secure");
    let head = told.recv().await.unwrap();
    assert!(head.starts_with("CONNECT app.test:443 HTTP/1.1\r\n"), "{head}");
    assert!(!head.contains("/a?b"), "{head}");

    let site = Site::http(None, |request| async move {
        let seen = request.headers().get("proxy-authorization").is_some();
        http::Response::new(full(format!("{} {seen}", request.uri())))
    })
    .await;
    let (proxy, mut told) = stand_in(&site).await;
    let answer = get(&by(&proxy, "ann:p%40ss@"), "http://app.test/a?b").await.unwrap();
    assert_eq!(answer, "http://app.test/a?b true", "the stand-in passes on all it gets");
    assert!(told.recv().await.unwrap().contains("\r\nhost: app.test\r\n"));
}

#[tokio::test]
async fn a_lane_goes_through_it_as_well() {
    let ca = TestCa::new();
    let tls = acceptor(ca.leaf("app.test"), &["http/1.1"]);
    let site = Site::http(Some(tls), |_| async { http::Response::new(full("secure")) }).await;
    let (proxy, _told) = stand_in(&site).await;
    let settings = Settings { ca: vec![ca.pem()], ..by(&proxy, "ann:p%40ss@") };
    let lane = lane(&settings, LanePlan::default()).await;
    let mut browser = second(&lane, "app.test").await;
    let request = Request::get("https://app.test/").body(full("")).unwrap();
    let answer = within(browser.send_request(request)).await.unwrap();
    assert_eq!(whole(answer).await.0, "secure");
}

#[tokio::test]
async fn what_it_refuses_is_told_in_its_name() {
    let site = Site::raw(|_| Vec::new()).await;
    let (proxy, _told) = stand_in(&site).await;
    let name = format!("127.0.0.1:{}", proxy.port());
    for (credentials, url, words) in [
        ("", "https://app.test/", format!("the proxy {name} asks for a user and a password")),
        ("", "http://app.test/", format!("the proxy {name} asks for a user and a password")),
        ("ann:no@", "https://app.test/", format!("the proxy {name} does not accept the user")),
        (
            "ann:p%40ss@",
            "https://blocked.test/",
            format!("the proxy {name} gives no tunnel to it (status 403 Forbidden)"),
        ),
    ] {
        let fault = get(&by(&proxy, credentials), url).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Proxy);
        assert!(fault.detail.starts_with(&words), "{fault}");
        assert!(!fault.to_string().contains("ann"), "{fault}");
        assert!(fault.hint().contains("upstream-proxy"), "{fault}");
    }
    // Nobody listens where the proxy should be.
    let settings = by(&proxy, "ann:p%40ss@");
    drop(proxy);
    let fault = within(async {
        loop {
            match get(&settings, "https://app.test/").await {
                Err(fault) if fault.detail.contains("refused") => return fault,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    assert_eq!((fault.host, fault.kind), (name, FaultKind::Proxy));
}

#[tokio::test]
async fn loopback_and_exceptions_go_past_it() {
    let site = Site::http(None, |_| async { http::Response::new(full("direct")) }).await;
    let (proxy, mut told) = stand_in(&site).await;
    let settings = by(&proxy, "ann:p%40ss@");
    let url = format!("http://app.localhost:{}/", site.port());
    assert_eq!(get(&settings, &url).await.unwrap(), "direct");
    assert!(told.try_recv().is_err());
    let asked = Settings { loopback_via: true, ..settings };
    assert_eq!(get(&asked, &url).await.unwrap(), "direct");
    assert!(told.recv().await.is_some());
    let except = Settings { no_proxy: vec!["localhost".to_owned()], ..asked };
    assert_eq!(get(&except, &url).await.unwrap(), "direct");
    assert!(told.try_recv().is_err());
}
