//! What a page of the site asks of its server, by hand.

use std::net::SocketAddr;

use coopwright::demo::Site;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;

/// The site, served until the test ends.
pub(crate) async fn site() -> SocketAddr {
    let site = Site::bind([127, 0, 0, 1].into(), 0).await.unwrap();
    let address = site.address();
    tokio::spawn(site.serve(std::future::pending()));
    address
}

/// A request with these header lines, each ended by CR LF; gives status and body.
pub(crate) async fn send(
    site: SocketAddr,
    request: &str,
    lines: &str,
    body: &str,
) -> (u16, String) {
    let mut stream = TcpStream::connect(site).await.unwrap();
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\n{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// As the site's own page asks.
pub(crate) async fn ask(site: SocketAddr, request: &str, body: &Value) -> (u16, Value) {
    let lines = format!("Host: localhost:{}\r\nOrigin: http://localhost:{0}\r\n", site.port());
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, text) = send(site, request, &lines, &body).await;
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// What is told of a run, as it comes.
pub(crate) struct Events(Lines<BufReader<TcpStream>>);

impl Events {
    pub(crate) async fn of(site: SocketAddr, run: &str) -> Self {
        let mut stream = TcpStream::connect(site).await.unwrap();
        let request = format!(
            "GET /api/runs/{run}/events HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
            site.port()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Self(BufReader::new(stream).lines())
    }

    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let line = self.0.next_line().await.unwrap().expect("the stream goes on");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}
