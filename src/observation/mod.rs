//! What a browser was seen to do: plain records, without ports, ids, times of day or secrets. Pure.
//!
//! The runner fills these in; `cause`, the reports and the snapshots read them.

mod hops;
mod moment;
mod names;
mod order;

use serde::Serialize;

use crate::fact::{Fact, FactKind, Facts};

pub use hops::{chain_of, hops_of};
pub use moment::{Event, Moment};
pub use names::{Names, site_of_page, without_query};
pub use order::{Lane, Told, in_order};

/// Everything that was seen of one unit.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observation {
    /// The facts: what snapshots and expectations are about.
    pub facts: Facts,
    /// The windows and frames with the documents that they showed, in order of appearance.
    pub windows: Vec<WindowSeen>,
    /// The document in which a fetch or load took place, by the step's name.
    #[serde(skip)]
    pub acted_in: Vec<(String, DocumentSeen)>,
    /// All requests of the unit, in order of arrival.
    pub requests: Vec<Request>,
    /// What happened when, each window's own moments in their order and causes before effects: not by the clock,
    /// by which two runs are never the same.
    pub timeline: Vec<Moment>,
    /// The browser's console. Evidence only: its texts change with every version.
    pub console: Vec<String>,
}

impl Observation {
    /// Whether a fact is one of a document that nobody has seen: it was gone too soon.
    #[must_use]
    pub fn is_unseen(&self, fact: &Fact) -> bool {
        let of_document = matches!(
            fact.kind,
            FactKind::Opener
                | FactKind::Isolated
                | FactKind::SecureContext
                | FactKind::SharedMemory
        );
        let window = self.windows.iter().find(|window| window.name == fact.subject);
        let last = window.and_then(|window| window.documents.last());
        of_document && self.facts.get(fact).is_none() && last.is_some_and(|last| last.unseen)
    }
}

/// A window or frame.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct WindowSeen {
    /// Its name in the scenario.
    pub name: String,
    /// The window or frame that opened (or embeds) it; the first window has none.
    pub opened_from: Option<String>,
    /// The document that opened a popup, and the top document above it (the same, unless a frame did).
    #[serde(skip)]
    pub opened_by: Option<(DocumentSeen, DocumentSeen)>,
    /// The way in which a page opened it by itself, as scenarios call it, where that was seen.
    #[serde(skip)]
    pub how: Option<String>,
    /// Whether it is a frame.
    pub frame: bool,
    /// The documents that it showed.
    pub documents: Vec<DocumentSeen>,
}

/// A document.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct DocumentSeen {
    /// The page, as `site:/path`.
    pub page: String,
    /// What its `window.opener` was: `connected`, `severed` or `never`.
    pub opener: Option<String>,
    /// Whether nobody has looked at it: it was gone too soon.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unseen: bool,
    /// Whether it was a secure context.
    pub secure: bool,
    /// The responses that led to it, redirects first.
    pub hops: Vec<Hop>,
}

/// One response on the way to a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hop {
    /// The address, as `site:/path`.
    pub page: String,
    /// The status.
    pub status: u16,
    /// The header lines as sent; origins of the scenario appear as `{site}`.
    pub headers: Vec<(String, String)>,
    /// The header lines as the site sent them, where a rollout has changed them on the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Vec<(String, String)>>,
    /// The rules of the rollout that changed them, from 0.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<usize>,
}

impl Hop {
    /// A response of which nothing was changed on the way.
    #[must_use]
    pub fn new(page: impl Into<String>, status: u16, headers: Vec<(String, String)>) -> Self {
        Self { page: page.into(), status, headers, before: None, rules: Vec::new() }
    }

    /// The name of the site that answered.
    #[must_use]
    pub fn site(&self) -> &str {
        site_of_page(&self.page)
    }

    /// Where its `Location` leads, as `site:/path`.
    #[must_use]
    pub fn redirects_to(&self) -> Option<String> {
        let is_location = |name: &str| name.eq_ignore_ascii_case("location");
        let (_, value) = self.headers.iter().find(|(name, _)| is_location(name))?;
        let (site, path) = value.strip_prefix('{')?.split_once('}')?;
        Some(format!("{site}:{path}"))
    }
}

/// A request as it reached the server, and the answer.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Request {
    /// The number of the exchange in the unit.
    #[serde(skip)]
    pub id: u64,
    /// The method.
    pub method: String,
    /// Request header lines that say who asks and what for.
    pub request: Vec<(String, String)>,
    /// Names of the cookies that came along.
    pub cookies: Vec<String>,
    /// Whether a window or frame navigates.
    #[serde(skip)]
    pub navigates: bool,
    /// What was asked for and where the answer redirects to, in whatever form the two can be compared.
    #[serde(skip)]
    pub address: String,
    /// See [`Request::address`].
    #[serde(skip)]
    pub leads_to: Option<String>,
    /// The answer.
    #[serde(flatten)]
    pub answer: Hop,
}

impl Request {
    /// A request for a page of the scenario: addresses are pages.
    #[must_use]
    pub fn new(id: u64, method: &str, request: Vec<(String, String)>, answer: Hop) -> Self {
        let is_mode = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("sec-fetch-mode");
        Self {
            id,
            method: method.to_owned(),
            navigates: request.iter().find(is_mode).is_some_and(|(_, mode)| mode == "navigate"),
            request,
            cookies: Vec::new(),
            address: answer.page.clone(),
            leads_to: answer.redirects_to(),
            answer,
        }
    }

    /// The value of a request header line.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request
            .iter()
            .find(|(line, _)| line.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether this is a CORS preflight.
    #[must_use]
    pub fn is_preflight(&self) -> bool {
        self.method == "OPTIONS" && self.header("access-control-request-method").is_some()
    }
}
