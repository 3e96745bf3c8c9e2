//! What can go wrong with a browser, and what a driver's words mean.

use std::time::Duration;

use fantoccini::error::{CmdError, ErrorStatus};

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
    /// The window shows another document than the one that was being worked with.
    #[error("the page went away while {doing}")]
    DocumentGone {
        /// What was being done.
        doing: String,
    },
    /// There is no such element, or it does not take what was to be done: perhaps in a moment.
    #[error("{doing} failed: {detail}")]
    NotReady {
        /// What was being done.
        doing: String,
        /// The driver's words, first line.
        detail: String,
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

/// What a failed command means; `limit` is the time that it had.
pub(super) fn explain(doing: &str, error: &CmdError, limit: Duration) -> BrowserError {
    let doing = doing.to_owned();
    let detail = first_lines(&error.to_string());
    if error.is_no_such_window() {
        return BrowserError::NoWindow { doing };
    }
    match error {
        CmdError::Standard(wd) => match wd.error {
            ErrorStatus::InvalidSessionId => BrowserError::Gone { doing, detail },
            // WebKitWebDriver's words for a script whose document went.
            _ if detail.contains("before the unload event") => BrowserError::DocumentGone { doing },
            ErrorStatus::Timeout | ErrorStatus::ScriptTimeout => {
                BrowserError::Hung { doing, limit }
            }
            ErrorStatus::NoSuchElement
            | ErrorStatus::StaleElementReference
            | ErrorStatus::ElementNotInteractable
            | ErrorStatus::ElementClickIntercepted
            | ErrorStatus::ElementNotSelectable
            | ErrorStatus::InvalidElementState
            | ErrorStatus::MoveTargetOutOfBounds => BrowserError::NotReady { doing, detail },
            _ if lost(&detail) => BrowserError::Gone { doing, detail },
            // WebKitWebDriver's words.
            _ if detail.contains("Could not parse script result") => {
                BrowserError::DocumentGone { doing }
            }
            _ => BrowserError::Refused { doing, detail },
        },
        CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_) => {
            BrowserError::Gone { doing, detail }
        }
        _ => BrowserError::Refused { doing, detail },
    }
}

/// The drivers' words for a browser or page process that died.
fn lost(detail: &str) -> bool {
    [
        "disconnected",
        "not connected to DevTools",
        "chrome not reachable",
        "tab crashed",
        "page crash",
        // Firefox, and the driver of it.
        "Failed to decode response from marionette",
        "Tried to run command without establishing a connection",
        "Browsing context has been discarded",
    ]
    .iter()
    .any(|word| detail.contains(word))
}

/// Where a driver's message ends, and what is of use to its makers only begins.
const MAKERS: [&str; 6] =
    ["Stacktrace", "#0", "Build info:", "System info:", "Host info:", "Driver info:"];

/// The driver's message without its native stack trace, and a Grid's without its build.
pub(super) fn first_lines(text: &str) -> String {
    text.lines()
        .take_while(|line| !MAKERS.iter().any(|start| line.starts_with(start)))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take(3)
        .collect::<Vec<_>>()
        .join("; ")
}
