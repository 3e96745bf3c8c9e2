//! Connections that wait for more: one for all of HTTP/2, some of HTTP/1.1.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use http::HeaderMap;
use hyper::client::conn::{http1, http2};

use super::way::{Target, Way};
use super::{Body, Fault};

/// How long a connection may wait whose server does not say how long it keeps it.
const IDLE: Duration = Duration::from_secs(15);
/// How long a connection may have waited that is taken for a request which cannot be sent twice: a server
/// may close it the moment it is used.
const FRESH: Duration = Duration::from_secs(1);
/// How many connections wait for one host.
const WAITING: usize = 64;

/// Whom connections lead to: one to a forwarding proxy serves all hosts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Target(Target, Way),
    Forward(Way),
}

/// Connections by place.
#[derive(Default, Clone)]
pub(super) struct Pool(Arc<Mutex<HashMap<Place, Line>>>);

#[derive(Default)]
struct Line {
    second: Option<http2::SendRequest<Body>>,
    waiting: Vec<Waiting>,
    /// Whether it is known to speak HTTP/1.1 only.
    first: bool,
    turn: Turn,
}

struct Waiting {
    sender: http1::SendRequest<Body>,
    since: Instant,
    limit: Duration,
}

/// Who connects to a host whose HTTP version is not known: one at a time, as one connection of HTTP/2 is
/// enough for all. Holds the last failure, which is that of all who waited.
pub(super) type Turn = Arc<tokio::sync::Mutex<Option<(Instant, Fault)>>>;

impl Pool {
    fn lines(&self) -> MutexGuard<'_, HashMap<Place, Line>> {
        // Nothing in here panics halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shared connection of HTTP/2, if there is one.
    pub(super) fn second(&self, place: &Place) -> Option<http2::SendRequest<Body>> {
        let mut lines = self.lines();
        let line = lines.get_mut(place)?;
        if line.second.as_ref().is_some_and(http2::SendRequest::is_closed) {
            line.second = None;
        }
        line.second.clone()
    }

    /// The connection of HTTP/1.1 that was used last, if one waits; a `fresh` one if asked.
    pub(super) fn first(&self, place: &Place, fresh: bool) -> Option<http1::SendRequest<Body>> {
        let mut lines = self.lines();
        let waiting = &mut lines.get_mut(place)?.waiting;
        let now = Instant::now();
        waiting.retain(|waiting| waiting.is_usable(now));
        let is_fresh = |waiting: &Waiting| now.duration_since(waiting.since) < FRESH;
        if fresh && !waiting.last().is_some_and(is_fresh) {
            return None;
        }
        waiting.pop().map(|waiting| waiting.sender)
    }

    /// The right to connect, where the HTTP version is not known.
    pub(super) fn turn(&self, place: &Place) -> Option<Turn> {
        let mut lines = self.lines();
        let line = lines.entry(place.clone()).or_default();
        (!line.first).then(|| Arc::clone(&line.turn))
    }

    /// Remembers a connection of HTTP/2.
    pub(super) fn share(&self, place: &Place, sender: http2::SendRequest<Body>) {
        self.lines().entry(place.clone()).or_default().second = Some(sender);
    }

    /// Remembers that a place speaks HTTP/1.1 only.
    pub(super) fn speaks_first(&self, place: &Place) {
        self.lines().entry(place.clone()).or_default().first = true;
    }

    /// Takes a connection back as soon as the answer was read, unless the server ends it. `headers` are
    /// those of its answer.
    pub(super) fn give_back(
        &self,
        place: Place,
        mut sender: http1::SendRequest<Body>,
        headers: &HeaderMap,
    ) {
        let limit = idle_limit(headers);
        let pool: Weak<_> = Arc::downgrade(&self.0);
        // Ends with the connection, which ends with the body.
        tokio::spawn(async move {
            if sender.ready().await.is_err() || limit.is_zero() {
                return;
            }
            let Some(pool) = pool.upgrade() else { return };
            let now = Instant::now();
            let pool = Pool(pool);
            let mut lines = pool.lines();
            lines.values_mut().for_each(|line| line.waiting.retain(|old| old.is_usable(now)));
            let waiting = &mut lines.entry(place).or_default().waiting;
            if waiting.len() < WAITING {
                waiting.push(Waiting { sender, since: now, limit });
            }
        });
    }
}

impl Waiting {
    fn is_usable(&self, now: Instant) -> bool {
        self.sender.is_ready() && now.duration_since(self.since) < self.limit
    }
}

/// How long a server keeps a connection that waits, by its own words (`Keep-Alive: timeout=5`), less the time
/// that a request is under way.
fn idle_limit(headers: &HeaderMap) -> Duration {
    let said = headers.get("keep-alive").and_then(|value| value.to_str().ok());
    let seconds = said.and_then(|said| {
        let parameters = said.split(',').filter_map(|parameter| parameter.split_once('='));
        let timeout = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"));
        timeout.map(|(_, value)| value.trim()).next()?.parse::<u64>().ok()
    });
    match seconds {
        Some(seconds) => Duration::from_secs(seconds).saturating_sub(FRESH).min(IDLE),
        None => IDLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_server_says_how_long_it_waits() {
        let limit = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("keep-alive", HeaderValue::from_static(value));
            idle_limit(&headers).as_secs()
        };
        assert_eq!(limit("timeout=5"), 4);
        assert_eq!(limit("max=100, Timeout = 3"), 2);
        assert_eq!(limit("timeout=1"), 0);
        assert_eq!(limit("timeout=600"), 15);
        assert_eq!(limit("timeout=soon"), 15);
        assert_eq!(idle_limit(&HeaderMap::new()), IDLE);
    }
}
