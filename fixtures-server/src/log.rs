//! The log of a stage: what was asked and answered, and what the pages pushed.
//!
//! Entries are only ever added, so a reader that remembers how many it has seen misses none.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;

/// One entry of the log of a stage.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// A request and the answer to it.
    Exchange(Exchange),
    /// A message from a page.
    Push(Push),
}

/// A request and the answer to it.
///
/// Values of OAuth parameters (`code`, `state` and the like) are masked in every address.
#[derive(Debug, Clone, Serialize)]
pub struct Exchange {
    /// Number of the request in its stage, from 0 in order of arrival. A document knows it as `doc`.
    pub id: u64,
    /// When the answer was decided, since the stage began.
    pub at: Duration,
    /// What was asked for, as `site:/path?query`, whether the plan has such a page or not.
    pub page: String,
    /// The request method.
    pub method: String,
    /// Those request header lines that say who asks and what for: `origin`, `referer`,
    /// `sec-fetch-*`, `content-type` and what a preflight asks. Names are in lower case.
    pub request: Vec<(String, String)>,
    /// The names of the cookies that came along; never their values.
    pub cookies: Vec<String>,
    /// The status of the response; 0 for one that never comes.
    pub status: u16,
    /// The response header lines: the declared ones as declared, then the server's own.
    pub headers: Vec<(String, String)>,
}

impl Exchange {
    /// Whether the response is one of the redirects (RFC 9110, section 15.4).
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    /// Whether a browser that navigates here shows the response: it came, does not redirect, and has
    /// something to show (HTML, "navigate": 204 and 205 leave the old document there).
    #[must_use]
    pub fn shows(&self) -> bool {
        !self.is_redirect() && !matches!(self.status, 0 | 204 | 205)
    }
}

/// A message from a page.
#[derive(Debug, Clone, Serialize)]
pub struct Push {
    /// When it arrived, since the stage began.
    pub at: Duration,
    /// The page that pushed, by its own word (`page` of the body); empty if it does not say.
    pub page: String,
    /// The message.
    pub body: serde_json::Value,
}

/// The entries of one stage.
#[derive(Debug)]
pub(crate) struct Log {
    began: Instant,
    next_id: AtomicU64,
    entries: watch::Sender<Vec<Entry>>,
}

impl Log {
    /// An empty log; its clock starts now.
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            next_id: AtomicU64::new(0),
            entries: watch::Sender::new(Vec::new()),
        }
    }

    /// The number of the next exchange.
    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Adds what `entry` makes of the time since the stage began.
    pub(crate) fn add(&self, entry: impl FnOnce(Duration) -> Entry) {
        // The clock is read under the lock, so that entries are in the order of their times.
        self.entries.send_modify(|entries| entries.push(entry(self.began.elapsed())));
    }

    /// The entries from an index on.
    pub(crate) fn from(&self, from: usize) -> Vec<Entry> {
        self.entries.borrow().get(from..).unwrap_or_default().to_vec()
    }

    /// Resolves once there are more than `seen` entries.
    pub(crate) async fn grown_past(&self, seen: usize) {
        let mut entries = self.entries.subscribe();
        entries
            .wait_for(|entries| entries.len() > seen)
            .await
            .expect("the sender lives as long as `self`");
    }
}
