//! The end: of a stage, and of the server.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Play, plan};

const PLAN: &str = "
sites: {app: {}}
pages: {'app:/': {}, 'app:/never': {serve: hang}, 'app:/login': {serve: login-record}}
";

impl Play {
    /// A connection on which a request has been sent.
    async fn open(&self, target: &str) -> TcpStream {
        let mut stream =
            TcpStream::connect(("127.0.0.1", self.server.port())).await.expect("a listener");
        let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host("app"));
        stream.write_all(request.as_bytes()).await.expect("the server reads");
        stream
    }
}

async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an orderly end");
    bytes
}

#[tokio::test]
async fn a_hanging_response_never_comes_not_even_at_the_end() {
    let play = Play::of(PLAN).await;
    let stream = play.open("/never").await;
    play.stage.changed(0).await;
    let hanging = &play.exchanges()[0];
    assert_eq!((hanging.page.as_str(), hanging.status), ("app:/never", 0));
    let Play { server, stage } = play;
    drop(stage);
    assert_eq!(rest(stream).await, b"");
    server.stage(plan(PLAN)).expect("the server goes on");
}

#[tokio::test]
async fn shutdown_ends_every_connection_in_time() {
    let play = Play::of(PLAN).await;
    let port = play.server.port();
    let idle = play.open("/").await;
    play.stage.changed(0).await;
    let hanging = play.open("/never").await;
    play.stage.changed(1).await;
    let polling = play.open("/login?state=x").await;
    let mut half = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    half.write_all(b"GET / HT").await.unwrap();
    // The connection before it has been accepted once this one is answered.
    play.get("app:/").await;

    let Play { server, stage } = play;
    let began = Instant::now();
    server.shutdown().await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(rest(idle).await.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert_eq!(rest(hanging).await, b"");
    drop((polling, half));
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "nobody listens any more");
    assert_eq!(stage.entries(0).len(), 3, "the log can still be read");
}

#[tokio::test]
async fn a_dropped_server_cuts_its_connections() {
    let play = Play::of(PLAN).await;
    let stream = play.open("/never").await;
    play.stage.changed(0).await;
    let Play { server, stage } = play;
    drop(server);
    assert_eq!(rest(stream).await, b"");
    drop(stage);
}
