//! Meetings: a page's push may say that something has happened, and may wait until another page has said
//! something else. So two pages that cannot reach each other act in order, without polling.

use std::collections::HashSet;

use tokio::sync::watch;

/// What has been told on one stage, by key.
#[derive(Debug, Default)]
pub(crate) struct Meetings(watch::Sender<HashSet<String>>);

impl Meetings {
    /// Puts down that `key` has happened. It stays so.
    pub(crate) fn tell(&self, key: &str) {
        self.0.send_if_modified(|told| told.insert(key.to_owned()));
    }

    /// Resolves once `key` has been told.
    pub(crate) async fn told(&self, key: &str) {
        let mut told = self.0.subscribe();
        told.wait_for(|told| told.contains(key)).await.expect("the sender lives as long as `self`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_told_before_or_after_is_heard() {
        let meetings = Meetings::default();
        meetings.tell("a");
        meetings.told("a").await;
        let tell = async { meetings.tell("b") };
        tokio::join!(meetings.told("b"), tell);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_told_is_waited_for() {
        let meetings = Meetings::default();
        meetings.tell("a");
        let limit = std::time::Duration::from_secs(60);
        assert!(tokio::time::timeout(limit, meetings.told("b")).await.is_err());
    }
}
