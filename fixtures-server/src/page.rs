//! What a stage serves, as plain data: sites, pages, raw header lines.
//!
//! These types are also the `sites:` and `pages:` of a scenario file, so their serde form and their
//! doc comments are what people read in the JSON Schema.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A named origin of a stage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Site {
    /// Name of the site of which this one is a sub-domain: same-site, but cross-origin. Without it
    /// the site is cross-site with every other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subdomain_of: Option<String>,
    /// The origin under which browsers know the site, e.g. `https://app.example.com` or
    /// `http://app.example.com`, in place of a name below `localhost`. They reach it by a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Site {
    /// The declared origin as browsers serialise it (HTML, "ASCII serialisation of an origin"): without
    /// a default port.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn declared_origin(&self) -> Result<Option<String>, String> {
        let Some(text) = &self.origin else { return Ok(None) };
        let fault = || format!("`{text}` is no origin: write `https://HOST` or `http://HOST:PORT`");
        let url = url::Url::parse(text).map_err(|_| fault())?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let has_user = !url.username().is_empty() || url.password().is_some();
        if !matches!(url.scheme(), "http" | "https") || !is_bare || has_user {
            return Err(fault());
        }
        Ok(Some(url.origin().ascii_serialization()))
    }
}

/// A page of a site by `site:/path`, e.g. `app:/callback`. A query may follow.
///
/// The text is kept as written; [`PageUrl::site`] and [`PageUrl::path_and_query`] take it apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(transparent)]
#[serde(transparent)]
pub struct PageUrl(#[schemars(regex(pattern = r"^[a-z][a-z0-9-]*:/\S*$"))] String);

/// A text that is not a [`PageUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a page: write `site:/path`, e.g. `app:/callback`")]
pub struct PageUrlError(pub String);

impl std::str::FromStr for PageUrl {
    type Err = PageUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || PageUrlError(text.to_owned());
        let (site, path) = text.split_once(":/").ok_or_else(fault)?;
        if !is_site_name(site) || path.contains(char::is_whitespace) || path.starts_with('/') {
            return Err(fault());
        }
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for PageUrl {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Display for PageUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl PageUrl {
    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the site.
    #[must_use]
    pub fn site(&self) -> &str {
        self.0.split_once(':').map_or("", |(site, _)| site)
    }

    /// Path and query, starting with `/`.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        self.0.split_once(':').map_or("/", |(_, path)| path)
    }

    /// The path alone.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path_and_query().split(['?', '#']).next().unwrap_or("/")
    }

    /// Site and path, as the keys of a plan are written.
    #[must_use]
    pub fn without_query(&self) -> &str {
        self.0.split(['?', '#']).next().unwrap_or(&self.0)
    }
}

/// A site name: a DNS label of lower-case letters, digits and hyphens that starts with a letter.
#[must_use]
pub fn is_site_name(text: &str) -> bool {
    text.len() <= 30
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Raw header lines, one `Name: value` a line, sent as written: duplicates, wrong case and
/// malformed values included. `{app}` stands for the origin of site `app`.
///
/// Only what HTTP cannot carry is refused: a name that is no token, a line break or NUL in a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct RawHeaders(pub String);

/// A fault in one line of [`RawHeaders`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct RawHeaderError {
    /// Which line of the text, from 0.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl RawHeaders {
    /// The lines as (name, value), in order; outer spaces and tabs of a value are kept.
    ///
    /// # Errors
    /// Every line that HTTP cannot carry, not only the first.
    pub fn lines(&self) -> Result<Vec<(&str, &str)>, Vec<RawHeaderError>> {
        let mut lines = Vec::new();
        let mut faults = Vec::new();
        for (line, text) in self.0.split('\n').enumerate() {
            if text.trim().is_empty() {
                continue;
            }
            let mut fault = |reason: String| faults.push(RawHeaderError { line, reason });
            let Some((name, value)) = text.split_once(':') else {
                fault(format!("`{}` has no colon: write `Name: value`", text.trim()));
                continue;
            };
            if name.is_empty() || !name.bytes().all(is_token_byte) {
                fault(format!(
                    "`{name}` is not a header name: letters, digits and hyphens, no spaces"
                ));
                continue;
            }
            if value.bytes().any(|b| matches!(b, 0..=8 | 10..=31 | 127)) {
                fault(format!(
                    "the value of `{name}` has a control character; HTTP cannot carry it"
                ));
                continue;
            }
            lines.push((name, value.strip_prefix(' ').unwrap_or(value)));
        }
        if faults.is_empty() { Ok(lines) } else { Err(faults) }
    }
}

/// A token byte of RFC 9110, section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// One page (or endpoint) of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Page {
    /// What the page is; `blank` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serve: Option<Serve>,
    /// Status of the response: 200 to 599. Default: what `serve` gives, mostly 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 200, max = 599))]
    pub status: Option<u16>,
    /// Header lines of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<RawHeaders>,
    /// How a CORS preflight (OPTIONS) is answered. Without it: 405 and no header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preflight: Option<Preflight>,
}

impl Page {
    /// This page with what `changes` gives put over it, field by field.
    #[must_use]
    pub fn with(&self, changes: &Self) -> Self {
        Self {
            serve: changes.serve.clone().or_else(|| self.serve.clone()),
            status: changes.status.or(self.status),
            headers: changes.headers.clone().or_else(|| self.headers.clone()),
            preflight: changes.preflight.clone().or_else(|| self.preflight.clone()),
        }
    }
}

/// The answer to a CORS preflight.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Preflight {
    /// Status; 204 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 200, max = 599))]
    pub status: Option<u16>,
    /// Header lines.
    #[serde(default)]
    pub headers: RawHeaders,
}

/// What a page is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Serve {
    /// A plain page.
    Blank,
    /// A page with this HTML as its body.
    Html(String),
    /// The client app: the page that starts logins and opens popups.
    App,
    /// The identity provider's authorization endpoint (RFC 6749, section 4.1, with PKCE).
    Authorize(Authorize),
    /// The identity provider's token endpoint. Sends CORS headers only if `headers` does.
    Token,
    /// The page to which the identity provider sends the code: how it hands the result on.
    Callback(Callback),
    /// The app's own backend record of a login, for polling: the callback page stores, the opener asks.
    LoginRecord,
    /// A payment page with a Pay button that reports to `window.opener` and closes itself.
    Payment,
    /// An admin dashboard that asks its opener for a context and shows it.
    Dashboard,
    /// A legacy single-sign-on page that posts a ticket to `window.opener` without a guard.
    Sso,
    /// A JSON document.
    Json(Json),
    /// An endpoint that changes state when it gets a POST, PUT, PATCH or DELETE.
    Action(Action),
    /// A redirect to another page.
    Redirect(Redirect),
    /// A small PNG image.
    Image,
    /// A script that marks that it ran.
    Script,
    /// A style sheet that marks that it was applied.
    Style,
    /// The script of a dedicated worker that answers each message.
    Worker,
    /// A response that never comes.
    Hang,
}

impl Serve {
    /// The `Content-Type` that the server sends where the plan declares none; nothing for answers
    /// without a body, or of more than one kind.
    #[must_use]
    pub fn media_type(&self) -> Option<&'static str> {
        match self {
            Self::Json(_) | Self::Token | Self::LoginRecord | Self::Action(_) => {
                Some("application/json")
            }
            Self::Image => Some("image/png"),
            Self::Script | Self::Worker => Some("text/javascript"),
            Self::Style => Some("text/css"),
            Self::Redirect(_) | Self::Hang => None,
            Self::Blank
            | Self::Html(_)
            | Self::App
            | Self::Authorize(_)
            | Self::Callback(_)
            | Self::Payment
            | Self::Dashboard
            | Self::Sso => Some("text/html; charset=utf-8"),
        }
    }
}

impl Page {
    /// Whether it is an HTML page that the server makes, with an agent in it.
    #[must_use]
    pub fn is_document(&self) -> bool {
        let html = Serve::Blank.media_type();
        self.serve.as_ref().unwrap_or(&Serve::Blank).media_type() == html
    }
}

/// How the authorization endpoint treats the visitor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Authorize {
    /// Show a consent form, or redirect at once because consent was given before.
    #[serde(default)]
    pub consent: Consent,
}

/// Whether the authorization endpoint asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// Shows a form with the buttons `#allow` and `#deny`.
    #[default]
    Ask,
    /// Redirects back with a code at once.
    Given,
}

/// How a callback page hands the result on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Callback {
    /// The way back.
    #[serde(default)]
    pub returns: Return,
    /// Whether the page closes itself when it is done.
    #[serde(default)]
    pub closes: bool,
}

/// A way for a login's result to return to the app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Return {
    /// `window.opener.postMessage(…, origin)` if there is an opener, else an error text on the page.
    #[default]
    Opener,
    /// `window.opener.postMessage(…, "*")` with no guard: throws where the opener is null.
    OpenerUnguarded,
    /// `BroadcastChannel`, keyed by `state`.
    Broadcast,
    /// A `storage` event through localStorage, keyed by `state`.
    Storage,
    /// A POST to the app's own backend, which the opener polls (see `login-record`).
    Backend,
    /// The callback is the app: the whole page was redirected, nothing to hand on.
    Redirect,
}

/// A JSON document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Json {
    /// The text that is sent, valid JSON or not. Default: a small user record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// An endpoint that changes state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Action {
    /// What a request must show before the endpoint acts.
    #[serde(default)]
    pub requires: Requires,
}

/// A server-side defence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Requires {
    /// Nothing: the endpoint acts on every request.
    #[default]
    Nothing,
    /// A session cookie (`session=…`), as browsers attach it by themselves.
    Session,
    /// The CSRF token that belongs to the session cookie (requests without one share an anonymous
    /// session), as header `X-CSRF-Token` or as form field `csrf`. GET of the same endpoint hands
    /// the token out to whoever may read the answer.
    CsrfToken,
}

/// A redirect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Redirect {
    /// Where to. The query of the request is carried over unless this has one.
    pub to: PageUrl,
}

/// Everything that one stage serves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// The sites by name.
    pub sites: IndexMap<String, Site>,
    /// The pages by `site:/path`.
    #[serde(default)]
    pub pages: IndexMap<PageUrl, Page>,
}
