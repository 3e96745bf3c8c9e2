//! What a session can be told to do: windows, pages, elements, scripts. Every command has a deadline.

use std::time::Duration;

use fantoccini::Locator;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::Value;

use super::bidi::{Note, Watch};
use super::error::explain;
use super::{Browser, BrowserError, Session, WindowId};

/// Between two looks of a wait on something that only the driver can tell.
const LOOK: Duration = Duration::from_millis(10);

impl Session {
    pub(super) async fn command<T>(
        &self,
        doing: &str,
        command: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<T, BrowserError> {
        // The driver's own timeouts come first where it keeps them; this is for a driver that hangs.
        let limit = self.limit + Duration::from_millis(500);
        match tokio::time::timeout(limit, command).await {
            Ok(answer) => answer.map_err(|error| explain(doing, &error, self.limit)),
            Err(_) => Err(BrowserError::Hung { doing: doing.to_owned(), limit: self.limit }),
        }
    }

    /// Goes to `url` in the current window, and waits for the page to have loaded.
    ///
    /// # Errors
    /// See [`BrowserError`]; as with every command here.
    pub async fn goto(&self, url: &str) -> Result<(), BrowserError> {
        self.command("opening the page", self.client.goto(url)).await
    }

    /// Goes back in the current window's history.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn back(&self) -> Result<(), BrowserError> {
        self.command("going back", self.client.back()).await
    }

    /// All windows of the session.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn windows(&self) -> Result<Vec<WindowId>, BrowserError> {
        let handles = self.command("listing windows", self.client.windows()).await?;
        Ok(handles.into_iter().map(|handle| WindowId(handle.into())).collect())
    }

    /// Makes `window` the current one, at its top document.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn switch_to(&self, window: &WindowId) -> Result<(), BrowserError> {
        let handle =
            window.0.clone().try_into().map_err(|_| BrowserError::NoWindow {
                doing: "switching to the window".to_owned(),
            })?;
        self.command("switching to the window", self.client.switch_to_window(handle)).await
    }

    /// Enters the frame that `selector` finds in the current document.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn enter_frame(&self, selector: &str) -> Result<(), BrowserError> {
        let element = self.find(selector).await?;
        self.command("entering the frame", element.enter_frame()).await
    }

    /// Closes the current window, as the user does.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn close_window(&self) -> Result<(), BrowserError> {
        self.command("closing the window", self.client.close_window()).await
    }

    /// Opens a new window (a tab), unrelated to any other.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn new_window(&self) -> Result<WindowId, BrowserError> {
        // A screenshot of a hidden tab hangs for ever in WebKitGTK.
        let as_tab = self.browser != Browser::Webkit;
        let window = self.command("opening a window", self.client.new_window(as_tab)).await?;
        Ok(WindowId(window.handle.into()))
    }

    /// Runs the body of a function in the current document and gives what it returns.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn execute(
        &self,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<Value, BrowserError> {
        let doing = "running a script in the page";
        match self.command(doing, self.client.execute(script, arguments)).await {
            Err(error @ BrowserError::DocumentGone { .. }) => {
                // Perhaps the window went with it.
                self.command(doing, self.client.window()).await?;
                Err(error)
            }
            other => other,
        }
    }

    /// Runs the body of an async function in the current document and gives what it resolves to.
    ///
    /// # Errors
    /// [`BrowserError::Refused`] with the page's exception; else see [`BrowserError`].
    pub async fn evaluate(
        &self,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<Value, BrowserError> {
        let wrapped = format!(
            "const done = arguments[arguments.length - 1]; const given = [...arguments].slice(0, -1);\
             (async function () {{ {script} }}).apply(null, given)\
             .then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));"
        );
        let doing = "running a script in the page";
        let answer = self.command(doing, self.client.execute_async(&wrapped, arguments)).await?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => {
                Err(BrowserError::Refused { doing: doing.to_owned(), detail: error.to_owned() })
            }
            None => Ok(answer.get("value").cloned().unwrap_or(Value::Null)),
        }
    }

    async fn find(&self, selector: &str) -> Result<fantoccini::elements::Element, BrowserError> {
        let doing = format!("looking for `{selector}`");
        self.command(&doing, self.client.find(Locator::Css(selector))).await
    }

    async fn wait_for(
        &self,
        selector: &str,
    ) -> Result<fantoccini::elements::Element, BrowserError> {
        let doing = format!("waiting for `{selector}`");
        let wait = self.client.wait().at_most(self.limit).every(LOOK);
        match self.command(&doing, wait.for_element(Locator::Css(selector))).await {
            Err(BrowserError::Refused { detail, .. })
                if detail.contains("timeout") || detail.contains("Timeout") =>
            {
                Err(BrowserError::Refused {
                    doing,
                    detail: format!(
                        "no such element appeared within {} s",
                        self.limit.as_secs_f32()
                    ),
                })
            }
            other => other,
        }
    }

    /// Clicks the first element that `selector` finds, waiting for it to appear.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn click(&self, selector: &str) -> Result<(), BrowserError> {
        let element = self.wait_for(selector).await?;
        self.command(&format!("clicking `{selector}`"), element.click()).await
    }

    /// Replaces what the element holds by `text`.
    ///
    /// # Errors
    /// See [`BrowserError`]. `text` is never part of the error.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<(), BrowserError> {
        let element = self.wait_for(selector).await?;
        self.command(&format!("clearing `{selector}`"), element.clear()).await?;
        self.command(&format!("typing into `{selector}`"), element.send_keys(text)).await
    }

    /// Types `keys` (WebDriver key codes allowed) into the element as it is.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn press(&self, selector: &str, keys: &str) -> Result<(), BrowserError> {
        let element = self.wait_for(selector).await?;
        self.command(&format!("pressing a key in `{selector}`"), element.send_keys(keys)).await
    }

    /// Chooses the option with this value.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn select(&self, selector: &str, value: &str) -> Result<(), BrowserError> {
        let element = self.wait_for(selector).await?;
        let doing = format!("choosing `{value}` in `{selector}`");
        // An option without the attribute has its text as value (HTML, "the option element").
        let quote = if value.contains('\'') { '"' } else { '\'' };
        let value = format!("{quote}{value}{quote}");
        let option =
            format!(".//option[@value={value} or not(@value) and normalize-space(.)={value}]");
        self.command(&doing, element.select_by(Locator::XPath(&option))).await
    }

    /// Waits until an element is there.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn wait_for_element(&self, selector: &str) -> Result<(), BrowserError> {
        self.wait_for(selector).await.map(drop)
    }

    /// A picture of the current window, as PNG.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn screenshot(&self) -> Result<Vec<u8>, BrowserError> {
        self.command("taking a screenshot", self.client.screenshot()).await
    }

    /// What documents have told since the last call; see [`Session::watch`].
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        self.watch.as_ref().map(Watch::notes).unwrap_or_default()
    }

    /// Resolves once a document has told something; never in a session that does not watch.
    pub async fn noted(&self) {
        match &self.watch {
            Some(watch) => watch.noted().await,
            None => std::future::pending().await,
        }
    }

    /// What the browser has put on the console since the last call, in all windows. Only chromedriver
    /// tells it by itself, Firefox where it is watched, WebKitGTK never.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn console(&self) -> Result<Vec<String>, BrowserError> {
        if self.browser.engine() != "chromium" {
            return Ok(self.watch.as_ref().map(Watch::console).unwrap_or_default());
        }
        let entries =
            self.command("reading the console", self.client.issue_cmd(BrowserLog)).await?;
        let text = |entry: &Value| {
            let message = entry.get("message")?.as_str()?;
            Some(format!("{}: {message}", entry.get("level")?.as_str()?.to_lowercase()))
        };
        Ok(entries.as_array().into_iter().flatten().filter_map(text).collect())
    }
}

/// chromedriver's command for the browser's console (no part of the WebDriver standard).
#[derive(Debug)]
struct BrowserLog;

impl WebDriverCompatibleCommand for BrowserLog {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(r#"{"type":"browser"}"#.to_owned()))
    }
}
