//! Servers that answer as they are told, and clients that go through a lane as browsers do.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use coopwright::proxy::{Entry, Exchange, Lane, LanePlan, Proxy};
use coopwright::rollout;
use coopwright::upstream::{Ca, Settings, Upstream};
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime,
};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, ServerConfig, SignatureScheme,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Nothing here takes longer, but on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) type AnyBody = BoxBody<Bytes, hyper::Error>;

/// A body of these bytes.
pub(crate) fn full(bytes: impl Into<Bytes>) -> AnyBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

/// A body that is sent piece by piece, with what sends it.
pub(crate) fn fed() -> (mpsc::Sender<Frame<Bytes>>, AnyBody) {
    let (send, receive) = mpsc::channel(1);
    (send, Fed(receive).boxed())
}

struct Fed(mpsc::Receiver<Frame<Bytes>>);

impl Body for Fed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.0.poll_recv(cx).map(|frame| frame.map(Ok))
    }
}

/// An authority whose certificates are given to the client.
pub(crate) struct TestCa {
    issuer: Issuer<'static, KeyPair>,
    pem: Vec<u8>,
}

/// A certificate with its key.
pub(crate) type Identity = (CertificateDer<'static>, KeyPair);

impl TestCa {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = pem(params.self_signed(&key).unwrap().der());
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn pem(&self) -> Ca {
        Ca::Pem(self.pem.clone())
    }

    pub(crate) fn leaf(&self, name: &str) -> Identity {
        self.leaf_until(name, 2100)
    }

    pub(crate) fn leaf_until(&self, name: &str, year: i32) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        (params.signed_by(&key, &self.issuer).unwrap().into(), key)
    }
}

/// A certificate that signs itself, as `openssl req -x509` makes them.
pub(crate) fn self_signed(name: &str) -> (Identity, Ca) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let ca = Ca::Pem(pem(certificate.der()));
    ((certificate.into(), key), ca)
}

fn pem(der: &CertificateDer<'_>) -> Vec<u8> {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n").into_bytes()
}

/// TLS as a server, with these protocols.
pub(crate) fn acceptor((certificate, key): Identity, protocols: &[&str]) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// A server on loopback; it ends with this.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Site {
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Does the same with every connection.
    pub(crate) async fn each<F: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut serving = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let _ = stream.set_nodelay(true);
                serving.spawn(serve(stream));
            }
        });
        Self { address, task }
    }

    /// Reads the head of a request, writes what `answer` makes of it, and closes.
    pub(crate) async fn raw(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let answer = Arc::new(answer);
        Self::each(move |mut stream| {
            let answer = Arc::clone(&answer);
            async move {
                let head = head_of(&mut stream).await;
                let _ = stream.write_all(&answer(&head)).await;
                let _ = stream.shutdown().await;
                // What comes after the head is read until the other side goes.
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            }
        })
        .await
    }

    /// Speaks HTTP/1.1, or by TLS what is agreed.
    pub(crate) async fn http<F: Future<Output = Response<AnyBody>> + Send + 'static>(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    ) -> Self {
        let answer = Arc::new(answer);
        Self::each(move |stream| {
            let (answer, tls) = (Arc::clone(&answer), tls.clone());
            async move {
                let service = service_fn(move |request| {
                    let answering = answer(request);
                    async move { Ok::<_, hyper::Error>(answering.await) }
                });
                let Some(tls) = tls else {
                    let serving = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .with_upgrades();
                    return drop(serving.await);
                };
                let Ok(stream) = tls.accept(stream).await else { return };
                let second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let stream = TokioIo::new(stream);
                if second {
                    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(stream, service).await;
                } else {
                    let server = hyper::server::conn::http1::Builder::new();
                    let _ = server.serve_connection(stream, service).with_upgrades().await;
                }
            }
        })
        .await
    }
}

/// What comes up to the empty line.
pub(crate) async fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// A lane that trusts an authority, and finds hosts at sites.
pub(crate) async fn lane(settings: &Settings, plan: LanePlan) -> Lane {
    let upstream = Upstream::new(settings).unwrap();
    Proxy::new(upstream).unwrap().lane(plan).await.unwrap()
}

/// A lane without rules to `app.test`, which a site plays.
pub(crate) async fn lane_to(site: &Site, ca: &[Ca]) -> Lane {
    lane(&at(&[("app.test", site)], ca), LanePlan::default()).await
}

/// Settings by which names lead to sites.
pub(crate) fn at(names: &[(&str, &Site)], ca: &[Ca]) -> Settings {
    let places =
        names.iter().map(|(name, site)| ((*name).to_owned(), format!("127.0.0.1:{}", site.port())));
    Settings { ca: ca.to_vec(), connect_to: places.collect(), ..Settings::default() }
}

/// Rules as users write them, below `rules:`.
pub(crate) fn rules(text: &str) -> Arc<rollout::Rollout> {
    Arc::new(rollout::parse("rollout.yaml", &format!("version: 1\nrules:\n{text}")).unwrap())
}

/// The exchanges of a lane, once there are so many entries.
pub(crate) async fn exchanges(lane: &Lane, count: usize) -> Vec<Exchange> {
    within(lane.changed(count - 1)).await;
    let entries = lane.entries(0).into_iter();
    let exchange = |entry| match entry {
        Entry::Exchange(exchange) => Some(*exchange),
        Entry::Report(_) => None,
    };
    entries.filter_map(exchange).collect()
}

/// Fails where it takes too long.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("nothing here takes so long")
}

/// Sends bytes to a lane as they are, and gives what comes until the end.
pub(crate) async fn raw(lane: &Lane, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", lane.port())).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.unwrap();
    answer.iter().map(|byte| char::from(*byte)).collect()
}

/// A tunnel through a lane.
pub(crate) async fn tunnel(lane: &Lane, authority: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", lane.port())).await.unwrap();
    let _ = stream.set_nodelay(true);
    let connect = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    stream.write_all(connect.as_bytes()).await.unwrap();
    let head = within(head_of(&mut stream)).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    stream
}

pub(crate) type Secure = tokio_rustls::client::TlsStream<TcpStream>;

/// TLS through a lane, as a host; the certificate is not verified.
pub(crate) async fn secure(lane: &Lane, host: &str, port: u16, protocols: &[&str]) -> Secure {
    let stream = tunnel(lane, &format!("{host}:{port}")).await;
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    within(TlsConnector::from(Arc::new(config)).connect(name, stream)).await.unwrap()
}

/// HTTP/2 through a lane.
pub(crate) async fn second(lane: &Lane, host: &str) -> http2::SendRequest<AnyBody> {
    let stream = secure(lane, host, 443, &["h2"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// HTTP/1.1 through a lane, in a tunnel with TLS.
pub(crate) async fn first(lane: &Lane, host: &str) -> http1::SendRequest<AnyBody> {
    let stream = secure(lane, host, 443, &["http/1.1"]).await;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    sender
}

/// The body as text, and the trailers.
pub(crate) async fn whole(response: Response<Incoming>) -> (String, http::HeaderMap) {
    let body = within(response.into_body().collect()).await.unwrap();
    let trailers = body.trailers().cloned().unwrap_or_default();
    (String::from_utf8(body.to_bytes().to_vec()).unwrap(), trailers)
}

/// Header lines of one name.
pub(crate) fn values(headers: &[(String, String)], name: &str) -> Vec<String> {
    let of_name = headers.iter().filter(|(other, _)| other == name);
    of_name.map(|(_, value)| value.clone()).collect()
}

/// Takes any certificate.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
