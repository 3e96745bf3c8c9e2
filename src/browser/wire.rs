//! HTTP to a WebDriver server that somebody else runs.
//!
//! Requests are sent from here, with the credentials in a header of their own, because fantoccini takes
//! them from the address, as they are encoded there, and puts them into the body of its New Session. It
//! reaches the server over a [bridge](Wire::bridge), so that it never sees them, and an answer that is no
//! WebDriver becomes an error that says so.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::UnixStream;
use url::Url;

use super::Browser;
use super::error::first_lines;

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The way to a server, for requests of our own and, over a bridge, for fantoccini's.
#[derive(Clone)]
pub(super) struct Wire {
    client: HttpClient,
    base: Url,
    authorization: Option<HeaderValue>,
    secrets: Arc<[String]>,
}

#[derive(Clone)]
enum HttpClient {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Secure(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

/// An answer of a server.
pub(super) struct Answer {
    status: StatusCode,
    body: Bytes,
    /// The value in the body; nothing if it is not of a WebDriver server.
    pub(super) value: Option<Value>,
}

impl Answer {
    /// Whether a session is not there after it was to be deleted.
    pub(super) fn is_deleted(&self) -> bool {
        let error = self.value.as_ref().and_then(|value| value.get("error")?.as_str());
        error == Some("invalid session id") || self.value.is_some() && self.status.is_success()
    }
}

impl Wire {
    /// The way to `base`, which ends in `/`; `pair` are the credentials as basic authentication writes
    /// them, and `secrets` what is masked in all that the server says.
    ///
    /// # Errors
    /// A text, where https is asked for on a machine without certificates.
    pub(super) fn new(base: Url, pair: Option<&str>, secrets: Vec<String>) -> Result<Self, String> {
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT_LIMIT));
        http.set_nodelay(true);
        let client = if base.scheme() == "https" {
            http.enforce_http(false);
            let roots = HttpsConnectorBuilder::new().with_native_roots();
            let roots = roots.map_err(|error| {
                format!("this machine has no certificates to check {base} by: {error}")
            })?;
            let https = roots.https_only().enable_http1().wrap_connector(http);
            HttpClient::Secure(Client::builder(TokioExecutor::new()).build(https))
        } else {
            HttpClient::Plain(Client::builder(TokioExecutor::new()).build(http))
        };
        let authorization = pair.map(|pair| {
            let mut value = HeaderValue::try_from(format!("Basic {pair}"))
                .expect("base64 is made of visible characters");
            value.set_sensitive(true);
            value
        });
        Ok(Self { client, base, authorization, secrets: secrets.into() })
    }

    /// The address of the server.
    pub(super) fn base(&self) -> &str {
        self.base.as_str()
    }

    /// A path below that of the server.
    pub(super) fn path(&self, below: &str) -> String {
        format!("{}{below}", self.base.path())
    }

    /// Sends a request to a path of the server. An error is a text.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Answer, String> {
        let base = &self.base;
        let uri = format!("{}{path}", &base[..url::Position::BeforePath]);
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json; charset=utf-8");
        }
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        let answer = match &self.client {
            HttpClient::Plain(client) => client.request(request).await,
            HttpClient::Secure(client) => client.request(request).await,
        };
        let answer = answer.map_err(|error| format!("cannot reach {base}: {}", causes(&error)))?;
        let status = answer.status();
        let body = answer.into_body().collect().await;
        let body = body.map_err(|error| format!("{base} broke off: {}", causes(&error)))?;
        let body = body.to_bytes();
        let value = serde_json::from_slice::<Value>(&body).ok();
        let value = value.and_then(|mut body| Some(body.get_mut("value")?.take()));
        Ok(Answer { status, body, value })
    }

    /// Why there is no session, and what to do.
    pub(super) fn refusal(&self, answer: &Answer, browser: Browser, asked: &str) -> String {
        let (base, status) = (&self.base, answer.status);
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            let given = match self.authorization {
                Some(_) => "does not accept these credentials",
                None => "asks for credentials",
            };
            return format!(
                "{base} {given} (status {status}); they are read from the environment variables \
                 COOPWRIGHT_WEBDRIVER_USER and COOPWRIGHT_WEBDRIVER_PASSWORD"
            );
        }
        let value = answer.value.as_ref();
        let Some(message) = value.and_then(|value| value.get("message")?.as_str()) else {
            return format!(
                "{base} is no WebDriver server (it answered with status {status}); the path must lead to \
                 one, as in `http://HOST:4444` or `http://HOST:4444/wd/hub`"
            );
        };
        let error = value.and_then(|value| value.get("error")?.as_str()).unwrap_or_default();
        let detail = self.masked(&first_lines(message));
        let detail = if detail.is_empty() { error.to_owned() } else { detail };
        let hint = hint(message, browser, asked);
        format!("{base} gave no session: {detail}{hint}")
    }

    /// A connector that leads to the server, whatever address it is asked for.
    pub(super) fn bridge(&self) -> impl Connect + Clone + Send + Sync + Unpin + 'static {
        let wire = self.clone();
        tower::service_fn(move |_: Uri| {
            let wire = wire.clone();
            Box::pin(async move {
                let (near, far) = UnixStream::pair()?;
                tokio::spawn(async move {
                    let forward = service_fn(|request| wire.forward(request));
                    let bridge = hyper::server::conn::http1::Builder::new();
                    // It ends with the client.
                    let _ = bridge.serve_connection(TokioIo::new(far), forward).await;
                });
                io::Result::Ok(TokioIo::new(near))
            })
        })
    }

    async fn forward(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let (status, body) = match self.send(head.method, path, body).await {
            Ok(Answer { status, body, value: Some(_) }) => (status, body),
            Ok(Answer { status, .. }) => {
                lost(&format!("{} answered with status {status}, not as WebDriver", self.base))
            }
            Err(fault) => lost(&self.masked(&fault)),
        };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Ok(response)
    }

    /// The text without what must not be shown: servers repeat what they were asked.
    pub(super) fn masked(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// The error of WebDriver that means that nothing more can be done with the session.
fn lost(message: &str) -> (StatusCode, Bytes) {
    let error = json!({ "error": "invalid session id", "message": message, "stacktrace": "" });
    (StatusCode::NOT_FOUND, json!({ "value": error }).to_string().into())
}

/// What helps with a refusal, as an end of its text.
fn hint(message: &str, browser: Browser, asked: &str) -> String {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["Session is already started", "Maximum number of active sessions"]) {
        "; it has one session at a time, and that is taken: end the other one, and use one worker for it \
         (`--workers 1`)"
            .to_owned()
    } else if browser.engine() == "chromium"
        && says(&["DevToolsActivePort", "failed to start", "instance exited", "no-sandbox"])
    {
        "; Chromium does not start its sandbox as root: where the driver runs as root, give \
         `--capability 'goog:chromeOptions={\"args\":[\"--no-sandbox\"]}'`"
            .to_owned()
    } else if says(&["Unable to find handler", "unknown command"]) {
        "; the path must lead to a WebDriver server, as in `http://HOST:4444` or \
         `http://HOST:4444/wd/hub`"
            .to_owned()
    } else if says(&["match", "No nodes support", "no matching", "not supported"]) {
        format!(
            "; it was asked for browserName `{asked}`: `--browser` names another browser, `--capability` \
             asks for it in another way"
        )
    } else {
        String::new()
    }
}

/// What an error says with all its causes.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    // hyper's own first words say nothing more.
    if texts.len() > 1 && texts[0].starts_with("client error") {
        texts.remove(0);
    }
    texts.dedup();
    texts.join(": ")
}
