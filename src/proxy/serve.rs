//! The server side of a lane: takes connections, opens tunnels, speaks TLS as the site, and hands each
//! request over.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::server::Acceptor;

use super::forward::{self, Tunnel};
use super::{Shared, refuse};
use crate::upstream::Body;

/// The most connections at once; more wait.
const CONNECTIONS: usize = 512;
/// How long a connection may wait for the head of a request, the first byte of a tunnel included.
const HEAD_LIMIT: Duration = Duration::from_secs(120);
/// How long TLS may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// How long to wait where no connection can be taken, as for want of file descriptors.
const BACK_OFF: Duration = Duration::from_millis(50);

/// The most header lines, and the most bytes of a header.
const HEADER_LINES: usize = 500;
const HEADER_BYTES: usize = 512 * 1024;

/// The windows of HTTP/2, for uploads.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// The first byte of a TLS record that shakes hands (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 0x16;

/// Stands for a connection; many may be held by its tunnel.
pub(super) type Place = Arc<OwnedSemaphorePermit>;

/// Takes connections for ever.
pub(super) async fn listen(listener: TcpListener, lane: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let serving = plain(stream, Arc::clone(&lane), Arc::new(place));
                lane.tasks.spawn(serving);
            }
            Err(_) => tokio::time::sleep(BACK_OFF).await,
        }
    }
}

/// Serves a connection of a browser to its proxy.
async fn plain(stream: TcpStream, lane: Arc<Shared>, place: Place) {
    // What is small must not wait for more. If that is refused, it is only slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let (lane, place) = (Arc::clone(&lane), Arc::clone(&place));
        async move { Ok::<_, Infallible>(forward::answer(lane, None, request, place).await) }
    });
    first(TokioIo::new(stream), service).await;
}

/// HTTP/1.1.
async fn first<T, S>(stream: T, service: S)
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    S: hyper::service::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
    S: Send,
    S::Future: Send,
{
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .preserve_header_case(true)
        .max_headers(HEADER_LINES)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(stream, service)
        .with_upgrades();
    // The browser hears of what goes wrong, or is the one that went.
    let _ = serving.await;
}

/// Opens a tunnel to a host, whose name and port the request says; this end of it is the host.
pub(super) fn open(
    lane: &Arc<Shared>,
    mut request: Request<Incoming>,
    place: Place,
) -> Response<Body> {
    let Some(authority) = request.uri().authority().filter(|authority| authority.port().is_some())
    else {
        return refuse(StatusCode::BAD_REQUEST, "CONNECT takes a host and a port");
    };
    let host = authority.host().to_ascii_lowercase();
    let port = authority.port_u16().unwrap_or_default();
    if let Some(refusal) = lane.refuses(&host, port) {
        return refusal;
    }
    let upgrade = hyper::upgrade::on(&mut request);
    let inside = Arc::clone(lane);
    lane.tasks.spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            within(upgraded, inside, host, port, place).await;
        }
    });
    Response::new(Body::Empty)
}

/// Serves what comes through a tunnel.
async fn within(upgraded: Upgraded, lane: Arc<Shared>, host: String, port: u16, place: Place) {
    let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else { return };
    let mut stream = Rewound { before: parts.read_buf, stream: parts.io.into_inner() };
    let Ok(Ok(())) = tokio::time::timeout(HEAD_LIMIT, stream.fill()).await else { return };
    let secure = stream.before.first() == Some(&HANDSHAKE);
    let tunnel = Arc::new(Tunnel { secure, host, port });
    let service = {
        let (lane, tunnel) = (Arc::clone(&lane), Arc::clone(&tunnel));
        service_fn(move |request| {
            let (lane, tunnel) = (Arc::clone(&lane), Arc::clone(&tunnel));
            let place = Arc::clone(&place);
            async move { Ok::<_, Infallible>(forward::answer(lane, Some(tunnel), request, place).await) }
        })
    };
    if !secure {
        return first(TokioIo::new(stream), service).await;
    }
    let shaking = shake_hands(stream, &lane, &tunnel.host);
    let Ok(Some((stream, second))) = tokio::time::timeout(HANDSHAKE_LIMIT, shaking).await else {
        return;
    };
    if !second {
        return first(TokioIo::new(stream), service).await;
    }
    let serving = http2::Builder::new(lane.tasks.clone())
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(HEADER_BYTES as u32)
        .serve_connection(TokioIo::new(stream), service);
    let _ = serving.await;
}

type Secure = tokio_rustls::server::TlsStream<Rewound>;

/// Speaks TLS as the host that the browser names, and gives whether HTTP/2 was agreed.
async fn shake_hands(stream: Rewound, lane: &Shared, host: &str) -> Option<(Secure, bool)> {
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await.ok()?;
    let named = start.client_hello().server_name().map(ToOwned::to_owned);
    let name = named.as_deref().unwrap_or_else(|| host.trim_matches(['[', ']']));
    let stream = start.into_stream(lane.authority.config(name).ok()?).await.ok()?;
    let second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    Some((stream, second))
}

/// A stream some of which was read before.
struct Rewound {
    before: Bytes,
    stream: TcpStream,
}

impl Rewound {
    /// Waits for the first bytes, and reads them.
    async fn fill(&mut self) -> io::Result<()> {
        if self.before.is_empty() {
            let mut first = [0; 1];
            self.stream.read_exact(&mut first).await?;
            self.before = Bytes::copy_from_slice(&first);
        }
        Ok(())
    }
}

impl AsyncRead for Rewound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.before.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let length = self.before.len().min(buffer.remaining());
        buffer.put_slice(&self.before.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
