//! Makes connections: finds the address, takes the tunnel, speaks TLS, and agrees on the HTTP version.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::trust::{Trust, bare};
use super::way::{Target, Via, Way, is_loopback};
use super::{Body, Fault, FaultKind};

/// How long one address has before the next one is tried beside it (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// The most header lines of an answer, and the most bytes of its header; browsers take 256 KiB.
const HEADER_LINES: usize = 1_000;
const HEADER_BYTES: usize = 512 * 1024;

/// The windows of HTTP/2: enough for fast downloads, little enough for many.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// How often a busy HTTP/2 connection is asked whether it lives.
const PING: Duration = Duration::from_secs(20);

/// A stream of bytes, plain or secure.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}
type AnyStream = Box<dyn Stream>;

/// A connection that takes requests.
pub(super) enum Sender {
    First(http1::SendRequest<Body>),
    Second(http2::SendRequest<Body>),
}

/// Connects to a target by a way within the limit. With `first`, only HTTP/1.1 is spoken.
pub(super) async fn dial(
    trust: &Trust,
    target: &Target,
    way: &Way,
    first: bool,
    limit: Duration,
) -> Result<Sender, Fault> {
    let connecting = connect(trust, target, way, first);
    tokio::time::timeout(limit, connecting).await.unwrap_or_else(|_| {
        let seconds = limit.as_secs_f32();
        let detail = match way {
            Way::Direct { .. } => format!("no connection within {seconds} s"),
            Way::Tunnel(via) | Way::Forward(via) => {
                format!(
                    "no connection through the proxy {} within {seconds} s",
                    via.target.authority()
                )
            }
        };
        Err(Fault::new(target.authority(), FaultKind::TimedOut, detail))
    })
}

async fn connect(trust: &Trust, target: &Target, way: &Way, first: bool) -> Result<Sender, Fault> {
    let host = target.authority();
    let stream: AnyStream = match way {
        Way::Direct { host: at, port } => Box::new(reach(&host, at, *port).await?),
        Way::Forward(via) => {
            // The proxy speaks HTTP/1.1 and sees each request.
            return speak(&host, to_proxy(trust, via).await?, false).await;
        }
        Way::Tunnel(via) => tunnel(to_proxy(trust, via).await?, via, target).await?,
    };
    if !target.secure {
        return speak(&host, stream, false).await;
    }
    let (stream, second) = secure(trust, &target.host, &host, stream, first).await?;
    speak(&host, stream, second).await
}

/// Speaks TLS, and gives whether HTTP/2 was agreed.
async fn secure(
    trust: &Trust,
    name: &str,
    host: &str,
    stream: AnyStream,
    first: bool,
) -> Result<(AnyStream, bool), Fault> {
    let server = ServerName::try_from(bare(name).to_owned())
        .map_err(|_| Fault::new(host, FaultKind::Name, "it is no valid host name"))?;
    let connector = TlsConnector::from(trust.config(name, first));
    let stream = connector.connect(server, stream).await;
    let stream = stream.map_err(|error| Fault::of_handshake(host, &error))?;
    let second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    Ok((Box::new(stream), second))
}

async fn speak(host: &str, stream: AnyStream, second: bool) -> Result<Sender, Fault> {
    let fault = |error: hyper::Error| Fault::of_http(host, &error);
    let stream = TokioIo::new(stream);
    if second {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(HEADER_BYTES as u32)
            .handshake(stream)
            .await
            .map_err(fault)?;
        // Whoever sent a request hears of what goes wrong; the task ends with the senders.
        tokio::spawn(async move { drop(connection.await) });
        return Ok(Sender::Second(sender));
    }
    let (sender, connection) = http1::Builder::new()
        .preserve_header_case(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .max_headers(HEADER_LINES)
        .max_buf_size(HEADER_BYTES)
        .handshake(stream)
        .await
        .map_err(fault)?;
    tokio::spawn(async move { drop(connection.with_upgrades().await) });
    Ok(Sender::First(sender))
}

/// The connection to a proxy.
async fn to_proxy(trust: &Trust, via: &Via) -> Result<AnyStream, Fault> {
    let Via { target, .. } = via;
    let name = target.authority();
    let stream: AnyStream =
        Box::new(reach(&name, &target.host, target.port).await.map_err(by_proxy)?);
    if !target.secure {
        return Ok(stream);
    }
    let secured = secure(trust, &target.host, &name, stream, true).await;
    Ok(secured.map_err(by_proxy)?.0)
}

/// A fault on the way to the proxy.
fn by_proxy(fault: Fault) -> Fault {
    Fault {
        detail: format!("as upstream proxy: {}", fault.detail),
        kind: FaultKind::Proxy,
        ..fault
    }
}

/// A tunnel through a proxy (RFC 9110, section 9.3.6).
async fn tunnel(stream: AnyStream, via: &Via, target: &Target) -> Result<AnyStream, Fault> {
    let (host, proxy) = (target.authority(), via.target.authority());
    let fault = |detail: String| Fault::new(host.as_str(), FaultKind::Proxy, detail);
    let broken =
        |error: hyper::Error| fault(format!("the proxy {proxy} gives no HTTP answer: {error}"));
    let (mut sender, connection) =
        http1::handshake::<_, Body>(TokioIo::new(stream)).await.map_err(broken)?;
    tokio::spawn(async move { drop(connection.with_upgrades().await) });
    let asked = format!("{}:{}", target.host, target.port);
    let mut request = Request::builder()
        .method(Method::CONNECT)
        .uri(&asked)
        .header(header::HOST, &asked)
        .body(Body::Empty)
        .map_err(|error| fault(error.to_string()))?;
    if let Some(authorization) = &via.authorization {
        request.headers_mut().insert(header::PROXY_AUTHORIZATION, authorization.clone());
    }
    let answer = sender.send_request(request).await.map_err(broken)?;
    if let Some(fault) = refusal(&host, via, answer.status()) {
        return Err(fault);
    }
    if !answer.status().is_success() {
        let status = answer.status();
        return Err(fault(format!("the proxy {proxy} gives no tunnel to it (status {status})")));
    }
    let tunnel = hyper::upgrade::on(answer).await.map_err(broken)?;
    Ok(Box::new(TokioIo::new(tunnel)))
}

/// What it means that a proxy answers in its own name.
pub(super) fn refusal(host: &str, via: &Via, status: StatusCode) -> Option<Fault> {
    let proxy = via.target.authority();
    (status == StatusCode::PROXY_AUTHENTICATION_REQUIRED).then(|| {
        let detail = match via.authorization {
            Some(_) => format!("the proxy {proxy} does not accept the user and password given"),
            None => format!("the proxy {proxy} asks for a user and a password"),
        };
        Fault::new(host, FaultKind::Proxy, detail)
    })
}

/// A TCP connection to a host, at the first of its addresses that answers.
async fn reach(name: &str, host: &str, port: u16) -> Result<TcpStream, Fault> {
    let addresses = addresses(name, host, port).await?;
    let mut last = Fault::new(name, FaultKind::Name, "its name has no address");
    let mut tries = JoinSet::new();
    for address in addresses {
        tries.spawn(async move { (address, TcpStream::connect(address).await) });
        match tokio::time::timeout(HEAD_START, tries.join_next()).await {
            Ok(Some(Ok((_, Ok(stream))))) => return ready(stream),
            Ok(Some(Ok((address, Err(error))))) => {
                last = Fault::of_io(name, &error, &address.to_string());
            }
            _ => {}
        }
    }
    while let Some(tried) = tries.join_next().await {
        match tried {
            Ok((_, Ok(stream))) => return ready(stream),
            Ok((address, Err(error))) => {
                last = Fault::of_io(name, &error, &address.to_string());
            }
            Err(_) => {}
        }
    }
    Err(last)
}

fn ready(stream: TcpStream) -> Result<TcpStream, Fault> {
    // What is small must not wait for more. If that is refused, it is only slower.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

async fn addresses(name: &str, host: &str, port: u16) -> Result<Vec<SocketAddr>, Fault> {
    let host = bare(host);
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    if is_loopback(host) {
        let own = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
        return Ok(own.map(|address| SocketAddr::new(address, port)).to_vec());
    }
    let unknown = |error: &io::Error| {
        let text = error.to_string();
        let detail = match text.rsplit_once(": ") {
            Some((_, reason)) => format!("the name `{host}` is not found ({reason})"),
            None => format!("the name `{host}` is not found ({text})"),
        };
        Fault::new(name, FaultKind::Name, detail)
    };
    let found = tokio::net::lookup_host((host, port)).await.map_err(|error| unknown(&error))?;
    Ok(found.collect())
}
