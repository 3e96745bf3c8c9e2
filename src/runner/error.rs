//! Why a run could not begin, or a unit could not be tested. Not a failed expectation: nothing can be said
//! of the headers.

use std::time::Duration;

use super::element::Quote;
use crate::browser::{BrowserError, Fixtures};
use crate::feature::Feature;
use crate::proxy::ProxyError;
use crate::scenario::Step;
use crate::upstream::Fault;

/// Why a run could not begin, or a browser could not be replaced.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No browser could be started.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// A browser elsewhere does not get the pages.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// A browser elsewhere does not get the pages of the fixture server.
#[derive(Debug, thiserror::Error)]
#[error("{browser} at {at} does not reach the fixture server: {url} {detail}")]
pub struct Unreachable {
    /// The browser.
    pub browser: &'static str,
    /// The address of its driver.
    pub at: String,
    /// The page that it was told to open.
    pub url: String,
    /// What came of it.
    pub detail: String,
    /// The proxy that it was told to take.
    pub fixtures: Option<Fixtures>,
}

impl Unreachable {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.fixtures {
            None => "names below `localhost` lead a browser to its own machine. If it runs on another one, \
                     give `--fixtures-at HOST` with the name or address by which that machine reaches this \
                     one"
                .to_owned(),
            Some(fixtures) => format!(
                "it was told to ask {} as its HTTP proxy: does this lead from its machine to this one, and \
                 does a firewall let it through (`--port` fixes the port)?",
                fixtures.authority(),
            ),
        }
    }
}

/// Why a unit could not be tested.
#[derive(Debug, thiserror::Error)]
pub enum UnitError {
    /// The browser did not do what it was asked.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// A browser elsewhere, started anew, does not get the pages.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
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
    /// A site that is not ours did not answer.
    #[error("{page} did not come: {fault} (hint: {})\n{what}", .fault.hint())]
    Site {
        /// The page.
        page: String,
        /// Why.
        fault: Box<Fault>,
        /// What came of it.
        what: String,
    },
    /// The proxy could not be set up for a browser.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// A site that has no page here and no address.
    #[error(
        "site `{site}` has no page here, and no address: give it one with `--env` or `--site {site}=URL`"
    )]
    Unplaced {
        /// The site.
        site: String,
    },
    /// An element that is not there, or does not take what is to be done.
    #[error("`{selector}` {} in `{window}` within {} s; {quote}", no_element(.detail), .limit.as_secs_f32())]
    NoElement {
        /// What was looked for.
        selector: String,
        /// The window or frame.
        window: String,
        /// The unit's time limit.
        limit: Duration,
        /// Why it did not take it; empty where it is not there.
        detail: String,
        /// The page.
        quote: Box<Quote>,
    },
    /// Something that a page does not show.
    #[error("{what} did not come in `{window}` within {} s; {quote}", .limit.as_secs_f32())]
    NoSign {
        /// What was waited for.
        what: String,
        /// The window or frame.
        window: String,
        /// The unit's time limit.
        limit: Duration,
        /// The page.
        quote: Box<Quote>,
    },
    /// A popup that never opened, or that never showed a page.
    #[error("popup `{window}` never showed a page: {seen}")]
    NoPopup {
        /// The popup's name.
        window: String,
        /// What was seen instead.
        seen: String,
    },
    /// A page of ours that was answered and never shown, and how the unit ended for that. A browser can stand
    /// still like this (WebKitGTK, now and then, where a page needs a new process): it tells of the browser.
    #[error("{page} was answered, but its document never reported itself: {source}")]
    PageLost {
        /// The page.
        page: String,
        /// What did not happen.
        source: Box<UnitError>,
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
    /// A step that could not be done.
    #[error("step {number} (`{kind}`): {source}")]
    InStep {
        /// Which one, from 1.
        number: usize,
        /// The step's key in the file.
        kind: &'static str,
        /// Why.
        source: Box<UnitError>,
    },
    /// The browser lacks what the step needs.
    #[error("the browser lacks {}", .0.title())]
    Lacks(Feature),
    /// The run was interrupted.
    #[error("interrupted")]
    Interrupted,
}

fn no_element(detail: &str) -> String {
    if detail.is_empty() {
        "did not appear".to_owned()
    } else {
        format!("is there, but could not be used ({detail})")
    }
}

impl From<RunError> for UnitError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Browser(error) => Self::Browser(error),
            RunError::Unreachable(error) => Self::Unreachable(error),
        }
    }
}

impl UnitError {
    /// Whether the session must be given up.
    #[must_use]
    pub fn loses_session(&self) -> bool {
        match self {
            Self::Browser(error) => error.loses_session(),
            Self::InStep { source, .. } => source.loses_session(),
            // What is known to be lacking so far leaves a window that never answers again.
            Self::Interrupted | Self::Lacks(_) | Self::Unreachable(_) | Self::PageLost { .. } => {
                true
            }
            Self::Plan(_)
            | Self::Proxy(_)
            | Self::Unplaced { .. }
            | Self::Site { .. }
            | Self::NoElement { .. }
            | Self::NoSign { .. }
            | Self::TimedOut { .. }
            | Self::NoPopup { .. }
            | Self::WindowGone { .. }
            | Self::NoAgent { .. }
            | Self::NeitherLiveNorClosed { .. }
            | Self::NoVariable(_) => false,
        }
    }

    /// What the browser lacks, if that is the matter.
    pub(super) fn lacks(&self) -> Option<Feature> {
        match self {
            Self::InStep { source, .. } => source.lacks(),
            Self::Lacks(feature) => Some(*feature),
            _ => None,
        }
    }

    /// Whether a page that was never shown explains it: something was waited for in vain.
    pub(super) fn is_silence(&self) -> bool {
        match self {
            Self::InStep { source, .. } => source.is_silence(),
            Self::TimedOut { .. }
            | Self::NoElement { .. }
            | Self::NoSign { .. }
            | Self::NoPopup { .. }
            | Self::NeitherLiveNorClosed { .. }
            | Self::Browser(BrowserError::Hung { .. }) => true,
            _ => false,
        }
    }

    /// Whether a site that did not answer is told of already.
    pub(super) fn is_of_a_site(&self) -> bool {
        match self {
            Self::InStep { source, .. } => source.is_of_a_site(),
            Self::Site { .. } => true,
            _ => false,
        }
    }

    /// Whether the driver or the browser went away.
    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::InStep { source, .. } => source.is_gone(),
            Self::Browser(BrowserError::Gone { .. }) => true,
            _ => false,
        }
    }

    /// This error with the step in which it happened.
    pub(super) fn in_step(self, number: usize, step: &Step) -> Self {
        Self::InStep { number: number + 1, kind: step.name(), source: Box::new(self) }
    }
}
