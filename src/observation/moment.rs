//! What happened when: each kind of event with what is known of it, and the words that are made from it.

use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

/// Something that happened at a time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Moment {
    /// Milliseconds since the unit began.
    pub at_ms: u64,
    /// The window or frame, where it is known.
    pub window: Option<String>,
    /// What happened.
    pub event: Event,
}

/// Something that happened in a window, or reached a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    /// A request was answered. In a window: one on the way to a document that it then shows.
    Answered {
        /// The request method.
        method: String,
        /// What was asked for, as `site:/path`.
        page: String,
        /// The status, or why there was none.
        answer: String,
    },
    /// The window is in another browsing context group from here on: the link to its opener is cut.
    Cut {
        /// The window at the other end of the link.
        from: String,
    },
    /// A document is there.
    Shows {
        /// The page, as `site:/path`.
        page: String,
        /// What its `window.opener` was: `connected`, `severed` or `never`.
        opener: Option<String>,
    },
    /// A document is there in a frame that no step has named.
    Embeds {
        /// The page, as `site:/path`.
        page: String,
    },
    /// A document is there again, from history.
    Restored {
        /// The page, as `site:/path`.
        page: String,
    },
    /// A window opens another.
    Opens {
        /// The other window, if the scenario has a name for it.
        popup: Option<String>,
        /// The way, as scenarios call it.
        how: Option<String>,
        /// What `window.open` gave: `handle`, `null`, or `none` for a link or form.
        handle: String,
    },
    /// A page sends a message as a step asks it to.
    Sends {
        /// What sort of message.
        message: String,
        /// To which window; `opener` for its opener.
        to: String,
        /// `sent`, or why it was not.
        outcome: String,
    },
    /// A message has arrived.
    Message {
        /// What sort of message.
        message: String,
        /// The site that sent it.
        from: String,
        /// What the page made of it, if it told: `accepted` or `rejected: …`.
        verdict: Option<String>,
    },
    /// A page hands its result on.
    Returns {
        /// The way: `opener`, `broadcast`, `backend`, …
        via: String,
        /// `sent`, or why it was not.
        outcome: String,
    },
    /// A result has come by another way than a message.
    Result {
        /// What the page made of it: `accepted` or `rejected: …`.
        verdict: String,
    },
    /// `closed` of a popup's handle reads true.
    ReadsClosed {
        /// The popup.
        popup: String,
    },
    /// A login has ended for the page that began it.
    Login {
        /// How: `completed`, `cancelled`, `failed`, …
        outcome: String,
        /// Why.
        detail: Option<String>,
    },
    /// The window is really closed.
    Closed {
        /// Whether a step of the scenario closed it.
        user: bool,
    },
    /// A script has thrown.
    ScriptError {
        /// What the browser says of it.
        message: String,
    },
    /// Something else that a page tells of itself.
    Notes {
        /// Its word for it.
        note: String,
    },
}

impl Event {
    /// `change` on every text that a page or browser gave.
    #[must_use]
    pub fn with_texts(mut self, change: impl Fn(&str) -> String) -> Self {
        let texts: &mut [&mut String] = match &mut self {
            Self::Shows { page, .. } | Self::Embeds { page } | Self::Restored { page } => {
                &mut [page]
            }
            Self::Sends { message, to, outcome } => &mut [message, to, outcome],
            Self::Message { message, verdict: Some(verdict), .. } => &mut [message, verdict],
            Self::Message { message, .. } | Self::ScriptError { message } => &mut [message],
            Self::Returns { via, outcome } => &mut [via, outcome],
            Self::Result { verdict } => &mut [verdict],
            Self::Login { outcome, detail: Some(detail) } => &mut [outcome, detail],
            Self::Login { outcome, .. } => &mut [outcome],
            Self::Notes { note } => &mut [note],
            Self::Answered { .. }
            | Self::Cut { .. }
            | Self::Opens { .. }
            | Self::ReadsClosed { .. }
            | Self::Closed { .. } => &mut [],
        };
        for text in texts {
            **text = change(text);
        }
        self
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { method, page, answer } => write!(f, "{method} {page} → {answer}"),
            Self::Cut { from } => {
                write!(f, "is in another browsing context group: the link to {from} is cut")
            }
            Self::Shows { page, .. } => write!(f, "shows {page}"),
            Self::Embeds { page } => write!(f, "embeds {page}"),
            Self::Restored { page } => write!(f, "shows {page} again, from history"),
            Self::Opens { popup, how, handle } => {
                write!(f, "opens {} (", popup.as_deref().unwrap_or("a popup"))?;
                if let Some(how) = how {
                    write!(f, "{how}; ")?;
                }
                match handle.as_str() {
                    "none" => write!(f, "which gives no handle)"),
                    given => write!(f, "window.open gave {given})"),
                }
            }
            Self::Sends { message, to, outcome } => {
                write!(f, "sends `{message}` to {to}: {outcome}")
            }
            Self::Message { message, from, verdict: None } => {
                write!(f, "message `{message}` from {from}")
            }
            Self::Message { message, from, verdict: Some(verdict) } => {
                write!(f, "message `{message}` from {from}: {verdict}")
            }
            Self::Returns { via, outcome } => write!(f, "returns by {via}: {outcome}"),
            Self::Result { verdict } => write!(f, "result {verdict}"),
            Self::ReadsClosed { popup } => write!(f, "sees {popup}.closed become true"),
            Self::Login { outcome, detail: None } => write!(f, "login {outcome}"),
            Self::Login { outcome, detail: Some(detail) } => write!(f, "login {outcome}: {detail}"),
            Self::Closed { user: true } => write!(f, "is closed by the user"),
            Self::Closed { user: false } => write!(f, "is closed"),
            Self::ScriptError { message } => write!(f, "script error: {message}"),
            Self::Notes { note } => write!(f, "{note}"),
        }
    }
}

impl Serialize for Moment {
    /// The words come along, for those who only want to read them.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut moment = serializer.serialize_struct("Moment", 4)?;
        moment.serialize_field("at-ms", &self.at_ms)?;
        moment.serialize_field("window", &self.window)?;
        moment.serialize_field("what", &self.event.to_string())?;
        moment.serialize_field("event", &self.event)?;
        moment.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_says_its_kind_and_its_words() {
        let event = Event::Message {
            message: "login-result".to_owned(),
            from: "app".to_owned(),
            verdict: Some("rejected: wrong state".to_owned()),
        };
        let moment = Moment { at_ms: 12, window: Some("main".to_owned()), event };
        let json = serde_json::to_value(&moment).unwrap();
        assert_eq!(json["what"], "message `login-result` from app: rejected: wrong state");
        assert_eq!(json["event"]["kind"], "message");
        assert_eq!(serde_json::from_value::<Moment>(json).unwrap(), moment);
    }
}
