//! Why a unit could not be tested. Not a failed expectation: nothing can be said of the headers.

use std::time::Duration;

use crate::browser::BrowserError;

/// Why a unit could not be tested.
#[derive(Debug, thiserror::Error)]
pub enum UnitError {
    /// The browser did not do what it was asked.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// The fixture server did not take the plan.
    #[error(transparent)]
    Plan(#[from] fixtures_server::PlanError),
    /// Something that was waited for did not happen.
    #[error("waited {} s for {what}", .limit.as_secs_f32())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// The unit's time limit.
        limit: Duration,
    },
    /// A popup that never opened, or that never showed a page.
    #[error("popup `{window}` never showed a page: {seen}")]
    NoPopup {
        /// The popup's name.
        window: String,
        /// What was seen instead.
        seen: String,
    },
    /// A step in a window that is not there any more.
    #[error("window `{window}` is gone")]
    WindowGone {
        /// The window's name.
        window: String,
    },
    /// A step that needs a fixture page in a window that shows something else.
    #[error("window `{window}` shows {url}, which is no page that coopwright can ask")]
    NoAgent {
        /// The window's name.
        window: String,
        /// What it shows.
        url: String,
    },
    /// A handle that neither answers nor reads closed.
    #[error("the opener's handle of `{window}` neither answers nor reads closed")]
    NeitherLiveNorClosed {
        /// The popup's name.
        window: String,
    },
    /// An environment variable that a step needs.
    #[error("the environment variable `{0}` is not set; a `fill` step needs it")]
    NoVariable(String),
    /// The run was interrupted.
    #[error("interrupted")]
    Interrupted,
}

impl UnitError {
    /// Whether the session must be given up.
    #[must_use]
    pub fn loses_session(&self) -> bool {
        matches!(self, Self::Browser(error) if error.loses_session())
            || matches!(self, Self::Interrupted)
    }
}
