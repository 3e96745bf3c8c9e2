//! What each kind of page answers.
//!
//! `authorize.rs` has the two OAuth endpoints, `html.rs` the documents; `respond.rs` puts the
//! declared header lines around whatever comes out of here.

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use serde_json::{Value, json};
use url::Url;

use crate::action::Credentials;
use crate::authorize::{authorize, token};
use crate::html::{self, Config, Document};
use crate::oauth::Params;
use crate::page::{Action, Page, PageUrl, Redirect, Serve};
use crate::respond::cookies;
use crate::stage::Staged;

const USER: &str = "{\"user\":\"ada\",\"id\":1}";
const SCRIPT: &str = "globalThis.__coopwrightScriptRan = true;\n";
const STYLE: &str = ":root { --coopwright-style: applied; }\n";
const WORKER: &str = "onmessage = (event) => postMessage({ answer: event.data });\n";
const PIXELS: &[u8] = include_bytes!("../assets/pixels.png");

/// A request for a page of the plan.
pub(crate) struct Ask<'a> {
    pub(crate) staged: &'a Staged,
    pub(crate) url: &'a PageUrl,
    pub(crate) page: &'a Page,
    /// Number of the exchange.
    pub(crate) id: u64,
    pub(crate) method: &'a Method,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Ask<'_> {
    /// The parameters of the query.
    pub(crate) fn query(&self) -> Params {
        Params::parse(self.query.unwrap_or_default().as_bytes())
    }

    /// The parameters of a form body; none if the body is something else.
    pub(crate) fn form(&self) -> Params {
        const FORM: &[u8] = b"application/x-www-form-urlencoded";
        let is_form = self.headers.get(CONTENT_TYPE).is_some_and(|kind| {
            let essence = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
            essence.trim_ascii().eq_ignore_ascii_case(FORM)
        });
        Params::parse(if is_form { self.body } else { b"" })
    }

    /// The status that the plan gives the page, or this one.
    fn status_or(&self, default: u16) -> u16 {
        self.page.status.unwrap_or(default)
    }

    /// A document of this page, with the status that the plan gives.
    pub(crate) fn document(&self, document: &Document) -> Answer {
        Answer::html(self.status_or(200), html::render(document, &Config::new(self)))
    }
}

/// A response before header lines are put around it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Header lines that hold where the plan does not declare the same name.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    /// No body and no header line.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// A line of plain text.
    pub(crate) fn text(status: u16, text: &'static str) -> Self {
        Self::of_type(status, "text/plain; charset=utf-8", text)
    }

    /// A document.
    pub(crate) fn html(status: u16, html: String) -> Self {
        Self::of_type(status, "text/html; charset=utf-8", html)
    }

    /// A JSON value.
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::of_type(status, "application/json", value.to_string())
    }

    /// A redirect.
    pub(crate) fn redirect(status: u16, to: impl Into<String>) -> Self {
        Self::empty(status).not_stored().with("Location", to.into())
    }

    /// The refusal of a method (RFC 9110, section 15.5.6).
    pub(crate) fn wrong_method(allowed: &str) -> Self {
        Self::text(405, "method not allowed\n").with("Allow", allowed.to_owned())
    }

    fn of_type(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..Self::empty(status) }
            .with("Content-Type", content_type.to_owned())
            .not_stored()
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Every visit must reach the server: a cached answer would be missing in the log.
    fn not_stored(self) -> Self {
        self.with("Cache-Control", "no-store".to_owned())
    }
}

/// Answers a request for a page.
pub(crate) async fn answer(ask: &Ask<'_>) -> Answer {
    let serve = ask.page.serve.as_ref().unwrap_or(&Serve::Blank);
    let asset = |body: &'static [u8]| {
        Answer::of_type(ask.status_or(200), serve.media_type().unwrap_or_default(), body)
    };
    match serve {
        Serve::Blank => ask.document(&html::blank(ask.url)),
        Serve::Html(body) => ask.document(&html::custom(ask.url, body)),
        Serve::App => ask.document(&html::app()),
        Serve::Authorize(options) => authorize(ask, options),
        Serve::Token => token(ask),
        Serve::Callback(options) => ask.document(&html::callback(options)),
        Serve::LoginRecord => login_record(ask).await,
        Serve::Payment => ask.document(&html::payment()),
        Serve::Dashboard => ask.document(&html::dashboard()),
        Serve::Sso => ask.document(&html::sso()),
        Serve::Json(options) => {
            let body = options.body.clone().unwrap_or_else(|| USER.to_owned());
            Answer::of_type(ask.status_or(200), "application/json", body)
        }
        Serve::Action(options) => action(ask, options),
        Serve::Redirect(options) => redirect(ask, options),
        Serve::Image => asset(PIXELS),
        Serve::Script => asset(SCRIPT.as_bytes()),
        Serve::Style => asset(STYLE.as_bytes()),
        Serve::Worker => asset(WORKER.as_bytes()),
        // Whoever awaits this gives up when the stage is taken off.
        Serve::Hang => std::future::pending().await,
    }
}

/// POST stores the result of a login under its `state`; GET waits for it and takes it out.
async fn login_record(ask: &Ask<'_>) -> Answer {
    let key = |state: &str| (ask.url.to_string(), state.to_owned());
    let missing = || Answer::json(400, &json!({ "error": "state is missing" }));
    match *ask.method {
        Method::POST => {
            let result: Value = serde_json::from_slice(ask.body).unwrap_or_default();
            let Some(state) = result["state"].as_str().map(key) else { return missing() };
            ask.staged.records.store(state, result);
            Answer::empty(204).not_stored()
        }
        Method::GET => {
            let query = ask.query();
            let Some(state) = query.get("state").map(key) else { return missing() };
            match ask.staged.records.take(&state).await {
                Some(result) => Answer::json(200, &result),
                None => Answer::empty(204).not_stored(),
            }
        }
        _ => Answer::wrong_method("GET, POST"),
    }
}

/// POST, PUT, PATCH and DELETE act if the credentials suffice; anything else hands out the CSRF
/// token of the session.
fn action(ask: &Ask<'_>, options: &Action) -> Answer {
    let deeds = &ask.staged.deeds;
    let session = cookies(ask.headers).find(|(name, _)| *name == "session").map(|(_, value)| value);
    if ![Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(ask.method) {
        return Answer::json(200, &json!({ "csrf": deeds.csrf_token(session) }));
    }
    let form = ask.form();
    let header = ask.headers.get("x-csrf-token").and_then(|token| token.to_str().ok());
    let shown = Credentials { session, csrf: header.or_else(|| form.get("csrf")) };
    match deeds.act(ask.url.as_str(), options.requires, shown) {
        Ok(performed) => Answer::json(200, &json!({ "performed": performed })),
        Err(refusal) => Answer::json(403, &json!({ "error": refusal.to_string() })),
    }
}

/// Leads to another page, with the query of the request unless the plan gives one.
fn redirect(ask: &Ask<'_>, options: &Redirect) -> Answer {
    let to = ask.staged.url(&options.to).expect("a checked plan has the site of every redirect");
    let mut to = Url::parse(&to).expect("an origin and a path make a URL");
    if to.query().is_none() {
        to.set_query(ask.query);
    }
    Answer::redirect(ask.status_or(302), to)
}
