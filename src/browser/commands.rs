//! What a session can be told to do: windows, pages, elements, scripts. Every command has a deadline.

use std::fmt;
use std::time::Duration;

use fantoccini::Locator;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::Value;

use super::bidi::{Note, Watch};
use super::error::explain;
use super::{Browser, BrowserError, Session, WindowId};

/// An element of the document in which it was found.
#[derive(Debug)]
pub struct Found {
    element: Element,
    selector: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.selector)
    }
}

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
        let element = self.find_element(selector).await?;
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

    /// The first element that `selector` finds: a CSS selector, or `text=` and what the element shows.
    ///
    /// # Errors
    /// [`BrowserError::NotReady`] where there is none; else see [`BrowserError`].
    pub async fn find(&self, selector: &str) -> Result<Found, BrowserError> {
        let element = self.find_element(selector).await?;
        Ok(Found { element, selector: selector.to_owned() })
    }

    async fn find_element(&self, selector: &str) -> Result<Element, BrowserError> {
        let doing = format!("looking for `{selector}`");
        let Some([clickable, any]) = by_text(selector) else {
            return self.command(&doing, self.client.find(Locator::Css(selector))).await;
        };
        match self.command(&doing, self.client.find(Locator::XPath(&clickable))).await {
            Err(BrowserError::NotReady { .. }) => {
                self.command(&doing, self.client.find(Locator::XPath(&any))).await
            }
            found => found,
        }
    }

    /// Clicks an element.
    ///
    /// # Errors
    /// [`BrowserError::NotReady`] where it takes no click now, or is not there any more; else see
    /// [`BrowserError`].
    pub async fn click(&self, found: &Found) -> Result<(), BrowserError> {
        self.command(&format!("clicking {found}"), found.element.click()).await
    }

    /// Replaces what the element holds by `text`.
    ///
    /// # Errors
    /// As [`Session::click`]. `text` is never part of the error.
    pub async fn fill(&self, found: &Found, text: &str) -> Result<(), BrowserError> {
        self.command(&format!("clearing {found}"), found.element.clear()).await?;
        self.command(&format!("typing into {found}"), found.element.send_keys(text)).await
    }

    /// Types `keys` (WebDriver key codes allowed) into the element as it is.
    ///
    /// # Errors
    /// As [`Session::click`].
    pub async fn press(&self, found: &Found, keys: &str) -> Result<(), BrowserError> {
        self.command(&format!("pressing a key in {found}"), found.element.send_keys(keys)).await
    }

    /// Chooses the option with this value.
    ///
    /// # Errors
    /// As [`Session::click`].
    pub async fn select(&self, found: &Found, value: &str) -> Result<(), BrowserError> {
        let doing = format!("choosing `{value}` in {found}");
        // An option without the attribute has its text as value (HTML, "the option element").
        let value = quoted(value);
        let option =
            format!(".//option[@value={value} or not(@value) and normalize-space(.)={value}]");
        self.command(&doing, found.element.select_by(Locator::XPath(&option))).await
    }

    /// Whether an element is there; `shown`, whether one can be seen.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn has(&self, selector: &str, shown: bool) -> Result<bool, BrowserError> {
        let found = async {
            let element = self.find_element(selector).await?;
            if !shown {
                return Ok(true);
            }
            self.command("looking at the element", element.is_displayed()).await
        };
        match found.await {
            Err(BrowserError::NotReady { .. }) => Ok(false),
            other => other,
        }
    }

    /// A picture of the current window, as PNG.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn screenshot(&self) -> Result<Vec<u8>, BrowserError> {
        self.command("taking a screenshot", self.client.screenshot()).await
    }

    /// Whether documents tell of themselves; see [`Session::watch`].
    #[must_use]
    pub fn watches(&self) -> bool {
        self.watch.is_some()
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

/// A text as XPath has it, whatever quotes it holds.
fn quoted(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let parts: Vec<String> = text.split('\'').map(|part| format!("'{part}'")).collect();
    format!("concat({})", parts.join(", \"'\", "))
}

/// For `text=…` the paths of elements that show the text: of one that people click, and of the innermost.
fn by_text(selector: &str) -> Option<[String; 2]> {
    let text = quoted(selector.strip_prefix("text=")?.trim());
    let shows = format!("contains(normalize-space(.), {text})");
    let labelled = format!("contains(@value, {text}) or contains(@aria-label, {text})");
    let clickable = "self::a or self::button or self::summary or self::label or @role='button' or \
                     @role='link' or @role='menuitem' or @role='tab'";
    let input = "self::input[@type='submit' or @type='button' or @type='reset']";
    Some([
        format!("//body//*[({clickable}) and ({shows} or {labelled}) or {input} and ({labelled})]"),
        format!(
            "//body//*[not(self::script) and not(self::style) and {shows} and not(*[{shows}])]"
        ),
    ])
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
