//! Which stage a host name belongs to: the one thing that a server and its stages share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::check::{PlanError, check};
use crate::hosts::{Origins, server_mark};
use crate::page::Plan;
use crate::stage::Staged;
use crate::visitor::Visitor;

/// The stages of one server, by host name.
#[derive(Debug)]
pub(crate) struct Registry {
    port: u16,
    mark: String,
    next_stage: AtomicU64,
    places: RwLock<HashMap<String, Place>>,
    visitor: OnceLock<Visitor>,
}

/// A site of a stage: where a request belongs.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The stage.
    pub(crate) staged: Arc<Staged>,
    /// The name of the site.
    pub(crate) site: String,
}

impl Registry {
    /// No stages yet, on this port.
    pub(crate) fn new(port: u16) -> Self {
        Self {
            port,
            mark: server_mark(),
            next_stage: AtomicU64::new(1),
            places: RwLock::default(),
            visitor: OnceLock::new(),
        }
    }

    /// The port of the server.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The browser whose documents ask what to do; from the first call on they do.
    pub(crate) fn visitor(&self) -> Visitor {
        self.visitor.get_or_init(Visitor::default).clone()
    }

    /// Puts a plan on stage, on hosts that no other stage has or ever had.
    pub(crate) fn add(&self, plan: Plan) -> Result<Arc<Staged>, PlanError> {
        check(&plan)?;
        let number = self.next_stage.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{number}", self.mark);
        let origins = Origins::allot(&plan.sites, &mark, self.port);
        let staged = Arc::new(Staged::new(origins, plan.pages, self.visitor.get().cloned()));
        let place = |site: &str| Place { staged: Arc::clone(&staged), site: site.to_owned() };
        self.change(|places| {
            places
                .extend(staged.origins.hosts().map(|(site, host)| (host.to_owned(), place(site))));
        });
        Ok(staged)
    }

    /// Takes a stage off: its hosts are unknown from now on, and what it still answers ends. A visitor's pages
    /// are still to be told so, by their own hosts.
    pub(crate) fn remove(&self, staged: &Staged) {
        if staged.visitor.is_some() {
            return staged.end();
        }
        self.change(|places| {
            for (_, host) in staged.origins.hosts() {
                places.remove(host);
            }
        });
        staged.end();
    }

    /// Takes all stages off.
    pub(crate) fn clear(&self) {
        self.change(|places| places.drain().for_each(|(_, place)| place.staged.end()));
    }

    /// Where requests for a host name belong.
    pub(crate) fn find(&self, host: &str) -> Option<Place> {
        self.places.read().unwrap_or_else(PoisonError::into_inner).get(host).cloned()
    }

    fn change(&self, change: impl FnOnce(&mut HashMap<String, Place>)) {
        // Also called from a drop, which must not panic: a map is whole after any panic.
        change(&mut self.places.write().unwrap_or_else(PoisonError::into_inner));
    }
}
