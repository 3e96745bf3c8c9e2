//! The HTTP side: pages, what they ask for, and the drivers of runs.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use futures_util::stream::{self, Stream};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::exercises::{self, Exercise};
use super::lessons::{self, Headers, Wrong};
use super::playground;
use super::run::{Run, Visiting};
use crate::scenario::Unit;
use crate::suite::{Suite, SuiteError};

/// How many runs there may be at once.
const MOST_RUNS: usize = 64;
/// A run that nobody looks at for so long is ended.
const IDLE: Duration = Duration::from_secs(10 * 60);

#[derive(RustEmbed)]
#[folder = "src/demo/assets"]
struct Assets;

/// The site, bound and ready to be served.
#[derive(Debug)]
pub struct Site {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// The site could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The port cannot be had.
    #[error("cannot listen on {address}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The built-in scenarios have faults.
    #[error(transparent)]
    Suite(#[from] SuiteError),
}

#[derive(Debug)]
struct Shared {
    suite: Suite,
    address: SocketAddr,
    /// By a name that nobody guesses.
    runs: Mutex<HashMap<String, Arc<Run>>>,
}

impl Site {
    /// Takes a port at an address; 0 stands for any that is free.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn bind(host: IpAddr, port: u16) -> Result<Self, SiteError> {
        let address = SocketAddr::from((host, port));
        let fault = |source| SiteError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        let shared = Shared { suite: Suite::builtin()?, address, runs: Mutex::default() };
        Ok(Self { listener, address, shared: Arc::new(shared) })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves it until `end` resolves.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, end: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let router = router(Arc::clone(&self.shared));
        let ended = async move {
            end.await;
            // Their streams of events would go on as long as somebody listens.
            for (_, run) in shared.runs().drain() {
                run.stop();
            }
        };
        axum::serve(self.listener, router).with_graceful_shutdown(ended).await
    }
}

fn router(shared: Arc<Shared>) -> Router {
    let api = Router::new()
        .route("/api/lessons", get(lesson_list))
        .route("/api/lessons/{name}", get(lesson))
        .route("/api/exercises", get(exercise_list))
        .route("/api/exercises/{name}", get(exercise))
        .route("/api/runs", post(begin))
        .route("/api/runs/{run}/events", get(events))
        .route("/api/runs/{run}", axum::routing::delete(end))
        .route("/api/predict", post(predict))
        .route("/api/scenario", post(scenario))
        .fallback(asset)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), admit));
    Router::new()
        // The runner of this process asks here, so no page can.
        .route("/driver/{run}/{*path}", any(drive))
        .merge(api)
        .with_state(shared)
}

async fn admit(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match refused(request.headers(), shared.address.port()) {
        Some((status, words)) => (status, words).into_response(),
        None => next.run(request).await,
    }
}

/// Refuses names that somebody points at this machine (DNS rebinding), and what pages of other origins send.
fn refused(headers: &HeaderMap, port: u16) -> Option<(StatusCode, &'static str)> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST).unwrap_or_default();
    let name = host.strip_suffix(&format!(":{port}")).unwrap_or(host);
    let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    if !is_address && name != "localhost" {
        return Some((StatusCode::MISDIRECTED_REQUEST, "this is coopwright on localhost\n"));
    }
    let is_foreign = text(ORIGIN).is_some_and(|origin| origin != format!("http://{host}"));
    is_foreign.then_some((StatusCode::FORBIDDEN, "only its own pages may ask\n"))
}

async fn lesson_list(State(shared): State<Arc<Shared>>) -> Response {
    told(StatusCode::OK, &lessons::list(&shared.suite))
}

async fn lesson(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    match lessons::lesson(&shared.suite, &name) {
        Some(lesson) => told(StatusCode::OK, &lesson),
        None => told(StatusCode::NOT_FOUND, &json!({ "error": "there is no such lesson" })),
    }
}

async fn exercise_list() -> Response {
    told(StatusCode::OK, &exercises::list())
}

async fn exercise(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    match exercises::named(&name) {
        Some(exercise) => told(StatusCode::OK, &exercise.told(&shared.suite)),
        None => told(StatusCode::NOT_FOUND, &json!({ "error": "there is no such exercise" })),
    }
}

/// What is to be played.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    lesson: Option<String>,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    headers: Headers,
    #[serde(default)]
    exercise: Option<String>,
    #[serde(default)]
    playground: Option<playground::State>,
}

impl Shared {
    fn runs(&self) -> MutexGuard<'_, HashMap<String, Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, name: &str) -> Option<Arc<Run>> {
        self.runs().get(name).cloned()
    }

    fn wanted(&self, body: &Bytes) -> Result<Wanted, Refusal> {
        serde_json::from_slice(body).map_err(|error| {
            let place = "the request".to_owned();
            Refusal::Faults(vec![Wrong { place, message: error.to_string() }])
        })
    }

    /// What is to be played, and the exercise that it tries to solve, if it does.
    fn unit(&self, body: &Bytes) -> Result<(Unit, Option<Exercise>), Refusal> {
        let wanted = self.wanted(body)?;
        let of = |lesson: &str, variant: &str| {
            lessons::unit(&self.suite, lesson, variant, &wanted.headers)
        };
        let exercise = wanted.exercise.as_deref().and_then(exercises::named);
        let unit = match (&wanted.playground, &exercise, &wanted.lesson, &wanted.variant) {
            (Some(state), None, None, None) => Some(state.unit()),
            (None, Some(exercise), None, None) => of(&exercise.lesson, &exercise.variant),
            (None, None, Some(lesson), Some(variant)) => of(lesson, variant),
            _ => None,
        };
        match unit {
            Some(Ok(unit)) => Ok((unit, exercise)),
            Some(Err(wrong)) => Err(Refusal::Faults(wrong)),
            None => Err(Refusal::Unknown("there is no such lesson")),
        }
    }
}

async fn begin(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let (unit, exercise) = match shared.unit(&body) {
        Ok(wanted) => wanted,
        Err(refusal) => return refusal.into_response(),
    };
    shared.runs().retain(|_, run| {
        let stays = !run.is_idle(IDLE);
        if !stays {
            run.stop();
        }
        stays
    });
    if shared.runs().len() >= MOST_RUNS {
        let error = json!({ "error": "too many runs at once: end some of them" });
        return told(StatusCode::SERVICE_UNAVAILABLE, &error);
    }
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = format!("{:032x}", rand::random::<u128>());
    let driver = format!("http://{}/driver/{name}/", reachable(shared.address));
    match Run::begin(unit, exercise, &Visiting::of(agent), &driver).await {
        Ok(run) => {
            let answer = json!({ "run": name, "open": run.open });
            shared.runs().insert(name, Arc::new(run));
            told(StatusCode::CREATED, &answer)
        }
        Err(error) => {
            told(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": error.to_string() }))
        }
    }
}

/// The address at which this process reaches what listens there.
fn reachable(listens: SocketAddr) -> SocketAddr {
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::from((ip, listens.port()))
}

async fn end(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> StatusCode {
    let ended = shared.runs().remove(&name);
    if let Some(run) = ended {
        run.stop();
    }
    StatusCode::NO_CONTENT
}

async fn events(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let states = stream::unfold(Some(Value::Null), move |before| {
        let (shared, name) = (Arc::clone(&shared), name.clone());
        async move {
            let before = before?;
            let Some(run) = shared.run(&name) else {
                return Some((Event::default().json_data(gone()), None));
            };
            let state = tokio::select! {
                biased;
                state = run.next_state(&before) => state,
                () = run.stopped() => return Some((Event::default().json_data(gone()), None)),
            };
            let event = Event::default().json_data(&state);
            Some((event, Some(state)))
        }
    });
    Sse::new(states).keep_alive(KeepAlive::default())
}

/// The state of a run that is no more.
fn gone() -> Value {
    json!({ "phase": "gone", "ask": null, "error": null, "unit": null, "check": null })
}

async fn predict(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    match shared.unit(&body) {
        Ok((unit, _)) => told(StatusCode::OK, &lessons::predictions(&unit)),
        Err(refusal) => refusal.into_response(),
    }
}

async fn scenario(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let wanted = match shared.wanted(&body) {
        Ok(wanted) => wanted,
        Err(refusal) => return refusal.into_response(),
    };
    let Some(state) = wanted.playground else {
        return Refusal::Unknown("only the playground is saved").into_response();
    };
    match state.unit() {
        Ok(_) => ([(CONTENT_TYPE, "text/yaml; charset=utf-8")], state.scenario()).into_response(),
        Err(wrong) => Refusal::Faults(wrong).into_response(),
    }
}

async fn drive(
    State(shared): State<Arc<Shared>>,
    Path((name, path)): Path<(String, String)>,
    method: Method,
    body: Bytes,
) -> Response {
    let Some(run) = shared.run(&name) else {
        let (status, value) = ended();
        return told(status, &value);
    };
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (status, value) = tokio::select! {
        answer = run.driver.answer(&method, &path, &body) => answer,
        // What was asked of the visitor is not waited for.
        () = run.stopped() => ended(),
    };
    told(status, &value)
}

/// The answer of a driver whose run is over (WebDriver, section 6.6).
fn ended() -> (StatusCode, Value) {
    let value =
        json!({ "error": "invalid session id", "message": "the run is over", "stacktrace": "" });
    (StatusCode::NOT_FOUND, json!({ "value": value }))
}

/// Nothing comes from anywhere else, and nobody frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

async fn asset(request: Request) -> Response {
    let path = request.uri().path();
    let name = match path.strip_prefix("/assets/") {
        Some(name) => name,
        // Pages have addresses of their own, and one shell.
        None if !path.starts_with("/api/") => "index.html",
        None => "",
    };
    let Some(file) = Assets::get(name) else {
        return (StatusCode::NOT_FOUND, "there is nothing here\n").into_response();
    };
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let lines = [
        (CONTENT_TYPE.as_str(), kind),
        ("cache-control", "no-cache"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", POLICY),
    ];
    (lines, file.data.into_owned()).into_response()
}

fn told(status: StatusCode, value: &Value) -> Response {
    let lines = [(CONTENT_TYPE, "application/json")];
    (status, lines, value.to_string()).into_response()
}

/// Why something is not done.
enum Refusal {
    /// There is no such thing.
    Unknown(&'static str),
    /// What was given is wrong.
    Faults(Vec<Wrong>),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown(error) => told(StatusCode::NOT_FOUND, &json!({ "error": error })),
            Self::Faults(wrong) => {
                let told_of =
                    |wrong: &Wrong| json!({ "where": wrong.place, "message": wrong.message });
                let faults: Vec<Value> = wrong.iter().map(told_of).collect();
                told(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "faults": faults }))
            }
        }
    }
}
