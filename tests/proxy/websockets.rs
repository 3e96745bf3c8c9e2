//! WebSockets, with and without TLS, to sites and to the fixture server.

use super::support::*;
use coopwright::proxy::{Lane, LanePlan, Route};
use coopwright::upstream::Settings;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// A site that sends everything back, and the head it was asked with.
async fn echo(
    tls: Option<tokio_rustls::TlsAcceptor>,
) -> (Site, tokio::sync::watch::Receiver<String>) {
    let (asked, hear) = tokio::sync::watch::channel(String::new());
    let site = Site::each(move |stream| {
        let (tls, asked) = (tls.clone(), asked.clone());
        async move {
            match tls {
                Some(tls) => answer(tls.accept(stream).await.unwrap(), asked).await,
                None => answer(stream, asked).await,
            }
        }
    })
    .await;
    (site, hear)
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    asked: tokio::sync::watch::Sender<String>,
) {
    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    let look = |request: &Request, mut response: Response| {
        asked.send_replace(format!("{} {:?}", request.uri(), request.headers()));
        response.headers_mut().insert("sec-websocket-protocol", "chat".parse().unwrap());
        Ok(response)
    };
    let mut socket = tokio_tungstenite::accept_hdr_async(stream, look).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        if message.is_text() || message.is_binary() {
            socket.send(message).await.unwrap();
        }
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(stream: S, url: &str) {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "chat".parse().unwrap());
    request.headers_mut().insert("origin", "https://page.test".parse().unwrap());
    let connecting = tokio_tungstenite::client_async(request, stream);
    let (mut socket, response) = within(connecting).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
    for message in [Message::text("hello"), Message::binary(vec![7; 300_000])] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(within(socket.next()).await.unwrap().unwrap(), message);
    }
    socket.close(None).await.unwrap();
    while let Some(Ok(_)) = within(socket.next()).await {}
}

async fn assert_recorded(lane: &Lane, url: &str) {
    let exchange = exchanges(lane, 1).await.remove(0);
    assert_eq!((exchange.status, exchange.url.as_str()), (101, url));
}

#[tokio::test]
async fn bytes_pass_both_ways() {
    let (site, asked) = echo(None).await;
    let lane = lane_to(&site, &[]).await;
    talk(tunnel(&lane, "app.test:80").await, "ws://app.test/chat?a=1").await;
    assert_recorded(&lane, "http://app.test/chat?a=1").await;
    let asked = asked.borrow().clone();
    assert!(asked.starts_with("/chat?a=1 "), "{asked}");
    assert!(asked.contains(r#""host": "app.test""#), "{asked}");
    assert!(asked.contains(r#""origin": "https://page.test""#), "{asked}");
}

/// As WebKitGTK asks for one: not through a tunnel, and by an address of its own kind.
#[tokio::test]
async fn they_need_no_tunnel() {
    let (site, _) = echo(None).await;
    let lane = lane_to(&site, &[]).await;
    let ask = "GET ws://app.test/ HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\n\
               Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
               Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", lane.port())).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, ask.as_bytes()).await.unwrap();
    let head = within(head_of(&mut stream)).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert_recorded(&lane, "http://app.test/").await;
}

#[tokio::test]
async fn they_pass_by_tls_even_where_a_site_offers_http2() {
    let ca = TestCa::new();
    let (site, _) = echo(Some(acceptor(ca.leaf("app.test"), &["h2", "http/1.1"]))).await;
    let lane = lane_to(&site, &[ca.pem()]).await;
    let stream = secure(&lane, "app.test", 443, &["http/1.1"]).await;
    talk(stream, "wss://app.test/").await;
    assert_recorded(&lane, "https://app.test/").await;
}

#[tokio::test]
async fn the_fixture_server_may_play_them() {
    let (site, asked) = echo(None).await;
    let route = Route {
        origin: "https://app.example.com".to_owned(),
        to: site.address,
        host: format!("app-7.localhost:{}", site.port()),
    };
    let plan = LanePlan { routes: vec![route], ..LanePlan::default() };
    let lane = lane(&Settings::default(), plan).await;
    let stream = secure(&lane, "app.example.com", 443, &["http/1.1"]).await;
    talk(stream, "wss://app.example.com/").await;
    let asked = asked.borrow().clone();
    assert!(asked.contains(&format!("app-7.localhost:{}", site.port())), "{asked}");
    assert!(asked.contains("x-coopwright-lane"), "{asked}");
}

#[tokio::test]
async fn a_site_may_refuse_one() {
    let site =
        Site::raw(|_| b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno".to_vec()).await;
    let lane = lane_to(&site, &[]).await;
    let stream = tunnel(&lane, "app.test:80").await;
    let refused = within(tokio_tungstenite::client_async("ws://app.test/", stream)).await;
    assert!(refused.unwrap_err().to_string().contains("403"));
    assert_eq!(exchanges(&lane, 1).await[0].status, 403);
}
