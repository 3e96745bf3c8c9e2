//! A stage: the sites and pages of one plan while they are being served.
//!
//! [`Stage`] is the handle that a caller holds; `Staged` is what the request handlers see of it.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use tokio::sync::watch;

use crate::action::Deeds;
use crate::hosts::Origins;
use crate::log::{Entry, Log};
use crate::meeting::Meetings;
use crate::oauth::Grants;
use crate::page::{Page, PageUrl};
use crate::record::Records;
use crate::registry::Registry;
use crate::visitor::Visitor;

/// A plan on stage, made by [`Server::stage`](crate::Server::stage).
///
/// Dropping it takes the stage off: its hosts are refused from then on, and responses that have not
/// come yet never will.
pub struct Stage {
    staged: Arc<Staged>,
    registry: Arc<Registry>,
}

impl Stage {
    pub(crate) fn new(staged: Arc<Staged>, registry: Arc<Registry>) -> Self {
        Self { staged, registry }
    }

    /// The origin of a site, e.g. `http://app-k3f9-1.localhost:40123`.
    #[must_use]
    pub fn origin(&self, site: &str) -> Option<&str> {
        self.staged.origins.of(site)
    }

    /// The sites and their origins, in the order of the plan.
    pub fn origins(&self) -> impl Iterator<Item = (&str, &str)> {
        self.staged.origins.iter()
    }

    /// The host name by which the server itself knows a site, whatever origin the plan declares for it.
    #[must_use]
    pub fn host(&self, site: &str) -> Option<&str> {
        self.staged.origins.hosts().find(|(name, _)| *name == site).map(|(_, host)| host)
    }

    /// The address of a page; `None` if the plan lacks the site. The page itself may be undefined.
    #[must_use]
    pub fn url(&self, page: &PageUrl) -> Option<String> {
        self.staged.url(page)
    }

    /// The log from an index on.
    #[must_use]
    pub fn entries(&self, from: usize) -> Vec<Entry> {
        self.staged.log.from(from)
    }

    /// Resolves once the log has more than `seen` entries; at once if it has them already.
    pub async fn changed(&self, seen: usize) {
        self.staged.log.grown_past(seen).await;
    }

    /// Lets pages go on whose push waits for `key`.
    pub fn tell(&self, key: &str) {
        self.staged.meetings.tell(key);
    }

    /// How often an action acted; 0 for every other page.
    #[must_use]
    pub fn performed(&self, page: &PageUrl) -> u32 {
        self.staged.deeds.performed(page.without_query())
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("origins", &self.staged.origins).finish_non_exhaustive()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.registry.remove(&self.staged);
    }
}

/// Everything that the answers of a stage depend on.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) origins: Origins,
    pub(crate) log: Log,
    pub(crate) grants: Grants,
    pub(crate) records: Records,
    pub(crate) deeds: Deeds,
    pub(crate) meetings: Meetings,
    /// The browser that visits, if it is one without a driver.
    pub(crate) visitor: Option<Visitor>,
    pages: IndexMap<PageUrl, Page>,
    ended: watch::Sender<bool>,
}

impl Staged {
    pub(crate) fn new(
        origins: Origins,
        pages: IndexMap<PageUrl, Page>,
        visitor: Option<Visitor>,
    ) -> Self {
        Self {
            origins,
            log: Log::new(),
            grants: Grants::default(),
            records: Records::default(),
            deeds: Deeds::new(),
            meetings: Meetings::default(),
            visitor,
            pages,
            ended: watch::Sender::new(false),
        }
    }

    /// The page that a site has at a path.
    pub(crate) fn page(&self, site: &str, path: &str) -> Option<(&PageUrl, &Page)> {
        let asked = format!("{site}:{path}").parse().ok()?;
        self.pages.get_key_value::<PageUrl>(&asked)
    }

    /// The pages, in the order of the plan.
    pub(crate) fn pages(&self) -> impl Iterator<Item = (&PageUrl, &Page)> {
        self.pages.iter()
    }

    /// The address of a page.
    pub(crate) fn url(&self, page: &PageUrl) -> Option<String> {
        Some(format!("{}{}", self.origins.of(page.site())?, page.path_and_query()))
    }

    /// Ends every answer that has not been decided.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Resolves once the stage is taken off.
    pub(crate) async fn ended(&self) {
        let mut ended = self.ended.subscribe();
        ended.wait_for(|ended| *ended).await.expect("the sender lives as long as `self`");
    }
}
