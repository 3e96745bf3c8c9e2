//! What a lane of the proxy costs: a page with 50 resources through a lane against the same page straight from
//! its server, in one browser, in turns. `cargo bench --bench proxy -- [ROUNDS]`; it asks Chromium.
//!
//! The server is on this machine and answers at once, so that nothing hides what the lane adds; a server
//! that thinks for a few milliseconds, as real ones do, is the second half. Times on a busy machine mean
//! little; the ratio, the median of those of all rounds, is the figure.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends at the first thing that fails")]

#[expect(dead_code, reason = "the benchmarks of units use more of it")]
mod support;

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use coopwright::browser::{Browser, Endpoint, Remote, Session};
use coopwright::proxy::{LanePlan, Proxy};
use coopwright::upstream::{Ca, Settings, Upstream};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PublicKeyData};
use serde_json::json;
use sha2::{Digest, Sha256};
use support::median;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Resources of a page: scripts, style sheets and images in the usual sizes.
const RESOURCES: usize = 50;

/// How long a server thinks that is not instant.
const THOUGHT: Duration = Duration::from_millis(5);

fn main() {
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(41);
    tokio::runtime::Runtime::new().unwrap().block_on(measure(rounds));
}

async fn measure(rounds: usize) {
    let authority = Authority::new();
    let ca = vec![Ca::Pem(authority.pem.clone())];
    let proxy =
        Proxy::new(Upstream::new(&Settings { ca, ..Settings::default() }).unwrap()).unwrap();
    let lane = proxy.lane(LanePlan::default()).await.unwrap();
    let known = [proxy.fingerprint(), authority.fingerprint].map(|hash| STANDARD.encode(hash));
    let (mut driver, port) = chromedriver();
    let session = browser(port, lane.port(), &known.join(",")).await;
    println!(
        "Chromium {}, {rounds} rounds, medians of a page with {RESOURCES} resources",
        session.version()
    );
    println!("{:44} {:>9} {:>9} {:>6}", "", "straight", "by a lane", "ratio");
    for thought in [Duration::ZERO, THOUGHT] {
        for (scheme, tls) in [("https", Some(authority.acceptor())), ("http", None)] {
            let server = serve(tls, thought).await;
            for (fresh, kind) in [(false, "again"), (true, "first visit")] {
                let mut times: HashMap<&str, Vec<f64>> = HashMap::new();
                // One round to warm up, which does not count. Each way is first in every other round.
                for round in 0..=rounds {
                    let mut ways = ["straight", "lane"];
                    ways.rotate_left(round % 2);
                    for way in ways {
                        let host = if fresh { format!("r{round}") } else { "again".to_owned() };
                        let url = format!("{scheme}://{host}.{way}.localhost:{server}/");
                        let time = load(&session, &url).await;
                        if round > 0 {
                            times.entry(way).or_default().push(time);
                        }
                    }
                }
                let (straight, lane) = (&times["straight"], &times["lane"]);
                // Of each round by itself, as the machine's mood changes between rounds.
                let ratio = median(straight.iter().zip(lane).map(|(a, b)| b / a).collect());
                let (straight, lane) = (median(straight.clone()), median(lane.clone()));
                let name = format!("{scheme}, {kind}, server thinks {} ms", thought.as_millis());
                println!("{name:44} {straight:>6.1} ms {lane:>6.1} ms {ratio:>6.3}");
            }
        }
    }
    session.end().await;
    driver.kill().unwrap();
    driver.wait().unwrap();
}

/// Milliseconds from the navigation's start to the end of the load event, by the browser's own clock.
async fn load(session: &Session, url: &str) -> f64 {
    session.goto(url).await.unwrap();
    let script = "const [page] = performance.getEntriesByType('navigation'); \
                  const loaded = performance.getEntriesByType('resource').length; \
                  return [page.duration, loaded]";
    let told = session.execute(script, Vec::new()).await.unwrap();
    assert_eq!(told[1], RESOURCES, "{url}");
    told[0].as_f64().unwrap()
}

/// A driver of our own, as this browser goes two ways, which no other does.
fn chromedriver() -> (Child, u16) {
    let mut driver =
        Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    (driver, port.unwrap())
}

async fn browser(driver: u16, lane: u16, known: &str) -> Session {
    let mut arguments = vec![
        format!("--proxy-server=http://127.0.0.1:{lane}"),
        "--proxy-bypass-list=<-loopback>;*.straight.localhost".to_owned(),
        format!("--ignore-certificate-errors-spki-list={known}"),
        // The list counts only where the profile is not the user's own.
        format!("--user-data-dir={}", tempfile::tempdir().unwrap().keep().display()),
    ];
    if nix::unistd::geteuid().is_root() {
        arguments.push("--no-sandbox".to_owned());
    }
    let options = ("goog:chromeOptions".to_owned(), json!({ "args": arguments }));
    let url = format!("http://127.0.0.1:{driver}");
    let remote = Remote::new(Browser::Chromium, &url, None, &[options]).unwrap();
    Session::start(&Endpoint::Remote(remote), &support::settings()).await.unwrap()
}

/// An authority that both the browser and the lane know.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    fingerprint: [u8; 32],
    pem: Vec<u8>,
    certificate: rcgen::Certificate,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let fingerprint = Sha256::digest(key.subject_public_key_info()).into();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let text = STANDARD.encode(certificate.der());
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        Self { issuer: Issuer::new(params, key), fingerprint, pem: pem.into(), certificate }
    }

    fn acceptor(&self) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let names = ["*.straight.localhost", "*.lane.localhost"].map(ToOwned::to_owned);
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &self.issuer).unwrap();
        let chain = vec![leaf.der().clone(), self.certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Serves the page by HTTP/2 with TLS, by HTTP/1.1 without, and gives the port.
async fn serve(tls: Option<TlsAcceptor>, thought: Duration) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let tls = tls.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(request, thought));
                let Some(tls) = tls else {
                    let server = hyper::server::conn::http1::Builder::new();
                    return drop(server.serve_connection(TokioIo::new(stream), service).await);
                };
                let Ok(stream) = tls.accept(stream).await else { return };
                let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    port
}

async fn answer(
    request: Request<Incoming>,
    thought: Duration,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if !thought.is_zero() {
        tokio::time::sleep(thought).await;
    }
    let path = request.uri().path();
    let (content_type, text) = match path.rsplit_once('.') {
        Some((_, "js")) => ("text/javascript", format!("/* {} */", "x".repeat(12_000))),
        Some((_, "css")) => ("text/css", format!("/* {} */", "x".repeat(8_000))),
        Some((_, "svg")) => {
            let space = " ".repeat(4_000);
            ("image/svg+xml", format!("<svg xmlns='http://www.w3.org/2000/svg'>{space}</svg>"))
        }
        _ if path == "/" => ("text/html", page()),
        _ => ("text/plain", String::new()),
    };
    let mut response = Response::new(Full::from(text));
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(content_type));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    Ok(response)
}

fn page() -> String {
    let resource = |number: usize| match number % 5 {
        0 => format!("<link rel=stylesheet href=/{number}.css>"),
        1 | 2 => format!("<script defer src=/{number}.js></script>"),
        _ => format!("<img src=/{number}.svg>"),
    };
    let resources: String = (0..RESOURCES).map(resource).collect();
    format!("<!doctype html><link rel=icon href='data:,'><title>page</title>{resources}")
}
