//! From a request to a response: admission by host, the log, and raw header lines.
//!
//! What a page *is* stands in `answer.rs`; here is what all responses have in common.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{ACCESS_CONTROL_REQUEST_METHOD, HOST};
use axum::http::request::Parts;
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};

use crate::answer::{Answer, Ask, answer};
use crate::log::{Entry, Exchange, Push};
use crate::mask::masked;
use crate::oauth::Params;
use crate::page::{Page, PageUrl, Preflight, RawHeaders, Serve};
use crate::registry::{Place, Registry};
use crate::stage::Staged;
use crate::visitor::{Listening, Told};

/// The most that a request body may hold; also the limit of `keepalive` fetches.
const BODY_LIMIT: usize = 64 * 1024;

/// Request headers that the log keeps.
const KEPT: [&str; 9] = [
    "origin",
    "referer",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "sec-fetch-user",
    "content-type",
    "access-control-request-method",
    "access-control-request-headers",
];

/// A request that comes through a recording proxy has this header; the answer then tells it the number of
/// the exchange, and it takes both off.
const LANE: &str = "x-coopwright-lane";
const EXCHANGE: &str = "x-coopwright-exchange";

/// Marks a response that must not be sent: the connection is cut instead.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the stage was taken off before the response was decided")]
pub(crate) struct Cut;

/// All that a server answers.
pub(crate) fn router(registry: Arc<Registry>) -> Router {
    Router::new()
        .route("/__coopwright/push", post(push))
        .route("/__coopwright/frame", get(control_frame))
        .route("/__coopwright/visitor/{what}", post(visitor))
        .fallback(visit)
        .layer(middleware::from_fn_with_state(registry, admit))
}

/// Lets requests for known hosts in. All others are refused, so that no name that somebody points
/// at this machine (DNS rebinding) reaches a page.
async fn admit(
    State(registry): State<Arc<Registry>>,
    mut request: Request,
    next: Next,
) -> Response {
    let host = host(request.uri(), request.headers(), registry.port());
    match host.and_then(|host| registry.find(host)) {
        Some(place) => {
            request.extensions_mut().insert(place);
            next.run(request).await
        }
        None => (StatusCode::MISDIRECTED_REQUEST, "no stage has this host\n").into_response(),
    }
}

/// The host that a request is for, without its port (RFC 9112, section 3.2).
///
/// A browser that takes this server for its proxy asks for whole addresses. Those of another port, and
/// tunnels (CONNECT), are for somebody else: this server forwards nothing.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap, port: u16) -> Option<&'a str> {
    if let Some(host) = uri.host() {
        let own = uri.scheme() == Some(&Scheme::HTTP) && uri.port_u16().unwrap_or(80) == port;
        return own.then_some(host);
    }
    let mut lines = headers.get_all(HOST).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    line.to_str().ok()?.split(':').next()
}

/// Takes a message from a page into the log.
///
/// `tell=KEY` puts down that something has happened, `wait=KEY` withholds the answer until something
/// has; see `meeting.rs`. Then any page may read the answer, isolated ones included.
async fn push(Extension(place): Extension<Place>, request: Request) -> Response {
    let query = Params::parse(request.uri().query().unwrap_or_default().as_bytes());
    let body = to_bytes(request.into_body(), BODY_LIMIT).await.ok();
    let Some(body) = body.and_then(|body| serde_json::from_slice::<Value>(&body).ok()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let page = body["page"].as_str().unwrap_or_default().to_owned();
    let Place { staged, .. } = place;
    staged.log.add(|at| Entry::Push(Push { at, page, body }));
    if let Some(key) = query.get("tell") {
        staged.meetings.tell(key);
    }
    if let Some(key) = query.get("wait") {
        tokio::select! {
            () = staged.meetings.told(key) => {}
            () = staged.ended() => return cut(),
        }
    }
    const OPEN: [(&str, &str); 2] =
        [("access-control-allow-origin", "*"), ("cross-origin-resource-policy", "cross-origin")];
    (StatusCode::NO_CONTENT, OPEN).into_response()
}

/// What a document of a visitor says: that it wants something to do, that it leaves, what it wants of people.
/// Documents without an origin of their own read the answer, too.
async fn visitor(
    Extension(place): Extension<Place>,
    Path(what): Path<String>,
    request: Request,
) -> Response {
    let body = to_bytes(request.into_body(), BODY_LIMIT).await.ok();
    let body = body.and_then(|body| serde_json::from_slice::<Value>(&body).ok());
    let (Some(visitor), Some(body)) = (&place.staged.visitor, body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Some(document) = body["document"].as_u64() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    const OPEN: [(&str, &str); 2] =
        [("access-control-allow-origin", "*"), ("cache-control", "no-store")];
    match what.as_str() {
        "answer" => {
            let number = body["number"].as_u64().unwrap_or_default();
            visitor.answers(document, number, body["value"].clone());
        }
        "left" => visitor.left(document),
        "closes" => visitor.closes(document),
        "opens" => visitor.opens(),
        "strands" => visitor.strands(),
        "wish" => visitor.wishes(document, body["wish"].as_str().map(ToOwned::to_owned)),
        "listen" => {
            let Some(listening) = visitor.comes(document, body["framed"] == true).await else {
                return StatusCode::NOT_FOUND.into_response();
            };
            // Of this type nothing is held back to guess what it may be.
            let lines = [("content-type", "text/event-stream")];
            return (OPEN, lines, Body::from_stream(told(listening, place.staged))).into_response();
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    }
    (StatusCode::NO_CONTENT, OPEN).into_response()
}

/// What a document is told, a line for each.
fn told(
    listening: Listening,
    staged: Arc<Staged>,
) -> impl Stream<Item = Result<String, Infallible>> {
    stream::unfold(Some(listening), move |listening| {
        let staged = Arc::clone(&staged);
        async move {
            let listening = listening?;
            Some(match listening.next(staged.ended()).await {
                Told::Command { number, command } => {
                    let told = json!({ "number": number, "command": command });
                    (Ok(format!("{told}\n")), Some(listening))
                }
                Told::Over(home) => (Ok(format!("{}\n", json!({ "over": home }))), None),
            })
        }
    })
}

/// A document that every page may embed. A page whose frame stays silent embeds it to learn that the time
/// for the other is over: not all engines fire `load` for a frame that was blocked.
async fn control_frame() -> Response {
    const OPEN: [(&str, &str); 3] = [
        ("content-type", "text/html"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "cross-origin"),
    ];
    (OPEN, "<!doctype html><title>control</title>\n").into_response()
}

/// Answers a request for a page, and logs it.
async fn visit(Extension(place): Extension<Place>, request: Request) -> Response {
    let Place { staged, site } = place;
    let page = staged.page(&site, request.uri().path());
    // Browsers ask for it by themselves, at a time of their own.
    if page.is_none() && request.uri().path() == "/favicon.ico" {
        return StatusCode::NO_CONTENT.into_response();
    }
    let (head, body) = request.into_parts();
    let id = staged.log.next_id();
    let log = |status, headers| {
        let exchange = |at| exchange(id, at, &site, &head, status, headers);
        staged.log.add(|at| Entry::Exchange(exchange(at)));
    };
    let hangs = page.is_some_and(|(_, page)| page.serve == Some(Serve::Hang));
    if hangs && head.method != Method::OPTIONS {
        log(0, Vec::new());
    }
    let (answer, declared) = tokio::select! {
        biased;
        () = staged.ended() => return cut(),
        decided = decide(&staged, page, id, &head, body) => decided,
    };
    let Answer { status, headers, body } = answer;
    let lines = lines(declared, headers, |value| staged.origins.fill_in(value));
    let mut response = assemble(status, &lines, body);
    log(status, lines);
    if head.headers.contains_key(LANE) {
        response.headers_mut().insert(EXCHANGE, HeaderValue::from(id));
    }
    response
}

/// The answer, and the header lines that the plan declares for it.
async fn decide<'a>(
    staged: &'a Staged,
    page: Option<(&'a PageUrl, &'a Page)>,
    id: u64,
    head: &Parts,
    body: Body,
) -> (Answer, Option<&'a RawHeaders>) {
    let Some((url, page)) = page else {
        return (Answer::text(404, "no such page on this stage\n"), None);
    };
    let Parts { method, uri, headers, .. } = head;
    if method == Method::OPTIONS {
        return preflight(page, headers);
    }
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return (Answer::text(413, "the request body is too large\n"), None);
    };
    let ask = Ask { staged, url, page, id, method, query: uri.query(), headers, body: &body };
    (answer(&ask).await, page.headers.as_ref())
}

/// The log's view of a request and its answer.
fn exchange(
    id: u64,
    at: Duration,
    site: &str,
    head: &Parts,
    status: u16,
    headers: Vec<(String, String)>,
) -> Exchange {
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let shown = |(name, value): (String, String)| {
        let value = if name.eq_ignore_ascii_case("location") { masked(&value) } else { value };
        (name, value)
    };
    Exchange {
        id,
        at,
        page: masked(&format!("{site}:{target}")),
        method: head.method.to_string(),
        request: kept(&head.headers),
        cookies: cookies(&head.headers).map(|(name, _)| name.to_owned()).collect(),
        status,
        headers: headers.into_iter().map(shown).collect(),
    }
}

/// The answer to OPTIONS: what the page declares for a CORS preflight (Fetch standard, section 4.8),
/// else nothing but a refusal.
fn preflight<'a>(page: &'a Page, headers: &HeaderMap) -> (Answer, Option<&'a RawHeaders>) {
    match &page.preflight {
        Some(Preflight { status, headers: declared })
            if headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) =>
        {
            (Answer::empty(status.unwrap_or(204)), Some(declared))
        }
        _ => (Answer::empty(405), None),
    }
}

/// Declared header lines, then those of the server's own whose name is not declared.
fn lines(
    declared: Option<&RawHeaders>,
    own: Vec<(&'static str, String)>,
    fill_in: impl Fn(&str) -> String,
) -> Vec<(String, String)> {
    let mut lines: Vec<_> = declared
        .map(|headers| headers.lines().expect("a checked plan has only lines that can be sent"))
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), fill_in(value)))
        .collect();
    for (name, value) in own {
        if !lines.iter().any(|(declared, _)| declared.eq_ignore_ascii_case(name)) {
            lines.push((name.to_owned(), value));
        }
    }
    lines
}

fn assemble(status: u16, lines: &[(String, String)], body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("a checked status");
    for (name, value) in lines {
        response.headers_mut().append(
            HeaderName::from_bytes(name.as_bytes()).expect("a checked header name"),
            HeaderValue::from_bytes(value.as_bytes()).expect("a checked header value"),
        );
    }
    response
}

fn cut() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Cut);
    response
}

/// The request header lines that the log keeps.
fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let line = |name: &'static str, value: &HeaderValue| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = if name == "referer" { masked(&value) } else { value.into_owned() };
        (name.to_owned(), value)
    };
    KEPT.into_iter()
        .flat_map(|name| headers.get_all(name).iter().map(move |value| line(name, value)))
        .collect()
}

/// The cookies of a request, by name and value (RFC 6265, section 4.2).
pub(crate) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(axum::http::header::COOKIE)
        .iter()
        .filter_map(|line| std::str::from_utf8(line.as_bytes()).ok())
        .flat_map(|line| line.split(';'))
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}
