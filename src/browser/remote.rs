//! A WebDriver server that somebody else runs: what is asked of it, and the sessions held there.
//!
//! Every session is counted from the request on until the server has confirmed its end, and its end is
//! asked for however it comes: by a task of its own, so that nobody's giving up leaves a browser behind.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use hyper::body::Bytes;
use hyper_util::client::legacy::connect::Connect;
use serde_json::{Map, Value, json};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use url::Url;

use super::session::Settings;
use super::wire::Wire;
use super::{Browser, chromium, firefox, webkit};

/// How long the first session may take: it may have to wait in a Grid's queue.
const QUEUE_LIMIT: Duration = Duration::from_secs(120);

/// How long the deletion of a session may take once no command is under way, for which drivers wait;
/// Firefox needs seconds for it on a busy machine.
const DELETE_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait at the end for sessions that are still being opened or deleted.
const SETTLE_LIMIT: Duration = Duration::from_secs(15);

/// A browser at a WebDriver server that is already there: a driver, or a Selenium Grid.
#[derive(Clone)]
pub struct Remote {
    /// Which browser is asked of it.
    pub browser: Browser,
    /// Without user and password, and with a path that ends in `/`.
    url: Url,
    credentials: Option<Credentials>,
    /// Added to what coopwright asks for.
    capabilities: Map<String, Value>,
    fixtures: Option<Fixtures>,
    held: Arc<watch::Sender<usize>>,
}

/// Who we are to a WebDriver server. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// Where the fixture server is for a browser on another machine: it is that browser's HTTP proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixtures {
    /// A host name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Fixtures {
    /// Host and port, as in a URL.
    #[must_use]
    pub fn authority(&self) -> String {
        let Self { host, port } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// What is wrong with the address of a WebDriver server. The address itself may hold a password, so it is
/// not part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// Not http or https.
    #[error("it does not begin with `http://` or `https://`")]
    Scheme,
    /// No URL.
    #[error("it is no URL: {0}")]
    Syntax(#[from] url::ParseError),
    /// A query or a fragment.
    #[error("it has a query or a fragment, which no WebDriver server has")]
    Query,
}

impl Remote {
    /// A browser at this address. A user and a password in it count before `credentials`. Capabilities of
    /// one name are joined.
    ///
    /// # Errors
    /// When the address is none of a WebDriver server.
    pub fn new(
        browser: Browser,
        url: &str,
        credentials: Option<Credentials>,
        capabilities: &[(String, Value)],
    ) -> Result<Self, UrlFault> {
        // `localhost:4444` would be an URL with a scheme of that name.
        let lower = url.to_ascii_lowercase();
        if !lower.starts_with("http://") && !lower.starts_with("https://") {
            return Err(UrlFault::Scheme);
        }
        let mut url = Url::parse(url)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(UrlFault::Query);
        }
        let own = (!url.username().is_empty() || url.password().is_some()).then(|| Credentials {
            user: decoded(url.username()),
            password: decoded(url.password().unwrap_or_default()),
        });
        let _ = url.set_username("");
        let _ = url.set_password(None);
        // The last segment would be replaced, not followed.
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let mut joined = json!({});
        for (name, value) in capabilities {
            merge(&mut joined, json!({ name: value }));
        }
        let capabilities = match joined {
            Value::Object(joined) => joined,
            _ => Map::new(),
        };
        let held = Arc::new(watch::Sender::new(0));
        let credentials = own.or(credentials);
        Ok(Self { browser, url, credentials, capabilities, fixtures: None, held })
    }

    /// The address, without user and password.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Where the browser there finds the fixture server; nothing if it is taken to be on this machine.
    #[must_use]
    pub fn fixtures(&self) -> Option<&Fixtures> {
        self.fixtures.as_ref()
    }

    /// Lets the browser there take the fixture server for its proxy.
    pub fn reach_fixtures_at(&mut self, fixtures: Fixtures) {
        self.fixtures = Some(fixtures);
    }

    /// What is asked of the server.
    fn wanted(&self, settings: &Settings) -> Value {
        // Who runs the browser there is not known here: whoever needs `--no-sandbox` says so.
        let settings = Settings { root: false, ..*settings };
        let (mut wanted, proxy): (_, fn(&Fixtures) -> Value) = match self.browser {
            Browser::Chromium | Browser::ChromiumHeadlessShell => {
                (chromium::capabilities(None, &settings), chromium::proxied)
            }
            Browser::Firefox => (firefox::capabilities(None, &settings), firefox::proxied),
            Browser::Webkit => (webkit::capabilities(None, &settings), webkit::proxied),
        };
        if let Some(fixtures) = &self.fixtures {
            merge(&mut wanted, proxy(fixtures));
        }
        if self.browser == Browser::ChromiumHeadlessShell {
            // Here it is known by its executable.
            wanted["browserName"] = json!("chrome-headless-shell");
        }
        merge(&mut wanted, Value::Object(self.capabilities.clone()));
        wanted
    }

    /// Opens a session. Where nobody waits for it any more when it comes, it is deleted at once.
    ///
    /// # Errors
    /// A text that says what the server said, and what to look at.
    pub(super) async fn open(&self, settings: &Settings) -> Result<Opened, String> {
        let wire = self.wire()?;
        let (wanted, browser, lease) = (self.wanted(settings), self.browser, self.lease());
        let limit = settings.limit + DELETE_LIMIT;
        let (send, receive) = oneshot::channel();
        tokio::spawn(async move {
            let opened = new_session(wire, browser, &wanted, lease, limit).await;
            // What was not taken is dropped, and a session that is dropped is deleted.
            drop(send.send(opened));
        });
        let url = &self.url;
        match tokio::time::timeout(QUEUE_LIMIT, receive).await {
            Ok(Ok(opened)) => opened,
            Ok(Err(_)) => Err("the request was given up".to_owned()),
            Err(_) => Err(format!(
                "{url} gave no session within {} s; a Selenium Grid waits in silence while all its places \
                 are taken, or if no node of it offers what is asked for: look at {url}status (a Grid \
                 that is started with `--reject-unsupported-caps true` says so at once)",
                QUEUE_LIMIT.as_secs(),
            )),
        }
    }

    /// Waits until all sessions are deleted, but not for ever; gives the number of those that may be left.
    pub(super) async fn settle(&self) -> usize {
        let mut held = self.held.subscribe();
        let none = held.wait_for(|held| *held == 0);
        let _ = tokio::time::timeout(SETTLE_LIMIT, none).await;
        *self.held.borrow()
    }

    fn wire(&self) -> Result<Wire, String> {
        let pair =
            self.credentials.as_ref().map(|Credentials { user, password }| basic(user, password));
        Wire::new(self.url.clone(), pair.as_deref(), secrets(self))
    }

    fn lease(&self) -> Lease {
        self.held.send_modify(|held| *held += 1);
        Lease(Arc::clone(&self.held))
    }
}

impl fmt::Debug for Remote {
    /// Capabilities may hold keys of a Grid's owner, so only their names are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("browser", &self.browser)
            .field("url", &self.url.as_str())
            .field("capabilities", &self.capabilities.keys().collect::<Vec<_>>())
            .field("fixtures", &self.fixtures)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(not shown)")
    }
}

/// Stands for a session that is asked for or there; counted until it is dropped.
#[derive(Debug)]
struct Lease(Arc<watch::Sender<usize>>);

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.send_modify(|held| *held -= 1);
    }
}

/// A session that the server has opened.
#[derive(Debug)]
pub(super) struct Opened {
    /// The browser's version.
    pub(super) version: String,
    pub(super) held: Held,
}

/// A session at the server. It is deleted when this is dropped, if not before.
#[derive(Debug)]
pub(super) struct Held {
    wire: Wire,
    id: String,
    /// The longest time for its deletion.
    limit: Duration,
    lease: Option<Lease>,
}

impl Held {
    /// The session's name.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The address that fantoccini is given, and what leads it to the server.
    pub(super) fn bridge(&self) -> (String, impl Connect + Clone + Send + Sync + Unpin + 'static) {
        // The name is never looked up: the bridge is the only way.
        (format!("http://webdriver.invalid{}", self.wire.path("")), self.wire.bridge())
    }

    /// Deletes the session, and waits for it to be gone.
    pub(super) async fn end(mut self) {
        if let Some(deleting) = self.delete() {
            let _ = deleting.await;
        }
    }

    /// Begins to delete it, if that was not begun before.
    fn delete(&mut self) -> Option<JoinHandle<()>> {
        let lease = self.lease.take()?;
        let (wire, id, limit) = (self.wire.clone(), self.id.clone(), self.limit);
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        Some(runtime.spawn(async move {
            let path = wire.path(&format!("session/{id}"));
            let deleting = wire.send(Method::DELETE, &path, Bytes::new());
            match tokio::time::timeout(limit, deleting).await {
                Ok(Ok(answer)) if answer.is_deleted() => drop(lease),
                // It stays counted: it may be there still.
                _ => std::mem::forget(lease),
            }
        }))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.delete();
    }
}

/// Opens a session.
async fn new_session(
    wire: Wire,
    browser: Browser,
    wanted: &Value,
    lease: Lease,
    limit: Duration,
) -> Result<Opened, String> {
    let body = json!({ "capabilities": { "alwaysMatch": wanted, "firstMatch": [{}] } });
    let answer = wire.send(Method::POST, &wire.path("session"), body.to_string().into()).await?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(ToOwned::to_owned);
    let value = answer.value.as_ref();
    let Some(id) = text(value.and_then(|value| value.get("sessionId"))) else {
        let asked = wanted["browserName"].as_str().unwrap_or_default();
        return Err(wire.refusal(&answer, browser, asked));
    };
    // From here on the session is deleted whatever happens.
    let held = Held { wire, id, limit, lease: Some(lease) };
    let granted = value.and_then(|value| value.get("capabilities"));
    let granted = |name: &str| text(granted.and_then(|granted| granted.get(name)));
    if let Some(name) = granted("browserName")
        && !browser.may_be_called(&name)
    {
        let base = held.wire.base().to_owned();
        held.end().await;
        return Err(format!(
            "{base} gave a `{name}`; `--browser` says which browser is asked of it"
        ));
    }
    let version = granted("browserVersion").unwrap_or_else(|| "of unknown version".to_owned());
    Ok(Opened { version, held })
}

/// The texts that must not be shown, the longest first.
fn secrets(remote: &Remote) -> Vec<String> {
    fn collect(name: &str, value: &Value, secrets: &mut Vec<String>) {
        const TELLING: [&str; 5] = ["key", "token", "password", "secret", "auth"];
        let name = name.to_ascii_lowercase();
        match value {
            Value::String(text) if TELLING.iter().any(|word| name.contains(word)) => {
                secrets.push(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| collect(&name, item, secrets)),
            Value::Object(map) => map.iter().for_each(|(name, item)| collect(name, item, secrets)),
            _ => {}
        }
    }
    let mut secrets = Vec::new();
    if let Some(Credentials { user, password }) = &remote.credentials {
        secrets.extend([user.clone(), password.clone()]);
        secrets.push(basic(user, password));
    }
    for (name, value) in &remote.capabilities {
        collect(name, value, &mut secrets);
    }
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

/// User and password as HTTP's basic authentication writes them.
fn basic(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}

/// A part of an address without its percent-encoding.
fn decoded(text: &str) -> String {
    // Only `+` means something else in a form than in an address.
    let pair = format!("={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// Puts `more` into `into`: objects are joined, lists are made longer, all else is replaced.
fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (name, value) in more {
                match into.get_mut(&name) {
                    Some(old) => merge(old, value),
                    None => drop(into.insert(name, value)),
                }
            }
        }
        (Value::Array(into), Value::Array(more)) => into.extend(more),
        (into, more) => *into = more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(url: &str) -> Result<Remote, UrlFault> {
        Remote::new(Browser::Chromium, url, None, &[])
    }

    #[test]
    fn an_address_ends_in_a_slash_and_holds_no_password() {
        let remote = remote("http://ann:p%40ss+%26=x@host:4444/wd/hub").unwrap();
        assert_eq!(remote.url(), "http://host:4444/wd/hub/");
        let Credentials { user, password } = remote.credentials.clone().unwrap();
        assert_eq!((user.as_str(), password.as_str()), ("ann", "p@ss+&=x"));
        let shown = format!("{remote:?} {:?}", remote.credentials);
        assert!(!shown.contains("p@ss") && !shown.contains("ann"), "{shown}");
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        for (url, fault) in [
            ("localhost:4444", UrlFault::Scheme),
            ("127.0.0.1:4444", UrlFault::Scheme),
            ("ws://host", UrlFault::Scheme),
            ("http://", UrlFault::Syntax(url::ParseError::EmptyHost)),
            ("http://host:port", UrlFault::Syntax(url::ParseError::InvalidPort)),
            ("http://host/?key=1", UrlFault::Query),
        ] {
            assert_eq!(remote(url).unwrap_err(), fault, "{url}");
        }
    }

    #[test]
    fn capabilities_are_joined_in_depth() {
        let args = json!({ "args": ["--lang=de"] });
        let prefs = json!({ "args": ["--mute-audio"], "prefs": { "a": 1 } });
        let given = [
            ("browserVersion".to_owned(), json!("150")),
            ("goog:chromeOptions".to_owned(), args),
            ("goog:chromeOptions".to_owned(), prefs),
        ];
        let mut remote = Remote::new(Browser::Chromium, "http://host", None, &given).unwrap();
        remote.reach_fixtures_at(Fixtures { host: "::1".to_owned(), port: 8080 });
        let limit = Duration::from_secs(1);
        let wanted = remote.wanted(&Settings { headed: true, root: true, limit, proxy: None });
        assert_eq!(wanted["browserVersion"], "150");
        assert_eq!(wanted["browserName"], "chrome");
        let options = &wanted["goog:chromeOptions"];
        let args = options["args"].as_array().unwrap();
        assert!(args.contains(&json!("--lang=de")), "{args:?}");
        assert!(args.contains(&json!("--mute-audio")), "{args:?}");
        assert!(args.contains(&json!("--proxy-server=http=[::1]:8080")), "{args:?}");
        assert!(!args.contains(&json!("--no-sandbox")), "root here is not root there: {args:?}");
        assert_eq!(options["prefs"]["a"], 1);
        assert_eq!(options["prefs"]["session.restore_on_startup"], 4);
        assert!(options.get("binary").is_none());
    }

    #[test]
    fn secrets_are_masked_in_what_a_server_says() {
        let options = json!({ "accessKey": "abc123", "name": "build" });
        let given = [("cloud:options".to_owned(), options)];
        let url = "http://ann:hunter2@host";
        let remote = Remote::new(Browser::Chromium, url, None, &given).unwrap();
        let wire = remote.wire().unwrap();
        let said = wire.masked("no {accessKey: abc123, name: build} for ann:hunter2");
        assert_eq!(said, "no {accessKey: ***, name: build} for ***:***");
    }
}
