//! A recording, rewriting proxy between browsers and sites: it sees every response with its header lines,
//! redirects included, and lets the rules of a rollout act on them.
//!
//! A [`Proxy`] holds what a run shares: a certificate authority that lives in memory only, and the way to
//! real sites. Each browser has a [`Lane`] of its own, a listener on loopback that ends with it. `serve` takes
//! connections, opens tunnels and speaks TLS as the site; `forward` sends one request on and brings its
//! answer back; `rewrite` changes header lines, `record` keeps what was seen, `mask` keeps secrets out of
//! it; `collect` takes the browser's reports. Bodies are streamed and stay as they are. What rules mean
//! is `rollout`'s.

mod authority;
mod collect;
mod errands;
mod forward;
mod kind;
mod mask;
mod mix;
mod page;
mod record;
mod rewrite;
mod serve;
mod tasks;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::uri::Authority as Host;
use http::{Response, StatusCode};
use tokio::net::TcpListener;

pub use mix::Mix;
pub use record::{Entry, Exchange, Report};

use crate::rollout::Rollout;
use crate::upstream::{Body, Upstream};
use authority::Authority;
use kind::Chains;
use mix::Dice;
use record::Record;
use tasks::Tasks;

/// What the lanes of a run share. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Proxy {
    authority: Arc<Authority>,
    upstream: Upstream,
}

/// Why there is no proxy.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// No certificate could be made.
    #[error("cannot make a certificate")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// No port is free on loopback.
    #[error("cannot listen on loopback")]
    Listen(#[source] std::io::Error),
    /// A route is faulty.
    #[error("`{host}` is no host of a fixture server")]
    Route {
        /// The host.
        host: String,
    },
}

impl From<rcgen::Error> for ProxyError {
    fn from(error: rcgen::Error) -> Self {
        Self::Certificate(error.into())
    }
}

impl From<tokio_rustls::rustls::Error> for ProxyError {
    fn from(error: tokio_rustls::rustls::Error) -> Self {
        Self::Certificate(error.into())
    }
}

/// What a lane is for.
#[derive(Debug, Clone, Default)]
pub struct LanePlan {
    /// Sites by name, with their origin as browsers serialise it.
    pub sites: Vec<(String, String)>,
    /// Origins that the local fixture server plays.
    pub routes: Vec<Route>,
    /// What happens to header lines.
    pub rules: Arc<Rollout>,
    /// How many responses the rules act on; all of them without it.
    pub mix: Option<Mix>,
    /// Whether reports are taken at `/__coopwright/reports` of every host.
    pub collect: bool,
}

/// An origin that the local fixture server plays, whether its name exists or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// As browsers serialise it: `https://app.example.com`.
    pub origin: String,
    /// Where the fixture server is, on loopback.
    pub to: SocketAddr,
    /// The `Host` that it knows the site by.
    pub host: String,
}

impl Proxy {
    /// Makes the certificate authority; listens nowhere yet.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new(upstream: Upstream) -> Result<Self, ProxyError> {
        Ok(Self { authority: Arc::new(Authority::new()?), upstream })
    }

    /// The SHA-256 of its authority's public key: a browser that knows it takes its certificates for good.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        self.authority.fingerprint()
    }

    /// Opens a lane for one browser.
    ///
    /// # Errors
    /// When no port is free, or a route is faulty.
    pub async fn lane(&self, plan: LanePlan) -> Result<Lane, ProxyError> {
        let LanePlan { sites, routes, rules, mix, collect } = plan;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(ProxyError::Listen)?;
        let port = listener.local_addr().map_err(ProxyError::Listen)?.port();
        let mut places = HashMap::new();
        let mut hosts = HashMap::new();
        for Route { origin, to, host } in routes {
            let authority: Host =
                host.parse().map_err(|_| ProxyError::Route { host: host.clone() })?;
            places.insert(host, to);
            hosts.insert(origin, authority);
        }
        let shared = Arc::new(Shared {
            port,
            // The first name of an origin counts.
            sites: sites.into_iter().rev().map(|(name, origin)| (origin, name)).collect(),
            routes: hosts,
            rules,
            dice: mix.map(|mix| Mutex::new(Dice::new(mix))),
            collect,
            authority: Arc::clone(&self.authority),
            upstream: self.upstream.apart(places),
            record: Arc::new(Record::new()),
            chains: Mutex::default(),
            tasks: Tasks::new(),
        });
        shared.tasks.spawn(serve::listen(listener, Arc::clone(&shared)));
        Ok(Lane(shared))
    }
}

/// One browser's way through the proxy. Dropping it closes its port and all its connections.
#[derive(Debug)]
pub struct Lane(Arc<Shared>);

impl Lane {
    /// The port on 127.0.0.1 that is the browser's proxy.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The entries of the record from an index on, in the order of answers. The latest 20,000 are kept.
    #[must_use]
    pub fn entries(&self, from: usize) -> Vec<Entry> {
        self.0.record.from(from)
    }

    /// Resolves once there are more than `seen` entries.
    pub async fn changed(&self, seen: usize) {
        self.0.record.grown_past(seen).await;
    }

    /// How many navigations wait for their answer. It falls together with the entry that tells of it.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.0.record.busy()
    }

    /// Resolves once no navigation waits for its answer.
    pub async fn idle(&self) {
        self.0.record.idle().await;
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.0.tasks.end();
    }
}

/// What all connections of a lane know.
#[derive(Debug)]
struct Shared {
    port: u16,
    /// Names of sites by origin.
    sites: HashMap<String, String>,
    /// The fixture server's hosts by origin.
    routes: HashMap<String, Host>,
    rules: Arc<Rollout>,
    dice: Option<Mutex<Dice>>,
    collect: bool,
    authority: Arc<Authority>,
    upstream: Upstream,
    record: Arc<Record>,
    chains: Mutex<Chains>,
    tasks: Tasks,
}

impl Shared {
    fn chains(&self) -> MutexGuard<'_, Chains> {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an origin is one of the run's own.
    fn knows(&self, origin: &str) -> bool {
        self.sites.contains_key(origin) || self.routes.contains_key(origin)
    }

    /// Whether a request is one of the browser's errands.
    fn is_errand(&self, origin: &str, host: &str, path: &str) -> bool {
        errands::is_errand_at(host, path) && !self.knows(origin)
    }

    /// A refusal of what must not be reached through a lane: itself, and the browser's errands.
    fn refuses(&self, host: &str, port: u16) -> Option<Response<Body>> {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_here = host == "localhost"
            || host.ends_with(".localhost")
            || address.is_ok_and(|address| address.is_loopback() || address.is_unspecified());
        if is_here && port == self.port {
            return Some(refuse(StatusCode::FORBIDDEN, "a proxy does not lead to itself"));
        }
        let scheme = if port == 80 { "http" } else { "https" };
        let origin = format!("{scheme}://{host}");
        (errands::is_errand(host) && !self.knows(&origin))
            .then(|| refuse(StatusCode::FORBIDDEN, "the browser's own errands stay at home"))
    }
}

/// An answer of the lane's own, which nobody records.
fn refuse(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
