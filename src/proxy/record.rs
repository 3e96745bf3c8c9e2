//! What a browser asked for and got, as it is kept: bounded, and without secrets.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, StatusCode, header};
use serde_json::Value;
use tokio::sync::watch;

use super::rewrite::shown;
use super::{kind, mask};
use crate::rollout::Kind;
use crate::upstream::Fault;

/// The most entries that are kept; older ones go.
const KEPT: usize = 20_000;

/// Request header lines that say who asks and what for.
const OF_REQUEST: [&str; 7] = [
    "origin",
    "referer",
    "content-type",
    "access-control-request-method",
    "access-control-request-headers",
    "access-control-request-private-network",
    "service-worker",
];

/// Response header lines that matter where there is no document.
const OF_RESPONSE: [&str; 14] = [
    "document-isolation-policy",
    "permissions-policy",
    "reporting-endpoints",
    "report-to",
    "content-type",
    "location",
    "set-cookie",
    "x-frame-options",
    "content-security-policy",
    "timing-allow-origin",
    "service-worker-allowed",
    "cache-control",
    "age",
    "origin-agent-cluster",
];

/// One entry of a lane's record.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A request, and what came of it.
    Exchange(Box<Exchange>),
    /// A report of the browser's (Reporting API).
    Report(Report),
}

/// A request, and what came of it. Values of cookies and of what logins pass on are masked everywhere.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its number in the lane, from 0 in the order in which requests came. Entries are in the order of
    /// answers.
    pub id: u64,
    /// When the request came, since the lane began.
    pub at: Duration,
    /// What was asked for; WebSockets as `https` or `http`.
    pub url: String,
    /// The request method.
    pub method: String,
    /// Those request header lines that say who asks and what for, names in lower case.
    pub request: Vec<(String, String)>,
    /// The names of the cookies that came along.
    pub cookies: Vec<String>,
    /// The status; 0 where no answer came: see `fault`, or the browser did not wait.
    pub status: u16,
    /// The response's header lines as the browser got them, names in lower case: all of a document's or
    /// a frame's, of others those that matter.
    pub headers: Vec<(String, String)>,
    /// The same as the site sent them, where a rule changed something.
    pub before: Option<Vec<(String, String)>>,
    /// The rules (by index) that this response got, also where they changed nothing.
    pub rules: Vec<usize>,
    /// The rules that it would have got but for the mix.
    pub withheld: Vec<usize>,
    /// What the browser wants it for.
    pub kind: Kind,
    /// Why no answer came.
    pub fault: Option<Fault>,
    /// The fixture server's own number of this exchange, if it was one of a route.
    pub fixture: Option<u64>,
    /// It is the script of a service worker (Service Workers, section "Update").
    pub service_worker_script: bool,
    /// It is a navigation that a service worker preloads.
    pub navigation_preload: bool,
    /// A cache on the way to the site had it: its age in seconds. (What the browser's own cache has is
    /// never asked for; what it asks whether it is still good is answered by status 304.)
    pub age: Option<u64>,
}

/// A report of the browser's (Reporting API, section "Serialize Reports").
#[derive(Debug, Clone)]
pub struct Report {
    /// When it came, since the lane began.
    pub at: Duration,
    /// The address that it was sent to.
    pub url: String,
    /// The report: `type`, `url`, `age`, `body`.
    pub body: Value,
}

impl Exchange {
    /// Whether it is a redirect (RFC 9110, section 15.4).
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status) && self.status != 304
    }
}

/// The record of a lane, and the requests under way.
#[derive(Debug)]
pub(super) struct Record {
    began: Instant,
    next_id: AtomicU64,
    state: watch::Sender<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many entries are gone.
    gone: usize,
    entries: VecDeque<Entry>,
    /// Navigations that are not answered yet.
    busy: usize,
}

impl State {
    fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
            self.gone += 1;
        }
    }
}

impl Record {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), next_id: AtomicU64::new(0), state: watch::Sender::default() }
    }

    pub(super) fn from(&self, from: usize) -> Vec<Entry> {
        let state = self.state.borrow();
        state.entries.iter().skip(from.saturating_sub(state.gone)).cloned().collect()
    }

    pub(super) async fn grown_past(&self, seen: usize) {
        self.wait(|state| state.gone + state.entries.len() > seen).await;
    }

    pub(super) fn busy(&self) -> usize {
        self.state.borrow().busy
    }

    pub(super) async fn idle(&self) {
        self.wait(|state| state.busy == 0).await;
    }

    async fn wait(&self, until: impl FnMut(&State) -> bool) {
        let mut state = self.state.subscribe();
        state.wait_for(until).await.expect("the sender lives as long as `self`");
    }

    pub(super) fn report(&self, url: &str, body: Value) {
        let (at, url) = (self.began.elapsed(), mask::address(url));
        self.state.send_modify(|state| state.push(Entry::Report(Report { at, url, body })));
    }
}

/// A request under way. Where it is given up before its answer, a navigation is recorded without one.
#[derive(Debug)]
pub(super) struct Pending {
    record: Arc<Record>,
    navigates: bool,
    exchange: Option<Box<Exchange>>,
}

impl Pending {
    /// `known` is what it is for, as far as is known before its answer.
    pub(super) fn new(
        record: &Arc<Record>,
        url: &str,
        method: &Method,
        headers: &HeaderMap,
        known: Option<Kind>,
    ) -> Self {
        let navigates = kind::navigates(headers, known);
        let exchange = Box::new(Exchange {
            id: record.next_id.fetch_add(1, Ordering::Relaxed),
            at: record.began.elapsed(),
            url: mask::address(url),
            method: method.to_string(),
            request: lines(headers, |name| {
                name.starts_with("sec-fetch-") || OF_REQUEST.contains(&name)
            }),
            cookies: cookie_names(headers),
            status: 0,
            headers: Vec::new(),
            before: None,
            rules: Vec::new(),
            withheld: Vec::new(),
            kind: known.unwrap_or(Kind::Other),
            fault: None,
            fixture: None,
            service_worker_script: kind::text(headers, "service-worker") == Some("script"),
            navigation_preload: headers.contains_key("service-worker-navigation-preload"),
            age: None,
        });
        if navigates {
            record.state.send_modify(|state| state.busy += 1);
        }
        Self { record: Arc::clone(record), navigates, exchange: Some(exchange) }
    }

    /// What it was for, as far as is known; before its end.
    pub(super) fn set_kind(&mut self, kind: Kind) {
        if let Some(exchange) = &mut self.exchange {
            exchange.kind = kind;
        }
    }

    /// The answer is about to go out.
    pub(super) fn answered(mut self, answer: Answered<'_>) {
        let Some(mut exchange) = self.exchange.take() else { return };
        let Answered { status, headers, before, rules, withheld, fixture } = answer;
        let is_page = matches!(exchange.kind, Kind::Document | Kind::Frame);
        let matters = |name: &str| {
            is_page
                || name.starts_with("cross-origin-")
                || name.starts_with("access-control-")
                || OF_RESPONSE.contains(&name)
        };
        exchange.status = status.as_u16();
        exchange.headers = lines(headers, matters);
        exchange.before = before.map(|before| lines(before, matters));
        exchange.rules = rules;
        exchange.withheld = withheld;
        exchange.fixture = fixture;
        exchange.age = kind::text(headers, "age").and_then(|age| age.trim().parse().ok());
        self.end(Some(exchange));
    }

    /// No answer came.
    pub(super) fn failed(mut self, fault: Fault) {
        let Some(mut exchange) = self.exchange.take() else { return };
        exchange.fault = Some(fault);
        self.end(Some(exchange));
    }

    fn end(&mut self, exchange: Option<Box<Exchange>>) {
        let navigates = std::mem::take(&mut self.navigates);
        // Both at once: who sees nothing under way sees the entry.
        self.record.state.send_modify(|state| {
            state.busy -= usize::from(navigates);
            if let Some(exchange) = exchange {
                state.push(Entry::Exchange(exchange));
            }
        });
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            let navigates = self.navigates;
            self.end(Some(exchange).filter(|_| navigates));
        }
    }
}

/// What came of a request.
pub(super) struct Answered<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) before: Option<&'a HeaderMap>,
    pub(super) rules: Vec<usize>,
    pub(super) withheld: Vec<usize>,
    pub(super) fixture: Option<u64>,
}

/// The header lines that are kept, without secrets.
fn lines(headers: &HeaderMap, keep: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let kept = headers.iter().filter(|(name, _)| keep(name.as_str()));
    let line = |(name, value): (&http::HeaderName, _)| {
        (name.to_string(), mask::header(name.as_str(), &shown(value)))
    };
    kept.map(line).collect()
}

fn cookie_names(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(header::COOKIE).into_iter().map(shown);
    let names = |line: String| {
        let pairs = line.split(';').map(|pair| pair.split('=').next().unwrap_or(pair).trim());
        pairs.filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    lines.flat_map(names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(record: &Arc<Record>, mode: &'static str) -> Pending {
        let mut headers = HeaderMap::new();
        headers.insert("sec-fetch-mode", mode.parse().unwrap());
        headers.insert("cookie", "sid=secret; theme=dark".parse().unwrap());
        Pending::new(record, "https://a.example/?code=secret", &Method::GET, &headers, None)
    }

    fn answer(pending: Pending) {
        let mut headers = HeaderMap::new();
        headers.insert("set-cookie", "sid=secret; Path=/".parse().unwrap());
        headers.insert("server", "x".parse().unwrap());
        headers.insert("age", "7".parse().unwrap());
        let (rules, withheld) = (Vec::new(), Vec::new());
        let status = StatusCode::OK;
        let headers = &headers;
        pending.answered(Answered {
            status,
            headers,
            before: None,
            rules,
            withheld,
            fixture: None,
        });
    }

    #[test]
    fn no_secret_is_kept() {
        let record = Arc::new(Record::new());
        answer(pending(&record, "cors"));
        let entries = record.from(0);
        assert!(!format!("{entries:?}").contains("secret"), "{entries:?}");
        let Entry::Exchange(exchange) = &entries[0] else { panic!("{entries:?}") };
        assert_eq!(exchange.cookies, ["sid", "theme"]);
        assert_eq!(exchange.age, Some(7));
        let names: Vec<&str> = exchange.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["set-cookie", "age"]);
    }

    #[tokio::test]
    async fn navigations_keep_it_busy_until_they_end() {
        let record = Arc::new(Record::new());
        let (first, second) = (pending(&record, "navigate"), pending(&record, "navigate"));
        let other = pending(&record, "no-cors");
        assert_eq!(record.busy(), 2);
        answer(first);
        record.grown_past(0).await;
        drop(second);
        drop(other);
        record.idle().await;
        let statuses: Vec<u16> = record.from(0).iter().map(status).collect();
        assert_eq!(statuses, [200, 0], "what was given up is told, if it was a page");
    }

    fn status(entry: &Entry) -> u16 {
        match entry {
            Entry::Exchange(exchange) => exchange.status,
            Entry::Report(_) => panic!("no report"),
        }
    }

    #[test]
    fn the_record_is_bounded() {
        let record = Record::new();
        (0..=KEPT).for_each(|number| record.report("https://a.example/", number.into()));
        let entries = record.from(0);
        assert_eq!(entries.len(), KEPT);
        let Entry::Report(report) = &record.from(KEPT)[0] else { panic!() };
        assert_eq!(report.body, KEPT);
        assert!(record.from(KEPT + 1).is_empty());
    }
}
