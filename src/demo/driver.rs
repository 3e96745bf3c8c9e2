//! A WebDriver server (WebDriver, section 6) for a browser that nobody drives: the visitor's own. What is asked
//! of a page, the page itself does; so the runner runs a scenario there as it does anywhere else.
//!
//! Only what the runner asks for is there. What a page may not do by itself, a click that opens a popup, it
//! asks of the visitor; see `visitor.js` of the fixture server.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fixtures_server::{Gone, Visitor};
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// The key of an element (WebDriver, section 12.1, "web element identifier").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long a page may take to come, and to do what needs nobody.
const LIMIT: Duration = Duration::from_secs(20);

/// In the place of a document: one of the browser's own, which knows no answer.
const NOBODY: u64 = 0;

/// See the module.
#[derive(Debug)]
pub(super) struct Driver {
    visitor: Visitor,
    /// `browserName`, and the version.
    browser: (&'static str, String),
    /// The page that stands for `about:blank`.
    lobby: String,
    /// How long the visitor may take for what is asked of them.
    patience: Duration,
    place: Mutex<Place>,
}

/// Where commands go.
#[derive(Debug, Clone, Default)]
struct Place {
    window: Option<u64>,
    /// Documents of the frames that were entered, the innermost last.
    frames: Vec<u64>,
}

/// An error of the protocol (WebDriver, section 6.6).
#[derive(Debug)]
struct Fault(StatusCode, &'static str, String);

impl Fault {
    fn no_window() -> Self {
        Self(StatusCode::NOT_FOUND, "no such window", "the window is closed".to_owned())
    }

    fn page(detail: impl Into<String>) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, "javascript error", detail.into())
    }
}

impl From<Gone> for Fault {
    fn from(gone: Gone) -> Self {
        // Drivers have no common words for it; these are known to be taken for it.
        let words = format!("{gone}, before the unload event");
        Self(StatusCode::INTERNAL_SERVER_ERROR, "javascript error", words)
    }
}

impl Driver {
    pub(super) fn new(
        visitor: Visitor,
        browser: (&'static str, String),
        lobby: String,
        patience: Duration,
    ) -> Self {
        Self { visitor, browser, lobby, patience, place: Mutex::default() }
    }

    /// Answers a request; `path` is what follows the server's address, without a slash in front.
    pub(super) async fn answer(
        &self,
        method: &Method,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        match self.obey(method, path, body).await {
            Ok(value) => (StatusCode::OK, json!({ "value": value })),
            Err(Fault(status, error, message)) => {
                let value = json!({ "error": error, "message": message, "stacktrace": "" });
                (status, json!({ "value": value }))
            }
        }
    }

    async fn obey(&self, method: &Method, path: &str, body: &Value) -> Result<Value, Fault> {
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let get = method == Method::GET;
        let delete = method == Method::DELETE;
        match &segments[..] {
            ["session"] => {
                let (name, version) = &self.browser;
                let capabilities = json!({ "browserName": name, "browserVersion": version });
                Ok(json!({ "sessionId": "visitor", "capabilities": capabilities }))
            }
            ["session", _] | ["session", _, "timeouts"] => Ok(Value::Null),
            ["session", _, "se", "log"] => Ok(json!([])),
            ["session", _, "window", "handles"] => Ok(self.handles().await),
            ["session", _, "window"] if get => Ok(json!(self.window().await?.to_string())),
            ["session", _, "window"] if delete => self.close().await,
            ["session", _, "window"] => {
                self.switch(body["handle"].as_str().unwrap_or_default()).await
            }
            ["session", _, "frame"] => self.frame(&body["id"]).await,
            ["session", _, "url"] if get => self.address().await,
            ["session", _, "url"] => self.go(body["url"].as_str().unwrap_or_default()).await,
            ["session", _, "back"] => {
                let (window, before) = self.shown().await?;
                let _ = self.visitor.ask(before, json!({ "do": "back" }), LIMIT).await;
                self.visitor.next_document(window, Some(before), LIMIT).await;
                Ok(Value::Null)
            }
            ["session", _, "execute", kind] => {
                let asks = if *kind == "async" { "async-script" } else { "script" };
                let command =
                    json!({ "do": asks, "script": body["script"], "given": body["args"] });
                // It may be one that asks the visitor for a click.
                self.page(command, self.patience).await
            }
            ["session", _, "element"] => {
                let command = json!({ "do": "find", "using": short(body), "value": body["value"] });
                let document = self.document().await?;
                match self.ask(document, command, LIMIT).await?.as_u64() {
                    Some(number) => Ok(json!({ ELEMENT: format!("{document}.{number}") })),
                    None => Err(Fault(
                        StatusCode::NOT_FOUND,
                        "no such element",
                        format!("nothing is found by {}", body["value"]),
                    )),
                }
            }
            ["session", _, "element", element, "click"] => {
                match self.on(element, json!({ "do": "click" }), self.patience).await {
                    // The click has made it leave.
                    Err(Fault(_, "javascript error", _)) => Ok(Value::Null),
                    other => other,
                }
            }
            ["session", _, "element", element, "clear"] => {
                self.on(element, json!({ "do": "write", "value": "" }), LIMIT).await
            }
            ["session", _, "element", element, "value"] => {
                let value = body["text"].clone();
                self.on(element, json!({ "do": "write", "value": value }), LIMIT).await
            }
            ["session", _, "element", element, "displayed"] => {
                self.on(element, json!({ "do": "shown" }), LIMIT).await
            }
            _ => Err(Fault(
                StatusCode::NOT_FOUND,
                "unknown command",
                format!("a visitor's browser cannot do {method} {path}"),
            )),
        }
    }

    async fn handles(&self) -> Value {
        self.visitor.windows().await.iter().map(ToString::to_string).collect()
    }

    fn change(&self, change: impl FnOnce(&mut Place)) {
        change(&mut self.place.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn place(&self) -> Place {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The current window; in the beginning, the first.
    async fn window(&self) -> Result<u64, Fault> {
        let windows = self.visitor.windows().await;
        let current = self.place().window.or_else(|| windows.first().copied());
        current.filter(|window| windows.contains(window)).ok_or_else(Fault::no_window)
    }

    async fn switch(&self, handle: &str) -> Result<Value, Fault> {
        let windows = self.visitor.windows().await;
        let window = handle.parse().ok().filter(|window| windows.contains(window));
        let window = window.ok_or_else(Fault::no_window)?;
        self.change(|place| *place = Place { window: Some(window), frames: Vec::new() });
        Ok(Value::Null)
    }

    /// The current window, and the document at its top.
    async fn shown(&self) -> Result<(u64, u64), Fault> {
        let window = self.window().await?;
        let document = self.visitor.document(window).await.ok_or_else(Fault::no_window)?;
        Ok((window, document))
    }

    /// The document to which commands go.
    async fn document(&self) -> Result<u64, Fault> {
        match self.place().frames.last() {
            Some(frame) => Ok(*frame),
            None => Ok(self.shown().await?.1),
        }
    }

    async fn ask(&self, document: u64, command: Value, limit: Duration) -> Result<Value, Fault> {
        if document == NOBODY {
            return Ok(Value::Null);
        }
        let told = self.visitor.ask(document, command, limit).await?;
        match told["error"].as_str() {
            Some(error) => Err(Fault::page(error)),
            None => Ok(told["value"].clone()),
        }
    }

    async fn page(&self, command: Value, limit: Duration) -> Result<Value, Fault> {
        self.ask(self.document().await?, command, limit).await
    }

    /// The address of the current window, whatever comes into it meanwhile.
    async fn address(&self) -> Result<Value, Fault> {
        let command = json!({ "do": "script", "script": "return location.href", "given": [] });
        loop {
            let document = self.document().await?;
            if let Ok(told) = self.visitor.ask(document, command.clone(), LIMIT).await {
                return Ok(told["value"].clone());
            }
        }
    }

    /// Lets the document of an element do something to it.
    async fn on(&self, element: &str, mut command: Value, limit: Duration) -> Result<Value, Fault> {
        let (document, number) = element.split_once('.').unwrap_or_default();
        let (Ok(document), Ok(number)) = (document.parse::<u64>(), number.parse::<u64>()) else {
            return Err(Fault(
                StatusCode::NOT_FOUND,
                "stale element reference",
                format!("`{element}` is no element"),
            ));
        };
        command["element"] = json!(number);
        self.ask(document, command, limit).await
    }

    async fn frame(&self, id: &Value) -> Result<Value, Fault> {
        let Some(element) = id[ELEMENT].as_str() else {
            self.change(|place| place.frames.clear());
            return Ok(Value::Null);
        };
        match self.on(element, json!({ "do": "frame" }), LIMIT).await?.as_u64() {
            Some(document) => {
                self.change(|place| place.frames.push(document));
                Ok(Value::Null)
            }
            // An error page, as in any driver.
            None => {
                self.change(|place| place.frames.push(NOBODY));
                Ok(Value::Null)
            }
        }
    }

    async fn go(&self, url: &str) -> Result<Value, Fault> {
        let url = if url == "about:blank" { &self.lobby } else { url };
        self.change(|place| place.frames.clear());
        let (window, before) = self.shown().await?;
        self.visitor.leads_away(window);
        // Not every page lives to say that it goes.
        self.visitor.tell(before, json!({ "do": "go", "url": url }));
        match self.visitor.next_document(window, Some(before), LIMIT).await {
            Some(_) => Ok(Value::Null),
            None => Err(Fault(
                StatusCode::REQUEST_TIMEOUT,
                "timeout",
                format!("the window shows nothing of {url}"),
            )),
        }
    }

    async fn close(&self) -> Result<Value, Fault> {
        let (window, document) = self.shown().await?;
        let _ = self.visitor.ask(document, json!({ "do": "close" }), LIMIT).await;
        match self.visitor.is_closed(window, LIMIT).await {
            true => Ok(self.handles().await),
            false => Err(Fault::page("the window did not close")),
        }
    }
}

/// How an element is looked for.
fn short(body: &Value) -> &str {
    match body["using"].as_str() {
        Some("xpath") => "xpath",
        _ => "css",
    }
}
