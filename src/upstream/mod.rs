//! The client side of HTTP: real sites, reached as a browser reaches them, and told apart when they fail.
//!
//! [`Upstream::send`] sends one request and gives the answer as it comes: redirects are not followed, bodies
//! are streamed and stay compressed, header lines keep their order, their duplicates and the bytes of their
//! values (lines of one name come together; obsolete folding and spaces after a name are tolerated). HTTP/2
//! where a server offers it, else HTTP/1.1. `trust` says which certificates are believed, `way` where a name
//! leads to, `dial` makes connections and `pool` keeps them. Nothing here knows what a response means.

mod body;
mod dial;
mod fault;
mod pool;
mod trust;
mod way;

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, Version, header};
use hyper::body::{Body as _, Incoming};

pub use body::Body;
pub use fault::{Fault, FaultKind};
pub use trust::Ca;

use dial::{Sender, dial, refusal};
use pool::{Place, Pool};
use trust::Trust;
use way::{Target, Way, Ways};

/// How long a connection may take, its tunnel and its TLS included.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How upstreams are reached.
#[derive(Clone, Default)]
pub struct Settings {
    /// Authorities that are trusted besides the platform's.
    pub ca: Vec<Ca>,
    /// Names of hosts whose certificates are not verified.
    pub insecure: Vec<String>,
    /// A corporate proxy, `http://user:password@host:port`.
    pub via: Option<String>,
    /// Hosts that are reached without it: names with their subdomains, addresses, networks (`10.0.0.0/8`), or
    /// `*`.
    pub no_proxy: Vec<String>,
    /// Whether this machine's own names go through it, too.
    pub loopback_via: bool,
    /// Other places of hosts, as curl's `--connect-to`: from `host` or `host:port` to `address` or
    /// `address:port`. No proxy is used for them.
    pub connect_to: HashMap<String, String>,
}

impl fmt::Debug for Settings {
    /// The proxy's address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("ca", &self.ca.len())
            .field("insecure", &self.insecure)
            .field("via", &self.via.is_some())
            .field("no_proxy", &self.no_proxy)
            .field("connect_to", &self.connect_to)
            .finish_non_exhaustive()
    }
}

/// Why upstreams cannot be reached as asked.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// A file of certificates cannot be read.
    #[error("cannot read the certificates in {path}")]
    CaFile {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A file of certificates holds none.
    #[error("{place} holds no certificates as PEM: {detail}")]
    CaPem {
        /// The file.
        place: String,
        /// What is wrong.
        detail: String,
    },
    /// The proxy's address is none. It is not repeated, as it may hold a password.
    #[error("the address of the upstream proxy is not as in `http://host:port`: {detail}")]
    ProxyUrl {
        /// What is wrong.
        detail: String,
    },
    /// An override is not understood.
    #[error("connect-to of `{name}` is not an address with or without a port: `{to}`")]
    ConnectTo {
        /// The host.
        name: String,
        /// Where it is said to be.
        to: String,
    },
}

/// The way to real sites. Clones share their connections.
#[derive(Clone)]
pub struct Upstream {
    trust: Arc<Trust>,
    ways: Arc<Ways>,
    pool: Pool,
    limit: Duration,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").finish_non_exhaustive()
    }
}

impl Upstream {
    /// Reads the certificates; connects to nobody yet.
    ///
    /// # Errors
    /// When a file, the proxy or an override is faulty.
    pub fn new(settings: &Settings) -> Result<Self, UpstreamError> {
        Ok(Self {
            trust: Arc::new(Trust::new(&settings.ca, &settings.insecure)?),
            ways: Arc::new(Ways::new(settings)?),
            pool: Pool::default(),
            limit: CONNECT_LIMIT,
        })
    }

    /// The same way with connections of its own, which end with it, and with other places for some hosts
    /// (`host` or `host:port`).
    #[must_use]
    pub fn apart(&self, places: impl IntoIterator<Item = (String, SocketAddr)>) -> Self {
        let ways = Arc::new(self.ways.with(places));
        Self { pool: Pool::default(), ways, ..self.clone() }
    }

    /// Sends a request to the host that its absolute address names, and gives the head of the answer; the
    /// body follows as it comes. `Host` is made from the address. Making a connection has a deadline, waiting
    /// for the answer has none.
    ///
    /// # Errors
    /// A [`Fault`] where no answer comes.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Incoming>, Fault> {
        let errand = Errand::new(self, &request, false)?;
        let spare = again(&request);
        if let Some(sender) = self.waiting(&errand.place, spare.is_none()) {
            match self.over(sender, request, &errand).await {
                Ok(answer) => return Ok(answer),
                // A server closes a connection that waits when it likes, perhaps just now.
                Err(Failed { unsent, fault, broken }) => {
                    let unsent = unsent.or_else(|| spare.filter(|_| broken));
                    request = unsent.ok_or(fault)?;
                }
            }
        }
        let sender = self.connected(&errand).await?;
        self.over(sender, request, &errand).await.map_err(|failed| failed.fault)
    }

    /// Sends a request that asks for another protocol (`Upgrade`) over a connection of its own. After a 101,
    /// the connection is the answer's upgrade.
    ///
    /// # Errors
    /// A [`Fault`] where no answer comes.
    pub async fn upgrade(&self, request: Request<Body>) -> Result<Response<Incoming>, Fault> {
        let errand = Errand::new(self, &request, true)?;
        let Errand { target, way, .. } = &errand;
        let sender = dial(&self.trust, target, way, true, self.limit).await?;
        self.over(sender, request, &errand).await.map_err(|failed| failed.fault)
    }

    /// A connection that waits for a request; `fresh` says that it must not be one that waits for long.
    fn waiting(&self, place: &Place, fresh: bool) -> Option<Sender> {
        let second = self.pool.second(place).map(Sender::Second);
        second.or_else(|| self.pool.first(place, fresh).map(Sender::First))
    }

    /// A new connection, or one of HTTP/2 that another request has made meanwhile.
    async fn connected(&self, errand: &Errand) -> Result<Sender, Fault> {
        let turn = self.pool.turn(&errand.place).filter(|_| errand.target.secure);
        let Some(turn) = turn else { return self.dialed(errand).await };
        let came = Instant::now();
        let mut last = turn.lock().await;
        if let Some(sender) = self.pool.second(&errand.place) {
            return Ok(Sender::Second(sender));
        }
        if self.pool.turn(&errand.place).is_none() {
            // It has become known meanwhile, and nobody needs to wait for anybody.
            drop(last);
            return self.dialed(errand).await;
        }
        if let Some((at, fault)) = &*last
            && *at > came
        {
            return Err(fault.clone());
        }
        let dialed = self.dialed(errand).await;
        *last = dialed.as_ref().err().map(|fault| (Instant::now(), fault.clone()));
        dialed
    }

    /// A new connection, whose version is remembered.
    async fn dialed(&self, errand: &Errand) -> Result<Sender, Fault> {
        let Errand { target, way, place, .. } = errand;
        let dialed = dial(&self.trust, target, way, false, self.limit).await;
        match &dialed {
            Ok(Sender::Second(sender)) => self.pool.share(place, sender.clone()),
            Ok(Sender::First(_)) => self.pool.speaks_first(place),
            Err(_) => {}
        }
        dialed
    }

    /// Sends a request over a connection.
    async fn over(
        &self,
        sender: Sender,
        mut request: Request<Body>,
        errand: &Errand,
    ) -> Result<Response<Incoming>, Failed> {
        let sent = match sender {
            Sender::First(mut sender) => {
                errand.address_first(&mut request);
                let sent = sender.try_send_request(request).await;
                if let Ok(answer) = &sent
                    && answer.status() != http::StatusCode::SWITCHING_PROTOCOLS
                    && !errand.whole
                {
                    self.pool.give_back(errand.place.clone(), sender, answer.headers());
                }
                sent
            }
            Sender::Second(mut sender) => {
                errand.address_second(&mut request);
                sender.try_send_request(request).await
            }
        };
        match sent {
            Ok(answer) => match &errand.way {
                Way::Forward(via) => match refusal(&errand.host, via, answer.status()) {
                    Some(fault) => Err(Failed { unsent: None, fault, broken: false }),
                    None => Ok(answer),
                },
                _ => Ok(answer),
            },
            Err(mut failed) => {
                let unsent = failed.take_message();
                let error = failed.into_error();
                let fault = Fault::of_http(&errand.host, &error);
                Err(Failed { unsent, fault, broken: !error.is_parse() })
            }
        }
    }
}

/// A request that got no answer.
struct Failed {
    /// The request, if nothing of it was sent.
    unsent: Option<Request<Body>>,
    fault: Fault,
    /// Whether the connection broke, rather than the answer being faulty.
    broken: bool,
}

/// Where a request goes.
struct Errand {
    uri: Uri,
    target: Target,
    way: Way,
    place: Place,
    /// The target, for `Host` and for people.
    host: String,
    /// It wants the connection for itself.
    whole: bool,
}

impl Errand {
    fn new(upstream: &Upstream, request: &Request<Body>, whole: bool) -> Result<Self, Fault> {
        let uri = request.uri().clone();
        let target = Target::of(&uri)?;
        let way = upstream.ways.to(&uri, &target, whole)?;
        let place = match &way {
            Way::Forward(_) => Place::Forward(way.clone()),
            _ => Place::Target(target.clone(), way.clone()),
        };
        let host = target.authority();
        Ok(Self { uri, target, way, place, host, whole })
    }

    fn path(&self) -> PathAndQuery {
        let path = self.uri.path_and_query().cloned();
        path.unwrap_or_else(|| PathAndQuery::from_static("/"))
    }

    /// The whole address, without a user and a password.
    fn absolute(&self) -> Uri {
        let scheme = if self.target.secure { Scheme::HTTPS } else { Scheme::HTTP };
        let uri = Uri::builder().scheme(scheme).authority(self.host.as_str());
        uri.path_and_query(self.path()).build().expect("its parts are those of an address")
    }

    fn address_first(&self, request: &mut Request<Body>) {
        *request.version_mut() = Version::HTTP_11;
        let host = HeaderValue::try_from(&self.host).expect("a host is made of visible characters");
        let headers = request.headers_mut();
        if headers.contains_key(header::HOST) {
            headers.insert(header::HOST, host);
        } else {
            // First, as every browser has it.
            let others = std::mem::take(headers);
            headers.insert(header::HOST, host);
            headers.extend(others);
        }
        *request.uri_mut() = match &self.way {
            Way::Forward(via) => {
                if let Some(authorization) = &via.authorization {
                    let authorization = authorization.clone();
                    request.headers_mut().insert(header::PROXY_AUTHORIZATION, authorization);
                }
                self.absolute()
            }
            Way::Direct { .. } | Way::Tunnel(_) => self.path().into(),
        };
    }

    fn address_second(&self, request: &mut Request<Body>) {
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = self.absolute();
        if request.headers().contains_key(header::HOST) {
            let headers = std::mem::take(request.headers_mut());
            let others = headers.iter().filter(|(name, _)| *name != header::HOST);
            let others = others.map(|(name, value)| (name.clone(), value.clone()));
            *request.headers_mut() = collect(others);
        }
    }
}

/// Header lines in their order, duplicates included.
fn collect(lines: impl Iterator<Item = (http::HeaderName, HeaderValue)>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(name, value);
    }
    headers
}

/// A copy of a request, if sending it twice means the same as sending it once.
fn again(request: &Request<Body>) -> Option<Request<Body>> {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if !safe || !request.body().is_end_stream() {
        return None;
    }
    let mut copy = Request::new(Body::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    copy.headers_mut().clone_from(request.headers());
    Some(copy)
}

/// Reads a body, but no more of it than `most` bytes.
///
/// # Errors
/// A [`Fault`] of `host` where it breaks off.
pub async fn read(host: &str, mut body: Incoming, most: usize) -> Result<Bytes, Fault> {
    use http_body_util::BodyExt;
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Fault::of_http(host, &error))?;
        let Ok(data) = frame.into_data() else { continue };
        let left = most - read.len();
        read.extend_from_slice(&data[..data.len().min(left)]);
        if read.len() == most {
            break;
        }
    }
    Ok(read.freeze())
}
