//! Where the sites of a unit are: on the fixture server's stage, at real addresses, or some here and some
//! there; and the lane of the proxy by which its browser reaches those that it could not reach otherwise.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use fixtures_server::page::PageUrl;
use fixtures_server::{Entry, Exchange, Push, Server, Stage};
use indexmap::IndexMap;

use crate::observation::Names;
use crate::proxy::{self, Lane, LanePlan, Mix, Proxy, ProxyError, Route};
use crate::rollout::Rollout;
use crate::scenario::{Job, Unit};

/// Real sites, how browsers reach them, and what happens to their answers on the way.
#[derive(Debug, Clone)]
pub struct Staging {
    /// The proxy of the run.
    pub proxy: Proxy,
    /// The header changes that are rehearsed.
    pub rules: Arc<Rollout>,
    /// Which of the responses they are put on; all if nothing is said.
    pub mix: Option<Mix>,
    /// Whether browsers' reports are collected.
    pub collect: bool,
}

impl Staging {
    /// Whether it plays a part on the fixture server's own pages, too.
    pub(super) fn acts_everywhere(&self) -> bool {
        !self.rules.is_empty() || self.collect
    }

    /// Whether all units of a job have a lane.
    pub(super) fn takes(&self, job: &Job) -> bool {
        self.acts_everywhere() || job.units().iter().all(|unit| unit.needs_proxy())
    }
}

/// Something new in a unit's log.
pub(super) enum News {
    /// The fixture server has answered.
    Answered(Exchange),
    /// A page of ours has told something.
    Pushed(Push),
    /// The proxy has passed an answer on.
    Passed(Box<proxy::Exchange>),
    /// A browser has sent a report.
    Reported(proxy::Report),
}

/// A lane while a browser is on it.
#[derive(Debug)]
pub(super) struct OnLane {
    pub(super) lane: Lane,
    /// When its clock began.
    pub(super) began: Instant,
}

/// See the module.
pub(super) struct Ground {
    stage: Stage,
    targets: IndexMap<String, String>,
    lane: Option<Arc<OnLane>>,
    read: usize,
    passed: usize,
}

impl Ground {
    /// The ground of a unit that is about to begin.
    pub(super) fn new(stage: Stage, unit: &Unit, lane: Option<Arc<OnLane>>) -> Self {
        let passed = lane.as_ref().map_or(0, |on| on.lane.entries(0).len());
        Self { stage, targets: unit.targets.clone(), lane, read: 0, passed }
    }

    /// The origin of a site.
    pub(super) fn origin(&self, site: &str) -> Option<&str> {
        self.stage.origin(site)
    }

    /// The real address of a page.
    pub(super) fn url(&self, page: &PageUrl) -> Option<String> {
        match self.targets.get(page.site()) {
            Some(base) => Some(format!("{base}{}", page.path_and_query())),
            None => self.stage.url(page),
        }
    }

    /// Names for all addresses.
    pub(super) fn names(&self) -> Names {
        Names::new(
            self.stage.origins().map(|(site, origin)| {
                (site, self.targets.get(site).map_or(origin, String::as_str))
            }),
        )
    }

    /// Whether the browser is on a lane.
    pub(super) fn is_on_lane(&self) -> bool {
        self.lane.is_some()
    }

    /// Whether pages that are not ours are watched: there are some, and the browser is on a lane.
    pub(super) fn is_watched(&self) -> bool {
        self.lane.is_some() && !self.targets.is_empty()
    }

    /// How often an action acted.
    pub(super) fn performed(&self, page: &PageUrl) -> u32 {
        self.stage.performed(page)
    }

    /// When the lane's clock began.
    pub(super) fn lane_began(&self) -> Option<Instant> {
        self.lane.as_ref().map(|on| on.began)
    }

    /// Whether a navigation is still to be answered.
    pub(super) fn is_busy(&self) -> bool {
        self.lane.as_ref().is_some_and(|on| on.lane.busy() > 0)
    }

    /// What is new since the last call.
    pub(super) fn news(&mut self) -> Vec<News> {
        let mut news = Vec::new();
        for entry in self.stage.entries(self.read) {
            self.read += 1;
            news.push(match entry {
                Entry::Exchange(exchange) => News::Answered(exchange),
                Entry::Push(push) => News::Pushed(push),
            });
        }
        let passed = self.lane.as_ref().map(|on| on.lane.entries(self.passed));
        for entry in passed.into_iter().flatten() {
            self.passed += 1;
            news.push(match entry {
                proxy::Entry::Exchange(exchange) => News::Passed(exchange),
                proxy::Entry::Report(report) => News::Reported(report),
            });
        }
        news
    }

    /// Resolves once something is new.
    pub(super) async fn changed(&self) {
        let passed = async {
            match &self.lane {
                Some(on) => on.lane.changed(self.passed).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.stage.changed(self.read) => {}
            () = passed => {}
        }
    }
}

/// A lane for a browser that will run a unit on this stage.
pub(super) async fn lane_for(
    staging: &Staging,
    unit: &Unit,
    stage: &Stage,
    server: &Server,
) -> Result<OnLane, ProxyError> {
    let sites = stage.origins().map(|(site, origin)| (site.to_owned(), origin.to_owned()));
    let sites: Vec<(String, String)> = sites.collect();
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
    let ours = stage.origins().filter(|(site, _)| !unit.targets.contains_key(*site));
    let routes = ours.map(|(site, origin)| Route {
        origin: origin.to_owned(),
        to,
        host: format!("{}:{}", stage.host(site).unwrap_or_default(), server.port()),
    });
    let plan = LanePlan {
        routes: routes.collect(),
        // The origins of fixtures are known only here.
        rules: Arc::new(staging.rules.filled(&sites)),
        sites,
        mix: staging.mix,
        collect: staging.collect,
    };
    let began = Instant::now();
    Ok(OnLane { lane: staging.proxy.lane(plan).await?, began })
}
