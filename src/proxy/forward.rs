//! One request through a lane: refused, answered by the lane itself, or sent on; its answer changed by rules
//! and recorded.

use std::sync::{Arc, PoisonError};

use http::uri::{PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;

use super::record::{Answered, Pending};
use super::serve::Place;
use super::{Shared, collect, kind, page, refuse, rewrite, serve};
use crate::rollout::{About, Kind};
use crate::upstream::Body;

/// Tells the fixture server that a request came through a lane.
const OUR_REQUEST: &str = "x-coopwright-lane";
/// By it, the fixture server tells its own number of an exchange.
const FIXTURE: &str = "x-coopwright-exchange";

/// How much of a WebSocket is on the way in each direction.
const WEBSOCKET_BUFFER: usize = 64 * 1024;

/// What a browser opened a tunnel to.
#[derive(Debug)]
pub(super) struct Tunnel {
    pub(super) secure: bool,
    /// In lower case, an IPv6 address with its brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

/// Where a request is to go, as the browser sees it.
struct Asked {
    secure: bool,
    host: String,
    port: u16,
    path: PathAndQuery,
}

impl Asked {
    /// By the tunnel that it came through, or its absolute address. An error is a refusal.
    fn of(
        tunnel: Option<&Tunnel>,
        request: &Request<Incoming>,
    ) -> Result<Self, Box<Response<Body>>> {
        let faulty = |text| Box::new(refuse(StatusCode::BAD_REQUEST, text));
        let uri = request.uri();
        let path = uri.path_and_query().cloned();
        let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let Some(Tunnel { secure, host, port }) = tunnel else {
            let secure = match uri.scheme_str() {
                // WebKitGTK opens no tunnel for a WebSocket without TLS.
                Some("http" | "ws") => false,
                Some("https" | "wss") => true,
                _ => return Err(faulty("this is a proxy for a browser under test, not a site")),
            };
            let host = uri.host().unwrap_or_default().to_ascii_lowercase();
            if host.is_empty() {
                return Err(faulty("the address names no host"));
            }
            let port = uri.port_u16().unwrap_or(usual(secure));
            return Ok(Self { secure, host, port, path });
        };
        let named = match uri.authority() {
            Some(authority) => Some(authority.clone()),
            None => kind::text(request.headers(), "host").and_then(|host| host.parse().ok()),
        };
        // Also where a browser follows an alternative service to another port: that is not the site.
        if let Some(named) = named
            && (!named.host().eq_ignore_ascii_case(host)
                || named.port_u16().unwrap_or(usual(*secure)) != *port)
        {
            let text = "this connection was opened to another host";
            return Err(Box::new(refuse(StatusCode::MISDIRECTED_REQUEST, text)));
        }
        Ok(Self { secure: *secure, host: host.clone(), port: *port, path })
    }

    /// As browsers serialise it (HTML, "serialization of an origin").
    fn origin(&self) -> String {
        let Self { secure, host, port, .. } = self;
        let scheme = if *secure { "https" } else { "http" };
        match *port == usual(*secure) {
            true => format!("{scheme}://{host}"),
            false => format!("{scheme}://{host}:{port}"),
        }
    }
}

fn usual(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// Answers a request that came through a tunnel, or without one.
pub(super) async fn answer(
    lane: Arc<Shared>,
    tunnel: Option<Arc<Tunnel>>,
    request: Request<Incoming>,
    place: Place,
) -> Response<Body> {
    if request.method() == Method::CONNECT {
        return match tunnel {
            None => serve::open(&lane, request, place),
            Some(_) => refuse(StatusCode::BAD_REQUEST, "no tunnel leads through another one"),
        };
    }
    let asked = match Asked::of(tunnel.as_deref(), &request) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    if let Some(refusal) = lane.refuses(&asked.host, asked.port) {
        return refusal;
    }
    let origin = asked.origin();
    if lane.is_errand(&origin, &asked.host, asked.path.path()) {
        return refuse(StatusCode::FORBIDDEN, "the browser's own errands stay at home");
    }
    let url = format!("{origin}{}", asked.path);
    if lane.collect && asked.path.path() == collect::PATH {
        return collect::take(&lane.record, &url, request).await;
    }
    Errand { lane, asked, origin, url }.run(request, place).await
}

/// A request that is sent on.
struct Errand {
    lane: Arc<Shared>,
    asked: Asked,
    origin: String,
    url: String,
}

impl Errand {
    async fn run(self, mut request: Request<Incoming>, place: Place) -> Response<Body> {
        let (method, headers) = (request.method(), request.headers());
        let known = self.lane.chains().kind(&self.url, method, headers);
        let mut pending = Pending::new(&self.lane.record, &self.url, method, headers, known);
        let websocket = rewrite::asks_for_websocket(request.headers());
        let browser = websocket.then(|| hyper::upgrade::on(&mut request));
        let asked = request.headers().clone();
        let onward = self.onward(request, websocket);
        let sent = match websocket {
            true => self.lane.upstream.upgrade(onward).await,
            false => self.lane.upstream.send(onward).await,
        };
        let mut answer = match sent {
            Ok(answer) => answer,
            Err(fault) => {
                pending.set_kind(known.unwrap_or_else(|| {
                    let navigates = kind::navigates(&asked, None);
                    kind::guessed(&asked, &HeaderMap::new(), navigates)
                }));
                let page = page::no_answer(&fault);
                pending.failed(fault);
                return page;
            }
        };
        *answer.version_mut() = Version::HTTP_11;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            if let Some(browser) = browser {
                let site = hyper::upgrade::on(&mut answer);
                self.lane.tasks.spawn(join(browser, site, place));
            }
            record(pending, &answer, None, Changed::default(), None);
            return answer.map(|_| Body::Empty);
        }
        self.back(answer, pending, known, &asked)
    }

    /// The request as it goes on: the same but for what belongs to the connection, to the site or to the
    /// fixture server that plays it.
    fn onward(&self, request: Request<Incoming>, websocket: bool) -> Request<Body> {
        let (mut head, body) = request.into_parts();
        let mut headers = rewrite::end_to_end(&head.headers);
        rewrite::join_cookies(&mut headers);
        if websocket {
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        head.headers = headers;
        let (scheme, authority) = match self.lane.routes.get(&self.origin) {
            Some(route) => {
                head.headers.insert(OUR_REQUEST, HeaderValue::from_static("1"));
                (Scheme::HTTP, route.clone())
            }
            None => {
                let Asked { secure, host, port, .. } = &self.asked;
                let authority = match *port == usual(*secure) {
                    true => host.parse(),
                    false => format!("{host}:{port}").parse(),
                };
                let scheme = if *secure { Scheme::HTTPS } else { Scheme::HTTP };
                (scheme, authority.expect("it is the host and port of an address"))
            }
        };
        let uri = Uri::builder().scheme(scheme).authority(authority);
        let uri = uri.path_and_query(self.asked.path.clone()).build();
        head.uri = uri.expect("its parts are those of an address");
        Request::from_parts(head, body.into())
    }

    /// The answer as the browser gets it.
    fn back(
        &self,
        answer: Response<Incoming>,
        mut pending: Pending,
        known: Option<Kind>,
        asked: &HeaderMap,
    ) -> Response<Body> {
        let lane = &self.lane;
        let (mut head, body) = answer.into_parts();
        head.headers = rewrite::end_to_end(&head.headers);
        let fixture = match lane.routes.contains_key(&self.origin) {
            true => rewrite::take(&mut head.headers, FIXTURE),
            false => None,
        };
        let fixture = fixture.and_then(|number| number.to_str().ok()?.parse().ok());
        let redirects = head.status.is_redirection() && head.headers.contains_key(header::LOCATION);
        let kind = known.unwrap_or_else(|| kind::guessed(asked, &head.headers, redirects));
        pending.set_kind(kind);
        if redirects && let Some(location) = kind::text(&head.headers, "location") {
            lane.chains().remember(&self.url, kind, location);
        }
        let before = head.headers.clone();
        let changed = self.rewrite(&mut head.headers, head.status, kind);
        let answer = Response::from_parts(head, body);
        let before = (before != *answer.headers()).then_some(&before);
        record(pending, &answer, before, changed, fixture);
        answer.map(Body::from)
    }

    /// Lets the rules act on header lines.
    fn rewrite(&self, headers: &mut HeaderMap, status: StatusCode, kind: Kind) -> Changed {
        let lane = &self.lane;
        let mut changed = Changed::default();
        if lane.rules.is_empty() {
            return changed;
        }
        let Asked { host, path, .. } = &self.asked;
        // What the agent in a page of ours asks for is no part of any site.
        if path.path().starts_with(RESERVED) && lane.routes.contains_key(&self.origin) {
            return changed;
        }
        let about = About {
            site: lane.sites.get(&self.origin).map(String::as_str),
            host,
            path: path.path(),
            status: status.as_u16(),
            kind,
        };
        let edits = lane.rules.edits(&about);
        let mut rules: Vec<usize> = edits.iter().map(|(rule, _)| *rule).collect();
        rules.dedup();
        if rules.is_empty() {
            return changed;
        }
        let is_new = lane.dice.as_ref().is_none_or(|dice| {
            let mut dice = dice.lock().unwrap_or_else(PoisonError::into_inner);
            dice.is_new(&self.origin, path.path())
        });
        if !is_new {
            changed.withheld = rules;
            return changed;
        }
        if let Some(edited) = rewrite::edited(headers, &edits) {
            *headers = edited;
        }
        changed.rules = rules;
        changed
    }
}

/// Paths of the fixture server's own.
const RESERVED: &str = "/__coopwright/";

/// Which rules a response got.
#[derive(Default)]
struct Changed {
    rules: Vec<usize>,
    withheld: Vec<usize>,
}

fn record(
    pending: Pending,
    answer: &Response<Incoming>,
    before: Option<&HeaderMap>,
    changed: Changed,
    fixture: Option<u64>,
) {
    let Changed { rules, withheld } = changed;
    let (status, headers) = (answer.status(), answer.headers());
    pending.answered(Answered { status, headers, before, rules, withheld, fixture });
}

/// Carries bytes both ways until both ends are done.
async fn join(browser: hyper::upgrade::OnUpgrade, site: hyper::upgrade::OnUpgrade, place: Place) {
    let Ok((browser, site)) = tokio::try_join!(browser, site) else { return };
    let (mut browser, mut site) = (TokioIo::new(browser), TokioIo::new(site));
    let size = WEBSOCKET_BUFFER;
    // Whoever is left hears that the other one went.
    let _ = tokio::io::copy_bidirectional_with_sizes(&mut browser, &mut site, size, size).await;
    drop(place);
}
