//! Real browsers on a lane: what is rewritten acts in them, on real names and on made-up ones.
//!
//! A browser that is not installed fails its test: what it does on a lane cannot be told without it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::support::*;
use coopwright::browser::{Browser, ByProxy, Endpoint, Session, Settings, locate};
use coopwright::proxy::{Entry, Exchange, Lane, LanePlan, Proxy, Report, Route};
use coopwright::rollout::Kind;
use coopwright::upstream::{self, Upstream};
use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};

/// Tells its server once it is shown, by the number in its address.
const PAGE: &str = "<!doctype html><title>page</title><script src=/script.js></script><p>here\
     <script>onload = () => fetch('/shown' + location.search)</script>";

/// Tells the opener's server whether the opener is there.
const POPUP: &str = "<!doctype html><script>fetch('/told?' + (opener ? 'kept' : 'cut'))</script>";

/// How often each path was asked for.
type Counts = Arc<Mutex<HashMap<String, usize>>>;

/// A site with pages, a script that may be cached, redirects and a service worker.
async fn pages(
    request: Request<Incoming>,
    counts: Counts,
    auth: Arc<Mutex<String>>,
) -> Response<AnyBody> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default();
    *counts.lock().unwrap().entry(format!("{path}?{query}")).or_default() += 1;
    let (content_type, text) = match path.as_str() {
        "/script.js" | "/worker.js" => ("text/javascript", "self.here = true".to_owned()),
        "/popup" => ("text/html", POPUP.to_owned()),
        "/reports" => ("text/html", format!("{PAGE}<img src={}/picture>", auth.lock().unwrap())),
        _ => ("text/html", PAGE.to_owned()),
    };
    let mut response = Response::new(full(text));
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(content_type));
    if path == "/script.js" {
        headers.insert("cache-control", HeaderValue::from_static("max-age=3600"));
    }
    let next = match path.as_str() {
        "/redirect" => Some(format!("{}/hop?{query}", auth.lock().unwrap())),
        "/hop" => Some(format!("/end?{query}")),
        _ => None,
    };
    if let Some(next) = next {
        headers.insert("location", next.parse().unwrap());
        *response.status_mut() = StatusCode::FOUND;
    }
    response
}

/// All that a browser meets.
struct World {
    app: String,
    auth: String,
    plain: String,
    socket: String,
    secure_socket: String,
    counts: Counts,
    lane: Lane,
    proxy: Proxy,
    _sites: Vec<Site>,
}

async fn world() -> World {
    let ca = TestCa::new();
    let counts = Counts::default();
    let auth = Arc::new(Mutex::new(String::new()));
    let site = |tls| {
        let (counts, auth) = (counts.clone(), auth.clone());
        Site::http(tls, move |request| pages(request, counts.clone(), auth.clone()))
    };
    let tls = |name: &str| Some(acceptor(ca.leaf(name), &["h2", "http/1.1"]));
    let app_site = site(tls("app.localhost")).await;
    let auth_site = site(tls("auth.localhost")).await;
    let plain_site = site(None).await;
    let echo_site = echo(None).await;
    let secure_echo_site = echo(tls("app.localhost")).await;
    let app = format!("https://app.localhost:{}", app_site.port());
    let auth_origin = format!("https://auth.localhost:{}", auth_site.port());
    auth.lock().unwrap().clone_from(&auth_origin);
    let plain = format!("http://app.localhost:{}", plain_site.port());
    let named = |name: &str, origin: &str| (name.to_owned(), origin.to_owned());
    let made_up = |origin: &str| Route {
        origin: origin.to_owned(),
        to: plain_site.address,
        host: format!("app.localhost:{}", plain_site.port()),
    };
    let isolate = "  - path: /isolated\n    set:\n      Cross-Origin-Opener-Policy: same-origin\n      \
                   Cross-Origin-Embedder-Policy: require-corp\n  \
                   - path: /cuts\n    set: { Cross-Origin-Opener-Policy: same-origin }\n  \
                   - path: /reports\n    set:\n      Reporting-Endpoints: 'd=\"/__coopwright/reports\"'\n      \
                   Cross-Origin-Embedder-Policy-Report-Only: 'require-corp; report-to=\"d\"'\n";
    let plan = LanePlan {
        sites: vec![
            named("app", &app),
            named("auth", &auth_origin),
            named("plain", &plain),
            named("made-up", "https://app.example.com"),
            named("insecure", "http://plain.example.com"),
        ],
        routes: vec![made_up("https://app.example.com"), made_up("http://plain.example.com")],
        rules: rules(isolate),
        mix: None,
        collect: true,
    };
    let settings = upstream::Settings { ca: vec![ca.pem()], ..upstream::Settings::default() };
    let proxy = Proxy::new(Upstream::new(&settings).unwrap()).unwrap();
    let lane = proxy.lane(plan).await.unwrap();
    World {
        app,
        auth: auth_origin,
        plain,
        socket: format!("ws://app.localhost:{}/", echo_site.port()),
        secure_socket: format!("wss://app.localhost:{}/", secure_echo_site.port()),
        counts,
        lane,
        proxy,
        _sites: vec![app_site, auth_site, plain_site, echo_site, secure_echo_site],
    }
}

/// A WebSocket that sends everything back.
async fn echo(tls: Option<tokio_rustls::TlsAcceptor>) -> Site {
    async fn talk(stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
        let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() && socket.send(message).await.is_err() {
                return;
            }
        }
    }
    Site::each(move |stream| {
        let tls = tls.clone();
        async move {
            match tls {
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        talk(stream).await;
                    }
                }
                None => talk(stream).await,
            }
        }
    })
    .await
}

impl World {
    async fn browser(&self, browser: Browser) -> Session {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let installed = Endpoint::from(locate(browser, &path).unwrap());
        let root = nix::unistd::geteuid().is_root();
        let by = ByProxy { port: self.lane.port(), authority: self.proxy.fingerprint() };
        let settings =
            Settings { headed: false, root, limit: Duration::from_secs(30), proxy: Some(by) };
        Session::start(&installed, &settings).await.unwrap()
    }

    fn asked(&self, path: &str) -> usize {
        self.counts.lock().unwrap().get(path).copied().unwrap_or_default()
    }

    fn exchanges(&self) -> Vec<Exchange> {
        let exchange = |entry| match entry {
            Entry::Exchange(exchange) => Some(*exchange),
            Entry::Report(_) => None,
        };
        self.lane.entries(0).into_iter().filter_map(exchange).collect()
    }

    /// The first report, once it is there.
    async fn report(&self) -> Report {
        within(async {
            loop {
                let entries = self.lane.entries(0);
                let seen = entries.len();
                let report = entries.into_iter().find_map(|entry| match entry {
                    Entry::Report(report) => Some(report),
                    Entry::Exchange(_) => None,
                });
                match report {
                    Some(report) => return report,
                    None => self.lane.changed(seen).await,
                }
            }
        })
        .await
    }

    /// Waits until a path was asked for more than `before` times.
    async fn told(&self, path: &str, before: usize) {
        within(async {
            while self.asked(path) <= before {
                self.lane.changed(self.lane.entries(0).len()).await;
            }
        })
        .await;
    }

    /// The documents and frames since the entry `from`.
    fn pages(&self, from: usize) -> Vec<(u16, String)> {
        let pages = self.exchanges().into_iter().skip(from);
        let pages = pages.filter(|exchange| exchange.kind == Kind::Document);
        pages.map(|exchange| (exchange.status, exchange.url)).collect()
    }
}

/// Shows a page, and waits until it tells of itself: a driver may come back early, and WebKit's never answers a
/// script that is sent while one page gives way to the next.
async fn show(world: &World, session: &Session, url: &str) -> String {
    let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
    session.goto(&format!("{url}?{number}")).await.unwrap();
    world.told(&format!("/shown?{number}"), 0).await;
    format!("?{number}")
}

static NUMBERS: AtomicUsize = AtomicUsize::new(0);

async fn value(session: &Session, expression: &str) -> Value {
    session.evaluate(&format!("return {expression}"), Vec::new()).await.unwrap()
}

/// Opens a popup from the page, and gives what it told of its opener.
async fn popup(world: &World, session: &Session, page: &str) -> &'static str {
    show(world, session, page).await;
    let before = (world.asked("/told?kept"), world.asked("/told?cut"));
    let open = format!("open('{}/popup'); return 1", world.auth);
    session.execute(&open, Vec::new()).await.unwrap();
    let told = tokio::select! {
        () = world.told("/told?kept", before.0) => "kept",
        () = world.told("/told?cut", before.1) => "cut",
    };
    let windows = session.windows().await.unwrap();
    for window in &windows[1..] {
        session.switch_to(window).await.unwrap();
        session.close_window().await.unwrap();
    }
    session.switch_to(&windows[0]).await.unwrap();
    told
}

const SOCKET: &str = "new Promise((done) => { \
     const socket = new WebSocket(arguments[0]); \
     socket.onopen = () => socket.send('hello'); \
     socket.onmessage = (event) => done(event.data); \
     socket.onerror = () => done('error'); })";

const REGISTER: &str = "navigator.serviceWorker.register('/worker.js')\
     .then(() => navigator.serviceWorker.ready).then(() => 'registered', (error) => String(error))";

async fn acts_in(browser: Browser) {
    let world = world().await;
    let session = world.browser(browser).await;

    // Headers that no site sends.
    for origin in [&world.app, &world.plain, "https://app.example.com"] {
        show(&world, &session, &format!("{origin}/isolated")).await;
        assert_eq!(value(&session, "crossOriginIsolated").await, true, "{origin}");
        show(&world, &session, &format!("{origin}/")).await;
        assert_eq!(value(&session, "crossOriginIsolated").await, false, "{origin}");
    }
    assert_eq!(popup(&world, &session, &format!("{}/cuts", world.app)).await, "cut");
    assert_eq!(popup(&world, &session, &format!("{}/", world.app)).await, "kept");

    // A made-up host without TLS is no secure context.
    show(&world, &session, "http://plain.example.com/isolated").await;
    assert_eq!(
        value(&session, "[isSecureContext, crossOriginIsolated]").await,
        json!([false, false])
    );

    // Hops are told one by one, each as what it is for.
    let from = world.exchanges().len();
    let query = show(&world, &session, &format!("{}/redirect", world.app)).await;
    assert_eq!(
        world.pages(from),
        [
            (302, format!("{}/redirect{query}", world.app)),
            (302, format!("{}/hop{query}", world.auth)),
            (200, format!("{}/end{query}", world.auth)),
        ]
    );

    // What would be blocked is reported, by the browsers that deliver such reports at all.
    if browser != Browser::Firefox {
        show(&world, &session, &format!("{}/reports", world.app)).await;
        let report = world.report().await;
        assert_eq!(report.url, format!("{}/__coopwright/reports", world.app));
        assert_eq!(report.body["type"], "coep", "{report:?}");
        let blocked = &report.body["body"]["blockedURL"];
        assert_eq!(*blocked, format!("{}/picture", world.auth), "{report:?}");
    }

    // HTTP/2 is what the browser speaks.
    show(&world, &session, &format!("{}/", world.app)).await;
    let protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol";
    // Through a proxy, WebKitGTK's network library offers HTTP/1.1 only.
    let spoken = if browser == Browser::Webkit { "http/1.1" } else { "h2" };
    assert_eq!(value(&session, protocol).await, spoken);
    let socket = |url: &str| vec![json!(url)];
    let said = session.evaluate(&format!("return {SOCKET}"), socket(&world.secure_socket)).await;
    assert_eq!(said.unwrap(), "hello");
    assert_eq!(value(&session, REGISTER).await, "registered");
    let exchanges = world.exchanges();
    let worker = exchanges.iter().find(|exchange| exchange.service_worker_script).unwrap();
    assert!(worker.url.ends_with("/worker.js"), "{worker:?}");
    assert_eq!(worker.kind, Kind::Worker);
    show(&world, &session, &format!("{}/", world.plain)).await;
    let said = session.evaluate(&format!("return {SOCKET}"), socket(&world.socket)).await;
    assert_eq!(said.unwrap(), "hello");

    // The browser's own cache works as without a lane: the script was asked for once of each site, though
    // WebKit asks again for pages that are isolated.
    let scripts = exchanges.iter().filter(|exchange| exchange.url.ends_with("/script.js"));
    let mut scripts: Vec<&str> = scripts.map(|exchange| exchange.url.as_str()).collect();
    let all = scripts.len();
    scripts.sort_unstable();
    scripts.dedup();
    assert_eq!(scripts.len(), 5, "{scripts:?}");
    assert!(all == 5 || browser == Browser::Webkit, "{all} requests for scripts");

    // Nobody else was asked for anything.
    for exchange in &exchanges {
        assert_eq!(exchange.fault, None, "{exchange:?}");
        let host = url::Url::parse(&exchange.url).unwrap().host_str().unwrap().to_owned();
        assert!(host.ends_with(".localhost") || host.ends_with(".example.com"), "{exchange:?}");
    }
    session.end().await;
}

#[tokio::test]
async fn chromium_takes_rewritten_headers_for_the_sites_own() {
    acts_in(Browser::Chromium).await;
}

#[tokio::test]
async fn firefox_takes_rewritten_headers_for_the_sites_own() {
    acts_in(Browser::Firefox).await;
}

#[tokio::test]
async fn webkit_takes_rewritten_headers_for_the_sites_own() {
    acts_in(Browser::Webkit).await;
}
