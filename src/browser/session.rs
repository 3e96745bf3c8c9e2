//! A WebDriver session with one browser of its own: every command has a deadline.
//!
//! fantoccini has no deadline of its own, and a hung command blocks all later ones, so a command that
//! does not answer in time *loses* the session: its processes are killed and a new one must be started.

use std::time::Duration;

use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::wd::{TimeoutConfiguration, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;

use super::process::{self, Driver};
use super::{Engine, Installed, chromium};

/// How long a driver or a browser may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long a browser may take to say goodbye before it is killed.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// Between two looks of a wait on something that only the driver can tell.
const LOOK: Duration = Duration::from_millis(10);

/// The driver's handle of a window.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WindowId(String);

impl From<&str> for WindowId {
    fn from(handle: &str) -> Self {
        Self(handle.to_owned())
    }
}

/// How a browser is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Show the browser's windows.
    pub headed: bool,
    /// coopwright runs as root: Chromium then needs `--no-sandbox`.
    pub root: bool,
    /// The longest time for one command.
    pub limit: Duration,
}

/// Why a browser did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The driver or the browser could not be started.
    #[error("{0}")]
    Start(String),
    /// The driver or the browser is gone.
    #[error("the browser went away while {doing} ({detail})")]
    Gone {
        /// What was being done.
        doing: String,
        /// The driver's words.
        detail: String,
    },
    /// No answer came in time. The session is lost.
    #[error("{doing} did not finish within {} s", .limit.as_secs_f32())]
    Hung {
        /// What was being done.
        doing: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The window is not there (any more).
    #[error("the window is gone (while {doing})")]
    NoWindow {
        /// What was being done.
        doing: String,
    },
    /// The driver refused the command.
    #[error("{doing} failed: {detail}")]
    Refused {
        /// What was being done.
        doing: String,
        /// The driver's words, first line.
        detail: String,
    },
}

impl BrowserError {
    /// Whether the session can still be used.
    #[must_use]
    pub fn loses_session(&self) -> bool {
        matches!(self, Self::Start(_) | Self::Gone { .. } | Self::Hung { .. })
    }
}

/// A browser under WebDriver.
#[derive(Debug)]
pub struct Session {
    client: Client,
    driver: Driver,
    limit: Duration,
}

impl Session {
    /// Starts a driver and, by it, a browser with a fresh profile.
    ///
    /// # Errors
    /// [`BrowserError::Start`] with the driver's own words.
    pub async fn start(installed: &Installed, settings: &Settings) -> Result<Self, BrowserError> {
        let folder = process::folder().map_err(|error| {
            BrowserError::Start(format!("no folder for the browser's profile: {error}"))
        })?;
        let Engine::Chromium = installed.engine;
        let (driver, port) = Driver::start(
            &installed.driver,
            chromium::DRIVER_ARGUMENTS,
            folder,
            chromium::port_in,
            START_LIMIT,
        )
        .await
        .map_err(BrowserError::Start)?;
        let profile = driver.folder().join("profile");
        let capabilities = chromium::capabilities(&installed.browser, &profile, settings);
        let address = format!("http://127.0.0.1:{port}");
        let connecting = async {
            ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities)
                .connect(&address)
                .await
                .map_err(|error| first_lines(&error.to_string()))
        };
        let connected = tokio::time::timeout(START_LIMIT, connecting)
            .await
            .unwrap_or_else(|_| Err(format!("no session within {} s", START_LIMIT.as_secs())));
        let client = match connected {
            Ok(client) => client,
            Err(detail) => {
                let log = driver.log();
                driver.end().await;
                return Err(BrowserError::Start(format!(
                    "{} {} did not start: {detail}\n{log}",
                    installed.engine.title(),
                    installed.version
                )));
            }
        };
        let session = Self { client, driver, limit: settings.limit };
        let timeouts = TimeoutConfiguration::new(
            Some(settings.limit),
            Some(settings.limit),
            Some(Duration::ZERO),
        );
        session.command("setting timeouts", session.client.update_timeouts(timeouts)).await?;
        Ok(session)
    }

    /// Ends the browser and its driver, politely if they listen, and removes the profile.
    pub async fn end(self) {
        let Self { client, driver, .. } = self;
        let _ = tokio::time::timeout(CLOSE_LIMIT, client.close()).await;
        driver.end().await;
    }

    /// Kills the browser and its driver at once, and removes the profile.
    pub async fn kill(self) {
        self.driver.end().await;
    }

    /// Whether the driver's process is still there.
    pub fn is_alive(&mut self) -> bool {
        !self.driver.has_ended()
    }

    /// The driver's last words.
    #[must_use]
    pub fn log(&self) -> String {
        self.driver.log()
    }

    async fn command<T>(
        &self,
        doing: &str,
        command: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<T, BrowserError> {
        // The driver's own timeouts come first where it keeps them; this is for a driver that hangs.
        let limit = self.limit + Duration::from_millis(500);
        match tokio::time::timeout(limit, command).await {
            Ok(answer) => answer.map_err(|error| self.explain(doing, &error)),
            Err(_) => Err(BrowserError::Hung { doing: doing.to_owned(), limit: self.limit }),
        }
    }

    fn explain(&self, doing: &str, error: &CmdError) -> BrowserError {
        let doing = doing.to_owned();
        let detail = first_lines(&error.to_string());
        if error.is_no_such_window() {
            return BrowserError::NoWindow { doing };
        }
        match error {
            CmdError::Standard(wd) => match wd.error {
                ErrorStatus::InvalidSessionId => BrowserError::Gone { doing, detail },
                ErrorStatus::Timeout | ErrorStatus::ScriptTimeout => {
                    BrowserError::Hung { doing, limit: self.limit }
                }
                _ if lost(&detail) => BrowserError::Gone { doing, detail },
                _ => BrowserError::Refused { doing, detail },
            },
            CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_) => {
                BrowserError::Gone { doing, detail }
            }
            _ => BrowserError::Refused { doing, detail },
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
        let window = self.command("opening a window", self.client.new_window(true)).await?;
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
        self.command("running a script in the page", self.client.execute(script, arguments)).await
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

    /// What the browser has put on the console since the last call, in all windows.
    ///
    /// # Errors
    /// See [`BrowserError`].
    pub async fn console(&self) -> Result<Vec<String>, BrowserError> {
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

/// Chromium's words for a browser or page process that died.
fn lost(detail: &str) -> bool {
    [
        "disconnected",
        "not connected to DevTools",
        "chrome not reachable",
        "tab crashed",
        "page crash",
    ]
    .iter()
    .any(|word| detail.contains(word))
}

/// The driver's message without its native stack trace.
fn first_lines(text: &str) -> String {
    text.lines()
        .take_while(|line| !line.starts_with("Stacktrace") && !line.starts_with("#0"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take(3)
        .collect::<Vec<_>>()
        .join("; ")
}
